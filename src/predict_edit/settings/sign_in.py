"""How a run signs in to the model: decided from the settings alone, before any request."""

from __future__ import annotations

import enum

from predict_edit.domain.errors import ContradictingInputs, MissingInput
from predict_edit.settings.endpoint import Access, read_endpoint

SCOPES = ("https://cognitiveservices.azure.com/.default", "https://ai.azure.com/.default")
"""The scopes Microsoft documents for Azure OpenAI: classic resources, and some v1 ones."""

ROLE = "Cognitive Services OpenAI User"


class SignIn(enum.Enum):
    """What identifies the run to the model's API."""

    KEY = "API key"
    JOB_IDENTITY = "the job's identity token"
    MACHINE = "DefaultAzureCredential"


def choose_sign_in(access: Access) -> SignIn:
    """Choose by key, then the job's identity, then (for Azure) the machine's own credentials.

    Raises:
        ContradictingInputs: a key together with Entra ID, or half of the Entra ID inputs.
        MissingInput: no key, and the endpoint takes nothing else.
        InvalidInput: as :func:`predict_edit.settings.endpoint.read_endpoint` raises it.
    """
    tenant, client = access.azure_tenant_id, access.azure_client_id
    if access.api_key and (tenant or client):
        raise ContradictingInputs(
            "`api-key` is given together with "
            f"`{'azure-client-id' if client else 'azure-tenant-id'}`.",
            "Keep the key, or remove it to sign in with Microsoft Entra ID.",
        )
    if bool(tenant) != bool(client):
        given, missing = ("tenant", "client") if tenant else ("client", "tenant")
        raise ContradictingInputs(
            f"`azure-{given}-id` is given without `azure-{missing}-id`.",
            "Signing in with the job's own identity takes both; leave out both for another way.",
        )
    azure = read_endpoint(access).is_azure
    if access.api_key:
        return SignIn.KEY
    if tenant:
        return SignIn.JOB_IDENTITY
    if azure:
        return SignIn.MACHINE
    if access.base_url is None:
        raise MissingInput(
            "`api-key` is missing.",
            "Store the key as a secret and pass it as `api-key`; or give an Azure `base-url` to "
            "sign in with Microsoft Entra ID.",
        )
    raise MissingInput(
        "`api-key` is missing, with a `base-url` given that is not Azure's.",
        "Pass the key as `api-key`; a server that checks none takes any text. Only Azure works "
        "without a key, through Microsoft Entra ID.",
    )


def other_scope(scope: str) -> str:
    """Find the documented scope that was not used."""
    return next(known for known in SCOPES if known.rstrip("/") != scope.rstrip("/"))

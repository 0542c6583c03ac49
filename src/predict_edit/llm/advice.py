"""What to check when an endpoint refuses for good: 3xx, 401, 403, 404 and other 4xx.

The steps are those of Azure's "Predicted outputs" troubleshooting, spelled out for the way of
signing in and the shape of the address at hand.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import openai

from predict_edit.domain import errors
from predict_edit.llm.auth import ROLE, other_scope
from predict_edit.llm.echo import quote
from predict_edit.settings.endpoint import Endpoint, Route
from predict_edit.settings.sign_in import SignIn

_REDIRECTS = range(300, 400)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What was asked, as far as advice needs."""

    model: str
    endpoint: Endpoint
    sign_in: SignIn
    scope: str


def refusal(error: openai.APIStatusError, target: Target, said: str) -> errors.ModelError:
    """The error for a status that asking again does not change.

    ``said`` are the provider's words, fit to be shown, as the end of a sentence.
    """
    if error.status_code in _REDIRECTS:
        return _redirect(error, target)
    if (known := _FOR_STATUS.get(error.status_code)) is not None:
        return known(target, said)
    return _refused(error, target, said)


def _redirect(error: openai.APIStatusError, target: Target) -> errors.ModelError:
    to = urlsplit(error.response.headers.get("location", "")).netloc
    where = f" to {quote(to)}" if to else ""
    return errors.ModelRefused(
        f"{target.endpoint.host} redirects{where} ({error.status_code}). The file was not sent "
        "there.",
        "Set `base-url` to the address that answers itself.",
    )


def _unauthorized(target: Target, said: str) -> errors.ModelError:
    cause = f"{target.endpoint.host} did not accept the sign-in (401){said}"
    if target.sign_in is not SignIn.KEY:
        return errors.ModelUnauthorized(
            cause,
            f"The token was for the scope `{target.scope}`; if this resource wants the other one, "
            f"set `azure-scope: {other_scope(target.scope)}`. The identity needs the role *{ROLE}* "
            "on the Azure OpenAI resource, and `base-url` must name a resource in its tenant.",
        )
    if target.endpoint.is_azure:
        return errors.ModelUnauthorized(
            cause,
            "Check that `api-key` is a key of the very resource that `base-url` names, and that "
            "it was not regenerated.",
        )
    return errors.ModelUnauthorized(
        cause,
        "Check the key (`api-key`): that it is whole, was not revoked, and belongs to "
        f"{target.endpoint.host}.",
    )


def _forbidden(target: Target, said: str) -> errors.ModelError:
    cause = f"{target.endpoint.host} forbids this (403){said}"
    if target.sign_in is not SignIn.KEY:
        return errors.ModelForbidden(
            cause,
            f"Give the identity the role *{ROLE}* on the Azure OpenAI resource (it takes some "
            "minutes to work), and check the resource's firewall. The token was for the scope "
            f"`{target.scope}`; the other one is `{other_scope(target.scope)}`.",
        )
    if target.endpoint.is_azure:
        return errors.ModelForbidden(
            cause,
            "Check that the resource allows keys and that its firewall or private network lets "
            "the runner in.",
        )
    return errors.ModelForbidden(
        cause, f"Check that the key's project may use {target.model}, and from this region."
    )


def _not_found(target: Target, said: str) -> errors.ModelError:
    where = target.endpoint
    if where.is_azure:
        shape = (
            "`https://NAME.openai.azure.com/openai/v1/`"
            if where.route is Route.AZURE_V1
            else "`https://NAME.openai.azure.com/`, with an `api-version` that exists"
        )
        step = (
            f"Check three things: `model` is the name of your deployment, not of the model "
            f"behind it (now `{target.model}`); `base-url` has your resource's name and the shape "
            f"{shape}; the model is not retired, which takes its deployments away."
        )
    else:
        step = (
            f"Check three things: `model` is a name that this API knows (now `{target.model}`); "
            "`base-url` is the root of the API and usually ends in `/v1`; the model is not "
            "retired."
        )
    return errors.ModelNotFound(
        f"{where.host} does not know the address or the model (404){said}", step
    )


def _too_large(target: Target, said: str) -> errors.ModelError:
    return errors.ContextTooLong(
        f"{target.endpoint.host} finds the request too large (413){said}",
        "Exclude the file (`exclude`) or set `context: none`.",
    )


def _refused(error: openai.APIStatusError, target: Target, said: str) -> errors.ModelError:
    return errors.ModelRefused(
        f"{target.endpoint.host} refused the request ({error.status_code}){said}",
        f"Check that {target.model} is a chat model of this API and region. If the text is about "
        "predicted outputs, set `prediction: off`; if it is about `api-version`, use the v1 "
        "address without one.",
    )


_FOR_STATUS: Mapping[int, Callable[[Target, str], errors.ModelError]] = {
    401: _unauthorized,
    403: _forbidden,
    404: _not_found,
    413: _too_large,
}

"""The examination of ``predict-edit doctor``: sign in, ask for one tiny edit, and look."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

import httpx2

from predict_edit.cli.doctor import symptoms
from predict_edit.cli.doctor.symptoms import FIZZBUZZ, INSTRUCTION, Check, Trial
from predict_edit.cli.model_choice import Chosen
from predict_edit.domain import EditRequest, SourceFile
from predict_edit.domain.errors import SignInError
from predict_edit.llm import tokens
from predict_edit.llm.auth import Mask, open_client, token_source
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.effort import Attempt
from predict_edit.llm.surroundings import Surroundings
from predict_edit.settings.endpoint import read_endpoint
from predict_edit.settings.sign_in import SignIn, choose_sign_in

MOST_SECONDS = 120.0
"""What the tiny edit may take at most."""

_NONCE = "doctor-0123456789"


async def diagnose(
    chosen: Chosen,
    *,
    environ: Mapping[str, str],
    mask: Mask,
    today: dt.date,
    transport: httpx2.AsyncBaseTransport | None = None,
    identity_transport: httpx2.BaseTransport | None = None,
) -> list[Check]:
    """Look at everything.

    Args:
        chosen: The settings and where they came from.
        environ: Where a job's identity and Azure's credentials are looked for.
        mask: Told of every token, so that none is shown.
        today: For retirement dates.
        transport: Stands in for the network to the model.
        identity_transport: The same, to GitHub's identity tokens.

    Raises:
        SettingsError: the settings contradict each other; nothing was requested.
    """
    settings = chosen.settings
    where, way = read_endpoint(settings), choose_sign_in(settings)
    checks = [symptoms.of_settings(chosen, where, way)]
    if way is not SignIn.KEY:
        try:
            source = token_source(
                settings, environ=environ, mask=mask, identity_transport=identity_transport
            )
            await source()
        except SignInError as error:
            return [*checks, symptoms.failed("sign-in", error)]
    trial = await _try(
        dataclasses.replace(
            chosen,
            settings=dataclasses.replace(
                settings, prediction="on", timeout=min(settings.timeout, MOST_SECONDS)
            ),
        ),
        environ=environ,
        mask=mask,
        today=today,
        transport=transport,
    )
    checks += symptoms.of_sign_in(trial, chosen, way)
    checks.append(symptoms.of_answer(trial))
    if not trial.answered:
        return checks
    return [
        *checks,
        symptoms.of_model(trial, chosen),
        symptoms.of_predictions(trial, chosen),
        symptoms.of_limits(trial),
        symptoms.of_room(trial),
        symptoms.of_price(trial, chosen, where),
        symptoms.of_retirement(trial, chosen, where, today),
    ]


async def _try(
    chosen: Chosen,
    *,
    environ: Mapping[str, str],
    mask: Mask,
    today: dt.date,
    transport: httpx2.AsyncBaseTransport | None,
) -> Trial:
    """Ask for the tiny edit, as a run would."""
    attempts: list[Attempt] = []
    client = open_client(chosen.settings, environ=environ, mask=mask, transport=transport)
    editor = ChatEditor(
        chosen.settings,
        client,
        nonce=_NONCE,
        today=today,
        around=Surroundings(count=tokens.count, on_attempt=attempts.append),
    )
    try:
        result = await editor.edit(
            EditRequest(
                file=SourceFile(path="fizzbuzz.py", text=FIZZBUZZ, blob_sha=""),
                instruction=INSTRUCTION,
            )
        )
    finally:
        await editor.aclose()
    return Trial(
        result=result,
        attempts=tuple(attempts),
        limits=editor.limits,
        capability=editor.capability,
        notes=editor.notes,
    )

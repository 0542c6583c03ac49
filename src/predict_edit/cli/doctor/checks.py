"""The checks of ``predict-edit doctor``: sign in, ask for one tiny edit, and read what it shows."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import httpx2
import openai

from predict_edit.cli.local_files import read_bytes
from predict_edit.cli.model_choice import ModelChoice
from predict_edit.domain.edits import (
    EditRequest,
    FailedEdit,
    FileEdit,
    PredictionState,
    SourceFile,
    Usage,
)
from predict_edit.domain.errors import (
    AnswerError,
    ConfigError,
    ModelForbidden,
    ModelUnauthorized,
    PredictEditError,
    SignInError,
)
from predict_edit.llm.auth import Mask, open_client, token_source
from predict_edit.llm.billing import Attempt, PriceList
from predict_edit.llm.chat_completion import Runtime
from predict_edit.llm.editor import ChatEditor
from predict_edit.llm.models import provider_of, retirement_warning
from predict_edit.report.view import dollars
from predict_edit.settings.endpoint import Endpoint, SignIn, choose_sign_in, read_endpoint
from predict_edit.settings.fields import ModelSettings
from predict_edit.settings.repository_config import CONFIG_PATH, read_config
from predict_edit.support.text import plural

State = Literal["ok", "warning", "failed", "skipped"]

FIZZBUZZ = """\
for number in range(1, 101):
    if number % 3 == 0 and number % 5 == 0:
        print("FizzBuzz")
    elif number % 3 == 0:
        print("Fizz")
    elif number % 5 == 0:
        print("Buzz")
    else:
        print(number)
"""
INSTRUCTION = "Replace string `FizzBuzz` with `MSFTBuzz`."
EDITED = FIZZBUZZ.replace("FizzBuzz", "MSFTBuzz")
NO_KEY_SET = (
    "This server needs a key, and no key is set: set OPENAI_API_KEY, or name the variable that "
    "holds the key with --api-key-env."
)
LOW = 0.1
"""Share of a rate limit below which what is left is warned of."""


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked."""

    name: str
    state: State
    found: str
    next_step: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The tiny edit and what it showed."""

    result: FileEdit | FailedEdit
    attempts: tuple[Attempt, ...]
    editor: ChatEditor

    @property
    def error(self) -> PredictEditError | None:
        """Why there is no edit."""
        error = self.result.error if isinstance(self.result, FailedEdit) else None
        return error if isinstance(error, PredictEditError) else None

    @property
    def answered(self) -> bool:
        """Whether a model answered, with whatever."""
        return self.error is None or isinstance(self.error, AnswerError)


def failed(name: str, error: PredictEditError) -> Check:
    """Make a check that failed with this error."""
    return Check(name, "failed", error.cause, error.next_step)


def of_config(root: Path | None) -> tuple[list[Check], str]:
    """Check the config of a checkout if it has one, and read how edits are to be delivered."""
    path = root / CONFIG_PATH if root else None
    if path is None or not path.is_file():
        return [], ""
    try:
        config = read_config(read_bytes(path))
    except ConfigError as error:
        return [failed("config", error)], ""
    recipes = f" with {plural(len(config.recipes), 'recipe')}" if config.recipes else ""
    return [Check("config", "ok", f"{CONFIG_PATH} is valid{recipes}")], str(config.deliver or "")


def of_settings(chosen: ModelChoice, where: Endpoint, way: SignIn) -> Check:
    """Report where requests go, how they sign in, and which variable or option set that."""
    given = ", ".join(f"`{name}` from {origin}" for name, origin in chosen.origins.items())
    what = "deployment" if where.is_azure else "model"
    return Check(
        "settings",
        "ok",
        f"{where.route.value} at {where.host}, {what} `{chosen.settings.model}`, sign-in "
        f"by {way.value} ({given})",
    )


def of_sign_in(trial: Trial, chosen: ModelChoice, way: SignIn) -> Check:
    """Return what the request showed of the key, or of Entra ID's token."""
    without = way is SignIn.KEY and "api-key" not in chosen.origins
    if without and isinstance(trial.error, ModelUnauthorized):
        return Check("sign-in", "failed", trial.error.cause, NO_KEY_SET)
    if isinstance(trial.error, ModelUnauthorized | ModelForbidden):
        return failed("sign-in", trial.error)
    if way is not SignIn.KEY:
        scope = chosen.settings.azure_scope
        return Check("sign-in", "ok", f"Entra ID gave a token for `{scope}` ({way.value})")
    if trial.answered:
        origin = chosen.origins.get("api-key")
        found = f"the key from {origin} is accepted" if origin else "no key is needed"
        return Check("sign-in", "ok", found)
    return Check("sign-in", "skipped", "not known, as no answer came")


def of_answer(trial: Trial) -> Check:
    """Check whether an answer came, how fast, and whether it was the edited file."""
    if isinstance(trial.error, ModelUnauthorized | ModelForbidden):
        return Check("answer", "skipped", "none, as the sign-in failed")
    if trial.error and not trial.answered:
        return failed("answer", trial.error)
    last = trial.attempts[-1]
    first = "" if last.first_text is None else f", the first text after {last.first_text:.2f} s"
    took = f"in {last.seconds:.2f} s{first}"
    wrong = ""
    if trial.error:
        wrong = f"not the edited file: {trial.error.cause}"
    elif isinstance(trial.result, FileEdit) and trial.result.text != EDITED:
        wrong = "the test file was not edited as asked"
    if wrong:
        return Check(
            "answer",
            "warning",
            f"an answer came {took}, but {wrong}",
            "Choose a model that follows instructions better.",
        )
    return Check("answer", "ok", f"the test file was edited as asked {took}")


def of_model(trial: Trial, chosen: ModelChoice) -> Check:
    """Report which model answers to the name, and what was left out for it."""
    reported = trial.result.effort.model
    left_out = [note for note in trial.editor.notes if "was left out" in note]
    more = f". {' '.join(left_out)}" if left_out else ""
    if reported is None:
        return Check(
            "model",
            "warning",
            f"the server does not say which model answered{more}",
            "Prices and limits are then looked up by the configured name.",
        )
    behind = "" if reported == chosen.settings.model else f" answers as `{chosen.settings.model}`"
    return Check("model", "ok", f"`{reported}`{behind or ' answered'}{more}")


def of_predictions(trial: Trial, chosen: ModelChoice) -> Check:
    """Check whether predictions are taken, refused or ignored."""
    usage = trial.result.effort.usage or Usage()
    off = (
        " (they are switched off: `prediction: off`)" if chosen.settings.prediction == "off" else ""
    )
    if trial.result.effort.prediction is PredictionState.REFUSED:
        return Check(
            "predictions",
            "warning",
            f"the model or server refuses them{off}",
            "Runs work without; they may be slower. For a model that takes them, see the "
            "documentation. On Azure, models in South East Asia do not take them.",
        )
    if usage.accepted_prediction_tokens is None:
        return Check(
            "predictions",
            "warning",
            f"sent without complaint, but nothing is reported about them{off}",
            "The server may ignore them; `predict-edit compare` measures whether they help.",
        )
    return Check(
        "predictions",
        "ok",
        f"taken: {usage.accepted_prediction_tokens} tokens accepted, "
        f"{usage.rejected_prediction_tokens or 0} rejected{off}",
    )


def of_limits(trial: Trial) -> Check:
    """Report the rate limits that the server names."""
    left_over, low = [], False
    for kind in ("requests", "tokens"):
        left = _number(trial.editor.limits.get(f"x-ratelimit-remaining-{kind}"))
        limit = _number(trial.editor.limits.get(f"x-ratelimit-limit-{kind}"))
        if left is None:
            continue
        of = f" of {limit:,}" if limit is not None else ""
        left_over.append(f"{left:,}{of} {kind} left")
        low = low or (limit is not None and left < LOW * limit)
    if not left_over:
        return Check("rate limits", "skipped", "the server does not report them")
    found = ", ".join(left_over)
    if not low:
        return Check("rate limits", "ok", found)
    step = "Wait, lower `concurrency`, or raise the limit of account or deployment."
    return Check("rate limits", "warning", found, step)


def of_room(trial: Trial) -> Check:
    """Report how much the model can write at once."""
    limit = trial.editor.capability.output_limit
    if limit is None:
        return Check(
            "output limit",
            "warning",
            "not known for this model; the first answer that is cut shows it",
            "Set `max-output-tokens` if you know it: long files are cut by it.",
        )
    return Check(
        "output limit",
        "ok",
        f"{limit:,} tokens an answer, as far as known; longer files go in pieces",
    )


def of_price(trial: Trial, chosen: ModelChoice) -> Check:
    """Report what tokens cost, and what this very check cost."""
    prices = PriceList.of(chosen.settings)
    # A thousand tokens, as some lists have a higher price for long prompts.
    thousand = 1_000
    model = trial.result.effort.model
    into = prices.cost(Usage(prompt_tokens=thousand, completion_tokens=0), model)
    out = prices.cost(Usage(prompt_tokens=0, completion_tokens=thousand), model)
    if into is None or out is None:
        return Check(
            "price",
            "warning",
            "not known for this model; costs are not shown and `max-cost` cannot be enforced",
            "Set it under `prices:` in .github/predict-edit.yml, or with --price.",
        )
    cost = trial.result.effort.cost
    this = "" if cost is None else f"; this check cost {dollars(cost)}"
    return Check(
        "price",
        "ok",
        f"{dollars(into * 1_000)} a million tokens in, {dollars(out * 1_000)} out (estimate){this}",
    )


def of_retirement(trial: Trial, chosen: ModelChoice, where: Endpoint, today: dt.date) -> Check:
    """Report until when the model can be used, as far as known."""
    names = (trial.result.effort.model, chosen.settings.model)
    warning = retirement_warning(names, provider=provider_of(where), today=today)
    if warning is not None:
        return Check("retirement", "warning", warning)
    date = trial.editor.capability.retirement(provider_of(where))
    if date is None:
        return Check("retirement", "skipped", "no date known for this model here")
    return Check("retirement", "ok", f"not before {date.isoformat()}, as far as known")


def _number(text: Any) -> int | None:
    """Read a count as headers carry it."""
    return int(text) if isinstance(text, str) and text.strip().isdecimal() else None


MOST_SECONDS = 120.0
"""What the tiny edit may take at most."""

_NONCE = "doctor-0123456789"


async def diagnose(
    chosen: ModelChoice,
    *,
    environ: Mapping[str, str],
    mask: Mask,
    today: dt.date,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> list[Check]:
    """Run all checks of the model.

    Args:
        chosen: The settings and where they came from.
        environ: Where a job's identity and Azure's credentials are looked for.
        mask: Told of every token, so that none is shown.
        today: For retirement dates.
        transport: Stands in for the network to the model.

    Raises:
        SettingsError: the settings contradict each other; nothing was requested.
    """
    settings = chosen.settings
    where, way = read_endpoint(settings), choose_sign_in(settings)
    checks = [of_settings(chosen, where, way)]
    if way is not SignIn.KEY:
        try:
            await token_source(settings, environ=environ, mask=mask)()
        except SignInError as error:
            return [*checks, failed("sign-in", error)]
    trial = await _try(
        dataclasses.replace(settings, prediction="on", timeout=min(settings.timeout, MOST_SECONDS)),
        open_client(settings, environ=environ, mask=mask, transport=transport),
    )
    checks += [of_sign_in(trial, chosen, way), of_answer(trial)]
    if not trial.answered:
        return checks
    return [
        *checks,
        of_model(trial, chosen),
        of_predictions(trial, chosen),
        of_limits(trial),
        of_room(trial),
        of_price(trial, chosen),
        of_retirement(trial, chosen, where, today),
    ]


async def _try(settings: ModelSettings, client: openai.AsyncOpenAI) -> Trial:
    """Ask for the tiny edit, as a run would."""
    attempts: list[Attempt] = []
    runtime = Runtime(on_attempt=attempts.append)
    editor = ChatEditor(settings, client, nonce=_NONCE, runtime=runtime)
    file = SourceFile(path="fizzbuzz.py", text=FIZZBUZZ, blob_sha="")
    try:
        result = await editor.edit(EditRequest(file=file, instruction=INSTRUCTION))
    finally:
        await editor.aclose()
    return Trial(result=result, attempts=tuple(attempts), editor=editor)

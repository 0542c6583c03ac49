"""Which model a person at a terminal means: options over `INPUT_*` over the vendors' variables.

The variables are those that OpenAI's and Azure's own tools read. A vendor's key goes to that
vendor's address or to this machine: an OpenAI key is never sent to another host by accident.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from predict_edit.cli.grammar import MODEL_OPTIONS
from predict_edit.domain.errors import InvalidInput, MissingInput, SettingsError
from predict_edit.domain.run_report import FileStatus, RunReport
from predict_edit.settings.endpoint import (
    OPENAI_BASE_URL,
    host_of,
    is_azure_host,
    is_loopback,
    is_v1,
)
from predict_edit.settings.fields import Inputs, ModelSettings, Price, Settings
from predict_edit.settings.inputs import read_inputs, variable_of
from predict_edit.settings.repository_config import RepositoryConfig
from predict_edit.settings.resolve import resolve

_KEY, _HEADERS = "api-key", "headers"
"""Secrets, which no option takes: other users of a machine see command lines."""
_NO_TOKEN = "none"  # noqa: S105 - GitHub is not asked, but the check of the inputs wants a text
_NO_KEY = "none"
"""What a server on this machine gets as key where none is set."""
_PRICE = re.compile(r"(\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)(?:/(\d+(?:\.\d+)?))?")

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,60}")
"""How variables are usually named, and keys are not."""
_INPUT = re.compile(r"`(?P<name>[a-z-]+)(?:: (?P<value>[^`]+))?`")

_Found = tuple[str, str]
"""A value, and the option or variable that it came from; empty if it came from neither."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """The settings, and where each one that was given came from."""

    settings: ModelSettings
    origins: Mapping[str, str]
    """Name of an input to option or variable; never a value."""


def read_model(arguments: argparse.Namespace, environ: Mapping[str, str]) -> ModelChoice:
    """Find out what is meant and check it as the action checks its inputs.

    Raises:
        SettingsError: something is missing, wrong or contradicts itself.
    """
    settings, origins = read_settings(arguments, environ)
    return ModelChoice(settings=settings.model, origins=origins)


def read_settings(
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
    config: RepositoryConfig | None = None,
    **more: str | None,
) -> tuple[Settings, Mapping[str, str]]:
    """Merge options, variables and the repository's config; ``more`` are further options.

    Returns:
        The settings, and the option or variable of each that is given, by the name of the input.

    Raises:
        SettingsError: something is missing or wrong.
    """
    found = dict(_explicit(arguments, environ))
    for name, entry in _vendors(found, environ):
        found.setdefault(name, entry)
    given = {name: value for name, (value, _) in found.items()}
    options = {name.replace("_", "-"): value for name, value in more.items() if value is not None}
    given |= options
    found |= {name: (value, f"--{name}") for name, value in options.items()}
    try:
        settings = resolve(_inputs(given), config)
    except SettingsError as error:
        causes, steps = [error.cause], [_next_step(error, found)]
        if isinstance(error, MissingInput) and "model" not in given:
            # Say at once what else is missing.
            try:
                _inputs(given | {"model": "any"})
            except SettingsError as other:
                causes.append(other.cause)
                steps.append(_next_step(other, found))
        raise type(error)(" ".join(causes), " ".join(steps)) from None
    if arguments.price is not None:
        prices = ((settings.model.model, _price(arguments.price)), *settings.model.prices)
        model = dataclasses.replace(settings.model, prices=prices)
        settings = dataclasses.replace(settings, model=model)
    return settings, {
        name: origin for name, (_, origin) in found.items() if origin and name not in options
    }


def in_local_words(text: str, origins: Mapping[str, str]) -> str:
    """Name options and variables where a text names the action's inputs, and no runner."""

    def local(match: re.Match[str]) -> str:
        name, value = match["name"], match["value"]
        if name != _KEY and name not in MODEL_OPTIONS:
            return match[0]
        if value is not None:
            return f"`--{name} {value}`"
        return f"`{origins.get(name) or ('OPENAI_API_KEY' if name == _KEY else f'--{name}')}`"

    return _INPUT.sub(local, text).replace("the runner", "this machine")


def report_in_local_words(report: RunReport, origins: Mapping[str, str]) -> RunReport:
    """Say why files failed or were skipped in the words of a terminal."""
    files = (
        dataclasses.replace(file, reason=in_local_words(file.reason, origins))
        if file.status in {FileStatus.FAILED, FileStatus.SKIPPED}
        else file
        for file in report.files
    )
    problem = in_local_words(report.problem, origins)
    return dataclasses.replace(report, files=tuple(files), problem=problem)


def _inputs(given: Mapping[str, str]) -> Inputs:
    named = {variable_of(name): value for name, value in given.items()}
    return read_inputs({variable_of("github-token"): _NO_TOKEN, **named})


def _explicit(
    arguments: argparse.Namespace, environ: Mapping[str, str]
) -> Iterator[tuple[str, _Found]]:
    """Yield what options and the action's own variables say."""
    for name in (*MODEL_OPTIONS, _KEY, _HEADERS):
        option = getattr(arguments, name.replace("-", "_"), None)
        variable = variable_of(name)
        if name == _KEY and arguments.api_key_env:
            variable = arguments.api_key_env
            if not environ.get(variable, "").strip():
                if not _VARIABLE.fullmatch(variable):
                    raise InvalidInput(
                        "No variable has the name that `--api-key-env` gives; it is not shown, "
                        "because it may be the key itself.",
                        "Give the name of the variable that holds the key, as OPENAI_API_KEY; a "
                        "key that was given as an option may be in your shell's history.",
                    )
                raise MissingInput(
                    f"The variable {variable}, which `--api-key-env` names, is empty or not set.",
                    f"Set it, as in: {variable}=… predict-edit doctor --api-key-env {variable}",
                )
        if option is not None:
            yield name, (option, f"--{name}")
        elif value := environ.get(variable, "").strip():
            yield name, (value, variable)


def _vendors(
    found: Mapping[str, _Found], environ: Mapping[str, str]
) -> Iterator[tuple[str, _Found]]:
    """Yield what the variables of Azure's or OpenAI's tools add for the address in use."""

    def variable(name: str, as_: str) -> Iterator[tuple[str, _Found]]:
        if value := environ.get(name, "").strip():
            yield as_, (value, name)

    given = found.get("base-url")
    place = given or _address(environ, found)
    if place is not None:
        yield "base-url", place
    address, origin = place or ("", "")
    if origin.startswith("AZURE_") or is_azure_host(address):
        if given is None and not is_v1(address):
            yield from variable("OPENAI_API_VERSION", "api-version")
        yield from variable("AZURE_OPENAI_DEPLOYMENT", "model")
        if not {"azure-tenant-id", "azure-client-id"} & found.keys():
            yield from variable("AZURE_OPENAI_API_KEY", _KEY)
        return
    yield from variable("OPENAI_MODEL", "model")
    here = is_loopback(address)
    own = host_of(address) == host_of(OPENAI_BASE_URL)
    if not address or origin == "OPENAI_BASE_URL" or own or here:
        yield from variable("OPENAI_API_KEY", _KEY)
    if here:
        yield _KEY, (_NO_KEY, "")


def _address(environ: Mapping[str, str], found: Mapping[str, _Found]) -> _Found | None:
    """Find the address that the vendors' variables name; Azure's first, as it is the rarer one."""
    dated = "api-version" in found or environ.get("OPENAI_API_VERSION", "").strip()
    for name in ("AZURE_OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT", "OPENAI_BASE_URL"):
        value = environ.get(name, "").strip()
        if not value:
            continue
        if name.startswith("AZURE_") and not dated and not is_v1(value):
            value = f"{value.rstrip('/')}/openai/v1/"
        return value, name
    return None


def _price(text: str) -> Price:
    """Read ``--price``."""
    match = _PRICE.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(
            f"`--price` is `{text[:40]}`.", "Give it as IN/OUT, such as 2.00/8.00, in US dollars."
        )
    prompt, output, cached = match.groups()
    return Price(
        input=Decimal(prompt),
        output=Decimal(output),
        cached=None if cached is None else Decimal(cached),
    )


def _next_step(error: SettingsError, found: Mapping[str, _Found]) -> str:
    """Say what to do about wrong settings at a terminal, where no workflow is at hand."""
    if isinstance(error, MissingInput):
        if "`model`" in error.cause:
            return "Give --model, or set OPENAI_MODEL or AZURE_OPENAI_DEPLOYMENT."
        if "`api-key`" in error.cause:
            return (
                "Set OPENAI_API_KEY, or AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY; for any "
                "other server name the variable that holds the key with --api-key-env."
            )
        return error.next_step
    named = [
        f"`{name}` is from {origin}"
        for name, (_, origin) in found.items()
        if origin and f"`{name}`" in error.cause
    ]
    where = f" ({'; '.join(named)})" if named else ""
    if isinstance(error, InvalidInput):
        return f"Correct it{where}."
    return f"{error.next_step}{where}"

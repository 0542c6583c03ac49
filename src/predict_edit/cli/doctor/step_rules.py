"""Rules for the step itself: which version of the action, and which inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from predict_edit import __version__
from predict_edit.cli.doctor.workflow_source import (
    Mistake,
    TextChange,
    Use,
    entries,
    ref_of,
    text_of,
)
from predict_edit.domain.errors import MissingInput, SettingsError
from predict_edit.settings.endpoint import is_azure_host
from predict_edit.settings.fields import INPUT_NAMES, SECRETS
from predict_edit.settings.inputs import read_inputs, variable_of
from predict_edit.support.text import nearest, quoted

_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"v?\d+(?:\.\d+){0,2}")
_NOBODY: Final = "0" * 40
_EXAMPLE = re.compile(r"\bYOUR-[A-Z-]+|\bYOUR-PROVIDER\.example\b")
_STAND_INS: Final = {
    "github-token": "token",
    "model": "model",
    "api-key": "key",
    "base-url": "https://name.openai.azure.com/openai/v1/",
    "azure-tenant-id": "tenant",
    "azure-client-id": "client",
}
"""For what only the run knows, where whether it is given at all makes a difference."""


def step_mistakes(use: Use) -> Iterator[Mistake]:
    """What is wrong with the step."""
    yield from _version(use)
    yield from _examples(use)
    yield from _unknown(use)
    yield from _secrets(use)
    yield from _values(use)


def _version(use: Use) -> Iterator[Mistake]:
    """Whether it is known which code runs."""
    uses = text_of(use.uses)
    name, ref = uses.partition("@")[0], ref_of(uses)
    if name.startswith("OWNER/"):
        yield use.mistake(
            use.uses,
            "`OWNER` is the example's; no such action exists",
            next_step="Put the owner of the repository that you took predict-edit from.",
            fatal=True,
        )
    if ref != _NOBODY and (_COMMIT.fullmatch(ref) or _VERSION.fullmatch(ref)):
        return
    found = f"the action is not pinned: {quoted(ref)} may be other code tomorrow"
    if ref == _NOBODY:
        found = "the commit of the action is the example's zeros"
    elif not ref:
        found = "the action has no version, and GitHub runs none without"
    yield use.mistake(
        use.uses,
        found,
        use.source.replaced(use.uses, f"{name}@v{__version__}"),
        next_step="Better still, the full commit of that release: it can never change.",
        fatal=ref in {_NOBODY, ""},
    )


def _examples(use: Use) -> Iterator[Mistake]:
    """What was copied and not filled in."""
    for name, entry in use.given.items():
        held = _EXAMPLE.search(text_of(entry.value))
        if held:
            yield use.mistake(
                entry.key,
                f"`{name}` still holds the example's `{held[0]}`",
                next_step="Put your own in its place.",
                fatal=True,
            )


def _unknown(use: Use) -> Iterator[Mistake]:
    """Names that are not inputs: the runner only warns of them, and they have no effect."""
    for name, entry in use.given.items():
        if name in INPUT_NAMES or use.inputs is None:
            continue
        meant = _meant(use, name)
        yield use.mistake(
            entry.key,
            f"{quoted(name)} is not an input" + (f"; `{meant}` is probably meant" if meant else ""),
            use.source.replaced(entry.key, meant)
            if meant
            else use.source.without(use.inputs, entry),
            fatal=True,
        )


def _meant(use: Use, name: str) -> str | None:
    """The input that a misspelt one is probably meant to be; first of all one that is missing."""
    free = [known for known in INPUT_NAMES if known not in use.given]
    return nearest(name, {"model", "api-key"} & set(free)) or nearest(name, free)


def _secrets(use: Use) -> Iterator[Mistake]:
    """Credentials written in the file."""
    for name in SECRETS:
        if use.literal(name) is None:
            continue
        entry = use.given[name]
        yield use.mistake(
            entry.key,
            f"`{name}` is written in the file, where anyone can read it; revoke it and store "
            "a new one as a secret",
            use.source.rewritten(entry, f"${{{{ {_secret(use, name)} }}}}"),
            fatal=True,
        )


def _secret(use: Use, name: str) -> str:
    """Where a credential is usually stored."""
    if name == "github-token":
        return "github.token"
    azure = is_azure_host(use.literal("base-url") or "")
    return f"secrets.{'AZURE_OPENAI_API_KEY' if azure else 'OPENAI_API_KEY'}"


def _values(use: Use) -> Iterator[Mistake]:
    """Inputs that are missing, wrong or contradict each other, as the action itself would say."""
    given = {"github-token": _STAND_INS["github-token"]}
    for name, entry in use.given.items():
        if not text_of(entry.value).strip():
            continue
        if name in INPUT_NAMES:
            literal = None if name in SECRETS else use.literal(name)
            known = literal if literal is not None else _STAND_INS.get(name)
            given |= {name: known} if known is not None else {}
        elif meant := _meant(use, name):
            # That it is misspelt is reported already; that it is missing need not be.
            given |= {meant: _STAND_INS[meant]} if meant in _STAND_INS else {}
    try:
        read_inputs({variable_of(name): value for name, value in given.items()})
    except SettingsError as error:
        named = [name for name in use.given if f"`{name}`" in error.cause]
        changes = _filled(use, error)
        yield use.mistake(
            use.given[named[0]].key if named else use.uses,
            error.cause.rstrip("."),
            *changes,
            next_step="" if changes else error.next_step,
            fatal=True,
        )


def _filled(use: Use, error: SettingsError) -> tuple[TextChange, ...]:
    """The input that is missing, with what is most often right."""
    usual = {"model": "gpt-4.1", "api-key": f"${{{{ {_secret(use, 'api-key')} }}}}"}
    name = next((each for each in usual if error.cause.startswith(f"`{each}` is missing")), None)
    if not isinstance(error, MissingInput) or name is None:
        return ()
    if not use.given:
        held = entries(use.step).get("with")
        if held:
            return (use.source.rewritten(held, usual),)
        return (use.source.added_behind(use.step, entries(use.step)["uses"], "with", usual),)
    if use.inputs is None:
        return ()
    if name in use.given:
        return (use.source.rewritten(use.given[name], usual[name]),)
    return (use.source.added(use.inputs, name, usual[name]),)

"""Common mistakes in the workflow files of a checkout, with the lines that correct them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from predict_edit.cli.doctor.checks import Check
from predict_edit.cli.doctor.job_rules import (
    event_mistakes,
    job_mistakes,
    permission_mistakes,
)
from predict_edit.cli.doctor.step_rules import step_mistakes
from predict_edit.cli.doctor.workflow_source import Mistake, NotYaml, Source, Use, uses_of
from predict_edit.domain.errors import ConfigError, LocalFileError
from predict_edit.settings.fields import SECRETS
from predict_edit.settings.repository_config import CONFIG_PATH, read_config

FOLDER: Final = Path(".github/workflows")
"""Where GitHub looks for workflows."""
_RULES: Final = (event_mistakes, permission_mistakes, job_mistakes, step_mistakes)


def examine(path: str, text: str, deliver: str = "") -> list[Mistake] | None:
    """Find the mistakes of a workflow file, in the order of its lines.

    Args:
        path: What to call it.
        text: Its contents.
        deliver: What the repository's config says, where it says something.

    Returns:
        The mistakes; ``None`` where no step uses the action.
    """
    try:
        uses = uses_of(Source(path, text), deliver)
    except NotYaml as error:
        if "predict-edit" not in text:
            return None
        reason, line = error.args
        return [Mistake(path=path, line=line, state="failed", found=reason)]
    if not uses:
        return None
    found = {mistake: None for use in uses for mistake in _all(use)}
    return sorted(found, key=lambda mistake: mistake.line)


def written_secrets(path: str, text: str) -> tuple[str, ...]:
    """Return the credentials written in a workflow file, so that they are not shown again."""
    try:
        uses = uses_of(Source(path, text))
    except NotYaml:
        return ()
    literals = (use.literal(name) for use in uses for name in SECRETS)
    return tuple(literal for literal in literals if literal)


def workflow_files(root: Path) -> list[Path]:
    """The workflow files of a checkout."""
    folder = root / FOLDER
    return sorted(path for pattern in ("*.yml", "*.yaml") for path in folder.glob(pattern))


def _all(use: Use) -> Iterator[Mistake]:
    for rule in _RULES:
        yield from rule(use)


MOST_CHARACTERS = 1_000_000
"""A longer file is not a workflow."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One workflow file that uses the action."""

    path: str
    mistakes: tuple[Mistake, ...]
    secrets: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    """Credentials written in the file, so that none of them is shown."""

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {"path": self.path, "mistakes": [each.as_data() for each in self.mistakes]}


def look(given: Iterable[Path], here: Path) -> tuple[list[Check], list[Examined]]:
    """Examine the files that were named, or else those of the checkout around ``here``.

    Raises:
        LocalFileError: a file that was named cannot be read, or does not use the action.
    """
    named = [file for path in given for file in _files_of(path)]
    root = _checkout(named[0].absolute().parent if named else here)
    checks, deliver = _config(root) if root else ([], "")
    examined = []
    for path in named or (workflow_files(root) if root else []):
        shown = _short(path, here)
        text = _read(path)
        mistakes = examine(shown, text, deliver)
        if mistakes is not None:
            examined.append(
                Examined(path=shown, mistakes=tuple(mistakes), secrets=written_secrets(shown, text))
            )
        elif named:
            raise LocalFileError(
                f"No step of {shown} uses predict-edit.",
                "Name the workflow whose step has `uses: OWNER/predict-edit@…`.",
            )
    return checks, examined


def _files_of(path: Path) -> list[Path]:
    """A file itself, or the workflows in a folder."""
    if not path.is_dir():
        return [path]
    found = sorted((*path.glob("*.yml"), *path.glob("*.yaml")))
    if not found:
        raise LocalFileError(f"{path} has no workflow files.", "Name a file or another folder.")
    return found


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise LocalFileError(
            f"{path} cannot be read: {error.strerror}.", "Name a workflow file."
        ) from None
    return text[:MOST_CHARACTERS]


def _checkout(folder: Path) -> Path | None:
    """The top folder of the checkout around a folder."""
    for each in (folder, *folder.parents):
        if (each / ".git").exists():
            return each
    return None


def _config(root: Path) -> tuple[list[Check], str]:
    """Check the config, and read how edits are to be delivered."""
    path = root / CONFIG_PATH
    if not path.is_file():
        return [], ""
    try:
        config = read_config(_read(path))
    except ConfigError as error:
        wrong = Check(name="config", state="failed", found=error.cause, next_step=error.next_step)
        return [wrong], ""
    recipes = f" with {len(config.recipes)} recipes" if config.recipes else ""
    return [Check(name="config", state="ok", found=f"{CONFIG_PATH} is valid{recipes}")], str(
        config.deliver or ""
    )


def _short(path: Path, here: Path) -> str:
    """Return a path relative to this folder if it is below it."""
    absolute = path.absolute()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)

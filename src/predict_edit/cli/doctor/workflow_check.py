"""Common mistakes in the workflow files of a checkout, with the lines that correct them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from predict_edit.cli.doctor.job_rules import (
    event_mistakes,
    job_mistakes,
    permission_mistakes,
)
from predict_edit.cli.doctor.step_rules import step_mistakes
from predict_edit.cli.doctor.workflow_source import Mistake, NotYaml, Source, uses_of
from predict_edit.domain.errors import LocalFileError
from predict_edit.settings.fields import SECRETS

FOLDER: Final = Path(".github/workflows")
"""Where GitHub looks for workflows."""
_RULES: Final = (event_mistakes, permission_mistakes, job_mistakes, step_mistakes)


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


def examine(path: str, text: str, deliver: str = "") -> Examined | None:
    """Find the mistakes of a workflow file, in the order of its lines.

    Args:
        path: What to call it.
        text: Its contents.
        deliver: What the repository's config says, where it says something.

    Returns:
        ``None`` where no step uses the action.
    """
    try:
        uses = uses_of(Source(path, text), deliver)
    except NotYaml as error:
        if "predict-edit" not in text:
            return None
        reason, line = error.args
        unread = Mistake(path=path, line=line, state="failed", found=reason)
        return Examined(path=path, mistakes=(unread,))
    if not uses:
        return None
    found = dict.fromkeys(mistake for use in uses for rule in _RULES for mistake in rule(use))
    literals = (use.literal(name) for use in uses for name in SECRETS)
    return Examined(
        path=path,
        mistakes=tuple(sorted(found, key=lambda mistake: mistake.line)),
        secrets=tuple(literal for literal in literals if literal),
    )


def find(given: Iterable[Path], here: Path) -> tuple[Path | None, list[Path]]:
    """Find the files that were named, or else those of the checkout around ``here``.

    Returns:
        The top folder of the checkout, ``None`` if there is not any, and the files.

    Raises:
        LocalFileError: a folder that was named has no workflow files.
    """
    named = [file for path in given for file in _files_of(path)]
    start = named[0].absolute().parent if named else here
    root = next((each for each in (start, *start.parents) if (each / ".git").exists()), None)
    return root, named or (workflow_files(root / FOLDER) if root else [])


def examine_all(paths: Iterable[Path], here: Path, deliver: str, *, named: bool) -> list[Examined]:
    """Examine files; those without the action are left out, unless they were ``named``.

    Raises:
        LocalFileError: a file cannot be read, or was named and does not use the action.
    """
    examined = []
    for path in paths:
        shown = _short(path, here)
        found = examine(shown, _read(path), deliver)
        if found is not None:
            examined.append(found)
        elif named:
            raise LocalFileError(
                f"No step of {shown} uses predict-edit.",
                "Name the workflow whose step has `uses: OWNER/predict-edit@…`.",
            )
    return examined


def workflow_files(folder: Path) -> list[Path]:
    """The workflow files in a folder."""
    return sorted(path for pattern in ("*.yml", "*.yaml") for path in folder.glob(pattern))


def _files_of(path: Path) -> list[Path]:
    """A file itself, or the workflows in a folder."""
    if not path.is_dir():
        return [path]
    found = workflow_files(path)
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


def _short(path: Path, here: Path) -> str:
    """Return a path relative to this folder if it is below it."""
    absolute = path.absolute()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)

"""All rules over one workflow file, and the files of a checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from predict_edit.cli.doctor.workflow import events, job, rights, step
from predict_edit.cli.doctor.workflow.mistake import Mistake
from predict_edit.cli.doctor.workflow.source import NotYaml, Source
from predict_edit.cli.doctor.workflow.use import Use, uses_of
from predict_edit.settings.inputs import SECRETS

FOLDER: Final = Path(".github/workflows")
"""Where GitHub looks for workflows."""
_RULES: Final = (events.mistakes, rights.mistakes, job.mistakes, step.mistakes)


def examine(path: str, text: str, deliver: str = "") -> list[Mistake] | None:
    """Find the mistakes of a workflow file, in the order of its lines.

    Args:
        path: What to call it.
        text: What stands in it.
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
    """The credentials that stand in a workflow file, where nobody should see them once more."""
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

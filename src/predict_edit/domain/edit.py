"""What the editor is asked, and what it answers."""

from __future__ import annotations

import dataclasses

from predict_edit.domain.job import Aim
from predict_edit.domain.snapshot import SourceFile
from predict_edit.domain.usage import Effort


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a linter says about one place of a file.

    All texts are on one line and bounded; the path is the repository's, with slashes.
    """

    path: str
    line: int | None
    """First line, 1-based; ``None`` where the finding is about the file as a whole."""
    end_line: int | None
    """Last line, never before ``line``; ``None`` exactly where ``line`` is."""
    column: int | None
    """1-based; ``None`` where it was not told."""
    rule: str
    """The rule's name or number, empty where it was not told."""
    message: str
    tool: str
    """The linter's name, empty where it was not told."""
    level: str
    """``error``, ``warning`` or ``note``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What the editor is asked: change this file as the instruction says."""

    file: SourceFile
    instruction: str
    aim: Aim | None = None
    findings: tuple[Finding, ...] = ()
    """What linters say about the file; shown to the model with their lines."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """An accepted answer: the file before and after. ``text`` may equal ``file.text``."""

    file: SourceFile
    text: str
    effort: Effort


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FailedEdit:
    """A file for which no answer could be accepted; the tokens it took are counted all the same."""

    file: SourceFile
    error: Exception
    """A :class:`predict_edit.domain.errors.PredictEditError`."""
    effort: Effort

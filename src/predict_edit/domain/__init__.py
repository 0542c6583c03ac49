"""The nouns of the project, as frozen values that flow one way through a run.

These modules import nothing else of the project. Lines are always the pieces between line feeds and
nothing else; a line keeps its line feed (and a carriage return before it), and only the last line
of a text may lack it. Line numbers are 1-based and mean the file at the pinned head.
"""

from __future__ import annotations

from predict_edit.domain.edits import (
    Dropped,
    EditRequest,
    FailedEdit,
    FileEdit,
    Finding,
    FindingsReport,
    Hunk,
    PlacedFile,
    Placement,
    PlacementKind,
    ReviewDraft,
    SkippedFile,
    SourceFile,
    Suggestion,
)
from predict_edit.domain.job import Aim, CommandRef, CommandSource, Job, Reaction, Role
from predict_edit.domain.repository import (
    BranchMove,
    BranchPull,
    BranchState,
    ChangedFile,
    Comment,
    Commit,
    CommitDraft,
    FileContent,
    PullDraft,
    PullRequest,
    Review,
    ReviewThread,
    TreeFile,
)
from predict_edit.domain.run_report import FileResult, FileStatus, Outcome, RunReport
from predict_edit.domain.usage import Effort, PredictionState, Usage

__all__ = [
    "Aim",
    "BranchMove",
    "BranchPull",
    "BranchState",
    "ChangedFile",
    "CommandRef",
    "CommandSource",
    "Comment",
    "Commit",
    "CommitDraft",
    "Dropped",
    "EditRequest",
    "Effort",
    "FailedEdit",
    "FileContent",
    "FileEdit",
    "FileResult",
    "FileStatus",
    "Finding",
    "FindingsReport",
    "Hunk",
    "Job",
    "Outcome",
    "PlacedFile",
    "Placement",
    "PlacementKind",
    "PredictionState",
    "PullDraft",
    "PullRequest",
    "Reaction",
    "Review",
    "ReviewDraft",
    "ReviewThread",
    "Role",
    "RunReport",
    "SkippedFile",
    "SourceFile",
    "Suggestion",
    "TreeFile",
    "Usage",
]

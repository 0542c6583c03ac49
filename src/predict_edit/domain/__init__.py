"""The nouns of the project, as frozen values that flow one way through the pipeline.

These modules import nothing else of the project. Lines are always the pieces between line feeds and
nothing else; a line keeps its line feed (and a carriage return before it), and only the last line
of a text may lack it. Line numbers are 1-based and mean the file at the pinned head.
"""

from __future__ import annotations

from predict_edit.domain.branch import (
    BranchMove,
    BranchPull,
    BranchState,
    Commit,
    CommitDraft,
    PullDraft,
)
from predict_edit.domain.conversation import Comment, Review, ReviewDraft, ReviewThread
from predict_edit.domain.edit import EditRequest, FailedEdit, FileEdit, Finding
from predict_edit.domain.job import Aim, CommandRef, CommandSource, Job, Reaction, Role
from predict_edit.domain.placement import Hunk, PlacedFile, Placement, PlacementKind, Suggestion
from predict_edit.domain.report import FileResult, FileStatus, Outcome, RunReport
from predict_edit.domain.snapshot import (
    ChangedFile,
    FileContent,
    PullRequest,
    SkippedFile,
    SourceFile,
    TreeFile,
)
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
    "EditRequest",
    "Effort",
    "FailedEdit",
    "FileContent",
    "FileEdit",
    "FileResult",
    "FileStatus",
    "Finding",
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

"""Every answer that GitHub's published schema allows, with its null and its missing fields."""

from __future__ import annotations

import copy
import typing
from collections.abc import Iterator
from typing import Any

import githubkit_schemas.latest.models as github
import pydantic
import pytest

from predict_edit.findings.code_scanning import CodeScanningAlert
from predict_edit.github import rest
from predict_edit.github.client import parse

REPO = {"full_name": "octo/demo", "default_branch": "main"}
SIDE = {"ref": "topic", "sha": "a" * 40, "repo": REPO}
COMMENT = {
    "id": 1,
    "node_id": "C1",
    "html_url": "https://github.com/c",
    "body": "text",
    "user": {"login": "mona"},
    "created_at": "2026-01-01T00:00:00Z",
}
PULL = {
    "number": 7,
    "state": "open",
    "merged": False,
    "title": "A title",
    "html_url": "https://github.com/p",
    "changed_files": 3,
    "body": "text",
    "draft": True,
    "head": SIDE,
    "base": SIDE,
}
ENTRY = {"path": "a.py", "mode": "100644", "type": "blob", "sha": "a" * 40, "size": 3}
ALERT = {
    "rule": {"id": "N801", "severity": "note", "description": "Bad name"},
    "tool": {"name": "ruff"},
    "most_recent_instance": {
        "location": {"path": "a.py", "start_line": 1, "end_line": 2, "start_column": 3},
        "message": {"text": "Bad name"},
    },
}
ANSWERS: list[tuple[Any, Any, dict[str, Any]]] = [
    (
        rest.Permission,
        github.RepositoryCollaboratorPermission,
        {"permission": "write", "role_name": "maintain", "user": {"id": 1}},
    ),
    (rest.Pull, github.PullRequest, PULL),
    (rest.NewPull, github.PullRequest, PULL),
    (
        rest.PullFile,
        github.DiffEntry,
        {
            "filename": "a.py",
            "status": "renamed",
            "sha": "a" * 40,
            "additions": 1,
            "deletions": 2,
            "patch": "@@",
            "previous_filename": "b.py",
        },
    ),
    (rest.CommitComparison, github.CommitComparison, {"merge_base_commit": {"sha": "a" * 40}}),
    (
        rest.Repository,
        github.FullRepository,
        {"default_branch": "main", "permissions": {"push": True}},
    ),
    (rest.NewTree, github.GitTree, {"sha": "a" * 40}),
    (rest.TreeCommit, github.GitCommit, {"sha": "a" * 40, "html_url": "https://x"}),
    (rest.GitRef, github.GitRef, {"ref": "refs/heads/main", "object": {"sha": "a" * 40}}),
    (rest.Blob, github.Blob, {"content": "YQ==", "encoding": "base64", "size": 1}),
    (rest.Tree, github.GitTree, {"truncated": False, "tree": [ENTRY]}),
    (rest.IssueComment, github.IssueComment, COMMENT),
    (
        rest.PullReview,
        github.PullRequestReview,
        COMMENT | {"state": "COMMENTED", "commit_id": "a" * 40},
    ),
    (CodeScanningAlert, github.CodeScanningAlertItems, ALERT),
]


def models_in(annotation: Any) -> list[type[pydantic.BaseModel]]:
    """The models that an annotation names."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return [annotation] if issubclass(annotation, pydantic.BaseModel) else []
    return [model for part in typing.get_args(annotation) for model in models_in(part)]


def may_be_null(annotation: Any) -> bool:
    """Whether an annotation allows ``None``."""
    return annotation is type(None) or any(map(may_be_null, typing.get_args(annotation)))


def variants(
    published: type[pydantic.BaseModel], value: dict[str, Any], path: tuple[Any, ...] = ()
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield each field of an answer that may be null or missing, with its path."""
    for name, inner in value.items():
        field = published.model_fields.get(name)
        if field is None:
            continue
        here = (*path, name)
        if may_be_null(field.annotation):
            yield "null", here
        if not field.is_required():
            yield "missing", here
        entry, there = (inner[0], (*here, 0)) if isinstance(inner, list) else (inner, here)
        if isinstance(entry, dict):
            for model in models_in(field.annotation):
                yield from variants(model, entry, there)


CASES = [
    pytest.param(ours, value, how, path, id=f"{ours.__name__}-{'.'.join(map(str, path))}-{how}")
    for ours, published, value in ANSWERS
    for how, path in dict.fromkeys(variants(published, value))
]


@pytest.mark.parametrize(("ours", "value", "how", "path"), CASES)
def test_what_the_schema_calls_optional_is_not_needed(
    ours: Any, value: dict[str, Any], how: str, path: tuple[Any, ...]
) -> None:
    """No answer that GitHub documents stops a run."""
    changed: Any = copy.deepcopy(value)
    holder = changed
    for name in path[:-1]:
        holder = holder[name]
    if how == "null":
        holder[path[-1]] = None
    else:
        del holder[path[-1]]
    parse(ours, changed, rest.PULL_REQUEST)


@pytest.mark.parametrize(("ours", "value"), [(ours, value) for ours, _, value in ANSWERS])
def test_every_field_of_ours_is_tried(ours: Any, value: dict[str, Any]) -> None:
    """An answer here has all fields that are used, so that none is left out above."""
    for name, field in ours.model_fields.items():
        where = field.validation_alias or name
        holder: Any = value
        for step in where.path if isinstance(where, pydantic.AliasPath) else [where]:
            holder = holder[step]


def test_the_schema_is_read() -> None:
    """The field that once stopped a run is among them."""
    assert any(case.id == "Blob-size-null" for case in CASES)
    assert len(CASES) > 30

"""Payloads as GitHub sends them, cut down to the relevant fields and a few more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Payload = dict[str, object]

PERSON: Payload = {"login": "mona", "id": 7, "type": "User", "site_admin": False}
REPOSITORY: Payload = {"id": 1, "full_name": "octo-org/hello.world", "private": False}


def _issue_comment(body: str = "/predict-edit fix", **comment: object) -> Payload:
    """A comment on pull request 12."""
    return {
        "action": "created",
        "issue": {
            "number": 12,
            "state": "open",
            "locked": False,
            "pull_request": {"url": "https://api.github.com/repos/o/r/pulls/12", "merged_at": None},
        },
        "comment": {
            "id": 99,
            "node_id": "IC_99",
            "html_url": "https://github.com/octo-org/hello.world/pull/12#issuecomment-99",
            "body": body,
            "user": dict(PERSON),
            "author_association": "NONE",
            "performed_via_github_app": None,
            **comment,
        },
        "repository": REPOSITORY,
        "sender": dict(PERSON),
        "something_new": {"nobody": "knows"},
    }


def _review_comment(body: str = "/predict-edit fix", **comment: object) -> Payload:
    """A reply in a review thread of pull request 12."""
    return {
        "action": "created",
        "comment": {
            "id": 77,
            "node_id": "PRRC_77",
            "html_url": "https://github.com/octo-org/hello.world/pull/12#discussion_r77",
            "body": body,
            "user": dict(PERSON),
            "path": "src/a b.py",
            "diff_hunk": "@@ -1,2 +1,3 @@\n a\n+b",
            "line": 9,
            "start_line": 4,
            "side": "RIGHT",
            "start_side": "RIGHT",
            "commit_id": "a" * 40,
            "in_reply_to_id": 70,
            **comment,
        },
        "pull_request": {"number": 12, "state": "open", "head": {"sha": "a" * 40}},
        "repository": REPOSITORY,
        "sender": dict(PERSON),
    }


@pytest.fixture
def issue_comment() -> Callable[..., Payload]:
    """Make an ``issue_comment`` payload; keyword arguments replace fields of the comment."""
    return _issue_comment


@pytest.fixture
def review_comment() -> Callable[..., Payload]:
    """Make a ``pull_request_review_comment`` payload."""
    return _review_comment


@pytest.fixture
def dispatch() -> Payload:
    """A ``workflow_dispatch`` payload."""
    return {
        "inputs": {"pull-request": "12", "instruction": "Rename a to b"},
        "ref": "refs/heads/main",
        "repository": REPOSITORY,
        "sender": dict(PERSON),
        "workflow": ".github/workflows/predict-edit.yml",
    }

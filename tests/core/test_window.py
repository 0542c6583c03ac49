"""How much one person may ask of one pull request."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain import Comment
from predict_edit.marker import Marker
from predict_edit.window import COMMANDS, already_running, signature, too_many

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def summary(
    number: int,
    *,
    by: str | None = "grace",
    minutes: float = 10,
    state: str = "done",
    mine: bool = True,
    created_at: str | None = None,
) -> Comment:
    """Our summary comment of a command some minutes ago."""
    fields = {"command": f"issue-comment-{number}", "head": "1" * 40, "state": state}
    if by is not None:
        fields["by"] = signature(by)
    created = (NOW - dt.timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    return Comment(
        id=number,
        body=f"Done.\n\n{Marker('summary', fields)}\n",
        url="",
        mine=mine,
        created_at=created if created_at is None else created_at,
    )


def several(count: int = COMMANDS, **like: Any) -> list[Comment]:
    """That many summaries of the same kind."""
    return [summary(number, **like) for number in range(1, count + 1)]


class TestTooMany:
    """The window of one hour."""

    def test_the_limit_itself(self) -> None:
        """One below the limit passes, the limit does not, and the answer says when it will."""
        assert too_many(several(COMMANDS - 1), "grace", NOW) is None
        said = too_many(several(COMMANDS), "grace", NOW)
        assert said is not None
        assert "20 are allowed" in said
        assert "12:50 UTC" in said

    @pytest.mark.parametrize(
        "like",
        [
            {"by": "ada"},  # somebody else's
            {"minutes": 60},  # an hour ago
            {"mine": False},  # forged by somebody who wants to lock a colleague out
        ],
    )
    def test_what_does_not_count(self, like: dict[str, Any]) -> None:
        """Other people's commands, old ones and forged ones leave the limit alone."""
        assert too_many(several(100, **like), "grace", NOW) is None

    @pytest.mark.parametrize(
        "like",
        [
            {"by": None},  # written by an older version
            {"created_at": ""},
            {"created_at": "yesterday"},
            {"created_at": "2026-02-01T00:00:00"},  # no time zone
            {"created_at": "2099-01-01T00:00:00Z"},
        ],
    )
    def test_what_cannot_be_read_counts(self, like: dict[str, Any]) -> None:
        """A missing name or an impossible time counts against who asks."""
        assert too_many(several(**like), "grace", NOW) is not None

    def test_nobody_is_everybody(self) -> None:
        """Where nobody says who asks, all commands count."""
        mixed = [*several(10, by="ada"), *several(10, by="root")]
        assert too_many(mixed, None, NOW) is not None
        assert too_many(mixed, "grace", NOW) is None

    def test_upper_case_is_no_second_person(self) -> None:
        """GitHub's logins are the same in any case."""
        assert too_many(several(by="Grace"), "gRACE", NOW) is not None

    def test_the_same_command_again_is_free(self) -> None:
        """Running the workflow of a command again does not count its own summary."""
        assert too_many(several(), "grace", NOW, key="issue-comment-3") is None

    def test_a_comment_without_our_marker_is_none(self) -> None:
        """Our other comments are no commands."""
        plain = [Comment(id=n, body="hello", url="", mine=True) for n in range(100)]
        assert too_many(plain, "grace", NOW) is None

    @given(st.lists(st.integers(0, 120), max_size=60), st.integers(0, 60))
    def test_more_commands_never_help(self, minutes: list[int], more: int) -> None:
        """Who has to wait would have to wait with one command more as well."""
        before = [summary(n, minutes=ago) for n, ago in enumerate(minutes, 1)]
        after = [*before, summary(1_000, minutes=more)]
        if too_many(before, "grace", NOW):
            assert too_many(after, "grace", NOW)
        within = sum(ago < 60 for ago in minutes)
        assert (too_many(before, "grace", NOW) is not None) == (within >= COMMANDS)


class TestAlreadyRunning:
    """The lock over one pull request."""

    def test_another_command_at_work(self) -> None:
        """While one command works, whoever gave it, a second one is told so."""
        said = already_running([summary(7, state="working", by="ada")], NOW, key="mine")
        assert said is not None
        assert "already running" in said
        assert "12:50 UTC" in said

    @pytest.mark.parametrize(
        "like",
        [{"state": "done"}, {"state": "answered"}, {"minutes": 61}, {"mine": False}],
    )
    def test_what_is_over_blocks_nobody(self, like: dict[str, Any]) -> None:
        """Finished runs, runs that were killed long ago and forged markers block nobody."""
        like = {"state": "working", **like}
        assert already_running(several(1, **like), NOW, key="mine") is None

    def test_the_same_command_is_not_in_its_own_way(self) -> None:
        """A run that was killed can be run again at once."""
        assert already_running([summary(7, state="working")], NOW, key="issue-comment-7") is None

    def test_of_two_at_once_exactly_one_goes_on(self) -> None:
        """Two that began together see each other; the older comment's goes on."""
        both = [summary(7, state="working"), summary(8, state="working")]
        assert already_running(both, NOW, key="issue-comment-7", own=7) is None
        assert already_running(both, NOW, key="issue-comment-8", own=8) is not None


def test_a_signature_fits_into_a_marker() -> None:
    """Any login can stand in a marker, old ones with two hyphens too."""
    for login in ("ada", "a--b", "evil[bot]", "名前", "", "x" * 100, "\ud800"):
        assert str(Marker("summary", {"by": signature(login)}))
    assert signature(None) == signature("")

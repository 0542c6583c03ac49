"""How many commands one person may run on one pull request."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import AlreadyRunning
from predict_edit.domain.repository import Comment
from predict_edit.support.markers import Marker
from predict_edit.trigger import rate_limit as window
from predict_edit.trigger.rate_limit import COMMANDS, check_alone, signature

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
WORD = "/predict-edit"


def stamp(minutes: float) -> str:
    """A time some minutes ago, as GitHub writes it."""
    return (NOW - dt.timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def summary(
    number: int,
    *,
    by: str | None = "grace",
    minutes: float = 10,
    state: str = "done",
    mine: bool = True,
    created_at: str | None = None,
) -> Comment:
    """Our summary of the command in comment ``number``, started some minutes ago."""
    fields = {"command": f"issue-comment-{number}", "head": "1" * 40, "state": state}
    if by is not None:
        fields["by"] = signature(by)
    return Comment(
        id=10_000 + number,
        body=f"Done.\n\n{Marker('summary', fields)}\n",
        url=f"https://github.example/octo/game/pull/1#issuecomment-{10_000 + number}",
        mine=mine,
        created_at=stamp(minutes) if created_at is None else created_at,
    )


def said(number: int, body: str = "/predict-edit --dry-run x", *, author: str = "grace") -> Comment:
    """A person's own comment."""
    return Comment(id=number, body=body, url="", mine=False, author=author, created_at=stamp(10))


def several(count: int = COMMANDS, **like: Any) -> list[Comment]:
    """As many summaries of the same kind."""
    return [summary(number, **like) for number in range(1, count + 1)]


def too_many(comments: Sequence[Comment], login: str | None, key: str = "another") -> str | None:
    """Whether a person has to wait now."""
    return window.too_many(comments, login, NOW, key=key, word=WORD)


class TestTooMany:
    def test_the_limit_itself(self) -> None:
        """One below the limit passes, the limit does not, and the answer says when it will."""
        assert too_many(several(COMMANDS - 1), "grace") is None
        reason = too_many(several(COMMANDS), "grace")
        assert reason is not None
        assert "30 are allowed" in reason
        assert "12:50 UTC" in reason

    @pytest.mark.parametrize(
        "like",
        [
            {"by": "ada"},  # somebody else's
            {"minutes": 60},  # an hour ago
            {"mine": False},  # forged by somebody who wants to lock a colleague out
        ],
    )
    def test_what_does_not_count(self, like: dict[str, Any]) -> None:
        """Commands of other people, old ones and forged ones do not count."""
        assert too_many(several(100, **like), "grace") is None

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
        """A missing name or an impossible time counts against the person who asks."""
        assert too_many(several(**like), "grace") is not None

    def test_a_summary_that_names_no_command_counts(self) -> None:
        """Several summaries without a command's name are several commands."""
        bare = Marker("summary", {"by": signature("grace")})
        comments = [
            Comment(id=n, body=f"x\n\n{bare}\n", url="", mine=True, created_at=stamp(1))
            for n in range(COMMANDS)
        ]
        assert too_many(comments, "grace") is not None

    def test_an_unknown_author_counts_as_everyone(self) -> None:
        """If the author is unknown, all commands count."""
        ada = [summary(number, by="ada") for number in range(COMMANDS // 2)]
        root = [summary(number, by="root") for number in range(COMMANDS // 2, COMMANDS)]
        assert too_many([*ada, *root], None) is not None
        assert too_many([*ada, *root], "grace") is None

    def test_upper_case_is_not_a_second_person(self) -> None:
        """GitHub's logins ignore case."""
        assert too_many(several(by="Grace"), "gRACE") is not None

    def test_the_same_command_again_is_free(self) -> None:
        """Re-running a command's workflow counts neither its summary nor its comment."""
        comments = [*several(), *map(said, range(1, COMMANDS + 1))]
        assert too_many(comments, "grace", "issue-comment-3") is None

    def test_a_comment_without_our_marker_does_not_count(self) -> None:
        plain = [Comment(id=n, body="hello", url="", mine=True) for n in range(100)]
        assert too_many(plain, "grace") is None

    def test_dry_runs_count_by_their_comments(self) -> None:
        """A command that leaves no summary is counted by its comment, once."""
        dry = [said(number) for number in range(1, COMMANDS)]
        assert too_many([*dry, *several(COMMANDS - 1)], "grace") is None
        assert too_many([*dry, said(99)], "grace") is not None

    @pytest.mark.parametrize(
        ("body", "counts"),
        [
            ("/predict-edit --wrong", True),  # is answered, which costs a comment
            ("/predict-edit help", True),
            ("> /predict-edit x", False),
            ("/predict-editor x", False),
            ("Looks good.", False),
        ],
    )
    def test_only_commands_count(self, body: str, *, counts: bool) -> None:
        """Whatever would be answered counts; ordinary comments do not."""
        talk = [said(number, body) for number in range(100)]
        assert (too_many(talk, "grace") is not None) == counts

    def test_commands_of_the_tokens_account_count(self) -> None:
        """A personal token's owner types under the account that this tool writes under."""
        typed = [dataclasses.replace(said(number), mine=True) for number in range(1, COMMANDS + 1)]
        assert too_many(typed, "grace") is not None
        assert too_many([*typed[1:], summary(2)], "grace") is None

    def test_comments_of_others_do_not_count(self) -> None:
        """No one is locked out by what another person types."""
        assert too_many([said(n, author="ada") for n in range(100)], "grace") is None

    @given(st.lists(st.integers(0, 120), max_size=60), st.integers(0, 60))
    def test_more_commands_never_help(self, minutes: list[int], more: int) -> None:
        """A person who has to wait would also have to wait with one command more."""
        before = [summary(n, minutes=ago) for n, ago in enumerate(minutes, 1)]
        after = [*before, summary(1_000, minutes=more)]
        if too_many(before, "grace"):
            assert too_many(after, "grace")
        within = sum(ago < 60 for ago in minutes)
        assert (too_many(before, "grace") is not None) == (within >= COMMANDS)


class TestAlreadyRunning:
    def test_another_command_at_work(self) -> None:
        """While one command runs, any second one is refused, with a link to the first."""
        other = summary(7, state="working", by="ada")
        with pytest.raises(AlreadyRunning, match="already running") as caught:
            check_alone([other], NOW, key="mine")
        assert caught.value.url == other.url
        assert "12:20 UTC" in caught.value.next_step

    @pytest.mark.parametrize(
        "like",
        [{"state": "done"}, {"state": "answered"}, {"minutes": 30}, {"mine": False}],
    )
    def test_finished_runs_do_not_block(self, like: dict[str, Any]) -> None:
        """Finished runs, runs killed long ago and forged markers do not block."""
        check_alone(several(1, **{"state": "working", **like}), NOW, key="mine")

    def test_an_impossible_time_blocks(self) -> None:
        """A run with an unknown start time counts as running."""
        with pytest.raises(AlreadyRunning):
            check_alone([summary(7, state="working", created_at="soon")], NOW, key="mine")

    def test_the_same_command_is_not_in_its_own_way(self) -> None:
        """A killed run can be re-run at once."""
        check_alone([summary(7, state="working")], NOW, key="issue-comment-7")


def test_a_signature_fits_into_a_marker() -> None:
    """Any login fits into a marker, old ones with two hyphens too."""
    for login in ("ada", "a--b", "evil[bot]", "名前", "", "x" * 100, "\ud800"):
        assert str(Marker("summary", {"by": signature(login)}))
    assert signature(None) == signature("")

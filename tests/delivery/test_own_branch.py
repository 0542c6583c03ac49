"""Which branch is ours, and what a run accepts from its pull request."""

from __future__ import annotations

import dataclasses
from typing import cast

import pytest

from predict_edit.delivery.delivered import OwnBranch
from predict_edit.delivery.pull_request import PULL, find_own_branch, marker_of
from predict_edit.delivery.state import DECLINED, UNCHANGED, answer_of
from predict_edit.domain.errors import BranchTaken
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import BranchPull, BranchState
from predict_edit.support.markers import Marker, find_marker

SECRET = "sk-own-branch-7Qx92Lm"
TIP = "1" * 40
ELSEWHERE = "2" * 40
EDITED, SAME = "YWFhYWFhYWFh", "YmJiYmJiYmJi"
ANSWERS = {EDITED: answer_of("12" * 20), SAME: UNCHANGED}
JOB, OTHER_JOB = "0a1b2c3d", "4e5f6071"
MARKER = marker_of(ANSWERS, (TIP,), "c" * 32, secret=SECRET, job=JOB)
OLD_MARKER = (
    f"<!-- predict-edit:v1 pull state=open tips={TIP} content={'c' * 32} "
    "ledger=YWFhYWFhYWFhEhISEhISEhISYmJiYmJiYmJiAAAAAAAAAAAA "
    "seal=1493bf3be572f044f8bda26f1e18d4ff -->"
)
"""As versions wrote it that kept answers in a format of their own."""


@dataclasses.dataclass(frozen=True)
class Host:
    """The only part of a host that is used: a branch and the pull requests from it."""

    body: str
    tip: str | None = TIP
    state: str = "open"
    mine: bool = True

    async def branch_state(self, name: str) -> BranchState:
        pull = BranchPull(
            number=1,
            state=self.state,
            url="https://x/1",
            body=self.body,
            mine=self.mine,
        )
        return BranchState(tip=self.tip, pulls=(pull,))

    async def found(self, secret: str | None = SECRET, job: str = JOB) -> OwnBranch:
        """What is found there."""
        return await find_own_branch(cast("GitHost", self), "b", secret, job=job)


@pytest.mark.parametrize("body", [MARKER, OLD_MARKER], ids=["new", "old"])
class TestMarkers:
    async def test_everything_is_accepted(self, body: str) -> None:
        """The branch, its pull request, the answers and the commits of the edited files."""
        found = await Host(f"text\n{body}\n").found()

        assert (found.branch, found.tip, found.content) == ("b", TIP, "c" * 32)
        assert (found.answers, found.source) == (ANSWERS, TIP)
        assert found.pull is not None

    async def test_a_seal_holds_where_the_branch_is_gone(self, body: str) -> None:
        """A sealed marker may name a commit that no branch has any more."""
        found = await Host(body, tip=None, state="merged").found()

        assert (found.answers, found.source) == (ANSWERS, TIP)

    async def test_a_seal_that_does_not_fit_is_no_mark(self, body: str) -> None:
        """Of a text that was edited, not even the commits are believed that it calls ours."""
        other = "sk-another-key-9Zw41"
        with pytest.raises(BranchTaken):
            await Host(body).found(other)
        found = await Host(body, tip=None, state="merged").found(other)

        assert (found.answers, found.source) == ({}, "")

    @pytest.mark.parametrize("secret", ["ollama", "sk-no-key-required", None])
    async def test_without_a_seal_only_the_branch_itself_is_trusted(
        self, body: str, secret: str | None
    ) -> None:
        """Nothing is accepted from a commit that anyone could have named."""
        assert (await Host(body).found(secret)).source == TIP
        found = await Host(body, tip=None, state="merged").found(secret)

        assert (found.answers, found.source) == ({SAME: UNCHANGED}, "")

    async def test_another_commit_under_our_seal_is_not_taken(self, body: str) -> None:
        marker = find_marker(body, PULL)
        assert marker is not None
        moved = str(Marker(PULL, {**marker.fields, "tips": ELSEWHERE}))
        found = await Host(moved, tip=None, state="merged").found()

        assert (found.answers, found.source) == ({}, "")
        with pytest.raises(BranchTaken):
            await Host(moved, tip=ELSEWHERE).found()

    async def test_closing_declines_every_edit(self, body: str) -> None:
        """Files that needed no edit stay so."""
        found = await Host(body, tip=None, state="closed").found()

        assert found.answers == {EDITED: DECLINED, SAME: UNCHANGED}

    async def test_another_account_has_no_say(self, body: str) -> None:
        """A look-alike in another person's pull request does not count."""
        found = await Host(body, tip=None, mine=False).found()

        assert (found.answers, found.source, found.pull) == ({}, "", None)


@dataclasses.dataclass(frozen=True)
class Branches:
    """A host with several branches, each with the newest commit and pull requests from it."""

    states: dict[str, BranchState]

    async def branch_state(self, name: str) -> BranchState:
        return self.states.get(name, BranchState(tip=None))


def pull_of(job: str, number: int, *, tip: str = TIP, state: str = "open") -> BranchPull:
    """A pull request that this tool opened for a job."""
    body = marker_of(ANSWERS, (tip,), "c" * 32, secret=SECRET, job=job)
    return BranchPull(number=number, state=state, url="", body=body, mine=True)


class TestJobs:
    """A branch of another job is never touched, and each job finds its own again."""

    @pytest.mark.parametrize(
        ("tip", "state"), [(TIP, "open"), (None, "closed"), (None, "merged"), (ELSEWHERE, "open")]
    )
    async def test_a_name_of_another_job_is_left_to_it(self, tip: str | None, state: str) -> None:
        """Also when its branch is gone, so that this job's own name never changes."""
        theirs = BranchState(tip=tip, pulls=(pull_of(OTHER_JOB, 7, state=state),))
        host = Branches({"b": theirs})
        found = await find_own_branch(cast("GitHost", host), "b", SECRET, job=JOB)

        assert (found.branch, found.tip, found.pull) == (f"b-{JOB}", None, None)
        assert found.answers == {}
        (note,) = found.notes
        assert "another job's, on pull request 7" in note

    async def test_its_own_branch_is_found_again(self) -> None:
        """With its pull request and what is remembered."""
        host = Branches({
            "b": BranchState(tip=TIP, pulls=(pull_of(OTHER_JOB, 7),)),
            f"b-{JOB}": BranchState(tip=ELSEWHERE, pulls=(pull_of(JOB, 8, tip=ELSEWHERE),)),
        })  # fmt: skip
        found = await find_own_branch(cast("GitHost", host), "b", SECRET, job=JOB)

        assert (found.branch, found.tip, found.answers) == (f"b-{JOB}", ELSEWHERE, ANSWERS)
        assert found.pull is not None
        assert found.pull.number == 8

    async def test_commits_of_a_person_on_it_are_left_alone_too(self) -> None:
        """The next number follows the job's own name."""
        host = Branches({
            "b": BranchState(tip=TIP, pulls=(pull_of(OTHER_JOB, 7),)),
            f"b-{JOB}": BranchState(tip=ELSEWHERE, pulls=(pull_of(JOB, 8),)),
        })  # fmt: skip
        found = await find_own_branch(cast("GitHost", host), "b", SECRET, job=JOB)

        assert found.branch == f"b-{JOB}-2"

    async def test_a_marker_without_a_job_is_the_first_ones(self) -> None:
        """As versions wrote it that knew no jobs; its seal still fits."""
        found = await Host(OLD_MARKER, tip=None, state="merged").found(job=OTHER_JOB)

        assert found.answers == ANSWERS

    async def test_the_job_is_under_the_seal(self) -> None:
        """A marker that was moved to another job is not one of ours."""
        moved = MARKER.replace(f"job={JOB}", f"job={OTHER_JOB}")
        assert moved != MARKER
        found = await Host(moved, tip=None, state="merged").found(job=OTHER_JOB)

        assert (found.answers, found.source) == ({}, "")

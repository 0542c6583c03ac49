"""The summary comment's life, on a host that answers from memory."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import cast

import pytest

from predict_edit.delivery import summary_comment
from predict_edit.delivery.summary_comment import SummaryComment
from predict_edit.domain.errors import ForgeForbidden, ForgeUnavailable
from predict_edit.domain.ports import GitHost
from predict_edit.domain.repository import CommandRef, CommandSource, Comment, Reaction
from predict_edit.support.markers import Marker, Seals

ELSEWHERE = Seals("sk-wall-not-known-7Qx9", "octo/game#2")
SEALS = Seals("sk-wall-not-known-7Qx9", "octo/game#1")
COMMAND = CommandRef(source=CommandSource.ISSUE_COMMENT, comment_id=1, author="ada")
FORBIDDEN = ForgeForbidden("GitHub does not let the token comment.", "Add a permission.")


@dataclasses.dataclass
class Wall:
    """The only part of a host that a summary comment uses: comments kept in memory."""

    comments: list[Comment] = dataclasses.field(default_factory=list)
    history: list[str] = dataclasses.field(default_factory=list)
    create_error: Exception | None = None
    edit_error: Exception | None = None
    delay: float = 0.0
    attempts: int = 0

    async def conversation(self, _number: int) -> tuple[tuple[Comment, ...], tuple[()]]:
        return tuple(self.comments), ()

    async def react(self, _command: CommandRef, _reaction: Reaction) -> bool:
        return True

    async def create_comment(self, _number: int, body: str) -> Comment:
        self.attempts += 1
        await asyncio.sleep(self.delay)
        if self.create_error:
            raise self.create_error
        comment = Comment(id=len(self.comments) + 1, body=body, url="https://x/1", mine=True)
        self.comments.append(comment)
        self.history.append(body)
        return comment

    async def edit_comment(self, _comment_id: int, body: str) -> None:
        await asyncio.sleep(self.delay)
        if self.edit_error:
            raise self.edit_error
        self.history.append(body)


@pytest.fixture
def wall() -> Wall:
    """A pull request without comments."""
    return Wall()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_comment, "FIRST_UPDATE", 0.01)


def announcement(wall: Wall, *, silent: bool = False) -> SummaryComment:
    """The comment of the command ``c1``."""
    return SummaryComment(cast("GitHost", wall), 1, COMMAND, "c1", silent=silent, seals=SEALS)


async def test_first_saying_creates_and_later_ones_edit(wall: Wall) -> None:
    """A command has one comment, however often it is written."""
    told = announcement(wall)
    await told.say("a")
    await told.say("b")

    assert len(wall.comments) == 1
    assert wall.history == ["a", "b"]
    assert told.url == "https://x/1"


async def test_earlier_comment_is_found_and_edited(wall: Wall) -> None:
    first = announcement(wall)
    await first.say("text " + first.marker(head="abc", state="working"))
    again = announcement(wall)
    await again.find()
    await again.say("final")

    assert again.earlier is not None
    assert again.earlier.fields["state"] == "working"
    assert len(wall.comments) == 1


@pytest.mark.parametrize(
    ("mine", "body"),
    [
        (False, "<!-- predict-edit:v1 summary command=c1 head=a state=done -->"),  # somebody else's
        (True, "<!-- predict-edit:v1 summary command=c11 head=a state=done -->"),  # another command
        (True, "command=c1 without a marker"),
        # another workflow of our account quotes what somebody wrote
        (True, "<!-- predict-edit:v1 summary command=c1 head=a state=done -->"),
        (True, "<!-- predict-edit:v1 summary command=c1 head=a state=done seal=0000 -->"),
        (True, str(ELSEWHERE.seal(Marker("summary", {"command": "c1", "state": "done"})))),
    ],
)
async def test_foreign_comments_are_left_alone(wall: Wall, mine: bool, body: str) -> None:
    """Only a marked comment of the same account and command is ever edited."""
    wall.comments.append(Comment(id=1, body=body, url="", mine=mine))
    told = announcement(wall)
    await told.find()
    await told.say("new")

    assert len(wall.comments) == 2


async def test_silence(wall: Wall) -> None:
    """A dry run writes nothing."""
    told = announcement(wall, silent=True)
    async with told.keeping_up(lambda: "working"):
        pass
    await told.say("final")

    assert wall.history == []


async def test_progress_is_said_when_it_changed(wall: Wall) -> None:
    """Updates follow the work without repeating themselves."""
    state = ["0 of 2"]
    told = announcement(wall)
    async with told.keeping_up(lambda: state[0]):
        await asyncio.sleep(0.05)
        state[0] = "1 of 2"
        await asyncio.sleep(0.2)
    await told.say("done")

    assert wall.history == ["0 of 2", "1 of 2", "done"]


async def test_without_news_nothing_is_written(wall: Wall) -> None:
    """Without news, no request is made."""
    async with announcement(wall).keeping_up(lambda: None):
        await asyncio.sleep(0.05)

    assert wall.history == []


async def test_comment_that_was_written_after_all_is_found(wall: Wall) -> None:
    """After an unclear answer, the comment is looked for; a second one is not written."""
    told = announcement(wall)
    text = "text " + told.marker(head="abc", state="working")
    wall.comments.append(Comment(id=7, body=text, url="https://x/7", mine=True))
    wall.create_error = ForgeUnavailable("GitHub answered 502.", "Try again.")
    await told.say(text)

    assert (told.url, wall.history) == ("https://x/7", [])


async def test_comment_that_was_not_written_is_tried_once_more(wall: Wall) -> None:
    """If the comment is missing, it is written once more, and then given up."""
    wall.create_error = ForgeUnavailable("GitHub answered 502.", "Try again.")

    with pytest.raises(ForgeUnavailable):
        await announcement(wall).say("text")

    assert wall.attempts == 2


async def test_final_text_is_never_overtaken(wall: Wall) -> None:
    """A slow first write is awaited, so that it cannot replace the final text."""
    wall.delay = 0.2
    told = announcement(wall)
    async with told.keeping_up(lambda: "working"):
        pass
    await told.say("done")

    assert wall.history == ["working", "done"]
    assert len(wall.comments) == 1


async def test_refusal_ends_the_work(wall: Wall) -> None:
    """A missing permission is reported at once, before more model calls are paid for."""
    wall.create_error = FORBIDDEN
    reached: list[str] = []

    async def work() -> None:
        told = announcement(wall)
        await told.react(Reaction.TAKEN)
        async with told.keeping_up(lambda: "working"):
            reached.append("the start")
            await asyncio.sleep(5)
            reached.append("the end")

    with pytest.raises(ForgeForbidden):
        await work()

    assert reached == ["the start"]
    await asyncio.sleep(0)  # the cancellation is used up: nothing lingers in this task


async def test_without_a_reaction_a_refusal_comes_before_the_work(wall: Wall) -> None:
    """A token that was not allowed to react may not comment either, as far as is known."""
    wall.create_error = FORBIDDEN
    with pytest.raises(ForgeForbidden):
        async with announcement(wall).keeping_up(lambda: "working"):
            pytest.fail("the work began")


async def test_late_refusal_is_raised_too(wall: Wall) -> None:
    """A refusal after the work is raised as well."""
    wall.delay, wall.create_error = 0.05, FORBIDDEN

    async def work() -> None:
        told = announcement(wall)
        await told.react(Reaction.TAKEN)
        async with told.keeping_up(lambda: "working"):
            pass

    with pytest.raises(ForgeForbidden):
        await work()


async def test_progress_that_cannot_be_shown_is_not_a_failure(wall: Wall) -> None:
    """A hiccup between the first and the final text costs nothing."""
    wall.edit_error = ForgeUnavailable("GitHub answered 502.", "Try again.")
    state = ["0"]
    async with announcement(wall).keeping_up(lambda: state[0]):
        await asyncio.sleep(0.03)
        state[0] = "1"
        await asyncio.sleep(0.1)

    assert wall.history == ["0"]


async def test_cancellation_from_outside_stays_one(wall: Wall) -> None:
    """A cancelled job stays cancelled, and is not reported as a refusal."""
    entered = asyncio.Event()

    async def work() -> None:
        told = announcement(wall)
        await told.react(Reaction.TAKEN)
        async with told.keeping_up(lambda: "working"):
            entered.set()
            await asyncio.sleep(5)

    task = asyncio.create_task(work())
    await entered.wait()
    await asyncio.sleep(0.02)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

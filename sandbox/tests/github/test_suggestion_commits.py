"""Committing suggestions as the web site does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit_sandbox.github import Refusal, suggestion_commits
from predict_edit_sandbox.github.nouns import ReviewComment
from predict_edit_sandbox.github.suggestion_blocks import replace_lines, suggestion_blocks

from .conftest import CHANGED, NUMBERED, Build, World, suggestion

SIMPLE = "```suggestion\nx\n```"


def posted(world: World) -> list[ReviewComment]:
    """The comments on the diff."""
    return world.pull.review_comments


def text(world: World, path: str = "a.txt") -> str:
    """A file at the head, read over HTTP."""
    raw = {"Accept": "application/vnd.github.raw+json"}
    response = world.get(f"/contents/{path}?ref={world.pull.head_sha}", headers=raw)
    return response.content.decode()


def test_commit_suggestion(world: World) -> None:
    """One suggestion is committed: the file changes, the head moves, the thread is resolved."""
    assert world.review(suggestion(21, "one", "two", start=20)).ok
    before = world.pull.head_sha
    sha = world.sandbox.apply_suggestion(posted(world)[0], login="ada")
    assert world.pull.head_sha == sha != before
    assert text(world) == CHANGED.replace("line twenty\nline 21\n", "one\ntwo\n")
    message = world.get(f"/commits/{sha}").json()["commit"]["message"]
    assert message.startswith("Update a.txt\n\nCo-authored-by: github-actions[bot]")
    with pytest.raises(Refusal, match="applied or marked resolved"):
        world.sandbox.apply_suggestion(posted(world)[0])


def test_batch(world: World) -> None:
    """A batch over two files becomes one commit, whatever the order of its parts."""
    comments = [suggestion(18), suggestion(20, "a", "b"), suggestion(2, "p", path="new.py")]
    assert world.review(*comments).ok
    old = world.pull.head_sha
    sha = world.sandbox.apply_suggestions(posted(world))
    assert world.pull.repository.store.commit(sha).parents == (old,)
    assert text(world) == CHANGED.replace("line 18\n", "").replace("line twenty\n", "a\nb\n")
    assert text(world, "new.py") == "print(1)\np\n"


def refusal(world: World, *, login: str = "ada") -> str:
    """Why the batch of all comments is refused; nothing may have changed."""
    head = world.pull.head_sha
    with pytest.raises(Refusal) as caught:
        world.sandbox.apply_suggestions(posted(world), login=login)
    assert world.pull.head_sha == head
    return caught.value.sentence


def test_no_change(world: World) -> None:
    """A suggestion that says what is there already is invalid."""
    assert world.review(suggestion(20, "line twenty")).ok
    assert refusal(world) == suggestion_commits.NO_CHANGE


def test_same_line_twice(world: World) -> None:
    """Two suggestions over one line cannot be in one batch."""
    assert world.review(suggestion(21, "x", start=20), suggestion(21, "y")).ok
    assert refusal(world) == suggestion_commits.SAME_LINE


def test_deleted_lines_inside(world: World) -> None:
    """A range over a removed line is accepted as a comment and cannot be committed."""
    assert world.review(suggestion(30, "x", start=29)).ok
    assert refusal(world) == suggestion_commits.DELETED_LINES


def test_deleted_line(world: World) -> None:
    """A suggestion on a removed line cannot be committed."""
    assert world.review({"path": "a.txt", "line": 30, "side": "LEFT", "body": SIMPLE}).ok
    assert refusal(world) == suggestion_commits.DELETED_LINES


def test_closed(world: World) -> None:
    """Nothing is committed to a closed pull request."""
    assert world.review(suggestion(20, "x")).ok
    world.sandbox.close_pull_request("octo/demo", 1)
    assert refusal(world) == suggestion_commits.CLOSED


def test_pending(world: World) -> None:
    """Nothing is committed from a review that was not submitted."""
    assert world.review(suggestion(20, "x"), event=None).ok
    (comment,) = world.pull.reviews[0].comments
    with pytest.raises(Refusal, match="pending reviews"):
        world.sandbox.apply_suggestion(comment)


def test_outdated(world: World) -> None:
    """Once its line changed, a suggestion is outdated."""
    assert world.review(suggestion(20, "x")).ok
    world.sandbox.push("octo/demo", "feature", {"a.txt": CHANGED.replace("twenty", "20!")})
    assert refusal(world) == suggestion_commits.OUTDATED


def test_moved_lines_are_followed(world: World) -> None:
    """Lines that only moved are replaced where they stand now."""
    assert world.review(suggestion(20, "x")).ok
    world.sandbox.push("octo/demo", "feature", {"a.txt": "zero\n" + CHANGED})
    world.sandbox.apply_suggestions(posted(world))
    assert text(world) == "zero\n" + CHANGED.replace("line twenty\n", "x\n")


@pytest.mark.parametrize("body", ["no block", "~~~suggestion\nx\n~~~", SIMPLE + "\n" + SIMPLE])
def test_not_one_block(world: World, body: str) -> None:
    """A comment without exactly one suggestion block has nothing to commit."""
    assert world.review({**suggestion(20), "body": body}).ok
    assert refusal(world) == suggestion_commits.NO_BLOCK


def test_whole_file(world: World) -> None:
    """A block in a comment on the whole file is not a suggestion."""
    asked = {"path": "a.txt", "commit_id": world.pull.head_sha, "subject_type": "file"}
    assert world.post("/pulls/1/comments", {**asked, "body": SIMPLE}).ok
    assert refusal(world) == suggestion_commits.NO_BLOCK


def test_fork_takes_the_commit(world: World) -> None:
    """On a pull request from a fork the commit goes to the fork's branch."""
    world.sandbox.add_repository(
        "ann/demo", world.pull.repository.store.git_dir, fork_of="octo/demo"
    )
    world.pull.head_repository = world.sandbox.repository("ann/demo")
    assert world.review(suggestion(20, "x")).ok
    assert world.sandbox.apply_suggestions(posted(world)) == world.pull.head_sha
    world.pull.head_repository = None
    assert world.review(suggestion(21, "x")).ok
    with pytest.raises(Refusal, match="fork"):
        world.sandbox.apply_suggestion(posted(world)[-1])


@pytest.mark.parametrize(
    ("old", "new", "line", "lines"),
    [
        ("a\nb\n", "a\n", 2, []),
        ("a\nb", "a\nb\n", 2, ["b", ""]),
        ("a\nb", "a\n", 2, [""]),
        ("a\nb", "a\nb\nc", 2, ["b", "c"]),
        ("a\nb\n", "a\nb\nc\n", 2, ["b", "c"]),
        ("a\n", "\na\n", 1, ["", "a"]),
        ("a\nb\n", "a\n\n", 2, [""]),
        ("a\u2028b\x0cc\r\n\x85\n", "x\n\x85\n", 1, ["x"]),
    ],
)
def test_ends_of_files(build: Build, old: str, new: str, line: int, lines: list[str]) -> None:
    """Deletion, blank line and final newline come out as the working model says."""
    world = build({"other": "o\n"}, {"a.txt": old})
    assert world.review(suggestion(line, *lines)).ok
    world.sandbox.apply_suggestions(posted(world))
    assert text(world) == new


def test_line_ends_by_switch(build: Build) -> None:
    """New lines get bare line feeds, or by a switch the file's own line ends."""
    world = build({"other": "o\n"}, {"a.txt": "a\r\nb\r\n"})
    assert world.review(suggestion(1, "x"), suggestion(2, "y")).ok
    first, second = posted(world)
    world.sandbox.apply_suggestion(first)
    assert text(world) == "x\nb\r\n"
    world.sandbox.switches.applied_line_ends = "as-file"
    world.sandbox.apply_suggestion(second)
    assert text(world) == "x\ny\r\n"


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("```suggestion\n```", [()]),
        ("```suggestion\n\n```", [("",)]),
        ("Text\n````suggestion\n```\ncode\n```\n````\nmore", [("```", "code", "```")]),
        ("```suggestion:-0+0\nx\n```", []),
        ("``` suggestion extra words\nx\n```", [("x",)]),
        ("```\n```suggestion\nx\n```", []),
        ("<!-- marker -->\n```suggestion\nx\n```", [("x",)]),
        ("<!-- open\n```suggestion\nx\n```\n-->", []),
        ("<details>\n```suggestion\nx\n```\n</details>", []),
        ("<details>\n\n```suggestion\nx\n```\n\n</details>", [("x",)]),
        ("    ```suggestion\n    x\n    ```", []),
        ("  ```suggestion\n  x\n    y\n  ```", [("x", "  y")]),
        ("```suggestion\r\nx\r\n```", [("x",)]),
        ("```suggestion\nx", [("x",)]),
        ("```suggestion\nx\n``` not the end\n```", [("x", "``` not the end")]),
    ],
)
def test_blocks(body: str, blocks: list[tuple[str, ...]]) -> None:
    """Suggestion blocks are found where GitHub's Markdown would render one."""
    assert suggestion_blocks(body) == tuple(blocks)


@given(
    st.lists(st.text(alphabet="ab\r\x0c\u2028`é ", max_size=4), min_size=1, max_size=8),
    st.lists(st.text(alphabet="xy` \t", max_size=4), max_size=3),
    st.data(),
)
def test_replacing_is_splicing(old: list[str], new: list[str], data: st.DataObject) -> None:
    """Replacing a range equals splicing the list of lines between line feeds."""
    start = data.draw(st.integers(1, len(old)))
    end = data.draw(st.integers(start, len(old)))
    changed = replace_lines("\n".join(old).encode(), [(start, end, tuple(new))], as_file=False)
    assert changed.decode().split("\n") == (old[: start - 1] + new + old[end:] or [""])


def test_numbered_text_is_what_the_tests_think() -> None:
    """The usual world's file has its changes where the tests expect them."""
    assert NUMBERED.split("\n")[19] == "line 20"
    assert CHANGED.split("\n")[29] == "line 31"

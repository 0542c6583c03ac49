"""The judge of suggestions distinguishes right, wrong, dead, refused and silent ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from benchmarks.suggest_scenes import Edit, EditedFile, Scene, Verdict, judge, made_by, scenes

from predict_edit_sandbox.github import DEFAULT_TOKEN
from predict_edit_sandbox.github.reviews import create_review
from predict_edit_sandbox.stage import Stage, set_stage

pytestmark = pytest.mark.source

HEAD = "".join(f"line {number}\n" for number in range(1, 13))
CHANGED = Edit(start=6, end=6, new=("line six",))
ADDED = Edit(start=8, end=7, new=("between",))
FILE = EditedFile(
    path="words.txt", base=HEAD.replace("line 7", "seven"), head=HEAD, edits=(CHANGED, ADDED)
)
SCENE = Scene(title="two edits", files=(FILE,))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A pull request that changes line 7, so that lines 4 to 10 are in its diff."""
    async with set_stage(tmp_path, files=[FILE.world_file]) as made:
        yield made


def post(stage: Stage, *suggestions: tuple[int, int, Sequence[str]]) -> None:
    """Put suggestions for ranges of lines on the pull request."""
    token = stage.github.tokens[DEFAULT_TOKEN]
    comments = [
        {
            "path": FILE.path,
            "body": "\n".join(["```suggestion", *lines, "```"]),
            "line": end,
            "side": "RIGHT",
            **({"start_line": start, "start_side": "RIGHT"} if start != end else {}),
        }
        for start, end, lines in suggestions
    ]
    create_review(stage.github, stage.pull, token, comments=comments, event="COMMENT")


async def test_exact_edits_differ_from_other_changes(stage: Stage) -> None:
    """One suggestion makes its edit exactly, the other puts a line in the wrong place."""
    post(stage, (6, 6, ["line six"]), (7, 7, ["between", "line 7"]))
    verdict = judge(stage.github, SCENE, stage.suggestions)
    assert verdict == Verdict(posted=2, made=1, wrong=1)


async def test_what_the_patch_holds_is_not_lost(stage: Stage) -> None:
    """An edit without a suggestion counts as patched if the patch makes it."""
    post(stage, (8, 8, ["between", "line 8"]))
    verdict = judge(stage.github, SCENE, stage.suggestions, patched={FILE.path: FILE.edited})
    assert verdict == Verdict(posted=1, made=1, patched=1, batch=True)


async def test_a_range_over_a_removed_line_is_dead(stage: Stage) -> None:
    """GitHub accepts the comment and commits nothing, so the edits in it are not made."""
    post(stage, (6, 7, ["line six", "line 7", "between"]))
    verdict = judge(stage.github, SCENE, stage.suggestions)
    assert verdict == Verdict(posted=1, dead=2)


async def test_an_edit_that_nothing_mentions_is_silent(stage: Stage) -> None:
    """An edit near a logged place is logged, the other one is lost without a word."""
    logged = [(FILE.path, 3, 3)]
    assert judge(stage.github, SCENE, [], logged=logged) == Verdict(posted=0, silent=2)
    logged = [(FILE.path, 9, 10)]
    assert judge(stage.github, SCENE, [], logged=logged) == Verdict(posted=0, logged=1, silent=1)
    assert judge(stage.github, SCENE, [], refused=True) == Verdict(posted=0, refused=2)


@pytest.mark.parametrize("scene", list(scenes()), ids=lambda scene: scene.title)
def test_every_edit_of_a_scene_changes_the_file(scene: Scene) -> None:
    """No edit is empty or undoes another, and the pull request changes every file."""
    for file in scene.files:
        assert file.base != file.head
        assert made_by(file, file.head) is None
        assert made_by(file, file.edited) == frozenset(range(len(file.edits)))

"""The repositories that the sandbox builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from predict_edit_sandbox.model.example import CODE
from predict_edit_sandbox.world import BASE_REF, HEAD_REF, build_world, git
from predict_edit_sandbox.world_files import STANDARD, numbered


def test_same_commits_every_time(tmp_path: Path) -> None:
    """Two worlds have the same commits, whenever and wherever they are built."""
    one, two = build_world(tmp_path / "one"), build_world(tmp_path / "two")

    assert (one.base_sha, one.head_sha) == (two.base_sha, two.head_sha)


def test_files_are_byte_exact(tmp_path: Path) -> None:
    """Both branches hold exactly the files described, with every byte."""
    world = build_world(tmp_path)

    attributes = {".gitattributes": b"package-lock.json linguist-generated\n"}
    assert world.files_at(world.head_sha) == attributes | {
        f.path: f.head for f in STANDARD if f.head is not None
    }
    assert world.files_at(world.base_sha) == attributes | {
        f.previous_path or f.path: f.base for f in STANDARD if f.base is not None
    }


def test_seed_file(tmp_path: Path) -> None:
    """The published code is in the pull request as it was published."""
    world = build_world(tmp_path)

    assert world.files_at(world.head_sha)["fizzbuzz.py"] == CODE.encode()


def test_git_sees_the_same_changes(tmp_path: Path) -> None:
    """What git says the pull request changes is what the world says it does."""
    world = build_world(tmp_path)

    listed = git(world.repository, "diff", "--name-status", "-M", BASE_REF, HEAD_REF).decode()

    states = {line.split("\t")[-1]: line[0] for line in listed.splitlines()}
    assert set(states) == {f.path for f in world.changed}
    assert {path for path, state in states.items() if state != "M"} == {
        "src/added.py",
        "src/removed.py",
        "src/renamed.py",
    }
    assert (states["src/renamed.py"], states["src/added.py"]) == ("R", "A")


def test_hard_files_are_there(tmp_path: Path) -> None:
    """The world has what makes edits hard: many scripts, carriage returns, no final newline."""
    world = build_world(tmp_path)
    files = world.files_at(world.head_sha)

    mixed = files["data/mixed.txt"].decode()
    assert mixed.count("\n") == 400
    signs = ("汉", "\N{ADULT}\N{ZERO WIDTH JOINER}\N{ROCKET}", "\t\n", "   \n", "café")
    assert all(sign in mixed for sign in signs)
    assert files["windows/Program.cs"].count(b"\r\n") == files["windows/Program.cs"].count(b"\n")
    assert not files["notes/end.txt"].endswith(b"\n")
    assert b"````markdown\n```text" in files["docs/playing.md"]


def test_words_inside_and_outside_of_hunks(tmp_path: Path) -> None:
    """The word is in lines of the diff, and in lines outside it."""
    world = build_world(tmp_path)

    diff = git(world.repository, "diff", BASE_REF, HEAD_REF, "--", "web/game.ts").decode()

    everywhere = world.files_at(world.head_sha)["web/game.ts"].count(b"FizzBuzz")
    assert 0 < diff.count("FizzBuzz") < everywhere


def test_expectation(tmp_path: Path) -> None:
    """Expected are new words in what the pull request changes, and nothing else anywhere."""
    world = build_world(tmp_path)

    expected = world.expected()

    files = world.files_at(world.head_sha)
    assert set(expected) == set(files)
    assert {path for path in files if expected[path] == files[path]} == {
        ".gitattributes",
        "far/away.py",
        "logo.png",
        "package-lock.json",
        "src/clean.py",
    }
    assert b"FizzBuzz" not in expected["fizzbuzz.py"]


def test_fork(tmp_path: Path) -> None:
    """In a forked world the base repository does not know the head."""
    world = build_world(tmp_path, files=numbered(2), fork=True)

    assert world.forked
    with pytest.raises(RuntimeError, match="git cat-file"):
        git(world.repository, "cat-file", "-e", world.head_sha)
    git(world.head_repository, "merge-base", "--is-ancestor", world.base_sha, world.head_sha)


@pytest.mark.parametrize("count", [0, 1, 120])
def test_any_number_of_files(tmp_path: Path, count: int) -> None:
    """A test can ask for as many changed files as it needs."""
    world = build_world(tmp_path, files=numbered(count))

    assert len(world.changed) == count


def test_check_out(tmp_path: Path) -> None:
    """A commit can be written to a folder."""
    world = build_world(tmp_path / "world", files=numbered(1), attributes="")

    world.check_out(world.head_sha, tmp_path / "out")

    written = (tmp_path / "out" / "package" / "module_0001.py").read_bytes()
    assert written == world.files[0].head

"""``predict-edit edit``: files and pipes, distinguished by the exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from predict_edit_sandbox.model import ModelSandbox

    from .conftest import Command

REPLACE = "Replace string `FizzBuzz` with `MSFTBuzz`."
CHANGED, FAILED, WRONG, UNCHANGED = 0, 1, 2, 3


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A plain file outside of any repository."""
    path = tmp_path / "notes.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\nFizzBuzz\r\nthree")
    return path


def test_the_difference_is_printed(model: ModelSandbox, command: Command, file: Path) -> None:
    """By default, standard output has a patch and nothing else, and the file is unchanged."""
    before = file.read_bytes()
    ran = command("edit", "notes.txt", "-m", REPLACE)

    assert ran.status == CHANGED
    assert ran.out.startswith("diff --git a/notes.txt b/notes.txt\n")
    assert "-FizzBuzz\r\n+MSFTBuzz\r\n" in ran.out
    assert file.read_bytes() == before


def test_writing_keeps_every_other_byte(model: ModelSandbox, command: Command, file: Path) -> None:
    """--write changes the file; a second run finds nothing to change and says so."""
    before = file.read_bytes()
    ran = command("edit", "notes.txt", "-m", REPLACE, "--write")
    assert (ran.status, ran.out) == (CHANGED, "")
    assert "notes.txt: changed" in ran.err
    assert file.read_bytes() == before.replace(b"FizzBuzz", b"MSFTBuzz")

    ran = command("edit", "notes.txt", "-m", REPLACE, "--write")
    assert ran.status == UNCHANGED
    assert "notes.txt: unchanged" in ran.err
    assert command("edit", "notes.txt", "-m", REPLACE, "--exit-zero").status == CHANGED


def test_a_pipe_gets_the_result_alone(model: ModelSandbox, command: Command) -> None:
    """With a dash, standard output has the edited text, byte for byte, and nothing else."""
    ran = command("edit", "-", "-m", REPLACE, given=b"a\tFizzBuzz\nb  \n")
    assert (ran.status, ran.out, ran.err) == (CHANGED, "a\tMSFTBuzz\nb  \n", "")

    ran = command("edit", "-", "-m", REPLACE, "--name", "x.py", given=b"nothing = 1\n")
    assert (ran.status, ran.out) == (UNCHANGED, "nothing = 1\n")


def test_a_failed_pipe_prints_nothing(
    model: ModelSandbox, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the model fails, no half result replaces the piped input."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    ran = command("edit", "-", "-m", REPLACE, given=b"FizzBuzz\n")

    assert (ran.status, ran.out) == (FAILED, "")
    assert "rejected the credential" in ran.err
    assert "Check the key (`OPENAI_API_KEY`)" in ran.err


@pytest.mark.parametrize("data", [b"\0\1", b"\xff\xfe", b""])
def test_a_file_that_is_not_text_fails(model: ModelSandbox, command: Command, data: bytes) -> None:
    """Bytes that are not text are refused before the model is asked."""
    ran = command("edit", "-", "-m", REPLACE, given=data)

    assert (ran.status, ran.out) == (FAILED, "")
    assert "skipped" in ran.err
    assert not model.exchanges


def test_one_bad_file_does_not_hold_up_the_others(
    model: ModelSandbox, command: Command, file: Path, tmp_path: Path
) -> None:
    """The good file is written, the bad one is named, and the status says that one failed."""
    (tmp_path / "binary").write_bytes(b"\0")
    ran = command("edit", "notes.txt", "binary", "-m", REPLACE, "--write")

    assert ran.status == FAILED
    assert b"MSFTBuzz" in file.read_bytes()
    assert "binary: skipped: binary" in ran.err


def test_a_rejected_change_is_reported(model: ModelSandbox, command: Command, file: Path) -> None:
    """An edit that would add a vendor's token is not written, if nobody typed the token."""
    file.write_text("one\nAKIA-Q3EGRIKLT5XN7UVW\n")
    before = file.read_bytes()
    ran = command("edit", "notes.txt", "-m", "Replace string `AKIA-` with `AKIA`.", "--write")

    assert ran.status == FAILED
    assert "notes.txt:2: rejected:" in ran.err
    assert file.read_bytes() == before


def test_json(model: ModelSandbox, command: Command, file: Path) -> None:
    """--json prints the same result.json as the action leaves behind."""
    result = json.loads(command("edit", "notes.txt", "-m", REPLACE, "--json").out)

    assert [(f["path"], f["status"]) for f in result["files"]] == [("notes.txt", "edited")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-", "notes.txt", "-m", REPLACE), "Standard input cannot be combined"),
        (("-", "-m", REPLACE, "--write"), "Standard input cannot be combined"),
        (("notes.txt", "-m", " "), "The instruction is empty"),
        (("notes.txt", "-m", REPLACE, "--timeout", "soon"), "`timeout`"),
        (("notes.txt", "-m", REPLACE, "--name", "a.py"), "--name goes with standard input only"),
    ],
)
def test_wrong_use(
    model: ModelSandbox, command: Command, file: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Contradicting options are refused before anything is asked."""
    ran = command("edit", *arguments)

    assert (ran.status, ran.out) == (WRONG, "")
    assert said in ran.err
    assert not model.exchanges


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.txt", "none.txt does not exist"),
        (".", ". is a folder"),
        ("/dev/null", "/dev/null is a pipe or a device, not a file"),
        ("", "The name of a file is empty"),
    ],
)
def test_paths_that_are_not_files(
    model: ModelSandbox, command: Command, name: str, said: str
) -> None:
    """A missing file, a folder and a device are named."""
    ran = command("edit", name, "-m", REPLACE)

    assert ran.status == FAILED
    assert said in ran.err


def test_a_file_with_many_names_is_edited_once(
    model: ModelSandbox, command: Command, file: Path, tmp_path: Path
) -> None:
    """Two diffs of one file could not be applied; git refuses paths such as ``./a`` and ``/a``."""
    (tmp_path / "link").symlink_to(file)
    ran = command("edit", f"./{file.name}", str(file), "link", "-m", REPLACE)

    assert ran.status == CHANGED
    assert ran.out.count("diff --git") == 1
    assert ran.out.startswith("diff --git a/notes.txt b/notes.txt\n")
    assert len(model.exchanges) == 1


def test_a_limit_is_named_as_an_option(model: ModelSandbox, command: Command, file: Path) -> None:
    ran = command("edit", file.name, "-m", REPLACE, "--max-tokens", "10")

    assert ran.status == FAILED
    assert "of the 10 that `--max-tokens` allows" in ran.err
    assert not model.exchanges


def test_a_link_is_written_through(
    model: ModelSandbox, command: Command, file: Path, tmp_path: Path
) -> None:
    """A named link stays a link; the file behind it is changed."""
    (tmp_path / "link").symlink_to(file)
    assert command("edit", "link", "-m", REPLACE, "--write").status == CHANGED

    assert (tmp_path / "link").is_symlink()
    assert b"MSFTBuzz" in file.read_bytes()


def test_without_git_no_model_is_paid(
    model: ModelSandbox, command: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edits are compared with git, so its absence is noticed first."""
    monkeypatch.setenv("PATH", str(file.parent))
    ran = command("edit", file.name, "-m", REPLACE)

    assert (ran.status, ran.out) == (FAILED, "")
    assert "git was not found" in ran.err
    assert model.exchanges == []

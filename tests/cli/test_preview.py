"""``predict-edit preview`` from the instruction to files and pages, with an offline model."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from predict_edit.cli import local_run
from predict_edit_sandbox.model import ModelConfig
from predict_edit_sandbox.model.threaded import serve_model

if TYPE_CHECKING:
    from predict_edit_sandbox.model import ModelSandbox

    from .conftest import Command, Repository

REPLACE = "Replace string `FizzBuzz` with `MSFTBuzz`."


def test_it_shows_what_would_be_posted(
    changed: Repository, model: ModelSandbox, command: Command
) -> None:
    """Suggestions, the patch's part and the tokens are shown; no file is changed."""
    before = (changed.root / "a.py").read_bytes()
    ran = command("preview", REPLACE, folder=changed.root)

    assert ran.status == 0
    assert "  line 6  suggestion\n    -line_5 = 'FizzBuzz'\n    +line_5 = 'MSFTBuzz'\n" in ran.out
    assert "  line 61  in the patch: outside the lines" in ran.out
    assert "2 suggestions in 1 file; 1 change in the patch, 0 rejected." in ran.out
    assert "a.py" in ran.out.partition("tokens")[2]
    assert "[1/1] a.py" in ran.err
    assert (changed.root / "a.py").read_bytes() == before
    assert len(model.exchanges) == 1
    assert model.exchanges[0].body["prediction"]["content"] == before.decode()


def test_a_file_without_content_is_not_left_out_silently(
    changed: Repository, model: ModelSandbox, command: Command
) -> None:
    """A submodule that moved is among the skipped files."""
    entry = f"160000,{'1' * 40},vendored"
    changed.git("update-index", "--add", "--cacheinfo", entry)
    (changed.root / "vendored").mkdir()
    ran = command("preview", REPLACE, folder=changed.root)

    assert ran.status == 0
    assert "vendored" in ran.out
    assert "a submodule" in ran.out


def test_applying_afterwards_asks_nothing_again(
    changed: Repository, model: ModelSandbox, command: Command
) -> None:
    """The answers of a preview are kept, so that --write writes them without a call."""
    path = changed.root / "a.py"
    path.chmod(0o755)
    before = path.read_bytes()
    command("preview", REPLACE, folder=changed.root)
    path.chmod(0o755)
    ran = command("preview", REPLACE, "--write", folder=changed.root)

    assert ran.status == 0
    assert len(model.exchanges) == 1
    assert path.read_bytes() == before.replace(b"FizzBuzz", b"MSFTBuzz")
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert "taken from an earlier run" in ran.out
    assert "Wrote 1 file." in ran.err
    kept = list((changed.root.parent / "cache/predict-edit").iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in kept] == [0o600]


def test_a_file_that_changed_meanwhile_is_not_written(
    changed: Repository, model: ModelSandbox, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--write writes nothing at all if one file has changed since it was read."""
    changed.write("b.py", "b = 'FizzBuzz'\n")
    real = local_run.open_chat_editor

    def change_then_open(*given: object) -> object:
        changed.write("b.py", "changed = 'FizzBuzz'\n")
        return real(*given)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(local_run, "open_chat_editor", change_then_open)
    ran = command("preview", REPLACE, "--write", folder=changed.root)

    assert ran.status == 1
    assert "b.py changed while the model worked" in ran.err
    assert b"FizzBuzz" in (changed.root / "a.py").read_bytes()
    assert b"MSFTBuzz" not in (changed.root / "a.py").read_bytes()


def test_files_are_not_written_through_links(
    repository: Repository, model: ModelSandbox, command: Command, tmp_path: Path
) -> None:
    """A folder that became a link after reading leads nowhere: git calls its files removed."""
    repository.commit(a_py="a\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "c.py").write_text("FizzBuzz\n")
    (repository.root / "linked").symlink_to(outside)
    ran = command("preview", REPLACE, "--untracked", "--write", folder=repository.root)

    assert "a symbolic link" in ran.out
    assert (outside / "c.py").read_text() == "FizzBuzz\n"


def test_windows_line_ends_survive_applying(
    changed: Repository, model: ModelSandbox, command: Command
) -> None:
    """If git converts line ends, the file on disk keeps its own."""
    changed.write(".gitattributes", "*.py text\n")
    path = changed.root / "a.py"
    text = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(text)
    command("preview", REPLACE, "--write", folder=changed.root)

    assert path.read_bytes() == text.replace(b"FizzBuzz", b"MSFTBuzz")


def test_patch_page_and_json(
    changed: Repository, model: ModelSandbox, command: Command, tmp_path: Path
) -> None:
    """The patch applies with git, the page is whole, and JSON is all that is printed."""
    patch, page = tmp_path / "x.patch", tmp_path / "new/x.html"
    ran = command(
        "preview", REPLACE, "--json", "--patch", str(patch), "--html", str(page),
        folder=changed.root,
    )  # fmt: skip
    result = json.loads(ran.out)

    assert result["files"][0]["hunks"] == {"inline": 2, "patch": 1, "rejected": 0}
    assert result["head"] == changed.git("rev-parse", "HEAD").strip()
    assert page.read_text().startswith("<!doctype html>")
    changed.git("apply", str(patch))
    assert "FizzBuzz" not in (changed.root / "a.py").read_text()


def test_the_config_of_the_base_counts(
    changed: Repository, model: ModelSandbox, command: Command
) -> None:
    """The repository's own rules apply as on a pull request, and options narrow them."""
    changed.write("b.py", "b = 'FizzBuzz'\n")
    ran = command("preview", REPLACE, "--files", "b.py", folder=changed.root)
    assert "not matched by `files` (`b.py`)" in ran.out
    changed.git("stash", "--quiet")
    changed.git("checkout", "--quiet", "main")
    changed.write(".github/predict-edit.yml", "exclude: b.py\nmax-suggestions: 1\n")
    changed.git("add", "--all")
    changed.git("commit", "--quiet", "-m", "config")
    changed.git("checkout", "--quiet", "feature")
    changed.git("rebase", "--quiet", "main")
    changed.git("stash", "pop", "--quiet")
    ran = command("preview", REPLACE, folder=changed.root)

    assert "excluded by `b.py`" in ran.out
    assert "1 suggestion in 1 file; 2 changes in the patch" in ran.out


def test_no_changes_say_what_to_do(repository: Repository, command: Command) -> None:
    """Without changes, nothing is asked, no key is needed, and the next step is shown."""
    repository.commit(a_py="a\n")
    ran = command("preview", REPLACE, folder=repository.root)
    assert (ran.status, ran.out) == (0, "")
    assert "--base HEAD~1" in ran.err

    repository.write("new.py", "n\n")
    ran = command("preview", REPLACE, folder=repository.root)
    assert "add --untracked" in ran.err


def test_a_wrong_value_names_its_option(
    model: ModelSandbox, changed: Repository, command: Command
) -> None:
    ran = command("preview", REPLACE, "--max-files", "0", folder=changed.root)

    assert ran.status == 2
    assert "(`max-files` is from --max-files)" in ran.err
    assert not model.exchanges


def test_no_model_is_wrong_use(changed: Repository, command: Command) -> None:
    """The error says how to set what is missing."""
    ran = command("preview", REPLACE, folder=changed.root)

    assert ran.status == 2
    assert "OPENAI_MODEL" in ran.err
    assert "Traceback" not in ran.err


def test_a_wrong_key_is_a_failure(
    changed: Repository, model: ModelSandbox, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no file could be edited, the reason is shown and the status is 1."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    ran = command("preview", REPLACE, "--prediction", "off", folder=changed.root)

    assert ran.status == 1
    assert "rejected the credential (401)" in ran.out
    assert "1 file failed." in ran.out


def test_the_instruction_can_come_from_standard_input(
    changed: Repository, model: ModelSandbox, command: Command
) -> None:
    """A dash reads it, and an empty one is refused."""
    ran = command("preview", "-", "--json", folder=changed.root, given=REPLACE.encode())
    assert json.loads(ran.out)["instruction"] == REPLACE

    ran = command("preview", " ", folder=changed.root)
    assert (ran.status, "instruction is empty" in ran.err) == (2, True)


def test_hostile_names_and_texts_cannot_steer_a_terminal(
    repository: Repository, model: ModelSandbox, command: Command
) -> None:
    """Escape sequences in files are shown, not sent."""
    repository.commit(a_py="a\n")
    repository.write("\x1b[31mred\x1b[0m.py", "x\x1b]0;owned\x07 = 'FizzBuzz'\n")
    ran = command("preview", REPLACE, "--untracked", folder=repository.root)

    assert "MSFTBuzz" in ran.out
    assert "\x1b" not in ran.out + ran.err
    assert "\x07" not in ran.out + ran.err


def test_a_failed_cache_is_not_a_failure(
    changed: Repository, model: ModelSandbox, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the answers cannot be kept, the preview is still shown."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(changed.write("../file", "no folder\n")))
    ran = command("preview", REPLACE, folder=changed.root)

    assert ran.status == 0
    assert "2 suggestions in 1 file" in ran.out


def test_a_plan_is_told_alike_before_and_after(
    repository: Repository, command: Command, model: ModelSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run takes plan and answers from the first, and counts the same files."""
    del model
    paths = [f"f{number}.py" for number in range(5)]
    for head in ("a = 1\n", "a = 'FizzBuzz'\n"):
        for path in paths:
            repository.write(path, head)
        repository.commit()
        if head == "a = 1\n":
            repository.git("checkout", "--quiet", "-b", "feature")
    left = [{"path": path, "edit": False} for path in paths[1:]]
    with serve_model(ModelConfig(plan=json.dumps({"files": left}))) as planner:
        monkeypatch.setenv("OPENAI_BASE_URL", planner.base_url)
        for more in ((), ("--write",)):
            ran = command("preview", REPLACE, "--plan", "on", *more, folder=repository.root)
            assert "According to the plan, 4 of 5 files need no change." in ran.out
            assert "Plan: " in ran.out
    assert [exchange.plans for exchange in planner.exchanges] == [True, False]

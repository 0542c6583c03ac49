"""What a checkout changes, read without running anything of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from predict_edit.cli.checkout import read_checkout
from predict_edit.domain.errors import CheckoutError
from predict_edit.select.content import MAX_BYTES

if TYPE_CHECKING:
    from .conftest import Repository


def statuses(repository: Repository, **more: object) -> dict[str, str]:
    """Path to status of every changed file."""
    checkout = read_checkout(repository.root, **more)  # type: ignore[arg-type]  # as each test says
    return {file.path: file.status for file in checkout.changed}


def test_committed_staged_and_unstaged_changes_count_as_one(changed: Repository) -> None:
    """A file's patch has both its committed and its uncommitted changes."""
    changed.write("b.py", "b = 2\n")
    changed.git("add", "b.py")
    checkout = read_checkout(changed.root)

    assert {file.path: file.status for file in checkout.changed} == {
        "a.py": "modified",
        "b.py": "modified",
    }
    a = checkout.changed[0]
    assert a.patch is not None
    assert (a.additions, a.deletions, a.patch.count("@@ -")) == (2, 2, 2)
    assert checkout.base == changed.git("rev-parse", "main").strip()
    assert checkout.head == changed.git("rev-parse", "feature").strip()


def test_changes_of_the_base_since_then_do_not_count(changed: Repository) -> None:
    """Changes count from the merge base, as on a pull request."""
    changed.git("stash", "--quiet")
    changed.git("checkout", "--quiet", "main")
    changed.commit(c_py="c = 1\n")
    changed.git("checkout", "--quiet", "feature")

    assert statuses(changed, base="main") == {"a.py": "modified"}


def test_added_removed_renamed_and_untracked(repository: Repository) -> None:
    """Statuses are GitHub's; untracked files come only on request."""
    repository.commit(old_txt="x\n" * 30, gone_txt="1\n")
    repository.git("mv", "old.txt", "new.txt")
    repository.write("gone.txt", "").unlink()
    repository.write("added.txt", "a\n")
    repository.git("add", "added.txt")
    repository.write("unknown.txt", "u\n")
    repository.write(".gitignore", "ignored.txt\n")
    repository.write("ignored.txt", "i\n")

    expected = {"added.txt": "added", "gone.txt": "removed", "new.txt": "renamed"}
    assert statuses(repository) == expected
    assert statuses(repository, untracked=True) == {
        **expected, "unknown.txt": "added", ".gitignore": "added",
    }  # fmt: skip
    assert read_checkout(repository.root).untracked == 2


def test_files_that_git_is_to_add_and_submodules(changed: Repository) -> None:
    """An added path counts with its content; a submodule is listed without any."""
    changed.write("new.py", "n = 1\n")
    changed.git("add", "--intent-to-add", "new.py")
    sha = changed.git("rev-parse", "main").strip()
    changed.git("update-index", "--add", "--cacheinfo", f"160000,{sha},sub")
    (changed.root / "sub").mkdir()
    checkout = read_checkout(changed.root)

    assert checkout.contents["new.py"].data == b"n = 1\n"
    assert (checkout.contents["sub"].data, checkout.contents["sub"].mode) == (None, 0o160000)
    assert {f.path: f.status for f in checkout.changed}["sub"] == "added"


def test_the_patch_is_git_s_own(changed: Repository) -> None:
    """The hunks are those that git prints for the same change, without its file header."""
    patch = read_checkout(changed.root).changed[0].patch
    printed = changed.git("diff", "main", "--", "a.py")

    assert printed.endswith(f"\n{patch}\n")


def test_nothing_of_the_repository_is_run(changed: Repository, tmp_path: Path) -> None:
    """Hooks, monitors, filters, text conversions and external diffs stay silent."""
    trap = changed.write("../trap", f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    changed.write(".gitattributes", "*.py filter=trap diff=trap\n")
    for key in (
        "core.fsmonitor", "diff.external", "core.pager", "filter.trap.clean",
        "filter.trap.process", "diff.trap.textconv", "diff.trap.command",
    ):  # fmt: skip
        changed.git("config", key, str(trap))
    hook = changed.write(".git/hooks/post-index-change", trap.read_bytes())
    hook.chmod(0o755)
    os.utime(changed.root / "b.py", (1, 1))
    before = (changed.root / ".git/index").read_bytes()
    read_checkout(changed.root, untracked=True)

    assert not (tmp_path / "sprung").exists()
    assert (changed.root / ".git/index").read_bytes() == before


def test_the_repository_is_only_read(changed: Repository) -> None:
    """No object, reference or index entry is written."""

    def everything() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in (changed.root / ".git").rglob("*")
            if path.is_file()
        }

    before = everything()
    read_checkout(changed.root, untracked=True)
    assert everything() == before


def test_filtered_files_are_left_alone(changed: Repository) -> None:
    """What git would encrypt or store elsewhere is not sent to a model."""
    changed.write(".gitattributes", "a.py filter=crypt\n")
    checkout = read_checkout(changed.root)

    assert [file.path for file in checkout.changed] == []
    assert [(f.path, f.reason) for f in checkout.skipped] == [
        ("a.py", "git converts it with the filter crypt")
    ]


def test_line_ends_are_those_of_the_commit(changed: Repository) -> None:
    """If git converts line ends, the file is read as it would be committed, and back."""
    changed.write(".gitattributes", "*.py text\n")
    text = (changed.root / "a.py").read_bytes()
    changed.write("a.py", text.replace(b"\n", b"\r\n"))
    checkout = read_checkout(changed.root)
    content = checkout.contents["a.py"]

    assert content.data == text
    assert checkout.changed[0].additions == 2
    assert checkout.as_on_disk("a.py", text.decode()) == text.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("attributes", "data"),
    [
        pytest.param("*.py text\n", b"b = 2\r\nc = 3\n", id="mixed-line-ends"),
        pytest.param(
            "b.py working-tree-encoding=UTF-16LE\n", "b = 2\n".encode("utf-16-le"), id="encoding"
        ),
    ],
)
def test_other_conversions_are_not_followed(
    changed: Repository, attributes: str, data: bytes
) -> None:
    """What an edit could not be written back to exactly is left out, with the reason."""
    changed.write(".gitattributes", attributes)
    changed.write("b.py", data)

    assert [(f.path, f.reason) for f in read_checkout(changed.root).skipped] == [
        ("b.py", "git converts it as it is committed")
    ]


def test_line_ends_stay_where_git_converts_nothing(changed: Repository) -> None:
    """Without a rule to convert, carriage returns belong to the file."""
    changed.write("b.py", b"b = 1\r\nc = 2\r\n")

    assert read_checkout(changed.root).contents["b.py"].data == b"b = 1\r\nc = 2\r\n"


def test_odd_files_do_no_harm(repository: Repository) -> None:
    """Links, large files, binaries and odd names are listed, whether or not they can be edited."""
    repository.commit(a_py="a\n")
    repository.write("large.txt", "x" * (MAX_BYTES + 1))
    repository.write("binary.dat", b"\0\1\2")
    repository.write('a name\nwith "odd" é.py', "x\n")
    (repository.root / "link").symlink_to("/etc/passwd")
    checkout = read_checkout(repository.root, untracked=True)
    contents = checkout.contents

    assert contents["large.txt"].data is None
    assert contents["link"].data == b"/etc/passwd"
    assert contents["link"].mode == 0o120000
    assert contents['a name\nwith "odd" é.py'].data == b"x\n"
    assert {f.path: f.patch for f in checkout.changed}["binary.dat"] is None


def test_files_at_the_base(changed: Repository) -> None:
    """Files are read from the merge base, and missing ones are left out."""
    assert read_checkout(changed.root).at_base(["b.py", "none"]) == {"b.py": b"b = 1\n"}


@pytest.mark.parametrize("remote", ["origin/main", "origin/trunk"])
def test_the_base_is_found(changed: Repository, remote: str) -> None:
    """Without a name, the remote's main branch is the base; a plain name finds the remote's."""
    main = changed.git("rev-parse", "main").strip()
    changed.git("update-ref", f"refs/remotes/{remote}", main)
    changed.git("symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/{remote}")
    changed.git("branch", "--quiet", "-D", "main")

    assert read_checkout(changed.root).base_name == "origin/HEAD"
    assert read_checkout(changed.root, base=remote.partition("/")[2]).base_name == remote


def test_a_folder_below_is_as_good(changed: Repository) -> None:
    """The whole checkout counts, from any of its folders."""
    changed.write("deep/er/c.py", "c\n")
    assert read_checkout(changed.root / "deep/er").root == changed.root.resolve()


def test_what_cannot_be_read_says_so(repository: Repository, tmp_path: Path) -> None:
    """Each fault of a checkout has its own message."""
    with pytest.raises(CheckoutError, match="not a git repository"):
        read_checkout(tmp_path)
    with pytest.raises(CheckoutError, match="is not a folder"):
        read_checkout(tmp_path / "none")
    with pytest.raises(CheckoutError, match="must be run in a work tree") as inside:
        read_checkout(repository.root / ".git")
    assert inside.value.next_step.startswith("Go into a git checkout")
    with pytest.raises(CheckoutError, match="no commit yet"):
        read_checkout(repository.root)
    repository.commit(a_py="1\n")
    with pytest.raises(CheckoutError, match="no commit or branch 'x'"):
        read_checkout(repository.root, base="x")
    with pytest.raises(CheckoutError, match="no commit or branch '--all'"):
        read_checkout(repository.root, base="--all")
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit(b_py="2\n")
    with pytest.raises(CheckoutError, match="no commit in common"):
        read_checkout(repository.root)
    repository.git("branch", "--quiet", "-D", "main")
    with pytest.raises(CheckoutError, match="which branch this one started from"):
        read_checkout(repository.root)


def test_conflicts_are_reported(changed: Repository) -> None:
    """In the middle of a merge, nothing is read."""
    changed.git("stash", "--quiet")
    changed.git("checkout", "--quiet", "main")
    text = (changed.root / "a.py").read_text()
    changed.commit(a_py=text.replace("line_5 = 5\n", "line_5 = 55\n"))
    with pytest.raises(Exception, match="non-zero"):
        changed.git("merge", "--quiet", "feature")

    with pytest.raises(CheckoutError, match="conflicts"):
        read_checkout(changed.root)

"""Choosing among all files of a repository."""

from __future__ import annotations

import time

from predict_edit.domain import TreeFile
from predict_edit.select import GitAttributes
from predict_edit.select.tree import choose_from_tree


def file(path: str, *, mode: int = 0o100644, size: int = 10) -> TreeFile:
    """A file of a tree."""
    return TreeFile(path=path, blob_sha="1" * 40, mode=mode, size=size)


def test_only_what_is_meant_is_told_of() -> None:
    """Files outside the globs, or without findings, are in neither list."""
    files = [file("a.py"), file("b.py"), file("c.md"), file("docs/d.py")]
    chosen = choose_from_tree(
        files, include=[["*.py"]], exclude=[["docs/**"]], only={"a.py", "docs/d.py", "c.md"}
    )

    assert [kept.path for kept in chosen.kept] == ["a.py"]
    assert [(s.path, s.reason) for s in chosen.skipped] == [("docs/d.py", "excluded by `docs/**`")]


def test_what_cannot_be_edited() -> None:
    """Links, submodules, large files, workflows and generated files are skipped with reasons."""
    files = [
        file("link", mode=0o120000),
        file("module", mode=0o160000),
        file("big.py", size=2 * 1024 * 1024),
        file(".github/workflows/ci.yml"),
        file("made.py"),
        file("run.sh", mode=0o100755),
    ]
    attributes = GitAttributes.parse({".gitattributes": "made.py linguist-generated\n"})
    chosen = choose_from_tree(files, attributes=attributes)

    assert [kept.path for kept in chosen.kept] == ["run.sh"]
    assert {skipped.path: skipped.reason for skipped in chosen.skipped} == {
        "link": "a symbolic link or a submodule",
        "module": "a symbolic link or a submodule",
        "big.py": "too large (2,097,152 bytes; the limit is 1,048,576)",
        ".github/workflows/ci.yml": "protected: in .github",
        "made.py": "generated, as .gitattributes says (linguist-generated)",
    }


def test_twenty_thousand_files() -> None:
    """A large repository is chosen from in a moment."""
    files = [file(f"pkg{n % 200}/d{n % 7}/f{n}.py") for n in range(20_000)]
    started = time.monotonic()
    chosen = choose_from_tree(files, include=[["*.py", "!pkg3/**"]], exclude=[["tests/**"]])

    assert len(chosen.kept) == 19_900
    assert time.monotonic() - started < 10

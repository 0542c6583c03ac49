from __future__ import annotations

import cProfile

from predict_edit.domain.repository import TreeFile
from predict_edit.select.choose import choose_from_tree
from predict_edit.select.gitattributes import GitAttributes


def file(path: str, *, mode: int = 0o100644, size: int = 10) -> TreeFile:
    """A file of a tree."""
    return TreeFile(path=path, blob_sha="1" * 40, mode=mode, size=size)


def test_only_chosen_files_are_listed() -> None:
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
        "link": "a symbolic link",
        "module": "a submodule",
        "big.py": "too large (2,097,152 bytes; the limit is 1,048,576)",
        ".github/workflows/ci.yml": "protected: in .github",
        "made.py": "generated, as .gitattributes says (linguist-generated)",
    }


def test_the_work_grows_with_the_number_of_files() -> None:
    """Four times the files take at most about four times the calls."""

    def calls(number: int) -> int:
        files = [file(f"pkg{n % 200}/d{n % 7}/f{n}.py") for n in range(number)]
        profile = cProfile.Profile()
        chosen = profile.runcall(
            choose_from_tree, files, include=[["*.py", "!pkg3/**"]], exclude=[["tests/**"]]
        )
        assert len(chosen.kept) == number * 199 // 200
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(20_000) < 5 * calls(5_000)

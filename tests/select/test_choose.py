"""Which changed files are worth reading."""

from __future__ import annotations

import cProfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import ChangedFile, SkippedFile
from predict_edit.select.choose import Selection, choose
from predict_edit.select.gitattributes import GitAttributes
from predict_edit.settings.value_types import split_globs


def file(path: str, status: str = "modified") -> ChangedFile:
    """A changed file of which only path and status count."""
    return ChangedFile(
        path=path, status=status, blob_sha="0" * 40, additions=1, deletions=0, patch=None
    )


def reason(path: str, status: str = "modified", **options: Any) -> str | None:
    """Why a file is skipped; ``None`` where it is kept."""
    selection = choose([file(path, status)], **{"max_files": 50, **options})
    assert len(selection.kept) + len(selection.skipped) == 1
    return selection.skipped[0].reason if selection.skipped else None


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("added", None),
        ("modified", None),
        ("renamed", None),
        ("copied", None),
        ("changed", None),
        ("removed", "removed"),
        ("unchanged", "not changed"),
        ("teleported", "`teleported`"),  # whatever GitHub may add
    ],
)
def test_statuses(status: str, says: str | None) -> None:
    found = reason("a.py", status)
    assert found is None if says is None else says in str(found)


PROTECTED = [
    (".github/workflows/ci.yml", "in .github"),
    (".github/CODEOWNERS", "in .github"),
    (".github/predict-edit.yml", "in .github"),
    (".GitHub/workflows/ci.yml", "in .github"),  # a file system may not tell the case
    ("packages/a/.github/workflows/ci.yml", "in .github"),
    ("action.yml", "metadata of an action"),
    ("deep/down/action.yaml", "metadata of an action"),
    ("CODEOWNERS", "owns the code"),
    ("docs/CODEOWNERS", "owns the code"),
    (".gitattributes", "configuration of git"),
    ("src/.gitignore", "configuration of git"),
    (".gitmodules", "configuration of git"),
    (".gitlab-ci.yml", "configuration of git"),
    (".gitea/workflows/x.yml", "configuration of git"),
    ("package-lock.json", "a lock file"),
    ("web/yarn.lock", "a lock file"),
    ("pnpm-lock.yaml", "a lock file"),
    ("npm-shrinkwrap.json", "a lock file"),
    ("bun.lockb", "a lock file"),
    ("Cargo.lock", "a lock file"),
    ("Gemfile.lock", "a lock file"),
    ("poetry.lock", "a lock file"),
    ("uv.lock", "a lock file"),
    ("pylock.toml", "a lock file"),
    ("pylock.dev.toml", "a lock file"),
    ("conda-lock.yml", "a lock file"),
    ("go.sum", "a lock file"),
    ("Package.resolved", "a lock file"),
    ("gradle.lockfile", "a lock file"),
    (".terraform.lock.hcl", "a lock file"),
    ("flake.lock", "a lock file"),
]

ORDINARY = [
    "github/x.py",
    "src/git.py",
    "src/digit.py",
    "my-action.yml",
    "actions.yml",
    "docs/codeowners.md",
    "lock.py",
    "src/.lock",
    "package.json",
    "Cargo.toml",
    "go.mod",
    "src/block.ts",
    "Dockerfile",
    "map.ts",
    "site.map",
    "admin.js",
    "min.js",
    "a b/ü.py",
    "..a/b..c",
    "a\\b",
]


@pytest.mark.parametrize(("path", "what"), PROTECTED)
def test_protected_files(path: str, what: str) -> None:
    """Files that steer rights, runs and installations are left alone, unless unlocked."""
    found = reason(path)
    assert found is not None
    assert found.startswith("protected: ")
    assert what in found
    assert reason(path, unlocked=["/" + path]) is None
    assert reason(path, unlocked=["other"]) == found


@pytest.mark.parametrize("path", ORDINARY)
def test_ordinary_files(path: str) -> None:
    """Names that only resemble protected or derived ones are ordinary."""
    assert reason(path) is None


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("dist/app.js.map", "a source map"),
        ("a.css.map", "a source map"),
        ("lib/jquery.min.js", "minified"),
        ("lib/jquery-min.js", "minified"),
        ("a.MIN.css", "minified"),
    ],
)
def test_derived_files(path: str, what: str) -> None:
    """Files that were made from others are left alone, unless the base says they were not."""
    assert reason(path) == what
    attributes = GitAttributes.parse({".gitattributes": "* -linguist-generated"})
    assert reason(path, attributes=attributes) is None


@pytest.mark.parametrize(
    ("line", "path", "says"),
    [
        ("*.pb.go linguist-generated", "a.pb.go", "generated"),
        ("third/** linguist-vendored", "third/a.py", "vendored"),
        ("*.pb.go -linguist-generated", "a.pb.go", None),
        # being written by hand makes a lock file no less of one
        ("* -linguist-generated", "yarn.lock", "lock file"),
    ],
)
def test_attributes(line: str, path: str, says: str | None) -> None:
    """The base's attributes mark generated and vendored files."""
    found = reason(path, attributes=GitAttributes.parse({".gitattributes": line}))
    assert found is None if says is None else says in str(found)


@pytest.mark.parametrize(
    ("include", "exclude", "path", "says"),
    [
        ([], [], "a.py", None),
        (["*.py"], [], "a.py", None),
        (["*.py"], [], "a.js", "not matched by `files` (`*.py`)"),
        ([], ["docs"], "docs/a.md", "excluded by `docs`"),
        (["*.md"], ["a, docs/**"], "docs/a.md", "excluded by `docs/**`"),  # says which
        # lists of several people: all have to match, any may exclude
        (["src", "*.py"], [], "src/a.py", None),
        (["src", "*.py"], [], "src/a.js", "(`*.py`)"),
        (["src", "*.py"], [], "a.py", "(`src`)"),
        ([], ["a", "b"], "b", "excluded by `b`"),
        ([], ["a", "!a, c"], "a", "excluded by `a`"),  # nobody takes back another's exclusion
        (["src, !src/gen"], [], "src/gen/a", "not matched"),
        ([], ["src, !src/keep"], "src/keep", None),
        # what people have set comes first
        (["*.py"], [], "yarn.lock", "not matched"),
        ([], ["*.lock"], "yarn.lock", "excluded"),
        (["*.lock"], [], "yarn.lock", "protected"),
    ],
)
def test_globs(include: list[str], exclude: list[str], path: str, says: str | None) -> None:
    """A file has to match every list of ``files`` and none of ``exclude``."""
    found = reason(
        path,
        include=[split_globs(globs) for globs in include],
        exclude=[split_globs(globs) for globs in exclude],
    )
    assert found is None if says is None else says in str(found)


def test_the_file_of_a_thread() -> None:
    selection = choose([file("app/[id].ts"), file("app/i.ts")], max_files=50, only={"app/[id].ts"})
    assert [found.path for found in selection.kept] == ["app/[id].ts"]
    assert selection.skipped == (
        SkippedFile(path="app/i.ts", reason="the command is about `app/[id].ts` only"),
    )


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../a", "a/../b", "a//b", "a/.", ".git/config"]
)
def test_paths_that_climb(path: str) -> None:
    assert reason(path) is not None


def test_too_many_files() -> None:
    """Files beyond the limit are skipped, and only kept ones count."""
    files = [file("a"), file("x.lock"), file("b"), file("c"), file("d", "removed")]
    selection = choose(files, max_files=2)
    assert [found.path for found in selection.kept] == ["a", "b"]
    assert {found.path: found.reason for found in selection.skipped} == {
        "x.lock": "protected: a lock file",
        "c": "over `max-files` (2)",
        "d": "removed by the pull request",
    }


def test_the_work_grows_with_the_number_of_files() -> None:
    """As many files as GitHub lists take about as many calls per file as a few do."""
    lines = "\n".join(f"*.gen{number} linguist-generated" for number in range(30))
    attributes = GitAttributes.parse({".gitattributes": lines})

    def calls(count: int) -> int:
        files = [file(f"src/package{n % 50}/deep/module{n}.py") for n in range(count)]
        profile = cProfile.Profile()
        selection = profile.runcall(
            choose,
            files,
            include=[["src/**"], ["*.py"]],
            exclude=[["*.md"]],
            attributes=attributes,
            max_files=50,
        )
        assert len(selection.kept) == 50
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(3_000) < 5 * calls(750)


names = st.sampled_from(["a.py", "b.js", "yarn.lock", ".github/x.yml", "a/../b", "x.min.js", ""])
statuses = st.sampled_from(["added", "modified", "removed", "renamed", "other"])


@given(
    st.lists(st.builds(file, names | st.text(max_size=8), statuses), max_size=12),
    st.integers(0, 5),
    st.lists(st.lists(st.sampled_from(["*.py", "a", "**", "!b.js"]), max_size=2), max_size=2),
)
def test_every_file_is_on_one_side(
    files: list[ChangedFile], max_files: int, globs: list[list[str]]
) -> None:
    """No file is lost or doubled, order is kept, every skip has a reason, and twice is once."""
    options: dict[str, Any] = {"max_files": max_files, "include": globs, "exclude": globs[:1]}
    selection: Selection = choose(files, **options)
    both = [found.path for found in selection.kept] + [found.path for found in selection.skipped]
    assert sorted(both) == sorted(found.path for found in files)
    order = [id(found) for found in files]
    places = [order.index(id(found)) for found in selection.kept]
    assert places == sorted(places)
    assert all(found.reason for found in selection.skipped)
    again = choose(selection.kept, **options)
    assert again.kept == selection.kept
    assert again.skipped == ()

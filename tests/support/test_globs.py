"""Globs as people write them."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.settings.value_types import split_globs
from predict_edit.support.globs import Globs

if TYPE_CHECKING:
    from tests.conftest import CountCalls


@pytest.mark.parametrize(
    ("text", "globs"),
    [
        ("", ()),
        ("a,b", ("a", "b")),
        ("a\r\nb\n", ("a", "b")),  # one a line
        (" a b , c ", ("a b", "c")),  # blanks inside belong to it
        ("a,a,b", ("a", "b")),  # once is enough
        ("*.{ts,tsx}", ("*.ts", "*.tsx")),
        ("{a,b}/{c,d},e", ("a/c", "a/d", "b/c", "b/d", "e")),
        ("{a,{b,c}}", ("a", "b", "c")),  # braces inside braces
        ("{a}", ("{a}",)),  # nothing to choose from
        (r"\{a\,b\}", (r"\{a\,b\}",)),  # escaped ones stand for themselves
        ("# comment\na # b", ("a # b",)),
        ("./src/a", ("/src/a",)),  # from the root
        (".", ("**",)),
        ("a,!a/b", ("a", "!a/b")),
        # as people type and paste paths
        (r"src\app\*.py", ("src/app/*.py",)),
        (
            "`a b.py`, \u201cb.py\u201d, 'c.py', \u00abd\u00bb",
            ("a b.py", "b.py", "c.py", "d"),
        ),
        (r"\#a, a\[b\]", (r"\#a", r"a\[b\]")),  # what git's backslash is for
    ],
)
def test_split(text: str, globs: tuple[str, ...]) -> None:
    """One per line or separated by commas, with braces expanded."""
    assert split_globs(text) == globs


@pytest.mark.parametrize(
    ("globs", "path", "decided_by"),
    [
        ("*.py", "a/b/c.py", "*.py"),  # at any depth
        ("/*.py", "c.py", "/*.py"),
        ("/*.py", "a/c.py", None),  # at the root alone
        ("src", "src/a/b.py", "src"),  # a folder means all in it
        ("src", "a/src/b.py", "src"),
        ("src/", "src", None),  # a folder, not a file
        ("src/*", "src/a.py", "src/*"),
        ("src/*", "src/a/b.py", None),  # a star stops at a slash
        ("src/**", "src/a/b.py", "src/**"),
        ("**/test/**", "a/test/b/c", "**/test/**"),
        ("a/**/b", "a/b", "a/**/b"),
        ("**", "a/b", "**"),
        ("a?c", "abc", "a?c"),
        ("[ab].c", "b.c", "[ab].c"),
        ("[[]x", "[x", "[[]x"),  # a bracket in brackets
        ("A.py", "a.py", None),  # case matters
        # a path that was copied, not meant as a glob
        ("app/[id]/page.tsx", "app/[id]/page.tsx", "app/[id]/page.tsx"),
        ("app/[id]/page.tsx", "app/i/page.tsx", "app/[id]/page.tsx"),
        ("/app/[...all]", "app/[...all]/a.ts", "/app/[...all]"),
        ("**,!app/[id]/page.tsx", "app/[id]/page.tsx", None),
        ("a*b?.py", "a*b?.py", "a*b?.py"),
        ("caf\u00e9.py", "cafe\u0301.py", "caf\u00e9.py"),  # composed and not
        ("cafe\u0301/*", "caf\u00e9/a", "cafe\u0301/*"),
        ("[z-a]", "[z-a]", "[z-a]"),  # not a range: the file of that name
        ("a/[z", "a/[z", "a/[z"),
        ("src/**,!src/gen/**", "src/gen/a", None),  # taken back
        ("src/**,!src/gen/**", "src/a", "src/**"),
        ("src/**,!src/gen/**,src/gen/keep", "src/gen/keep", "src/gen/keep"),  # the last decides
        ("!a,b", "b", "b"),
        ("", "a", None),
    ],
)
def test_match(globs: str, path: str, decided_by: str | None) -> None:
    """The last pattern that matches a path decides."""
    assert Globs.of(split_globs(globs)).match(path) == decided_by


glob_pieces = st.sampled_from(["a", "b", "/", "*", "**", "?", "!", "[", "]", "{", "}", ",", "\\"])


@given(st.lists(glob_pieces | st.text(max_size=2), max_size=12).map("".join))
def test_what_was_checked_can_be_used(text: str) -> None:
    """A list is rejected with a reason, or can be compiled and matched."""
    try:
        globs = split_globs(text)
    except ValueError as error:
        reason = str(error)
    else:
        assert Globs.of(globs).match("a/b") in {None, *globs}
        return
    assert reason


@pytest.mark.parametrize("text", ["#notes.md", ",", " ", " , ,\n\n", "# a\n# b", "\t"])
def test_a_list_that_comes_out_empty_is_refused(text: str) -> None:
    """A filter that was asked for never means that there is none."""
    with pytest.raises(ValueError, match="no glob is left"):
        split_globs(text)


@pytest.mark.parametrize(
    "text",
    ["{" + "," * 60_000, "{" * 60_000, "{a," * 20_000, "{" + "," * 60_000 + "}", "a" * 70_000,
     "," * 60_000 + "a", "{a,b}" * 12_000, "\\" * 60_000],
)  # fmt: skip
def test_a_hostile_list_takes_few_steps(text: str, count_calls: CountCalls) -> None:
    """Whatever the list, it takes steps in proportion to its length."""

    def split() -> None:
        with contextlib.suppress(ValueError):
            split_globs(text)

    assert count_calls(split) < 20 * len(text)


def test_a_hostile_name_takes_no_time() -> None:
    """The worst allowed pattern matches a long name at once."""
    globs = Globs.of(split_globs("*a*a*ab"))
    assert globs.match("a" * 255) is None


NAMES = ["a", "b", "a.py", "ab", "d"]
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
patterns = st.lists(
    st.sampled_from(["a", "b", "/", "*", "**/", "?", "*.py", "d", "/**"]), min_size=1, max_size=4
).map("".join)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository to ask git in."""
    where = tmp_path_factory.mktemp("globs")
    subprocess.run(["git", "init", "-q", str(where)], check=True)
    return where


def odd(pattern: str) -> bool:
    """Whether no one writes it: stars inside a name, slashes side by side, folders of any name."""
    parts = pattern.split("/")
    strange = "//" in pattern or "**/**" in pattern or pattern.endswith("**/")
    return strange or any("**" in part and part != "**" for part in parts)


@given(st.lists(st.tuples(patterns, paths), min_size=1, max_size=5))
def test_single_patterns_are_git_s(repository: Path, cases: list[tuple[str, str]]) -> None:
    """A pattern that ends in a name or ``**`` matches as in git's own ``.gitignore``."""
    for pattern, path in cases:
        # A trailing star means less here: `src/*` are the files of src, not its folders'.
        if odd(pattern) or pattern.strip("/*") == "":
            continue
        if pattern.rpartition("/")[2].count("*") or pattern.rpartition("/")[2].count("?"):
            continue
        (repository / ".gitignore").write_text(pattern + "\n")
        done = subprocess.run(
            ["git", "-C", str(repository), "check-ignore", "-q", "--no-index", path], check=False
        )
        ours = Globs.of((pattern,)).match(path) is not None
        assert ours == (done.returncode == 0), (pattern, path)

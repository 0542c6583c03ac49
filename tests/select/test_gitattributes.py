from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.select.gitattributes import MAX_RULES, GitAttributes, attribute_files

GEN = "linguist-generated"


@pytest.mark.parametrize(
    ("text", "path", "flag"),
    [
        ("", "a", None),
        ("*.pb.go linguist-generated", "x/a.pb.go", True),
        ("*.pb.go linguist-generated=true", "a.pb.go", True),
        ("*.pb.go linguist-generated=false", "a.pb.go", False),
        ("*.pb.go -linguist-generated", "a.pb.go", False),
        ("* linguist-generated\n*.go -linguist-generated", "a.go", False),  # the last line wins
        ("* linguist-generated\n*.go !linguist-generated", "a.go", None),  # as if never said
        ("*.go linguist-vendored", "a.go", None),  # another attribute
        ("gen linguist-generated", "gen/a.go", None),  # a folder does not mean what is in it
        ("gen/ linguist-generated", "gen/a.go", None),
        ("gen/** linguist-generated", "gen/x/a.go", True),
        ("gen/* linguist-generated", "gen/a.go", True),
        ("gen/* linguist-generated", "gen/x/a.go", None),
        ("/a.go linguist-generated", "x/a.go", None),
        ("!a.go linguist-generated", "b.go", None),  # git forbids negative patterns here
        ("# a.go linguist-generated", "a.go", None),
        ('"a b.go" linguist-generated', "a b.go", True),
        (r'"a\tb\303" linguist-generated', "a\tbÃ", True),
        ("a.go text linguist-generated eol=lf\r", "a.go", True),
        ("[attr]gen linguist-generated -diff\n*.go gen", "a.go", True),  # a macro
        ("*.go gen", "a.go", None),  # an attribute nobody defined
        ("a.go linguist-generated" + " x" * 2000, "a.go", None),  # a line git ignores
        ("\ufeff*.go linguist-generated", "a.go", True),
        ("a[ linguist-generated", "a[", None),  # no pattern
        ("\\ linguist-generated", "a", None),
        ("[[]x linguist-generated", "[x", True),  # a bracket in brackets
        ("a.go", "a.go", None),
    ],
)
def test_one_file(text: str, path: str, flag: bool | None) -> None:
    """A flag is set, unset or unspecified, as in git."""
    assert GitAttributes.parse({".gitattributes": text}).flag(path, GEN) is flag


def test_deeper_files_win() -> None:
    """A file in a deeper folder applies to that folder only, and wins over those above."""
    attributes = GitAttributes.parse(
        {
            "a/b/.gitattributes": "/x.go -linguist-generated",
            ".gitattributes": "*.go linguist-generated",
            "a/.gitattributes": "y.go !linguist-generated\n[attr]m linguist-generated\nz m",
        }
    )
    assert attributes.flag("x.go", GEN) is True
    assert attributes.flag("a/b/x.go", GEN) is False
    assert attributes.flag("a/b/c/x.go", GEN) is True
    assert attributes.flag("a/b/y.go", GEN) is None
    assert attributes.flag("ab/y.go", GEN) is True
    assert attributes.flag("a/z", GEN) is None  # macros are the root's alone
    assert attributes.of("a/b/x.go") == {GEN: False}


def test_where_attributes_may_stand() -> None:
    """Every folder above a changed file may have attributes; the top one comes first."""
    assert attribute_files(["a/b/c.py", "a/d.py", "e.py"]) == (
        ".gitattributes",
        "a/.gitattributes",
        "a/b/.gitattributes",
    )
    assert attribute_files([]) == (".gitattributes",)
    many = [f"{number}/a/b" for number in range(1000)]
    assert len(attribute_files(many, limit=30)) == 30
    assert attribute_files(many, limit=1) == (".gitattributes",)


NAMES = ["a", "b", "a.go", "gen", "x.b"]
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
patterns = st.lists(
    st.sampled_from(["a", "b", "/", "*", "**/", "?", "*.go", "gen", "/**", ".", "[ab]"]),
    min_size=1,
    max_size=4,
).map("".join)
words = st.sampled_from(["t", "-t", "!t", "t=1", "t=false", "m", "binary", "u"])
lines = st.tuples(patterns, st.lists(words, min_size=1, max_size=3)).map(
    lambda line: " ".join([line[0], *line[1]])
)
files = st.dictionaries(
    st.sampled_from([".gitattributes", "a/.gitattributes", "gen/.gitattributes"]),
    st.lists(lines, max_size=4).map("\n".join),
    max_size=3,
)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository to ask git in."""
    where = tmp_path_factory.mktemp("attributes")
    subprocess.run(["git", "init", "-q", str(where)], check=True)
    (where / "a").mkdir()
    (where / "gen").mkdir()
    return where


def odd(pattern: str) -> bool:
    """Whether git versions disagree: two stars inside a name, or slashes side by side."""
    parts = pattern.split("/")
    return "//" in pattern or "**/**" in pattern or any("**" in p and p != "**" for p in parts)


def ask_git(repository: Path, found: dict[str, str], asked: list[str]) -> dict[str, str]:
    """Ask git for the attribute ``t`` of each path."""
    for name in (".gitattributes", "a/.gitattributes", "gen/.gitattributes"):
        (repository / name).write_text(found.get(name, ""))
    done = subprocess.run(
        ["git", "-C", str(repository), "check-attr", "-z", "--stdin", "t"],
        input="\0".join(asked).encode(),
        capture_output=True,
        check=True,
    )
    cells = done.stdout.decode().split("\0")
    return dict(zip(cells[0::3], cells[2::3], strict=False))


@given(files, st.lists(paths, min_size=1, max_size=8, unique=True))
def test_it_is_what_git_says(repository: Path, found: dict[str, str], asked: list[str]) -> None:
    """For any files and paths, an attribute has the value that ``git check-attr`` prints."""
    usable = {
        name: "\n".join(line for line in text.split("\n") if not odd(line.split(" ")[0]))
        for name, text in found.items()
    }
    usable[".gitattributes"] = "[attr]m -t\n" + usable.get(".gitattributes", "")
    told = ask_git(repository, usable, asked)
    attributes = GitAttributes.parse(usable)
    words = {True: "set", False: "unset", None: "unspecified"}
    for path in asked:
        value = attributes.of(path).get("t")
        assert (value if isinstance(value, str) else words[value]) == told[path], path


def test_lines_beyond_the_limit_do_not_count() -> None:
    """Each line is held against each file, so there are not more than anybody writes."""
    text = "a.py x\n" * MAX_RULES + "a.py -x\n"
    assert GitAttributes.parse({".gitattributes": text}).flag("a.py", "x") is True

"""The check of the pages: what they say is true, and what is not true is found."""

from __future__ import annotations

from pathlib import Path

import pytest

import cli_tables as tables
import docs_blocks as blocks
import lint_docs as docs

from .conftest import ROOT

pytestmark = pytest.mark.source

CONFIG = "recipes:\n  a:\n    instruction: Do it.\n    files: ['*.py']\n"
WORKFLOW = (ROOT / "examples" / "comment-openai.yml").read_text(encoding="utf-8")


def block(language: str, text: str) -> list[str]:
    """What is wrong with one fenced block."""
    found: list[str] = blocks.problems(f"Text.\n\n```{language}\n{text.rstrip()}\n```\n")
    return found


def test_all_pages_are_true() -> None:
    """Links, options and blocks of README, docs and the rest."""
    assert docs.problems() == []


def test_the_reference_has_every_option() -> None:
    """The generated page is the current one, and would be missed where it is not."""
    reference = (ROOT / docs.REFERENCE).read_text(encoding="utf-8")
    assert f"\n{tables.reference()}\n" in reference
    for option in ("--untracked", "--api-key-env", "--workflow"):
        (wrong,) = docs.undocumented(reference.replace(option, "--other"))
        assert f"{option} of" in wrong


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("yaml", WORKFLOW),
        ("yaml", CONFIG),
        ("yaml", "with:\n  model: m\n  api-key: ${{ secrets.KEY }}\n"),
        ("text", "/predict-edit --files '*.py' Do it.\n"),
        ("text", "/predict-edit [options] [@head] instruction"),
        ("text", "anything at all: $("),
        ("sh", "make demo   # it's a comment\nmake PYTHON=python3.13 test\n"),
        ("sh", "A=b predict-edit edit - --name a.py -m 'x' < a.py > b.py"),
        ("sh", "source <(predict-edit completion bash)   # and more\n"),
        ("sh", "ID=$(az ad app create)\naz x --y '{\n  \"a\": 1\n}'\n"),
        ("sh", "uvx --from 'predict-edit[cli] @ git+https://x' predict-edit --version"),
        ("json", '{"a": 1}'),
        ("python", "def f() -> None: ..."),
    ],
)
def test_what_is_right_passes(language: str, text: str) -> None:
    """No block is refused for its looks."""
    assert block(language, text) == []


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("yaml", "a: b: c", "no YAML"),
        ("yaml", "- a", "no mapping"),
        ("yaml", CONFIG.replace("files", "fils"), "`files`"),
        ("yaml", "max-files: many", "max-files"),
        ("yaml", "something: else", "neither a workflow nor a config"),
        ("yaml", "with:\n  modle: m\n  api-key: k\n", "no input `modle`"),
        ("yaml", "with:\n  model: m\n", "`api-key` is missing"),
        ("yaml", WORKFLOW.replace("pull-requests: write", "pull-requests: read"), "be posted"),
        ("yaml", WORKFLOW.replace("[created]", "[edited]"), "new comment"),
        ("text", "/predict-edit --fils '*.py' Do it.", "--files"),
        ("text", "/predict-edit help", "does nothing"),
        ("sh", "echo 'x", "a shell does not take it"),
        ("sh", "make nothing-of-the-kind", "no make target"),
        ("sh", "predict-edit preview 'x' --htlm page.html", "--htlm"),
        ("sh", "cat x | predict-edit edit", "required"),
        ("sh", "A=b predict-edit fly", "fly"),
        ("sh", "make test  # fine\npredict-edit preview\n", "required"),
        ("sh", "source <(predict-edit completion tcsh)", "tcsh"),
        ("sh", "pip install 'predict-edit[clii]'", "no extra `clii`"),
        ("sh", "uvx --from 'predict-edit[cli]' predict-edit --versio", "versio"),
        ("sh", "rm -rf x", "`rm`"),
        ("json", "{a: 1}", "no JSON"),
        ("python", "def f(:", "no Python"),
        ("toml", "a = 1", "nobody checks `toml`"),
        ("", "x", "nobody checks"),
    ],
)
def test_what_is_wrong_is_found(language: str, text: str, words: str) -> None:
    """With its line in the page."""
    wrong = block(language, text)
    assert wrong
    assert all(sentence.startswith("line 3: ") for sentence in wrong)
    assert words in " ".join(wrong)


def test_an_indented_block_has_no_language() -> None:
    """So nobody could check it."""
    assert "fence it" in blocks.problems("Text.\n\n    make demo\n")[0]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two pages, one of which has headings."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "other.md").write_text("# One\n\n## A `b` c?\n\n## A b c\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("link", "wrong"),
    [
        ("docs/other.md", ""),
        ("docs/other.md#one", ""),
        ("docs/other.md#a-b-c", ""),
        ("docs/other.md#a-b-c-1", ""),
        ("#here", ""),
        ("https://example.com/", ""),
        ("docs/nothing.md", "leads nowhere"),
        ("../outside.md", "leads nowhere"),
        ("docs/other.md#two", "no heading"),
        ("#there", "no heading"),
    ],
)
def test_dead_links_are_found(tree: Path, link: str, wrong: str) -> None:
    """In the tree and in the pages; what is on other hosts is not looked at."""
    path = tree / "page.md"
    text = f"# Here\n\n| a |\n| -- |\n| [x]({link}) |\n"
    path.write_text(text, encoding="utf-8")
    found = list(docs.link_problems(path, text, tree))
    assert len(found) == bool(wrong)
    assert wrong in " ".join(found)


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Give `--html FILE` or `--dry-run`.", ""),
        ("`ruff check --fx` is another's.", ""),
        ("Give `--htlm FILE`.", "--htlm"),
        ("Run `predict-edit edit - --nam x`.", "--nam"),
        ("Comment `/predict-edit run x --max-suggestion 5`.", "--max-suggestion"),
    ],
)
def test_options_in_sentences_exist(sentence: str, wrong: str) -> None:
    """Those of the command line, and those of a comment."""
    assert wrong in " ".join(docs.option_problems(sentence))
    assert bool(list(docs.option_problems(sentence))) == bool(wrong)

"""Prove that the pages are true: links and anchors, options, and every code block."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

import cli_tables
import docs_blocks
from predict_edit.trigger.command import OPTIONS

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = "docs/laptop.md"
"""The page with every option of the command line."""
EVERYWHERE = ("--version", "--help")
"""Options that argparse adds."""


def pages(root: Path = ROOT) -> list[Path]:
    """Every page for people."""
    return sorted([*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("tests/*.md")])


def problems(root: Path = ROOT) -> list[str]:
    """What is wrong with the pages of a tree, a sentence each."""
    found: list[str] = []
    for path in pages(root):
        text = path.read_text(encoding="utf-8")
        wrong: list[str] = [
            *link_problems(path, text, root),
            *docs_blocks.problems(text, root),
            *option_problems(text),
        ]
        found.extend(f"{path.relative_to(root)}: {sentence}" for sentence in wrong)
    return [*found, *undocumented((root / REFERENCE).read_text(encoding="utf-8"))]


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def anchors(markdown: str) -> set[str]:
    """The anchors of a page; a heading that comes again gets a number."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    found: set[str] = set()
    for number, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        name = slug(tokens[number + 1].content)
        times = sum(each == name or re.fullmatch(rf"{re.escape(name)}-\d+", each) is not None
                    for each in found)  # fmt: skip
        found.add(f"{name}-{times}" if times else name)
    return found


def targets(markdown: str) -> Iterator[str]:
    """The targets of a page's links and images."""
    for block in MarkdownIt("commonmark").enable("table").parse(markdown):
        for token in block.children or ():
            if token.type == "link_open":
                yield str(token.attrs["href"])
            elif token.type == "image":
                yield str(token.attrs["src"])


def link_problems(path: Path, markdown: str, root: Path = ROOT) -> Iterator[str]:
    """Relative links that lead nowhere, in the tree or in a page."""
    for target in targets(markdown):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path.resolve()
        if not file.is_relative_to(root.resolve()) or not file.exists():
            yield f"the link {target} leads nowhere."
        elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield f"the link {target} leads to no heading."


def option_problems(markdown: str) -> Iterator[str]:
    """Options that sentences name and no command has."""
    known = set(EVERYWHERE) | {f"--{name}" for name in OPTIONS} | set(options())
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        for child in token.children or ():
            if child.type == "code_inline":
                if not child.content.startswith(("--", "predict-edit ", "/predict-edit ")):
                    continue
                named = re.findall(r"(?<![\w-])--[a-z][a-z-]+", child.content)
                yield from (f"there is no option {name}." for name in named if name not in known)


def options() -> dict[str, str]:
    """Every long option of the command line, with a command that has it."""
    return {
        option: name
        for name, parser in cli_tables.commands().items()
        for action in parser._actions  # noqa: SLF001 - argparse has no other way to ask
        for option in action.option_strings
        if option.startswith("--") and action.help != argparse.SUPPRESS
    }


def undocumented(reference: str) -> Iterator[str]:
    """Commands and options that the page of all options does not have."""
    for option, command in options().items():
        if not re.search(rf"`[^`]*{re.escape(option)}(?![\w-])", reference):
            yield f"{REFERENCE}: {option} of {command} is not explained."


def main() -> int:
    """Print what is wrong."""
    wrong = problems()
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

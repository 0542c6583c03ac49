"""A second opinion: real git, and GitHub's rules written down once more, sharing no code with ours.

Everything is a plain callable in a session fixture, so that property tests can use it.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from predict_edit.domain.edits import ChangedFile, SourceFile, Suggestion

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CEILING_DIRECTORIES": tempfile.gettempdir(),
}


def run_git(directory: Path, *arguments: str) -> bytes:
    """Run git for real; exit status 1 of a diff is not a failure."""
    result = subprocess.run(
        ("git", *arguments),
        cwd=directory,
        env=_ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    limit = 1 if arguments[0] == "diff" else 0
    assert result.returncode <= limit, result.stderr.decode(errors="replace")
    return result.stdout


def as_github_lists(diff: str) -> tuple[str | None, int, int]:
    if "\n@@ " not in diff:
        return None, 0, 0
    patch = diff[diff.index("\n@@ ") + 1 :].removesuffix("\n")
    body = patch.split("\n")
    return (
        patch,
        sum(line.startswith("+") for line in body),
        sum(line.startswith("-") for line in body),
    )


def diff_rows(patch: str | None) -> list[tuple[int, str, int]]:
    """Each line of a patch in order: hunk number, kind (`` ``, ``+`` or ``-``), right line."""
    rows = []
    hunk = right = 0
    for line in (patch or "").split("\n"):
        header = re.match(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", line)
        if header:
            hunk += 1
            right = int(header[1])
        elif line[:1] in {" ", "+"}:
            rows.append((hunk, line[0], right))
            right += 1
        elif line[:1] == "-":
            rows.append((hunk, "-", 0))
    return rows


def place_refusal(patch: str | None, start: int, end: int) -> str | None:
    """Why GitHub would refuse a right-side comment on these lines, or disable its button."""
    if start > end:
        return "start line must precede the end line"
    rows = diff_rows(patch)
    at = {right: index for index, (_, kind, right) in enumerate(rows) if kind != "-"}
    if start not in at or end not in at:
        return "line must be part of the diff"
    covered = rows[at[start] : at[end] + 1]
    if len({hunk for hunk, _, _ in covered}) > 1:
        return "start line must be part of the same hunk as the line"
    if any(kind == "-" for _, kind, _ in covered):
        return "applying suggestions on deleted lines is not supported"
    return None


def block_text(body: str) -> str:
    """The content of the one suggestion block, by a CommonMark parser; ends with a line feed."""
    tokens = MarkdownIt("commonmark").parse(body)
    assert [(token.type, token.info.strip()) for token in tokens] == [("fence", "suggestion")]
    return tokens[0].content


def refusals(patch: str | None, head: str, suggestions: Sequence[Suggestion]) -> list[str]:
    """Every reason why GitHub would refuse a review with these suggestions."""
    found = []
    used: set[int] = set()
    pieces = head.split("\n")
    for suggestion in suggestions:
        start, end = suggestion.start_line, suggestion.line
        if (problem := place_refusal(patch, start, end)) is not None:
            found.append(problem)
        if used & set(range(start, end + 1)):
            found.append("only one suggestion per line can be applied in a batch")
        used |= set(range(start, end + 1))
        if len(suggestion.body) > 65_536:
            found.append("body is too long")
        if "\n".join(pieces[start - 1 : end]) + "\n" == block_text(suggestion.body):
            found.append("no changes were made to the code")
    return found


def commit(head: str, suggestions: Sequence[Suggestion]) -> str:
    """The head with all suggestions committed, by cutting and pasting at character offsets.

    A suggestion takes the place of the characters of its lines without the last line feed; one
    without lines takes a line feed with it, the one behind or else the one before.
    """
    text = head
    for suggestion in sorted(suggestions, key=lambda s: -s.line):
        begin = 0
        for _ in range(suggestion.start_line - 1):
            begin = text.index("\n", begin) + 1
        end = begin
        for _ in range(suggestion.start_line, suggestion.line):
            end = text.index("\n", end) + 1
        end = text.find("\n", end)
        end = len(text) if end < 0 else end
        content = block_text(suggestion.body)
        if content:
            text = text[:begin] + content.removesuffix("\n") + text[end:]
        elif end < len(text):
            text = text[:begin] + text[end + 1 :]
        else:
            text = text[: max(0, begin - 1)]
    return text


def git_apply(files: Mapping[str, str], patch: str) -> dict[str, str]:
    """The files after ``git apply``, which must fit exactly."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        if patch:
            (root / ".patch").write_bytes(patch.encode())
            run_git(root, "apply", "--whitespace=nowarn", ".patch")
        return {path: (root / path).read_bytes().decode() for path in files}


def pull_request_patch(base: str, head: str) -> str | None:
    """GitHub's ``patch`` of a file with this change: git's defaults."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        (root / "a").write_bytes(base.encode())
        (root / "b").write_bytes(head.encode())
        diff = run_git(root, "diff", "--no-index", "--text", "a", "b").decode(errors="replace")
        return as_github_lists(diff)[0]


def source_file(head: str, patch: str | None, path: str = "f.txt") -> SourceFile:
    """A modified file whose listing is complete and fits ``patch``."""
    kinds = [kind for _, kind, _ in diff_rows(patch)]
    change = ChangedFile(
        path=path,
        status="modified",
        blob_sha="0" * 40,
        additions=kinds.count("+"),
        deletions=kinds.count("-"),
        patch=patch,
    )
    return SourceFile(path=path, text=head, blob_sha="0" * 40, change=change)


@pytest.fixture(scope="session", name="github_refusals")
def _github_refusals() -> Callable[[str | None, str, Sequence[Suggestion]], list[str]]:
    return refusals


@pytest.fixture(scope="session", name="github_place_refusal")
def _github_place_refusal() -> Callable[[str | None, int, int], str | None]:
    return place_refusal


@pytest.fixture(scope="session", name="github_commit")
def _github_commit() -> Callable[[str, Sequence[Suggestion]], str]:
    return commit


@pytest.fixture(scope="session", name="suggestion_text")
def _suggestion_text() -> Callable[[str], str]:
    return block_text


@pytest.fixture(scope="session", name="apply_patch")
def _apply_patch() -> Callable[[Mapping[str, str], str], dict[str, str]]:
    return git_apply


@pytest.fixture(scope="session", name="patch_of")
def _patch_of() -> Callable[[str, str], str | None]:
    return pull_request_patch


@pytest.fixture(scope="session", name="source")
def _source() -> Callable[..., SourceFile]:
    return source_file


@pytest.fixture(scope="session", name="git")
def _git() -> Callable[..., bytes]:
    return run_git


@pytest.fixture(scope="session", name="listed")
def _listed() -> Callable[[str], tuple[str | None, int, int]]:
    return as_github_lists

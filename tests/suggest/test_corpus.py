"""Real files of many kinds, changed by a pull request and then edited: nothing refused or lost.

The texts are what the interpreter and its packages ship (Python, type stubs, C headers, Markdown,
JSON, JavaScript, CSS, licences, …). Base and edit are made from them by seeded changes of the sort
that people and models make; the pull request is a real one, between two commits of a repository.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import re
import sysconfig
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from predict_edit.domain.edits import ChangedFile, PlacedFile, PlacementKind, SourceFile, Suggestion
from predict_edit.suggest.anchors import (
    DELETED_LINES,
    OUTSIDE,
    PATCH_INCOMPLETE,
    PATCH_MISMATCH,
    PATCH_UNREADABLE,
)
from predict_edit.suggest.diff import apply_hunks, hunks_between
from predict_edit.suggest.patch import edits_patch, remainder_patch
from predict_edit.suggest.place import place
from predict_edit.suggest.replay import REPLAY, apply_suggestions

SUFFIXES = {".py", ".pyi", ".md", ".txt", ".json", ".js", ".css", ".html", ".h", ".c", ".toml"}
SUFFIXES |= {".rst", ".cfg", ".yml", ".yaml", ".sh", ".xml", ".in", ".svg", ".pem", ".tcss", ""}

Mutation = Callable[[list[str], random.Random], list[str]]


def rename(lines: list[str], rng: random.Random) -> list[str]:
    """Rename one word everywhere."""
    words = re.findall(r"\b[A-Za-z_]{4,}\b", "".join(rng.sample(lines, min(40, len(lines)))))
    word = rng.choice(words or ["none"])
    return [re.sub(rf"\b{word}\b", f"{word}_2", line) for line in lines]


def delete(lines: list[str], rng: random.Random) -> list[str]:
    """Remove a block."""
    at = rng.randrange(len(lines) + 1)
    return lines[:at] + lines[at + rng.randint(1, 8) :]


def insert(lines: list[str], rng: random.Random) -> list[str]:
    """Insert a block from elsewhere in the file: blank lines and brackets repeat."""
    source, at = rng.randrange(len(lines) + 1), rng.randrange(len(lines) + 1)
    block = [line if line.endswith("\n") else f"{line}\n" for line in lines[source : source + 4]]
    return lines[:at] + block + lines[at:]


def indent(lines: list[str], rng: random.Random) -> list[str]:
    """Move a block to the right."""
    at = rng.randrange(len(lines) + 1)
    end = at + rng.randint(1, 12)
    return lines[:at] + [f"    {line}" for line in lines[at:end]] + lines[end:]


def touch(lines: list[str], rng: random.Random) -> list[str]:
    """Change a few single lines all over the file."""
    chosen = {rng.randrange(max(1, len(lines))) for _ in range(5)}
    return [f"{line.rstrip(chr(10))} !\n" if n in chosen else line for n, line in enumerate(lines)]


def final_newline(lines: list[str], rng: random.Random) -> list[str]:
    """Remove the final newline, or add one."""
    if not lines:
        return ["\n"]
    last = lines[-1]
    return [*lines[:-1], last[:-1] if last.endswith("\n") and len(last) > 1 else f"{last}\n"]


def mutated(text: str, rng: random.Random) -> str:
    """Change the text one to four times."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    kinds: list[Mutation] = [rename, delete, insert, indent, touch]
    for change in rng.choices([*kinds, final_newline], [4, 4, 4, 4, 4, 1], k=rng.randint(1, 4)):
        lines = change(lines, rng)
    return "".join(lines)


def real_files(amount: int) -> dict[str, str]:
    """As many different texts, from everything that is installed."""
    roots = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")]
    paths = [
        path
        for root in roots
        for path in root.rglob("*")
        if path.suffix in SUFFIXES and "__pycache__" not in path.parts and path.is_file()
    ]
    # A hash puts them in an order that is the same each time and no package's.
    paths.sort(key=lambda path: hashlib.sha256("/".join(path.parts[-4:]).encode()).digest())
    texts: dict[str, str] = {}
    for path in paths:
        data = path.read_bytes()
        if not 200 < len(data) < 200_000 or b"\0" in data:
            continue
        try:
            texts[f"{len(texts)}/{path.name}"] = data.decode()
        except UnicodeDecodeError:
            continue
        if len(texts) == amount:
            break
    return texts


def listed_files(diff: str) -> Iterator[str]:
    """Cut the diff of a whole pull request into its files."""
    return (part for part in re.split(r"^(?=diff --git )", diff, flags=re.MULTILINE) if part)


@dataclasses.dataclass(frozen=True)
class Corpus:
    """A pull request of many files with an edit for each."""

    files: Mapping[str, SourceFile]
    edited: Mapping[str, str]


def make_corpus(
    root: Path,
    amount: int,
    git: Callable[..., bytes],
    listed: Callable[[str], tuple[str | None, int, int]],
) -> Corpus:
    """Commit base and head to a repository and list the changes as GitHub does."""
    heads = real_files(amount)
    bases, edited = {}, {}
    for path, text in heads.items():
        rng = random.Random(path)
        bases[path] = mutated(text, rng)
        edited[path] = mutated(text, rng)
    git(root, "init", "-q")
    for texts in (bases, heads):
        for path, text in texts.items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(text.encode())
        git(root, "add", "-A")
        git(root, "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "c", "--allow-empty")
    parts = {}
    for part in listed_files(git(root, "diff", "HEAD~1", "HEAD").decode(errors="replace")):
        name = re.match(r'diff --git "?a/(.*?)"? "?b/', part)
        assert name
        parts[name[1]] = listed(part)
    files = {}
    for path, text in heads.items():
        patch, additions, deletions = parts.get(path, (None, 0, 0))
        change = ChangedFile(
            path=path,
            status="modified",
            blob_sha=None,
            additions=additions,
            deletions=deletions,
            patch=patch,
        )
        files[path] = SourceFile(path=path, text=text, blob_sha="", change=change)
    return Corpus(files=files, edited=edited)


@pytest.mark.parametrize(
    "amount", [320, pytest.param(3000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_real_files_lose_nothing_and_github_refuses_nothing(
    amount: int,
    tmp_path: Path,
    git: Callable[..., bytes],
    listed: Callable[[str], tuple[str | None, int, int]],
    github_refusals: Callable[[str | None, str, Sequence[Suggestion]], list[str]],
    github_commit: Callable[[str, Sequence[Suggestion]], str],
) -> None:
    """0 refused, 0 replay mismatches, 0 hunks unaccounted, and git applies both patches."""
    corpus = make_corpus(tmp_path, amount, git, listed)
    assert len(corpus.files) >= 300
    placed_files: list[PlacedFile] = []
    tally: Counter[str] = Counter()
    for path, file in corpus.files.items():
        edited = corpus.edited[path]
        placed = place(file, edited)
        placed_files.append(placed)
        tally.update(p.reason or p.kind.value for p in placed.placements)
        assert tuple(p.hunk for p in placed.placements) == hunks_between(file.text, edited)
        assert file.change
        assert github_refusals(file.change.patch, file.text, placed.suggestions) == [], path
        inline = [p.hunk for p in placed.placements if p.kind is PlacementKind.INLINE]
        suggested = apply_hunks(file.text, inline)
        assert github_commit(file.text, placed.suggestions) == suggested, path
        assert apply_suggestions(file.text, placed.suggestions) == suggested, path
        assert placed.accepted == edited, path

    assert tally[REPLAY] == 0
    # Git's own diff of real files is always usable.
    unusable = {PATCH_UNREADABLE, PATCH_INCOMPLETE, PATCH_MISMATCH}
    assert not unusable & set(tally)
    # The corpus reaches the rules: many hunks fit the diff, many do not.
    assert min(tally["inline"], tally[OUTSIDE]) > amount
    assert tally[DELETED_LINES] > 10

    patches = {"edits": edits_patch(placed_files), "remainder": remainder_patch(placed_files)}
    (tmp_path / ".git" / "edits").write_bytes(patches["edits"].encode())
    (tmp_path / ".git" / "remainder").write_bytes(patches["remainder"].encode())
    git(tmp_path, "apply", "--whitespace=nowarn", ".git/edits")
    for path, text in corpus.edited.items():
        assert (tmp_path / path).read_bytes().decode() == text
    git(tmp_path, "checkout", "-q", ".")
    git(tmp_path, "apply", "--whitespace=nowarn", ".git/remainder")
    for placed in placed_files:
        rest = [p.hunk for p in placed.placements if p.kind is PlacementKind.PATCH]
        expected = apply_hunks(placed.file.text, rest)
        assert (tmp_path / placed.file.path).read_bytes().decode() == expected

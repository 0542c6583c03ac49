"""What changed between two texts, as git's xdiff sees it.

Git is asked only *where* the lines differ; the lines themselves are taken from the two texts, so
that no byte goes through the rendering of a diff. Histogram keeps the edits of repetitive files
apart, where difflib and patience merge them into one replacement of almost the whole file. Its time
grows with lines times edits, so long texts are compared by git's default algorithm, Myers.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from predict_edit.domain.edits import Hunk
from predict_edit.domain.errors import DiffError
from predict_edit.support.git import lines_of

KEPT_LINES: Final = 40
"""Equal lines left around the changes when equal ends are cut off.

Git moves a run of changes up or down to where it reads best; without lines around it could not.
"""

LONG: Final = 5_000
"""Lines of a long text. In 151 pairs of long versions, Myers found 7,332 hunks with 41,932 lines,
and histogram 7,390 with 56,330."""

SECONDS: Final = 60.0
"""Git takes milliseconds; what takes this long is stuck."""

_HEADER: Final = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)

# Nothing that an installation, a home directory or a repository configures may change the result.
_NEUTRAL: Final = (
    "-c", "core.attributesFile=/dev/null",
    "-c", "core.autocrlf=false",
    "-c", "core.safecrlf=false",
    "--no-pager",
    "diff", "--no-index", "--no-ext-diff", "--no-textconv", "--no-color", "--text",
)  # fmt: skip


def hunks_between(original: str, edited: str) -> tuple[Hunk, ...]:
    """The runs of changed lines, top down; :func:`apply_hunks` turns them into ``edited`` again.

    Two runs always have at least one unchanged line between them.

    Raises:
        DiffError: git is not there, failed, or a text cannot be written as UTF-8.
    """
    if original == edited:
        return ()
    before, after = lines_of(original), lines_of(edited)
    top, bottom = _equal_ends(before, after)
    old, new = before[top : len(before) - bottom], after[top : len(after) - bottom]
    output = git_diff("".join(old), "".join(new), "--unified=0", algorithm(old, new))
    hunks = tuple(_read_headers(output, before, after, top))
    if apply_hunks(original, hunks) != edited:
        raise DiffError(
            "The differences that git found do not lead from the file to the edited file.",
            "This is a defect of predict-edit or of this git version; please report both.",
        )
    return hunks


def algorithm(old: Sequence[str], new: Sequence[str]) -> str:
    """Choose git's option for comparing these lines."""
    return f"--diff-algorithm={'histogram' if max(len(old), len(new)) < LONG else 'myers'}"


def apply_hunks(original: str, hunks: Iterable[Hunk]) -> str:
    """Perform hunks, which must be in order and apart, on the text they were made for."""
    lines = lines_of(original)
    pieces: list[str] = []
    done = 0
    for hunk in hunks:
        pieces += lines[done : hunk.start - 1]
        pieces += hunk.added
        done = hunk.end
    pieces += lines[done:]
    return "".join(pieces)


def git_diff(before: str, after: str, *options: str) -> bytes:
    """Run ``git diff --no-index`` on two texts; the output is empty if they are equal.

    Git runs in an empty directory of its own, outside any repository, and sees nothing of this
    process's environment but the search path: no configuration, no secret.

    Raises:
        DiffError: git is not there, failed, or a text cannot be written as UTF-8.
    """
    with tempfile.TemporaryDirectory(prefix="predict-edit-") as name:
        directory = Path(name).resolve()
        try:
            (directory / "a").write_bytes(before.encode())
            (directory / "b").write_bytes(after.encode())
        except UnicodeEncodeError as error:
            raise DiffError(
                "A text holds half of a surrogate pair and cannot be written as UTF-8.",
                "Ask for the edit again; the model's answer was damaged.",
            ) from error
        return _run((*_NEUTRAL, *options, "a", "b"), directory)


def local_patch(base_text: str, head_text: str) -> str:
    """The hunks that GitHub's ``patch`` would hold: git's default algorithm, three lines around.

    Raises:
        DiffError: the diff could not be made.
    """
    if base_text == head_text:
        return ""
    output = git_diff(base_text, head_text, "--unified=3", "--diff-algorithm=default")
    # Only the words that git repeats after "@@" can be cut in the middle of a character.
    text = output.decode(errors="replace")
    return text[text.index("\n@@ ") + 1 :].removesuffix("\n")


def find_git() -> str:
    """Return the path of git, without which no edit can be compared with its file.

    Raises:
        DiffError: it is not installed.
    """
    git = shutil.which("git")
    if git is None:
        raise DiffError(
            "The program git was not found.", "Install git and put it on the search path."
        )
    return git


def _run(arguments: Sequence[str], directory: Path) -> bytes:
    """Run git; exit status 1 says that the files differ, above that it failed."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "LANG": "C",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(directory.parent),
    }
    git = find_git()
    try:
        result = subprocess.run(
            (git, *arguments),
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DiffError(
            f"git could not be run ({type(error).__name__}).",
            "Run the command again; check the machine's memory and disk space.",
        ) from error
    if result.returncode not in {0, 1}:
        # Git's messages name only the two temporary files, never their contents.
        message = result.stderr.decode(errors="replace").strip()[:200]
        raise DiffError(
            f"git diff ended with status {result.returncode}: {message}",
            "Check that git is version 2.32 or newer and that the disk is not full.",
        )
    return result.stdout


def _equal_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many equal lines can be cut off above and below, with some left for git to look at."""
    top = _run_length(before, after)
    shorter = min(len(before), len(after)) - top
    bottom = _run_length(before[len(before) - shorter :][::-1], after[len(after) - shorter :][::-1])
    return max(0, top - KEPT_LINES), max(0, bottom - KEPT_LINES)


def _run_length(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are equal from the start."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _read_headers(
    output: bytes, before: Sequence[str], after: Sequence[str], cut_off: int
) -> Iterable[Hunk]:
    """Hunks from the ``@@`` lines of a diff without context; no other line starts with ``@``.

    A side without lines names the line before it, hence the added 1.
    """
    for header in _HEADER.finditer(output):
        old, old_count, new, new_count = (1 if g is None else int(g) for g in header.groups())
        start = cut_off + old + (old_count == 0)
        new_start = cut_off + new + (new_count == 0)
        yield Hunk(
            start=start,
            removed=tuple(before[start - 1 : start - 1 + old_count]),
            added=tuple(after[new_start - 1 : new_start - 1 + new_count]),
        )

"""Talk about the file in place of the file."""

from __future__ import annotations

import pytest

from predict_edit.edit.guards.commentary import in_opening, problem
from predict_edit.edit.rewrite import compare

CODE = "package a\n\nfunc f() {}\n"
PROSE = "# Tool\n\nIt runs.\n"


@pytest.mark.parametrize(
    "line",
    [
        "Here is the file after the edit:",
        "Here's the code",
        "Sure, here is what you asked for",
        "Certainly!",
        "Of course! I will rename it.",
        "Okay, I renamed it.",
        "Below is the file",
        "The code should now compile",
        "I've renamed the function",
        "I'm sorry, I can't do that",
        "Sorry, this is not possible.",
        "Updated code:",
        "As requested, the function is renamed.",
        "The following is the file",
    ],
)
def test_openings_are_seen_in_code(line: str) -> None:
    """A first line that talks is refused, also while the answer is still coming in."""
    assert problem(compare("a.go", CODE, f"{line}\n\n{CODE}")) is not None
    assert in_opening(compare("a.go", CODE, f"{line}\n")) is not None


@pytest.mark.parametrize(
    ("path", "original", "answer"),
    [
        ("a.go", CODE, "// Here is where it starts:\n" + CODE),
        ("a.py", "x = 1\n", "try:\n    x = 1\nfinally:\n    pass\n"),
        ("a.py", "x = 1\n", "class SureThing:\n    x = 1\n"),
        ("a.yaml", "a: 1\n", "Name of the thing:\n  a: 1\n"),
        ("a.md", PROSE, "Here are three tools you can use:\n\n" + PROSE),
        ("a.md", PROSE, "Okay, you have a tool.\n\n" + PROSE),
        ("a.md", PROSE, PROSE + "\nNote that it runs.\n"),
        ("a.md", PROSE, PROSE + "\n## Explanation\n\nThe above is short.\n"),
        ("a.md", PROSE, PROSE + "\n```sh\ntool\n```\n"),
        ("a.py", 'x = """\n"""\n', 'x = """\n```\n"""\n'),
        ("a.sh", "cat <<E\nE\n", "cat <<E\nI have a line\nE\n" + "x=1\n" * 20),
        ("a.diff", "@@ -1 +1 @@\n-a\n+b\n", "@@ -1 +1 @@\n-a\n+c\n@@ -9 +9 @@\n-a\n+b\n"),
        ("a.go", "Here is the file\n" + CODE, "Here is the file\n" + CODE + "\nfunc g() {}\n"),
    ],
)
def test_what_belongs_to_a_file_passes(path: str, original: str, answer: str) -> None:
    """Sentences in prose, in comments, and those that were there before are not talk."""
    assert problem(compare(path, original, answer)) is None


@pytest.mark.parametrize(
    "answer",
    [
        "```\n# Tool\n\nIt runs fast.\n```\nThat is all.\n",
        "# Tool\n\nIt runs fast.\n```\n",
        "```\n```md\n# A tool\n\nIt runs.\n```\n```\n",
    ],
)
def test_fences_round_prose_are_seen(answer: str) -> None:
    """A half fence, one with text behind it, and two fences are not the document's own."""
    assert problem(compare("a.md", PROSE, answer)) is not None


@pytest.mark.parametrize(
    "line",
    [
        "Explanation:",
        "Here's how it works:",
        "The above code is renamed.",
        "Let me know if it fits.",
        "Changes made:",
        "Note that f is now g.",
        "I have renamed f.",
        "This change renames f to g.",
    ],
)
def test_closings_are_seen_in_code(line: str) -> None:
    """Remarks behind the file are refused."""
    assert problem(compare("a.go", CODE, f"{CODE}\n{line}\n")) is not None

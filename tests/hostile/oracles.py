"""What readers and writers of text from outside must hold, against re-stated rules of others.

Each function takes one input and fails where a rule is broken. ``test_fuzz.py`` feeds them with
random cases, ``scripts/fuzz.py`` for as long as one likes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from predict_edit.domain.edits import ChangedFile, Finding
from predict_edit.domain.errors import CommandError, FindingsError, NearMiss
from predict_edit.findings.formats import parse_report
from predict_edit.findings.reported_finding import (
    MAX_LINE,
    MAX_MESSAGE,
    MAX_PATH,
    MAX_RULE,
    MAX_TOOL,
    Roots,
)
from predict_edit.github.actions_runner import heredoc
from predict_edit.report.markdown import fence, marked
from predict_edit.suggest.anchors import anchors_of
from predict_edit.support.log import PREFIX, Console, SafeStream, Secrets
from predict_edit.support.markers import OPENING, Marker, find_marker
from predict_edit.support.unicode import is_hidden
from predict_edit.trigger.command import (
    MAX_INSTRUCTION,
    OPTIONS,
    EditCommand,
    RunRecipe,
    parse_command,
)
from predict_edit_sandbox.runner_files import parse_outputs

from .evidence import check_inert, obeyed

WORD = "/predict-edit"
SECRET = "sk-fuzz-4Hd92kQx"
ROOTS = Roots(folders=("/github/workspace",), name="game")


def check_command(body: str) -> None:
    """A comment is a command if and only if its first line is the word, alone or before a blank."""
    first = re.split(r"\r\n|\r|\n", body)[0]
    wanted = re.match(rf"{re.escape(WORD)}(?:\s|\Z)", first) is not None
    try:
        parsed = parse_command(body, WORD)
    except NearMiss:
        assert not wanted
        assert first[: len(WORD)].casefold() == WORD.casefold()
        return
    except CommandError:
        assert wanted
        return
    assert (parsed is not None) == wanted
    if isinstance(parsed, EditCommand | RunRecipe):
        assert len(parsed.instruction) <= MAX_INSTRUCTION
        assert set(parsed.options) <= set(OPTIONS)
        assert all(not is_hidden(char) for char in parsed.instruction if char not in "\u200c\u200d")


def check_patch(texts: Sequence[str], patch: str, *, counted: bool) -> None:
    """Whatever a host sends as a patch, a line that takes a comment is in it and in the file."""
    change = ChangedFile(
        path="a.txt",
        status="modified",
        blob_sha="0",
        additions=len(re.findall(r"^\+", patch, re.MULTILINE)) if counted else 3,
        deletions=len(re.findall(r"^-", patch, re.MULTILINE)) if counted else 1,
        patch=patch,
    )
    anchors = anchors_of(change, "".join(f"{text}\n" for text in texts))
    if isinstance(anchors, str):
        assert anchors
        return
    shown = {line[1:] for line in patch.split("\n") if line[:1] in {" ", "+"}}
    for number in range(1, len(texts) + 5):
        if anchors.refusal(number, number) is None:
            assert number <= len(texts)
            assert texts[number - 1] in shown


def check_report(data: bytes) -> None:
    """A linter's report is read or refused; its values are short and inside the repository."""
    try:
        report = parse_report("r", data, ROOTS)
    except FindingsError:
        return
    for found in report.findings:
        if isinstance(found, Finding):
            check_finding(found)
        else:
            assert found.reason


def check_finding(found: Finding) -> None:
    """One finding: a path that git can store and that stays inside, bounded words."""
    pieces = found.path.split("/")
    assert not {"", ".", ".."} & set(pieces), found.path
    assert ".git" not in map(str.casefold, pieces)
    assert found.path.isprintable()
    assert "\\" not in found.path
    assert len(found.path) <= MAX_PATH
    assert not re.match("[A-Za-z]:/", found.path)
    for text, longest in (
        (found.message, MAX_MESSAGE), (found.rule, MAX_RULE), (found.tool, MAX_TOOL)
    ):  # fmt: skip
        assert len(text) <= longest
        assert len(text.splitlines()) <= 1
    assert found.level in {"error", "warning", "note"}
    assert (found.line is None) == (found.end_line is None)
    assert found.line is None or 1 <= found.line <= (found.end_line or 0) <= MAX_LINE


def check_marker(body: str, value: str) -> None:
    """Whatever comes before it, the marker that was written is the one that is found."""
    ours = Marker("summary", {"command": f"c-{value.replace('--', '-')}", "state": "working"})
    try:
        written = marked(body, str(ours))
    except ValueError:
        assert "--" in str(ours.fields["command"])
        return
    assert find_marker(written, "summary") == ours
    assert written.count(OPENING) == 1
    assert written.rstrip("\n").rpartition("\n")[2] == str(ours)


def check_foreign_marker(body: str) -> None:
    """Any text is searched for a marker without a crash, and a found one can be written again."""
    found = find_marker(body, "summary")
    if found is not None:
        assert all(re.fullmatch("[a-z]+", name) for name in found.fields)
        assert not [value for value in found.fields.values() if re.search(r"[\s<>]", value)]


def check_log(pieces: Sequence[str]) -> None:
    """Nothing that is printed, however it is cut, is a workflow command or shows a secret."""
    stream, secrets = io.StringIO(), Secrets()
    secrets.add(SECRET)
    printed = SafeStream(stream, secrets)
    for piece in pieces:
        printed.write(piece)
    printed.flush()
    *lines, rest = stream.getvalue().split("\n")
    assert rest == ""
    assert SECRET not in stream.getvalue()
    for line in lines:
        assert line.startswith(PREFIX)
        assert line.isprintable()
        assert not obeyed(line)


def check_annotation(title: str, text: str) -> None:
    """An annotation is one command with one property, as actions/runner's ActionCommand.cs reads.

    The name stands up to the first blank; properties are parted by commas; both end at the next
    pair of colons.
    """
    stream = io.StringIO()
    Console(stream, Secrets(), on_actions=True).error(title, text)
    line, rest = stream.getvalue().split("\n")
    assert rest == ""
    assert line.isprintable()
    assert line.startswith("::")
    end = line.index("::", 2)
    name, _, properties = line[2:end].partition(" ")
    assert name == "error"
    ((key, _, _),) = [one.partition("=") for one in properties.split(",") if one]
    assert key == "title"
    assert re.search(r"##\[[^\]]+\]", line) is None


def check_outputs(values: Sequence[str]) -> None:
    """Outputs, read by the runner's rules, are those that were written."""
    text = "".join(heredoc(f"value-{number}", value) for number, value in enumerate(values))
    # Half characters, which UTF-8 does not have, become question marks.
    legible = [value.encode("utf-8", "replace").decode() for value in values]
    assert parse_outputs(text) == {f"value-{n}": value for n, value in enumerate(legible)}


def check_fence(content: str) -> None:
    """For a parser of CommonMark, fenced text is one block of code and nothing after it renders."""
    check_inert(f"Before.\n\n{fence(content, 'diff')}\nAfter.\n")

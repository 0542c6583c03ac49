"""Readers and writers against re-stated oracles, on input that nobody would write by hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain import ChangedFile
from predict_edit.errors import CommandError
from predict_edit.github.runner import heredoc
from predict_edit.hidden import is_hidden
from predict_edit.marker import OPENING, Marker, find_marker
from predict_edit.report.markdown import fence, marked
from predict_edit.sandbox.runner_files import parse_outputs
from predict_edit.suggest.anchor import NoAnchors, anchors_of
from predict_edit.trigger.command import (
    MAX_INSTRUCTION,
    OPTIONS,
    EditCommand,
    RunRecipe,
    parse_command,
)

from .evidence import check_inert

WORD = "/predict-edit"
comments = st.lists(
    st.sampled_from(
        [
            WORD, f"{WORD} ", "/Predict-Edit", " ", "\n", "\r\n", "\r", "\t", "> ", "```", "--",
            "--files", "--model=x", "--dry-run", "@0123456", "run ", "help", "apply", "'", '"',
            "=", "\\",
            "\u200b", "\u202e", "\U000e0041", "\u2028", "\x0c", "\xa0", "x", "`", "<!--", "-->",
        ]
    )
    | st.text(max_size=4),
    max_size=12,
).map("".join)  # fmt: skip


@given(comments)
def test_what_is_a_command_is_decided_by_its_first_characters(body: str) -> None:
    """A comment is a command exactly where its first line is the word, alone or before a blank."""
    first = re.split(r"\r\n|\r|\n", body)[0]
    wanted = re.match(rf"{re.escape(WORD)}(?:\s|\Z)", first) is not None
    try:
        parsed = parse_command(body, WORD)
    except CommandError:
        assert wanted
        return
    assert (parsed is not None) == wanted
    if isinstance(parsed, EditCommand | RunRecipe):
        assert len(parsed.instruction) <= MAX_INSTRUCTION
        assert set(parsed.options) <= set(OPTIONS)
        assert all(not is_hidden(char) for char in parsed.instruction if char not in "\u200c\u200d")


garbage = st.sampled_from(
    ["", "@@", "@@ -1 +1 @@", "@@ -0,0 +1 @@", "@@ -1,99999999999 +1 @@", "@@@ -1 +1 @@@", " a",
     "+a", "-a", "a", "\\ No newline at end of file", "diff --git a/x b/x", "--- a/x", "+++ b/x",
     "\r"]
)  # fmt: skip


@st.composite
def spoilt_patches(draw: st.DrawFn) -> tuple[list[str], str]:
    """A file of a few lines, and a right patch of it with some lines dropped or changed."""
    texts = draw(st.lists(st.sampled_from(["a", "b", "", "@@ -1 +1 @@", "-x", " z"]), max_size=8))
    kinds = [draw(st.sampled_from(" +")) for _ in texts]
    patch = [f"{kind}{text}" for kind, text in zip(kinds, texts, strict=True)]
    gone = draw(st.integers(0, 2))
    patch += ["-gone"] * gone
    old = kinds.count(" ") + gone
    patch.insert(0, f"@@ -{min(1, old)},{old} +{min(1, len(texts))},{len(texts)} @@")
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(patch)))
        patch[place : place + draw(st.integers(0, 2))] = draw(st.lists(garbage, max_size=2))
    return texts, "\n".join(patch)


@given(spoilt=spoilt_patches(), counted=st.booleans())
def test_a_broken_patch_anchors_nothing_that_it_does_not_show(
    spoilt: tuple[list[str], str], *, counted: bool
) -> None:
    """Whatever a host sends as a patch, a line that takes a comment is in it and in the file."""
    texts, patch = spoilt
    change = ChangedFile(
        path="a.txt",
        status="modified",
        blob_sha="0",
        additions=len(re.findall(r"^\+", patch, re.MULTILINE)) if counted else 3,
        deletions=len(re.findall(r"^-", patch, re.MULTILINE)) if counted else 1,
        patch=patch,
    )
    anchors = anchors_of(change, "".join(f"{text}\n" for text in texts), None)
    if isinstance(anchors, NoAnchors):
        assert anchors.reason
        return
    shown = {line[1:] for line in patch.split("\n") if line[:1] in {" ", "+"}}
    for number in range(1, len(texts) + 5):
        if anchors.refusal(number, number) is None:
            assert number <= len(texts)
            assert texts[number - 1] in shown


pieces = st.sampled_from(
    [
        OPENING, "v1 summary", " command=other", " state=done", " -->", "<!--", "-->", "\n", "```",
        "</details>", "`", "~~~", "predict-edit:", "<", "!--",
    ]
) | st.text(max_size=4)  # fmt: skip


@given(st.lists(pieces, max_size=14).map("".join), st.text("abc019.-", max_size=8))
def test_only_our_own_marker_is_found(body: str, value: str) -> None:
    """Whatever stands before it, the one marker that is found again is the one that was put."""
    ours = Marker("summary", {"command": f"c-{value.replace('--', '-')}", "state": "working"})
    try:
        written = marked(body, str(ours))
    except ValueError:
        assert "--" in str(ours.fields["command"])
        return

    assert find_marker(written, "summary") == ours
    assert written.count(OPENING) == 1
    assert written.rstrip("\n").rpartition("\n")[2] == str(ours)


@given(
    st.lists(pieces | st.sampled_from(["@octocat ", "#1 ", "![](https://x.example)"])).map("".join)
)
def test_nothing_leaves_a_fence(content: str) -> None:
    """For a parser of CommonMark, fenced text is one block of code and nothing after it renders."""
    written = f"Before.\n\n{fence(content, 'diff')}\nAfter.\n"

    check_inert(written)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_the_runner_reads_back_what_was_written(values: list[str]) -> None:
    """Outputs, read with the rules of the runner, are those that were written, surrogates aside."""
    text = "".join(heredoc(f"value-{number}", value) for number, value in enumerate(values))
    legible = [value.encode("utf-8", "replace").decode() for value in values]

    assert parse_outputs(text) == {f"value-{n}": value for n, value in enumerate(legible)}


@pytest.mark.parametrize(
    "text", ["@octocat", "fixes #1", "![x](y)", "<img src=x>", "www.x.example"]
)
def test_the_oracle_of_what_renders_knows_what_it_looks_for(text: str) -> None:
    """The re-stated rules do find what they should, or the other tests would prove nothing."""
    with pytest.raises(AssertionError):
        check_inert(f"Some {text} here.\n")

"""Readers and writers against restated oracles, on input that no one would write by hand."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from predict_edit.findings.reported_finding import located
from predict_edit.findings.sarif import read
from predict_edit.support.markers import OPENING

from .evidence import check_inert
from .oracles import (
    ROOTS,
    SECRET,
    WORD,
    check_annotation,
    check_command,
    check_fence,
    check_foreign_marker,
    check_log,
    check_marker,
    check_outputs,
    check_patch,
    check_report,
)

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
    """The first line is the word, alone or before a blank."""
    check_command(body)


garbage = st.sampled_from(
    ["", "@@", "@@ -1 +1 @@", "@@ -0,0 +1 @@", "@@ -1,99999999999 +1 @@", "@@@ -1 +1 @@@", " a",
     "+a", "-a", "a", "\\ No newline at end of file", "diff --git a/x b/x", "--- a/x", "+++ b/x",
     "\r"]
)  # fmt: skip


@st.composite
def spoilt_patches(draw: st.DrawFn) -> tuple[list[str], str]:
    """A file of a few lines, and a correct patch of it with some lines dropped or changed."""
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
    check_patch(*spoilt, counted=counted)


addresses = st.lists(
    st.sampled_from(
        [
            "..", ".", "/", "a", "src/a.py", "game", "work", ".git", ".GIT/", "C:", "%2e%2e",
            "%2f", "\\", "file:", "//", "https:", "?", "#", "%00", "\n", "\u202e", " ",
            "%SRCROOT%", "x" * 4_000,
        ]
    ),
    max_size=6,
).map("".join)  # fmt: skip
odd: st.SearchStrategy[Any] = (
    st.none()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.lists(st.none())
    | st.just({})
)
words = st.lists(
    st.sampled_from(
        ["{0}", "{1}", "{999}", "{{", "}}", "{", "x" * 600, "\r\n", "::error::", "\u202e", "\x1b"]
    ),
    max_size=8,
).map("".join)


def record(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object of SARIF with some of its fields, now and then of the wrong type."""
    wrong = {name: value | odd for name, value in fields.items()}
    return st.fixed_dictionaries({}, optional=fields) | st.fixed_dictionaries({}, optional=wrong)


numbers = st.sampled_from([-1, 0, 1, 2, 7, 10**7, 10**9, 10**30])
artifacts = record(uri=addresses, uriBaseId=st.sampled_from("ABC"), index=numbers)
messages = record(
    text=words, markdown=words, id=st.sampled_from("ab"), arguments=st.lists(words, max_size=3)
)
results = record(
    ruleId=words,
    ruleIndex=numbers,
    rule=record(id=words, index=numbers, toolComponent=record(index=numbers)),
    kind=st.sampled_from(["fail", "pass", "Fail"]),
    level=st.sampled_from(["error", "none", "fatal", ""]),
    message=messages,
    locations=st.lists(
        record(
            physicalLocation=record(
                artifactLocation=artifacts,
                region=record(startLine=numbers, endLine=numbers, startColumn=numbers),
            )
        ),
        max_size=2,
    ),
    suppressions=st.lists(record(status=words), max_size=2),
)
components = record(
    name=words,
    rules=st.lists(
        record(id=words, messageStrings=st.dictionaries(st.sampled_from("ab"), messages)),
        max_size=2,
    ),
)
tools = st.fixed_dictionaries(
    {"driver": components}, optional={"extensions": st.lists(components, max_size=2)}
)
reports = record(
    runs=st.lists(
        st.fixed_dictionaries(
            {"tool": tools},
            optional={
                "results": st.lists(results, max_size=3),
                "artifacts": st.lists(record(location=artifacts), max_size=2),
                "originalUriBaseIds": st.dictionaries(st.sampled_from("ABC"), artifacts),
            },
        ),
        max_size=2,
    )
)  # fmt: skip


@given(reports)
def test_a_report_names_only_files_of_the_repository(report: object) -> None:
    """Whatever SARIF says, it is read or refused, and its paths, lines and words have bounds."""
    check_report(json.dumps(report).encode())


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 30))
def test_a_damaged_report_is_read_or_refused(noise: bytes, place: int, gone: int) -> None:
    """Bytes that are lost, changed or cut off in a valid report cause no crash."""
    right = json.dumps(RIGHT).encode()
    check_report(right[:place] + noise + right[place + gone :])


RIGHT = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "lint", "rules": [{"id": "R1"}]}},
            "results": [
                {
                    "ruleIndex": 0,
                    "message": {"text": "{0} is bad", "arguments": ["this"]},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "src/a.py"},
                                "region": {"startLine": 3},
                            }
                        }
                    ],
                }
            ],
        }
    ],
}


@pytest.mark.parametrize("what", ["arguments", "bases"])
def test_a_small_report_cannot_fill_the_memory(what: str) -> None:
    """Placeholders and addresses that multiply are cut before they are expanded."""
    long = "x" * 1_000_000
    message, base = {"text": "{0}" * 100, "arguments": [long]}, {"uriBaseId": "A"}
    places = [{"uri": f"{number}.py", **(base if what == "bases" else {})} for number in range(50)]
    run: dict[str, Any] = {
        "tool": {"driver": {}},
        "originalUriBaseIds": {n: {"uri": long, "uriBaseId": b} for n, b in ("AB", "BC", "CA")},
        "results": [
            {
                "message": message,
                "locations": [{"physicalLocation": {"artifactLocation": place}}],
            }
            for place in places
        ],
    }
    tracemalloc.start()
    found = list(located(read({"runs": [run]}), ROOTS))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(found) == len(places)
    assert most < 20_000_000


pieces = st.sampled_from(
    [
        OPENING, "v1 summary", " command=other", " state=done", " -->", "<!--", "-->", "\n", "```",
        "</details>", "`", "~~~", "predict-edit:", "<", "!--",
    ]
) | st.text(max_size=4)  # fmt: skip


@given(st.lists(pieces, max_size=14).map("".join), st.text("abc019.-", max_size=8))
def test_only_our_own_marker_is_found(body: str, value: str) -> None:
    """Whatever comes before it, the marker that was written is the one that is found."""
    check_marker(body, value)


@given(st.lists(pieces, max_size=20).map("".join))
@example(f"{OPENING}v1 summary a=1 a=2 b= -->")
def test_any_marker_can_be_read(body: str) -> None:
    """Text in the form of a marker is read as plain fields, or not at all."""
    check_foreign_marker(body)


@given(
    st.lists(pieces | st.sampled_from(["@octocat ", "#1 ", "![](https://x.example)"])).map("".join)
)
def test_nothing_leaves_a_fence(content: str) -> None:
    """For a CommonMark parser, fenced text is one code block, and nothing after it renders."""
    check_fence(content)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_the_runner_reads_back_what_was_written(values: list[str]) -> None:
    """Outputs, read by the runner's rules, are those that were written, surrogates aside."""
    check_outputs(values)


printed = st.lists(
    st.sampled_from(
        [
            "::", "::error::", "::add-mask::x", "##[", "##[error]", "]", "\n", "\r", "\u2028",
            "\x1b", "\x00", " ", SECRET, SECRET[:8], SECRET[8:], "%0A", ",", ":", "title=",
            "\ud800",
        ]
    )
    | st.text(max_size=6),
    max_size=10,
)  # fmt: skip


@given(printed)
def test_nothing_that_is_printed_is_obeyed(pieces: list[str]) -> None:
    """However a print is cut, the runner sees no command in it, and no one sees the secret."""
    check_log(pieces)


@given(printed.map("".join), printed.map("".join))
def test_an_annotation_is_one_command(title: str, text: str) -> None:
    check_annotation(title, text)


@pytest.mark.parametrize(
    "text", ["@octocat", "fixes #1", "![x](y)", "<img src=x>", "www.x.example"]
)
def test_the_oracle_of_what_renders_knows_what_it_looks_for(text: str) -> None:
    """The restated rules find what they should, or the other tests would prove nothing."""
    with pytest.raises(AssertionError):
        check_inert(f"Some {text} here.\n")

"""Every format of report, as tools write it and as none should."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from predict_edit.domain.edits import Dropped, Finding, FindingsReport
from predict_edit.domain.errors import FindingsError
from predict_edit.findings.formats import parse_report

from .conftest import ROOTS, finding, result, sarif

FAULTY = "import os\nimport sys\n\n\ndef f():\n    x = 1\n    print(undefined)\n"
EXPECTED = {("F401", 1), ("F401", 2), ("F841", 6), ("F821", 7)}


def kept(report: FindingsReport) -> list[Finding]:
    """The findings that are used."""
    return [found for found in report.findings if isinstance(found, Finding)]


def reasons(report: FindingsReport) -> list[str]:
    """Why the others are not."""
    return [found.reason for found in report.findings if isinstance(found, Dropped)]


@pytest.mark.parametrize("form", ["json", "sarif", "github", "concise", "pylint"])
def test_real_ruff(tmp_path: Path, form: str) -> None:
    """In any format of ruff, the same findings come out, at the repository's path."""
    home = tmp_path / "game" / "game"
    (home / "src").mkdir(parents=True)
    (home / "src" / "a.py").write_text(FAULTY)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    arguments = ["check", "--isolated", "--no-cache", "--exit-zero", "--output-format", form]
    done = subprocess.run([ruff, *arguments, "."], cwd=home, capture_output=True, check=True)
    found = kept(parse_report("ruff.out", done.stdout, ROOTS))

    assert {(one.rule.split(":")[0], one.line) for one in found} == EXPECTED
    assert {one.path for one in found} == {"src/a.py"}
    assert all(one.message and one.end_line == one.line for one in found)


def test_eslint() -> None:
    """Severity, lines and rule are ESLint's; messages about ESLint itself are not findings."""
    data = json.dumps(
        [
            {
                "filePath": "/home/runner/work/game/game/web/a.js",
                "messages": [
                    {"ruleId": "no-unused-vars", "severity": 2, "message": "'x' is unused.",
                     "line": 3, "column": 7, "endLine": 4, "endColumn": 8, "nodeType": "X"},
                    {"ruleId": "semi", "severity": 1, "message": "No.", "line": 9, "column": 1},
                    {"ruleId": None, "fatal": False, "severity": 1, "message": "File ignored."},
                ],
            },
            {"filePath": "/home/runner/work/game/game/web/b.js", "messages": []},
        ]
    )  # fmt: skip
    found = kept(parse_report("eslint.json", data.encode(), ROOTS))

    assert found == [
        finding(3, path="web/a.js", end_line=4, column=7, rule="no-unused-vars",
                message="'x' is unused.", tool="eslint"),
        finding(9, path="web/a.js", column=1, rule="semi", message="No.", tool="eslint",
                level="warning"),
    ]  # fmt: skip


@pytest.mark.parametrize("new", [False, True])
def test_pylint(new: bool) -> None:
    """Both JSON formats are read; pylint counts columns from 0, we count from 1."""
    number = "messageId" if new else "message-id"
    one = {"type": "convention", "module": "a", "obj": "", "line": 2, "column": 0, "endLine": None,
           "endColumn": None, "path": "src/a.py", "symbol": "missing-docstring",
           "message": "Missing docstring", number: "C0116"}  # fmt: skip
    written = {"messages": [one], "statistics": {}} if new else [one]
    found = kept(parse_report("pylint.json", json.dumps(written).encode(), ROOTS))

    wanted = {"column": 1, "rule": "C0116 missing-docstring", "message": "Missing docstring"}
    assert found == [finding(2, tool="pylint", level="warning", **wanted)]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("src/a.py:3:5: F401 `os` unused",
         finding(3, column=5, message="`os` unused", tool="", level="warning")),
        ("./src/a.py:3: error: Name is wrong  [name-defined]",
         finding(3, rule="name-defined", message="Name is wrong", tool="")),
        ("src/a.py:3:1: note: See above",
         finding(3, column=1, rule="", message="See above", tool="", level="note")),
        (r"D:\a\game\game\src\a.py:3:1: E501 Line too long (101 > 88)",
         finding(3, column=1, rule="E501", message="Line too long (101 > 88)", tool="",
                 level="warning")),
        ("::error file=src/a.py,line=3,endLine=4,col=5,title=Ruff (F401)::a%3A b%0Ac",
         finding(3, end_line=4, column=5, message="a: b c", tool="")),
        ("  ::warning file=src/a.py,line=3,title=Check%2C please::All :: bad",
         finding(3, rule="Check, please", message="All :: bad", tool="", level="warning")),
        ("::notice file=src/a.py::Whole file",
         finding(None, end_line=None, rule="", message="Whole file", tool="", level="note")),
        ("::error::No file", None),
        ("::group::src/a.py:1:1: x", None),
        ("Found 3 errors.", None),
        ("see https://example.org:443/x:12: nothing", None),
        ("12:30:11: started", None),
    ],
)  # fmt: skip
def test_lines_of_text(line: str, wanted: Finding | None) -> None:
    """Workflow commands and compiler-like lines are findings; headings and totals are not."""
    found = kept(parse_report("out.txt", f"{line}\n".encode(), ROOTS))

    assert found == ([] if wanted is None else [wanted])


class TestSarif:
    """What SARIF means beyond its field names."""

    def test_plain_result(self) -> None:
        found = kept(parse_report("x.sarif", sarif(result()), ROOTS))

        wanted = {"column": 5, "rule": "py/x", "message": "Bad.", "tool": "CodeQL"}
        assert found == [finding(3, level="warning", **wanted)]

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"kind": "pass"}, "does not call it a failure"),
            ({"baselineState": "absent"}, "absent"),
            ({"suppressions": [{"kind": "inSource"}]}, "suppressed"),
            ({"locations": []}, "no place"),
            ({"locations": [{"physicalLocation": {}}]}, "no place"),
        ],
    )
    def test_no_failure(self, changes: dict[str, Any], reason: str) -> None:
        """Passed, absent, suppressed and placeless results are dropped with the reason."""
        report = parse_report("x.sarif", sarif(result(**changes)), ROOTS)

        assert kept(report) == []
        assert reason in reasons(report)[0]

    def test_rejected_suppression_counts_not(self) -> None:
        given = result(suppressions=[{"kind": "external", "status": "rejected"}])

        assert len(kept(parse_report("x.sarif", sarif(given), ROOTS))) == 1

    def test_rule_gives_level_and_words(self) -> None:
        """Level and message may come from the rule, with arguments for its placeholders."""
        rule = {"id": "py/x", "defaultConfiguration": {"level": "error"},
                "messageStrings": {"default": {"text": "{0} is {1} in {{braces}}"}}}  # fmt: skip
        given = result(ruleIndex=0, message={"id": "default", "arguments": ["It", "bad"]})
        data = sarif(given, tool={"driver": {"name": "T", "rules": [rule]}})
        (found,) = kept(parse_report("x.sarif", data, ROOTS))

        assert (found.level, found.message) == ("error", "It is bad in {braces}")

    def test_artifact_and_bases(self) -> None:
        """A URI may be an index, and relative to bases that are relative themselves."""
        given = result()
        place = given["locations"][0]["physicalLocation"]
        place["artifactLocation"] = {"index": 0}
        data = sarif(
            given,
            artifacts=[{"location": {"uri": "my%20file.py", "uriBaseId": "SRC"}}],
            originalUriBaseIds={
                "SRC": {"uri": "src/", "uriBaseId": "ROOT"},
                "ROOT": {"uri": "file:///home/runner/work/game/game/"},
            },
        )
        (found,) = kept(parse_report("x.sarif", data, ROOTS))

        assert found.path == "src/my file.py"

    def test_circular_bases_end(self) -> None:
        given = result()
        given["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] = "A"
        bases = {"A": {"uri": "x/", "uriBaseId": "B"}, "B": {"uri": "y/", "uriBaseId": "A"}}

        assert parse_report("x.sarif", sarif(given, originalUriBaseIds=bases), ROOTS).findings

    def test_no_results(self) -> None:
        """A run without results, as of a tool that could not finish, is an empty report."""
        assert parse_report("x.sarif", sarif(results=None), ROOTS).findings == ()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"runs": [', "line 1 column 10"),
        (b'{"runs": [{"results": []}]}', "runs.0.tool"),
        (sarif(result(ruleId=7)), "runs.0.results.0.ruleId"),
        (sarif(result(locations={"a": 1})), "runs.0.results.0.locations"),
        (b'{"neither": 1}', "not of a known format"),
        (b"[[1]]", "not of a known format"),
        (b'[{"filename": "a", "location": {"row": "x"}}]', "0.location.row"),
        (b'[{"filePath": "a", "messages": 3}]', "0.messages"),
        (b"[" * 50_000 + b'{"', "not JSON"),
        (b"PK\x03\x04\x00\x00zip", "not text"),
    ],
)
def test_malformed(data: bytes, place: str) -> None:
    """The error names the file, the place and the formats that can be read."""
    with pytest.raises(FindingsError, match=r"`the-report`") as caught:
        parse_report("the-report", data, ROOTS)

    assert place in str(caught.value)
    assert "SARIF 2.1.0" in caught.value.next_step


def test_values_are_not_shown() -> None:
    """An error names the place, never its content."""
    with pytest.raises(FindingsError) as caught:
        parse_report("r", sarif(result(ruleId=["sk-secret-value"])), ROOTS)

    assert "sk-secret-value" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\n", b"[]", b"All checks passed!\n", b"\xef\xbb\xbf[ ]"])
def test_nothing_found(data: bytes) -> None:
    """A linter's output without findings is an empty report."""
    assert parse_report("r", data, ROOTS) == FindingsReport()


def test_text_in_a_sarif_file_is_not_an_empty_report() -> None:
    """A linter that broke may have left its last words there."""
    with pytest.raises(FindingsError, match=r"`r.sarif` cannot be read: it is not JSON"):
        parse_report("r.sarif", b"Error: no config\n", ROOTS)
    assert parse_report("r.sarif", b"\n", ROOTS) == FindingsReport()


def test_text_without_findings_is_reported() -> None:
    """A long text without a recognisable line must not pass as success."""
    report = parse_report("r.txt", b"<p>\n" * 10, ROOTS)

    assert report.notes == ("No finding was recognised in the 10 lines of `r.txt`.",)


def test_windows_text() -> None:
    """UTF-16 with a byte-order mark, as PowerShell redirects it, is read."""
    (found,) = kept(parse_report("r", "src/a.py:1:2: E1 x\r\n".encode("utf-16"), ROOTS))

    assert (found.rule, found.message) == ("E1", "x")


def test_long_and_hostile_words_are_bounded() -> None:
    """Messages are one visible, short line, whatever the report contains."""
    said = "a\n\x1b[31m\u202eb" + "x" * 2_000_000
    (found,) = kept(
        parse_report("r", sarif(result(message={"text": said}, ruleId="r" * 900)), ROOTS)
    )

    assert found.message.startswith("a [31mbxxx")
    assert len(found.message) <= 500
    assert len(found.rule) <= 120


@pytest.mark.parametrize(
    "line",
    [
        f"a.py:1:1: x{' ' * 19_900}y",
        f"a.py:1:1: {'[' * 19_900}",
        f"a.py:1:1: {'(a' * 9_900}",
        f"a.py:1:1: {'[a] ' * 4_900}x",
        f"a:{'1:' * 9_900}",
        f"::error file=a,title={'(a) ' * 4_900}x::y",
        f"::error {' ' * 19_900}::y",
    ],
)
def test_the_worst_lines_are_read_at_once(line: str) -> None:
    """A report of 400 kB of them took a minute."""
    report = parse_report("r.txt", "\n".join([line] * 20).encode(), ROOTS)

    assert len(report.findings) in {0, 1, 20}


@hypothesis.given(st.binary(max_size=300))
@hypothesis.example(b"{}")
@hypothesis.example(b'{"runs": 1}')
def test_any_bytes(data: bytes) -> None:
    """Any bytes are a report or an error of our own classes."""
    try:
        report = parse_report("r", data, ROOTS)
    except FindingsError:
        return
    assert all(isinstance(found, Finding | Dropped) for found in report.findings)


KEYS = [
    *("runs", "tool", "driver", "results", "locations", "physicalLocation", "region", "rules"),
    *("artifactLocation", "uri", "uriBaseId", "startLine", "message", "text", "messages"),
    *("filePath", "filename", "location", "row", "message-id", "path", "line"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=20,
)


@hypothesis.given(JSON)
def test_any_json(value: object) -> None:
    """Any JSON with familiar names is a report or an error, and paths of findings are safe."""
    try:
        report = parse_report("r", json.dumps(value).encode(), ROOTS)
    except FindingsError:
        return
    for found in kept(report):
        assert ".." not in found.path.split("/")
        assert not found.path.startswith("/")

"""The runner's files and variables."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import EventError, OutputError
from predict_edit.github.actions_runner import RunnerFiles, heredoc, read_payload, read_runner

LEAST = {"GITHUB_EVENT_NAME": "issue_comment", "GITHUB_EVENT_PATH": "/event.json"}


def outputs_of(text: str) -> dict[str, str]:
    """What a runner reads from its output file, restated from FileCommandManager.cs."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc_at = line.find("="), line.find("<<")
        if heredoc_at >= 0 and (equals < 0 or heredoc_at < equals):
            name, delimiter = line.split("<<", 1)
            value = []
            for part in lines:
                if part == delimiter:
                    break
                value.append(part)
            found[name] = "\n".join(value)
        else:
            name, value_text = line.split("=", 1)
            found[name] = value_text
    return found


class TestOutputs:
    """``GITHUB_OUTPUT``."""

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_no_value_becomes_another_output(self, value: str) -> None:
        """A runner reads exactly the value back, whatever it is."""
        assert outputs_of(heredoc("patch", value)) == {"patch": value}

    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
    def test_several_values_stay_apart(self, values: list[str]) -> None:
        """Values that look like delimiters or other outputs change no other output."""
        wanted = {f"value-{number}": value for number, value in enumerate(values)}
        hostile = "x\npredict-edit-\noutcome=suggested\nmore<<EOF\n::set-output name=a::b\nEOF"
        wanted["hostile"] = hostile

        assert outputs_of("".join(heredoc(*entry) for entry in wanted.items())) == wanted

    def test_lone_surrogate_becomes_a_question_mark(self) -> None:
        """A value that cannot be written as UTF-8 does not break the others."""
        assert outputs_of(heredoc("patch", "a\ud800b")) == {"patch": "a?b"}

    def test_appends_to_what_is_there(self, tmp_path: Path) -> None:
        """Outputs of earlier steps stay."""
        path = tmp_path / "output"
        path.write_text("earlier=1\n")
        runner = read_runner({**LEAST, "GITHUB_OUTPUT": str(path)})

        files = RunnerFiles(runner)
        files.write_outputs({"outcome": "suggested", "hunks": "3"})
        files.close()

        assert outputs_of(path.read_text()) == {
            "earlier": "1",
            "outcome": "suggested",
            "hunks": "3",
        }

    def test_summary_is_cut_not_dropped(self, tmp_path: Path) -> None:
        """GitHub drops a summary over 1 MiB, so ours stays below, in whole characters."""
        path = tmp_path / "summary"
        files = RunnerFiles(read_runner({**LEAST, "GITHUB_STEP_SUMMARY": str(path)}))
        files.write_summary("€" * 400_000)
        files.close()

        assert 1024 * 1024 - 3 <= path.stat().st_size <= 1024 * 1024
        assert set(path.read_text(encoding="utf-8")) == {"€"}

    def test_without_files_nothing_is_written(self) -> None:
        """Outside a runner both are missing, and that is fine."""
        files = RunnerFiles(read_runner(LEAST))

        files.write_outputs({"outcome": "ignored"})
        files.write_summary("text")
        files.close()

    @pytest.mark.parametrize("name", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
    def test_full_disk_is_reported_as_such(self, name: str) -> None:
        """The error names the cause, and closing raises no other."""
        files = RunnerFiles(read_runner({**LEAST, name: "/dev/full"}))

        write = (
            functools.partial(files.write_outputs, {"outcome": "suggested"})
            if name == "GITHUB_OUTPUT"
            else functools.partial(files.write_summary, "text")
        )
        with pytest.raises(OutputError, match="No space left"):
            write()
        files.close()

    def test_file_that_cannot_be_opened_is_an_error(self, tmp_path: Path) -> None:
        """A runner's file in a missing folder is an error, and not ignored."""
        runner = read_runner({**LEAST, "GITHUB_OUTPUT": str(tmp_path / "no" / "output")})

        with pytest.raises(EventError, match="output could not be opened"):
            RunnerFiles(runner)


class TestReadRunner:
    @pytest.mark.parametrize("name", sorted(LEAST))
    def test_event_is_needed(self, name: str) -> None:
        """Without an event there is nothing to do; the message names the variable."""
        environ = {key: value for key, value in LEAST.items() if key != name}

        with pytest.raises(EventError, match=name):
            read_runner(environ)

    def test_run_has_a_page(self) -> None:
        """The URL of the run comes from server, repository and id."""
        environ = {**LEAST, "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}

        assert read_runner(environ).run_url == "https://github.com/o/r/actions/runs/7"
        assert read_runner(LEAST).run_url == ""


class TestReadPayload:
    def test_reads_an_object(self, tmp_path: Path) -> None:
        path = tmp_path / "event.json"
        path.write_text(json.dumps({"action": "created"}))

        assert read_payload(path) == {"action": "created"}

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[1]",
            "{",
            "\xff",
            "\xef\xbb\xbf{}",  # a byte-order mark
            "{\x00}\x00",  # UTF-16
            '{"a": "\xc3"}',  # half a character
            '{"a": ' + "[" * 100_000,  # deeper than the stack
            '{"a": ' + "1" * 10_000 + "}",  # longer than Python reads
        ],
        ids=lambda text: text[:12],
    )
    def test_anything_else_is_an_error(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "event.json"
        path.write_bytes(text.encode("latin-1"))

        with pytest.raises(EventError, match="event file"):
            read_payload(path)

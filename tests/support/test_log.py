"""Whatever is printed, the runner must not take it for a command."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import re
import sys
import threading
import warnings
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from predict_edit.support.log import (
    Console,
    SafeFormatter,
    SafeStream,
    Secrets,
    harmless,
    log,
    set_up,
)

COMMANDS = ("add-mask", "set-output", "stop-commands", "error", "warning", "group", "debug")


def runner_sees(line: str) -> bool:
    """Whether a runner would obey a line, restated from actions/runner's ActionCommand.cs."""
    new = line.lstrip()
    if new.startswith("::") and new.find("::", 2) > 0:
        return True
    return re.search(r"##\[[^\]]+\]", line) is not None


@pytest.fixture
def stream() -> io.StringIO:
    """A log that ends in memory."""
    return io.StringIO()


class TestSafeFormatter:
    @given(
        st.lists(
            st.one_of(
                st.text(max_size=20),
                st.sampled_from(
                    ["::", "##[", "##[error]x", "]", "\n", "\r", " ", *COMMANDS, "\u2028", "\x1b["]
                ),
            ),
            max_size=12,
        )
    )
    @example(["::error::x", "\n", "##[error]x"])
    def test_no_line_is_a_command(self, pieces: list[str]) -> None:
        """No text, however hostile, comes out as a line that a runner obeys."""
        lines = ["predict-edit: " + harmless(line) for line in "".join(pieces).split("\n")]

        assert not any(runner_sees(line) for line in lines)
        assert all(line.isprintable() for line in lines)

    def test_oracle_knows_both_forms(self) -> None:
        """The restated runner obeys what it should, or the property would prove nothing."""
        assert runner_sees("  ::add-mask::x")
        assert runner_sees("anything ##[error]x")
        assert not runner_sees("predict-edit: ::add-mask::x")

    def test_libraries_are_heard_and_defused(self, stream: io.StringIO) -> None:
        """A library's warning goes through the same writer, with secrets hidden."""
        secrets = Secrets()
        secrets.add("sk-very-secret")
        set_up(stream, secrets, debug=False)

        logging.getLogger("some.library").warning("key %s\n::error::x ##[x]", "sk-very-secret")

        assert stream.getvalue() == "predict-edit: key ***\npredict-edit: ::error::x #\\#[x]\n"

    def test_crash_is_named_without_its_values(self, stream: io.StringIO) -> None:
        """An uncaught exception is logged by kind and place, never by its text."""
        set_up(stream, Secrets(), debug=False)
        with pytest.raises(ValueError, match="launch codes") as caught:
            int("launch codes")
        sys.excepthook(caught.type, caught.value, caught.tb)

        assert "unexpected ValueError at" in stream.getvalue()
        assert "launch codes" not in stream.getvalue()

    def test_traceback_of_a_library_holds_no_values(self, stream: io.StringIO) -> None:
        """An exception that a library logs is reduced to its kind and place."""
        set_up(stream, Secrets(), debug=True)
        error = ExceptionGroup("launch codes", [KeyError("launch codes")])
        logging.getLogger("some.library").error("it broke", exc_info=error)

        lines = stream.getvalue().splitlines()
        assert [line.partition(" at ")[0] for line in lines] == [
            "predict-edit: it broke",
            "predict-edit: unexpected ExceptionGroup",
            "predict-edit: unexpected KeyError",
        ]

    def test_cause_of_a_crash_is_named(self, stream: io.StringIO) -> None:
        """The cause of a crash is logged after it, once, even if causes form a circle."""
        set_up(stream, Secrets(), debug=False)
        first, second = ValueError("launch codes"), KeyError("launch codes")
        first.__cause__, second.__cause__ = second, first
        sys.excepthook(ValueError, first, None)

        assert re.findall(r"unexpected (\w+)", stream.getvalue()) == ["ValueError", "KeyError"]

    def test_lost_task_logs_no_values(self, stream: io.StringIO) -> None:
        """A lost exception, which asyncio would show, is logged by its kind."""
        set_up(stream, Secrets(), debug=True)

        async def lose() -> None:
            async def fail() -> None:
                raise ValueError("launch codes")

            task = asyncio.create_task(fail())
            await asyncio.wait([task])
            task.get_loop().call_exception_handler(
                {
                    "message": "Task exception was never retrieved",
                    "exception": task.exception(),
                    "future": task,
                }
            )

        asyncio.run(lose())

        assert "Task exception was never retrieved" in stream.getvalue()
        assert "unexpected ValueError at" in stream.getvalue()
        assert "launch codes" not in stream.getvalue()

    def test_threads_and_finalizers_crash_quietly(self, stream: io.StringIO) -> None:
        """A crash in a thread or a finalizer never shows its text on stderr."""
        set_up(stream, Secrets(), debug=False)
        args = threading.ExceptHookArgs((ValueError, ValueError("launch codes"), None, None))
        threading.excepthook(args)

        class Held:
            def __del__(self) -> None:
                raise KeyError("launch codes")

        del Held

        assert "unexpected ValueError" in stream.getvalue()
        assert "launch codes" not in stream.getvalue()
        assert sys.unraisablehook is not sys.__unraisablehook__

    def test_warning_shows_its_first_line_only(self, stream: io.StringIO) -> None:
        """A warning may continue with the value it is about, which stays out of the log."""
        set_up(stream, Secrets(), debug=False)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(False)
            logging.captureWarnings(True)
            warnings.warn("serializer\n  input_value='launch codes'", UserWarning, stacklevel=1)

        assert "UserWarning: serializer" in stream.getvalue()
        assert "launch codes" not in stream.getvalue()

    @pytest.mark.parametrize("name", ["openai._base_client", "httpx2", "github.Requester", "azure"])
    def test_debug_lines_of_libraries_stay_out(self, stream: io.StringIO, name: str) -> None:
        """A library that switches its own debug log on stays silent: it would log what it sends."""
        set_up(stream, Secrets(), debug=True)
        library = logging.getLogger(name)
        before = library.level
        library.setLevel(logging.DEBUG)
        try:
            library.debug("Request options: %s", {"json_data": "launch codes"})
            library.info("launch codes")
        finally:
            library.setLevel(before)

        assert stream.getvalue() == ""

    def test_line_that_cannot_be_written_is_named(
        self, stream: io.StringIO, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A wrong log call is reported without its arguments or a traceback."""
        set_up(stream, Secrets(), debug=False)
        log.warning("%d", "launch codes")

        assert stream.getvalue() == (
            "predict-edit: a log line of predict_edit could not be written (TypeError)\n"
        )
        assert capsys.readouterr() == ("", "")

    def test_stream_that_is_gone_ends_nothing(self, stream: io.StringIO) -> None:
        """Logging continues after the stream is gone."""
        set_up(stream, Secrets(), debug=False)
        stream.close()

        log.warning("unheard")

        assert stream.closed

    def test_debug_lines_need_step_debugging(self, stream: io.StringIO) -> None:
        set_up(stream, Secrets(), debug=False)
        log.debug("quiet")
        log.info("heard")

        assert stream.getvalue() == "predict-edit: heard\n"


class TestSafeStream:
    @given(
        st.lists(
            st.one_of(
                st.text(max_size=10),
                st.sampled_from(["::error::", "##[", "]", "\n", "\r", "sk-very-secret", "sk-very"]),
            ),
            max_size=12,
        )
    )
    def test_whatever_is_printed_is_harmless(self, pieces: list[str]) -> None:
        """No part of a print, however cut, becomes a command or shows a secret."""
        stream, secrets = io.StringIO(), Secrets()
        secrets.add("sk-very-secret")
        printed = SafeStream(stream, secrets)
        for piece in pieces:
            printed.write(piece)
        printed.flush()

        lines = stream.getvalue().split("\n")
        assert not any(runner_sees(line) for line in lines)
        assert "sk-very-secret" not in stream.getvalue()
        assert all(line.startswith("predict-edit: ") for line in lines[:-1])
        assert lines[-1] == ""

    def test_print_goes_through(self) -> None:
        """Python's own ``print`` accepts it as a stream."""
        stream = io.StringIO()
        printed = SafeStream(stream, Secrets())
        print("::set-output name=x::y", "z", file=printed)
        print("half", end="", file=printed, flush=True)

        assert printed.writable()
        assert stream.getvalue() == ("predict-edit: ::set-output name=x::y z\npredict-edit: half\n")


class TestSecrets:
    @pytest.mark.parametrize(
        "shown",
        [
            "sk-a/b+c=d e%f",
            quote("sk-a/b+c=d e%f", safe=""),
            base64.b64encode(b"x-access-token:sk-a/b+c=d e%f").decode(),
            base64.b64encode(b"ab:sk-a/b+c=d e%f!").decode(),
            base64.urlsafe_b64encode(b"sk-a/b+c=d e%f").decode(),
        ],
    )
    def test_encoded_secrets_are_hidden_too(self, shown: str) -> None:
        """A secret looks different in a URL or a header, and is hidden all the same."""
        secrets = Secrets()
        secrets.add("sk-a/b+c=d e%f")

        assert "***" in secrets.hide(f"url {shown} end")
        assert shown.strip("=") not in secrets.hide(f"url {shown} end")
        assert list(secrets) == ["sk-a/b+c=d e%f"]

    @given(st.text("abc:#[]\n%", min_size=6, max_size=12), st.text("abc:#[]\n% ", max_size=40))
    def test_hiding_makes_no_command(self, secret: str, text: str) -> None:
        """What is left after hiding is harmless too, whatever the secret was."""
        secrets = Secrets()
        secrets.add(secret)
        record = logging.makeLogRecord({"name": "predict_edit", "msg": "%s", "args": (text,)})
        shown = SafeFormatter(secrets).format(record)

        assert not any(runner_sees(line) for line in shown.split("\n"))

    def test_each_line_of_a_long_secret_counts(self) -> None:
        """A multi-line key file is hidden line by line."""
        secrets = Secrets()
        secrets.add("first-line\nsecond-line\n")

        assert secrets.hide("a first-line b second-line") == "a *** b ***"

    def test_longer_secrets_go_first(self) -> None:
        """A secret that contains another one is hidden whole."""
        secrets = Secrets()
        secrets.add("abcdef")
        secrets.add("abcdefghijkl")

        assert secrets.hide("abcdefghijkl") == "***"

    @pytest.mark.parametrize("value", [None, "", "  ", "abc"])
    def test_nothing_and_the_too_short_are_not_secrets(self, value: str | None) -> None:
        """Hiding three letters everywhere would only make the log unreadable."""
        secrets = Secrets()
        secrets.add(value)

        assert secrets.hide("abc   def") == "abc   def"


class TestConsole:
    def test_masks_only_on_a_runner(self) -> None:
        """On a laptop a mask command would print the very secret."""
        on_runner, on_laptop = io.StringIO(), io.StringIO()

        Console(on_runner, Secrets(), on_actions=True).mask("sk-secret%1")
        Console(on_laptop, Secrets(), on_actions=False).mask("sk-secret%1")

        assert on_runner.getvalue() == "::add-mask::sk-secret%251\n"
        assert on_laptop.getvalue() == ""

    def test_error_is_one_harmless_annotation(self) -> None:
        """An annotation stays on one line, hides secrets and keeps its own form."""
        stream, secrets = io.StringIO(), Secrets()
        secrets.add("sk-secret")
        Console(stream, secrets, on_actions=True).error("a:b,c", "x sk-secret\n::error::100%")

        assert stream.getvalue() == (
            "::error title=predict-edit a%3Ab%2Cc::x *** ::error::100%25\n"
        )

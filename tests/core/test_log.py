"""The log: whatever is printed, the runner must not take it for a command."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.log import Console, Secrets, harmless, log, set_up

COMMANDS = ("add-mask", "set-output", "stop-commands", "error", "warning", "group", "debug")


def runner_sees(line: str) -> bool:
    """Whether a runner would obey a line, re-stated from actions/runner's ActionCommand.cs."""
    new = line.lstrip()
    if new.startswith("::") and new.find("::", 2) > 0:
        return True
    return re.search(r"##\[[^\]]+\]", line) is not None


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A log that ends in memory, put back afterwards."""
    root = logging.getLogger()
    before, level, own, hook = root.handlers[:], root.level, log.level, sys.excepthook
    yield io.StringIO()
    root.handlers[:], root.level, sys.excepthook = before, level, hook
    log.setLevel(own)
    logging.captureWarnings(False)


class TestSafeFormatter:
    """Every line that goes through logging."""

    @given(
        st.lists(
            st.one_of(
                st.text(max_size=20),
                st.sampled_from(["::", "##[", "]", "\n", "\r", " ", *COMMANDS, "\u2028", "\x1b["]),
            ),
            max_size=12,
        )
    )
    def test_no_line_is_a_command(self, pieces: list[str]) -> None:
        """No text, however hostile, comes out as a line that a runner obeys."""
        lines = ["predict-edit: " + harmless(line) for line in "".join(pieces).split("\n")]

        assert not any(runner_sees(line) for line in lines)
        assert all(line.isprintable() for line in lines)

    def test_oracle_knows_both_forms(self) -> None:
        """The re-stated runner does obey what it should, or the property would prove nothing."""
        assert runner_sees("  ::add-mask::x")
        assert runner_sees("anything ##[error]x")
        assert not runner_sees("predict-edit: ::add-mask::x")

    def test_libraries_are_heard_and_defused(self, stream: io.StringIO) -> None:
        """A library's warning goes through the same door, secrets hidden."""
        secrets = Secrets()
        secrets.add("sk-very-secret")
        set_up(stream, secrets, debug=False)

        logging.getLogger("some.library").warning("key %s\n::error::x ##[x]", "sk-very-secret")

        assert stream.getvalue() == "predict-edit: key ***\npredict-edit: ::error::x #\\#[x]\n"

    def test_crash_is_named_without_its_values(self, stream: io.StringIO) -> None:
        """An uncaught exception says its kind and place, never the text it carries."""
        set_up(stream, Secrets(), debug=False)
        with pytest.raises(ValueError, match="launch codes") as caught:
            int("launch codes")
        sys.excepthook(caught.type, caught.value, caught.tb)

        assert "unexpected ValueError at" in stream.getvalue()
        assert "launch codes" not in stream.getvalue()

    def test_debug_lines_need_step_debugging(self, stream: io.StringIO) -> None:
        """Debug lines show only when step debugging is on."""
        set_up(stream, Secrets(), debug=False)
        log.debug("quiet")
        log.info("heard")

        assert stream.getvalue() == "predict-edit: heard\n"


class TestSecrets:
    """What is hidden, and what is not."""

    def test_each_line_of_a_long_secret_counts(self) -> None:
        """A key file of several lines is hidden line by line."""
        secrets = Secrets()
        secrets.add("first-line\nsecond-line\n")

        assert secrets.hide("a first-line b second-line") == "a *** b ***"

    def test_longer_secrets_go_first(self) -> None:
        """A secret that contains another one leaves no rest of itself."""
        secrets = Secrets()
        secrets.add("abcdef")
        secrets.add("abcdefghijkl")

        assert secrets.hide("abcdefghijkl") == "***"

    @pytest.mark.parametrize("value", [None, "", "  ", "abc"])
    def test_nothing_and_the_too_short_are_no_secrets(self, value: str | None) -> None:
        """Hiding three letters everywhere would only make the log unreadable."""
        secrets = Secrets()
        secrets.add(value)

        assert secrets.hide("abc   def") == "abc   def"


class TestConsole:
    """The workflow commands that are meant."""

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

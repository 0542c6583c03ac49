"""Whether an answer that is still being written can become the file at all.

What the guard would refuse for its beginning or for a loop can be seen long before the end, and
every token until then is paid for. The verdicts are the guard's, only earlier; the work is bounded
for each character that comes in.
"""

from __future__ import annotations

from collections import Counter

from predict_edit.edit.guards import commentary, repeats
from predict_edit.edit.rewrite import compare, stripped_lines

_OPENING_LINES = 2
"""Lines with text that are needed to judge an opening: a remark, and what follows it."""
_OPENING_MOST = 4_000
"""Characters after which an opening without so many lines is judged as it is."""
_STEP, _SHARE = 20, 0.1
"""Lines after which an answer is looked at again, and their share of those before: so the work is
in proportion to the length."""
_STUCK = 4_000
"""Characters at the end of an unfinished line that must be all loops."""
_STUCK_STEP = 2_000

STUCK = "The answer writes the same characters over and over."


class EarlyStop:
    """Reads along with one answer; made anew for each."""

    def __init__(self, path: str, original: str) -> None:
        self._path = path
        self._original = original
        self._opening: str | None = ""
        self._loops = LoopWatch(original)

    def feed(self, text: str) -> str | None:
        """Take in the next characters; a sentence if there is no use in reading on."""
        if self._opening is not None:
            self._opening += text
            if self._opening_is_talk():
                return commentary.BEGINS
        return self._loops.feed(text)

    def _opening_is_talk(self) -> bool:
        """Judge the beginning, once, as soon as there is enough of it."""
        opening = self._opening or ""
        whole, _, _ = opening.rpartition("\n")
        lines = sum(bool(line.strip()) for line in whole.split("\n"))
        if lines < _OPENING_LINES and len(opening) < _OPENING_MOST:
            return False
        self._opening = None
        text = whole or opening
        first = next(filter(None, stripped_lines(text)), "")
        # Only what may be talk is worth the comparison.
        return commentary.opens(first) and commentary.in_opening(
            compare(self._path, self._original, text)
        )


class LoopWatch:
    """Finds blocks of lines, and pieces of a line, that come again and again."""

    def __init__(self, original: str) -> None:
        self._original = original
        self._line = ""
        """The unfinished line, or its end where it is long."""
        self._grown = 0
        self._lines: list[str] = []
        """Those with text."""
        self._left = Counter(repeats.text_lines(original))
        """How many more of each line the original has than the answer."""
        self._suspect = False
        """Whether one came so much more often that a loop is possible."""
        self._judged_at = repeats.MIN_LINES

    def feed(self, text: str) -> str | None:
        """Take in the next characters."""
        *whole, rest = text.split("\n")
        for part in whole:
            line, self._line, self._grown = (self._line + part).strip(), "", 0
            if line:
                self._lines.append(line)
                self._left[line] -= 1
                self._suspect = self._suspect or self._left[line] <= -repeats.MORE
        if self._suspect and len(self._lines) >= self._judged_at:
            self._judged_at = len(self._lines) + max(_STEP, int(_SHARE * len(self._lines)))
            if repeats.loops(repeats.text_lines(self._original), self._lines):
                return repeats.LOOP
        self._line = (self._line + rest)[-2 * _STUCK :]
        self._grown += len(rest)
        if self._grown >= _STUCK_STEP:
            self._grown = 0
            if self._is_stuck():
                return STUCK
        return None

    def _is_stuck(self) -> bool:
        """Whether the unfinished line has come down to a few characters over and over."""
        tail = self._line[-_STUCK:]
        stuck = len(tail) == _STUCK and repeats.is_periodic(tail, _STUCK)
        return stuck and tail not in self._original

"""What models put round a file, taken off where that is certain.

Thinking, tokens of chat formats, a code fence, a JSON object, a column before every line, and lines
above and below that only frame the file. Each is taken off only if the original has nothing like it
and what is left is closer to the original; a file that itself holds such things keeps them. What is
not certain is left for the guards.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import functools
import itertools
import json
import os.path
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from predict_edit.edit.rewrite import FENCE, THINK, THOUGHT, compare, is_fence, suffix_of

BOM = "\ufeff"
_ROUNDS = 6
"""Wrappers in wrappers that are taken off."""
_CLIP = 300
_ALIKE = 0.6
"""Similarity from which a first or last line counts as the original's, edited."""
_MIN_COLUMN = 3
"""Lines from which the same beginning of all of them is a column."""
_MIN_WORDS = 3
_SHORT = 4
"""Characters up to which a token may be a tag of the file's own."""

_TOKEN = r"(?:<\|[\w ]{1,40}\|?>|<[\w ]{1,40}\|>|<｜[^｜<>\n]{1,40}｜>|</?s>|<[be]os>|<fim_\w+>|"  # noqa: RUF001, S105
_TOKEN += r"<(?:start|end)_of_turn>|\[/?(?:INST|[BE]OS|s|end of text)\]|<!\[CDATA\[|\]\]>)"
_ROLE = r"(?:assistant|model|user|system)"
_BEFORE = (
    re.compile(r"\s*(?P<mark>answer: (?:file|edits) [\w-]{16,})[ \t]*\n"),
    re.compile(rf"\s*<({THINK})>.*?(?P<mark></\1>)\s*", re.DOTALL),
    # From one character that may begin a mark to the next, as most texts have few of them.
    re.compile(rf"(?:[^<\[\u25c1]++|[<\[\u25c1])*?(?P<mark>{THOUGHT})\s*"),
    re.compile(r"(?:[^<]++|<)*(?P<mark><\|message\|>)"),
    re.compile(rf"\s*(?:(?P<mark>{_TOKEN})\s*(?:{_ROLE}(?:\s*\n\s*|(?=<)))?)+"),
    re.compile(r"\s*(?P<mark>assistant)(?:: |:?\n)\s*", re.IGNORECASE),
)
_BEHIND = re.compile(rf"(?:\s*(?P<mark>{_TOKEN}|</answer>)(?:{_ROLE}$)?)+$")
_ANY_TOKEN = re.compile(_TOKEN)
_OWN = re.compile(r"\[.*|\w+|</?s>|<\|(?:user|system)\|>")
"""Marks that a file may get by an edit that does nothing else."""
_BEHIND_MOST = 400
"""Characters at an answer's end in which tokens are sought."""
_TAG = re.compile(r"</?([A-Za-z][\w.=-]*)(?:\s[^<>]*)?>")
_ELEMENT = re.compile(r"\s*<([A-Za-z][\w.-]{3,})(?:\s[^<>]*)?>(?P<held>.*)</\1>\s*", re.DOTALL)
_ANSWER_TAG = re.compile(
    r"(?:\w+[_-])?(?:file|files|answer|code|output|response|result|content|contents|document|"
    r"completion|rewritten|updated|edited|modified|final)(?:[_-]\w+)?",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"[\[{<%#$]{1,3}\s*[A-Z][A-Z_ ]{3,}\s*[\]}>%#$]{1,3}")
_CALL_TAGS = re.compile(r"</?(?:tool_call|function_call|tool_use|invoke)>")
_JSON_ENDS = frozenset({("{", "}"), ("[", "]"), ('"', '"')})
_MARKUP = frozenset(
    {".html", ".htm", ".xml", ".svg", ".vue", ".jsx", ".tsx", ".svelte", ".astro", ".xhtml"}
    | {".xsl", ".xslt", ".xsd", ".plist", ".csproj", ".props", ".resx", ".mdx", ".cshtml", ".hbs"}
)
_OPENER = re.compile(r"(?P<run>`{3,}|~{3,})[^`\n]*")
_NUMBERED = re.compile(r" *(?:L?\d{1,7}(?:→|\t| ?[:|] ?|$)|\[\d{1,7}\] ?)")
_QUOTE = re.compile(r"[>|](?: |$)")
_DIFF_COLUMN = re.compile(r"[ +]")
_DIFF_FRAME = re.compile(r"-|\+\+\+|@@|diff |index ")
_COMMENT = re.compile(r"\s*(?:#|//|/\*|<!--|--|;|%)")
_INTERJECTION = re.compile(r"[^\W\d_]+(?:[ ,]{1,2}[^\W\d_]+)?[!.\u2026\uff01\u3002]")
_ROUND_NAMES = "*_`:\"'# =-/<!>;%"
_BEFORE_NAME = re.compile(r"(?:File: |(?:Updated|Modified|Edited)\b:?)", re.IGNORECASE)
_BORDER = re.compile(
    r"(?:[-=#*<]{3,}\s+|\[)(?:BEGIN|START|END|STOP)\b[^;{}()]*|"
    r"(?:BEGIN|START|END)(?: OF)? (?:FILE|CODE|OUTPUT|ANSWER|CONTENT)\b.*|"
    r"\[/?(?:FILE|CODE|OUTPUT|ANSWER|CONTENT)\]|\'{3}|\\(?:begin|end)\{code\}",
    re.IGNORECASE,
)
"""A line above the file with a line below it, or under the file's name."""
_SENTENCE_END = ".:!?…。：！？"  # noqa: RUF001
_CODE_CHARACTERS = re.compile(r"[=<>{}\[\]\\|]|;(?! )|\w\(|^[-+*#/\"'@$%&.;(]|\t")
_WORD = re.compile(r"[^\W\d_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{4,}")


@dataclasses.dataclass(frozen=True)
class _File:
    """The original, as far as answers are compared with it."""

    path: str
    text: str
    instruction: str
    lines: tuple[str, ...]
    """Its lines with text, without the blanks round them."""

    @functools.cached_property
    def known(self) -> frozenset[str]:
        """Those with more than a character."""
        return frozenset(line for line in self.lines if len(line) > 1)

    def frame(self, lines: Sequence[str], edge: str, borders: Sequence[str]) -> int:
        """Count the lines that only frame the file, up to one that is like its own at this end."""
        for number, line in enumerate(map(str.rstrip, lines)):
            if is_alike(edge, line):
                return number
            if line.strip() in self.known or not (
                line in {"", "---", *borders} or self._frames(line)
            ):
                break
        return 0

    def _frames(self, line: str) -> bool:
        """Whether a line can only be a wrapper: a tag, the file's name, a fence or talk."""
        if line == self.instruction.strip():
            return True
        prose = compare(self.path, "", "").is_prose
        if (tag := _TAG.fullmatch(line)) is not None:
            markup = suffix_of(self.path) in _MARKUP or self.lines[0].startswith("<")
            return not markup or _ANSWER_TAG.fullmatch(tag[1]) is not None
        if prose:
            return self.is_name(line)
        talk = _INTERJECTION.fullmatch(line) or line.lower().rstrip(":") == "assistant"
        return bool(self.is_name(line) or is_sentence(line) or is_fence(line) or talk)

    def is_name(self, line: str) -> bool:
        """Whether a line only names the file, in whatever frame."""
        base = posixpath.basename(self.path)
        name = _TAG.sub("", line).strip(_ROUND_NAMES)
        name = _BEFORE_NAME.sub("", name).strip(_ROUND_NAMES)
        return name == base or (name.endswith(f"/{base}") and " " not in name)


def unwrap(path: str, original: str, answer: str, *, instruction: str = "") -> str:
    """Take off what surely is not part of the file; ``unwrap(p, x, x) == x``."""
    text = original.lstrip(BOM).split("\n")
    lines = tuple(stripped for line in text if (stripped := line.strip()))
    if answer == original or not lines:
        return unfence(original, answer)
    file = _File(path, original, instruction, lines)
    for _ in range(_ROUNDS):
        steps = (step(file, answer) for step in _STEPS)
        less = next((less for less in steps if less is not None and less != answer), None)
        if less is None:
            return answer
        answer = less
    return answer


def _marks(file: _File, text: str) -> str | None:
    """Thinking on top, or its end, and tokens of chat formats before and behind the file."""
    end = len(text.rstrip())
    for pattern in (*_BEFORE, _BEHIND):
        behind = pattern is _BEHIND
        start = max(0, end - _BEHIND_MOST)
        match = pattern.search(text, start, end) if behind else pattern.match(text)
        if match is None or match["mark"] in file.text:
            continue
        rest = text[: match.start()] + "\n" if behind else text[match.end() :].lstrip("\r\n")
        ends = [line.strip() for line in rest.split("\n") if line.strip()]
        bare = [line for line in (_ANY_TOKEN.sub("", line).strip() for line in ends) if line]
        if not ends or (_OWN.fullmatch(match["mark"]) and bare == list(file.lines)):
            continue
        edge = (file.lines[-1], ends[-1]) if behind else (file.lines[0], ends[0])
        long = len(match["mark"]) > _SHORT and not match["mark"].isalpha()
        sure = long or match.group().startswith("\n") or is_alike(*edge)
        if sure and not file.known & set(map(str.strip, match.group().split("\n"))):
            return rest
    return None


def _fence(file: _File, text: str) -> str | None:
    return unfence(file.text, text)


def _json(file: _File, text: str) -> str | None:
    """A JSON object or a tool call that holds the file in a string."""
    held = _CALL_TAGS.sub("", text).strip()
    if (held[:1], held[-1:]) not in _JSON_ENDS:
        return None
    try:
        strings = list(_strings(json.loads(held, strict=False)))
    except (ValueError, RecursionError):
        return None
    best = max(strings, key=lambda held: _shared(file, held), default="")
    if 2 * _shared(file, best) < len(file.known) or _shared(file, text) >= _shared(file, best):
        return None
    return best


def _strings(value: object) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
        if value.startswith("{"):
            with contextlib.suppress(ValueError):
                yield from _strings(json.loads(value, strict=False))
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _element(file: _File, text: str) -> str | None:
    """An element whose tags are on the file's own first and last line."""
    found = _ELEMENT.fullmatch(text)
    if found is None or f"</{found[1]}>" in file.text or found["held"].startswith("\n"):
        return None
    markup = suffix_of(file.path) in _MARKUP or file.lines[0].startswith("<")
    return None if markup else found["held"]


def _column(file: _File, text: str) -> str | None:
    """Numbers, the first column of a diff or the same blanks before every line."""
    lines = text.strip("\n").split("\n")
    blanks = os.path.commonprefix(  # noqa: RUF071 - of characters, it is meant
        [line for line in lines if line.strip()]
    )
    blanks = blanks[: len(blanks) - len(blanks.lstrip())]
    for pattern, shown in (
        (_NUMBERED, lines),
        (re.compile(blanks), lines if blanks else []),
        (_QUOTE, [] if compare(file.path, "", "").is_prose else lines),
        (_DIFF_COLUMN, itertools.filterfalse(_DIFF_FRAME.match, lines)),
    ):
        held: list[str] = []
        for line in shown:
            if line.strip() and not pattern.match(line):
                break
            held.append(line)
        else:
            if sum(map(bool, map(str.strip, held))) < _MIN_COLUMN:
                continue
            rest = "\n".join(pattern.sub("", line, count=1) for line in held) + "\n"
            if _nearer(file, text, rest):
                return rest
    return None


def prefixed(original: str, answer: str) -> bool:
    """Whether an answer is the file with something before every line, and nothing else."""
    old, new = (
        [line.rstrip() for line in text.split("\n") if line.strip()] for text in (original, answer)
    )
    pairs = zip(old, new, strict=False)
    return len(old) == len(new) and all(
        line != before and line.endswith(before.lstrip()) for before, line in pairs
    )


def _lines_round(file: _File, text: str) -> str | None:
    """Lines above and below that only frame the file: tags, fences, its name, talk."""
    lines = body(text)
    ends = (lines[0].strip(), lines[-1].strip())
    bordered = all(_BORDER.fullmatch(line) or file.is_name(line) for line in ends)
    borders = ends if bordered or (ends[0] == ends[1] and _PLACEHOLDER.fullmatch(ends[0])) else ()
    top = file.frame(lines, file.lines[0], borders)
    bottom = file.frame(lines[::-1], file.lines[-1], borders)
    if not (top or bottom):
        return None
    rest = lines[top : len(lines) - bottom]
    # Talk and names come with an edit; a line that is all that is new is one.
    same = [line.strip() for line in rest if line.strip()] == list(file.lines)
    talk = any(
        is_sentence(line) or _COMMENT.match(line)
        for line in lines[:top] + lines[len(lines) - bottom :]
    )
    return None if same and talk else "\n".join(rest) + "\n"


def is_sentence(line: str) -> bool:
    """Whether a line is one or more sentences for people, in whatever language."""
    line = line.rstrip()[:_CLIP]
    if not line or line[-1] not in _SENTENCE_END or _CODE_CHARACTERS.search(line):
        return False
    return len(_WORD.findall(line)) >= _MIN_WORDS or _WIDE.search(line) is not None


def is_alike(old: str, new: str) -> bool:
    """Whether a line may be another one, edited."""
    old, new = old.strip()[:_CLIP], new.strip()[:_CLIP]
    if old == new:
        return True
    return difflib.SequenceMatcher(None, old, new, autojunk=False).ratio() >= _ALIKE


def _shared(file: _File, text: str) -> int:
    """How many different lines of the file a text has."""
    return len(file.known & {line.strip() for line in text.split("\n")})


def _nearer(file: _File, text: str, rest: str) -> bool:
    """Whether many more lines are exactly the file's than before."""
    before, column, without = (
        Counter(line.rstrip() for line in one.split("\n") if line.strip())
        for one in (file.text, text, rest)
    )
    return 2 * ((before & without).total() - (before & column).total()) >= before.total()


def unfence(original: str, answer: str) -> str:
    """Take one fence off that encloses the whole answer.

    Only if the first line with text opens a fence, the last one closes it, the original does not
    itself begin with a fence, and the fence is not one of the original's own (in Markdown). An
    answer that would still be wrapped afterwards is left alone. A byte-order mark before the
    fence goes with it.
    """
    once = _unfence_once(original, answer)
    if once is None:
        return answer
    return answer if _unfence_once(original, once) is not None else once


def encloses(lines: list[str]) -> bool:
    """Whether the first line opens a fence that exactly the last line closes.

    A fence with a language always opens; a bare one closes the innermost open fence of its kind,
    and opens one where none is open (CommonMark, "Fenced code blocks", nested as models write
    them).
    """
    open_runs: list[str] = []
    for number, line in enumerate(lines):
        match = FENCE.fullmatch(line.strip())
        if match is not None:
            run, bare = match["run"], not match["info"].strip()
            if bare and open_runs and _closes(run, open_runs[-1]):
                open_runs.pop()
            elif bare and open_runs:
                continue
            else:
                open_runs.append(run)
        if not open_runs:
            return number == len(lines) - 1 and number > 0
    return False


def count_fences(lines: Iterable[str]) -> int:
    """How many lines look like a fence, opening or closing."""
    return sum(is_fence(line) for line in lines)


def body(text: str) -> list[str]:
    """The lines from the first to the last that has text, without their line ends."""
    text = text.strip()
    while text.startswith(BOM):
        text = text.lstrip(BOM).lstrip()
    return text.split("\n")


def _closes(run: str, opener: str) -> bool:
    """Whether a bare fence closes one that opened so."""
    return run[0] == opener[0] and len(run) >= len(opener)


def _unfence_once(original: str, answer: str) -> str | None:
    """The inside of the outer fence; ``None`` when there is no outer fence to take off."""
    lines = body(answer)
    opener = _OPENER.fullmatch(lines[0].rstrip())
    if opener is None or len(lines) < 2:  # noqa: PLR2004 - first and last
        return None
    before = body(original)
    last = lines[-1].rstrip()
    closed = set(last) == {opener["run"][0]} and _closes(last, opener["run"])
    if is_fence(before[0]) or not closed:
        return None
    surplus = count_fences(lines) - count_fences(before)
    inside = lines[1:-1]
    first = next((line.strip() for line in inside if line.strip()), "")
    same_start = surplus == 2 and first == before[0].strip()  # noqa: PLR2004 - opener and closer
    if surplus <= 0 or not (encloses(lines) or same_start):
        return None
    return "\n".join(inside)


_STEPS: tuple[Callable[[_File, str], str | None], ...] = (
    _element,
    _marks,
    _fence,
    _json,
    _column,
    _lines_round,
)

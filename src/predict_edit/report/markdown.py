"""Text from outside, written so that it reads as itself and as nothing else on GitHub.

A file name, a reason or a model name may hold anything. After these functions none of it renders
as a mention, link, image, issue or commit reference, emoji, formula, HTML, list, heading or slash
command, nothing breaks a table row or a fence, and what cannot be seen is made visible.

Two kinds of rule meet here. Markdown itself is switched off by escaping (CommonMark 0.31,
"Backslash escapes"; GitHub Flavored Markdown, "Tables" and "Autolinks"). GitHub's own references
work on the rendered page, where escapes no longer count, but never inside code: so a word that
could become one is written as code.
"""

from __future__ import annotations

import functools
import html
import re
from collections import Counter
from collections.abc import Iterable

from predict_edit.support.unicode import EMOJI_SELECTORS, JOINERS, is_shown

MISSING = "\N{EN DASH}"
"""Stands for a figure that nobody reported, and for an empty text."""

BODY_LIMIT = 60_000
"""Characters of a comment, review or pull request with its marker.

GitHub refuses more than 65,536 whole; the rest is for another way of counting.
"""

_LONGEST_NAME = 200
_LONGEST_TEXT = 2_000

_JOINERS = JOINERS | EMOJI_SELECTORS
"""Part of many scripts and emoji; they hide or reorder nothing, so running text keeps them."""

_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_BEFORE = """([{"'\N{LEFT DOUBLE QUOTATION MARK}"""
_AFTER = """.,;:!?)]}"'\N{RIGHT DOUBLE QUOTATION MARK}"""
"""Punctuation that stays outside when a word becomes code."""
_ACTIVE = re.compile(r"([\\`*_\[\](){}#!~^])")
_RISKY = re.compile(
    r"""
      [@$]                                    # mention, e-mail, owner/repo@commit; formula
    | \#\w                                    # issue, owner/repo#1, colour
    | ://                                     # bare address
    | \b(?:www\.|mailto:|xmpp:)               # the other autolinks of GitHub Flavored Markdown
    | (?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z]) # commit
    | \b(?:[a-z]\w*-\d|ghsa-)                # GH-1, advisories, prefixes a repository may define
    | :[\w+-]+:                               # emoji
    | ^/\w                                    # slash command
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OPENING = "<!-- predict-edit:"
_FORGED = _OPENING.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}")
_MARKER = re.compile(rf"{_OPENING}[^<>\r\n]+ -->")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+(?:/[A-Za-z0-9._~/#?&=%+-]*)?")


class _Visible(dict[int, str | int]):
    """A translation table that finds out about a character when it first meets it."""

    def __init__(self, keep: frozenset[str]) -> None:
        super().__init__({ord(character): character for character in keep})

    def __missing__(self, codepoint: int) -> str | int:
        shown: str | int = codepoint
        if codepoint < ord(" "):
            shown = 0x2400 + codepoint  # the control pictures are in the same order
        elif not is_shown(chr(codepoint)):
            shown = f"⟨U+{codepoint:04X}⟩"
        self[codepoint] = shown
        return shown


_NAME = _Visible(frozenset())
_PROSE = _Visible(_JOINERS)
_BLOCK = _Visible(_JOINERS | {"\n", "\t"})


def visible(value: str) -> str:
    """Write line feeds, controls and invisible characters as signs, so that one line comes out."""
    return value.translate(_NAME)


def shorten(value: str, longest: int = _LONGEST_NAME) -> str:
    """Cut the middle out of what is too long to read; the ends of a path say most."""
    if len(value) <= longest:
        return value
    head = longest // 3
    return f"{value[:head]}…{value[head + 1 - longest :]}"


def code(value: str) -> str:
    """Write a value as inline code: nothing in it is Markdown, and GitHub links nothing in it.

    The fence is longer than any run of backticks inside (CommonMark, "Code spans"). In a table the
    result still has to go through :func:`cell`.
    """
    shown = shorten(visible(value))
    if not shown.strip(" "):
        return MISSING if not shown else f"`⟨{len(shown)} blanks⟩`"
    fence = "`" * (longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def html_code(value: str) -> str:
    """Write a value as code where Markdown is not read, such as inside ``<summary>``."""
    return f"<code>{html.escape(shorten(visible(value)))}</code>" if value else MISSING


@functools.lru_cache(maxsize=4096)
def text(value: str, longest: int = _LONGEST_TEXT) -> str:
    """Write a sentence from outside as one line of plain words.

    A piece between single backticks stays code, as the sentence's author meant it. A word that
    GitHub would turn into a reference becomes code too. Kept, as a report that is too long is drawn
    again and again until it fits.
    """
    line = " ".join(value[: 4 * longest].split()).translate(_PROSE)
    if len(line) > longest:
        line = line[: longest - 1] + "…"
    written = ""
    for number, piece in enumerate(_CODE.split(line)):
        if number % 2 == 0:
            added = _prose(piece)
        else:
            added = code(piece) if piece.strip() else f"\\`{piece}\\`"
        # Two runs of backticks side by side would be read as one.
        apart = " " if written.endswith("`") and added.startswith("`") else ""
        written += apart + added
    # At the start of a line these would open a list, underline a heading or rule a table.
    written = re.sub(r"^([-+=:])", r"\\\1", written)
    return re.sub(r"^(\d{1,9})\.", r"\1\\.", written)


def cell(markdown: str) -> str:
    """Fit inline Markdown from this module into a table cell.

    A pipe is escaped even inside code (GitHub Flavored Markdown, "Tables"); one backslash right
    before a pipe always belongs to the table, however many precede it.
    """
    return markdown.replace("|", "\\|")


def legible(content: str) -> str:
    """Write controls, lone surrogates and invisible characters of a block as signs.

    Carriage returns are among them, since Markdown may take them for line ends. Line feeds, tabs
    and the joiners of scripts and emoji stay.
    """
    return content.translate(_BLOCK)


def survives(content: str) -> bool:
    """Check whether a comment gives a block back as it is, character by character."""
    return legible(content) == content and _OPENING not in content


def longest_run(content: str) -> int:
    """Count the backticks of the longest run."""
    return max((len(run) for run in re.findall("`+", content)), default=0)


def fence(content: str, info: str = "") -> str:
    """Put text into a fenced block that it cannot leave; the block ends with a line feed.

    The fence is longer than any run of backticks inside (CommonMark, "Fenced code blocks"), and
    the content is made :func:`legible`.
    """
    shown = legible(content)
    marks = "`" * max(3, longest_run(shown) + 1)
    ending = "" if shown.endswith("\n") or not shown else "\n"
    language = re.sub(r"[^A-Za-z0-9_-]", "", info)
    return f"{marks}{language}\n{shown}{ending}{marks}\n"


def link(label: str, address: str) -> str:
    """Link Markdown to an address that GitHub gave; anything but a plain address is left out."""
    return f"[{label}]({address})" if _ADDRESS.fullmatch(address) else label


def marked(body: str, marker: str) -> str:
    """End a body with the hidden marker by which it is found again, on a line of its own.

    Whatever in the body looks like the start of such a marker is broken without changing its
    length: a file's text must not be able to pass for a trace of ours.

    Raises:
        ValueError: the marker is not one of ours, so that it would show or not be found again.
    """
    if not _MARKER.fullmatch(marker):
        msg = "A marker is one HTML comment on one line that starts with predict-edit:."
        raise ValueError(msg)
    honest = body.replace(_OPENING, _FORGED)
    return f"{honest.rstrip()}\n\n{marker}\n"


def length(body: str) -> int:
    """Count as strictly as a host might: in UTF-16 units, so that an emoji counts twice."""
    return len(body.encode("utf-16-le", "surrogatepass")) // 2


def count_reasons(given: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count equal reasons, most frequent first, then by name."""
    return tuple(sorted(Counter(given).items(), key=lambda item: (-item[1], item[0])))


def _prose(piece: str) -> str:
    return " ".join(_word(word) for word in piece.split(" "))


def _word(word: str) -> str:
    if not _RISKY.search(word):
        return _escape(word)
    core = word.lstrip(_BEFORE)
    while core[-1:] and core[-1] in _AFTER and not _closes(core):
        core = core[:-1]
    before, _, after = word.partition(core)
    return f"{_escape(before)}{code(core)}{_escape(after)}"


def _closes(word: str) -> bool:
    """Check whether a word ends with the bracket that closes one of its own."""
    opening = dict(zip(")]}", "([{", strict=True)).get(word[-1])
    return opening is not None and word.count(opening) >= word.count(word[-1])


def _escape(word: str) -> str:
    escaped = _ACTIVE.sub(r"\\\1", word)
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("|", "&#124;")

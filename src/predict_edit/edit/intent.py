"""What an instruction permits, as far as words can tell.

The guards refuse answers that lose much of a file. An instruction that speaks of deleting or
rewriting means exactly that, so the guards stand back then. Words are matched generously and in a
few languages: a missed refusal costs a suggestion nobody has to take, a wrong one costs the edit.
"""

from __future__ import annotations

import dataclasses
import re

_DELETES = re.compile(
    r"\b(?:delet|remov|drop|strip|cut|clean|prun|trim|purg|eras|discard|unused|dead\b|get rid|"
    r"without|no longer|shorten|shorter|simplif|reduc|condens|minif|minimi[sz]|collaps|inlin|merg|"
    r"de-?dup|duplicat|consolidat|extract|mov(?:e|es|ed|ing)\b|split|summari[sz]|squash|keep only|"
    r"only keep|revert|undo|replac|stub|compress|lösch|entfern|kürz|vereinfach|ersetz|supprim|"
    r"enlev|retir|rempla|simplifi|elimin|borra|quita|reempla|rimuov|remova)"
    r"|删除|移除|去掉|替换|简化|削除|置き換え",
    re.IGNORECASE,
)
_REWRITES = re.compile(
    r"\b(?:re-?writ|re-?factor|re-?structur|re-?format|re-?indent|re-?nam|re-?organi[sz]|re-?order|"
    r"re-?do\b|re-?work|re-?generat|re-?implement|replac|translat|transliterat|locali[sz]|convert|"
    r"conversion|port\b|porting|migrat|transform|turn (?:it|this|them|the)|from scratch|"
    r"moderni[sz]|format|indent|sort|switch|chang(?:e|es|ing)\b|updat|upgrad|encrypt|encod|generat|lower-?case|"
    r"upper-?case|camel|snake|minif|summari[sz]|obfuscat|anonymi[sz]|umschreib|übersetz|umbenenn|"
    r"ersetz|ändere|traduc|tradui|réécri|renomm|convirt|reescrib|rempla|reempla)"
    r"|翻译|重写|转换|替换|重命名|翻訳|書き換え",
    re.IGNORECASE,
)
_BROAD = re.compile(
    r"\b(?:all|any|every|everything|entire|whole|complete|completely|fully|from scratch|empty|only|"
    r"nothing but|alles?|ganze?|tout|toute?s|todo|toda|todos|todas)\b|\bre-?writ|summari[sz]|stub"
    r"|全部|所有|整个|すべて",
    re.IGNORECASE,
)
_EMPTIES = re.compile(
    r"\b(?:empty|blank|clear|truncate|leere?)\b"
    r"|\b(?:delet|remov|eras|wip)\w* (?:out )?"
    r"(?:everything\b|all (?:contents?|text|code|lines|of it)\b|"
    r"(?:(?:the|this|its|all|of) )*(?:whole|entire|contents?|file)\b)"
    r"|清空|删除(?:全部|所有)",
    re.IGNORECASE,
)
_REPEATS = re.compile(
    r"\b(?:repeat|times|rows|copies|copy|duplicat|fill|pad|generat|\d{2,})", re.IGNORECASE
)
_LINE_ENDINGS = re.compile(
    r"\b(?:crlf|lf|line[ -]?endings?|end[ -]of[ -]line|eol|dos2unix|unix2dos|carriage returns?|"
    r"zeilenenden?|\\r|(?:windows|unix|dos) (?:newlines?|lines?))\b|\\r\\n",
    re.IGNORECASE,
)
_MARK = re.compile(r"\bBOM\b|byte[ -]?order", re.IGNORECASE)
_FILE_ENDS = re.compile(
    r"new-?lines?\b|\bline feeds?\b|\bblank lines?\b|\bempty lines?\b|\bend of (?:the )?file\b|"
    r"\bend-of-file\b|\bEOF\b|\bleading (?:white|blank)|\btrailing\b|\bW29[123]\b|\bW391\b|"
    r"\beol-last\b",
    re.IGNORECASE,
)

MAX_READ = 20_000
"""Characters of an instruction that are looked at."""

_TRAILING_BLANKS = re.compile(
    r"\btrailing\b|\bwhite ?-?space|\bblanks?\b|\bspaces?\b|\btabs?\b|\bstrip|\btrim|\bformat|"
    r"\bre-?format|\blint|\btid(?:y|ied)|\bW29[13]\b|\bpretti|\bLeerzeichen",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What the words of an instruction permit."""

    deletes: bool
    """Text may go."""
    rewrites: bool
    """Text may be written anew."""
    broad: bool
    """And as much of it as one likes."""
    empties: bool
    """The file may end up empty."""
    repeats: bool
    """The same lines may be written many times."""
    line_endings: bool
    byte_order_mark: bool
    file_ends: bool
    """Blank lines at the start and the line feed at the end may change."""
    trailing_blanks: bool
    """Blanks at line ends may change."""


def read(instruction: str) -> Intent:
    """Look for the words that permit something."""
    text = " ".join(instruction[:MAX_READ].split())

    def says(pattern: re.Pattern[str]) -> bool:
        return pattern.search(text) is not None

    return Intent(
        deletes=says(_DELETES),
        rewrites=says(_REWRITES),
        broad=says(_BROAD),
        empties=says(_EMPTIES),
        repeats=says(_REPEATS),
        line_endings=says(_LINE_ENDINGS),
        byte_order_mark=says(_MARK),
        file_ends=says(_FILE_ENDS),
        trailing_blanks=says(_TRAILING_BLANKS),
    )

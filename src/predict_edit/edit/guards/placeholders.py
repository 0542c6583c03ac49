"""Remarks that stand in for code the model did not write out.

Only added lines count, and only where lines are gone: a remark that replaces nothing hides
nothing. A line counts when it is a comment and the whole comment is such a remark, so that
ordinary comments that use the same words ("the remaining retries") pass.
"""

from __future__ import annotations

import re

from predict_edit.edit.rewrite import Rewrite

_CLIP = 200

_LEADER = re.compile(
    r"\s*(?:<!--+|\{\{!--|\{\{/\*|\{/\*|\{#|<%--|<%#|@\*|/\*+|\(\*|\{-|//+!?|#+|--+|;+|%+|\*+|!|'|\"+|"
    r"REM\b|rem\b|dnl\b|::|\.\.|\\|C |\[|\(|<)\s*"
)
_CLOSER = re.compile(
    r"\s*(?:--+>|--\}\}|\*/\}\}|\*/\}|#\}|--%>|%>|\*@|\*+/|\*\)|-\}|\"+|\]|\)|>)\s*$"
)

# Remarks are matched in lower case, with single blanks and straight apostrophes.
_WHAT = (
    r"(?:code|file|functions?|methods?|implementations?|contents?|class(?:es)?|modules?|scripts?|"
    r"components?|logic|body|lines?|imports?|tests?|rules?|styles?|sections?|document|text|fields?|"
    r"entries|definitions?|declarations?|properties|items?|routes?|handlers?|helpers?|cases?|stuff|"
    r"configuration|config|keys?|values?|steps?|statements?|parts?)"
)
_STATE = (
    r"(?:(?:remains?|stays?|is|are|was|were|goes|go|left|kept|continues?|follows?|omitted|unchanged|"
    r"unmodified|untouched|truncated|elided|snipped|here|below|above|as|the|same|before|original|"
    r"originally|intact|identical|for|brevity|not|shown|without|changes?|exactly|and|so|etc)\b"
    r"[ ,;:.]*)+"
)
_DOTS = r"(?:\.{2,}|…)"
_FEW_WORDS = r"(?: [\w.'`-]+){0,4}?"
_ALL_THE = r"(?:(?:the|your|all|any|some|more|and|keep|with) )*"
_LEFT_OUT = r"(?:omitted|truncated|elided|snipped|unchanged|unmodified|not shown)"
_AS_IT_IS = r"(?:remains?|stays?) (?:the same|unchanged|as is)"
_DOTS_MEAN = (
    r"(?:rest|remainder|remaining|existing|unchanged|omitted|unmodified|same|others?|previous|more|"
    r"original|further|additional|etc|here|truncated|snip|as before|as above|"
)
_PHRASES = (
    # Dots alone, before words that say what is left out, or on both sides.
    _DOTS,
    rf"{_DOTS} ?\(?{_ALL_THE}{_DOTS_MEAN}{_WHAT})\b.{{0,80}}",
    rf"{_DOTS}.{{1,60}}{_DOTS}",
    # The rest of the file; rest unchanged; but not "The rest of the header is valid".
    rf"{_ALL_THE}(?:rest|remainder)",
    (
        rf"{_ALL_THE}(?:rest|remainder)(?: of (?:the|this|your|my|our))?{_FEW_WORDS} ?"
        rf"(?:{_WHAT}|{_STATE}|{_WHAT} {_STATE}) ?{_DOTS}?"
    ),
    rf"{_ALL_THE}(?:rest|remainder){_FEW_WORDS} ?{_DOTS}",
    # Existing code; unchanged imports here.
    (
        rf"{_ALL_THE}(?:existing|unchanged|unmodified|omitted){_FEW_WORDS} {_WHAT}"
        rf"(?: {_STATE})? ?{_DOTS}?"
    ),
    # Remaining methods unchanged, but not "Other methods", which is a heading.
    (
        rf"{_ALL_THE}(?:remaining|other|previous|original|same|following|above){_FEW_WORDS} "
        rf"{_WHAT} ?(?:{_STATE}|{_DOTS})"
    ),
    # Code omitted for brevity; everything else stays the same.
    (
        rf"{_ALL_THE}(?:{_WHAT}|everything(?: else)?|nothing) "
        r"(?:(?:is|are|was|were|has|have|been) )*"
        rf"(?:{_LEFT_OUT}|{_AS_IT_IS})\b.{{0,40}}"
    ),
    rf"{_LEFT_OUT}(?: for brevity)?\.?",
    # Same as before; no changes here; keep the rest.
    (
        r"(?:same|unchanged|identical|as) (?:(?:as|to|from|in) )*(?:before|above|(?:the )?original|"
        r"previous(?:ly)?)\b.{0,30}"
    ),
    (
        r"no (?:other |further )?changes?"
        r"(?: (?:here|below|above|needed|required|made|from|after|this))*\.?"
    ),
    (
        r"(?:keep|leave|insert|paste|include) (?:the |your |all )*(?:existing|rest|remaining|"
        rf"remainder|original|unchanged|other)\b(?: [\w.'`-]+){{0,6}} ?{_DOTS}?"
    ),
    # The same in a few other languages.
    r"(?:der )?rest(?:licher|liche)? (?:des|der|code|bleibt).{0,60}",
    r"(?:le )?reste (?:du|de|des) .{0,60}",
    r"(?:el )?resto (?:del|de|do|da) .{0,60}",
    r".{0,20}(?:其余|剩余|其他).{0,12}(?:不变|相同|省略|代码|部分).{0,12}",
    r".{0,12}(?:代码)?(?:保持不变|省略).{0,12}",
    r".{0,12}(?:残りの|以下).{0,12}(?:同じ|省略|変更なし).{0,12}",
)
_ELISION = re.compile("|".join(_PHRASES))
_SAYS_SO = re.compile(
    r"(?:rest|remainder|remaining|existing|content|document|file|code|section).{0,80}"
    r"(?:unchanged|the same|omitted|as before|as is|not shown)"
)
_BARE_DOTS = re.compile(r"\s*(?:\.{3,}|…)\s*")
_PROSE_LEADERS = ("[", "(", ".. ", "*(", "*[", "_(", "{/*")


def problem(rewrite: Rewrite) -> str | None:
    """Why part of the file is missing behind a remark; ``None`` where nothing speaks for that."""
    if not rewrite.removed:
        return None
    for number, line in rewrite.added:
        if is_placeholder(rewrite, line):
            return f"Line {number} of the answer is a remark in place of what was not written out."
    return None


def is_placeholder(rewrite: Rewrite, line: str) -> bool:
    """Whether a line stands in for others."""
    clipped = line[:_CLIP]
    if _BARE_DOTS.fullmatch(clipped):
        return not rewrite.dots_are_syntax
    leader = _LEADER.match(clipped)
    if leader is None:
        return False
    inside = _CLOSER.sub("", clipped[leader.end() :])
    remark = " ".join(inside.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    remark = remark.strip("[](){}<>* ")
    if len(line) > _CLIP or not remark:
        return False
    if rewrite.is_prose and not clipped.lstrip().startswith("<!--"):
        # Headings, list items and quotes are sentences here; only a remark that says so counts.
        return clipped.lstrip().startswith(_PROSE_LEADERS) and (
            _SAYS_SO.search(remark) is not None or _BARE_DOTS.fullmatch(remark) is not None
        )
    if leader.group().strip() == "*" and _BARE_DOTS.fullmatch(remark):
        # In the middle of a block comment: most likely an example that leaves something out.
        return False
    return _ELISION.fullmatch(remark) is not None

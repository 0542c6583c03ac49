"""The grammar of commands: from a comment's text to what it asks for.

::

    comment     = WORD blank request, on the first line and the lines after it
    request     = nothing | verb and friendly words
    verb        = "help" | "apply", in any case, with any punctuation
                | head [instruction]
                | head "run" head recipe head [instruction]
                | head "address" head
    head        = options and pins in any order, on the first line, then perhaps "--"
    option      = "--name value" | "--name=value" | "--dry-run"
    pin         = "@" and 7 to 40 hex digits
    instruction = the rest of the line and all lines after it, as typed

The instruction starts at the first word of the line that is neither option nor pin; whatever looks
like an option after that belongs to it. ``--`` ends the options where the instruction itself starts
like one, or with ``run``. An option is given once. ``help``, ``apply`` and ``address`` are commands
only if nothing but friendly words follows them. What is probably meant for the tool, such as
``cancel`` or an option behind the instruction, is an error: an answer costs nothing, a run does.
The mail that a reply by e-mail quotes is not part of a command. This module knows which options
exist, not which values they take or which ones a repository lets commenters use.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import re
import shlex
from collections.abc import Mapping

from predict_edit.domain.errors import (
    InstructionTooLong,
    InvalidOption,
    MissingInstruction,
    NearMiss,
    UnbalancedQuote,
    UnknownCommand,
    UnknownOption,
    UnknownRecipe,
)
from predict_edit.support.text import did_you_mean, listed, quoted
from predict_edit.support.unicode import is_hidden, strip_hidden

DEFAULT_COMMAND = "/predict-edit"

OPTIONS = (
    "files", "exclude", "prediction", "answer", "reasoning-effort", "context", "plan", "model",
    "deliver", "also", "max-suggestions", "dry-run",
)  # fmt: skip
"""What a commenter may set."""

FLAGS = frozenset({"dry-run"})
"""Options that may be given without a value."""

MAX_INSTRUCTION = 8_000
"""Characters; what is longer belongs into several commands."""

_LINE_END = re.compile(r"\r\n?")
_OPTION = re.compile(r"--(?P<name>[^\s=-][^\s=]*)(?P<equals>=?)")
_DASHED = re.compile("(?P<dash>-|[\u2010-\u2015\u2212]+)(?P<name>[a-z][a-z-]*)(?:=.*)?")
_LISTS = frozenset({"files", "exclude", "also"})
_QUOTES = {
    "\u201c": "\u201d", "\u201e": "\u201c\u201d", "\u2018": "\u2019",
    "\u201a": "\u2018\u2019", "\u00ab": "\u00bb", "`": "`",
}  # fmt: skip
"""Quotes that a keyboard or Markdown puts around a value, and what closes them."""
_WINDOWS = re.compile(r"(?<=[\w.*-])\\(?=[\w.*])")
_WORDS = re.compile(r"\w+")
_HELP = frozenset({"help", "h", "usage"})
_FRIENDLY = frozenset({
    "please", "pls", "plz", "thanks", "thank", "thx", "ty", "you", "cheers", "hi", "hello", "hey",
    "ok", "okay", "now", "and", "again", "it", "them", "all", "everything", "the", "these",
    "those", "suggestion", "suggestions",
})  # fmt: skip
"""Words around a verb that ask for nothing."""
_NO_VERBS = frozenset({
    "cancel", "stop", "abort", "halt", "quit", "exit", "pause", "undo", "revert", "retry",
    "rerun", "status", "version", "ping", "start", "go", "continue", "commit", "merge", "accept",
    "approve", "reject", "dismiss",
})  # fmt: skip
"""Words for a tool that this one does not know."""
_HEADERS = "|".join(
    rf"{first}[^\S\n]?:[^\n]{{0,300}}\n(?:{then})"
    for first, then in (
        ("From", "Sent|Date|To"),
        ("Von", "Gesendet"),
        ("De", "Envoy\u00e9|Enviado(?: el)?|Enviada(?: em)?"),
        ("Da", "Inviato"),
        ("Van", "Verzonden"),
    )
)
"""The first two headers of a mail that a reply quotes without marks, by language."""
_MAIL = re.compile(
    r"^(?:[^\n]{0,300}\n)?[^\n]{0,300}:[ \t]*\n(?:[ \t]*\n){0,3}[ \t]*>"
    r"|^[ \t]*[-_]{3,}[ \t]*(?:Original Message|Urspr\u00fcngliche Nachricht|Message d'origine)"
    rf"|^(?:{_HEADERS})[^\S\n]?:"
    r"|^(?:Sent from my|Reply to this email directly)\b"
    r"|^-- $",
    re.MULTILINE,
)
"""Where the quoted mail, or a signature, begins in a reply by e-mail."""
_QUOTED = re.compile(r"(?:[ \t]|[-*+]|\d{1,9}[.)])*>")
"""The beginning of a line that quotes somebody, perhaps inside a list."""
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
"""The line that opens a block of code."""
_BLOCK = re.compile(r" {0,3}(?:(?:[-*+]|1[.)])[ \t]+\S|#{1,6}[ \t]|`{3,}[^`]*$|~{3})")
"""The beginning of a line that ends a quote above it without a blank line (CommonMark)."""
_WROTE = re.compile(r"\d{4}|\d:\d\d|@")
"""What the line above a quoted mail names: a date, a time or an address."""
_PIN = re.compile(r"@([0-9a-fA-F]{7,40})")
_TRAILING = re.compile(
    rf"(?<=\s)[-\u2013\u2014]{{1,2}}(?P<name>{'|'.join(OPTIONS)})"
    r"(?:=|\s+(?=[^\s-])|(?<=dry-run)\s*$)(?:'[^']*'|\"[^\"]*\"|\S*)\s*$"
)
"""An option with its value at the end of a line."""
_ADDRESS = re.compile(
    r"address(?:\W+(?:all|the|open|review|comments?|threads?|please))*[^\w\s]*(?=\s+--?\w|\s*$)",
    re.IGNORECASE,
)
"""The verb, if what follows it is no instruction."""
_RUN_RECIPE = re.compile(r"run\s+(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,63})")


@dataclasses.dataclass(frozen=True, slots=True)
class Help:
    """List what can be commanded here."""


@dataclasses.dataclass(frozen=True, slots=True)
class Apply:
    """Commit the open suggestions."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EditCommand:
    """Edit the files as the instruction says. Option values are raw, as typed, quotes removed."""

    instruction: str
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pinned_sha: str | None = None
    """7 to 40 lower-case hex digits."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunRecipe:
    """Edit the files as a recipe of the config says, and as the text after its name adds."""

    name: str
    instruction: str = ""
    """What follows the recipe's name; often nothing."""
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pinned_sha: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Edit the files as their open review threads ask."""

    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pinned_sha: str | None = None


Command = Help | Apply | Address | EditCommand | RunRecipe


def parse_command(body: str, word: str) -> Command | None:
    """Parse a comment; ``None`` if it is not a command.

    A command starts with ``word`` as the very first characters of the comment, followed by white
    space or the end of the line. A quote, a code block or an indented line starts with something
    else, so none of them can be one.

    Raises:
        CommandError: it is a command, but not one that can be followed.
    """
    first, _, more = _LINE_END.sub("\n", body).partition("\n")
    if not word:
        return None
    line = first[len(word) :]
    if not first.startswith(word) or (line and not line[0].isspace()):
        _refuse_near_miss(first, word)
        return None
    line, more = strip_hidden(line), _without_mail(strip_hidden(more))
    return _read_verb(line, more) or _read_request(line, more)


def _refuse_near_miss(first: str, word: str) -> None:
    """Refuse what starts a workflow and is not quite a command.

    GitHub compares the start of a comment without regard to case, and people put a colon behind a
    command, or paste characters that nobody sees.

    Raises:
        NearMiss: such a comment.
    """
    rest = first[len(word) :]
    if first[: len(word)].casefold() != word.casefold():
        return
    if (
        not rest
        or rest[0].isspace()
        or is_hidden(rest[0])
        or (rest[0] in ":,;.!?" and not rest[1:2].strip())
    ):
        raise NearMiss(
            f"The comment starts with {quoted(first[: len(word) + 1].strip())}, which is nearly "
            "the command word.",
            f"Start a new comment with {quoted(word)} and a blank: the same case, no punctuation, "
            "no invisible characters.",
        )


def _without_mail(text: str) -> str:
    """Cut off the mail that a reply by e-mail quotes below itself, and a signature."""
    for found in _MAIL.finditer(text):
        if not found[0].endswith(">") or _WROTE.search(found[0]):
            return text[: found.start()]
    return text


def _read_verb(line: str, more: str) -> Help | Apply | None:
    """Read words for the tool; ``None`` if they are an instruction, or have options.

    Raises:
        UnknownCommand: they are for a tool, but not for this one.
        MissingInstruction: they ask for nothing.
    """
    if not line.strip():
        line, more = more, ""
    if not line.strip().strip("?"):
        return Help()
    if line.split()[0] == "--":
        return None
    match _meant(line), _meant(more):
        case [verb], _ if verb in _HELP:
            return Help()
        case ["apply"], []:
            return Apply()
        case ["apply"], _:
            raise UnknownCommand(
                "`apply` is followed by more text.",
                "Write `apply` alone to commit the open suggestions. An instruction that starts "
                "with the word apply continues on the same line, or has `--` before it.",
            )
        case [verb], [] if verb in _NO_VERBS:
            raise UnknownCommand(
                f"There is no command {quoted(verb)}.",
                "Commands are `help`, `apply`, `address` and `run` with a recipe's name; all "
                "else is an instruction. A run is cancelled on its page under Actions. For an "
                "instruction of one word, write `--` before it.",
            )
        case [], []:
            raise MissingInstruction(
                "The command says nothing to do.", "Write what to change, or `help`."
            )
        case _:
            return None


def _meant(text: str) -> list[str]:
    """List the words of a text, without those that are only friendly."""
    return [word for word in _WORDS.findall(text.casefold()) if word not in _FRIENDLY]


def recipe_named(instruction: str) -> RunRecipe | None:
    """Read ``run NAME`` as the whole instruction of a run that no comment requested."""
    found = _RUN_RECIPE.fullmatch(instruction.strip())
    return RunRecipe(name=found["name"]) if found else None


def is_command(body: str, word: str) -> bool:
    """Whether a comment is a command, or begins as one; ``word`` opens a command."""
    return body.casefold().startswith(word.casefold())


def words_of(body: str, word: str) -> str:
    """Return what a comment itself says: no quotes of others, no mail, nothing if it is a command.

    The first line of a command is not the only one that is left out: all of it was obeyed before.
    """
    if is_command(body, word):
        return ""
    text = _without_mail(strip_hidden(_LINE_END.sub("\n", body)))
    lines, own = text.split("\n"), list[bool]()
    quoted, fence, opened = False, "", 0
    for number, line in enumerate(lines):
        # Markdown takes the lines below a quote for the same paragraph, up to a blank one.
        lazy = quoted and bool(line.strip(" \t")) and not _BLOCK.match(line)
        quoted = lazy or bool(_QUOTED.match(line))
        own.append(not quoted)
        if fence:
            if line.strip(" \t").startswith(fence) and not line.strip(f" \t{fence[0]}"):
                # Within a block of code, `>` quotes nobody.
                own[opened:], quoted, fence = [True] * (number - opened + 1), False, ""
        elif not quoted and (found := _FENCE.match(line)):
            fence, opened = found[1], number
    return "\n".join(itertools.compress(lines, own)).strip()


def clean_instruction(text: str) -> str:
    """Normalise an instruction: line feeds, no invisible characters, trimmed.

    Raises:
        InstructionTooLong: it has more than 8,000 characters.
    """
    instruction = strip_hidden(_LINE_END.sub("\n", text)).strip()
    if len(instruction) > MAX_INSTRUCTION:
        raise InstructionTooLong(
            f"The instruction has {len(instruction):,} characters; {MAX_INSTRUCTION:,} are "
            "allowed.",
            "Shorten it, or give several commands.",
        )
    return instruction


def _read_request(line: str, more: str) -> Command:
    """Read what follows the command word, on its line and below."""
    if not line.strip() and _ADDRESS.fullmatch(more.strip()):
        line, more = more.strip(), ""
    head = _Head(line)
    head.read()
    if not head.ended:
        _refuse_trailing_option(head.rest)
    instruction = clean_instruction(f"{head.rest}\n{more}")
    if head.address:
        if _meant(instruction):
            raise UnknownCommand(
                "`address` is followed by more text.",
                "Write `address` alone, with options if needed, to edit what the review threads "
                "ask for. An instruction that starts with the word address continues on the same "
                "line, or has `--` before it.",
            )
        return Address(options=head.options, pinned_sha=head.pinned_sha)
    if head.recipe is not None:
        return RunRecipe(
            name=head.recipe,
            instruction=instruction,
            options=head.options,
            pinned_sha=head.pinned_sha,
        )
    if not instruction:
        raise MissingInstruction(
            "The command has options but no instruction.",
            "Write what to change behind the options, on the same line or below.",
        )
    if (
        head.options
        and not head.ended
        and not more
        and _meant(instruction) in (["apply"], ["help"])
    ):
        raise InvalidOption(
            f"`{_meant(instruction)[0]}` takes no options.",
            "Leave them out, or write `--` before the word if it is the instruction.",
        )
    return EditCommand(instruction=instruction, options=head.options, pinned_sha=head.pinned_sha)


class _Head:
    """The first line, read word by word as a shell does, up to the start of the instruction."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0
        self.options: dict[str, str] = {}
        self.pinned_sha: str | None = None
        self.recipe: str | None = None
        self.address = False
        self.ended = False
        """Whether ``--`` says that all that follows is the instruction."""

    @property
    def rest(self) -> str:
        """What was not read: the instruction's part of the line."""
        return self._line[self._at :]

    def read(self) -> None:
        """Take options, pins and a recipe's name off the front of the line."""
        run = False
        while word := self._next_word():
            if word == "--":
                self._at += len(word)
                self.ended = True
                break
            if option := _OPTION.match(word):
                self._read_option(option)
            elif pin := _PIN.fullmatch(word):
                self._read_pin(pin)
            elif word.casefold().rstrip(":") == "run" and not run:
                run = True
                self._at += len(word)
            elif run and self.recipe is None:
                self.recipe = self._shell_word()
            elif not (run or self.address) and (verb := _ADDRESS.match(self.rest)):
                self.address = True
                self._at += verb.end()
            else:
                _refuse_dash(word)
                break
        if run and not self.recipe:
            raise UnknownRecipe(
                "`run` is given without the name of a recipe.",
                "Write `run` and the name; an instruction that starts with the word run "
                "needs `--` before it.",
            )

    def _next_word(self) -> str:
        """Skip white space and look at the next word, quotes and all."""
        left = self.rest.lstrip()
        self._at = len(self._line) - len(left)
        return "".join(left.split(maxsplit=1)[:1])

    def _read_option(self, found: re.Match[str]) -> None:
        """Take one option with its value."""
        name = found["name"]
        if name not in OPTIONS:
            known = [f"--{each}" for each in OPTIONS]
            near = did_you_mean(f"--{name}", known)
            raise UnknownOption(
                f"There is no option {quoted(f'--{name}')}. {near}".strip(),
                f"Allowed are {listed(map(quoted, known))}. An instruction that starts with two "
                "hyphens needs `--` before it.",
            )
        if name in self.options:
            raise InvalidOption(
                f"The option `--{name}` is given twice.", "Give each option at most once."
            )
        self._at += found.end()
        value = self._read_value(name, assigned=bool(found["equals"]))
        if not value:
            raise InvalidOption(
                f"The option `--{name}` has no value.",
                f"Write `--{name} VALUE` or `--{name}=VALUE`.",
            )
        ends = self._line[: self._at].rstrip().endswith(",")
        if name in _LISTS and (ends or self._next_word().startswith(",")):
            raise InvalidOption(
                f"The list of `--{name}` continues after a blank.",
                "Write it without blanks, or put all of it in quotes.",
            )
        self.options[name] = value

    def _read_value(self, name: str, *, assigned: bool) -> str:
        """Read an option's value, which may be missing (empty)."""
        if assigned:
            glued = self._line[self._at : self._at + 1].strip()
            return self._shell_word(name) if glued else ""
        word = self._next_word()
        if name in FLAGS:
            if word.lower() not in {"true", "false"}:
                return "true"
        elif word == "--" or _OPTION.match(word):
            return ""
        return self._shell_word(name) if word else ""

    def _read_pin(self, pin: re.Match[str]) -> None:
        """Take the commit that the command is about."""
        if self.pinned_sha is not None:
            raise InvalidOption(
                "The command names two commits.", "Pin one, the newest of the pull request."
            )
        self.pinned_sha = pin[1].lower()
        self._at += len(pin[0])

    def _shell_word(self, option: str | None = None) -> str:
        """Read one word with the quotes and escapes of a shell.

        ``shlex`` reads character by character and stops behind the blank that ends the word, so
        that the instruction may start where it stopped.
        """
        if (closing := _QUOTES.get(self.rest[:1])) and option:
            inside = self.rest[1:]
            end = next((at for at, char in enumerate(inside) if char in closing), None)
            if end is not None and not inside[end + 1 : end + 2].strip():
                self._at += end + 2
                return inside[:end]
        what = f"the value of `--{option}`" if option else "the name of the recipe"
        # One more than may be read; shlex takes time that grows with the word's square.
        rest = self.rest[: MAX_INSTRUCTION + 1]
        bare = option in _LISTS and not rest.startswith(("'", '"'))
        source = io.StringIO(_WINDOWS.sub("/", rest) if bare else rest)
        lexer = shlex.shlex(source, posix=True)
        lexer.whitespace = "".join({char for char in self._line if char.isspace()})
        lexer.whitespace_split = True
        lexer.commenters = ""
        try:
            word = lexer.get_token() or ""
        except ValueError:
            word = None
        if source.tell() > MAX_INSTRUCTION:
            raise InvalidOption(
                f"{what.capitalize()} is longer than {MAX_INSTRUCTION:,} characters.",
                "Shorten it, or set it as an input of the workflow.",
            )
        if word is None:
            raise UnbalancedQuote(
                f"In {what} a quote is opened and not closed.",
                "Close the quote on the same line, or leave it out.",
            )
        self._at += source.tell()
        return word


def _refuse_dash(word: str) -> None:
    """Refuse an option with one hyphen, or with the dash that a keyboard makes of two."""
    found = _DASHED.fullmatch(word)
    if found and found["name"] in OPTIONS:
        what = "one hyphen" if found["dash"] == "-" else "a dash"
        raise UnknownOption(
            f"{quoted(word)} starts with {what}, not with two hyphens.",
            f"Write `--{found['name']}`.",
        )


def _refuse_trailing_option(rest: str) -> None:
    """Refuse a line that ends in options with their values: they would be taken as words.

    Raises:
        InvalidOption: naming the first of them.
    """
    found = _TRAILING.search(rest)
    if found:
        raise InvalidOption(
            f"The option `--{found['name']}` comes after the instruction.",
            "Write options before the instruction. If it is part of the instruction, write `--` "
            "before the first word.",
        )

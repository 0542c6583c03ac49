"""The grammar of commands: from a comment's text to what it asks for.

::

    comment     = WORD blank request, on the first line and the lines after it
    request     = nothing | "help" | "apply"
                | head [instruction]
                | head "run" head recipe head [instruction]
    head        = options and pins in any order, on the first line, then perhaps "--"
    option      = "--name value" | "--name=value" | "--dry-run"
    pin         = "@" and 7 to 40 hex digits
    instruction = the rest of the line and all lines after it, as typed

The instruction starts at the first word of the line that is neither option nor pin; whatever looks
like an option after that belongs to it. ``--`` ends the options where the instruction itself starts
like one, or with ``run``. An option is given once. ``help`` and ``apply`` are commands only where
they are all that follows the command word. This module knows which options exist, not which values
they take or which ones a repository lets commenters use.
"""

from __future__ import annotations

import dataclasses
import io
import re
import shlex
from collections.abc import Mapping

from predict_edit.domain.errors import (
    InstructionTooLong,
    InvalidOption,
    MissingInstruction,
    UnbalancedQuote,
    UnknownOption,
    UnknownRecipe,
)
from predict_edit.support.text import did_you_mean, listed, quoted
from predict_edit.support.unicode import strip_hidden

DEFAULT_COMMAND = "/predict-edit"

OPTIONS: Mapping[str, str] = {
    "files": "only files that match these globs",
    "exclude": "no files that match these globs",
    "prediction": "auto, on or off: send each file as its predicted output",
    "context": "none or diff: what the model sees beside the file",
    "model": "another model that the repository allows",
    "deliver": "suggestions, patch, or another way that the repository allows",
    "max-suggestions": "fewer inline suggestions; the rest goes to the patch",
    "dry-run": "say what would be done and write nothing",
}
"""What a commenter may set, with a few words on each for the help text."""

FLAGS = frozenset({"dry-run"})
"""Options that may be given without a value."""

MAX_INSTRUCTION = 8_000
"""Characters; what is longer belongs into several commands."""

_LINE_END = re.compile(r"\r\n?")
_OPTION = re.compile(r"--(?P<name>[^\s=-][^\s=]*)(?P<equals>=?)")
_DASHED = re.compile("[\u2010-\u2015\u2212]+(?P<name>[a-z-]+)(?:=.*)?")
_PIN = re.compile(r"@([0-9a-fA-F]{7,40})")
_WORD = re.compile(r"\S*")
_SPACE = re.compile(r"\s*")
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


Command = Help | Apply | EditCommand | RunRecipe


def parse_command(body: str, word: str) -> Command | None:
    """Parse a comment; ``None`` if it is not a command.

    A command starts with ``word`` as the very first characters of the comment, followed by white
    space or the end of the line. A quote, a code block or an indented line starts with something
    else, so none of them can be one.

    Raises:
        CommandError: it is a command, but not one that can be followed.
    """
    first, _, more = _LINE_END.sub("\n", body).partition("\n")
    if not word or not first.startswith(word):
        return None
    line = first[len(word) :]
    if line and not line[0].isspace():
        return None
    line, more = strip_hidden(line), strip_hidden(more)
    match f"{line}\n{more}".strip():
        case "" | "help" | "--help" | "-h":
            return Help()
        case "apply":
            return Apply()
        case _:
            return _read_request(line, more)


def recipe_named(instruction: str) -> RunRecipe | None:
    """Read ``run NAME`` as the whole instruction of a run that no comment requested."""
    found = _RUN_RECIPE.fullmatch(instruction.strip())
    return RunRecipe(name=found["name"]) if found else None


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
    head = _Head(line)
    head.read()
    instruction = clean_instruction(f"{head.rest}\n{more}")
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
    return EditCommand(instruction=instruction, options=head.options, pinned_sha=head.pinned_sha)


class _Head:
    """The first line, read word by word as a shell does, up to the start of the instruction."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0
        self.options: dict[str, str] = {}
        self.pinned_sha: str | None = None
        self.recipe: str | None = None

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
                break
            if option := _OPTION.match(word):
                self._read_option(option)
            elif pin := _PIN.fullmatch(word):
                self._read_pin(pin)
            elif word == "run" and not run:
                run = True
                self._at += len(word)
            elif run and self.recipe is None:
                self.recipe = self._shell_word()
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
        self._at = _end_of(_SPACE, self._line, self._at)
        return self._line[self._at : _end_of(_WORD, self._line, self._at)]

    def _read_option(self, found: re.Match[str]) -> None:
        """Take one option with its value."""
        name = found["name"]
        if name not in OPTIONS:
            near = did_you_mean(f"--{name}", [f"--{known}" for known in OPTIONS])
            raise UnknownOption(
                f"There is no option {quoted(f'--{name}')}. {near}".strip(),
                f"Allowed are {_names()}. An instruction that starts with two hyphens needs `--` "
                "before it.",
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
                f"Write `--{name} VALUE` or `--{name}=VALUE`: {OPTIONS[name]}.",
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
        source = io.StringIO(self.rest)
        lexer = shlex.shlex(source, posix=True)
        lexer.whitespace = "".join({char for char in self._line if char.isspace()})
        lexer.whitespace_split = True
        lexer.commenters = ""
        try:
            word = lexer.get_token() or ""
        except ValueError:
            what = f"the value of `--{option}`" if option else "the name of the recipe"
            raise UnbalancedQuote(
                f"In {what} a quote is opened and not closed.",
                "Close the quote on the same line, or leave it out.",
            ) from None
        self._at += source.tell()
        return word


def _refuse_dash(word: str) -> None:
    """Refuse an option whose hyphens a keyboard has turned into a dash: it would be ignored."""
    found = _DASHED.fullmatch(word)
    if found and found["name"] in OPTIONS:
        raise UnknownOption(
            f"{quoted(word)} starts with a dash, not with two hyphens.",
            f"Write `--{found['name']}`.",
        )


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Find where a pattern that always matches ends."""
    found = pattern.match(text, start)
    return found.end() if found else start


def _names() -> str:
    """List the options as they are typed."""
    return listed(f"`--{name}`" for name in OPTIONS)

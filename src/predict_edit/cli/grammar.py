"""The grammar of the command line, and its completion in shells.

Only the standard library is imported here.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn

from predict_edit import __version__

MODEL_OPTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "model": ("NAME", "the model, or the Azure deployment"),
    "base-url": ("URL", "root of an OpenAI-compatible API (default: OpenAI's)"),
    "api-version": ("VERSION", "only for Azure's dated routes"),
    "azure-tenant-id": ("ID", "directory (tenant) ID, to authenticate with the job's identity"),
    "azure-client-id": ("ID", "application (client) ID, likewise"),
    "azure-scope": ("SCOPE", "scope of the Entra ID token"),
    "prediction": ("MODE", "auto, on or off"),
    "answer": ("FORM", "auto, file or edits"),
    "reasoning-effort": ("EFFORT", "how much a reasoning model thinks"),
    "context": ("MODE", "what the model sees beside the file: none, diff or pull-request"),
    "timeout": ("SECONDS", "time limit for one file"),
    "concurrency": ("N", "maximum files at a time"),
    "max-output-tokens": ("N", "tokens that the model can write in one answer"),
    "max-tokens": ("N", "maximum tokens of all calls"),
    "max-cost": ("USD", "maximum cost of all calls, in US dollars"),
}
"""Inputs of the action that are options here: metavariable and help of each."""

_MODEL_GROUP: Final = (
    "Without options: INPUT_* as in the action, else AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY "
    "and AZURE_OPENAI_DEPLOYMENT, else OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL. Without a "
    "key, Microsoft Entra ID authenticates at an Azure resource."
)
_MODEL_OPTIONS: Final = (
    *((f"--{name} {value}", meaning) for name, (value, meaning) in MODEL_OPTIONS.items()),
    (
        "--api-key-env VARIABLE",
        "the environment variable that holds the key; never the key itself",
    ),
    (
        "--price IN/OUT[/CACHED]",
        "US dollars per million tokens, if the model's price is not known",
    ),
)

_Option = tuple[str, str] | tuple[str, str, Mapping[str, Any]]
"""As in a usage line: names, and the value in capitals if it takes one; its help; what else."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Command:
    help: str
    description: str
    options: tuple[_Option | list[_Option], ...] = ()
    """Of those in a list only one may be given."""
    _: dataclasses.KW_ONLY
    usage: str = ""
    epilog: str = ""
    asks_model: bool = False


_REPEATABLE: Final[Mapping[str, Any]] = {"action": "append", "default": []}
_INSTRUCTION: Final = ("-m, --message INSTRUCTION", "what to change", {"required": True})
_ESTIMATE: Final = ("--estimate", "print the expected cost without asking the model")
_HTML: Final = ("--html FILE", "write an HTML page of the run", {"type": Path})
_DEBUG: Final = ("--debug", "log what happens, and show where an error came from")
_OUTPUT: Final = (
    ("--json", "print result.json instead"),
    ("--quiet", "show no progress"),
    _DEBUG,
)
_REPORTS: Final[Mapping[str, Any]] = {"nargs": "+", "type": Path, "required": True}
_COMMANDS: Final[Mapping[str, _Command]] = {
    "action": _Command(
        "run as the GitHub Action, from a runner's environment",
        "Read a GitHub Actions runner's environment and do what its event asks for.",
    ),
    "init": _Command(
        "write the workflow that runs the action in this repository",
        "Write a workflow for this repository, show it, and say what is left to do. Nothing is "
        "overwritten.",
        (
            (
                "--provider PROVIDER",
                "who serves the model (default: openai); azure is with a key",
                {"choices": ("openai", "azure", "azure-keyless", "other"), "default": "openai"},
            ),
            (
                "--for USE",
                "what starts the action (default: comments); a schedule fixes lint",
                {
                    "choices": ("comments", "threads", "schedule"),
                    "default": "comments",
                    "dest": "use",
                },
            ),
            ("--model NAME", "the model, or the Azure deployment (default for OpenAI: gpt-6-luna)"),
            ("--base-url URL", "root of the API, for every provider but OpenAI"),
            (
                "--linter LINTER",
                "whose findings a schedule fixes (default: the repository's)",
                {"choices": ("ruff", "eslint", "code-scanning")},
            ),
            (
                "--action ACTION",
                "OWNER/predict-edit@COMMIT (default: where predict-edit was installed from)",
            ),
            ("--config", "write .github/predict-edit.yml too"),
            ("--dry-run", "show everything and write nothing"),
            ("--json", "print files and steps as JSON"),
        ),
        usage="[options]",
    ),
    "preview": _Command(
        "show what a command would do, on a local git checkout",
        "Edit the files that a checkout changes against a base, committed or not, and show what "
        "would be posted. Nothing leaves this machine except the calls to the model.",
        (
            ("instruction INSTRUCTION", "what to change; `-` reads it from standard input"),
            ("--base BRANCH", "branch to compare with (default: the main branch)"),
            (
                "--repository FOLDER",
                "the checkout (default: this folder)",
                {"type": Path, "default": Path()},
            ),
            ("--untracked", "include files git does not track"),
            ("--files GLOB", "only files that match; repeatable", _REPEATABLE),
            ("--exclude GLOB", "no files that match; repeatable", _REPEATABLE),
            ("--max-files N", "maximum files"),
            ("--max-suggestions N", "maximum suggestions"),
            ("--plan MODE", "whether to ask first which files need a change: auto, on or off"),
            [
                ("--write", "write the edited files"),
                _ESTIMATE,
            ],
            ("--patch FILE", "write all edits as a patch", {"type": Path}),
            _HTML,
            *_OUTPUT,
        ),
        usage="INSTRUCTION [options]",
        epilog="Exit status: 0 done or nothing to do, 1 no file could be edited, 2 wrong usage. "
        "Answers are kept in the cache of your home folder until the next preview, so --write "
        "does not ask the model again.",
        asks_model=True,
    ),
    "edit": _Command(
        "edit plain files or standard input, without a repository",
        "Edit files by instruction and print the difference, or with --write change them. `-` "
        "reads standard input and prints only the result.",
        (
            ("files FILE", "files, or `-` alone", {"nargs": "+"}),
            _INSTRUCTION,
            [("--write", "write the edited files"), _ESTIMATE],
            ("--name FILE", "the file name of standard input"),
            ("--exit-zero", "exit with 0 even if nothing changes"),
            *_OUTPUT,
        ),
        usage="FILE... -m INSTRUCTION [options]",
        epilog="Exit status: 0 something changed, 3 nothing to change, 1 a file failed, 2 wrong "
        "usage. With `-` only the result is printed; if it failed, nothing.",
        asks_model=True,
    ),
    "page": _Command(
        "make an HTML page of a finished run",
        "Make one self-contained HTML page of what a run left in predict-edit-out/: the changes, "
        "where each ended, and the tokens they took.",
        (
            ("run_folder FOLDER", "folder with result.json, or the file itself", {"type": Path}),
            ("-o, --out FILE", "the page (default: page.html beside result.json)", {"type": Path}),
            _DEBUG,
        ),
    ),
    "verify": _Command(
        "compare linter findings from before and after an edit",
        "Compare a linter's reports from before an edit with those from after it, and print as "
        "Markdown, file by file, how many findings are gone, left and new.",
        (
            ("--before REPORT", "SARIF or a linter's own report from before the edit", _REPORTS),
            ("--after REPORT", "SARIF or a linter's own report from after the edit", _REPORTS),
            ("--json", "print the figures as JSON"),
            _DEBUG,
        ),
        epilog="Exit status: 0 nothing new, 1 new findings or a report that cannot be read, 2 "
        "wrong usage.",
    ),
    "completion": _Command(
        "print the completion script for a shell",
        "Print a script that completes commands and options in a shell; its first line says how "
        "to load it.",
        (("shell", "the shell to complete in", {"choices": ("bash", "zsh", "fish")}),),
    ),
    "doctor": _Command(
        "check the workflows, the settings and the model",
        "Look for mistakes in the workflows of this checkout that use the action, and print the "
        "lines that correct them. Then check the model's settings, sign in, ask for one tiny edit "
        "with a prediction (about 500 tokens), and say what was found and what to do about it.",
        (
            (
                "--workflow PATH",
                "check only this workflow file or folder, and ask no model; repeatable",
                {"type": Path, **_REPEATABLE},
            ),
            ("--json", "print what was found as JSON"),
        ),
        usage="[options]",
        epilog="Exit status: 0 all is well, perhaps with warnings, 1 something must be corrected, "
        "2 the settings are wrong and no model was asked.",
        asks_model=True,
    ),
    "compare": _Command(
        "measure whether predictions pay off for some files",
        "Ask for each file with and without its prediction, in turn, one call at a time, and show "
        "what it took. Every call is paid for; nothing is written.",
        (
            ("files FILE", "files to edit", {"nargs": "+", "type": Path}),
            _INSTRUCTION,
            (
                "-n, --rounds N",
                "calls of each kind per file (default: 3)",
                {"type": int, "default": 3},
            ),
            _ESTIMATE,
            ("--json", "print everything as JSON"),
        ),
        usage="FILE... -m INSTRUCTION [options]",
        asks_model=True,
    ),
    "demo": _Command(
        "show a whole run with an offline GitHub and an offline model",
        "Open a pull request on an offline GitHub, comment a command, run the real action, and "
        "prove that its suggestions give the expected files.",
        (
            ("--live", "ask the real model (costs money)"),
            ("--model NAME", "the model or Azure deployment that --live asks"),
            (
                "--out FOLDER",
                "folder for the files of the run (default: demo-out)",
                {"type": Path, "default": Path("demo-out")},
            ),
            _HTML,
            (
                "--serve-model",
                "only serve the offline model, for other commands; prints what to set",
            ),
        ),
    ),
    "schema": _Command(
        "print the JSON Schema of the repository's config, or of result.json",
        "Print a JSON Schema, for editors and for other tools.",
        (
            (
                "of",
                ".github/predict-edit.yml (the default), or result.json",
                {"nargs": "?", "choices": ("config", "result"), "default": "config"},
            ),
        ),
    ),
}


class Parser(argparse.ArgumentParser):
    """A parser that names the nearest command or option when one is misspelt."""

    given: ClassVar[list[str]] = []

    def parse(self, argv: list[str]) -> argparse.Namespace:
        """Parse a command line; a mistake ends the process with status 2."""
        Parser.given = argv
        arguments, unknown = self.parse_known_args(argv)
        if unknown:
            command = commands_of(self).get(getattr(arguments, "command", ""), self)
            command.error(f"unrecognized arguments: {' '.join(unknown)}")
        return arguments

    def error(self, message: str) -> NoReturn:
        """Print the usage, the mistake and what was probably meant; exit with status 2."""
        super().error(message + self._meant(message))

    def _meant(self, message: str) -> str:
        known = _options(self)
        written: list[str] = []
        if "invalid choice:" in message:
            written = message.partition("invalid choice:")[2].split("'")[1:2]
            known = [str(each) for action in self._actions for each in action.choices or ()]
        elif "unrecognized arguments:" in message or "are required:" in message:
            # A required option is missing if it is misspelt.
            written = [word.partition("=")[0] for word in self.given if word.startswith("--")]
        for word in written:
            near = difflib.get_close_matches(word, known, n=1)
            if near and not any(name.startswith(word) for name in known):
                return f". Did you mean {near[0]}?"
        return ""


def commands_of(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """Return the parsers of the commands by name."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return action.choices
    return {}


def make_parser() -> Parser:
    """Make the grammar of the command line."""
    parser = Parser(
        prog="predict-edit",
        description="Edit the changed files of a pull request by instruction, as suggestions.",
    )
    parser.add_argument("--version", action="version", version=f"predict-edit {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", parser_class=Parser
    )
    for name, command in _COMMANDS.items():
        usage = f"%(prog)s {command.usage}" if command.usage else None
        made = commands.add_parser(
            name,
            usage=usage,
            help=command.help,
            description=command.description,
            epilog=command.epilog,
        )
        for option in command.options:
            either = made.add_mutually_exclusive_group() if isinstance(option, list) else made
            for each in option if isinstance(option, list) else [option]:
                _add(either, *each)
        if command.asks_model:
            group = made.add_argument_group("model", _MODEL_GROUP)
            for each in _MODEL_OPTIONS:
                _add(group, *each)
    return parser


def _add(
    parser: argparse._ActionsContainer, spec: str, meaning: str, more: Mapping[str, Any] = {}
) -> None:
    *names, last = spec.replace(",", "").split()
    if last.isupper():
        last = "|".join(more.get("choices", [last]))
        parser.add_argument(*names, metavar=last, help=meaning, **more)
    elif last.startswith("-"):
        parser.add_argument(*names, last, action="store_true", help=meaning, **more)
    else:
        parser.add_argument(last, help=meaning, **more)


_BASH = """\
# predict-edit completion for bash. Load it with: source <(predict-edit completion bash)
_predict_edit() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words={commands}; fi
  case "${{COMP_WORDS[1]}} $before $current" in
{words}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _predict_edit predict-edit
"""
_ZSH = """\
# Load it after compinit with: source <(predict-edit completion zsh)
autoload -U +X bashcompinit && bashcompinit
"""


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """Write the script for one shell, to be loaded by its start file."""
    commands = commands_of(parser)
    if shell == "fish":
        return "".join(_fish(commands))
    words = "\n".join(_bash_words(commands))
    bash = _BASH.format(commands=shlex.quote(" ".join(commands)), words=words)
    return _ZSH + bash if shell == "zsh" else bash


def _actions(command: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return all options and arguments."""
    return command._actions  # noqa: SLF001 - argparse has no other way to ask


def _options(command: argparse.ArgumentParser) -> list[str]:
    return [option for action in _actions(command) for option in action.option_strings]


def _bash_words(commands: Mapping[str, argparse.ArgumentParser]) -> Iterator[str]:
    """Yield what may follow an option, or the command itself, and then a command's options."""
    for name, command in commands.items():
        for action in _actions(command):
            for before in action.option_strings or (name,) if action.choices else ():
                words = shlex.quote(" ".join(map(str, action.choices or ())))
                yield f"    '{name} {before} '*) words={words} ;;"
        options = (option for action in _actions(command) for option in action.option_strings)
        yield f"    '{name} '*' -'*) words={shlex.quote(' '.join(options))} ;;"


def _fish(commands: Mapping[str, argparse.ArgumentParser]) -> Iterator[str]:
    yield "# Load it with: predict-edit completion fish | source\n"
    for name in commands:
        yield f"complete -c predict-edit -n __fish_use_subcommand -f -a {name}\n"
    for name, command in commands.items():
        here = f"complete -c predict-edit -n '__fish_seen_subcommand_from {name}'"
        for action in _actions(command):
            words = " ".join(map(str, action.choices or ()))
            values = f" -x -a {shlex.quote(words)}" if words else ""
            if not action.option_strings and words:
                yield f"{here}{values}\n"
            for option in action.option_strings:
                if option.startswith("--"):
                    takes = " -r" if action.nargs != 0 and not words else ""
                    yield f"{here} -l {option[2:]}{takes}{values}\n"

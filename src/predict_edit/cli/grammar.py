"""The grammar of the command line. Only the standard library is imported here."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from predict_edit import __version__

MODEL_OPTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "model": ("NAME", "the model, or the Azure deployment"),
    "base-url": ("URL", "root of an OpenAI-compatible API (default: OpenAI's)"),
    "api-version": ("VERSION", "only for Azure's dated routes"),
    "azure-tenant-id": ("ID", "sign in with the job's own identity"),
    "azure-client-id": ("ID", "sign in with the job's own identity"),
    "azure-scope": ("SCOPE", "scope of the Entra ID token"),
    "prediction": ("MODE", "auto, on or off"),
    "context": ("MODE", "what the model sees beside the file: none or diff"),
    "timeout": ("SECONDS", "longest time for one file"),
    "concurrency": ("N", "files in flight at once, at most"),
    "max-output-tokens": ("N", "tokens that the model can write in one answer"),
    "max-tokens": ("N", "tokens of all calls together, at most"),
    "max-cost": ("USD", "US dollars of all calls together, at most"),
}
"""Inputs of the action that are options here: metavariable and help of each."""

_MODEL_GROUP: Final = (
    "Without options: INPUT_* as in the action, else AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY "
    "and AZURE_OPENAI_DEPLOYMENT, else OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL. An Azure "
    "resource without a key is signed in to with Entra ID."
)
_Commands = argparse._SubParsersAction  # noqa: SLF001 - its only name


class Parser(argparse.ArgumentParser):
    """A parser that names the nearest command or option when one is misspelt."""

    def parse(self, argv: list[str]) -> argparse.Namespace:
        """Parse a command line; a mistake ends the process with status 2."""
        arguments, unknown = self.parse_known_args(argv)
        if unknown:
            command = commands_of(self).get(getattr(arguments, "command", ""), self)
            command.error(f"unrecognized arguments: {' '.join(unknown)}")
        return arguments

    def error(self, message: str) -> NoReturn:
        """Print the usage, the mistake and what was probably meant; exit with status 2."""
        super().error(message + self._meant(message))

    def _meant(self, message: str) -> str:
        words = message.split()
        wrong = next((word for word in words if word.startswith("--")), "").partition("=")[0]
        known = [name for action in self._actions for name in action.option_strings]
        if "invalid choice:" in message:
            wrong = message.partition("invalid choice:")[2].split("'")[1]
            known = [str(each) for action in self._actions for each in action.choices or ()]
        near = difflib.get_close_matches(wrong, known, n=1)
        return f". Did you mean {near[0]}?" if near and near[0] != wrong else ""


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
    commands.add_parser(
        "action",
        help="run as the GitHub Action, from a runner's environment",
        description="Read a GitHub Actions runner's environment and do what its event asks for.",
    )
    _add_preview(commands)
    _add_edit(commands)
    _add_page(commands)
    _add_verify(commands)
    _add_completion(commands)
    _add_doctor(commands)
    _add_compare(commands)
    _add_demo(commands)
    _add_schema(commands)
    return parser


def _add_preview(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "preview",
        usage="%(prog)s INSTRUCTION [options]",
        help="show what a command would do, on a local git checkout",
        description="Edit the files that a checkout changes against a base, committed or not, and "
        "show what would be posted. Nothing leaves this machine except the calls to the model.",
        epilog="Exit status: 0 done or nothing to do, 1 no file could be edited, 2 wrong use. "
        "Answers are kept in the cache of your home folder until the next preview, so --write "
        "does not ask the model again.",
    )
    parser.add_argument("instruction", help="what to change; `-` reads it from standard input")
    parser.add_argument(
        "--base", metavar="BRANCH", help="branch to compare with (default: the main branch)"
    )
    parser.add_argument(
        "--repository",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="the checkout (default: this folder)",
    )
    parser.add_argument("--untracked", action="store_true", help="include files git does not track")
    for name, text in (("files", "only files that match"), ("exclude", "no files that match")):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="GLOB", help=f"{text}; repeatable"
        )
    parser.add_argument("--max-files", metavar="N", help="files at most")
    parser.add_argument("--max-suggestions", metavar="N", help="suggestions at most")
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--write",
        "--apply",
        dest="apply",
        action="store_true",
        help="write the edited files (--apply is its old name)",
    )
    _add_estimate(either)
    parser.add_argument("--patch", type=Path, metavar="FILE", help="write all edits as a patch")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write an HTML page of the run")
    _add_output(parser)
    _add_model_options(parser)


def _add_edit(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "edit",
        usage="%(prog)s FILE... -m INSTRUCTION [options]",
        help="edit plain files, or standard input, without git",
        description="Edit files by instruction and print the difference, or with --write change "
        "them. `-` reads standard input and prints only the result.",
        epilog="Exit status: 0 something changed, 3 nothing to change, 1 a file failed, 2 wrong "
        "use. With `-` only the result is printed; if it failed, nothing.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, or `-` alone")
    _add_message(parser)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--write", action="store_true", help="write the edited files")
    _add_estimate(either)
    parser.add_argument("--name", metavar="FILE", help="the file name of standard input")
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 even if nothing is to be changed"
    )
    _add_output(parser)
    _add_model_options(parser)


def _add_page(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "page",
        help="make a page of a finished run",
        description="Make one self-contained HTML page of what a run left in predict-edit-out/: "
        "the changes, where each ended, and the tokens they took.",
    )
    parser.add_argument(
        "run_folder", type=Path, metavar="FOLDER", help="with result.json, or that file itself"
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help="the page (default: page.html beside result.json)",
    )
    _add_debug(parser)


def _add_verify(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "verify",
        help="compare linter findings from before and after an edit",
        description="Compare a linter's reports from before an edit with those from after it, and "
        "print as Markdown, file by file, how many findings are gone, left and new.",
        epilog="Exit status: 0 nothing new, 1 new findings or a report that cannot be read, 2 "
        "wrong use.",
    )
    for name in ("before", "after"):
        parser.add_argument(
            f"--{name}",
            nargs="+",
            type=Path,
            required=True,
            metavar="REPORT",
            help=f"SARIF or a linter's own report from {name} the edit",
        )
    _add_debug(parser)


def _add_completion(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "completion",
        help="print the completion script for a shell",
        description="Print a script that completes commands and options in a shell; its first "
        "line says how to load it.",
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell to complete in")


def _add_doctor(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "doctor",
        usage="%(prog)s [options]",
        help="check workflow files and the model's settings, sign in, ask for one tiny edit",
        description="Look for mistakes in the workflows of this checkout that use the action, and "
        "print the lines that correct them. Then check the model's settings, sign in, ask for one "
        "tiny edit with a prediction (about 500 tokens), and say what was found and what to do "
        "about it.",
        epilog="Exit status: 0 all is well, perhaps with warnings, 1 something must be corrected, "
        "2 the settings are wrong and no model was asked.",
    )
    parser.add_argument(
        "--workflow",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="check only this workflow file or folder, and ask no model; repeatable",
    )
    _add_model_options(parser)
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")


def _add_compare(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "compare",
        usage="%(prog)s FILE... -m INSTRUCTION [options]",
        help="measure what predictions bring for some files, in time and money",
        description="Ask for each file with and without its prediction, in turn, one call at a "
        "time, and show what it took. Every call is paid for; nothing is written.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files to edit")
    _add_message(parser)
    parser.add_argument(
        "-n", "--rounds", type=int, default=3, metavar="N", help="calls of each kind a file (3)"
    )
    _add_estimate(parser)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    _add_model_options(parser)


def _add_demo(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "demo",
        help="show a whole run on an offline GitHub and an offline model",
        description="Open a pull request on an offline stand-in of GitHub, give a command on it, "
        "run the real action, and prove that its suggestions give the expected files.",
    )
    parser.add_argument("--live", action="store_true", help="ask the real model (costs money)")
    parser.add_argument(
        "--model", metavar="NAME", help="the model or Azure deployment that --live asks"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo-out"),
        metavar="FOLDER",
        help="folder for the files of the run (demo-out)",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write an HTML page of the run")
    parser.add_argument(
        "--serve-model",
        action="store_true",
        help="serve the offline model alone, to try other commands on; prints what to set",
    )


def _add_schema(commands: _Commands[Parser]) -> None:
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of the repository's config, or of result.json",
        description="Print a JSON Schema, for editors and for other tools.",
    )
    parser.add_argument(
        "of",
        nargs="?",
        choices=("config", "result"),
        default="config",
        help=".github/predict-edit.yml (the default), or result.json",
    )


def _add_message(parser: Parser) -> None:
    parser.add_argument(
        "-m", "--message", required=True, metavar="INSTRUCTION", help="what to change"
    )


def _add_estimate(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--estimate", action="store_true", help="print the expected cost without asking the model"
    )


def _add_output(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print result.json instead")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    _add_debug(parser)


def _add_debug(parser: Parser) -> None:
    parser.add_argument(
        "--debug", action="store_true", help="log what happens, and show where an error came from"
    )


def _add_model_options(parser: Parser) -> None:
    """Add the options that say which model is asked and how."""
    group = parser.add_argument_group("model", _MODEL_GROUP)
    for name, (metavar, meaning) in MODEL_OPTIONS.items():
        group.add_argument(f"--{name}", metavar=metavar, help=meaning)
    group.add_argument(
        "--api-key-env",
        metavar="VARIABLE",
        help="the environment variable that holds the key; never the key itself",
    )
    group.add_argument(
        "--price",
        metavar="IN/OUT[/CACHED]",
        help="US dollars per million tokens, if the model's price is not known",
    )

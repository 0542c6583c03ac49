"""The grammar of the commands for a terminal. Only the standard library is imported here."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from predict_edit.cli.model_options import add_model_options

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - its only name

NEEDS_RICH: Final = "This needs the extra `cli`: pip install 'predict-edit[cli]'\n"
_WRONG: Final = 2
EDIT_EPILOG: Final = (
    "Exit status: 0 something changed, 3 nothing to change, 1 a file failed, 2 wrong use. "
    "With `-` the result alone is printed; where it failed, nothing."
)
PREVIEW_EPILOG: Final = (
    "Exit status: 0 done or nothing to do, 1 no file could be done, 2 wrong use. Answers are kept "
    "in the cache of your home folder until the next preview, so that --apply asks nothing again."
)


def add_parser(commands: Commands, *, grammar: Callable[[], argparse.ArgumentParser]) -> None:
    """Add preview, edit, page, verify and completion; ``grammar`` is what completion completes."""
    _add_preview(commands)
    _add_edit(commands)
    _add_page(commands)
    _add_verify(commands)
    _add_completion(commands, grammar)


def _add_preview(commands: Commands) -> None:
    parser = commands.add_parser(
        "preview",
        usage="%(prog)s INSTRUCTION [options]",
        help="show what a command would do, on a local git checkout",
        description="Edit the files that a checkout changes against a base, committed or not, and "
        "show what would be posted. Nothing leaves this machine but the calls to the model.",
        epilog=PREVIEW_EPILOG,
    )
    parser.add_argument("instruction", help="what to change; `-` reads it from standard input")
    parser.add_argument(
        "--base", metavar="BRANCH", help="what the changes count from (default: the main branch)"
    )
    parser.add_argument(
        "--repository", type=Path, default=Path(), metavar="FOLDER", help="default: this folder"
    )
    parser.add_argument("--untracked", action="store_true", help="take files git does not know too")
    for name, text in (("files", "only files that match"), ("exclude", "no files that match")):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="GLOB", help=f"{text}; repeatable"
        )
    parser.add_argument("--max-files", metavar="N", help="files at most")
    parser.add_argument("--max-suggestions", metavar="N", help="suggestions at most")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--apply", action="store_true", help="write the edited files")
    _add_estimate(either)
    parser.add_argument("--patch", type=Path, metavar="FILE", help="write all edits as a patch")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page to look at")
    _add_output(parser)
    add_model_options(parser)
    parser.set_defaults(run=_preview)


def _add_edit(commands: Commands) -> None:
    parser = commands.add_parser(
        "edit",
        usage="%(prog)s FILE... -m INSTRUCTION [options]",
        help="edit plain files, or standard input, without git",
        description="Edit files by instruction and print the difference, or with --write change "
        "them. `-` reads standard input and prints only the result.",
        epilog=EDIT_EPILOG,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, or `-` alone")
    parser.add_argument(
        "-m", "--message", required=True, metavar="INSTRUCTION", help="what to change"
    )
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--write", action="store_true", help="change the files")
    _add_estimate(either)
    parser.add_argument("--name", help="the file name that standard input stands for")
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 also where nothing is to be changed"
    )
    _add_output(parser)
    add_model_options(parser)
    parser.set_defaults(run=_edit)


def _add_page(commands: Commands) -> None:
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
        "-o", "--out", type=Path, metavar="FILE", help="default: page.html beside result.json"
    )
    _add_debug(parser)
    parser.set_defaults(run=_page)


def _add_verify(commands: Commands) -> None:
    parser = commands.add_parser(
        "verify",
        help="tell which findings of linters an edit made go away",
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
    parser.set_defaults(run=_verify)


def _add_completion(commands: Commands, grammar: Callable[[], argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "completion",
        help="print the completion script for a shell",
        description="Print a script that completes commands and options in a shell; its first "
        "line says how to load it.",
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell to complete in")
    parser.set_defaults(run=functools.partial(_completion, grammar))


def _add_estimate(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--estimate", action="store_true", help="say what it would cost, and ask for nothing"
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print result.json instead")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    _add_debug(parser)


def _add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--debug", action="store_true", help="log what happens, and show where an error came from"
    )


def _preview(arguments: argparse.Namespace) -> int:
    from predict_edit.cli.front import guarded, has_rich  # noqa: PLC0415 - loaded when called

    if not has_rich():
        sys.stderr.write(NEEDS_RICH)
        return _WRONG
    from predict_edit.cli.preview import run  # noqa: PLC0415

    return guarded(run, arguments)


def _edit(arguments: argparse.Namespace) -> int:
    from predict_edit.cli.edit import run  # noqa: PLC0415 - loaded when called
    from predict_edit.cli.front import guarded  # noqa: PLC0415

    return guarded(run, arguments)


def _page(arguments: argparse.Namespace) -> int:
    from predict_edit.cli.front import guarded  # noqa: PLC0415 - loaded when called
    from predict_edit.cli.page import run  # noqa: PLC0415

    return guarded(run, arguments)


def _verify(arguments: argparse.Namespace) -> int:
    from predict_edit.cli.front import guarded  # noqa: PLC0415 - loaded when called
    from predict_edit.cli.verify import run  # noqa: PLC0415

    return guarded(run, arguments)


def _completion(
    grammar: Callable[[], argparse.ArgumentParser], arguments: argparse.Namespace
) -> int:
    from predict_edit.cli.completion import completion  # noqa: PLC0415 - loaded when called

    sys.stdout.write(completion(grammar(), arguments.shell))
    return 0

"""What a person types.

Only the standard library is imported here: ``predict-edit --version`` answers at once, and what a
command needs is loaded when it is called.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from predict_edit import __version__
from predict_edit.cli.commands import add_parser as add_laptop_commands
from predict_edit.cli.compare.command import add_parser as add_compare
from predict_edit.cli.doctor.command import add_parser as add_doctor

NO_SANDBOX = (
    "The demo needs the package predict-edit-sandbox: "
    "run `make demo` in a checkout of predict-edit, or `pip install ./sandbox` there."
)
FAILED, USAGE_WRONG = 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status comes back."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has had enough, as `head` does; the interpreter would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _run(argv: Sequence[str] | None) -> int:
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "run"):
        parser.print_help()
        return USAGE_WRONG
    status: int = arguments.run(arguments)
    return status


def make_parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    parser = argparse.ArgumentParser(
        prog="predict-edit",
        description="Edit the changed files of a pull request by instruction, as suggestions.",
    )
    parser.add_argument("--version", action="version", version=f"predict-edit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    action = commands.add_parser(
        "action",
        help="run as the GitHub Action, from a runner's environment",
        description="Read a GitHub Actions runner's environment and do what its event asks for.",
    )
    action.set_defaults(run=_action)

    add_laptop_commands(commands, grammar=make_parser)
    add_doctor(commands)
    add_compare(commands)

    demo = commands.add_parser(
        "demo",
        help="show the whole way on an offline GitHub and an offline model",
        description="Open a pull request on an offline stand-in of GitHub, give a command on it, "
        "run the real action, and prove that its suggestions give the expected files.",
    )
    demo.add_argument("--live", action="store_true", help="ask the real model (costs money)")
    demo.add_argument("--model", help="the model or Azure deployment that --live asks")
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("demo-out"),
        metavar="FOLDER",
        help="for what is left behind (demo-out)",
    )
    demo.add_argument("--html", type=Path, metavar="FILE", help="write a page to look at too")
    demo.add_argument(
        "--serve-model",
        action="store_true",
        help="serve the offline model alone, to try other commands on; prints what to set",
    )
    demo.set_defaults(run=_demo)

    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of the repository's config, or of result.json",
        description="Print a JSON Schema, for editors and for other tools.",
    )
    schema.add_argument(
        "of",
        nargs="?",
        choices=("config", "result"),
        default="config",
        help=".github/predict-edit.yml (the default), or result.json",
    )
    schema.set_defaults(run=_schema)
    return parser


def _action(_arguments: argparse.Namespace) -> int:
    from predict_edit.cli import action  # noqa: PLC0415 - loaded when called

    return action.main()


def _demo(arguments: argparse.Namespace) -> int:
    found = {each.name: each for each in entry_points(group="predict_edit.demo")}
    if not found:
        sys.stderr.write(NO_SANDBOX + "\n")
        return USAGE_WRONG
    if arguments.serve_model:
        return int(found["serve"].load()())
    run_demo = found["run"].load()
    status = int(run_demo(out=arguments.out, live=arguments.live, model=arguments.model))
    if status != 0 or arguments.html is None:
        return status
    from predict_edit.cli.front import guarded  # noqa: PLC0415 - loaded when called
    from predict_edit.cli.page import run  # noqa: PLC0415

    page = argparse.Namespace(
        run_folder=arguments.out / "workspace", out=arguments.html, debug=False
    )
    return guarded(run, page)


def _schema(arguments: argparse.Namespace) -> int:
    from predict_edit.report.result import result_schema  # noqa: PLC0415 - loaded when called
    from predict_edit.settings.json_schema import config_schema  # noqa: PLC0415

    schema = result_schema() if arguments.of == "result" else config_schema()
    sys.stdout.write(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    return 0

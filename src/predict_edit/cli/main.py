"""The command line: parse it, load what the command needs, and run it.

Only the standard library is imported here: ``predict-edit --version`` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from predict_edit.cli.grammar import completion, make_parser

NEEDS_RICH = "This needs the extra `cli`: pip install 'predict-edit[cli]'\n"
NO_OUTPUT = (
    "predict-edit: Standard output is closed, so nothing was done.\n"
    "  Send it to a terminal, a file or /dev/null.\n"
)
NO_SANDBOX = (
    "The demo needs the package predict-edit-sandbox: "
    "run `make demo` in a checkout of predict-edit, or `pip install ./sandbox` there."
)
FAILED, USAGE_WRONG = 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    # A program may be started with closed streams (`<&-`); Python then has none at all.
    sys.stdin = sys.stdin or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        sys.stderr.write(NO_OUTPUT)
        return FAILED
    try:
        try:
            return _run(sys.argv[1:] if argv is None else list(argv))
        finally:
            sys.stdout.flush()
    except OSError:
        # The reader has had enough, as `head` does, or a disk is full, which was reported; the
        # interpreter would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _run(argv: list[str]) -> int:
    parser = make_parser()
    arguments = parser.parse(argv)
    name = arguments.command
    if name is None:
        parser.print_help()
        return USAGE_WRONG
    if name == "action":
        # It shows nothing at a terminal: its errors are annotations and a summary.
        return int(importlib.import_module("predict_edit.cli.action").main())
    from predict_edit.cli.console import guarded, has_rich  # noqa: PLC0415 - loaded when needed

    if name == "preview" and not has_rich():
        sys.stderr.write(NEEDS_RICH)
        return USAGE_WRONG
    return guarded(_COMMANDS.get(name, _run_module), arguments)


def _run_module(arguments: argparse.Namespace) -> int:
    """Run a command that has a module of its name here, loaded only now."""
    status: int = importlib.import_module(f"predict_edit.cli.{arguments.command}").run(arguments)
    return status


def _completion(arguments: argparse.Namespace) -> int:
    sys.stdout.write(completion(make_parser(), arguments.shell))
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes its time

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
    arguments.command = "page"
    arguments.run_folder, arguments.out = arguments.out / "workspace", arguments.html
    return _run_module(arguments)


def _schema(arguments: argparse.Namespace) -> int:
    import json  # noqa: PLC0415 - loaded when called

    from predict_edit.report.result import result_schema  # noqa: PLC0415
    from predict_edit.settings.repository_config import config_schema  # noqa: PLC0415

    schema = result_schema() if arguments.of == "result" else config_schema()
    sys.stdout.write(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "completion": _completion,
    "demo": _demo,
    "schema": _schema,
}
"""Commands without a module of their name."""

"""``predict-edit edit``: plain files, or standard input, without a repository or any host."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from predict_edit.cli import local_files
from predict_edit.cli.console import DONE, FAILED, UNCHANGED, Silent, has_rich
from predict_edit.cli.local_run import edit_plan, instruction_of, show_estimate, task_for
from predict_edit.cli.model_choice import read_settings
from predict_edit.domain.edits import PlacementKind, SkippedFile, SourceFile
from predict_edit.domain.errors import InvalidInput
from predict_edit.domain.run_report import FileResult, FileStatus, RunReport
from predict_edit.report.result import result_json
from predict_edit.run.context import Plan
from predict_edit.suggest.patch import edits_patch
from predict_edit.support.log import printable

STDIN: Final = "-"
_PLAIN_NAME: Final = "standard-input"


def run(arguments: argparse.Namespace) -> int:
    """Edit files; the exit status is another for changed, unchanged and failed.

    Raises:
        PredictEditError: it cannot be done at all.
    """
    # A file that is named twice, or by a link too, is edited once.
    found = {
        name if name == STDIN else os.path.realpath(name): _shorter(name)
        for name in reversed(arguments.files)
    }
    names = list(reversed(found.values()))
    if STDIN in names and (len(names) > 1 or arguments.write):
        raise InvalidInput(
            "Standard input cannot be combined with files, nor written back.",
            "Give `-` without other files and without --write.",
        )
    if arguments.name and names != [STDIN]:
        raise InvalidInput("--name goes with standard input only.", "Give `-` as the file.")
    instruction = instruction_of(arguments.message)
    settings, origins = read_settings(arguments, os.environ, max_files="100000", context="none")
    before: dict[str, bytes] = {}
    opened = [_open(name, arguments.name or _PLAIN_NAME, before) for name in names]
    sources = [file for file in opened if isinstance(file, SourceFile)]
    skipped = [file for file in opened if isinstance(file, SkippedFile)]
    plan = Plan(
        task=task_for(instruction, settings), sources=tuple(sources), skipped=tuple(skipped)
    )
    if arguments.estimate:
        return show_estimate(plan, as_json=arguments.json)
    report = edit_plan(plan, _display(quiet=arguments.quiet or names == [STDIN]), origins)
    if arguments.json:
        sys.stdout.write(result_json(report))
    elif names == [STDIN]:
        _pipe(report, next(iter(before.values())))
    else:
        _tell(report, written=arguments.write)
    if arguments.write:
        _write(report, before)
    status = status_of(report)
    return DONE if arguments.exit_zero and status == UNCHANGED else status


def status_of(report: RunReport) -> int:
    """The exit status: failed before changed before unchanged.

    A file that was named and cannot be edited counts as failed, and so does one of which every
    change was rejected.
    """
    statuses = {result.status for result in report.files}
    if statuses & {FileStatus.FAILED, FileStatus.SKIPPED}:
        return FAILED
    edited = report.with_status(FileStatus.EDITED)
    if any(_kept(result) for result in edited):
        return DONE
    return FAILED if edited else UNCHANGED


def _kept(result: FileResult) -> bool:
    """Whether anything of an edit is left after what was rejected."""
    return bool(result.placed and result.placed.accepted != result.placed.file.text)


def _shorter(name: str) -> str:
    """Name a file in the current folder or below as a patch does, which `git apply` then takes."""
    here = Path.cwd()
    path = here / name
    return str(path.relative_to(here)) if name and path.is_relative_to(here) else name


def _open(name: str, shown: str, before: dict[str, bytes]) -> SourceFile | SkippedFile:
    """Read a file, or standard input under the name it is to have; its bytes go to ``before``.

    Raises:
        LocalFileError: it cannot be read.
    """
    if name == STDIN:
        data = sys.stdin.buffer.read()
        before[shown] = data
        return local_files.source_of(shown, data, len(data))
    opened = local_files.read_source(Path(name), name)
    if isinstance(opened, SourceFile):
        before[name] = opened.text.encode()
    return opened


def _display(*, quiet: bool) -> Silent:
    if quiet or not has_rich():
        return Silent()
    from predict_edit.cli.terminal import watch_for  # noqa: PLC0415

    return watch_for()


def _pipe(report: RunReport, before: bytes) -> None:
    """Print the result alone; without one, say why and print nothing."""
    result = report.files[0]
    if status_of(report) == FAILED:
        _complain(report)
    else:
        # Not a word beside it: many an editor puts standard error into the text too.
        if result.placed:
            before = result.placed.accepted.encode()
        sys.stdout.flush()
        sys.stdout.buffer.write(before)
        sys.stdout.buffer.flush()


def _tell(report: RunReport, *, written: bool) -> None:
    """Show the changes as one patch, and the rest beside it on standard error."""
    patch = edits_patch(result.placed for result in report.files if result.placed)
    if patch and not written:
        if has_rich():
            from predict_edit.cli import terminal  # noqa: PLC0415 - rich

            terminal.show_patch(terminal.make_console(), patch)
        else:
            sys.stdout.write(patch)
    _complain(report)
    for result in report.with_status(FileStatus.UNCHANGED):
        sys.stderr.write(f"{printable(result.path)}: unchanged\n")


def _complain(report: RunReport) -> None:
    """Say what was not done, and why."""
    for result in report.files:
        if result.status in {FileStatus.FAILED, FileStatus.SKIPPED}:
            sys.stderr.write(
                f"{printable(result.path)}: {result.status}: {printable(result.reason)}\n"
            )
        for placement in result.placed.placements if result.placed else ():
            if placement.kind is PlacementKind.REJECTED:
                start, _ = placement.lines
                why = printable(placement.reason)
                sys.stderr.write(f"{printable(result.path)}:{start}: rejected: {why}\n")
    for note in report.notes:
        sys.stderr.write(f"{printable(note)}\n")


def _write(report: RunReport, before: dict[str, bytes]) -> None:
    """Write every file, or none if one is no longer as it was read.

    Raises:
        LocalFileError: nothing was written, or not everything could be.
    """
    kept = {each.path: each.placed.accepted for each in report.files if each.placed and _kept(each)}
    local_files.write_all(
        {Path(name).resolve(): (before[name], text.encode()) for name, text in kept.items()}
    )
    for name in kept:
        sys.stderr.write(f"{printable(name)}: changed\n")

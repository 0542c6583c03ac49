"""``predict-edit preview``: what a command on a pull request would do, on a local checkout."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from predict_edit.cli import local_files, terminal
from predict_edit.cli.checkout import Checkout, read_checkout
from predict_edit.cli.console import DONE, FAILED
from predict_edit.cli.local_run import (
    CheckoutSource,
    KeptAnswers,
    edit_plan,
    instruction_of,
    show_estimate,
    task_for,
)
from predict_edit.cli.model_choice import read_settings
from predict_edit.domain.errors import LocalFileError
from predict_edit.domain.run_report import FileStatus, Outcome, RunReport
from predict_edit.report.result import result_json, to_result
from predict_edit.run.context import make_plan
from predict_edit.select.gitattributes import GitAttributes, attribute_files
from predict_edit.settings.repository_config import CONFIG_PATH, read_config
from predict_edit.settings.resolve import plan_asked
from predict_edit.suggest.patch import edits_patch
from predict_edit.support.text import plural


def run(arguments: argparse.Namespace) -> int:
    """Preview a command, and write what its options ask for.

    Raises:
        PredictEditError: it cannot be done.
    """
    given = arguments.instruction
    instruction = instruction_of(sys.stdin.read() if given == "-" else given)
    checkout = read_checkout(
        arguments.repository, base=arguments.base, untracked=arguments.untracked
    )
    if not checkout.changed and not checkout.skipped:
        sys.stderr.write(_nothing_changed(checkout))
        return DONE
    at_base = checkout.at_base({CONFIG_PATH, *attribute_files(f.path for f in checkout.changed)})
    settings, origins = read_settings(
        arguments,
        os.environ,
        read_config(at_base.pop(CONFIG_PATH, b"")),
        files="\n".join(arguments.files) or None,
        exclude="\n".join(arguments.exclude) or None,
        max_files=arguments.max_files,
        max_suggestions=arguments.max_suggestions,
        plan=plan_asked(arguments.plan, arguments.files),
    )
    kept = KeptAnswers(checkout.root, os.environ)
    memory = kept.load()
    attributes = GitAttributes.parse(at_base)
    source = CheckoutSource(head=checkout.head, checkout=checkout, attributes=attributes)
    plan = asyncio.run(make_plan(source, task_for(instruction, settings, memory)))
    if arguments.estimate:
        return show_estimate(plan, as_json=arguments.json)
    try:
        display = terminal.watch_for(quiet=arguments.quiet)
        report = edit_plan(plan, display, origins, base=checkout.base)
    finally:
        kept.store(memory)
    _show(report, checkout, arguments)
    if arguments.write:
        _apply(report, checkout)
    return FAILED if report.outcome is Outcome.FAILED else DONE


def _nothing_changed(checkout: Checkout) -> str:
    message = f"Nothing is changed against {checkout.base_name} ({checkout.base[:12]}).\n"
    if checkout.untracked:
        files = plural(checkout.untracked, "file")
        return f"{message}  Git does not know {files} here: add --untracked, or `git add` them.\n"
    return (
        f"{message}  Change something, or name an older base, such as --base HEAD~1; "
        "`predict-edit edit` takes any file.\n"
    )


def _show(report: RunReport, checkout: Checkout, arguments: argparse.Namespace) -> None:
    """Show the report, and write the files that were asked for."""
    placed = [result.placed for result in report.files if result.placed]
    if arguments.patch is not None:
        local_files.write_text(arguments.patch, edits_patch(placed))
    if arguments.html is not None:
        from predict_edit.report.page.changes import page_of  # noqa: PLC0415
        from predict_edit.report.page.html_page import render_page  # noqa: PLC0415 - Jinja

        page = page_of(to_result(report), edits_patch(placed), report=report)
        local_files.write_text(arguments.html, render_page(page))
    if arguments.json:
        sys.stdout.write(result_json(report))
        return
    console = terminal.make_console()
    terminal.show_report(console, report)
    for name, path in (("patch", arguments.patch), ("page", arguments.html)):
        if path is not None:
            console.print(f"The {name} is in {path}.", soft_wrap=True)
    if checkout.untracked:
        files = plural(checkout.untracked, "file")
        console.print(f"Left out {files} that git does not track; --untracked includes them.")
    if placed and not arguments.write:
        console.print(
            "Add --write to write the files; the model is not asked again.", soft_wrap=True
        )


def _apply(report: RunReport, checkout: Checkout) -> None:
    """Write all edited files, or none if one of them is no longer as it was read.

    Raises:
        LocalFileError: nothing was written, or not everything could be.
    """
    root = checkout.root.resolve()
    files = report.with_status(FileStatus.EDITED)
    edited = {each.path: each.placed.accepted for each in files if each.placed}
    changes = {}
    for name, accepted in edited.items():
        path = checkout.root / name
        if path.parent.resolve() != path.parent or not path.parent.is_relative_to(root):
            raise LocalFileError(
                f"{name} is reached through a symbolic link.", "Edit the file itself."
            )
        changes[path] = (checkout.on_disk[name], checkout.as_on_disk(name, accepted))
    local_files.write_all(changes)
    if edited:
        sys.stderr.write(f"Wrote {plural(len(edited), 'file')}. `git diff` shows the changes.\n")

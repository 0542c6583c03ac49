"""The job around the step: which comments start it, beside what it runs, how long and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from predict_edit.cli.doctor.workflow.mistake import Mistake
from predict_edit.cli.doctor.workflow.source import Entry, entries, items_of, text_of, value_of
from predict_edit.cli.doctor.workflow.use import OTHERS, Use

_MINUTES: Final = ("15", "30")
"""For a pull request, and for a branch."""
_OTHER_SYSTEM = re.compile(r"(?:windows|macos)\b", re.IGNORECASE)
_NUMBERS: Final = {
    "issue_comment": "github.event.issue.number",
    "pull_request_review_comment": "github.event.pull_request.number",
}


def mistakes(use: Use) -> Iterator[Mistake]:
    """What is missing around the step."""
    yield from _filter(use)
    yield from _concurrency(use)
    yield from _timeout(use)
    yield from _runner(use)
    yield from _checkout(use)


def _job_key(use: Use) -> yaml.Node:
    return entries(value_of(use.source.root, "jobs"))[use.job_name].key


def _filter(use: Use) -> Iterator[Mistake]:
    """Whether the job starts for commands, and for nothing else that people write."""
    held = entries(use.job)
    if not use.comments or "needs" in held:
        return
    condition = held.get("if")
    text = text_of(condition.value) if condition else ""
    if condition is None or "comment.body" not in text:
        own = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", text, flags=re.DOTALL).strip()
        wanted = _condition(use)
        if wanted is None:
            return
        joined = f"({own}) && ({wanted})" if own else wanted
        yield use.mistake(
            condition.key if condition else _job_key(use),
            "every comment starts a runner, whatever it says",
            use.source.rewritten(condition, joined)
            if condition
            else use.source.added(use.job, "if", wanted, before="runs-on"),
        )
    elif use.word is not None and use.word not in text:
        yield use.mistake(
            condition.key,
            f"the job starts for other comments than those with the command word `{use.word}`",
            use.source.rewritten(condition, _condition(use) or ""),
            fatal=True,
        )


def _condition(use: Use) -> str | None:
    """The condition that lets commands through; ``None`` where the word is not known."""
    if use.word is None:
        return None
    starts = f"startsWith(github.event.comment.body, '{use.word}')"
    if "issue_comment" in use.comments:
        places = ["github.event.issue.pull_request"]
        if len(use.comments) > 1:
            places.append("github.event.pull_request")
        place = " || ".join(places)
        starts = f"({place}) && {starts}" if len(places) > 1 else f"{place} && {starts}"
    others = [f"github.event_name == '{name}'" for name in OTHERS if name in use.triggers]
    return " || ".join((*others, f"({starts})")) if others else starts


def _concurrency(use: Use) -> Iterator[Mistake]:
    """Whether one command waits for the other, and for nothing else."""
    own = entries(use.job).get("concurrency")
    whole = entries(use.source.root).get("concurrency")
    wanted = {"group": _group(use), "cancel-in-progress": "false"}
    if own is None and whole is None:
        yield use.mistake(
            _job_key(use),
            "there is no concurrency group, so two runs on the same files get in each other's way",
            use.source.added(use.job, "concurrency", wanted, before="steps"),
        )
        return
    if own is None and whole is not None and use.comments and not _sets_apart(whole):
        yield use.mistake(
            whole.key,
            "the group is the whole workflow's, so any comment, command or not, takes the place of "
            "a command that waits; it belongs to the job",
            use.source.without(use.source.root, whole),
            use.source.added(use.job, "concurrency", wanted, before="steps"),
        )
        return
    held = own or whole
    if held is not None:
        yield from _settings(use, held)


def _sets_apart(whole: Entry) -> bool:
    """Whether a group of the whole workflow gives comments that are no commands one each."""
    group = entries(whole.value).get("group")
    return "github.run_id" in text_of(group.value if group else whole.value)


def _settings(use: Use, held: Entry) -> Iterator[Mistake]:
    """The name of the group, and whether a new run ends the old one."""
    inner = entries(held.value)
    group = inner.get("group")
    name = text_of(group.value if group else held.value)
    if use.comments and name and "${{" not in name:
        wanted = _group(use)
        yield use.mistake(
            group.key if group else held.key,
            "the group is the same for all pull requests, so their commands replace each other",
            use.source.rewritten(group or held, wanted),
        )
    cancel = inner.get("cancel-in-progress")
    if cancel and text_of(cancel.value).strip() == "true":
        yield use.mistake(
            cancel.key,
            "a new command ends the one that runs, whose tokens are paid for",
            use.source.rewritten(cancel, "false"),
        )


def _group(use: Use) -> str:
    """A name that what edits the same files shares."""
    numbers = [_NUMBERS[name] for name in use.comments]
    entry = use.given.get("pull-request")
    passed = re.fullmatch(r"\$\{\{\s*(.*?)\s*\}\}", text_of(entry.value)) if entry else None
    if passed:
        numbers.append(passed[1])
    if not numbers:
        return f"predict-edit-{re.sub(r'[^A-Za-z0-9_-]+', '-', use.job_name)}"
    return f"predict-edit-${{{{ {' || '.join(numbers)} }}}}"


def _timeout(use: Use) -> Iterator[Mistake]:
    """Whether something ends a job that hangs. GitHub does so after six hours."""
    if "timeout-minutes" not in {**entries(use.job), **entries(use.step)}:
        yield use.mistake(
            _job_key(use),
            "there is no `timeout-minutes`, so a job that hangs is paid for six hours",
            use.source.added(
                use.job, "timeout-minutes", _MINUTES[use.about_a_branch], before="steps"
            ),
        )


def _runner(use: Use) -> Iterator[Mistake]:
    """Whether the runner can run containers; GitHub's run them on Linux only."""
    entry = entries(use.job).get("runs-on")
    labels = items_of(entry.value) if entry else []
    if entry and any(_OTHER_SYSTEM.match(text_of(label)) for label in labels):
        yield use.mistake(
            entry.key,
            "the action is a container, and those need a Linux runner",
            use.source.rewritten(entry, "ubuntu-latest"),
            fatal=True,
        )


def _checkout(use: Use) -> Iterator[Mistake]:
    """Whether code of a pull request is brought beside the secrets."""
    if not use.comments and "pull_request_target" not in use.triggers:
        return
    steps = value_of(use.job, "steps")
    for step in items_of(steps):
        ref = text_of(value_of(value_of(step, "with"), "ref"))
        named = text_of(value_of(step, "uses")).startswith("actions/checkout@")
        if named and re.search(r"pull|head", ref):
            start = use.source.text.rfind("-", 0, step.start_mark.index)
            yield use.mistake(
                step,
                "code of the pull request is checked out beside the job's secrets; the action "
                "reads what it needs through GitHub's API",
                use.source.without_lines(start, use.source.end_of(step)),
                fatal=True,
            )

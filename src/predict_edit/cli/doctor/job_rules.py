"""Rules for the job around the step: what starts it, what it may do, and how it runs.

Sources: GitHub, "Events that trigger workflows", "Permissions required for GitHub Apps" and
``GITHUB_TOKEN``. A job that names some permissions has no others, and what it names replaces what
the workflow names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import yaml

from predict_edit.cli.doctor.workflow_source import (
    COMMENTS,
    OTHERS,
    Entry,
    Mistake,
    TextChange,
    Use,
    entries,
    items_of,
    text_of,
    value_of,
)
from predict_edit.support.text import listed

_CREATED: Final = {"types": "[created]"}
_ONLY_COMMENTS: Final = "\n  issue_comment:\n    types: [created]"
_TARGET: Final = "pull_request_target"
_STARTS: Final = (*COMMENTS, *OTHERS)


def event_mistakes(use: Use) -> Iterator[Mistake]:
    """Events that give no command, and kinds of comments that are none."""
    on = entries(use.source.root).get("on")
    if on is None:
        return
    starting = [name for name in use.triggers if name in _STARTS]
    if _TARGET in use.triggers:
        yield use.mistake(
            use.triggers[_TARGET],
            f"`{_TARGET}` is not a command, and runs this job with its secrets for "
            "anyone's pull request",
            *_without_target(use, others=starting),
            fatal=True,
        )
    elif not starting:
        yield use.mistake(
            on.key,
            f"none of these events carries a command: {', '.join(use.triggers)}",
            use.source.rewritten(on, _ONLY_COMMENTS),
            fatal=True,
        )
    for name in use.comments:
        yield from _kinds(use, name)


def _kinds(use: Use, name: str) -> Iterator[Mistake]:
    """The kinds of one comment event: only new comments are commands."""
    on = value_of(use.source.root, "on")
    event = entries(on).get(name)
    kinds = entries(event.value).get("types") if event else None
    if kinds is None:
        yield use.mistake(
            use.triggers[name],
            f"`{name}` also starts a run for edited and deleted comments, which are not commands",
            _with_types(use, name),
        )
        return
    given = {text_of(item) for item in items_of(kinds.value)}
    if given != {"created"}:
        never = "created" not in given
        found = "starts no run for a new comment, and only new comments are commands"
        if not never:
            found = "also starts a run for comments that are not new, which are not commands"
        yield use.mistake(
            kinds.key,
            f"`{name}` {found}",
            use.source.rewritten(kinds, "[created]"),
            fatal=never,
        )


def _with_types(use: Use, name: str) -> TextChange:
    """The event with ``types: [created]``, however ``on`` is written."""
    source = use.source
    on = entries(source.root)["on"]
    event = entries(on.value).get(name)
    if event is None:
        listed = (
            f"\n  {each}:" + ("\n    types: [created]" if each == name else "")
            for each in use.triggers
        )
        return source.rewritten(on, "".join(listed))
    if isinstance(event.value, yaml.MappingNode) and event.value.value:
        return source.added(event.value, "types", "[created]")
    if isinstance(on.value, yaml.MappingNode) and on.value.flow_style:
        return source.rewritten(event, _CREATED)
    # The rest of the line, such as a comment, stays.
    at = source.line_end(event.key.end_mark.index)
    indent = " " * (event.key.start_mark.column + 2)
    return TextChange(start=at, end=at, text=f"\n{indent}types: [created]")


def _without_target(use: Use, others: list[str]) -> tuple[TextChange, ...]:
    """Comments in the place of the event, or the event gone where others start the run."""
    source = use.source
    on = entries(source.root)["on"]
    if isinstance(on.value, yaml.MappingNode):
        event = entries(on.value)[_TARGET]
        if others:
            return (source.without(on.value, event),)
        text = "issue_comment: { types: [created] }"
        if not on.value.flow_style:
            text = f"issue_comment:\n{' ' * (event.key.start_mark.column + 2)}types: [created]"
        rewritten = source.rewritten(event, "")
        return (TextChange(start=rewritten.start, end=rewritten.end, text=text),)
    listed = [name for name in use.triggers if name != _TARGET]
    if not others:
        return (source.rewritten(on, _ONLY_COMMENTS),)
    return (source.rewritten(on, f"[{', '.join(listed)}]"),)


_LEVELS: Final = ("none", "read", "write")
_FOR: Final = {
    "contents: read": "the files cannot be read",
    "contents: write": "nothing can be committed",
    "pull-requests: read": "it cannot be seen what is open already",
    "pull-requests: write": "nothing can be posted",
    "id-token: write": "the job cannot sign in to Azure as itself",
}
_OWN_TOKENS: Final = ("github.token", "secrets.GITHUB_TOKEN")


def needed(use: Use) -> Mapping[str, str]:
    """The permissions that the step cannot do without."""
    rights = {} if _other_token(use) else _of_token(use)
    if "azure-client-id" in use.given:
        rights["id-token"] = "write"
    return rights


def permission_mistakes(use: Use) -> Iterator[Mistake]:
    """Permissions that are missing, or more than anybody needs."""
    wanted = needed(use)
    own = entries(use.job).get("permissions")
    held = own or entries(use.source.root).get("permissions")
    if held is None:
        if wanted:
            yield use.mistake(
                _job_key(use),
                "no permissions are named, so the job has the repository's default, which may be "
                "too little or far too much",
                use.source.added(use.job, "permissions", wanted, before="steps"),
            )
        return
    text = text_of(held.value)
    if text == "write-all":
        yield use.mistake(
            held.key,
            f"`write-all` is far more than the action needs: {listed(_said(wanted))}",
            *_rewritten(use, own, wanted),
        )
        return
    missing = {name: level for name, level in wanted.items() if _less(_level(held, name), level)}
    if missing:
        why = listed(_FOR[each] for each in _said(missing))
        yield use.mistake(
            held.key,
            f"the job `{use.job_name}` lacks {listed(f'`{each}`' for each in _said(missing))}: "
            f"{why}",
            *_granted(use, own, held, wanted, missing),
            fatal=True,
        )


def _of_token(use: Use) -> dict[str, str]:
    """What the job's own token needs."""
    mode = use.literal("mode") or ("" if "mode" in use.given else "run")
    deliver = use.literal("deliver") or ("" if "deliver" in use.given else use.deliver)
    if not mode:
        return {}
    if use.about_a_branch and (mode == "edit" or deliver == "patch"):
        return {"contents": "read"}
    if mode == "edit" or (mode == "plan" and use.about_a_branch):
        return {"contents": "read", "pull-requests": "read"}
    commits = use.about_a_branch or (mode != "plan" and deliver in {"commit", "pull-request"})
    return {"contents": "write" if commits else "read", "pull-requests": "write"}


def _other_token(use: Use) -> bool:
    """Whether another token than the job's own is passed, such as that of a GitHub App."""
    entry = use.given.get("github-token")
    return entry is not None and not any(own in text_of(entry.value) for own in _OWN_TOKENS)


def _level(held: Entry, name: str) -> str:
    """What a permission is set to."""
    if text_of(held.value) == "read-all":
        return "read"
    entry = entries(held.value).get(name)
    return text_of(entry.value) if entry else "none"


def _less(level: str, than: str) -> bool:
    """Whether a level does not suffice; what only the run knows is trusted."""
    return level in _LEVELS and _LEVELS.index(level) < _LEVELS.index(than)


def _said(rights: Mapping[str, str]) -> list[str]:
    return [f"{name}: {level}" for name, level in rights.items()]


def _granted(
    use: Use,
    own: Entry | None,
    held: Entry,
    wanted: Mapping[str, str],
    missing: Mapping[str, str],
) -> tuple[TextChange, ...]:
    """What is missing, added to what the job has."""
    if own is None or not isinstance(own.value, yaml.MappingNode) or not own.value.value:
        kept = {name: text_of(entry.value) for name, entry in entries(held.value).items()}
        return _rewritten(use, own, {**kept, **missing} if own is None else wanted)
    there = entries(own.value)
    return tuple(
        use.source.replaced(there[name].value, level)
        if name in there
        else use.source.added(own.value, name, level)
        for name, level in missing.items()
    )


def _rewritten(use: Use, own: Entry | None, rights: Mapping[str, str]) -> tuple[TextChange, ...]:
    """The job's own permissions, written anew."""
    if own is None:
        return (use.source.added(use.job, "permissions", rights, before="steps"),)
    return (use.source.rewritten(own, rights or "{}"),)


_MINUTES: Final = ("15", "30")
"""For a pull request, and for a branch."""
_OTHER_SYSTEM = re.compile(r"(?:windows|macos)\b", re.IGNORECASE)
_NUMBERS: Final = {
    "issue_comment": "github.event.issue.number",
    "pull_request_review_comment": "github.event.pull_request.number",
}


def job_mistakes(use: Use) -> Iterator[Mistake]:
    """What is missing around the step."""
    yield from _filter(use)
    yield from _concurrency(use)
    yield from _timeout(use)
    yield from _runner(use)
    yield from _checkout(use)


def _job_key(use: Use) -> yaml.Node:
    """The name of the job, to point at."""
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
            "the concurrency group is missing, so two runs may edit the same files at once",
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
    """Whether the workflow's group leaves comments that are not commands out."""
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
            "`timeout-minutes` is missing, so a job that hangs is paid for six hours",
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

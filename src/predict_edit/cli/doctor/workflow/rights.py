"""What the job may do. Source: GitHub, "Permissions required for GitHub Apps" and ``GITHUB_TOKEN``.

A job that names some permissions has no others, and what it names replaces what the workflow names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import yaml

from predict_edit.cli.doctor.workflow.mistake import Mistake
from predict_edit.cli.doctor.workflow.source import Change, Entry, entries, text_of
from predict_edit.cli.doctor.workflow.use import Use
from predict_edit.support.text import listed

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


def mistakes(use: Use) -> Iterator[Mistake]:
    """Permissions that are missing, or more than anybody needs."""
    wanted = needed(use)
    own = entries(use.job).get("permissions")
    held = own or entries(use.source.root).get("permissions")
    if held is None:
        if wanted:
            yield use.mistake(
                _name_of(use),
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
) -> tuple[Change, ...]:
    """What is missing, added to what the job has."""
    if own is None or not isinstance(own.value, yaml.MappingNode) or not own.value.value:
        kept = {name: text_of(entry.value) for name, entry in entries(held.value).items()}
        return _rewritten(use, own, {**kept, **missing} if own is None else wanted)
    changes = []
    for name, level in missing.items():
        entry = entries(own.value).get(name)
        if entry:
            changes.append(use.source.replaced(entry.value, level))
        else:
            changes.append(use.source.added(own.value, name, level))
    # Several insertions at one place would come in the wrong order; one change holds them all.
    return tuple(_merged(changes))


def _merged(changes: list[Change]) -> Iterator[Change]:
    places: dict[int, Change] = {}
    for change in changes:
        if change.start == change.end and change.start in places:
            before = places[change.start]
            places[change.start] = Change(
                start=before.start, end=before.end, text=before.text + change.text
            )
        else:
            places[change.start] = change
    yield from places.values()


def _rewritten(use: Use, own: Entry | None, rights: Mapping[str, str]) -> tuple[Change, ...]:
    """The job's own permissions, written anew."""
    if own is None:
        return (use.source.added(use.job, "permissions", rights, before="steps"),)
    return (use.source.rewritten(own, rights or "{}"),)


def _name_of(use: Use) -> yaml.Node:
    """The name of the job, to point at."""
    return entries(entries(use.source.root)["jobs"].value)[use.job_name].key

"""Common mistakes in workflows that use the action, each with the values that correct it.

Sources: GitHub, "Events that trigger workflows", "Permissions required for GitHub Apps" and
``GITHUB_TOKEN``. A job that names some permissions has no others, and what it names replaces what
the workflow names.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from predict_edit import __version__
from predict_edit.cli.doctor.workflow_file import (
    Mistake,
    NotYaml,
    Path,
    Value,
    WorkflowFile,
    correction,
)
from predict_edit.domain.errors import MissingInput, SettingsError
from predict_edit.domain.run_report import OUTPUT_FOLDER
from predict_edit.settings.endpoint import is_azure_host
from predict_edit.settings.fields import INPUT_NAMES, SECRETS
from predict_edit.settings.inputs import read_inputs, variable_of
from predict_edit.support.text import listed, nearest, quoted

_COMMENTS: Final = ("issue_comment", "pull_request_review_comment")
_OTHERS: Final = ("workflow_dispatch", "schedule", "workflow_call")
"""What else starts a run; a called workflow gets the event of its caller."""
_TARGET: Final = "pull_request_target"
_ACTION = re.compile(r"[^/@\s]+/predict-edit(?:/[^@\s]*)?(?:@\S*)?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One step that uses the action."""

    file: WorkflowFile
    job_path: Path
    job: Mapping[str, Value]
    step_path: Path
    step: Mapping[str, Value]
    deliver: str
    """What the repository's config says; empty where it says nothing."""

    @property
    def given(self) -> Mapping[str, str]:
        """The inputs that the step passes."""
        return {name: _text(each).strip() for name, each in _mapping(self.step.get("with")).items()}

    def literal(self, name: str, default: str = "") -> str | None:
        """Return an input's text; ``None`` if it is only known at run time."""
        text = self.given.get(name) or default
        return None if "${{" in text else text

    @property
    def steps(self) -> list[tuple[str, Mapping[str, Value]]]:
        """What each step of the job uses, if anything, and what it passes."""
        steps = map(_mapping, _items(self.job["steps"]))
        return [(_text(step.get("uses")), _mapping(step.get("with"))) for step in steps]

    @property
    def triggers(self) -> tuple[str, ...]:
        """The events."""
        return tuple(map(_text, _items(self.file.data.get("on"))))

    @property
    def comments(self) -> tuple[str, ...]:
        """The events among them that are comments."""
        return tuple(name for name in _COMMENTS if name in self.triggers)

    @property
    def about_a_branch(self) -> bool:
        """Whether files of a branch are edited, without any pull request."""
        called = "workflow_call" in self.triggers
        return not self.comments and "pull-request" not in self.given and not called

    def mistake(
        self,
        path: Path,
        found: str,
        fixes: Mapping[Path, Value | None] | None = None,
        *,
        next_step: str = "",
        fatal: bool = False,
    ) -> Mistake:
        """Report what is wrong at a place."""
        return Mistake(
            path=self.file.path,
            line=self.file.line_of(path),
            state="failed" if fatal else "warning",
            found=found,
            next_step=next_step,
            corrections=tuple(correction(*fix) for fix in (fixes or {}).items()),
        )


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _items(value: Value) -> list[Value]:
    """Return the items of a list or keys of a mapping; a text is a list of one."""
    return list(value) if isinstance(value, list | dict) else [value] if value else []


def _events(use: Use) -> Iterator[Mistake]:
    """Find events that give no command, and kinds of comments that are none."""
    on = use.file.data.get("on")
    if on is None:
        return
    events = on if isinstance(on, dict) else dict.fromkeys(use.triggers, "")
    right = {name: each for name, each in events.items() if name != _TARGET}
    right |= {name: {**_mapping(events[name]), "types": ["created"]} for name in use.comments}
    if not any(name in right for name in (*_COMMENTS, *_OTHERS)):
        right = {"issue_comment": {"types": ["created"]}}
    fix: dict[Path, Value] = {("on",): right}
    if _TARGET in events:
        yield use.mistake(
            ("on", _TARGET),
            f"`{_TARGET}` is not a command, and runs this job with its secrets for "
            "anyone's pull request",
            fix,
            fatal=True,
        )
    elif not events.keys() & {*_COMMENTS, *_OTHERS}:
        found = f"none of these events carries a command: {', '.join(events)}"
        yield use.mistake(("on",), found, fix, fatal=True)
    for name in use.comments:
        kinds = _items(_mapping(events[name]).get("types"))
        if kinds and "created" not in kinds:
            found = f"`{name}` starts no run for a new comment, and only those are commands"
            yield use.mistake(("on", name, "types"), found, fix, fatal=True)
        elif kinds != ["created"]:
            found = f"`{name}` also starts a run for edited or deleted comments, which are not new"
            yield use.mistake(("on", name, "types"), found, fix)


_LEVELS: Final = ("none", "read", "write")
_FOR: Final = {
    "contents: read": "the files cannot be read",
    "contents: write": "nothing can be committed",
    "pull-requests: read": "it cannot be seen what is open already",
    "pull-requests: write": "nothing can be posted",
    "id-token: write": "the job cannot sign in to Azure as itself",
}


def needed(use: Use) -> dict[str, str]:
    """Return the permissions that the step cannot do without."""
    token = use.given.get("github-token")
    own = token is None or "github.token" in token or "secrets.GITHUB_TOKEN" in token
    rights = _of_token(use) if own else {}
    return rights | ({"id-token": "write"} if "azure-client-id" in use.given else {})


def _of_token(use: Use) -> dict[str, str]:
    """Return what the job's own token needs."""
    mode, deliver = use.literal("mode", "run"), use.literal("deliver", use.deliver)
    if mode is None:
        return {}
    if use.about_a_branch and (mode == "edit" or deliver == "patch"):
        return {"contents": "read"}
    if mode == "edit" or (mode == "plan" and use.about_a_branch):
        return {"contents": "read", "pull-requests": "read"}
    commits = use.about_a_branch or (mode != "plan" and deliver in {"commit", "pull-request"})
    return {"contents": "write" if commits else "read", "pull-requests": "write"}


def _permissions(use: Use) -> Iterator[Mistake]:
    """Find permissions that are missing, or more than anybody needs."""
    wanted = needed(use)
    path = (*use.job_path, "permissions")
    own = use.job.get("permissions")
    at, held = (path, own) if own is not None else (path[-1:], use.file.data.get("permissions"))
    missing = {name: level for name, level in wanted.items() if _less(held, name, level)}
    if held == "write-all":
        enough = listed(f"{name}: {level}" for name, level in wanted.items())
        found = f"`write-all` is far more than the action needs: {enough}"
    elif held is None and wanted:
        at = use.job_path
        found = (
            "no permissions are named, so the job has the repository's default, which may be "
            "too little or far too much"
        )
    elif held is not None and missing:
        rights = [f"{name}: {level}" for name, level in missing.items()]
        found = (
            f"the job `{use.job_path[-1]}` lacks {listed(f'`{each}`' for each in rights)}: "
            f"{listed(_FOR[each] for each in rights)}"
        )
    else:
        return
    fix = {path: {**wanted, **_mapping(held), **missing}}
    yield use.mistake(at, found, fix, fatal=bool(missing) and held is not None)


def _less(held: Value, name: str, wanted: str) -> bool:
    """Check whether a permission does not suffice; what only the run knows is trusted."""
    level = _text(held).removesuffix("-all") or _mapping(held).get(name, "none")
    return level in _LEVELS and _LEVELS.index(level) < _LEVELS.index(wanted)


def _filter(use: Use) -> Iterator[Mistake]:
    """Find jobs that start for more than commands, or for other ones."""
    word = use.literal("command", "/predict-edit")
    if not use.comments or "needs" in use.job or word is None:
        return
    path, condition = (*use.job_path, "if"), _text(use.job.get("if"))
    wanted = _condition(use, word)
    if "comment.body" not in condition:
        own = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", condition, flags=re.DOTALL).strip()
        fix = {path: f"({own}) && ({wanted})" if own else wanted}
        yield use.mistake(path, "every comment starts a runner, whatever it says", fix)
    elif word not in condition:
        found = f"the job starts for other comments than those with the command word `{word}`"
        yield use.mistake(path, found, {path: wanted}, fatal=True)


def _condition(use: Use, word: str) -> str:
    """Write the condition that lets commands through."""
    starts = f"startsWith(github.event.comment.body, '{word}')"
    if use.comments == _COMMENTS:
        starts = f"(github.event.issue.pull_request || github.event.pull_request) && {starts}"
    elif "issue_comment" in use.comments:
        starts = f"github.event.issue.pull_request && {starts}"
    others = [f"github.event_name == '{name}'" for name in _OTHERS if name in use.triggers]
    return " || ".join((*others, f"({starts})")) if others else starts


def _concurrency(use: Use) -> Iterator[Mistake]:
    """Find commands that do not wait for each other, or not only for each other."""
    own = (*use.job_path, "concurrency")
    path, held = own, use.job.get("concurrency")
    if held is None and "concurrency" in use.file.data:
        path, held = own[-1:], use.file.data["concurrency"]
    group = _text(_mapping(held).get("group", held))
    if held is None:
        path = use.job_path
        found = "the concurrency group is missing, so two runs may edit the same files at once"
    elif path != own and use.comments and "github.run_id" not in group:
        # A group with the run's number in its name leaves comments out that are not commands.
        found = (
            "the group is the whole workflow's, so any comment, command or not, takes the "
            "place of a command that waits; it belongs to the job"
        )
    elif use.comments and group and "${{" not in group:
        path = (*path, "group")
        found = "the group is the same for all pull requests, so their commands replace each other"
    elif _text(_mapping(held).get("cancel-in-progress")).strip() == "true":
        path = (*path, "cancel-in-progress")
        found = "a new command ends the one that runs, whose tokens are paid for"
    else:
        return
    fix: dict[Path, Value] = {own: {"group": _group(use), "cancel-in-progress": "false"}}
    if path[0] == "concurrency":
        fix[path[:1]] = None
    yield use.mistake(path, found, fix)


def _group(use: Use) -> str:
    """Write a name that runs over the same files share."""
    numbers = {
        "issue_comment": "github.event.issue.number",
        "pull_request_review_comment": "github.event.pull_request.number",
    }
    parts = [numbers[name] for name in use.comments]
    passed = re.fullmatch(r"\$\{\{\s*(.*?)\s*\}\}", use.given.get("pull-request", ""))
    parts += [passed[1]] if passed else []
    if parts:
        return f"predict-edit-${{{{ {' || '.join(parts)} }}}}"
    return f"predict-edit-{re.sub(r'[^A-Za-z0-9_-]+', '-', str(use.job_path[-1]))}"


def _job(use: Use) -> Iterator[Mistake]:
    """Find jobs that may hang, cannot run containers, or fetch code that nobody checked."""
    if "timeout-minutes" not in {*use.job, *use.step}:
        yield use.mistake(
            use.job_path,
            "`timeout-minutes` is missing, so a job that hangs is paid for six hours",
            {(*use.job_path, "timeout-minutes"): "30" if use.about_a_branch else "15"},
        )
    labels = _items(use.job.get("runs-on"))
    if any(re.match(r"(?:windows|macos)\b", _text(label), re.IGNORECASE) for label in labels):
        path = (*use.job_path, "runs-on")
        found = "the action is a container, and those need a Linux runner"
        yield use.mistake(path, found, {path: "ubuntu-latest"}, fatal=True)
    secrets = use.comments or _TARGET in use.triggers
    for number, (uses, given) in enumerate(use.steps):
        named = uses.startswith("actions/checkout@")
        if secrets and named and re.search(r"pull|head", _text(given.get("ref"))):
            path = (*use.job_path, "steps", number)
            yield use.mistake(
                path,
                "code of the pull request is checked out beside the job's secrets; the action "
                "reads what it needs through GitHub's API",
                {path: None},
                fatal=True,
            )


_KEEP: Final = {
    "uses": "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a",
    "if": "always()",
    "with": {"name": "predict-edit", "path": f"{OUTPUT_FOLDER}/", "if-no-files-found": "ignore"},
}


def _kept(use: Use) -> Iterator[Mistake]:
    """Find jobs that lose the patch; those that plan or edit make none."""
    uploads = (given.get("path") for uses, given in use.steps if "/upload-artifact@" in uses)
    if use.literal("mode", "run") in {"run", "publish"} and not any(
        OUTPUT_FOLDER in _text(path) for path in uploads
    ):
        yield use.mistake(
            use.step_path,
            "no step keeps the patch of the run, so edits that are not suggestions may be lost",
            {(*use.job_path, "steps", len(use.steps)): _KEEP},
        )


_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"v?\d+(?:\.\d+){0,2}")
_ZEROS: Final = "0" * 40
_EXAMPLE = re.compile(r"^OWNER(?=/)|\bYOUR-[A-Z-]+|\bYOUR-PROVIDER\.example\b")
_CREDENTIALS: Final = tuple(name for name in SECRETS if name != "headers")
"""Inputs that hold nothing but a secret."""
_STAND_INS: Final = {
    "github-token": "token",
    "model": "model",
    "api-key": "key",
    "base-url": "https://name.openai.azure.com/openai/v1/",
    "azure-tenant-id": "tenant",
    "azure-client-id": "client",
}
"""For what only the run knows, where whether it is given at all makes a difference."""


def _version(use: Use) -> Iterator[Mistake]:
    """Find actions whose code nobody knows."""
    path = (*use.step_path, "uses")
    name, _, ref = _text(use.step["uses"]).partition("@")
    if ref != _ZEROS and (_COMMIT.fullmatch(ref) or _VERSION.fullmatch(ref)):
        return
    found = f"the action is not pinned: {quoted(ref)} may be other code tomorrow"
    if ref == _ZEROS:
        found = "the commit of the action is the example's zeros"
    elif not ref:
        found = "the action has no version, and GitHub does not run it without one"
    yield use.mistake(
        path,
        found,
        {path: f"{name}@v{__version__}"},
        next_step="Better still, the full commit of that release: it can never change.",
        fatal=ref in {_ZEROS, ""},
    )


def _inputs(use: Use) -> Iterator[Mistake]:
    """Find placeholders, unknown names (the runner only warns of them), and credentials."""
    for name, text in {"uses": _text(use.step["uses"]), **use.given}.items():
        if held := _EXAMPLE.search(text):
            path = (*use.step_path, *(("uses",) if name == "uses" else ("with", name)))
            found = f"`{name}` still holds the example's `{held[0]}`"
            yield use.mistake(path, found, next_step="Replace it with the real one.", fatal=True)
    for name, text in use.given.items():
        path = (*use.step_path, "with", name)
        if name not in INPUT_NAMES:
            meant = _meant(use, name)
            found = f"{quoted(name)} is not an input"
            found += f"; `{meant}` is probably meant" if meant else ""
            fix = {path: None} | ({(*path[:-1], meant): text} if meant else {})
            yield use.mistake(path, found, fix, fatal=True)
        if name in _CREDENTIALS and use.literal(name):
            yield use.mistake(
                path,
                f"`{name}` is written in the file, where anyone can read it; revoke it and store "
                "a new one as a secret",
                {path: _secret(use, name)},
                fatal=True,
            )


def _meant(use: Use, name: str) -> str | None:
    """Find the input that a misspelt one is probably meant to be, first a required one."""
    free = [known for known in INPUT_NAMES if known not in use.given]
    return nearest(name, {"model", "api-key"} & set(free)) or nearest(name, free)


def _secret(use: Use, name: str) -> str:
    """Name where a credential is usually stored."""
    if name == "github-token":
        return "${{ github.token }}"
    azure = is_azure_host(use.literal("base-url") or "")
    return f"${{{{ secrets.{'AZURE_OPENAI_API_KEY' if azure else 'OPENAI_API_KEY'} }}}}"


def _values(use: Use) -> Iterator[Mistake]:
    """Find inputs that are missing, wrong or contradict each other, as the action would."""
    given = {"github-token": _STAND_INS["github-token"]}
    for name, text in use.given.items():
        # That a name is misspelt is reported already; that it is missing need not be.
        meant = name if name in INPUT_NAMES else _meant(use, name)
        known = name in INPUT_NAMES and name not in _CREDENTIALS and "${{" not in text
        value = text if known else _STAND_INS.get(meant or "")
        if text and meant and value:
            given[meant] = value
    try:
        read_inputs({variable_of(name): value for name, value in given.items()})
    except SettingsError as error:
        named = [name for name in use.given if f"`{name}`" in error.cause]
        fix = _filled(use, error)
        yield use.mistake(
            (*use.step_path, "with", named[0]) if named else (*use.step_path, "uses"),
            error.cause.rstrip("."),
            fix,
            next_step="" if fix else error.next_step,
            fatal=True,
        )


def _filled(use: Use, error: SettingsError) -> dict[Path, Any]:
    """Add the input that is missing, with what is most often right."""
    usual = {"model": "gpt-4.1", "api-key": _secret(use, "api-key")}
    name = next((each for each in usual if error.cause.startswith(f"`{each}` is missing")), None)
    if not isinstance(error, MissingInput) or name is None:
        return {}
    path = (*use.step_path, "with")
    return {(*path, name): usual[name]} if use.given else {path: usual}


_RULES: Final = (
    _events,
    _permissions,
    _filter,
    _concurrency,
    _job,
    _kept,
    _version,
    _inputs,
    _values,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One workflow file that uses the action."""

    path: str
    mistakes: tuple[Mistake, ...]
    secrets: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    """Credentials written in the file, so that none of them is shown."""


def examine(path: str, text: str, deliver: str = "") -> Examined | None:
    """Find the mistakes of a workflow file, in the order of its lines.

    Args:
        path: What to call it.
        text: Its contents.
        deliver: What the repository's config says, where it says something.

    Returns:
        ``None`` where no step uses the action.
    """
    try:
        uses = _uses_of(WorkflowFile(path, text), deliver)
    except NotYaml as error:
        if "predict-edit" not in text:
            return None
        reason, line = error.args
        unread = Mistake(path=path, line=line, state="failed", found=reason)
        return Examined(path=path, mistakes=(unread,))
    if not uses:
        return None
    found = dict.fromkeys(mistake for use in uses for rule in _RULES for mistake in rule(use))
    literals = (use.literal(name) for use in uses for name in SECRETS)
    return Examined(
        path=path,
        mistakes=tuple(sorted(found, key=lambda mistake: mistake.line)),
        secrets=tuple(literal for literal in literals if literal),
    )


def events_of(path: str, text: str) -> set[str]:
    """Return the events for which a workflow uses the action; none if it does not use it."""
    try:
        return {name for use in _uses_of(WorkflowFile(path, text), "") for name in use.triggers}
    except NotYaml:
        return set()


def _uses_of(file: WorkflowFile, deliver: str) -> list[Use]:
    """Find every step of a workflow that uses the action."""
    return [
        Use(
            file=file,
            job_path=("jobs", name),
            job=_mapping(job),
            step_path=("jobs", name, "steps", number),
            step=_mapping(step),
            deliver=deliver,
        )
        for name, job in _mapping(file.data.get("jobs")).items()
        for number, step in enumerate(_items(_mapping(job).get("steps")))
        if _ACTION.fullmatch(_text(_mapping(step).get("uses")))
    ]

"""``predict-edit init``: write the workflow that runs the action, and say what is left to do."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import jinja2
import yaml

from predict_edit import __version__
from predict_edit.cli.console import DONE, Screen
from predict_edit.cli.doctor import workflow_files
from predict_edit.cli.doctor.workflow_rules import events_of, examine
from predict_edit.cli.local_files import write_text
from predict_edit.cli.local_git import Git
from predict_edit.domain.errors import InvalidInput, LocalFileError, MissingInput
from predict_edit.settings.endpoint import is_v1
from predict_edit.settings.repository_config import CONFIG_PATH
from predict_edit.support.log import Secrets

_WORKFLOWS: Final = ".github/workflows"
_MODEL: Final = "gpt-6-luna"
"""OpenAI's model where none is named: it will not be retired soon."""
PROVIDERS: Final = {
    "openai": "OPENAI_API_KEY",
    "azure": "AZURE_OPENAI_API_KEY",
    "azure-keyless": "",
    "other": "MODEL_API_KEY",
}
"""The secret that holds the key of each, if any."""
USES: Final = {
    "comments": "issue_comment",
    "threads": "pull_request_review_comment",
    "schedule": "schedule",
}
"""The event of each."""
_LINTERS: Final = {
    "eslint": ("eslint.config.*", ".eslintrc*"),
    "ruff": ("ruff.toml", ".ruff.toml", "pyproject.toml", "setup.py"),
}
"""Files that show which linter a repository uses; without any, code scanning is asked."""
_REMOTE: Final = re.compile(r"(?:.*@|\w+://(?:[^@/]*@)?)([^/:]+)(?::\d+)?[:/](.+?)(?:\.git)?/?")
_ACTION: Final = re.compile(r"([\w.-]+/predict-edit)(?:@([\w./-]+))?")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """What a workflow is for."""

    provider: str
    use: str
    action: str
    """``OWNER/predict-edit``."""
    ref: str
    """The action's commit or tag."""
    model: str = _MODEL
    base_url: str = ""
    linter: str = ""
    """For a schedule: ``ruff``, ``eslint`` or ``code-scanning``."""
    enterprise: bool = False
    """Whether it is for GitHub Enterprise Server."""

    def text(self, template: str = "workflow.yml", **more: str | None) -> str:
        """Write the workflow, or what goes with it."""
        # The delimiters are not those of GitHub's own expressions.
        made = jinja2.Environment(
            loader=jinja2.PackageLoader("predict_edit.cli"),
            block_start_string="<%", block_end_string="%>",
            variable_start_string="<<", variable_end_string=">>",
            comment_start_string="<#", comment_end_string="#>",
            undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - YAML; what a person typed passes through `yaml`
        )  # fmt: skip
        made.filters["yaml"] = lambda text: yaml.safe_dump(text, width=1_000).splitlines()[0]
        values = dataclasses.asdict(self) | more
        return made.get_template(f"{template}.j2").render(
            values, secret=PROVIDERS[self.provider], version=__version__
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Repository:
    root: Path
    host: str
    """Empty without a remote."""
    name: str
    branch: str
    """The default branch, in words."""


def run(arguments: argparse.Namespace) -> int:
    """Write the files that are asked for, unless one exists.

    Raises:
        SettingsError: something that the workflow needs is missing or wrong.
        LocalFileError: a file exists already.
    """
    repository = _look(Git(Path.cwd()))
    workflow = _choose(arguments, repository)
    suffix = "" if workflow.use == "comments" else f"-{workflow.use}"
    path = f"{_WORKFLOWS}/predict-edit{suffix}.yml"
    files = {path: workflow.text()}
    if arguments.config:
        files[CONFIG_PATH] = workflow.text("config.yml")
    _check(repository.root, files, workflow)
    if not arguments.dry_run:
        for name, text in files.items():
            write_text(repository.root / name, text, "xb")
    left = _left_to_do(workflow, repository)
    screen = Screen(sys.stdout, Secrets())
    if arguments.json:
        screen.data({"version": 1, "written": not arguments.dry_run, "files": files, "left": left})
        return DONE
    for name, text in files.items():
        screen.line(f"{'Would write' if arguments.dry_run else 'Wrote'} {name}:", "bold")
        for line in ("", *text.splitlines(), ""):
            screen.line(line)
    screen.line("Two things are left to do:", "bold")
    for number, step in enumerate(left, start=1):
        screen.hanging(f"{number}. {step}", 3)
    screen.line()
    screen.hanging(f"GitHub runs this workflow once it is on {repository.branch}.")
    return DONE


def _look(git: Git) -> _Repository:
    """Find out where the repository is, and on which host."""
    root = Path(git.run("rev-parse", "--show-toplevel").removesuffix("\n"))
    remote = _REMOTE.fullmatch(git.ask("remote", "get-url", "origin") or "")
    head = git.ask("symbolic-ref", "--short", "refs/remotes/origin/HEAD") or ""
    host, name = remote.groups() if remote else ("", "OWNER/REPOSITORY")
    branch = f"the branch {head.removeprefix('origin/')}" if head else "the default branch"
    return _Repository(root=root, host=host, name=name, branch=branch)


def _choose(arguments: argparse.Namespace, repository: _Repository) -> Workflow:
    """Make the workflow of options and of what the repository shows."""
    action, ref = _action(arguments.action)
    model, base_url = arguments.model or "", arguments.base_url or ""
    azure = "azure" in arguments.provider
    if arguments.provider == "openai":
        model = model or _MODEL
        if base_url:
            raise InvalidInput(
                "`--base-url` is given, but the provider is OpenAI.",
                "Add --provider azure, azure-keyless or other, or leave --base-url out.",
            )
    elif not model or not base_url:
        example = "https://NAME.openai.azure.com" if azure else "https://HOST/v1/"
        raise MissingInput(
            f"`--provider {arguments.provider}` needs the model and the address of its API.",
            f"Add --model NAME --base-url {example}",
        )
    if azure and not is_v1(base_url):
        base_url = f"{base_url.rstrip('/')}/openai/v1/"
    found = (
        name
        for name, patterns in _LINTERS.items()
        if any(any(repository.root.glob(pattern)) for pattern in patterns)
    )
    linter = arguments.linter or next(found, "code-scanning")
    return Workflow(
        provider=arguments.provider,
        use=arguments.use,
        action=action,
        ref=ref,
        model=model,
        base_url=base_url,
        linter=linter if arguments.use == "schedule" else "",
        enterprise=not re.fullmatch(r"(github\.com|.*\.ghe\.com)?", repository.host),
    )


def _action(given: str | None) -> tuple[str, str]:
    """Return the action's repository and its commit, which an installation by git knows (PEP 610).

    Raises:
        MissingInput: nobody says who publishes it.
    """
    origin = json.loads(distribution("predict-edit").read_text("direct_url.json") or "{}")
    remote = _REMOTE.fullmatch(origin.get("url", ""))
    commit = origin.get("vcs_info", {}).get("commit_id")
    asked = given or (f"{remote[2]}@{commit}" if remote and commit else "")
    match = _ACTION.fullmatch(asked)
    if match is None:
        raise MissingInput(
            f"`--action` is `{given}`, not OWNER/REPOSITORY@COMMIT."
            if given
            else "predict-edit does not know where the action is published.",
            "Name its repository and commit: --action OWNER/predict-edit@COMMIT",
        )
    return match[1], match[2] or f"v{__version__}"


def _check(root: Path, files: Mapping[str, str], workflow: Workflow) -> None:
    """Refuse to overwrite a file, to answer each comment twice, and to write what is wrong.

    Raises:
        LocalFileError: a file exists, or another workflow does the same.
        InvalidInput: the workflow would not work.
    """
    for name in files:
        if (root / name).exists():
            raise LocalFileError(
                f"{name} already exists; nothing was written.",
                "Check it with `predict-edit doctor`, or move it away.",
            )
    for path in filter(Path.is_file, workflow_files(root / _WORKFLOWS)):
        if USES[workflow.use] in events_of(path.name, path.read_text("utf-8", "replace")):
            raise LocalFileError(
                f"{path.relative_to(root)} already uses the action for {workflow.use}.",
                "Check it with `predict-edit doctor`, or delete it and run the command again.",
            )
    name, text = next(iter(files.items()))
    examined = examine(name, text)
    for mistake in examined.mistakes if examined else ():
        raise InvalidInput(f"{mistake.found}.", "Correct the option; nothing was written.")


def _left_to_do(workflow: Workflow, repository: _Repository) -> list[str]:
    """Say what only a person can do: store the key, and permit the workflow."""
    return workflow.text(
        "left_to_do.txt",
        gh=shutil.which("gh"),
        settings=f"https://{repository.host or 'github.com'}/{repository.name}/settings",
        repository=repository.name,
    ).splitlines()

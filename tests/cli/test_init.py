"""``predict-edit init``: what it writes for each choice, and what it leaves alone."""

from __future__ import annotations

import itertools
import json
import shutil
from importlib.metadata import PathDistribution
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit import __version__
from predict_edit.cli.doctor.workflow_rules import examine
from predict_edit.cli.init import PROVIDERS, USES, Workflow

if TYPE_CHECKING:
    from .conftest import Command, Repository

ACTION = ("--action", f"octo/predict-edit@{'1' * 40}")
AZURE = ("--model", "my-gpt", "--base-url", "https://name.openai.azure.com")
OTHER = ("--model", "gpt-oss:20b", "--base-url", "https://models.example/v1/")
MODELS = {"openai": (), "azure": AZURE, "azure-keyless": AZURE, "other": OTHER}
WORKFLOW = ".github/workflows/predict-edit.yml"


@pytest.fixture
def checkout(repository: Repository) -> Repository:
    """A repository of the organisation octo."""
    repository.git("remote", "add", "origin", "git@github.com:octo/game.git")
    return repository


@pytest.mark.parametrize(("provider", "use"), list(itertools.product(PROVIDERS, USES)))
def test_doctor_finds_nothing_to_correct(
    command: Command, checkout: Repository, provider: str, use: str
) -> None:
    """For each provider and each use, with the config; what is shown is what is written."""
    choice = ("--provider", provider, "--for", use, *MODELS[provider])
    ran = command("init", "--config", *choice, *ACTION, folder=checkout.root)

    assert ran.status == 0, ran.err
    (path,) = checkout.root.glob(".github/workflows/*.yml")
    for file in (path, checkout.root / ".github/predict-edit.yml"):
        assert f"Wrote {file.relative_to(checkout.root)}:\n\n{file.read_text()}\n" in ran.out
    checked = command("doctor", "--workflow", str(path), folder=checkout.root)
    assert checked.status == 0
    assert "config is valid with 1 recipe\n" in checked.out.replace(
        ".github/predict-edit.yml", "config"
    )
    assert "1 workflow: nothing to correct." in checked.out


@pytest.mark.parametrize(
    ("provider", "secret"),
    [
        ("openai", "secret OPENAI_API_KEY"),
        ("azure", "secret AZURE_OPENAI_API_KEY"),
        ("azure-keyless", "variables AZURE_TENANT_ID and AZURE_CLIENT_ID"),
        ("other", "secret MODEL_API_KEY"),
    ],
)
@pytest.mark.parametrize("gh", [False, True])
def test_two_things_are_left_to_do(
    command: Command,
    checkout: Repository,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    secret: str,
    gh: bool,
) -> None:
    """The secret and the permission, as commands if `gh` is installed, else as pages."""
    program = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name: ("gh" if gh else None) if name == "gh" else program(name)
    )
    choice = ("--for", "schedule", "--provider", provider, *MODELS[provider])
    ran = command("init", "--json", *choice, *ACTION, folder=checkout.root)
    key, permission = json.loads(ran.out)["left"]

    assert secret in key
    assert "create pull requests" in permission
    assert ("gh variable set" if secret.startswith("var") else "gh secret set") in key or not gh
    assert ("gh api -X PUT repos/octo/game/actions/permissions/workflow" in permission) is gh
    if not gh:
        assert "https://github.com/octo/game/settings/" in key
        assert permission.endswith("https://github.com/octo/game/settings/actions")


def test_nothing_is_overwritten(command: Command, checkout: Repository) -> None:
    """Neither the workflow nor the config, and no second workflow answers the same comments."""
    assert command("init", *ACTION, folder=checkout.root).status == 0
    first = checkout.root / WORKFLOW
    text = first.read_text()
    again = command("init", "--provider", "azure", *AZURE, *ACTION, folder=checkout.root)
    assert (again.status, again.out) == (1, "")
    assert f"{WORKFLOW} already exists; nothing was written." in again.err
    assert first.read_text() == text

    first.rename(first.with_name("bot.yaml"))
    again = command("init", *ACTION, folder=checkout.root)
    assert again.status == 1
    assert ".github/workflows/bot.yaml already uses the action for comments" in again.err
    assert not first.exists()

    checkout.write(".github/predict-edit.yml", "max-files: 3\n")
    again = command("init", "--for", "threads", "--config", *ACTION, folder=checkout.root)
    assert again.status == 1
    assert not (first.parent / "predict-edit-threads.yml").exists()
    assert command("init", "--for", "threads", *ACTION, folder=checkout.root).status == 0


def test_a_folder_that_cannot_be_written_to(command: Command, checkout: Repository) -> None:
    """As an error with a next step, and a link to nowhere is not followed."""
    checkout.write(".github", "a file")
    ran = command("init", *ACTION, folder=checkout.root)
    assert (ran.status, ran.out) == (1, "")
    assert f"{WORKFLOW} cannot be written" in ran.err

    (checkout.root / ".github").unlink()
    (checkout.root / WORKFLOW).parent.mkdir(parents=True)
    (checkout.root / WORKFLOW).symlink_to("nowhere.txt")
    ran = command("init", *ACTION, folder=checkout.root)
    assert (ran.status, ran.out) == (1, "")
    assert f"{WORKFLOW} cannot be written (File exists)." in ran.err
    assert not (checkout.root / WORKFLOW).exists()


def test_a_dry_run_writes_nothing(command: Command, checkout: Repository) -> None:
    ran = command("init", "--dry-run", *ACTION, folder=checkout.root)
    assert ran.status == 0
    assert f"Would write {WORKFLOW}:\n\n# Commands in pull request comments" in ran.out
    assert not (checkout.root / ".github").exists()


@pytest.mark.parametrize(
    ("file", "linter"),
    [
        ("pyproject.toml", "ruff.json"),
        ("eslint.config.mjs", "eslint.json"),
        ("main.go", "code-scanning"),
    ],
)
def test_a_schedule_takes_the_linter_of_the_repository(
    command: Command, checkout: Repository, file: str, linter: str
) -> None:
    """As its files show; `--linter` decides otherwise."""
    checkout.write(file, "")
    ran = command("init", "--for", "schedule", "--dry-run", *ACTION, folder=checkout.root)
    assert f"findings: {linter}\n" in ran.out
    own = ("--linter", "eslint")
    ran = command("init", "--for", "schedule", "--dry-run", *own, *ACTION, folder=checkout.root)
    assert "findings: eslint.json\n" in ran.out


@pytest.mark.parametrize(
    ("remote", "host", "enterprise"),
    [
        ("https://github.com/octo/game", "github.com", False),
        ("ssh://git@ghes.example:2222/octo/game.git", "ghes.example", True),
        ("https://acme.ghe.com/octo/game.git", "acme.ghe.com", False),
        (None, "github.com", False),
    ],
)
def test_the_host_is_that_of_the_remote(
    command: Command, repository: Repository, remote: str | None, host: str, enterprise: bool
) -> None:
    """GitHub Enterprise Server needs an older action to keep files."""
    if remote:
        repository.git("remote", "add", "origin", remote)
    ran = command("init", "--json", *ACTION, folder=repository.root)
    written = json.loads(ran.out)

    assert f"https://{host}/" in written["left"][1]
    assert ("# v3.2.1-node20" in written["files"][WORKFLOW]) is enterprise


def test_the_default_branch_is_named(command: Command, checkout: Repository) -> None:
    assert (
        "once it is on the default branch."
        in command("init", "--dry-run", *ACTION, folder=checkout.root).out
    )
    sha = checkout.commit(a_py="a = 1\n")
    checkout.git("update-ref", "refs/remotes/origin/trunk", sha)
    checkout.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert (
        "once it is on the branch trunk."
        in command("init", "--dry-run", *ACTION, folder=checkout.root).out
    )


@pytest.mark.parametrize(
    ("words", "status", "cause"),
    [
        ((), 2, "predict-edit does not know where the action is published."),
        (("--action", "octo/other"), 2, "`--action` is `octo/other`, not OWNER"),
        ((*ACTION, *AZURE), 2, "`--base-url` is given, but the provider is OpenAI."),
        ((*ACTION, "--provider", "azure"), 2, "`--provider azure` needs the model"),
        ((*ACTION, "--provider", "other", "--model", "m"), 2, "the address of its API"),
        (
            (*ACTION, "--provider", "other", *OTHER[:3], "https://x.example/v1/chat/completions"),
            2,
            "it must be the root of the API",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    command: Command, checkout: Repository, words: tuple[str, ...], status: int, cause: str
) -> None:
    """And nothing is written."""
    ran = command("init", *words, folder=checkout.root)
    assert (ran.status, ran.out) == (status, "")
    assert cause in ran.err
    assert not (checkout.root / ".github").exists()


def test_the_action_is_where_predict_edit_was_installed_from(
    command: Command, checkout: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation by git knows its repository and its commit (PEP 610)."""
    origin: dict[str, Any] = {
        "url": "https://github.com/acme/predict-edit.git",
        "vcs_info": {"vcs": "git", "commit_id": "2" * 40},
    }
    monkeypatch.setattr(PathDistribution, "read_text", lambda *_: json.dumps(origin))
    ran = command("init", folder=checkout.root)
    assert f"uses: acme/predict-edit@{'2' * 40} # v" in ran.out


def test_outside_of_a_repository_there_is_nothing_to_write_to(command: Command) -> None:
    assert command("init", *ACTION).status == 1


def test_a_name_that_yaml_would_read_otherwise_is_quoted() -> None:
    """As a name of Cloudflare's is."""
    workflow = Workflow(
        provider="openai",
        use="comments",
        action="octo/predict-edit",
        ref=f"v{__version__}",
        model="@cf/meta/llama",
    )
    assert "model: '@cf/meta/llama'\n" in workflow.text()
    examined = examine("w.yml", workflow.text())
    assert examined is not None
    assert examined.mistakes == ()

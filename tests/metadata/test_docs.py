"""README, docs and examples are true."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

import doc_tables
import lint_workflows
from predict_edit import __version__
from predict_edit.domain import errors
from predict_edit.settings.fields import INPUT_NAMES as INPUTS
from predict_edit.settings.inputs import check_inputs, read_inputs, variable_of
from predict_edit.settings.repository_config import CONFIG_KEYS, read_config
from predict_edit.trigger.command import OPTIONS, EditCommand, RunRecipe, parse_command

from .conftest import ROOT

pytestmark = pytest.mark.source

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
EXAMPLES = sorted(ROOT.glob("examples/*.yml"))
BASES = {
    "PredictEditError", "SettingsError", "ConfigError", "CommandError", "ForgeError",
    "PullRequestError", "ModelError", "AnswerError",
}  # fmt: skip
"""Classes that only hold others together."""


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(markdown: str, language: str) -> list[str]:
    """The contents of a page's fenced blocks of one language."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [token.content for token in tokens if token.type == "fence" and token.info == language]


def test_tables_are_current(action: dict[str, Any]) -> None:
    """The generated tables have every input and output of action.yml."""
    inputs = page("docs/inputs.md")
    assert f"\n{doc_tables.inputs_table()}\n" in inputs
    assert f"\n{doc_tables.outputs_table()}\n" in inputs
    for name in (*action["inputs"], *action["outputs"]):
        assert f"| `{name}` |" in inputs


def test_readme_is_short(readme: str) -> None:
    """At most 900 words, and a quick start of at most 15 lines."""
    (quick_start,) = blocks(readme, "yaml")

    assert len(readme.split()) <= 900
    assert len(quick_start.splitlines()) <= 15


def test_every_error_is_explained() -> None:
    """Each error that a user can see has a row in the troubleshooting page."""
    explained = set(re.findall(r"^\| `(\w+)`", page("docs/troubleshooting.md"), re.MULTILINE))
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.PredictEditError)
    }

    assert classes - BASES == explained


def test_every_option_is_explained(readme: str) -> None:
    """Each option of a command is in the page about commands and in the README."""
    for name in OPTIONS:
        assert f"| `--{name}` |" in page("docs/commands.md")
        assert f"`--{name}`" in readme


def test_every_config_key_is_explained() -> None:
    """Each is an input that says so, or has a row below the config file's heading."""
    inputs, own = page("docs/inputs.md").split("## The config file")
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| config(?:, command)? \|$", inputs, re.MULTILINE)
    rows += re.findall(r"^\| `([a-z-]+)` \|", own, re.MULTILINE)

    assert sorted(rows) == sorted(CONFIG_KEYS)


def test_config_of_the_docs_is_valid() -> None:
    (shown,) = blocks(page("docs/inputs.md"), "yaml")

    config = read_config(shown)
    assert config.max_files == 20
    assert set(config.recipes) == {"types", "docstrings"}


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a workflow that use this action."""
    for job in workflow["jobs"].values():
        yield from (step for step in job["steps"] if "OWNER/predict-edit@" in step.get("uses", ""))


def workflows() -> Iterator[Any]:
    """All workflows that are shown, in examples/ and in pages."""
    for path in EXAMPLES:
        yield pytest.param(path.read_text(encoding="utf-8"), id=path.name)
    for path in PAGES:
        for number, text in enumerate(lint_workflows.snippets(path)):
            yield pytest.param(text, id=f"{path.name}-{number}")


WORKFLOWS = list(workflows())


RELEASE = f"OWNER/predict-edit@v{__version__}"
"""How the README's quick start, in which one word is to be replaced, names the action."""
MODES = {
    "plan": {"contents": "read", "pull-requests": "read"},
    "edit": {"contents": "read"},
    "publish": {"contents": "write", "pull-requests": "write"},
}
"""What a job of a run over a branch needs."""
COMMAND_MODES = {
    "plan": {"contents": "read", "pull-requests": "write"},
    "edit": {"contents": "read", "pull-requests": "read"},
    "publish": {"contents": "read", "pull-requests": "write"},
}
"""What a job of a command on a pull request needs."""


def is_about_a_branch(read: dict[Any, Any]) -> bool:
    """Whether a workflow edits a branch: then it runs linters and opens pull requests."""
    given = next(steps(read))["with"]
    return not {"issue_comment", "pull_request_review_comment"} & set(read[True]) and (
        "pull-request" not in given
    )


@pytest.mark.parametrize("text", WORKFLOWS)
def test_shown_workflows_use_the_action_rightly(text: str) -> None:
    """Its inputs exist, and together they are valid settings."""
    read = yaml.safe_load(text)
    for step in steps(read):
        given = {name: str(value) for name, value in step["with"].items()}

        assert set(given) <= set(INPUTS)
        filled = {
            variable_of(name): re.sub(r"\$\{\{ .*? \}\}", "17", value)
            for name, value in given.items()
        }
        inputs = read_inputs(filled | {"INPUT_GITHUB-TOKEN": "token"})
        assert inputs.model
        check_inputs(inputs, on_branch=is_about_a_branch(read))


@pytest.mark.parametrize("text", WORKFLOWS)
def test_shown_workflows_are_least_privileged(text: str) -> None:
    """No rights by default, exactly the needed ones in each job, and full pins."""
    read = yaml.safe_load(text)

    assert read["permissions"] == {}
    for job in read["jobs"].values():
        (step,) = steps({"jobs": {"only": job}})
        modes = MODES if is_about_a_branch(read) else COMMAND_MODES
        needed = dict(modes[step["with"].get("mode", "publish")])
        if step["with"].get("deliver") == "pull-request":
            needed["contents"] = "write"
        keyless = {"id-token": "write"} if "azure-client-id" in step["with"] else {}
        scanning = {"security-events": "read"} if "code-scanning" in str(job["steps"]) else {}
        assert job["permissions"] == needed | keyless | scanning
        concurrency = job.get("concurrency") or read["concurrency"]
        # A group alone leaves a run that is under way alone, too.
        assert isinstance(concurrency, str) or concurrency["cancel-in-progress"] is False
        uses = {each["uses"] for each in job["steps"] if "uses" in each} - {RELEASE}
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", use) for use in uses)
    assert RELEASE in text or f"# v{__version__}" in text


@pytest.mark.parametrize("text", WORKFLOWS)
def test_shown_workflows_run_nothing_from_outside(text: str) -> None:
    """Only workflows for a branch check out and run code, without credentials or inputs."""
    read = yaml.safe_load(text)
    for job in read["jobs"].values():
        for step in job["steps"]:
            if "actions/checkout" in step.get("uses", ""):
                assert is_about_a_branch(read)
                assert step["with"] == {"persist-credentials": False}
            if "run" in step:
                assert is_about_a_branch(read)
                assert "${{" not in step["run"]


@pytest.mark.parametrize("name", ["lint-fix-matrix", "comment-matrix"])
def test_matrix_is_short(name: str) -> None:
    """A sharded run takes a workflow of less than 50 lines."""
    assert len(page(f"examples/{name}.yml").splitlines()) < 50


def test_every_example_is_listed(readme: str) -> None:
    assert EXAMPLES
    for path in EXAMPLES:
        assert f"(examples/{path.name})" in readme


def test_version_is_in_the_changelog() -> None:
    assert re.search(rf"^## {re.escape(__version__)}\b", page("CHANGELOG.md"), re.MULTILINE)


def test_make_targets_of_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))

    for path in PAGES:
        code = " ".join(
            re.findall(r"```.*?```|`[^`]+`", path.read_text(encoding="utf-8"), re.DOTALL)
        )
        assert set(re.findall(r"\bmake ([a-z-]+)\b", code)) <= targets, path.name


def test_python_versions_agree(readme: str) -> None:
    """The oldest Python on the pages is the oldest that the package supports."""
    project = tomllib.loads(page("pyproject.toml"))["project"]

    oldest = project["requires-python"].removeprefix(">=")
    assert f"Python {oldest} or newer" in readme
    assert f"Python {oldest} or newer" in page("CONTRIBUTING.md")


def test_each_recipe_is_a_comment_and_a_config() -> None:
    """Each can be commented as shown or kept under a name, and says what to expect and check."""
    recipes = page("docs/commands.md").partition("\n## Recipes\n")[2]
    sections = re.split(r"^### ", recipes, flags=re.MULTILINE)[1:]
    names: set[str] = set()
    run: set[str] = set()
    for section in sections:
        (shown,) = blocks(section, "yaml")
        config = read_config(shown)
        commands = [
            parse_command(text.strip(), "/predict-edit") for text in blocks(section, "text")
        ]
        assert isinstance(commands[0], EditCommand), section
        assert len(config.recipes) == 1
        assert "**Expect**" in section
        assert "**Check**" in section
        names |= set(config.recipes)
        run |= {command.name for command in commands if isinstance(command, RunRecipe)}

    assert len(sections) >= 5
    assert run <= names


def test_docs_are_few_and_short() -> None:
    """Ten pages, none over 1,500 words."""
    pages = sorted(ROOT.glob("docs/*.md"))
    words = {path.name: len(re.findall(r"\S*\w\S*", path.read_text("utf-8"))) for path in pages}

    assert len(pages) <= 10
    assert {name: count for name, count in words.items() if count > 1_500} == {}


def test_every_page_can_be_found(readme: str) -> None:
    """The README, or a page that it links to, links to each page of docs/."""
    first = readme + page("CONTRIBUTING.md")
    near = first + "".join(page(name) for name in set(re.findall(r"\((docs/[\w-]+\.md)", first)))
    for path in ROOT.glob("docs/*.md"):
        assert re.search(rf"\((?:docs/)?{path.name}[#)]", near), path.name

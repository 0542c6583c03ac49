"""Mistakes in workflow files: each is found in its line, and its correction corrects it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from predict_edit import __version__
from predict_edit.cli.doctor import workflow_files
from predict_edit.cli.doctor.workflow_file import Mistake, PlainDumper
from predict_edit.cli.doctor.workflow_rules import examine

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted(ROOT.glob("examples/*.yml"))
STARTS = "startsWith(github.event.comment.body, '/predict-edit')"
IF = f"    if: github.event.issue.pull_request && {STARTS}\n"
GROUP = """\
    concurrency:
      group: predict-edit-${{ github.event.issue.number }}
      cancel-in-progress: false
"""
RIGHTS = """\
    permissions:
      contents: read
      pull-requests: write
"""
INPUTS = """\
        with:
          model: gpt-4.1
          api-key: ${{ secrets.OPENAI_API_KEY }}
"""
KEEP = """\
      - uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a
        if: always()
        with:
          name: predict-edit
          path: predict-edit-out/
          if-no-files-found: ignore
"""
GOOD = f"""\
name: predict-edit
on:
  issue_comment:
    types: [created]
permissions: {{}}
jobs:
  edit:
    name: Edit
{IF}    runs-on: ubuntu-latest
    timeout-minutes: 15
{RIGHTS}{GROUP}    steps:
      - name: Edit
        uses: octo/predict-edit@v{__version__}
{INPUTS}{KEEP}"""
CHECKOUT = """\
      - uses: actions/checkout@v6
        with:
          ref: refs/pull/1/head
"""
BROKEN = {
    "all kinds of comments": ("    types: [created]\n", "", "warning", "deleted comment"),
    "more kinds of comments": ("[created]", "[created, edited]", "warning", "not new"),
    "no new comments": ("[created]", "[edited]", "failed", "no run for a new comment"),
    "events in a list": (
        "on:\n  issue_comment:\n    types: [created]\n", "on: [issue_comment]\n",
        "warning", "deleted comment",
    ),
    "one event": (
        "on:\n  issue_comment:\n    types: [created]\n", "on: issue_comment\n",
        "warning", "deleted comment",
    ),
    "events in braces": (
        "on:\n  issue_comment:\n    types: [created]\n", "on: { issue_comment: }\n",
        "warning", "deleted comment",
    ),
    "pull_request_target": (
        "issue_comment:\n    types: [created]", "pull_request_target:",
        "failed", "anyone's pull request",
    ),
    "pull_request_target too": (
        "on:\n", "on:\n  pull_request_target:\n    types: [opened]\n",
        "failed", "anyone's pull request",
    ),
    "push": (
        "issue_comment:\n    types: [created]", "push:", "failed", "none of these events",
    ),
    "no filter": (IF, "", "warning", "every comment starts a runner"),
    "filter for another word": ("/predict-edit')", "/edit')", "failed", "other comments"),
    "no permission to post": ("      pull-requests: write\n", "", "failed", "be posted"),
    "permission to read only": (
        "pull-requests: write", "pull-requests: read", "failed", "nothing can be posted",
    ),
    "no permission to read": ("      contents: read\n", "", "failed", "files cannot be read"),
    "empty permissions": (RIGHTS, "    permissions: {}\n", "failed", "`contents: read` and"),
    "permissions of the workflow alone": (RIGHTS, "", "failed", "`contents: read` and"),
    "all permissions": (RIGHTS, "    permissions: write-all\n", "warning", "far more"),
    "all permissions to read": (
        RIGHTS, "    permissions: read-all\n", "failed", "`pull-requests: write`",
    ),
    "permissions in braces": (
        RIGHTS, "    permissions: { contents: read }\n", "failed", "`pull-requests: write`",
    ),
    "no concurrency": (GROUP, "", "warning", "concurrency group is missing"),
    "one group for all": (
        "predict-edit-${{ github.event.issue.number }}", "edit", "warning", "the same for all",
    ),
    "a new command ends the old": (
        "cancel-in-progress: false", "cancel-in-progress: true", "warning", "whose tokens",
    ),
    "no timeout": ("    timeout-minutes: 15\n", "", "warning", "six hours"),
    "another system": ("ubuntu-latest", "windows-2025", "failed", "Linux"),
    "a branch as version": (f"@v{__version__}", "@main", "warning", "not pinned: `main`"),
    "no version": (f"@v{__version__}", "", "failed", "no version"),
    "the example's zeros": (f"@v{__version__}", f"@{'0' * 40}", "failed", "zeros"),
    "a misspelt input": ("model:", "modle:", "failed", "`model` is probably meant"),
    "an input that does not exist": (
        "          model:", "          zzz: 1\n          model:", "failed", "`zzz` is not an input",
    ),
    "a key in the file": (
        "${{ secrets.OPENAI_API_KEY }}", "sk-made-up-0123456789", "failed", "written in the file",
    ),
    "no model": ("          model: gpt-4.1\n", "", "failed", "`model` is missing"),
    "an empty model": ("model: gpt-4.1", "model: ''", "failed", "`model` is missing"),
    "no inputs": (
        INPUTS, "", "failed", "`model` is missing",
    ),
    "no key": (
        "          api-key: ${{ secrets.OPENAI_API_KEY }}\n", "", "failed", "`api-key` is missing",
    ),
    "no step that keeps the patch": (KEEP, "", "warning", "keeps the patch"),
    "code of the pull request": (
        "    steps:\n",
        f"    steps:\n{CHECKOUT}",
        "failed", "checked out beside",
    ),
}  # fmt: skip
"""Text of the good workflow, its replacement, and what is then found."""


def filled(text: str) -> str:
    """An example in use: with an owner, a commit and names of its own."""
    return text.replace("OWNER/", "octo/").replace("0" * 40, "1" * 40).replace("YOUR-", "my-")


def found(text: str, deliver: str = "") -> list[Mistake]:
    """The mistakes of a workflow that uses the action."""
    examined = examine("w.yml", text, deliver)
    assert examined is not None
    return list(examined.mistakes)


def by_hand(text: str, mistake: Mistake) -> str:
    """Do what is printed, as a person with an editor would."""
    data = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - builds texts, lists and mappings only
    for correction in mistake.corrections:
        *path, last = (int(key) if key.isdecimal() else key for key in correction.at.split("."))
        parent = data
        for key in path:
            parent = parent[key] if isinstance(key, int) else parent.setdefault(key, {})
        right = yaml.load("\n".join(correction.lines), yaml.BaseLoader)  # noqa: S506
        if right is None:
            del parent[last]
        elif isinstance(last, int):
            parent[last:] = right
        else:
            parent |= right
    return str(yaml.dump(data, Dumper=PlainDumper, sort_keys=False, width=10_000))


def settled(text: str) -> str:
    """Correct one mistake after the other, until none is found."""
    for _ in range(30):
        mistakes = found(text)
        if not mistakes:
            return text
        corrected = by_hand(text, mistakes[0])
        assert corrected != text, mistakes[0]
        text = corrected
    raise AssertionError(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_without_mistakes(path: Path) -> None:
    """The project's examples are right once they are filled in."""
    assert found(filled(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_was_copied_and_not_filled_in_is_found(path: Path) -> None:
    """The owner, the zeros and the names in capitals; and nothing else."""
    text = path.read_text(encoding="utf-8")
    mistakes = found(text)
    lines = text.splitlines()
    assert {mistake.state for mistake in mistakes} == {"failed"}
    for mistake in mistakes:
        assert re.search(r"OWNER/|YOUR-", lines[mistake.line - 1])
    marked = [n for n, line in enumerate(lines, 1) if re.search(r"uses: OWNER/|: \S*YOUR-", line)]
    assert sorted({mistake.line for mistake in mistakes}) == marked


@pytest.mark.parametrize("example", ["OWNER", "YOUR-MODEL"])
def test_a_name_of_the_example_is_named(example: str) -> None:
    """Only its user knows the real one, so no lines are printed."""
    text = GOOD.replace("octo" if example == "OWNER" else "gpt-4.1", example)
    (mistake,) = found(text)
    assert f"still holds the example's `{example}`" in mistake.found
    assert (mistake.state, mistake.corrections) == ("failed", ())


def test_the_good_workflow_is_good() -> None:
    """The one that the others are made from."""
    assert found(GOOD) == []


@pytest.mark.parametrize("name", BROKEN)
def test_each_mistake_is_found_and_corrected(name: str) -> None:
    """It is found alone and in its line, and the printed lines correct it."""
    old, new, state, words = BROKEN[name]
    assert old in GOOD
    text = GOOD.replace(old, new)

    mistakes = found(text)
    (mistake,) = [each for each in mistakes if words in each.found]
    assert mistake.state == state
    assert mistake.path == "w.yml"
    assert yaml.safe_load(settled(text)) == yaml.safe_load(GOOD)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (GOOD.replace("predict-edit-out/", "dist/"), True),
        (
            GOOD.replace("predict-edit-out/", "|\n            dist\n            predict-edit-out"),
            False,
        ),
        (GOOD.replace(KEEP, "").replace("with:\n", "with:\n          mode: edit\n"), False),
        (GOOD.replace(KEEP, "").replace("with:\n", "with:\n          mode: publish\n"), True),
    ],
)
def test_the_patch_is_kept_by_the_job_that_makes_one(text: str, missing: bool) -> None:
    """By an upload of its folder, not of any other."""
    assert any("keeps the patch" in each.found for each in found(text)) is missing


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("all kinds of comments", "  issue_comment:"),
        ("filter for another word", "    if: "),
        ("permission to read only", "    permissions:"),
        ("one group for all", "      group: edit"),
        ("a branch as version", "        uses: octo"),
        ("no timeout", "  edit:"),
        ("a key in the file", "          api-key: sk"),
    ],
)
def test_a_mistake_names_its_line(name: str, line: str) -> None:
    """So that an editor can jump there."""
    old, new, _, words = BROKEN[name]
    text = GOOD.replace(old, new)
    (mistake,) = [each for each in found(text) if words in each.found]
    assert text.splitlines()[mistake.line - 1].startswith(line)


@settings(max_examples=settings().max_examples // 4)
@given(names=st.sets(st.sampled_from(sorted(BROKEN)), max_size=6))
def test_many_mistakes_can_be_corrected_one_after_the_other(names: set[str]) -> None:
    """Whatever goes wrong together, following the advice ends at the good workflow."""
    text = GOOD
    for name in sorted(names):
        old, new, *_ = BROKEN[name]
        text = text.replace(old, new)
    read, good = yaml.safe_load(settled(text)), yaml.safe_load(GOOD)
    assert read["jobs"] == good["jobs"]
    assert read[True]["issue_comment"] == good[True]["issue_comment"]


@pytest.mark.parametrize(
    ("inputs", "deliver", "lacking"),
    [
        ("", "", set()),
        ("deliver: commit", "", {"contents: write"}),
        ("", "commit", {"contents: write"}),
        ("deliver: suggestions", "commit", set()),
        ("deliver: ${{ vars.DELIVER }}", "", set()),
        ("deliver: patch", "", set()),
        ("github-token: ${{ steps.app.outputs.token }}", "commit", set()),
        ("azure-client-id: ${{ vars.ID }}", "", {"id-token: write"}),
    ],
)
def test_rights_follow_from_how_edits_are_delivered(
    inputs: str, deliver: str, lacking: set[str]
) -> None:
    """The workflow decides, else the config; another token has its own permissions."""
    text = GOOD.replace("with:\n", f"with:\n          {inputs}\n" if inputs else "with:\n")
    told = " ".join(each.found for each in found(text, deliver) if "lacks" in each.found)
    assert set(re.findall(r"`([a-z-]+: \w+)`", told)) == lacking


BRANCH = (
    GOOD.replace("issue_comment:\n    types: [created]", 'schedule:\n    - cron: "0 5 * * 1"')
    .replace(IF, "")
    .replace("contents: read", "contents: write")
    .replace("${{ github.event.issue.number }}", "lint")
)


@pytest.mark.parametrize(
    ("inputs", "lacking"),
    [
        ("findings: ruff.json", {"contents: write", "pull-requests: write"}),
        ("deliver: patch", set()),
        ("mode: plan", {"pull-requests: read"}),
        ("mode: edit", set()),
        ("mode: publish", {"contents: write", "pull-requests: write"}),
        ("mode: ${{ matrix.mode }}", set()),
    ],
)
def test_rights_of_a_run_over_a_branch(inputs: str, lacking: set[str]) -> None:
    """Opening a pull request takes two permissions, the other jobs of a sharded run fewer."""
    assert found(BRANCH) == []
    text = BRANCH.replace("with:\n", f"with:\n          {inputs}\n")
    text = text.replace("contents: write\n      pull-requests: write", "contents: read")
    told = " ".join(each.found for each in found(text) if "lacks" in each.found)
    assert set(re.findall(r"`([a-z-]+: \w+)`", told)) == lacking


def test_a_workflow_without_any_permissions_has_whatever_is_the_default() -> None:
    """The corrected lines name what is needed."""
    text = GOOD.replace("permissions: {}\n", "").replace(RIGHTS, "")
    (mistake,) = found(text)
    assert "default" in mistake.found
    assert "pull-requests: write" in "\n".join(mistake.corrections[0].lines)
    assert found(settled(text)) == []


@pytest.mark.parametrize(
    ("inputs", "lacking"),
    [
        ("mode: plan", {"pull-requests: write"}),
        ("mode: edit", {"pull-requests: read"}),
        ("mode: publish", {"pull-requests: write"}),
        ("mode: publish\n          deliver: commit", {"contents: write", "pull-requests: write"}),
    ],
)
def test_permissions_of_a_sharded_command(inputs: str, lacking: set[str]) -> None:
    """The first job says that it started, the last one posts; those in between only read."""
    text = GOOD.replace("with:\n", f"with:\n          {inputs}\n")
    text = text.replace("      pull-requests: write\n", "")
    told = " ".join(each.found for each in found(text) if "lacks" in each.found)
    assert set(re.findall(r"`([a-z-]+: \w+)`", told)) == lacking


def test_a_group_of_the_whole_workflow_may_leave_other_comments_out() -> None:
    """Its name then tells commands from other comments."""
    group = "${{ startsWith(github.event.comment.body, '/predict-edit') && 1 || github.run_id }}"
    text = GOOD.replace(GROUP, "").replace("jobs:", f"concurrency: {group}\njobs:")
    assert found(text) == []


def test_threads_and_runs_by_hand_are_let_through_too() -> None:
    """A filter that is added names every event of the workflow."""
    text = GOOD.replace(IF, "").replace(
        "on:\n",
        "on:\n  workflow_dispatch:\n  pull_request_review_comment:\n    types: [created]\n",
    )
    corrected = settled(text)
    assert (
        "if: github.event_name == 'workflow_dispatch' || ((github.event.issue.pull_request || "
        "github.event.pull_request) && startsWith(github.event.comment.body, '/predict-edit'))"
    ) in corrected


def test_a_condition_that_was_there_is_kept() -> None:
    """What is added narrows it."""
    text = GOOD.replace(IF, "    if: ${{ github.actor != 'x' }}\n")
    assert "if: (github.actor != 'x') && (github.event.issue" in settled(text)


def test_a_group_of_the_whole_workflow_moves_to_the_job() -> None:
    """Other comments would replace a waiting command."""
    text = GOOD.replace(GROUP, "").replace("jobs:", f"{GROUP.replace('    c', 'c', 1)}jobs:")
    text = text.replace("      group", "  group").replace("      cancel", "  cancel")
    (mistake,) = found(text)
    assert "any comment" in mistake.found
    assert yaml.safe_load(settled(text)) == yaml.safe_load(GOOD)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ("max-files: many", "`max-files`"),
        ("base-url: https://example.com/v1/chat/completions", "`base-url`"),
        ("azure-client-id: ${{ vars.ID }}", "`api-key` is given together"),
        ("azure-tenant-id: x", "given together"),
        ("api-version: 2025-01-01-preview", "without `base-url`"),
    ],
)
def test_wrong_values_are_reported_as_the_action_would(inputs: str, words: str) -> None:
    """Before the first run, and without guessing what only a run knows."""
    text = GOOD.replace("with:\n", f"with:\n          {inputs}\n")
    assert any(words in each.found for each in found(text))


def test_values_that_only_a_run_knows_are_not_judged() -> None:
    """An expression may be anything."""
    lines = "".join(
        f"          {name}: ${{{{ inputs.x }}}}\n"
        for name in ("max-files", "deliver", "prediction", "timeout", "base-url")
    )
    assert found(GOOD.replace("with:\n", f"with:\n{lines}")) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("on: push\njobs:\n  a: [predict-edit\n", 4, "not valid YAML"),
        ("- predict-edit\n", 1, "not a YAML mapping"),
        ("a: b: predict-edit\n", 1, "not valid YAML"),
        ("[" * 1200 + "predict-edit", 1, "cannot be read"),
    ],
)
def test_invalid_yaml_is_reported_with_its_line(text: str, line: int, words: str) -> None:
    """If it seems to be about the action."""
    (mistake,) = found(text)
    assert mistake.state == "failed"
    assert mistake.line == line
    assert words in mistake.found


@pytest.mark.parametrize(
    "text",
    [
        "on: push\njobs: {}\n",
        "a: [",
        "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v6\n      - run: x\n",
        "jobs:\n  a: 1\n  b:\n    steps: x\n  c:\n    uses: o/r/.github/workflows/w.yml@v1\n",
        "",
    ],
)
def test_other_workflows_are_left_alone(text: str) -> None:
    """They are not ours to check, whatever is wrong with them."""
    if text:
        assert examine("w.yml", text) is None


@given(text=st.text(alphabet="on:jbs- \n{}[]&*!|>'\"#predict-edit/@$uw", max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever a file contains, the answer is a list or "not ours"."""
    examined = examine("w.yml", text)
    assert examined is None or all(mistake.line > 0 for mistake in examined.mistakes)


def test_windows_line_ends_change_no_line_number() -> None:
    """And no mistake."""
    text = GOOD.replace("[created]", "[edited]")
    assert found(text.replace("\n", "\r\n")) == found(text)


def test_both_endings_are_workflow_files(tmp_path: Path) -> None:
    """As GitHub sees it; other files are not workflows."""
    for name in ("b.yaml", "a.yml", "c.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in workflow_files(tmp_path)] == ["a.yml", "b.yaml"]

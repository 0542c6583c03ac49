"""Every hostile case, run through the whole action, and its expected result."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from predict_edit_sandbox.github.suggestion_blocks import suggestion_blocks

from .corpus import CASES, FOLDER, WAYS, Case, as_json, cases_of
from .evidence import Evidence, check_invariants
from .runs import WITNESS, one_by_one, run_pull_request

FILES = cases_of("answer", "file")
SINGLE = cases_of(*(way for way in WAYS if way not in {"answer", "file"}))
THREATS = {f"T{number}" for number in range(1, 26)}
KNOWN = {
    "answer": {"replace", "answer", "head", "path", "base"},
    "file": {"head", "head-times", "path"},
    "comment": {"body", "times", "login", "payload", "github", "more"},
    "event": {"event", "event-times", "event-base64", "name", "inputs"},
    "environment": {"inputs", "more"},
    "network": {"github", "model"},
    "github": {"github", "body"},
    "model": {"model", "plan", "plan-times", "inputs"},
    "earlier": {"earlier", "body", "inputs"},
    "workspace": {"workspace", "inputs", "workspace-times"},
    "review": {"threads", "body", "login"},
}


def selected(request: pytest.FixtureRequest, cases: list[Case]) -> list[Case]:
    """The cases that this session looks at: one alone does not cost what all of them do."""
    users = [each for each in request.session.items if request.fixturename in names_of(each)]
    chosen = [getattr(each, "callspec", None) for each in users]
    if None in chosen:
        return cases
    names = {callspec.params["case"].name for callspec in chosen if callspec}
    return [case for case in cases if case.name in names]


def names_of(item: pytest.Item) -> list[str]:
    """The fixtures that a test needs."""
    return list(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="module")
def pull_request(request: pytest.FixtureRequest) -> Evidence:
    """The results of one command on a pull request with all hostile files."""
    return run_pull_request(selected(request, FILES))


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[[Case], Evidence]]:
    """Runs a hostile command, event or environment."""
    with one_by_one() as run:
        yield run


def row(evidence: Evidence, path: str) -> Mapping[str, Any]:
    """The file's row in ``result.json``."""
    (found,) = [file for file in evidence.result["files"] if file["path"] == path]
    return dict(found)


def bodies_of(evidence: Evidence, path: str) -> list[str]:
    """The suggestions on one file."""
    return [body for where, body in evidence.suggestions if where == path]


@pytest.mark.parametrize("case", FILES, ids=lambda case: case.name)
def test_hostile_file_or_answer(case: Case, pull_request: Evidence) -> None:
    """The case's file ends as the case says, and nothing of the attack gets out."""
    file, expect = row(pull_request, case.path), dict(case.expect)
    bodies = bodies_of(pull_request, case.path)
    reasons = [place["reason"] for place in file["placements"]]
    for text in expect.pop("never", ()):
        assert text not in pull_request.shown
        assert json.dumps(text)[1:-1] not in pull_request.shown
    for text in expect.pop("unshown", ()):
        assert text not in pull_request.read
    ((kind, wanted),) = expect.items()
    match kind:
        case "rejected":
            assert any(wanted in reason for reason in reasons), file
            assert file["hunks"]["rejected"] == sum(wanted in reason for reason in reasons)
            assert file["hunks"]["inline"] == file["hunks"]["patch"] == 0
            assert bodies == []
        case "in-part":
            assert file["hunks"] == {"inline": len(reasons) - 1, "patch": 0, "rejected": 1}
            assert sum(wanted in reason for reason in reasons) == 1
        case "posted":
            assert file["hunks"] == {"inline": len(reasons), "patch": 0, "rejected": 0}
            # GitHub finds one suggestion in each comment, and its lines are those of the answer.
            blocks = [suggestion_blocks(body) for body in bodies]
            assert all(len(block) == 1 for block in blocks)
            lines = [line for (block,) in blocks for line in block]
            assert any(wanted in line for line in lines)
            assert case.answer is not None
            assert set(lines) <= set(case.answer.split("\n"))
        case "in-patch":
            assert file["hunks"]["patch"] == len(reasons) == 1
            assert bodies == []
        case "failed":
            assert file["status"] == "failed"
            assert file["reason"]
            assert bodies == []
        case "edited":
            assert file["status"] == "edited"
            assert file["hunks"]["rejected"] == 0
            assert bodies
        case "skipped":
            assert file["status"] == "skipped"
            assert wanted in file["reason"]
            assert bodies == []
        case _:
            pytest.fail(f"{case.name} expects {kind}, which means nothing")


def test_nothing_escapes_from_the_pull_request(pull_request: Evidence) -> None:
    """With all hostile files together: no secret, no command, nothing that renders."""
    check_invariants(pull_request)
    assert pull_request.exit_code == 0
    assert pull_request.outputs["outcome"] == "partial"


def test_one_file_cannot_reach_another(pull_request: Evidence) -> None:
    """The file without an attack is asked for alone, and edited as instructed and no more."""
    (asked,) = (
        as_json(body)
        for body in pull_request.asked
        if body["messages"][-1]["content"] == (WITNESS.head or b"").decode()
    )
    assert not [case.path for case in FILES if case.path in asked]
    (body,) = bodies_of(pull_request, WITNESS.path)
    assert suggestion_blocks(body) == (('name = "beta"',),)
    assert "stolen" not in body


def test_only_files_of_the_pull_request_are_touched(pull_request: Evidence) -> None:
    """Every suggestion is on a file that was to be edited; no answer names another one."""
    allowed = {case.path for case in FILES if "skipped" not in case.expect} | {WITNESS.path}
    assert {path for path, _ in pull_request.suggestions} <= allowed
    asked = {str(body["messages"][-1]["content"]) for body in pull_request.asked}
    assert not asked & {case.head for case in FILES if "skipped" in case.expect}


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case.name)
def test_hostile_command(case: Case, run: Callable[[Case], Evidence]) -> None:
    evidence = run(case)
    found = {
        "outcome": evidence.outputs.get("outcome"),
        "exit": evidence.exit_code,
        "said": len(evidence.bodies),
        "asked": len(evidence.asked),
        "requests": evidence.requests,
        "reactions": list(evidence.reactions),
        "kept": evidence.kept,
    }
    for name, wanted in case.expect.items():
        match name:
            case "never":
                assert not [text for text in wanted if text in evidence.shown]
            case "unsaid":
                assert not [text for text in wanted if text in "".join(evidence.bodies)]
            case "unheard":
                assert not [text for text in wanted if text in as_json(evidence.asked)]
            case "uninstructed":
                instructions = [body["messages"][1]["content"] for body in evidence.asked]
                assert not [text for text in wanted if text in as_json(instructions)]
            case "requests-at-most":
                assert found["requests"] <= wanted
            case "told":
                assert not [text for text in wanted if text not in evidence.shown]
            case "refused":
                assert found["outcome"] in {"denied", "failed", "ignored"}
            case _:
                assert found[name] == wanted, (name, evidence.printed)
    check_invariants(evidence)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_can_be_read(case: Case) -> None:
    """Each case says what it tries in a sentence, its threat, and what it expects."""
    assert case.tries[0].isupper()
    assert case.tries.endswith(".")
    assert case.threat in THREATS
    assert case.expect
    assert set(case.given) <= KNOWN[case.way]


def test_there_are_enough_cases() -> None:
    """The corpus does not shrink, every way is taken, and every file in its folder is a case."""
    assert len(CASES) >= 170
    assert min(Counter(case.way for case in CASES).values()) >= 4
    assert set(WAYS) == {case.way for case in CASES}
    assert {path.suffix for path in FOLDER.iterdir()} == {".yml"}

"""From events to commands."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import Aim
from predict_edit.domain.errors import (
    EventError,
    InstructionTooLong,
    InvalidInput,
    MissingInput,
    SettingsError,
    UnknownOption,
)
from predict_edit.domain.repository import CommandRef, CommandSource
from predict_edit.trigger.command import EditCommand, Help, RunRecipe
from predict_edit.trigger.events import read_event
from predict_edit.trigger.requests import BranchTask, Ignored, PullRequestCommand, Request

WORD = "/predict-edit"
Make = Callable[..., dict[str, Any]]


def read(name: str, payload: dict[str, Any], **inputs: Any) -> Request:
    """Read an event with the default command word."""
    return read_event(name, payload, word=WORD, **inputs)


def changed(payload: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    """Copy a payload with one field, named by its dotted path, set; ``...`` removes it."""
    result = copy.deepcopy(payload)
    *above, last = place.split(".")
    at = result
    for key in above:
        at = at[key]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return result


def test_a_comment_on_a_pull_request(issue_comment: Make) -> None:
    """A new comment with a command gives what, where, by whom and how to answer."""
    body = "/predict-edit --dry-run fix\r\nall"
    assert read("issue_comment", issue_comment(body)) == PullRequestCommand(
        repository="octo-org/hello.world",
        pull_request=12,
        command=CommandRef(
            source=CommandSource.ISSUE_COMMENT,
            comment_id=99,
            author="mona",
            author_id=7,
            node_id="IC_99",
            body=body,
            url="https://github.com/octo-org/hello.world/pull/12#issuecomment-99",
        ),
        parsed=EditCommand(instruction="fix\nall", options={"dry-run": "true"}),
    )


def test_a_reply_in_a_review_thread(review_comment: Make) -> None:
    """A new review comment aims at the file and lines of its thread."""
    trigger = read("pull_request_review_comment", review_comment())
    assert isinstance(trigger, PullRequestCommand)
    assert trigger.command.source is CommandSource.REVIEW_COMMENT
    assert trigger.command.comment_id == 77
    assert trigger.pull_request == 12
    assert trigger.in_reply_to == 70
    assert trigger.aim == Aim(
        path="src/a b.py", start_line=4, line=9, diff_hunk="@@ -1,2 +1,3 @@\n a\n+b"
    )


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"start_line": None, "start_side": None}, (9, 9)),  # a single line
        ({"line": None, "start_line": None}, (None, None)),  # an outdated thread
        ({"line": None}, (None, None)),  # an outdated thread that kept its start
        ({"subject_type": "file", "line": None, "start_line": None}, (None, None)),  # a whole file
        ({"side": "LEFT", "start_side": "LEFT"}, (None, None)),  # lines that the head has not
        ({"start_side": "LEFT"}, (9, 9)),  # from a removed line to one of the head
        ({"side": None, "start_side": None}, (4, 9)),  # older payloads name no side
    ],
)
def test_lines_of_the_aim(
    review_comment: Make, fields: dict[str, object], lines: tuple[int | None, int | None]
) -> None:
    """The aim has lines only where they are lines of the head."""
    trigger = read("pull_request_review_comment", review_comment(**fields))
    assert isinstance(trigger, PullRequestCommand)
    assert trigger.aim is not None
    assert (trigger.aim.start_line, trigger.aim.line) == lines


def test_the_first_comment_of_a_thread(review_comment: Make) -> None:
    """A command that opens a thread does not reply to anything."""
    payload = review_comment()
    del payload["comment"]["in_reply_to_id"]
    trigger = read("pull_request_review_comment", payload)
    assert isinstance(trigger, PullRequestCommand)
    assert trigger.in_reply_to is None


@pytest.mark.parametrize("name", ["issue_comment", "pull_request_review_comment"])
@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ("action", "edited", "edited"),  # an edit runs with today's secrets
        ("action", "deleted", "deleted"),
        ("comment.user.type", "Bot", "not a person"),
        ("comment.user.type", "Organization", "not a person"),
        ("comment.user.type", "user", "not a person"),  # exactly what GitHub writes
        ("comment.user", {"login": "evil[bot]", "id": 7, "type": "Bot"}, "not a person"),
        ("comment.user", {"login": "evil[bot]", "id": 7, "type": "User"}, "not a person"),
        ("comment.user", {"login": "evil[BOT]", "id": 7, "type": "User"}, "not a person"),
        ("comment.user", None, "no author"),  # a deleted account
        ("comment.performed_via_github_app", {"id": 1, "slug": "app"}, "an app"),
        ("comment.performed_via_github_app", {}, "an app"),  # whatever it says, if it says it
        ("sender.id", 8, "the event by"),  # somebody else caused the event
        ("comment.body", "/predict-edit fix\n<!-- predict-edit:v1 summary -->", "own marker"),
        ("comment.body", None, "does not start"),
        ("comment.body", "", "does not start"),
        ("comment.body", "thanks", "does not start"),
        ("comment.body", "> /predict-edit fix", "does not start"),
    ],
)
def test_ignored_comments(
    issue_comment: Make, review_comment: Make, name: str, place: str, value: object, says: str
) -> None:
    """A comment that a person did not just write is not a command, and the log says why."""
    make = issue_comment if name == "issue_comment" else review_comment
    assert isinstance(read(name, make()), PullRequestCommand)
    trigger = read(name, changed(make(), place, value))
    assert isinstance(trigger, Ignored)
    assert says in trigger.reason
    assert "\n" not in trigger.reason


@pytest.mark.parametrize("value", [None, ...])
def test_a_comment_on_an_issue(issue_comment: Make, value: object) -> None:
    trigger = read("issue_comment", changed(issue_comment(), "issue.pull_request", value))
    assert isinstance(trigger, Ignored)
    assert "not on a pull request" in trigger.reason


def test_a_renamed_account_is_the_same_by_its_number(issue_comment: Make) -> None:
    """Author and sender are compared by number, and by name only without a number."""
    renamed = changed(issue_comment(), "sender.login", "lisa")
    assert isinstance(read("issue_comment", renamed), PullRequestCommand)
    nameless = changed(changed(issue_comment(), "sender", {"login": "Mona"}), "comment.user.id", 7)
    assert isinstance(read("issue_comment", nameless), PullRequestCommand)
    other = changed(nameless, "sender.login", "lisa")
    assert isinstance(read("issue_comment", other), Ignored)


def test_the_environment_does_not_say_who_commands(
    issue_comment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author of the comment counts, not the person who re-ran the job."""
    monkeypatch.setenv("GITHUB_ACTOR", "admin")
    monkeypatch.setenv("GITHUB_TRIGGERING_ACTOR", "admin")
    trigger = read("issue_comment", issue_comment())
    assert isinstance(trigger, PullRequestCommand)
    assert trigger.command.author == "mona"


def test_a_closed_pull_request_gets_an_answer(issue_comment: Make) -> None:
    """It counts as a command, so that its author gets an answer."""
    payload = changed(issue_comment("/predict-edit"), "issue.state", "closed")
    trigger = read("issue_comment", payload)
    assert isinstance(trigger, PullRequestCommand)
    assert trigger.parsed == Help()


def test_a_wrong_command_is_reported_only_later(issue_comment: Make) -> None:
    """An error of a command is a value: whether to report it depends on the author."""
    trigger = read("issue_comment", issue_comment("/predict-edit --foo fix"))
    assert isinstance(trigger, PullRequestCommand)
    assert isinstance(trigger.parsed, UnknownOption)


@pytest.mark.parametrize("name", ["push", "merge_group", "pull_request", "", "x\ny"])
def test_other_events(name: str) -> None:
    trigger = read(name, {})
    assert isinstance(trigger, Ignored)
    assert "\n" not in trigger.reason


@pytest.mark.parametrize(
    "place",
    [
        "action",
        "comment",
        "comment.id",
        "comment.body",
        "comment.user",
        "comment.user.login",
        "issue",
        "issue.number",
        "repository.full_name",
        "sender.login",
    ],
)
def test_a_payload_that_lacks_something(issue_comment: Make, place: str) -> None:
    """A payload without what GitHub always sends is an error that names the field."""
    with pytest.raises(EventError, match=place.replace(".", r"\.")):
        read("issue_comment", changed(issue_comment(), place, ...))


def test_what_the_runner_knows_as_well_may_be_missing(
    issue_comment: Make, review_comment: Make, dispatch: dict[str, Any]
) -> None:
    """The repository is then the runner's own, and the author is the only one known."""
    for name, payload in (
        ("issue_comment", issue_comment()),
        ("pull_request_review_comment", review_comment()),
        ("workflow_dispatch", dispatch),
    ):
        bare = {key: value for key, value in payload.items() if key not in {"repository", "sender"}}
        trigger = read(name, bare, repository="octo-org/here")
        assert isinstance(trigger, PullRequestCommand)
        assert trigger.repository == "octo-org/here"
        with pytest.raises(EventError, match="names a repository"):
            read(name, bare)


@pytest.mark.parametrize(("login", "person"), [("mona", True), ("helper[bot]", False)])
def test_an_author_without_a_type_is_judged_by_the_name(
    issue_comment: Make, login: str, person: bool
) -> None:
    """Only an app's login ends in ``[bot]``."""
    payload = changed(issue_comment(user={"login": login, "id": 7}), "sender", {"login": login})
    assert isinstance(read("issue_comment", payload), PullRequestCommand) is person


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("issue.number", 0),
        ("issue.number", "twelve"),
        ("repository.full_name", "octo-org"),
        ("repository.full_name", "a/b/../../c"),
        ("repository.full_name", "a/b\n"),
        ("comment", []),
        ("comment.body", 5),
        ("comment.user.login", ""),
    ],
)
def test_a_payload_in_another_form(issue_comment: Make, place: str, value: object) -> None:
    """The error does not repeat values."""
    with pytest.raises(EventError) as caught:
        read("issue_comment", changed(issue_comment(), place, value))
    assert place in str(caught.value)
    assert "twelve" not in str(caught.value)


def test_a_dispatch_from_its_payload(dispatch: dict[str, Any]) -> None:
    trigger = read("workflow_dispatch", dispatch)
    assert trigger == PullRequestCommand(
        repository="octo-org/hello.world",
        pull_request=12,
        command=CommandRef(
            source=CommandSource.DISPATCH,
            comment_id=None,
            author="mona",
            author_id=7,
            body="Rename a to b",
        ),
        parsed=EditCommand(instruction="Rename a to b"),
    )


def test_a_dispatch_from_the_inputs_of_the_action(dispatch: dict[str, Any]) -> None:
    """The action's inputs win over the payload's, and are not commands with options."""
    trigger = read(
        "workflow_dispatch", dispatch, instruction="--files x\r\n is gone\u200b ", pull_request="5"
    )
    assert isinstance(trigger, PullRequestCommand)
    assert trigger.pull_request == 5
    assert trigger.parsed == EditCommand(instruction="--files x\n is gone")


def test_a_pull_request_as_people_write_it(dispatch: dict[str, Any]) -> None:
    """``#7`` is number 7, in the action's input and in the dispatch's own."""
    own = changed(dispatch, "inputs.pull-request", "#7")
    for payload, number in ((dispatch, "#7"), (own, "")):
        trigger = read("workflow_dispatch", payload, pull_request=number)
        assert isinstance(trigger, PullRequestCommand)
        assert trigger.pull_request == 7


@pytest.mark.parametrize("text", ["#", "##7", "7.0", "octo/game#7", "https://x/pull/7", "\u0667"])
def test_a_pull_request_that_is_no_number(dispatch: dict[str, Any], text: str) -> None:
    """The message shows what was given: the input is there, and wrong."""
    with pytest.raises(InvalidInput) as caught:
        read("workflow_dispatch", dispatch, pull_request=text)
    assert f"`{text}`" in str(caught.value)
    assert "missing" not in str(caught.value)


@pytest.mark.parametrize("scoped", [False, True])
def test_an_app_without_a_type_dispatches_nothing(dispatch: dict[str, Any], scoped: bool) -> None:
    """Its login decides, for a pull request and for a branch, as for comments."""
    sender = {"login": "helper[bot]", "id": 7}
    payload = {**dispatch, "sender": sender, "inputs": {"instruction": "x"}}
    if not scoped:
        payload["inputs"]["pull-request"] = "12"
    trigger = read("workflow_dispatch", payload, scoped=scoped)

    assert isinstance(trigger, Ignored)
    assert "helper[bot]" in trigger.reason


@pytest.mark.parametrize("said", ["run docstrings", " run  docstrings\n"])
def test_a_dispatch_of_a_recipe(dispatch: dict[str, Any], said: str) -> None:
    """``run NAME`` alone names a recipe, as in a comment; with more words it is an instruction."""
    trigger = read("workflow_dispatch", dispatch, instruction=said)
    longer = read("workflow_dispatch", dispatch, instruction="run docstrings twice")

    assert isinstance(trigger, PullRequestCommand)
    assert trigger.parsed == RunRecipe(name="docstrings")
    assert isinstance(longer, PullRequestCommand)
    assert longer.parsed == EditCommand(instruction="run docstrings twice")


def test_a_dispatch_that_falls_back(dispatch: dict[str, Any]) -> None:
    """The fallback never replaces a given instruction."""
    bare = changed(dispatch, "inputs.instruction", "")
    for payload, wanted in (
        (bare, RunRecipe(name="lint-fix")),
        (dispatch, EditCommand(instruction="Rename a to b")),
    ):
        trigger = read("workflow_dispatch", payload, fallback="run lint-fix")
        assert isinstance(trigger, PullRequestCommand)
        assert trigger.parsed == wanted


def test_a_dispatch_of_an_overlong_instruction(dispatch: dict[str, Any]) -> None:
    trigger = read("workflow_dispatch", dispatch, instruction="x" * 9000)
    assert isinstance(trigger, PullRequestCommand)
    assert isinstance(trigger.parsed, InstructionTooLong)


@pytest.mark.parametrize(
    ("place", "value", "error"),
    [
        ("inputs.pull-request", ..., MissingInput),
        ("inputs.pull-request", "", MissingInput),
        ("inputs.pull-request", None, MissingInput),
        ("inputs.pull-request", "0", InvalidInput),
        ("inputs.pull-request", "12a", InvalidInput),
        ("inputs.pull-request", "-12", InvalidInput),
        ("inputs.instruction", ..., MissingInput),
        ("inputs.instruction", "  ", MissingInput),
        ("inputs.instruction", 5, MissingInput),
        ("inputs", None, MissingInput),
        ("inputs", [], EventError),
        ("repository", ..., EventError),
    ],
)
def test_a_dispatch_that_says_too_little(
    dispatch: dict[str, Any], place: str, value: object, error: type[Exception]
) -> None:
    """The error names the missing input."""
    with pytest.raises(error):
        read("workflow_dispatch", changed(dispatch, place, value))


def test_a_schedule() -> None:
    """A schedule names no repository and no person; the runner knows the repository."""
    trigger = read("schedule", {"schedule": "0 5 * * 1"}, repository="octo/game", ref="next")
    assert trigger == BranchTask(
        repository="octo/game",
        ref="next",
        instruction=None,
        command=CommandRef(source=CommandSource.SCHEDULE, comment_id=None, author=None),
    )


@pytest.mark.parametrize("payload", [{}, {"schedule": "0 5 * * 1"}])
def test_a_schedule_that_says_too_little(payload: dict[str, Any]) -> None:
    """Without the cron line or any repository, it is not GitHub's."""
    with pytest.raises(EventError):
        read("schedule", payload)


def test_a_dispatch_about_a_branch(dispatch: dict[str, Any]) -> None:
    """With files and no pull request, it is about a branch; the instruction may be missing."""
    payload = changed(dispatch, "inputs.pull-request", "")
    trigger = read("workflow_dispatch", payload, scoped=True)
    assert isinstance(trigger, BranchTask)
    assert (trigger.ref, trigger.instruction) == (None, "Rename a to b")
    bare = read("workflow_dispatch", changed(dispatch, "inputs", None), scoped=True, ref="next")
    assert isinstance(bare, BranchTask)
    assert (bare.ref, bare.instruction, bare.command.author) == ("next", None, "mona")


def test_a_dispatch_with_a_pull_request_is_about_that(dispatch: dict[str, Any]) -> None:
    """Files narrow a pull request down; they do not turn it into a branch."""
    assert isinstance(read("workflow_dispatch", dispatch, scoped=True), PullRequestCommand)


def test_an_overlong_instruction_for_a_branch(dispatch: dict[str, Any]) -> None:
    """The same limit applies, as an invalid setting."""
    payload = changed(dispatch, "inputs.pull-request", ...)
    with pytest.raises(InvalidInput, match="`instruction`"):
        read("workflow_dispatch", payload, scoped=True, instruction="x" * 9000)


def test_a_dispatch_by_an_app(dispatch: dict[str, Any]) -> None:
    """Only people run commands, by dispatch too."""
    trigger = read("workflow_dispatch", changed(dispatch, "sender.type", "Bot"))
    assert isinstance(trigger, Ignored)


def test_a_dispatch_without_a_sender(dispatch: dict[str, Any]) -> None:
    """A local runner names no sender, so the command has no author."""
    trigger = read("workflow_dispatch", changed(dispatch, "sender", ...))
    assert isinstance(trigger, PullRequestCommand)
    assert trigger.command.author is None


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "action",
                    "comment",
                    "issue",
                    "sender",
                    "user",
                    "body",
                    "inputs",
                    "repository",
                    "id",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(["issue_comment", "pull_request_review_comment", "workflow_dispatch"]),
    st.dictionaries(
        st.sampled_from(["action", "comment", "issue", "sender", "inputs", "repository"]), json
    ),
)
def test_reading_never_crashes(name: str, payload: dict[str, object]) -> None:
    """Any JSON is ignored or raises an error of our own classes."""
    try:
        trigger = read_event(name, payload, word=WORD)
    except (EventError, SettingsError):
        return
    assert isinstance(trigger, Ignored)

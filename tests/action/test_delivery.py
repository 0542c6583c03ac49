"""How suggestions reach the pull request, whatever GitHub answers."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from predict_edit.delivery.suggestions import BATCH
from predict_edit.domain.edits import PlacementKind
from predict_edit.domain.run_report import Outcome
from predict_edit.support.markers import Marker, Seals, find_marker
from predict_edit_sandbox.github import DEFAULT_TOKEN, Fault
from predict_edit_sandbox.github.accounts import ACTIONS_LOGIN
from predict_edit_sandbox.github.nouns import Review
from predict_edit_sandbox.github.reviews import create_review
from predict_edit_sandbox.stage import REPOSITORY, many
from predict_edit_sandbox.world_files import WorldFile

if TYPE_CHECKING:
    from tests.action.conftest import Rehearsal

SEALS = Seals("sk-typist-no-secret", f"{REPOSITORY}#1")
MakeRehearsal = Callable[..., Awaitable["Rehearsal"]]
TWO = many(2)
REVIEWS = r".*/pulls/1/reviews"
OUTSIDE = (
    "Pull request review thread line must be part of the diff, Pull request review thread start "
    "line must be part of the same hunk as the line., and Pull request review thread diff hunk "
    "can't be blank"
)
NO_PATH = (
    "Pull request review thread path is invalid and Pull request review thread diff hunk can't be "
    "blank"
)
BACKWARDS = "Pull request review thread start line must precede the end line."
UNEXPLAINED = "Review comments is invalid and Review threads is invalid"
PENDING = "can only have one pending review per pull request"
OWN = "Review Can not request changes on your own pull request"


def refuse(rehearsal: Rehearsal, status: int, message: str, *errors: Any, **more: Any) -> Fault:
    """Let GitHub refuse every review with these words, or as ``more`` says."""
    said = {"message": message, "errors": list(errors)} if errors else {"message": message}
    fault = {"method": "POST", "path": REVIEWS, "status": status, "body": said, "times": None}
    return rehearsal.stage.github.faults.add(Fault(**{**fault, **more}))


def accounted(rehearsal: Rehearsal, finished: Any) -> None:
    """Every hunk is in one place, and what is not inline is in the patch, byte for byte."""
    report = finished.report
    assert report.count(PlacementKind.INLINE) == len(rehearsal.places)
    assert report.count(PlacementKind.PATCH) == rehearsal.file("remainder.patch").count(b"\n@@ ")
    total = sum(report.count(kind) for kind in PlacementKind)
    assert total == rehearsal.file("edits.patch").count(b"\n@@ ") > 0


class TestEverythingRefused:
    """Refusals that concern the account or the pull request, not suggestions."""

    @pytest.mark.parametrize(
        ("message", "helps"),
        [
            ("User is blocked", "another account"),
            ("diff is taking too long to generate", "split the pull request"),
        ],
    )
    async def test_it_is_reported_once(
        self,
        rehearse: MakeRehearsal,
        caplog: pytest.LogCaptureFixture,
        message: str,
        helps: str,
    ) -> None:
        """One request, everything in the patch, and the summary says what to do."""
        rehearsal = await rehearse(files=TWO)
        fault = refuse(rehearsal, 422, "Unprocessable Entity", message)
        finished = await rehearsal.say()

        assert fault.seen == 1
        assert finished.report.outcome is Outcome.PATCHED
        assert helps in rehearsal.summary.casefold()
        assert "defect" not in caplog.text
        accounted(rehearsal, finished)


class TestBatches:
    """More suggestions than one review should hold."""

    async def test_thirty_a_review(self, rehearse: MakeRehearsal) -> None:
        """70 suggestions come in three reviews, with a pause in between and only one long text."""
        rehearsal = await rehearse(files=many(35, changes=2))
        finished = await rehearsal.say(max_suggestions="100")

        assert [len(review.comments) for review in rehearsal.reviews] == [30, 30, 10]
        assert len(set(rehearsal.places)) == finished.report.suggestion_count == 70
        markers = [find_marker(review.body, "review") for review in rehearsal.reviews]
        assert [m.fields["batch"] for m in markers if m] == ["1", "2", "3"]
        assert rehearsal.waits == [1.0, 1.0]
        assert "70 suggestions" in rehearsal.reviews[0].body
        assert all(len(review.body) < 250 for review in rehearsal.reviews[1:])

    async def test_bottom_up_within_a_file(self, rehearse: MakeRehearsal) -> None:
        """Within a file, the last lines come first, so that none shifts a later one."""
        rehearsal = await rehearse(files=many(2, changes=3))
        await rehearsal.say()
        (posted,) = rehearsal.stage.github.log.matching("POST", "/pulls/1/reviews")

        assert [c["line"] for c in posted.body["comments"]] == [26, 16, 6, 26, 16, 6]

    @pytest.mark.parametrize("performed", [False, True])
    @pytest.mark.parametrize("review", [1, 2, 3])
    async def test_crash_at_a_review(
        self, rehearse: MakeRehearsal, review: int, *, performed: bool
    ) -> None:
        """A run that ends with one of three reviews is completed by the next, not repeated."""
        rehearsal = await rehearse(files=many(35, changes=2))
        comment = rehearsal.comment()
        faults = rehearsal.stage.github.faults
        faults.add(
            Fault(
                method="POST",
                path=REVIEWS,
                nth=review,
                drop=True,
                when="after" if performed else "instead",
                act=lambda: faults.add(Fault(drop=True, times=None)),
            )
        )
        await rehearsal.follow(comment, max_suggestions="100")
        rehearsal.recover()
        posted, asked = len(rehearsal.places), len(rehearsal.typist.asked)
        again = await rehearsal.follow(comment, max_suggestions="100")

        assert posted == min(70, 30 * (review - (not performed)))
        assert sum(len(review.comments) for review in rehearsal.reviews) == 70
        assert len(set(rehearsal.places)) == again.report.suggestion_count == 70
        assert len(rehearsal.typist.asked) == asked == 35


class TestMarks:
    """The hidden markers in every comment."""

    async def test_block_first_then_the_mark(self, rehearse: MakeRehearsal) -> None:
        """A suggestion is its block, then a hidden line with a key and the command."""
        rehearsal = await rehearse(files=many(1, changes=2))
        await rehearsal.say()
        marks = []
        for comment in rehearsal.stage.suggestions:
            assert comment.body.startswith("```suggestion\n")
            assert re.fullmatch(
                r"<!-- predict-edit:v1 suggestion key=[0-9a-f]{24} command=issue-comment-\d+"
                r" at=[0-9a-f]{40}:\d+-\d+ seal=[0-9a-f]{24} -->",
                comment.body.rstrip().splitlines()[-1],
            )
            marks.append(find_marker(comment.body, "suggestion"))

        assert len({mark.fields["key"] for mark in marks if mark}) == 2


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "message", "error", "named"),
        [
            (422, "Unprocessable Entity", "Line could not be resolved", "Line could not be"),
            (422, "Unprocessable Entity", "Path could not be resolved", "Path could not be"),
            (422, "Validation Failed", OUTSIDE, "line must be part of the diff"),
            (422, "Validation Failed", NO_PATH, "thread path is invalid"),
            (422, "Unprocessable Entity", BACKWARDS, "must precede the end line"),
            (422, "Unprocessable Entity", UNEXPLAINED, "Review comments is invalid"),
            (422, "Unprocessable Entity", f"User {PENDING}", "pending review"),
            (
                422,
                "Validation Failed",
                {
                    "resource": "PullRequestReview",
                    "code": "custom",
                    "field": "user_id",
                    "message": f"user_id {PENDING}",
                },
                "pending review",
            ),
            (422, "Validation Failed", "Body is too long (maximum is 65536 characters)", "long"),
            (422, "Unprocessable Entity", OWN, "your own pull request"),
            (422, 'Invalid request. No subschema in "oneOf" matched.', None, "No subschema"),
            (422, "was submitted too quickly", None, "rate limit"),
            (403, "You have exceeded a secondary rate limit", None, "rate limit"),
            (403, "Resource not accessible by integration", None, "`pull-requests: write`"),
            (
                406,
                "Sorry, the diff exceeded the maximum number of lines (20000)",
                {"resource": "PullRequest", "field": "diff", "code": "too_large"},
                "larger than GitHub shows",
            ),
            (404, "Not Found", None, "404"),
            (401, "Bad credentials", None, "does not accept the token"),
            (500, "Server Error", None, "answered 500"),
            (502, "Bad Gateway", None, "answered 502"),
        ],
    )
    async def test_edits_are_delivered_all_the_same(
        self,
        rehearse: MakeRehearsal,
        status: int,
        message: str,
        error: str | dict[str, str] | None,
        named: str,
    ) -> None:
        """Whatever GitHub answers to every review, the edits are in the patch, with the reason."""
        rehearsal = await rehearse(files=TWO)
        refuse(rehearsal, status, message, *([error] if error else []))
        finished = await rehearsal.say()

        assert finished.report.outcome is Outcome.PATCHED
        assert rehearsal.file("remainder.patch") == rehearsal.file("edits.patch") != b""
        assert "GitHub refused the suggestion" in rehearsal.summary
        assert named in rehearsal.summary
        assert rehearsal.reviews == []
        accounted(rehearsal, finished)

    @pytest.mark.parametrize("bad", [{2}, {0}, {6, 7}, {1, 5, 9}])
    async def test_bad_one_is_found_and_left_out(
        self, rehearse: MakeRehearsal, bad: set[int], caplog: pytest.LogCaptureFixture
    ) -> None:
        """A refused suggestion costs only itself; all others are posted, once."""
        rehearsal = await rehearse(files=many(5, changes=2))
        for number in bad:
            line = f'suggestion\\nname_{number % 2} = \\"MSFTBuzz {number // 2 + 1}\\"'
            refuse(
                rehearsal,
                422,
                "Unprocessable Entity",
                "Line could not be resolved",
                containing=line,
            )
        finished = await rehearsal.say()

        assert finished.report.outcome is Outcome.SUGGESTED
        assert len(set(rehearsal.places)) == len(rehearsal.places) == 10 - len(bad)
        assert "GitHub refused the suggestion: Line could not be resolved" in rehearsal.summary
        assert any(r.message.startswith("defect:") for r in caplog.records)
        assert f"{10 - len(bad)} suggestions" in rehearsal.reviews[0].body
        accounted(rehearsal, finished)

    async def test_orphan_of_a_refused_review_is_hidden(self, rehearse: MakeRehearsal) -> None:
        """An empty review that GitHub keeps after refusing it is folded, and not counted."""
        rehearsal = await rehearse(files=TWO)
        github = rehearsal.stage.github
        github.switches.orphan_review_after_refusal = True
        github.switches.comments_per_review = 1
        finished = await rehearsal.say()

        shown = [review for review in rehearsal.reviews if review.minimized is None]
        assert [len(review.comments) for review in shown] == [1, 1]
        assert finished.report.suggestion_count == 2

    async def test_too_quickly_waits_and_takes_smaller_steps(self, rehearse: MakeRehearsal) -> None:
        """If a review has too many comments for GitHub, they come in several."""
        rehearsal = await rehearse(files=many(4))
        rehearsal.stage.github.switches.comments_per_review = 2
        finished = await rehearsal.say()

        assert [len(review.comments) for review in rehearsal.reviews] == [2, 2]
        assert finished.report.suggestion_count == 4
        assert max(rehearsal.waits) >= 60

    async def test_secondary_limit_is_waited_for(self, rehearse: MakeRehearsal) -> None:
        """A limit that says how long it lasts is waited for, and then the review is posted."""
        rehearsal = await rehearse(files=TWO)
        said = "You have exceeded a secondary rate limit"
        refuse(rehearsal, 403, said, times=1, headers={"retry-after": "7"})
        finished = await rehearsal.say()

        assert finished.report.outcome is Outcome.SUGGESTED
        assert 7.0 in rehearsal.waits
        assert len(rehearsal.reviews) == 1

    @pytest.mark.parametrize("broken", [{"status": 502}, {"drop": True}, {"status": 200}])
    async def test_review_that_was_posted_after_all(
        self, rehearse: MakeRehearsal, broken: dict[str, Any]
    ) -> None:
        """A 5xx, a broken connection or a senseless answer after the write posts nothing twice."""
        rehearsal = await rehearse(files=TWO)
        rehearsal.stage.github.faults.add(
            Fault(method="POST", path=REVIEWS, when="after", body="<html>", **broken)
        )
        finished = await rehearsal.say()

        assert len(rehearsal.reviews) == 1
        assert len(rehearsal.places) == finished.report.suggestion_count == 2
        assert finished.report.review_url

    async def test_hiccup_before_the_deed_is_tried_once_more(self, rehearse: MakeRehearsal) -> None:
        """A 502 that did nothing is found out, and the review is posted then."""
        rehearsal = await rehearse(files=TWO)
        rehearsal.stage.github.faults.add(Fault(method="POST", path=REVIEWS, status=502))
        finished = await rehearsal.say()

        assert len(rehearsal.reviews) == 1
        assert finished.report.outcome is Outcome.SUGGESTED

    async def test_summary_comment_that_was_written_after_all(
        self, rehearse: MakeRehearsal
    ) -> None:
        rehearsal = await rehearse(files=TWO)
        rehearsal.stage.github.faults.add(
            Fault(method="POST", path=r".*/issues/1/comments", status=502, when="after")
        )
        finished = await rehearsal.say()

        assert finished.report.outcome is Outcome.SUGGESTED
        assert "2 suggestions" in rehearsal.summary


class TestPendingReviews:
    """A review by the same account that was never submitted."""

    def pending(self, rehearsal: Rehearsal, body: str) -> Review:
        """One of the action's account."""
        github, pull = rehearsal.stage.github, rehearsal.stage.pull
        review = Review(
            id=github.next_id(),
            pull=pull,
            author=github.user(ACTIONS_LOGIN),
            body=body,
            state="PENDING",
            commit_id=pull.head_sha,
            created_at=github.clock(),
        )
        pull.reviews.append(review)
        return review

    @pytest.mark.parametrize(
        "body", ["", f"Hello\n\n{SEALS.seal(Marker('review', {'command': 'x', 'batch': '1'}))}"]
    )
    async def test_ours_is_cleared(self, rehearse: MakeRehearsal, body: str) -> None:
        """An empty or marked one is left from a crash: it is deleted, and the review is posted."""
        rehearsal = await rehearse(files=TWO)
        left = self.pending(rehearsal, body)
        finished = await rehearsal.say()

        assert left not in rehearsal.stage.pull.reviews
        assert finished.report.outcome is Outcome.SUGGESTED
        assert len(rehearsal.reviews) == 1

    @pytest.mark.parametrize(
        "body",
        ["I was about to say", "<!-- predict-edit:v1 review command=x batch=1 head=a -->"],
    )
    async def test_one_with_words_is_left(self, rehearse: MakeRehearsal, body: str) -> None:
        """A person's draft with the same account is never touched."""
        rehearsal = await rehearse(files=TWO)
        left = self.pending(rehearsal, body)
        finished = await rehearsal.say()

        assert rehearsal.stage.pull.reviews == [left]
        assert finished.report.outcome is Outcome.PATCHED
        assert "pending review" in rehearsal.summary
        assert "Submit or discard" in rehearsal.summary

    async def test_one_with_comments_is_left(self, rehearse: MakeRehearsal) -> None:
        """A person's draft comments, without text above them, are never deleted."""
        rehearsal = await rehearse(files=TWO)
        stage = rehearsal.stage
        draft = {"path": "src/file_001.py", "line": 6, "body": "a thought"}
        token = stage.github.tokens[DEFAULT_TOKEN]
        left = create_review(stage.github, stage.pull, token, comments=[draft])
        finished = await rehearsal.say()

        assert stage.pull.reviews == [left]
        assert len(left.comments) == 1
        assert finished.report.outcome is Outcome.PATCHED


class TestMovingHead:
    """A push during the run."""

    def push_when(
        self, rehearsal: Rehearsal, path: str, changes: dict[str, str], **more: Any
    ) -> None:
        """Push at the moment of a request."""
        stage = rehearsal.stage
        stage.github.faults.add(
            Fault(
                path=path,
                act=lambda: stage.github.push(REPOSITORY, stage.world.head_ref, changes),
                **more,
            )
        )

    async def test_unchanged_files_are_anchored_again(self, rehearse: MakeRehearsal) -> None:
        """Files that the push left alone keep their suggestions, on the new head."""
        rehearsal = await rehearse(files=many(3))
        self.push_when(
            rehearsal, r".*/issues/1/comments", {"src/file_002.py": "new = 1\n"}, method="POST"
        )
        finished = await rehearsal.say()

        assert rehearsal.places == [("src/file_001.py", 6), ("src/file_003.py", 6)]
        assert rehearsal.reviews[0].commit_id == rehearsal.stage.pull.head_sha
        assert "head moved" in rehearsal.summary
        accounted(rehearsal, finished)

    async def test_file_that_left_the_diff(self, rehearse: MakeRehearsal) -> None:
        """A file whose change was reverted takes no suggestions."""
        files = many(2)
        rehearsal = await rehearse(files=files)
        base = files[0].base
        assert base is not None
        self.push_when(
            rehearsal, r".*/issues/1/comments", {files[0].path: base.decode()}, method="POST"
        )
        await rehearsal.say()

        assert rehearsal.places == [("src/file_002.py", 6)]

    async def test_head_that_moves_between_two_reviews(self, rehearse: MakeRehearsal) -> None:
        """Posted suggestions stay; the rest is anchored on the new head."""
        rehearsal = await rehearse(files=many(35, changes=2))
        self.push_when(
            rehearsal, REVIEWS, {"src/file_030.py": "new = 1\n"}, method="POST", when="after"
        )
        finished = await rehearsal.say(max_suggestions="100")

        assert len(rehearsal.reviews[0].comments) == BATCH
        assert len(rehearsal.places) == finished.report.suggestion_count == 68
        commits = {review.commit_id for review in rehearsal.reviews}
        assert commits == {rehearsal.stage.world.head_sha, rehearsal.stage.pull.head_sha}


@pytest.mark.parametrize("end", ["closed", "merged"])
class TestClosedWhileTheRunWorks:
    """A closed pull request gets no suggestions."""

    def end_when(self, rehearsal: Rehearsal, end: str, path: str, **more: Any) -> None:
        """Close or merge the pull request at a request."""
        github = rehearsal.stage.github
        done = github.close_pull_request if end == "closed" else github.merge_pull_request
        github.faults.add(Fault(path=path, act=lambda: done(REPOSITORY, 1), **more))

    async def test_nothing_is_posted(self, rehearse: MakeRehearsal, end: str) -> None:
        """The edits are in the patch, and the summary says why."""
        rehearsal = await rehearse(files=many(2))
        self.end_when(rehearsal, end, r".*/issues/1/comments", method="POST")
        finished = await rehearsal.say()

        assert rehearsal.reviews == []
        assert finished.report.outcome is Outcome.PATCHED
        assert f"The pull request was {end} while the run worked." in rehearsal.summary
        assert rehearsal.file("remainder.patch") == rehearsal.file("edits.patch") != b""
        accounted(rehearsal, finished)

    async def test_what_was_posted_before_stays(self, rehearse: MakeRehearsal, end: str) -> None:
        """If it closes between two reviews, the second is not posted."""
        rehearsal = await rehearse(files=many(35, changes=2))
        self.end_when(rehearsal, end, REVIEWS, method="POST", when="after")
        finished = await rehearsal.say(max_suggestions="100")

        assert [len(review.comments) for review in rehearsal.reviews] == [BATCH]
        assert finished.report.suggestion_count == BATCH
        assert "while the run worked." in rehearsal.summary
        accounted(rehearsal, finished)


class TestSuperseding:
    """A new command on lines that already have suggestions."""

    async def test_older_ones_on_the_same_lines_are_folded(self, rehearse: MakeRehearsal) -> None:
        """Open ones are minimised as outdated and their review says so; others stay."""
        rehearsal = await rehearse(files=many(4))
        await rehearsal.say()
        answered, resolved, other = rehearsal.stage.suggestions[:3]
        rehearsal.stage.github.reply(answered, "ada", "I like it.")
        resolved.thread.resolved_by = rehearsal.stage.github.user("ada")
        rehearsal.typist.new = "Other"
        rehearsal.typist.broken = (other.thread.path,)
        finished = await rehearsal.say("/predict-edit Say it otherwise.")

        older = rehearsal.stage.suggestions[:4]
        assert [comment.minimized for comment in older].count("OUTDATED") == 1
        assert older[3].minimized == "OUTDATED"
        assert rehearsal.reviews[0].body.startswith(
            "**Superseded in part** by [newer suggestions]("
        )
        assert find_marker(rehearsal.reviews[0].body, "review")
        assert not rehearsal.reviews[1].body.startswith("**Superseded")
        assert finished.report.outcome is Outcome.PARTIAL

    async def test_foreign_comments_are_left_alone(self, rehearse: MakeRehearsal) -> None:
        """Another person's comment with our mark in it is not ours."""
        rehearsal = await rehearse(files=TWO)
        await rehearsal.say()
        body = rehearsal.stage.suggestions[0].body
        stage = rehearsal.stage
        foreign = stage.github.review_comment(
            REPOSITORY, 1, "ada", body, path="src/file_001.py", line=6
        )
        rehearsal.typist.new = "Other"
        await rehearsal.say("/predict-edit Say it otherwise.")

        assert foreign.minimized is None
        assert stage.suggestions[0].minimized == "OUTDATED"

    @pytest.mark.parametrize("mutation", ["minimizeComment", "reviewThreads"])
    async def test_not_being_allowed_to_is_not_a_failure(
        self, rehearse: MakeRehearsal, mutation: str
    ) -> None:
        """If GitHub does not allow folding them, they stay and the run still succeeds."""
        rehearsal = await rehearse(files=TWO)
        await rehearsal.say()
        rehearsal.typist.new = "Other"
        error = {"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}
        rehearsal.stage.github.faults.add(
            Fault(path=r".*/graphql", containing=mutation, status=200, body=error, times=None)
        )
        finished = await rehearsal.say("/predict-edit Say it otherwise.")

        assert finished.report.outcome is Outcome.SUGGESTED
        assert len(rehearsal.reviews) == 2


class TestMissingDiffs:
    """Files whose diff GitHub does not give, or not completely."""

    @pytest.mark.parametrize("how", ["withheld", "cut"])
    async def test_diff_is_made_here(self, rehearse: MakeRehearsal, how: str) -> None:
        """The file at the merge base replaces it, and suggestions are placed as usual."""
        rehearsal = await rehearse(files=many(3, changes=2))
        switches = rehearsal.stage.github.switches
        if how == "withheld":
            switches.withheld_patches = frozenset({"src/file_001.py", "src/file_002.py"})
        else:
            switches.cut_patches = {"src/file_001.py": 6, "src/file_002.py": 6}
        finished = await rehearsal.say()

        log = rehearsal.stage.github.log
        assert len(rehearsal.places) == finished.report.suggestion_count == 6
        assert sum("/compare/" in request.path for request in log.requests) == 1

    async def test_without_the_merge_base_it_is_the_patch(self, rehearse: MakeRehearsal) -> None:
        """If the base cannot be read, the edits are in the patch with that reason."""
        rehearsal = await rehearse(files=TWO)
        rehearsal.stage.github.switches.withheld_patches = frozenset({"src/file_001.py"})
        rehearsal.stage.github.faults.add(Fault(path=r".*/compare/.*", status=404, times=None))
        finished = await rehearsal.say()

        assert rehearsal.places == [("src/file_002.py", 6)]
        assert "GitHub sent no diff for the file" in rehearsal.summary
        accounted(rehearsal, finished)


async def test_memory_never_takes_the_room_of_the_summary(rehearse: MakeRehearsal) -> None:
    """With more to remember than fits, the summary is complete and within GitHub's limit."""
    rehearsal = await rehearse(files=many(50, changes=8))
    rng = random.Random(7)
    rehearsal.typist.new = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=900))
    finished = await rehearsal.say()

    written = [
        request.body.get("variables", request.body)
        for request in rehearsal.stage.github.log.requests
        if request.method in {"POST", "PATCH"} and isinstance(request.body, dict)
        if "/comments" in request.path or "mutation Close" in str(request.body.get("query"))
    ]
    sizes = [len(fields["body"]) for fields in written if "body" in fields]
    assert 30_000 < max(sizes) < 65_536
    assert finished.report.outcome is Outcome.SUGGESTED
    assert "400 changed hunks" in rehearsal.summary
    assert all(f"file_{n:03}.py" in rehearsal.summary for n in range(1, 51))


async def test_3000_files_in_few_requests(rehearse: MakeRehearsal) -> None:
    """3,000 changed files are listed and selected with at most 32 requests."""
    files = [
        WorldFile(path=f"d{n % 40:02}/f{n:04}.txt", base=b"a\n", head=b"b FizzBuzz\n")
        for n in range(3000)
    ]
    rehearsal = await rehearse(files=files)
    finished = await rehearsal.say("/predict-edit --files d00/f0000.txt do it", dry_run="true")

    asked = rehearsal.stage.github.log.requests
    selecting = [
        r for r in asked if "permission" not in r.path and "Conversation" not in str(r.body)
    ]
    assert len(selecting) <= 32 + 1  # the last one reads the file that was selected
    assert len(finished.report.files) == 3000
    assert finished.report.suggestion_count == 1

"""The offline GitHub as people use it: the web site's buttons as methods.

**A stand-in, not GitHub.**
"""

from __future__ import annotations

from collections.abc import Sequence

from predict_edit_sandbox.github import conversation, review_comments, suggestion_commits
from predict_edit_sandbox.github.nouns import IssueComment, ReviewComment
from predict_edit_sandbox.github.state import State


class Sandbox(State):
    """An offline GitHub. Serve it with :func:`predict_edit_sandbox.github.serve`."""

    def comment(self, repository: str, number: int, login: str, body: str) -> IssueComment:
        """Somebody comments in the conversation of a pull request."""
        with self.lock:
            pull = self.pull(repository, number)
            return conversation.create_comment(self, pull, self.user(login), body)

    def review_comment(
        self,
        repository: str,
        number: int,
        login: str,
        body: str,
        *,
        path: str,
        line: int | None,
        start_line: int | None = None,
        side: str = "RIGHT",
    ) -> ReviewComment:
        """Somebody comments on lines of the diff, or without ``line`` on a whole file."""
        with self.lock:
            pull = self.pull(repository, number)
            asked = {"body": body, "path": path, "line": line, "side": side}
            if line is None:
                asked = {"body": body, "path": path, "subject_type": "file"}
            elif start_line is not None:
                asked |= {"start_line": start_line, "start_side": side}
            return review_comments.create_single_comment(self, pull, self.user(login), asked)

    def reply(self, comment: ReviewComment, login: str, body: str) -> ReviewComment:
        """Somebody replies in a thread."""
        with self.lock:
            return review_comments.reply(self, comment, self.user(login), body)

    def apply_suggestion(self, comment: ReviewComment, *, login: str = "author") -> str:
        """Somebody clicks "Commit suggestion"; returns the commit made."""
        return self.apply_suggestions([comment], login=login)

    def apply_suggestions(self, comments: Sequence[ReviewComment], *, login: str = "author") -> str:
        """Somebody adds suggestions to a batch and commits it; returns the commit made.

        Raises:
            Refusal: 422 with the sentence that the web site shows.
        """
        with self.lock:
            return suggestion_commits.apply(self, comments, self.user(login))

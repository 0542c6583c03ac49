"""Addresses inside the stand-in."""

from __future__ import annotations

import dataclasses
from urllib.parse import quote

from predict_edit_sandbox.github.nouns import (
    IssueComment,
    PullRequest,
    Repository,
    Review,
    ReviewComment,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Where the stand-in is reached: ``api`` and ``html`` roots without a last slash."""

    api: str
    html: str

    def repository(self, repository: Repository) -> str:
        """A repository's API address."""
        return f"{self.api}/repos/{repository.full_name}"

    def page(self, repository: Repository) -> str:
        """A repository's page."""
        return f"{self.html}/{repository.full_name}"

    def pull(self, pull: PullRequest) -> str:
        """A pull request's API address."""
        return f"{self.repository(pull.repository)}/pulls/{pull.number}"

    def pull_page(self, pull: PullRequest) -> str:
        """A pull request's page."""
        return f"{self.page(pull.repository)}/pull/{pull.number}"

    def issue(self, pull: PullRequest) -> str:
        """The API address of the pull request as an issue."""
        return f"{self.repository(pull.repository)}/issues/{pull.number}"

    def issue_comment(self, comment: IssueComment) -> str:
        """The API address of a comment in the conversation."""
        return f"{self.repository(comment.pull.repository)}/issues/comments/{comment.id}"

    def issue_comment_page(self, comment: IssueComment) -> str:
        """The page of a comment in the conversation."""
        return f"{self.pull_page(comment.pull)}#issuecomment-{comment.id}"

    def review_comment(self, comment: ReviewComment) -> str:
        """The API address of a comment on the diff."""
        return f"{self.repository(comment.pull.repository)}/pulls/comments/{comment.id}"

    def review_comment_page(self, comment: ReviewComment) -> str:
        """The page of a comment on the diff."""
        return f"{self.pull_page(comment.pull)}#discussion_r{comment.id}"

    def review_page(self, review: Review) -> str:
        """The page of a review."""
        return f"{self.pull_page(review.pull)}#pullrequestreview-{review.id}"

    def at(self, repository: Repository, kind: str, commit: str, path: str) -> str:
        """The page of a file at a commit; ``kind`` is ``blob`` or ``raw``."""
        return f"{self.page(repository)}/{kind}/{commit}/{quote(path)}"

    def contents(self, repository: Repository, path: str, ref: str) -> str:
        """The API address of a file at a ref."""
        return f"{self.repository(repository)}/contents/{quote(path)}?ref={quote(ref)}"

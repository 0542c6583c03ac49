"""The effect of committing suggestions on the website.

GitHub has no public way to do this, so these are the rules and sentences that its web site shows.
Nothing is shared with the code that composes suggestions.
"""

from __future__ import annotations

from collections.abc import Sequence

from predict_edit_sandbox.github.nouns import ReviewComment, User
from predict_edit_sandbox.github.refusals import Refusal, unprocessable
from predict_edit_sandbox.github.state import State
from predict_edit_sandbox.github.suggestion_blocks import replace_lines, suggestion_blocks
from predict_edit_sandbox.github.threads import outdated, standing

Change = tuple[int, int, tuple[str, ...]]

CLOSED = "Suggestions cannot be applied while the pull request is closed."
PENDING = "Suggestions cannot be applied from pending reviews."
RESOLVED = "This suggestion has been applied or marked resolved."
OUTDATED = "Outdated suggestions cannot be applied."
DELETED_LINES = "Applying suggestions on deleted lines is not supported."
NO_CHANGE = "This suggestion is invalid because no changes were made to the code."
SAME_LINE = "Only one suggestion per line can be applied in a batch."
NO_BLOCK = "There is no suggestion in this comment."


def change_of(state: State, comment: ReviewComment) -> Change:
    """The lines at the head that a comment's suggestion replaces, and by what.

    Raises:
        Refusal: 422, this suggestion cannot be committed.
    """
    thread = comment.thread
    blocks = suggestion_blocks(comment.body)
    checks = (
        (thread.pull.state != "open", CLOSED),
        (comment.review.state == "PENDING", PENDING),
        (thread.resolved_by is not None, RESOLVED),
        (thread.line is None or len(blocks) != 1, NO_BLOCK),
        (outdated(state, thread), OUTDATED),
    )
    for refused, sentence in checks:
        if refused:
            raise unprocessable(sentence)
    stands = standing(state, thread)
    if stands is None:
        raise unprocessable(OUTDATED)
    start, end, where = stands
    sides = {thread.side, thread.start_side or thread.side}
    if where.deleted_lines_inside or sides != {"RIGHT"}:
        raise unprocessable(DELETED_LINES)
    return start, end, blocks[0]


def _read(comment: ReviewComment) -> bytes:
    """The file of a comment at the head."""
    pull = comment.pull
    entry = pull.repository.store.entry(pull.head_sha, comment.thread.path)
    data = pull.repository.store.blob(entry.sha) if entry else None
    if data is None:
        raise unprocessable(OUTDATED)
    return data


def apply(state: State, comments: Sequence[ReviewComment], user: User) -> str:
    """Commit one suggestion or a batch of them in one commit; returns its hash.

    The threads are resolved and the head moves.

    Raises:
        Refusal: 422 with the sentence that the web site shows; nothing was committed.
    """
    if not comments:
        raise unprocessable(NO_BLOCK)
    pull = comments[0].pull
    changes: dict[str, list[Change]] = {}
    texts: dict[str, bytes] = {}
    for comment in comments:
        path = comment.thread.path
        change = change_of(state, comment)
        texts.setdefault(path, _read(comment))
        as_file = state.switches.applied_line_ends == "as-file"
        if replace_lines(texts[path], [change], as_file=as_file) == texts[path]:
            raise unprocessable(NO_CHANGE)
        held = changes.setdefault(path, [])
        if any(start <= change[1] and change[0] <= end for start, end, _ in held):
            raise unprocessable(SAME_LINE)
        held.append(change)
    target = pull.head_repository
    if target is None:
        raise Refusal(422, "The fork of this pull request was deleted.")
    one = len(comments) == 1
    title = f"Update {comments[0].thread.path}" if one else "Apply suggestions from code review"
    authors = dict.fromkeys(comment.author.login for comment in comments)
    trailers = "\n".join(
        f"Co-authored-by: {login} <{login}@users.noreply.github.invalid>" for login in authors
    )
    sha = state.push(
        target.full_name,
        pull.head_ref,
        {
            path: replace_lines(
                texts[path], held, as_file=state.switches.applied_line_ends == "as-file"
            )
            for path, held in changes.items()
        },
        message=f"{title}\n\n{trailers}",
        author=user.login,
    )
    for comment in comments:
        comment.thread.resolved_by = user
    return sha

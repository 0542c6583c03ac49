"""Where the threads of a pull request stand today."""

from __future__ import annotations

from predict_edit_sandbox.github.anchors import Anchor, Place, Unanchored, place
from predict_edit_sandbox.github.nouns import Thread
from predict_edit_sandbox.github.state import State


def _moved(state: State, thread: Thread) -> tuple[int, int] | None:
    """The thread's lines in the file at the head; ``None`` where one of them changed."""
    start, end = thread.start, thread.line
    if start is None or end is None:
        return None
    pull = thread.pull
    if thread.commit_id == pull.head_sha or thread.side == "LEFT":
        return start, end
    store = pull.repository.store
    then = store.entry(thread.commit_id, thread.path)
    now = store.entry(pull.head_sha, thread.path)
    if then is None or now is None:
        return None
    return state.line_map(pull.repository, then.sha, now.sha).follow(start, end)


def standing(state: State, thread: Thread) -> tuple[int, int, Place] | None:
    """First line, last line and place of a thread in today's diff; ``None`` when outdated.

    A thread on a whole file has no lines either; ask :func:`outdated` for it.
    """
    lines = _moved(state, thread)
    diff = state.files(thread.pull).get(thread.path)
    if lines is None or diff is None:
        return None
    anchor = Anchor(
        path=thread.path,
        line=lines[1],
        side=thread.side,
        start_line=None if thread.start_line is None else lines[0],
        start_side=thread.start_side,
    )
    found = place(diff.patch, anchor)
    return None if isinstance(found, Unanchored) else (*lines, found)


def outdated(state: State, thread: Thread) -> bool:
    """Whether the lines a thread is about have changed since."""
    if thread.line is None:
        return thread.path not in state.files(thread.pull)
    return standing(state, thread) is None

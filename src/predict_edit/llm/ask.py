"""One file's question, and what becomes of a request for it that fails."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from predict_edit.domain.editor_port import Progress
from predict_edit.edit.prompt import Message
from predict_edit.llm.effort import Ledger
from predict_edit.llm.failures import Failure
from predict_edit.llm.stream import Watch


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One file's question."""

    messages: Sequence[Message]
    text: str
    ledger: Ledger
    progress: Progress | None
    watch: Callable[[], Watch] | None

    @property
    def sent(self) -> list[str]:
        """All texts of the request, none of which may be quoted back."""
        return [message.content for message in self.messages]


class Retry(Exception):
    """A request failed in a way that may deserve another; ``differently``: at once."""

    def __init__(self, failure: Failure, *, differently: bool = False) -> None:
        super().__init__(failure, differently)
        self.failure = failure
        self.differently = differently

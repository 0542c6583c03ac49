"""Where a workflow uses the action: the job, the step, and what starts it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Final

import yaml

from predict_edit.cli.doctor.workflow.mistake import Mistake
from predict_edit.cli.doctor.workflow.source import (
    Change,
    Entry,
    Source,
    entries,
    items_of,
    line_of,
    text_of,
    value_of,
)

COMMENTS: Final = ("issue_comment", "pull_request_review_comment")
OTHERS: Final = ("workflow_dispatch", "schedule", "workflow_call")
"""What else starts a run; a called workflow gets the event of its caller."""
_ACTION = re.compile(r"[^/@\s]+/predict-edit(?:/[^@\s]*)?(?:@(?P<ref>\S*))?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One step that uses the action."""

    source: Source
    job_name: str
    job: yaml.MappingNode
    step: yaml.MappingNode
    deliver: str
    """What the repository's config says; empty where it says nothing."""

    @property
    def uses(self) -> yaml.Node:
        """What the step uses."""
        return entries(self.step)["uses"].value

    @property
    def inputs(self) -> yaml.MappingNode | None:
        """What stands under the step's ``with``, where something does."""
        node = value_of(self.step, "with")
        return node if isinstance(node, yaml.MappingNode) else None

    @property
    def given(self) -> Mapping[str, Entry]:
        """The inputs that the step passes."""
        return entries(self.inputs)

    def literal(self, name: str) -> str | None:
        """An input's text; ``None`` where it is not given or only known at run time."""
        entry = self.given.get(name)
        text = text_of(entry.value).strip() if entry else ""
        return None if not text or "${{" in text else text

    @property
    def triggers(self) -> Mapping[str, yaml.Node]:
        """The events, each with the node that names it."""
        on = value_of(self.source.root, "on")
        if isinstance(on, yaml.MappingNode):
            return {name: entry.key for name, entry in entries(on).items()}
        return {text_of(item): item for item in items_of(on)}

    @property
    def comments(self) -> tuple[str, ...]:
        """The events among them that are comments."""
        return tuple(name for name in COMMENTS if name in self.triggers)

    @property
    def about_a_branch(self) -> bool:
        """Whether files of a branch are edited, without any pull request."""
        called = "workflow_call" in self.triggers
        return not self.comments and "pull-request" not in self.given and not called

    @property
    def word(self) -> str | None:
        """The word that opens a command; ``None`` where it is only known at run time."""
        return "/predict-edit" if "command" not in self.given else self.literal("command")

    def mistake(
        self,
        node: yaml.Node,
        found: str,
        *changes: Change,
        next_step: str = "",
        fatal: bool = False,
    ) -> Mistake:
        """Report what is wrong at a node."""
        return Mistake(
            path=self.source.path,
            line=line_of(node),
            state="failed" if fatal else "warning",
            found=found,
            next_step=next_step,
            changes=changes,
            corrections=self.source.corrections(changes),
        )


def uses_of(source: Source, deliver: str = "") -> list[Use]:
    """Every step of a workflow that uses the action."""
    return [
        Use(source=source, job_name=name, job=job.value, step=step, deliver=deliver)
        for name, job in entries(value_of(source.root, "jobs")).items()
        if isinstance(job.value, yaml.MappingNode)
        for step in items_of(value_of(job.value, "steps"))
        if isinstance(step, yaml.MappingNode)
        if _ACTION.fullmatch(text_of(value_of(step, "uses")))
    ]


def ref_of(uses: str) -> str:
    """What a step's ``uses`` pins the action to; empty where nothing does."""
    match = _ACTION.fullmatch(uses)
    return (match["ref"] or "") if match else ""

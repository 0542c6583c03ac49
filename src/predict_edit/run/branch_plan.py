"""What a run over a branch is to do: found out before any file is read or any model asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from predict_edit.delivery.state import question_of
from predict_edit.domain import ChangedFile, SourceFile
from predict_edit.domain.errors import InvalidInput
from predict_edit.domain.ports import RepositoryForge
from predict_edit.findings import Findings
from predict_edit.findings.workspace import Workspace, gather_findings
from predict_edit.run import branch_files as reading
from predict_edit.run.branch_edit import Bench
from predict_edit.settings import recipes
from predict_edit.settings.fields import Inputs, Settings
from predict_edit.settings.resolve import resolve_command
from predict_edit.support.text import quoted
from predict_edit.trigger.command import RunRecipe


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, before any model is asked."""

    branch: reading.Branch
    settings: Settings
    wish: recipes.Wish
    instruction: str
    chosen: reading.Chosen
    bench: Bench

    def question(self, file: ChangedFile | SourceFile) -> str:
        """Name what is asked about a file."""
        return question_of(
            file.path,
            file.blob_sha or "",
            self.bench.findings_of(file.path),
            instruction=self.instruction,
            settings=self.settings.model,
            anywhere=self.bench.anywhere,
        )

    @property
    def branch_name(self) -> str:
        """The branch of the pull request: as configured, else after what is done and where."""
        if self.settings.branch:
            return self.settings.branch
        of = "" if self.branch.is_default else f"-{recipes.slug(self.branch.name)}"
        return f"predict-edit/{self.wish.slug}{of}"


async def findings_for(
    forge: RepositoryForge, inputs: Inputs, branch: reading.Branch, workspace: Workspace
) -> Findings | None:
    """What reports and alerts say; ``None`` where none are asked for.

    Raises:
        FindingsError: a report is missing or cannot be read.
        ForgeError: the alerts could not be read.
    """
    globs = inputs.findings or branch.config.findings
    if not globs:
        return None
    return await gather_findings(forge, globs, workspace, ref=f"refs/heads/{branch.name}")


async def make_plan(
    forge: RepositoryForge,
    inputs: Inputs,
    *,
    branch: reading.Branch,
    said: str | None,
    findings: Findings | None,
    secrets: Iterable[str],
) -> Plan:
    """Merge what workflow, config and recipe say, and choose the files.

    Raises:
        SettingsError: they do not fit together.
        ForgeError: GitHub failed.
    """
    config = recipes.with_built_in(branch.config)
    wish = recipes.wish_of(said, config, findings=findings is not None)
    settings, instruction = resolve_command(inputs, config, wish.command)
    if settings.branch == branch.name:
        raise InvalidInput(
            f"The input `branch` is {quoted(branch.name)}, the branch that is edited.",
            "Give the name of a branch for the pull request, or leave it out.",
        )
    settings = _delivering(settings)
    chosen = await reading.choose_files(forge, branch, settings, findings)
    named = wish.command.name if isinstance(wish.command, RunRecipe) else ""
    recipe = config.recipes.get(named)
    return Plan(
        branch=branch,
        settings=settings,
        wish=wish,
        instruction=instruction,
        chosen=chosen,
        bench=Bench(
            instruction=instruction,
            findings=findings,
            anywhere=bool(recipe and recipe.anywhere),
            secrets=secrets,
        ),
    )


def _delivering(settings: Settings) -> Settings:
    """Settings with a way of delivery that needs no pull request to begin with.

    The config's own is for comments; the workflow's was checked before.
    """
    if settings.deliver in {"pull-request", "patch"}:
        return settings
    return dataclasses.replace(settings, deliver="pull-request")

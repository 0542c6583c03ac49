"""What applies to a run: command over inputs over config over defaults.

A command's options come before the action's inputs, those before the repository's config, and that
before the defaults of the table. On that way limits only go down: a
commenter can ask for less, never for more than the repository allows.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

import pydantic

from predict_edit.domain.errors import (
    InvalidOption,
    MissingInput,
    OptionNotAllowed,
    UnknownRecipe,
)
from predict_edit.domain.repository import Role
from predict_edit.settings.fields import (
    FREE_DELIVERIES,
    CommandOptions,
    Delivery,
    GlobLayers,
    Inputs,
    ModelSettings,
    PlanPolicy,
    Settings,
    problems,
)
from predict_edit.settings.repository_config import (
    CONFIG_PATH,
    BaseRecipe,
    Recipe,
    RepositoryConfig,
)
from predict_edit.support.text import did_you_mean, inert, listed, quoted
from predict_edit.trigger.command import Address, Command, EditCommand, RunRecipe, recipe_named
from predict_edit.trigger.requests import NamedCommand

_T = TypeVar("_T")
LINT_FIX: Final = "lint-fix"
LINT_FIX_INSTRUCTION: Final = (
    "Fix what linters found in this file: every finding that is listed with its line and rule, and "
    "nothing else. Make the smallest change that fixes the cause. Keep what the program does. Do "
    "not silence a rule with a comment. Leave a finding as it is if fixing it would change "
    "behaviour that others may rely on, such as a public name."
)
ADDRESS_INSTRUCTION: Final = "Address the open review threads."
BUILT_IN: Final[Mapping[str, Recipe]] = MappingProxyType(
    {LINT_FIX: Recipe(instruction=LINT_FIX_INSTRUCTION)}
)
_NO_SLUG: Final = re.compile(r"[^a-z0-9]+")
_SLUG_LENGTH: Final = 40
_TITLE_LENGTH: Final = 70


def with_built_in(config: RepositoryConfig) -> RepositoryConfig:
    """Add the built-in recipes to a config; its own of the same name win."""
    return config.model_copy(update={"recipes": {**BUILT_IN, **config.recipes}})


def named_command(given: str | None, config: RepositoryConfig, *, findings: bool) -> NamedCommand:
    """Read an instruction: ``run NAME`` means a recipe, everything else is meant as written.

    Without one, the config's applies; without that, ``lint-fix`` if there are findings.

    Raises:
        MissingInput: none of them is given.
    """
    instruction = given or config.instruction or (f"run {LINT_FIX}" if findings else None)
    if instruction is None:
        raise MissingInput(
            "`instruction` is missing.",
            "Give one, or `run NAME` for a recipe of the config. It may be missing only with "
            f"`findings`: then the recipe `{LINT_FIX}` applies.",
        )
    if recipe := recipe_named(instruction):
        name = recipe.name
        title = "Fix what linters found" if name == LINT_FIX else f"Run the recipe {name}"
        return NamedCommand(command=recipe, slug=slug(name), title=title)
    first = instruction.strip().splitlines()[0].strip()
    title = inert(first)
    if len(title) > _TITLE_LENGTH:
        title = f"{title[: _TITLE_LENGTH - 1].rstrip()}…"
    return NamedCommand(command=EditCommand(instruction=instruction), slug=slug(first), title=title)


def slug(text: str) -> str:
    """Make a text a part of a branch's name: lower case letters, digits and single hyphens."""
    made = _NO_SLUG.sub("-", text.casefold()).strip("-")[:_SLUG_LENGTH].strip("-")
    return made or "edit"


def resolve_command(
    inputs: Inputs, config: RepositoryConfig, command: Command
) -> tuple[Settings, str]:
    """Merge everything for one command, and return its whole instruction too, if it has one.

    Raises:
        CommandError: an unknown recipe, or an option with a value that is wrong or not allowed.
    """
    if isinstance(command, Address):
        return resolve(inputs, config, command.options), ADDRESS_INSTRUCTION
    if not isinstance(command, EditCommand | RunRecipe):
        return resolve(inputs, config), ""
    instruction = instruction_for(command, config)
    recipe = config.recipes[command.name] if isinstance(command, RunRecipe) else None
    return resolve(inputs, config, command.options, recipe), instruction


def instruction_for(command: EditCommand | RunRecipe, config: RepositoryConfig) -> str:
    """Find the instruction of a command: its own, or the recipe's with its own below.

    Raises:
        UnknownRecipe: the config has no recipe of that name.
    """
    if isinstance(command, EditCommand):
        return command.instruction
    recipe = config.recipes.get(command.name)
    if recipe is not None:
        return "\n\n".join(filter(None, (recipe.instruction, command.instruction)))
    known = listed((quoted(name) for name in config.recipes), "or")
    near = did_you_mean(command.name, config.recipes)
    raise UnknownRecipe(
        f"There is no recipe {quoted(command.name)}. {near}".strip(),
        f"The recipes are {known}. An instruction that starts with the word run needs `--` before "
        "it."
        if config.recipes
        else f"The repository defines no recipes; they go into {CONFIG_PATH}, under `recipes`. An "
        "instruction that starts with the word run needs `--` before it.",
    )


def resolve(
    inputs: Inputs,
    config: RepositoryConfig | None = None,
    options: Mapping[str, str] | None = None,
    recipe: Recipe | None = None,
) -> Settings:
    """Merge a command's options over the inputs over the config over the defaults.

    ``files`` and ``exclude`` of a recipe and of a command narrow what is configured. A recipe is
    the repository's own word: its model, prediction and context win over the inputs, and it may
    commit unless an input says otherwise; its limit only lowers.

    Raises:
        InvalidOption: an option of the command has a value that it cannot have.
        OptionNotAllowed: a value that this repository does not let commenters choose.
    """
    asked = _read_options(options or {})
    settings = _configured(inputs, config or RepositoryConfig())
    followed = settings if recipe is None else _follow_recipe(settings, recipe, inputs)
    return _follow_comment(
        followed,
        asked,
        deliveries={*FREE_DELIVERIES, settings.deliver, followed.deliver},
        models=dict.fromkeys((inputs.model, *settings.models, followed.model.model)),
    )


def _configured(inputs: Inputs, config: RepositoryConfig) -> Settings:
    """Merge inputs over config over defaults."""
    given = {
        name: value
        for name in Inputs.model_fields
        if (value := _first(getattr(inputs, name), getattr(config, name, None))) is not None
    }
    for name in ("files", "exclude", "also"):
        given[name] = _layer(given.get(name))
    if "permission" in given:
        given["permission"] = Role[given["permission"].upper()]
    model = {name: given.pop(name) for name in _MODEL_FIELDS if name in given}
    return Settings(
        **given,
        model=ModelSettings(**model, prices=tuple(config.prices.items())),
        models=config.models or (),
        unlocked=config.unlocked or (),
        recipes=tuple((name, recipe.instruction) for name, recipe in config.recipes.items()),
    )


def _follow_recipe(settings: Settings, recipe: Recipe, inputs: Inputs) -> Settings:
    """Apply a recipe, unless an input says otherwise."""
    if isinstance(recipe, BaseRecipe) and not settings.also:
        recipe = recipe.model_copy(update={"also": None})
    deliver = recipe.deliver or settings.deliver
    if inputs.deliver is not None and deliver not in {*FREE_DELIVERIES, inputs.deliver}:
        raise OptionNotAllowed(
            f"The recipe delivers by {deliver}, the workflow by {inputs.deliver}.",
            "A maintainer has to make the two agree.",
        )
    most = settings.max_suggestions
    return dataclasses.replace(
        _narrow(settings, recipe),
        deliver=deliver,
        max_suggestions=min(most, _first(recipe.max_suggestions, most)),
        anywhere=bool(recipe.anywhere),
    )


def _follow_comment(
    settings: Settings,
    asked: CommandOptions,
    *,
    deliveries: Collection[Delivery],
    models: Collection[str],
) -> Settings:
    """Apply a command's options, as far as the repository allows it.

    Raises:
        OptionNotAllowed: it does not; the message says what it allows.
    """
    if asked.model is not None and asked.model not in models:
        raise _not_allowed("model", asked.model, listed(map(quoted, models), "or"))
    if asked.deliver is not None and asked.deliver not in deliveries:
        raise _not_allowed("deliver", asked.deliver, listed(map(quoted, sorted(deliveries)), "or"))
    most = settings.max_suggestions
    if asked.max_suggestions is not None and asked.max_suggestions > most:
        raise _not_allowed("max-suggestions", str(asked.max_suggestions), f"{most} or less")
    if asked.dry_run is False and settings.dry_run:
        raise _not_allowed("dry-run", "false", "true, as the workflow or the config does")
    deliver = _first(asked.deliver, settings.deliver)
    if asked.also and not settings.also:
        raise OptionNotAllowed(
            "`--also` is given, but this repository does not set `also`.",
            "Leave it out, or ask a maintainer to set `also`.",
        )
    if asked.also and deliver != "pull-request":
        raise InvalidOption(
            "`--also` works only with `deliver: pull-request`.",
            "Leave it out, or add `--deliver pull-request` if the repository allows that.",
        )
    return dataclasses.replace(
        _narrow(settings, asked),
        plan=_first(plan_asked(asked.plan, asked.files), settings.plan),
        deliver=deliver,
        max_suggestions=_first(asked.max_suggestions, most),
        models=tuple(models),
        deliveries=tuple(sorted(deliveries)),
    )


def plan_asked(plan: PlanPolicy | None, files: Collection[str] | None) -> PlanPolicy | None:
    """Read what a command says on a plan: files that a person names are edited without one."""
    return plan or ("off" if files else None)


def _narrow(settings: Settings, asked: CommandOptions) -> Settings:
    """Apply what a recipe and a commenter may set alike."""
    given = {
        name: value
        for name in _MODEL_FIELDS & CommandOptions.model_fields.keys()
        if (value := getattr(asked, name)) is not None
    }
    return dataclasses.replace(
        settings,
        model=dataclasses.replace(settings.model, **given),
        plan=_first(asked.plan, settings.plan),
        files=settings.files + _layer(asked.files),
        exclude=settings.exclude + _layer(asked.exclude),
        also=settings.also + _layer(asked.also),
        dry_run=settings.dry_run or bool(asked.dry_run),
    )


def _read_options(options: Mapping[str, str]) -> CommandOptions:
    """Check the values of a command's options.

    Raises:
        InvalidOption: one has a value that it cannot have; all such are named.
    """
    try:
        return CommandOptions.model_validate(dict(options))
    except pydantic.ValidationError as error:
        wrong = (f"The option `--{name}` {text}" for name, text in problems(error))
        raise InvalidOption(" ".join(wrong), "Correct it in a new comment.") from None


def _not_allowed(name: str, value: str, allowed: str) -> OptionNotAllowed:
    """Say that a value is not for commenters here, and what is."""
    return OptionNotAllowed(
        f"The option `--{name}` is {quoted(value)}, which this repository does not allow.",
        f"Use {allowed}.",
    )


def _layer(globs: tuple[str, ...] | None) -> GlobLayers:
    """Make a list of globs one layer; an empty list says nothing."""
    return (globs,) if globs else ()


def _first(value: _T | None, other: _T) -> _T:
    """Take the value unless it is ``None``."""
    return other if value is None else value


_MODEL_FIELDS = {field.name for field in dataclasses.fields(ModelSettings)}

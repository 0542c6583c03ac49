"""The repository's config, ``.github/predict-edit.yml`` of the base branch.

It comes from people with write access, and is read with care all the same: a small file, one
document, no anchors, no tags, no key twice, no deep nesting. Scalars are read as the text that is
written, null aside, so that ``prediction: on`` or a label ``no`` is not a truth value.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Annotated, Any, Final

import pydantic
import yaml
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from predict_edit.domain.errors import InvalidConfig, UnknownConfigKey
from predict_edit.domain.repository import Role
from predict_edit.settings.fields import (
    FREE_DELIVERIES,
    WORKFLOW_ONLY,
    CommandOptions,
    Defaults,
    Instruction,
    Price,
    Written,
    default_values,
    hyphenated,
    names_of,
    problems,
)
from predict_edit.settings.value_types import NAME_PATTERN, GlobList, Name, NameList
from predict_edit.support.text import did_you_mean, quoted

CONFIG_PATH = ".github/predict-edit.yml"
MAX_BYTES = 64 * 1024
_NUMBERS: Final = (
    "max_files", "max_tokens", "max_cost", "max_suggestions", "max_output_tokens", "concurrency",
    "timeout",
)  # fmt: skip
MAX_DEPTH = 8
"""Mappings and lists inside each other."""

RecipeName = Annotated[str, pydantic.StringConstraints(pattern=NAME_PATTERN)]


class Recipe(CommandOptions):
    """A named instruction, and what it sets."""

    instruction: Instruction = pydantic.Field(description="What to change, in words.")
    anywhere: bool | None = pydantic.Field(
        default=None,
        description="With findings: keep edits that are far from every finding, too.",
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _accept_text(cls, value: object) -> object:
        """Take a text alone for the instruction."""
        return {"instruction": value} if isinstance(value, str) else value


class BaseRecipe(Recipe):
    """A recipe that only a base has which is not the default branch: its `also` adds no file."""


class RepositoryConfig(Defaults):
    """Defaults for inputs, and what only the config has."""

    recipes: dict[RecipeName, Recipe] = pydantic.Field(
        default_factory=dict,
        description="Named instructions: `/predict-edit run NAME`.",
    )
    models: NameList | None = pydantic.Field(
        default=None,
        description="What a commenter's --model may name, besides the workflow's model.",
    )
    unlocked: GlobList | None = pydantic.Field(
        default=None,
        description="Protected files that may be edited all the same, such as /.github/labels.yml.",
    )
    prices: dict[Name, Price] = pydantic.Field(
        default_factory=dict,
        description="What models cost, where that is not known or not right.",
    )


CONFIG_KEYS = names_of(RepositoryConfig)


def read_config(data: bytes | str | None) -> RepositoryConfig:
    """Read and check the config; an empty file sets nothing.

    ``None`` is what is there, but is not a text file, or too large to be read.

    Raises:
        UnknownConfigKey: a key that does not exist, with the nearest one that does.
        InvalidConfig: not a YAML mapping, or a value that a key cannot have; all such are named.
    """
    if data is None:
        raise _broken(f"it is not a text file of at most {MAX_BYTES // 1024} KiB")
    found = _load(data)
    for key in found:
        if key in WORKFLOW_ONLY:
            raise InvalidConfig(
                f"In {CONFIG_PATH}, `{key}` cannot be set.", "It belongs in the workflow's `with:`."
            )
    try:
        return RepositoryConfig.model_validate(found)
    except pydantic.ValidationError as error:
        unknown = [e["loc"] for e in error.errors() if e["type"] == "extra_forbidden"]
        if unknown:
            raise _unknown_key(unknown[0]) from None
        wrong = (f"`{name}` {text}" for name, text in problems(error))
        raise InvalidConfig(f"In {CONFIG_PATH}, {' '.join(wrong)}", "Correct it there.") from None


def narrowed(base: RepositoryConfig, home: RepositoryConfig) -> RepositoryConfig:
    """Return the config of a pull request's base, as far as the default branch's allows it.

    The person who opens a pull request chooses its base. So who may command, limits, models,
    prices, deliveries and unlocked files are the default branch's, and the base only narrows them;
    what and how to edit is the base's own. A recipe of the default branch wins by its name.
    """
    defaults = default_values()

    def both(name: str) -> list[Any]:
        """What the base says of a key, and what applies to the default branch, if anything."""
        of_home = getattr(home, name)
        if of_home is None:
            of_home = defaults.get(hyphenated(name))
        return [each for each in (getattr(base, name), of_home) if each is not None]

    free = {*FREE_DELIVERIES, home.deliver}
    recipes: dict[str, Recipe] = {
        name: BaseRecipe.model_construct(
            **dict(recipe)
            | {"model": None, "deliver": recipe.deliver if recipe.deliver in free else None}
        )
        for name, recipe in base.recipes.items()
    }
    return base.model_copy(
        update={
            **{name: min(both(name), default=None) for name in _NUMBERS},
            "permission": max(both("permission"), key=lambda role: Role[role.upper()]),
            "deliver": base.deliver if base.deliver and base.deliver in free else home.deliver,
            "dry_run": base.dry_run or home.dry_run,
            "models": _fewer(home.models, base.models),
            "also": _fewer(home.also, base.also),
            "unlocked": _fewer(home.unlocked, base.unlocked),
            "prices": home.prices,
            "recipes": {**recipes, **home.recipes},
        }
    )


def _fewer(
    allowed: tuple[str, ...] | None, wanted: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Return what is allowed, without what the other list leaves out, if there is one."""
    if allowed is None or wanted is None:
        return allowed
    return tuple(each for each in allowed if each in wanted)


def config_schema() -> dict[str, Any]:
    """Build the schema from the model that reads the config, with the defaults that apply."""
    schema = RepositoryConfig.model_json_schema(schema_generator=_ForEditors)
    for name, value in default_values().items():
        if name in schema["properties"]:
            schema["properties"][name]["default"] = value
    # JSON Schema does not refuse names outside of a pattern by itself.
    schema["properties"]["recipes"]["additionalProperties"] = False
    definitions = schema["$defs"]
    for definition in definitions.values():
        del definition["title"]
    definitions["Recipe"] = {
        "description": "The instruction alone, or with options that a comment may set too.",
        "anyOf": [{"type": "string", "minLength": 1}, definitions["Recipe"]],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "predict-edit",
        "description": f"The config of predict-edit in a repository, {CONFIG_PATH}",
    }


def _unknown_key(place: tuple[str | int, ...]) -> UnknownConfigKey:
    """Name the key that does not exist, and the nearest one in its place."""
    key = str(place[-1])
    kinds: dict[str | int, type[Written]] = {"recipes": Recipe, "prices": Price}
    kind = kinds.get(place[0]) if len(place) > 1 else None
    known = names_of(kind) if kind else CONFIG_KEYS
    where = f" of {quoted('.'.join(map(str, place[:-1])))}" if len(place) > 1 else ""
    return UnknownConfigKey(
        f"{CONFIG_PATH} has the unknown key {quoted(key)}{where}.",
        did_you_mean(key, known) or f"Known are {', '.join(known)}.",
    )


def _load(data: bytes | str) -> dict[str, object]:
    """Parse the YAML into texts, lists and mappings; keys without a value are dropped."""
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        if len(data) > MAX_BYTES:
            raise _broken(f"it is larger than {MAX_BYTES // 1024} KiB")
        _scan(text)
        found = yaml.load(text, Loader=_TextLoader)  # noqa: S506  # builds text, lists and dicts only
    except UnicodeDecodeError:
        raise _broken("it is not UTF-8 text") from None
    except yaml.YAMLError as error:
        raise _broken(_where(error)) from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _broken("it is not a mapping of keys to values")
    return {str(key): value for key, value in found.items() if value is not None}


def _scan(text: str) -> None:
    """Refuse what a config does not need, before anything is built from it.

    Raises:
        InvalidConfig: naming it.
        yaml.YAMLError: it is not YAML.
    """
    depth = documents = 0
    for event in yaml.parse(text, Loader=_TextLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if getattr(event, "anchor", None):
            raise _broken("it uses an anchor or alias (`&name`, `*name`); write the value out")
        if getattr(event, "tag", None):
            raise _broken("it uses a tag (`!name`); leave it out")
        if depth > MAX_DEPTH:
            raise _broken("it nests too deeply")
        if documents > 1:
            raise _broken("it holds more than one document")


class _ForEditors(GenerateJsonSchema):
    """Leaves out what an editor would show as noise: null, defaults of null, made-up titles."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Leave out null: an editor should not offer it."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out defaults of the model, which are all null."""
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out titles, which repeat the names."""
        del schema
        return False


class _TextLoader(yaml.BaseLoader):
    """Builds texts, lists and mappings, and ``None`` for null; refuses a repeated key."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        """Build a mapping in which no key is repeated."""
        found: dict[Hashable, object] = super().construct_mapping(node, deep=deep)
        if len(found) < len(node.value):
            keys = [key.value for key, _ in node.value]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {quoted(str(twice))} is given twice", node.start_mark
            )
        return found


_TextLoader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)
_TextLoader.add_constructor("tag:yaml.org,2002:null", lambda _loader, _node: None)


def _where(error: yaml.YAMLError) -> str:
    """Say what is wrong with YAML and in which line, without repeating the file."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem or error.context}"
    return "it holds characters that YAML does not allow"


def _broken(reason: str) -> InvalidConfig:
    """Say that the file as a whole cannot be used."""
    return InvalidConfig(f"{CONFIG_PATH} cannot be read: {reason}.", "Correct the file.")

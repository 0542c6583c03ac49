"""The JSON Schema of the repository's config, for editors.

``make docs`` writes schema/predict-edit.schema.json anew.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from predict_edit.domain import Role
from predict_edit.settings.fields import hyphenated
from predict_edit.settings.repository_config import CONFIG_PATH, RepositoryConfig
from predict_edit.settings.resolve import ModelSettings, Settings


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


def config_schema() -> dict[str, Any]:
    """Build the schema from the model that reads the config, with the defaults that apply."""
    schema = RepositoryConfig.model_json_schema(schema_generator=_ForEditors)
    for name, value in _defaults().items():
        if name in schema["properties"]:
            schema["properties"][name]["default"] = value
    # Names outside the pattern are no recipes, which JSON Schema says of no key by itself.
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


def render_schema() -> str:
    """Write the schema as the file in ``schema/`` has it."""
    return json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"


def _defaults() -> dict[str, object]:
    """Collect what applies where neither an input nor the config sets a key."""
    fields = [*dataclasses.fields(Settings), *dataclasses.fields(ModelSettings)]
    return {
        hyphenated(field.name): default.name.lower() if isinstance(default, Role) else default
        for field in fields
        if isinstance(default := field.default, str | int | float | Role)
    }


def main() -> None:
    """Print the schema."""
    sys.stdout.write(render_schema())


if __name__ == "__main__":
    main()

"""The JSON Schema of the repository's config, for editors.

``make docs`` writes schema/predict-edit.schema.json anew.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from predict_edit.settings.fields import default_values
from predict_edit.settings.repository_config import CONFIG_PATH, RepositoryConfig


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

"""The JSON Schema of the config."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from predict_edit.domain.errors import ConfigError
from predict_edit.settings.repository_config import RepositoryConfig, config_schema, read_config

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(config_schema())


def test_the_file_is_up_to_date() -> None:
    published = (ROOT / "schema" / "predict-edit.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == config_schema()


def test_it_is_a_schema() -> None:
    """The schema is valid and describes each key."""
    jsonschema.Draft202012Validator.check_schema(config_schema())
    properties = config_schema()["properties"]
    assert set(properties) == {field.alias for field in RepositoryConfig.model_fields.values()}
    assert all(len(found["description"]) > 10 for found in properties.values())


@pytest.mark.parametrize(
    ("key", "default"),
    [("max-files", 50), ("prediction", "auto"), ("permission", "write"), ("dry-run", False)],
)
def test_defaults_show_in_editors(key: str, default: object) -> None:
    """Editors can show what applies if a key is not set."""
    assert config_schema()["properties"][key]["default"] == default


@pytest.mark.parametrize(
    "text",
    [
        "files: [a, b]",
        "files: a",
        "max-files: 3",
        "max-cost: 0.5",
        "prediction: 'on'",
        "dry-run: true",
        "recipes: {docs: Write docs., types: {instruction: Add hints., files: '*.py'}}",
        "prices: {m: {input: 1, output: 2.5}}",
        "models: [a]",
        "title: Fix it",
        "{}",
    ],
)
def test_what_it_accepts_can_be_read(text: str) -> None:
    assert VALIDATOR.is_valid(yaml.safe_load(text))
    assert isinstance(read_config(text), RepositoryConfig)


@pytest.mark.parametrize(
    "text",
    [
        "file: a",
        "model: x",
        "api-key: x",
        "max-files: 0",
        "max-files: many",
        "max-cost: -1",
        "prediction: sometimes",
        "dry-run: maybe",
        "recipes: {docs: {files: x}}",
        "recipes: {docs: {instruction: x, file: y}}",
        "recipes: {a b: x}",
        "prices: {m: {input: 1}}",
        "- a",
    ],
)
def test_what_it_refuses_cannot_be_read(text: str) -> None:
    assert not VALIDATOR.is_valid(yaml.safe_load(text))
    with pytest.raises(ConfigError):
        read_config(text)

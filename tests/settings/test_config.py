from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import ConfigError, InvalidConfig, UnknownConfigKey
from predict_edit.settings.fields import WORKFLOW_ONLY
from predict_edit.settings.repository_config import MAX_BYTES, RepositoryConfig, read_config

FULL = """\
# What is set here holds where the workflow sets nothing.
files:
  - src/**
  - "!src/gen/**"
exclude: docs, *.md
also: lib/**
prediction: on
reasoning-effort: low
answer: file
context: none
plan: off
permission: maintain
deliver: commit
max-suggestions: 10
max-files: 20
max-tokens: 100000
max-cost: 0.50
concurrency: 2
timeout: 60
max-output-tokens: 8000
instruction: |
  Fix what the linter says.
findings: reports/*.sarif
branch: bots/lint
title: "Fix lint: all of it"
labels: [no, lint]
draft: true
dry-run: false
fail-on: never
models: [gpt-4.1, gpt-4o]
unlocked: [/.github/labels.yml]
recipes:
  docs: Write docstrings.
  types:
    instruction: Add type hints.
    files: "*.py"
    model: gpt-4o
    max-suggestions: 5
    dry-run: true
prices:
  my-deployment: {input: 2, output: 8.0, cached: 0.5}
  "gpt-4.1": {input: 1, output: 2}
"""


def test_a_full_config() -> None:
    """Every key is read, with YAML's own forms of lists and strings."""
    config = read_config(FULL)
    assert config.files == ("src/**", "!src/gen/**")
    assert config.exclude == ("docs", "*.md")
    assert config.prediction == "on"
    assert config.max_cost == Decimal("0.50")
    assert config.labels == ("no", "lint")
    assert config.instruction == "Fix what the linter says."
    assert config.title == "Fix lint: all of it"
    assert config.draft is True
    assert config.dry_run is False
    assert config.models == ("gpt-4.1", "gpt-4o")
    assert config.unlocked == ("/.github/labels.yml",)
    assert config.recipes["docs"].instruction == "Write docstrings."
    assert config.recipes["docs"].files is None
    assert config.recipes["types"].files == ("*.py",)
    assert config.recipes["types"].dry_run is True
    assert config.prices["my-deployment"].cached == Decimal("0.5")
    assert config.prices["gpt-4.1"].cached is None
    unset = [name for name in RepositoryConfig.model_fields if getattr(config, name) in (None, {})]
    assert unset == []


@pytest.mark.parametrize(
    "text",
    ["", "# nothing yet\n", "---\n", "{}", "null", "files:\n", "files: ~\nrecipes:\n", "\ufeff"],
)
def test_nothing_set(text: str) -> None:
    """An empty file, and keys without a value, set nothing."""
    assert read_config(text.encode()) == RepositoryConfig()


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("file: x", "Did you mean `files`?"),
        ("max_files: 3", "Did you mean `max-files`?"),
        ("Max-Files: 3", "Did you mean `max-files`?"),
        ("maxsuggestions: 3", "Did you mean `max-suggestions`?"),
        ("recipe: {}", "Did you mean `recipes`?"),
        ("zzz: 1", "Known are files, exclude"),
        ("1: 2", "`1`"),
        ("~: 2", "`None`"),
        ("recipes: {docs: {instruction: x, file: y}}", "Did you mean `files`?"),
        ("recipes: {docs: {instruction: x, max-files: 1}}", "`max-files` of `recipes.docs`"),
        ("recipes: {docs: {instruction: x, dry_run: true}}", "Did you mean `dry-run`?"),
        ("prices: {m: {input: 1, output: 1, outputs: 1}}", "Did you mean `output`?"),
    ],
)
def test_unknown_keys(text: str, near: str) -> None:
    """The error names the nearest key."""
    with pytest.raises(UnknownConfigKey) as caught:
        read_config(text)
    assert near in str(caught.value)


@pytest.mark.parametrize("key", WORKFLOW_ONLY)
def test_keys_that_belong_into_the_workflow(key: str) -> None:
    """Credentials, and what is needed before the config is read, belong in the workflow only."""
    with pytest.raises(InvalidConfig) as caught:
        read_config(f"{key}: topsecret")
    assert f"`{key}`" in caught.value.cause
    assert "workflow's `with:`" in caught.value.next_step
    assert "topsecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("max-files: many", "`max-files` is `many`"),
        ("max-files: -1", "greater than or equal to 1"),
        ("max-files: [1]", "`max-files` is a list"),
        ("prediction: yes", "`auto`, `on` or `off`"),
        ("files: {a: b}", "`files` is a mapping"),
        ("files: [[a]]", "`files` is a list"),
        ("files: [a, ../b]", "leaves the repository"),
        ("recipes: [a]", "`recipes` is a list"),
        ("recipes: {a b: x}", "`recipes.a b"),
        ("recipes: {a: {files: x}}", "recipes.a.instruction"),
        ("recipes: {a: ''}", "recipes.a.instruction"),
        ("recipes: {a: {instruction: x, deliver: push}}", "recipes.a.deliver"),
        ("prices: {m: 5}", "prices.m"),
        ("prices: {m: {input: 1}}", "`prices.m.output` is missing."),
        ("recipes: {a b: x}", "it must consist of letters, digits"),
        ("prices: {m: {input: -1, output: 1}}", "prices.m.input"),
        ("prices: {m: {input: .nan, output: 1}}", "prices.m.input"),
        # what is not a mapping, no YAML, or more than a config needs
        ("- a", "not a mapping"),
        ("just text", "not a mapping"),
        ("files: [a", "line 1"),
        ("a: b: c", "line 1"),
        ("files: x\nfiles: y", "`files` is given twice"),
        ("recipes: {a: x, a: y}", "`a` is given twice"),
        ("files: &x a\nexclude: *x", "anchor"),
        ("exclude: *x", "alias"),
        ("files: !!python/object/apply:os.system ['true']", "tag"),
        ("files: !!str x", "tag"),
        ("files: !x y", "tag"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("files: " + "[" * 5000, "too deeply"),
        ("files: " + "{a: " * 5000, "too deeply"),
        ("files: \x00", "characters that YAML does not allow"),
        ("? [a]\n: b", "line 1"),
        ("#" * (MAX_BYTES + 1), "64 KiB"),
    ],
)
def test_invalid_configs(text: str, says: str) -> None:
    """The error names what is wrong with the file, and none of its values apply."""
    with pytest.raises(InvalidConfig) as caught:
        read_config(text)
    assert says in str(caught.value)
    assert ".github/predict-edit.yml" in caught.value.cause
    assert len(str(caught.value)) < 600


def test_not_utf8() -> None:
    with pytest.raises(InvalidConfig, match="UTF-8"):
        read_config(b"files: \xff\xfe")


def test_all_wrong_values_are_reported_at_once() -> None:
    """Correcting one key should not reveal the next error."""
    with pytest.raises(InvalidConfig, match=r"`max-files` is `x`.*`timeout` is `y`"):
        read_config("max-files: x\ntimeout: y")


yaml_pieces = st.sampled_from(
    [
        *("files", "recipes", "prices", "models", "max-files", "dry-run", ": ", "\n", "\n  ", "- "),
        *("[", "]", "{", "}", ",", '"', "'", "|", ">", "&a", "*a", "!x", "!!int ", "<<", "? ", "#"),
        *("~", "true", "1", "1e999", "2001-99-99", "0x", "1:2", "---", "...", "%YAML 1.1", "\t"),
    ]
)


@given(st.lists(yaml_pieces | st.text(max_size=3), max_size=20).map("".join))
def test_reading_never_crashes(text: str) -> None:
    """Any text is a config, or raises an error of our own classes that fits on a line."""
    try:
        config = read_config(text)
    except ConfigError as error:
        told = str(error)
    else:
        assert isinstance(config, RepositoryConfig)
        return
    assert "predict-edit.yml" in told


@given(st.binary(max_size=40))
def test_reading_bytes_never_crashes(data: bytes) -> None:
    """Any bytes are a config, or raise an error of our own classes."""
    try:
        assert isinstance(read_config(data), RepositoryConfig)
    except ConfigError as error:
        told = str(error)
    else:
        told = "predict-edit.yml"
    assert "predict-edit.yml" in told

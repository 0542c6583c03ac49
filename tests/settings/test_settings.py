"""What a run may do, merged from everyone who has a say."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.errors import InvalidOption, OptionNotAllowed, UnknownRecipe
from predict_edit.domain.repository import Role
from predict_edit.settings.fields import (
    CommandOptions,
    Defaults,
    Inputs,
    ModelSettings,
    Price,
    Settings,
    names_of,
)
from predict_edit.settings.repository_config import RepositoryConfig, narrowed, read_config
from predict_edit.settings.resolve import instruction_for, resolve, resolve_command
from predict_edit.trigger.command import OPTIONS, EditCommand, RunRecipe

Read = Callable[..., Inputs]

EFFECTS = {
    "files": "src/**",
    "exclude": "docs",
    "prediction": "off",
    "answer": "edits",
    "reasoning-effort": "low",
    "context": "none",
    "plan": "off",
    "deliver": "commit",
    "also": "lib/**",
    "max-suggestions": "3",
    "dry-run": "true",
    "instruction": "Fix it.",
    "permission": "admin",
    "max-files": "3",
    "max-tokens": "3",
    "max-cost": "3",
    "concurrency": "3",
    "timeout": "3",
    "max-output-tokens": "3",
    "findings": "r/*.sarif",
    "branch": "b",
    "title": "t",
    "labels": "l",
    "draft": "true",
    "fail-on": "never",
    "models": "gpt-4o",
    "unlocked": "/.github/labels.yml",
    "recipes": "{docs: Write docs.}",
    "prices": "{m: {input: 1, output: 2}}",
}
"""A value for each key of the config that no default equals."""

OTHER_INPUTS = {
    "command": "/other",
    "pull_request": "5",
    "ref": "main",
    "mode": "plan",
    "shard": "1/2",
    "results": "*.json",
    "base_url": "https://api.example.com/v1",
    "headers": "x-key: value",
    "azure_scope": "https://ai.azure.com/.default",
}
"""A value for each input that the config cannot set, credentials aside."""


def test_the_defaults_of_the_contract(inputs: Read) -> None:
    settings = resolve(inputs())
    assert settings == Settings(
        model=ModelSettings(model="gpt-4.1", api_key="sk-secret"),
        github_token="ghs_secret",
        models=("gpt-4.1",),
        deliveries=("patch", "suggestions"),
    )
    assert settings.command == "/predict-edit"
    assert settings.permission is Role.WRITE
    assert settings.files == settings.exclude == ()
    assert settings.deliver == "suggestions"
    assert (settings.max_suggestions, settings.max_files) == (30, 50)
    assert (settings.dry_run, settings.fail_on, settings.mode) == (False, "error", "run")
    model = settings.model
    assert (model.prediction, model.context) == ("auto", "diff")
    assert (model.concurrency, model.timeout) == (8, 300)
    assert (model.max_tokens, model.max_cost, model.max_output_tokens) == (None, None, None)


def test_secrets_do_not_show(inputs: Read) -> None:
    """The settings can be printed."""
    assert "secret" not in repr(resolve(inputs()))


@pytest.mark.parametrize("key", [f.alias for f in RepositoryConfig.model_fields.values()])
def test_every_key_of_the_config_has_an_effect(inputs: Read, key: str) -> None:
    """No key can be set without changing what a run does."""
    config = read_config(f"{key}: {EFFECTS[key]}")
    assert resolve(inputs(), config) != resolve(inputs())


@pytest.mark.parametrize("name", [f.alias for f in Defaults.model_fields.values()])
def test_an_input_has_the_effect_of_the_key_and_wins_over_it(inputs: Read, name: str) -> None:
    said = {name.replace("-", "_"): EFFECTS[name]}
    other = {"max-cost": "4", "dry-run": "false", "draft": "false", "timeout": "4"}
    known = {"max-files", "max-tokens", "concurrency", "max-output-tokens", "max-suggestions"}
    different = other.get(name) or ("4" if name in known else None)
    assert resolve(inputs(**said)) == resolve(inputs(), read_config(f"{name}: {EFFECTS[name]}"))
    if different is not None:
        config = read_config(f"{name}: {different}")
        assert resolve(inputs(**said), config) == resolve(inputs(**said))


@pytest.mark.parametrize("name", OTHER_INPUTS)
def test_every_other_input_has_an_effect(inputs: Read, name: str) -> None:
    """No input can be set without changing what a run does."""
    assert resolve(inputs(**{name: OTHER_INPUTS[name]})) != resolve(inputs())


def test_what_becomes_of_the_config(inputs: Read) -> None:
    """Values of the config arrive where they are used."""
    settings = resolve(
        inputs(),
        read_config(
            "files: [a, b]\nexclude: c\npermission: triage\nmax-cost: 0.5\nmodels: [x, y]\n"
            "recipes: {docs: Write docs.}\nprices: {m: {input: 1, output: 2, cached: 0.5}}"
        ),
    )
    assert settings.files == (("a", "b"),)
    assert settings.exclude == (("c",),)
    assert settings.permission is Role.TRIAGE
    assert settings.model.max_cost == Decimal("0.5")
    assert settings.models == ("gpt-4.1", "x", "y")
    assert settings.recipes == (("docs", "Write docs."),)
    price = Price(input=Decimal(1), output=Decimal(2), cached=Decimal("0.5"))
    assert settings.model.prices == (("m", price),)


def test_every_option_of_a_comment_can_be_read() -> None:
    """The grammar and the settings know the same options."""
    assert {field.alias for field in CommandOptions.model_fields.values()} == set(OPTIONS)


CONFIG = read_config(
    "files: src/**\nexclude: '*.md'\nmax-suggestions: 10\nmodels: gpt-4o\n"
    "recipes:\n"
    "  docs: Write docs.\n"
    "  full:\n"
    "    instruction: Do all.\n"
    "    files: '*.py'\n"
    "    exclude: 'test_*'\n"
    "    model: o-special\n"
    "    prediction: off\n"
    "    context: none\n"
    "    deliver: commit\n"
    "    max-suggestions: 20\n"
    "    dry-run: true\n"
)


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ({}, {}),
        # Narrows, and what a person names is not planned.
        ({"files": "*.py"}, {"files": (("src/**",), ("*.py",)), "plan": "off"}),
        ({"files": "*.py", "plan": "on"}, {"files": (("src/**",), ("*.py",)), "plan": "on"}),
        ({"plan": "off"}, {"plan": "off"}),
        ({"exclude": "a, b"}, {"exclude": (("*.md",), ("a", "b"))}),  # leaves out more
        ({"max-suggestions": "0"}, {"max_suggestions": 0}),
        ({"max-suggestions": "10"}, {}),  # the limit itself
        ({"deliver": "patch"}, {"deliver": "patch"}),
        ({"deliver": "suggestions"}, {}),
        ({"dry-run": "true"}, {"dry_run": True}),
        ({"dry-run": "false"}, {}),
        ({"model": "gpt-4.1"}, {}),  # the configured one
        ({"model": "gpt-4o"}, {"model": {"model": "gpt-4o"}}),  # one of the allowed
        ({"prediction": "on"}, {"model": {"prediction": "on"}}),
        ({"context": "none"}, {"model": {"context": "none"}}),
    ],
)
def test_what_a_commenter_may_set(
    inputs: Read, options: dict[str, str], changes: dict[str, Any]
) -> None:
    """Allowed options change only what they name."""
    before, after = resolve(inputs(), CONFIG), resolve(inputs(), CONFIG, options)
    for name in Settings.__dataclass_fields__:
        if name != "model":
            assert getattr(after, name) == changes.get(name, getattr(before, name)), name
    for name in ModelSettings.__dataclass_fields__:
        expected = changes.get("model", {}).get(name, getattr(before.model, name))
        assert getattr(after.model, name) == expected, name


@pytest.mark.parametrize(
    ("given_inputs", "options", "says"),
    [
        ({}, {"max-suggestions": "11"}, "10 or less"),  # a limit only goes down
        ({"max_suggestions": "5"}, {"max-suggestions": "6"}, "5 or less"),
        ({}, {"deliver": "commit"}, "`patch` or `suggestions`"),
        ({}, {"deliver": "pull-request"}, "`patch` or `suggestions`"),
        ({"deliver": "pull-request"}, {"deliver": "commit"}, "`pull-request` or `suggestions`"),
        ({}, {"model": "gpt-5"}, "`gpt-4.1` or `gpt-4o`"),
        ({}, {"model": "o-special"}, "`gpt-4.1` or `gpt-4o`"),  # a recipe's own
        ({"dry_run": "true"}, {"dry-run": "false"}, "true"),
    ],
)
def test_what_a_commenter_may_not_set(
    inputs: Read, given_inputs: dict[str, str], options: dict[str, str], says: str
) -> None:
    """The error lists the values that the repository allows."""
    with pytest.raises(OptionNotAllowed) as caught:
        resolve(inputs(**given_inputs), CONFIG, options)
    assert says in caught.value.next_step
    assert f"`--{next(iter(options))}`" in caught.value.cause


@pytest.mark.parametrize("deliver", ["commit", "pull-request"])
def test_a_commenter_may_commit_where_the_repository_does(inputs: Read, deliver: str) -> None:
    """A comment may ask for a commit if inputs or config allow it."""
    options = {"deliver": deliver}
    assert resolve(inputs(deliver=deliver), None, options).deliver == deliver
    config = read_config(f"deliver: {deliver}")
    assert resolve(inputs(), config, options).deliver == deliver
    assert resolve(inputs(), config, {"deliver": "suggestions"}).deliver == "suggestions"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("files", "../x", "leaves the repository"),
        ("exclude", "a\\", "not a glob"),
        ("prediction", "yes", "`auto`, `on` or `off`"),
        ("context", "all", "`none`, `diff` or `pull-request`"),
        ("deliver", "push", "`suggestions`"),
        ("max-suggestions", "few", "whole number"),
        ("max-suggestions", "-1", "greater than or equal to 0"),
        ("dry-run", "maybe", "true or false"),
        ("model", "a b", "white space"),
    ],
)
def test_values_that_an_option_cannot_have(inputs: Read, name: str, value: str, says: str) -> None:
    """The error says what is allowed."""
    with pytest.raises(InvalidOption) as caught:
        resolve(inputs(), CONFIG, {name: value})
    assert f"`--{name}` is " in caught.value.cause
    assert says in caught.value.cause


def test_a_recipe(inputs: Read) -> None:
    """A recipe comes from the repository: it narrows, lowers, and chooses model and delivery."""
    command = RunRecipe(name="full", instruction="Now.", pinned_sha="abcdef1")
    settings, instruction = resolve_command(inputs(), CONFIG, command)
    assert instruction == "Do all.\n\nNow."
    assert settings.files == (("src/**",), ("*.py",))
    assert settings.exclude == (("*.md",), ("test_*",))
    assert settings.max_suggestions == 10  # never above the limit
    assert settings.deliver == "commit"
    assert settings.dry_run
    assert (settings.model.model, settings.model.prediction) == ("o-special", "off")
    assert settings.model.context == "none"


def test_options_beside_a_recipe(inputs: Read) -> None:
    """A commenter may narrow a recipe, and set its delivery back to suggestions."""
    options = {"files": "a", "deliver": "suggestions", "model": "gpt-4.1", "prediction": "on"}
    command = RunRecipe(name="full", options=options)
    settings, instruction = resolve_command(inputs(), CONFIG, command)
    assert instruction == "Do all."
    assert settings.files == (("src/**",), ("*.py",), ("a",))
    assert settings.deliver == "suggestions"
    assert (settings.model.model, settings.model.prediction) == ("gpt-4.1", "on")
    with pytest.raises(OptionNotAllowed):
        resolve_command(inputs(), CONFIG, RunRecipe(name="full", options={"dry-run": "false"}))


def test_an_input_wins_over_the_delivery_of_a_recipe(inputs: Read) -> None:
    """A recipe cannot commit if the workflow forbids commits."""
    with pytest.raises(OptionNotAllowed, match="by commit, the workflow by suggestions"):
        resolve_command(inputs(deliver="suggestions"), CONFIG, RunRecipe(name="full"))


def test_an_instruction_is_the_command_s_own(inputs: Read) -> None:
    command = EditCommand(instruction="fix", options={"dry-run": "true"})
    settings, instruction = resolve_command(inputs(instruction="other"), CONFIG, command)
    assert instruction == "fix"
    assert settings.dry_run
    assert settings.instruction == "other"


@pytest.mark.parametrize(
    ("config", "name", "says"),
    [
        (CONFIG, "dosc", "Did you mean `docs`?"),
        (CONFIG, "zzz", "`docs` or `full`"),
        (RepositoryConfig(), "docs", "defines no recipes"),
        (CONFIG, "the", "needs `--` before it"),  # `run the tests` was meant as an instruction
    ],
)
def test_unknown_recipes(config: RepositoryConfig, name: str, says: str) -> None:
    """The error lists the recipes that exist."""
    with pytest.raises(UnknownRecipe) as caught:
        instruction_for(RunRecipe(name=name), config)
    assert says in str(caught.value)


@given(st.integers(0, 40), st.integers(0, 40) | st.none(), st.integers(0, 40) | st.none())
def test_a_limit_only_goes_down(
    asked: int, given_input: int | None, configured: int | None
) -> None:
    """Whatever a commenter asks for, the limit never exceeds the configured one."""
    base = {"github-token": "t", "model": "m", "api-key": "k"}
    extra = {} if given_input is None else {"max-suggestions": given_input}
    config = RepositoryConfig.model_validate(
        {} if configured is None else {"max-suggestions": configured}
    )
    inputs = Inputs.model_validate(base | extra)
    limit = next(cap for cap in (given_input, configured, 30) if cap is not None)
    try:
        found = resolve(inputs, config, {"max-suggestions": str(asked)}).max_suggestions
    except OptionNotAllowed:
        assert asked > limit
    else:
        assert found == asked <= limit


def test_the_grammar_knows_the_options_of_the_table() -> None:
    assert set(OPTIONS) == set(names_of(CommandOptions))


class TestBaseOfOnesChoice:
    """A base that is not the default branch narrows what the default branch allows."""

    @pytest.mark.parametrize(
        ("base", "home", "key", "applies"),
        [
            ("max-files: 500", "", "max_files", 50),
            ("max-files: 5", "", "max_files", 5),
            ("", "max-files: 70", "max_files", 70),
            ("max-tokens: 9", "", "max_tokens", 9),
            ("", "max-tokens: 7", "max_tokens", 7),
            ("max-tokens: 9", "max-tokens: 7", "max_tokens", 7),
            ("", "", "max_cost", None),
            ("permission: read", "", "permission", "write"),
            ("permission: maintain", "permission: triage", "permission", "maintain"),
            ("", "permission: admin", "permission", "admin"),
            ("deliver: commit", "", "deliver", None),
            ("deliver: commit", "deliver: commit", "deliver", "commit"),
            ("deliver: patch", "deliver: commit", "deliver", "patch"),
            ("dry-run: true", "", "dry_run", True),
            ("", "dry-run: true", "dry_run", True),
            ("models: [a, b]", "", "models", None),
            ("models: [a, b]", "models: [b, c]", "models", ("b",)),
            ("", "models: [b, c]", "models", ("b", "c")),
            ("unlocked: [.github/x.yml]", "", "unlocked", None),
            ("also: [lib/**]", "", "also", None),
            ("also: [lib/**, b]", "also: [lib/**]", "also", ("lib/**",)),
            ("exclude: a.py", "exclude: b.py", "exclude", ("a.py",)),
        ],
    )
    def test_key(self, base: str, home: str, key: str, applies: object) -> None:
        """Each kind of key."""
        assert getattr(narrowed(read_config(base), read_config(home)), key) == applies

    def test_prices_are_the_default_branchs(self) -> None:
        """A cheap price would lift the limit on money."""
        base = read_config("prices: {m: {input: 0, output: 0}}")
        home = read_config("prices: {m: {input: 2, output: 8}}")

        assert narrowed(base, home).prices == home.prices

    def test_recipes(self) -> None:
        """The base's own may say what to do, not how to deliver or what to ask."""
        base = read_config(
            "recipes: {a: {instruction: mine, deliver: commit, model: dear}, b: {instruction: x}}"
        )
        home = read_config("recipes: {b: {instruction: y, deliver: commit}}")
        recipes = narrowed(base, home).recipes

        assert (recipes["a"].instruction, recipes["a"].deliver, recipes["a"].model) == (
            "mine", None, None,
        )  # fmt: skip
        assert (recipes["b"].instruction, recipes["b"].deliver) == ("y", "commit")

    @pytest.mark.parametrize(
        ("workflow", "home", "layers"),
        [
            ({}, "", ()),
            ({}, "also: [lib/**]", (("lib/**",), ("src/**",))),
            ({"also": "docs/**"}, "", (("docs/**",), ("src/**",))),
            ({}, "recipes: {a: {instruction: y, also: [x/**]}}", (("x/**",),)),
        ],
    )
    def test_a_recipe_of_the_base_adds_no_file(
        self,
        inputs: Read,
        workflow: dict[str, str],
        home: str,
        layers: tuple[tuple[str, ...], ...],
    ) -> None:
        """Its ``also`` narrows what the workflow or the default branch names, and no more."""
        base = read_config("recipes: {a: {instruction: x, also: [src/**]}}")
        config = narrowed(base, read_config(home))

        assert resolve(inputs(**workflow), config, recipe=config.recipes["a"]).also == layers

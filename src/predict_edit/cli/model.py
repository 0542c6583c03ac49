"""The whole settings of a run at a terminal: the model's, over the repository's config."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from typing import Final

from predict_edit.cli.model_choice import read_model
from predict_edit.domain.errors import SettingsError
from predict_edit.settings.inputs import read_inputs, variable_of
from predict_edit.settings.repository_config import RepositoryConfig
from predict_edit.settings.resolve import Settings, resolve

_UNUSED: Final = "no-host-is-asked"
"""Stands for the token of a host, which the check of all inputs wants and nobody here reads."""


def read_settings(
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
    config: RepositoryConfig | None = None,
    **more: str | None,
) -> Settings:
    """Merge options, variables and the repository's config; ``more`` are further inputs.

    Raises:
        SettingsError: something is missing or wrong.
    """
    chosen = read_model(arguments, environ)
    given = {name: str(getattr(chosen.settings, name.replace("-", "_"))) for name in chosen.origins}
    if chosen.settings.api_key is not None:
        given["api-key"] = chosen.settings.api_key
    given |= {name.replace("_", "-"): value for name, value in more.items() if value is not None}
    named = {variable_of(name): value for name, value in given.items()}
    try:
        inputs = read_inputs({variable_of("github-token"): _UNUSED, **named})
    except SettingsError as error:
        raise type(error)(
            error.cause.replace("The input `", "The option `"), "Correct it."
        ) from None
    settings = resolve(inputs, config)
    prices = (*chosen.settings.prices, *settings.model.prices)
    return dataclasses.replace(settings, model=dataclasses.replace(settings.model, prices=prices))

"""The answers to the person who ran a command."""

from __future__ import annotations

from predict_edit.run.reporter import allowed_options
from predict_edit.settings.fields import ModelSettings, Settings


def test_help_offers_only_what_is_allowed() -> None:
    """Other models and ways by name, and no further files if the repository names none."""
    settings = Settings(
        model=ModelSettings(model="gpt-4.1"),
        github_token="t",
        models=("gpt-4.1", "gpt-4o"),
        deliveries=("commit", "patch", "pull-request", "suggestions"),
        max_suggestions=5,
    )
    offered = allowed_options(settings)
    assert offered["model"] == "`gpt-4.1` or `gpt-4o`"
    assert offered["deliver"] == "`commit`, `patch`, `pull-request` or `suggestions`"
    assert "also" not in offered
    assert offered["max-suggestions"].startswith("5 or fewer")

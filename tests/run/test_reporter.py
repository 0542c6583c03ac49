"""The answers to the person who ran a command."""

from __future__ import annotations

from predict_edit.domain.edits import ChangedFile, Effort, FailedEdit, FileEdit, SourceFile
from predict_edit.domain.errors import ModelTimeout
from predict_edit.run import reporter
from predict_edit.run.reporter import allowed_options
from predict_edit.settings.fields import ModelSettings, Settings


def a_file(path: str) -> SourceFile:
    """A changed file."""
    change = ChangedFile(path=path, status="added", blob_sha="a", additions=1, deletions=0)
    return SourceFile(path=path, text="a\n", blob_sha="a", change=change)


def test_once_the_model_is_through_the_summary_is_not_updated() -> None:
    """What is left takes less time than a request; a file that failed is answered, too."""
    count = reporter._Count()
    count.answered(FileEdit(file=a_file("a.py"), text="b\n", effort=Effort()))
    assert not count.all_answered(2)

    late = ModelTimeout("It was late.", "Wait.")
    count.answered(FailedEdit(file=a_file("b.py"), error=late, effort=Effort()))
    assert count.all_answered(2)


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

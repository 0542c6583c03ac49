"""The image, as ``scripts/with_docker.py`` built it."""

from __future__ import annotations

import os

import pytest

from predict_edit_sandbox.container import Image


@pytest.fixture(scope="session")
def image() -> Image:
    """The image; without one, these tests are skipped."""
    name = os.environ.get("PREDICT_EDIT_IMAGE")
    if not name:
        pytest.skip("no image: run these tests with `make container`")
    return Image(name)

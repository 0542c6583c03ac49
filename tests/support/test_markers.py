"""The hidden markers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.support.markers import Marker, find_marker, is_ours

NAMES = st.text("abcdefghij", min_size=1, max_size=8)
VALUES = st.text("abcXYZ019._:/+=", max_size=20)


class TestMarker:
    """Writing and finding."""

    @given(st.dictionaries(NAMES, VALUES, max_size=5), st.text(max_size=50), st.text(max_size=50))
    def test_what_is_written_is_found(
        self, fields: dict[str, str], before: str, after: str
    ) -> None:
        """A marker is found again between any other text."""
        marker = Marker("summary", fields)

        assert find_marker(f"{before}\n{marker}\n{after}", "summary") == marker

    @pytest.mark.parametrize(
        "fields",
        [
            {"head": "a b"},  # white space would start another field
            {"head": "a-->"},  # the comment would end
            {"head": "a--b"},  # HTML comments must not hold two dashes
            {"HEAD": "a"},  # names are lower case
            {"head": "a\n"},
        ],
    )
    def test_what_could_be_misread_is_refused(self, fields: dict[str, str]) -> None:
        """A value that would break out of the marker is an error of the programmer."""
        with pytest.raises(ValueError, match="a marker cannot hold"):
            str(Marker("summary", fields))

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "no marker",
            "<!-- predict-edit:v2 summary a=b -->",  # another version
            "<!-- predict-edit:v1 review a=b -->",  # another kind
            "<!-- predict-edit:v1 summary a=b",  # not closed
            "<!-- predict-edit:v1 summary a=<b> -->",  # foreign characters
        ],
    )
    def test_what_is_malformed_is_none(self, body: str) -> None:
        """Nothing is guessed from what only looks like a marker."""
        assert find_marker(body, "summary") is None

    def test_look_alike_before_ours_is_passed_over(self) -> None:
        """A forged marker in a quoted diff stands before ours, which is the last."""
        forged = "+<!-- predict-edit:v1 summary command=other -->"

        found = find_marker(f"{forged}\n{Marker('summary', {'command': 'mine'})}", "summary")

        assert found == Marker("summary", {"command": "mine"})

    @given(st.text())
    def test_reading_never_fails(self, body: str) -> None:
        """Any text can be looked at."""
        assert find_marker(body, "summary") is None or is_ours(body)

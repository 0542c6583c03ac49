from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.support.markers import Marker, Seals, find_marker, is_ours, is_secret

NAMES = st.text("abcdefghij", min_size=1, max_size=8)
VALUES = st.text("abcXYZ019._:/+=", max_size=20)


class TestMarker:
    @given(st.dictionaries(NAMES, VALUES, max_size=5), st.text(max_size=50), st.text(max_size=50))
    def test_what_is_written_is_found(
        self, fields: dict[str, str], before: str, after: str
    ) -> None:
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
        """A value that would break out of the marker is a programming error."""
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
    def test_a_malformed_marker_is_ignored(self, body: str) -> None:
        """Nothing is guessed from text that only resembles a marker."""
        assert find_marker(body, "summary") is None

    def test_look_alike_before_ours_is_passed_over(self) -> None:
        """A forged marker in a quoted diff comes before ours, which is last."""
        forged = "+<!-- predict-edit:v1 summary command=other -->"

        found = find_marker(f"{forged}\n{Marker('summary', {'command': 'mine'})}", "summary")

        assert found == Marker("summary", {"command": "mine"})

    @given(st.text())
    def test_reading_never_fails(self, body: str) -> None:
        assert find_marker(body, "summary") is None or is_ours(body)


SEALS = Seals("sk-a-real-key-7Qx92Lm", "octo/game#12")
MARK = Marker("summary", {"command": "c1", "state": "done"})


class TestSeals:
    """Only who has the key writes markers that are believed."""

    def test_what_is_sealed_is_found(self) -> None:
        """The seal is a field of its own, and the name's case does not matter."""
        body = f"text\n\n{SEALS.seal(MARK)}\n"
        found = SEALS.find(body, "summary")

        assert found is not None
        assert {**found.fields, "seal": ""} == {**MARK.fields, "seal": ""}
        assert Seals(SEALS.key, "Octo/Game#12").find(body, "summary") == found

    @pytest.mark.parametrize(
        "other",
        [
            Seals("sk-another-key-7Qx92Lm", "octo/game#12"),
            Seals("sk-a-real-key-7Qx92Lm", "octo/game#13"),
            Seals("sk-a-real-key-7Qx92Lm", "octo/other#12"),
        ],
    )
    def test_a_seal_from_elsewhere_does_not_fit(self, other: Seals) -> None:
        """Another key, another pull request, another repository."""
        assert SEALS.find(str(other.seal(MARK)), "summary") is None

    @pytest.mark.parametrize(
        "changes", [{"state": "working"}, {"command": "c2"}, {"head": "a"}, {"seal": ""}]
    )
    def test_a_changed_marker_is_none(self, changes: dict[str, str]) -> None:
        """The seal covers every field."""
        fields = {**SEALS.seal(MARK).fields, **changes}

        assert SEALS.find(str(Marker("summary", fields)), "summary") is None

    def test_the_kind_is_sealed(self) -> None:
        """A suggestion's marker is not a review's."""
        sealed = SEALS.seal(MARK)

        assert SEALS.find(str(Marker("review", sealed.fields)), "review") is None

    @pytest.mark.parametrize(
        "key",
        [
            None, "", "ollama", "sk-1234", "not-needed", "EMPTY", "lm-studio", "dummy",
            "sk-no-key-required", "your-api-key-here", "sk-xxxxxxxxxxxxxxxxxxxxxxxx", "a" * 40,
            "sk-placeholder-0123456789", "no-api-key-needed", "anything-goes-here",
        ],
    )  # fmt: skip
    def test_a_key_that_everybody_knows_seals_nothing(self, key: str | None) -> None:
        """Such a seal could be made by anybody."""
        seals = Seals(key, "octo/game#12")

        assert not seals.hold
        assert seals.seal(MARK) == MARK
        assert seals.find(str(MARK), "summary") == MARK

    @pytest.mark.parametrize(
        "key",
        [
            "sk-proj-Zr8s1kQ0vH2nT6yB",
            "0123456789abcdef0123456789abcdef",
            "sk-proj-Zr8s1kQ0vH2nYourT6yB9dWmX4c",  # a word by chance
        ],
    )
    def test_a_secret_seals(self, key: str) -> None:
        """Keys as providers give them."""
        assert is_secret(key)

"""Foreign text stays text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.report import markdown

from .conftest import HOSTILE, MARKER, assert_inert, read_markdown

ACTIVE = "`|@#<>[]()!*_~:/\\-+=.&$^1aw \n\r\t\u202e\u200b\U000e0041\x00"
anything = st.one_of(
    st.text(alphabet=ACTIVE, max_size=40),
    st.text(alphabet=st.characters(codec=None), max_size=40),
    st.lists(st.sampled_from(HOSTILE[:-4]), max_size=3).map(" ".join),
)


def invisible(text: str) -> list[str]:
    """Name the invisible characters, joiners of emoji and scripts aside."""
    categories = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
    return [
        f"U+{ord(character):04X}"
        for character in text
        if unicodedata.category(character) in categories and character not in "\u200c\u200d"
    ]


class TestCode:
    @pytest.mark.parametrize("value", HOSTILE)
    def test_hostile_value_is_one_piece_of_code(self, value: str) -> None:
        seen = read_markdown(f"before {markdown.code(value)} after")

        assert seen.types() <= {
            "paragraph_open",
            "paragraph_close",
            "inline",
            "text",
            "code_inline",
        }
        assert len(seen.code()) == (1 if value else 0)
        assert not invisible(markdown.code(value))

    @given(anything)
    def test_any_value_is_one_piece_of_code(self, value: str) -> None:
        """Any value becomes one line with one code span that shows it."""
        written = markdown.code(value)

        seen = read_markdown(f"- {written} x")
        assert "\n" not in written
        if value:
            assert len(seen.code()) == 1
            shown = markdown.shorten(markdown.visible(value))
            assert seen.code()[0] == shown or not shown.strip(" ")

    @given(anything, anything)
    def test_table_row_keeps_its_cells(self, first: str, second: str) -> None:
        """Any two values make a row of exactly two cells, with the values in code."""
        row = f"| {markdown.cell(markdown.code(first))} | {markdown.cell(markdown.text(second))} |"

        seen = read_markdown(f"| a | b |\n| - | - |\n{row}\n")

        assert sum(token.type == "td_open" for token in seen.all()) == 2
        assert sum(token.type == "tr_open" for token in seen.all()) == 2
        assert_inert(seen)

    @pytest.mark.parametrize("value", ["a|b", "a\\|b", "\\|", "|\\", "||"])
    def test_table_cell_shows_the_very_name(self, value: str) -> None:
        """A pipe in a table's code is shown as a pipe, with its backslashes."""
        row = f"| {markdown.cell(markdown.code(value))} |"

        seen = read_markdown(f"| a |\n| - |\n{row}\n")

        assert seen.code() == [value]

    def test_long_name_keeps_its_ends(self) -> None:
        """A long path loses its middle, so that folder and file name stay readable."""
        shown = markdown.code("folder/" + "x" * 500 + "/file.py")

        assert shown.startswith("`folder/")
        assert shown.endswith("/file.py`")
        assert len(shown) == 202

    @pytest.mark.parametrize("value", HOSTILE)
    def test_html_code_is_one_line_without_tags(self, value: str) -> None:
        """In a summary element, the value cannot open a tag or end a line."""
        written = markdown.html_code(value)

        assert re.fullmatch(r"(<code>[^<>\n\r]*</code>|–)", written)
        assert not invisible(written)


class TestText:
    @pytest.mark.parametrize("value", HOSTILE)
    @pytest.mark.parametrize("before", ["", "- ", "see "])
    def test_hostile_sentence_is_inert(self, value: str, before: str) -> None:
        """A hostile sentence renders as words and code, even at the start of a line."""
        seen = read_markdown(before + markdown.text(value))

        allowed = {"paragraph_open", "paragraph_close", "inline", "text", "code_inline"}
        lists = {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
        assert seen.types() <= (allowed | lists if before == "- " else allowed)
        assert_inert(seen)

    @given(anything)
    def test_any_sentence_is_inert(self, value: str) -> None:
        """Any text renders as one paragraph of words and code."""
        seen = read_markdown(markdown.text(value))

        assert seen.types() <= {
            "paragraph_open",
            "paragraph_close",
            "inline",
            "text",
            "code_inline",
        }
        assert_inert(seen)

    @given(st.text(alphabet="ablt `@#&;|<>*_\\-1.", max_size=30))
    def test_sentence_keeps_its_characters(self, value: str) -> None:
        """Only backticks and blanks may change."""
        seen = read_markdown(markdown.text(value))
        shown = "".join(
            token.content for token in seen.all() if token.type in {"text", "code_inline"}
        )

        strip = str.maketrans("", "", "` ")
        shown = re.sub(r"⟨\d+ blanks⟩", "", shown)
        assert shown.translate(strip) == value.translate(strip)

    def test_code_in_a_sentence_stays_code(self) -> None:
        seen = read_markdown(markdown.text("Check `base-url` and `model`, please."))

        assert seen.code() == ["base-url", "model"]

    def test_references_become_code(self) -> None:
        """A word that GitHub would link is shown as code, without its punctuation."""
        written = markdown.text("(see https://example.com/a, @octo or #12).")

        assert written == r"\(see `https://example.com/a`, `@octo` or `#12`\)."
        quoted = markdown.text("“see https://example.com/a.”")
        assert quoted == "“see `https://example.com/a`.”"

    @pytest.mark.parametrize(
        ("sentence", "written"),
        [
            ("GET https://x.example/pulls/{number}", "GET `https://x.example/pulls/{number}`"),
            ("(https://x.example/{a})", r"\(`https://x.example/{a}`\)"),
            ("(see https://x.example/f(1))", r"\(see `https://x.example/f(1)`\)"),
        ],
    )
    def test_a_bracket_of_the_word_itself_stays_inside(self, sentence: str, written: str) -> None:
        """Only punctuation of the sentence is left outside of the code."""
        assert markdown.text(sentence) == written

    def test_a_fence_in_a_sentence_is_no_code(self) -> None:
        """Three backticks are shown as such; no blanks are counted where none were meant."""
        written = markdown.text("Replace ``` and ` ` with `x`.")
        seen = read_markdown(written)
        assert seen.code() == ["x"]
        assert "blanks" not in written
        assert "".join(seen.prose()).startswith("Replace ``` and ` ` with ")

    def test_plain_words_are_left_alone(self) -> None:
        sentence = "The file is 12,345 bytes; that is too large - skip it."

        assert markdown.text(sentence) == sentence

    def test_html_is_escaped_on_both_sides(self) -> None:
        """Neither bracket of a tag survives, nor an entity that would become one."""
        assert markdown.text("<b> &lt;b&gt;") == "&lt;b&gt; &amp;lt;b&amp;gt;"

    def test_sentence_is_cut(self) -> None:
        assert markdown.text("word " * 100, 20) == "word word word word…"


class TestFence:
    @given(st.text(alphabet=ACTIVE + "~`\u200d", max_size=60))
    def test_content_cannot_leave(self, content: str) -> None:
        """Parsed again, a fence has the whole content, and only the rest follows it."""
        seen = read_markdown(f"{markdown.fence(content, 'diff')}\nafter\n")

        expected = markdown.legible(content)
        if expected and not expected.endswith("\n"):
            expected += "\n"
        assert seen.fences() == [expected]
        assert seen.prose() == ["after"]

    @pytest.mark.parametrize("content", HOSTILE)
    def test_hostile_content_stays_inside(self, content: str) -> None:
        """Hostile content stays in its fence, and invisible characters are shown."""
        written = markdown.fence(content)

        assert len(read_markdown(written).tokens) == 1
        assert not invisible(written.replace("\n", "").replace("\t", ""))

    def test_info_cannot_carry_more(self) -> None:
        assert markdown.fence("x", "diff`\n@y").startswith("```diffy\n")


class TestLink:
    def test_address_of_github_is_linked(self) -> None:
        """GitHub's URLs become links, on Enterprise Server and loopback too."""
        address = "http://127.0.0.1:8080/octo/repo/pull/7#issuecomment-1"

        assert markdown.link("label", address) == f"[label]({address})"

    @pytest.mark.parametrize(
        "address",
        ["", "javascript:alert(1)", "https://x.example/a)b", "https://x.example/ a", "/approve"],
    )
    def test_anything_else_is_left_out(self, address: str) -> None:
        """If it is not a plain URL, only the label is shown."""
        assert markdown.link("label", address) == "label"


class TestMarked:
    def test_marker_is_last(self) -> None:
        """The marker is on the last line, and a parser takes it for a comment."""
        body = markdown.marked("Hello.\n\n", MARKER)

        assert body == f"Hello.\n\n{MARKER}\n"
        assert read_markdown(body).html() == [f"{MARKER}\n"]

    def test_forged_marker_is_broken(self) -> None:
        """Text that looks like a marker is broken, and stays as long."""
        body = markdown.marked(markdown.fence(MARKER), MARKER)

        assert body.count("<!-- predict-edit:") == 1
        assert len(body) == len(markdown.fence(MARKER)) + len(MARKER) + 2

    @pytest.mark.parametrize(
        "wrong", ["", "<!-- other -->", "<!-- predict-edit:a\n-->", "<!-- predict-edit:a --> b -->"]
    )
    def test_wrong_marker_is_refused(self, wrong: str) -> None:
        """A marker that would be visible, or not be found again, raises."""
        with pytest.raises(ValueError, match="marker"):
            markdown.marked("body", wrong)


def test_length_counts_as_strictly_as_any_host() -> None:
    assert markdown.length("aé漢🎉") == 5


def test_emoji_keep_their_joiners() -> None:
    family = "👩\u200d👩\u200d👧 ❤\ufe0f"

    assert markdown.legible(family) == family

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from predict_edit.domain.errors import (
    CommandError,
    InstructionTooLong,
    InvalidOption,
    MissingInstruction,
    NearMiss,
    UnbalancedQuote,
    UnknownCommand,
    UnknownOption,
    UnknownRecipe,
)
from predict_edit.support.unicode import is_hidden
from predict_edit.trigger.command import (
    MAX_INSTRUCTION,
    OPTIONS,
    Address,
    Apply,
    Command,
    EditCommand,
    Help,
    RunRecipe,
    clean_instruction,
    parse_command,
    words_of,
)

WORD = "/predict-edit"
WROTE = "On Fri, Nov 27, 2026 at 10:00 AM Ada ***@***.***> wrote:"
"""As GitHub shows the line above a quoted mail."""


def edit(instruction: str, sha: str | None = None, **options: str) -> EditCommand:
    """An edit command, with options written as keyword arguments."""
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return EditCommand(instruction=instruction, options=named, pinned_sha=sha)


@pytest.mark.parametrize(
    "body",
    [
        "",  # an empty comment
        "Looks good to me",  # no command word at all
        "Please /predict-edit rename x",  # the word in the middle of the line
        " /predict-edit rename x",  # an indented line, which may be code
        "    /predict-edit rename x",  # an indented code block
        "\n/predict-edit rename x",  # not the first line
        "\r\n/predict-edit rename x",  # the same with a browser's line ends
        "> /predict-edit rename x",  # a quote
        "```\n/predict-edit rename x\n```",  # a code block
        "`/predict-edit rename x`",  # a code span
        "/predict-editx rename y",  # a longer word
        "\ufeff/predict-edit rename x",  # no workflow starts for a character before the word
        "/predict-edit-all rename x",  # another command's word
        "/predict-edi",  # cut short
    ],
)
def test_no_command(body: str) -> None:
    """A comment that does not start with the command word and white space is not a command."""
    assert parse_command(body, WORD) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # the published sentence, backticks and full stop included
        (
            "/predict-edit Replace string `FizzBuzz` with `MSFTBuzz`.",
            edit("Replace string `FizzBuzz` with `MSFTBuzz`."),
        ),
        ("/predict-edit", Help()),  # alone
        ("/predict-edit   \r\n \r\n", Help()),  # alone, with blank lines below
        ("/predict-edit help", Help()),
        ("/predict-edit help\r\n", Help()),
        ("/predict-edit --help", Help()),  # what fingers type
        ("/predict-edit help me rename x", edit("help me rename x")),  # not alone: an instruction
        ("/predict-edit apply", Apply()),
        ("/predict-edit apply\r\n", Apply()),
        ("/predict-edit apply the new name", edit("apply the new name")),  # not alone
        # words for the tool, as people type them
        *(
            (f"/predict-edit {text}", Apply())
            for text in (
                "Apply",
                "apply.",
                "APPLY!",
                "apply please",
                "apply, thanks!",
                "please apply them all",
                "apply\n\nThanks!",
                "\napply\r\n\r\nthank you",
                "apply the suggestions \N{THUMBS UP SIGN}",
                f"apply\n\n{WROTE}\n> please fix this",
                "apply\n-- \nAda Lovelace, Analyst",
            )
        ),
        *(
            (f"/predict-edit {text}", Address())
            for text in (
                "address",
                "Address!",
                "address please",
                "address the review comments.",
                "address all open threads",
                "address\n\nThanks!",
                "\naddress",
            )
        ),
        ("/predict-edit address --files a.py", Address(options={"files": "a.py"})),
        (
            "/predict-edit --dry-run @abcdef1 address",
            Address(options={"dry-run": "true"}, pinned_sha="abcdef1"),
        ),
        (
            "/predict-edit address --dry-run @abcdef1",
            Address(options={"dry-run": "true"}, pinned_sha="abcdef1"),
        ),
        ("/predict-edit address the leak in a.py", edit("address the leak in a.py")),
        ("/predict-edit -- address", edit("address")),
        *(
            (f"/predict-edit {text}", Help())
            for text in (
                "Help",
                "help!",
                "HELP?",
                "?",
                "??",
                "-h",
                "help please",
                "help\n\nwhat is this?",
            )
        ),
        ("/predict-edit Run docs", RunRecipe(name="docs")),
        ("/predict-edit run: docs", RunRecipe(name="docs")),
        # what a reply by e-mail quotes is not asked for
        (
            f"/predict-edit Fix it\n\n{WROTE.replace(' wrote', chr(10) + 'wrote')}\n\n> Drop it",
            edit("Fix it"),
        ),
        (
            "/predict-edit Fix it\n\nAm 27.11.2026 um 10:00 schrieb Ada <a@b.example>:\n> Drop it",
            edit("Fix it"),
        ),
        ("/predict-edit Fix it\n-----Original Message-----\nFrom: Ada", edit("Fix it")),
        (
            "/predict-edit Fix it\nFrom: Ada <a@b.example>\nSent: Friday\nTo: x\n\nDrop",
            edit("Fix it"),
        ),
        ("/predict-edit Fix it\nSent from my phone", edit("Fix it")),
        ("/predict-edit Write this above it:\n> quoted", edit("Write this above it:\n> quoted")),
        ("/predict-edit Write\nthis:\n\n> a\n> b", edit("Write\nthis:\n\n> a\n> b")),
        ("/predict-edit Write:\n> a\nb", edit("Write:\n> a\nb")),
        # values in the quotes of a keyboard or of Markdown, and paths of Windows
        ("/predict-edit --files \u201ca b.py\u201d fix", edit("fix", files="a b.py")),
        ("/predict-edit --files \u2018*.py\u2019 fix", edit("fix", files="*.py")),
        ("/predict-edit --files=\u201ea.py\u201c fix", edit("fix", files="a.py")),
        ("/predict-edit --files `a b.py` fix `c`", edit("fix `c`", files="a b.py")),
        (r"/predict-edit --files src\app\*.py fix", edit("fix", files="src/app/*.py")),
        ("/predict-edit -- help", edit("help")),  # -- makes it an instruction
        # several lines, with a browser's line ends, kept as typed inside
        (
            "/predict-edit Do this:\r\n\r\n  - one  \r\n\t- two\r\n\r\n",
            edit("Do this:\n\n  - one  \n\t- two"),
        ),
        ("/predict-edit\r\nRename a to b", edit("Rename a to b")),  # the instruction below
        ("/predict-edit\tRename", edit("Rename")),  # a tab is white space
        ("/predict-edit\u00a0Rename", edit("Rename")),  # so is what a phone inserts
        # options before the instruction, in each of their forms
        ("/predict-edit --files src fix", edit("fix", files="src")),
        ("/predict-edit --files=src fix", edit("fix", files="src")),
        ("/predict-edit --files='a b' fix", edit("fix", files="a b")),
        ('/predict-edit --files "a b,c" fix', edit("fix", files="a b,c")),
        (r"/predict-edit --files a\ b fix", edit("fix", files="a b")),
        ("/predict-edit --files=a=b fix", edit("fix", files="a=b")),
        ("/predict-edit --files=--x fix", edit("fix", files="--x")),
        ("/predict-edit --files '#x' fix", edit("fix", files="#x")),  # no comments as in a shell
        ("/predict-edit --max-suggestions 3 fix", edit("fix", max_suggestions="3")),
        ("/predict-edit --model gpt-4.1\r\nfix\r\nall", edit("fix\nall", model="gpt-4.1")),
        # a flag may be without a value; only true and false count as one
        ("/predict-edit --dry-run fix", edit("fix", dry_run="true")),
        ("/predict-edit --dry-run true fix", edit("fix", dry_run="true")),
        ("/predict-edit --dry-run false fix", edit("fix", dry_run="false")),
        ("/predict-edit --dry-run=false fix", edit("fix", dry_run="false")),
        ("/predict-edit --dry-run truely fix", edit("truely fix", dry_run="true")),
        ("/predict-edit --dry-run --files x fix", edit("fix", dry_run="true", files="x")),
        # what looks like an option inside the instruction belongs to it
        ("/predict-edit rename --foo flag", edit("rename --foo flag")),
        ("/predict-edit fix\n--files src", edit("fix\n--files src")),
        ("/predict-edit -- --files x", edit("--files x")),
        ("/predict-edit --files x -- --foo", edit("--foo", files="x")),
        ("/predict-edit - remove it", edit("- remove it")),  # a list item
        ("/predict-edit --- a/x", edit("--- a/x")),  # a diff's header
        ("/predict-edit don't do it", edit("don't do it")),  # quotes matter in options only
        # the pin
        ("/predict-edit @ABCDEF1 fix", edit("fix", "abcdef1")),
        ("/predict-edit @" + "a" * 40 + " fix", edit("fix", "a" * 40)),
        (
            "/predict-edit --files x @abcdef1 --dry-run fix",
            edit("fix", "abcdef1", files="x", dry_run="true"),
        ),
        ("/predict-edit @abcdef fix", edit("@abcdef fix")),  # six digits are none
        ("/predict-edit @" + "a" * 41 + " fix", edit("@" + "a" * 41 + " fix")),  # nor are 41
        ("/predict-edit @abcdef1, fix", edit("@abcdef1, fix")),  # exactly that shape
        ("/predict-edit @octocat fix", edit("@octocat fix")),  # somebody's name
        ("/predict-edit fix @abcdef1", edit("fix @abcdef1")),  # inside the instruction
        # recipes
        ("/predict-edit run docs", RunRecipe(name="docs")),
        ("/predict-edit run docs in English", RunRecipe(name="docs", instruction="in English")),
        (
            "/predict-edit run docs\r\nin\r\nEnglish",
            RunRecipe(name="docs", instruction="in\nEnglish"),
        ),
        (
            "/predict-edit --files x run --dry-run docs @abcdef1 now",
            RunRecipe(
                name="docs",
                instruction="now",
                options={"files": "x", "dry-run": "true"},
                pinned_sha="abcdef1",
            ),
        ),
        ("/predict-edit run run run", RunRecipe(name="run", instruction="run")),
        ("/predict-edit -- run the tests", edit("run the tests")),
        ("/predict-edit running late", edit("running late")),
        ("/predict-edit\nrun docs", edit("run docs")),  # a recipe stands on the first line
        # hidden characters are nothing that anybody has read
        ("/predict-edit re\u200bname \u202ex\u202c", edit("rename x")),
        ("/predict-edit rename\U000e0041\U000e0042 x", edit("rename x")),
        ("/predict-edit --\u200bfiles x fix", edit("fix", files="x")),
        ("/predict-edit rename ❤️ to 👩‍💻", edit("rename ❤️ to 👩‍💻")),  # visible ones stay whole
    ],
)
def test_commands(body: str, expected: Command) -> None:
    assert parse_command(body, WORD) == expected


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        ("/predict-edit --file x fix", UnknownOption, "Did you mean `--files`?"),
        ("/predict-edit --foo x fix", UnknownOption, "Allowed are `--files`, `--exclude`"),
        ("/predict-edit --foo", UnknownOption, "`--foo`"),
        ("/predict-edit --foo=1 fix", UnknownOption, "`--foo`"),
        ("/predict-edit --Files x fix", UnknownOption, "Did you mean `--files`?"),
        # inputs that no commenter may set are unknown to them
        ("/predict-edit --api-key x fix", UnknownOption, "`--api-key`"),
        ("/predict-edit --permission read fix", UnknownOption, "`--permission`"),
        ("/predict-edit --max-files 900 fix", UnknownOption, "`--max-files`"),
        # one hyphen, or an option behind the instruction, would have been taken for the instruction
        ("/predict-edit -files '*.py' Replace a", UnknownOption, "Write `--files`"),
        ("/predict-edit -dry-run Replace a", UnknownOption, "one hyphen"),
        ("/predict-edit Replace a --files '*.py'", InvalidOption, "`--files` comes after"),
        ("/predict-edit Replace a --files=*.py", InvalidOption, "before the instruction"),
        ("/predict-edit Replace a --dry-run", InvalidOption, "`--dry-run` comes after"),
        ("/predict-edit Replace a —files *.py\nb", InvalidOption, "`--files` comes after"),
        ("/predict-edit run docs now --dry-run", InvalidOption, "`--dry-run` comes after"),
        ("/predict-edit --files a.py, b.py Replace a", InvalidOption, "continues after a blank"),
        ("/predict-edit --exclude a.py , b.py Replace a", InvalidOption, "continues after a blank"),
        ("/predict-edit --dry-run apply", InvalidOption, "`apply` takes no options"),
        # words for a tool that this one does not know
        *(
            (f"/predict-edit {word}", UnknownCommand, "no command")
            for word in ("cancel", "Stop!", "stop please", "undo it", "retry", "status?", "commit")
        ),
        ("/predict-edit apply\n\nand rename x", UnknownCommand, "more text"),
        ("/predict-edit address\n\nand rename x", UnknownCommand, "more text"),
        ("/predict-edit address --dry-run and rename x", UnknownCommand, "more text"),
        ("/predict-edit thanks!", MissingInstruction, "nothing to do"),
        ("/predict-edit ...", MissingInstruction, "nothing to do"),
        # nearly the command word
        ("/Predict-edit rename x", NearMiss, "`/predict-edit` and a blank"),
        ("/PREDICT-EDIT", NearMiss, "nearly"),
        ("/predict-edit: rename x", NearMiss, "nearly"),
        ("/predict-edit, please rename x", NearMiss, "nearly"),
        ("/predict-edit\u200brename x", NearMiss, "invisible"),
        ("/predict-edit\u200b rename x", NearMiss, "nearly"),
        # a keyboard's dash would have been taken for the instruction
        ("/predict-edit —files x fix", UnknownOption, "Write `--files`"),
        ("/predict-edit –dry-run fix", UnknownOption, "Write `--dry-run`"),
        ("/predict-edit --files", InvalidOption, "`--files` has no value"),
        ("/predict-edit --files\nfix", InvalidOption, "`--files` has no value"),
        ("/predict-edit --files= fix", InvalidOption, "`--files` has no value"),
        ("/predict-edit --files '' fix", InvalidOption, "`--files` has no value"),
        ("/predict-edit --files --dry-run fix", InvalidOption, "`--files` has no value"),
        ("/predict-edit --files -- fix", InvalidOption, "`--files` has no value"),
        ("/predict-edit --dry-run= fix", InvalidOption, "`--dry-run` has no value"),
        ("/predict-edit --files a --files b fix", InvalidOption, "`--files` is given twice"),
        ("/predict-edit @abcdef1 @abcdef2 fix", InvalidOption, "two commits"),
        ("/predict-edit --files 'a b fix", UnbalancedQuote, "value of `--files`"),
        ('/predict-edit --files="a b fix', UnbalancedQuote, "value of `--files`"),
        ("/predict-edit --files a\\", UnbalancedQuote, "value of `--files`"),
        # a quote does not reach into the next line
        ("/predict-edit --files 'a\nb' fix", UnbalancedQuote, "value of `--files`"),
        ("/predict-edit run 'docs", UnbalancedQuote, "name of the recipe"),
        ("/predict-edit run", UnknownRecipe, "without the name"),
        ("/predict-edit run --dry-run", UnknownRecipe, "without the name"),
        ("/predict-edit run ''", UnknownRecipe, "without the name"),
        ("/predict-edit --files x", MissingInstruction, "no instruction"),
        ("/predict-edit --dry-run\r\n\r\n", MissingInstruction, "no instruction"),
        ("/predict-edit @abcdef1", MissingInstruction, "no instruction"),
        ("/predict-edit --", MissingInstruction, "no instruction"),
        ("/predict-edit " + "x" * 8001, InstructionTooLong, "8,001 characters"),
        ("/predict-edit run docs " + "x" * 8001, InstructionTooLong, "8,000 are allowed"),
    ],
)
def test_errors(body: str, error: type[CommandError], says: str) -> None:
    """A command that cannot be followed says what is wrong and what to do."""
    with pytest.raises(error) as caught:
        parse_command(body, WORD)
    assert type(caught.value) is error
    assert says in str(caught.value)
    assert caught.value.cause
    assert caught.value.next_step


@pytest.mark.parametrize(
    "value", ["a" * 60_000, "a" * (MAX_INSTRUCTION + 10), "'" + "a," * 30_000 + "'"]
)
def test_longest_value(value: str) -> None:
    """A longer value of an option is refused before it is read as a whole."""
    with pytest.raises(InvalidOption, match=f"is longer than {MAX_INSTRUCTION:,} characters"):
        parse_command(f"{WORD} --exclude {value} fix", WORD)
    body = f"{WORD} --exclude {'a' * (MAX_INSTRUCTION - 20)} fix"
    assert parse_command(body, WORD) == edit("fix", exclude="a" * (MAX_INSTRUCTION - 20))


def test_longest_instruction() -> None:
    body = f"{WORD} {'x' * MAX_INSTRUCTION}"
    assert parse_command(body, WORD) == edit("x" * MAX_INSTRUCTION)


def test_another_word() -> None:
    """The command word is the one that the repository set, taken literally."""
    assert parse_command("@bot fix", "@bot") == edit("fix")
    assert parse_command("/a.b fix", "/a.b") == edit("fix")
    assert parse_command("/axb fix", "/a.b") is None
    assert parse_command("fix", "") is None


def test_an_error_shows_no_more_than_a_quotation() -> None:
    """What the commenter typed is quoted short, on one line and unable to mention anyone."""
    with pytest.raises(UnknownOption) as caught:
        parse_command(f"{WORD} --`@everyone`{'x' * 500} fix", WORD)
    assert "`--'@everyone'x" in caught.value.cause
    assert len(caught.value.cause) < 200


instructions = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    .map(clean_instruction)
    .filter(bool)
)


@given(instructions)
@example("--files x")
@example("run docs")
@example("help")
def test_an_instruction_behind_two_hyphens_arrives_as_it_is(instruction: str) -> None:
    """Any instruction is kept, character by character, after ``--``."""
    assert parse_command(f"{WORD} -- {instruction}", WORD) == edit(instruction)


@given(instructions)
def test_an_instruction_below_the_command_arrives_as_it_is(instruction: str) -> None:
    """Everything below the first line is the instruction, whatever it looks like."""
    body = f"{WORD} --dry-run\r\n" + instruction.replace("\n", "\r\n")
    assert parse_command(body, WORD) == edit(instruction, dry_run="true")


@given(
    st.dictionaries(
        st.sampled_from(sorted(set(OPTIONS) - {"dry-run"})),
        st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20),
    ),
    st.randoms(use_true_random=False),
)
@example({"exclude": "0\\0"}, None)
def test_quoted_values_arrive_as_they_are(options: dict[str, str], random: object) -> None:
    """Option values in shell quotes are read back as they were, in any order.

    Backslashes in paths are apart: Windows' separators become slashes.
    """
    del random
    cleaned = {
        name: value
        for name, value in options.items()
        if not any(map(is_hidden, value)) and not (name in {"files", "exclude"} and "\\" in value)
    }
    words = [f"--{name}='" + value.replace("'", "'\"'\"'") + "'" for name, value in cleaned.items()]
    parsed = parse_command(" ".join([WORD, *words, "-- fix"]), WORD)
    assert parsed == EditCommand(instruction="fix", options=cleaned)


pieces = st.sampled_from(
    [
        *(WORD, " ", "\n", "\r\n", "--", "--files", "--dry-run", "=", "'", '"', "\\", "@abcdef1"),
        *("run", "help", "apply", "x", "—files", "\u200b", "\t", "true", "\ud800"),
    ]
)


@given(st.lists(pieces | st.text(max_size=5), max_size=14).map(lambda parts: WORD + "".join(parts)))
def test_parsing_never_crashes(body: str) -> None:
    """Any comment is a command, not a command, or an error of our own classes."""
    try:
        parsed = parse_command(body, WORD)
    except CommandError:
        return
    if isinstance(parsed, EditCommand):
        assert parsed.instruction
    if isinstance(parsed, EditCommand | RunRecipe):
        assert parsed.instruction == clean_instruction(parsed.instruction)
        assert set(parsed.options) <= set(OPTIONS)
        assert all(parsed.options.values())


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean_instruction(text)
    assert clean_instruction(once) == once
    assert "\r" not in once


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ("> Delete it.\n\nNo, rename it.", "No, rename it."),
        ("> Delete it.\nAll of it.\n \t\nNo, rename it.", "No, rename it."),
        ("> Delete it.\n    - All of it.\n2. And more.\n\nNo.", "No."),
        ("1. > Delete it.\nAll of it.", ""),
        ("> Delete it.\n- No, rename it.", "- No, rename it."),
        ("> Delete it.\n# No", "# No"),
        ("```py\n>>> a\n1\n```\nAdd this.", "```py\n>>> a\n1\n```\nAdd this."),
        ("~~~\n> a\n~~~~ \n> b", "~~~\n> a\n~~~~"),
        ("````\n```\n> a\n````\n> b", "````\n```\n> a\n````"),
        ("Add this.\n```\n> a\n\nNo end.", "Add this.\n```\n\nNo end."),
        ("> ```\n> a\n> ```\n\nNo.", "No."),
        ("> Delete it.\n```\n> a\n```\n> b", "```\n> a\n```"),
        ("    ```\n> a\n    ```", "```"),
        ("> Delete it.\n```a``` b\n\nNo.", "No."),
        *(
            (f"No.\n\n{first}: Ada <a@b.example>\n{then}: 2026\n\nDelete it.", "No.")
            for first, then in (
                ("From", "Sent"),
                ("Von", "Gesendet"),
                ("De ", "Envoy\u00e9 "),
                ("De", "Enviado"),
                ("De", "Enviado el"),
                ("Da", "Inviato"),
                ("Van", "Verzonden"),
            )
        ),
        ("De: a\nPara: b", "De: a\nPara: b"),
        ("/predict-edit Delete it.", ""),
    ],
)
def test_what_a_comment_itself_says(body: str, own: str) -> None:
    """Markdown shows the lines below a quote inside it, up to a blank one or another block."""
    assert words_of(body, WORD) == own

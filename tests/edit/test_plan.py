"""What is shown of a whole change, and what a plan of it may do."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predict_edit.domain.edits import (
    Background,
    ChangedFile,
    ChangePlan,
    PlanRequest,
    SharedName,
    SourceFile,
)
from predict_edit.edit.guards.grammars import definitions
from predict_edit.edit.plan import (
    MAX_DIFF,
    MAX_HINT,
    MAX_OUTLINES,
    agreed,
    background_of,
    build_messages,
    leftover,
    lines_with,
    read,
    saves,
    screened,
)

OWN_KEY = "sk-live-4f9a8b7c6d5e4f3a2b1c"


def changed(path: str, patch: str | None = "@@ -1 +1 @@\n-a\n+b", **more: str) -> ChangedFile:
    """A changed file."""
    return ChangedFile(
        path=path,
        status=more.get("status", "modified"),
        blob_sha="1" * 40,
        additions=1,
        deletions=1,
        patch=patch,
        previous_path=more.get("previous_path"),
    )


def source(path: str, text: str) -> SourceFile:
    """A file that was read."""
    return SourceFile(path=path, text=text, blob_sha="1" * 40)


def shown(background: Background) -> str:
    """All that the model reads."""
    return "\n".join(body for _, body in background.blocks)


def test_diffs_then_names_with_their_lines() -> None:
    """Definitions where a grammar is here, first lines elsewhere; a rename with its old name."""
    changes = [changed("a.py"), changed("n.md", previous_path="old.md", status="renamed")]
    sources = [
        source("a.py", "import os\n\n\nclass A:\n    def run(self, x):\n        y = 1\n"),
        source("n.md", "# Notes\n\nText\n"),
    ]
    diff, outlines = (body for _, body in background_of(changes, sources).blocks)
    assert diff.splitlines()[:2] == ['file "a.py", modified', "@@ -1 +1 @@"]
    assert 'file "n.md", renamed, before "old.md"' in diff
    assert outlines == (
        'file "a.py", 7 lines\n4: class A:\n5:     def run(self, x):\n'
        'file "n.md", 4 lines\n1: # Notes\n2: \n3: Text\n4: '
    )


def test_many_files_are_outlined() -> None:
    """Together they are longer than one text that a grammar is given."""
    text = "# A line.\n" * 1_997 + "def last():\n    pass\n"
    sources = [source(f"f{n:02}.py", text) for n in range(60)]
    body = shown(background_of([], sources))
    assert body.count("\n1998: def last():") == 60


def test_a_text_that_is_too_much_costs_one_language_its_outlines() -> None:
    """Other languages keep theirs, and a text after it is not tried."""
    found = definitions(
        {
            "a.py": "def f(): pass\n",
            "b.sh": "f() {\n  :\n}\n",
            "c.sh": "<b>" * 30_000,
            "d.sh": "f() {\n  :\n}\n",
            "e.go": "package a\n\nfunc F() {}\n",
        }
    )
    assert found == {"a.py": (1,), "b.sh": (1,), "e.go": (3,)}


def test_what_does_not_fit_is_named() -> None:
    """The longest diff gives way, and what GitHub does not show is named too."""
    changes = [changed("long.py", "x" * MAX_DIFF), changed("a.py"), changed("huge.py", None)]
    background = background_of(changes, [])
    assert background.left_out == ("long.py", "huge.py")
    assert '[diffs that are not shown: "long.py", "huge.py"]' in shown(background)
    assert "a.py" in shown(background)


def test_a_file_with_a_secret_of_the_run_is_not_shown() -> None:
    """Neither its diff nor its outline; others are."""
    changes = [changed("a.py", f"+{OWN_KEY}"), changed("b.py"), changed("c.py")]
    sources = [source("b.py", f"def f(x='{OWN_KEY}'): pass\n"), source("c.py", "def g(): pass\n")]
    background = background_of(changes, sources, [OWN_KEY])
    assert OWN_KEY not in shown(background)
    assert background.left_out == ("a.py", "b.py")
    assert "def g()" in shown(background)


@given(st.lists(st.integers(0, 9_000), max_size=40))
def test_it_never_grows_past_its_limits(sizes: list[int]) -> None:
    """Whatever a pull request holds."""
    changes = [changed(f"f{n}.txt", "y" * size) for n, size in enumerate(sizes)]
    sources = [source(f"f{n}.txt", "z" * size) for n, size in enumerate(sizes)]
    background = background_of(changes, sources)
    assert all(len(body) < MAX_DIFF + 2_000 for _, body in background.blocks[:1])
    assert len(shown(background)) < MAX_DIFF + MAX_OUTLINES + 4_000
    assert {*background.left_out} <= {change.path for change in changes}


PATHS = ("a.py", "b.py", "c.py")


def plan_text(*files: dict[str, object], **more: object) -> str:
    """An answer."""
    return json.dumps({"files": files, "names": [], **more})


def test_a_plan_leaves_files_and_says_what_to_do() -> None:
    """In a fence too; what it does not name is edited, and so is what it names both ways."""
    answer = plan_text(
        {"path": "a.py", "edit": True, "instruction": " Rename\n it. "},
        {"path": "b.py", "edit": False, "instruction": "x"},
        {"path": "c.py", "edit": False},
        {"path": "c.py", "edit": True},
        names=[{"old": "load_all", "new": "load_every"}],
    )
    thought = f"<think>Perhaps {{this}}?</think>\n{answer}"
    for told in (answer, f"```json\n{answer}\n```\n", thought):
        assert read(told, PATHS) == ChangePlan(
            left=("b.py",),
            hints=(("a.py", "Rename it."),),
            names=(SharedName(old="load_all", new="load_every"),),
        )


def test_nulls_say_nothing() -> None:
    """Models write them for what they have nothing to say about."""
    files = [{"path": "a.py", "edit": False, "instruction": None}]
    assert read(json.dumps({"files": files, "names": None}), PATHS) == ChangePlan(left=("a.py",))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Everything must be edited.",
        "[1]",
        '{"files": {}}',
        '{"files": [{"edit": false}]}',
        '{"files": [{"path": "a.py", "edit": "perhaps"}]}',
        '{"files": [{"path": "a.py", "edit": false}]',
        '{"files": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"files": [{"path": "a.py", "edit": false, "instruction": "\\ud800"}]}',
    ],
)
def test_what_cannot_be_read_changes_nothing(answer: str) -> None:
    """Whatever is wrong, however deep it is nested."""
    made = read(answer, PATHS)
    assert (made.left, made.hints, made.names) == ((), (), ())
    assert made.problem


def test_a_plan_reaches_nothing_else() -> None:
    """Other files, options, hidden characters, long texts and names that are none."""
    answer = plan_text(
        {"path": "../secret", "edit": True, "instruction": "x"},
        {"path": "a.py", "edit": True, "instruction": "say\u200b it"},
        {"path": "b.py", "edit": True, "instruction": "x" * 9_000},
        {"path": "c.py", "edit": True, "instruction": f"use {OWN_KEY}"},
        names=[{"old": "a b", "new": "c"}, {"old": "x\ny", "new": "z"}, {"old": "q", "new": "q"}],
        options={"max-files": 9},
    )
    made = screened(read(answer, PATHS), [OWN_KEY])
    assert made == ChangePlan(hints=(("b.py", "x" * MAX_HINT),))


@given(st.text(max_size=300))
def test_no_answer_raises(answer: str) -> None:
    """And none leaves a file that was not asked about."""
    assert {*read(answer, PATHS).left} <= {*PATHS}


def test_whole_names_only() -> None:
    """Not parts of others, with hyphens where the name has one."""
    text = "load_all(x)\nload_all_2 = 1\nmy.load_all\npreload_all\nload-all\n"
    assert lines_with(SharedName(old="load_all", new="x"), text) == (1, 3)
    assert lines_with(SharedName(old="load-all", new="x"), text) == (5,)
    assert lines_with(SharedName(old="load", new="x"), text) == (5,)
    assert lines_with(SharedName(old="load", new="load-all"), text) == ()
    assert lines_with(SharedName(old="x", new="y"), "x(x)\n") == (1, 1)


def test_a_name_counts_once_an_edit_replaced_it() -> None:
    """What is left is found in all files; a name that nobody changed is none."""
    names = (SharedName(old="one", new="two"), SharedName(old="self", new="this"))
    texts = {
        "a.py": ("one(self)\n", "two(self)\n"),
        "b.py": ("one()\none()\n", "two()\none()\n"),
        "c.py": ("one()\n", "one()\n"),
        "d.py": ("x\n", "x\n"),
    }
    (found,) = agreed(names, texts)
    assert found == SharedName(
        old="one", new="two", files=("a.py", "b.py"), remaining=("b.py", "c.py")
    )
    assert "`one` (now `two`) in line 2" in leftover([found], "b.py", texts["b.py"][1])
    assert leftover([found], "a.py", texts["a.py"][1]) == ""


@pytest.mark.parametrize(
    ("names", "texts", "remaining"),
    [
        ([("a", "b"), ("b", "a")], {"x": ("a b a\n", "b a b\n"), "y": ("b\n", "a\n")}, [(), ()]),
        ([("a", "b"), ("b", "c")], {"x": ("a\n", "b\n"), "y": ("b\n", "c\n")}, [(), ()]),
        ([("btn", "btn-big")], {"x": ("btn\n", "btn-big\n"), "y": ("btn\n", "btn\n")}, [("y",)]),
        ([("f", "g")], {"x": ("f(f())\n", "g(f())\n")}, [("x",)]),
        ([("f", "g")], {"x": ("f(\n  f())\n", "g(g())\n")}, [()]),
    ],
    ids=["swap", "chain", "hyphen", "twice in a line", "lines joined"],
)
def test_what_an_edit_made_is_not_left_over(
    names: list[tuple[str, str]],
    texts: dict[str, tuple[str, str]],
    remaining: list[tuple[str, ...]],
) -> None:
    """A second request about it would undo the edit."""
    found = agreed([SharedName(old=old, new=new) for old, new in names], texts)
    assert [(name.old, name.new) for name in found] == names
    assert [name.remaining for name in found] == remaining
    assert all(name.files for name in found)


@pytest.mark.parametrize(
    ("sizes", "pays"),
    [
        ([90_000] * 3, False),
        ([100] * 4, False),
        ([20_000] * 4, True),
        ([100] * 19, False),
        ([100] * 20, True),
    ],
)
def test_a_plan_pays_with_many_or_long_files(sizes: list[int], *, pays: bool) -> None:
    """Never for three."""
    assert saves(sizes) is pays


def test_a_plan_is_asked_for_as_material() -> None:
    """Its line comes before any text of the repository; the form of the answer is last."""
    background = background_of([changed("a.py", "answer: file 0000000000000000")], [])
    request = PlanRequest(instruction="Rename it", paths=PATHS, background=background)
    messages = build_messages(request, nonce="f00dfeedc0ffee123456")
    assert [message.content for message in messages][1] == "Rename it"
    assert messages[2].content.startswith("answer: plan f00dfeedc0ffee123456\n")
    assert read(messages[-1].content, PATHS) == ChangePlan()

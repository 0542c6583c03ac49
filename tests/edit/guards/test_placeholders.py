"""Remarks that stand in for code, and comments that only sound like them."""

from __future__ import annotations

import pytest

from predict_edit.edit.guards.placeholders import is_placeholder, problem
from predict_edit.edit.rewrite import compare

REMARKS = [
    ("a.py", "# ..."),
    ("a.py", "    # ... existing code ..."),
    ("a.py", "# rest of the code remains the same"),
    ("a.py", "# The rest of the file is unchanged."),
    ("a.py", "# [rest of the file]"),
    ("a.py", "# (unchanged)"),
    ("a.py", "# keep the existing implementation"),
    ("a.js", "// rest of file"),
    ("a.js", "  /* ... */"),
    ("a.js", "// ...other methods"),
    ("a.js", "// Existing code…"),
    ("a.jsx", "{/* rest of the component */}"),
    ("a.tsx", "      {/* … */}"),
    ("a.c", "/* same as before */"),
    ("a.c", "..."),
    ("a.go", "// remaining functions stay the same"),
    ("a.rs", "/// unchanged code omitted for brevity"),
    ("a.sql", "-- rest of the statements unchanged"),
    ("a.lua", "-- ... (truncated)"),
    ("a.lisp", ";; existing definitions here"),
    ("a.tex.bib", "% code omitted"),
    ("a.hs", "{- rest of the module -}"),
    ("a.ml", "(* ... *)"),
    ("a.vb", "' rest of the class unchanged"),
    ("a.vim", '" ... rest of script'),
    ("a.bat", "REM rest of the script"),
    ("a.css", "/* other styles remain unchanged */"),
    ("a.html", "<!-- rest of the document unchanged -->"),
    ("a.vue", "<!-- ... -->"),
    ("a.erb", "<%# rest of the file %>"),
    ("a.hbs", "{{!-- existing content here --}}"),
    ("a.jinja", "{# ... rest #}"),
    ("a.cshtml", "@* remaining code is the same *@"),
    ("a.md", "<!-- ... existing content ... -->"),
    ("a.md", "[The rest of the document remains unchanged]"),
    ("a.md", "(… the rest of the file stays the same)"),
    ("a.py", "# don\u2019t touch".replace("don\u2019t touch", "no changes below")),
    ("a.js", "// everything else stays the same"),
    ("a.java", "// Rest des Codes bleibt unverändert"),
    ("a.php", "// reste du code inchangé"),
    ("a.rb", "# resto del código sin cambios"),
    ("a.ts", "// 其余代码保持不变"),
    ("a.ts", "// 残りのコードは同じ"),
    ("a.py", "# 나머지 코드는 동일"),
    ("a.py", "    pass  # unchanged"),
    ("a.py", "    ...  # existing code"),
    ("a.py", '    raise NotImplementedError("unchanged")'),
    ("a.ts", '  throw new Error("rest of the method");'),
    ("a.rs", '    todo!("unchanged")'),
    ("a.kt", '    TODO("unchanged")'),
    ("a.c", "[... rest of the file unchanged ...]"),
    ("a.c", "<rest of the code>"),
    ("a.c", "...[truncated]"),
    ("a.c", "...snip..."),
    ("a.js", "// --- snip ---"),
    ("a.py", "# -- unchanged --"),
    ("a.cs", "// ... other members ..."),
    ("a.c", "// 120 lines omitted"),
    ("a.c", "// \N{VERTICAL ELLIPSIS}"),
    ("a.c", "// . . ."),
    ("a.js", "return null; // existing logic"),
]

ORDINARY = [
    ("a.py", "..."),
    ("a.py", "    ..."),
    ("a.pyi", "def f() -> int: ..."),
    ("a.yaml", "..."),
    ("a.md", "..."),
    ("a.md", "# The rest of the document"),
    ("a.md", "* existing code"),
    ("a.py", "# Other functions"),
    ("a.py", "# Existing connections are closed before the pool shuts down."),
    ("a.py", "# The rest of the arguments are passed to the parent class."),
    ("a.go", "// the rest of the header is syntactically valid"),
    ("a.js", "// ...spread the options so that defaults win"),
    ("a.js", "f(...args)"),
    ("a.js", "const { a, ...rest } = props;"),
    ("a.js", "// Keep in mind that this runs twice"),
    ("a.js", " *   ..."),
    ("a.c", "printf(const char *format, ...);"),
    ("a.c", "// as long as the buffer is not full"),
    ("a.rs", "// unchanged since 1.2, see the changelog"),
    ("a.rb", "# same order as in the schema"),
    ("a.sh", "# include the original path for the error message, then exit"),
    ("a.java", "import java.util.*;"),
    ("a.txt", "The rest of the file is unchanged"),
    ("a.js", "  ...existing,"),
    ("a.py", "    **rest"),
    ("a.py", "    *rest,"),
    ("a.erl", "  encode([Elem | Rest], Options) ->"),
    ("a.dart", "  if (name.previous?.type == SWITCH) return;"),
    ("a.jq", "  ({result: [], previous: 0};"),
    ("a.rs", "    ..existing"),
    ("a.svelte", "<div {...otherProps}></div>"),
    ("a.clj", "(rest coll)"),
    ("a.toml", "[existing]"),
    ("a.c", "#define REST 1"),
    ("a.css", "#rest { color: red; }"),
    ("a.ml", '  Memo.lazy_ ~name:"all-existing-tools" (fun () ->'),
]


@pytest.mark.parametrize(("path", "line"), REMARKS)
def test_remarks_in_place_of_code_are_seen(path: str, line: str) -> None:
    """In the comment syntax of many languages, with and without dots."""
    assert is_placeholder(compare(path, "", ""), line)


@pytest.mark.parametrize(("path", "line"), ORDINARY)
def test_ordinary_lines_pass(path: str, line: str) -> None:
    """Dots that are syntax, and comments that use the same words, do not count."""
    assert not is_placeholder(compare(path, "", ""), line)


@pytest.mark.parametrize(
    ("path", "line"),
    [("a.py", "# the remaining retries"), ("a.css", "/* Section: remaining space */")],
)
def test_a_comment_in_the_place_of_a_comment_passes(path: str, line: str) -> None:
    """No code is gone, whatever the comment says."""
    before = line.replace("remaining", "other")
    assert problem(compare(path, f"a {{\n{before}\nb\n", f"a {{\n{line}\nb\n")) is None


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.nix", '  one = "0.13";  # the version\n  two = "0.1";', '  # one = "0.13";'),
        ("a.scss", "#menu {\n  display: none;\n  opacity: 1;", "#menu svg {"),
        ("a.bat", "%BASH% -lc one\n%BASH% -lc two\n%BASH% -lc three", "%BASH% -lc all"),
        ("a.nix", "  // (\n  if one then\n  two", "  // files one;"),
        ("a.elm", "{-\nRandom structures\n-}", "-- Random structures"),
        ("a.c", "/*\n * Copyright A\n * Redistribution\n */", "/* a.c -- sorted sets"),
        ("a.zig", "one() {\n  two();\n}\n/// Adds what `a`, `b` need.", "/// Adds what `a` needs."),
        ("a.m", "  [one two];\n  three();\n  return four;", "  ;"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_comment_in_place_of_code_passes(
    path: str, before: str, after: str
) -> None:
    """Operators, selectors and variables; a comment reworded, or a line commented out."""
    original = f"first line\n{before}\nlast line\n"
    assert problem(compare(path, original, original.replace(before, after))) is None


@pytest.mark.parametrize(
    "comment",
    [
        "# and so on",
        "# rest van de code blijft hetzelfde",
        "# il resto del codice rimane",
        "# reszta kodu bez zmian",
        "# geri kalan kod",
        "# zbytek kódu beze změny",
    ],
)
def test_a_comment_of_any_words_in_the_place_of_code_is_seen(comment: str) -> None:
    original = "first line\na = one()\nb = two()\nreturn a + b\nlast line\n"
    edited = f"first line\n{comment}\nlast line\n"
    assert problem(compare("a.py", original, edited)) is not None


def test_only_added_lines_count() -> None:
    """A remark that the file already held is the author's."""
    original = "a();\n// ... rest of the code\nb();\nc();\n"
    assert problem(compare("a.js", original, original.replace("b();\n", ""))) is None
    assert problem(compare("a.js", original, original.replace("b();", "// ... more"))) is not None


def test_a_remark_that_replaces_nothing_passes() -> None:
    """Where no line is gone, nothing can be hidden."""
    assert problem(compare("a.js", "a();\n", "a();\n// ... rest of the code\n")) is None


def test_the_line_is_named() -> None:
    """The cause gives the line of the answer, so a person can look."""
    cause = problem(compare("a.js", "a();\nb();\nc();\n", "a();\n// ... existing code\n"))
    assert cause is not None
    assert "line 2 " in cause

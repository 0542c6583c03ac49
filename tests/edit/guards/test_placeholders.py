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

"""Markdown and comments as GitHub shows them: its rendering, and Primer's colours and type.

Colours are those of @primer/primitives ("light" and "dark"); sizes, those of github.com's
``markdown-body`` and of its timeline, all read in 2026.
"""

from __future__ import annotations

import html
import re

from markdown_it import MarkdownIt

_LIGHT = {
    "canvas": "#ffffff", "subtle": "#f6f8fa", "line": "#d1d9e0", "soft": "#d1d9e0b3",
    "text": "#1f2328", "muted": "#59636e", "link": "#0969da", "button": "#1f883d",
    "code": "#818b981f", "removed": "#ffebe9", "removed-number": "#ffcecb",
    "removed-word": "#ff818266", "added": "#dafbe1", "added-number": "#aceebb",
    "added-word": "#4ac26b66", "keyword": "#cf222e", "string": "#0a3069", "number": "#0550ae",
    "name": "#6639ba", "note": "#59636e",
}  # fmt: skip
_DARK = {
    "canvas": "#0d1117", "subtle": "#151b23", "line": "#3d444d", "soft": "#3d444db3",
    "text": "#f0f6fc", "muted": "#9198a1", "link": "#4493f8", "button": "#238636",
    "code": "#656c7633", "removed": "#f851491a", "removed-number": "#f851494d",
    "removed-word": "#f8514966", "added": "#2ea04326", "added-number": "#3fb9504d",
    "added-word": "#2ea04366", "keyword": "#ff7b72", "string": "#a5d6ff", "number": "#79c0ff",
    "name": "#d2a8ff", "note": "#9198a1",
}  # fmt: skip


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


STYLE = f"""
.github {{ {_variables(_LIGHT)} }}
@media (prefers-color-scheme: dark) {{ .github {{ {_variables(_DARK)} }} }}
.github {{ box-sizing: border-box; color: var(--text); background: var(--canvas);
  font: 14px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial,
  sans-serif; }}
.github * {{ box-sizing: border-box; }}
.github code, .github .mono {{ font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo,
  Consolas, "Liberation Mono", monospace; }}
.markdown-body {{ padding: 16px; overflow-wrap: break-word; }}
.markdown-body > :first-child {{ margin-top: 0; }}
.markdown-body > :last-child {{ margin-bottom: 0; }}
.markdown-body p, .markdown-body ul, .markdown-body details, .markdown-body pre {{
  margin: 0 0 16px; }}
.markdown-body ul {{ padding-left: 2em; }}
.markdown-body a {{ color: var(--link); text-decoration: underline; text-underline-offset: .2rem; }}
.markdown-body code {{ padding: .2em .4em; font-size: 85%; background: var(--code);
  border-radius: 6px; white-space: break-spaces; }}
.markdown-body sub {{ font-size: 75%; line-height: 0; position: relative; bottom: -.25em;
  vertical-align: baseline; }}
.markdown-body table {{ display: block; width: max-content; max-width: 100%; overflow: auto;
  margin: 0 0 16px; border-spacing: 0; border-collapse: collapse; }}
.markdown-body th {{ font-weight: 600; }}
.markdown-body th, .markdown-body td {{ padding: 6px 13px; border: 1px solid var(--line); }}
.markdown-body tr {{ border-top: 1px solid var(--soft); }}
.markdown-body tr:nth-child(2n) td {{ background: var(--subtle); }}
.markdown-body summary {{ cursor: pointer; }}
"""


def rendered(markdown: str) -> str:
    """Render a comment's Markdown as XHTML; GitHub drops HTML comments."""
    parser = MarkdownIt("commonmark", {"html": True, "xhtmlOut": True}).enable("table")
    return str(parser.render(re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)))


def document(markdown: str) -> str:
    """Return a whole page that shows a comment and nothing else, as wide as the window."""
    return (
        "<!doctype html><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<style>body {{ margin: 0; }}{STYLE}</style><body class='github'>"
        f"<div class='markdown-body'>{rendered(markdown)}</div>"
    )


def escaped(text: str) -> str:
    """Write a text as XML."""
    return html.escape(text, quote=True)

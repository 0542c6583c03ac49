"""The page in a real browser. Needs Chromium; ``make browser`` runs these."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from predict_edit.domain.run_report import Outcome, RunReport
from predict_edit.report.page.html_page import render_page

from .conftest import page_of_report

if TYPE_CHECKING:
    from tests.conftest import Tab

    from .conftest import Result

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
SHOWN = """[...document.querySelectorAll('{what}')].filter(e => e.checkVisibility()).length"""


def written(folder: Path, report: RunReport) -> Path:
    """The page of a run as a file."""
    path = folder / "page.html"
    path.write_text(render_page(page_of_report(report)), encoding="utf-8")
    return path


async def shown(tab: Tab, what: str) -> int:
    return int(await tab.run(SHOWN.replace("{what}", what)))


async def test_nothing_is_loaded_and_nothing_complained_about(
    tab: Tab, tmp_path: Path, mixed: RunReport
) -> None:
    """The browser requests only the page and writes nothing to the console."""
    path = written(tmp_path, mixed)
    await tab.open(path)
    await tab.run("new Promise(done => setTimeout(done, 300))")

    assert tab.requested == [path.as_uri()]
    assert tab.complaints == []


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_axe_finds_nothing(tab: Tab, tmp_path: Path, mixed: RunReport, colours: str) -> None:
    """No rule of axe-core is broken, contrast included, in both colours and both views."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run make browser where there is npm")
    await tab.open(written(tmp_path, mixed))
    await tab.send("Page.setBypassCSP", enabled=True)
    await tab.run(AXE.read_text(encoding="utf-8") + "; 0")
    await tab.run(f"document.getElementById('{colours}').click()")
    for view in ("unified", "split"):
        await tab.run(f"document.getElementById('{view}').click()")
        broken = await tab.run(
            "axe.run().then(r => [r.passes.length].concat(r.violations.map("
            "v => v.id + ' ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | '))))"
        )
        assert broken[0] > 10
        assert broken[1:] == []


async def test_filters_and_views(tab: Tab, tmp_path: Path, mixed: RunReport) -> None:
    """Each filter hides its changes, and the views show one diff each."""
    await tab.open(written(tmp_path, mixed))
    assert [await shown(tab, f".change.{k}") for k in ("inline", "patch", "rejected")] == [1, 1, 1]
    assert (await shown(tab, ".unified"), await shown(tab, "table.split")) == (3, 0)

    await tab.run("document.getElementById('show-patch').click()")
    assert [await shown(tab, f".change.{k}") for k in ("inline", "patch", "rejected")] == [1, 0, 1]
    await tab.run("document.getElementById('split').click()")
    assert (await shown(tab, ".unified"), await shown(tab, "table.split")) == (0, 2)
    for kind in ("inline", "rejected"):
        await tab.run(f"document.getElementById('show-{kind}').click()")
    assert await shown(tab, ".file") == 0


async def test_keyboard_alone(tab: Tab, tmp_path: Path, mixed: RunReport) -> None:
    """The tab key reaches the skip link first, then the filters; the space bar switches one."""
    await tab.open(written(tmp_path, mixed))
    await tab.press("Tab", 9)
    assert await tab.run("document.activeElement.className") == "skip"
    await tab.press("Tab", 9)
    assert await tab.run("document.activeElement.id") == "show-inline"
    await tab.press(" ", 32)
    assert await shown(tab, ".change.inline") == 0


async def test_hostile_contents_stay_text(tab: Tab, tmp_path: Path, result: Result) -> None:
    """Markup in names, texts and instructions is shown as text."""
    attack = "</style><script>document.title='owned'</script><img src=x onerror=document.title=1>"
    head = f"{attack}\nb\n"
    file = result(path=f"{attack}.py", base="x\nb\n", head=head, edited=head.replace("b", attack))
    path = written(tmp_path, RunReport(outcome=Outcome.SUGGESTED, files=(file,)))
    await tab.open(path)

    assert await tab.run("document.title") == "predict-edit"
    assert await tab.run("document.scripts.length + document.images.length") == 0
    assert attack in await tab.run("document.querySelector('.unified').innerText")
    assert tab.requested == [path.as_uri()]


async def test_a_page_cannot_be_made_to_run_a_script(
    tab: Tab, tmp_path: Path, mixed: RunReport
) -> None:
    """Even if a script is smuggled in, the content security policy blocks it."""
    path = written(tmp_path, mixed)
    smuggled = "<script>document.title='owned'</script><p style='color:red' id='x'>x</p></body>"
    path.write_text(path.read_text(encoding="utf-8").replace("</body>", smuggled))
    await tab.open(path)

    assert await tab.run("document.title") == "predict-edit"
    assert await tab.run("getComputedStyle(document.getElementById('x')).color") != "rgb(255, 0, 0)"


async def test_a_large_page_can_be_filtered(tab: Tab, tmp_path: Path, large: RunReport) -> None:
    """60 files and 400 suggestions."""
    path = written(tmp_path, large)
    await tab.open(path)
    assert await shown(tab, ".change.inline") >= 400
    await tab.run("document.getElementById('split').click()")
    await tab.run("document.getElementById('show-inline').click()")
    assert await shown(tab, ".file") == 0


async def test_a_phone_needs_no_sideways_scrolling(
    tab: Tab, tmp_path: Path, mixed: RunReport
) -> None:
    """At 360 pixels, nothing is wider than the screen."""
    await tab.send(
        "Emulation.setDeviceMetricsOverride",
        width=360,
        height=740,
        deviceScaleFactor=2,
        mobile=True,
    )
    await tab.open(written(tmp_path, mixed))

    assert await tab.run("document.documentElement.scrollWidth") <= 360

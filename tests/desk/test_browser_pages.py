"""The pages in Chromium: text stays text, layouts hold, keys, no JavaScript."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from deploy.local.ports import free_port
from tests.desk.conftest import DeskRig, name_match
from tests.desk.test_live import decision_record
from tests.support.browser import Reader, open_browser, served
from tests.support.review import START
from tests.support.rig import wait_until

pytestmark = pytest.mark.slow

HOSTILE = '<img src=x onerror="window.ran=1">'
PHONE = {"viewport": {"width": 390, "height": 844}}
MAX_TABS = 60
PAID = {
    "creditor": {"name": "Иван Петров", "kind": "person", "account": {"iban": "DE02120300000000202051"}},
    "amount": "100.00",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[DeskRig]:
    """Yield a served desk with some cases, which tests share."""
    folder: Path = tmp_path_factory.mktemp("desk")
    with ExitStack() as exits:
        rig = DeskRig(folder, exits, desk=f"127.0.0.1:{free_port()}")
        hostile = f"{HOSTILE} \u202egnp.exe\u202c Петров"
        payment = {
            "creditor": {"name": hostile},
            "debtor": {"name": "بشار حافظ الاسد"},
            "remittance": ["<script>window.ran=1</script>", "x" * 19_000],
        }
        matches = [name_match(hostile, entry=f"ofac:{number}") for number in range(50)]
        rig.hold(HOSTILE, matches=matches, payment=payment, due=START)
        for number in range(1, 4):
            rig.hold(f"P-{number}", payment=PAID, due=START + timedelta(hours=number))
        exits.enter_context(served(rig.desk))
        yield rig


@pytest.fixture
def reader(rig: DeskRig, browser: Browser) -> Iterator[Any]:
    """Yield a function that opens a window; all consoles have to be empty at the end."""
    opened: list[Reader] = []

    def new(name: str | None = "ana", **options: Any) -> Reader:
        opened.append(Reader(browser, rig.settings.desk_url, **options))
        return opened[-1].sign_in(name) if name else opened[-1]

    yield new
    for one in opened:
        one.close()


@pytest.mark.parametrize("options", [{}, PHONE], ids=["1280", "390"])
def test_hostile_text_runs_no_script_and_the_layout_holds(rig: DeskRig, reader: Any, options: Any) -> None:
    ana = reader(**options)
    [case_id] = [case.case_id for case in _cases(rig) if case.facts.payment_id == HOSTILE]
    for path in ("/", f"/case/{case_id}", f"/case/{case_id}/original", "/approvals", "/audit", "/lists"):
        ana.go(path)
        assert ana.page.evaluate("window.ran") is None
        width = ana.page.evaluate("document.documentElement.scrollWidth")
        assert width <= ana.page.viewport_size["width"], path
    ana.go(f"/case/{case_id}")
    assert HOSTILE in ana.text("h1")
    assert ana.page.locator("article.match").count() == 50
    assert ana.page.locator("img").count() == 0
    assert "U+202E" in ana.text(".left")


def test_the_keyboard_alone_leads_from_the_queue_to_an_approval(rig: DeskRig, reader: Any) -> None:
    ana, ben = reader(None), reader(None)
    _enter_by_keys(ana, "ana")
    keys = ana.page.keyboard
    keys.press("/")
    keys.type("P-3")
    keys.press("Enter")
    ana.page.wait_for_url("**/?q=P-3**")
    _tab_to(ana, "a.target")
    keys.press("Enter")
    ana.page.wait_for_url("**/case/**")
    _tab_to(ana, "#verdict-1")
    keys.type("False: another date")
    _tab_to(ana, "input[value^='RELEASE:']")
    keys.press("Space")
    _tab_to(ana, "#decision-note")
    keys.type("Born in 1990.")
    _tab_to(ana, "#decision button")
    keys.press("Enter")
    ana.page.wait_for_selector("section.proposal")
    assert "RELEASE proposed by Ana" in ana.text("section.proposal h2")
    _enter_by_keys(ben, "ben")
    _tab_to(ben, "nav a[href='/approvals']")
    ben.page.keyboard.press("Enter")
    ben.page.wait_for_url("**/approvals")
    ben.page.keyboard.press("j")
    ben.page.keyboard.press("Enter")
    ben.page.wait_for_selector("section.proposal")
    _tab_to(ben, "form[action$='/approve'] button")
    ben.page.keyboard.press("Enter")
    ben.page.wait_for_selector("text=written; the decision follows")
    [case] = [case for case in _cases(rig) if case.facts.payment_id == "P-3"]
    assert case.stage == "approved"


def test_without_javascript_a_search_keeps_its_query(reader: Any) -> None:
    ana = reader(java_script_enabled=False)
    ana.page.fill("#q", "petrov")
    ana.page.press("#q", "Enter")
    ana.page.wait_for_selector("tr.row")
    assert "q=petrov" in ana.page.url
    assert ana.page.input_value("#q") == "petrov"
    ana.page.click("a.target >> nth=1")
    ana.page.wait_for_selector("article.match")
    assert "UTC" in ana.text(".chips")
    ana.page.go_back()
    assert ana.page.input_value("#q") == "petrov"


def test_times_are_in_the_zone_of_the_reader_with_utc_beside(reader: Any) -> None:
    ana = reader()
    ana.go("/?q=P-1")
    ana.page.click("a.target")
    shown = ana.page.locator(".chips time")
    assert shown.get_attribute("title") == "2026-03-02 09:01 UTC"
    assert "10:01" in shown.inner_text()


def test_the_live_page_follows_the_decisions_until_it_is_paused(rig: DeskRig, reader: Any) -> None:
    rig.feed.start()
    rig.feed.add([decision_record("first")])
    ana = reader()
    ana.go("/live")
    ana.page.locator("#stream-state", has_text="as it happens").wait_for()
    rig.feed.add([decision_record(f"{HOSTILE} second", held=True)])
    ana.page.wait_for_selector("tr.new")
    rows = ana.page.locator("#decisions tr")
    assert [HOSTILE in rows.nth(0).inner_text(), "first" in rows.nth(1).inner_text()] == [True, True]
    assert rows.nth(0).locator("time").get_attribute("title").endswith("UTC")
    assert ana.page.evaluate("window.ran") is None
    ana.page.click("#stream-pause")
    assert "Paused" in ana.text(".stream")
    wait_until(lambda: len(rig.desk.streams) == 0, "the stream has ended")
    quiet = reader(java_script_enabled=False)
    quiet.go("/live")
    assert "second" in quiet.text("#decisions")


def _enter_by_keys(reader: Reader, name: str) -> None:
    reader.go("/sign-in")
    _tab_to(reader, f"button[value={name}]")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("header.top")


def _tab_to(reader: Reader, selector: str) -> None:
    """Press Tab until an element has the focus, and see that the focus is seen."""
    for _ in range(MAX_TABS):
        reader.page.keyboard.press("Tab")
        if reader.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            style = reader.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none", f"{selector} has the focus, and nobody sees it"
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def _cases(rig: DeskRig) -> list[Any]:
    with rig.log.store() as store:
        return list(store.cases())

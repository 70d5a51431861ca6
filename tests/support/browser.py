"""Headless Chromium for tests of pages, and the desk on a port of its own. Every page keeps its console."""

import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from holdgate.desk.service import DeskServer
from holdgate.desk.visit import DeskState
from tests.support.rig import wait_until

CHROMIUM = shutil.which("chromium")
MAX_WAIT_MS = 60_000
"""Time for a page on a busy machine."""


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Yield Debian's Chromium; skip the test where it is not installed."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextlib.contextmanager
def served(desk: DeskState) -> Iterator[None]:
    """Serve a desk at its address for the length of the block."""
    server = DeskServer(desk)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the desk listens")
        yield
    finally:
        server.should_exit = True
        thread.join()


def serious_faults(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Return what axe-core finds serious or critical on a page, by some of its rules or by all."""
    options = {"runOnly": list(rules)} if rules else None
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


class Reader:
    """A person with a browser window. `console` has everything that the browser complained about."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        self.console: list[str] = []
        given = {
            "viewport": {"width": 1280, "height": 860},
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
        }
        self.context: BrowserContext = browser.new_context(**given | options)
        self.context.set_default_timeout(MAX_WAIT_MS)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))

    def sign_in(self, name: str) -> "Reader":
        """Sign in as a person of the demo, on the page that asks for it."""
        self.go("/sign-in")
        self.page.click(f"button[value={name}]")
        self.page.wait_for_selector("header.top")
        return self

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.address + path)

    def text(self, selector: str = "body") -> str:
        """Return the text of a part of the page."""
        return self.page.inner_text(selector)

    def send(self, form: str) -> None:
        """Press the first button of a form, and wait for the next page."""
        with self.page.expect_navigation():
            self.page.click(f"{form} button >> nth=0")

    def close(self) -> None:
        """Close the window; fail if the browser complained."""
        self.context.close()
        assert self.console == []

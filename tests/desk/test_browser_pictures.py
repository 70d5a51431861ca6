"""Every page, light, dark and on a phone: axe finds no serious fault, the layout holds, the console is empty.

The pictures go to a temporary folder, or to DESK_PICTURES: `make pictures` renews those of docs/desk.md.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from deploy.local.ports import free_port
from tests.desk.conftest import DeskRig
from tests.support.browser import Reader, open_browser, serious_faults, served
from tests.support.desk_gallery import Gallery

pytestmark = pytest.mark.slow

LAYOUTS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "390": {"viewport": {"width": 390, "height": 844}},
}
MAX_HEIGHT = 2_000
"""Pixels of a picture; what is below is left out."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Gallery]:
    folder = tmp_path_factory.mktemp("gallery")
    with ExitStack() as exits:
        rig = DeskRig(folder, exits, desk=f"127.0.0.1:{free_port()}", archive=str(folder / "archive"))
        exits.enter_context(served(rig.desk))
        yield Gallery(rig, folder)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_page_is_accessible_and_fits(
    gallery: Gallery, browser: Browser, tmp_path: Path, layout: str
) -> None:
    target = Path(os.environ.get("DESK_PICTURES") or tmp_path)
    target.mkdir(parents=True, exist_ok=True)
    pages = {
        "queue": ("ana", "/"),
        "case": ("ana", f"/case/{gallery.right_to_left}"),
        "case-several": ("ana", f"/case/{gallery.several}"),
        "original": ("ana", f"/case/{gallery.right_to_left}/original"),
        "approve": ("ben", f"/case/{gallery.proposed}"),
        "approvals": ("ben", "/approvals"),
        "entry": ("ana", "/entry/ofac:21171"),
        "lists": ("ana", "/lists"),
        "live": ("ana", "/live"),
        "audit": ("dora", "/audit"),
    }
    readers: dict[str, Reader] = {}
    nobody = Reader(browser, gallery.rig.settings.desk_url, **LAYOUTS[layout])
    nobody.go("/sign-in")
    _picture(nobody, target / f"sign-in-{layout}.png")
    for name, (person, path) in pages.items():
        if person not in readers:
            reader = Reader(browser, gallery.rig.settings.desk_url, **LAYOUTS[layout])
            readers[person] = reader.sign_in(person)
        readers[person].go(path)
        _picture(readers[person], target / f"{name}-{layout}.png")
    for reader in (nobody, *readers.values()):
        reader.close()


def _picture(reader: Reader, file: Path) -> None:
    page = reader.page
    width, height = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert width <= page.viewport_size["width"], f"{file.name} does not fit"  # type: ignore[index]
    assert serious_faults(page) == [], file.name
    clip: Any = {"x": 0, "y": 0, "width": width, "height": min(height, MAX_HEIGHT)}
    page.screenshot(path=file, full_page=True, animations="disabled", clip=clip)

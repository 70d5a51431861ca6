"""Every page, light, dark and on a phone: axe finds no serious fault, the layout holds, the console is empty.

The pictures go to a temporary folder, or to DESK_PICTURES: `make pictures` renews those of docs/desk.md.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from deploy.local.ports import free_port
from tests.desk.conftest import DeskRig
from tests.support.browser import Reader, open_browser, serious_faults, served
from tests.support.desk_gallery import Gallery

pytestmark = pytest.mark.slow

LAYOUTS: dict[str, tuple[int, Any, tuple[str, ...]]] = {
    "light": (1280, "light", ()),
    "dark": (1280, "dark", ("color-contrast",)),
    "390": (390, "light", ("scrollable-region-focusable", "target-size")),
}
"""Width, colours, and the rules of axe that may differ from the first layout, which is tried with all."""

MAX_HEIGHT = 1_600
"""Pixels of a picture; what is below is left out."""

PALETTE = 128
"""Colours of a picture: 40 % of the bytes, and hardly a difference to see."""


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


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return the folder of the pictures."""
    folder = Path(os.environ.get("DESK_PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("person", [None, "ana", "ben", "dora"])
def test_every_page_is_accessible_and_fits(
    gallery: Gallery, browser: Browser, pictures: Path, person: str | None
) -> None:
    reader = Reader(browser, gallery.rig.settings.desk_url)
    if person is not None:
        reader.sign_in(person)
    for name, path in _pages(gallery)[person].items():
        reader.go(path)
        _check_page(reader, pictures, name)
    reader.close()


def test_every_refusal_is_accessible_and_fits(gallery: Gallery, browser: Browser, pictures: Path) -> None:
    """A missing case, a page for another role, and a session that ended while somebody typed."""
    reader = Reader(browser, gallery.rig.settings.desk_url).sign_in("ana")
    reader.go(f"/case/{'0' * 64}")
    _check_page(reader, pictures, "missing")
    reader.go(f"/case/{gallery.right_to_left}")
    reader.page.fill("#note", "The bank of the payer answers tomorrow.")
    [cookie] = reader.context.cookies()
    gallery.rig.desk.sessions.end(cookie["value"])
    reader.send("form.remark")
    _check_page(reader, pictures, "session-ended")
    statuses = [line.partition("status of ")[2][:3] for line in reader.console]
    assert statuses == ["404", "401"], "the browser complains of nothing else"
    reader.console.clear()
    reader.close()

    admin = Reader(browser, gallery.rig.settings.desk_url).sign_in("emil")
    admin.go("/")
    assert "Not allowed" in admin.text("h1")
    _check_page(admin, pictures, "refused")
    assert all("status of 403" in line for line in admin.console)
    admin.console.clear()
    admin.close()


def _check_page(reader: Reader, pictures: Path, name: str) -> None:
    """Draw the page in each layout; fail for a serious fault, or if it does not fit."""
    for layout, (width, scheme, rules) in LAYOUTS.items():
        reader.page.set_viewport_size({"width": width, "height": 800})
        reader.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        file = pictures / f"{name}-{layout}.png"
        assert serious_faults(reader.page, rules) == [], file.name
        _save_picture(reader, file)


def _pages(gallery: Gallery) -> dict[str | None, dict[str, str]]:
    return {
        None: {"sign-in": "/sign-in"},
        "ana": {
            "queue": "/",
            "case": f"/case/{gallery.right_to_left}",
            "case-several": f"/case/{gallery.several}",
            "original": f"/case/{gallery.right_to_left}/original",
            "similar": f"/case/{gallery.similar}/similar",
            "entry": "/entry/ofac:21171",
            "lists": "/lists",
            "live": "/live",
        },
        "ben": {"approve": f"/case/{gallery.proposed}", "approvals": "/approvals"},
        "dora": {"audit": "/audit"},
    }


def _save_picture(reader: Reader, file: Path) -> None:
    width, height = reader.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert width <= reader.page.viewport_size["width"], f"{file.name} does not fit"  # type: ignore[index]
    clip: Any = {"x": 0, "y": 0, "width": width, "height": min(height, MAX_HEIGHT)}
    drawn = reader.page.screenshot(full_page=True, animations="disabled", clip=clip)
    image = Image.open(BytesIO(drawn)).convert("RGB")
    image.quantize(PALETTE, dither=Image.Dither.NONE).save(file, optimize=True)

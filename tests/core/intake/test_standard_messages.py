"""Small messages that follow the standards are read into the payments in `expected/`.

They ask what the reference data does not: envelopes and headers of every kind, first versions, all options of
MT party fields, continuation lines, trailers, acknowledgements, inheritance at every level.
"""

import json
from typing import Any

import msgspec
import pytest

from deploy.local.daemon import ROOT
from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, Received, reader
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.policy import policy as policies
from holdgate.lists import building
from tests.core.intake.neglect import neglected
from tests.core.intake.samples import Plant, Sample, plants, text_plants
from tests.support.small_list import POLICY, write

FOLDER = ROOT / "tests" / "cases" / "messages"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.is_file())
LISTED = "Yan Valentinovich Novikov"
ORDINARY = "Friederike Ammann"


def _read(name: str) -> tuple[Received, ...] | InvalidEventError:
    try:
        return reader.read_file((FOLDER / name).read_bytes())
    except InvalidEventError as error:
        return error


def _expected(name: str) -> Any:
    return json.loads((FOLDER / "expected" / f"{name}.json").read_bytes())


def _readable() -> list[tuple[Sample, tuple[Received, ...]]]:
    found = []
    for name in FILES:
        outcome = _read(name)
        if not isinstance(outcome, InvalidEventError) and not name.endswith(".json"):
            found.append((Sample(name, (FOLDER / name).read_bytes(), None), outcome))
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_message_is_read_as_expected(name: str) -> None:
    outcome = _read(name)
    if isinstance(outcome, InvalidEventError):
        assert _expected(name) == {"refused": outcome.code, "line": outcome.line, "why": str(outcome)}
    else:
        found = json.loads(msgspec.json.encode([received.payment for received in outcome]))
        assert found == _expected(name)


def test_no_text_is_ignored() -> None:
    readable = _readable()
    assert len(readable) > 30
    ignored = [f"{sample.name}: {place}" for sample, found in readable for place in neglected(sample, found)]
    assert not ignored, "\n".join(ignored)


@pytest.fixture(scope="module")
def screener(tmp_path_factory: pytest.TempPathFactory) -> Screener:
    folder = write(tmp_path_factory.mktemp("lists") / "ofac")
    built = building.build_lists({"ofac": str(folder)}, lambda _: None)
    return Screener(load_snapshot(built.data), policies.from_toml(POLICY.read_bytes()))


def test_a_listed_name_is_held_in_any_name_or_text(screener: Screener) -> None:
    planted = [(plant, ".name") for sample, _ in _readable() for plant in plants(sample, LISTED)]
    in_texts = [plant for sample, _ in _readable() if sample.is_xml for plant in text_plants(sample, LISTED)]
    planted += [(plant, "") for plant in in_texts]
    missed = [
        f"{plant.sample} {plant.origin}"
        for plant, end in planted
        if not any(
            match.origin == plant.origin and match.field.endswith(end) and LISTED in match.value
            for match in _matches(screener, plant)
        )
    ]
    assert len(planted) > 150
    assert not missed, f"{len(missed)} of {len(planted)}\n" + "\n".join(missed)


def test_an_ordinary_name_is_not_held_in_any_name_or_text(screener: Screener) -> None:
    planted = [plant for sample, _ in _readable() for plant in plants(sample, ORDINARY)]
    held = [match for plant in planted for match in _matches(screener, plant) if ORDINARY in match.value]
    assert held == []


PLACES = [
    ("pacs.008.rich.xml", "<Tp>trade</Tp><Ctry>FR<", "<Tp>trade</Tp><Ctry>IR<", "RgltryRptg/Dtls/Ctry"),
    ("pacs.008.rich.xml", "<Nm>Banque de France</Nm><Ctry>FR<", "<Nm>Banque</Nm><Ctry>KP<", "Authrty/Ctry"),
    ("pacs.008.rich.xml", "<TwnNm>Dijon<", "<TwnNm>Sevastopol<", "RmtLctnDtls/PstlAdr/Adr/TwnNm"),
    ("pacs.008.rich.xml", "<CtryOfRes>DE<", "<CtryOfRes>CU<", "UltmtDbtr/CtryOfRes"),
    ("envelope.xml", "<MktPrctc>", "<Note>goods to Bandar Abbas</Note><MktPrctc>", "AppHdr/Note"),
    ("datapdu.xml", "<Saa:Format>", "<Saa:Note>goods to Bandar Abbas</Saa:Note><Saa:Format>", "Message/Note"),
    ("mt103.options.fin", "/BENEFRES/CH", "/BENEFRES/IR", "77B line 1"),
    ("mt103.options.fin", "BRUSSELS", "SEVASTOPOL", "54B line 2"),
    ("mt103.options.fin", "3/DE/FRANKFURT", "3/IR/TEHRAN", "50F line 6"),
    ("mt103.options.fin", "//AND TELL THEM", "//GOODS TO BANDAR ABBAS", "72 line 1"),
    ("mt192.fin", "ULRIKE SOMMERFELD\r\n:59:", "ULRIKE SOMMERFELD\r\nYALTA, CRIMEA\r\n:59:", "50K line 3"),
    ("mt202cov.fin", "KASSEL", "YALTA, CRIMEA", "50K line 3"),
]
"""Message, a text in it, the sanctioned place that replaces it, and the end of the path of the hit."""


@pytest.mark.parametrize(("name", "before", "after", "origin"), PLACES)
def test_a_sanctioned_place_is_held_in_any_field(
    screener: Screener, name: str, before: str, after: str, origin: str
) -> None:
    value = (FOLDER / name).read_bytes().decode()
    assert value.count(before) == 1
    [decision] = screener.screen(reader.read_file(value.replace(before, after).encode()))
    found = [match.origin for match in decision.matches if match.rule == "geography"]
    assert any((place or "").endswith(origin) for place in found), found


def _matches(screener: Screener, plant: Plant) -> list[Any]:
    return [match for decision in screener.screen(plant.payments) for match in decision.matches]

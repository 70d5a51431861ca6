"""Every message of the reference data is read or rejected as expected, and no text in it is ignored."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from holdgate.core.engine.screener import Screener
from holdgate.core.intake import InvalidEventError, Received
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.policy import policy as policies
from holdgate.lists import building
from tests.core.intake.neglect import neglected
from tests.core.intake.samples import Plant, Sample, plants, read, samples, text_plants
from tests.core.intake.table import DATA, PAGE, data, outcomes, page
from tests.support.small_list import POLICY, SAMPLE

pytestmark = pytest.mark.slow  # indexes the full OFAC list

LISTED = "Yan Valentinovich Novikov"
ORDINARY = "Ulrike Sommerfeld"


@pytest.fixture(scope="module")
def messages(reference_data: Path) -> list[Sample]:
    return samples(reference_data / "payments")


@pytest.fixture(scope="module")
def readable(messages: list[Sample]) -> list[tuple[Sample, tuple[Received, ...]]]:
    found = [(sample, read(sample)) for sample in messages if sample.code is None]
    return [(sample, payments) for sample, payments in found if not isinstance(payments, InvalidEventError)]


@pytest.fixture(scope="module")
def screener() -> Screener:
    built = building.build_lists({"ofac": str(SAMPLE)}, lambda _: None)
    return Screener(load_snapshot(built.data), policies.from_toml(POLICY.read_bytes()))


def test_each_message_is_read_or_rejected_with_its_code(messages: list[Sample]) -> None:
    """A failure prints a table by file."""
    outcomes = [(sample, read(sample)) for sample in messages]
    wrong = [
        f"{sample.name}: {_told(outcome)}, expected {sample.code or 'payments'}"
        for sample, outcome in outcomes
        if (outcome.code if isinstance(outcome, InvalidEventError) else None) != sample.code
    ]
    assert len(messages) > 250
    assert not wrong, "\n".join(wrong)


def test_an_error_in_the_content_names_the_line(messages: list[Sample]) -> None:
    for sample in messages:
        if sample.code not in (None, "no_party"):
            outcome = read(sample)
            assert isinstance(outcome, InvalidEventError)
            assert outcome.line is not None, sample.name
            assert f"line {outcome.line}" in str(outcome), sample.name


def _told(outcome: tuple[Received, ...] | InvalidEventError) -> str:
    if isinstance(outcome, InvalidEventError):
        return f"{outcome.code} ({outcome})"
    return f"{len(outcome)} payments"


def test_the_content_hash_is_that_of_the_canonical_payment(
    readable: list[tuple[Sample, tuple[Received, ...]]],
) -> None:
    """The same payment in canonical JSON has the same content hash."""
    from holdgate.core.intake import canonical

    for sample, payments in readable:
        for received in payments:
            again = canonical.read(msgspec.json.encode(received.payment))
            assert again.content_hash == received.content_hash, sample.name


def test_no_text_of_a_message_is_ignored(readable: list[tuple[Sample, tuple[Received, ...]]]) -> None:
    ignored = [
        f"{sample.name}: {place}" for sample, payments in readable for place in neglected(sample, payments)
    ]
    assert not ignored, "\n".join(sorted(set(ignored)))


@pytest.fixture(scope="module")
def planted(readable: list[tuple[Sample, tuple[Received, ...]]]) -> list[Plant]:
    return [plant for sample, _ in readable for plant in plants(sample, LISTED)]


def test_a_listed_name_is_held_wherever_it_is_planted(planted: list[Plant], screener: Screener) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    decisions = iter(screener.screen([received for plant in planted for received in plant.payments], now=now))
    missed = []
    for plant in planted:
        found = [match for _ in plant.payments for match in next(decisions).matches]
        if not any(match.origin == plant.origin and match.field.endswith("name") for match in found):
            missed.append(
                f"{plant.sample} {plant.origin}: {[(match.field, match.origin) for match in found]}"
            )
    assert len(planted) > 250
    assert not missed, f"{len(missed)} of {len(planted)}\n" + "\n".join(missed)


def test_an_ordinary_name_causes_no_hold_wherever_it_is_planted(
    readable: list[tuple[Sample, tuple[Received, ...]]], screener: Screener
) -> None:
    """The other content of a sample may still cause a hold."""
    found = [plant for sample, _ in readable for plant in plants(sample, ORDINARY)]
    decisions = screener.screen([received for plant in found for received in plant.payments])
    assert [match for decision in decisions for match in decision.matches if ORDINARY in match.value] == []


def test_a_listed_name_is_held_in_any_free_text(
    readable: list[tuple[Sample, tuple[Received, ...]]], screener: Screener
) -> None:
    """This includes address lines and streets, remittance information and instructions."""
    found = [plant for sample, _ in readable if sample.is_xml for plant in text_plants(sample, LISTED)]
    decisions = iter(screener.screen([received for plant in found for received in plant.payments]))
    missed = []
    for plant in found:
        matches = [match for _ in plant.payments for match in next(decisions).matches]
        if not any(match.origin == plant.origin and match.rule == "text" for match in matches):
            missed.append(f"{plant.sample} {plant.origin}: {[(m.field, m.origin) for m in matches]}")
    assert len(found) > 100
    assert not missed, f"{len(missed)} of {len(found)}\n" + "\n".join(missed)


def test_the_documented_outcomes_match_the_readers(messages: list[Sample]) -> None:
    """Regenerate docs/messages.md and its data with `python -m tests.core.intake.table`."""
    results = outcomes(messages)
    assert DATA.read_text(encoding="utf-8") == data(results)
    assert PAGE.read_text(encoding="utf-8") == page(results)

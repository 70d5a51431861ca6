"""A desk with cases of every kind, screened by the real engine: for pictures of its pages and for axe.

Payments are those of the demo and some more; the list has the entries that they match and every 46th other.
"""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from deploy.demo.cases import demo_cases
from holdgate.adapters.files.archive import Archive, archive_of
from holdgate.adapters.files.policy_file import read_policy
from holdgate.core.engine.screener import Screener
from holdgate.core.intake.reader import read_json
from holdgate.core.lists.announcement import Announcement
from holdgate.core.lists.snapshot import load_snapshot
from holdgate.core.model.decision import Decision, Versions, to_json
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import DECISIONS
from holdgate.desk.gate_figures import (
    FiringAlert,
    GateFigures,
    HeldReason,
    ListFigures,
    RailDeadline,
    WorkerFigures,
)
from holdgate.lists.building import BuiltSnapshot, build_lists
from tests.desk.conftest import DeskRig, Person
from tests.support.small_list import SAMPLE_POLICY, write

ENTRIES = frozenset(
    "8279 21171 23343 24283 20157 21444 18558 22992 12735 29279 6861 17018 18715 25578 25419 25421 25420"
    " 306 15036 24752 10368 25639 4642 22113 22151 16692".split()
)
CHANGED_ENTRY = "29279"
"""It is removed from the newest lists, so that a case shows what changed."""

HELD = tuple(f"DEMO-{number}" for number in (156, 163, 171, 173, 182, 189, 190, 194, 153))
SIMILAR = "DEMO-153"
"""Of which there are more with the same party and entry."""

RIGHT_TO_LEFT: dict[str, Any] = {
    "payment_id": "DEMO-301",
    "rail": "swift",
    "amount": "48200.00",
    "currency": "EUR",
    "debtor": {"name": "Levant Textiles SARL", "kind": "entity", "address": {"country": "LB"}},
    "creditor": {
        "name": "بشار حافظ الأسد",
        "kind": "person",
        "birth_date": "1965-09-11",
        "address": {"lines": ["Muhajireen"], "town": "Damascus", "country": "SY"},
        "ids": [{"type": "passport", "value": "D1903", "country": "SY"}],
    },
    "debtor_agent": {"bic": "BLOMLBBX"},
    "creditor_agent": {"bic": "CMSYSYDA"},
    "remittance": ["Invoice 4471 for \u202eFDP.gnirts\u202c cotton"],
}
RELEASE = {
    "decision": "RELEASE:FALSE_POSITIVE",
    "note": "Another person: birth year and country differ.",
}


class Gallery:
    """The desk, and the cases that pages are about."""

    def __init__(self, rig: DeskRig, folder: Path) -> None:
        self.rig = rig
        policy = read_policy(SAMPLE_POLICY)
        archive = archive_of(rig.settings)
        assert archive is not None
        archive.put_policy(policy)
        built = _publish(archive, folder / "then", frozenset(), datetime(2026, 3, 1, 6, tzinfo=UTC))
        _publish(archive, folder / "now", frozenset({CHANGED_ENTRY}), datetime(2026, 3, 2, 6, tzinfo=UTC))
        self._screener = Screener(load_snapshot(built.data), policy)
        demo = {case.name: case.payment for case in demo_cases() if case.payment}
        now = datetime.now(UTC)
        due = (-95, -12, 25, 70, 130, 190, 260, 400, 900, 1500, 1900, 2000)
        demo = {name: payment | {"submitted_at": now.isoformat()} for name, payment in demo.items()}
        account = {"account": {"iban": "DE02120300000000202051"}}
        demo[SIMILAR] |= {"creditor": demo[SIMILAR]["creditor"] | account}
        again = [demo[SIMILAR] | {"payment_id": f"DEMO-30{n}", "amount": f"{n}50.00"} for n in (2, 3)]
        held = [RIGHT_TO_LEFT, *(demo[name] for name in HELD), *again]
        self.cases = {
            payment["payment_id"]: self._hold(payment, now + timedelta(minutes=minutes))
            for payment, minutes in zip(held, due, strict=True)
        }
        self.right_to_left = self.cases["DEMO-301"]
        self.cyrillic = self.cases["DEMO-156"]
        self.several = self.cases["DEMO-163"]
        self.proposed = self.cases["DEMO-194"]
        self.similar = self.cases[SIMILAR]
        self.reject = self.cases["DEMO-171"]
        origin = rig.settings.desk_url
        self._decide(rig.person("ana", base_url=origin), rig.person("ben", base_url=origin))
        released = [payment for name, payment in sorted(demo.items()) if name not in HELD][:16]
        self._feed(released, now)
        rig.desk.gate.read = lambda: example_figures(now.timestamp())  # type: ignore[method-assign]

    def _screen(self, payment: dict[str, Any]) -> Decision:
        [received] = read_json(msgspec.json.encode(payment))
        [decision] = self._screener.screen([received])
        return decision

    def _hold(self, payment: dict[str, Any], due: datetime) -> str:
        decision = self._screen(payment)
        assert decision.matches, payment["payment_id"]
        return self.rig.hold(
            payment["payment_id"],
            matches=decision.matches,
            payment={name: value for name, value in payment.items() if name != "payment_id"},
            reason=decision.reason,
            due=due,
            amount=payment["amount"],
            currency=payment["currency"],
            rail=payment["rail"],
            versions=Versions(decision.list_version, decision.policy_version, decision.engine_version),
        )

    def _decide(self, ana: Person, ben: Person) -> None:
        verdicts = {f"verdict-{n}": "false_positive:OTHER_BIRTH_DATE" for n in range(1, 6)}
        ana.post(f"/case/{self.proposed}/take")
        ana.post(f"/case/{self.proposed}/propose", **RELEASE | verdicts)
        ben.post(f"/case/{self.proposed}/note", note="Looks right to me; the payer is a known customer.")
        ana.post(f"/case/{self.cyrillic}/take")
        ben.post(f"/case/{self.several}/escalate", note="Please look at this one first.")
        ben.post(f"/case/{self.reject}/propose", decision="REJECT:NOT_ACCEPTED")

    def _feed(self, payments: list[dict[str, Any]], now: datetime) -> None:
        decisions = [self._screen(payment) for payment in [*payments, RIGHT_TO_LEFT, *payments[:4]]]
        start = now.timestamp() - len(decisions) / 3
        self.rig.feed.start()
        self.rig.feed.add(
            [
                Record(DECISIONS.name, 0, n, start + n / 3, b"", to_json(decision), ())
                for n, decision in enumerate(decisions)
            ]
        )


def example_figures(now: float) -> GateFigures:
    """Return figures as a gate of some two hundred payments a second would have them."""
    times = [now - 1800 + 15 * n for n in range(121)]
    wave = [210 + 60 * math.sin(n / 17) + 14 * math.sin(n / 2.3) for n in range(121)]
    return GateFigures(
        now,
        arriving=[(at, rate + 6 * math.sin(at / 9)) for at, rate in zip(times, wave, strict=True)],
        decided=list(zip(times, wave, strict=True)),
        held_share=[(at, 0.004 + 0.0015 * math.sin(n / 21)) for n, at in enumerate(times)],
        oldest=[
            (at, 0.35 + 0.3 * abs(math.sin(n / 3)) + (3 if 70 < n < 76 else 0)) for n, at in enumerate(times)
        ],
        waiting=41,
        p99_seconds=0.031,
        decided_hour=752_310,
        reasons=[
            HeldReason("LIST_MATCH", 2_731, 2_731 / 752_310),
            HeldReason("GEOGRAPHY", 204, 204 / 752_310),
            HeldReason("NOT_SCREENED", 61, 61 / 752_310),
            HeldReason("INVALID_EVENT", 12, 12 / 752_310),
        ],
        deadlines=[
            RailDeadline("sct_inst", 10, 402_118, 0),
            RailDeadline("swift", 86_400, 251_007, 0),
            RailDeadline("sct", 86_400, 98_450, 0),
            RailDeadline("rtp", 15, 735, 2),
        ],
        workers=[
            WorkerFigures(f"screening-{n}:6066", 4, 105 + n, 0.02, "5d0e65b6c1a4", "0.1.0+7bb76f", 2.6e8)
            for n in (1, 2)
        ],
        lists=[
            ListFigures("ofac", 13_821, 8_100, 172_800),
            ListFigures("un", 1_003, 30_600, 172_800),
            ListFigures("uk", 4_418, 141_000, 172_800),
        ],
        list_versions=["5d0e65b6c1a4f3aa"],
        alerts=[
            FiringAlert(
                "HoldgateListAgeing",
                "ticket",
                "A list is nearly too old",
                "uk is 39 hours old; at 48 hours every payment is held.",
                "https://runbooks.example/holdgate/HoldgateListAgeing.md",
                "",
            )
        ],
    )


def _publish(archive: Archive, folder: Path, without: frozenset[str], moment: datetime) -> BuiltSnapshot:
    built = build_lists({"ofac": str(write(folder, without=without, also=ENTRIES))}, lambda _: None)
    header = built.header
    archive.put_snapshot(header.version, built.data)
    archive.put_announcement(
        Announcement(header.version, moment, header.built_by, sum(built.entries.values()), header.editions)
    )
    return built

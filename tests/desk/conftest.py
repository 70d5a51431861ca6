"""The real application on a projection that a fake log feeds, and people who use it by an HTTP client."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace as replace_members
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from starlette.testclient import TestClient

from holdgate.adapters.case_follower import open_cases
from holdgate.casework.actions import Attachment, WrittenEvent
from holdgate.casework.sign_in import demo_person
from holdgate.core.model.decision import Match, Versions, decide, to_json
from holdgate.core.model.evidence import Evidence
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import REVIEW_EVENTS, REVIEW_EVIDENCE
from holdgate.core.review import event as events
from holdgate.core.review.case import Case
from holdgate.core.review.event import AnyCaseEvent, encode_event
from holdgate.core.review.event_contents import MatchFacts, NewMatches
from holdgate.desk.case_projection import CaseProjection
from holdgate.desk.decision_feed import DecisionFeed
from holdgate.desk.metrics import DeskMetrics
from holdgate.desk.service import make_desk
from holdgate.desk.web import make_app
from holdgate.runtime.health import Health
from holdgate.runtime.settings import Settings
from tests.support.review import RULES, CaseLog, facts

ORIGIN = "http://127.0.0.1:6080"


def name_match(value: str = "Иван Петров", entry: str = "ofac:1", score: float = 0.8) -> Match:
    """Return a match of the creditor by name."""
    return Match(
        field="creditor.name",
        value=value,
        entry_id=entry,
        entry_name="PETROV, Ivan",
        matched_name="Ivan Petrov",
        list="ofac",
        programs=("SDGT",),
        rule="name",
        score=score,
        evidence=(
            Evidence("иван", "ivan", "translit", 5.5),
            Evidence("петров", "petroff", "edit", 4.25),
            Evidence("junior", "", "extra", -1.5),
        ),
    )


class FakeLog(CaseProjection):
    """A projection whose log is a list: what is appended is there at once."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, DeskMetrics(CollectorRegistry()), Health())
        self.lag = 0
        self._offsets = {REVIEW_EVENTS.name: 0, REVIEW_EVIDENCE.name: 0}
        self.before_append: Any = None

    def add(self, topic: str, key: str, value: bytes | None) -> int:
        """Append a record."""
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        with self.store() as store:
            store.add(topic, 0, [Record(topic, 0, offset, 0.0, key.encode(), value, ())], offset + 1)
            self.counts = store.queue_counts()
        return offset

    def append(self, event: AnyCaseEvent, attached: Attachment | None) -> WrittenEvent:
        """Append an event of a person."""
        if self.before_append is not None:
            hook, self.before_append = self.before_append, None
            hook()
        if attached is not None:
            self.add(REVIEW_EVIDENCE.name, attached.digest, attached.value)
        return WrittenEvent(event, self.add(REVIEW_EVENTS.name, event.case_id, encode_event(event)))

    def await_event(self, offset: int) -> None:
        """Return: the event is there."""


class FakeFeed(DecisionFeed):
    """The last decisions without Kafka: tests add the records."""

    def _follow(self) -> None:
        self._stop.wait()


class Person:
    """Somebody with a browser."""

    def __init__(self, app: Any, name: str | None = None, **options: Any) -> None:
        given: dict[str, Any] = {"base_url": ORIGIN, "follow_redirects": False}
        self.http = TestClient(app, **given | options)
        self.http.headers["sec-fetch-site"] = "same-origin"
        if name is not None:
            assert self.http.post("/sign-in", data={"name": name}).status_code == 303

    def get(self, path: str, status: int = 200) -> str:
        """Return a page's HTML."""
        answer = self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, status: int = 303, /, **fields: str) -> httpx2.Response:
        """Send a form with the hidden fields of the case's page, unless they are given."""
        page = self.get(path.rpartition("/")[0])
        answer = self.http.post(path, data=hidden_fields(page) | fields)
        assert answer.status_code == status, answer.text
        return answer


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of all forms of a page."""
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page))


def text_of(page: str) -> str:
    """Return the text of a page without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


class DeskRig:
    """A desk with cases."""

    def __init__(self, folder: Path, exits: ExitStack, **settings: Any) -> None:
        given = {"data": str(folder), "desk": "127.0.0.1:6080", "desk_sign_in": "demo"}
        self.settings: Settings = replace(Settings(), **given | settings)
        self.exits = exits
        self.log = FakeLog(self.settings)
        made = make_desk(self.settings, DeskMetrics(CollectorRegistry()), Health(), exits)
        exits.callback(self.log.close)
        self.feed = FakeFeed(self.settings)
        exits.callback(self.feed.close)
        self.desk = replace_members(made, settings=self.settings, projection=self.log, feed=self.feed)
        self.app = make_app(self.desk)
        rules = events.RulesPublished(event_id="0" * 32, at=RULES_AT, by=REVIEW, what=RULES)
        self.log.add(REVIEW_EVENTS.name, events.RULES_KEY, encode_event(rules))

    def person(self, name: str | None = None, **options: Any) -> Person:
        """Return somebody who is signed in, or nobody in particular."""
        return Person(self.app, name, **options)

    def hold(
        self,
        payment_id: str = "P-1",
        matches: Sequence[Match] | None = None,
        payment: Any = None,
        versions: Versions | None = None,
        **changes: Any,
    ) -> str:
        """Open a case with its evidence; return its id."""
        found = [name_match()] if matches is None else list(matches)
        members = payment or {"creditor": {"name": "Иван Петров", "kind": "person"}, "amount": "100.00"}
        record = changes.pop("record", None) or msgspec.json.encode({"payment_id": payment_id} | members)
        content = sha256(record).hexdigest()
        lists = changes.pop("list_version", "lists")
        decision = to_json(
            decide(
                payment_id=payment_id,
                content_hash=content,
                versions=versions or Versions(lists, "policy", "engine"),
                reason=changes.get("reason", "LIST_MATCH"),
                status=changes.get("status", "PDNG"),
                matches=tuple(found),
            )
        )
        held = facts(
            **{
                "payment_id": payment_id,
                "content_hash": content,
                "decision_id": sha256(decision).hexdigest()[:32],
                "decision": sha256(decision).hexdigest(),
                "payment": sha256(record).hexdigest(),
                "matches": tuple(MatchFacts(match.entry_id, match.rule, match.score) for match in found),
            }
            | changes
        )
        log = CaseLog(held)
        opened = log.event(events.CaseOpened, "review", held)
        for value in (decision, record):
            self.log.add(REVIEW_EVIDENCE.name, sha256(value).hexdigest(), value)
        self.log.add(REVIEW_EVENTS.name, log.case_id, encode_event(opened))
        return log.case_id

    def send_back(self, case_id: str, matches: Sequence[Match]) -> None:
        """Do as the review process whose last screening found these matches."""
        case = self.case(case_id)
        decision = to_json(
            decide(
                payment_id=case.facts.payment_id,
                content_hash=case.facts.content_hash,
                versions=Versions("new lists", "policy", "engine"),
                reason="LIST_MATCH",
                status="PDNG",
                matches=tuple(matches),
            )
        )
        digest = sha256(decision).hexdigest()
        self.log.add(REVIEW_EVIDENCE.name, digest, decision)
        found = tuple(MatchFacts(match.entry_id, match.rule, match.score) for match in matches)
        back = events.CaseSentBack(
            event_id="f" * 32,
            at=RULES_AT,
            by=REVIEW,
            case_id=case_id,
            revision=case.revision + 1,
            on=case.in_force,
            what=NewMatches(digest, found),
        )
        self.log.add(REVIEW_EVENTS.name, case_id, encode_event(back))

    def case(self, case_id: str) -> Case:
        """Return a case as the projection has it."""
        with open_cases(self.settings) as store:
            case = store.case(case_id)
        assert case is not None
        return case

    def voids(self, case_id: str) -> list[str]:
        """Return why events of a case do not count."""
        with open_cases(self.settings) as store:
            return [item.void for item in store.events(case_id) if item.void is not None]


RULES_AT = CaseLog(facts()).event(events.NoteAdded, "ana", None).at
REVIEW = CaseLog(facts()).event(events.NoteAdded, "review", None).by
RELEASE = {"decision": "RELEASE:FALSE_POSITIVE", "verdict-1": "false_positive:OTHER_BIRTH_DATE"}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[DeskRig]:
    """Yield a desk without cases."""
    with ExitStack() as exits:
        yield DeskRig(tmp_path, exits)


def demo_user(name: str) -> str:
    """Return the pseudonym of a person of the demo."""
    return demo_person(name).user


def attach(rig: DeskRig, case_id: str, value: bytes, status: int = 303) -> str:
    """Attach a file to a case, as a person who may; return its digest."""
    otto = rig.person("otto")
    fields = hidden_fields(otto.get(f"/case/{case_id}"))
    answer = otto.http.post(f"/case/{case_id}/attach", data=fields, files={"file": ("name.pdf", value)})
    assert answer.status_code == status, answer.text
    return sha256(value).hexdigest()

"""The live page: its figures from Prometheus, the last decisions, and the stream of both."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from starlette.requests import Request

from holdgate.adapters.prometheus_query import Alert, Sample, SampledSeries
from holdgate.core.model.decision import Versions, decide, to_json
from holdgate.core.records.kafka_record import Record
from holdgate.core.records.topics import DECISIONS, PROBE
from holdgate.core.review.event import make_case_id
from holdgate.desk import gate_figures, live_page
from holdgate.desk.decision_feed import KEPT_DECISIONS
from holdgate.desk.gate_figures import GateFigures, GateWatch, ask_figures
from holdgate.desk.live_page import stream_live
from holdgate.desk.sessions import IDLE_SECONDS, MAX_SESSION_STREAMS, SessionStore, StreamCounter
from holdgate.desk.visit import Visit
from holdgate.runtime.settings import Settings
from tests.desk.conftest import DeskRig, name_match, text_of
from tests.support.review import PEOPLE

HASH = "c" * 64


def decision_record(payment_id: str, *, held: bool = False, probe: bool = False, offset: int = 0) -> Record:
    """Return a record of screening.decisions."""
    decision = decide(
        payment_id=payment_id,
        content_hash=HASH,
        versions=Versions("lists", "policy", "engine"),
        reason="LIST_MATCH" if held else "NO_MATCH",
        status="PDNG" if held else "ACCP",
        matches=(name_match(),) if held else (),
    )
    headers = ((PROBE, b"1"),) if probe else ()
    return Record(DECISIONS.name, 0, offset, 1_790_000_000.0, payment_id.encode(), to_json(decision), headers)


class FakePrometheus:
    """Answers queries by the first text that they contain."""

    def __init__(self, answers: Mapping[str, Sequence[tuple[Mapping[str, str], float]]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def query(self, expression: str) -> Sequence[Sample]:
        self.asked.append(expression)
        found = next((found for text, found in self.answers.items() if text in expression), ())
        return [Sample(dict(labels), (0.0, str(number))) for labels, number in found]

    def query_range(self, expression: str, start: float, end: float, step: float) -> Sequence[SampledSeries]:
        self.asked.append(expression)
        return [SampledSeries({}, [(start, "1.5"), (end - step, "NaN"), (end, "2")])]

    def alerts(self) -> Sequence[Alert]:
        labels = {"severity": "page"}
        return [
            Alert({"alertname": "HoldgateLater", "severity": "ticket"}, {"summary": "soon"}, "firing", ""),
            Alert({"alertname": "HoldgateNow"} | labels, {"summary": "at once"}, "firing", ""),
            Alert({"alertname": "HoldgateNot"} | labels, {}, "pending", ""),
            Alert({"alertname": "Foreign"} | labels, {}, "firing", ""),
        ]


ANSWERS: Mapping[str, Any] = {
    "sum by (reason)": [({"reason": "LIST_MATCH"}, 30.0), ({"reason": "GEOGRAPHY"}, 0.0)],
    "sum(increase(holdgate_decisions_total{}[1h]))": [({}, 1_000.0)],
    "sum by (rail) (increase(holdgate_decisions": [({"rail": "rtp"}, 900.0)],
    "max by (rail)": [({"rail": "swift"}, 86_400.0), ({"rail": "rtp"}, 15.0), ({"rail": "sct_inst"}, 10.0)],
    "holdgate_partitions_assigned": [({"instance": "w1:6066"}, 4.0), ({"instance": "w2:6066"}, 4.0)],
    "holdgate_list_info": [({"instance": "w1:6066", "version": "v1"}, 1.0)],
    "holdgate_list_age_limit_seconds": [({"list": "ofac"}, 86_400.0)],
    "holdgate_list_age_seconds": [({"list": "ofac"}, 90_000.0)],
    "histogram_quantile": [({}, float("nan"))],
    'up{gate!="",} == 0': [({"job": "probe", "instance": "p:6066"}, 0.0)],
}


def test_figures_are_read_from_prometheus() -> None:
    figures = ask_figures(FakePrometheus(ANSWERS), 10_000.0)  # type: ignore[arg-type]
    assert [(item.reason, item.payments, item.share) for item in figures.reasons] == [
        ("LIST_MATCH", 30, 0.03)
    ]
    assert figures.deadline == 15, "the shortest of the rails that had payments"
    assert [(worker.address, worker.list_version) for worker in figures.workers] == [
        ("w1:6066", "v1"),
        ("w2:6066", ""),
    ]
    assert [alert.name for alert in figures.alerts] == ["HoldgateNow", "HoldgateLater"]
    assert figures.silent == ["probe p:6066"]
    assert figures.p99_seconds is None
    assert figures.decided == [(8_200.0, 1.5), (10_000.0, 2.0)]


def test_one_gate_of_several_is_asked_for() -> None:
    server = FakePrometheus(ANSWERS)
    figures = ask_figures(server, 10_000.0, "eu-1")  # type: ignore[arg-type]
    assert all('gate="eu-1"' in expression for expression in server.asked)
    assert figures.alerts == [], "alerts of other gates"


def test_prometheus_is_asked_once_for_all_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakePrometheus(ANSWERS)
    monkeypatch.setattr(gate_figures, "PrometheusServer", lambda _: server)
    watch = GateWatch(Settings(desk_prometheus="http://127.0.0.1:1"))
    watch.read()
    asked = len(server.asked)
    assert watch.read().problem is None
    assert len(server.asked) == asked > 10


def test_the_page_says_what_is_not_known() -> None:
    assert "HOLDGATE_DESK_PROMETHEUS" in (GateWatch(Settings()).read().problem or "")
    silent = GateWatch(Settings(desk_prometheus="http://127.0.0.1:1")).read()
    assert "does not answer" in (silent.problem or "")


def test_the_page_shows_figures_and_decisions_without_names(
    rig: DeskRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = ask_figures(FakePrometheus(ANSWERS), 10_000.0)  # type: ignore[arg-type]
    monkeypatch.setattr(rig.desk.gate, "read", lambda: figures)
    rig.feed.add(
        [decision_record("P-1"), decision_record("P-2", held=True), decision_record("x", probe=True)]
    )
    page = rig.person("ana").get("/live")
    text = text_of(page)
    assert "Page: HoldgateNow at once" in text
    assert "LIST_MATCH 30 3.0 %" in text
    assert "ofac 25 h 24 h" in text
    assert "P-1 RELEASE NO_MATCH" in text
    assert f'href="/case/{make_case_id("P-2", HASH)}">' in page
    assert 'href="/case/' not in page.partition("P-1")[0].rpartition("<tr")[2]
    for name in ("Петров", "Petrov", "PETROV"):
        assert name not in page
    assert "P-2" in page
    assert ">x<" not in page, "the probe's payment"


def test_an_administrator_sees_figures_and_no_payment(rig: DeskRig) -> None:
    rig.feed.add([decision_record("P-1")])
    page = rig.person("emil").get("/live")
    assert "P-1" not in page
    assert "do not allow you to see payments" in page


def test_the_feed_is_bounded_and_passes_over_what_it_cannot_read(rig: DeskRig) -> None:
    records = [decision_record(f"P-{n}", offset=n) for n in range(2 * KEPT_DECISIONS)]
    rig.feed.add([records[0]._replace(value=b"{"), records[0]._replace(value=None), *records], skipped=7)
    state = rig.feed.read()
    assert len(state.rows) == KEPT_DECISIONS
    assert state.rows[0].payment_id == f"P-{2 * KEPT_DECISIONS - 1}", "the newest first"
    assert state.skipped == 7
    assert [row.payment_id for row in rig.feed.read(state.rows[1].number).rows] == [state.rows[0].payment_id]


@pytest.fixture(autouse=True)
def quick_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "STREAM_SECONDS", 0.01)


class Listener:
    """Reads the stream of a person as a browser does."""

    def __init__(self, rig: DeskRig, name: str, headers: Mapping[str, str] = {}) -> None:
        self._rig, self._secret = rig, rig.person(name).http.cookies["holdgate"]
        session = rig.desk.sessions.find(self._secret)
        assert session is not None
        self.session = session
        scope = {
            "type": "http",
            "query_string": b"after=0",
            "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        }
        with rig.log.store() as store:
            response = stream_live(Visit(rig.desk, Request(scope), session, store, {}))
        self.messages: Any = response.body_iterator  # type: ignore[attr-defined]

    def sign_out(self) -> None:
        """End the session."""
        self._rig.desk.sessions.end(self._secret)

    async def next(self) -> tuple[str, str]:
        """Return event and data of the next message."""
        message = str(await anext(self.messages))
        lines = message.splitlines()
        event = next((line.removeprefix("event: ") for line in lines if line.startswith("event: ")), "")
        return event, "\n".join(line.removeprefix("data: ") for line in lines if line.startswith("data: "))


def test_a_stream_brings_new_decisions_until_the_session_ends(
    rig: DeskRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.desk.gate, "read", lambda: GateFigures(1.0, "nothing is known"))
    rig.feed.start()
    rig.feed.add([decision_record("P-1")])

    async def listen() -> None:
        ana, emil = Listener(rig, "ana"), Listener(rig, "emil")
        assert (await ana.next())[0] == "figures"
        assert "P-1" in (await ana.next())[1]
        rig.feed.add([decision_record("<b>P-2</b>", held=True)])
        event, html = await ana.next()
        assert event == "decisions"
        assert "&lt;b&gt;P-2" in html
        assert "P-1" not in html
        ana.sign_out()
        assert await ana.next() == ("ended", "")
        assert (await emil.next())[0] == "figures"
        rig.feed.stop()
        assert await emil.next() == ("ended", "")

    asyncio.run(listen())
    assert len(rig.desk.streams) == 0


def test_a_browser_that_connects_again_gets_what_is_new(rig: DeskRig) -> None:
    rig.feed.start()
    rig.feed.add([decision_record("P-1"), decision_record("P-2")])

    async def listen() -> None:
        ana = Listener(rig, "ana", {"last-event-id": "1"})
        html = (await ana.next())[1]
        assert "P-2" in html
        assert "P-1" not in html
        await ana.messages.aclose()

    asyncio.run(listen())


def test_streams_are_counted_and_bounded() -> None:
    sessions, streams = SessionStore(), StreamCounter()
    _, one = sessions.start(PEOPLE["ana"], "Ana")
    assert [streams.take(one) for _ in range(MAX_SESSION_STREAMS + 1)] == [True] * MAX_SESSION_STREAMS + [
        False
    ]
    streams.give_back(one)
    assert streams.take(one)


def test_a_stream_does_not_keep_a_session_open() -> None:
    now = 0.0
    sessions = SessionStore(lambda: now)
    secret, session = sessions.start(PEOPLE["ana"], "Ana")
    now = IDLE_SECONDS - 1
    assert sessions.find(secret, is_use=False) is session
    assert sessions.is_open(session)
    now = IDLE_SECONDS + 1
    assert not sessions.is_open(session)
    assert sessions.find(secret, is_use=False) is None

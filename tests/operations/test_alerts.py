"""A real Prometheus on a real gate: the right alerts fire, and only they; every panel has data."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.dashboards.__main__ import PAGES
from deploy.dashboards.panels import queries
from deploy.local.redis_server import Redis
from holdgate.lists.building import BuiltSnapshot
from tests.operations.watched import Watched, as_table, faster, traffic
from tests.support.payments import payment
from tests.support.rig import Rig, closing
from tests.support.small_list import PERSON, POLICY, write

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

TABLE = os.environ.get("DASHBOARDS_TABLE")
"""File for the result of every panel's query; `docs/data/dashboard-panels.tsv` is one."""

CHANGE_OF_OWNERS = {"HoldgateProbeLate", "HoldgateProbeSilent"}
"""While partitions change hands the probe waits for its answer: seconds, which are minutes here."""


@pytest.fixture
def watched(tmp_path: Path, runtime_folder: Path, kafka: str, small: BuiltSnapshot) -> Iterator[Watched]:
    """A gate whose policy judges the age of its list, which is fresh."""
    with (
        Redis(runtime_folder / "redis-watched") as redis,
        closing(Rig(tmp_path, kafka, redis.url, "watched.", HOLDGATE_POLICY=str(POLICY))) as rig,
    ):
        rig.create_topics()
        rig.make_current(small, ofac=datetime.now(UTC))
        with Watched(rig, tmp_path) as watched, traffic(rig):
            yield watched


@pytest.mark.nightly  # waits for every alert in turn: two minutes; the rules have tests by promtool as well
def test_the_right_alerts_fire_and_only_they(
    watched: Watched, small: BuiltSnapshot, smaller: BuiltSnapshot
) -> None:
    rig = watched.rig
    watched.await_until(lambda: watched.beside["lists"].said("lists published"), "a first publication")
    write(watched.lists, without=frozenset({PERSON}))
    watched.await_until(lambda: bool(watched.ask("holdgate_lists_changes")), "a change of lists")
    lift_holds(watched, small, smaller)
    watched.await_quiet()
    watched.begin()
    rows = []
    for page, panel, query in queries(PAGES):
        if panel.kind == "alerts":
            continue  # nothing fires
        watched.await_until(
            lambda query=query: watched.show(query).value is not None,  # type: ignore[misc]
            f"data of {page.title}, {panel.title}: {query.expr}",
        )
        rows.append((page.title.removeprefix("Holdgate: "), panel.title, query, watched.show(query)))
    assert watched.fired() == set(), "a gate that is well wakes nobody"
    if TABLE:
        Path(TABLE).write_text(as_table(rows))

    broken = [(f"broken-{number}", json.dumps(payment(f"broken-{number}"))) for number in range(200)]
    rig.send(
        ((key.encode(), value.encode()) for key, value in broken), [("content-type", b"application/xml")]
    )
    watched.await_alerts({"HoldgateDeadLetterRate"})
    assert watched.ask("holdgate_dead_letters_waiting")[0]["value"][1] == "200"
    right = ("--code", "not_xml", "--header", "content-type=application/json")
    done = rig.holdgate("deadletters", "redrive", *right, "--execute", "--reason", "the sender said XML")
    assert done.exit_code == 0, done.output
    watched.await_quiet()
    assert watched.ask("holdgate_dead_letters_waiting")[0]["value"][1] == "0"
    assert {one.json["reason"] for one in rig.await_decided("broken-0", "broken-199", times=2)} == {
        "NO_MATCH"
    }
    assert watched.fired() == {"HoldgateDeadLetterRate"}

    watched.begin()
    assert watched.workers[1].terminate() == 0
    watched.await_alerts({"HoldgateWorkerDown"})
    assert watched.fired() - CHANGE_OF_OWNERS == {"HoldgateWorkerDown"}

    watched.await_until(lambda: watched.firing() == {"HoldgateWorkerDown"}, "an answer to the probe")
    watched.begin()
    rig.make_current(small, ofac=datetime.now(UTC) - timedelta(hours=49))
    watched.await_alerts({"HoldgateListStale", "HoldgateHoldsForced", "HoldgateProbeWrong"})
    assert watched.fired() == {
        "HoldgateWorkerDown",
        "HoldgateListStale",
        "HoldgateHoldsForced",
        "HoldgateProbeWrong",
    }

    rig.make_current(small, ofac=datetime.now(UTC))
    watched.await_until(
        lambda: not watched.firing() & {"HoldgateListStale", "HoldgateProbeWrong"}, "a fresh list"
    )


def lift_holds(watched: Watched, small: BuiltSnapshot, smaller: BuiltSnapshot) -> None:
    """Payments that a stale list held are released with a fresh one, without the person; the whole list then
    holds the person's payments again.
    """
    rig = watched.rig
    fresh = datetime.now(UTC)
    rig.make_current(small, ofac=fresh - timedelta(days=30))
    watched.await_until(
        lambda: any(one.json["reason"] == "LIST_STALE" for one in rig.decisions()), "a hold by a stale list"
    )
    rig.make_current(smaller, ofac=fresh)
    watched.await_lists(smaller.header.version)
    done = rig.holdgate("rescreen", "--max", "100000", "--reason", "fresh", data=str(rig.folder / "data"))
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["counts"]["released"] > 0
    rig.make_current(small, ofac=fresh)
    watched.await_lists(small.header.version)
    watched.await_until(
        lambda: bool(watched.ask('holdgate_rescreen_reissued_total{kind="held"} > 0')), "them held again"
    )


def test_rules_are_made_faster_and_nothing_else() -> None:
    rule = "record: job:x:rate5m\nexpr: rate(a[5m]) > 5 * b offset 1w\n  for: 30s\nfor: 1h\n"
    assert faster(rule) == (
        "record: job:x:rate5m\nexpr: rate(a[30000ms]) > 5 * b offset 1w\n  for: 3000ms\nfor: 360000ms\n"
    )

"""Problems are reported with the worst first, each with an existing runbook."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from holdgate.status.page import age, render_screen
from holdgate.status.problems import problems
from holdgate.status.situation import ListAge, Queue, Situation, Worker
from tests.prometheus.exported import RULES, rules

WORKER = Worker(
    "127.0.0.1:1", partitions=4, list_version="v1", engine="e1", policy="p1", deadlines={"swift": 100.0}
)
WELL = Situation(
    at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    kafka=None,
    redis=None,
    payments={0: Queue(0, None), 1: Queue(3, 0.5)},
    dead_letters=Queue(0, None),
    workers=(WORKER,),
    list_version="v1",
    published_at=datetime(2026, 11, 24, 1, 0, tzinfo=UTC),
    lists=(ListAge("ofac", 14_000, 3_600.0, 172_800.0, False),),
    redis_memory_bytes=100,
    redis_limit_bytes=1_000,
    redis_evicted=0,
)
OLD = ListAge("ofac", 14_000, 200_000.0, 172_800.0, False)

CASES: list[tuple[str, dict[str, Any]]] = [
    (
        "HoldgateKafkaFaults",
        {"kafka": "NoBrokersAvailable", "workers": None, "payments": None, "dead_letters": None},
    ),
    ("HoldgateRedisFaults", {"redis": "ConnectionError", "list_version": None, "lists": None}),
    ("HoldgateRedisEvictions", {"redis_evicted": 4}),
    ("HoldgateNoWorkers", {"workers": ()}),
    ("HoldgateWorkerDown", {"workers": (WORKER, Worker("127.0.0.1:2", error="gone"))}),
    ("HoldgateListMissing", {"workers": (replace(WORKER, list_version=None),)}),
    ("HoldgateListMissing", {"list_version": None, "lists": (), "workers": (WORKER,)}),
    ("HoldgateListVersionSkew", {"list_version": "v2"}),
    ("HoldgateCanaryMissed", {"workers": (replace(WORKER, canary_missed=1),)}),
    ("HoldgateRulesSkew", {"workers": (WORKER, replace(WORKER, policy="p2"))}),
    ("HoldgatePaymentsWaiting", {"payments": {0: Queue(1, 51.0)}}),
    ("HoldgatePaymentsWaiting", {"workers": (replace(WORKER, oldest_seconds=51.0),)}),
    ("HoldgateNoProgress", {"payments": {0: Queue(1, 40.0)}}),
    ("HoldgateListStale", {"lists": (OLD,)}),
    ("HoldgateListAgeing", {"lists": (replace(OLD, age_seconds=140_000.0),)}),
    ("HoldgateDeadLettersOld", {"dead_letters": Queue(2, 90_000.0)}),
    ("HoldgateDeadLetterRate", {"dead_letters": Queue(11, 77.0)}),
    ("HoldgateRedisFull", {"redis_memory_bytes": 900}),
]


def test_a_healthy_gate_has_no_problems() -> None:
    assert problems(WELL) == []
    assert "Nothing is wrong." in list(render_screen(WELL, []))


@pytest.mark.parametrize(("alert", "changes"), CASES)
def test_each_problem_is_reported_with_the_severity_of_its_alert(alert: str, changes: dict[str, Any]) -> None:
    [problem] = problems(replace(WELL, **changes))
    assert problem.alert == alert
    severities = {
        rule["labels"]["severity"] for rule in rules(RULES / "alerts.yml") if rule["alert"] == alert
    }
    assert problem.urgency in severities
    lines = list(render_screen(replace(WELL, **changes), [problem]))
    assert any(problem.what in line for line in lines[:4])


@pytest.mark.parametrize("letters", [Queue(10, 77.0), Queue(500, 3_600.0), Queue(500, 86_400.0)])
def test_few_or_recent_dead_letters_are_not_a_problem(letters: Queue) -> None:
    assert problems(replace(WELL, dead_letters=letters)) == []


@pytest.mark.parametrize("one", [replace(OLD, exempt=True), replace(OLD, limit_seconds=None)])
def test_a_list_without_a_maximum_age_is_not_a_problem(one: ListAge) -> None:
    assert problems(replace(WELL, lists=(one,))) == []


def test_problems_that_page_come_first() -> None:
    found = problems(replace(WELL, redis_memory_bytes=900, lists=(OLD,), redis_evicted=1))
    assert [problem.alert for problem in found] == [
        "HoldgateRedisEvictions",
        "HoldgateListStale",
        "HoldgateRedisFull",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "unknown"),
        (-3.0, "0 seconds"),
        (0.4, "0 seconds"),
        (61.0, "1 minute 1 second"),
        (7_200.0, "2 hours"),
        (176_400.0, "2 days 1 hour"),
        (172_859.0, "2 days"),
    ],
)
def test_durations_are_in_words(seconds: float | None, text: str) -> None:
    assert age(seconds) == text


def test_what_is_not_known_is_not_said_to_be_none() -> None:
    dark = replace(
        WELL, kafka="gone", redis="gone", payments=None, dead_letters=None, workers=None, lists=None
    )
    lines = list(render_screen(dark, problems(dark)))
    for name in ("Payments waiting", "Dead letters", "Lists", "Workers", "Redis  "):
        [line] = [line for line in lines if line.startswith(name)]
        assert line.endswith("unknown"), line
    assert {problem.alert for problem in problems(dark)} == {"HoldgateKafkaFaults", "HoldgateRedisFaults"}


def test_a_worker_is_named_by_host_and_partitions_without_control_characters() -> None:
    odd = Worker("host\x1b[2J:6066", error="gone", assigned=(0, 1, 2, 5))
    [problem] = problems(replace(WELL, workers=(WORKER, odd)))
    text = "\n".join(render_screen(replace(WELL, workers=(WORKER, odd)), [problem]))
    assert "worker host\\u001b[2J:6066 (partitions 0-2, 5) does not answer" in text
    assert "\x1b" not in text

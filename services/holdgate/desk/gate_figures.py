"""The figures of the live page, from Prometheus: what arrives, what is held and why, who works, what fires.

One process asks for all of its readers, at most every few seconds. Probe payments are in none of the figures.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple

import structlog

from holdgate.adapters.prometheus_query import (
    Alert,
    PrometheusFault,
    PrometheusServer,
    Sample,
    SampledSeries,
)
from holdgate.runtime.settings import Settings

log = structlog.get_logger()

FIGURES_SECONDS = 5.0
"""How long figures are kept: Prometheus reads the services as often in the delivered settings."""

CHART_SECONDS, CHART_STEP = 1_800.0, 15.0
"""The charts show half an hour, with 120 points."""

ALERT_PREFIX = "Holdgate"
MAX_ALERTS = 30
MAX_WORKERS = 100

# `$gate` stands for the selector of one gate, where a Prometheus reads several.
DECIDED_QUERY = "sum(rate(holdgate_decisions_total{$gate}[1m]))"
ARRIVING_QUERY = (
    "clamp_min(sum(rate(holdgate_decisions_total{$gate}[1m]))"
    " + (sum(deriv(holdgate_lag_records{$gate}[1m])) or vector(0)), 0)"
)
"""Payments a second: those that are decided and those by which the backlog grows."""

HELD_QUERY = (
    'sum(rate(holdgate_decisions_total{decision="HOLD",$gate}[5m]))'
    " / sum(rate(holdgate_decisions_total{$gate}[5m]))"
)
OLDEST_QUERY = "max(holdgate_lag_seconds{$gate} or holdgate_oldest_unscreened_seconds{$gate})"


class HeldReason(NamedTuple):
    """How many of the last hour's payments were held for a reason, and their share of all."""

    reason: str
    payments: float
    share: float


class RailDeadline(NamedTuple):
    """The deadline of a rail in seconds, its decisions of the last hour, and how many were late."""

    rail: str
    seconds: float
    decided: float
    late: float


class WorkerFigures(NamedTuple):
    """A worker; None where it has no such metric."""

    address: str
    partitions: int
    decided: float
    oldest_seconds: float
    list_version: str
    engine: str
    memory_bytes: float | None


class ListFigures(NamedTuple):
    """A list as the workers use it; `limit_seconds` is the policy's, None if its age is not judged."""

    name: str
    entries: int
    age_seconds: float
    limit_seconds: float | None


class FiringAlert(NamedTuple):
    """An alert with its sentences and the address of its runbook."""

    name: str
    severity: str
    summary: str
    description: str
    runbook: str
    since: str


class GateFigures(NamedTuple):
    """Everything the page shows of the gate at one time. `problem` says why there is nothing."""

    at: float
    problem: str | None = None
    arriving: Sequence[tuple[float, float]] = ()
    decided: Sequence[tuple[float, float]] = ()
    held_share: Sequence[tuple[float, float]] = ()
    oldest: Sequence[tuple[float, float]] = ()
    waiting: float = 0.0
    p99_seconds: float | None = None
    decided_hour: float = 0.0
    reasons: Sequence[HeldReason] = ()
    deadlines: Sequence[RailDeadline] = ()
    workers: Sequence[WorkerFigures] = ()
    silent: Sequence[str] = ()
    lists: Sequence[ListFigures] = ()
    list_versions: Sequence[str] = ()
    alerts: Sequence[FiringAlert] = ()

    @property
    def deadline(self) -> float | None:
        """The shortest deadline of a rail that had payments, of all rails if none had; in seconds."""
        used = [rail.seconds for rail in self.deadlines if rail.decided >= 1]
        return min(used or [rail.seconds for rail in self.deadlines], default=None)


NO_PROMETHEUS = (
    "HOLDGATE_DESK_PROMETHEUS is not set, so rates, ages, workers and alerts are not known here."
    " `holdgate status` shows them in a terminal."
)


class GateWatch:
    """Asks Prometheus, and keeps the answer for a few seconds."""

    def __init__(self, settings: Settings) -> None:
        address, self._gate = settings.desk_prometheus, settings.desk_gate
        self._server = PrometheusServer(address) if address else None
        self._lock = Lock()
        self._known = GateFigures(0.0)
        self._asked_at = -FIGURES_SECONDS

    def read(self) -> GateFigures:
        """Return the figures, a few seconds old at most."""
        if self._server is None:
            return GateFigures(0.0, NO_PROMETHEUS)
        with self._lock:
            if time.monotonic() - self._asked_at >= FIGURES_SECONDS:
                self._known = _ask(self._server, time.time(), self._gate)
                self._asked_at = time.monotonic()
            return self._known


def _ask(server: PrometheusServer, now: float, gate: str | None) -> GateFigures:
    try:
        return ask_figures(server, now, gate)
    except PrometheusFault as error:
        log.warning("Prometheus does not answer", error=f"{type(error).__name__}: {error}"[:200])
        return GateFigures(now, "Prometheus does not answer, so the figures are not known.")


def ask_figures(server: PrometheusServer, now: float, gate: str | None = None) -> GateFigures:
    """Ask for everything about a gate, or about all; raise one of `PrometheusFault`."""
    selector = f'gate="{gate}"' if gate else ""

    def query(expression: str) -> Sequence[Sample]:
        return server.query(expression.replace("$gate", selector))

    def line(expression: str) -> Sequence[tuple[float, float]]:
        series = server.query_range(
            expression.replace("$gate", selector), now - CHART_SECONDS, now, CHART_STEP
        )
        return _only_points(series)

    def number(expression: str) -> float | None:
        return next((item.number for item in query(expression) if item.number == item.number), None)

    def by(label: str, expression: str) -> Mapping[str, float]:
        return {item.metric.get(label, ""): item.number for item in query(expression)}

    decided_hour = number("sum(increase(holdgate_decisions_total{$gate}[1h]))") or 0.0
    reasons = by("reason", 'sum by (reason) (increase(holdgate_decisions_total{decision="HOLD",$gate}[1h]))')
    decided_by_rail = by("rail", "sum by (rail) (increase(holdgate_decisions_total{$gate}[1h]))")
    late = by("rail", "sum by (rail) (increase(holdgate_late_decisions_total{$gate}[1h]))")
    deadlines = by("rail", "max by (rail) (holdgate_rail_deadline_seconds{$gate})")
    limits = by("list", "max by (list) (holdgate_list_age_limit_seconds{$gate})")
    exempt = by("list", "max by (list) (holdgate_list_freshness_exempt{$gate})")
    entries = by("list", "max by (list) (holdgate_list_entries{$gate})")
    ages = by("list", "max by (list) (holdgate_list_age_seconds{$gate})")
    versions = query("holdgate_list_info{$gate}")
    return GateFigures(
        now,
        arriving=line(ARRIVING_QUERY),
        decided=line(DECIDED_QUERY),
        held_share=line(HELD_QUERY),
        oldest=line(OLDEST_QUERY),
        waiting=number("sum(holdgate_lag_records{$gate})") or 0.0,
        p99_seconds=number(
            "histogram_quantile(0.99, sum by (le) (rate(holdgate_decision_seconds_bucket{$gate}[5m])))"
        ),
        decided_hour=decided_hour,
        reasons=sorted(
            (
                HeldReason(reason, held, held / decided_hour if decided_hour else 0.0)
                for reason, held in reasons.items()
                if held >= 0.5
            ),
            key=lambda item: -item.payments,
        ),
        deadlines=sorted(
            (
                RailDeadline(rail, seconds, decided_by_rail.get(rail, 0.0), late.get(rail, 0.0))
                for rail, seconds in deadlines.items()
                if seconds > 0
            ),
            key=lambda item: (-item.decided, item.seconds),
        ),
        workers=_workers(query, versions)[:MAX_WORKERS],
        silent=sorted(
            f"{item.metric.get('job', '?')} {item.metric.get('instance', '?')}"
            for item in query('up{gate!="",$gate} == 0')
        ),
        lists=[
            ListFigures(
                name,
                int(entries.get(name, 0)),
                age,
                None if exempt.get(name) else limits.get(name),
            )
            for name, age in sorted(ages.items())
        ],
        list_versions=sorted({item.metric.get("version", "") for item in versions}),
        alerts=_firing(server.alerts(), gate),
    )


def _workers(query: Callable[[str], Sequence[Sample]], versions: Sequence[Sample]) -> list[WorkerFigures]:
    def by_instance(samples: Sequence[Sample]) -> dict[str, Sample]:
        return {item.metric.get("instance", "?"): item for item in samples}

    decided = by_instance(query("sum by (instance) (rate(holdgate_decisions_total{$gate}[1m]))"))
    oldest = by_instance(query("holdgate_oldest_unscreened_seconds{$gate}"))
    memory = by_instance(query("process_resident_memory_bytes{$gate}"))
    built, lists = by_instance(query("holdgate_build_info{$gate}")), by_instance(versions)
    return [
        WorkerFigures(
            address,
            int(item.number),
            decided[address].number if address in decided else 0.0,
            oldest[address].number if address in oldest else 0.0,
            lists[address].metric.get("version", "") if address in lists else "",
            built[address].metric.get("engine", "") if address in built else "",
            memory[address].number if address in memory else None,
        )
        for address, item in sorted(
            by_instance(query("holdgate_partitions_assigned{$gate}")).items(), key=lambda pair: pair[0]
        )
    ]


def _firing(alerts: Sequence[Alert], gate: str | None) -> list[FiringAlert]:
    firing = [
        FiringAlert(
            alert.labels.get("alertname", "?"),
            alert.labels.get("severity", ""),
            alert.annotations.get("summary", ""),
            alert.annotations.get("description", ""),
            alert.annotations.get("runbook_url", ""),
            alert.activeAt,
        )
        for alert in alerts
        if alert.state == "firing"
        and alert.labels.get("alertname", "").startswith(ALERT_PREFIX)
        and gate in (None, alert.labels.get("gate"))
    ]
    return sorted(firing, key=lambda alert: (alert.severity, alert.name))[:MAX_ALERTS]


def _only_points(series: Sequence[SampledSeries]) -> Sequence[tuple[float, float]]:
    return series[0].points if series else ()

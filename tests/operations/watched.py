"""A gate with a probe and a real Prometheus, whose rules run `FASTER` times as fast."""

import contextlib
import itertools
import json
import math
import re
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from deploy.dashboards.panels import Query
from deploy.local.prometheus_server import RULES, Prometheus
from deploy.local.stack import HOLDGATE, REVIEW_RULES
from holdgate.adapters.kafka.topic_admin import create_topics
from holdgate.runtime.settings import from_environ
from tests.support.list_keys import signing_file
from tests.support.payments import payment
from tests.support.rig import Rig, Worker, wait_until
from tests.support.small_list import PERSON_NAME, write

FASTER = 10
"""Five minutes become thirty seconds. On a loaded machine a scrape may be seconds late; the shortest `for`
should outlast it, and is three seconds at this speed."""

PATIENCE = 240.0
"""Seconds to wait for a state of the gate: far more than it takes, so that load alone fails no test."""

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
VARIABLES = {
    "$__rate_interval": "15s",
    "$__range": "60s",
    "$cluster": "",
    "$namespace": "",
    "$gate": "local",
    "$rail": ".*",
    "$stage": ".*",
}

_DURATION = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])|(?<=for: )(\d+)([smhd])$", re.MULTILINE)


def faster(rules: str) -> str:
    """Return the rules with each `for` and each range divided by `FASTER`; thresholds are unchanged."""

    def divided(found: re.Match[str]) -> str:
        number, unit = found[1] or found[3], found[2] or found[4]
        return f"{int(number) * SECONDS[unit] * 1000 // FASTER}ms"

    return _DURATION.sub(divided, rules)


class Shown(NamedTuple):
    """A query's result: the number of series, and the first value that is a number."""

    series: int
    value: float | None


class Watched:
    """A gate's rig, its two workers, the services beside them, and Prometheus."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self.workers = [rig.worker(), rig.worker()]
        self._opened = contextlib.ExitStack()
        with contextlib.ExitStack() as opened:  # closed here only if a step below fails
            self._start(rig, folder, opened)
            self._opened = opened.pop_all()
        self._begun = 0.0

    def _start(self, rig: Rig, folder: Path, opened: contextlib.ExitStack) -> None:
        for worker in self.workers:
            worker.await_ready()
        # The workers' lists are the test's; the service publishes to a database and topics of its own.
        self.lists = rig.folder / "lists"
        write(self.lists)
        apart = {
            "HOLDGATE_REDIS": rig.settings.redis.removesuffix("/0") + "/1",
            "HOLDGATE_TOPIC_PREFIX": f"{rig.settings.topic_prefix}lists.",
            "HOLDGATE_LISTS": f"ofac={self.lists}",
            "HOLDGATE_LISTS_REFRESH": "10",
        }
        create_topics(from_environ({"HOLDGATE_KAFKA": rig.settings.kafka, **apart}))
        audit = {
            "HOLDGATE_AUDIT_SIGNING_KEY_FILE": signing_file(rig.folder),
            "HOLDGATE_ARCHIVE": str(rig.folder / "archive"),
            "HOLDGATE_AUDIT_SECONDS": "20",
        }
        services: dict[str, tuple[str, dict[str, str]]] = {
            "lists": ("lists serve", apart),
            "rescreen": ("rescreen --serve", {"HOLDGATE_RESCREEN_MAX": "100000"}),
            "probe": ("probe", {"HOLDGATE_PROBE_SECONDS": "0.5", "HOLDGATE_PROBE_LATE_SECONDS": "30"}),
            "review": ("review", {"HOLDGATE_REVIEW_RULES": str(REVIEW_RULES)}),
            "audit": ("audit serve", audit),
        }
        self.beside: dict[str, Worker] = {}
        for job, (words, settings) in services.items():
            command = (str(HOLDGATE), *words.split())
            self.beside[job] = Worker(rig.folder / f"{job}-service", rig.environment | settings, command)
            opened.callback(self.beside[job].kill)
        self.probe = self.beside["probe"]
        rules = folder / "rules"
        rules.mkdir()
        for path in RULES.glob("*.yml"):
            (rules / path.name).write_text(faster(path.read_text()))
        targets = {
            "screening": [f"127.0.0.1:{worker.port}" for worker in self.workers],
            **{job: [f"127.0.0.1:{one.port}"] for job, one in self.beside.items()},
        }
        self.prometheus = Prometheus(folder / "prometheus", targets, rules, seconds=1)
        opened.callback(self.prometheus.stop)

    def __enter__(self) -> Self:
        """Start Prometheus once the probe has its first right answer."""
        with contextlib.ExitStack() as opened:
            opened.push(self._opened)
            self.await_until(lambda: self.probe.metrics().get(RIGHT, 0) > 0, "an answer to the probe")
            self.prometheus.start()
            # Before the first scrape all series are missing, for longer than the shortened `for`.
            everyone = len(self.workers) + len(self.beside)
            self.await_until(lambda: len(self.ask("up == 1")) == everyone, "a first scrape of all")
            self.await_quiet()
            opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop Prometheus and the services; the rig stops the workers."""
        self._opened.close()

    def await_until(self, condition: Callable[[], bool], what: str) -> None:
        """Return when the condition holds; a failure shows the probe's log."""
        wait_until(condition, what, lambda: self.probe.text, PATIENCE)

    def await_lists(self, version: str) -> None:
        """Return when every worker screens with a snapshot, as Prometheus sees it."""
        query = f'count (holdgate_list_info{{version="{version}"}}) or vector(0)'
        wanted = str(len(self.workers))
        self.await_until(lambda: self.ask(query)[0]["value"][1] == wanted, f"lists {version}")

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The result of an instant query."""
        words = urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(f"http://{self.prometheus.address}/api/v1/query?{words}") as answer:
            found: list[dict[str, Any]] = json.loads(answer.read())["data"]["result"]
            return found

    def firing(self) -> set[str]:
        """The alerts that fire now."""
        return {one["metric"]["alertname"] for one in self.ask('ALERTS{alertstate="firing"}')}

    def begin(self) -> None:
        """From now on count which alerts fired."""
        self._begun = time.time()

    def fired(self) -> set[str]:
        """The alerts that fired at any time since `begin`."""
        seconds = max(1, math.floor(time.time() - self._begun))
        found = self.ask(f'max_over_time(ALERTS{{alertstate="firing"}}[{seconds}s])')
        return {one["metric"]["alertname"] for one in found}

    def await_alerts(self, wanted: set[str]) -> None:
        """Return when these fire, all at once."""
        self.await_until(lambda: wanted <= self.firing(), f"{wanted}")

    def await_quiet(self) -> None:
        """Return when no alert fires."""
        self.await_until(lambda: not self.firing(), "quiet")

    def show(self, query: Query) -> Shown:
        """A panel's query with its variables filled in. Nothing here is as old as a day or a week."""
        expr = re.sub(r" offset 1[dw]", "", query.expr)
        for name, value in VARIABLES.items():
            expr = expr.replace(name, value)
        found = self.ask(expr)
        values = [float(one["value"][1]) for one in found]
        return Shown(len(found), next((value for value in values if math.isfinite(value)), None))


RIGHT = 'holdgate_probe_answers_total{outcome="right",payment="clean",reason=""}'


@contextlib.contextmanager
def traffic(rig: Rig) -> Iterator[None]:
    """Payments between ordinary parties, one of ten to a listed one, some twenty a second."""
    over = threading.Event()

    def pay() -> None:
        for number in itertools.count():
            creditor = {"creditor": {"name": PERSON_NAME}} if number % 10 == 0 else {}
            rig.pay(payment(f"traffic-{number}", **creditor))
            if over.wait(0.05):
                return

    paying = threading.Thread(target=pay)
    paying.start()
    try:
        yield
    finally:
        over.set()
        paying.join()


def as_table(rows: Sequence[tuple[str, str, Query, Shown]]) -> str:
    """Return dashboard, panel, query, number of series and last value of each query, as TSV."""
    lines = ["dashboard\tpanel\tquery\tseries\tlast value"]
    for dashboard, panel, query, shown in rows:
        value = "" if shown.value is None else f"{shown.value:.4g}"
        lines.append("\t".join((dashboard, panel, query.expr, str(shown.series), value)))
    return "\n".join(lines) + "\n"

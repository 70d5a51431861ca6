"""The names of the series that the code exports, and of those that queries use."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import REGISTRY, CollectorRegistry, Metric

from deploy.local.daemon import ROOT
from holdgate.audit.metrics import AuditMetrics
from holdgate.desk.metrics import DeskMetrics
from holdgate.lists.metrics import ListsMetrics
from holdgate.probe.metrics import ProbeMetrics
from holdgate.replay.rescreen_metrics import RescreenMetrics
from holdgate.review.metrics import ReviewMetrics
from holdgate.screening.metrics import Metrics

RULES = ROOT / "deploy" / "prometheus" / "rules"

SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}

_LITERAL = re.compile(r'"[^"]*"' + r"|'[^']*'")
_LABELS = re.compile(r"\{[^}]*\}|\[[^]]*\]|\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)")
_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_CALLED = re.compile(r"[A-Za-z_]+\s*(?=\()")
_WORDS = frozenset("and or unless by on without ignoring group_left group_right offset bool inf nan".split())


def exported() -> set[str]:
    """Return all series of the services, including those that the client library adds."""
    found = {"up", "ALERTS"}
    ours = (
        Metrics((), CollectorRegistry()),
        ProbeMetrics(CollectorRegistry()),
        ListsMetrics(("ofac",), 900, CollectorRegistry()),
        RescreenMetrics(CollectorRegistry()),
        AuditMetrics(3600, CollectorRegistry()),
        ReviewMetrics(CollectorRegistry()),
        DeskMetrics(CollectorRegistry()),
    )
    for registry in (one.registry for one in ours):
        found |= {name for family in registry.collect() for name in _series(family)}
    return found | {name for family in REGISTRY.collect() for name in _series(family)}


def asked(query: str) -> set[str]:
    """Return the series that a PromQL query uses."""
    bare = _LABELS.sub(" ", _LITERAL.sub(" ", query))
    bare = re.sub(r"\b\d[\w.]*", " ", bare)
    return set(_NAME.findall(_CALLED.sub(" ", bare))) - _WORDS


def rules(file: Path | None = None) -> Iterator[dict[str, Any]]:
    """Return the rules of one file, or of all."""
    for path in [file] if file else sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def recorded() -> set[str]:
    """Return the series that the recording rules produce."""
    return {rule["record"] for rule in rules() if "record" in rule}


def _series(family: Metric) -> set[str]:
    return {family.name + suffix for suffix in SUFFIXES.get(family.type, ("",))}

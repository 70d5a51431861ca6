"""Ask a Prometheus server by its HTTP API: queries at one time or over a span of it, and alerts."""

import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

ANSWER_SECONDS = 3.0
"""Longest wait for one answer."""

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""A longer answer is refused. Four lines of 120 points have some 20 kB."""

PrometheusFault = (OSError, ValueError)
"""What the functions raise: no connection, another status than 200, or an answer that is not understood."""

Result = TypeVar("Result")


class Sample(Struct, frozen=True):
    """A series with its newest value, as (Unix seconds, number as text)."""

    metric: dict[str, str]
    value: tuple[float, str]

    @property
    def number(self) -> float:
        """The value; NaN where a division by zero was asked for."""
        return float(self.value[1])


class SampledSeries(Struct, frozen=True):
    """A series with its values over time."""

    metric: dict[str, str]
    values: list[tuple[float, str]]

    @property
    def points(self) -> list[tuple[float, float]]:
        """The values as numbers, without NaN."""
        numbers = [(at, float(text)) for at, text in self.values]
        return [(at, number) for at, number in numbers if number == number]


class Alert(Struct, frozen=True):
    """An alert that fires or is about to."""

    labels: dict[str, str]
    annotations: dict[str, str]
    state: str
    activeAt: str  # noqa: N815 - the API's name


class _Vector(Struct, frozen=True):
    result: list[Sample]


class _Matrix(Struct, frozen=True):
    result: list[SampledSeries]


class _Alerts(Struct, frozen=True):
    alerts: list[Alert]


class _VectorAnswer(Struct, frozen=True):
    data: _Vector


class _MatrixAnswer(Struct, frozen=True):
    data: _Matrix


class _AlertsAnswer(Struct, frozen=True):
    data: _Alerts


class PrometheusServer:
    """A server at an address such as http://127.0.0.1:9090."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    def query(self, expression: str) -> Sequence[Sample]:
        """Return the series of an expression with their values now."""
        return self._get("query", {"query": expression}, _VectorAnswer).data.result

    def query_range(self, expression: str, start: float, end: float, step: float) -> Sequence[SampledSeries]:
        """Return the series of an expression from `start` to `end` (Unix seconds), a point per `step`."""
        arguments = {"query": expression, "start": f"{start:.0f}", "end": f"{end:.0f}", "step": f"{step:.0f}"}
        return self._get("query_range", arguments, _MatrixAnswer).data.result

    def alerts(self) -> Sequence[Alert]:
        """Return the alerts that fire or wait for their time."""
        return self._get("alerts", {}, _AlertsAnswer).data.alerts

    def _get(self, what: str, arguments: Mapping[str, str], type: type[Result]) -> Result:
        url = f"{self._address}/api/v1/{what}?{urlencode(arguments)}"
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - http or https by settings
            body: Any = answer.read(MAX_ANSWER_BYTES + 1)
        if len(body) > MAX_ANSWER_BYTES:
            raise ValueError(f"the answer of {what} is longer than {MAX_ANSWER_BYTES} bytes")
        return msgspec.json.decode(body, type=type)

"""Measured values: one line each in a fixed order, or JSON."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version

import msgspec
from msgspec import Struct

from deploy.local.daemon import ROOT


class Figure(Struct, frozen=True):
    """One measured value. `name` is a dotted path that begins with the bench."""

    name: str
    value: float
    unit: str

    @property
    def line(self) -> str:
        """The figure for a person and for `diff`: name, value in four digits, unit."""
        return f"{self.name:<48} {format_value(self.value):>12} {self.unit}"


class Measurement(Struct, frozen=True):
    """The figures of one run, with machine, versions and lists, and the number of payments per bench."""

    circumstances: Mapping[str, str]
    payments: int
    figures: Sequence[Figure]

    @property
    def values(self) -> dict[str, float]:
        """The values by name."""
        return {figure.name: figure.value for figure in self.figures}

    def to_json(self) -> str:
        """Return the measurement as JSON, one figure per line so that two runs can be compared."""
        rows = ",\n".join(
            "  " + json.dumps({"name": row.name, "value": _rounded(row.value), "unit": row.unit})
            for row in self.figures
        )
        about = json.dumps(dict(self.circumstances), indent=1).replace("\n", "\n ")
        return (
            f'{{\n "circumstances": {about},\n "payments": {self.payments},\n "figures": [\n{rows}\n ]\n}}\n'
        )

    @staticmethod
    def from_json(text: str) -> "Measurement":
        """Return the measurement that `to_json` wrote; raises `msgspec.ValidationError`."""
        return msgspec.json.decode(text, type=Measurement)


def _rounded(value: float) -> float:
    rounded = float(f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}")
    return int(rounded) if rounded.is_integer() else rounded


def format_value(value: float) -> str:
    """Return the value in four significant digits; from 1,000 on, without decimals."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def describe_circumstances() -> dict[str, str]:
    """Return the machine, versions and commit that figures are measured with."""
    load = os.getloadavg()[0]
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "load before the run": f"{load:.1f} runnable processes on average in the minute before",
        "python": platform.python_version(),
        "libraries": ", ".join(
            f"{name} {version(name)}"
            for name in ("faust-streaming", "aiokafka", "redis", "rigour", "rapidfuzz", "numpy", "msgspec")
        ),
        "commit": _commit(),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:  # noqa: PTH123 - a device, not a file
            names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def _commit() -> str:
    describe = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return describe.stdout.strip() or "no checkout"


def print_figures(
    figures: Iterable[Figure], about: Mapping[str, str], payments: int, as_json: bool
) -> Measurement:
    """Print figures as they come, or all of them as one JSON object at the end; return them."""
    collected: list[Figure] = []
    for figure in figures:
        collected.append(figure)
        if not as_json:
            print(figure.line, flush=True)
    measurement = Measurement(about, payments, collected)
    if as_json:
        sys.stdout.write(measurement.to_json())
    return measurement

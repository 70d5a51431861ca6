"""What a bench measured: a line each, in an order that does not change, or JSON."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version

from msgspec import Struct

from deploy.local.daemon import ROOT


class Figure(Struct, frozen=True):
    """One measured value: `name` says what, with the bench before the first dot."""

    name: str
    value: float
    unit: str

    @property
    def line(self) -> str:
        """The figure for a person and for `diff`: name, value of four digits, unit."""
        return f"{self.name:<48} {shown(self.value):>12} {self.unit}"


def shown(value: float) -> str:
    """A value in four significant digits; whole numbers above them stay whole."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def circumstances() -> dict[str, str]:
    """The machine, versions and commit that figures were measured with."""
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
        with open("/proc/cpuinfo", encoding="utf-8") as told:  # noqa: PTH123 - a device, not a file
            names = [line.partition(":")[2].strip() for line in told if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def _commit() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "no checkout"


def write(figures: Iterable[Figure], about: Mapping[str, str], as_json: bool) -> None:
    """Write figures to stdout: lines as they come, or one JSON object at the end."""
    kept: list[Figure] = []
    for figure in figures:
        kept.append(figure)
        if not as_json:
            print(figure.line, flush=True)
    if as_json:
        rows = [{"name": one.name, "value": one.value, "unit": one.unit} for one in kept]
        json.dump({"circumstances": dict(about), "figures": rows}, sys.stdout, indent=1)
        print()

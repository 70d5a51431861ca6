"""What a run says: each fault as it happens, and one JSON object at the end."""

import itertools
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos.checker import Findings
from chaos.load import ACCOUNT, CANARY, LISTED_NAME
from chaos.recording import Recording


def say(text: str) -> None:
    """One line with its time."""
    print(f"{datetime.now(UTC):%H:%M:%S.%f}"[:12] + f"  {text}", flush=True)


def summary(recording: Recording, findings: Findings) -> dict[str, Any]:
    """The figures of the topics."""
    contents = {
        (body["payment_id"], body["content_hash"])
        for body in (recording.body(decision) for decision in recording.decisions)
    }
    reasons = Counter(recording.body(decision)["reason"] for decision in recording.decisions)
    return {
        "payments": sum(record.value is not None for record in recording.submitted),
        "decisions": len(recording.decisions),
        "duplicates": len(recording.decisions) - len(contents),
        **findings.counts,
        "dead_letters": len(recording.dead_letters),
        "reasons": dict(sorted(reasons.items())),
        "late_releases": late_releases(recording),
        "looks_at_offsets": len(recording.samples),
        "longest_gap_seconds": round(longest_gap(recording), 1),
    }


def late_releases(recording: Recording) -> int:
    """Releases that first stand in the log after their deadline: claimed in time, and written late."""
    seen: set[tuple[str, str]] = set()
    late = 0
    for decision in recording.decisions:
        body = recording.body(decision)
        known = body["payment_id"], body["content_hash"]
        if body["decision"] == "RELEASE" and known not in seen and "deadline" in body:
            late += decision.timestamp > datetime.fromisoformat(body["deadline"]).timestamp()
        seen.add(known)
    return late


def longest_gap(recording: Recording) -> float:
    """The longest time, in seconds, in which no decision was written although a payment waited."""
    decided = sorted(decision.timestamp for decision in recording.decisions)
    submitted = sorted(record.timestamp for record in recording.submitted)
    longest, place = 0.0, 0
    for before, after in itertools.pairwise(decided):
        while place < len(submitted) and submitted[place] <= before:
            place += 1
        waits_from = submitted[place] if place < len(submitted) else after
        longest = max(longest, after - max(before, waits_from))
    return longest


def canaries(files: Sequence[Path], ports: Sequence[int]) -> list[str]:
    """Where a payment's name or account shows: log files by name, and /metrics pages."""
    words = (CANARY, ACCOUNT, LISTED_NAME)
    found = [file.parent.name for file in files if _has(file.read_text(errors="replace"), words)]
    for port in ports:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
                if _has(page.read().decode(), words):
                    found.append(f"/metrics of port {port}")
        except (urllib.error.URLError, OSError):
            continue
    return found


def _has(text: str, words: Sequence[str]) -> bool:
    return any(word.lower() in text.lower() for word in words)


def last_line(result: dict[str, Any]) -> None:
    """The one JSON object that ends a run."""
    print(json.dumps(result), flush=True)

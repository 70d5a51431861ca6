"""The output of a run: a line per event, and one JSON object at the end."""

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


def log_line(text: str) -> None:
    """Print one line with the time."""
    print(f"{datetime.now(UTC):%H:%M:%S.%f}"[:12] + f"  {text}", flush=True)


def summary(recording: Recording, findings: Findings) -> dict[str, Any]:
    """Return the figures of the topics and the number of violations."""
    contents = {
        (body["payment_id"], body["content_hash"])
        for body in (recording.body(decision) for decision in recording.decisions)
    }
    reasons = Counter(recording.body(decision)["reason"] for decision in recording.decisions)
    return {
        "payments": sum(record.value is not None for record in recording.submitted),
        "decisions": len(recording.decisions),
        "following": sum("follows" in recording.body(decision) for decision in recording.decisions),
        "duplicates": len(recording.decisions) - len(contents),
        **findings.counts,
        "dead_letters": len(recording.dead_letters),
        "reasons": dict(sorted(reasons.items())),
        "late_releases": late_releases(recording),
        "looks_at_offsets": len(recording.offset_samples),
        "longest_gap_seconds": round(longest_gap(recording), 1),
    }


def late_releases(recording: Recording) -> int:
    """Return the number of releases claimed in time but first written after their deadline."""
    seen: set[tuple[str, str]] = set()
    late = 0
    for decision in recording.decisions:
        body = recording.body(decision)
        content = body["payment_id"], body["content_hash"]
        if body["decision"] == "RELEASE" and content not in seen and "deadline" in body:
            late += decision.timestamp > datetime.fromisoformat(body["deadline"]).timestamp()
        seen.add(content)
    return late


def longest_gap(recording: Recording) -> float:
    """Return the longest time, in seconds, without a decision while a payment waited."""
    decided = sorted(decision.timestamp for decision in recording.decisions)
    submitted = sorted(record.timestamp for record in recording.submitted)
    longest, i = 0.0, 0
    for before, after in itertools.pairwise(decided):
        while i < len(submitted) and submitted[i] <= before:
            i += 1
        waits_from = submitted[i] if i < len(submitted) else after
        longest = max(longest, after - max(before, waits_from))
    return longest


def find_leaks(files: Sequence[Path], ports: Sequence[int]) -> list[str]:
    """Return the logs and /metrics pages that show a name or account of a payment."""
    words = (CANARY, ACCOUNT, LISTED_NAME)
    leaks = [file.parent.name for file in files if _contains_any(file.read_text(errors="replace"), words)]
    for port in ports:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
                if _contains_any(page.read().decode(), words):
                    leaks.append(f"/metrics of port {port}")
        except (urllib.error.URLError, OSError):
            continue
    return leaks


def _contains_any(text: str, words: Sequence[str]) -> bool:
    return any(word.lower() in text.lower() for word in words)


def print_result(result: dict[str, Any]) -> None:
    """Print the result as one JSON object: the last line of a run."""
    print(json.dumps(result), flush=True)

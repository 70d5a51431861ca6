"""The demo: 200 payments on a real Kafka, screened against the full OFAC list of 2023-12-28.

Two people then release one of the holds. It stops by itself. Exit code 0 only if every payment got the
expected decision, and the released one that of the people.
"""

import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.demo.cases import Case, demo_cases, new_run
from deploy.local.daemon import RUNTIME, LocalRuntimeError
from deploy.local.stack import Stack
from holdgate.adapters.kafka.clients import open_client
from holdgate.core.model import decision as contract
from holdgate.core.model.decision import Decision
from holdgate.core.records.topics import DEAD_LETTERS, DECISIONS, SUBMITTED

REVIEWED = "DEMO-194"
"""The payment that people release: its parties have common names that listed persons bear too."""

PAUSE_SECONDS = 0.01
"""Pause between two payments: slow enough to watch, fast enough for a hundred payments a second."""
MAX_WAIT_SECONDS = 60.0

console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)


class Answer(NamedTuple):
    """A decision, and the seconds between the payment's record and the decision's."""

    decision: Decision
    seconds: float


def main() -> int:
    """Run the demo and return the exit code."""
    cases = demo_cases()
    stack = Stack(folder=RUNTIME / "demo")
    console.print(
        "[bold]Holdgate demo[/]: 200 payments through Kafka and two workers, the OFAC list of 2023-12-28"
    )
    try:
        stack.up(lambda step: console.print(f"  {step}", style="dim"))
        run = new_run()
        answers, dead_letters = _screen(stack, cases, run)
        reviewed = _review(stack, f"{run}.{REVIEWED}")
        current = json.loads(stack.holdgate("lists", "status"))["current"]
    finally:
        console.print("  stopping Kafka, Redis and the workers", style="dim")
        stack.down()
    wrong = [case for case in cases if not _as_expected(case, answers.get(f"{run}.{case.name}"))]
    _summary(cases, answers, dead_letters, current, wrong)
    return 1 if wrong or not reviewed else 0


def _screen(stack: Stack, cases: list[Case], run: str) -> tuple[dict[str, Answer], int]:
    decisions, letters = _reader(stack, DECISIONS.name), _reader(stack, DEAD_LETTERS.name)
    producer = open_client(KafkaProducer, bootstrap_servers=stack.kafka.bootstrap, acks="all", linger_ms=0)
    sent: dict[str, float] = {}
    answers: dict[str, Answer] = {}
    by_key = {f"{run}.{case.name}": case for case in cases}
    _heading()
    for case in cases:
        key, value = case.record(run)
        written = producer.send(SUBMITTED.name, key=key.encode(), value=value).get(timeout=10)
        sent[key] = written.timestamp / 1000
        _collect(decisions, 0, sent, answers, by_key)
        time.sleep(PAUSE_SECONDS)
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while len(answers) < len(cases) and time.monotonic() < deadline:
        _collect(decisions, 500, sent, answers, by_key)
    dead_letters = sum(1 for _ in _records(letters, 1_000))
    for client in (decisions, letters, producer):
        client.close()
    return answers, dead_letters


def _review(stack: Stack, payment_id: str) -> bool:
    """Let demo people release one of the holds; return whether its RELEASE is on the topic."""
    decisions = _reader(stack, DECISIONS.name)
    try:
        stack.support_services["review"].start()
        _await_case(stack, payment_id)
        console.print()
        console.print(f"Two people look at {payment_id}, which is held for a name that many people bear:")
        false_positive = ("--code", "FALSE_POSITIVE", "--false-positive", "all=OTHER_BIRTH_DATE")
        case = _act(stack, "propose", payment_id, "RELEASE", *false_positive, "--as", "ana")
        case = _act(stack, "approve", payment_id, "--saw", case["saw"], "--as", "ben")
        if case["case"]["stage"] == "proposed":  # the rules ask for a second approver
            _act(stack, "approve", payment_id, "--saw", case["saw"], "--as", "cora")
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        while time.monotonic() < deadline:
            for record in _records(decisions, 500):
                decision = contract.from_json(record.value)
                if decision.payment_id == payment_id and decision.review is not None:
                    people = f"proposed by {decision.review.proposed_by}, approved by"
                    console.print(
                        f"  {decision.decision} {decision.reason} on {DECISIONS.name}, {people}"
                        f" {' and '.join(decision.review.approved_by)}",
                        style="bold green",
                    )
                    return decision.decision == "RELEASE"
        console.print("  no decision of theirs arrived", style="bold red")
        return False
    finally:
        decisions.close()


def _await_case(stack: Stack, payment_id: str) -> None:
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while True:
        try:
            stack.holdgate("cases", "show", payment_id, "--json")
        except LocalRuntimeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _act(stack: Stack, action: str, *arguments: str) -> dict[str, Any]:
    """Run `holdgate cases ACTION`; return the case after it, as `show --json` prints it."""
    console.print(f"  holdgate cases {action} {' '.join(arguments)}", style="dim", markup=False)
    stack.holdgate("cases", action, *arguments)
    shown: dict[str, Any] = json.loads(stack.holdgate("cases", "show", arguments[0], "--json"))
    return shown


def _reader(stack: Stack, topic: str) -> Any:
    """Return a consumer of all records written to a topic from now on."""
    consumer = open_client(KafkaConsumer, bootstrap_servers=stack.kafka.bootstrap, enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()])
    consumer.seek_to_end()
    for partition in consumer.assignment():
        consumer.position(partition)
    return consumer


def _records(consumer: Any, wait_ms: int) -> Iterator[Any]:
    for records in consumer.poll(timeout_ms=wait_ms).values():
        yield from records


def _collect(
    decisions: Any, wait_ms: int, sent: dict[str, float], answers: dict[str, Answer], cases: dict[str, Case]
) -> None:
    for record in _records(decisions, wait_ms):
        key = record.key.decode()
        if key in cases and key not in answers:
            answers[key] = Answer(contract.from_json(record.value), record.timestamp / 1000 - sent[key])
            _row(cases[key], answers[key])


COLUMNS = (("PAYMENT", 9), ("FROM", 25), ("TO", 25), ("DECISION", 9), ("WHY", 60), ("MS", 4))


def _heading() -> None:
    console.print()
    console.print(" ".join(name.ljust(width) for name, width in COLUMNS), style="bold")


def _row(case: Case, answer: Answer) -> None:
    payment, decision = case.payment or {}, answer.decision
    why = str(decision.reason) if decision.decision == "HOLD" else ""
    if decision.matches:
        best = decision.matches[0]
        why = f"{best.field} = {best.matched_name} ({best.entry_id}, {best.rule} {best.score:.2f})"
    elif decision.detail:
        why += f": {decision.detail}"
    cells = (
        case.name,
        payment.get("debtor", {}).get("name", ""),
        payment.get("creditor", {}).get("name", ""),
        decision.decision,
        why,
        f"{answer.seconds * 1000:.0f}",
    )
    line = Text()
    for (_, width), cell in zip(COLUMNS, cells, strict=True):
        text = Text(cell)
        text.truncate(width, overflow="ellipsis", pad=True)
        line.append_text(text).append(" ")
    if decision.decision == "HOLD":
        line.stylize("bold red")
    console.print(line, no_wrap=True, overflow="crop")


def _as_expected(case: Case, answer: Answer | None) -> bool:
    return answer is not None and (answer.decision.decision, answer.decision.reason) == case.expect


def _summary(
    cases: list[Case], answers: dict[str, Answer], dead: int, current: dict[str, Any], wrong: list[Case]
) -> None:
    outcomes = Counter(answer.decision.decision for answer in answers.values())
    milliseconds = sorted(answer.seconds * 1000 for answer in answers.values()) or [0.0]
    p50 = statistics.median(milliseconds)
    p99 = milliseconds[min(len(milliseconds) - 1, round(len(milliseconds) * 0.99))]
    table = Table(title="Summary", show_header=False, min_width=60, title_justify="left")
    for name, value in (
        ("payments sent", len(cases)),
        ("decisions received", len(answers)),
        ("held", outcomes["HOLD"]),
        ("released", outcomes["RELEASE"]),
        ("dead letters", dead),
        ("time from payment to decision", f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"),
        ("list version", f"{current['version']} ({sum(current['entries'].values()):,} entries)"),
        ("date of the list", ", ".join(f"{name} {as_of[:10]}" for name, as_of in current["as_of"].items())),
        ("unexpected decisions", len(wrong)),
    ):
        table.add_row(name, str(value))
    console.print()
    console.print(table)
    console.print(
        "The sample list is years old, and the sample policy ignores its age: never use it for real payments."
    )
    for case in wrong:
        console.print(f"  {case.name} ({case.why}): expected {' '.join(case.expect)}", style="bold red")
    console.print(
        "Next: `make up` starts the same and keeps it running; README.md says how to use your own lists and"
        f" Kafka. Logs: {os.path.relpath(RUNTIME / 'demo')}/*/log"
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LocalRuntimeError as error:
        console.print(str(error), style="bold red", markup=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)

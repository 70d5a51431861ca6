"""`python -m bench.desk`: time the pages of the desk for people who use them at the same time.

The cases are those of `bench.cases`. Each person opens the queue and a case in turns, one
page a second. The desk is a process of its own, as it is when it serves people. Prints a line per page, in
milliseconds, without each person's first two pages; the CPU time per page; and the memory of a session.
"""

import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx2
import psutil
import uvicorn
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from bench.cases import batches
from bench.parties import ordinary_parties
from deploy.local.ports import free_port
from holdgate.adapters.case_follower import open_cases
from holdgate.casework.sign_in import demo_person
from holdgate.desk.metrics import DeskMetrics
from holdgate.desk.service import make_desk, server_config, warm_up
from holdgate.desk.sessions import MAX_DRAFT_CHARACTERS, Draft, SessionStore
from holdgate.runtime.health import Health
from holdgate.runtime.logs import configure
from holdgate.runtime.settings import Settings

ROUNDS = 30
PAUSE_SECONDS = 1.0
OPENED_CASES = 2_000
SESSIONS = 400
Times = dict[str, list[float]]


@click.command()
@click.option("--cases", "number", default=200_000, show_default=True, type=click.IntRange(OPENED_CASES))
@click.option("--people", default=20, show_default=True, type=click.IntRange(1, 200))
@click.option("--rounds", default=ROUNDS, show_default=True, type=click.IntRange(2))
@click.option("--data", help="Folder that keeps the projection; the next run finds it there.")
@click.option("--serve", type=int, hidden=True, help="Only serve the folder's projection, on this port.")
def main(number: int, people: int, rounds: int, data: str | None, serve: int | None) -> None:
    """Print how long the queue and a case take, and what a session costs."""
    configure("error")
    with TemporaryDirectory() as folder:
        settings = replace(Settings(), data=data or folder, desk_sign_in="demo")
        if serve is not None:
            _serve(replace(settings, desk=f"127.0.0.1:{serve}"))
            return
        case_ids = _fill(settings, number)
        with _served(settings) as (address, process):
            before = _cpu_seconds(process)
            times = _measure(address, people, rounds, case_ids)
            pages = sum(len(found) for found in times.values()) * rounds / (rounds - 1)
            for page, seconds in times.items():
                found = sorted(seconds)
                p50, p99 = (1000 * found[int(len(found) * share)] for share in (0.5, 0.99))
                click.echo(f"{page}: {len(found)} pages, p50 {p50:.0f} ms, p99 {p99:.0f} ms")
            used = 1000 * (_cpu_seconds(process) - before) / pages
            click.echo(f"CPU time: {used:.1f} ms a page; load {psutil.getloadavg()[0]:.1f}")
        for name, note in (("without a draft", ""), ("with the longest draft", "\U0001f600" * 9_900)):
            click.echo(f"a session {name}: {_session_bytes(note):,.0f} bytes")


def _fill(settings: Settings, number: int) -> list[str]:
    """Return ids of cases all over the queue; the projection is made unless it is there."""
    with open_cases(settings) as store:
        names = [party.name for party in ordinary_parties()[1]]
        if sum(item.cases for item in store.queue_counts()) < number:
            for topic, records in batches(number, names):
                store.add(topic, 0, records, records[-1].offset + 1)
        ids = [case.case_id for case in store.cases()]
    return ids[:: max(1, len(ids) // OPENED_CASES)]


def _serve(settings: Settings) -> None:
    with ExitStack() as exits:
        desk = make_desk(settings, DeskMetrics(CollectorRegistry()), Health(), exits)
        with open_cases(settings) as store:
            desk.projection.lag, desk.projection.counts = 0, store.queue_counts()
        warm_up()
        uvicorn.Server(server_config(desk)).run()


@contextmanager
def _served(settings: Settings) -> Iterator[tuple[str, psutil.Process]]:
    """Yield the address of a desk in a process of its own, and the process."""
    port = free_port()
    command = [sys.executable, "-m", "bench.desk", "--data", settings.data, "--serve", str(port)]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=root) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            while True:
                time.sleep(0.1)
                try:
                    if httpx2.get(f"{address}/sign-in").status_code == 200:
                        break
                except httpx2.ConnectError:
                    continue
            yield address, psutil.Process(process.pid)
        finally:
            process.terminate()


def _measure(address: str, people: int, rounds: int, case_ids: list[str]) -> Times:
    times: Times = {"queue": [], "case": []}
    threads = [
        threading.Thread(target=_use, args=(address, case_ids[person::people], rounds, times))
        for person in range(people)
    ]
    for thread in threads:
        thread.start()
        time.sleep(PAUSE_SECONDS / people)
    for thread in threads:
        thread.join()
    return times


def _use(address: str, case_ids: list[str], rounds: int, times: Times) -> None:
    with httpx2.Client(base_url=address, timeout=60) as http:
        http.post("/sign-in", data={"name": "ana"}, headers={"sec-fetch-site": "same-origin"})
        for number in range(rounds):
            case_id = case_ids[number % len(case_ids)]
            for page, path in (("queue", "/"), ("case", f"/case/{case_id}")):
                started = time.perf_counter()
                http.get(path).raise_for_status()
                seconds = time.perf_counter() - started
                if number:
                    times[page].append(seconds)
                time.sleep(max(0.0, PAUSE_SECONDS - seconds))


def _cpu_seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _session_bytes(note: str) -> float:
    """Return how much memory a session takes, of SESSIONS; in this process, where nothing else allocates."""
    store = SessionStore()
    tracemalloc.start()
    for number in range(SESSIONS):
        texts = [f"{note}{number}" for _ in range(MAX_DRAFT_CHARACTERS // len(note))] if note else []
        draft = Draft("/case/none", [(f"note-{n}", text) for n, text in enumerate(texts)])
        store.start(demo_person("ana", datetime.now(UTC)), "Ana", draft if note else None)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(store)


if __name__ == "__main__":
    main()

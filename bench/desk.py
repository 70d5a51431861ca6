"""`python -m bench.desk`: time the pages of the desk for people who use them at the same time.

The cases are those of `bench.cases`. Each person opens the queue and a case in turns, one page a second.
Server and clients share this process. Prints a line per page, in milliseconds, without each person's first
two pages.
"""

import threading
import time
from contextlib import ExitStack
from tempfile import TemporaryDirectory

import click
import httpx2
import uvicorn
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from bench.cases import batches
from bench.parties import ordinary_parties
from deploy.local.ports import free_port
from holdgate.adapters.case_follower import open_cases
from holdgate.adapters.sqlite.case_store import CaseStore
from holdgate.desk.metrics import DeskMetrics
from holdgate.desk.service import make_desk, server_config
from holdgate.runtime.health import Health
from holdgate.runtime.logs import configure
from holdgate.runtime.settings import Settings

ROUNDS = 15
PAUSE_SECONDS = 1.0
OPENED_CASES = 200
Times = dict[str, list[float]]


@click.command()
@click.option("--cases", "number", default=20_000, show_default=True, type=click.IntRange(OPENED_CASES))
@click.option("--people", default=20, show_default=True, type=click.IntRange(1, 200))
def main(number: int, people: int) -> None:
    """Print how long the queue and a case take."""
    configure("error")
    with TemporaryDirectory() as folder, ExitStack() as exits:
        settings = replace(Settings(), data=folder, desk=f"127.0.0.1:{free_port()}", desk_sign_in="demo")
        with open_cases(settings) as store:
            case_ids = _fill(store, number)
            counts = store.queue_counts()
        desk = make_desk(settings, DeskMetrics(CollectorRegistry()), Health(), exits)
        desk.projection.lag, desk.projection.counts = 0, counts
        server = uvicorn.Server(server_config(desk))
        exits.callback(setattr, server, "should_exit", True)
        threading.Thread(target=server.run).start()
        while not server.started:
            time.sleep(0.05)
        times: Times = {"queue": [], "case": []}
        threads = [
            threading.Thread(target=_use, args=(settings.desk_url, person, case_ids, times))
            for person in range(people)
        ]
        for thread in threads:
            thread.start()
            time.sleep(PAUSE_SECONDS / people)
        for thread in threads:
            thread.join()
    for page, seconds in times.items():
        found = sorted(seconds)
        p50, p99 = (1000 * found[int(len(found) * share)] for share in (0.5, 0.99))
        click.echo(f"{page}: {len(found)} pages, p50 {p50:.0f} ms, p99 {p99:.0f} ms")


def _fill(store: CaseStore, number: int) -> list[str]:
    names = [party.name for party in ordinary_parties()[1]]
    for topic, records in batches(number, names):
        store.add(topic, 0, records, records[-1].offset + 1)
    return [case.case_id for case in store.queue_page(limit=OPENED_CASES)]


def _use(address: str, person: int, case_ids: list[str], times: Times) -> None:
    with httpx2.Client(base_url=address) as http:
        http.post("/sign-in", data={"name": "ana"}, headers={"sec-fetch-site": "same-origin"})
        for number in range(ROUNDS):
            case_id = case_ids[(person * ROUNDS + number) % len(case_ids)]
            for page, path in (("queue", "/"), ("case", f"/case/{case_id}")):
                started = time.perf_counter()
                http.get(path).raise_for_status()
                if number:
                    times[page].append(time.perf_counter() - started)
                time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()

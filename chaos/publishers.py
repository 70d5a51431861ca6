"""Two publishers of lists in each other's way: a service, a publication by hand, and a second service."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from chaos.lists import ListFlipper
from chaos.workers import WorkerSlot
from deploy.local.stack import HOLDGATE
from tests.support.list_keys import signing_file
from tests.support.small_list import PERSON, write

EVERY = 50
"""Which entries of the sample the lists have: others than those of `ListFlipper`, so other versions."""

REFRESH_SECONDS = 1
"""How often a service reads its sources."""

PATIENCE = 120.0
"""Seconds until a step counts as failed. At a load of ten, a service took 10 s to publish."""


class PublicationError(Exception):
    """A step that did not work, after a fault of Kafka or Redis for example; the message says which."""


class Publishers:
    """Publishes two lists, with and without the listed person, by the real commands."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        lists: ListFlipper,
        holdgate: Sequence[str] = (str(HOLDGATE),),
    ) -> None:
        """`holdgate` is the command of the services."""
        self._folder = folder
        self._lists = lists
        self._holdgate = tuple(holdgate)
        self._environment = {
            **environment,
            "HOLDGATE_LIST_SIGNING_KEY_FILE": signing_file(folder.parent),
            "HOLDGATE_ARCHIVE": str(folder / "archive"),
            "HOLDGATE_LISTS_REFRESH": str(REFRESH_SECONDS),
        }
        self.sources = {True: folder / "with", False: folder / "without"}
        for has_person, source in self.sources.items():
            write(source, every=EVERY, without=frozenset() if has_person else frozenset({PERSON}))
        self._services = 0

    def date_lists(self) -> None:
        """Make both lists as new as can be: signed lists older than the current ones are refused."""
        as_of = datetime.now(UTC).isoformat()
        for source in self.sources.values():
            (source / "edition.toml").write_text(f"as_of = {as_of}\n")

    def is_undone(self, is_served: bool, after_each: Callable[[], None]) -> bool:
        """Publish by hand what neither service serves; return whether a service replaced that.

        One service with other sources runs, and a second one tries to. At the end a person lets the service
        publish again. `is_served` says whether its list has the listed person; `after_each` is called while
        the publication by hand is current, and once it no longer is.
        """
        self.date_lists()
        served = self.publish(is_served)
        with self.service(is_served, "lists published"):
            by_hand = self.publish(not is_served)
            with self.service(not is_served, "another lists service runs"):
                after_each()
            is_undone = self._lists.current() != by_hand
            self.resume(served, is_served)
            after_each()
        return is_undone

    def publish(self, has_person: bool) -> str:
        """Publish by hand; return the version."""
        specification = f"ofac={self.sources[has_person]}"
        started = time.time()
        done = self._run(
            "lists", "publish", specification, "--accept-change", "ofac", "--reason", "fault run"
        )
        version = str(json.loads(done)["version"])
        self._lists.note(version, started, has_person)
        return version

    def resume(self, version: str, has_person: bool) -> None:
        """Let the service publish again, and wait until it has published a version."""
        started = time.time()
        self._run("lists", "resume", "--reason", "fault run")
        try:
            self._await(lambda: self._lists.current() == version, "the service did not publish")
        finally:  # the list before stays current until then, on a busy machine for a minute
            self._lists.note(version, started, has_person)

    @contextlib.contextmanager
    def service(self, has_person: bool, expected: str) -> Iterator[None]:
        """Run a lists service inside the block, once its log has the expected words."""
        self._services += 1
        environment = self._environment | {"HOLDGATE_LISTS": f"ofac={self.sources[has_person]}"}
        slot = WorkerSlot(
            self._folder / f"service-{self._services}", (*self._holdgate, "lists", "serve"), environment
        )
        slot.start()
        try:
            self._await(lambda: expected in slot.log.read_text(), f"no service said {expected!r}")
            yield
        finally:
            slot.stop()

    def _run(self, *arguments: str) -> str:
        environment = {**os.environ, **self._environment, "HOLDGATE_DATA": str(self._folder / "data")}
        done = subprocess.run(
            [str(HOLDGATE), *arguments],
            env=environment,
            capture_output=True,
            check=False,
            timeout=120,
            text=True,
        )
        if done.returncode:
            raise PublicationError(
                f"{' '.join(arguments[:2])} ended with {done.returncode}: {done.stderr[-200:]}"
            )
        return done.stdout

    def _await(self, condition: Callable[[], bool], failure: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise PublicationError(failure)
            time.sleep(0.2)

"""The fault run notices a lists service that undoes what a person published."""

import sys
import time
from functools import partial
from pathlib import Path

import pytest

from chaos.lists import ListFlipper
from chaos.mutants import LISTS_MUTANTS
from chaos.publishers import REFRESH_SECONDS, Publishers
from chaos.workers import MODULES
from tests.support.claims import key_file
from tests.support.list_keys import verify_file
from tests.support.rig import Rig, closing

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

WATCH_SECONDS = 30 * REFRESH_SECONDS
"""Many rounds of the service; on a busy machine one takes ten seconds."""


def _watch(lists: ListFlipper) -> None:
    """Return once another version is current, or after a time."""
    version, deadline = lists.current(), time.monotonic() + WATCH_SECONDS
    while lists.current() == version and time.monotonic() < deadline:
        time.sleep(0.2)


@pytest.mark.nightly  # proves the judge of fault runs, not the product
@pytest.mark.parametrize("mutant", LISTS_MUTANTS)
def test_a_service_that_undoes_a_publication_by_hand_is_noticed(
    tmp_path: Path, kafka: str, redis_url: str, topic_prefix: str, mutant: str
) -> None:
    with closing(
        Rig(
            tmp_path,
            kafka,
            redis_url,
            topic_prefix,
            HOLDGATE_CLAIM_KEY_FILE=key_file(tmp_path),
            HOLDGATE_LIST_VERIFY_KEY_FILE=verify_file(tmp_path),
        )
    ) as rig:
        rig.create_topics()
        lists = ListFlipper(rig.settings.redis, rig.settings.kafka, rig.settings.topic_prefix)
        lists.flip(0)
        publishers = Publishers(
            tmp_path / "publishers",
            rig.environment | {"PYTHONPATH": MODULES},
            lists,
            (sys.executable, "-m", "chaos.mutants", mutant),
        )
        is_undone = publishers.is_undone(True, partial(_watch, lists))
    assert is_undone is (mutant == "unpin")

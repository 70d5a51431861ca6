"""Of the members of a group one is active, as soon as the topic exists."""

from contextlib import closing

import pytest

from holdgate.adapters.kafka.leadership import Leadership
from holdgate.adapters.kafka.topic_admin import create_topics
from holdgate.core.records.topics import REVIEW_EVENTS
from holdgate.runtime.errors import OperatorError
from holdgate.runtime.settings import Settings
from tests.support.rig import wait_until

pytestmark = pytest.mark.kafka


def test_one_member_is_active_and_the_next_one_follows(kafka: str, topic_prefix: str) -> None:
    """A process that starts before the topic exists says so: as a member it would stand by for minutes."""
    settings = Settings(kafka=kafka, topic_prefix=topic_prefix, group=f"{topic_prefix}group", partitions=1)
    with pytest.raises(OperatorError, match=r"review\.events does not exist"):
        Leadership(settings, settings.review_group, REVIEW_EVENTS.name)
    create_topics(settings)
    with closing(Leadership(settings, settings.review_group, REVIEW_EVENTS.name)) as first:
        wait_until(lambda: first.poll() is not None, "an active member")
    with closing(Leadership(settings, settings.review_group, REVIEW_EVENTS.name)) as second:
        wait_until(lambda: second.poll() is not None, "an active member after the first one left")

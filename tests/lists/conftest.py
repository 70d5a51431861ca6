"""The small list, and a gate whose lists are published by commands."""

from tests.screening.conftest import rig
from tests.support.small_list import small, smaller

__all__ = ["rig", "small", "smaller"]

"""The small list, and a gate whose lists are published with the command line."""

from tests.screening.conftest import rig
from tests.support.small_list import small, smaller

__all__ = ["rig", "small", "smaller"]

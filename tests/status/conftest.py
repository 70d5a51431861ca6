"""The gate under test is the one of the screening tests."""

from tests.screening.conftest import rig
from tests.support.small_list import small, smaller

__all__ = ["rig", "small", "smaller"]

"""The gate under test is the one of the screening tests."""

from tests.support.small_list import small, smaller

__all__ = ["small", "smaller"]

"""The small list for contract tests."""

from tests.support.small_list import small, smaller

__all__ = ["small", "smaller"]

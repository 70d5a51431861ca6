"""The small list for contract tests."""

from tests.small_list import small, smaller

__all__ = ["small", "smaller"]

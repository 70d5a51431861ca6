"""The outside world, one module a technology."""

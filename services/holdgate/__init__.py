"""Holdgate: a sanctions-screening gate for payments on Kafka."""

__version__ = "0.1.0"

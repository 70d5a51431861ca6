"""Shared by all processes: settings, logs, health, shutdown, errors, metric labels."""

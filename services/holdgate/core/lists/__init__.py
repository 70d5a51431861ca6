"""List snapshots: entries, index, signature and announcement.

Imports `core.model`, `core.identifiers` and `core.names`.
"""

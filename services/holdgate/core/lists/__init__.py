"""List snapshots: entries, index, signature and announcement."""

"""SQLite: a projection of the review topics in one file, which may be deleted at any time."""

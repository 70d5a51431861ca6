"""Redis: snapshots, claims, and the state of the server."""

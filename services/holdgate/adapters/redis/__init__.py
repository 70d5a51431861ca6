"""Redis: the current snapshot, and the claims on decisions."""

"""Matching: from a name to the listed names that agree with it, with score and evidence."""

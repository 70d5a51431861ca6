"""Explanations of a decision for a person: the nearest entries, and what would change the decision."""

"""Spellings of listed names that practice brings: other languages, scripts, romanisations, short forms, cuts.

`kinds.toml` lists the kinds. Each changes listed names from tables and rules of this package, which are
independent of the matcher's own: a table that both shared would measure nothing.
"""

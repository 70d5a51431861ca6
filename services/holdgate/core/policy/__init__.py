"""The policy: thresholds, rails, list ages, sanctioned places and goods, read from a TOML file.

Imports only `core.model`.
"""

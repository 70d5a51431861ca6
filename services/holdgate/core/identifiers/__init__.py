"""Identifiers: comparable forms of numbers, numbers inside text, listed banks inside IBANs."""

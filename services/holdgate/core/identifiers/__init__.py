"""Identifiers: their comparable forms and labels, identifiers in text, bank codes of listed banks in IBANs.

Imports only `core.model`.
"""

"""Identifiers: their comparable forms, identifiers inside text, and bank codes of listed banks in IBANs.

Imports only `core.model`.
"""

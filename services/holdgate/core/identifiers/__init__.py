"""Identifiers: comparable forms of numbers, numbers inside text, the bank codes of listed banks in IBANs.

Imports only `core.model`.
"""

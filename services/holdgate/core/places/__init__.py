"""Sanctioned places: the gazetteer, and places found in codes, addresses and text; the corridor of a payment.

Imports `core.model`, `core.policy` and `core.identifiers`.
"""

"""Sanctioned places: the gazetteer, places found in codes, addresses and text, and the corridor of a payment.

Imports `core.model`, `core.policy` and `core.identifiers`.
"""

"""Sanctioned places: the gazetteer, and the places found in fields, addresses and text."""

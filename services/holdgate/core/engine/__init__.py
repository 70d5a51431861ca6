"""Decisions: turns a payment, a list snapshot and a policy into HOLD or RELEASE with its matches.

The top layer of core: it may import every other package of core, and none of them imports it.
"""

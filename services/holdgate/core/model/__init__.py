"""The data that everything else speaks of: payments, decisions, evidence, list entries, screened fields.

The bottom layer of core: it imports no other package of core.
"""

"""The bytes and headers on topics and in Redis: records, dead letters, audit records, claims.

Imports only `core.model`.
"""

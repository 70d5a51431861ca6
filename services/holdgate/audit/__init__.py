"""Tamper evidence: Merkle trees over topics, signed checkpoints, and their verification."""

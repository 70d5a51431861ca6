"""Every key in Redis: `list:*` for snapshots, written by the lists service, and `dec:*` for claims.

The access rules in deploy/security/redis-users.acl grant these two prefixes. Whatever a payment_id says, a
claim cannot take the name of another key: claims have a prefix of their own (see `core.records.claim`).
"""

LISTS = "list:*"
"""Pattern of every key of the lists service; workers may only read them."""

CLAIMS = "dec:*"
"""Pattern of every key of the screening workers."""

CURRENT_SNAPSHOT = "list:current"
"""The pointer: which snapshot is current, as JSON."""

SNAPSHOT_HISTORY = "list:history"
"""A sorted set of the stored versions by the time of their publication."""

PINNED_SNAPSHOT = "list:pinned"
"""The version that a rollback or a publication by hand keeps current; absent otherwise."""

LISTS_SERVICE = "list:service"
"""What the running lists service serves, as JSON; it expires if the service stops."""

ACCEPTED_PUBLICATION = "list:accepted"
"""The time of the publication that the lists service made last, or that a person let it replace."""

EPOCH = "dec:epoch"
"""A random token. Where it is missing or another one, Redis may have lost claims."""


def snapshot(version: str) -> str:
    """Return the key of a snapshot's bytes."""
    return f"list:snapshot:{version}"


def unfinished_snapshot(version: str, token: str) -> str:
    """Return the key under which a publisher writes a snapshot until it is complete."""
    return f"{snapshot(version)}:{token}"


def claim(claim_key: str) -> str:
    """Return the key of a claim; `claim_key` comes from `core.records.claim`."""
    return f"dec:{claim_key}"


def unreadable_claim(claim_key: str) -> str:
    """Return the key to which a claim that is unreadable or wrongly signed is moved."""
    return f"dec:unreadable:{claim_key}"


def lease(token: str) -> str:
    """Return the key of a connection's lease."""
    return f"dec:lease:{token}"


def restored_offset(partition: int) -> str:
    """Return the key of the offset in screening.decisions up to which every decision is claimed."""
    return f"dec:upto:{partition}"


def versions(name: bytes) -> str:
    """Return the key of the three versions that a claim names by six bytes."""
    return f"dec:versions:{name.hex()}"

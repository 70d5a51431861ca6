"""Merkle trees of RFC 6962, section 2.1: root, inclusion proofs and consistency proofs, with SHA-256.

All hashes are 32 bytes. A tree of n leaves is kept as the roots of its perfect subtrees, one per set bit of
n, so that appending a leaf takes O(log n) hashes and no leaf has to be kept.
"""

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


class ProofError(ValueError):
    """A proof that does not prove what it should."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf with these bytes. The prefix keeps a leaf from passing for a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """A tree that leaves are appended to; `peaks` are the roots of its perfect subtrees, largest first."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Continue a tree of `size` leaves; raise ValueError if the peaks are not those of such a tree."""
        self._size = size
        self._peaks = list(peaks)
        if size < 0 or len(self._peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has not {len(self._peaks)} perfect subtrees")
        if any(len(peak) != HASH_BYTES for peak in self._peaks):
            raise ValueError(f"a hash of a tree has {HASH_BYTES} bytes")

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees, largest first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Append a leaf by its hash."""
        peaks, size = self._peaks, self._size
        while size & 1:
            leaf = node_hash(peaks.pop(), leaf)
            size >>= 1
        peaks.append(leaf)
        self._size += 1

    def root(self) -> bytes:
        """Return the root over all leaves."""
        if not self._peaks:
            return EMPTY_ROOT
        *others, found = self._peaks
        for peak in reversed(others):
            found = node_hash(peak, found)
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves, given by their hashes."""
    tree = MerkleTree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the proof that the leaf at `index` is in the tree over these leaf hashes, lowest node first.

    Raises `ProofError` if there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ProofError(f"a tree of {len(leaves)} leaves has no leaf {index}")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*inclusion_proof(left, index), root_of(right)]
    return [*inclusion_proof(right, index - split), root_of(left)]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf hash is at `index` of the tree of `size` leaves with this root (RFC 9162, 2.1.3.2).

    Raises `ProofError`.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    position, last, found = index, size - 1, leaf
    for node in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if position & 1 or position == last:
            found = node_hash(node, found)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, node)
        position, last = position >> 1, last >> 1
    if last or found != root:
        raise ProofError(f"the proof does not show that leaf {index} is in the tree of {size} leaves")


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """Return the proof that the tree over these leaf hashes extends that over the first `earlier` of them.

    Raises `ProofError` if there are fewer leaves than that.
    """
    if not 0 <= earlier <= len(leaves):
        raise ProofError(f"a tree of {len(leaves)} leaves does not extend one of {earlier}")
    return [] if earlier in (0, len(leaves)) else _subproof(leaves, earlier, whole=True)


def _subproof(leaves: Sequence[bytes], earlier: int, whole: bool) -> list[bytes]:
    """`whole`: the earlier tree is one that the verifier already has the root of."""
    if earlier == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if earlier <= split:
        return [*_subproof(left, earlier, whole), root_of(right)]
    return [*_subproof(right, earlier - split, whole=False), root_of(left)]


def verify_consistency(
    earlier: int, size: int, proof: Sequence[bytes], earlier_root: bytes, root: bytes
) -> None:
    """Check that the tree of `size` leaves extends the one of `earlier` leaves (RFC 9162, section 2.1.4.2).

    Raises `ProofError`.
    """
    failure = ProofError(f"the proof does not show that the tree of {size} leaves extends that of {earlier}")
    if not 0 <= earlier <= size:
        raise failure
    if earlier in (0, size):
        same = earlier_root == (EMPTY_ROOT if earlier == 0 else root)
        if proof or not same:
            raise failure
        return
    nodes = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    if not nodes:
        raise failure
    position, last = earlier - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise failure
        if position & 1 or position == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, node)
        position, last = position >> 1, last >> 1
    if last or old != earlier_root or new != root:
        raise failure


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1

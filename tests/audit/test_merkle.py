"""Merkle trees: the published vectors of Certificate Transparency, and random trees."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.audit.merkle import (
    EMPTY_ROOT,
    MerkleTree,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.audit.vectors import CONSISTENCY, INCLUSION, LEAVES, ROOTS

HASHES = [leaf_hash(leaf) for leaf in LEAVES]
TREES = st.lists(st.binary(max_size=4), min_size=1, max_size=70).map(
    lambda leaves: [leaf_hash(leaf) for leaf in leaves]
)


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size: int) -> None:
    assert root_of(HASHES[:size]) == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_the_published_inclusion_proofs(index: int, size: int, proof: list[bytes]) -> None:
    assert inclusion_proof(HASHES[:size], index) == proof
    verify_inclusion(HASHES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize(("earlier", "size", "proof"), CONSISTENCY)
def test_the_published_consistency_proofs(earlier: int, size: int, proof: list[bytes]) -> None:
    assert consistency_proof(HASHES[:size], earlier) == proof
    verify_consistency(earlier, size, proof, ROOTS[earlier], ROOTS[size])


@given(TREES, st.data())
def test_a_tree_continues_from_its_peaks(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(leaves)))
    first = MerkleTree()
    for leaf in leaves[:size]:
        first.append(leaf)
    tree = MerkleTree(first.size, first.peaks)
    for leaf in leaves[size:]:
        tree.append(leaf)
    assert tree.root() == root_of(leaves)
    assert tree.size == len(leaves)


@given(TREES, st.data())
def test_each_leaf_is_proved_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root, size = inclusion_proof(leaves, index), root_of(leaves), len(leaves)
    verify_inclusion(leaves[index], index, size, proof, root)
    for wrong in (
        (leaf_hash(b"no such leaf"), index, size, proof, root),
        (leaves[index], index, size, [*proof, root], root),
        (leaves[index], index, size, proof, leaf_hash(root)),
        (leaves[index], size, size, proof, root),
        *([(leaves[index], index, size, proof[:-1], root)] if proof else []),
    ):
        with pytest.raises(ProofError):
            verify_inclusion(*wrong)


@given(TREES, st.data())
def test_a_tree_extends_each_earlier_one_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    earlier = data.draw(st.integers(0, len(leaves)))
    proof, old, new = consistency_proof(leaves, earlier), root_of(leaves[:earlier]), root_of(leaves)
    verify_consistency(earlier, len(leaves), proof, old, new)
    wrong: list[tuple[Any, ...]] = [
        (earlier, len(leaves), proof, leaf_hash(old), new),
        (earlier, len(leaves), [*proof, old], old, new),
        (len(leaves) + 1, len(leaves), proof, old, new),
    ]
    if earlier:
        wrong.append((earlier, len(leaves), proof, old, leaf_hash(new)))
    if proof:
        wrong.append((earlier, len(leaves), proof[:-1], old, new))
    for arguments in wrong:
        with pytest.raises(ProofError):
            verify_consistency(*arguments)


@given(TREES, st.data())
def test_a_root_changes_with_any_leaf(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    altered = [*leaves[:index], leaf_hash(b"another leaf"), *leaves[index + 1 :]]
    assert root_of(altered) != root_of(leaves)
    assert root_of([*leaves[:index], *leaves[index + 1 :]]) != root_of(leaves)


def test_wrong_peaks_are_refused() -> None:
    for size, peaks in ((3, [EMPTY_ROOT]), (1, [b"short"]), (-1, [])):
        with pytest.raises(ValueError, match="tree"):
            MerkleTree(size, peaks)


def test_a_proof_about_no_leaf_is_refused() -> None:
    with pytest.raises(ProofError):
        inclusion_proof(HASHES, 8)
    with pytest.raises(ProofError):
        consistency_proof(HASHES, 9)

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Corruption, ProofInvalid
from ledger.log.merkle import Frontier, node_hash, verify_consistency, verify_inclusion
from ledger.log.tile import full_tiles
from ledger.log.tree import grow, prove_consistency, prove_inclusion, read_frontier
from tests.ledger.log.naive import (
    MemoryTiles,
    consistency_path,
    inclusion_path,
    numbered_leaves,
    tree_hash,
)

BIG = 70_000


@cache
def big_tree() -> MemoryTiles:
    return MemoryTiles(numbered_leaves(BIG))


def test_inclusion_paths_of_all_small_trees_are_those_of_the_rfc() -> None:
    tiles = MemoryTiles(numbered_leaves(64))
    for size in range(1, 65):
        leaves = tiles.rows[0][:size]
        for index in range(size):
            assert list(prove_inclusion(tiles, index, size).path) == inclusion_path(index, leaves)


def test_consistency_paths_of_all_small_trees_are_those_of_the_rfc() -> None:
    tiles = MemoryTiles(numbered_leaves(64))
    for new_size in range(65):
        leaves = tiles.rows[0][:new_size]
        for old_size in range(new_size + 1):
            proof = prove_consistency(tiles, old_size, new_size)
            assert list(proof.path) == (consistency_path(old_size, leaves) if old_size else [])
            verify_consistency(proof, tree_hash(leaves[:old_size]), tree_hash(leaves))


@given(st.integers(1, 3000), st.data())
def test_proofs_of_older_sizes_come_from_the_tiles_of_a_grown_tree(size: int, data: st.DataObject) -> None:
    tiles, leaves = big_tree(), big_tree().rows[0][:size]
    index = data.draw(st.integers(0, size - 1))
    assert list(prove_inclusion(tiles, index, size).path) == inclusion_path(index, leaves)
    assert list(prove_consistency(tiles, index + 1, size).path) == consistency_path(index + 1, leaves)
    assert read_frontier(tiles, size) == Frontier().extend(leaves)


@pytest.mark.parametrize("index", [0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999])
def test_proofs_in_a_tree_of_three_tile_levels_verify_and_read_two_tiles_a_level(index: int) -> None:
    tiles = big_tree()
    root = read_frontier(tiles, BIG).root()
    tiles.reads.clear()
    inclusion = prove_inclusion(tiles, index, BIG)
    assert len(tiles.reads) == len(set(tiles.reads)) <= 6
    verify_inclusion(inclusion, tiles.rows[0][index], root)
    tiles.reads.clear()
    consistency = prove_consistency(tiles, index + 1, BIG)
    assert len(tiles.reads) == len(set(tiles.reads)) <= 6
    verify_consistency(consistency, read_frontier(tiles, index + 1).root(), root)


class EqualLeaves:
    """Tiles of a tree of any size in which all leaves are equal, so each height has one hash."""

    def __init__(self) -> None:
        self.by_height = numbered_leaves(1)
        while len(self.by_height) < 64:
            self.by_height.append(node_hash(self.by_height[-1], self.by_height[-1]))
        self.reads = 0

    def __call__(self, level: int, _index: int, width: int) -> list[bytes]:
        self.reads += 1
        return [self.by_height[8 * level]] * width

    def root(self, size: int) -> bytes:
        heights = [height for height in range(63, -1, -1) if size >> height & 1]
        return Frontier(size, tuple(self.by_height[height] for height in heights)).root()


@pytest.mark.parametrize("size", [2**33 + 12_345, 2**40 - 1, 2**40, 2**63 - 1])
@pytest.mark.parametrize("part", [0, 1, 3, 7, 8])
def test_proofs_at_any_size_read_at_most_two_tiles_for_eight_levels(size: int, part: int) -> None:
    tiles = EqualLeaves()
    tile_levels = -(-size.bit_length() // 8)
    index = (size - 1) * part // 8
    inclusion = prove_inclusion(tiles, index, size)
    assert tiles.reads <= 2 * tile_levels
    verify_inclusion(inclusion, tiles.by_height[0], tiles.root(size))
    tiles.reads = 0
    consistency = prove_consistency(tiles, index + 1, size)
    assert tiles.reads <= 2 * tile_levels
    verify_consistency(consistency, tiles.root(index + 1), tiles.root(size))


@given(st.lists(st.one_of(st.integers(0, 3), st.integers(250, 260), st.integers(0, 1500)), max_size=8))
def test_growth_in_any_portions_gives_the_tiles_of_the_definition(portions: list[int]) -> None:
    wanted, tiles, size = big_tree(), MemoryTiles([]), 0
    for portion in portions:
        leaves = wanted.rows[0][size : size + portion]
        full = list(grow(tiles, size, leaves))
        assert [tile.tile for tile in full] == list(full_tiles(size, size + portion))
        tiles.rows[0] += leaves
        for tile in full:
            assert list(tile.hashes) == wanted(tile.tile.level, tile.tile.index, 256)
            assert tile.root == wanted.rows[tile.tile.level + 1][tile.tile.index]
            tiles.rows += [[]] * (tile.tile.level + 2 - len(tiles.rows))
            tiles.rows[tile.tile.level + 1].append(tile.root)
        size += portion


def test_growth_past_a_tile_of_the_second_level_reads_one_partial_tile_a_level() -> None:
    wanted, tiles = big_tree(), MemoryTiles(big_tree().rows[0][:65_500])
    full = list(grow(tiles, 65_500, wanted.rows[0][65_500:65_600]))
    assert tiles.reads == [(0, 255, 220), (1, 0, 255)]
    assert [(tile.tile.level, tile.tile.index) for tile in full] == [(0, 255), (1, 0)]
    assert full[1].root == tree_hash(wanted.rows[0][:65_536])


def test_growth_that_fills_no_tile_reads_nothing() -> None:
    tiles = MemoryTiles(numbered_leaves(10))
    assert list(grow(tiles, 10, numbered_leaves(245))) == []
    assert tiles.reads == []


def test_a_tile_of_another_width_is_corruption() -> None:
    short = MemoryTiles(numbered_leaves(9))
    for attempt in (
        lambda: prove_inclusion(short, 0, 10),
        lambda: prove_consistency(short, 3, 10),
        lambda: read_frontier(short, 10),
        lambda: list(grow(short, 10, numbered_leaves(250))),
    ):
        with pytest.raises(Corruption, match=r"tile/0/000\.p/10"):
            attempt()


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, 2**63)])
def test_an_index_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofInvalid):
        prove_inclusion(EqualLeaves(), index, size)


@pytest.mark.parametrize(("old_size", "new_size"), [(-1, 5), (6, 5), (1, 2**63)])
def test_a_shrinking_tree_has_no_proof(old_size: int, new_size: int) -> None:
    with pytest.raises(ProofInvalid):
        prove_consistency(EqualLeaves(), old_size, new_size)

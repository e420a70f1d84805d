from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Corruption, StatementTooLarge, TileUnknown
from ledger.log.merkle import SIZE_MAX
from ledger.log.tile import (
    Bundle,
    Tile,
    format_bundle,
    format_tile,
    format_tile_path,
    full_tiles,
    parse_bundle,
    parse_tile,
    parse_tile_path,
    partial_tiles,
    tile_width,
)
from tests.ledger.log.naive import numbered_leaves


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1_234_067), "tile/1/x001/x234/067"),
        (Tile(3, 1000, 1), "tile/3/x001/000.p/1"),
        (Bundle(1_234_067, 8), "tile/entries/x001/x234/067.p/8"),
    ],
)
def test_a_place_has_the_path_that_tlog_tiles_gives_it(place: Tile | Bundle, path: str) -> None:
    assert format_tile_path(place) == path
    assert parse_tile_path(path) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/-1/000",
        "tile/64/000",
        "tile/8/000",
        "tile/7/128",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x001/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/0/٠٠٠",
        "tile/data/000",
        "tile/8/0/000",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/x999/x999/x999/x999/x999/999",
        "tile/0/x001/x000/x000/x000/x000/x000/000",
    ],
)
def test_a_path_in_another_spelling_names_no_tile(path: str) -> None:
    with pytest.raises(TileUnknown):
        parse_tile_path(path)


@given(st.integers(1, SIZE_MAX))
def test_paths_of_the_right_edge_of_any_tree_are_read_back(size: int) -> None:
    for tile in partial_tiles(size):
        assert parse_tile_path(format_tile_path(tile)) == tile
        assert tile_width(tile.level, tile.index, size) == tile.width
        assert tile_width(tile.level, tile.index + 1, size) == 0


def test_a_tree_of_70_000_has_the_tiles_of_the_example_in_tlog_tiles() -> None:
    full = list(full_tiles(0, 70_000))
    assert full == [*(Tile(0, index) for index in range(273)), Tile(1, 0)]
    assert list(partial_tiles(70_000)) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above() -> None:
    assert list(full_tiles(255, 256)) == [Tile(0, 0)]
    assert list(partial_tiles(256)) == [Tile(1, 0, 1)]


def test_the_empty_tree_has_no_tiles() -> None:
    assert [*full_tiles(0, 0), *partial_tiles(0)] == []
    assert tile_width(0, 0, 0) == 0


@given(st.lists(st.integers(0, 200_000), min_size=3, max_size=3).map(sorted))
def test_growth_in_two_steps_fills_the_tiles_of_one(sizes: list[int]) -> None:
    first, second, third = sizes
    assert {*full_tiles(first, second), *full_tiles(second, third)} == set(full_tiles(first, third))


def test_tile_bytes_are_its_hashes() -> None:
    hashes = numbered_leaves(5)
    data = format_tile(hashes)
    assert data == b"".join(hashes)
    assert parse_tile(data, Tile(0, 0, 5)) == hashes
    for wrong in (data[:-1], data + bytes(32), b""):
        with pytest.raises(Corruption, match=r"tile/0/000\.p/5"):
            parse_tile(wrong, Tile(0, 0, 5))


def test_bundle_prefixes_each_entry_with_its_length_in_big_endian() -> None:
    assert format_bundle([b"", b"ab", bytes(258)]) == b"\0\0" + b"\0\x02ab" + b"\x01\x02" + bytes(258)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_are_read_back(entries: list[bytes]) -> None:
    assert parse_bundle(format_bundle(entries), Bundle(0, len(entries))) == entries


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\x01", b"\0\x01a\0", b"\0\x01a", b"\0\x01a\0\x01b\0"])
def test_bytes_that_are_not_two_entries_are_a_corrupt_bundle_of_two(data: bytes) -> None:
    with pytest.raises(Corruption, match=r"tile/entries/000\.p/2"):
        parse_bundle(data, Bundle(0, 2))


def test_an_entry_of_65_535_bytes_fits_and_a_longer_one_does_not() -> None:
    longest = bytes(65_535)
    assert parse_bundle(format_bundle([longest]), Bundle(0, 1)) == [longest]
    with pytest.raises(StatementTooLarge):
        format_bundle([bytes(65_536)])

"""Ledgers to audit: a small one that has seen everything, and logs as a dishonest recorder would put them together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from ledger.audit.auditor import audit
from ledger.audit.report import AuditReport
from ledger.audit.source import open_url
from ledger.audit.store.database import DatabaseSource
from ledger.errors import RulesUnknown
from ledger.fold.fold import PLAIN_RULES, Rules
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.note import format_note, format_vkey
from ledger.log.signature import sign_checkpoint
from ledger.log.tile import (
    Bundle,
    Tile,
    format_bundle,
    format_tile,
    format_tile_path,
    full_tiles,
    partial_tiles,
)
from ledger.log.tree import FullTile, grow
from ledger.store.session import Reader
from tests.ledger.press import Press, append_logged
from tests.yard import ORIGIN

Files = dict[str, bytes]


def rules_of(version: int) -> Rules:
    if version != PLAIN_RULES.version:
        raise RulesUnknown("upgrade", version=version)
    return PLAIN_RULES


def live_a_little(press: Press) -> None:
    """A full tile, root acts, ticks, a conflict, a consignment, a `seen`, two checkpoints, and an entry after them."""
    yard = press.yard
    vkeys = [format_vkey(key) for key in press.home.trust.checkpoint]
    yard.say_as_root("ledger.key_succeeded", role="checkpoint", checkpoint=vkeys)
    for _ in range(220):
        yard.produce()
    press.load()
    press.publish()
    yard.pass_time(120)
    pack = yard.produce()
    second = yard.draft(yard.maker, "unit.placed_on_market", units=[pack])
    yard.say(yard.maker, "unit.installed", units=[pack])
    yard.record(second)
    yard.pass_time(60)
    waste = yard.waste_pack()
    yard.offer(yard.workshop, yard.recycler, [waste], carriers=[yard.carrier])
    seen = {"size": press.load(), "root": root_of(yard.entries).hex()}
    last_proved, not_proved = born(press, seen=seen), born(press)
    load(press, [*yard.entries, last_proved])
    press.publish()
    load(press, [*yard.entries, last_proved, not_proved])


def born(press: Press, **members: Any) -> bytes:
    """A new pack, stated and not recorded by the yard."""
    yard = press.yard
    units = [yard.new_unit_id()]
    return yard.draft(yard.maker, "unit.produced", units=units, description=yard.description(), **members)


def load(press: Press, raws: list[bytes]) -> None:
    press.store.write(lambda writer: append_logged(writer, raws))


def add_packs(press: Press, count: int) -> None:
    """So many new packs in the database, under a checkpoint."""
    with press.store.read() as reader:
        source = DatabaseSource(reader)
        raws = list(chain.from_iterable(source.entries(0, source.size())))
    load(press, [*raws, *(born(press) for _ in range(count))])
    press.publish()


def root_of(raws: Sequence[bytes]) -> bytes:
    return Frontier().extend(map(leaf_hash, raws)).root()


def audit_database(press: Press, reader: Reader, **options: Any) -> AuditReport:
    source = DatabaseSource(reader)
    return audit(source, press.home.trust, rules_of, projections=source, **options)


def signed_note(press: Press, raws: Sequence[bytes]) -> bytes:
    """What the ledger's own keys sign for this log, whatever it says."""
    checkpoint = Checkpoint(ORIGIN, len(raws), root_of(raws))
    return format_note(sign_checkpoint(checkpoint, press.home.read_checkpoint_keys().note_signers, press.clock.now()))


def publish(press: Press, raws: Sequence[bytes]) -> Files:
    """The files of a log of these entries, all in order whatever the entries are."""
    size = len(raws)
    files = {"checkpoint": signed_note(press, raws)}
    for tile, hashes in _tiles([leaf_hash(raw) for raw in raws]):
        files[format_tile_path(tile)] = format_tile(hashes)
    for tile in chain(full_tiles(0, size), partial_tiles(size)):
        if tile.level == 0:
            first = tile.index * 256
            bundle = Bundle(tile.index, tile.width)
            files[format_tile_path(bundle)] = format_bundle(raws[first : first + tile.width])
    return files


def _tiles(leaves: list[bytes]) -> list[tuple[Tile, Sequence[bytes]]]:
    full: list[FullTile] = list(grow(lambda *_: (), 0, leaves))
    rows: dict[int, list[bytes]] = {0: leaves}
    for made in full:
        rows.setdefault(made.tile.level + 1, []).append(made.root)
    narrow = ((tile, rows[tile.level][tile.index * 256 :]) for tile in partial_tiles(len(leaves)))
    return [*((made.tile, made.hashes) for made in full), *narrow]


def audit_files(press: Press, files: Files, **options: Any) -> AuditReport:
    def fetch(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "no such file", path)
        return files[path]

    return audit(open_url("memory", fetch, with_state=False), press.home.trust, rules_of, **options)

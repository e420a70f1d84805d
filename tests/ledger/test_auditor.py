from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select, text

from ledger import cbor
from ledger.audit.auditor import audit
from ledger.audit.report import ANOTHER_LEDGER, ENTRY_CHANGED, ENTRY_NOT_ALLOWED, FORKED, TRUNCATED, AuditReport
from ledger.audit.signatures import Signed, Unproved, find_bad, open_verifier
from ledger.audit.source import StatePage, format_state_page, open_directory, open_url, parse_state_page
from ledger.audit.store.database import DatabaseSource
from ledger.domain.values import format_instant
from ledger.errors import Corruption
from ledger.event import parse_event, sign_event
from ledger.export import export
from ledger.fold.fold import Rules
from ledger.keys import Algorithm, SigningKey
from ledger.log.note import SignatureType
from ledger.log.tile import Bundle, format_bundle, format_tile_path
from ledger.statement import STATEMENT_BYTES_MAX, parse_envelope, sign_statement
from ledger.store import tables
from tests.ledger.press import Press
from tests.ledger.shelf import (
    audit_database,
    audit_files,
    born,
    live_a_little,
    publish,
    root_of,
    rules_of,
    signed_note,
)
from tests.yard import Actor, Yard


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """A small ledger in SQLite; tests change it only in transactions that they give up."""
    folder = tmp_path_factory.mktemp("ledger")
    press = Press(f"sqlite:///{folder / 'ledger.sqlite'}", folder)
    live_a_little(press)
    with press.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER entry_keeps_what_was_signed")
    yield press
    press.store.close()


@pytest.fixture
def short(tmp_path: Path) -> Iterator[Press]:
    """A ledger of a few entries whose files are put together by hand."""
    press = Press(f"sqlite:///{tmp_path / 'ledger.sqlite'}", tmp_path)
    yield press
    press.store.close()


def audited(press: Press, **options: Any) -> AuditReport:
    with press.store.read() as reader:
        return audit_database(press, reader, **options)


def first_place(report: AuditReport) -> str:
    return report.findings[0].place


def test_an_honest_ledger_is_fine(press: Press) -> None:
    report = audited(press)

    assert (report.verdict, report.findings, report.pinned) == ("fine", [], True)
    assert report.entries == report.size == sum(report.kinds.values())
    assert report.kinds["conflict.recorded"] == 1
    assert report.compared == ["entry_subject", "tile", "checkpoint", "head", "state"]
    assert report.genesis == press.home.trust.genesis
    assert report.checkpoint is not None
    assert report.checkpoint.size == report.size - 1
    assert report.not_yet_covered == 1


def test_without_a_pinned_genesis_the_report_says_so(press: Press) -> None:
    with press.store.read() as reader:
        source = DatabaseSource(reader)
        report = audit(source, replace(press.home.trust, genesis=None), rules_of, projections=source)

    assert (report.verdict, report.pinned) == ("fine", False)


def test_another_ledger_than_the_pinned_one_is_refused(press: Press) -> None:
    with press.store.read() as reader:
        report = audit(DatabaseSource(reader), replace(press.home.trust, genesis="00" * 32), rules_of)

    assert (report.ok, report.pinned, report.entries) == (False, False, 0)
    assert (first_place(report), report.findings[0].follows) == ("entry 0", ANOTHER_LEDGER)


def test_processes_that_verify_come_to_the_same_verdict(press: Press) -> None:
    alone, helped = audited(press), audited(press, workers=1)

    assert replace(helped, seconds=0.0) == replace(alone, seconds=0.0)


def test_state_that_does_not_fit_into_memory_is_compared_all_the_same(press: Press, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"

    report = audited(press, values_max=20, scratch=scratch)

    assert replace(report, seconds=0.0) == replace(audited(press), seconds=0.0)
    assert not scratch.exists()


def test_progress_reaches_the_end(press: Press) -> None:
    told: list[tuple[int, int]] = []

    report = audited(press, progress=lambda done, total: told.append((done, total)))

    assert told[-1] == (report.size, report.size)


# table, column, how many places: every column that follows from the log or is signed
FLIPS = [
    ("entry", "body", 60),
    ("entry", "leaf_index", 6),
    ("entry", "event_id", 8),
    ("entry", "idempotency", 8),
    ("entry", "leaf_hash", 8),
    ("entry", "kind", 8),
    ("entry", "party", 8),
    ("entry", "recorded_at", 8),
    ("entry", "void", 6),
    ("entry_subject", "subject", 10),
    ("entry_subject", "leaf_index", 10),
    ("tile", "level", 3),
    ("tile", "tile_index", 3),
    ("tile", "root", 6),
    ("tile", "data", 16),
    ("checkpoint", "size", 4),
    ("checkpoint", "root", 6),
    ("checkpoint", "note", 30),
    ("checkpoint", "cose", 12),
    ("head", "size", 4),
    ("head", "frontier", 10),
    ("state", "key", 12),
    ("state", "value", 30),
]


def flip_bit(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def damage(connection: Connection, table: Table, column: str, chance: random.Random) -> tuple[Any, ...]:
    """Change one bit of one value of the column; the row's primary key as it was."""
    rows = connection.execute(select(*table.primary_key, table.c[column].label("damaged")).order_by(*table.primary_key))
    *key, value = chance.choice(rows.all())
    if isinstance(value, int):
        # A key's low bits would give it the place of another row, which the database refuses.
        fresh: Any = int(value) ^ 1 << chance.randrange(10 if column in table.primary_key.columns else 0, 20)
    else:
        fresh = flip_bit(value if isinstance(value, bytes) else value.encode(), chance)
    as_it_is = "CAST(:fresh AS TEXT)" if isinstance(value, str) else ":fresh"
    where = " AND ".join(f"{name} = :key{n}" for n, name in enumerate(table.primary_key.columns.keys()))
    statement = f"UPDATE {table.name} SET {column} = {as_it_is} WHERE {where}"  # noqa: S608 - names of our own tables
    changed = connection.execute(text(statement), {"fresh": fresh, **{f"key{n}": part for n, part in enumerate(key)}})
    assert changed.rowcount == 1
    return tuple(key)


def expected_place(table: str, column: str, key: tuple[Any, ...]) -> str:
    """A pattern for where the damage must be found."""
    place = "/".join(map(str, key))
    match table, column:
        case "entry", "body":
            return f"entry {place}"
        case "entry", "leaf_index":
            # A row that is moved is missing where it was, before or after that place.
            return r"entry \d+|entries from \d+"
        case "entry", _:
            return f"entry {place} (column {column}|columns)"
        case "entry_subject", _:
            return "entry_subject .*"
        case "tile", _:
            return "tile/.*|tile after .*"
        case "checkpoint", _:
            return "checkpoint.*"
        case "head", _:
            return f"head( {column})?"
        case _:
            return f"state {re.escape(place)}|state after .*" if column == "value" else "state .*"


@pytest.mark.slow
@pytest.mark.parametrize(("table_name", "column", "places"), FLIPS)
def test_one_changed_bit_is_found_and_its_place_named(press: Press, table_name: str, column: str, places: int) -> None:
    chance = random.Random(f"{table_name} {column}")
    table = tables.metadata.tables[table_name]
    for _ in range(places):
        with press.store.engine.connect() as connection:
            key = damage(connection, table, column, chance)

            report = audit_database(press, connection)

            connection.rollback()
        found = [finding.place for finding in report.findings]
        pattern = expected_place(table_name, column, key)
        assert report.verdict == "broken"
        assert any(re.fullmatch(pattern, place, re.DOTALL) for place in found), (pattern, found)


def test_two_hundred_places_are_tried() -> None:
    assert sum(places for *_, places in FLIPS) >= 200


@pytest.mark.slow
def test_one_changed_bit_of_an_exported_file_is_found_and_the_file_or_entry_named(press: Press, tmp_path: Path) -> None:
    export(press.store, tmp_path / "out")
    files = sorted(file for file in (tmp_path / "out").rglob("*") if file.is_file())
    chance = random.Random(7)
    for _ in range(80):
        file = chance.choice(files)
        path, data = file.relative_to(tmp_path / "out").as_posix(), file.read_bytes()
        file.write_bytes(flip_bit(data, chance))

        report = audit(open_directory(tmp_path / "out"), press.home.trust, rules_of)

        file.write_bytes(data)
        inside = {"tile/entries": r"entry \d+", "state/": "state .*"}
        patterns = [re.escape(path), *(pattern for folder, pattern in inside.items() if path.startswith(folder))]
        assert report.verdict == "broken", path
        assert any(re.fullmatch("|".join(patterns), first, re.DOTALL) for first in places(report)), (path, report)


def places(report: AuditReport) -> list[str]:
    return [finding.place for finding in report.findings]


DAMAGE: list[tuple[str, str, str]] = [
    ("entry", "UPDATE entry SET party = 'x' WHERE leaf_index = 3", "entry 3 column party"),
    ("void", "UPDATE entry SET void = NOT void WHERE leaf_index = 3", "entry 3 column void"),
    ("subject", "DELETE FROM entry_subject WHERE leaf_index = 3", "entry_subject .* 3"),
    ("tile", "UPDATE tile SET root = data", "tile/0/000 root"),
    ("no tile", "DELETE FROM tile", "tile/0/000"),
    ("checkpoint", "UPDATE checkpoint SET root = note", r"checkpoint \d+"),
    ("head", "UPDATE head SET size = size - 1", "head size"),
    ("no head", "DELETE FROM head", "head"),
    ("state", "UPDATE state SET value = key::bytea WHERE key = 'time'", "state time"),
    ("no state", "DELETE FROM state WHERE key = 'time'", "state time"),
    ("more state", "INSERT INTO state SELECT 'timer', value FROM state WHERE key = 'time'", "state timer"),
]


def test_every_projection_is_compared_on_both_databases(database_url: str, tmp_path: Path) -> None:
    press = Press(database_url, tmp_path)
    live_a_little(press)
    assert audited(press).verdict == "fine"
    for _, statement, pattern in DAMAGE:
        with press.store.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                statement = statement.replace("key::bytea", "CAST(key AS BLOB)")
            connection.execute(text(statement))

            report = audit_database(press, connection)

            connection.rollback()
        assert any(re.fullmatch(pattern, place) for place in places(report)), (statement, report.findings)
    press.store.close()


def test_a_report_lists_the_first_differences_and_counts_the_rest(press: Press) -> None:
    with press.store.engine.connect() as connection:
        connection.execute(text("UPDATE entry SET kind = 'x'"))
        report = audit_database(press, connection)
        connection.rollback()

    assert len(report.findings) == 50
    assert report.unlisted == report.size - 50


def test_an_entry_whose_bytes_were_changed_is_told_from_one_that_was_never_allowed(short: Press) -> None:
    yard = short.yard
    pack = yard.produce()
    not_the_holder = sign_event(
        yard.carrier.key, yard.members(yard.carrier, "unit.discarded", units=[pack], reason="end_of_life")
    )
    files = publish(short, [*yard.entries, not_the_holder])
    place = f"entry {len(yard.entries)}"

    never_allowed = audit_files(short, files)
    changed = audit_files(short, publish(short, yard.entries) | damaged_bundle(short, 5))

    assert (first_place(never_allowed), never_allowed.findings[0].follows) == (place, ENTRY_NOT_ALLOWED)
    assert never_allowed.findings[0].what.startswith("not-holder")
    assert never_allowed.entries == len(yard.entries)
    assert (first_place(changed), changed.findings[0].follows) == ("entry 5", ENTRY_CHANGED)
    assert changed.entries == 5


def damaged_bundle(press: Press, index: int) -> dict[str, bytes]:
    raws = list(press.yard.entries)
    raws[index] = raws[index][:-1] + bytes([raws[index][-1] ^ 1])
    return {format_tile_path(Bundle(0, len(raws))): format_bundle(raws)}


def statement(yard: Yard, actor: Actor | None = None) -> bytes:
    return yard.draft(actor or yard.maker, "unit.produced", units=[yard.new_unit_id()], description=yard.description())


def forged(yard: Yard) -> bytes:
    """A statement that names the maker's key and is signed with another."""
    good = parse_event(statement(yard)).envelope
    return good.raw[:-64] + SigningKey.from_seed(bytes(32)).sign(good.signed_bytes)


def tick(yard: Yard, seconds: int) -> bytes:
    members = {
        **yard.members(Actor(yard.operator.party, yard.clock_key), "ledger.tick"),
        "occurred_at": format_instant(yard.state["time"]["tick"] + seconds),
        "tree_size": len(yard.entries),
    }
    return sign_event(yard.clock_key, members)


def naming_es256(yard: Yard) -> bytes:
    """Signed by the maker's own key, which is not of the algorithm that the header names."""
    envelope = parse_envelope(statement(yard).replace(b"\xa4\x01\x27", b"\xa4\x01\x26"))
    assert envelope.alg is Algorithm.ES256
    return envelope.raw[:-64] + yard.maker.key.sign(envelope.signed_bytes)


def long_form(raw: bytes) -> bytes:
    assert raw[1:2] == b"\x84"
    return raw[:1] + b"\x98\x04" + raw[2:]


DISHONEST: dict[str, tuple[Callable[[Yard], bytes], str]] = {
    "forged": (forged, "signature-invalid"),
    "by a stranger": (lambda yard: statement(yard, Actor(yard.maker.party, yard.new_key())), "key-unknown"),
    "another algorithm": (naming_es256, "signature-invalid"),
    "another spelling": (lambda yard: long_form(statement(yard)), "malformed-statement"),
    "too large": (lambda yard: statement(yard) + bytes(STATEMENT_BYTES_MAX), "statement-too-large"),
    "nothing": (lambda yard: yard.entries[0][:0], "malformed-statement"),
    "second genesis": (Yard.genesis, "transition-not-allowed"),
    "tick that goes back": (lambda yard: tick(yard, -60), "time-out-of-bounds"),
    "tick within a minute": (lambda yard: tick(yard, 61), "time-out-of-bounds"),
    "recorded twice": (lambda yard: yard.entries[-1], "id-reused"),
}


@pytest.mark.parametrize("case", DISHONEST)
def test_what_no_honest_recorder_records_stops_the_audit_there(short: Press, case: str) -> None:
    next_entry, code = DISHONEST[case]
    short.yard.produce()
    files = publish(short, [*short.yard.entries, next_entry(short.yard)])

    report = audit_files(short, files)

    assert (report.verdict, report.entries) == ("broken", len(short.yard.entries))
    assert first_place(report) == f"entry {len(short.yard.entries)}"
    assert report.findings[0].what.startswith(code), report.findings[0]
    assert report.checkpoint is None


def test_the_first_of_two_differences_is_named_whichever_check_finds_it(short: Press) -> None:
    raws = [*short.yard.entries, forged(short.yard), b"no statement"]

    report = audit_files(short, publish(short, raws))

    assert places(report) == [f"entry {len(raws) - 2}"]


def assessed(yard: Yard, pack: str, **members: Any) -> bytes:
    return yard.draft(yard.maker, "unit.assessed", units=[pack], method="bms", condition="sound", **members)


def test_a_statement_that_commutes_cannot_be_recorded_twice(short: Press) -> None:
    yard = short.yard
    raw = assessed(yard, yard.produce())
    yard.record(raw)

    report = audit_files(short, publish(short, [*yard.entries, raw]))

    assert first_place(report) == f"entry {len(yard.entries)}"
    assert report.findings[0].what.startswith("id-reused")


def test_two_statements_of_one_party_cannot_share_an_id(short: Press) -> None:
    yard = short.yard
    pack = yard.produce()
    first = assessed(yard, pack)
    yard.record(first)
    yard.record(assessed(yard, pack, id=parse_event(first).payload.id, state_of_health_permille=700))

    report = audit_files(short, publish(short, yard.entries))

    assert first_place(report) == f"entry {len(yard.entries) - 1}"
    assert report.findings[0].what.startswith("id-reused")


def test_the_root_s_keys_may_share_an_id_because_they_sign_the_same_bytes(short: Press) -> None:
    assert short.yard.root_threshold == 2
    assert audit_files(short, publish(short, short.yard.entries)).ok


def test_a_conflict_that_was_not_recorded_is_found(short: Press) -> None:
    yard = short.yard
    pack = yard.produce()
    second = yard.draft(yard.maker, "unit.placed_on_market", units=[pack])
    yard.say(yard.maker, "unit.installed", units=[pack])
    another = born(short)
    yard.record(second)
    raws = [*yard.entries[:-1], another]
    assert parse_event(yard.entries[-1]).payload.kind == "conflict.recorded"

    report = audit_files(short, publish(short, raws))

    assert first_place(report) == f"entry {len(raws) - 1}"


def test_a_log_whose_rules_this_program_does_not_have_asks_for_an_upgrade(short: Press) -> None:
    yard = short.yard
    yard.say_as_root("ledger.rules", rules_version=2)
    adopted = audit_files(short, publish(short, yard.entries))
    raws = [*yard.entries, born(short)]

    beyond = audit_files(short, publish(short, raws))

    assert adopted.verdict == "fine"
    assert (beyond.verdict, beyond.upgrade, beyond.findings) == ("upgrade", 2, [])
    assert beyond.entries == len(yard.entries)


def test_entries_are_judged_by_the_rules_that_the_log_names_there(short: Press) -> None:
    asked: list[int] = []

    def both(version: int) -> Rules:
        asked.append(version)
        return Rules(version)

    short.yard.say_as_root("ledger.rules", rules_version=2)
    raws = [*short.yard.entries, born(short)]

    report = audit(open_url("memory", publish(short, raws).__getitem__, with_state=False), short.home.trust, both)

    assert (report.ok, asked) == (True, [1, 2])


def test_a_seen_checkpoint_that_the_log_never_had_is_found(short: Press) -> None:
    size = len(short.yard.entries)
    honest = born(short, seen={"size": size, "root": root_of(short.yard.entries).hex()})
    lying = born(short, seen={"size": size, "root": root_of(short.yard.entries[:-1]).hex()})

    assert audit_files(short, publish(short, [*short.yard.entries, honest])).ok
    report = audit_files(short, publish(short, [*short.yard.entries, lying]))
    assert report.findings[0].what.startswith("time-out-of-bounds")


def test_a_kept_checkpoint_that_the_log_goes_on_from_is_confirmed(short: Press) -> None:
    kept = signed_note(short, short.yard.entries)
    size = len(short.yard.entries)
    short.yard.produce()

    report = audit_files(short, publish(short, short.yard.entries), kept=kept)

    assert (report.ok, report.kept) == (True, size)


def test_a_fork_of_what_the_auditor_kept_is_the_gravest_finding(press: Press) -> None:
    shown_before = signed_note(press, [*press.yard.entries[:200], b"another history"])
    with press.store.engine.connect() as connection:
        connection.execute(text("UPDATE entry SET kind = 'x' WHERE leaf_index = 3"))
        report = audit_database(press, connection, kept=shown_before)
        connection.rollback()

    assert places(report) == ["kept checkpoint", "entry 3 column kind"]
    assert (report.findings[0].gravity, report.findings[0].follows) == ("fork", FORKED)
    assert report.kept is None


def test_a_log_shorter_than_what_was_signed_is_found(press: Press) -> None:
    note = signed_note(press, [*press.yard.entries, b"one", b"two", b"three"])

    report = audited(press, kept=note)

    assert (places(report), report.findings[0].follows) == (["kept checkpoint"], TRUNCATED)


def test_a_checkpoint_by_an_unknown_key_proves_nothing(short: Press, tmp_path: Path) -> None:
    other = Press(f"sqlite:///{tmp_path / 'other.sqlite'}", tmp_path / "other", short.yard)
    files = publish(other, short.yard.entries)
    other.store.close()

    report = audit_files(short, files)

    assert (places(report), report.checkpoint) == (["checkpoint"], None)


def test_a_signature_that_the_log_promised_must_be_there_even_if_the_auditor_knows_another_key(press: Press) -> None:
    """A damaged key name turns a signature into one by somebody unknown, which note verifiers pass over."""
    ed25519 = tuple(key for key in press.home.trust.checkpoint if key.kind is SignatureType.ED25519)
    trust = replace(press.home.trust, checkpoint=ed25519)
    with press.store.read() as reader:
        files = {"checkpoint": DatabaseSource(reader).checkpoint() or b""}
    lines = files["checkpoint"].splitlines(keepends=True)
    assert len(lines) == 6
    with press.store.engine.connect() as connection:
        statement = text("UPDATE checkpoint SET note = :note WHERE size = (SELECT max(size) FROM checkpoint)")
        connection.execute(statement, {"note": b"".join(lines[:5])})
        source = DatabaseSource(connection)
        report = audit(source, trust, rules_of, projections=source)
        connection.rollback()

    assert "checkpoint" in places(report)


def test_a_bundle_that_ends_too_early_is_named(short: Press) -> None:
    files = publish(short, short.yard.entries)
    path = format_tile_path(Bundle(0, len(short.yard.entries)))

    report = audit_files(short, files | {path: files[path][:-1]})

    assert places(report) == [path]


@pytest.mark.parametrize("path", ["checkpoint", "tile/entries/000", "tile/0/000", "tile/1/000.p/1"])
def test_a_missing_file_is_named(press: Press, path: str) -> None:
    files = publish(press, press.yard.entries)
    assert audit_files(press, files).ok
    del files[path]

    found = {finding.place: finding.what for finding in audit_files(press, files).findings}

    assert "no such file" in found[path]


def test_what_no_rule_can_judge_is_a_finding_and_no_crash(short: Press) -> None:
    raw = sign_statement(short.yard.maker.key, iss=short.yard.maker.party, sub=short.yard.maker.party, payload=b"{}")

    report = audit_files(short, publish(short, [*short.yard.entries, raw]))

    assert first_place(report) == f"entry {len(short.yard.entries)}"


def test_an_empty_log_is_not_the_one_whose_genesis_is_pinned(short: Press) -> None:
    report = audit_files(short, {"checkpoint": signed_note(short, [])})

    assert (report.entries, report.pinned, places(report)) == (0, False, ["entry 0"])


class Fatal(bytes):
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


def test_a_checking_process_that_dies_is_a_finding(short: Press) -> None:
    event = parse_event(short.yard.entries[0])
    good = Signed(17, short.yard.roots[0].public.spki, event.envelope.signature, event.envelope.signed_bytes)
    assert find_bad([good]) is None

    with open_verifier(1) as verifier:
        assert verifier.add([good]) or verifier.finish() is None
        assert (verifier.add([good._replace(message=Fatal())]) or verifier.finish()) == Unproved(17, died=True)
        assert (verifier.add([good._replace(position=18)]) or verifier.finish()) == Unproved(18, died=True)


def test_a_bad_signature_is_named_even_if_a_later_entry_was_found_bad_before(press: Press) -> None:
    raws = [*press.yard.entries, b"no statement"]
    raws[100] = raws[100][:-1] + bytes([raws[100][-1] ^ 1])
    assert len(raws) > 2 * 100

    report = audit_files(press, publish(press, raws), workers=1)

    assert (places(report), report.entries) == (["entry 100"], 100)


def test_a_served_ledger_that_grows_while_it_is_read_is_followed(short: Press) -> None:
    yard = short.yard
    first = publish(short, yard.entries)
    state = {0: yard.state_bytes()}
    yard.produce()
    grown = publish(short, yard.entries)
    state[1] = yard.state_bytes()
    middle = sorted(state[0])[9]

    def fetch(path: str) -> bytes:
        if not path.startswith("v1/"):
            return first.get(path) or grown[path]
        if path.endswith("after="):
            return page(len(yard.entries) - 1, state[0], "", middle)
        return page(len(yard.entries), state[1], middle if middle.replace("/", "%2F") in path else "~", "~")

    report = audit(open_url("memory", fetch), short.home.trust, rules_of)

    assert report.findings == []
    assert (report.entries, report.not_yet_covered) == (len(yard.entries), 1)


def page(size: int, state: dict[str, bytes], after: str, until: str) -> bytes:
    return format_state_page(StatePage(size, [(key, value) for key, value in state.items() if after < key <= until]))


def test_a_page_of_state_is_read_in_its_one_spelling_only() -> None:
    data = format_state_page(StatePage(7, [("a", b"x"), ("b", b"")]))
    assert parse_state_page(data, place="page") == StatePage(7, [("a", b"x"), ("b", b"")])
    turned = cbor.encode(7) + cbor.encode(["b", b""]) + cbor.encode(["a", b"x"])
    for wrong in (b"", data[1:], data[:-1], data + b"\x00", turned, cbor.encode(True), b"\x18\x07", b"\xff"):
        with pytest.raises(Corruption):
            parse_state_page(wrong, place="page")

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import event as sqlalchemy_event

from ledger.batch import BEHIND_S_MAX, OnlineKeys, Outcome, Recorded, Waiting
from ledger.domain.values import format_base64url, format_instant, format_uuid7
from ledger.errors import NotConcerned, Refusal, RulesUnknown, SignatureInvalid, TransitionNotAllowed, Unavailable
from ledger.event import parse_event, sign_event
from ledger.fold.fold import Check, Rules
from ledger.fold.state import Draft
from ledger.keys import SigningKey
from ledger.log.merkle import leaf_hash
from ledger.statement import STATEMENT_BYTES_MAX, parse_envelope, sign_statement
from ledger.store.entries import find_entry
from ledger.store.schema import create_schema
from ledger.store.session import open_store
from ledger.store.side import (
    EXPIRED_MAX,
    WAITING_PER_KEY_MAX,
    WAITING_PER_PARTY_MAX,
    WAITING_S_MAX,
    Parked,
    count_waiting,
    list_refusals,
    park,
)
from ledger.strict_json import format_json, parse_json
from tests.ledger.store.desk import Desk, open_desk
from tests.yard import Actor, Yard

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with open_desk(database_url) as desk:
        yield desk


def codes(outcomes: list[Outcome]) -> list[str]:
    return [outcome.code if isinstance(outcome, Refusal) else type(outcome).__name__ for outcome in outcomes]


def signer(actor: Actor) -> str:
    return f"{actor.party}:{actor.kid}"


def placed(desk: Desk, unit: str) -> bytes:
    return desk.yard.draft(desk.yard.maker, "unit.placed_on_market", units=[unit])


def members_of(raw: bytes) -> dict[str, Any]:
    return dict(parse_json(parse_envelope(raw).payload))


def test_genesis_begins_an_empty_ledger_and_again_is_a_duplicate(desk: Desk) -> None:
    [entry, *_] = desk.entries()

    again = desk.recorder.genesis(desk.yard.entries[0])

    assert entry.kind == "ledger.genesis"
    assert again == Recorded(0, entry.event_id, entry.leaf_hash, entry.recorded_at, duplicate=True)


@on_sqlite
def test_a_ledger_begins_once(desk: Desk) -> None:
    with pytest.raises(TransitionNotAllowed):
        desk.recorder.genesis(Yard(seed=1).entries[0])


@on_sqlite
def test_a_genesis_must_carry_a_good_signature_of_its_own_root_key(desk: Desk) -> None:
    raw = bytearray(desk.yard.entries[0])
    raw[-1] ^= 1

    with pytest.raises(SignatureInvalid):
        desk.recorder.genesis(bytes(raw))


@on_sqlite
def test_before_genesis_nothing_is_recorded(database_url: str, tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    create_schema(url)
    empty = open_store(url)
    with open_desk(database_url) as desk:
        recorder = desk.new_recorder(empty)
        outcome = recorder.submit([desk.yard.entries[1]])

    assert codes(outcome) == ["key-unknown"]
    empty.close()


def test_the_stored_state_is_what_the_fold_says_byte_for_byte(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.waste_pack()
    yard.offer(yard.workshop, yard.recycler, [pack], carriers=[yard.carrier])

    outcomes = desk.catch_up()

    assert set(codes(outcomes)) == {"Recorded"}
    assert [entry.body for entry in desk.entries()] == yard.entries
    assert desk.state() == yard.state_bytes()
    desk.check_log()


def test_a_recorded_statement_is_answered_with_its_place(desk: Desk) -> None:
    raw = desk.yard.draft(
        desk.yard.maker, "unit.produced", units=[desk.yard.new_unit_id()], description=desk.yard.description()
    )
    size = desk.head().size

    [outcome] = desk.recorder.submit([raw])

    assert outcome == Recorded(size, parse_event(raw).id, leaf_hash(raw), desk.yard.now, duplicate=False)


def test_the_same_bytes_get_the_original_answer(desk: Desk) -> None:
    desk.yard.produce()
    raw = desk.yard.entries[-1]
    [first] = desk.catch_up()
    desk.pass_time(120)

    [again, twice] = desk.recorder.submit([raw, raw])

    assert isinstance(first, Recorded)
    assert again == twice == replace(first, duplicate=True)
    assert desk.head().size == first.index + 1


@on_sqlite
def test_twice_in_one_call_is_recorded_once(desk: Desk) -> None:
    desk.yard.produce()
    [raw] = desk.unrecorded()

    [first, second] = desk.recorder.submit([raw, raw])

    assert isinstance(first, Recorded)
    assert isinstance(second, Recorded)
    assert (first.duplicate, second.duplicate) == (False, True)
    assert first.index == second.index


@on_sqlite
def test_a_second_signature_over_a_recorded_statement_gets_the_original_answer(desk: Desk) -> None:
    private = generate_private_key(SECP256R1())
    actor = Actor(desk.yard.maker.party, SigningKey(private))
    desk.yard.enrol(actor, ["custody"])
    raw = desk.yard.draft(actor, "unit.produced", units=[desk.yard.new_unit_id()], description=desk.yard.description())
    desk.catch_up()
    [first] = desk.recorder.submit([raw])
    envelope = parse_envelope(raw)
    other = raw.replace(envelope.signature, another_signature(private, envelope.signed_bytes))

    forged = raw.replace(envelope.signature, bytes(64))

    [again, refused] = desk.recorder.submit([other, forged])

    assert other != raw
    assert codes([refused]) == ["signature-invalid"]
    assert isinstance(first, Recorded)
    assert again == replace(first, duplicate=True)


def another_signature(private: Any, message: bytes) -> bytes:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = decode_dss_signature(private.sign(message, ECDSA(SHA256())))
    return r.to_bytes(32, "big") + min(s, order - s).to_bytes(32, "big")


@on_sqlite
def test_an_id_used_for_another_statement_is_refused(desk: Desk) -> None:
    desk.yard.produce()
    [first] = desk.catch_up()
    members = members_of(desk.yard.entries[-1]) | {"units": [{"id": desk.yard.new_unit_id(), "prev": None}]}

    [outcome] = desk.recorder.submit([sign_event(desk.yard.maker.key, members)])

    assert isinstance(outcome, Refusal)
    assert isinstance(first, Recorded)
    assert (outcome.code, outcome.facts["event_id"]) == ("id-reused", first.event_id)


@on_sqlite
def test_an_id_used_twice_in_one_call_is_refused_the_second_time(desk: Desk) -> None:
    desk.yard.produce()
    [raw] = desk.unrecorded()
    other = sign_event(
        desk.yard.maker.key, members_of(raw) | {"units": [{"id": desk.yard.new_unit_id(), "prev": None}]}
    )

    assert codes(desk.recorder.submit([raw, other])) == ["Recorded", "id-reused"]


def test_a_refused_statement_harms_no_neighbour(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    stranger = yard.draft(yard.carrier, "unit.installed", units=[pack])
    [good] = desk.unrecorded()

    outcomes = desk.recorder.submit([good, stranger, b"nonsense", placed(desk, pack)])

    assert codes(outcomes) == ["Recorded", "not-holder", "malformed-statement", "Recorded"]
    desk.check_log()


@on_sqlite
def test_the_first_failed_check_answers(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    desk.catch_up()
    raw = placed(desk, pack)
    stranger = yard.new_key()
    members = members_of(raw)
    payload = format_json(members)
    unknown_kind = format_json(members | {"kind": "unit.dreamt"})
    maker, carrier = yard.maker, yard.carrier
    damaged = parse_envelope(raw).signature
    cases = {
        "statement-too-large": bytes(STATEMENT_BYTES_MAX + 1),
        "malformed-statement": sign_statement(stranger, iss=maker.party, sub=pack, payload=unknown_kind),
        "key-unknown": sign_event(stranger, members),
        "signature-invalid": raw.replace(damaged, bytes([damaged[0] ^ 1]) + damaged[1:]),
        "issuer-mismatch": sign_statement(carrier.key, iss=carrier.party, sub=pack, payload=payload),
    }
    mismatched = cases["issuer-mismatch"]
    unproved = mismatched.replace(parse_envelope(mismatched).signature, bytes(64))

    assert codes(desk.recorder.submit(list(cases.values()))) == list(cases)
    assert codes(desk.recorder.submit([unproved])) == ["signature-invalid"]


def test_an_issuer_that_no_database_can_look_up_harms_no_neighbour(desk: Desk) -> None:
    desk.yard.produce()
    [good] = desk.unrecorded()
    spelt = parse_envelope(good).iss.encode()
    nul = good.replace(spelt, spelt[:-1] + b"\0")

    assert codes(desk.recorder.submit([nul, good])) == ["malformed-statement", "Recorded"]


@on_sqlite
def test_what_the_server_says_for_the_ledger_is_never_sent_in(desk: Desk) -> None:
    yard = desk.yard
    size = desk.head().size
    named = {"v": 1, "id": format_uuid7(yard.now * 1000, bytes(10)), "party": yard.operator.party}
    far = format_instant(yard.now - yard.now % 60 + 50 * 365 * 86400)
    tick = {**named, "kind": "ledger.tick", "occurred_at": far, "tree_size": size}
    conflict = {"by": yard.maker.party, "first": "0" * 64, "second": "1" * 64}
    record: dict[str, object] = {
        **named,
        "kind": "conflict.recorded",
        "occurred_at": format_instant(yard.now),
        **conflict,
    }

    outcomes = desk.recorder.submit([sign_event(yard.clock_key, tick), sign_event(yard.recorder_key, record)])

    assert codes(outcomes) == ["not-concerned", "not-concerned"]
    assert desk.head().size == size
    yard.produce()
    assert codes(desk.catch_up()) == ["Recorded"]


@on_sqlite
def test_a_key_enrolled_in_the_same_call_may_sign_what_follows(desk: Desk) -> None:
    yard = desk.yard
    newcomer = yard.new_party("Nueva Demo, S.A. de C.V.")
    yard.produce(newcomer)
    forged = yard.draft(newcomer, "unit.produced", units=[yard.new_unit_id()], description=yard.description())
    forged = forged.replace(parse_envelope(forged).signature, bytes(64))
    raws = desk.unrecorded()

    outcomes = desk.recorder.submit([*raws, forged])

    assert codes(outcomes) == ["Recorded"] * len(raws) + ["signature-invalid"]
    with desk.store.read() as reader:
        assert list_refusals(reader, signer(newcomer)) == []


@on_sqlite
def test_a_key_enrolled_later_in_the_call_comes_too_late(desk: Desk) -> None:
    newcomer = desk.yard.new_party("Nueva Demo, S.A. de C.V.")
    desk.yard.produce(newcomer)
    raws = desk.unrecorded()

    assert codes(desk.recorder.submit([raws[-1], *raws[:-1]]))[0] == "key-unknown"


@on_sqlite
def test_more_statements_than_the_limit_are_a_mistake_of_the_caller(desk: Desk) -> None:
    with pytest.raises(ValueError, match="1001 statements"):
        desk.recorder.submit([b""] * 1001)


def test_statements_in_any_order_are_recorded_in_the_order_of_their_prev(desk: Desk) -> None:
    desk.yard.waste_pack()
    raws = desk.unrecorded()

    outcomes = desk.recorder.submit(raws[::-1])

    assert codes(outcomes) == ["Recorded"] * 4
    assert [entry.body for entry in desk.entries()[-4:]] == raws
    assert desk.state() == desk.yard.state_bytes()
    with desk.store.read() as reader:
        assert count_waiting(reader, signer(desk.yard.workshop)) == 0


def test_a_child_waits_and_is_recorded_with_its_parent(desk: Desk) -> None:
    desk.yard.waste_pack()
    produced, installed, removed, discarded = desk.unrecorded()

    assert codes(desk.recorder.submit([discarded])) == ["Waiting"]
    assert codes(desk.recorder.submit([installed, removed])) == ["Waiting", "Waiting"]
    [waiting] = desk.recorder.submit([discarded])
    assert waiting == Waiting(parse_event(discarded).id, (parse_event(removed).id,))
    assert codes(desk.recorder.submit([produced])) == ["Recorded"]

    assert [entry.body for entry in desk.entries()[-4:]] == [produced, installed, removed, discarded]
    with desk.store.read() as reader:
        assert count_waiting(reader, signer(desk.yard.workshop)) == 0
    assert codes(desk.recorder.submit([discarded])) == ["Recorded"]


@on_sqlite
def test_what_waited_and_is_then_refused_is_found_in_the_journal(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    stranger = yard.draft(yard.carrier, "unit.discarded", units=[pack], reason="end_of_life")
    [produced] = desk.unrecorded()

    assert codes(desk.recorder.submit([stranger])) == ["Waiting"]
    assert codes(desk.recorder.submit([produced])) == ["Recorded"]

    with desk.store.read() as reader:
        [refused] = list_refusals(reader, signer(yard.carrier))
        assert count_waiting(reader, signer(yard.carrier)) == 0
    assert (refused.code, refused.body) == ("not-holder", stranger)


@on_sqlite
def test_what_brings_in_a_unit_that_is_there_does_not_wait_for_another_parent(desk: Desk) -> None:
    yard = desk.yard
    pack, there = yard.waste_pack(), yard.produce()
    desk.catch_up()
    yard.say(yard.workshop, "unit.stored", units=[pack], site=yard.workshop.site)
    parts = [{"id": there, "description": yard.description()}]
    late = yard.draft(yard.workshop, "unit.dismantled", unit=pack, parts=parts, unexplained_g=0)

    [outcome] = desk.recorder.submit([late])

    assert isinstance(outcome, Refusal)
    assert outcome.code == "subject-exists"
    with desk.store.read() as reader:
        assert count_waiting(reader, signer(yard.workshop)) == 0


@on_sqlite
def test_a_prev_that_the_log_has_left_behind_does_not_wait(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    late = yard.draft(yard.workshop, "unit.discarded", units=[pack], reason="end_of_life")
    yard.say(yard.maker, "unit.placed_on_market", units=[pack])
    desk.catch_up()

    [outcome] = desk.recorder.submit([late])

    assert isinstance(outcome, Refusal)
    assert outcome.code == "stale-head"
    assert outcome.facts["stale"][0]["head"] == yard.head(f"unit/{pack}")  # type: ignore[index,call-overload]


@on_sqlite
def test_a_key_makes_only_so_many_statements_wait(desk: Desk) -> None:
    yard = desk.yard
    rows = [Parked(f"{n:064x}", "ff" * 32, signer(yard.maker), yard.now, b"") for n in range(WAITING_PER_KEY_MAX)]
    desk.store.write(lambda writer: park(writer, rows))
    yard.say(yard.maker, "unit.installed", units=[yard.produce()])

    [outcome] = desk.recorder.submit(desk.unrecorded()[1:])

    assert codes([outcome]) == ["subject-unknown"]


@on_sqlite
def test_a_party_makes_only_so_many_statements_wait_however_many_keys_it_has(desk: Desk) -> None:
    yard = desk.yard
    keys = [f"{yard.maker.party}:{n % 8:016x}" for n in range(WAITING_PER_PARTY_MAX)]
    rows = [Parked(f"{n:064x}", "ff" * 32, key, yard.now, b"") for n, key in enumerate(keys)]
    desk.store.write(lambda writer: park(writer, rows))
    yard.say(yard.maker, "unit.installed", units=[yard.produce()])

    [outcome] = desk.recorder.submit(desk.unrecorded()[1:])

    assert codes([outcome]) == ["subject-unknown"]
    with desk.store.read() as reader:
        assert count_waiting(reader, signer(yard.maker)) == 0
        assert count_waiting(reader, keys[0]) == WAITING_PER_PARTY_MAX // 8


@on_sqlite
def test_what_expires_together_is_given_up_little_by_little(desk: Desk) -> None:
    yard = desk.yard
    rows = [Parked(f"{n:064x}", "ff" * 32, signer(yard.maker), yard.now, b"") for n in range(EXPIRED_MAX + 1)]
    desk.store.write(lambda writer: park(writer, rows))

    left = []
    for seconds in (WAITING_S_MAX + 120, 60):
        desk.pass_time(seconds)
        yard.produce()
        desk.catch_up()
        with desk.store.read() as reader:
            left.append(count_waiting(reader, signer(yard.maker)))

    assert left == [1, 0]


@on_sqlite
def test_what_waits_too_long_is_moved_to_the_journal(desk: Desk) -> None:
    yard = desk.yard
    yard.say(yard.maker, "unit.installed", units=[yard.produce()])
    _, orphan = desk.unrecorded()
    desk.recorder.submit([orphan])
    desk.pass_time(WAITING_S_MAX + 120)

    yard.produce()
    desk.catch_up()

    with desk.store.read() as reader:
        [refused] = list_refusals(reader, signer(yard.maker))
        assert count_waiting(reader, signer(yard.maker)) == 0
    assert (refused.code, refused.body) == ("stale-head", orphan)


def test_the_second_of_two_statements_on_one_prev_is_kept_as_evidence(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    second = placed(desk, pack)
    first = yard.say(yard.maker, "unit.installed", units=[pack])
    third = sign_event(yard.maker.key, members_of(second) | {"id": "0194384b-7c00-7000-8000-000000000000"})
    desk.catch_up()

    [refusal] = desk.recorder.submit([second])
    size = desk.head().size

    assert isinstance(refusal, Refusal)
    *_, void, record = desk.entries()
    assert refusal.code == "conflicting-statement"
    assert refusal.facts["first"] == first
    assert refusal.facts["conflict"] == record.event_id
    assert (void.body, void.void, record.kind, record.void) == (second, True, "conflict.recorded", False)
    assert members_of(record.body)["second"] == parse_event(second).id
    [again] = desk.recorder.submit([second])
    assert isinstance(again, Refusal)
    assert (again.code, again.facts["conflict"]) == ("conflicting-statement", record.event_id)
    [other] = desk.recorder.submit([third])
    assert isinstance(other, Refusal)
    assert (other.code, other.facts["conflict"]) == ("conflicting-statement", record.event_id)
    assert desk.head().size == size
    desk.check_log()


@on_sqlite
def test_a_conflict_inside_one_call_is_recorded_between_its_neighbours(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    second = placed(desk, pack)
    yard.say(yard.maker, "unit.installed", units=[pack])
    produced, installed = desk.unrecorded()
    yard.produce()
    [later] = desk.unrecorded()

    outcomes = desk.recorder.submit([produced, installed, second, second, later])

    assert codes(outcomes) == ["Recorded", "Recorded", "conflicting-statement", "conflicting-statement", "Recorded"]
    assert desk.kinds()[-5:] == [
        "unit.produced",
        "unit.installed",
        "unit.placed_on_market",
        "conflict.recorded",
        "unit.produced",
    ]


class DiskGoneError(RuntimeError):
    """The commit did not happen."""


@contextmanager
def failing_commits(desk: Desk) -> Iterator[None]:
    """Every commit of a transaction that has appended entries fails, after all its rows were written."""

    def note(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        connection.info["appended"] = connection.info.get("appended") or statement.startswith("INSERT INTO entry ")

    def fail(connection: Any) -> None:
        if connection.info.pop("appended", False):
            raise DiskGoneError

    listened: list[tuple[str, Callable[..., None]]] = [("after_cursor_execute", note), ("commit", fail)]
    for name, listener in listened:
        sqlalchemy_event.listen(desk.store.engine, name, listener)
    yield
    for name, listener in listened:
        sqlalchemy_event.remove(desk.store.engine, name, listener)


def test_a_failed_commit_acknowledges_nothing_and_leaves_nothing(desk: Desk) -> None:
    pack = desk.yard.produce()
    [raw] = desk.unrecorded()
    before = desk.entries(), desk.state(), desk.head()

    with failing_commits(desk), pytest.raises(DiskGoneError):
        desk.recorder.submit([raw])

    assert (desk.entries(), desk.state(), desk.head()) == before
    # Had the process remembered what was not committed, the child would be recorded without its parent.
    assert codes(desk.recorder.submit([placed(desk, pack)])) == ["Waiting"]
    assert codes(desk.recorder.submit([raw])) == ["Recorded"]
    desk.check_log()


@on_sqlite
def test_the_same_bytes_are_answered_even_while_recording_has_stopped(desk: Desk) -> None:
    desk.yard.produce()
    [first] = desk.catch_up()
    desk.clock.now_s += 3600

    [again] = desk.recorder.submit([desk.yard.entries[-1]])

    assert isinstance(first, Recorded)
    assert again == replace(first, duplicate=True)


@on_sqlite
def test_every_caller_of_a_failed_commit_is_told(desk: Desk) -> None:
    raws = []
    for _ in range(6):
        desk.yard.produce()
        raws += desk.unrecorded()

    with failing_commits(desk), ThreadPoolExecutor(6) as callers:
        told = [callers.submit(desk.recorder.submit, [raw]) for raw in raws]

    assert {type(future.exception()) for future in told} == {DiskGoneError}
    assert codes(desk.recorder.submit(raws)) == ["Recorded"] * 6


@on_sqlite
def test_a_full_disk_is_told_as_unavailable(desk: Desk) -> None:
    desk.yard.produce(count=256)
    [raw] = desk.unrecorded()

    def no_more_pages(dbapi: Any, *_: object) -> None:
        dbapi.execute("PRAGMA max_page_count = 1")

    sqlalchemy_event.listen(desk.store.engine, "checkout", no_more_pages)
    with pytest.raises(Unavailable):
        desk.recorder.submit([raw])

    with desk.store.read() as reader:
        assert find_entry(reader, parse_event(raw).id) is None


def test_concurrent_callers_each_get_their_own_answer(desk: Desk) -> None:
    raws = []
    for _ in range(24):
        desk.yard.produce()
        raws += desk.unrecorded()
    epoch = desk.head().epoch

    with ThreadPoolExecutor(8) as callers:
        outcomes = list(callers.map(lambda raw: desk.recorder.submit([raw]), raws))

    assert [outcome.event_id for [outcome] in outcomes if isinstance(outcome, Recorded)] == [
        parse_event(raw).id for raw in raws
    ]
    assert desk.head().epoch - epoch <= 24
    desk.check_log()


def test_two_recorders_on_one_database_interleave_without_a_gap(desk: Desk, database_url: str) -> None:
    yard = desk.yard
    other_store = open_store(database_url)
    recorders = [desk.recorder, desk.new_recorder(other_store)]
    lives = []
    for _ in range(8):
        yard.waste_pack()
        lives.append(desk.unrecorded())

    def live(number: int) -> list[Outcome]:
        # Each event of a pack goes through the other recorder: what one remembers is always out of date.
        return [recorders[(number + n) % 2].submit([raw])[0] for n, raw in enumerate(lives[number])]

    with ThreadPoolExecutor(4) as callers:
        outcomes = list(callers.map(live, range(8)))

    assert {code for life in outcomes for code in codes(life)} == {"Recorded"}
    assert len(desk.entries()) == len(yard.entries)
    units = {key: value for key, value in yard.state_bytes().items() if key.startswith("unit/")}
    assert {key: value for key, value in desk.state().items() if key.startswith("unit/")} == units
    desk.check_log()
    other_store.close()


@on_sqlite
def test_what_does_not_fit_the_queue_is_sent_away(desk: Desk) -> None:
    recorder = desk.new_recorder(queued_max=2)
    for _ in range(3):
        desk.yard.produce()
    raws = desk.unrecorded()

    with pytest.raises(Unavailable):
        recorder.submit(raws)

    assert codes(recorder.submit(raws[:2])) == ["Recorded", "Recorded"]
    assert codes(recorder.submit(raws[2:])) == ["Recorded"]


def test_a_tick_comes_before_the_first_statement_of_a_new_minute(desk: Desk) -> None:
    desk.pass_time(90)
    desk.yard.produce()
    desk.yard.produce()

    outcomes = desk.catch_up()

    assert desk.kinds()[-3:] == ["ledger.tick", "unit.produced", "unit.produced"]
    *_, tick, _, last = desk.entries()
    assert members_of(tick.body)["tree_size"] == tick.index
    assert tick.recorded_at == last.recorded_at == desk.clock.now_s - desk.clock.now_s % 60
    assert isinstance(outcomes[0], Recorded)
    assert outcomes[0].recorded_at == tick.recorded_at


@on_sqlite
def test_a_call_that_records_nothing_leaves_no_tick(desk: Desk) -> None:
    pack = desk.yard.produce()
    desk.catch_up()
    size = desk.head().size
    desk.pass_time(90)

    assert codes(desk.recorder.submit([desk.yard.draft(desk.yard.carrier, "unit.installed", units=[pack])])) == [
        "not-holder"
    ]
    assert desk.head().size == size


@on_sqlite
def test_a_clock_that_goes_back_a_little_never_takes_the_ticks_back(desk: Desk) -> None:
    desk.pass_time(600)
    desk.yard.produce()
    desk.catch_up()
    tick = desk.entries()[-1].recorded_at
    desk.clock.now_s -= 300
    desk.yard.produce()

    desk.catch_up()

    assert desk.kinds()[-2:] == ["unit.produced", "unit.produced"]
    assert desk.entries()[-1].recorded_at == tick


@on_sqlite
@pytest.mark.parametrize("jump_s", [601, -601])
def test_a_clock_that_jumps_stops_recording(desk: Desk, jump_s: int) -> None:
    desk.pass_time(3600)
    desk.yard.produce()
    desk.clock.now_s += jump_s

    with pytest.raises(Unavailable):
        desk.catch_up()

    desk.clock.now_s -= jump_s
    assert codes(desk.recorder.submit([desk.yard.entries[-1]])) == ["Recorded"]


@on_sqlite
def test_a_server_started_behind_the_ledger_records_nothing(desk: Desk) -> None:
    desk.pass_time(7200)
    desk.yard.produce()
    desk.catch_up()
    desk.clock.now_s -= BEHIND_S_MAX + 60
    late = desk.new_recorder()
    desk.yard.produce()

    with pytest.raises(Unavailable):
        late.submit(desk.unrecorded())


@on_sqlite
def test_a_server_with_a_succeeded_clock_key_records_nothing_more(desk: Desk) -> None:
    yard = desk.yard
    yard.say_as_root("ledger.key_succeeded", role="clock", spki=format_base64url(yard.new_key().public.spki))
    desk.catch_up()
    desk.pass_time(60)
    size = desk.head().size

    with pytest.raises(Unavailable):
        desk.recorder.submit(
            [yard.draft(yard.maker, "unit.produced", units=[yard.new_unit_id()], description=yard.description())]
        )
    assert desk.head().size == size


@on_sqlite
def test_the_root_replaces_a_lost_clock_key_however_long_the_ledger_stood_still(desk: Desk) -> None:
    yard, found = desk.yard, desk.yard.new_key()
    desk.pass_time(86_400)
    server = desk.new_recorder(keys=OnlineKeys(found, yard.recorder_key))
    with pytest.raises(Unavailable, match="clock key"):
        server.submit([yard.draft(yard.maker, "unit.produced", **birth(yard))])
    root = Actor(yard.root_party, yard.roots[0])
    payload = yard.members(root, "ledger.key_succeeded", role="clock", spki=format_base64url(found.public.spki))

    acts = server.submit([sign_event(key, payload) for key in yard.roots[:2]])

    assert codes(acts) == ["Recorded", "Recorded"]
    assert codes(server.submit([yard.draft(yard.maker, "unit.produced", **birth(yard))])) == ["Recorded"]
    assert desk.kinds()[-2:] == ["ledger.tick", "unit.produced"]
    assert desk.entries()[-1].recorded_at == desk.clock.now_s - desk.clock.now_s % 60


def test_what_the_signer_had_seen_is_checked_against_the_log(desk: Desk) -> None:
    yard = desk.yard
    seen = {"size": desk.head().size, "root": desk.head().frontier.root().hex()}
    desk.pass_time(600)
    yard.produce()
    desk.catch_up()
    newest = {"size": desk.head().size, "root": desk.head().frontier.root().hex()}
    now, then = yard.now, yard.now - 300

    def produced(seen: dict[str, Any], at: int) -> bytes:
        members = yard.members(yard.maker, "unit.produced", units=[yard.new_unit_id()], description=yard.description())
        return sign_event(yard.maker.key, members | {"seen": seen, "occurred_at": format_instant(at)})

    outcomes = desk.recorder.submit(
        [
            produced(seen, then),
            produced(newest, now),
            produced(newest, then),
            produced({**seen, "root": newest["root"]}, now),
            produced({"size": 10_000, "root": newest["root"]}, now),
        ]
    )

    assert codes(outcomes) == ["Recorded", "Recorded", *["time-out-of-bounds"] * 3]


def test_check_tells_the_answer_and_records_nothing(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    desk.catch_up()
    before = desk.entries(), desk.state(), desk.head()
    wrong = yard.draft(yard.carrier, "unit.installed", units=[pack])

    good = desk.recorder.check(placed(desk, pack)).outcome
    refused = desk.recorder.check(wrong).outcome

    assert isinstance(good, Recorded)
    assert good.index == before[2].size
    assert codes([refused]) == ["not-holder"]
    assert (desk.entries(), desk.state(), desk.head()) == before
    with desk.store.read() as reader:
        assert list_refusals(reader, signer(yard.carrier)) == []


def test_a_refused_statement_is_journaled_but_not_one_that_nobody_signed(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    desk.catch_up()
    wrong = yard.draft(yard.carrier, "unit.installed", units=[pack])
    unsigned = wrong.replace(parse_envelope(wrong).signature, bytes(64))

    desk.recorder.submit([unsigned])
    desk.recorder.submit([wrong])
    desk.recorder.submit([wrong])

    with desk.store.read() as reader:
        [refused] = list_refusals(reader, signer(yard.carrier))
    assert (refused.code, refused.body, refused.refused_at) == ("not-holder", wrong, yard.now)


@on_sqlite
def test_a_program_without_the_rules_in_force_records_nothing(desk: Desk) -> None:
    def none(version: int) -> Rules:
        raise RulesUnknown(f"no rules {version}", version=version)

    older = desk.new_recorder(rules_of=none)
    desk.yard.produce()
    raws = desk.unrecorded()

    with pytest.raises(Unavailable, match="rules"):
        older.submit(raws)

    assert codes(desk.recorder.submit(raws)) == ["Recorded"]


def test_a_statement_is_judged_by_the_rules_that_the_log_names_at_its_place(desk: Desk) -> None:
    def refuse_births(draft: Draft) -> None:
        if draft.event.payload.kind == "unit.produced":
            raise NotConcerned("none are made any longer")

    closed = Check("closed", lambda _: [], lambda _, __: [], refuse_births)
    recorder = desk.new_recorder(rules_of=lambda version: Rules(version, (closed,) if version == 2 else ()))
    yard = desk.yard
    yard.produce()
    yard.say_as_root("ledger.rules", rules_version=2)
    yard.produce()

    outcomes = recorder.submit(desk.unrecorded())

    assert codes(outcomes) == ["Recorded", "Recorded", "Recorded", "not-concerned"]
    assert codes(recorder.submit([yard.draft(yard.maker, "unit.produced", **birth(yard))])) == ["not-concerned"]


@on_sqlite
def test_rules_that_this_program_does_not_have_are_not_adopted_through_it(desk: Desk) -> None:
    def one(version: int) -> Rules:
        if version != 1:
            raise RulesUnknown(f"no rules {version}", version=version)
        return Rules(1)

    recorder = desk.new_recorder(rules_of=one)
    desk.yard.say_as_root("ledger.rules", rules_version=2)

    assert codes(recorder.submit(desk.unrecorded())) == ["rules-unknown", "rules-unknown"]
    desk.yard.rules = Rules(1)
    assert codes(recorder.submit([desk.yard.draft(desk.yard.maker, "unit.produced", **birth(desk.yard))])) == [
        "Recorded"
    ]


def birth(yard: Yard) -> dict[str, Any]:
    return {"units": [yard.new_unit_id()], "description": yard.description()}

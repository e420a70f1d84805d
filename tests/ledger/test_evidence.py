from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.values import format_base64url
from ledger.errors import ProofInvalid, ReceiptUnavailable, Refusal, SignatureInvalid, SubjectUnknown
from ledger.event import parse_event, sign_event
from ledger.evidence import (
    EVIDENCE_BYTES_MAX,
    NOT_PROVEN,
    Evidence,
    ProvenStatement,
    format_evidence,
    parse_evidence,
    verify_evidence,
)
from ledger.keys import SigningKey
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.proof import LogProof
from ledger.log.receipt import make_receipt, parse_receipt, sign_root
from ledger.log.signature import Ed25519Cosigner, Ed25519Signer, add_signatures, cosign, sign_checkpoint
from ledger.log.tree import prove_inclusion
from ledger.proving import evidence_of
from ledger.trust import Trust, parse_trust
from tests.ledger.press import Press
from tests.yard import ORIGIN, Actor, Yard

GOLDEN = Path(__file__).parent / "golden"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def press(database_url: str, tmp_path: Path) -> Iterator[Press]:
    press = Press(database_url, tmp_path)
    yield press
    press.store.close()


def published(press: Press) -> None:
    press.load()
    press.publish()


def index_of(press: Press, event_id: str) -> int:
    return next(n for n, raw in enumerate(press.yard.entries) if parse_event(raw).id == event_id)


def test_every_entry_of_a_published_log_has_evidence_that_verifies(press: Press) -> None:
    yard = press.yard
    yard.waste_pack()
    yard.pass_time(120)
    yard.produce()
    published(press)
    for index, raw in enumerate(yard.entries):
        evidence = evidence_of(press.store, index)
        assert evidence.statement == raw
        verdict = verify_evidence(evidence, press.home.trust)
        assert (verdict.index, verdict.event.id) == (index, parse_event(raw).id)
        assert verdict.key.kid.hex() == verdict.event.kid
        assert verdict.enrolled_at < index or index == 0
        assert verdict.checkpoint.size == len(yard.entries)
        assert len(verdict.signatures) == 2


def test_evidence_is_found_by_event_id_too(press: Press) -> None:
    event_id = press.yard.unit(press.yard.produce())["head"]
    published(press)
    assert evidence_of(press.store, event_id) == evidence_of(press.store, index_of(press, event_id))


def test_evidence_is_the_same_however_much_later_it_is_asked_for(press: Press) -> None:
    published(press)
    first = evidence_of(press.store, 3)
    press.yard.produce()
    published(press)
    assert evidence_of(press.store, 3) == first


def test_before_a_checkpoint_covers_the_entry_there_is_no_evidence(press: Press) -> None:
    published(press)
    press.yard.produce()
    size = press.load()
    with pytest.raises(ReceiptUnavailable):
        evidence_of(press.store, size - 1)
    press.publish()
    assert verify_evidence(evidence_of(press.store, size - 1), press.home.trust).index == size - 1


def test_genesis_has_evidence_once_a_receipt_can_exist(press: Press) -> None:
    press.load(1)
    press.publish()
    with pytest.raises(ReceiptUnavailable):
        evidence_of(press.store, 0)
    press.load(2)
    press.publish()
    evidence = evidence_of(press.store, 0)
    assert evidence.key is None
    assert verify_evidence(evidence, press.home.trust).event.id == press.home.trust.genesis


@pytest.mark.parametrize("event", [-1, 10_000, "00" * 32])
def test_what_is_not_in_the_log_has_no_evidence(press: Press, event: str | int) -> None:
    published(press)
    with pytest.raises(SubjectUnknown):
        evidence_of(press.store, event)


@on_sqlite
def test_a_root_key_kept_through_a_rotation_has_evidence_before_and_after_it(press: Press) -> None:
    yard = press.yard
    kept = [yard.roots[0], yard.new_key()]
    kid = yard.roots[0].public.kid.hex()
    before = max(n for n, raw in enumerate(yard.entries) if parse_event(raw).kid == kid)
    keys = [format_base64url(key.public.spki) for key in kept]
    yard.say_as_root("root.rotated", root={"threshold": 1, "keys": keys})
    yard.roots, yard.root_threshold = kept, 1
    yard.say_as_root("ledger.key_succeeded", role="clock", spki=format_base64url(yard.new_key().public.spki))
    published(press)
    assert verify_evidence(evidence_of(press.store, before), press.home.trust).enrolled_at == 0
    after = verify_evidence(evidence_of(press.store, len(yard.entries) - 1), press.home.trust)
    assert after.enrolled_at == len(yard.entries) - 2


@on_sqlite
def test_the_ticks_of_a_succeeding_clock_key_name_the_succession(press: Press) -> None:
    yard = press.yard
    yard.clock_key = yard.new_key()
    yard.say_as_root("ledger.key_succeeded", role="clock", spki=format_base64url(yard.clock_key.public.spki))
    succession = len(yard.entries) - 1
    yard.pass_time(60)
    yard.produce()
    published(press)
    verdict = verify_evidence(evidence_of(press.store, succession + 1), press.home.trust)
    assert (verdict.event.payload.kind, verdict.enrolled_at) == ("ledger.tick", succession)


def test_a_verdict_says_what_it_does_not_prove(press: Press) -> None:
    published(press)
    evidence = evidence_of(press.store, 3)
    pinned = verify_evidence(evidence, press.home.trust).not_proven
    assert set(pinned) == NOT_PROVEN.keys() - {"genesis"}
    assert verify_evidence(evidence, replace(press.home.trust, genesis=None)).not_proven == tuple(NOT_PROVEN)


def test_a_file_gives_back_its_evidence(press: Press) -> None:
    published(press)
    for index in (0, 1, len(press.yard.entries) - 1):
        evidence = evidence_of(press.store, index)
        assert parse_evidence(format_evidence(evidence)) == evidence


def golden(name: str) -> tuple[bytes, Trust]:
    return (GOLDEN / f"{name}.json").read_bytes(), parse_trust((GOLDEN / "trust.json").read_bytes())


@pytest.mark.parametrize(
    ("name", "kind", "index", "enrolled_at"),
    [("evidence-genesis", "ledger.genesis", 0, 0), ("evidence-produced", "unit.produced", 25, 8)],
)
def test_evidence_of_the_first_release_still_verifies(name: str, kind: str, index: int, enrolled_at: int) -> None:
    data, trust = golden(name)
    verdict = verify_evidence(parse_evidence(data), trust)
    assert (verdict.event.payload.kind, verdict.index, verdict.enrolled_at) == (kind, index, enrolled_at)
    assert verdict.checkpoint.size == 26


@given(data=st.data())
@pytest.mark.parametrize("name", ["evidence-genesis", "evidence-produced"])
def test_any_changed_byte_of_the_file_is_refused(name: str, data: st.DataObject) -> None:
    whole, trust = golden(name)
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[at]))
    with pytest.raises(Refusal):
        verify_evidence(parse_evidence(whole[:at] + bytes([byte]) + whole[at + 1 :]), trust)


@pytest.mark.long
def test_any_flipped_bit_at_every_place_of_the_file_is_refused() -> None:
    whole, trust = golden("evidence-produced")
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(Refusal):
            verify_evidence(parse_evidence(changed), trust)


@given(data=st.data())
def test_a_file_cut_short_or_with_bytes_after_it_is_refused(data: st.DataObject) -> None:
    whole, _ = golden("evidence-produced")
    with pytest.raises(ProofInvalid):
        parse_evidence(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ProofInvalid):
        parse_evidence(whole + data.draw(st.binary(min_size=1, max_size=3)))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b"[" * 100_000,
        b'{"format":"bitacora-evidence/1"}',
        b"\xff",
        b" " * (2 * EVIDENCE_BYTES_MAX),
    ],
)
def test_what_is_no_evidence_file_is_refused(text: bytes) -> None:
    with pytest.raises(ProofInvalid):
        parse_evidence(text)


ALTERED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another format": lambda file: {**file, "format": "bitacora-evidence/2"},
    "one more member": lambda file: {**file, "more": 1},
    "a null key": lambda file: {**file, "key": None},
    "a number for a statement": lambda file: {**file, "statement": 1},
    "one more member of the key": lambda file: {**file, "key": {**file["key"], "more": 1}},
    "another order": lambda file: dict(reversed(file.items())),
}


@pytest.mark.parametrize("how", ALTERED)
def test_a_file_with_other_members_is_refused(how: str) -> None:
    data, _ = golden("evidence-produced")
    file = ALTERED[how](json.loads(data))
    with pytest.raises(ProofInvalid):
        parse_evidence((json.dumps(file, ensure_ascii=False, indent=2) + "\n").encode())


class Forger:
    """Has the golden evidence, and may put together anything from it."""

    def __init__(self) -> None:
        data, self.trust = golden("evidence-produced")
        self.evidence = parse_evidence(data)
        self.genesis = parse_evidence(golden("evidence-genesis")[0])
        assert self.evidence.key is not None
        self.key: ProvenStatement = self.evidence.key

    def refused(self, evidence: Evidence, trust: Trust | None = None) -> Refusal:
        with pytest.raises(Refusal) as caught:
            verify_evidence(evidence, trust or self.trust)
        return caught.value


@pytest.fixture
def forger() -> Forger:
    return Forger()


def test_the_key_of_another_party_does_not_serve(forger: Forger) -> None:
    stranger = ProvenStatement(forger.evidence.statement, forger.evidence.proof)
    assert isinstance(forger.refused(replace(forger.evidence, key=stranger)), ProofInvalid)


def test_genesis_does_not_give_the_key_of_a_later_party(forger: Forger) -> None:
    genesis = ProvenStatement(forger.genesis.statement, forger.genesis.proof)
    assert isinstance(forger.refused(replace(forger.evidence, key=genesis)), ProofInvalid)


def test_only_genesis_brings_its_own_key(forger: Forger) -> None:
    assert isinstance(forger.refused(replace(forger.evidence, key=None)), ProofInvalid)


def test_an_enrolment_that_is_not_in_the_log_does_not_serve(forger: Forger) -> None:
    key = SigningKey.generate()
    members = json.loads(parse_event(forger.key.statement).envelope.payload)
    forged = sign_event(key, {**members, "kid": key.public.kid.hex(), "spki": format_base64url(key.public.spki)})
    assert members["kind"] == "key.enrolled"
    assert isinstance(
        forger.refused(replace(forger.evidence, key=ProvenStatement(forged, forger.key.proof))), ProofInvalid
    )


def test_a_second_signature_over_the_same_statement_is_not_the_entry(forger: Forger) -> None:
    event = parse_event(forger.evidence.statement)
    forged = event.envelope.raw[:-64] + bytes(64)
    assert isinstance(forger.refused(replace(forger.evidence, statement=forged)), ProofInvalid)


def test_the_receipt_of_another_entry_does_not_serve(forger: Forger) -> None:
    assert isinstance(forger.refused(replace(forger.evidence, receipt=forger.genesis.receipt)), SignatureInvalid)


def test_evidence_of_another_ledger_is_refused(forger: Forger) -> None:
    trust = replace(forger.trust, genesis="ab" * 32)
    assert isinstance(forger.refused(forger.genesis, trust), ProofInvalid)
    assert isinstance(forger.refused(forger.evidence, replace(forger.trust, origin="other.example")), ProofInvalid)
    other = SigningKey.generate()
    assert isinstance(forger.refused(forger.evidence, replace(forger.trust, receipt_key=other.public)), ProofInvalid)


def test_a_checkpoint_by_another_key_of_the_same_name_is_refused(forger: Forger) -> None:
    checkpoint = verify_evidence(forger.evidence, forger.trust).checkpoint
    note = sign_checkpoint(checkpoint, [Ed25519Signer(ORIGIN, SigningKey.generate())], 0)
    forged = replace(forger.evidence, proof=replace(forger.evidence.proof, checkpoint=note))
    assert isinstance(forger.refused(forged), ProofInvalid)


def test_a_line_by_a_key_that_nobody_trusts_is_refused(forger: Forger) -> None:
    note = forger.evidence.proof.checkpoint
    witness = Ed25519Cosigner("witness.example/1", SigningKey.from_seed(bytes(32)))
    cosigned = add_signatures(note, (cosign(note, witness, 5),))
    proof = replace(forger.evidence.proof, checkpoint=cosigned)
    assert isinstance(forger.refused(replace(forger.evidence, proof=proof)), ProofInvalid)


def test_extra_data_in_the_proof_is_refused(forger: Forger) -> None:
    proof = replace(forger.evidence.proof, extra=b"believe me")
    assert isinstance(forger.refused(replace(forger.evidence, proof=proof)), ProofInvalid)
    key = replace(forger.key, proof=replace(forger.key.proof, extra=b"believe me"))
    assert isinstance(forger.refused(replace(forger.evidence, key=key)), ProofInvalid)


def test_a_receipt_that_claims_another_size_is_refused(forger: Forger) -> None:
    # The path of entry 0 has the same shape in a tree of one leaf more, and the signature covers the root alone.
    inclusion = forger.genesis.receipt.inclusion
    receipt = replace(forger.genesis.receipt, inclusion=replace(inclusion, size=inclusion.size + 1))
    assert isinstance(forger.refused(replace(forger.genesis, receipt=receipt)), ProofInvalid)


class DishonestLog:
    """Signs whatever it is given, in the right form: the verifier must not take the log's word for it."""

    def __init__(self, yard: Yard, entries: list[bytes]) -> None:
        self.entries = entries
        self.leaves = [leaf_hash(raw) for raw in entries]
        self.key = SigningKey.from_seed(bytes(32))
        self.signer = Ed25519Signer(ORIGIN, self.key)
        self.checkpoint = Checkpoint(ORIGIN, len(entries), Frontier().extend(self.leaves).root())
        genesis = parse_event(yard.entries[0]).id
        self.trust = Trust(ORIGIN, genesis, (self.signer.key,), self.key.public)

    def evidence(self, index: int, key_index: int | None) -> Evidence:
        size = len(self.leaves)
        inclusion = prove_inclusion(self._read, index, size)
        receipt = parse_receipt(make_receipt(sign_root(self.checkpoint, self.key, "https://log"), inclusion))
        key = None if key_index is None else ProvenStatement(self.entries[key_index], self._prove(key_index))
        return Evidence(self.entries[index], self._prove(index), receipt, key)

    def _prove(self, index: int) -> LogProof:
        path = prove_inclusion(self._read, index, len(self.leaves)).path
        return LogProof(index, path, sign_checkpoint(self.checkpoint, [self.signer], 0))

    def _read(self, _level: int, _index: int, width: int) -> list[bytes]:
        return self.leaves[:width]

    def refused(self, index: int, key_index: int | None) -> Refusal:
        with pytest.raises(Refusal) as caught:
            verify_evidence(self.evidence(index, key_index), self.trust)
        return caught.value


def enrolment_of(yard: Yard, actor: Actor) -> bytes:
    return next(raw for raw in yard.entries if getattr(parse_event(raw).payload, "spki", b"") == actor.key.public.spki)


def test_an_honest_log_in_the_same_form_is_believed() -> None:
    yard = Yard()
    log = DishonestLog(yard, yard.entries)
    index = yard.entries.index(enrolment_of(yard, yard.maker))
    key_index = yard.entries.index(enrolment_of(yard, yard.operator)) + 1
    assert verify_evidence(log.evidence(index, key_index), log.trust).index == index
    assert verify_evidence(log.evidence(0, None), log.trust).event.payload.kind == "ledger.genesis"


def test_a_logged_statement_with_a_bad_signature_is_refused() -> None:
    yard = Yard()
    forged = yard.draft(yard.maker, "unit.lost", units=[yard.produce()])[:-64] + bytes(64)
    log = DishonestLog(yard, [yard.entries[0], enrolment_of(yard, yard.maker), forged])
    assert isinstance(log.refused(2, 1), SignatureInvalid)


def test_a_key_that_came_after_the_statement_is_refused() -> None:
    yard = Yard()
    yard.produce()
    log = DishonestLog(yard, [yard.entries[0], yard.entries[-1], enrolment_of(yard, yard.maker)])
    assert isinstance(log.refused(1, 2), ProofInvalid)


def test_a_key_enrolled_for_one_party_does_not_sign_for_another() -> None:
    yard = Yard()
    impostor = Actor(yard.maker.party, yard.workshop.key)
    forged = yard.draft(impostor, "unit.lost", units=[yard.produce()])
    log = DishonestLog(yard, [yard.entries[0], enrolment_of(yard, yard.workshop), forged])
    assert isinstance(log.refused(2, 1), ProofInvalid)


def test_an_enrolment_does_not_vouch_for_itself() -> None:
    yard = Yard()
    key = Actor(yard.maker.party, yard.new_key())
    own = sign_event(key.key, yard.members(key, "key.enrolled", **yard._enrolment(key, ["custody"])))
    assert isinstance(DishonestLog(yard, [own, yard.entries[0]]).refused(0, None), ProofInvalid)
    assert isinstance(DishonestLog(yard, [yard.entries[0], own]).refused(1, None), ProofInvalid)


def test_genesis_stands_nowhere_but_at_the_beginning() -> None:
    yard = Yard()
    log = DishonestLog(yard, [*reversed(yard.entries[:2]), yard.entries[2]])
    assert isinstance(log.refused(1, None), ProofInvalid)
    by_root = next(n for n, raw in enumerate(yard.entries) if n and parse_event(raw).party == yard.root_party)
    moved = DishonestLog(yard, [yard.entries[-1], yard.entries[0], yard.entries[by_root]])
    assert isinstance(moved.refused(2, 1), ProofInvalid)


def test_a_clock_key_signs_nothing_but_ticks() -> None:
    yard = Yard()
    forged = yard.draft(yard.operator, "unit.lost", key=yard.clock_key, units=[yard.produce()])
    log = DishonestLog(yard, [yard.entries[0], forged])
    assert isinstance(log.refused(1, 0), ProofInvalid)


def test_a_succeeding_clock_key_signs_nothing_but_ticks() -> None:
    yard = Yard()
    yard.clock_key = yard.new_key()
    yard.say_as_root("ledger.key_succeeded", role="clock", spki=format_base64url(yard.clock_key.public.spki))
    succession = yard.entries[-1]
    forged = yard.draft(yard.operator, "unit.lost", key=yard.clock_key, units=[yard.produce()])
    log = DishonestLog(yard, [yard.entries[0], succession, forged])
    assert isinstance(log.refused(2, 1), ProofInvalid)

"""Making the evidence of an entry, from the ledger's own database (``ledger.evidence`` checks it, without one)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.domain.payload import key_key, party_key
from ledger.errors import Corruption, ProofInvalid, ReceiptUnavailable, SubjectUnknown
from ledger.event import parse_event
from ledger.evidence import Evidence, ProvenStatement, find_key_in
from ledger.log.merkle import InclusionProof
from ledger.log.note import Note, parse_note
from ledger.log.proof import LogProof
from ledger.log.receipt import Receipt, parse_receipt
from ledger.log.tree import prove_inclusion
from ledger.store.checkpoints import StoredCheckpoint, find_covering_checkpoint
from ledger.store.entries import STREAM_ROWS, Entry, find_entry, get_entry, list_history, read_head
from ledger.store.session import Reader, Store
from ledger.store.state import find_state
from ledger.store.tiles import hash_reader


def evidence_of(store: Store, event: str | int) -> Evidence:
    """Evidence for an event id (hex) or a leaf index, under the first checkpoint that covers it: always the same.

    Raises:
        SubjectUnknown: no such entry.
        ReceiptUnavailable: no published checkpoint covers it yet.
        Corruption: the log lacks what it must have.
    """
    with store.read() as reader:
        entry = _find_entry(reader, event)
        if entry is None:
            raise SubjectUnknown("no such entry is in the log")
        stored = find_covering_checkpoint(reader, max(entry.index, 1))
        if stored is None or stored.cose is None:
            raise ReceiptUnavailable(
                "No published checkpoint covers the entry yet.", cure="Ask again in a second.", index=entry.index
            )
        note, signed = _open_checkpoint(stored)
        proof = _prove(reader, entry.index, stored.size, note)
        inclusion = InclusionProof(proof.index, stored.size, proof.path)
        receipt = Receipt(signed.claims, inclusion, signed.signature)
        enrolment = _find_enrolment(reader, entry)
        if enrolment is None:
            return Evidence(entry.body, proof, receipt, None)
        key = ProvenStatement(enrolment.body, _prove(reader, enrolment.index, stored.size, note))
        return Evidence(entry.body, proof, receipt, key)


def _find_entry(reader: Reader, event: str | int) -> Entry | None:
    if isinstance(event, str):
        return find_entry(reader, event)
    return get_entry(reader, event) if 0 <= event < read_head(reader).size else None


def _open_checkpoint(stored: StoredCheckpoint) -> tuple[Note, Receipt]:
    try:
        return parse_note(stored.note), parse_receipt(stored.cose or b"")
    except ProofInvalid as error:
        raise Corruption("its note or receipt is not one", place=f"checkpoint {stored.size}") from error


def _prove(reader: Reader, index: int, size: int, note: Note) -> LogProof:
    return LogProof(index, prove_inclusion(hash_reader(reader), index, size).path, note)


def _find_enrolment(reader: Reader, entry: Entry) -> Entry | None:
    """The entry that brought the key of this one; None for genesis, which brings its own."""
    if entry.index == 0:
        return None
    event = parse_event(entry.body)
    place = key_key(event.party, event.kid)
    key = find_state(reader, place)
    if key is not None and key["from"] < entry.index:
        return get_entry(reader, key["from"])
    # A new root may keep a key of the old one: the state then tells of the rotation, which came after this entry.
    for earlier in _iter_root_acts(reader, entry.index):
        if find_key_in(parse_event(earlier.body), event) is not None:
            return earlier
    raise Corruption(f"entry {entry.index} is signed with a key that nothing brought", place=f"state {place}")


def _iter_root_acts(reader: Reader, end: int) -> Iterator[Entry]:
    ledger = find_state(reader, "ledger") or {}
    after = -1
    while page := list_history(reader, party_key(ledger["root"]), after=after, limit=STREAM_ROWS):
        for entry in page:
            if entry.index >= end:
                return
            yield entry
        after = page[-1].index

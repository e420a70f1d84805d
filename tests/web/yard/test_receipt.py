"""Receipts are checked on the phone: every place in trees of every shape, and nothing that was changed."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.values import format_base64url
from ledger.keys import SigningKey
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.receipt import make_receipt, sign_root
from ledger.log.tree import prove_inclusion
from tests.api.served import Served
from tests.ledger.log.naive import MemoryTiles
from tests.web.yard.phone import Phone
from tests.web.yard.test_people import registration

pytestmark = pytest.mark.slow

ORIGIN = "log.example/one"
KEY = SigningKey.from_seed(bytes(31) + b"\1")
ENTRIES = [f"entry {index}".encode() for index in range(21)]
VERIFY = """return Promise.all(arg.rows.map(async ([receipt, raw]) => {
  const bytes = [receipt, raw].map(yard.bytes.fromBase64url);
  return yard.receipt.verifyReceipt(...bytes, arg.trust).then(() => "good", (error) => error.code);
}))"""


def test_a_receipt_of_any_place_in_a_tree_of_any_size_is_good(phone: Phone) -> None:
    rows = [(_receipt(index, size), ENTRIES[index]) for size in range(2, 22) for index in range(size)]
    assert _verdicts(phone, rows) == ["good"] * len(rows)


def test_no_changed_receipt_and_no_other_entry_key_or_log_is_good(phone: Phone) -> None:
    receipt, entry = _receipt(6, 11), ENTRIES[6]
    spoilt = [bytes([*receipt[:at], receipt[at] ^ 1, *receipt[at + 1 :]]) for at in range(0, len(receipt), 3)]
    # The signature does not cover size and index: the path fits other sizes too (docs/formats.md).
    free = receipt.index(b"\x0b\x06")
    rows = [(one, entry) for one in spoilt if one[free : free + 2] == b"\x0b\x06"]
    rows += [(receipt, ENTRIES[7]), (b"", entry), (receipt + b"\0", entry)]
    assert set(_verdicts(phone, rows)) == {"receipt-invalid"}
    for trust in ({**_trust(), "origin": "log.example/two"}, {**_trust(), "receipt_key": _spki(bytes(32))}):
        assert _verdicts(phone, [(receipt, entry)], trust) == ["receipt-invalid"]


def test_the_second_tick_is_only_for_a_receipt_of_the_log_that_the_phone_trusts(phone: Phone, served: Served) -> None:
    phone.employ(served.yard.workshop)
    event = phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    trust = served.services.home.trust
    known = {"origin": trust.origin, "receipt_key": format_base64url(trust.receipt_key.spki)}
    phone.run("ledger.trust = arg", known)
    phone.flush()
    served.cover()
    phone.flush()
    assert phone.item(event)["state"] == "proven"

    phone.run("ledger.trust = arg", _trust())
    other = phone.state("unit.registered", **registration(served.yard.new_unit_id()))
    phone.flush()
    served.cover()
    phone.flush()
    assert (phone.item(other)["state"], phone.item(other)["problem"]) == ("recorded", {"problem": "receipt-invalid"})


def _receipt(index: int, size: int) -> bytes:
    leaves = [leaf_hash(entry) for entry in ENTRIES[:size]]
    checkpoint = Checkpoint(ORIGIN, size, Frontier().extend(leaves).root())
    return make_receipt(
        sign_root(checkpoint, KEY, "https://log.example"), prove_inclusion(MemoryTiles(leaves), index, size)
    )


def _verdicts(phone: Phone, rows: list[tuple[bytes, bytes]], trust: dict[str, str] | None = None) -> Any:
    spelt = [[format_base64url(part) for part in row] for row in rows]
    return phone.run(VERIFY, {"rows": spelt, "trust": trust or _trust()})


def _trust() -> dict[str, str]:
    return {"origin": ORIGIN, "receipt_key": format_base64url(KEY.public.spki)}


def _spki(seed: bytes) -> str:
    return format_base64url(SigningKey.from_seed(seed).public.spki)

"""The worked vector in docs/formats.md is what the code reads, verifies and makes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from ledger.keys import SigningKey, parse_public_key
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.note import format_note, format_vkey, parse_note, parse_vkey
from ledger.log.proof import LogProof, format_log_proof, parse_log_proof, verify_log_proof
from ledger.log.receipt import make_receipt, parse_receipt, sign_root, verify_receipt
from ledger.log.signature import (
    Ed25519Cosigner,
    Ed25519Signer,
    add_signatures,
    cosign,
    sign_checkpoint,
    subtree_message,
    verify_checkpoint,
    verify_quorum,
)
from ledger.log.tile import Bundle, format_bundle, parse_bundle
from ledger.log.tree import prove_inclusion
from tests.ledger.log.naive import MemoryTiles

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
ORIGIN = "log.example/one"
ISSUER = "https://log.example"
ENTRIES = [b"one", b"two", b"three"]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
CHECKPOINT = Checkpoint(ORIGIN, 3, Frontier().extend(LEAVES).root())
TIME_S = 1_800_000_000
LOG, RECEIPTS, WITNESS = (SigningKey.from_seed(bytes([byte]) * 32) for byte in (1, 2, 3))


@cache
def blocks() -> dict[str, str]:
    """The named blocks of the page."""
    return dict(re.findall(r"^```[a-z-]+ (\S+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))


def from_hex(name: str) -> bytes:
    return bytes.fromhex(blocks()[name])


def test_the_tree_and_its_bundle_are_those_of_the_page() -> None:
    assert [bytes.fromhex(line) for line in blocks()["leaf-hashes"].split()] == LEAVES
    assert from_hex("root") == CHECKPOINT.root
    assert parse_bundle(from_hex("bundle"), Bundle(0, 3)) == ENTRIES
    assert format_bundle(ENTRIES) == from_hex("bundle")


def test_the_checkpoint_of_the_page_verifies_and_is_made_again() -> None:
    log_key, witness_key = map(parse_vkey, blocks()["vkeys"].split())
    note = parse_note(blocks()["checkpoint"].encode())
    assert verify_checkpoint(note, ORIGIN, [log_key]) == CHECKPOINT
    assert [one.timestamp_s for one in verify_quorum(note, [witness_key], 1)] == [TIME_S]
    signer, witness = Ed25519Signer(ORIGIN, LOG), Ed25519Cosigner("witness.example/one", WITNESS)
    assert f"{format_vkey(signer.key)}\n{format_vkey(witness.key)}\n" == blocks()["vkeys"]
    signed = sign_checkpoint(CHECKPOINT, [signer], TIME_S)
    cosigned = add_signatures(signed, (cosign(signed, witness, TIME_S),))
    assert format_note(cosigned).decode() == blocks()["checkpoint"]


def test_the_ml_dsa_message_of_the_page_is_what_is_signed() -> None:
    assert subtree_message(ORIGIN, TIME_S, CHECKPOINT) == from_hex("subtree-message")


def test_the_proof_file_of_the_page_verifies_and_is_made_again() -> None:
    log_key, witness_key = map(parse_vkey, blocks()["vkeys"].split())
    proof = parse_log_proof(blocks()["log-proof"].encode())
    assert verify_log_proof(proof, LEAVES[1], ORIGIN, [log_key], [witness_key], 1) == CHECKPOINT
    path = prove_inclusion(MemoryTiles(LEAVES), 1, 3).path
    note = parse_note(blocks()["checkpoint"].encode())
    assert format_log_proof(LogProof(1, path, note)).decode() == blocks()["log-proof"]


def test_the_receipt_of_the_page_verifies_and_is_made_again() -> None:
    key = parse_public_key(from_hex("receipt-key"))
    receipt = parse_receipt(from_hex("receipt"))
    assert verify_receipt(receipt, LEAVES[1], key, ORIGIN) == CHECKPOINT.root
    inclusion = prove_inclusion(MemoryTiles(LEAVES), 1, 3)
    assert make_receipt(sign_root(CHECKPOINT, RECEIPTS, ISSUER), inclusion) == from_hex("receipt")

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.errors import KeyUnusable, ProofInvalid, SignatureInvalid
from ledger.keys import Algorithm, SigningKey
from ledger.log.checkpoint import Checkpoint, format_checkpoint
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.note import (
    Note,
    NoteSignature,
    SignatureType,
    VerifierKey,
    format_note,
    parse_note,
    parse_vkey,
)
from ledger.log.signature import (
    Ed25519Cosigner,
    Ed25519Signer,
    MlDsa44Signer,
    NoteSigner,
    add_signatures,
    cosign,
    cosignature_message,
    sign_checkpoint,
    subtree_message,
    verify_checkpoint,
    verify_note,
    verify_quorum,
)
from ledger.log.tile import Bundle, Tile, format_tile_path, parse_bundle, parse_tile
from tests.ledger.log.vectors import VECTORS, needs_vectors

TESSERA = "transparency-dev-tessera"
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIGSTORE = "sigstore-conformance"

ORIGIN = "log.example/one"
NOW_S = 1_800_000_000
CHECKPOINT = Checkpoint(ORIGIN, 5, leaf_hash(b"any root"))
ED25519 = Ed25519Signer(ORIGIN, SigningKey.from_seed(bytes(31) + b"\1"))
ML_DSA = MlDsa44Signer(ORIGIN, MLDSA44PrivateKey.from_seed_bytes(bytes(31) + b"\2"))
WITNESSES: list[NoteSigner] = [
    Ed25519Cosigner("witness.example/1", SigningKey.from_seed(bytes(31) + b"\3")),
    Ed25519Cosigner("witness.example/2", SigningKey.from_seed(bytes(31) + b"\4")),
    MlDsa44Signer("witness.example/2", MLDSA44PrivateKey.from_seed_bytes(bytes(31) + b"\5")),
]
WITNESS_KEYS = [witness.key for witness in WITNESSES]


def signed() -> Note:
    return sign_checkpoint(CHECKPOINT, [ED25519, ML_DSA], NOW_S)


def test_the_signed_note_of_the_specification_verifies() -> None:
    key = parse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = parse_note(
        "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK"
        "7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n".encode()
    )
    assert [signature.key for signature in verify_note(note, [key])] == [key]
    with pytest.raises(SignatureInvalid):
        verify_note(replace(note, text="This is another message.\n"), [key])


@pytest.mark.parametrize("keys", [[ED25519.key], [ML_DSA.key], [ED25519.key, ML_DSA.key]])
def test_a_checkpoint_verifies_with_either_key_of_the_log(keys: list[VerifierKey]) -> None:
    note = parse_note(format_note(signed()))
    assert verify_checkpoint(note, ORIGIN, keys) == CHECKPOINT
    assert [signature.key for signature in verify_note(note, keys)] == keys


def test_signatures_of_the_log_have_the_sizes_of_their_types() -> None:
    assert [len(signature.blob) for signature in signed().signatures] == [64, 8 + 2420]
    assert verify_note(signed(), [ML_DSA.key])[0].timestamp_s == NOW_S
    assert verify_note(signed(), [ED25519.key])[0].timestamp_s is None


def test_who_trusts_only_ml_dsa_refuses_a_checkpoint_signed_with_ed25519_alone() -> None:
    note = sign_checkpoint(CHECKPOINT, [ED25519], NOW_S)
    with pytest.raises(ProofInvalid, match="no known key"):
        verify_checkpoint(note, ORIGIN, [ML_DSA.key])


@pytest.mark.parametrize("broken", [0, 1])
@pytest.mark.parametrize("place", [0, 7, 20, -1])
def test_one_bad_signature_by_a_known_key_condemns_the_note(broken: int, place: int) -> None:
    note = signed()
    blob = bytearray(note.signatures[broken].blob)
    blob[place] ^= 1
    lines = list(note.signatures)
    lines[broken] = replace(lines[broken], blob=bytes(blob))
    with pytest.raises(SignatureInvalid):
        verify_checkpoint(replace(note, signatures=tuple(lines)), ORIGIN, [ED25519.key, ML_DSA.key])


@pytest.mark.parametrize("signer", [ED25519, ML_DSA, *WITNESSES], ids=range(5))
@pytest.mark.parametrize("blob", [b"\0", bytes(64), bytes(72), bytes(2428), bytes(9000)], ids=len)
def test_a_known_key_with_any_other_blob_is_refused(signer: NoteSigner, blob: bytes) -> None:
    line = NoteSignature(signer.key.name, signer.key.key_id, blob)
    with pytest.raises(SignatureInvalid):
        verify_note(Note(format_checkpoint(CHECKPOINT), (line,)), [signer.key])


def test_unknown_keys_are_ignored_even_with_a_known_name_or_id() -> None:
    known = ED25519.key
    strangers = (
        NoteSignature(known.name, b"\0\0\0\0", b"x"),
        NoteSignature("another.example", known.key_id, b"x"),
        NoteSignature("another.example", b"\0\0\0\0", b"x"),
    )
    note = add_signatures(signed(), strangers)
    assert verify_checkpoint(note, ORIGIN, [known]) == CHECKPOINT
    with pytest.raises(ProofInvalid):
        verify_checkpoint(replace(note, signatures=strangers), ORIGIN, [known])


def test_a_changed_text_is_refused_by_both_types() -> None:
    other = format_checkpoint(replace(CHECKPOINT, size=6))
    for key in (ED25519.key, ML_DSA.key):
        with pytest.raises(SignatureInvalid):
            verify_checkpoint(replace(signed(), text=other), ORIGIN, [key])


def test_a_checkpoint_of_another_log_is_refused_though_signed() -> None:
    with pytest.raises(ProofInvalid, match="another log"):
        verify_checkpoint(signed(), "log.example/two", [ED25519.key])


def test_extension_lines_are_refused_though_signed() -> None:
    text = format_checkpoint(CHECKPOINT) + "extension\n"
    blob = SigningKey.from_seed(bytes(31) + b"\1").sign(text.encode())
    note = Note(text, (NoteSignature(ED25519.key.name, ED25519.key.key_id, blob),))
    assert verify_note(note, [ED25519.key])
    with pytest.raises(ProofInvalid, match="three lines"):
        verify_checkpoint(note, ORIGIN, [ED25519.key])


def test_messages_have_the_bytes_of_tlog_cosignature() -> None:
    assert cosignature_message(1679315147, CHECKPOINT) == (
        b"cosignature/v1\ntime 1679315147\n" + format_checkpoint(CHECKPOINT).encode()
    )
    assert subtree_message("w.example", 1679315147, CHECKPOINT) == (
        b"subtree/v1\n\0\x09w.example\0\0\0\0\x64\x18\x50\xcb\x0flog.example/one"
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05" + CHECKPOINT.root
    )


def test_a_quorum_counts_each_name_once() -> None:
    note = signed()
    note = add_signatures(note, tuple(cosign(note, witness, NOW_S) for witness in WITNESSES))
    assert len(verify_quorum(note, WITNESS_KEYS, 2)) == 3
    with pytest.raises(ProofInvalid, match="too few"):
        verify_quorum(note, WITNESS_KEYS, 3)
    assert [one.timestamp_s for one in verify_quorum(note, WITNESS_KEYS[:1], 1)] == [NOW_S]


def test_a_note_without_witnesses_fulfils_a_quorum_of_none() -> None:
    assert verify_quorum(signed(), WITNESS_KEYS, 0) == ()
    with pytest.raises(ProofInvalid):
        verify_quorum(signed(), WITNESS_KEYS, 1)


def test_a_cosignature_without_a_time_does_not_count() -> None:
    note = add_signatures(signed(), (cosign(signed(), WITNESSES[0], 0), cosign(signed(), WITNESSES[2], 0)))
    with pytest.raises(ProofInvalid, match="too few"):
        verify_quorum(note, WITNESS_KEYS, 1)


def test_a_bad_cosignature_condemns_the_note_whatever_the_quorum() -> None:
    for witness in WITNESSES:
        line = cosign(signed(), witness, NOW_S)
        later = replace(line, blob=bytes(7) + b"\1" + line.blob[8:])
        with pytest.raises(SignatureInvalid):
            verify_quorum(add_signatures(signed(), (later,)), WITNESS_KEYS, 0)


def test_a_cosignature_beyond_the_last_time_is_refused() -> None:
    line = cosign(signed(), WITNESSES[0], 2**63)
    with pytest.raises(SignatureInvalid, match="beyond"):
        verify_quorum(add_signatures(signed(), (line,)), WITNESS_KEYS, 0)


def test_a_line_that_is_there_is_not_added_again() -> None:
    line = cosign(signed(), WITNESSES[0], NOW_S)
    once = add_signatures(signed(), (line, line))
    assert add_signatures(once, (line,)) == once
    assert len(once.signatures) == 3


def test_an_ed25519_cosignature_does_not_pass_for_the_logs_own() -> None:
    private = SigningKey.from_seed(bytes(31) + b"\1")
    note = Note(format_checkpoint(CHECKPOINT), (cosign(signed(), Ed25519Cosigner(ORIGIN, private), NOW_S),))
    assert Ed25519Cosigner(ORIGIN, private).key.public == ED25519.key.public
    with pytest.raises(ProofInvalid):
        verify_checkpoint(note, ORIGIN, [ED25519.key])


def test_keys_that_notes_do_not_know_cannot_sign() -> None:
    p256 = SigningKey.generate(Algorithm.ES256)
    for make in (Ed25519Signer, Ed25519Cosigner):
        with pytest.raises(KeyUnusable):
            make(ORIGIN, p256)
        with pytest.raises(KeyUnusable):
            make("with space", SigningKey.generate())
    with pytest.raises(KeyUnusable, match="255"):
        subtree_message("n" * 256, 0, CHECKPOINT)


@needs_vectors(TESSERA)
def test_every_checkpoint_of_a_published_log_follows_from_its_entries() -> None:
    log = VECTORS / TESSERA / "testdata" / "log"
    key = parse_vkey(TESSERA_KEY)
    bundle, tile = Bundle(0, 15), Tile(0, 0, 15)
    leaves = list(map(leaf_hash, parse_bundle((log / format_tile_path(bundle)).read_bytes(), bundle)))
    assert leaves == parse_tile((log / format_tile_path(tile)).read_bytes(), tile)
    for size in range(16):
        data = (log / f"checkpoint.{size}").read_bytes()
        note = parse_note(data)
        checkpoint = verify_checkpoint(note, "example.com/log/testdata", [key])
        assert checkpoint == Checkpoint(checkpoint.origin, size, Frontier().extend(leaves[:size]).root())
        assert format_note(note) == data


@needs_vectors(SIGSTORE)
@pytest.mark.parametrize(
    "case",
    ["cosigned", "multiple-cosigs", "origin-not-first", "two-sigs-cosigned", "two-sigs-from-origin"],
)
def test_a_good_sigstore_checkpoint_verifies(case: str) -> None:
    note, origin, key = _sigstore(f"rekor2-checkpoint-{case}")
    assert verify_checkpoint(parse_note(note), origin, [key]).size == 736


@needs_vectors(SIGSTORE)
@pytest.mark.parametrize(
    "case",
    [
        "missing-log-signature",
        "missing-origin",
        "missing-root-hash",
        "missing-size",
        "no-matching-signature",
    ],
)
def test_a_bad_sigstore_checkpoint_is_refused(case: str) -> None:
    note, origin, key = _sigstore(f"rekor2-checkpoint-{case}_fail")
    with pytest.raises((ProofInvalid, SignatureInvalid)):
        verify_checkpoint(parse_note(note), origin, [key])


def _sigstore(case: str) -> tuple[bytes, str, VerifierKey]:
    folder = VECTORS / SIGSTORE / "test" / "assets" / "bundle-verify" / case
    bundle: Any = json.loads((folder / "bundle.sigstore.json").read_text())
    trusted: Any = json.loads((folder / "trusted_root.json").read_text())
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    log = next(log for log in trusted["tlogs"] if log["publicKey"]["keyDetails"] == "PKIX_ED25519")
    origin = log["baseUrl"].removeprefix("https://")
    public = b64decode(log["publicKey"]["rawBytes"])[-32:]
    note = entry["inclusionProof"]["checkpoint"]["envelope"].encode()
    return note, origin, VerifierKey(origin, SignatureType.ED25519, public)

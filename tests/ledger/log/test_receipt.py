from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cbor2
import pytest
import scitt_cose
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from ledger import cbor
from ledger.errors import ProofInvalid, ReceiptUnavailable, SignatureInvalid
from ledger.keys import Algorithm, SigningKey
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Frontier, InclusionProof, leaf_hash
from ledger.log.receipt import (
    RECEIPT_BYTES_MAX,
    TRANSPARENT_STATEMENT_BYTES_MAX,
    Receipt,
    format_receipt,
    format_transparent_statement,
    make_receipt,
    parse_receipt,
    parse_transparent_statement,
    sign_root,
    verify_receipt,
)
from ledger.log.tree import prove_inclusion
from tests.ledger.log.naive import MemoryTiles

ORIGIN = "log.example/one"
ISSUER = "https://log.example"
KEY = SigningKey.from_seed(bytes(31) + b"\1")
ENTRIES = [f"entry {index}".encode() for index in range(11)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
CHECKPOINT = Checkpoint(ORIGIN, 11, Frontier().extend(LEAVES).root())
TILES = MemoryTiles(LEAVES)
ROOT_SIGNATURE = sign_root(CHECKPOINT, KEY, ISSUER)
RECEIPT = make_receipt(ROOT_SIGNATURE, prove_inclusion(TILES, 6, 11))
STATEMENT = b"\xd2" + cbor.encode([cbor.encode({1: -8}), {}, b"payload", bytes(64)])


def pem(key: SigningKey) -> bytes:
    public = load_der_public_key(key.public.spki)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("alg", Algorithm)
def test_one_signature_serves_receipts_that_an_independent_verifier_accepts(alg: Algorithm) -> None:
    key = SigningKey.generate(alg)
    root_signature = sign_root(CHECKPOINT, key, ISSUER)
    for index, entry in enumerate(ENTRIES):
        receipt = make_receipt(root_signature, prove_inclusion(TILES, index, 11))
        result = scitt_cose.verify_receipt(receipt, leaf_entry_hex=entry.hex(), log_public_key_pem=pem(key))
        assert result.errors == []
        assert (result.ok, result.issuer, result.subject) == (True, ISSUER, ORIGIN)
        assert (result.tree_size, result.leaf_index) == (11, index)
        assert result.root == CHECKPOINT.root.hex()
        assert verify_receipt(parse_receipt(receipt), LEAVES[index], key.public, ORIGIN) == CHECKPOINT.root


def test_the_independent_verifier_refuses_the_receipt_of_another_entry() -> None:
    result = scitt_cose.verify_receipt(RECEIPT, leaf_entry_hex=b"other".hex(), log_public_key_pem=pem(KEY))
    assert not result.ok


def test_an_independent_maker_gives_the_same_members_but_not_in_deterministic_order() -> None:
    foreign = scitt_cose.build_receipt(
        leaf_entry_hex=ENTRIES[6].hex(),
        leaf_index=6,
        tree_entries_hex=[entry.hex() for entry in ENTRIES],
        alg="EdDSA",
        log_private_key_pem=KEY.to_pem(None),
        iss=ISSUER,
        sub=ORIGIN,
        kid=KEY.public.kid,
    )
    theirs, ours = cbor2.loads(foreign).value, cbor2.loads(RECEIPT).value
    assert cbor2.loads(theirs[0]) == cbor2.loads(ours[0])
    assert theirs[1:3] == ours[1:3]
    with pytest.raises(ProofInvalid, match="order"):
        parse_receipt(foreign)


def test_the_protected_header_names_algorithm_key_log_and_structure() -> None:
    sign1 = cbor.decode(RECEIPT[1:])
    assert isinstance(sign1, list)
    assert cbor.decode(sign1[0]) == {1: -8, 4: KEY.public.kid, 15: {1: ISSUER, 2: ORIGIN}, 395: 1}


def test_a_receipt_is_read_back() -> None:
    receipt = parse_receipt(RECEIPT)
    assert (receipt.inclusion.index, receipt.inclusion.size) == (6, 11)
    assert format_receipt(receipt) == RECEIPT


def test_a_receipt_with_any_bit_changed_is_refused_or_differs_in_the_claimed_size_alone() -> None:
    original = parse_receipt(RECEIPT)
    accepted = [receipt for receipt in map(_parse_if_valid, _with_one_bit_changed(RECEIPT)) if receipt]
    for receipt in accepted:
        inclusion = replace(original.inclusion, size=receipt.inclusion.size)
        assert receipt == replace(original, inclusion=inclusion)
    assert {receipt.inclusion.size for receipt in accepted} == {9, 10, 15}


def test_the_size_in_a_receipt_is_a_claim_that_only_a_checkpoint_settles() -> None:
    receipt = parse_receipt(RECEIPT)
    claimed = replace(receipt, inclusion=replace(receipt.inclusion, size=9))
    assert verify_receipt(claimed, LEAVES[6], KEY.public, ORIGIN) == CHECKPOINT.root


def test_a_large_receipt_is_refused_unread() -> None:
    with pytest.raises(ProofInvalid, match="too large"):
        parse_receipt(bytes(RECEIPT_BYTES_MAX + 1))


@pytest.mark.parametrize("issuer", ["", "tab\t", "\ud800", "i" * 256])
def test_an_issuer_that_receipts_cannot_hold_signs_nothing(issuer: str) -> None:
    with pytest.raises(ProofInvalid):
        sign_root(CHECKPOINT, KEY, issuer)


@pytest.mark.parametrize("size", [0, 1])
def test_a_log_of_fewer_than_two_entries_has_no_receipt(size: int) -> None:
    checkpoint = Checkpoint(ORIGIN, size, Frontier().extend(LEAVES[:size]).root())
    with pytest.raises(ReceiptUnavailable):
        sign_root(checkpoint, KEY, ISSUER)
    with pytest.raises(ReceiptUnavailable):
        make_receipt(ROOT_SIGNATURE, InclusionProof(0, size, ()))


def test_a_proof_for_another_size_makes_no_receipt() -> None:
    with pytest.raises(ProofInvalid, match="another size"):
        make_receipt(ROOT_SIGNATURE, prove_inclusion(TILES, 6, 10))


def test_a_receipt_by_another_key_of_another_log_or_entry_is_refused() -> None:
    receipt = parse_receipt(RECEIPT)
    other = SigningKey.generate()
    with pytest.raises(ProofInvalid, match="another key"):
        verify_receipt(receipt, LEAVES[6], other.public, ORIGIN)
    with pytest.raises(ProofInvalid, match="another log"):
        verify_receipt(receipt, LEAVES[6], KEY.public, "log.example/two")
    with pytest.raises(SignatureInvalid):
        verify_receipt(receipt, LEAVES[5], KEY.public, ORIGIN)
    with pytest.raises(SignatureInvalid):
        verify_receipt(
            replace(receipt, claims=replace(receipt.claims, issuer="https://other.example")),
            LEAVES[6],
            KEY.public,
            ORIGIN,
        )


def spelt(
    protected: object = None, proof: object = None, vdp: object = None, payload: object = None, **more: object
) -> bytes:
    """The receipt with one member replaced."""
    inclusion = prove_inclusion(TILES, 6, 11)
    claims = {1: -8, 4: KEY.public.kid, 15: {1: ISSUER, 2: ORIGIN}, 395: 1}
    proof = cbor.encode([11, 6, list(inclusion.path)] if proof is None else proof)
    vdp = {396: {-1: [proof]}} if vdp is None else vdp
    signature = more.get("signature", parse_receipt(RECEIPT).signature)
    return b"\xd2" + cbor.encode([cbor.encode(protected or claims), vdp, payload, signature])


def _with_one_bit_changed(data: bytes) -> Iterator[bytes]:
    number = int.from_bytes(data, "big")
    return ((number ^ 1 << bit).to_bytes(len(data), "big") for bit in range(8 * len(data)))


def _parse_if_valid(data: bytes) -> Receipt | None:
    try:
        receipt = parse_receipt(data)
        verify_receipt(receipt, LEAVES[6], KEY.public, ORIGIN)
    except (ProofInvalid, SignatureInvalid):
        return None
    return receipt


PATH = list(prove_inclusion(TILES, 6, 11).path)
CLAIMS: dict[object, object] = {1: -8, 4: KEY.public.kid, 15: {1: ISSUER, 2: ORIGIN}, 395: 1}


def test_the_receipt_is_spelt_as_the_tests_below_spell_it() -> None:
    assert spelt() == RECEIPT


@pytest.mark.parametrize(
    "data",
    [
        b"",
        RECEIPT[1:],
        b"\xd8\x12" + RECEIPT[1:],
        RECEIPT + b"\0",
        RECEIPT[:-1],
        bytes(RECEIPT_BYTES_MAX + 1),
        b"\xd2" + cbor.encode([]),
        b"\xd2" + cbor.encode({}),
        spelt(payload=CHECKPOINT.root),
        spelt(payload=b""),
        spelt(signature=bytes(63)),
        spelt(signature=None),
        spelt(vdp={}),
        spelt(vdp={396: {}}),
        spelt(vdp={396: {-1: []}}),
        spelt(vdp={396: {-1: [cbor.encode([11, 6, PATH])] * 2}}),
        spelt(vdp={396: {-1: [cbor.encode([11, 6, PATH])], -2: []}}),
        spelt(vdp={396: {-1: [cbor.encode([11, 6, PATH])]}, 4: b""}),
        spelt(vdp={396: {-1: [11]}}),
        spelt(proof=[]),
        spelt(proof=[11, 6]),
        spelt(proof=[11, 6, []]),
        spelt(proof=[11, 6, PATH, 0]),
        spelt(proof=[11, 6, [*PATH[:-1], b""]]),
        spelt(proof=[11, 6, [*PATH[:-1], 7]]),
        spelt(proof=[11, 6, PATH[:1] * 64]),
        spelt(proof=[11, True, PATH]),
        spelt(proof=[True, 0, PATH]),
        spelt(proof=["11", 6, PATH]),
        spelt(protected={**CLAIMS, 1: -35}),
        spelt(protected={**CLAIMS, 395: 2}),
        spelt(protected={**CLAIMS, 395: True}),
        spelt(protected={**CLAIMS, 4: "kid"}),
        spelt(protected={**CLAIMS, 2: [395]}),
        spelt(protected={**CLAIMS, 15: {1: ISSUER}}),
        spelt(protected={**CLAIMS, 15: {1: ISSUER, 2: ORIGIN, 6: 0}}),
        spelt(protected={label: CLAIMS[label] for label in (1, 15, 395)}),
        spelt(protected=[CLAIMS]),
    ],
)
def test_another_spelling_is_no_receipt(data: bytes) -> None:
    with pytest.raises(ProofInvalid):
        parse_receipt(data)


@pytest.mark.parametrize(
    "proof",
    [[11, 11, PATH], [11, -1, PATH], [2**63, 6, PATH], [6, 6, PATH], [1, 0, PATH], [11, 6, PATH[:-1]]],
)
def test_a_receipt_whose_path_does_not_fit_its_place_is_refused(proof: object) -> None:
    with pytest.raises(ProofInvalid):
        verify_receipt(parse_receipt(spelt(proof=proof)), LEAVES[6], KEY.public, ORIGIN)


def test_a_transparent_statement_gives_entry_and_receipts_back() -> None:
    transparent = format_transparent_statement(STATEMENT, [RECEIPT, RECEIPT])
    assert parse_transparent_statement(transparent) == (STATEMENT, [RECEIPT, RECEIPT])
    assert scitt_cose.extract_receipts(transparent) == [RECEIPT, RECEIPT]


def test_a_statement_with_its_receipt_verifies_end_to_end_with_the_independent_library() -> None:
    statement = b"\xd2" + cbor.encode([cbor.encode({1: -8}), {}, b"payload", bytes(64)])
    leaves = [leaf_hash(b"genesis"), leaf_hash(statement)]
    checkpoint = Checkpoint(ORIGIN, 2, Frontier().extend(leaves).root())
    receipt = make_receipt(sign_root(checkpoint, KEY, ISSUER), prove_inclusion(MemoryTiles(leaves), 1, 2))
    (found,) = scitt_cose.extract_receipts(format_transparent_statement(statement, [receipt]))
    result = scitt_cose.verify_receipt(found, leaf_entry_hex=statement.hex(), log_public_key_pem=pem(KEY))
    assert result.ok


@pytest.mark.parametrize(
    "statement",
    [
        b"",
        b"\xd2",
        STATEMENT[1:],
        b"\xd2" + cbor.encode([b"", {4: b"kid"}, b"payload", b""]),
        b"\xd2" + cbor.encode([b"", {}, None, b""]),
        b"\xd2" + cbor.encode([b"", {}, b"payload"]),
        b"\xd2" + cbor.encode(["", {}, b"payload", b""]),
    ],
)
def test_what_is_not_a_log_entry_becomes_no_transparent_statement(statement: bytes) -> None:
    with pytest.raises(ProofInvalid):
        format_transparent_statement(statement, [RECEIPT])


@pytest.mark.parametrize("count", [0, 17])
def test_a_transparent_statement_has_1_to_16_receipts(count: int) -> None:
    with pytest.raises(ProofInvalid):
        format_transparent_statement(STATEMENT, [RECEIPT] * count)
    with pytest.raises(ProofInvalid):
        parse_transparent_statement(b"\xd2" + cbor.encode([b"", {394: [b""] * count}, b"payload", b""]))


@pytest.mark.parametrize(
    "data",
    [
        STATEMENT,
        b"\xd2" + cbor.encode([b"", {394: [b""], 4: b"kid"}, b"payload", b""]),
        b"\xd2" + cbor.encode([b"", {394: [7]}, b"payload", b""]),
        b"\xd2" + cbor.encode([b"", {394: b""}, b"payload", b""]),
        b"\xd2" + cbor.encode([b"", {394: [b""]}, None, b""]),
        bytes(TRANSPARENT_STATEMENT_BYTES_MAX + 1),
    ],
)
def test_another_spelling_is_no_transparent_statement(data: bytes) -> None:
    with pytest.raises(ProofInvalid):
        parse_transparent_statement(data)

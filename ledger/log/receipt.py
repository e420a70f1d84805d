"""RFC 9942 COSE receipts over the RFC 9162 tree, and RFC 9943 transparent statements.

A receipt is a COSE_Sign1 whose detached payload is a root and whose unprotected header holds the way from one
entry to it. Its claims name the log, not the entry, so one signature serves every receipt at a size. The
signature covers the root alone: that the entry is in the log is proved, its index and the size are as the
proof claims (``merkle.inclusion_root``). Where the place matters, hold the receipt against a checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger import cbor
from ledger.errors import ProofInvalid, ReceiptUnavailable
from ledger.keys import SIGNATURE_BYTES, Algorithm, PublicKey, SigningKey, verify_signature
from ledger.log.checkpoint import ORIGIN_BYTES_MAX, Checkpoint
from ledger.log.merkle import HASH_BYTES, PATH_MAX, InclusionProof, inclusion_root
from ledger.log.text import is_printable

RECEIPT_BYTES_MAX = 8 * 1024
RECEIPTS_MAX = 16
TRANSPARENT_STATEMENT_BYTES_MAX = 2**16 + RECEIPTS_MAX * RECEIPT_BYTES_MAX

_SIGN1_TAG = b"\xd2"  # tag 18 in one byte (RFC 9052 §4.2)

# Header labels (RFC 9052 §3.1, RFC 9597, RFC 9942 §2) and CWT claims (RFC 8392 §3.1).
_ALG, _KID, _CWT_CLAIMS = 1, 4, 15
_RECEIPTS, _DATA_STRUCTURE, _DATA_PROOFS = 394, 395, 396
_ISSUER, _SUBJECT = 1, 2

_RFC9162_SHA256 = 1
_INCLUSION_PROOFS = -1


@dataclass(frozen=True, slots=True)
class LogClaims:
    """The protected header of a receipt: who signs with which key for which log.

    Attributes:
        alg: COSE algorithm of the key.
        kid: 8 bytes, of the log's receipt key.
        issuer: CWT ``iss``, who runs the log; 1 to 255 bytes.
        origin: CWT ``sub``, the log's name as in its checkpoints.
    """

    alg: Algorithm
    kid: bytes
    issuer: str
    origin: str

    def __post_init__(self) -> None:
        for claim in (self.issuer, self.origin):
            if not is_printable(claim) or not 1 <= len(claim.encode()) <= ORIGIN_BYTES_MAX:
                raise ProofInvalid(f"issuer and origin have 1 to {ORIGIN_BYTES_MAX} bytes and no controls")


@dataclass(frozen=True, slots=True)
class RootSignature:
    """The log's COSE signature over one root, good for every receipt at that size.

    Attributes:
        claims: the signed header.
        size: leaves of the tree, for the maker of receipts; not signed.
        signature: 64 bytes over the Sig_structure of ``claims`` and the root.
    """

    claims: LogClaims
    size: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as parsed; nothing in it is to be believed before it is verified.

    Attributes:
        claims: the protected header.
        inclusion: the only inclusion proof.
        signature: 64 bytes over ``claims`` and the root that the proof leads to.
    """

    claims: LogClaims
    inclusion: InclusionProof
    signature: bytes


def sign_root(checkpoint: Checkpoint, key: SigningKey, issuer: str) -> RootSignature:
    """Sign the root of a checkpoint for receipts (RFC 9942 §5.2.1); ``issuer`` runs the log.

    Raises:
        ReceiptUnavailable: the tree has fewer than 2 leaves.
        ProofInvalid: the issuer is not 1 to 255 bytes of text.
    """
    _require_receipts_exist(checkpoint.size)
    claims = LogClaims(key.public.alg, key.public.kid, issuer, checkpoint.origin)
    return RootSignature(claims, checkpoint.size, key.sign(_signed_bytes(claims, checkpoint.root)))


def make_receipt(root_signature: RootSignature, inclusion: InclusionProof) -> bytes:
    """The receipt of the entry that ``inclusion`` leads from, encoded.

    Raises:
        ReceiptUnavailable: the tree has fewer than 2 leaves.
        ProofInvalid: the proof is for another size than was signed.
    """
    _require_receipts_exist(inclusion.size)
    if inclusion.size != root_signature.size:
        raise ProofInvalid("the root of another size was signed", size=inclusion.size)
    return format_receipt(Receipt(root_signature.claims, inclusion, root_signature.signature))


def format_receipt(receipt: Receipt) -> bytes:
    """Tag-18 COSE_Sign1 in deterministic CBOR with a detached payload (RFC 9942 §5.2)."""
    inclusion = receipt.inclusion
    proof = cbor.encode([inclusion.size, inclusion.index, list(inclusion.path)])
    unprotected = {_DATA_PROOFS: {_INCLUSION_PROOFS: [proof]}}
    return _SIGN1_TAG + cbor.encode([_format_claims(receipt.claims), unprotected, None, receipt.signature])


def parse_receipt(data: bytes) -> Receipt:
    """The inverse of ``format_receipt``.

    Raises:
        ProofInvalid: any other spelling or label, an attached payload, not exactly one inclusion proof, or
            more than 8 KiB.
    """
    if len(data) > RECEIPT_BYTES_MAX:
        raise ProofInvalid("the receipt is too large", limit_bytes=RECEIPT_BYTES_MAX)
    match _decode_sign1(data):
        case [bytes(protected), {396: {-1: [bytes(proof)]}}, None, bytes(signature)]:
            receipt = Receipt(_parse_claims(protected), _parse_inclusion(proof), signature)
        case _:
            raise ProofInvalid("not a receipt with one inclusion proof and a detached payload")
    if len(signature) != SIGNATURE_BYTES or format_receipt(receipt) != data:
        raise ProofInvalid("the receipt has other members than a receipt of this profile")
    return receipt


def verify_receipt(receipt: Receipt, leaf: bytes, key: PublicKey, origin: str) -> bytes:
    """The root, signed by the log ``origin`` with ``key``, of a tree that has ``leaf`` (RFC 9942 §5.2.1).

    Raises:
        SignatureInvalid: the signature does not verify for the root that the proof leads to.
        ProofInvalid: another key or log, or a path that does not fit its index and size.
    """
    if (receipt.claims.alg, receipt.claims.kid) != (key.alg, key.kid):
        raise ProofInvalid("the receipt is by another key", kid=receipt.claims.kid.hex())
    if receipt.claims.origin != origin:
        raise ProofInvalid("the receipt is of another log", origin=receipt.claims.origin)
    root = inclusion_root(receipt.inclusion, leaf)
    verify_signature(key, receipt.signature, _signed_bytes(receipt.claims, root))
    return root


def format_transparent_statement(statement: bytes, receipts: Sequence[bytes]) -> bytes:
    """The statement with its receipts in the unprotected header, label 394 (RFC 9943).

    Args:
        statement: tag-18 COSE_Sign1 with an empty unprotected header: the bytes of the log entry.
        receipts: 1 to 16 encoded receipts.

    Raises:
        ProofInvalid: not such a statement, or not so many receipts.
    """
    if not 1 <= len(receipts) <= RECEIPTS_MAX:
        raise ProofInvalid(f"a transparent statement has 1 to {RECEIPTS_MAX} receipts")
    match _decode_sign1(statement):
        case [bytes(protected), {**unprotected}, bytes(payload), bytes(signature)] if not unprotected:
            return _SIGN1_TAG + cbor.encode([protected, {_RECEIPTS: list(receipts)}, payload, signature])
        case _:
            raise ProofInvalid("not a COSE_Sign1 with a payload and an empty unprotected header")


def parse_transparent_statement(data: bytes) -> tuple[bytes, list[bytes]]:
    """The inverse of ``format_transparent_statement``: the log entry and its encoded receipts.

    Raises:
        ProofInvalid: any other label in the unprotected header, or not 1 to 16 receipts, or too large.
    """
    if len(data) > TRANSPARENT_STATEMENT_BYTES_MAX:
        raise ProofInvalid("the statement is too large", limit_bytes=TRANSPARENT_STATEMENT_BYTES_MAX)
    match _decode_sign1(data):
        case [bytes(protected), {394: [*receipts], **others}, bytes(payload), bytes(signature)] if not others:
            statement = _SIGN1_TAG + cbor.encode([protected, {}, payload, signature])
        case _:
            raise ProofInvalid("not a transparent statement")
    if not 1 <= len(receipts) <= RECEIPTS_MAX or not all(isinstance(receipt, bytes) for receipt in receipts):
        raise ProofInvalid(f"a transparent statement has 1 to {RECEIPTS_MAX} receipts")
    return statement, receipts


def _require_receipts_exist(size: int) -> None:
    # RFC 9942 §5.2: inclusion-path is [ + bstr ], and the path in a tree of one leaf is empty.
    if size < 2:
        raise ReceiptUnavailable(
            "A log of one entry has no receipts.", cure="Ask again when the log has two entries.", size=size
        )


def _signed_bytes(claims: LogClaims, root: bytes) -> bytes:
    """Sig_structure with the root as payload (RFC 9052 §4.4)."""
    return cbor.encode(["Signature1", _format_claims(claims), b"", root])


def _format_claims(claims: LogClaims) -> bytes:
    return cbor.encode(
        {
            _ALG: int(claims.alg),
            _KID: claims.kid,
            _CWT_CLAIMS: {_ISSUER: claims.issuer, _SUBJECT: claims.origin},
            _DATA_STRUCTURE: _RFC9162_SHA256,
        }
    )


def _parse_claims(protected: bytes) -> LogClaims:
    match _decode(protected):
        case {1: -8 | -7 as alg, 4: bytes(kid), 15: {1: str(issuer), 2: str(origin)}, 395: 1}:
            return LogClaims(Algorithm(alg), kid, issuer, origin)
        case _:
            raise ProofInvalid("the protected header is not that of an RFC9162_SHA256 receipt")


def _parse_inclusion(proof: bytes) -> InclusionProof:
    match _decode(proof):
        case [int(size), int(index), [_, *_] as path] if len(path) <= PATH_MAX:
            if all(isinstance(node, bytes) and len(node) == HASH_BYTES for node in path):
                # int() turns true and false into numbers, which are then spelt otherwise than they came.
                return InclusionProof(int(index), int(size), tuple(path))
    raise ProofInvalid(f"an inclusion proof is size, index, and 1 to {PATH_MAX} hashes")


def _decode_sign1(data: bytes) -> Any:
    if not data.startswith(_SIGN1_TAG):
        raise ProofInvalid("not a COSE_Sign1 with its tag")
    return _decode(data[len(_SIGN1_TAG) :])


def _decode(data: bytes) -> Any:
    try:
        return cbor.decode(data)
    except ValueError as error:
        raise ProofInvalid(f"not deterministic CBOR: {error}") from error

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofInvalid, SignatureInvalid
from ledger.keys import SigningKey
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.note import Note, NoteSignature
from ledger.log.proof import (
    EXTRA_BYTES_MAX,
    PROOF_BYTES_MAX,
    LogProof,
    format_log_proof,
    parse_log_proof,
    verify_log_proof,
)
from ledger.log.signature import Ed25519Cosigner, Ed25519Signer, add_signatures, cosign, sign_checkpoint
from ledger.log.tree import prove_inclusion
from tests.ledger.log.naive import MemoryTiles, numbered_leaves

ORIGIN = "log.example/one"
LOG = Ed25519Signer(ORIGIN, SigningKey.from_seed(bytes(31) + b"\1"))
WITNESS = Ed25519Cosigner("witness.example/1", SigningKey.from_seed(bytes(31) + b"\2"))
LEAVES = numbered_leaves(10)
CHECKPOINT = Checkpoint(ORIGIN, 10, Frontier().extend(LEAVES).root())
SIGNED = sign_checkpoint(CHECKPOINT, [LOG], 0)
COSIGNED = add_signatures(SIGNED, (cosign(SIGNED, WITNESS, 1_800_000_000),))
PROOF = LogProof(6, prove_inclusion(MemoryTiles(LEAVES), 6, 10).path, COSIGNED)

# The example of tlog-proof; its abridged signatures and its cut-off extra data made whole in form.
EXAMPLE = f"""c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog {b64encode(bytes(68)).decode()}
— witness1.example {b64encode(bytes(76)).decode()}
"""


def test_the_example_of_the_specification_is_read_back() -> None:
    proof = parse_log_proof(EXAMPLE.encode())
    assert (proof.index, len(proof.path), len(proof.checkpoint.signatures)) == (73_894, 5, 2)
    assert proof.extra == b"age-v1.2.1-darwin-arm64.tar.gz"
    assert format_log_proof(proof) == EXAMPLE.encode()


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.binary(max_size=100),
)
def test_proofs_are_read_back(index: int, path: list[bytes], extra: bytes) -> None:
    proof = LogProof(index, tuple(path), COSIGNED, extra)
    assert parse_log_proof(format_log_proof(proof)) == proof


@pytest.mark.parametrize("index", range(10))
def test_a_proof_of_every_entry_verifies_with_its_checkpoint_alone(index: int) -> None:
    path = prove_inclusion(MemoryTiles(LEAVES), index, 10).path
    proof = parse_log_proof(format_log_proof(LogProof(index, path, COSIGNED)))
    assert verify_log_proof(proof, LEAVES[index], ORIGIN, [LOG.key], [WITNESS.key], 1) == CHECKPOINT


@pytest.mark.parametrize(
    "proof",
    [
        replace(PROOF, index=7),
        replace(PROOF, index=10),
        replace(PROOF, path=PROOF.path[:-1]),
        replace(PROOF, path=(*PROOF.path, LEAVES[0])),
        replace(PROOF, path=(LEAVES[0], *PROOF.path[1:])),
        replace(PROOF, path=PROOF.path[::-1]),
        replace(PROOF, checkpoint=replace(COSIGNED, signatures=COSIGNED.signatures[1:])),
        replace(PROOF, checkpoint=SIGNED),
        replace(PROOF, checkpoint=sign_checkpoint(Checkpoint("other", 10, CHECKPOINT.root), [LOG], 0)),
        replace(PROOF, checkpoint=Note("no checkpoint\n", (NoteSignature("a", bytes(4), b"b"),))),
    ],
)
def test_a_changed_proof_is_refused(proof: LogProof) -> None:
    with pytest.raises(ProofInvalid):
        verify_log_proof(proof, LEAVES[6], ORIGIN, [LOG.key], [WITNESS.key], 1)


def test_another_entry_or_a_changed_checkpoint_is_refused() -> None:
    with pytest.raises(ProofInvalid):
        verify_log_proof(PROOF, leaf_hash(b"other"), ORIGIN, [LOG.key])
    changed = replace(PROOF, checkpoint=replace(COSIGNED, text=COSIGNED.text.replace("10", "11")))
    with pytest.raises(SignatureInvalid):
        verify_log_proof(changed, LEAVES[6], ORIGIN, [LOG.key])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1\n", "@v2\n"),
        ("@v1\n", "@v1\r\n"),
        ("@v1\n", "@v1\n\n"),
        ("index 73894\n", ""),
        ("index 73894", "index 073894"),
        ("index 73894", "index -1"),
        ("index 73894", "index  73894"),
        ("index 73894", f"index {2**63}"),
        ("extra YWdl", "extra  YWdl"),
        ("extra YWdl", "extra YWd"),
        ("extra ", "Extra "),
        ("gSKyXoYZ", "gSKyXoY"),
        ("cdPlQ=", "cdPlR="),
        ("cdPlQ=", "cdPlQ= "),
        ("O5vk=\n", "O5vk=\n" + 59 * "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n"),
        ("O5vk=\n\n", "O5vk=\n"),
        ("O5vk=\n", "O5vé=\n"),
        ("109482\n", "109482\n\t\n"),
        ("YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6", ""),
    ],
)
def test_another_spelling_is_no_proof(old: str, new: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(ProofInvalid):
        parse_log_proof(EXAMPLE.replace(old, new, 1).encode())


def test_another_version_is_named_as_the_reason() -> None:
    with pytest.raises(ProofInvalid, match="tlog-proof@v1"):
        parse_log_proof(EXAMPLE.replace("@v1", "@v2").encode())


def test_sizes_of_proofs_are_bounded() -> None:
    with pytest.raises(ProofInvalid, match="too large"):
        parse_log_proof(bytes(PROOF_BYTES_MAX + 1))
    with pytest.raises(ProofInvalid, match="too large"):
        LogProof(0, (), COSIGNED, bytes(EXTRA_BYTES_MAX + 1))
    largest = LogProof(0, (), COSIGNED, bytes(EXTRA_BYTES_MAX))
    assert parse_log_proof(format_log_proof(largest)) == largest

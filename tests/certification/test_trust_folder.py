"""An operator's folder of roots, authorities and lists of revocations."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certification.efirma import verify_efirma
from certification.trust_folder import read_trust_folder
from ledger.errors import KeyUnusable, Refusal
from tests.certification.efirma_chain import AT, Sat

SAT = Sat()


def test_a_folder_is_read_by_what_its_files_are(tmp_path: Path) -> None:
    efirma = SAT.company()
    (tmp_path / "root.cer").write_bytes(SAT.root.public_bytes(Encoding.DER))
    (tmp_path / "authority.pem").write_bytes(SAT.authority.public_bytes(Encoding.PEM))
    (tmp_path / "README.txt").write_text("from SAT's portal")

    anchors = read_trust_folder(tmp_path)
    verified = verify_efirma(efirma.der, efirma.sign(b"x"), b"x", anchors=anchors, at=AT)
    (tmp_path / "revoked.CRL").write_bytes(SAT.revoke(efirma.certificate, AT).lists[0].public_bytes(Encoding.DER))
    with pytest.raises(Refusal) as refused:
        verify_efirma(efirma.der, efirma.sign(b"x"), b"x", anchors=read_trust_folder(tmp_path), at=AT)

    assert (anchors.roots, anchors.intermediates) == ((SAT.root,), (SAT.authority,))
    assert not verified.revocation_known
    assert refused.value.code == "efirma-revoked"


@pytest.mark.parametrize(("name", "data"), [("root.cer", b"x"), ("list.crl", b"x"), ("notes.txt", b"x")])
def test_a_folder_that_proves_nothing_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)

    with pytest.raises(KeyUnusable):
        read_trust_folder(tmp_path)


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable):
        read_trust_folder(tmp_path / "nowhere")

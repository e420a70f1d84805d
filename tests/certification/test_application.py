"""What an e.firma signs of an application, and whether what was sealed proves who asks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from certification.application import (
    APPLICATION_PREFIX,
    EfirmaProof,
    applicant_members,
    application_bytes,
    format_efirma_proof,
    parse_efirma_proof,
    verify_applicant,
)
from certification.foreign import ForeignIdentity, format_foreign_identity
from certification.identity import IdentityMalformed
from ledger import cbor
from ledger.domain.authorisation import ApplicationSubmitted
from ledger.domain.kinds import parse_payload
from ledger.errors import Refusal
from tests.certification.efirma_chain import AT, COMPANY, PERSON, Efirma, Sat

SAT = Sat()
IDS = {
    "application": "apl_mfzwizltoq2gk3tfnzsxe5dfoi",
    "party": "pty_mfzwizltoq2gk3tfnzsxe5dfoi",
    "to": "pty_orsxg5bao5uxi2banfzsaytfme",
}
LEDGER = "00112233445566778899aabbccddeeff" * 2
SCOPE = {"activities": ["recycling"], "waste_classes": ["RP"]}


def application(**members: Any) -> ApplicationSubmitted:
    stated = {
        "v": 1,
        "kind": "application.submitted",
        "id": "01957a00-0000-7000-8000-000000000000",
        "occurred_at": "2026-03-01T11:00:00Z",
        **IDS,
        "asks": "grant",
        "person": "moral",
        "scope": SCOPE,
        "identity": "0" * 64,
        **members,
    }
    payload = parse_payload({name: value for name, value in stated.items() if value is not None})
    assert isinstance(payload, ApplicationSubmitted)
    return payload


def sealed(efirma: Efirma, signed: ApplicationSubmitted, ocsp: bytes | None = None) -> dict[str, str]:
    return format_efirma_proof(EfirmaProof(efirma.der, efirma.sign(application_bytes(signed, LEDGER)), ocsp))


def code_of(asked: ApplicationSubmitted, value: dict[str, str], **more: Any) -> str:
    with pytest.raises(Refusal) as refused:
        verify_applicant(asked, value, **{"ledger": LEDGER, "anchors": SAT.anchors(), "at": AT, **more})
    return refused.value.code


def test_an_efirma_proves_who_asks() -> None:
    asked = application()
    proven = verify_applicant(asked, sealed(SAT.company(), asked), ledger=LEDGER, anchors=SAT.anchors(), at=AT)

    members = applicant_members(proven)
    assert (members["identity"]["rfc"], members["identity"]["kind"]) == (COMPANY, "moral")
    assert members["identity"]["valid_to"].endswith("Z")
    assert members["revocation_known"] is False


def test_an_answer_about_revocation_is_sealed_with_the_signature() -> None:
    asked, company = application(), SAT.company()
    good = sealed(company, asked, SAT.answer(company.certificate))
    revoked = sealed(company, asked, SAT.answer(company.certificate, AT - 1))

    assert verify_applicant(asked, good, ledger=LEDGER, anchors=SAT.anchors(), at=AT).revocation_known
    assert code_of(asked, revoked) == "efirma-revoked"


@pytest.mark.parametrize(
    "change",
    [
        {"application": "apl_orsxg5bao5uxi2banfzsaytfme"},
        {"party": IDS["to"]},
        {"to": IDS["party"]},
        {"asks": "change", "authorisation": "aut_mfzwizltoq2gk3tfnzsxe5dfoi"},
        {"scope": {**SCOPE, "waste_classes": ["RME"]}},
        {"scope": {**SCOPE, "capacity_g_per_year": 1}},
        {"technologies": ["hydro"]},
        {
            "guarantees": [
                {
                    "form": "bond",
                    "amount_mxn_cents": 1,
                    "from_on": "2026-01-01",
                    "to_on": "2027-01-01",
                    "digest": "ab" * 32,
                }
            ]
        },
        {"documents": [{"digest": "ab" * 32, "bytes": 1, "media_type": "application/pdf", "role": "other"}]},
    ],
)
def test_a_signature_binds_what_is_asked(change: dict[str, Any]) -> None:
    assert code_of(application(**change), sealed(SAT.company(), application())) == "efirma-signature-invalid"


def test_a_signature_does_not_bind_when_and_where_the_statement_is_made() -> None:
    again = application(
        id="01957a00-0000-7000-8000-000000000001",
        occurred_at="2026-03-01T11:30:00Z",
        identity="1" * 64,
        site="sit_mfzwizltoq2gk3tfnzsxe5dfoi",
    )

    assert application_bytes(again, LEDGER) == application_bytes(application(), LEDGER)


def test_the_signed_bytes_are_a_prefix_and_deterministic_cbor_without_defaults() -> None:
    signed = application_bytes(application(), LEDGER)

    assert signed.startswith(APPLICATION_PREFIX)
    assert cbor.decode(signed.removeprefix(APPLICATION_PREFIX)) == {
        **IDS,
        "asks": "grant",
        "person": "moral",
        "scope": SCOPE,
        "ledger": LEDGER,
    }


def test_what_was_signed_for_a_sandbox_asks_for_nothing_in_another_ledger() -> None:
    asked = application()

    assert code_of(asked, sealed(SAT.company(), asked), ledger="ff" * 32) == "efirma-signature-invalid"


def test_the_kind_of_person_is_the_certificates() -> None:
    asked = application(person="fisica")

    assert code_of(asked, sealed(SAT.company(), asked)) == "efirma-other-rfc"
    person = verify_applicant(asked, sealed(SAT.person(), asked), ledger=LEDGER, anchors=SAT.anchors(), at=AT)
    assert applicant_members(person)["identity"]["rfc"] == PERSON


def test_the_partys_own_rfc_has_to_have_signed() -> None:
    asked = application()

    assert code_of(asked, sealed(SAT.company(), asked), expected_rfc=PERSON) == "efirma-other-rfc"


def test_a_foreign_party_says_who_it_is() -> None:
    asked = application(person="foreign")
    buyer = ForeignIdentity("Metal Works, LLC", "US", epa_id="TXD000000001")
    proven = verify_applicant(asked, format_foreign_identity(buyer), ledger=LEDGER, anchors=SAT.anchors(), at=AT)

    assert (proven.identity, proven.revocation_known) == (buyer, False)
    assert code_of(asked, sealed(SAT.company(), asked)) == "identity-malformed"
    assert code_of(application(), format_foreign_identity(buyer)) == "identity-malformed"


@pytest.mark.parametrize(
    "change",
    [{"scheme": "efirma/v2"}, {"certificate": "="}, {"signature": None}, {"rfc": COMPANY}, {"ocsp": "!"}],
)
def test_what_is_no_proof_is_refused(change: dict[str, str | None]) -> None:
    members = {**sealed(SAT.company(), application()), **change}

    with pytest.raises(IdentityMalformed):
        parse_efirma_proof({name: text for name, text in members.items() if text is not None})


def test_a_proof_is_read_back() -> None:
    for proof in (EfirmaProof(b"c", b"s"), EfirmaProof(b"c", b"s", b"o")):
        assert parse_efirma_proof(format_efirma_proof(proof)) == proof


def test_the_bytes_of_the_formats_page_are_made_again() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```text application\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert application_bytes(application(), LEDGER) == bytes.fromhex(example)

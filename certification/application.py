"""Who asks for a permit: what an e.firma signs of an application, what is sealed of it, and whether it holds.

The log has only the commitment ``identity`` of ``application.submitted``. What it was made from lies beside the log
(``certification.sealed``) as one of two *proofs of identity* (docs/formats.md): an e.firma's signature over the
application's bytes, or a foreign party's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from certification.efirma import Anchors, verify_efirma
from certification.foreign import ForeignIdentity, parse_foreign_identity
from certification.identity import EfirmaOfAnother, Identity, IdentityMalformed, PersonForm
from certification.revocation import NOTHING_KNOWN, Revocations, parse_ocsp_answer
from ledger import cbor
from ledger.domain.authorisation import ApplicationSubmitted
from ledger.domain.values import format_base64url, format_instant, parse_base64url

SCHEME: Final = "efirma/v1"
APPLICATION_PREFIX: Final = b"bitacora/application/v1\n"
_SIGNED: Final = frozenset(
    {
        "application",
        "party",
        "to",
        "asks",
        "authorisation",
        "transfer_to",
        "person",
        "scope",
        "guarantees",
        "technologies",
        "documents",
    }
)


@dataclass(frozen=True, slots=True)
class EfirmaProof:
    """What an e.firma adds to an application.

    Attributes:
        certificate: in DER.
        signature: over ``application_bytes``.
        ocsp: an OCSP response in DER, or None.
    """

    certificate: bytes
    signature: bytes
    ocsp: bytes | None = None


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks, proven or (foreign) as stated.

    Attributes:
        identity: personal data, for those alone to whom it was sealed.
        revocation_known: as ``certification.efirma.Verified``; False for a foreign party.
    """

    identity: Identity | ForeignIdentity
    revocation_known: bool


def application_bytes(application: ApplicationSubmitted, ledger: str) -> bytes:
    """What the e.firma signs: the prefix, and the members that the applicant asks with in deterministic CBOR.

    ``ledger`` is the event id of its genesis, in hex: what was signed for a sandbox asks for nothing anywhere else.
    Members that have their default are left out, so that a later version's new member changes no old signature.
    """
    members = application.model_dump(mode="json", include=set(_SIGNED), exclude_defaults=True)
    return APPLICATION_PREFIX + cbor.encode({**members, "ledger": ledger})


def format_efirma_proof(proof: EfirmaProof) -> dict[str, str]:
    """The members that are sealed."""
    members = {
        "scheme": SCHEME,
        "certificate": format_base64url(proof.certificate),
        "signature": format_base64url(proof.signature),
    }
    return members if proof.ocsp is None else {**members, "ocsp": format_base64url(proof.ocsp)}


def parse_efirma_proof(members: Mapping[str, str]) -> EfirmaProof:
    """The inverse of ``format_efirma_proof``.

    Raises:
        IdentityMalformed: a member is missing, unknown, or not base64url.
    """
    if members.get("scheme") != SCHEME or members.keys() - {"scheme", "certificate", "signature", "ocsp"}:
        raise IdentityMalformed("this is no proof by e.firma", cure="bitacora efirma sign")
    try:
        ocsp = parse_base64url(members["ocsp"]) if "ocsp" in members else None
        return EfirmaProof(parse_base64url(members["certificate"]), parse_base64url(members["signature"]), ocsp)
    except (KeyError, ValueError) as error:
        raise IdentityMalformed("a member of the proof is missing or not base64url") from error


def verify_applicant(
    application: ApplicationSubmitted,
    sealed: Mapping[str, str],
    *,
    ledger: str,
    anchors: Anchors,
    at: int,
    expected_rfc: str | None = None,
) -> Applicant:
    """Prove who asks, from what ``application.identity`` commits to.

    Args:
        application: as recorded.
        sealed: the value of the opened commitment.
        ledger: event id of the genesis of the ledger that recorded it, in hex.
        anchors: whom to believe about e.firmas.
        at: when the application was recorded, in seconds since 1970: a time that the applicant does not choose.
        expected_rfc: the party's, if it is known.

    Raises:
        IdentityMalformed: what is sealed is no proof.
        Refusal: the e.firma is not accepted (``certification.efirma.verify_efirma``), or of another kind of person.
    """
    if application.person == "foreign":
        return Applicant(parse_foreign_identity(sealed), revocation_known=False)
    proof = parse_efirma_proof(sealed)
    verified = verify_efirma(
        proof.certificate,
        proof.signature,
        application_bytes(application, ledger),
        anchors=anchors,
        at=at,
        expected_rfc=expected_rfc,
        revocations=_revocations(proof),
    )
    _check_person(verified.identity, application.person)
    return Applicant(verified.identity, verified.revocation_known)


def applicant_members(applicant: Applicant) -> dict[str, Any]:
    """The proven identity in the words of the API; times in seconds become texts."""
    members = asdict(applicant.identity)
    for name in ("valid_from", "valid_to"):
        if name in members:
            members[name] = format_instant(members[name])
    return {"identity": members, "revocation_known": applicant.revocation_known}


def _revocations(proof: EfirmaProof) -> Revocations:
    return NOTHING_KNOWN if proof.ocsp is None else Revocations(answers=(parse_ocsp_answer(proof.ocsp),))


def _check_person(identity: Identity, person: PersonForm) -> None:
    if identity.kind != person:
        raise EfirmaOfAnother("the application is another kind of person's", field="/person", person=identity.kind)

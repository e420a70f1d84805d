"""An authorisation as W3C Verifiable Credential 2.0, in the shape of a UNTP Digital Conformity Credential 0.6.

The ledger's operator is the issuer: it says what the log says. Who decided is named inside, as the authority that
endorsed it. Facts for which UNTP has no word are under ``permit``.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from exchange.attestation import Attestation, AttestedParty, AttestedSite
from exchange.securing import Issuer
from exchange.status_list import status_entries
from exchange.words import NATURAL_PERSON
from ledger.domain.values import format_instant
from ledger.fold.legal_day import DEFAULT_ZONE

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://test.uncefact.org/vocabulary/untp/dcc/0.6.0/",
    "https://www.w3.org/ns/credentials/undefined-terms/v2",
)
LAW_URL: Final = "https://www.diputados.gob.mx/LeyesBiblio/pdf/LGPGIR.pdf"
LAW_NAME: Final = "Ley General para la Prevención y Gestión Integral de los Residuos"

_ONE_DAY = timedelta(days=1)


def credential_document(base_url: str, issuer: Issuer, attestation: Attestation, index: int) -> dict[str, Any]:
    """The credential, not yet secured; ``index`` is the leaf of ``attestation.event``, whose bits tell its status.

    It is valid from the first second of the first day of what the permit says to the last second of its last day, as
    days run in the capital.
    """
    url = f"{base_url}/v1/authorisations/{attestation.authorisation}"
    return {
        "@context": list(CONTEXTS),
        "id": f"{url}/credential#{attestation.event}",
        "type": ["DigitalConformityCredential", "VerifiableCredential"],
        "name": f"Autorización {attestation.number}",
        "issuer": {"type": ["CredentialIssuer"], "id": issuer.did, "name": issuer.name},
        "validFrom": format_instant(_day_begins(date.fromisoformat(attestation.said_from))),
        "validUntil": format_instant(_day_begins(date.fromisoformat(attestation.to_on) + _ONE_DAY) - 1),
        "credentialStatus": status_entries(base_url, index),
        "credentialSubject": _subject(base_url, url, attestation),
    }


def permit_members(attestation: Attestation) -> dict[str, Any]:
    """All facts of the attestation as JSON members; those that are not known are left out."""
    return {name: _without_none(value) for name, value in asdict(attestation).items() if value is not None}


def _subject(base_url: str, url: str, attestation: Attestation) -> dict[str, Any]:
    known = attestation.only_transcribed
    return {
        "type": ["ConformityAttestation", "Attestation"],
        "id": url,
        "name": f"Autorización {attestation.number}",
        "assessorLevel": "Unspecified" if known else "3rdParty",
        "assessmentLevel": "Unspecified" if known else "GovtApproval",
        "attestationType": "certification",
        "issuedToParty": _party(base_url, attestation.holder),
        "authorisation": [] if known else [_endorsement(base_url, attestation)],
        "conformityCertificate": _link("SecureLink", f"{url}/certificate", "Certificado (PDF)"),
        "auditableEvidence": _link("SecureLink", _evidence_url(base_url, attestation), "Evidencia de la bitácora"),
        "assessment": [_assessment(base_url, url, attestation)],
        "permit": permit_members(attestation),
    }


def _endorsement(base_url: str, attestation: Attestation) -> dict[str, Any]:
    return {
        "type": ["Endorsement"],
        "id": f"{base_url}/v1/events/{attestation.event}",
        "name": f"Oficio {attestation.oficio}" if attestation.oficio else f"Autorización {attestation.number}",
        "issuingAuthority": _party(base_url, attestation.authority),
        "endorsementEvidence": _link("Link", _evidence_url(base_url, attestation), "Evidencia de la bitácora"),
    }


def _assessment(base_url: str, url: str, attestation: Attestation) -> dict[str, Any]:
    """UNTP asks whether it conforms: a permit does that is in force, and was not merely copied from somewhere."""
    holder = _party(base_url, attestation.holder)
    return {
        "type": ["ConformityAssessment", "Declaration"],
        "id": f"{url}#scope",
        "name": f"Autorización {attestation.number}",
        "assessmentDate": attestation.notified_on or attestation.listed_on or attestation.said_from,
        "referenceRegulation": {
            "type": ["Regulation"],
            "id": LAW_URL,
            "name": LAW_NAME,
            "jurisdictionCountry": "MX",
            "administeredBy": _party(base_url, attestation.authority),
        },
        "conformityTopic": "environment.waste",
        "conformance": attestation.holds,
        "assessedFacility": [_verified_site(holder["id"], site) for site in attestation.sites],
        "assessedOrganisation": holder,
    }


def _verified_site(party_url: str, site: AttestedSite) -> dict[str, Any]:
    named = {"id": f"{party_url}#{site.site}", "name": site.name or site.site, "registeredId": site.site}
    return {"type": ["FacilityVerification"], "facility": named, "IDverifiedByCAB": False}


def _party(base_url: str, party: AttestedParty) -> dict[str, str]:
    return {
        "id": f"{base_url}/v1/parties/{party.party}",
        "name": party.name or NATURAL_PERSON["es"],
        "registeredId": party.party,
    }


def _evidence_url(base_url: str, attestation: Attestation) -> str:
    return f"{base_url}/v1/events/{attestation.event}/receipt"


def _link(link_type: str, url: str, name: str) -> dict[str, Any]:
    types = ["Link"] if link_type == "Link" else [link_type, "Link"]
    return {"type": types, "linkURL": url, "linkName": name}


def _day_begins(day: date) -> int:
    return int(datetime.combine(day, time(), ZoneInfo(DEFAULT_ZONE)).timestamp())


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: member for name, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value

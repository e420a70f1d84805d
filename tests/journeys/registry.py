"""A served ledger as people come to it over days: what is refused, what is shown, and what an auditor finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compliance.rulebook import rules_of
from exchange.securing import verify_vc_jwt
from exchange.verification import CredentialVerdict, verify_credential
from ledger.audit.auditor import audit
from ledger.audit.report import AuditReport
from ledger.audit.source import open_directory
from ledger.domain.values import parse_instant
from ledger.export import export
from ledger.store.entries import iter_entries, read_head
from tests.api.served import BASE_URL, COSE, Served
from tests.yard import Actor


def wait_until(served: Served, day: str) -> None:
    """Let it be 9:00 of a later day in Mexico City."""
    served.pass_time(parse_instant(f"{day}T15:00:00Z") - served.yard.now)


def refused(served: Served, actor: Actor, kind: str, **members: Any) -> dict[str, Any]:
    """The problem that the ledger answers to this statement, with its ``code``; no entry but ticks is left behind."""
    before = _kinds(served)
    answered = served.post("/v1/events", served.yard.draft(actor, kind, **members), COSE)
    problem: dict[str, Any] = answered.json()
    assert answered.status_code >= 400, problem
    assert {*_kinds(served)[len(before) :]} <= {"ledger.tick"}
    return {**problem, "code": problem["type"].rpartition("/")[2]}


def _kinds(served: Served) -> list[str]:
    with served.services.store.read() as reader:
        return [entry.kind for entry in iter_entries(reader, 0, read_head(reader).size)]


def listed(served: Served, authorisation: str, on: str | None = None) -> dict[str, Any]:
    """How the public directory shows a permit on a day (today), without a login."""
    rows: list[dict[str, Any]] = served.get(f"/v1/directory?on={on}" if on else "/v1/directory").json()["rows"]
    [row] = [row for row in rows if row["authorisation"] == authorisation]
    return row


def credential(served: Served, authorisation: str) -> str:
    """The permit's credential, as its holder keeps and shows it."""
    answered = served.get(f"/v1/authorisations/{authorisation}/credential")
    assert answered.status_code == 200, answered.text
    return answered.text


def verdict(served: Served, token: str) -> CredentialVerdict:
    """What anybody finds who checks a credential with the issuer's document and the status lists of this moment."""
    document = served.get("/.well-known/did.json").json()
    entries = verify_vc_jwt(token, document)["credentialStatus"]
    lists = [served.get(entry["statusListCredential"].removeprefix(BASE_URL)).text for entry in entries]
    return verify_credential(token, document, lists, now=served.clock.now())


def finding_names(served: Served) -> list[str]:
    """The requirements of all findings so far, in the order in which they were opened."""
    return [finding["requirement"] for finding in sorted(served.yard.findings(), key=lambda finding: finding["since"])]


def exported(served: Served, folder: Path) -> Path:
    """The whole ledger as files."""
    assert served.services.publication.wait_until_covered(len(_kinds(served)), 20)
    export(served.services.store, folder)
    return folder


def audited(served: Served, folder: Path) -> AuditReport:
    """What an auditor finds who has the exported files, the trust file and the rules, and nothing else."""
    return audit(open_directory(folder), served.services.home.trust, rules_of)

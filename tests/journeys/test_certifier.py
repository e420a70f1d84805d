"""Journey 5: a natural person asks with its e.firma for a permit to collect; the clocks say when who is too late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certification.application import EfirmaProof, application_bytes, format_efirma_proof
from certification.sealed import seal
from ledger.domain.authorisation import ApplicationSubmitted
from ledger.domain.kinds import parse_payload
from ledger.domain.values import format_base64url, parse_instant
from tests.api.served import Served, open_served
from tests.certification.efirma_chain import CURP, PERSON, Sat
from tests.journeys.registry import audited, exported, finding_names, listed, refused, wait_until
from tests.yard import START, Actor

SAT = Sat()
NOW = parse_instant(START)
DAY_S = 86_400
SALT = bytes(range(16))
COLLECTION = {"activities": ["collection"], "waste_classes": ["RP"], "conditions": ["sound", "damaged"]}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """It is 9:00 on Monday 2025-01-06; the operator believes one authority about e.firmas."""
    anchors = tmp_path / "anchors"
    anchors.mkdir()
    for name, certificate in (("root.cer", SAT.root), ("authority.cer", SAT.authority)):
        (anchors / name).write_bytes(certificate.public_bytes(Encoding.DER))
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}", efirma_anchors=anchors) as opened:
        yield opened


def apply(served: Served, asker: Actor, salt: bytes = SALT) -> str:
    """Ask SEMARNAT for a permit to collect, signed with the person's e.firma; the application's id."""
    yard = served.yard
    asked: dict[str, Any] = {
        "application": yard.new_id("apl"),
        "to": yard.semarnat.party,
        "asks": "grant",
        "person": "fisica",
        "scope": {**COLLECTION, "sites": [asker.site]},
    }
    payload = parse_payload(yard.members(asker, "application.submitted", **asked, identity="0" * 64))
    assert isinstance(payload, ApplicationSubmitted)
    signer = SAT.person(from_s=NOW - DAY_S, to_s=NOW + 365 * DAY_S)
    proof = format_efirma_proof(
        EfirmaProof(signer.der, signer.sign(application_bytes(payload, str(served.services.home.trust.genesis))))
    )
    identity = seal(proof, salt)
    put = {"salt": format_base64url(salt), "value": proof, "readers": [yard.semarnat.party]}
    headers = {"authorization": f"Bearer {served.token(asker)}"}
    assert served.client.put(f"/v1/sealed/{identity}", json=put, headers=headers).status_code == 201
    yard.say(asker, "application.submitted", **asked, identity=identity)
    served.send()
    return str(asked["application"])


def clocks(served: Served, application: str, reader: Actor) -> dict[str, dict[str, Any]]:
    shown = served.get(f"/v1/applications/{application}", token=served.token(reader)).json()
    return {clock["name"]: clock for clock in shown["clocks"]}


def identity(served: Served, application: str, reader: Actor) -> dict[str, Any]:
    answered = served.get(f"/v1/applications/{application}/identity", token=served.token(reader))
    members: dict[str, Any] = answered.json()
    return members


def request(served: Served, application: str, asker: Actor, answer_by: str) -> dict[str, Any]:
    return {
        "application": application,
        "applicant": asker.party,
        "items": ["plano de las instalaciones"],
        "answer_by": answer_by,
        "act": served.yard.act_of_today(),
    }


def test_a_natural_person_is_certified_to_collect(served: Served, tmp_path: Path) -> None:
    yard, semarnat = served.yard, served.yard.semarnat
    person = yard.new_party(None, form="fisica")
    served.send()

    # Monday 2025-01-06: two applications on one day; who asks is proven to the authority, and to nobody else
    first, second = apply(served, person), apply(served, person, salt=bytes(range(16, 32)))
    proven = identity(served, first, semarnat)
    assert (proven["verified"], proven["identity"]["rfc"], proven["identity"]["curp"]) == (True, PERSON, CURP)
    assert served.get(f"/v1/applications/{first}", token=served.token(yard.recycler)).status_code == 404
    running = clocks(served, first, person)
    assert running["information_request"]["due_on"] == "2025-01-15"
    decision = running["decision"]
    assert (decision["due_on"], decision["days_left"], decision["silence"]) == ("2025-02-06", 21, "refused")

    # day 7 of 21: information may be required; the term stands still
    wait_until(served, "2025-01-15")
    yard.require(first, answer_by="2025-01-24")
    served.send()
    running = clocks(served, first, person)
    assert (running["decision"]["due_on"], running["decision"]["stopped_on"]) == (None, "2025-01-15")
    assert (running["answer"]["due_on"], running["answer"]["days_left"]) == ("2025-01-24", 7)

    # day 8: too late for the second application, and once is enough for the first
    wait_until(served, "2025-01-16")
    late = refused(
        served, semarnat, "application.information_required", **request(served, second, person, "2025-01-30")
    )
    assert (late["code"], late["article"], late["last_on"]) == (
        "term-not-kept",
        "LFPA 17-A",
        "2025-01-15",
    )
    again = refused(
        served, semarnat, "application.information_required", **request(served, first, person, "2025-01-30")
    )
    assert again["code"] == "transition-not-allowed"

    # the answer lets the term run on: fourteen business days from the day after
    wait_until(served, "2025-01-22")
    yard.say(person, "application.answered", application=first)
    served.send()
    assert clocks(served, first, person)["decision"]["due_on"] == "2025-02-13"

    # granted on the 7th and notified on the 10th: it counts from its notification
    wait_until(served, "2025-02-10")
    permit = yard.new_id("aut")
    act = {"oficio": "DGGIMAR.710/000077", "decided_on": "2025-02-07", "notified_on": "2025-02-10", "form": "e_firma"}
    grant: dict[str, Any] = {
        "authorisation": permit,
        "holder": person.party,
        "number": "19-II-077D-25",
        "scope": {**COLLECTION, "sites": [person.site]},
        "to_on": "2035-02-10",
        "act": act,
        "decides": {"application": first, "prev": yard.head(f"act/{first}")},
    }
    early = refused(served, semarnat, "authorisation.granted", **grant, from_on="2025-02-07")
    assert (early["code"], early["article"]) == ("term-not-kept", "LFPA 9, 38")
    yard.say(semarnat, "authorisation.granted", **grant, from_on="2025-02-10")
    served.send()
    assert finding_names(served) == []
    shown = listed(served, permit)
    assert (shown["standing"], shown["authorised"], shown["name"]) == ("in-force", True, None)
    assert listed(served, permit, on="2025-02-09")["standing"] == "not-yet"

    # a judge stays the suspension, and the directory shows both
    wait_until(served, "2025-03-03")
    suspension = yard.rule(permit, "suspended", cause="RLGPGIR 62")
    served.send()
    assert (listed(served, permit)["standing"], listed(served, permit)["authorised"]) == ("suspended", False)
    wait_until(served, "2025-03-10")
    yard.say(
        semarnat,
        "authorisation.stayed",
        authorisation=permit,
        from_on="2025-03-10",
        stays=suspension,
        court="Juzgado Tercero de Distrito",
        file="412/2025",
    )
    served.send()
    shown = listed(served, permit)
    assert (shown["standing"], shown["authorised"]) == ("in-force", True)
    assert shown["stayed"]["court"] == "Juzgado Tercero de Distrito"

    # whoever gets the whole ledger finds nothing of the person in it, and comes to the same verdicts
    folder = exported(served, tmp_path / "export")
    spilt = [
        (file.name, word)
        for file in folder.rglob("*")
        if file.is_file()
        for word in (CURP, PERSON, "BERENICE", "XIMO")
        if word.encode() in file.read_bytes()
    ]
    assert spilt == []
    report = audited(served, folder)
    assert (report.verdict, report.findings, report.pinned) == ("fine", [], True)

"""Journey 3: paper is the original. A consultant acts for two workshops; one original is back in time, one is late."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.values import format_base64url
from tests.api.served import Served, open_served
from tests.exchange.papers.reading import needs_poppler, pages_of
from tests.journeys.registry import audited, exported, finding_names, refused, wait_until
from tests.yard import Actor, Yard

JPEG = b"\xff\xd8\xff\xe0" + b"manifiesto firmado con tinta" * 40


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """It is 9:00 on Monday 2026-08-31; carrier and recycler are permitted for hazardous waste."""
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        yard = opened.yard
        yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])
        yard.permit(yard.recycler, "recycling", waste_classes=["RP", "RME"])
        opened.send()
        wait_until(opened, "2026-08-31")
        yield opened


def delegate(yard: Yard, workshop: Actor, consultant: Actor) -> Actor:
    """The consultant with its own key, acting for a workshop that has enrolled it."""
    acting = Actor(workshop.party, consultant.key, workshop.site)
    about: dict[str, Any] = {"kid": consultant.kid, "spki": format_base64url(consultant.key.public.spki)}
    rights: dict[str, Any] = {"key_roles": ["custody"], "acts": consultant.party}
    yard.say(workshop, "key.enrolled", enrolled_for=workshop.party, **about, **rights)
    return acting


def discard(yard: Yard, holder: Actor, waste_class: str = "RP") -> str:
    """A pack that the workshop discarded and determined, signed by the consultant."""
    pack = yard.waste_pack(holder)
    stated: dict[str, Any] = {"waste_class": waste_class, "method": "knowledge", "under_oath": True}
    yard.say(holder, "unit.classified", units=[pack], **stated)
    return pack


def offer(yard: Yard, holder: Actor, pack: str, number: str, purpose: str = "waste_rp", form: str = "manifest") -> str:
    """An offer to the recycler, and its paper printed under the workshop's own number."""
    terms: dict[str, Any] = {"purpose": purpose, "destination": yard.recycler.site, "site": holder.site}
    consignment = yard.offer(holder, yard.recycler, [pack], [yard.carrier], **terms)
    yard.say(holder, "paper.issued", **paper(consignment, number, form))
    return consignment


def paper(consignment: str, number: str, form: str = "manifest") -> dict[str, Any]:
    return {"consignment": consignment, "form": form, "number": number}


def travel(yard: Yard, consignment: str, pack: str) -> None:
    """Picked up and received, each with its own key."""
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    lines = [{"id": pack, "outcome": "accepted"}]
    said: dict[str, Any] = {"basis": "offer", "lines": lines, "site": yard.recycler.site}
    yard.say(yard.recycler, "consignment.received", consignment=consignment, **said)


def photograph(served: Served, consignment: str, number: str) -> None:
    """The recycler keeps a photo of the paper as all three have signed it in ink, and registers it."""
    yard, digest = served.yard, sha256(JPEG).hexdigest()
    headers = {"authorization": f"Bearer {served.token(yard.recycler)}", "content-type": "image/jpeg"}
    assert served.client.put(f"/v1/blobs/{digest}", content=JPEG, headers=headers).status_code in (200, 201)
    photo = {"digest": digest, "bytes": len(JPEG), "media_type": "image/jpeg", "role": "manifest"}
    signed: dict[str, Any] = {"signed_by": ["consignor", "carrier", "consignee"], "documents": [photo]}
    yard.say(yard.recycler, "paper.scanned", **paper(consignment, number), **signed)


def detail(served: Served, consignment: str, reader: Actor) -> dict[str, Any]:
    answered = served.get(f"/v1/consignments/{consignment}", token=served.token(reader))
    assert answered.status_code == 200, answered.text
    members: dict[str, Any] = answered.json()
    return members


def original(served: Served, consignment: str, reader: Actor) -> dict[str, Any]:
    told: dict[str, Any] = detail(served, consignment, reader)["original"]
    return told


def due(served: Served, reader: Actor, requirement: str = "R03", **asked: str) -> dict[str, str]:
    """How what is due of a requirement stands, by what it is about."""
    query = "&".join(f"{name}={value}" for name, value in {"requirement": requirement, **asked}.items())
    answered = served.get(f"/v1/obligations?{query}", token=served.token(reader))
    assert answered.status_code == 200, answered.text
    return {row["subject"]: row["standing"] for row in answered.json()["obligations"]}


def found(served: Served, reader: Actor, as_of: str, requirement: str = "R03") -> list[dict[str, Any]]:
    """What stands of a requirement at the end of a day."""
    answered = served.get(f"/v1/findings?requirement={requirement}&as_of={as_of}", token=served.token(reader))
    assert answered.status_code == 200, answered.text
    rows: list[dict[str, Any]] = answered.json()["findings"]
    return rows


@needs_poppler
def test_a_consultant_brings_two_originals_back(served: Served, tmp_path: Path) -> None:
    yard = served.yard
    profepa = yard.new_authority("PROFEPA", ["inspect"])
    south = yard.new_party("Taller Sur, S.A. de C.V.")
    for workshop in (yard.workshop, south):
        yard.register_generator(workshop)
    consultant = yard.new_party("Gestoría Ambiental, S.C.")
    north_desk, south_desk = delegate(yard, yard.workshop, consultant), delegate(yard, south, consultant)

    # one key, two workshops: it signs for either, and sees of each only that one's loads
    packs = [discard(yard, north_desk), discard(yard, south_desk), discard(yard, north_desk, "RME")]
    north, other = offer(yard, north_desk, packs[0], "N-0041"), offer(yard, south_desk, packs[1], "S-0007")
    special = offer(yard, north_desk, packs[2], "RME-3", "waste_rme", "rme_transport")
    served.send()
    assert original(served, north, north_desk)["stage"] == "issued"
    assert served.get(f"/v1/consignments/{other}", token=served.token(north_desk)).status_code == 404
    signer = detail(served, north, north_desk)["hand_overs"][0]
    assert (signer["party"], signer["assurance"]["code"]) == (yard.workshop.party, "own_key")

    # original and two copies to be signed in ink; the neutral paper for what the states regulate
    printed = served.get(f"/v1/consignments/{north}/papers/manifest.pdf", token=served.token(north_desk))
    text = " ".join(page.text for page in pages_of(printed.content, tmp_path))
    assert all(said in text for said in ("ORIGINAL", "COPIA 1", "COPIA 2", "N-0041"))
    no_manifest = served.get(f"/v1/consignments/{special}/papers/manifest.pdf", token=served.token(north_desk))
    assert no_manifest.status_code == 404

    # Tuesday 2026-09-01: all three travel and arrive, signed by keys; that cures no clock
    wait_until(served, "2026-09-01")
    for consignment, pack in zip((north, other, special), packs, strict=True):
        travel(yard, consignment, pack)
    served.send()
    arrived = detail(served, north, north_desk)
    assert (arrived["stage"], arrived["original"]["stage"]) == ("closed", "awaiting-return")
    assert arrived["original"]["due_on"] == "2026-11-02"
    assert original(served, special, north_desk) is None
    assert due(served, north_desk, standing="pending") == {north: "pending"}

    # the ink is photographed: still not back
    photograph(served, north, "N-0041")
    photograph(served, other, "S-0007")
    served.send()
    assert original(served, north, north_desk)["stage"] == "scanned"
    assert not original(served, north, north_desk)["remind"]

    # fifteen days before its day the consultant is reminded, for either workshop
    wait_until(served, "2026-10-18")
    for consignment, desk in ((north, north_desk), (other, south_desk)):
        told = original(served, consignment, desk)
        assert (told["remind"], told["days_left"], told["step"]["code"]) == (True, 15, "get-original-back")
        assert told["step"]["es"].startswith("Pida al destinatario el original firmado")
        assert due(served, desk) == {consignment: "near"}
    assert due(served, north_desk, as_of="2026-10-15") == {}
    assert due(served, north_desk, as_of="2026-10-31") == {north: "near"}

    # day 60 is Saturday 2026-10-31: Monday is still in time (LFPA 29)
    wait_until(served, "2026-11-02")
    assert due(served, north_desk, standing="grace") == {north: "grace"}
    assert found(served, north_desk, "2026-11-02") == []
    assert (original(served, north, north_desk)["stage"], original(served, north, north_desk)["days_left"]) == (
        "scanned",
        0,
    )
    yard.say(north_desk, "paper.returned", **paper(north, "N-0041"), site=yard.workshop.site)
    served.send()
    assert (original(served, north, north_desk)["stage"], original(served, north, north_desk)["late"]) == (
        "returned",
        False,
    )

    # on Tuesday the other is overdue: SEMARNAT is to be told; no finding opens by time alone
    wait_until(served, "2026-11-03")
    told = original(served, other, south_desk)
    assert (told["stage"], told["step"]["code"], told["tell_by"]) == ("overdue", "tell-authority", "2026-11-09")
    assert finding_names(served) == []
    assert due(served, north_desk, standing="met") == {north: "met"}
    assert found(served, north_desk, "2026-11-03") == []
    assert due(served, south_desk) == {other: "overdue"}
    [overdue] = found(served, south_desk, "2026-11-03")
    assert (overdue["code"], overdue["subject"], overdue["party"]) == ("original-not-back", other, south.party)
    assert (overdue["since_on"], overdue["effect"], overdue["article"]) == ("2026-11-03", "violation", "RLGPGIR 86 IV")
    assert overdue["cure"]["es"].startswith("Consiga el original y registre su regreso")
    assert [row["name"] for row in found(served, profepa, "2026-11-03")] == [overdue["name"]]

    # it comes back late: that is an event, found, and the clock stands still
    yard.say(south_desk, "paper.returned", **paper(other, "S-0007"), site=south.site)
    served.send()
    told = original(served, other, south_desk)
    assert (told["stage"], told["late"], told["step"]) == ("returned", True, None)
    [finding] = detail(served, other, south_desk)["findings"]
    assert (finding["requirement"], finding["party"]) == ("original-returned-late", south.party)
    assert finding["facts"]["article"] == "RLGPGIR 86 IV"
    assert finding_names(served) == ["original-returned-late"]
    assert due(served, south_desk, standing="met_late") == {other: "met_late"}
    assert [row["code"] for row in found(served, south_desk, "2026-11-03")] == ["original-returned-late"]

    # the south ends the consultant's rights; for the north it goes on
    yard.say(south, "key.revoked", enrolled_for=south.party, kid=consultant.kid, reason="person_left")
    served.send()
    pack = discard(yard, south)
    served.send()
    members: dict[str, Any] = {"units": [pack], "site": south.site}
    assert refused(served, south_desk, "unit.stored", **members)["code"] == "key-not-in-force"
    assert discard(yard, north_desk)
    served.send()

    report = audited(served, exported(served, tmp_path / "export"))
    assert (report.verdict, report.findings) == ("fine", [])

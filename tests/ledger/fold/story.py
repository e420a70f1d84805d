"""One story in which every kind is stated at least once, and what each statement looked like."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from ledger.domain.unit_id import GtinLot, format_unit_id, gtin_check_digit, new_operator_id
from ledger.domain.values import format_base64url
from ledger.event import Event, parse_event, sign_event
from ledger.statement import parse_envelope
from tests.yard import ORIGIN, Actor, Yard

DIGEST = "ab" * 32
ACT = {"oficio": "DGGIMAR.710/000002", "notified_on": "2025-01-07"}


def lot_id(yard: Yard) -> str:
    body = "0750123456789"
    return format_unit_id(GtinLot(body + gtin_check_digit(body), f"L{next(yard.serials):06d}"))


def tag_id(yard: Yard) -> str:
    return format_unit_id(new_operator_id(yard.random.randbytes(16)))


def lot(yard: Yard, mass_g: int, material: str = "black_mass") -> dict[str, Any]:
    return {"id": lot_id(yard), "material": material, "mass_g": mass_g}


def fed(unit: str, mass_g: int) -> dict[str, Any]:
    return {"id": unit, "mass_g": mass_g, "mass_basis": "weighed"}


def accepted(*units: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": unit, "outcome": "accepted", **more} for unit in units]


def give_key(yard: Yard, actor: Actor, roles: list[str], **more: Any) -> Any:
    """A further key of the actor, with these roles and limits."""
    key = yard.new_key()
    yard.say(
        yard.operator,
        "key.enrolled",
        enrolled_for=actor.party,
        kid=key.public.kid.hex(),
        spki=format_base64url(key.public.spki),
        key_roles=roles,
        **more,
    )
    return key


def tell() -> Yard:
    """The whole story."""
    yard = Yard()
    _rule(yard)
    _authorise(yard)
    _live(yard)
    _deliver(yard)
    _carry_far(yard)
    _process(yard)
    _mend(yard)
    return yard


def _rule(yard: Yard) -> None:
    yard.pass_time(60)
    yard.say_as_root("ledger.rules", rules_version=2)
    checkpoint = [f"{ORIGIN}+00000001+AAAA"]
    yard.say_as_root("ledger.key_succeeded", role="checkpoint", checkpoint=checkpoint)
    yard.recorder_key = yard.new_key()
    spki = format_base64url(yard.recorder_key.public.spki)
    yard.say_as_root("ledger.key_succeeded", role="recorder", spki=spki)
    yard.roots = [yard.roots[0], yard.new_key(), yard.new_key()]
    keys = [format_base64url(key.public.spki) for key in yard.roots]
    old = Yard().roots
    members = yard.members(Actor(yard.root_party, old[0]), "root.rotated", root={"threshold": 2, "keys": keys})
    for key in old[:2]:
        yard.record(sign_event(key, members))


def _authorise(yard: Yard) -> None:
    semarnat, operator = yard.semarnat, yard.operator
    spare = yard.new_party("Yonke Demo, S.A. de C.V.")
    yard.say(operator, "party.changed", changed=spare.party, name="Yonke Nuevo, S.A. de C.V.")
    yard.say(operator, "site.changed", changed=spare.site, name="Patio 2")
    yard.say(operator, "site.closed", closed=spare.site)
    key = give_key(yard, spare, ["custody", "transport"])
    named: dict[str, Any] = {"enrolled_for": spare.party, "kid": key.public.kid.hex()}
    yard.say(operator, "key.limited", **named, key_roles=["transport"], limits={"not_after": "2026-01-01T00:00:00Z"})
    yard.say(operator, "key.revoked", **named, reason="lost", suspect_from="2025-01-01T00:00:00Z")
    yard.say(operator, "party.closed", closed=spare.party, reason="merger", successor=yard.workshop.party)
    permit = yard.permit(yard.recycler, "recycling", "storage", sites=[yard.recycler.site], waste_classes=["RP"])
    scope = {"activities": ["recycling"], "waste_classes": ["RP"]}
    about: dict[str, Any] = {"authorisation": permit, "from_on": "2025-02-01", "act": ACT}
    yard.say(semarnat, "authorisation.changed", **about, scope=scope)
    yard.say(semarnat, "authorisation.renewed", **about, to_on="2044-01-01")
    yard.say(semarnat, "authorisation.suspended", **about, cause="visit 7")
    yard.say(semarnat, "authorisation.reinstated", **about, cause="visit 8")
    yard.say(semarnat, "authorisation.transferred", **about, to=yard.centre.party)
    suspended = yard.say(semarnat, "authorisation.suspended", **about, cause="visit 9")
    stay: dict[str, Any] = {"authorisation": permit, "from_on": "2025-02-01", "file": "1/2025"}
    yard.say(semarnat, "authorisation.stayed", **stay, stays=suspended, court="Juzgado Primero de Distrito")
    yard.say(semarnat, "authorisation.stay_lifted", **stay)
    yard.say(semarnat, "authorisation.revoked", **about, cause="visit 9")
    _apply(yard)
    yard.say(semarnat, "regime.enacted", regime="LGPGIR 2025", jurisdiction={"code": "MX"}, from_on="2025-01-01")
    yard.say(semarnat, "calendar.published", calendar="LFPA", year=2025, closed_on=["2025-02-03"])
    plan = yard.new_id("pln")
    opened: dict[str, Any] = {"plan": plan, "operated_by": yard.maker.party, "number": "PM-1", "from_on": "2025-01-01"}
    yard.say(semarnat, "plan.registered", **opened)
    yard.say(yard.workshop, "plan.joined", plan=plan)
    _inspect(yard)


def _apply(yard: Yard) -> None:
    recycler = yard.recycler
    policy: dict[str, Any] = {"form": "insurance", "amount_mxn_cents": 5_000_000, "digest": DIGEST}
    guarantees = [{**policy, "from_on": "2025-01-01", "to_on": "2026-01-01"}]
    less = {"activities": ["recycling"], "waste_classes": ["RP"]}
    asked = {**less, "conditions": ["sound", "damaged"]}
    application = yard.apply(recycler, scope=asked, technologies=["hydromet"], guarantees=guarantees)
    yard.require(application)
    yard.say(recycler, "application.answered", application=application)
    visit: dict[str, Any] = {"inspected": recycler.site, "order_number": "V-2", "acta": DIGEST, "conforms": True}
    visited: dict[str, Any] = {"application": application, "applicant": recycler.party, **visit}
    yard.say(yard.semarnat, "application.inspected", **visited)
    permit = yard.decide(application, scope=less, decides={"in_part": True, "reasons": ["sin celdas dañadas"]})
    renewal = yard.apply(recycler, "renewal", authorisation=permit)
    claimed: dict[str, Any] = {"application": renewal, "from_on": "2040-01-02", "to_on": "2050-01-01"}
    yard.say(recycler, "authorisation.renewal_claimed", authorisation=permit, **claimed)
    yard.refuse(renewal)
    change = yard.apply(recycler, "change", authorisation=permit, scope=yard.act(application)["scope"])
    yard.say(recycler, "application.withdrawn", application=change)
    copied: dict[str, Any] = {"transcribed": {"source": "Padrón 2024", "listed_on": "2024-12-01"}}
    term: dict[str, Any] = {"number": "19-2", "from_on": "2020-01-01", "to_on": "2030-01-01"}
    scope = {"activities": ["storage"], "waste_classes": ["RP"]}
    old = yard.new_id("aut")
    yard.say(
        yard.operator, "authorisation.granted", authorisation=old, holder=recycler.party, scope=scope, **copied, **term
    )
    yard.say(yard.semarnat, "authorisation.confirmed", authorisation=old, act=ACT)


def _inspect(yard: Yard) -> None:
    semarnat = yard.semarnat
    pack = yard.produce()
    order, inspection, case, filing = (yard.new_id(prefix) for prefix in ("ord", "ins", "cas", "fil"))
    yard.say(semarnat, "order.issued", order=order, effect="quarantine", units=[pack], act=ACT)
    yard.say(semarnat, "order.lifted", order=order, units=[pack])
    visit: dict[str, Any] = {
        "inspection": inspection,
        "inspected": yard.maker.site,
        "order_number": "V-1",
        "acta": DIGEST,
    }
    ordered: dict[str, Any] = {member: visit[member] for member in ("inspection", "inspected", "order_number")}
    days: dict[str, Any] = {"from_on": "2025-02-01", "to_on": "2025-02-28"}
    yard.say(semarnat, "inspection.ordered", **ordered, **days, act=ACT, purpose="LGPGIR 42")
    found = yard.say(semarnat, "inspection.recorded", **visit, witnesses=[DIGEST], counted=3, missing=1)
    yard.say(yard.maker, "inspection.observed", inspection=inspection, observations=DIGEST)
    accused: dict[str, Any] = {"against": yard.maker.party, "findings": [f"{found}/0"], "inspection": inspection}
    yard.say(semarnat, "case.opened", case=case, subject="count", **accused)
    yard.say(semarnat, "inspection.closed", inspection=inspection, outcome="case_opened", case=case)
    asked: dict[str, Any] = {"asks": "correction", "request": DIGEST, "answer_by": "2025-03-21"}
    yard.say(semarnat, "case.requested", case=case, **asked)
    yard.say(yard.maker, "case.answered", case=case, answer=DIGEST)
    yard.say(semarnat, "case.closed", case=case, outcome="cured")
    to = yard.semarnat.party
    yard.say(yard.maker, "filing.submitted", filing=filing, subject="loss", to=to, digest=DIGEST, units=[pack])
    yard.say(semarnat, "filing.answered", filing=filing, outcome="received")
    listed: dict[str, Any] = {"category": "gran", "register_of": "MX", "from_on": "2025-01-01", "number": "NRA-1"}
    yard.say(yard.maker, "generator.registered", generator=yard.maker.party, sites=[yard.maker.site], **listed)


def _live(yard: Yard) -> None:
    maker, workshop = yard.maker, yard.workshop
    pack, second, third = yard.produce(count=3)
    yard.say(maker, "unit.placed_on_market", units=[pack, second, third])
    yard.say(maker, "unit.labelled", units=[pack, second], label="Anexo VI")
    yard.say(maker, "unit.recalled", units=[third], campaign="R-1")
    yard.say(maker, "unit.repaired", units=[third], work="bms")
    yard.say(maker, "unit.installed", units=[pack, second, third], vehicle=DIGEST)
    yard.say(workshop, "unit.removed", units=[pack, second, third], reason="end_of_life")
    yard.say(workshop, "unit.assessed", units=[pack], method="hioki", condition="sound", state_of_health_permille=812)
    yard.say(workshop, "unit.discharged", units=[pack], state_of_charge_permille=300)
    yard.say(workshop, "unit.repurposed", units=[pack], application="stationary")
    yard.say(workshop, "unit.reused", units=[pack], application="stationary")
    yard.say(workshop, "unit.discarded", units=[second], reason="damaged")
    classified: dict[str, Any] = {"waste_class": "RME", "waste_codes": ["RME-1"], "method": "listing"}
    yard.say(workshop, "unit.classified", units=[second], **classified)
    yard.say(workshop, "unit.stored", units=[second], site=workshop.site)
    yard.say(workshop, "unit.stolen", units=[second])
    yard.say(workshop, "unit.recovered", units=[second])
    yard.say(workshop, "unit.lost", units=[third])
    yard.say(workshop, "unit.found", units=[third])
    yard.say(workshop, "unit.exported", units=[third], country="US", pedimento="25 24 1234 5000001")
    yard.say(workshop, "unit.returned", units=[third], pedimento="25 24 1234 5000002")
    yard.say(workshop, "unit.remanufactured", units=[third], work="cells")
    yard.say(workshop, "unit.disposed", units=[second], method="confinement")
    _find_and_seize(yard, third)


def _find_and_seize(yard: Yard, pack: str) -> None:
    workshop = yard.workshop
    tag = tag_id(yard)
    yard.say(workshop, "tag.reserved", tags=[tag])
    seen: dict[str, Any] = {"basis": "first_seen", "stage": "stock", "description": yard.description()}
    yard.say(workshop, "unit.registered", units=[tag], **seen)
    imported = yard.new_unit_id()
    yard.say(workshop, "unit.imported", units=[imported], description=yard.description(), pedimento="25 24 1 2")
    yard.say(workshop, "unit.matched", unit=pack, duplicate=tag)
    incident, count, order = (yard.new_id(prefix) for prefix in ("inc", "cnt", "ord"))
    yard.say(workshop, "incident.reported", incident=incident, units=[pack], nature="leak")
    yard.say(workshop, "count.recorded", count=count, site=workshop.site, present=[pack], missing=[imported])
    yard.say(yard.semarnat, "order.issued", order=order, effect="seizure", units=[pack], act=ACT)
    yard.say(yard.semarnat, "unit.seized", order=order, units=[pack])


def _deliver(yard: Yard) -> None:
    workshop, carrier, second, recycler = yard.workshop, yard.carrier, yard.second_carrier, yard.recycler
    packs = [yard.waste_pack() for _ in range(3)]
    consignment = yard.offer(workshop, recycler, packs, [carrier])
    yard.say(workshop, "consignment.cancelled", consignment=consignment, units=packs[2:])
    yard.say(carrier, "consignment.picked_up", consignment=consignment, units=packs[:2])
    yard.say(carrier, "consignment.handed_on", consignment=consignment, units=packs[:2], to=second.party)
    yard.say(second, "consignment.picked_up", consignment=consignment, units=packs[:2])
    ticket = yard.new_id("tkt")
    scale: dict[str, Any] = {"gross_g": 1_840_000, "tare_g": 1_420_000, "resolution_g": 20_000}
    yard.say(recycler, "ticket.weighed", ticket=ticket, consignment=consignment, **scale)
    yard.say(recycler, "consignment.refused", consignment=consignment, units=packs[:1], reason="damaged")
    yard.say(workshop, "consignment.returned", consignment=consignment, units=packs[:1])
    lines = accepted(packs[1], mass_g=420_000, mass_basis="weighed")
    yard.say(recycler, "consignment.received", consignment=consignment, basis="offer", lines=lines, ticket=ticket)


def _carry_far(yard: Yard) -> None:
    """Put down on the way, sent elsewhere, delivered abroad, with its paper; and a load that only a paper tells of."""
    workshop, carrier = yard.workshop, yard.carrier
    abroad = yard.new_party("Recycler Inc.", form="foreign")
    packs = [yard.waste_pack() for _ in range(3)]
    first = yard.offer(workshop, yard.recycler, packs, [carrier])
    of_paper: dict[str, Any] = {"consignment": first, "form": "manifest", "number": "M-1"}
    yard.say(workshop, "paper.issued", **of_paper)
    yard.say(carrier, "consignment.assigned", consignment=first, drivers=[carrier.kid])
    yard.say(carrier, "consignment.picked_up", consignment=first, units=packs)
    yard.say(carrier, "unit.quarantined", units=packs[:1], reason="damaged")
    yard.say(carrier, "unit.released", units=packs[:1], basis="inspected")
    yard.say(carrier, "consignment.stored", consignment=first, units=packs, site=carrier.site)
    photo: dict[str, Any] = {"digest": DIGEST, "bytes": 1, "media_type": "image/jpeg", "role": "manifest"}
    scan: dict[str, Any] = {"documents": [photo]}
    yard.say(carrier, "paper.scanned", **of_paper, signed_by=["consignor", "carrier"], **scan)
    yard.say(workshop, "paper.returned", **of_paper)
    into = yard.new_id("con")
    members: dict[str, Any] = {"into": into, "consignee": abroad.party}
    yard.say(workshop, "consignment.redirected", consignment=first, units=packs[:2], **members)
    short: dict[str, Any] = {"basis": "offer", "lines": [{"id": packs[2], "outcome": "missing"}]}
    received = yard.say(yard.recycler, "consignment.received", consignment=first, **short)
    settled: dict[str, Any] = {"event": received, "number": 0, "resolution": "miscounted"}
    yard.say(workshop, "discrepancy.resolved", consignment=first, **settled)
    document = [{**photo, "role": "movement_document"}]
    delivered: dict[str, Any] = {"country": "US", "border": {"consent": "AOC 1/25"}, "documents": document}
    yard.say(workshop, "consignment.delivered", consignment=into, lines=accepted(*packs[:2]), **delivered)
    by_paper = yard.waste_pack()
    on_paper = {"consignor": workshop.party, "purpose": "waste_rp", "form": "manifest", "number": "M-2"}
    claim: dict[str, Any] = {"consignment": yard.new_id("con"), "basis": "paper", "on_paper": on_paper, **scan}
    claimed = yard.say(yard.recycler, "consignment.received", lines=accepted(by_paper), **claim)
    yard.say(workshop, "event.agreed", event=claimed, units=[by_paper])


def _process(yard: Yard) -> None:
    recycler = yard.recycler
    packs = [yard.waste_pack(recycler) for _ in range(2)]
    modules = [yard.new_unit_id(), lot_id(yard)]
    parts = [
        {"id": modules[0], "description": yard.description(unit_kind="module", mass_g=400_000)},
        {"id": modules[1], "description": yard.description(unit_kind="lot", mass_g=30_000, material="casings")},
    ]
    yard.say(recycler, "unit.dismantled", unit=packs[0], parts=parts, unexplained_g=5_000)
    batch = yard.new_id("bch")
    yard.say(recycler, "batch.opened", batch=batch, activity="recycling", process="shredding")
    yard.say(recycler, "batch.fed", batch=batch, units=[fed(packs[1], 430_000), fed(modules[0], 400_000)])
    additions = [{"material": "water", "mass_g": 10_000}]
    yard.say(recycler, "batch.stepped", batch=batch, step="wash", additions=additions, emissions=additions)
    outputs = [lot(yard, 500_000), lot(yard, 300_000)]
    yard.say(recycler, "batch.closed", batch=batch, outputs=outputs, stock_g=20_000, unexplained_g=10_000)
    contents = [{"substance": "Ni", "ppm": 120_000}]
    yard.say(recycler, "batch.assayed", batch=batch, lot=outputs[0]["id"], contents=contents)
    halves = [lot(yard, 200_000), lot(yard, 300_000)]
    yard.say(recycler, "lot.split", lot=outputs[0]["id"], into=halves)
    merged = lot(yard, 600_000)
    yard.say(recycler, "lot.merged", units=[outputs[1]["id"], halves[1]["id"]], into=merged)
    release, claim = yard.new_id("rel"), yard.new_id("clm")
    yard.say(recycler, "product.released", release=release, units=[merged["id"]], specification="NMX-1")
    yard.say(recycler, "claim.made", claim=claim, scheme="REP", units=[{"id": merged["id"], "mass_g": 1_000}])
    yard.say(recycler, "claim.retired", claim=claim)


def _mend(yard: Yard) -> None:
    workshop, recycler = yard.workshop, yard.recycler
    pack = yard.waste_pack()
    consignment = yard.offer(workshop, recycler, [pack])
    lines = accepted(pack, mass_g=430_000, mass_basis="weighed")
    received = yard.say(recycler, "consignment.received", consignment=consignment, basis="offer", lines=lines)
    mend: dict[str, Any] = {"pointer": "/lines/0/mass_g", "was": 430_000, "now": 434_000, "reason": "typing_error"}
    corrected = yard.say(recycler, "event.corrected", event=received, **mend)
    yard.say(workshop, "event.disputed", event=received, reason="mass")
    yard.say(workshop, "event.agreed", event=corrected)
    stored = yard.say(recycler, "unit.stored", units=[pack], site=recycler.site)
    subjects = [{"key": f"unit/{pack}"}]
    yard.say(recycler, "event.annulled", event=stored, subjects=subjects, reason="did_not_happen")
    first = yard.head(f"unit/{pack}")
    yard.say(recycler, "unit.stored", units=[pack], site=recycler.site)
    fork = [{"id": pack, "prev": first}]
    yard.record(yard.draft(recycler, "unit.lost", units=fork))


@lru_cache(maxsize=1)
def told() -> tuple[Event, ...]:
    """The story's events, in their order."""
    return tuple(parse_event(raw) for raw in tell().entries)


@lru_cache(maxsize=1)
def _payloads() -> dict[str, bytes]:
    return {event.payload.kind: parse_envelope(event.envelope.raw).payload for event in told()}


def specimens() -> dict[str, dict[str, Any]]:
    """A statement's members for each kind, as a client would send them; fresh copies."""
    return {kind: json.loads(payload) for kind, payload in _payloads().items()}

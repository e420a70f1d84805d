"""Parties, sites, keys, permits, and what authorities do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.domain import authority as kinds
from ledger.domain.payload import act_key, key_key, party_key, permits_key, site_key, unit_key
from ledger.errors import KeyNotInForce, MalformedStatement, NotConcerned, SubjectUnknown, TransitionNotAllowed
from ledger.fold.admission import check_power, check_registrar, is_root
from ledger.fold.state import Draft, Value
from ledger.keys import parse_public_key


def _register_party(draft: Draft, payload: kinds.PartyRegistered) -> None:
    if payload.powers and not is_root(draft.state, payload.party):
        raise NotConcerned("only the root makes authorities", field="/powers")
    value: Value = {"form": payload.form, "powers": payload.powers, "registered": draft.event.id}
    if payload.name is not None:
        value["name"] = payload.name
    if payload.identity is not None:
        value["identity"] = payload.identity
    if payload.jurisdiction is not None:
        value["jurisdiction"] = payload.jurisdiction.code
    draft.put(party_key(payload.registered), value)


def _check_above(draft: Draft, party: Value, pointer: str) -> None:
    """Over an authority only the root stands: no registrar renames one, ends one or makes keys for one.

    Raises:
        NotConcerned: the party is an authority, and the signer is not the root.
    """
    if (party["form"] == "authority" or party["powers"]) and not is_root(draft.state, draft.event.party):
        raise NotConcerned("only the root does this to an authority", field=pointer)


def _change_party(draft: Draft, payload: kinds.PartyChanged) -> None:
    party = draft.edit(party_key(payload.changed))
    _check_above(draft, party, "/changed")
    if payload.name is not None:
        if party["form"] == "fisica":
            raise MalformedStatement("a natural person's name stays outside the log", field="/name")
        party["name"] = payload.name
    if payload.identity is not None:
        party["identity"] = payload.identity
    if payload.powers is not None:
        if not is_root(draft.state, payload.party):
            raise NotConcerned("only the root gives powers", field="/powers")
        party["powers"] = payload.powers


def _close_party(draft: Draft, payload: kinds.PartyClosed) -> None:
    party = draft.edit(party_key(payload.closed))
    _check_above(draft, party, "/closed")
    if is_root(draft.state, payload.closed):
        raise TransitionNotAllowed("the root does not end: it is rotated", field="/closed")
    if "closed_at" in party:
        raise TransitionNotAllowed("the party has ended already", field="/closed")
    party["closed_at"] = payload.occurred_at
    party["closed_for"] = payload.reason
    if payload.successor is not None:
        if "closed_at" in draft.get(party_key(payload.successor), "/successor"):
            raise TransitionNotAllowed("the successor has ended", field="/successor")
        party["successor"] = payload.successor


def _place(place: kinds.Place) -> Value:
    return place.model_dump(exclude_none=True)


def _register_site(draft: Draft, payload: kinds.SiteRegistered) -> None:
    check_registrar(draft, payload.operated_by)
    draft.get(party_key(payload.operated_by), "/operated_by")
    value: Value = {"party": payload.operated_by, "place": _place(payload.place)}
    if payload.name is not None:
        value["name"] = payload.name
    draft.put(site_key(payload.registered), value)


def _change_site(draft: Draft, payload: kinds.SiteChanged) -> None:
    site = draft.edit(site_key(payload.changed))
    check_registrar(draft, site["party"])
    if payload.name is not None:
        site["name"] = payload.name
    if payload.place is not None:
        site["place"] = _place(payload.place)


def _close_site(draft: Draft, payload: kinds.SiteClosed) -> None:
    site = draft.edit(site_key(payload.closed))
    check_registrar(draft, site["party"])
    if "closed_at" in site:
        raise TransitionNotAllowed("the site is closed already", field="/closed")
    site["closed_at"] = payload.occurred_at


def _check_keys_of(draft: Draft, party: str) -> Value:
    """The party whose keys the signer may enrol, limit and revoke: itself, or as registrar one without powers.

    Raises:
        NotConcerned: it may not. The root's own keys change by ``root.rotated`` alone, or k signatures would be
            worth no more than one registrar's.
        KeyNotInForce: the signer's own key is limited.
    """
    check_registrar(draft, party)
    if is_root(draft.state, party):
        raise NotConcerned("the root's keys change by root.rotated", field="/enrolled_for")
    value = draft.get(party_key(party), "/enrolled_for")
    if draft.event.party != party:
        _check_above(draft, value, "/enrolled_for")
    elif draft.get(key_key(party, draft.event.kid))["limits"]:
        # Its limits would hold for nobody: it could lift them, or make a key without any.
        raise KeyNotInForce("a limited key does not rule over the keys of its party", kid=draft.event.kid)
    return value


def _enrolled_key(draft: Draft, payload: kinds.KeyLimited | kinds.KeyRevoked) -> Value:
    """The key, to be changed. Clock and recorder are the root's to replace (``ledger.key_succeeded``)."""
    _check_keys_of(draft, payload.enrolled_for)
    key = draft.edit(key_key(payload.enrolled_for, payload.kid))
    if {"clock", "recorder"} & set(key["roles"]):
        raise NotConcerned("the ledger's own keys change by ledger.key_succeeded", field="/kid")
    if key["revoked"]:
        raise TransitionNotAllowed("a revoked key stays revoked", field="/kid")
    return key


def _enrol_key(draft: Draft, payload: kinds.KeyEnrolled) -> None:
    party = _check_keys_of(draft, payload.enrolled_for)
    key = parse_public_key(payload.spki)
    if key.kid.hex() != payload.kid:
        raise MalformedStatement("kid is the first 8 bytes of SHA-256 of the SPKI", field="/kid")
    if "authority" in payload.key_roles and not party["powers"]:
        raise NotConcerned("only an authority's key may have this role", field="/key_roles")
    if payload.acts is not None:
        draft.get(party_key(payload.acts), "/acts")
    _note_enrolment(draft, payload.enrolled_for)
    value: Value = {
        "spki": payload.spki,
        "roles": list(payload.key_roles),
        "limits": payload.limits.model_dump(mode="python", exclude_none=True, exclude_defaults=True),
        "assurance": payload.assurance,
        "from": draft.index,
        "revoked": False,
    }
    if payload.person is not None:
        value["person"] = payload.person
    if payload.acts is not None:
        value["acts"] = payload.acts
    draft.put(key_key(payload.enrolled_for, payload.kid), value)


def _note_enrolment(draft: Draft, enrolled_for: str) -> None:
    """A registrar gives a party its first key, and a new one if all are lost; it never does so unseen."""
    party = draft.edit(party_key(enrolled_for), "/enrolled_for")
    signer = draft.event.party
    if party.get("keyed") and signer != enrolled_for and not is_root(draft.state, signer):
        draft.open_finding("key-from-registrar", party=signer, subject=enrolled_for)
    party["keyed"] = True


def _limit_key(draft: Draft, payload: kinds.KeyLimited) -> None:
    key = _enrolled_key(draft, payload)
    if "authority" in payload.key_roles and "authority" not in key["roles"]:
        raise NotConcerned("a key cannot gain this role", field="/key_roles")
    key["roles"] = list(payload.key_roles)
    key["limits"] = payload.limits.model_dump(mode="python", exclude_none=True, exclude_defaults=True)


def _revoke_key(draft: Draft, payload: kinds.KeyRevoked) -> None:
    key = _enrolled_key(draft, payload)
    key["revoked"] = True
    key["to"] = draft.index
    if payload.suspect_from is not None:
        key["suspect_from"] = payload.suspect_from


def _note(draft: Draft, payload: kinds.AuthorisationGranted | kinds._AuthorisationAct, **facts: Any) -> Value:
    """One line of a permit's dated timeline."""
    line: Value = {"from_on": payload.from_on, "event": draft.event.id, **facts}
    if payload.act is not None:
        line["oficio"] = payload.act.oficio
        line["notified_on"] = payload.act.notified_on
    return line


def _grant(draft: Draft, payload: kinds.AuthorisationGranted) -> None:
    check_power(draft, "grant", *(["transcribe"] if payload.transcribed is not None else []))
    draft.get(party_key(payload.holder), "/holder")
    for n, site in enumerate(payload.scope.sites):
        if draft.get(site_key(site), f"/scope/sites/{n}")["party"] != payload.holder:
            raise NotConcerned("the site is operated by another party", field=f"/scope/sites/{n}")
    scope = payload.scope.model_dump(exclude_none=True)
    value: Value = {
        "kind": "authorisation",
        "holder": payload.holder,
        "number": payload.number,
        "granted_by": payload.party,
        "timeline": [_note(draft, payload, status="in_force", to_on=payload.to_on, scope=scope)],
    }
    if payload.transcribed is not None:
        value["transcribed"] = payload.transcribed.model_dump(exclude_none=True)
    draft.put(act_key(payload.authorisation), value)
    _index_permit(draft, payload.holder, payload.authorisation)


def _index_permit(draft: Draft, party: str, authorisation: str) -> None:
    held = (draft.find(permits_key(party)) or {"ids": []})["ids"]
    if authorisation not in held:
        draft.put(permits_key(party), {"ids": [*held, authorisation]})


def _later_line(**members: str) -> Callable[[Draft, kinds._AuthorisationAct], None]:
    def transition(draft: Draft, payload: kinds._AuthorisationAct) -> None:
        permit = _permit(draft, payload)
        permit["timeline"] = [*permit["timeline"], _note(draft, payload, **members)]

    return transition


def _permit(draft: Draft, payload: kinds._AuthorisationAct) -> Value:
    """The permit, to be changed by an authority with the power to grant, or until then by whoever transcribed it."""
    permit = draft.edit(act_key(payload.authorisation), "/authorisation")
    if permit["kind"] != "authorisation":
        raise SubjectUnknown("not an authorisation", field="/authorisation")
    if permit["timeline"][-1].get("status") == "revoked":
        raise TransitionNotAllowed("the permit was revoked", field="/authorisation")
    if _is_own_transcript(permit, payload.party):
        check_power(draft, "grant", "transcribe")
        return permit
    check_power(draft, "grant")
    if "transcribed" in permit:
        permit["confirmed_by"] = payload.party
    return permit


def _is_own_transcript(permit: Value, party: str) -> bool:
    """Whether the party copied this permit from the public list, and no authority has decided on it since.

    From then on it is the authority's: who copied it must not lift a suspension.
    """
    return "transcribed" in permit and "confirmed_by" not in permit and bool(permit["granted_by"] == party)


def _change_scope(draft: Draft, payload: kinds.AuthorisationChanged) -> None:
    permit = _permit(draft, payload)
    permit["timeline"] = [
        *permit["timeline"],
        _note(draft, payload, scope=payload.scope.model_dump(exclude_none=True)),
    ]


def _renew(draft: Draft, payload: kinds.AuthorisationRenewed) -> None:
    permit = _permit(draft, payload)
    line = _note(draft, payload, to_on=payload.to_on)
    if payload.by_silence:
        line["by_silence"] = True
    permit["timeline"] = [*permit["timeline"], line]


def _transfer(draft: Draft, payload: kinds.AuthorisationTransferred) -> None:
    permit = _permit(draft, payload)
    draft.get(party_key(payload.to), "/to")
    permit["timeline"] = [*permit["timeline"], _note(draft, payload, holder=payload.to)]
    _index_permit(draft, payload.to, payload.authorisation)


def _enact(draft: Draft, payload: kinds.RegimeEnacted) -> None:
    key = f"regime/{payload.jurisdiction.code}"
    enacted = (draft.find(key) or {"timeline": []})["timeline"]
    line: Value = {
        "from_on": payload.from_on,
        "regime": payload.regime,
        "late_window_s": payload.late_window_s,
        "event": draft.event.id,
    }
    if payload.tables is not None:
        line["tables"] = payload.tables
    draft.put(key, {"timeline": [*enacted, line]})


def _publish_calendar(draft: Draft, payload: kinds.CalendarPublished) -> None:
    draft.put(
        f"calendar/{payload.calendar}/{payload.year}",
        {"closed_on": payload.closed_on, "event": draft.event.id},
    )


def _register_plan(draft: Draft, payload: kinds.PlanRegistered) -> None:
    draft.get(party_key(payload.operated_by), "/operated_by")
    value = {
        "kind": "plan",
        "party": payload.operated_by,
        "number": payload.number,
        "from_on": payload.from_on,
    }
    draft.put(act_key(payload.plan), value)


def _join_plan(draft: Draft, payload: kinds.PlanJoined) -> None:
    if draft.get(act_key(payload.plan), "/plan")["kind"] != "plan":
        raise SubjectUnknown("not a plan", field="/plan")
    draft.put(f"adherence/{payload.plan}/{payload.party}", {"since": payload.occurred_at, "event": draft.event.id})


def _act_of_kind(draft: Draft, act: str, kind: str) -> Value:
    value = draft.edit(act_key(act))
    if value["kind"] != kind:
        raise SubjectUnknown(f"not a {kind}", field=f"/{kind}")
    return value


def _issue_order(draft: Draft, payload: kinds.OrderIssued) -> None:
    value = {"kind": "order", "party": payload.party, "effect": payload.effect, "oficio": payload.act.oficio}
    draft.put(act_key(payload.order), value)
    for n, unit in enumerate(payload.units):
        ordered = draft.edit(unit_key(unit), f"/units/{n}")
        ordered["orders"] = {**ordered.get("orders", {}), payload.order: payload.effect}


def _lift_order(draft: Draft, payload: kinds.OrderLifted) -> None:
    if _act_of_kind(draft, payload.order, "order")["party"] != payload.party:
        raise NotConcerned("the order was issued by another authority", field="/order")
    for n, unit in enumerate(payload.units):
        freed = draft.edit(unit_key(unit), f"/units/{n}")
        orders = {order: effect for order, effect in freed.get("orders", {}).items() if order != payload.order}
        freed.pop("orders", None)
        if orders:
            freed["orders"] = orders


def _record_inspection(draft: Draft, payload: kinds.InspectionRecorded) -> None:
    site = draft.get(site_key(payload.inspected), "/inspected")
    draft.put(act_key(payload.inspection), {"kind": "inspection", "party": payload.party, "of": site["party"]})
    if payload.missing or payload.unexpected:
        draft.open_finding(
            "count-differs",
            party=site["party"],
            subject=payload.inspected,
            missing=payload.missing,
            unexpected=payload.unexpected,
        )


def _open_case(draft: Draft, payload: kinds.CaseOpened) -> None:
    draft.get(party_key(payload.against), "/against")
    value = {"kind": "case", "party": payload.party, "against": payload.against, "stage": "open"}
    draft.put(act_key(payload.case), value)


def _answer_case(draft: Draft, payload: kinds.CaseAnswered) -> None:
    case = _act_of_kind(draft, payload.case, "case")
    if case["against"] != payload.party:
        raise NotConcerned("the case is against another party", field="/party")
    if case["stage"] == "closed":
        raise TransitionNotAllowed("the case is closed", field="/case")
    case["stage"] = "answered"


def _close_case(draft: Draft, payload: kinds.CaseClosed) -> None:
    case = _act_of_kind(draft, payload.case, "case")
    if case["party"] != payload.party:
        raise NotConcerned("the case was opened by another authority", field="/party")
    if case["stage"] == "closed":
        raise TransitionNotAllowed("the case is closed", field="/case")
    case["stage"] = "closed"
    case["outcome"] = payload.outcome


def _submit_filing(draft: Draft, payload: kinds.FilingSubmitted) -> None:
    if not draft.get(party_key(payload.to), "/to").get("powers"):
        raise NotConcerned("filings go to an authority", field="/to")
    value = {"kind": "filing", "party": payload.party, "to": payload.to, "subject": payload.subject}
    draft.put(act_key(payload.filing), value)
    for n, unit in enumerate(payload.units):
        draft.get(unit_key(unit), f"/units/{n}")


def _answer_filing(draft: Draft, payload: kinds.FilingAnswered) -> None:
    filing = _act_of_kind(draft, payload.filing, "filing")
    if filing["to"] != payload.party:
        raise NotConcerned("the filing went to another authority", field="/party")
    filing["outcome"] = payload.outcome


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.PartyRegistered: _register_party,
    kinds.PartyChanged: _change_party,
    kinds.PartyClosed: _close_party,
    kinds.SiteRegistered: _register_site,
    kinds.SiteChanged: _change_site,
    kinds.SiteClosed: _close_site,
    kinds.KeyEnrolled: _enrol_key,
    kinds.KeyLimited: _limit_key,
    kinds.KeyRevoked: _revoke_key,
    kinds.AuthorisationGranted: _grant,
    kinds.AuthorisationChanged: _change_scope,
    kinds.AuthorisationRenewed: _renew,
    kinds.AuthorisationSuspended: _later_line(status="suspended"),
    kinds.AuthorisationReinstated: _later_line(status="in_force"),
    kinds.AuthorisationRevoked: _later_line(status="revoked"),
    kinds.AuthorisationTransferred: _transfer,
    kinds.RegimeEnacted: _enact,
    kinds.CalendarPublished: _publish_calendar,
    kinds.PlanRegistered: _register_plan,
    kinds.PlanJoined: _join_plan,
    kinds.OrderIssued: _issue_order,
    kinds.OrderLifted: _lift_order,
    kinds.InspectionRecorded: _record_inspection,
    kinds.CaseOpened: _open_case,
    kinds.CaseAnswered: _answer_case,
    kinds.CaseClosed: _close_case,
    kinds.FilingSubmitted: _submit_filing,
    kinds.FilingAnswered: _answer_filing,
}

"""Parties, their sites and their keys."""

from __future__ import annotations

from collections.abc import Callable

from ledger.domain import party as kinds
from ledger.domain.payload import delegation_key, key_key, party_key, site_key
from ledger.errors import KeyNotInForce, MalformedStatement, NotConcerned, TransitionNotAllowed
from ledger.fold.admission import check_registrar, is_root
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
    if payload.powers is not None or payload.jurisdiction is not None:
        _change_powers(draft, payload, party)


def _change_powers(draft: Draft, payload: kinds.PartyChanged, party: Value) -> None:
    if not is_root(draft.state, payload.party):
        field = "/powers" if payload.powers is not None else "/jurisdiction"
        raise NotConcerned("only the root gives powers and jurisdictions", field=field)
    if payload.powers is not None:
        party["powers"] = payload.powers
    if payload.jurisdiction is not None:
        if party["form"] != "authority":
            raise MalformedStatement("only an authority has a jurisdiction", field="/jurisdiction")
        party["jurisdiction"] = payload.jurisdiction.code
    if kinds.TERRITORIAL & set(party["powers"]) and "jurisdiction" not in party:
        raise MalformedStatement(
            "the powers to grant, inspect and order reach as far as a jurisdiction", field="/jurisdiction"
        )


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
        heir = draft.edit(party_key(payload.successor), "/successor")
        if "closed_at" in heir:
            raise TransitionNotAllowed("the successor has ended", field="/successor")
        party["successor"] = payload.successor
        # Units may wait for years at the first of several that ended one after the other.
        heir["succeeds"] = [*heir.get("succeeds", []), payload.closed, *party.get("succeeds", [])]


def _place(place: kinds.Place) -> Value:
    return place.model_dump(exclude_none=True)


def _check_site_limits(draft: Draft, site: str) -> None:
    """A key for some sites rules over none but these.

    Raises:
        KeyNotInForce: the signer's own key is limited to others.
    """
    signing = draft.get(key_key(draft.event.party, draft.event.kid))
    sites = signing["limits"].get("sites")
    if sites and site not in sites:
        raise KeyNotInForce("the key is limited to other sites", kid=draft.event.kid)


def _register_site(draft: Draft, payload: kinds.SiteRegistered) -> None:
    _check_site_limits(draft, payload.registered)
    check_registrar(draft, payload.operated_by)
    draft.get(party_key(payload.operated_by), "/operated_by")
    value: Value = {"party": payload.operated_by, "place": _place(payload.place)}
    if payload.name is not None:
        value["name"] = payload.name
    draft.put(site_key(payload.registered), value)


def _change_site(draft: Draft, payload: kinds.SiteChanged) -> None:
    site = draft.edit(site_key(payload.changed))
    check_registrar(draft, site["party"])
    _check_site_limits(draft, payload.changed)
    if payload.name is not None:
        site["name"] = payload.name
    if payload.place is not None:
        site["place"] = _place(payload.place)


def _close_site(draft: Draft, payload: kinds.SiteClosed) -> None:
    site = draft.edit(site_key(payload.closed))
    check_registrar(draft, site["party"])
    _check_site_limits(draft, payload.closed)
    if "closed_at" in site:
        raise TransitionNotAllowed("the site is closed already", field="/closed")
    site["closed_at"] = payload.occurred_at


def _check_keys_of(draft: Draft, party: str) -> Value:
    """The party whose keys the signer may enrol, limit and revoke: itself, or as registrar one without powers.

    Raises:
        NotConcerned: it may not. The root's own keys change by ``root.rotated`` alone, or k signatures would be
            worth no more than one registrar's.
        KeyNotInForce: the signer's own key is limited, or a delegate's.
    """
    check_registrar(draft, party)
    signing = draft.get(key_key(draft.event.party, draft.event.kid))
    if signing["limits"]:
        # Its limits would hold for nobody: it could lift them, or make a key without any.
        raise KeyNotInForce("a limited key does not rule over keys", kid=draft.event.kid)
    if "acts" in signing:
        raise KeyNotInForce(
            "a delegate's key does not rule over keys",
            cure="let the party represented sign with a key of its own",
            kid=draft.event.kid,
        )
    if is_root(draft.state, party):
        raise NotConcerned("the root's keys change by root.rotated", field="/enrolled_for")
    value = draft.get(party_key(party), "/enrolled_for")
    if draft.event.party != party:
        _check_above(draft, value, "/enrolled_for")
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
        draft.put(delegation_key(payload.acts, payload.enrolled_for, payload.kid), {"event": draft.event.id})
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
    _check_stays_one_time(key, payload)
    key["roles"] = list(payload.key_roles)
    key["limits"] = payload.limits.model_dump(mode="python", exclude_none=True, exclude_defaults=True)


def _check_stays_one_time(key: Value, payload: kinds.KeyLimited) -> None:
    if key["assurance"] == "one_time_key":
        if not (kinds.is_one_time(payload.key_roles, payload.limits) and _is_within(payload.limits, key["limits"])):
            raise NotConcerned("a one-time key stays within its limits", field="/limits")
    elif payload.limits.consignment is not None:
        raise NotConcerned("a key for one consignment is enrolled as one", field="/limits")


def _is_within(limits: kinds.KeyLimits, before: Value) -> bool:
    """Whether a one-time key stays for its consignment, and good for no time that it was not good for."""
    first, last = limits.not_before or 0, limits.not_after or 0
    is_same = limits.consignment == before["consignment"]
    return bool(is_same and before["not_before"] <= first and last <= before["not_after"])


def _revoke_key(draft: Draft, payload: kinds.KeyRevoked) -> None:
    key = _enrolled_key(draft, payload)
    key["revoked"] = True
    key["to"] = draft.index
    if payload.suspect_from is not None:
        key["suspect_from"] = payload.suspect_from


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
}

"""Which authority may decide what, as a check: over which waste, in which territory, and over whose permits.

The root gives powers; the law says how far they reach. Hazardous waste is the federation's (LGPGIR 7 VII, XI; 50), and
special handling waste each state's own (LGPGIR 9 III, IV). A municipality looks after urban waste and permits none of
this (LGPGIR 10), but inspects and orders within its limits. A permit is changed, suspended, transferred and ended by an
authority of the jurisdiction that granted it, and nobody publishes another jurisdiction's regime or calendar.

Agreements by which a state takes over the hazardous waste of micro-generators (LGPGIR 9 V, 12) are not known here.
"""

from __future__ import annotations

from typing import Final, get_args

from certification.states import find_by_inegi, find_by_iso
from ledger.domain.authorisation import (
    ApplicationInspected,
    AuthorisationChanged,
    AuthorisationConfirmed,
    AuthorisationGranted,
    AuthorisationReinstated,
    AuthorisationRenewed,
    AuthorisationRevoked,
    AuthorisationStayed,
    AuthorisationStayLifted,
    AuthorisationSuspended,
    AuthorisationTransferred,
)
from ledger.domain.inspection import CaseOpened, InspectionOrdered, InspectionRecorded, OrderIssued, OrderLifted
from ledger.domain.party import PartyChanged, PartyRegistered
from ledger.domain.payload import Payload, act_key, party_key, permits_key, site_key
from ledger.domain.regime import CalendarPublished, RegimeEnacted
from ledger.errors import MalformedStatement, NotConcerned
from ledger.event import Event
from ledger.fold.admission import is_root
from ledger.fold.fold import Check
from ledger.fold.state import Draft, State, Value

FEDERAL: Final = "MX"
GRANT_ARTICLES: Final = {"RP": "LGPGIR 7 XI, 50", "RME": "LGPGIR 9 III"}
TERRITORY_ARTICLE: Final = "LGPGIR 7 IX, 9 IV, 10 VII"

_Later = (
    AuthorisationChanged
    | AuthorisationRenewed
    | AuthorisationSuspended
    | AuthorisationReinstated
    | AuthorisationRevoked
    | AuthorisationTransferred
    | AuthorisationStayed
    | AuthorisationStayLifted
    | AuthorisationConfirmed
)
"""Acts by which an authority changes what a permit says."""


def permits_waste(jurisdiction: str) -> str | None:
    """The waste class that an authority of this jurisdiction may permit: RP, RME, or None for a municipality."""
    if jurisdiction == FEDERAL:
        return "RP"
    return "RME" if find_by_iso(jurisdiction) is not None else None


def reaches(jurisdiction: str, place: Value) -> bool:
    """Whether a place (``state`` and ``municipality`` by INEGI code) lies in the territory of a jurisdiction."""
    if jurisdiction == FEDERAL:
        return True
    state = find_by_inegi(place["state"])
    if state is None or not jurisdiction.startswith(state.iso):
        return False
    return jurisdiction in (state.iso, f"{state.iso}-{place['municipality']}")


def _touches(event: Event) -> list[str]:
    payload = event.payload
    keys = [act_key(payload.authorisation)] if isinstance(payload, _Later) else []
    return [*keys, *(site_key(site) for site in _sites(payload))]


def _sites(payload: Payload) -> list[str]:
    """The sites that have to lie in the signer's territory."""
    match payload:
        case AuthorisationGranted() | AuthorisationChanged():
            return list(payload.scope.sites)
        case InspectionOrdered() | InspectionRecorded() | ApplicationInspected():
            return [payload.inspected]
        case OrderIssued() | OrderLifted() if payload.site is not None:
            return [payload.site]
    return []


def _follows(state: State, event: Event) -> list[str]:
    if isinstance(event.payload, AuthorisationGranted) and event.payload.transcribed is not None:
        return [act_key(permit) for permit in _held(state, event.payload.holder)]
    if not isinstance(event.payload, _Later):
        return []
    permit = state.get(act_key(event.payload.authorisation))
    if permit is None or permit["kind"] != "authorisation":
        return []
    return [party_key(permit["granted_by"]), *(site_key(site) for site in _scope(permit)["sites"])]


def _held(state: State, party: str) -> list[str]:
    return list((state.get(permits_key(party)) or {"ids": []})["ids"])


def _scope(permit: Value) -> Value:
    """The scope that was stated last."""
    scope: Value = next(line["scope"] for line in reversed(permit["timeline"]) if "scope" in line)
    return scope


def _check_competence(draft: Draft) -> None:
    payload = draft.event.payload
    if isinstance(payload, PartyRegistered | PartyChanged):
        _check_authority(draft, payload)
    elif not is_root(draft.state, payload.party):
        _check_reach(draft, payload)


def _check_authority(draft: Draft, payload: PartyRegistered | PartyChanged) -> None:
    """A jurisdiction exists, and a municipality gets no power to grant."""
    changed = payload.registered if isinstance(payload, PartyRegistered) else payload.changed
    party = draft.get(party_key(changed))
    jurisdiction = party.get("jurisdiction")
    if jurisdiction is None:
        return
    if jurisdiction != FEDERAL and find_by_iso(jurisdiction[:6]) is None:
        raise MalformedStatement("no state has this code", field="/jurisdiction/code")
    if "grant" in party["powers"] and permits_waste(jurisdiction) is None:
        raise NotConcerned(
            "a municipality grants no permits for this waste",
            field="/powers",
            cure="give it the powers to inspect and to order",
            article="LGPGIR 10",
        )


def _check_reach(draft: Draft, payload: Payload) -> None:
    jurisdiction = _jurisdiction(draft.state, payload.party)
    match payload:
        case AuthorisationGranted() if payload.transcribed is None:
            _check_scope(draft, jurisdiction, payload.scope.model_dump())
        case AuthorisationGranted():
            _check_copied_anew(draft, payload)
        case CalendarPublished():
            _check_own(jurisdiction, payload.calendar, "/calendar")
        case RegimeEnacted():
            _check_own(jurisdiction, payload.jurisdiction.code, "/jurisdiction/code")
        case InspectionOrdered() | InspectionRecorded() | ApplicationInspected():
            _check_territory(draft, jurisdiction, payload.inspected, "/inspected")
        case OrderIssued() | OrderLifted() if payload.site is not None:
            _check_territory(draft, jurisdiction, payload.site, "/site")
        case OrderIssued() if jurisdiction != FEDERAL:
            raise _placeless(jurisdiction)
        case CaseOpened() if payload.findings and payload.inspection is None and jurisdiction != FEDERAL:
            raise _uninspected(jurisdiction)
        case _ if isinstance(payload, _Later):
            _check_permit(draft, jurisdiction, payload)


def _jurisdiction(state: State, party: str) -> str | None:
    value = state.get(party_key(party))
    return value.get("jurisdiction") if value is not None else None


def _check_copied_anew(draft: Draft, payload: AuthorisationGranted) -> None:
    """Once an authority has decided on a permit, a further copy from the list does not undo what it decided."""
    for authorisation in _held(draft.state, payload.holder):
        permit = draft.state.get(act_key(authorisation))
        if permit is None or permit["number"] != payload.number:
            continue
        if "transcribed" not in permit or "confirmed_by" in permit:
            raise NotConcerned(
                "an authority has recorded this permit itself",
                field="/number",
                cure="leave it to that authority",
                authorisation=authorisation,
            )


def _placeless(jurisdiction: str | None) -> NotConcerned:
    return NotConcerned(
        "an order reaches as far as the authority's territory",
        field="/site",
        cure="name the site in the territory where the units are",
        article=TERRITORY_ARTICLE,
        jurisdiction=jurisdiction,
    )


def _uninspected(jurisdiction: str | None) -> NotConcerned:
    """A case settles findings: whose, and where, only an inspection within the territory tells of a local authority."""
    return NotConcerned(
        "a case about findings reaches as far as the authority's territory",
        field="/inspection",
        cure="name the inspection of the party in the territory",
        article=TERRITORY_ARTICLE,
        jurisdiction=jurisdiction,
    )


def _check_own(jurisdiction: str | None, code: str, field: str) -> None:
    if jurisdiction != code:
        raise NotConcerned("an authority publishes for its own jurisdiction", field=field, jurisdiction=jurisdiction)


def _check_scope(draft: Draft, jurisdiction: str | None, scope: Value) -> None:
    for waste_class in scope["waste_classes"]:
        _check_waste(jurisdiction, waste_class)
    for n, site in enumerate(scope["sites"]):
        _check_territory(draft, jurisdiction, site, f"/scope/sites/{n}")


def _check_waste(jurisdiction: str | None, waste_class: str) -> None:
    if jurisdiction is None or permits_waste(jurisdiction) != waste_class:
        whose = "the federation" if waste_class == "RP" else "the state where it is handled"
        raise NotConcerned(
            f"waste of class {waste_class} is permitted by {whose}",
            field="/scope/waste_classes",
            cure=f"leave {waste_class} to {whose}",
            article=GRANT_ARTICLES[waste_class],
            jurisdiction=jurisdiction,
        )


def _check_territory(draft: Draft, jurisdiction: str | None, site: str, field: str) -> None:
    place = draft.get(site_key(site), field)["place"]
    if jurisdiction is None or not reaches(jurisdiction, place):
        raise NotConcerned(
            "the site lies outside the authority's territory",
            field=field,
            cure="leave it to the authority of the site's own territory, or to the federation",
            article=TERRITORY_ARTICLE,
            jurisdiction=jurisdiction,
            state=place["state"],
        )


def _check_permit(draft: Draft, jurisdiction: str | None, payload: _Later) -> None:
    """The permit is of the signer's jurisdiction; one that no authority granted yet, of that of its waste and sites."""
    permit = draft.state.get(act_key(payload.authorisation))
    if permit is None or permit["granted_by"] == payload.party:
        granter = jurisdiction
    else:
        granter = _jurisdiction(draft.state, permit["granted_by"])
        if granter is None or "transcribed" in permit:
            _check_scope(draft, jurisdiction, _scope(permit))
            granter = jurisdiction
    _check_granter(jurisdiction, granter)
    if isinstance(payload, AuthorisationChanged) and payload.act is not None:
        _check_scope(draft, jurisdiction, payload.scope.model_dump())


def _check_granter(jurisdiction: str | None, granter: str | None) -> None:
    if jurisdiction != granter:
        raise NotConcerned(
            "the permit was granted in another jurisdiction",
            field="/authorisation",
            cure="leave it to an authority of that jurisdiction",
            article="LGPGIR 52" if granter == FEDERAL else "LGPGIR 9 III",
            jurisdiction=jurisdiction,
            granted_in=granter,
        )


_CONCERNS: Final[frozenset[type[Payload]]] = frozenset(
    {
        PartyRegistered,
        PartyChanged,
        AuthorisationGranted,
        *get_args(_Later),
        ApplicationInspected,
        CalendarPublished,
        RegimeEnacted,
        CaseOpened,
        InspectionOrdered,
        InspectionRecorded,
        OrderIssued,
        OrderLifted,
    }
)
COMPETENCE_CHECK: Final = Check("competence", _touches, _follows, _check_competence, _CONCERNS)
"""Jurisdictions and what they may do: raises NotConcerned, or MalformedStatement for one that does not exist."""

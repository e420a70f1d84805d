"""Permits: asked for, granted, changed and ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ledger.domain import authorisation as kinds
from ledger.domain.payload import act_key, party_key, permits_key, site_key
from ledger.errors import MalformedStatement, NotConcerned, SubjectUnknown, TransitionNotAllowed
from ledger.fold.admission import check_power
from ledger.fold.state import Draft, State, Value

RENEWALS_MAX: Final = 16
"""Applications for its renewal that a permit names by their times: the newest."""
_TERM_RUNS: Final = frozenset({"submitted", "answered", "inspected"})
_OPEN: Final = _TERM_RUNS | {"information_required"}
"""Stages of an application that was not decided."""
_ALL_IF_EMPTY: Final = ("chemistries", "sites", "modes")
"""Members of a scope of which an empty list stands for all."""
_CAPACITIES: Final = ("capacity_g_per_year", "storage_capacity_g")


def _note(draft: Draft, from_on: str, act: kinds.Act | None = None, **facts: Any) -> Value:
    """One line of a permit's dated timeline."""
    line: Value = {"from_on": from_on, "event": draft.event.id, **facts}
    if act is not None:
        line |= _notified(act)
    return line


def _notified(act: kinds.Act) -> Value:
    """What stays in the state of an administrative act."""
    decided = {} if act.decided_on is None else {"decided_on": act.decided_on}
    return {"oficio": act.oficio, "notified_on": act.notified_on, **decided}


def _add_line(permit: Value, line: Value) -> None:
    permit["timeline"] = [*permit["timeline"], line]


def _newest(permit: Value, member: str) -> Any:
    """What the newest line that speaks of ``member`` says, in recorded order; None if none does."""
    return next((line[member] for line in reversed(permit["timeline"]) if member in line), None)


def _holder(permit: Value) -> str:
    return str(_newest(permit, "holder") or permit["holder"])


def _grant(draft: Draft, payload: kinds.AuthorisationGranted) -> None:
    check_power(draft, "grant", *(["transcribe"] if payload.transcribed is not None else []))
    draft.get(party_key(payload.holder), "/holder")
    _check_sites(draft, payload.scope, payload.holder)
    scope = payload.scope.model_dump(exclude_none=True)
    value: Value = {
        "kind": "authorisation",
        "holder": payload.holder,
        "number": payload.number,
        "granted_by": payload.party,
        "timeline": [
            _note(draft, payload.from_on, payload.act, status="in_force", to_on=payload.to_on, scope=scope),
        ],
    }
    if payload.transcribed is not None:
        value["transcribed"] = payload.transcribed.model_dump(exclude_none=True)
    else:
        _note_jurisdiction(draft, value)
    draft.put(act_key(payload.authorisation), value)
    _index_permit(draft, payload.holder, payload.authorisation)
    if payload.decides is not None:
        application = _decide(draft, payload.decides, payload.act, asks="grant", party=payload.holder)
        _check_part(payload.decides, application, scope)


def _note_jurisdiction(draft: Draft, permit: Value) -> None:
    """How far the permit reaches, whatever its scope says; the root's reaches everywhere."""
    authority = draft.get(party_key(draft.event.party))
    if "jurisdiction" in authority:
        permit["jurisdiction"] = authority["jurisdiction"]


def _check_sites(draft: Draft, scope: kinds.Scope, operated_by: str) -> None:
    for n, site in enumerate(scope.sites):
        if draft.get(site_key(site), f"/scope/sites/{n}")["party"] != operated_by:
            raise NotConcerned("the site is operated by another party", field=f"/scope/sites/{n}")


def _index_permit(draft: Draft, party: str, authorisation: str) -> None:
    held = (draft.find(permits_key(party)) or {"ids": []})["ids"]
    if authorisation not in held:
        draft.put(permits_key(party), {"ids": [*held, authorisation]})


def _later_line(*, takes_act: bool, **members: str) -> Callable[[Draft, kinds._AuthorisationAct], None]:
    def transition(draft: Draft, payload: kinds._AuthorisationAct) -> None:
        permit = _changed_permit(draft, payload, takes_act=takes_act)
        if _is_revoked(permit) and members["status"] == "suspended":
            raise TransitionNotAllowed("a stayed revocation is not suspended", field="/authorisation")
        if _is_revoked(permit) and payload.act is None:
            # It is final: the stay alone gives no right to end it.
            raise MalformedStatement("the end of a revocation stands on an administrative act", field="/act")
        _add_line(permit, _note(draft, payload.from_on, payload.act, **members))

    return transition


def _changed_permit(draft: Draft, payload: kinds._AuthorisationAct, *, takes_act: bool = True) -> Value:
    """The permit, to be changed by an authority with the power to grant, or until then by whoever transcribed it."""
    permit = _permit(draft, payload.authorisation)
    if _is_revoked(permit) and _stayed(permit) is None:
        raise TransitionNotAllowed("the permit was revoked", field="/authorisation")
    if _is_own_transcript(permit, payload.party):
        check_power(draft, "grant", "transcribe")
        return permit
    check_power(draft, "grant")
    if takes_act and payload.act is None:
        raise MalformedStatement("a decision stands on an administrative act", field="/act")
    _take_over(draft, permit)
    return permit


def _take_over(draft: Draft, permit: Value) -> None:
    """From an authority's first word on a copy on, it is the authority's."""
    if "transcribed" in permit and permit["granted_by"] != draft.event.party:
        permit["confirmed_by"] = draft.event.party
        _note_jurisdiction(draft, permit)


def _permit(draft: Draft, authorisation: str) -> Value:
    permit = draft.edit(act_key(authorisation), "/authorisation")
    if permit["kind"] != "authorisation":
        raise SubjectUnknown("not an authorisation", field="/authorisation")
    return permit


def _is_own_transcript(permit: Value, party: str) -> bool:
    """Whether the party copied this permit from the public list, and no authority has decided on it since.

    From then on it is the authority's: who copied it must not lift a suspension.
    """
    return "transcribed" in permit and "confirmed_by" not in permit and bool(permit["granted_by"] == party)


def _is_revoked(permit: Value) -> bool:
    return bool(_newest(permit, "status") == "revoked")


def _stayed(permit: Value) -> Value | None:
    """The court's stay that has not been lifted, if it is of the suspension or revocation that is the newest."""
    stayed: Value | None = _newest(permit, "stayed")
    return stayed if stayed is not None and stayed["stays"] == _ruling(permit)["event"] else None


def _ruling(permit: Value) -> Value:
    """The newest line that says whether the permit is in force."""
    return next(line for line in reversed(permit["timeline"]) if "status" in line)


def _change_scope(draft: Draft, payload: kinds.AuthorisationChanged) -> None:
    permit = _changed_permit(draft, payload)
    _check_sites(draft, payload.scope, _holder(permit))
    scope = payload.scope.model_dump(exclude_none=True)
    _add_line(permit, _note(draft, payload.from_on, payload.act, scope=scope))
    application = _answer(draft, payload, asks="change", party=_holder(permit))
    if application is not None and payload.decides is not None:
        _check_part(payload.decides, application, scope)


def _renew(draft: Draft, payload: kinds.AuthorisationRenewed) -> None:
    permit = _changed_permit(draft, payload)
    if payload.to_on <= _newest(permit, "to_on") and not _is_own_transcript(permit, payload.party):
        raise MalformedStatement("a renewal ends later than what it renews", field="/to_on")
    settled = {} if _newest(permit, "claimed") is None else {"claimed": None}
    _add_line(permit, _note(draft, payload.from_on, payload.act, to_on=payload.to_on, **settled))
    _answer(draft, payload, asks="renewal", party=_holder(permit))


def _transfer(draft: Draft, payload: kinds.AuthorisationTransferred) -> None:
    permit = _changed_permit(draft, payload)
    draft.get(party_key(payload.to), "/to")
    holder = _holder(permit)
    _add_line(permit, _note(draft, payload.from_on, payload.act, holder=payload.to))
    _index_permit(draft, payload.to, payload.authorisation)
    application = _answer(draft, payload, asks="transfer", party=holder)
    if application is not None and application["transfer_to"] != payload.to:
        raise NotConcerned("the application asks for a transfer to another party", field="/to")


def _stay(draft: Draft, payload: kinds.AuthorisationStayed) -> None:
    permit = _permit(draft, payload.authorisation)
    ruling = _ruling(permit)
    if ruling["status"] == "in_force" or ruling["event"] != payload.stays:
        raise TransitionNotAllowed("a stay names the suspension or revocation that is in effect", field="/stays")
    if _stayed(permit) is not None:
        raise TransitionNotAllowed("it is stayed already", field="/stays")
    _take_over(draft, permit)
    stayed = {"stays": payload.stays, "court": payload.court, "file": payload.file}
    _add_line(permit, _note(draft, payload.from_on, stayed=stayed))


def _lift_stay(draft: Draft, payload: kinds.AuthorisationStayLifted) -> None:
    permit = _permit(draft, payload.authorisation)
    if _stayed(permit) is None:
        raise TransitionNotAllowed("the permit is under no stay", field="/authorisation")
    _take_over(draft, permit)
    _add_line(permit, _note(draft, payload.from_on, stayed=None, file=payload.file))


def _confirm(draft: Draft, payload: kinds.AuthorisationConfirmed) -> None:
    permit = _permit(draft, payload.authorisation)
    if "transcribed" not in permit or "confirmed" in permit:
        raise TransitionNotAllowed("only a transcribed permit is confirmed, and once", field="/authorisation")
    if permit["granted_by"] == payload.party:
        raise NotConcerned("who transcribed a permit does not confirm it", field="/party")
    _take_over(draft, permit)
    permit["confirmed"] = {"event": draft.event.id, **_notified(payload.act)}


def _claim_renewal(draft: Draft, payload: kinds.AuthorisationRenewalClaimed) -> None:
    permit = _permit(draft, payload.authorisation)
    if _holder(permit) != payload.party:
        raise NotConcerned("the permit is another party's", field="/authorisation")
    if _is_revoked(permit) and _stayed(permit) is None:
        raise TransitionNotAllowed("the permit was revoked", field="/authorisation")
    application = draft.edit(act_key(payload.application), "/application")
    if application["kind"] != "application" or application.get("authorisation") != payload.authorisation:
        raise SubjectUnknown("not an application about this permit", field="/application")
    if application["party"] != payload.party:
        raise NotConcerned("the application is another party's", field="/application")
    if application["asks"] != "renewal" or application["stage"] not in _TERM_RUNS:
        raise TransitionNotAllowed("a claim stands on an application for renewal that waits", field="/application")
    if _newest(permit, "claimed") is not None:
        raise TransitionNotAllowed("the renewal is claimed already", field="/authorisation")
    claimed = {"application": payload.application, "to_on": payload.to_on}
    _add_line(permit, _note(draft, payload.from_on, claimed=claimed))
    application["claimed"] = draft.event.id


def _submit(draft: Draft, payload: kinds.ApplicationSubmitted) -> None:
    authority = draft.get(party_key(payload.to), "/to")
    if "grant" not in authority["powers"]:
        raise NotConcerned("applications go to an authority with the power to grant", field="/to")
    if "closed_at" in authority:
        # Its silence would renew: nobody is left to answer.
        raise NotConcerned("the authority has ended", field="/to", cure="apply to the authority that succeeded it")
    if payload.authorisation is not None:
        _check_own_permit(draft, payload.authorisation, payload.party)
    if payload.transfer_to is not None:
        draft.get(party_key(payload.transfer_to), "/transfer_to")
    value: Value = {
        "kind": "application",
        "party": payload.party,
        "to": payload.to,
        "asks": payload.asks,
        "person": payload.person,
        "stage": "submitted",
        # Terms run from what the authority can see, not from what the applicant says.
        "submitted_at": draft.now(),
    }
    stated = {"authorisation": payload.authorisation, "transfer_to": payload.transfer_to}
    value |= {name: said for name, said in stated.items() if said is not None}
    draft.put(act_key(payload.application), value)
    if payload.asks == "renewal" and payload.authorisation is not None:
        permit = draft.edit(act_key(payload.authorisation))
        permit["renewals_asked"] = [*permit.get("renewals_asked", []), draft.now()][-RENEWALS_MAX:]
    _ask_for(draft, value, payload.scope)


def _check_own_permit(draft: Draft, authorisation: str, party: str) -> None:
    permit = draft.get(act_key(authorisation), "/authorisation")
    if permit["kind"] != "authorisation":
        raise SubjectUnknown("not an authorisation", field="/authorisation")
    if _holder(permit) != party:
        raise NotConcerned("the permit is another party's", field="/authorisation")


def _ask_for(draft: Draft, application: Value, scope: kinds.Scope | None) -> None:
    if scope is not None:
        _check_sites(draft, scope, application["party"])
        application["scope"] = scope.model_dump(exclude_none=True)


def _open_application(draft: Draft, application: str, pointer: str = "/application") -> Value:
    value = draft.edit(act_key(application), pointer)
    if value["kind"] != "application":
        raise SubjectUnknown("not an application", field=pointer)
    if value["stage"] not in _OPEN:
        raise TransitionNotAllowed("the application was decided or withdrawn", field=pointer)
    return value


def _of_applicant(draft: Draft, application: str) -> Value:
    value = _open_application(draft, application)
    if value["party"] != draft.event.party:
        raise NotConcerned("the application is another party's", field="/application")
    return value


def _before(draft: Draft, payload: kinds._ApplicationAct) -> Value:
    """The application, which lies before the signer and is the applicant's that it names."""
    value = _open_application(draft, payload.application)
    if value["to"] != payload.party:
        raise NotConcerned("the application went to another authority", field="/application")
    _check_applicant(value, payload)
    return value


def _check_applicant(application: Value, payload: kinds._ApplicationAct) -> None:
    if application["party"] != payload.applicant:
        raise NotConcerned("the application is another party's", field="/applicant")


def _require_information(draft: Draft, payload: kinds.ApplicationInformationRequired) -> None:
    application = _before(draft, payload)
    if "required" in application:
        raise TransitionNotAllowed("information is required once", field="/application")
    application["stage"] = "information_required"
    application["required"] = {
        "at": draft.now(),
        "answer_by": payload.answer_by,
        "event": draft.event.id,
        **_notified(payload.act),
    }


def _answer_application(draft: Draft, payload: kinds.ApplicationAnswered) -> None:
    application = _of_applicant(draft, payload.application)
    if application["stage"] != "information_required":
        raise TransitionNotAllowed("no information is required", field="/application")
    application["stage"] = "answered"
    application["answered_at"] = draft.now()
    _ask_for(draft, application, payload.scope)


def _inspect_for(draft: Draft, payload: kinds.ApplicationInspected) -> None:
    check_power(draft, "grant", "inspect")
    application = _open_application(draft, payload.application)
    _check_applicant(application, payload)
    if draft.get(site_key(payload.inspected), "/inspected")["party"] != payload.applicant:
        raise NotConcerned("the site is operated by another party", field="/inspected")
    visit = {"inspected": payload.inspected, "conforms": payload.conforms, "event": draft.event.id}
    application["inspections"] = [*application.get("inspections", []), visit]
    if application["stage"] != "information_required":
        application["stage"] = "inspected"


def _refuse(draft: Draft, payload: kinds.ApplicationRefused) -> None:
    application = _before(draft, payload)
    if payload.ground == "unanswered" and application["stage"] != "information_required":
        raise TransitionNotAllowed("no answer is missing", field="/ground")
    if "claimed" in application:
        _end_claim(draft, application, payload.act)
    application["stage"] = "refused"
    application["decided"] = {"event": draft.event.id, "ground": payload.ground, **_notified(payload.act)}


def _end_claim(draft: Draft, application: Value, act: kinds.Act) -> None:
    """The authority had not been silent: what rested on the claim ends with the notification."""
    permit = draft.edit(act_key(application["authorisation"]))
    if _newest(permit, "claimed") is not None:
        _add_line(permit, _note(draft, act.notified_on, act, claimed=None))


def further_keys(state: State, payload: object) -> list[str]:
    """The permit whose renewal was claimed by the application that is refused."""
    if not isinstance(payload, kinds.ApplicationRefused):
        return []
    application = state.get(act_key(payload.application))
    return [act_key(application["authorisation"])] if application is not None and "claimed" in application else []


def _withdraw(draft: Draft, payload: kinds.ApplicationWithdrawn) -> None:
    application = _of_applicant(draft, payload.application)
    if "claimed" in application:
        raise TransitionNotAllowed(
            "a renewal is claimed by it, which the authority has to answer", field="/application"
        )
    application["stage"] = "withdrawn"


def _answer(draft: Draft, payload: kinds._AuthorisationDecision, *, asks: str, party: str) -> Value | None:
    """Close the application that a later act on a permit decides, if it decides one."""
    if payload.decides is None:
        return None
    application = _decide(draft, payload.decides, payload.act, asks=asks, party=party)
    if application["authorisation"] != payload.authorisation:
        raise NotConcerned("the application is about another permit", field="/decides/application")
    return application


def _decide(draft: Draft, decides: kinds.Decides, act: kinds.Act | None, *, asks: str, party: str) -> Value:
    if act is None:
        raise MalformedStatement("a decision stands on an administrative act", field="/act")
    application = _open_application(draft, decides.application, "/decides/application")
    if application["to"] != draft.event.party:
        raise NotConcerned("the application went to another authority", field="/decides/application")
    if application["asks"] != asks or application["party"] != party:
        raise NotConcerned("the application asks for something else", field="/decides/application")
    application["stage"] = "granted_in_part" if decides.in_part else "granted"
    application["decided"] = {"event": draft.event.id, **_notified(act)}
    return application


def _check_part(decides: kinds.Decides, application: Value, scope: Value) -> None:
    """Whoever gets less than asked for is told so, with reasons; and nobody is who gets all of it.

    Raises:
        MalformedStatement: ``in_part`` says otherwise.
    """
    if decides.in_part is not _is_less(scope, application["scope"]):
        said = "gives all that was asked for" if decides.in_part else "gives less than was asked for"
        raise MalformedStatement(f"the scope {said}", field="/decides/in_part")


def _is_less(scope: Value, asked: Value) -> bool:
    """Whether something that was asked for is left out; of what the application did not speak, nothing is."""
    named = any(not set(asked[name]) <= set(scope[name]) for name in ("activities", "waste_classes", "conditions"))
    return (
        named or any(_is_less_open(scope[name], asked[name]) for name in _ALL_IF_EMPTY) or _has_less_room(scope, asked)
    )


def _is_less_open(granted: list[str], asked: list[str]) -> bool:
    return bool(granted) and (not asked or not set(asked) <= set(granted))


def _has_less_room(scope: Value, asked: Value) -> bool:
    return any(name in asked and name in scope and scope[name] < asked[name] for name in _CAPACITIES)


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.AuthorisationGranted: _grant,
    kinds.AuthorisationChanged: _change_scope,
    kinds.AuthorisationRenewed: _renew,
    kinds.AuthorisationSuspended: _later_line(takes_act=True, status="suspended"),
    kinds.AuthorisationReinstated: _later_line(takes_act=False, status="in_force"),
    kinds.AuthorisationRevoked: _later_line(takes_act=True, status="revoked"),
    kinds.AuthorisationTransferred: _transfer,
    kinds.AuthorisationStayed: _stay,
    kinds.AuthorisationStayLifted: _lift_stay,
    kinds.AuthorisationConfirmed: _confirm,
    kinds.AuthorisationRenewalClaimed: _claim_renewal,
    kinds.ApplicationSubmitted: _submit,
    kinds.ApplicationInformationRequired: _require_information,
    kinds.ApplicationAnswered: _answer_application,
    kinds.ApplicationInspected: _inspect_for,
    kinds.ApplicationRefused: _refuse,
    kinds.ApplicationWithdrawn: _withdraw,
}

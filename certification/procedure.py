"""The law of procedure, as a check: requests, decisions and claims keep their terms, and nothing takes effect unseen.

What the law forbids is refused with its article. What it only disapproves of (a late decision, a late notification, a
renewal asked for outside its window) happened all the same: it is recorded, and opens a finding. The terms are those of
``certification.terms``, so they bind federal authorities; that no decision works backwards binds all.

A finding needs to be certain: where a year's calendar is not known, none is opened. A refusal that would need it is a
refusal for want of the calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, get_args

from certification.business_days import Calendar, calendar_keys, calendar_of, roll_forward
from certification.permit import permit_as_of
from certification.terms import (
    ANSWER_ARTICLE,
    ANSWER_BUSINESS_DAYS_MIN,
    NOTIFICATION_ARTICLE,
    RENEWAL_ARTICLE,
    DecisionTerm,
    Stop,
    activities_of,
    answer_fair_deadline,
    answer_first_deadline,
    decision_due,
    filed_day,
    find_decision_term,
    find_stop,
    find_validity,
    notification_due,
    renewal_window,
    renewed_until,
    request_last_day,
    validity_last_day,
)
from ledger.domain.authorisation import (
    Act,
    ApplicationAnswered,
    ApplicationInformationRequired,
    ApplicationInspected,
    ApplicationRefused,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    AuthorisationChanged,
    AuthorisationConfirmed,
    AuthorisationGranted,
    AuthorisationReinstated,
    AuthorisationRenewalClaimed,
    AuthorisationRenewed,
    AuthorisationRevoked,
    AuthorisationStayed,
    AuthorisationStayLifted,
    AuthorisationSuspended,
    AuthorisationTransferred,
)
from ledger.domain.filing import FilingAnswered
from ledger.domain.inspection import CaseClosed, CaseOpened, InspectionClosed, InspectionOrdered, OrderIssued
from ledger.domain.payload import Payload, act_key, party_key
from ledger.domain.values import format_instant
from ledger.errors import CalendarUnknown, TermNotKept
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Draft, State, Value

FEDERAL: Final = "MX"
EFFECT_ARTICLE: Final = "LFPA 9, 38"

Decision = (
    AuthorisationGranted
    | AuthorisationChanged
    | AuthorisationRenewed
    | AuthorisationSuspended
    | AuthorisationReinstated
    | AuthorisationRevoked
    | AuthorisationTransferred
)
"""Kinds by which an authority decides on a permit, from a day on."""
_WITHOUT_ACT: Final = (AuthorisationReinstated, AuthorisationStayed, AuthorisationStayLifted)
"""What may stand on no act of an authority: a suspension was served, or a court spoke."""
_ON_APPLICATION: Final = (
    ApplicationAnswered,
    ApplicationInformationRequired,
    ApplicationRefused,
    AuthorisationRenewalClaimed,
)


@dataclass(frozen=True, slots=True)
class Case:
    """An application as it stood before the statement, with the term that runs for it and what counts in it."""

    application: Value
    filed_on: str
    term: DecisionTerm | None
    stop: Stop | None
    calendar: Calendar

    def due_on(self) -> str | None:
        """The last day of the decision; None without a term, and while it stands still."""
        return decision_due(self.calendar, self.filed_on, self.term, self.stop) if self.term else None


def _touches(event: Event) -> list[str]:
    application = _application_id(event.payload)
    permit = getattr(event.payload, "authorisation", None)
    return [act_key(act) for act in (application, permit) if act is not None]


def _application_id(payload: Payload) -> str | None:
    """The application that was there before the statement and that it carries on or decides."""
    if isinstance(payload, _ON_APPLICATION):
        return payload.application
    decides = getattr(payload, "decides", None)
    return decides.application if decides is not None else None


def _follows(state: State, event: Event) -> list[str]:
    days = list(_days(state, event.payload))
    keys = calendar_keys(FEDERAL, [*days, _year_after(max(days))]) if days else []
    application = _application_value(state, event.payload)
    return [*keys, party_key(application["to"])] if application is not None else keys


def _application_value(state: State, payload: Payload) -> Value | None:
    application = _application_id(payload)
    value = state.get(act_key(application)) if application is not None else None
    return value if value is not None and value["kind"] == "application" else None


def _permit_value(state: State, payload: Payload) -> Value | None:
    permit = getattr(payload, "authorisation", None)
    value = state.get(act_key(permit)) if permit is not None else None
    return value if value is not None and value["kind"] == "authorisation" else None


def _days(state: State, payload: Payload) -> Iterator[str]:
    """Days through whose years a term of the statement may run."""
    application = _application_value(state, payload)
    if application is not None:
        yield filed_day(application)
        yield _today(state, payload)
        yield from _answer_days(application)
    permit = _permit_value(state, payload)
    if permit is not None and isinstance(payload, ApplicationSubmitted | AuthorisationRenewalClaimed):
        to_on = _last_day(permit, _today(state, payload))
        yield from (_year_before(to_on), to_on)
    act = _act(payload)
    if act is not None:
        yield from (act.decided_on or act.notified_on, act.notified_on)
    if isinstance(payload, AuthorisationGranted) and payload.from_on.endswith("-02-29"):
        # its last day may have to be rolled forward
        yield from (payload.from_on, payload.to_on)


def _answer_days(application: Value) -> list[str]:
    return [application["required"]["answer_by"]] if "required" in application else []


def _year_before(day: str) -> str:
    return f"{int(day[:4]) - 1}-01-01"


def _year_after(day: str) -> str:
    return f"{int(day[:4]) + 1}-01-01"


def _today(state: State, payload: Payload) -> str:
    """The day on which the statement is recorded, in Mexico City: what an authority's office can see."""
    clock = state.get("time")
    return legal_day(clock["tick"] if clock else payload.occurred_at, None)


def _act(payload: Payload) -> Act | None:
    act = getattr(payload, "act", None)
    return act if isinstance(act, Act) else None


def _last_day(permit: Value, today: str) -> str:
    return permit_as_of(permit, today).to_on


def _check_procedure(draft: Draft) -> None:
    payload = draft.event.payload
    act = _act(payload)
    if act is not None:
        _check_act(draft, act)
    if isinstance(payload, Decision) and act is not None:
        _check_effect(draft, payload, act)
        _find_validity(draft, payload)
    elif isinstance(payload, _WITHOUT_ACT) and not _is_transcript(draft.state, payload):
        _find_recorded_late(draft, payload.from_on)
    match payload:
        case ApplicationSubmitted(asks="renewal"):
            _find_window(draft, payload)
        case ApplicationInformationRequired():
            _check_request(draft, payload)
        case ApplicationAnswered():
            _check_answer(draft)
        case ApplicationRefused():
            _check_refusal(draft, payload)
        case AuthorisationRenewalClaimed():
            _check_claim(draft, payload)
        case _ if act is not None:
            _find_lateness(draft, act)


def _case(draft: Draft) -> Case | None:
    """The application before a federal authority that the statement is about; None if it is about none."""
    state, payload = draft.state, draft.event.payload
    application = _application_value(state, payload)
    if application is None or not _is_federal(state, application["to"]):
        return None
    filed_on = filed_day(application)
    return Case(
        application,
        filed_on,
        find_decision_term(application["asks"], activities_of(application), filed_on),
        find_stop(application),
        _calendar(draft),
    )


def _is_federal(state: State, authority: str) -> bool:
    value = state.get(party_key(authority))
    return value is not None and value.get("jurisdiction") == FEDERAL


def _calendar(draft: Draft) -> Calendar:
    days = list(_days(draft.state, draft.event.payload))
    return calendar_of(draft.state, FEDERAL, [*days, _year_after(max(days))])


def _decision_day(act: Act) -> str:
    return act.decided_on or act.notified_on


def _known(day: Callable[[], str | None]) -> str | None:
    """The day, or None where the calendar does not reach to it."""
    try:
        return day()
    except CalendarUnknown:
        return None


def _check_act(draft: Draft, act: Act) -> None:
    """An act is recorded once it was notified; a federal one within ten business days of being issued (LFPA 39)."""
    # No clock of the country is ahead of UTC.
    today = format_instant(draft.now())[:10]
    if act.notified_on > today:
        raise TermNotKept(
            f"the act says that it was notified on {act.notified_on}, which is still to come",
            field="/act/notified_on",
            cure="notify the act first, and record it then",
            article="LFPA 38",
            today=today,
        )
    if act.decided_on is None or not _is_federal(draft.state, draft.event.party):
        return
    decided_on, calendar = act.decided_on, _calendar(draft)
    due_on = _known(lambda: notification_due(calendar, decided_on))
    if due_on is not None and act.notified_on > due_on:
        _open(draft, "notified-late", NOTIFICATION_ARTICLE, due_on=due_on, notified_on=act.notified_on)


def _check_effect(draft: Draft, payload: Decision, act: Act) -> None:
    """A decision takes effect on the day of its notification or later, and not before it is recorded unless said so.

    A benefit recorded late harms nobody; what takes a right away had been unseen until then.
    """
    if payload.from_on < act.notified_on:
        raise TermNotKept(
            f"the decision would take effect on {payload.from_on}, before it was notified on {act.notified_on}",
            field="/from_on",
            cure="let it take effect on the day of its notification or later",
            article=EFFECT_ARTICLE,
            notified_on=act.notified_on,
        )
    if _takes_away(payload):
        _find_recorded_late(draft, payload.from_on)


def _is_transcript(state: State, payload: Payload) -> bool:
    """Whether the permit is a copy that no authority has decided on: it follows a list, which is always late."""
    permit = _permit_value(state, payload)
    return permit is not None and "transcribed" in permit and "confirmed_by" not in permit


def _takes_away(payload: Decision) -> bool:
    if isinstance(payload, AuthorisationChanged | AuthorisationTransferred):
        return payload.decides is None
    return isinstance(payload, AuthorisationSuspended | AuthorisationRevoked)


def _find_recorded_late(draft: Draft, effective_on: str) -> None:
    today = _today(draft.state, draft.event.payload)
    if effective_on < today:
        _open(draft, "act-recorded-late", EFFECT_ARTICLE, effective_on=effective_on, recorded_on=today)


def _find_validity(draft: Draft, payload: Decision) -> None:
    """Permits and renewals last no longer than the activity's validity, or than the grant did (RLGPGIR 58, 59)."""
    if not _is_federal(draft.state, payload.party):
        return
    if isinstance(payload, AuthorisationGranted):
        validity = find_validity(payload.scope.activities, payload.from_on)
        if validity is not None:
            last = _known(lambda: validity_last_day(_calendar(draft), payload.from_on, validity))
            _find_excess(draft, payload.to_on, last, validity.article)
    elif isinstance(payload, AuthorisationRenewed):
        _find_excess(draft, payload.to_on, _known(lambda: _renewal_end(draft, payload)), RENEWAL_ARTICLE)


def _renewal_end(draft: Draft, payload: AuthorisationRenewed | AuthorisationRenewalClaimed) -> str | None:
    """The last day to which the permit, as it stood, may be renewed."""
    permit = _permit_value(draft.state, payload)
    if permit is None:
        return None
    grant = permit["timeline"][0]
    to_on = _granted_last_day(permit)
    return renewed_until(_calendar(draft), grant["from_on"], grant["to_on"], to_on)


def _granted_last_day(permit: Value) -> str:
    """The last day that the authority gave, leaving aside what the holder claims."""
    return str(next(line["to_on"] for line in reversed(permit["timeline"]) if "to_on" in line))


def _find_excess(draft: Draft, to_on: str, last: str | None, article: str) -> None:
    if last is not None and to_on > last:
        _open(draft, "validity-too-long", article, to_on=to_on, last_on=last)


def _find_window(draft: Draft, payload: ApplicationSubmitted) -> None:
    """A renewal asked for too early or too late is asked for all the same; the authority may refuse it."""
    permit = _permit_value(draft.state, payload)
    if permit is None or not _is_federal(draft.state, payload.to):
        return
    today, calendar = _today(draft.state, payload), _calendar(draft)
    to_on = _last_day(permit, today)
    try:
        window = renewal_window(calendar, to_on)
    except CalendarUnknown:
        return
    if not window.first_on <= today <= window.last_on:
        facts = {"first_on": window.first_on, "last_on": window.last_on}
        _open(draft, "renewal-outside-window", RENEWAL_ARTICLE, **facts)


def _check_request(draft: Draft, payload: ApplicationInformationRequired) -> None:
    case, today = _case(draft), _today(draft.state, payload)
    if today > payload.answer_by:
        raise _too_late_to_ask(f"the answer is asked for by {payload.answer_by}, which has passed", today)
    if case is None:
        return
    _check_in_first_third(case, payload)
    _check_not_silent(case, today)
    earliest = answer_first_deadline(case.calendar, payload.act.notified_on)
    if payload.answer_by < earliest:
        raise TermNotKept(
            f"an answer may be asked for {ANSWER_BUSINESS_DAYS_MIN} business days after the notification at the"
            f" earliest: {earliest}",
            field="/answer_by",
            cure=f"ask for the answer by {earliest} or later",
            article=ANSWER_ARTICLE,
            earliest_on=earliest,
        )
    _find_short_period(draft, case, payload)
    _find_recorded_late(draft, payload.act.notified_on)


def _check_in_first_third(case: Case, payload: ApplicationInformationRequired) -> None:
    if case.term is None:
        return
    last = request_last_day(case.calendar, case.filed_on, case.term)
    if not case.filed_on <= payload.act.notified_on <= last:
        raise TermNotKept(
            f"information may be required in the first third of the term alone, until {last}",
            field="/act/notified_on",
            cure="decide on the application as it is: it cannot be dismissed as incomplete any more",
            article=ANSWER_ARTICLE,
            first_on=case.filed_on,
            last_on=last,
        )


def _check_not_silent(case: Case, today: str) -> None:
    """A request that is recorded after silence has granted what was asked for takes it away from nobody."""
    due_on = case.due_on() if case.term is not None and case.term.silence == "granted" else None
    if due_on is not None and today > due_on:
        raise _too_late_to_ask(f"silence granted what was asked for: the term ended on {due_on}", today)


def _too_late_to_ask(reason: str, today: str) -> TermNotKept:
    cure = "decide on the application as it is"
    return TermNotKept(reason, field="/answer_by", cure=cure, article=ANSWER_ARTICLE, today=today)


def _find_short_period(draft: Draft, case: Case, payload: ApplicationInformationRequired) -> None:
    if case.term is None:
        return
    fair = answer_fair_deadline(case.calendar, payload.act.notified_on, case.term)
    if payload.answer_by < fair:
        _open(draft, "answer-period-short", "RLGPGIR 54 I", answer_by=payload.answer_by, fair_by=fair)


def _check_answer(draft: Draft) -> None:
    """After its last day an answer does not stop the dismissal (LFPA 17-A ¶1)."""
    case = _case(draft)
    if case is None or "required" not in case.application:
        return
    last, today = case.application["required"]["answer_by"], _today(draft.state, draft.event.payload)
    # Within the day that the authority set nothing is counted, so no calendar is asked for.
    if today > last and today > (last := _answer_last_day(case)):
        raise TermNotKept(
            f"the answer was due on {last}",
            cure="apply anew: the authority dismisses this application",
            article=ANSWER_ARTICLE,
            last_on=last,
        )


def _answer_last_day(case: Case) -> str:
    """Where the day that the authority set is no business day, the next one (LFPA 29)."""
    return roll_forward(case.calendar, case.application["required"]["answer_by"])


def _check_refusal(draft: Draft, payload: ApplicationRefused) -> None:
    day = _decision_day(payload.act)
    if payload.ground == "unanswered":
        _check_unanswered(draft, day)
        return
    case = _case(draft)
    if case is None:
        return
    if payload.ground == "merits" and case.term is not None and case.term.silence == "granted":
        _check_not_granted(case, case.term, day)
    else:
        _find_lateness(draft, payload.act)


def _check_unanswered(draft: Draft, day: str) -> None:
    """Nobody dismisses before the day that it set itself; the federation, not before the next business day."""
    case, application = _case(draft), _application_value(draft.state, draft.event.payload)
    if application is None:
        return
    last: str = application["required"]["answer_by"] if case is None else _answer_last_day(case)
    if day <= last:
        raise TermNotKept(
            f"the applicant may answer until {last}",
            field="/ground",
            cure="wait until that day has passed, or decide on the merits",
            article=ANSWER_ARTICLE,
            last_on=last,
        )


def _check_not_granted(case: Case, term: DecisionTerm, day: str) -> None:
    due_on = case.due_on()
    if due_on is not None and day > due_on:
        raise TermNotKept(
            f"silence granted what was asked for: the term ended on {due_on}",
            field="/act",
            cure="record the renewal, or begin the procedure of revocation",
            article=term.silence_article,
            due_on=due_on,
        )


def _find_lateness(draft: Draft, act: Act) -> None:
    """An authority that lets its term pass still owes the decision (LFPA 16 X, 17); it is only late."""
    case = _case(draft)
    due_on = _known(case.due_on) if case is not None else None
    if case is not None and case.term is not None and due_on is not None and _decision_day(act) > due_on:
        _open(draft, "decided-late", case.term.article, due_on=due_on, decided_on=_decision_day(act))


def _check_claim(draft: Draft, payload: AuthorisationRenewalClaimed) -> None:
    """Silence renews what was asked for in time, from the day after the term, and for as long again (RLGPGIR 59)."""
    case, permit = _case(draft), _permit_value(draft.state, payload)
    if case is None or permit is None:
        raise _unclaimable("no silence of this authority renews a permit", "/application")
    if permit_as_of(permit, case.filed_on).scope["waste_classes"] != ["RP"]:
        raise _unclaimable("the permit is not the federation's to renew", "/authorisation")
    window = renewal_window(case.calendar, _granted_last_day(permit))
    if not window.first_on <= case.filed_on <= window.last_on:
        raise _unclaimable("the renewal was not asked for in its window", "/application", last_on=window.last_on)
    due_on, today = case.due_on(), _today(draft.state, payload)
    if due_on is None or today <= due_on:
        raise _unclaimable("the authority may still decide", "/application", due_on=due_on)
    if payload.from_on <= due_on:
        raise _unclaimable("silence renews nothing before the term has ended", "/from_on", due_on=due_on)
    last = _renewal_end(draft, payload)
    if last is not None and payload.to_on > last:
        raise _unclaimable("a renewal lasts as long as the permit was granted for", "/to_on", last_on=last)


def _unclaimable(reason: str, field: str, **facts: str | None) -> TermNotKept:
    return TermNotKept(reason, field=field, cure="ask for the authority's decision", article=RENEWAL_ARTICLE, **facts)


def _open(draft: Draft, requirement: str, article: str, **facts: str) -> None:
    """A finding about who signed the statement, on the application or permit that it is about."""
    payload = draft.event.payload
    subject = _application_id(payload) or payload.main_subject()
    draft.open_finding(requirement, party=payload.party, subject=subject, article=article, **facts)


_CONCERNS: Final[frozenset[type[Payload]]] = frozenset(
    {
        *get_args(Decision),
        AuthorisationStayed,
        AuthorisationStayLifted,
        AuthorisationConfirmed,
        ApplicationSubmitted,
        *_ON_APPLICATION,
        ApplicationInspected,
        ApplicationWithdrawn,
        OrderIssued,
        FilingAnswered,
        InspectionOrdered,
        InspectionClosed,
        CaseOpened,
        CaseClosed,
    }
)
PROCEDURE_CHECK: Final = Check("procedure", _touches, _follows, _check_procedure, _CONCERNS)
"""Terms, notification and effect: raises TermNotKept or CalendarUnknown, or opens findings."""

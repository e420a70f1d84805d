"""The terms of the procedure by which permits are asked for, decided, renewed and transferred: tables and arithmetic.

The tables are federal: LFPA binds the federal administration alone (LFPA 1), and RLGPGIR what SEMARNAT permits. What a
state permits has terms of the state's own law, of which there is no table here yet: nothing is computed for it.

Each row is dated, and is chosen by the day on which the procedure began. Where the texts leave room, these readings
hold (``docs/adr/0010-the-law-of-certification-is-checks-over-the-log.md``):

* A term begins on the business day after filing or notification (LFPA 17-B, 38); its last day is still in time.
* Who asks for several activities waits for the longest of their terms, and has the shortest of their validities.
* A request for information is made on the day it is notified; a third with a fraction is rounded up (LFPA 17-A).
* From the day after that notification the term stands still. It runs on with the business day after the answer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from certification.business_days import (
    Calendar,
    add_business_days,
    add_years,
    business_days_between,
    subtract_business_days,
)
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value

Silence = Literal["granted", "refused", "dismissed"]
"""What the law takes silence for: the authority's, or the applicant's who is asked for information."""

ANSWER_BUSINESS_DAYS_MIN: Final = 5
ANSWER_ARTICLE: Final = "LFPA 17-A"
NOTIFICATION_BUSINESS_DAYS: Final = 10
NOTIFICATION_ARTICLE: Final = "LFPA 39"
RENEWAL_BUSINESS_DAYS_BEFORE: Final = 45
RENEWAL_ARTICLE: Final = "RLGPGIR 59"
NO_TERM_ARTICLE: Final = "RLGPGIR 110"
"""Export: ten business days from a consent that is given abroad."""
OPEN_STAGES: Final = frozenset({"submitted", "information_required", "answered", "inspected"})
"""Stages of an application that waits for its decision."""

_REGULATION_FROM: Final = "2006-12-30"
"""Thirty days after DOF 30-11-2006 (RLGPGIR, first transitory article)."""
_ASKS_OF_SCOPE: Final = frozenset({"grant", "change"})


@dataclass(frozen=True, slots=True)
class DecisionTerm:
    """How long the authority may take, from the day after filing, and what its silence means; dates inclusive."""

    asks: frozenset[str]
    activities: frozenset[str] | None
    business_days: int
    article: str
    silence: Silence
    silence_article: str
    from_on: str = _REGULATION_FROM
    to_on: str | None = None


@dataclass(frozen=True, slots=True)
class Validity:
    """For how many years at most an activity is permitted at a time."""

    activities: frozenset[str]
    years_max: int
    article: str
    from_on: str = _REGULATION_FROM
    to_on: str | None = None


def _of_scope(business_days: int, article: str, *activities: str) -> DecisionTerm:
    return DecisionTerm(_ASKS_OF_SCOPE, frozenset(activities), business_days, article, "refused", "LFPA 17")


DECISION_TERMS: Final = (
    _of_scope(21, "RLGPGIR 55 I", "collection", "storage"),
    _of_scope(30, "RLGPGIR 55 II", "transport"),
    _of_scope(45, "RLGPGIR 55 IV", "reuse", "repurposing", "dismantling", "recycling", "treatment", "disposal"),
    # Export has no term from filing: it runs from the consent of the country of destination, outside the log.
    _of_scope(20, "RLGPGIR 110", "import"),
    DecisionTerm(frozenset({"renewal"}), None, 30, RENEWAL_ARTICLE, "granted", RENEWAL_ARTICLE),
    DecisionTerm(frozenset({"transfer"}), None, 10, "RLGPGIR 64", "refused", "RLGPGIR 64"),
)
VALIDITIES: Final = (
    Validity(frozenset({"disposal"}), 25, "RLGPGIR 58 I"),
    Validity(
        frozenset({"collection", "storage", "transport", "reuse", "repurposing", "recycling", "treatment"}),
        10,
        "RLGPGIR 58 II",
    ),
    Validity(frozenset({"dismantling"}), 5, "RLGPGIR 58, last paragraph"),
    Validity(frozenset({"import", "export"}), 1, "RLGPGIR 111"),
)


@dataclass(frozen=True, slots=True)
class Stop:
    """A request for information: the day it was notified, and the day of the answer, None while there is none."""

    required_on: str
    answered_on: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """From which day to which day something may be asked for; both included."""

    first_on: str
    last_on: str


def find_decision_term(asks: str, activities: Collection[str], filed_on: str) -> DecisionTerm | None:
    """The term for what was asked for on that day: the longest of the activities'; None where no table gives one."""
    terms = [
        term
        for term in DECISION_TERMS
        if asks in term.asks
        and _in_force(term, filed_on)
        and (term.activities is None or not term.activities.isdisjoint(activities))
    ]
    return max(terms, key=lambda term: term.business_days, default=None)


def find_validity(activities: Collection[str], from_on: str) -> Validity | None:
    """The validity for a permit that begins on that day: the shortest of its activities'."""
    found = [v for v in VALIDITIES if _in_force(v, from_on) and not v.activities.isdisjoint(activities)]
    return min(found, key=lambda validity: validity.years_max, default=None)


def _in_force(row: DecisionTerm | Validity, day: str) -> bool:
    return row.from_on <= day and (row.to_on is None or day <= row.to_on)


def decision_due(calendar: Calendar, filed_on: str, term: DecisionTerm, stop: Stop | None = None) -> str | None:
    """The last day on which the authority may decide; silence counts from the day after. None while the term stops.

    Raises:
        CalendarUnknown: the term reaches into a year of which nothing is known.
    """
    due_on = add_business_days(calendar, filed_on, term.business_days)
    if stop is None:
        return due_on
    if stop.answered_on is None:
        return None
    return add_business_days(calendar, stop.answered_on, business_days_between(calendar, stop.required_on, due_on))


def request_last_day(calendar: Calendar, filed_on: str, term: DecisionTerm) -> str:
    """The last day on which a request for information may be notified: the first third's (LFPA 17-A ¶2)."""
    return add_business_days(calendar, filed_on, first_third(term))


def first_third(term: DecisionTerm) -> int:
    """Business days of the first third of a term; a fraction of a day counts as a whole one (LFPA 17-A ¶2)."""
    return -(-term.business_days // 3)


def answer_first_deadline(calendar: Calendar, required_on: str) -> str:
    """The earliest day that a request may set for its answer: the fifth business day after it (LFPA 17-A ¶1)."""
    return add_business_days(calendar, required_on, ANSWER_BUSINESS_DAYS_MIN)


def answer_fair_deadline(calendar: Calendar, required_on: str, term: DecisionTerm) -> str:
    """The day that a request should set: a period like that of the request, a third of the term (RLGPGIR 54 I)."""
    return add_business_days(calendar, required_on, max(first_third(term), ANSWER_BUSINESS_DAYS_MIN))


def notification_due(calendar: Calendar, decided_on: str) -> str:
    """The last day on which an act that was issued that day may be notified (LFPA 39)."""
    return add_business_days(calendar, decided_on, NOTIFICATION_BUSINESS_DAYS)


def renewal_window(calendar: Calendar, to_on: str) -> Window:
    """When the renewal of a permit whose last day is ``to_on`` may be asked for (RLGPGIR 59 I).

    From the same number of day a year before, to the 45th business day before.
    """
    return Window(add_years(calendar, to_on, -1), subtract_business_days(calendar, to_on, RENEWAL_BUSINESS_DAYS_BEFORE))


def renewed_until(calendar: Calendar, from_on: str, granted_to_on: str, to_on: str) -> str:
    """The last day of a renewal: ``to_on`` and as long again as the permit was first granted for (RLGPGIR 59)."""
    years = int(granted_to_on[:4]) - int(from_on[:4])
    first, last = date.fromisoformat(from_on), date.fromisoformat(granted_to_on)
    whole = add_years(calendar, from_on, years) in (granted_to_on, (last + timedelta(1)).isoformat())
    if years and whole:
        return add_years(calendar, to_on, years)
    return (date.fromisoformat(to_on) + (last - first)).isoformat()


def validity_last_day(calendar: Calendar, from_on: str, validity: Validity) -> str:
    """The last day for which a permit from that day on may be granted."""
    return add_years(calendar, from_on, validity.years_max)


@dataclass(frozen=True, slots=True)
class Clock:
    """One term that runs, for people: whose turn it is, until when, and what silence means.

    ``due_on`` is None while nobody can say it: the term stands still (``stopped_on`` is the day on which it was
    stopped), or no table of ours has it. ``days_left`` counts business days after ``today``, so it is 0 on the last day
    and stays 0 when the term has ``lapsed``.
    """

    name: Literal["decision", "information_request", "answer", "renewal_window"]
    runs_for: Literal["authority", "applicant"]
    article: str
    started_on: str
    due_on: str | None
    stopped_on: str | None
    silence: Silence | None
    silence_article: str | None
    days_left: int | None
    lapsed: bool


def clocks_of(application: Value, calendar: Calendar, today: str) -> list[Clock]:
    """The terms that run for an application on ``today``; none once it is decided or withdrawn.

    ``application`` is its state value, addressed to a federal authority; ``calendar`` has the years from its filing to
    the year after ``today``. For an authority of a state no term is known (LFPA 1), so call this not at all.

    Raises:
        CalendarUnknown: a term reaches into a year of which nothing is known.
    """
    if application["stage"] not in OPEN_STAGES:
        return []
    filed_on = filed_day(application)
    term = find_decision_term(application["asks"], activities_of(application), filed_on)
    stop = find_stop(application)
    clocks = [_decision_clock(calendar, today, filed_on, term, stop)]
    if stop is None and term is not None:
        clocks.append(_request_clock(calendar, today, filed_on, term))
    if stop is not None and stop.answered_on is None:
        clocks.append(_answer_clock(calendar, today, stop, application["required"]["answer_by"]))
    return clocks


def renewal_clock(calendar: Calendar, to_on: str, today: str) -> Clock:
    """The window in which a permit's holder may ask for its renewal; ``days_left`` is None before it opens."""
    window = renewal_window(calendar, to_on)
    opened = window.first_on <= today
    return Clock(
        "renewal_window",
        "applicant",
        RENEWAL_ARTICLE,
        window.first_on,
        window.last_on,
        None,
        None,
        None,
        business_days_between(calendar, today, window.last_on) if opened else None,
        today > window.last_on,
    )


def _decision_clock(
    calendar: Calendar, today: str, filed_on: str, term: DecisionTerm | None, stop: Stop | None
) -> Clock:
    due_on = decision_due(calendar, filed_on, term, stop) if term else None
    stopped_on = stop.required_on if stop is not None and stop.answered_on is None else None
    return Clock(
        "decision",
        "authority",
        term.article if term else NO_TERM_ARTICLE,
        filed_on,
        due_on,
        stopped_on,
        term.silence if term else None,
        term.silence_article if term else None,
        business_days_between(calendar, today, due_on) if due_on else None,
        due_on is not None and today > due_on,
    )


def _request_clock(calendar: Calendar, today: str, filed_on: str, term: DecisionTerm) -> Clock:
    """After it the authority cannot dismiss the application as incomplete any more: its silence loses only that."""
    due_on = request_last_day(calendar, filed_on, term)
    left = business_days_between(calendar, today, due_on)
    return Clock(
        "information_request", "authority", ANSWER_ARTICLE, filed_on, due_on, None, None, None, left, today > due_on
    )


def _answer_clock(calendar: Calendar, today: str, stop: Stop, answer_by: str) -> Clock:
    return Clock(
        "answer",
        "applicant",
        ANSWER_ARTICLE,
        stop.required_on,
        answer_by,
        None,
        "dismissed",
        ANSWER_ARTICLE,
        business_days_between(calendar, today, answer_by),
        today > answer_by,
    )


def filed_day(application: Value) -> str:
    """The day on which an application was filed, where the authority's office is taken to be: in Mexico City."""
    return legal_day(application["submitted_at"], None)


def activities_of(application: Value) -> list[str]:
    """The activities an application is about, as far as it names a scope itself."""
    return list(application.get("scope", {}).get("activities", []))


def find_stop(application: Value) -> Stop | None:
    """The request for information that stopped the term, and its answer."""
    required = application.get("required")
    if required is None:
        return None
    answered_at = application.get("answered_at")
    return Stop(required["notified_on"], legal_day(answered_at, None) if answered_at is not None else None)

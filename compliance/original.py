"""The paper original of a hazardous load: where it is, and by when the consignor must have it back.

The carrier's original goes to the consignee and comes back signed by all; a consignor that lacks it sixty natural days
after the carrier took the load must tell SEMARNAT (RLGPGIR 86 IV). No text says that an electronic reception counts,
so none stops this clock: ``paper.returned`` does. It runs for the federal manifest alone (LGPGIR 9 III): never for the
neutral paper of special-handling waste.

What only time brings about is computed when somebody reads; a return after its day is an event, and opens a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from certification.business_days import Calendar, add_business_days, calendar_keys, calendar_of, roll_forward
from certification.procedure import FEDERAL
from compliance.law import Law, law_keys, law_on
from compliance.purpose import PURPOSES, PurposeClock, Waste, clocks_of
from compliance.reason import Words
from ledger.domain.paper import PaperReturned
from ledger.domain.payload import act_key, site_key
from ledger.domain.values import PaperForm
from ledger.errors import CalendarUnknown
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL_REGIME
from ledger.fold.state import Draft, State, Value

MANIFEST: Final[PaperForm] = "manifest"
_RETURN_CLOCK: Final = "original-back"
_BACK: Final = "original_back_natural_days"
BEFORE_ANY_REGIME: Final = law_on({}, "2006-12-30")
_CALENDAR_DAYS: Final = 40
"""After the term: room for closed days to roll over, and the days in which to tell."""
_TERM_DAYS_MAX: Final = 366
"""No regime that gives more is foreseen; of a later return nobody would say here that it was late."""

Stage = Literal["not-issued", "issued", "awaiting-return", "scanned", "overdue", "returned"]
"""``issued``: printed, and the load still there; ``scanned``: on the way or received, and photographed as signed in
ink; ``overdue``: the day has passed; ``returned``, in time or not."""
Step = Literal["issue-paper", "scan-paper", "get-original-back", "tell-authority"]

STEPS: Final[Mapping[Step, Words]] = {
    "issue-paper": Words(
        "Imprima el manifiesto y regístrelo con su número, o registre la foto del que se llenó a mano.",
        "Print the manifest and register it with its number, or register the photo of the one filled in by hand.",
    ),
    "scan-paper": Words(
        "Fotografíe el manifiesto firmado y registre la foto; el original debe regresar al remitente.",
        "Photograph the signed manifest and register the photo; the original must come back to the consignor.",
    ),
    "get-original-back": Words(
        "Pida al destinatario el original firmado y registre su regreso; la recepción electrónica no lo sustituye.",
        "Ask the consignee for the signed original and register its return; an electronic reception does not replace"
        " it.",
    ),
    "tell-authority": Words(
        "Informe a SEMARNAT que no tiene el original firmado (art. 86 IV del Reglamento de la LGPGIR) y registre el"
        " original en cuanto regrese.",
        "Tell SEMARNAT that you lack the signed original (RLGPGIR 86 IV), and register the original once it is back.",
    ),
}


@dataclass(frozen=True, slots=True)
class Original:
    """Where the original of one load stands on a day. Days are spelled ``2026-11-02``.

    Attributes:
        stage: how far it has come.
        number: the manifest's running number, once it is registered.
        picked_up_on: the legal day on which the first unit was picked up; the clock starts then.
        due_on: the last day on which the original is back in time; None before the clock starts.
        tell_by: the day by which policy asks the consignor to tell SEMARNAT, if it is not back.
        returned_on: the legal day on which it was back.
        days_left: natural days until ``due_on``, none once it has passed; None while no clock runs.
        remind: whether the return should be asked for: its day is near, or has passed.
        step: what to do next; None when nothing is left to do.
    """

    stage: Stage
    number: str | None = None
    picked_up_on: str | None = None
    due_on: str | None = None
    tell_by: str | None = None
    returned_on: str | None = None
    days_left: int | None = None
    remind: bool = False
    step: Step | None = None

    @property
    def late(self) -> bool:
        """Whether it is back, and came after its day."""
        return self.returned_on is not None and self.due_on is not None and self.returned_on > self.due_on


def find_return_clock(
    act: Value, on: str, waste: Waste | None = None, *, law: Law = BEFORE_ANY_REGIME
) -> PurposeClock | None:
    """The clock by which the original of a consignment that left on that day must be back; None if there is none.

    It is as long as ``law``, that of the day, makes it.

    It runs for hazardous waste: by the purpose, by ``waste`` (the stricter class of the units, if known), by what was
    picked up, or since a manifest was registered. A manifest printed for special-handling waste makes no federal load
    of it.
    """
    purpose = act["purpose"]
    if purpose not in PURPOSES:
        return None
    registered = purpose != "waste_rme" and MANIFEST in act.get("papers", {})
    if waste is None and (registered or "waste_class" in act):
        waste = "RP"
    clocks = clocks_of(purpose, on, waste=waste)
    return next((clock.under(law) for clock in clocks if clock.name == _RETURN_CLOCK), None)


def original_due(calendar: Calendar, picked_up_on: str, clock: PurposeClock) -> str:
    """The last of the natural days after the pick-up, or the next business day if it is none (LFPA 29 ¶2).

    Raises:
        CalendarUnknown: nothing is known of that year.
    """
    return roll_forward(calendar, _later(picked_up_on, clock.length))


def days_of_calendar(act: Value, law: Law = BEFORE_ANY_REGIME) -> list[str]:
    """The days between which ``find_original`` counts by this law; none before the pick-up.

    ``calendar_of(state, FEDERAL, days_of_calendar(act, law))`` is the calendar that it takes.
    """
    picked_up_at = act.get("picked_up_at")
    if picked_up_at is None:
        return []
    first = _later(legal_day(picked_up_at, None), -1)
    return [first, _later(first, law.number(_BACK) + _CALENDAR_DAYS)]


def find_original(
    act: Value,
    calendar: Calendar,
    on: str,
    *,
    law: Law = BEFORE_ANY_REGIME,
    site: Value | None = None,
    waste: Waste | None = None,
) -> Original | None:
    """Where the original of a consignment (its state value) stands on the day ``on``; None if there need not be one.

    ``law`` is that of the day of its pick-up, and says how long the terms are; ``site`` is the state value of the site
    from which it left, in whose time zone its days run; ``waste`` the stricter class of its units, where that is known.

    Raises:
        CalendarUnknown: the term reaches into a year of which nothing is known.
    """
    picked_up_on = legal_day(act["picked_up_at"], site) if "picked_up_at" in act else None
    clock = find_return_clock(act, picked_up_on or on, waste, law=law)
    # what the consignee alone says was handed over asks nothing of the consignor that it names
    if act["stage"] in ("cancelled", "claimed") or clock is None:
        return None
    paper = act.get("papers", {}).get(MANIFEST, {})
    number = paper.get("number")
    if act["stage"] in ("offering", "offered"):
        return Original("issued", number) if paper else Original("not-issued", step="issue-paper")
    # nobody stated a pick-up of what was entered from paper, or what the consignor brought itself
    due_on = original_due(calendar, picked_up_on, clock) if picked_up_on else None
    tell_by = add_business_days(calendar, due_on, law.number("original_tell_business_days")) if due_on else None
    if "returned_at" in paper:
        returned_on = legal_day(paper["returned_at"], site)
        return Original("returned", number, picked_up_on, due_on, tell_by, returned_on)
    stage, step = _on_the_way(paper, overdue=due_on is not None and on > due_on)
    days_left = max(_days_between(on, due_on), 0) if due_on else None
    remind = days_left is not None and days_left <= law.number("original_warn_natural_days")
    return Original(stage, number, picked_up_on, due_on, tell_by, None, days_left, remind, step)


def _on_the_way(paper: Value, *, overdue: bool) -> tuple[Stage, Step]:
    if overdue:
        return "overdue", "tell-authority"
    if not paper:
        return "not-issued", "issue-paper"
    return ("scanned", "get-original-back") if paper.get("scanned_by") else ("awaiting-return", "scan-paper")


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def _days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def _act_of_return(state: State, event: Event) -> Value | None:
    """The consignment, picked up by somebody, whose manifest this statement says is back."""
    payload = event.payload
    if not isinstance(payload, PaperReturned) or payload.form != MANIFEST:
        return None
    act = state.get(act_key(payload.consignment))
    return act if act is not None and "picked_up_at" in act else None


def _follows(state: State, event: Event) -> list[str]:
    act = _act_of_return(state, event)
    return [*law_keys(state), *calendar_keys(FEDERAL, _days_at_most(act))] if act is not None else []


def _days_at_most(act: Value) -> list[str]:
    """As ``days_of_calendar``, where the law is not known yet."""
    first = legal_day(act["picked_up_at"], None)
    return [_later(first, -1), _later(first, _TERM_DAYS_MAX)]


def _check_return(draft: Draft) -> None:
    """Open a finding when the original came back after its day; without a calendar nobody can say so."""
    payload = draft.event.payload
    act = _act_of_return(draft.state, draft.event)
    if act is None:
        return
    site = draft.state.get(site_key(payload.site)) if payload.site else None
    picked_up_on, returned_on = legal_day(act["picked_up_at"], site), legal_day(payload.occurred_at, site)
    clock = find_return_clock(act, picked_up_on, law=law_on(draft.state, picked_up_on))
    if clock is None:
        return
    try:
        due_on = original_due(calendar_of(draft.state, FEDERAL, _days_at_most(act)), picked_up_on, clock)
    except CalendarUnknown:
        return
    if returned_on > due_on:
        draft.open_finding(
            "original-returned-late",
            party=act["consignor"],
            subject=payload.main_subject(),
            article=clock.article,
            picked_up_on=picked_up_on,
            due_on=due_on,
            returned_on=returned_on,
        )


ORIGINAL_CHECK: Final = Check(
    "original", lambda _: [FEDERAL_REGIME], _follows, _check_return, concerns=frozenset({PaperReturned})
)
"""Opens ``original-returned-late``."""

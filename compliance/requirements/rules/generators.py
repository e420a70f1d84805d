"""Generators: a year's mass beyond the category that the register has (R10), and own waste recycled on site (R31)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from certification.business_days import add_business_days, calendar_keys
from certification.scope import held_permits, permit_ids
from compliance.generator import category_of, is_above, registered_category
from compliance.requirements.rule import Facts, Lapse, Rule
from compliance.tally import generated, generated_in, generation_key
from ledger.domain.correction import EventCorrected
from ledger.domain.filing import generator_key
from ledger.domain.life import UnitClassified, UnitDiscarded, UnitRegistered
from ledger.domain.matter import BatchClosed, BatchFed
from ledger.domain.payload import Payload, act_key, permits_key, unit_key
from ledger.errors import CalendarUnknown
from ledger.event import Event
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL
from ledger.fold.state import State, Value

_PROCESSES: Final = frozenset({"recycling", "treatment"})


def _find_category(facts: Facts) -> Iterable[Lapse]:
    """Told when a statement brings a year into a category above that of the register, and not at each one after it.

    Who is in no register is found as it offers (R09).
    """
    for party, year in _years_counted(facts):
        registered = registered_category(facts.before, party, facts.on)
        if registered is None:
            continue
        generated_g = generated_in(facts.after(generation_key(party, year)), facts.before).g
        category = category_of(generated_g, facts.law)
        before = category_of(generated(facts.before, party, year).g, facts.law)
        if is_above(category, before) and is_above(category, registered):
            last_year = category_of(generated(facts.before, party, int(year) - 1).g, facts.law)
            stated = {"year": year, "generated_g": generated_g, "category": category, "registered": registered}
            yield Lapse(party, party, {**stated, "second_year": is_above(last_year, registered)}, happened=True)


def _years_counted(facts: Facts) -> Iterator[tuple[str, str]]:
    """The parties and years whose count the statement changed: this year and the last, which no report closes yet."""
    parties = _parties(facts.before, facts.event)
    for key in facts.draft.changes:
        family, _, rest = key.partition("/")
        party, _, year = rest.partition("/")
        if family == "generation" and party in parties and int(year) >= int(facts.on[:4]) - 1:
            yield party, year


def _parties(state: State, event: Event) -> list[str]:
    """The signer, and who generated the units that it speaks of."""
    parties = {event.party: None}
    for subject in event.payload.extends:
        unit = state.get(subject.key) if subject.key.startswith("unit/") else None
        if unit is not None and "generated" in unit:
            parties[unit["generated"]["by"]] = None
    return list(parties)


def _registers(state: State, event: Event) -> Iterable[str]:
    year = int(legal_day(event.payload.occurred_at, None)[:4])
    for party in _parties(state, event):
        yield generator_key(party)
        # the year before last, of a site that is a year behind or ahead for an hour
        yield from (generation_key(party, year + n) for n in range(-3, 2))


def _find_unannounced(facts: Facts) -> Iterable[Lapse]:
    """Own hazardous waste fed where it was generated, without a permit to process it, too soon after the report."""
    fed = facts.payload
    batch = facts.before.get(act_key(fed.batch)) if isinstance(fed, BatchFed) else None
    if not isinstance(fed, BatchFed) or batch is None or _may_process(facts):
        return
    site = batch.get("site", fed.site)
    own = [unit for unit in _own_waste(facts, fed) if unit["generated"].get("site") == site]
    if own and not any(_has_lain(facts, note["at"]) for note in _notices(batch)):
        yield Lapse(fed.party, fed.batch, {"units": len(own)}, happened=True)


def _own_waste(facts: Facts, fed: BatchFed) -> Iterator[Value]:
    """The hazardous waste that the party generated itself, other than by a process."""
    for link in fed.units:
        unit = facts.before.get(unit_key(link.id)) or {}
        is_own = unit.get("generated", {}).get("by") == fed.party and "processed_by" not in unit
        if is_own and facts.law.class_of(unit) == "RP":
            yield unit


def _notices(batch: Value) -> list[Value]:
    return [note for note in batch.get("filings", ()) if note["subject"] == "on_site_recycling"]


def _may_process(facts: Facts) -> bool:
    permits = held_permits(facts.before, facts.payload.party, facts.on).values()
    return any(
        permit.standing == "in-force"
        and "RP" in permit.scope["waste_classes"]
        and not _PROCESSES.isdisjoint(permit.scope["activities"])
        for permit in permits
    )


def _has_lain(facts: Facts, filed_at: int) -> bool:
    """Whether the report has lain with the authority for as long as the law asks."""
    filed_on, days = legal_day(filed_at, facts.site), facts.law.number("on_site_notice_business_days")
    try:
        return add_business_days(facts.calendar(_years_around(filed_on, facts.on)), filed_on, days) <= facts.on
    except CalendarUnknown:
        return True


def _years_around(filed_on: str, on: str) -> list[str]:
    """Days from before the report to after the feeding, whatever the site's time zone makes of them."""
    return [f"{int(filed_on[:4]) - 1}-12-31", f"{int(on[:4]) + 1}-01-01"]


def _of_batch(state: State, event: Event) -> Iterable[str]:
    fed = event.payload
    if not isinstance(fed, BatchFed):
        return
    yield from (act_key(permit) for permit in permit_ids(state, fed.party))
    on = legal_day(fed.occurred_at, None)
    for note in _notices(state.get(act_key(fed.batch)) or {}):
        yield from calendar_keys(FEDERAL, _years_around(legal_day(note["at"], None), on))


_COUNTED: Final[frozenset[type[Payload]]] = frozenset(
    {UnitRegistered, UnitDiscarded, UnitClassified, BatchClosed, EventCorrected}
)

RULES: Final = (
    Rule("R10", "category-differs", _COUNTED, _find_category, follows=_registers),
    Rule(
        "R31",
        "on-site-recycling-unannounced",
        frozenset({BatchFed}),
        _find_unannounced,
        touches=lambda event: [permits_key(event.party)],
        follows=_of_batch,
    ),
)

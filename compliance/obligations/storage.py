"""The clock of hazardous waste in store (R01), its extension (R02), and the label that it carries there (R18).

Six months from the discard, over all holders: moving the waste to another store does not interrupt them (LGPGIR 56 ¶2).
The term is that of the law of the day on which it began to run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from certification.business_days import add_business_days, add_months, roll_forward, subtract_business_days
from compliance.obligation import Obligation
from compliance.obligations.days import plus_days
from compliance.obligations.due import due
from compliance.obligations.view import Span, View
from ledger.domain.payload import act_key, party_key
from ledger.fold.state import State, Value


@dataclass(frozen=True, slots=True)
class Term:
    """One term of storage: when it is brought up, its last day, and the business day to which that rolls."""

    warn_on: str
    strict_on: str
    due_on: str


@dataclass(frozen=True, slots=True)
class Extension:
    """What became of one application to extend the term (RLGPGIR 65).

    Attributes:
        filing: its id.
        asked_on: the day on which it was filed.
        ask_by: the last day on which it was in time.
        granted_on: from when on the term is longer; None if it was refused, or asked for too late and not answered.
        by_silence: whether nobody answered in time, which grants it.
    """

    filing: str
    asked_on: str
    ask_by: str
    granted_on: str | None
    by_silence: bool = False


def storage_of(name: str, unit: Value, view: View) -> list[Obligation]:
    """By when the unit has to leave storage, and whether an extension was asked for in time; none if never hazardous.

    Closed once it is treated, disposed of, abroad, lost, stolen or seized, or no hazardous waste by law any more.

    Raises:
        CalendarUnknown: a term reaches into a year of which nothing is known.
    """
    found = find_span(unit, view)
    if found is None:
        return []
    span = found
    term, extensions = _extended(unit, span, view)
    party, closed_on = holder_on(unit, term.due_on, view), left_on(unit, span, view)
    row = due(
        view,
        "R01",
        "storage-term-exceeded",
        party,
        name,
        since_on=span.since_on,
        warn_on=term.warn_on,
        strict_on=term.strict_on,
        due_on=term.due_on,
        closed_on=closed_on,
        events=(unit["head"],),
        facts=_facts(unit, extensions),
    )
    if not extensions:
        return [row]
    return [row, *(_asked(view, row, n, extension) for n, extension in enumerate(extensions, 1))]


def find_span(unit: Value, view: View) -> Span | None:
    """Since when the unit is hazardous waste; None if it never was, or never should have been in the ledger."""
    generated = unit.get("generated")
    if generated is None or unit["stage"] == "annulled":
        return None
    return view.find_hazardous(unit, view.day(generated["at"], generated.get("site")))


def holder_on(unit: Value, on: str, view: View) -> str:
    """Who answered for the waste at the end of the day: its generator, or the last to whose hands it came by then.

    Of what an authority has seized, that is still the party from which it was seized.
    """
    party: str = unit["generated"]["by"]
    for holder, at in unit.get("held", ()):
        if not holder.startswith("pty_") or view.day(at, unit["generated"].get("site")) > on:
            break
        if not is_authority(holder, view.state):
            party = holder
    return party


def is_authority(party: str, state: State) -> bool:
    """Whether the party is an authority: waste that comes to its hands was seized, and is not stored by it."""
    value = state.get(party_key(party)) if party.startswith("pty_") else None
    return value is not None and value["form"] == "authority"


def left_on(unit: Value, span: Span, view: View) -> str | None:
    """The day since which nobody has the unit in store as hazardous waste; None while somebody has."""
    at: int | None = unit.get("lost", unit.get("stolen")) if unit["stage"] == "waste" else unit["head_at"]
    instants = [one for one in (at, _seized_at(unit, view)) if one is not None]
    days = [view.day(one, unit["generated"].get("site")) for one in instants]
    return min([*days, *([span.until_on] if span.until_on is not None else [])], default=None)


def _seized_at(unit: Value, view: View) -> int | None:
    """When an authority took the unit; None unless one has it still.

    Nobody can send away what is seized (LGEEPA 170 I): the duty ends with it, and is there again once it is given back.
    """
    held = unit.get("held", ())
    if not held or not is_authority(held[-1][0], view.state):
        return None
    at: int = held[-1][1]
    return at


def term_from(view: View, since_on: str) -> Term:
    """The term that begins on the day.

    Raises:
        CalendarUnknown: it reaches into a year of which nothing is known.
    """

    def make() -> Term:
        strict_on = add_months(view.calendar, since_on, view.number("storage_months", since_on))
        return _term(view, strict_on, since_on)

    return view.once(("storage", since_on), make)


def _term(view: View, strict_on: str, since_on: str) -> Term:
    warn_on = plus_days(strict_on, -view.number("storage_warn_natural_days", since_on))
    return Term(warn_on, strict_on, roll_forward(view.calendar, strict_on))


def _extended(unit: Value, span: Span, view: View) -> tuple[Term, list[Extension]]:
    """The term with what was granted in addition; only an authority's own word extends it a second time."""
    term = term_from(view, span.since_on)
    extensions: list[Extension] = []
    for filing in unit.get("extensions", ()):
        value = view.state.get(act_key(filing))
        if value is None:
            continue
        extension = _extension(filing, value, term, view, is_first=not any(e.granted_on for e in extensions))
        extensions.append(extension)
        if extension.granted_on is not None:
            key = ("extended", term.strict_on, span.since_on)
            term = view.once(key, partial(_longer, view, term, span.since_on))
    if span.switched_on is not None and term.due_on < span.switched_on:
        # what was no hazardous waste the day before could not be late with it
        term = Term(term.warn_on, span.switched_on, span.switched_on)
    return term, extensions


def _extension_days(view: View, asked_on: str, strict_on: str) -> tuple[str, str]:
    """The last day on which to ask for more than the term, and the last one on which to answer."""
    ask_days = view.number("extension_ask_business_days", asked_on)
    answer_days = view.number("extension_answer_business_days", asked_on)
    return (
        subtract_business_days(view.calendar, strict_on, ask_days),
        add_business_days(view.calendar, asked_on, answer_days),
    )


def _longer(view: View, term: Term, since_on: str) -> Term:
    months = view.number("extension_months", since_on)
    return _term(view, add_months(view.calendar, term.strict_on, months), since_on)


def _extension(filing: str, value: Value, term: Term, view: View, *, is_first: bool) -> Extension:
    asked_on = view.day(value["at"])
    ask_by, answer_by = view.once(
        ("extension", asked_on, term.strict_on), partial(_extension_days, view, asked_on, term.strict_on)
    )
    answered_on = value.get("notified_on") or (view.day(value["answered_at"]) if "answered_at" in value else None)
    outcome = value.get("outcome") if value.get("outcome") != "received" else None
    if outcome == "granted" and (answered_on or "") <= answer_by:
        return Extension(filing, asked_on, ask_by, answered_on)
    if outcome == "refused" and (answered_on or "") <= answer_by:
        return Extension(filing, asked_on, ask_by, None)
    if asked_on <= ask_by and is_first:
        # nobody answered in ten business days: granted, and no later refusal takes it back
        return Extension(filing, asked_on, ask_by, plus_days(answer_by, 1), by_silence=True)
    return Extension(filing, asked_on, ask_by, answered_on if outcome == "granted" else None)


def _asked(view: View, storage: Obligation, number: int, extension: Extension) -> Obligation:
    """Whether it was asked for in time: what was not stands until it is granted all the same, or the waste has left."""
    in_time = extension.asked_on <= extension.ask_by
    return due(
        view,
        "R02",
        "extension-asked-late",
        storage.party,
        storage.subject,
        part=str(number) if number > 1 else "",
        since_on=extension.asked_on,
        warn_on=extension.ask_by,
        strict_on=extension.ask_by,
        due_on=extension.ask_by,
        closed_on=extension.asked_on if in_time else extension.granted_on or storage.closed_on,
        facts={"filing": extension.filing, "granted_on": extension.granted_on, "by_silence": extension.by_silence},
    )


def _facts(unit: Value, extensions: list[Extension]) -> dict[str, Any]:
    facts = {"generator": unit["generated"]["by"]}
    if unit.get("holder", "").startswith("pty_"):
        facts["holder"] = unit["holder"]
    if extensions:
        facts["extensions"] = sum(extension.granted_on is not None for extension in extensions)
    return facts

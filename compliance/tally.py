"""How much waste each party generated in a year, and how much lies at each site and with each party, as counters.

Of every unit that a statement changes, what it contributed before is taken off and what it contributes after is added:
so the counters equal what could be summed from the state of all units, after corrections, withdrawals and
declassifications too. No class is counted, since the class of what nobody determined is a matter of the law of a day:
each line keeps what that law asks about (``ledger.fold.regime.class_of``), and whoever reads the counter names the law.

* Generated is what was discarded, registered as waste or came out of a batch, with its mass as its generator states
  it, in the month of its legal day at the site. What is made of it by hand (``from``) is not generated a second time.
  What ceased to be waste as it was, by reuse or as a product, no longer counts.
* In store is waste that a party holds and neither lost nor had stolen: with the party wherever it is, and at a site
  while it is there. Its mass is that of its last reception, else as described.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import gmtime
from typing import Final, NamedTuple

from compliance.law import law_on
from ledger.domain import custody, life, matter
from ledger.domain.correction import EventAgreed, EventAnnulled, EventCorrected
from ledger.domain.payload import Payload, event_key
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.life import ABROAD, IN_USE
from ledger.fold.regime import class_of
from ledger.fold.state import Draft, State, Value

_DAY_S: Final = 86_400
_UNIT: Final = "unit/"
_MAKES_WASTE: Final = (life.UnitRegistered, life.UnitDiscarded, life.UnitMatched, matter.BatchClosed)
"""Kinds after which what was no waste may be some."""
_CONCERNED: Final = frozenset[type[Payload]](
    {
        *_MAKES_WASTE,
        life.UnitAssessed,
        life.UnitClassified,
        life.UnitDisposed,
        life.UnitExported,
        life.UnitFound,
        life.UnitLost,
        life.UnitRecovered,
        life.UnitRemanufactured,
        life.UnitRepurposed,
        life.UnitReturned,
        life.UnitSeized,
        life.UnitStolen,
        life.UnitStored,
        custody.ConsignmentDelivered,
        custody.ConsignmentPickedUp,
        custody.ConsignmentReceived,
        custody.ConsignmentRedirected,
        custody.ConsignmentReturned,
        custody.ConsignmentStored,
        matter.BatchFed,
        matter.LotMerged,
        matter.LotSplit,
        matter.ProductReleased,
        matter.UnitDismantled,
        EventAgreed,
        EventAnnulled,
        EventCorrected,
    }
)
"""Every kind by which waste comes to be, ceases, moves, weighs otherwise or is of another class or condition."""
_TELL_GENERATION: Final = ("generated", "stage", "mass_g", "waste_class", "condition")
_TELL_STOCK: Final = (
    "stage",
    "holder",
    "site",
    "lost",
    "stolen",
    "mass_g",
    "received_mass_g",
    "waste_class",
    "condition",
)
"""The members of a unit's value on which its contributions depend; the others never change."""
_NOWHERE: Final = frozenset({IN_USE, ABROAD})
_NOT_GENERATED: Final = frozenset({"superseded", "annulled"})
"""Stages of what never was there, or is counted under another id."""


class Amount(NamedTuple):
    """Mass in grams, and of how many units."""

    g: int = 0
    units: int = 0

    def __add__(self, other: object) -> Amount:
        if not isinstance(other, Amount):
            return NotImplemented
        return Amount(self.g + other.g, self.units + other.units)

    def __neg__(self) -> Amount:
        return Amount(-self.g, -self.units)


_NONE: Final = Amount()


@dataclass(frozen=True, slots=True)
class Line:
    """What counted units have in common: all that the law of a day asks to tell their class, and where and when.

    ``site``, ``month`` (``2026-03``) and ``source`` are of their generation; empty in a counter of stock, and where
    unknown. A source is ``imported`` (by who discarded it) or ``process`` (a batch of its generator).
    """

    site: str
    month: str
    source: str
    determined: str
    kind: str
    chemistry: str
    condition: str
    material: str

    def class_by(self, tables: Value) -> str | None:
        """The waste class by the federal tables of a day."""
        unit: Value = {"stage": "waste", "kind": self.kind, "chemistry": self.chemistry, "condition": self.condition}
        if self.determined:
            unit["waste_class"] = self.determined
        if self.material:
            unit["material"] = self.material
        return class_of(unit, tables)


def format_line(line: Line) -> str:
    """The line as the name of a member of a counter."""
    return "|".join(
        (line.site, line.month, line.source, line.determined, line.kind, line.chemistry, line.condition, line.material)
    )


def parse_line(text: str) -> Line:
    """Inverse of ``format_line``; the material, which parties name, comes last."""
    return Line(*text.split("|", 7))


def generation_key(party: str, year: int | str) -> str:
    """State key of what a party generated in a calendar year: ``lines`` to pairs of grams and units."""
    return f"generation/{party}/{year}"


def stock_key(place: str) -> str:
    """State key of the waste in store at a site, or with a party: ``lines`` to pairs of grams and units."""
    return f"stock/{place}"


def amounts_in(counter: Value | None) -> Iterator[tuple[Line, Amount]]:
    """The lines of a counter."""
    for text, (g, units) in (counter or {"lines": {}})["lines"].items():
        yield parse_line(text), Amount(g, units)


def generated(
    state: State,
    party: str,
    year: int | str,
    waste_class: str = "RP",
    *,
    site: str | None = None,
    source: str | None = None,
) -> Amount:
    """What the party generated in the year of a waste class, at one of its sites or in all, of one source or of any.

    ``state`` has ``generation_key`` and the keys of the law.
    """
    return generated_in(state.get(generation_key(party, year)), state, waste_class, site=site, source=source)


def generated_in(
    counter: Value | None, state: State, waste_class: str = "RP", *, site: str | None = None, source: str | None = None
) -> Amount:
    """The same of a counter, by the law that ``state`` has; the class is by the law of the last day of each month."""
    total, tables = Amount(), dict[str, Value]()
    for line, amount in amounts_in(counter):
        if site not in (None, line.site) or source not in (None, line.source):
            continue
        if line.month not in tables:
            tables[line.month] = law_on(state, _last_day(line.month)).tables
        if line.class_by(tables[line.month]) == waste_class:
            total += amount
    return total


def _last_day(month: str) -> str:
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]}"


def in_store(counter: Value | None, tables: Value) -> dict[str, Amount]:
    """What a counter of stock holds by waste class, by the federal tables of a day; ``not_waste`` is none."""
    totals: dict[str, Amount] = {}
    for line, amount in amounts_in(counter):
        waste_class = line.class_by(tables)
        if waste_class in ("RP", "RME"):
            totals[waste_class] = totals.get(waste_class, Amount()) + amount
    return totals


def contributions(state: State, unit: Value) -> dict[tuple[str, str], Amount]:
    """What one unit adds to which counters: key and line, to its mass. ``state`` has the site of its generation."""
    return {**_of_generation(state, unit), **_of_stock(state, unit)}


def _of_generation(_: State, unit: Value) -> dict[tuple[str, str], Amount]:
    if "generated" not in unit or "from" in unit or unit["stage"] in _NOT_GENERATED:
        return {}
    generation = unit["generated"]
    day, site = generation["on"], generation.get("site", "")
    line = f"{site}|{day[:7]}|{_source(unit)}|{_traits(unit)}"
    return {(generation_key(generation["by"], day[:4]), line): Amount(unit["mass_g"], 1)}


def _of_stock(_: State, unit: Value) -> dict[tuple[str, str], Amount]:
    if unit["stage"] != "waste" or "lost" in unit or "stolen" in unit:
        return {}
    mass = Amount(unit["received_mass_g"] if "received_mass_g" in unit else unit["mass_g"], 1)
    line = f"|||{_traits(unit)}"
    places = [unit[member] for member in ("holder", "site") if unit.get(member, ABROAD) not in _NOWHERE]
    return {(stock_key(place), line): mass for place in places}


def _source(unit: Value) -> str:
    if "processed_by" in unit:
        return "process"
    return "imported" if "pedimento" in unit and unit["origin"] == unit["generated"]["by"] else ""


def _traits(unit: Value) -> str:
    determined, condition = unit.get("waste_class") or "", unit.get("condition", "sound")
    return f"{determined}|{unit['kind']}|{unit['chemistry']}|{condition}|{unit.get('material', '')}"


def _follows(state: State, event: Event) -> list[str]:
    payload = event.payload
    named = [*(subject.key for subject in payload.extends), *payload.abouts()]
    return _counters(state, payload, (key for key in named if key.startswith(_UNIT)))


def _reaches(state: State, event: Event) -> list[str]:
    """The third round: of a correction and of the agreement to one, the second alone tells which unit it is about."""
    payload = event.payload
    if not isinstance(payload, EventCorrected | EventAgreed):
        return []
    original = state.get(event_key(payload.event)) or {}
    if isinstance(payload, EventCorrected):
        amount = original.get("amounts", {}).get(payload.pointer)
        keys = [amount[0]] if amount else []
    else:
        keys = [original["pending"]["key"]] if "pending" in original else []
    return _counters(state, payload, [key for key in keys if key.startswith(_UNIT)])


def _counters(state: State, payload: Payload, keys: Iterable[str]) -> list[str]:
    """The counters in which units under these keys are, or may come to be by this statement; and the sites' zones."""
    sites: set[str | None] = {payload.site}
    parties: set[str | None] = {payload.party}
    generations = {(payload.occurred_at, payload.party)}
    concerned = False
    for key in keys:
        unit = state.get(key) or {}
        if unit.get("stage") != "waste" and "generated" not in unit and not isinstance(payload, _MAKES_WASTE):
            continue
        concerned = True
        claim, undo = unit.get("claim", {}), unit.get("undo", {})
        sites |= {unit.get("site"), claim.get("site"), undo.get("site")}
        parties |= {unit.get("holder"), claim.get("by"), undo.get("holder")}
        for generation in (unit.get("generated"), undo.get("generated")):
            if generation is not None:
                generations.add((generation["at"], generation["by"]))
                sites.add(generation.get("site"))
    if not concerned:
        return []
    years = {(by, gmtime(at + away).tm_year) for at, by in generations for away in (-_DAY_S, _DAY_S)}
    return [
        *(stock_key(place) for place in sites | parties if place is not None and place not in _NOWHERE),
        *(generation_key(by, year) for by, year in years),
    ]


def _count(draft: Draft) -> None:
    moved: defaultdict[tuple[str, str], Amount] = defaultdict(Amount)
    for key in [key for key in draft.changes if key.startswith(_UNIT)]:
        for place, amount in _moved(draft.state, draft.state.get(key), draft.changes[key]):
            moved[place] += amount
    _add(draft, {place: amount for place, amount in moved.items() if amount != _NONE})


def _moved(state: State, before: Value | None, after: Value) -> Iterator[tuple[tuple[str, str], Amount]]:
    """What a change of a unit takes off the counters and adds to them; most changes concern one kind, or none."""
    for count, members in ((_of_generation, _TELL_GENERATION), (_of_stock, _TELL_STOCK)):
        if before is None:
            yield from count(state, after).items()
        elif _tell(before, members) != _tell(after, members):
            yield from ((place, -amount) for place, amount in count(state, before).items())
            yield from count(state, after).items()


def _tell(unit: Value, members: Iterable[str]) -> list[object]:
    return [unit.get(member) for member in members]


def _add(draft: Draft, moved: dict[tuple[str, str], Amount]) -> None:
    changed: dict[str, Value] = {}
    for (counter, line), amount in moved.items():
        if counter not in changed:
            changed[counter] = dict((draft.find(counter) or {"lines": {}})["lines"])
        total = Amount(*changed[counter].pop(line, _NONE)) + amount
        if total != _NONE:
            changed[counter][line] = list(total)
    for counter, lines in changed.items():
        draft.put(counter, {"lines": lines})


TALLY_CHECK: Final = Check("tally", lambda _: [], _follows, _count, _CONCERNED, _reaches)
"""Counts under ``generation/`` and ``stock/``; the checks after it read there what the statement leaves."""

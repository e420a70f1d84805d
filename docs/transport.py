"""The page on transport identity and purposes, drawn from their tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compliance.purpose import (
    AUTHORISATIONS,
    CARTA_PORTE,
    DANGEROUS_GOODS,
    EMERGENCY_SHEET,
    ISOLATION_CARD,
    PURPOSES,
    Paper,
    PurposeClock,
)
from compliance.transport.check import (
    APPROVAL_SOURCE,
    ASSESSMENT_DAYS_MAX,
    ASSESSMENT_SOURCE,
    DAMAGED_BY_AIR_SOURCE,
    WASTE_BY_AIR_ARTICLES,
)
from compliance.transport.entries import (
    ASSIGNMENTS,
    ENTRIES,
    NATIONAL_LIST,
    NATIONAL_LIST_LACKS,
    SAT_FALLBACKS,
    SAT_KEYS,
    Assignment,
)
from compliance.transport.packing import PACKINGS, SMALL_CELL_WH_MAX, SMALL_GROSS_G_MAX, SMALL_MODULE_WH_MAX

_INTRODUCTION: Final = """\
# Transport

What a unit is as dangerous goods, and what its purpose asks for, made by `make docs` from the tables that the code
works by (`compliance/transport`, `compliance/purpose.py`). Days are inclusive. Each answer of `identify` says why,
with its source and how well that was read: `read` in the text itself, `secondary` in a page about it, `unverified`
known from practice alone. Nothing that blocks stands on any of them: what does not agree opens a finding. How the
tables came to be so is in [ADR 15](adr/0015-transport-identity-follows-the-un-list-by-date.md).

## Which UN number"""
_READINGS: Final = """\
* **Loose** is also what lies in a container or on a truck; `in_cargo_unit` is for batteries built into a container to
  power things outside it.
* **An unknown chemistry** counts as lithium-ion until somebody determines it; the answer says so.
* **Sodium-ion batteries** had no entry before 2025: the answer then has no UN number, and asks for the authority.
* **Loose cells** are a lot and a battery still. Any other material, black mass too, has no entry of batteries: the
  consignor classes it. UN 3077 is given as a hint for black mass, from practice alone.
* **The mass** is the unit's own: of a pack in a vehicle not the vehicle's.

Mexico's own list is {national}. It does not have UN {lacks} yet, so that a vehicle is UN 3171 there still; the answer
says this beside each of these numbers. SAT's catalogue lacks the same ones.

## How it is packed"""
_AFTER_PACKING: Final = """\
Damage goes before what the unit travels for: a damaged pack on its way to recycling is packed as damaged, and no
SP 377 applies. In a vehicle, or built into a cargo unit, there is no package and no packing instruction (SP 388,
SP 389); a damaged battery is better taken out. SP 188 can relieve a sound lithium-ion cell up to {cell} Wh or battery
up to {battery} Wh in a package up to {gross} kg, never a pack, whatever is stated of it. All batteries are class 9
and bear label 9A (UN 3171 and the placard of UN 3536: 9); guide 147 of the ERG. Marks are at least 12 mm high.

## Carta Porte

| UN number | key in `c_MaterialPeligroso` | from |
|---|---|---|"""
_AFTER_KEYS: Final = """\
A fallback is for the CFDI alone: every other paper says the UN number. `exchange/carta_porte.py` gives the complement's
data under its own attribute names and lists by path what nobody has said. `PesoEnKg` is the gross mass where it was
weighed, else the net mass with a remark. `AseguraMedAmbiente` and `PolizaMedAmbiente` are asked for as soon as
something hazardous is aboard; a permit other than TPAF03, TPAF07 or TPAF09 is remarked.

## What is looked at when a load leaves

| finding | when | on whom | source |
|---|---|---|---|"""
_AFTER_FINDINGS: Final = """\
With the offer opens what the consignor could have known; with a pick-up only what came up since: an assessment that
grew too old in between, a condition assessed after the offer, a mode that the carrier chose. Waste that a named carrier
would fly is refused before that, by its permit.

## What a purpose brings

Whatever the purpose, a discarded unit stays waste: hazardous waste (RP) brings manifest, register sheet and the clocks
of `waste_rp`, special-handling waste (RME) the neutral paper. What a municipality collects from households is outside
that (LGPGIR 23). The storage of a pack that nobody discarded has no clock.

| purpose | papers of its own | clocks | notes |
|---|---|---|---|"""
_COMMON: Final = """\
Besides, the goods themselves ask for:

| paper | when | article |
|---|---|---|"""
_ALWAYS: Final = ("2000-01-01", "2006-12-30")
"""First days of rows that are older than any load here."""
_CONDITIONS: Final = {
    "normal": "sound, for use",
    "end_of_life": "sound, to be recycled or disposed of",
    "damaged_stable": "damaged, stable by its assessment",
    "damaged_critical": "critical: liable to react dangerously",
}


def transport_page() -> str:
    """The page ``docs/transport.md``."""
    lines = [
        _INTRODUCTION,
        "",
        *_assignments(),
        "",
        _READINGS.format(national=NATIONAL_LIST, lacks=", ".join(sorted(NATIONAL_LIST_LACKS))),
        "",
        *_packings(),
        "",
        _AFTER_PACKING.format(cell=SMALL_CELL_WH_MAX, battery=SMALL_MODULE_WH_MAX, gross=SMALL_GROSS_G_MAX // 1000),
        *_keys(),
        "",
        _AFTER_KEYS,
        *_findings(),
        "",
        _AFTER_FINDINGS,
        *_purposes(),
        "",
        _COMMON,
        *_of_goods(),
    ]
    return "\n".join(lines) + "\n"


def _days(from_on: str, to_on: str | None) -> str:
    begins = "" if from_on in _ALWAYS else f"from {from_on}"
    return f"{begins} {f'to {to_on}' if to_on else ''}".strip() or "always"


def _assignments() -> Iterator[str]:
    yield "| chemistry | fitting | UN | proper shipping name | days | source |"
    yield "|---|---|---|---|---|---|"
    for row in ASSIGNMENTS:
        yield f"| {row.family} | {', '.join(sorted(row.fittings))} | **{row.un_number}** | {_name(row)} |" + (
            f" {_days(row.from_on, row.to_on)} | {row.source} ({row.confidence}) |"
        )


def _name(row: Assignment) -> str:
    entry = ENTRIES[row.un_number]
    names = dict.fromkeys(entry.name(fitting) for fitting in sorted(row.fittings))
    return "<br>".join(f"{words.es} / {words.en}" for words in names)


def _packings() -> Iterator[str]:
    yield "| condition | it is | packing | large | provisions | approval | source |"
    yield "|---|---|---|---|---|---|---|"
    for name, packing in PACKINGS.items():
        cells = [
            f"`{name}`",
            _CONDITIONS[name],
            " or ".join(packing.packing),
            " or ".join(packing.large_packing) or "–",
            ", ".join(packing.special_provisions),
            "yes" if packing.needs_approval else "no",
            f"{packing.why.source} ({packing.why.confidence})",
        ]
        yield f"| {' | '.join(cells)} |"


def _keys() -> Iterator[str]:
    keys = {row.key: row for row in SAT_KEYS}
    for un_number in ENTRIES:
        if un_number in keys:
            yield f"| {un_number} | {un_number} | {keys[un_number].from_on} |"
        fallback = SAT_FALLBACKS.get(un_number)
        if fallback is not None:
            until = f"before {keys[un_number].from_on}" if un_number in keys else "until SAT adds the key"
            yield f"| {un_number} | none: {fallback} instead | {until} |"


def _findings() -> Iterator[str]:
    yield (
        f"| `assessment-stale` | damaged or critical; assessed more than {ASSESSMENT_DAYS_MAX} days ago, or never"
        f" | consignor | {ASSESSMENT_SOURCE} |"
    )
    yield f"| `approval-missing` | critical, and the offer cites no approval | consignor | {APPROVAL_SOURCE} |"
    articles = "; ".join(f"{name}: {article}" for name, article in WASTE_BY_AIR_ARTICLES.items())
    yield f"| `waste-by-air` | waste, and the mode is air | who chose the mode | {articles} |"
    yield f"| `damaged-by-air` | damaged or critical, and the mode is air | likewise | {DAMAGED_BY_AIR_SOURCE} |"


def _purposes() -> Iterator[str]:
    for terms in PURPOSES.values():
        cells = [
            f"`{terms.purpose}` {terms.words.es}",
            "<br>".join(f"`{paper.name}` ({paper.article})" for paper in terms.papers) or "–",
            "<br>".join(_clock(clock) for clock in terms.clocks) or "–",
            "<br>".join(note.en for note in terms.notes) or "–",
        ]
        yield f"| {' | '.join(cells)} |"


def _clock(clock: PurposeClock) -> str:
    length = f"{clock.length} {clock.unit.replace('_', ' ')}" if clock.length else "at once"
    return f"`{clock.name}`: {length} from `{clock.starts}` ({clock.article})"


def _of_goods() -> Iterator[str]:
    for paper in DANGEROUS_GOODS:
        yield _line(paper, f"anything with a UN number, {_days(paper.from_on, paper.to_on)}")
    yield _line(EMERGENCY_SHEET, "anything with a UN number")
    yield _line(ISOLATION_CARD, "anything damaged or critical")
    for waste, paper in AUTHORISATIONS.items():
        yield _line(paper, f"waste of class {waste}" if waste else "no waste, but anything with a UN number")
    yield _line(CARTA_PORTE, f"by road, from {CARTA_PORTE.from_on}")


def _line(paper: Paper, when: str) -> str:
    return f"| `{paper.name}` | {when} | {paper.article} ({paper.confidence}) |"

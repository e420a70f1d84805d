"""The registers of waste (*bitácoras*) that RLGPGIR 71 asks of generators and recyclers, as rows. Pure.

Generators note each entry and exit (71 I, a to g); whoever treats or recycles notes each process (71 II, a to d). Of
collection centres the article lists no fields: they keep those of the generators, and where the waste came from. What
a row lacks of the law's fields is in its ``missing``, by their letters.

These are duties about hazardous waste. Special-handling waste is listed in the same columns, and lacks nothing by an
article that is not about it (LGPGIR 9 III): what its register holds, the states say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from certification.permit import permit_as_of
from compliance.reason import Words
from compliance.stays import Entry, Stay
from ledger.domain.matter import BatchStepped
from ledger.domain.payload import Payload, act_key, party_key, permits_key, site_key
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import class_of
from ledger.fold.state import State, Value

RegisterKind = Literal["generator", "centre", "recycler"]
WasteOf = Literal["RP", "RME"]
Field = Literal["a", "b", "c", "d", "e", "f", "g"]

FIELDS: Final[Mapping[Field, Words]] = {
    "a": Words("nombre del residuo y cantidad generada", "name of the waste and quantity generated"),
    "b": Words("características de peligrosidad", "hazard characteristics"),
    "c": Words("área o proceso donde se generó", "area or process in which it was generated"),
    "d": Words(
        "fechas de ingreso y salida del almacén temporal", "dates of entry to and exit from the temporary store"
    ),
    "e": Words("fase de manejo siguiente a la salida del almacén", "phase of handling that follows the store"),
    "f": Words("nombre y número de autorización del prestador", "name and permit number of the provider"),
    "g": Words("nombre del responsable técnico de la bitácora", "name of who answers for the register"),
}
"""The fields of RLGPGIR 71 I."""
PROCESS_FIELDS: Final[Mapping[Field, Words]] = {
    "a": Words("proceso autorizado", "authorised process"),
    "b": Words("nombre y características del residuo", "name and characteristics of the waste"),
    "c": Words("descripción de las emisiones", "description of the emissions"),
    "d": Words("temperatura, presión y alimentación", "temperature, pressure and feed"),
}
"""The fields of RLGPGIR 71 II."""
ARTICLE_OF: Final[Mapping[RegisterKind, str]] = {
    "generator": "RLGPGIR 71 I",
    "centre": "RLGPGIR 71",
    "recycler": "RLGPGIR 71 II",
}
NEXT_HANDLINGS: Final[Mapping[str, str]] = {
    "batch.fed": "processing",
    "unit.dismantled": "dismantling",
    "unit.disposed": "disposal",
    "unit.exported": "export",
    "unit.remanufactured": "remanufacture",
    "unit.repurposed": "repurposing",
    "product.released": "product",
    "lot.split": "split",
    "lot.merged": "merged",
    "unit.matched": "other_id",
    "unit.lost": "lost",
    "unit.seized": "seized",
    "unit.stored": "other_store",
    "unit.classified": "not_waste",
    "unit.found": "found_elsewhere",
}
"""What follows an exit that no consignment is the reason of."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A party as a register names it: its public name and the number of its permit, as far as there are any."""

    party: str
    name: str | None
    permit: str | None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One entry of waste to a place, with its exit. Days are the legal days of the site.

    Attributes:
        unit: its id.
        entered: leaf index of the entry by which it came: with ``unit`` it names the row.
        unit_kind, chemistry, material: what it is; ``material`` of lots alone.
        mass_g: as its generator states it; of what was received, as the consignee weighed it.
        mass_basis: how that is known.
        waste_class: RP or RME, by the law of the month in which it came; None for what was declared no waste.
        characteristics: hazard characteristics, as determined.
        codes: keys of the waste.
        entry: how it came.
        area: the reason or process by which it became waste.
        origin: who gave it up, of what was received.
        generator: the party that generated it.
        generated_on: the day on which it was generated here, of what counts as generated (``compliance.tally``).
        generated_site: where that was; None where nobody said.
        came_on: the day on which it came to be there.
        entered_on: that on which it was put into storage, as its holder states; else the same.
        left_on: the day on which it left; None while it lies here.
        next_handling: a consignment's purpose, or one of ``NEXT_HANDLINGS``; None while it lies here.
        provider: who took it in next; None where nobody else did.
        carrier: who carried it away.
        manifest: running number of the paper that went along.
        batch: that it was fed to.
        events: ids of the statements of its entry and exit.
        missing: letters of the fields of RLGPGIR 71 I that nobody has stated, of hazardous waste.
    """

    unit: str
    entered: int
    unit_kind: str
    chemistry: str
    material: str | None
    mass_g: int
    mass_basis: str
    waste_class: str | None
    characteristics: tuple[str, ...]
    codes: tuple[str, ...]
    entry: Entry
    area: str | None
    origin: Counterpart | None
    generator: str | None
    generated_on: str | None
    generated_site: str | None
    came_on: str
    entered_on: str
    left_on: str | None
    next_handling: str | None
    provider: Counterpart | None
    carrier: Counterpart | None
    manifest: str | None
    batch: str | None
    events: tuple[str, ...]
    missing: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Emission:
    """What left a process in gas or water, or was added to it."""

    material: str
    mass_g: int


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """One batch of a process, with what of the register's rows went into it.

    Attributes:
        batch: its id.
        process: the name of the process.
        permit: number of the permit under which it runs; None if there was none.
        activity: recycling or treatment.
        first_on, last_on: legal days of the first and the last feeding.
        wastes: names of what was fed, each once.
        characteristics: of all that was fed.
        units: how many units were fed.
        fed_g: with what mass.
        steps: the names of its steps.
        emissions: what left it in gas or water.
        missing: letters of the fields of RLGPGIR 71 II that nobody has stated.
    """

    batch: str
    process: str
    permit: str | None
    activity: str
    first_on: str
    last_on: str
    wastes: tuple[str, ...]
    characteristics: tuple[str, ...]
    units: int
    fed_g: int
    steps: tuple[str, ...]
    emissions: tuple[Emission, ...]
    missing: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """One register: whose, of which place and year.

    Attributes:
        kind: of which of the three.
        party: who keeps it.
        party_name: its public name.
        site: the place; None for all of the party's.
        site_name: as it is registered.
        year: the calendar year.
        waste_class: of which waste.
        number: the party's number in the register of generators.
        as_of: how many entries the log had.
        responsible: who answers for it, as said at the printing: names are not in the log.
    """

    kind: RegisterKind
    party: str
    party_name: str | None
    site: str | None
    site_name: str | None
    year: int
    waste_class: WasteOf
    number: str | None
    as_of: int
    responsible: str | None = None

    @property
    def article(self) -> str | None:
        """Where the register is asked for; special-handling waste has none of the federation's."""
        return ARTICLE_OF[self.kind] if self.waste_class == "RP" else None


def keys_of(stays: Iterable[Stay], acts: Mapping[str, Value | None]) -> list[str]:
    """State keys of the parties that rows of these stays name, ``acts`` being their consignments and batches."""
    named: dict[str, None] = {}
    for stay in stays:
        act = acts.get(act_key(stay.consignment_out)) if stay.consignment_out else None
        parties = [stay.party, stay.giver, *([act["consignee"], *act["carriers"]] if act else [])]
        named.update((party, None) for party in parties if party)
    return [key for party in named for key in (party_key(party), permits_key(party))]


def acts_of(stays: Iterable[Stay]) -> list[str]:
    """State keys of the consignments that these stays name, and of the batches that they came out of."""
    named = (act for stay in stays for act in (stay.consignment_in, stay.consignment_out, stay.made_in) if act)
    return [act_key(act) for act in dict.fromkeys(named)]


def row_of(stay: Stay, value: Value, state: State, tables: Value, responsible: str | None = None) -> RegisterRow:
    """The row of one stay.

    Args:
        stay: where the unit lay.
        value: the unit's state value.
        state: has the site, and what ``acts_of`` and ``keys_of`` name, with the permits.
        tables: of the federal law on the last day of the month in which it came.
        responsible: who answers for the register.
    """
    site = state.get(site_key(stay.site)) if stay.site else None
    taken = state.get(act_key(stay.consignment_out)) if stay.consignment_out else None
    left_on = legal_day(stay.until, site) if stay.until is not None else None
    row = RegisterRow(
        unit=stay.unit,
        entered=stay.entered,
        unit_kind=value["kind"],
        chemistry=value["chemistry"],
        material=value.get("material"),
        mass_g=_mass_g(stay, value),
        mass_basis="weighed" if stay.received_g is not None else value["mass_basis"],
        waste_class=class_by(value, _determined(stay, value, state), tables),
        characteristics=stay.characteristics,
        codes=stay.codes,
        entry=stay.entry,
        area=stay.reason,
        origin=_counterpart(state, stay.giver, stay.since, site),
        generator=stay.generator or value.get("generated", {}).get("by"),
        generated_on=_generated_on(stay, value, state),
        generated_site=value.get("generated", {}).get("site"),
        came_on=legal_day(stay.since, site),
        entered_on=legal_day(stay.stored_at or stay.since, site),
        left_on=left_on,
        next_handling=_next_handling(stay, taken),
        provider=_counterpart(state, taken["consignee"], stay.until, site) if taken else None,
        carrier=_counterpart(state, next(iter(taken["carriers"]), None), stay.until, site) if taken else None,
        manifest=_manifest(taken),
        batch=stay.batch,
        events=tuple(event for event in (stay.entry_event, stay.exit_event) if event),
    )
    return _judged(row, stay, responsible)


def class_by(value: Value, determined: str | None, tables: Value) -> str | None:
    """The waste class of a unit while it was waste, by the tables of a day; None for what was declared no waste."""
    was: Value = {**value, "stage": "waste", "waste_class": determined}
    waste_class = class_of(was, tables)
    return waste_class if waste_class in ("RP", "RME") else None


def _determined(stay: Stay, value: Value, state: State) -> str | None:
    """As the state has it, as the tally reads it; of what ceased to be waste, as it was while it lay there."""
    if "generated" in value:
        return value.get("waste_class")
    made_in = state.get(act_key(stay.made_in)) if stay.made_in else None
    return stay.waste_class or (made_in or {}).get("waste_class")


def _generated_on(stay: Stay, value: Value, state: State) -> str | None:
    generation = value.get("generated")
    counts = "from" not in value and value["stage"] not in ("superseded", "annulled")
    if generation is None or not counts or stay.entry != "generated" or generation["at"] != stay.since:
        return None
    site = state.get(site_key(generation["site"])) if "site" in generation else None
    return legal_day(generation["at"], site)


def process_rows(rows: Iterable[RegisterRow], state: State, steps: Mapping[str, Sequence[Payload]]) -> list[ProcessRow]:
    """The batches into which the rows went, by the day on which they were first fed.

    ``state`` has the batches, their parties' permits; ``steps`` the statements about each.
    """
    fed: dict[str, list[RegisterRow]] = {}
    for row in rows:
        if row.batch is not None:
            fed.setdefault(row.batch, []).append(row)
    made = [_process_row(batch, of_batch, state, steps.get(batch, ())) for batch, of_batch in fed.items()]
    return sorted(made, key=lambda row: (row.first_on, row.batch))


def _process_row(batch: str, rows: Sequence[RegisterRow], state: State, steps: Sequence[Payload]) -> ProcessRow:
    act = state.get(act_key(batch)) or {"party": "", "process": "", "activity": "recycling"}
    days = sorted(row.left_on or row.entered_on for row in rows)
    stepped = [step for step in steps if isinstance(step, BatchStepped)]
    characteristics = tuple(dict.fromkeys(one for row in rows for one in row.characteristics))
    permit = _permit_number(state, act["party"], days[0], frozenset({act["activity"]}))
    is_hazardous = any(row.waste_class == "RP" for row in rows)
    # Temperature and pressure are read off the plant, not stated in the log.
    lacks: list[Field] = ["d"]
    if permit is None:
        lacks.append("a")
    if not characteristics:
        lacks.append("b")
    if not stepped:
        lacks.append("c")
    return ProcessRow(
        batch=batch,
        process=act["process"],
        permit=permit,
        activity=act["activity"],
        first_on=days[0],
        last_on=days[-1],
        wastes=tuple(dict.fromkeys(name_of(row).es for row in rows)),
        characteristics=characteristics,
        units=len(rows),
        fed_g=sum(row.mass_g for row in rows),
        steps=tuple(dict.fromkeys(step.step for step in stepped)),
        emissions=tuple(Emission(emitted.material, emitted.mass_g) for step in stepped for emitted in step.emissions),
        missing=tuple(sorted(lacks)) if is_hazardous else (),
    )


_KINDS: Final = {
    "pack": Words("Batería de ion litio", "Lithium-ion battery pack"),
    "module": Words("Módulo de batería de ion litio", "Lithium-ion battery module"),
    "cell": Words("Celda de ion litio", "Lithium-ion cell"),
    "lot": Words("Lote", "Lot"),
}
_MATERIALS: Final = {
    "aluminium": Words("aluminio", "aluminium"),
    "battery_cells": Words("celdas", "cells"),
    "black_mass": Words("masa negra", "black mass"),
    "cells": Words("celdas", "cells"),
    "coolant": Words("refrigerante", "coolant"),
    "copper": Words("cobre", "copper"),
    "electrolyte": Words("electrolito", "electrolyte"),
    "electronics": Words("electrónica", "electronics"),
    "loose_cells": Words("celdas sueltas", "loose cells"),
    "plastics": Words("plásticos", "plastics"),
    "steel": Words("acero", "steel"),
}
"""Codes of materials that people have a word for; others are shown as they were stated."""


def name_of(row: RegisterRow) -> Words:
    """The waste as people call it: what it is, and of which chemistry or material."""
    kind = _KINDS[row.unit_kind]
    if row.material is not None:
        material = _MATERIALS.get(row.material, Words(row.material, row.material))
        return Words(f"{kind.es} de {material.es}", f"{kind.en} of {material.en}")
    detail = "" if row.chemistry == "unknown" else row.chemistry
    return Words(f"{kind.es} {detail}".rstrip(), f"{kind.en} {detail}".rstrip())


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many rows of a register lack which of the law's fields.

    Attributes:
        rows: how many there are.
        incomplete: how many lack something.
        by_field: how many lack this one.
    """

    rows: int
    incomplete: int
    by_field: Mapping[Field, int]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.incomplete == 0


def completeness_of(rows: Iterable[RegisterRow | ProcessRow]) -> Completeness:
    """What is missing in these rows."""
    count, incomplete = 0, 0
    by_field: dict[Field, int] = {}
    for row in rows:
        count += 1
        incomplete += bool(row.missing)
        for letter in row.missing:
            by_field[letter] = by_field.get(letter, 0) + 1
    return Completeness(count, incomplete, dict(sorted(by_field.items())))


def belongs_to(row: RegisterRow, kind: RegisterKind, party: str) -> bool:
    """Whether the row is of this register of the party's: its own waste, that of others, or what it processed."""
    own = row.generator == party
    return {"generator": own, "centre": not own, "recycler": row.batch is not None}[kind]


def _judged(row: RegisterRow, stay: Stay, responsible: str | None) -> RegisterRow:
    """With the letters of what is missing; only of hazardous waste."""
    if row.waste_class != "RP":
        return row
    lacks: list[Field] = []
    if not row.characteristics:
        lacks.append("b")
    if row.entry in ("generated", "made") and row.area is None:
        lacks.append("c")
    if stay.site is None or (row.entry in ("generated", "made") and stay.stored_at is None):
        lacks.append("d")
    if row.left_on is not None and row.next_handling is None:
        lacks.append("e")
    if row.provider is not None and None in (row.provider.name, row.provider.permit):
        lacks.append("f")
    if responsible is None:
        lacks.append("g")
    return replace(row, missing=tuple(lacks))


def _mass_g(stay: Stay, value: Value) -> int:
    """As last corrected, where the state still tells of this reception; else as the consignee stated it."""
    if stay.received_g is None:
        return int(value["mass_g"])
    set_by = value.get("set_by", {}).get("received_mass_g")
    return int(value["received_mass_g"]) if set_by == stay.entry_event else stay.received_g


def _next_handling(stay: Stay, taken: Value | None) -> str | None:
    if stay.exit is None:
        return None
    return str(taken["purpose"]) if taken is not None else NEXT_HANDLINGS.get(stay.exit)


def _manifest(taken: Value | None) -> str | None:
    papers = (taken or {}).get("papers", {})
    return next((paper["number"] for paper in papers.values() if paper.get("number")), None)


def _counterpart(state: State, party: str | None, at: int | None, site: Value | None) -> Counterpart | None:
    if party is None or at is None:
        return None
    value = state.get(party_key(party)) or {}
    return Counterpart(party, value.get("name"), _permit_number(state, party, legal_day(at, site)))


def _permit_number(state: State, party: str, on: str, activities: frozenset[str] = frozenset()) -> str | None:
    """Number of a permit that was in force on the day, of one of these activities if any are named.

    One that covers hazardous waste is named before one of a state.
    """
    ids = (state.get(permits_key(party)) or {"ids": []})["ids"]
    values = [value for one in ids if (value := state.get(act_key(one))) is not None]
    permits = [permit_as_of(value, on) for value in values]
    standing = [
        permit
        for permit in permits
        if permit.standing == "in-force" and (not activities or activities & set(permit.scope["activities"]))
    ]
    standing.sort(key=lambda permit: ("RP" not in permit.scope["waste_classes"], permit.number))
    return standing[0].number if standing else None

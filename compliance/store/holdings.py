"""Who holds what: one row for every unit that somebody holds, made from its state value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Row, Select, select

from compliance.law import Law
from compliance.store.tables import holding
from ledger.fold.state import Value
from ledger.store import following
from ledger.store.session import Reader

HOLDINGS_MAX: Final = 1000

_COPIED: Final = ("site", "consignment", "chemistry", "material", "condition", "waste_class", "mass_g")


@dataclass(frozen=True, slots=True)
class Holding:
    """A unit in somebody's hands. Masses in grams, ``since`` in seconds since 1970.

    Attributes:
        unit: its id.
        holder: a party; ``in_use`` or ``abroad`` of a unit that the public has, or that left the country.
        site: where it was last stored or taken in; None while that is not known.
        consignment: in which it is or travels.
        stage: of its life, ``waste`` for one.
        kind: ``pack``, ``module``, ``cell`` or ``lot``.
        chemistry: of a pack, module or cell.
        material: of a lot.
        condition: as last assessed.
        waste_class: the one that was determined, if any; ``class_by`` tells the one by law.
        mass_g: as last stated.
        since: when the newest statement that moved or changed it says that it happened.
    """

    unit: str
    holder: str
    site: str | None
    consignment: str | None
    stage: str
    kind: str
    chemistry: str | None
    material: str | None
    condition: str | None
    waste_class: str | None
    mass_g: int | None
    since: int

    def class_by(self, law: Law) -> str | None:
        """The waste class by this law; None while the unit is no waste."""
        said = {name: getattr(self, name) for name in (*_COPIED, "stage", "kind")}
        return law.class_of({name: value for name, value in said.items() if value is not None})


def read_holdings(
    reader: Reader,
    *,
    site: str | None = None,
    party: str | None = None,
    stage: str | None = None,
    after: str = "",
    limit: int = HOLDINGS_MAX,
) -> list[Holding]:
    """What is at the site, or with the party, or both; by unit id, from behind ``after``.

    Read it in a snapshot of ``OBLIGATIONS.read_current``, or it may be older than the log.
    """
    rows = reader.execute(holdings_of(site=site, party=party, stage=stage, after=after, limit=limit))
    return [_holding(row) for row in rows]


def holdings_of(
    *, site: str | None = None, party: str | None = None, stage: str | None = None, after: str = "", limit: int
) -> Select[tuple[str]]:
    """The query of ``read_holdings``."""
    column = holding.c
    query = select(holding).where(column.unit > after).order_by(column.unit).limit(limit)
    for value, wanted in ((site, column.site), (party, column.holder), (stage, column.stage)):
        if value is not None:
            query = query.where(wanted == value)
    return query


def holding_row(unit: str, value: Value) -> following.Row | None:
    """The row of a unit; None for one that nobody holds."""
    if "holder" not in value:
        return None
    row = {"unit": unit, "holder": value["holder"], "stage": value["stage"], "kind": value["kind"]}
    return row | {name: value.get(name) for name in _COPIED} | {"since": value["head_at"]}


def _holding(row: Row[tuple[str]]) -> Holding:
    return Holding(**row._mapping)

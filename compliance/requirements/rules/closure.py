"""Closing: who leaves a site, or ends without a successor, leaves no waste behind (R41).

The notice of closure may come before the last waste has left, so it is the closing that is judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from compliance.requirements.rule import Facts, Lapse, Rule
from compliance.requirements.rules.storage_space import OF_STATE
from compliance.tally import Amount, in_store, stock_key
from ledger.domain.party import PartyClosed, SiteClosed
from ledger.domain.payload import site_key
from ledger.event import Event


def _find_left(facts: Facts) -> Iterable[Lapse]:
    closed = facts.payload
    if not isinstance(closed, SiteClosed | PartyClosed) or getattr(closed, "successor", None) is not None:
        return
    left = in_store(facts.before.get(stock_key(closed.closed)), facts.law.tables)
    total = sum(left.values(), Amount())
    if total.units:
        site = facts.before.get(site_key(closed.closed)) if isinstance(closed, SiteClosed) else None
        party = site["party"] if site is not None else closed.closed
        stated = {"stock_g": total.g, "units": total.units}
        yield Lapse(party, closed.closed, stated, None if "RP" in left else OF_STATE, happened=True)


def _stock(event: Event) -> Iterable[str]:
    closed = event.payload
    return [stock_key(closed.closed)] if isinstance(closed, SiteClosed | PartyClosed) else []


RULES: Final = (Rule("R41", "closed-with-stock", frozenset({SiteClosed, PartyClosed}), _find_left, touches=_stock),)

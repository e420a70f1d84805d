"""The public directory of authorised parties, which the law asks SEMARNAT to keep (RLGPGIR 81; fields: 56).

Drawn from the state alone, as of one day. A permit that is suspended, revoked, expired or still to come is shown as
such, and a transcribed one as transcribed. A natural person has no name here: it is not in the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from certification.permit import Permit, permit_as_of
from ledger.fold.state import Value


@dataclass(frozen=True, slots=True)
class ListedPermit:
    """One permit: its id in the ledger, and what it said on the day."""

    authorisation: str
    permit: Permit


@dataclass(frozen=True, slots=True)
class ListedSite:
    """One open site of a listed party; ``place`` has the members of ``ledger.domain.party.Place``."""

    site: str
    name: str | None
    place: Value


@dataclass(frozen=True, slots=True)
class ListedParty:
    """One row: a party with at least one permit. ``activities`` are those of its permits in force on the day."""

    party: str
    form: str
    name: str | None
    activities: tuple[str, ...]
    permits: tuple[ListedPermit, ...]
    sites: tuple[ListedSite, ...]


def directory(values: Iterable[tuple[str, Value]], day: str) -> list[ListedParty]:
    """The rows of ``day``, by name and then by id, from state keys and values in any order.

    Only ``party/``, ``site/`` and ``act/`` keys are looked at; a party that had ended is not listed.
    """
    parties: dict[str, Value] = {}
    sites: dict[str, list[ListedSite]] = {}
    permits: dict[str, list[ListedPermit]] = {}
    for key, value in values:
        family, _, name = key.partition("/")
        if family == "party" and "closed_at" not in value:
            parties[name] = value
        elif family == "site" and "closed_at" not in value:
            sites.setdefault(value["party"], []).append(ListedSite(name, value.get("name"), value["place"]))
        elif family == "act" and value["kind"] == "authorisation":
            permit = permit_as_of(value, day)
            permits.setdefault(permit.holder, []).append(ListedPermit(name, permit))
    rows = [
        _row(party, parties[party], held, sites.get(party, [])) for party, held in permits.items() if party in parties
    ]
    return sorted(rows, key=lambda row: (row.name or "", row.party))


def _row(party: str, value: Value, permits: list[ListedPermit], sites: list[ListedSite]) -> ListedParty:
    in_force = (listed.permit for listed in permits if listed.permit.standing == "in-force")
    return ListedParty(
        party=party,
        form=value["form"],
        name=value.get("name"),
        activities=tuple(sorted({activity for permit in in_force for activity in permit.scope["activities"]})),
        permits=tuple(sorted(permits, key=lambda listed: (listed.permit.number, listed.authorisation))),
        sites=tuple(sorted(sites, key=lambda listed: listed.site)),
    )

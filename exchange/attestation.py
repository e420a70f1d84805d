"""What the log says about one authorisation on one day: the facts that credential, certificate and check page share.

Drawn from state values alone. A natural person has no name in it, and no name of a site: what such a person calls
a workshop is often their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from certification.permit import Standing, permit_as_of
from exchange.status_list import Purpose
from ledger.domain.payload import act_key, party_key, site_key
from ledger.errors import SubjectUnknown
from ledger.fold.state import Value

_SAYS: Final = frozenset({"scope", "to_on", "holder", "claimed"})
"""Members of a timeline's line by which it says something else than the lines before; the others are about standing."""


@dataclass(frozen=True, slots=True)
class AttestedParty:
    """A party by its id, its form and its public name; a natural person has none."""

    party: str
    form: str
    name: str | None


@dataclass(frozen=True, slots=True)
class AttestedSite:
    """A site of the scope: INEGI codes of its state (two digits) and municipality (three)."""

    site: str
    name: str | None
    state: str
    municipality: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """An authorisation as it stood on ``day``.

    Attributes:
        authorisation: id in the ledger.
        number: of the permit, as the authority gave it.
        event: id of the newest event that changed what the permit says; later ones are about its standing.
        standing: on ``day``.
        authority: that decided; for what is only transcribed, the party that copied it.
        only_transcribed: copied from a public list, and no authority has confirmed it.
        claimed: ``to_on`` rests on a renewal by silence, which the authority has not confirmed.
        court, court_file: which court stays its newest suspension or revocation, under which number; None if none does.
        said_from: first day of what it says now; ``from_on`` and ``to_on`` are its first and last day.
        oficio, notified_on, decided_on: of the act behind ``event``, or of that by which the authority confirmed it.
        source, listed_on: of the public list that it was copied from; None if the authority itself recorded it.
        capacity_g_per_year, storage_capacity_g: None where the permit sets none.
    """

    authorisation: str
    number: str
    event: str
    day: str
    standing: Standing
    holder: AttestedParty
    authority: AttestedParty
    only_transcribed: bool
    claimed: bool
    court: str | None
    court_file: str | None
    said_from: str
    from_on: str
    to_on: str
    oficio: str | None
    notified_on: str | None
    decided_on: str | None
    source: str | None
    listed_on: str | None
    activities: tuple[str, ...]
    waste_classes: tuple[str, ...]
    wastes: tuple[str, ...]
    chemistries: tuple[str, ...]
    conditions: tuple[str, ...]
    modes: tuple[str, ...]
    sites: tuple[AttestedSite, ...]
    capacity_g_per_year: int | None
    storage_capacity_g: int | None

    @property
    def holds(self) -> bool:
        """Whether it gives a right on ``day``, on an authority's word."""
        return self.standing == "in-force" and not self.only_transcribed


def attest(find: Callable[[str], Value | None], authorisation: str, day: str) -> Attestation:
    """The facts of ``day``, from the state that ``find`` looks up by key.

    Raises:
        SubjectUnknown: the ledger knows no such authorisation.
    """
    value = find(act_key(authorisation))
    if value is None or value.get("kind") != "authorisation":
        raise SubjectUnknown("the ledger knows no such authorisation", field="/authorisation")
    permit, line = permit_as_of(value, day), newest_saying(value, day)
    scope, holder = permit.scope, _party(find, permit.holder)
    transcribed, stayed = permit.transcribed or {}, permit.stayed or {}
    act = line if "oficio" in line else value.get("confirmed", {})
    return Attestation(
        authorisation=authorisation,
        number=permit.number,
        event=line["event"],
        day=day,
        standing=permit.standing,
        holder=holder,
        authority=_party(find, value.get("confirmed_by") or value["granted_by"]),
        only_transcribed=permit.transcribed is not None and not permit.confirmed,
        claimed=permit.claimed is not None,
        court=stayed.get("court"),
        court_file=stayed.get("file"),
        said_from=max(line["from_on"], permit.from_on),
        from_on=permit.from_on,
        to_on=permit.to_on,
        oficio=act.get("oficio"),
        notified_on=act.get("notified_on"),
        decided_on=act.get("decided_on"),
        source=transcribed.get("source"),
        listed_on=transcribed.get("listed_on"),
        activities=tuple(scope["activities"]),
        waste_classes=tuple(scope["waste_classes"]),
        wastes=tuple(scope.get("wastes", ())),
        chemistries=tuple(scope["chemistries"]),
        conditions=tuple(scope["conditions"]),
        modes=tuple(scope.get("modes", ())),
        sites=tuple(_sites(find, scope["sites"], named=holder.form != "fisica")),
        capacity_g_per_year=scope.get("capacity_g_per_year"),
        storage_capacity_g=scope.get("storage_capacity_g"),
    )


def newest_saying(value: Value, day: str) -> Value:
    """The line of a permit's timeline by which it says on ``day`` what it says; the grant until its first day."""
    return _sayings(value, day)[-1]


def status_events(values: Iterable[Value], day: str) -> dict[Purpose, list[str]]:
    """For each purpose of a status list, the events whose credentials have the status on ``day``.

    A credential that rests on a line which a later one has replaced is revoked too: what it says is over.
    """
    revoked: list[str] = []
    suspended: list[str] = []
    for value in values:
        *replaced, newest = (line["event"] for line in _sayings(value, day))
        revoked += replaced
        match permit_as_of(value, day).standing:
            case "revoked":
                revoked.append(newest)
            case "suspended":
                suspended.append(newest)
    return {"revocation": revoked, "suspension": suspended}


def _sayings(value: Value, day: str) -> list[Value]:
    grant, *later = value["timeline"]
    return [grant, *(line for line in later if line["from_on"] <= day and _SAYS & line.keys())]


def _party(find: Callable[[str], Value | None], party: str) -> AttestedParty:
    value = find(party_key(party)) or {}
    return AttestedParty(party, value.get("form", "authority"), value.get("name"))


def _sites(find: Callable[[str], Value | None], sites: Iterable[str], *, named: bool) -> Iterator[AttestedSite]:
    for site in sites:
        value = find(site_key(site))
        if value is not None:
            place = value["place"]
            yield AttestedSite(site, value.get("name") if named else None, place["state"], place["municipality"])

"""What to state so that the ledger says what a published list says; nothing is stated that it says already.

A list only adds. Whoever is missing from it keeps the permit that the ledger knows; activities and wastes that a line
leaves out stay, since lists are published by activity. Ids are made from the signer and the authorisation's number,
which are both public: the same list gives the same ids again, whatever was cut off in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Final, Literal

from certification.listing.columns import CellError, Columns, ListLine, find_columns, read_line
from certification.listing.matching import DoubtError, Known, KnownParty, KnownPermit, find_repeated, form_of
from certification.listing.table import Row, read_table
from certification.listing.zones import zone_of
from certification.names import number_key
from certification.number import check_number
from certification.sealed import seal
from ledger import cbor
from ledger.domain.payload import act_key, party_key, site_key
from ledger.domain.values import format_opaque_id

WHOLE_STATE: Final = "000"
"""INEGI's municipality code of a whole state: a list names no municipality by code."""
SALT_BYTES: Final = 16

_FIXED: Final = frozenset({"transport", "import", "export"})
"""Activities that are not tied to an installation: a permit for these alone covers them anywhere."""

Outcome = Literal["new", "unchanged", "changed", "ambiguous", "wrong"]
Members = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the list was published, on which day it was read, and SHA-256 of the file in hex."""

    source: str
    listed_on: str
    digest: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the caller says about the whole list: the activities where no column does, and the class of its wastes."""

    activities: tuple[str, ...] = ()
    waste_class: str = "RP"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer to what was ambiguous: which party a number means (an id, or ``new``), and its form."""

    party: str | None
    form: Literal["moral", "fisica"] | None


@dataclass(frozen=True, slots=True)
class ToState:
    """A statement to sign: its kind, its own members, and the state key of what it brings into being, if anything."""

    kind: str
    members: Members
    brings: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """Personal data to deposit beside the log before its commitment is stated."""

    commitment: str
    value: Members
    salt: bytes


@dataclass(frozen=True, slots=True)
class LineReport:
    """What becomes of one line; ``notes`` are codes of what was taken in with a reservation."""

    line: int
    outcome: Outcome
    number: str | None = None
    party: str | None = None
    field: str | None = None
    rule: str | None = None
    detail: str | None = None
    candidates: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def members(self) -> Members:
        """As one JSON object."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}


@dataclass(frozen=True, slots=True)
class Step:
    """One line: what is said of it, what to deposit, and what to state, in this order."""

    report: LineReport
    openings: tuple[Opening, ...] = ()
    statements: tuple[ToState, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One list against what is known.

    Attributes:
        signer: party id of who transcribes.
        salt: that many fresh random bytes.
    """

    signer: str
    source: Source
    terms: Terms
    resolutions: Mapping[str, Resolution]
    salt: Callable[[int], bytes]

    def steps(self, data: bytes, known: Known) -> tuple[Columns, list[Step]]:
        """Every line of the file in its order; ``known`` grows by what the lines bring.

        Raises:
            ListUnreadable: the file is no list.
        """
        columns, rows = find_columns(read_table(data))
        return columns, list(self._steps(rows, columns, known))

    def _steps(self, rows: Iterable[Row], columns: Columns, known: Known) -> Iterator[Step]:
        above: dict[str, list[ListLine]] = {}
        for row in rows:
            try:
                line = self._resolved(read_line(row, columns))
            except CellError as wrong:
                yield Step(
                    LineReport(row.line, "wrong", field=wrong.field, rule=wrong.rule, detail=wrong.detail),
                )
                continue
            before = above.setdefault(number_key(line.number), [])
            try:
                step = self._step(line, before, known)
            except DoubtError as doubt:
                doubted = LineReport(line.line, doubt.outcome, line.number, None, doubt.field, doubt.rule, doubt.detail)
                step = Step(replace(doubted, candidates=doubt.candidates))
            before.append(line)
            yield step

    def _resolved(self, line: ListLine) -> ListLine:
        resolution = self.resolutions.get(number_key(line.number))
        if resolution is not None:
            line = replace(line, party=resolution.party or line.party, form=resolution.form or line.form)
        return line if line.activities else replace(line, activities=tuple(sorted(self.terms.activities)))

    def _step(self, line: ListLine, above: list[ListLine], known: Known) -> Step:
        other = find_repeated(line, above)
        if other is not None:
            detail = f"line {other.line} has the same number and says other things"
            raise DoubtError("wrong", "number", "number-repeated", detail)
        permit = known.find_permit(line)
        return self._new(line, known) if permit is None else self._changed(line, permit, known)

    def _new(self, line: ListLine, known: Known) -> Step:
        from_on, to_on = self._term_of(line)
        if not line.activities:
            raise DoubtError("wrong", "activities", "missing", "say the list's activity: no column does")
        party = known.find_party(line)
        openings, statements = [], []
        if party is None:
            party, opening, statement = self._party(line)
            statements.append(statement)
            openings += [opening] if opening else []
        site = self._site(line, party)
        statements += [site] if site else []
        scope = self._scope(line, site)
        authorisation = self._id("aut", line.number)
        granted = {
            "authorisation": authorisation,
            "holder": party.party,
            "number": line.number,
            "scope": scope,
            "from_on": from_on,
            "to_on": to_on,
            "transcribed": asdict(self.source),
        }
        statements.append(ToState("authorisation.granted", granted, act_key(authorisation)))
        known.add_party(replace(party, states=party.states | ({line.state} if line.state else set())))
        known.add_permit(KnownPermit(authorisation, line.number, party.party, scope, from_on, to_on, True))
        report = LineReport(line.line, "new", line.number, party.party, notes=self._notes(line))
        return Step(report, tuple(openings), tuple(statements))

    def _term_of(self, line: ListLine) -> tuple[str, str]:
        """First and last day; a list that tells no first day shows that the permit stood when it was listed."""
        if line.to_on is None:
            raise DoubtError("wrong", "to_on", "missing", "the list tells no last day")
        from_on = line.from_on or self.source.listed_on
        if from_on > line.to_on:
            raise DoubtError(
                "wrong", "from_on", "missing", "the permit had ended before the list: its first day is needed"
            )
        return from_on, line.to_on

    def _party(self, line: ListLine) -> tuple[KnownParty, Opening | None, ToState]:
        party = self._id("pty", line.number)
        form = form_of(line)
        members: Members = {"registered": party, "form": form}
        opening = None
        if form == "fisica":
            # Name, RFC and home address of a person stay beside the log; `party` finds the person again.
            told = {"name": line.name, "rfc": line.rfc, "address": line.address, "party": party}
            value = {name: text for name, text in told.items() if text is not None}
            salt = self.salt(SALT_BYTES)
            opening = Opening(seal(value, salt), value, salt)
            members["identity"] = opening.commitment
        else:
            members["name"] = line.name
        return KnownParty(party, form, line.name), opening, ToState("party.registered", members, party_key(party))

    def _site(self, line: ListLine, party: KnownParty) -> ToState | None:
        if line.state is None or line.state in party.states:
            return None
        site = self._id("sit", line.number)
        place = {"state": line.state, "municipality": WHOLE_STATE, "time_zone": zone_of(line.state)}
        members: Members = {"registered": site, "operated_by": party.party, "place": place}
        if party.form != "fisica" and line.address is not None and len(line.address) <= 160:
            members["name"] = line.address
        return ToState("site.registered", members, site_key(site))

    def _scope(self, line: ListLine, site: ToState | None) -> Members:
        scope: Members = {"activities": list(line.activities), "waste_classes": [self.terms.waste_class]}
        if site is not None and not _FIXED.issuperset(line.activities):
            scope["sites"] = [site.members["registered"]]
        return {**scope, **_limits(line)}

    def _changed(self, line: ListLine, permit: KnownPermit, known: Known) -> Step:
        scope = _widened(permit.scope, line)
        statements = []
        if scope != permit.scope:
            statements.append(self._later("authorisation.changed", permit, scope=_stated(scope)))
        if line.to_on is not None and line.to_on > permit.to_on:
            statements.append(self._later("authorisation.renewed", permit, to_on=line.to_on))
        if line.to_on is not None and line.to_on < permit.to_on:
            raise DoubtError(
                "wrong", "to_on", "ends-earlier", f"the ledger knows it until {permit.to_on}; a term only grows"
            )
        report = LineReport(line.line, "changed", line.number, permit.holder, notes=self._notes(line))
        if not statements:
            return Step(replace(report, outcome="unchanged", notes=()))
        if permit.is_revoked:
            raise DoubtError("wrong", "number", "revoked", "the ledger knows that this permit was revoked")
        if not permit.is_transcribed:
            detail = "the authority itself recorded this permit otherwise: only it changes it"
            raise DoubtError("wrong", "number", "recorded-by-authority", detail)
        known.add_permit(replace(permit, scope=scope, to_on=max(permit.to_on, line.to_on or "")))
        return Step(report, (), tuple(statements))

    def _later(self, kind: str, permit: KnownPermit, **members: Any) -> ToState:
        stated = {"authorisation": permit.authorisation, "from_on": self.source.listed_on, **members}
        return ToState(kind, stated, None)

    def _notes(self, line: ListLine) -> tuple[str, ...]:
        told = {
            "number-unusual": check_number(line.number) is not None,
            "from-listed-day": line.from_on is None,
            "place-unknown": line.state is None,
            "wastes-left-out": line.left_out > 0,
        }
        return tuple(note for note, holds in told.items() if holds)

    def _id(self, prefix: str, number: str) -> str:
        made_from = cbor.encode(["bitacora-list", self.signer, prefix, number_key(number)])
        return format_opaque_id(prefix, sha256(made_from).digest()[:16])


def _limits(line: ListLine) -> Members:
    told: Members = {"capacity_g_per_year": line.capacity_g, "storage_capacity_g": line.storage_g}
    limits = {name: value for name, value in told.items() if value is not None}
    return {**limits, "wastes": list(line.wastes)} if line.wastes else limits


def _widened(scope: Members, line: ListLine) -> Members:
    """The scope with what the line adds or says otherwise; equal to ``scope`` when it says nothing new."""
    widened = {**scope, **_limits(line)}
    widened["activities"] = sorted({*scope["activities"], *line.activities})
    if scope.get("wastes") and line.wastes:
        widened["wastes"] = sorted({*scope["wastes"], *line.wastes})
    if {*widened["activities"]} == {*scope["activities"]}:
        widened["activities"] = scope["activities"]
    return widened


def _stated(scope: Members) -> Members:
    return {name: value for name, value in scope.items() if value is not None}

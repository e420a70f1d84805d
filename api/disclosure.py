"""Who may read which statement: by the disclosure class of its kind, and by who has held its units.

* ``public``: everybody.
* ``parties``: who stated it, whom it names, who holds one of its units or held it later; of what is stated about a
  consignment, its consignor, carriers and consignee; and who may read the statement that it corrects, withdraws, agrees
  to or disputes.
* ``authority``: the parties to the case, filing or inspection: the authority, and whose affair it is.

An authority that inspects or registers reads everything, and one reads all about the applications that lie before it.
A key that only transports reads no more of all this than what it signed itself, and the statements about consignments
that its carrier assigned to it, in which it signed, or which go from or to a site that it is limited to. What a caller
may not read looks like what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.callers import Caller
from api.custody import CustodyTrail, replay_custody
from api.limits import HISTORIES_MAX, HISTORY_ENTRIES_MAX, PAGE_MAX
from ledger.domain.authorisation import ApplicationStep
from ledger.domain.correction import EventAgreed, EventAnnulled, EventCorrected, EventDisputed
from ledger.domain.payload import Payload, act_key, party_key, unit_key
from ledger.event import Event, parse_event
from ledger.fold.consignment import parties_to
from ledger.fold.state import Value
from ledger.store.entries import Entry, find_entry, list_history
from ledger.store.session import Reader
from ledger.store.state import load_states

_UNIT = "unit/"
_ABOUT_ANOTHER = (EventCorrected, EventAnnulled, EventAgreed, EventDisputed)
_PARTIES_TO_AN_ACT = ("party", "to", "against", "of")
_TARGETS_MAX = 3
"""One agrees to the correction of a statement; only lost statements, which no rule has judged, make longer chains."""


class HistoriesExhaustedError(Exception):
    """One request has searched as many histories as it may: what is left is for the next page."""


class Disclosure:
    """Decides for one caller on one snapshot; it remembers what it has looked up."""

    def __init__(self, reader: Reader, caller: Caller) -> None:
        self._reader = reader
        self._caller = caller
        self._trails: dict[str, CustodyTrail] = {}
        self._loads: dict[str, bool] = {}

    def may_read(self, entry: Entry) -> bool:
        """Whether the caller may read this entry's statement.

        Raises:
            HistoriesExhaustedError: that takes one history too many.
        """
        return self._may_read(entry, _TARGETS_MAX)

    def _may_read(self, entry: Entry, targets: int) -> bool:
        event = parse_event(entry.body)
        payload, party = event.payload, self._caller.party
        if payload.disclosure == "public" or self._caller.sees_all:
            return True
        if party is None or (self._caller.sees_loads_only and not self._is_of_load(event)):
            return False
        if party == payload.party:
            return True
        if payload.disclosure == "authority" or isinstance(payload, ApplicationStep):
            return party in self._parties_of(payload.main_subject())
        if isinstance(payload, _ABOUT_ANOTHER):
            return targets > 0 and self._may_read_target(payload.event, targets - 1)
        if names(payload, party) or self._is_party_to(payload, party):
            return True
        return self._has_custody(entry.index, payload, party)

    def may_know(self, unit: Value) -> bool:
        """Whether the caller may know a unit's whole state (``unit``)."""
        caller = self._caller
        if caller.sees_all:
            return True
        if caller.party is None or unit.get("holder") != caller.party:
            return False
        return not caller.sees_loads_only or ("consignment" in unit and self._is_load(unit["consignment"]))

    def may_know_load(self, consignment: str) -> bool:
        """Whether the caller may know of a consignment whole: its parties, who succeeded one, and who sees all.

        A key that only transports knows of those that its own disclosure reaches.
        """
        caller, act = self._caller, self._act(consignment)
        if act.get("kind") != "consignment" or caller.party is None:
            return False
        if caller.sees_all:
            return True
        key = party_key(caller.party)
        succeeded = (load_states(self._reader, [key])[key] or {}).get("succeeds", [])
        parties = [*parties_to(act), *act.get("next_carriers", [])]
        is_party = not {caller.party, *succeeded}.isdisjoint(parties)
        return is_party and (not caller.sees_loads_only or self._is_load(consignment))

    def _is_of_load(self, event: Event) -> bool:
        if self._signed(event):
            return True
        consignment = getattr(event.payload, "consignment", None)
        return consignment is not None and self._is_load(consignment)

    def _signed(self, event: Event) -> bool:
        return (event.party, event.kid) == (self._caller.party, self._caller.kid)

    def _is_load(self, consignment: str) -> bool:
        """Whether the load is assigned to the key, it signed in it, or is limited to a site that it goes from or to."""
        if consignment not in self._loads:
            if len(self._trails) + len(self._loads) >= HISTORIES_MAX:
                raise HistoriesExhaustedError
            self._loads[consignment] = self._goes_by_key(consignment)
        return self._loads[consignment]

    def _goes_by_key(self, consignment: str) -> bool:
        key, act = act_key(consignment), self._act(consignment)
        if act.get("destination") in self._caller.sites:
            return True
        if self._caller.kid in act.get("drivers", {}).get(self._caller.party, []):
            return True
        return any(self._signed(event) or event.payload.site in self._caller.sites for _, event in self._history(key))

    def _is_party_to(self, payload: Payload, party: str) -> bool:
        """Whether the statement is about a consignment of which this is an end or a carrier."""
        consignment = getattr(payload, "consignment", None)
        act = self._act(consignment) if consignment else {}
        return act.get("kind") == "consignment" and party in parties_to(act)

    def _act(self, act: str) -> Value:
        key = act_key(act)
        return load_states(self._reader, [key])[key] or {}

    def _parties_of(self, act: str) -> set[str]:
        """Whose act this is, before which authority it lies, and whom it is against or about."""
        value = self._act(act)
        return {value[member] for member in _PARTIES_TO_AN_ACT if member in value}

    def _may_read_target(self, event_id: str, targets: int) -> bool:
        target = find_entry(self._reader, event_id)
        return target is not None and self._may_read(target, targets)

    def _has_custody(self, index: int, payload: Payload, party: str) -> bool:
        units = units_of(payload)
        values = load_states(self._reader, map(unit_key, units))
        if any(value and value.get("holder") == party for value in values.values()):
            return True
        return any(self._held_at_or_after(unit, party, index) for unit in units)

    def _held_at_or_after(self, unit: str, party: str, index: int) -> bool:
        until = self._trail(unit).held_until.get(party)
        # A present holder was found in the state; a trail without an end was cut short, and proves no more.
        return until is not None and index <= until

    def _trail(self, unit: str) -> CustodyTrail:
        if unit not in self._trails:
            if len(self._trails) + len(self._loads) >= HISTORIES_MAX:
                raise HistoriesExhaustedError
            self._trails[unit] = replay_custody(unit, self._history(unit_key(unit)))
        return self._trails[unit]

    def _history(self, subject: str) -> Iterator[tuple[int, Event]]:
        after, seen = -1, 0
        while page := list_history(self._reader, subject, after=after, limit=PAGE_MAX):
            yield from ((entry.index, parse_event(entry.body)) for entry in page if not entry.void)
            after, seen = page[-1].index, seen + len(page)
            if seen >= HISTORY_ENTRIES_MAX:
                return


def units_of(payload: Payload) -> list[str]:
    """The units that a statement extends or speaks about, each once."""
    keys = [subject.key for subject in payload.links()] + payload.abouts()
    return list(dict.fromkeys(key.removeprefix(_UNIT) for key in keys if key.startswith(_UNIT)))


def names(payload: Payload, party: str) -> bool:
    """Whether the statement names the party, wherever it does."""
    return _holds(payload.model_dump(), party)


def _holds(value: Any, text: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(member, text) for member in value.values())
    if isinstance(value, list):
        return any(_holds(item, text) for item in value)
    return bool(value == text)

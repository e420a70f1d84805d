"""Which known party and permit a line of a list means. What could mean two parties is asked about, never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from certification.listing.columns import ListLine
from certification.listing.names import Form, name_key
from certification.names import number_key

NEW: Final = "new"
"""What a resolution says for a party that is none of the candidates."""


@dataclass(frozen=True, slots=True)
class KnownParty:
    """A party of the ledger: its id, form, name (a natural person's only for who may read it), states of its sites."""

    party: str
    form: str
    name: str | None
    states: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KnownPermit:
    """A permit of the ledger as it stands today; ``scope`` has the members of ``Scope``."""

    authorisation: str
    number: str
    holder: str
    scope: dict[str, Any]
    from_on: str
    to_on: str
    is_transcribed: bool
    is_revoked: bool = False


class DoubtError(Exception):
    """A line that waits for an answer (``ambiguous``), or that is ``wrong``.

    Attributes:
        candidates: ids of parties that it could mean.
    """

    def __init__(
        self,
        outcome: Literal["ambiguous", "wrong"],
        field: str,
        rule: str,
        detail: str,
        candidates: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.outcome, self.field, self.rule, self.detail = outcome, field, rule, detail
        self.candidates = candidates


@dataclass(slots=True)
class Known:
    """What the ledger knows, and what lines above have added."""

    parties: dict[str, KnownParty] = field(default_factory=dict)
    permits: dict[str, list[KnownPermit]] = field(default_factory=dict)
    _by_words: dict[str, set[str]] = field(default_factory=dict)

    def add_party(self, party: KnownParty) -> None:
        """From now on lines may mean this party; its sites add up."""
        before = self.parties.get(party.party)
        states = party.states | before.states if before else party.states
        self.parties[party.party] = replace(party, states=states)
        if party.name is not None:
            self._by_words.setdefault(name_key(party.name).words, set()).add(party.party)

    def add_permit(self, permit: KnownPermit) -> None:
        """From now on lines with its number mean this permit; the same permit again replaces what was known of it."""
        listed = self.permits.setdefault(number_key(permit.number), [])
        listed[:] = [*(other for other in listed if other.authorisation != permit.authorisation), permit]

    def find_permit(self, line: ListLine) -> KnownPermit | None:
        """The permit with the line's number, if there is one.

        Raises:
            DoubtError: there are several, or its holder has another name than the line says.
        """
        listed = self.permits.get(number_key(line.number), [])
        if line.party not in (None, NEW):
            listed = [permit for permit in listed if permit.holder == line.party] or listed
        if len(listed) > 1:
            holders = tuple(sorted({permit.holder for permit in listed}))
            raise DoubtError("ambiguous", "number", "number-of-several", "several permits have this number", holders)
        if not listed:
            return None
        self._check_holder(line, listed[0])
        return listed[0]

    def _check_holder(self, line: ListLine, permit: KnownPermit) -> None:
        holder = self.parties.get(permit.holder)
        if line.party == permit.holder or holder is None or holder.name is None:
            return
        if not _is_same_name(line.name, holder.name):
            others = self._named_like(line.name)
            raise DoubtError(
                "ambiguous",
                "name",
                "holder-differs",
                "the permit with this number has another holder; if the name only is new, resolve it to that party, "
                "and record a transfer as authorisation.transferred",
                tuple(dict.fromkeys((permit.holder, *others))),
            )

    def find_party(self, line: ListLine) -> KnownParty | None:
        """The party that the line means; None when it is a new one.

        Raises:
            DoubtError: it could be one or another.
        """
        if line.party is not None:
            return self._resolved(line.party)
        alike = [self.parties[party] for party in self._named_like(line.name)]
        same = [known for known in alike if line.state in known.states and _is_same_name(line.name, known.name or "")]
        if len(same) == 1 and len(alike) == 1:
            return same[0]
        if alike:
            rule = "same-name" if same else "same-name-elsewhere"
            detail = "a party with this name is known; resolve it to that party's id, or to `new`"
            raise DoubtError("ambiguous", "name", rule, detail, tuple(known.party for known in alike))
        return None

    def _resolved(self, party: str) -> KnownParty | None:
        if party == NEW:
            return None
        known = self.parties.get(party)
        if known is None:
            raise DoubtError(
                "wrong", "party", "party-unknown", "the resolution names a party that is not in the directory"
            )
        return known

    def _named_like(self, name: str) -> list[str]:
        return sorted(self._by_words.get(name_key(name).words, ()))


def form_of(line: ListLine) -> Form:
    """What kind of person a new party is.

    Raises:
        DoubtError: neither RFC, column nor name tells.
    """
    if line.form is None:
        detail = "is this a natural person? Say `fisica` or `moral`: a person's name must not enter the log"
        raise DoubtError("ambiguous", "form", "person-or-not", detail)
    return line.form


def find_repeated(line: ListLine, above: Iterable[ListLine]) -> ListLine | None:
    """A line above with the same number that says other things than which activities and wastes."""
    return next((other for other in above if _without_lists(other) != _without_lists(line)), None)


def _without_lists(line: ListLine) -> tuple[object, ...]:
    return name_key(line.name), line.from_on, line.to_on, line.capacity_g, line.storage_g


def _is_same_name(first: str, second: str) -> bool:
    """The same words, and no two different legal forms."""
    one, other = name_key(first), name_key(second)
    forms = {one.legal_form, other.legal_form} - {None}
    return one.words == other.words and len(forms) < 2

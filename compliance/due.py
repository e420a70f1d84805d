"""What must I sign: the acts that a consignment waits for from one party, from the standing of its lines alone.

Nothing here refuses: the fold says what is allowed. This says what an honest party does next, so that custody never
rests on somebody who has it no longer, and so that no line stays open because nobody was asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, Protocol, TypeVar, get_args

from ledger.fold.paper import DISCREPANCIES
from ledger.fold.state import Value

DueAct = Literal[
    "offer_rest",
    "pick_up",
    "deliver",
    "receive",
    "record_delivery",
    "take_back",
    "redirect",
    "agree",
    "resolve",
    "register_original",
]
DUE_ACTS: Final[tuple[DueAct, ...]] = get_args(DueAct)

KIND_OF: Final[Mapping[str, str]] = {
    "offer_rest": "consignment.offered",
    "pick_up": "consignment.picked_up",
    "receive": "consignment.received",
    "record_delivery": "consignment.delivered",
    "take_back": "consignment.returned",
    "redirect": "consignment.redirected",
    "agree": "event.agreed",
    "resolve": "discrepancy.resolved",
    "register_original": "paper.returned",
}
"""The kind that does each act; to deliver is to drive on or to hand on, and the next party's signature ends it."""

_ON_THE_WAY: Final = frozenset({"carried", "handed", "stored"})
_STRANDED: Final = frozenset({"refused", "missing"})
_CLAIMED: Final = frozenset({"extra", "claimed"})


class Standing(Protocol):
    """Where one unit of a consignment stands, or several that stand alike (``compliance.load.LoadLine``)."""

    @property
    def line(self) -> str:
        """One of ``load.OPEN_LINES`` or ``load.OUTCOMES``."""
        ...

    @property
    def holder(self) -> str | None:
        """Who answers for it."""
        ...

    @property
    def to(self) -> str | None:
        """The carrier to which it is handed on, or who claims it."""
        ...

    @property
    def since(self) -> int:
        """When it came there, seconds since 1970; of several, the first."""
        ...

    @property
    def count(self) -> int:
        """How many units this is."""
        ...


Line = TypeVar("Line", bound=Standing)


@dataclass(frozen=True, slots=True)
class Due(Generic[Line]):
    """One act that a party has before it.

    Attributes:
        act: what.
        lines: for which units; empty where it is not about single units.
        since: since when it waits, seconds since 1970.
        findings: keys of the discrepancies to answer.
    """

    act: DueAct
    lines: tuple[Line, ...]
    since: int
    findings: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        """How many units it is about."""
        return sum(line.count for line in self.lines)

    @property
    def kind(self) -> str | None:
        """The tag of the kind that does it; None for an act without a signature of this party."""
        return KIND_OF.get(self.act)


def due_from(
    party: str,
    act: Value,
    lines: Iterable[Line],
    parties: Mapping[str, Value],
    findings: Mapping[str, Value] | None = None,
) -> list[Due[Line]]:
    """What the consignment waits for from this party, in the order of ``DUE_ACTS``.

    Args:
        party: who asks; it also signs for those that ended and that it succeeds.
        act: the consignment's state value.
        lines: all lines that are open, singly or by groups that stand alike.
        parties: state values of the consignment's parties and of ``party``.
        findings: state values of the consignment's findings, by key.
    """
    value = parties.get(party)
    if value is None or "closed_at" in value or act["stage"] == "annulled":
        return []
    consignment = _Consignment(act, frozenset([party, *value.get("succeeds", [])]), parties)
    open_lines = list(lines)
    found: dict[DueAct, list[Line]] = {}
    for line in open_lines:
        what = consignment.due_of(line)
        if what is not None:
            found.setdefault(what, []).append(line)
    due = [Due(what, tuple(of_act), min(line.since for line in of_act)) for what, of_act in found.items()]
    due += consignment.due_at_large(findings or {})
    return sorted(due, key=lambda one: DUE_ACTS.index(one.act))


def roles_of(party: str, act: Value, lines: Iterable[Standing], parties: Mapping[str, Value]) -> list[str]:
    """As what the party takes part in the consignment, itself or for one that ended and that it succeeds."""
    acting = {party, *(parties.get(party) or {}).get("succeeds", [])}
    on_the_way = {name for line in lines if line.line not in _CLAIMED for name in (line.holder, line.to) if name}
    carriers = {*act["carriers"], *act.get("next_carriers", []), *(on_the_way - {act["consignor"], act["consignee"]})}
    named = {"consignor": {act["consignor"]}, "carrier": carriers, "consignee": {act["consignee"]}}
    return [role for role, those in named.items() if acting & those]


@dataclass(frozen=True, slots=True)
class _Consignment:
    act: Value
    acting: Collection[str]
    parties: Mapping[str, Value]

    def due_of(self, line: Standing) -> DueAct | None:
        """What one line waits for from the acting party."""
        if line.line in _CLAIMED:
            return "agree" if line.holder in self.acting and self.act["stage"] != "cancelled" else None
        if line.line == "offered":
            return self._due_of_offered()
        if line.line in _STRANDED:
            return self._due_of_stranded(line)
        return self._due_of_moving(line) if line.line in _ON_THE_WAY else None

    def due_at_large(self, findings: Mapping[str, Value]) -> list[Due[Line]]:
        """What concerns no single unit."""
        due: list[Due[Line]] = []
        if self._is("consignor") and self.act["stage"] == "offering":
            due.append(Due("offer_rest", (), self.act["head_at"]))
        disputed = {key: value for key, value in findings.items() if self._has_to_answer(value)}
        if disputed:
            due.append(Due("resolve", (), min(value["since"] for value in disputed.values()), tuple(sorted(disputed))))
        if self._is("consignor") and self.act["stage"] == "closed" and self._waits_for_original():
            due.append(Due("register_original", (), self.act["head_at"]))
        return due

    def _is(self, role: Literal["consignor", "consignee"]) -> bool:
        return self.act[role] in self.acting

    def _due_of_offered(self) -> DueAct | None:
        if self.act["stage"] not in ("offered", "moving"):
            return None
        if self.act["carriers"]:
            return "pick_up" if set(self.act["carriers"]) & set(self.acting) else None
        return "receive" if self._is("consignee") else None

    def _due_of_moving(self, line: Standing) -> DueAct | None:
        if self._is("consignee"):
            return "receive"
        if line.line == "handed" and line.to in self.acting:
            return "pick_up"
        if self._has_nobody(self.act["consignee"]):
            return self._due_of_stranded(line)
        if line.line != "handed" and line.holder in self.acting:
            return "pick_up" if line.line == "stored" else "deliver"
        return "record_delivery" if self._is("consignor") and self._is_abroad(self.act["consignee"]) else None

    def _due_of_stranded(self, line: Standing) -> DueAct | None:
        if self._is("consignor"):
            return "take_back"
        # Where a missing unit is nobody knows: it can be found and received, or reported lost, but not sent on.
        is_forsaken = self._has_nobody(self.act["consignor"]) and line.line != "missing"
        return "redirect" if is_forsaken and line.holder in self.acting else None

    def _is_abroad(self, party: str) -> bool:
        value = self.parties.get(party) or {}
        return value.get("form") == "foreign"

    def _has_nobody(self, party: str | None) -> bool:
        """Whether the party ended, and so did all that succeed it."""
        value = self.parties.get(party or "")
        while value is not None and "closed_at" in value:
            if "successor" not in value:
                return True
            value = self.parties.get(value["successor"])
        return False

    def _has_to_answer(self, finding: Value) -> bool:
        if finding["requirement"] not in DISCREPANCIES or "settled_at" in finding:
            return False
        answered = set(finding.get("resolved", {}))
        return any(self._is(role) and self.act[role] not in answered for role in _ENDS)

    def _waits_for_original(self) -> bool:
        papers: Mapping[str, Value] = self.act.get("papers", {})
        return any("returned_at" not in paper for paper in papers.values())


_ENDS: Final[Sequence[Literal["consignor", "consignee"]]] = ("consignor", "consignee")

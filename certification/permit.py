"""What a permit said on a day.

A permit's state value holds a timeline: the grant, then one line for each later act, in recorded order. An act
speaks for every day from its own first day on, whatever was recorded before it about those days: so a revocation is
final, and an act that is recorded late still holds from the day it names.

A suspension or revocation that a court stays has no effect while the stay holds: the permit stands as the acts before
it left it. A renewal that the holder claims by silence (RLGPGIR 59) holds until the authority renews, and is shown as
claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ledger.fold.state import Value

Standing = Literal["in-force", "not-yet", "expired", "suspended", "revoked"]


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit as it stood on one day; ``from_on`` and ``to_on`` are its first and last day, both included.

    ``scope`` has the members of ``ledger.domain.authorisation.Scope``. ``transcribed`` tells where it was copied from,
    None for a permit that the authority itself recorded; ``confirmed`` whether the authority has decided on such a copy
    since. ``stayed`` is the court's stay (``stays``, ``court``, ``file``) of its newest suspension or revocation;
    ``claimed`` is the renewal by silence (``application``, ``to_on``) on which ``to_on`` rests. Whoever shows the
    standing shows these too. ``jurisdiction`` is the authority's, beyond which it permits nothing; None if nobody but
    the list from which it was copied, or the root, says that there is a permit.
    """

    number: str
    holder: str
    standing: Standing
    scope: Value
    from_on: str
    to_on: str
    transcribed: Value | None
    confirmed: bool = False
    stayed: Value | None = None
    claimed: Value | None = None
    jurisdiction: str | None = None


def permit_as_of(value: Value, day: str) -> Permit:
    """The permit on ``day``, or, while its first day is still to come, the permit as it was granted."""
    grant, *later = value["timeline"]
    lines = [grant, *(line for line in later if line["from_on"] <= day)]
    said: Value = {"holder": value["holder"]}
    for line in lines:
        said.update(line)
    status, stayed = _status(lines, _stays(later, day))
    claimed: Value | None = said.get("claimed")
    to_on: str = claimed["to_on"] if claimed is not None else said["to_on"]
    return Permit(
        number=value["number"],
        holder=said["holder"],
        standing=_standing(status, grant["from_on"], to_on, day),
        scope=said["scope"],
        from_on=grant["from_on"],
        to_on=to_on,
        transcribed=value.get("transcribed"),
        confirmed="confirmed_by" in value,
        stayed=stayed,
        claimed=claimed,
        jurisdiction=value.get("jurisdiction"),
    )


def _stays(later: list[Value], day: str) -> dict[str, Value]:
    """The stays that held on the day, by the event that each stays; a lifting is of the stay recorded before it."""
    stays: dict[str, Value] = {}
    stayed = ""
    for line in later:
        if "stayed" not in line:
            continue
        stay: Value | None = line["stayed"]
        if stay is not None:
            stayed = stay["stays"]
        if line["from_on"] > day:
            continue
        if stay is None:
            stays.pop(stayed, None)
        else:
            stays[stayed] = stay
    return stays


def _status(lines: list[Value], stays: dict[str, Value]) -> tuple[str, Value | None]:
    """The status of the newest act on it that no court stays, and the stay of the newest that one does."""
    stayed: Value | None = None
    rulings = [line for line in lines if "status" in line]
    while rulings[-1].get("event") in stays:
        stay = stays[rulings.pop()["event"]]
        stayed = stayed or stay
    return rulings[-1]["status"], stayed


def _standing(status: str, from_on: str, to_on: str, day: str) -> Standing:
    if day < from_on:
        return "not-yet"
    if status == "revoked":
        return "revoked"
    if day > to_on:
        return "expired"
    return "suspended" if status == "suspended" else "in-force"

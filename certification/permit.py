"""What a permit said on a day.

A permit's state value holds a timeline: the grant, then one line for each later act, in recorded order. An act
speaks for every day from its own first day on, whatever was recorded before it about those days: so a revocation is
final, and an act that is recorded late still holds from the day it names.
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
    None for a permit that the authority itself recorded.
    """

    number: str
    holder: str
    standing: Standing
    scope: Value
    from_on: str
    to_on: str
    transcribed: Value | None


def permit_as_of(value: Value, day: str) -> Permit:
    """The permit on ``day``, or, while its first day is still to come, the permit as it was granted."""
    grant, *later = value["timeline"]
    said: Value = {"holder": value["holder"], **grant}
    for line in later:
        if line["from_on"] <= day:
            said.update(line)
    return Permit(
        number=value["number"],
        holder=said["holder"],
        standing=_standing(said["status"], grant["from_on"], said["to_on"], day),
        scope=said["scope"],
        from_on=grant["from_on"],
        to_on=said["to_on"],
        transcribed=value.get("transcribed"),
    )


def _standing(status: str, from_on: str, to_on: str, day: str) -> Standing:
    if day < from_on:
        return "not-yet"
    if status == "revoked":
        return "revoked"
    if day > to_on:
        return "expired"
    return "suspended" if status == "suspended" else "in-force"

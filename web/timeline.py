"""The story of a permit, line by line, as people tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.fold.state import Value
from web.language import mark

_STATUS: Final = {
    "suspended": mark("Suspendida"),
    "revoked": mark("Revocada"),
    "in_force": mark("Restablecida"),
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """One act on a permit.

    Attributes:
        from_on: the first day on which it holds.
        what: in Spanish, the catalogues' source.
        until_on: a last day that it sets, if it sets one.
        oficio: of the act behind it, or the court's file.
        event: id of the event that says so.
    """

    from_on: str
    what: str
    until_on: str | None
    oficio: str | None
    event: str


def chapters(value: Value) -> list[Chapter]:
    """The story of a permit from its state value, in the order of the days from which each act holds."""
    grant, *later = value["timeline"]
    first = mark("Transcrita de una lista pública") if "transcribed" in value else mark("Otorgada")
    told = [Chapter(grant["from_on"], first, grant["to_on"], grant.get("oficio"), grant["event"])]
    told += [_chapter(line) for line in later]
    confirmed = value.get("confirmed")
    if confirmed is not None:
        confirmation = mark("Confirmada por la autoridad")
        told.append(Chapter(confirmed["notified_on"], confirmation, None, confirmed["oficio"], confirmed["event"]))
    return sorted(told, key=lambda chapter: chapter.from_on)


def _chapter(line: Value) -> Chapter:
    until_on = line.get("to_on") or (line.get("claimed") or {}).get("to_on")
    file = line.get("oficio") or line.get("file") or (line.get("stayed") or {}).get("file")
    return Chapter(line["from_on"], next(_what(line)), until_on, file, line["event"])


def _what(line: Value) -> Iterator[str]:
    if "status" in line:
        yield _STATUS.get(line["status"], mark("Modificada"))
    if "stayed" in line:
        yield mark("Detenida por un tribunal") if line["stayed"] else mark("El tribunal levantó su orden")
    if "holder" in line:
        yield mark("Pasó a otro titular")
    if "to_on" in line:
        yield mark("Prorrogada")
    if line.get("claimed"):
        yield mark("Prórroga declarada por el titular")
    yield mark("Cambió su alcance") if "scope" in line else mark("Modificada")

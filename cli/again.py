"""Statements that came too late are stated anew: their ``prev`` set on what is newest now, with a new id, signed again.

What was said does not change. When it happened changes only if something later is recorded of the same subject by
now, and is shown first. Where it would say something else, nothing is signed, and whoever said it decides.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from cli.compose import Head, Members, at_pointer
from cli.console import describe_problem
from cli.outbox import Outbox, Refused
from cli.server import Server
from ledger.domain.payload import Subject
from ledger.domain.values import format_instant, format_uuid7, parse_instant
from ledger.errors import Refusal
from ledger.event import Event

MENDABLE = frozenset({"stale-head", "conflicting-statement", "subject-unknown", "builds-on-refused"})
"""Refusals that speak of what the statement builds on, and of nothing that it says."""

LATER_S_MAX = 24 * 3600
"""How much later than it happened a statement may be made to say it did: law counts in days."""

_NEW = "new:"
"""Before the head that a statement gets which is itself about to be signed again."""
_SAME_ANYWHERE = frozenset({"v", "id", "occurred_at", "seen", "restates", "units", "lines", "prev"})


class NotMendable(Refusal):
    """The statement would say something else if it were set on what is newest now."""

    code = "not-mendable"
    title = "The statement has to be stated anew by hand"


@dataclass(frozen=True, slots=True)
class Renewal:
    """What becomes of one refused statement.

    Attributes:
        old: the statement.
        members: of the new one, its ``prev`` still to be set; None if the old one is sent again as it is.
        changes: what is different, or has happened meanwhile, in words.
        refusal: why nothing is signed; None if it is.
    """

    old: Event
    members: Members | None = None
    changes: tuple[str, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose statements they are, and whom to ask what happened meanwhile."""

    party: str
    kid: str
    server: Server


def choose(refused: Sequence[Refused], names: Sequence[str]) -> list[Refused]:
    """The refused statements whose event ids begin so, and those that build on them; without names, all.

    Raises:
        NotMendable: a name fits none, or more than one.
    """
    if not names:
        return list(refused)
    chosen = {_named(refused, name).event.id for name in names}
    for one in refused:
        if any(subject.prev in chosen for subject in one.event.payload.extends):
            chosen.add(one.event.id)
    return [one for one in refused if one.event.id in chosen]


def settle_renewed(outbox: Outbox) -> None:
    """Note what was signed again by a process that died before it noted so."""
    new_ids = {_id_after(one.event): one for one in outbox.refused()}
    for event in list(outbox.events()) if new_ids else ():
        old = new_ids.get(event.payload.id)
        if old is not None and old.event.party == event.party:
            outbox.settle_again(old, event.id)


def plan_again(
    asked: Asked, chosen: Sequence[Refused], others: Collection[str], heads: Mapping[str, Head], said: Members
) -> list[Renewal]:
    """What to do about each of the chosen statements, in their order; ``said`` replaces members of every one.

    Nothing is signed here. ``heads`` has every subject of them, as the ledger tells it now; ``others`` are the event
    ids of refused statements that were not chosen.

    Raises:
        Unavailable: nobody answers.
    """
    tips = dict(heads)
    left = set(others)
    plan = []
    for one in chosen:
        try:
            renewal = _plan_one(asked, one, tips, left, said)
        except Refusal as refusal:
            renewal = Renewal(one.event, refusal=refusal)
            left.add(one.event.id)
        if renewal.members is not None:
            at = parse_instant(renewal.members["occurred_at"])
            tips.update({subject.key: Head(_NEW + one.event.id, at) for subject in one.event.payload.extends})
        plan.append(renewal)
    return plan


def rebase(renewal: Renewal, heads: Mapping[str, Head]) -> Members:
    """The members of the new statement, every ``prev`` as ``heads`` says.

    The id is drawn from the old statement: if the process dies before the old one is noted as signed again, the next
    time makes the same one, not a third.
    """
    members: Members = json.loads(json.dumps(renewal.members))
    for subject in renewal.old.payload.extends:
        head = heads[subject.key].event_id
        if head != subject.prev:
            at_pointer(members, subject.pointer)["prev"] = head
    members["id"] = _id_after(renewal.old)
    return members


def _named(refused: Sequence[Refused], name: str) -> Refused:
    found = [one for one in refused if one.event.id.startswith(name)]
    if len(found) != 1:
        raise NotMendable(
            f"{len(found)} refused statements begin with {name}", cure="the folder refused/ has their event ids"
        )
    return found[0]


def _plan_one(asked: Asked, one: Refused, tips: Mapping[str, Head], left: set[str], said: Members) -> Renewal:
    event = one.event
    _check_own(asked, one)
    parent = next((s.prev for s in event.payload.extends if s.prev in left), None)
    if parent is not None:
        raise NotMendable(f"it builds on {parent}, which is not signed again")
    entry = _find_entry(asked.server, event.id)
    if entry is not None and entry["effect"]:
        return Renewal(event, changes=("it is in the ledger",))
    stale = [subject for subject in event.payload.extends if tips[subject.key].event_id != subject.prev]
    if not stale and not said and entry is None:
        return Renewal(event, changes=("it builds on what is newest now: it is sent as it is",))
    members: Members = {**json.loads(event.envelope.payload), **said}
    changes = [change for subject in stale for change in _changes(asked, event, members, subject, tips)]
    if entry is not None:
        members["restates"] = event.id
        changes.append(f"restates {event.id}, which is in the ledger without effect")
    changes += _settle_time(members, event, said, tips)
    return Renewal(event, members, tuple(changes))


def _check_own(asked: Asked, one: Refused) -> None:
    event = one.event
    if (event.party, event.kid) != (asked.party, asked.kid):
        raise NotMendable(
            f"it was signed by {event.party} with the key {event.kid}",
            cure="only who signed it can sign it again, and hand it over anew",
        )
    if one.answer["code"] not in MENDABLE:
        raise NotMendable(
            f"it was refused for what it says: {describe_problem(one.answer)}",
            cure="once the reason is gone: bitacora send; or state it anew",
        )


def _changes(asked: Asked, event: Event, members: Members, subject: Subject, tips: Mapping[str, Head]) -> list[str]:
    """What is different for one stale subject.

    Raises:
        NotMendable: it would not say the same any more.
    """
    head = tips[subject.key].event_id
    if subject.prev is None:
        raise NotMendable(f"{subject.key} is in the ledger already, by {head}", field=subject.pointer)
    if head is None:
        raise NotMendable(
            f"{subject.key} is not in the ledger: what brought it there was refused or lost",
            field=subject.pointer,
            cure="once it is stated anew, take its hand-over, and try again",
        )
    if "prev" not in at_pointer(members, subject.pointer):
        raise NotMendable("it is about that very event and no later one", field=subject.pointer)
    if head.startswith(_NEW):
        return [f"{subject.key}: on {head.removeprefix(_NEW)}, signed again"]
    meanwhile = _since(asked.server, subject)
    _check_unit(asked, event, subject, meanwhile)
    happened = [f"  meanwhile: {m['kind']} by {m['party']}, {m['statement']['occurred_at']}" for m in meanwhile]
    return [f"{subject.key}: {subject.prev} is now {head}", *happened]


def _check_unit(asked: Asked, event: Event, subject: Subject, meanwhile: Sequence[Members]) -> None:
    """The unit is still where the signer took it to be, and nobody has said the same in its name."""
    if not subject.key.startswith("unit/"):
        return
    said = _said(json.loads(event.envelope.payload))
    same = next((m for m in meanwhile if m["party"] == event.party and _said(m["statement"]) == said), None)
    if same is not None:
        raise NotMendable(f"{same['event_id']} says the same already", field=subject.pointer)
    if event.payload.signer != "holder":
        return
    state = _ask(asked.server, f"v1/units/{quote(subject.key.removeprefix('unit/'), safe='')}")["state"]
    if state is None or state.get("holder") != event.party:
        raise NotMendable(
            f"{subject.key} has another holder now",
            field=subject.pointer,
            cure="whoever holds it hands it over first; `bitacora heads` and the unit's history say what happened",
        )
    consignment = state.get("consignment")
    if consignment not in (None, getattr(event.payload, "consignment", None)):
        raise NotMendable(
            f"{subject.key} is in the consignment {consignment} by now",
            field=subject.pointer,
            cure="cancel it there first, if it has not left",
        )


def _settle_time(members: Members, event: Event, said: Members, tips: Mapping[str, Head]) -> list[str]:
    """Keep when it happened, or say the first moment that the ledger can still take: nothing comes before its head.

    Raises:
        NotMendable: that is more than ``LATER_S_MAX`` later, or before what the signer says.
    """
    at = parse_instant(members["occurred_at"])
    latest = max((tips[subject.key].at for subject in event.payload.extends), default=0)
    if at >= latest:
        return []
    was, possible = members["occurred_at"], format_instant(latest)
    if "occurred_at" in said or latest - at > LATER_S_MAX:
        raise NotMendable(
            f"it happened at {was}, before what is newest now ({possible})",
            field="/occurred_at",
            cure=f"if it holds from then on, say so: --set occurred_at={possible}",
        )
    members["occurred_at"] = possible
    return [f"occurred_at: {was} is now {possible}, when what is newest happened"]


def _said(members: Mapping[str, Any]) -> Members:
    """What a statement says, but for when, and on what it builds."""
    return {name: value for name, value in members.items() if name not in _SAME_ANYWHERE}


def _since(server: Server, subject: Subject) -> list[Members]:
    """The events that have extended the subject since its ``prev``, as far as this party may see them."""
    events: list[Members] = []
    after: str | None = ""
    while after is not None:
        page = _ask(server, f"v1/events?subject={quote(subject.key, safe='/:')}&after={after}")
        events += page["events"]
        after = page["next"]
    places = [place for place, event in enumerate(events) if event["event_id"] == subject.prev]
    newer = events[places[0] + 1 :] if places else events
    return [event for event in newer if event["effect"]]


def _find_entry(server: Server, event_id: str) -> Members | None:
    """The event as the ledger has it, with or without effect; None if it is not there."""
    try:
        found: Members = json.loads(server.fetch(f"v1/events/{event_id}"))
    except FileNotFoundError:
        return None
    return found


def _ask(server: Server, path: str) -> Members:
    members: Members = json.loads(server.tell("GET", path))
    return members


def _id_after(old: Event) -> str:
    milliseconds = int(old.payload.id.replace("-", "")[:12], 16)
    return format_uuid7(milliseconds, sha256(f"again {old.id}".encode()).digest()[:10])

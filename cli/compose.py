"""From what a person states to the members of a payload: common members, fresh ids, and the heads it builds on.

``begin`` says whose heads have to be known; ``finish`` fills them in, and what it returns is ready for ``sign_event``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from cli.refusals import HeadUnknown
from ledger.domain.kinds import KINDS, parse_payload
from ledger.domain.payload import Payload, act_key, party_key, site_key, unit_key
from ledger.domain.values import Seen, format_instant, parse_instant
from ledger.errors import MalformedStatement

Members = dict[str, Any]

TO_BE_FILLED = "0" * 64
"""A ``prev``, until its head is known."""
# These bring units into being, so a unit that nobody has heard of is no surprise.
_BIRTHS = frozenset({"unit.registered", "unit.produced", "unit.imported"})


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event of a subject that is known.

    Attributes:
        event_id: in hex; None if the ledger does not know the subject.
        at: when that event occurred, in seconds since 1970; 0 if not known.
    """

    event_id: str | None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest checkpoint that the signer holds, and a time that is not before its tick (seconds since 1970)."""

    seen: Seen
    not_before: int


@dataclass(frozen=True, slots=True)
class Ask:
    """A statement whose heads are still missing.

    Attributes:
        members: the payload, with placeholders.
        subjects: state key of each subject whose head is asked for, by JSON pointer.
        dated: whether the signer stated ``occurred_at``.
    """

    members: Members
    subjects: dict[str, str]
    dated: bool


def parse_settings(settings: list[str], new_id: Callable[[str], str]) -> Members:
    """Members from ``name=value`` texts.

    ``name`` may be a path (``description.mass_g``); ``value`` is JSON if it reads as JSON, else a text; ``@con`` is the
    fresh id that ``new_id("con")`` makes.

    Raises:
        ValueError: no equals sign, or a path through something that is not an object.
    """
    members: Members = {}
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path:
            raise ValueError(f"{setting!r} is not name=value")
        *parents, name = path.split(".")
        target = members
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise ValueError(f"{path}: {parent} is not an object")
        target[name] = _parse_value(text, new_id)
    return members


def place_units(kind: str, units: Sequence[str]) -> Members:
    """The member by which this kind names units; as ``lines``, they were all accepted.

    Raises:
        MalformedStatement: the kind names no units, or one only.
    """
    fields = model_of(kind).model_fields
    plural = next((name for name in ("units", "lines", "tags") if name in fields), None)
    if plural is not None:
        return {plural: list(units)}
    single = next((name for name in ("unit", "lot") if name in fields), None)
    if single is None or len(units) != 1:
        raise MalformedStatement(f"{kind} does not name {len(units)} units", cure="docs/events.md lists its members")
    return {single: units[0]}


def subject_key(text: str) -> str:
    """State key of what people name by its id: a unit, or an act (``con_…``), party or site."""
    if "/" in text:
        return unit_key(text)
    return {"pty": party_key, "sit": site_key}.get(text.partition("_")[0], act_key)(text)


def model_of(kind: str) -> type[Payload]:
    """The kind with this tag.

    Raises:
        MalformedStatement: there is none.
    """
    model = KINDS.get(kind)
    if model is None:
        raise MalformedStatement(f"there is no kind {kind!r}", field="/kind", cure="docs/events.md lists the kinds")
    return model


def begin(kind: str, stated: Members, common: Members) -> Ask:
    """Spell the payload as far as it can be without the heads; what is ``stated`` wins over what is ``common``.

    Raises:
        MalformedStatement: an unknown kind, or members that are none of it.
    """
    members = {**common, **copy.deepcopy(stated), "kind": kind}
    for name, field in model_of(kind).model_fields.items():
        if name == "prev":
            members.setdefault("prev", TO_BE_FILLED)
        elif name in members and _holds_links(field.annotation):
            members[name] = _linked(members[name], name)
    payload = parse_payload(members)
    subjects = {subject.pointer: subject.key for subject in payload.links() if subject.prev == TO_BE_FILLED}
    return Ask(members, subjects, "occurred_at" in stated)


def finish(ask: Ask, heads: Mapping[str, Head], anchor: Anchor | None) -> Members:
    """Fill in the heads, and the anchor if the statement is not older than it.

    A time that the signer did not state is never before those of the heads, nor before the anchor.

    Raises:
        HeadUnknown: ``heads`` lacks a subject that must be there already.
    """
    members = copy.deepcopy(ask.members)
    at = parse_instant(members["occurred_at"])
    for pointer, key in ask.subjects.items():
        head = _head(heads, key, members["kind"], pointer)
        at_pointer(members, pointer)["prev"] = head.event_id
        at = at if ask.dated else max(at, head.at)
    if anchor is not None and "seen" not in members:
        at = at if ask.dated else max(at, anchor.not_before)
        if at >= anchor.not_before:
            members["seen"] = anchor.seen.model_dump()
    members["occurred_at"] = format_instant(at)
    return members


def _parse_value(text: str, new_id: Callable[[str], str]) -> Any:
    if text.startswith("@") and text[1:].isalpha():
        return new_id(text[1:])
    try:
        return json.loads(text)
    except ValueError:
        return text


def _holds_links(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"id", "prev"} <= annotation.model_fields.keys()
    return any(map(_holds_links, get_args(annotation)))


def _linked(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_linked(item, name) for item in value]
    link = {"id": value} if isinstance(value, str) else value
    if not isinstance(link, dict):
        return value
    accepted = {"outcome": "accepted"} if name == "lines" else {}
    return {**accepted, "prev": TO_BE_FILLED, **link}


def _head(heads: Mapping[str, Head], key: str, kind: str, pointer: str) -> Head:
    head = heads.get(key)
    if head is None and kind in _BIRTHS:
        return Head(None)
    if head is None:
        raise HeadUnknown(
            f"the newest event of {key} is not known here",
            field=pointer,
            cure="ask for it while there is a connection: bitacora heads; what is new is named @con, @tkt and so on",
        )
    return head


def at_pointer(members: Members, pointer: str) -> Members:
    """The object that holds the ``prev`` of the subject at this pointer."""
    target: Any = members
    for part in pointer.split("/")[1:]:
        if part != "prev":
            target = target[int(part)] if isinstance(target, list) else target[part]
    found: Members = target
    return found

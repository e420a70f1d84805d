"""Payloads by which a ledger begins and its parties come to be, ready for ``sign_event``.

New ids and times are handed in. Nothing is checked here: the kinds' own models do, when the payload is signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.domain.values import format_base64url, format_instant
from ledger.event import sign_event
from ledger.keys import PublicKey, SigningKey

Members = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who states something, when (seconds since 1970), and under which new id (UUIDv7)."""

    party: str
    at: int
    id: str


def statement(occasion: Occasion, kind: str, **members: Any) -> Members:
    """The payload of any kind; members that are None are left out, unless it is ``prev``, which says "the first"."""
    stated = {name: value for name, value in members.items() if value is not None or name == "prev"}
    common = {"v": 1, "kind": kind, "id": occasion.id, "occurred_at": format_instant(occasion.at)}
    return {**common, "party": occasion.party, **stated}


def genesis(
    occasion: Occasion,
    *,
    origin: str,
    operator: str,
    operator_name: str,
    root: Sequence[PublicKey],
    threshold: int,
    clock: PublicKey,
    recorder: PublicKey,
    checkpoint: Sequence[str],
    rules_version: int,
) -> Members:
    """Entry 0, stated by the root's party: ``threshold`` of the root keys make an act; online keys are delegated.

    ``checkpoint`` holds the note verifier keys of the checkpoint signer.
    """
    return statement(
        occasion,
        "ledger.genesis",
        origin=origin,
        operator=operator,
        operator_name=operator_name,
        root={"threshold": threshold, "keys": [_spki(key) for key in root]},
        online={"clock": _spki(clock), "recorder": _spki(recorder), "checkpoint": list(checkpoint)},
        rules_version=rules_version,
    )


def sign_root_act(keys: Sequence[SigningKey], members: Members) -> list[bytes]:
    """The same act, byte for byte, signed by each of these root keys; it takes effect with the k-th.

    Raises:
        MalformedStatement: the members do not spell a payload of a known kind.
    """
    return [sign_event(key, members) for key in keys]


def party_registered(
    occasion: Occasion,
    registered: str,
    *,
    form: str,
    name: str | None = None,
    identity: str | None = None,
    powers: Sequence[str] = (),
    jurisdiction: str | None = None,
) -> Members:
    """A party comes to be; a natural person (``fisica``) with a commitment (``certification.sealed``) for a name.

    ``jurisdiction`` is that of an authority: ``MX``, or a state of it (``MX-NLE``).
    """
    return statement(
        occasion,
        "party.registered",
        registered=registered,
        form=form,
        name=name,
        identity=identity,
        powers=list(powers) or None,
        jurisdiction=None if jurisdiction is None else {"code": jurisdiction},
    )


def site_registered(
    occasion: Occasion, registered: str, *, operated_by: str, place: Members, name: str | None = None
) -> Members:
    """A place that a party operates; ``place`` has the members of ``ledger.domain.party.Place``."""
    return statement(
        occasion, "site.registered", registered=registered, operated_by=operated_by, name=name, place=place
    )


def key_enrolled(
    occasion: Occasion,
    enrolled_for: str,
    key: PublicKey,
    roles: Sequence[str],
    *,
    limits: Members | None = None,
    **more: Any,
) -> Members:
    """A key is bound to the party it acts for; ``more`` may say ``person``, ``acts`` and ``assurance``."""
    return statement(
        occasion,
        "key.enrolled",
        enrolled_for=enrolled_for,
        kid=key.kid.hex(),
        spki=_spki(key),
        key_roles=list(roles),
        limits=limits,
        **more,
    )


def authorisation_granted(
    occasion: Occasion,
    authorisation: str,
    *,
    holder: str,
    number: str,
    scope: Members,
    from_on: str,
    to_on: str,
    act: Members | None = None,
    transcribed: Members | None = None,
) -> Members:
    """A permit, granted by an ``act`` of the authority or ``transcribed`` from its public list."""
    return statement(
        occasion,
        "authorisation.granted",
        authorisation=authorisation,
        holder=holder,
        number=number,
        scope=scope,
        from_on=from_on,
        to_on=to_on,
        act=act,
        transcribed=transcribed,
    )


def _spki(key: PublicKey) -> str:
    return format_base64url(key.spki)

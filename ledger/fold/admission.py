"""Who may state this, now: time, key and standing. The first checks of every event."""

from __future__ import annotations

from functools import lru_cache

from ledger.domain.operation import KeySucceeded
from ledger.domain.payload import Payload, key_key, party_key
from ledger.domain.values import format_instant
from ledger.errors import (
    KeyNotInForce,
    KeyUnknown,
    NotConcerned,
    NotHolder,
    TimeOutOfBounds,
    TransitionNotAllowed,
)
from ledger.fold.regime import FEDERAL, FEDERAL_REGIME, find_line
from ledger.fold.state import Draft, State, Value

AHEAD_MAX_S = 600
"""How far ``occurred_at`` may be ahead of the ledger's clock."""
LATE_WINDOW_S = 72 * 3600
"""How late a statement may be recorded without a finding, where no regime says otherwise."""
_MADE = ("/parts/", "/into", "/outputs/")
"""Where the statements of holders name what they bring into being."""

_DAY_S = 24 * 3600


def standing_keys(payload: Payload, kid: str) -> list[str]:
    """State keys that admission reads for any statement."""
    keys = [
        "time",
        "rules",
        "ledger",
        "conflict",
        FEDERAL_REGIME,
        key_key(payload.party, kid),
        party_key(payload.party),
    ]
    if payload.site:
        keys.append(f"site/{payload.site}")
    if payload.seen:
        keys.append(f"log/{payload.seen.size}")
    if payload.restates:
        keys.append(f"event/{payload.restates}")
    return keys


def check_time(draft: Draft) -> None:
    """``occurred_at`` is neither ahead of the ledger's clock nor before what the signer had seen.

    Raises:
        TimeOutOfBounds: it is.
    """
    payload = draft.event.payload
    at = payload.occurred_at
    # Without its clock key a ledger's time stands still: the root that replaces the key comes from later.
    if at > draft.now() + AHEAD_MAX_S and not _replaces_clock(payload):
        raise TimeOutOfBounds(
            "occurred_at is ahead of the ledger's clock", field="/occurred_at", recorded_at=draft.now()
        )
    if payload.seen is None:
        return
    then = draft.state.get(f"log/{payload.seen.size}")
    if then is None or then["root"] != payload.seen.root:
        raise TimeOutOfBounds("the log never had this size and root", field="/seen")
    if at < then["tick"]:
        raise TimeOutOfBounds(
            "occurred_at is before the checkpoint the signer had seen",
            field="/occurred_at",
            not_before=then["tick"],
        )


def _replaces_clock(payload: Payload) -> bool:
    return isinstance(payload, KeySucceeded) and payload.role == "clock"


def check_key(draft: Draft) -> None:
    """The key is enrolled, not revoked at this position, has the role, and is within its limits.

    Raises:
        KeyUnknown, KeyNotInForce: otherwise.
    """
    event = draft.event
    key = draft.state.get(key_key(event.party, event.kid))
    if key is None:
        raise KeyUnknown("no such key is enrolled for this party", kid=event.kid, party=event.party)
    if key["revoked"]:
        raise KeyNotInForce(
            "the key was revoked at an earlier position of the log",
            cure="sign with another key",
            kid=event.kid,
        )
    if not event.payload.roles & set(key["roles"]):
        raise KeyNotInForce(
            f"a key with the roles {', '.join(key['roles'])} may not sign {event.payload.kind}",
            cure=f"sign with a key that has one of the roles {', '.join(sorted(event.payload.roles))}",
            kid=event.kid,
        )
    _check_limits(event.payload, key, event.kid)


def signer_assurance(draft: Draft) -> str:
    """How a hand-over is vouched for that this event's key signs: as the key was enrolled."""
    assurance: str = draft.get(key_key(draft.event.party, draft.event.kid))["assurance"]
    return assurance


def _check_limits(payload: Payload, key: Value, kid: str) -> None:
    limits = key.get("limits") or {}
    if not limits.get("not_before", 0) <= payload.occurred_at <= limits.get("not_after", payload.occurred_at):
        raise KeyNotInForce("occurred_at is outside the key's time limits", field="/occurred_at", kid=kid)
    if limits.get("sites") and payload.site not in limits["sites"]:
        raise KeyNotInForce("the key is limited to other sites", field="/site", kid=kid)
    if limits.get("consignment") and getattr(payload, "consignment", None) != limits["consignment"]:
        raise KeyNotInForce("the key is limited to one consignment", field="/consignment", kid=kid)


def check_party(draft: Draft) -> None:
    """The party is registered, and had not ended when this happened; its site is its own and was open.

    An authority that inspects or orders acts at other parties' sites.

    Raises:
        SubjectUnknown, NotConcerned, TransitionNotAllowed: otherwise.
    """
    payload = draft.event.payload
    party = draft.get(party_key(payload.party), "/party")
    if "closed_at" in party and payload.occurred_at > party["closed_at"]:
        raise NotConcerned("the party had ended when this happened", field="/party", cure="its successor acts for it")
    if payload.site is None:
        return
    site = draft.get(f"site/{payload.site}", "/site")
    if site["party"] != payload.party and not {"inspect", "order"} & set(party.get("powers", [])):
        raise NotConcerned("the site is operated by another party", field="/site")
    if "closed_at" in site and payload.occurred_at > site["closed_at"]:
        raise TransitionNotAllowed("the site had closed when this happened", field="/site")


def check_restated(draft: Draft) -> None:
    """What is stated anew is an own statement that had no effect.

    Raises:
        NotConcerned: it is another party's, or it had effect.
    """
    restates = draft.event.payload.restates
    if restates is None:
        return
    lost = draft.get(f"event/{restates}", "/restates")
    if not lost.get("void") or lost["party"] != draft.event.party:
        raise NotConcerned("only an own statement that lost a conflict can be stated anew", field="/restates")


def check_signer_power(draft: Draft) -> None:
    """The party has the power that the kind takes.

    For ``root``, ``clock`` and ``recorder`` the key's role says it all: genesis and the root alone give these roles.
    Whom the kinds of a ``party`` or ``registrar`` concern, their own transitions know.

    Raises:
        NotConcerned: it has not.
    """
    payload = draft.event.payload
    if payload.signer == "authority":
        check_power(draft, payload.power)


def is_root(state: State, party: str) -> bool:
    """Whether ``party`` is the ledger's root."""
    ledger = state.get("ledger")
    return ledger is not None and ledger["root"] == party


def check_power(draft: Draft, *powers: str | None) -> None:
    """The signer has one of these powers from the root (which has every power itself).

    A party that ended decides nothing more, whenever it says that it had decided: powers end by log position.

    Raises:
        NotConcerned: it has not, or has ended.
    """
    party = draft.event.party
    if is_root(draft.state, party):
        return
    value = draft.get(party_key(party), "/party")
    if "closed_at" in value or not {*powers} & set(value.get("powers", [])):
        power = powers[-1]
        raise NotConcerned(f"{draft.event.payload.kind} takes the power to {power}", field="/party", power=power)


def check_registrar(draft: Draft, party: str) -> None:
    """The signer is ``party`` itself, or has the power to register.

    Raises:
        NotConcerned: it is neither.
    """
    if draft.event.party != party:
        check_power(draft, "register")


def acting_for(draft: Draft) -> frozenset[str]:
    """The signer, and the parties that ended and that it succeeds, at first or at second hand."""
    signer = draft.event.party
    return frozenset([signer, *draft.get(party_key(signer)).get("succeeds", [])])


def check_holds(draft: Draft) -> None:
    """Of a kind for holders, the signer holds every unit it extends or speaks about, unless it brings it into being.

    What it brings into being may have a tag reserved for it, which nobody holds.

    Raises:
        NotHolder: another party holds one; ``holder`` is not told, it may be no business of the signer.
        SubjectUnknown: there is no such unit.
    """
    payload = draft.event.payload
    if payload.signer != "holder":
        return
    units = [(s.key, s.pointer) for s in payload.extends if s.prev is not None]
    units += [(key, f"/units/{n}") for n, key in enumerate(payload.abouts())]
    for key, pointer in units:
        if not key.startswith("unit/"):
            continue
        unit = draft.get(key, pointer)
        if unit.get("holder") != payload.party and not (pointer.startswith(_MADE) and _is_own_tag(unit, payload.party)):
            raise NotHolder("the party does not hold this unit", field=pointer, unit=key.removeprefix("unit/"))


def _is_own_tag(unit: Value, party: str) -> bool:
    return bool(unit["stage"] == "reserved" and unit["reserved_for"] == party)


def find_lateness(draft: Draft) -> None:
    """Open a finding when the statement is recorded later than the regime's window allows; it never blocks."""
    payload = draft.event.payload
    if payload.signer not in ("holder", "party"):
        return
    late = draft.now() - payload.occurred_at
    if late > 0 and late > _late_window_s(draft):
        draft.open_finding("late-recording", party=payload.party, subject=payload.main_subject(), late_s=late)


def _late_window_s(draft: Draft) -> int:
    """The window of the regime that was in force when the event happened."""
    line = find_line(draft.state, FEDERAL, _day_of(draft.event.payload.occurred_at // _DAY_S))
    return int(line["late_window_s"]) if line is not None else LATE_WINDOW_S


@lru_cache(maxsize=4096)
def _day_of(days: int) -> str:
    """The UTC day that is this many days after 1970-01-01."""
    return format_instant(days * _DAY_S)[:10]

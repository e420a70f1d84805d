"""Which notices a party is due on a day: before something of it ends, and when an authority has decided.

Pure: drawn from state values. Every notice has a span of days in which it may still be told, and an id made from what
it says, to whom and about which day: a worker that slept for a week tells what still matters and nothing twice, and
whoever first asks to be told is not told the past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal, TypeAlias

from certification.permit import permit_as_of
from ledger.fold.state import Value

Topic = Literal[
    "renewal-opens",
    "renewal-closes-90",
    "renewal-closes-60",
    "renewal-closes-30",
    "renewal-closed",
    "expires-90",
    "expires-60",
    "expires-30",
    "expired",
    "guarantee-ends",
    "guarantee-ended",
    "key-ends",
    "information-required",
    "application-refused",
    "granted",
    "renewed",
    "changed",
    "transferred",
    "suspended",
    "reinstated",
    "revoked",
    "stayed",
    "stay-lifted",
    "confirmed",
]

Window: TypeAlias = Callable[[str], tuple[str, str] | None]
"""First and last day on which renewal of a permit with this last day may be asked for (RLGPGIR 59); None where the
business days of its year are not known yet."""

WARN_DAYS: Final = (90, 60, 30)
TOLD_DAYS: Final = 30
"""How long after its day a decision, or an end, is still news."""
KEY_WARN_DAYS: Final = 14
GUARANTEE_WARN_DAYS: Final = 30
_LAST_YEAR_DAYS: Final = 366
_ALWAYS: Final = "0001-01-01"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a party should be told.

    Attributes:
        topic: what sort of thing.
        party: to whom.
        subject: id of the permit, application or key that it is about.
        on: the day that it speaks of.
        from_on: first day on which it is due.
        until_on: last day on which it is still worth telling.
        facts: what its text names besides; no personal data.
    """

    topic: Topic
    party: str
    subject: str
    on: str
    from_on: str
    until_on: str
    facts: Value

    @property
    def id(self) -> str:
        """SHA-256 in hex, over what, to whom, about what and which day."""
        return sha256("\n".join((self.topic, self.party, self.subject, self.on)).encode()).hexdigest()

    def is_due(self, day: str) -> bool:
        """Whether it is to be told on this day."""
        return self.from_on <= day <= self.until_on


def notices_due(notices: Iterable[Notice], day: str) -> list[Notice]:
    """Those to be told on ``day``, the most urgent first."""
    return sorted((notice for notice in notices if notice.is_due(day)), key=lambda notice: (notice.on, notice.id))


def iter_permit_notices(authorisation: str, value: Value, day: str, window: Window, *, asked: bool) -> Iterator[Notice]:
    """Notices about one authorisation to whoever holds it on ``day``.

    ``asked`` says that its renewal is under way, so that nobody has to be told to ask for it. A permit for special
    handling waste alone is a state's: the window of the federal regulation is not its (LGPGIR 9 III).
    """
    permit = permit_as_of(value, day)
    facts = {"number": permit.number}
    if "confirmed" in value:
        on = value["confirmed"]["notified_on"]
        said = {**facts, "from_on": on}
        yield Notice("confirmed", permit.holder, authorisation, on, _ALWAYS, _plus(on, TOLD_DAYS), said)
    yield from _decisions(authorisation, value, permit.holder, facts)
    if permit.standing == "revoked":
        return
    if not asked:
        federal = "RP" in permit.scope["waste_classes"] and _plus(permit.to_on, -_LAST_YEAR_DAYS) <= day
        days = window(permit.to_on) if federal else None
        spans = _expiry_spans(permit.to_on) if days is None else _renewal_spans(permit.to_on, *days)
        for topic, on, from_on, until_on in spans:
            yield Notice(topic, permit.holder, authorisation, on, from_on, until_on, {**facts, "to_on": permit.to_on})
    end = _plus(permit.to_on, 1)
    yield Notice("expired", permit.holder, authorisation, permit.to_on, end, _plus(end, TOLD_DAYS), facts)


def iter_application_notices(application: str, value: Value, guarantees: Iterable[Value] = ()) -> Iterator[Notice]:
    """Notices about one application to whoever made it: what is asked of it, and what ends beside it.

    ``guarantees`` have the members of ``ledger.domain.authorisation.Guarantee``. One that is not renewed is a cause of
    revocation (LGPGIR 52), so its end is told while the application, or the permit that came of it, stands.
    """
    party = value["party"]
    required = value.get("required")
    if required is not None and value["stage"] == "information_required":
        by = required["answer_by"]
        yield Notice("information-required", party, application, by, _ALWAYS, by, {"answer_by": by})
    if value["stage"] == "refused":
        on = value["decided"]["notified_on"]
        yield Notice("application-refused", party, application, on, _ALWAYS, _plus(on, TOLD_DAYS), {})
    if value["stage"] in ("refused", "withdrawn"):
        return
    for guarantee in guarantees:
        end, facts = guarantee["to_on"], {"form": guarantee["form"]}
        subject = f"{application}/{guarantee['digest']}"
        yield Notice("guarantee-ends", party, subject, end, _plus(end, -GUARANTEE_WARN_DAYS), end, facts)
        after = _plus(end, 1)
        yield Notice("guarantee-ended", party, subject, end, after, _plus(after, TOLD_DAYS), facts)


def iter_key_notices(party: str, kid: str, value: Value) -> Iterator[Notice]:
    """The notice that a key of the party ends soon; none about one made for a single consignment, or revoked."""
    limits = value.get("limits") or {}
    if value["revoked"] or "not_after" not in limits or limits.get("consignment"):
        return
    end = datetime.fromtimestamp(limits["not_after"], UTC).date().isoformat()
    yield Notice("key-ends", party, kid, end, _plus(end, -KEY_WARN_DAYS), end, {"kid": kid})


_Span: TypeAlias = tuple[Topic, str, str, str]


def _renewal_spans(to_on: str, opens_on: str, closes_on: str) -> Iterator[_Span]:
    """Topic, the day it speaks of, and the first and last day on which it is told; each ends where the next begins."""
    begins = [max(opens_on, _plus(closes_on, -days)) for days in WARN_DAYS]
    yield "renewal-opens", opens_on, opens_on, _plus(begins[0], -1)
    for topic, begin, end in zip(
        _CLOSING, begins, [*(_plus(next_, -1) for next_ in begins[1:]), closes_on], strict=True
    ):
        yield topic, closes_on, begin, end
    yield "renewal-closed", closes_on, _plus(closes_on, 1), to_on


def _expiry_spans(to_on: str) -> Iterator[_Span]:
    for topic, days, left in zip(_EXPIRING, WARN_DAYS, (*WARN_DAYS[1:], -1), strict=True):
        yield topic, to_on, _plus(to_on, -days), _plus(to_on, -left - 1)


_CLOSING: Final[tuple[Topic, ...]] = ("renewal-closes-90", "renewal-closes-60", "renewal-closes-30")
_EXPIRING: Final[tuple[Topic, ...]] = ("expires-90", "expires-60", "expires-30")
_STATUS: Final[dict[str, Topic]] = {"in_force": "reinstated", "suspended": "suspended", "revoked": "revoked"}


def _decisions(authorisation: str, value: Value, holder: str, facts: Value) -> Iterator[Notice]:
    for number, line in enumerate(value["timeline"]):
        topic = _topic_of(line) if number else "granted"
        if topic is not None:
            on = line["from_on"]
            said = {**facts, "from_on": on}
            subject = f"{authorisation}/{line['event']}"
            yield Notice(topic, holder, subject, on, _ALWAYS, _plus(on, TOLD_DAYS), said)


def _topic_of(line: Value) -> Topic | None:
    """What a later line of a permit's timeline decided."""
    if "stayed" in line:
        return "stayed" if line["stayed"] is not None else "stay-lifted"
    if "status" in line:
        return _STATUS.get(line["status"])
    named: tuple[tuple[str, Topic], ...] = (("holder", "transferred"), ("scope", "changed"), ("to_on", "renewed"))
    return next((topic for name, topic in named if name in line), None)


def _plus(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()

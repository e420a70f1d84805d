"""The worker of notices: what is due goes into the outbox, and what is in the outbox is delivered.

Any process may do either at any time. Delivery itself is handed in; see ``certification.store.notices`` for what
happens to a notice when a process dies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Final, Literal, TypeAlias

from certification.business_days import calendar_of
from certification.contact_link import CONFIRM_S_MAX, format_contact_token
from certification.expiry import (
    Notice,
    iter_application_notices,
    iter_key_notices,
    iter_permit_notices,
    notices_due,
)
from certification.notice_text import Letter, render_notice
from certification.store import notices as outbox
from certification.store.notices import Contact, Queued
from certification.terms import renewal_window
from ledger.domain.authorisation import ApplicationSubmitted
from ledger.domain.payload import act_key, permits_key
from ledger.errors import CalendarUnknown, Unavailable
from ledger.event import parse_event
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value
from ledger.store.entries import list_history
from ledger.store.session import Reader, Store
from ledger.store.state import find_state, load_states, scan_states

CONFIRM: Final = "contact-confirm"
FEDERAL: Final = "MX"
CLAIMED_MAX: Final = 500
"""Notices that one run sends at most."""
_OPEN_STAGES: Final = frozenset({"submitted", "information_required", "answered", "inspected"})

Verdict = Literal["sent", "later", "never"]
Deliver: TypeAlias = Callable[[Queued, Contact, Letter, str], Verdict]
"""Hands one letter to a mail server, with the link that stops notices; raises Unavailable when there is no server."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where letters lead to.

    Attributes:
        base_url: under which the world reaches the server.
        secret: 32 bytes, under which links of contacts are proven.
        sandbox: whether every letter says that it is about a sandbox.
    """

    base_url: str
    secret: bytes
    sandbox: bool = False


def confirmation(contact: Contact) -> Queued:
    """The question whether this address is its own, as a notice."""
    id = sha256("\n".join((CONFIRM, contact.party, str(contact.asked_at))).encode()).hexdigest()
    return Queued(id, contact.party, CONFIRM, {})


def queue_due(store: Store, now: int) -> int:
    """Queue what every confirmed contact is due today, and erase addresses that nobody confirmed in time; how many.

    Raises:
        Unavailable: the database does not answer.
    """
    outbox.forget_unconfirmed(store, now - CONFIRM_S_MAX)
    queued, after, day = 0, "", legal_day(now, None)
    applications: dict[str, list[tuple[str, Value]]] | None = None
    while page := _page(store, after):
        after = page[-1].party
        with store.read() as reader:
            if applications is None:
                applications = _applications_by_party(reader)
            due = [
                _queued(notice)
                for contact in page
                for notice in notices_due(
                    iter_notices(reader, contact.party, applications.get(contact.party, []), day), day
                )
            ]
        queued += store.write(partial(outbox.queue_notices, notices=due, now=now))
    return queued


def send_due(store: Store, deliver: Deliver, links: Links, now: int) -> Counter[Verdict]:
    """Deliver the notices whose turn it is, each at least once; how many came to which verdict.

    Raises:
        Unavailable: the database, or the mail server: what was claimed last is tried again.
    """
    verdicts: Counter[Verdict] = Counter()
    for _ in range(CLAIMED_MAX):
        claimed = outbox.claim_notice(store, now)
        if claimed is None:
            break
        verdicts[_send(store, claimed, deliver, links, now)] += 1
    return verdicts


def iter_notices(reader: Reader, party: str, applications: Iterable[tuple[str, Value]], day: str) -> Iterator[Notice]:
    """All notices of one party around ``day``; the caller takes those that are due."""
    asked = set()
    for application, value in applications:
        yield from iter_application_notices(application, value, _guarantees(reader, application, value))
        if value["stage"] in _OPEN_STAGES and value["asks"] == "renewal":
            asked.add(value.get("authorisation"))
    for authorisation, permit in _permits(reader, party):
        told = iter_permit_notices(
            authorisation, permit, day, lambda to_on: _window(reader, to_on), asked=authorisation in asked
        )
        # A permit that has passed on is its next holder's.
        yield from (notice for notice in told if notice.party == party)
    for key, value in _scan(reader, f"key/{party}/"):
        yield from iter_key_notices(party, key.rpartition("/")[2], value)


def _send(store: Store, claimed: Queued, deliver: Deliver, links: Links, now: int) -> Verdict:
    with store.read() as reader:
        contact = outbox.find_contact(reader, claimed.party)
    if contact is None or (contact.confirmed_at is None) is not (claimed.topic == CONFIRM):
        outbox.mark_dead(store, claimed)
        return "never"
    stop = f"{links.base_url}/v1/contact/stop/{format_contact_token(links.secret, 'stop', contact)}"
    letter = _letter(claimed, contact, links, stop)
    try:
        verdict = deliver(claimed, contact, letter, stop)
    except Unavailable:
        outbox.release(store, claimed)
        raise
    # A process that dies here has sent the letter and does not know: it is sent again when the lease ends.
    match verdict:
        case "sent":
            outbox.mark_sent(store, claimed, now)
        case "never":
            outbox.mark_dead(store, claimed)
        case "later":
            return "later" if outbox.mark_failed(store, claimed, now) else "never"
    return verdict


def _letter(claimed: Queued, contact: Contact, links: Links, stop: str) -> Letter:
    token = format_contact_token(links.secret, "confirm", contact)
    facts = {**claimed.facts, "confirm": f"{links.base_url}/v1/contact/confirm/{token}"}
    link = f"{links.base_url}{claimed.facts['path']}" if "path" in claimed.facts else ""
    return render_notice(claimed.topic, facts, contact.language, link=link, stop=stop, sandbox=links.sandbox)


def _queued(notice: Notice) -> Queued:
    facts = {**notice.facts, "on": notice.on, "path": _path(notice)}
    return Queued(notice.id, notice.party, notice.topic, facts)


def _path(notice: Notice) -> str:
    """Where to read about it: a permit's page is public, an application is read with a token."""
    subject = notice.subject.partition("/")[0]
    if subject.startswith("aut_"):
        return f"/autorizaciones/{subject}"
    return f"/v1/parties/{notice.party}" if notice.topic == "key-ends" else f"/v1/applications/{subject}"


def _window(reader: Reader, to_on: str) -> tuple[str, str] | None:
    year_before = f"{int(to_on[:4]) - 1}{to_on[4:]}"
    try:
        window = renewal_window(calendar_of(_States(reader), FEDERAL, [year_before, to_on]), to_on)
    except CalendarUnknown:
        return None
    return window.first_on, window.last_on


@dataclass(frozen=True, slots=True)
class _States:
    """The stored state, as rules read it."""

    reader: Reader

    def get(self, key: str, /) -> Value | None:
        return find_state(self.reader, key)


def _page(store: Store, after: str) -> list[Contact]:
    with store.read() as reader:
        return outbox.list_confirmed(reader, after=after)


def _permits(reader: Reader, party: str) -> list[tuple[str, Value]]:
    ids = (find_state(reader, permits_key(party)) or {"ids": []})["ids"]
    values = load_states(reader, [act_key(authorisation) for authorisation in ids])
    found = ((authorisation, values[act_key(authorisation)]) for authorisation in ids)
    return [(authorisation, value) for authorisation, value in found if value is not None]


def _applications_by_party(reader: Reader) -> dict[str, list[tuple[str, Value]]]:
    found: dict[str, list[tuple[str, Value]]] = {}
    for key, value in _scan(reader, act_key("apl_")):
        if value["kind"] == "application":
            found.setdefault(value["party"], []).append((key.partition("/")[2], value))
    return found


def _guarantees(reader: Reader, application: str, value: Value) -> list[Value]:
    """What the application says of insurance and bonds; the state keeps nothing of them."""
    if value["stage"] in ("refused", "withdrawn"):
        return []
    [submitted] = list_history(reader, act_key(application), limit=1)
    payload = parse_event(submitted.body).payload
    return [each.model_dump() for each in payload.guarantees] if isinstance(payload, ApplicationSubmitted) else []


def _scan(reader: Reader, prefix: str) -> Iterator[tuple[str, Value]]:
    after = ""
    while page := scan_states(reader, prefix, after=after):
        yield from page
        after = page[-1][0]

"""How long who keeps which document, by federal law. Pure: from the day on which a period starts to its last day.

Each holder of a manifest keeps it from its own signature on (RLGPGIR 75 II), so one load has as many periods as
holders. Destroying what must be kept is a crime (CPF 420 Quáter III); the entries of the log are kept for ever anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from certification.business_days import add_years, calendar_of, roll_forward
from certification.procedure import FEDERAL
from compliance.reason import Confidence, Words, is_in_force

Document = Literal["manifest", "register", "analysis", "remediation_log", "annual_report", "commercial_message"]
Holder = Literal["consignor", "carrier", "consignee", "disposer", "remediator", "merchant"]
"""In which capacity somebody keeps it; the ``disposer`` is the consignee that disposes finally of what it takes in."""
Start = Literal["own-signature", "site-closure", "entry", "dispatch", "site-release", "filing", "message"]

STARTS: Final[dict[Start, Words]] = {
    "own-signature": Words("desde que cada quien lo firmó", "from each one's own signature"),
    "site-closure": Words("desde el cierre de las instalaciones", "from the closure of the site"),
    "entry": Words("desde el asiento", "from the entry"),
    "dispatch": Words("desde el envío a tratamiento o disposición", "from dispatch to treatment or disposal"),
    "site-release": Words("desde la liberación del sitio", "from the release of the site"),
    "filing": Words("desde su presentación", "from its filing"),
    "message": Words("desde el mensaje", "from the message"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """For how many years holders in these capacities keep a document, and from when; the days in force inclusive."""

    document: Document
    holders: frozenset[Holder]
    years: int
    start: Start
    article: str
    confidence: Confidence = "read"
    from_on: str = "2006-12-30"
    to_on: str | None = None


RULES: Final = (
    Rule("manifest", frozenset({"consignor", "carrier", "consignee"}), 5, "own-signature", "RLGPGIR 75 II"),
    Rule("manifest", frozenset({"disposer"}), 20, "site-closure", "RLGPGIR 75 II; LGPGIR 82"),
    Rule("register", frozenset({"consignor"}), 5, "entry", "RLGPGIR 75 I"),
    Rule("analysis", frozenset({"consignor"}), 5, "dispatch", "RLGPGIR 75 III"),
    Rule("remediation_log", frozenset({"remediator"}), 2, "site-release", "RLGPGIR 75 IV"),
    Rule("annual_report", frozenset({"consignor", "consignee", "disposer"}), 5, "filing", "RETC-R 21"),
    Rule("commercial_message", frozenset({"merchant"}), 10, "message", "CCom 49", from_on="2000-01-01"),
)


@dataclass(frozen=True, slots=True)
class Signed:
    """That a party holds the manifest in this capacity, and the day from which it keeps it.

    ``on`` is the legal day of its own signature, of a disposer that on which its site closed; None while that has not
    happened.
    """

    holder: Holder
    party: str
    on: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """How long one party keeps one document: ``until_on`` is the last day, None while the period has not started."""

    signed: Signed
    rule: Rule
    until_on: str | None


def find_rule(document: Document, holder: Holder, on: str) -> Rule | None:
    """The rule for a period that starts on that day; None where federal law has none."""
    rows = (rule for rule in RULES if rule.document == document and holder in rule.holders)
    return next((rule for rule in rows if is_in_force(on, rule.from_on, rule.to_on)), None)


def keep_until(rule: Rule, from_on: str) -> str:
    """The last day of the period: the same number of day so many years later, or the next business day (LFPA 29).

    Business days are those of the law itself: no authority has published the days of a year so far ahead.

    Raises:
        CalendarUnknown: nothing is known of that year.
    """
    year = str(int(from_on[:4]) + rule.years)
    calendar = calendar_of({}, FEDERAL, [year, str(int(year) + 1)])
    return roll_forward(calendar, add_years(calendar, from_on, rule.years))


def keepers_of_manifest(signatures: Iterable[Signed], on: str) -> list[Kept]:
    """How long each holder keeps the manifest of a load that left on that day, in the order given.

    Of hazardous waste alone: how long the neutral paper of special-handling waste is kept, the states say.

    Raises:
        CalendarUnknown: a period ends in a year of which nothing is known.
    """
    ruled = [(signed, find_rule("manifest", signed.holder, signed.on or on)) for signed in signatures]
    return [
        Kept(signed, rule, keep_until(rule, signed.on) if signed.on else None)
        for signed, rule in ruled
        if rule is not None
    ]

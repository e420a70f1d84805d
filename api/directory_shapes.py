"""The shapes of the directory's answers, as the API's description gives them, each with an example."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, JsonValue

from api.schemas import EVENT_ID, PARTY, Shape

AUTHORISATION: Final = "aut_mfzwizltoq2gk3tfnzsxe5dfoi"
_SCOPE: Final[dict[str, JsonValue]] = {
    "activities": ["recycling"],
    "waste_classes": ["RME"],
    "chemistries": ["LFP"],
    "conditions": ["sound"],
    "sites": [],
    "capacity_g_per_year": 5_000_000_000,
}
_SITE: Final[dict[str, JsonValue]] = {
    "site": "sit_mfzwizltoq2gk3tfnzsxe5dfoi",
    "name": "Planta Norte",
    "place": {
        "state": "19",
        "municipality": "039",
        "latitude_udeg": 25_686_600,
        "longitude_udeg": -100_316_100,
        "time_zone": "America/Monterrey",
    },
}


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class SiteAnswer(Shape):
    """A place that a listed party operates."""

    site: str
    name: str | None
    place: dict[str, JsonValue]


class CapacityAnswer(Shape):
    """Grams in the year of the day: what the permit allows, what the ledger has counted, and what is left."""

    per_year_g: int | None
    used_g: int
    open_g: int | None


class DirectoryRow(Shape):
    """One permit at one site. Only who is ``authorised`` may act on it; a natural person has no name here."""

    authorisation: str
    number: str
    standing: str
    authorised: bool
    transcribed: dict[str, JsonValue] | None
    confirmed: bool
    stayed: dict[str, JsonValue] | None
    claimed: dict[str, JsonValue] | None
    party: str
    form: str
    name: str | None
    scope: dict[str, JsonValue]
    from_on: str
    to_on: str
    site: SiteAnswer | None
    capacity: CapacityAnswer
    distance_m: int | None


class CheckedAnswer(Shape):
    """The day on which transcribed permits were last compared with the authority's list: the earliest of the page's."""

    on: str
    is_old: bool


class DirectoryPage(Shape):
    """A page of the directory as of ``day``; ``checked`` is null where no row is a transcript."""

    model_config = _example(
        day="2026-03-01",
        checked=None,
        rows=[
            {
                "authorisation": AUTHORISATION,
                "number": "19-39-PS-0001-2024",
                "standing": "in-force",
                "authorised": True,
                "transcribed": None,
                "confirmed": True,
                "stayed": None,
                "claimed": None,
                "party": PARTY,
                "form": "moral",
                "name": "Recicladora Demo, S.A. de C.V.",
                "scope": _SCOPE,
                "from_on": "2024-01-01",
                "to_on": "2034-01-01",
                "site": _SITE,
                "capacity": {"per_year_g": 5_000_000_000, "used_g": 435_000, "open_g": 4_999_565_000},
                "distance_m": None,
            }
        ],
        next=None,
    )
    day: str
    checked: CheckedAnswer | None
    rows: list[DirectoryRow]
    next: str | None


class SpanAnswer(Shape):
    """Days, from ``from_on`` up to and not including ``until_on``, on which one standing holds."""

    from_on: str | None
    until_on: str | None
    standing: str
    authorised: bool


class ActAnswer(Shape):
    """One act on the permit: the administrative act behind it, from which day it speaks, and what it says."""

    event: str
    recorded_at: str
    from_on: str
    oficio: str | None
    decided_on: str | None
    notified_on: str | None
    says: dict[str, JsonValue]


class UseAnswer(Shape):
    """What the ledger has counted under the permit in one year, in grams."""

    year: int
    used_g: int


class AuthorisationAnswer(Shape):
    """A permit with its whole history, every act in the order in which it was recorded."""

    model_config = _example(
        authorisation=AUTHORISATION,
        day="2026-03-01",
        number="19-39-PS-0001-2024",
        standing="in-force",
        authorised=True,
        transcribed=None,
        confirmed=True,
        stayed=None,
        claimed=None,
        party=PARTY,
        form="moral",
        name="Recicladora Demo, S.A. de C.V.",
        granted_by={"party": PARTY, "name": "SEMARNAT"},
        scope=_SCOPE,
        from_on="2024-01-01",
        to_on="2034-01-01",
        sites=[_SITE],
        standings=[
            {"from_on": None, "until_on": "2024-01-01", "standing": "not-yet", "authorised": False},
            {"from_on": "2024-01-01", "until_on": "2034-01-02", "standing": "in-force", "authorised": True},
            {"from_on": "2034-01-02", "until_on": None, "standing": "expired", "authorised": False},
        ],
        acts=[
            {
                "event": EVENT_ID,
                "recorded_at": "2024-01-02T17:00:00Z",
                "from_on": "2024-01-01",
                "oficio": "DGGIMAR.710/000001",
                "decided_on": None,
                "notified_on": "2024-01-02",
                "says": {"status": "in_force", "to_on": "2034-01-01"},
            }
        ],
        confirmation=None,
        use=[{"year": 2026, "used_g": 435_000}],
        head=EVENT_ID,
    )
    authorisation: str
    day: str
    number: str
    standing: str
    authorised: bool
    transcribed: dict[str, JsonValue] | None
    confirmed: bool
    stayed: dict[str, JsonValue] | None
    claimed: dict[str, JsonValue] | None
    party: str
    form: str
    name: str | None
    granted_by: dict[str, JsonValue]
    scope: dict[str, JsonValue]
    from_on: str
    to_on: str
    sites: list[SiteAnswer]
    standings: list[SpanAnswer]
    acts: list[ActAnswer]
    confirmation: dict[str, JsonValue] | None
    use: list[UseAnswer]
    head: str

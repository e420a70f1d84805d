"""Facts in people's words: days, masses and distances as they are written, and what a standing means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from certification.directory import is_transcript
from certification.permit import Permit
from certification.states import find_by_inegi
from web.language import LOCALES, Language, mark

CAPITAL: Final = ZoneInfo("America/Mexico_City")
WHOLE_STATE: Final = "000"
GRAMS_PER_KILOGRAM: Final = 1_000
GRAMS_PER_TONNE: Final = 1_000_000

Tone = Literal["good", "doubt", "bad"]


@dataclass(frozen=True, slots=True)
class Badge:
    """What a standing is called and means, in Spanish (the catalogues' source), and how it is shown."""

    tone: Tone
    name: str
    meaning: str


_STANDINGS: Final[Mapping[str, Badge]] = {
    "in-force": Badge("good", mark("Vigente"), mark("La autoridad la otorgó y está en vigor ese día.")),
    "suspended": Badge(
        "bad", mark("Suspendida"), mark("La autoridad la suspendió: ese día no permite recibir ni mover residuos.")
    ),
    "revoked": Badge("bad", mark("Revocada"), mark("La autoridad la canceló: ya no permite nada.")),
    "expired": Badge("bad", mark("Vencida"), mark("Su vigencia terminó.")),
    "not-yet": Badge("bad", mark("Aún no vigente"), mark("Su vigencia todavía no empieza.")),
}
_UNKNOWN: Final = Badge(
    "bad", mark("Situación desconocida"), mark("Pregunte a la autoridad antes de entregar residuos.")
)
_STAYED: Final = Badge(
    "doubt",
    mark("Con orden judicial"),
    mark("La autoridad la suspendió o revocó, y un tribunal detuvo ese acto mientras decide."),
)
_CLAIMED: Final = Badge(
    "doubt",
    mark("Prórroga declarada por el titular"),
    mark("La autoridad no contestó a tiempo la prórroga; aún no la confirma aquí."),
)
_TRANSCRIBED: Final = Badge(
    "doubt",
    mark("Transcrita, sin confirmar"),
    mark("Alguien la copió de una lista pública. La autoridad todavía no la confirma aquí."),
)


def badges(standing: str, *, stayed: bool, claimed: bool, transcribed: bool) -> list[Badge]:
    """How a permit is shown. What rests on doubtful ground is never shown as simply in force."""
    doubts = [badge for badge, holds in ((_STAYED, stayed), (_CLAIMED, claimed), (_TRANSCRIBED, transcribed)) if holds]
    if standing == "in-force" and doubts:
        return doubts
    return [_STANDINGS.get(standing, _UNKNOWN), *doubts]


def badge_of(shown_as: str) -> Badge:
    """The badge of one of the things that a permit is shown as (``certification.directory.SHOWN_AS``)."""
    return {**_STANDINGS, "stayed": _STAYED, "claimed": _CLAIMED}[shown_as]


def permit_badges(permit: Permit) -> list[Badge]:
    """How a permit is shown as it stood on its day."""
    return badges(
        permit.standing,
        stayed=permit.stayed is not None,
        claimed=permit.claimed is not None,
        transcribed=is_transcript(permit),
    )


def format_mass(grams: int, language: Language) -> str:
    """Tonnes from one tonne on, to the kilogram; else kilograms, to the gram."""
    whole, unit = (GRAMS_PER_TONNE, "t") if grams >= GRAMS_PER_TONNE else (GRAMS_PER_KILOGRAM, "kg")
    number = format_decimal(Decimal(grams) / whole, format="#,##0.###", locale=LOCALES[language])
    return f"{number} {unit}"


def format_distance(metres: int, language: Language) -> str:
    """Kilometres with one decimal, below 100 of them; then whole."""
    pattern = "#,##0.0" if metres < 100_000 else "#,##0"
    return f"{format_decimal(Decimal(metres) / 1000, format=pattern, locale=LOCALES[language])} km"


def format_day(day: str, language: Language) -> str:
    """``2026-03-01`` as people write it: ``1 de marzo de 2026``, ``March 1, 2026``."""
    return format_date(date.fromisoformat(day), format="long", locale=LOCALES[language])


def format_moment(seconds: int, language: Language) -> str:
    """An instant (seconds since 1970) as the capital's clock shows it, to the minute."""
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(CAPITAL)
    return format_datetime(moment, format="d MMM y, HH:mm", locale=LOCALES[language])


def format_place(place: Mapping[str, object]) -> str:
    """State, and INEGI's code of the municipality where one is known."""
    state = find_by_inegi(str(place["state"]))
    name = state.name if state is not None else str(place["state"])
    municipality = str(place["municipality"])
    return name if municipality == WHOLE_STATE else f"{name} (INEGI {place['state']}-{municipality})"

"""The form by which people search the directory: what they typed, and the question that it asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, get_args
from urllib.parse import urlencode

from certification.directory import RECEIVING_ACTIVITY, SHOWN_AS, Point, Query
from certification.states import STATES, find_by_inegi
from ledger.domain.values import MASS_G_MAX, Activity, Chemistry, Condition, check_day
from web.language import mark
from web.wording import GRAMS_PER_TONNE

FIELDS: Final = (
    *("name", "activity", "class", "chemistry", "condition", "state", "municipality", "standing"),
    *("source", "open_t", "near", "within_km", "on"),
)
TEXT_CHARS_MAX: Final = 160
ACTIVITIES: Final = (RECEIVING_ACTIVITY, *get_args(Activity))
CHEMISTRIES: Final = get_args(Chemistry)
CONDITIONS: Final = get_args(Condition)
CLASSES: Final = ("RP", "RME")
WITHIN_KM: Final = ("25", "50", "100", "250", "500", "1000")

_DECIMAL: Final = re.compile(r"\d{1,7}(\.\d{1,6})?", re.ASCII)
_POINT: Final = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,10})?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d{1,10})?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Search:
    """What the form says.

    Attributes:
        typed: each field that is not empty, as typed.
        wrong: what is wrong with a field (in Spanish, the catalogues' source).
        query: the question; what is wrong asks nothing.
    """

    typed: Mapping[str, str]
    wrong: Mapping[str, str]
    query: Query

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the day is asked for."""
        return bool(set(self.typed) - {"on"})

    def link(self, path: str, **more: str) -> str:
        """The same search under a path, with further members of the query."""
        members = {**self.typed, **more}
        return f"{path}?{urlencode(members)}" if members else path

    def api_link(self, path: str, **more: str) -> str:
        """The same question to the interface for programs, which has exact names and units."""
        query = self.query
        asked: dict[str, str | int | None] = {
            "on": query.on,
            "name": query.name or None,
            "activity": query.activity,
            "waste_class": query.waste_class,
            "chemistry": query.chemistry,
            "condition": query.condition,
            "state": query.state,
            "municipality": query.municipality,
            "standing": next(iter(query.standings), None),
            "transcribed": None if query.transcribed is None else str(query.transcribed).lower(),
            "open_capacity_g": query.open_capacity_g,
            "near": None if query.near is None else _format_point(query.near),
            "within_m": query.within_m,
        }
        members = {name: value for name, value in asked.items() if value is not None}
        return f"{path}?{urlencode({**members, **more})}"


def read_search(fields: Mapping[str, str], today: str) -> Search:
    """The search of a submitted form; a field that cannot be read is told, and left out of the question."""
    typed = {
        name: text
        for name in FIELDS
        if (text := " ".join(fields.get(name, "").split())) and len(text) <= TEXT_CHARS_MAX
    }
    wrong: dict[str, str] = {}

    def read(name: str, parse: Callable[[str], Any], problem: str) -> Any:
        try:
            return parse(typed[name]) if name in typed else None
        except ValueError:
            wrong[name] = problem
            return None

    state = read("state", _state, mark("Elija un estado de la lista."))
    near = read("near", _point, mark("Escriba latitud y longitud, por ejemplo 25.67, -100.31."))
    standing = read("standing", _one_of(SHOWN_AS), mark("Elija una situación de la lista."))
    query = Query(
        on=read("on", check_day, mark("Escriba un día que exista.")) or today,
        name=typed.get("name", ""),
        activity=read("activity", _one_of(ACTIVITIES), mark("Elija una actividad de la lista.")),
        waste_class=read("class", _one_of(CLASSES), mark("Elija una clase de la lista.")),
        chemistry=read("chemistry", _one_of(CHEMISTRIES), mark("Elija una química de la lista.")),
        condition=read("condition", _one_of(CONDITIONS), mark("Elija una condición de la lista.")),
        state=state,
        municipality=read(
            "municipality", _municipality(state), mark("Son tres cifras del INEGI, y elija antes el estado.")
        ),
        standings=frozenset({standing} if standing else ()),
        transcribed=read("source", _source, mark("Elija una opción de la lista.")),
        open_capacity_g=read("open_t", _tonnes, mark("Escriba toneladas, por ejemplo 12.5.")),
        near=near,
        within_m=read("within_km", _kilometres(near), mark("Elija una distancia, y escriba antes el lugar.")),
    )
    return Search(typed, wrong, query)


def states() -> list[tuple[str, str]]:
    """INEGI code and name of every state, by name."""
    return sorted(((state.inegi, state.name) for state in STATES), key=lambda state: state[1])


def _one_of(listed: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in listed:
            raise ValueError(text)
        return text

    return parse


def _state(text: str) -> str:
    if find_by_inegi(text) is None:
        raise ValueError(text)
    return text


def _municipality(state: str | None) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if state is None or not re.fullmatch(r"\d{3}", text, re.ASCII):
            raise ValueError(text)
        return text

    return parse


def _source(text: str) -> bool:
    return {"transcribed": True, "authority": False}[_one_of(("transcribed", "authority"))(text)]


def _tonnes(text: str) -> int:
    plain = text.replace(",", "")
    if not _DECIMAL.fullmatch(plain):
        raise ValueError(text)
    return min(int(Decimal(plain) * GRAMS_PER_TONNE), MASS_G_MAX)


def _kilometres(near: Point | None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if near is None:
            raise ValueError(text)
        return int(_one_of(WITHIN_KM)(text)) * 1000

    return parse


def _point(text: str) -> Point:
    match = _POINT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    latitude, longitude = (int(Decimal(part) * 1_000_000) for part in match.groups())
    if abs(latitude) > 90_000_000 or abs(longitude) > 180_000_000:
        raise ValueError(text)
    return Point(latitude, longitude)


def _format_point(point: Point) -> str:
    return ",".join(f"{Decimal(udeg) / 1_000_000:f}" for udeg in (point.latitude_udeg, point.longitude_udeg))

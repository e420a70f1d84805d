"""What may be asked of the directory in a request, the same for programs and for pages."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final, Literal, get_args

from fastapi import Depends
from fastapi import Query as Parameter
from pydantic import StringConstraints

from api.limits import PAGE_DEFAULT, PAGE_MAX
from api.parties import today
from api.refusals import RequestMalformed
from api.services import ServicesDep
from certification.directory import RECEIVING_ACTIVITY, SHOWN_AS, Point, Query, end_of_day
from certification.states import find_state
from ledger.domain.values import MASS_G_MAX, Activity, Chemistry, Condition, check_day

_UDEG: Final = 1_000_000
_NEAR: Final = re.compile(r"(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?)", re.ASCII)
_DAY: Final = r"^20\d\d-[01]\d-[0-3]\d$"

Day = Annotated[str | None, Parameter(pattern=_DAY, description="As of this day", examples=["2026-03-01"])]
KnownOn = Annotated[
    str | None,
    Parameter(pattern=_DAY, description="As the directory was at the end of this day", examples=["2026-03-01"]),
]
Cursor = Annotated[
    str, Parameter(max_length=400, description="`next` of the page before; empty for the first", examples=[""])
]
Limit = Annotated[int, Parameter(ge=1, le=PAGE_MAX, description="Rows of the page", examples=[PAGE_DEFAULT])]


def _one_of(*words: str) -> str:
    """A pattern; of a union of literals the problem document would name a part of the type as the field."""
    return f"^({'|'.join(words)})$"


def directory_query(
    services: ServicesDep,
    on: Day = None,
    known_on: KnownOn = None,
    name: Annotated[
        str, Parameter(max_length=160, description="Words of the holder's name, or a number", examples=["recicladora"])
    ] = "",
    activity: Annotated[
        str | None,
        Parameter(
            pattern=_one_of(RECEIVING_ACTIVITY, *get_args(Activity)),
            description="`receiving`: any by which a party takes waste in",
            examples=["recycling"],
        ),
    ] = None,
    waste_class: Annotated[Literal["RP", "RME"] | None, Parameter(examples=["RME"])] = None,
    chemistry: Annotated[Chemistry | None, Parameter(examples=["LFP"])] = None,
    condition: Annotated[Condition | None, Parameter(examples=["damaged"])] = None,
    state: Annotated[
        str | None, Parameter(max_length=40, description="INEGI or ISO code, or name", examples=["Nuevo León"])
    ] = None,
    municipality: Annotated[
        str | None,
        Parameter(pattern=r"^(\d{2})?\d{3}$", description="INEGI code, with its state's", examples=["19039"]),
    ] = None,
    standing: Annotated[
        list[Annotated[str, StringConstraints(pattern=_one_of(*SHOWN_AS))]],
        Parameter(max_length=8, description="Any of these", examples=[["in-force"]]),
    ] = [],  # noqa: B006 - FastAPI copies it
    transcribed: Annotated[
        bool | None, Parameter(description="Only, or none of, what nobody confirmed", examples=[False])
    ] = None,
    open_capacity_g: Annotated[
        int | None, Parameter(ge=0, le=MASS_G_MAX, description="Left in the year of the day", examples=[1_000_000])
    ] = None,
    near: Annotated[
        str | None, Parameter(max_length=24, description="Latitude,longitude", examples=["25.6866,-100.3161"])
    ] = None,
    within_m: Annotated[
        int | None, Parameter(ge=0, le=21_000_000, description="With `near`", examples=[50_000])
    ] = None,
) -> Query:
    """The parameters as a query; without a day it is today's.

    Raises:
        RequestMalformed: one of them is not what it has to be.
    """
    if within_m is not None and near is None:
        raise RequestMalformed("a distance from which place?", field="/query/within_m", cure="send `near` with it")
    inegi, municipal = _state_and_municipality(state, municipality)
    return Query(
        on=today(services.clock.now()) if on is None else day_of(on, "/query/on"),
        name=name,
        activity=activity,
        waste_class=waste_class,
        chemistry=chemistry,
        condition=condition,
        state=inegi,
        municipality=municipal,
        standings=frozenset(standing),
        transcribed=transcribed,
        open_capacity_g=open_capacity_g,
        near=None if near is None else parse_point(near),
        within_m=within_m,
        known_at=known_at(known_on),
    )


DirectoryQueryDep = Annotated[Query, Depends(directory_query)]


def day_of(text: str, field: str) -> str:
    """The day.

    Raises:
        RequestMalformed: there is no such day.
    """
    try:
        return check_day(text)
    except ValueError as error:
        raise RequestMalformed("there is no such day", field=field) from error


def known_at(known_on: str | None) -> int | None:
    """The end of the day, in seconds since 1970.

    Raises:
        RequestMalformed: there is no such day.
    """
    return None if known_on is None else end_of_day(day_of(known_on, "/query/known_on"))


def parse_point(text: str) -> Point:
    """The place that decimal degrees name: ``25.6866,-100.3161``.

    Raises:
        RequestMalformed: they are none.
    """
    matched = _NEAR.fullmatch(text)
    if matched is not None:
        latitude, longitude = (int(Decimal(degrees) * _UDEG) for degrees in matched.groups())
        if abs(latitude) <= 90 * _UDEG and abs(longitude) <= 180 * _UDEG:
            return Point(latitude, longitude)
    raise RequestMalformed("a place is latitude and longitude in decimal degrees", field="/query/near")


def _state_and_municipality(state: str | None, municipality: str | None) -> tuple[str | None, str | None]:
    found = None if state is None else find_state(state)
    if state is not None and found is None:
        raise RequestMalformed("Mexico has no such state", field="/query/state")
    inegi = None if found is None else found.inegi
    if municipality is None:
        return inegi, None
    stated = municipality[:-3] or inegi
    if stated is None or (inegi is not None and stated != inegi):
        raise RequestMalformed("a municipality's code is its state's", field="/query/municipality")
    return stated, municipality[-3:]

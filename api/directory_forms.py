"""The directory in the forms that it is read in: JSON, CSV for spreadsheets (RFC 4180), GeoJSON for maps (RFC 7946)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

from certification.directory import Listing, Point, is_transcript, point_of

CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
CSV_COLUMNS: Final = (
    "authorisation",
    "number",
    "standing",
    "authorised",
    "confirmed",
    "stayed",
    "claimed",
    "party",
    "form",
    "name",
    "activities",
    "waste_classes",
    "chemistries",
    "conditions",
    "from_on",
    "to_on",
    "site",
    "site_name",
    "state",
    "municipality",
    "latitude",
    "longitude",
    "capacity_g_per_year",
    "used_g",
    "open_g",
    "distance_m",
)
_UDEG: Final = 1_000_000
# What a spreadsheet would take for a formula, or strip to find one.
_FORMULA: Final = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")


def row_of(listing: Listing) -> dict[str, Any]:
    """A listing as JSON has it."""
    permit, site = listing.permit, listing.site
    return {
        "authorisation": listing.authorisation,
        "number": permit.number,
        "standing": permit.standing,
        "authorised": listing.is_authorised,
        "transcribed": permit.transcribed,
        "confirmed": not is_transcript(permit),
        "stayed": permit.stayed,
        "claimed": permit.claimed,
        "party": permit.holder,
        "form": listing.form,
        "name": listing.name,
        "scope": permit.scope,
        "from_on": permit.from_on,
        "to_on": permit.to_on,
        "site": None if site is None else {"site": site.site, "name": site.name, "place": site.place},
        "capacity": {
            "per_year_g": permit.scope.get("capacity_g_per_year"),
            "used_g": listing.used_g,
            "open_g": listing.open_g,
        },
        "distance_m": listing.distance_m,
    }


def format_csv(listings: Iterable[Listing]) -> bytes:
    """One line for each listing under a line of names; no cell is a formula to a spreadsheet."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(CSV_COLUMNS)
    for listing in listings:
        cells = _cells(listing)
        lines.writerow([_harmless(cells[column]) for column in CSV_COLUMNS])
    return written.getvalue().encode()


def feature_collection(day: str, listings: Iterable[Listing], following: str | None) -> dict[str, Any]:
    """A GeoJSON FeatureCollection; a listing without coordinates is an unlocated Feature (RFC 7946 section 3.2)."""
    return {
        "type": "FeatureCollection",
        "day": day,
        "features": [_feature(listing) for listing in listings],
        "next": following,
    }


def _feature(listing: Listing) -> dict[str, Any]:
    point = point_of(listing.site)
    site = "" if listing.site is None else f"/{listing.site.site}"
    return {
        "type": "Feature",
        "id": f"{listing.authorisation}{site}",
        "geometry": None if point is None else {"type": "Point", "coordinates": _coordinates(point)},
        "properties": row_of(listing),
    }


def _coordinates(point: Point) -> list[float]:
    """Longitude first (RFC 7946 section 3.1.1)."""
    return [point.longitude_udeg / _UDEG, point.latitude_udeg / _UDEG]


def _cells(listing: Listing) -> dict[str, object]:
    row, scope = row_of(listing), listing.permit.scope
    site, point = listing.site, point_of(listing.site)
    place = {} if site is None else site.place
    longitude, latitude = (None, None) if point is None else _coordinates(point)
    return {
        **row,
        **row["capacity"],
        **{name: " ".join(scope[name]) for name in ("activities", "waste_classes", "chemistries", "conditions")},
        "authorised": _yes_or_no(listing.is_authorised),
        "confirmed": _yes_or_no(row["confirmed"]),
        "stayed": _yes_or_no(row["stayed"] is not None),
        "claimed": _yes_or_no(row["claimed"] is not None),
        "site": None if site is None else site.site,
        "site_name": None if site is None else site.name,
        "state": place.get("state"),
        "municipality": place.get("municipality"),
        "latitude": latitude,
        "longitude": longitude,
        "capacity_g_per_year": row["capacity"]["per_year_g"],
    }


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def _harmless(cell: object) -> object:
    """Text that begins as a formula does is given the mark by which spreadsheets know text; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell

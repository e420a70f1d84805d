"""Words and figures of the papers, in Spanish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from compliance.particulars import Address
from exchange.words import word
from ledger.fold.legal_day import DEFAULT_ZONE
from ledger.fold.state import Value

ASSURANCES: Final[Mapping[str, str]] = {
    "own_key": "firmado con llave propia",
    "e_firma": "firmado con e.firma",
    "one_time_key": "firmado con llave de un solo uso",
    "scanned_paper": "según papel escaneado",
    "one_sided": "declarado por una sola parte",
}
UNIT_KINDS: Final[Mapping[str, str]] = {"pack": "batería", "module": "módulo", "cell": "celda", "lot": "lote"}
BASES: Final[Mapping[str, str]] = {"weighed": "pesado", "estimated": "estimado", "nameplate": "de placa"}
PACKAGES: Final[Mapping[str, str]] = {
    "drum": "tambor",
    "container": "contenedor",
    "tote": "tote",
    "pallet": "tarima",
    "sack": "saco",
    "crate": "caja",
    "bag": "bolsa",
    "tank": "tanque",
    "unpacked": "sin envase",
    "other": "otro",
}
_ARTICLE_WORDS: Final = (
    ("law of the state and the municipality", "ley del estado y del municipio"),
    ("law of the state", "ley del estado"),
    ("in force after 180 days", "vigente a los 180 días"),
    ("practice", "práctica"),
    ("UN Model Regulations", "Reglamentación Modelo de las Naciones Unidas"),
)
"""What the citations of ``compliance.purpose`` say in English."""
POLICIES: Final[Mapping[str, str]] = {
    "liability": "responsabilidad civil",
    "environment": "daños al medio ambiente",
    "cargo": "carga",
}
FITTINGS: Final[Mapping[str, str]] = {
    "loose": "sueltas",
    "with_equipment": "embaladas con un equipo",
    "in_equipment": "instaladas en un equipo",
    "in_vehicle": "instaladas en un vehículo",
    "in_cargo_unit": "instaladas en una unidad de transporte",
}
STAGES: Final[Mapping[str, str]] = {
    "offering": "en preparación",
    "offered": "ofrecido",
    "moving": "en camino",
    "closed": "concluido",
    "cancelled": "cancelado",
    "exported": "en el extranjero",
    "claimed": "capturado de un papel; falta que confirme el remitente",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "accepted": "aceptada",
    "refused": "rechazada",
    "missing": "faltante",
    "extra": "no manifestada",
    "returned": "devuelta",
    "cancelled": "cancelada",
    "lost": "extraviada",
    "taken": "recibida por otra vía",
    "redirected": "reencaminada",
    "delivered": "entregada en el extranjero",
    "dropped": "reclamo sin efecto",
}
_GIVERS: Final[Mapping[str, str]] = {
    "owner": "particular",
    "tow_truck": "grúa",
    "impound": "corralón",
    "insurer": "aseguradora",
    "salvage": "subasta de salvamento",
    "scrap_collector": "recolector",
    "municipality": "municipio",
    "foreign": "entregada desde el extranjero",
    "party": "entregada por quien no tiene llave",
    "emergency": "recepción de emergencia",
    "succession": "sucesión",
}
_GRAMS: Final = 1000


def format_kg(grams: int) -> str:
    """Kilograms to the gram, as far as it has any."""
    kilograms, rest = divmod(grams, _GRAMS)
    return f"{kilograms:,}.{rest:03}".rstrip("0").rstrip(".")


def carried_by(carriers: Iterable[str]) -> list[tuple[str, str]]:
    """A labelled line for each carrier, in their order."""
    return [(f"Transportista {n}", carrier) for n, carrier in enumerate(carriers, 1)]


def format_mass(grams: int | None, *, estimated: bool) -> str:
    """Kilograms, and whether they are only estimated; empty for what nobody knows."""
    if grams is None:
        return ""
    return f"{format_kg(grams)} (est.)" if estimated else format_kg(grams)


def format_address(place: Address | None) -> str | None:
    """An address in one line; None for none."""
    if place is None:
        return None
    inside = f" int. {place.interior}" if place.interior else ""
    street = " ".join(filter(None, (place.street, place.exterior))) + inside
    parts = (street, place.neighbourhood, f"C.P. {place.postcode}", place.municipality, place.state)
    return ", ".join(filter(None, parts))


def format_local(at: int, site: Value | None) -> str:
    """Day and minute of an instant (seconds since 1970) at a site (its state value), or in Mexico City."""
    zone = ZoneInfo(site["place"]["time_zone"] if site is not None else DEFAULT_ZONE)
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")


def giver_words(capacity: str) -> str:
    """What a reception without an offer was: who gave, or why it was taken in."""
    return f"Recepción sin oferta ({_GIVERS.get(capacity, capacity)})"


def chemistry_words(code: str) -> str:
    """A chemistry as people write it: ``NMC622``, or words for what is no name."""
    return {"Li_metal": "litio metálico"}.get(code) or word(code, "es")


def cite(article: str) -> str:
    """A citation as a paper in Spanish says it."""
    for english, spanish in _ARTICLE_WORDS:
        article = article.replace(english, spanish)
    return article

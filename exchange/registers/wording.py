"""Words of the registers, in Spanish; codes of the ledger on the left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

TITLES: Final[Mapping[tuple[str, str], str]] = {
    ("generator", "RP"): "Bitácora de generación de residuos peligrosos (art. 71)",
    ("centre", "RP"): "Bitácora de acopio y almacenamiento de residuos peligrosos (art. 71)",
    ("recycler", "RP"): "Bitácora de procesos de reciclaje y tratamiento de residuos peligrosos (art. 71)",
    ("generator", "RME"): "Registro de generación de residuos de manejo especial",
    ("centre", "RME"): "Registro de acopio de residuos de manejo especial",
    ("recycler", "RME"): "Registro de procesos con residuos de manejo especial",
}
AREAS: Final[Mapping[str, str]] = {
    "end_of_life": "fin de vida útil",
    "damaged": "baja por daño",
    "production_scrap": "merma de producción",
    "recall": "retiro por campaña",
    "other": "otra causa",
    "process": "residuo de proceso",
    "lot.split": "división de lote",
    "lot.merged": "unión de lotes",
    "unit.dismantled": "desmontaje",
}
HANDLINGS: Final[Mapping[str, str]] = {
    "waste_rp": "entrega a prestador autorizado",
    "waste_rme": "entrega a prestador autorizado",
    "warranty_return": "devolución en garantía",
    "recall_return": "devolución por campaña",
    "second_life": "segunda vida",
    "new_product": "entrega de producto",
    "maquiladora_return": "retorno al país de origen",
    "export": "exportación",
    "municipal_collection": "recolección municipal",
    "processing": "reciclaje o tratamiento en el sitio",
    "dismantling": "desmontaje en el sitio",
    "disposal": "disposición final",
    "remanufacture": "remanufactura",
    "repurposing": "segunda vida",
    "product": "dejó de ser residuo (producto)",
    "split": "división de lote",
    "merged": "unión de lotes",
    "other_id": "sigue con otro identificador",
    "lost": "extravío",
    "seized": "aseguramiento",
    "other_store": "otro almacén propio",
    "not_waste": "se declaró que no es residuo",
    "found_elsewhere": "apareció en otro lugar",
}
ENTRIES: Final[Mapping[str, str]] = {
    "generated": "generación",
    "made": "de residuo propio",
    "received": "recepción",
    "returned": "devolución",
    "moved": "de otro almacén propio",
    "found": "hallazgo",
    "seized": "aseguramiento",
}
BASES: Final[Mapping[str, str]] = {"weighed": "pesado", "estimated": "estimado", "nameplate": "de placa"}
CATEGORIES: Final[Mapping[str, str]] = {
    "micro": "microgenerador",
    "pequeno": "pequeño generador",
    "gran": "gran generador",
}
_TOXIC: Final = frozenset({"Te", "Th", "Tt"})
_CRETIB: Final = "CRETIB"


def format_cretib(characteristics: Iterable[str]) -> str:
    """Hazard characteristics in the order of CRETIB, with the kind of toxicity where it is known: ``R, T (Te), I``."""
    said = list(characteristics)
    toxic = sorted(one for one in said if one in _TOXIC)
    letters = {"T" if one in _TOXIC else one for one in said}
    spelt = {"T": f"T ({', '.join(toxic)})"} if toxic else {}
    return ", ".join(spelt.get(letter, letter) for letter in _CRETIB if letter in letters)


def format_kg(mass_g: int) -> str:
    """Kilograms to the gram, with a decimal point and no separators, as programs read them: ``435.000``."""
    sign, whole = ("-", -mass_g) if mass_g < 0 else ("", mass_g)
    return f"{sign}{whole // 1000}.{whole % 1000:03d}"

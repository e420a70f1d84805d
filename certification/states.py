"""The 32 states: INEGI code (in sites), ISO 3166-2 code (in jurisdictions), name and usual spellings.

INEGI codes: Catálogo Único de Claves de Áreas Geoestadísticas. ISO 3166-2:MX; ``MX-CMX`` since 2016-11-15.
Abbreviations are those of everyday papers; capitals, accents, points and blanks do not matter in a search.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FederalState:
    """One of the 32: ``inegi`` is two digits, ``iso`` the whole code, ``name`` in Spanish as on papers."""

    inegi: str
    iso: str
    name: str
    spellings: tuple[str, ...] = ()


STATES: Final = (
    FederalState("01", "MX-AGU", "Aguascalientes", ("Ags",)),
    FederalState("02", "MX-BCN", "Baja California", ("B.C.", "B.C.N.", "Baja California Norte")),
    FederalState("03", "MX-BCS", "Baja California Sur", ("B.C.S.",)),
    FederalState("04", "MX-CAM", "Campeche", ("Camp",)),
    FederalState("05", "MX-COA", "Coahuila de Zaragoza", ("Coahuila", "Coah")),
    FederalState("06", "MX-COL", "Colima", ("Col",)),
    FederalState("07", "MX-CHP", "Chiapas", ("Chis", "Chps")),
    FederalState("08", "MX-CHH", "Chihuahua", ("Chih",)),
    FederalState(
        "09",
        "MX-CMX",
        "Ciudad de México",
        ("CDMX", "Cd. de México", "D.F.", "Distrito Federal", "MX-DIF", "México D.F."),
    ),
    FederalState("10", "MX-DUR", "Durango", ("Dgo",)),
    FederalState("11", "MX-GUA", "Guanajuato", ("Gto",)),
    FederalState("12", "MX-GRO", "Guerrero", ("Gro",)),
    FederalState("13", "MX-HID", "Hidalgo", ("Hgo",)),
    FederalState("14", "MX-JAL", "Jalisco", ("Jal",)),
    FederalState("15", "MX-MEX", "México", ("Estado de México", "Edo. de México", "Edo. Méx.", "Edomex", "Méx")),
    FederalState("16", "MX-MIC", "Michoacán de Ocampo", ("Michoacán", "Mich")),
    FederalState("17", "MX-MOR", "Morelos", ("Mor",)),
    FederalState("18", "MX-NAY", "Nayarit", ("Nay",)),
    FederalState("19", "MX-NLE", "Nuevo León", ("N.L.", "Nvo. León")),
    FederalState("20", "MX-OAX", "Oaxaca", ("Oax",)),
    FederalState("21", "MX-PUE", "Puebla", ("Pue",)),
    FederalState("22", "MX-QUE", "Querétaro", ("Qro", "Querétaro de Arteaga")),
    FederalState("23", "MX-ROO", "Quintana Roo", ("Q. Roo", "Q.R.")),
    FederalState("24", "MX-SLP", "San Luis Potosí", ("S.L.P.",)),
    FederalState("25", "MX-SIN", "Sinaloa", ("Sin",)),
    FederalState("26", "MX-SON", "Sonora", ("Son",)),
    FederalState("27", "MX-TAB", "Tabasco", ("Tab",)),
    FederalState("28", "MX-TAM", "Tamaulipas", ("Tamps", "Tam")),
    FederalState("29", "MX-TLA", "Tlaxcala", ("Tlax",)),
    FederalState("30", "MX-VER", "Veracruz de Ignacio de la Llave", ("Veracruz", "Ver", "Veracruz-Llave")),
    FederalState("31", "MX-YUC", "Yucatán", ("Yuc",)),
    FederalState("32", "MX-ZAC", "Zacatecas", ("Zac",)),
)

_BY_INEGI: Final = {state.inegi: state for state in STATES}
_BY_ISO: Final = {state.iso: state for state in STATES}


def find_by_inegi(code: str) -> FederalState | None:
    """The state with this INEGI code, two digits, as a site's place has it."""
    return _BY_INEGI.get(code)


def find_by_iso(code: str) -> FederalState | None:
    """The state with this ISO 3166-2 code, ``MX-NLE``, as a jurisdiction has it."""
    return _BY_ISO.get(code)


def find_state(text: str) -> FederalState | None:
    """The state that people mean by a code, a name or a usual abbreviation of it."""
    return _BY_SPELLING.get(_plain(text))


def _plain(text: str) -> str:
    """Lower-case letters and digits alone, without accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


_BY_SPELLING: Final = {
    _plain(spelling): state
    for state in STATES
    for spelling in (state.inegi, str(int(state.inegi)), state.iso, state.iso[3:], state.name, *state.spellings)
}

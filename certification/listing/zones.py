"""The time zone of a state as a whole (Ley de los Husos Horarios, 2022): where a list names no municipality."""

from __future__ import annotations

from typing import Final

_CENTRE: Final = "America/Mexico_City"
_ZONES: Final = {
    "02": "America/Tijuana",
    "03": "America/Mazatlan",
    "04": "America/Merida",
    "05": "America/Monterrey",
    "08": "America/Chihuahua",
    "10": "America/Monterrey",
    "18": "America/Mazatlan",
    "19": "America/Monterrey",
    "23": "America/Cancun",
    "25": "America/Mazatlan",
    "26": "America/Hermosillo",
    "28": "America/Monterrey",
    "31": "America/Merida",
}


def zone_of(state: str) -> str:
    """The IANA zone of most of the state with this INEGI code; municipalities on the border may have another."""
    return _ZONES.get(state, _CENTRE)

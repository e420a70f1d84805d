"""Identity of a party without an e.firma: the handler's number of the US EPA, or a Legal Entity Identifier.

The numbers are looked up by whoever decides; here only their spelling is judged. EPA ID: 40 CFR 260.10 and RCRAInfo
(a state and ten characters). LEI: ISO 17442-1, check digits of ISO/IEC 7064 MOD 97-10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from certification.identity import IdentityMalformed

SCHEME: Final = "foreign/v1"
_STATES: Final = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|"
    "PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|AS|GU|MP|PR|VI"
)
_EPA_ID = re.compile(rf"(?:{_STATES})[A-Z0-9][0-9]{{9}}", re.ASCII)
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_NAME_CHARS_MAX = 160


@dataclass(frozen=True, slots=True)
class ForeignIdentity:
    """What a foreign party says it is; the documents that prove it are cited by its application.

    Attributes:
        name: as registered at home.
        country: two letters (ISO 3166-1).
        epa_id: None if it has none.
        lei: None if it has none; one of the two it has.
    """

    name: str
    country: str
    epa_id: str | None = None
    lei: str | None = None


def check_epa_id(text: str) -> str:
    """Return an EPA ID in its one spelling.

    Raises:
        ValueError: it is none.
    """
    if not _EPA_ID.fullmatch(text):
        raise ValueError("expected an EPA ID: a state's two letters and ten characters, like TXD000000001")
    return text


def check_lei(text: str) -> str:
    """Return a Legal Entity Identifier whose check digits agree.

    Raises:
        ValueError: it is none.
    """
    if not _LEI.fullmatch(text) or int("".join(str(int(letter, 36)) for letter in text)) % 97 != 1:
        raise ValueError("expected a LEI: 18 characters and two check digits")
    return text


def format_foreign_identity(identity: ForeignIdentity) -> dict[str, str]:
    """The members that are sealed.

    Raises:
        ValueError: neither number is given, or one is not well formed.
    """
    numbers = {"epa_id": identity.epa_id, "lei": identity.lei}
    given = {name: text for name, text in numbers.items() if text is not None}
    members = {"scheme": SCHEME, "name": identity.name, "country": identity.country, **given}
    _parse(members)
    return members


def parse_foreign_identity(members: Mapping[str, str]) -> ForeignIdentity:
    """The inverse of ``format_foreign_identity``.

    Raises:
        IdentityMalformed: a member is missing, unknown, or not well formed.
    """
    try:
        return _parse(members)
    except (KeyError, ValueError) as error:
        raise IdentityMalformed(f"this is no foreign identity: {error}") from error


def _parse(members: Mapping[str, str]) -> ForeignIdentity:
    unknown = members.keys() - {"scheme", "name", "country", "epa_id", "lei"}
    if unknown or members["scheme"] != SCHEME:
        raise ValueError("unknown scheme or member")
    identity = ForeignIdentity(members["name"], members["country"], members.get("epa_id"), members.get("lei"))
    if not identity.name.strip() or len(identity.name) > _NAME_CHARS_MAX or not _COUNTRY.fullmatch(identity.country):
        raise ValueError("expected a name and a country of two letters")
    if identity.epa_id is None and identity.lei is None:
        raise ValueError("expected an EPA ID or a LEI")
    if identity.epa_id is not None:
        check_epa_id(identity.epa_id)
    if identity.lei is not None:
        check_lei(identity.lei)
    return identity

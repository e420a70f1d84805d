"""Unit ids: the one spelling under which the ledger knows a pack, a module, a cell or a lot.

Four schemes, each in one canonical form (GS1 Digital Link URI Syntax 1.2, "Canonical GS1 Digital Link URIs"):

* ``https://id.gs1.org/01/{gtin14}/21/{serial}``: a serialised GTIN;
* ``https://id.gs1.org/01/{gtin14}/10/{lot}``: a lot of material;
* ``https://id.gs1.org/8004/{giai}``: an individual asset;
* ``https://id.bitacora.mx/u/{token}``: issued by the operator, for makers without a GS1 licence.

``parse_unit_id`` accepts these and nothing else. ``parse_digital_link`` reads what a scanner meets on a label
and gives the same values, so that two spellings of one pack never become two packs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, TypeAlias
from urllib.parse import quote, unquote

from ledger.errors import UnitIdInvalid

GS1_DOMAIN: Final = "id.gs1.org"
# Signed into the log for ever and printed on packs that outlive makers and operators: whoever runs the ledger
# inherits this domain; it is never a setting and never changes.
OPERATOR_DOMAIN: Final = "id.bitacora.mx"

SERIAL_CHARS_MAX: Final = 20
LOT_CHARS_MAX: Final = 20
GIAI_CHARS_MAX: Final = 30
# The longest canonical id is a GIAI whose every character after the four digits is percent-encoded.
UNIT_ID_CHARS_MAX: Final = len(f"https://{GS1_DOMAIN}/8004/") + 4 + 3 * (GIAI_CHARS_MAX - 4)
LINK_CHARS_MAX: Final = 2048
OPERATOR_RANDOM_BYTES: Final = 16

_CACHED_IDS_MAX = 1 << 15

# Crockford's alphabet: no i, l, o, u, which people misread on a dirty plate.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ALPHABET_VALUES = {char: value for value, char in enumerate(_ALPHABET)}
_TOKEN_CHARS = 26
_TOKEN = re.compile(rf"[{_ALPHABET}]{{{_TOKEN_CHARS}}}")

# GS1 General Specifications, figure 7.11-1 (character set 82).
_CSET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
_GTIN = re.compile(r"[0-9]{14}")
_SHORT_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")
# The shortest GS1 Company Prefix in use has four digits (linter ``gcppos1`` of the GS1 Syntax Dictionary).
_COMPANY_PREFIX = re.compile(r"[0-9]{4}")

# RFC 3986: path, query and fragment; "%" only as the head of an octet. The scheme is all lower or all upper
# case, as the GS1 Syntax Engine has it. No user name, which could pass one host off as another. Possessive
# quantifiers keep the match linear in the length of a hostile link.
_PATH = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]++|%[0-9A-Fa-f]{2})*+"
_QUERY = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]-]++|%[0-9A-Fa-f]{2})*+"
_LINK = re.compile(
    r"(?:https?|HTTPS?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    rf"(?P<path>/{_PATH})(?:\?(?P<query>{_QUERY}))?(?:#{_QUERY})?"
)

# GS1 Syntax Dictionary 2026-01-27, entries with ``dlpkey``.
_PRIMARY_KEY = re.compile(r"0[01]|25[35]|40[12]|41[47]|80(?:0[346]|1[0378])")
# In the only order a path may have them.
_QUALIFIERS = {"01": ("22", "10", "21"), "8004": ("7040",)}
_IDENTITY_KEYS = {"01": frozenset(("01", "22", "10", "21", "235")), "8004": frozenset(("8004", "7040"))}
_QUALIFIER_CHARS_MAX = 20


@dataclass(frozen=True, slots=True)
class SerialisedGtin:
    """One pack, module or cell: a GTIN-14 with its check digit, and a serial of at most 20 characters."""

    scheme: ClassVar[str] = "gtin-serial"
    is_lot: ClassVar[bool] = False
    gtin: str
    serial: str

    def __post_init__(self) -> None:
        _verify_gtin(self.gtin)
        _verify_value("serial", self.serial, SERIAL_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class GtinLot:
    """A mass of material: a GTIN-14 with its check digit, and a lot number of at most 20 characters."""

    scheme: ClassVar[str] = "gtin-lot"
    is_lot: ClassVar[bool] = True
    gtin: str
    lot: str

    def __post_init__(self) -> None:
        _verify_gtin(self.gtin)
        _verify_value("lot", self.lot, LOT_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class Giai:
    """One asset: a GS1 Company Prefix and the owner's own number, at most 30 characters together."""

    scheme: ClassVar[str] = "giai"
    is_lot: ClassVar[bool] = False
    giai: str

    def __post_init__(self) -> None:
        _verify_value("GIAI", self.giai, GIAI_CHARS_MAX)
        if not _COMPANY_PREFIX.match(self.giai):
            raise UnitIdInvalid("A GIAI starts with a GS1 Company Prefix of at least four digits.")


@dataclass(frozen=True, slots=True)
class OperatorId:
    """A unit named by the operator: 25 random characters (125 bits) and one check character.

    The 26 characters, read as a polynomial over GF(32) (modulus x⁵+x²+1), have the root x: any one wrong
    character and any two swapped characters, wherever they stand, are noticed.
    """

    scheme: ClassVar[str] = "operator"
    is_lot: ClassVar[bool] = False
    token: str

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.token):
            raise UnitIdInvalid(f"An operator's id has {_TOKEN_CHARS} characters of {_ALPHABET}.")
        if _remainder(self.token):
            raise UnitIdInvalid("The operator's id does not add up: a character is wrong or two are swapped.")


UnitId: TypeAlias = SerialisedGtin | GtinLot | Giai | OperatorId


def format_unit_id(unit_id: UnitId) -> str:
    """The canonical URI of a unit, at most ``UNIT_ID_CHARS_MAX`` characters; inverse of ``parse_unit_id``."""
    match unit_id:
        case SerialisedGtin(gtin, serial):
            return f"https://{GS1_DOMAIN}/01/{gtin}/21/{_encode(serial)}"
        case GtinLot(gtin, lot):
            return f"https://{GS1_DOMAIN}/01/{gtin}/10/{_encode(lot)}"
        case Giai(giai):
            return f"https://{GS1_DOMAIN}/8004/{_encode(giai)}"
        case OperatorId(token):
            return f"https://{OPERATOR_DOMAIN}/u/{token}"


def parse_unit_id(text: str) -> UnitId:
    """Read a canonical unit id.

    Raises:
        UnitIdInvalid: for any text that ``format_unit_id`` would not produce; when the text is another
            spelling of a valid id, ``cure`` and the fact ``canonical`` give the right one.
    """
    if len(text) > UNIT_ID_CHARS_MAX:
        raise UnitIdInvalid(f"A unit id has at most {UNIT_ID_CHARS_MAX} characters.", chars=len(text))
    return _parse_canonical(text)


def parse_digital_link(uri: str) -> UnitId:
    """Read the URI that a scanner found on a label and say which unit it names.

    Understood are any http or https host, port and path stem, a GTIN-8, -12, -13 or -14, a query, a fragment
    and one trailing slash. The identity is kept; a consumer variant (22), the lot (10) beside a serial and
    the qualifier (7040) of a GIAI are dropped. Compressed links and the short names of Digital Link 1.1
    (``/gtin/…/ser/…``, withdrawn in 1.2) are not read.

    Raises:
        UnitIdInvalid: the URI is malformed, has a wrong check digit, or names something other than one unit.
    """
    if len(uri) > LINK_CHARS_MAX:
        raise UnitIdInvalid(f"A link has at most {LINK_CHARS_MAX} characters.", chars=len(uri))
    link = _LINK.fullmatch(uri)
    if link is None:
        raise UnitIdInvalid("This is not a well-formed http or https link (a user name is not allowed).")
    segments = link["path"].removesuffix("/").split("/")[1:]
    if link["host"].lower() == OPERATOR_DOMAIN and len(segments) == 2 and segments[0].lower() == "u":
        return OperatorId(segments[1].lower())
    key, value, qualifiers = _split_at_key(segments)
    _verify_query(key, link["query"] or "")
    return _unit_of(key, value, qualifiers)


def new_operator_id(random_bytes: bytes) -> OperatorId:
    """Make an operator-issued id from ``OPERATOR_RANDOM_BYTES`` bytes of a cryptographic random source.

    Raises:
        ValueError: for another number of bytes.
    """
    if len(random_bytes) != OPERATOR_RANDOM_BYTES:
        raise ValueError(f"need {OPERATOR_RANDOM_BYTES} random bytes, got {len(random_bytes)}")
    bits = int.from_bytes(random_bytes) >> 3
    body = "".join(_ALPHABET[bits >> shift & 31] for shift in range(120, -1, -5))
    return OperatorId(body + _ALPHABET[_times_x(_remainder(body))])


def gtin_check_digit(body: str) -> str:
    """The mod-10 check digit that follows ``body``, decimal digits (GS1 General Specifications 7.9.1)."""
    weighted = 3 * sum(map(int, body[::-2])) + sum(map(int, body[-2::-2]))
    return str(-weighted % 10)


@lru_cache(maxsize=_CACHED_IDS_MAX)
def _parse_canonical(text: str) -> UnitId:
    unit_id = parse_digital_link(text)
    canonical = format_unit_id(unit_id)
    if canonical != text:
        raise UnitIdInvalid(
            "The unit id is not in its canonical spelling.", cure=f"Write {canonical}", canonical=canonical
        )
    return unit_id


def _split_at_key(segments: list[str]) -> tuple[str, str, list[tuple[str, str]]]:
    """Read the path in pairs from its right end: the right-most primary key, its value and its qualifiers."""
    for start in range(len(segments) - 2, -1, -2):
        if _PRIMARY_KEY.fullmatch(segments[start]):
            values = [unquote(segment) for segment in segments[start + 1 :: 2]]
            qualifiers = list(zip(segments[start + 2 :: 2], values[1:], strict=True))
            return segments[start], values[0], qualifiers
    raise UnitIdInvalid(
        "The path holds no GS1 key with its value. Compressed links and names such as /gtin/ are not read.",
        cure="Scan or type the uncompressed link with numeric keys, such as /01/…/21/….",
    )


def _verify_query(key: str, query: str) -> None:
    names = {unquote(attribute.partition("=")[0]) for attribute in query.split("&")}
    misplaced = names & _IDENTITY_KEYS.get(key, frozenset())
    if misplaced:
        raise UnitIdInvalid(f"The key ({min(misplaced)}) belongs in the path, not in the query.")


def _unit_of(key: str, value: str, qualifiers: list[tuple[str, str]]) -> UnitId:
    if key not in _QUALIFIERS:
        raise UnitIdInvalid(f"The GS1 key ({key}) names no unit: expected a GTIN (01) or a GIAI (8004).")
    named = _verify_qualifiers(key, qualifiers)
    if key == "8004":
        return Giai(value)
    gtin = _pad_gtin(value)
    if "21" in named:
        return SerialisedGtin(gtin, named["21"])
    if "10" in named:
        return GtinLot(gtin, named["10"])
    raise UnitIdInvalid("The link names a product, not a unit: it has neither a serial (21) nor a lot (10).")


def _verify_qualifiers(key: str, qualifiers: list[tuple[str, str]]) -> dict[str, str]:
    named = dict(qualifiers)
    if [name for name, _ in qualifiers] != [name for name in _QUALIFIERS[key] if name in named]:
        allowed = ", ".join(f"({name})" for name in _QUALIFIERS[key])
        raise UnitIdInvalid(f"After ({key}) a path may have {allowed}, each at most once and in this order.")
    for name, value in qualifiers:
        _verify_value(f"value of ({name})", value, _QUALIFIER_CHARS_MAX)
    return named


def _pad_gtin(digits: str) -> str:
    if not _SHORT_GTIN.fullmatch(digits):
        raise UnitIdInvalid("A GTIN has 8, 12, 13 or 14 digits.")
    return digits.zfill(14)


def _verify_gtin(gtin: str) -> None:
    if not _GTIN.fullmatch(gtin):
        raise UnitIdInvalid("A GTIN has 14 digits, with leading zeros.")
    if gtin[-1] != gtin_check_digit(gtin[:-1]):
        raise UnitIdInvalid("The check digit of the GTIN does not match: one digit is wrong.")


def _verify_value(name: str, value: str, chars_max: int) -> None:
    if not 1 <= len(value) <= chars_max:
        raise UnitIdInvalid(f"The {name} has 1 to {chars_max} characters.")
    if not _CSET_82.fullmatch(value):
        raise UnitIdInvalid(f"The {name} holds a character outside the GS1 character set 82.")
    # Every browser and proxy would take such a segment out of the path (RFC 3986 §5.2.4), encoded or not.
    if value in (".", ".."):
        raise UnitIdInvalid(f"The {name} cannot be a dot segment.")


def _encode(value: str) -> str:
    """Percent-encode, in upper-case hex, every character that RFC 3986 §2.3 does not call unreserved."""
    return quote(value, safe="")


def _remainder(token: Iterable[str]) -> int:
    """Evaluate the token's polynomial over GF(32) at x; zero for a code word."""
    total = 0
    for char in token:
        total = _times_x(total) ^ _ALPHABET_VALUES[char]
    return total


def _times_x(element: int) -> int:
    doubled = element << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled

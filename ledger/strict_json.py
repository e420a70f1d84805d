"""JSON that every parser reads alike: one object of objects, arrays, strings, integers, booleans and nulls.

What parsers disagree on is refused (RFC 8259 §4, §6, §8; I-JSON, RFC 7493 §2): duplicate keys, fractions and
exponents, integers that a double cannot hold, minus zero, lone surrogates, a byte order mark. Control
characters are refused in strings too, escaped or not, and so are line separators and overrides of the writing
direction, because they deceive on paper and on screens. Time is linear in the size of the input.

>>> parse_json(b'{"mass_g": 412000}')
{'mass_g': 412000}
>>> format_json({"mass_g": 412000})
b'{"mass_g":412000}'
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from ledger.errors import MalformedStatement

INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 16

_INTEGER_CHARACTERS_MAX = len(str(-INTEGER_MAX))
# The last two ranges break lines and turn the direction of writing: one name on a screen could pass for another.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")
# The closing quote is optional so that an unterminated string is passed over once, not once per quote in it.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS_AS_SQUARE = {ord("{"): "[", ord("}"): "]"}
_NOT_BRACKET = re.compile(r"[^\[\]]+")


def parse_json(payload: bytes) -> dict[str, Any]:
    """Read the one JSON object that ``payload`` spells in UTF-8.

    Raises:
        MalformedStatement: it is not such an object, or it nests deeper than ``DEPTH_MAX``.
    """
    try:
        text = payload.decode()
        _refuse_deep(text)
        value = _DECODER.decode(text)
    except ValueError as error:
        raise MalformedStatement(f"The payload is not JSON in UTF-8: {error}.") from error
    if type(value) is not dict:
        raise MalformedStatement("The payload is not a JSON object.")
    # Text that is printable throughout can only hide what it escapes.
    if "\\" in text or not text.isprintable():
        _refuse_unprintable_strings(value)
    return value


def format_json(value: dict[str, Any]) -> bytes:
    """Spell ``value`` compactly in UTF-8, members in their order; ``parse_json`` gives back an equal value.

    Raises:
        MalformedStatement: ``value`` holds something that ``parse_json`` refuses or would give back changed.
    """
    try:
        payload = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise MalformedStatement(f"The value cannot be written as JSON: {error}.") from error
    if parse_json(payload) != value:
        raise MalformedStatement("The value would not be the same after it is written as JSON and read.")
    return payload


def _unique_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise MalformedStatement("An object of the payload has the same key twice.")
    return value


def _exact_integer(digits: str) -> int:
    # The length is looked at first: converting a long run of digits takes quadratic time.
    if len(digits) > _INTEGER_CHARACTERS_MAX or digits == "-0" or not -INTEGER_MAX <= int(digits) <= INTEGER_MAX:
        raise MalformedStatement(
            f"The payload holds an integer that is not exact everywhere: {digits[:20]}.",
            cure="Stay within ±(2^53 - 1), or send the digits as a string.",
        )
    return int(digits)


def _refuse_number(spelt: str) -> NoReturn:
    raise MalformedStatement(
        f"The payload holds a number that is not an integer: {spelt[:32]}.",
        cure="Use whole numbers of a smaller unit, such as grams.",
    )


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_members,
    parse_float=_refuse_number,
    parse_int=_exact_integer,
    parse_constant=_refuse_number,
)


def _refuse_deep(text: str) -> None:
    """Refuse what nests deeper than ``DEPTH_MAX``, before a recursive parser meets it.

    One round of removing ``[]`` takes away exactly the innermost level of every branch.
    """
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    brackets = _NOT_BRACKET.sub("", _STRING.sub("", text).translate(_BRACKETS_AS_SQUARE))
    for _ in range(DEPTH_MAX):
        brackets = brackets.replace("[]", "")
    if brackets:
        raise MalformedStatement(f"The payload nests deeper than {DEPTH_MAX}, or its brackets do not match.")


def _refuse_unprintable_strings(value: Any) -> None:
    if isinstance(value, str):
        if _UNPRINTABLE.search(value):
            raise MalformedStatement("A string of the payload holds a control character or half a character.")
    elif isinstance(value, list):
        for item in value:
            _refuse_unprintable_strings(item)
    elif isinstance(value, dict):
        for key, member in value.items():
            _refuse_unprintable_strings(key)
            _refuse_unprintable_strings(member)

"""Deterministic CBOR: one value has one spelling (RFC 8949 §4.2.1).

Values are ``None``, ``bool``, ``int`` from -2^64 to 2^64-1, ``str``, ``bytes``, lists, and maps with ``int``,
``str`` or ``bytes`` keys. There are no floats, no tags and no other simple values: what is hashed or signed
must mean the same in every language. A format that needs a tag (COSE_Sign1) writes and reads it itself.

>>> encode({"b": 1, "a": [True, None]}).hex(" ")
'a2 61 61 82 f5 f6 61 62 01'
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NoReturn

import cbor2

DEPTH_MAX = 32

_INT_END = 1 << 64
_ATOMS = frozenset({str, bytes, bool, type(None)})
_KEYS = frozenset({int, str, bytes})
_TEXT = frozenset({str})


def encode(value: object) -> bytes:
    """Spell ``value`` in the one way that ``decode`` accepts.

    A tuple is written as an array and comes back as a list. Subclasses (enumerations too) are refused.

    Raises:
        ValueError: a type, an integer or a nesting deeper than ``DEPTH_MAX`` that the format does not have.
    """
    return encode_ordered(_ordered(value, DEPTH_MAX))


def decode(data: bytes) -> object:
    """Read the one value that ``data`` spells.

    Raises:
        ValueError: ``data`` is not what ``encode`` writes for any value: bytes after the value, indefinite
            lengths, long forms, unsorted or duplicate keys, floats, tags, simple values, invalid UTF-8.
    """
    value = decode_unproved(data)
    _refuse_kinds_and_order(value, DEPTH_MAX)
    if encode_ordered(value) != data:
        raise ValueError("CBOR lengths are not in shortest form, or bytes follow the value")
    return value


def encode_ordered(value: object) -> bytes:
    """Spell a value of this format whose maps stand in bytewise order already; the caller answers for both.

    For the few fixed forms on the hot path, which are written in order in the source.
    """
    return cbor2.dumps(value)


def decode_unproved(data: bytes) -> object:
    """Read a value and leave it to the caller to prove its spelling, by writing it again and comparing.

    Raises:
        ValueError: not CBOR, an indefinite length, a duplicate key, a tag, or nesting much too deep.
    """
    try:
        value: object = cbor2.loads(
            data,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            max_depth=DEPTH_MAX,
            semantic_decoders=_NO_TAGS,
        )
    except (cbor2.CBORError, EOFError, OverflowError) as error:
        raise ValueError(f"not CBOR: {error}") from error
    return value


class _NoTags(dict[int, NoReturn]):
    """Refuses every tag at sight: tags 28 and 29 (shared values) could build a value without end."""

    def __missing__(self, tag: int) -> NoReturn:
        raise ValueError(f"tag {tag}")


_NO_TAGS = _NoTags()


def _ordered(value: Any, depth: int) -> object:
    kind = type(value)
    if kind in _ATOMS or (kind is int and -_INT_END <= value < _INT_END):
        return value
    if depth and kind is dict:
        keys = _key_order(tuple(value)) if _TEXT.issuperset(map(type, value)) else sorted(value, key=_spelt_key)
        return {key: m if type(m := value[key]) in _ATOMS else _ordered(m, depth - 1) for key in keys}
    if depth and (kind is list or kind is tuple):
        return [item if type(item) in _ATOMS else _ordered(item, depth - 1) for item in value]
    raise ValueError(f"deterministic CBOR has no such {kind.__name__}, or not this deep")


def _refuse_kinds_and_order(value: Any, depth: int) -> None:
    kind = type(value)
    if depth and kind is dict:
        previous = b""
        for key, member in value.items():
            spelt = _spelt_key(key)
            if spelt < previous:
                raise ValueError("CBOR map keys are not in bytewise order")
            previous = spelt
            if type(member) not in _ATOMS:
                _refuse_kinds_and_order(member, depth - 1)
    elif depth and kind is list:
        for item in value:
            if type(item) not in _ATOMS:
                _refuse_kinds_and_order(item, depth - 1)
    elif kind is not int and kind not in _ATOMS:
        raise ValueError(f"deterministic CBOR has no such {kind.__name__}, or not this deep")


@lru_cache(maxsize=4096)
def _key_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """The order of a map's text keys; maps of one shape recur, so each shape is sorted once."""
    return tuple(sorted(names, key=_spelt_key))


# Field names recur in every value, so their spellings are kept; ``typed`` holds 1 and True apart. cbor2's own
# ``canonical`` puts shorter keys first (RFC 7049 §3.9), another order as soon as key types are mixed.
@lru_cache(maxsize=4096, typed=True)
def _spelt_key(key: object) -> bytes:
    if type(key) not in _KEYS:
        raise ValueError(f"a map key cannot be a {type(key).__name__}")
    return cbor2.dumps(key)

"""CBOR sequences (RFC 8742): one item after another, cut apart without being decoded."""

from __future__ import annotations

from typing import Final

from api.refusals import BatchTooLong, RequestMalformed

_HEADS_MAX: Final = 64
"""Heads of items that are looked at inside one item of the sequence; a signed statement has six."""
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}


def split_sequence(data: bytes, items_max: int) -> list[bytes]:
    """The items of a sequence, each as it came; whether one means anything is for its parser to say.

    Raises:
        RequestMalformed: no item, one that is cut short, of indefinite length, or made of too many.
        BatchTooLong: more than ``items_max`` items.
    """
    items: list[bytes] = []
    start = 0
    while start < len(data):
        if len(items) == items_max:
            raise BatchTooLong(f"a batch holds at most {items_max} statements", limit=items_max)
        end = _end_of_item(data, start)
        items.append(data[start:end])
        start = end
    if not items:
        raise RequestMalformed("the sequence is empty", field="/body")
    return items


def _end_of_item(data: bytes, start: int) -> int:
    """Where the item that begins at ``start`` ends, with all that it holds."""
    at, missing = start, 1
    for _ in range(_HEADS_MAX):
        at, held = _after_head(data, at)
        missing += held - 1
        if missing == 0:
            return at
    # Eight megabytes of one-byte items would otherwise take seconds, before any signature is asked for.
    raise _malformed(start)


def _after_head(data: bytes, start: int) -> tuple[int, int]:
    """Where a head and the string that belongs to it end, and how many items follow as its own (RFC 8949 §3)."""
    if start >= len(data):
        raise _malformed(start)
    major, info = data[start] >> 5, data[start] & 31
    at = start + 1 + _ARGUMENT_BYTES.get(info, 0)
    if at > len(data) or info > 27:
        raise _malformed(start)
    argument = info if info < 24 else int.from_bytes(data[start + 1 : at], "big")
    if major in (2, 3):
        at += argument
    if at > len(data):
        raise _malformed(start)
    return at, {4: argument, 5: 2 * argument, 6: 1}.get(major, 0)


def _malformed(at: int) -> RequestMalformed:
    return RequestMalformed("the body is not a CBOR sequence of definite items", field="/body", offset=at)

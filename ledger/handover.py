"""Statements from the giver's device to the receiver's without a connection: as one file, or as QR Codes on a screen.

The file is a CBOR sequence (RFC 8742) of signed statements, each after those that it builds on: the body that
``POST /v1/events`` takes, so whoever has the file may upload it. Cut into frames, it goes from screen to camera: each
frame is the text of one QR Code, the frames are shown over and over, and may be seen in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.errors import Refusal
from ledger.event import Event, parse_event

FILE_SUFFIX: Final = ".bitacora"
MEDIA_TYPE: Final = "application/cbor-seq"
HANDOVER_BYTES_MAX: Final = 256 * 1024
HANDOVER_STATEMENTS_MAX: Final = 256

FRAME_BYTES: Final = 384
"""With the header the text fills a QR Code of version 15-M: 85 modules with its margin, 4 pixels each on a phone."""
FRAMES_MAX: Final = -(-HANDOVER_BYTES_MAX // FRAME_BYTES)

_BASE45: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_FRAME: Final = re.compile(r"BIT1:([1-9][0-9]{0,2})/([1-9][0-9]{0,2}):([0-9A-F]{8}):([0-9A-Z $%*+\-./:]+)", re.ASCII)

# COSE_Sign1 with tag 18; a head's length of one byte (RFC 8949 §3).
_STATEMENT, _EMPTY_MAP = b"\xd2\x84", b"\xa0"
_BYTES_MAJOR: Final = 2


class HandoverInvalid(Refusal):
    """The file or the frame is not one of a hand-over, is damaged, or holds too much."""

    code = "handover-invalid"
    title = "The hand-over cannot be read"


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece of a file on its way from screen to camera.

    Attributes:
        number: 1 to ``total``.
        total: frames of the whole file.
        digest: the first 4 bytes of SHA-256 of the file, in upper-case hex; frames of two files never mix.
        data: ``FRAME_BYTES`` bytes of the file, in the last frame what is left.
    """

    number: int
    total: int
    digest: str
    data: bytes


def format_handover(events: Sequence[Event]) -> bytes:
    """The file that hands these statements over.

    Raises:
        HandoverInvalid: none, too many or too large in all, one twice, or one before another that it builds on.
    """
    _verify_order(events)
    data = b"".join(event.envelope.raw for event in events)
    _verify_size(data)
    return data


def parse_handover(data: bytes) -> tuple[Event, ...]:
    """The inverse of ``format_handover``; no signature is verified here.

    Raises:
        HandoverInvalid: the file is none of a hand-over, damaged, or too large; ``field`` says which statement.
    """
    _verify_size(data)
    events = tuple(_parse_statement(raw, number) for number, raw in enumerate(_split(data)))
    _verify_order(events)
    return events


def cut_frames(data: bytes) -> tuple[Frame, ...]:
    """The frames of a file, in order.

    Raises:
        HandoverInvalid: the file is empty or too large.
    """
    _verify_size(data)
    digest = _digest(data)
    pieces = [data[start : start + FRAME_BYTES] for start in range(0, len(data), FRAME_BYTES)]
    return tuple(Frame(number, len(pieces), digest, piece) for number, piece in enumerate(pieces, 1))


def join_frames(frames: Iterable[Frame]) -> bytes | None:
    """The file that these frames make, in whatever order and however often each was seen; None while one is missing.

    Raises:
        HandoverInvalid: they are of more than one file, or do not give the one that they name.
    """
    seen: dict[int, Frame] = {}
    for frame in frames:
        if seen.setdefault(frame.number, frame) != frame:
            raise HandoverInvalid("two frames of the same number differ", number=frame.number)
    if len({(frame.total, frame.digest) for frame in seen.values()}) > 1:
        raise HandoverInvalid("the frames are of more than one hand-over", cure="begin again with one screen")
    first = next(iter(seen.values()), None)
    if first is None or len(seen) < first.total:
        return None
    data = b"".join(seen[number].data for number in range(1, first.total + 1))
    if _digest(data) != first.digest:
        raise HandoverInvalid("the frames do not give the file that they name", cure="scan them again")
    return data


def format_frame(frame: Frame) -> str:
    """The text of the frame's QR Code, all of it in the alphanumeric mode of ISO/IEC 18004."""
    return f"BIT1:{frame.number}/{frame.total}:{frame.digest}:{format_base45(frame.data)}"


def parse_frame(text: str) -> Frame:
    """The inverse of ``format_frame``.

    Raises:
        HandoverInvalid: the code that was scanned is not a frame.
    """
    match = _FRAME.fullmatch(text)
    if match is None:
        raise HandoverInvalid("this code is not one of a hand-over")
    number, total = int(match[1]), int(match[2])
    data = parse_base45(match[4])
    is_full = len(data) == FRAME_BYTES or (number == total and len(data) < FRAME_BYTES)
    if not (number <= total <= FRAMES_MAX and is_full):
        raise HandoverInvalid("this frame is damaged")
    return Frame(number, total, match[3], data)


def format_base45(data: bytes) -> str:
    """Base45 (RFC 9285 §4): two bytes are three characters, a last odd byte two."""
    return "".join(_format_group(data[at : at + 2]) for at in range(0, len(data), 2))


def parse_base45(text: str) -> bytes:
    """The inverse of ``format_base45``.

    Raises:
        HandoverInvalid: a character that Base45 does not have, or a group that no bytes give.
    """
    return b"".join(_parse_group(text[at : at + 3]) for at in range(0, len(text), 3))


def _format_group(pair: bytes) -> str:
    value = int.from_bytes(pair, "big")
    low, middle, high = value % 45, value // 45 % 45, value // 2025
    return _BASE45[low] + _BASE45[middle] + (_BASE45[high] if len(pair) == 2 else "")


def _parse_group(group: str) -> bytes:
    digits = [_BASE45.find(character) for character in group]
    value = sum(digit * scale for digit, scale in zip(digits, (1, 45, 2025), strict=False))
    length = len(group) - 1
    if length == 0 or -1 in digits or value >= 256**length:
        raise HandoverInvalid("this is not Base45 (RFC 9285)")
    return value.to_bytes(length, "big")


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:8].upper()


def _verify_size(data: bytes) -> None:
    if not data:
        raise HandoverInvalid("there is nothing in it")
    if len(data) > HANDOVER_BYTES_MAX:
        raise HandoverInvalid(
            f"a hand-over has at most {HANDOVER_BYTES_MAX} bytes",
            cure="hand the consignments over one by one",
            limit_bytes=HANDOVER_BYTES_MAX,
        )


def _verify_order(events: Sequence[Event]) -> None:
    if not 1 <= len(events) <= HANDOVER_STATEMENTS_MAX:
        raise HandoverInvalid(f"a hand-over has 1 to {HANDOVER_STATEMENTS_MAX} statements", statements=len(events))
    to_come = [event.id for event in events]
    if len(set(to_come)) < len(to_come):
        raise HandoverInvalid("a statement is in it twice")
    later = set(to_come)
    for number, event in enumerate(events):
        if any(subject.prev in later for subject in event.payload.extends):
            raise HandoverInvalid("a statement stands before one that it builds on", field=f"/{number}")
        later.remove(event.id)


def _parse_statement(raw: bytes, number: int) -> Event:
    try:
        return parse_event(raw)
    except Refusal as refusal:
        raise HandoverInvalid(f"a statement in it is damaged: {refusal.detail}", field=f"/{number}") from refusal


def _split(data: bytes) -> list[bytes]:
    """The statements of the sequence, by nothing but their lengths: each is tag 18 and an array of four."""
    raws: list[bytes] = []
    start = 0
    while start < len(data) and len(raws) <= HANDOVER_STATEMENTS_MAX:
        end = _end_of_statement(data, start)
        raws.append(data[start:end])
        start = end
    return raws


def _end_of_statement(data: bytes, start: int) -> int:
    at = _after(data, start, _STATEMENT)
    at = _after_bytes(data, at)
    at = _after(data, at, _EMPTY_MAP)
    return _after_bytes(data, _after_bytes(data, at))


def _after(data: bytes, at: int, expected: bytes) -> int:
    if not data.startswith(expected, at):
        raise _foreign(at)
    return at + len(expected)


def _after_bytes(data: bytes, at: int) -> int:
    """Where a byte string ends that begins at ``at`` (RFC 8949 §3: major type 2)."""
    head = data[at] if at < len(data) else 0
    argument_bytes = {24: 1, 25: 2}.get(head & 31, 0)
    if head >> 5 != _BYTES_MAJOR or head & 31 > 25:
        raise _foreign(at)
    content = at + 1 + argument_bytes
    length = int.from_bytes(data[at + 1 : content], "big") if argument_bytes else head & 31
    if content + length > len(data):
        raise HandoverInvalid("it ends in the middle of a statement", cure="have it sent again", offset=at)
    return content + length


def _foreign(at: int) -> HandoverInvalid:
    if at == 0:
        return HandoverInvalid("this is not a file of a hand-over")
    return HandoverInvalid("it is damaged: what follows is not a statement", offset=at)

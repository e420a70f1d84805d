"""A hand-over from device to device: the file, and its frames on a screen."""

from __future__ import annotations

import io
import json
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import png
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from qrcode.util import MODE_ALPHA_NUM, QRData

from ledger.domain.values import format_opaque_id, format_uuid7
from ledger.event import Event, parse_event, sign_event
from ledger.handover import (
    FRAME_BYTES,
    FRAMES_MAX,
    HANDOVER_BYTES_MAX,
    HANDOVER_STATEMENTS_MAX,
    Frame,
    HandoverInvalid,
    cut_frames,
    format_base45,
    format_frame,
    format_handover,
    join_frames,
    parse_base45,
    parse_frame,
    parse_handover,
)
from ledger.keys import SigningKey
from tests.yard import Yard

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
KEY = SigningKey.from_seed(bytes(32))
UNIT = "https://id.gs1.org/01/07501234567893/21/P000001"
CONSIGNMENT = format_opaque_id("con", bytes(16))


def stated(number: int, kind: str, **members: Any) -> Event:
    common = {
        "v": 1,
        "id": format_uuid7(1_772_384_400_000, bytes([number % 256]) * 10),
        "occurred_at": "2026-03-01T17:00:00Z",
        "party": format_opaque_id("pty", bytes(16)),
        "kind": kind,
    }
    return parse_event(sign_event(KEY, {**common, **members}))


@cache
def pair() -> tuple[Event, Event]:
    """The example of the page: what is discarded is then offered."""
    first = stated(1, "unit.discarded", units=[{"id": UNIT, "prev": "11" * 32}], reason="end_of_life")
    second = stated(
        2,
        "consignment.offered",
        consignment=CONSIGNMENT,
        prev=None,
        units=[{"id": UNIT, "prev": first.id}],
        purpose="waste_rme",
        consignee=format_opaque_id("pty", b"\1" * 16),
        units_total=1,
    )
    return first, second


@cache
def blocks() -> dict[str, str]:
    return dict(re.findall(r"^```[a-z-]+ (\S+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))


def drawn(text: str) -> Any:
    """The frame's QR Code as a screen of 360 pixels shows it: modules of 4 pixels, a margin of 4 modules."""
    code = QRCode(version=15, error_correction=ERROR_CORRECT_M, box_size=4, border=4)
    code.add_data(QRData(text.encode(), mode=MODE_ALPHA_NUM))
    code.make(fit=False)
    rows = [[0 if dark else 255 for dark in row for _ in range(4)] for row in code.get_matrix() for _ in range(4)]
    image = io.BytesIO()
    png.Writer(len(rows), len(rows), greyscale=True).write(image, rows)
    return Image.open(image)


def test_the_file_of_the_page_is_read_and_made_again() -> None:
    data = bytes.fromhex(blocks()["handover-file"])

    assert [event.id for event in parse_handover(data)] == [event.id for event in pair()]
    assert format_handover(pair()) == data


def test_the_frames_of_the_page_are_read_and_made_again() -> None:
    texts = json.loads(blocks()["handover-frames"])
    data = bytes.fromhex(blocks()["handover-file"])

    assert join_frames(map(parse_frame, texts)) == data
    assert [format_frame(frame) for frame in cut_frames(data)] == texts


@pytest.mark.parametrize("count", [1, 8, 40])
def test_an_offer_takes_the_frames_that_the_page_says(count: int) -> None:
    yard = Yard()
    packs = [yard.produce() for _ in range(count)]
    yard.offer(yard.maker, yard.recycler, packs, [yard.carrier])

    data = format_handover([parse_event(yard.entries[-1])])

    [size, frames] = re.findall(
        rf"^\| (?:an offer of )?{count} packs? \| ([\d,]+)[^|]*\| (\d+) \|", PAGE.read_text(), re.M
    )[0]
    assert (len(data), len(cut_frames(data))) == (int(size.replace(",", "")), int(frames))


def test_every_frame_is_read_from_a_small_and_blurred_screen() -> None:
    for text in json.loads(blocks()["handover-frames"]):
        seen = drawn(text)
        assert seen.size == (340, 340)
        photographed = seen.rotate(7, expand=True, fillcolor=255).resize((300, 300)).filter(ImageFilter.GaussianBlur(1))
        assert [found.text for found in zxingcpp.read_barcodes(photographed)] == [text]


def test_a_full_frame_fits_the_symbol_whatever_its_bytes() -> None:
    longest = format_frame(Frame(FRAMES_MAX - 1, FRAMES_MAX, "00000000", b"\xff" * FRAME_BYTES))

    assert len(longest) == 598
    assert drawn(longest).size == (340, 340)


def test_frames_are_joined_in_any_order_and_however_often_they_are_seen() -> None:
    data = format_handover(pair())
    frames = [*cut_frames(data), *cut_frames(data)]
    random.Random(4).shuffle(frames)

    assert join_frames(frames) == data
    assert join_frames(cut_frames(data)[:-1]) is None
    assert join_frames([]) is None


def test_frames_of_two_hand_overs_never_mix() -> None:
    first, second = pair()
    one, other = cut_frames(format_handover([first, second])), cut_frames(format_handover([first]))

    with pytest.raises(HandoverInvalid, match="more than one"):
        join_frames([one[0], other[1]])
    with pytest.raises(HandoverInvalid, match="same number differ"):
        join_frames([*one[:2], *other])
    swapped = Frame(1, len(other), other[0].digest, bytes(FRAME_BYTES))
    with pytest.raises(HandoverInvalid, match="do not give the file"):
        join_frames([swapped, *other[1:]])


@pytest.mark.parametrize(
    "text",
    [
        "",
        UNIT,
        "BIT1:1/1:0F3FF467:",
        "BIT1:0/1:0F3FF467:00",
        "BIT1:01/1:0F3FF467:00",
        "BIT1:2/1:0F3FF467:00",
        "BIT1:1/684:0F3FF467:" + "0" * 576,
        "BIT1:1/2:0F3FF467:00",
        "BIT1:1/1:0f3ff467:00",
        "BIT1:1/1:0F3FF467:0",
        "BIT1:1/1:0F3FF467:V5",
        "BIT1:1/1:0F3FF467:GGW0",
        "BIT1:1/1:0F3FF467:00\n",
        "BIT1:1/1:0F3FF467:" + "0" * 579,
        "BIT2:1/1:0F3FF467:00",
        "BIT1:１/1:0F3FF467:00",
    ],
)
def test_a_code_that_is_no_frame_is_refused(text: str) -> None:
    with pytest.raises(HandoverInvalid):
        parse_frame(text)


@settings(max_examples=50)
@given(st.binary(min_size=1, max_size=4 * FRAME_BYTES))
def test_frames_carry_any_bytes(data: bytes) -> None:
    texts = [format_frame(frame) for frame in cut_frames(data)]

    assert join_frames(map(parse_frame, texts)) == data
    assert [format_frame(parse_frame(text)) for text in texts] == texts


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")],
)
def test_base45_is_that_of_the_rfc(data: bytes, text: str) -> None:
    assert format_base45(data) == text
    assert parse_base45(text) == data


@pytest.mark.parametrize("text", ["A", "BB8A", "::", ":::", "GGW", "bb8"])
def test_base45_that_no_bytes_give_is_refused(text: str) -> None:
    with pytest.raises(HandoverInvalid):
        parse_base45(text)


def test_a_file_with_any_bit_changed_gives_no_other_hand_over() -> None:
    data = format_handover(pair())
    chosen = random.Random(45)
    for _ in range(200):
        place = chosen.randrange(8 * len(data))
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        try:
            read = parse_handover(bytes(changed))
        except HandoverInvalid:
            continue
        assert format_handover(read) == changed


def test_a_file_that_was_cut_short_is_refused_wherever_it_was_cut() -> None:
    data = format_handover(pair())
    first = len(pair()[0].envelope.raw)

    for end in {0, 1, 2, 5, 137, first + 1, first + 3, len(data) - 1}:
        with pytest.raises(HandoverInvalid):
            parse_handover(data[:end])


def test_a_file_of_something_else_says_so() -> None:
    for foreign in (b"%PDF-1.7\n", b'{"format": "bitacora-evidence/1"}', b"\x00", b"\xd2\x84\xf6"):
        with pytest.raises(HandoverInvalid):
            parse_handover(foreign)
    with pytest.raises(HandoverInvalid, match="not a file of a hand-over"):
        parse_handover(b"%PDF-1.7\n")
    with pytest.raises(HandoverInvalid, match="what follows is not a statement"):
        parse_handover(format_handover(pair()) + b"\n")


def test_a_child_before_its_parent_is_refused_and_a_parent_elsewhere_is_not() -> None:
    first, second = pair()

    with pytest.raises(HandoverInvalid, match="builds on") as refused:
        parse_handover(second.envelope.raw + first.envelope.raw)
    assert refused.value.field == "/0"
    with pytest.raises(HandoverInvalid, match="builds on"):
        format_handover([second, first])
    assert parse_handover(second.envelope.raw) == (second,)


def test_a_statement_is_in_it_once() -> None:
    raw = pair()[0].envelope.raw

    with pytest.raises(HandoverInvalid, match="twice"):
        parse_handover(raw + raw)


def test_the_limits_are_those_of_the_page() -> None:
    units = [{"id": f"{UNIT}{n:03}", "prev": "11" * 32} for n in range(256)]
    large = [stated(n, "unit.discarded", units=units, reason="end_of_life") for n in range(9)]
    many = [parse_event(pair()[0].envelope.raw)] * (HANDOVER_STATEMENTS_MAX + 1)

    with pytest.raises(HandoverInvalid, match=str(HANDOVER_BYTES_MAX)):
        format_handover(large)
    with pytest.raises(HandoverInvalid, match=str(HANDOVER_BYTES_MAX)):
        parse_handover(bytes(HANDOVER_BYTES_MAX + 1))
    with pytest.raises(HandoverInvalid, match="1 to 256"):
        parse_handover(b"".join(event.envelope.raw for event in many))
    with pytest.raises(HandoverInvalid):
        format_handover([])
    assert parse_handover(format_handover(large[:7])) == tuple(large[:7])

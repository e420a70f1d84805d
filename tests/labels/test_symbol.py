from __future__ import annotations

import io
import re
import string
from xml.etree import ElementTree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from labels.payload import format_payload
from labels.symbol import (
    CAPTION_CHARS_MAX,
    DPI_MAX,
    MODULE_MM_MAX,
    MODULE_MM_MIN,
    PAYLOAD_BYTES_MAX,
    QUIET_ZONE_MODULES,
    ErrorCorrection,
    SymbolUnprintable,
    encode_symbol,
    render_png,
    render_svg,
)
from ledger.domain.unit_id import Giai, GtinLot, OperatorId, SerialisedGtin, UnitId, gtin_check_digit

GTIN = "09520123456788"
PAYLOAD = f"https://id.gs1.org/01/{GTIN}/21/SN-2026-000123"
UNITS: list[UnitId] = [
    SerialisedGtin(GTIN, "SN-2026-000123"),
    SerialisedGtin(GTIN, "/" * 20),
    GtinLot(GTIN, "BM-7"),
    Giai("9520614141234567"),
    OperatorId("mpjtb9d5mpjtb9d5mpjtb9d5mb"),
]
SVG = "{http://www.w3.org/2000/svg}"


def scan(image: Image.Image) -> zxingcpp.Barcode:
    (found,) = zxingcpp.read_barcodes(image)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def parsed(svg: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - the document is our own


def drawn(svg: bytes, *, dots: int) -> Image.Image:
    """The path of an SVG of ours, filled at ``dots`` per module on the canvas that its viewBox gives."""
    root = parsed(svg)
    path = root.find(f"{SVG}path")
    assert path is not None
    module_mm = float(path.attrib["transform"].removeprefix("scale(").removesuffix(")"))
    width_mm, height_mm = (float(length) for length in root.attrib["viewBox"].split()[2:])
    image = Image.new("L", (round(width_mm / module_mm * dots), round(height_mm / module_mm * dots)), 255)
    pen = ImageDraw.Draw(image)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path.attrib["d"]):
        left, top, right = int(x) * dots, int(y) * dots, (int(x) + int(length)) * dots
        pen.rectangle((left, top, right - 1, top + dots - 1), fill=0)
    return image


@pytest.mark.parametrize("unit_id", UNITS)
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_every_kind_of_unit_reads_back_from_its_png(unit_id: UnitId, dpi: int) -> None:
    payload = format_payload(unit_id)

    found = scan(opened(render_png(encode_symbol(payload), module_mm=0.5, dpi=dpi)))

    assert found.bytes == payload.encode()


@pytest.mark.parametrize("unit_id", UNITS)
def test_every_kind_of_unit_reads_back_from_its_svg(unit_id: UnitId) -> None:
    payload = format_payload(unit_id, resolver_domain="id.bitacora.mx")

    found = scan(drawn(render_svg(encode_symbol(payload), module_mm=0.5, caption=payload), dots=4))

    assert found.bytes == payload.encode()


@settings(max_examples=20, deadline=None)
@given(
    body=st.text(string.digits, min_size=13, max_size=13),
    serial=st.text(string.ascii_letters + string.digits + "-._/%", min_size=2, max_size=20).filter(
        lambda serial: serial != ".."
    ),
)
def test_any_serial_reads_back(body: str, serial: str) -> None:
    payload = format_payload(SerialisedGtin(body + gtin_check_digit(body), serial))

    found = scan(opened(render_png(encode_symbol(payload), module_mm=0.375, dpi=203)))

    assert found.bytes == payload.encode()


@pytest.mark.parametrize("correction", list(ErrorCorrection))
def test_the_printed_symbol_has_the_error_correction_asked_for(correction: ErrorCorrection) -> None:
    found = scan(opened(render_png(encode_symbol(PAYLOAD, correction=correction), module_mm=0.5, dpi=300)))

    assert found.ec_level == correction.name


def test_svg_and_png_draw_the_same_modules() -> None:
    symbol = encode_symbol(PAYLOAD)
    from_svg = drawn(render_svg(symbol, module_mm=0.5), dots=6)
    from_png = opened(render_png(symbol, module_mm=0.5, dpi=300)).convert("L")

    assert from_svg.tobytes() == from_png.tobytes()


@pytest.mark.parametrize(("dpi", "dots", "dots_per_metre"), [(203, 4, 7992), (300, 6, 11811), (600, 12, 23622)])
def test_a_module_is_a_whole_number_of_dots_and_the_png_says_how_large_a_dot_is(
    dpi: int, dots: int, dots_per_metre: int
) -> None:
    symbol = encode_symbol(PAYLOAD)
    png = render_png(symbol, module_mm=0.5, dpi=dpi)

    assert opened(png).size == (symbol.side_modules * dots,) * 2
    assert png[png.index(b"pHYs") + 4 :][:9] == dots_per_metre.to_bytes(4) * 2 + b"\x01"


def test_the_quiet_zone_is_four_white_modules_on_every_side() -> None:
    symbol = encode_symbol(PAYLOAD)
    dots, side = 6, symbol.side_modules
    image = opened(render_png(symbol, module_mm=0.5, dpi=300)).convert("L")

    dark = image.point(lambda grey: 255 - grey).getbbox()

    quiet = QUIET_ZONE_MODULES * dots
    assert dark == (quiet, quiet, side * dots - quiet, side * dots - quiet)
    assert QUIET_ZONE_MODULES == 4


def test_the_svg_is_measured_in_millimetres() -> None:
    symbol = encode_symbol(PAYLOAD)
    root = parsed(render_svg(symbol, module_mm=0.3))

    side_mm = f"{symbol.side_modules * 0.3:g}"
    assert (root.attrib["width"], root.attrib["height"]) == (f"{side_mm}mm", f"{side_mm}mm")
    assert root.attrib["viewBox"] == f"0 0 {side_mm} {side_mm}"


@pytest.mark.parametrize("module_mm", [MODULE_MM_MIN, 0.5, 1.0])
def test_the_caption_stays_below_and_between_the_quiet_zones(module_mm: float) -> None:
    symbol = encode_symbol(PAYLOAD)
    root = parsed(render_svg(symbol, module_mm=module_mm, caption=PAYLOAD))
    side_mm, quiet_mm = symbol.side_modules * module_mm, QUIET_ZONE_MODULES * module_mm
    texts = root.findall(f".//{SVG}text")
    size_mm = max(float(group.attrib["font-size"]) for group in root.findall(f"{SVG}g"))

    assert "".join(text.text or "" for text in texts) == PAYLOAD
    for text in texts:
        left = float(text.attrib["x"])
        assert float(text.attrib["y"]) - size_mm >= side_mm - 0.001
        assert left >= quiet_mm - 0.001
        assert left + float(text.attrib["textLength"]) <= side_mm - quiet_mm + 0.001
    assert float(texts[-1].attrib["y"]) < float(root.attrib["viewBox"].split()[3])


def test_a_caption_cannot_inject_markup() -> None:
    caption = '<script>&"' * 3
    root = parsed(render_svg(encode_symbol(PAYLOAD), module_mm=1.0, caption=caption))

    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "rect", "path", "g", "text"}
    assert "".join(root.itertext()).strip() == caption


def test_the_same_arguments_give_the_same_bytes() -> None:
    def images() -> tuple[bytes, bytes]:
        symbol = encode_symbol(PAYLOAD)
        return (
            render_png(symbol, module_mm=0.5, dpi=300),
            render_svg(symbol, module_mm=0.5, caption=PAYLOAD),
        )

    assert images() == images()


@pytest.mark.parametrize("module_mm", [0.0, -0.5, MODULE_MM_MIN - 0.001, MODULE_MM_MAX + 0.001, float("nan")])
def test_a_module_that_no_one_could_scan_or_print_is_refused(module_mm: float) -> None:
    with pytest.raises(SymbolUnprintable) as refused:
        render_svg(encode_symbol(PAYLOAD), module_mm=module_mm)

    assert refused.value.code == "symbol-unprintable"


def test_a_module_that_rounds_to_too_few_dots_is_refused_by_its_printed_size() -> None:
    symbol = encode_symbol(PAYLOAD)

    with pytest.raises(SymbolUnprintable, match=r"0\.250 mm"):
        render_png(symbol, module_mm=0.26, dpi=203)
    assert opened(render_png(symbol, module_mm=0.26, dpi=300)).width == 3 * symbol.side_modules


@pytest.mark.parametrize("dpi", [0, 72, DPI_MAX + 1])
def test_a_resolution_that_label_printers_do_not_have_is_refused(dpi: int) -> None:
    with pytest.raises(SymbolUnprintable, match="dots per inch"):
        render_png(encode_symbol(PAYLOAD), module_mm=0.5, dpi=dpi)


@pytest.mark.parametrize("payload", ["", "señal", "a" * (PAYLOAD_BYTES_MAX + 1)])
def test_a_payload_that_readers_could_not_agree_on_is_refused(payload: str) -> None:
    with pytest.raises(SymbolUnprintable):
        encode_symbol(payload)


def test_the_longest_payload_fits_the_highest_error_correction() -> None:
    symbol = encode_symbol("a" * PAYLOAD_BYTES_MAX, correction=ErrorCorrection.H)

    assert len(symbol.rows) == 177


@pytest.mark.parametrize("caption", ["", "line\nbreak", "\x00", "a" * (CAPTION_CHARS_MAX + 1)])
def test_a_caption_that_cannot_be_set_in_type_is_refused(caption: str) -> None:
    with pytest.raises(SymbolUnprintable, match="caption"):
        render_svg(encode_symbol(PAYLOAD), module_mm=0.5, caption=caption)

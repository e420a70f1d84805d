"""QR Code symbols (ISO/IEC 18004) as vector and raster images whose bytes depend on their arguments alone.

Sizes are those of the printed symbol: ``module_mm`` is the side of one module, and every image includes the
quiet zone of four modules that ISO/IEC 18004 asks for.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape

import png
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_Q
from qrcode.main import QRCode

from ledger.errors import Refusal

# ISO/IEC 18004 table 7: what a version 40 symbol holds at level H, so an accepted text fits at either level.
PAYLOAD_BYTES_MAX: Final = 1273
QUIET_ZONE_MODULES: Final = 4
# GS1 General Specifications, symbol specification tables: the smallest X-dimension of a printed QR Code.
# They ask for 0.396 mm at points of sale; a dirty pack read at arm's length needs 0.5 mm and more.
MODULE_MM_MIN: Final = 0.254
MODULE_MM_MAX: Final = 5.0
DPI_MIN: Final = 150
DPI_MAX: Final = 600
CAPTION_CHARS_MAX: Final = 240

_MM_PER_INCH = 25.4
# Monospaced faces advance by 0.6 of their size; ``textLength`` holds every line to it, whatever the face.
_CAPTION_SIZE_MM = 2.0
_CAPTION_ADVANCE_MM = 0.6 * _CAPTION_SIZE_MM
_CAPTION_LINE_MM = 1.25 * _CAPTION_SIZE_MM


class SymbolUnprintable(Refusal):
    """The symbol, at the size asked for, could not be printed so that it scans."""

    code = "symbol-unprintable"
    title = "The symbol cannot be printed at this size"


class ErrorCorrection(Enum):
    """How much of a symbol may be lost: Q 25 %, H 30 %. Packs are dirty, so there is nothing below Q."""

    Q = ERROR_CORRECT_Q
    H = ERROR_CORRECT_H


@dataclass(frozen=True, slots=True)
class Symbol:
    """A square matrix of modules without quiet zone; ``rows[y][x]`` is true where the module is dark."""

    rows: tuple[tuple[bool, ...], ...]

    @property
    def side_modules(self) -> int:
        """Modules along one side, quiet zone included."""
        return len(self.rows) + 2 * QUIET_ZONE_MODULES


def encode_symbol(payload: str, *, correction: ErrorCorrection = ErrorCorrection.Q) -> Symbol:
    """The smallest QR Code that holds ``payload`` in one segment.

    Raises:
        SymbolUnprintable: the payload is empty, longer than ``PAYLOAD_BYTES_MAX``, or not ASCII (readers
            guess at the encoding of anything else).
    """
    if not (payload.isascii() and 1 <= len(payload) <= PAYLOAD_BYTES_MAX):
        raise SymbolUnprintable(f"A symbol holds 1 to {PAYLOAD_BYTES_MAX} ASCII characters.", chars=len(payload))
    code = QRCode(error_correction=correction.value, border=0)
    code.add_data(payload, optimize=0)
    return Symbol(tuple(tuple(row) for row in code.get_matrix()))


def render_svg(symbol: Symbol, *, module_mm: float, caption: str | None = None) -> bytes:
    """An SVG document in millimetres: one dark path on white and, below the quiet zone, the caption.

    The caption is broken into as many lines as it needs, each held to the width of the symbol.

    Raises:
        SymbolUnprintable: the module is outside ``MODULE_MM_MIN`` to ``MODULE_MM_MAX``, or the caption is
            empty, longer than ``CAPTION_CHARS_MAX``, or holds control characters.
    """
    _verify_module(module_mm)
    width_mm = symbol.side_modules * module_mm
    lines = [] if caption is None else _wrap(caption, symbol, module_mm)
    width, height = _decimal(width_mm), _decimal(width_mm + len(lines) * _CAPTION_LINE_MM)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"',
        f' viewBox="0 0 {width} {height}"><rect width="{width}" height="{height}" fill="#fff"/>',
        f'<path transform="scale({_decimal(module_mm)})" shape-rendering="crispEdges" d="{_path(symbol)}"/>',
        *_text(lines, left_mm=QUIET_ZONE_MODULES * module_mm, top_mm=width_mm),
        "</svg>\n",
    ]
    return "".join(parts).encode()


def render_png(symbol: Symbol, *, module_mm: float, dpi: int) -> bytes:
    """A one-bit PNG with the same whole number of dots for every module, and its resolution as pHYs chunk.

    The module is rounded to the nearest number of dots: at 203 dpi, 0.5 mm becomes 4 dots.

    Raises:
        SymbolUnprintable: ``dpi`` is outside ``DPI_MIN`` to ``DPI_MAX``, or the module, as asked for or as
            rounded, outside ``MODULE_MM_MIN`` to ``MODULE_MM_MAX``.
    """
    if not DPI_MIN <= dpi <= DPI_MAX:
        raise SymbolUnprintable(f"A printer has {DPI_MIN} to {DPI_MAX} dots per inch.", dpi=dpi)
    _verify_module(module_mm)
    dots = round(module_mm * dpi / _MM_PER_INCH)
    # To the micrometre: three dots at 300 dpi are 0.254 mm, but a hair less in binary.
    _verify_module(round(dots * _MM_PER_INCH / dpi, 3))
    side_dots = symbol.side_modules * dots
    dots_per_metre = round(dpi * 1000 / _MM_PER_INCH)
    image = io.BytesIO()
    png.Writer(
        side_dots,
        side_dots,
        greyscale=True,
        bitdepth=1,
        x_pixels_per_unit=dots_per_metre,
        y_pixels_per_unit=dots_per_metre,
        unit_is_meter=True,
    ).write_packed(image, _packed_rows(symbol, dots))
    return image.getvalue()


def _path(symbol: Symbol) -> str:
    """The dark runs of each row as closed rectangles, in modules.

    One path, since renderers that smooth edges leave hairlines between neighbouring shapes, not inside one.
    """
    return "".join(
        f"M{x + QUIET_ZONE_MODULES} {y + QUIET_ZONE_MODULES}h{length}v1h-{length}z"
        for y, row in enumerate(symbol.rows)
        for x, length in _dark_runs(row)
    )


def _dark_runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    x = 0
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            yield x, length
        x += length


def _wrap(caption: str, symbol: Symbol, module_mm: float) -> list[str]:
    if not (caption.isprintable() and 1 <= len(caption) <= CAPTION_CHARS_MAX):
        raise SymbolUnprintable(f"A caption has 1 to {CAPTION_CHARS_MAX} printable characters.")
    chars = int(len(symbol.rows) * module_mm / _CAPTION_ADVANCE_MM)
    return [caption[start : start + chars] for start in range(0, len(caption), chars)]


def _text(lines: list[str], *, left_mm: float, top_mm: float) -> Iterator[str]:
    yield f'<g font-family="monospace" font-size="{_decimal(_CAPTION_SIZE_MM)}">'
    for number, line in enumerate(lines):
        baseline_mm = top_mm + number * _CAPTION_LINE_MM + _CAPTION_SIZE_MM
        length_mm = len(line) * _CAPTION_ADVANCE_MM
        yield (
            f'<text x="{_decimal(left_mm)}" y="{_decimal(baseline_mm)}" textLength="{_decimal(length_mm)}"'
            f' lengthAdjust="spacingAndGlyphs">{escape(line)}</text>'
        )
    yield "</g>"


def _packed_rows(symbol: Symbol, dots: int) -> Iterator[bytes]:
    """The rows of the image from the top, eight dots to a byte, a set bit for white."""
    margin = (False,) * QUIET_ZONE_MODULES
    white = (False,) * symbol.side_modules
    quiet = (white,) * QUIET_ZONE_MODULES
    for row in (*quiet, *((*margin, *row, *margin) for row in symbol.rows), *quiet):
        yield from (_pack(row, dots),) * dots


def _pack(row: tuple[bool, ...], dots: int) -> bytes:
    bits = "".join(("0" if dark else "1") * dots for dark in row)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def _verify_module(module_mm: float) -> None:
    if not MODULE_MM_MIN <= module_mm <= MODULE_MM_MAX:
        raise SymbolUnprintable(
            f"A printed module of {module_mm:.3f} mm is outside {MODULE_MM_MIN} to {MODULE_MM_MAX} mm.",
            cure="Ask for a larger module, or print at a resolution that comes nearer to it.",
        )


def _decimal(length: float) -> str:
    return f"{length:.4f}".rstrip("0").rstrip(".")

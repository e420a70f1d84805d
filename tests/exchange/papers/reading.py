"""What a reader sees on a page of a PDF, and where."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

needs_poppler = pytest.mark.skipif(
    not (shutil.which("pdftoppm") and shutil.which("pdftotext")), reason="no poppler-utils on this machine"
)


@dataclass(frozen=True)
class Word:
    """A word and its corners, in points from the page's upper left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Page:
    """A page by its words."""

    width: float
    height: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return _read(self.words)

    def inside(self, left: float, top: float, right: float, bottom: float) -> str:
        """The words whose middle lies in a rectangle."""
        return _read(
            word
            for word in self.words
            if left <= (word.left + word.right) / 2 <= right and top <= (word.top + word.bottom) / 2 <= bottom
        )


def _read(words: Iterable[Word]) -> str:
    """Line by line, each from left to right."""
    return " ".join(word.text for word in sorted(words, key=lambda word: (round(word.bottom / 2.5), word.left)))


def save(pdf: bytes, folder: Path) -> Path:
    file = folder / "papers.pdf"
    file.write_bytes(pdf)
    return file


def pages_of(pdf: bytes, folder: Path) -> list[Page]:
    """The words of each page."""
    said = subprocess.run(["pdftotext", "-bbox", save(pdf, folder), "-"], capture_output=True, text=True, check=True)
    space = {"x": "http://www.w3.org/1999/xhtml"}
    root = ElementTree.fromstring(said.stdout)  # noqa: S314 (made by our own reader from our own paper)
    return [
        Page(
            float(page.attrib["width"]),
            float(page.attrib["height"]),
            tuple(
                Word(
                    unescape(word.text or ""), *(float(word.attrib[side]) for side in ("xMin", "yMin", "xMax", "yMax"))
                )
                for word in page.iterfind("x:word", space)
            ),
        )
        for page in root.iterfind(".//x:page", space)
    ]


def images_of(pdf: bytes, folder: Path, dpi: int = 100) -> list[Image.Image]:
    """Each page as a printer would draw it."""
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", save(pdf, folder), folder / "page"], check=True)
    return [Image.open(page) for page in sorted(folder.glob("page*.png"))]


def symbols_of(image: Image.Image) -> list[str]:
    """What a scanner reads on a page."""
    return [symbol.text for symbol in zxingcpp.read_barcodes(image)]

from __future__ import annotations

from pathlib import Path

from compliance.purpose import PURPOSES
from compliance.transport.entries import ENTRIES
from docs.transport import transport_page

PAGE = Path(__file__).parents[2] / "docs/transport.md"


def test_the_page_says_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == transport_page(), "run `make docs`"


def test_the_page_names_every_un_number_and_every_purpose() -> None:
    page = transport_page()

    assert [number for number in ENTRIES if f"**{number}**" not in page] == []
    assert [purpose for purpose in PURPOSES if f"`{purpose}`" not in page] == []

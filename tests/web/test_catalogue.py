"""Everything that people read is there in both languages, and nothing is there in one only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import TemplateSyntaxError
from jinja2.ext import babel_extract

from exchange.words import CODES
from web.rendering import STYLE_BYTES_MAX, style, translation

WEB = Path(__file__).parents[2] / "web"
# Words of the design that mean nothing to who reads a page.
BANNED = re.compile(r"\b(checkpoint|quorum|fold|hash|Merkle|COSE|punto de control|plegado|quórum)\b", re.IGNORECASE)


def spanish() -> set[str]:
    """Every text that templates and modules mark for translation."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(str(WEB), methods, keywords={"mark": None, "_": None})
    return {text for _, _, text, _, _ in found if isinstance(text, str)}


def english() -> list[Message]:
    with (WEB / "locale/en.po").open("rb") as file:
        return [message for message in read_po(file, abort_invalid=True) if message.id]


def test_every_text_has_its_english_and_no_english_is_left_over() -> None:
    assert {str(message.id) for message in english() if message.string} == spanish()


def test_a_translation_fills_in_the_same_names() -> None:
    names = re.compile(r"%\((\w+)\)s")

    assert [m.id for m in english() if sorted(names.findall(str(m.id))) != sorted(names.findall(str(m.string)))] == []


@pytest.mark.parametrize("template", sorted((WEB / "templates").glob("*.html")), ids=lambda path: path.name)
def test_every_template_is_read_for_texts(template: Path) -> None:
    # A template that cannot be parsed would be passed over in silence.
    try:
        with template.open("rb") as file:
            list(babel_extract(file, ["_"], [], {"silent": "false"}))
    except TemplateSyntaxError as error:
        pytest.fail(str(error))


def test_no_page_speaks_of_the_machinery() -> None:
    said = [*spanish(), *(str(message.string) for message in english())]

    assert [text for text in said if BANNED.search(text)] == []


def test_no_template_has_a_style_or_script_of_its_own_or_goes_round_escaping() -> None:
    offence = re.compile(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe|autoescape|Markup", re.IGNORECASE)

    assert [t.name for t in (WEB / "templates").glob("*.html") if offence.search(t.read_text("utf-8"))] == []


def test_the_style_is_small() -> None:
    assert len(style()) < STYLE_BYTES_MAX


def test_spanish_says_itself_and_english_does_not() -> None:
    assert translation("es")("Vigente") == "Vigente"
    assert translation("en")("Vigente") == "In force"


def test_every_code_that_a_choice_offers_has_a_word() -> None:
    assert {"collection", "transport", "RP", "RME", "damaged", "critical"} <= CODES.keys()

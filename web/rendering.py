"""Templates into pages. Everything that is filled in is escaped; a name that was not handed in is an error.

The templates are written in Spanish. ``locale/en.po`` holds the same in English and is read when the first page is
rendered, as it is: there is no compiled catalogue that could be older (docs/adr/0013).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from babel.messages.pofile import read_po
from jinja2 import Environment, PackageLoader, StrictUndefined

from exchange.words import word
from web import wording
from web.language import LANGUAGES, TAGS, Language

STYLE_BYTES_MAX: Final = 15_000


def render_page(language: Language, template: str, here: str, *, sandbox: bool, **members: Any) -> bytes:
    """The page in UTF-8.

    Args:
        language: of the page.
        template: its file's name in ``templates``, without ``.html``.
        here: path and query of the page without its language, to which the other language links.
        sandbox: whether the ledger is one to try things in, which every page of it says first.
        members: what the template names.
    """
    page = _environment(language).get_template(f"{template}.html")
    return page.render(language=language, here=here, sandbox=sandbox, **members).encode()


def style() -> bytes:
    """The one style sheet."""
    return files("web").joinpath("static/bitacora.css").read_bytes()


@cache
def style_path() -> str:
    """Where the style sheet is served: another path for other bytes, so that it may be kept for ever."""
    return f"/static/{sha256(style()).hexdigest()[:16]}.css"


def translation(language: Language) -> Callable[[str], str]:
    """From the Spanish text to the language's; a text without translation says itself."""
    if language == "es":
        return str
    catalogue = _english()
    return lambda text: catalogue.get(text, text)


@cache
def _english() -> dict[str, str]:
    with files("web").joinpath("locale/en.po").open("rb") as file:
        messages = read_po(file, locale="en", abort_invalid=True)
    return {str(message.id): str(message.string) for message in messages if message.id and message.string}


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    say = translation(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        say, lambda one, many, n: say(one if n == 1 else many), newstyle=True
    )
    environment.globals.update(
        style_path=style_path(), tag=TAGS[language], languages=LANGUAGES, permit_badges=wording.permit_badges
    )
    environment.filters.update(
        day=lambda day: wording.format_day(day, language),
        mass=lambda grams: wording.format_mass(grams, language),
        distance=lambda metres: wording.format_distance(metres, language),
        moment=lambda seconds: wording.format_moment(seconds, language),
        place=wording.format_place,
        word=lambda code: word(code, language),
        say=say,
    )
    return environment

"""Names of parties as people look for them: without accents, case, legal forms and the accidents of spelling.

A name is kept as its words, each as it is written and as it is usually also written: who looks for «Reciclajes Nuevo
León» finds «RECICLADORA NL, S.A. de C.V.». Letters are folded, words are not corrected: a wrong name finds nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+")
# «S.A.», «S. de R.L.», «A. C.»: letters with stops are one abbreviation, and single letters in a row are too.
_STOPPED: Final = re.compile(r"\b([a-z])\.\s?(?=[a-z]\b)")
_SINGLE: Final = re.compile(r"\b([a-z]) (?=[a-z]\b)")
_PHRASES: Final = tuple(
    (re.compile(rf"\b(?:{spellings})\b"), one)
    for spellings, one in (
        ("ciudad de mexico|cd de mexico|cd mexico|distrito federal|df", "cdmx"),
        ("nuevo leon", "nl"),
        ("baja california sur", "bcs"),
        ("baja california", "bc"),
        ("san luis potosi", "slp"),
        ("estado de mexico|edo de mexico|edo de mex|edo mex", "edomex"),
        ("quintana roo|q roo", "qroo"),
    )
)
_LEGAL_FORMS: Final = frozenset(
    {"sa", "cv", "s", "rl", "srl", "sapi", "sapib", "sab", "sas", "ac", "sc", "scl", "spr", "ar", "iap", "de"}
)
_SILENT: Final = frozenset({"de", "del", "la", "las", "los", "el", "y", "e", "en", "para"})
# Words of one trade, told by their beginning.
_STEMS: Final = re.compile(
    r"^(recicl|transport|recolec|acopi|desmantel|desensambl|reacondicion|reutiliz|tratamient|confinamient|almacen"
    r"|ambient|ecolog|residu|energ|industri|automo|electr|logist|metal|internacional|nacional|mexic|tecnolog|servici)"
)
_ABBREVIATIONS: Final = {
    "cia": "compania",
    "hnos": "hermanos",
    "mex": "mexic",
    "transp": "transport",
    "transps": "transport",
    "trans": "transport",
    "serv": "servici",
    "ind": "industri",
    "inds": "industri",
    "tec": "tecnolog",
    "int": "internacional",
    "intl": "internacional",
    "nal": "nacional",
    "amb": "ambient",
    "gpo": "grupo",
    "cto": "centro",
    "sta": "santa",
    "sto": "santo",
    "gral": "general",
    "nte": "norte",
}


def fold(text: str) -> str:
    """Lower-case letters without accents: «Ñandú» is «nandu»."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def name_words(name: str) -> frozenset[str]:
    """Every word under which the name is found: as written, and as each is usually also written."""
    written = _written_words(name)
    one_for_places = _written_words(_with_places(_folded(name)))
    return frozenset({*written, *map(_usual, written), *map(_usual, one_for_places)})


@lru_cache(maxsize=1024)
def wanted_words(text: str) -> tuple[str, ...]:
    """The words that a name must have, each at least as a beginning, to be what ``text`` asks for."""
    words = _written_words(_with_places(_folded(text)))
    return tuple(dict.fromkeys(map(_wanted, words)))


def has_words(words: frozenset[str], wanted: tuple[str, ...]) -> bool:
    """Whether each wanted word is the beginning of one of ``words``, which ``name_words`` gave."""
    return all(any(word.startswith(beginning) for word in words) for beginning in wanted)


def sort_name(name: str) -> str:
    """The name as lists are ordered by it: its written words without its legal form."""
    return " ".join(_without_legal_form(_WORD.findall(_folded(name)))) or fold(name)


def number_key(number: str) -> str:
    """A permit's number without what is spelt in many ways: «19-I-030D-19» is «19i030d19»."""
    return "".join(_WORD.findall(fold(number)))


def wanted_number(text: str) -> str:
    """The beginning of a permit's number that ``text`` may be, as ``number_key``; empty if it has no digit."""
    return number_key(text) if any(letter.isdecimal() for letter in text) else ""


def _folded(text: str) -> str:
    spaced = " ".join(_STOPPED.sub(r"\1", fold(text)).replace(".", " ").split())
    return _SINGLE.sub(r"\1", spaced)


def _with_places(folded: str) -> str:
    for phrase, one in _PHRASES:
        folded = phrase.sub(one, folded)
    return folded


def _written_words(text: str) -> tuple[str, ...]:
    words = _without_legal_form(_WORD.findall(_folded(text)))
    return tuple(word for word in words if word not in _SILENT)


def _without_legal_form(words: list[str]) -> list[str]:
    end = len(words)
    while end and words[end - 1] in _LEGAL_FORMS:
        end -= 1
    return words[:end]


def _usual(word: str) -> str:
    stem = _STEMS.match(word)
    if stem is not None:
        return stem.group()
    if word in _ABBREVIATIONS:
        return _ABBREVIATIONS[word]
    return word[:-1] if len(word) > 4 and word.endswith("s") else word


def _wanted(word: str) -> str:
    usual = _usual(word)
    # The beginning of a word is found as it stands, and may be that of another word too.
    return word if usual.startswith(word) else usual

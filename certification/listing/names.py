"""What a name tells: the same party in another spelling, its legal form, and whether it is a person's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from certification.names import fold, sort_name

Form = Literal["moral", "fisica"]

_WORD: Final = re.compile(r"[a-z0-9]+")
_RFC_MORAL: Final = re.compile(r"[A-ZÑ&]{3}\d{6}[A-Z0-9]{3}")
_RFC_FISICA: Final = re.compile(r"[A-ZÑ&]{4}\d{6}[A-Z0-9]{3}")


@dataclass(frozen=True, slots=True)
class NameKey:
    """A name as it is compared: its words without accents, stops and legal form; the legal form's letters apart.

    ``legal_form`` is ``sa``, ``srl``, ``sc`` …, None where the name has none; variable capital makes no other form.
    """

    words: str
    legal_form: str | None


def capitals(text: str) -> str:
    """Capital letters and digits, everything else one space: ``Núm. de aut.`` is ``NUM DE AUT``."""
    return " ".join(_WORD.findall(fold(text))).upper()


def name_key(name: str) -> NameKey:
    """How a name is compared with others."""
    words = sort_name(name)
    letters, written = ("".join(_WORD.findall(text)) for text in (fold(name), words))
    return NameKey(words, letters.removeprefix(written).removesuffix("cv").replace("de", "") or None)


def form_of_rfc(rfc: str) -> Form | None:
    """What the length of an RFC tells (12: moral, 13: física; CFF 27); None when it is no RFC."""
    spelt = re.sub(r"[\s.-]", "", rfc.upper())
    if _RFC_FISICA.fullmatch(spelt):
        return "fisica"
    return "moral" if _RFC_MORAL.fullmatch(spelt) else None


def form_of_name(name: str) -> Form | None:
    """What a name tells about who bears it; None when it tells nothing, or two things."""
    if name_key(name).legal_form is not None:
        return "moral"
    words = _WORD.findall(fold(name))
    trades = not _listed("trade_words").isdisjoint(words) or any(word.isdigit() for word in words)
    person = 2 <= len(words) <= 8 and not _listed("given_names").isdisjoint(words)
    if trades is person:
        return None
    return "moral" if trades else "fisica"


@cache
def _listed(name: str) -> frozenset[str]:
    """A list of words, which only tells that a name looks like that of a trade, or of a person."""
    return frozenset(files("certification.listing").joinpath(f"{name}.txt").read_text(encoding="utf-8").split())

"""The pages, each from the facts that it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from certification.directory import RECEIVING_ACTIVITY, SHOWN_AS, Checked, ListedSite, Page
from certification.permit import Permit
from exchange.attestation import Attestation
from exchange.words import word
from web import search as searching
from web.language import Language, mark
from web.rendering import render_page, translation
from web.search import Search
from web.timeline import Chapter
from web.wording import Tone, badge_of, badges

DIRECTORY: Final = "/directorio"
_RARE: Final = frozenset(searching.FIELDS) - {"name", "activity", "state", "standing"}
_METHODS: Final = ("get", "post", "put", "patch", "delete")

Proof = Literal["proven", "recorded", "broken"]


@dataclass(frozen=True, slots=True)
class PartyPermit:
    """One permit of a party: what it said on the day, what is left of its year, and its story."""

    authorisation: str
    said: Permit
    open_g: int | None
    chapters: Sequence[Chapter]


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the description of the interface."""

    method: str
    path: str
    summary: str
    reader: str


def start_page(language: Language, *, sandbox: bool = False) -> bytes:
    """Where people begin."""
    return render_page(language, "start", "/", sandbox=sandbox)


def directory_page(
    language: Language, search: Search, page: Page, checked: Checked | None, *, sandbox: bool = False
) -> bytes:
    """The form as it was filled in, and a page of what it found, with when the transcripts in it were checked."""
    say = translation(language)
    following = None if page.next is None else search.link(DIRECTORY, after=page.next, lang=language)
    receiving = (RECEIVING_ACTIVITY, say(mark("recibir residuos (cualquier forma)")))
    return render_page(
        language,
        "directory",
        search.link(DIRECTORY),
        sandbox=sandbox,
        search=search,
        listings=page.listings,
        checked=checked,
        next=following,
        csv=search.api_link("/v1/directory", format="csv"),
        geojson=search.api_link("/v1/directory", format="geojson"),
        is_open=bool(_RARE & (set(search.typed) | set(search.wrong))),
        activities=[receiving, *_words(searching.ACTIVITIES[1:], language)],
        states=searching.states(),
        standings=[(shown, say(badge_of(shown).name)) for shown in SHOWN_AS],
        classes=_words(searching.CLASSES, language),
        chemistries=_words(searching.CHEMISTRIES, language),
        conditions=_words(searching.CONDITIONS, language),
        sources=[
            ("authority", say(mark("La autoridad"))),
            ("transcribed", say(mark("Transcrita de una lista, sin confirmar"))),
        ],
        distances=[(km, f"{km} km") for km in searching.WITHIN_KM],
    )


def party_page(
    language: Language,
    party: str,
    value: Mapping[str, Any],
    permits: Sequence[PartyPermit],
    sites: Sequence[ListedSite],
    day: str,
    checked: Checked | None,
    *,
    sandbox: bool = False,
) -> bytes:
    """A party, its permits as they stood on the day, their story, and its open sites."""
    return render_page(
        language,
        "party",
        f"{DIRECTORY}/{party}?on={day}",
        sandbox=sandbox,
        party=party,
        name=value.get("name"),
        form=value["form"],
        ended="closed_at" in value,
        permits=permits,
        sites=sites,
        day=day,
        checked=checked,
    )


def authorisation_page(
    language: Language,
    attestation: Attestation,
    chapters: Sequence[Chapter],
    proof: Proof,
    index: int,
    *,
    sandbox: bool = False,
) -> bytes:
    """What a certificate's QR Code opens: whether it is genuine and holds today, and how to check without this page.

    ``index`` is the entry's place in the log.
    """
    shown = badges(
        attestation.standing,
        stayed=attestation.court is not None,
        claimed=attestation.claimed,
        transcribed=attestation.only_transcribed,
    )
    headline, tone = _headline(attestation, proof, is_doubtful=any(badge.tone == "doubt" for badge in shown))
    return render_page(
        language,
        "authorisation",
        f"/autorizaciones/{attestation.authorisation}",
        sandbox=sandbox,
        permit=attestation,
        badges=shown,
        headline=headline,
        tone=tone,
        chapters=chapters,
        proof=proof,
        index=index,
    )


def reference_page(
    language: Language, description: Mapping[str, Any], problems: Iterable[tuple[str, str]], *, sandbox: bool = False
) -> bytes:
    """The interface for programs, from its OpenAPI description; ``problems`` are codes with their titles."""
    groups: dict[str, list[Operation]] = {}
    for path, item in description["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                group = operation.get("tags", ["other"])[0]
                listed = Operation(method.upper(), path, operation.get("summary", ""), _reader(operation))
                groups.setdefault(group, []).append(listed)
    return render_page(
        language, "reference", "/docs/api", groups=list(groups.items()), problems=list(problems), sandbox=sandbox
    )


def missing_page(language: Language, here: str, *, sandbox: bool = False) -> bytes:
    """What an address that names nothing shows."""
    return render_page(language, "missing", here, sandbox=sandbox)


def _headline(attestation: Attestation, proof: Proof, *, is_doubtful: bool) -> tuple[str, Tone]:
    if proof == "broken":
        return mark("No se pudo comprobar"), "bad"
    if attestation.standing != "in-force":
        return mark("Está en el registro, pero hoy NO está vigente"), "bad"
    if attestation.only_transcribed:
        return mark("Está en el registro, pero la autoridad no la ha confirmado"), "doubt"
    if is_doubtful:
        return mark("Es auténtica y hoy vale, con una reserva"), "doubt"
    return mark("Es auténtica y hoy está vigente"), "good"


def _reader(operation: Mapping[str, Any]) -> str:
    security = operation.get("security")
    if not security:
        return mark("Todos")
    return mark("Todos; más con llave") if {} in security else mark("Con llave")


def _words(codes: Iterable[str], language: Language) -> list[tuple[str, str]]:
    return [(code, word(code, language)) for code in codes]

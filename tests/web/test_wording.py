"""Facts in people's words."""

from __future__ import annotations

from typing import get_args

import pytest

from certification.directory import SHOWN_AS, Point
from certification.permit import Standing
from web.language import Language, choose_language
from web.search import read_search
from web.timeline import chapters
from web.wording import badge_of, badges, format_day, format_distance, format_mass, format_moment, format_place

TODAY = "2026-03-01"


@pytest.mark.parametrize(
    ("asked", "accept", "language"),
    [
        (None, None, "es"),
        (None, "", "es"),
        (None, "en-US,en;q=0.9,es;q=0.8", "en"),
        (None, "es-MX,es;q=0.9,en;q=0.8", "es"),
        (None, "de,en;q=0.5", "en"),
        (None, "de,fr", "es"),
        (None, "en;q=0", "es"),
        (None, "en;q=0.5,es;q=0.5", "es"),
        (None, "*, q=x, ;;;, en;q=2", "es"),
        (None, ",".join(["de"] * 100 + ["en"]), "es"),
        ("en", "es", "en"),
        ("es", "en", "es"),
        ("fr", "en", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_or_preferred_else_spanish(
    asked: str | None, accept: str | None, language: str
) -> None:
    assert choose_language(asked, accept) == language


@pytest.mark.parametrize(
    ("grams", "language", "text"),
    [
        (0, "es", "0 kg"),
        (800_500, "es", "800.5 kg"),
        (999_999, "en", "999.999 kg"),
        (1_000_000, "es", "1 t"),
        (12_500_000_000, "es", "12,500 t"),
        (1_234_567, "en", "1.235 t"),
    ],
)
def test_a_mass_is_told_in_kilograms_to_the_gram_or_in_tonnes_to_the_kilogram(
    grams: int, language: Language, text: str
) -> None:
    assert format_mass(grams, language) == text


def test_distances_days_moments_and_places_are_written_as_people_do() -> None:
    assert format_distance(9_842, "es") == "9.8 km"
    assert format_distance(1_234_567, "en") == "1,235 km"
    assert format_day("2026-03-01", "es") == "1 de marzo de 2026"
    assert format_day("2026-03-01", "en") == "March 1, 2026"
    assert format_moment(1_772_384_700, "es") == "1 mar 2026, 11:05"
    assert format_place({"state": "19", "municipality": "039"}) == "Nuevo León (INEGI 19-039)"
    assert format_place({"state": "19", "municipality": "000"}) == "Nuevo León"


@pytest.mark.parametrize("standing", get_args(Standing))
@pytest.mark.parametrize("stayed", [False, True])
@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("transcribed", [False, True])
def test_only_what_an_authority_says_without_reserve_is_shown_as_in_force(
    standing: str, stayed: bool, claimed: bool, transcribed: bool
) -> None:
    shown = badges(standing, stayed=stayed, claimed=claimed, transcribed=transcribed)
    is_plain = standing == "in-force" and not (stayed or claimed or transcribed)

    assert ("good" in {badge.tone for badge in shown}) is is_plain
    assert len(shown) == max(1, stayed + claimed + transcribed + (standing != "in-force"))


def test_everything_that_a_permit_is_shown_as_has_a_badge() -> None:
    assert len({badge_of(shown) for shown in SHOWN_AS}) == len(SHOWN_AS)


def test_a_standing_that_nobody_knows_is_shown_as_bad() -> None:
    [badge] = badges("new-one", stayed=False, claimed=False, transcribed=False)

    assert badge.tone == "bad"


def test_a_form_becomes_a_question() -> None:
    fields = {
        "name": "  Ñandú  SA ",
        "activity": "receiving",
        "class": "RP",
        "chemistry": "LFP",
        "condition": "damaged",
        "state": "19",
        "municipality": "039",
        "standing": "stayed",
        "source": "transcribed",
        "open_t": "1,250.5",
        "near": "25.6866, -100.3161",
        "within_km": "50",
        "on": "2026-02-28",
        "other": "x",
    }
    search = read_search(fields, TODAY)
    query = search.query

    assert search.wrong == {}
    assert (query.name, query.activity, query.waste_class, query.chemistry) == ("Ñandú SA", "receiving", "RP", "LFP")
    assert (query.condition, query.state, query.municipality) == ("damaged", "19", "039")
    assert (query.standings, query.transcribed, query.on) == (frozenset({"stayed"}), True, "2026-02-28")
    assert (query.open_capacity_g, query.within_m) == (1_250_500_000, 50_000)
    assert query.near == Point(25_686_600, -100_316_100)
    assert "other" not in search.typed
    assert "open_capacity_g=1250500000" in search.api_link("/v1/directory")
    assert "near=25.6866%2C-100.3161" in search.api_link("/v1/directory")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("activity", "selling"),
        ("class", "X"),
        ("chemistry", "NMC"),
        ("condition", "hot"),
        ("state", "33"),
        ("municipality", "039"),
        ("standing", "good"),
        ("source", "me"),
        ("open_t", "-1"),
        ("open_t", "12 t"),
        ("near", "25.6866"),
        ("near", "91, 0"),
        ("near", "Monterrey"),
        ("within_km", "50"),
        ("on", "2026-02-30"),
        ("on", "1 de marzo"),
    ],
)
def test_what_cannot_be_read_is_told_and_asks_nothing(field: str, text: str) -> None:
    search = read_search({field: text}, TODAY)

    assert set(search.wrong) == {field}
    assert search.typed == {field: text}
    assert search.query == read_search({}, TODAY).query


def test_the_story_of_a_permit_is_told_in_recorded_order() -> None:
    lines = [
        {"from_on": "2024-01-01", "event": "a", "status": "in_force", "to_on": "2034-01-01", "oficio": "O/1"},
        {"from_on": "2025-01-01", "event": "b", "status": "suspended", "oficio": "O/2"},
        {"from_on": "2025-02-01", "event": "c", "stayed": {"stays": "b", "court": "J", "file": "1/2025"}},
        {"from_on": "2025-03-01", "event": "d", "stayed": None, "file": "1/2025"},
        {"from_on": "2025-04-01", "event": "e", "status": "in_force"},
        {"from_on": "2025-05-01", "event": "f", "holder": "pty_x"},
        {"from_on": "2025-06-01", "event": "g", "scope": {}},
        {"from_on": "2025-07-01", "event": "h", "claimed": {"application": "apl_x", "to_on": "2044-01-01"}},
        {"from_on": "2025-08-01", "event": "i", "to_on": "2044-01-01", "claimed": None},
        {"from_on": "2025-09-01", "event": "j", "status": "revoked", "oficio": "O/3"},
    ]
    told = chapters({"timeline": lines})

    assert [(chapter.what, chapter.oficio) for chapter in told] == [
        ("Otorgada", "O/1"),
        ("Suspendida", "O/2"),
        ("Detenida por un tribunal", "1/2025"),
        ("El tribunal levantó su orden", "1/2025"),
        ("Restablecida", None),
        ("Pasó a otro titular", None),
        ("Cambió su alcance", None),
        ("Prórroga declarada por el titular", None),
        ("Prorrogada", None),
        ("Revocada", "O/3"),
    ]
    assert [chapter.until_on for chapter in told if chapter.until_on] == ["2034-01-01", "2044-01-01", "2044-01-01"]
    confirmed = {"event": "k", "oficio": "O/4", "notified_on": "2025-10-01"}
    assert [c.what for c in chapters({"timeline": lines[:1], "transcribed": {}, "confirmed": confirmed})] == [
        "Transcrita de una lista pública",
        "Confirmada por la autoridad",
    ]

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.transport.article import Article, Fate, article_of
from compliance.transport.entries import ASSIGNMENTS, ENTRIES, SAT_FALLBACKS, SAT_KEYS
from compliance.transport.identity import TransportIdentity, identify
from compliance.transport.packing import PACKINGS
from ledger.domain.custody import Fitting, Purpose
from ledger.domain.values import Chemistry, Condition, UnitKind

ON = "2026-03-01"
PACK = Article("pack", "NMC622", "sound", "loose", "use", 435_000, 60_000)


class Row(NamedTuple):
    """One line of the table: an article, a day, and what it is then; ``source`` is where that is written."""

    what: dict[str, Any]
    on: str
    un_number: str
    packing: str
    key: str
    source: str


LI = {"chemistry": "LFP"}
METAL = {"chemistry": "Li_metal"}
NA = {"chemistry": "Na_ion"}
DAMAGED = {"condition": "damaged"}
CRITICAL = {"condition": "critical"}
WASTE = {"fate": "recycling"}
R20 = "UN list, R20"
SP_376 = "SP 376: stable P908/LP904, liable to react P911/LP906"
SP_377 = "SP 377: P909 (or P903)"
P903 = "P903 (2): from 12 kg, strong casing"
SP_388 = "SP 388, 23rd edition: 3556-3558 since 2025-01-01; 3171 before"
SP_389 = "SP 389: built into a cargo transport unit, no packing instruction"
SAT_31 = "c_MaterialPeligroso 3.1, since 2024-07-17"
SAT_20 = "c_MaterialPeligroso 2.0, since 2021-12-01; ends with 3495"
SAT_NONE = "c_MaterialPeligroso 3.1 ends with 3550: fall back, R22"

ROWS = [
    # 3480
    Row({**LI}, "2026-03-01", "3480", "P903", "3480", f"{R20}; {P903}; {SAT_31}"),
    Row({**LI}, "2021-12-01", "3480", "P903", "3480", SAT_20),
    Row({**LI}, "2021-11-30", "3480", "P903", "none", "no complement yet"),
    Row({**LI, **WASTE}, "2026-03-01", "3480", "P909 P903", "3480", SP_377),
    Row({**LI, **DAMAGED}, "2026-03-01", "3480", "P908 LP904", "3480", SP_376),
    Row({**LI, **DAMAGED, **WASTE}, "2026-03-01", "3480", "P908 LP904", "3480", f"{SP_376} goes before SP 377"),
    Row({**LI, **CRITICAL}, "2026-03-01", "3480", "P911 LP906", "3480", SP_376),
    Row({**LI, "unit_kind": "module"}, "2026-03-01", "3480", "P903", "3480", R20),
    Row({**LI, "unit_kind": "cell"}, "2026-03-01", "3480", "P903", "3480", R20),
    Row({**LI, "unit_kind": "lot", "material": "loose_cells"}, "2026-03-01", "3480", "P903", "3480", R20),
    # 3481
    Row({**LI, "fitting": "in_equipment"}, "2026-03-01", "3481", "P903", "3481", R20),
    Row({**LI, "fitting": "with_equipment"}, "2026-03-01", "3481", "P903", "3481", R20),
    Row({**LI, "fitting": "in_equipment", **DAMAGED}, "2026-03-01", "3481", "P908 LP904", "3481", SP_376),
    Row({**LI, "fitting": "in_equipment", **CRITICAL}, "2026-03-01", "3481", "P911 LP906", "3481", SP_376),
    Row({**LI, "fitting": "in_equipment", **WASTE}, "2026-03-01", "3481", "P909 P903", "3481", SP_377),
    # 3536
    Row({**LI, "fitting": "in_cargo_unit"}, "2026-03-01", "3536", "", "3536", f"{SP_389}; {SAT_31}"),
    Row({**LI, "fitting": "in_cargo_unit"}, "2024-07-17", "3536", "", "3536", SAT_31),
    Row({**LI, "fitting": "in_cargo_unit"}, "2024-07-16", "3536", "", "instead 3480", SAT_20),
    Row({**METAL, "fitting": "in_cargo_unit"}, "2026-03-01", "3536", "", "3536", SP_389),
    Row({**LI, "fitting": "in_cargo_unit", **CRITICAL}, "2026-03-01", "3536", "", "3536", SP_389),
    Row({**LI, "fitting": "in_cargo_unit"}, "2018-12-31", "3480", "", "none", "before ADR 2019"),
    # 3556, and 3171 before it
    Row({**LI, "fitting": "in_vehicle"}, "2026-03-01", "3556", "", "instead 3171", f"{SP_388}; {SAT_NONE}"),
    Row({**LI, "fitting": "in_vehicle"}, "2025-01-01", "3556", "", "instead 3171", SP_388),
    Row({**LI, "fitting": "in_vehicle"}, "2024-12-31", "3171", "", "3171", SP_388),
    Row({**LI, "fitting": "in_vehicle", **DAMAGED}, "2026-03-01", "3556", "", "instead 3171", SP_388),
    # 3557
    Row({**METAL, "fitting": "in_vehicle"}, "2025-01-01", "3557", "", "instead 3171", SP_388),
    Row({**METAL, "fitting": "in_vehicle"}, "2024-12-31", "3171", "", "3171", SP_388),
    # 3558
    Row({**NA, "fitting": "in_vehicle"}, "2025-01-01", "3558", "", "instead 3171", SP_388),
    Row({**NA, "fitting": "in_vehicle"}, "2024-12-31", "3171", "", "3171", SP_388),
    # 3551
    Row({**NA}, "2025-01-01", "3551", "P903", "instead 3480", f"2.9.5, 23rd edition; {SAT_NONE}"),
    Row({**NA, **DAMAGED}, "2026-03-01", "3551", "P908 LP904", "instead 3480", SP_376),
    Row({**NA, **CRITICAL}, "2026-03-01", "3551", "P911 LP906", "instead 3480", SP_376),
    Row({**NA, **WASTE}, "2026-03-01", "3551", "P909 P903", "instead 3480", SP_377),
    Row({**NA}, "2024-12-31", "none", "", "none", "no entry before 2025-01-01"),
    Row({**NA, "fitting": "in_cargo_unit"}, "2026-03-01", "3551", "", "instead 3480", "UN 3536 names lithium only"),
    # 3552
    Row({**NA, "fitting": "in_equipment"}, "2025-01-01", "3552", "P903", "instead 3480", "2.9.5, 23rd edition"),
    Row({**NA, "fitting": "with_equipment"}, "2024-12-31", "none", "", "none", "no entry before 2025-01-01"),
    # 3090
    Row({**METAL}, "2026-03-01", "3090", "P903", "3090", R20),
    Row({**METAL, **DAMAGED}, "2026-03-01", "3090", "P908 LP904", "3090", SP_376),
    Row({**METAL, **CRITICAL}, "2026-03-01", "3090", "P911 LP906", "3090", SP_376),
    Row({**METAL, **WASTE}, "2026-03-01", "3090", "P909 P903", "3090", SP_377),
    # 3091
    Row({**METAL, "fitting": "in_equipment"}, "2026-03-01", "3091", "P903", "3091", R20),
    Row({**METAL, "fitting": "with_equipment", **WASTE}, "2026-03-01", "3091", "P909 P903", "3091", SP_377),
    # no battery
    Row({"unit_kind": "lot", "material": "black_mass", **WASTE}, "2026-03-01", "none", "", "none", "own properties"),
    Row({"unit_kind": "lot", "material": "copper_foil"}, "2026-03-01", "none", "", "none", "own properties"),
]


def key_of(identity: TransportIdentity) -> str:
    carta_porte = identity.carta_porte
    return carta_porte.key or (f"instead {carta_porte.fallback}" if carta_porte.fallback else "none")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.un_number}-{row.on}-{'-'.join(row.what.values())}")
def test_an_article_is_what_its_source_line_says(row: Row) -> None:
    identity = identify(replace(PACK, **row.what), row.on)

    assert (identity.un_number or "none") == row.un_number
    assert " ".join([*identity.packing, *identity.large_packing]) == row.packing
    assert key_of(identity) == row.key


def test_the_table_has_every_un_number_every_packing_and_both_sides_of_every_date() -> None:
    assert {row.un_number for row in ROWS} - {"none"} == ENTRIES.keys() == {row.un_number for row in ASSIGNMENTS}
    packings = {code for packing in PACKINGS.values() for code in (*packing.packing, *packing.large_packing)}
    assert {code for row in ROWS for code in row.packing.split()} == packings
    turning = {row.from_on for row in ASSIGNMENTS} | {row.from_on for row in SAT_KEYS}
    assert turning - {"2000-01-01", "2019-01-01"} <= {row.on for row in ROWS}


articles = st.builds(
    Article,
    unit_kind=st.sampled_from(get_args(UnitKind)),
    chemistry=st.sampled_from(get_args(Chemistry)),
    condition=st.sampled_from(get_args(Condition)),
    fitting=st.sampled_from(get_args(Fitting)),
    fate=st.sampled_from(get_args(Fate)),
    mass_g=st.integers(1, 10**12),
    energy_wh=st.none() | st.integers(0, 10**9),
    material=st.none() | st.text(max_size=5) | st.sampled_from(["black_mass", "cells"]),
    recalled=st.booleans(),
    gross_g=st.none() | st.integers(1, 10**12),
)
days = st.dates().map(lambda day: day.isoformat())


@settings(max_examples=300)
@given(articles, days)
def test_every_article_on_every_day_has_an_answer_that_says_why(article: Article, on: str) -> None:
    identity = identify(article, on)

    assert [reason for reason in identity.reasons if reason.what == "un_number"]
    for reason in identity.reasons:
        assert reason.words.es
        assert reason.words.en
        assert reason.source
    assert (identity.name is None) is (identity.hazard_class is None) is (identity.un_number is None)
    assert not (identity.carta_porte.key and identity.carta_porte.fallback)
    assert identity.carta_porte.key or identity.carta_porte.note


@settings(max_examples=200)
@given(articles, days)
def test_damage_takes_an_approval_or_never_less_than_its_own_packing(article: Article, on: str) -> None:
    identity = identify(article, on)

    if identity.condition == "damaged_critical":
        assert identity.needs_approval
    if identity.condition in ("damaged_critical", "damaged_stable"):
        assert not {"P903", "P909"} & set(identity.packing)
        assert "188" not in identity.special_provisions
        if identity.is_dangerous:
            assert "air" in identity.forbidden_modes


def reasons_of(identity: TransportIdentity, what: str) -> list[str]:
    return [reason.words.en for reason in identity.reasons if reason.what == what]


def test_waste_is_marked_with_where_it_goes() -> None:
    recycled = identify(replace(PACK, fate="recycling"), "2026-03-01")
    disposed = identify(replace(PACK, fate="disposal"), "2026-03-01")

    assert [mark.en for mark in recycled.marks] == ["LITHIUM BATTERIES FOR RECYCLING"]
    assert [mark.es for mark in disposed.marks] == ["BATERÍAS DE LITIO PARA ELIMINACIÓN"]
    assert recycled.special_provisions == ("230", "377")


def test_a_damaged_pack_is_marked_so_and_loses_provision_230() -> None:
    damaged = identify(replace(PACK, condition="damaged", fate="recycling"), "2026-03-01")

    assert [mark.en for mark in damaged.marks] == ["DAMAGED/DEFECTIVE LITHIUM-ION BATTERIES"]
    assert damaged.special_provisions == ("376",)


def test_a_sound_pack_for_use_bears_its_label_and_no_further_mark() -> None:
    sound = identify(PACK, "2026-03-01")

    assert (sound.marks, sound.label, sound.hazard_class, sound.guide) == ((), "9A", "9", "147")
    assert sound.forbidden_modes == frozenset()


def test_the_name_says_whether_the_equipment_contains_or_accompanies_the_battery() -> None:
    inside = identify(replace(PACK, fitting="in_equipment"), "2026-03-01")
    beside = identify(replace(PACK, fitting="with_equipment"), "2026-03-01")

    assert inside.name is not None
    assert beside.name is not None
    assert "INSTALADAS EN UN EQUIPO" in inside.name.es
    assert "PACKED WITH EQUIPMENT" in beside.name.en


@pytest.mark.parametrize(
    ("kind", "energy_wh", "gross_g", "relieved"),
    [
        ("cell", 20, 1000, True),
        ("cell", 21, 1000, False),
        ("module", 100, 30_000, True),
        ("module", 101, 30_000, False),
        ("module", 100, 30_001, False),
        ("module", None, 1000, False),
        ("pack", 1, 1000, False),
    ],
)
def test_sp_188_relieves_small_cells_and_batteries_and_never_a_pack(
    kind: UnitKind, energy_wh: int | None, gross_g: int, relieved: bool
) -> None:
    article = replace(PACK, unit_kind=kind, energy_wh=energy_wh, gross_g=gross_g)

    assert ("188" in identify(article, "2026-03-01").special_provisions) is relieved
    assert "188" not in identify(replace(article, condition="damaged"), "2026-03-01").special_provisions
    assert "188" not in identify(replace(article, fate="recycling"), "2026-03-01").special_provisions
    assert "188" not in identify(replace(article, fitting="in_vehicle"), "2026-03-01").special_provisions


def test_the_transition_of_vehicles_is_told_only_while_it_lasted() -> None:
    vehicle = replace(PACK, fitting="in_vehicle")
    tolerated = [
        any("2025-06-30" in words for words in reasons_of(identify(vehicle, on), "caution"))
        for on in ("2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01")
    ]

    assert tolerated == [False, True, True, False]


def test_what_mexico_s_own_list_lacks_is_told() -> None:
    vehicle = reasons_of(identify(replace(PACK, fitting="in_vehicle"), "2026-03-01"), "caution")

    assert any("does not have UN 3556 yet" in words and "UN 3171 still" in words for words in vehicle)
    assert reasons_of(identify(PACK, "2026-03-01"), "caution") == []


def test_black_mass_gets_a_hint_and_never_a_number() -> None:
    lot = replace(PACK, unit_kind="lot", material="black_mass", fate="recycling")
    identity = identify(lot, "2026-03-01")

    assert (identity.un_number, identity.hint, identity.is_dangerous) == (None, "3077", False)
    hint = next(reason for reason in identity.reasons if reason.what == "hint")
    assert hint.confidence == "unverified"


def test_an_unknown_chemistry_is_taken_for_lithium_ion_and_says_so() -> None:
    identity = identify(replace(PACK, chemistry="unknown"), "2026-03-01")

    assert identity.un_number == "3480"
    assert any("Chemistry unknown" in words for words in reasons_of(identity, "caution"))


def test_a_recalled_pack_is_to_be_assessed_before_it_is_packed() -> None:
    identity = identify(replace(PACK, recalled=True), "2026-03-01")

    assert any("Recalled" in words for words in reasons_of(identity, "caution"))


def test_every_fallback_is_a_key_that_the_catalogue_has() -> None:
    keys = {row.key for row in SAT_KEYS}

    assert set(SAT_FALLBACKS.values()) <= keys
    assert ENTRIES.keys() <= keys | SAT_FALLBACKS.keys()


@pytest.mark.parametrize("fitting", ["in_vehicle", "in_cargo_unit"])
def test_a_damaged_battery_that_is_built_in_is_better_taken_out(fitting: Fitting) -> None:
    built_in = replace(PACK, fitting=fitting)

    assert any(
        "take it out" in words for words in reasons_of(identify(replace(built_in, condition="damaged"), ON), "caution")
    )
    assert not any("take it out" in words for words in reasons_of(identify(built_in, ON), "caution"))


def test_what_a_container_only_carries_is_told_apart_from_what_is_built_into_it() -> None:
    built_in = reasons_of(identify(replace(PACK, fitting="in_cargo_unit"), ON), "caution")
    sodium = reasons_of(identify(replace(PACK, fitting="in_cargo_unit", chemistry="Na_ion"), ON), "caution")

    assert [words for words in built_in if "what a container carries is loose" in words]
    assert [words for words in sodium if "names lithium batteries only" in words]
    assert not [words for words in built_in if "names lithium batteries only" in words]


def test_vehicles_before_their_own_entries_and_cargo_units_bear_label_9() -> None:
    before = identify(replace(PACK, fitting="in_vehicle"), "2024-12-31")
    unit = identify(replace(PACK, fitting="in_cargo_unit"), ON)
    vehicle = identify(replace(PACK, fitting="in_vehicle"), ON)

    assert (before.label, unit.label, vehicle.label) == ("9", "9", "9A")


WASTE_UNIT = {"kind": "pack", "chemistry": "LFP", "stage": "waste", "waste_class": "RP", "mass_g": 400_000}


@pytest.mark.parametrize(
    ("purpose", "stage", "fate"),
    [
        ("waste_rp", "removed", "recycling"),
        ("waste_rme", "waste", "recycling"),
        ("municipal_collection", "removed", "recycling"),
        ("export", "waste", "recycling"),
        ("export", "stock", "use"),
        ("maquiladora_return", "waste", "recycling"),
        ("second_life", "waste", "use"),
        ("warranty_return", "removed", "use"),
        ("new_product", "stock", "use"),
    ],
)
def test_purpose_and_stage_tell_what_a_unit_travels_for(purpose: Purpose, stage: str, fate: Fate) -> None:
    assert article_of({**WASTE_UNIT, "stage": stage}, purpose).fate == fate


def test_an_article_has_the_mass_that_was_last_received_and_the_condition_last_assessed() -> None:
    unit = {**WASTE_UNIT, "received_mass_g": 398_000, "condition": "damaged", "energy_wh": 50_000, "recalled": "X1"}

    article = article_of(unit, "waste_rp", "in_vehicle", disposed=True)

    assert article == Article(
        "pack", "LFP", "damaged", "in_vehicle", "disposal", 398_000, 50_000, material=None, recalled=True
    )

from __future__ import annotations

from dataclasses import replace

from compliance.load import Load, LoadLine
from compliance.transport.article import Article
from compliance.transport.goods import goods_of, group_goods

ON = "2026-03-01"
PACK = Article("pack", "NMC622", "sound", "loose", "recycling", 435_000, 60_000)


def test_one_line_for_each_identity_the_worst_first_and_materials_last() -> None:
    black_mass = Article("lot", "LFP", "sound", "loose", "recycling", 90_000, material="black_mass")
    metal = replace(PACK, chemistry="Li_metal")
    articles = [
        ("lot", black_mass),
        ("p1", PACK),
        ("p2", replace(PACK, condition="critical")),
        ("p3", replace(PACK, condition="damaged")),
        ("p4", replace(PACK, chemistry="LFP")),
        ("m1", metal),
    ]

    lines = group_goods(articles, ON)

    assert [(line.identity.un_number, line.identity.condition, line.units) for line in lines] == [
        ("3090", "end_of_life", ("m1",)),
        ("3480", "damaged_critical", ("p2",)),
        ("3480", "damaged_stable", ("p3",)),
        ("3480", "end_of_life", ("p1", "p4")),
        (None, None, ("lot",)),
    ]
    assert lines[-1].material == "black_mass"


def test_a_line_sums_what_is_known_and_leaves_open_what_is_not() -> None:
    weighed = replace(PACK, gross_g=460_000)

    (known,) = group_goods([("p1", weighed), ("p2", weighed)], ON)
    (partly,) = group_goods([("p1", weighed), ("p2", replace(PACK, energy_wh=None))], ON)

    assert (known.pieces, known.net_g, known.gross_g, known.energy_wh) == (2, 870_000, 920_000, 120_000)
    assert (partly.pieces, partly.net_g, partly.gross_g, partly.energy_wh) == (2, 870_000, None, None)


def test_a_caution_about_one_article_joins_the_line_of_its_likes() -> None:
    (line,) = group_goods([("p1", PACK), ("p2", replace(PACK, chemistry="unknown"))], ON)

    assert line.units == ("p1", "p2")
    assert [reason.what for reason in line.identity.reasons].count("caution") == 1


def line(unit: str, at: str, **value: object) -> LoadLine:
    base = {"kind": "pack", "chemistry": "LFP", "stage": "waste", "mass_g": 400_000}
    return LoadLine(unit, {**base, **value}, at, None)


def test_the_goods_of_a_load_are_what_left_with_it_in_its_fitting() -> None:
    load = Load(
        "con_x",
        {"purpose": "waste_rp", "fitting": "in_vehicle", "consignor": "a", "consignee": "b", "carriers": []},
        (line("p1", "carried"), line("p2", "accepted"), line("p3", "cancelled"), line("p4", "extra")),
        {},
    )

    (goods,) = goods_of(load, ON)

    assert (goods.identity.un_number, goods.units, goods.net_g) == ("3556", ("p1", "p2"), 800_000)

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.particulars import Address, Carrying, Policy
from compliance.transport.article import Article
from compliance.transport.goods import Goods, group_goods
from exchange.carta_porte import Haul, Packaging, Stop, carta_porte, format_kilograms, format_kilometres
from ledger.domain.custody import Fitting

ON = "2026-03-01"
PACK = Article("pack", "NMC622", "sound", "loose", "recycling", 435_500, 60_000)
VEHICLE = replace(PACK, fitting="in_vehicle")
BLACK_MASS = Article("lot", "LFP", "sound", "loose", "use", 90_000, material="black_mass")
ADDRESS = Address(street="Av. Uno", exterior="7", municipality="Monterrey", state="N.L.", postcode="64000")


def goods(*articles: Article, on: str = ON) -> tuple[Goods, ...]:
    return group_goods([(f"u{n}", article) for n, article in enumerate(articles)], on)


def carrying(**changes: Any) -> Carrying:
    said = {
        "permit_type": "TPAF03",
        "permit": "0617DIVR03082011230301001",
        "vehicle_code": "C2",
        "vehicle_year": 2021,
        "gross_mass_kg": 17_505,
        "plate": "AB-123-C",
        "trailers": ["XY-98-76"],
        "driver": "José Ibáñez Peña",
        "driver_permit": "LFD00012345",
        "policies": [
            Policy(covers="liability", insurer="Seguros Uno", number="RC-77"),
            Policy(covers="environment", insurer="Seguros Dos", number="MA-78"),
        ],
    }
    return Carrying(**{**said, **changes})


def haul(*articles: Article, **changes: Any) -> Haul:
    whole = Haul(
        goods=goods(*(articles or (PACK,))),
        carrying=carrying(),
        origin=Stop("AAA010101AAA", "Taller Uno", "2026-03-05T09:00:00", ADDRESS),
        destination=Stop("BBB010101BBB", "Recicladora Dos", "2026-03-05T12:30:00", ADDRESS),
        distance_m=84_495,
        goods_key="26111711",
        packaging={"3480": Packaging("4A", "Cajas de Acero")},
        driver_rfc="IAPJ800101AAA",
        trailer_types=("CTR001",),
    )
    return replace(whole, **changes)


def first_goods(document: dict[str, Any]) -> dict[str, Any]:
    listed: list[dict[str, Any]] = document["Mercancias"]["Mercancia"]
    return listed[0]


def test_a_whole_haul_lacks_nothing_and_reads_as_the_complement_spells_it() -> None:
    data = carta_porte(haul(PACK, PACK))
    document = data.document()
    road = document["Mercancias"]["Autotransporte"]

    assert data.missing == ()
    assert (document["Version"], document["TranspInternac"], document["TotalDistRec"]) == ("3.1", "No", "84.50")
    assert first_goods(document) == {
        "BienesTransp": "26111711",
        "Descripcion": "UN 3480 BATERÍAS DE IÓN LITIO (incluidas las baterías poliméricas de ión litio)",
        "Cantidad": "2",
        "ClaveUnidad": "H87",
        "MaterialPeligroso": "Sí",
        "CveMaterialPeligroso": "3480",
        "Embalaje": "4A",
        "DescripEmbalaje": "Cajas de Acero",
        "PesoEnKg": "871.000",
    }
    assert document["Mercancias"]["PesoBrutoTotal"] == "871.000"
    assert road["IdentificacionVehicular"] == {
        "ConfigVehicular": "C2",
        "PesoBrutoVehicular": "17.51",
        "PlacaVM": "AB123C",
        "AnioModeloVM": 2021,
    }
    assert road["Seguros"] == {
        "AseguraRespCivil": "Seguros Uno",
        "PolizaRespCivil": "RC-77",
        "AseguraMedAmbiente": "Seguros Dos",
        "PolizaMedAmbiente": "MA-78",
    }
    assert road["Remolques"] == [{"SubTipoRem": "CTR001", "Placa": "XY9876"}]
    assert document["Ubicaciones"][0]["Domicilio"]["Estado"] == "NLE"
    assert json.loads(json.dumps(document)) == document


def test_what_nobody_has_said_is_listed_by_its_path_and_never_made_up() -> None:
    data = carta_porte(Haul(goods(PACK), Carrying(), Stop(), Stop()))

    assert set(data.missing) == {
        "TotalDistRec",
        "Ubicaciones/0/RFCRemitenteDestinatario",
        "Ubicaciones/0/FechaHoraSalidaLlegada",
        "Ubicaciones/0/Domicilio",
        "Ubicaciones/1/RFCRemitenteDestinatario",
        "Ubicaciones/1/FechaHoraSalidaLlegada",
        "Ubicaciones/1/Domicilio",
        "Ubicaciones/1/DistanciaRecorrida",
        "Mercancias/Mercancia/0/BienesTransp",
        "Mercancias/Mercancia/0/Embalaje",
        "Mercancias/Autotransporte/PermSCT",
        "Mercancias/Autotransporte/NumPermisoSCT",
        "Mercancias/Autotransporte/IdentificacionVehicular/ConfigVehicular",
        "Mercancias/Autotransporte/IdentificacionVehicular/PesoBrutoVehicular",
        "Mercancias/Autotransporte/IdentificacionVehicular/PlacaVM",
        "Mercancias/Autotransporte/IdentificacionVehicular/AnioModeloVM",
        "Mercancias/Autotransporte/Seguros/AseguraRespCivil",
        "Mercancias/Autotransporte/Seguros/PolizaRespCivil",
        "Mercancias/Autotransporte/Seguros/AseguraMedAmbiente",
        "Mercancias/Autotransporte/Seguros/PolizaMedAmbiente",
        "FiguraTransporte/0/RFCFigura",
        "FiguraTransporte/0/NumLicencia",
        "FiguraTransporte/0/NombreFigura",
    }
    assert "RFCRemitenteDestinatario" not in data.document()["Ubicaciones"][0]


def test_the_environment_is_insured_only_where_something_hazardous_is_aboard() -> None:
    bare = carrying(policies=[Policy(covers="liability", insurer="Seguros Uno", number="RC-77")])
    insurance = "Mercancias/Autotransporte/Seguros/PolizaMedAmbiente"

    assert insurance in carta_porte(haul(PACK, carrying=bare)).missing
    assert insurance not in carta_porte(haul(BLACK_MASS, carrying=bare)).missing


def test_of_two_policies_for_one_thing_the_first_is_declared() -> None:
    policies = [Policy(covers="liability", insurer=name, number=name) for name in ("Uno", "Dos")]

    document = carta_porte(haul(carrying=carrying(policies=policies))).document()

    assert document["Mercancias"]["Autotransporte"]["Seguros"]["PolizaRespCivil"] == "Uno"


def test_a_vehicle_is_declared_under_the_fallback_key_unpacked_and_with_a_remark() -> None:
    data = carta_porte(haul(VEHICLE))

    declared = first_goods(data.document())
    assert declared["Descripcion"].startswith("UN 3556 VEHÍCULO")
    assert (declared["CveMaterialPeligroso"], declared["Embalaje"]) == ("3171", "Z01")
    assert any("3171" in remark.es for remark in data.remarks)


def test_a_material_without_a_un_number_is_not_called_harmless() -> None:
    data = carta_porte(haul(BLACK_MASS))

    declared = first_goods(data.document())
    assert "MaterialPeligroso" not in declared
    assert "Mercancias/Mercancia/0/MaterialPeligroso" in data.missing
    assert (declared["Cantidad"], declared["ClaveUnidad"], declared["PesoEnKg"]) == ("90.000", "KGM", "90.000")


def test_gross_mass_is_declared_where_it_was_weighed_and_its_lack_is_told() -> None:
    packed = carta_porte(haul(replace(PACK, gross_g=460_000)))
    bare = carta_porte(haul(PACK))

    assert first_goods(packed.document())["PesoEnKg"] == "460.000"
    assert [remark.en for remark in packed.remarks] == []
    assert any("without packaging" in remark.en for remark in bare.remarks)


@pytest.mark.parametrize(
    ("permit_type", "fits"), [("TPAF03", True), ("TPAF07", True), ("TPAF09", True), ("TPAF01", False)]
)
def test_a_permit_for_other_goods_is_remarked(permit_type: str, fits: bool) -> None:
    hazardous = carta_porte(haul(carrying=carrying(permit_type=permit_type)))
    harmless = carta_porte(haul(BLACK_MASS, carrying=carrying(permit_type=permit_type)))

    assert any("is not for hazardous goods" in remark.en for remark in hazardous.remarks) is not fits
    assert not any("is not for hazardous goods" in remark.en for remark in harmless.remarks)


def test_a_plate_that_the_complement_has_no_room_for_is_missing_and_told() -> None:
    data = carta_porte(haul(carrying=carrying(plate="ABCD-1234")))

    assert "Mercancias/Autotransporte/IdentificacionVehicular/PlacaVM" in data.missing
    assert any("ABCD-1234" in remark.es for remark in data.remarks)


def test_what_leaves_the_country_names_its_tariff_item() -> None:
    abroad = Stop("XEXX010101000", "Recycler Three", "2026-03-05T18:00:00", ADDRESS, "USA")
    leaving = carta_porte(haul(leaves_country=True, destination=abroad))
    named = carta_porte(haul(leaves_country=True, destination=abroad, tariff_item="8549130100"))

    assert leaving.missing == ("Mercancias/Mercancia/0/FraccionArancelaria",)
    assert (named.missing, named.document()["EntradaSalidaMerc"]) == ((), "Salida")
    assert first_goods(named.document())["FraccionArancelaria"] == "8549130100"


def test_where_goods_go_abroad_is_not_taken_for_mexico() -> None:
    data = carta_porte(haul(leaves_country=True, tariff_item="8549130100"))
    origin, destination = (place["Domicilio"] for place in data.document()["Ubicaciones"])

    assert data.missing == ("Ubicaciones/1/Domicilio/Pais",)
    assert (origin["Pais"], origin["Estado"], destination["Estado"]) == ("MEX", "NLE", "N.L.")


def test_a_member_that_the_complement_would_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="BienesTransp"):
        carta_porte(haul(goods_key="batteries"))


def test_people_see_every_attribute_once_and_what_is_missing_as_open() -> None:
    data = carta_porte(haul(driver_rfc=None))
    sections = dict(data.sections())

    assert dict(sections["FiguraTransporte/0"]) == {
        "TipoFigura": "01",
        "NumLicencia": "LFD00012345",
        "NombreFigura": "José Ibáñez Peña",
        "RFCFigura": None,
    }
    assert dict(sections["CartaPorte"])["Version"] == "3.1"
    assert len([path for section in sections.values() for path in section if path[1] is None]) == len(data.missing)


@given(st.integers(0, 10**15))
def test_kilograms_lose_no_gram(mass_g: int) -> None:
    text = format_kilograms(mass_g)

    assert int(text.replace(".", "")) == mass_g
    assert text[-4] == "."


@pytest.mark.parametrize(("metres", "text"), [(0, "0.00"), (4, "0.00"), (5, "0.01"), (84_495, "84.50"), (999, "1.00")])
def test_kilometres_are_rounded_half_up(metres: int, text: str) -> None:
    assert format_kilometres(metres) == text


@pytest.mark.parametrize(
    ("fitting", "un_number"),
    [("loose", "3480"), ("in_equipment", "3481"), ("with_equipment", "3481"), ("in_cargo_unit", "3536"),
     ("in_vehicle", "3556")],
)  # fmt: skip
def test_the_un_number_is_that_of_how_the_battery_travels(fitting: Fitting, un_number: str) -> None:
    declared = first_goods(carta_porte(haul(replace(PACK, fitting=fitting))).document())

    assert declared["Descripcion"].startswith(f"UN {un_number} ")


@pytest.mark.parametrize(("on", "key", "is_remarked"), [("2024-07-16", "3480", True), ("2024-07-17", "3536", False)])
def test_a_key_that_the_catalogue_of_the_day_lacks_has_its_substitute_and_a_remark(
    on: str, key: str, is_remarked: bool
) -> None:
    unit = replace(PACK, fitting="in_cargo_unit", gross_g=460_000)
    data = carta_porte(haul(goods=goods(unit, on=on)))

    declared = first_goods(data.document())
    assert (declared["Descripcion"][:7], declared["CveMaterialPeligroso"]) == ("UN 3536", key)
    assert [("3536" in remark.es, key in remark.es) for remark in data.remarks] == [(True, True)] * is_remarked

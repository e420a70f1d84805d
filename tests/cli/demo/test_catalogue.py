"""The catalogue holds integers that close, and says nothing that the sources contradict."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.demo.catalogue import (
    DATA,
    STREAM_BY_MATERIAL,
    CellMaterial,
    Chemistry,
    MassBasis,
    Place,
    RestMaterial,
    Role,
    Stream,
    load_actors,
    load_compositions,
    load_models,
    load_places,
    load_salts,
    material_masses_g,
    pack_mass_g,
    salt_mass_g,
    stream_masses_g,
)

REAL_DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "real"


def _real_rows(path: str) -> list[dict[str, str]]:
    if not (REAL_DATA / path).exists():
        pytest.skip(f"the research data {path} is not beside the repository")
    with (REAL_DATA / path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_catalogue_has_enough_models_of_every_chemistry() -> None:
    by_chemistry = Counter(model.chemistry for model in load_models())
    assert by_chemistry.total() >= 36
    assert set(by_chemistry) == set(Chemistry)


def test_every_pack_has_a_plausible_specific_energy() -> None:
    for model in load_models():
        assert 80 <= model.energy_wh * 1000 / model.pack_mass_g <= 220, model


def test_every_pack_weighs_at_least_what_its_cells_weigh() -> None:
    for model in load_models():
        masses_g = material_masses_g(model.chemistry, model.pack_mass_g, energy_wh=model.energy_wh)
        assert sum(masses_g.values()) == model.pack_mass_g, model
        assert min(masses_g.values()) >= 0, model


def test_a_computed_mass_is_the_energy_over_the_density_to_the_kilogram() -> None:
    assert pack_mass_g(Chemistry.LFP, 60_480) == 403_000
    assert pack_mass_g(Chemistry.NMC622, 191 * 300) == 300_000
    computed = [model for model in load_models() if model.mass_basis is MassBasis.COMPUTED]
    assert computed
    for model in computed:
        assert model.pack_mass_g == pack_mass_g(model.chemistry, model.energy_wh), model


def test_a_pack_without_energy_has_no_mass() -> None:
    with pytest.raises(ValueError, match="energy_wh must be positive"):
        pack_mass_g(Chemistry.LFP, 0)


@given(chemistry=st.sampled_from(Chemistry), mass_g=st.integers(min_value=1_000, max_value=2_000_000))
def test_materials_close_to_the_gram_for_any_mass(chemistry: Chemistry, mass_g: int) -> None:
    masses_g = material_masses_g(chemistry, mass_g)
    assert set(masses_g) == set(CellMaterial) | set(RestMaterial)
    assert sum(masses_g.values()) == mass_g
    assert sum(stream_masses_g(masses_g).values()) == mass_g


@given(chemistry=st.sampled_from(Chemistry), energy_wh=st.integers(min_value=1_000, max_value=300_000))
def test_no_material_is_rounded_by_a_gram_or_more(chemistry: Chemistry, energy_wh: int) -> None:
    masses_g = material_masses_g(chemistry, energy_wh * 15, energy_wh=energy_wh)
    for material, mg_per_wh in load_compositions()[chemistry].cell_mg_per_wh.items():
        assert abs(masses_g[material] - Fraction(mg_per_wh * energy_wh, 1000)) < 1, material


def test_the_grams_left_over_go_to_the_largest_remainders() -> None:
    masses_g = material_masses_g(Chemistry.LFP, 100, energy_wh=10)
    assert masses_g["electrolyte"] == 10
    assert masses_g["lithium"] == 1
    assert masses_g["plastics"] == 11
    assert masses_g["graphite"] == 9
    assert masses_g["structure_aluminium"] == 25


def test_a_heavier_case_adds_no_cell_material() -> None:
    light_g = material_masses_g(Chemistry.NMC622, 320_000, energy_wh=60_000)
    heavy_g = material_masses_g(Chemistry.NMC622, 435_000, energy_wh=60_000)
    assert abs(heavy_g["nickel"] - light_g["nickel"]) <= 1
    assert heavy_g["nickel"] == 30_720
    assert heavy_g["structure_aluminium"] > light_g["structure_aluminium"]


def test_cells_heavier_than_their_pack_are_refused() -> None:
    with pytest.raises(ValueError, match="weigh more than"):
        material_masses_g(Chemistry.LFP, 100_000, energy_wh=60_000)


def test_the_composition_of_iron_phosphate_packs_holds_no_nickel_or_cobalt() -> None:
    masses_g = material_masses_g(Chemistry.LFP, 403_000)
    assert masses_g["nickel"] == masses_g["cobalt"] == masses_g["manganese"] == 0
    assert masses_g["iron"] > masses_g["phosphorus"] > masses_g["lithium"] > 0


def test_every_material_belongs_to_one_stream_and_every_stream_has_material() -> None:
    assert set(STREAM_BY_MATERIAL) == set(CellMaterial) | set(RestMaterial)
    assert set(STREAM_BY_MATERIAL.values()) == set(Stream)


def test_black_mass_is_what_the_electrodes_hold_without_their_foils() -> None:
    masses_g = material_masses_g(Chemistry.NMC622, 300_000, energy_wh=57_300)
    foils_and_liquids = {"copper", "foil_aluminium", "electrolyte", "separator"}
    electrodes_g = sum(masses_g[each] for each in CellMaterial if each not in foils_and_liquids)
    assert stream_masses_g(masses_g)["black_mass"] == electrodes_g
    assert 0.25 <= electrodes_g / sum(masses_g[each] for each in CellMaterial) <= 0.75


def test_salts_weigh_what_their_formula_says() -> None:
    lithium, nickel, cobalt, manganese = 6.94, 58.693, 58.933, 54.938
    carbonate, sulphate, water = 12.011 + 3 * 15.999, 32.06 + 4 * 15.999, 2 * 1.008 + 15.999
    expected_g = {
        CellMaterial.LITHIUM: (2 * lithium + carbonate) / (2 * lithium),
        CellMaterial.NICKEL: (nickel + sulphate + 6 * water) / nickel,
        CellMaterial.COBALT: (cobalt + sulphate + 7 * water) / cobalt,
        CellMaterial.MANGANESE: (manganese + sulphate + water) / manganese,
    }
    assert set(load_salts()) == set(expected_g)
    for element, per_gram in expected_g.items():
        assert salt_mass_g(element, 1_000_000) == pytest.approx(per_gram * 1_000_000, abs=500)


def _july_offset_h(place: Place) -> int:
    offset = datetime(2026, 7, 1, tzinfo=UTC).astimezone(ZoneInfo(place.time_zone)).utcoffset()
    assert offset is not None
    return offset // timedelta(hours=1)


def test_only_the_northern_border_keeps_summer_time() -> None:
    places = load_places()
    capital, hermosillo, nogales, cancun = (places[code] for code in ("09016", "26030", "26043", "23005"))
    tijuana, chihuahua, juarez, reynosa = (places[code] for code in ("02004", "08019", "08037", "28032"))
    assert _july_offset_h(capital) == _july_offset_h(chihuahua) == _july_offset_h(juarez) == -6
    assert _july_offset_h(hermosillo) == _july_offset_h(nogales) == _july_offset_h(tijuana) == -7
    assert _july_offset_h(cancun) == _july_offset_h(reynosa) == -5


def test_every_role_of_the_demonstration_is_cast() -> None:
    cast = Counter(actor.role for actor in load_actors().values())
    assert cast == {
        Role.MINISTRY: 1,
        Role.INSPECTORATE: 1,
        Role.STATE_AGENCY: 1,
        Role.MANUFACTURER: 1,
        Role.IMPORTER: 2,
        Role.WORKSHOP: 2,
        Role.CARRIER: 3,
        Role.COLLECTION_CENTRE: 2,
        Role.SECOND_LIFE_OPERATOR: 1,
        Role.RECYCLER: 2,
        Role.DISPOSAL_SITE: 1,
    }


def test_no_party_can_be_taken_for_a_real_one() -> None:
    for actor in load_actors().values():
        assert " Demo " in actor.name or actor.name.endswith("(demostración)"), actor
    assert len({actor.name for actor in load_actors().values()}) == len(load_actors())


@pytest.mark.parametrize(
    ("name", "found", "put", "message"),
    [
        pytest.param("models.csv", ",LFP,", ",LTO,", "chemistry is 'LTO'", id="unknown-chemistry"),
        pytest.param("models.csv", "2023,60480,", "2023,60480.0,", "energy_wh is '60480.0'", id="float"),
        pytest.param("models.csv", "2023,60480,", "2023,060480,", "energy_wh is '060480'", id="leading-zero"),
        pytest.param("models.csv", ",403000,", ",404000,", "pack_mass_g is '404000'", id="mass-not-computed"),
        pytest.param("models.csv", "Dolphin Premium", "Dolphin Standard", "appears twice", id="model-twice"),
        pytest.param("models.csv", "2023,60480,", "60480,", "not as many fields", id="field-missing"),
        pytest.param("composition.csv", ",500,", ",501,", "sum to 1001", id="shares-do-not-close"),
        pytest.param("composition.csv", "\nNCA,", "\nNMC811,", "NMC811 appears twice", id="chemistry-twice"),
        pytest.param("places.csv", "America/Cancun", "America/Cancún", "time_zone is", id="unknown-zone"),
        pytest.param("actors.csv", ",09016", ",09001", "municipality is '09001'", id="unknown-municipality"),
        pytest.param("actors.csv", ",recycler,", ",smelter,", "role is 'smelter'", id="unknown-role"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_place(
    tmp_path: Path, name: str, found: str, put: str, message: str
) -> None:
    for file in DATA.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert found in text
    (tmp_path / name).write_text(text.replace(found, put, 1), encoding="utf-8")
    load = {
        "models.csv": load_models,
        "composition.csv": load_compositions,
        "places.csv": load_places,
        "actors.csv": load_actors,
    }
    with pytest.raises(ValueError, match=message) as refused:
        load[name](tmp_path)
    assert str(refused.value).startswith(name)


def test_a_chemistry_without_composition_is_refused(tmp_path: Path) -> None:
    lines = (DATA / "composition.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("LMO,")]
    (tmp_path / "composition.csv").write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(ValueError, match="no composition for LMO"):
        load_compositions(tmp_path)


def test_places_agree_with_the_municipal_catalogue_of_inegi() -> None:
    municipalities = {row["cve_completa"]: row for row in _real_rows("mx-inegi/municipios.csv")}
    assert len(load_places()) >= 25
    for code, place in load_places().items():
        assert place.state == municipalities[code]["nom_entidad"], code
        assert place.municipality == municipalities[code]["nom_municipio"], code


def test_places_lie_where_inegi_puts_the_seat_of_the_municipality() -> None:
    localities = {row["cvegeo"]: row for row in _real_rows("mx-inegi/localidades_1000hab.csv")}
    for code, place in load_places().items():
        seat = localities[code + "0001"]
        assert place.latitude_microdeg == round(float(seat["latitud"]) * 1_000_000), code
        assert place.longitude_microdeg == round(float(seat["longitud"]) * 1_000_000), code


def test_elements_agree_with_the_mineral_intensities_they_come_from() -> None:
    published = {
        (row["chemistry"].replace(" ", ""), row["Mineral"].lower()): float(row["grams_per_kWH"])
        for row in _real_rows("ev-flujos-na/batpac52_intensidad_mineral.csv")
        if (row["Electrolyte"], row["Anode"]) == ("Lithium liquid", "Graphite")
    }
    for chemistry, composition in load_compositions().items():
        for mineral in ("lithium", "nickel", "cobalt", "graphite", "copper"):
            assert composition.cell_mg_per_wh[CellMaterial(mineral)] == round(published[chemistry, mineral])


def test_energies_agree_with_the_dataset_they_cite() -> None:
    rows = _real_rows("ev-modelos/open-ev-data_aplanado.csv")
    published: dict[str, set[int]] = {}
    for row in rows:
        key = "/".join(row[column] for column in ("marca", "modelo", "anio", "version"))
        published.setdefault(key, set()).add(round(float(row["kwh_bruto"] or 0) * 1000))
    cited = [model for model in load_models() if model.source.startswith("open-ev-data:")]
    assert len(cited) >= 40
    for model in cited:
        key = model.source.removeprefix("open-ev-data:").split("; ")[0]
        assert model.energy_wh in published[key], model

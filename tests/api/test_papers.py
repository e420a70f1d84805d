"""A load's papers over HTTP: for its parties and overseers, from the log and from what they say beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.served import Served, open_served
from tests.exchange.papers.reading import needs_poppler, pages_of
from tests.yard import Actor

CODES = ["R", "I", "S1"]


def load(served: Served, *, giver: Actor | None = None, waste_class: str = "RP", packs: int = 2) -> str:
    """A workshop's waste packs, offered through a carrier to a recycler, all of them permitted."""
    yard = served.yard
    giver = giver or yard.workshop
    for actor, activity in ((yard.carrier, "transport"), (yard.recycler, "recycling")):
        yard.permit(actor, activity, waste_classes=["RME", "RP"])
    units = [yard.waste_pack(giver) for _ in range(packs)]
    codes = CODES if waste_class == "RP" else []
    stated: dict[str, Any] = {"waste_class": waste_class, "waste_codes": codes, "method": "knowledge"}
    yard.say(giver, "unit.classified", units=units, **stated)
    purpose = {"RP": "waste_rp", "RME": "waste_rme"}[waste_class]
    terms: dict[str, Any] = {"purpose": purpose, "destination": yard.recycler.site, "site": giver.site}
    made = yard.offer(giver, yard.recycler, units, [yard.carrier], **terms)
    served.send()
    return made


def say_particulars(served: Served, actor: Actor, consignment: str, members: Any) -> None:
    headers = {"authorization": f"Bearer {served.token(actor)}"}
    path = f"/v1/consignments/{consignment}/particulars"
    assert served.client.put(path, json=members, headers=headers).status_code == 204


def text_of(served: Served, actor: Actor, consignment: str, name: str, folder: Path) -> str:
    answered = served.get(f"/v1/consignments/{consignment}/{name}", token=served.token(actor))
    assert (answered.status_code, answered.headers["content-type"]) == (200, "application/pdf"), answered.text
    assert answered.headers["cache-control"] == "private, no-store"
    return " ".join(page.text for page in pages_of(answered.content, folder))


def papers(served: Served, actor: Actor, consignment: str) -> dict[str, Any]:
    answered = served.get(f"/v1/consignments/{consignment}/papers", token=served.token(actor))
    assert answered.status_code == 200, answered.text
    return {paper["paper"]: paper for paper in answered.json()["papers"]}


@needs_poppler
def test_the_folder_holds_what_the_log_and_the_parties_say(served: Served, tmp_path: Path) -> None:
    yard = served.yard
    consignment = load(served)
    say_particulars(served, yard.workshop, consignment, {"giving": {"registration": "TDE1903900001"}})
    say_particulars(served, yard.carrier, consignment, {"carrying": {"driver": "José Ibáñez", "plate": "AB-12"}})
    yard.say(yard.workshop, "paper.issued", consignment=consignment, form="manifest", number="MAN-7")
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=yard_units(served, consignment))
    served.send()

    text = text_of(served, yard.carrier, consignment, "folder.pdf", tmp_path)

    for said in (
        "Carpeta del envío",
        "COPIA 2",
        "TDE1903900001",
        "MAN-7",
        "José Ibáñez",
        "AB-12",
        "Taller Demo, S.A. de C.V.",
        "Recicladora Demo, S.A. de C.V.",
        "UN 3480",
        "CveMaterialPeligroso 3480",
        "firmado con llave propia",
        f"https://ledger.test/c/{consignment}",
        "870 kg",
    ):
        assert said in text, said


def yard_units(served: Served, consignment: str) -> list[str]:
    state = served.yard.state
    return [key.removeprefix("unit/") for key, value in state.items() if value.get("consignment") == consignment]


def test_only_parties_and_overseers_have_the_papers(served: Served) -> None:
    yard = served.yard
    consignment = load(served)

    for name in ("papers", "folder.pdf", "papers/manifest.pdf", "carta-porte.json"):
        path = f"/v1/consignments/{consignment}/{name}"
        for reader in (yard.workshop, yard.carrier, yard.recycler, yard.semarnat):
            assert served.get(path, token=served.token(reader)).status_code == 200
        assert served.get(path, token=served.token(yard.centre)).status_code == 404
        assert served.get(path).status_code == 401


def test_what_is_missing_is_listed_for_who_can_say_it_until_it_is_said(served: Served) -> None:
    yard = served.yard
    consignment = load(served)
    route = {"label": "13. Ruta", "party": yard.carrier.party, "member": "/carrying/route"}

    assert route in papers(served, yard.workshop, consignment)["manifest"]["missing"]

    say_particulars(served, yard.carrier, consignment, {"carrying": {"route": "Monterrey - Saltillo"}})

    assert route not in papers(served, yard.workshop, consignment)["manifest"]["missing"]


def test_every_paper_that_is_linked_can_be_had_and_no_other(served: Served) -> None:
    consignment = load(served)
    token = served.token(served.yard.workshop)
    listed = papers(served, served.yard.workshop, consignment)

    assert list(listed) == [
        "manifest",
        "dangerous_goods",
        "emergency_sheet",
        "authorisations",
        "carta_porte",
        "register_sheet",
    ]
    for paper in listed.values():
        assert served.get(paper["link"].removeprefix("https://ledger.test"), token=token).content.startswith(b"%PDF-")
    about = f"/v1/consignments/{consignment}/papers"
    assert served.get(f"{about}/cover.pdf", token=token).status_code == 200
    for other in ("rme_transport", "isolation_card", "movement_document"):
        assert served.get(f"{about}/{other}.pdf", token=token).status_code == 404


@needs_poppler
def test_special_handling_waste_has_its_neutral_paper_and_no_federal_article(served: Served, tmp_path: Path) -> None:
    consignment = load(served, waste_class="RME")

    listed = papers(served, served.yard.workshop, consignment)
    text = text_of(served, served.yard.workshop, consignment, "folder.pdf", tmp_path)

    assert "rme_transport" in listed
    assert "manifest" not in listed
    assert "Documento de transporte de residuos de manejo especial" in text
    assert "RLGPGIR" not in text
    assert "SEMARNAT" not in text


@needs_poppler
def test_a_natural_persons_name_is_printed_as_it_was_given_and_nowhere_else(served: Served, tmp_path: Path) -> None:
    yard = served.yard
    ana = yard.new_party(None, "fisica")
    consignment = load(served, giver=ana)
    missing = papers(served, yard.carrier, consignment)["manifest"]["missing"]
    assert {"label": "4. Generador: nombre", "party": ana.party, "member": "/name"} in missing

    say_particulars(served, ana, consignment, {"name": "Ana Núñez Güemes"})

    assert "Ana Núñez Güemes" in text_of(served, yard.carrier, consignment, "papers/manifest.pdf", tmp_path)
    headers = {"authorization": f"Bearer {served.token(ana)}"}
    served.client.delete(f"/v1/consignments/{consignment}/particulars", headers=headers)
    assert "Ana" not in text_of(served, yard.carrier, consignment, "papers/manifest.pdf", tmp_path)


def test_carta_porte_says_what_is_known_and_lists_the_rest(served: Served) -> None:
    yard = served.yard
    consignment = load(served)
    say_particulars(served, yard.carrier, consignment, {"carrying": {"permit_type": "TPAF03", "plate": "AB-1234-C"}})
    path = f"/v1/consignments/{consignment}/carta-porte.json"

    answered = served.get(path, token=served.token(yard.carrier)).json()

    transport = answered["complement"]["Mercancias"]["Autotransporte"]
    assert (answered["carrier"], transport["PermSCT"]) == (yard.carrier.party, "TPAF03")
    assert transport["IdentificacionVehicular"]["PlacaVM"] == "AB1234C"
    assert "Mercancias/Autotransporte/NumPermisoSCT" in answered["missing"]
    assert served.get(f"{path}?carrier={yard.maker.party}", token=served.token(yard.carrier)).status_code == 404


@pytest.mark.parametrize(("permit_type", "fits"), [("TPAF03", True), ("TPAF01", False)])
def test_carta_porte_tells_a_permit_that_is_not_for_dangerous_cargo(
    served: Served, permit_type: str, fits: bool
) -> None:
    carrier, consignment = served.yard.carrier, load(served)
    policies = [{"covers": "environment", "insurer": "Seguros Dos", "number": "MA-78"}] if fits else []
    say_particulars(served, carrier, consignment, {"carrying": {"permit_type": permit_type, "policies": policies}})

    answered = served.get(f"/v1/consignments/{consignment}/carta-porte.json", token=served.token(carrier)).json()

    insured = {f"Mercancias/Autotransporte/Seguros/{name}MedAmbiente" for name in ("Asegura", "Poliza")}
    assert any("TPAF01" in remark["es"] for remark in answered["remarks"]) is not fits
    assert insured & set(answered["missing"]) == (set() if fits else insured)
    assert answered["complement"]["Mercancias"]["Mercancia"][0]["Descripcion"].startswith("UN 3480 ")


@pytest.mark.parametrize("name", ["folder.pdf", "papers/manifest.pdf"])
def test_the_same_load_at_the_same_time_gives_the_same_bytes(served: Served, name: str) -> None:
    consignment = load(served)
    path, token = f"/v1/consignments/{consignment}/{name}", served.token(served.yard.workshop)

    first = served.get(path, token=token)

    assert served.get(path, token=token).content == first.content
    assert served.get(path, token=token, if_none_match=first.headers["etag"]).status_code == 304


def test_the_page_behind_the_papers_symbol_tells_anybody_how_far_it_is_and_nothing_else(served: Served) -> None:
    yard = served.yard
    consignment = load(served, packs=3)
    yard.say(yard.workshop, "paper.issued", consignment=consignment, form="manifest", number="MAN-7")
    served.send()

    spanish = served.get(f"/c/{consignment}")
    english = served.get(f"/c/{consignment}?lang=en").text

    assert spanish.status_code == 200
    for said in ("Ofrecido: nadie lo ha recogido", consignment, "MAN-7", "<dd>3</dd>"):
        assert said in spanish.text
    assert "Offered: nobody has picked it up" in english
    for hidden in ("Taller Demo", yard.workshop.party, yard.carrier.party, *yard_units(served, consignment)):
        assert hidden not in spanish.text
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=yard_units(served, consignment))
    served.send()
    assert "En camino" in served.get(f"/c/{consignment}").text
    for nothing in (yard.new_id("con"), yard.workshop.party, "x"):
        assert served.get(f"/c/{nothing}").status_code == 404


def test_one_key_has_so_many_papers_drawn_in_a_minute_and_hinders_no_other(tmp_path: Path) -> None:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}", papers_per_minute=3) as served:
        yard = served.yard
        made = load(served, packs=1)
        large = yard.offer(yard.workshop, yard.recycler, [yard.waste_pack()], [yard.carrier], units_total=500)
        served.send()

        def ask(actor: Actor, consignment: str) -> int:
            return served.get(f"/v1/consignments/{consignment}/papers", token=served.token(actor)).status_code

        assert [ask(yard.carrier, made) for _ in range(4)] == [200, 200, 200, 429]
        assert [ask(yard.recycler, large), ask(yard.recycler, made)] == [200, 429]
        assert ask(yard.workshop, made) == 200

"""A folder as a driver finds it at a workshop's gate: everything said, nothing missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compliance.particulars import Address, Carrying, Giving, Policy, Receiving
from compliance.purpose import Paper, PaperName
from compliance.reason import Reason, Words
from compliance.transport.goods import Goods
from compliance.transport.identity import CartaPorteKey, TransportIdentity
from exchange.papers.folder import (
    CarrierBlock,
    Folder,
    IssuedPaper,
    PartyBlock,
    PermitLine,
    Piece,
    Retention,
    Signed,
    WasteLine,
)

CONSIGNMENT = "con_mfzwizltoq2gk3tfnzsxe5dfoi"
URL = f"https://ledger.example/c/{CONSIGNMENT}"
ADDRESS = Address(
    street="Av. Ñuñoa y Güemes",
    exterior="1201",
    interior="B",
    neighbourhood="Col. Obrera",
    municipality="San Nicolás de los Garza",
    state="Nuevo León",
    postcode="66400",
)
TITLES: dict[PaperName, str] = {
    "manifest": "Manifiesto",
    "dangerous_goods": "Documento de transporte de mercancías peligrosas",
    "emergency_sheet": "Hoja de emergencia en transporte",
    "authorisations": "Autorizaciones y pólizas",
    "carta_porte": "Datos de la Carta Porte 3.1",
    "register_sheet": "Hojas de bitácora (art. 71)",
    "isolation_card": "Tarjeta de aislamiento",
}


def identity(un_number: str | None = "3480", **changes: Any) -> TransportIdentity:
    said = TransportIdentity(
        un_number=un_number,
        name=Words("BATERÍAS DE ION LITIO", "LITHIUM ION BATTERIES"),
        hazard_class="9",
        label="9A",
        condition="end_of_life",
        special_provisions=("377",),
        packing=("P909",),
        large_packing=(),
        marks=(Words("BATERÍAS DE LITIO PARA RECICLAR", "LITHIUM BATTERIES FOR RECYCLING"),),
        needs_approval=False,
        forbidden_modes=frozenset({"air"}),
        guide="147",
        carta_porte=CartaPorteKey("3480"),
        hint=None,
        reasons=(Reason("un_number", Words("batería suelta de ion litio", "loose Li-ion battery"), "UN 3480"),),
    )
    return replace(said, **changes)


CRITICAL = identity(
    condition="damaged_critical",
    special_provisions=("376",),
    packing=("P911",),
    large_packing=("LP906",),
    marks=(Words("BATERÍAS DE ION LITIO DAÑADAS O DEFECTUOSAS", "DAMAGED/DEFECTIVE LITHIUM-ION BATTERIES"),),
    needs_approval=True,
)


def piece(number: int, **changes: Any) -> Piece:
    serial = f"P{number:06}"
    made = Piece(
        number=number,
        unit=f"https://id.gs1.org/01/07501234567893/21/{serial}",
        serial=serial,
        what="Batería, Fabricante Demo, Ñandú 60",
        chemistry="NMC622",
        condition="íntegra",
        mass_g=440_000 + number,
        basis="de placa",
        energy_wh=60_000,
        un_number="3480",
        hazards=frozenset({"R", "I"}),
        codes=("S1",),
        entered_on="2026-03-01",
        left_on="2026-03-05",
        assessed_on="2026-03-02",
    )
    return replace(made, **changes)


def folder(count: int = 3, *, critical: int = 0, **changes: Any) -> Folder:
    listed = [
        piece(n, isolated="critical" if n <= critical else None, condition="crítica" if n <= critical else "íntegra")
        for n in range(1, count + 1)
    ]
    permit = PermitLine(
        authorisation="aut_mfzwizltoq2gk3tfnzsxe5dfoi",
        number="19-39-PS-I-0007D-2024",
        activities="transporte",
        waste_classes="residuo peligroso (RP)",
        authority="SEMARNAT",
        from_on="2024-01-01",
        to_on="2034-01-01",
        standing="VIGENTE",
    )
    carrying = Carrying(
        permit_type="TPAF03",
        permit="0617DIVR03082011230301001",
        vehicle="Camión de dos ejes",
        plate="AB-1234-C",
        trailers=["XY-98-76"],
        driver="José Ibáñez Peña",
        driver_permit="LFD00012345",
        route="Monterrey - Saltillo por la 40D",
        policies=[
            Policy(covers="liability", insurer="Seguros Demo", number="RC-77", to_on="2027-01-01"),
            Policy(covers="environment", insurer="Seguros Demo", number="MA-78"),
        ],
    )
    common = folder_wastes(listed)
    made = Folder(
        consignment=CONSIGNMENT,
        url=URL,
        day="2026-03-05",
        purpose="residuo peligroso",
        stage="en camino",
        mode="carretera",
        fitting="suelta",
        waste="RP",
        papers=tuple(papers(critical > 0)),
        consignor=PartyBlock(
            "pty_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "Taller Ñandú & Güemes, S.A. de C.V.",
            ADDRESS,
            "+52 81 8000 0001",
            "taller@demo.example",
            signed=Signed("2026-03-05 09:00", "firmado con llave propia", "ab" * 32),
        ),
        giving=Giving(
            registration="TÑA1903900001".replace("Ñ", "N"),
            responsible="Ana Núñez Güemes",
            instructions="No apilar. Mantener seco. Revisar temperatura en cada parada.",
            emergency_phone="800 00 41 300",
            process="Desmontaje de vehículos",
            next_step="Reciclaje",
            register_responsible="Luis Peña",
        ),
        carriers=(
            CarrierBlock(
                PartyBlock(
                    "pty_bbbbbbbbbbbbbbbbbbbbbbbbbb",
                    "Transportes Demo, S.A. de C.V.",
                    replace_address(street="Calle del Niño", exterior="7"),
                    "+52 81 8000 0002",
                    "carga@demo.example",
                    (permit,),
                ),
                carrying,
            ),
        ),
        consignee=PartyBlock(
            "pty_cccccccccccccccccccccccccc",
            "Recicladora Demo, S.A. de C.V.",
            replace_address(street="Blvd. Peñón", exterior="99", interior=None),
            "+52 84 4000 0003",
            "patio@demo.example",
            (replace(permit, number="05-35-PS-V-327D-2019", activities="reciclaje"),),
        ),
        receiving=Receiving(person="Eva Muñoz", post="Jefa de patio"),
        origin="Nuevo León, INEGI 19-039",
        destination="Coahuila de Zaragoza, INEGI 05-030",
        pieces=tuple(listed),
        wastes=common,
        goods=goods(listed),
        issued=IssuedPaper("MAN-2026-0001", "impreso el 2026-03-05"),
        retentions=(
            Retention("Manifiesto", "Generador", "5 años desde su firma", "RLGPGIR 75 II"),
            Retention("Manifiesto", "Transportista", "2031-03-05", "RLGPGIR 75 II"),
        ),
        carta_porte=(
            ("Mercancía 1", (("MaterialPeligroso", "Sí"), ("CveMaterialPeligroso", "3480"), ("Embalaje", None))),
        ),
    )
    return replace(made, **changes)


def replace_address(**changes: Any) -> Address:
    return Address.model_validate({**ADDRESS.model_dump(), **changes})


def folder_wastes(pieces: list[Piece]) -> tuple[WasteLine, ...]:
    line = WasteLine(
        name="Baterías de ion litio de vehículo, desechadas (S1), UN 3480",
        hazards=frozenset({"R", "I"}),
        pieces=tuple(each.number for each in pieces),
        package="caja",
        capacity="600 kg",
        mass_g=sum(each.mass_g or 0 for each in pieces),
        estimated=True,
        labelled=True,
    )
    return (line,)


def goods(pieces: list[Piece]) -> tuple[Goods, ...]:
    groups = [
        (CRITICAL, [each for each in pieces if each.isolated]),
        (identity(), [each for each in pieces if not each.isolated]),
    ]
    return tuple(
        Goods(
            said,
            tuple(each.unit for each in members),
            sum(each.mass_g or 0 for each in members),
            None,
            sum(each.energy_wh or 0 for each in members),
        )
        for said, members in groups
        if members
    )


def papers(critical: bool) -> list[Paper]:
    return [
        Paper(name, Words(title, title), "drawn", "RLGPGIR 86")
        for name, title in TITLES.items()
        if critical or name != "isolation_card"
    ]

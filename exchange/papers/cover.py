"""What lies on top of the folder, and what a checkpoint asks for first: contents, permits, policies, register."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table

from compliance.purpose import Paper
from exchange.papers.blank import blanks_of
from exchange.papers.folder import Folder, PartyBlock, Piece
from exchange.papers.page import WIDTH, Sheet, facts, flow, gap, said, table
from exchange.papers.wording import POLICIES, carried_by, cite, format_kg
from exchange.typeface import draw_symbol, symbol_of

COVER: Final = "Carpeta del envío"
AUTHORISATIONS: Final = "Autorizaciones y pólizas"
REGISTER: Final = "Hoja de bitácora (RLGPGIR 71)"
CARTA_PORTE: Final = "Datos para la Carta Porte 3.1"
_QR: Final = 30 * mm
_NAMED_MAX: Final = 5


def cover(folder: Folder) -> Sheet:
    """What is in the folder, what is still to be written by hand, and how long who keeps which paper."""
    return flow(COVER, _cover(folder), f"{folder.consignment} · {folder.day}")


def _cover(folder: Folder) -> Iterator[Flowable]:
    about: list[Flowable] = [
        said(COVER, "heading"),
        said(f"{folder.purpose}: {folder.stage}", "section"),
        said(f"Compruebe este envío en {folder.url}", "small"),
    ]
    qr = draw_symbol(symbol_of(folder.url), _QR)
    yield Table([[about, qr]], colWidths=[WIDTH - _QR, _QR], style=[("VALIGN", (0, 0), (-1, -1), "TOP"),
                                                                   ("LEFTPADDING", (0, 0), (0, 0), 0)])  # fmt: skip
    yield facts([
        ("Envío", folder.consignment),
        ("Remitente", _named(folder.consignor)),
        *(carried_by(_named(carrier.who) for carrier in folder.carriers) or [("Transportista", "el remitente")]),
        ("Destinatario", _named(folder.consignee)),
        ("De", folder.origin or "no declarado"),
        ("A", folder.destination or "no declarado"),
        ("Piezas", f"{len(folder.pieces)}, {_mass(folder.pieces)}"),
        ("Piezas dañadas o críticas", ", ".join(piece.serial for piece in folder.isolated) or "ninguna"),
    ])  # fmt: skip
    yield gap(3)
    yield said("Contenido", "section")
    rows = [
        (paper.title.es, cite(paper.article), _place(paper),
         _by_hand([blank.label for blank in blanks_of(folder, paper.name)]))
        for paper in folder.papers
    ]  # fmt: skip
    yield table(("Documento", "Fundamento", "Dónde está", "Se llena a mano"), rows, (5, 4, 2.4, 9))
    signed = [(title, who) for title, who in _signers(folder) if who.signed is not None]
    if signed:
        yield gap(3)
        yield said("Entregas que constan en la bitácora", "section")
        rows_signed = [
            (title, _named(who), who.signed.at, who.signed.assurance, who.signed.event)
            for title, who in signed
            if who.signed is not None
        ]
        yield table(("", "Quién", "Cuándo", "Respaldo", "Evento"), rows_signed, (2, 4, 2.2, 3, 5))
    if folder.retentions:
        yield gap(3)
        yield said("Conservación", "section")
        kept = [(each.document, each.holder, each.until, cite(each.article)) for each in folder.retentions]
        yield table(("Documento", "Quién lo conserva", "Hasta", "Fundamento"), kept, (4, 3, 4, 4))


def _place(paper: Paper) -> str:
    if paper.name == "authorisations":
        return "en esta carpeta; se anexan copias"
    return "en esta carpeta" if paper.origin == "drawn" else "se anexa"


def _by_hand(labels: Sequence[str]) -> str:
    """What is left to write, by name as far as a glance takes in."""
    named = "; ".join(labels[:_NAMED_MAX]) or "completo"
    return named if len(labels) <= _NAMED_MAX else f"{named}; y {len(labels) - _NAMED_MAX} datos más"


def _signers(folder: Folder) -> Iterator[tuple[str, PartyBlock]]:
    yield "Entrega", folder.consignor
    for carrier in folder.carriers:
        yield "Transporta", carrier.who
    yield "Recibe", folder.consignee


def _named(who: PartyBlock) -> str:
    return " ".join(filter(None, (who.name, who.party and f"({who.party})"))) or "quien entrega no está registrado"


def _mass(pieces: Sequence[Piece]) -> str:
    known = [piece.mass_g for piece in pieces if piece.mass_g is not None]
    more = "" if len(known) == len(pieces) else f" (y {len(pieces) - len(known)} sin masa declarada)"
    return f"{format_kg(sum(known))} kg{more}"


def authorisations(folder: Folder) -> Sheet:
    """Which permits carriers and consignee have, as they stood on the folder's day, and the carriers' policies."""
    return flow(AUTHORISATIONS, _authorisations(folder), f"{folder.consignment} · {folder.day}")


def _authorisations(folder: Folder) -> Iterator[Flowable]:
    yield said(AUTHORISATIONS, "heading")
    yield said(f"Como constan en la bitácora el {folder.day}. No sustituyen al oficio de la autoridad.", "small")
    for title, who in [*(("Transportista", carrier.who) for carrier in folder.carriers),
                       ("Destinatario", folder.consignee)]:  # fmt: skip
        yield gap(3)
        yield said(f"{title}: {_named(who)}", "section")
        if not who.permits:
            yield said("No consta en la bitácora una autorización para este envío.", "warning")
            continue
        yield table(
            ("Número", "Actividades", "Clases", "Autoridad", "Vigencia", "Situación"),
            [
                (
                    f"{permit.number}\n{permit.authorisation}",
                    permit.activities,
                    permit.waste_classes,
                    permit.authority,
                    f"{permit.from_on} a {permit.to_on}",
                    "\n".join([permit.standing, *permit.reservations]),
                )
                for permit in who.permits
            ],
            (5, 3, 3, 3, 3, 4),
        )
    yield gap(4)
    yield said("Pólizas de seguro", "section")
    policies = [
        (carrier.who.name or carrier.who.party or "", POLICIES[policy.covers], policy.insurer, policy.number,
         policy.to_on or "")
        for carrier, policy in folder.policies
    ]  # fmt: skip
    blank = [("", "", "", "", "\n")] * (2 if not policies else 0)
    yield table(("Transportista", "Cubre", "Aseguradora", "Póliza", "Vence"), [*policies, *blank], (5, 4, 4, 4, 2))


def register_sheet(folder: Folder) -> Sheet:
    """The load's lines of the consignor's register (bitácora) of RLGPGIR 71 I, fields a to g."""
    return flow(REGISTER, _register(folder), f"{folder.consignment} · {folder.day}")


def _register(folder: Folder) -> Iterator[Flowable]:
    giving = folder.giving
    yield said(REGISTER, "heading")
    yield said(f"Generador: {_named(folder.consignor)}", "section")
    yield facts([
        ("Núm. de registro ambiental", giving.registration),
        ("c) Área o proceso de generación", giving.process),
        ("e) Fase de manejo siguiente", giving.next_step),
        ("f) Prestador y núm. de autorización", _provider(folder.consignee)),
        *[("f) Transporte y núm. de autorización", _provider(carrier.who)) for carrier in folder.carriers],
        ("g) Responsable técnico de la bitácora", giving.register_responsible),
    ])  # fmt: skip
    yield gap(3)
    rows = [
        (line.name, str(len(pieces)), _mass(pieces), "".join(sorted(line.hazards)), entered or "", left or "")
        for line in folder.wastes
        for (entered, left), pieces in _by_days(folder, line.pieces).items()
    ]
    yield table(
        ("a) Residuo", "Piezas", "a) Cantidad", "b) Peligrosidad", "d) Ingreso al almacén", "d) Salida"),
        rows,
        (7, 1.6, 3, 2.6, 2.8, 2.4),
        size=7.5,
    )


def _by_days(folder: Folder, numbers: Sequence[int]) -> dict[tuple[str | None, str | None], list[Piece]]:
    days: dict[tuple[str | None, str | None], list[Piece]] = {}
    wanted = set(numbers)
    for piece in folder.pieces:
        if piece.number in wanted:
            days.setdefault((piece.entered_on, piece.left_on), []).append(piece)
    return days


def _provider(who: PartyBlock) -> str:
    return f"{_named(who)}: {who.numbers or '____________________'}"


def carta_porte(folder: Folder) -> Sheet:
    """What the complement Carta Porte 3.1 of the CFDI has to say of this load, for whoever issues it."""
    return flow(CARTA_PORTE, _carta_porte(folder), f"{folder.consignment} · {folder.day}")


def _carta_porte(folder: Folder) -> Iterator[Flowable]:
    yield said(CARTA_PORTE, "heading")
    yield said("No es el comprobante: son los datos con los que se timbra.", "small")
    for section, members in folder.carta_porte:
        yield gap(2)
        yield said(section, "section")
        yield facts(members, share=0.35)

"""What is missing on each paper: it is drawn as a line for ink, and told beforehand to whoever could fill it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from compliance.purpose import PaperName
from exchange.papers.folder import CarrierBlock, Folder, PartyBlock


@dataclass(frozen=True, slots=True)
class Blank:
    """One thing that nobody has said.

    Attributes:
        label: as the paper names it, in Spanish.
        party: who can say it; None for a giver without a key.
        member: where it goes in that party's particulars (JSON pointer); None for what only the log can say.
    """

    label: str
    party: str | None
    member: str | None


_Said = tuple[str, str | None, str | None, object]
"""Label, party, member and value."""


def blanks_of(folder: Folder, paper: PaperName) -> list[Blank]:
    """What is missing on one paper of this folder, in its order; nothing for a paper that is not drawn."""
    asked = _ASKED.get(paper)
    said = asked(folder) if asked is not None else ()
    return [Blank(label, party, member) for label, party, member, value in said if value is None]


def _party(title: str, who: PartyBlock) -> Iterator[_Said]:
    yield f"{title}: nombre", who.party, "/name", who.name
    yield f"{title}: domicilio", who.party, "/address", who.address
    yield f"{title}: teléfono", who.party, "/phone", who.phone
    yield f"{title}: correo", who.party, "/email", who.email


def _manifest(folder: Folder) -> Iterator[_Said]:
    giving, consignor, consignee = folder.giving, folder.consignor, folder.consignee
    yield "1. Núm. de registro ambiental", consignor.party, "/giving/registration", giving.registration
    yield "2. Núm. de manifiesto", consignor.party, None, folder.issued
    yield from _party("4. Generador", consignor)
    for line in folder.wastes:
        yield f"5. Envase de {line.name}", consignor.party, "/giving/package", line.package
        yield f"5. Cantidad (kg) de {line.name}", consignor.party, None, line.mass_g
        yield f"5. Características CRETIB de {line.name}", consignor.party, None, line.hazards or None
        yield f"5. Etiqueta de {line.name}", consignor.party, None, line.labelled
    yield "6. Instrucciones especiales", consignor.party, "/giving/instructions", giving.instructions
    yield "7. Nombre del responsable", consignor.party, "/giving/responsible", giving.responsible
    for carrier in folder.carriers:
        yield from _carrier(carrier)
    yield from _party("15. Destinatario", consignee)
    yield "16. Núm. de autorización de la SEMARNAT", consignee.party, None, consignee.numbers
    yield "17. Persona que recibe", consignee.party, "/receiving/person", folder.receiving.person


def _carrier(carrier: CarrierBlock) -> Iterator[_Said]:
    party, carrying = carrier.who.party, carrier.carrying
    yield from _party("8. Transportista", carrier.who)
    yield "9. Núm. de autorización de la SEMARNAT", party, None, carrier.who.numbers
    yield from _vehicle(carrier)
    yield "13. Ruta", party, "/carrying/route", carrying.route
    yield "14. Nombre de quien transporta", party, "/carrying/driver", carrying.driver


def _vehicle(carrier: CarrierBlock) -> Iterator[_Said]:
    party, carrying = carrier.who.party, carrier.carrying
    yield "Núm. de permiso S.C.T.", party, "/carrying/permit", carrying.permit
    yield "Tipo de vehículo", party, "/carrying/vehicle", carrying.vehicle
    yield "Núm. de placa", party, "/carrying/plate", carrying.plate


def _rme_transport(folder: Folder) -> Iterator[_Said]:
    yield "Número", folder.consignor.party, None, folder.issued
    yield from _party("Remitente", folder.consignor)
    for carrier in folder.carriers:
        yield from _party("Transportista", carrier.who)
        yield from _vehicle(carrier)
    yield from _party("Destinatario", folder.consignee)


def _dangerous_goods(folder: Folder) -> Iterator[_Said]:
    yield from _party("Expedidor", folder.consignor)
    yield from _party("Destinatario", folder.consignee)
    yield from _emergency_phone(folder)
    for goods in folder.goods:
        if goods.identity.needs_approval:
            yield "Aprobación de la autoridad competente", folder.consignor.party, None, folder.approval


def _emergency_phone(folder: Folder) -> Iterator[_Said]:
    phone = folder.giving.emergency_phone
    yield "Teléfono de emergencia", folder.consignor.party, "/giving/emergency_phone", phone


def _authorisations(folder: Folder) -> Iterator[_Said]:
    for carrier in folder.carriers:
        policies = carrier.carrying.policies or None
        yield "Autorización del transportista", carrier.who.party, None, carrier.who.numbers
        yield "Pólizas del transportista", carrier.who.party, "/carrying/policies", policies
    yield "Autorización del destinatario", folder.consignee.party, None, folder.consignee.numbers


def _register_sheet(folder: Folder) -> Iterator[_Said]:
    party, giving = folder.consignor.party, folder.giving
    yield "c) Área o proceso de generación", party, "/giving/process", giving.process
    yield "e) Fase de manejo siguiente", party, "/giving/next_step", giving.next_step
    yield "g) Responsable técnico de la bitácora", party, "/giving/register_responsible", giving.register_responsible


def _carta_porte(folder: Folder) -> Iterator[_Said]:
    for section, members in folder.carta_porte:
        for label, value in members:
            yield f"{section}: {label}", None, None, value


_ASKED: Final[Mapping[PaperName, Callable[[Folder], Iterator[_Said]]]] = {
    "manifest": _manifest,
    "rme_transport": _rme_transport,
    "dangerous_goods": _dangerous_goods,
    "emergency_sheet": _emergency_phone,
    "authorisations": _authorisations,
    "register_sheet": _register_sheet,
    "carta_porte": _carta_porte,
}

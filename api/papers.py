"""The papers of a load, drawn anew for each reader from the log and from what the parties say beside it.

They hold personal data: no cache keeps them, and only the consignment's parties and overseeing authorities get them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import paper_schemas as shapes
from api import schemas
from api.answers import UNKEPT, bytes_answer, json_answer
from api.callers import FOR_PARTIES, Caller, CallerDep
from api.particulars import ConsignmentPath, shown_consignment
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import Services, ServicesDep
from compliance.load import Load
from compliance.particulars import Particulars
from compliance.purpose import PURPOSES, Waste, clocks_of, terms_of
from compliance.store.consignments import CONSIGNMENTS
from compliance.store.loads import read_load
from compliance.store.particulars import find_particulars
from exchange.attestation import Attestation, attest
from exchange.carta_porte import carta_porte
from exchange.papers.assembly import assemble, haul_of
from exchange.papers.blank import blanks_of
from exchange.papers.folder import Folder
from exchange.papers.printing import SheetName, render_folder, render_paper, sheets_of
from exchange.typeface import PDF
from ledger.domain.custody import Purpose
from ledger.domain.payload import permits_key
from ledger.store.session import Reader
from ledger.store.state import find_state

PaperPath = Annotated[SheetName, Path(description="One of those that `/papers` links to", examples=["manifest"])]
CarrierQuery = Annotated[
    str | None,
    Query(pattern="^pty_[a-z2-7]{26}$", description="Whose haul; the first carrier's if left out", examples=[None]),
]
_REFUSED: Final = (CredentialMissing, CredentialInvalid, PermissionMissing, NotFound)

router = APIRouter(tags=["consignments"], dependencies=[FOR_PARTIES])


@dataclass(frozen=True, slots=True)
class _Facts:
    """All that the papers of one load are drawn from."""

    load: Load
    particulars: Mapping[str, Particulars]
    permits: Mapping[str, list[Attestation]]

    def folder(self, base_url: str) -> Folder:
        return assemble(self.load, self.particulars, self.permits, base_url)


@router.get(
    "/v1/consignments/{consignment}/papers",
    operation_id="list_papers",
    summary="Which papers a load takes along, and what is missing in each",
    responses={200: schemas.answer("The papers", shapes.PapersAnswer), **problem_responses(*_REFUSED)},
)
def list_papers(request: Request, services: ServicesDep, caller: CallerDep, consignment: ConsignmentPath) -> Response:
    """What is missing is left on paper to be written by hand; whoever knows it says it in its particulars."""
    facts = _read(services, caller, consignment)
    folder = facts.folder(services.base_url)
    about = f"{services.base_url}/v1/consignments/{consignment}"
    drawn = sheets_of(folder)
    papers = [
        {
            "paper": paper.name,
            "title": asdict(paper.title),
            "origin": paper.origin,
            "article": paper.article,
            "confidence": paper.confidence,
            "link": f"{about}/papers/{paper.name}.pdf" if paper.name in drawn else None,
            "missing": [asdict(blank) for blank in blanks_of(folder, paper.name)],
        }
        for paper in folder.papers
    ]
    members = {
        "consignment": consignment,
        "law_day": facts.load.law_day,
        "waste_class": folder.waste,
        "folder": f"{about}/folder.pdf",
        "verification": folder.url,
        "papers": papers,
        **_law_of(facts.load, folder.waste),
    }
    return json_answer(request, members)


def _law_of(load: Load, waste: Waste | None) -> dict[str, Any]:
    """What else the purpose brings with it: periods that start, and what is often asked for and does not apply."""
    if load.purpose not in PURPOSES:
        return {"clocks": [], "notes": []}
    purpose, on = cast(Purpose, load.purpose), load.law_day
    members = ("name", "length", "unit", "starts", "accountable", "article")
    return {
        "clocks": [
            {member: getattr(clock.under(load.law), member) for member in members}
            for clock in clocks_of(purpose, on, waste=waste)
        ],
        "notes": [asdict(note) for note in terms_of(purpose, on).notes],
    }


@router.get(
    "/v1/consignments/{consignment}/folder.pdf",
    operation_id="read_folder",
    summary="All papers of a load as one PDF",
    responses={200: schemas.answer("The folder", media_types=(PDF,)), **problem_responses(*_REFUSED)},
)
def read_folder(request: Request, services: ServicesDep, caller: CallerDep, consignment: ConsignmentPath) -> Response:
    """For the driver's telephone: it needs no network once it is there."""
    folder = _read(services, caller, consignment).folder(services.base_url)
    return _pdf(request, render_folder(folder), consignment)


@router.get(
    "/v1/consignments/{consignment}/papers/{paper}.pdf",
    operation_id="read_paper",
    summary="One paper of a load",
    responses={200: schemas.answer("The paper", media_types=(PDF,)), **problem_responses(*_REFUSED)},
)
def read_paper(
    request: Request, services: ServicesDep, caller: CallerDep, consignment: ConsignmentPath, paper: PaperPath
) -> Response:
    """The manifest comes as original and two copies, to be signed in ink."""
    folder = _read(services, caller, consignment).folder(services.base_url)
    if paper not in sheets_of(folder):
        raise NotFound("this load has no such paper, or another issues it")
    return _pdf(request, render_paper(folder, paper), f"{consignment}-{paper}")


@router.get(
    "/v1/consignments/{consignment}/carta-porte.json",
    operation_id="read_carta_porte",
    summary="Data for SAT's complement Carta Porte 3.1",
    responses={200: schemas.answer("The data", shapes.CartaPorteAnswer), **problem_responses(*_REFUSED)},
)
def read_carta_porte(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    consignment: ConsignmentPath,
    carrier: CarrierQuery = None,
) -> Response:
    """Not a CFDI: what who issues one needs from this ledger. Nothing is made up; what is missing is listed."""
    facts = _read(services, caller, consignment)
    carriers = facts.load.carriers
    if carrier is not None and carrier not in carriers:
        raise NotFound("no such carrier of this consignment")
    hauling = carrier or next(iter(carriers), None)
    data = carta_porte(haul_of(facts.load, facts.particulars, hauling))
    members: dict[str, Any] = {
        "consignment": consignment,
        "carrier": hauling,
        "complement": data.document(),
        "missing": list(data.missing),
        "remarks": [asdict(remark) for remark in data.remarks],
    }
    return json_answer(request, members, cache=UNKEPT)


def _read(services: Services, caller: Caller, consignment: str) -> _Facts:
    """The load and what goes with it, of one snapshot.

    Raises:
        NotFound: there is no such consignment, or the caller may not know of it.
        TooManyRequests: the key has had too many papers in this minute.
    """
    with CONSIGNMENTS.read_current(services.store) as reader:
        act = shown_consignment(reader, caller, consignment)
        services.rates.spend("papers", f"{caller.party}:{caller.kid}", cost=_cost_of(act["units_total"]))
        load = read_load(reader, consignment)
        if load is None:
            raise NotFound("no such consignment, or not for this reader")
        day = load.law_day
        return _Facts(
            load=load,
            particulars=find_particulars(reader, consignment),
            permits={party: _permits(reader, party, day) for party in {*load.carriers, load.consignee}},
        )


def _cost_of(units: int) -> int:
    """What the papers of so many units count, by how long they take; beyond 5,000 no more, or nobody would get them."""
    return 1 + min(units, 5000) // 250


def _permits(reader: Reader, party: str, day: str) -> list[Attestation]:
    held = find_state(reader, permits_key(party)) or {"ids": []}
    return [attest(lambda key: find_state(reader, key), authorisation, day) for authorisation in held["ids"]]


def _pdf(request: Request, body: bytes, name: str) -> Response:
    shown = {"content-disposition": f'inline; filename="{name}.pdf"'}
    return bytes_answer(request, body, PDF, cache=UNKEPT, headers=shown)

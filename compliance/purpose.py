"""Why a consignment travels decides which papers go with it, which clocks it starts, and what is looked at.

Each row is dated and cites its article. A row of hazardous waste (RP) never applies to special-handling waste (RME),
which the states regulate (LGPGIR 9 III, 19 IX); there the ledger has a neutral paper and no federal clock. Whatever
the purpose, a discarded unit stays waste: ``waste`` brings in what its class asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol, TypeVar, get_args

from compliance.law import Law
from compliance.numbers import NUMBERS
from compliance.reason import Confidence, Words, is_in_force
from ledger.domain.custody import Mode, Purpose
from ledger.domain.values import Condition

PaperName = Literal[
    "manifest",
    "rme_transport",
    "dangerous_goods",
    "emergency_sheet",
    "isolation_card",
    "authorisations",
    "carta_porte",
    "movement_document",
    "export_consent",
    "return_notice",
    "pedimento",
    "register_sheet",
]
FOLDER_ORDER: Final[tuple[PaperName, ...]] = get_args(PaperName)
Origin = Literal["drawn", "attached"]
"""``drawn`` from what the ledger knows; ``attached``: another gives it, and the folder holds a copy or its number."""
Waste = Literal["RP", "RME"]
Accountable = Literal["consignor", "consignee", "carrier", "holder"]

ClockUnit = Literal["natural_days", "business_days", "months"]

_REGULATION_FROM: Final = "2006-12-30"
"""Thirty days after DOF 30-11-2006 (RLGPGIR, first transitory article)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper that a load takes along."""

    name: PaperName
    title: Words
    origin: Origin
    article: str
    confidence: Confidence = "read"
    note: Words | None = None
    from_on: str = _REGULATION_FROM
    to_on: str | None = None


@dataclass(frozen=True, slots=True)
class PurposeClock:
    """A period that runs from an act, for whom; a length of 0 means at once.

    ``number`` names what a regime may set its length by (``compliance.numbers``); None where none may.
    """

    name: str
    length: int
    unit: ClockUnit
    starts: str
    accountable: Accountable
    article: str
    number: str | None = None
    from_on: str = _REGULATION_FROM
    to_on: str | None = None

    def under(self, law: Law) -> PurposeClock:
        """The same period, as long as the law makes it."""
        return self if self.number is None else replace(self, length=law.number(self.number))


@dataclass(frozen=True, slots=True)
class PurposeCheck:
    """Something that is looked at when the load moves, by the name of its requirement."""

    name: str
    article: str
    confidence: Confidence = "read"
    from_on: str = _REGULATION_FROM
    to_on: str | None = None


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """All that one purpose brings with it, whatever the goods are.

    Attributes:
        purpose: its code.
        words: what people call it.
        waste: the class of waste that the purpose itself states; None where the units decide.
        papers: what goes with the load; ``papers_of`` adds what the goods themselves ask for.
        clocks: periods that start; ``clocks_of`` adds those of hazardous waste.
        checks: what is looked at.
        notes: what does not apply and is often asked for, and what else to know.
    """

    purpose: Purpose
    words: Words
    waste: Waste | None = None
    papers: tuple[Paper, ...] = ()
    clocks: tuple[PurposeClock, ...] = ()
    checks: tuple[PurposeCheck, ...] = ()
    notes: tuple[Words, ...] = ()


MANIFEST: Final = Paper(
    "manifest",
    Words(
        "Manifiesto de entrega, transporte y recepción de residuos peligrosos",
        "Manifest of delivery, transport and reception of hazardous waste",
    ),
    "drawn",
    "RLGPGIR 79, 86",
    note=Words("Original y dos copias, con firma autógrafa.", "Original and two copies, signed in ink."),
)
RME_TRANSPORT: Final = Paper(
    "rme_transport",
    Words("Documento de transporte de residuos de manejo especial", "Transport paper of special-handling waste"),
    "drawn",
    "LGPGIR 9 III, 19 IX; law of the state",
    note=Words("Documento neutro: cada estado puede pedir el suyo.", "A neutral paper: a state may ask for its own."),
)
MUNICIPAL_PAPER: Final = replace(
    RME_TRANSPORT,
    title=Words("Documento de transporte de recolección municipal", "Transport paper of municipal collection"),
    article="LGPGIR 23; law of the state and the municipality",
)
DANGEROUS_GOODS: Final = (
    Paper(
        "dangerous_goods",
        Words("Documento de embarque de materiales peligrosos", "Shipping document of dangerous goods"),
        "drawn",
        "NOM-043-SCT/2003",
        "secondary",
        to_on="2024-11-22",
    ),
    Paper(
        "dangerous_goods",
        Words("Documento de transporte de mercancías peligrosas", "Dangerous goods transport document"),
        "drawn",
        "NOM-043-SCT-SEMAR-ARTF-2023 (DOF 27-05-2024, in force after 180 days)",
        "secondary",
        from_on="2024-11-23",
    ),
)
EMERGENCY_SHEET: Final = Paper(
    "emergency_sheet",
    Words("Información de emergencia en transportación", "Emergency information in transport"),
    "drawn",
    "NOM-005-SCT",
    "unverified",
)
ISOLATION_CARD: Final = Paper(
    "isolation_card",
    Words("Tarjeta de aislamiento", "Isolation card"),
    "drawn",
    "practice; UN Model Regulations SP 376",
    "secondary",
)
AUTHORISATIONS: Final[Mapping[Waste | None, Paper]] = {
    "RP": Paper(
        "authorisations",
        Words("Autorizaciones, permisos y pólizas", "Authorisations, permits and policies"),
        "attached",
        "LGPGIR 42, 50; RLGPGIR 46 VI, 77",
    ),
    "RME": Paper(
        "authorisations",
        Words("Autorizaciones, permisos y pólizas", "Authorisations, permits and policies"),
        "attached",
        "LGPGIR 9 III; law of the state",
    ),
    None: Paper(
        "authorisations",
        Words("Permisos y pólizas del transportista", "The carrier's permits and policies"),
        "attached",
        "Reglamento para el Transporte Terrestre de Materiales y Residuos Peligrosos",
        "secondary",
    ),
}
CARTA_PORTE: Final = Paper(
    "carta_porte",
    Words("Datos para el complemento Carta Porte 3.1", "Data for the complement Carta Porte 3.1"),
    "drawn",
    "SAT, complement Carta Porte (3.1 since 2024-07-17)",
    note=Words("Datos, no un CFDI: lo timbra quien transporta.", "Data, not a CFDI: who carries has it stamped."),
    from_on="2021-12-01",
)
REGISTER_SHEET: Final = Paper(
    "register_sheet",
    Words("Hoja de bitácora (art. 71)", "Register sheet (art. 71)"),
    "drawn",
    "RLGPGIR 71 I, 75 I",
)
MOVEMENT_DOCUMENT: Final = Paper(
    "movement_document", Words("Documento de movimiento", "Movement document"), "attached", "RLGPGIR 114, 119"
)
EXPORT_CONSENT: Final = Paper(
    "export_consent",
    Words("Consentimiento del país de destino y autorización de exportación", "Consent abroad and export permit"),
    "attached",
    "LGPGIR 50 X, 87; RLGPGIR 119",
)
RETURN_NOTICE: Final = Paper(
    "return_notice", Words("Aviso de retorno", "Return notice"), "attached", "RLGPGIR 121, 123"
)
PEDIMENTO: Final = Paper("pedimento", Words("Pedimento", "Customs declaration"), "attached", "RLGPGIR 114", "secondary")


def _clock(name: str, number: str, starts: str, accountable: Accountable, article: str) -> PurposeClock:
    """A period whose length is a number of the law, as it was before any regime; the number's name ends in its unit."""
    unit = next(unit for unit in get_args(ClockUnit) if number.endswith(f"_{unit}"))
    return PurposeClock(name, NUMBERS[number].value, unit, starts, accountable, article, number)


_RP_CLOCKS: Final = (
    PurposeClock("original-sent", 0, "natural_days", "consignment.received", "consignee", "RLGPGIR 86 III"),
    _clock("original-back", "original_back_natural_days", "consignment.picked_up", "consignor", "RLGPGIR 86 IV"),
    _clock("storage", "storage_months", "unit.discarded", "holder", "LGPGIR 56; RLGPGIR 84"),
    _clock("incident-notice", "incident_notice_business_days", "incident.reported", "holder", "RLGPGIR 130, 131"),
)
_RP_CHECKS: Final = (
    PurposeCheck("consignee-permit", "LGPGIR 42, 50; RLGPGIR 56 III-IV"),
    PurposeCheck("carrier-permit", "LGPGIR 50 VI; RLGPGIR 46 VI"),
    PurposeCheck("classified", "LGPGIR 45; RLGPGIR 46 I"),
    PurposeCheck("registration", "RLGPGIR 43, 46; box 1 of the manifest"),
    PurposeCheck("waste-by-air", "LGPGIR 67 I, 106 X"),
    PurposeCheck("missing-at-reception", "box 18 of the manifest; policy"),
    PurposeCheck("weight-discrepancy", "box 18 of the manifest; policy"),
)
_RME_CHECKS: Final = (
    PurposeCheck("consignee-permit", "LGPGIR 9 III; law of the state"),
    PurposeCheck("carrier-permit", "LGPGIR 9 III; law of the state"),
    PurposeCheck("waste-by-air", "ICAO Technical Instructions, waste batteries", "secondary"),
    PurposeCheck("missing-at-reception", "policy"),
    PurposeCheck("weight-discrepancy", "policy"),
)
_GOODS_CHECKS: Final = (
    PurposeCheck("assessment-stale", "UN Model Regulations SP 376; 30 days: policy", "secondary"),
    PurposeCheck("approval-missing", "UN Model Regulations SP 376, P911, LP906", "secondary"),
    PurposeCheck("damaged-by-air", "UN Model Regulations SP 376", "secondary"),
)
_NO_WASTE: Final = Words(
    "Sin manifiesto ni reloj de almacenamiento mientras nadie la deseche; una batería desechada sigue siendo residuo.",
    "No manifest and no storage clock as long as nobody discards it; a discarded pack stays waste.",
)

PURPOSES: Final[Mapping[Purpose, PurposeTerms]] = {
    terms.purpose: terms
    for terms in (
        PurposeTerms(
            "waste_rp",
            Words("Residuo peligroso", "Hazardous waste"),
            "RP",
            papers=(MANIFEST, REGISTER_SHEET),
            clocks=_RP_CLOCKS,
            checks=(*_RP_CHECKS, *_GOODS_CHECKS),
        ),
        PurposeTerms(
            "waste_rme",
            Words("Residuo de manejo especial", "Special-handling waste"),
            "RME",
            papers=(RME_TRANSPORT,),
            checks=(*_RME_CHECKS, *_GOODS_CHECKS),
            notes=(
                Words(
                    "Lo autoriza y vigila el estado; sin manifiesto ni plazos federales.",
                    "The state authorises and inspects it; no federal manifest or terms.",
                ),
            ),
        ),
        PurposeTerms(
            "warranty_return",
            Words("Devolución en garantía", "Warranty return"),
            checks=_GOODS_CHECKS,
            notes=(_NO_WASTE,),
        ),
        PurposeTerms(
            "recall_return",
            Words("Retiro del fabricante", "Recall return"),
            checks=_GOODS_CHECKS,
            notes=(
                _NO_WASTE,
                Words(
                    "Retirada por seguridad cuenta como defectuosa: evalúela antes de embalarla.",
                    "Recalled for safety counts as defective: assess it before packing.",
                ),
            ),
        ),
        PurposeTerms(
            "second_life",
            Words("Segunda vida", "Second life"),
            checks=_GOODS_CHECKS,
            notes=(
                _NO_WASTE,
                Words(
                    "Si ya fue desechada, reusarla pide autorización (RLGPGIR 49 II).",
                    "Once discarded, reusing it takes a permit (RLGPGIR 49 II).",
                ),
            ),
        ),
        PurposeTerms("new_product", Words("Producto nuevo", "New product"), checks=_GOODS_CHECKS, notes=(_NO_WASTE,)),
        PurposeTerms(
            "maquiladora_return",
            Words("Retorno de maquiladora", "Maquiladora return"),
            papers=(RETURN_NOTICE, PEDIMENTO, MOVEMENT_DOCUMENT),
            clocks=(
                _clock("return-term", "return_natural_days", "unit.discarded", "consignor", "RLGPGIR 121"),
                _clock("return", "return_after_notice_business_days", "return_notice", "consignor", "RLGPGIR 124"),
                _clock(
                    "return-report", "return_report_natural_days", "consignment.delivered", "consignor", "RLGPGIR 124"
                ),
            ),
            checks=(PurposeCheck("return-notice", "RLGPGIR 121, 123"), *_GOODS_CHECKS),
            notes=(
                Words(
                    "No se espera e-Manifest de EE. UU.: allá viaja como residuo universal (40 CFR 273).",
                    "No US e-Manifest expected: there it travels as universal waste (40 CFR 273).",
                ),
                Words(
                    "El número de manifiesto extranjero es opcional (RLGPGIR 123).",
                    "The foreign manifest number is optional (RLGPGIR 123).",
                ),
                Words(
                    "El plazo es el de la importación temporal; 180 días naturales si no hay otro.",
                    "The term is that of the temporary import; 180 natural days if there is no other.",
                ),
            ),
        ),
        PurposeTerms(
            "export",
            Words("Exportación", "Export"),
            papers=(EXPORT_CONSENT, MOVEMENT_DOCUMENT, PEDIMENTO),
            clocks=(
                _clock("use-report", "use_report_natural_days", "consignment.delivered", "consignor", "RLGPGIR 114"),
            ),
            checks=(PurposeCheck("export-consent", "LGPGIR 87, 106 XXI; RLGPGIR 119"), *_GOODS_CHECKS),
            notes=(
                Words(
                    "Consentimiento y documento de movimiento son para residuos; un producto sale con su pedimento.",
                    "Consent and movement document are for waste; a product leaves with its customs declaration.",
                ),
            ),
        ),
        PurposeTerms(
            "municipal_collection",
            Words("Recolección municipal", "Municipal collection"),
            papers=(MUNICIPAL_PAPER,),
            checks=_GOODS_CHECKS,
            notes=(
                Words(
                    "Lo de los hogares queda exento del régimen federal (LGPGIR 23); una empresa no puede usarlo.",
                    "What comes from households is exempt from the federal rules (LGPGIR 23); a firm cannot use it.",
                ),
            ),
        ),
    )
}


class _Dated(Protocol):
    @property
    def from_on(self) -> str: ...
    @property
    def to_on(self) -> str | None: ...


_Row = TypeVar("_Row", bound=_Dated)


def _of_day(rows: Iterable[_Row], on: str) -> tuple[_Row, ...]:
    return tuple(row for row in rows if is_in_force(on, row.from_on, row.to_on))


def terms_of(purpose: Purpose, on: str) -> PurposeTerms:
    """What the purpose brings with it, of that only what is in force on the day (``2026-03-01``)."""
    terms = PURPOSES[purpose]
    return replace(
        terms,
        papers=_of_day(terms.papers, on),
        clocks=_of_day(terms.clocks, on),
        checks=_of_day(terms.checks, on),
    )


def clocks_of(purpose: Purpose, on: str, *, waste: Waste | None = None) -> tuple[PurposeClock, ...]:
    """The clocks of a load: those of its purpose, and those of hazardous waste if ``waste`` says it has some."""
    own = terms_of(purpose, on).clocks
    is_federal = _class_of(purpose, waste) == "RP"
    return tuple(dict.fromkeys((*own, *(_of_day(_RP_CLOCKS, on) if is_federal else ()))))


def _class_of(purpose: Purpose, waste: Waste | None) -> Waste | None:
    """The class under whose law the load travels: the stricter of what purpose and units say.

    What a municipality collects from households is outside the federal rules, whatever its class (LGPGIR 23).
    """
    if purpose == "municipal_collection":
        return "RME"
    return "RP" if waste == "RP" else PURPOSES[purpose].waste or waste


def _of_waste(purpose: Purpose, waste: Waste | None) -> tuple[Paper, ...]:
    """What the discarded units of a load ask for themselves."""
    if waste is None or purpose == "municipal_collection" or PURPOSES[purpose].waste == "RP":
        return ()
    return (MANIFEST, REGISTER_SHEET) if waste == "RP" else (RME_TRANSPORT,)


def papers_of(
    purpose: Purpose,
    mode: Mode | None,
    on: str,
    *,
    waste: Waste | None = None,
    conditions: frozenset[Condition] = frozenset(),
    is_dangerous: bool = True,
) -> tuple[Paper, ...]:
    """The papers of a load in the order of its folder, one of each name.

    Args:
        purpose: why it travels.
        mode: how; None counts as by road. Carta Porte data are drawn for the road alone.
        on: the day on which it leaves.
        waste: the stricter class among its discarded units, which a purpose never takes away.
        conditions: those of its units; a damaged or critical one takes an isolation card.
        is_dangerous: whether any of its goods has a UN number.
    """
    stated = _class_of(purpose, waste)
    papers = [*PURPOSES[purpose].papers, *_of_waste(purpose, waste)]
    if stated is not None or is_dangerous:
        papers.append(AUTHORISATIONS[stated])
    if is_dangerous:
        papers += [*DANGEROUS_GOODS, EMERGENCY_SHEET]
    if conditions & {"damaged", "critical"}:
        papers.append(ISOLATION_CARD)
    if mode in (None, "road"):
        papers.append(CARTA_PORTE)
    if purpose == "export" and stated is None:
        papers = [paper for paper in papers if paper.name not in ("export_consent", "movement_document")]
    by_name = {paper.name: paper for paper in _of_day(papers, on)}
    return tuple(by_name[name] for name in FOLDER_ORDER if name in by_name)

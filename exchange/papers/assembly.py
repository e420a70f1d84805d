"""A load, with what its parties say of it beside the log, as a folder of papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast, get_args

from certification.coverage import RECEIVING, find_load, is_waste
from certification.states import find_by_inegi
from compliance.load import HandOver, Load, LoadLine
from compliance.particulars import Carrying, Giving, Particulars, Receiving
from compliance.purpose import EMERGENCY_SHEET, ISOLATION_CARD, PURPOSES, Paper, Waste, papers_of
from compliance.retention import STARTS, Kept, find_rule, keep_until, keepers_of_manifest
from compliance.retention import Signed as Keeper
from compliance.transport.goods import Goods, goods_of
from exchange.attestation import Attestation
from exchange.carta_porte import CartaPorteData, Haul, Stop, carta_porte
from exchange.papers.folder import (
    CarrierBlock,
    Folder,
    HazardCode,
    Isolated,
    IssuedPaper,
    PartyBlock,
    PermitLine,
    Piece,
    Retention,
    Signed,
    WasteLine,
)
from exchange.papers.wording import (
    ASSURANCES,
    BASES,
    FITTINGS,
    PACKAGES,
    STAGES,
    UNIT_KINDS,
    chemistry_words,
    format_kg,
    format_local,
    giver_words,
)
from exchange.words import text, word
from labels.payload import format_payload
from ledger.domain.custody import Purpose
from ledger.domain.unit_id import parse_unit_id
from ledger.domain.values import PaperForm
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import codes_if_waste
from ledger.fold.state import Value

_SETTLED: Final = (
    "refused",
    "missing",
    "accepted",
    "returned",
    "cancelled",
    "lost",
    "taken",
    "redirected",
    "delivered",
)
_NEVER_LEFT: Final = frozenset({"cancelled", "dropped", "extra"})
_HAZARDS: Final = frozenset(get_args(HazardCode))
_TOXIC: Final = {"Te": "T", "Th": "T", "Tt": "T"}
"""Columns of NOM-052 for toxicity, which is one on the manifest."""


def assemble(
    load: Load, particulars: Mapping[str, Particulars], permits: Mapping[str, Sequence[Attestation]], base_url: str
) -> Folder:
    """The folder of this load, as of when it was read.

    Args:
        load: the consignment, whole.
        particulars: what its parties have said beside the log, by party.
        permits: what the log says of each party's authorisations on ``load.law_day``.
        base_url: of the ledger; the papers lead to an address below it.
    """
    return _Desk(load, particulars, permits).folder(base_url)


def waste_of(load: Load) -> Waste | None:
    """The stricter class of waste among the units that travel; None if none of them is waste."""
    tables = load.tables
    found = (find_load(line.unit, line.value, load.purpose, tables) for line in _travelling(load))
    classes = {waste.waste_class for waste in found if waste is not None}
    return "RP" if "RP" in classes else "RME" if classes else None


def verification_url(base_url: str, consignment: str) -> str:
    """Where anybody learns whether a paper's consignment is in the ledger, and how far it has come."""
    return f"{base_url}/c/{consignment}"


def haul_of(load: Load, particulars: Mapping[str, Particulars], carrier: str | None) -> Haul:
    """What the complement Carta Porte of one carrier is made from; of the consignor's own haul if None."""
    carrying = particulars.get(carrier or load.consignor or "", Particulars()).carrying
    border = load.border
    return Haul(
        goods=goods_of(load, load.law_day),
        carrying=carrying or Carrying(),
        origin=_stop(load, particulars, load.consignor, load.picked_up_at, load.origin),
        destination=_stop(load, particulars, load.consignee, None, load.destination),
        leaves_country=border is not None or load.purpose in ("export", "maquiladora_return"),
    )


def _origin(load: Load) -> Value | None:
    return load.sites.get(load.origin or "")


def _travelling(load: Load) -> list[LoadLine]:
    return [line for line in load.lines if line.line not in _NEVER_LEFT]


def _stop(
    load: Load, particulars: Mapping[str, Particulars], party: str | None, at: int | None, site: str | None
) -> Stop:
    said = particulars.get(party or "", Particulars())
    local = None if at is None else format_local(at, load.sites.get(site or "")).replace(" ", "T") + ":00"
    return Stop(said.rfc, _name(load, party, said), local, said.address)


def _name(load: Load, party: str | None, said: Particulars) -> str | None:
    """The public name; a natural person has none in the log, and may give it beside it."""
    if party is None:
        return None
    public: str | None = load.parties.get(party, {}).get("name")
    return public or said.name


class _Desk:
    """What the parts of one folder are put together from."""

    def __init__(
        self, load: Load, particulars: Mapping[str, Particulars], permits: Mapping[str, Sequence[Attestation]]
    ) -> None:
        self._load = load
        self._particulars = particulars
        self._permits = permits
        self._day = load.law_day
        self._tables = load.tables
        self._waste = waste_of(load)
        self._goods: tuple[Goods, ...] = goods_of(load, self._day)
        self._un_numbers = {unit: goods.identity.un_number for goods in self._goods for unit in goods.units}
        self._said = self._of(load.consignor)

    def folder(self, base_url: str) -> Folder:
        load = self._load
        giving = self._said.giving or Giving()
        receiving = self._of(load.consignee).receiving or Receiving()
        pieces = tuple(self._piece(number, line) for number, line in enumerate(_travelling(load), 1))
        return Folder(
            consignment=load.consignment,
            url=verification_url(base_url, load.consignment),
            day=legal_day(load.as_of, _origin(load)),
            purpose=_purpose_words(load.purpose),
            stage=STAGES.get(load.stage, load.stage),
            mode=word(load.act.get("mode", "road"), "es"),
            fitting=FITTINGS[load.act.get("fitting", "loose")],
            waste=self._waste,
            papers=self._papers(),
            consignor=self._party(load.consignor, "consignment.offered", frozenset()),
            giving=giving,
            carriers=tuple(map(self._carrier, load.carriers)),
            consignee=self._party(load.consignee, "consignment.received", RECEIVING),
            receiving=receiving,
            origin=self._place(load.origin),
            destination=self._place(load.destination),
            pieces=pieces,
            wastes=tuple(self._wastes(pieces, giving)),
            goods=self._goods,
            issued=self._issued(),
            approval=load.act.get("approval"),
            observations=tuple(self._observations()),
            retentions=tuple(self._retentions()),
            carta_porte=tuple(self._carta_porte()),
        )

    def _of(self, party: str | None) -> Particulars:
        return self._particulars.get(party or "", Particulars())

    def _papers(self) -> tuple[Paper, ...]:
        load = self._load
        conditions = frozenset(line.value.get("condition", "sound") for line in _travelling(load))
        is_dangerous = any(goods.identity.is_dangerous for goods in self._goods)
        if load.purpose not in PURPOSES:
            # Taken in without an offer: nothing was handed over for transport, and what is hot is hot.
            return (EMERGENCY_SHEET, *([ISOLATION_CARD] if conditions & {"damaged", "critical"} else []))
        return papers_of(
            cast(Purpose, load.purpose),
            load.act.get("mode"),
            self._day,
            waste=self._waste,
            conditions=conditions,
            is_dangerous=is_dangerous,
        )

    def _party(self, party: str | None, kind: str, activities: frozenset[str]) -> PartyBlock:
        said = self._of(party)
        return PartyBlock(
            party=party,
            name=_name(self._load, party, said),
            address=said.address,
            phone=said.phone,
            email=said.email,
            permits=tuple(map(_permit_line, self._relevant(party, activities))),
            signed=self._signed(party, kind),
        )

    def _carrier(self, party: str) -> CarrierBlock:
        who = self._party(party, "consignment.picked_up", frozenset({"transport"}))
        return CarrierBlock(who, self._of(party).carrying or Carrying())

    def _relevant(self, party: str | None, activities: frozenset[str]) -> list[Attestation]:
        """The party's permits for its part in this load; none are asked for what is no waste."""
        return [
            permit
            for permit in self._permits.get(party or "", ())
            if activities & set(permit.activities) and self._waste in permit.waste_classes and self._reaches(permit)
        ]

    def _reaches(self, permit: Attestation) -> bool:
        sites = {site.site for site in permit.sites}
        return "transport" in permit.activities or not sites or self._load.destination in (None, *sites)

    def _signed(self, party: str | None, kind: str) -> Signed | None:
        found = self._hand_over(party, kind)
        if found is None:
            return None
        at = format_local(found.occurred_at, self._load.sites.get(found.site or ""))
        return Signed(at, ASSURANCES[found.assurance], found.event)

    def _hand_over(self, party: str | None, kind: str) -> HandOver | None:
        return next((each for each in self._load.hand_overs if (each.party, each.kind) == (party, kind)), None)

    def _place(self, site: str | None) -> str | None:
        value = self._load.sites.get(site or "")
        if value is None:
            return None
        place = value["place"]
        state = find_by_inegi(place["state"])
        return f"{state.name if state else place['state']}, INEGI {place['state']}-{place['municipality']} ({site})"

    def _piece(self, number: int, line: LoadLine) -> Piece:
        value = line.value
        described = [UNIT_KINDS[value["kind"]], value.get("maker"), value.get("model"), value.get("material")]
        condition = value.get("condition", "sound")
        stored = value.get("stored_at")
        assessed = value.get("assessed")
        travels_as_waste = is_waste(value, self._load.purpose)
        codes = codes_if_waste(value, self._tables) if travels_as_waste else value.get("waste_codes", [])
        return Piece(
            number=number,
            unit=line.unit,
            serial=_serial(line.unit),
            what=", ".join(filter(None, described)),
            chemistry=chemistry_words(value["chemistry"]),
            condition=word(condition, "es"),
            mass_g=line.masses.declared_g,
            basis=BASES.get(value.get("mass_basis", ""), ""),
            energy_wh=value.get("energy_wh"),
            un_number=self._un_numbers.get(line.unit),
            isolated=None if condition == "sound" else cast(Isolated, condition),
            outcome=line.line if line.line in _SETTLED else None,
            hazards=hazards_of(codes),
            codes=tuple(codes),
            entered_on=None if stored is None else legal_day(stored, _origin(self._load)),
            left_on=None if self._load.picked_up_at is None else self._day,
            assessed_on=None if assessed is None else legal_day(assessed["mark"][0], _origin(self._load)),
        )

    def _wastes(self, pieces: Iterable[Piece], giving: Giving) -> Iterator[WasteLine]:
        groups: dict[tuple[str, frozenset[HazardCode]], list[Piece]] = {}
        values = {line.unit: line.value for line in self._load.lines}
        for piece in pieces:
            name = _waste_name(values[piece.unit], piece)
            groups.setdefault((name, piece.hazards), []).append(piece)
        for (name, hazards), members in groups.items():
            masses = [piece.mass_g for piece in members if piece.mass_g is not None]
            yield WasteLine(
                name=name,
                hazards=hazards,
                pieces=tuple(piece.number for piece in members),
                package=None if giving.package is None else PACKAGES[giving.package],
                capacity=giving.package_capacity,
                mass_g=sum(masses) if len(masses) == len(members) else None,
                estimated=any(piece.basis != BASES["weighed"] for piece in members),
                labelled=None,
            )

    def _issued(self) -> IssuedPaper | None:
        form: PaperForm = "manifest" if self._waste == "RP" else "rme_transport"
        paper = self._load.act.get("papers", {}).get(form)
        return None if paper is None else IssuedPaper(paper["number"], self._standing(paper))

    def _standing(self, paper: Value) -> str:
        origin = _origin(self._load)
        if "returned_at" in paper:
            return f"el original regresó el {legal_day(paper['returned_at'], origin)}"
        if paper.get("scanned_by"):
            return "se registró su foto; falta que regrese el original"
        if "issued_at" in paper:
            return f"se imprimió el {legal_day(paper['issued_at'], origin)}; falta la foto con firmas"
        return "sin registrar"

    def _observations(self) -> Iterator[str]:
        for outcome, title in (("refused", "Rechazadas"), ("missing", "Faltantes"), ("extra", "No manifestadas")):
            found = [line for line in self._load.lines if line.line == outcome]
            if found:
                yield f"{title}: {', '.join(_serial(line.unit) + _reason(line) for line in found)}."
        for finding in self._load.findings.values():
            if finding["requirement"] == "weight-discrepancy":
                facts = finding["facts"]
                yield (
                    f"Diferencia de peso: {format_kg(facts['expected_g'])} kg entregados,"
                    f" {format_kg(facts['found_g'])} kg recibidos."
                )

    def _retentions(self) -> Iterator[Retention]:
        if self._waste != "RP" or self._load.purpose not in PURPOSES:
            return
        for kept in keepers_of_manifest(self._keepers(), self._day):
            yield Retention("Manifiesto", self._holder(kept), _until(kept), kept.rule.article)
        register = find_rule("register", "consignor", self._day)
        if register is not None:
            until = keep_until(register, self._day) if self._load.picked_up_at is not None else _years(register.years)
            yield Retention("Bitácora (art. 71)", _holder_words("consignor"), until, register.article)

    def _keepers(self) -> Iterator[Keeper]:
        load = self._load
        if load.consignor is not None:
            yield Keeper("consignor", load.consignor, self._signed_on(load.consignor, "consignment.offered"))
        for carrier in load.carriers:
            yield Keeper("carrier", carrier, self._signed_on(carrier, "consignment.picked_up"))
        activities = {name for permit in self._relevant(load.consignee, RECEIVING) for name in permit.activities}
        if activities & RECEIVING == {"disposal"}:
            yield Keeper("disposer", load.consignee, None)
        else:
            yield Keeper("consignee", load.consignee, self._signed_on(load.consignee, "consignment.received"))

    def _signed_on(self, party: str, kind: str) -> str | None:
        found = self._hand_over(party, kind)
        return None if found is None else legal_day(found.occurred_at, self._load.sites.get(found.site or ""))

    def _holder(self, kept: Kept) -> str:
        party = kept.signed.party
        name = _name(self._load, party, self._of(party)) or party
        return f"{_holder_words(kept.signed.holder)}: {name}"

    def _carta_porte(self) -> Iterator[tuple[str, tuple[tuple[str, str | None], ...]]]:
        carriers: Sequence[str | None] = self._load.carriers or (None,)
        for nth, carrier in enumerate(carriers, 1):
            data = carta_porte(haul_of(self._load, self._particulars, carrier))
            prefix = "" if len(carriers) == 1 else f"Transportista {nth} · "
            yield from ((f"{prefix}{section}", members) for section, members in _sections(data))


def _purpose_words(purpose: str) -> str:
    if purpose in PURPOSES:
        return PURPOSES[cast(Purpose, purpose)].words.es
    return giver_words(purpose)


def _permit_line(permit: Attestation) -> PermitLine:
    reservations = {
        "only_transcribed": permit.only_transcribed,
        "claimed": permit.claimed,
        "stayed": permit.court is not None,
    }
    return PermitLine(
        authorisation=permit.authorisation,
        number=permit.number,
        activities=", ".join(word(code, "es") for code in permit.activities),
        waste_classes=", ".join(permit.waste_classes),
        authority=permit.authority.name or permit.authority.party,
        from_on=permit.from_on,
        to_on=permit.to_on,
        standing=word(permit.standing, "es"),
        in_force=permit.standing == "in-force",
        reservations=tuple(text(name, "es") for name, applies in reservations.items() if applies),
    )


def hazards_of(codes: Iterable[str]) -> frozenset[HazardCode]:
    """The columns of the manifest that these waste codes tick: a code of a hazard ticks one, the key of a list none."""
    letters = {_TOXIC.get(code, code) for code in codes}
    return cast(frozenset[HazardCode], frozenset(letters & _HAZARDS))


def _waste_name(value: Value, piece: Piece) -> str:
    plural = {"pack": "Baterías", "module": "Módulos", "cell": "Celdas", "lot": "Lote de"}[value["kind"]]
    keys = [code for code in piece.codes if code not in _HAZARDS and code not in _TOXIC]
    parts = [
        f"{plural} {value.get('material') or piece.chemistry}",
        "" if value.get("condition", "sound") == "sound" else f"{piece.condition}s",
        f"({', '.join(keys)})" if keys else "",
        f"UN {piece.un_number}" if piece.un_number else "",
    ]
    return " ".join(filter(None, parts))


def _serial(unit: str) -> str:
    """What people read of an id: what stands after its last slash."""
    return format_payload(parse_unit_id(unit)).rsplit("/", 1)[-1]


def _reason(line: LoadLine) -> str:
    words = {
        "damaged": "dañada",
        "not_as_described": "no es lo descrito",
        "no_capacity": "sin capacidad",
        "not_authorised": "sin autorización",
        "contaminated": "contaminada",
        "other": "otro motivo",
    }
    return f" ({words[line.reason]})" if line.reason in words else ""


def _holder_words(holder: str) -> str:
    return {
        "consignor": "Generador",
        "carrier": "Transportista",
        "consignee": "Destinatario",
        "disposer": "Destinatario (disposición final)",
    }[holder]


def _until(kept: Kept) -> str:
    return kept.until_on or f"{_years(kept.rule.years)} {STARTS[kept.rule.start].es}"


def _years(years: int) -> str:
    return f"{years} años"


def _sections(data: CartaPorteData) -> Iterator[tuple[str, tuple[tuple[str, str | None], ...]]]:
    """The complement's members under the path of their node, those that are missing among them."""
    members: dict[str, str | None] = dict(_flat(data.document()))
    members |= dict.fromkeys(data.missing)
    grouped: dict[str, list[tuple[str, str | None]]] = {}
    for path, value in members.items():
        node, _, name = path.rpartition("/")
        grouped.setdefault(_node_words(node), []).append((name, value))
    yield from ((node, tuple(rows)) for node, rows in grouped.items())
    if data.remarks:
        yield "Notas", tuple((str(n), remark.es) for n, remark in enumerate(data.remarks, 1))


def _node_words(path: str) -> str:
    """A node as people count: ``Mercancias/Mercancia/0`` is ``Mercancia 1``."""
    *_, last = ["CartaPorte", *filter(None, path.split("/"))]
    if not last.isdigit():
        return last
    return f"{path.split('/')[-2]} {int(last) + 1}"


def _flat(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, member in node.items():
            yield from _flat(member, f"{path}/{name}" if path else name)
    elif isinstance(node, list):
        for n, member in enumerate(node):
            yield from _flat(member, f"{path}/{n}")
    else:
        yield path, str(node)

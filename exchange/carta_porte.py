"""Data for SAT's complement Carta Porte 3.1 by road, under the complement's own names.

It is data for whoever has the CFDI stamped, not a CFDI: what only the issuer knows (``IdCCP``, concepts, prices) is
not in it. What nobody has said is left out and listed by its path; nothing is made up. Names, order and conditions:
SAT, complement Carta Porte 3.1 (since 2024-07-17).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from certification.states import find_state
from compliance.particulars import Address, Carrying, Policy
from compliance.reason import Words
from compliance.transport.goods import Goods

VERSION: Final = "3.1"
HAZARDOUS_PERMITS: Final = frozenset({"TPAF03", "TPAF07", "TPAF09"})
"""Keys of ``c_TipoPermiso`` for hazardous goods: federal, private, international (SAT, since 2024-07-17)."""
NO_PACKAGING: Final = "Z01"
"""Key of ``c_TipoEmbalaje`` for goods without packaging, as a vehicle is."""

_Kilograms = Annotated[str, StringConstraints(pattern=r"^\d{1,15}\.\d{3}$")]
_PLATE: Final = re.compile(r"[^\s-]{5,7}")
_Plate = Annotated[str, StringConstraints(pattern=r"^[^\s-]{5,7}$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
_PIECE: Final = "H87"
_KILOGRAM: Final = "KGM"
_MEXICO: Final = "MEX"


class Node(BaseModel):
    """One element of the complement; ``required`` names the attributes that it may not go without."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    required: ClassVar[tuple[str, ...]] = ()

    def missing(self) -> Iterator[str]:
        """Paths of what is required and not there, as ``Autotransporte/NumPermisoSCT``."""
        for name in self.required:
            if getattr(self, name) is None:
                yield name
        for name in type(self).model_fields:
            yield from _missing_below(name, getattr(self, name))


def _missing_below(name: str, value: object) -> Iterator[str]:
    nodes = value if isinstance(value, tuple) else (value,)
    for n, node in enumerate(nodes):
        if isinstance(node, Node):
            place = f"{name}/{n}" if isinstance(value, tuple) else name
            yield from (f"{place}/{path}" for path in node.missing())


class Direccion(Node):
    """An address; ``Pais`` is ISO 3166-1 alpha-3."""

    required: ClassVar[tuple[str, ...]] = ("Pais", "CodigoPostal")
    Calle: _Text | None = None
    NumeroExterior: _Text | None = None
    NumeroInterior: _Text | None = None
    Colonia: _Text | None = None
    Municipio: _Text | None = None
    Estado: _Text | None = None
    Pais: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    CodigoPostal: _Text | None = None


class Ubicacion(Node):
    """Where the goods leave or arrive, and when (local time without zone)."""

    required: ClassVar[tuple[str, ...]] = ("RFCRemitenteDestinatario", "FechaHoraSalidaLlegada", "Domicilio")
    TipoUbicacion: Literal["Origen", "Destino"]
    RFCRemitenteDestinatario: _Text | None = None
    NombreRemitenteDestinatario: _Text | None = None
    FechaHoraSalidaLlegada: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")] | None = None
    DistanciaRecorrida: _Text | None = None
    Domicilio: Direccion | None = None


class Destino(Ubicacion):
    """Where they arrive, after how many kilometres."""

    required: ClassVar[tuple[str, ...]] = (*Ubicacion.required, "DistanciaRecorrida")


class Mercancia(Node):
    """Goods of one identity. ``PesoEnKg`` has three decimals."""

    required: ClassVar[tuple[str, ...]] = ("BienesTransp", "MaterialPeligroso")
    BienesTransp: Annotated[str, StringConstraints(pattern=r"^\d{8}$")] | None = None
    Descripcion: _Text
    Cantidad: _Text
    ClaveUnidad: Literal["H87", "KGM"]
    MaterialPeligroso: Literal["Sí", "No"] | None = None
    CveMaterialPeligroso: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{4}$")] | None = None
    Embalaje: _Text | None = None
    DescripEmbalaje: _Text | None = None
    PesoEnKg: _Kilograms
    FraccionArancelaria: Annotated[str, StringConstraints(pattern=r"^\d{10}$")] | None = None


class MercanciaPeligrosa(Mercancia):
    """Hazardous goods say under which key, and how they are packed."""

    required: ClassVar[tuple[str, ...]] = (*Mercancia.required, "CveMaterialPeligroso", "Embalaje")


class IdentificacionVehicular(Node):
    """The vehicle; ``PesoBrutoVehicular`` in tonnes with two decimals."""

    required: ClassVar[tuple[str, ...]] = ("ConfigVehicular", "PesoBrutoVehicular", "PlacaVM", "AnioModeloVM")
    ConfigVehicular: _Text | None = None
    PesoBrutoVehicular: Annotated[str, StringConstraints(pattern=r"^\d{1,4}\.\d{2}$")] | None = None
    PlacaVM: _Plate | None = None
    AnioModeloVM: Annotated[int, Field(ge=1950, le=2100)] | None = None


class Seguros(Node):
    """Insurers and their policies."""

    required: ClassVar[tuple[str, ...]] = ("AseguraRespCivil", "PolizaRespCivil")
    AseguraRespCivil: _Text | None = None
    PolizaRespCivil: _Text | None = None
    AseguraMedAmbiente: _Text | None = None
    PolizaMedAmbiente: _Text | None = None
    AseguraCarga: _Text | None = None
    PolizaCarga: _Text | None = None


class SegurosDePeligrosos(Seguros):
    """With hazardous goods aboard, the environment is insured too."""

    required: ClassVar[tuple[str, ...]] = (*Seguros.required, "AseguraMedAmbiente", "PolizaMedAmbiente")


class Remolque(Node):
    """What the vehicle draws."""

    required: ClassVar[tuple[str, ...]] = ("SubTipoRem", "Placa")
    SubTipoRem: _Text | None = None
    Placa: _Plate | None = None


class Autotransporte(Node):
    """Who may carry, with what, insured by whom."""

    required: ClassVar[tuple[str, ...]] = ("PermSCT", "NumPermisoSCT")
    PermSCT: _Text | None = None
    NumPermisoSCT: _Text | None = None
    IdentificacionVehicular: IdentificacionVehicular
    Seguros: Seguros
    Remolques: tuple[Remolque, ...] = ()


class Mercancias(Node):
    """All goods, and the road transport that carries them; ``PesoBrutoTotal`` is the sum of the goods'."""

    PesoBrutoTotal: _Kilograms
    UnidadPeso: Literal["KGM"] = "KGM"
    NumTotalMercancias: int
    Mercancia: tuple[Mercancia, ...]
    Autotransporte: Autotransporte


class TiposFigura(Node):
    """Who drives."""

    required: ClassVar[tuple[str, ...]] = ("RFCFigura", "NumLicencia", "NombreFigura")
    TipoFigura: Literal["01"] = "01"
    RFCFigura: _Text | None = None
    NumLicencia: _Text | None = None
    NombreFigura: _Text | None = None


class CartaPorte(Node):
    """The complement, as far as the ledger and the parties know it."""

    required: ClassVar[tuple[str, ...]] = ("TotalDistRec",)
    Version: Literal["3.1"] = "3.1"
    TranspInternac: Literal["Sí", "No"]
    EntradaSalidaMerc: Literal["Salida"] | None = None
    TotalDistRec: _Text | None = None
    Ubicaciones: tuple[Ubicacion, ...]
    Mercancias: Mercancias
    FiguraTransporte: tuple[TiposFigura, ...]

    def missing(self) -> Iterator[str]:
        """Paths of what is required and not there; what leaves the country names its tariff item too."""
        yield from super().missing()
        if self.TranspInternac == "Sí":
            for n, goods in enumerate(self.Mercancias.Mercancia):
                if goods.FraccionArancelaria is None:
                    yield f"Mercancias/Mercancia/{n}/FraccionArancelaria"


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the goods leave or arrive.

    ``at`` is local time like ``2026-03-05T09:00:00``. ``country`` is alpha-3; None is Mexico, save for the destination
    of goods that leave it.
    """

    rfc: str | None = None
    name: str | None = None
    at: str | None = None
    address: Address | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Packaging:
    """How goods are packed: a key of SAT's ``c_TipoEmbalaje``, like ``4A``, and words for it."""

    key: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Haul:
    """One carrier's haul of a load: what the complement is made from.

    Attributes:
        goods: what is carried (``compliance.transport.goods``).
        carrying: what the carrier has said beside the log.
        origin, destination: from where to where.
        distance_m: by road; None if nobody measured it.
        leaves_country: whether the goods leave Mexico on this haul.
        goods_key: of SAT's ``c_ClaveProdServCP``, eight digits, for all goods.
        packaging: by UN number.
        tariff_item: ten digits, for all goods.
        driver_rfc: the driver's tax code.
        trailer_types: keys of SAT's ``c_SubTipoRem``, in the order of the trailers' plates.
    """

    goods: tuple[Goods, ...]
    carrying: Carrying
    origin: Stop
    destination: Stop
    distance_m: int | None = None
    leaves_country: bool = False
    goods_key: str | None = None
    packaging: Mapping[str, Packaging] | None = None
    tariff_item: str | None = None
    driver_rfc: str | None = None
    trailer_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CartaPorteData:
    """The complement's data, what is missing in it, and what who has it stamped should know."""

    complement: CartaPorte
    missing: tuple[str, ...]
    remarks: tuple[Words, ...]

    def document(self) -> dict[str, Any]:
        """As JSON, without what is missing."""
        return self.complement.model_dump(mode="json", exclude_none=True)

    def sections(self) -> tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...]:
        """For people: each element's path with its attributes; None stands for one that is missing."""
        sections: dict[str, list[tuple[str, str | None]]] = {}
        for path, value in [*_attributes("", self.document()), *((path, None) for path in self.missing)]:
            section, _, attribute = path.rpartition("/")
            sections.setdefault(section or "CartaPorte", []).append((attribute, value))
        return tuple((section, tuple(attributes)) for section, attributes in sections.items())


def _attributes(path: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, below in value.items():
                yield from _attributes(f"{path}/{name}" if path else name, below)
        case list():
            for n, below in enumerate(value):
                yield from _attributes(f"{path}/{n}", below)
        case _:
            yield path, str(value)


def carta_porte(haul: Haul) -> CartaPorteData:
    """The data of the complement for this haul.

    Raises:
        ValueError: a member is spelled as the complement does not allow.
    """
    hazardous = any(goods.identity.is_dangerous for goods in haul.goods)
    kilometres = None if haul.distance_m is None else format_kilometres(haul.distance_m)
    complement = CartaPorte(
        TranspInternac="Sí" if haul.leaves_country else "No",
        EntradaSalidaMerc="Salida" if haul.leaves_country else None,
        TotalDistRec=kilometres,
        Ubicaciones=(
            Ubicacion(TipoUbicacion="Origen", **_stop(haul.origin, _MEXICO)),
            Destino(
                TipoUbicacion="Destino",
                DistanciaRecorrida=kilometres,
                **_stop(haul.destination, None if haul.leaves_country else _MEXICO),
            ),
        ),
        Mercancias=Mercancias(
            PesoBrutoTotal=format_kilograms(sum(_mass_g(goods) for goods in haul.goods)),
            NumTotalMercancias=len(haul.goods),
            Mercancia=tuple(_mercancia(goods, haul) for goods in haul.goods),
            Autotransporte=_autotransporte(haul, hazardous=hazardous),
        ),
        FiguraTransporte=(
            TiposFigura(
                RFCFigura=haul.driver_rfc, NumLicencia=haul.carrying.driver_permit, NombreFigura=haul.carrying.driver
            ),
        ),
    )
    return CartaPorteData(complement, tuple(complement.missing()), tuple(_remarks(haul, hazardous=hazardous)))


def format_kilograms(mass_g: int) -> str:
    """Grams as kilograms with three decimals: ``435.000``."""
    return f"{mass_g // 1000}.{mass_g % 1000:03d}"


def format_kilometres(distance_m: int) -> str:
    """Metres as kilometres with two decimals, rounded half up: ``84.50``."""
    hundredths = (distance_m + 5) // 10
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _mass_g(goods: Goods) -> int:
    return goods.net_g if goods.gross_g is None else goods.gross_g


def _stop(stop: Stop, unsaid: str | None) -> dict[str, Any]:
    return {
        "RFCRemitenteDestinatario": stop.rfc,
        "NombreRemitenteDestinatario": stop.name,
        "FechaHoraSalidaLlegada": stop.at,
        "Domicilio": _domicilio(stop.address, stop.country or unsaid) if stop.address else None,
    }


def _domicilio(address: Address, country: str | None) -> Direccion:
    state = find_state(address.state) if country == _MEXICO else None
    return Direccion(
        Calle=address.street,
        NumeroExterior=address.exterior,
        NumeroInterior=address.interior,
        Colonia=address.neighbourhood,
        Municipio=address.municipality,
        # c_Estado has the letters of ISO 3166-2
        Estado=state.iso.removeprefix("MX-") if state else address.state,
        Pais=country,
        CodigoPostal=address.postcode,
    )


def _mercancia(goods: Goods, haul: Haul) -> Mercancia:
    identity = goods.identity
    is_material = goods.material is not None
    common: dict[str, Any] = {
        "BienesTransp": haul.goods_key,
        "Cantidad": format_kilograms(goods.net_g) if is_material else str(goods.pieces),
        "ClaveUnidad": _KILOGRAM if is_material else _PIECE,
        "PesoEnKg": format_kilograms(_mass_g(goods)),
        "FraccionArancelaria": haul.tariff_item,
    }
    if identity.un_number is None or identity.name is None:
        return Mercancia(Descripcion=goods.material or "Baterías sin número UN", **common)
    packaging = _packaging(goods, haul)
    return MercanciaPeligrosa(
        Descripcion=f"UN {identity.un_number} {identity.name.es}",
        MaterialPeligroso="Sí",
        CveMaterialPeligroso=identity.carta_porte.declared,
        Embalaje=packaging.key if packaging else None,
        DescripEmbalaje=packaging.description if packaging else None,
        **common,
    )


def _packaging(goods: Goods, haul: Haul) -> Packaging | None:
    """As stated; goods that have no packing instruction travel unpacked."""
    stated = (haul.packaging or {}).get(goods.identity.un_number or "")
    if stated is not None:
        return stated
    return None if goods.identity.packing else Packaging(NO_PACKAGING, "No aplica")


def _autotransporte(haul: Haul, *, hazardous: bool) -> Autotransporte:
    carrying = haul.carrying
    insured: dict[str, str] = {}
    for policy in reversed(carrying.policies):
        insured |= _policy(policy)
    types = dict(enumerate(haul.trailer_types))
    return Autotransporte(
        PermSCT=carrying.permit_type,
        NumPermisoSCT=carrying.permit,
        IdentificacionVehicular=IdentificacionVehicular(
            ConfigVehicular=carrying.vehicle_code,
            PesoBrutoVehicular=_tonnes(carrying.gross_mass_kg),
            PlacaVM=_find_plate(carrying.plate),
            AnioModeloVM=carrying.vehicle_year,
        ),
        Seguros=SegurosDePeligrosos(**insured) if hazardous else Seguros(**insured),
        Remolques=tuple(
            Remolque(SubTipoRem=types.get(n), Placa=_find_plate(plate)) for n, plate in enumerate(carrying.trailers)
        ),
    )


def _policy(policy: Policy) -> dict[str, str]:
    suffix = {"liability": "RespCivil", "environment": "MedAmbiente", "cargo": "Carga"}[policy.covers]
    return {f"Asegura{suffix}": policy.insurer, f"Poliza{suffix}": policy.number}


def _tonnes(mass_kg: int | None) -> str | None:
    if mass_kg is None:
        return None
    hundredths = (mass_kg + 5) // 10
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _find_plate(stated: str | None) -> str | None:
    """Without the hyphens and blanks that people write; None for one that the complement has no room for."""
    plate = (stated or "").replace("-", "").replace(" ", "")
    return plate if _PLATE.fullmatch(plate) else None


def _remarks(haul: Haul, *, hazardous: bool) -> Iterator[Words]:
    yield from _of_goods(haul.goods)
    for plate in (haul.carrying.plate, *haul.carrying.trailers):
        if plate is not None and _find_plate(plate) is None:
            yield Words(
                f"La placa {plate} no cabe: de 5 a 7 caracteres, sin guiones.",
                f"Plate {plate} does not fit: 5 to 7 characters, without hyphens.",
            )
    permit = haul.carrying.permit_type
    if hazardous and permit is not None and permit not in HAZARDOUS_PERMITS:
        yield Words(
            f"El permiso {permit} no es para materiales peligrosos: TPAF03, TPAF07 o TPAF09.",
            f"Permit {permit} is not for hazardous goods: TPAF03, TPAF07 or TPAF09.",
        )


def _of_goods(lines: Iterable[Goods]) -> Iterator[Words]:
    notes = [goods.identity.carta_porte.note for goods in lines]
    yield from dict.fromkeys(note for note in notes if note is not None)
    if any(goods.gross_g is None for goods in lines):
        yield Words(
            "PesoEnKg es la masa sin embalaje: nadie pesó el bulto.",
            "PesoEnKg is the mass without packaging: nobody weighed the package.",
        )

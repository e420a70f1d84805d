"""What the papers of a load say that the log does not: addresses, people, vehicles and policies, one part a party.

Names, plates, phones and addresses are personal data of drivers and sole traders. They lie beside the log, for the
parties of the consignment and for authorities that oversee it, and are erased without a trace in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from ledger.domain.values import Code, Day, Part
from ledger.errors import DepositInvalid
from ledger.fold.state import Value

PARTICULARS_BYTES_MAX: Final = 12 * 1024
"""Of one party's part, as JSON."""
POLICIES_MAX: Final = 8
TRAILERS_MAX: Final = 2
"""As many as a road train has (NOM-012-SCT-2)."""

# As in ledger/strict_json.py: what breaks lines or turns the direction of writing makes a paper say something else.
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_PRINTABLE = rf"^[^\s{_CONTROL}](?:[^{_CONTROL}]*[^\s{_CONTROL}])?$"
_Line = Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=160)]
_Short = Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=40)]
_Passage = Annotated[str, StringConstraints(pattern=_PRINTABLE, max_length=1000)]
_Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()/#*,ext.-]{5,38}[0-9]$", max_length=40)]
_Email = Annotated[str, StringConstraints(pattern=rf"^[^\s@{_CONTROL}]{{1,64}}@[^\s@{_CONTROL}]{{1,189}}$")]

Role = Literal["consignor", "carrier", "consignee"]


class Address(Part):
    """A postal address in the parts of boxes 4, 8 and 15 of the manifest's form."""

    street: _Line
    exterior: _Short | None = None
    interior: _Short | None = None
    neighbourhood: _Line | None = None
    municipality: _Line
    state: _Line
    postcode: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z -]{2,9}$")]


class Giving(Part):
    """What only the consignor can say.

    Attributes:
        registration: number of its environmental registration (NRA); no grammar of it was ever published.
        responsible: who signs for it in ink.
        instructions: for safe handling (box 6).
        emergency_phone: answered day and night while the load travels.
        extinguishing_agent: as the maker states it, in the maker's words; nobody else's.
        package, package_capacity: what the units are packed in, and how much one holds.
        process: area or process in which the waste arose (RLGPGIR 71 I c).
        next_step: what is done with it next (RLGPGIR 71 I e).
        register_responsible: who answers for the register (RLGPGIR 71 I g).
    """

    registration: Code | None = None
    responsible: _Line | None = None
    instructions: _Passage | None = None
    emergency_phone: _Phone | None = None
    extinguishing_agent: _Line | None = None
    package: (
        Literal["drum", "container", "tote", "pallet", "sack", "crate", "bag", "tank", "unpacked", "other"] | None
    ) = None
    package_capacity: _Short | None = None
    process: _Line | None = None
    next_step: _Line | None = None
    register_responsible: _Line | None = None


class Policy(Part):
    """An insurance that the carrier has for this load."""

    covers: Literal["liability", "environment", "cargo"]
    insurer: _Line
    number: _Short
    to_on: Day | None = None


class Carrying(Part):
    """What only a carrier can say.

    Attributes:
        permit_type: key of SAT's ``c_TipoPermiso``, like ``TPAF03``.
        permit: number of the permit of SICT (SCT).
        vehicle: type, in words; ``vehicle_code`` is the key of SAT's ``c_ConfigAutotransporte``, like ``C2``.
        vehicle_year, gross_mass_kg: model year; of vehicle and load.
        plate: of the vehicle; ``trailers`` are the plates of what it draws.
        driver, driver_permit: who drives, and the number of the federal permit to drive.
        route: from the consignor to the delivery (box 13).
    """

    permit_type: Annotated[str, StringConstraints(pattern=r"^TP[A-Z]{2}[0-9]{2}$")] | None = None
    permit: Code | None = None
    vehicle: _Line | None = None
    vehicle_code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,10}$")] | None = None
    vehicle_year: Annotated[int, Field(ge=1950, le=2100)] | None = None
    gross_mass_kg: Annotated[int, Field(ge=1, le=200_000)] | None = None
    plate: _Short | None = None
    trailers: Annotated[list[_Short], Field(max_length=TRAILERS_MAX)] = Field(default_factory=list)
    driver: _Line | None = None
    driver_permit: _Short | None = None
    route: _Passage | None = None
    policies: Annotated[list[Policy], Field(max_length=POLICIES_MAX)] = Field(default_factory=list)


class Receiving(Part):
    """What only the consignee can say: who takes the load in, and in which post (box 17)."""

    person: _Line | None = None
    post: _Line | None = None


class Particulars(Part):
    """One party's part; everything in it may be left to be filled in with ink.

    Attributes:
        name: as it is printed where the log has none: a natural person's.
        rfc: tax code, for Carta Porte.
        address, phone, email: where the party is reached about this load.
        giving, carrying, receiving: what it says in each of its roles in the consignment.
    """

    name: _Line | None = None
    rfc: Annotated[str, StringConstraints(pattern=r"^[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}$")] | None = None
    address: Address | None = None
    phone: _Phone | None = None
    email: _Email | None = None
    giving: Giving | None = None
    carrying: Carrying | None = None
    receiving: Receiving | None = None


_SAID_AS: Final[Mapping[Role, Callable[[Particulars], object]]] = {
    "consignor": lambda said: said.giving,
    "carrier": lambda said: said.carrying,
    "consignee": lambda said: said.receiving,
}


def roles_in(act: Value, party: str) -> frozenset[Role]:
    """What the party is in the consignment whose state value is ``act``; several where it carries its own load."""
    roles: dict[Role, list[Any]] = {
        "consignor": [act["consignor"]],
        "carrier": [*act["carriers"], *act.get("next_carriers", [])],
        "consignee": [act["consignee"]],
    }
    return frozenset(role for role, parties in roles.items() if party in parties)


def check_particulars(said: Particulars, roles: frozenset[Role]) -> None:
    """A party speaks in the roles it has, and not at length.

    Raises:
        DepositInvalid: otherwise.
    """
    for role, part in _SAID_AS.items():
        if part(said) is not None and role not in roles:
            raise DepositInvalid(f"The party is not {role} of this consignment.", role=role)
    if len(said.model_dump_json(exclude_none=True).encode()) > PARTICULARS_BYTES_MAX:
        raise DepositInvalid("The particulars are too long.", limit_bytes=PARTICULARS_BYTES_MAX)

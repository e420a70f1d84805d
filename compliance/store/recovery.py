"""Reading what went into a batch and what its lots were found to hold."""

from __future__ import annotations

from compliance.recovery import FedUnit, OutputLot, Recovery, recovery_of
from compliance.store.registers import payloads_about
from ledger.domain.matter import BatchAssayed, BatchClosed, BatchFed
from ledger.domain.payload import act_key, unit_key
from ledger.errors import SubjectUnknown
from ledger.store.session import Reader
from ledger.store.state import load_states


def read_recovery(reader: Reader, batch: str) -> list[Recovery]:
    """The recovery of a batch, by its statements and the units that it names.

    Raises:
        SubjectUnknown: there is no such batch.
    """
    key = act_key(batch)
    act = load_states(reader, [key])[key]
    if act is None or act["kind"] != "batch":
        raise SubjectUnknown("no such batch", subject=key)
    fed: list[str] = []
    masses_g: dict[str, int] = {}
    assayed: dict[str, dict[str, int]] = {}
    for payload in payloads_about(reader, batch):
        match payload:
            case BatchFed():
                fed += [unit_key(unit.id) for unit in payload.units]
            case BatchClosed():
                masses_g = {lot.id: lot.mass_g for lot in payload.outputs}
            case BatchAssayed(lot=str(lot)):
                assayed[lot] = {content.substance: content.ppm for content in payload.contents}
    units = [unit for unit in load_states(reader, fed).values() if unit is not None]
    return recovery_of(
        (FedUnit(unit["chemistry"], unit.get("energy_wh")) for unit in units),
        (OutputLot(mass_g, assayed.get(lot)) for lot, mass_g in masses_g.items()),
    )

"""What the detectors are given of a ledger."""

from __future__ import annotations

from typing import Any

from compliance.anomalies.rows import Rows, read_rows
from ledger.event import parse_event
from tests.yard import Yard


def rows_of(yard: Yard) -> Rows:
    return read_rows(parse_event(raw) for n, raw in enumerate(yard.entries) if n not in yard.void)


def received(yard: Yard, mass_g: int) -> tuple[str, str]:
    """A pack that the centre weighed at its reception: its id, and the event of the reception."""
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier], site=yard.workshop.site)
    yard.pass_time(3600)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    yard.pass_time(7200)
    line = {"id": pack, "outcome": "accepted", "mass_g": mass_g, "mass_basis": "weighed"}
    event = yard.say(
        yard.centre,
        "consignment.received",
        consignment=consignment,
        site=yard.centre.site,
        basis="offer",
        lines=[line],
    )
    return pack, event


def test_a_reception_is_a_reading_and_the_end_of_a_trip() -> None:
    yard = Yard()
    pack, _ = received(yard, 430_000)

    rows = rows_of(yard)

    [reading], [trip] = rows.readings, rows.trips
    assert (reading.unit, reading.party, reading.mass_g, reading.attested) == (pack, yard.centre.party, 430_000, False)
    assert (trip.origin, trip.destination) == (yard.workshop.site, yard.centre.site)
    assert trip.arrived_at - trip.left_at == 7200
    assert rows.units[pack].mass_g == 435_000


def test_a_corrected_mass_replaces_the_reading() -> None:
    yard = Yard()
    _, event = received(yard, 43_000)
    mended: dict[str, Any] = {"pointer": "/lines/0/mass_g", "was": 43_000, "now": 430_000, "reason": "typing_error"}
    yard.say(yard.centre, "event.corrected", event=event, **mended)

    assert [reading.mass_g for reading in rows_of(yard).readings] == [430_000]


def test_what_was_found_again_was_not_lost() -> None:
    yard = Yard()
    kept, gone = yard.waste_pack(), yard.waste_pack()
    yard.say(yard.workshop, "unit.lost", units=[kept])
    yard.say(yard.workshop, "unit.lost", units=[gone])
    yard.say(yard.workshop, "unit.found", units=[kept])

    assert [loss.unit for loss in rows_of(yard).losses] == [gone]


def test_a_batch_is_a_row_once_its_books_are_closed() -> None:
    yard = Yard()
    pack, batch = yard.waste_pack(yard.recycler), yard.new_id("bch")
    yard.say(yard.recycler, "batch.opened", batch=batch, activity="recycling", process="mechanical")
    fed = [{"id": pack, "mass_g": 434_000, "mass_basis": "weighed"}]
    yard.say(yard.recycler, "batch.fed", batch=batch, units=fed)
    assert rows_of(yard).batches == []
    yard.say(yard.recycler, "batch.closed", batch=batch, outputs=[], stock_g=430_000, unexplained_g=4_000)

    [row] = rows_of(yard).batches

    assert (row.batch, row.fed_g, row.unexplained_g) == (batch, 434_000, 4_000)

"""What went into a batch and came out of it is read from the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance.store.recovery import read_recovery
from ledger.errors import SubjectUnknown
from tests.compliance.disposals import give_waste, open_year, recycle
from tests.ledger.store.desk import open_desk


def test_the_newest_assay_of_a_lot_counts_and_a_batch_that_is_none_is_refused(tmp_path: Path) -> None:
    with open_desk(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as desk:
        yard = desk.yard
        open_year(yard)
        batch, lot = recycle(yard, give_waste(yard, desk.pass_time, units=2))
        for ppm in (1, 20_000):
            contents = [{"substance": "Co", "ppm": ppm}]
            yard.say(yard.recycler, "batch.assayed", batch=batch, lot=lot, contents=contents)
        desk.catch_up()

        with desk.store.read() as reader:
            rows = {row.element: row for row in read_recovery(reader, batch)}
            with pytest.raises(SubjectUnknown):
                read_recovery(reader, yard.new_id("bch"))

    mass_g = yard.unit(lot)["mass_g"]
    assert rows["Co"].found_mg == mass_g * 20
    assert rows["Co"].is_whole
    assert rows["Li"].found_mg == 0

"""Matter changes form, and the books close: nothing appears or vanishes but by a signed line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ledger.domain import matter as kinds
from ledger.domain.life import Description
from ledger.domain.payload import act_key, site_key, unit_key
from ledger.domain.values import INTEGER_MAX
from ledger.errors import BooksDoNotClose, NotConcerned, SubjectUnknown, TransitionNotAllowed
from ledger.fold.legal_day import legal_day
from ledger.fold.life import (
    cease_to_be_waste,
    check_movable,
    check_stage,
    end_unit,
    generate,
    keep_generation,
    keep_import,
    new_unit,
)
from ledger.fold.regime import FEDERAL, as_listed, class_of, mixed_class, tables_keys, tables_on
from ledger.fold.state import Draft, State, Value

BATCH_G_MAX: Final = INTEGER_MAX
"""What a batch's running masses stay within: whoever reads them as JSON has no exact integers beyond it."""
CLAIMS_MAX: Final = 16
"""Standing claims on one unit under one scheme that are remembered, the newest; each got its finding."""
_OF_PARTS: Final = (
    "waste_class",
    "waste_codes",
    "determined",
    "generated",
    "held",
    "extensions",
    "temporary",
    "recalled",
)
"""Members of a unit's value that its parts have too."""
PROCESSABLE: Final = frozenset({"removed", "waste", "product", "stock"})


def further_keys(state: State, payload: object) -> list[str]:
    """Keys reached only through loaded values.

    For a claim, those that stand on the same units already; for a feed, the law that classes its units, and the site.
    """
    if isinstance(payload, kinds.BatchFed):
        batch = state.get(act_key(payload.batch)) or {}
        return [*tables_keys(state, FEDERAL), *([site_key(batch["site"])] if "site" in batch else [])]
    if not isinstance(payload, kinds.ClaimMade):
        return []
    earlier = [state.get(key) for key in payload.reads()]
    return [act_key(claim) for claimed in earlier if claimed for claim in claimed["claims"]]


def _batch(draft: Draft, batch: str) -> Value:
    act = draft.edit(act_key(batch), "/batch")
    if act["kind"] != "batch":
        raise SubjectUnknown("not a batch", field="/batch")
    if act["party"] != draft.event.party:
        raise NotConcerned("the batch is another party's", field="/batch")
    if act["stage"] != "open":
        raise TransitionNotAllowed("the batch is closed", field="/batch")
    return act


def _open_batch(draft: Draft, payload: kinds.BatchOpened) -> None:
    act: Value = {
        "kind": "batch",
        "stage": "open",
        "party": payload.party,
        "activity": payload.activity,
        "process": payload.process,
        "fed_g": 0,
        "added_g": 0,
        "emitted_g": 0,
        "units": 0,
    }
    if payload.site is not None:
        act["site"] = payload.site
    draft.put(act_key(payload.batch), act)


def _feed(draft: Draft, payload: kinds.BatchFed) -> None:
    batch = _batch(draft, payload.batch)
    tables = tables_on(draft.state, FEDERAL, _day_of_feeding(draft, batch))
    classes = [batch.get("waste_class")] if batch["units"] else []
    for n, fed in enumerate(payload.units):
        unit = draft.edit(unit_key(fed.id), f"/units/{n}")
        check_movable(unit, f"/units/{n}", stages=PROCESSABLE)
        if unit["kind"] == "lot" and fed.mass_g != unit["mass_g"]:
            raise BooksDoNotClose(
                "a lot goes in with the mass it has", field=f"/units/{n}/mass_g", mass_g=unit["mass_g"]
            )
        unit["fed_mass_g"] = fed.mass_g
        unit["batch"] = payload.batch
        batch["fed_g"] += fed.mass_g
        batch["units"] += 1
        classes.append("RP" if class_of(unit, tables) == "RP" else unit.get("waste_class"))
        end_unit(unit, "consumed")
    batch.pop("waste_class", None)
    waste_class = mixed_class(classes)
    if waste_class is not None:
        batch["waste_class"] = waste_class
    _check_batch_mass(batch, "/units")


def _day_of_feeding(draft: Draft, batch: Value) -> str:
    """The legal day where the batch is: by its law the hazard of what goes in comes out again (RLGPGIR 35 III)."""
    payload = draft.event.payload
    site = batch.get("site") or payload.site
    return legal_day(payload.occurred_at, draft.get(site_key(site)) if site else None)


def _step(draft: Draft, payload: kinds.BatchStepped) -> None:
    batch = _batch(draft, payload.batch)
    batch["added_g"] += sum(added.mass_g for added in payload.additions)
    batch["emitted_g"] += sum(emitted.mass_g for emitted in payload.emissions)
    _check_batch_mass(batch, "/additions")


def _check_batch_mass(batch: Value, pointer: str) -> None:
    if max(batch["fed_g"] + batch["added_g"], batch["emitted_g"]) > BATCH_G_MAX:
        raise TransitionNotAllowed("no batch is this heavy", field=pointer, cure="close it and open another")


def _assay(draft: Draft, payload: kinds.BatchAssayed) -> None:
    if draft.get(act_key(payload.batch), "/batch")["kind"] != "batch":
        raise SubjectUnknown("not a batch", field="/batch")
    if payload.lot is not None and draft.get(unit_key(payload.lot), "/lot").get("batch") != payload.batch:
        raise SubjectUnknown("the lot is not of this batch", field="/lot")


def _close_batch(draft: Draft, payload: kinds.BatchClosed) -> None:
    batch = _batch(draft, payload.batch)
    put_in = batch["fed_g"] + batch["added_g"]
    came_out = sum(lot.mass_g for lot in payload.outputs) + batch["emitted_g"] + payload.stock_g
    _check_books(put_in, came_out, payload.unexplained_g)
    for n, lot in enumerate(payload.outputs):
        unit = _new_lot(draft, lot, f"/outputs/{n}", "waste", batch.get("waste_class"))
        unit["batch"] = payload.batch
        unit["processed_by"] = payload.party
        generate(draft, unit)
    batch["stage"] = "closed"
    batch["stock_g"] = payload.stock_g
    batch["unexplained_g"] = payload.unexplained_g


def _check_books(put_in_g: int, came_out_g: int, unexplained_g: int) -> None:
    """Inputs + additions = outputs + emissions + stock + unexplained, to the gram.

    Raises:
        BooksDoNotClose: they do not; ``difference_g`` is what the unexplained line would have to be.
    """
    if put_in_g != came_out_g + unexplained_g:
        raise BooksDoNotClose(
            "the masses in and out differ from the unexplained line",
            field="/unexplained_g",
            cure=f"check the masses, or sign an unexplained line of {put_in_g - came_out_g} g",
            put_in_g=put_in_g,
            came_out_g=came_out_g,
            difference_g=put_in_g - came_out_g,
        )


def _new_lot(draft: Draft, lot: kinds.NewLot, pointer: str, stage: str, waste_class: str | None) -> Value:
    description = Description(
        unit_kind="lot", chemistry="unknown", mass_g=lot.mass_g, mass_basis="weighed", material=lot.material
    )
    unit = new_unit(draft, lot.id, pointer, description, stage, draft.event.party)
    if draft.event.payload.site is not None:
        unit["site"] = draft.event.payload.site
    if waste_class is not None:
        unit["waste_class"] = waste_class
    return unit


def _lot(draft: Draft, unit_id: str, pointer: str) -> Value:
    unit = draft.edit(unit_key(unit_id), pointer)
    if unit["kind"] != "lot":
        raise TransitionNotAllowed("only a lot is split or merged", field=pointer)
    check_movable(unit, pointer)
    return unit


def _split(draft: Draft, payload: kinds.LotSplit) -> None:
    lot = _lot(draft, payload.lot.id, "/lot")
    _check_equal_mass(lot["mass_g"], payload.into, "/into")
    for n, part in enumerate(payload.into):
        if part.material != lot["material"]:
            raise TransitionNotAllowed("a part is of the lot's own material", field=f"/into/{n}/material")
        unit = _new_lot(draft, part, f"/into/{n}", lot["stage"], lot.get("waste_class"))
        unit["from"] = [payload.lot.id]
        if "determined" in lot:
            unit["determined"] = lot["determined"]
        _keep_of_lots(unit, [lot])
    end_unit(lot, "divided")


def _check_equal_mass(mass_g: int, parts: Sequence[kinds.NewLot], pointer: str) -> None:
    total = sum(part.mass_g for part in parts)
    if total != mass_g:
        raise BooksDoNotClose("splitting and merging keep the mass", field=pointer, mass_g=mass_g, parts_g=total)


def _merge(draft: Draft, payload: kinds.LotMerged) -> None:
    lots = [_lot(draft, link.id, f"/units/{n}") for n, link in enumerate(payload.units)]
    if {lot["material"] for lot in lots} != {payload.into.material}:
        raise TransitionNotAllowed("only lots of one material merge", field="/into/material")
    if len({lot["stage"] for lot in lots}) != 1:
        raise TransitionNotAllowed("waste and product do not merge", field="/units")
    _check_equal_mass(sum(lot["mass_g"] for lot in lots), [payload.into], "/into/mass_g")
    # of one material, so that a list names all of them or none: what each was determined to be is what tells them apart
    waste_class = mixed_class(lot.get("waste_class") for lot in lots)
    unit = _new_lot(draft, payload.into, "/into", lots[0]["stage"], waste_class)
    unit["from"] = [link.id for link in payload.units]
    _keep_of_lots(unit, lots)
    for lot in lots:
        end_unit(lot, "blended")


def _keep_of_lots(unit: Value, lots: Sequence[Value]) -> None:
    """What goes over from lots to what is made of them without a process: age, codes of hazard, import, maker."""
    keep_generation(unit, lots)
    keep_import(unit, lots)
    codes = sorted({code for lot in lots for code in lot.get("waste_codes", ())})
    if codes:
        unit["waste_codes"] = codes
    _keep_processor(unit, lots)


def _keep_processor(unit: Value, lots: Sequence[Value]) -> None:
    """Who made the material in a batch of its own, if that was one party for all of it."""
    processors = {lot.get("processed_by") for lot in lots}
    if len(processors) == 1 and None not in processors:
        [unit["processed_by"]] = processors


def _dismantle(draft: Draft, payload: kinds.UnitDismantled) -> None:
    unit = draft.edit(unit_key(payload.unit.id), "/unit")
    check_movable(unit, "/unit", stages=frozenset({"removed", "waste"}))
    if unit["kind"] == "lot":
        raise TransitionNotAllowed("a lot is not dismantled: it is split or fed to a batch", field="/unit")
    _check_books(unit["mass_g"], sum(part.description.mass_g for part in payload.parts), payload.unexplained_g)
    for n, part in enumerate(payload.parts):
        value = new_unit(draft, part.id, f"/parts/{n}", part.description, unit["stage"], payload.party)
        value["from"] = [payload.unit.id]
        value["condition"] = unit.get("condition", "sound")
        if payload.site is not None:
            value["site"] = payload.site
        for member in (
            "waste_class",
            "waste_codes",
            "determined",
            "generated",
            "held",
            "extensions",
            "temporary",
            "recalled",
        ):
            if member in unit:
                value[member] = unit[member]
        if unit["stage"] == "waste":
            value["part_of"] = as_listed(unit)
    end_unit(unit, "dismantled")


def _release(draft: Draft, payload: kinds.ProductReleased) -> None:
    draft.put(
        act_key(payload.release),
        {"kind": "release", "party": payload.party, "specification": payload.specification},
    )
    for n, link in enumerate(payload.units):
        lot = _lot(draft, link.id, f"/units/{n}")
        check_stage(lot, f"/units/{n}", frozenset({"waste"}))
        lot["stage"] = "product"
        lot["release"] = payload.release
        cease_to_be_waste(lot, payload.occurred_at)


def _claim(draft: Draft, payload: kinds.ClaimMade) -> None:
    draft.put(
        act_key(payload.claim),
        {"kind": "claim", "stage": "made", "party": payload.party, "scheme": payload.scheme},
    )
    for n, claimed in enumerate(payload.units):
        unit = draft.get(unit_key(claimed.id), f"/units/{n}")
        if unit["stage"] == "reserved":
            raise TransitionNotAllowed("a tag without a unit has no mass", field=f"/units/{n}", stage="reserved")
        if claimed.mass_g > unit["mass_g"]:
            raise BooksDoNotClose(
                "a claim cannot exceed the unit's mass", field=f"/units/{n}/mass_g", mass_g=unit["mass_g"]
            )
        key = f"claimed/{payload.scheme}/{claimed.id}"
        earlier = (draft.find(key) or {"claims": []})["claims"]
        standing = [claim for claim in earlier if draft.get(act_key(claim))["stage"] == "made"]
        if standing:
            draft.open_finding("claimed-twice", party=payload.party, subject=claimed.id, other_claim=standing[-1])
        # Anybody may claim any unit: what one more claim costs must not grow with those before it.
        draft.put(key, {"claims": [*standing, payload.claim][-CLAIMS_MAX:]})


def _retire(draft: Draft, payload: kinds.ClaimRetired) -> None:
    claim = draft.edit(act_key(payload.claim), "/claim")
    if claim["kind"] != "claim" or claim["party"] != payload.party:
        raise NotConcerned("the claim is another party's", field="/claim")
    if claim["stage"] != "made":
        raise TransitionNotAllowed("the claim was retired", field="/claim")
    claim["stage"] = "retired"


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.BatchOpened: _open_batch,
    kinds.BatchFed: _feed,
    kinds.BatchStepped: _step,
    kinds.BatchAssayed: _assay,
    kinds.BatchClosed: _close_batch,
    kinds.LotSplit: _split,
    kinds.LotMerged: _merge,
    kinds.UnitDismantled: _dismantle,
    kinds.ProductReleased: _release,
    kinds.ClaimMade: _claim,
    kinds.ClaimRetired: _retire,
}

"""A unit's life: which stage follows which, and who holds it.

Stages: ``reserved`` (a tag without a pack) → ``stock`` → ``marketed`` → ``in_use`` → ``removed`` → ``waste``, with ways
back by repair and repurposing; ``product`` (a lot that stopped being waste); ``exported`` (held abroad). A unit in a
terminal stage has no holder and never moves again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ledger.domain import life as kinds
from ledger.domain.life import WASTE_LABEL, tags_key
from ledger.domain.payload import act_key, site_key, unit_key
from ledger.errors import NotConcerned, SubjectExists, TransitionNotAllowed
from ledger.fold.admission import signer_assurance
from ledger.fold.consignment import check_assigned_unit, leave_consignment
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Draft, State, Value, parse_step

IN_USE: Final = "in_use"
"""Holder of a unit that the public has: a vehicle owner cannot sign."""
ABROAD: Final = "abroad"
HELD: Final = frozenset({"stock", "marketed", "removed", "waste", "product"})
"""Stages in which a party holds the unit and may move it."""
TAGS_OPEN_MAX: Final = 50_000
"""Tags that may stand reserved for one party without a unit: rolls for years of a yard."""
HOLDERS_MAX: Final = 16
"""Parties that a unit names as having had it as waste: the newest."""
OF_WASTE: Final = (
    "waste_class",
    "waste_codes",
    "determined",
    "generated",
    "held",
    "extensions",
    "labelled_at",
    "stored_at",
    "part_of",
)
"""Members of a unit's value that are about it as waste."""
_TOLD: Final = ("incident", "told_at")
"""Members of a unit's value about its loss or theft that go when it is back."""
TERMINAL: Final = frozenset({"dismantled", "consumed", "disposed", "superseded", "annulled", "divided", "blended"})


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the table of a unit's life: from which stages, to which (None: it stays), and who holds it then."""

    origin: frozenset[str]
    stage: str | None = None
    holder: str | None = None
    """None: nobody new. ``signer``: the party that signs. Else one of the fixed holders."""
    in_consignment: bool = False
    under_order: bool = False


LIFE: Final[dict[str, Move]] = {
    "unit.placed_on_market": Move(frozenset({"stock"}), "marketed"),
    "unit.installed": Move(frozenset({"stock", "marketed", "removed"}), "in_use", IN_USE),
    "unit.removed": Move(frozenset({"in_use"}), "removed", "signer", under_order=True),
    "unit.repaired": Move(frozenset({"stock", "marketed", "removed"})),
    "unit.remanufactured": Move(frozenset({"removed", "waste"}), "stock"),
    "unit.repurposed": Move(frozenset({"stock", "removed", "waste"}), "stock"),
    "unit.reused": Move(frozenset({"stock", "removed"}), "in_use", IN_USE),
    "unit.discarded": Move(frozenset({"stock", "marketed", "removed", "product"}), "waste", under_order=True),
    "unit.classified": Move(frozenset({"waste"}), in_consignment=True, under_order=True),
    "unit.stored": Move(HELD, under_order=True),
    "unit.lost": Move(HELD, in_consignment=True, under_order=True),
    "unit.found": Move(HELD, holder="signer", in_consignment=True, under_order=True),
    "unit.exported": Move(HELD, "exported", ABROAD),
    "unit.returned": Move(frozenset({"exported"}), holder="signer"),
    "unit.disposed": Move(frozenset({"waste"}), "disposed"),
    "unit.seized": Move(HELD | {"in_use"}, holder="signer", in_consignment=True, under_order=True),
}


def further_keys(state: State, payload: object) -> list[str]:
    """Keys reached only through loaded values: the sites at which units are that are discarded."""
    if not isinstance(payload, kinds.UnitDiscarded):
        return []
    units = (state.get(unit_key(link.id)) or {} for link in payload.units)
    return [site_key(unit["site"]) for unit in units if "site" in unit]


def check_movable(unit: Value, pointer: str, *, stages: frozenset[str] = HELD) -> None:
    """The unit is in one of the stages, in no consignment, and under no order, loss or theft that blocks it.

    Raises:
        TransitionNotAllowed: otherwise; ``stage`` tells where it is.
    """
    check_stage(unit, pointer, stages)
    if "consignment" in unit:
        raise TransitionNotAllowed("the unit is in a consignment", field=pointer, consignment=unit["consignment"])
    check_unblocked(unit, pointer)


def check_stage(unit: Value, pointer: str, stages: frozenset[str]) -> None:
    """The unit is in one of the stages.

    Raises:
        TransitionNotAllowed: it is not.
    """
    if unit["stage"] not in stages:
        raise TransitionNotAllowed(
            f"the unit is {unit['stage']}; this takes one of: {', '.join(sorted(stages))}",
            field=pointer,
            stage=unit["stage"],
        )


def blocking_orders(unit: Value) -> list[str]:
    """The orders of authorities that stand against moving the unit."""
    orders = unit.get("orders", {}).items()
    return [order for order, effect in orders if effect in ("quarantine", "seizure", "isolate")]


def check_no_order(unit: Value, pointer: str) -> None:
    """No order of an authority stands against moving the unit.

    Raises:
        TransitionNotAllowed: one does.
    """
    blocking = blocking_orders(unit)
    if blocking:
        raise TransitionNotAllowed(
            "an order of an authority blocks the unit",
            field=pointer,
            cure="have the order lifted",
            orders=[*blocking],
        )


def check_unblocked(unit: Value, pointer: str) -> None:
    """No order, quarantine, loss or theft stands against moving the unit.

    Raises:
        TransitionNotAllowed: one does.
    """
    check_no_order(unit, pointer)
    if "quarantined" in unit:
        raise TransitionNotAllowed("the unit is in quarantine", field=pointer, cure="have its holder release it")
    for flag in ("lost", "stolen"):
        if flag in unit:
            raise TransitionNotAllowed(
                f"the unit is reported {flag}",
                field=pointer,
                cure=f"record that it was {'found' if flag == 'lost' else 'recovered'}",
            )


def _check_present(unit: Value, pointer: str) -> None:
    if "lost" in unit:
        raise TransitionNotAllowed("the unit is reported lost", field=pointer, cure="record that it was found")


def end_unit(unit: Value, stage: str) -> None:
    """Bring the unit to a terminal stage: nobody holds it from here on."""
    unit["stage"] = stage
    for member in ("holder", "site", "consignment", "line", "to", "claim"):
        unit.pop(member, None)


def stronger_class(one: str | None, other: str | None) -> str | None:
    """The stricter of two waste classes: RP before RME before none determined (RLGPGIR 35 III)."""
    order = ["RP", "RME"]
    return next((name for name in order if name in (one, other)), None)


def new_unit(draft: Draft, unit: str, pointer: str, description: kinds.Description, stage: str, holder: str) -> Value:
    """Bring a unit into being, or bind it to its reserved tag.

    Raises:
        SubjectExists: it is there already, or its tag is reserved for another party.
    """
    key = unit_key(unit)
    reserved = draft.find(key)
    if reserved is not None and (reserved["stage"] != "reserved" or reserved["reserved_for"] != draft.event.party):
        raise SubjectExists(
            "the unit is there already, or its tag is reserved for another party", field=pointer, subject=key
        )
    value: Value = {
        "kind": description.unit_kind,
        "stage": stage,
        "holder": holder,
        "origin": draft.event.party,
        **description.model_dump(exclude_none=True, exclude={"unit_kind"}),
    }
    if reserved is not None:
        count_open_tags(draft, -1)
        kept = ("head", "head_at", "trail", "orders")
        value |= {name: reserved[name] for name in kept if name in reserved}
    draft.put(key, value)
    return value


def _reserve(draft: Draft, payload: kinds.TagReserved) -> None:
    for tag in payload.tags:
        draft.put(unit_key(tag), {"kind": "tag", "stage": "reserved", "reserved_for": payload.party})
    open_tags = count_open_tags(draft, len(payload.tags))
    if open_tags > TAGS_OPEN_MAX:
        raise TransitionNotAllowed(
            "too many tags stand reserved without a unit",
            field="/tags",
            cure="bind the tags that are reserved, or withdraw rolls that were lost",
            open=open_tags,
            most=TAGS_OPEN_MAX,
        )


def count_open_tags(draft: Draft, more: int) -> int:
    """Count tags that the signer reserves (or, below zero, binds or withdraws); how many are open then."""
    if not more:
        return 0
    key = tags_key(draft.event.party)
    open_tags = int((draft.find(key) or {"open": 0})["open"]) + more
    draft.put(key, {"open": open_tags})
    return open_tags


def _be_born(stage: str) -> Callable[[Draft, kinds._Birth], None]:
    def transition(draft: Draft, payload: kinds._Birth) -> None:
        for n, link in enumerate(payload.units):
            unit = new_unit(draft, link.id, f"/units/{n}", payload.description, stage, payload.party)
            if payload.site:
                unit["site"] = payload.site

    return transition


def _import(draft: Draft, payload: kinds.UnitImported) -> None:
    _be_born("stock")(draft, payload)
    for link in payload.units:
        unit = draft.edit(unit_key(link.id))
        unit["pedimento"] = payload.pedimento
        if payload.regime == "temporary":
            unit["temporary"] = True


def _register(draft: Draft, payload: kinds.UnitRegistered) -> None:
    _be_born(payload.stage)(draft, payload)
    for link in payload.units:
        unit = draft.edit(unit_key(link.id))
        unit["basis"] = payload.basis
        unit["condition"] = payload.condition
        if payload.stage == "waste":
            generate(draft, unit)
        if payload.stage == "in_use":
            unit["holder"] = IN_USE
            unit.pop("site", None)


def _move(draft: Draft, payload: kinds._OfUnits) -> None:
    """Follow the table of a unit's life for every unit of the statement."""
    move = LIFE[payload.kind]
    for n, link in enumerate(payload.units):
        pointer = f"/units/{n}"
        unit = draft.edit(unit_key(link.id), pointer)
        check_stage(unit, pointer, move.origin)
        if "consignment" in unit and not move.in_consignment:
            raise TransitionNotAllowed("the unit is in a consignment", field=pointer, consignment=unit["consignment"])
        if not move.under_order:
            check_unblocked(unit, pointer)
        _check_present(unit, pointer)
        _apply(draft, move, unit)


def _apply(draft: Draft, move: Move, unit: Value) -> None:
    if move.stage in TERMINAL:
        end_unit(unit, str(move.stage))
        return
    if move.stage is not None:
        unit["stage"] = move.stage
    if move.holder is None:
        return
    unit["holder"] = draft.event.party if move.holder == "signer" else move.holder
    unit["assurance"] = signer_assurance(draft)
    unit.pop("site", None)
    if draft.event.payload.site and move.holder == "signer":
        unit["site"] = draft.event.payload.site


def generate(draft: Draft, unit: Value) -> None:
    """Note when, by whom and where the unit became waste: its clocks run from then, wherever it goes (LGPGIR 56)."""
    payload = draft.event.payload
    site = payload.site or unit.get("site")
    # the day is that of the site as it is now: a site that is moved to another zone later moves no mass between years
    on = legal_day(payload.occurred_at, draft.get(site_key(site)) if site else None)
    unit["generated"] = {"at": payload.occurred_at, "on": on, "by": payload.party, **({"site": site} if site else {})}


def keep_generation(unit: Value, parents: Iterable[Value]) -> None:
    """What is made of waste by hand alone is as old as the oldest of it, and was held by whoever held that.

    Of more time in store it has only what was asked for all of it.
    """
    waste = [parent for parent in parents if "generated" in parent]
    if not waste:
        return
    oldest = min(waste, key=lambda parent: int(parent["generated"]["at"]))
    asked = [set(parent.get("extensions", ())) for parent in waste]
    extensions = [filing for filing in oldest.get("extensions", ()) if all(filing in each for each in asked)]
    held = oldest.get("held")
    unit["generated"] = oldest["generated"]
    for member, kept in (("held", held), ("extensions", extensions)):
        unit.pop(member, None)
        if kept:
            unit[member] = kept


def keep_import(unit: Value, parents: Iterable[Value]) -> None:
    """What is made of something imported for a time has to leave with it."""
    if any(parent.get("temporary") for parent in parents):
        unit["temporary"] = True


def note_holders(draft: Draft) -> None:
    """Keep who came to have waste after its generator, and when: who let a term pass answers for it.

    Not who has it on the road: that is still its consignor's term.
    """
    payload = draft.event.payload
    for subject in payload.extends:
        unit = draft.changes.get(subject.key) if subject.key.startswith("unit/") else None
        if unit is None or "generated" not in unit or "holder" not in unit or "line" in unit:
            continue
        held = unit.get("held", [])
        if unit["holder"] != (held[-1][0] if held else unit["generated"]["by"]):
            unit["held"] = [*held, [unit["holder"], payload.occurred_at]][-HOLDERS_MAX:]


def cease_to_be_waste(unit: Value, at: int) -> None:
    """What was said of it as waste holds no more; the deadlines that it had until then are still told by it."""
    was = {member: unit.pop(member) for member in OF_WASTE if member in unit}
    if "generated" in was:
        unit["was_waste"] = {**was, "until": at}


def _discard(draft: Draft, payload: kinds.UnitDiscarded) -> None:
    _move(draft, payload)
    for link in payload.units:
        generate(draft, draft.edit(unit_key(link.id)))


def _remove(draft: Draft, payload: kinds.UnitRemoved) -> None:
    _move(draft, payload)
    for link in payload.units:
        draft.edit(unit_key(link.id))["removed_at"] = payload.occurred_at


def _label(draft: Draft, payload: kinds.UnitLabelled) -> None:
    say_about(draft, payload)
    if payload.label != WASTE_LABEL:
        return
    for name in payload.units:
        unit = draft.edit(unit_key(name))
        unit["labelled_at"] = min(payload.occurred_at, unit.get("labelled_at", payload.occurred_at))


def _market(draft: Draft, payload: kinds.UnitPlacedOnMarket) -> None:
    _check_not_recalled(draft, payload)
    _move(draft, payload)


def _check_not_recalled(draft: Draft, payload: kinds._OfUnits) -> None:
    for n, link in enumerate(payload.units):
        if "recalled" in draft.get(unit_key(link.id), f"/units/{n}"):
            raise TransitionNotAllowed(
                "the unit is recalled", field=f"/units/{n}", cure="repair it, or send it back to its maker"
            )


def _install(draft: Draft, payload: kinds.UnitInstalled | kinds.UnitReused) -> None:
    _check_not_recalled(draft, payload)
    _move(draft, payload)
    for link in payload.units:
        draft.edit(unit_key(link.id))["application"] = payload.application


def _repair(draft: Draft, payload: kinds.UnitRepaired | kinds.UnitRemanufactured) -> None:
    _move(draft, payload)
    for link in payload.units:
        unit = draft.edit(unit_key(link.id))
        unit["condition"] = "sound"
        unit.pop("recalled", None)
        cease_to_be_waste(unit, payload.occurred_at)


def _repurpose(draft: Draft, payload: kinds.UnitRepurposed) -> None:
    _move(draft, payload)
    for link in payload.units:
        unit = draft.edit(unit_key(link.id))
        unit["application"] = payload.application
        cease_to_be_waste(unit, payload.occurred_at)


def _classify(draft: Draft, payload: kinds.UnitClassified) -> None:
    _move(draft, payload)
    for link in payload.units:
        unit = draft.edit(unit_key(link.id))
        was_hazardous = unit.get("waste_class") == "RP"
        if unit.get("waste_class") != payload.waste_class:
            # an incident told of what it was by then: of another class its loss is told anew
            unit.pop("incident", None)
        unit["waste_class"] = payload.waste_class
        unit["waste_codes"] = payload.waste_codes
        unit["determined"] = {
            "at": payload.occurred_at,
            "by": payload.party,
            "method": payload.method,
            "event": draft.event.id,
            "characteristics": payload.characteristics,
        }
        if payload.waste_class == "not_waste" or (was_hazardous and payload.waste_class != "RP"):
            # From here on no permit is asked for, or a lesser one: whoever declares it answers for how it knew.
            draft.open_finding("waste-declassified", party=payload.party, subject=link.id, method=payload.method)


def _store(draft: Draft, payload: kinds.UnitStored) -> None:
    _move(draft, payload)
    for link in payload.units:
        unit = draft.edit(unit_key(link.id))
        unit["site"] = payload.site
        if unit["stage"] == "waste":
            unit.setdefault("stored_at", payload.occurred_at)


def _lose(draft: Draft, payload: kinds.UnitLost) -> None:
    _move(draft, payload)
    for link in payload.units:
        unit = draft.edit(unit_key(link.id))
        check_assigned_unit(draft, unit)
        unit["lost"] = payload.occurred_at
        leave_consignment(draft, unit, "lost")


def _find(draft: Draft, payload: kinds.UnitFound) -> None:
    for n, link in enumerate(payload.units):
        unit = draft.edit(unit_key(link.id), f"/units/{n}")
        if "lost" not in unit:
            raise TransitionNotAllowed("the unit is not reported lost", field=f"/units/{n}")
        if unit["holder"] != payload.party:
            draft.open_finding("found-elsewhere", party=unit["holder"], subject=link.id)
        for member in ("lost", *_TOLD):
            unit.pop(member, None)
    _move(draft, payload)


def _match(draft: Draft, payload: kinds.UnitMatched) -> None:
    unit = draft.edit(unit_key(payload.unit.id), "/unit")
    duplicate = draft.edit(unit_key(payload.duplicate.id), "/duplicate")
    check_movable(unit, "/unit")
    check_movable(duplicate, "/duplicate")
    if unit["kind"] != duplicate["kind"]:
        raise TransitionNotAllowed("a unit is the same only as one of its own kind", field="/duplicate")
    # One thing: what stands against either id stands against the one that stays.
    if "recalled" in duplicate:
        unit.setdefault("recalled", duplicate["recalled"])
    if duplicate["stage"] == "waste":
        unit["stage"] = "waste"
    waste_class = stronger_class(unit.get("waste_class"), duplicate.get("waste_class"))
    if waste_class is not None:
        unit["waste_class"] = waste_class
    codes = sorted({*unit.get("waste_codes", ()), *duplicate.get("waste_codes", ())})
    if codes:
        unit["waste_codes"] = codes
    keep_generation(unit, [unit, duplicate])
    keep_import(unit, [duplicate])
    end_unit(duplicate, "superseded")
    duplicate["same_as"] = payload.unit.id


def _export(draft: Draft, payload: kinds.UnitExported) -> None:
    for n, link in enumerate(payload.units):
        unit = draft.edit(unit_key(link.id), f"/units/{n}")
        unit["before_export"] = unit["stage"]
    _move(draft, payload)


def _return(draft: Draft, payload: kinds.UnitReturned) -> None:
    _move(draft, payload)
    for link in payload.units:
        unit = draft.edit(unit_key(link.id))
        unit["stage"] = unit.pop("before_export")


def _seize(draft: Draft, payload: kinds.UnitSeized) -> None:
    order = draft.get(act_key(payload.order), "/order")
    if order["kind"] != "order" or order["effect"] != "seizure" or order["party"] != payload.party:
        raise NotConcerned("a seizure stands on the authority's own order of seizure", field="/order")
    for n, link in enumerate(payload.units):
        unit = draft.edit(unit_key(link.id), f"/units/{n}")
        if unit["stage"] == "in_use":
            unit["stage"] = "removed"
        leave_consignment(draft, unit, "taken")
        for member in ("lost", "stolen"):
            unit.pop(member, None)
    _move(draft, payload)


def _assess(draft: Draft, payload: kinds.UnitAssessed) -> None:
    """Assessments commute: the one that happened last is shown, whatever the order of recording.

    A condition decides which permits cover the unit, so a party that never had it in its hands only says something.
    """
    mark = [payload.occurred_at, draft.event.id]
    for n, name in enumerate(payload.units):
        unit = _living(draft, name, n)
        if not _has_had(payload.party, unit):
            continue
        assessed = unit.get("assessed")
        if assessed is not None and assessed["mark"] > mark:
            continue
        unit["assessed"] = {
            "mark": mark,
            **payload.model_dump(
                include={"state_of_health_permille", "remaining_energy_wh", "method"}, exclude_none=True
            ),
        }
        unit["condition"] = payload.condition


def _has_had(party: str, unit: Value) -> bool:
    """Whether the party holds the unit, took part in its newest events, or has it from the public that uses it."""
    if unit["stage"] == "in_use" or unit["holder"] == party:
        return True
    return any(parse_step(step)[1] == party for step in unit["trail"])


def _living(draft: Draft, name: str, n: int) -> Value:
    unit = draft.edit(unit_key(name), f"/units/{n}")
    if unit["stage"] in TERMINAL:
        raise TransitionNotAllowed(f"the unit is {unit['stage']}", field=f"/units/{n}", stage=unit["stage"])
    return unit


def say_about(draft: Draft, payload: kinds._AboutUnits) -> None:
    """Something is said of units, and changes none of them; they must be there."""
    for n, name in enumerate(payload.units):
        draft.get(unit_key(name), f"/units/{n}")


def _recall(draft: Draft, payload: kinds.UnitRecalled) -> None:
    for n, name in enumerate(payload.units):
        unit = draft.edit(unit_key(name), f"/units/{n}")
        if unit.get("origin") != payload.party:
            raise NotConcerned("only who produced or imported the unit recalls it", field=f"/units/{n}")
        unit["recalled"] = payload.campaign


def _steal(draft: Draft, payload: kinds.UnitStolen) -> None:
    for n, name in enumerate(payload.units):
        _living(draft, name, n)["stolen"] = payload.occurred_at


def _recover(draft: Draft, payload: kinds.UnitRecovered) -> None:
    for n, name in enumerate(payload.units):
        unit = _living(draft, name, n)
        for member in ("stolen", *(() if "lost" in unit else _TOLD)):
            unit.pop(member, None)


def _quarantine(draft: Draft, payload: kinds.UnitQuarantined) -> None:
    for n, name in enumerate(payload.units):
        unit = _living(draft, name, n)
        check_assigned_unit(draft, unit)
        unit["quarantined"] = payload.occurred_at


def _release(draft: Draft, payload: kinds.UnitReleased) -> None:
    for n, name in enumerate(payload.units):
        unit = _living(draft, name, n)
        if "quarantined" not in unit:
            raise TransitionNotAllowed("the unit is not in quarantine", field=f"/units/{n}")
        unit.pop("quarantined")


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.TagReserved: _reserve,
    kinds.UnitRegistered: _register,
    kinds.UnitProduced: _be_born("stock"),
    kinds.UnitImported: _import,
    kinds.UnitPlacedOnMarket: _market,
    kinds.UnitInstalled: _install,
    kinds.UnitRemoved: _remove,
    kinds.UnitAssessed: _assess,
    kinds.UnitRepaired: _repair,
    kinds.UnitRemanufactured: _repair,
    kinds.UnitRepurposed: _repurpose,
    kinds.UnitReused: _install,
    kinds.UnitDiscarded: _discard,
    kinds.UnitClassified: _classify,
    kinds.UnitLabelled: _label,
    kinds.UnitStored: _store,
    kinds.UnitDischarged: say_about,
    kinds.UnitRecalled: _recall,
    kinds.UnitStolen: _steal,
    kinds.UnitRecovered: _recover,
    kinds.UnitQuarantined: _quarantine,
    kinds.UnitReleased: _release,
    kinds.UnitLost: _lose,
    kinds.UnitFound: _find,
    kinds.UnitMatched: _match,
    kinds.UnitExported: _export,
    kinds.UnitReturned: _return,
    kinds.UnitDisposed: _move,
    kinds.UnitSeized: _seize,
}

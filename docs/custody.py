"""The page on custody, drawn from the table of a consignment's moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.fold.consignment_table import FINALS, MOVES, OPEN, ROAD, Condition, Move, Signer

_INTRODUCTION: Final = """\
# Custody

How units pass from party to party, made by `make docs` from the table that the fold itself works by
(`ledger/fold/consignment_table.py`). What each statement holds is in [events](events.md); why there are two signatures,
and where one is enough, in [ADR 4](adr/0004-custody-moves-by-two-signatures.md) and
[ADR 14](adr/0014-the-moves-of-a-consignment-are-one-table.md).

A living unit has exactly one holder, who answers for it. A **consignment** is the units that travel together, and has
one consignor and one consignee for ever: what goes elsewhere opens another. The **line** of a unit says where it stands
in its consignment; once it is out of it, a **count** of the consignment says how. A consignment is `closed` when the
counts add up to the units that were offered, and `cancelled` when all of them were withdrawn.

## A unit in a consignment"""
_STAGES: Final = """\
## A consignment

```mermaid
stateDiagram-v2
    [*] --> offering: consignment.offered
    offering --> offered: as many as units_total were offered
    offering --> offered: consignment.cancelled of a part
    offered --> moving: consignment.picked_up
    [*] --> moving: consignment.redirected opens it
    [*] --> claimed: consignment.received/paper
    [*] --> closed: attested, in an emergency, by a successor
    offering --> closed: every unit is out of it
    offered --> closed: every unit is out of it
    moving --> closed: every unit is out of it
    offering --> cancelled: every unit was withdrawn
    offered --> cancelled: every unit was withdrawn
    claimed --> closed: every claim has ended, one was agreed to
    claimed --> cancelled: every claim came to nothing
    closed --> [*]
    cancelled --> [*]
```"""
_RULES: Final = """\
## Rules beside the table

* **Who may sign.** A party that ended is stood for by its successor. A key whose only role is `transport` signs for
  the loads that its carrier assigned to it (`consignment.assigned`) or for the one that it was made for; a key with the
  role `custody` needs no assignment. The same goes for papers and weigh tickets of a load, and for a unit that it
  reports lost or quarantines: one of its loads. What such a key reads follows the assignment too. A one-time key does
  not redirect.
* **Before it travels.** An order of an authority, a report of loss or theft, or the holder's own quarantine keeps a
  unit from being offered and picked up; an order also from being redirected. Nothing of this keeps it from being
  received; one that left the country under an order opens a finding. A lost unit is out of its consignment; whoever
  finds it holds it.
* **A carrier that never signed** does not keep the consignee from receiving: with the exception
  `carrier_did_not_sign` the unit is received, and a finding names the carrier. A delivery abroad needs no exception,
  since the movement document is cited; the finding opens all the same, against the consignor, who alone says so.
* **Sent elsewhere by its holder**, once the consignor has ended, a load opens a finding against that holder.
* **Extra units.** The outcome `extra` names a unit outside the consignment that the consignor holds. It is a claim: the
  consignor agrees (`event.agreed` with the unit), or it comes to nothing.
* **Paper entered later.** `consignment.received` on the basis `paper` opens a consignment in the stage `claimed`, with
  the scan and the finding `entered-from-paper`. Every accepted unit is a claim against its holder, the consignor, and
  custody moves when that agrees, with the assurance `scanned_paper`. The consignee withdraws what it claims by
  `consignment.cancelled`; if it has ended, the consignor does.
* **A claim ends** with the custody it was made against: when the unit passes to another holder, or ends, or is claimed
  anew; and when its holder discards or classifies it, or finds it to be the same as another, since the claimant's
  permits were judged before that. It then counts as `dropped`.
* **The number of a paper** is the consignor's to give: what another party read off a photo binds nobody once the
  consignor states that it issued the paper. A paper entered later goes by the number under which it was claimed.
* **Abroad.** A consignee of the form `foreign` that has no key signs nothing here: the consignor states what the
  movement document says (`consignment.delivered`), and accepted units are `exported`, held by `abroad`.
* **No dead end.** Whoever ends, whichever permit is revoked, every line can still leave its consignment. What is left
  when consignor, carrier and consignee have all ended without successors, an authority seizes, or whoever has it
  receives in an emergency."""

_SIGNERS: Final[dict[Signer, str]] = {
    "holder": "its holder",
    "named-carrier": "a carrier that the consignor named",
    "next-carrier": "the carrier to which it was handed on",
    "consignor": "the consignor",
    "consignee": "the consignee",
    "consignor-or-holder": "the consignor; its holder too, once the consignor has ended",
    "successor": "the successor of its holder, which ended",
    "anybody": "whoever takes it in; the authority that ordered it",
}
_CONDITIONS: Final[dict[Condition, str]] = {
    "with-consignor": "the consignor holds it",
    "with-carrier": "a carrier holds it",
    "consignee-cannot-refuse": "the consignee has ended or is abroad",
}


def custody_page() -> str:
    """The page ``docs/custody.md``."""
    table = ["| statement | line | becomes | signed by | then held by | consignment is |", "|---|---|---|---|---|---|"]
    blocks = [_INTRODUCTION, _diagram(), "\n".join([*table, *map(_row, MOVES)]), _finals(), _STAGES, _RULES]
    return "\n\n".join(blocks) + "\n"


def _diagram() -> str:
    lines = ["stateDiagram-v2", *_COMPOSITES, *_arrows()]
    return "\n".join(["```mermaid", lines[0], *(f"    {line}" for line in lines[1:]), "```"])


_COMPOSITES: Final = (
    'state "in the consignment" as inside {',
    *(f"    {line}" for line in OPEN if line not in ROAD),
    '    state "on the road" as road {',
    *(f"        {line}" for line in ROAD),
    "    }",
    "}",
)


def _arrows() -> Iterator[str]:
    """Each arrow once, with all the statements that go along it."""
    along: dict[tuple[str, str], list[str]] = {}
    for move in MOVES:
        for origin in _origins(move.origin):
            along.setdefault((origin, move.line or str(move.count)), []).append(move.statement)
    for (origin, end), statements in along.items():
        yield f"{origin} --> {end}: {', '.join(map(_short, dict.fromkeys(statements)))}"
    for final in FINALS:
        if any(end == final for _, end in along):
            yield f"{final} --> [*]"


def _origins(lines: tuple[str, ...]) -> list[str]:
    """The lines, of which all that are on the road, and all together, are drawn as one."""
    if lines == OPEN:
        return ["inside"]
    if not set(ROAD) <= set(lines):
        return list(lines) or ["[*]"]
    return ["road", *(line for line in lines if line not in ROAD)]


def _short(statement: str) -> str:
    return statement.removeprefix("consignment.")


def _row(move: Move) -> str:
    origin = "any" if move.origin == OPEN else _listed(move.origin) or "none: not in a consignment"
    condition = f", if {_CONDITIONS[move.condition]}" if move.condition else ""
    end = f"`{move.line}`" if move.line else f"out of it, counted `{move.count}`"
    holder = {"signer": "the signer", "abroad": "`abroad`", None: ""}[move.holder]
    cells = (f"`{move.statement}`", origin + condition, end, _SIGNERS[move.signer], holder, _listed(move.stages))
    return "| " + " | ".join(cells) + " |"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _finals() -> str:
    return f"Counts under which a unit is out of its consignment: {_listed(FINALS)} (a claim that came to nothing)."

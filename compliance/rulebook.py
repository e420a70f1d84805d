"""The one place where the fold and the checks of the packages above it are put together, version by version.

A version never changes once a ledger was judged by it: what mends or adds a rule is a new version, adopted in the log
by ``ledger.rules``.
"""

from __future__ import annotations

from typing import Final

from certification.capacity import CAPACITY_CHECK
from certification.competence import COMPETENCE_CHECK
from certification.place import PLACE_CHECK
from certification.procedure import PROCEDURE_CHECK
from certification.scope import SCOPE_CHECK
from compliance.border import BORDER_CHECK
from compliance.discrepancy import DISCREPANCY_CHECK
from compliance.household import HOUSEHOLD_CHECK
from compliance.original import ORIGINAL_CHECK
from compliance.requirements.check import REQUIREMENTS_CHECK
from compliance.tally import TALLY_CHECK
from compliance.transport.check import TRANSPORT_CHECK
from ledger.errors import RulesUnknown
from ledger.fold.fold import Rules

RULEBOOK: Final[dict[int, Rules]] = {
    1: Rules(
        1,
        scope_checks=(PLACE_CHECK, SCOPE_CHECK),
        law_checks=(
            COMPETENCE_CHECK,
            PROCEDURE_CHECK,
            CAPACITY_CHECK,
            DISCREPANCY_CHECK,
            ORIGINAL_CHECK,
            TRANSPORT_CHECK,
            BORDER_CHECK,
            TALLY_CHECK,
            HOUSEHOLD_CHECK,
            REQUIREMENTS_CHECK,
        ),
    ),
}
CURRENT: Final = RULEBOOK[max(RULEBOOK)]
"""What a new ledger begins with."""


def rules_of(version: int) -> Rules:
    """The rules of this version.

    Raises:
        RulesUnknown: this program does not have them.
    """
    rules = RULEBOOK.get(version)
    if rules is None:
        raise RulesUnknown(
            f"the ledger is judged by rules {version}, this program has them up to {max(RULEBOOK)}",
            cure="upgrade this program",
            version=version,
            newest=max(RULEBOOK),
        )
    return rules

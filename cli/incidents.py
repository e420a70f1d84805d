"""What the law asks of who reports an incident, told when it is recorded or checked: it runs from that very day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from certification.business_days import calendar_of
from compliance.incidents import duties_of, incident_of
from ledger.domain.life import IncidentReported
from ledger.domain.payload import Payload
from ledger.errors import CalendarUnknown
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL

_AHEAD: Final = timedelta(days=30)
"""Within which the three business days end."""


def told_of(payload: Payload) -> list[str]:
    """In words, what is to be done after an incident and by which day; nothing of any other statement.

    Whether its units are hazardous waste the ledger knows, and not who signs: it is told as what holds if they are.
    """
    if not isinstance(payload, IncidentReported):
        return []
    on = legal_day(payload.occurred_at, None)
    calendar = calendar_of({}, FEDERAL, [on, (date.fromisoformat(on) + _AHEAD).isoformat()])
    try:
        duties = duties_of(incident_of(payload, on, "RP"), calendar)
    except CalendarUnknown:
        return ["Los días inhábiles de ese año no se han publicado · Its closed days are not published yet."]
    if not duties:
        return []
    told = [f"  {duty.due_on} ({duty.article}): {duty.words.es} · {duty.words.en}" for duty in duties]
    file = f"  bitacora file incident AUTHORITY --about {payload.incident} --document FILE"
    return [
        "Si hay en él residuos peligrosos · If there is hazardous waste in it:",
        *told,
        *([file] if any(duty.name == "formalise" for duty in duties) else []),
    ]

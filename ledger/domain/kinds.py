"""The closed set of kinds: permanent tag → model. A retired tag stays listed and is never used again."""

from __future__ import annotations

import re
from typing import Final, get_args

from pydantic import ValidationError

from ledger.domain import (
    authorisation,
    correction,
    custody,
    filing,
    inspection,
    life,
    matter,
    operation,
    paper,
    party,
    regime,
)
from ledger.domain.payload import Payload
from ledger.errors import MalformedStatement

_MODELS: Final[tuple[type[Payload], ...]] = (
    operation.Genesis,
    operation.RulesAdopted,
    operation.Tick,
    operation.KeySucceeded,
    operation.ConflictRecorded,
    operation.RootRotated,
    party.PartyRegistered,
    party.PartyChanged,
    party.PartyClosed,
    party.SiteRegistered,
    party.SiteChanged,
    party.SiteClosed,
    party.KeyEnrolled,
    party.KeyLimited,
    party.KeyRevoked,
    authorisation.AuthorisationGranted,
    authorisation.AuthorisationChanged,
    authorisation.AuthorisationRenewed,
    authorisation.AuthorisationSuspended,
    authorisation.AuthorisationReinstated,
    authorisation.AuthorisationRevoked,
    authorisation.AuthorisationTransferred,
    authorisation.AuthorisationStayed,
    authorisation.AuthorisationStayLifted,
    authorisation.AuthorisationConfirmed,
    authorisation.AuthorisationRenewalClaimed,
    authorisation.ApplicationSubmitted,
    authorisation.ApplicationInformationRequired,
    authorisation.ApplicationAnswered,
    authorisation.ApplicationInspected,
    authorisation.ApplicationRefused,
    authorisation.ApplicationWithdrawn,
    regime.RegimeEnacted,
    regime.CalendarPublished,
    filing.GeneratorRegistered,
    filing.PlanRegistered,
    filing.PlanJoined,
    filing.FilingSubmitted,
    filing.FilingAnswered,
    inspection.InspectionOrdered,
    inspection.InspectionRecorded,
    inspection.InspectionObserved,
    inspection.InspectionClosed,
    inspection.OrderIssued,
    inspection.OrderLifted,
    inspection.CaseOpened,
    inspection.CaseRequested,
    inspection.CaseAnswered,
    inspection.CaseClosed,
    life.TagReserved,
    life.UnitRegistered,
    life.UnitProduced,
    life.UnitImported,
    life.UnitPlacedOnMarket,
    life.UnitInstalled,
    life.UnitRemoved,
    life.UnitAssessed,
    life.UnitRepaired,
    life.UnitRemanufactured,
    life.UnitRepurposed,
    life.UnitReused,
    life.UnitDiscarded,
    life.UnitClassified,
    life.UnitLabelled,
    life.UnitStored,
    life.UnitDischarged,
    life.UnitRecalled,
    life.UnitStolen,
    life.UnitRecovered,
    life.UnitQuarantined,
    life.UnitReleased,
    life.UnitLost,
    life.UnitFound,
    life.UnitMatched,
    life.UnitExported,
    life.UnitReturned,
    life.UnitDisposed,
    life.UnitSeized,
    life.IncidentReported,
    life.CountRecorded,
    life.TicketWeighed,
    custody.ConsignmentOffered,
    custody.ConsignmentPickedUp,
    custody.ConsignmentHandedOn,
    custody.ConsignmentStored,
    custody.ConsignmentAssigned,
    custody.ConsignmentReceived,
    custody.ConsignmentRefused,
    custody.ConsignmentReturned,
    custody.ConsignmentCancelled,
    custody.ConsignmentRedirected,
    custody.ConsignmentDelivered,
    custody.DiscrepancyResolved,
    paper.PaperIssued,
    paper.PaperScanned,
    paper.PaperReturned,
    matter.BatchOpened,
    matter.BatchFed,
    matter.BatchStepped,
    matter.BatchAssayed,
    matter.BatchClosed,
    matter.LotSplit,
    matter.LotMerged,
    matter.UnitDismantled,
    matter.ProductReleased,
    matter.ClaimMade,
    matter.ClaimRetired,
    correction.EventCorrected,
    correction.EventAnnulled,
    correction.EventAgreed,
    correction.EventDisputed,
)


_NAMED: Final = re.compile(r"Value error, (?P<member>[a-z_]+): (?P<reason>.+)", re.DOTALL)


def tag_of(model: type[Payload]) -> str:
    """The permanent tag of a kind, read from its ``kind`` field."""
    [tag] = get_args(model.model_fields["kind"].annotation)
    return str(tag)


KINDS: Final[dict[str, type[Payload]]] = {tag_of(model): model for model in _MODELS}


def parse_payload(members: dict[str, object]) -> Payload:
    """The statement of a known kind that strictly parsed JSON members spell.

    Raises:
        MalformedStatement: unknown kind, unknown or missing member, or a value out of its grammar; ``field`` is the
            JSON pointer of the first offence and ``errors`` lists up to 20 of them.
    """
    tag = members.get("kind")
    model = KINDS.get(tag) if isinstance(tag, str) else None
    if model is None:
        raise MalformedStatement("unknown kind of statement", field="/kind", expected="a tag of docs/events.md")
    try:
        payload = model.model_validate(members)
    except ValidationError as error:
        raise _malformed(error) from None
    _refuse_twice_named(payload)
    return payload


def _refuse_twice_named(payload: Payload) -> None:
    abouts = payload.abouts()
    seen = set(abouts)
    if len(seen) != len(abouts):
        raise MalformedStatement("the same subject is listed twice", field="/units")
    for subject in payload.extends:
        if subject.key in seen:
            raise MalformedStatement("the same subject is listed twice", field=subject.pointer)
        seen.add(subject.key)


def _malformed(error: ValidationError) -> MalformedStatement:
    listed = error.errors(include_url=False, include_context=False, include_input=False)[:20]
    offences = [_offence(item["loc"], item["msg"]) for item in listed]
    first = offences[0]
    return MalformedStatement(
        f"{first['pointer']}: {first['reason']}",
        field=first["pointer"],
        errors=[dict(offence) for offence in offences],
    )


def _offence(path: tuple[int | str, ...], message: str) -> dict[str, str]:
    """Where (JSON pointer, RFC 6901) and what; a rule about several members says after which one it is named."""
    named = _NAMED.match(message)
    parts = [*path, named["member"]] if named else path
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    reason = named["reason"] if named else message.removeprefix("Value error, ")
    return {"pointer": "/" + "/".join(escaped), "reason": reason}

"""Checking a credential of a ledger without asking the ledger: against its issuer's document and its status lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from exchange.securing import issuer_of, verify_vc_jwt
from exchange.status_list import Purpose, is_set
from ledger.domain.values import parse_instant
from ledger.errors import ProofInvalid


@dataclass(frozen=True, slots=True)
class CredentialVerdict:
    """What was found about a credential that its issuer has signed.

    Attributes:
        credential: its members.
        issuer: DID of who signed it.
        valid_now: whether the moment of checking is within its first and last second.
        statuses: of each purpose whose list was at hand, whether it applies.
        unchecked: the purposes whose lists were not at hand.
    """

    credential: dict[str, Any]
    issuer: str
    valid_now: bool
    statuses: dict[Purpose, bool]
    unchecked: tuple[Purpose, ...]

    @property
    def ok(self) -> bool:
        """Whether it is valid now, and no status is known to apply."""
        return self.valid_now and not any(self.statuses.values())


def verify_credential(
    token: str, did_document: Mapping[str, Any], status_lists: Iterable[str], *, now: int
) -> CredentialVerdict:
    """Check a ``vc+jwt`` at ``now`` (seconds since 1970) with the lists (``vc+jwt`` too) that are at hand.

    Raises:
        ProofInvalid, SignatureInvalid: the credential or a list is not its issuer's, is altered, or is none; a list
            is too old to tell.
    """
    credential = verify_vc_jwt(token, did_document)
    lists = {found["id"]: found for found in (_verify_list(text, did_document, now) for text in status_lists)}
    statuses: dict[Purpose, bool] = {}
    unchecked: list[Purpose] = []
    for entry in _entries(credential):
        found = lists.get(entry["statusListCredential"])
        if found is None:
            unchecked.append(entry["statusPurpose"])
        else:
            statuses[entry["statusPurpose"]] = is_set(found, entry)
    return CredentialVerdict(credential, issuer_of(credential), _is_valid(credential, now), statuses, tuple(unchecked))


def _verify_list(token: str, did_document: Mapping[str, Any], now: int) -> dict[str, Any]:
    found = verify_vc_jwt(token, did_document)
    if "BitstringStatusListCredential" not in found.get("type", ()) or not isinstance(found.get("id"), str):
        raise ProofInvalid("this is not a status list")
    if not _is_valid(found, now):
        raise ProofInvalid("the status list is too old to tell", cure="fetch it anew")
    return found


def _entries(credential: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    entries = credential.get("credentialStatus", [])
    for entry in entries if isinstance(entries, list) else [entries]:
        named = (
            [entry.get("statusListCredential"), entry.get("statusPurpose")] if isinstance(entry, Mapping) else [None]
        )
        if not all(isinstance(name, str) for name in named):
            raise ProofInvalid("a status of the credential cannot be read")
        yield entry


def _is_valid(credential: Mapping[str, Any], now: int) -> bool:
    try:
        return parse_instant(credential.get("validFrom")) <= now <= parse_instant(credential.get("validUntil"))
    except ValueError as error:
        raise ProofInvalid("the credential does not say when it is valid") from error

"""The text inside a unit's symbol: the unit's Digital Link at the resolver that the label's owner chose."""

from __future__ import annotations

import re
from typing import Final

from ledger.domain.unit_id import (
    GS1_DOMAIN,
    OperatorId,
    UnitId,
    format_unit_id,
    parse_digital_link,
)
from ledger.errors import UnitIdInvalid

DOMAIN_CHARS_MAX: Final = 64

_GS1_ORIGIN = f"https://{GS1_DOMAIN}"
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


def format_payload(unit_id: UnitId, *, resolver_domain: str = GS1_DOMAIN) -> str:
    """The https link that a phone opens: the canonical id with its domain replaced by ``resolver_domain``.

    An operator-issued id keeps its own domain, which is part of the id.

    Raises:
        ValueError: ``resolver_domain`` is no lower-case DNS name of at most ``DOMAIN_CHARS_MAX`` characters.
    """
    _verify_domain(resolver_domain)
    canonical = format_unit_id(unit_id)
    if isinstance(unit_id, OperatorId):
        return canonical
    return f"https://{resolver_domain}{canonical.removeprefix(_GS1_ORIGIN)}"


def parse_payload(text: str, *, resolver_domain: str = GS1_DOMAIN) -> UnitId:
    """Read back a symbol of our own making; inverse of ``format_payload`` with the same ``resolver_domain``.

    Raises:
        UnitIdInvalid: for any text that ``format_payload`` would not produce.
        ValueError: as ``format_payload``.
    """
    unit_id = parse_digital_link(text)
    if format_payload(unit_id, resolver_domain=resolver_domain) != text:
        raise UnitIdInvalid(f"This symbol was not made for the resolver {resolver_domain}.")
    return unit_id


def _verify_domain(domain: str) -> None:
    if len(domain) > DOMAIN_CHARS_MAX or not _DOMAIN.fullmatch(domain):
        raise ValueError(f"not a lower-case DNS name of at most {DOMAIN_CHARS_MAX} characters: {domain!r}")

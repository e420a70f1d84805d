"""Links that are mailed to a contact: whoever opens one has read mail at the address.

A token names the party and proves, by HMAC-SHA256 under a key of the server, the address and the instant at which it
was given: nothing is kept for it, and with the address it ends.
"""

from __future__ import annotations

import hmac
import re
from typing import Final, Literal

from certification.store.notices import Contact
from ledger.domain.values import format_base64url

Purpose = Literal["confirm", "stop"]

PROOF_PATTERN: Final = r"^pty_[a-z2-7]{26}\.[A-Za-z0-9_-]{22}$"
ADDRESS_PATTERN: Final = r"^[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,8}$"
"""An e-mail address of the plain form (RFC 5321 §4.1.2, without quoted and non-ASCII ones).

It has no question mark: a header would take what stands between two for an encoded word (RFC 2047 §2), and read another
address in it.
"""
CONFIRM_S_MAX: Final = 7 * 24 * 3600
"""How long an address may be confirmed; then it is erased."""
_PROOF_BYTES: Final = 16
_TOKEN: Final = re.compile(PROOF_PATTERN)


def format_contact_token(secret: bytes, purpose: Purpose, contact: Contact) -> str:
    """The token of a link to confirm this contact, or to stop notices to it."""
    said = "\n".join((purpose, contact.party, contact.address, str(contact.asked_at)))
    proof = hmac.digest(secret, said.encode(), "sha256")[:_PROOF_BYTES]
    return f"{contact.party}.{format_base64url(proof)}"


def party_of_token(token: str) -> str:
    """The party that a token names; nothing is proven.

    Raises:
        ValueError: it is no token.
    """
    if _TOKEN.fullmatch(token) is None:
        raise ValueError("not the token of a contact")
    return token.partition(".")[0]


def is_token_of(token: str, secret: bytes, purpose: Purpose, contact: Contact) -> bool:
    """Whether the token was made for this purpose and this contact as it stands."""
    return hmac.compare_digest(token, format_contact_token(secret, purpose, contact))

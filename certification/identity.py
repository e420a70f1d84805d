"""Who a party is by law: tax codes and person codes of Mexico, what an e.firma proves, and why one is refused.

Grammar of the RFC: CFF 27 and its rules (three letters for a legal person, four for a natural one, a date, three
characters). CURP: Instructivo Normativo para la Asignación de la CURP, with its check digit. None of it enters the log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from ledger.errors import Refusal

PersonForm = Literal["moral", "fisica", "foreign"]

_RFC = re.compile(r"([A-ZÑ&]{3,4})([0-9]{6})[A-Z0-9]{2}[0-9A]", re.ASCII)
_STATES = "AS|BC|BS|CC|CL|CM|CS|CH|DF|DG|GT|GR|HG|JC|MC|MN|MS|NT|NL|OC|PL|QT|QR|SP|SL|SR|TC|TS|TL|VZ|YN|ZS|NE"
_CURP = re.compile(
    rf"[A-Z][AEIOUX][A-Z]{{2}}([0-9]{{6}})[HMX](?:{_STATES})[B-DF-HJ-NP-TV-Z]{{3}}[0-9A-Z][0-9]", re.ASCII
)
_CURP_DIGITS: Final = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"


class EfirmaMalformed(Refusal):
    """The bytes are no certificate, or its subject does not have the members of an e.firma."""

    code = "efirma-malformed"
    title = "This is not the certificate of an e.firma"


class EfirmaUntrusted(Refusal):
    """No chain leads from the certificate to an anchor that this server was given."""

    code = "efirma-untrusted"
    title = "The certificate does not come from a trusted authority"


class EfirmaExpired(Refusal):
    """The certificate had expired at the time in question."""

    code = "efirma-expired"
    title = "The e.firma had expired"


class EfirmaNotYetValid(Refusal):
    """The certificate was not valid yet at the time in question."""

    code = "efirma-not-yet-valid"
    title = "The e.firma was not valid yet"


class EfirmaRevoked(Refusal):
    """The certificate had been revoked at the time in question."""

    code = "efirma-revoked"
    title = "The e.firma was revoked"


class RevocationUnusable(Refusal):
    """The revocation list or answer is not of this certificate's authority, or does not tell about that time."""

    code = "efirma-revocation-unusable"
    title = "The revocation information proves nothing about this e.firma"


class EfirmaIsSeal(Refusal):
    """A digital seal (CSD) issues invoices; it does not sign for its holder."""

    code = "efirma-csd"
    title = "This is a digital seal (CSD), not an e.firma"


class EfirmaIsTest(Refusal):
    """The certificate was issued for tests, and this server takes none of those."""

    code = "efirma-test"
    title = "This is a test certificate"


class EfirmaOfAnother(Refusal):
    """The certificate names another RFC than the one that has to sign."""

    code = "efirma-other-rfc"
    title = "The e.firma belongs to another RFC"


class EfirmaIsAuthority(Refusal):
    """The certificate is that of an authority, which signs certificates and nothing else."""

    code = "efirma-ca"
    title = "This is the certificate of an authority"


class EfirmaKeyWeak(Refusal):
    """The certificate's key is not RSA of at least 2048 bits."""

    code = "efirma-weak-key"
    title = "The key of the e.firma is too weak"


class EfirmaSignatureInvalid(Refusal):
    """The signature was not made over these bytes with this certificate's key."""

    code = "efirma-signature-invalid"
    title = "The e.firma did not sign this"


class IdentityMalformed(Refusal):
    """What is sealed as an identity is neither an e.firma's proof nor a foreign identity."""

    code = "identity-malformed"
    title = "The sealed identity cannot be read"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a certificate names; personal data for a natural person, and for whoever represents a legal one.

    Attributes:
        rfc: of the holder.
        curp: of the holder, or of the representative of a legal person; None if the certificate has none.
        name: of the holder, as the certificate spells it.
        kind: ``moral`` (RFC of 12 characters) or ``fisica`` (of 13).
        representative_rfc: who signs for a legal person; None for a natural one.
        serial: of the certificate, 20 digits.
        valid_from: seconds since 1970.
        valid_to: seconds since 1970.
    """

    rfc: str
    curp: str | None
    name: str
    kind: Literal["moral", "fisica"]
    representative_rfc: str | None
    serial: str
    valid_from: int
    valid_to: int


def check_rfc(text: str) -> str:
    """Return an RFC in its one spelling: 12 characters of a legal person, 13 of a natural one.

    Raises:
        ValueError: it is none, or its date does not exist.
    """
    match = _RFC.fullmatch(text)
    if match is None or not _is_date(match[2]):
        raise ValueError("expected an RFC of 12 or 13 characters, like XYZ010203AB1")
    return text


def kind_of_rfc(rfc: str) -> Literal["moral", "fisica"]:
    """Whose RFC it is, by its length."""
    return "moral" if len(rfc) == 12 else "fisica"


def check_curp(text: str) -> str:
    """Return a CURP in its one spelling.

    Raises:
        ValueError: it is none, its date does not exist, or its check digit is wrong.
    """
    match = _CURP.fullmatch(text)
    if match is None or not _is_date(match[1]) or text[-1] != curp_check_digit(text[:-1]):
        raise ValueError("expected a CURP of 18 characters with its check digit")
    return text


def curp_check_digit(first: str) -> str:
    """The last character of a CURP from the 17 before it."""
    total = sum(_CURP_DIGITS.index(letter) * (18 - place) for place, letter in enumerate(first))
    return str(-total % 10)


def _is_date(digits: str) -> bool:
    # The century is not told: the 29th of February of "00" was in 2000, not in 1900.
    return any(_exists(f"{century}{digits}") for century in (19, 20))


def _exists(digits: str) -> bool:
    try:
        date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    except ValueError:
        return False
    return True

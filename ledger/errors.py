"""The three families of failure, chosen by what the caller should do next.

* ``Refusal``: change the request or the facts. Nothing was recorded.
* ``Unavailable``: send the same request again later.
* ``Corruption``: stop; a human must look.

Nothing here knows HTTP: certificates, the CLI and the auditor raise the same classes. ``api.problems`` alone
gives each refusal its status. Every ``code`` is permanent and public (``docs/problems.md``).
"""

from __future__ import annotations

from typing import ClassVar

Fact = str | int | bool | None | list["Fact"] | dict[str, "Fact"]


class BitacoraError(Exception):
    """Root of the three families; never raised itself."""


class Refusal(BitacoraError):
    """A well-formed request that the rules do not allow, or a request that is not well formed.

    Attributes:
        detail: one English sentence that helps the caller act.
        field: JSON pointer to the offending member (``/units/0/prev``), or None for the statement as a whole.
        cure: what would make the request acceptable, or None.
        facts: typed values a program may act on (ids, sizes, times); names are at least three characters.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The rules do not allow this request"

    def __init__(self, detail: str, *, field: str | None = None, cure: str | None = None, **facts: Fact) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.cure = cure
        self.facts = facts


class MalformedStatement(Refusal):
    """The bytes are not one strictly encoded statement of a known kind."""

    code = "malformed-statement"
    title = "The statement is not well formed"


class StatementTooLarge(Refusal):
    """The statement exceeds a size limit (60 KiB, or 256 units)."""

    code = "statement-too-large"
    title = "The statement is too large"


class KeyUnknown(Refusal):
    """No key with this ``kid`` is enrolled for this party."""

    code = "key-unknown"
    title = "The signing key is not enrolled"


class KeyNotInForce(Refusal):
    """The key is revoked, expired, or not allowed to sign this kind."""

    code = "key-not-in-force"
    title = "The signing key may not sign this statement"


class KeyUnusable(Refusal):
    """The public key, or the file of a private key, is not one that may be used."""

    code = "key-unusable"
    title = "The key cannot be used"


class SignatureInvalid(Refusal):
    """The signature does not verify under the strictest rule in use."""

    code = "signature-invalid"
    title = "The signature does not verify"


class IssuerMismatch(Refusal):
    """The protected header and the payload disagree on who states, or about what."""

    code = "issuer-mismatch"
    title = "Issuer or subject differs between header and payload"


class IdReused(Refusal):
    """The same (issuer, id) was recorded before with other content."""

    code = "id-reused"
    title = "This id was used for another statement"


class UnitIdInvalid(Refusal):
    """The text is not a unit id, or not in its one canonical spelling."""

    code = "unit-id-invalid"
    title = "The unit id is not valid"


class ProofInvalid(Refusal):
    """A Merkle proof, note, receipt or checkpoint does not verify."""

    code = "proof-invalid"
    title = "The proof does not verify"


class TileUnknown(Refusal):
    """The path or the coordinates name no tile of the log."""

    code = "tile-unknown"
    title = "The log has no such tile"


class ReceiptUnavailable(Refusal):
    """A tree of one leaf has no inclusion path, and RFC 9942 no receipt without one."""

    code = "receipt-unavailable"
    title = "No receipt exists at this size of the log"


class StaleHead(Refusal):
    """A ``prev`` is not the subject's newest event; ``stale`` lists every such subject with its head."""

    code = "stale-head"
    title = "The statement builds on an older state than the ledger's"


class ConflictingStatement(Refusal):
    """The same party already made another statement on the same ``prev``; both are kept as evidence."""

    code = "conflicting-statement"
    title = "Two statements by one party stand on the same previous event"


class SubjectUnknown(Refusal):
    """Something the statement refers to is not in the ledger."""

    code = "subject-unknown"
    title = "The statement refers to something the ledger does not know"


class SubjectExists(Refusal):
    """The statement would bring into being what is already there."""

    code = "subject-exists"
    title = "It is already in the ledger"


class NotHolder(Refusal):
    """The party does not hold the unit."""

    code = "not-holder"
    title = "The party does not hold this unit"


class NotConcerned(Refusal):
    """The party has no part in this act, or lacks the power for it."""

    code = "not-concerned"
    title = "The party has no standing for this act"


class TransitionNotAllowed(Refusal):
    """The subject's state does not allow this."""

    code = "transition-not-allowed"
    title = "The current state does not allow this"


class TimeOutOfBounds(Refusal):
    """``occurred_at`` is ahead of the ledger's clock, or before something the signer had seen."""

    code = "time-out-of-bounds"
    title = "The stated time cannot be right"


class BooksDoNotClose(Refusal):
    """Masses in and masses out differ, and no signed unexplained line says so."""

    code = "books-do-not-close"
    title = "The masses do not add up"


class CorrectionNotAllowed(Refusal):
    """This quantity or statement cannot be corrected, or no longer."""

    code = "correction-not-allowed"
    title = "This cannot be corrected this way"


class AuthorisationMissing(Refusal):
    """No permit in force at ``occurred_at`` covers the act; ``condition`` names what failed."""

    code = "authorisation-missing"
    title = "No permit in force covers this act"


class TermNotKept(Refusal):
    """The act comes too early or too late for the term that the law sets; ``article`` names it."""

    code = "term-not-kept"
    title = "The law does not allow this at this time"


class RequirementNotMet(Refusal):
    """A requirement of the law in force at ``occurred_at`` that blocks; ``requirement`` and ``article`` name it."""

    code = "requirement-not-met"
    title = "The law does not allow this"


class CalendarUnknown(Refusal):
    """A term would have to be counted through a year of which no days without business are known."""

    code = "calendar-unknown"
    title = "No calendar is known for this year"


class DepositInvalid(Refusal):
    """What is deposited beside the log is not what its digest says, too large, erased, or of no accepted type."""

    code = "deposit-invalid"
    title = "The deposit is not acceptable"


class RulesUnknown(Refusal):
    """The log names a version of the rules that this program does not have: upgrade it."""

    code = "rules-unknown"
    title = "This program is older than the ledger's rules: upgrade"


class Unavailable(BitacoraError):
    """Nothing is wrong with the request; the same request may succeed later."""

    code: ClassVar[str] = "unavailable"
    title: ClassVar[str] = "The service cannot answer now"

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class Corruption(BitacoraError):
    """What is stored contradicts what was signed; writing stops until a human has looked."""

    code: ClassVar[str] = "corruption"
    title: ClassVar[str] = "Stored data contradicts the signed log"

    def __init__(self, detail: str, *, place: str) -> None:
        super().__init__(f"{place}: {detail}")
        self.detail = detail
        self.place = place

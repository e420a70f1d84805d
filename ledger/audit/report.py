"""What an audit found: the verdict, and every difference with its place and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ledger.log.checkpoint import Checkpoint

Gravity = Literal["fork", "log", "projection"]
"""``fork``: the ledger contradicts what it signed before. ``log``: an entry, the tree or the checkpoint is not right.
``projection``: what can be made again from the log is not what the log says."""
Verdict = Literal["fine", "broken", "upgrade"]
Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of entries replayed so far, and that of all entries."""

_GRAVEST_FIRST: list[Gravity] = ["fork", "log", "projection"]

FORKED = (
    "The ledger has shown different histories. Keep both signed checkpoints: together they prove it to anyone. "
    "Believe no receipt of this ledger until the operator has explained itself."
)
ENTRY_CHANGED = (
    "These are not the bytes that were recorded: bring this entry back from a copy. Everything before it stands; "
    "of everything after it nothing is known."
)
ENTRY_NOT_ALLOWED = (
    "No honest recorder would have put this entry here. Everything before it stands; of everything after it "
    "nothing is known."
)
ANOTHER_LEDGER = "This is not the ledger that was to be audited. Nothing is known of that one."
NOT_PROVED = "What the checkpoint covers is not proved: get a checkpoint that the ledger's own key signed for this log."
REBUILD = "The log stands. Recreate what is made from it (`bitacora rebuild`) and ask how it came to differ."
UNREADABLE = "Nothing is known of what could not be read: bring it back from a copy and audit again."
TRUNCATED = "Entries that were signed for are missing: bring them back from a copy before anything is recorded."
CHECKER_DIED = "Whether these signatures are good is not known: audit again, with more memory or fewer processes."


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference.

    Attributes:
        place: where: ``entry 17``, ``tile/0/000``, ``state unit/…``, ``checkpoint 300``.
        what: what is there, and what should be.
        follows: what it means, and what to do.
        gravity: how bad it is.
    """

    place: str
    what: str
    follows: str
    gravity: Gravity


@dataclass(slots=True)
class AuditReport:
    """The outcome of an audit, filled while it runs.

    Attributes:
        source: what was audited.
        pinned: the genesis was the one the auditor knew beforehand. If not, the ledger is consistent with itself at
            best: whoever made it up from its first entry on passes too.
        entries: how many entries were replayed and stand.
        size: how many there are.
        root: root of the replayed entries, in hex.
        genesis: event id of entry 0, in hex; None in an empty log.
        checkpoint: the newest checkpoint, once its signatures and its root were verified.
        kept: size of the auditor's own older checkpoint, once it was found to be continued.
        kinds: how many entries there are of each kind.
        findings: differences, the gravest first.
        unlisted: differences beyond the most that are listed.
        compared: what else was held against the log, and found as it should be or listed under ``findings``.
        upgrade: the version of the rules that this program does not have.
        seconds: how long it took.
    """

    source: str
    pinned: bool = False
    entries: int = 0
    size: int = 0
    root: str = ""
    genesis: str | None = None
    checkpoint: Checkpoint | None = None
    kept: int | None = None
    kinds: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unlisted: int = 0
    compared: list[str] = field(default_factory=list)
    upgrade: int | None = None
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """``fine``, ``broken``, or ``upgrade``: right as far as this program can judge, and newer than it."""
        if self.findings:
            return "broken"
        return "fine" if self.upgrade is None else "upgrade"

    @property
    def ok(self) -> bool:
        """Whether everything was checked and nothing is wrong."""
        return self.verdict == "fine"

    @property
    def not_yet_covered(self) -> int:
        """Entries that were replayed and are newer than the verified checkpoint."""
        return max(0, self.entries - (self.checkpoint.size if self.checkpoint else 0))

    @property
    def entries_per_s(self) -> int:
        """Replayed entries a second."""
        return int(self.entries / self.seconds) if self.seconds else 0

    def add(self, findings: Iterable[Finding], listed_max: int) -> None:
        """List these, or count them where ``listed_max`` are listed already; the gravest stay first."""
        for finding in findings:
            if len(self.findings) < listed_max or finding.gravity != "projection":
                self.findings.append(finding)
            else:
                self.unlisted += 1
        self.findings.sort(key=lambda finding: _GRAVEST_FIRST.index(finding.gravity))

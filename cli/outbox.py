"""Signed statements on their way: each is in ``outbox/`` until the ledger has answered it for good.

    outbox/00000007-<event id>.cose     signed, and not yet answered; sent in the order of the numbers
    sent/00000006-<event id>.cose       in the ledger; its evidence beside it once that was fetched
    refused/00000005-<event id>.cose    refused; ``.json`` beside it holds the ledger's answer, and in ``again`` the id
                                        of the statement that was signed in its place

A statement only ever moves by a rename. A process that dies between sending and moving leaves it in ``outbox/``, and
sending it again gets the original answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.files import move_whole, write_whole
from ledger.event import Event, parse_event

_NAME = re.compile(r"([0-9]{8})-([0-9a-f]{64})\.cose", re.ASCII)
_FOLDERS = ("outbox", "sent", "refused")


@dataclass(frozen=True, slots=True)
class Pending:
    """A statement in the outbox.

    Attributes:
        path: its file.
        event: the statement, parsed.
    """

    path: Path
    event: Event


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused statement.

    Attributes:
        path: its file.
        event: the statement, parsed.
        answer: the ledger's problem document with its ``code``, or this side's reason in the same members.
    """

    path: Path
    event: Event
    answer: Mapping[str, Any]


class Outbox:
    """The three folders of one profile; whoever uses it holds the profile's lock."""

    def __init__(self, root: Path) -> None:
        self._outbox, self._sent, self._refused = (root / name for name in _FOLDERS)
        for folder in (self._outbox, self._sent, self._refused):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, raw: bytes) -> Pending:
        """Keep a signed statement, last in the order; it is on the disk when this returns.

        One that was refused gets another chance.

        Raises:
            Refusal: the bytes are not a statement.
        """
        event = parse_event(raw)
        for pending in self.pending():
            if pending.event.id == event.id:
                return pending
        path = self._outbox / _format_name(self._next_number(), event.id)
        refused = next(self._refused.glob(f"*-{event.id}.cose"), None)
        if refused is not None:
            move_whole(refused, path)
        else:
            write_whole(path, raw)
        return Pending(path, event)

    def pending(self) -> list[Pending]:
        """What is not yet answered, in the order in which it was put here."""
        paths = sorted(path for path in self._outbox.iterdir() if _NAME.fullmatch(path.name))
        return [Pending(path, parse_event(path.read_bytes())) for path in paths]

    def refused_ids(self) -> set[str]:
        """Event ids of what the ledger refused."""
        return {match[2] for path in self._refused.iterdir() if (match := _NAME.fullmatch(path.name))}

    def refused(self) -> list[Refused]:
        """What the ledger refused and nothing was signed in place of, in the order in which it was put here."""
        paths = sorted(path for path in self._refused.iterdir() if _NAME.fullmatch(path.name))
        found = (Refused(path, parse_event(path.read_bytes()), _read_answer(path)) for path in paths)
        return [one for one in found if "again" not in one.answer]

    def events(self) -> Iterator[Event]:
        """Every statement of the three folders."""
        for folder in (self._outbox, self._sent, self._refused):
            yield from (parse_event(path.read_bytes()) for path in folder.iterdir() if _NAME.fullmatch(path.name))

    def settle_again(self, refused: Refused, new_id: str) -> None:
        """The statement with this event id, which is in the outbox, was signed in place of a refused one."""
        _write_answer(refused.path, {**refused.answer, "again": new_id})

    def settle_sent(self, pending: Pending) -> None:
        """The ledger has it."""
        move_whole(pending.path, self._sent / pending.path.name)

    def settle_refused(self, pending: Pending, problem: Mapping[str, Any]) -> None:
        """The ledger refused it: keep it with the answer, which is written first."""
        target = self._refused / pending.path.name
        _write_answer(target, problem)
        move_whole(pending.path, target)

    def keep_evidence(self, event_id: str, evidence: bytes) -> Path | None:
        """Put the evidence file beside the sent statement; None if it was not sent from here."""
        for path in self._sent.glob(f"*-{event_id}.cose"):
            target = path.with_suffix(".evidence.json")
            write_whole(target, evidence)
            return target
        return None

    def counts(self) -> dict[str, int]:
        """How many statements each folder holds."""
        folders = (self._outbox, self._sent, self._refused)
        return {folder.name: sum(1 for path in folder.glob("*.cose")) for folder in folders}

    def _next_number(self) -> int:
        names = (path.name for folder in (self._outbox, self._sent, self._refused) for path in folder.iterdir())
        return 1 + max((int(match[1]) for name in names if (match := _NAME.fullmatch(name))), default=0)


def _read_answer(path: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(path.with_suffix(".json").read_bytes())
    return answer


def _write_answer(path: Path, answer: Mapping[str, Any]) -> None:
    write_whole(path.with_suffix(".json"), (json.dumps(answer, ensure_ascii=False, indent=2) + "\n").encode())


def _format_name(number: int, event_id: str) -> str:
    return f"{number:08}-{event_id}.cose"

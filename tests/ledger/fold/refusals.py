"""What a refusal must be: of the right code, and without a trace."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import Refusal
from ledger.event import parse_event
from ledger.keys import SigningKey
from tests.yard import Actor, Yard


def refused(
    yard: Yard, expected: type[Refusal], actor: Actor, kind: str, *, key: SigningKey | None = None, **members: Any
) -> Refusal:
    """The refusal that a statement gets, after which the state is as it was, to the byte."""
    return refused_raw(yard, expected, yard.draft(actor, kind, key=key, **members))


def refused_raw(yard: Yard, expected: type[Refusal], raw: bytes) -> Refusal:
    """The same for a statement that is signed already."""
    yard.tick()
    before = yard.state_bytes()
    with pytest.raises(Refusal) as caught:
        yard.append(raw, parse_event(raw))
    assert caught.value.code == expected.code, caught.value
    assert yard.state_bytes() == before
    return caught.value


def requirements(yard: Yard) -> list[str]:
    """The requirements that findings say are not met, in order of their names."""
    return sorted(finding["requirement"] for finding in yard.findings())

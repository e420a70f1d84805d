"""Journey 12, first half: a stranger gets keys in a sandbox and passes the published cases."""

from __future__ import annotations

import time
from pathlib import Path

import httpx2
import pytest

from api.sandbox_admission import proof_bytes
from ledger.domain.values import format_base64url
from ledger.keys import SigningKey
from tests.cli.ground import run_apart
from tests.cli.sandboxed import served_sandbox

FIVE_MINUTES_S = 300
CASES_MIN = 20


@pytest.mark.slow
def test_a_stranger_has_keys_within_five_minutes_and_passes_the_published_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    with served_sandbox(tmp_path / "sandbox") as url:
        served_s = time.monotonic() - began

        # By hand, with nothing but what docs/onboarding.md says.
        key = SigningKey.generate()
        spki = format_base64url(key.public.spki)
        origin = httpx2.get(f"{url}/v1").json()["origin"]
        body = {"spki": spki, "proof": format_base64url(key.sign(proof_bytes(origin, spki))), "activities": ["storage"]}
        answered = httpx2.post(f"{url}/v1/sandbox/keys", json=body)
        keys_s = time.monotonic() - began
        assert answered.status_code == 201, answered.text
        permits = answered.json()["authorisations"]
        rows = httpx2.get(f"{url}/v1/parties/{answered.json()['party']}").json()["authorisations"]
        assert sorted(permits.values()) == sorted(rows)

        checked = run_apart("sandbox", "check", "--server", url, "--json")

    total_s = time.monotonic() - began
    cases = checked.json["cases"]
    assert (checked.code, [case for case in cases if not case["passed"]]) == (0, [])
    assert len(cases) >= CASES_MIN
    assert keys_s < FIVE_MINUTES_S
    with capsys.disabled():
        print(  # noqa: T201 (the journey tells how long it took)
            f"\nsandbox served after {served_s:.1f} s, keys after {keys_s:.1f} s, "
            f"{len(cases)} cases in {checked.json['seconds']:.1f} s, all in {total_s:.1f} s"
        )

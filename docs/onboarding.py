"""Makes ``docs/onboarding.md`` from the cases in ``api/onboarding``."""

from __future__ import annotations

import json
from typing import Any, Final

from api.sandbox import onboarding_cases

_HEAD: Final = """# Onboarding: {count} cases

Made from `api/onboarding/` by `make docs`; a sandbox publishes the same at `GET /v1/sandbox/cases`. In a sandbox
nothing is real: the name of its log begins with `sandbox.`, and every answer has the header `x-bitacora-sandbox`.

```sh
bitacora sandbox serve                                    # a sandbox of your own
bitacora sandbox check --server http://127.0.0.1:8001     # goes through all cases with fresh keys
```

To get keys: make an Ed25519 or P-256 key pair; let `spki` be the DER SubjectPublicKeyInfo of the public key in
base64url without padding; let `proof` be the signature of the private key (64 bytes: Ed25519, or ES256 as r and s with
s in the lower half), also in base64url, over these bytes, three lines without an end after the last, where ORIGIN is
`origin` of `GET /v1`:

```
bitacora sandbox key
ORIGIN
SPKI
```

Send both to `POST /v1/sandbox/keys`. The same key again gets the same party. How a statement is spelt and signed:
[formats](formats.md); kinds: [events](events.md); refusals: [problems](problems.md).

## How a case is written

`request` is one of: `enrol` (a key by a name of your own), `statement` with `as` (whose key signs it), `batch`,
`resend` (the same bytes as the case of that name, or as what `hold` prepared), `token`, or `get`. A statement goes to
`/v1/events` as `application/cose` unless `to` or `media_type` say otherwise; its members `v`, `id`, `occurred_at` and
`party` are filled in unless they are stated. A text that begins with `$` stands for what an earlier case kept (`keep`,
`keep_id`), for a fresh id (`new`), or for the party or site of a name (`$maker.party`); `$batch.0` is the event id of
the first statement of the same batch. In `expect`, `code` is the last part of a problem's `type`, `members` are JSON
pointers into the answer, and `*` is any value.
"""


def onboarding_page() -> str:
    """The whole page."""
    cases = onboarding_cases()
    return "\n".join([_HEAD.format(count=len(cases)), *map(_section, cases)])


def _section(case: dict[str, Any]) -> str:
    said = ("new", "hold", "request", "expect", "keep", "keep_id")
    spelt = json.dumps({name: case[name] for name in said if name in case}, ensure_ascii=False, indent=2)
    title, do, teaches = case["title"], case["do"], case["teaches"]
    return (
        f"## {case['number']}. {title['es']} · {title['en']}\n\n"
        f"{do['es']} *{teaches['es']}*\n\n{do['en']} *{teaches['en']}*\n\n```json\n{spelt}\n```\n"
    )

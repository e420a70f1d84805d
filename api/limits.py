"""Every limit of the API, by name; a request beyond one is refused before anything of it is parsed."""

from __future__ import annotations

from typing import Final

from ledger.recorder import SUBMITTED_MAX

KIB: Final = 1024
MIB: Final = 1024 * KIB

BODY_BYTES_MAX: Final = 256 * KIB
"""Body of a request that is neither a batch of statements nor a blob."""
BATCH_BODY_BYTES_MAX: Final = 8 * MIB
BLOB_BODY_BYTES_MAX: Final = 20 * MIB
BODIES_BYTES_MAX: Final = 256 * MIB
"""All bodies that this process holds at one time; beyond it callers are told to come back."""
BODIES_BYTES_OF_ONE_MAX: Final = 64 * MIB
"""All bodies of one address at one time: nobody keeps the others out by announcing much and sending nothing."""
BODY_S_MAX: Final = 120
"""How long a body may take to arrive."""

BATCH_STATEMENTS_MAX: Final = SUBMITTED_MAX
CERTIFICATES_MAX: Final = 128
"""Rendered certificates that are kept, of some 80 KB each: the same day's is the same bytes."""
STATUS_LISTS_AGE_S: Final = 10
"""How old a status list may be that is served again: it is public, and drawn from thousands of values."""
HEADS_MAX: Final = 1000
"""Subjects whose heads are asked for in one request."""

PAGE_DEFAULT: Final = 50
PAGE_MAX: Final = 200
"""Entries that one page looks at; it holds those of them that the reader may see."""
LINES_DEFAULT: Final = 256
LINES_MAX: Final = 1000
"""Lines of one consignment in one answer."""
HISTORY_ENTRIES_MAX: Final = 5000
"""Entries of one unit's history that are searched for custody; a reader is shown no more than they prove."""
APPLICATIONS_SCANNED_MAX: Final = 2000
"""Applications that are looked at for one page; the page ends early where the reader may see few of them."""
REGISTER_ROWS_MAX: Final = 10_000
"""Rows of one register that is asked for as a file."""
HISTORIES_MAX: Final = 512
"""Units whose histories are searched for one page; the page ends early where it would take more."""

WAIT_S_MAX: Final = 10
"""How long a request for a receipt may wait for the next checkpoint."""
WAITERS_MAX: Final = 4
"""Requests that wait at one time: each holds a thread."""

HANDLER_THREADS: Final = 12
"""Handlers that run at one time: of 15 connections to the database they leave three to commit, publish and follow."""
CONNECTIONS_MAX: Final = 512

TOKEN_TTL_S_MAX: Final = 600
DESK_IDLE_S: Final = 1800
"""How long the desk of an authority stays open while nobody asks it for a page."""
ASSERTION_TTL_S_MAX: Final = 300
ASSERTION_BYTES_MAX: Final = 4 * KIB
CLOCK_SKEW_S: Final = 30
"""How far a client's clock may be ahead in what it asserts."""
ASSERTIONS_MAX: Final = 100_000
"""Assertions of the last minutes that are remembered, so that each is used once."""

RATED_KEYS_MAX: Final = 100_000
"""Addresses and keys that are counted at one time; beyond it all counting starts anew."""
RATE_WINDOW_S: Final = 60

SEALED_MEMBERS_MAX: Final = 32
"""Members of one sealed value; 16 KiB in all (`ledger.store.sealed`)."""

ALTERNATE_SCHEME_CHARS_MAX: Final = 40
ALTERNATE_VALUE_CHARS_MAX: Final = 120

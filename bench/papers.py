"""``python -m bench.papers``: how long the papers of a load take, from its state values to the PDF."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from exchange.papers.printing import render_folder
from tests.exchange.papers.loaded import Gate

REPEATED: Final = 9
PACKS: Final = (1, 40, 200)


def main() -> None:
    """Measure and print."""
    for packs in PACKS:
        gate = Gate(count=packs)
        gate.pick_up()
        folder = gate.folder()
        print(f"{packs} packs: assembled in {_median_ms(gate.folder)} ms, ", end="")
        print(f"drawn in {_median_ms(partial(render_folder, folder))} ms of CPU")


def _median_ms(work: Callable[[], object]) -> int:
    """CPU time, the median of ``REPEATED`` runs; the first is not counted: it encodes the symbols."""
    taken_s = []
    for _ in range(REPEATED + 1):
        began = time.process_time()
        work()
        taken_s.append(time.process_time() - began)
    return round(1000 * statistics.median(taken_s[1:]))


if __name__ == "__main__":
    main()

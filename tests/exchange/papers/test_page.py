"""Tables on paper: what somebody made long is printed all the same."""

from __future__ import annotations

from pathlib import Path

from exchange.papers.page import flow, render, table
from tests.exchange.papers.reading import needs_poppler, pages_of


@needs_poppler
def test_a_row_higher_than_a_page_goes_on_on_the_next(tmp_path: Path) -> None:
    words = [f"w{nth:04}" for nth in range(1000)]
    rows = [("before", ""), ("tall", " ".join(words)), ("after", "\u202e😀<b>&")]

    pages = pages_of(
        render([flow("title", [table(("a", "b"), rows, (4, 1))], "mark")], title="t", subject="s"), tmp_path
    )

    printed = [word.text for page in pages for word in page.words]
    assert len(pages) > 1
    assert [word for word in printed if word in {*words}] == words
    assert {"before", "after"} <= {*printed}

"""Registers, report and category as members of JSON: grams as integers, days as text, names in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from compliance.annual_report import AnnualReport, Origin, Service, Waste
from compliance.register import Book, ProcessRow, RegisterRow, name_of
from compliance.store.registers import CategoryPage, Place
from compliance.tally import Amount
from ledger.domain.values import format_instant


def book_members(book: Book) -> dict[str, Any]:
    """The head of a register."""
    return {**asdict(book), "article": book.article}


def row_members(row: RegisterRow) -> dict[str, Any]:
    """One row of a register."""
    return {**asdict(row), "name": asdict(name_of(row))}


def process_members(row: ProcessRow) -> dict[str, Any]:
    """One process of a register."""
    return asdict(row)


def report_members(report: AnnualReport, place: Place, filed_at: int | None) -> dict[str, Any]:
    """The draft of a yearly report; ``filed_at`` is when it was filed, None before."""
    flows = ("opening", "came", "left", "processed", "disposed", "closing", "generated_in_all", "tallied")
    return {
        "party": place.party,
        "site": place.site,
        "year": report.year,
        "generated": _lines(report.generated),
        "given": _lines(report.given),
        "taken": _lines(report.taken),
        **{flow: _amount(getattr(report, flow)) for flow in flows},
        "days_max": report.days_max,
        "days_mean": report.days_mean,
        "agrees": report.agrees,
        "filed_at": None if filed_at is None else format_instant(filed_at),
    }


def category_members(page: CategoryPage) -> dict[str, Any]:
    """The category of a generator, and why."""
    return {
        "party": page.party,
        "on": page.on,
        "registered": page.registered,
        "category": page.standing.category if page.standing else None,
        "next_year": page.standing.next_year if page.standing else None,
        "years": [
            {
                "year": year,
                "generated": _amount(amount),
                "category": category,
                "at_boundary": year in page.at_boundary,
            }
            for year, (amount, category) in page.years.items()
        ],
        "plans": [{**asdict(plan), "since": format_instant(plan.since)} for plan in page.plans],
    }


def _amount(amount: Amount) -> dict[str, int]:
    return {"g": amount.g, "units": amount.units}


def _lines(lines: Mapping[Waste, Amount] | Mapping[Service, Amount] | Mapping[Origin, Amount]) -> list[dict[str, Any]]:
    return [{**asdict(line), "amount": _amount(amount)} for line, amount in lines.items()]

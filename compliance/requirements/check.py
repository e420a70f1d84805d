"""The check of law that runs every rule: it refuses, opens a finding or does nothing, as the law of the day says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from compliance.law import law_keys
from compliance.requirements.catalogue.rows import REQUIREMENTS
from compliance.requirements.rule import Facts, Lapse, Rule
from compliance.requirements.rules.rules import RULES
from ledger.domain.payload import Payload, site_key
from ledger.domain.regime import regime_key
from ledger.errors import RequirementNotMet
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.regime import FEDERAL
from ledger.fold.state import Draft, State


def make_check(rules: Iterable[Rule]) -> Check:
    """The check that runs these rules, each for its kinds and in this order."""
    by_kind: defaultdict[type[Payload], list[Rule]] = defaultdict(list)
    for rule in rules:
        for kind in rule.kinds:
            by_kind[kind].append(rule)

    def touches(event: Event) -> list[str]:
        site = event.payload.site
        keys = [regime_key(FEDERAL), *([site_key(site)] if site else [])]
        return keys + [key for rule in by_kind[type(event.payload)] for key in rule.touches(event)]

    def follows(state: State, event: Event) -> list[str]:
        further = [key for rule in by_kind[type(event.payload)] for key in rule.follows(state, event)]
        return law_keys(state) + further

    def apply(draft: Draft) -> None:
        facts = Facts(draft)
        for rule in by_kind[type(draft.event.payload)]:
            # whole before any finding opens: a rule may look through what the statement changes
            for lapse in list(rule.apply(facts)):
                _judge(facts, rule, lapse)

    return Check("requirements", touches, follows, apply, concerns=frozenset(by_kind))


def _judge(facts: Facts, rule: Rule, lapse: Lapse) -> None:
    requirement = REQUIREMENTS[rule.requirement]
    if not requirement.is_in_force(facts.on):
        return
    effect = facts.law.effect(requirement)
    if effect == "off":
        return
    article = lapse.article or requirement.article
    if effect == "block" and not lapse.happened:
        raise RequirementNotMet(
            requirement.statement.en,
            field=lapse.field,
            cure=requirement.cure.en,
            requirement=requirement.id,
            finding=rule.code,
            article=article,
            subject=lapse.subject,
            **lapse.facts,
        )
    facts.draft.open_finding(rule.code, party=lapse.party, subject=lapse.subject, article=article, **lapse.facts)


REQUIREMENTS_CHECK: Final = make_check(RULES)
"""Runs every rule of ``compliance.requirements.rules``."""

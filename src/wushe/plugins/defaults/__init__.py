"""The built-in rules: an ordinary plugin, written with the public names of `wushe` only."""

from __future__ import annotations

from typing import Any

import numpy as np

from wushe import Columns, KeywordRule, RiskSignal, VisitForm, hookimpl
from wushe.plugins.defaults.forms import DEFAULT_FORMS
from wushe.plugins.defaults.gifts import split_gifts as split_gifts
from wushe.plugins.defaults.keywords import DEFAULT_KEYWORD_RULES
from wushe.plugins.defaults.offers import derive_offers as derive_offers
from wushe.plugins.defaults.relief import relief_parameters, relief_policies
from wushe.plugins.defaults.rules import filter_candidates as filter_candidates
from wushe.plugins.defaults.rules import prioritise_needs as prioritise_needs
from wushe.plugins.defaults.rules import register_need_categories as register_need_categories
from wushe.plugins.defaults.rules import register_target_groups as register_target_groups
from wushe.plugins.defaults.rules import score_candidates as score_candidates
from wushe.plugins.defaults.signals import risk_signals, visit_priority
from wushe.rules import Parameter, Policy


@hookimpl
def register_visit_forms() -> list[VisitForm]:
    """The ways in: door-knock, holiday, neighbour's word, grid report, street round, push."""
    return DEFAULT_FORMS


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Patterns for the default categories."""
    return DEFAULT_KEYWORD_RULES


@hookimpl
def register_risk_signals() -> list[RiskSignal]:
    """Signs of difficulty, and how often each group is visited."""
    return risk_signals()


@hookimpl
def register_parameters() -> tuple[Parameter, ...]:
    """Standards and time limits of the nation and the seed regions, checked on 2026-11-21."""
    return relief_parameters()


@hookimpl
def register_policies() -> tuple[Policy, ...]:
    """The national relief policies and the local rules that were found."""
    return relief_policies()


@hookimpl
def prioritise_visits(persons: Columns) -> np.ndarray[Any, Any]:
    """The points of the signals that a person shows, over all points there are."""
    return visit_priority(persons)


EMERGENCY = 3
"""Most pressing of the urgencies, as the columns of needs count them."""


@hookimpl
def order_relief_sources(needs: Columns, sources: tuple[str, ...]) -> np.ndarray[Any, Any]:
    """Government relief first (民发〔2023〕46号); in an emergency the society's first aid goes at once."""
    turns = np.tile(np.arange(len(sources)), (len(needs), 1))
    if "mutual_aid" in sources:
        turns[needs["urgency"] == EMERGENCY, sources.index("mutual_aid")] = -1
    return np.argsort(np.argsort(turns, axis=1, kind="stable"), axis=1)

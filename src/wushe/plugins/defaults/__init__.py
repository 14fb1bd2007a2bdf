"""The built-in rules: an ordinary plugin, written with the public names of `wushe` only."""

from __future__ import annotations

from typing import Any

import numpy as np

from wushe import Columns, KeywordRule, RiskSignal, VisitForm, hookimpl
from wushe.plugins.defaults.forms import DEFAULT_FORMS
from wushe.plugins.defaults.keywords import DEFAULT_KEYWORD_RULES
from wushe.plugins.defaults.rules import derive_offers as derive_offers
from wushe.plugins.defaults.rules import filter_candidates as filter_candidates
from wushe.plugins.defaults.rules import prioritise_needs as prioritise_needs
from wushe.plugins.defaults.rules import register_need_categories as register_need_categories
from wushe.plugins.defaults.rules import register_target_groups as register_target_groups
from wushe.plugins.defaults.rules import score_candidates as score_candidates
from wushe.plugins.defaults.signals import risk_signals, visit_priority


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
def prioritise_visits(persons: Columns) -> np.ndarray[Any, Any]:
    """The points of the signals that a person shows, over all points there are."""
    return visit_priority(persons)

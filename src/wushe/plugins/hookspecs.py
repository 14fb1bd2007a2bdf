"""The hooks. Batch signatures: one call per batch, read-only arrays in, arrays of the same length out.

Grammar: ``register_*`` once at load; ``filter_``, ``score_``, ``prioritise_``, ``derive_`` per batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from wushe.model.help import Offer
    from wushe.model.storage import Array
    from wushe.model.tables import Table
    from wushe.model.terms import (
        Columns,
        Context,
        FilterTerm,
        NeedCategory,
        Pairs,
        ScoreTerm,
        TargetGroup,
    )
    from wushe.model.visiting import KeywordRule, RiskSignal, VisitForm
    from wushe.rules.parameters import Parameter
    from wushe.rules.policy import Policy

PROJECT = "wushe"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_need_categories() -> Sequence[NeedCategory]:  # type: ignore[empty-body]
    """Return categories of need. Combined by union; the same id twice is a conflict at load."""


@hookspec
def register_target_groups() -> Sequence[TargetGroup]:  # type: ignore[empty-body]
    """Return target groups (对象类别). Combined by union; the same id twice is a conflict at load."""


@hookspec
def register_visit_forms() -> Sequence[VisitForm]:  # type: ignore[empty-body]
    """Return visit forms. Where a form id exists already, the new questions are appended to it.

    The same question id twice in one form is a conflict at load.
    """


@hookspec
def register_keyword_rules() -> Sequence[KeywordRule]:  # type: ignore[empty-body]
    """Return rules that suggest a category for free text. Combined by union; a worker confirms."""


@hookspec
def register_risk_signals() -> Sequence[RiskSignal]:  # type: ignore[empty-body]
    """Return signs of difficulty. Combined by union; the same id twice is a conflict at load."""


@hookspec
def register_parameters() -> Sequence[Parameter]:  # type: ignore[empty-body]
    """Return dated, regional, sourced parameters of relief rules. Combined by union.

    The same name, region, sub-area and first day twice is a conflict unless the later plugin's row says
    `replaces`.
    """


@hookspec
def register_policies() -> Sequence[Policy]:  # type: ignore[empty-body]
    """Return relief policies. Combined by union; the same id twice is a conflict at load.

    A policy that names another one in `replaces` takes its place.
    """


@hookspec
def order_relief_sources(  # type: ignore[empty-body]
    needs: Columns, sources: tuple[str, ...], context: Context
) -> Array:
    """Return each source's turn for each money need, int (n_needs, n_sources), 0 first.

    One answer counts: a city's before the default. `sources` are kinds of money such as
    ``government`` and ``mutual_aid``; what they leave is for charity.
    """


@hookspec
def prioritise_visits(persons: Columns, context: Context) -> Array:  # type: ignore[empty-body]
    """Return how pressing a visit to each person is, float (n_persons,) in 0..1, highest first.

    One answer counts: a city's before the default, as for `prioritise_needs`.
    """


@hookspec
def derive_offers(parties: Mapping[str, Table], context: Context) -> Table | Iterable[Offer]:  # type: ignore[empty-body]
    """Return what the parties can give, as a table of offers or as Offer records.

    `parties` maps table names (volunteers, funds, ...) to tables. Combined by union; an offer id
    that exists already is an error that names both sources.
    """


@hookspec
def prioritise_needs(needs: Columns, context: Context) -> Array:  # type: ignore[empty-body]
    """Return each need's priority, float (n_needs,) in 0..1, higher is served first.

    One answer counts: a city's before the default; two cities' answers are a conflict at load
    unless the order of loading was given.
    """


@hookspec
def filter_candidates(  # type: ignore[empty-body]
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> FilterTerm | Sequence[FilterTerm]:
    """Return which candidate pairs are allowed, bool (n_pairs,), and the reason for those refused.

    Combined by "and"; every refusal keeps its reason.
    """


@hookspec
def score_candidates(  # type: ignore[empty-body]
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> ScoreTerm | Sequence[ScoreTerm]:
    """Return score terms, float (n_pairs,) in 0..1, higher is better, each with an integer weight.

    Combined by weighted sum of the values quantised to thousandths, so that the order of plugins
    cannot change a cost; the terms stay with the plan items that they explain.
    """

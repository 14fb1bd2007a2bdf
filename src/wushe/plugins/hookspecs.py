"""The hooks. Batch signatures: one call per batch, read-only arrays in, arrays of the same length out.

Grammar: ``register_*`` once at load; ``filter_``, ``score_``, ``prioritise_``, ``derive_`` per batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from wushe.journal.event import Event
    from wushe.model.declaring import Demo, Programme, ReportSection, Standard
    from wushe.model.help import Offer
    from wushe.model.ordering import OrderRules, PointRule, ProjectScore
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


@hookspec
def register_order_rules() -> Sequence[OrderRules]:  # type: ignore[empty-body]
    """Return how orders are run: time to answer, escalation, caps, more guards. Combined by union.

    For an order the first rules that name its category count, a city's before the default's, else
    the first that name none. The guards of all rules that apply hold. The same id twice is a conflict at load.
    """


@hookspec
def register_point_rules() -> Sequence[PointRule]:  # type: ignore[empty-body]
    """Return how volunteers earn and spend points. Combined by union; the same id twice is a conflict at load."""


@hookspec
def split_gifts(  # type: ignore[empty-body]
    donations: Columns, pools: Columns, context: Context
) -> Sequence[tuple[str, str, int]]:
    """Return (donation id, pool id, fen) for what each pool adds to each donation, in order of time.

    One answer counts: a city's before the default. Columns of `donations`: ``id``, ``fen``, ``donor``,
    ``fund``, ``project``, ``at``; of `pools`: ``id``, ``left_fen``, ``numerator``, ``denominator``, ``gift_cap``,
    ``donor_cap``, ``project_cap`` (fen, -1 none), ``opens``, ``closes`` (instants or None), ``fund``, and what it gave before as
    ``given`` (mappings from ``donor:ID`` and ``project:ID`` to fen). No pool may give more than it has left.
    """


@hookspec
def score_projects(projects: Columns, context: Context) -> ProjectScore | Sequence[ProjectScore]:  # type: ignore[empty-body]
    """Return criteria of project grants, float (n_projects,) in 0..1, each with an integer weight.

    Combined by weighted mean; every criterion keeps its name. Columns: ``id``, ``organization``, ``fund``, ``budget_fen``,
    ``spent_fen``, ``milestones``, ``reached``, ``person_times``, ``persons``, ``households``, ``activities`` (-1 unknown).
    """


@hookspec
def register_standards() -> Sequence[Standard]:  # type: ignore[empty-body]
    """Return what stations or other rows should have (六有). Combined by union; an id twice is a conflict at load."""


@hookspec
def register_programmes() -> Sequence[Programme]:  # type: ignore[empty-body]
    """Return fields of service with their target groups and categories of need. Combined by union.

    Groups and categories must be registered; the same id twice is a conflict at load.
    """


@hookspec
def register_report_sections() -> Sequence[ReportSection]:  # type: ignore[empty-body]
    """Return a city's own parts of its report. Combined by union; the same id twice is a conflict at load."""


@hookspec
def register_demos() -> Sequence[Demo]:  # type: ignore[empty-body]
    """Return demos that come with the plugin, for ``wushe demo``. Combined by union."""


@hookspec
def after_orders_changed(events: Sequence[Event]) -> None:
    """Be told of a unit of work once it is kept, in the order of its events. What is returned is ignored.

    A failure is reported with the receipt and undoes nothing.
    """

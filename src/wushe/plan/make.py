"""make_plan: the one function that joins network, supply and matching into plans per household."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wushe.identify.applied import with_facts
from wushe.matching.objective import Objective
from wushe.matching.result import Matching, match
from wushe.matching.rounds import Choose
from wushe.model.terms import Context
from wushe.network import LinkageNetwork
from wushe.plan.clients import Clients, Scored, by_client, runners_up
from wushe.plan.items import date_of
from wushe.plan.plan import Plan
from wushe.plan.staff import leads, responsible
from wushe.plugins.manager import Plugins, QuantisedScore, load_plugins
from wushe.supply import pool_offers
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.relief import Linkage

Progress = Callable[[Text], None]
STAGES = {
    "relief": Text("先看政府救助", "government relief first"),
    "supply": Text("汇集资源库", "gathering the resource pool"),
    "matching": Text("供需匹配", "matching needs with offers"),
    "plan": Text("形成一户一策", "writing one plan per household"),
}


def make_plan(
    network: LinkageNetwork,
    *,
    plugins: Plugins | None = None,
    on: str | dt.date,
    settings: Mapping[str, Any] | None = None,
    relief: bool = False,
    objective: Objective | None = None,
    prove: bool = True,
    work_limit: int | None = None,
    choose: Choose | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Return the plan of `network` on the calendar date `on`, under the rules of `plugins`.

    Households and persons are taken as the facts known on that day have them.

    With `relief` the needs are those that government relief and mutual aid leave, see `link_relief`:
    what is to be expected of them, or not yet checked, is not asked of charity.

    `objective` declares urgency classes in strict order and fairness between places or groups; without
    one the total cost is the least. `choose` decides instead of any objective, from a `Round` with all
    pairs that may be: a rule of thumb to compare with, or a researcher's own policy. `prove` looks for better pairs until none can exist, see
    `Matching.proof`. `settings` reach plugins through the context; `work_limit` (candidate pairs looked
    at) bounds the assignment, and the plan then says what it could not prove; `progress` is told each stage before it starts.
    Raises ValueError for a bad date, for both `objective` and `choose` and for a flow that cannot be, PluginError for a failing plugin, InputError where two sources
    claim one offer id.
    """
    if choose is not None and objective is not None:
        raise ValueError("make_plan got both objective and choose; expected at most one of them")
    plugins = load_plugins() if plugins is None else plugins
    tell = progress or (lambda _: None)
    context = Context(
        date_of(on), plugins.categories, plugins.target_groups, settings=settings or {}
    )
    network = with_facts(network, context.on)
    linkage = None
    if relief:
        tell(STAGES["relief"])
        linkage = _relief(network, plugins, context.on)
        network = linkage.network()
    tell(STAGES["supply"])
    offers = pool_offers(network, plugins, context)
    tell(STAGES["matching"])
    matching = match(
        network,
        offers,
        plugins,
        context,
        objective=objective,
        prove=prove,
        work_limit=work_limit,
        choose=choose,
    )
    tell(STAGES["plan"])
    scores = plugins.score_candidates(
        matching.prepared.needs,
        matching.prepared.offers,
        matching.pairs,
        matching.prepared.context,
    )
    clients = write_clients(network, matching, scores)
    return Plan(context.on, clients, network, offers, matching, plugins.versions, linkage)


def _relief(network: LinkageNetwork, plugins: Plugins, on: dt.date) -> Linkage:
    from wushe.relief import assess, link_relief

    assessments = assess(network, on=on, plugins=plugins)
    return link_relief(network, assessments, plugins=plugins, on=on)


def write_clients(
    network: LinkageNetwork, matching: Matching, scores: Iterable[QuantisedScore]
) -> Clients:
    """Return the plans of all clients of `matching`; `scores` are the terms of its pairs."""
    needs = matching.prepared.needs
    rows, start, first = by_client(needs["client_code"], needs["urgency"])
    ids = needs["client"][first]
    worker = responsible(network, needs, ids, first)
    return Clients(
        network,
        matching,
        tuple(_scored(score) for score in scores),
        ids,
        rows,
        start,
        first,
        worker,
        *leads(network, needs, worker, first),
        np.searchsorted(matching.need, np.arange(len(needs) + 1)),
        runners_up(matching),
    )


def _scored(score: QuantisedScore) -> Scored:
    name = score.term.name
    return Scored.of(name, score.term.label or Text(name, name), score.term.weight, score.points)

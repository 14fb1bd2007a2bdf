"""Loading plugins, finding conflicts, calling hooks and attributing what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeVar

import attrs
import numpy as np

from wushe.errors import PluginConflictError, PluginError, WusheError
from wushe.journal.event import Event
from wushe.model.declaring import Demo, Programme, ReportSection, Standard
from wushe.model.help import Offer
from wushe.model.ordering import OrderRules, PointRule, ProjectScore
from wushe.model.storage import Array
from wushe.model.tables import Table, table_of
from wushe.model.terms import (
    Columns,
    Context,
    FilterTerm,
    NeedCategory,
    Pairs,
    ScoreTerm,
    TargetGroup,
)
from wushe.model.visiting import RiskSignal, VisitForm
from wushe.plugins import declared, order_answers
from wushe.plugins.answers import (
    SCORE_STEPS,
    QuantisedScore,
    attributed,
    filter_term,
    quantised,
    ranks,
    several,
    unit_interval,
    where_in,
    without_replaced,
    without_replaced_filters,
)
from wushe.plugins.loading import HOOKS, Plugin, available, load_one, pickled, register
from wushe.plugins.origins import RuleOrigin
from wushe.plugins.precedence import DEFAULTS, Precedence, arranged, parents_of
from wushe.plugins.registries import Registry, check_programmes, check_roles

__all__ = [
    "SCORE_STEPS",
    "Plugin",
    "Plugins",
    "QuantisedScore",
    "RuleOrigin",
    "available",
    "load_plugins",
]

MAX_TOTAL_WEIGHT = 10**6
"""Largest sum of score weights: keeps every edge cost within int32."""

FIRST_RESULT = ("prioritise_needs", "prioritise_visits", "order_relief_sources", "split_gifts")
"""Hooks of which one answer counts."""

T = TypeVar("T")


class Plugins:
    """A set of loaded plugins. There is no global one: two sets with different rules can coexist.

    Pickles by name where every plugin was loaded by name (worker processes rebuild), else by object.
    """

    def __init__(self, loaded: Sequence[Plugin], precedence: Precedence) -> None:
        self._loaded = tuple(loaded)
        self._precedence = precedence
        self._manager = register(self._loaded)
        registry = Registry(precedence)
        self.categories: Mapping[str, NeedCategory] = registry.union(
            "register_need_categories", NeedCategory, self._call("register_need_categories")
        )
        check_roles(self._call("register_need_categories"), self.categories)
        self.target_groups: Mapping[str, TargetGroup] = registry.union(
            "register_target_groups", TargetGroup, self._call("register_target_groups")
        )
        self.risk_signals: Mapping[str, RiskSignal] = registry.union(
            "register_risk_signals", RiskSignal, self._call("register_risk_signals"), attributed
        )
        self.keyword_rules = registry.keyword_rules(
            self._call("register_keyword_rules"), self.categories
        )
        self.visit_forms: Mapping[str, VisitForm] = registry.forms(
            self._call("register_visit_forms")
        )
        self.parameters = registry.parameters(self._call("register_parameters"))
        self.policies = registry.policies(self._call("register_policies"))
        self.order_rules: tuple[OrderRules, ...] = registry.local_first(
            "register_order_rules",
            OrderRules,
            self._call("register_order_rules"),
            order_answers.with_guards,
        )
        self.point_rules: tuple[PointRule, ...] = registry.local_first(
            "register_point_rules", PointRule, self._call("register_point_rules")
        )
        self._declare(registry)
        for hook in FIRST_RESULT:
            self._first(hook)
        self._registered = tuple(registry.origins)

    def _declare(self, registry: Registry) -> None:
        """Take what the plugins declare beside matching rules: standards, programmes, sections, demos."""
        programmes = self._call("register_programmes")
        check_programmes(programmes, self.target_groups, self.categories)
        self.programmes: Mapping[str, Programme] = registry.union(
            "register_programmes", Programme, programmes
        )
        self.standards: Mapping[str, Standard] = registry.union(
            "register_standards", Standard, self._call("register_standards"), declared.tested
        )
        self.report_sections: Mapping[str, ReportSection] = registry.union(
            "register_report_sections",
            ReportSection,
            self._call("register_report_sections"),
            declared.made,
        )
        self.demos: Mapping[str, Demo] = registry.union(
            "register_demos", Demo, self._call("register_demos")
        )

    def origins(self) -> tuple[RuleOrigin, ...]:
        """Return where every rule came from and what it took the place of, by hook as they are documented."""
        found = list(self._registered)
        for hook in HOOKS:
            if hook.startswith("register_"):
                continue
            calls = [plugin.name for plugin, _ in self._calls(hook)]
            if hook in FIRST_RESULT and calls:
                found.append(RuleOrigin(hook, "", calls[-1], tuple(calls[:-1])))
            elif hook not in FIRST_RESULT:
                found += [RuleOrigin(hook, "", name) for name in calls]
        found.sort(key=lambda origin: HOOKS.index(origin.hook))
        return tuple(found)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (tuple(pickled(p) for p in self._loaded), self._precedence)

    def __repr__(self) -> str:
        return f"<Plugins {', '.join(f'{n} {v}' for n, v in self.versions)}>"

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """Names and versions of the active plugins, as every report prints them."""
        return tuple((p.name, p.version) for p in self._loaded)

    def hooks_of(self, name: str) -> tuple[str, ...]:
        """Return the hooks that plugin `name` implements, sorted."""
        return tuple(sorted(h for h in HOOKS if any(p.name == name for p, _ in self._calls(h))))

    def derive_offers(
        self, parties: Mapping[str, Table], context: Context
    ) -> list[tuple[str, Table]]:
        """Return (plugin name, offers) for every plugin that derives offers."""
        answers = self._call("derive_offers", parties=parties, context=context)
        return [(p.name, self._offers(p, answer)) for p, answer in answers]

    def prioritise_needs(self, needs: Columns, context: Context) -> Array:
        """Return priorities in 0..1, float64 (n_needs,): a city's answer before the default's."""
        return self._prioritise("prioritise_needs", "needs", needs, context)

    def prioritise_visits(self, persons: Columns, context: Context) -> Array:
        """Return priorities in 0..1, float64 (n_persons,): a city's answer before the default's."""
        return self._prioritise("prioritise_visits", "persons", persons, context)

    def order_relief_sources(
        self, needs: Columns, sources: tuple[str, ...], context: Context
    ) -> Array:
        """Return each source's turn for each need, 0 first, int64 (n_needs, n_sources)."""
        hook = "order_relief_sources"
        chosen = self._first(hook)
        if chosen is None:
            return np.tile(np.arange(len(sources)), (len(needs), 1))
        given = {"needs": needs, "sources": sources, "context": context}
        plugin, answer = self._invoke(chosen, hook, given)
        return ranks(plugin, hook, answer, len(needs), len(sources))

    def _prioritise(self, hook: str, name: str, rows: Columns, context: Context) -> Array:
        chosen = self._first(hook)
        if chosen is None:
            return np.zeros(len(rows))
        plugin, answer = self._invoke(chosen, hook, {name: rows, "context": context})
        return unit_interval(plugin, hook, answer, len(rows), f"n_{name}")

    def filter_candidates(
        self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
    ) -> list[tuple[str, FilterTerm]]:
        """Return every plugin's filter terms, checked for type, length and reason."""
        answers = self._call(
            "filter_candidates", needs=needs, offers=offers, pairs=pairs, context=context
        )
        terms = [
            (p.name, filter_term(p, term, len(pairs)))
            for p, answer in answers
            for term in several(p, "filter_candidates", answer, FilterTerm)
        ]
        return without_replaced_filters(terms, self._precedence)

    def term_origins(self, needs: Columns, offers: Columns, context: Context) -> list[RuleOrigin]:
        """Return where the named filter and score terms come from, asked about no pairs at all."""
        none = np.zeros(0, dtype=np.int32)
        given = {"needs": needs, "offers": offers, "pairs": Pairs(none, none), "context": context}
        found: list[RuleOrigin] = []
        kinds: dict[str, type[Any]] = {
            "filter_candidates": FilterTerm,
            "score_candidates": ScoreTerm,
        }
        for hook, kind in kinds.items():
            held: dict[str, tuple[str, ...]] = {}
            for plugin, answer in self._call(hook, **given):
                for term in several(plugin, hook, answer, kind):
                    if term.name is not None:
                        held[term.name] = (*held.get(term.name, ()), plugin.name)
            found += [RuleOrigin(hook, key, who[-1], who[:-1]) for key, who in sorted(held.items())]
        return found

    def score_candidates(
        self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
    ) -> list[QuantisedScore]:
        """Return every plugin's score terms, checked and quantised, sorted by term name."""
        answers = self._call(
            "score_candidates", needs=needs, offers=offers, pairs=pairs, context=context
        )
        terms = [
            quantised(p, term, len(pairs))
            for p, answer in answers
            for term in several(p, "score_candidates", answer, ScoreTerm)
        ]
        terms = without_replaced(terms, self._precedence)
        if sum(s.term.weight for s in terms) > MAX_TOTAL_WEIGHT:
            raise PluginConflictError(
                f"score weights add up to more than {MAX_TOTAL_WEIGHT}; lower them"
            )
        return terms

    def order_rules_for(self, category: str) -> OrderRules:
        """Return how orders of `category` are run, with the guards of all rules that apply."""
        return order_answers.rules_for(self.order_rules, category)

    def point_rule_for(self, category: str) -> PointRule | None:
        """Return how a service of `category` earns points, None where no rule says so."""
        return order_answers.point_rule_for(self.point_rules, category)

    def split_gifts(
        self, donations: Columns, pools: Columns, context: Context
    ) -> list[tuple[str, str, int]]:
        """Return (donation id, pool id, fen): what each pool adds, never more than it has left."""
        hook = "split_gifts"
        chosen = self._first(hook)
        if chosen is None:
            return []
        given = {"donations": donations, "pools": pools, "context": context}
        plugin, answer = self._invoke(chosen, hook, given)
        return order_answers.split(plugin, answer, donations, pools)

    def score_projects(self, projects: Columns, context: Context) -> list[ProjectScore]:
        """Return every plugin's criteria of project grants, checked, sorted by name."""
        hook = "score_projects"
        scores = [
            order_answers.criterion(plugin, score, len(projects))
            for plugin, answer in self._call(hook, projects=projects, context=context)
            for score in several(plugin, hook, answer, ProjectScore)
        ]
        scores.sort(key=lambda score: score.name)
        for a, b in pairwise(scores):
            if a.name == b.name:
                raise PluginConflictError(
                    f"criterion {a.name!r} is given twice; rename one of them"
                )
        return scores

    def after_orders_changed(self, events: Sequence[Event]) -> tuple[PluginError, ...]:
        """Tell every observer of `events`, and return the failures: what is kept stays kept."""
        failed: list[PluginError] = []
        for call in self._calls("after_orders_changed"):
            try:
                self._invoke(call, "after_orders_changed", {"events": tuple(events)})
            except PluginError as error:
                failed.append(error)
        return tuple(failed)

    def _calls(self, hook: str) -> list[tuple[Plugin, Any]]:
        """Return (plugin, implementation) in load order: pluggy's own order is last in, first out."""
        impls = {
            impl.plugin_name: impl for impl in getattr(self._manager.hook, hook).get_hookimpls()
        }
        return [(p, impls[p.name]) for p in self._loaded if p.name in impls]

    def _call(self, hook: str, **arguments: Any) -> list[tuple[Plugin, Any]]:
        return [self._invoke(call, hook, arguments) for call in self._calls(hook)]

    def _invoke(
        self, call: tuple[Plugin, Any], hook: str, arguments: Mapping[str, Any]
    ) -> tuple[Plugin, Any]:
        plugin, impl = call
        given = {name: _read_only(value) for name, value in arguments.items()}
        try:
            answer = impl.function(*(given[name] for name in impl.argnames))
            if isinstance(answer, Iterator):  # a generator fails only while it is read
                answer = list(answer)
        except WusheError as error:
            raise PluginError(plugin.name, plugin.version, hook, str(error)) from error
        except Exception as error:
            message = f"raised {type(error).__name__}: {_own_words(error)}{where_in(impl.function, error)}"
            raise PluginError(plugin.name, plugin.version, hook, message) from error
        return plugin, answer

    def _first(self, hook: str) -> tuple[Plugin, Any] | None:
        """Return the answer that counts: the most local plugin's. Raises PluginConflictError."""
        calls = self._calls(hook)
        cities = [c for c in calls if c[0].name != DEFAULTS]
        if not calls:
            return None
        chosen = (cities or calls)[-1]
        for plugin, _ in cities[:-1]:
            if self._precedence.rivals(plugin.name, chosen[0].name):
                raise PluginConflictError(
                    f"hook {hook} takes one answer, but {plugin.name} and {chosen[0].name} both implement it; "
                    "load one of them, let one say that it is under the other, or pass ordered=True "
                    "so that the first named wins"
                )
        return chosen

    def _offers(self, plugin: Plugin, answer: Any) -> Table:
        if isinstance(answer, Table):
            if answer.kind.name != "offers":
                raise PluginError(
                    plugin.name,
                    plugin.version,
                    "derive_offers",
                    f"returned a table of {answer.kind.name}, expected offers",
                )
            return answer
        return table_of("offers", several(plugin, "derive_offers", answer, Offer))


def load_plugins(*plugins: str | object, defaults: bool = True, ordered: bool = False) -> Plugins:
    """Load plugins by name (entry point group ``wushe``), from ``.py`` files or as objects, with the defaults.

    An object is a module, class instance or anything with functions marked ``@wushe.hookimpl``; its
    name is its ``name``, else its module or type name. A plugin that says it is ``under`` another one is
    more local: its answer counts where a hook takes only one, and it may replace what the other registers.
    With `ordered` the first named is the most local. Raises PluginError for an unknown name, a misspelled hook or wrong
    argument names, and PluginConflictError where two plugins claim the same thing.
    """
    wanted: list[str | object] = [DEFAULTS] if defaults and DEFAULTS not in plugins else []
    loaded = [load_one(p) for p in (*wanted, *plugins)]
    return Plugins(*arranged(loaded, ordered))


def load_with_those_above(name: str) -> Plugins:
    """Return an installed plugin, with those above it where it does not load alone, to look at it.

    Raises WusheError, whatever goes wrong: one broken plugin must not hide the others.
    """
    try:
        try:
            return load_plugins(name)
        except PluginError:
            above = _above(name)
            if not above:
                raise
            return load_plugins(name, *above)
    except WusheError:
        raise
    except Exception as error:
        message = f"raised {type(error).__name__}: {error}"
        raise PluginError(name, available()[name], "load", message) from error


def _above(name: str) -> list[str]:
    """Return the installed plugins that `name` stands under, however far up, sorted."""
    installed, found, left = available(), {name}, [name]
    while left:
        for parent in parents_of(load_one(left.pop())):
            if parent in installed and parent not in found:
                found.add(parent)
                left.append(parent)
    return sorted(found - {name})


def _rebuild(parts: tuple[tuple[str, str, str, Any], ...], precedence: Precedence) -> Plugins:
    loaded = []
    for how, name, version, what in parts:
        if how == "name":
            loaded.append(load_one(name))
        else:
            found = import_module(what) if how == "module" else what
            loaded.append(Plugin(name, version, found))
    return Plugins(loaded, precedence)


def _own_words(error: Exception) -> str:
    """Return what an error says: validators of attrs add the field and all that belongs to it."""
    told = len(error.args) > 1 and isinstance(error.args[1], attrs.Attribute)
    return str(error.args[0] if told else error)


def _read_only(argument: Any) -> Any:
    """Give hooks a context whose registries they cannot edit (Plans keep the plain one, to pickle)."""
    if not isinstance(argument, Context):
        return argument
    return attrs.evolve(
        argument,
        categories=MappingProxyType(dict(argument.categories)),
        target_groups=MappingProxyType(dict(argument.target_groups)),
        settings=MappingProxyType(dict(argument.settings)),
    )

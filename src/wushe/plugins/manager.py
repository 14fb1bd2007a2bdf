"""Loading plugins, finding conflicts, calling hooks and attributing what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeVar

import attrs
import numpy as np

from wushe.errors import PluginConflictError, PluginError, WusheError
from wushe.journal.event import Event
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
from wushe.model.visiting import KeywordRule, RiskSignal, VisitForm
from wushe.plugins import order_answers
from wushe.plugins.answers import (
    SCORE_STEPS,
    QuantisedScore,
    attributed,
    filter_term,
    quantised,
    ranks,
    several,
    unit_interval,
)
from wushe.plugins.loading import HOOKS, Plugin, available, load_one, pickled, register
from wushe.rules.expr import RuleError
from wushe.rules.parameters import Parameter, ParameterBook
from wushe.rules.policy import Policy, PolicySet

__all__ = ["SCORE_STEPS", "Plugin", "Plugins", "QuantisedScore", "available", "load_plugins"]

DEFAULTS = "defaults"
MAX_TOTAL_WEIGHT = 10**6
"""Largest sum of score weights: keeps every edge cost within int32."""

FIRST_RESULT = ("prioritise_needs", "prioritise_visits", "order_relief_sources", "split_gifts")
"""Hooks of which one answer counts."""

T = TypeVar("T")


class Plugins:
    """A set of loaded plugins. There is no global one: two sets with different rules can coexist.

    Pickles by name where every plugin was loaded by name (worker processes rebuild), else by object.
    """

    def __init__(self, loaded: Sequence[Plugin], ordered: bool = False) -> None:
        self._loaded = tuple(loaded)
        self._ordered = ordered
        self._manager = register(self._loaded)
        self.categories: Mapping[str, NeedCategory] = self._union(
            "register_need_categories", NeedCategory
        )
        self._check_roles()
        self.target_groups: Mapping[str, TargetGroup] = self._union(
            "register_target_groups", TargetGroup
        )
        self.risk_signals: Mapping[str, RiskSignal] = self._union(
            "register_risk_signals", RiskSignal, attributed
        )
        self.keyword_rules = self._keyword_rules()
        self.visit_forms = self._forms()
        self.parameters = self._parameters()
        self.policies = self._policies()
        self.order_rules: tuple[OrderRules, ...] = self._cities_first(
            "register_order_rules", OrderRules, order_answers.with_guards
        )
        self.point_rules: tuple[PointRule, ...] = self._cities_first(
            "register_point_rules", PointRule
        )
        for hook in FIRST_RESULT:
            self._first(hook)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (tuple(pickled(p) for p in self._loaded), self._ordered)

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
        return [
            (p.name, filter_term(p, term, len(pairs)))
            for p, answer in answers
            for term in several(p, "filter_candidates", answer, FilterTerm)
        ]

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
        terms.sort(key=lambda s: s.term.name)
        for a, b in pairwise(terms):
            if a.term.name == b.term.name:
                raise PluginConflictError(
                    f"score term {a.term.name!r} comes from both {a.plugin} and {b.plugin}; rename one of them"
                )
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
            message = f"raised {type(error).__name__}: {error}"
            raise PluginError(plugin.name, plugin.version, hook, message) from error
        return plugin, answer

    def _first(self, hook: str) -> tuple[Plugin, Any] | None:
        calls = self._calls(hook)
        cities = [c for c in calls if c[0].name != DEFAULTS]
        if len(cities) > 1 and not self._ordered:
            names = " and ".join(p.name for p, _ in cities)
            raise PluginConflictError(
                f"hook {hook} takes one answer, but {names} both implement it; "
                "load one of them, or pass ordered=True so that the first named wins"
            )
        found = cities or calls
        return found[0] if found else None

    def _union(
        self,
        hook: str,
        kind: type[T],
        owned: Callable[[Plugin, T], T] = lambda _, item: item,
    ) -> Mapping[str, T]:
        found: dict[str, T] = {}
        owner: dict[str, str] = {}
        for plugin, answer in self._call(hook):
            for item in several(plugin, hook, answer, kind):
                key = item.id  # type: ignore[attr-defined]
                if key in found:
                    raise PluginConflictError(
                        f"{hook}: id {key!r} is registered by both {owner[key]} and {plugin.name}; rename one of them"
                    )
                found[key], owner[key] = owned(plugin, item), plugin.name
        return dict(sorted(found.items()))

    def _cities_first(
        self, hook: str, kind: type[T], owned: Callable[[Plugin, T], T] = lambda _, item: item
    ) -> tuple[T, ...]:
        """Return what all plugins register, the defaults' last: what comes first counts."""
        origin: dict[str, bool] = {}

        def noted(plugin: Plugin, item: T) -> T:
            origin[item.id] = plugin.name == DEFAULTS  # type: ignore[attr-defined]
            return owned(plugin, item)

        found = self._union(hook, kind, noted)
        return tuple(found[key] for key in sorted(origin, key=origin.__getitem__))

    def _check_roles(self) -> None:
        """Raise PluginError for a team's role that nobody can fill: an unknown category or another team."""
        hook = "register_need_categories"
        for plugin, answer in self._call(hook):
            for category in several(plugin, hook, answer, NeedCategory):
                for role in category.roles:
                    part = self.categories.get(role.category)
                    if part is None or part.roles or part.form != "service":
                        message = (
                            f"a role of {category.id!r} asks for {role.category!r}; expected the id of "
                            "a registered category of service that has no roles itself"
                        )
                        raise PluginError(plugin.name, plugin.version, hook, message)

    def _keyword_rules(self) -> tuple[KeywordRule, ...]:
        hook = "register_keyword_rules"
        found = []
        for plugin, answer in self._call(hook):
            for rule in several(plugin, hook, answer, KeywordRule):
                if rule.category not in self.categories:
                    message = f"rule {rule.pattern!r} suggests {rule.category!r}, which no plugin registers"
                    raise PluginError(plugin.name, plugin.version, hook, message)
                found.append(rule)
        return tuple(found)

    def _parameters(self) -> ParameterBook:
        found: dict[tuple[Any, ...], Parameter] = {}
        owner: dict[tuple[Any, ...], str] = {}
        for plugin, answer in self._call("register_parameters"):
            for item in several(plugin, "register_parameters", answer, Parameter):
                taken = owner.get(item.key, plugin.name)
                if item.key in owner and (not item.replaces or self._rivals(taken, plugin.name)):
                    raise PluginConflictError(
                        f"register_parameters: {item.name} of {item.region} {item.area} from "
                        f"{item.valid_from} is registered by both {owner[item.key]} and {plugin.name}; "
                        "set replaces=True on the row that is meant to win"
                    )
                found[item.key] = item
                owner[item.key] = plugin.name
        return ParameterBook(found.values())

    def _rivals(self, one: str, other: str) -> bool:
        """Say whether two city plugins claim the same thing without an order between them."""
        return not self._ordered and one != other and DEFAULTS not in (one, other)

    def _policies(self) -> PolicySet:
        hook = "register_policies"
        found: dict[str, Policy] = {}
        owner: dict[str, str] = {}
        replaced: dict[str, str] = {}
        for plugin, answer in self._call(hook):
            for policy in several(plugin, hook, answer, Policy):
                if policy.replaces is not None and policy.replaces not in found:
                    message = f"{policy.id} replaces {policy.replaces!r}, which no plugin registers before it"
                    raise PluginError(plugin.name, plugin.version, hook, message)
                rival = replaced.setdefault(policy.replaces or policy.id, plugin.name)
                if policy.replaces is not None and self._rivals(rival, plugin.name):
                    raise PluginConflictError(
                        f"{hook}: {policy.replaces!r} is replaced by both {rival} and {plugin.name}; "
                        "load one of them, or pass ordered=True so that the last named wins"
                    )
                found.pop(policy.replaces or "", None)
                if policy.id in found:
                    raise PluginConflictError(
                        f"{hook}: id {policy.id!r} is registered by both {owner[policy.id]} and "
                        f"{plugin.name}; rename one of them, or say what it replaces"
                    )
                found[policy.id], owner[policy.id] = policy, plugin.name
        try:
            return PolicySet(found.values())
        except RuleError as error:
            names = ", ".join(sorted(set(owner.values())))
            message = f"{error}; a policy that replaces another one keeps its id"
            raise PluginError(names, "-", hook, message) from error

    def _forms(self) -> Mapping[str, VisitForm]:
        hook = "register_visit_forms"
        found: dict[str, VisitForm] = {}
        owner: dict[tuple[str, str], str] = {}
        for plugin, answer in self._call(hook):
            for form in several(plugin, hook, answer, VisitForm):
                for question in form.questions:
                    key = form.id, question.id
                    if key in owner:
                        raise PluginConflictError(
                            f"{hook}: question {question.id!r} of form {form.id!r} is registered by "
                            f"both {owner[key]} and {plugin.name}; rename one of them"
                        )
                    owner[key] = plugin.name
                known = found.get(form.id)
                questions = (*known.questions, *form.questions) if known else form.questions
                found[form.id] = attrs.evolve(known or form, questions=questions)
        return dict(sorted(found.items()))

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
    name is its ``name``, else its module or type name. With `ordered` the first named city's answer wins
    where a hook takes only one. Raises PluginError for an unknown name, a misspelled hook or wrong
    argument names, and PluginConflictError where two plugins claim the same thing.
    """
    wanted: list[str | object] = [DEFAULTS] if defaults and DEFAULTS not in plugins else []
    loaded = [load_one(p) for p in (*wanted, *plugins)]
    head, rest = loaded[: len(wanted)], loaded[len(wanted) :]
    if not ordered:
        rest.sort(key=lambda p: p.name)
    return Plugins(head + rest, ordered)


def _rebuild(parts: tuple[tuple[str, str, str, Any], ...], ordered: bool) -> Plugins:
    loaded = []
    for how, name, version, what in parts:
        if how == "name":
            loaded.append(load_one(name))
        else:
            found = import_module(what) if how == "module" else what
            loaded.append(Plugin(name, version, found))
    return Plugins(loaded, ordered)


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

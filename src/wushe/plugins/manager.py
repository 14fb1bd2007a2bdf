"""Loading plugins, finding conflicts, calling hooks and attributing what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module, metadata
from itertools import pairwise
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar, get_args

import attrs
import numpy as np
import pluggy

from wushe.errors import PluginConflictError, PluginError, WusheError
from wushe.model.help import Offer
from wushe.model.storage import Array
from wushe.model.tables import Table, table_of
from wushe.model.terms import (
    Columns,
    Context,
    FilterTerm,
    NeedCategory,
    Pairs,
    Reason,
    ScoreTerm,
    TargetGroup,
)
from wushe.model.visiting import KeywordRule, RiskSignal, VisitForm
from wushe.plugins import hookspecs

GROUP = "wushe"
"""Entry point group in which plugins, built-in ones included, are found by name."""
DEFAULTS = "defaults"
SCORE_STEPS = 1000
"""Score values are quantised to this many steps."""
MAX_TOTAL_WEIGHT = 10**6
"""Largest sum of score weights: keeps every edge cost within int32."""

T = TypeVar("T")


@attrs.frozen(eq=False)
class Plugin:
    """One loaded plugin: its name, version and the object that holds its hooks."""

    name: str
    version: str
    implementation: object


@attrs.frozen(eq=False)
class QuantisedScore:
    """A score term after the hook boundary: `points` = round(value * 1000), int32 (n_pairs,)."""

    plugin: str
    term: ScoreTerm
    points: Array


class Plugins:
    """A set of loaded plugins. There is no global one: two sets with different rules can coexist.

    Pickles by name where every plugin was loaded by name (worker processes rebuild), else by object.
    """

    def __init__(self, loaded: Sequence[Plugin], ordered: bool = False) -> None:
        self._loaded = tuple(loaded)
        self._ordered = ordered
        self._manager = _register(self._loaded)
        self.categories: Mapping[str, NeedCategory] = self._union(
            "register_need_categories", NeedCategory
        )
        self.target_groups: Mapping[str, TargetGroup] = self._union(
            "register_target_groups", TargetGroup
        )
        self.risk_signals: Mapping[str, RiskSignal] = self._union(
            "register_risk_signals", RiskSignal, _attributed
        )
        self.keyword_rules = self._keyword_rules()
        self.visit_forms = self._forms()
        for hook in ("prioritise_needs", "prioritise_visits"):
            self._first(hook)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (tuple(_pickled(p) for p in self._loaded), self._ordered)

    def __repr__(self) -> str:
        return f"<Plugins {', '.join(f'{n} {v}' for n, v in self.versions)}>"

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """Names and versions of the active plugins, as every report prints them."""
        return tuple((p.name, p.version) for p in self._loaded)

    def hooks_of(self, name: str) -> tuple[str, ...]:
        """Return the hooks that plugin `name` implements, sorted."""
        return tuple(sorted(h for h in _HOOKS if any(p.name == name for p, _ in self._calls(h))))

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

    def _prioritise(self, hook: str, name: str, rows: Columns, context: Context) -> Array:
        chosen = self._first(hook)
        if chosen is None:
            return np.zeros(len(rows))
        plugin, answer = self._invoke(chosen, hook, {name: rows, "context": context})
        return _unit_interval(plugin, hook, answer, len(rows), f"n_{name}")

    def filter_candidates(
        self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
    ) -> list[tuple[str, FilterTerm]]:
        """Return every plugin's filter terms, checked for type, length and reason."""
        answers = self._call(
            "filter_candidates", needs=needs, offers=offers, pairs=pairs, context=context
        )
        return [
            (p.name, _filter_term(p, term, len(pairs)))
            for p, answer in answers
            for term in _several(p, "filter_candidates", answer, FilterTerm)
        ]

    def score_candidates(
        self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
    ) -> list[QuantisedScore]:
        """Return every plugin's score terms, checked and quantised, sorted by term name."""
        answers = self._call(
            "score_candidates", needs=needs, offers=offers, pairs=pairs, context=context
        )
        terms = [
            _score_term(p, term, len(pairs))
            for p, answer in answers
            for term in _several(p, "score_candidates", answer, ScoreTerm)
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
            for item in _several(plugin, hook, answer, kind):
                key = item.id  # type: ignore[attr-defined]
                if key in found:
                    raise PluginConflictError(
                        f"{hook}: id {key!r} is registered by both {owner[key]} and {plugin.name}; rename one of them"
                    )
                found[key], owner[key] = owned(plugin, item), plugin.name
        return dict(sorted(found.items()))

    def _keyword_rules(self) -> tuple[KeywordRule, ...]:
        hook = "register_keyword_rules"
        found = []
        for plugin, answer in self._call(hook):
            for rule in _several(plugin, hook, answer, KeywordRule):
                if rule.category not in self.categories:
                    message = f"rule {rule.pattern!r} suggests {rule.category!r}, which no plugin registers"
                    raise PluginError(plugin.name, plugin.version, hook, message)
                found.append(rule)
        return tuple(found)

    def _forms(self) -> Mapping[str, VisitForm]:
        hook = "register_visit_forms"
        found: dict[str, VisitForm] = {}
        owner: dict[tuple[str, str], str] = {}
        for plugin, answer in self._call(hook):
            for form in _several(plugin, hook, answer, VisitForm):
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
        return table_of("offers", _several(plugin, "derive_offers", answer, Offer))


def _attributed(plugin: Plugin, signal: RiskSignal) -> RiskSignal:
    """Return `signal` with a test whose mistakes name the plugin and the signal."""
    test = partial(_signal_answer, plugin.name, plugin.version, signal.id, signal.test)
    return attrs.evolve(signal, test=test)


def _signal_answer(
    name: str,
    version: str,
    signal: str,
    test: Callable[..., Any],
    persons: Columns,
    context: Context,
) -> Array:
    where = name, version, f"register_risk_signals, signal {signal}"
    try:
        answer = test(persons, context)
    except Exception as error:
        raise PluginError(*where, f"raised {type(error).__name__}: {error}") from error
    fits = (
        isinstance(answer, np.ndarray)
        and answer.dtype.kind == "i"
        and answer.shape == (len(persons),)
    )
    if not fits or not np.isin(answer, (-1, 0, 1)).all():
        got = (
            f"{answer.dtype} {answer.shape}"
            if isinstance(answer, np.ndarray)
            else type(answer).__name__
        )
        raise PluginError(
            *where, f"answered {got}, expected integers 1, 0 or -1 of shape ({len(persons)},)"
        )
    found: Array = answer
    return found


def load_plugins(*plugins: str | object, defaults: bool = True, ordered: bool = False) -> Plugins:
    """Load plugins by name (entry point group ``wushe``) or as objects, together with the defaults.

    An object is a module, class instance or anything with functions marked ``@wushe.hookimpl``; its
    name is its ``name``, else its module or type name. With `ordered` the first named city's answer wins
    where a hook takes only one. Raises PluginError for an unknown name, a misspelled hook or wrong
    argument names, and PluginConflictError where two plugins claim the same thing.
    """
    wanted: list[str | object] = [DEFAULTS] if defaults and DEFAULTS not in plugins else []
    loaded = [_load(p) for p in (*wanted, *plugins)]
    head, rest = loaded[: len(wanted)], loaded[len(wanted) :]
    if not ordered:
        rest.sort(key=lambda p: p.name)
    return Plugins(head + rest, ordered)


def available() -> dict[str, str]:
    """Return the installed plugins by name with the distribution version, sorted."""
    found = {e.name: _version(e) for e in metadata.entry_points(group=GROUP)}
    return dict(sorted(found.items()))


_HOOKS = tuple(name for name in vars(hookspecs) if hasattr(vars(hookspecs)[name], "wushe_spec"))


def _load(plugin: str | object) -> Plugin:
    if isinstance(plugin, Plugin):
        return plugin
    if isinstance(plugin, str):
        entries = {e.name: e for e in metadata.entry_points(group=GROUP)}
        if plugin not in entries:
            known = ", ".join(sorted(entries)) or "none"
            raise PluginError(
                plugin, "-", "load", f"no plugin of this name is installed; installed: {known}"
            )
        entry = entries[plugin]
        try:
            return Plugin(plugin, _version(entry), entry.load())
        except Exception as error:
            raise PluginError(
                plugin, _version(entry), "load", f"import failed: {type(error).__name__}: {error}"
            ) from error
    name = (
        getattr(plugin, "name", None) or getattr(plugin, "__name__", None) or type(plugin).__name__
    )
    return Plugin(str(name).rpartition(".")[2], str(getattr(plugin, "__version__", "0")), plugin)


def _version(entry: metadata.EntryPoint) -> str:
    return entry.dist.version if entry.dist else "0"


def _by_name(plugin: Plugin) -> bool:
    entries = {e.name: e for e in metadata.entry_points(group=GROUP)}
    return plugin.name in entries and entries[plugin.name].load() is plugin.implementation


def _pickled(plugin: Plugin) -> tuple[str, str, str, object]:
    """Return (how, name, version, what) to load a plugin again: by name, as a module, as an object."""
    if _by_name(plugin):
        return "name", plugin.name, plugin.version, None
    if isinstance(plugin.implementation, ModuleType):
        return "module", plugin.name, plugin.version, plugin.implementation.__name__
    return "object", plugin.name, plugin.version, plugin.implementation


def _rebuild(pickled: tuple[tuple[str, str, str, Any], ...], ordered: bool) -> Plugins:
    loaded = []
    for how, name, version, what in pickled:
        if how == "name":
            loaded.append(_load(name))
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


def _register(loaded: Sequence[Plugin]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for plugin in loaded:
        if manager.has_plugin(plugin.name):
            raise PluginConflictError(f"two plugins are called {plugin.name!r}; load one of them")
        try:
            manager.register(plugin.implementation, plugin.name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(plugin.name, plugin.version, "load", str(error)) from error
        except ValueError as error:
            raise PluginConflictError(f"plugin {plugin.name!r} is loaded twice: {error}") from error
        _one_per_hook(manager, plugin)
        if not manager.get_hookcallers(plugin.implementation):
            raise PluginError(
                plugin.name, plugin.version, "load", "has no function marked @wushe.hookimpl"
            )
    return manager


def _one_per_hook(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    for caller in manager.get_hookcallers(plugin.implementation) or ():
        mine = [i for i in caller.get_hookimpls() if i.plugin_name == plugin.name]
        if len(mine) > 1:
            raise PluginError(
                plugin.name,
                plugin.version,
                caller.name,
                "is implemented by two functions; return several terms from one",
            )


def _several(plugin: Plugin, hook: str, answer: Any, kind: type[T]) -> list[T]:
    items = [answer] if isinstance(answer, kind) else answer
    if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
        raise PluginError(
            plugin.name,
            plugin.version,
            hook,
            f"returned {type(answer).__name__}, expected {kind.__name__} or several",
        )
    result = list(items)
    for item in result:
        if not isinstance(item, kind):
            raise PluginError(
                plugin.name,
                plugin.version,
                hook,
                f"returned {type(item).__name__}, expected {kind.__name__}",
            )
    return result


def _shaped(
    plugin: Plugin, hook: str, values: Any, n: int, unit: str, dtypes: str, wanted: str
) -> Array:
    if not isinstance(values, np.ndarray) or values.dtype.kind not in dtypes:
        got = f"dtype {values.dtype}" if isinstance(values, np.ndarray) else type(values).__name__
        raise PluginError(
            plugin.name, plugin.version, hook, f"returned {got}, expected a numpy array of {wanted}"
        )
    if values.shape != (n,):
        raise PluginError(
            plugin.name,
            plugin.version,
            hook,
            f"returned shape {values.shape}, expected ({n},) = ({unit},)",
        )
    return values


def _unit_interval(plugin: Plugin, hook: str, values: Any, n: int, unit: str) -> Array:
    checked = _shaped(plugin, hook, values, n, unit, "fiub", "numbers").astype(np.float64)
    if not np.isfinite(checked).all():
        row = int(np.flatnonzero(~np.isfinite(checked))[0])
        raise PluginError(
            plugin.name,
            plugin.version,
            hook,
            f"returned {checked[row]} at position {row}, expected finite values",
        )
    if n and (checked.min() < 0 or checked.max() > 1):
        raise PluginError(
            plugin.name,
            plugin.version,
            hook,
            f"returned values in {checked.min()}..{checked.max()}, expected 0..1",
        )
    return checked


def _filter_term(plugin: Plugin, term: FilterTerm, n: int) -> FilterTerm:
    _shaped(plugin, "filter_candidates", term.allowed, n, "n_pairs", "b", "bool")
    if term.reason not in get_args(Reason):
        raise PluginError(
            plugin.name,
            plugin.version,
            "filter_candidates",
            f"reason {term.reason!r} is not one of {', '.join(get_args(Reason))}",
        )
    return term


def _score_term(plugin: Plugin, term: ScoreTerm, n: int) -> QuantisedScore:
    values = _unit_interval(plugin, "score_candidates", term.values, n, "n_pairs")
    if isinstance(term.weight, bool) or not isinstance(term.weight, int) or term.weight < 1:
        raise PluginError(
            plugin.name,
            plugin.version,
            "score_candidates",
            f"term {term.name!r} has weight {term.weight!r}, expected an integer of at least 1",
        )
    points = np.rint(values * SCORE_STEPS).astype(np.int32)
    return QuantisedScore(plugin.name, term, points)

"""What hooks return, checked: type, length, finiteness, range, with the plugin named in every mistake."""

from __future__ import annotations

import inspect
import math
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, get_args

import attrs
import numpy as np

from wushe.errors import PluginConflictError, PluginError
from wushe.model.pairing import EARTH_KM, pair_km, pair_level
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.terms import (
    Columns,
    Context,
    FilterTerm,
    Pairs,
    Reason,
    ScoreBound,
    ScoreTerm,
)
from wushe.model.visiting import RiskSignal
from wushe.plugins.loading import Plugin
from wushe.plugins.precedence import Precedence
from wushe.text import Text

T = TypeVar("T")
SCORE_STEPS = 1000
"""Score values are quantised to this many steps."""
HALF_AROUND_KM = math.pi * EARTH_KM


@attrs.frozen(eq=False)
class QuantisedScore:
    """A score term after the hook boundary: `points` = round(value * 1000), int32 (n_pairs,)."""

    plugin: str
    term: ScoreTerm
    points: Array


def attributed(plugin: Plugin, signal: RiskSignal) -> RiskSignal:
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


def where_in(function: Callable[..., Any], error: BaseException) -> str:
    """Return the last line of the plugin's own file on the way to `error`, as `` (qingshi.py, line 12)``."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return ""
    own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == code.co_filename]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""


def several(plugin: Plugin, hook: str, answer: Any, kind: type[T]) -> list[T]:
    """Return one or several items of `kind` as a list. Raises PluginError for anything else."""
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


def shaped(
    plugin: Plugin, hook: str, values: Any, n: int, unit: str, dtypes: str, wanted: str
) -> Array:
    """Return an array of shape (n,) and one of `dtypes`. Raises PluginError."""
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


def unit_interval(plugin: Plugin, hook: str, values: Any, n: int, unit: str) -> Array:
    """Return finite values in 0..1, float64 (n,). Raises PluginError."""
    checked = shaped(plugin, hook, values, n, unit, "fiub", "numbers").astype(np.float64)
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


def ranks(plugin: Plugin, hook: str, values: Any, n: int, m: int) -> Array:
    """Return turns as int64 (n, m). Raises PluginError for another shape or type, or negative turns."""
    fits = isinstance(values, np.ndarray) and values.dtype.kind in "iu" and values.shape == (n, m)
    if not fits or (values.size and values.min() < 0):
        got = f"{values.dtype} {values.shape}" if isinstance(values, np.ndarray) else repr(values)
        message = f"returned {got}, expected whole numbers >= 0 of shape ({n}, {m}) = (n_needs, n_sources)"
        raise PluginError(plugin.name, plugin.version, hook, message)
    turns: Array = values.astype(np.int64)
    return turns


def filter_term(plugin: Plugin, term: FilterTerm, n: int) -> FilterTerm:
    """Return `term` if it is one. Raises PluginError."""
    shaped(plugin, "filter_candidates", term.allowed, n, "n_pairs", "b", "bool")
    if term.reason not in get_args(Reason):
        raise PluginError(
            plugin.name,
            plugin.version,
            "filter_candidates",
            f"reason {term.reason!r} is not one of {', '.join(get_args(Reason))}",
        )
    if term.label is not None and not isinstance(term.label, Text):
        message = f"label {term.label!r} is no Text; expected words in both languages"
        raise PluginError(plugin.name, plugin.version, "filter_candidates", message)
    return term


def quantised(plugin: Plugin, term: ScoreTerm, n: int) -> QuantisedScore:
    """Return `term` in whole thousandths. Raises PluginError."""
    values = unit_interval(plugin, "score_candidates", term.values, n, "n_pairs")
    if isinstance(term.weight, bool) or not isinstance(term.weight, int) or term.weight < 1:
        raise PluginError(
            plugin.name,
            plugin.version,
            "score_candidates",
            f"term {term.name!r} has weight {term.weight!r}, expected an integer of at least 1",
        )
    points = np.rint(values * SCORE_STEPS).astype(np.int32)
    return QuantisedScore(plugin.name, term, points)


def without_replaced(
    scores: Sequence[QuantisedScore], precedence: Precedence
) -> list[QuantisedScore]:
    """Return the terms sorted by name, without those that a more local plugin's term replaces.

    `scores` come from the most general plugin to the most local. Raises PluginConflictError.
    """
    found: dict[str, QuantisedScore] = {}
    for score in scores:
        term = score.term
        if term.name in found:
            both = found[term.name].plugin, score.plugin
            _check_replaced("score", term.name, term.replaces, both, precedence)
        found[term.name] = score
    return [found[name] for name in sorted(found)]


def without_replaced_filters(
    terms: Sequence[tuple[str, FilterTerm]], precedence: Precedence
) -> list[tuple[str, FilterTerm]]:
    """Return (plugin, term) without the named terms that a more local plugin's term replaces.

    `terms` come from the most general plugin to the most local. Raises PluginConflictError.
    """
    held: dict[str, tuple[str, FilterTerm]] = {}
    for plugin, term in terms:
        if term.name is None:
            continue
        if term.name in held:
            both = held[term.name][0], plugin
            _check_replaced("filter", term.name, term.replaces, both, precedence)
        held[term.name] = (plugin, term)
    return [
        (plugin, term) for plugin, term in terms if term.name is None or held[term.name][1] is term
    ]


def _check_replaced(
    what: str, name: str, replaces: bool, both: tuple[str, str], precedence: Precedence
) -> None:
    """Raise PluginConflictError unless the second of two plugins may take the place of the first's term."""
    rival, plugin = both
    if rival == plugin or not replaces or precedence.rivals(rival, plugin):
        way_out = "rename one of them, or set replaces=True on the more local one"
        if replaces and rival != plugin:
            way_out = (
                "they stand side by side: let the more local one say that it is under the other"
            )
        raise PluginConflictError(
            f"{what} term {name!r} comes from both {rival} and {plugin}; {way_out}"
        )


def bound_shaped(where: tuple[str, str], term: ScoreTerm, n: int, m: int) -> ScoreBound:
    """Return the term's bound if it has the shapes of `n` needs and `m` offers and never rises with distance.

    `where`: name and version of the plugin. Raises PluginError.
    """
    assert term.bound is not None
    hook = f"score_candidates, bound of term {term.name!r}"
    for name, size in (("row", n), ("column", m), ("level", len(LEVELS) + 1)):
        part = getattr(term.bound, name)
        if part is not None and (np.shape(part) != (size,) or not np.isfinite(part).all()):
            raise PluginError(*where, hook, f"{name} is no array of {size} finite numbers")
    if term.bound.km is not None:
        far = np.concatenate([[0.0], np.geomspace(1e-3, HALF_AROUND_KM, 400)])
        values = np.asarray(term.bound.km(far))
        if values.shape != far.shape or not np.all(np.diff(values) <= 0):
            raise PluginError(*where, hook, "km must return as many numbers, never rising with km")
    return term.bound


def bound_kept(
    where: tuple[str, str], score: QuantisedScore, needs: Columns, offers: Columns, pairs: Pairs
) -> None:
    """Raise PluginError where a value exceeds the bound that its term declares: no proof would hold."""
    bound = score.term.bound
    if bound is None:
        return
    most = np.full(len(pairs), SCORE_STEPS, dtype=np.int32)
    for part, at in ((bound.row, pairs.need), (bound.column, pairs.offer)):
        if part is not None:
            np.minimum(most, as_points(part)[at], out=most)
    if bound.km is not None or bound.level is not None:
        np.minimum(most, _points_by_place(bound, needs, offers, pairs), out=most)
    over = np.flatnonzero(score.points > most)
    for at in over[:1].tolist():
        raise PluginError(
            *where,
            "score_candidates",
            f"term {score.term.name!r} scores {score.points[at] / SCORE_STEPS} for need row "
            f"{pairs.need[at]} and offer row {pairs.offer[at]}, above its declared bound "
            f"{most[at] / SCORE_STEPS}",
        )


def as_points(values: Any) -> Array:
    """Return values as whole thousandths, rounded as scores are and kept within 0 and 1000."""
    points: Array = np.rint(np.clip(values, 0, 1) * SCORE_STEPS).astype(np.int32)
    return points


def _points_by_place(bound: ScoreBound, needs: Columns, offers: Columns, pairs: Pairs) -> Array:
    km = pair_km(needs, offers, pairs)
    blind = np.isnan(km)
    most = np.full(len(pairs), SCORE_STEPS, dtype=np.int32)
    if bound.km is not None:
        # Both sides compute the distance, perhaps not to the last bit.
        near = np.maximum(km[~blind] - 1e-9, 0)
        most[~blind] = as_points(bound.km(near))
    if bound.level is not None and blind.any():
        shared = pair_level(needs, offers, pairs.take(blind))
        most[blind] = as_points(bound.level)[shared + 1]
    return most

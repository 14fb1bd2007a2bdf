"""What hooks return about orders, gifts and projects, checked, with the plugin named in every mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import attrs
import numpy as np

from wushe.errors import PluginError
from wushe.model.ordering import OrderRules, PointRule, ProjectScore
from wushe.model.storage import Array
from wushe.model.terms import Columns
from wushe.plugins.answers import unit_interval
from wushe.plugins.loading import Plugin


def with_guards(plugin: Plugin, rules: OrderRules) -> OrderRules:
    """Return `rules` with guards whose mistakes name the plugin and the guard."""
    guards = tuple(
        attrs.evolve(guard, check=partial(_guard_answer, plugin, guard.name, guard.check))
        for guard in rules.guards
    )
    return attrs.evolve(rules, guards=guards)


def _guard_answer(
    plugin: Plugin, name: str, check: Callable[..., Any], orders: Columns, helpers: Columns
) -> Array:
    where = plugin.name, plugin.version, f"register_order_rules, guard {name}"
    try:
        answer = check(orders, helpers)
    except Exception as error:
        raise PluginError(*where, f"raised {type(error).__name__}: {error}") from error
    if not isinstance(answer, np.ndarray) or answer.dtype != bool or answer.shape != (len(orders),):
        got = f"{answer.dtype} {answer.shape}" if isinstance(answer, np.ndarray) else repr(answer)
        raise PluginError(*where, f"answered {got}, expected bool of shape ({len(orders)},)")
    return answer


def rules_for(rules: Sequence[OrderRules], category: str) -> OrderRules:
    """Return the rules of one category: the first that name it, else the first that name none.

    The guards of all that apply are joined. `rules` has cities' before the default's.
    """
    named = [r for r in rules if category in r.categories]
    general = [r for r in rules if not r.categories]
    chosen = (named or general or [OrderRules("default")])[0]
    guards = tuple(guard for r in (*named, *general) for guard in r.guards)
    return attrs.evolve(chosen, guards=guards)


def point_rule_for(rules: Sequence[PointRule], category: str) -> PointRule | None:
    """Return the first point rule that names `category`, else the first that names none, else None."""
    named = [r for r in rules if category in r.categories]
    general = [r for r in rules if not r.categories]
    return next(iter((*named, *general)), None)


def split(
    plugin: Plugin, answer: Any, donations: Columns, pools: Columns
) -> list[tuple[str, str, int]]:
    """Return the triples of `split_gifts`. Raises PluginError where a pool gives more than it has left."""
    where = plugin.name, plugin.version, "split_gifts"
    known = set(donations["id"].tolist())
    left = dict(zip(pools["id"].tolist(), pools["left_fen"].tolist(), strict=True))
    found: list[tuple[str, str, int]] = []
    if isinstance(answer, (str, bytes)) or not isinstance(answer, Iterable):
        got = type(answer).__name__
        raise PluginError(*where, f"returned {got}, expected (donation id, pool id, fen) triples")
    for item in answer:
        if not isinstance(item, tuple) or len(item) != 3:
            raise PluginError(*where, f"returned {item!r}, expected (donation id, pool id, fen)")
        donation, pool, fen = item
        if donation not in known or pool not in left:
            raise PluginError(*where, f"returned {donation!r}, {pool!r}: no such donation or pool")
        if not isinstance(fen, (int, np.integer)) or isinstance(fen, bool) or fen < 0:
            raise PluginError(*where, f"gives {fen!r} to {donation!r}, expected whole fen >= 0")
        left[pool] -= int(fen)
        if left[pool] < 0:
            raise PluginError(
                *where, f"pool {pool!r} gives {-left[pool]} fen more than it has left"
            )
        found.append((donation, pool, int(fen)))
    return found


def criterion(plugin: Plugin, score: ProjectScore, n: int) -> ProjectScore:
    """Return `score` with its values as float64 (n,) in 0..1. Raises PluginError."""
    values = unit_interval(plugin, "score_projects", score.values, n, "n_projects")
    if isinstance(score.weight, bool) or not isinstance(score.weight, int) or score.weight < 1:
        message = (
            f"criterion {score.name!r} has weight {score.weight!r}, expected a whole number > 0"
        )
        raise PluginError(plugin.name, plugin.version, "score_projects", message)
    return attrs.evolve(score, values=values)

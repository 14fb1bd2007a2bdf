"""Slips that nothing else would ever tell: rules that fit any text, figures that make no sense, functions never asked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from wushe.model.parties import LEVELS
from wushe.plugins.loading import HOOKS
from wushe.testing.conformance import slips
from wushe.testing.conformance.declared import items_of
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit
from wushe.text import Text

PLAIN = (
    "今天下午来过，家里没有人。",
    "孙子在外地上学，放假回来",
    "已经和本人核对过电话！",
    "Nobody was at home.",
)
"""Words that ask for nothing: a pattern that is found in all of them is found in anything."""
FIGURES: dict[str, tuple[tuple[str, int], ...]] = {
    "register_risk_signals": (("points", 0), ("interval_days", 1)),
    "register_point_rules": (
        *(("per_hour", 0), ("per_time", 0), ("daily_cap", 1), ("valid_months", 1)),
    ),
    "register_order_rules": (
        *(("asked_at_once", 1), ("rounds", 1), ("weekly_calls", 1), ("record_days", 1)),
    ),
}
"""Whole numbers that rules hold, None where they do not say, and the least that makes sense."""
LISTS = ("categories", "covers", "opens", "excludes")
"""Fields that hold several words: ``("food")`` is no tuple, ``("food",)`` is one."""
_LIST = Text("({word},)：只有一个也要有逗号", "({word},): a tuple of one has a comma, too")
_AT_LEAST = Text("至少为 {low} 的整数", "a whole number of at least {low}")
_UPWARDS = Text("由低到高、不重复的层级", "levels from the lowest up, each of them once")
_SOMETHING = Text("按小时、按次或存时间", "points by the hour or by the time, or a time bank")


def figures(kit: Kit) -> Iterator[Finding]:
    """Yield the figures of the plugin's rules that cannot be meant, and levels that an order would go round in."""
    for hook, key, item in items_of(kit):
        where = f"{hook} · {key}"
        for field, value, low in _figures_of(hook, item):
            if value is not None and (type(value) is not int or value < low):
                yield _odd(where, field, value, _AT_LEAST, low=low)
        for field in LISTS:
            if isinstance(value := getattr(item, field, None), str):
                yield _odd(where, field, repr(value), _LIST, word=repr(value))
        if hook == "register_order_rules" and not _climbs(item.levels):
            yield _odd(where, "levels", ", ".join(item.levels), _UPWARDS)
        if hook == "register_point_rules" and not (
            item.per_hour or item.per_time or item.time_bank
        ):
            yield _odd(where, "per_hour, per_time", 0, _SOMETHING)


def _figures_of(hook: str, item: Any) -> Iterator[tuple[str, Any, int]]:
    """Yield (name, value, the least that makes sense) of one rule's figures."""
    for field, low in FIGURES.get(hook, ()):
        yield field, getattr(item, field), low
    for reward, price in getattr(item, "rewards", {}).items():
        yield f"rewards[{reward}]", price, 1


def _climbs(levels: tuple[str, ...]) -> bool:
    """Say whether an order that nobody takes goes up from each level to the next."""
    order = list(LEVELS)
    depth = [order.index(level) for level in levels]
    return all(lower > upper for lower, upper in pairwise(depth))


def _odd(where: str, field: str, value: Any, expected: Text, **params: Any) -> Finding:
    meant = Text(expected.say("zh", **params), expected.say("en", **params))
    return found(slips.ODD_VALUE, where, field=field, value=value, expected=meant)


def keywords(kit: Kit) -> Iterator[Finding]:
    """Yield the plugin's keyword rules whose pattern, or whose exception, fits whatever is written."""
    if "register_keyword_rules" not in kit.hooks:
        return
    own = set(kit.rules.keyword_rules) - set(kit.base.keyword_rules)
    for rule in sorted(own, key=lambda rule: (rule.category, rule.pattern)):
        for field in ("pattern", "unless"):
            pattern = getattr(rule, field)
            if pattern is not None and all(re.search(pattern, text) for text in PLAIN):
                where = f"register_keyword_rules · {rule.category}"
                yield found(slips.SUGGESTS_ALWAYS, where, field=field, pattern=pattern[:40])


# --- functions that are never asked ------------------------------------------------------------


def never_asked(kit: Kit) -> Iterator[Finding]:
    """Yield the functions that are called like hooks and are none, those that a later one hides, hooks without self."""
    holder = kit.plugin.implementation
    if isinstance(holder, type) and any(_wants_self(one) for one in kit.functions()):
        yield found(slips.NOT_AN_OBJECT, "load", name=holder.__name__)
    names = vars(holder) if isinstance(holder, (ModuleType, type)) else vars(type(holder))
    for name in HOOKS:
        # What is taken over from another module is that one's own business.
        if name not in kit.hooks and _at_home(names.get(name), holder):
            yield found(slips.NOT_MARKED, name, name=name)
    file = getattr(holder, "__file__", None)
    if isinstance(holder, ModuleType) and file and Path(file).is_file():
        yield from _hidden(ast.parse(Path(file).read_bytes()))


def _wants_self(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_varnames[: code.co_argcount][:1] == ("self",)


def _at_home(function: Any, holder: object) -> bool:
    """Say whether something is a function, decorated or not, that the plugin itself defines."""
    if not callable(getattr(function, "__func__", function)):
        return False
    return not isinstance(holder, ModuleType) or function.__module__ == holder.__name__


def _hidden(tree: ast.Module) -> Iterator[Finding]:
    """Yield the hooks that a module defines more than once."""
    lines: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in HOOKS:
            if node.name in lines:
                params = {"first": lines[node.name], "second": node.lineno}
                yield found(slips.DEFINED_TWICE, node.name, name=node.name, **params)
            lines[node.name] = node.lineno

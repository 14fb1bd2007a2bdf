"""Why a gift of Ezhou's campaign was matched with so much and no more: the rule of matching is asked again."""

import datetime as dt
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import attrs
import numpy as np

import wushe
from wushe import Text
from wushe.journal import MemoryStore
from wushe.ledger import money

FULL = Text("全额配捐", "matched in full")
DRY = Text("池子配到这一笔用完，只配了余下的", "the pool ran dry in this gift: what was left")
WHY = {
    "opens": Text("配捐还没开始", "the matching has not begun"),
    "closes": Text("配捐已经结束", "the matching is over"),
    "left_fen": Text("池子已空", "the pool is empty"),
    "gift_cap": Text("到了单笔上限", "up to the cap of a gift"),
    "donor_cap": Text("到了捐赠人上限", "up to the donor's cap"),
    "project_cap": Text("到了项目上限", "up to the project's cap"),
}
LIFTED: Mapping[str, str | int | None] = {
    "opens": None, "closes": None, "left_fen": 10**15, "gift_cap": -1, "donor_cap": -1, "project_cap": -1,
}  # fmt: skip
"""What a pool's column holds where this limit is none."""


@attrs.frozen
class Matched:
    """One gift of the campaign: fen given and matched, and what kept the pool from adding more (keys of `WHY`)."""

    gift: str
    given: int
    matched: int
    why: tuple[str, ...]


def limits(
    store: MemoryStore, rules: wushe.Plugins, pool: money.Pool, gift: str, matched: int
) -> tuple[str, ...]:
    """Return the fewest limits of the pool without which the city's own rule would have added more, () if none.

    The rule of matching is asked again, about the same gift and the pool as it was before it, first with all
    limits, then without one, then without two of them.
    """
    held = store.state.get("gift", gift)
    (came,) = [e for e in store.log if e.kind == "gift.received" and e.data["gift"] == gift]
    keys = [f"donor:{held.donor}", f"project:{held.project}"]
    shares = [store.state.get("pool_share", f"{pool.id} {key}") for key in keys]
    before = {k: s.fen - matched for k, s in zip(keys, shares, strict=True) if s is not None}
    donation = {"id": gift, "donor": held.donor, "fund": held.fund, "project": held.project}
    row: dict[str, Any] = {"id": pool.id, "fund": pool.fund, "given": before, "left_fen": pool.left}
    row |= {n: getattr(pool, n) for n in ("opens", "closes", "numerator", "denominator")}
    caps = {n: getattr(pool, n) for n in ("gift_cap", "donor_cap", "project_cap")}
    row |= {n: -1 if cap is None else cap for n, cap in caps.items()}
    asked_of = _one({**donation, "at": came.at, "fen": held.fen})
    context = wushe.Context(dt.date.fromisoformat(held.day), rules.categories, rules.target_groups)

    def added(*lifted: str) -> int:
        without = _one({**row, **{name: LIFTED[name] for name in lifted}})
        return sum(fen for *_, fen in rules.split_gifts(asked_of, without, context))

    if added() != matched:
        raise RuntimeError(f"{gift}: the books have {matched} fen, the rule of matching {added()}")
    tried = (some for n in (1, 2) for some in combinations(LIFTED, n))
    return next((some for some in tried if added(*some) > matched), ())


def _one(row: Mapping[str, Any]) -> wushe.Columns:
    """Return one row as columns; whole numbers are int64, all else objects."""
    arrays = {}
    for name, value in row.items():
        arrays[name] = np.empty(1, dtype=np.int64 if isinstance(value, int) else object)
        arrays[name][0] = value
    return wushe.Columns(1, arrays)


def reason(one: Matched, lang: str) -> str:
    """Return in words why a gift was matched with so much."""
    if one.why == ("left_fen",) and one.matched:
        return DRY.say(lang)
    said = [WHY[limit].say(lang) for limit in one.why] or [FULL.say(lang)]
    return ("；" if lang == "zh" else "; ").join(said)

"""What to recruit or raise where: the value of a block more of each kind of help in each place."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from wushe.matching.live.anew import match_anew, served_in_full
from wushe.matching.live.city import LiveCity
from wushe.matching.live.edits import Edit, new_offer
from wushe.matching.live.held import total_cost
from wushe.model.parties import LEVELS
from wushe.model.tables import Table
from wushe.model.terms import NeedCategory
from wushe.model.units import say_amount
from wushe.network import LinkageNetwork
from wushe.text import Text

PERSONS = ("social_workers", "volunteers")
MOST_HELPERS = 3
MOST_LOTS = 5
LOT_FEN = 100_000
"""Money is raised by the thousand yuan."""
LOT = 10
"""Goods and slots are raised by ten of what a need typically asks for."""


@attrs.frozen(eq=False)
class Advice:
    """So much more help of one category in one place, and what it is worth.

    `blocks` helpers or lots, together `units` base units of `unit`; `needs_cleared` more needs are served
    in full; the objective falls by `saving`. `value` is the saving in needs of middling size of the
    category, so that money and hours compare.
    """

    category: str
    place: str
    blocks: int
    units: int
    unit: str
    needs_cleared: int
    saving: int
    value: float
    text: Text
    edit: Edit

    def say(self, lang: str = "zh") -> str:
        """Return the advice in one sentence."""
        return self.text.say(lang)

    def apply(self, network: LinkageNetwork, offers: Table) -> tuple[LinkageNetwork, Table]:
        """Return network and pool with the help added as one new offer, for a plan anew."""
        return self.edit.apply(network, offers)


def advise(live: LiveCity, level: str = "street", top: int = 10) -> list[Advice]:
    """Return the `top` blocks of help that are worth most, each at a place of `level`, best first.

    A block: up to three helpers with the hours that helpers of the category have (the median), up to
    five thousand yuan, or up to five lots of goods; no more than what is short there. Dual prices bound
    what each block can save; the best bounds are added to the live matching, solved and taken back,
    until no bound left exceeds the value of the last of the `top`. `needs_cleared` is counted in a solve from
    scratch. Where needs are held or pairs left out (`LiveCity.whole` is false) a whole matching of the changed
    tables counts both that and `saving`; what saves nothing there is left out.

    Best by `value`. Each is worth that alone: two of them together may be worth less than the sum.
    Raises ValueError for a level that is none or a `top` below 1.
    """
    if level not in LEVELS:
        raise ValueError(f"level: {level!r}; expected one of {', '.join(LEVELS)}")
    if top < 1:
        raise ValueError(f"top: {top}; expected at least 1")
    found: list[tuple[float, str, str, int, _Block]] = []
    left = live.fresh()
    for bound, block in _by_bound(live, level, left):
        if len(found) >= top and bound < -found[top - 1][0]:
            break
        saving = _saving(live, block)
        if saving > 0:
            value = saving / block.typical
            found.append((-value, block.category.id, block.place_id, saving, block))
            found.sort(key=lambda f: f[:3])
    best = [(saving, block) for *_, saving, block in found[:top]]
    if not live.whole:
        return _counted_anew(live, [block for _, block in best])
    before = _served(left)
    return [
        _advice(live, block, saving, _served_with(live, block) - before) for saving, block in best
    ]


@attrs.frozen(eq=False)
class _Block:
    category: NeedCategory
    place: int
    place_id: str
    blocks: int
    units: int
    typical: int
    """The median of what needs of the category ask for."""
    edit: Edit


def _by_bound(live: LiveCity, level: str, left: Mapping[str, int]) -> list[tuple[float, _Block]]:
    """Return (bound on the value, block) of every category and place that is short, best bound first."""
    needs = live.matching.prepared.needs
    places = needs["ancestors"][:, list(LEVELS).index(level)]
    open_rows = [row for row in range(len(needs)) if live.has_need(needs["id"][row])]
    groups: dict[tuple[str, int], list[int]] = {}
    for row in open_rows:
        if places[row] >= 0:
            groups.setdefault((needs["category"][row], int(places[row])), []).append(row)
    found = []
    for (name, place), rows in sorted(groups.items()):
        keys = [needs["id"][row] for row in rows]
        short = sum(left[key] for key in keys)
        if short:
            block = _block(live, name, place, short)
            found.append((_bound(live, keys, block.units) / block.typical, block))
    found.sort(key=lambda f: (-f[0], f[1].category.id, f[1].place_id))
    return found


def _block(live: LiveCity, name: str, place: int, short: int) -> _Block:
    categories = live.records.parts.context.categories
    category, code = categories[name], list(categories).index(name)
    size, most = _standard(live, category)
    blocks = min(most, -(-short // size))
    service = category.form == "service"
    edit = new_offer(live, [name], blocks * size, place, category.skills, vetted=service)
    place_id = str(live.network.tables["places"].ids[place])
    needs = live.matching.prepared.needs
    asked = np.sort(needs["quantity"][needs["category_code"] == code])
    typical = int(asked[len(asked) // 2])
    return _Block(category, place, place_id, blocks, blocks * size, typical, edit)


def _standard(live: LiveCity, category: NeedCategory) -> tuple[int, int]:
    """Return the size of one block in base units, and how many at most."""
    if category.dimension == "fen":
        return LOT_FEN, MOST_LOTS
    if category.form != "service" or category.dimension != "minute":
        return LOT * category.typical, MOST_LOTS
    offers = live.matching.prepared.offers
    hours: list[int] = [
        int(capacity)
        for capacity, kind, names in zip(
            offers["capacity"].tolist(), offers["provider_kind"], offers["categories"], strict=True
        )
        if kind in PERSONS and category.id in names
    ]
    return (sorted(hours)[len(hours) // 2] if hours else category.typical), MOST_HELPERS


def _bound(live: LiveCity, needs: list[str], units: int) -> int:
    """Return the most that `units` for these needs can save: the dearest units first, at their prices."""
    worth = sorted(
        ((live.need_price(key), live.quantity(key)) for key in needs), key=lambda w: -w[0]
    )
    total = 0
    for price, quantity in worth:
        taken = min(quantity, units)
        total += price * taken
        units -= taken
    return total


def _saving(live: LiveCity, block: _Block) -> int:
    before = live.objective
    with live.what_if():
        block.edit.take_into(live, briefly=True)
        return before - live.objective


def _served(left: Mapping[str, int]) -> int:
    return sum(missing == 0 for missing in left.values())


def _served_with(live: LiveCity, block: _Block) -> int:
    with live.what_if():
        block.edit.take_into(live)
        return _served(live.fresh())


def _counted_anew(live: LiveCity, blocks: list[_Block]) -> list[Advice]:
    """Return the advice of `blocks`, best first, counted where held needs and their helpers move too."""
    now = match_anew(live) if live.changes else live.matching
    cost, served, found = total_cost(now), served_in_full(now), []
    for block in blocks:
        then = match_anew(live, block.edit)
        saving = cost - total_cost(then)
        if saving > 0:
            found.append(_advice(live, block, saving, served_in_full(then) - served))
    found.sort(key=lambda a: (-a.value, a.category, a.place))
    return found


def _advice(live: LiveCity, block: _Block, saving: int, cleared: int) -> Advice:
    text = Text(*(_said(live, block, cleared, lang) for lang in ("zh", "en")))
    return Advice(
        block.category.id, block.place_id, block.blocks, block.units, block.category.dimension,
        cleared, saving, saving / block.typical, text, block.edit,
    )  # fmt: skip


_HELPERS = Text(
    "{place}增加 {blocks} 名{what}人员（每周共{amount}），可再解决 {cleared} 项需求",
    "{blocks} more for {what} in {place} ({amount} a week in all) clear {cleared} needs",
)
_LOTS = Text(
    "{place}的{what}再筹{amount}，可再解决 {cleared} 项需求",
    "{amount} more of {what} in {place} clear {cleared} needs",
)


def _said(live: LiveCity, block: _Block, cleared: int, lang: str) -> str:
    service = block.category.form == "service" and block.category.dimension == "minute"
    return (_HELPERS if service else _LOTS).say(
        lang,
        place=str(live.network.tables["places"]["name"][block.place]),
        what=block.category.name(lang),
        blocks=block.blocks,
        amount=say_amount(block.units, block.category.dimension, lang),
        cleared=cleared,
    )

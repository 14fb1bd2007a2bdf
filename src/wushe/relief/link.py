"""Government relief, first aid and charity: which source is counted on for each need, in exact fen.

Government relief that a household possibly gets is taken off its money needs before charity is asked
(民发〔2023〕46号). No yuan is counted twice, and no need above what it asks for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.terms import Columns, Context, NeedCategory, TargetGroup
from wushe.network import LinkageNetwork
from wushe.relief.consent import ConsentBook
from wushe.relief.days import day_of
from wushe.relief.linkage import GOVERNMENT, SOURCES, Linkage, Tally
from wushe.relief.open_needs import EMERGENCY, Ints, Needs, open_needs
from wushe.relief.pools import Assessed, Pools, eligible_pairs, pools_of, standing
from wushe.relief.societies import Societies

MAX_MONTHS = 120


class ReliefPlugins(Protocol):
    """What `link_relief` asks of a set of plugins."""

    categories: Mapping[str, NeedCategory]
    target_groups: Mapping[str, TargetGroup]

    def order_relief_sources(
        self, needs: Columns, sources: tuple[str, ...], context: Context
    ) -> Array:
        """Return the rank of each source for each need, int (n_needs, n_sources), 0 first."""
        ...


def link_relief(
    network: LinkageNetwork,
    assessments: Assessed,
    *,
    plugins: ReliefPlugins,
    on: dt.date | str,
    months: int = 12,
) -> Linkage:
    """Return what of each open money need is covered by whom, and what remains for charity.

    Sources are drawn on in the order of the hook ``order_relief_sources``; the more urgent needs
    come first, then the earlier due, the earlier asked and the smaller id:

    - ``government``: the payments of the policies that cover the need's category. The lower end of
      a range is counted on; what lies between lower and upper end is *held*: not asked of anybody
      else until the office has answered. A monthly sum counts once for each whole month up to the
      need's due date, at most `months`; a sum paid once or by the year counts at once, further
      yearly ones after every twelve months. A payment to a person covers that person's needs and
      those that name the household only.
    - ``mutual_aid``: funds of mutual-aid societies (救急难互助社), within balance, purposes, groups,
      reach and the limit per need; not for those who refused consent.

    What they leave is for charity.

    Where an answer or an amount is unknown, the need is to be checked: what the known payments leave
    of it waits for the office. An emergency neither waits nor holds: first aid at once, papers later.
    Grants on record count once: one made after the need was asked covers it; one made before was in
    hand when the need was stated, and relief already running is then not taken off again. What was
    granted within twelve months is no longer expected from a sum paid once or by the year.

    `network` is the one that was assessed, as the facts known on the day `on` have it. Raises
    ValueError where it is another one or the dates differ, or `months` is outside 1..120.
    """
    on = day_of(on)
    _check(network, assessments, on, months)
    needs = open_needs(network, plugins.categories, on, months)
    money = needs.money
    pools = pools_of(network, assessments, plugins.categories, on, months)
    context = Context(on, plugins.categories, plugins.target_groups)
    ranks = np.asarray(plugins.order_relief_sources(needs.columns(money), SOURCES, context))
    # A stable sort makes a permutation even of ranks with ties: every need meets every source once.
    order = np.argsort(ranks.reshape(-1, len(SOURCES)), axis=1, kind="stable")
    stand = standing(network, assessments, needs, pools)
    book = ConsentBook.of(network, on)
    societies = Societies.of(network, needs, money, book)
    run = _Run.of(needs, money, pools, stand.doubtful(money), societies)
    for urgency in range(EMERGENCY, -1, -1):
        for place in range(len(SOURCES)):
            for source in range(len(SOURCES)):
                turn = (needs.urgency[money] == urgency) & (order[:, place] == source)
                run.draw(source, turn)
    return Linkage(
        on=on, months=months, base=network, policies={p.id: p for p in assessments}, needs=needs,
        tally=run.tally(), allocations=run.allocations(), stand=stand, order=order,
        unmatched=pools.unmatched, low=_possibly_low(network, assessments),
    )  # fmt: skip


LOW_INCOME = ("living", "status")
"""Kinds of policy whose recipients are low-income people (民发〔2023〕46号)."""


def _possibly_low(network: LinkageNetwork, assessments: Assessed) -> npt.NDArray[np.bool_]:
    """Return which clients (households, then persons) are possibly low-income, bool (n_clients,)."""
    households, persons = network["households"], network["persons"]
    low = np.zeros(len(households) + len(persons), dtype=bool)
    home = households.row_of(persons["household"])
    for policy in assessments:
        if policy.kind not in LOW_INCOME:
            continue
        yes = np.flatnonzero(assessments.answer(policy.id) == 1)
        if policy.unit == "households":
            low[yes] = True
        else:
            low[np.where(home[yes] >= 0, home[yes], len(households) + yes)] = True
    return low


def _check(network: LinkageNetwork, assessments: Assessed, on: dt.date, months: int) -> None:
    if not 1 <= months <= MAX_MONTHS:
        raise ValueError(f"months: {months} is outside 1..{MAX_MONTHS}")
    if assessments.on != on:
        raise ValueError(f"on: {on} differs from the day of the assessments, {assessments.on}")
    for kind in ("households", "persons"):
        if not np.array_equal(network[kind].ids, assessments.network[kind].ids):
            raise ValueError(f"network: its {kind} are not those that were assessed")


@attrs.define(eq=False)
class _Run:
    """The drawing on sources, turn by turn. Positions are those of the money needs."""

    needs: Needs
    at: Ints
    pools: Pools
    doubtful: npt.NDArray[np.bool_]
    societies: Societies
    priority: Ints
    known: npt.NDArray[np.bool_]
    emergency: npt.NDArray[np.bool_]
    pair_need: Ints
    pair_pool: Ints
    rest: Ints
    held: Ints
    waiting: Ints
    waits: npt.NDArray[np.bool_]
    drawn: list[tuple[Ints, Ints, Ints, int, bool]] = attrs.field(factory=list)

    @classmethod
    def of(
        cls, needs: Needs, money: Ints, pools: Pools, doubtful: Array, societies: Societies
    ) -> _Run:
        n = len(money)
        amount = needs.amount[money]
        known = amount != UNKNOWN_INT
        due = np.where(np.isnat(needs.due[money]), np.datetime64("9999-12-31"), needs.due[money])
        order = np.lexsort((money, needs.asked[money], due))  # rows of the table are in id order
        priority = np.empty(n, dtype=np.int64)
        priority[order] = np.arange(n)
        pair_need, pair_pool = eligible_pairs(needs, money, pools)
        by = np.lexsort((pair_pool, priority[pair_need], needs.client[money][pair_need]))
        return cls(
            needs, money, pools, doubtful, societies, priority, known,
            needs.urgency[money] == EMERGENCY, pair_need[by], pair_pool[by],
            np.where(known, amount, 0), np.zeros(n, np.int64), np.zeros(n, np.int64),
            np.zeros(n, bool),
        )  # fmt: skip

    def draw(self, source: int, turn: Array) -> None:
        """Let the needs of this `turn` draw on `source` (position in `SOURCES`)."""
        if not turn.any():
            return
        if source == GOVERNMENT:
            self._government(turn, held=False)
            self._government(turn & ~self.emergency, held=True)
            self._wait(turn & ~self.emergency & self.doubtful)
        else:
            rows = np.flatnonzero(turn & (self.rest > 0))
            rows = rows[np.argsort(self.priority[rows])]
            for need, fund, amount in self.societies.give(rows, self.rest):
                self.rest[need] -= amount
                self.drawn.append((need, fund, amount, source, False))

    def _government(self, turn: Array, *, held: bool) -> None:
        """Draw on certain or held money, one pair of each household at a time."""
        left = self.pools.uncertain if held else self.pools.certain
        pairs = np.flatnonzero(turn[self.pair_need] & (self.rest[self.pair_need] > 0))
        client = self.needs.client[self.at][self.pair_need[pairs]]
        first = np.searchsorted(client, client)
        rank = np.arange(len(pairs)) - first
        by = np.argsort(rank, kind="stable")
        for block in np.split(pairs[by], np.flatnonzero(np.diff(rank[by])) + 1):
            need, pool = self.pair_need[block], self.pair_pool[block]
            horizon = self.needs.horizon[self.at[need]]
            taken = _take(left, pool, horizon, self.rest[need])
            some = taken > 0
            self.rest[need] -= taken
            if held:
                self.held[need] += taken
            self.drawn.append((need[some], pool[some], taken[some], GOVERNMENT, held))

    def _wait(self, turn: Array) -> None:
        self.waiting[turn] = self.rest[turn]
        self.waits |= turn & ((self.rest > 0) | ~self.known)
        self.rest[turn] = 0

    def tally(self) -> Tally:
        """Return the sums per money need."""
        amount = self.needs.amount[self.at]
        funded = np.zeros((len(self.at), len(SOURCES)), dtype=np.int64)
        for need, _, taken, source, held in self.drawn:
            if not held:
                np.add.at(funded[:, source], need, taken)
        unknown = np.where(self.known, 0, UNKNOWN_INT)
        return Tally(
            amount=amount, funded=funded, held=self.held,
            waiting=np.where(self.waits & ~self.known, unknown, self.waiting),
            residual=np.where(~self.waits & ~self.known, unknown, self.rest),
            waits=self.waits, to_check=self.doubtful & (~self.known | (self._open() > 0)),
            possible=self._possible(),
        )  # fmt: skip

    def _open(self) -> Ints:
        return self.waiting + self.rest + self.held

    def _possible(self) -> Ints:
        """Return what government may still give to needs of unknown amount, fen (n, 2): least, most.

        Nothing is set aside for them: two such needs of a household may note the same yuan.
        """
        noted = np.zeros((len(self.at), 2), dtype=np.int64)
        pairs = np.flatnonzero(~self.known[self.pair_need])
        need, pool = self.pair_need[pairs], self.pair_pool[pairs]
        horizon = self.needs.horizon[self.at[need]][:, None]
        usable = np.arange(self.pools.certain.shape[1]) <= horizon
        least = np.where(usable, self.pools.certain[pool], 0).sum(1)
        most = least + np.where(usable, self.pools.uncertain[pool], 0).sum(1)
        np.add.at(noted[:, 0], need, least)
        np.add.at(noted[:, 1], need, most)
        noted[need[self.pools.unbounded[pool]], 1] = UNKNOWN_INT
        return noted

    def allocations(self) -> Columns:
        """Return who is counted on for what, by need; see `Linkage.allocations`."""
        empty = np.zeros(0, dtype=np.int64)
        found = [(empty, empty, empty, 0, False), *self.drawn]
        need, giver, amount = (np.concatenate([d[i] for d in found]) for i in range(3))
        source = np.repeat([d[3] for d in found], [len(d[0]) for d in found])
        held = np.repeat([d[4] for d in found], [len(d[0]) for d in found])
        by = np.argsort(need, kind="stable")
        need, giver, amount, source, held = (c[by] for c in (need, giver, amount, source, held))
        state = source == GOVERNMENT
        pool = np.where(state, giver, -1)
        none = np.full(len(need), -1, dtype=np.int64)
        columns = {
            "need": self.at[need],
            "source": source.astype(np.int8),
            "policy": np.append(self.pools.policy, -1)[pool] if len(need) else none,
            "payment": np.append(self.pools.payment, -1)[pool] if len(need) else none,
            "grant": np.append(self.pools.grant, -1)[pool] if len(need) else none,
            "fund": np.where(state, -1, giver),
            "amount": amount,
            "held": held.astype(bool),
        }
        return Columns(len(need), columns)


def _take(left: Ints, pool: Ints, horizon: Ints, want: Ints) -> Ints:
    """Take up to `want` out of the months within `horizon`, in place; return what was taken.

    The latest month that still comes in time goes first: early money stays for what is due early.
    """
    usable = np.where(np.arange(left.shape[1]) <= horizon[:, None], left[pool], 0)
    later = np.cumsum(usable[:, ::-1], axis=1)[:, ::-1] - usable
    taken = np.clip(want[:, None] - later, 0, usable)
    left[pool] -= taken
    return np.asarray(taken.sum(axis=1))

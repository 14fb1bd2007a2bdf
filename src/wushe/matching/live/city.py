"""A matching that stays optimal while needs and offers come, go and change: ids in, ids out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import attrs
import numpy as np

from wushe.matching.kernel import LiveMatching, Problem, solve
from wushe.matching.live.changes import Parts, evolved
from wushe.matching.live.held import GONE, NeedRow, grouped, held_rows, loosen, ranks, row_of
from wushe.matching.live.journal import Journal
from wushe.matching.live.records import Pair, Planned, Records, amount_of, limit_of
from wushe.matching.result import Matching
from wushe.model.help import Need, Offer
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins

HISTORY = 10_000
_KERNEL_HISTORY = 20 * HISTORY


@attrs.frozen
class NextBest:
    """An offer to ask next: a unit of it costs `extra` more than the need's price now, 0 is as good.

    Others pay `price` for the last unit of the offer: 0 where it has room left.
    """

    offer: str
    extra: int
    price: int


def go_live(plan: Planned, plugins: Plugins) -> LiveCity:
    """Return the live matching of a plan made under the rules of `plugins`."""
    return LiveCity(plan.network, plan.offers, plugins, plan.matching)


class LiveCity:
    """The optimum of a city, repaired exactly after every change, with `undo`.

    Amounts are in base units (minutes, pieces, fen). Needs that teams, visits, choices, chains,
    appointments or packs bind are held as planned, and so is what serves them: `held` says which.
    `settled` is false where the kernel's work limit stopped a repair. Not for several threads at once.

    Raises KeyError for an id that is not there, ValueError for a change that cannot be.
    """

    def __init__(
        self,
        network: LinkageNetwork,
        offers: Table,
        plugins: Plugins,
        matching: Matching,
        *,
        history: int = HISTORY,
    ) -> None:
        aim = matching.report.objective
        if aim.tiers or aim.fairness != "none":
            raise ValueError(
                "a live matching keeps the plain objective: match without tiers and fairness"
            )
        self.network, self.offers, self.plugins, self.matching = network, offers, plugins, matching
        parts = Parts(network, plugins, matching.prepared.context)
        self.records = Records(network, offers, plugins, matching, parts)
        bound = held_rows(matching)
        ids = matching.prepared.needs["id"].tolist()
        self._row_of = {key: row for row, key in enumerate(ids) if not bound[row]}
        self._held = {key for key, stays in zip(ids, bound.tolist(), strict=True) if stays}
        self._columns: list[str] = offers.ids.tolist()
        self._column_of = {key: column for column, key in enumerate(self._columns)}
        loose = loosen(matching, bound)
        self._base, self._held_cost, self._taken = loose.problem, loose.held_cost, loose.taken
        same = self._base is matching.problem and matching.flow.status == "optimal"
        self._kernel = LiveMatching(
            self._base, solution=matching.flow if same else None, history=_KERNEL_HISTORY
        )
        self._journal = Journal(history)
        self._beyond = {0: loose.beyond}
        self._rows: dict[int, NeedRow] = {}
        self._gained: dict[int, set[int]] = {}

    # --- what is -------------------------------------------------------------------------------

    @property
    def objective(self) -> int:
        """Costs of all pairs plus penalties of all that is unserved: the optimum while `settled`.

        The same figure as `total_cost` of a fresh matching.
        """
        return self._kernel.objective + self._beyond[0] + self._held_cost

    @property
    def settled(self) -> bool:
        """Whether the last change was repaired to the optimum within the kernel's work limit."""
        return self._kernel.settled

    def need_ids(self) -> tuple[str, ...]:
        """Return the open needs that may change, sorted."""
        return tuple(sorted(self._row_of))

    def has_need(self, need: str) -> bool:
        """Return whether `need` is open here and may change."""
        return need in self._row_of

    def has_offer(self, offer: str) -> bool:
        """Return whether `offer` is in the pool."""
        return offer in self._column_of

    def held(self, need: str) -> bool:
        """Return whether `need` is bound to others and therefore stays as planned here."""
        return need in self._held

    @property
    def whole(self) -> bool:
        """Whether all may move here that a plan anew may move: nothing is held, all pairs are listed."""
        return not self._held and self.matching.candidates.complete

    def served_by(self, need: str) -> list[tuple[str, int]]:
        """Return (offer id, amount) of each offer that serves `need`, cheapest first."""
        found = self._kernel.served_by(self._row(need))
        return [(self._columns[column], amount) for column, amount in found]

    def unserved(self, need: str) -> int:
        """Return the amount of `need` that nobody serves."""
        row = self._row(need)
        state = self._state(row)
        return self._kernel.unserved(row) + state.quantity - state.demand

    def at_worst(self, need: str) -> int:
        """Return the most that any optimal assignment leaves unserved of `need`; 0: all serve it in full.

        Where assignments tie, `unserved` tells of one of them. The optimum as a function of the
        need's penalty is concave, bends at whole numbers, and falls by what is unserved.
        """
        row, before = self._row(need), self.objective
        state = self._state(row)
        with self.what_if():
            with self._journal.change():
                self._set_row(row, attrs.evolve(state, penalty=state.penalty - 1))
            return before - self.objective

    def quantity(self, need: str) -> int:
        """Return the amount that `need` asks for."""
        return self._state(self._row(need)).quantity

    def penalty(self, need: str) -> int:
        """Return what one unserved unit of `need` costs."""
        return self._state(self._row(need)).penalty

    def need_price(self, need: str) -> int:
        """Return at most what a unit less to serve of `need` would save."""
        row = self._row(need)
        state = self._state(row)
        # What no candidate could carry is unserved, whatever the price of the rest.
        return state.penalty if state.beyond else self._kernel.need_price(row)

    def capacity(self, offer: str) -> int:
        """Return how much `offer` has, in base units, what it gives to held needs included."""
        column = self._column(offer)
        return self._kernel.capacity(column) + self._taken.get(column, 0)

    def price(self, offer: str) -> int:
        """Return the dual price of a unit of `offer`, one of several where prices tie; `value_of` is exact."""
        return self._kernel.offer_price(self._column(offer))

    def value_of(self, offer: str, more: int) -> int:
        """Return exactly what `more` base units of `offer` would save, by adding and undoing them."""
        before = self.objective
        with self.what_if():
            self.set_capacity(offer, self.capacity(offer) + more)
            return before - self.objective

    def could_serve(self, offer: Offer, need: str) -> bool:
        """Return whether `offer`, changed for this need alone, would serve it in every optimal assignment.

        Quickly found: the offer's pairs with all other needs stay as they are.
        """
        row, column = self._row(need), self._column(offer.id)
        pair = self.records.pair(self.records.need(need), offer)
        if pair is None:
            return False
        with self.what_if():
            with self._journal.change():
                self._set_edge(row, column, pair)
            return self.at_worst(need) == 0

    def candidates(self, need: str) -> list[tuple[str, int]]:
        """Return (offer id, cost of a unit) of the offers that may serve `need`, cheapest first."""
        state = self._state(self._row(need))
        pairs = zip(state.costs.tolist(), state.columns.tolist(), strict=True)
        return [(self._columns[column], cost) for cost, column in sorted(pairs)]

    def next_best(self, need: str, count: int = 1) -> list[NextBest]:
        """Return whom to ask next: offers that do not serve `need` now, best first by cost plus price.

        The prices are those of the optimum, so that an offer which others need more comes later.
        """
        row = self._row(need)
        state, serving = self._state(row), {c for c, _ in self._kernel.served_by(row)}
        now = self._kernel.need_price(row)
        ranked = sorted(
            (cost + self._kernel.offer_price(column), self._columns[column], column)
            for column, cost in zip(state.columns.tolist(), state.costs.tolist(), strict=True)
            if column not in serving and self._kernel.capacity(column) > 0
        )
        return [
            NextBest(key, max(total - now, 0), self._kernel.offer_price(column))
            for total, key, column in ranked[:count]
        ]

    def fresh(self) -> dict[str, int]:
        """Return what of each need a solve from scratch leaves unserved, as a new matching would.

        Rows and columns are in the order of ids, so that ties fall as they would there.
        """
        problem, ids, asked = self._sorted_problem()
        left = solve(problem).unserved + asked - problem.units
        return dict(zip(ids, left.tolist(), strict=True))

    # --- what changes --------------------------------------------------------------------------

    def withdraw(self, need: str) -> None:
        """Take `need` out."""
        row = self._row(need)
        with self._journal.change() as keep:
            keep.value(self._beyond, 0, self._beyond[0] - self._state(row).beyond)
            keep.value(self._rows, row, GONE)
            keep.value(self._row_of, need, None)
            self._kernel.withdraw(row)
            keep.step(self._kernel.undo)

    def insert(self, need: Need) -> str:
        """Add `need` with the pairs that filters and scores give it; return its id.

        Raises ValueError where the id is taken, an id or the category that it names is unknown, its unit
        does not fit the category, or it is closed or bound to others.
        """
        if need.id in self._row_of or need.id in self._held:
            raise ValueError(f"need {need.id!r}: the id is taken; expected a new one")
        self.records.check_need(need)
        state = self._judged(need)
        with self._journal.change() as keep:
            row = self._kernel.insert(
                state.columns, state.costs, penalty=state.penalty, demand=state.demand,
                limits=state.limits,
            )  # fmt: skip
            keep.step(self._kernel.undo)
            keep.value(self._rows, row, state)
            keep.value(self._beyond, 0, self._beyond[0] + state.beyond)
            keep.value(self._row_of, need.id, row)
            keep.value(self.records.needs, need.id, need)
            self._note_columns(row, state)
        return need.id

    def change_need(
        self, need: str, *, quantity: int | None = None, urgency: str | None = None
    ) -> None:
        """Change what `need` asks for (base units) or how urgent it is; its pairs are judged anew."""
        row, record = self._row(need), self.records.need(need)
        if quantity is not None:
            if quantity < 1:
                raise ValueError(f"need {need!r}: quantity {quantity}, expected at least 1")
            dimension = self.records.parts.context.categories[record.category].dimension
            record = evolved(record, quantity=quantity, unit=dimension)
        if urgency is not None:
            record = evolved(record, urgency=urgency)
        state = self._judged(record)
        with self._journal.change() as keep:
            keep.value(self.records.needs, need, record)
            self._set_row(row, state)

    def decline(self, need: str, offer: str) -> list[tuple[str, int]]:
        """Take the pair out: `offer` will not serve `need`. Return who serves it now.

        Raises ValueError where it was no candidate.
        """
        row, column = self._row(need), self._column(offer)
        state = self._state(row)
        if column not in state.columns:
            raise ValueError(
                f"offer {offer!r} is no candidate of need {need!r}: nothing to decline"
            )
        with self._journal.change() as keep:
            keep.value(self.records.declined, (need, offer), True)
            self._set_row(row, state.without(column))
        return self.served_by(need)

    def set_capacity(self, offer: str, amount: int) -> None:
        """Change how much `offer` has, in base units; 0 removes it.

        What held needs get of it stays theirs, even where it is more.
        """
        column, more = self._column(offer), amount > self.capacity(offer)
        with self._journal.change():
            if more:
                self._lift_limits(column, offer)
            self._set_capacity(column, amount)

    def add_offer(self, offer: Offer, *, briefly: bool = False) -> str:
        """Add `offer` with the pairs that filters and scores give it; return its id.

        `briefly`, where only more help follows and all is undone: pairs too dear for their need's
        price are left out, since prices of needs only fall then.
        Raises ValueError where the id is taken, or the provider, a category or the place is unknown.
        """
        if offer.id in self._column_of:
            raise ValueError(f"offer {offer.id!r}: the id is taken; expected a new one")
        self.records.check_offer(offer)
        pairs = self._pairs_of(offer, briefly)
        with self._journal.change() as keep:
            column = self._kernel.add_offer(amount_of(offer))
            keep.step(self._kernel.undo)
            keep.value(self._column_of, offer.id, column)
            keep.value(self.records.offers, offer.id, offer)
            self._columns[column:] = [offer.id]
            for pair in pairs:
                row = self._row_of[pair.need]
                self._set_row(row, self._state(row).joined(column, pair.cost, pair.limit))
        return offer.id

    def change_offer(self, offer: Offer, *, briefly: bool = False) -> None:
        """Put `offer` in the place of the one with its id; `briefly` as in `add_offer`."""
        column = self._column(offer.id)
        self.records.check_offer(offer)
        # Wider skills make a helper dearer for others: then their prices may rise.
        briefly &= offer.categories == self.records.offer(offer.id).categories
        pairs = self._pairs_of(offer, briefly, column)
        by_row = {self._row_of[pair.need]: pair for pair in pairs}
        with self._journal.change() as keep:
            keep.value(self.records.offers, offer.id, offer)
            for row in sorted(self._in_column(column) | set(by_row)):
                self._set_edge(row, column, by_row.get(row))
            self._set_capacity(column, amount_of(offer))

    def judge_again(self, parts: Parts, client: str | None = None) -> None:
        """See the city through other `parts`; judge the pairs of the needs of `client` anew."""
        columns = self.matching.prepared.needs
        theirs = columns["id"][columns["client"] == client].tolist() if client else []
        with self._journal.change() as keep:
            before = self.records.parts
            self.records.parts = parts
            keep.step(lambda: setattr(self.records, "parts", before))
            for need in theirs:
                if need in self._row_of:
                    self._set_row(self._row_of[need], self._judged(self.records.need(need)))

    @property
    def changes(self) -> int:
        """How many changes stand; the last of them `undo` takes back."""
        return self._journal.count

    def undo(self, steps: int = 1) -> None:
        """Take back the last `steps` changes. Raises ValueError where fewer are remembered."""
        self._journal.undo(steps)

    @contextmanager
    def what_if(self) -> Iterator[LiveCity]:
        """Try changes: on leaving, everything is as it was."""
        before = self._journal.count
        try:
            yield self
        finally:
            self._journal.undo(self._journal.count - before)

    # --- within --------------------------------------------------------------------------------

    def _row(self, need: str) -> int:
        row = self._row_of.get(need)
        if row is not None:
            return row
        if need in self._held:
            raise ValueError(
                f"need {need!r} belongs to a team, visit, choice, chain, appointment or pack: "
                "it stays as planned here; make the plan anew to change it"
            )
        raise KeyError(f"{need!r} is no open need here")

    def _column(self, offer: str) -> int:
        column = self._column_of.get(offer)
        if column is None:
            raise KeyError(f"{offer!r} is no offer here")
        return column

    def _state(self, row: int) -> NeedRow:
        state = self._rows.get(row)
        if state is None:
            state = row_of(self._base, row, int(self.matching.prepared.needs["quantity"][row]))
        return state

    def _judged(self, need: Need) -> NeedRow:
        """Return the row that filters and scores give to `need`."""
        pairs, quantity, penalty = self.records.pairs_of_need(need)
        edges = ((self._column_of[pair.offer], pair.cost, pair.limit) for pair in pairs)
        return NeedRow.of(edges, quantity, penalty)

    def _pairs_of(self, offer: Offer, briefly: bool, column: int = -1) -> list[Pair]:
        def useful(pair: Pair) -> bool:
            known = self._state(self._row_of[pair.need]).edge(column)
            return known is not None or pair.cost < self.need_price(pair.need)

        pairs = self.records.pairs_of_offer(offer, self.has_need)
        return list(filter(useful, pairs)) if briefly else pairs

    def _set_row(self, row: int, new: NeedRow) -> None:
        beyond = self._beyond[0] + new.beyond - self._state(row).beyond
        self._kernel.change(
            row, demand=new.demand, penalty=new.penalty, columns=new.columns, costs=new.costs,
            limits=new.limits,
        )  # fmt: skip
        self._journal.step(self._kernel.undo)
        self._journal.value(self._rows, row, new)
        self._journal.value(self._beyond, 0, beyond)
        self._note_columns(row, new)

    def _set_edge(self, row: int, column: int, pair: Pair | None) -> None:
        old = self._state(row)
        edge = None if pair is None else (pair.cost, pair.limit)
        if old.edge(column) != edge:
            new = old.without(column)
            self._set_row(row, new if edge is None else new.joined(column, *edge))

    def _set_capacity(self, column: int, amount: int) -> None:
        if amount < 0:
            raise ValueError(f"capacity {amount}: expected at least 0")
        self._kernel.set_capacity(column, max(amount - self._taken.get(column, 0), 0))
        self._journal.step(self._kernel.undo)

    def _lift_limits(self, column: int, offer: str) -> None:
        """Lift limits that the offer's old amount alone has set, before it gets more."""
        ceiling = limit_of(self.records.offer(offer))
        rows, start = self._clipped
        clipped = (
            rows[start[column] : start[column + 1]].tolist() if column < len(self.offers) else []
        )
        for row in sorted({*clipped, *self._later(column)}):
            state = self._state(row)
            edge, most = state.edge(column), min(ceiling, state.quantity)
            if edge is not None and edge[1] < most:
                self._set_row(row, state.without(column).joined(column, edge[0], most))

    def _note_columns(self, row: int, state: NeedRow) -> None:
        for column in state.columns.tolist():
            self._gained.setdefault(column, set()).add(row)

    def _later(self, column: int) -> set[int]:
        """Return the rows changed since that have, or once had, an edge to `column`."""
        # Inserts that were undone are remembered here: their rows are gone or another's.
        return {row for row in self._gained.get(column, ()) if row < self._kernel.needs}

    def _in_column(self, column: int) -> set[int]:
        """Return the rows that have, or once had, an edge to `column`."""
        if column >= len(self.offers):
            return self._later(column)
        rows, start = self._by_column
        return {*rows[start[column] : start[column + 1]].tolist(), *self._later(column)}

    @cached_property
    def _by_column(self) -> tuple[Array, Array]:
        """The base problem's rows sorted by column, and where each column begins."""
        return grouped(self._base.row, self._base.column, len(self.offers))

    @cached_property
    def _clipped(self) -> tuple[Array, Array]:
        """The same of the edges that may carry less than their need asks for."""
        row = self._base.row
        less = self._base.bounds < self.matching.prepared.needs["quantity"][row]
        return grouped(row[less], self._base.column[less], len(self.offers))

    def _sorted_problem(self) -> tuple[Problem, list[str], Array]:
        """Return the problem as a fresh matching would state it, its need ids and what they ask for."""
        now = self._kernel.problem()
        open_needs = sorted(self._row_of.items())
        rows = np.array([row for _, row in open_needs], dtype=np.int64)
        names = self._columns[: self._kernel.offers]
        order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
        row, column = ranks(rows, len(now.penalty))[now.row], ranks(order, len(names))[now.column]
        by = np.lexsort((column, now.cost, row))
        most = np.minimum(now.bounds, now.capacity[now.column])[by]
        reached = np.zeros(len(rows), dtype=np.int64)
        np.add.at(reached, row[by], most)
        width = np.bincount(row, minlength=len(rows))
        asked = np.array([self._asked(at) for at in rows.tolist()], dtype=np.int64)
        problem = Problem(
            np.concatenate([[0], np.cumsum(width)]), column[by], now.cost[by], now.capacity[order],
            now.penalty[rows], np.minimum(asked, reached), most,
        )  # fmt: skip
        return problem, [key for key, _ in open_needs], asked

    def _asked(self, row: int) -> int:
        state = self._rows.get(row)
        return (
            int(self.matching.prepared.needs["quantity"][row]) if state is None else state.quantity
        )

"""The smallest single change that would serve a need that is not served, confirmed by solving again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import attrs
import numpy as np

from wushe.matching.live.anew import match_anew
from wushe.matching.live.city import LiveCity
from wushe.matching.live.edits import Edit, consent_edit, new_offer, offer_edit
from wushe.matching.live.records import factor_of
from wushe.matching.live.sentences import ANOTHER_CHOSEN, KINDS, NOTHING_HELPS, Kind, sentence
from wushe.matching.live.widen import WIDEN, Case
from wushe.matching.prepare import NATION, Prepared
from wushe.model.help import Offer
from wushe.model.tables import Table, table_of
from wushe.model.terms import Pairs, Reason
from wushe.network import LinkageNetwork
from wushe.text import Text

_FIRST: dict[Reason, tuple[Kind, ...]] = {
    "no_offer": ("new_offer",),
    "reach": ("reach",),
    "skill": ("skill",),
    "vetting": ("vetting",),
    "window": ("window",),
    "restriction": ("limit", "restriction"),
    "consent": ("consent",),
    "budget": ("units",),
    "capacity": ("units",),
    "gives_way": ("units",),
}
TRIES = 12
"""So many offers of each kind are tried."""
FEW = 3
WEEK = 40
"""Nobody is asked for more hours a week."""


@attrs.frozen(eq=False)
class Relaxation:
    """One change that serves `need` in full, and how to make it in the tables.

    `amount` counts units of `unit`: base units of help for "units", "limit" and "new_offer", days for
    "window", levels for "reach", else single things. `kind` is None where nothing was found that helps.
    """

    need: str
    kind: Kind | None
    offer: str | None
    place: str | None
    amount: int
    unit: str
    text: Text
    edit: Edit

    def say(self, lang: str = "zh") -> str:
        """Return the change in one sentence."""
        return self.text.say(lang)

    def apply(self, network: LinkageNetwork, offers: Table) -> tuple[LinkageNetwork, Table]:
        """Return network and pool of offers with the change made, for a matching or plan anew.

        Raises ValueError where there is no change to make.
        """
        if self.kind is None:
            raise ValueError(f"need {self.need!r}: {self.say('en')}")
        return self.edit.apply(network, offers)


def relaxation(live: LiveCity, need: str) -> Relaxation:
    """Return the smallest single change after which every optimal assignment serves `need` in full.

    Smallest: what the need's reason asks for goes first, then the other kinds in the order of
    `KINDS`; within a kind the least change (units, days, levels, skills), then the cheapest pair,
    then the offer's id. Offers are tried in that order, at most `TRIES` of a kind, until one is
    confirmed by solving again. Amounts are found by doubling and bisection: more of an offer never
    serves a need less. A consent that was refused is not asked for again.

    Where anything is held, or not all pairs are listed, a whole matching of the changed tables confirms
    as well (`LiveCity.whole`), for a need bound to others (team, visit, chain) that alone. A bound need
    that waits for another is relaxed there; one that another was chosen for has no relaxation.
    Raises KeyError for an id that is not open, ValueError where every optimal assignment serves the need in full.
    """
    search = _bound_search(live, need) if live.held(need) else _Search.of(live, need)
    if search is None:
        return Relaxation(need, None, None, None, 0, "", ANOTHER_CHOSEN, Edit())
    if search.missing <= 0 and search.waiting is None:
        raise ValueError(f"need {need!r} is served in full: there is nothing to relax")
    for kind in search.kinds():
        refuted = 0
        for found in search.tries(kind):
            if not search.serves_here(found.edit):
                continue
            if search.serves_anew(found.edit):
                return search.finished(found)
            refuted += 1
            if refuted == search.patience:
                break
    return search.nothing()


@attrs.frozen(eq=False)
class _Try:
    kind: Kind
    offer: str | None
    amount: int
    unit: str
    edit: Edit
    what: str = ""
    """What the sentence names beside the amount."""


@attrs.frozen(eq=False)
class _Search:
    """One need (columns of one row) against all offers of its category, and what refuses each of them."""

    live: LiveCity
    need: str
    row: int
    """Row of the matching, -1 for a need that came later."""
    small: Prepared
    at: int
    """Row of `small`: a team need has one per role."""
    refused: Mapping[str, np.ndarray[Any, Any]]
    missing: int
    quick: bool
    """Whether the live matching can judge; else only a whole matching does."""
    waiting: str | None = None
    """The need that waits for this one, where that is the one asked about."""
    tried: dict[tuple[Any, Any], bool] = attrs.field(factory=dict)
    """What whole matchings said of changes."""

    @classmethod
    def of(cls, live: LiveCity, need: str) -> _Search:
        small = _against_all(live, table_of("needs", [live.records.need(need)]))
        row = _rows_of(live, need)[:1]
        missing = live.at_worst(need)
        return cls(
            live, need, row[0] if row else -1, small, 0, _refusals(live, small, 0), missing, True
        )

    @classmethod
    def of_bound(cls, live: LiveCity, need: str) -> _Search:
        """Of the rows of a need that is bound to others the first that is short."""
        rows = _rows_of(live, need)
        short = [at for at, row in enumerate(rows) if live.matching.unserved[row]]
        at = short[0] if short else 0
        table = table_of("needs", [live.records.need(need)])
        small = _against_all(live, table, at)
        missing = int(live.matching.unserved[rows[at]])
        return cls(live, need, rows[at], small, at, _refusals(live, small, at), missing, False)

    @property
    def goal(self) -> str:
        """The need that is to be served: this one, or the one that waits for it."""
        return self.waiting or self.need

    @property
    def patience(self) -> int:
        """So many changes of a kind a whole matching may refute: few where it takes long."""
        return TRIES if self.live.matching.candidates.complete else FEW

    @property
    def alone(self) -> bool:
        """Whether what the live matching says is what a matching anew would say."""
        return self.quick and self.live.whole

    def serves_here(self, edit: Edit) -> bool:
        """Return whether with `edit` every optimum serves the need in full, held ones staying as planned."""
        if not self.quick:
            return True
        with self.live.what_if():
            edit.take_into(self.live, briefly=True)
            return self.live.at_worst(self.need) == 0

    def serves_anew(self, edit: Edit) -> bool:
        """Return whether the changed tables matched as a whole serve the need in full."""
        if self.alone:
            return True
        key = edit.records, edit.offers
        if key not in self.tried:
            anew = match_anew(self.live, edit)
            mine = anew.prepared.needs["id"] == self.goal
            self.tried[key] = not anew.unserved[mine].any()
        return self.tried[key]

    def candidates(self) -> list[tuple[str, int]]:
        """Return (offer id, cost of a unit) of the offers that may serve the need, cheapest first."""
        if self.quick:
            return self.live.candidates(self.need)
        found = self.live.matching.candidates
        span = slice(found.start[self.row], found.start[self.row + 1])
        pairs = zip(found.offer[span].tolist(), found.cost[span].tolist(), strict=True)
        return [(str(self.live.offers.ids[offer]), cost) for offer, cost in pairs]

    def penalty(self) -> int:
        """Return what an unserved unit of the need costs."""
        if self.quick:
            return self.live.penalty(self.need)
        return int(self.live.matching.problem.penalty[self.row])

    @property
    def reason(self) -> Reason | None:
        """Why the plan does not serve the need; None for a need that came later."""
        return None if self.row < 0 else self.live.matching.reason_of(self.row)

    def kinds(self) -> list[Kind]:
        first = _FIRST.get(self.reason, ()) if self.reason else ()
        return [*first, *(kind for kind in KINDS if kind not in first)]

    def tries(self, kind: Kind) -> Iterator[_Try]:
        if kind == "consent":
            return self._consent()
        if kind == "units":
            return self._units()
        if kind == "limit":
            return self._limits()
        if kind == "new_offer":
            return self._new_offer()
        return self._widened(kind)

    def finished(self, found: _Try) -> Relaxation:
        place = int(self.small.needs["place_row"][self.at])
        ids = self.live.network.tables["places"].ids
        where = str(ids[place]) if found.kind == "new_offer" and place >= 0 else None
        text = sentence(
            found.kind, self.live.records.parts.context.categories[self._category()],
            offer=found.offer or "", amount=found.amount, what=found.what, place=self._place_name(place),
        )  # fmt: skip
        return Relaxation(
            self.goal, found.kind, found.offer, where, found.amount, found.unit, text, found.edit
        )

    def nothing(self) -> Relaxation:
        return Relaxation(self.goal, None, None, None, 0, "", NOTHING_HELPS, Edit())

    # --- one kind each -------------------------------------------------------------------------

    def _consent(self) -> Iterator[_Try]:
        edit = consent_edit(self.live, self.small)
        if edit is not None and "consent" in self.refused:
            yield _Try("consent", None, 1, "consent", edit)

    def _widened(self, kind: Kind) -> Iterator[_Try]:
        """One obstacle of one offer taken away: those offers that nothing else refuses."""
        alone = sum(mask.astype(int) for mask in self.refused.values()) == 1
        mask = self.refused.get(kind)
        if mask is None:
            return
        found = []
        for at in np.flatnonzero(mask & alone).tolist():
            offer = self.live.records.offer(self.small.offers["id"][at])
            price = self.live.price(offer.id)
            if price >= self.penalty():
                continue  # given to needs that are as urgent: it would not come here
            wider = WIDEN[kind](Case(self.live.network, self.small, self.at, at, offer))
            if wider.values:
                found.append((wider.amount, price, offer.id, offer, wider))
        found.sort(key=lambda f: f[:3])
        for amount, _, key, offer, wider in found[:TRIES]:
            edit = offer_edit(self.live, offer, **wider.values)
            if edit is not None and self._promising(edit, key):
                yield _Try(kind, key, amount, wider.unit, edit, wider.what)

    def _promising(self, edit: Edit, offer: str) -> bool:
        changed = next(record for record in edit.offers if record.id == offer)
        return not self.quick or self.live.could_serve(changed, self.need)

    def _units(self) -> Iterator[_Try]:
        """More of an offer that may serve the need already.

        A unit more serves at most one unit more, so that what is missing is the least to ask for. Where
        that is not enough of any offer, since others are as urgent, the first `FEW` are asked for more.
        """
        options = []
        for rank, (key, cost) in enumerate(self.candidates()):
            offer = self.live.records.offer(key)
            step = factor_of(offer)
            options.append((-(-self.missing // step) * step, cost, rank, step, offer))
        options.sort(key=lambda option: option[:3])
        for amount, _, _, step, offer in options[:TRIES]:
            steps = amount // step
            if steps <= self._most(offer) and self._enough(offer, step, steps):
                yield from self._more("units", offer, "quantity", offer.quantity, steps)
        best: tuple[int, int, Offer] | None = None
        for amount, _, _, step, offer in options[:FEW]:
            most = self._most(offer)
            if best is not None:
                most = min(most, (best[0] - 1) // step)
            more = _bisect(partial(self._enough, offer, step), amount // step, most)
            more = self._least(partial(self._raised, offer), more, most)
            if more is not None:
                best = more * step, more, offer
        if best is not None:
            yield from self._more("units", best[2], "quantity", best[2].quantity, best[1])

    def _most(self, offer: Offer) -> int:
        """Return how many units more can be of use, or can be had of one person in a week."""
        needs = self.live.matching.prepared.needs
        same = np.isin(needs["category"].astype(str), offer.categories)
        useful = -(-int(needs["quantity"][same].sum()) // factor_of(offer))
        if self.live.network.tables["offers"].row_of([offer.id])[0] < 0 and offer.unit == "hour":
            return min(useful, WEEK - offer.quantity)
        return useful

    def _enough(self, offer: Offer, step: int, steps: int) -> bool:
        if not self.quick:
            return self._anew(self._raised(offer, steps))
        with self.live.what_if():
            self.live.set_capacity(offer.id, self.live.capacity(offer.id) + steps * step)
            return self.live.at_worst(self.need) == 0

    def _raised(self, offer: Offer, steps: int) -> Edit | None:
        return offer_edit(self.live, offer, quantity=offer.quantity + steps)

    def _anew(self, edit: Edit | None) -> bool:
        return edit is not None and self.serves_anew(edit)

    def _least(
        self, made: Callable[[int], Edit | None], least: int | None, most: int
    ) -> int | None:
        """Return the least amount that a whole matching confirms, where `least` is what suffices here.

        Held needs take their part then. Where a matching takes long, `least` is left to be judged.
        """
        few = not self.live.matching.candidates.complete
        if least is None or not self.quick or few or self._anew(made(least)):
            return least
        return _bisect(lambda amount: self._anew(made(amount)), least + 1, most)

    def _limits(self) -> Iterator[_Try]:
        """A higher limit per need of an offer that serves the need, or might."""
        for key, _ in self.candidates()[:TRIES]:
            offer = self.live.records.offer(key)
            if offer.per_need is None:
                continue
            asked = -(-int(self.small.needs["quantity"][self.at]) // factor_of(offer))
            least = -(-self.missing // factor_of(offer))
            for more in dict.fromkeys((least, asked - offer.per_need)):
                if more > 0:
                    yield from self._more("limit", offer, "per_need", offer.per_need, more)

    def _more(self, kind: Kind, offer: Offer, field: str, now: int, steps: int) -> Iterator[_Try]:
        edit = offer_edit(self.live, offer, **{field: now + steps})
        if edit is not None:
            yield _Try(kind, offer.id, steps * factor_of(offer), self._dimension(), edit)

    def _new_offer(self) -> Iterator[_Try]:
        """Help recruited or raised at the need's own place: others there who are as urgent share in it."""
        bundle = self._bundle()
        if len(set(bundle["dimension"].tolist())) > 1:
            return  # no one offer counts both in pieces and in hours
        categories = list(dict.fromkeys([self._category(), *bundle["category"].tolist()]))
        skills = sorted({skill for known in bundle["skills"] for skill in known})
        vetted = bool((bundle["with_minor"] & (bundle["form"] == "service")).any())
        most = int(self.live.matching.prepared.needs["quantity"].sum()) + self.missing
        place = int(self.small.needs["place_row"][self.at])

        def made(quantity: int) -> Edit:
            return new_offer(self.live, categories, quantity, place, skills, vetted)

        if self.quick:
            with self.live.what_if():
                edit = made(self.missing)
                edit.take_into(self.live, briefly=True)
                least = _bisect(partial(self._enough_new, edit.offers[0].id), self.missing, most)
        else:
            least = _bisect(lambda units: self.serves_anew(made(units)), self.missing, most)
        least = self._least(made, least, most)
        if least is not None:
            # Where `least` is refuted, which happens only where pairs are left out, more is tried.
            for amount in (least, *(n * least for n in (2, 4) if n * least <= most)):
                yield _Try("new_offer", None, amount, self._dimension(), made(amount))

    def _enough_new(self, offer: str, amount: int) -> bool:
        with self.live.what_if():
            self.live.set_capacity(offer, amount)
            return self.live.at_worst(self.need) == 0

    def _bundle(self) -> Mapping[str, np.ndarray[Any, Any]]:
        """Return columns of the rows that one helper must serve: those of the whole visit where it is one."""
        prepared = self.live.matching.prepared
        visit = prepared.groups.visit
        code = -1 if self.row < 0 else int(visit[self.row])
        rows = np.flatnonzero(visit == code) if code >= 0 else [self.at]
        needs = prepared.needs if code >= 0 else self.small.needs
        names = ("category", "dimension", "form", "skills", "with_minor")
        return {name: needs[name][rows] for name in names}

    def _category(self) -> str:
        return str(self.small.needs["category"][self.at])

    def _dimension(self) -> str:
        return self.live.records.parts.context.categories[self._category()].dimension

    def _place_name(self, row: int) -> str:
        return str(self.live.network.tables["places"]["name"][row]) if row >= 0 else "–"


def _bound_search(live: LiveCity, need: str) -> _Search | None:
    """Return where to look for a need that is bound: at the need that it waits for, where it waits.

    None where it was left for another of several, which is no shortage.
    """
    search = _Search.of_bound(live, need)
    if search.reason == "alternative":
        return None
    if search.reason == "waits":
        first = int(live.matching.prepared.groups.after[search.row])
        if first >= 0:
            before = _Search.of_bound(live, live.matching.prepared.needs["id"][first])
            return attrs.evolve(before, waiting=need)
    return search


def _rows_of(live: LiveCity, need: str) -> list[int]:
    ids = live.matching.prepared.needs["id"]
    first, last = np.searchsorted(ids, need), np.searchsorted(ids, need, side="right")
    return list(range(int(first), int(last)))


def _against_all(live: LiveCity, needs: Table, at: int = 0) -> Prepared:
    """Return the columns of one need and of all offers that list the category of its row `at`."""
    category = live.records.parts.prepared(needs, table_of("offers", [])).needs["category"][at]
    return live.records.parts.prepared(needs, live.records.listing(category))


def _refusals(live: LiveCity, small: Prepared, at: int) -> dict[str, np.ndarray[Any, Any]]:
    """Return which offers each reason refuses to need row `at` of `small`, bool (n_offers,)."""
    n = len(small.offers)
    pairs = Pairs(np.full(n, at, dtype=np.int32), np.arange(n, dtype=np.int32))
    level = small.offers["reach"].astype(np.int64)
    mine = small.needs["ancestors"][at][np.maximum(level, 0)]
    theirs = small.offers["ancestors"][np.arange(n), np.maximum(level, 0)]
    refused = {"reach": (level != NATION) & ((mine != theirs) | (theirs < 0))}
    terms = live.plugins.filter_candidates(small.needs, small.offers, pairs, small.context)
    for _, term in terms:
        before = refused.get(term.reason, np.zeros(n, dtype=bool))
        refused[term.reason] = before | ~term.allowed
    return {reason: mask for reason, mask in refused.items() if mask.any()}


def _bisect(enough: Callable[[int], bool], least: int, most: int) -> int | None:
    """Return the least number of `least`..`most` that is enough; more never is less."""
    low, high = least - 1, least
    while high <= most and not enough(high):
        if high == most:
            return None
        low, high = high, min(high * 2, most)
    if high > most:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high

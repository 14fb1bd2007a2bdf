"""The smallest sets of facts that decide a grounded condition whatever they are.

Conditions that hang on nothing in common are taken one by one: then an "and" is decided exactly when
each of them is. Within one, start from a cheap set that makes every number exact and drop what is not
needed: a fact stays only where values were found that leave the answer open without it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import attrs

from wushe.relief import nodes as nd
from wushe.relief.nodes import Node
from wushe.relief.outcomes import EVERY, NN, OPEN, YY, Outcomes
from wushe.relief.representatives import SOME, Budget, CappedError, every_node
from wushe.relief.search import STEPS, Search
from wushe.rules.scalar import Ref

Cost = Callable[[Ref], float]
NEAR, TRIED = 8, 3
"""How many earlier findings are tried before, and during, a new search."""


@attrs.frozen
class Minimal:
    """A set that decides; `exact`: none of it can be left out; `settled`: it does so only beside what
    no fact settles (a range in the text, facts that contradict each other)."""

    refs: frozenset[Ref] = frozenset()
    exact: bool = True
    settled: bool = True


def minimal_set(root: Node, cost: Cost, base: Outcomes, budget: Budget) -> Minimal:
    """Return an inclusion-minimal set for `root`, cheap by `cost`."""
    if not base.mask(root) & OPEN:
        return Minimal()
    if isinstance(root, nd.All | nd.Any_):
        parts = _independent(root)
        if len(parts) > 1:
            return _together(root, parts, cost, base, budget)
        if len(root.kids) == 1:
            return minimal_set(root.kids[0], cost, base, budget)
    return _reduced(root, cost, base, budget)


def _independent(root: Node) -> list[Node]:
    """Return the node in parts that no Ref has in common, each of the same class."""
    groups: list[tuple[set[Ref], list[Node]]] = []
    for kid in root.kids:
        refs, kids = {v.by for v in kid.vars}, [kid]
        apart = []
        for group in groups:
            if group[0] & refs:
                refs |= group[0]
                kids = [*group[1], *kids]
            else:
                apart.append(group)
        groups = [*apart, (refs, kids)]
    return [kids[0] if len(kids) == 1 else type(root)(tuple(kids)) for _, kids in groups]


def _together(root: Node, parts: list[Node], cost: Cost, base: Outcomes, budget: Budget) -> Minimal:
    """Return what decides all parts; one part alone where, once known, it always decides the whole."""
    blocked = NN if isinstance(root, nd.All) else YY
    found, sure = [], True
    for part in parts:
        one = minimal_set(part, cost, base, budget)
        always = bool(one.refs) and one.settled and _always(part, one.refs, blocked, base, budget)
        if always:
            return one
        sure = sure and always is False
        found.append(one)
    return Minimal(
        frozenset().union(*(f.refs for f in found)),
        sure and all(f.exact for f in found),
        all(f.settled for f in found),
    )


def _always(
    part: Node, refs: frozenset[Ref], outcome: int, base: Outcomes, budget: Budget
) -> bool | None:
    """Return whether `part` has this outcome whatever the values, None where that was not found out."""
    try:
        search = Search(part, base, budget)
        wide, goal = search.wide(refs), EVERY & ~outcome
        if any(search.reaches(search.sample(wide, last), goal) for last in (False, True)):
            return False
        return search.find(wide, goal, steps=len(wide.box) + STEPS) is None
    except CappedError:
        return None


def _reduced(root: Node, cost: Cost, base: Outcomes, budget: Budget) -> Minimal:
    every = frozenset(v.by for v in root.vars)
    search = Search(root, base, budget)
    for guess in (closing(root, cost), every):
        wide = search.wide(guess)
        try:
            if not search.reaches(wide) or search.find(wide) is None:
                return _Dropper(search, wide, cost).dropped(guess)
        except CappedError:
            return Minimal(every, exact=False)
    settled = _settled(root)
    if settled is root:
        return Minimal(every, exact=False, settled=False)
    return attrs.evolve(minimal_set(settled, cost, base, budget), settled=False)


class _Dropper:
    """Drops from a set that decides what is not needed, dear facts first.

    `wide` are the outcomes with every value of what is kept, `near` some with single values that decide:
    taking a fact away from those often shows at once that it is needed.
    """

    def __init__(self, search: Search, wide: Outcomes, cost: Cost) -> None:
        self.search, self.wide, self.cost = search, wide, cost
        self.near: list[Outcomes] = []
        self.shown: dict[Ref, Outcomes] = {}
        self.exact = True

    def dropped(self, start: frozenset[Ref]) -> Minimal:
        """Return the set without what is not needed."""
        order = dict.fromkeys(v.by for v in self.search.order)
        rank = {ref: (self.cost(ref), i) for i, ref in enumerate(order)}
        kept = set(start)
        queue = sorted(start, key=rank.__getitem__, reverse=True)
        try:
            self.near = self._first()
            while queue:
                ref = queue.pop(0)
                if not self._needed(ref):
                    kept.remove(ref)
                if not queue:
                    queue = self._doubtful(kept)
        except CappedError:
            self.exact = False
        return Minimal(frozenset(kept), self.exact)

    def _first(self) -> list[Outcomes]:
        """Return single values to begin with: the first and last ones, some for a yes and for a no."""
        found = [self.search.sample(self.wide, last) for last in (False, True)]
        for goal in (YY, NN):
            try:
                one = self.search.find(self.wide, goal, found, steps=len(self.wide.box) + STEPS)
            except CappedError:
                continue
            found += [one] if one is not None else []
        return found

    def _needed(self, ref: Ref) -> bool:
        """Return whether some values leave the answer open without `ref`; forget it where none do."""
        search = self.search
        seen = search.without(self.wide, ref)
        if search.reaches(seen):
            near = [search.without(one, ref) for one in self.near]
            for one in near:
                if search.reaches(one):
                    self.shown[ref] = one
                    return True
            try:
                answer = search.find(seen, near=near[-TRIED:])
            except CappedError:
                self.exact = False
                if search.budget.left < 0:
                    raise
                return True
            if answer is not None:
                self.shown[ref] = answer
                self._remember(answer, ref)
                return True
        self.wide = seen
        self.near = [search.without(near, ref) for near in self.near]
        return False

    def _remember(self, found: Outcomes, ref: Ref) -> None:
        """Keep the values found, with one for `ref` itself, to try them on other facts."""
        added = {v: x for v, x in self.wide.box.items() if v.by == ref}
        both = Outcomes({**found.box, **added}, found, frozenset(added))
        self.near = [*self.near[-NEAR:], self.search.sample(both)]

    def _doubtful(self, kept: set[Ref]) -> list[Ref]:
        """Return facts whose need was shown by values of a fact that was dropped later, and hold no more."""
        found = []
        for ref, shown in list(self.shown.items()):
            gone = frozenset(v for v in shown.box if v.by not in kept)
            if gone:
                self.search.budget.spend(SOME)
                rest = {v: x for v, x in shown.box.items() if v not in gone}
                self.shown[ref] = Outcomes(rest, shown, gone)
                if not self.search.reaches(self.shown[ref]):
                    del self.shown[ref]
                    found.append(ref)
        return found


# --- a set to start from ---------------------------------------------------------------------------


def closing(root: Node, cost: Cost) -> frozenset[Ref]:
    """Return a cheap set of Refs that makes every number below `root` exact and every flag known.

    A number known in two ways needs one of them. Where all rows are said to be there, a stated size would
    only bring in rows that it may say are missing: it is avoided where that is cheaper.
    """
    sizes = frozenset(
        n.own[0].by for n in every_node(root) if isinstance(n, nd.Extra | nd.HasMore) and n.closed
    )
    guesses = [_Closing(cost, frozenset()).of(root)]
    if sizes:
        guesses.append(_Closing(cost, sizes).of(root))
    return min(guesses, key=lambda g: g[0])[1]


class _Closing:
    """`avoided` are sizes not to be asked for: then no rows are missing where there are some."""

    def __init__(self, cost: Cost, avoided: frozenset[Ref]) -> None:
        self.cost, self.avoided = cost, avoided
        self._kept: dict[Node, tuple[float, frozenset[Ref]]] = {}

    def of(self, node: Node) -> tuple[float, frozenset[Ref]]:
        """Return the cost and the set for one node."""
        if node not in self._kept:
            self._kept[node] = self._of(node)
        return self._kept[node]

    def _of(self, node: Node) -> tuple[float, frozenset[Ref]]:
        if isinstance(node, nd.Both) and not node.clash:
            return min(map(self.of, node.kids), key=lambda found: found[0])
        kids: list[frozenset[Ref]] = [self.of(kid)[1] for kid in node.kids]
        sized = isinstance(node, nd.Extra | nd.HasMore)
        if sized and node.own[0].by in self.avoided:
            return 0.0, frozenset()
        if isinstance(node, nd.Rest) and {v.by for v in node.kids[0].own} & self.avoided:
            return 0.0, frozenset()
        if isinstance(node, nd.Rest):
            kids = []  # how many rows are missing does not matter once it is known what they add
        found = frozenset(v.by for v in node.own).union(*kids)
        return self._price(found), found

    def _price(self, refs: frozenset[Ref]) -> float:
        return inf if refs & self.avoided else sum(self.cost(ref) for ref in refs)


def _settled(root: Node) -> Node:
    """Return the node as if what no fact settles were settled: ranges and contradictions."""
    kept: dict[Node, Node] = {}

    def copied(node: Node) -> Node:
        if node not in kept:
            kids = tuple(copied(kid) for kid in node.kids)
            more: dict[str, Any] = {}
            if isinstance(node, nd.Range) or (isinstance(node, nd.Both) and node.clash):
                more["settled"] = True
            same = not more and all(a is b for a, b in zip(kids, node.kids, strict=True))
            if more and node.settled:  # type: ignore[attr-defined]
                same = True
            kept[node] = node if same else attrs.evolve(node, kids=kids, **more)
        return kept[node]

    return copied(root)

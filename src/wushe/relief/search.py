"""Is there a choice of values under which a node is still open?

Values are supplied to variables one after the other, those first that the goal hangs on; what every way
to the goal needs is taken at once, and a part of the box is dropped as soon as no value in it can reach
the goal. Comparisons of several numbers are first supposed to turn out one way, and numbers looked for
last. The search finds values, or shows that there are none, or gives up at its cap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf
from typing import Any, TypeAlias

from wushe.relief import nodes as nd
from wushe.relief.nodes import Node, Var, negation, whole
from wushe.relief.outcomes import EVERY, NN, OPEN, YY, Box, ClashError, Outcomes, negated
from wushe.relief.representatives import (
    SOME,
    Budget,
    CappedError,
    Line,
    Values,
    domains,
    every_node,
    finite,
    free,
    halves,
    point_of,
)
from wushe.rules.scalar import Ref

STEPS = 60
"""How many boxes one search looks at before it gives up."""
Split: TypeAlias = tuple[Var | Node, list[tuple[Any, ...]]]
"""A variable or comparison and the parts of its values or outcomes, those that promise most first."""


class Search:
    """Looks for values of some variables under which `root` has an outcome in a goal."""

    def __init__(self, root: Node, base: Outcomes, budget: Budget, supposing: bool = True) -> None:
        self.root, self.budget, self.supposing = root, budget, supposing
        self.domains = domains(root)
        nodes = list(every_node(root))
        self.size = len(nodes)
        self.order = {
            var: i for i, var in enumerate(dict.fromkeys(v for n in nodes for v in n.own))
        }
        self._nothing = base
        self._steps = 0
        self._stated = [n for n in nodes if isinstance(n, nd.Both) and not n.clash]
        self._rests = [n for n in nodes if isinstance(n, nd.Rest) and n.counts and n.own]
        self._totals = {
            kid.own[0] for n in self._stated for kid in n.kids if isinstance(kid, nd.Cell)
        }

    def wide(self, supplied: Collection[Ref]) -> Outcomes:
        """Return the outcomes where what `supplied` supplies may have any value."""
        box = {var: self.domains[var] for var in self.order if var.by in supplied}
        self.budget.left -= (
            self.size
        )  # may end the budget, yet is done: without it there is no answer
        return Outcomes(box, self._nothing)

    def without(self, seen: Outcomes, ref: Ref) -> Outcomes:
        """Return the outcomes where `ref` is not supplied."""
        self.budget.spend(SOME)
        gone = frozenset(var for var in seen.box if var.by == ref)
        return Outcomes({v: x for v, x in seen.box.items() if v not in gone}, seen, gone)

    def find(
        self, seen: Outcomes, goal: int = OPEN, near: Sequence[Outcomes] = (), steps: int = STEPS
    ) -> Outcomes | None:
        """Return single values in the box of `seen` that reach the goal, None where none do.

        What is not chosen yet is tried as in `near`, single values for the same variables. Raises
        CappedError where the budget, or the number of steps, ends first.
        """
        self._steps = steps
        return self._step(seen, goal, frozenset(), near)

    def _as_near(self, seen: Outcomes, chosen: frozenset[Var], near: Outcomes) -> Outcomes:
        """Return `near` with what was chosen so far."""
        self.budget.spend(SOME)
        box = dict(near.box)
        for var in chosen:
            values, old = seen.box[var], box[var]
            inside = var.sort == "number" and values[0] <= old[0] <= values[1]
            box[var] = old if inside else point_of(var, values, False)
        return Outcomes(box, near, chosen)

    def sample(self, seen: Outcomes, last: bool = False) -> Outcomes:
        """Return one value each, the first or last; what states a total follows from its items."""
        box = seen.box
        found = {v: d if v in self._totals else point_of(v, d, last) for v, d in box.items()}
        changed = frozenset(v for v, d in found.items() if d != box[v])
        point = Outcomes(found, seen, changed, supposed=seen.supposed)
        if any(free(v, d) for v, d in found.items()):
            point = self._narrow(point) or point
            rest = {v: point_of(v, d, last) for v, d in point.box.items()}
            changed = frozenset(v for v, d in rest.items() if d != point.box[v])
            point = Outcomes(rest, point, changed, supposed=seen.supposed)
        self.budget.spend(min(self.size, SOME * len(changed)))
        return point

    def reaches(self, seen: Outcomes, goal: int = OPEN) -> bool:
        """Return whether an outcome in the goal is possible."""
        try:
            return bool(seen.mask(self.root) & goal)
        except ClashError:
            return False

    def _step(
        self, seen: Outcomes, goal: int, chosen: frozenset[Var], near: Sequence[Outcomes]
    ) -> Outcomes | None:
        self._steps -= 1
        if self._steps < 0:
            raise CappedError
        self.budget.spend(SOME)
        implied = self._implied(seen, goal)
        if implied is None:
            return None
        chosen |= {v for v, x in implied.box.items() if x != seen.box[v]}
        seen = implied
        for one in near:
            found = self._as_near(seen, chosen, one)
            if self.reaches(found, goal):
                return found
        try:
            if not seen.mask(self.root) & ~goal or not any(map(free, seen.box, seen.box.values())):
                point = self._settled(seen, goal)
                if point is not None or seen.supposed:
                    return point
            key, parts = self._backtrace(self.root, goal, seen) or self._any_split(seen.box)
        except ClashError:
            return None
        for part in parts:
            below, changed = self._below(seen, key, part)
            answer = self._step(below, goal, chosen | changed, near)
            if answer is not None:
                return answer
        return None

    def _below(
        self, seen: Outcomes, key: Var | Node, part: tuple[Any, ...]
    ) -> tuple[Outcomes, frozenset[Var]]:
        """Return the outcomes with one variable in a part of its values, or one comparison supposed."""
        if isinstance(key, Var):
            one = frozenset((key,))
            box = {**seen.box, key: part}
            return Outcomes(box, seen, one, supposed=seen.supposed), one
        supposed = {**seen.supposed, key: part[0]}
        return Outcomes(seen.box, seen, key.vars, supposed=supposed), frozenset()

    def _settled(self, seen: Outcomes, goal: int) -> Outcomes | None:
        """Return single values in a box that reaches the goal whatever they are, if what is supposed can be.

        None where it cannot, or where the values contradict each other.
        """
        point = self.sample(seen)
        if self.reaches(point, goal):
            return self._plain(point.box)
        if not seen.supposed:
            return None
        tests = [k if bit == YY else negation(k) for k, bit in seen.supposed.items()]
        inner = Search(nd.All(tuple(tests)), self._nothing, self.budget, supposing=False)
        mine = {v: x for v, x in seen.box.items() if v in inner.order}
        found = inner.find(Outcomes(mine, self._nothing), YY, steps=self._steps)
        if found is None:
            return None
        changed = frozenset(found.box)
        point = self.sample(Outcomes({**seen.box, **found.box}, seen, changed))
        return self._plain(point.box) if self.reaches(self._plain(point.box), goal) else None

    def _plain(self, box: Box) -> Outcomes:
        self.budget.spend(self.size)
        return Outcomes(box, self._nothing)

    def _implied(self, seen: Outcomes, goal: int) -> Outcomes | None:
        """Return the box with only values that the goal leaves possible, None where none are left.

        Only what follows at once is left out: from totals, and from what every way to the goal needs.
        """
        while True:
            narrowed = self._narrow(seen)
            if narrowed is None or not self.reaches(narrowed, goal):
                return None
            needed: Values = {}
            supposed: dict[Node, int] = {}
            self._require(self.root, goal, narrowed, needed, supposed)
            if not needed and not supposed:
                return narrowed
            supposed = {**narrowed.supposed, **supposed}
            if not all(needed.values()) or contradictory(supposed, narrowed):
                return None
            self.budget.spend(SOME)
            changed = frozenset(needed).union(*(node.vars for node in supposed))
            box = {**narrowed.box, **needed}
            seen = Outcomes(box, narrowed, changed, supposed=supposed)

    def _require(
        self, node: Node, aim: int, seen: Outcomes, needed: Values, supposed: dict[Node, int]
    ) -> None:
        """Put down the values of single variables, and comparisons, without which `node` misses `aim`."""
        if isinstance(node, nd.Neg):
            self._require(node.kids[0], negated(aim), seen, needed, supposed)
        elif isinstance(node, nd.All | nd.Any_):
            turn = (lambda m: m) if isinstance(node, nd.All) else negated
            masks = [turn(seen.mask(kid)) for kid in node.kids]
            wanted = turn(aim)
            rest = EVERY if wanted & NN else EVERY & ~NN
            for kid, mask in zip(node.kids, masks, strict=True):
                if mask & ~rest:
                    self._require(kid, turn(rest), seen, needed, supposed)
            if not wanted & YY:
                ways = [i for i, mask in enumerate(masks) if mask & rest & ~YY]
                if len(ways) == 1:
                    self._require(node.kids[ways[0]], turn(rest & ~YY), seen, needed, supposed)
        else:
            self._require_of(node, aim, seen, needed, supposed)

    def _require_of(
        self, node: Node, aim: int, seen: Outcomes, needed: Values, supposed: dict[Node, int]
    ) -> None:
        loose = [v for v in node.vars if free(v, seen.box.get(v, ()))]
        if len(loose) > 1 and self._supposable(node, seen) and aim & (YY | NN) in (YY, NN):
            if supposed.setdefault(node, aim & (YY | NN)) != aim & (YY | NN):
                needed[loose[0]] = ()
            return
        if len(loose) != 1 or loose[0] in needed or not seen.mask(node) & ~aim:
            return
        (var,) = loose
        if var.sort == "number":
            if isinstance(node, nd.Cmp) and node.op != "==":
                _, parts = self._turns(node, var, seen, seen.box[var], aim)
                fits = [p for p in parts if self._at(node, var, p[:1] * 2, seen) & aim]
                if len(fits) == 1 < len(parts):
                    needed[var] = fits[0]
            return
        values = seen.box[var]
        fitting = tuple(v for v in values if self._at(node, var, (v,), seen) & aim)
        if len(fitting) < len(values):
            needed[var] = fitting

    def _supposable(self, node: Node, seen: Outcomes) -> bool:
        """Return whether a comparison has yet to turn out yes or no, and will not be unsure."""
        return self.supposing and isinstance(node, nd.Cmp) and seen.mask(node) == YY | NN

    def _at(self, node: Node, var: Var, values: tuple[Any, ...], seen: Outcomes) -> int:
        """Return the outcomes of a node with other values of one variable, 0 for a contradiction."""
        self.budget.spend(SOME // 4)
        if var.sort == "number" and abs(values[0]) == inf:
            values = point_of(var, values, False)
        try:
            return Outcomes({**seen.box, var: values}, seen, frozenset((var,))).mask(node)
        except ClashError:
            return 0

    def _any_split(self, box: Box) -> Split:
        for var, values in box.items():
            if free(var, values):
                return var, halves(var, values) if var.sort == "number" else [(v,) for v in values]
        return next(iter(self.order)), []

    def _narrow(self, seen: Outcomes) -> Outcomes | None:
        """Return the box without stated totals that their items exclude, None where nothing is left."""
        changed: dict[Var, tuple[Any, ...]] = {}
        for node in (*self._stated, *self._rests):
            for var, ends in self._limits(node, seen):
                old = changed.get(var, seen.box[var])
                new = max(old[0], ends[0]), min(old[1], ends[1])
                if new[0] > new[1]:
                    return None
                if new != old:
                    changed[var] = new
        if not changed:
            return seen
        box = {**seen.box, **changed}
        return Outcomes(box, seen, frozenset(changed), supposed=seen.supposed)

    def _limits(self, node: Node, seen: Outcomes) -> Iterator[tuple[Var, tuple[Any, Any]]]:
        kids = node.kids if isinstance(node, nd.Both) else (node,)
        for i, kid in enumerate(kids):
            if isinstance(kid, nd.Cell | nd.Rest) and kid.own[0] in seen.box:
                other = kids[1 - i] if isinstance(node, nd.Both) else node.kids[0]
                try:
                    a, _, _, d, _ = seen.spread(other)
                except ClashError:
                    continue
                if isinstance(node, nd.Both):
                    yield kid.own[0], (a, d)
                elif d > 0:
                    yield kid.own[0], (0, d)

    # --- which variable next --------------------------------------------------------------------

    def _backtrace(self, node: Node, goal: int, seen: Outcomes) -> Split | None:
        """Return the variable that the goal hangs on and the parts of its values, the best first."""
        if isinstance(node, nd.Neg):
            return self._backtrace(node.kids[0], negated(goal), seen)
        if isinstance(node, nd.All | nd.Any_):
            return self._junction(node, goal, seen)
        if isinstance(node, nd.Flag | nd.Word):
            var = node.own[0]
            if not free(var, seen.box.get(var, ())):
                return None
            words = node.words if isinstance(node, nd.Word) else (True,)
            wanted = bool(goal & YY)
            return var, [(v,) for v in sorted(seen.box[var], key=lambda v: (v in words) != wanted)]
        return self._within(node, goal, seen)

    def _junction(self, node: Node, goal: int, seen: Outcomes) -> Split | None:
        turn = (lambda m: m) if isinstance(node, nd.All) else negated
        masks = [turn(seen.mask(kid)) for kid in node.kids]
        wanted = turn(goal)
        low, high = not wanted & YY, not wanted & NN
        tries: list[tuple[int, int]] = []
        if low and all(mask & YY for mask in masks):
            aim = EVERY & ~YY & (~NN if high else EVERY)
            tries += [(i, aim) for i, mask in enumerate(masks) if mask & aim and mask & ~aim]
        if high:
            aim = EVERY & ~NN
            tries += [(i, aim) for i, mask in enumerate(masks) if mask & NN and mask & aim]
            tries.sort(key=lambda t: (t[1] == aim, len(node.kids[t[0]].vars)))
        tries += [(i, EVERY) for i, mask in enumerate(masks) if mask & (mask - 1)]
        for i, aim in tries:
            found = self._backtrace(node.kids[i], turn(aim), seen)
            if found is not None:
                return found
        return None

    def _within(self, node: Node, goal: int, seen: Outcomes) -> Split | None:
        """Return a split of a comparison: words and flags that matter, then numbers where it turns."""
        loose = sorted(
            (v for v in node.vars if free(v, seen.box.get(v, ()))), key=self.order.__getitem__
        )
        if len(loose) > 1 and self._supposable(node, seen):
            return node, sorted([(YY,), (NN,)], key=lambda part: not part[0] & goal)
        words = [v for v in loose if v.sort != "number"]
        for var in words:
            parts = self._words(node, var, seen, goal)
            if parts is not None:
                return var, parts
        fallback: Split | None = None
        for last in (False, True):
            point = self.sample(seen, last)
            for var in (v for v in loose if v.sort == "number"):
                reached, parts = self._turns(node, var, point, seen.box[var], goal)
                if reached:
                    return var, parts
                if fallback is None and len(parts) > 1:
                    fallback = var, parts
        if words:
            return words[0], [(v,) for v in seen.box[words[0]]]
        if fallback is None and loose:
            fallback = loose[0], halves(loose[0], seen.box[loose[0]])
        return fallback

    def _words(
        self, node: Node, var: Var, seen: Outcomes, goal: int
    ) -> list[tuple[Any, ...]] | None:
        """Return the values of a word or flag, those that lead to the goal first; None if all are alike."""
        now = seen.mask(node)
        found = []
        for i, value in enumerate(seen.box[var]):
            self.budget.spend(SOME)
            try:
                mask = Outcomes({**seen.box, var: (value,)}, seen, frozenset((var,))).mask(node)
            except ClashError:
                mask = 0
            found.append((not mask & goal, bool(mask & ~goal), i, mask, value))
        if all(mask == now for *_, mask, _ in found):
            return None
        return [(value,) for *_, value in sorted(found, key=lambda f: f[:3])]

    def _turns(
        self, node: Node, var: Var, point: Outcomes, ends: tuple[Any, ...], goal: int
    ) -> tuple[bool, list[tuple[Any, ...]]]:
        """Return the parts of `ends` on which the node has one outcome, the rest at `point`; goal first.

        The first value says whether some part reaches the goal and some does not.
        """
        low, high = finite(var, ends)

        def box(k: int) -> Box:
            value = whole(k * var.step)
            return {var: (value, value)}

        marks = Line(node, box, point, self.budget).marks(low, high)
        parts = []
        for i, (start, mask) in enumerate(marks):
            end = marks[i + 1][0] - 1 if i + 1 < len(marks) else high
            part = (
                ends[0] if i == 0 else whole(start * var.step),
                ends[1] if i + 1 == len(marks) else whole(end * var.step),
            )
            parts.append((not mask & goal, bool(mask & ~goal), i, part))
        reached = len({missed for missed, *_ in parts}) > 1
        return reached, [part for *_, part in sorted(parts)]


def contradictory(supposed: Mapping[Node, int], seen: Outcomes) -> bool:
    """Return whether comparisons of one number with two others cannot turn out as supposed.

    Below the smaller one and not below the larger one: no number is.
    """
    sides: dict[tuple[Node, str | None], tuple[list[Node], list[Node]]] = {}
    for node, bit in supposed.items():
        assert isinstance(node, nd.Cmp)
        both = sides.setdefault((node.kids[0], node.op), ([], []))
        both[0 if bit == YY else 1].append(node.kids[1])
    for (_, op), (yes, no) in sides.items():
        for a in yes:
            for b in no:
                small, large = (a, b) if op in ("<", "<=") else (b, a)
                if op in ("<", "<=", ">", ">=") and _at_most(small, large, seen):
                    return True
    return False


def _at_most(small: Node, large: Node, seen: Outcomes) -> bool:
    """Return whether one number is never above the other, as far as one can see."""
    if small is large or seen.spread(small)[3] <= seen.spread(large)[0]:
        return True
    if isinstance(small, nd.Product) and isinstance(large, nd.Product):
        for i, shared in enumerate(small.kids):
            if shared in large.kids and seen.spread(shared)[0] >= 0:
                other = large.kids[1 - large.kids.index(shared)]
                return _at_most(small.kids[1 - i], other, seen)
    return False

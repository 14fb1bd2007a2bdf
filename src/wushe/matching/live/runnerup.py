"""Who would come instead: the exact price of doing without the pair that was chosen."""

from __future__ import annotations

import attrs

from wushe.matching.live.city import LiveCity
from wushe.text import Text


@attrs.frozen
class RunnerUp:
    """What happens to `need` without `offer`, which now gives it `amount` base units.

    `listed`: how much dearer a unit of the next candidate on the need's list is, None without one.
    `exact`: by how much the whole city's objective rises, others who make room included. `others`:
    who serves the need then, as (offer id, amount); `unserved`: what nobody does then; `full` is a
    unit's full marks, the unit of both figures.
    """

    need: str
    offer: str
    amount: int
    listed: int | None
    exact: int
    others: tuple[tuple[str, int], ...]
    unserved: int
    full: int

    def say(self, lang: str = "zh") -> str:
        """Return who would come instead, and the price of it, in one sentence."""
        if self.unserved:
            return _NOBODY.say(lang, offer=self.offer)
        names = ("、" if lang == "zh" else ", ").join(offer for offer, _ in self.others)
        loss = self.exact / max(self.full * self.amount, 1)
        words = _ELSEWHERE if loss > 1 else _INSTEAD if self.exact else _EQUAL
        return words.say(lang, offer=self.offer, names=names, loss=loss)


def runner_up(live: LiveCity, need: str) -> list[RunnerUp]:
    """Return for each offer that serves `need` what doing without it would cost, cheapest first.

    Found by taking the pair out, solving again and undoing it. Raises KeyError, ValueError as `LiveCity` does.
    """
    serving, listed = live.served_by(need), live.candidates(need)
    cost = dict(listed)
    others = [price for offer, price in listed if offer not in dict(serving)]
    before, found = live.objective, []
    for offer, amount in serving:
        with live.what_if():
            then = live.decline(need, offer)
            found.append(
                RunnerUp(
                    need,
                    offer,
                    amount,
                    others[0] - cost[offer] if others else None,
                    live.objective - before,
                    tuple(then),
                    live.unserved(need),
                    live.matching.candidates.max_cost,
                )
            )
    return found


_INSTEAD = Text(
    "若不由供给 {offer} 承担，由 {names} 接替，合适度低 {loss:.1%}",
    "without offer {offer} {names} would serve it, {loss:.1%} of full marks worse",
)
_EQUAL = Text(
    "若不由供给 {offer} 承担，由 {names} 接替，同样合适",
    "without offer {offer} {names} would serve it equally well",
)
_ELSEWHERE = Text(
    "若不由供给 {offer} 承担，由 {names} 接替，但别处会有需求得不到解决",
    "without offer {offer} {names} would serve it, and needs elsewhere would go without",
)
_NOBODY = Text(
    "若不由供给 {offer} 承担，这项需求就得不到完全解决",
    "without offer {offer} this need would not be served in full",
)

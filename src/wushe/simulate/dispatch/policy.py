"""A dispatch policy: when the needs list is looked at, and who then gets what."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wushe.matching.objective import Objective
from wushe.matching.rounds import Round
from wushe.model.storage import Array
from wushe.text import Text

Choose = Callable[[Round], Array]
"""From a round to a flow, int64 (n_edges,): base units that each candidate pair carries."""


def _plain_name(_: object, __: object, value: str) -> None:
    usable = isinstance(value, str) and value.isascii() and value.replace("_", "").isalnum()
    if not usable:
        raise ValueError(
            f"name of a policy is {value!r}; expected ASCII letters, digits and _, such as greedy_nearest"
        )


@attrs.frozen
class Policy:
    """A round of dispatch every `every` days, from day `first` on.

    Without `choose` the round is the library's own plan, exact under `objective`; with it,
    ``choose(round)`` decides. It must pickle to run in other processes. Raises ValueError.
    """

    name: str = attrs.field(validator=_plain_name)
    label: Text | None = None
    every: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    first: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    objective: Objective | None = None
    choose: Choose | None = None

    def __attrs_post_init__(self) -> None:
        if self.objective is not None and self.choose is not None:
            raise ValueError(
                f"policy {self.name!r} has both objective and choose; expected at most one of them"
            )

    def acts_on(self, day: int) -> bool:
        """Return whether the list is looked at on `day`."""
        return day >= self.first and (day - self.first) % self.every == 0

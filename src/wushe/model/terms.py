"""Registries, the closed list of reasons, and what hooks receive and return."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.storage import Array
from wushe.model.units import DIMENSIONS, MAX_AMOUNT, Dimension
from wushe.text import Text

Form = Literal["goods", "money", "service"]
Reason = Literal[
    "no_offer",
    "reach",
    "skill",
    "vetting",
    "window",
    "restriction",
    "consent",
    "budget",
    "capacity",
    "gives_way",
    "alternative",
    "waits",
]
"""Why a need stays unserved; the order is the order in which the reasons are looked for."""

REASONS: dict[Reason, Text] = {
    "no_offer": Text(zh="资源库中没有这一类供给", en="nobody offers this category"),
    "reach": Text(
        zh="有此类供给，但都到不了这个地方", en="such offers exist, but none reaches this place"
    ),
    "skill": Text(
        zh="到得了的供给都不具备所需技能", en="the offers in reach lack the skill asked for"
    ),
    "vetting": Text(
        zh="服务未成年人须先查询从业记录，现有人员没有有效查询",
        en="work with a minor needs a vetting within the year, and nobody in reach has one",
    ),
    "window": Text(zh="时间对不上", en="no offer is available in the time asked for"),
    "restriction": Text(
        zh="捐赠限定了用途、地区、对象、单项上限或整包",
        en="the donor's restriction (purpose, place, group, limit per need or whole packs) excludes it",
    ),
    "consent": Text(
        zh="没有家庭同意转介的记录，请先征得同意",
        en="no recorded consent to refer the household; ask for it first",
    ),
    "budget": Text(zh="可用资金已经用完", en="the money that fits is used up"),
    "capacity": Text(zh="合适的供给都已排满", en="every fitting offer is fully used"),
    "gives_way": Text(
        zh="合适的供给先给了更紧急的需求", en="the fitting offers went to more urgent needs"
    ),
    "alternative": Text(
        zh="几项择一，已安排另一项", en="one of several was asked for, and another one is planned"
    ),
    "waits": Text(zh="前置需求尚未解决", en="the need that it depends on is not served yet"),
}
assert set(REASONS) == set(get_args(Reason))


def _whole_amount(item: Any, field: attrs.Attribute[Any], value: Any) -> None:
    """Refuse what is no whole amount of base units. Raises TypeError, ValueError."""
    where = f"{type(item).__name__} {_name_of(item)!r}: {field.name}"
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{where} is {value!r}; expected a whole number of base units")
    if not 1 <= value <= MAX_AMOUNT:
        raise ValueError(f"{where} is {value}; expected 1 to {MAX_AMOUNT} base units")


def _tuple_of(kind: type) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """Return a validator that refuses what is no tuple of `kind`."""

    def check(item: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, tuple) or not all(isinstance(part, kind) for part in value):
            raise TypeError(
                f"{type(item).__name__} {_name_of(item)!r}: {field.name} is {value!r}; "
                f"expected a tuple of {kind.__name__}"
            )

    return check


def _name_of(item: Any) -> Any:
    return item.category if isinstance(item, Role) else item.id


@attrs.frozen
class Role:
    """One part of a team need: somebody who serves `category`, for `quantity` base units each time.

    Without a quantity the category's typical amount is planned. `skills` are asked beside the category's.
    Raises TypeError and ValueError for what is no such thing.
    """

    category: str = attrs.field(validator=attrs.validators.instance_of(str))
    quantity: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(_whole_amount)
    )
    skills: tuple[str, ...] = attrs.field(default=(), validator=_tuple_of(str))


@attrs.frozen
class NeedCategory:
    """A category of need.

    `dimension` is what is counted; `typical` the amount planned for where a need's quantity is
    unknown (base units); `skills` what every helper must have; `refers` whether serving it hands
    the household's facts to another party, so that consent is needed; `minors` whether it is work
    with minors by its nature, so that helpers must be vetted (未成年人保护法 article 62).
    With `roles` it is a team's work, counted in times: one helper for each role, all of them, or nobody comes.
    `replaces`: it takes the place of a category of this id that a plugin above this one registers.
    """

    id: str
    zh: str
    en: str
    form: Form = attrs.field(validator=attrs.validators.in_(("goods", "money", "service")))
    dimension: Dimension = attrs.field(validator=attrs.validators.in_(tuple(DIMENSIONS)))
    typical: int = attrs.field(default=1, validator=_whole_amount)
    skills: tuple[str, ...] = attrs.field(default=(), validator=_tuple_of(str))
    refers: bool = True
    minors: bool = False
    roles: tuple[Role, ...] = attrs.field(default=(), validator=_tuple_of(Role))
    replaces: bool = False

    @roles.validator
    def _roles_are_counted_in_times(self, _: Any, roles: tuple[Role, ...]) -> None:
        if roles and (self.dimension != "time" or self.form != "service"):
            raise ValueError(
                f"category {self.id!r} has roles and counts {self.dimension} of {self.form}; "
                'expected dimension "time" and form "service"'
            )

    def name(self, lang: str = "zh") -> str:
        """Return the category's name in `lang`."""
        return Text(self.zh, self.en).say(lang)


@attrs.frozen
class TargetGroup:
    """A group of people that policies and donors name (对象类别).

    `replaces`: it takes the place of a group of this id that a plugin above this one registers.
    """

    id: str
    zh: str
    en: str
    replaces: bool = False

    def name(self, lang: str = "zh") -> str:
        """Return the group's name in `lang`."""
        return Text(self.zh, self.en).say(lang)


def _no_column(name: object, known: Mapping[str, Array]) -> str:
    """Return the message for a column that is not there: those that look like it, else all there are."""
    import difflib

    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.6)
    listed = f"close to it: {', '.join(near)}" if near else f"there are: {', '.join(sorted(known))}"
    return f"column {name!r} is not there; {listed}"


@attrs.frozen(eq=False)
class Columns:
    """Named read-only columns of equal length, as hooks receive them; ``columns["urgency"]``."""

    n: int
    arrays: Mapping[str, Array]

    def __attrs_post_init__(self) -> None:
        for array in self.arrays.values():
            array.flags.writeable = False
        object.__setattr__(self, "arrays", MappingProxyType(dict(self.arrays)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Columns, (self.n, dict(self.arrays))

    def __getitem__(self, name: str) -> Array:
        try:
            return self.arrays[name]
        except KeyError:
            raise KeyError(_no_column(name, self.arrays)) from None

    def __len__(self) -> int:
        return self.n


@attrs.frozen(eq=False)
class Pairs:
    """Candidate pairs: `need` and `offer` are row numbers, int32 arrays of shape (n_pairs,).

    `memo` keeps what several plugins ask about the same pairs, such as distances.
    """

    need: npt.NDArray[np.int32]
    offer: npt.NDArray[np.int32]
    memo: dict[str, Any] = attrs.field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.need.flags.writeable = False
        self.offer.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        return Pairs, (self.need, self.offer)

    def __len__(self) -> int:
        return len(self.need)

    def take(self, where: Array) -> Pairs:
        """Return the pairs at `where` (mask or index)."""
        return Pairs(self.need[where], self.offer[where])


@attrs.frozen(eq=False)
class FilterTerm:
    """One eligibility rule's answer: `allowed` bool (n_pairs,), `reason` for the pairs it refuses.

    What a rule declares of itself spares asking it about pairs that it refuses anyhow: `classes` returns
    integer codes of needs (n_needs,) and offers (n_offers,) on which alone the answer depends; beyond
    `within_km` float (n_offers,), NaN without a limit, no pair with known coordinates is allowed.

    `label` says the rule in words, with its document: it is told beside the reason where a need stays
    unserved for it. A term with a `name` can be replaced: with `replaces` it takes the place of the term of
    this name from a plugin above this one.
    """

    allowed: Array
    reason: Reason
    classes: Callable[[], tuple[Array, Array]] | None = None
    within_km: Array | None = None
    label: Text | None = None
    name: str | None = None
    replaces: bool = False


@attrs.frozen(eq=False)
class ScoreBound:
    """What a score term's value never exceeds, for any pair; each part that is given holds by itself.

    `row` float (n_needs,) and `column` float (n_offers,); `km` maps great-circle kilometres (array) to
    values and never rises, for pairs whose coordinates are both known; `level` float (7,) by the lowest
    place that both share (none, then `LEVELS`) for the others; `pairs` returns the only pairs whose
    value may be above 0.
    """

    row: Array | None = None
    column: Array | None = None
    km: Callable[[Array], Array] | None = None
    level: Array | None = None
    pairs: Callable[[], Pairs] | None = None


@attrs.frozen(eq=False)
class ScoreTerm:
    """One score: `values` float (n_pairs,) within 0..1, higher is better; integer `weight` > 0.

    With a `bound` (see `bounded`) the best plan is proven over all pairs, not only those listed.
    `replaces`: it takes the place of a term of this name from a plugin above this one.
    """

    name: str
    weight: int
    values: Array
    label: Text | None = None
    bound: ScoreBound | None = None
    replaces: bool = False

    def bounded(
        self,
        *,
        row: Array | None = None,
        column: Array | None = None,
        km: Callable[[Array], Array] | None = None,
        level: Array | None = None,
        pairs: Callable[[], Pairs] | None = None,
    ) -> ScoreTerm:
        """Return the term with upper bounds of its value, each of which holds for every pair.

        See `ScoreBound`; values above a bound are a mistake of the plugin, found as pairs are scored.
        """
        return attrs.evolve(self, bound=ScoreBound(row, column, km, level, pairs))


@attrs.frozen(eq=False)
class Context:
    """What a run knows beside the tables: the date `on`, the registries, past services, settings.

    `history` holds the sorted keys of (client, provider) that met before, see `pair_served_before`.
    """

    on: dt.date
    categories: Mapping[str, NeedCategory]
    target_groups: Mapping[str, TargetGroup]
    history: npt.NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(0, dtype=np.int64))
    settings: Mapping[str, Any] = attrs.field(factory=dict)

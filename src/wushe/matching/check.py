"""The independent checker: is this allocation allowed? It shares no code with solver or filters.

Everything is recomputed from the tables in plain Python, one item at a time, so that a mistake in the
column code cannot hide here as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs

from wushe.model.parties import LEVELS
from wushe.model.tables import Table
from wushe.model.terms import NeedCategory
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork
from wushe.text import Text

Rule = Literal[
    "unknown_id", "negative", "duplicate", "unit", "category", "closed", "over_need", "over_capacity", "over_limit",
    "reach", "skill", "vetting", "window", "restriction", "consent", "objective",
]  # fmt: skip
RULES: dict[Rule, Text] = {
    "unknown_id": Text("编号不存在", "an id that does not exist"),
    "negative": Text("数量不是正数", "an amount that is not positive"),
    "duplicate": Text("同一供需对出现两次", "the same pair twice"),
    "unit": Text("计量单位不符", "the wrong unit"),
    "category": Text("供给不含此类别", "the offer does not serve the category"),
    "closed": Text("需求已满足或撤销", "the need is met or withdrawn"),
    "over_need": Text("超过所需数量", "more than the need"),
    "over_capacity": Text("超过供给数量", "more than the offer has"),
    "over_limit": Text("超过单项上限", "more than the limit per need"),
    "reach": Text("超出服务范围", "out of reach"),
    "skill": Text("缺少技能", "a missing skill"),
    "vetting": Text("没有有效的从业查询", "no valid vetting"),
    "window": Text("时间不合", "outside the time window"),
    "restriction": Text("违反捐赠限定", "against the donor's restriction"),
    "consent": Text("没有同意转介的记录", "no recorded consent"),
    "objective": Text("目标值与流量不一致", "the objective does not add up"),
}


@attrs.frozen
class Allocation:
    """What is checked: `amount` base units of dimension `unit` from `offer` to `need`."""

    need: str
    offer: str
    amount: int
    unit: str


@attrs.frozen
class Violation:
    """One broken rule and the ids that break it."""

    rule: Rule
    need: str | None
    offer: str | None
    detail: str = ""

    def say(self, lang: str = "zh") -> str:
        """Return one line: the rule, the need, the offer and the detail."""
        return _LINE.say(
            lang,
            rule=RULES[self.rule],
            need=self.need or "–",
            offer=self.offer or "–",
            detail=self.detail,
        )


_LINE = Text(
    "{rule}：需求 {need}，供给 {offer} {detail}", "{rule}: need {need}, offer {offer} {detail}"
)
_LOOKED_UP = ("places", "households", "persons", "institutions")
_OWN_TEAM = ("communities", "stations", "social_workers")


def check(
    network: LinkageNetwork,
    offers: Table,
    allocations: Iterable[Allocation],
    on: dt.date,
    *,
    default_rules: bool = True,
) -> list[Violation]:
    """Return every violation of `allocations`; an empty list means that they stand.

    `default_rules` False leaves out skill, vetting, window, restriction and consent, for plans made
    without the default plugin.
    """
    return list(_Checker.of(network, offers, on, default_rules).violations(allocations))


@attrs.frozen(eq=False)
class _Checker:
    network: LinkageNetwork
    needs: Mapping[str, Any]
    offers: Mapping[str, Any]
    kind_of: Mapping[str, str]
    on: dt.date
    default_rules: bool
    rows: Mapping[str, Mapping[str, int]]
    consents: Sequence[Any]

    @classmethod
    def of(
        cls, network: LinkageNetwork, offers: Table, on: dt.date, default_rules: bool
    ) -> _Checker:
        kinds = (
            "communities",
            "organizations",
            "stations",
            "social_workers",
            "volunteer_teams",
            "volunteers",
            "funds",
            "resources",
        )
        kind_of = {key: kind for kind in kinds for key in network.tables[kind].ids}
        needs = {need.id: need for need in network.tables["needs"].records()}
        rows = {
            name: {key: row for row, key in enumerate(network.tables[name].ids)}
            for name in _LOOKED_UP
        }
        consents = [c for c in network.tables["consents"].records() if c.purpose == "referral"]
        given = {o.id: o for o in offers.records()}
        return cls(network, needs, given, kind_of, on, default_rules, rows, consents)

    def violations(self, allocations: Iterable[Allocation]) -> Iterator[Violation]:
        seen: set[tuple[str, str]] = set()
        per_need: dict[str, int] = {}
        per_offer: dict[str, int] = {}
        for item in allocations:
            if item.need not in self.needs or item.offer not in self.offers:
                yield Violation("unknown_id", item.need, item.offer)
                continue
            if item.amount <= 0:
                yield Violation("negative", item.need, item.offer, str(item.amount))
            if (item.need, item.offer) in seen:
                yield Violation("duplicate", item.need, item.offer)
            seen.add((item.need, item.offer))
            per_need[item.need] = per_need.get(item.need, 0) + item.amount
            per_offer[item.offer] = per_offer.get(item.offer, 0) + item.amount
            yield from self._item(item)
        for key, total in per_need.items():
            if total > self._asked(self.needs[key]):
                yield Violation("over_need", key, None, f"{total} > {self._asked(self.needs[key])}")
        for key, total in per_offer.items():
            if total > _base(self.offers[key].quantity, self.offers[key].unit):
                yield Violation("over_capacity", None, key, f"{total}")

    def _item(self, item: Allocation) -> Iterator[Violation]:
        need, offer = self.needs[item.need], self.offers[item.offer]
        unit = parse_unit(offer.unit)
        category = self.network.categories.get(need.category)
        if (
            category is None
            or unit is None
            or not category.dimension == unit.dimension == item.unit
        ):
            yield Violation("unit", item.need, item.offer, item.unit)
            return
        if need.category not in offer.categories:
            yield Violation("category", item.need, item.offer, need.category)
        if need.status in ("met", "withdrawn"):
            yield Violation("closed", item.need, item.offer)
        if offer.per_need is not None and item.amount > offer.per_need * unit.factor:
            yield Violation("over_limit", item.need, item.offer, str(item.amount))
        if not self._reaches(need, offer):
            yield Violation("reach", item.need, item.offer)
        if self.default_rules:
            for rule, broken in _DEFAULT_RULES.items():
                if broken(self, need, offer, category):
                    yield Violation(rule, item.need, item.offer)

    def _asked(self, need: Any) -> int:
        if need.quantity is None:
            return self.network.categories[need.category].typical
        return _base(need.quantity, need.unit)

    def _record(self, kind: str, key: str | None) -> Any:
        row = None if key is None else self.rows[kind].get(key)
        return None if row is None else self.network.tables[kind].record(row)

    def _client(self, need: Any) -> tuple[Any, Any, Any]:
        """Return (household, person, institution) that the need is for."""
        person = self._record("persons", need.person)
        household = self._record(
            "households", need.household or (person.household if person else None)
        )
        return household, person, self._record("institutions", need.institution)

    def _path(self, place: str | None) -> dict[str, str]:
        """Return the ids of a place and of its ancestors by level, following `parent` upwards."""
        path: dict[str, str] = {}
        table = self.network.tables["places"]
        row = -1 if place is None else self.rows["places"].get(place, -1)
        while row >= 0:  # a network refuses circular parents
            path.setdefault(table["level"][row], table.ids[row])
            row = int(self.network.places.parent[row])
        return path

    def _need_place(self, need: Any) -> str | None:
        household, person, institution = self._client(need)
        places = [need.place, *(r.place for r in (household, person, institution) if r is not None)]
        return next((p for p in places if p is not None), None)

    def _reaches(self, need: Any, offer: Any) -> bool:
        theirs = self._path(offer.place)
        if not theirs or offer.reach == "nation":
            return True
        own = max(theirs, key=list(LEVELS).index)
        reach = own if offer.reach is None else min(offer.reach, own, key=list(LEVELS).index)
        if reach not in theirs:
            return False
        return self._path(self._need_place(need)).get(reach) == theirs[reach]

    def _lacks_skill(self, need: Any, offer: Any, category: NeedCategory) -> bool:
        asked = {*(need.skills or ()), *category.skills}
        return not asked <= set(offer.skills or ())

    def _lacks_vetting(self, need: Any, offer: Any, category: NeedCategory) -> bool:
        if category.form != "service" or not (category.minors or self._may_be_minor(need)):
            return False
        age = None if offer.vetted_on is None else (self.on - offer.vetted_on).days
        return age is None or not 0 <= age <= 365

    def _may_be_minor(self, need: Any) -> bool:
        _, person, _ = self._client(need)
        if person is None:
            return False
        if person.birth is None:
            return True
        birth: dt.date = person.birth
        had_birthday = (self.on.month, self.on.day) >= (birth.month, birth.day)
        return self.on.year - birth.year - (not had_birthday) < 18

    def _out_of_time(self, need: Any, offer: Any, _: NeedCategory) -> bool:
        over = offer.available_to is not None and offer.available_to < self.on
        latest = None if need.due is None else max(need.due, self.on)
        late = (
            offer.available_from is not None
            and latest is not None
            and offer.available_from > latest
        )
        return over or late

    def _restricted(self, need: Any, offer: Any, _: NeedCategory) -> bool:
        household, person, institution = self._client(need)
        clients = [r for r in (household, person, institution) if r is not None]
        groups = {g for r in clients for g in r.target_groups or ()}
        if offer.for_groups and not groups & set(offer.for_groups):
            return True
        if offer.for_places and not set(self._path(self._need_place(need)).values()) & set(
            offer.for_places
        ):
            return True
        served = household or person or institution
        return bool(offer.for_clients) and served.id not in offer.for_clients

    def _without_consent(self, need: Any, offer: Any, category: NeedCategory) -> bool:
        if not category.refers or self.kind_of[offer.provider] in _OWN_TEAM:
            return False
        household, person, institution = self._client(need)
        if household is None and person is None:
            return institution is None
        client = household or person
        mine = [c for c in self.consents if c.subject == client.id and c.given_on <= self.on]
        gone = [c.withdrawn_on for c in mine if c.withdrawn_on and c.withdrawn_on <= self.on]
        left = [c for c in mine if not (c.withdrawn_on and c.withdrawn_on <= self.on)]
        given = [c.given_on for c in left if not c.recipients]
        if gone and (not given or max(gone) >= max(given)):
            return True
        consent: object = client.referral_consent
        return consent is False or (not given and consent is not True)


def _base(quantity: int, unit: str) -> int:
    parsed = parse_unit(unit)
    return quantity * parsed.factor if parsed else 0


_Broken = Callable[[_Checker, Any, Any, NeedCategory], bool]
_DEFAULT_RULES: dict[Rule, _Broken] = {
    "skill": _Checker._lacks_skill,
    "vetting": _Checker._lacks_vetting,
    "window": _Checker._out_of_time,
    "restriction": _Checker._restricted,
    "consent": _Checker._without_consent,
}

"""Small made-up cases for the linkage: stand-ins for policies and assessments, and drawn cities."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

import wushe
from wushe.model import Consent, ReliefGrant
from wushe.model.storage import UNKNOWN_INT
from wushe.model.terms import Columns, Context
from wushe.network import LinkageNetwork, build_network_from_records
from wushe.relief.link import link_relief
from wushe.relief.linkage import Linkage

PLUGINS = wushe.load_plugins()
ON = dt.date(2026, 3, 10)
GOVERNMENT_FIRST = ("government", "mutual_aid")
FIRST_AID = ("mutual_aid", "government")


@attrs.frozen
class MadePolicy:
    """What the linkage reads of a policy."""

    id: str
    covers: tuple[str, ...] = ("living_aid",)
    kind: str = "living"
    unit: str = "households"
    amounts: tuple[str, ...] = ("sum",)
    excludes: tuple[str, ...] = ()
    document: str = "某办法"
    article: str = "第1条"

    @property
    def name(self) -> wushe.Text:
        """Name for people."""
        return wushe.Text(f"{self.id}救助", f"{self.id} relief")


@attrs.frozen(eq=False)
class MadePayments:
    """Payments as columns."""

    policies: tuple[str, ...]
    policy: Any
    household: Any
    person: Any
    lo: Any
    hi: Any
    period: Any


@attrs.frozen
class Pay:
    """One payment: policy, to whom (household, person), from, to (None unknown), period."""

    policy: str
    household: str | None
    person: str | None
    lo: int | None
    hi: int | None
    period: int = 0


@attrs.frozen(eq=False)
class MadeAssessments:
    """Answers by policy and unit id (0 where absent); whoever is paid is possibly eligible."""

    network: LinkageNetwork
    policies: dict[str, MadePolicy]
    pays: tuple[Pay, ...]
    said: dict[tuple[str, str], int]
    on: dt.date = ON

    def __iter__(self) -> Iterator[MadePolicy]:
        """Iterate over the policies."""
        return iter(self.policies.values())

    def units(self, policy_id: str) -> Any:
        """Return all units."""
        return self.network[self.policies[policy_id].unit].ids

    def answer(self, policy_id: str) -> Any:
        """Return the answer of each unit."""
        paid = {
            key: 1
            for p in self.pays
            if p.policy == policy_id
            for key in [p.household if self.policies[policy_id].unit == "households" else p.person]
        }
        found = [
            self.said.get((policy_id, u), paid.get(u, 0)) for u in self.units(policy_id).tolist()
        ]
        return np.array(found, dtype=np.int8)

    def payments(self) -> MadePayments:
        """Return the payments in the order given."""
        names = tuple(self.policies)
        home, person = (
            self.network[kind].row_of([getattr(p, field) for p in self.pays]).astype(np.int32)
            for kind, field in (("households", "household"), ("persons", "person"))
        )
        lo, hi = (
            np.array(
                [UNKNOWN_INT if v is None else v for v in (getattr(p, end) for p in self.pays)],
                dtype=np.int64,
            )
            for end in ("lo", "hi")
        )
        return MadePayments(
            names,
            np.array([names.index(p.policy) for p in self.pays], dtype=np.int16),
            home,
            person,
            lo,
            hi,
            np.array([p.period for p in self.pays], dtype=np.int8),
        )


@attrs.frozen
class Rules:
    """A stand-in for the plugins: the built-in registries and an order of sources."""

    usual: tuple[str, ...] = GOVERNMENT_FIRST
    urgent: tuple[str, ...] = FIRST_AID
    categories: Any = PLUGINS.categories
    target_groups: Any = PLUGINS.target_groups

    def order_relief_sources(
        self, needs: Columns, sources: tuple[str, ...], context: Context
    ) -> Any:
        """Return `usual`, and `urgent` for emergencies."""
        orders = [self.urgent if u == 3 else self.usual for u in needs["urgency"].tolist()]
        ranks = [[order.index(source) for source in sources] for order in orders]
        return np.array(ranks, dtype=np.int64).reshape(len(needs), len(sources))


def need(key: str, yuan: int | None, category: str = "living_aid", **more: Any) -> wushe.Need:
    """Return a money need of household H."""
    unit = None if yuan is None else "元"
    owner = {} if {"household", "person", "institution"} & set(more) else {"household": "H"}
    return wushe.Need(**{"id": key, "category": category, "quantity": yuan, "unit": unit, **owner, **more})  # fmt: skip


def city(*records: Any) -> LinkageNetwork:
    """Return household H with P1 and P2, a lone person L, a society and a charity, and `records`."""
    base = [
        wushe.Place(id="C1", name="梨都社区", level="community"),
        wushe.Place(id="C2", name="邻社区", level="community"),
        wushe.Household(id="H", name="大钱", place="C1", referral_consent=True),
        wushe.Person(id="P1", household="H", birth=dt.date(1980, 1, 1)),
        wushe.Person(id="P2", household="H", birth=dt.date(2016, 1, 1)),
        wushe.Person(id="L", birth=dt.date(1960, 1, 1), place="C2", referral_consent=True),
        wushe.Organization(id="MA", name="救急难互助社", kind="mutual_aid_society", place="C1"),
        wushe.Organization(id="CF", name="慈善总会", kind="charity_federation"),
        wushe.Organization(id="GO", name="街道办事处", kind="government_office"),
    ]
    mine = {r.id for r in records if type(r) in (wushe.Household, wushe.Person)}
    kept = [r for r in base if r.id not in mine]
    return build_network_from_records([*kept, *records], PLUGINS.categories, PLUGINS.target_groups)


def society_fund(key: str = "F", yuan: int | None = 700, **more: Any) -> wushe.Fund:
    """Return a fund of the society for emergencies and living."""
    given = {"purposes": ("emergency_aid", "living_aid"), "host": "MA", **more}
    balance = None if yuan is None else yuan * 100
    return wushe.Fund(id=key, name="互助金", balance_fen=balance, **given)


def link(
    network: LinkageNetwork,
    *policies: MadePolicy,
    pays: tuple[Pay, ...] = (),
    said: dict[tuple[str, str], int] | None = None,
    rules: Rules | None = None,
    months: int = 12,
) -> Linkage:
    """Return the linkage of `network` on `ON`."""
    made = MadeAssessments(network, {p.id: p for p in policies}, pays, said or {})
    return link_relief(network, made, plugins=rules or Rules(), on=ON, months=months)


# --- drawn cities --------------------------------------------------------------------------------

_MONEY = ("living_aid", "medical_aid", "education_aid", "emergency_aid")
_OTHER = ("food", "home_care")
_ORDERS = (GOVERNMENT_FIRST, GOVERNMENT_FIRST, FIRST_AID)


def drawn(
    rng: np.random.Generator, households: int
) -> tuple[LinkageNetwork, MadeAssessments, Rules]:
    """Draw a city of `households`, its assessments and an order of sources."""

    def of(words: Any) -> Any:
        return words[int(rng.integers(len(words)))]

    def day(low: int, high: int) -> dt.date:
        return ON + dt.timedelta(days=int(rng.integers(low, high)))

    homes, members, records = [], [], list[Any]()
    for h in range(households):
        homes.append(f"H{h}")
        records.append(
            wushe.Household(
                id=f"H{h}",
                place=of(("C1", "C2", None)),
                referral_consent=of((True, True, None, False)),
                sensitive_consent=of((True, None)),
                guardian_consent=of((True, None)),
                target_groups=of((("low_income",), ("disabled",), None)),
                applied_on=of((None, None, day(-40, 5))),
            )
        )
        for p in range(int(rng.integers(0, 3))):
            members.append((f"P{h}.{p}", f"H{h}"))
            records.append(_member(f"P{h}.{p}", f"H{h}", of))
        mine = [f"H{h}", *(member for member, home in members if home == f"H{h}")]
        for k in range(int(rng.integers(0, 3))):
            records.append(_consent(f"K{h}.{k}", of(mine), of, day))
    members.append(("L", None))
    for i in range(int(households * 1.8)):
        records.append(_need(f"N{i:04d}", homes, members, rng, of, day))
    policies = {
        f"p{i}": MadePolicy(
            f"p{i}",
            tuple(sorted({of((*_MONEY, *_MONEY, *_OTHER)) for _ in range(3)})),
            of(("living", "medical", "care")),
            of(("households", "households", "persons")),
            of(((), ("sum",), ("sum",), ("sum",))),
            of(((), ("p0",), ("p3", "p4"))),
        )
        for i in range(5)
    }
    pays, said = _assessed(policies, homes, members, rng, of)
    for i in range(int(households * 0.8)):
        records.append(
            ReliefGrant(
                id=f"G{i}",
                household=of(homes),
                policy=of((*policies, "p0救助", "p1 relief", "不认识的政策")),
                granted_on=of((None, day(-500, 10), day(-60, 1), day(-60, 1), day(-60, 1))),
                amount_fen=of((None, 10_000, 50_000, 123)),
            )
        )
    for i in range(int(rng.integers(0, 6))):
        records.append(
            society_fund(
                f"F{i}",
                of((None, 0, 500, 2000, 5000, 5000)),
                host=of(("MA", "MA", "MA", "CF")),
                purposes=of((None, *[tuple(sorted(_MONEY))] * 3, ("emergency_aid",))),
                reach=of((None, "community", "nation", "nation")),
                place=of((None, None, "C1", "C2")),
                for_groups=of((None, None, ("disabled",))),
                per_need_fen=of((None, 0, 20_000)),
            )
        )
    network = city(*records)
    order = Rules(of(_ORDERS), of(_ORDERS))
    return network, MadeAssessments(network, policies, tuple(pays), said), order


def _member(key: str, home: str, of: Any) -> wushe.Person:
    return wushe.Person(
        id=key,
        household=home,
        birth=of((None, dt.date(1970, 5, 5), dt.date(2012, 3, 10), dt.date(2012, 3, 11))),
        referral_consent=of((None, None, True, False)),
    )


def _consent(key: str, subject: str, of: Any, day: Any) -> Consent:
    given = day(-90, 10)
    return Consent(
        id=key,
        subject=subject,
        purpose=of(("referral", "referral", "service")),
        given_on=given,
        recipients=of((None, ("CF",), ("MA",))),
        fields=of((None, ("id", "place"), ("id", "place", "target_groups"))),
        guardian=of((None, "监护人")),
        withdrawn_on=of((None, None, given + dt.timedelta(days=30))),
    )


def _need(key: str, homes: Any, members: Any, rng: Any, of: Any, day: Any) -> wushe.Need:
    person, home = of(members)
    named = rng.random() < 0.3
    category = of((*_MONEY, *_MONEY, *_OTHER))
    amount = None if rng.random() < 0.1 else int(rng.integers(1, 3000))
    unit = of(("元", "元", "fen")) if category in _MONEY else "件" if category == "food" else "小时"
    asked = of((None, day(-200, 1)))
    return wushe.Need(
        id=key,
        category=category,
        household=of((home, None)) if named else of(homes),
        person=person if named else None,
        quantity=amount,
        unit=None if amount is None else unit,
        urgency=of((None, "emergency", "emergency", "urgent", "normal", "low")),
        asked_on=asked,
        due=of((None, day(1, 400))),
        status=of((None, None, None, "open", "open", "open", "met", "withdrawn")),
        place=of((None, None, "C2")),
    )


def _assessed(policies: Any, homes: Any, members: Any, rng: Any, of: Any) -> Any:
    pays, said = [], {}
    for key, policy in policies.items():
        if policy.unit == "households":
            units = [(h, None) for h in homes]
        else:
            units = [(home, person) for person, home in members]
        for home, person in units:
            draw = rng.random()
            if draw < 0.4:
                lo = of((0, None, 5_000, 30_000, 30_000, 90_000, 77))
                top = lo or 0
                hi = of((None, top, top, top, top, top + 40_000, top + 40_000))
                pays.append(Pay(key, home, person, lo, hi, int(rng.integers(0, 3))))
            elif draw < 0.44:
                said[(key, person or home)] = of((-1, -1, 1))
    return pays, said

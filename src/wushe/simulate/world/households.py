"""Households as the census counted them: sizes, elders, children; then incomes, hardship, target groups, risk."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.streams import Streams
from wushe.simulate.world.filled import filled_table, numbered, one_of
from wushe.simulate.world.ground import Ground, quotas
from wushe.simulate.world.persons import GROUPS, Persons, bits_of, group_tuples
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.world.scenario import Scenario

SIZES = "与福建2020年普查的户规模相差不到2个百分点 / within two points of Fujian's sizes in the 2020 census (Fujian Statistical Yearbook 2021, 3-6)"
STANDARD = "武汉2023年社会救助标准（本库参数 dibao_std_urban_month，420100） / Wuhan 2023, a parameter of this library"
ASSUMPTIONS = (
    Assumption("households.shape", 2.0, "shape of a negative binomial", Text("二人以上户规模的分布形状", "spread of sizes of two and more"), SIZES, low=0.1, high=1000.0),
    Assumption("households.largest", 10.0, "persons", Text("最大户规模", "the largest household"), low=3.0, high=30.0, whole=True),
    *shares(
        ("households.elder_alone", 0.36, "一名老人的户中独居的比例", "of households with one elder, those in which the elder lives alone"),
        ("households.elder_couple", 0.6, "两名老人的户中只有老两口的比例", "of households with two elders, those of nobody else"),
        ("households.single_parent", 0.1, "孩子只与一名大人或只与老人同住的相对权重", "weight of a child's place beside one grown-up or elders only"),
        ("households.between", 0.15, "收入差异中社区之间的部分", "share of the variance of incomes that lies between communities"),
        ("households.gini", 0.36, "收入的基尼系数", "Gini coefficient of income a head"),
        ("households.hardship", 0.05, "困难家庭比例", "households in hardship"),
        ("households.dibao_covered", 0.6, "收入低于低保标准的家庭中已享低保的比例", "of households below the dibao standard, those that have dibao"),
        ("households.tekun", 0.001, "特困供养家庭比例", "households of destitute support recipients"),
        ("households.property_ok", 0.9, "低收入家庭中财产符合规定的比例", "of households below the standard, those whose property is within limits"),
    ),
    Assumption("households.income", 5_000.0, "yuan a head and month, mean", Text("人均月可支配收入", "mean income a head and month"), low=1.0),
    Assumption("households.dibao_standard", 940.0, "yuan a head and month", Text("低保标准", "dibao standard"), STANDARD),
    Assumption("households.old_places", 0.5, "standard deviation of the logarithm", Text("各社区老龄化程度的差异", "how much communities differ in elders"), high=3.0),
    Assumption("households.poorer_disabled", 0.25, "log of income", Text("有残疾人的家庭收入减少", "how much less the disabled earn"), high=10.0),
    Assumption("households.poorer_ill", 0.35, "log of income", Text("有重病人的家庭收入减少", "how much less the seriously ill earn"), high=10.0),
    Assumption("households.poorer_alone", 0.2, "log of income", Text("独居老人收入减少", "how much less elders alone have"), high=10.0),
    Assumption("households.burdens", 0.3, "log of income", Text("收入以外负担的差异（标准差）", "burdens beside income, standard deviation")),
    Assumption("households.risk_hardship", 2.5, "times", Text("困难家庭的需求倍数", "how much more often hardship needs help")),
    Assumption("households.risk_alone", 2.0, "times", Text("独居老人的需求倍数", "how much more often elders alone do")),
    Assumption("households.risk_disabled", 2.0, "times", Text("残疾人家庭的需求倍数", "how much more often the disabled do")),
    Assumption("households.risk_ill", 3.0, "times", Text("重病家庭的需求倍数", "how much more often the seriously ill do")),
    Assumption("households.risk_elders", 1.5, "times", Text("有老人家庭的需求倍数", "how much more often other households with elders do")),
    Assumption("households.risk_children", 2.0, "times", Text("困境儿童家庭的需求倍数", "how much more often children in difficulty do")),
)  # fmt: skip
UNCHECKED = -1
OF_HOUSEHOLDS = (
    "carer", "dibao", "empty_nest", "left_behind", "lone_elder", "low_income", "migrant_child", "tekun",
)  # fmt: skip
GROUP_IDS = tuple(sorted(OF_HOUSEHOLDS + GROUPS))


@attrs.frozen(eq=False)
class Composition:
    """Members of each household, int8 (n_h,): all, of 65 and over, below 15."""

    size: Array
    elders: Array
    children: Array


@attrs.frozen(eq=False)
class Means:
    """What each household lives on, (n_h,): `a_head_fen` a month int64; statuses and `hardship` bool.

    `property_ok` int8: 1 within the limits, 0 not, -1 nobody has looked: households in hardship only are checked.
    """

    a_head_fen: Array
    hardship: Array
    dibao: Array
    tekun: Array
    property_ok: Array


def compose(scenario: Scenario, streams: Streams, ground: Ground) -> Composition:
    """Return who makes up each household: counts as the census has them, by largest remainders.

    One-person households, mean size, and households with one, two and more elders are the district's own
    shares; which households they are is drawn, elders more often in older communities.
    """
    district, n = scenario.settlement.district, scenario.settlement.households
    of_size = quotas(
        district.sizes(scenario["households.shape"], int(scenario["households.largest"])), n
    )
    size = np.repeat(np.arange(1, len(of_size) + 1), of_size)
    size = streams.of("households.sizes").permutation(size)
    older = streams.of("households.old_places").normal(
        0.0, scenario["households.old_places"], len(ground.communities)
    )
    key = older[ground.home] + streams.of("households.elders").gumbel(size=n)
    elders = _elders(scenario, size, key)
    children = _children(scenario, streams, size, elders)
    return Composition(size.astype(np.int8), elders.astype(np.int8), children.astype(np.int8))


def _elders(scenario: Scenario, size: Array, key: Array) -> Array:
    """Return the elders of each household, int64; of those that may have them, those of the highest `key`."""
    one, two, more = (
        round(share * len(size)) for share in scenario.settlement.district.elder_households
    )
    alone, couples = (
        round(one * scenario["households.elder_alone"]),
        round(two * scenario["households.elder_couple"]),
    )
    elders = np.zeros(len(size), dtype=np.int64)
    for number, count, may in (
        (1, alone, size == 1),
        (2, couples, size == 2),
        (3, more, size >= 3),
        (2, two - couples, size >= 3),
        (1, one - alone, size >= 2),
    ):
        free = np.flatnonzero(may & (elders == 0))
        elders[top(key, free, count)] = number
    return elders


def top(key: Array, rows: Array, count: int) -> Array:
    """Return the `count` of `rows` with the highest `key` (all where there are fewer), ascending."""
    if count >= len(rows):
        return rows
    best: Array = rows[np.argsort(-key[rows], kind="stable")[: max(count, 0)]]
    return np.sort(best)


def _children(scenario: Scenario, streams: Streams, size: Array, elders: Array) -> Array:
    """Return the children of each household, int64: places beside at least one grown-up, drawn one by one.

    The first place beside the only grown-up, or beside the elders, weighs less (`households.single_parent`).
    """
    room = size - np.maximum(elders, 1)
    household = np.repeat(np.arange(len(size)), room)
    place = np.arange(len(household)) - np.repeat(np.cumsum(room) - room, room)
    weight = np.where(place == 0, scenario["households.single_parent"], 1.0)
    count = round(scenario.settlement.district.children_share * int(size.sum()))
    with np.errstate(divide="ignore"):
        key = np.log(weight) + streams.of("households.children").gumbel(size=len(household))
    chosen = top(key, np.arange(len(household)), count)
    return np.bincount(household[chosen], minlength=len(size))


def means_of(
    scenario: Scenario, streams: Streams, ground: Ground, made: Composition, persons: Persons
) -> Means:
    """Return incomes and hardship: lognormal a head, alike within a community, lower for the ill and the disabled.

    Households in hardship are all those below the dibao standard and, up to the stated share, those with the least
    of the others, burdens beside income counted. Of those below the standard the stated share has dibao already; the
    poorest elders alone are in destitute support.
    """
    n = len(made.size)
    ill, disabled, _ = _conditions(persons, n)
    alone = (made.size == 1) & (made.elders == 1)
    spread = np.sqrt(2) * NormalDist().inv_cdf((min(scenario["households.gini"], 0.99) + 1) / 2)
    between = np.sqrt(scenario["households.between"])
    place = streams.of("households.places").normal(size=len(ground.communities))[ground.home]
    own = streams.of("households.incomes").normal(size=n)
    log = spread * (between * place + np.sqrt(1 - between**2) * own)
    log -= (
        scenario["households.poorer_disabled"] * disabled + scenario["households.poorer_ill"] * ill
    )
    log -= scenario["households.poorer_alone"] * alone
    income = np.exp(log)
    income *= scenario["households.income"] / np.average(income, weights=made.size)
    standard = scenario["households.dibao_standard"]
    burden = streams.of("households.burdens").normal(0.0, scenario["households.burdens"], n)
    tekun = np.zeros(n, dtype=bool)
    tekun[top(-income, np.flatnonzero(alone), round(scenario["households.tekun"] * n))] = True
    below = (income < standard) & ~tekun
    fits = streams.of("households.property").random(n) < scenario["households.property_ok"]
    covered = streams.of("households.dibao").random(n) < scenario["households.dibao_covered"]
    dibao = below & fits & covered
    hardship = below | tekun
    count = round(scenario["households.hardship"] * n) - int(hardship.sum())
    hardship[top(-(np.log(income) - burden), np.flatnonzero(~hardship), count)] = True
    property_ok = np.where(hardship, fits | tekun, UNCHECKED).astype(np.int8)
    return Means(np.rint(income).astype(np.int64) * 100, hardship, dibao, tekun, property_ok)


def _conditions(persons: Persons, n: int) -> tuple[Array, Array, Array]:
    """Return which households have somebody ill, disabled, or in need of another's care, bool (n,)."""
    ill = persons.in_group("serious_illness")
    disabled = persons.in_group("disabled")
    helpless = persons.severe | persons.unable | ill
    return tuple(persons.households_with(who, n) for who in (ill, disabled, helpless))  # type: ignore[return-value]


def groups_of(
    scenario: Scenario, streams: Streams, made: Composition, persons: Persons, means: Means
) -> Array:
    """Return the target groups of each household, uint32 bits in the order of `GROUP_IDS`."""
    n = len(made.size)
    district = scenario.settlement.district
    moved = streams.of("households.moved").random(n) < district.moved_far / district.population
    _, _, helpless = _conditions(persons, n)
    grown = made.size - made.children
    flags = {
        "carer": helpless & (grown >= 2),
        "dibao": means.dibao,
        "empty_nest": (made.elders == made.size),
        "left_behind": (made.children > 0) & (made.elders == grown),
        "lone_elder": (made.size == 1) & (made.elders == 1),
        "low_income": means.hardship & ~means.dibao & ~means.tekun,
        "migrant_child": moved & (made.children > 0),
        "tekun": means.tekun,
        **{group: persons.households_with(persons.in_group(group), n) for group in GROUPS},
    }
    return bits_of(flags, GROUP_IDS)


def risks(scenario: Scenario, groups: Array, made: Composition, means: Means) -> Array:
    """Return how much more often than the mean household each one comes to need help, float (n_h,), mean 1."""

    def has(*names: str) -> Array:
        mask = np.uint32(sum(1 << GROUP_IDS.index(name) for name in names))
        found: Array = (groups & mask) != 0
        return found

    risk = np.ones(len(groups))
    for name, who in (
        ("hardship", means.hardship),
        ("alone", has("lone_elder")),
        ("disabled", has("disabled", "mental_illness")),
        ("ill", has("serious_illness")),
        ("elders", (made.elders > 0) & ~has("lone_elder")),
        ("children", has("child_in_difficulty", "orphan", "unattended_child")),
    ):
        risk[who] *= scenario[f"households.risk_{name}"]
    return risk / max(float(risk.mean()), 1e-9)


def households_table(ground: Ground, made: Composition, means: Means, groups: Array) -> Table:
    """Return the table households: what relief rules ask for, consent to refer left unknown.

    What the seriously ill spend on treatment is not stated either.
    """
    n = len(groups)
    ill = (groups & np.uint32(1 << GROUP_IDS.index("serious_illness"))) != 0
    place = ground.communities[ground.home]
    month = means.a_head_fen * made.size
    # Incomes are stated as one sum: if their items were said to be complete, none would mean no income.
    stated = ("assets", "emergencies", "grants", "members", "spendings")
    without_spendings = stated[:-1]
    return filled_table(
        "households",
        id=numbered("H", n),
        place=place,
        target_groups=group_tuples(groups, GROUP_IDS),
        zone=one_of(("urban", "rural"), ground.rural[ground.home].astype(int)),
        hukou_place=place,
        members_count=made.size,
        income_month_fen=month,
        income_year_fen=12 * month,
        statuses=one_of(((), ("dibao",), ("tekun",)), means.dibao + 2 * means.tekun),
        complete=one_of((stated, without_spendings), ill.astype(int)),
        property_ok=means.property_ok,
        corecheck_authorised=np.ones(n),
        truth_committed=np.ones(n),
    )

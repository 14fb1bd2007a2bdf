"""The helpers of the first day: volunteers, workers, lots of goods and funds, in the numbers of the scenario."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.terms import NeedCategory
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import NEVER_VETTED, NO, City
from wushe.simulate.world.ground import worker_stations
from wushe.text import Text

HOUR, WEEK_HOURS = 60, 40
YUAN = 100
XUANZHOU = "宣州区217个村（社区）互助社启动资金各不少于3万元 / Xuanzhou: each of 217 societies began with at least 30,000 yuan"
MANY = 1e6
"""The most of what is counted or bought: enough for any city, and small enough for whole numbers."""
ASSUMPTIONS = (
    Assumption("parties.weekly_hours", 3.0, "hours a week, mean", Text("志愿者每周服务小时", "hours that a volunteer offers"), low=1.0, high=40.0),
    Assumption("parties.grid_hours", 1.0, "hours a week", Text("移动网格员每周服务小时", "hours that a mobile grid worker offers"), high=40.0),
    Assumption("parties.skills", 1.6, "skills, mean", Text("志愿者技能数", "skills of a volunteer"), low=1.0, high=20.0),
    Assumption("parties.keen", 0.5, "standard deviation of the logarithm", Text("热心程度的差异", "how much volunteers differ in keenness"), high=3.0),
    *shares(
        ("parties.plain", 0.5, "技能中陪伴探访的比例", "of first skills, visiting"),
        ("parties.vetted", 0.3, "已作从业查询的志愿者比例", "volunteers who are vetted for work with minors"),
        ("parties.team", 0.7, "加入社区志愿服务队的比例", "volunteers who are in the team of their community"),
        ("parties.lot_kept", 0.5, "首日物资剩余保质期的平均份额", "how much of their life goods of the first day have left, mean"),
    ),
    Assumption("parties.worker_hours", 16.0, "hours a week", Text("社工每周上门服务小时", "hours of direct service of a social worker"), low=1.0, high=WEEK_HOURS),
    Assumption("parties.worker_skills", 4.0, "skills, mean", Text("社工技能数", "skills of a social worker beside visiting and policy"), high=20.0),
    Assumption("parties.caseload", 0.0, "households", Text("每名社工首日在管户数", "households in care of each social worker on the first day"), high=MANY, whole=True),
    Assumption("parties.caseload_limit", 0.0, "households, 0 for none", Text("每名社工在管户数上限", "the most households in care of a social worker"), high=MANY, whole=True),
    Assumption("parties.lot_pieces", 60.0, "pieces", Text("每批物资的件数", "pieces of a lot"), low=1.0, high=MANY),
    Assumption("parties.lot_per_need", 2.0, "pieces, 0 for any", Text("每项需求最多件数", "the most pieces for one need"), high=MANY),
    Assumption("parties.lot_life", 360.0, "days, 0 for ever", Text("物资的保质天数", "days for which goods keep"), high=MANY),
    Assumption("parties.fund_start", 30_000.0, "yuan", Text("每支基金的启动资金", "what a fund has on the first day"), XUANZHOU, high=MANY * 1_000),
    Assumption("parties.fund_per_need", 3_000.0, "yuan, 0 for any", Text("基金单项上限", "the most that a fund gives for one need"), high=MANY * 1_000),
)  # fmt: skip
PLAIN_SKILL, POLICY_SKILL = "visiting", "policy"
COUNTY, STREET, COMMUNITY = (
    tuple(LEVELS).index(level) for level in ("county", "street", "community")
)
VETTED_WITHIN = 300
"""Days before the first one within which vetting took place: all are still good on the first day."""
_FIRST_GOODS = ("food", "daily_goods")


def settle(city: City) -> None:
    """Put volunteers, workers, lots and funds into `city`, drawn as its scenario and assumptions say.

    Skills and goods are those of the plugins' need categories, so that a city's own categories find helpers too.
    How far volunteers serve is set by the process of helping (``linkage.reach``).
    """
    _volunteers(city, "volunteers", city.scenario.volunteers)
    _volunteers(city, "grid", city.scenario.grid_workers)
    _workers(city)
    _lots(city)
    _funds(city)


def services(city: City) -> list[NeedCategory]:
    """Return the categories that helpers serve by the minute."""
    every = (city.plugins.categories[c] for c in city.categories)
    return [c for c in every if c.form == "service" and c.dimension == "minute" and c.skills]


def skills_asked(city: City) -> tuple[str, ...]:
    """Return the skills that the need categories ask for, sorted."""
    return tuple(sorted({skill for category in services(city) for skill in category.skills}))


def _codes(sets: list[tuple[str, ...]], wanted: list[tuple[str, ...]]) -> list[int]:
    """Return the position of each set in `sets`, adding what is not there yet."""
    known = {skills: code for code, skills in enumerate(sets)}
    for skills in wanted:
        if skills not in known:
            known[skills] = len(sets)
            sets.append(skills)
    return [known[skills] for skills in wanted]


def _volunteers(city: City, who: str, n: int) -> None:
    """Put in `n` volunteers (`who` is ``volunteers``) or mobile grid workers (``grid``).

    Each attribute of either has a stream of its own: the first hundred are the same people however many come after them.
    """

    def rng(what: str) -> np.random.Generator:
        return city.streams.of(f"parties.{who}.{what}")

    grown = (city.people.size - city.people.children).astype(float)
    drawn = np.searchsorted(
        np.cumsum(grown / grown.sum()), rng("household").random(n), side="right"
    )
    household = np.minimum(drawn, len(grown) - 1)
    home = city.people.home[household]
    if who == "grid":
        hours = np.full(n, round(city["parties.grid_hours"]))
    else:
        hours = 1 + rng("hours").poisson(city["parties.weekly_hours"] - 1, n)
    spread = city["parties.keen"]
    vetted = rng("vetted").random(n) < city["parties.vetted"]
    in_team = rng("team").random(n) < city["parties.team"]
    city.volunteers.append(
        n,
        home=home,
        household=household,
        skills=_volunteer_skills(city, n, rng),
        weekly=hours * HOUR,
        reach=STREET,
        vetted=np.where(vetted, -rng("vetted_on").integers(0, VETTED_WITHIN, n), NEVER_VETTED),
        keen=rng("keen").lognormal(-spread * spread / 2, spread, n),
        grid=who == "grid",
        team=np.where(in_team, _team_rows(city)[home], NO),
    )


def _team_rows(city: City) -> Array:
    """Return the volunteer team of each community, -1 where there is none, int64 (n_communities,)."""
    place = city.people.tables["volunteer_teams"]["place"]
    row = {key: i for i, key in enumerate(place.tolist())}
    return np.array([row.get(key, NO) for key in city.people.communities.tolist()])


def _volunteer_skills(city: City, n: int, rng: Callable[[str], np.random.Generator]) -> Array:
    """Return the skill set of each volunteer: the first skill is visiting for many, the others are any."""
    skills = skills_asked(city)
    if not skills:
        return np.array(_codes(city.skill_sets, [()] * n), dtype=np.int64)
    many = np.minimum(1 + rng("skills").poisson(city["parties.skills"] - 1, n), len(skills))
    order = np.argsort(rng("which").random((n, len(skills))), axis=1, kind="stable")
    if PLAIN_SKILL in skills:
        first = rng("plain").random(n) < city["parties.plain"]
        order = _to_front(order, skills.index(PLAIN_SKILL), first)
    sets = [
        tuple(sorted(skills[k] for k in row[:m]))
        for row, m in zip(order.tolist(), many.tolist(), strict=True)
    ]
    return np.array(_codes(city.skill_sets, sets), dtype=np.int64)


def _to_front(order: Array, value: int, rows: Array) -> Array:
    """Return each row of `order` (permutations) with `value` moved to the front in `rows` (bool)."""
    key = np.where(order == value, -1, np.arange(order.shape[1]))
    moved = np.take_along_axis(order, np.argsort(key, axis=1, kind="stable"), axis=1)
    return np.where(rows[:, None], moved, order)


def _workers(city: City) -> None:
    s = city.scenario
    skills = skills_asked(city)
    always = {skill for skill in (PLAIN_SKILL, POLICY_SKILL) if skill in skills}
    many, which, vetted = (
        city.streams.of(f"parties.workers.{what}") for what in ("skills", "which", "vetted_on")
    )
    more = np.minimum(many.poisson(city["parties.worker_skills"], s.workers), len(skills))
    order = np.argsort(which.random((s.workers, len(skills))), axis=1, kind="stable").tolist()
    sets = [
        tuple(sorted(always | {skills[k] for k in row[:m]}))
        for row, m in zip(order, more.tolist(), strict=True)
    ]
    limit = int(city["parties.caseload_limit"])
    city.workers.append(
        s.workers,
        station=worker_stations(s),
        skills=_codes(city.skill_sets, sets),
        weekly=round(city["parties.worker_hours"] * HOUR),
        vetted=-vetted.integers(0, VETTED_WITHIN, s.workers),
        caseload=int(city["parties.caseload"]),
        limit=limit if limit else NO,
    )


def _lots(city: City) -> None:
    """Put goods in store: categories by turns, food and daily goods first; holders and streets by turns."""
    n = city.scenario.lots
    goods = [city.code(c) for c in city.categories if city.plugins.categories[c].form == "goods"]
    if not goods or not n:
        return
    first = {
        code: place
        for place, code in enumerate(city.code(c) for c in _FIRST_GOODS if c in city.categories)
    }
    goods.sort(key=lambda code: (first.get(code, len(first)), code))
    drawn = city.streams.of("parties.lots.pieces").poisson(city["parties.lot_pieces"], n)
    pieces = np.maximum(1, drawn).astype(np.int64)
    organization = np.arange(n) % city.scenario.organizations
    life, per_need = round(city["parties.lot_life"]), round(city["parties.lot_per_need"])
    left = (
        _part_left(city.streams.of("parties.lots.left").random(n), city["parties.lot_kept"]) * life
    )
    city.lots.append(
        n,
        category=np.array(goods)[np.arange(n) % len(goods)],
        organization=organization,
        home=_community_of(city, organization),
        reach=COUNTY,
        received=pieces,
        on_hand=pieces,
        expires=np.maximum(1, left).astype(np.int64) if life else NO,
        per_need=per_need if per_need else NO,
    )


def _part_left(uniform: Array, mean: float) -> Array:
    """Return shares of mean `mean`, 0 to 1, from uniform numbers: a power of them."""
    kept = min(max(mean, 1e-6), 1 - 1e-6)
    found: Array = uniform ** ((1 - kept) / kept)
    return found


def _community_of(city: City, organization: Array) -> Array:
    """Return a community in which each organization keeps its goods: the first of its street."""
    streets = city.people.streets[city.people.street]
    places = city.people.tables["organizations"]["place"][organization]
    return np.array([int(np.argmax(streets == place)) for place in places], dtype=np.int64)


def _funds(city: City) -> None:
    """Open funds over the places of their level by turns, for all needs of money, with their first money."""
    s, people = city.scenario, city.people
    if not s.funds:
        return
    money = tuple(c for c in city.categories if city.plugins.categories[c].form == "money")
    city.purpose_sets.append(money)
    at = np.arange(s.funds)
    places = {
        "county": np.array([s.settlement.district.code], dtype=object),
        "street": people.streets,
        "community": people.communities,
    }[s.fund_level]
    host = at % len(places) % s.organizations  # the street's own charity federation
    if s.fund_level == "community":  # mutual-aid societies come after the other organizations
        host = s.organizations + at % min(s.funds, len(places))
    per_need = round(city["parties.fund_per_need"] * YUAN)
    city.funds.append(
        s.funds,
        organization=host,
        home=people.tables["places"].row_of(places[at % len(places)]),
        reach=tuple(LEVELS).index(s.fund_level),
        per_need=per_need if per_need else NO,
        purposes=0,
    )
    rows = city.money.open(s.funds)
    fen = round(city["parties.fund_start"] * YUAN)
    if fen:
        city.money.receive(rows, np.full(s.funds, fen), nature="collective")

"""The persons of simulated households: age, sex, relation, health, work and school."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.streams import Streams
from wushe.simulate.world.census import BANDS, CHILD, ELDER, OLDEST
from wushe.simulate.world.filled import filled_table, numbered, one_of, same
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.world.census import District
    from wushe.simulate.world.scenario import Scenario

DISABLED = "中国残联：残疾人8,502万，其中重度2,518万 / China Disabled Persons' Federation: 25.18 of 85.02 million"
MENTAL = "登记患病率4.17‰（福州，2018）/ registered prevalence in Fuzhou, 2018: doi:10.21203/rs.3.rs-890372/v1"
ORPHANS = "民政部：2020年末孤儿19.3万；普查0至14岁2.53亿 / 193,000 at the end of 2020; 253 million children below 15"
UNATTENDED = "民政部：2021年初25.3万；普查0至14岁2.53亿 / 253,000 in early 2021; 253 million children below 15"
PLATFORMS = "第九次全国职工队伍状况调查（2023）：新就业形态劳动者8,400万，职工4.02亿 / 84 of 402 million employees"
ASSUMPTIONS = (
    *shares(
        ("persons.disabled", 0.027, "持残疾证的人口比例", "persons with a disability certificate"),
        ("persons.severe", 0.3, "残疾人中一、二级的比例", "of the disabled, those of level 1 or 2", DISABLED),
        ("persons.ill", 0.008, "重病人口比例", "persons who are seriously ill"),
        ("persons.mental", 0.0042, "成年人中严重精神障碍患者比例", "adults with a severe mental illness", MENTAL),
        ("persons.unable", 0.06, "老人中生活不能自理的比例", "elders who cannot care for themselves"),
        ("persons.employed", 0.72, "15至59岁人口就业比例", "persons of 15 to 59 who work"),
        ("persons.platform", 0.21, "就业者中新就业群体的比例", "of those who work, the new-employment group", PLATFORMS),
        ("persons.child_difficulty", 0.02, "儿童中困境儿童的比例", "children in difficulty"),
        ("persons.orphan", 0.00076, "儿童中孤儿的比例", "children who are orphans", ORPHANS),
        ("persons.unattended", 0.001, "儿童中事实无人抚养儿童的比例", "children in fact unattended", UNATTENDED),
    ),
    Assumption("persons.oldest_die", 0.12, "per year", Text("85岁以上每年死亡率", "of those of 85 and over, how many die a year"), high=1.0),
    Assumption("persons.elders_ill", 3.0, "times the share of other adults", Text("老人患病、残疾的倍数", "how much more often elders are ill or disabled")),
    Assumption("persons.children_ill", 0.3, "times the share of adults", Text("儿童患病、残疾的倍数", "how much less often children are")),
)  # fmt: skip
CHILDREN, ADULTS, ELDERS = range(3)
_YEAR = 365.2425
_STAGES = ("none", "kindergarten", "primary", "junior", "senior", "bachelor")
_STAGE_FROM = (0, 3, 6, 12, 15, 18, 22)
_RELATIONS = ("head", "spouse", "child", "parent", "grandchild", "other")
HEAD, SPOUSE, SON, PARENT, GRANDCHILD, OTHER = range(6)
WORKING_UNTIL = 60
GENERATION = 16
"""Years between parent and child at least."""
GROUPS = (
    "child_in_difficulty", "disabled", "mental_illness", "new_employment", "orphan", "serious_illness", "unattended_child",
)  # fmt: skip
"""Target groups to which persons belong, sorted; bits of `Persons.groups`."""


@attrs.frozen(eq=False)
class Persons:
    """Columns (n_p,), those of a household together, the head first.

    `household` int32; `kind` int8, one of CHILDREN, ADULTS, ELDERS; `age` int16 full years; `born` datetime64[D];
    `female`, `employed`, `severe`, `unable` bool; `relation` int8, a position in `_RELATIONS`; `groups` uint32 bits
    in the order of `GROUPS`.
    """

    household: Array
    kind: Array
    age: Array
    born: Array
    female: Array
    relation: Array
    employed: Array
    severe: Array
    unable: Array
    groups: Array

    def in_group(self, group: str) -> Array:
        """Return who is in `group`, bool (n_p,)."""
        found: Array = (self.groups & np.uint32(1 << GROUPS.index(group))) != 0
        return found

    def households_with(self, who: Array, n: int) -> Array:
        """Return which of `n` households have somebody of `who` (bool), bool (n,)."""
        return np.bincount(self.household[who], minlength=n) > 0


def draw_persons(
    scenario: Scenario, streams: Streams, size: Array, elders: Array, children: Array
) -> Persons:
    """Return the persons of households with these numbers of members, elders (65+) and children (below 15)."""
    household = np.repeat(np.arange(len(size), dtype=np.int32), size)
    place = np.arange(len(household)) - np.repeat(np.cumsum(size) - size, size)
    adults = (size - elders - children)[household]
    kind = np.where(
        place < adults, ADULTS, np.where(place < adults + elders[household], ELDERS, CHILDREN)
    )
    rng = streams.of("persons.ages")
    band, female = _bands(scenario.settlement.district, kind, rng)
    days = _days(band, rng, scenario["persons.oldest_die"])
    age = (days / _YEAR).astype(np.int16)
    order = np.lexsort((-days, _SENIORITY[kind], household))
    kind, days, age, female = kind[order].astype(np.int8), days[order], age[order], female[order]
    start = np.datetime64(scenario.start, "D")
    employed, severe, unable, groups = _conditions(scenario, streams, kind, age)
    return Persons(
        household, kind, age, start - days.astype("timedelta64[D]"), female,
        _relations(place, kind, age, female, np.cumsum(size) - size, size), employed, severe, unable, groups,
    )  # fmt: skip


_SENIORITY = np.array([2, 0, 1])
"""Who stands where in a household: adults before elders before children, the older first."""


def _bands(district: District, kind: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return band of ages and sex of each, drawn from the census counts of their kind."""
    first = np.array(BANDS)
    of_band = np.where(first < CHILD, CHILDREN, np.where(first < ELDER, ADULTS, ELDERS))
    both = np.concatenate((district.men, district.women)).astype(float)
    drawn = np.zeros(len(kind), dtype=np.int64)
    for one in (CHILDREN, ADULTS, ELDERS):
        weights = np.where(np.tile(of_band, 2) == one, both, 0.0)
        who = np.flatnonzero(kind == one)
        edges = np.cumsum(weights / weights.sum())
        at = np.searchsorted(edges, rng.random(len(who)), side="right")
        drawn[who] = np.minimum(at, np.flatnonzero(weights)[-1])
    return drawn % len(BANDS), drawn >= len(BANDS)


def _days(band: Array, rng: np.random.Generator, die: float) -> Array:
    """Return ages in days, int64 from 1 on: uniform in the band.

    The open band thins out by the share `die` a year, up to `OLDEST`.
    """
    edges = np.array([*BANDS, OLDEST + 1], dtype=float) * _YEAR
    low, width = edges[band], edges[band + 1] - edges[band]
    u = rng.random(len(band))
    rate = max(die, 1e-9) / _YEAR
    thinned = -np.log1p(u * np.expm1(-rate * width)) / rate
    days = low + np.where(band == len(BANDS) - 1, thinned, u * width)
    found: Array = np.clip(days, 1, edges[band + 1] - 1).astype(np.int64)
    return found


def _relations(
    place: Array, kind: Array, age: Array, female: Array, first: Array, size: Array
) -> Array:
    """Return each one's relation to the head, who is the oldest adult, or the oldest elder where there is no adult."""
    head = np.repeat(first, size)
    years = age[head] - age
    couple = (
        (place == 1)
        & (kind == kind[head])
        & (np.abs(years) < GENERATION)
        & (female != female[head])
    )
    found = np.full(len(age), OTHER, dtype=np.int8)
    found[years >= GENERATION] = SON
    found[(kind == CHILDREN) & (kind[head] == ELDERS)] = GRANDCHILD
    found[(kind == ELDERS) & (-years >= GENERATION)] = PARENT
    found[couple] = SPOUSE
    found[place == 0] = HEAD
    return found


def _conditions(
    scenario: Scenario, streams: Streams, kind: Array, age: Array
) -> tuple[Array, Array, Array, Array]:
    """Return who works, is severely disabled, cannot care for themselves, and the bits of `GROUPS`."""
    n = len(kind)
    often = np.array([scenario["persons.children_ill"], 1.0, scenario["persons.elders_ill"]])
    relative = often[kind] / max(float(often[kind].mean()), 1e-9)

    def drawn(what: str, chance: Array | float) -> Array:
        return streams.of(what).random(n) < chance

    disabled = drawn("persons.disabled", scenario["persons.disabled"] * relative)
    ill = drawn("persons.ill", scenario["persons.ill"] * relative)
    mental = drawn("persons.mental", scenario["persons.mental"]) & (kind != CHILDREN)
    severe = disabled & drawn("persons.severe", scenario["persons.severe"])
    unable = (kind == ELDERS) & drawn("persons.unable", scenario["persons.unable"])
    works = (kind == ADULTS) & (age < WORKING_UNTIL) & ~severe & ~ill
    employed = works & drawn("persons.employed", scenario["persons.employed"])
    child = kind == CHILDREN
    flags = {
        "child_in_difficulty": child
        & drawn("persons.child_difficulty", scenario["persons.child_difficulty"]),
        "disabled": disabled,
        "mental_illness": mental,
        "new_employment": employed & drawn("persons.platform", scenario["persons.platform"]),
        "orphan": child & drawn("persons.orphan", scenario["persons.orphan"]),
        "serious_illness": ill,
        "unattended_child": child & drawn("persons.unattended", scenario["persons.unattended"]),
    }
    return employed, severe, unable, bits_of(flags, GROUPS)


def persons_table(persons: Persons, ids: Array, place: Array, tekun: Array) -> Table:
    """Return the table persons.

    Per household (n_h,): `ids` and `place` object, `tekun` bool: the head is in destitute support.
    """
    n = len(persons.household)
    disabled, ill = persons.in_group("disabled"), persons.in_group("serious_illness")
    mental = persons.in_group("mental_illness")
    orphan, alone = persons.in_group("orphan"), persons.in_group("unattended_child")
    stage = np.searchsorted(_STAGE_FROM, persons.age, side="right") - 1
    stage = np.where((stage >= len(_STAGES)) | persons.employed, 0, stage)
    supported = tekun[persons.household] & (persons.relation == HEAD)
    level = np.where(persons.severe, 2, 3)
    return filled_table(
        "persons",
        id=numbered("P", n),
        household=ids[persons.household],
        birth=persons.born,
        sex=one_of(("male", "female"), persons.female.astype(int)),
        relation=one_of(_RELATIONS, persons.relation),
        place=place[persons.household],
        target_groups=group_tuples(persons.groups, GROUPS),
        coresident=np.ones(n),
        student_stage=one_of(_STAGES, stage),
        full_time_student=stage > 0,
        employed=persons.employed,
        disability_cert=disabled,
        disability_type=one_of((None, "physical", "mental"), disabled * (1 + mental)),
        disability_level=np.where(disabled, level, -(2**63)),
        major_illness=ill,
        selfcare_unable=one_of(((), ("bathe", "toilet", "walk")), persons.unable.astype(int)),
        civil_capacity=one_of(("full", "limited"), mental.astype(int)),
        custody=same("none", n),
        insured=np.ones(n),
        nursing_fee_fen=np.zeros(n),
        preferential_fen=np.zeros(n),
        child_status=one_of(("none", "orphan", "defacto"), np.where(orphan, 1, 2 * alone)),
        statuses=one_of(((), ("tekun",)), supported.astype(int)),
        longterm_care=persons.severe | persons.unable,
        autism=np.zeros(n),
        deported=np.zeros(n),
        religious_years=np.zeros(n),
        parents_untraceable=np.zeros(n),
        no_shelter=np.zeros(n),
        on_street=np.zeros(n),
    )


def bits_of(flags: Mapping[str, Array], groups: tuple[str, ...]) -> Array:
    """Return flags by group, bool (n,) each, as uint32 bits (n,) in the order of `groups`."""
    bits = np.zeros(len(flags[groups[0]]), dtype=np.uint32)
    for bit, group in enumerate(groups):
        bits |= flags[group].astype(np.uint32) << np.uint32(bit)
    return bits


def group_tuples(bits: Array, groups: tuple[str, ...]) -> Array:
    """Return bits as tuples of group ids, object (n,)."""
    patterns, at = np.unique(bits, return_inverse=True)
    words = [tuple(g for i, g in enumerate(groups) if int(p) >> i & 1) for p in patterns]
    return one_of(words, at.reshape(-1))

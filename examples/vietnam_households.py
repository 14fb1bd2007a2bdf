"""5,999 real households, Vietnam 1997-98: every one assessed and explained under made-up rules.

``python examples/vietnam_households.py --data ../shared/data [--out explanations.jsonl]``

Anonymous public-use microdata (Vietnam Living Standards Survey, as R's package Ecdat hands it on) exercise
the engine. The rules are made up and the figures say nothing about China.

What the columns are, which is not always what their documentation says:

- ``lntotal`` is the natural logarithm of a household's real expenditure of a year in thousand dong. There
  is no income: the rule takes expenditure in its place. What these rules and reports call a yuan is a
  thousand dong. ``exp`` is taken in decimals of the number as printed, to the fen; its seven digits carry
  less than that.
- `VietNamI` has persons in random order without the id of a household. Its ``age`` is the logarithm of the
  person's own age (0 and 1 both stand as 0), ``lnhhexp`` that of the household's expenditure in million
  dong, before the adjustment of prices. Those who share commune and ``lnhhexp`` are one household.
- Its labels of ``sex`` are the wrong way round: only turned does it agree with the heads in `VietNamH`.
- 258 more households than groups of persons, 744 more members than persons: whole households are absent.
- Assets are in neither file.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median, median_low
from typing import Any

import attrs
import numpy as np

import wushe
from wushe import Text, hookimpl
from wushe.relief import Assessments, Comparison, Reform, assess, compare
from wushe.relief.explain import Explanation
from wushe.rules import (
    Amount,
    Condition,
    Expr,
    Parameter,
    Policy,
    age,
    answer,
    any_of,
    hh,
    in_household,
    p,
    param,
    pick,
)
from wushe.text import LANGS

FOLDER, HOUSEHOLDS, PERSONS = "households", "VietNamH.csv.gz", "VietNamI.csv.gz"
ON = dt.date(1998, 6, 30)
"""The survey ran from December 1997 to December 1998; each answer is for this one day."""
MADE_UP = "虚构规则 made-up rule"
SHARE = Fraction(1, 2)
"""The line, as a share of the median expenditure per head of urban and of rural households."""
RAISE = Decimal("1.1")
NEAR = Decimal("-0.15"), Decimal("0.25")
"""How far the logarithm of expenditure may move by prices. Chosen by looking: true pairs fill this range."""
TURNED = {"male": "female", "female": "male"}
ZONES = ("urban", "rural")
NOTE = Text(
    "注意：这些是真实的匿名家庭，越南1997-98年生活水平调查的公开微观数据。规则是虚构的，只为检验引擎；数字不说明中国的任何情况。"
    "文中的“元”一律代表一千越南盾，“收入”是全年实际支出。",
    "Note: these are real anonymous households, public-use microdata of the Vietnam Living Standards Survey 1997-98. "
    'The rules are made up to exercise the engine; the figures say nothing about China. A "yuan" here stands for a '
    'thousand dong, "income" for real expenditure in a year.',
)


# --- reading -----------------------------------------------------------------------------------


@attrs.frozen
class Survey:
    """The households and persons as records, and the line of each zone: thousand dong a head and year."""

    households: tuple[wushe.Household, ...]
    persons: tuple[wushe.Person, ...]
    lines: Mapping[str, Decimal]


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a gzipped CSV file as they are printed."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def unlogged(text: str, digits: str) -> Decimal:
    """Return e to the printed number, rounded half up to `digits` (``0.01``, ``1``)."""
    with localcontext() as context:
        context.prec = 40
        return Decimal(text).exp().quantize(Decimal(digits), rounding=ROUND_HALF_UP)


def linked(
    households: Sequence[dict[str, str]], persons: Sequence[dict[str, str]]
) -> dict[Any, int]:
    """Return the household's row of each group (commune, lnhhexp) of persons that can be told.

    A pair fits if it has the same commune and size, one of the persons has the head's age and (turned) sex,
    and the two logarithms are `NEAR`. It is taken where neither side fits any other.
    """
    groups = defaultdict[tuple[str, str], list[tuple[str, str]]](list)
    for one in persons:
        who = str(unlogged(one["age"], "1")), TURNED[one["sex"]]
        groups[one["commune"], one["lnhhexp"]].append(who)
    by_commune = defaultdict[tuple[str, str], list[tuple[str, str]]](list)
    for key, members in groups.items():
        by_commune[key[0], str(len(members))].append(key)
    thousand = Decimal(1000).ln()
    fits: list[tuple[tuple[str, str], int]] = []
    for row, home in enumerate(households):
        million = Decimal(home["lntotal"]) - thousand
        for key in by_commune[home["commune"], home["hhsize"]]:
            near = NEAR[0] < Decimal(key[1]) - million < NEAR[1]
            if near and (home["age"], home["sex"]) in groups[key]:
                fits.append((key, row))
    keys, rows = Counter(key for key, _ in fits), Counter(row for _, row in fits)
    return {key: row for key, row in fits if keys[key] == rows[row] == 1}


def read(data: Path) -> Survey:
    """Return the survey of the data folder."""
    homes = read_rows(data / FOLDER / HOUSEHOLDS)
    people = read_rows(data / FOLDER / PERSONS)
    households = tuple(household(row, home) for row, home in enumerate(homes, start=1))
    homes_of = linked(homes, people)
    persons = [
        person(row, one, homes_of.get((one["commune"], one["lnhhexp"])))
        for row, one in enumerate(people, start=1)
    ]
    return Survey(households, tuple(persons), lines_of(households))


def household(row: int, home: Mapping[str, str]) -> wushe.Household:
    """Return one row of VietNamH: size, zone, commune and expenditure; all else is unknown."""
    return wushe.Household(
        id=f"H{row:04}",
        place=f"VN-{int(home['commune']):03}",
        zone="urban" if home["urban"] == "yes" else "rural",
        members_count=int(home["hhsize"]),
        income_year_fen=int(unlogged(home["lntotal"], "0.01") * 100),
    )


def person(row: int, one: Mapping[str, str], home: int | None) -> wushe.Person:
    """Return one row of VietNamI. Only the age is known: the first of January stands for the birthday."""
    years = int(unlogged(one["age"], "1"))
    return wushe.Person(
        id=f"P{row:05}",
        household=None if home is None else f"H{home + 1:04}",
        place=f"VN-{int(one['commune']):03}",
        birth=dt.date(ON.year - years, 1, 1),
        sex=TURNED[one["sex"]],
        insured=one["insurance"] == "1",
    )


def lines_of(households: Sequence[wushe.Household]) -> dict[str, Decimal]:
    """Return the made-up line of each zone, in thousand dong per head and year, to the fen."""
    found = {}
    for zone in ZONES:
        heads = [
            Fraction(h.income_year_fen or 0, h.members_count or 1)
            for h in households
            if h.zone == zone
        ]
        fen = int(median(heads) * SHARE + Fraction(1, 2))
        found[zone] = Decimal(fen).scaleb(-2)
    return found


# --- the rules ---------------------------------------------------------------------------------


def parameter(name: str, value: str, unit: str) -> Parameter:
    """Return one made-up parameter, in force in 1998."""
    first, last = dt.date(1998, 1, 1), dt.date(1998, 12, 31)
    return Parameter(
        name, "000000", value, unit, first, last, None, MADE_UP, "", "example", first, "A"
    )


def line_parameters(
    lines: Mapping[str, Decimal], times: Decimal = Decimal(1)
) -> tuple[Parameter, ...]:
    """Return the lines, `times` as high, exactly."""
    values = {zone: f"{lines[zone] * times:f}" for zone in ZONES}
    return tuple(parameter(f"vn_line_{zone}_year", values[zone], "元/人·年") for zone in ZONES)


HOUSEHOLD_LINE = pick(
    (hh.zone.is_("rural"), param("vn_line_rural_year") * hh.members_count),
    other=param("vn_line_urban_year") * hh.members_count,
)
GAP = Amount(
    "gap", Text("补差", "the gap to the line"), HOUSEHOLD_LINE - hh.income_year_fen, "year", MADE_UP
)
ALLOWANCE = Amount(
    "allowance", Text("老人津贴", "the allowance"), param("vn_elder_year"), "year", MADE_UP
)


def rule(name: str, zh: str, en: str, test: Expr) -> Condition:
    """Return one condition, made up."""
    return Condition(name, Text(zh, en), test, MADE_UP)


MADE = partial(
    Policy,
    kind="living",
    document=MADE_UP,
    confidence="A",
    checked=dt.date(1998, 1, 1),
    apply_at=Text("虚构的办事处", "a made-up office"),
)
PER_HEAD = MADE(
    id="vn_per_head",
    name=Text("人均低于贫困线", "below the line per head"),
    unit="households",
    order=100,
    conditions=(
        rule(
            "below-line",
            "全年支出低于贫困线乘以人口",
            "expenditure of the year below the line times members",
            hh.income_year_fen < HOUSEHOLD_LINE,
        ),
    ),
    amounts=(GAP,),
)
TESTED = MADE(
    id="vn_tested",
    name=Text("低于贫困线且财产符合规定", "below the line, assets tested"),
    unit="households",
    order=101,
    conditions=(
        rule("poor", "人均低于贫困线", "below the line per head", answer("vn_per_head")),
        rule(
            "assets",
            "财产符合规定，或支出低于贫困线的六成（免查财产）",
            "assets within the limits, or expenditure below 60% of the line (assets not asked)",
            any_of(hh.income_year_fen < param("vn_deep_share") * HOUSEHOLD_LINE, hh.property_ok),
        ),
    ),
    amounts=(GAP,),
)
POOR_HOME = in_household(answer("vn_per_head"))
ELDER = MADE(
    id="vn_elder",
    name=Text("贫困无保险老人津贴", "allowance of the old, poor and uninsured"),
    unit="persons",
    order=102,
    conditions=(
        rule("age", "年满60岁", "aged 60 or over", age(p.birth) >= param("vn_elder_age")),
        rule("uninsured", "没有医疗保险", "without health insurance", ~p.insured),
        rule("poor", "所在家庭人均低于贫困线", "in a household below the line", POOR_HOME),
    ),
    amounts=(ALLOWANCE,),
)
POLICIES = (PER_HEAD, TESTED, ELDER)


class MadeUp:
    """The plugin: three policies and what they read. The line comes from the survey."""

    name = "vietnam_households"
    __version__ = "1"

    def __init__(self, lines: Mapping[str, Decimal]) -> None:
        self.lines = lines

    @hookimpl
    def register_parameters(self) -> list[Parameter]:
        """The two lines, the deeper line, the age and the allowance."""
        return [
            *line_parameters(self.lines),
            parameter("vn_deep_share", "60", "%"),
            parameter("vn_elder_age", "60", "岁"),
            parameter("vn_elder_year", "120", "元/人·年"),
        ]

    @hookimpl
    def register_policies(self) -> list[Policy]:
        """The three policies."""
        return list(POLICIES)


# --- assessing ---------------------------------------------------------------------------------


def assessed(survey: Survey) -> Assessments:
    """Return the answers of the three policies for every household and person."""
    plugins = wushe.load_plugins(MadeUp(survey.lines))
    communes = sorted({one.place for one in survey.households if one.place})
    places = [wushe.Place(id=c, name=f"commune {c[3:]}", level="community") for c in communes]
    records = {"places": places, "households": survey.households, "persons": survey.persons}
    tables = {kind: wushe.table_of(kind, rows) for kind, rows in records.items()}
    categories, groups = plugins.categories, plugins.target_groups
    network = wushe.build_network(tables, categories, groups, plugins.versions)
    return assess(network, on=ON, plugins=plugins, policies=[one.id for one in POLICIES])


def reformed(baseline: Assessments, survey: Survey) -> Comparison:
    """Return what lines a tenth higher would change."""
    name = Text("贫困线提高10%", "lines 10% higher")
    return compare(baseline, Reform(name, line_parameters(survey.lines, RAISE)), groups=("zone",))


def explanations(found: Assessments) -> Iterator[Explanation]:
    """Yield why each household is answered as it is under the two policies for households."""
    for home in found.units(PER_HEAD.id):
        for policy in (PER_HEAD, TESTED):
            yield found.explain(str(home), policy.id)


def examples(found: Assessments) -> tuple[tuple[str, str], ...]:
    """Return (household, policy): the widest gap, the nearest no, the first with information missing."""
    ids, answers = found.units(PER_HEAD.id), found.answer(PER_HEAD.id)
    gap = found.amount(PER_HEAD.id, "gap")[0]
    widest = int(np.where(answers == 1, gap, -1).argmax())
    nearest = int(np.where(answers == 0, gap, np.iinfo(np.int64).min).argmax())
    unknown = int((found.answer(TESTED.id) == -1).argmax())
    return (
        (str(ids[widest]), PER_HEAD.id),
        (str(ids[nearest]), PER_HEAD.id),
        (str(ids[unknown]), TESTED.id),
    )


# --- saying ------------------------------------------------------------------------------------


def thousand(fen: int) -> str:
    """Return fen of thousand dong as a number with two decimals."""
    return f"{fen // 100:,}.{fen % 100:02}"


READ = Text(
    "读入 {homes:,} 户、{persons:,} 人；{linked:,} 人能认出所在家庭（{full:,} 户），其余不知道属于哪一户",
    "Read: {homes:,} households, {persons:,} persons; the household of {linked:,} persons can be told "
    "({full:,} households), that of the others is not known",
)
LINES = Text(
    "虚构的贫困线（人均支出中位数的50%，千盾/人·年）：城镇 {urban:,}，农村 {rural:,}",
    "Made-up line (50% of median expenditure per head; thousand dong per head and year): urban {urban:,}, rural {rural:,}",
)
COUNT = Text(
    "{name}：可能符合 {yes:,}，待补信息 {open:,}，可能不符合 {no:,}",
    "{name}: {yes:,} possibly eligible, {open:,} with information missing, {no:,} possibly not",
)
ZONE_NAMES = {"urban": Text("城镇", "urban"), "rural": Text("农村", "rural")}
GAPS = Text(
    "补差（千盾/年）：{zone} {n:,} 户，合计 {total}，最少 {least}，中位 {middle}，最多 {most}",
    "Gap (thousand dong a year): {n:,} {zone} households, {total} in all, least {least}, median {middle}, most {most}",
)
EXPLAINED = Text("三户的说明：", "Three households explained:")
MOVED = Text(
    "{name}：新增可能符合 {more:,}（城镇 {urban:,}，农村 {rural:,}），不再可能符合 {less:,}；"
    "支出（千盾/年）由 {before} 变为 {after}，增加 {change}",
    "{name}: {more:,} newly possibly eligible ({urban:,} urban, {rural:,} rural), {less:,} no longer; "
    "cost (thousand dong a year) from {before} to {after}, {change} more",
)
REFORM = Text("如果贫困线提高10%：", "If the lines were 10% higher:")
ALL = Text(
    "每户两份说明，共 {n:,} 份，其中写明条件的 {full:,} 份",
    "Two explanations for each household, {n:,} in all, {full:,} of them with conditions",
)
ABSENT = Text(
    "{folder} 里没有数据（VietNamH.csv.gz、VietNamI.csv.gz），跳过",
    "no data in {folder} (VietNamH.csv.gz, VietNamI.csv.gz): skipped",
)
TIME = Text(
    "用时：读入并认户 {read:.1f} 秒，评估 {assess:.2f} 秒，试算 {compare:.2f} 秒，全部说明 {explain:.0f} 秒",
    "Time: reading and linking {read:.1f} s, assessing {assess:.2f} s, the reform {compare:.2f} s, "
    "all explanations {explain:.0f} s",
)


def counted(found: Assessments, lang: str) -> Iterator[str]:
    """Yield the counts by answer, over all and by the zone of the commune."""
    for policy in POLICIES:
        answers, zones = found.answer(policy.id), zones_of(found, policy)
        yield COUNT.say(lang, name=policy.name, **by_answer(answers))
        for zone in ZONES:
            inside = "　" + ZONE_NAMES[zone].say(lang)
            yield COUNT.say(lang, name=inside, **by_answer(answers[zones == zone]))


def zones_of(found: Assessments, policy: Policy) -> Any:
    """Return the zone of each unit, object (n,): all households of a commune are in one."""
    homes, units = found.network["households"], found.network[policy.unit]
    zones = dict(zip(homes["place"], homes["zone"], strict=True))
    return np.array([zones[place] for place in units["place"]], dtype=object)


def by_answer(answers: Any) -> dict[str, int]:
    """Return how many are possibly eligible, open, not."""
    return {key: int((answers == a).sum()) for key, a in (("yes", 1), ("open", -1), ("no", 0))}


def gaps(found: Assessments, lang: str) -> Iterator[str]:
    """Yield the gaps to the line of those below it, by zone."""
    low, zones = found.amount(PER_HEAD.id, "gap")[0], zones_of(found, PER_HEAD)
    poor = found.answer(PER_HEAD.id) == 1
    for zone in ZONES:
        fen = sorted(low[poor & (zones == zone)].tolist())
        sizes = {"least": fen[0], "middle": median_low(fen), "most": fen[-1]}
        said = {key: thousand(value) for key, value in (sizes | {"total": sum(fen)}).items()}
        yield GAPS.say(lang, zone=ZONE_NAMES[zone], n=len(fen), **said)


def moved(reform: Comparison, lang: str) -> Iterator[str]:
    """Yield what the reform would change, policy by policy."""
    for policy in POLICIES:
        change, zones = reform.changes[policy.id], zones_of(reform.after, policy)
        new = change.newly_possible
        costs = zip(("before", "after", "change"), reform.costs(policy.id, "year"), strict=True)
        yield MOVED.say(
            lang,
            name=policy.name,
            more=int(new.sum()),
            less=int(change.no_longer.sum()),
            **{zone: int((new & (zones == zone)).sum()) for zone in ZONES},
            **{key: thousand(cost.lo or 0) for key, cost in costs},
        )


def figures(survey: Survey, found: Assessments, reform: Comparison, lang: str) -> str:
    """Return the figures in one language: the same on every run."""
    told = [one.household for one in survey.persons if one.household]
    counts = {"homes": len(survey.households), "persons": len(survey.persons)}
    lines = [
        READ.say(lang, **counts, linked=len(told), full=len(set(told))),
        LINES.say(lang, **survey.lines),
        "",
        *counted(found, lang),
        "",
        *gaps(found, lang),
        "",
        REFORM.say(lang),
        *moved(reform, lang),
    ]
    return "\n".join(lines)


def explained(found: Assessments, lang: str) -> str:
    """Return the three households' explanations in one language."""
    said = (found.explain(home, policy).say(lang) for home, policy in examples(found))
    return "\n\n".join([EXPLAINED.say(lang), *said])


def main() -> None:
    """Read, assess, compare, print; explain every household."""
    parser = argparse.ArgumentParser(description="越南家庭，1997-98年 / Vietnam, 1997-98")
    parser.add_argument("--data", type=Path, required=True, help="数据文件夹 / folder of data")
    parser.add_argument(
        "--out", type=Path, help="全部说明，每行一份 / all explanations, one a line"
    )
    given = parser.parse_args()
    if not (given.data / FOLDER / HOUSEHOLDS).is_file():
        print(ABSENT.both(folder=given.data / FOLDER))
        return
    clock = [time.perf_counter()]
    survey = read(given.data)
    clock.append(time.perf_counter())
    found = assessed(survey)
    clock.append(time.perf_counter())
    reform = reformed(found, survey)
    clock.append(time.perf_counter())
    made = list(explanations(found))
    clock.append(time.perf_counter())
    if given.out:
        given.out.write_text("".join(f"{one.to_json()}\n" for one in made), encoding="utf-8")
    steps = ("read", "assess", "compare", "explain")
    took = {step: b - a for step, a, b in zip(steps, clock, clock[1:], strict=False)}
    for lang in LANGS:
        print(figures(survey, found, reform, lang), explained(found, lang), sep="\n\n")
        print(f"\n{NOTE.say(lang)}\n")
    print(ALL.both(n=len(made), full=sum(bool(one.conditions) for one in made)))
    print(TIME.both(**took))


if __name__ == "__main__":
    main()

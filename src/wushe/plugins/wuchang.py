"""Wuchang District, Wuhan: 慈社融合, charity resources joined with professional service.

Source, cited below as "Wuchang 2025": Hubei Charity Federation, report of 6 November 2025 on the
district's project 慈社同心筑温暖 (running since 2023). It reports a pool of gifts from firms,
foundations and citizens that is kept up to date; a door-knock survey led by social workers that
lists each household's situation, health, needs and willingness; and one plan per household, so that
the worker who knocks brings a definite resource. What it does not report, above all any weight or
order, is an assumption of this plugin and says "assumed" where it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import wushe
from wushe import (
    Columns,
    Context,
    Demo,
    FilterTerm,
    KeywordRule,
    LinkageNetwork,
    NeedCategory,
    Pairs,
    Question,
    ReportColumn,
    ReportRow,
    ReportSection,
    ReportTable,
    RiskSignal,
    ScoreTerm,
    Text,
    VisitForm,
    hookimpl,
)

under = "wuhan"
"""Where both are loaded the city's rules stand above the district's, its family points among them."""

KEY_GROUPS = frozenset({"serious_illness", "lone_elder", "unattended_child"})
"""Whose needs come first within an urgency class: the groups of the three households that Wuchang
2025 tells of. That these three come before others is assumed."""

URGENCY_SHARE, KEY_SHARE, DUE_SHARE = 0.95, 0.03, 0.02
"""Parts of a priority, assumed. One urgency class (0.95 / 3) stays above both smaller parts together
by more than a quarter, so that neither can lift a need over a more urgent one."""

PROFESSIONAL = frozenset(
    {
        "counselling", "carer_counselling", "relief_application",
        "temporary_relief_application", "illness_subsidy_application", "child_subsidy_application",
    }
)  # fmt: skip
"""Work that Wuchang 2025 shows in the hands of station social workers: applications, counselling."""

EXPIRY_DAYS = 180
"""A lot that expires later than this many days from now is in no hurry (assumed)."""
STREET = 3
"""Position of the street among the levels of the place tree, as `wushe.pair_level` counts."""

CARER_POINTS, CARER_DAYS = 15, 30
"""Weight of a sole carer among the signals, and how often one is visited (assumed)."""
SAID = {"是": 1, "有": 1, "yes": 1, "否": 0, "没有": 0, "no": 0}

STORIES = ("H-0001", "H-0002", "H-0003")
GIVERS = {
    "firms": ("企业", "Firms"),
    "charities": ("公益基金会和慈善组织", "Foundations and charities"),
    "citizens": ("爱心人士", "Citizens"),
    "others": ("财政、集体和其他", "Public money, collectives and others"),
}
GIVER_KINDS = {
    "firms": ("firm", "property_company"),
    "charities": ("foundation", "charity_federation", "red_cross", "social_organization"),
}
STATES = (("可用", "live"), ("未到起始日", "not begun"), ("过期或用完", "over or used up"))
DOOR_PEOPLE = (("敲门户数", "households"), ("见到", "met"), ("愿意接受帮扶", "willing"))

# Words (assumed) for what Wuchang 2025 tells of: micro-wishes, a wife who nursed alone and was worn
# out, three applications. The names of the latter outweigh the built-in rule for any application.
KEYWORDS = {
    "micro_wish": "微心愿|小心愿|心愿是|(?:想要|盼着|惦记着?)一[台只双把床件盏]",
    "carer_counselling": "(?:照护|照料|照顾|护理|伺候|陪护|守夜).{0,8}(?:累|撑不住|扛不住|熬|吃不消|崩溃|焦虑|顶不住|哭)"
    "|(?:老伴|妻子|丈夫|女儿|儿子|家属).{0,6}(?:累垮|累倒|撑不住|扛不住|吃不消|崩溃)",
    "carer_respite": "[没无]人(?:能)?(?:替换|替手|换手|接替|轮换|搭把手)|[走离脱]不开身|喘口气|喘息"
    "|离不开人|(?:一个人|独自|没日没夜).{0,4}(?:照护|照料|照顾|护理|伺候)",
    "temporary_relief_application": "临时(?:救助|救济|困难补助)",
    "illness_subsidy_application": "[大重]病.{0,2}(?:补助|救助|补贴|报销)",
    "child_subsidy_application": "专项补助|(?:无人抚养|孤儿|困境儿童).{0,6}(?:补助|补贴|津贴|基本生活费)",
}
UNLESS = r"(?:不需要|不用|不要|不(?=想)|谢绝)[^,。;!?]{{0,4}}(?:{0})|(?:{0})[^,。;!?]{{0,4}}(?:已|不需要|不用|办好|批下)"


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """What Wuchang 2025 names beyond the built-in categories; all minutes per service are assumed.

    - micro_wish: micro-wishes were brought to 22 households in one visit of September 2025. The
      worker brings it and the donor sees no name, hence `refers` is False (assumed).
    - carer_counselling: the wife who nursed alone was counselled at home; carer_respite, someone to
      take over for some hours, answers the same hardship (assumed).
    - three applications: temporary relief and serious-illness subsidy for the cancer patient's
      household, the special subsidy for the child in fact unattended.
    - regular_visit: social workers drop in regularly for small talk and to explain policies, hence
      both skills.
    """
    policy = ("policy",)
    return [
        NeedCategory("micro_wish", "微心愿", "micro-wish", "goods", "piece", refers=False),
        _service("carer_counselling", "照护者心理疏导", "counselling for a carer", 60, ("counselling",)),
        _service("carer_respite", "照护者喘息", "respite for a carer", 120, ("care",)),
        _service("temporary_relief_application", "协助申请临时救助", "help to apply for temporary relief", 120, policy),
        _service("illness_subsidy_application", "协助申请大病补助", "help to apply for a serious-illness subsidy", 120, policy),
        _service("child_subsidy_application", "协助申请专项补助金", "help to apply for the special child subsidy", 120, policy),
        _service("regular_visit", "定期入户拉家常", "regular visit with small talk", 60, ("policy", "visiting")),
    ]  # fmt: skip


def _service(key: str, zh: str, en: str, minutes: int, skills: tuple[str, ...]) -> NeedCategory:
    return NeedCategory(key, zh, en, "service", "minute", minutes, skills)


@hookimpl
def register_visit_forms() -> list[VisitForm]:
    """Wuchang's own questions on the built-in door-knock form; their wording is assumed.

    Wuchang 2025: the round of September brought micro-wishes and collected needs; a wife who nursed
    alone was found and counselled.
    """
    want_wish = Text("有什么微心愿，下次上门带来", "a micro-wish to bring at the next visit")
    alone = Text("重病家人是不是只有一个人照护", "one person alone nurses a seriously ill member")
    worn_out = Text("照护的家人累不累，要不要疏导", "the carer is worn out, counselling wanted")
    return [
        VisitForm(
            "door", Text("敲门行动走访表", "Door-knock form"),
            (
                Question("carer_alone", "health", alone, "carer_alone"),
                Question("want_micro_wish", "needs", want_wish, None, "household", "micro_wish", "件"),
                Question("want_carer_counselling", "needs", worn_out, None, "household", "carer_counselling", "小时"),
            ),
        )
    ]  # fmt: skip


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Words in a worker's notes for this plugin's categories; what was declined or done is not meant."""
    return [KeywordRule(key, words, UNLESS.format(words), 4) for key, words in KEYWORDS.items()]


@hookimpl
def register_risk_signals() -> list[RiskSignal]:
    """One sign: nobody can take over from whoever nurses a seriously ill person (see `sole_carer`)."""
    label = Text("独自照护重病家人", "alone in caring for a seriously ill family member")
    return [RiskSignal("sole_carer", label, sole_carer, CARER_POINTS, CARER_DAYS)]


def sole_carer(persons: Columns, context: Context) -> npt.NDArray[np.int8]:
    """Whether the person cares alone for a seriously ill one at the same door: 1, 0, -1 unknown.

    Wuchang 2025: an old wife bore her husband's care alone. Assumed: who is registered as a carer
    cares; a minor or who is seriously ill oneself does not; any other adult known not to be ill
    could take over. The answer to `carer_alone` at the door decides whether it is one alone.
    """
    age, tags = persons["age"], [t or () for t in persons["target_groups"]]
    gone = persons["died_on"] <= np.datetime64(context.on, "D")
    tagged = np.array(["serious_illness" in t for t in tags], dtype=bool)
    ill = np.where(gone, 0, np.where(tagged, 1, persons["major_illness"]))
    carer = np.array(["carer" in t for t in tags], dtype=bool)
    unfit = (ill == 1) | ((age >= 0) & (age < 18)) | gone
    able = np.where(carer & ~gone, 1, np.where(unfit, 0, np.where((ill == 0) & (age >= 18), 1, -1)))
    listed = persons["members_complete"] == 1
    patient = _somebody_else(persons, ill, listed)
    relief = _somebody_else(persons, able, listed)
    absent = np.full(len(persons), None)
    said = persons.arrays.get("fact:carer_alone", absent)
    told = np.array([SAID.get(text, -1) for text in said], dtype=np.int8)
    alone = np.where(told >= 0, told, np.where(relief < 0, -1, 1 - relief))
    parts = np.array([able, patient, alone]).reshape(3, -1)
    return np.where((parts == 0).any(axis=0), 0, parts.min(axis=0)).astype(np.int8)


def _somebody_else(
    persons: Columns, holds: npt.NDArray[Any], listed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int8]:
    """Whether `holds` (1, 0, -1) for another one at the door; no only where all are `listed`."""
    _, door = np.unique(persons["door"], return_inverse=True)
    yes, unknown = (np.bincount(door, holds == v)[door] - (holds == v) for v in (1, -1))
    return np.where(yes > 0, 1, np.where((unknown > 0) | ~listed, -1, 0)).astype(np.int8)


@hookimpl
def prioritise_needs(needs: Columns, context: Context) -> npt.NDArray[np.float64]:
    """Urgency class first; within a class key households, then what is due within a week.

    Assumed throughout: Wuchang 2025 speaks of key households in difficulty (重点困难家庭), but gives
    no order among needs. Float (n_needs,), 0..1.
    """
    key = np.fromiter((not KEY_GROUPS.isdisjoint(g) for g in needs["groups"]), bool, len(needs))
    week = np.datetime64(context.on, "D") + np.timedelta64(7, "D")
    soon = ~np.isnat(needs["due"]) & (needs["due"] <= week)
    return np.asarray(URGENCY_SHARE * (needs["urgency"] / 3) + KEY_SHARE * key + DUE_SHARE * soon)


@hookimpl
def filter_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> FilterTerm:
    """Applications and counselling are professional service: not by volunteers.

    Wuchang 2025 calls its mechanism "charity resources + professional service" and shows station
    social workers at this work; that volunteers are kept from it is assumed. Counselling slots
    that an organization gives count as professional.
    """
    professional = _among(needs["category"], PROFESSIONAL)
    volunteer = _among(offers["provider_kind"], ("volunteers", "volunteer_teams"))
    return FilterTerm(~(professional[pairs.need] & volunteer[pairs.offer]), "skill")


@hookimpl
def score_candidates(
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> list[ScoreTerm]:
    """Earmarked gifts first, then what expires soon, then gifts of the same street.

    Wuchang 2025 reports a pool that is kept up to date, a firm linked with one child's household, and
    the plan to grow communities' own funds; all three preferences and their weights are assumed.
    """
    charity = _among(offers["provider_kind"], ("funds", "resources"))
    at_home = wushe.pair_level(needs, offers, pairs) >= STREET
    haste = _haste(offers, context)
    # A filter has already seen to it that an earmarked gift only meets those it is meant for.
    earmarked = np.asarray(offers["client_mask"].any(axis=1))
    return [
        ScoreTerm("wuchang_earmarked", 3, earmarked[pairs.offer].astype(float), Text("定向捐给本户", "earmarked for this household")).bounded(column=earmarked.astype(float)),
        ScoreTerm("wuchang_expiry", 2, haste[pairs.offer], Text("临期先用", "expires soon")).bounded(column=haste),
        ScoreTerm("wuchang_street", 1, (charity[pairs.offer] & at_home).astype(float), Text("本街道资源", "gift from the same street")).bounded(column=charity.astype(float)),
    ]  # fmt: skip


def _haste(offers: Columns, context: Context) -> npt.NDArray[np.float64]:
    """Return 1 for a lot that expires today, falling to 0 at `EXPIRY_DAYS`; 0 for all but lots."""
    days = (offers["available_to"] - np.datetime64(context.on, "D")).astype(float)
    lot = _among(offers["provider_kind"], ("resources",)) & ~np.isnat(offers["available_to"])
    return np.where(lot, np.clip(1 - days / EXPIRY_DAYS, 0, 1), 0.0)


def _among(column: npt.NDArray[Any], words: Iterable[str]) -> npt.NDArray[np.bool_]:
    return np.isin(column.astype(str), sorted(words))


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """What Wuchang 2025 keeps an eye on: the pool that is kept up to date, and what knocking on doors yields."""
    pool, doors = Text("慈善资源库", "The resource pool"), Text("敲门行动", "Knocking on doors")
    return [
        ReportSection("wuchang_pool", pool, pool_by_giver),
        ReportSection("wuchang_doors", doors, doors_by_month),
    ]


def pool_by_giver(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Entries of the pool by who gave them: live on the day, not begun, over or used up; and money that is left.

    Firms, charities and citizens are Wuchang 2025's three sources; who counts as which is assumed.
    """
    kinds = dict(zip(network["organizations"].ids, network["organizations"]["kind"], strict=True))
    counts = {giver: [0, 0, 0, 0] for giver in GIVERS}
    for giver, state, fen in _entries(network, np.datetime64(context.on, "D"), kinds):
        counts[giver][state] += 1
        counts[giver][3] += fen if state == 0 else 0
    columns = (
        *(ReportColumn(Text(*words)) for words in STATES),
        ReportColumn(Text("可用资金", "money that is left"), "fen"),
    )
    rows = tuple(ReportRow(Text(*GIVERS[giver]), tuple(cells)) for giver, cells in counts.items())
    total = ReportRow(Text("合计", "Total"), tuple(map(sum, zip(*counts.values(), strict=True))))
    title = Text("资源库里有什么", "What the pool holds")
    return [ReportTable("wuchang_pool", title, Text("来源", "Source"), columns, rows, total)]


def _entries(
    network: LinkageNetwork, on: np.datetime64, kinds: Mapping[str, str]
) -> Iterator[tuple[str, int, int]]:
    """Yield (giver, state, fen left) of each lot, slot and fund; state 0 live, 1 not begun, 2 over or used up."""
    donors = {donor.id: donor for donor in network["donors"].records()}
    for lot in network["resources"].records():
        donor = donors.get(lot.donor or "")
        if donor is None or donor.kind == "organization":
            giver = _giver(kinds.get((donor.organization if donor else lot.holder) or ""))
        else:
            giver = "citizens"
        yield giver, _state(lot.available_from, lot.expires_on, lot.quantity, on), 0
    for slot in network["offers"].records():
        giver = _giver(kinds.get(slot.provider))
        yield giver, _state(slot.available_from, slot.available_to, slot.quantity, on), 0
    for fund in network["funds"].records():
        fen = fund.balance_fen
        given = fund.nature in (None, "donation")
        giver = _giver(kinds.get(fund.host)) if given else "others"
        yield giver, 2 if fen == 0 else 0, fen or 0


def _giver(kind: str | None) -> str:
    return next((giver for giver, known in GIVER_KINDS.items() if kind in known), "others")


def _state(since: Any, until: Any, amount: int | None, on: np.datetime64) -> int:
    if amount == 0 or (until is not None and np.datetime64(until, "D") < on):
        return 2
    return 1 if since is not None and np.datetime64(since, "D") > on else 0


def doors_by_month(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """What door-knock visits until the day yielded, by month: who was met, who is willing, facts, and needs asked then.

    A need counts in a month in which its household was met; 22 households were visited in September (Wuchang 2025).
    """
    doors = [v for v in network["visits"].records() if v.kind == "door" and v.on <= context.on]
    facts = [fact.visit for fact in network["facts"].records()]
    asked = [
        (need.household, f"{need.asked_on:%Y-%m}")
        for need in network["needs"].records() if need.asked_on and need.asked_on <= context.on
    ]  # fmt: skip
    rows = []
    for month in sorted({f"{visit.on:%Y-%m}" for visit in doors}):
        knocked = [visit for visit in doors if f"{visit.on:%Y-%m}" == month]
        met = {visit.household for visit in knocked if visit.outcome == "met"}
        ids = {visit.id for visit in knocked}
        cells = (
            len({visit.household for visit in knocked}),
            len(met),
            len({visit.household for visit in knocked if visit.willing}),
            sum(visit in ids for visit in facts),
            sum(home in met and when == month for home, when in asked),
        )
        rows.append(ReportRow(Text(month, month), cells))
    columns = (
        *(ReportColumn(Text(*words), "people") for words in DOOR_PEOPLE),
        ReportColumn(Text("记下的事实", "facts recorded")),
        ReportColumn(Text("提出的需求", "needs asked for")),
    )
    title = Text("敲门走访的收获", "What the visits yielded")
    return [ReportTable("wuchang_doors", title, Text("月份", "Month"), columns, tuple(rows))]


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "武昌六个街道的虚构示例：60 户家庭、2 家机构和五社各方，规划日期 2025-09-15",
        "a made-up example on six streets of Wuchang: 60 households, 2 institutions and all five parties, planned on 2025-09-15",
    )
    folder = Path(__file__).parents[1] / "demos" / "wuchang"
    return [
        Demo(
            "wuchang",
            about,
            ("wuchang",),
            "2025-09-15",
            folder,
            STORIES,
            tell="wushe.demos.stories.wuchang:tell",
        )
    ]

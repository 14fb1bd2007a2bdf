"""Wuchang District, Wuhan: 慈社融合, charity resources joined with professional service.

Source, cited below as "Wuchang 2025": Hubei Charity Federation, report of 6 November 2025 on the
district's project 慈社同心筑温暖 (running since 2023). It reports a pool of gifts from firms,
foundations and citizens that is kept up to date; a door-knock survey led by social workers that
lists each household's situation, health, needs and willingness; and one plan per household, so that
the worker who knocks brings a definite resource. What it does not report, above all any weight or
order, is an assumption of this plugin and says "assumed" where it is made.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

import wushe
from wushe import (
    Columns,
    Context,
    Demo,
    FilterTerm,
    KeywordRule,
    NeedCategory,
    Pairs,
    Question,
    ReportSection,
    RiskSignal,
    ScoreTerm,
    Text,
    VisitForm,
    among,
    holding,
    hookimpl,
    product_term,
    service_category,
)
from wushe.plugins.wuchang.carers import sole_carer
from wushe.plugins.wuchang.sections import doors_by_month, pool_by_giver

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

STORIES = ("H-0001", "H-0002", "H-0003")
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
    return [
        NeedCategory("micro_wish", "微心愿", "micro-wish", "goods", "piece", refers=False),
        service_category("carer_counselling", "照护者心理疏导", "counselling for a carer", 60, "counselling"),
        service_category("carer_respite", "照护者喘息", "respite for a carer", 120, "care"),
        service_category("temporary_relief_application", "协助申请临时救助", "help to apply for temporary relief", 120, "policy"),
        service_category("illness_subsidy_application", "协助申请大病补助", "help to apply for a serious-illness subsidy", 120, "policy"),
        service_category("child_subsidy_application", "协助申请专项补助金", "help to apply for the special child subsidy", 120, "policy"),
        service_category("regular_visit", "定期入户拉家常", "regular visit with small talk", 60, "policy", "visiting"),
    ]  # fmt: skip


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


@hookimpl
def prioritise_needs(needs: Columns, context: Context) -> npt.NDArray[np.float64]:
    """Urgency class first; within a class key households, then what is due within a week.

    Assumed throughout: Wuchang 2025 speaks of key households in difficulty (重点困难家庭), but gives
    no order among needs. Float (n_needs,), 0..1.
    """
    key = holding(needs["groups"], KEY_GROUPS)
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
    professional = among(needs["category"], PROFESSIONAL)
    volunteer = among(offers["provider_kind"], ("volunteers", "volunteer_teams"))
    label = Text(
        "代办申请和心理疏导由专业人员承担", "applications and counselling are for professionals"
    )
    allowed = ~(professional[pairs.need] & volunteer[pairs.offer])
    return FilterTerm(allowed, "skill", label=label)


@hookimpl
def score_candidates(
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> list[ScoreTerm]:
    """Earmarked gifts first, then what expires soon, then gifts of the same street.

    Wuchang 2025 reports a pool that is kept up to date, a firm linked with one child's household, and
    the plan to grow communities' own funds; all three preferences and their weights are assumed.
    """
    charity = among(offers["provider_kind"], ("funds", "resources"))
    at_home = wushe.pair_level(needs, offers, pairs) >= STREET
    haste = _haste(offers, context)
    # A filter has already seen to it that an earmarked gift only meets those it is meant for.
    earmarked = offers["client_mask"].any(axis=1)
    local = Text("本街道资源", "gift from the same street")
    near = (charity[pairs.offer] & at_home).astype(float)
    return [
        product_term("wuchang_earmarked", 3, Text("定向捐给本户", "earmarked for this household"), pairs, offer=earmarked),
        product_term("wuchang_expiry", 2, Text("临期先用", "expires soon"), pairs, offer=haste),
        ScoreTerm("wuchang_street", 1, near, local).bounded(column=charity.astype(float)),
    ]  # fmt: skip


def _haste(offers: Columns, context: Context) -> npt.NDArray[np.float64]:
    """Return 1 for a lot that expires today, falling to 0 at `EXPIRY_DAYS`; 0 for all but lots."""
    days = (offers["available_to"] - np.datetime64(context.on, "D")).astype(float)
    lot = among(offers["provider_kind"], "resources") & ~np.isnat(offers["available_to"])
    return np.where(lot, np.clip(1 - days / EXPIRY_DAYS, 0, 1), 0.0)


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """What Wuchang 2025 keeps an eye on: the pool that is kept up to date, and what knocking on doors yields."""
    pool, doors = Text("慈善资源库", "The resource pool"), Text("敲门行动", "Knocking on doors")
    return [
        ReportSection("wuchang_pool", pool, pool_by_giver),
        ReportSection("wuchang_doors", doors, doors_by_month),
    ]


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "武昌六个街道的虚构示例：60 户家庭、2 家机构和五社各方，规划日期 2025-09-15",
        "a made-up example on six streets of Wuchang: 60 households, 2 institutions and all five parties, planned on 2025-09-15",
    )
    folder = Path(__file__).parents[2] / "demos" / "wuchang"
    return [
        Demo(
            "wuchang", about, ("wuchang",), "2025-09-15", folder, STORIES,
            tell="wushe.demos.stories.wuchang:tell",
        )
    ]  # fmt: skip

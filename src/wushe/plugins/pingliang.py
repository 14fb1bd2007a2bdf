"""Pingliang, Gansu: 专业社工+志愿服务, teams of different people, one mentor per child, help in chains.

Source, cited below as "Pingliang": 甘肃社会工作网, reprinted in a provincial collection beside Wuhan's pilots.
It reports mixed teams of Han and Hui volunteers in Dongguan Street (12 stable teams) after a cross-cultural
course by social workers; in Yaodian Town 非遗传承人授课+志愿者保障+社工赋能 for 56 left-behind women, where
volunteers find the learners and the buyers and the social worker coaches and analyses the market; in Mulin
Township a dream mentor for each of 32 left-behind children and 家庭医生+志愿者 for lone elders; all of it as a
closed loop of need, resource and service. It reports no minutes, weights or numbers per class: what is
assumed says so. A culture or language is a skill that a helper has declared, never a fact about a client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import wushe
from wushe import (
    Columns,
    Context,
    Demo,
    FilterTerm,
    KeywordRule,
    NeedCategory,
    Offer,
    Pairs,
    Question,
    Role,
    ScoreTerm,
    Table,
    Text,
    VisitForm,
    among,
    holding,
    hookimpl,
    only_by,
    product_term,
    service_category,
    times_category,
)

SOCIAL_WORK = ("cross_culture_course", "startup_coaching")
"""Work that Pingliang gives to professional social workers."""
PROFESSIONALS = ("social_workers", "stations")
CULTURE_ROLES = ("hui_culture", "han_culture")
MENTORS_REACH = "street"
"""How far a mentor goes who has said nothing of it: the own street or township (assumed)."""


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """Three teams and what their members do; the one mentor; the two ends of the craft chain.

    All minutes are assumed. A team's members are different people, and all of them come or nobody does:

    - mixed_event: a food sharing or a festival kept together, by a volunteer who has declared Hui culture
      and one who has declared Han culture, with the social worker's course before it.
    - craft_class: 非遗传承人授课+志愿者保障+社工赋能; the social worker's part is 创业心理辅导与市场分析.
    - elder_health: 家庭医生+志愿者. That the volunteer speaks the local dialect, so that at least one of
      the two does, is assumed.

    A mentor is counted in times, one for each child. The learners are found before the class, and buyers
    after it: a plan ties them with `Need.after`.
    """
    return [
        service_category("hui_culture", "回族文化志愿服务", "sharing of Hui culture", 120, "culture_hui"),
        service_category("han_culture", "汉族文化志愿服务", "sharing of Han culture", 120, "culture_han"),
        service_category("cross_culture_course", "跨文化沟通培训", "course on talking across cultures", 60, "cross_culture"),
        times_category("mixed_event", "汉、回联合志愿服务活动", "event of a mixed Han and Hui team", "hui_culture", "han_culture", "cross_culture_course"),
        service_category("craft_teaching", "非遗技艺授课", "craft taught by an heir to it", 120, "heritage_craft"),
        service_category("class_support", "课堂保障", "help in class", 120, "organising"),
        service_category("startup_coaching", "创业心理辅导与市场分析", "coaching and market analysis", 60, "enterprise"),
        times_category("craft_class", "“巧手”刺绣班", "embroidery class", "craft_teaching", "class_support", "startup_coaching"),
        service_category("learner_contact", "联络学员", "finding the learners", 120, "organising"),
        service_category("market_contact", "对接销路", "finding buyers", 30, "marketing"),
        service_category("doctor_visit", "家庭医生入户", "home visit by the family doctor", 30, "home_doctor"),
        times_category("elder_health", "家庭医生+志愿者健康管理", "health care by family doctor and volunteer", "doctor_visit", Role("visit", skills=("local_dialect",))),
        NeedCategory("dream_mentor", "梦想导师", "dream mentor", "service", "time", skills=("mentoring",), minors=True),
    ]  # fmt: skip


@hookimpl
def register_visit_forms() -> list[VisitForm]:
    """Where the loop begins: three questions on the built-in door-knock form; their wording is assumed."""
    mentor = Text("孩子想不想要一位梦想导师", "the child would like a dream mentor")
    craft = Text("愿不愿意学刺绣、在家接活", "wants to learn embroidery and work at home")
    health = Text(
        "要不要家庭医生和志愿者定期上门", "wants the family doctor and a volunteer to call"
    )
    return [
        VisitForm(
            "door", Text("敲门行动走访表", "Door-knock form"),
            (
                Question("want_dream_mentor", "needs", mentor, None, "household", "dream_mentor", "次"),
                Question("want_market_contact", "willingness", craft, None, "household", "market_contact", "分钟"),
                Question("want_elder_health", "needs", health, None, "household", "elder_health", "次"),
            ),
        )
    ]  # fmt: skip


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Words (assumed) for what Pingliang tells of: needlework for sale, a child with a dream."""
    return [
        KeywordRule("market_contact", "(?:刺绣|绣花|绣活|手工活).{0,8}(?:销路|卖|接活|订单)"),
        KeywordRule("dream_mentor", "(?:父母|爸妈).{0,6}(?:外出|在外)(?:务工|打工)|梦想导师"),
    ]


@hookimpl
def derive_offers(parties: Mapping[str, Table]) -> Iterable[Offer]:
    """One child for each volunteer who would be a mentor (配备“梦想导师”), whatever hours they have, but for none."""
    return [
        Offer(
            id=f"{who.id}:mentor"[-64:], provider=who.id, categories=("dream_mentor",),
            quantity=1, unit="time", per_need=1, place=who.place, reach=who.reach or MENTORS_REACH,
            available_from=who.available_from, available_to=who.available_to,
            skills=who.skills, vetted_on=who.vetted_on,
        )
        for who in parties["volunteers"].records()
        if "mentoring" in (who.skills or ()) and who.weekly_hours != 0
    ]  # fmt: skip


@hookimpl
def filter_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> FilterTerm:
    """The course, the coaching and the market analysis are professional social work (Pingliang)."""
    label = Text(
        "培训、心理辅导和市场分析由专业社工承担",
        "courses, coaching and market analysis are for social workers",
    )
    return only_by(needs, offers, pairs, SOCIAL_WORK, PROFESSIONALS, label)


@hookimpl
def score_candidates(
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> list[ScoreTerm]:
    """The same mentor as before, above all else; for a mixed event, members who know both ways.

    Pingliang reports mentors at weekend camps and teams that are stable; that a child keeps its mentor,
    and both weights, are assumed. Twelve is more than all other terms together can differ by.
    """
    mentor = among(needs["category"], ("dream_mentor",)).astype(float)
    before = wushe.pair_served_before(needs, offers, pairs, context)
    hosting = among(needs["category"], CULTURE_ROLES)
    trained = holding(offers["skills"], "cross_culture")
    same = Text("一直是这位导师", "the same mentor")
    both_ways = Text("学过跨文化沟通", "trained to talk across cultures")
    return [
        ScoreTerm("pingliang_mentor", 12, mentor[pairs.need] * before, same).bounded(row=mentor),
        product_term("pingliang_trained", 2, both_ways, pairs, need=hosting, offer=trained),
    ]


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "平凉的团队、导师和帮扶链条（虚构细节）：12支队伍、56名妇女、32名儿童，规划日期 2025-10-13",
        "teams, mentors and chains of help in Pingliang (details made up): 12 teams, 56 women, 32 children, planned on 2025-10-13",
    )
    folder = Path(__file__).parents[1] / "demos" / "pingliang"
    return [
        Demo(
            "pingliang", about, ("pingliang",), "2025-10-13", folder, ("H-W01", "H-C01", "H-E01"),
            tell="wushe.demos.stories.pingliang:tell",
        )
    ]  # fmt: skip

"""Wuhan: 专业社工+志愿服务, teams led by a social worker, and four districts' ways of working together.

Source, cited below as "Wuhan": 新华网 on the city's pilots, reprinted in a provincial collection. Jianghan funds
projects like ventures (公益创投) and Datong community has craftsmen's teams (铜小匠); Wuchang trains core volunteers
at community schools, hatches teams and projects in studios of named social workers, lets riders and couriers
report as mobile grid workers, and Zhangjiawan community keeps family points; Hanyang's Qili Yicun serves
一老一新一小; in Jiangxia's Zhizhong community the social worker designs a course, a volunteer teaches the skill, and an
employment supermarket (就业超市) follows. No minutes, weights, criteria or prices are reported: what is assumed
says so. A district's own plugin stands under this one (see `wuchang`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Demo,
    FilterTerm,
    KeywordRule,
    NeedCategory,
    Offer,
    OrderGuard,
    OrderRules,
    Pairs,
    PointRule,
    Programme,
    ProjectScore,
    Question,
    ReportSection,
    ScoreTerm,
    Table,
    TargetGroup,
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
from wushe.plugins.wuhan.sections import PIPELINE, mobile_grid, pipeline

SOURCE = "新华网：武汉“专业社工+志愿服务”融合试点培训交流会"
LED = ("team_leading", "course_plan", "studio_coaching")
"""Work of the social worker in every linked effort: leading, designing the course, coaching a new team."""
PROFESSIONALS = ("social_workers", "stations")
TRADE = "trade_"
"""Skills of teachers begin so: a trade that is taught, such as ``trade_baking`` (made up)."""
SEATS = 6
"""Places in a volunteer's course (assumed)."""
WITH_CHILDREN = ("child_company", "tutoring")
LASTING, DEMAND, HALF = 4, 200, 0.5
"""Checkpoints and person-times that earn full marks; marks for what is unknown (all assumed)."""


@hookimpl
def register_target_groups() -> list[TargetGroup]:
    """Those who learn a skill in order to find flexible work (Wuhan: Zhizhong community)."""
    return [TargetGroup("skills_learner", "技能学员", "skills learner")]


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """Worker-led teams, the pipeline of a team's growth and the chain from course to job; minutes are assumed.

    - coppersmith_call: craftsmen of 铜小匠 with a social worker at their head repair and keep company.
    - child_club: 七色匠心, for children in difficulty and migrant children.
    - core_training: a university's lecturer and a social worker; what follows is the studio's coaching.
    - course_plan, course_seat, flexible_job: one after another, tied by `Need.after`; a seat or a job is a time.
    """
    return [
        service_category("team_leading", "社工带队", "leading of the team by a social worker", 60, "team_leading"),
        times_category("coppersmith_call", "“铜小匠”上门服务", "call of the craftsmen's team", "team_leading", "home_repair", "visit"),
        times_category("child_club", "“七色匠心”儿童小组", "children's club", "team_leading", "child_company"),
        service_category("training_lecture", "骨干培训授课", "lecture for core volunteers", 90, "lecturing"),
        times_category("core_training", "志愿骨干培训", "training of core volunteers", "training_lecture", "team_leading"),
        service_category("studio_coaching", "名社会工作师工作室督导", "coaching by a studio's social worker", 60, "studio_coaching"),
        times_category("team_founding", "组建志愿服务队", "founding of a volunteer team", "studio_coaching", "class_hosting"),
        service_category("class_hosting", "活动组织", "hosting", 60, "hosting"),
        times_category("project_incubation", "志愿项目孵化", "incubation of a project", "studio_coaching", "training_lecture"),
        service_category("course_plan", "社工设计课程", "course designed by a social worker", 60, "course_design"),
        times_category("course_seat", "技能课程名额", "place in a skills course"),
        times_category("flexible_job", "就业超市灵活就业岗位", "flexible job from the employment supermarket"),
    ]  # fmt: skip


@hookimpl
def register_visit_forms() -> list[VisitForm]:
    """What a rider or courier can tell from the doorway, on one screen; the questions are assumed."""
    return [
        VisitForm(
            "mobile_grid", Text("移动网格员随手报", "Mobile grid worker's report"),
            (
                Question("seen_at_door", "situation", Text("看到了什么", "what was seen"), "seen"),
                Question("door_alone", "situation", Text("是否独居", "lives alone"), "lives_alone", "person"),
                Question("door_visit", "needs", Text("要不要社工上门看看", "a social worker should call"), None, "household", "visit", "分钟"),
                Question("door_repair", "needs", Text("家里有没有要修的", "something to repair"), None, "household", "coppersmith_call", "次"),
                Question("door_meals", "needs", Text("吃饭有没有困难", "difficulty with meals"), None, "household", "meal_delivery", "分钟"),
            ),
        )
    ]  # fmt: skip


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Words (assumed) for the two ends of the chain and for the craftsmen."""
    return [
        KeywordRule(
            "course_seat", "(?:想|愿意|希望).{0,4}学.{0,6}(?:手艺|技能|技术|烘焙|缝纫|家政)"
        ),
        KeywordRule("flexible_job", "(?:零活|灵活就业|找(?:个|点|份)?(?:活|工作|事做))"),
        KeywordRule("coppersmith_call", "(?:柜门|门锁|水龙头|桌椅|锅把).{0,4}(?:坏|松|掉|漏)"),
    ]


@hookimpl
def derive_offers(parties: Mapping[str, Table]) -> Iterable[Offer]:
    """Places in the course of each volunteer who teaches a trade, whatever hours they have beside, but for none."""
    return [
        Offer(
            id=f"{who.id}:seats"[-64:], provider=who.id, categories=("course_seat",),
            quantity=SEATS, unit="time", per_need=1, place=who.place, reach="county",
            available_from=who.available_from, available_to=who.available_to, skills=who.skills,
        )
        for who in parties["volunteers"].records()
        if any(skill.startswith(TRADE) for skill in who.skills or ()) and who.weekly_hours != 0
    ]  # fmt: skip


@hookimpl
def filter_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> FilterTerm:
    """A team is led, a course designed and a new team coached by professional social workers (Wuhan)."""
    label = Text(
        "带队、设计课程、辅导新队由专业社工承担",
        "leading, course design and coaching are for social workers",
    )
    return only_by(needs, offers, pairs, LED, PROFESSIONALS, label)


@hookimpl
def score_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> ScoreTerm:
    """With children trained core volunteers (骨干) come first; that and the weight are assumed."""
    asked = among(needs["category"], WITH_CHILDREN)
    core = holding(offers["skills"], "core_volunteer")
    label = Text("受过培训的志愿骨干", "a trained core volunteer")
    return product_term("wuhan_core", 2, label, pairs, need=asked, offer=core)


@hookimpl
def register_order_rules() -> list[OrderRules]:
    """Whoever an order is offered to later, the leader of a team stays a social worker; times are the defaults'."""
    label = Text("须由专业社工承担", "this part is a professional social worker's")
    return [OrderRules("wuhan", guards=(OrderGuard("wuhan_worker_led", label, worker_led),))]


def worker_led(orders: Columns, helpers: Columns) -> npt.NDArray[np.bool_]:
    """Return whether helper i is a professional or order i is not such work, bool (n,)."""
    return ~among(orders["category"], LED) | among(helpers["kind"], PROFESSIONALS)


@hookimpl
def register_point_rules() -> list[PointRule]:
    """家庭志愿积分 of Zhangjiawan community, Wuchang: a family's volunteers earn for one account.

    Wuhan: the scheme drew 3,500 person-times. Ten points an hour are assumed, and no prices, none being published.
    """
    label = Text("家庭志愿积分", "family volunteer points")
    return [PointRule("zhangjiawan_family", label, per_hour=10, family=True)]


@hookimpl
def score_projects(projects: Columns) -> list[ProjectScore]:
    """Venture-style grants (公益创投) for service that is 常态长效: regular, lasting and used; all marks are assumed.

    Many checkpoints over the term, what was promised done, people reached in the pilot, little money for each.
    """
    steps, reached = projects["milestones"].astype(float), projects["reached"].astype(float)
    times, budget = projects["person_times"].astype(float), projects["budget_fen"].astype(float)
    return [
        ProjectScore("wuhan_lasting", 4, _part(steps, LASTING), Text("常态长效", "regular and lasting")),
        ProjectScore("wuhan_used", 3, _part(times, DEMAND), Text("居民用得上", "used by residents")),
        ProjectScore("wuhan_thrift", 2, _part(times * 10_000, budget), Text("花钱少", "little money for each")),
        ProjectScore("wuhan_kept", 1, _part(reached, steps), Text("说到做到", "promises kept")),
    ]  # fmt: skip


def _part(part: npt.NDArray[Any], whole: Any) -> npt.NDArray[np.float64]:
    """Return part / whole within 0..1, `HALF` where the part is unknown (below 0) or the whole is none."""
    all_of = np.broadcast_to(np.asarray(whole, dtype=float), part.shape)
    known = (part >= 0) & (all_of > 0)
    return np.where(known, np.clip(part / np.where(known, all_of, 1), 0, 1), HALF)


@hookimpl
def register_programmes() -> list[Programme]:
    """The districts' fields of service; which categories belong to each is assumed."""
    old = ("lone_elder", "empty_nest", "disabled")
    all_three = ("lone_elder", "empty_nest", "new_employment", "child_in_difficulty", "migrant_child")  # fmt: skip
    learner = ("skills_learner",)
    return [
        Programme("wuhan_craftsmen", Text("江汉打铜社区“铜小匠”", "Jianghan: the coppersmiths of Datong"), old, ("coppersmith_call", "home_repair", "safety_check"), ("mobile_grid",), SOURCE),
        Programme("wuhan_old_new_small", Text("汉阳“一老一新一小”", "Hanyang: old, new and small"), all_three, ("visit", "child_club", "child_company", "tutoring"), (), SOURCE),
        Programme("wuhan_incubation", Text("武昌社区学校：骨干和项目孵化", "Wuchang: core volunteers and projects at community schools"), (), PIPELINE, (), SOURCE),
        Programme("wuhan_jobs", Text("江夏就业超市", "Jiangxia: the employment supermarket"), learner, ("course_plan", "course_seat", "flexible_job"), (), SOURCE),
    ]  # fmt: skip


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """Mobile grid workers as finders of needs, and how far each community school is with its pipeline."""
    found = Text("移动网格员", "Mobile grid workers")
    grown = Text("骨干培训和队伍孵化", "Training and incubation")
    return [
        ReportSection("wuhan_mobile_grid", found, mobile_grid),
        ReportSection("wuhan_pipeline", grown, pipeline),
    ]


@hookimpl
def register_demos() -> list[Demo]:
    """The tables that come with wushe; published totals are marked in its README."""
    about = Text(
        "武汉四个区的“专业社工+志愿服务”（虚构细节）：社工带队、移动网格员、家庭积分、创投、就业超市，规划日期 2025-09-22",
        "social workers and volunteers in four districts of Wuhan (details made up): led teams, mobile grid workers, family points, grants, jobs, planned on 2025-09-22",
    )
    folder = Path(__file__).parents[2] / "demos" / "wuhan"
    stories = ("H-DT01", "H-QL01", "H-ZZ01", "I-SX01")
    return [Demo("wuhan", about, ("wuhan",), "2025-09-22", folder, stories, tell="wushe.demos.stories.wuhan:tell")]  # fmt: skip

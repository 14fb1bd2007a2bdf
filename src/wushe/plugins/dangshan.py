"""Dangshan County, Anhui: 政策找人, policies that look for the people they are for.

Source, cited below as "Dangshan": report on the county's social workers (央广网, reprinted in the county's
own publication), who visit by grid, at holidays and on neighbours' word, find a corn seller whose son has
leukaemia, come back the next day with the list of papers for dibao, hand in everything for him, and call
on the community's mutual-aid society (700 yuan at once), the charity federation, the Red Cross and firms
for the rest. It reports no weights, limits or dates: what is assumed says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Context,
    Demo,
    KeywordRule,
    Programme,
    Question,
    RiskSignal,
    Text,
    VisitForm,
    hookimpl,
)

EVENING: tuple[tuple[Literal["household", "person"], str, str, str], ...] = (
    ("household", "members_count", "家里几口人", "people in the household"),
    ("household", "income_month_fen", "全家每月收入(元)", "income of all a month, yuan"),
    ("household", "statuses", "现在享受哪些救助（没有填“无”）", "relief received now (none: 无)"),
    (
        "household",
        "property_ok",
        "财产是否符合规定（没有大额存款、多余住房、小汽车的填“是”）",
        "property within the limits (yes: no large savings, second flat or car)",
    ),
    (
        "household",
        "sudden_spending",
        "最近必须花的钱突然多了很多",
        "necessary spending rose suddenly",
    ),
    ("household", "complete", "哪几项已经全部说清", "which lists are complete"),
    ("household", "referral_consent", "同意转介慈善帮扶", "consents to a referral to charity"),
    ("household", "sensitive_consent", "同意登记病情等敏感信息", "consents to sensitive facts"),
    ("household", "truth_committed", "已作如实申报承诺", "committed to a truthful declaration"),
    ("household", "corecheck_authorised", "已签核对授权书", "signed the core-check authorisation"),
    ("person", "coresident", "是否长期一起生活", "lives there long-term"),
    ("person", "employed", "有没有工作", "has work"),
    ("person", "student_stage", "在读阶段", "school stage"),
    ("person", "full_time_student", "是否全日制", "full-time"),
    ("person", "major_illness", "是否患重大疾病", "serious illness"),
    ("person", "disability_cert", "有没有残疾证", "disability certificate"),
    ("person", "insured", "有没有参加医保", "medical insurance"),
)
"""What has to be asked on the first evening so that the policies can be matched the same night. The
questions are this plugin's; that the worker asks about supper and work first is Dangshan."""

KINDS = (
    ("ds_1_living", "生活救助", "living", ("living_aid", "emergency_aid", "food", "daily_goods")),
    ("ds_2_medical", "医疗援助", "medical care", ("medical_aid", "medical_escort")),
    ("ds_3_school", "助学帮扶", "school", ("education_aid", "tutoring", "school_supplies")),
    ("ds_4_work", "就业支持", "work", ("job_coaching",)),
    ("ds_5_comfort", "心理慰藉", "comfort", ("counselling",)),
)
"""The five sorts of need that are matched with the parties' means, in the order in which Dangshan names them.

Their categories are assumed."""
VISITS = ("regular", "holiday", "neighbour")
"""How families are found: regular visits, holiday visits, neighbours' word (Dangshan)."""
VENDOR_POINTS, VENDOR_DAYS = 20, 7
"""Weight and interval of at most one earner with a seriously ill family member (assumed)."""
WORKING_AGE = 16
"""Who is younger does not work (劳动法 article 15), whether or not somebody asked."""


@hookimpl
def register_visit_forms() -> list[VisitForm]:
    """The evening round: a form that answers most questions of the relief policies in one visit."""
    questions = tuple(
        Question(f"{subject}_{field}", "situation", Text(zh, en), field, subject)
        for subject, field, zh, en in EVENING
    )
    agent = Text("愿意由社工代办申请", "wants the worker to apply for them")
    wish = Question("want_relief_application", "willingness", agent, category="relief_application")
    title = Text("夜间敲门走访", "evening round")
    return [VisitForm("dangshan_evening", title, (*questions, wish))]


@hookimpl
def register_keyword_rules() -> list[KeywordRule]:
    """Words (assumed) for what the report tells of: a hospital far away, fees, a late stall."""
    return [
        KeywordRule("medical_aid", "(?:白血病|肿瘤|化疗|移植|透析).{0,12}(?:住院|费用|医药费|治疗)|医疗费.{0,6}(?:凑|借|缺)", weight=2),
        KeywordRule("emergency_aid", "燃眉之急|(?:医疗费|押金|路费).{0,6}(?:周转|凑不|拿不出)", weight=2),
    ]  # fmt: skip


@hookimpl
def register_risk_signals() -> list[RiskSignal]:
    """At most one earner and a seriously ill family member: the household that Dangshan tells of."""
    label = Text(
        "家有重病患者，工作的至多一人", "somebody seriously ill, and at most one who works"
    )
    return [RiskSignal("ds_one_earner", label, one_earner, VENDOR_POINTS, VENDOR_DAYS)]


def one_earner(persons: Columns, context: Context) -> npt.NDArray[np.int8]:
    """Return 1 where somebody of the household is seriously ill and at most one works, int8 (n_persons,).

    -1 where it is not known of everybody, those included whom nobody listed, or where there is no household.
    """
    home = persons["household_row"]
    n = int(home.max(initial=-1)) + 2  # the last place is for persons without a household
    here = ~(persons["died_on"] <= np.datetime64(context.on, "D"))
    child = (persons["age"] >= 0) & (persons["age"] < WORKING_AGE)
    ill = persons["major_illness"]
    works = np.where(child, 0, persons["employed"])
    some_ill = _counted(home, here & (ill == 1), n) > 0
    maybe_ill = _counted(home, here & (ill != 0), n) > 0
    earners, open_ = (_counted(home, here & (works == said), n) for said in (1, -1))
    listed = _counted(home, persons["members_complete"] == 1, n) > 0
    yes = some_ill & listed & (earners + open_ <= 1)
    no = (listed & ~maybe_ill) | (earners > 1)
    out = np.where(yes, 1, np.where(no, 0, -1)).astype(np.int8)
    out[-1] = -1
    return out[home]


def _counted(
    home: npt.NDArray[np.int32], which: npt.NDArray[np.bool_], n: int
) -> npt.NDArray[np.int64]:
    return np.bincount(np.where(home < 0, n - 1, home)[which], minlength=n)


@hookimpl
def register_programmes() -> list[Programme]:
    """The five sorts of help, for everybody in need, found on visits."""
    source = "央广网：砀山“专业社工+多元链接”"
    return [
        Programme(key, Text(zh, en), (), categories, VISITS, source)
        for key, zh, en, categories in KINDS
    ]


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe."""
    about = Text(
        "砀山政策找人的故事（虚构细节）：5 户家庭，卖玉米的钱家从第一个晚上到结案，计划日期 2025-08-05",
        "policies that look for people, Dangshan (details made up): 5 households, the corn seller's from the first evening to the closed file, planned on 2025-08-05",
    )
    folder = Path(__file__).parents[1] / "demos" / "dangshan"
    return [Demo("dangshan", about, ("dangshan",), "2025-08-05", folder, ("H-QIAN",), relief=True, tell="wushe.demos.stories.dangshan:tell")]  # fmt: skip

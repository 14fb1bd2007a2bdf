"""The built-in signs of difficulty: what each asks of the facts, its weight, and where that is from.

Every test answers 1 yes, 0 no or -1 unknown for each person: a missing fact is never a no. Points are
assumed throughout (no published weights exist for this practice); `SOURCES` says which thresholds and
intervals come from a document and which are assumed. `evaluate_signals` tells whether they work.
"""

from __future__ import annotations

from functools import partial
from itertools import repeat
from typing import Any

import numpy as np

from wushe import Columns, Context, RiskSignal, Text

Array = np.ndarray[Any, Any]

MEDICAL_PERCENT = 25
RIGID_PERCENT = 60
OLD, VERY_OLD, MINOR = 60, 80, 18
WORKING_AGE = (16, 60)
STUDENT_AGE = 25
NO_CONTACT_DAYS = 60
NOT_HOME_TIMES = 2
REPORTS = 3
SEVERE_LEVEL = 2

_UNKNOWN = np.iinfo(np.int64).min
_REFUSED, _MOVED, _OUTCOME_UNKNOWN = 2, 3, -1


def _answer(yes: Array, no: Array) -> Array:
    """1 where `yes`, else 0 where `no`, else -1."""
    return np.where(yes, 1, np.where(no, 0, -1)).astype(np.int8)


def _share(spent: Array, complete: Array, income: Array, percent: int) -> Array:
    """Whether spending is over `percent` of income; what is recorded may already be too much."""
    known = (spent != _UNKNOWN) & (income != _UNKNOWN)
    floor, rest = np.divmod(np.where(known, income, 0), 100)
    # Whole fen: a product with percent would overflow where the quotient cannot.
    over = np.where(known, spent, 0) > floor * percent + rest * percent // 100
    return _answer(known & over, known & ~over & complete)


def medical_spending(persons: Columns, _: Context) -> Array:
    """The household pays more for treatment than a quarter of its income."""
    spent, complete = persons["medical_fen"], persons["medical_complete"]
    return _share(spent, complete, persons["income_year_fen"], MEDICAL_PERCENT)


def rigid_spending(persons: Columns, _: Context) -> Array:
    """Treatment, schooling and rehabilitation take more than 60% of the household's income."""
    spent, complete = persons["rigid_fen"], persons["rigid_complete"]
    return _share(spent, complete, persons["income_year_fen"], RIGID_PERCENT)


def new_illness(persons: Columns, _: Context) -> Array:
    """An illness was recorded, and nobody of the station has been there after that day."""
    ill, since, visited = persons["ill"], persons["ill_since"], persons["last_visit"]
    followed = ~np.isnat(since) & (visited > since)
    return _answer((ill == 1) & ~np.isnat(since) & ~followed, (ill == 0) | followed)


def alone_and_old(persons: Columns, _: Context, age: int = OLD) -> Array:
    """Lives alone at `age` or above. The group of lone elders counts as living alone."""
    years, alone = persons["age"], persons["lives_alone"]
    listed = persons.arrays.get("group:lone_elder", np.zeros(len(persons), dtype=np.int8))
    alone = np.where(listed == 1, 1, alone)
    old = np.where((years < 0) & (listed == 1) & (age <= OLD), age, years)
    return _answer((old >= age) & (alone == 1), ((old >= 0) & (old < age)) | (alone == 0))


def no_contact(persons: Columns, _: Context) -> Array:
    """Not at home at least twice since the last contact, or no contact for two months."""
    days = persons["days_since_contact"]
    lost = (persons["not_home"] >= NOT_HOME_TIMES) | (days > NO_CONTACT_DAYS)
    return _answer(lost, days >= 0)


def child_without_guardian(persons: Columns, _: Context) -> Array:
    """A minor in a household without an adult able to care."""
    minor = (persons["age"] >= 0) & (persons["age"] < MINOR)
    recognised = _words(persons["child_status"], ("orphan", "defacto")) >= 0
    nobody = (persons["maybe_others"] == 0) & (persons["members_complete"] == 1)
    yes = (recognised & (persons["age"] < MINOR)) | (minor & nobody)
    return _answer(yes, (persons["age"] >= MINOR) | (persons["able_others"] > 0))


def out_of_work(persons: Columns, _: Context) -> Array:
    """Of working age and without work; a full-time student is not."""
    age, employed, months = persons["age"], persons["employed"], persons["jobless_months"]
    student = persons["full_time_student"]
    of_age = (age >= WORKING_AGE[0]) & (age < WORKING_AGE[1])
    jobless = (employed == 0) | ((employed < 0) & (months > 0))
    studies = (student == 1) | ((student < 0) & (age < STUDENT_AGE))
    no = (employed == 1) | (student == 1) | ((age >= 0) & ~of_age)
    return _answer(of_age & jobless & ~studies, no)


def disabled_without_carer(persons: Columns, _: Context) -> Array:
    """Severely disabled or unable to care for themselves, at home, and nobody able to care."""
    level, items = persons["disability_level"], persons["selfcare_unable"]
    unable = np.fromiter((bool(item) for item in items), bool, len(persons))
    able = np.fromiter((item == () for item in items), bool, len(persons))
    severe = ((level >= 1) & (level <= SEVERE_LEVEL)) | unable
    light = ((level > SEVERE_LEVEL) | (persons["disability_cert"] == 0)) & able
    nobody = (persons["maybe_others"] == 0) & (persons["members_complete"] == 1)
    cared = (persons["able_others"] > 0) | (persons["care_mode"] == "institution")
    return _answer(severe & nobody & ~cared, light | cared)


def sudden_event(persons: Columns, _: Context) -> Array:
    """A fire, an accident or another emergency was recorded within 90 days."""
    return _answer(persons["recent_events"] > 0, persons["undated_events"] == 0)


def refused_or_moved(persons: Columns, _: Context) -> Array:
    """The last attempt found the door closed for good: refused, or moved away."""
    last = persons["last_outcome"]
    return _answer((last == _REFUSED) | (last == _MOVED), last != _OUTCOME_UNKNOWN)


def many_reports(persons: Columns, _: Context) -> Array:
    """Neighbours and grid workers reported three times or more within 90 days."""
    reports = persons["recent_reports"]
    return _answer(reports >= REPORTS, reports < REPORTS)


def _words(column: Array, words: tuple[str, ...]) -> Array:
    index = {word: code for code, word in enumerate(words)}
    return np.fromiter(map(index.get, column, repeat(-1)), np.int64, len(column))


def in_group(persons: Columns, _: Context, group: str) -> Array:
    """The person or the household belongs to the target group; unknown where no plugin has it."""
    absent = np.full(len(persons), -1, dtype=np.int8)
    return np.asarray(persons.arrays.get(f"group:{group}", absent))


_SIGNALS = (
    ("medical_spending", "医疗支出超过家庭收入的四分之一", "treatment costs over a quarter of income", medical_spending, 20, 30),
    ("rigid_spending", "刚性支出超过家庭收入的六成", "unavoidable spending over 60% of income", rigid_spending, 20, 30),
    ("new_illness", "新记录的病情，尚未回访", "an illness newly recorded, not followed up", new_illness, 20, 15),
    ("alone_and_old", "独居老人", "old and living alone", alone_and_old, 10, 30),
    ("alone_and_very_old", "80岁以上独居老人", "over 80 and living alone", partial(alone_and_old, age=VERY_OLD), 10, 7),
    ("no_contact", "两次以上无人在家，或两个月没有联系上", "not at home twice, or no contact for two months", no_contact, 15, 15),
    ("child_without_guardian", "未成年人身边没有能照护的监护人", "a minor without an able guardian", child_without_guardian, 25, 7),
    ("out_of_work", "劳动年龄内失业", "out of work at working age", out_of_work, 8, 30),
    ("disabled_without_carer", "重度残疾或失能，无人照护", "severely disabled without a carer", disabled_without_carer, 20, 7),
    ("sudden_event", "90天内发生急难事件", "an emergency within 90 days", sudden_event, 25, 7),
    ("refused_or_moved", "上次拒访或已搬离", "refused or moved at the last attempt", refused_or_moved, 5, None),
    ("many_reports", "90天内多次邻里或网格反馈", "many reports within 90 days", many_reports, 12, 15),
)  # fmt: skip
_GROUP_DAYS = (
    ("lone_elder", "独居老人", "lone elder", 30),
    ("empty_nest", "空巢老人", "empty-nest elder", 30),
    ("left_behind", "留守人员", "left-behind", 30),
    ("disabled", "残疾人", "disabled", 30),
    ("tekun", "特困人员", "destitute support recipient", 15),
    ("unattended_child", "事实无人抚养儿童", "child in fact unattended", 15),
    ("orphan", "孤儿", "orphan", 15),
    ("child_in_difficulty", "困境儿童", "child in difficulty", 30),
    ("mental_illness", "严重精神障碍患者", "severe mental illness", 30),
    ("serious_illness", "重病患者", "seriously ill", 30),
    ("rough_sleeper", "流浪乞讨人员", "rough sleeper", 7),
)

SOURCES = {
    "medical_spending": Text(
        "25%：联合国可持续发展目标指标3.8.2的较高门槛；30天为假定",
        "25%: the upper threshold of SDG indicator 3.8.2; 30 days assumed",
    ),
    "rigid_spending": Text(
        "刚性支出困难家庭认定办法由地方定比例，已见50%至80%，取60%；30天为假定",
        "the national measure leaves the share to provinces (50% to 80% seen), 60% taken; 30 days assumed",
    ),
    "alone_and_old": Text(
        "60岁：老年人权益保障法第2条；30天：特殊困难老年人月探访（国发〔2021〕35号）",
        "60: law on the rights of the elderly, article 2; 30 days: monthly visits (State Council 2021/35)",
    ),
    "child_without_guardian": Text(
        "18岁：未成年人保护法第2条；7天为假定",
        "18: minors' protection law, article 2; 7 days assumed",
    ),
}
"""Where a threshold or interval comes from. Those not listed, and all points, are assumed."""


def risk_signals() -> list[RiskSignal]:
    """Return the signs of difficulty, and for each group how often it is visited (no points)."""
    return [
        *(
            RiskSignal(i, Text(zh, en), test, points, days)
            for i, zh, en, test, points, days in _SIGNALS
        ),
        *(
            RiskSignal(f"group_{i}", Text(zh, en), partial(in_group, group=i), 0, days)
            for i, zh, en, days in _GROUP_DAYS
        ),
    ]


def visit_priority(persons: Columns) -> Array:
    """Points of the signals that a person shows, over all points there are, float (n_persons,)."""
    most = persons["signal_points_most"]
    return np.divide(persons["signal_points"], most, out=np.zeros(len(persons)), where=most > 0)

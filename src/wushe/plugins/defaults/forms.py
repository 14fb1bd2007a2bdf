"""The built-in visit forms, as data: who asks, what is asked, and where the answer goes.

The door-knock form follows the four parts that Wuchang District reports of its survey: situation, health,
needs, willingness (Hubei Charity Federation, 6 November 2025). The ways in, regular and holiday visits
and neighbours' word among them, follow Dangshan County. The questions themselves are this plugin's.
"""

from __future__ import annotations

from typing import Any

from wushe import Question, Text, VisitForm


def _asks(section: Any, subject: Any, *rows: tuple[str, ...]) -> tuple[Question, ...]:
    """Return questions from rows of id, Chinese, English and, where it is another one, the field."""
    return tuple(
        Question(row[0], section, Text(row[1], row[2]), row[3] if len(row) > 3 else row[0], subject)
        for row in rows
    )


def _wants(subject: Any, *rows: tuple[str, ...]) -> tuple[Question, ...]:
    """Return questions on needs from rows of category, Chinese, English and, if any, the unit."""
    return tuple(
        Question(
            f"want_{row[0]}", "needs", Text(row[1], row[2]), None, subject, row[0],
            row[3] if len(row) > 3 else None,
        )
        for row in rows
    )  # fmt: skip


_SITUATION = _asks(
    "situation", "household",
    ("members_count", "家里几口人", "people in the household"),
    ("income_month", "全家每月收入(元)", "household income a month, yuan", "income_month_fen"),
    ("income_year", "近12个月全家收入(元)", "household income of 12 months, yuan", "income_year_fen"),
    ("spending_month", "每月必需开支(元)", "necessary spending a month, yuan"),
    ("medical_month", "每月自付医药费(元)", "medicine paid by themselves a month, yuan"),
    ("debts", "欠债情况", "debts"),
    ("main_income", "主要收入来源", "main source of income"),
    ("target_groups", "属于哪类对象", "target groups"),
    ("idle_land", "有没有撂荒的地", "idle farmland"),
    ("dwelling", "住房情况", "dwelling"),
    ("household_phone", "家里的电话", "phone of the household", "phone"),
)  # fmt: skip
_PERSON = _asks(
    "situation", "person",
    ("lives_alone", "是否独居", "lives alone"),
    ("last_contact_family", "子女或亲属多久联系一次", "how often family is in touch"),
    ("employed", "有没有工作", "has work"),
    ("jobless_months", "没有工作几个月了", "months without work"),
    ("student_stage", "在读阶段", "school stage"),
)  # fmt: skip
_HEALTH = _asks(
    "health", "person",
    ("major_illness", "是否患重大疾病", "serious illness"),
    ("illness", "患什么病", "which illness"),
    ("away_for_treatment", "是否在外地住院治疗", "treated in a hospital elsewhere"),
    ("disability_cert", "有没有残疾证", "disability certificate"),
    ("disability_type", "残疾类别", "type of disability"),
    ("disability_level", "残疾等级", "level of disability"),
    ("selfcare_unable", "哪些事自己做不了", "self-care items that cannot be done"),
    ("carer", "平时谁来照顾", "who cares for the person"),
    ("insured", "有没有参加医保", "health insurance"),
    ("mood", "情绪和睡眠怎么样", "mood and sleep"),
)  # fmt: skip
_NEEDS = (
    *_wants(
        "person",
        ("home_care", "需要人上门照护吗", "home care wanted", "小时"),
        ("meal_delivery", "需要送餐吗", "meal delivery wanted", "小时"),
        ("medical_escort", "看病需要人陪吗", "escort to hospital wanted", "小时"),
        ("counselling", "想找人聊聊、疏导心情吗", "counselling wanted", "小时"),
        ("assistive_device", "需要轮椅、拐杖等辅具吗", "assistive device wanted", "件"),
        ("tutoring", "孩子功课需要辅导吗", "tutoring wanted", "小时"),
    ),
    *_wants(
        "household",
        ("food", "缺米面粮油吗", "food wanted", "件"),
        ("daily_goods", "缺什么生活用品", "daily goods wanted", "件"),
        ("clothing", "缺衣物被褥吗", "clothing or bedding wanted", "件"),
        ("safety_check", "水电燃气要不要检查", "water and electricity check wanted", "小时"),
        ("home_repair", "家电有要修的吗", "home repair wanted", "小时"),
        ("living_aid", "生活费缺多少", "money short for living", "元"),
        ("medical_aid", "医药费缺多少", "money short for treatment", "元"),
        ("education_aid", "学费缺多少", "money short for school", "元"),
        ("relief_application", "需要帮忙申请救助吗", "help with a relief application wanted", "小时"),
    ),
    Question("wish", "needs", Text("微心愿(可公开，不写姓名电话)", "wish (may be public, names nobody)"), "public_text", "household", "daily_goods", "件"),
)  # fmt: skip
_HASTE = _asks(
    "needs", "household",
    ("urgency", "紧急程度", "urgency"),
    ("due", "最晚什么时候", "needed by", "due"),
)  # fmt: skip
_FOUND = _asks(
    "willingness", "household", ("found", "发现的困难(信号)", "difficulties found (signals)")
)
_WILLING = (
    *_asks(
        "willingness", "household",
        ("willing", "愿不愿意接受帮扶", "willing to accept help"),
        ("referral_consent", "是否同意把情况转给慈善组织", "agrees to referral to charities"),
        ("sensitive_consent", "是否同意处理健康等敏感信息", "agrees to sensitive data being processed"),
        ("guardian_consent", "有不满14岁的孩子：监护人是否同意", "child under 14: guardian agrees"),
        ("corecheck_authorised", "是否授权核对经济状况", "authorises the check of means"),
        ("preferred_time", "什么时候上门方便", "convenient time for visits"),
        ("prefers_not", "不希望怎么帮", "help that is not wanted"),
    ),
    *_FOUND,
)  # fmt: skip

DEFAULT_FORMS = [
    VisitForm(
        "door", Text("敲门行动走访表", "Door-knock form"),
        (*_SITUATION, *_PERSON, *_HEALTH, *_NEEDS, *_HASTE, *_WILLING),
    ),
    VisitForm(
        "holiday", Text("节日慰问走访表", "Holiday visit form"),
        (
            *_asks(
                "situation", "household",
                ("gift", "送去了什么", "what was brought"),
                ("changes", "上次走访以来有什么变化", "changes since the last visit"),
                ("spends_holiday", "和谁一起过节", "with whom they spend the holiday"),
            ),
            *_asks(
                "health", "person",
                ("new_illness", "近来有没有新的病痛", "new illness"),
                ("mood", "情绪和睡眠怎么样", "mood and sleep"),
            ),
            *_wants(
                "household",
                ("visit", "平时想有人来坐坐吗", "regular visits wanted", "小时"),
                ("food", "缺米面粮油吗", "food wanted", "件"),
                ("clothing", "缺衣物被褥吗", "clothing or bedding wanted", "件"),
            ),
            *_HASTE,
            *_asks("willingness", "household", ("willing", "愿不愿意接受帮扶", "willing to accept help")),
            *_FOUND,
        ),
    ),
    VisitForm(
        "neighbour", Text("邻里反馈表", "Neighbour's word form"),
        (
            *_asks(
                "situation", "household",
                ("seen", "看到或听说了什么", "what was seen or heard"),
                ("reporter_relation", "反映人与这家的关系", "how the neighbour knows them"),
            ),
            *_asks(
                "situation", "person",
                ("lives_alone", "是否独居", "lives alone"),
                ("last_seen", "最后一次见到是哪天", "day last seen"),
                ("contact_lost_on", "从哪天起联系不上", "out of contact since"),
            ),
            *_asks("health", "person", ("looks_unwell", "看上去身体怎么样", "how the person looks")),
            *_wants(
                "household",
                ("visit", "要不要社工上门看看", "a social worker should call", "小时"),
                ("meal_delivery", "吃饭有没有困难", "difficulty with meals", "小时"),
            ),
            *_HASTE,
        ),
    ),
    VisitForm(
        "grid", Text("网格员上报表", "Grid worker's report form"),
        (
            *_asks(
                "situation", "household",
                ("event", "发现了什么情况", "what was found"),
                ("members_count", "家里几口人", "people in the household"),
                ("dwelling_risk", "房屋、用电、用气有没有隐患", "danger in house, power or gas"),
                ("rent_or_bills_owed", "有没有欠租或欠水电费", "rent or bills owed"),
            ),
            *_asks(
                "situation", "person",
                ("lives_alone", "是否独居", "lives alone"),
                ("employed", "有没有工作", "has work"),
                ("work_hours", "每天工作几小时(骑手、快递员)", "hours of work a day (riders, couriers)"),
                ("contact_lost_on", "从哪天起联系不上", "out of contact since"),
            ),
            *_asks(
                "health", "person",
                ("major_illness", "是否患重大疾病", "serious illness"),
                ("disability_cert", "有没有残疾证", "disability certificate"),
            ),
            *_wants(
                "household",
                ("visit", "要不要社工上门看看", "a social worker should call", "小时"),
                ("safety_check", "水电燃气要不要检查", "water and electricity check wanted", "小时"),
                ("emergency_aid", "急需用钱多少", "money needed at once", "元"),
            ),
            *_HASTE,
            *_FOUND,
        ),
    ),
    VisitForm(
        "street", Text("街面巡查登记表", "Street-round form"),
        (
            *_asks(
                "situation", "person",
                ("called", "怎么称呼", "what the person is called"),
                ("name", "姓名(愿意说的话)", "name, if told"),
                ("sex", "性别", "sex"),
                ("id_number", "身份证号(有的话)", "ID number, if there is one"),
                ("age_guess", "看上去多大年纪", "apparent age"),
                ("sleeps_at", "睡在哪里", "where the person sleeps"),
                ("street_since", "在街头多久了", "how long on the street"),
                ("home_region", "老家在哪里", "where from"),
                ("minor", "是不是未成年人", "a minor"),
                ("harmed", "有没有受伤害或被胁迫的迹象", "signs of harm or coercion"),
            ),
            *_asks(
                "health", "person",
                ("looks_unwell", "看上去身体怎么样", "how the person looks"),
                ("speaks_clearly", "说话清楚吗", "speaks clearly"),
            ),
            *_wants(
                "person",
                ("food", "要不要吃的", "food wanted", "件"),
                ("clothing", "要不要衣服被子", "clothing or bedding wanted", "件"),
                ("medical_escort", "要不要送医", "wants to be taken to a doctor", "小时"),
                ("emergency_aid", "返乡等急用要多少钱", "money wanted at once, to travel home", "元"),
            ),
            *_HASTE,
            *_asks(
                "willingness", "person",
                ("willing", "愿不愿意去救助站", "willing to come to the relief station"),
                ("referral_consent", "是否同意把情况转给慈善组织", "agrees to referral to charities"),
            ),
        ),
    ),
    VisitForm(
        "push", Text("部门推送名单", "List pushed by another office"),
        (
            *_asks(
                "situation", "household",
                ("pushed_by", "推送部门", "office that sends the list"),
                ("push_reason", "推送原因", "reason"),
                ("income_month", "全家每月收入(元)", "household income a month, yuan", "income_month_fen"),
                ("income_year", "近12个月全家收入(元)", "household income of 12 months, yuan", "income_year_fen"),
                ("target_groups", "属于哪类对象", "target groups"),
            ),
            *_asks(
                "situation", "person",
                ("employed", "有没有工作", "has work"),
                ("jobless_months", "没有工作几个月了", "months without work"),
                ("student_stage", "在读阶段", "school stage"),
                ("child_status", "儿童身份", "status of the child"),
                ("custody", "是否羁押", "in custody"),
                ("died_on", "死亡日期", "date of death"),
            ),
            *_asks(
                "health", "person",
                ("major_illness", "是否患重大疾病", "serious illness"),
                ("medical_year", "近12个月自付医药费(元)", "medical costs borne in 12 months, yuan"),
                ("disability_type", "残疾类别", "type of disability"),
                ("disability_level", "残疾等级", "level of disability"),
                ("insured", "有没有参加医保", "health insurance"),
            ),
        ),
    ),
]  # fmt: skip
"""The built-in forms: door, holiday, neighbour, grid (and mobile grid), street, push."""

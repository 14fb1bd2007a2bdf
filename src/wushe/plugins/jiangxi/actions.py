"""The notice's seven actions (see the package's docstring): whom each is for, what it does, how its people are found.

Which category stands for which service of the notice is this plugin's reading.
"""

from __future__ import annotations

SOURCE = "江西省民政厅《关于实施“五社联动 暖心关爱工程”的通知》的报道，刊载日期未见"
ELDERS = ("empty_nest", "jx_frail_elder", "jx_left_elder", "jx_oldest", "jx_poor_elder", "lone_elder")  # fmt: skip
CHILDREN = ("child_in_difficulty", "jx_left_child", "orphan", "unattended_child")
DISABLED = ("disabled", "mental_illness")
POOR = ("dibao", "low_income", "serious_illness", "tekun")
# id: Chinese, English, groups, categories, ways in which its people are found.
ACTIONS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "1_elders": (
        "助老敲门行动", "knocking on elders' doors", ELDERS,
        ("activity_company", "counselling", "errand", "home_care", "jx_crisis", "jx_support",
         "meal_delivery", "policy_talk", "visit"), ("door", "holiday", "regular"),
    ),
    "2_children": (
        "护童成长行动", "watching over children", CHILDREN,
        ("counselling", "jx_child_safety", "jx_outing", "jx_parenting", "tutoring"), ("door", "regular"),
    ),
    "3_relief": (
        "慈善救助行动", "charity relief", POOR,
        ("daily_goods", "education_aid", "emergency_aid", "food", "living_aid", "medical_aid"), (),
    ),
    "4_neighbours": (
        "邻里守望行动", "neighbours' watch", (),
        ("jx_watch", "jx_watch_lead", "jx_watch_member"), ("grid", "mobile_grid", "neighbour"),
    ),
    "5_customs": ("移风易俗行动", "plain customs", (), ("jx_customs",), ()),
    "6_way_home": (
        "温暖回家行动", "a warm way home", ("rough_sleeper",),
        ("counselling", "job_coaching", "jx_way_home"), ("street_round",),
    ),
    "7_disabled": (
        "阳光助残行动", "sunlight for the disabled", DISABLED,
        ("activity_company", "counselling", "jx_ability", "jx_recovery", "policy_talk"), ("door", "regular"),
    ),
}  # fmt: skip

"""P13 流浪乞讨救助: shelter for people without means on the street, wherever they are."""

from __future__ import annotations

import datetime as dt

from wushe import Text
from wushe.rules import Condition, Material, Policy, Step, any_of, p, person_is

CHECKED = dt.date(2026, 11, 21)
D381 = "国务院令第381号 城市生活无着的流浪乞讨人员救助管理办法"
D24 = "民政部令第24号 实施细则"
STATION = Text("所在地救助管理站", "the relief station at the place of need")

SHELTER = Policy(
    id="vagrant",
    name=Text("生活无着的流浪乞讨人员救助", "shelter for people begging on the street"),
    unit="persons",
    kind="service",
    section="P13",
    order=1,
    conditions=(
        Condition(
            "no-shelter",
            Text("自身无力解决食宿", "cannot find food and lodging alone"),
            p.no_shelter,
            D24,
        ),
        Condition(
            "no-kin",
            Text("无亲友投靠", "no relative or friend to turn to"),
            ~p.kin_support,
            D24,
        ),
        Condition(
            "not-supported",
            Text(
                "不享受城市低保或农村五保（特困）供养",
                "neither on the guarantee nor in destitute support",
            ),
            ~any_of(person_is("dibao"), person_is("tekun")),
            D24,
        ),
        Condition(
            "on-street",
            Text("正在城市流浪乞讨度日", "now living on the street by begging"),
            p.on_street,
            D24,
        ),
    ),
    document=D381,
    confidence="A*",
    checked=CHECKED,
    valid_from=dt.date(2003, 8, 1),
    materials=(
        Material(
            "identity",
            Text(
                "本人说明的姓名等基本情况（不清楚的先救助）",
                "name and origin as told; help comes first",
            ),
            D381,
            "第6条",
        ),
    ),
    steps=(
        Step(
            "ask",
            Text(
                "本人求助或同意后提供（自愿）", "the person asks for help or accepts it: voluntary"
            ),
            STATION,
            D381,
        ),
        Step(
            "help",
            Text("食宿、突发急病救治、联系亲属、返乡", "food, bed, first aid, kin found, way home"),
            STATION,
            D381,
            after="ask",
        ),
        Step(
            "leave",
            Text("一般不超过规定天数", "the stay ends within the usual days"),
            STATION,
            D24,
            limit="vagrant_stay_days_general_max",
            after="help",
        ),
    ),
    apply_at=STATION,
    note=Text(
        "在所在地办理，不看户籍；情况紧急的，可同时按急难型临时救助先行救助",
        "At the place of need, whatever the registration; in an emergency temporary relief comes first",
    ),
)
POLICIES = (SHELTER,)

"""What is no mistake but worth a look: read all the same, said by ``wushe check``."""

from __future__ import annotations

import numpy as np

from wushe.errors import Problem, ProblemKind
from wushe.io.appointments import appointment_remarks
from wushe.network import LinkageNetwork
from wushe.privacy import mask
from wushe.text import Text

DISTRICT_UNKNOWN = ProblemKind(
    "district-not-known",
    Text(
        zh="身份证号的地区码不在区划代码表中",
        en="the ID number's district code is not in the list of codes",
    ),
    Text(zh="曾经有效的地区码", en="a district code that was once in use"),
    Text(
        zh="对照证件核对；区划调整前后出生的人可能属正常",
        en="compare with the card; for births around a change of districts it may be right",
    ),
)
SKILL_UNUSED = ProblemKind(
    "skill-unused",
    Text(
        zh="没有需求类别用到这项技能，据此不会形成供给",
        en="no category asks for this skill, so no offer comes of it",
    ),
    Text(zh="其中之一：{known}", en="one of: {known}"),
    Text(
        zh="改用所列写法；插件的评分或资格规则自己要用的技能，就这样写",
        en="use a listed word; a skill that only a plugin's own score or filter asks about is fine as it is",
    ),
)
HOURS_UNKNOWN = ProblemKind(
    "hours-unknown",
    Text(
        zh="没有每周服务小时，不计入供给", en="weekly hours are not recorded, so nothing is offered"
    ),
    Text(zh="每周可服务的小时数", en="hours a week"),
    Text(zh="询问后补填", en="ask and fill in"),
)


def remarks(network: LinkageNetwork) -> tuple[Problem, ...]:
    """Return what readers of `network` should look at again, by table and row; nothing here is an error.

    Unknown district codes in ID numbers (a code may postdate a birth), skills that no category asks
    for, helpers whose hours are not recorded, times and codes of needs that do not fit together.
    """
    found = [*_districts(network), *appointment_remarks(network)]
    for name in ("social_workers", "volunteers"):
        found += _skills(network, name)
        found += _hours(network, name)
    return tuple(sorted(found, key=lambda p: (p.file, p.row or 0, p.field or "")))


def _districts(network: LinkageNetwork) -> list[Problem]:
    from stdnum.cn import ric
    from stdnum.exceptions import InvalidComponent

    persons = network.tables["persons"]
    verdicts: dict[str, bool] = {}
    found = []
    for row in np.flatnonzero(persons.known("id_number")):
        number = persons["id_number"][row]
        if number[:6] not in verdicts:
            try:
                ric.get_birth_place(number)
                verdicts[number[:6]] = True
            except InvalidComponent:
                verdicts[number[:6]] = False
        if not verdicts[number[:6]]:
            shown = mask(number, "id_number")
            found.append(
                Problem(
                    DISTRICT_UNKNOWN, persons.source, int(persons.rows[row]), "id_number", shown
                )
            )
    return found


def _skills(network: LinkageNetwork, name: str) -> list[Problem]:
    table = network.tables[name]
    asked = {s for tags in network.tables["needs"]["skills"] for s in tags or ()}
    for category in network.categories.values():
        # A role asks for skills of its own beside those of the category that it serves.
        asked.update(category.skills, *(role.skills for role in category.roles))
    params = {"known": ", ".join(sorted(asked))}
    return [
        Problem(SKILL_UNUSED, table.source, int(table.rows[row]), "skills", skill, params)
        for row, tags in enumerate(table["skills"])
        for skill in tags or ()
        if skill not in asked
    ]


def _hours(network: LinkageNetwork, name: str) -> list[Problem]:
    table = network.tables[name]
    rows = np.flatnonzero(~table.known("weekly_hours"))
    return [
        Problem(HOURS_UNKNOWN, table.source, int(table.rows[row]), "weekly_hours") for row in rows
    ]

"""Wuhan's own parts of a city report: what mobile grid workers find, and how far the schools' pipelines are.

"Wuhan" is cited as in the package's docstring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wushe import Context, LinkageNetwork, ReportTable, count_table

PIPELINE = ("core_training", "team_founding", "project_incubation")
"""Training, then a team, then a project: 志愿骨干和项目孵化 (Wuhan); the three steps' order is assumed."""


def mobile_grid(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Reports by month until the context's day: how many, of how many households, and what was asked for after them.

    A need counts where its household was reported by a mobile grid worker on the day it was asked or before; who
    was reported without a household stands for their own.
    """
    homes_of = dict(zip(network["persons"].ids, network["persons"]["household"], strict=True))
    reports = [
        visit for visit in network["visits"].records()
        if visit.kind == "mobile_grid" and visit.on <= context.on
    ]  # fmt: skip
    first: dict[str, Any] = {}
    for visit in sorted(reports, key=lambda visit: (visit.on, visit.id)):
        if (home := _home(visit, homes_of)) is not None:
            first.setdefault(home, visit.on)
    asked = [
        need.asked_on for need in network["needs"].records()
        if need.asked_on is not None and (home := _home(need, homes_of)) in first
        and first[home] <= need.asked_on <= context.on
    ]  # fmt: skip
    months = sorted({f"{day:%Y-%m}" for day in (*(v.on for v in reports), *asked)})
    rows = []
    for month in months:
        homes = {_home(v, homes_of) for v in reports if f"{v.on:%Y-%m}" == month} - {None}
        count = sum(f"{v.on:%Y-%m}" == month for v in reports)
        needs = sum(f"{day:%Y-%m}" == month for day in asked)
        rows.append((month, (count, len(homes), needs)))
    columns = (
        ("上报", "reports"),
        ("涉及家庭", "households", "people"),
        ("其后提出的需求", "needs asked for after them", "people"),
    )
    title = ("移动网格员发现的需求", "Needs found by mobile grid workers")
    # A household reported in two months is one household.
    total = (len(reports), len(first), len(asked))
    return [count_table("wuhan_mobile_grid", title, ("月份", "Month"), columns, rows, total=total)]


def _home(record: Any, homes_of: Mapping[str, str | None]) -> str | None:
    """Return the household that a visit or a need is about, the person who has none, or None."""
    own: str | None = record.household or homes_of.get(record.person or "") or record.person
    return own


def pipeline(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """How many community schools asked for each step, and how many had it."""
    needs = network["needs"].records()
    steps = [need for need in needs if need.category in PIPELINE]
    rows = []
    for step in PIPELINE:
        of_step = [need for need in steps if need.category == step]
        met = sum(need.status == "met" for need in of_step)
        name = context.categories[step]
        rows.append(((name.zh, name.en), (len(of_step), met)))
    columns = (("提出", "asked for", "people"), ("完成", "done", "people"))
    title = ("社区学校的孵化进度", "The pipeline at community schools")
    return [count_table("wuhan_pipeline", title, ("环节", "Step"), columns, rows)]

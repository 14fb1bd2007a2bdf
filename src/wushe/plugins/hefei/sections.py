"""Hefei's own parts of a city report: the complex's figures, the four lists joined, who helps whom.

Counted from the tables of the day; what the report of 13 March 2025 (see the package's docstring) gives for
the whole city stands beside it, with its source. "Fundraiser" is a volunteer with the skill `FUNDRAISER`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wushe import Context, ReportTable, Text, count_by_place, count_table, holding

if TYPE_CHECKING:
    from wushe import LinkageNetwork

SOURCE = "中安在线，2025-03-13"
NOWHERE = Text("未写到这一级的", "not placed at this level")
NOBODY_WRITTEN = Text("未写明主办组织的", "nobody wrote down who held them")
FUNDRAISER = "fundraising"
"""Skill of those trained to raise money for a project (劝募员); the word is wushe's."""
COMPLEX_WORD = "综合体"
"""Whoever has it in its name is a service complex: a firm that holds an activity is none (assumed)."""
CHARITIES = ("charity_federation", "foundation", "mutual_aid_society", "red_cross", "social_organization")  # fmt: skip
"""Kinds of organization that are 社区慈善类组织: no firm, hospital or school (assumed)."""
PUBLISHED = {
    "funds": (Text("社区慈善基金", "community charity funds"), 1_345),
    "organizations": (Text("社区慈善类组织", "community charity organizations"), 110),
    "projects": (Text("社区慈善项目", "community charity projects"), 744),
    "fundraisers": (Text("社区慈善劝募员", "community fundraisers"), 1_575),
    "complexes": (Text("社区慈善服务综合体", "charity service complexes"), 248),
}
"""What the whole city had at the end of 2024 (Hefei 2025): to stand beside what the tables hold, never instead."""
RAISED = Text("同期筹集资金2,723万元", "the funds had raised 27.23 million yuan by then")
PARTICIPATION = Text(
    "全市居民参与率三年间由18%升至46%（报道，未说明算法）；本表只数登记的志愿者",
    "residents' participation rose from 18 to 46 per cent in three years (reported, not how it is counted); "
    "here registered volunteers are counted only",
)


def complex_figures(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """A row for each body that held activities up to the date, as a unit with its own figures.

    Where nobody wrote down who held an activity it was the body that carries out its project; where that is not
    known either it stands in a row of its own.
    """
    held, bodies, projects = (network[n] for n in ("activities", "organizations", "projects"))
    carried = np.append(projects["organization"], np.array([None]))  # -1 is no project
    of_project = bodies.row_of(carried[projects.row_of(held["project"])])
    unit = bodies.row_of(held["organization"])
    unit = np.where(unit < 0, of_project, unit)
    past = np.asarray(held["held_on"] <= np.datetime64(context.on, "D"))
    times = np.maximum(held["person_times"], 0)

    def figures(at: npt.NDArray[np.bool_]) -> list[int]:
        served = {project for project in held["project"][at] if project}
        unknown = [int((at & ~held.known(name)).sum()) for name in ("person_times", "persons")]
        return [len(served), int(at.sum()), int(times[at].sum()), *unknown]

    columns = (
        ("子项目", "sub-projects"),
        ("活动场次", "activities"),
        ("服务人次", "person-times", "people"),
        ("未记人次的场次", "without person-times"),
        ("未记人数的场次", "without persons"),
    )
    units = np.unique(unit[past & (unit >= 0)])
    rows = [
        (Text(n, n), figures(past & (unit == at)))
        for n, at in zip(bodies["name"][units], units, strict=True)
    ]
    if (past & (unit < 0)).any():
        rows.append((NOBODY_WRITTEN, figures(past & (unit < 0))))
    return [
        count_table(
            "hefei_complex",
            ("综合体自己的数字", "a complex's own figures"),
            ("综合体或别的主办组织", "complex, or who else held them"),
            columns,
            rows,
            # A sub-project of two bodies is one sub-project.
            total=figures(past),
            note=("人次、人、户是三个数，没记的不推算", "what was not counted is not derived"),
        )
    ]


def four_lists(network: LinkageNetwork, _: Context) -> list[ReportTable]:
    """The four lists by county, how far they meet, what is joined to nothing, and the city's published totals."""
    funds, projects, people = (network[name] for name in ("funds", "projects", "volunteers"))
    raisers = holding(people["skills"], FUNDRAISER)
    fund_place = np.append(funds["place"], np.array([None]))  # -1 is no fund
    charities = np.isin(network["organizations"]["kind"].astype(str), CHARITIES)
    places = {
        "funds": funds["place"],
        "organizations": network["organizations"]["place"][charities],
        "projects": fund_place[funds.row_of(projects["fund"])],
        "fundraisers": people["place"][raisers],
    }
    held, unknown = np.maximum(funds["balance_fen"], 0), ~funds.known("balance_fen")
    counted = [(at, None) for at in places.values()]
    table = count_table(
        "hefei_four_lists",
        ("四张清单，分区县", "the four lists by county"),
        ("区县", "county"),
        (
            *(PUBLISHED[name][0] for name in places),
            ("基金余额", "in the funds", "fen"),
            ("未记余额的基金", "funds whose balance nobody recorded"),
        ),
        count_by_place(
            network, "county", *counted, (funds["place"], held), (funds["place"], unknown), nowhere=NOWHERE
        ),
        total=True,
    )  # fmt: skip
    complexes = sum(COMPLEX_WORD in name for name in network["organizations"]["name"])
    totals = {**{name: len(at) for name, at in places.items()}, "complexes": complexes}
    return [table, _joined(network, raisers), _loose(network, raisers), _published(totals)]


def _raising(network: LinkageNetwork, raisers: npt.NDArray[np.bool_]) -> list[set[str]]:
    """Return for each fundraiser the bodies that they raise money for: those of the teams they are in (assumed)."""
    teams = network["volunteer_teams"]
    body_of = dict(zip(teams.ids, teams["organization"], strict=True))
    asked = network["volunteers"]["teams"][raisers]
    return [{body for team in own or () if (body := body_of.get(team))} for own in asked]


def _joined(network: LinkageNetwork, raisers: npt.NDArray[np.bool_]) -> ReportTable:
    """How many funds have a project, a body that carries it out, and a fundraiser of its host or of that body."""
    funds, projects = network["funds"], network["projects"]
    raising: set[str] = set().union(*_raising(network, raisers))
    bodies: dict[str, set[str | None]] = {key: set() for key in funds.ids}
    for fund, body in zip(projects["fund"], projects["organization"], strict=True):
        bodies.get(fund, set()).add(body)
    hosts = dict(zip(funds.ids, funds["host"], strict=True))
    gaps = [(not b, None in b, not ({hosts[key]} | b) & raising) for key, b in bodies.items()]
    labels = (
        Text("没有项目", "no project"),
        Text("有项目没有承接组织", "a project that nobody carries out"),
        Text("没有劝募员", "no fundraiser"),
    )
    rows = [(label, (sum(gap[k] for gap in gaps),)) for k, label in enumerate(labels)]
    rows.insert(0, (Text("四单齐全", "all four meet"), (sum(not any(gap) for gap in gaps),)))
    rows.append((Text("全部基金", "all funds"), (len(funds),)))
    title = ("四张清单对得上的基金", "funds in which the four lists meet")
    return count_table("hefei_joined", title, ("情形", "case"), (PUBLISHED["funds"][0],), rows)


def _loose(network: LinkageNetwork, raisers: npt.NDArray[np.bool_]) -> ReportTable:
    """What stands in a list and is joined to nothing: projects without a fund, fundraisers without a project."""
    funds, projects = network["funds"], network["projects"]
    hosts = dict(zip(funds.ids, funds["host"], strict=True))
    running = {body for body in projects["organization"] if body}
    running |= {host for fund in projects["fund"] if (host := hosts.get(fund))}
    bodies = _raising(network, raisers)
    rows = (
        (Text("没有写资金来源的项目", "projects without a fund"), (int((~projects.known("fund")).sum()),)),
        (Text("不属于任何组织的劝募员", "fundraisers of no organization"), (sum(not own for own in bodies),)),
        (Text("所属组织没有项目的劝募员", "fundraisers whose organization has no project"), (sum(bool(own) and not own & running for own in bodies),)),
    )  # fmt: skip
    title = ("清单里还没有接上的", "what the lists hold and nothing is joined to")
    return count_table("hefei_loose", title, ("情形", "case"), (("数目", "number"),), rows)


def _published(counted: Mapping[str, int]) -> ReportTable:
    return count_table(
        "hefei_published",
        ("全市公布数与本表", "the city's published totals, and these tables"),
        ("清单", "list"),
        (("2024年底公布", "published, end of 2024"), ("本表", "in these tables")),
        ((label, (said, counted[name])) for name, (label, said) in PUBLISHED.items()),
        note=(f"{SOURCE}；{RAISED.zh}", f"{SOURCE}; {RAISED.en}"),
    )


def helpers(network: LinkageNetwork, _: Context) -> list[ReportTable]:
    """Residents, registered volunteers and those of them who were helped before, by community."""
    places, people = network["places"], network["volunteers"]
    at = network.places.at_level(places.row_of(people["place"]), "community") + 1
    all_of_them = np.bincount(at, minlength=len(places) + 1)
    once = np.bincount(at[people.known("person")], minlength=len(places) + 1)
    names, residents = [NOWHERE, *places["name"]], [-1, *places["population"].tolist()]
    rows = []
    for row in np.flatnonzero(all_of_them).tolist():
        living, helping = residents[row], int(all_of_them[row])
        # Where nobody knows how many live there, nobody knows the share.
        share = (2000 * helping + living) // (2 * living) if living > 0 else None
        cells = (living if living > 0 else None, helping, int(once[row]), share)
        rows.append((names[row], cells))
    columns = (
        ("居民", "residents", "people"),
        ("志愿者", "volunteers", "people"),
        ("其中曾受助", "of them once helped", "people"),
        ("志愿者占居民", "volunteers of residents", "permille"),
    )
    title, head = ("从受助到助人", "from helped to helper"), ("社区", "community")
    return [count_table("hefei_helpers", title, head, columns, rows, note=PARTICIPATION)]

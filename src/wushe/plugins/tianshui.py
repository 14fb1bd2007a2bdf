"""Tianshui, Gansu: social organizations paired with social-work stations; stations ask, organizations accept.

Source, cited below as "Tianshui": 《天水日报》, reprinted in a collection beside Jiangxi and Xinjiang, on the
bureau's plan for pairing organizations with the stations of streets and townships. Ten pilot stations and
their organizations held 17 activities: free clinics (26 medical staff, over 350 elders), training, care for those
left behind, warmth for elders. The needs list gathers what stations ask for; each organization draws up its
supply list by its scope and strengths, for the station that it is paired with; both are kept live. The pairs
are appointed: they stand in `Station.pairs`. The report gives no amounts, hours or deadlines: what is assumed says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wushe import (
    Columns,
    Context,
    Demo,
    FilterTerm,
    LinkageNetwork,
    NeedCategory,
    Offer,
    OrderGuard,
    OrderRules,
    Pairs,
    Programme,
    ReportSection,
    ReportTable,
    Table,
    Text,
    among,
    count_table,
    hookimpl,
    times_category,
)

SOURCE = "《天水日报》，社会组织与乡镇（街道）社工站结对帮扶"
TIMES = 2
"""How often an organization can do what it is good at before the next monthly check, unless its own row of the
supply list says otherwise (assumed)."""
DAY = 24 * 60
ANSWER_MINUTES = {"emergency": DAY, "urgent": 2 * DAY, "normal": 5 * DAY, "low": 10 * DAY}
"""How long an organization may think an order over (assumed)."""
ASKED = (
    "free_clinic", "carer_training", "social_work_training", "elder_outreach", "left_behind_day",
    "elder_warmth", "parent_child_day",
)  # fmt: skip
"""What stations ask of organizations; study books are goods and go by the donor's own restriction."""


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """What the report tells that stations asked for.

    - free_clinic: counted in medical staff that come (人次), as the report counts 26 of them.
    - parent_child_day: the station held it with a kindergarten, a nursery and a chamber of commerce; that each has a
      part without which it does not take place is assumed. All three are among minors, so that they are vetted.
    - left_behind_day: care for 三留守, children among them, so that whoever comes is vetted.
    """
    return [
        times_category("free_clinic", "义诊（医护人次）", "free clinic (medical staff)"),
        times_category("carer_training", "失能家庭照护者增能培训", "training for carers of the disabled"),
        times_category("social_work_training", "社工人才教育培训", "training of social workers"),
        times_category("elder_outreach", "特殊困难独居老人入户探访", "survey of lone elders at home"),
        times_category("left_behind_day", "“三留守”关爱活动", "day for those left behind", minors=True),
        times_category("elder_warmth", "困境老人送温暖", "warmth for elders in difficulty"),
        times_category("child_games", "亲子游戏", "games for parents and children", minors=True),
        times_category("child_minding", "幼儿照看", "minding of small children", minors=True),
        times_category("event_support", "亲子活动保障", "support of a parent-child day", minors=True),
        times_category("parent_child_day", "亲子活动", "parent-child day", "child_games", "child_minding", "event_support"),
        NeedCategory("exam_books", "社工考试辅导资料", "books for the social-work examination", "goods", "piece"),
    ]  # fmt: skip


@hookimpl
def derive_offers(parties: Mapping[str, Table]) -> Iterator[Offer]:
    """Each paired organization's supply list: its specialties, for whatever its own rows do not speak of."""
    pairs = parties["stations"]["pairs"]
    paired = {key for keys in pairs for key in keys or ()}
    own = parties["offers"]
    stated = {
        (provider, category)
        for provider, categories in zip(own["provider"], own["categories"], strict=True)
        for category in categories
    }
    for who in parties["organizations"].records():
        for category in sorted(set(who.specialties or ()).intersection(ASKED)):
            if who.id in paired and (who.id, category) not in stated:
                yield Offer(
                    id=f"{who.id}:{category}"[-64:], provider=who.id, categories=(category,),
                    quantity=TIMES, unit="time", place=who.place, reach="city",
                )  # fmt: skip


@hookimpl
def filter_candidates(needs: Columns, offers: Columns, pairs: Pairs) -> FilterTerm:
    """Only an organization that is paired with the station there is asked (结对).

    Where no station on record has a partner, any organization may be asked. Goods and money are not
    bound by a pairing: the training base gave 126 sets of books to stations beyond its own.
    """
    theirs = needs["partners"].tolist()
    kinds = {keys: code for code, keys in enumerate(dict.fromkeys(theirs))}
    rank = {key: n for n, key in enumerate(sorted({key for keys in kinds for key in keys or ()}))}
    station = np.array([kinds[keys] for keys in theirs], dtype=np.int64)
    free = np.array([keys is None for keys in theirs], dtype=bool)
    helper = np.array([rank.get(key, -1) for key in offers["provider"]], dtype=np.int64)
    bound = among(offers["provider_kind"], "organizations")
    appointed = [code * len(rank) + rank[key] for keys, code in kinds.items() for key in keys or ()]
    asked, asking = pairs.need, pairs.offer
    paired = np.isin(station[asked] * len(rank) + helper[asking], appointed) & (helper[asking] >= 0)
    allowed = free[asked] | ~bound[asking] | paired
    label = Text(
        "社会组织只接结对社工站的单",
        "organizations take orders of the stations that they are paired with",
    )
    return FilterTerm(allowed, "reach", lambda: (station, np.where(bound, helper, -2)), label=label)


@hookimpl
def register_order_rules() -> list[OrderRules]:
    """The partner is asked once; a no or no answer goes to the district, then to the city's bureau.

    That help the report speaks of is accepted (接单) by organizations. Time to answer and steps are assumed.
    """
    label = Text("社工站点的单由结对的社会组织接", "stations' orders are accepted by organizations")
    return [
        OrderRules(
            "tianshui", categories=ASKED, answer_minutes=ANSWER_MINUTES, rounds=1,
            levels=("county", "city"), guards=(OrderGuard("tianshui_paired", label, by_partner),),
        )
    ]  # fmt: skip


def by_partner(orders: Columns, helpers: Columns) -> npt.NDArray[np.bool_]:
    """Return whether helper i is an organization, and paired with the station of order i if any is, bool (n,)."""
    rows = zip(orders["partners"], helpers["id"], strict=True)
    paired = [partners is None or key in partners for partners, key in rows]
    allowed = among(helpers["kind"], "organizations") & np.array(paired, dtype=bool)
    return np.asarray(allowed)


@hookimpl
def register_programmes() -> list[Programme]:
    """The five fields of the pairing; which help belongs to which is assumed."""
    return [
        _field("relief", "社会救助", "social relief", (), ("living_aid", "emergency_aid")),
        _field("elders", "养老服务", "services for elders", ("lone_elder", "empty_nest"), ("free_clinic", "elder_outreach", "elder_warmth", "carer_training")),
        _field("children", "儿童福利", "child welfare", ("left_behind", "child_in_difficulty"), ("left_behind_day", "parent_child_day")),
        _field("disabled", "残疾人关爱", "care for the disabled", ("disabled",), ("carer_training",)),
        _field("community", "社区治理", "community governance", (), ("social_work_training", "exam_books")),
    ]  # fmt: skip


def _field(
    key: str, zh: str, en: str, groups: tuple[str, ...], categories: tuple[str, ...]
) -> Programme:
    return Programme(f"tianshui_{key}", Text(zh, en), groups, categories, source=SOURCE)


@hookimpl
def register_report_sections() -> list[ReportSection]:
    """What came of the pairing, by station."""
    return [ReportSection("tianshui_pairs", Text("结对帮扶", "Paired stations"), paired_stations)]


def paired_stations(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Return for each station its partners, and the activities held there in the year of the report."""
    held = [
        one for one in network["activities"].records()
        if one.held_on is not None and one.held_on.year == context.on.year and one.held_on <= context.on
    ]  # fmt: skip
    rows = []
    for station in network["stations"].records():
        here = [one for one in held if one.place == station.place]
        cells = (len(station.pairs or ()), len(here), _sum(one.persons for one in here))
        rows.append((station.name, cells))
    columns = (
        ("结对组织", "paired organizations"),
        ("本年活动", "activities this year"),
        ("服务人数", "persons", "people"),
    )
    title, head = ("结对的社工站", "Stations and their partners"), ("社工站", "Station")
    note = Text("没有记录人数的活动不计入人数。", "Activities of which nobody counted those who came add none.")  # fmt: skip
    return [count_table("tianshui_pairs", title, head, columns, rows, note=note)]


def _sum(counts: Iterable[int | None]) -> int | None:
    """Return the sum of what is known, None where something was held and nothing is known of it."""
    every = list(counts)
    known = [count for count in every if count is not None]
    return sum(known) if known or not every else None


@hookimpl
def register_demos() -> list[Demo]:
    """The made-up tables that come with wushe, and the story of a pairing."""
    about = Text(
        "天水的结对帮扶（细节虚构）：10个试点社工站点单、结对组织接单、17次活动，规划日期 2025-05-06",
        "Tianshui's pairing (details made up): ten pilot stations ask, their organizations accept, 17 activities, planned on 2025-05-06",
    )
    folder = Path(__file__).parents[1] / "demos" / "tianshui"
    return [
        Demo(
            "tianshui", about, ("tianshui",), "2025-05-06", folder, ("I-XG", "I-YQ"),
            tell="wushe.demos.stories.tianshui:tell",
        )
    ]  # fmt: skip

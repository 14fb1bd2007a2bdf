"""From categories to scores: the built-in rules of the main job."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import wushe
from wushe import (
    Columns,
    Context,
    FilterTerm,
    NeedCategory,
    Pairs,
    ScoreTerm,
    Table,
    TargetGroup,
    Text,
    hookimpl,
)

OWN_TEAM = ("communities", "stations", "social_workers")
"""Those who hold the household's facts already; everyone else is another party (个人信息保护法 article 23)."""

_SERVICES = (
    ("visit", "入户探访", "home visit", 60, ("visiting",)),
    ("home_care", "居家照护", "home care", 120, ("care",)),
    ("counselling", "心理疏导", "counselling", 60, ("counselling",)),
    ("medical_escort", "陪诊", "escort to hospital", 180, ("escort",)),
    ("errand", "代办跑腿", "errands", 60, ("errand",)),
    ("meal_delivery", "助餐送餐", "meal delivery", 60, ("errand",)),
    ("policy_talk", "政策宣讲", "policy talk", 60, ("policy",)),
    ("relief_application", "协助申请救助", "help with a relief application", 120, ("policy",)),
    ("safety_check", "水电安全排查", "water and electricity safety check", 60, ("repair",)),
    ("home_repair", "家电维修", "home repair", 120, ("repair",)),
    ("haircut", "上门理发", "haircut at home", 30, ("haircut",)),
    ("activity_company", "陪同参加社区活动", "company to community activities", 120, ("visiting",)),
    ("job_coaching", "就业辅导", "job coaching", 120, ("coaching",)),
)
_WITH_MINORS = (
    ("tutoring", "课业辅导", "tutoring", 120, ("tutoring",)),
    ("child_company", "儿童陪伴", "company for a child", 120, ("visiting",)),
)
_GOODS = (
    ("food", "米面粮油", "food"),
    ("daily_goods", "生活用品", "daily goods"),
    ("care_supplies", "照护物资", "care supplies"),
    ("clothing", "衣物被褥", "clothing and bedding"),
    ("school_supplies", "学习用品", "school supplies"),
    ("assistive_device", "辅助器具", "assistive device"),
)
_MONEY = (
    ("living_aid", "生活救助金", "living aid", 50_000),
    ("medical_aid", "医疗救助金", "medical aid", 200_000),
    ("education_aid", "助学金", "education aid", 100_000),
    ("emergency_aid", "应急救助金", "emergency aid", 70_000),
)
_GROUPS = (
    ("lone_elder", "独居老人", "elder living alone"),
    ("empty_nest", "空巢老人", "empty-nest elder"),
    ("left_behind", "留守人员", "left-behind"),
    ("disabled", "残疾人", "disabled"),
    ("child_in_difficulty", "困境儿童", "child in difficulty"),
    ("unattended_child", "事实无人抚养儿童", "child in fact unattended"),
    ("orphan", "孤儿", "orphan"),
    ("migrant_child", "流动儿童", "migrant child"),
    ("mental_illness", "严重精神障碍患者", "severe mental illness"),
    ("serious_illness", "重病患者", "seriously ill"),
    ("low_income", "低收入家庭", "low income"),
    ("dibao", "低保对象", "dibao recipient"),
    ("tekun", "特困人员", "destitute support recipient"),
    ("new_employment", "新就业群体", "new-employment group"),
    ("rough_sleeper", "流浪乞讨人员", "rough sleeper"),
    ("carer", "家庭照护者", "family carer"),
)


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """Services in minutes, goods in pieces, money in fen."""
    return [
        *(NeedCategory(i, zh, en, "service", "minute", t, s) for i, zh, en, t, s in _SERVICES),
        *(
            NeedCategory(i, zh, en, "service", "minute", t, s, minors=True)
            for i, zh, en, t, s in _WITH_MINORS
        ),
        *(NeedCategory(i, zh, en, "goods", "piece") for i, zh, en in _GOODS),
        *(NeedCategory(i, zh, en, "money", "fen", t) for i, zh, en, t in _MONEY),
    ]


@hookimpl
def register_target_groups() -> list[TargetGroup]:
    """The groups that relief law and the cities' practice name."""
    return [TargetGroup(*group) for group in _GROUPS]


@hookimpl
def derive_offers(parties: Mapping[str, Table], context: Context) -> Table:
    """Volunteers' and social workers' weekly hours, lots of goods and slots, balances of funds.

    A party whose hours, quantity or balance is unknown offers nothing: unknown is not a guess.
    """
    rows = [
        *_helpers(parties["volunteers"], context, "street"),
        *_workers(parties, context),
        *_resources(parties, context),
        *_funds(parties["funds"], parties["organizations"]),
    ]
    names = (*_OFFER_FIELDS, "available_to")
    return wushe.make_table("offers", {name: [row.get(name) for row in rows] for name in names})


_OFFER_FIELDS = (
    "id", "provider", "categories", "quantity", "unit", "place", "reach", "available_from",
    "skills", "for_places", "for_groups", "for_clients", "per_need", "vetted_on",
)  # fmt: skip


def _offer_id(party: str, what: str) -> str:
    """Return the id of a derived offer; ids that would grow beyond 64 characters end in a digest."""
    if len(party) + len(what) < 64:
        return f"{party}:{what}"
    digest = hashlib.sha256(party.encode()).hexdigest()[:12]
    return f"{party[: 50 - len(what)]}~{digest}:{what}"


def _served_by(skills: tuple[str, ...], context: Context) -> tuple[str, ...]:
    """Return the service categories in minutes for which `skills` suffice."""
    categories = context.categories.values()
    fits = (c for c in categories if c.form == "service" and c.dimension == "minute" and c.skills)
    return tuple(c.id for c in fits if set(c.skills) <= set(skills))


def _helpers(people: Table, context: Context, reach: str) -> list[dict[str, Any]]:
    rows = []
    for person in people.records():
        categories = _served_by(person.skills or (), context)
        if person.weekly_hours and categories:
            rows.append(
                {
                    "id": _offer_id(person.id, "hours"),
                    "provider": person.id,
                    "categories": categories,
                    "quantity": person.weekly_hours,
                    "unit": "hour",
                    "place": person.place,
                    "reach": person.reach or reach,
                    "available_from": person.available_from,
                    "available_to": person.available_to,
                    "skills": person.skills,
                    "vetted_on": person.vetted_on,
                }
            )
    return rows


def _workers(parties: Mapping[str, Table], context: Context) -> list[dict[str, Any]]:
    """Return workers' hours within the place of their station; without a station nobody knows where."""
    station_place = dict(zip(parties["stations"].ids, parties["stations"]["place"], strict=True))
    rows = []
    for worker in parties["social_workers"].records():
        categories = _served_by(worker.skills or (), context)
        if worker.weekly_hours and categories and worker.station:
            rows.append(
                {
                    "id": _offer_id(worker.id, "hours"),
                    "provider": worker.id,
                    "categories": categories,
                    "quantity": worker.weekly_hours,
                    "unit": "hour",
                    "place": station_place.get(worker.station),
                    "skills": worker.skills,
                    "vetted_on": worker.vetted_on,
                }
            )
    return rows


def _resources(parties: Mapping[str, Table], context: Context) -> list[dict[str, Any]]:
    organizations, resources = parties["organizations"], parties["resources"]
    home = dict(zip(organizations.ids, organizations["place"], strict=True))
    return [
        {
            "id": _offer_id(lot.id, "lot"),
            "provider": lot.id,
            "categories": lot.categories,
            "quantity": lot.quantity,
            "unit": lot.unit,
            "place": lot.place or home.get(lot.holder),
            "reach": lot.reach,
            "available_from": lot.available_from,
            "available_to": lot.expires_on,
            # Whoever gives slots of a service brings the people who can do it.
            "skills": tuple(
                sorted({s for c in lot.categories for s in context.categories[c].skills})
            )
            or None,
            "for_places": lot.for_places,
            "for_groups": lot.for_groups,
            "for_clients": lot.for_clients,
            "per_need": lot.per_need,
        }
        for lot in resources.records()
        if lot.quantity is not None and lot.categories
    ]


def _funds(funds: Table, organizations: Table) -> list[dict[str, Any]]:
    home = dict(zip(organizations.ids, organizations["place"], strict=True))
    return [
        {
            "id": _offer_id(fund.id, "balance"),
            "provider": fund.id,
            "categories": fund.purposes,
            "quantity": fund.balance_fen,
            "unit": "fen",
            "place": fund.place or home.get(fund.host),
            "reach": fund.reach,
            "for_groups": fund.for_groups,
            "per_need": fund.per_need_fen,
        }
        for fund in funds.records()
        if fund.balance_fen and fund.purposes and fund.per_need_fen != 0
    ]


@hookimpl
def prioritise_needs(needs: Columns, context: Context) -> np.ndarray[Any, Any]:
    """Urgency class first; within a class those who are overdue or due within a week."""
    urgency = needs["urgency"].astype(float) / 3
    due = needs["due"]
    soon = ~np.isnat(due) & (due <= np.datetime64(context.on + dt.timedelta(days=7), "D"))
    return np.clip(urgency * 0.9 + soon * 0.1, 0, 1)


@hookimpl
def filter_candidates(
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> list[FilterTerm]:
    """Skill, vetting for work with minors, time window, donor restriction, consent."""
    on = np.datetime64(context.on, "D")
    return [
        FilterTerm(wushe.pair_covers(needs, offers, pairs), "skill"),
        FilterTerm(_vetted(needs, offers, pairs, context.on), "vetting"),
        FilterTerm(_in_time(needs, offers, pairs, on), "window"),
        *(
            FilterTerm(wushe.pair_permitted(needs, offers, pairs, by), "restriction")
            for by in ("group", "place", "client")
        ),
        FilterTerm(_consented(needs, offers, pairs), "consent"),
    ]


def _vetted(needs: Columns, offers: Columns, pairs: Pairs, on: dt.date) -> Any:
    """A service for a minor, or for a person of unknown age, needs a vetting within the year.

    未成年人保护法 article 62: checked before taking up the work, and every year.
    """
    asked = (needs["with_minor"] != 0) & (needs["form"] == "service")
    year_ago = np.datetime64(on, "D") - np.timedelta64(365, "D")
    vetted = (
        ~np.isnat(offers["vetted_on"])
        & (offers["vetted_on"] >= year_ago)
        & (offers["vetted_on"] <= np.datetime64(on, "D"))
    )
    return ~asked[pairs.need] | vetted[pairs.offer]


def _in_time(needs: Columns, offers: Columns, pairs: Pairs, on: np.datetime64) -> Any:
    """The offer lasts to this day at least and begins by the due date; an overdue need waits from now."""
    lasts = np.isnat(offers["available_to"]) | (offers["available_to"] >= on)
    due, begins = needs["due"], offers["available_from"]
    latest = np.where(np.isnat(due), np.datetime64("9999-12-31", "D"), np.maximum(due, on))
    begins = np.where(np.isnat(begins), np.datetime64("0001-01-01", "D"), begins)
    return lasts[pairs.offer] & (begins[pairs.offer] <= latest[pairs.need])


def _consented(needs: Columns, offers: Columns, pairs: Pairs) -> Any:
    """Facts go to another party only with a recorded yes."""
    own = np.isin(offers["provider_kind"].astype(str), OWN_TEAM)
    free = (needs["consent"] == 1) | ~needs["refers"]
    return own[pairs.offer] | free[pairs.need]


@hookimpl
def score_candidates(
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> list[ScoreTerm]:
    """Urgency, nearness, the same helper as before, and helpers who do little else."""
    few = 1 / np.maximum([len(c) for c in offers["categories"]], 1) if len(offers) else np.zeros(0)
    before = wushe.pair_served_before(needs, offers, pairs, context)
    return [
        ScoreTerm("continuity", 3, before.astype(float), Text("此前服务过", "helped before")),
        ScoreTerm("nearness", 4, _nearness(needs, offers, pairs), Text("距离近", "near")),
        ScoreTerm("specialty", 2, few[pairs.offer], Text("专长对口", "specialised")),
        ScoreTerm("urgency", 2, (needs["urgency"] / 3.0)[pairs.need], Text("紧急", "urgent")),
    ]


_BY_LEVEL = np.array([0.02, 0.05, 0.1, 0.3, 0.6, 0.9, 1.0])
"""Nearness by the lowest place that both share: none, province, city, county, street, community, grid."""


def _nearness(needs: Columns, offers: Columns, pairs: Pairs) -> Any:
    """1 on the spot, 0.5 at three kilometres; by the place tree where coordinates are unknown."""
    km = wushe.pair_km(needs, offers, pairs)
    shared = _BY_LEVEL[wushe.pair_level(needs, offers, pairs) + 1]
    return np.where(np.isnan(km), shared, 1 / (1 + km / 3))

"""From categories to scores: the built-in rules of the main job."""

from __future__ import annotations

import datetime as dt
from functools import partial
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
    """Skill, vetting for work with minors, distance, time window, donor restriction, consent."""
    on = np.datetime64(context.on, "D")
    sides = needs, offers
    return [
        FilterTerm(wushe.pair_covers(*sides, pairs), "skill", _tag_classes(*sides, "skill")),
        _if_asked(*_vetting(*sides, on), pairs, "vetting"),
        FilterTerm(_travels(*sides, pairs), "reach", within_km=offers["travel_km"]),
        _in_time(*sides, pairs, on),
        FilterTerm(_at_the_hour(*sides, pairs, on), "window", partial(_hour_classes, *sides)),
        *(
            FilterTerm(
                wushe.pair_permitted(*sides, pairs, by), "restriction", _tag_classes(*sides, by)
            )
            for by in ("group", "place", "client")
        ),
        _if_asked(*_consent(*sides), pairs, "consent"),
    ]


def _if_asked(asked: Any, has: Any, pairs: Pairs, reason: Any) -> FilterTerm:
    """Return the rule that whoever asks (bool (n_needs,)) gets only those who have it (bool (n_offers,))."""
    return FilterTerm(~asked[pairs.need] | has[pairs.offer], reason, lambda: (asked, has))


def _tag_classes(needs: Columns, offers: Columns, by: str) -> Any:
    """Return what finds the needs and the offers that have the same tags."""
    return lambda: (_codes(needs[f"{by}_mask"]), _codes(offers[f"{by}_mask"]))


def _codes(*columns: Any) -> Any:
    """Return one number for each distinct row of the columns."""
    table = np.column_stack([column.astype(np.int64) for column in columns])
    if table.shape[1] == 1:
        return table[:, 0]
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def _vetting(needs: Columns, offers: Columns, on: Any) -> tuple[Any, Any]:
    """A service for a minor, or for a person of unknown age, needs a vetting within the year.

    未成年人保护法 article 62: checked before taking up the work, and every year.
    """
    asked = (needs["with_minor"] != 0) & (needs["form"] == "service")
    vetted = (
        ~np.isnat(offers["vetted_on"])
        & (offers["vetted_on"] >= on - np.timedelta64(365, "D"))
        & (offers["vetted_on"] <= on)
    )
    return asked, vetted


def _in_time(needs: Columns, offers: Columns, pairs: Pairs, on: np.datetime64) -> FilterTerm:
    """The offer lasts to this day at least and begins by the due date; an overdue need waits from now."""
    never, ever = np.datetime64("9999-12-31", "D"), np.datetime64("0001-01-01", "D")
    gone = ~np.isnat(offers["available_to"]) & (offers["available_to"] < on)
    due, begins = needs["due"], offers["available_from"]
    latest = np.where(np.isnat(due), never, np.maximum(due, on))
    begins = np.where(gone, never + 1, np.where(np.isnat(begins), ever, begins))
    allowed = begins[pairs.offer] <= latest[pairs.need]
    return FilterTerm(allowed, "window", lambda: (_codes(latest), _codes(begins)))


def _travels(needs: Columns, offers: Columns, pairs: Pairs) -> Any:
    """Nobody is sent further than they said they go; an unknown distance does not exclude."""
    limit = offers["travel_km"]
    allowed = np.isnan(limit)[pairs.offer]
    at = np.flatnonzero(~allowed)
    near = wushe.pair_km(needs, offers, pairs.take(at)) > limit[pairs.offer[at]]
    allowed[at] = ~near
    return allowed


def _at_the_hour(needs: Columns, offers: Columns, pairs: Pairs, on: np.datetime64) -> Any:
    """A fixed day is yet to come, falls on the offer's weekdays and within its dates; hours within its hours."""
    day = needs["on_day"]
    fixed = ~np.isnat(day)
    since_monday = (day.astype("datetime64[D]").astype(np.int64) + 3) % 7
    bit = np.where(fixed, 1 << np.where(fixed, since_monday, 0), 127).astype(np.uint8)
    allowed = (offers["weekday_mask"][pairs.offer] & bit[pairs.need]) != 0
    first, last = offers["available_from"][pairs.offer], offers["available_to"][pairs.offer]
    at_day = day[pairs.need]
    # Comparisons with an unknown date are false.
    allowed &= ~(at_day < on) & ~(at_day < first) & ~(at_day > last)
    for name, outside in (("starts", np.less), ("ends", np.greater)):
        asked, given = needs[name][pairs.need], offers[name][pairs.offer]
        allowed &= (asked < 0) | (given < 0) | ~outside(asked, given)
    return allowed


def _hour_classes(needs: Columns, offers: Columns) -> tuple[Any, Any]:
    """Return what decides on days and hours."""
    asked = (needs[name] for name in ("on_day", "starts", "ends"))
    names = ("weekday_mask", "available_from", "available_to", "starts", "ends")
    return _codes(*asked), _codes(*(offers[name] for name in names))


def _consent(needs: Columns, offers: Columns) -> tuple[Any, Any]:
    """Facts go to another party only with a recorded yes."""
    own = np.isin(offers["provider_kind"].astype(str), OWN_TEAM)
    return (needs["consent"] != 1) & needs["refers"], own


@hookimpl
def score_candidates(
    needs: Columns, offers: Columns, pairs: Pairs, context: Context
) -> list[ScoreTerm]:
    """Urgency, nearness, the same helper as before, helpers who do little else, goods that expire first."""
    few = 1 / np.maximum([len(c) for c in offers["categories"]], 1) if len(offers) else np.zeros(0)
    urgent, soon = needs["urgency"] / 3.0, _expiring(offers, context.on)
    before = wushe.pair_served_before(needs, offers, pairs, context)
    return [
        ScoreTerm(
            "continuity", 3, before.astype(float), Text("此前服务过", "helped before")
        ).bounded(pairs=partial(_met_before, needs, offers, context)),
        ScoreTerm("expiry", 1, soon[pairs.offer], Text("先到期先用", "expires first")).bounded(
            column=soon
        ),
        ScoreTerm("nearness", 4, _nearness(needs, offers, pairs), Text("距离近", "near")).bounded(
            km=_near, level=_BY_LEVEL
        ),
        ScoreTerm("specialty", 2, few[pairs.offer], Text("专长对口", "specialised")).bounded(
            column=few
        ),
        ScoreTerm("urgency", 2, urgent[pairs.need], Text("紧急", "urgent")).bounded(row=urgent),
    ]


def _expiring(offers: Columns, on: dt.date) -> Any:
    """1 for goods whose last day is today, 0.5 a month before; 0 for what keeps and for hours and money."""
    days = (offers["available_to"] - np.datetime64(on, "D")).astype(float)
    goods = (offers["provider_kind"] == "resources") & ~np.isnat(offers["available_to"])
    return np.where(goods & (days >= 0), 1 / (1 + np.maximum(days, 0) / 30), 0.0)


def _met_before(needs: Columns, offers: Columns, context: Context) -> Pairs:
    """Return all pairs of needs and offers of which the provider has helped the client before."""
    client, provider = context.history >> 32, context.history & 0xFFFFFFFF
    by_client, by_provider = (
        np.argsort(column, kind="stable")
        for column in (needs["client_code"], offers["provider_code"])
    )
    met, need = _members(needs["client_code"][by_client], client)
    again, offer = _members(offers["provider_code"][by_provider], provider[met])
    return Pairs(by_client[need[again]].astype(np.int32), by_provider[offer].astype(np.int32))


def _members(codes: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Return (place in `wanted`, place in the sorted `codes`) of everything equal."""
    first, last = np.searchsorted(codes, wanted), np.searchsorted(codes, wanted, side="right")
    size = last - first
    at = np.repeat(np.arange(len(wanted)), size)
    return at, np.arange(len(at)) - np.repeat(np.cumsum(size) - size, size) + first[at]


_BY_LEVEL = np.array([0.02, 0.05, 0.1, 0.3, 0.6, 0.9, 1.0])
"""Nearness by the lowest place that both share: none, province, city, county, street, community, grid."""


def _near(km: Any) -> Any:
    """1 on the spot, 0.5 at three kilometres."""
    return 1 / (1 + km / 3)


def _nearness(needs: Columns, offers: Columns, pairs: Pairs) -> Any:
    """By distance; by the place tree where coordinates are unknown."""
    km = wushe.pair_km(needs, offers, pairs)
    shared = _BY_LEVEL[wushe.pair_level(needs, offers, pairs) + 1]
    return np.where(np.isnan(km), shared, _near(km))

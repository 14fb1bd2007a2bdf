"""How a volunteer answers a call, and what work does to them.

A call is noticed after a while, thought over, and then accepted, declined or left without an answer. How willing
somebody is depends on how keen and how tired they are, how far it is, whether they know the household, whether a
social worker leads their team and whether the service earns points.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import ACCEPTED, DAY, DECLINED, EMERGENCY, NO, NORMAL, TIMED_OUT, WEEK
from wushe.simulate.streams import exponential
from wushe.simulate.world.ground import KM_PER_DEGREE, led_teams
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.city import City

RESPONDERS = "Khalemsky et al. 2023, doi:10.2196/41551: 17 to 47 per cent of alerts to volunteer first responders are answered"
ASSUMPTIONS = (
    *shares(
        ("linkage.reach", 0.6, "服务全街道而不只本社区的志愿者比例", "volunteers who serve their whole street, not only their community"),
        ("linkage.worker_led", 0.6, "由社工带领的志愿者比例", "volunteers whom a social worker leads"),
        ("linkage.shared_list", 0.6, "在共享清单上收到派单的志愿者比例", "volunteers who get calls on the shared needs list"),
        ("helping.accept", 0.4, "一般情形下愿意接单的概率", "willingness to accept under plain conditions", RESPONDERS),
        ("helping.away", 0.1, "某一周联系不上的概率", "chance to be out of reach in a week"),
        ("helping.says_no", 0.5, "不接的人中会说一声的比例", "of those who will not come, the share that says so"),
    ),
    Assumption("helping.keen", 1.0, "log-odds per log of keenness", Text("热心程度对接单意愿的作用", "effect of keenness on willingness")),
    Assumption("helping.tired", 0.25, "log-odds per offered week of work", Text("疲劳对接单意愿的作用", "effect of tiredness on willingness")),
    Assumption("helping.per_km", 0.2, "log-odds per kilometre", Text("距离对接单意愿的作用", "effect of distance on willingness")),
    Assumption("helping.urgency", 0.3, "log-odds per class of urgency", Text("紧急程度对接单意愿的作用", "effect of urgency on willingness")),
    Assumption("helping.known", 0.8, "log-odds", Text("上一次帮这家的就是此人对意愿的作用", "effect on willingness of being the last who helped the household")),
    Assumption("helping.led", 0.4, "log-odds", Text("社工带领对接单意愿的作用", "effect of being led by a social worker on willingness")),
    Assumption("helping.points", 0.3, "log-odds", Text("有积分对接单意愿的作用", "effect of earning points on willingness")),
    Assumption("helping.notice_list", 90.0, "waking minutes, mean", Text("多久看到共享清单上的派单", "time until a call on the shared list is noticed")),
    Assumption("helping.notice_chain", 300.0, "waking minutes, mean", Text("多久经人转告得知派单", "time until a call is passed on by word of mouth")),
    Assumption("helping.notice_phone", 10.0, "minutes, mean", Text("急难打电话多久接通", "time until an emergency call by telephone is answered")),
    Assumption("helping.decide", 30.0, "minutes, mean", Text("得知后考虑多久", "time to think it over")),
    Assumption("helping.decide_phone", 5.0, "minutes, mean", Text("急难电话里考虑多久", "time to think it over in an emergency, on the telephone")),
    Assumption("helping.wakes", 420.0, "minutes after midnight", Text("开始看消息的时刻", "when messages begin to be read"), high=DAY),
    Assumption("helping.sleeps", 1320.0, "minutes after midnight", Text("不再看消息的时刻", "when messages cease to be read"), high=DAY),
)  # fmt: skip
UNLINKED = MappingProxyType(
    {"linkage.reach": 0.0, "linkage.worker_led": 0.0, "linkage.shared_list": 0.0}
)
"""What a scenario without linkage sets: everybody in their own community, nobody led, no shared list."""

_GRID = 2**40
"""Mobile grid workers are numbered from here on."""


def answers(city: City, calls: Array) -> tuple[Array, Array]:
    """Return what the volunteers of these call rows say, and how many minutes after the call.

    `calls`: int64 (n,) rows of ``city.calls``. The first answer is int8 (n,): ``ACCEPTED``, ``DECLINED`` or
    ``TIMED_OUT`` (no word ever comes); the second float64 (n,), inf where no word comes. An answer that comes
    after the order's deadline is too late: that is for the caller to see. Nothing is changed; the same call gets
    the same answer, whenever and together with whatever others it is asked for.
    """
    volunteer = city.calls["provider"][calls]
    need = city.orders["need"][city.calls["order"][calls]]
    at = city.calls["at"][calls]
    who = persons(city, volunteer)
    keys = (who, city.needs["household"][need], city.needs["category"][need], at // DAY)
    willing = city.streams.draw("helping.accept", *keys) < willingness(city, volunteer, need)
    away = city.streams.draw("helping.away", who, at // (WEEK * DAY)) < city["helping.away"]
    there = city.volunteers["active"][volunteer] & ~away
    speaks = city.streams.draw("helping.says_no", *keys) < city["helping.says_no"]
    says = np.where(there & willing, ACCEPTED, np.where(there & speaks, DECLINED, TIMED_OUT))
    urgent = city.needs["urgency"][need] >= EMERGENCY
    minutes = _until_noticed(city, volunteer, urgent, at, keys)
    mean = np.where(urgent, city["helping.decide_phone"], city["helping.decide"])
    minutes += exponential(city.streams.draw("helping.decide", *keys)) * mean
    minutes[says == TIMED_OUT] = np.inf
    return says.astype(np.int8), minutes


def willingness(city: City, volunteers: Array, needs: Array) -> Array:
    """Return the chance that each volunteer accepts each need once noticed, float64 (n,).

    Log-odds add up; ``helping.accept`` is the chance of a rested volunteer of keenness 1 for a normal need in
    their own community whom nobody leads and who earns no points.
    """
    helper = city.volunteers
    household = city.needs["household"][needs]
    odds = logit(city["helping.accept"]) + np.zeros(len(volunteers))
    odds += city["helping.keen"] * np.log(np.maximum(helper["keen"][volunteers], 1e-3))
    odds -= city["helping.tired"] * helper["tired"][volunteers]
    odds -= city["helping.per_km"] * _kilometres(
        city, helper["home"][volunteers], city.people.home[household]
    )
    odds += city["helping.urgency"] * (city.needs["urgency"][needs].astype(float) - NORMAL)
    odds += city["helping.known"] * (city.house["last_helper"][household] == volunteers)
    odds += city["helping.led"] * led_by_worker(city, volunteers)
    per_hour, per_time = points_of(city)
    category = city.needs["category"][needs]
    odds += city["helping.points"] * ((per_hour[category] > 0) | (per_time[category] > 0))
    chance: Array = expit(odds)
    return chance


def served(city: City, volunteers: Array, minutes: Array, categories: Array) -> None:
    """Book services just done: tiredness, services, points, and the day's figures.

    `volunteers` int (n,), rows that may repeat; `minutes` (n,); `categories` int (n,), codes of what was done:
    it earns whole points, hours pro rata, rounded down, as the plugins' point rules say.
    """
    minutes = np.asarray(minutes).astype(np.int64)
    offered = np.maximum(city.volunteers["weekly"][volunteers], 60)
    per_hour, per_time = points_of(city)
    earned = per_hour[categories] * minutes // 60 + per_time[categories]
    np.add.at(city.volunteers["tired"], volunteers, minutes / offered)
    np.add.at(city.volunteers["served"], volunteers, 1)
    np.add.at(city.volunteers["points"], volunteers, earned)
    city.count("services", len(volunteers))
    city.count("service_minutes", minutes.sum())
    city.count("points", earned.sum())


def note_first_volunteers(city: City) -> int:
    """Return how many volunteers there were when this was first asked, on the eve of the first day."""
    first: int = city.memory.setdefault("first_volunteers", len(city.volunteers))
    return first


def persons(city: City, volunteers: Array) -> Array:
    """Return a number for each volunteer that is theirs under every policy, int64 (n,).

    Volunteers of the first day are numbered by row, mobile grid workers among them apart, so that more of the ones
    leave the others who they are; those who come later by household, since in which row they come depends on what
    was done before.
    """
    first, grid = note_first_volunteers(city), city.volunteers["grid"]
    volunteers = np.asarray(volunteers).astype(np.int64)
    household = city.volunteers["household"][volunteers].astype(np.int64)
    plain = first - int(grid[:first].sum())
    number = np.where(grid[volunteers], _GRID + volunteers - plain, volunteers)
    return np.where(volunteers < first, number, -1 - household)


def led_by_worker(city: City, volunteers: Array) -> Array:
    """Return whose team a social worker leads, bool (n,); a team is led whole or not at all."""
    team = city.volunteers["team"][volunteers].astype(np.int64)
    share = city["linkage.worker_led"]
    alone = city.streams.draw("linkage.worker_led", persons(city, volunteers), 0) < share
    return np.where(team == NO, alone, led_teams(city.streams, team, share))


def on_shared_list(city: City, volunteers: Array) -> Array:
    """Return who gets calls on the shared list, bool (n,)."""
    draws = city.streams.draw("linkage.shared_list", persons(city, volunteers))
    found: Array = draws < city["linkage.shared_list"]
    return found


def points_of(city: City) -> tuple[Array, Array]:
    """Return what a service of each category earns by the plugins' point rules: int64 per hour and per time."""
    kept = city.memory.get("points")
    if kept is None:
        rules = [city.plugins.point_rule_for(category) for category in city.categories]
        kept = (
            np.array([0 if rule is None else rule.per_hour for rule in rules], dtype=np.int64),
            np.array([0 if rule is None else rule.per_time for rule in rules], dtype=np.int64),
        )
        city.memory["points"] = kept
    found: tuple[Array, Array] = kept
    return found


def _until_noticed(
    city: City, volunteers: Array, urgent: Array, at: Array, keys: tuple[Array, ...]
) -> Array:
    """Return minutes from the call until it is noticed: nobody reads at night, but the telephone wakes."""
    mean = np.where(
        on_shared_list(city, volunteers), city["helping.notice_list"], city["helping.notice_chain"]
    )
    draws = exponential(city.streams.draw("helping.notice", *keys))
    by_phone = draws * city["helping.notice_phone"]
    return np.where(urgent, by_phone, _by_the_clock(city, at, draws * mean))


def _by_the_clock(city: City, at: Array, waking: Array) -> Array:
    """Return how many minutes pass until `waking` minutes in which messages are read have passed since `at`."""
    wakes = city["helping.wakes"]
    hours = max(city["helping.sleeps"] - wakes, 1.0)
    midnight = np.floor(at / DAY) * DAY
    used = np.clip(at - midnight - wakes, 0.0, hours) + waking
    # Somebody who is called when the day is over starts with the next one, not in the minute it ends.
    days = np.where(waking > 0, np.ceil(used / hours) - 1, np.floor(used / hours))
    end = midnight + np.maximum(days, 0) * DAY + wakes + used - np.maximum(days, 0) * hours
    return np.maximum(end - at, 0.0)


def _kilometres(city: City, here: Array, there: Array) -> Array:
    """Return distances between communities, float64 (n,); 0 where one has no coordinates."""
    lon, lat = city.people.lon, city.people.lat
    east = (lon[here] - lon[there]) * np.cos(np.radians(lat[here]))
    found: Array = np.nan_to_num(KM_PER_DEGREE * np.hypot(east, lat[here] - lat[there]))
    return found

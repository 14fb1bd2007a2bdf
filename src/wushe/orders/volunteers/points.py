"""Points (积分) by a city's rule: family accounts, daily cap, time bank, rewards, lapse.

There is an account per rule and owner. Nothing passes from one account to another: no rule provides for it.
All numbers are whole; the records hold ``earned == balance + spent + lapsed + taken_back`` at every event.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import attrs

from wushe.journal import Event, EventKind, Session, State, command
from wushe.model.ordering import PointRule
from wushe.orders.volunteers.lots import (
    first_to_lapse,
    lapsed_by,
    put_in,
    still_good,
    take_first_from,
    take_oldest,
    total,
)
from wushe.orders.volunteers.problems import (
    NO_POINT_RULE,
    NO_RECORD,
    NO_REWARD,
    RETURNED_BEFORE,
    TOO_FEW_MINUTES,
    TOO_FEW_POINTS,
    UNKNOWN_REASON,
    refuse,
)
from wushe.orders.volunteers.records import Earning, Lots, Points, Redemption, Service, joined
from wushe.rules.calendar import add_months
from wushe.text import Text

RETURNS = {
    "mistake": Text(zh="误操作", en="a mistake"),
    "not_available": Text(zh="无货", en="the reward was not to be had"),
    "not_collected": Text(zh="逾期未领", en="it was not collected"),
}
"""Why a redemption is returned: the points come back as they were."""


# --- earning ---------------------------------------------------------------------------------------


def raw_points(per_hour: int, per_time: int, minutes: int, times: int) -> int:
    """Return what a service earns before the daily cap: hours pro rata, rounded down, and per time."""
    return per_hour * minutes // 60 + per_time * times


def on_service_recorded(s: Session, event: Event) -> None:
    """Credit the service by the rule of its category, if the city has one."""
    rule: PointRule | None = None
    if s.plugins is not None:
        rule = s.plugins.point_rule_for(event.data["category"])
    if rule is None:
        return
    service: Service = s.state.get("service", event.data["id"])
    owner = service.family if rule.family and service.family else service.helper
    last_day = None
    if rule.valid_months is not None:
        served = dt.date.fromisoformat(service.day)
        last_day = add_months(served, rule.valid_months).on.isoformat()
    earning = Earning(
        id=service.id,
        account=joined(rule.id, owner),
        day=service.day,
        raw=raw_points(rule.per_hour, rule.per_time, service.minutes, service.times),
        per_hour=rule.per_hour,
        per_time=rule.per_time,
        cap=rule.daily_cap,
        last_day=last_day,
        minutes=service.minutes if rule.time_bank else None,
    )
    _credit(s, earning, rule.id, owner, earning.raw, earning.minutes or 0)


def on_service_corrected(s: Session, event: Event) -> None:
    """Credit or take back the difference, by the rule under which the service had earned."""
    earning: Earning | None = s.state.get("earning", event.data["id"])
    if earning is None:
        return
    service: Service = s.state.get("service", earning.id)
    account: Points = s.state.get("points", earning.account)
    raw = raw_points(earning.per_hour, earning.per_time, service.minutes, service.times)
    changed = attrs.evolve(earning, raw=raw)
    minutes = 0
    if earning.minutes is not None:
        changed = attrs.evolve(changed, minutes=service.minutes)
        minutes = service.minutes - earning.minutes
    _credit(s, changed, account.rule, account.owner, raw - earning.raw, minutes)


def _credit(s: Session, earning: Earning, rule: str, owner: str, change: int, minutes: int) -> None:
    """Record by how much the account changes. `change` is of the raw points, `minutes` of the bank."""
    _lapse(s, earning.account)
    held: Points = s.state.get("points", earning.account) or Points(earning.account, rule, owner)
    points = change
    if earning.cap is not None:
        day = s.state.find("earning", account=earning.account, day=earning.day)
        others = sum(other.raw for other in day if other.id != earning.id)
        before = others + earning.raw - change
        points = min(earning.cap, others + earning.raw) - min(earning.cap, before)
    if earning.last_day is not None and earning.last_day < s.act.day.isoformat():
        points = 0  # what the service earned was spent or has lapsed: nothing to give or to take
    taken = min(-points, held.balance) if points < 0 else min(points, held.owed)
    drawn = min(-minutes, held.minutes) if minutes < 0 else min(minutes, held.minutes_owed)
    s.record(
        "points.earned" if points >= 0 and minutes >= 0 else "points.taken_back",
        f"points/{held.id}",
        {
            "earning": attrs.asdict(earning),
            "rule": rule,
            "owner": owner,
            "points": points,
            "taken": taken,
            "minutes": minutes,
            "drawn": drawn,
        },
    )


# --- spending --------------------------------------------------------------------------------------


@command
def redeem_points(
    s: Session, *, owner: str, rule: str, reward: str, count: int = 1
) -> dict[str, Any]:
    """Buy `count` times `reward` at the rule's price, from the points that lapse first.

    `owner` is a volunteer, or the household of a family account.
    """
    account = account_id(s.state, rule, owner)
    stream = f"points/{account}"
    declared = _rule(s, stream, rule)
    price = declared.rewards.get(reward)
    if price is None or type(count) is not int or count < 1:
        refuse(NO_REWARD, stream, "reward", reward, rewards=", ".join(sorted(declared.rewards)))
    _lapse(s, account)
    held: Points | None = s.state.get("points", account)
    points, balance = price * count, 0 if held is None else held.balance
    if held is None or points > balance:
        refuse(TOO_FEW_POINTS, stream, "points", points, balance=balance)
    _, takes = take_oldest(held.lots, points)
    redemption = Redemption(
        id=f"{held.id}#{held.redemptions + 1}",
        account=held.id,
        day=s.act.day.isoformat(),
        reward=reward,
        count=count,
        points=points,
        takes=takes,
    )
    s.record("points.spent", stream, attrs.asdict(redemption))
    return {"redemption": redemption.id, "points": points, "balance": balance - points}


@command
def return_redemption(s: Session, *, redemption: str, reason: str) -> dict[str, Any]:
    """Give the points of a redemption back, with the last days that they had. `reason`: a code of `RETURNS`."""
    stream = f"points/{redemption.rpartition('#')[0]}"
    held: Redemption | None = s.state.get("redemption", redemption)
    if held is None:
        refuse(NO_RECORD, stream, "redemption", redemption)
    if held.state != "given":
        refuse(RETURNED_BEFORE, stream, "redemption", redemption)
    if reason not in RETURNS:
        refuse(UNKNOWN_REASON, stream, "reason", reason, reasons=", ".join(RETURNS))
    taken = min(held.points, s.state.get("points", held.account).owed)
    s.record("points.returned", stream, {"id": held.id, "taken": taken, "reason": reason})
    _lapse(s, held.account)
    return {"balance": s.state.get("points", held.account).balance}


@command
def draw_minutes(
    s: Session, *, owner: str, rule: str, minutes: int, order: str | None = None
) -> dict[str, Any]:
    """Draw `minutes` of service from the time bank (时间银行), for the `order` that gives it, where there is one."""
    account = account_id(s.state, rule, owner)
    stream = f"points/{account}"
    held: Points | None = s.state.get("points", account)
    balance = 0 if held is None else held.minutes
    if type(minutes) is not int or not 1 <= minutes <= balance:
        refuse(TOO_FEW_MINUTES, stream, "minutes", minutes, balance=balance)
    if order is not None and s.state.get("order", order) is None:
        refuse(NO_RECORD, stream, "order", order)
    s.record("minutes.drawn", stream, {"id": account, "minutes": minutes, "order": order})
    return {"minutes": balance - minutes}


@command
def lapse_points(s: Session) -> dict[str, Any]:
    """Record what has lapsed by the day of the act, in every account. To be run daily, or at year's end."""
    before = len(s.events)
    for account in s.state.until("points", "lapses_on", s.act.day.isoformat()):
        _lapse(s, account.id)
    return {"accounts": len(s.events) - before}


def _lapse(s: Session, account: str) -> None:
    held: Points | None = s.state.get("points", account)
    day = s.act.day.isoformat()
    if held is None or held.lapses_on is None or held.lapses_on >= day:
        return
    data = {"id": account, "on": day, "points": lapsed_by(held.lots, day)}
    s.record("points.lapsed", f"points/{account}", data)


def _rule(s: Session, stream: str, rule: str) -> PointRule:
    rules: Sequence[PointRule] = () if s.plugins is None else s.plugins.point_rules
    found = next((declared for declared in rules if declared.id == rule), None)
    if found is not None:
        return found
    return refuse(NO_POINT_RULE, stream, "rule", rule, rules=", ".join(r.id for r in rules) or "-")


def account_id(state: State, rule: str, owner: str) -> str:
    """Return the id of the account of a volunteer, or of a household, which stands there by its reference."""
    return joined(rule, owner if state.get("helper", owner) is not None else state.ref(owner))


# --- views -----------------------------------------------------------------------------------------


@attrs.frozen
class Balance:
    """What an account holds on a day: points, of them `lapsing` on `lapses_on`, minutes of the time bank."""

    points: int
    lapses_on: str | None
    lapsing: int
    minutes: int


def points_balance(state: State, *, owner: str, rule: str, on: dt.date) -> Balance:
    """Return what `owner` holds under `rule` on the day `on`, without what has lapsed by then."""
    held: Points | None = state.get("points", account_id(state, rule, owner))
    if held is None:
        return Balance(0, None, 0, 0)
    good = still_good(held.lots, on.isoformat())
    lapses_on = first_to_lapse(good)
    return Balance(total(good), lapses_on, good[0][1] if lapses_on else 0, held.minutes)


# --- events ----------------------------------------------------------------------------------------


def _earned(state: State, event: Event) -> None:
    data = event.data
    earning = Earning(**data["earning"])
    held: Points = state.get("points", earning.account) or Points(
        earning.account, data["rule"], data["owner"]
    )
    changes = _of_minutes(held, data["minutes"], data["drawn"]) if data["minutes"] else {}
    changes |= _of_points(held, earning.last_day, data["points"], data["taken"])
    state.put("points", attrs.evolve(held, **changes))
    state.put("earning", earning)


def _of_points(held: Points, last_day: str | None, points: int, taken: int) -> dict[str, Any]:
    """Points earned, of which `taken` make up for what is owed; or taken back, as far as there are any."""
    changes: dict[str, Any] = {"taken_back": held.taken_back + taken}
    if points >= 0:
        changes |= _holding(put_in(held.lots, last_day, points - taken), held, points - taken)
        changes["earned"], changes["owed"] = held.earned + points, held.owed - taken
    else:
        changes |= _holding(take_first_from(held.lots, last_day, taken)[0], held, -taken)
        changes["owed"] = held.owed - points - taken
    return changes


def _of_minutes(held: Points, minutes: int, drawn: int) -> dict[str, Any]:
    credit = max(minutes, 0)
    return {
        "minutes": held.minutes + credit - drawn,
        "minutes_in": held.minutes_in + credit,
        "minutes_taken_back": held.minutes_taken_back + drawn,
        "minutes_owed": held.minutes_owed + (-drawn if minutes > 0 else -minutes - drawn),
    }


def _holding(lots: Lots, held: Points, more: int) -> dict[str, Any]:
    return {"lots": lots, "balance": held.balance + more, "lapses_on": first_to_lapse(lots)}


def _spent(state: State, event: Event) -> None:
    data = {**event.data, "takes": tuple((day, n) for day, n in event.data["takes"])}
    redemption = Redemption(**data)
    held: Points = state.get("points", redemption.account)
    lots, _ = take_oldest(held.lots, redemption.points)
    changes = _holding(lots, held, -redemption.points)
    changes |= {"spent": held.spent + redemption.points, "redemptions": held.redemptions + 1}
    state.put("points", attrs.evolve(held, **changes))
    state.put("redemption", redemption)


def _returned(state: State, event: Event) -> None:
    redemption: Redemption = state.get("redemption", event.data["id"])
    held: Points = state.get("points", redemption.account)
    lots = held.lots
    for last_day, points in redemption.takes:
        lots = put_in(lots, last_day, points)
    taken, reason = event.data["taken"], event.data["reason"]
    lots, _ = take_oldest(lots, taken)
    changes = _holding(lots, held, redemption.points - taken)
    changes |= {"spent": held.spent - redemption.points, "owed": held.owed - taken}
    state.put("points", attrs.evolve(held, taken_back=held.taken_back + taken, **changes))
    state.put("redemption", attrs.evolve(redemption, state="returned", reason=reason))


def _lapsed(state: State, event: Event) -> None:
    held: Points = state.get("points", event.data["id"])
    points = event.data["points"]
    changes = _holding(still_good(held.lots, event.data["on"]), held, -points)
    state.put("points", attrs.evolve(held, lapsed=held.lapsed + points, **changes))


def _drawn(state: State, event: Event) -> None:
    held: Points = state.get("points", event.data["id"])
    n = event.data["minutes"]
    state.put(
        "points",
        attrs.evolve(held, minutes=held.minutes - n, minutes_drawn=held.minutes_drawn + n),
    )


EVENTS = (
    EventKind("points.earned", _earned),
    EventKind("points.taken_back", _earned),
    EventKind("points.spent", _spent),
    EventKind("points.returned", _returned),
    EventKind("points.lapsed", _lapsed),
    EventKind("minutes.drawn", _drawn),
)
REACTIONS = (
    ("service.recorded", on_service_recorded),
    ("service.corrected", on_service_corrected),
)

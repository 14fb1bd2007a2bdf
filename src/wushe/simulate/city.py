"""The simulated city: who lives there, who helps, and everything that is open, in columns.

Rows of households, volunteers, needs and so on are counted from 0; instants are minutes since the first day
00:00 as floats, days whole numbers from 0; amounts are base units, money fen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from wushe.model.help import URGENCIES
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.simulate.rows import Rows
from wushe.simulate.streams import Streams

if TYPE_CHECKING:
    from wushe.ledger.money.columns import FundColumns
    from wushe.plugins.manager import Plugins
    from wushe.simulate.world.scenario import Scenario

DAY = 1440.0
"""Minutes of a day."""
WEEK, MONDAY = 7, 0
"""Days of a week, and the code of its first one."""
YEAR = 365.25
"""Days of a year, on average."""
ROUND_AT = 540.0
"""Minute of the day at which the needs list is looked at."""
NO = -1
NEVER = np.nan
"""An instant that has not come."""

KNOWN_FROM, NEVER_VETTED = -(10**5), -(10**6)
"""Nothing is known to have happened before the one day; the other stands for never, in columns of vetting."""

HELPERS = ("volunteers", "social_workers", "resources", "funds")
"""Tables whose rows serve orders; a code is the position here."""
VOLUNTEERS, WORKERS, LOTS, FUNDS = range(4)
NEED_STATES = ("hidden", "known", "listed", "ordered", "met", "by_relief", "lapsed")
"""hidden: nobody knows; known: reported, not yet looked at by a worker; listed: on the needs list (需求清单);
ordered: somebody is asked or at work; met, met by government relief, or lapsed: closed."""
HIDDEN, KNOWN, LISTED, ORDERED, MET, BY_RELIEF, LAPSED = range(7)
LOW, NORMAL, URGENT, EMERGENCY = range(4)
"""Codes of urgency."""
URGENCY_WORDS = tuple(reversed(URGENCIES))
"""What the library calls each code of urgency."""
FOUND_BY = ("visit", "neighbour", "grid_worker", "self", "office")
CALL_STATES = ("asked", "accepted", "declined", "timed_out", "withdrawn", "done")
ASKED, ACCEPTED, DECLINED, TIMED_OUT, WITHDRAWN, DONE = range(6)
EVENTS = (
    "need_arose", "need_found", "need_listed", "need_met", "need_lapsed", "need_reduced",
    "order_placed", "order_dispatched", "order_redispatched", "order_accepted", "order_declined", "order_timed_out",
    "order_escalated", "order_done", "order_confirmed", "order_failed", "order_cancelled", "order_paid",
    "gift_received", "gift_matched", "lot_received", "lot_expired",
    "volunteer_joined", "volunteer_left", "volunteer_returned", "visit_made", "relief_filed", "relief_granted",
    "helper_vetted",
)  # fmt: skip
EVENT_CODES: Mapping[str, int] = {name: code for code, name in enumerate(EVENTS)}

HOUSE = {
    "found": ("bool", False), "consent": ("int8", NO), "visited": ("int32", NO), "helped": ("int32", 0),
    "last_helper": ("int32", NO),  # volunteer row that helped last
    "joined": ("bool", False),  # somebody of the household takes part in community charity
    "assessed": ("int32", NO),  # day of the last relief assessment
}  # fmt: skip
NEEDS = {
    "household": ("int32", NO), "category": ("int16", NO), "amount": ("int64", 0), "left": ("int64", 0),
    "ordered": ("int64", 0),  # base units in orders that are neither done nor ended
    "urgency": ("int8", 1),  # 0 low .. 3 emergency, as columns of needs count it
    "arose": ("float64", NEVER), "known": ("float64", NEVER), "listed": ("float64", NEVER),
    "closed": ("float64", NEVER), "due": ("int32", NO), "lapses": ("int32", NO), "state": ("int8", HIDDEN),
    "found_by": ("int8", NO), "tries": ("int16", 0),
    "by_relief": ("int64", 0),  # fen or base units that relief took over
}  # fmt: skip
ORDERS = {
    "need": ("int32", NO), "kind": ("int8", NO), "provider": ("int32", NO), "amount": ("int64", 0),
    "status": ("int8", 0),  # a code of wushe.orders.table.STATUS_CODES
    "value": ("int64", 0),  # what serving it was worth to the plan: units x (penalty - cost)
    "placed": ("float64", NEVER), "due": ("float64", NEVER), "accepted": ("float64", NEVER),
    "done": ("float64", NEVER), "confirmed": ("float64", NEVER), "ended": ("float64", NEVER),
    "round": ("int16", 0), "call": ("int32", NO),  # the call that is open now, or the last one
    "next": ("float64", NEVER),  # instant at which something happens to it of itself
    "step": ("int8", 0),  # what that is, a code of the orderbook module
    "first": ("int64", 0), "many": ("int8", 0), "used": ("int8", 0),  # rows of candidates; how many were asked
    "number": ("int16", 1),  # the how-manieth order of its need
}  # fmt: skip
CANDIDATES = {"kind": ("int8", NO), "provider": ("int32", NO), "most": ("int64", NO)}
"""Who may be asked for an order, best first, the planned one included; `most` -1: any amount."""
CALLS = {
    "order": ("int32", NO), "kind": ("int8", NO), "provider": ("int32", NO), "at": ("float64", NEVER),
    "state": ("int8", ASKED), "minutes": ("int32", 0),
}  # fmt: skip
VOLUNTEER = {
    "home": ("int32", NO),  # community row
    "household": ("int32", NO), "skills": ("int16", 0),  # position in City.skill_sets
    "weekly": ("int32", 0), "open": ("int32", 0), "done": ("int32", 0),  # minutes: offered, promised, done this week
    "reach": ("int8", 3),  # position in LEVELS
    "vetted": ("int32", NEVER_VETTED), "active": ("bool", True), "joined": ("int32", 0), "left": ("int32", NO),
    "back": ("int32", NO), "tired": ("float64", 0.0), "keen": ("float64", 1.0), "grid": ("bool", False),
    "team": ("int32", NO), "points": ("int64", 0), "served": ("int32", 0), "helped_before": ("bool", False),
}  # fmt: skip
WORKER = {
    "station": ("int32", NO), "skills": ("int16", 0), "weekly": ("int32", 0), "open": ("int32", 0),
    "done": ("int32", 0), "vetted": ("int32", NEVER_VETTED), "caseload": ("int32", 0), "limit": ("int32", NO),
    "free_at": ("float64", 0.0),  # when the last intake visit given to them ends, in working minutes
}  # fmt: skip
LOT = {
    "category": ("int16", NO), "organization": ("int32", NO), "home": ("int32", NO), "reach": ("int8", 3),
    "received": ("int64", 0), "on_hand": ("int64", 0), "reserved": ("int64", 0), "issued": ("int64", 0),
    "expired": ("int64", 0), "arrived": ("int32", 0), "expires": ("int32", NO), "per_need": ("int64", NO),
}  # fmt: skip
FUND = {
    "organization": ("int32", NO), "home": ("int32", NO),  # street or place row of `Population.tables["places"]`
    "reach": ("int8", 3), "per_need": ("int64", NO), "purposes": ("int16", 0),  # position in City.purpose_sets
}  # fmt: skip
"""Money itself is in `City.money` (wushe.ledger.money.columns), one account set per row here."""
LOG = {
    "at": ("float64", 0.0), "kind": ("int16", 0), "need": ("int32", NO), "order": ("int32", NO),
    "helper_kind": ("int8", NO), "helper": ("int32", NO), "household": ("int32", NO), "amount": ("int64", 0),
}  # fmt: skip


@attrs.frozen(eq=False)
class Population:
    """Who lives where, made up from census figures: no row is a real household.

    `tables`: places, communities, organizations, stations, volunteer_teams, households and persons (all of them;
    household rows are in id order). `communities` object (n_c,): place ids of the communities; `street` int32 (n_c,):
    their streets, numbered from 0; `streets` object: place ids; `lon`, `lat` float (n_c,). Per household (n_h,):
    `home` int32 community row; `size`, `elders` (65 and over), `children` (under 15) int8; `income_fen` int64 a month;
    `groups` uint32 bits in the order of `group_ids`; `hardship` bool; `risk` float, 1 on average. `ties_start` int64
    (n_h + 1,), `ties` int32: households that know each other, CSR, symmetric.
    """

    tables: Mapping[str, Table]
    communities: Array
    street: Array
    streets: Array
    lon: Array
    lat: Array
    home: Array
    size: Array
    elders: Array
    children: Array
    income_fen: Array
    groups: Array
    group_ids: tuple[str, ...]
    hardship: Array
    risk: Array
    ties_start: Array
    ties: Array

    def __len__(self) -> int:
        return len(self.home)

    def in_group(self, group: str) -> Array:
        """Return which households are of a target group, bool (n_h,). Raises ValueError."""
        bit = np.uint32(1 << self.group_ids.index(group))
        found: Array = (self.groups & bit) != 0
        return found


@attrs.define(eq=False)
class City:
    """Everything that a day's processes read and change; made by `wushe.simulate.engine.found`."""

    scenario: Scenario
    plugins: Plugins
    streams: Streams
    people: Population
    categories: tuple[str, ...]
    """Ids of need categories, sorted; a category code is a position here."""
    money: FundColumns
    skill_sets: list[tuple[str, ...]] = attrs.field(factory=list)
    purpose_sets: list[tuple[str, ...]] = attrs.field(factory=list)
    day: int = 0
    house: Rows = attrs.field(factory=lambda: Rows(HOUSE))
    volunteers: Rows = attrs.field(factory=lambda: Rows(VOLUNTEER))
    workers: Rows = attrs.field(factory=lambda: Rows(WORKER))
    lots: Rows = attrs.field(factory=lambda: Rows(LOT))
    funds: Rows = attrs.field(factory=lambda: Rows(FUND))
    needs: Rows = attrs.field(factory=lambda: Rows(NEEDS))
    orders: Rows = attrs.field(factory=lambda: Rows(ORDERS))
    candidates: Rows = attrs.field(factory=lambda: Rows(CANDIDATES))
    calls: Rows = attrs.field(factory=lambda: Rows(CALLS))
    log: Rows = attrs.field(factory=lambda: Rows(LOG))
    figures: dict[str, int] = attrs.field(factory=dict)
    memory: dict[str, Any] = attrs.field(factory=dict)
    """What a process keeps from day to day beside the columns, by the process's name."""

    def __getitem__(self, assumption: str) -> float:
        """Return the value of an assumption. Raises KeyError."""
        return self.scenario[assumption]

    @property
    def now(self) -> float:
        """The instant at which the day begins."""
        return self.day * DAY

    @property
    def on(self) -> dt.date:
        """The calendar date."""
        return self.scenario.start + dt.timedelta(days=self.day)

    def code(self, category: str) -> int:
        """Return the code of a need category. Raises ValueError."""
        return self.categories.index(category)

    def count(self, figure: str, n: Any) -> None:
        """Add `n` to a figure of the day: the periods table has a column for each figure."""
        self.figures[figure] = self.figures.get(figure, 0) + int(n)

    def say(self, kind: str, at: Any, n: int | None = None, **columns: Any) -> None:
        """Log events of `kind` at instants `at`; columns of `LOG` as arrays or scalars.

        `n` tells how many where nothing given is an array.
        """
        if n is None:
            n = max(
                (np.size(value) for value in (at, *columns.values()) if np.ndim(value)), default=1
            )
        if n:
            self.log.append(n, at=at, kind=EVENT_CODES[kind], **columns)
            self.count(kind, n)

"""A small street for tests of the volunteers' account: enrols helpers, carries orders to their confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from wushe.journal import Act, MemoryStore, Receipt, Session
from wushe.model.ordering import OrderRules, PointRule
from wushe.orders import DOMAIN
from wushe.text import Text

STATION = "ST-1"


@attrs.frozen
class City:
    """As much of loaded plugins as the commands ask for."""

    point_rules: tuple[PointRule, ...] = ()
    order_rules: tuple[OrderRules, ...] = (OrderRules("default"),)

    def point_rule_for(self, category: str) -> PointRule | None:
        """Return the first rule that names the category, else the first that names none."""
        named = [r for r in self.point_rules if category in r.categories]
        return next(iter([*named, *(r for r in self.point_rules if not r.categories)]), None)

    def order_rules_for(self, category: str) -> OrderRules:
        """Return the one rule there is."""
        return self.order_rules[0]


def rule(key: str = "zhangjiawan", **fields: Any) -> PointRule:
    """Return a rule of points."""
    return PointRule(key, Text(zh="家庭志愿积分", en="family points"), **fields)


@attrs.define
class Street:
    """A store in memory and the acts of those who work there."""

    city: City | None = None
    store: MemoryStore = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = MemoryStore(DOMAIN, self.city)  # type: ignore[arg-type]

    @property
    def state(self) -> Any:
        """The records as they are now."""
        return self.store.state

    def run(
        self, command: Any, today: str = "2025-09-15", by: str = STATION, **arguments: Any
    ) -> Any:
        """Run one command at nine in the morning of `today` and return its answer."""
        return self.receipt(command, today, by, **arguments).answer

    def receipt(
        self, command: Any, today: str = "2025-09-15", by: str = STATION, **arguments: Any
    ) -> Receipt:
        """Run one command and return its receipt."""
        return self.store.run(Act(f"{today}T09:00:00+08:00", by), command, **arguments)

    def enrol(self, *helpers: str, kind: str = "volunteers", **fields: Any) -> None:
        """Enrol helpers of one kind with the same fields; `family` is the household of a family account."""
        family = fields.pop("family", None)

        def enrol(s: Session) -> None:
            for helper in helpers:
                data = {"id": helper, "kind": kind, **fields}
                ref = None if family is None else s.ref(family)
                s.record("helper.enrolled", f"helper/{helper}", data, ref=ref)

        self.run(enrol, "2025-01-01")

    def order(
        self,
        key: str,
        *helpers: str,
        day: str = "2025-09-15",
        minutes: int = 90,
        dimension: str = "minute",
        form: str = "service",
        category: str = "visit",
        confirmed: str | None = "",
        stated: Mapping[str, int] | None = None,
        on_day: str | None = None,
    ) -> None:
        """Carry an order of `helpers` out on `day`; it is confirmed then, on another day, or (None) not yet."""
        client = {"source": "need", "client_kind": "households", "category": category}
        placed = {"id": key, **client, "form": form, "amount": minutes, "dimension": dimension}
        accepted = [[-1, helper, "volunteers", None, minutes] for helper in helpers]

        def carry(s: Session) -> None:
            stream = f"order/{key}"
            s.record("order.placed", stream, {**placed, "on_day": on_day}, ref=s.ref("H-1"))
            asked = [
                [n, h, "volunteers", None, -1, minutes, minutes] for n, h in enumerate(helpers)
            ]
            s.record("order.dispatched", stream, {"asked": asked, "due": s.act.at})
            calls = [f"{key}#{n}" for n in range(len(helpers))]
            accept = {"calls": calls, "withdrawn": [], "helpers": accepted}
            s.record("order.accepted", stream, accept)
            s.record("order.done", stream, {"amount": minutes, "calls": calls})

        self.run(carry, day)
        if confirmed is not None:
            self.confirm(key, confirmed or day, stated)

    def confirm(self, key: str, day: str, stated: Mapping[str, int] | None = None) -> None:
        """Confirm an order that is done."""

        def confirm(s: Session) -> None:
            data: dict[str, Any] = {"rating": 5, "day": day}
            if stated is not None:
                data["minutes"] = dict(stated)
            s.record("order.confirmed", f"order/{key}", data)

        self.run(confirm, day)


def codes(problems: Sequence[Any]) -> list[str]:
    """Return the codes of problems, in their order."""
    return [problem.code for problem in problems]

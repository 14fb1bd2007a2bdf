"""The linkage picture of a plan: which organization stands behind whose help, and where it goes."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from wushe.render import LinkEdge, LinkNode, Picture, linkage
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.network import LinkageNetwork
    from wushe.plan.items import ClientPlan, PlanItem
    from wushe.plan.plan import Plan
    from wushe.render.flows import Side

_TITLE = Text("五社联动：谁的帮助到了哪里", "Five-party linkage: whose help reaches where")


def linkage_picture(plan: Plan, lang: str) -> Picture:
    """Return streets' households in the middle, around them the parties whose help reaches them.

    Workers are grouped by station, volunteers by team, goods and money by what they are; the
    organization that operates, hosts or holds stands behind them. Widths count items of help.
    """
    return Flows.of(plan.network, plan).picture(lang)


@attrs.frozen(eq=False)
class Flows:
    """What the linkage picture shows: groups of helpers, items from group to group, streets helped."""

    groups: dict[str, tuple[str | Text, Side, set[str]]]
    items: Counter[tuple[str, str]]
    helped: Counter[str]

    @classmethod
    def of(cls, network: LinkageNetwork, clients: Iterable[ClientPlan]) -> Flows:
        """Count the items of `clients`."""
        found = cls({}, Counter(), Counter())
        for client in clients:
            found.helped[client.street] += bool(client.items)
            for item in client.items:
                found._count(network, item, f"street:{client.street}")
        return found

    def _count(self, network: LinkageNetwork, item: PlanItem, street: str) -> None:
        key, label, side, behind = _group(network, item)
        self._member(key, label, side, item.provider.id)
        self.items[key, street] += 1
        if behind is not None:
            name = _name(network, "organizations", behind)
            self._member(behind, name, "organization", behind)
            self.items[behind, key] += 1

    def _member(self, key: str, label: str | Text, side: Side, member: str) -> None:
        self.groups.setdefault(key, (label, side, set()))[2].add(member)

    def picture(self, lang: str) -> Picture:
        """Return the picture in `lang`."""
        nodes = [
            LinkNode(key, label, side, len(ids))
            for key, (label, side, ids) in sorted(self.groups.items())
        ]
        streets = [
            LinkNode(f"street:{s}", s or "?", "household", n)
            for s, n in sorted(self.helped.items())
            if n
        ]
        edges = [LinkEdge(a, b, n) for (a, b), n in sorted(self.items.items())]
        return linkage([*nodes, *streets], edges, title=_TITLE, lang=lang)


def _group(network: LinkageNetwork, item: PlanItem) -> tuple[str, str | Text, Side, str | None]:
    """Return (key, label, side, organization behind it) of the group that an item's provider is in."""
    kind, key = item.provider.kind, item.provider.id
    if kind == "social_workers":
        station = _value(network, kind, key, "station")
        if station is None:
            return (
                f"workers:{key}",
                item.provider.label(),
                "worker",
                _value(network, kind, key, "employer"),
            )
        return (
            f"station:{station}",
            _name(network, "stations", station),
            "worker",
            _value(network, "stations", station, "operator"),
        )
    if kind == "volunteers":
        teams = _value(network, kind, key, "teams") or ()
        if teams:
            return (
                f"team:{teams[0]}",
                _name(network, "volunteer_teams", teams[0]),
                "volunteer",
                _value(network, "volunteer_teams", teams[0], "organization"),
            )
        place = _name(network, "places", str(_value(network, kind, key, "place")))
        return (
            f"volunteers:{place}",
            Text(f"{place}志愿者", f"volunteers of {place}"),
            "volunteer",
            None,
        )
    if kind in ("funds", "resources"):
        return (
            key,
            _name(network, kind, key),
            "resource",
            _value(network, kind, key, "host" if kind == "funds" else "holder"),
        )
    sides: dict[str, Side] = {
        "communities": "community",
        "organizations": "organization",
        "stations": "worker",
    }
    return key, item.provider.label(), sides.get(kind, "volunteer"), None


def _value(network: LinkageNetwork, kind: str, key: str, field: str) -> str | None:
    table = network.tables[kind]
    value: str | None = table[field][bisect_left(table.ids, key)]
    return value


def _name(network: LinkageNetwork, kind: str, key: str) -> str:
    return str(_value(network, kind, key, "name"))

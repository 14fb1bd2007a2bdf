"""What hooks are given: columns of a small made-up city, of money, projects and orders; and the same in another order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np

from wushe.errors import WusheError
from wushe.identify.due import with_signals
from wushe.identify.persons import person_columns
from wushe.journal.event import Event
from wushe.matching.columns import objects
from wushe.matching.prepare import Prepared, prepare
from wushe.model.help import PROVIDERS
from wushe.model.kinds import say_instant
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.model.terms import Columns, Context, Pairs
from wushe.network import LinkageNetwork, build_network
from wushe.plugins.manager import Plugins
from wushe.report.standards import rows_of
from wushe.supply import pool_offers
from wushe.testing.conformance.city import ON, LittleCity

MOST_PAIRS = 3000
MOST_GIFTS = 14
FEW = 4
"""One order of so many is in a small batch."""
DAY_MINUTES = 24 * 60
NO_CAP = -1
SMALL_ROOM = 10**5
"""So little is left of the pools, in fen, that who comes first matters."""
SINGLES = 5
"""So many pairs and orders are asked about by themselves."""
BY_ROW = ("persons", "projects", "orders", "helpers", "donations", "pools")
"""What hooks are given as columns of its own, beside needs and offers."""
IDS = ("id", "client", "provider", "household", "donor", "project", "organization")
"""Columns that name one need, person or party."""
SOURCES = ("government", "mutual_aid")
Axis = str
"""What the rows of an answer are: ``needs``, ``pairs``, ``persons``, ``projects``, ``orders``, ``rows:TABLE``; "" for none."""


@attrs.frozen(eq=False)
class World:
    """Everything that a plugin's rules may be asked about."""

    network: LinkageNetwork
    context: Context
    prepared: Prepared
    pairs: Pairs
    persons: Columns
    tables: Mapping[str, Columns]
    projects: Columns
    orders: Columns
    helpers: Columns
    donations: Columns
    pools: Columns
    events: tuple[Event, ...]
    unusable: WusheError | None = None
    """Why the offers that the plugin derives are not among `offers`."""

    @property
    def needs(self) -> Columns:
        """Open needs, as the matching hooks receive them."""
        return self.prepared.needs

    @property
    def offers(self) -> Columns:
        """The resource pool, as the matching hooks receive it."""
        return self.prepared.offers


def make_world(
    city: LittleCity,
    rules: Plugins,
    base: Plugins,
    rng: np.random.Generator,
    *,
    tables: Sequence[str] = (),
    on: dt.date = ON,
) -> World:
    """Return the world of `city` under `rules`; `tables` are those that standards ask about.

    Where the plugin's own offers or signals are unusable, those of `base` take their place, so that the
    rest can be asked about all the same.
    """
    # Whoever takes tables away from a report is found by it, and takes them from nobody else.
    network = attrs.evolve(city.network, tables=MappingProxyType(dict(city.network.tables)))
    context = Context(on, rules.categories, rules.target_groups)
    offers, unusable = _pool(network, rules, base, context)
    prepared = prepare(network, offers, context)
    persons = person_columns(network, on)
    try:
        persons, _ = with_signals(persons, rules.risk_signals, context)
    except (WusheError, ValueError):
        persons, _ = with_signals(persons, base.risk_signals, context)
    n, m = len(prepared.needs), len(prepared.offers)
    every = np.sort(rng.permutation(n * m)[:MOST_PAIRS])
    pairs = Pairs((every // max(m, 1)).astype(np.int32), (every % max(m, 1)).astype(np.int32))
    orders, helpers = _orders(rng, network, rules)
    donations, pools = gifts(rng, room=SMALL_ROOM)
    return World(
        network,
        prepared.context,
        prepared,
        pairs,
        persons,
        {name: rows_of(network, name, on) for name in sorted(set(tables))},
        _projects(rng),
        orders,
        helpers,
        donations,
        pools,
        _events(city),
        unusable,
    )


def _pool(
    network: LinkageNetwork, rules: Plugins, base: Plugins, context: Context
) -> tuple[Table, WusheError | None]:
    try:
        return pool_offers(network, rules, context), None
    except WusheError as error:
        return pool_offers(network, base, context), error


def empty_world(world: World, rules: Plugins) -> World:
    """Return a world of the same columns in which there is nobody and nothing."""
    nobody: Array = np.zeros(0, dtype=np.int32)
    network = build_network({}, rules.categories, rules.target_groups, rules.versions)
    none = {name: take(columns, nobody) for name, columns in world.tables.items()}
    return attrs.evolve(
        world,
        network=network,
        prepared=attrs.evolve(
            world.prepared, needs=take(world.needs, nobody), offers=take(world.offers, nobody)
        ),
        pairs=world.pairs.take(nobody),
        tables=none,
        events=(),
        persons=take(world.persons, nobody),
        projects=take(world.projects, nobody),
        orders=take(world.orders, nobody),
        helpers=take(world.helpers, nobody),
        donations=take(world.donations, nobody),
        pools=take(world.pools, nobody),
    )


def permuted(world: World, rng: np.random.Generator) -> tuple[World, dict[Axis, Array]]:
    """Return the same world with all rows in another order, and for each axis the old row of each new one."""
    sizes = {
        "needs": len(world.needs),
        "offers": len(world.offers),
        "pairs": len(world.pairs),
        "persons": len(world.persons),
        "projects": len(world.projects),
        "orders": len(world.orders),
        "donations": len(world.donations),
        **{f"rows:{name}": len(columns) for name, columns in world.tables.items()},
    }
    order = {axis: rng.permutation(n) for axis, n in sizes.items()}
    now = {axis: np.argsort(order[axis]).astype(np.int32) for axis in ("needs", "offers")}
    shuffled = world.pairs.take(order["pairs"])
    changed = attrs.evolve(
        world,
        prepared=attrs.evolve(
            world.prepared,
            needs=take(world.needs, order["needs"]),
            offers=take(world.offers, order["offers"]),
        ),
        pairs=Pairs(now["needs"][shuffled.need], now["offers"][shuffled.offer]),
        persons=take(world.persons, order["persons"]),
        projects=take(world.projects, order["projects"]),
        orders=take(world.orders, order["orders"]),
        helpers=take(world.helpers, order["orders"]),
        donations=take(world.donations, order["donations"]),
        tables={name: take(t, order[f"rows:{name}"]) for name, t in world.tables.items()},
    )
    return changed, order


def half_the_pairs(world: World) -> tuple[World, dict[Axis, Array]]:
    """Return the world with every other pair and a few orders only, as wushe asks in batches, and the old row of each."""
    every = np.arange(0, len(world.pairs), 2)
    # The smallest: whatever is compared with the rest of its batch comes out otherwise.
    some = np.argsort(world.orders["amount"], kind="stable")[: len(world.orders) // FEW]
    half = attrs.evolve(
        world,
        pairs=world.pairs.take(every),
        orders=take(world.orders, some),
        helpers=take(world.helpers, some),
    )
    return half, {"pairs": every, "orders": some}


def singles(world: World) -> Iterator[tuple[World, dict[Axis, Array]]]:
    """Yield the world with one pair and one order, some of them in turn, and the old row of each."""
    for at in np.linspace(0, 1, SINGLES).tolist():
        pair, order = (
            np.array([round(at * (n - 1))] if n else [], dtype=np.int64)
            for n in (len(world.pairs), len(world.orders))
        )
        one = attrs.evolve(
            world,
            pairs=world.pairs.take(pair),
            orders=take(world.orders, order),
            helpers=take(world.helpers, order),
        )
        yield one, {"pairs": pair, "orders": order}


def one_of_each(world: World) -> World:
    """Return the world with the first need, offer, person, project, order and gift only."""
    first = np.zeros(1, dtype=np.int32)
    needs, offers = (
        take(columns, first[: len(columns)]) for columns in (world.needs, world.offers)
    )
    pair = first[: min(len(needs), len(offers))]
    few: dict[str, Any] = {name: take(getattr(world, name), first) for name in BY_ROW}
    return attrs.evolve(
        world,
        prepared=attrs.evolve(world.prepared, needs=needs, offers=offers),
        pairs=Pairs(pair, pair),
        tables={name: take(rows, first[: len(rows)]) for name, rows in world.tables.items()},
        **few,
    )


def others(world: World) -> World:
    """Return a world of the same facts about other needs, people and parties: all ids are new."""
    sides: dict[str, Any] = {
        name: _renamed(getattr(world.prepared, name)) for name in ("needs", "offers")
    }
    renamed: dict[str, Any] = {name: _renamed(getattr(world, name)) for name in BY_ROW}
    return attrs.evolve(
        world,
        prepared=attrs.evolve(world.prepared, **sides),
        tables={name: _renamed(rows) for name, rows in world.tables.items()},
        **renamed,
    )


def _renamed(columns: Columns) -> Columns:
    renamed = {
        name: objects([None if key is None else f"{key}-other" for key in columns[name].tolist()])
        for name in IDS
        if name in columns.arrays
    }
    return changed(columns, **renamed)


def take(columns: Columns, rows: Array) -> Columns:
    """Return the columns at `rows`."""
    return Columns(len(rows), {name: column[rows] for name, column in columns.arrays.items()})


def changed(columns: Columns, **arrays: Array) -> Columns:
    """Return the columns with other arrays."""
    return Columns(len(columns), {**columns.arrays, **arrays})


# --- projects, orders, money -------------------------------------------------------------------


def _projects(rng: np.random.Generator, n: int = 9) -> Columns:
    """Return projects of which any figure may be unknown (-1); the last knows nothing, the one before has just begun."""
    names = ("budget_fen", "spent_fen", "milestones", "reached")
    counts = ("person_times", "persons", "households", "activities")
    arrays: dict[str, Array] = {
        "id": objects([f"PR-{i}" for i in range(n)]),
        "organization": objects([f"O-{i % 3}" for i in range(n)]),
        "fund": objects([f"F-{i % 2}" if i % 3 else None for i in range(n)]),
    }
    for name, most in (
        *((name, 10**7) for name in names[:2]),
        *((c, 60) for c in names[2:] + counts),
    ):
        known = rng.random(n) < 0.7
        known[-1] = False
        arrays[name] = np.where(known, rng.integers(0, most, n), -1).astype(np.int64)
        arrays[name][-2] = 0
    return Columns(n, arrays)


def _orders(
    rng: np.random.Generator, network: LinkageNetwork, rules: Plugins, n: int = 40
) -> tuple[Columns, Columns]:
    """Return orders, and beside each one a helper who might take it."""
    places, categories = network["places"].ids.tolist(), sorted(rules.categories)

    def pick(words: Sequence[Any], unknown: float = 0.0) -> Array:
        chosen = [words[i] for i in rng.integers(0, len(words), n).tolist()]
        return objects([None if rng.random() < unknown else word for word in chosen])

    skills = ((), ("care",), ("errand", "policy"))
    paired = (("HP-1", "HP-2"), tuple(sorted(f"HP-{i}" for i in range(n))))
    orders = {
        "id": objects([f"OD-{i}" for i in range(n)]),
        "category": pick(categories),
        "urgency": rng.integers(0, 4, n).astype(np.int8),
        "amount": rng.integers(1, 10**6, n),
        "minor": rng.random(n) < 0.3,
        "place": pick(places, 0.3),
        "partners": pick(paired, 0.5),
        "on_day": pick(("2025-09-20", "2025-09-15"), 0.5),
    }
    helpers = {
        "id": objects([f"HP-{i}" for i in range(n)]),
        "kind": pick(PROVIDERS),
        "place": pick(places, 0.3),
        "minor": rng.random(n) < 0.3,
        "skills": pick(skills),
        "vetted_on": pick(("2025-03-01", "2023-01-01"), 0.5),
    }
    return Columns(n, orders), Columns(n, helpers)


def gifts(rng: np.random.Generator, *, room: int = 10**7) -> tuple[Columns, Columns]:
    """Return donations (the smallest of 1 fen, one of a hundred million yuan) and pools with `room` fen at most."""
    n, m = MOST_GIFTS, 3
    fen = rng.integers(1, 500_000, n)
    fen[0], fen[1] = 1, 10**10
    begin = dt.datetime.combine(ON, dt.time(1), dt.UTC)
    times = [
        say_instant(begin + dt.timedelta(minutes=i))
        for i in rng.integers(0, DAY_MINUTES, n).tolist()
    ]
    donations = {
        "id": objects([f"G-{i:02d}" for i in range(n)]),
        "fen": fen.astype(np.int64),
        "donor": objects([None if i % 5 == 0 else f"D-{i % 4}" for i in range(n)]),
        "fund": objects([f"F-{i % 2}" for i in range(n)]),
        "project": objects([None if i % 3 == 0 else f"PR-{i % 2}" for i in range(n)]),
        "at": objects(times),
    }
    middle = say_instant(begin + dt.timedelta(hours=12))
    caps = {"gift_cap": 80_000, "donor_cap": 150_000, "project_cap": 200_000}
    pools: dict[str, Array] = {
        "id": objects([f"PL-{j}" for j in range(m)]),
        "left_fen": rng.integers(0, max(room, 1), m).astype(np.int64),
        "numerator": np.array([1, 1, 2], dtype=np.int64),
        "denominator": np.array([1, 2, 3], dtype=np.int64),
        "opens": objects([None, None, middle]),
        "closes": objects([None, middle, None]),
        "fund": objects([None, "F-1", None]),
        "given": objects([{}, {"donor:D-1": 50_000}, {"project:PR-1": 150_000}]),
    }
    for name, cap in caps.items():
        pools[name] = np.where(rng.random(m) < 0.6, cap, NO_CAP).astype(np.int64)
    return Columns(n, donations), Columns(m, pools)


def _events(city: LittleCity) -> tuple[Event, ...]:
    """Return what observers of orders are told, about people whose words are planted."""
    at = say_instant(dt.datetime.combine(ON, dt.time(1), dt.UTC))
    kinds = ("order.placed", "order.dispatched", "order.accepted", "order.done", "order.confirmed")
    who = city.network["households"].ids.tolist()
    words = {"why": next(iter(city.secrets), "")}
    return tuple(
        Event(
            f"order/O-{i}", kind, at, "W-1", {"rating": 5, "amount": 60}, who[i % len(who)], words
        )
        for i, kind in enumerate(kinds)
        if who
    )

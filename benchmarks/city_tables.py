"""A made-up city with realistic locality, as columns for `make_table`; nothing in it is a real person.

Districts of ten streets of twelve communities with coordinates, as a large Chinese city has them: at
100,000 needs there are 13 districts, 130 streets and 1,560 communities. Most helpers reach their
street, some their district, few the city; donors restrict some of what they give.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from wushe.model.tables import Table, make_table

ON = dt.date(2025, 9, 15)
NEEDS_PER_STREET, STREETS_PER_DISTRICT, COMMUNITIES_PER_STREET = 770, 10, 12

SERVICES = (
    *("visit", "home_care", "counselling", "medical_escort", "errand", "meal_delivery"),
    *("policy_talk", "relief_application", "safety_check", "home_repair", "haircut"),
    *("activity_company", "job_coaching", "tutoring", "child_company"),
)
GOODS = ("food", "daily_goods", "care_supplies", "clothing", "school_supplies", "assistive_device")
MONEY = ("living_aid", "medical_aid", "education_aid", "emergency_aid")
SKILLS = (
    *("visiting", "care", "counselling", "escort", "errand", "policy", "repair", "haircut"),
    *("coaching", "tutoring"),
)
GROUPS = (
    *("lone_elder", "empty_nest", "disabled", "child_in_difficulty", "serious_illness"),
    *("low_income", "dibao", "mental_illness", "carer", "migrant_child"),
)
URGENCIES = ("low", "normal", "urgent", "emergency")

Column = list[Any]


class Draw:
    """Columns drawn from one Generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def of(self, words: Sequence[Any], n: int, p: Sequence[float] | None = None) -> Column:
        """Return `n` of `words`, with the chances `p` where given."""
        return [words[i] for i in self.rng.choice(len(words), n, p=p).tolist()]

    def maybe(self, chance: float, column: Column) -> Column:
        """Return `column` with each value unknown but for `chance`."""
        keep = (self.rng.random(len(column)) < chance).tolist()
        return [value if k else None for value, k in zip(column, keep, strict=True)]

    def number(self, low: int, high: int, n: int) -> Column:
        """Return `n` integers of `low`..`high`."""
        values: Column = self.rng.integers(low, high + 1, n).tolist()
        return values

    def some(self, words: Sequence[str], most: int, n: int) -> Column:
        """Return `n` tuples of one to `most` distinct words."""
        rows = self.rng.integers(0, len(words), (n, most)).tolist()
        sizes = self.rng.integers(1, most + 1, n).tolist()
        return [
            tuple(sorted({words[i] for i in row[:k]})) for row, k in zip(rows, sizes, strict=True)
        ]

    def day(self, low: int, high: int, n: int) -> Column:
        """Return `n` days, `low`..`high` days from `ON`."""
        days = [ON + dt.timedelta(days=k) for k in range(low, high + 1)]
        return self.of(days, n)


def city_tables(seed: int, *, needs: int, offers: int) -> dict[str, dict[str, Column]]:
    """Return the columns of a city with `needs` open needs and parties that derive `offers` offers."""
    draw = Draw(np.random.default_rng(seed))
    places, communities = _places(needs)
    streets = [i for i, level in zip(places["id"], places["level"], strict=True) if level == "street"]  # fmt: skip
    workers = _workers(draw, offers * 5 // 100, streets)
    lots, funds = offers * 20 // 100, max(1, offers * 3 // 100)
    volunteers = offers - len(workers["id"]) - lots - funds
    clients = _clients(draw, needs, communities, workers["id"])
    return {
        "places": places,
        "communities": _committees(communities, places),
        "organizations": _organizations(streets),
        "stations": _stations(streets),
        "social_workers": workers,
        "volunteers": _volunteers(draw, volunteers, communities),
        "resources": _resources(draw, lots, communities, streets, clients["households"]["id"]),
        "funds": _funds(draw, funds, streets),
        **clients,
        "needs": _needs(draw, needs, clients, communities),
        "consents": _consents(draw, needs // 8, clients["households"]["id"]),
        "services": _services(draw, needs // 5, volunteers, clients["households"]["id"]),
    }


def as_tables(columns: dict[str, dict[str, Column]]) -> dict[str, Table]:
    """Return the tables of `city_tables`, every value checked."""
    return {kind: make_table(kind, given) for kind, given in columns.items()}


def _ids(letter: str, n: int) -> Column:
    return [f"{letter}-{i:07d}" for i in range(n)]


def _places(needs: int) -> tuple[dict[str, Column], Column]:
    """Return the place tree and the ids of its communities."""
    rows: list[tuple[str, str, str, str | None, float | None, float | None]] = [
        ("42", "某省", "province", None, None, None),
        ("4201", "某市", "city", "42", None, None),
    ]
    communities = []
    for s in range(-(-needs // NEEDS_PER_STREET)):
        d, k = divmod(s, STREETS_PER_DISTRICT)
        district = f"4201{d + 1:02d}"
        if k == 0:
            rows.append((district, f"第{d + 1}区", "county", "4201", None, None))
        lon, lat = 114.0 + 0.15 * (d % 4) + 0.03 * (k % 5), 30.3 + 0.12 * (d // 4) + 0.04 * (k // 5)
        street = f"{district}{k + 1:03d}"
        rows.append((street, f"第{s + 1}街道", "street", district, lon, lat))
        for c in range(COMMUNITIES_PER_STREET):
            communities.append(f"{street}{c + 1:03d}")
            at = lon + 0.006 * (c % 4), lat + 0.008 * (c // 4)
            rows.append((communities[-1], f"第{s + 1}街道{c + 1}社区", "community", street, *at))
    names = ("id", "name", "level", "parent", "lon", "lat")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), communities


def _committees(communities: Column, places: dict[str, Column]) -> dict[str, Column]:
    name_of = dict(zip(places["id"], places["name"], strict=True))
    names = [f"{name_of[c]}居委会" for c in communities]
    return {"id": [f"CC-{c}" for c in communities], "name": names, "place": communities}


def _organizations(streets: Column) -> dict[str, Column]:
    names = [f"第{k + 1}慈善会" for k in range(len(streets))]
    kinds = ["charity_federation"] * len(streets)
    return {"id": [f"O-{s}" for s in streets], "name": names, "kind": kinds, "place": streets}


def _stations(streets: Column) -> dict[str, Column]:
    return {
        "id": [f"S-{s}" for s in streets],
        "name": [f"第{k + 1}社工站" for k in range(len(streets))],
        "place": streets,
        "operator": [f"O-{s}" for s in streets],
    }


def _workers(draw: Draw, n: int, streets: Column) -> dict[str, Column]:
    return {
        "id": _ids("W", n),
        "name": [f"社工{i}" for i in range(n)],
        "station": [f"S-{streets[i % len(streets)]}" for i in range(n)],
        "skills": draw.some(SKILLS, 5, n),
        "weekly_hours": draw.number(10, 30, n),
        "caseload": draw.maybe(0.9, draw.number(0, 20, n)),
        "caseload_limit": draw.maybe(0.9, draw.number(20, 60, n)),
        "vetted_on": draw.maybe(0.9, draw.day(-400, 0, n)),
    }


def _volunteers(draw: Draw, n: int, communities: Column) -> dict[str, Column]:
    reach = draw.of(("community", "street", "county", "city"), n, (0.2, 0.64, 0.14, 0.02))
    return {
        "id": _ids("V", n),
        "name": [f"志愿者{i}" for i in range(n)],
        "place": draw.of(communities, n),
        "skills": draw.some(SKILLS, 3, n),
        "weekly_hours": draw.number(2, 8, n),
        "reach": reach,
        "available_from": draw.maybe(0.1, draw.day(-30, 10, n)),
        "available_to": draw.maybe(0.1, draw.day(20, 200, n)),
        "vetted_on": draw.maybe(0.5, draw.day(-400, 0, n)),
    }


def _resources(
    draw: Draw, n: int, communities: Column, streets: Column, households: Column
) -> dict[str, Column]:
    kinds = draw.of(GOODS, n)
    return {
        "id": _ids("R", n),
        "name": [f"物资{i}" for i in range(n)],
        "categories": [(kind,) for kind in kinds],
        "quantity": draw.number(2, 24, n),
        "unit": draw.of(("piece", "box*2"), n, (0.9, 0.1)),
        "holder": [f"O-{s}" for s in draw.of(streets, n)],
        "place": draw.maybe(0.8, draw.of(communities, n)),
        "reach": draw.of(("street", "county", "city"), n, (0.6, 0.33, 0.07)),
        "expires_on": draw.maybe(0.3, draw.day(-5, 200, n)),
        "per_need": draw.maybe(0.3, draw.number(1, 6, n)),
        "for_groups": draw.maybe(0.15, draw.some(GROUPS, 2, n)),
        "for_places": draw.maybe(0.08, draw.some((*streets, *communities), 2, n)),
        "for_clients": draw.maybe(0.02, draw.some(households, 3, n)),
    }


def _funds(draw: Draw, n: int, streets: Column) -> dict[str, Column]:
    return {
        "id": _ids("F", n),
        "name": [f"基金{i}" for i in range(n)],
        "host": [f"O-{s}" for s in draw.of(streets, n)],
        "balance_fen": [k * 100_000 for k in draw.number(5, 60, n)],
        "reach": draw.of(("street", "county", "city"), n, (0.6, 0.3, 0.1)),
        "purposes": draw.some(MONEY, 2, n),
        "for_groups": draw.maybe(0.3, draw.some(GROUPS, 3, n)),
        "per_need_fen": draw.maybe(0.8, [k * 50_000 for k in draw.number(1, 6, n)]),
    }


def _clients(
    draw: Draw, needs: int, communities: Column, workers: Column
) -> dict[str, dict[str, Column]]:
    """Return households (six for ten needs), about as many persons as needs, a few institutions."""
    n, persons, homes = max(1, needs * 6 // 10), needs, max(1, needs // 2000)
    households = _ids("H", n)
    return {
        "households": {
            "id": households,
            "name": [f"户{i}" for i in range(n)],
            "place": draw.of(communities, n),
            "target_groups": draw.maybe(0.9, draw.some(GROUPS, 3, n)),
            "responsible_worker": draw.maybe(0.5, draw.of(workers or [None], n)),
            "referral_consent": draw.of((True, None, False), n, (0.9, 0.06, 0.04)),
        },
        "persons": {
            "id": _ids("P", persons),
            "household": draw.maybe(0.95, draw.of(households, persons)),
            "name": [f"人{i}" for i in range(persons)],
            "birth": draw.maybe(0.95, draw.day(-95 * 365, -365, persons)),
            "place": draw.maybe(0.3, draw.of(communities, persons)),
            "target_groups": draw.maybe(0.3, draw.some(GROUPS, 2, persons)),
            "referral_consent": draw.maybe(0.6, draw.of((True, False), persons, (0.95, 0.05))),
        },
        "institutions": {
            "id": _ids("I", homes),
            "name": [f"养老院{i}" for i in range(homes)],
            "kind": ["nursing_home"] * homes,
            "place": draw.of(communities, homes),
        },
    }


def _needs(
    draw: Draw, n: int, clients: dict[str, dict[str, Column]], communities: Column
) -> dict[str, Column]:
    """Return `n` open needs and five per cent more that are met or withdrawn."""
    every = n + n // 20
    forms = draw.of((0, 1, 2), every, (0.6, 0.25, 0.15))
    words = [draw.of(kind, every) for kind in (SERVICES, GOODS, MONEY)]
    amount = draw.number(1, 4, every)
    known = draw.of((True, False), every, (0.9, 0.1))
    who = draw.of(("household", "person", "institution"), every, (0.7, 0.28, 0.02))
    columns: dict[str, Column] = {
        "id": _ids("N", every),
        "category": [words[form][i] for i, form in enumerate(forms)],
        "quantity": [(a, a, a * 500)[f] if k else None for a, f, k in zip(amount, forms, known, strict=True)],
        "unit": [("hour", "piece", "yuan")[f] if k else None for f, k in zip(forms, known, strict=True)],
        "urgency": draw.maybe(0.95, draw.of(URGENCIES, every, (0.2, 0.5, 0.25, 0.05))),
        "asked_on": draw.day(-60, -6, every),
        "due": draw.maybe(0.4, draw.day(-5, 30, every)),
        "place": draw.maybe(0.03, draw.of(communities, every)),
        "skills": draw.maybe(0.04, draw.some(SKILLS, 2, every)),
        "status": ["open"] * n + draw.of(("met", "withdrawn"), every - n),
    }  # fmt: skip
    for kind in ("household", "person", "institution"):
        drawn = draw.of(clients[f"{kind}s"]["id"], every)
        columns[kind] = [i if w == kind else None for i, w in zip(drawn, who, strict=True)]
    order = draw.rng.permutation(every).tolist()
    return {name: [values[i] for i in order] for name, values in columns.items()}


def _consents(draw: Draw, n: int, households: Column) -> dict[str, Column]:
    given = draw.day(-300, -60, n)
    gone = draw.maybe(0.1, draw.day(-59, 10, n))
    return {
        "id": _ids("A", n),
        "subject": draw.of(households, n),
        "purpose": draw.of(("referral", "service"), n, (0.8, 0.2)),
        "given_on": given,
        "withdrawn_on": gone,
    }


def _services(draw: Draw, n: int, volunteers: int, households: Column) -> dict[str, Column]:
    return {
        "id": _ids("Y", n),
        "provider": draw.of(_ids("V", volunteers), n),
        "household": draw.of(households, n),
        "served_on": draw.day(-200, -1, n),
    }

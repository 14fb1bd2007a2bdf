"""A made-up city of any size."""

from __future__ import annotations

import numpy as np

from wushe.model.tables import Table, make_table
from wushe.network import LinkageNetwork, build_network
from wushe.plugins.manager import Plugins

_SKILLS = (
    "visiting",
    "care",
    "counselling",
    "escort",
    "errand",
    "policy",
    "repair",
    "haircut",
    "coaching",
    "tutoring",
)
_SERVICES = (
    "visit",
    "home_care",
    "counselling",
    "medical_escort",
    "errand",
    "policy_talk",
    "safety_check",
    "haircut",
    "tutoring",
)
_GOODS = ("food", "daily_goods", "care_supplies", "clothing", "school_supplies")
_MONEY = ("living_aid", "medical_aid", "education_aid")


def made_up_city(
    rng: np.random.Generator, plugins: Plugins, *, needs: int, offers: int, streets: int = 12
) -> LinkageNetwork:
    """Return a city with `needs` open needs and parties that derive about `offers` offers.

    Sixty per cent of the needs are services, a quarter goods, the rest money; the offers are scarce
    (about four in five needs can be served). All of it is drawn from `rng`; nothing is a real person.
    """
    places, communities = _places(streets)
    households = max(1, needs * 3 // 5)
    tables = [
        places,
        _households(rng, households, communities),
        _needs(rng, needs, households),
        *_helpers(rng, int(offers * 0.75), communities),
        *_pool(rng, max(1, int(offers * 0.23)), max(1, int(offers * 0.02)), communities, streets),
    ]
    return build_network(
        {t.kind.name: t for t in tables},
        plugins.categories,
        plugins.target_groups,
        plugins.versions,
    )


def _places(streets: int) -> tuple[Table, list[str]]:
    rows = [
        ("42", "省", "province", None),
        ("4201", "市", "city", "42"),
        ("420100", "区", "county", "4201"),
    ]
    communities = []
    for s in range(streets):
        street = f"420100{s:03d}"
        rows.append((street, f"街道{s}", "street", "420100"))
        for c in range(15):
            communities.append(f"{street}{c:03d}")
            rows.append((communities[-1], f"社区{s}-{c}", "community", street))
    ids, names, levels, parents = zip(*rows, strict=True)
    depth = [len(i) for i in ids]
    lon = [
        114.3 + 0.02 * (int(i[6:9]) % 5) + 0.004 * (int(i[9:]) % 4) if d == 12 else None
        for i, d in zip(ids, depth, strict=True)
    ]
    lat = [
        30.5 + 0.02 * (int(i[6:9]) // 5) + 0.004 * (int(i[9:]) // 4) if d == 12 else None
        for i, d in zip(ids, depth, strict=True)
    ]
    columns = {"id": ids, "name": names, "level": levels, "parent": parents, "lon": lon, "lat": lat}
    return make_table("places", columns), communities


def _pick(rng: np.random.Generator, words: list[str] | tuple[str, ...], n: int) -> list[str]:
    return [words[i] for i in rng.integers(0, len(words), n).tolist()]


def _households(rng: np.random.Generator, n: int, communities: list[str]) -> Table:
    consent = [(True, None, False)[i] for i in rng.choice(3, n, p=(0.93, 0.05, 0.02)).tolist()]
    return make_table(
        "households",
        {
            "id": [f"H-{i:07d}" for i in range(n)],
            "name": [f"户{i}" for i in range(n)],
            "place": _pick(rng, communities, n),
            "referral_consent": consent,
            "target_groups": [
                (g,)
                for g in _pick(rng, ("lone_elder", "disabled", "low_income", "serious_illness"), n)
            ],
        },
    )


def _needs(rng: np.random.Generator, n: int, households: int) -> Table:
    kind = rng.choice(3, n, p=(0.6, 0.25, 0.15)).tolist()
    service, goods, money = (_pick(rng, words, n) for words in (_SERVICES, _GOODS, _MONEY))
    amount = rng.integers(1, 5, n).tolist()
    return make_table(
        "needs",
        {
            "id": [f"N-{i:07d}" for i in range(n)],
            "household": [f"H-{i:07d}" for i in rng.integers(0, households, n).tolist()],
            "category": [(service, goods, money)[k][i] for i, k in enumerate(kind)],
            "quantity": [(a, a, a * 500)[k] for a, k in zip(amount, kind, strict=True)],
            "unit": [("hour", "piece", "yuan")[k] for k in kind],
            "urgency": [
                ("low", "normal", "urgent", "emergency")[i]
                for i in rng.choice(4, n, p=(0.2, 0.5, 0.25, 0.05)).tolist()
            ],
        },
    )


def _helpers(rng: np.random.Generator, n: int, communities: list[str]) -> list[Table]:
    skills = [
        tuple(sorted({_SKILLS[i] for i in row}))
        for row in rng.integers(0, len(_SKILLS), (n, 2)).tolist()
    ]
    return [
        make_table(
            "volunteers",
            {
                "id": [f"V-{i:06d}" for i in range(n)],
                "name": [f"志愿者{i}" for i in range(n)],
                "place": _pick(rng, communities, n),
                "skills": skills,
                "weekly_hours": rng.integers(2, 9, n).tolist(),
                "reach": _pick(rng, ("community", "street", "street"), n),
            },
        )
    ]


def _pool(
    rng: np.random.Generator, lots: int, funds: int, communities: list[str], streets: int
) -> list[Table]:
    hosts = [f"O-{s:03d}" for s in range(streets)]
    organizations = make_table(
        "organizations",
        {
            "id": hosts,
            "name": hosts,
            "kind": ["charity_federation"] * streets,
            "place": [f"420100{s:03d}" for s in range(streets)],
        },
    )
    resources = make_table(
        "resources",
        {
            "id": [f"R-{i:06d}" for i in range(lots)],
            "name": [f"物资{i}" for i in range(lots)],
            "categories": [(c,) for c in _pick(rng, _GOODS, lots)],
            "quantity": rng.integers(2, 12, lots).tolist(),
            "unit": ["piece"] * lots,
            "holder": _pick(rng, hosts, lots),
            "place": _pick(rng, communities, lots),
            "reach": ["street"] * lots,
        },
    )
    money = make_table(
        "funds",
        {
            "id": [f"F-{i:05d}" for i in range(funds)],
            "name": [f"基金{i}" for i in range(funds)],
            "host": _pick(rng, hosts, funds),
            "balance_fen": (rng.integers(5, 60, funds) * 100_000).tolist(),
            "reach": ["county" if i % 20 == 0 else "street" for i in range(funds)],
            "purposes": [
                tuple(sorted({_MONEY[a], _MONEY[b]}))
                for a, b in rng.integers(0, 3, (funds, 2)).tolist()
            ],
            "per_need_fen": [150_000] * funds,
        },
    )
    return [organizations, resources, money]

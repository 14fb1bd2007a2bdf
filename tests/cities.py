"""Small made-up cities for the plan's tests: every rule has something to bite on.

`Rows` are plain records by table name, so that a test can permute, change or add to them before
`city_of` builds the network. Everything is drawn from one Generator; hypothesis draws its seed and
the sizes, so that a failing city shrinks to a small one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from hypothesis import strategies as st

import wushe
from wushe.model import RECORD_KINDS, table_of
from wushe.network import LinkageNetwork, build_network
from wushe.plugins.manager import Plugins

Rows = dict[str, list[Any]]
ON = dt.date(2025, 9, 15)

GROUPS = ("lone_elder", "disabled", "child_in_difficulty", "serious_illness")
SKILLS = ("care", "errand", "policy", "repair", "tutoring", "visiting")
SERVICES = ("child_company", "errand", "home_care", "policy_talk", "tutoring", "visit")
GOODS = ("food", "clothing", "school_supplies")
MONEY = ("living_aid", "medical_aid")
REACHES = (
    "grid",
    "community",
    "street",
    "street",
    "county",
    "county",
    "city",
    "province",
    "nation",
)
PACKS = ("piece", "box*2", "箱*12")


class Draw:
    """Plain draws from a Generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def chance(self, p: float) -> bool:
        """Return True in `p` of the cases."""
        return bool(self.rng.random() < p)

    def of(self, words: Sequence[Any]) -> Any:
        """Return one of `words`."""
        return words[int(self.rng.integers(0, len(words)))]

    def maybe(self, p: float, words: Sequence[Any]) -> Any:
        """Return one of `words` in `p` of the cases, else None (unknown)."""
        return self.of(words) if self.chance(p) else None

    def number(self, low: int, high: int) -> int:
        """Return an integer of `low`..`high`."""
        return int(self.rng.integers(low, high + 1))

    def some(self, words: Sequence[str], most: int) -> tuple[str, ...]:
        """Return up to `most` distinct words as tags."""
        return tuple(sorted({self.of(words) for _ in range(self.number(0, most))}))

    def day(self, low: int, high: int) -> dt.date:
        """Return a day `low`..`high` days from `ON`."""
        return ON + dt.timedelta(days=self.number(low, high))


PLACES = [
    wushe.Place(id="42", name="某省", level="province"),
    wushe.Place(id="4201", name="某市", level="city", parent="42"),
    wushe.Place(id="4202", name="邻市", level="city", parent="42"),
    wushe.Place(id="420106", name="某区", level="county", parent="4201", lon=114.3, lat=30.5),
    wushe.Place(id="420106001", name="东街", level="street", lon=114.31, lat=30.55),
    wushe.Place(id="420106002", name="西街", level="street", parent="420106"),
    wushe.Place(id="420106001001", name="东一", level="community", lon=114.311, lat=30.551),
    wushe.Place(id="420106001002", name="东二", level="community", lon=114.32, lat=30.54),
    wushe.Place(id="420106002001", name="西一", level="community", parent="420106002"),
    wushe.Place(id="G1", name="东一网格", level="grid", parent="420106001001"),
    # a community straight below the county: no street between
    wushe.Place(id="C9", name="直管社区", level="community", parent="420106"),
    # a place that lies nowhere
    wushe.Place(id="X1", name="飞地", level="street"),
]
AT = tuple(p.id for p in PLACES)
HOME = (*AT, "420106001001", "420106001001", "420106001002", "420106001", "420106")
"""Where helpers are at home: anywhere, but mostly close to those in need."""
LOW = ("420106001001", "420106001001", "420106001002", "420106002001", "G1", "C9")


def rows_of(rng: np.random.Generator, *, clients: int, needs: int, helpers: int) -> Rows:
    """Draw a city of about so many clients, needs and helpers of each kind."""
    d = Draw(rng)
    rows: Rows = {name: [] for name in RECORD_KINDS}
    rows["places"] = list(PLACES)
    rows["organizations"] = [
        wushe.Organization(id=f"O{i}", name=f"组织{i}", kind="foundation", place=d.maybe(0.7, AT))
        for i in range(2)
    ]
    rows["communities"] = [wushe.Community(id="CC1", name="东一居委会", place="420106001001")]
    rows["stations"] = [
        wushe.Station(id=f"S{i}", name=f"社工站{i}", place=d.of(AT[3:9]), operator="O0")
        for i in range(d.number(0, 2))
    ]
    _clients(d, rows, clients)
    _needs(d, rows, needs)
    _helpers(d, rows, helpers)
    _pool(d, rows, helpers)
    _offers(d, rows, helpers)
    _history(d, rows)
    return rows


def _clients(d: Draw, rows: Rows, n: int) -> None:
    for i in range(d.number(0, n)):
        rows["households"].append(
            wushe.Household(
                id=f"H{i}",
                name=d.maybe(0.9, ("李爷爷", "王奶奶")),
                place=d.maybe(0.9, LOW),
                target_groups=d.some(GROUPS, 2) if d.chance(0.9) else None,
                referral_consent=d.of((True, True, True, True, False, None)),
            )
        )
    households = [h.id for h in rows["households"]]
    for i in range(d.number(0, n)):
        rows["persons"].append(
            wushe.Person(
                id=f"P{i}",
                household=d.maybe(0.7, households) if households else None,
                name=d.maybe(0.8, ("小明", "陈某")),
                birth=d.maybe(
                    0.8,
                    (
                        dt.date(1950, 2, 1),
                        dt.date(2007, 9, 15),
                        dt.date(2007, 9, 16),
                        dt.date(2015, 1, 1),
                    ),
                ),
                place=d.maybe(0.5, LOW),
                target_groups=d.some(GROUPS, 1),
                referral_consent=d.of((True, False, None)),
            )
        )
    for i in range(d.number(0, 1)):
        rows["institutions"].append(
            wushe.Institution(id=f"I{i}", name="养老院", place=d.maybe(0.8, LOW))
        )


def _needs(d: Draw, rows: Rows, n: int) -> None:
    clients = [
        *(("household", h.id) for h in rows["households"] * 2),
        *(("person", p.id) for p in rows["persons"]),
        *(("institution", i.id) for i in rows["institutions"]),
    ]
    for i in range(d.number(n // 2, n) if clients else 0):
        kind, client = d.of(clients)
        form = d.of(("service", "service", "goods", "money"))
        amount = d.number(1, 6)
        quantity, unit = {
            "service": (amount, d.of(("hour", "小时"))),
            "goods": (amount, d.of(PACKS)),
            "money": (amount * 100, "yuan"),
        }[form]
        known = d.chance(0.85)
        rows["needs"].append(
            wushe.Need(
                id=f"N{i}",
                category=d.of({"service": SERVICES, "goods": GOODS, "money": MONEY}[form]),
                **{kind: client},
                quantity=quantity if known else None,
                unit=unit if known else None,
                urgency=d.maybe(0.9, ("low", "normal", "urgent", "emergency")),
                due=d.day(-5, 20) if d.chance(0.5) else None,
                place=d.maybe(0.15, AT),
                skills=d.some(SKILLS, 1) if form == "service" and d.chance(0.2) else None,
                status=d.of((None, "open", "open", "open", "met", "withdrawn")),
            )
        )


def _helpers(d: Draw, rows: Rows, n: int) -> None:
    for i in range(d.number(0, n)):
        rows["volunteers"].append(
            wushe.Volunteer(
                id=f"V{i}",
                name=f"志愿者{i}",
                place=d.of(HOME),
                skills=d.some(SKILLS, 6),
                weekly_hours=d.maybe(0.9, (0, 1, 2, 5)),
                reach=d.maybe(0.7, REACHES),
                available_from=d.day(-10, 15) if d.chance(0.3) else None,
                available_to=d.day(15, 40) if d.chance(0.3) else None,
                vetted_on=d.day(-400, 5) if d.chance(0.6) else None,
            )
        )
    stations = [s.id for s in rows["stations"]]
    for i in range(d.number(0, 2)):
        rows["social_workers"].append(
            wushe.SocialWorker(
                id=f"W{i}",
                name=f"社工{i}",
                station=d.maybe(0.8, stations) if stations else None,
                skills=d.some(SKILLS, 8),
                weekly_hours=d.maybe(0.9, (2, 8)),
                caseload=d.maybe(0.5, (0, 1, 3)),
                caseload_limit=d.maybe(0.5, (0, 1, 2)),
                vetted_on=d.day(-300, 0) if d.chance(0.6) else None,
            )
        )


def _restrictions(d: Draw, rows: Rows) -> dict[str, Any]:
    clients = [r.id for name in ("households", "institutions") for r in rows[name]]
    return {
        "for_groups": d.some(GROUPS, 2) if d.chance(0.25) else None,
        "for_places": d.some(AT, 2) if d.chance(0.2) else None,
        "for_clients": d.some(clients, 2) if clients and d.chance(0.15) else None,
    }


def _pool(d: Draw, rows: Rows, n: int) -> None:
    for i in range(d.number(0, n)):
        rows["resources"].append(
            wushe.CharityResource(
                id=f"R{i}",
                name=f"物资{i}",
                categories=(d.of(GOODS),),
                quantity=d.number(1, 8),
                unit=d.of(PACKS),
                holder=d.maybe(0.7, ("O0", "O1")),
                place=d.maybe(0.6, HOME),
                reach=d.maybe(0.7, REACHES),
                expires_on=d.day(-5, 60) if d.chance(0.4) else None,
                per_need=d.maybe(0.3, (1, 2)),
                **_restrictions(d, rows),
            )
        )
    for i in range(d.number(0, 2)):
        rows["funds"].append(
            wushe.Fund(
                id=f"F{i}",
                name=f"基金{i}",
                host="O0",
                balance_fen=d.of((None, 0, 30_000, 70_050)),
                place=d.maybe(0.3, AT),
                reach=d.maybe(0.6, REACHES),
                purposes=d.some(MONEY, 2),
                for_groups=d.some(GROUPS, 2) if d.chance(0.3) else None,
                per_need_fen=d.maybe(0.3, (10_000, 25_050)),
            )
        )


def _offers(d: Draw, rows: Rows, n: int) -> None:
    for i in range(d.number(n // 2, n)):
        form = d.of(("service", "service", "goods"))
        words = {"service": SERVICES, "goods": GOODS}[form]
        rows["offers"].append(
            wushe.Offer(
                id=f"A{i}",
                provider=d.of(("O0", "O1", "CC1")),
                categories=d.some(words, 3) or (words[0],),
                quantity=d.number(1, 6),
                unit="hour" if form == "service" else d.of(PACKS),
                place=d.maybe(0.8, HOME),
                reach=d.maybe(0.7, REACHES),
                available_from=d.day(-10, 15) if d.chance(0.3) else None,
                available_to=d.day(15, 40) if d.chance(0.3) else None,
                skills=d.some(SKILLS, 8),
                per_need=d.maybe(0.3, (1, 2)),
                vetted_on=d.day(-400, 5) if d.chance(0.6) else None,
                **_restrictions(d, rows),
            )
        )


def _history(d: Draw, rows: Rows) -> None:
    providers = [
        r.id for name in ("volunteers", "social_workers", "organizations") for r in rows[name]
    ]
    households = [h.id for h in rows["households"]]
    for i in range(d.number(0, 2) if households else 0):
        rows["services"].append(
            wushe.ServiceRecord(id=f"Y{i}", provider=d.of(providers), household=d.of(households))
        )


def city_of(rows: Mapping[str, Iterable[Any]], plugins: Plugins) -> LinkageNetwork:
    """Return the network of `rows` under the registries of `plugins`."""
    tables = {name: table_of(name, records) for name, records in rows.items()}
    return build_network(tables, plugins.categories, plugins.target_groups, plugins.versions)


def seeded_rows(seed: Sequence[int] | int) -> Rows:
    """Return a city of moderate size for `seed`."""
    return rows_of(np.random.default_rng(seed), clients=4, needs=9, helpers=6)


def changed(rows: Rows, name: str, key: str, **values: Any) -> Rows:
    """Return `rows` with the record `key` of table `name` changed."""
    records = [attrs.evolve(r, **values) if r.id == key else r for r in rows[name]]
    return {**rows, name: records}


def shuffled(rows: Rows, rng: np.random.Generator) -> Rows:
    """Return the same tables with their rows in another order."""
    return {n: [records[i] for i in rng.permutation(len(records))] for n, records in rows.items()}


@st.composite
def small_cities(draw: st.DrawFn) -> Rows:
    """Draw the rows of a small city; sizes shrink, the rest follows from the seed."""
    seed = draw(st.integers(0, 2**63 - 1))
    clients, needs, helpers = (draw(st.integers(0, most)) for most in (5, 10, 6))
    return rows_of(np.random.default_rng(seed), clients=clients, needs=needs, helpers=helpers)


def village(**tables: list[Any]) -> Rows:
    """Return the rows of one household `H` that consents, at home in 东一, with `tables` added.

    The community committee `CC1` and the organization `O` stand ready as providers.
    """
    rows: Rows = {
        **{name: [] for name in RECORD_KINDS},
        "places": list(PLACES),
        "communities": [wushe.Community(id="CC1", name="东一居委会", place="420106001001")],
        "organizations": [wushe.Organization(id="O", name="慈善会", kind="charity_federation")],
        "households": [
            wushe.Household(id="H", name="李爷爷", place="420106001001", referral_consent=True)
        ],
    }
    for name, records in tables.items():
        ours = {r.id for r in records}
        rows[name] = [*(r for r in rows[name] if r.id not in ours), *records]
    return rows


def id_number(first: str) -> str:
    """Return the ID number that begins with these 17 digits, checked by the weights of GB 11643."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True))
    return first + "10X98765432"[total % 11]

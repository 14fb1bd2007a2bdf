"""Values that must never go out: planted into a city and its books, looked for in everything that leaves.

`Canaries.of(seed)` makes them, `planted_city` puts them into every sensitive field, `random_books` runs
commands about the planted persons and donors, and `Canaries.found_in` says which of them a text tells.
"""

import datetime as dt
import zipfile
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any

import attrs
import numpy as np

import wushe
from wushe import ledger, orders
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore
from wushe.ledger import goods, money
from wushe.plugins.manager import load_plugins

RULES = load_plugins()
DOMAIN = orders.DOMAIN + ledger.DOMAIN
SURNAMES, LETTERS = "祕閆緱爨蠻鄺", "赵钱孙李周吴郑王冯陈褚卫"
"""Surnames that no place, fund or message has; a masked name may show them, so they are no canary."""
CATEGORIES = ("cash", "food", "medical_cost", "clothes")
STREETS = ("420106001", "420106002", "420106003")
ITEMS = ("大米", "棉被", "口罩")
_FRAGMENT = {"id_number": 8, "phone": 7}


@attrs.frozen
class Canaries:
    """Planted values by sort; each is unlike any other text that wushe writes."""

    households: tuple[str, ...]
    persons: tuple[str, ...]
    minors: tuple[str, ...]
    donors: tuple[str, ...]
    helpers: tuple[str, ...]
    id_numbers: tuple[str, ...]
    phones: tuple[str, ...]
    addresses: tuple[str, ...]
    words: tuple[str, ...]
    ids: tuple[str, ...]
    """Of households, then of persons, then of private donors: ids lead to them, so that they count, too."""

    @classmethod
    def of(cls, seed: int, size: int = 24) -> "Canaries":
        """Return canaries for `size` households; the same seed gives the same."""
        rng = np.random.default_rng(seed)

        def name(tail: str, at: int) -> str:
            letters = "".join(rng.choice(list(LETTERS), 2))
            return f"{SURNAMES[at % len(SURNAMES)]}{letters}{tail}{at:02d}"

        return cls(
            tuple(name("户", i) for i in range(size)),
            tuple(name("人", i) for i in range(size)),
            tuple(name("童", i) for i in range(size // 4)),
            tuple(name("捐", i) for i in range(12)),
            tuple(name("助", i) for i in range(4)),
            tuple(_id_number(rng) for _ in range(size)),
            tuple(f"139{rng.integers(10**7, 10**8)}" for _ in range(size)),
            tuple(f"隐里{name('巷', i)}号" for i in range(size)),
            tuple(f"密语{name('言', i)}<b>=1+1" for i in range(size)),
            tuple(
                f"{kind}-QX{seed % 9973}-{i:02d}"
                for kind, n in (("H", size), ("P", size), ("D", 12))
                for i in range(n)
            ),
        )

    @property
    def home_ids(self) -> tuple[str, ...]:
        """Ids of the households."""
        return self.ids[: len(self.households)]

    @property
    def person_ids(self) -> tuple[str, ...]:
        """Ids of the persons."""
        return self.ids[len(self.households) : 2 * len(self.households)]

    @property
    def donor_ids(self) -> tuple[str, ...]:
        """Ids of the private donors."""
        return self.ids[2 * len(self.households) :]

    def found_in(self, text: str) -> list[str]:
        """Return which values `text` tells, whole or in a telling part, as ``sort: value``."""
        said = unescape(text)
        found = []
        for sort, values in attrs.asdict(self).items():
            for value in values:
                if any(part in said for part in _telling(sort, value)):
                    found.append(f"{sort}: {value}")
        return found


def _telling(sort: str, value: str) -> Iterable[str]:
    """A name tells by all but its first character, a number by any long run of its digits."""
    width = _FRAGMENT.get(sort.rstrip("s"))
    if width is None:
        return (value if sort == "ids" else value[:7] if sort == "words" else value[1:],)
    return {value[i : i + width] for i in range(3, len(value) - width + 1)}


def _id_number(rng: np.random.Generator) -> str:
    """Return a number that passes the check of GB 11643-1999."""
    body = f"420106{1940 + rng.integers(60)}{1 + rng.integers(12):02d}{1 + rng.integers(28):02d}"
    body += f"{rng.integers(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def told(parts: Iterable[str | Path]) -> str:
    """Return texts and files (what is inside a workbook, too) as one text to search."""
    said = []
    for part in parts:
        if isinstance(part, str):
            said.append(part)
        elif zipfile.is_zipfile(part):
            with zipfile.ZipFile(part) as book:
                said += [book.read(n).decode("utf-8", "replace") for n in book.namelist()]
        else:
            said.append(part.read_text("utf-8"))
    return "\n".join(said)


def planted_city(canaries: Canaries) -> wushe.LinkageNetwork:
    """Return a city of three streets whose households, persons, helpers and donors are canaries."""
    c = canaries
    records: list[Any] = [
        wushe.Place(id="420106", name="武昌区", level="county"),
        *(wushe.Place(id=key, name=f"第{i}街", level="street", parent="420106") for i, key in enumerate(STREETS, 1)),
        wushe.Organization(id="ORG", name="区慈善总会", kind="charity_federation", place="420106"),
        wushe.Organization(id="FIRM", name="江城商行", kind="firm", place="420106"),
        wushe.Institution(id="HOME", name="区福利院", kind="nursing_home", place=STREETS[0]),
        wushe.Donor(id="DORG", name="江城商行", kind="organization", organization="FIRM"),
        *(wushe.Donor(id=key, name=name, kind="person") for key, name in zip(c.donor_ids, c.donors, strict=True)),
        *(
            wushe.Volunteer(id=f"V{i}", name=name, place=STREETS[0], skills=("errand",), weekly_hours=4, phone=c.phones[i])
            for i, name in enumerate(c.helpers)
        ),
    ]  # fmt: skip
    for i, name in enumerate(c.households):
        home = c.home_ids[i]
        records.append(
            wushe.Household(id=home, name=name, place=STREETS[i % 3], address=c.addresses[i], phone=c.phones[i], note=c.words[i])
        )  # fmt: skip
        minor = c.minors[i] if i < len(c.minors) else None
        records.append(
            wushe.Person(
                id=c.person_ids[i], household=home, name=minor or c.persons[i],
                birth=dt.date(2016, 5, 4) if minor else None, id_number=None if minor else c.id_numbers[i],
            )
        )  # fmt: skip
    return wushe.build_network_from_records(tuple(records), RULES.categories, RULES.target_groups)


@attrs.define(eq=False)
class Books:
    """A store whose commands were about canaries, what they refused, and the city they are about."""

    canaries: Canaries
    city: wushe.LinkageNetwork
    store: MemoryStore
    refusals: list[str] = attrs.field(factory=list)
    day: dt.date = dt.date(2025, 1, 1)

    def run(self, command: Any, /, **arguments: Any) -> Any:
        """Run a command with a canary as its reason; keep what it says when it refuses."""
        word = self.canaries.words[len(self.store.log) % len(self.canaries.words)]
        act = Act(f"{self.day}T09:00:00+08:00", "worker-1", why=word)
        try:
            return self.store.run(act, command, **arguments).answer
        except RefusedError as error:
            self.refusals += [error.say("zh"), str(error), repr(error)]
            return None


def random_books(seed: int, steps: int = 120) -> Books:
    """Return books after `steps` random commands on three funds, a pool and a warehouse."""
    canaries = Canaries.of(seed)
    books = Books(canaries, planted_city(canaries), MemoryStore(DOMAIN))
    rng = np.random.default_rng(seed)
    for key, nature in (("F1", "mixed"), ("F2", "donation"), ("F-3三", "mixed")):
        books.run(money.open_fund, id=key, name=f"{key}基金", host="ORG", nature=nature)
    books.run(money.open_pool, id="POOL", sponsor="DORG", fen=500_000, fund="F1", gift_cap=40_000)
    funds = [orders.Helper(key, "funds") for key in ("F1", "F2")]
    helpers = [*orders.helpers_of(books.city), *funds]
    books.run(orders.enroll, helpers=helpers, areas=orders.areas_of(books.city))
    books.run(goods.open_warehouse, id="W1", name="一号仓", fund="F1")
    for _ in range(steps):
        books.day += dt.timedelta(days=int(rng.integers(0, 5)))
        _step(books, rng)
    return books


def _step(books: Books, rng: np.random.Generator) -> None:
    steps = (_give, _help, _help, _help, _order, _order, _give_back, _change, _move, _goods)
    steps[rng.integers(len(steps))](books, rng)


def _pick(rng: np.random.Generator, values: Any) -> Any:
    return values[int(rng.integers(len(values)))]


def _client(books: Books, rng: np.random.Generator) -> str:
    # Some are helped much more often than others, as in life.
    at = int(rng.integers(1, len(books.canaries.households)) * rng.random())
    return _pick(rng, (books.canaries.home_ids[at], books.canaries.person_ids[at]))


def _give(books: Books, rng: np.random.Generator) -> None:
    donor = _pick(rng, ("DORG", None, *books.canaries.donor_ids))
    kind = {"DORG": "organization", None: "anonymous"}.get(donor, "person")
    earmark = _pick(rng, (None, None, {"purposes": [_pick(rng, CATEGORIES)]}, {"project": "PJ"},
                          {"clients": [_client(books, rng)]}))  # fmt: skip
    gift = {"fund": _pick(rng, ("F1", "F2", "F-3三")), "fen": int(rng.integers(1, 500_000)), "donor_kind": kind,
            "wants_name": _pick(rng, (None, True, False)), "earmark": earmark}  # fmt: skip
    books.run(money.receive, gifts=[gift | ({} if donor is None else {"donor": donor})])


def _help(books: Books, rng: np.random.Generator) -> None:
    item = {"fund": _pick(rng, ("F1", "F2", "F-3三")), "fen": int(rng.integers(1, 40) * 2_500),
            "category": _pick(rng, CATEGORIES), "place": _pick(rng, STREETS)}  # fmt: skip
    for _ in range(int(rng.integers(1, 4))):
        client = _pick(rng, (_client(books, rng), _client(books, rng), "HOME"))
        extra = {"project": "PJ"} if rng.random() < 0.2 else {}
        made = books.run(money.spend, items=[item | extra | {"client": client}])
        if made and rng.random() < 0.1:
            books.run(money.take_back, payment=made[0], fen=int(rng.integers(1, 90_000)))
    if rng.random() < 0.2:
        cost = {"fund": item["fund"], "fen": 999, "kind": "management", "payee_kind": "staff"}
        books.run(money.spend, items=[cost])


def _order(books: Books, rng: np.random.Generator) -> None:
    """An order for money or for a service: asked, taken or declined, done, confirmed, paid."""
    money_order, client = rng.random() < 0.6, _client(books, rng)
    form, unit, amount = ("money", "fen", 20_000) if money_order else ("service", "time", 1)
    key = books.run(
        orders.place, client=client, client_kind={"H": "households", "P": "persons"}[client[0]], place=_pick(rng, STREETS),
        category="cash" if money_order else "errand", form=form, dimension=unit, amount=amount, on_day=str(books.day),
    )  # fmt: skip
    helper = _pick(rng, ("F1", "F2")) if money_order else _pick(rng, ("V0", "V1", "V2", "V3"))
    books.run(orders.dispatch, order=key, to=[helper])
    if rng.random() < 0.2:
        books.run(
            orders.decline, order=key, helper=helper, reason=_pick(rng, ("busy", "no_time", "?"))
        )
        return
    books.run(orders.accept, order=key, helper=helper)
    books.run(orders.accept, order=key, helper="V1")
    books.run(orders.start, order=key)
    books.run(orders.complete, order=key)
    books.run(orders.confirm, order=key, rating=5, words=books.canaries.words[0])
    for commitment in books.store.state.find("commitment", order=key):
        books.run(money.pay, items=[{"commitment": commitment.id}])


def _give_back(books: Books, rng: np.random.Generator) -> None:
    gifts = books.store.state.find("gift", open="1")
    if gifts:
        gift = _pick(rng, gifts)
        books.run(money.refund, gifts=[gift.id], fen=int(rng.integers(1, gift.fen + 1)))


def _change(books: Books, rng: np.random.Generator) -> None:
    gifts = [g for g in books.store.state.find("gift", open="1") if g.donor is not None]
    if gifts:
        gift = _pick(rng, gifts)
        books.run(money.change_use, gift=gift.id, earmark={"purposes": [_pick(rng, CATEGORIES)]},
                  consent_by=gift.donor, consent_on=str(books.day))  # fmt: skip


def _move(books: Books, rng: np.random.Generator) -> None:
    gifts = books.store.state.find("gift", open="1")
    if gifts:
        gift = _pick(rng, gifts)
        fen = int(rng.integers(1, gift.free + 2))
        books.run(
            money.transfer,
            source=gift.fund,
            target=_pick(rng, ("F1", "F-3三")),
            takes=[(gift.id, fen)],
        )


def _goods(books: Books, rng: np.random.Generator) -> None:
    item, number = _pick(rng, ITEMS), len(books.store.log)
    if rng.random() < 0.5:
        arrival = goods.Arrival(
            id=f"L{number}", warehouse="W1", item=item, quantity=int(rng.integers(5, 60)), checked=True,
            donor=books.canaries.donor_ids[0], unit_value_fen=_pick(rng, (None, 1234)),
        )  # fmt: skip
        books.run(goods.receive, arrivals=[arrival])
        return
    kinds = {"HOME": "institutions", books.canaries.home_ids[0]: "households"}
    recipient = _pick(rng, tuple(kinds))
    books.run(goods.issue, id=f"I{number}", warehouse="W1", item=item, quantity=int(rng.integers(1, 30)),
              recipient=recipient, recipient_kind=kinds[recipient])  # fmt: skip

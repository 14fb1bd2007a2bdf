"""Goods for every home: what each home's part of a lot is, so that nobody is left out.

Goods worth 103,000 yuan went to all the city's homes for the elderly (Ezhou). How they were divided is not
published; here (assumed) it is in proportion to what each home asks, at least one piece as long as there are
enough. A plan at the least total cost would leave homes far away with nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from wushe import (
    CharityResource,
    Context,
    Institution,
    LinkageNetwork,
    ReportTable,
    Text,
    count_table,
)

HOME = "home_resident"
"""Target group of those who live in a home, and of the homes."""
CLOSED = ("met", "withdrawn")
HEAD = ("养老机构", "home for the elderly")
COLUMNS = (
    ("编号", "id", "words"),
    ("提出", "asked for"),
    ("应得", "its part"),
    ("占提出的", "of what it asked", "permille"),
)
NOTE = (
    "按提出的数量分，够一家一件就家家都有；没有提出数量的按一份常用量算；整包的不拆。",
    "In proportion to what each asked, a piece for each while there are enough; no amount counts as the typical one; packs stay whole.",
)


def goods_for_homes(network: LinkageNetwork, context: Context) -> list[ReportTable]:
    """Return a table for each lot given to the homes: every home, what it asked, and its part."""
    names = {home.id: home.name for home in network["institutions"].records()}
    found = enumerate(spread(network, context), start=1)
    return [
        _table(f"ezhou_goods_{n}", lot, names, asked, parts) for n, (lot, asked, parts) in found
    ]


def _table(
    key: str,
    lot: CharityResource,
    names: Mapping[str, str],
    asked: Mapping[str, int | None],
    parts: Mapping[str, int],
) -> ReportTable:
    rows = [
        (names[home], (Text(home, home), asked[home], part, _permille(part, asked[home])))
        for home, part in parts.items()
    ]
    known = [n for n in asked.values() if n is not None]
    whole = sum(known) if len(known) == len(asked) else None
    count = len(parts)
    given = sum(parts.values())
    homes = Text(f"{count} 家", f"{count} {'home' if count == 1 else 'homes'}")
    title = (
        f"{lot.name}：{lot.quantity} 件分给各家",
        f"{lot.name}: {lot.quantity} pieces for the homes",
    )
    total = homes, whole, given, _permille(given, whole)
    return count_table(key, title, HEAD, COLUMNS, rows, total=total, note=NOTE)


def _permille(part: int, asked: int | None) -> int | None:
    return 1000 * part // asked if asked else None


def spread(
    network: LinkageNetwork, context: Context
) -> Iterator[tuple[CharityResource, dict[str, int | None], dict[str, int]]]:
    """Yield each lot in stock for all homes, what each home asks of it (None not known), and each one's part.

    What a home gets of one lot it no longer asks of the next one of the same goods. A home that asks for
    nothing of the kind any more is left out; one of which nobody recorded what it needs is not.
    """
    got: dict[tuple[str, str], int] = {}
    for lot in network["resources"].records():
        (category, *others) = lot.categories or ("",)
        if others or not _is_for_homes(lot, category, context):
            continue
        asked = _asked(network, category)
        typical = context.categories[category].typical
        wanted = {
            home: max((typical if n is None else n) - got.get((home, category), 0), 0)
            for home, n in asked.items()
        }
        parts = in_packs(lot, wanted)
        for home, part in parts.items():
            got[home, category] = got.get((home, category), 0) + part
        yield lot, asked, parts


def _is_for_homes(lot: CharityResource, category: str, context: Context) -> bool:
    """Return whether a lot of pieces is given to the homes, to none of them by name, and is usable today."""
    known = context.categories.get(category)
    pieces = known is not None and known.dimension == "piece" and lot.unit in (None, "piece")
    free = HOME in (lot.for_groups or ()) and not lot.for_places and not lot.for_clients
    late = lot.expires_on is not None and lot.expires_on < context.on
    early = lot.available_from is not None and lot.available_from > context.on
    return pieces and free and bool(lot.quantity) and not late and not early


def _asked(network: LinkageNetwork, category: str) -> dict[str, int | None]:
    """Return what each home asks of a category, by id: None where nobody gave an amount."""
    homes = [h.id for h in network["institutions"].records() if _is_home(h)]
    asked: dict[str, int | None] = {}
    closed = set()
    for need in network["needs"].records():
        if need.category != category or need.institution is None:
            continue
        if need.status in CLOSED:
            closed.add(need.institution)
        elif need.quantity is not None:
            asked[need.institution] = (asked.get(need.institution) or 0) + need.quantity
        else:
            asked.setdefault(need.institution)
    return {home: asked.get(home) for home in homes if home in asked or home not in closed}


def _is_home(body: Institution) -> bool:
    return body.kind == "nursing_home" or HOME in (body.target_groups or ())


def in_packs(lot: CharityResource, wanted: Mapping[str, int]) -> dict[str, int]:
    """Divide a lot by what each home wants, in whole packs where it has any, up to the lot's limit for one."""
    pack, most = lot.pack or 1, lot.per_need
    limited = {h: n if most is None else min(n, most) for h, n in wanted.items()}
    packs = {h: -(-n // pack) for h, n in limited.items()}
    if most is not None:
        packs = {h: min(n, most // pack) for h, n in packs.items()}
    return {h: n * pack for h, n in quotas((lot.quantity or 0) // pack, packs).items()}


def quotas(stock: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Divide `stock` pieces by what each home wants: nobody without, nobody above it, largest remainders.

    As long as there are as many pieces as homes, each has one at least; a home is never taken for two because
    it shares its community with another one.
    """
    homes = sorted(home for home, pieces in wanted.items() if pieces > 0)
    whole, stock = sum(wanted[h] for h in homes), max(stock, 0)
    if stock >= whole:
        return dict(wanted)
    exact = {h: Fraction(stock * wanted[h], whole) for h in homes}
    least = 1 if stock >= len(homes) else 0
    parts = {h: max(int(exact[h]), least) for h in homes}
    while (rest := stock - sum(parts.values())) != 0:
        step = 1 if rest > 0 else -1
        free = [h for h in homes if parts[h] + step >= least]
        parts[max(free, key=lambda h: (step * (exact[h] - parts[h]), h))] += step
    return {home: parts.get(home, 0) for home in wanted}

"""GetUsPPE, United States 2020: donors' offers shared among the facilities that were matched.

``python examples/getusppe.py --data ../shared/data [--lang zh|en] [--verbose]``

`getusppe_data` reads the tables. The plan knows all offers at once, the people who made the real matches
knew those of the day: the comparison shows what the library makes sure of (no offer is given twice), not
that anybody did badly.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import getusppe_data as data
import numpy as np
from getusppe_data import MATCHES, OFFERS, REASONS, Flag, Item, Records, Request

import wushe
from wushe import Columns, NeedCategory, Pairs, ScoreTerm, Text, hookimpl
from wushe.text import LANGS

HOLDER = "GetUsPPE"

# --- the plan, with the public names of wushe ------------------------------------------------


class Supplies:
    """The plugin: a category per item, and one parcel rather than several for each request."""

    name = "getusppe"
    __version__ = "1"

    def __init__(self, items: Mapping[str, Item]) -> None:
        self.items = dict(items)

    @hookimpl
    def register_need_categories(self) -> list[NeedCategory]:
        """Goods by the piece; sanitizer by the litre."""
        return [
            NeedCategory(
                i.code, i.name.zh, i.name.en, "goods",
                "millilitre" if i.unit == "litre" else "piece", refers=False,
            )
            for i in self.items.values()
        ]  # fmt: skip

    @hookimpl
    def prioritise_needs(self, needs: Columns) -> np.ndarray[Any, Any]:
        """Smaller requests first, so that what is short reaches as many facilities as it can."""
        size = np.log2(needs["quantity"])
        return np.asarray(1 - size / max(size.max(initial=0), 1))

    @hookimpl
    def score_candidates(self, needs: Columns, offers: Columns, pairs: Pairs) -> list[ScoreTerm]:
        """One parcel where an offer holds all that is asked; larger offers first, so that few are opened."""
        held = offers["capacity"]
        size = np.log2(1 + held) / np.log2(1 + held.max(initial=1))
        enough = held[pairs.offer] >= needs["quantity"][pairs.need]
        return [
            ScoreTerm(
                "one_parcel", 5, enough.astype(float), Text("一个包裹就够", "one parcel is enough")
            ),
            ScoreTerm("large", 3, size[pairs.offer], Text("数量大的先用", "larger offers first")),
        ]


def network_of(
    records: Records, requests: Sequence[Request], plugins: wushe.Plugins
) -> wushe.LinkageNetwork:
    """Return facilities with their needs, donors with their lots."""
    facilities = sorted({request.facility for request in requests})
    units = {item.code: item.unit for item in records.items.values()}
    return wushe.build_network_from_records(
        [
            wushe.Organization(id=HOLDER, name=HOLDER, kind="social_organization"),
            *(wushe.Donor(id=f"d-{k}", name=k, kind="anonymous") for k in sorted({lot.donor for lot in records.lots})),
            *(wushe.Institution(id=f"f-{key}", name=key) for key in facilities),
            *(
                wushe.Need(
                    id=f"n-{at:05}", category=r.item, institution=f"f-{r.facility}",
                    quantity=r.quantity, unit=units[r.item],
                )
                for at, r in enumerate(requests)
            ),
            *(
                wushe.CharityResource(
                    id=f"row-{lot.row:05}", name=lot.item, categories=(lot.item,), holder=HOLDER,
                    quantity=lot.quantity, unit=units[lot.item], donor=f"d-{lot.donor}",
                    available_from=lot.since, reach="nation",
                )
                for lot in records.lots
            ),
        ],
        plugins.categories,
        plugins.target_groups,
        plugins.versions,
    )  # fmt: skip


class Shared(NamedTuple):
    """A plan: what each request got, in how many parcels, what each lot gave (by row of the offers)."""

    plan: wushe.Plan
    got: dict[tuple[str, str], int]
    parcels: int
    donors: int
    taken: dict[int, int]


def share(records: Records, requests: Sequence[Request]) -> Shared:
    """Plan the lots for the requests; RuntimeError where a checker finds anything."""
    rules = wushe.load_plugins(Supplies(records.items))
    last = max((lot.since for lot in records.lots if lot.since), default=dt.date(2020, 8, 31))
    plan = wushe.make_plan(network_of(records, requests, rules), plugins=rules, on=last)
    if found := wushe.check_plan(plan):
        raise RuntimeError("; ".join(violation.say("en") for violation in found))
    asked = {f"n-{at:05}": request for at, request in enumerate(requests)}
    donor = {lot.row: lot.donor for lot in records.lots}
    got: Counter[tuple[str, str]] = Counter()
    taken: Counter[int] = Counter()
    sent: set[tuple[str, str, str]] = set()
    for item in plan.items:
        request, row = asked[item.need], int(item.provider.id.removeprefix("row-"))
        units = whole(item.amount, records.items[request.item].unit)
        got[request.facility, request.item] += units
        taken[row] += units
        sent.add((donor[row], request.facility, request.item))
    audit(records, requests, got, taken)
    used = {sender for sender, _, _ in sent}
    return Shared(plan, dict(got), len(sent), len(used), dict(taken))


def whole(amount: int, unit: str) -> int:
    """Return an amount in base units in the unit of the tables; RuntimeError for a part of a box."""
    _, _, size = unit.partition("*")
    units, rest = divmod(amount, int(size or 1) if unit != "litre" else 1000)
    if rest:
        raise RuntimeError(f"the plan gives {amount}, which is no whole number of {unit}")
    return units


def audit(
    records: Records,
    requests: Iterable[Request],
    got: Mapping[tuple[str, str], int],
    taken: Mapping[int, int],
) -> None:
    """Sum up without the library: no lot gives more than its row says, nobody gets more than asked."""
    held = {lot.row: lot.quantity for lot in records.lots}
    asked = {(r.facility, r.item): r.quantity for r in requests}
    over = [row for row, n in taken.items() if n > held[row]]
    more = [key for key, n in got.items() if n > asked[key]]
    if over or more or sum(taken.values()) != sum(got.values()):
        raise RuntimeError(f"the sums do not hold: lots {over}, requests {more}")


# --- what is printed -------------------------------------------------------------------------

NAMES = {
    OFFERS: Text("供给", "offers"),
    MATCHES: Text("匹配", "matches"),
}
HEAD = Text(
    "GetUsPPE，美国2020年：实际匹配与方案", "GetUsPPE, United States 2020: real matches and plan"
)
READ = Text(
    "供给：{lots:,}行可用（{donors:,}位捐赠人），{aside}行数量过大，先放一边；匹配：{matches:,}行，{facilities:,}家机构",
    "Offers: {lots:,} rows can be used ({donors:,} donors), {aside} are too large and set aside; matches: {matches:,} rows, {facilities:,} facilities",
)
FLAGGED = Text(
    "标出的行（不改、不猜、不用来分配）：",
    "Flagged rows (not corrected, not guessed, not planned with):",
)
FLAG = Text(
    "  {table} {n}行：{why}；例如 {file} 第{row}行：{text}",
    "  {table}, {n} rows: {why}; such as {file} row {row}: {text}",
)
EVERY = Text("  {file} 第{row}行：{text}：{why}", "  {file} row {row}: {text}: {why}")
OVER = Text(
    "实际匹配超出供给的（捐赠人、物资）：扣除因无货取消的，{claims}项；只看已送达的，{delivered}项；全部匹配，{every}项。方案：{plan}项",
    "Offers that the real matches exceed (donor, item): {claims}, without matches closed for lack of supply; {delivered} by deliveries alone; {every} by all matches. Plan: {plan}",
)
EXCEEDED = Text(
    "  捐赠人 {donor} {item}：登记 {had:,}，匹配 {gave:,}",
    "  donor {donor} {item}: offered {had:,}, matched {gave:,}",
)
ASIDE = Text(
    "放一边的{n}项供给（捐赠人、物资）中，{matched}项曾被匹配：共{tries:,}次，{lost:,}次因无货取消，送达{sent}次",
    "Of {n} offers set aside (donor, item) {matched} were really matched: {tries:,} times, {lost:,} closed for lack of supply, {sent} delivered",
)
SIDES = Text("实际送达 | 方案", "really delivered | plan")
LABELS = (
    Text("得到全部所需的需求（机构×物资）", "requests served in full (facility and item)"),
    Text("得到一些的需求", "requests that got something"),
    Text("每样所需都得到的机构", "facilities that got all they asked for"),
    Text("满足率（各物资平均）", "share of the amount, mean by item"),
    Text("出货的捐赠人", "donors who gave"),
    Text("每个满足的需求用的包裹（平均）", "parcels for each request that got something, mean"),
)
TABLE = Text(
    "物资（单位）：所需 | 实际送达 | 方案 | 可用供给 | 放一边的供给",
    "item (unit): needed | delivered | plan | offers that can be used | set aside",
)
UNITS = {"piece": Text("件", "pieces"), "litre": Text("升", "litres")}
SHORT = Text("没有全部得到的{n}项：{why}", "{n} requests not served in full: {why}")


def unit_text(unit: str) -> Text:
    """Return how a unit is called."""
    size = unit.partition("*")[2]
    return UNITS.get(unit, Text(f"盒，每盒{size}", f"boxes of {size}"))


def figures(
    requests: Sequence[Request], got: Mapping[tuple[str, str], int], parcels: int, donors: int
) -> list[tuple[float, str]]:
    """Return the value of each of `LABELS` and how it is written."""
    units = [(r, min(r.quantity, got.get((r.facility, r.item), 0))) for r in requests]
    some = sum(n > 0 for _, n in units)
    full: dict[str, bool] = {}
    by_item: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for request, n in units:
        full[request.facility] = full.get(request.facility, True) and n == request.quantity
        by_item[request.item][0] += n
        by_item[request.item][1] += request.quantity
    mean = sum(n / asked for n, asked in by_item.values()) / max(len(by_item), 1)
    return [
        part(sum(n == r.quantity for r, n in units), len(units)),
        part(some, len(units)),
        part(sum(full.values()), len(full)),
        (mean, f"{mean:.1%}"),
        (float(donors), f"{donors:,}"),
        (parcels / max(some, 1), f"{parcels / max(some, 1):.2f}"),
    ]


def part(n: int, whole: int) -> tuple[float, str]:
    """Return a share and how it is written."""
    share = n / max(whole, 1)
    return share, f"{share:.1%} ({n:,}/{whole:,})"


def real(records: Records, requests: Sequence[Request]) -> list[tuple[float, str]]:
    """Return the figures of what was really delivered."""
    sent = [m for m in records.matches if m.status == "delivered" and m.quantity]
    parcels = {(m.donor, m.facility, m.item) for m in sent}
    got = {(r.facility, r.item): r.delivered for r in requests}
    return figures(requests, got, len(parcels), len({m.donor for m in sent}))


def planned(requests: Sequence[Request], made: Shared) -> list[tuple[float, str]]:
    """Return the figures of the plan."""
    return figures(requests, made.got, made.parcels, made.donors)


def comparison(records: Records, made: Shared, lang: str) -> Iterator[str]:
    """Yield the lines on offers that were exceeded, and on those set aside."""
    claims = [m for m in records.matches if m.why != "no_supply"]
    delivered = [m for m in records.matches if m.status == "delivered"]
    held = {lot.row: lot.quantity for lot in records.lots}
    over = data.exceeded(records, claims)
    yield OVER.say(
        lang,
        claims=len(over),
        delivered=len(data.exceeded(records, delivered)),
        every=len(data.exceeded(records, records.matches)),
        plan=sum(n > held[row] for row, n in made.taken.items()),
    )
    for donor, item, had, gave in over:
        name = records.items[item].name.say(lang)
        yield EXCEEDED.say(lang, donor=donor[:8], item=name, had=had, gave=gave)
    large = {(lot.donor, lot.item) for lot in records.aside}
    tries = [m for m in records.matches if (m.donor, m.item) in large]
    yield ASIDE.say(
        lang,
        n=len(large),
        matched=len({(m.donor, m.item) for m in tries}),
        tries=len(tries),
        lost=sum(m.why == "no_supply" for m in tries),
        sent=sum(m.status == "delivered" for m in tries),
    )


def flagged(records: Records, lang: str, verbose: bool) -> Iterator[str]:
    """Yield the flagged rows: counts with an example of each sort, or all of them."""
    if verbose:
        for flag in records.flags:
            why = REASONS[flag.reason].say(lang)
            yield EVERY.say(lang, file=flag.file, row=flag.row, text=flag.text, why=why)
        return
    sorts: dict[tuple[str, str], list[Flag]] = defaultdict(list)
    for flag in records.flags:
        sorts[flag.file, flag.reason].append(flag)
    for (file, reason), rows in sorted(sorts.items()):
        worst = max(rows, key=lambda flag: (len(flag.text), -flag.row))
        yield FLAG.say(
            lang, table=NAMES[file].say(lang), n=len(rows), why=REASONS[reason].say(lang),
            file=file, row=worst.row, text=worst.text,
        )  # fmt: skip


def by_item(
    records: Records, requests: Sequence[Request], made: Shared, lang: str
) -> Iterator[str]:
    """Yield a line per item that somebody needs."""
    needed, sent, given, usable, aside = (Counter[str]() for _ in range(5))
    for r in requests:
        needed[r.item] += r.quantity
        sent[r.item] += r.delivered
        given[r.item] += made.got.get((r.facility, r.item), 0)
    for lots, sums in ((records.lots, usable), (records.aside, aside)):
        for lot in lots:
            sums[lot.item] += lot.quantity
    for code in sorted(needed):
        item = records.items[code]
        cells = " | ".join(f"{n[code]:,}" for n in (needed, sent, given, usable, aside))
        left, right = ("（", "）：") if lang == "zh" else (" (", "): ")
        yield f"  {item.name.say(lang)}{left}{unit_text(item.unit).say(lang)}{right}{cells}"


def report(
    records: Records, requests: Sequence[Request], made: Shared, lang: str, verbose: bool = False
) -> str:
    """Return what the script prints, in one language."""
    donors = len({lot.donor for lot in records.lots})
    facilities = len({match.facility for match in records.matches})
    lines = [
        HEAD.say(lang),
        READ.say(
            lang, lots=len(records.lots), donors=donors, aside=len(records.aside),
            matches=len(records.matches), facilities=facilities,
        ),
        FLAGGED.say(lang),
        *flagged(records, lang, verbose),
        "",
        *comparison(records, made, lang),
        "",
        SIDES.say(lang),
    ]  # fmt: skip
    pairs = zip(LABELS, real(records, requests), planned(requests, made), strict=True)
    colon = "：" if lang == "zh" else ": "
    lines += [f"  {label.say(lang)}{colon}{a[1]} | {b[1]}" for label, a, b in pairs]
    lines += ["", TABLE.say(lang), *by_item(records, requests, made, lang)]
    short = Counter(one.reason for client in made.plan.clients.values() for one in client.unserved)
    for reason, n in sorted(short.items()):
        lines.append(SHORT.say(lang, n=n, why=wushe.REASONS[reason].say(lang)))
    lines.append(made.plan.proof(lang))
    return "\n".join(lines)


def main() -> None:
    """Read, plan, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds getusppe/")
    parser.add_argument("--lang", choices=LANGS, help="one language only")
    parser.add_argument("--verbose", action="store_true", help="list every flagged row")
    given = parser.parse_args()
    if not (given.data / OFFERS).is_file():
        print(f"没有数据，跳过：{given.data / OFFERS} / no data, nothing done")
        return
    records = data.read(given.data)
    requests = data.requests_of(records.matches)
    made = share(records, requests)
    for lang in (given.lang,) if given.lang else LANGS:
        print(report(records, requests, made, lang, given.verbose))
        print()


if __name__ == "__main__":
    main()

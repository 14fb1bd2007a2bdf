"""Yearly spending and management costs (article 61; 2016: 60, and the rule of that year), where they bind."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Literal

from wushe.ledger.duties.law import AMENDED
from wushe.ledger.duties.lines import DutyLine
from wushe.ledger.duties.look import NO_NUMBER, Look
from wushe.ledger.duties.records import CharityHost, CharityYear
from wushe.text import Text

Side = Literal["spending", "management"]
_WAN = 10_000 * 100  # fen
_BANDS = {
    "foundation": ((6_000, "ge6000w"), (800, "800_6000w"), (400, "400_800w"), (0, "lt400w")),
    "other": ((1_000, "ge1000w"), (500, "500_1000w"), (100, "100_500w"), (0, "lt100w")),
}
"""Net assets of the year before in 10,000 yuan, from; the largest first."""
_ENOUGH = Text("{year}年支出达到比例", "{year}: spending reaches the ratio")
_TOO_LITTLE = Text("{year}年支出没有达到比例", "{year}: spending falls short of the ratio")
_WITHIN = Text("{year}年管理费用在比例之内", "{year}: management costs are within the ratio")
_TOO_MUCH = Text("{year}年管理费用超过比例", "{year}: management costs exceed the ratio")
_SMALL = Text(
    "{year}年管理费用低于规定数额，不受比例限制",
    "{year}: management costs are below the amount from which the ratio binds",
)
_EXPLAINED = Text(
    "{year}年不符合比例，已报告登记机关并公开说明",
    "{year}: the ratio is missed, reported to the registrar and explained in public",
)
_NOT_STATED = Text("{year}年的账目没有登记全", "{year}: the accounts are not all recorded")
_KIND = Text(
    "不知道是不是基金会、有没有公开募捐资格",
    "whether it is a foundation, and may raise from the public, is not known",
)
_OLD_RULE = Text(
    "2016年的规定依修正前的慈善法制定；修正后第61条授权另定年度支出、管理费用和募捐成本的标准，新标准请查证",
    "the rule of 2016 was made under the law before its amendment; article 61 now provides for new "
    "standards, of fundraising costs too: look for them",
)


def ratio_lines(
    look: Look, host: CharityHost, years: Mapping[int, CharityYear]
) -> Iterator[DutyLine]:
    """Yield a line per ratio for each stated year that is over, and for last year in any case."""
    for year in sorted({*(y for y in years if y < look.on.year), look.on.year - 1}):
        for side in ("spending", "management"):
            yield _line(look, host, years, year, side)


def _line(
    look: Look, host: CharityHost, years: Mapping[int, CharityYear], year: int, side: Side
) -> DutyLine:
    subject, at = f"host/{host.id}/{year}", dt.date(year, 12, 31)
    bound = look.bound(side, subject, host.id, at=at)
    if bound is not None:
        return bound
    missing = [f"host/{host.id}.{n}" for n in ("public", "form") if getattr(host, n) is None]
    if missing:
        return look.line(side, subject, "unknown", _KIND, at=at, missing=missing)
    check = _spending if side == "spending" else _management
    return check(look, host, years, year, subject)


def _law(host: CharityHost) -> bool:
    """Return whether the ratios are those of the law itself, not of the rule of 2016."""
    return bool(host.public) and host.form == "foundation"


def _names(
    host: CharityHost, years: Mapping[int, CharityYear], year: int
) -> tuple[str, ...] | None:
    """Return the names of the parameters without their ends, None where net assets are not known."""
    form = "foundation" if host.form == "foundation" else "other"
    if host.public:
        return (f"charity_pubfund_{form}",)
    before = years.get(year - 1)
    if before is None or before.assets_fen is None:
        return None
    band = next((b for low, b in _BANDS[form] if before.assets_fen >= low * _WAN), "")
    return (f"charity_nonpub_{form}_{band or _BANDS[form][-1][1]}",)


def _spending(
    look: Look, host: CharityHost, years: Mapping[int, CharityYear], year: int, subject: str
) -> DutyLine:
    at, own = dt.date(year, 12, 31), years.get(year)
    names = _names(host, years, year)
    if own is None or own.aid_fen is None or names is None:
        return _unstated(look, "spending", subject, host, year, own)
    pairs = [(f"{names[0]}_spend_min", "income_fen" if host.public else "assets_fen")]
    if names[0].endswith("lt100w"):
        pairs.append((f"{names[0]}_spend_min_income", "income_fen"))
    notes = [note for name, _ in pairs for note in look.numbers.notes(name, at)]
    rule = not _law(host)
    if at >= AMENDED and rule:
        notes.append(_OLD_RULE)
    enough, base_fen, need_fen = True, 0, 0
    for name, field in pairs:
        share = look.numbers.ratio(name, at)
        if share is None:
            return look.line("spending", subject, "unknown", NO_NUMBER, at=at, missing=[name])
        bases = _bases(years, year, field)
        if not any(own.aid_fen >= share * base for base in bases if base is not None):
            enough = False
            if None in bases:
                return _unstated(look, "spending", subject, host, year - 1, None)
        least = min((base for base in bases if base is not None), default=Fraction(0))
        if share * least >= need_fen:
            base_fen, need_fen = int(least), math.ceil(share * least)
    figures = [("fen", own.aid_fen), ("base_fen", base_fen), ("need_fen", need_fen)]
    return _judged(look, "spending", subject, own, enough, rule, figures, notes)


def _bases(
    years: Mapping[int, CharityYear], year: int, field: str
) -> tuple[Fraction | None, Fraction | None]:
    """Return last year's amount and the mean of the last three, None where not stated."""
    held = [years.get(year - back) for back in (1, 2, 3)]
    fens = [None if one is None else getattr(one, field) for one in held]
    last = None if fens[0] is None else Fraction(fens[0])
    known = [fen for fen in fens if fen is not None]
    return last, Fraction(sum(known), 3) if len(known) == 3 else None


def _management(
    look: Look, host: CharityHost, years: Mapping[int, CharityYear], year: int, subject: str
) -> DutyLine:
    at, own = dt.date(year, 12, 31), years.get(year)
    law = _law(host)
    names = _names(host, years, year)
    small = None if law else look.numbers.whole("charity_mgmt_small_exempt", at)
    spent = None if own is None else own.management_fen
    if spent is not None and small is not None and spent < small:
        exempt = look.numbers.notes("charity_mgmt_small_exempt", at)
        figures = [("fen", spent)]
        return look.line(
            "management", subject, "kept", _SMALL, at=at, figures=figures, notes=exempt, year=year
        )
    if own is None or own.management_fen is None or own.spent_fen is None or names is None:
        return _unstated(look, "management", subject, host, year, own)
    name = f"{names[0]}_mgmt_max"
    share = look.numbers.ratio(name, at)
    if share is None:
        return look.line("management", subject, "unknown", NO_NUMBER, at=at, missing=[name])
    most = share * own.spent_fen
    figures = [("fen", own.management_fen), ("base_fen", own.spent_fen), ("most_fen", int(most))]
    notes = [*look.numbers.notes(name, at)]
    if at >= AMENDED and not law:
        notes.append(_OLD_RULE)
    good = own.management_fen <= most
    return _judged(look, "management", subject, own, good, not law, figures, notes)


def _judged(
    look: Look, side: Side, subject: str, own: CharityYear, good: bool, rule: bool,
    figures: list[tuple[str, int]], notes: list[Text],
) -> DutyLine:  # fmt: skip
    at = dt.date(own.year, 12, 31)
    right, wrong = (_ENOUGH, _TOO_LITTLE) if side == "spending" else (_WITHIN, _TOO_MUCH)
    if good:
        return look.line(
            side,
            subject,
            "kept",
            right,
            at=at,
            figures=figures,
            notes=notes,
            rule=rule,
            year=own.year,
        )
    # Before the amendment only missing the ratio of management could be explained.
    may = side == "management" or at >= AMENDED
    if may and own.explained_on is not None and dt.date.fromisoformat(own.explained_on) <= look.on:
        return look.line(
            side,
            subject,
            "kept",
            _EXPLAINED,
            at=at,
            figures=figures,
            notes=notes,
            rule=rule,
            year=own.year,
        )
    return look.line(
        side,
        subject,
        "broken",
        wrong,
        at=at,
        figures=figures,
        notes=notes,
        rule=rule,
        year=own.year,
    )


def _unstated(
    look: Look, side: Side, subject: str, host: CharityHost, year: int, own: CharityYear | None
) -> DutyLine:
    wanted = {"spending": ("aid_fen",), "management": ("management_fen", "spent_fen")}[side]
    missing = [f"{subject}.{n}" for n in wanted if own is None or getattr(own, n) is None]
    base = "income_fen" if host.public else "assets_fen"
    if side == "spending" or not host.public:
        missing.append(f"host/{host.id}/{int(subject[-4:]) - 1}.{base}")
    at = dt.date(int(subject[-4:]), 12, 31)
    return look.line(
        side,
        subject,
        "unknown",
        _NOT_STATED,
        at=at,
        missing=missing,
        rule=not _law(host),
        year=year,
    )

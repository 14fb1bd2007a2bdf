"""The words of a statement, and its lines as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from wushe.model.units import DIMENSIONS as UNITS
from wushe.privacy import SMALL_CELL
from wushe.report.disclosure.beancount import yuan
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.report.disclosure.gifts import DonorTrace, GiftRow
    from wushe.report.disclosure.statement import FundStatement, Line, Statement

TITLE = Text("款物收支公示 {since} 至 {until}", "Statement of money and goods, {since} to {until}")
SORTS: Mapping[str, Text] = {
    "opening": Text("期初余额", "opening balance"),
    "income": Text("收入", "income"),
    "matched": Text("配捐收入", "matching donations"),
    "moved_in": Text("其他基金转入", "moved in from other funds"),
    "returned": Text("支出退回", "payments that came back"),
    "aid": Text("救助个人和家庭", "aid to persons and households"),
    "institution": Text("资助机构", "aid to institutions"),
    "project": Text("项目成本", "cost of projects"),
    "management": Text("管理费用", "management"),
    "refund": Text("退还捐赠人", "refunds to donors"),
    "moved_out": Text("转出至其他基金", "moved out to other funds"),
    "reclassified": Text("用途变更", "change of use"),
    "other": Text("其他", "other"),
    "closing": Text("期末余额", "closing balance"),
}
"""Lines of a statement in order; income has a line for each nature and kind of source."""
NATURES: Mapping[str, Text] = {
    "donation": Text("捐赠", "donation"),
    "fiscal": Text("财政补助", "fiscal contribution"),
    "collective": Text("村集体投入", "collective contribution"),
    "matching": Text("配捐", "matching donation"),
    "mixed": Text("多种来源", "several sources"),
}
SOURCES: Mapping[str, Text] = {
    "person": Text("个人", "persons"),
    "organization": Text("单位", "organizations"),
    "anonymous": Text("匿名", "anonymous"),
}
MEASURES: Mapping[str, Text] = {
    "times": Text("人次", "person-times"),
    "persons": Text("人", "persons"),
    "households": Text("户", "households"),
    "fen": Text("金额(元)", "yuan"),
}
DIMENSIONS: Mapping[str, Text] = {
    "all": Text("总计", "All"),
    "place": Text("地区", "Place"),
    "category": Text("用途", "Use"),
    "project": Text("项目", "Project"),
    "fund": Text("基金", "Fund"),
}
TOTAL = Text("合计", "Total")
WITHHELD = "*"
STANDING: Mapping[bool, Text] = {
    True: Text("内部版，含小数字，请勿公开", "Internal: shows small counts, do not publish"),
    False: Text("公开版，小数字已隐去", "For publication: small counts are withheld"),
}
NOTES = (
    Text(
        "期初余额 + 各项收入 − 各项支出 = 期末余额，精确到分；限定性与非限定性资金分列。",
        "Opening balance + what came in − what went out = closing balance, to the fen; restricted and "
        "unrestricted money apart.",
    ),
    Text(
        "财政补助和村集体投入不是捐赠，单独列示。",
        "Fiscal and collective contributions are no donations and stand apart.",
    ),
    Text(
        "人次、人、户分别统计，不可相加；同一人或同一户在合计中只计一次。",
        "Person-times, persons and households are counted apart and never add up; whoever was helped "
        "several times is one in a total.",
    ),
)
WITHHELD_NOTE = Text(
    "“*”：少于 {least} 的数，以及为防止推算而一并隐去的数和金额；0 表示没有。",
    "“*”: a count below {least}, or a count or amount withheld so that nobody can work it out; 0 is none.",
)
WHOLE_NOTE = Text(
    "有 {n} 张明细表受助对象太少，已合并或不公开；总金额见收支表。",
    "{n} detailed tables tell of too few: they are told more coarsely or not at all; total amounts are in "
    "the balance.",
)
ALIAS_NOTE = Text(
    "个人捐赠人和未同意公开名称的单位以代称列示，同一代称是同一捐赠人。",
    "Private donors, and organizations that did not agree to be named, have an alias each.",
)
GOODS_NOTE = Text(
    "“价值未知”的物资没有记录单价，不等于没有价值。",
    "Goods of unknown value have no price on record; they are not worth nothing.",
)
_FUND = Text(
    "{name}（{host}，资金性质：{nature}）：期初 {opening} 元，收入 {income} 元，支出 {spent} 元，期末 {closing} 元",
    "{name} ({host}; money: {nature}): opening {opening}, in {income}, out {spent}, closing {closing} yuan",
)
_COUNTS = Text("捐赠 {gifts} 笔，物资 {goods} 种", "{gifts} gifts, {goods} kinds of goods")
_TRACE = Text(
    "{donor}：捐赠 {gifts} 笔 {given} 元；已使用 {used} 元，已承诺 {committed} 元，未使用 {free} 元，已退还 {refunded} 元",
    "{donor}: {gifts} gifts, {given} yuan; used {used}, committed {committed}, free {free}, refunded {refunded}",
)


def say_fen(fen: int | None) -> str:
    """Return fen as yuan with two decimals and separators, an asterisk where withheld."""
    if fen is None:
        return WITHHELD
    return f"{'−' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def unit(dimension: str) -> Text:
    """Return what the base unit of a dimension is called."""
    return next(text for name, text in UNITS.items() if name == dimension)


def line_name(line: Line) -> Text:
    """Return what a line of a fund's balance is called; income with its nature and source."""
    if line.sort != "income":
        return SORTS[line.sort]
    nature = NATURES.get(line.nature, Text(line.nature, line.nature))
    source = SOURCES.get(line.donor_kind, Text(line.donor_kind, line.donor_kind))
    return Text(f"收入：{nature.zh}（{source.zh}）", f"income: {nature.en} ({source.en})")


def balance_lines(fund: FundStatement) -> Iterator[Line]:
    """Yield opening, all lines, closing."""
    yield fund.opening
    yield from fund.lines
    yield fund.closing


def purposes(gift: GiftRow) -> list[Text]:
    """Return what a gift is for: uses and project, [] where the donor named none."""
    return [*gift.purposes, *([] if gift.project is None else [gift.project])]


def came_in(*funds: FundStatement) -> int:
    """Return all fen that came in; what one of several funds moved to another is none."""
    inner = ("moved_in",) if len(funds) > 1 else ()
    lines = [line for fund in funds for line in fund.lines if line.sort not in inner]
    return sum(line.fen for line in lines if line.fen > 0 and line.sort != "returned")


def went_out(*funds: FundStatement) -> int:
    """Return all fen that went out, less what came back."""
    inner = ("moved_out",) if len(funds) > 1 else ()
    lines = [line for fund in funds for line in fund.lines if line.sort not in inner]
    return -sum(line.fen for line in lines if line.fen < 0 or line.sort == "returned")


def title(statement: Statement, lang: str) -> str:
    """Return the heading of a statement."""
    return TITLE.say(lang, since=statement.since, until=statement.until)


def notes(statement: Statement, lang: str) -> list[str]:
    """Return how to read the statement."""
    said = [note.say(lang) for note in NOTES]
    if not statement.internal:
        said.append(WITHHELD_NOTE.say(lang, least=SMALL_CELL))
        if statement.coarser_tables:
            said.append(WHOLE_NOTE.say(lang, n=statement.coarser_tables))
        said.append(ALIAS_NOTE.say(lang))
    if any(row.received_unknown or row.issued_unknown for row in statement.goods):
        said.append(GOODS_NOTE.say(lang))
    return said


def summary_text(statement: Statement, lang: str) -> str:
    """Return title, standing, a line for each fund, and how much is listed."""
    lines = [title(statement, lang), STANDING[statement.internal].say(lang)]
    for fund in statement.funds:
        lines.append(
            _FUND.say(
                lang,
                name=fund.name,
                host=fund.host,
                nature=NATURES[fund.nature],
                opening=say_fen(fund.opening.fen),
                income=say_fen(came_in(fund)),
                spent=say_fen(went_out(fund)),
                closing=say_fen(fund.closing.fen),
            )
        )
    lines.append(_COUNTS.say(lang, gifts=len(statement.gifts), goods=len(statement.goods)))
    return "\n".join(lines)


def trace_text(trace: DonorTrace, lang: str) -> str:
    """Return a donor's totals, and a line for each use: for what, where, when, how much."""
    amounts = {
        name: yuan(getattr(trace, name))
        for name in ("given", "used", "committed", "free", "refunded")
    }
    lines = [_TRACE.say(lang, donor=trace.donor, gifts=trace.gifts, **amounts)]
    for row in trace.rows:
        what = row.category if row.sort == "aid" else SORTS[row.sort]
        where = "" if row.place is None else row.place.say(lang)
        said = [part for part in (row.time, where, what.say(lang), yuan(row.fen)) if part]
        lines.append("  " + "  ".join(said))
    return "\n".join(lines)

"""The chart of accounts, and balanced lines: debit above 0, credit below, each event's lines sum to 0."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from wushe.text import Text

Line = tuple[str, int]
"""(account, fen)."""
Nature = Literal["donation", "fiscal", "collective", "matching", "interest"]
INCOME: dict[str, str] = {
    "donation": "Donation",
    "fiscal": "Fiscal",
    "collective": "Collective",
    "matching": "Matching",
    "interest": "Interest",
}
"""Account of income by the nature of the money. A fiscal or collective contribution is no donation."""
SPENDING: dict[str, str] = {"aid": "Aid", "project": "Project", "management": "Management"}
"""Account of expense by the kind of payment."""
TRANSFER = "Equity:Transfer"
"""What moves between funds: every transfer leaves it at 0."""
ACCOUNT_WORDS: dict[str, Text] = {
    "Assets:Cash": Text("货币资金", "cash"),
    "Assets:Goods": Text("库存物资", "goods in store"),
    "Free": Text("可用", "free"),
    "Committed": Text("已承诺", "committed"),
    "Income:Donation": Text("捐赠收入", "donations"),
    "Income:Fiscal": Text("财政补助收入", "fiscal contributions"),
    "Income:Collective": Text("村集体投入", "collective contributions"),
    "Income:Matching": Text("配捐收入", "matching donations"),
    "Income:InKind": Text("实物捐赠收入", "donations in kind"),
    "Income:Interest": Text("利息收入", "interest"),
    "Expenses:Aid": Text("救助支出", "aid"),
    "Expenses:Project": Text("项目支出", "projects"),
    "Expenses:Management": Text("管理费用", "management"),
    "Expenses:Goods": Text("物资发放", "goods given out"),
    "Expenses:Refund": Text("退还捐赠", "refunds to donors"),
    "Equity:Transfer": Text("基金间划转", "transfers between funds"),
    "Restricted": Text("限定性", "restricted"),
    "Unrestricted": Text("非限定性", "unrestricted"),
}
"""Words for the parts of account names, for whoever prints them."""


@lru_cache(maxsize=65_536)
def account_part(key: str) -> str:
    """Return an id as a part of an account name: ASCII letters, digits and dashes, first one A-Z or 0-9.

    Different ids give different parts: whatever does not fit, and Z itself, is written Z<hex>z or Zz.
    """
    return "".join(
        "Zz" if c == "Z" else c if _fits(c, first=not i) else f"Z{ord(c):x}z"
        for i, c in enumerate(key)
    )


def _fits(c: str, *, first: bool) -> bool:
    if not c.isascii():
        return False
    return c.isdigit() or (c.isupper() if first else c.isalpha() or c == "-")


def free_cash(fund: str) -> str:
    """Return the account of a fund's money that is not promised to anybody."""
    return f"Assets:Cash:{account_part(fund)}:Free"


def committed_cash(fund: str) -> str:
    """Return the account of a fund's money that is set aside for commitments."""
    return f"Assets:Cash:{account_part(fund)}:Committed"


def income(fund: str, nature: str, *, restricted: bool) -> str:
    """Return the income account of a fund for money of that nature."""
    kind = "Restricted" if restricted else "Unrestricted"
    return f"Income:{INCOME[nature]}:{kind}:{account_part(fund)}"


def spending(fund: str, kind: str) -> str:
    """Return the expense account of a fund for a kind of payment."""
    return f"Expenses:{SPENDING[kind]}:{account_part(fund)}"


def refunds(fund: str) -> str:
    """Return the expense account of what a fund gave back to donors."""
    return f"Expenses:Refund:{account_part(fund)}"


def moved(fen: int, *, credit: str, debit: str) -> list[list[str | int]]:
    """Return the two lines that move `fen` from `credit` to `debit`."""
    return [[debit, fen], [credit, -fen]]


def balanced(lines: Iterable[Line]) -> bool:
    """Say whether the lines sum to 0."""
    return sum(fen for _, fen in lines) == 0

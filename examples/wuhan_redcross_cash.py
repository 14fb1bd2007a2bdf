"""Hubei Red Cross, January 2020: 8,354 published cash gifts, booked fen by fen.

``python examples/wuhan_redcross_cash.py [--data ../shared/data] [--lang en]``

Nothing is dropped and nothing is guessed:

* **Amounts** are read as decimals and must be whole fen.
* **Donors.** The table's own aliases (个人NNNNN) and organizations; "爱心人士" is nobody in particular.
* **Earmarks.** 57 texts stand in the column of purposes. Four of them say who paid and not what for
  (`NOTES`). Each of the others is an earmark of its own, ``E-01`` and so on: money under it is paid only for
  that text, until a worker who reads it says which place and purpose it means.
* **Suspected duplicates**: same donor, amount and day. They are listed and stay in the books: a donor
  may give the same amount twice a day, and the list alone cannot tell.
"""

import argparse
import csv
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

from wushe import Text
from wushe.journal import Act, MemoryStore
from wushe.ledger.money import DOMAIN, check_ledger, open_fund, receive, trial_balance

TABLE = "wuhan_redcross/cash_donations.csv.gz"
HOST, FUND = "湖北省红十字会", "HB-2020"
NOBODY = "爱心人士"
NOTES = ("以上已公示", "其中456151.13员工捐款", "公司10万元，员工9650元", "甘肃开盛实业集团捐款")
"""Texts in the column of purposes that name no purpose."""
ACT = Act("2020-02-07T18:00:00+08:00", HOST, "公示录入")

_SAID = Text(
    "入账 {n} 笔，合计 {yuan} 元；其中限定用途 {marked} 笔 {marked_yuan} 元，{texts} 种说法\n"
    "疑似重复 {suspected} 笔，均已入账，逐笔列出待核\n"
    "核对：差额 {difference}，问题 {problems} 处",
    "{n} gifts booked, {yuan} yuan in all; {marked} of them, {marked_yuan} yuan, earmarked in {texts} wordings\n"
    "{suspected} suspected duplicates, all kept, listed for somebody to look at\n"
    "checked: difference {difference}, {problems} problems",
)


def rows_of(data: Path) -> list[dict[str, str]]:
    """Return the published rows."""
    with gzip.open(data / TABLE, "rt", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def earmarks_of(rows: list[dict[str, str]]) -> dict[str, str]:
    """Return the code of each text that names a purpose, in the order of the table."""
    texts = dict.fromkeys(row["purpose"] for row in rows if row["purpose"])
    return {
        text: f"E-{n:02d}" for n, text in enumerate((t for t in texts if t not in NOTES), start=1)
    }


def gift_of(row: dict[str, str], codes: dict[str, str]) -> dict[str, Any]:
    """Return one row as a gift. Raises ValueError for an amount that is not whole fen."""
    fen = Decimal(row["amount_cny"]) * 100
    if fen != int(fen):
        raise ValueError(f"amount_cny {row['amount_cny']} is no whole number of fen")
    gift: dict[str, Any] = {
        "fund": FUND,
        "fen": int(fen),
        "day": row["date"],
        "channel": row["file"],
    }
    if row["donor"] != NOBODY:
        kind = "organization" if row["donor_type"] == "org" else "person"
        gift |= {"donor": row["donor"], "donor_kind": kind}
    if row["purpose"] in codes:
        gift["earmark"] = {"project": codes[row["purpose"]]}
    return gift


def book(data: Path) -> tuple[MemoryStore, dict[str, Any], dict[str, str]]:
    """Book the whole table; return the store, what `receive` answered, and the codes of the earmarks."""
    rows = rows_of(data)
    codes = earmarks_of(rows)
    store = MemoryStore(DOMAIN)
    store.run(ACT, open_fund, id=FUND, name="新冠肺炎疫情防控捐款", host=HOST, nature="donation")
    receipt = store.run(ACT, receive, gifts=[gift_of(row, codes) for row in rows])
    return store, receipt.answer, codes


def said(store: MemoryStore, answer: dict[str, Any], codes: dict[str, str], lang: str) -> str:
    """Return the sums in words."""
    marked = [gift for gift in store.state.find("gift") if gift.earmark.restricted]
    return _SAID.say(
        lang,
        n=len(answer["gifts"]),
        yuan=f"{store.state.get('fund', FUND).received_fen / 100:,.2f}",
        marked=len(marked),
        marked_yuan=f"{sum(gift.fen for gift in marked) / 100:,.2f}",
        texts=len(codes),
        suspected=len(answer["suspected"]),
        difference=trial_balance(store.state)["difference"],
        problems=len(check_ledger(store.log)),
    )


def main() -> None:
    """Book the table and print the sums."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    options = parser.parse_args()
    print(said(*book(options.data), options.lang))


if __name__ == "__main__":
    main()

"""The books as Beancount text: accepted by bean-check, equal to an independent sum, nobody in it."""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from canaries import random_books
from wushe.journal import Event
from wushe.ledger.money import balances
from wushe.report.disclosure import to_beancount, write_beancount
from wushe.report.disclosure.beancount import account_name, beancount_lines, link_name, yuan

CHECK = shutil.which("bean-check", path=str(Path(sys.executable).parent)) or shutil.which(
    "bean-check"
)


def random_log(transactions: int, seed: int) -> Iterator[Event]:
    """Yield events of 2 to 4 postings on 40 funds; ids are awkward, words and references personal."""
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, 2**40, (transactions, 3)).tolist()
    for number, (one, two, three) in enumerate(draws):
        fund, fen = f"F{one % 40}", two % 10**9 + 1
        cash, gift = f"Assets:Cash:{fund}:Free", f"Income:Donation:Restricted:{fund}"
        lines = [[cash, fen], [gift, -fen]]
        if three % 3 == 0:
            part = fen // 3
            lines = [
                [f"Expenses:Aid:{fund}", part],
                [f"Expenses:Refund:{fund}", fen - part],
                [cash, -fen],
            ]
        day = f"2025-{one % 12 + 1:02d}-{two % 28 + 1:02d}"
        data = {
            "fund": fund,
            "gift": f"赠/{number} #{one % 7}",
            "donor": "DR-祕",
            "day": day,
            "lines": lines,
        }
        yield Event(f"gift/赠{number}", "gift.received", "2025-12-31T01:00:00.000000Z", "worker-1", data,
                    ref="REF-祕密", words={"why": "密语"})  # fmt: skip


def independent(log: Iterator[Event]) -> dict[str, int]:
    """Return the balance of each account, summed here from the events alone."""
    sums: Counter[str] = Counter()
    for event in log:
        for account, fen in event.data["lines"]:
            sums[account] += fen
    return dict(sums)


def asserted(text: str) -> dict[str, int]:
    """Return what the text's balance directives say, in fen."""
    lines = [line.split() for line in text.splitlines() if " balance " in line]
    return {line[2]: int(Decimal(line[3]) * 100) for line in lines}


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """Run bean-check on a file."""
    if CHECK is None:
        pytest.skip("bean-check is not installed: pip install beancount")
    return subprocess.run(
        [CHECK, "--no-cache", str(path)], capture_output=True, text=True, check=False
    )


def test_a_random_ledger_passes_bean_check_and_its_balances_agree(
    tmp_path: Path, campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Accounts are opened in time, every transaction balances, and final balances are those of the log."""
    transactions = campaign(tests=1_000, ci=45_000, soak=45_000)
    path = write_beancount(random_log(transactions, seed), tmp_path / "books.beancount")
    text = path.read_text("utf-8")
    sums = independent(random_log(transactions, seed))
    assert asserted(text) == sums
    assert sum(sums.values()) == 0
    done = check(path)
    assert (done.returncode, done.stderr + done.stdout) == (0, "")
    postings = sum(len(event.data["lines"]) for event in random_log(transactions, seed))
    evidence("beancount", postings=postings, errors=0, accounts=len(sums))


def test_bean_check_notices_one_fen(tmp_path: Path) -> None:
    """The balances at the end are exact: one fen more is an error, so the test above can fail."""
    text = to_beancount(random_log(50, 1))
    whole = text.rindex(" balance ")
    line = text[whole:].splitlines()[0]
    wrong = f"{Decimal(line.split()[2]) + Decimal('0.01')}"
    path = tmp_path / "wrong.beancount"
    path.write_text(text[:whole] + line.replace(line.split()[2], wrong) + "\n", encoding="utf-8")
    assert check(path).returncode != 0


@pytest.mark.slow
def test_a_million_postings_keep_conservation(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """The export is written piece by piece, and all accounts together come to nothing."""
    transactions = campaign(tests=1_000, ci=20_000, soak=450_000)
    sums: Counter[str] = Counter()
    postings = 0
    for piece in beancount_lines(random_log(transactions, seed)):
        for line in piece.splitlines():
            if line.startswith("  "):
                account, amount, _ = line.split()
                sums[account] += int(amount.replace(".", ""))
                postings += 1
    assert sum(sums.values()) == 0
    assert dict(sums) == independent(random_log(transactions, seed))
    evidence("beancount_conservation", postings=postings, fen_created=0)


def test_real_books_pass_and_agree_with_the_ledgers_accounts(tmp_path: Path) -> None:
    """Gifts, transfers, refunds, goods of known value: accounts of the state and of the text are the same."""
    books = random_books(4, 120)
    path = write_beancount(books.store.log, tmp_path / "books.beancount")
    text = path.read_text("utf-8")
    held = {account_name(name): fen for name, fen in balances(books.store.state).items()}
    assert asserted(text) == held
    assert check(path).returncode == 0
    assert books.canaries.found_in(text) == []


def test_text_holds_no_word_reference_or_donor() -> None:
    """Only the kind of event and ids of funds, gifts and the like are named."""
    text = to_beancount(random_log(20, 2))
    assert "密" not in text
    assert "祕" not in text
    assert "worker" not in text
    assert text.count('* "gift.received" ^gift-') == 20


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Assets:Cash:F-1:Free", "Assets:Cash:F-1:Free"),
        ("Assets:Cash:基金:Free", "Assets:Cash:X-e59fbae98791:Free"),
        ("Assets:Cash:f1:Free", "Assets:Cash:X-6631:Free"),  # small letters do not begin a part
        (
            "Assets:Cash:X-6631:Free",
            "Assets:Cash:X-582d36363331:Free",
        ),  # what looks made is made again
    ],
)
def test_account_names_are_made_fit_and_stay_different(name: str, told: str) -> None:
    """Different names give different accounts, and those that fit stay what they are."""
    assert account_name(name) == told


def test_ids_in_links_stay_different() -> None:
    """Blanks, slashes and escapes are written out, so that no two ids share a link."""
    ids = ["a b", "a_b", "a_20b", "a/b", "a", "赠", "A"]
    assert len({link_name(one) for one in ids}) == len(ids)
    assert link_name("G-1.2") == "G-1.2"


@pytest.mark.parametrize(("fen", "said"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-12345, "-123.45"), (10**15 + 7, "10000000000000.07")])  # fmt: skip
def test_fen_are_told_exactly(fen: int, said: str) -> None:
    """Two decimals, never a float."""
    assert yuan(fen) == said


def test_lines_that_do_not_balance_are_refused() -> None:
    """The error names the event, so that a damaged log is not exported in silence."""
    bad = Event(
        "gift/G", "gift.received", "2025-01-01T00:00:00.000000Z", "w", {"lines": [["Assets:X", 1]]}
    )
    with pytest.raises(ValueError, match="gift/G"):
        to_beancount([bad])
    with pytest.raises(ValueError, match="account"):
        account_name("Somewhere:Else")

"""Nothing personal in what is not marked internal: statements, traces, exports, refusals, logs, reprs."""

import contextlib
import datetime as dt
import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canaries import Books, Canaries, random_books, told
from wushe.errors import InputError
from wushe.ledger.money import statement_data
from wushe.orders import history
from wushe.report.disclosure import audit_tables, donor_trace, statement, to_beancount

SINCE = dt.date(2025, 1, 15)
PARTS = ("balance", "projects", "uses", "gifts", "goods")


def outgoing(books: Books, lang: str, folder: Path) -> dict[str, str]:
    """Return everything that leaves the books without being marked internal, by name."""
    state, log, donors = books.store.state, books.store.log, books.canaries.donor_ids
    made = statement(state, log, since=SINCE, until=books.day, network=books.city)
    assert audit_tables(made.tables()) == []
    traces = [donor_trace(state, log, donor, network=books.city) for donor in (*donors[:3], "DORG")]
    made.to_xlsx(folder / "statement.xlsx", lang=lang)
    wrong = ""
    with contextlib.suppress(InputError):
        try:
            statement(state, log[:-5], since=SINCE, until=books.day)
        except InputError as error:
            wrong = error.say(lang) + repr(error)
            raise
    return {
        "summary": made.summary(lang) + repr(made),
        "csv": "".join(made.to_csv(part, lang=lang) for part in PARTS),
        "workbook": told([folder / "statement.xlsx"]),
        "page": made.to_html(lang),
        "records": repr((made.funds, made.by_fund, made.gifts, made.goods, made.labels)),
        "traces": "".join(trace.summary(lang) + repr(trace) + repr(trace.rows) for trace in traces),
        "beancount": to_beancount(log),
        "orders": "".join(h.say(lang) for o in state.find("order") for h in history(log, o.id)),
        "figures": repr(statement_data(log, first=SINCE, last=books.day)),
        "refusals": "".join(books.refusals) + wrong,
    }


@settings(max_examples=max(2, settings.default.max_examples // 25))
@given(seed=st.integers(0, 2**32 - 1), lang=st.sampled_from(["zh", "en"]))
def test_no_planted_value_goes_out(
    seed: int,
    lang: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Names, ID numbers, phones, addresses, free words and ids of persons and donors stay inside."""
    books = random_books(seed, 80)
    folder = tmp_path_factory.mktemp("disclosure")
    for name, text in outgoing(books, lang, folder).items():
        assert books.canaries.found_in(text) == [], name


def test_nothing_personal_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is logged or printed on the way tells nobody."""
    with caplog.at_level(logging.DEBUG):
        books = random_books(3, 60)
        outgoing(books, "zh", tmp_path)
    printed = capsys.readouterr()
    assert books.canaries.found_in(caplog.text + printed.out + printed.err) == []


def test_the_search_finds_what_it_looks_for() -> None:
    """Planted values are found whole, masked too little, escaped in HTML and inside numbers."""
    canaries = Canaries.of(1)
    assert canaries.found_in(f"a{canaries.households[3][1:]}b") == [
        f"households: {canaries.households[3]}"
    ]
    assert canaries.found_in(canaries.households[3][0] + "**") == []
    assert canaries.found_in(canaries.words[2].replace("<", "&lt;"))
    assert canaries.found_in(canaries.id_numbers[0][5:14])
    assert canaries.found_in(canaries.phones[0][-8:])
    assert canaries.found_in(repr([canaries.donor_ids[0]]))


def test_internal_versions_do_hold_what_public_ones_hide() -> None:
    """The same books, asked for by an official, name donors: the test above would notice."""
    books = random_books(3, 80)
    made = statement(
        books.store.state, books.store.log, since=SINCE, until=books.day, network=books.city, role="official"
    )  # fmt: skip
    assert "请勿公开" in made.to_html()
    assert any(found.startswith("donors") for found in books.canaries.found_in(made.to_html()))

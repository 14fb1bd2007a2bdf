"""Parameters: what a name gives at a place on a day, and the table of the default pack."""

import csv
import datetime as dt
import math
import re
from collections import Counter
from fractions import Fraction
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.errors import InputError
from wushe.rules.parameter_tables import COLUMNS, read_parameters
from wushe.rules.parameters import (
    Parameter,
    ParameterBook,
    chain_of,
)

TABLE = resources.files("wushe.plugins.defaults.relief").joinpath("parameters.csv")
ROWS = read_parameters(TABLE, "parameters.csv")
BOOK = ParameterBook(ROWS)
DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 11, 22)
BASIS = {
    "name": "dibao_std_urban_month", "region": "420100", "value": "940", "unit": "元/人·月",
    "valid_from": dt.date(2023, 6, 14), "valid_to": None, "expires": None, "document": "甲文件",
    "article": "", "source": "甲网站", "checked": dt.date(2026, 11, 21), "confidence": "A",
}  # fmt: skip


def parameter(**changes: Any) -> Parameter:
    """Return a made-up row that differs from `BASIS` in `changes`."""
    return Parameter(**(BASIS | changes))


def day(text: str) -> dt.date:
    """Return the date that `text` writes."""
    return dt.date.fromisoformat(text)


def value(name: str, place: str, on: str) -> str | None:
    """Return what the default pack's `name` gives at `place` on a day."""
    found = BOOK.find(name, chain_of(place), day(on)).parameter
    return None if found is None else found.value


# --- places ------------------------------------------------------------------------------------

# written, the chain of codes up to the nation
CHAINS = [
    ("420106001002", "420106001002 420106001 420106 420100 420000 000000"),  # community
    ("420106001", "420106001 420106 420100 420000 000000"),  # street
    ("420106", "420106 420100 420000 000000"),
    ("420100", "420100 420000 000000"),
    ("4201", "420100 420000 000000"),  # a city as the statistical tables write it
    ("42", "420000 000000"),
    ("420106000000", "420106 420100 420000 000000"),  # zeros to the right say nothing
    ("429004", "429004 429000 420000 000000"),  # a county directly under its province
    ("000000", "000000"),
    ("", ""),
    ("420-106", ""),
    ("４２０１０６", ""),  # full-width digits are no code
    ("1234567", ""),  # no level has seven digits
    ("001000", ""),  # no province 00
]


@pytest.mark.parametrize(("code", "chain"), CHAINS)
def test_a_code_tells_all_the_places_it_lies_in(code: str, chain: str) -> None:
    """Nearest first, the nation last; nothing at all where the code is none."""
    assert chain_of(code) == tuple(chain.split())


# --- finding -----------------------------------------------------------------------------------


def test_the_nearest_place_with_a_value_wins() -> None:
    """A district's own standard beats its city's, even an older one of the district."""
    book = ParameterBook(
        [
            parameter(),
            parameter(region="420106", value="960", valid_from=day("2020-01-01")),
            parameter(region="420000", value="700"),
        ]
    )
    for place, expected in (("420106001", "960"), ("420102", "940"), ("420500", "700")):
        found = book.find("dibao_std_urban_month", chain_of(place), TODAY).parameter
        assert found is not None
        assert found.value == expected


def test_an_ended_value_of_a_near_place_gives_way_to_the_city() -> None:
    """What is over no longer hides what its city says today."""
    ended = parameter(region="420106", value="960", valid_to=day("2024-12-31"))
    book = ParameterBook([parameter(), ended])
    chain = chain_of("420106")
    assert book.find(ended.name, chain, day("2024-12-31")).parameter == ended
    assert book.find(ended.name, chain, day("2025-01-01")).parameter == parameter()


def test_no_other_day_and_no_other_region_steps_in() -> None:
    """Before the start, after the end, and next door there is no value, only candidates."""
    row = parameter(valid_to=day("2024-12-31"))
    book = ParameterBook([row])
    for place, on in (("420100", "2023-06-13"), ("420100", "2025-01-01")):
        found = book.find(row.name, chain_of(place), day(on))
        assert (found.parameter, found.firm, found.candidates) == (None, False, (row,))
    found = book.find(row.name, chain_of("420500"), day("2024-01-01"))
    assert (found.parameter, found.candidates) == (None, ())
    assert book.find(row.name, (), day("2024-01-01")).parameter is None  # place unknown


# why it never decides, the row
UNDECIDING = [
    ("start not found", parameter(valid_from=None)),
    ("not verified", parameter(confidence="C")),
    ("consultation draft", parameter(name="draft_rigid_ratio_min", value="60", unit="%")),
    ("area whose places are not known", parameter(area="一档")),
]


@pytest.mark.parametrize(("why", "row"), UNDECIDING, ids=[why for why, _ in UNDECIDING])
def test_some_rows_never_decide(why: str, row: Parameter) -> None:
    """They are candidates: they say which document to look for."""
    found = ParameterBook([row]).find(row.name, chain_of("420100"), TODAY)
    assert (found.parameter, found.candidates) == (None, (row,))


def test_a_draft_is_a_candidate_for_the_name_it_is_a_draft_of() -> None:
    """Who looks for the rigid ratio in Anhui learns that only a draft is known."""
    found = BOOK.find("rigid_ratio_min", chain_of("341321"), TODAY)
    assert found.parameter is None
    assert [p.name for p in found.candidates] == ["draft_rigid_ratio_min"]


def test_an_area_applies_to_its_places_only_and_before_its_region() -> None:
    """市区 takes precedence where it reaches; elsewhere the row of the whole city stands."""
    rows = [parameter(), parameter(area="市区", within=("420102", "420106"), value="950")]
    book = ParameterBook(rows)
    got = {
        place: book.find(rows[0].name, chain_of(place), TODAY).parameter
        for place in ("420106001", "420117", "420100")
    }
    assert got == {"420106001": rows[1], "420117": rows[0], "420100": rows[0]}


def test_within_one_region_the_latest_start_wins_over_the_narrower_area() -> None:
    """A later document for the whole city ends an earlier one for a part of it."""
    old = parameter(area="市区", within=("420106",), valid_from=day("2019-07-01"))
    book = ParameterBook([old, parameter()])
    chain = chain_of("420106")
    assert book.find(old.name, chain, day("2020-01-01")).parameter == old
    assert book.find(old.name, chain, day("2024-01-01")).parameter == parameter()


def test_an_open_ended_value_does_not_return_when_its_successor_ends() -> None:
    """The standard of 2020 was over when that of 2022 began; one with its own end stands beside."""
    later = parameter(valid_from=day("2022-04-01"), valid_to=day("2022-12-31"))
    chain = chain_of("420100")
    for end, back in ((None, False), (day("2030-12-31"), True)):
        first = parameter(valid_from=day("2020-04-01"), valid_to=end)
        book = ParameterBook([first, later])
        assert book.find(first.name, chain, day("2022-03-31")).parameter == first
        assert book.find(first.name, chain, day("2022-12-31")).parameter == later
        assert book.find(first.name, chain, TODAY).parameter == (first if back else None)


# expires, valid_to, checked, the last firm day (None: always firm)
FIRM = [
    (None, None, "2026-11-21", "2028-05-21"),  # eighteen months after the check
    (None, None, None, "2024-12-14"),  # never checked: after the start
    (None, None, "2020-01-01", "2024-12-14"),  # checked before the start: after the start
    (None, None, "2023-08-31", "2025-02-28"),  # February has no 31st
    (None, "2040-12-31", None, None),  # the document itself says how long
    ("2026-08-18", None, "2026-11-21", "2026-08-18"),
    ("2026-08-18", "2040-12-31", "2026-11-21", "2026-08-18"),
]


@pytest.mark.parametrize(("expires", "until", "checked", "last"), FIRM)
def test_how_long_a_value_may_support_a_no(
    expires: str | None, until: str | None, checked: str | None, last: str | None
) -> None:
    """After its term, or long after the last check, it is given still, with a warning."""
    dates = {"expires": expires, "valid_to": until, "checked": checked}
    row = parameter(**{k: None if v is None else day(v) for k, v in dates.items()})
    book = ParameterBook([row])

    def look(on: dt.date) -> tuple[Parameter | None, bool]:
        found = book.find(row.name, chain_of("420100"), on)
        return found.parameter, found.firm

    if last is None:
        assert look(day("2040-12-31")) == (row, True)
    else:
        assert look(day(last)) == (row, True)
        assert look(day(last) + DAY) == (row, False)


def test_warnings_say_why() -> None:
    """Term over, unchecked, no successor found, start inferred: each in both languages."""
    row = parameter(expires=day("2024-06-14"), checked=None, note="起始日按惯例推定")
    found = ParameterBook([row]).find(row.name, chain_of("420100"), TODAY)
    said = [(w.say("zh"), w.say("en")) for w in found.warnings]
    assert [en for _, en in said] == [
        "its document ran out on 2024-06-14 and no renewal was found: it supports no refusal",
        "last checked on 2023-06-14, over 18 months ago: it supports no refusal",
        "standard of 2023-06-14, successor not found",
        "its start, 2023-06-14, is inferred",
    ]
    assert all("推定" in zh or "未查到" in zh or "核对" in zh for zh, _ in said)


def test_an_old_standard_without_successor_only_warns() -> None:
    """Checked lately: it may support a no, but the reader is told how old it is."""
    found = BOOK.find("dibao_std_urban_month", chain_of("620502001"), TODAY)
    assert found.parameter is not None
    assert found.firm
    assert [w.en for w in found.warnings] == ["standard of 2017-01-01, successor not found"]


# --- values ------------------------------------------------------------------------------------

# value, unit, in base units
NUMBERS = [
    ("940", "元/人·月", Fraction(94000)),  # fen
    ("0.5", "元", Fraction(50)),
    ("2210", "元/月", Fraction(221000)),
    ("1.5", "倍", Fraction(3, 2)),
    ("60", "%", Fraction(3, 5)),
    ("4", "%上年度月最低工资", Fraction(1, 25)),
    ("1/6", "倍最低工资", Fraction(1, 6)),
    ("30", "工作日", Fraction(30)),
    ("1", "bool", Fraction(1)),
]


@pytest.mark.parametrize(("written", "unit", "number"), NUMBERS)
def test_numbers_are_exact_and_in_base_units(written: str, unit: str, number: Fraction) -> None:
    """Money in fen, per cent as a fraction, nothing rounded."""
    assert parameter(value=written, unit=unit).number == number


@pytest.mark.parametrize(
    ("written", "unit"), [(">=", "operator"), ("ceil:5", "rounding"), ("0531", "MMDD")]
)
def test_words_are_no_numbers(written: str, unit: str) -> None:
    """Operators and rounding rules are read as words."""
    row = parameter(value=written, unit=unit)
    assert row.text == written
    with pytest.raises(InputError, match=f"no number.*{re.escape(written)}"):
        _ = row.number


def test_the_scale_makes_every_number_of_a_name_whole() -> None:
    """1.5 and 2 times need halves; words need nothing."""
    assert BOOK.scale("edge_multiplier") == 2
    assert BOOK.scale("dibao_std_urban_month") == 1
    assert BOOK.scale("tekun_care_half_ratio") == 150  # 18/100, 1/6
    assert BOOK.scale("rigid_ratio_operator") == 1
    assert BOOK.scale("no_such_name") == 1


@pytest.mark.parametrize("name", BOOK.names())
def test_every_number_of_the_pack_can_be_scaled(name: str) -> None:
    """Multiplied by its scale each number is a whole one."""
    rows = [p for p in ROWS if p.name == name and p.unit not in ("operator", "rounding", "MMDD")]
    assert all((p.number * BOOK.scale(name)).denominator == 1 for p in rows)


def test_what_varies_by_place() -> None:
    """National limits do not; standards do, and so does an operator with one local row."""
    assert not BOOK.varies("dibao_total_days")
    assert BOOK.varies("dibao_std_urban_month")
    assert BOOK.varies("rigid_ratio_operator")
    part = parameter(region="000000", area="东部", within=("310000",))
    assert ParameterBook([part]).varies(part.name)


# --- reforms and worked cases ------------------------------------------------------------------


def test_local_rows_win_over_every_other_row_of_their_name() -> None:
    """Even a national one over a city's own; other names and the old book stay as they are."""
    reform = parameter(region="000000", value="1000", valid_from=day("2026-01-01"))
    book = BOOK.local([reform])
    chain = chain_of("420106")
    assert book.find(reform.name, chain, TODAY).parameter == reform
    before = book.find(reform.name, chain, day("2025-12-31")).parameter
    assert before is not None
    assert before.value == "940"  # where the reform has no value the others stand
    assert value("dibao_std_urban_month", "420106", "2026-11-22") == "940"
    rural = "dibao_std_rural_month"
    assert book.find(rural, chain, TODAY) == BOOK.find(rural, chain, TODAY)
    assert (day("2026-01-01"), reform.name) in book.changes([reform.name])
    assert set(book.names()) == set(BOOK.names())


def test_changes_are_the_days_on_which_something_starts_or_is_over() -> None:
    """Every start, and the day after every end and expiry, sorted."""
    rows = [
        parameter(valid_to=day("2024-12-31"), expires=day("2024-06-30")),
        parameter(name="edge_multiplier", value="2", unit="倍"),
        parameter(name="edge_line", valid_from=None, valid_to=dt.date.max),
    ]
    book = ParameterBook(rows)
    city = "dibao_std_urban_month"
    assert book.changes() == (
        (day("2023-06-14"), city),
        (day("2023-06-14"), "edge_multiplier"),
        (day("2024-07-01"), city),
        (day("2025-01-01"), city),
    )
    assert book.changes(["edge_multiplier"]) == ((day("2023-06-14"), "edge_multiplier"),)


# --- mistakes ----------------------------------------------------------------------------------


def test_one_parameter_given_twice_names_both_sources() -> None:
    """Neither wins silently."""
    rows = [parameter(), parameter(value="950", document="乙文件", source="乙网站")]
    with pytest.raises(InputError, match=r"given twice.*940.*甲文件.*甲网站.*950.*乙文件.*乙网站"):
        ParameterBook(rows)


def test_areas_and_ends_without_start_are_told_apart() -> None:
    """Two wage classes of one day, and two past standards whose starts are not known."""
    rows = [
        *(parameter(area=area) for area in ("一档", "二档")),
        *(parameter(valid_from=None, valid_to=day(d)) for d in ("2020-03-31", "2022-03-31")),
    ]
    assert len(ParameterBook(rows).parameters) == 4


# field, what is written there
FAULTS = [
    ("name", "低保标准"),
    ("region", "4201"),  # a region is written with six digits
    ("region", "武汉"),
    ("value", "九百四十"),
    ("value", "-5"),
    ("value", "1/0"),
    ("unit", "万元"),
    ("confidence", "D"),
    ("valid_from", "2023年6月"),
    ("valid_from", "20230614"),
    ("valid_to", "2023-06-13"),  # before the start
    ("expires", "2022-01-01"),
    ("within", "340102"),  # not in the region
]


@pytest.mark.parametrize(("field", "written"), FAULTS)
def test_a_faulty_cell_is_named_with_row_and_field(field: str, written: str) -> None:
    """File, row as a spreadsheet counts, field and value."""
    row = dict.fromkeys(COLUMNS, "") | {
        "name": "edge_line", "region": "420100", "value": "1", "unit": "元", "confidence": "A",
        "valid_from": "2023-06-14",
    }  # fmt: skip
    good = ",".join(row.values())
    bad = ",".join((row | {field: written}).values())
    with pytest.raises(InputError) as caught:
        read_parameters("\n".join([",".join(COLUMNS), good, "", bad]), "city.csv")
    problem = caught.value.problems[0]
    assert len(caught.value.problems) == 1
    assert (problem.file, problem.row, problem.field, problem.value) == (
        "city.csv", 4, field, written,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "unit"), [("=<", "operator"), ("ceil", "rounding"), ("1340", "MMDD"), ("2", "bool")]
)
def test_words_have_their_own_spelling(value: str, unit: str) -> None:
    """A misspelt operator or rounding rule is refused, not taken as text."""
    with pytest.raises(InputError, match="value"):
        parameter(value=value, unit=unit)


def test_all_problems_are_told_at_once() -> None:
    """Two faults in one row, one in the next."""
    head = ",".join(COLUMNS)
    rows = ["N,x,,,1,元,,,,,,,,A,", "n,000000,,,1,元,bad,,,,,,,A,"]
    with pytest.raises(InputError) as caught:
        read_parameters("\n".join([head, *rows]), "x.csv")
    assert [(p.row, p.field) for p in caught.value.problems] == [
        (2, "name"), (2, "region"), (3, "valid_from"),
    ]  # fmt: skip


# what is wrong, the text of the file
BROKEN = [
    ("no heading", ""),
    ("other columns", "name,region\na,b"),
    ("a cell too few", ",".join(COLUMNS) + "\na,b"),
    ("a quote left open", ",".join(COLUMNS) + '\n"a'),
]


@pytest.mark.parametrize(("what", "text"), BROKEN, ids=[what for what, _ in BROKEN])
def test_a_table_that_cannot_be_read_says_which_columns_it_needs(what: str, text: str) -> None:
    """The file is named and the heading is spelt out."""
    with pytest.raises(InputError, match=r"x\.csv.*valid_from"):
        read_parameters(text, "x.csv")


def test_files_are_read_with_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    """As spreadsheets save them; other encodings and missing files are named."""
    text = TABLE.read_text(encoding="utf-8")
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8-sig")
    assert read_parameters(path, "p.csv") == ROWS == read_parameters(text, "p.csv")
    path.write_text(text, encoding="gb18030")
    with pytest.raises(InputError, match=r"p\.csv.*utf-8"):
        read_parameters(path, "p.csv")
    with pytest.raises(InputError, match=r"q\.csv"):
        read_parameters(tmp_path / "q.csv", "q.csv")


# --- invariants --------------------------------------------------------------------------------

PLACES = ("420106001002", "420106001", "420106", "420102", "420100", "420500", "341321", "340000")
REGIONS = ("000000", "420000", "420100", "420106", "420106001", "420500", "340000", "341300")
AREAS = {"420000": ("420100", "420106", "420500"), "420100": ("420102", "420106", "420106001")}
DATES = st.dates(dt.date(2019, 1, 1), dt.date(2027, 12, 31))


@st.composite
def parameters(draw: st.DrawFn) -> Parameter:
    """Any row: with and without dates, areas and places."""
    region = draw(st.sampled_from(REGIONS))
    area = draw(st.sampled_from(("", "", "市区", "县域")))
    codes = AREAS.get(region, ())
    within = draw(st.lists(st.sampled_from(codes), unique=True)) if area and codes else ()
    start, end, expires = (draw(st.none() | DATES) for _ in range(3))
    if start is not None:
        end = None if end is None else max(start, end)
        expires = None if expires is None else max(start, expires)
    return parameter(
        name=draw(st.sampled_from(("a", "b", "draft_a"))), region=region, area=area,
        within=tuple(sorted(within)), value=str(draw(st.integers(0, 9))), valid_from=start,
        valid_to=end, expires=expires, checked=draw(st.none() | DATES),
        confidence=draw(st.sampled_from(("A", "A", "A*", "B", "C"))),
    )  # fmt: skip


def twin(p: Parameter) -> tuple[object, ...]:
    """Return what two rows of one book may not share."""
    until = p.valid_to if p.valid_from is None else None
    return p.name, p.region, p.within or p.area, p.valid_from, until


BOOKS = st.lists(parameters(), max_size=25, unique_by=twin)


def prefix(code: str) -> str:
    """Return the digits of a region that all its places begin with."""
    return re.sub("(00)+$", "", code) if len(code) == 6 else code


def expected(rows: list[Parameter], name: str, place: str, on: dt.date) -> list[Parameter]:
    """Return the rows that may win, by trying all of them: an oracle of `ParameterBook.find`."""
    begun = []
    for p in rows:
        if p.name != name or p.confidence == "C" or name.startswith("draft_"):
            continue
        if p.valid_from is None or on < p.valid_from or not place.startswith(prefix(p.region)):
            continue
        holding = [len(prefix(c)) for c in p.within if place.startswith(prefix(c))]
        if holding or not p.area:
            begun.append((p, max(holding, default=0)))
    ranked: dict[tuple[object, ...], list[Parameter]] = {}
    for p, held in begun:
        later = [q for q, _ in begun if q.region == p.region and q.valid_from > p.valid_from]
        if (later and p.valid_to is None) or (p.valid_to is not None and on > p.valid_to):
            continue
        rank = (len(prefix(p.region)), p.valid_from, held, -len(p.within))
        ranked.setdefault(rank, []).append(p)
    return ranked[max(ranked)] if ranked else []


@given(BOOKS, st.sampled_from(PLACES), DATES)
def test_finding_agrees_with_trying_every_row(
    rows: list[Parameter], place: str, on: dt.date
) -> None:
    """Nearest place, then latest start, then narrowest area; nothing where nothing holds."""
    book = ParameterBook(rows)
    for name in ("a", "b", "draft_a"):
        found = book.find(name, chain_of(place), on)
        wanted = expected(rows, name, place, on)
        assert (found.parameter in wanted) if wanted else (found.parameter is None)
        assert found.parameter not in found.candidates
        assert found.firm <= (found.parameter is not None)


@given(BOOKS, st.randoms(use_true_random=False), st.sampled_from(PLACES), DATES)
def test_the_order_of_rows_does_not_matter(
    rows: list[Parameter], random: Any, place: str, on: dt.date
) -> None:
    """A shuffled table is the same book."""
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, two = ParameterBook(rows), ParameterBook(shuffled)
    assert one.parameters == two.parameters
    assert one.changes() == two.changes()
    assert one.find("a", chain_of(place), on) == two.find("a", chain_of(place), on)


@given(BOOKS, st.sampled_from(PLACES))
def test_values_change_on_the_listed_days_only(rows: list[Parameter], place: str) -> None:
    """Between two days of `changes` a name gives the same row."""
    book, chain = ParameterBook(rows), chain_of(place)
    days = [on for on, _ in book.changes(["a"])]
    for on, following in pairwise([*days, dt.date(2030, 1, 1)]):
        if on < following:
            first, last = (book.find("a", chain, d).parameter for d in (on, following - DAY))
            assert first == last
    if days:
        assert book.find("a", chain, days[0] - DAY).parameter is None


@given(BOOKS, BOOKS, st.sampled_from(PLACES), DATES)
def test_local_rows_come_before_and_hide_nothing_else(
    rows: list[Parameter], own: list[Parameter], place: str, on: dt.date
) -> None:
    """What they give, they give; where they give nothing, it is as before."""
    chain = chain_of(place)
    base, alone = ParameterBook(rows), ParameterBook(own)
    mixed = base.local(own)
    for name in ("a", "b"):
        first = alone.find(name, chain, on).parameter
        wanted = first if first is not None else base.find(name, chain, on).parameter
        assert mixed.find(name, chain, on).parameter == wanted


@given(parameters(), DATES)
def test_a_value_never_becomes_firm_again(row: Parameter, on: dt.date) -> None:
    """Time alone does not make an old value reliable."""
    if row.valid_from is not None and not row.firm(on):
        assert not row.firm(on + 400 * DAY)


# --- the default pack --------------------------------------------------------------------------

# name, place, day, value (None: unknown)
GOLDEN = [
    # Wuhan
    ("dibao_std_urban_month", "420106001002", "2026-11-22", "940"),
    ("dibao_std_rural_month", "420117", "2026-11-22", "820"),
    ("dibao_std_urban_month", "420106", "2023-06-13", "910"),
    ("dibao_std_urban_month", "420106", "2019-01-01", None),  # its start was not found
    ("edge_multiplier", "420106", "2026-11-22", "1.5"),
    ("min_wage_month", "420106", "2024-06-01", "2210"),
    ("min_wage_month", "420117", "2022-01-01", "1800"),
    ("min_wage_month", "420117", "2024-06-01", None),  # its class is not named any more
    ("min_wage_month", "420704", "2018-01-01", "1380"),
    ("elder_90_99_month", "420106", "2026-11-22", "200"),
    # Hefei: districts, counties, and a development zone that no area names
    ("dibao_std_unified_month", "340104", "2024-01-01", "924"),
    ("dibao_std_unified_month", "340123", "2024-01-01", "881"),
    ("dibao_std_unified_month", "340176", "2024-01-01", None),
    ("dibao_std_unified_month", "340123", "2023-06-30", "717"),
    ("tekun_care_self_fensan_year", "340104", "2023-07-01", "742"),
    ("min_wage_month", "340104", "2024-01-01", "2060"),
    ("min_wage_month", "340123", "2024-01-01", "1870"),
    # Suzhou 宿州, Dangshan, Xiaoxian
    ("dibao_std_rural_month", "341321", "2024-01-01", "722"),
    ("dibao_std_rural_month", "341321", "2023-06-30", None),
    ("tekun_basic_rural_year", "341321", "2024-01-01", "11264"),
    ("min_wage_month", "341321", "2024-01-01", "1870"),
    ("min_wage_month", "341302", "2024-01-01", "1930"),
    ("dibao_std_urban_month", "341322", "2023-06-30", "560"),
    ("dibao_std_urban_month", "341322", "2023-07-01", "757"),  # the city's one standard
    ("dibao_std_rural_year", "341322", "2023-07-01", None),
    ("dibao_vehicle_price_cap", "341324", "2024-01-01", None),  # undated
    ("temp_relief_cap_multiple", "341321", "2024-01-01", None),  # undated
    # Xuancheng
    ("dibao_std_rural_month", "341802", "2024-06-01", "755"),
    ("tekun_basic_rural_month", "341881", "2023-06-30", "917"),
    ("tekun_basic_rural_month", "341881", "2023-07-01", "982"),
    ("medrelief_ratio_dibao", "341882", "2025-01-01", "75"),
    ("medrelief_ratio_dibao", "341881", "2025-01-01", None),  # a neighbour's does not count
    # Chizhou
    ("dibao_std_rural_month", "341702", "2022-07-01", "708"),
    ("dibao_std_rural_month", "341702", "2023-07-01", "750"),
    ("dibao_std_rural_month", "341723", "2023-07-01", "751"),
    ("dibao_std_rural_month", "341722", "2020-01-01", None),  # only the urban one was found
    ("tekun_basic_urban_month", "341702", "2024-01-01", "1137"),
    # Ezhou
    ("dibao_std_urban_month", "420704", "2025-06-24", "580"),
    ("dibao_std_urban_month", "420704", "2025-06-25", "725"),
    ("dibao_std_urban_month", "420704", "2015-08-01", None),  # 城区 and 各区 are no districts
    ("edge_line_rural_month", "420702", "2025-06-25", "1310"),
    ("lowincome_line_urban_month", "420702", "2025-06-24", "1160"),
    ("lowincome_line_urban_month", "420702", "2025-06-25", None),
    # Jiangxi
    ("dibao_std_urban_month", "360428", "2025-03-31", "935"),
    ("dibao_std_urban_month", "360428", "2025-04-01", "980"),
    ("dibao_std_unified_month", "360102", "2023-06-01", "915"),
    ("min_wage_month", "360112", "2022-01-01", "1730"),
    ("min_wage_month", "360113", "2026-01-01", "1850"),  # the rise of 2024 is not verified
    # Tianshui
    ("dibao_std_urban_month", "620503", "2026-11-22", "460"),
    ("dibao_std_urban_month", "620523", "2026-11-22", "368"),
    ("dibao_std_urban_year", "620523", "2023-06-01", None),  # provincial guidance is none
    ("min_wage_month", "620523", "2024-01-01", "1850"),
    # Pingliang
    ("dibao_std_urban_month", "620802", "2021-12-31", "452"),
    ("dibao_std_urban_month", "620802", "2022-01-01", "673"),
    ("dibao_std_urban_month", "620826", "2018-06-01", "397"),
    ("dibao_std_urban_month", "620826", "2024-01-01", "700"),
    ("dibao_std_rural_class3_month", "620802", "2024-01-01", "89"),
    ("min_wage_month", "620802", "2024-01-01", "1960"),
    # Urumqi
    ("dibao_std_urban_month", "650102", "2026-11-22", "650"),
    ("dibao_std_rural_month", "650121", "2015-01-01", None),  # a level of payment, no standard
    ("min_wage_month", "650102", "2024-12-31", "1700"),
    ("min_wage_month", "650102", "2025-01-01", "2070"),
    # averages are nobody's standard
    ("dibao_std_urban_month", "341202", "2024-01-01", None),
    # the nation
    ("dibao_basic_pension_excluded", "420106", "2025-12-31", "1"),
    ("dibao_basic_pension_excluded", "420106", "2026-01-01", None),
    ("dibao_total_days", "650102", "2026-11-22", "30"),
    ("dibao_income_operator", "341321", "2026-11-22", "<"),
    ("edge_income_operator", "341321", "2026-11-22", "<"),
    ("rigid_ratio_operator", "341321", "2026-11-22", ">"),
    ("rigid_ratio_operator", "440305", "2026-11-22", ">="),
    ("rigid_ratio_operator", "440305", "2023-07-03", None),
]


@pytest.mark.parametrize(("name", "place", "on", "said"), GOLDEN)
def test_the_seed_regions(name: str, place: str, on: str, said: str | None) -> None:
    """What each name gives there on that day."""
    assert value(name, place, on) == said


def test_the_edge_rule_of_hubei_supports_no_refusal_after_its_term() -> None:
    """Two years from 2024-08-19; whether it was renewed is not known."""
    chain = chain_of("420106")
    assert BOOK.find("edge_multiplier", chain, day("2026-08-18")).firm
    assert not BOOK.find("edge_multiplier", chain, day("2026-08-19")).firm


def boundaries() -> list[Any]:
    """Return (row, field) for every start, end and expiry of the pack, as pytest parameters."""
    return [
        pytest.param(p, field, id=f"{p.name}-{p.region}{p.area}-{field}-{getattr(p, field)}")
        for p in BOOK.parameters
        for field in ("valid_from", "valid_to", "expires")
        if getattr(p, field) is not None
    ]


@pytest.mark.parametrize(("row", "field"), boundaries())
def test_the_days_around_every_boundary(row: Parameter, field: str) -> None:
    """The day before, of and after each start, end and expiry, at every place the row is for."""
    boundary = getattr(row, field)
    for place in row.within or (row.region,):
        looks = [BOOK.find(row.name, chain_of(place), boundary + n * DAY) for n in (-1, 0, 1)]
        for n, found in zip((-1, 0, 1), looks, strict=True):
            wanted = expected(list(ROWS), row.name, place, boundary + n * DAY)
            assert (found.parameter in wanted) if wanted else (found.parameter is None)
        before, of, after = looks
        decides = row.confidence != "C" and not row.draft and row.placed
        decides = decides and row.valid_from is not None
        if field == "valid_from":
            assert before.parameter != row
            assert (of.parameter == row) == decides
        elif field == "valid_to":
            assert (of.parameter == row) == decides
            assert after.parameter != row
        elif decides:
            assert (of.parameter, of.firm) == (row, True)
            assert after.parameter != row or not after.firm


# --- rounding, against the published figures ---------------------------------------------------


def rounded(yuan: Fraction, rule: str) -> Fraction:
    """Return an amount in yuan by a rounding rule: the meaning of the rules' spelling."""
    if rule == "exact":
        return yuan
    mode, step = rule.split(":")
    units = yuan / int(step)
    whole = {
        "ceil": math.ceil,
        "floor": math.floor,
        "nearest": lambda x: math.floor(x + Fraction(1, 2)),
    }
    return Fraction(whole[mode](units) * int(step))


# place, day, months in the published figure, dibao standard a month, published basic amount
BASIC = [
    ("341321", "2023-07-01", 12, "722", "11264"),  # 11263.2
    ("620102", "2022-01-01", 1, "914", "1189"),  # 1188.2
    ("620121", "2022-01-01", 1, "439", "571"),  # 570.7; 5268 a year
    ("620102", "2023-01-01", 12, "920", "14352"),
    ("620121", "2023-01-01", 12, "465", "7260"),  # 605 a month; 5580 a year
    ("341821", "2023-07-01", 1, "755", "982"),  # 981.5
    ("341524", "2024-07-01", 1, "721", "938"),  # 937.3
    ("420704", "2025-06-25", 1, "725", "945"),  # 942.5
    ("420704", "2025-06-25", 1, "655", "855"),  # 851.5
    ("360428", "2024-01-01", 1, "935", "1220"),  # 1215.5
    ("360428", "2024-01-01", 1, "715", "930"),  # 929.5
    ("360428", "2025-04-01", 1, "980", "1275"),  # 1274
    ("360428", "2025-04-01", 1, "765", "995"),  # 994.5
    ("360102", "2021-01-01", 1, "795", "1035"),  # 1033.5
    ("360102", "2022-01-01", 1, "855", "1120"),  # 1111.5
    ("620302", "2023-01-01", 12, "757", "11808"),  # 984 a month; 9084 a year
]


@pytest.mark.parametrize(("place", "on", "months", "standard", "published"), BASIC)
def test_rounding_rules_give_the_published_basic_amounts(
    place: str, on: str, months: int, standard: str, published: str
) -> None:
    """1.3 times the standard, summed over the months that the rule rounds, then rounded."""
    rule, over = (
        value("tekun_basic_rounding", place, on),
        value("tekun_basic_rounding_months", place, on),
    )
    assert rule is not None
    assert over is not None
    got = rounded(Fraction("1.3") * int(standard) * int(over), rule) * Fraction(months, int(over))
    assert got == int(published)
    in_the_pack = {
        (p.region, p.value, p.valid_from) for p in ROWS if p.name.startswith("tekun_basic_")
    }
    assert any((code, published, day(on)) in in_the_pack for code in chain_of(place))


def test_where_the_figures_leave_the_rounding_open_there_is_no_rule() -> None:
    """Nanchang 2023: 1189.5 -> 1190 is a step of 5 as well as of 10."""
    assert value("tekun_basic_rounding", "360102", "2023-06-01") is None
    assert value("tekun_basic_rounding", "360102", "2024-06-01") == "ceil:5"  # the province's


CARE = ("full_jizhong", "half_jizhong", "self_jizhong", "full_fensan", "half_fensan", "self_fensan")
# place of the rule, region and area of the figures, day, wage, period
CARE_ANHUI = [
    ("341502", "341500", "最低工资1930地区", "2024-07-01", 1930, "month"),
    ("341502", "341500", "最低工资1870地区", "2024-07-01", 1870, "month"),
    ("340302", "340300", "市区", "2022-07-01", 1500, "month"),
    ("340321", "340300", "怀远县等三县", "2022-07-01", 1430, "month"),
    ("340102", "340100", "", "2023-07-01", 2060, "year"),
]


@pytest.mark.parametrize(("place", "region", "area", "on", "wage", "period"), CARE_ANHUI)
def test_anhui_care_amounts_follow_from_ratio_and_rounding(
    place: str, region: str, area: str, on: str, wage: int, period: str
) -> None:
    """Minimum wage times the ratio, rounded over the period that is published."""
    rule, over = (
        value("tekun_care_rounding", place, on),
        value("tekun_care_rounding_months", place, on),
    )
    assert (rule, over) == (("nearest:1", "12") if period == "year" else ("ceil:1", "1"))
    for care in CARE:
        ratio = BOOK.find(f"tekun_care_{care}_ratio", chain_of(place), day(on)).parameter
        assert ratio is not None
        name = f"tekun_care_{care}_{period}"
        (figure,) = (
            p for p in ROWS
            if (p.name, p.region, p.area, p.valid_from) == (name, region, area, day(on))
        )  # fmt: skip
        assert rounded(wage * int(over) * ratio.number, rule) == int(figure.value)


# place, day, wage a month, months in the figure
@pytest.mark.parametrize(
    ("place", "on", "wage", "months"),
    [("620100", "2022-01-01", 1670, 1), ("370500", "2019-10-01", 1910, 12)],
)
def test_lanzhou_and_dongying_care_amounts(place: str, on: str, wage: int, months: int) -> None:
    """9, 18 and 27 per cent to the nearest yuan; a tenth, a sixth and a third, exactly."""
    rule = value("tekun_care_rounding", place, on)
    assert rule is not None
    for care in ("self", "half", "full"):
        ratio = BOOK.find(f"tekun_care_{care}_ratio", chain_of(place), day(on)).parameter
        figure = value(f"tekun_care_{care}_{'year' if months == 12 else 'month'}", place, on)
        assert ratio is not None
        assert figure is not None
        assert rounded(wage * months * ratio.number, rule) == int(figure)


# --- where the pack comes from -----------------------------------------------------------------

REGIONS_MOVED = {"340321 怀远县等三县": "340300", "620502 秦州区/620503 麦积区": "620500"}
"""Cells that name several counties: the pack gives their city, and the counties `within`."""

# name (or how it begins), region, start: end. A later row of another name or of the city replaces it.
ENDED = [
    ("dibao_std_", "341322", "2018-01-01", "2023-06-30"),  # the city's one standard
    ("dibao_std_", "620802", "2018-01-01", "2021-12-31"),  # the same
    ("dibao_std_", "620800", "2018-01-01", "2021-12-31"),
    ("dibao_std_urban_month", "340100", "2016-07-01", "2019-06-30"),  # town and country unified
    ("dibao_std_unified_month", "340100", "2021-07-01", "2023-06-30"),  # then by area
    ("dibao_std_unified_month", "340300", "2020-01-01", "2022-06-30"),  # then urban and rural
    ("tekun_care_", "340300", "2020-01-01", "2022-06-30"),  # then by kind of care
    ("tekun_total_", "420700", "2019-04-01", "2025-06-24"),  # then basic and care apart
    ("lowincome_line_", "420700", "2019-04-01", "2025-06-24"),  # then called edge line
]
EXPIRING = {"2026-08-18"}
"""Ends that are the document's own term, renewal not known: the pack has them as `expires`."""


def as_packed(row: dict[str, str]) -> tuple[str, ...]:
    """Return what the pack should hold of a row of the collection."""
    region = REGIONS_MOVED.get(row["region"], row["region"][:6])
    end = "" if row["valid_to"] in EXPIRING else row["valid_to"]
    for name, place, start, until in ENDED:
        if row["name"].startswith(name) and (region, row["valid_from"]) == (place, start):
            end = until
    return (
        row["name"], region, row["value"], row["unit"], row["valid_from"], end, row["confidence"],
    )  # fmt: skip


def packed(p: Parameter) -> tuple[str, ...]:
    """Return the same of a row of the pack."""
    start, end = ("" if d is None else d.isoformat() for d in (p.valid_from, p.valid_to))
    return p.name, p.region, p.value, p.unit, start, end, p.confidence


def test_every_collected_row_is_in_the_pack(data_dir: Path) -> None:
    """Name, region, value, unit, dates and confidence; what the pack adds is of known names."""
    collection = data_dir.parent / "policy" / "parameters.csv"
    if not collection.is_file():
        pytest.skip(f"the collected parameters are not at {collection}")
    with collection.open(encoding="utf-8", newline="") as stream:
        collected = Counter(as_packed(row) for row in csv.DictReader(stream))
    pack = Counter(map(packed, ROWS))
    assert collected - pack == Counter()
    added = {row[0] for row in pack - collected}
    assert all(
        re.fullmatch(
            r".*_operator|tekun_.*_rounding(_months)?|tekun_care_(full|half|self)_ratio"
            r"|edu_grant_highschool_tier_(low|high)|medrelief_deductible_(dibao|tekun)"
            r"|medinsure_.*_year|temp_relief_(floor|township_cap_multiple|(light|heavy)_cap)"
            r"|temp_relief_(township_months_max|papers_days|total_days)"
            r"|elder_allowance_age|tekun_basic_multiplier",
            n,
        )
        for n in added
    )
    assert (collected.total(), (pack - collected).total()) == (560, len(ROWS) - 560)


def test_every_place_of_an_area_exists(data_dir: Path) -> None:
    """The codes `within` are counties and cities of the statistical code system."""
    folder = data_dir / "china_divisions"
    known = set()
    for name in ("areas.csv", "cities.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            known |= {chain_of(row["code"])[0] for row in csv.DictReader(stream)}
    assert {code for p in ROWS for code in p.within} <= known


NEWSPAPERS = {"szb.gansudaily.com.cn", "xj.xinhuanet.com", "m.bbnews.cn"}
"""Addresses of official newspapers and agencies; all others are of governments."""


def test_only_official_addresses_reach_users() -> None:
    """Mirrors and transcriptions are described, never linked: several sit on hijacked domains."""
    address = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
    for p in ROWS:
        told = " ".join((p.document, p.article, p.source, p.note))
        for host in address.findall(re.sub(r"(?<=[a-z])/\S*", " ", told)):
            assert host == "www.gov.cn" or host.endswith(".gov.cn") or host in NEWSPAPERS, p
        assert not re.search(r"\bgit\b|Comet|LawRefBook", told), p


def test_every_row_was_checked_and_cites_a_document() -> None:
    """The check is dated; 同上 (as above) is spelt out, since rows are read alone."""
    assert {p.checked for p in ROWS} == {dt.date(2026, 11, 21)}
    assert all(p.document and "同上" not in p.document + p.source for p in ROWS)


def test_an_area_without_places_says_why() -> None:
    """A row that applies nowhere carries the reason in its note."""
    assert all(p.note for p in ROWS if not p.placed)


def test_rows_are_never_changed() -> None:
    """A parameter is frozen; a changed one is a new one."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ROWS[0].value = "1"  # type: ignore[misc]


def test_a_standard_beyond_all_reason_is_refused_where_it_is_written() -> None:
    """A slipped finger is told at the table, not as an overflow in an assessment."""
    with pytest.raises(InputError, match="1000000000000"):
        parameter(value="99999999999999999999")

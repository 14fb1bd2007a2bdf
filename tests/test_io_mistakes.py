"""Mistakes in tables: each is found where it is, said in two languages, with what to do next."""

from pathlib import Path

import pytest

from city_files import PLUGINS, Change, Files, add, both, city, drop, put, save, swap
from wushe import io
from wushe.errors import InputError, Problem
from wushe.text import LANGS


def need(quantity: str, unit: str, category: str = "masks") -> str:
    """Return a row of needs.csv."""
    return f"N-9,{category},H-1,,,{quantity},{unit},,,,"


# comment, change, code, file, row, field
MISTAKES: list[tuple[str, Change, str, str, int | None, str | None]] = [
    # values of one cell
    ("an id that is needed is empty", add("donors.csv", ",匿名,anonymous"), "missing-value", "donors.csv", 3, "id"),
    ("a required name is blank", add("donors.csv", "D-2,  ,person"), "missing-value", "donors.csv", 3, "name"),
    ("an id with a space", add("donors.csv", "D 2,甲,person"), "bad-identifier", "donors.csv", 3, "id"),
    ("an id longer than 64 characters", add("donors.csv", "D" * 65 + ",甲,person"), "bad-identifier", "donors.csv", 3, "id"),
    ("an id that a spreadsheet rounded", add("donors.csv", "1.1E+17,甲,person"), "spreadsheet-number", "donors.csv", 3, "id"),
    ("an ID number that a spreadsheet rounded", swap("persons.csv", "420106194901011234", "4.20106E+17"), "spreadsheet-number", "persons.csv", 2, "id_number"),
    ("an ID number with zeros for its end", swap("persons.csv", "420106194901011234", "420106194901011000"), "spreadsheet-number", "persons.csv", 2, "id_number"),
    ("an ID number with a wrong check digit", swap("persons.csv", "420106194901011234", "420106194901011231"), "bad-id-number", "persons.csv", 2, "id_number"),
    ("a birth date other than the card's", swap("persons.csv", "1949-01-01", "1949-01-02"), "birth-differs-from-id", "persons.csv", 2, "id_number"),
    ("died before being born", swap("persons.csv", "1950-05-05,", "1950-05-05,1940-01-01"), "died-before-birth", "persons.csv", 3, "birth"),
    ("a phone number with letters", swap("households.csv", "13800001111", "问邻居"), "bad-phone", "households.csv", 2, "电话"),
    ("a credit code with a typing error", swap("organizations.csv", "备案,,", "登记,52420106MJ0000000A,"), "bad-credit-code", "organizations.csv", 2, "统一社会信用代码"),
    ("a registered organization without its code", swap("organizations.csv", "备案,,", "登记,,"), "credit-code-needed", "organizations.csv", 2, "登记状态"),
    ("a day that does not exist", swap("needs.csv", "2025-09-30", "2025-09-31"), "bad-date", "needs.csv", 2, "截止日期"),
    ("a date as words", swap("needs.csv", "2025-09-30", "月底"), "bad-date", "needs.csv", 2, "截止日期"),
    ("a date as a spreadsheet's serial number", swap("needs.csv", "2025-09-30", "45930"), "spreadsheet-date", "needs.csv", 2, "截止日期"),
    ("a whole number with decimals", swap("volunteers.csv", ",4,", ",4.5,"), "not-an-integer", "volunteers.csv", 2, "weekly_hours"),
    ("more hours than a week has", swap("volunteers.csv", ",4,", ",400,"), "out-of-range", "volunteers.csv", 2, "weekly_hours"),
    ("hours below zero", swap("volunteers.csv", ",4,", ",-4,"), "out-of-range", "volunteers.csv", 2, "weekly_hours"),
    ("a disability of level 5", swap("persons.csv", ",,2", ",,5"), "out-of-range", "persons.csv", 3, "disability_level"),
    ("a coordinate that is no number", put("places.csv", "id,name,level,lon\n4201,武汉,city,东经114\n420106001,x,street,\n420106001002,y,community,\n"), "not-a-number", "places.csv", 2, "lon"),
    ("money below zero", swap("stations.csv", "200000.00", "-1"), "negative-value", "stations.csv", 2, "contract_yuan"),
    ("money in thirds of a fen", swap("stations.csv", "200000.00", "0.333"), "bad-money", "stations.csv", 2, "contract_yuan"),
    ("money in words", swap("households.csv", "1200.50", "一千二"), "bad-money", "households.csv", 2, "月可计收入(元)"),
    ("neither yes nor no", swap("households.csv", ",是", ",也许"), "bad-flag", "households.csv", 2, "同意转介慈善"),
    ("a choice that is not offered", swap("needs.csv", "急难", "火急"), "unknown-choice", "needs.csv", 2, "紧急程度"),
    ("text with an invisible character", swap("donors.csv", "王捐赠", "王\x07捐赠"), "bad-text", "donors.csv", 2, "name"),
    ("an error value of a spreadsheet", swap("donors.csv", "王捐赠", "#REF!"), "spreadsheet-error", "donors.csv", 2, "name"),
    ("an error value in the first column", add("donors.csv", "#N/A,甲,person"), "spreadsheet-error", "donors.csv", 3, "id"),
    ("a column that was too narrow", swap("needs.csv", "2025-09-30", "########"), "spreadsheet-error", "needs.csv", 2, "截止日期"),
    # quantities
    ("a negative quantity", add("needs.csv", need("-3", "件")), "bad-quantity", "needs.csv", 5, "数量"),
    ("a quantity of zero", add("needs.csv", need("0", "件")), "bad-quantity", "needs.csv", 5, "数量"),
    ("a quantity in words", add("needs.csv", need("若干", "件")), "bad-quantity", "needs.csv", 5, "数量"),
    ("a quantity beyond all measure", add("needs.csv", need("99999999999", "箱*20")), "bad-quantity", "needs.csv", 5, "数量"),
    ("a quantity without a unit", add("needs.csv", need("3", "")), "quantity-without-unit", "needs.csv", 5, "数量"),
    ("a unit nobody knows", add("needs.csv", need("3", "坨")), "unknown-unit", "needs.csv", 5, "单位"),
    ("a box of unknown size", add("needs.csv", need("3", "箱")), "unknown-unit", "needs.csv", 5, "单位"),
    ("masks by the hour", add("needs.csv", need("3", "小时")), "wrong-dimension", "needs.csv", 5, "单位"),
    ("an offer in another dimension", swap("offers.csv", "10,次", "10,kg"), "wrong-dimension", "offers.csv", 2, "unit"),
    ("goods in another dimension", swap("resources.csv", "箱*20", "小时"), "wrong-dimension", "resources.csv", 2, "unit"),
    ("half a mask", add("needs.csv", need("0.5", "件")), "fraction-of-base-unit", "needs.csv", 5, "数量"),
    # vocabularies and references
    ("a category that no plugin brings", add("needs.csv", need("3", "件", "mask")), "unknown-category", "needs.csv", 5, "类别"),
    ("one unknown category among several", swap("offers.csv", "meals", "meals;flying"), "unknown-category", "offers.csv", 2, "categories"),
    ("a target group that no plugin brings", swap("households.csv", "独居老人", "独居的老人"), "unknown-target-group", "households.csv", 2, "对象类别"),
    ("a need of a household that is not there", add("needs.csv", "N-9,meals,H-3,,,1,次,,,,"), "unknown-reference", "needs.csv", 5, "家庭"),
    ("a worker at a station that is not there", swap("social_workers.csv", "S-1", "S-7"), "unknown-reference", "social_workers.csv", 2, "社工站"),
    ("an offer by nobody", swap("offers.csv", "V-1", "V-9"), "unknown-reference", "offers.csv", 2, "provider"),
    ("a fact that its field refuses", put("facts.csv", "id,subject,field,value,on,at\nA-1,H-1,members_count,two,2025-09-01,2025-09-01T09:00:00+08:00\n"), "not-an-integer", "facts.csv", 2, "value"),
    ("an id of a household and of a person", swap("persons.csv", "P-1", "H-1"), "shared-id", "persons.csv", 2, "id"),
    ("a reference to a table that is missing", drop("donors.csv"), "missing-table", "resources.csv", 2, "donor"),
    ("a need for nobody", add("needs.csv", "N-9,masks,,,,1,件,,,,"), "need-for-nobody", "needs.csv", 5, "家庭"),
    ("due before it was asked for", swap("needs.csv", "2025-09-30", "2025-08-30"), "window-reversed", "needs.csv", 2, "提出日期"),
    ("available until before from", swap("volunteers.csv", "2025-12-31", "2024-12-31"), "window-reversed", "volunteers.csv", 2, "available_from"),
    ("an end before its start", put("needs.csv", "id,category,household,starts,ends\nN-1,masks,H-1,11:00,10:00\n"), "times-reversed", "needs.csv", 2, "starts"),
    ("a need that waits for itself", put("needs.csv", "编号,类别,家庭,前置需求\nN-1,masks,H-1,N-1\nN-2,masks,H-1,N-1\n"), "after-in-a-circle", "needs.csv", 2, "前置需求"),
    ("a volunteer under age without consent", swap("volunteers.csv", ",no,", ",yes,"), "guardian-consent-needed", "volunteers.csv", 2, "minor"),
    # ids
    ("an id used twice", add("needs.csv", "N-2,masks,H-1,,,1,件,,,,"), "duplicate-id", "needs.csv", 5, "编号"),
    ("a volunteer with an organization's id", both(swap("volunteers.csv", "V-1", "O-1"), swap("offers.csv", "V-1", "S-1")), "shared-id", "volunteers.csv", 2, "id"),
    ("an institution with a household's id", both(swap("institutions.csv", "I-1", "H-2"), swap("needs.csv", "I-1", "H-2")), "shared-id", "institutions.csv", 2, "id"),
    # places
    ("a place that is its own parent", swap("places.csv", "city,", "city,4201"), "place-cycle", "places.csv", 2, "parent"),
    ("a parent of a lower level", both(swap("places.csv", "street,", "street,X"), add("places.csv", "X,某社区,community,")), "place-level", "places.csv", 4, "parent"),
    ("a parent of the same level", both(add("places.csv", "X,洪山区,county,420106"),), "place-level", "places.csv", 6, "parent"),
    # headings
    ("a misspelled column", swap("needs.csv", "紧急程度", "紧急成度"), "unknown-column", "needs.csv", 1, "紧急成度"),
    ("money columns of the old format", swap("stations.csv", "contract_yuan", "contract_fen"), "unknown-column", "stations.csv", 1, "contract_fen"),
    ("one column in two languages", swap("needs.csv", "说明", "id"), "column-twice", "needs.csv", 1, "id"),
    ("a required column is missing", put("donors.csv", "id,name\nD-1,甲\n"), "missing-column", "donors.csv", 1, "kind"),
    ("a column without a heading", put("donors.csv", "id,name,,kind\nD-1,甲,x,person\n"), "unnamed-column", "donors.csv", 1, None),
    ("no heading row at all", put("institutions.csv", "I-1,夕阳红养老院,nursing_home\n"), "no-headings", "institutions.csv", 1, None),
    # rows
    ("an unquoted comma in the text", swap("needs.csv", "一日一餐", "一日一餐,软烂"), "too-many-cells", "needs.csv", 2, None),
    ("a row that breaks off", add("needs.csv", "N-9,masks,H-1"), "too-few-cells", "needs.csv", 5, None),
    ("a data row that looks like a comment", add("donors.csv", "#D-2,甲,person"), "unclear-comment", "donors.csv", 3, None),
    ("a quotation mark that is not closed", swap("needs.csv", ",一日一餐", ',"一日一餐'), "broken-quotes", "needs.csv", 2, None),
    ("text after a closed quotation", swap("needs.csv", "一日一餐", '"一日"一餐'), "broken-quotes", "needs.csv", 2, None),
    ("a quotation that swallows the file", both(swap("needs.csv", ",一日一餐", ',"一日一餐'), add("needs.csv", "长" * 140_000)), "cell-too-long", "needs.csv", 2, None),
    # files
    ("a file that is no text", put("donors.csv", b"id,name,kind\nD-1,\xff\xff\xff,person\n"), "unreadable-encoding", "donors.csv", None, None),
    ("a UTF-8 file with one broken byte", put("donors.csv", "id,name,kind\nD-1,长江大桥武昌桥头堡居民".encode() + b"\xe7,person\n"), "unreadable-encoding", "donors.csv", None, None),
    ("NUL bytes", put("donors.csv", b"id,name,kind\nD-1,\0,person\n"), "nul-bytes", "donors.csv", None, None),
    ("an empty file", put("donors.csv", b""), "empty-file", "donors.csv", None, None),
    ("a file of comments only", put("donors.csv", "# 说明\n\n"), "empty-file", "donors.csv", None, None),
    ("a misspelled file name", put("need.csv", "id\n"), "unknown-file", "need.csv", None, None),
    ("one table in two languages", put("捐赠人.csv", "id,name,kind\n"), "table-twice", "donors.csv", None, None),
    ("an old spreadsheet", put("statuses.xls", b"\xd0\xcf\x11\xe0"), "old-spreadsheet", "statuses.xls", None, None),
    ("a damaged workbook", put("statuses.xlsx", b"PK\x03\x04 damaged"), "unreadable-workbook", "statuses.xlsx", None, None),
    ("a damaged Parquet file", put("statuses.parquet", b"PAR1 damaged"), "unreadable-parquet", "statuses.parquet", None, None),
    # the package
    ("a data package that is no JSON", put("datapackage.json", '{\n "wushe:format": }'), "bad-json", "datapackage.json", None, None),
    ("a data package that is a list", put("datapackage.json", "[]"), "bad-layout", "datapackage.json", None, None),
    ("a version in words", put("datapackage.json", '{"wushe:format": "two"}'), "bad-format-version", "datapackage.json", None, "wushe:format"),
    ("a version before the first", put("datapackage.json", '{"wushe:format": 0}'), "bad-format-version", "datapackage.json", None, "wushe:format"),
    ("a newer format", put("datapackage.json", '{"wushe:format": 3}'), "newer-format", "datapackage.json", None, "wushe:format"),
]  # fmt: skip
each_mistake = pytest.mark.parametrize(
    ("change", "code", "file", "row", "field"),
    [mistake[1:] for mistake in MISTAKES],
    ids=[mistake[0] for mistake in MISTAKES],
)
SENSITIVE = [
    "问邻居",
    "420106194901011231",
    "420106194901011000",
    "凤凰路",
    "13800001111",
    "一日一餐",
]


def problems_after(change: Change, folder: Path) -> tuple[Problem, ...]:
    """Return the problems of the city after one change."""
    files = city()
    change(files)
    return io.check(save(files, folder), plugins=PLUGINS)


def assert_said(problem: Problem) -> None:
    """The problem names its file, leaves no template unfilled and says what to do next."""
    for lang, expected, todo in (("zh", "应为：", "。请："), ("en", "Expected: ", ". Next: ")):
        line = problem.say(lang)
        assert problem.file in line
        assert (
            not set("{}") & set(line.replace('{"', "").replace('"}', "").replace("{...}", ""))
            or problem.code == "bad-layout"
        )
        assert len(line.split(expected)[1].split(todo)[0]) > 1
        assert len(line.split(todo)[1]) > 3
    assert set(LANGS) == {"zh", "en"}


def test_the_city_has_no_mistake_to_begin_with(tmp_path: Path) -> None:
    """Every change below is the only mistake."""
    assert io.check(save(city(), tmp_path / "city"), plugins=PLUGINS) == ()


@each_mistake
def test_a_mistake_is_found_where_it_is(
    tmp_path: Path, change: Change, code: str, file: str, row: int | None, field: str | None
) -> None:
    """The one mistake yields one problem: code, file, row, heading as written, two languages."""
    found = problems_after(change, tmp_path / "city")
    assert [(p.code, p.file, p.row, p.field) for p in found] == [(code, file, row, field)]
    for problem in found:
        assert_said(problem)
        assert not [word for word in SENSITIVE for lang in LANGS if word in problem.say(lang)]


def test_there_are_many_kinds_of_mistakes() -> None:
    """The table above is not one mistake forty times."""
    assert len({mistake[2] for mistake in MISTAKES}) >= 45


ALONE = {"unknown-file", "old-spreadsheet", "unreadable-workbook"}
"""Mistakes of whole files that leave every other file as it is."""


def put_together() -> tuple[Files, set[tuple[str, str, int | None, str | None]]]:
    """Return one city with all mistakes that leave each other's rows alone, and what they are."""
    files, expected = city(), set()
    spoilt: set[tuple[str, int]] = set()
    for _, change, code, file, row, field in MISTAKES:
        changed = dict(files)
        try:
            change(changed)
        except AssertionError:
            continue  # the row it would change has been changed already
        if changed.keys() != files.keys():
            if code in ALONE:
                files = changed
                expected.add((code, file, row, field))
            continue
        old, new = (each.get(file, b"").split(b"\n")[:-1] for each in (files, changed))
        rows = {at for at, line in enumerate(new, start=1) if at > len(old) or line != old[at - 1]}
        others = any(changed[name] != files[name] for name in files if name != file)
        if row in (None, 1) or others or len(rows) != 1 or {(file, at) for at in rows} & spoilt:
            continue
        if code in ("broken-quotes", "cell-too-long") or len(new) < len(old):
            continue  # what follows cannot be read
        files = changed
        spoilt |= {(file, at) for at in rows}
        expected.add((code, file, rows.pop(), field))
    return files, expected


def test_one_run_reports_all_mistakes(tmp_path: Path) -> None:
    """All mistakes that leave each other's rows alone are reported at once."""
    files, expected = put_together()
    with pytest.raises(InputError) as caught:
        io.read(save(files, tmp_path / "city"), plugins=PLUGINS)
    found = {(p.code, p.file, p.row, p.field) for p in caught.value.problems}
    assert len(expected) >= 35
    assert len({code for code, *_ in expected}) >= 25
    assert expected - found == set()


def test_many_mistakes_of_one_table_are_all_reported(tmp_path: Path) -> None:
    """Ten bad rows in one file are ten problems in row order, good rows between them or not."""
    rows = [
        need("-3", "件"), need("3", "坨"), need("0.5", "件"), need("3", "件", "mask"), "N-9,masks,H-3,,,1,件,,,,",
        "N 9,masks,H-1,,,1,件,,,,", "N-9,masks,,,,1,件,,,,", "N-9,masks,H-1,,,1,件,,,明天,", "N-9,masks,H-1", "N-9,,H-1,,,1,件,,,,",
    ]  # fmt: skip
    numbered = [row.replace("N-9", f"N-9{at}") for at, row in enumerate(rows)]
    found = problems_after(add("needs.csv", "\n".join(numbered)), tmp_path / "city")
    assert [p.row for p in found] == list(range(5, 15))
    assert len({p.code for p in found}) == 10


def test_problems_come_in_file_and_row_order(tmp_path: Path) -> None:
    """Files in the order of the tables, rows from the top, whatever the kind of problem."""
    change = both(
        add("needs.csv", need("-3", "件")),
        swap("needs.csv", "H-1,,,30", "H-7,,,30"),
        swap("stations.csv", "200000.00", "x"),
        swap("places.csv", "street,", "Street Of Town,"),
    )
    found = problems_after(change, tmp_path / "city")
    assert [(p.file, p.row) for p in found] == [
        ("places.csv", 4),
        ("stations.csv", 2),
        ("needs.csv", 2),
        ("needs.csv", 5),
    ]


def test_both_rows_of_a_duplicate_are_named(tmp_path: Path) -> None:
    """The second row is where the problem is, the first is named in it."""
    (found,) = problems_after(add("needs.csv", "N-2,masks,H-1,,,1,件,,,,"), tmp_path / "city")
    assert "第3行" in found.say("zh")
    assert "row 3" in found.say("en")


def test_close_matches_are_suggested(tmp_path: Path) -> None:
    """A slip of the pen in a heading, an id, a category, a file name is met with what exists."""
    slips = {
        "紧急程度": swap("needs.csv", "紧急程度", "紧急成度"),
        "H-2": add("needs.csv", "N-9,meals,H-22,,,1,次,,,,"),
        "masks": add("needs.csv", need("3", "件", "mask")),
        "needs": put("need.csv", "id\n"),
        "contract_yuan": swap("stations.csv", "contract_yuan", "contract_fen"),
    }
    for at, (meant, change) in enumerate(slips.items()):
        (found,) = problems_after(change, tmp_path / str(at))
        assert f"close to: {meant}" in found.say("en")
        assert meant in found.say("zh").split("相近的有")[1]


def test_an_unknown_category_hints_at_plugins(tmp_path: Path) -> None:
    """The category may be right and its plugin not loaded."""
    (found,) = problems_after(add("needs.csv", need("3", "件", "mask")), tmp_path / "city")
    assert "插件" in found.say("zh")
    assert "plugin" in found.say("en")


def test_personal_values_do_not_appear(tmp_path: Path) -> None:
    """A bad ID number, phone or note is masked; what row it is in is enough to find it."""
    change = both(
        swap("persons.csv", "420106194901011234", "420106194901011231"),
        swap("households.csv", "13800001111", "问邻居王阿姨"),
        swap("needs.csv", "一日一餐", "一日\x07一餐"),
    )
    lines = [p.say(lang) for p in problems_after(change, tmp_path / "city") for lang in LANGS]
    assert len(lines) == 6
    text = "".join(lines)
    assert "42****************" in text
    assert not [word for word in ("194901011231", "王阿姨", "一日", "一餐") if word in text]


def test_a_file_without_headings_shows_nothing_of_its_first_record(tmp_path: Path) -> None:
    """The first row of such a file is a person, not a heading."""
    change = put("persons.csv", "P-1,H-1,赵爷爷,420106194901011234,1949-01-01\n")
    found = problems_after(change, tmp_path / "city")
    assert "no-headings" in [p.code for p in found]
    text = "".join(p.say(lang) for p in found for lang in LANGS)
    assert not [word for word in ("赵爷爷", "4201061949", "1949-01-01") if word in text]


def test_a_heading_that_holds_a_number_is_not_shown(tmp_path: Path) -> None:
    """A long number among the headings may be somebody's data."""
    change = put("donors.csv", "id,name,kind,13800001111\nD-1,甲,person,\n")
    (found,) = problems_after(change, tmp_path / "city")
    assert (found.code, found.field) == ("unknown-column", "***")


def test_an_unreadable_table_does_not_make_others_wrong(tmp_path: Path) -> None:
    """References to a file that cannot be read are not reported one by one."""
    found = problems_after(put("households.csv", b"\xff\xff\xff\xff"), tmp_path / "city")
    assert [p.code for p in found] == ["unreadable-encoding"]


def test_a_bad_row_is_still_there_for_others(tmp_path: Path) -> None:
    """A household with a bad phone number, or with too many cells, is no dangling reference."""
    change = both(
        swap("households.csv", "13800001111", "x"),
        swap("households.csv", "凤凰路2号", "凤凰路,2号"),
    )
    found = problems_after(change, tmp_path / "city")
    assert [(p.code, p.row) for p in found] == [("bad-phone", 2), ("too-many-cells", 3)]


def test_a_bad_cell_is_one_problem_not_two(tmp_path: Path) -> None:
    """A unit that is refused does not also make a quantity without a unit."""
    found = problems_after(add("needs.csv", need("3", "坨")), tmp_path / "city")
    assert len(found) == 1


def test_a_hundred_thousand_bad_rows_are_reported(tmp_path: Path) -> None:
    """Each gets its problem; suggestions are looked for a few of them only, so that it ends."""
    rows = "\n".join(f"N-{n},masks,X-{n},,,1,件,,,," for n in range(10, 100_010))
    found = problems_after(add("needs.csv", rows), tmp_path / "city")
    assert len(found) == 100_000
    assert {p.code for p in found} == {"unknown-reference"}


def test_each_need_of_a_circle_is_named(tmp_path: Path) -> None:
    """All needs that wait for one another are reported where they stand; who waits for them is not."""
    rows = "id,category,household,after\nN-3,masks,H-1,N-1\nN-1,masks,H-1,N-2\nN-4,masks,H-1,N-1\nN-2,masks,H-1,N-3\n"
    found = problems_after(put("needs.csv", rows), tmp_path / "city")
    expected = [(2, "N-1"), (3, "N-2"), (5, "N-3")]
    assert [(p.code, p.row, p.value) for p in found] == [
        ("after-in-a-circle", row, value) for row, value in expected
    ]
    assert {p.field for p in found} == {"after"}


def test_read_raises_what_check_returns(tmp_path: Path) -> None:
    """`check` is `read` without raising."""
    files = city()
    swap("needs.csv", "急难", "火急")(files)
    path = save(files, tmp_path / "city")
    with pytest.raises(InputError) as caught:
        io.read(path, plugins=PLUGINS)
    assert caught.value.problems == io.check(path, plugins=PLUGINS)

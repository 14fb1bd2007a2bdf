"""examples/wuhan_2020_data.py: reading the Wuhan tables without dropping or guessing anything."""

import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

UTF8 = {"PYTHONUTF8": "1"}
SCRIPT = Path(__file__).parent.parent / "examples" / "wuhan_2020_data.py"


def load() -> ModuleType:
    """Import the example from its file: examples are scripts, not a package."""
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[SCRIPT.stem] = module
    spec.loader.exec_module(module)
    return module


wuhan: Any = load()
Allocation, Need = wuhan.Allocation, wuhan.Need

GOODS = {  # names as the tables write them; one at least for every rule
    "药品": "!unnamed",
    "消炎药": "!unnamed",
    "薄壁0.2ml 8联PCR高管、光学平盖": "lab/薄壁0.2ML8联PCR高管、光学平盖",  # parts of one thing
    "滴露消毒液1.2L、健康抑菌洗手液450g": "!mixture",
    "口罩等防护用品（市红十字会转运）": "!mixture",
    "医用面罩式雾化器": "mask_nebuliser",
    "WG-15雾化器": "device/WG-15雾化器",  # a fogger of a disinfection firm, no mask said
    "空气消毒设备": "air_disinfector",
    "空气净化器": "device/空气净化器",  # cleans air, does not say that it disinfects
    "双管碳钢紫外线消毒车": "uv_trolley",
    "红外线体温计": "thermometer",
    "简易呼吸器": "device/简易呼吸器",  # a hand ventilator, though 呼吸器 is also a mask
    "一次性输氧面罩": "device/一次性输氧面罩",
    "病人监护仪\xa0\xa0 B850": "device/监护仪B850",
    "带阀口罩\xa0\xa0KN95": "n95_mask",
    "带阀口罩\xa0KN95（）定向捐赠同济医院病理科": "n95_mask",
    "8210PLUS \xa0 N95\xa0口罩": "n95_mask",
    "N95口罩9132": "n95_mask",
    "N9508口罩": "mask_of_unstated_type",  # a model number, not a class
    "外科医用口罩": "surgical_mask",
    "PM2.5口罩": "civil_mask",
    "普通口罩": "civil_mask",
    "普通医用口罩": "medical_mask",
    "医用一次性口罩": "medical_mask",
    "折叠口罩（呼吸器）": "respirator_of_unstated_class",
    "口罩": "mask_of_unstated_type",
    "3M口罩": "mask_of_unstated_type",
    "一次性口罩": "mask_of_unstated_type",  # disposable, but not said to be medical
    "防护口罩（萌蒂制药）": "mask_of_unstated_type",
    "防护眼罩": "goggles",
    "护目镜（1*100）日本": "goggles",
    "防护面罩": "face_shield",
    "面罩": "face_cover_of_unstated_type",
    "一次性圆顶帽": "cap",
    "一次性床罩": "bed_cover",
    "全防化服": "clothing/全防化服",
    "医用防护服": "coverall",
    "一次性隔离衣": "isolation_gown",
    "一次性手术服": "surgical_gown",
    "手术单": "device/手术单",
    "乳胶检查手套": "medical_gloves",
    "手术手套": "medical_gloves",
    "可孚一次性手套": "gloves_of_unstated_type",
    "防污染靴套": "boot_covers",
    "一次性鞋套（防护）": "shoe_covers",
    "脚套": "shoe_covers",
    "长筒胶鞋/防污染靴": "boots",
    "84消费液": "bleach_84",
    "榄菊84除菌液": "bleach_84",
    "消毒水（84）": "bleach_84",
    "复方过氧乙酸消毒剂": "peracetic_acid",
    "安多福0.5%PVP-1消毒液": "povidone_iodine",
    "3M爱护佳9200免洗外科手消毒液": "hand_disinfectant",
    "洁康医用酒精75%": "alcohol_75",
    "医院酒精": "hygiene/医院酒精",  # strength not stated
    "次录酸钠": "hygiene/次氯酸钠",
    "洗手液": "hygiene/洗手液",  # soap
    "连花清瘟胶囊": "medicine/连花清瘟胶囊",
    "注射用头孢曲松钠舒巴坦纳": "medicine/注射用头孢曲松钠舒巴坦钠",
    "希舒美": "medicine/希舒美",
    "新会陈皮": "food/新会陈皮",
    "榄菊除菌皂": "household/榄菊除菌皂",
    "防冲击服罩": "!no_rule",  # a slip for something, and we do not know for what
}


@pytest.mark.parametrize(("text", "item"), GOODS.items())
def test_a_goods_name_has_its_item(text: str, item: str) -> None:
    """Real goods names find their items, with typos, odd spaces and wide brackets."""
    assert wuhan.item_of(text) == item


def test_every_rule_decides_an_example() -> None:
    """No rule is dead and none is untested: each is the first to match some real name."""
    first = {
        next((i for i, (rule, _) in enumerate(wuhan.RULES) if re.search(rule, name)), None)
        for name in map(wuhan.clean, GOODS)
    }
    assert first >= set(range(len(wuhan.RULES)))


@pytest.mark.parametrize(("column", "item"), wuhan.ASKED.items())
def test_a_column_of_the_form_is_its_own_item(column: str, item: str) -> None:
    """The words of the form's 23 columns mean the items that they ask for."""
    assert wuhan.item_of(column) == item


PIECES, BOTTLES = "n95_mask", "bleach_84"


@pytest.mark.parametrize(
    ("item", "unit", "spec", "quantity", "measured"),
    [
        (PIECES, "箱", "1000个/箱", 50, ("piece", 50_000, "")),
        (PIECES, "箱", "700/箱", 15, ("piece", 10_500, "")),  # a bare number counts pieces
        (PIECES, "个", "2000个/箱", 4000, ("piece", 4000, "")),  # counted in pieces already
        (PIECES, "个", "12件*100个", 1200, ("piece", 1200, "")),
        (PIECES, "支", "9501V+", 4000, ("piece", 4000, "")),  # a model, not a packing
        (PIECES, "箱", "50枚*40盒/箱", 11, ("piece", 22_000, "")),
        (PIECES, "箱", "36盒/箱", 11, ("pack:盒", 396, "")),  # boxes of unknown size
        (PIECES, "箱", "", 5, ("pack:箱", 5, "")),
        (PIECES, "箱", "大箱", 40, ("pack:大箱", 40, "")),
        (PIECES, "小箱", "", 18, ("pack:小箱", 18, "")),
        ("goggles", "副", "48副/箱", 240, ("piece", 240, "")),  # a pair of goggles is one
        ("goggles", "件", "200个/箱", 7, ("piece", 1400, "箱=件")),
        ("goggles", "件", "80箱*100", 4, ("pack:件〔80箱*100〕", 4, "")),  # 4, 400, 32000?
        ("goggles", "箱", "3大箱1小箱", 4, ("pack:箱〔3大箱1小箱〕", 4, "")),
        ("gloves_of_unstated_type", "件", "50箱（*1000）", 1, ("pack:件〔50箱(*1000)〕", 1, "")),
        ("medical_gloves", "箱", "1000副/箱", 5, ("piece", 10_000, "")),  # a pair is two
        ("medical_gloves", "箱", "100只*10盒/箱", 3, ("piece", 3000, "")),
        ("medical_gloves", "箱", "100支*盒/箱", 14, ("pack:箱〔100支*盒/箱〕", 14, "")),
        ("medical_gloves", "套", "", 10, ("pack:套", 10, "")),
        ("medical_gloves", "箱", "S小号", 200, ("pack:箱", 200, "")),
        ("shoe_covers", "箱", "250双/12箱", 12, ("pack:箱〔250双/12箱〕", 12, "")),
        ("coverall", "件", "50件/箱", 500, ("piece", 500, "")),  # garments, packed by 50
        ("coverall", "箱", "50件/箱", 2, ("piece", 100, "")),
        ("surgical_gown", "件", "55*28*56", 2, ("pack:件", 2, "")),  # a carton's size in cm
        (BOTTLES, "件", "500ml*30瓶", 20, ("bottle", 600, "")),
        (BOTTLES, "箱", "600g/20装", 150, ("bottle", 3000, "")),
        ("alcohol_75", "箱", "200ML*12", 19, ("bottle", 228, "")),
        (BOTTLES, "瓶", "", 5, ("bottle", 5, "")),
        ("hygiene/洗手液", "箱", "12瓶/箱", 15, ("bottle", 180, "")),
        ("hygiene/消毒液", "桶", "500公斤/桶", 4000, ("kg", 2_000_000, "")),
        ("hygiene/次氯酸钠", "件", "25kg", 400, ("pack:件", 400, "")),  # of what, is not said
        ("medicine/a", "箱", "10支*42盒/箱", 500, ("piece", 210_000, "")),
        ("medicine/a", "箱", "24粒X10小盒X40/箱", 1, ("piece", 9600, "")),
        ("medicine/a", "箱", "1.25gX1瓶/盒X600盒/箱", 13, ("bottle", 7800, "")),
        ("medicine/a", "箱", "0.5g/支", 462, ("pack:箱", 462, "")),  # a strength
        ("medicine/a", "盒", "100盒/件(4瓶装)", 5000, ("pack:盒", 5000, "")),
        ("household/a", "箱", "1/868kg/6装", 2, ("piece", 12, "")),  # 1.868 kg, mistyped
        ("food/a", "箱", "2、5KG/箱", 400, ("pack:箱〔2、5KG/箱〕", 400, "")),  # 2.5, or 2 and 5?
    ],
)
def test_a_quantity_is_counted_in_what_the_row_says(
    item: str, unit: str, spec: str, quantity: int, measured: tuple[str, int, str]
) -> None:
    """Pack sizes in the text are used where they can be read, else the row keeps its pack."""
    assert wuhan.measure(item, unit, spec, quantity) == measured


def test_names_of_one_institution_meet() -> None:
    """Aliases, departments and brackets lead to one name; two counties' societies stay two."""
    assert wuhan.kept_name("武汉市五医院") == wuhan.kept_name("武汉市第五医院")
    assert wuhan.kept_name("同济医院病理科") == wuhan.kept_name("武汉同济医院")
    assert wuhan.kept_name("某市某医院（心外科）") == "某市某医院"
    assert wuhan.kept_name("某骨科医院") == "某骨科医院"
    assert wuhan.kept_name("武汉市中西医结合医院") != wuhan.kept_name("湖北省中西医结合医院")
    assert wuhan.kept_name("红十字会", "甲县") != wuhan.kept_name("红十字会", "乙县")


def test_aliases_give_a_reason_and_do_not_chain() -> None:
    """Every alias says why, is written as `clean` writes names, and leads to a final name."""
    for name, (kept, reason) in wuhan.ALIASES.items():
        assert reason
        assert name == wuhan.clean(name)
        assert kept == wuhan.kept_name(kept) != name


@pytest.mark.parametrize(
    ("name", "kind"),
    [("协和武汉红十字会医院", "hospital"), ("甲县红十字会", "charity"), ("水务集团", "other")],
)
def test_kinds_of_institutions(name: str, kind: str) -> None:
    """A hospital named after the Red Cross is a hospital."""
    assert wuhan.kind_of(name) == kind


# --- made-up tables ------------------------------------------------------------------------------


def write(folder: Path, file: str, *lines: str) -> None:
    """Write a table as Excel does, with a byte order mark."""
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("\n".join(lines), encoding="utf-8-sig")


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Return a folder of small made-up tables."""
    write(
        tmp_path,
        wuhan.HOSPITALS,
        "hospital_id,city,district,hospital",
        "H1,甲市,甲区,甲医院",
        "H2,甲市,,甲医院（心外科）",
        "H3,乙市,乙县,红十字会",
        "H4,甲市,乙市,乙医院",
    )
    write(
        tmp_path,
        wuhan.NEEDS,
        "hospital_id,item,qty,qty_known",
        "H1,防护服,1,no",
        "H2,防护服,300,yes",
        "H4,防护服,,no",
        "H4,呼吸机,1,no",
        "H9,防护服,1,no",
        "H4,手术衣,many,yes",
    )
    write(
        tmp_path,
        wuhan.RECEIVED,
        "donor,donor_type,item,spec,unit,qty",
        "某厂,org,防护服,50套/箱,箱,10",
        "个人1,person_or_unrecognised,防护服（定向捐赠甲医院）,,套,20",
        "某厂,org,防护服（市红十字会转运）,,箱,6",
        "某厂,org,药品,,箱,1",
        "某厂,org,防护服,,,8",
        "某厂,org,防护服,,箱,0",
    )
    write(
        tmp_path,
        wuhan.DISTRIBUTED,
        "date,recipient,item,spec,unit,qty",
        "2020-01-30,甲医院,防护服,,套,30",
        "2020-01-30,水务集团,防护服,,箱,1",
    )
    return tmp_path


def test_needs_under_two_names_are_one_need(tables: Path) -> None:
    """A known amount beats an unknown one, rows are kept, and a typing error in a city is seen."""
    asked = wuhan.read_needs(tables)
    assert [(one.id, one.name, one.city, one.kind) for one in asked.institutions] == [
        ("H1", "甲医院", "甲市", "hospital"),
        ("H3", "乙县红十字会", "乙市", "charity"),
        ("H4", "乙医院", "乙市", "hospital"),
    ]
    assert asked.rows == (Need("H1", "coverall", 300, (2, 3)), Need("H4", "coverall", None, (4,)))


def test_unknown_amounts_are_not_one(tables: Path) -> None:
    """qty 1 with qty_known no means that the amount is unknown."""
    assert all(need.quantity != 1 for need in wuhan.read_needs(tables).rows)


def test_rows_not_understood_are_listed_with_reasons(tables: Path) -> None:
    """Needs and goods that cannot be read come back with file, row, text and reason."""
    unread = [*wuhan.read_needs(tables).unread, *wuhan.read_stock(tables).unread]
    assert [(line.file, line.row, line.reason) for line in unread] == [
        (wuhan.NEEDS, 5, "item"),
        (wuhan.NEEDS, 6, "institution"),
        (wuhan.NEEDS, 7, "quantity"),
        (wuhan.RECEIVED, 5, "unnamed"),
        (wuhan.RECEIVED, 6, "no_unit"),
        (wuhan.RECEIVED, 7, "quantity"),
    ]
    assert unread[0].text == "H4 呼吸机 1 no"
    assert {line.reason for line in unread} <= set(wuhan.REASONS)


def test_earmarks_and_transfers_stay_with_their_goods(tables: Path) -> None:
    """定向 goods know the one institution that may have them; moved goods are noted."""
    plain, earmarked, moved = wuhan.read_stock(tables).rows
    assert (plain.unit, plain.quantity, plain.restricted_to) == ("piece", 500, "")
    assert (earmarked.restricted_to, earmarked.party_kind) == ("H1", "person_or_unrecognised")
    assert (moved.unit, moved.note) == ("pack:箱", "转运")


def test_recipients_that_did_not_ask_are_named(tables: Path) -> None:
    """A recipient that is not on the form is an institution of its own."""
    distribution = wuhan.read_distribution(tables)
    assert [one.id for one in distribution.institutions] == ["R-水务集团"]
    assert wuhan.allocations(distribution) == [
        Allocation("H1", "coverall", "piece", 30),
        Allocation("R-水务集团", "coverall", "pack:箱", 1),
    ]


def test_a_missing_column_is_named(tables: Path) -> None:
    """A table without a column that we read says which file, where, and which column."""
    write(tables, wuhan.NEEDS, "hospital_id,item,qty", "H1,防护服,1")
    with pytest.raises(ValueError, match=r"hospital_needs\.csv row 1: no column qty_known"):
        wuhan.read_needs(tables)


# --- sharing and measuring -----------------------------------------------------------------------


@given(
    stock=st.integers(0, 10_000),
    known=st.lists(st.integers(1, 3000), max_size=8),
    unknown=st.integers(1, 5),
)
def test_the_fair_share_is_the_least_level_that_uses_up_the_stock(
    stock: int, known: list[int], unknown: int
) -> None:
    """At the level the askers take all of the stock, at one less they do not."""

    def taken(level: int) -> int:
        return unknown * level + sum(min(level, asked) for asked in known)

    level = wuhan.fair_share(stock, known, unknown)
    assert taken(level) >= stock
    assert level == 0 or taken(level - 1) < stock


def test_requests_follow_what_was_asked(tables: Path) -> None:
    """Known: that much, in pieces. Unknown: a provisional share of each unit, earmarks aside."""
    needs, rows = wuhan.read_needs(tables).rows, wuhan.read_stock(tables).rows
    assert [tuple(one) for one in wuhan.requests(needs, rows)] == [
        ("H1", "coverall", "piece", 300, False),  # no cartons: they might hold more than 300
        ("H4", "coverall", "pack:箱", 6, True),
        ("H4", "coverall", "piece", 250, True),  # of 500; the 20 for H1 are not shared
    ]


def test_an_earmark_adds_to_its_owners_request() -> None:
    """An institution of unknown amount may have its share and what was given for it."""
    row = wuhan.GoodsRow("f", 2, "t", "cap", "piece", 10, "个", 10, "p", "org", "", "")
    rows = [row, attrs.evolve(row, quantity=7, restricted_to="A")]
    needs = [Need("A", "cap", None, ()), Need("B", "cap", None, ()), Need("B", "boots", None, ())]
    assert [(one.institution, one.quantity) for one in wuhan.requests(needs, rows)] == [
        ("A", 12),
        ("B", 5),
        ("B", None),  # no boots in store: the amount stays unknown
    ]


def test_measures_of_an_allocation(tables: Path) -> None:
    """Gifts, quantities, fill, items served and what is left, as counted by hand."""
    needs, rows = wuhan.read_needs(tables).rows, wuhan.read_stock(tables).rows
    given_out = wuhan.allocations(wuhan.read_distribution(tables))
    figures = wuhan.measures(needs, rows, given_out)
    assert figures.gifts == (2, 2, 1)
    assert figures.goods == {("coverall", "piece"): (30, 30), ("coverall", "pack:箱"): (1, 0)}
    assert figures.fill == {"H1": pytest.approx(0.1)}
    assert figures.served == {"H1": (1, 1), "H4": (1, 0)}
    assert figures.gini == pytest.approx(0.5)
    assert figures.left == {("coverall", "pack:箱"): 5, ("coverall", "piece"): 490}


def test_packs_of_unknown_size_leave_the_fill_unknown() -> None:
    """A known need that got cartons is neither met nor unmet; one that got nothing is unmet."""
    needs = [Need("A", "cap", 100, ()), Need("B", "cap", 100, ())]
    figures = wuhan.measures(needs, (), [Allocation("A", "cap", "pack:箱", 3)])
    assert figures.fill == {"B": 0.0}


@pytest.mark.parametrize(
    ("values", "gini"),
    [([1, 1, 1], 0), ([0, 0, 1], 2 / 3), ([1, 3], 0.25), ([0, 0], None), ([], None)],
)
def test_gini(values: list[float], gini: float | None) -> None:
    """Gini of small samples; where nobody got anything it is unknown, not equal."""
    assert wuhan.gini(values) == (None if gini is None else pytest.approx(gini))


TWO = [st.sampled_from(pair) for pair in (("A", "B"), ("cap", "boots"), ("piece", "pack:箱"))]


@given(st.lists(st.builds(Allocation, *TWO, st.integers(1, 50))))
def test_conservation_is_received_less_given(gifts: Sequence[Any]) -> None:
    """For every item and unit, what is left and what was given make what was received."""
    left = wuhan.conservation((), gifts)
    sums: Counter[tuple[str, str]] = Counter()
    for gift in gifts:
        sums[gift.item, gift.unit] += gift.quantity
    assert {key: -value for key, value in left.items()} == dict(sums)
    assert list(left) == sorted(left)


def test_giving_beyond_the_record_is_seen(tables: Path) -> None:
    """More given than received is listed with both amounts; cartons compare in own words."""
    rows, out = wuhan.read_stock(tables).rows, wuhan.read_distribution(tables).rows
    assert wuhan.beyond_record(rows, out) == []
    assert wuhan.beyond_record(out, rows) == [
        ("coverall", "pack:箱", 1, 6),
        ("coverall", "piece", 30, 520),
    ]
    assert wuhan.beyond_record(wuhan.cartons(out), wuhan.cartons(rows)) == [
        ("coverall", "carton", 1, 16)
    ]


# --- the real tables -----------------------------------------------------------------------------


@pytest.mark.parametrize(("read", "rows"), [("read_stock", 341), ("read_distribution", 202)])
def test_every_row_of_the_goods_is_read_or_listed(data_dir: Path, read: str, rows: int) -> None:
    """No row is dropped and none is counted twice."""
    table = getattr(wuhan, read)(data_dir)
    assert sorted(line.row for line in (*table.rows, *table.unread)) == list(range(2, rows + 2))


def test_what_the_red_cross_received_is_mostly_understood(data_dir: Path) -> None:
    """Eleven rows cannot be understood: each for one of four reasons."""
    unread = wuhan.read_stock(data_dir).unread
    reasons = {"no_unit": 5, "mixture": 3, "unnamed": 2, "no_rule": 1}
    assert Counter(line.reason for line in unread) == reasons
    assert wuhan.read_distribution(data_dir).unread == ()


def test_all_needs_are_read_and_only_known_amounts_are_amounts(data_dir: Path) -> None:
    """All 2,182 needs of 235 rows come down to 213 institutions; 267 amounts are known."""
    asked = wuhan.read_needs(data_dir)
    assert asked.unread == ()
    rows = [row for need in asked.rows for row in need.rows]
    assert sorted(rows) == list(range(2, 2182 + 2))
    assert len(asked.institutions) == 213
    assert sum(need.quantity is not None for need in asked.rows) == 267
    assert len({(need.institution, need.item) for need in asked.rows}) == len(asked.rows)


def test_every_alias_is_used(data_dir: Path) -> None:
    """An alias that no table uses would be a rule that nobody tested."""
    names = {
        line[key]
        for file, key in ((wuhan.HOSPITALS, "hospital"), (wuhan.DISTRIBUTED, "recipient"))
        for _, line in wuhan.read_table(data_dir, file, (key,))
    }
    earmarks = {"江夏红十字"}
    assert set(wuhan.ALIASES) <= {wuhan.clean(name) for name in names} | earmarks


def test_the_fifteen_recipients_are_known_or_did_not_ask(data_dir: Path) -> None:
    """Ten recipients are hospitals of the form under one name or another, five are not on it."""
    table = wuhan.read_distribution(data_dir)
    names = {one.id: one.name for one in wuhan.read_needs(data_dir).institutions}
    got = {row.party for row in table.rows}
    assert len(got & names.keys()) == 10
    assert {one.name for one in table.institutions} == {
        *("水务集团", "武汉市肺科医院", "武汉市优抚医院", "青山区商务局", "记者协会")
    }
    assert "武汉市第一医院" in {names.get(one) for one in got}  # listed by its second name


def test_two_gifts_are_earmarked(data_dir: Path) -> None:
    """One for a hospital's department, one for a district's Red Cross that did not ask."""
    stock, asked = wuhan.read_stock(data_dir), wuhan.read_needs(data_dir)
    names = {one.id: one.name for one in (*asked.institutions, *stock.institutions)}
    marked = [(names[row.restricted_to], row.quantity) for row in stock.rows if row.restricted_to]
    assert marked == [("江夏区红十字会", 200_000), ("武汉同济医院", 10_500)]


def test_no_plan_can_ask_more_than_was_asked(data_dir: Path) -> None:
    """Requests of known amount are that amount; the others are provisional and use up the stock."""
    needs, rows = wuhan.read_needs(data_dir).rows, wuhan.read_stock(data_dir).rows
    known = {(need.institution, need.item): need.quantity for need in needs}
    sums: Counter[tuple[str, str]] = Counter()
    for one in wuhan.requests(needs, rows):
        asked = known[one.institution, one.item]
        assert one.provisional == (asked is None)
        assert asked in (None, one.quantity)
        sums[one.item, one.unit] += one.quantity or 0
    free = {(item, unit): n for (item, unit, owner), n in wuhan.pools(rows).items() if not owner}
    wanted = {item for _, item in known}
    assert all(sums[key] >= amount for key, amount in free.items() if key[0] in wanted)


def test_the_report_lists_every_row_not_understood(data_dir: Path) -> None:
    """The script prints the counts in both languages and each unread row with its reason."""
    command = [sys.executable, str(SCRIPT), "--data", str(data_dir)]
    done = subprocess.run(
        command, capture_output=True, check=True, encoding="utf-8", env=os.environ | UTF8
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "机构 institutions: 213, 多个名称 of several names: 14"
    listed = lines[lines.index("未读 not understood:") + 1 :]
    assert len(listed) == 11
    assert all(wuhan.RECEIVED in line and " / " in line for line in listed)

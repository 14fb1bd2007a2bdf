"""Wuhan, January 2020: the hospitals' needs and the Red Cross goods, read and made comparable.

Nothing is dropped and nothing is guessed:

* **Items.** The hospitals' form had 23 columns, the asked items. `RULES` gives a goods name its
  item, first match wins. A mask that does not say 医用, 外科 or N95 is no medical mask and serves
  no asked item. N95 and KN95 share one column (the Union Hospital's notice takes both); a model
  number alone states no class. The one column for gloves takes those said to be latex, rubber,
  medical, surgical or for examination. Goods that no column asks for are ``kind/name``.
* **Units.** Pieces, bottles or kg where spec or unit say how many; a pair of gloves or shoe covers
  is two pieces. 箱 and 件 are both a carton where a spec counts the one and the row the other (one
  gift stands as "15箱" and as "15件"). Without a readable count a row stays in its own pack
  (``pack:箱``); a spec about packing that cannot be read goes with it (``pack:件〔80箱*100〕``).
* **Institutions.** One for all its names: `ALIASES`, each with its reason, and equal names. A
  department belongs to its hospital; a campus at another address stays apart. Needs under two
  names are one need: the larger known amount, and known beats unknown, so nobody gets more than
  a notice of theirs asked. The form states no unit: amounts are read as pieces, of liquids as
  bottles, which is the smallest reading.
* **Limits.** The needs are a snapshot of February, the distribution is of 30 January, and the
  stock of 22 to 29 January is not all that the store held (`beyond_record`). Needs in remarks
  (ventilators, medicines) are not read. Rows that repeat each other count as they stand; rows
  转运 (moved by the city's Red Cross) may repeat gifts already listed and are noted.
"""

import argparse
import csv
import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from attrs import evolve, frozen

HOSPITALS, NEEDS = "wuhan2020/hospitals.csv", "wuhan2020/hospital_needs.csv"
RECEIVED, DISTRIBUTED = "wuhan_redcross/goods_received.csv", "wuhan_redcross/goods_distributed.csv"

# The form's columns and their items; then goods near them whose text does not say they are it.
ASKED = {
    "普通医用口罩": "medical_mask", "医用外科口罩": "surgical_mask", "医用防护口罩 | N95口罩": "n95_mask",
    "防冲击眼罩/护目镜/防护眼镜": "goggles", "防护面罩": "face_shield", "防护帽/医用帽/圆帽": "cap",
    "隔离衣": "isolation_gown", "防护服": "coverall", "手术衣": "surgical_gown",
    "乳胶手套": "medical_gloves", "长筒胶鞋/防污染靴": "boots", "防污染鞋套": "shoe_covers",
    "防污染靴套": "boot_covers", "84消毒液": "bleach_84", "过氧乙酸": "peracetic_acid",
    "75%酒精": "alcohol_75", "手部皮肤消毒液": "hand_disinfectant", "活力碘": "povidone_iodine",
    "床罩": "bed_cover", "医用面罩式雾化器": "mask_nebuliser", "测体温设备": "thermometer",
    "空气消毒设备": "air_disinfector", "医用紫外线消毒车": "uv_trolley",
}  # fmt: skip
UNSTATED = {
    "口罩（类型不详）": "mask_of_unstated_type", "手套（类型不详）": "gloves_of_unstated_type",
    "面罩（类型不详）": "face_cover_of_unstated_type", "民用口罩": "civil_mask",
    "防颗粒物呼吸器（级别不详）": "respirator_of_unstated_class",
}  # fmt: skip
KINDS = ("device", "lab", "clothing", "hygiene", "medicine", "food", "household")
ITEM_NAMES = {item: zh for zh, item in (ASKED | UNSTATED).items()}
BOTTLED = {"bleach_84", "peracetic_acid", "alcohol_75", "hand_disinfectant", "povidone_iodine"}
PAIRED = {"medical_gloves", "gloves_of_unstated_type", "shoe_covers", "boot_covers"}
TYPOS = {"84消费液": "84消毒液", "次录酸": "次氯酸", "舒巴坦纳": "舒巴坦钠", "病人监护仪": "监护仪"}
RULES = (  # pattern in the cleaned name; its item, a kind of other goods, or !reason
    (r"^药品$|^消炎药$", "!unnamed"), (r"PCR|试剂|采样|核酸", "lab"), (r"防护用品|、", "!mixture"),
    (r"面罩式雾化器", "mask_nebuliser"), (r"空气消毒[机设仪]", "air_disinfector"),
    (r"紫外线消毒车", "uv_trolley"), (r"体温", "thermometer"), (r"空气(净化器|清新机)", "device"),
    (r"简易呼吸器|呼吸机|输氧|喉镜|氧合器|体外循环|治疗机|监护仪|诊断仪|注射器|手术单", "device"),
    (r"车$|病历夹|鞋柜|对讲机|滤芯|发生器|电解液|雾化器|喷雾器|消毒[机包袋]", "device"),
    (r"(?<![A-Z0-9])K?N95(?!\d)|医用防护口罩", "n95_mask"), (r"外科.*口罩", "surgical_mask"),
    (r"(PM2\.5|活性炭|社会用|普通|邮政)口罩", "civil_mask"), (r"医用.*口罩", "medical_mask"),
    (r"呼吸器", "respirator_of_unstated_class"), (r"口罩|FACE MASK", "mask_of_unstated_type"),
    (r"护目镜|防护镜|防护眼镜|防护眼罩|防冲击眼罩", "goggles"), (r"防护面罩", "face_shield"),
    (r"面罩", "face_cover_of_unstated_type"), (r"圆顶?帽|医用帽|防护帽", "cap"), (r"床罩", "bed_cover"),
    (r"防化服|降温服", "clothing"), (r"防护服", "coverall"), (r"隔离衣", "isolation_gown"),
    (r"手术[衣服]", "surgical_gown"), (r"(乳胶|橡胶|医用|检查|手术|外科).*手套", "medical_gloves"),
    (r"手套", "gloves_of_unstated_type"), (r"靴套", "boot_covers"), (r"[鞋脚]套", "shoe_covers"),
    (r"胶鞋|防污染靴", "boots"), (r"84(消毒|除菌)液|消毒水\(84\)", "bleach_84"),
    (r"过氧乙酸", "peracetic_acid"), (r"PVP-[I1]|活力碘", "povidone_iodine"),
    (r"手消毒液|手部皮肤消毒液", "hand_disinfectant"), (r"75%酒精|酒精75%", "alcohol_75"),
    (r"消毒[液水片]|次氯酸|癸甲溴铵|酒精|乙醇|湿巾|洗手液", "hygiene"),
    (r"注射|口服液|胶囊|颗粒|含漱液|口喷|板蓝根|泼尼龙|可地松", "medicine"),
    (r"希舒美|舒普深|斯沃|思福妥|[^芯棉]片$", "medicine"), (r"罗汉果|陈皮|方便面", "food"),
    (r"榄菊|九阳|清洁剂|漂渍液|竹炭|复印纸", "household"),
)  # fmt: skip
ALIASES = {  # name as written: the name kept, and why they are one
    "武汉汉口医院": ("武汉市汉口医院", "同一地址：二七侧路7号 / same address"),
    "武昌医院": ("武汉市武昌医院", "同一地址：杨园街116号 / same address"),
    "武汉市儿童医院": ("武汉儿童医院", "全市只有一所儿童医院 / the city has one children's hospital"),
    "武汉市五医院": ("武汉市第五医院", "简称 / short for it"),
    "武汉市第六医院(江汉大学附属医院)": ("武汉市第六医院", "括号内是第二名称 / its second name in brackets"),
    "武汉市中西医结合医院": ("武汉市第一医院", "1985年起两名并用 / named so too since 1985"),
    "武汉市第四人民医院": ("武汉市第四医院", "全市统一编号 / the city numbers its hospitals once"),
    "湖北省中西医结合医院(新华医院)": ("湖北省中西医结合医院", "同一地址：菱角湖路11号 / same address"),
    "同济医院": ("武汉同济医院", "简称，在武汉别无所指 / short for it; no other is meant"),
    "华中科技大学同济医学院附属同济医院": ("武汉同济医院", "同一地址：解放大道1095号 / same address"),
    "华中科技大学同济医学院附属协和医院": ("武汉协和医院", "全称；其他院区另列 / full name; its campuses stay apart"),
    "江夏红十字": ("江夏区红十字会", "简称 / short for it"),
    "湖北省蕲春县医院": ("蕲春县人民医院", "同一地址：漕河大道198号 / same address"),
    "鄂东医疗集团黄石市中心医院": ("黄石市中心医院", "同一地址：天津路141号 / same address"),
    "康泰精神病医院": ("黄冈市黄州区康泰精神病医院", "同一地址：东门路109号 / same address"),
    "随州市中心医院(文帝院区)": ("随州市中心医院", "同一地址：文帝大道8号 / same address"),
    "宜昌市仁和医院(三峡大学附属仁和医院)": ("三峡大学附属仁和医院", "夷陵大道410号，两名并用 / one address, both names"),
    "国药葛洲坝中心医院": ("葛洲坝中心医院", "同一地址：樵湖一路60号 / same address"),
}  # fmt: skip
REASONS = {
    "mixture": ("一行多种物资，无法分开", "several goods in one row"),
    "unnamed": ("只有类别，没有品名", "a class of goods, not a name"),
    "no_rule": ("看不出是什么物资", "no rule knows these goods"),
    "no_unit": ("有数量，没有单位", "a quantity without a unit"),
    "quantity": ("数量不是正整数", "the quantity is not a whole number above zero"),
    "item": ("不在23项需求之内", "not one of the form's 23 items"),
    "institution": ("机构编号不在机构表中", "hospital_id is not in hospitals.csv"),
}


@frozen
class Institution:
    """A body on the form, or (then its id is ``R-name``) a recipient that is not on it."""

    id: str
    name: str
    city: str
    kind: str  # hospital, charity or other
    names: tuple[str, ...]


@frozen
class Need:
    """What one institution asked of one item; `quantity` None: amount unknown."""

    institution: str
    item: str
    quantity: int | None
    rows: tuple[int, ...]


@frozen
class GoodsRow:
    """One understood row, numbered as a spreadsheet does: the header is row 1.

    `party` is the donor (a pseudonym where it is a person) or the recipient's institution id.
    `restricted_to` is the one institution that may have the goods, empty where any may.
    """

    file: str
    row: int
    text: str
    item: str
    unit: str
    quantity: int
    raw_unit: str
    raw_quantity: int
    party: str
    party_kind: str
    restricted_to: str
    note: str


class Unread(NamedTuple):
    """A row that is not understood: where it stands, what it says, a key of `REASONS`."""

    file: str
    row: int
    text: str
    reason: str


class Allocation(NamedTuple):
    """So much of an item to one institution, planned or really given."""

    institution: str
    item: str
    unit: str
    quantity: int


Row = TypeVar("Row", Need, GoodsRow)
Goods = Iterable[GoodsRow]
Gifts = Sequence[Allocation]


class Table(NamedTuple, Generic[Row]):
    """What a file says, what in it is not understood, and the institutions that it brings in."""

    rows: tuple[Row, ...]
    unread: tuple[Unread, ...]
    institutions: tuple[Institution, ...]  # needs: all on the form; goods: those not on it


class Request(NamedTuple):
    """How much a plan may give for a need; `provisional` where the amount asked is unknown."""

    institution: str
    item: str
    unit: str
    quantity: int | None  # None: amount unknown, and nothing in store to share
    provisional: bool


class Measures(NamedTuple):
    """What an allocation did; the same figures for the real one and for a plan."""

    gifts: tuple[int, int, int]  # all, of an asked item, to an institution that asked for it
    goods: dict[tuple[str, str], tuple[int, int]]  # quantity given, and to askers of the item
    fill: dict[str, float]  # institution: mean share met of its needs of known amount
    served: dict[str, tuple[int, int]]  # institution: items asked, of those got
    gini: float | None  # of got / asked over the institutions that asked; None if nobody got
    left: dict[tuple[str, str], int]  # stays in store; below zero: more than the record held


def clean(text: str) -> str:
    """Return `text` half-width, upper case, single-spaced, with known typos put right."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().upper()
    text = re.sub(r" ?([()]) ?", r"\1", text)
    for wrong, right in TYPOS.items():
        text = text.replace(wrong, right)
    return text


def item_of(text: str) -> str:
    """Return the item of a goods name: one of `ITEM_NAMES`, ``kind/name`` or ``!reason``."""
    name = clean(text)
    outcome = next((found for pattern, found in RULES if re.search(pattern, name)), "!no_rule")
    bare = re.sub(r"\([^)]*\)| ", "", name)
    return f"{outcome}/{bare}" if outcome in KINDS else outcome


def parse_spec(spec: str) -> tuple[int, str, str] | None:
    """Return (count, inner counter, outer pack) of ``10支*42盒/箱``: (420, 支, 箱), else None."""
    size, counter = r"[\d./]+(?:MG|G|KG|ML|L)", "小盒|[个只支片枚台套副双件粒板盒包袋瓶桶]"
    text = re.sub(r"\([^)]*\)$", "", clean(spec)).replace("X", "*").replace("公斤", "KG")
    if match := re.fullmatch(r"(\d+)KG/([桶袋箱])", text):
        return int(match[1]), "KG", match[2]
    if match := re.fullmatch(rf"{size}/(\d+)装", text):
        return int(match[1]), "", ""
    parts = text.split("*")
    sized = len(parts) > 1 and re.fullmatch(size, parts[0]) is not None
    *inner, last = parts[sized:]
    found = [re.fullmatch(rf"(\d+)({counter})(?:/盒)?", part) for part in inner]
    found.append(re.fullmatch(rf"(\d+)({counter})?(?:/([箱件盒包]))?", last))
    terms = [match for match in found if match]
    if len(terms) < len(found) or not (sized or terms[-1][3]):  # 500ml*30瓶: so many a pack
        return None
    return math.prod(int(term[1]) for term in terms), terms[0][2] or "", terms[-1][3] or ""


def counted(item: str, counter: str, factor: int = 1) -> tuple[str, int]:
    """Return the unit that `counter` counts `item` in, and how many `factor` counters make."""
    bare = "bottle" if item in BOTTLED else "piece"  # a number alone counts what the need counts
    if (unit := {"瓶": "bottle", "KG": "kg", "": bare}.get(counter)) is not None:
        return unit, factor
    if item in PAIRED and counter in "副双套":  # a set of gloves may be anything
        return ("pack:套", factor) if counter == "套" else ("piece", 2 * factor)
    return ("piece" if counter in "个只支片枚台套粒副双" else f"pack:{counter}"), factor


def measure(item: str, word: str, spec: str, quantity: int) -> tuple[str, int, str]:
    """Return (unit, quantity, note) of a row that counts `quantity` of the unit `word`."""
    count, inner, outer = parse_spec(spec) or (0, "", "")
    unit, factor = counted(item, word)
    if not unit.startswith("pack:") or (inner == word and outer != word):
        # 件 is a piece only where the spec says that so many 件 fill a carton
        return ("piece" if word == "件" else unit), quantity * factor, ""
    if count and (outer in ("", word) or {outer, word} == {"箱", "件"}):
        unit, factor = counted(item, "个" if inner == "件" else inner, count)
        return unit, quantity * factor, "箱=件" if outer not in ("", word) else ""
    if spec in ("大箱", "小箱", "蛇皮袋"):
        return f"pack:{spec}", quantity, ""
    unreadable = re.search(r"\d.*[箱件盒包袋桶]|[箱盒包].*\d", clean(spec))
    return f"pack:{word}〔{clean(spec)}〕" if unreadable else f"pack:{word}", quantity, ""


def read_table(folder: Path, file: str, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Return row numbers and cells of a CSV file; ValueError names the columns it lacks."""
    with (folder / file).open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise ValueError(f"{file} row 1: no column {', '.join(missing)}; add it to the header")
        lines = list(enumerate(reader, start=2))
    return [(row, {name: (line[name] or "").strip() for name in columns}) for row, line in lines]


def amount(text: str) -> int | None:
    """Return a whole number above zero, else None."""
    return (int(text) or None) if re.fullmatch(r"[0-9]+", text) else None


def kept_name(name: str, district: str = "") -> str:
    """Return the one name that an institution goes by; a department goes by its hospital's."""
    name = re.sub(r"(?<=医院)\(?[^()院]+科\)?$", "", clean(name))
    if name == "红十字会":  # two rows of this name are two counties' societies
        name = district + name
    return ALIASES.get(name, (name, ""))[0]


def kind_of(name: str) -> str:
    """Return hospital, charity or other for an institution's name."""
    kinds = {"hospital": r"医院|卫生院|保健院|[务生瘤童]中心", "charity": r"红十字|慈善"}
    return next((kind for kind, words in kinds.items() if re.search(words, name)), "other")


def read_institutions(folder: Path) -> tuple[tuple[Institution, ...], dict[str, str]]:
    """Return the institutions on the form, and the id behind every hospital_id and kept name."""
    columns = ("hospital_id", "city", "district", "hospital")
    lines = [line for _, line in read_table(folder, HOSPITALS, columns)]
    cities = {line["city"] for line in lines}
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in lines:
        groups[kept_name(line["hospital"], line["district"])].append(line)
    made, ids = [], dict[str, str]()
    for name, group in groups.items():
        key = min(line["hospital_id"] for line in group)
        # The sheet's last rows say 宜昌市 where the district is another city: the district is right.
        place = next(c for line in group for c in (line["district"], line["city"]) if c in cities)
        names = tuple(dict.fromkeys(clean(line["hospital"]) for line in group))
        made.append(Institution(key, name, place, kind_of(name), names))
        ids |= {name: key} | {line["hospital_id"]: key for line in group}
    return tuple(sorted(made, key=lambda one: one.id)), ids


def read_needs(folder: Path) -> Table[Need]:
    """Read what the institutions asked: one need for each institution and item."""
    institutions, ids = read_institutions(folder)
    needs: dict[tuple[str, str], Need] = {}
    unread = []
    for row, line in read_table(folder, NEEDS, ("hospital_id", "item", "qty", "qty_known")):
        known = amount(line["qty"]) if line["qty_known"] == "yes" else None
        reason = "quantity" if line["qty_known"] == "yes" and known is None else ""
        reason = "institution" if line["hospital_id"] not in ids else reason
        reason = "item" if line["item"] not in ASKED else reason
        if reason:
            unread.append(Unread(NEEDS, row, " ".join(line.values()), reason))
            continue
        key = ids[line["hospital_id"]], ASKED[line["item"]]
        before = needs.get(key, Need(*key, None, ()))
        quantity = max(filter(None, (before.quantity, known)), default=None)
        needs[key] = Need(*key, quantity, (*before.rows, row))
    return Table(tuple(needs[key] for key in sorted(needs)), tuple(unread), institutions)


def read_stock(folder: Path) -> Table[GoodsRow]:
    """Read what the Red Cross received from 22 to 29 January."""
    return _read_goods(folder, RECEIVED, "donor", "donor_type")


def read_distribution(folder: Path) -> Table[GoodsRow]:
    """Read what the Red Cross gave out on 30 January."""
    return _read_goods(folder, DISTRIBUTED, "recipient", "date")


def _read_goods(folder: Path, file: str, party: str, party_kind: str) -> Table[GoodsRow]:
    _, ids = read_institutions(folder)
    rows, unread, strangers = [], [], []

    def id_of(name: str) -> str:
        kept = kept_name(name)
        if kept not in ids:
            ids[kept] = f"R-{kept}"
            strangers.append(Institution(ids[kept], kept, "", kind_of(kept), (clean(name),)))
        return ids[kept]

    for row, line in read_table(folder, file, ("item", "spec", "unit", "qty", party, party_kind)):
        text = " ".join(filter(None, (line[key] for key in ("item", "spec", "qty", "unit"))))
        item, quantity = item_of(line["item"]), amount(line["qty"])
        reason = item[1:] if item[0] == "!" else "" if line["unit"] else "no_unit"
        if reason or quantity is None:
            unread.append(Unread(file, row, text, reason or "quantity"))
            continue
        unit, number, note = measure(item, line["unit"], line["spec"], quantity)
        mark = re.search(r"定向捐赠([^)]+)", clean(line["item"]))
        whose = id_of(line[party]) if party == "recipient" else line[party]
        raw = line["unit"], quantity, whose, line[party_kind], id_of(mark[1]) if mark else ""
        note = "转运" if "转运" in line["item"] else note
        rows.append(GoodsRow(file, row, text, item, unit, number, *raw, note))
    return Table(tuple(rows), tuple(unread), tuple(strangers))


def pools(rows: Goods) -> Counter[tuple[str, str, str]]:
    """Return the stock by (item, unit, the one institution that may have it or empty)."""
    stock: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        stock[row.item, row.unit, row.restricted_to] += row.quantity
    return stock


def allocations(table: Table[GoodsRow]) -> list[Allocation]:
    """Return the rows of a distribution as an allocation."""
    return [Allocation(row.party, row.item, row.unit, row.quantity) for row in table.rows]


def fair_share(stock: int, known: Sequence[int], unknown: int) -> int:
    """Return the least level that uses up `stock` if nobody takes more than it (uniform rule)."""

    def taken(level: int) -> int:
        return unknown * level + sum(min(level, asked) for asked in known)

    return bisect_left(range(stock), stock, key=taken)


def requests(needs: Sequence[Need], rows: Goods) -> list[Request]:
    """Return what a plan may give: the amount asked, or a provisional fair share of the stock.

    A need of known amount takes no packs of unknown size: they might be more than was asked.
    """
    stock, peers, made = pools(rows), defaultdict(list), []
    for need in needs:
        peers[need.item].append(need.quantity)
    for need in needs:
        who, base = (need.institution, need.item), counted(need.item, "")[0]
        mine = [Request(*who, base, need.quantity, need.quantity is None)]
        for unit in sorted({unit for item, unit, _ in stock if item == need.item}):
            known = [asked for asked in peers[need.item] if asked and unit == base]
            share = fair_share(stock[need.item, unit, ""], known, peers[need.item].count(None))
            share += stock[need.item, unit, need.institution]
            if need.quantity is None and share:
                mine.append(Request(*who, unit, share, True))
        made += mine[1:] or mine
    return made


def conservation(rows: Goods, given: Gifts) -> dict[tuple[str, str], int]:
    """Return what is left, received less given, for each (item, unit); below zero if too little."""
    left: Counter[tuple[str, str]] = Counter()
    for row in rows:
        left[row.item, row.unit] += row.quantity
    for gift in given:
        left[gift.item, gift.unit] -= gift.quantity
    return {key: left[key] for key in sorted(left)}


def measures(needs: Sequence[Need], rows: Goods, given: Gifts) -> Measures:
    """Return the figures of an allocation against `needs`; pass one city's to see that city."""
    asked = {(need.institution, need.item): need.quantity for need in needs}
    total: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    goods: dict[tuple[str, str], tuple[int, int]] = {}
    for gift in given:
        total[gift[:2]][gift.unit] += gift.quantity
        whole, hit = goods.get(gift[1:3], (0, 0))
        goods[gift[1:3]] = whole + gift.quantity, hit + gift.quantity * (gift[:2] in asked)
    served: dict[str, tuple[int, int]] = {}
    met: dict[str, list[float]] = defaultdict(list)
    for (who, item), known in sorted(asked.items()):
        units, base = total[who, item], counted(item, "")[0]
        wanted, got = served.get(who, (0, 0))
        served[who] = wanted + 1, got + bool(units)
        if known and units.keys() <= {base}:  # unknown where packs of unknown size came
            met[who].append(min(1.0, units[base] / known))
    form = sum(gift.item in ASKED.values() for gift in given)
    gifts = len(given), form, sum(gift[:2] in asked for gift in given)
    fill = {who: sum(parts) / len(parts) for who, parts in met.items()}
    equal = gini([got / wanted for wanted, got in served.values()])
    return Measures(gifts, goods, fill, served, equal, conservation(rows, given))


def gini(values: Sequence[float]) -> float | None:
    """Return Gini's coefficient, 0 all equal, towards 1 one has all; None if all are zero."""
    ranked, whole = sorted(values), sum(values)
    weighted = sum((2 * rank - len(ranked) - 1) * value for rank, value in enumerate(ranked, 1))
    return weighted / (len(ranked) * whole) if whole else None


def cartons(rows: Goods) -> list[GoodsRow]:
    """Return the rows counted in 箱 or 件, as so many cartons of whatever size."""
    boxed = [row for row in rows if row.raw_unit in ("箱", "件")]
    return [evolve(row, unit="carton", quantity=row.raw_quantity) for row in boxed]


def beyond_record(rows: Goods, given: Goods) -> list[tuple[str, str, int, int]]:
    """Return (item, unit, recorded, given) where more was given than the record holds."""
    had, gave = conservation(rows, ()), conservation(given, ())
    return [(*key, had.get(key, 0), gave[key]) for key in gave if gave[key] > had.get(key, 0)]


def report(folder: Path) -> str:
    """Return what was understood and every row that was not, Chinese first."""
    asked, stock, given = read_needs(folder), read_stock(folder), read_distribution(folder)
    merged = [one for one in asked.institutions if len(one.names) > 1]
    known = sum(need.quantity is not None for need in asked.rows)
    rows, hits = len(stock.rows), measures(asked.rows, (), allocations(given)).gifts
    beyond = beyond_record(stock.rows, given.rows)
    beyond += beyond_record(cartons(stock.rows), cartons(given.rows))
    lines = [
        f"机构 institutions: {len(asked.institutions)}, 多个名称 of several names: {len(merged)}",
        *(f"  {one.id} {' = '.join(one.names)}" for one in merged),
        f"需求 needs: {len(asked.rows)}, 数量已知 of known amount: {known}",
        f"收到 rows received: {rows}, 发放 given: {hits[0]}, 其中23项之内 of the form's items: {hits[1]}",
        f"发给提出过该需求的机构 given to an institution that asked for the item: {hits[2]}",
        "没有提出需求的接收方 did not ask: " + "、".join(one.name for one in given.institutions),
        "发放多于入库记录 given beyond the record (物资 item, 单位 unit, 入库 received, 发放 given):",
    ]
    lines += [f"  {ITEM_NAMES.get(it, it)} {unit} {had} {gave}" for it, unit, had, gave in beyond]
    lines.append("未读 not understood:")
    for file, row, text, reason in (*asked.unread, *stock.unread, *given.unread):
        lines.append(f"  {file} {row}: {text}: {' / '.join(REASONS[reason])}")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="武汉，2020年1月 / Wuhan, January 2020")
    parser.add_argument("--data", type=Path, required=True)
    print(report(parser.parse_args().data))

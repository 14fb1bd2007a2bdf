"""The xuanzhou plugin: societies with a floor, three sources, three levels, two guards."""

import ast
import csv
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe.demos import demo_path, find_demo
from wushe.plugins import xuanzhou

FOLDER = demo_path("xuanzhou")
ON = dt.date(2025, 3, 10)
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".csv", ".json", ".md"))


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return the defaults with the xuanzhou plugin."""
    return wushe.load_plugins("xuanzhou")


@pytest.fixture(scope="module")
def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the demo district."""
    return wushe.read(FOLDER, plugins=rules)


def _objects(values: list[Any]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _orders(*rows: tuple[str | None, int]) -> wushe.Columns:
    arrays = {
        "place": _objects([place for place, _ in rows]),
        "amount": np.array([amount for _, amount in rows], dtype=np.int64),
    }
    return wushe.Columns(len(rows), arrays)


def _helpers(*rows: tuple[str, str | None]) -> wushe.Columns:
    arrays = {
        "kind": _objects([kind for kind, _ in rows]),
        "place": _objects([place for _, place in rows]),
    }
    return wushe.Columns(len(rows), arrays)


# --- registration ------------------------------------------------------------------------------


def test_it_loads_by_name_and_uses_these_hooks(rules: wushe.Plugins) -> None:
    """Found by its entry point beside the defaults."""
    assert [name for name, _ in rules.versions] == ["defaults", "xuanzhou"]
    assert rules.hooks_of("xuanzhou") == (
        "register_demos",
        "register_keyword_rules",
        "register_need_categories",
        "register_order_rules",
        "register_parameters",
        "register_report_sections",
        "split_gifts",
    )


def test_it_imports_only_the_front_door() -> None:
    """Of wushe a plugin needs the public names only."""
    tree = ast.parse(Path(xuanzhou.__file__).read_text("utf-8"))
    names = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name for name in names if name.startswith("wushe")} == {"wushe", "wushe.rules"}


@pytest.mark.parametrize(
    "rule", ["register_need_categories", "register_order_rules", "split_gifts"]
)
def test_what_is_assumed_says_so(rule: str) -> None:
    """Reported practice and assumption are told apart."""
    assert "assumed" in (getattr(xuanzhou, rule).__doc__ or "")


def test_the_floor_and_the_sources_are_those_published() -> None:
    """启动资金不少于3万元; district finance, the association's match, the village collective: dated, with the source."""
    found = {p.name: p for p in xuanzhou.register_parameters()}
    assert found["society_floor"].number == 3_000_000
    assert {name for name, p in found.items() if p.unit == "bool" and p.number == 1} == {
        "society_fiscal", "society_donation", "society_collective",
    }  # fmt: skip
    assert all("2025-03-13" in p.source and p.inferred for p in found.values())


# --- three levels ------------------------------------------------------------------------------


def test_emergency_money_goes_up_three_levels_quickly(rules: wushe.Plugins) -> None:
    """One round at each level; two hours to answer in an emergency; other orders keep the default."""
    (rule,) = xuanzhou.register_order_rules()
    assert rule.levels == ("community", "street", "county")
    assert rule.rounds == 1
    assert rule.answer_minutes["emergency"] == 120
    assert set(rule.categories) <= set(rules.categories)
    assert all(rules.categories[key].form == "money" for key in rule.categories)


def test_offices_of_ones_own_tables_leave_the_guards_in_force() -> None:
    """A small plugin under Xuanzhou's says who answers; own village and limit still hold."""

    class Own:
        """Offices of other tables."""

        name, under = "own_offices", "xuanzhou"

        @wushe.hookimpl
        def register_order_rules(self) -> list[wushe.OrderRules]:
            """Only the offices are its own."""
            return [wushe.OrderRules("own", ("emergency_aid",), offices={"341802001": "S-9"})]

    found = wushe.load_plugins("xuanzhou", Own()).order_rules_for("emergency_aid")
    assert found.offices == {"341802001": "S-9"}
    assert [g.name for g in found.guards] == ["xuanzhou_own_village", "xuanzhou_limit"]


@pytest.mark.parametrize(
    ("asked", "home", "may"),
    [
        ("341802107-01", "341802107-01", True),
        ("341802107-01", "341802107-02", False),
        ("341802107-01", "341802107", True),  # the township of the village
        ("341802107-01", "341802", True),  # the district
        ("341802107-10", "341802107-1", False),  # a village whose code only begins alike
        ("341802107", "341802107-01", False),
        (None, "341802107-01", True),  # unknown is no reason to refuse
        ("341802107-01", None, True),
    ],
)
def test_a_society_gives_to_its_own_village(asked: str | None, home: str | None, may: bool) -> None:
    """Its place is that of the order, or one in which the order lies."""
    found = xuanzhou.own_village(_orders((asked, 1)), _helpers(("funds", home)))
    assert found.tolist() == [may]


@pytest.mark.parametrize(
    ("fen", "place", "may"),
    [(300_000, "341802107-01", True), (300_001, "341802107-01", False), (800_000, "341802", True)],
)
def test_what_is_beyond_a_village_is_asked_of_the_district(fen: int, place: str, may: bool) -> None:
    """3,000 yuan in one case, to the fen; the district has no such limit."""
    found = xuanzhou.within_limit(_orders((place, fen)), _helpers(("funds", place)))
    assert found.tolist() == [may]


def test_the_guards_are_about_funds_only() -> None:
    """A worker who comes along is not asked about money; nothing asked, nothing answered."""
    orders, helpers = _orders(("341802107-01", 900_000)), _helpers(("social_workers", "341802100"))
    assert xuanzhou.own_village(orders, helpers).tolist() == [True]
    assert xuanzhou.within_limit(orders, helpers).tolist() == [True]
    none = wushe.Columns(0, {"place": _objects([]), "amount": np.zeros(0, np.int64)})
    nobody = wushe.Columns(0, {"kind": _objects([]), "place": _objects([])})
    assert xuanzhou.own_village(none, nobody).tolist() == []
    assert xuanzhou.within_limit(none, nobody).tolist() == []


# --- the association's match -------------------------------------------------------------------


def _gifts(*fen: int, fund: str = "F-1") -> wushe.Columns:
    n = len(fen)
    arrays = {
        "id": _objects([f"G-{k}" for k in range(n)]),
        "fen": np.array(fen, dtype=np.int64),
        "donor": _objects([f"D-{k % 2}" for k in range(n)]),
        "fund": _objects([fund] * n),
        "project": _objects(["PJ-1"] * n),
        "at": _objects([f"2025-03-{k + 1:02}T00:00:00Z" for k in range(n)]),
    }
    return wushe.Columns(n, arrays)


def _pool(left: int, **given: Any) -> wushe.Columns:
    row = {
        "id": "P-1", "left_fen": left, "numerator": 1, "denominator": 1, "gift_cap": -1,
        "donor_cap": -1, "project_cap": -1, "opens": None, "closes": None, "fund": None, "given": {},
    } | given  # fmt: skip
    whole = {k: np.array([v], dtype=np.int64) for k, v in row.items() if isinstance(v, int)}
    return wushe.Columns(1, whole | {k: _objects([v]) for k, v in row.items() if k not in whole})


@pytest.mark.parametrize(
    ("gifts", "pool", "expected"),
    [
        ((1_000_000,), _pool(5_000_000), [1_000_000]),
        # whole yuan, rounded down
        ((100_050,), _pool(5_000_000), [100_000]),
        # one yuan for each two
        ((1_000_000,), _pool(5_000_000, numerator=1, denominator=2), [500_000]),
        # the pool runs dry in the middle of the second gift
        ((300_000, 300_000, 300_000), _pool(500_000), [300_000, 200_000]),
        # caps per gift, per donor, per project; donors alternate
        ((300_000, 300_000), _pool(900_000, gift_cap=100_000), [100_000, 100_000]),
        ((300_000, 300_000, 300_000), _pool(900_000, donor_cap=400_000), [300_000, 300_000, 100_000]),
        ((300_000, 300_000), _pool(900_000, project_cap=350_000), [300_000, 50_000]),
        # what was given before counts
        ((300_000,), _pool(900_000, donor_cap=400_000, given={"donor:D-0": 350_000}), [50_000]),
        # another fund's pool; a pool that opens later; one that closed
        ((300_000,), _pool(900_000, fund="F-2"), []),
        ((300_000,), _pool(900_000, opens="2025-03-02T00:00:00Z"), []),
        ((300_000, 300_000), _pool(900_000, closes="2025-03-01T12:00:00Z"), [300_000]),
    ],
)  # fmt: skip
def test_what_the_association_adds(
    gifts: tuple[int, ...], pool: wushe.Columns, expected: list[int]
) -> None:
    """Ratio, caps, window and the end of the pool, by hand."""
    found = xuanzhou.split_gifts(_gifts(*gifts), pool)
    assert [fen for _, _, fen in found] == expected


@given(st.lists(st.integers(1, 10**7), max_size=12), st.integers(0, 10**7))
def test_no_fen_more_than_the_pool_has(gifts: list[int], left: int) -> None:
    """Whatever is given: whole yuan, never more than the gift or than what is left."""
    found = xuanzhou.split_gifts(_gifts(*gifts), _pool(left))
    assert sum(fen for _, _, fen in found) <= left
    size = {f"G-{k}": fen for k, fen in enumerate(gifts)}
    assert all(0 < fen <= size[gift] and fen % 100 == 0 for gift, _, fen in found)


# --- the demo ----------------------------------------------------------------------------------


def test_the_tables_have_no_mistakes(rules: wushe.Plugins) -> None:
    """`check` has nothing to say about them."""
    assert wushe.check(FOLDER, plugins=rules) == ()


def test_the_data_package_describes_the_files_as_they_are() -> None:
    """Every table is listed, and every column of it, in order; it says what is made up."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    listed = {r["path"]: [f["name"] for f in r["schema"]["fields"]] for r in package["resources"]}
    found = {}
    for path in FOLDER.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found[path.name] = next(csv.reader(stream))
    assert listed == found
    assert package["wushe:made_up"] is True
    assert package["wushe:planning_date"] == find_demo("xuanzhou").on
    for text in ((FOLDER / "README.md").read_text("utf-8"), package["description"]):
        assert all(word in text for word in ("217", "30000", "1790", "虚构", "made up"))


def test_each_of_217_villages_has_a_filed_society_and_its_fund(city: wushe.LinkageNetwork) -> None:
    """The published number; each fund stays in its own village."""
    societies = [o for o in city["organizations"].records() if o.kind == "mutual_aid_society"]
    funds = {f.host: f for f in city["funds"].records()}
    assert len(societies) == 217
    assert {o.registration for o in societies} == {"filed"}
    assert len({o.place for o in societies}) == 217
    assert all((funds[o.id].place, funds[o.id].reach) == (o.place, "community") for o in societies)


@pytest.mark.parametrize(
    ("table", "heading"),
    [("households", "备注"), ("organizations", "名称"), ("communities", "名称"), ("funds", "名称")],
)
def test_every_record_that_could_be_taken_for_real_is_marked(table: str, heading: str) -> None:
    """虚构, or 示例 where the body exists somewhere but not this one."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = [row[heading] for row in csv.DictReader(stream)]
    assert [cell for cell in cells if not re.search("虚构|示例", cell)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_no_number_looks_like_a_person(path: Path) -> None:
    """No ID number, no phone."""
    assert re.findall(r"(?<![\d.])\d{11,}[Xx]?(?![\d.])", path.read_text("utf-8-sig")) == []


def test_the_report_counts_societies_by_township(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """24 townships, 217 villages and societies, all filed, no person in sight; zeros for an empty city."""
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    (table,) = rules.report_sections["xuanzhou_societies"].make(city, context)
    held = (
        int(city["funds"]["balance_fen"].sum()) - 20_000_000
    )  # the district's own fund is no society's
    assert len(table.rows) == 24
    assert table.total is not None
    assert table.total.cells == (217, 0, 217, 217, 0, held)
    empty = wushe.build_network({}, rules.categories, rules.target_groups)
    (table,) = rules.report_sections["xuanzhou_societies"].make(empty, context)
    assert table.total is not None
    assert table.total.cells == (0, 0, 0, 0, 0, 0)


def test_the_report_shows_the_village_without_a_society_and_the_society_without_a_balance(
    rules: wushe.Plugins,
) -> None:
    """Three villages, a filed and an unfiled society: what is lacking is a figure, and unknown is no zero."""
    places = [
        wushe.Place(id="9901", name="甲镇", level="street"),
        *(wushe.Place(id=f"9901-{n}", name=f"{n}村", level="community", parent="9901") for n in (1, 2, 3)),
        wushe.Place(id="9902", name="乙镇", level="street"),
        wushe.Place(id="9902-1", name="乙一村", level="community", parent="9902"),
    ]  # fmt: skip
    kind = "mutual_aid_society"
    bodies = [
        wushe.Organization(id="O-1", name="一", kind=kind, registration="filed", place="9901-1"),
        wushe.Organization(id="O-2", name="二", kind=kind, place="9901-2"),
    ]
    funds = [
        wushe.Fund(id="F-1", name="一", host="O-1", balance_fen=3_000_000),
        wushe.Fund(id="F-2", name="二", host="O-2"),
    ]
    small = wushe.build_network_from_records(
        [*places, *bodies, *funds], rules.categories, rules.target_groups
    )
    context = wushe.Context(ON, rules.categories, rules.target_groups)
    (table,) = rules.report_sections["xuanzhou_societies"].make(small, context)
    assert {row.label.zh: row.cells for row in table.rows} == {
        "甲镇": (3, 1, 2, 1, 1, 3_000_000),
        "乙镇": (1, 1, 0, 0, 0, 0),
    }


def test_a_village_pays_what_it_may_and_the_district_the_rest(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """H-08 asks for 8,000 yuan: 3,000 come from its village, 5,000 from the district."""
    plan = wushe.make_plan(city, plugins=rules, on=find_demo("xuanzhou").on)
    assert wushe.check_plan(plan) == []
    paid = {item.provider.id: item.amount for item in plan["H-08"].items}
    assert paid == {"F-131": 300_000, "F-XZ": 500_000}
    assert not any(client.unserved for client in plan.clients.values())

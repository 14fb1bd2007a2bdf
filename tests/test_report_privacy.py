"""Nothing personal in what goes out: sheets, lists, months, walls, routes, logs of all of them."""

import datetime as dt
import logging
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe.identify import day_plan, due_list, needs_list, wish_wall
from wushe.plugins.manager import load_plugins
from wushe.report import household_sheets, month_figures, plan_workbook, task_lists

RULES = load_plugins()
DAY = dt.date(2025, 9, 15)
ID_NUMBER = "11010519491231002X"  # the example of GB 11643-1999
PERSONAL = st.text(alphabet="赵钱孙李周吴郑王冯陈褚卫", min_size=3, max_size=6).map(
    lambda s: f"祕{s}密"
)
"""Values that cannot occur by chance; the first character of a name may be shown, so it is common to all."""


def city(values: list[str]) -> wushe.LinkageNetwork:
    """Return a small city in which every sensitive field holds one of `values`."""
    household, person, address, note, helper, donor, wish = values
    return wushe.build_network_from_records(
        (
            wushe.Place(id="420106", name="武昌", level="county"),
            wushe.Place(id="420106001", name="紫阳街", level="street", parent="420106"),
            wushe.Station(id="S", name="站", place="420106001"),
            wushe.SocialWorker(id="W", name=helper, station="S", skills=("visiting",), weekly_hours=9, phone="13800001234"),
            wushe.Volunteer(id="V", name=helper, place="420106001", skills=("errand",), weekly_hours=4, phone="13800001234"),
            wushe.Donor(id="D", name=donor, kind="person"),
            wushe.Organization(id="O", name="会", kind="charity_federation", place="420106"),
            wushe.CharityResource(id="R", name="米", categories=("food",), quantity=1, unit="piece", holder="O", donor="D", place="420106"),
            wushe.Household(id="H", name=household, place="420106001", address=address, phone="13900005678", note=note, referral_consent=True),
            wushe.Person(id="P", household="H", name=person, id_number=ID_NUMBER, birth=dt.date(1949, 12, 31), phone="13900005678", illness=note),
            wushe.Visit(id="X", kind="door", on=dt.date(2025, 9, 3), household="H", visitor="W", outcome="met", note=note),
            wushe.Fact(id="F", subject="P", field="illness", value=note, on=dt.date(2025, 9, 3), at="2025-09-03T02:00:00.000000Z", visit="X"),
            wushe.Need(id="N1", household="H", category="visit", note=note),
            wushe.Need(id="N2", household="H", category="food", quantity=3, unit="piece"),
            wushe.Need(id="N3", person="P", category="errand"),
            wushe.Wish(id="Q", need="N2", public_text=f"一位老人{wish}想要米", shown_from=DAY),
            wushe.ServiceRecord(id="E", provider="V", household="H", category="errand", served_on=dt.date(2025, 9, 4)),
        ),
        RULES.categories,
        RULES.target_groups,
    )  # fmt: skip


def outputs(made: wushe.LinkageNetwork, lang: str, folder: Path) -> dict[str, str]:
    """Return everything that goes out without asking for the internal version, by name."""
    plan = wushe.make_plan(made, plugins=RULES, on=DAY)
    due = due_list(made, RULES, DAY)
    month = month_figures(made, "2025-09")
    wall = wish_wall(made, DAY)
    plan_workbook(plan, folder / "plan.xlsx", lang=lang)
    month.to_xlsx(folder / "month.xlsx", lang=lang)
    books = [zipfile.ZipFile(folder / name) for name in ("plan.xlsx", "month.xlsx")]
    return {
        "sheets": household_sheets(plan, lang=lang).html(),
        "tasks": task_lists(plan).printable(lang=lang).html(),
        "month": month.to_html(lang=lang) + month.summary(lang),
        "workbooks": "".join(b.read(n).decode() for b in books for n in b.namelist() if n.endswith(".xml")),
        "wall": repr(wall) + "".join(p.say(lang) for p in wall.problems),
        "due": due.summary(lang) + "".join(due.explain(row, lang) for row in due),
        "routes": "".join(way.explain(lang) for way in day_plan(due, made, DAY, per_worker=3, order="nearest")),
        "plan": plan.summary(lang) + plan["H"].explain(lang) + plan.to_json(lang=lang) + plan.to_html(lang=lang),
        "reprs": repr((plan, due, month, made, needs_list(made, DAY), *made.tables["persons"].records())),
    }  # fmt: skip


@given(
    values=st.lists(PERSONAL, min_size=7, max_size=7, unique=True),
    lang=st.sampled_from(["zh", "en"]),
)
def test_no_personal_value_goes_out(
    values: list[str], lang: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Names, addresses, notes, phones and ID numbers are in no masked output, log line or repr."""
    pytest.importorskip("openpyxl", reason='needs pip install "wushe[frames]"')
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        written = outputs(city([*values[:6], "很"]), lang, tmp_path_factory.mktemp("out"))
    finally:
        logging.getLogger().removeHandler(handler)
    written["log"] = "\n".join(heard)
    planted = [v[1:] for v in values[:6]] + [
        "13800001234",
        "13900005678",
        ID_NUMBER,
        "1380000",
        "0519491231",
    ]
    assert [
        (name, value) for name, text in written.items() for value in planted if value in text
    ] == []


def test_a_wish_that_names_somebody_is_withheld() -> None:
    """The wall shows nothing of it, and the problem for the worker names the wish only."""
    values = ["祕赵密", "祕钱密", "祕孙密", "祕李密", "祕周密", "祕吴密", "祕赵密"]
    wall = wish_wall(city(values), DAY)
    assert not wall.wishes
    assert [p.value for p in wall.problems if p.value and "赵" in p.value] == []
    assert wall.problems

"""The printed plans and task lists: one page a household, everything on it, nothing that runs."""

import datetime as dt
import subprocess
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

import wushe
from wushe.demos import demo_path
from wushe.model.units import say_amount
from wushe.plan import Party
from wushe.report import household_sheets, task_lists

if TYPE_CHECKING:
    from playwright.sync_api import Page

ON = "2025-09-15"
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&{{7*7}}"


@attrs.frozen
class Due:
    """A visit that is due, as any list of visits may give it."""

    subject: str
    worker: str | None
    reasons: str
    due_on: dt.date | None


@pytest.fixture(scope="module")
def plan() -> wushe.Plan:
    """Return the plan of the demo district."""
    rules = wushe.load_plugins("wuchang")
    return wushe.make_plan(wushe.read(demo_path("wuchang"), plugins=rules), plugins=rules, on=ON)


def _printed(page: "Page", html: str, tmp_path: Path) -> list[str]:
    """Print `html` and return the text of each page."""
    pytest.importorskip("playwright")
    page.set_content(html)
    target = tmp_path / "printed.pdf"
    page.pdf(path=target, prefer_css_page_size=True)
    try:
        done = subprocess.run(
            ["pdftotext", "-layout", str(target), "-"], capture_output=True, check=True
        )
    except FileNotFoundError:
        pytest.skip("pdftotext is not installed: apt-get install poppler-utils")
    return done.stdout.decode().split("\f")[:-1]


def _with_items(plan: wushe.Plan, client: str, times: int) -> wushe.Plan:
    """Return the plan with `times` as many items for one household."""
    long = attrs.evolve(plan[client], items=plan[client].items * times)
    return attrs.evolve(plan, clients={**plan.clients, client: long})


# --- what a sheet says -------------------------------------------------------------------------


def test_a_sheet_says_everything_that_is_planned(plan: wushe.Plan) -> None:
    """Help, amount, helper and due date of each item, what is not solved and the next step."""
    html = household_sheets(plan, audience="internal").html()
    for client in plan:
        assert client.client.id in html
        for item in client.items:
            assert item.category.zh in html
            assert say_amount(item.amount, item.dimension) in html
            assert item.provider.label("internal") in html
        for short in client.unserved:
            assert short.category.zh in html
    assert "2025-09-22" in html  # need N-0001 of H-0001
    for signer in ("家庭（或监护人）", "社会工作者", "督导", "社区"):
        assert html.count(f'<th scope="col">{signer}</th>') >= 60


def test_names_are_masked_unless_asked_for(plan: wushe.Plan) -> None:
    """By default no name of a household or helper is on paper, and the paper says so."""
    masked = household_sheets(plan, ["H-0001"]).html()
    own = household_sheets(plan, ["H-0001"], audience="internal").html()
    assert "石爷爷" not in masked
    assert "方社工" not in masked
    assert "姓名已脱敏" in masked
    assert "石爷爷" in own
    assert "请妥善保管" in own


def test_both_languages(plan: wushe.Plan) -> None:
    """English paper has English words around the city's own names."""
    html = household_sheets(plan, ["H-0001"], lang="en").html()
    assert '<html lang="en">' in html
    assert "Household or guardian" in html
    assert "帮扶" not in html


def test_wrong_arguments_are_refused(plan: wushe.Plan) -> None:
    """An unknown household, language or audience is named, not passed over."""
    with pytest.raises(KeyError, match="H-9999"):
        household_sheets(plan, ["H-9999"])
    with pytest.raises(ValueError, match="fr"):
        household_sheets(plan, lang="fr")
    with pytest.raises(ValueError, match="everyone"):
        household_sheets(plan, audience="everyone")  # type: ignore[arg-type]


def test_untrusted_text_is_inert(plan: wushe.Plan) -> None:
    """Markup in a name is shown as the characters it is; the page forbids scripts anyway."""
    evil = attrs.evolve(plan["H-0002"], client=Party("H-0002", "household", EVIL), community=EVIL)
    bad = attrs.evolve(plan, clients={"H-0002": evil})
    html = household_sheets(bad, audience="internal").html()
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "{{7*7}}" in html
    assert "default-src 'none'" in unescape(html)


def test_the_paper_does_not_show_itself_in_logs(plan: wushe.Plan) -> None:
    """The repr of a printable names it and hides its content."""
    assert "石爷爷" not in repr(household_sheets(plan, audience="internal"))


def test_saving_writes_what_html_returns(plan: wushe.Plan, tmp_path: Path) -> None:
    """The saved file is the page, in UTF-8."""
    paper = household_sheets(plan, ["H-0001"])
    assert paper.save(tmp_path / "plan.html").read_text("utf-8") == paper.html()


# --- on paper ----------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_printed_are_pages_promised(
    plan: wushe.Plan, page: "Page", tmp_path: Path, lang: str
) -> None:
    """No page flows over: the printer gives the pages that the paper counts, one household each."""
    paper = household_sheets(plan, lang=lang, audience="internal")
    pages = _printed(page, paper.html(), tmp_path)
    assert len(pages) == paper.pages
    if lang == "zh":
        assert paper.pages == len(plan)
    firsts = [p for p in pages if "第 1 页" in p or "page 1 of" in p]
    assert len(firsts) == len(plan)
    for client, text in zip(plan, firsts, strict=True):
        assert client.client.id in text


@pytest.mark.browser
@pytest.mark.parametrize("times", [2, 3, 7])
def test_a_long_plan_goes_on_with_its_head(
    plan: wushe.Plan, page: "Page", tmp_path: Path, times: int
) -> None:
    """A second page repeats the head, says that it continues, and the signatures come last, once."""
    long = _with_items(plan, "H-0001", times)
    paper = household_sheets(long, ["H-0001", "H-0002"])
    pages = _printed(page, paper.html(), tmp_path)
    assert len(pages) == paper.pages
    own = pages[:-1]
    assert len(own) >= 2
    for number, text in enumerate(own, start=1):
        assert "H-0001" in text
        assert "紫阳街道" in text
        assert f"第 {number} 页，共 {len(own)} 页" in text
        assert ("（续）" in text) == (number > 1)
        assert ("转下页" in text) == (number < len(own))
    assert ["签名" in text for text in own] == [False] * (len(own) - 1) + [True]
    rows = sum(text.count("□") for text in own) - 2  # the household's two choices
    assert rows == times * len(plan["H-0001"].items)


@pytest.mark.browser
@pytest.mark.parametrize(
    "name", ["示" * 300, "x" * 2000, "WIDE words " * 90, "A" * 90, "，。" * 99]
)
def test_long_text_neither_runs_off_nor_over(
    plan: wushe.Plan, page: "Page", tmp_path: Path, name: str
) -> None:
    """Names of any length wrap inside their cells, are cut at last, and no page flows over."""
    helped = plan["H-0001"]
    provider = Party("R-1", "resources", name)
    items = tuple(attrs.evolve(item, provider=provider) for item in helped.items)
    client = attrs.evolve(helped, items=items, client=Party("H-0001", "household", name))
    paper = household_sheets(attrs.evolve(plan, clients={"H-0001": client}), audience="internal")
    assert len(_printed(page, paper.html(), tmp_path)) == paper.pages
    page.set_content(paper.html())
    clipped = page.evaluate(
        "[...document.querySelectorAll('td,th')].filter(c => c.scrollWidth > c.clientWidth + 1).length"
    )
    assert clipped == 0


@pytest.mark.browser
def test_on_a_screen_it_is_a4(plan: wushe.Plan, page: "Page") -> None:
    """A page on the screen is 210 mm wide and no taller than A4, so that it looks as it prints."""
    page.set_content(household_sheets(plan).html())
    boxes = page.evaluate(
        "[...document.querySelectorAll('.page')].map(p => [p.offsetWidth, p.offsetHeight])"
    )
    assert {width for width, _ in boxes} == {794}  # 210 mm at 96 pixels per inch
    assert max(height for _, height in boxes) <= 1123


# --- task lists --------------------------------------------------------------------------------


def test_every_item_and_every_gap_is_someones_task(plan: wushe.Plan) -> None:
    """Each item and each unsolved need of the plan is on exactly one list: its worker's."""
    lists = task_lists(plan)
    by_worker: dict[str | None, int] = {}
    for tasks in lists.lists:
        worker = tasks.worker.id if tasks.worker else None
        by_worker[worker] = by_worker.get(worker, 0) + len(tasks.tasks)
    expected: dict[str | None, int] = {}
    for client in plan:
        worker = client.worker.id if client.worker else None
        expected[worker] = expected.get(worker, 0) + len(client.items) + len(client.unserved)
    assert by_worker == {w: n for w, n in expected.items() if n}


def test_urgent_comes_first_then_the_earlier_date(plan: wushe.Plan) -> None:
    """Help is sorted by urgency, then date; what has no date comes after what has one."""
    for tasks in task_lists(plan).lists:
        for kind in ("help", "step"):
            keys = [(-(t.urgency or 0), t.due_on or dt.date.max) for t in tasks.of(kind)]
            assert keys == sorted(keys)


def test_visits_due_stand_at_the_top_by_date(plan: wushe.Plan) -> None:
    """A worker's visits come before all else, the earliest first, the undated last."""
    visits = [
        Due("H-0003", "W-01", "c", None),
        Due("P-0003", "W-01", "a", dt.date(2025, 9, 20)),
        Due("H-0001", "W-01", "b", dt.date(2025, 9, 12)),
    ]
    own = next(
        t for t in task_lists(plan, visits).lists if t.worker is not None and t.worker.id == "W-01"
    )
    assert [t.subject.id for t in own.tasks[:3]] == ["H-0001", "P-0003", "H-0003"]
    assert own.tasks[1].place[-1] == "武车社区"  # where the person's household lives


def test_why_somebody_is_visited_stays_with_the_team(plan: wushe.Plan) -> None:
    """The reason of a visit may say personal things: outside the team it is hidden."""
    lists = task_lists(plan, [Due("H-0001", "W-01", "肠癌晚期", None)])
    assert "肠癌晚期" in lists.printable(audience="internal").html()
    assert "肠癌晚期" not in lists.printable().html()
    assert "石爷爷" not in lists.printable().html()


def test_a_visit_to_nobody_known_is_refused(plan: wushe.Plan) -> None:
    """Subject and worker of a visit are of this network; the error names the one that is not."""
    with pytest.raises(ValueError, match="H-9999"):
        task_lists(plan, [Due("H-9999", None, "", None)])
    with pytest.raises(ValueError, match="W-99"):
        task_lists(plan, [Due("H-0001", "W-99", "", None)])


def test_a_visit_without_a_worker_is_on_a_list_of_its_own(plan: wushe.Plan) -> None:
    """Nobody named is said as such, and such a list comes last."""
    last = task_lists(plan, [Due("H-0001", None, "x", None)]).lists[-1]
    assert last.worker is None
    assert [t.kind for t in last.tasks] == ["visit"]


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_task_lists_print_as_promised(
    plan: wushe.Plan, page: "Page", tmp_path: Path, lang: str
) -> None:
    """Each list begins on a page of its own, and no page flows over."""
    lists = task_lists(plan, [Due("H-0001", "W-01", "信号：独居，近30天无联系；" * 20, None)])
    paper = lists.printable(lang=lang, audience="internal")
    pages = _printed(page, paper.html(), tmp_path)
    assert len(pages) == paper.pages
    firsts = [p for p in pages if "第 1 页" in p or "page 1 of" in p]
    assert len(firsts) == len(lists.lists)

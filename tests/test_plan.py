"""The plan as its readers meet it: text, rows, JSON, page, picture; empty cities; many threads."""

import datetime as dt
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wushe
from cities import ON, Rows, city_of, seeded_rows, village
from conftest import campaign
from wushe import Plan
from wushe.plan.plan import COLUMNS
from wushe.testing import made_up_city

PLUGINS = wushe.load_plugins()
LANGS = ("zh", "en")


def planned(rows: Rows, **options: Any) -> Plan:
    """Return the plan of `rows`."""
    return wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON, **options)


def visits(n: int) -> list[wushe.Need]:
    """Return one visit for each of `n` households."""
    return [
        wushe.Need(id=f"N{i}", category="visit", household=f"H{i}", quantity=1, unit="hour")
        for i in range(n)
    ]


def households(n: int, **change: Any) -> list[wushe.Household]:
    """Return `n` households that consent."""
    fine: dict[str, Any] = {"place": "420106001001", "referral_consent": True}
    return [wushe.Household(id=f"H{i}", **{**fine, **change}) for i in range(n)]


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Return the plan of a city of moderate size with every sort of outcome."""
    city = made_up_city(np.random.default_rng(5), PLUGINS, needs=80, offers=60, streets=3)
    return wushe.make_plan(city, plugins=PLUGINS, on=ON)


# --- text --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_texts_are_whole_sentences(plan: Plan, lang: str, seed: int) -> None:
    """No unfilled template, no None, no Python in what a social worker reads."""
    plans = [plan, *(planned(seeded_rows([seed, 51, at])) for at in range(30))]
    for made in plans:
        said = [made.summary(lang), *(c.explain(lang, "internal") for c in made)]
        for text in said:
            assert not [w for w in ("{", "}", "None", "nan", "Text(", "<") if w in text], text
            assert "  \n" not in text


def test_languages_do_not_mix(plan: Plan) -> None:
    """An English explanation has no Chinese words but names and places."""
    words = ("理由", "备选", "尚缺", "下一步", "责任社工", "待定", "小时", "元", "件", "未记录")
    for text in (plan.summary("en"), *(c.explain("en") for c in plan)):
        assert not [word for word in words if word in text]


def test_the_summary_has_the_headline_figures(plan: Plan) -> None:
    """Households, needs, reasons, proof and plugins, each with its number."""
    said = plan.summary("en")
    assert f"{plan.needs} needs: {plan.served} served" in said
    assert f"{len(plan)} households and institutions" in said
    assert "Optimality: proven" in said
    assert "Active plugins: defaults" in said
    assert sum(plan.reasons().values()) == plan.needs - plan.served
    assert list(plan.reasons().values()) == sorted(plan.reasons().values(), reverse=True)


def test_an_explanation_says_what_by_whom_why_and_who_came_next(plan: Plan) -> None:
    """Why this, why not that, what is missing."""
    said = "\n".join(client.explain("en") for client in plan)
    for word in ("Planned help:", "; why: ", "next best: ", "Not solved yet:", "Next: ", "Responsible worker:"):  # fmt: skip
        assert word in said


def test_an_unknown_client_is_named_with_an_example(plan: Plan) -> None:
    """The error shows what ids look like."""
    with pytest.raises(KeyError, match=r"'H-none'.*H-"):
        plan["H-none"]


@pytest.mark.parametrize("method", ["summary", "rows", "to_json", "to_html"])
def test_an_unknown_language_is_refused(plan: Plan, method: str) -> None:
    """Nothing falls back in silence."""
    call = getattr(plan, method)
    with pytest.raises(ValueError, match="'zh' or 'en'"):
        call(lang="fr")


@pytest.mark.parametrize("method", ["rows", "to_json", "to_html", "to_frame"])
def test_an_unknown_audience_is_refused(plan: Plan, method: str) -> None:
    """A slip never falls through to the open view."""
    with pytest.raises(ValueError, match="masked"):
        getattr(plan, method)(audience="everyone")


# --- dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", ["2025-09-15", dt.date(2025, 9, 15)])
def test_a_date_may_be_text_or_date(on: Any) -> None:
    """Both mean the same calendar day."""
    made = wushe.make_plan(city_of(village(), PLUGINS), plugins=PLUGINS, on=on)
    assert made.on == dt.date(2025, 9, 15)


@pytest.mark.parametrize(
    "on",
    [
        "2025-9-15",
        "15.9.2025",
        "2025-02-29",
        "",
        None,
        20250915,
        dt.datetime(2025, 9, 15),  # noqa: DTZ001
        np.datetime64("2025-09-15"),
        "2025-W38-1",  # a week date is not what the message promises
    ],
    ids=repr,
)
def test_what_is_no_calendar_date_is_refused(on: Any) -> None:
    """The message shows the value and an example."""
    with pytest.raises(ValueError, match="2025-09-15"):
        wushe.make_plan(city_of(village(), PLUGINS), plugins=PLUGINS, on=on)


# --- rows, frames, JSON, CSV, page ---------------------------------------------------------------


def test_rows_and_frame_have_the_promised_columns(plan: Plan) -> None:
    """One row per item and per unserved remainder; amounts are integers in base units."""
    rows = plan.rows()
    assert len(rows) == len(plan.items) + len(plan.unserved)
    frame = plan.to_frame("pandas")
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == len(rows)
    amounts = [row[COLUMNS.index("amount")] for row in rows]
    assert all(type(amount) is int and amount > 0 for amount in amounts)
    table = plan.to_frame("pyarrow")
    assert tuple(table.column_names) == COLUMNS


def test_json_has_a_version_and_adds_up(plan: Plan) -> None:
    """Figures, proof, plugins and every household; the figures match the plans below them."""
    found = json.loads(plan.to_json(lang="en"))
    assert found["wushe_plan"] == 1
    assert found["on"] == "2025-09-15"
    assert found["plugins"] == [{"name": n, "version": v} for n, v in plan.versions]
    assert found["proof"]["status"] == "optimal"
    assert found["proof"]["objective"] == found["proof"]["bound"]
    assert len(found["plans"]) == found["figures"]["clients"] == len(plan)
    short = [s for c in found["plans"] for s in c["unserved"]]
    assert len(short) == found["figures"]["needs"] - found["figures"]["served"]
    assert sum(found["figures"]["reasons"].values()) == len(short)


def test_files_are_written_where_asked(plan: Plan, tmp_path: Path) -> None:
    """The page returns its text and writes the same; the table opens in a spreadsheet."""
    page, table = tmp_path / "计划.html", tmp_path / "计划.csv"
    assert plan.to_html(page) == page.read_text("utf-8")
    assert plan.to_csv(table) == table
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(table.read_text("utf-8-sig").splitlines()) == 1 + len(plan.rows())


def test_the_page_needs_nothing_from_outside(plan: Plan) -> None:
    """It opens offline: no address to fetch from."""
    html = plan.to_html()
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html
    assert "@import" not in html


def test_the_picture_speaks_the_language_asked_for() -> None:
    """The English picture names volunteers in English."""
    volunteers = [
        wushe.Volunteer(
            id="V", name="志愿者", place="420106001001", skills=("visiting",), weekly_hours=1
        )
    ]
    made = planned(village(households=households(1), needs=visits(1), volunteers=volunteers))
    assert made.items
    assert "东一志愿者" in made.plot("zh").svg
    assert "东一志愿者" not in made.plot("en").svg


def test_an_internal_page_does_not_claim_to_be_masked(plan: Plan) -> None:
    """Whoever prints the page must see which of the two it is."""
    assert plan.to_html(audience="internal") != plan.to_html()


# --- empty cities ------------------------------------------------------------------------------

EMPTY = {
    "nothing at all": {name: [] for name in village()},
    "nobody in need": village(offers=[wushe.Offer(id="A", provider="CC1", categories=("visit",), quantity=1, unit="hour")]),
    "nobody who helps": village(needs=[wushe.Need(id="N", category="visit", household="H")]),
    "nothing open": village(needs=[wushe.Need(id="N", category="visit", household="H", status="met")]),
}  # fmt: skip


@pytest.mark.parametrize("rows", EMPTY.values(), ids=EMPTY.keys())
def test_an_empty_city_has_an_honest_plan(rows: Rows, tmp_path: Path) -> None:
    """No figure is made up, nothing fails, everything can be written."""
    made = planned(rows)
    assert made.items == ()
    assert made.matching.flow.status == "optimal"
    assert wushe.check_plan(made) == []
    for lang in LANGS:
        assert "nan" not in made.summary(lang)
        assert json.loads(made.to_json(lang=lang))["figures"]["served"] == 0
        assert made.to_html(lang=lang).startswith("<!")
        assert made.plot(lang).svg
    assert tuple(made.to_frame().columns) == COLUMNS
    assert made.to_csv(tmp_path / "x.csv").exists()
    assert pickle.loads(pickle.dumps(made)).summary() == made.summary()
    if not made.unserved:
        assert (len(made), made.needs, made.reasons()) == (0, 0, {})


# --- responsible workers -----------------------------------------------------------------------


def staffed(n: int, *workers: wushe.SocialWorker) -> Rows:
    """Return `n` households in need beside a station with `workers`."""
    return village(
        households=households(n),
        needs=visits(n),
        stations=[wushe.Station(id="S", name="东街社工站", place="420106001")],
        social_workers=list(workers),
    )


def worker(key: str, **change: Any) -> wushe.SocialWorker:
    """Return a worker of the station."""
    return wushe.SocialWorker(id=key, name="社工", station="S", **change)


def load(made: Plan) -> dict[str | None, int]:
    """Return how many households each worker is responsible for."""
    found: dict[str | None, int] = {}
    for client in made:
        key = client.worker.id if client.worker else None
        found[key] = found.get(key, 0) + 1
    return found


def test_workers_take_turns() -> None:
    """The least loaded takes the next household."""
    made = planned(staffed(6, worker("W1"), worker("W2"), worker("W3", caseload=2)))
    # W3 has two already, so that the first four go to the others; ties go by id
    assert load(made) == {"W1": 3, "W2": 3}


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        # three of two: the third household waits
        ([worker("W1", caseload_limit=2)], {"W1": 2, None: 1}),
        # the caseload of now counts
        ([worker("W1", caseload=4, caseload_limit=5)], {"W1": 1, None: 2}),
        # full, and over full
        ([worker("W1", caseload=5, caseload_limit=5)], {None: 3}),
        ([worker("W1", caseload=9, caseload_limit=5)], {None: 3}),
        ([worker("W1", caseload_limit=0)], {None: 3}),
        # no limit known: no limit
        ([worker("W1")], {"W1": 3}),
        ([worker("W1", caseload_limit=1), worker("W2", caseload_limit=1)], {"W1": 1, "W2": 1, None: 1}),
    ],
)  # fmt: skip
def test_nobody_takes_more_than_the_limit(
    workers: list[wushe.SocialWorker], expected: dict[str | None, int]
) -> None:
    """Where all are full nobody is named, and the plan says so."""
    made = planned(staffed(3, *workers))
    assert load(made) == expected
    if None in expected:
        assert any("to be named" in client.explain("en") for client in made)


def test_a_recorded_worker_stays() -> None:
    """Who is responsible already remains so, whatever the load."""
    rows = staffed(1, worker("W1"), worker("W2", caseload=99, caseload_limit=1))
    rows["households"] = households(1, responsible_worker="W2")
    made = planned(rows)
    assert load(made) == {"W2": 1}
    lead = made["H0"].lead
    assert lead is not None
    assert lead.id == "S"


# --- clients, processes, threads, sizes ----------------------------------------------------------


def test_a_household_and_an_institution_of_one_id_are_not_mixed_up() -> None:
    """Ids look up plans, so one id for two clients is refused and named."""
    rows = village(
        households=households(1),
        institutions=[wushe.Institution(id="H0", name="养老院", place="420106001001")],
        needs=[*visits(1), wushe.Need(id="N9", category="food", institution="H0")],
    )
    with pytest.raises(wushe.InputError, match="H0"):
        planned(rows)


def test_amounts_that_add_up_beyond_reason_are_an_error_not_a_crash() -> None:
    """A hundred needs of the largest amount each: planned, or refused as input with its reason."""
    fund = wushe.Fund(
        id="F", name="基金", host="O", balance_fen=10**12, purposes=("living_aid",), reach="nation"
    )
    needs = [
        wushe.Need(id=f"N{i}", category="living_aid", household="H", quantity=10**12, unit="fen")
        for i in range(100)
    ]
    try:
        made = planned(village(needs=needs, funds=[fund]))
    except wushe.WusheError:
        return
    assert wushe.check_plan(made) == []
    assert sum(item.amount for item in made.items) == 10**12


def test_pickling_keeps_everything(plan: Plan) -> None:
    """Plans travel between processes."""
    back: Plan = pickle.loads(pickle.dumps(plan))
    assert back.to_json(audience="internal") == plan.to_json(audience="internal")
    assert back.to_html() == plan.to_html()
    assert back.versions == plan.versions


def test_eight_threads_read_one_plan(plan: Plan) -> None:
    """Everyone gets the same answers."""

    def read(_: int) -> tuple[str, ...]:
        return (
            plan.summary(), plan.to_json(), plan.to_html(), plan.plot("en").svg, str(plan.rows()),
            *(client.explain("en") for client in plan),
        )  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(read, range(16)))
    assert len(answers) == 1


def test_progress_names_the_stages() -> None:
    """Long work says what it is doing, in both languages."""
    told: list[str] = []
    planned(village(), progress=lambda stage: told.append(stage.both()))
    assert len(told) == 3
    assert len(set(told)) == 3
    assert all("/" in stage for stage in told)


def test_a_work_limit_is_admitted_in_words() -> None:
    """A plan that stopped early says so, stands all the same, and claims no proof."""
    city = made_up_city(np.random.default_rng(6), PLUGINS, needs=400, offers=200, streets=3)
    made = wushe.make_plan(city, plugins=PLUGINS, on=ON, work_limit=0)
    assert made.matching.flow.status == "work_limit"
    assert "stopped at the work limit" in made.summary("en")
    assert "计算上限" in made.summary("zh")
    assert json.loads(made.to_json())["proof"]["status"] == "work_limit"
    assert wushe.check_plan(made) == []
    best = wushe.make_plan(city, plugins=PLUGINS, on=ON).matching.flow.objective
    assert made.matching.flow.bound <= best <= made.matching.flow.objective


@pytest.mark.slow
def test_a_page_of_twenty_thousand_needs_stays_under_ten_megabytes() -> None:
    """The page of a large city is still a file that one can send: 500 bytes a need."""
    n = campaign(tests=5_000, ci=20_000, soak=20_000)
    city = made_up_city(
        np.random.default_rng(7), PLUGINS, needs=n, offers=n * 2 // 5, streets=n // 500
    )
    made = wushe.make_plan(city, plugins=PLUGINS, on=ON)
    assert made.needs == n
    assert len(made.to_html().encode()) < 500 * n
    assert wushe.check_plan(made) == []


# --- plans written on demand ---------------------------------------------------------------------


def test_no_clients_plan_is_written_before_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city of a hundred thousand needs is planned and summed up from columns alone."""

    def refuse(**_: Any) -> None:
        raise AssertionError("a client's plan was written")

    monkeypatch.setattr("wushe.plan.clients.ClientPlan", refuse)
    city = made_up_city(np.random.default_rng(8), PLUGINS, needs=80, offers=60, streets=3)
    made = wushe.make_plan(city, plugins=PLUGINS, on=ON)
    assert made.served
    assert made.partly + sum(made.reasons().values())
    for lang in LANGS:
        assert f"{made.needs}" in made.summary(lang)
    with pytest.raises(AssertionError):
        next(iter(made))


def test_client_plans_are_a_mapping_in_the_order_of_ids(plan: Plan) -> None:
    """Looked up, walked through and asked for what is not there, as with any mapping."""
    keys = list(plan.clients)
    assert keys == sorted(keys)
    assert len(plan.clients) == len(keys) == len(plan)
    assert [c.client.id for c in plan.clients.values()] == keys
    assert plan.clients[keys[0]] == plan.clients[keys[0]] == plan[keys[0]]
    assert keys[-1] in plan.clients
    for absent in ("H-none", "", "zzz", None, 7):
        assert absent not in plan.clients
        assert plan.clients.get(absent) is None  # type: ignore[arg-type]
    assert all(c.client.name not in repr(plan.clients) for c in plan if c.client.name)


def test_the_headline_figures_are_those_of_the_clients_plans(plan: Plan, seed: int) -> None:
    """What is counted from columns is what a reader of all plans would count."""
    for made in (plan, *(planned(seeded_rows([seed, 52, at])) for at in range(20))):
        short = [s for client in made for s in client.unserved]
        assert made.partly == sum(s.partly for s in short)
        assert made.reasons() == {
            r: n for r in made.reasons() if (n := sum(s.reason == r for s in short))
        }
        assert len(short) == sum(made.reasons().values())
        whole = sum(client.status == "served" for client in made)
        providers = len({item.provider.id for item in made.items})
        said = made.summary("en")
        assert f"{len(made)} households and institutions, {whole} with every need served" in said
        assert f"{len(made.items)} items of help from {providers} providers" in said


def test_needs_of_a_client_come_most_urgent_first() -> None:
    """Within one urgency by id; items and what is missing in the same order."""
    urgency = ("low", "emergency", None, "urgent", "emergency")
    needs = [
        wushe.Need(id=f"N{i}", category="visit", household="H", quantity=1, unit="hour", urgency=u)
        for i, u in enumerate(urgency)
    ]
    (client,) = planned(village(needs=needs))
    assert [s.need for s in client.unserved] == ["N1", "N4", "N3", "N2", "N0"]
    assert [s.urgency for s in client.unserved] == [3, 3, 2, 1, 0]


def test_the_runner_up_is_the_best_candidate_that_does_not_serve_the_need(
    plan: Plan, seed: int
) -> None:
    """Found for all needs at once, and one at a time from the list of candidates."""
    for made in (plan, *(planned(seeded_rows([seed, 53, at])) for at in range(20))):
        row_of = {key: row for row, key in enumerate(made.matching.prepared.needs["id"])}
        for item in made.items:
            expected = made.matching.runner_up(row_of[item.need])
            if expected is None:
                assert item.runner_up is None
                continue
            assert item.runner_up is not None
            offer, extra = expected
            provider, thousandths = item.runner_up
            assert provider.id == made.matching.prepared.offers["provider"][offer]
            assert thousandths == round(1000 * extra / made.matching.candidates.max_cost)


def test_without_a_station_the_first_community_of_the_place_leads() -> None:
    """The community of the home or of a place above it; of several the first by id; else nobody."""
    rows = village(
        communities=[
            wushe.Community(id="C3", name="区", place="420106"),
            wushe.Community(id="C2", name="东一居委会", place="420106001001"),
            wushe.Community(id="C4", name="东一二", place="420106001001"),
            wushe.Community(id="C1", name="西一居委会", place="420106002001"),
        ],
        households=[
            *households(1),
            wushe.Household(id="H1", place="420106001002", referral_consent=True),
            wushe.Household(id="H2", place="420106002001", referral_consent=True),
            wushe.Household(id="H3", place="X1", referral_consent=True),
            wushe.Household(id="H4", referral_consent=True),
        ],
        needs=visits(5),
    )
    found = [client.lead and client.lead.id for client in planned(rows)]
    assert found == ["C2", "C3", "C1", None, None]

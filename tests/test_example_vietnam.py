"""examples/vietnam_households.py: real households linked, assessed, explained; the page shows it."""

import datetime as dt
import importlib
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from pathlib import Path
from statistics import correlation, mean, median
from typing import Any, NamedTuple

import numpy as np
import pytest

from test_docs import agrees, blocks_of
from wushe.relief.explain import replay

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "examples" / "vietnam_households.py"
PAGE = ROOT / "docs" / "explanation" / "vietnam.md"


def load() -> Any:
    """Import the example by name, from the folder of examples."""
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        return importlib.import_module(SCRIPT.stem)
    finally:
        sys.path.remove(str(SCRIPT.parent))


vietnam = load()


class Run(NamedTuple):
    """The example's own steps."""

    survey: Any
    found: Any
    reform: Any


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    """Return the folder of data, or skip where the two files are absent."""
    for name in (vietnam.HOUSEHOLDS, vietnam.PERSONS):
        if not (data_dir / vietnam.FOLDER / name).is_file():
            pytest.skip(f"no {name} in {data_dir / vietnam.FOLDER}")
    return data_dir


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    """Read, assess and compare as the script does."""
    survey = vietnam.read(folder)
    found = vietnam.assessed(survey)
    return Run(survey, found, vietnam.reformed(found, survey))


@pytest.fixture(scope="module")
def rows(folder: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the rows of both files as printed."""
    return tuple(  # type: ignore[return-value]
        vietnam.read_rows(folder / vietnam.FOLDER / name)
        for name in (vietnam.HOUSEHOLDS, vietnam.PERSONS)
    )


# --- reading -----------------------------------------------------------------------------------

HEAD = {"commune": "7", "hhsize": "2", "age": "40", "sex": "female", "lntotal": "9.21034"}
TEN_MILLION = "2.302585"  # what HEAD's 10,000 thousand dong are in million, as a logarithm


def people(
    *ages_and_sexes: tuple[int, str], expenditure: str = TEN_MILLION
) -> list[dict[str, str]]:
    """Return rows of persons of commune 7 with the file's labels of sex."""
    same = {"commune": "7", "lnhhexp": expenditure}
    return [{**same, "age": f"{math.log(a):.6f}", "sex": s} for a, s in ages_and_sexes]


def test_a_logarithm_is_undone_to_the_fen() -> None:
    """In decimals of the printed number, rounded half up; the age of whoever stands as 0 is 1."""
    assert vietnam.unlogged("10.13649", "0.01") == Decimal("25247.69")
    assert abs(float(vietnam.unlogged("10.13649", "0.01")) - math.exp(10.13649)) <= 0.005
    assert vietnam.unlogged("0.000000", "1") == 1
    assert vietnam.unlogged("3.7612", "1") == 43


def test_persons_of_one_household_are_found() -> None:
    """Same commune and size, the head among them by age and turned sex, expenditure that fits."""
    family = people((40, "male"), (12, "female"))
    assert vietnam.linked([HEAD], family) == {("7", TEN_MILLION): 0}


@pytest.mark.parametrize(
    "family",
    [
        people((40, "female"), (12, "female")),
        people((41, "male"), (12, "female")),
        people((40, "male")),
        people((40, "male"), (12, "female"), expenditure="2.6"),
        people((40, "male"), (12, "female"), expenditure="2.1"),
    ],
    ids=["sex as labelled", "another age", "another size", "spends more", "spends less"],
)
def test_what_does_not_fit_stays_unlinked(family: list[dict[str, str]]) -> None:
    """A household that cannot be told is not guessed."""
    assert vietnam.linked([HEAD], family) == {}


def test_two_that_fit_both_stay_unlinked() -> None:
    """Neither two households for one group of persons nor two groups for one household."""
    family = people((40, "male"), (12, "female"))
    assert vietnam.linked([HEAD, HEAD], family) == {}
    assert (
        vietnam.linked([HEAD], family + people((40, "male"), (9, "male"), expenditure="2.31")) == {}
    )


def test_the_links_are_borne_out_by_schooling(run: Run, rows: Any) -> None:
    """Diploma (of persons) and years of schooling (of heads) were not used to link, and agree."""
    heads = {f"H{n:04}": row for n, row in enumerate(rows[0], start=1)}
    pairs = []
    for one, row in zip(run.survey.persons, rows[1], strict=True):
        head = heads.get(one.household)
        if head and (vietnam.ON.year - one.birth.year, one.sex) == (int(head["age"]), head["sex"]):
            pairs.append((int(row["educ"]), float(head["educyr"])))
    of_diploma = {d: [years for e, years in pairs if e == d] for d in {e for e, _ in pairs}}
    told = [(mean(of_diploma[d]), years) for d, years in pairs]  # diplomas are no scale
    assert len(pairs) > 5000
    assert correlation(*zip(*told, strict=True)) > 0.9


def test_the_quirks_of_the_files_are_as_the_page_says(run: Run, rows: Any) -> None:
    """Turned labels of sex, absent households and members, infants, empty cells: counted here."""
    homes, persons = rows
    page = PAGE.read_text("utf-8")
    groups = Counter((row["commune"], row["lnhhexp"]) for row in persons)
    absent = Counter(int(h["hhsize"]) for h in homes)
    absent.subtract(groups.values())
    assert min(absent.values()) >= 0
    assert sum(n * size for size, n in absent.items()) == 744
    told = sum(one.household is not None for one in run.survey.persons)
    assert page.count(f"{told:,}") == 4  # figures and text, in both languages
    turned = vietnam.TURNED
    vietnam.TURNED = {sex: sex for sex in turned}
    try:
        unturned = len(vietnam.linked(homes, persons))
    finally:
        vietnam.TURNED = turned
    old = Counter(row["sex"] for row in persons if float(row["age"]) >= math.log(69.5))
    ages = Counter(round(math.exp(float(row["age"]))) for row in persons)
    above = sum(float(h["lnmed"]) > float(h["lntotal"]) for h in homes)
    no_spending = sum(h["lnexp12m"] in ("", "NA") for h in homes)
    shown = [
        absent.total(),
        744,
        absent[1],
        unturned,
        old["male"],
        old["female"],
        ages[1],
        ages[2],
        above,
        no_spending,
    ]
    for number in shown:
        assert re.search(rf"(?<![\d,.]){number}(?![\d.])", page), number


# --- answers -----------------------------------------------------------------------------------


def test_every_household_and_person_has_an_answer(run: Run) -> None:
    """5,999 and 27,765 of them, and across the policies all three answers occur."""
    answers = [run.found.answer(policy.id) for policy in vietnam.POLICIES]
    assert [len(a) for a in answers] == [5999, 5999, 27765]
    assert [set(a.tolist()) for a in answers] == [{0, 1}, {-1, 0, 1}, {-1, 0, 1}]


def test_answers_and_gaps_are_those_of_plain_arithmetic(run: Run, rows: Any) -> None:
    """Lines, answers and fen, computed here from the printed rows with other means."""
    fen = [math.floor(Decimal(h["lntotal"]).exp() * 100 + Decimal("0.5")) for h in rows[0]]
    sizes, zones = [int(h["hhsize"]) for h in rows[0]], [h["urban"] for h in rows[0]]
    line = {}
    for zone in ("yes", "no"):
        heads = [Fraction(f, n) for f, n, z in zip(fen, sizes, zones, strict=True) if z == zone]
        line[zone] = math.floor(Fraction(median(heads)) / 2 + Fraction(1, 2))
    gap = [line[z] * n - f for f, n, z in zip(fen, sizes, zones, strict=True)]
    poor = [g > 0 for g in gap]
    deep = [5 * f < 3 * line[z] * n for f, n, z in zip(fen, sizes, zones, strict=True)]
    found = run.found
    assert found.answer("vn_per_head").tolist() == [int(p) for p in poor]
    assert found.answer("vn_tested").tolist() == [
        1 if d else -1 if p else 0 for p, d in zip(poor, deep, strict=True)
    ]
    low, high = found.amount("vn_per_head", "gap")
    assert low.tolist() == high.tolist() == gap
    assert int(low[found.answer("vn_per_head") == 1].sum()) == sum(g for g in gap if g > 0)


def test_an_allowance_is_open_only_where_the_household_is_not_known(run: Run) -> None:
    """Old and uninsured: yes or no in a known household, unknown in none; all others no."""
    poor = dict(zip(run.found.units("vn_per_head"), run.found.answer("vn_per_head"), strict=True))
    expected = []
    for one in run.survey.persons:
        old = (vietnam.ON - one.birth).days >= 60 * 365.25
        asked = old and not one.insured
        expected.append(0 if not asked else -1 if one.household is None else poor[one.household])
    assert run.found.answer("vn_elder").tolist() == expected


def test_higher_lines_only_add(run: Run) -> None:
    """Nobody leaves; new are those whose gap to the higher line is above 0; costs add up."""
    change = run.reform.changes["vn_per_head"]
    assert not change.no_longer.any()
    lines = {
        zone: Fraction(line) * 100 * Fraction(11, 10) for zone, line in run.survey.lines.items()
    }
    gaps = [lines[h.zone] * h.members_count - h.income_year_fen for h in run.survey.households]
    assert change.new.tolist() == [int(gap > 0) for gap in gaps]
    before, after, more = run.reform.costs("vn_per_head", "year")
    assert after.lo == sum(math.floor(gap + Fraction(1, 2)) for gap in gaps if gap > 0)
    assert after.lo - before.lo == more.lo


# --- explanations ------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_household_is_explained(run: Run, campaign: Callable[..., int]) -> None:
    """Each explanation names the household, its answer, its condition, and the amount or what would help."""
    said = {1: "possible", 0: "not", -1: "unknown"}
    for policy in ("vn_per_head", "vn_tested"):
        gap = run.found.amount(policy, "gap")[0]
        answers = run.found.answer(policy)
        step = campaign(tests=8, ci=1, soak=1) * (1 if policy == "vn_per_head" else 10)
        for row, home in islice(enumerate(run.found.units(policy)), 0, None, step):
            one = run.found.explain(home, policy)
            assert (one.id, one.answer) == (home, said[answers[row]])
            assert one.conditions
            if answers[row] == 1:
                assert [(a.low, a.high) for a in one.amounts] == [(gap[row], gap[row])]
            elif answers[row] == -1:
                assert [q.field for q in one.questions] == ["property_ok"]
            elif policy == "vn_per_head":
                assert [(c.how, c.by) for c in one.changes] == [("less", 1 - gap[row])]


def test_explanations_replay_and_say_both_languages(run: Run) -> None:
    """The three shown ones: one of each answer, identical when made again, with their numbers."""
    shown = [run.found.explain(*pair) for pair in vietnam.examples(run.found)]
    assert [one.answer for one in shown] == ["possible", "not", "unknown"]
    for one in shown:
        assert replay(one, run.found.policies, run.found.book).identical
        income = one.facts.rows["households"][one.id]["income_year_fen"]
        for lang in ("zh", "en"):
            assert f"{income / 100:.2f}" in one.say(lang)


def test_the_nearest_no_is_the_nearest(run: Run) -> None:
    """The second example: less of a gap than any other household that is possibly not eligible."""
    home, policy = vietnam.examples(run.found)[1]
    above = -run.found.amount(policy, "gap")[0][run.found.answer(policy) == 0]
    change = run.found.explain(home, policy).changes[0]
    assert change.by == int(np.min(above)) + 1
    assert vietnam.thousand(change.by) in change.text.zh


# --- what a reader sees ------------------------------------------------------------------------


def test_the_page_shows_what_a_run_prints(run: Run) -> None:
    """The blocks of the page are the figures and explanations of a fresh run, in both languages."""
    blocks = [block.body for block in blocks_of(PAGE) if block.language == "text"]
    fresh = []
    for lang in ("zh", "en"):
        fresh += [vietnam.figures(*run, lang), vietnam.explained(run.found, lang)]
    assert len(blocks) == len(fresh)
    for expected, seen in zip(blocks, fresh, strict=True):
        assert agrees(expected, seen), f"--- the page\n{expected}\n--- a fresh run\n{seen}"


def test_page_and_script_say_what_the_figures_do_not_say() -> None:
    """Both print the note: real, anonymous, made-up rules, nothing about China; Chinese comes first."""
    page = PAGE.read_text("utf-8")
    assert vietnam.NOTE.zh in page
    assert vietnam.NOTE.en in page
    assert page.index(vietnam.NOTE.zh) < page.index(vietnam.NOTE.en)
    assert "数字不说明中国的任何情况" in vietnam.NOTE.zh


def test_without_data_the_script_says_so(tmp_path: Path) -> None:
    """It ends well and names the folder and the files."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(SCRIPT), "--data", str(tmp_path)],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stdout.count(vietnam.HOUSEHOLDS) == 2
    assert str(tmp_path / vietnam.FOLDER) in done.stdout


def test_nothing_made_up_passes_for_law() -> None:
    """Every rule and amount names itself as made up, and is in force in 1998 only."""
    for policy in vietnam.POLICIES:
        parts = (policy, *policy.conditions, *policy.amounts)
        assert {part.document for part in parts} == {vietnam.MADE_UP}
    lines = vietnam.line_parameters({"urban": Decimal(1), "rural": Decimal(1)})
    assert all(line.decides(vietnam.ON) for line in lines)
    assert not any(line.decides(dt.date(2026, 11, 22)) for line in lines)

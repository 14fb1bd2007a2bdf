"""Projects and activities: grants without conflicts of interest, and figures that say what they know."""

import datetime as dt
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.errors import RefusedError
from wushe.journal import Act, Domain, MemoryStore
from wushe.model.ordering import ProjectScore
from wushe.model.terms import Columns, Context
from wushe.orders.projects import (
    DOMAIN,
    Tally,
    activity_figures,
    close_project,
    correct_activity,
    decide_grant,
    figures_by,
    milestones_due,
    propose_project,
    reach_milestone,
    record_activity,
    score_round,
)
from wushe.orders.projects.problems import PROBLEMS


def _run(store: MemoryStore, command: Any, today: str = "2025-09-30", **arguments: Any) -> Any:
    act = Act(f"{today}T09:00:00+08:00", "OFFICE-1")
    return store.run(act, command, **arguments).answer


def _codes(refused: pytest.ExceptionInfo[RefusedError]) -> list[str]:
    return [problem.code for problem in refused.value.problems]


def _hold(store: MemoryStore, key: str, day: str = "2025-09-13", **fields: Any) -> Any:
    arguments = {"activity": key, "day": day, "category": "visit", **fields}
    return _run(store, record_activity, **arguments)


# --- one activity ------------------------------------------------------------------------------


def test_three_figures_are_kept_apart() -> None:
    """Person-times, persons and households of one occasion; who stated nothing stated nothing."""
    store = MemoryStore(DOMAIN)
    _hold(store, "A-1", person_times=60, persons=40, households=25)
    _hold(store, "A-2", person_times=30)
    one, other = store.state.get("activity", "A-1"), store.state.get("activity", "A-2")
    assert (one.person_times, one.persons, one.households) == (60, 40, 25)
    assert (other.person_times, other.persons, other.households) == (30, None, None)


@pytest.mark.parametrize(
    ("figures", "codes"),
    [
        ({"person_times": 30, "persons": 31}, ["more-persons-than-times"]),
        ({"persons": 10, "households": 11}, ["more-households-than-persons"]),
        (
            {"person_times": 10, "households": 11},
            ["more-households-than-persons"],
        ),  # persons unknown
        (
            {"person_times": 5, "persons": 6, "households": 7},
            ["more-persons-than-times", "more-households-than-persons"],
        ),
        ({"persons": -1, "households": -2}, ["project-value", "project-value"]),  # no counts
        ({"households": 2.5}, ["argument-type"]),
        ({"person_times": True}, ["argument-type"]),  # a flag is no number
        ({"day": "2025-10-01"}, ["project-value"]),  # has not been held
        ({"day": "20250913"}, ["project-value"]),  # not how days are written here
        ({"project": "PR-9"}, ["project-unknown"]),
        ({"organizer": "some words", "place": "\t"}, ["project-value", "project-value"]),  # no ids
    ],
)
def test_figures_that_cannot_be_are_refused(figures: dict[str, Any], codes: list[str]) -> None:
    """All at once, and nothing is kept."""
    store = MemoryStore(DOMAIN)
    with pytest.raises(RefusedError) as refused:
        _hold(store, "A-1", **figures)
    assert _codes(refused) == codes
    assert store.log == []


@pytest.mark.parametrize(
    "figures",
    [
        {"person_times": 5, "persons": 5, "households": 5},  # each once, each alone
        {"person_times": 0, "persons": 0, "households": 0},  # nobody came: 0 is not unknown
        {"households": 7},  # nothing else known
    ],
)
def test_figures_at_the_limit_are_fine(figures: dict[str, int]) -> None:
    """Equal is not more."""
    store = MemoryStore(DOMAIN)
    assert _hold(store, "A-1", **figures)["households"] == figures["households"]


def test_a_list_counts_itself() -> None:
    """Two of one household, one of them twice, and one alone: 4 times, 3 persons, 2 households."""
    store = MemoryStore(DOMAIN)
    came = [("P-1", "H-1", 2), ("P-2", "H-1"), ("P-3", "H-3")]
    answer = _hold(store, "A-1", participants=came)
    assert answer == {"activity": "A-1", "person_times": 4, "persons": 3, "households": 2}


def test_a_list_without_a_household_shows_no_number_of_them() -> None:
    """A rough sleeper may have none, or nobody asked: unknown is not 0."""
    store = MemoryStore(DOMAIN)
    assert _hold(store, "A-1", participants=[("P-1", "H-1"), ("P-2", None)])["households"] is None


def test_stated_figures_may_be_above_the_list_but_not_below() -> None:
    """Ten came and three signed; two cannot have come when three signed."""
    store = MemoryStore(DOMAIN)
    came = [("P-1", "H-1"), ("P-2", "H-2"), ("P-3", "H-3")]
    assert _hold(store, "A-1", participants=came, person_times=10, persons=10)["persons"] == 10
    with pytest.raises(RefusedError) as refused:
        _hold(store, "A-2", participants=came, persons=2)
    assert _codes(refused) == ["fewer-than-listed"]


def test_a_person_is_on_a_list_once_and_is_not_named_when_refused() -> None:
    """The line is told, not the person."""
    store = MemoryStore(DOMAIN)
    with pytest.raises(RefusedError) as refused:
        _hold(store, "A-1", participants=[("P-77", "H-1"), ("P-77", "H-1"), ("P-2", None, 0)])
    assert _codes(refused) == ["listed-twice", "project-value"]
    assert "P-77" not in refused.value.say("zh") + refused.value.say("en")
    assert "participants[2]" in refused.value.say("en")


def test_an_activity_is_recorded_once() -> None:
    """The same id again is a mistake; a correction is another command."""
    store = MemoryStore(DOMAIN)
    _hold(store, "A-1", persons=3)
    with pytest.raises(RefusedError) as refused:
        _hold(store, "A-1", persons=4)
    assert _codes(refused) == ["project-known-before"]


def test_a_correction_gives_all_figures_anew() -> None:
    """What is not said again is unknown again; an activity that was not held counts nothing."""
    store = MemoryStore(DOMAIN)
    _hold(store, "A-1", person_times=30, persons=20)
    _hold(store, "A-2", person_times=10)
    _run(store, correct_activity, activity="A-1", reason="miscounted", person_times=25)
    held = store.state.get("activity", "A-1")
    assert (held.person_times, held.persons, held.version) == (25, None, 2)
    _run(store, correct_activity, activity="A-2", reason="not_held")
    figures = activity_figures(store.state)
    assert (figures.activities, figures.person_times.exact) == (1, 25)
    with pytest.raises(RefusedError):
        _run(store, correct_activity, activity="A-1", reason="other", person_times=25)


# --- sums --------------------------------------------------------------------------------------


def test_unknown_stays_unknown_in_every_sum() -> None:
    """One activity of two without figures: the sum says at least, never that nobody came."""
    store = MemoryStore(DOMAIN)
    _hold(store, "A-1", person_times=30, persons=30, households=20)
    _hold(store, "A-2")
    figures = activity_figures(store.state)
    assert figures.person_times == Tally(30, None)
    assert (figures.person_times.say("zh"), figures.person_times.say("en")) == (
        "至少 30",
        "at least 30",
    )
    assert figures.persons == Tally(30, None)
    assert figures.households == Tally(20, None)


def test_persons_of_two_activities_do_not_add_up() -> None:
    """30 and 20 persons are 30 to 50: the same may have come twice. Person-times are 50."""
    store = MemoryStore(DOMAIN)
    _hold(store, "A-1", person_times=30, persons=30)
    _hold(store, "A-2", person_times=20, persons=20)
    figures = activity_figures(store.state)
    assert figures.person_times == Tally(50, 50)
    assert figures.persons == Tally(30, 50)
    assert figures.persons.say("zh") == "30 至 50"


def test_listed_persons_are_counted_once() -> None:
    """Over all activities of a project, exactly, also where a list is not complete but its size known."""
    store = MemoryStore(DOMAIN)
    _hold(store, "A-1", participants=[("P-1", "H-1"), ("P-2", "H-2")])
    _hold(store, "A-2", participants=[("P-2", "H-2"), ("P-3", "H-2")])
    figures = activity_figures(store.state)
    assert (figures.persons.exact, figures.households.exact) == (3, 2)
    _hold(store, "A-3", participants=[("P-3", "H-2")], persons=4, person_times=4)
    assert activity_figures(store.state).persons == Tally(4, 6)


def test_figures_by_project_unit_and_month() -> None:
    """A unit's figures are over its projects; an activity of no project stands in a row of its own."""
    store = MemoryStore(DOMAIN)
    for key, unit in (("PR-1", "U-1"), ("PR-2", "U-1")):
        propose = {"project": key, "organization": "ORG-1", "budget_fen": 100, "unit": unit}
        _run(store, propose_project, **propose)
    _hold(store, "A-1", project="PR-1", participants=[("P-1", "H-1")])
    _hold(store, "A-2", project="PR-2", participants=[("P-1", "H-1")], day="2025-08-31")
    _hold(store, "A-3", persons=9)
    assert [a.organizer for a in store.state.find("activity")] == ["ORG-1", "ORG-1", None]
    by_project = figures_by(store.state, "project")
    assert {k: f.persons.exact for k, f in by_project.items()} == {"": 9, "PR-1": 1, "PR-2": 1}
    assert activity_figures(store.state, unit="U-1").persons.exact == 1
    by_month = figures_by(store.state, "month", unit="U-1")
    assert {k: f.activities for k, f in by_month.items()} == {"2025-08": 1, "2025-09": 1}
    early = activity_figures(store.state, until=dt.date(2025, 8, 31))
    assert early.activities == 1
    with pytest.raises(ValueError, match="by"):
        figures_by(store.state, "colour")


def test_a_service_complex_with_stated_figures_only() -> None:
    """Nanqi in Hefei: 278 activities, over 4,100 person-times; how many persons nobody stated."""
    store = MemoryStore(DOMAIN)
    for n in range(278):
        _hold(store, f"A-{n}", unit="NANQI", person_times=None if n == 0 else 15)
    figures = activity_figures(store.state, unit="NANQI")
    assert figures.activities == 278
    assert figures.person_times == Tally(4155, None)
    assert figures.persons.exact is None
    assert "至少 4155 人次" in figures.say("zh")


def test_who_moves_belongs_to_two_households() -> None:
    """One person, served in May with H-1 and in June with H-2: two households, and the bounds stay sound."""
    store = MemoryStore(DOMAIN)
    _hold(store, "A-1", participants=[("P-1", "H-1")])
    _hold(store, "A-2", participants=[("P-1", "H-2")])
    figures = activity_figures(store.state)
    assert (figures.persons, figures.households) == (Tally(1, 1), Tally(2, 2))


# A world in which everything is known: persons 0..5, of households 0..2; person 4 moves each time to
# another one and back, person 5 has none.
_HOMES = (["H-0", "H-0", "H-1", "H-1", "H-2", None], ["H-0", "H-0", "H-1", "H-1", "H-3", None])
_OCCASION = st.tuples(
    st.dictionaries(st.integers(0, 5), st.integers(1, 3), max_size=6),  # who came how often
    st.sampled_from(["list", "part", "figures", "times", "persons", "nothing"]),
)


def _told(n: int, came: dict[int, int], how: str) -> dict[str, Any]:
    """Return what is recorded of an occasion: its list, a part of it, some figures, or nothing."""
    where = _HOMES[n % 2]
    rows = [(f"P-{p}", where[p], times) for p, times in sorted(came.items())]
    homes = {where[p] for p in came} - {None}
    times, persons = sum(came.values()), len(came)
    stated = {"person_times": times, "persons": persons, "households": len(homes)}
    return {
        "list": {"participants": rows, **({} if rows else stated)},
        "part": {"participants": rows[: len(rows) // 2], **stated},
        "figures": stated,
        "times": {"person_times": times},
        "persons": {"persons": persons},
        "nothing": {},
    }[how]


@given(st.lists(_OCCASION, max_size=5))
def test_the_true_figures_lie_within_what_is_told(
    occasions: list[tuple[dict[int, int], str]],
) -> None:
    """Beside an independent recount of who really came: bounds hold, and full lists are exact."""
    store = MemoryStore(DOMAIN)
    for n, (came, how) in enumerate(occasions):
        _hold(store, f"A-{n}", **_told(n, came, how))
    times = sum(sum(came.values()) for came, _ in occasions)
    persons = {p for came, _ in occasions for p in came}
    homes = {_HOMES[n % 2][p] for n, (came, _) in enumerate(occasions) for p in came} - {None}
    figures = activity_figures(store.state)
    truth = {"person_times": times, "persons": len(persons), "households": len(homes)}
    for name, number in truth.items():
        tally = getattr(figures, name)
        assert tally.at_least <= number
        assert tally.at_most is None or number <= tally.at_most
    if all(how == "list" for _, how in occasions):
        assert figures.person_times.exact == times
        assert figures.persons.exact == len(persons)
        if 5 not in persons:
            assert figures.households.exact == len(homes)
    again = MemoryStore(DOMAIN, log=list(store.log))
    assert activity_figures(again.state) == figures


# --- projects ----------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class City:
    """As much of loaded plugins as scoring asks for; keeps what it was shown."""

    criteria: tuple[tuple[str, int, list[float]], ...]
    seen: list[Columns] = attrs.field(factory=list)
    categories: dict[str, Any] = attrs.field(factory=dict)
    target_groups: dict[str, Any] = attrs.field(factory=dict)
    versions: tuple[tuple[str, str], ...] = (("hefei", "1.0"),)

    def score_projects(self, projects: Columns, context: Context) -> list[ProjectScore]:
        """Return the criteria, whatever the projects are."""
        assert context.on == dt.date(2025, 9, 30)
        self.seen.append(projects)
        return [ProjectScore(n, w, np.array(v[: len(projects)])) for n, w, v in self.criteria]


def _proposed(*keys: str, city: City | None = None, domain: Domain = DOMAIN) -> MemoryStore:
    store = MemoryStore(domain, city)  # type: ignore[arg-type]
    for key in keys:
        _run(
            store,
            propose_project,
            project=key,
            organization=f"ORG-{key}",
            budget_fen=1_000_000,
            fund="F-1",
            goals={"persons": 30, "activities": 2},
            milestones=["2025-10-31", "2025-09-30"],
            interested=["W-1"],
        )
    return store


def test_scores_are_weighted_means_with_all_criteria_kept() -> None:
    """(3 x 0.5 + 1 x 1.0) / 4 = 0.625; the parts, their weights and the plugins stay with the score."""
    city = City((("reach", 3, [0.5, 0.8]), ("thrift", 1, [1.0, 0.1])))
    store = _proposed("PR-1", "PR-2", city=city)
    answer = _run(store, score_round, scored_in="2025", projects=["PR-2", "PR-1"])
    assert answer == {"PR-1": {"score": 625, "rank": 1}, "PR-2": {"score": 625, "rank": 1}}
    kept = store.state.get("project_score", "2025/PR-1")
    parts = [(c.name, c.weight, c.value) for c in kept.criteria]
    assert parts == [("reach", 3, 500), ("thrift", 1, 1000)]
    assert kept.plugins == (("hefei", "1.0"),)
    assert store.state.get("project", "PR-2").score == 625


def test_criteria_see_figures_and_unknown_ones_as_minus_one() -> None:
    """Exact figures only: a bound is no figure. Without a ledger nobody knows what was spent."""
    city = City((("reach", 1, [0.5, 0.5]),))
    store = _proposed("PR-1", "PR-2", city=city)
    _hold(store, "A-1", project="PR-1", persons=10, person_times=10)
    _hold(store, "A-2", project="PR-1", persons=10, person_times=10)
    _run(store, score_round, scored_in="2025", projects=["PR-1", "PR-2"])
    (seen,) = city.seen
    assert seen["activities"].tolist() == [2, 0]
    assert seen["person_times"].tolist() == [20, 0]
    assert seen["persons"].tolist() == [-1, 0]
    assert seen["spent_fen"].tolist() == [-1, -1]
    assert seen["milestones"].tolist() == [2, 2]


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.lists(st.integers(0, 1000), min_size=3, max_size=3)),
        min_size=1,
        max_size=4,
    )
)
def test_ranks_follow_the_exact_sums(criteria: list[tuple[int, list[int]]]) -> None:
    """An own count with whole numbers gives the same order, equal sums the same rank, every score in 0..1000."""
    named = [(f"c{n}", w, [v / 1000 for v in vs]) for n, (w, vs) in enumerate(criteria)]
    keys = ["PR-1", "PR-2", "PR-3"]
    store = _proposed(*keys, city=City(tuple(named)))
    answer = _run(store, score_round, scored_in="2025", projects=keys)
    sums = [sum(w * vs[row] for w, vs in criteria) for row in range(3)]
    for row, key in enumerate(keys):
        assert answer[key]["rank"] == 1 + sum(other > sums[row] for other in sums)
        weight = sum(w for w, _ in criteria)
        assert abs(answer[key]["score"] * weight - sums[row]) * 2 <= weight
        assert 0 <= answer[key]["score"] <= 1000


def test_without_criteria_nothing_is_scored() -> None:
    """No plugin, or one without an opinion: refused, not everybody equal."""
    for city in (None, City(())):
        store = _proposed("PR-1", city=city)
        with pytest.raises(RefusedError) as refused:
            _run(store, score_round, scored_in="2025", projects=["PR-1"])
        assert _codes(refused) == ["no-criteria"]


def test_nobody_decides_on_the_own_project() -> None:
    """The applicant and whoever has an interest in it, as juror or as the one who acts."""
    store = _proposed("PR-1")
    with pytest.raises(RefusedError) as refused:
        _run(store, decide_grant, project="PR-1", fen=100, jurors=["W-1", "W-2", "ORG-PR-1"])
    assert _codes(refused) == ["interested-party", "interested-party"]
    act = Act("2025-09-30T09:00:00+08:00", "W-1")
    with pytest.raises(RefusedError) as acting:
        store.run(act, decide_grant, project="PR-1", fen=100)
    assert _codes(acting) == ["interested-party"]
    assert store.state.get("project", "PR-1").status == "proposed"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"fen": 1_000_001}, "grant-over-budget"),  # more than asked for
        ({"fen": -1}, "grant-over-budget"),
        ({"fen": 1.5}, "argument-type"),  # no whole fen
        ({"fen": 0}, "project-value"),  # declined without a reason
        ({"fen": 0, "reason": "mood"}, "project-value"),  # no code of the list
        ({"fen": 1, "project": "PR-9"}, "project-unknown"),
    ],
)
def test_grants_that_cannot_be(arguments: dict[str, Any], code: str) -> None:
    """Refused with what would do."""
    store = _proposed("PR-1")
    with pytest.raises(RefusedError) as refused:
        _run(store, decide_grant, **{"project": "PR-1", **arguments})
    assert _codes(refused) == [code]


def test_a_project_is_decided_once() -> None:
    """Declined is declined; another round takes another proposal."""
    store = _proposed("PR-1")
    _run(store, decide_grant, project="PR-1", fen=0, reason="score")
    assert store.state.get("project", "PR-1").status == "declined"
    with pytest.raises(RefusedError) as refused:
        _run(store, decide_grant, project="PR-1", fen=100)
    assert _codes(refused) == ["project-status"]


def test_milestones_are_due_and_reached_with_evidence() -> None:
    """In order of their days; due only once the project is granted; reached once."""
    store = _proposed("PR-1")
    assert milestones_due(store.state, by=dt.date(2025, 12, 31)) == []
    _run(store, decide_grant, project="PR-1", fen=500_000)
    due = milestones_due(store.state, by=dt.date(2025, 12, 31))
    assert [(m.id, m.due_on) for m in due] == [("PR-1#1", "2025-09-30"), ("PR-1#2", "2025-10-31")]
    reach = {"milestone": "PR-1#1", "evidence": "DOC-17"}
    assert _run(store, reach_milestone, "2025-10-09", **reach)["late"] is True
    assert store.state.get("project", "PR-1").reached == 1
    assert [m.id for m in milestones_due(store.state, by=dt.date(2025, 12, 31))] == ["PR-1#2"]
    with pytest.raises(RefusedError):
        _run(store, reach_milestone, "2025-10-09", **reach)
    with pytest.raises(RefusedError) as words:
        _run(store, reach_milestone, milestone="PR-1#2", evidence="王奶奶的照片")
    assert _codes(words) == ["project-value"]
    assert "王奶奶" not in words.value.say("zh")


@pytest.mark.parametrize(
    ("figures", "met"),
    [
        ({"persons": 30, "person_times": 30}, True),  # one of the two had 30
        ({"persons": 10, "person_times": 10}, False),  # 20 at most
        ({"persons": 20, "person_times": 20}, None),  # 20 to 40: cannot be told
        ({}, None),  # nothing known
    ],
)
def test_goals_are_met_not_met_or_unknown(figures: dict[str, int], met: bool | None) -> None:
    """The goal of 30 persons over two activities."""
    store = _proposed("PR-1")
    _run(store, decide_grant, project="PR-1", fen=500_000)
    _hold(store, "A-1", project="PR-1", **figures)
    _hold(store, "A-2", project="PR-1", **figures)
    closed = _run(store, close_project, project="PR-1")
    assert closed["goals"] == {"activities": True, "persons": met}
    assert store.state.get("project", "PR-1").status == "closed"


def test_a_proposal_says_all_that_is_wrong_with_it() -> None:
    """Budget, days, milestones and goals at once."""
    store = MemoryStore(DOMAIN)
    with pytest.raises(RefusedError) as refused:
        _run(
            store,
            propose_project,
            project="PR-1",
            organization="ORG-1",
            budget_fen=0,
            since="2025-10-01",
            until="2025-09-01",
            milestones=["soon"],
            goals={"smiles": 3, "persons": 0},
        )
    assert [p.field for p in refused.value.problems] == [
        "budget_fen", "since", "milestones", "goals", "goals",
    ]  # fmt: skip


def test_every_refusal_reads_in_both_languages() -> None:
    """Each kind has its own code and no text of it is empty."""
    assert len({kind.code for kind in PROBLEMS}) == len(PROBLEMS)
    for kind in PROBLEMS:
        texts = [t for part in (kind.what, kind.expected, kind.todo) for t in (part.zh, part.en)]
        assert all(texts)

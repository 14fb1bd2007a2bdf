"""Who is due and why: intervals, priority, what is said of the unknown, and whether signals work."""

import datetime as dt
import pickle
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wushe
from wushe.identify.due import DueList, due_list
from wushe.identify.evaluation import evaluate_signals, wilson
from wushe.model import Visit, table_of
from wushe.model.storage import Array
from wushe.model.terms import Columns, Context, TargetGroup
from wushe.model.visiting import RiskSignal
from wushe.network import LinkageNetwork, build_network
from wushe.plugins.defaults.signals import risk_signals, visit_priority
from wushe.text import Text

ON = dt.date(2025, 9, 15)
GROUPS = {name: TargetGroup(name, name, name) for name in ("lone_elder", "dibao")}
PLACES = [
    wushe.Place(id="420106", name="某区", level="county"),
    wushe.Place(id="420106001", name="东街", level="street"),
    wushe.Place(id="420106001001", name="东一", level="community"),
]


@attrs.frozen(eq=False)
class Rules:
    """Signals and the default priority, as loaded plugins give them."""

    risk_signals: Mapping[str, RiskSignal] = attrs.field(
        factory=lambda: {s.id: s for s in risk_signals()}
    )

    def prioritise_visits(self, persons: Columns, context: Context) -> Array:
        """Return the default priority."""
        return visit_priority(persons)


def city(**records: list[Any]) -> LinkageNetwork:
    """Return the network of `records` by table name, with three places."""
    records.setdefault("places", list(PLACES))
    return build_network(
        {name: table_of(name, items) for name, items in records.items()}, {}, GROUPS
    )


def met(key: str, on: str, **whom: Any) -> Visit:
    """Return a regular visit that met somebody."""
    return Visit(id=key, kind="regular", on=dt.date.fromisoformat(on), outcome="met", **whom)


def small_city() -> dict[str, list[Any]]:
    """H1 lone elder of 85 seen in May; H2 seen a week ago; H3 never; P9 without a household; P8 dead."""
    return {
        "places": list(PLACES),
        "stations": [wushe.Station(id="S1", name="东街社工站", place="420106001")],
        "social_workers": [wushe.SocialWorker(id="W1", name="王社工", station="S1")],
        "households": [
            wushe.Household(
                id="H1", place="420106001001", members_count=1, responsible_worker="W1"
            ),
            wushe.Household(id="H2", place="420106001001"),
            wushe.Household(id="H3", place="420106001001"),
        ],
        "persons": [
            wushe.Person(
                id="P1", household="H1", birth=dt.date(1940, 1, 1), target_groups=("lone_elder",)
            ),
            wushe.Person(id="P2", household="H2"),
            wushe.Person(id="P3", household="H2"),
            wushe.Person(id="P8", place="420106", died_on=dt.date(2024, 1, 1)),
            wushe.Person(id="P9", place="420106"),
        ],
        "visits": [
            met("V1", "2025-05-01", household="H1"),
            met("V2", "2025-09-08", household="H2"),
            met("V3", "2025-05-01", person="P9"),
        ],
    }


def test_the_small_city_by_hand() -> None:
    """H1 leads by its signals; H3, never visited, comes before P9, 47 days over 90; H2 is not due."""
    due = due_list(city(**small_city()), Rules(), ON)
    assert [h or p for h, p in zip(due.household, due.person, strict=True)] == ["H1", "P9", "H3"]
    assert list(due.interval_days) == [7, 15, 90]
    assert list(due.days_overdue) == [130, 122, -1]
    assert list(due.worker) == ["W1", None, None]
    assert list(due.station) == ["S1", None, "S1"]
    assert (due.total, due.looked_at) == (3, 4)


def test_a_row_explains_itself_in_both_languages() -> None:
    """Who, when, how often and why, the signals, what is unknown, who is responsible."""
    due = due_list(city(**small_city()), Rules(), ON)
    words = due.explain(0, "en")
    assert "household H1, person P1" in words
    assert "last visited 2025-05-01, 137 days ago; 130 days overdue" in words
    assert "due every 7 days: over 80 and living alone" in words
    assert "not known: treatment costs" in words
    assert words.endswith("responsible: W1")
    assert "应每7天一次：80岁以上独居老人" in due.explain(0, "zh")
    assert "never visited on record" in due.explain(2, "en")
    assert "没有见面走访的记录" in due.explain(2)
    assert due.expected(0) == ("alone_and_old", "alone_and_very_old", "no_contact")


def test_no_name_is_in_an_explanation() -> None:
    """Ids only: a due list may lie on a desk."""
    rows = small_city()
    rows["persons"][0] = wushe.Person(id="P1", household="H1", name="张三丰", phone="13800000000")
    due = due_list(city(**rows), Rules(), ON)
    assert not any(w in due.explain(r) for r in due for w in ("张三丰", "138"))


def test_a_visit_to_one_member_is_a_visit_to_the_door() -> None:
    """Nobody knocks twice because only the wife was named."""
    rows = small_city()
    rows["visits"][1] = met("V2", "2025-09-08", person="P3")
    assert "H2" not in list(due_list(city(**rows), Rules(), ON).household)


def test_limit_and_place() -> None:
    """The limit cuts after the order; a place keeps its own doors."""
    made = city(**small_city())
    one = due_list(made, Rules(), ON, limit=1)
    assert (list(one.household), one.total) == (["H1"], 3)
    inside = due_list(made, Rules(), ON, within="420106001")
    assert set(inside.household) == {"H1", "H3"}


def test_an_empty_city_has_an_empty_list() -> None:
    """Nobody on the list: nobody is due, and nothing breaks."""
    due = due_list(city(), Rules(), ON)
    assert (len(due), due.total, due.looked_at) == (0, 0, 0)
    assert due.summary("en").startswith("2025-09-15: 0 doors")


@pytest.mark.parametrize("answer", [np.zeros(2, dtype=np.int8), np.full(1, 0.5), np.full(1, 3)])
def test_a_signal_that_answers_nonsense_is_named(answer: Array) -> None:
    """Wrong length, not whole, not three-valued: the signal's id is in the error."""
    broken = RiskSignal("odd", Text("怪", "odd"), lambda persons, context: answer, 1)
    with pytest.raises(ValueError, match="signal odd"):
        due_list(city(persons=[wushe.Person(id="P1")]), Rules({"odd": broken}), ON)


def test_a_due_list_pickles() -> None:
    """A list travels between processes; it keeps words, not tests."""
    due = due_list(city(**small_city()), Rules(), ON)
    assert pickle.loads(pickle.dumps(due)).explain(0) == due.explain(0)


def said(due: DueList) -> list[str]:
    """Return all that a list says."""
    return [due.explain(row) for row in due]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_order_of_records_changes_nothing(data: st.DataObject) -> None:
    """The same records in another order make the same list."""
    rows = {name: data.draw(st.permutations(items)) for name, items in small_city().items()}
    assert said(due_list(city(**rows), Rules(), ON)) == said(
        due_list(city(**small_city()), Rules(), ON)
    )


@settings(max_examples=25, deadline=None)
@given(st.dates(dt.date(2024, 1, 1), ON), st.integers(1, 200))
def test_due_exactly_when_the_interval_has_passed(last: dt.date, interval: int) -> None:
    """A door is due on the day on which the interval is full, and not the day before."""
    made = city(persons=[wushe.Person(id="P1")], visits=[met("V1", str(last), person="P1")])
    due = due_list(made, Rules({}), ON, interval_days=interval)
    assert len(due) == ((ON - last).days >= interval)


# --- do the signals work -----------------------------------------------------------------------


def visited(
    n: int, expected: tuple[str, ...] | None, found: tuple[str, ...] | None, outcome: str = "met"
) -> Visit:
    """Return visit `n` with what it expected and found."""
    return Visit(
        id=f"V{n}", kind="door", on=ON, person="P1", outcome=outcome, expected=expected, found=found
    )


def test_expected_against_found_by_hand() -> None:
    """Illness expected three times, found twice; found once unexpected; three visits say nothing."""
    table = table_of(
        "visits",
        [
            visited(1, ("ill",), ("ill",)),
            visited(2, ("ill",), ("ill", "poor")),
            visited(3, ("ill",), ()),
            visited(4, (), ("ill",)),
            visited(5, (), ()),
            visited(6, ("ill",), None),
            visited(7, None, ("ill",)),
            visited(8, ("ill",), ("ill",), outcome="not_home"),
        ],
    )
    report = evaluate_signals(table)
    ill = report["ill"]
    assert (ill.expected_found, ill.expected_not_found, ill.found_unexpected, ill.neither) == (
        2,
        1,
        1,
        1,
    )
    assert (report.judged, report.not_judged) == (5, 3)
    assert ill.precision == pytest.approx(2 / 3)
    assert ill.recall == pytest.approx(2 / 3)
    assert ill.found_otherwise == pytest.approx(1 / 2)
    assert report["poor"].precision is None
    assert "poor: never expected; found unexpected 1 times" in report.summary("en")
    assert "ill：预期3次，属实2次（67%" in report.summary()


def test_signals_that_no_visit_names_are_reported_too() -> None:
    """A registered signal that never sent anybody is seen; a group interval is no expectation."""
    signals = Rules().risk_signals
    report = evaluate_signals(table_of("visits", []), signals)
    names = {score.id for score in report.scores}
    assert names == {s.id for s in signals.values() if s.points}
    assert report["sudden_event"].interval is None


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),  # E. B. Wilson's interval never leaves 0..1
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),  # the worked example of Newcombe 1998, table I
    ],
)
def test_wilson_against_published_figures(hits: int, trials: int, low: float, high: float) -> None:
    """Known intervals come out."""
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)

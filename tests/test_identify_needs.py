"""Many reports are one need with its evidence, the list of what is open, and the wish wall."""

import datetime as dt
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe.errors import InputError
from wushe.identify import merge_reports, needs_list, wish_wall
from wushe.model import Household, Need, Person, Place, Wish
from wushe.model.evidence import Consent
from wushe.model.help import URGENCIES
from wushe.model.tables import table_of
from wushe.network import LinkageNetwork, build_network

RULES = wushe.load_plugins()
ON = dt.date(2025, 9, 15)


def _day(n: int) -> dt.date:
    return dt.date(2025, 9, 1) + dt.timedelta(days=n)


def _need(key: str, day: int | None = 0, **values: Any) -> Need:
    whose = {} if {"person", "institution"} & set(values) else {"household": "H-1"}
    asked = None if day is None else _day(day)
    return Need(**{"id": key, "category": "food", "asked_on": asked, **whose, **values})


def _network(**records: list[Any]) -> LinkageNetwork:
    tables = {kind: table_of(kind, items) for kind, items in records.items()}
    return build_network(tables, RULES.categories, RULES.target_groups)


# --- one need of many reports --------------------------------------------------------------------


def test_reports_within_the_window_are_one_need() -> None:
    """Greatest urgency, first date, latest known quantity, all reports as evidence in time order."""
    merged = merge_reports(
        [
            _need("N-3", 20, urgency="low", note="还是缺米"),
            _need("N-2", 10, quantity=3, unit="件", urgency="emergency", due=_day(15)),
            _need("N-9", 0, quantity=1, unit="件", asked_by="W-1", due=_day(30)),
        ]
    )
    (need,) = merged.needs.records()
    assert need == _need(
        "N-9",
        0,
        quantity=3,
        unit="件",
        urgency="emergency",
        due=_day(15),
        asked_by="W-1",
        note="还是缺米",
    )
    assert merged.evidence == {"N-9": ("N-9", "N-2", "N-3")}
    assert len(merged.reports) == 3


def test_an_unknown_quantity_stays_unknown() -> None:
    """Two reports without an amount give no amount."""
    (need,) = merge_reports([_need("N-1"), _need("N-2", 1)]).needs.records()
    assert need.quantity is None


@pytest.mark.parametrize(("days", "needs"), [(0, 1), (30, 1), (31, 2)])
def test_the_window_includes_its_last_day(days: int, needs: int) -> None:
    """Thirty days apart is still the same need, thirty-one are not."""
    assert len(merge_reports([_need("N-1", 0), _need("N-2", days)], window_days=30)) == needs


@pytest.mark.parametrize(
    "other",
    [
        {"category": "clothing"},  # another thing
        {"person": "P-1"},  # a person of the household, who may need another one
        {"day": 31},  # after the window
        {"status": "met"},  # settled before
        {"status": "withdrawn"},
    ],
    ids=str,
)
def test_other_needs_stay_apart(other: dict[str, Any]) -> None:
    """What differs in kind, client, time or is settled is a need of its own."""
    values = {"day": 1, **other}
    merged = merge_reports(
        [_need("N-1"), _need("N-2", values.pop("day"), **values)], window_days=30
    )
    assert merged.evidence == {"N-1": ("N-1",), "N-2": ("N-2",)}


def test_a_settled_report_does_not_stand_between_two_open_ones() -> None:
    """Open reports before and after it are one need."""
    merged = merge_reports([_need("N-1", 0), _need("N-2", 5, status="met"), _need("N-3", 10)])
    assert merged.evidence == {"N-1": ("N-1", "N-3"), "N-2": ("N-2",)}


def test_a_person_is_one_client_with_and_without_household() -> None:
    """A street report that knew no household, and a later one that does, are of one person."""
    merged = merge_reports(
        [_need("N-1", 0, person="P-1"), _need("N-2", 1, person="P-1", household="H-1")]
    )
    (need,) = merged.needs.records()
    assert (need.id, need.household, need.person) == ("N-1", "H-1", "P-1")


def test_an_undated_report_joins_the_latest_need() -> None:
    """And is the last of its evidence; a due date before all known dates stays there only."""
    merged = merge_reports(
        [_need("N-1", 0), _need("N-2", 90), _need("N-0", None, due=dt.date(2025, 8, 1))]
    )
    assert merged.evidence == {"N-1": ("N-1",), "N-2": ("N-2", "N-0")}
    assert merged.needs.record(1).due is None


def test_two_reports_of_one_id_must_be_equal() -> None:
    """The same report twice is one; another one under its id is refused by name."""
    assert len(merge_reports([_need("N-1"), _need("N-1")])) == 1
    with pytest.raises(InputError, match="N-1"):
        merge_reports([_need("N-1"), _need("N-1", 3)])


_REPORTS = st.lists(
    st.builds(
        lambda whose, **values: Need(**{k: v for k, v in {**values, **whose}.items() if v is not None}),
        st.sampled_from([{"household": "H-1"}, {"person": "P-1"}, {"person": "P-1", "household": "H-1"}, {"institution": "I-1"}]),
        id=st.integers(0, 30).map("N-{}".format),
        category=st.sampled_from(["food", "clothing"]),
        asked_on=st.none() | st.integers(0, 60).map(_day),
        urgency=st.none() | st.sampled_from(list(URGENCIES)),
        status=st.sampled_from([None, "open", "open", "open", "met"]),
        quantity=st.none() | st.integers(1, 9),
        unit=st.just("件"),
        due=st.none() | st.integers(60, 90).map(_day),
        skills=st.none() | st.sampled_from([("care",), ("care", "errand")]),
    ),
    max_size=12,
    unique_by=lambda need: need.id,
)  # fmt: skip
_WINDOWS = st.integers(0, 40)


@given(reports=_REPORTS, window=_WINDOWS, order=st.randoms(use_true_random=False))
def test_order_and_repetition_never_matter(reports: list[Need], window: int, order: Any) -> None:
    """The same reports in another order, or twice, give the same needs and evidence."""
    merged = merge_reports(reports, window_days=window)
    twice = [*reports, *reports]
    order.shuffle(twice)
    again = merge_reports(twice, window_days=window)
    assert list(again.needs.records()) == list(merged.needs.records())
    assert again.evidence == merged.evidence


@given(reports=_REPORTS, window=_WINDOWS)
def test_merging_the_merged_changes_nothing(reports: list[Need], window: int) -> None:
    """Merging is idempotent on the needs themselves."""
    once = merge_reports(reports, window_days=window).needs
    assert list(merge_reports(once, window_days=window).needs.records()) == list(once.records())


@given(reports=_REPORTS, window=_WINDOWS)
def test_nothing_is_lost_and_nothing_invented(reports: list[Need], window: int) -> None:
    """Every report is evidence of exactly one need; every value of a need comes from its reports."""
    merged = merge_reports(reports, window_days=window)
    named = [key for keys in merged.evidence.values() for key in keys]
    assert sorted(named) == sorted(need.id for need in reports)
    assert {need.id: need for need in merged.reports.records()} == {
        need.id: need for need in reports
    }
    by_id = {need.id: need for need in reports}
    for need in merged.needs.records():
        told = [by_id[key] for key in merged.evidence[need.id]]
        assert {r.category for r in told} == {need.category}
        assert need.asked_on == min((r.asked_on for r in told if r.asked_on), default=None)
        assert need.quantity in {r.quantity for r in told}
        assert (need.quantity is None) == all(r.quantity is None for r in told)
        ranks = [list(URGENCIES).index(r.urgency) for r in told if r.urgency]
        assert need.urgency == (list(URGENCIES)[min(ranks)] if ranks else None)


# --- the needs list ------------------------------------------------------------------------------


def test_the_most_urgent_need_stands_first() -> None:
    """Then by due date, unknown ones last; a need without urgency counts as normal."""
    network = _network(
        households=[Household(id="H-1", target_groups=("dibao",))],
        persons=[Person(id="P-1", household="H-1", target_groups=("lone_elder",))],
        needs=[
            _need("N-1", urgency="low"),
            _need("N-2", category="visit"),
            _need("N-3", category="haircut", urgency="normal", due=_day(3)),
            _need("N-4", category="errand", urgency="emergency", person="P-1"),
            _need("N-5", 1),  # the same need as N-1, told again
            _need("N-6", category="clothing", status="met"),
            _need("N-7", 60, category="clothing"),  # not asked yet
        ],
    )
    lines = needs_list(network, ON)
    assert [line.need.id for line in lines] == ["N-4", "N-3", "N-2", "N-1"]
    assert lines[0].target_groups == ("dibao", "lone_elder")
    assert [line.overdue for line in lines] == [False, True, False, False]
    assert lines[3].evidence == ("N-1", "N-5")
    assert (lines[0].client, lines[1].client) == ("P-1", "H-1")


def test_a_need_due_today_is_not_overdue() -> None:
    """It is from the day after."""
    network = _network(households=[Household(id="H-1")], needs=[_need("N-1", due=ON)])
    assert [needs_list(network, ON + dt.timedelta(days=n))[0].overdue for n in (0, 1)] == [
        False,
        True,
    ]


# --- the wish wall -------------------------------------------------------------------------------

_PLACES = [
    Place(id="420106", name="武昌区", level="county"),
    Place(id="420106001", name="紫阳街道", level="street", parent="420106"),
    Place(id="420106001001", name="起义门社区", level="community", parent="420106001"),
]
_HOME = Household(
    id="H-1",
    name="李建国",
    place="420106001001",
    address="起义门正街99号3栋2单元401",
    phone="027-8888",
)
_PERSONS = [
    Person(id="P-1", household="H-1", name="李果果"),
    Person(id="P-2", name="王芳", phone="13800138000"),
]


def _wall(
    text: str = "一口电饭锅", need: Need | None = None, *consents: Consent, **wish: Any
) -> Any:
    need = need or _need("N-1")
    shown = Wish(**{"id": "WS-1", "need": need.id, "public_text": text, "shown_from": ON, **wish})
    network = _network(
        places=_PLACES, households=[_HOME], persons=_PERSONS, needs=[need], wishes=[shown],
        consents=list(consents),
    )  # fmt: skip
    return wish_wall(network, ON)


def test_a_wish_is_shown_with_its_street_and_nobody() -> None:
    """The community is finer than the street and is not shown."""
    wall = _wall()
    assert attrs.astuple(wall.wishes[0]) == ("WS-1", "一口电饭锅", "food", "紫阳街道", ON)
    assert wall.problems == ()


@pytest.mark.parametrize("person", ["P-1", "P-2"])
def test_the_street_of_a_person_is_that_of_the_household(person: str) -> None:
    """A person without a place and household has no street to show."""
    (wish,) = _wall(need=_need("N-1", person=person)).wishes
    assert wish.place == ("紫阳街道" if person == "P-1" else None)


def test_only_wishes_of_open_needs_from_their_day_on() -> None:
    """Met, not yet to be shown, and never released: none of them is on the wall, or a problem."""
    for wall in (
        _wall(need=_need("N-1", status="met")),
        _wall(shown_from=ON + dt.timedelta(days=1)),
        _wall(shown_from=None),
    ):
        assert (wall.wishes, wall.problems) == ((), ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("李果果想要一个书包", "wish-names-somebody"),
        ("李 果·果想要一个书包", "wish-names-somebody"),
        ("帮王芳阿姨买副眼镜", "wish-names-somebody"),  # somebody else of the registry
        ("请打13912345678", "wish-holds-number"),
        ("电话１３９ １２３４－５６７８", "wish-holds-number"),
        ("电话一三九一二三四五六七八", "wish-holds-number"),
        ("请打0278888", "wish-holds-number"),
        ("身份证11010519491231002X", "wish-holds-number"),
        ("送到3栋2单元", "wish-holds-address"),
        ("送到紫阳路218号", "wish-holds-address"),
        ("送到B座1204室", "wish-holds-address"),
        ("H-1家想要一口锅", "wish-holds-client-id"),
    ],
)
def test_a_wish_that_may_tell_who_is_withheld_and_reported(text: str, code: str) -> None:
    """The worker learns which wish and why; the report does not repeat the text."""
    wall = _wall(text)
    assert wall.wishes == ()
    assert code in [p.code for p in wall.problems]
    for lang in ("zh", "en"):
        said = " ".join(p.say(lang) for p in wall.problems)
        assert "WS-1" in said
        assert text not in said


@pytest.mark.parametrize(
    "text",
    [
        "5号电池一盒",
        "9月15号前要一床棉被",
        "2025-09-15前送到",
        "三楼住久了想出去走走",
        "一件28码的校服",
    ],
)
def test_numbers_that_tell_nobody_are_no_reason(text: str) -> None:
    """Sizes, days and counts stay."""
    assert len(_wall(text).wishes) == 1


def test_the_id_of_a_wish_must_not_tell_whose_it_is() -> None:
    """An id made of the household's is withheld too."""
    wall = _wall(id="WS-H-1")
    assert (wall.wishes, [p.code for p in wall.problems]) == ((), ["wish-holds-client-id"])


def _publicity(key: str, given_on: int, withdrawn_on: int | None, subject: str = "H-1") -> Consent:
    ends = None if withdrawn_on is None else _day(withdrawn_on)
    return Consent(
        id=key, subject=subject, purpose="publicity", given_on=_day(given_on), withdrawn_on=ends
    )


@pytest.mark.parametrize(
    ("consents", "shown"),
    [
        ([_publicity("C-1", 0, None)], True),
        ([_publicity("C-1", 0, 14)], False),  # withdrawn on the day: at once
        ([_publicity("C-1", 0, 15)], True),
        ([_publicity("C-1", 0, 5), _publicity("C-2", 6, None)], True),  # given again
        ([_publicity("C-1", 0, 5, "P-2")], True),  # somebody else's
    ],
)
def test_withdrawn_consent_takes_the_wish_down(consents: list[Consent], shown: bool) -> None:
    """From the day of withdrawal on; a consent given again puts it back."""
    wall = _wall("一口电饭锅", None, *consents)
    assert bool(wall.wishes) is shown
    assert [p.code for p in wall.problems] == ([] if shown else ["wish-without-consent"])


@given(
    before=st.text("想要一口锅，。 给a1", max_size=8),
    after=st.text("的书包！?b2\n", max_size=8).map(str.strip),
    secret=st.sampled_from(
        [
            "李建国",
            "李果果",
            "王芳",
            "13800138000",
            "027-8888",
            "027 8888",
            "起义门正街99号3栋2单元401",
        ]
    ),
)
def test_nothing_of_the_registry_ever_reaches_the_wall(
    before: str, after: str, secret: str
) -> None:
    """Whatever stands around a name, phone or address of the registry."""
    wall = _wall(f"{before}{secret}{after}".strip())
    assert wall.wishes == ()
    assert wall.problems != ()

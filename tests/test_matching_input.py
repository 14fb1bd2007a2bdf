"""Input that no plan can come of is refused, with words that say where; what is odd is remarked on."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wushe
from cities import ON, city_of, village
from wushe import CharityResource, Need, NeedCategory, Offer, Person, Role, Volunteer
from wushe.demos import demo_path
from wushe.errors import InputError, Problem
from wushe.network import LinkageNetwork

TODAY = ON


class Crafts:
    """A class by a team, of which one role asks for a skill that no category asks for."""

    name = "crafts"

    @wushe.hookimpl
    def register_need_categories(self) -> list[NeedCategory]:
        """Return the team's category."""
        roles = (Role("visit", 60), Role("errand", 30, skills=("local_dialect",)))
        return [
            NeedCategory("craft_class", "巧手课堂", "craft class", "service", "time", roles=roles)
        ]


PLUGINS = wushe.load_plugins(Crafts())


def need(key: str, category: str = "visit", **values: Any) -> Need:
    """Return a need of the village's household for an hour, unless `values` say otherwise."""
    return Need(**{"id": key, "category": category, "household": "H", **HOUR, **values})


HOUR: dict[str, Any] = {"quantity": 1, "unit": "hour"}
PIECES: dict[str, Any] = {"quantity": 2, "unit": "piece"}


def volunteer(key: str, *skills: str, **values: Any) -> Volunteer:
    """Return a volunteer at home in the village's community with four hours a week."""
    return Volunteer(
        **{"id": key, "name": key, "place": "420106001001", "weekly_hours": 4, **values},
        skills=tuple(sorted(skills)),
    )


def built(**tables: list[Any]) -> LinkageNetwork:
    """Return the network of the village with `tables`."""
    return city_of(village(**tables), PLUGINS)


def refusal(**tables: list[Any]) -> list[tuple[str, str, str | None, str | None]]:
    """Return code, record, field and value of each problem for which the village is refused."""
    with pytest.raises(InputError) as caught:
        built(**tables)
    for problem in caught.value.problems:
        for lang in ("zh", "en"):
            assert not set("{}") & set(problem.say(lang))
    return [(p.code, p.file, p.field, p.value) for p in caught.value.problems]


# --- circles -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "circle"),
    [
        ({"N1": "N1"}, ["N1"]),
        ({"N1": "N2", "N2": "N1"}, ["N1", "N2"]),
        ({"N1": "N2", "N2": "N3", "N3": "N1", "N4": "N1"}, ["N1", "N2", "N3"]),
    ],
    ids=["itself", "two", "three and one that waits for them"],
)
def test_needs_that_wait_for_themselves_are_refused(
    after: dict[str, str], circle: list[str]
) -> None:
    """Each need of the circle is named, and only these; no plan is tried."""
    assert refusal(needs=[need(key, after=before) for key, before in after.items()]) == [
        ("after-in-a-circle", f"Need({key})", "after", after[key]) for key in circle
    ]


def test_a_chain_of_needs_is_no_circle() -> None:
    """Two needs that wait for the same one stand."""
    needs = [need("N1"), need("N2", after="N1"), need("N3", after="N1"), need("N4", after="N3")]
    assert len(built(needs=needs)["needs"]) == 4


# --- units -------------------------------------------------------------------------------------

OFFER = Offer(id="A", provider="O", categories=("food",), quantity=3, unit="hour")
LOT = CharityResource(id="R", name="米", categories=("food",), quantity=3, unit="hour", holder="O")


@pytest.mark.parametrize(
    ("tables", "where", "value"),
    [
        ({"needs": [need("N", **PIECES)]}, "Need(N)", "piece"),
        ({"needs": [need("N", "craft_class", quantity=2)]}, "Need(N)", "hour"),
        ({"needs": [need("N", "food")]}, "Need(N)", "hour"),
        ({"offers": [OFFER]}, "Offer(A)", "hour"),
        ({"resources": [LOT]}, "CharityResource(R)", "hour"),
    ],
    ids=[
        "visits in pieces",
        "a team by the hour",
        "food by the hour",
        "an offer",
        "a lot of goods",
    ],
)
def test_a_unit_of_another_dimension_is_refused(
    tables: dict[str, list[Any]], where: str, value: str
) -> None:
    """Records and tables are judged as files are: two pieces of visits are not two minutes."""
    assert refusal(**tables) == [("wrong-dimension", where, "unit", value)]


def test_a_unit_that_cannot_be_judged_stands() -> None:
    """An unknown amount, and an offer of categories that count differently, are nobody's mistake."""
    mixed = Offer(id="A", provider="O", categories=("food", "visit"), quantity=3, unit="hour")
    unknown = need("N", quantity=None, unit=None)
    assert built(needs=[unknown], offers=[mixed]) is not None


# --- times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "served"), [(-1, False), (0, True), (1, True)])
def test_nobody_serves_a_day_that_is_over(days: int, served: bool) -> None:
    """A need whose day is before that of the plan stays open, for its time."""
    day = TODAY + dt.timedelta(days=days)
    city = built(needs=[need("N", on_day=day)], volunteers=[volunteer("V", "visiting")])
    plan = wushe.make_plan(city, plugins=PLUGINS, on=ON)
    reasons = [gap.reason for gap in plan.unserved]
    assert (len(plan.items), reasons) == ((1, []) if served else (0, ["window"]))


AT_NINE: dict[str, Any] = {"on_day": TODAY, "starts": "09:00", "ends": "10:00"}
TOMORROW: dict[str, Any] = {**AT_NINE, "on_day": TODAY + dt.timedelta(days=1)}

# comment, needs, what is remarked on: code, record and field
ODD: list[tuple[str, list[Need], list[tuple[str, str, str]]]] = [
    ("an appointment", [need("N", **AT_NINE)], []),
    ("a start alone", [need("N", on_day=TODAY, starts="09:00")], [("half-an-appointment", "N", "starts")]),
    ("an end alone", [need("N", on_day=TODAY, ends="09:00")], [("half-an-appointment", "N", "ends")]),
    ("hours without a day", [need("N", starts="09:00", ends="10:00")], [("time-without-day", "N", "starts")]),
    ("a day that is due", [need("N", on_day=TODAY, due=TODAY)], []),
    ("a day after it is due", [need("N", on_day=TODAY, due=TODAY - dt.timedelta(days=1))], [("day-after-due", "N", "on_day")]),
    ("two hours within one", [need("N", **{**AT_NINE, "quantity": 2})], [("longer-than-appointment", "N", "quantity")]),
    ("61 minutes within an hour", [need("N", **{**AT_NINE, "quantity": 61, "unit": "minute"})], [("longer-than-appointment", "N", "quantity")]),
    ("food within an hour", [need("N", "food", **{**AT_NINE, "quantity": 90, "unit": "piece"})], []),
    ("after one of the next day", [need("N", **AT_NINE, after="M"), need("M", **TOMORROW)], [("after-a-later-day", "N", "after")]),
    ("the day after", [need("N", **TOMORROW, after="M"), need("M", **AT_NINE)], []),
    ("a visit of two", [need("N", visit="a"), need("M", visit="a")], []),
    ("a visit of one", [need("N", visit="a"), need("M", visit="b"), need("L", visit="b")], [("code-of-one-need", "N", "visit")]),
    ("one of two", [need("N", one_of="a"), need("M", one_of="a")], []),
    ("one of one", [need("N", one_of="a"), need("M", visit="a")], [("code-of-one-need", "M", "visit"), ("code-of-one-need", "N", "one_of")]),
    ("one of a need and one that is met", [need("N", one_of="a"), need("M", one_of="a", status="met")], []),
    ("needs that are closed", [need("N", one_of="a", status="met"), need("M", starts="09:00", status="withdrawn")], []),
]  # fmt: skip


def remarked(city: LinkageNetwork) -> list[Problem]:
    """Return the remarks, each of which can be said."""
    found = list(wushe.remarks(city))
    for remark in found:
        for lang in ("zh", "en"):
            assert not set("{}") & set(remark.say(lang))
    return found


@pytest.mark.parametrize(("needs", "expected"), [row[1:] for row in ODD], ids=[r[0] for r in ODD])
def test_odd_times_and_codes_are_remarked_on(
    needs: list[Need], expected: list[tuple[str, str, str]]
) -> None:
    """The city is read all the same; each oddity has one remark at its need and field."""
    found = [(p.code, p.file, p.field) for p in remarked(built(needs=needs))]
    assert found == [(code, f"Need({key})", field) for code, key, field in expected]


def test_one_code_at_two_doors_is_two_visits() -> None:
    """A visit is made to one client, known by household or by a person of it."""
    home = wushe.Household(id="H2", place="420106001001")
    persons = [Person(id="P", household="H"), Person(id="P2", household="H2")]
    through_person = need("M", household=None, person="P", visit="a")
    other = need("L", household=None, person="P2", visit="a")
    city = built(
        households=[*village()["households"], home],
        persons=persons,
        needs=[need("N", visit="a"), through_person, other],
    )
    found = [(p.code, p.file) for p in remarked(city)]
    assert found == [("code-of-one-need", "Need(L)")]


def test_a_remark_names_file_and_row(tmp_path: Path) -> None:
    """A city that was read from files says where to look."""
    folder = tmp_path / "city"
    wushe.write(built(needs=[need("N1"), need("N2", on_day=TODAY, starts="09:00")]), folder)
    (found,) = remarked(wushe.read(folder, plugins=PLUGINS))
    assert (found.code, found.file, found.row) == ("half-an-appointment", "needs.csv", 3)
    assert found.value == "09:00"


# --- skills ------------------------------------------------------------------------------------


def test_a_skill_that_only_a_role_asks_for_is_used() -> None:
    """It is no mistake to have it; one that nobody asks for is named."""
    helpers = [volunteer("V", "local_dialect"), volunteer("W", "juggling")]
    found = [(p.code, p.value) for p in remarked(built(volunteers=helpers))]
    assert found == [("skill-unused", "juggling")]


def test_the_demo_of_pingliang_needs_no_second_look() -> None:
    """Its roles ask for the dialect that its volunteers speak."""
    rules = wushe.load_plugins("pingliang")
    assert wushe.remarks(wushe.read(demo_path("pingliang"), plugins=rules)) == ()


# --- what plugins register ---------------------------------------------------------------------


def category(**values: Any) -> NeedCategory:
    """Return a team's category with `values`."""
    return NeedCategory("t", "团", "team", "service", "time", **values)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Role("visit", 1.5), TypeError, "whole number"),  # type: ignore[arg-type]
        (lambda: Role("visit", True), TypeError, "whole number"),
        (lambda: Role("visit", 0), ValueError, "1 to"),
        (lambda: Role("visit", 10**13), ValueError, "1 to"),
        (lambda: Role("visit", skills="abc"), TypeError, "tuple of str"),  # type: ignore[arg-type]
        (lambda: Role("visit", skills=(1,)), TypeError, "tuple of str"),  # type: ignore[arg-type]
        (lambda: Role(7), TypeError, "str"),  # type: ignore[arg-type]
        (lambda: category(roles=("visit",)), TypeError, "tuple of Role"),
        (lambda: category(roles=Role("visit")), TypeError, "tuple of Role"),
        (lambda: category(skills="abc"), TypeError, "tuple of str"),
        (lambda: category(typical=1.5), TypeError, "whole number"),
        (lambda: category(typical=10**13), ValueError, "1 to"),
    ],
)
def test_a_category_is_refused_for_what_it_cannot_mean(
    make: Callable[[], Any], error: type[Exception], says: str
) -> None:
    """What plugins register fails where it is written, with what was expected."""
    with pytest.raises(error, match=says):
        make()


def test_the_largest_amount_stands() -> None:
    """The bounds are those of every amount."""
    assert Role("visit", 10**12).quantity == 10**12
    assert Role("visit", 1, ("a", "b")).skills == ("a", "b")

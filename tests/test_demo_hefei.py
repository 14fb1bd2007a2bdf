"""The Hefei story runs as told: wall, claim, dispatch, a no, a silence, wishes granted, a helper won, money raised."""

import logging
from typing import Any

import pytest

from wushe.demos import find_demo, tell
from wushe.demos.stories import hefei as story
from wushe.ledger import money
from wushe.orders import wish_wall
from wushe.orders.projects import activity_figures


@pytest.fixture(scope="module")
def desk() -> Any:
    """The desk after the whole story was told, with what it was told on the way."""
    made: Any = story.Desk()
    made.placed = story.open_the_wall(made)
    story.three_wishes(made)
    made.refused = story.refusals(made)
    made.sent = story.dispatched(made)
    story.a_no_and_a_silence(made)
    made.account = story.raise_money(made)
    made.elsewhere = story.another_project(made)
    with story.listening() as invited:
        story.granted(made)
    made.invited = tuple(invited)
    made.before = story.share(made), story.took_part(made)
    made.joined = story.helped_who_helps(made)
    made.after = story.share(made), story.took_part(made)
    made.scores = story.figures(made)
    return made


def test_every_wish_of_the_demo_is_an_order_on_the_wall(desk: Any) -> None:
    """26 wishes; the claimed ones are gone from the wall."""
    wall = wish_wall(desk.store.state, on="2025-03-10")
    assert len(desk.placed) == 26
    assert {wish.order for wish in wall} == set(desk.placed) - {
        "O-X-01",
        "O-X-02",
        "O-X-03",
        story.CHAT,
    }


def test_the_second_nurse_and_the_boy_are_refused(desk: Any) -> None:
    """One order has one winner; the city's own guard is among the reasons that the boy is told."""
    nurse, boy = (error.say("zh") for error in desk.refused)
    assert "已由他人接下" in nurse
    assert "未成年志愿者不做电器、体检类服务" in boy


def test_what_is_on_the_wall_is_not_dispatched_as_well(desk: Any) -> None:
    """A need has one open order: the plan places the rest only."""
    assert len(desk.sent["placed"]) == 11
    assert not set(desk.sent["placed"]) & set(desk.placed)


def test_after_a_no_the_next_best_is_asked_and_silence_goes_up(desk: Any) -> None:
    """Two calls for the talk, the second one accepted; nobody answered for the 800 yuan within the hour."""
    calls = desk.store.state.find("call", order=story.TALK)
    assert [call.state for call in calls] == ["declined", "accepted"]
    assert len({call.helper for call in calls}) == 2
    assert desk.order(story.TALK).status == "accepted"
    aid = desk.order(story.AID)
    assert (aid.status, aid.level) == ("escalated", "community")


def test_the_three_micro_wishes_come_true(desk: Any) -> None:
    """Confirmed, rated, and each by the helper who claimed it; one of them was helped herself once."""
    orders = [desk.order(key) for key in (story.BODY_CHECK, story.COMPANY, story.REPAIR)]
    assert {order.status for order in orders} == {"confirmed"}
    assert [order.helpers[0][1] for order in orders] == ["V-01", "V-17", "V-03"]
    people = {v.id: v for v in desk.city["volunteers"].records()}
    assert people["V-17"].person == "P-20"


def test_the_complex_is_told_whom_it_may_invite(desk: Any) -> None:
    """The observer names the three orders that ended with thanks; afterwards its logger is as it was."""
    assert desk.invited == ("O-X-01", "O-X-02", "O-X-03")
    observer = logging.getLogger("wushe.plugins.hefei")
    assert not [h for h in observer.handlers if isinstance(h, story.Told)]
    assert observer.level == logging.NOTSET


def test_who_was_helped_takes_a_neighbours_wish(desk: Any) -> None:
    """The elder of H-01 is a helper now, of the household that she was helped in, and has the wish alone."""
    assert desk.joined == story.NEW_HELPER
    assert desk.order(story.CHAT).status == "accepted"
    helper = desk.store.state.get("helper", story.NEW_HELPER)
    assert helper.family == desk.order(story.BODY_CHECK).client


def test_participation_grows_by_who_was_helped(desk: Any) -> None:
    """One more volunteer, one more once helped, one more who has taken an order; the residents are the same."""
    (before, took_before), (after, took_after) = desk.before, desk.after
    assert before == story.Share(3, 3000, 16, 1, 4)
    assert after == story.Share(3, 3000, 17, 2, 4)
    assert after.permille > before.permille
    assert took_after[0] == took_before[0] + 1


def test_nobody_is_counted_twice_and_nobody_made_up(desk: Any) -> None:
    """Four volunteers have taken an order, a social worker is none; two donors are known, the third gift is nobody's."""
    assert desk.after[1] == (4, 2, 1)


def test_nobody_knows_the_share_where_residents_are_not_counted() -> None:
    """No residents known, no share: not 0 and not 100 per cent."""
    assert story.Share(0, 0, 7, 1, 3).permille is None


def test_money_raised_for_a_micro_project_is_for_it_only(desk: Any) -> None:
    """338 yuan in three gifts, 120 spent; another micro-project of the same fund gets nothing of it."""
    account = desk.account
    assert (account["received"], account["spent"], account["closing"]) == (33_800, 12_000, 21_800)
    assert [p.code for p in desk.elsewhere.problems] == ["fund-not-enough"]
    raised = [e for e in desk.store.log if e.kind == "gift.received"]
    assert {e.data["channel"] for e in raised} == {story.FUNDRAISER}
    assert money.trial_balance(desk.store.state)["difference"] == 0


def test_the_published_numbers_are_the_complexs_figures(desk: Any) -> None:
    """278 activities and 4,100 person-times; persons and households are not made up from them."""
    found = activity_figures(desk.store.state, unit=story.COMPLEX)
    assert (found.activities, found.person_times.exact) == (278, 4100)
    assert found.persons.exact is None
    assert found.households.exact is None


def test_23_sub_projects_are_scored_by_the_citys_criteria(desk: Any) -> None:
    """Each has a score in thousandths, and the four criteria stay with it."""
    assert len(desk.scores) == 23
    assert all(0 <= row["score"] <= 1000 for row in desk.scores.values())
    scored = [e for e in desk.store.log if e.kind == "project.scored"]
    assert {name for name, _, _ in scored[0].data["criteria"]} == {
        "hefei_benefit",
        "hefei_budget",
        "hefei_coverage",
        "hefei_delivery",
    }


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("墙上有 26 个心愿", "已由他人接下", "278 场次，4100 人次", "四单齐全")),
        ("en", ("26 wishes on the wall", "278 activities, 4100 person-times", "all four meet")),
    ],
)
def test_the_story_is_told_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    """What a reader of ``wushe demo hefei`` sees."""
    told = "\n".join(tell(find_demo("hefei"), lang))
    assert [word for word in words if word not in told] == []

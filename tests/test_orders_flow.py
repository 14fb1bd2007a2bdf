"""From placing to confirmation: who is asked next, who wins, what goes up, what a refusal leaves behind."""

import json

import attrs
import pytest

from order_town import (
    HELPERS,
    LATER,
    MORNING,
    VOLUNTEERS,
    City,
    candidates,
    now,
    order,
    order_in,
    states,
    town,
    visit,
)
from wushe.errors import ConflictError, RefusedError
from wushe.journal import Act, MemoryStore
from wushe.model.ordering import OrderRules
from wushe.orders import (
    DOMAIN,
    Candidate,
    accept,
    back_out,
    cancel,
    complete,
    confirm,
    decline,
    dispatch,
    escalate,
    fail,
    history,
    place,
    redispatch,
    reopen,
    report_part,
    start,
    time_out,
)
from wushe.orders.records import Area, Slot
from wushe.orders.rules import answer_minutes, next_level, path_of


def codes(error: pytest.ExceptionInfo[RefusedError]) -> list[str]:
    """Return the codes of all problems of a refusal."""
    return [problem.code for problem in error.value.problems]


def rules(**fields: object) -> object:
    """Return the plugins of a city that has these order rules for everything."""

    return City(OrderRules("city", **fields))  # type: ignore[arg-type]


def minutes_later(minutes: int) -> Act:
    """Return an act of the station so long after the morning."""
    return Act(f"2025-09-15T{9 + minutes // 60:02d}:{minutes % 60:02d}:00+08:00", "station")


def test_the_whole_way() -> None:
    """A household's order is dispatched, accepted, done and confirmed; every step says who and when."""
    store = town()
    key = visit(store, "V1")
    store.run(MORNING, dispatch, order=key)
    assert store.run(minutes_later(5), accept, order=key, helper="V1").answer == "accepted"
    store.run(minutes_later(60), start, order=key)
    assert store.run(minutes_later(125), complete, order=key, amount=65).answer == 65
    store.run(Act("2025-09-16T09:00:00+08:00", "W1"), confirm, order=key, rating=5, words="谢谢")
    now = order(store, key)
    assert (now.status, now.rating, now.confirmed_on, now.version) == (
        "confirmed",
        5,
        "2025-09-16",
        6,
    )
    assert [h.say("en") for h in history(store.log, key)] == [
        "2025-09-15 09:00 station: place: 1 h",
        "2025-09-15 09:00 station: dispatch: V1",
        "2025-09-15 09:05 station: V1, accept",
        "2025-09-15 10:00 station: start",
        "2025-09-15 11:05 station: complete: 65 minutes",
        "2025-09-16 09:00 W1: confirm",
    ]


def test_who_placed_is_not_whom_it_is_for() -> None:
    """A worker places as proxy: the act's id stands in the order beside the reference of those served."""
    store = town()
    now = order(store, visit(store, act=Act(MORNING.at, "W1"), client="H7"))
    assert (now.placed_by, now.client, now.client_kind) == ("W1", "H7", "households")


def test_words_stay_out_of_the_data() -> None:
    """What people say goes with the event's words, which can be erased; the state is the same without."""
    store = town()
    key = order_in(store, "done")
    store.run(
        Act("2025-09-16T09:00:00+08:00", "W1", "电话回访"), confirm, order=key, words="很周到"
    )
    last = next(e for e in store.log if e.kind == "order.confirmed")
    assert last.words == {"feedback": "很周到", "why": "电话回访"}
    assert last.ref == "H1"
    assert "周到" not in json.dumps(dict(last.data), ensure_ascii=False)
    again = MemoryStore(DOMAIN, log=[attrs.evolve(e, words=None) for e in store.log])
    assert again.state.find("order") == store.state.find("order")
    assert again.state.find("call") == store.state.find("call")


def test_events_are_plain_json_without_clients() -> None:
    """No event's data names those served, and all of it survives a round trip through JSON."""
    store = town()
    order_in(store, "confirmed")
    for event in store.log:
        assert json.loads(json.dumps(event.data)) == event.data
        assert "H1" not in json.dumps(event.data)


# --- who is asked next ---------------------------------------------------------------------------


def test_a_declined_order_goes_to_the_next_best_who_is_able() -> None:
    """V2 comes after V1 in the ranking but is busy at that hour, so V3 is asked; V2 stays a candidate."""
    store = town()
    at = {"on_day": "2025-09-20", "starts": 540, "ends": 600}
    other = visit(store, client="H2", **at)
    store.run(MORNING, dispatch, order=other, to=["V2"])
    key = visit(store, "V1", "V2", "V3", **at)
    store.run(MORNING, dispatch, order=key)
    calls = store.run(MORNING, decline, order=key, helper="V1", reason="busy").answer
    assert states(store, key) == {"V1": "declined", "V3": "asked"}
    assert calls == [f"{key}#2"]
    assert order(store, key).candidates == (Candidate("V2", "volunteers", "V2:hours", 1),)


def test_silence_goes_to_the_next_best_when_the_time_is_over() -> None:
    """An urgent order waits four hours: nothing happens before, then V2 is asked and has four hours too."""
    store = town()
    key = visit(store, "V1", "V2", urgency="urgent")
    store.run(MORNING, dispatch, order=key)
    assert store.run(minutes_later(239), time_out).answer == []
    assert store.run(minutes_later(240), time_out).answer == [key]
    assert states(store, key) == {"V1": "timed_out", "V2": "asked"}
    assert order(store, key).due_at == "2025-09-15T09:00:00.000000Z"


def test_after_the_last_round_an_order_goes_up() -> None:
    """Three in turn decline: the fourth candidate is not asked any more, the community decides."""
    store = town()
    key = visit(store, "V1", "V2", "V3", "V4")
    store.run(MORNING, dispatch, order=key)
    for helper in ("V1", "V2", "V3"):
        store.run(MORNING, decline, order=key, helper=helper, reason="busy")
    now = order(store, key)
    assert (now.status, now.level) == ("escalated", "community")
    assert [c.provider for c in now.candidates] == ["V4"]
    store.run(MORNING, redispatch, order=key)
    assert states(store, key)["V4"] == "asked"


def test_with_nobody_left_an_order_goes_up_at_once() -> None:
    """Where no able candidate is left, no round is waited for."""
    store = town()
    key = visit(store, "V1")
    store.run(MORNING, dispatch, order=key)
    store.run(MORNING, decline, order=key, helper="V1", reason="too_far")
    assert order(store, key).status == "escalated"
    assert store.log[-1].data["reason"] == "nobody_able"


def test_an_emergency_is_not_passed_round_in_silence() -> None:
    """One who stays silent for half an hour is enough: the emergency goes up; a quick no goes to the next."""
    store = town()
    silent, quick = (visit(store, "V1", "V2", urgency="emergency", client=c) for c in ("H1", "H2"))
    for key in (silent, quick):
        store.run(MORNING, dispatch, order=key)
    store.run(minutes_later(1), decline, order=quick, helper="V1", reason="ill")
    store.run(minutes_later(30), time_out)
    assert order(store, silent).status == "escalated"
    assert states(store, quick) == {"V1": "declined", "V2": "asked"}


def test_an_order_nobody_decides_on_climbs_to_the_top_and_stays_there() -> None:
    """Community, street, county: each has its time; at the top the order waits and is not lost."""
    store = town()
    key = visit(store)
    store.run(MORNING, escalate, order=key)
    levels = [order(store, key).level]
    for day in range(16, 26):
        store.run(Act(f"2025-09-{day}T10:00:00+08:00", "station"), time_out)
        levels.append(order(store, key).level)
    assert levels == ["community", "street", *["county"] * 9]
    assert (order(store, key).status, order(store, key).due_at) == ("escalated", None)
    with pytest.raises(RefusedError) as caught:
        store.run(now(store, key), escalate, order=key)
    assert codes(caught) == ["no-higher-level"]
    store.run(now(store, key), dispatch, order=key, to=["V1"])
    assert order(store, key).status == "dispatched"


def test_the_citys_rules_decide_levels_offices_and_times() -> None:
    """A city with one level, an office there and ten minutes: the order goes to that office after one round."""
    city = rules(
        answer_minutes={"normal": 10},
        rounds=1,
        levels=("street",),
        offices={"420106001": "complex-1"},
    )
    store = town(plugins=None)
    store.plugins = city  # type: ignore[assignment]
    key = _placed_in(store, "420106001001")
    store.run(MORNING, dispatch, order=key, to=["V1"])
    store.run(minutes_later(10), time_out)
    now = order(store, key)
    assert (now.status, now.level, now.office, now.due_at) == (
        "escalated",
        "street",
        "complex-1",
        None,
    )


def _placed_in(store: MemoryStore, place_id: str) -> str:
    plugins, store.plugins = store.plugins, None
    key = visit(store, "V1", "V2", place=place_id)
    store.plugins = plugins
    return key


def test_several_may_be_asked_at_once() -> None:
    """With two asked, one no leaves the order dispatched; the other's yes takes it."""
    store = town()
    key = visit(store)
    store.run(MORNING, dispatch, order=key, to=["V1", "V2", "V3"])
    store.run(MORNING, decline, order=key, helper="V2", reason="busy")
    assert order(store, key).status == "dispatched"
    store.run(MORNING, accept, order=key, helper="V3")
    assert states(store, key) == {"V1": "withdrawn", "V2": "declined", "V3": "accepted"}


def test_goods_are_offered_to_one_at_a_time() -> None:
    """A city that asks two at once still takes goods from one: a gift is not promised twice."""
    store = town()
    store.plugins = rules(asked_at_once=2)  # type: ignore[assignment]
    many = {"dispatch": []}
    for form, dimension in (("service", "minute"), ("goods", "piece")):
        plugins, store.plugins = store.plugins, None
        key = visit(store, "V1", "V2", form=form, dimension=dimension, client=form)
        store.plugins = plugins
        many["dispatch"].append(len(store.run(MORNING, dispatch, order=key).answer))
    assert many["dispatch"] == [2, 1]


# --- exactly one wins ----------------------------------------------------------------------------


def test_a_second_acceptance_is_told_that_the_order_is_taken() -> None:
    """V2 comes too late and is told so, with a code that programs can tell from other refusals."""
    store = town()
    key = visit(store)
    store.run(MORNING, dispatch, order=key, to=["V1", "V2"])
    store.run(MORNING, accept, order=key, helper="V1")
    with pytest.raises(ConflictError) as caught:
        store.run(MORNING, accept, order=key, helper="V2")
    assert codes(caught) == ["order-taken"]
    assert "V1" not in str(caught.value)


def test_whoever_read_an_older_version_is_told_to_read_again() -> None:
    """A version that is no more refuses the command; the right one is in the answer."""
    store = town()
    key = visit(store, "V1")
    store.run(MORNING, dispatch, order=key)
    with pytest.raises(ConflictError) as caught:
        store.run(MORNING, accept, order=key, helper="V1", version=1)
    assert codes(caught) == ["order-changed"]
    assert "version 2" in str(caught.value)
    store.run(MORNING, accept, order=key, helper="V1", version=2)


def test_who_was_not_asked_cannot_accept() -> None:
    """An unasked helper is refused; one whose time is over is told that it is over."""
    store = town()
    key = visit(store, "V1", "V2")
    store.run(MORNING, dispatch, order=key)
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, accept, order=key, helper="V5")
    assert codes(caught) == ["not-asked"]
    store.run(Act("2025-09-17T09:00:00+08:00", "station"), time_out)
    with pytest.raises(ConflictError) as late:
        store.run(now(store, key), accept, order=key, helper="V1")
    assert codes(late) == ["answer-too-late"]


def test_nothing_happens_to_an_order_before_what_last_happened_to_it() -> None:
    """An act dated earlier than the last change is refused: the log would tell another story."""
    store = town()
    key = visit(store, "V1")
    store.run(LATER, dispatch, order=key)
    for command in (start, cancel):
        with pytest.raises(RefusedError) as caught:
            store.run(
                MORNING,
                command,
                order=key,
                **({} if command is start else {"reason": "not_needed"}),
            )
        assert codes(caught) == ["act-before-last"]
    assert order(store, key).status == "dispatched"


# --- teams ---------------------------------------------------------------------------------------

ROLES = (Slot("counselling", 60, ("counselling",)), Slot("visit", 60, ("visiting",)))


def team(store: MemoryStore) -> str:
    """Place an order that asks for a counsellor and a visitor, W1 and V1 best, V2 next as visitor."""
    from wushe.orders.placing import Request, place_request

    ranked = (
        Candidate("W1", "social_workers", "W1:hours", 0, 0),
        Candidate("V1", "volunteers", "V1:hours", 0, 1),
        Candidate("V2", "volunteers", "V2:hours", 3, 1),
    )
    request = Request(
        "H1",
        "households",
        "dying_with_dignity",
        1,
        "service",
        "time",
        roles=ROLES,
        candidates=ranked,
    )
    key = str(store.run(MORNING, place_request, request=request).answer)
    store.run(MORNING, dispatch, order=key)
    return key


def test_a_team_comes_whole_or_not_at_all() -> None:
    """The first yes is only held; with the last one all are accepted in one event."""
    store = town()
    key = team(store)
    assert states(store, key) == {"W1": "asked", "V1": "asked"}
    assert store.run(MORNING, accept, order=key, helper="W1").answer == "held"
    assert (order(store, key).status, order(store, key).helpers) == ("dispatched", ())
    receipt = store.run(MORNING, accept, order=key, helper="V1")
    assert receipt.answer == "accepted"
    assert [e.kind for e in receipt.events] == ["order.accepted"]
    assert order(store, key).helpers == ((0, "W1", "W1:hours"), (1, "V1", "V1:hours"))


def test_a_role_that_is_declined_goes_to_its_next_best_while_others_are_held() -> None:
    """V1 declines: W1 stays held, V2 is asked for the role."""
    store = town()
    key = team(store)
    store.run(MORNING, accept, order=key, helper="W1")
    store.run(MORNING, decline, order=key, helper="V1", reason="ill")
    assert order(store, key).status == "dispatched"
    assert states(store, key) == {"W1": "held", "V1": "declined", "V2": "asked"}
    assert store.run(MORNING, accept, order=key, helper="V2").answer == "accepted"


def test_a_role_that_nobody_can_fill_lets_everybody_go() -> None:
    """With V1 and V2 gone W1 is free again and may be asked again; the order goes up."""
    store = town()
    key = team(store)
    store.run(MORNING, accept, order=key, helper="W1")
    for helper in ("V1", "V2"):
        store.run(MORNING, decline, order=key, helper=helper, reason="ill")
    assert states(store, key) == {"W1": "withdrawn", "V1": "declined", "V2": "declined"}
    assert (order(store, key).status, order(store, key).level) == ("escalated", "community")
    # The community finds a visitor by name; the counsellor comes from the ranking again.
    store.run(MORNING, dispatch, order=key, to=[(1, "V3")])
    assert states(store, key) == {"W1": "asked", "V1": "declined", "V2": "declined", "V3": "asked"}


def test_a_team_is_not_asked_at_all_where_a_role_has_nobody() -> None:
    """Without a counsellor nobody is called, and the refusal says what speaks against each candidate."""
    store = town(VOLUNTEERS)
    with pytest.raises(RefusedError) as caught:
        team(store)
    assert codes(caught) == ["nobody-able", "helper-not-enrolled"]
    assert store.state.find("call") == []


def test_who_leaves_a_team_is_replaced_while_the_others_are_held() -> None:
    """V1 backs out of an accepted team: W1 is held until V2 has accepted too."""
    store = town()
    key = team(store)
    for helper in ("W1", "V1"):
        store.run(MORNING, accept, order=key, helper=helper)
    store.run(MORNING, back_out, order=key, helper="V1", reason="ill")
    assert states(store, key) == {"W1": "held", "V1": "backed_out", "V2": "asked"}
    assert order(store, key).helpers == ()
    store.run(MORNING, accept, order=key, helper="V2")
    assert [name for _, name, _ in order(store, key).helpers] == ["W1", "V2"]


# --- work ----------------------------------------------------------------------------------------


def test_what_is_left_goes_on_when_somebody_backs_out_midway() -> None:
    """V1 did 20 of 60 minutes: these stay V1's, V2 is asked for the other 40."""
    store = town()
    key = visit(store, "V1", "V2")
    store.run(MORNING, dispatch, order=key)
    store.run(MORNING, accept, order=key, helper="V1")
    store.run(MORNING, report_part, order=key, amount=20)
    store.run(MORNING, back_out, order=key, helper="V1", reason="ill")
    calls = {c.helper: c for c in store.state.find("call", order=key)}
    assert (calls["V1"].state, calls["V1"].amount, calls["V1"].minutes) == ("done", 20, 20)
    assert (calls["V2"].state, calls["V2"].amount, calls["V2"].minutes) == ("asked", 40, 40)
    store.run(MORNING, accept, order=key, helper="V2")
    store.run(MORNING, complete, order=key)
    assert sum(c.amount for c in store.state.find("call", order=key, state="done")) == 60


def test_work_that_is_not_accepted_goes_back_to_the_same_helper() -> None:
    """Not received: nothing counts as done, V1 has the order again and may be done again."""
    store = town()
    key = order_in(store, "done")
    store.run(MORNING, reopen, order=key, reason="not_received")
    assert (order(store, key).done_amount, states(store, key)) == (0, {"V1": "accepted"})
    store.run(MORNING, complete, order=key)
    assert order(store, key).status == "done"


def test_helpers_do_not_confirm_themselves() -> None:
    """V1 may not confirm what V1 did."""
    store = town()
    key = order_in(store, "done")
    with pytest.raises(RefusedError) as caught:
        store.run(Act(MORNING.at, "V1"), confirm, order=key)
    assert codes(caught) == ["confirmed-by-helper"]


@pytest.mark.parametrize("end", [cancel, fail])
def test_whoever_is_engaged_is_let_go_at_the_end(end: object) -> None:
    """Cancelled and failed orders engage nobody and are no more asked of anybody."""
    store = town()
    key = visit(store)
    store.run(MORNING, dispatch, order=key, to=["V1", "V2"])
    reason = "not_needed" if end is cancel else "refused_at_door"
    store.run(MORNING, end, order=key, reason=reason)  # type: ignore[arg-type]
    assert states(store, key) == {"V1": "withdrawn", "V2": "withdrawn"}
    assert (order(store, key).reason, order(store, key).due_at) == (reason, None)


@pytest.mark.parametrize(
    ("status", "command", "arguments", "code"),
    [
        # reasons are codes of a closed list
        ("dispatched", decline, {"helper": "V1", "reason": "因为"}, "reason-not-listed"),
        ("accepted", back_out, {"helper": "V1", "reason": "nobody_home"}, "reason-not-listed"),
        ("placed", cancel, {"reason": "nobody_home"}, "reason-not-listed"),
        ("placed", fail, {"reason": "duplicate"}, "reason-not-listed"),
        ("done", reopen, {"reason": "busy"}, "reason-not-listed"),
        ("placed", escalate, {"reason": "busy"}, "reason-not-listed"),
        # a part is less than what is left, and all is no more than was ordered or fits into a day
        ("in_progress", report_part, {"amount": 60}, "order-amount"),
        ("in_progress", report_part, {"amount": 0}, "order-amount"),
        ("in_progress", complete, {"amount": 1441}, "order-amount"),
        ("partly_done", complete, {"amount": 9}, "order-amount"),
        ("done", reopen, {"reason": "not_finished", "amount": 60}, "order-amount"),
        # who is not asked, or has not accepted
        ("dispatched", decline, {"helper": "V9", "reason": "busy"}, "not-asked"),
        ("accepted", back_out, {"helper": "V9", "reason": "busy"}, "not-the-helper"),
        ("dispatched", dispatch, {"to": ["V1"]}, "asked-already"),
        ("dispatched", dispatch, {}, "nobody-able"),
        ("done", confirm, {"rating": 6}, "order-field"),
        ("done", confirm, {"rating": True}, "argument-type"),
        ("placed", dispatch, {"to": ["nobody"]}, "helper-not-enrolled"),
    ],
)
def test_bad_requests_are_refused_and_change_nothing(
    status: str, command: object, arguments: dict[str, object], code: str
) -> None:
    """Each is refused by its own code, in both languages, and nothing of it happens."""
    store = town()
    key = order_in(store, status)
    before, events = order(store, key), len(store.log)
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, command, order=key, **arguments)  # type: ignore[arg-type]
    assert codes(caught) == [code]
    assert caught.value.say("zh") != caught.value.say("en")
    assert (order(store, key), len(store.log)) == (before, events)


def test_everything_wrong_with_a_request_is_said_at_once() -> None:
    """Six mistakes in one order are six problems, and no order."""
    store = town()
    with pytest.raises(RefusedError) as caught:
        visit(
            store,
            client_kind="H",
            amount=0,
            urgency="now",
            on_day="15.9.",
            starts=600,
            ends=540,
            form="x",
        )
    assert codes(caught) == [*["order-field"] * 3, "order-amount", *["order-field"] * 2]
    assert store.state.find("order") == []


def test_one_open_order_for_a_need_at_a_time() -> None:
    """A second order for the need is refused while the first is open, and placed once it has ended."""
    store = town()
    first = visit(store, need="N1")
    with pytest.raises(ConflictError) as caught:
        visit(store, need="N1")
    assert codes(caught) == ["order-exists"]
    store.run(MORNING, cancel, order=first, reason="entered_wrong")
    assert (first, visit(store, need="N1")) == ("O-N1", "O-N1-2")


def test_an_id_is_given_once() -> None:
    """An order's id may be wished for; one that is taken is refused."""
    store = town()
    assert visit(store, order="O-7") == "O-7"
    with pytest.raises(ConflictError) as caught:
        visit(store, order="O-7")
    assert codes(caught) == ["order-exists"]


def test_a_refusal_midway_takes_everything_back() -> None:
    """A reaction that refuses the acceptance undoes it with all that went before in the same unit."""
    store = town()
    key = visit(store)

    def both(s: object) -> None:
        dispatch(s, order=key, to=["V1"])  # type: ignore[arg-type]
        accept(s, order=key, helper="V1")  # type: ignore[arg-type]
        accept(s, order=key, helper="V2")  # type: ignore[arg-type]

    before, events = order(store, key), len(store.log)
    with pytest.raises(ConflictError):
        store.run(MORNING, both)
    assert (order(store, key), states(store, key), len(store.log)) == (before, {}, events)


def test_the_log_makes_the_same_state_again() -> None:
    """All orders and calls of a busy town are rebuilt from its events."""
    store = town()
    for status in ("timed_out", "partly_done", "confirmed", "escalated", "failed"):
        order_in(store, status)
    team(store)
    again = MemoryStore(DOMAIN, log=list(store.log))
    for kind in ("order", "call", "helper"):
        assert again.state.find(kind) == store.state.find(kind)


def test_an_order_is_said_in_one_line_without_those_served() -> None:
    """Status, reason and helpers in both languages; the household is not in it."""
    store = town()
    now = order(store, order_in(store, "failed"))
    assert now.say("en") == f"{now.id}: visit, 1 h, normal, failed: nobody at home"
    assert now.say("zh") == f"{now.id}　visit 1小时　一般　未办成：家中无人"
    accepted = order(store, order_in(store, "accepted"))
    assert accepted.say("en", "home visit").endswith(
        "home visit, 1 h, normal, accepted; helpers V1"
    )
    assert "H1" not in now.say("zh") + now.say("en")


def test_levels_and_times_of_the_rules() -> None:
    """A level that a city no longer has leads to the next above it; a time not given is the built-in one."""
    city = OrderRules("c", answer_minutes={"urgent": 5}, levels=("community", "county"))
    assert [next_level(city, lv) for lv in (None, "community", "street", "county", "city")] == [
        "community", "county", "county", None, None,
    ]  # fmt: skip
    assert [answer_minutes(city, u) for u in ("urgent", "low")] == [5, 4320]


def test_places_above_come_from_the_tables_or_from_the_code() -> None:
    """A place that was enrolled has the path of the tables, others that of their statistical code."""
    from wushe.orders import enroll

    store = town()
    path = (("county", "X"), ("street", "X-1"))
    store.run(MORNING, enroll, areas=[Area("X-1", "street", "东街", path)])
    assert path_of(store.state, "X-1") == path
    assert path_of(store.state, "420106001")[-2:] == (("county", "420106"), ("street", "420106001"))
    assert path_of(store.state, "elsewhere") == ()
    assert path_of(store.state, None) == ()


def test_enrolling_again_records_changes_only() -> None:
    """The same helpers are no news; one with another vetting is."""
    from wushe.orders import enroll

    store = town()
    assert store.run(MORNING, enroll, helpers=HELPERS).answer == 0
    changed = attrs.evolve(HELPERS[0], vetted_on="2025-09-01", family="H9")
    receipt = store.run(MORNING, enroll, helpers=[changed, *HELPERS[1:]])
    assert (receipt.answer, receipt.events[0].ref) == (1, "H9")
    assert store.state.get("helper", "V1") == changed


def test_orders_of_one_instant_have_ids_of_their_own() -> None:
    """Two orders without a need at the same instant are two orders."""
    store = town()
    assert len({visit(store, client="H1"), visit(store, client="H2")}) == 2
    assert len(candidates("V1", "V2")) == 2
    assert place.__doc__


def test_a_role_that_is_promised_is_not_given_twice() -> None:
    """V1 is held as the visitor: V3 cannot be asked for that role as well."""
    store = town()
    key = team(store)
    store.run(MORNING, accept, order=key, helper="V1")
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, dispatch, order=key, to=[(1, "V3")])
    assert codes(caught) == ["role-filled"]


# --- what a review found ---------------------------------------------------------------------------


@pytest.mark.parametrize("now", ["tomorrow", "2025-09-18", "2025-09-18T09:00:00"])
def test_time_runs_out_at_instants_only(now: str) -> None:
    """Words compare as later than every instant: they would time out the whole city."""
    store = town()
    key = order_in(store, "dispatched")
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, time_out, now=now)
    assert codes(caught) == ["order-field"]
    assert order(store, key).status == "dispatched"


def test_an_instant_of_any_zone_is_the_same_instant() -> None:
    """A day to answer from nine in the morning is over at nine the next day in China, not eight hours earlier."""
    store = town()
    order_in(store, "dispatched")
    assert store.run(MORNING, time_out, now="2025-09-16T08:59:59+08:00").answer == []
    assert len(store.run(MORNING, time_out, now="2025-09-16T09:00:00+08:00").answer) == 1


def test_the_best_of_those_named_is_asked_first() -> None:
    """By what they cost in the plan's prices, however the list is written."""
    store = town()
    far, near = (Candidate(key, "volunteers", None, extra) for key, extra in (("V1", 5), ("V2", 2)))
    key = visit(store, candidates=[far, near])
    store.run(MORNING, dispatch, order=key)
    assert states(store, key) == {"V2": "asked"}


def test_a_plain_order_has_no_roles() -> None:
    """Somebody who is asked for a role of it is asked for nothing."""
    store = town()
    key = visit(store)
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, dispatch, order=key, to=[(0, "V1")])
    assert codes(caught) == ["order-field"]


@pytest.mark.parametrize(
    ("minutes", "code"),
    [
        ({"V2": 60}, "not-the-helper"),  # was not there
        ({"V1": 0}, "order-amount"),
        ({"V1": 1441}, "order-amount"),
        ({"V1": 60.0}, "argument-type"),
    ],
)
def test_minutes_are_confirmed_of_helpers_only(minutes: dict[str, object], code: str) -> None:
    """Of those who accepted, and of a day at most."""
    store = town()
    key = order_in(store, "done")
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, confirm, order=key, minutes=minutes)
    assert codes(caught) == [code]
    assert order(store, key).status == "done"


def test_the_minutes_that_were_confirmed_are_the_hours_recorded() -> None:
    """An hour was ordered, three quarters of it were given."""
    store = town()
    key = order_in(store, "done")
    store.run(MORNING, confirm, order=key, minutes={"V1": 45})
    [service] = store.state.find("service", helper="V1")
    assert service.minutes == 45


def test_hours_of_nothing_are_stated_by_somebody() -> None:
    """V1 did 40 minutes and left; in the end 40 in all are accepted: nobody guesses what V2 did."""
    store = town()
    key = visit(store, "V1", "V2")
    store.run(MORNING, dispatch, order=key)
    store.run(MORNING, accept, order=key, helper="V1")
    store.run(MORNING, report_part, order=key, amount=40)
    store.run(MORNING, back_out, order=key, helper="V1", reason="ill")
    store.run(MORNING, accept, order=key, helper="V2")
    store.run(MORNING, complete, order=key)
    store.run(MORNING, reopen, order=key, reason="not_finished")
    store.run(MORNING, complete, order=key, amount=40)
    store.run(MORNING, confirm, order=key)
    [due] = store.state.find("service_due", helper="V2")
    assert (due.minutes, due.open) == (None, "1")


def test_what_others_did_before_is_not_undone_by_a_reopening() -> None:
    """V1 did 20 of 60 minutes and left; V2's part is not accepted: 20 stay done, and less cannot be said."""
    store = town()
    key = visit(store, "V1")
    store.run(MORNING, dispatch, order=key)
    store.run(MORNING, accept, order=key, helper="V1")
    store.run(MORNING, report_part, order=key, amount=20)
    store.run(MORNING, back_out, order=key, helper="V1", reason="ill", onward=False)
    store.run(MORNING, redispatch, order=key, to=["V2"])
    store.run(MORNING, accept, order=key, helper="V2")
    store.run(MORNING, complete, order=key)
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, reopen, order=key, reason="not_finished", amount=0)
    assert codes(caught) == ["order-amount"]
    store.run(MORNING, reopen, order=key, reason="not_finished")
    assert (order(store, key).status, order(store, key).done_amount) == ("in_progress", 20)

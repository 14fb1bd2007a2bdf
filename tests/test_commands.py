"""Every public command refuses rubbish: clearly, in both languages, and without a trace."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from inspect import isfunction
from typing import Any

import attrs
import pytest

from wushe import ledger, orders
from wushe.errors import RefusedError
from wushe.journal import Act, MemoryStore, Receipt, Session, command
from wushe.journal.command import LONGEST, field_problems, fits
from wushe.ledger import duties, goods, money
from wushe.orders import Candidate, Helper, projects, volunteers
from wushe.orders.records import Area

DOMAIN = orders.DOMAIN + ledger.DOMAIN
ACT = Act("2025-09-15T09:00:00+08:00", "S-1")
DAY = dt.date(2025, 9, 15)
PLACE = "420106001001"
NAME = "王小明13812345678"
"""What somebody may type into the wrong field: nothing that is refused repeats it."""
TAKES_MORE = {
    orders.place_need, orders.place_wishes, orders.place_plan, orders.dispatch_plan, orders.slip, orders.notice,
}  # fmt: skip
"""Commands on a city's tables or a plan, tried where those are."""


class Try(MemoryStore):
    """A store that takes back everything once it is set up."""

    keep = True

    def run(self, act: Act, command: Callable[..., Any], /, **arguments: Any) -> Receipt:
        """Run a command and, once `keep` is off, undo it."""
        if self.keep:
            return super().run(act, command, **arguments)
        session = Session(self.state, act, self.domain, self.plugins)
        self.state.begin()
        try:
            return Receipt(tuple(session.events), command(session, **arguments))
        finally:
            self.written = tuple(session.events)
            self.state.end(keep=False)


@pytest.fixture(scope="module", name="town")
def _town() -> Try:
    """A town in which something of everything is going on."""
    store = Try(DOMAIN)
    helpers = [
        Helper("V1", "volunteers"), Helper("V2", "volunteers"), Helper("F1", "funds"), Helper("L1", "resources"),
    ]  # fmt: skip
    steps: list[tuple[Any, dict[str, Any]]] = [
        (orders.enroll, {"helpers": helpers}),
        (money.open_fund, {"id": "F1", "name": "n", "host": "O1"}),
        (money.open_fund, {"id": "F2", "name": "n", "host": "O1"}),
        (money.receive, {"gifts": [{"fund": "F1", "fen": 10_000, "donor": "D1", "donor_kind": "person", "id": "G1", "campaign": "CC"}]}),
        (money.open_pool, {"id": "P1", "sponsor": "O9", "fen": 1000}),
        (money.make_pledge, {"id": "PL1", "fund": "F1", "donor": "D1", "fen": 500}),
        (money.commit, {"items": [{"fund": "F1", "fen": 100, "client": "H9"}]}),
        (money.spend, {"items": [{"fund": "F1", "fen": 100, "client": "H9"}]}),
        (goods.open_warehouse, {"id": "K1", "name": "k"}),
        (goods.open_warehouse, {"id": "K2", "name": "k"}),
        (goods.receive, {"arrivals": [goods.Arrival("L1", "K1", "rice", 100, checked=True), goods.Arrival("L2", "K1", "oil", 100)]}),
        (goods.reserve, {"id": "R1", "quantity": 3, "warehouse": "K1", "item": "rice", "recipient": "H1", "recipient_kind": "households"}),
        (goods.issue, {"id": "I1", "quantity": 3, "warehouse": "K1", "item": "rice", "recipient": "H1", "recipient_kind": "households"}),
    ]  # fmt: skip
    for key in ("OP", "OD", "OA", "OX", "OC"):
        fields = {"category": "visit", "amount": 60, "form": "service", "dimension": "minute"}
        steps.append((orders.place, {"order": key, "client": f"H{key}", **fields}))
    steps += [(orders.dispatch, {"order": key, "to": ["V1"]}) for key in ("OD", "OA", "OX", "OC")]
    steps += [(orders.accept, {"order": key, "helper": "V1"}) for key in ("OA", "OX", "OC")]
    steps += [(orders.complete, {"order": key}) for key in ("OX", "OC")]
    steps += [
        (orders.confirm, {"order": "OC"}),
        (projects.propose_project, {"project": "PR1", "organization": "O1", "budget_fen": 1000}),
        (projects.propose_project, {"project": "PR3", "organization": "O1", "budget_fen": 1000, "milestones": ["2025-10-01"]}),
        (projects.decide_grant, {"project": "PR3", "fen": 10, "jurors": ["J"]}),
        (projects.record_activity, {"activity": "AC1", "day": "2025-09-14", "category": "fair", "volunteer_event": True}),
        (duties.describe_host, {"host": "O1", "kind": "foundation", "charity": True}),
        (duties.plan_campaign, {"campaign": "C1", "host": "O1", "starts": DAY, "ends": DAY}),
        (duties.describe_project, {"project": "PR1", "host": "O1", "starts": DAY}),
        (duties.state_year, {"host": "O1", "year": 2024, "income_fen": 5}),
    ]  # fmt: skip
    for step, arguments in steps:
        store.run(ACT, step, **arguments)
    store.keep = False
    return store


CASES: dict[Any, dict[str, Any]] = {
    orders.place: {
        "order": "N", "client": "H1", "client_kind": "households", "category": "visit", "amount": 60,
        "form": "service", "dimension": "minute", "need": "N1", "urgency": "normal", "place": PLACE,
        "on_day": "2025-09-20", "starts": 60, "ends": 120, "minor": False, "groups": ["x"], "skills": ["y"],
        "project": "PR1", "candidates": [Candidate("V1", "volunteers")],
    },
    orders.enroll: {"helpers": [Helper("V9", "volunteers")], "areas": [Area("4", "city", "c", ())]},
    orders.dispatch: {"order": "OP", "to": ["V1"], "version": 1},
    orders.redispatch: {"order": "OP", "to": ["V1"], "version": 1},
    orders.escalate: {"order": "OP", "reason": "beyond_means", "version": 1},
    orders.accept: {"order": "OD", "helper": "V1", "version": 2},
    orders.decline: {"order": "OD", "helper": "V1", "reason": "busy", "version": 2, "onward": True},
    orders.time_out: {"now": "2025-09-20T00:00:00Z", "onward": True},
    orders.claim: {"order": "OD", "helper": "V1", "version": 2},
    orders.start: {"order": "OA", "version": 3},
    orders.report_part: {"order": "OA", "amount": 5, "version": 3},
    orders.complete: {"order": "OA", "amount": 60, "version": 3},
    orders.confirm: {"order": "OX", "rating": 3, "words": "w", "minutes": {"V1": 5}, "version": 4},
    orders.reopen: {"order": "OX", "reason": "poor_work", "amount": 3, "version": 4},
    orders.cancel: {"order": "OA", "reason": "duplicate", "version": 3},
    orders.fail: {"order": "OA", "reason": "other", "version": 3},
    orders.back_out: {"order": "OA", "helper": "V1", "reason": "ill", "version": 3, "onward": True},
    volunteers.record_order_service: {"order": "OC", "helper": "V1", "minutes": {"V1": 5}},
    volunteers.record_activity_service: {"activity": "AC1", "minutes": {"V1": 5}, "leader": "V2"},
    volunteers.correct_service: {"service": "order/OC/V1", "reason": "miscounted", "minutes": 5},
    volunteers.redeem_points: {"owner": "V1", "rule": "r", "reward": "x", "count": 1},
    volunteers.draw_minutes: {"owner": "V1", "rule": "r", "minutes": 4, "order": "OC"},
    volunteers.return_redemption: {"redemption": "r#1", "reason": "mistake"},
    volunteers.lapse_points: {},
    volunteers.record_training: {"helper": "V1", "day": "2025-09-01", "topic": "t", "minutes": 4, "unit": "u", "words": "w"},
    volunteers.record_honour: {"helper": "V1", "day": "2025-09-01", "honour": "t", "unit": "u", "words": "w"},
    volunteers.evaluate_service: {"service": "order/OC/V1", "stars": 3, "words": "w"},
    volunteers.issue_certificate: {
        "helper": "V1", "unit": "S-1", "since": "2025-09-01", "until": "2025-09-15", "offices": ["x"], "services": ["a"],
    },
    projects.propose_project: {
        "project": "PN", "organization": "O1", "budget_fen": 5, "fund": "F1", "unit": "u", "goals": {"persons": 3},
        "since": "2025-09-01", "until": "2025-10-01", "milestones": ["2025-09-20"], "interested": ["q"],
    },
    projects.score_round: {"scored_in": "R", "projects": ["PR1"]},
    projects.decide_grant: {"project": "PR1", "fen": 5, "jurors": ["J"], "reason": "score"},
    projects.reach_milestone: {"milestone": "PR3#1", "evidence": "E1", "on": "2025-09-14"},
    projects.close_project: {"project": "PR3"},
    projects.record_activity: {
        "activity": "A2", "day": "2025-09-14", "category": "fair", "project": "PR1", "unit": "u", "organizer": "o",
        "place": "p", "person_times": 5, "persons": 4, "households": 3, "participants": [("P1", "H1", 1)],
        "volunteer_event": True,
    },
    projects.correct_activity: {
        "activity": "AC1", "reason": "miscounted", "person_times": 5, "persons": 4, "households": 3,
        "participants": [("P1", "H1", 1)],
    },
    money.open_fund: {
        "id": "FN", "name": "n", "host": "h", "nature": "mixed", "place": "4201", "purposes": ["x"], "places": ["42"],
        "for_groups": ["g"], "per_need_fen": 4, "floor_fen": 3, "day": "2025-09-14",
    },
    money.start_up: {"fund": "F1", "contributions": [("fiscal", "O1", 5)], "floor_fen": 3, "day": "2025-09-14"},
    money.co_finance: {"fund": "F1", "shares": {"O1": 1}, "contributions": [("fiscal", "O1", 5)], "day": "2025-09-14"},
    money.close_fund: {"fund": "F2", "day": "2025-09-14"},
    money.receive: {
        "gifts": [{
            "id": "GN", "fund": "F1", "fen": 5, "day": "2025-09-14", "donor": "D1", "donor_kind": "person",
            "nature": "donation", "channel": "bank", "campaign": "C1", "pledge": "PL1", "wants_name": True,
            "at": "2025-09-14T00:00:00Z",
            "earmark": {"purposes": ["x"], "places": ["42"], "groups": ["g"], "clients": ["H1"], "project": "PR1"},
        }],
    },
    money.feed_back: {"gifts": ["G1"], "day": "2025-09-14"},
    money.commit: {
        "items": [{
            "fund": "F1", "fen": 5, "category": "x", "place": "4201", "within": ["4201"], "client": "H1",
            "client_kind": "households", "groups": ["g"], "project": "PR1", "order": "OA", "need": "N",
            "day": "2025-09-14", "without": ["G9"],
        }],
    },
    money.pay: {
        "items": [{
            "commitment": "F1-C1", "fen": 5, "kind": "aid", "payee_kind": "client", "day": "2025-09-14",
            "emergency": "no_food",
        }],
    },
    money.spend: {"items": [{"fund": "F1", "fen": 5, "client": "H1", "kind": "aid", "payee_kind": "client"}]},
    money.release: {"commitments": ["F1-C1"], "reason": "not_needed", "day": "2025-09-14"},
    money.take_back: {"payment": "F1-P1", "fen": 5, "reason": "overpaid", "day": "2025-09-14"},
    money.refund: {"gifts": ["G1"], "fen": 5, "reason": "mistake", "day": "2025-09-14"},
    money.transfer: {"source": "F1", "target": "F2", "takes": [("G1", 5)], "reason": "mistake", "day": "2025-09-14"},
    money.change_use: {
        "gift": "G1", "earmark": {"purposes": ["x"]}, "consent_by": "D1", "consent_on": "2025-09-14", "filing": "11",
        "day": "2025-09-15",
    },
    money.move_surplus: {"project": "PR1", "to_project": "PR2", "basis": "same", "day": "2025-09-14"},
    money.make_pledge: {
        "id": "PLN", "fund": "F1", "donor": "D1", "fen": 4, "due_on": "2025-10-01", "public": False, "project": "PR1",
        "day": "2025-09-14",
    },
    money.release_pledge: {"pledge": "PL1", "reason": "agreed", "day": "2025-09-14"},
    money.open_pool: {
        "id": "PN", "sponsor": "O9", "fen": 100, "numerator": 1, "denominator": 2, "fund": "F1", "gift_cap": 5,
        "donor_cap": 5, "project_cap": 5, "opens": "2025-09-14T00:00:00Z", "closes": "2025-10-14T00:00:00Z",
        "sponsor_kind": "organization", "nature": "donation",
    },
    money.close_pool: {"pool": "P1", "day": "2025-09-14"},
    goods.open_warehouse: {"id": "KN", "name": "n", "place": "4", "keeper": "O", "fund": "F1"},
    goods.receive: {"arrivals": [goods.Arrival("LN", "K1", "rice", 5)]},
    goods.inspect: {"lot": "L2", "passed": 5, "rejected": 1, "reason": "damaged"},
    goods.value: {"lot": "L1", "unit_value_fen": 5, "value_per": 1},
    goods.count: {"lot": "L1", "counted": 97, "reason": "agrees"},
    goods.write_off: {"lot": "L1", "reason": "lost", "quantity": 1, "bucket": "on_hand"},
    goods.transfer: {"lot": "L1", "to": "K2", "quantity": 3},
    goods.recall: {"lot": "L1", "reason": "maker"},
    goods.reserve: {
        "id": "RN", "quantity": 1, "warehouse": "K1", "item": "rice", "lot": "L1", "order": "OA", "recipient": "H1",
        "recipient_kind": "households", "category": "c", "place": "4", "groups": ["g"], "project": "p", "on": DAY,
    },
    goods.release: {"reservation": "R1", "reason": "not_needed"},
    goods.issue: {
        "id": "IN", "quantity": 1, "reservation": "R1", "warehouse": "K1", "item": "rice", "lot": "L1", "order": "OA",
        "recipient": "H1", "recipient_kind": "households", "category": "c", "place": "4", "groups": ["g"], "project": "p",
    },
    goods.sign: {"issue": "I1", "signed_by": "x"},
    goods.bring_back: {"issue": "I1", "reason": "damaged", "quantity": 1, "lot": "L1"},
    duties.describe_host: {
        "host": "O2", "kind": "foundation", "charity": True, "form": "group", "public": True, "public_since": DAY,
        "registered_on": DAY,
    },
    duties.ask_interests: {"host": "O1", "on": DAY},
    duties.state_year: {
        "host": "O1", "year": 2025, "income_fen": 1, "aid_fen": 1, "spent_fen": 5, "management_fen": 1, "assets_fen": 5,
    },
    duties.explain_ratio: {"host": "O1", "year": 2024, "on": DAY},
    duties.plan_campaign: {
        "campaign": "C2", "host": "O1", "starts": DAY, "ends": DAY, "fund": "F1", "project": "PR1", "public": True,
        "emergency": False, "online": True, "platform": "x", "designated": True, "partner": "p", "agreement": True,
        "partner_named": True, "one_person": False,
    },
    duties.file_campaign: {"campaign": "C1", "on": DAY},
    duties.end_response: {"campaign": "C1", "on": DAY},
    duties.declare_interest: {"role": "donor", "party": "D1", "client": "H1", "relation": "relative"},
    duties.end_interest: {"interest": "x", "reason": "mistake"},
    duties.agree_ratio: {"gift": "G1", "agreement": "a1", "management_bp": 5, "spend_by": DAY},
    duties.waive_receipt: {"on": DAY, "gift": "G1"},
    duties.give_receipt: {"lot": "L1", "number": "5"},
    duties.record_feedback: {"lots": ["L1"], "on": DAY},
    duties.publish_statement: {"about": "annual", "subject": "O1", "on": DAY, "until": DAY, "year": 2024, "document": "d"},
    duties.tell_event: {"event": "E1", "host": "O1", "kind": "asset", "on": DAY},
    duties.describe_project: {"project": "PX", "host": "O1", "starts": DAY, "ends": DAY},
    duties.end_project: {"project": "PR1", "on": DAY},
}  # fmt: skip
RUBBISH: tuple[Any, ...] = (
    None, 5, -1, 0, 1.5, float("nan"), True, "", NAME, NAME * 1000, "a\0b", "\ud800", b"x", object(), 2**70, [], {}, (),
    [None], [5], [NAME], {"x": 1.5}, {5: 5}, [[]], [("V1",)], [(1, 2, 3)], DAY, dt.datetime(2025, 9, 15),  # noqa: DTZ001
)  # fmt: skip


def _spoilt(value: Any) -> Iterator[Any]:
    """Yield `value` replaced by rubbish, as a whole and in each of its parts."""
    yield from RUBBISH
    if isinstance(value, dict):
        for key in value:
            yield {name: held for name, held in value.items() if name != key}
            yield from ({**value, key: inner} for inner in _spoilt(value[key]))
        yield {**value, "extra": 1}
    elif isinstance(value, list | tuple):
        for at, held in enumerate(value):
            yield from (
                type(value)([*value[:at], inner, *value[at + 1 :]]) for inner in _spoilt(held)
            )
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from (attrs.evolve(value, **{field.name: inner}) for inner in RUBBISH)


def _plain(value: Any) -> None:
    """Raise AssertionError for what no log may hold."""
    assert not isinstance(value, float)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            assert isinstance(key, str)
            _plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _plain(inner)


def test_every_command_has_a_case() -> None:
    """What is exported and takes a session is a command, checked, and tried below."""
    homes: tuple[Any, ...] = (orders, volunteers, projects, money, goods, duties)
    found = {getattr(home, name) for home in homes for name in vars(home) if name[0].islower()}
    commands = {one for one in found if isfunction(one) and hasattr(one, "__wrapped__")}
    assert commands - TAKES_MORE == set(CASES)
    assert len(CASES) > 80


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.__module__}.{case.__name__}")
def test_rubbish_is_refused_or_plain(case: Any, town: Try) -> None:
    """No other error comes out, no refusal repeats what may be personal, and what is recorded is plain JSON."""
    for name, good in CASES[case].items():
        for spoilt in _spoilt(good):
            refused = _refused(town, case, {**CASES[case], name: spoilt})
            if refused is not None:
                zh, en = (refused.say(lang, limit=999) for lang in ("zh", "en"))
                assert NAME not in zh + en, (name, spoilt)
                assert zh != en
                continue
            for event in town.written:
                _plain(event.data)
                assert json.dumps(event.data, ensure_ascii=False).encode()


def _refused(town: Try, case: Any, arguments: dict[str, Any]) -> RefusedError | None:
    try:
        town.run(ACT, case, **arguments)
    except RefusedError as error:
        return error
    return None


# --- the check itself ------------------------------------------------------------------------------


@command
def _count(s: Session, *, beans: int, jar: str | None = None, words: str = "") -> int:
    assert s
    return beans


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"beans": 1.0}, "beans"),  # no whole number
        ({"beans": True}, "beans"),  # a flag is none either
        ({"beans": "3"}, "beans"),
        ({"beans": 2**63}, "beans"),  # more than any store keeps
        ({"beans": 3, "jar": ""}, "jar"),
        ({"beans": 3, "jar": "a" * (LONGEST + 1)}, "jar"),
        ({"beans": 3, "words": None}, "words"),
    ],
)
def test_an_argument_of_another_type_is_refused(arguments: dict[str, Any], field: str) -> None:
    """Named, with what was expected, and without its value."""
    with pytest.raises(RefusedError) as caught:
        MemoryStore(DOMAIN).run(ACT, _count, **arguments)
    [problem] = caught.value.problems
    assert (problem.code, problem.field, problem.value) == ("argument-type", field, None)


def test_all_wrong_arguments_are_told_at_once() -> None:
    """One try is enough to know them."""
    with pytest.raises(RefusedError) as caught:
        MemoryStore(DOMAIN).run(ACT, _count, beans=1.5, jar="")
    assert [problem.field for problem in caught.value.problems] == ["beans", "jar"]


def test_what_is_right_goes_through() -> None:
    """None where nothing is said, and empty words where they may be."""
    answer = MemoryStore(DOMAIN).run(ACT, _count, beans=3, jar=None, words="").answer
    assert answer == 3


@pytest.mark.parametrize(
    ("value", "hint", "good"),
    [
        (["a", 1], tuple[str, int], True),  # as JSON has it
        (["a"], tuple[str, int], False),
        ("abc", list[str], False),  # a text is no list of letters
        ({"a": 1}, dict[str, int], True),
        ({"a": True}, dict[str, int], False),
        (dt.datetime(2025, 9, 15), dt.date, False),  # noqa: DTZ001
        ((x for x in "ab"), Iterator[str], True),  # is read once, by the command
    ],
)
def test_types_are_those_of_json(value: Any, hint: Any, *, good: bool) -> None:
    """Lists stand for tuples; numbers, flags, texts and days are told apart."""
    assert fits(value, hint) is good


def test_fields_of_an_item_are_checked_by_name() -> None:
    """Missing, misspelt and of another type, all at once."""
    found = field_problems("s", "items[0]", {"fnu": 1, "fen": "x"}, {"fund": str}, {"fen": int})
    assert [(p.code, p.field) for p in found] == [
        ("argument-missing", "items[0].fund"),
        ("argument-unknown", "items[0]"),
        ("argument-type", "items[0].fen"),
    ]

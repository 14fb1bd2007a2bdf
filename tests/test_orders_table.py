"""The transition table: what is allowed, what is forbidden, as commands and as arrays, and its picture."""

import re
from pathlib import Path

import numpy as np
import pytest

from order_town import STEPS, WAY, order, order_in, states, town
from wushe.errors import RefusedError
from wushe.orders.diagram import diagram, table_text
from wushe.orders.events import ACTION_OF
from wushe.orders.table import (
    ACTION_CODES,
    ACTIONS,
    FINAL,
    FORBIDDEN,
    STATUS_CODES,
    STATUSES,
    TRANSITIONS,
    next_status,
)

DOCS = Path(__file__).resolve().parent.parent / "docs" / "explanation"

# Written down from the workflow's description and not from the table: what may happen in each status.
EXPECTED = """
new: place=placed
placed: dispatch=dispatched escalate=escalated cancel=cancelled fail=failed
dispatched: dispatch=dispatched hold=dispatched drop_one=dispatched accept=accepted decline=declined
dispatched: time_out=timed_out escalate=escalated cancel=cancelled fail=failed
declined: redispatch=dispatched escalate=escalated cancel=cancelled fail=failed
timed_out: redispatch=dispatched escalate=escalated cancel=cancelled fail=failed
escalated: dispatch=dispatched redispatch=dispatched escalate=escalated cancel=cancelled fail=failed
accepted: start=in_progress report_part=partly_done complete=done back_out=declined cancel=cancelled fail=failed
in_progress: report_part=partly_done complete=done back_out=declined cancel=cancelled fail=failed
partly_done: report_part=partly_done complete=done back_out=declined cancel=cancelled fail=failed
done: confirm=confirmed reopen=in_progress
"""
ALLOWED = {
    (line.partition(":")[0], step.partition("=")[0]): step.partition("=")[2]
    for line in EXPECTED.strip().splitlines()
    for step in line.partition(":")[2].split()
}
EVERY = [(status, action) for status in STATUSES for action in ACTIONS]
COMMANDS = [(status, action) for status in WAY for action in STEPS]


def test_the_table_is_the_one_that_was_agreed() -> None:
    """The table has the transitions of the list above and no other."""
    assert dict(TRANSITIONS) == ALLOWED
    assert {s for s, _ in ALLOWED} | set(FINAL) == set(STATUSES)
    assert {a for _, a in ALLOWED} == set(ACTIONS)
    assert set(ACTION_OF.values()) | {"drop_one"} == set(ACTIONS)


@pytest.mark.parametrize(("status", "action"), [c for c in COMMANDS if c in ALLOWED])
def test_allowed_transition(status: str, action: str) -> None:
    """Each command leads where the list says, and counts as one change of the order or more."""
    store = town()
    key = order_in(store, status)
    before = order(store, key).version
    STEPS[action](store, key)
    assert order(store, key).status == ALLOWED[status, action]
    assert order(store, key).version > before


@pytest.mark.parametrize(("status", "action"), [c for c in COMMANDS if c not in ALLOWED])
def test_forbidden_transition(status: str, action: str) -> None:
    """Each command that the list does not have is refused, and nothing at all is changed by it.

    A batch that looks for overdue orders finds none in such a status, and does nothing.
    """
    store = town()
    key = order_in(store, status)
    before, calls, events = order(store, key), states(store, key), len(store.log)
    if action == "time_out":
        assert key not in STEPS[action](store, key).answer or status == "escalated"
    else:
        with pytest.raises(RefusedError) as caught:
            STEPS[action](store, key)
        assert {p.code for p in caught.value.problems} & {"order-transition", "order-taken"}
    if (status, action) != ("escalated", "time_out"):
        assert (order(store, key), states(store, key), len(store.log)) == (before, calls, events)


def test_a_level_that_does_not_decide_in_time_passes_the_order_up() -> None:
    """To an escalated order silence happens too: it goes up, which is an escalation and no timeout."""
    store = town()
    key = order_in(store, "escalated")
    events = STEPS["time_out"](store, key).events
    assert [(e.kind, e.data["level"]) for e in events] == [("order.escalated", "street")]


def test_arrays_say_the_same() -> None:
    """`next_status` gives for all pairs at once what the list says, -1 for what is forbidden."""
    status = np.array([STATUS_CODES[s] for s, _ in EVERY])
    action = np.array([ACTION_CODES[a] for _, a in EVERY])
    after = next_status(status, action)
    expected = [STATUS_CODES[ALLOWED[c]] if c in ALLOWED else FORBIDDEN for c in EVERY]
    assert after.dtype == np.int8
    assert after.tolist() == expected


def test_arrays_keep_what_is_forbidden_forbidden() -> None:
    """An order that did something forbidden is not brought back by something else later."""
    codes = np.array([STATUS_CODES["confirmed"], STATUS_CODES["placed"]], dtype=np.int8)
    then = next_status(next_status(codes, ACTION_CODES["dispatch"]), ACTION_CODES["accept"])
    assert then.tolist() == [FORBIDDEN, STATUS_CODES["accepted"]]


def test_every_word_is_there_in_both_languages() -> None:
    """Statuses and actions are said in Chinese and in English, each differently."""
    for words in (STATUSES, ACTIONS):
        for lang in ("zh", "en"):
            said = [text.say(lang) for text in words.values()]
            assert len(set(said)) == len(said)
        assert all(re.search("[\u4e00-\u9fff]", text.zh) for text in words.values())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_picture_in_the_docs_is_current(lang: str) -> None:
    """The picture shown in docs/explanation/orders.md is the one drawn from the table now."""
    assert (DOCS / f"orders-{lang}.svg").read_text("utf-8") == diagram(lang).svg
    assert f"](orders-{lang}.svg)" in (DOCS / "orders.md").read_text("utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_in_the_docs_is_current(lang: str) -> None:
    """The page holds the table as the data has it."""
    assert table_text(lang) in (DOCS / "orders.md").read_text("utf-8")


def test_the_picture_shows_every_status_and_action() -> None:
    """Every status has its box, and every action stands at some arrow."""
    said = re.findall(r"<text[^>]*>([^<]*)</text>", diagram("en").svg)
    assert {text.en for text in STATUSES.values()} <= set(said)
    words = " ".join(said)
    assert all(text.en in words for text in ACTIONS.values())

"""Random days of a city beside a plain model: nothing is lost, nobody is in two places, every fen is somewhere."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import city_driver
from city_driver import Driver
from conftest import campaign
from wushe import orders
from wushe.journal import Domain, EventKind, Session
from wushe.ledger import money
from wushe.ledger.money.events import post
from wushe.orders import guards

EPOCH = 20_000
"""Steps in one city; then another one begins, since people's histories grow."""


@pytest.mark.slow
def test_random_days_break_no_rule(evidence: Callable[..., None], seed: int) -> None:
    """No overlapping assignment, no caseload exceeded, no order lost, no fen made, nothing below zero."""
    steps = campaign(tests=3_000, ci=40_000, soak=1_000_000)
    done = refused = 0
    for epoch, first in enumerate(range(0, steps, EPOCH)):
        driver = Driver(np.random.default_rng([seed, epoch]))
        for at in range(min(EPOCH, steps - first)):
            driver.step()
            if at % 1000 == 0:
                driver.check()
        driver.check()
        done += driver.done.total()
        refused += driver.refused.total()
        assert min(driver.done[name] for name in ("accept", "confirm", "pay", "issue")) > 0
    evidence("city_driver", steps=steps, commands_done=done, commands_refused=refused, violations=0, seed=seed)  # fmt: skip


def _days(seed: int, steps: int = 4_000) -> None:
    driver = Driver(np.random.default_rng(seed))
    for at in range(steps):
        driver.step()
        if at % 500 == 0:
            driver.check()
    driver.check()


@pytest.mark.parametrize("guard", ["_overlap", "_caseload"])
def test_the_model_notices_a_missing_guard(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it somebody is soon in two places, or has too many cases."""
    rest = tuple(g for g in guards._GUARDS if g.__name__ != guard)
    assert len(rest) == len(guards._GUARDS) - 1
    monkeypatch.setattr(guards, "_GUARDS", rest)
    with pytest.raises(AssertionError):
        _days(3)


def _lost(s: Session, **_: Any) -> dict[str, list[Any]]:
    """Take a fen out of a fund and call it a refund that nobody got."""
    s.record(
        "gift.noted", "x", {"lines": [["Assets:Cash:F-1:Free", -1], ["Expenses:Refund:F-1", 1]]}
    )
    return {"refunds": [], "to_pools": []}


def _made(s: Session, **_: Any) -> list[str]:
    """Take a fen out of a fund without saying where it went."""
    s.record("gift.noted", "x", {"lines": [["Assets:Cash:F-1:Free", -1]]})
    return []


def _skipped(s: Session, *, order: str, helper: str) -> str:
    """Begin the work of an order that nobody accepted."""
    s.record("order.started", f"order/{order}")
    return helper


BREAKS = {"accept": _skipped, "pay": _made, "refund": _lost}


@pytest.mark.parametrize("name", BREAKS)
def test_the_model_notices_a_broken_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that records what may not happen is caught, by the model or by the state itself."""
    noted = EventKind("gift.noted", lambda state, event: post(state, event.data["lines"]))
    monkeypatch.setattr(city_driver, "DOMAIN", city_driver.DOMAIN + Domain.of([noted], []))
    monkeypatch.setattr(orders if hasattr(orders, name) else money, name, BREAKS[name])
    with pytest.raises((AssertionError, AttributeError, KeyError, TypeError)):
        _days(4)

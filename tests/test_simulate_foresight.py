"""Thinking ahead saves time and changes nothing."""

from functools import partial

import numpy as np
import pytest

from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.engine import run
from wushe.simulate.orders import ordering
from wushe.simulate.world.ready import small


def test_whoever_was_not_thought_of_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in which nobody is thought of ahead, and every answer is asked for alone, is the same run."""
    scenario = small().but(days=10, warm_up=0, **{"needs.per_household_year": 15.0})
    lived = partial(run, scenario, Policy("daily"))
    ahead = lived(np.random.SeedSequence(5)).city
    monkeypatch.setattr(ordering, "foresee", lambda *_: {})
    monkeypatch.setattr(ordering, "replies", lambda *_: {})
    alone = lived(np.random.SeedSequence(5)).city
    assert len(ahead.calls) > 30
    for rows, others in ((ahead.calls, alone.calls), (ahead.orders, alone.orders), (ahead.log, alone.log)):  # fmt: skip
        for name in rows.fields:
            np.testing.assert_array_equal(rows[name], others[name])

"""Random numbers by name: the same for whoever asks for them, and shared by nobody."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wushe.simulate.streams import Streams


def streams(*spawn: int, entropy: int = 7) -> Streams:
    """Return the streams of one replication."""
    return Streams(np.random.SeedSequence(entropy, spawn_key=spawn))


def test_a_stream_is_named_by_process_and_day() -> None:
    """Asked again it begins again; another process, day, replication or seed is another stream."""
    first = streams(0).of("arrivals.risk", 3).random(8)
    assert (streams(0).of("arrivals.risk", 3).random(8) == first).all()
    others = [
        streams(0).of("arrivals.risk", 4),
        streams(0).of("arrivals.mix", 3),
        streams(1).of("arrivals.risk", 3),
        streams(0, entropy=8).of("arrivals.risk", 3),
    ]
    for other in others:
        assert not np.isin(other.random(8), first).any()


def test_a_draw_belongs_to_its_keys() -> None:
    """The order of asking and who else is asked for change nothing."""
    s = streams(0)
    rows = np.arange(1000)
    whole = s.draw("helping.accept", rows, 2)
    assert (s.draw("helping.accept", rows[::-1], 2) == whole[::-1]).all()
    assert (s.draw("helping.accept", rows[17:19], np.array([2, 2])) == whole[17:19]).all()
    assert s.draw("helping.accept", 17, 2) == whole[17]


@given(st.integers(0, 2**32), st.integers(0, 50))
def test_draws_are_uniform_and_unlike_each_other(entropy: int, key: int) -> None:
    """Draws of neighbouring keys, names and replications look independent (Kolmogorov-Smirnov, correlation)."""
    s = streams(0, entropy=entropy)
    rows = np.arange(4000)
    drawn = s.draw("a", rows, key)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert stats.kstest(drawn, "uniform").pvalue > 1e-6
    others = (
        s.draw("a", rows + 1, key),
        s.draw("a", rows, key + 1),
        s.draw("b", rows, key),
        streams(1, entropy=entropy).draw("a", rows, key),
    )
    for other in others:
        assert abs(np.corrcoef(drawn, other)[0, 1]) < 0.1


def test_replications_share_no_stream() -> None:
    """Ten thousand streams of a thousand replications begin with ten thousand different numbers."""
    begin = {
        streams(replication).of(name, day).integers(0, 2**63)
        for replication in range(1000)
        for name in ("arrivals", "visits")
        for day in range(5)
    }
    assert len(begin) == 10_000

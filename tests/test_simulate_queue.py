"""The queue of several servers: against events played one by one, against theory, and in office hours."""

import math

import attrs
import numpy as np
import pytest
from scipy import stats

from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.engine import run
from wushe.simulate.experiments.statistics import batch_means
from wushe.simulate.needs import arrivals, closing, finding
from wushe.simulate.needs.intake import intake_minutes
from wushe.simulate.needs.queue import OfficeHours, serve
from wushe.simulate.world.ready import small

DAY = 1440.0
SERVERS, MINUTES = 3, 4.5


# --- serving -----------------------------------------------------------------------------------


def played(at, service, servers):
    """Play the queue event by event: whoever waits longest goes to a server as soon as one is free."""
    begins, waiting, free = [0.0] * len(at), [], servers
    events = [(t, 1, i) for i, t in enumerate(at)]
    while events:
        events.sort()
        now, arrives, who = events.pop(0)
        if arrives:
            waiting.append(who)
        else:
            free += 1
        while free and waiting:
            nxt = waiting.pop(0)
            begins[nxt], free = now, free - 1
            events.append((now + service[nxt], 0, nxt))
    return begins


def test_everybody_begins_when_a_queue_played_event_by_event_says(seed):
    """The recursion agrees with an event simulation that shares no code with it."""
    rng = np.random.default_rng(seed)
    for servers in (1, 2, 5):
        at = np.sort(rng.random(80) * 100)
        service = rng.exponential(servers * 1.2, 80)
        start, _ = serve(at, service, np.zeros(servers))
        assert start == pytest.approx(played(at, service, servers))


def test_a_day_in_two_parts_is_the_day_in_one(seed):
    """What the servers are still busy with is carried over in `free_at`."""
    rng = np.random.default_rng(seed)
    at, service = np.sort(rng.random(60) * 100), rng.exponential(4, 60)
    whole, whole_free = serve(at, service, first := np.zeros(2)), first
    free = np.zeros(2)
    parts = [serve(at[some], service[some], free) for some in (slice(0, 25), slice(25, 60))]
    assert np.array_equal(whole[0], np.concatenate([start for start, _ in parts]))
    assert np.array_equal(whole[1], np.concatenate([server for _, server in parts]))
    assert np.array_equal(whole_free, free)


def test_no_server_serves_two_at_a_time(seed):
    """Each begins with the next only when done with the one before."""
    rng = np.random.default_rng(seed)
    at, service = np.sort(rng.random(200) * 100), rng.exponential(3, 200)
    start, server = serve(at, service, np.zeros(4))
    for one in range(4):
        mine = server == one
        assert (start[mine][1:] >= (start + service)[mine][:-1] - 1e-9).all()


def test_a_queue_without_servers_or_order_is_refused():
    """Neither can be answered."""
    with pytest.raises(ValueError, match="0 servers"):
        serve(np.array([1.0]), np.array([1.0]), np.array([]))
    with pytest.raises(ValueError, match="do not ascend"):
        serve(np.array([2.0, 1.0]), np.ones(2), np.zeros(1))


# --- office hours ------------------------------------------------------------------------------


def test_work_waits_for_the_next_opening():
    """Monday 08:30 to 17:30, five days: a report of Saturday is the first one of Monday."""
    hours = OfficeHours(510, 1050, 5)
    friday_noon, saturday, sunday, monday = (
        4 * DAY + 720,
        5 * DAY + 60,
        6 * DAY + 900,
        7 * DAY + 510,
    )
    assert hours.minutes(np.array([friday_noon])).item() == 4 * 540 + 210
    assert set(hours.minutes(np.array([saturday, sunday, monday]))) == {5 * 540.0}
    assert hours.instants(np.array([5 * 540.0 + 30])).item() == monday + 30


def test_what_ends_with_the_day_ends_at_closing():
    """Not at the next opening, which is the same working minute."""
    assert OfficeHours(510, 1050, 5).instants(np.array([540.0])).item() == 1050


def test_instants_and_minutes_undo_each_other(seed):
    """Within office hours, also before the first Monday and years on."""
    hours = OfficeHours(510, 1050, 6, monday=-3)
    minutes = np.random.default_rng(seed).random(500) * 540 * 6 * 150
    assert hours.minutes(hours.instants(minutes)) == pytest.approx(minutes)


def test_always_open_the_two_clocks_agree():
    """Then working time is time."""
    hours = OfficeHours(0, 1440, 7, monday=-2)
    at = np.array([0.0, 0.5, 1440.0, 99_999.25])
    assert np.array_equal(hours.minutes(at) - 2 * DAY, at)
    assert np.array_equal(hours.instants(hours.minutes(at)), at)


def test_office_hours_that_cannot_be_are_refused():
    """Closing before opening, and no working day."""
    with pytest.raises(ValueError, match="expected 0 to 1440"):
        OfficeHours(1050, 510, 5)
    with pytest.raises(ValueError, match="office days are 0"):
        OfficeHours(510, 1050, 0)


# --- theory ------------------------------------------------------------------------------------


def erlang_wait(rate, minutes, servers):
    """Return the mean wait in M/M/c (Erlang 1917), minutes; `rate` arrivals a minute."""
    offered = rate * minutes
    everybody_busy = offered**servers / math.factorial(servers) * servers / (servers - offered)
    some_free = sum(offered**k / math.factorial(k) for k in range(servers))
    return everybody_busy / (some_free + everybody_busy) / (servers / minutes - rate)


def reports_only(rate, days):
    """Return a scenario in which needs arise at a constant rate and are reported at once, and offices never close."""
    base = small()
    settlement = attrs.evolve(base.settlement, households=300, streets=1, communities=1)
    off = {
        "needs.season": 0, "needs.street_variance": 0, "needs.community_variance": 0, "finding.self_share": 1,
        "finding.self_days": 0, "visits.doors_per_worker_week": 0, "intake.opens": 0, "intake.closes": 1440,
        "intake.days": 7, "intake.duty": 0, "closing.self_help_days": 1e9, "closing.grace_days": 1e9,
    }  # fmt: skip
    return base.but(
        settlement=settlement, days=days, warm_up=0, stations=1, workers=SERVERS, volunteers=0, grid_workers=0, funds=0, lots=0,
        **off, **{
            "needs.per_household_year": rate * DAY * 365.25 / 300,
            "intake.minutes": MINUTES, "intake.spread": 1,
        },
    )  # fmt: skip


def waits(scenario, seed):
    """Return how long each need of the engine's table waited for a worker, in order of arrival."""
    stages = (arrivals.STAGE, finding.STAGE, closing.STAGE)
    city = run(scenario, Policy("nobody"), seed, stages=stages).city
    needs = city.needs
    rows = np.flatnonzero((needs["known"] > DAY) & (needs["known"] < (scenario.days - 1) * DAY))
    rows = rows[np.argsort(needs["known"][rows], kind="stable")]
    return needs["listed"][rows] - needs["known"][rows] - intake_minutes(city, rows)


@pytest.mark.parametrize("load", [0.5, 0.7, 0.85])
def test_intake_is_the_queue_m_m_c(load, campaign, evidence, seed):
    """The 95 % interval of the mean wait covers Erlang's formula as often as it should."""
    runs = campaign(tests=3, ci=12, soak=100)
    rate = load * SERVERS / MINUTES
    theory = erlang_wait(rate, MINUTES, SERVERS)
    scenario = reports_only(rate, campaign(tests=10, ci=20, soak=60))
    found = [waits(scenario, child) for child in np.random.SeedSequence(seed).spawn(runs)]
    assert all((wait > -1e-6).all() for wait in found)
    intervals = [batch_means(wait) for wait in found]
    covered = sum(i.low <= theory <= i.high for i in intervals)
    means = np.array([i.mean for i in intervals])
    evidence(
        "mmc", load=load, servers=SERVERS, theory_minutes=round(theory, 4), mean_minutes=round(float(means.mean()), 4),
        seeds=runs, covered=covered,
    )  # fmt: skip
    # One run in ten thousand that is right would fail in the smaller tiers.
    assert runs - covered <= stats.binom.isf(1e-4, runs, 0.05)
    if runs >= 100:
        assert 90 <= covered <= 99

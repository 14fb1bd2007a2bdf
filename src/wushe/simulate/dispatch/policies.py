"""Ready rules of dispatch to compare; each is a plain `Policy`, and short enough to be an example for the next one."""

from __future__ import annotations

import numpy as np

from wushe.matching.objective import Objective
from wushe.matching.rounds import Round
from wushe.model.pairing import pair_km, pair_level
from wushe.model.storage import Array
from wushe.model.terms import Pairs
from wushe.simulate.dispatch.policy import Policy
from wushe.text import Text

FAR_KM = 20_100.0
"""Farther than any two places are apart: where a distance is unknown, the place tree orders beyond it."""
CLASSES = (("emergency",), ("urgent",), ("normal",), ("low",))


def by_arrival(round_: Round) -> Array:
    """Return the need rows in the order in which they were asked for, then by id; unknown dates come last."""
    asked: Array = round_.needs["asked_on"]
    return np.argsort(asked, kind="stable")


def distances(round_: Round) -> Array:
    """Return kilometres between need and offer of each edge, float (n_edges,).

    Where they are unknown: beyond all known ones, the nearer the lower the place that both share.
    """
    p = round_.problem
    pairs = Pairs(p.row.astype(np.int32), p.column.astype(np.int32))
    km = pair_km(round_.needs, round_.offers, pairs)
    shared = pair_level(round_.needs, round_.offers, pairs)
    return np.where(np.isnan(km), FAR_KM - shared, km)


def serve_in_turn(round_: Round) -> Array:
    """Serve needs as they came, each with what suits it best by all scores of what is left."""
    return round_.serve(by_arrival(round_))


def serve_nearest(round_: Round) -> Array:
    """Serve needs as they came, each with the nearest helper who has something left."""
    return round_.serve(by_arrival(round_), by=distances(round_))


def first_come(every: int = 1) -> Policy:
    """First come, first served: each need gets its best offer of what is left."""
    label = Text("先到先得", "first come, first served")
    return Policy("first_come", label, every, choose=serve_in_turn)


def greedy_nearest(every: int = 1) -> Policy:
    """First come, first served, by the nearest helper, whatever else the scores say."""
    label = Text("先到就近", "first come, nearest helper")
    return Policy("greedy_nearest", label, every, choose=serve_nearest)


def batch(every: int = 1, first: int | None = None) -> Policy:
    """Collect for `every` days, then plan them together at the least total cost: the library's own plan.

    The first round is on day `first`, at the end of the first `every` days where not given.
    """
    label = Text(f"每{every}天一批", f"batch of {every} days") if every > 1 else DAILY
    return Policy(f"batch_{every}", label, every, every - 1 if first is None else first)


DAILY = Text("每天统一派单", "batch of one day")


def urgency_classes(every: int = 1) -> Policy:
    """Collect for `every` days, then serve emergencies as well as can be, then what is urgent, and so on."""
    days = Text(f"每{every}天", f"every {every} days") if every > 1 else Text("每天", "every day")
    label = Text(f"{days.zh}按紧急程度分级", f"urgency classes, {days.en}")
    return Policy(f"classes_{every}", label, every, every - 1, objective=Objective(tiers=CLASSES))


def standard_policies() -> tuple[Policy, ...]:
    """Return one of each sort, all of which know nothing of the future."""
    return (first_come(), greedy_nearest(), batch(), batch(7), urgency_classes())

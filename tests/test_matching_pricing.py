"""Full-set optimality: the priced result equals the optimum over all eligible pairs, with its proof."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

import wushe
from wushe import Columns, Context, FilterTerm, Pairs, ScoreTerm, hookimpl
from wushe.matching import candidates
from wushe.matching.candidates import ORDER
from wushe.matching.expand import NONE, Groups
from wushe.matching.kernel import Problem, solve
from wushe.matching.prepare import NATION, Prepared
from wushe.matching.search import pricing
from wushe.matching.search.pricing import Priced, solve_all
from wushe.model.pairing import pair_key
from wushe.plugins.manager import Plugins

Array = npt.NDArray[Any]
ON = dt.date(2025, 9, 15)
PLUGINS = wushe.load_plugins()
CATEGORIES = ("haircut", "home_repair", "visit")
KINDS: dict[str, dict[str, float]] = {
    "scarce": {"units": 0.7},
    "abundant": {"units": 2.0},
    "balanced": {"units": 1.0},
    "one_category": {"categories": 1},
    "skills": {"skilled": 0.5},  # half of the needs ask for a skill that half of the offers have
    "consent": {"silent": 0.4},  # without consent only the own team may come
    "blind": {"blind": 0.5},  # half have no coordinates
    "by_place": {"blind": 1.0},
    "one_spot": {"one_spot": 1},  # everybody lives at the same place: ties everywhere
    "reach": {"reach": 1},
    "amounts": {"most": 9, "per_need": 1},  # many units, limits per need
    "history": {"met": 3},
}


def town(rng: np.random.Generator, n: int, m: int, **knobs: float) -> Prepared:
    """Return a made-up city as the columns that hooks read; see `KINDS` for the knobs."""
    met = int(n * knobs.get("met", 0.2))
    context = Context(
        ON,
        PLUGINS.categories,
        PLUGINS.target_groups,
        np.unique(pair_key(rng.integers(0, n, met), rng.integers(0, m, met))),
    )
    free = np.full(n, NONE, dtype=np.int64)
    groups = Groups(
        free, free, free, free, free, free,
        np.arange(m), np.ones(m, dtype=np.int64), np.zeros(m, dtype=bool),
    )  # fmt: skip
    needs, offers = _needs(rng, n, context, knobs), _offers(rng, n, m, knobs)
    return Prepared(needs, offers, context, groups)


def _where(rng: np.random.Generator, k: int, knobs: dict[str, float]) -> dict[str, Array]:
    span = np.array([0.6, 0.5]) * (1 - knobs.get("one_spot", 0))
    at = np.array([114, 30.3]) + rng.random((k, 2)) * span
    blind = rng.random(k) < knobs.get("blind", 0.1)
    county = rng.integers(0, 3, k)
    street = 4 * county + rng.integers(0, 4, k)
    ancestors = np.full((k, 6), -1, dtype=np.int32)
    ancestors[:, :4] = np.stack([0 * county, 1 + 0 * county, 2 + county, 20 + street], axis=1)
    ancestors[rng.random(k) < 0.1, 3] = -1
    lon, lat = np.where(blind[:, None], np.nan, at).T
    return {"lon": lon, "lat": lat, "ancestors": ancestors}


def _blank(k: int) -> dict[str, Array]:
    """Return the columns in which nobody asks or offers anything special."""
    nat, none = np.full(k, np.datetime64("NaT", "D")), np.zeros((k, 1), dtype=np.uint64)
    clock = np.full(k, -1, dtype=np.int16)
    return {
        "starts": clock, "ends": clock.copy(), "group_mask": none, "place_mask": none.copy(),
        "client_mask": none.copy(), "due": nat, "on_day": nat.copy(), "available_from": nat.copy(),
        "available_to": nat.copy(), "vetted_on": nat.copy(),
        "weekday_mask": np.full(k, 127, dtype=np.uint8), "travel_km": np.full(k, np.nan),
    }  # fmt: skip


def _needs(rng: np.random.Generator, n: int, context: Context, knobs: Any) -> Columns:
    codes = {name: code for code, name in enumerate(context.categories)}
    kind = rng.integers(0, int(knobs.get("categories", 3)), n)
    skilled = rng.random((n, 1)) < knobs.get("skilled", 0.05)
    arrays = {
        **_blank(n),
        **_where(rng, n, knobs),
        "client_code": np.arange(n, dtype=np.int32),
        "category_code": np.array([codes[c] for c in CATEGORIES], dtype=np.int32)[kind],
        "form": np.full(n, "service", dtype=object),
        "dimension": np.full(n, "minute", dtype=object),
        "refers": np.ones(n, dtype=bool),
        "consent": (rng.random(n) >= knobs.get("silent", 0.05)).astype(np.int8),
        "quantity": rng.integers(1, int(knobs.get("most", 1)) + 1, n),
        "urgency": rng.choice(4, n, p=(0.2, 0.6, 0.15, 0.05)).astype(np.int8),
        "skill_mask": np.where(skilled, np.uint64(1), np.uint64(0)),
        "with_minor": np.zeros(n, dtype=np.int8),
    }
    return Columns(n, arrays)


def _offers(rng: np.random.Generator, n: int, m: int, knobs: Any) -> Columns:
    kinds = int(knobs.get("categories", 3))
    first = rng.integers(0, kinds, m)
    second = np.where(rng.random(m) < 0.3, (first + 1) % kinds, first)
    categories = np.empty(m, dtype=object)
    categories[:] = [
        tuple(sorted({CATEGORIES[a], CATEGORIES[b]}))
        for a, b in zip(first.tolist(), second.tolist(), strict=True)
    ]
    mean = (int(knobs.get("most", 1)) + 1) / 2
    capacity = rng.multinomial(int(n * mean * knobs.get("units", 0.9)), np.full(m, 1 / m))
    own = rng.random(m) < 0.1
    arrays = {
        **_blank(m),
        **_where(rng, m, knobs),
        "provider_code": np.arange(m, dtype=np.int32),
        "provider_kind": np.where(own, "social_workers", "volunteers").astype(object),
        "categories": categories,
        "dimension": np.full(m, "minute", dtype=object),
        "capacity": capacity.astype(np.int64),
        "per_need": np.minimum(capacity, 3) if knobs.get("per_need") else capacity.astype(np.int64),
        "reach": rng.choice([NATION, 2, 3], m).astype(np.int8)
        if knobs.get("reach")
        else np.full(m, NATION, dtype=np.int8),
        "skill_mask": np.where(rng.random((m, 1)) < 0.5, np.uint64(1), np.uint64(0)),
    }
    arrays["reach"][arrays["ancestors"][:, 3] < 0] = NATION
    return Columns(m, arrays)


# --- the checker: every pair, one after the other, and another solver --------------------------


class Everything:
    """All eligible pairs of a town with their costs, from the hooks alone."""

    def __init__(self, prepared: Prepared, plugins: Plugins = PLUGINS) -> None:
        needs, offers = prepared.needs, prepared.offers
        n, m = len(needs), len(offers)
        names = list(prepared.context.categories)
        wanted = [names[c] for c in needs["category_code"].tolist()]
        served = np.array([[w in c for c in offers["categories"]] for w in wanted]).ravel()
        need, offer = np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
        level = offers["reach"][offer]
        at = np.maximum(level, 0)
        home, there = needs["ancestors"][need, at], offers["ancestors"][offer, at]
        served &= (level == NATION) | ((home == there) & (home >= 0))
        served &= offers["capacity"][offer] > 0
        self.kin = Pairs(need[served].astype(np.int32), offer[served].astype(np.int32))
        terms = plugins.filter_candidates(needs, offers, self.kin, prepared.context)
        allowed = np.logical_and.reduce([term.allowed for _, term in terms])
        self.terms = terms
        self.pairs = self.kin.take(allowed)
        scores = plugins.score_candidates(needs, offers, self.pairs, prepared.context)
        self.cost: Array = np.zeros(len(self.pairs), dtype=np.int64)
        for s in scores:
            self.cost += s.term.weight * (1000 - s.points.astype(np.int64))
        self.limit = np.minimum(
            offers["per_need"][self.pairs.offer], needs["quantity"][self.pairs.need]
        )
        self.prepared = prepared

    def optimum(self, penalty: Array) -> int:
        """Return the least cost plus penalties, by HiGHS over all pairs."""
        n, m, e = len(penalty), len(self.prepared.offers), len(self.cost)
        one, place = np.ones(e), np.arange(e)
        rows = csr_array((one, (self.pairs.need, place)), shape=(n, e))
        columns = csr_array((one, (self.pairs.offer, place)), shape=(m, e))
        quantity = self.prepared.needs["quantity"]
        total = int((penalty * quantity).sum())
        if not e:
            return total
        solver: Any = linprog
        result = solver(
            self.cost - penalty[self.pairs.need].astype(float),
            A_ub=vstack([rows, columns]).tocsr(),
            b_ub=np.concatenate([quantity, self.prepared.offers["capacity"]]),
            bounds=np.column_stack([np.zeros(e), self.limit]),
            method="highs",
        )
        assert result.status == 0
        return int(total + round(result.fun))


def penalties(prepared: Prepared) -> Callable[[int], Array]:
    """Return penalties by urgency, as the plan's: above any cost."""
    return lambda top: top + 1 + prepared.needs["urgency"].astype(np.int64) * top


def value(priced: Priced, prepared: Prepared, penalty: Array) -> int:
    """Return what the result costs, from its flow alone; it keeps every bound."""
    found = priced.candidates
    row = np.repeat(np.arange(len(penalty)), np.diff(found.start))
    flow, left = priced.solution.flow, prepared.needs["quantity"].copy()
    np.subtract.at(left, row, flow)
    load = np.bincount(found.offer, weights=flow, minlength=len(prepared.offers))
    assert (flow <= found.limit).all()
    assert left.min(initial=0) >= 0
    assert (load <= prepared.offers["capacity"]).all()
    return int((found.cost * flow).sum() + (left * penalty).sum())


def check(prepared: Prepared, priced: Priced) -> None:
    """The listed pairs are eligible, cost what the hooks say, and none that is not listed would help."""
    every, found = Everything(prepared), priced.candidates
    keys = every.pairs.need.astype(int) << 32 | every.pairs.offer
    row = np.repeat(np.arange(len(found.start) - 1), np.diff(found.start))
    mine = row << 32 | found.offer
    assert len(np.unique(mine)) == len(mine)
    at = np.minimum(np.searchsorted(keys, mine), len(keys) - 1)
    assert (keys[at] == mine).all()
    assert (every.cost[at] == found.cost).all()
    assert (every.limit[at] == found.limit).all()
    reduced = (
        every.cost
        + priced.solution.column_price[every.pairs.offer]
        - priced.solution.row_price[every.pairs.need]
    )
    assert (reduced[~np.isin(keys, mine)] >= 0).all()


# --- campaigns ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_priced_result_is_the_optimum_over_all_pairs(
    kind: str,
    campaign: Callable[..., int],
    evidence: Callable[..., None],
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From lists of three, pricing reaches what HiGHS finds over every eligible pair."""
    monkeypatch.setattr(pricing, "ALL_PAIRS", 0)
    monkeypatch.setattr(pricing, "PER_ROUND", 2)
    count, added = campaign(tests=3, ci=12, soak=60), 0
    for at in range(count):
        rng = np.random.default_rng([seed, 61, at, list(KINDS).index(kind)])
        n, m = int(rng.integers(2, 120)), int(rng.integers(1, 60))
        prepared = town(rng, n, m, **KINDS[kind])
        priced = solve_all(prepared, PLUGINS, penalties(prepared), nearest=3)
        penalty = penalties(prepared)(priced.candidates.max_cost)
        assert priced.proof.kind == "all pairs"
        assert value(priced, prepared, penalty) == Everything(prepared).optimum(penalty)
        assert priced.solution.status == "optimal"
        check(prepared, priced)
        added += priced.proof.added
    evidence(f"pricing_{kind}", cases=count, added=added, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["scarce", "skills", "blind", "reach", "amounts"])
def test_full_set_optimality_of_three_thousand_needs(
    kind: str, campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """3,000 needs x 1,000 offers: equal to the kernel's optimum over the complete list of pairs."""
    kinds = ("scarce", "reach", "skills", "blind", "amounts")
    if kind not in kinds[: campaign(tests=0, ci=2, soak=5)]:
        pytest.skip("in the larger tiers")
    prepared = town(np.random.default_rng([seed, 62]), 3000, 1000, **KINDS[kind])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pricing, "ALL_PAIRS", 0)
        priced = solve_all(prepared, PLUGINS, penalties(prepared))
    every = Everything(prepared)
    order = np.lexsort((every.pairs.offer, every.cost, every.pairs.need))
    start = np.searchsorted(every.pairs.need, np.arange(3001))
    penalty = penalties(prepared)(priced.candidates.max_cost)
    whole = solve(
        Problem(
            start, every.pairs.offer[order], every.cost[order], prepared.offers["capacity"], penalty,
            prepared.needs["quantity"], every.limit[order],
        )
    )  # fmt: skip
    assert whole.status == "optimal"
    assert priced.proof.kind == "all pairs"
    assert value(priced, prepared, penalty) == whole.objective
    assert len(priced.problem.cost) < len(every.cost) / 3
    evidence(
        f"fullset_{kind}", pairs=len(every.cost), listed=len(priced.problem.cost),
        rounds=priced.proof.rounds, objective=whole.objective, seed=seed,
    )  # fmt: skip


def test_small_cities_are_listed_whole(seed: int) -> None:
    """Below the limit nothing is searched: every eligible pair is listed, and that is the proof."""
    prepared = town(np.random.default_rng([seed, 63]), 40, 20)
    priced = solve_all(prepared, PLUGINS, penalties(prepared))
    assert priced.proof == pricing.Proof(
        "all pairs", len(Everything(prepared).kin), len(priced.problem.cost)
    )
    assert priced.candidates.complete
    assert len(priced.problem.cost) == len(Everything(prepared).cost)


def test_without_a_proof_the_list_is_the_nearest(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched off, no pair beyond each need's best few is looked at, and the result says so."""
    monkeypatch.setattr(pricing, "ALL_PAIRS", 0)
    prepared = town(np.random.default_rng([seed, 64]), 80, 60, units=0.7)
    listed = solve_all(prepared, PLUGINS, penalties(prepared), prove=False, nearest=2)
    proven = solve_all(prepared, PLUGINS, penalties(prepared), nearest=2)
    assert (listed.proof.kind, listed.proof.rounds) == ("listed pairs only", 0)
    assert proven.proof.kind == "all pairs"
    penalty = penalties(prepared)(listed.candidates.max_cost)
    assert value(listed, prepared, penalty) > value(proven, prepared, penalty)


class Whim:
    """A plugin with a score term of its own, with or without bounds."""

    name = "whim"

    def __init__(self, **bounds: bool) -> None:
        self.bounds = bounds

    @hookimpl
    def score_candidates(
        self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
    ) -> ScoreTerm:
        """Like some needs and some offers, by number, the lower of both."""
        del context
        row, column = np.arange(len(needs)) % 7 / 7, np.arange(len(offers)) % 5 / 5
        term = ScoreTerm("whim", 3, np.minimum(row[pairs.need], column[pairs.offer]))
        if not self.bounds:
            return term
        parts = {"row": row, "column": column}
        return term.bounded(**{k: parts[k] for k in self.bounds})  # type: ignore[arg-type]


@pytest.mark.parametrize("parts", [{"row": True}, {"column": True}, {"row": True, "column": True}])
def test_any_declared_bound_leads_to_the_proof(
    parts: dict[str, bool], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounds need not be tight: more pairs are looked at, and the optimum is the same."""
    monkeypatch.setattr(pricing, "ALL_PAIRS", 0)
    plugins = wushe.load_plugins(Whim(**parts))
    for at in range(4):
        prepared = town(np.random.default_rng([seed, 65, at]), 60, 30)
        priced = solve_all(prepared, plugins, penalties(prepared), nearest=2)
        penalty = penalties(prepared)(priced.candidates.max_cost)
        assert priced.proof.kind == "all pairs"
        assert value(priced, prepared, penalty) == Everything(prepared, plugins).optimum(penalty)


def test_a_term_without_a_bound_leaves_the_listed_pairs_only(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few rounds look for better pairs all the same, but nothing is claimed; the term is named."""
    monkeypatch.setattr(pricing, "ALL_PAIRS", 0)
    prepared = town(np.random.default_rng([seed, 66]), 60, 30)
    priced = solve_all(prepared, wushe.load_plugins(Whim()), penalties(prepared), nearest=2)
    assert priced.proof.kind == "listed pairs only"
    assert priced.proof.without_bound == ("whim",)
    assert 0 < priced.proof.rounds <= pricing.OPAQUE_ROUNDS


@attrs.frozen(eq=False)
class Declared(FilterTerm):
    """A filter term that says what its answer depends on."""

    classes: Any = None
    within_km: Any = None


class Picky:
    """A plugin that refuses three quarters of all pairs, and may say how."""

    name = "picky"

    def __init__(self, **says: Any) -> None:
        self.says = says
        self.asked = 0

    @hookimpl
    def filter_candidates(
        self, needs: Columns, offers: Columns, pairs: Pairs, context: Context
    ) -> list[FilterTerm]:
        """Needs and offers of one number modulo four go together; nobody goes beyond 20 km."""
        del context
        self.asked += len(pairs)
        row, column = np.arange(len(needs)) % 4, np.arange(len(offers)) % 4
        km = wushe.pair_km(needs, offers, pairs)
        classes = self.says.get("classes")
        return [
            Declared(
                row[pairs.need] == column[pairs.offer], "skill",
                classes=classes and (lambda: (row // classes, column)),
            ),
            Declared(
                np.isnan(km) | (km <= 20), "reach",
                within_km=np.full(len(offers), self.says.get("km", np.nan)),
            ),
        ]  # fmt: skip


def test_declared_filters_spare_proposals(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimum is the same; the hooks see fewer pairs, none of which was foreseeable."""
    monkeypatch.setattr(pricing, "ALL_PAIRS", 0)
    prepared = town(np.random.default_rng([seed, 70]), 80, 60, units=0.6)
    mute, frank = Picky(), Picky(classes=1, km=20.0)
    values = []
    for picky in (mute, frank):
        priced = solve_all(prepared, wushe.load_plugins(picky), penalties(prepared), nearest=3)
        assert priced.proof.kind == "all pairs"
        values.append(value(priced, prepared, penalties(prepared)(priced.candidates.max_cost)))
    penalty = penalties(prepared)(priced.candidates.max_cost)
    assert values == [Everything(prepared, wushe.load_plugins(Picky())).optimum(penalty)] * 2
    assert frank.asked < mute.asked / 2


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ({"classes": 2}, "the skill term differs between pairs of the same two classes"),
        ({"km": 1.0}, "the reach term allows a pair beyond the distance"),
    ],
)
def test_filters_that_declare_what_is_not_so_are_found_out(
    says: dict[str, Any], message: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong declaration would hide pairs from the search: the plugin is named."""
    monkeypatch.setattr(pricing, "ALL_PAIRS", 0)
    prepared = town(np.random.default_rng([seed, 71]), 80, 60, units=0.6, met=3)
    with pytest.raises(wushe.PluginError, match=f"picky.*{message}"):
        solve_all(prepared, wushe.load_plugins(Picky(**says)), penalties(prepared), nearest=8)


def test_reasons_of_needs_without_candidates(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no candidate at all is told what removed the last one, counted over all offers."""
    for at in range(6):
        prepared = town(
            np.random.default_rng([seed, 67, at]), 60, 12, silent=0.6, skilled=0.5, reach=1
        )
        whole = solve_all(prepared, PLUGINS, penalties(prepared)).candidates
        with monkeypatch.context() as patch:
            patch.setattr(pricing, "ALL_PAIRS", 0)
            priced = solve_all(prepared, PLUGINS, penalties(prepared), nearest=1).candidates
        assert np.array_equal(priced.blocked, whole.blocked)
        bare = whole.blocked >= 0
        assert bare.any()
        assert priced.counted[bare].all()
        assert np.array_equal(priced.refused[bare], whole.refused[bare])
        reach = ORDER.index("reach")
        assert np.array_equal(priced.refused[:, reach], whole.refused[:, reach])


def test_batches_change_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few pairs the hooks see at a time, the result is the same, byte for byte."""
    monkeypatch.setattr(pricing, "ALL_PAIRS", 0)
    prepared = town(np.random.default_rng([seed, 68]), 50, 30)
    one = solve_all(prepared, PLUGINS, penalties(prepared), nearest=2)
    monkeypatch.setattr(candidates, "BLOCK_PAIRS", 7)
    two = solve_all(prepared, PLUGINS, penalties(prepared), nearest=2)
    assert one.proof == two.proof
    for a, b in (
        (one.candidates.offer, two.candidates.offer),
        (one.solution.flow, two.solution.flow),
    ):
        assert a.tobytes() == b.tobytes()


def test_a_work_limit_ends_without_a_claim(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the solver had to stop, neither an optimum nor a proof is claimed."""
    monkeypatch.setattr(pricing, "ALL_PAIRS", 0)
    prepared = town(np.random.default_rng([seed, 69]), 80, 30, units=0.5)
    priced = solve_all(prepared, PLUGINS, penalties(prepared), work_limit=1)
    assert priced.solution.status == "work_limit"
    assert priced.proof.kind == "listed pairs only"

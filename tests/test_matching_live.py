"""The live city: after any change it is as good as a plan made anew, and every change can be undone."""

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

import wushe
from cities import ON, Rows, city_of, seeded_rows, village
from wushe import Need, Offer
from wushe.matching.live.anew import match_anew, tables_now
from wushe.matching.live.changes import with_record, with_tables
from wushe.matching.live.city import LiveCity, go_live
from wushe.matching.live.held import NeedRow, total_cost
from wushe.matching.live.records import Pair, Records, amount_of
from wushe.matching.objective import Objective
from wushe.matching.result import Matching, match
from wushe.model.tables import Table
from wushe.network import LinkageNetwork

PLUGINS = wushe.load_plugins()
VISIT = Need(id="N", category="visit", household="H", quantity=2, unit="hour", urgency="normal")
VISITOR = Offer(
    id="A", provider="O", categories=("visit",), quantity=2, unit="hour", skills=("visiting",)
)


def live_of(rows: Rows) -> LiveCity:
    """Return the live city of `rows`."""
    return go_live(wushe.make_plan(city_of(rows, PLUGINS), plugins=PLUGINS, on=ON), PLUGINS)


def anew(live: LiveCity, network: LinkageNetwork, offers: Table) -> Matching:
    """Return the matching of changed tables from scratch."""
    return match(network, offers, PLUGINS, live.records.parts.context)


class Twin:
    """The tables of a live city, changed step by step as the live city is."""

    def __init__(self, live: LiveCity) -> None:
        self.network, self.offers = live.network, live.offers

    def need(self, record: Need) -> None:
        """Put `record` in."""
        needs = with_record(self.network.tables["needs"], record)
        self.network = with_tables(self.network, {"needs": needs})

    def offer(self, record: Offer) -> None:
        """Put `record` in."""
        self.offers = with_record(self.offers, record)


def random_change(live: LiveCity, twin: Twin, rng: np.random.Generator, step: int) -> None:
    """Change the live city and its tables in the same way."""
    needs, offers = live.need_ids(), sorted(twin.offers.ids)
    move = int(rng.integers(0, 6))
    if move == 0 and needs:
        key = needs[int(rng.integers(0, len(needs)))]
        twin.need(attrs.evolve(live.records.need(key), status="withdrawn"))
        live.withdraw(key)
    elif move == 1 and needs:
        key = needs[int(rng.integers(0, len(needs)))]
        live.change_need(key, quantity=int(rng.integers(1, 300)), urgency="emergency")
        twin.need(live.records.need(key))
    elif move == 2 and needs:
        source = live.records.need(needs[int(rng.integers(0, len(needs)))])
        record = attrs.evolve(source, id=f"N-new{step}")
        live.insert(record)
        twin.need(record)
    elif move == 3 and offers:
        record = live.records.offer(offers[int(rng.integers(0, len(offers)))])
        record = attrs.evolve(record, quantity=int(rng.integers(1, 9)))
        live.set_capacity(record.id, amount_of(record))
        twin.offer(record)
        live.change_offer(record)
    elif move == 4 and offers:
        record = live.records.offer(offers[int(rng.integers(0, len(offers)))])
        record = attrs.evolve(record, reach="nation", for_groups=None, per_need=None)
        live.change_offer(record)
        twin.offer(record)
    elif move == 5 and offers:
        source = live.records.offer(offers[int(rng.integers(0, len(offers)))])
        record = attrs.evolve(source, id=f"0{step}", quantity=int(rng.integers(1, 5)))
        live.add_offer(record)
        twin.offer(record)


def test_every_change_is_as_good_as_a_new_plan(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Random changes of needs and offers: the objective equals that of a matching made from scratch."""
    changes = 0
    for at in range(campaign(tests=12, ci=100, soak=1000)):
        live = live_of(seeded_rows([seed, 50, at]))
        twin, rng = Twin(live), np.random.default_rng([seed, 51, at])
        assert live.objective == total_cost(live.matching)
        for step in range(8):
            random_change(live, twin, rng, step)
            fresh = anew(live, twin.network, twin.offers)
            assert live.objective == total_cost(fresh), f"city {at}, step {step}"
            assert live.settled
            changes += 1
        left = dict(zip(fresh.prepared.needs["id"], fresh.unserved.tolist(), strict=True))
        assert live.fresh() == left, f"city {at}: ties fall otherwise"
    evidence("live_city", changes=changes, seed=seed, differences=0)


def two_visitors(**options: Any) -> Rows:
    """Return a village with one visit, a near visitor `A` and a far one `B`."""
    far = attrs.evolve(VISITOR, id="B", place="420106002001", reach="county")
    near = attrs.evolve(VISITOR, place="420106001001")
    return village(needs=[VISIT], offers=[near, attrs.evolve(far, **options)])


def test_undo_restores_objective_and_figures(campaign: Callable[..., int], seed: int) -> None:
    """Whatever was changed, undoing it all brings back the objective and what a fresh solve says."""
    for at in range(campaign(tests=10, ci=60, soak=500)):
        live = live_of(seeded_rows([seed, 52, at]))
        before, fresh, rng = live.objective, live.fresh(), np.random.default_rng([seed, 53, at])
        with live.what_if():
            for step in range(6):
                random_change(live, Twin(live), rng, step)
        assert (live.objective, live.fresh()) == (before, fresh)
        assert live.changes == 0


def test_the_next_helper_is_asked_when_one_declines() -> None:
    """Of two visitors the near one serves; when it declines, the one named next does."""
    live = live_of(two_visitors())
    assert live.served_by("N") == [("A", 120)]
    assert [n.offer for n in live.next_best("N", 5)] == ["B"]
    assert live.decline("N", "A") == [("B", 120)]
    assert live.next_best("N") == []
    live.undo()
    assert live.served_by("N") == [("A", 120)]


def test_a_declined_pair_stays_declined() -> None:
    """A change of the need or of the offer does not bring a refused helper back."""
    live = live_of(two_visitors())
    live.decline("N", "A")
    live.change_need("N", quantity=60, urgency="urgent")
    live.change_offer(attrs.evolve(live.records.offer("A"), reach="nation"))
    assert live.served_by("N") == [("B", 60)]


def test_a_need_that_came_and_went_leaves_no_trace() -> None:
    """Inserted, it competes like any other; withdrawn, its id is free again."""
    live = live_of(two_visitors())
    before = live.objective
    live.insert(attrs.evolve(VISIT, id="N2", urgency="emergency", quantity=3))
    assert live.unserved("N") + live.unserved("N2") == 60
    live.withdraw("N2")
    assert live.objective == before
    live.insert(attrs.evolve(VISIT, id="N2"))
    assert live.unserved("N2") == 0


def test_more_of_an_offer_is_worth_what_it_saves() -> None:
    """The value of more hours is exact: an hour saves an hour's penalty, less its cost, until all is served."""
    live = live_of(village(needs=[VISIT], offers=[attrs.evolve(VISITOR, quantity=1)]))
    (_, cost), *_ = live.candidates("N")
    assert live.value_of("A", 60) == 60 * (live.penalty("N") - cost)
    assert live.value_of("A", 6000) == live.value_of("A", 60)


def test_wrong_ids_and_amounts_are_refused_in_clear_words() -> None:
    """Unknown ids are KeyErrors, impossible changes ValueErrors, and neither changes anything."""
    live = live_of(two_visitors(skills=()))
    with pytest.raises(KeyError, match="'N9' is no open need"):
        live.withdraw("N9")
    with pytest.raises(KeyError, match="'Z' is no offer"):
        live.set_capacity("Z", 1)
    with pytest.raises(ValueError, match="no candidate of need 'N'"):
        live.decline("N", "B")
    with pytest.raises(ValueError, match="the id is taken"):
        live.insert(VISIT)
    with pytest.raises(ValueError, match="the id is taken"):
        live.add_offer(VISITOR)
    with pytest.raises(ValueError, match="capacity -1"):
        live.set_capacity("A", -1)
    with pytest.raises(ValueError, match="for nobody known here"):
        live.insert(attrs.evolve(VISIT, id="N2", status="met"))
    with pytest.raises(ValueError, match="cannot undo 1 changes: 0"):
        live.undo()
    assert live.objective == total_cost(live.matching)


UNKNOWN: list[tuple[dict[str, Any], str]] = [
    ({"household": "H9"}, "household 'H9' is unknown; expected an id of households"),
    ({"household": None, "person": "P9"}, "person 'P9' is unknown; expected an id of persons"),
    ({"household": None, "institution": "I9"}, "institution 'I9' is unknown"),
    ({"place": "99"}, "place '99' is unknown; expected an id of places"),
    ({"category": "yoga"}, "category 'yoga' is unknown"),
    ({"unit": "piece"}, "unit 'piece'; expected one of minute, in which category 'visit' counts"),
]


@pytest.mark.parametrize(("values", "said"), UNKNOWN, ids=str)
def test_a_need_for_what_is_not_there_is_refused(values: dict[str, Any], said: str) -> None:
    """Nobody known, no such place or category, pieces of a visit: all are named, nothing changes."""
    live = live_of(two_visitors())
    before = live.objective
    with pytest.raises(ValueError, match=f"need 'N2': {said}"):
        live.insert(attrs.evolve(VISIT, **{"id": "N2", **values}))
    assert (live.objective, live.changes, live.has_need("N2")) == (before, 0, False)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"provider": "O9"}, "provider 'O9' is unknown; expected an id of "),
        ({"categories": ("visit", "yoga")}, "category 'yoga' is unknown"),
        ({"place": "99"}, "place '99' is unknown; expected an id of places"),
    ],
    ids=str,
)
def test_an_offer_of_what_is_not_there_is_refused(values: dict[str, Any], said: str) -> None:
    """An unknown provider, category or place is named, in a new offer and in a changed one."""
    live = live_of(two_visitors())
    with pytest.raises(ValueError, match=f"offer 'C': {said}"):
        live.add_offer(attrs.evolve(VISITOR, **{"id": "C", **values}))
    with pytest.raises(ValueError, match=f"offer 'A': {said}"):
        live.change_offer(attrs.evolve(VISITOR, **values))
    assert (live.changes, live.has_offer("C"), live.served_by("N")) == (0, False, [("A", 120)])


def test_a_code_that_no_other_need_has_binds_nothing() -> None:
    """A visit alone and an alternative without another may change like any need; a new one is refused."""
    alone = attrs.evolve(VISIT, visit="one", one_of="either")
    live = live_of({**two_visitors(), "needs": [alone]})
    assert live.whole
    live.change_need("N", quantity=60)
    assert live.served_by("N") == [("A", 60)]
    with pytest.raises(ValueError, match="'N2' is bound to others"):
        live.insert(attrs.evolve(alone, id="N2"))


def test_two_pairs_of_a_need_with_one_offer_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed twice at two costs, the offer is one candidate, at the lower cost, whoever came first."""
    live = live_of(two_visitors())
    plain = dict(live.candidates("N"))
    once = Records.pairs_of_need

    def twice(records: Records, need: Need) -> tuple[list[Pair], int, int]:
        pairs, quantity, penalty = once(records, need)
        dearer = [attrs.evolve(pair, cost=pair.cost + 7) for pair in pairs]
        return [*dearer, *pairs, *dearer], quantity, penalty

    monkeypatch.setattr(Records, "pairs_of_need", twice)
    live.insert(attrs.evolve(VISIT, id="N2"))
    assert dict(live.candidates("N2")) == plain
    assert len(live.candidates("N2")) == 2
    row = NeedRow.of([(0, 5, 60)], 120, 99)
    assert row.joined(0, 9, 120).edge(0) == (5, 60)
    assert row.joined(0, 3, 120).edge(0) == (3, 120)
    assert len(row.joined(0, 3, 120).columns) == len(row.joined(0, 9, 120).columns) == 1


def test_the_tables_now_are_those_of_the_live_city(campaign: Callable[..., int], seed: int) -> None:
    """After random changes a matching of the tables as they are now costs what the live city says."""
    for at in range(campaign(tests=8, ci=40, soak=300)):
        live = live_of(seeded_rows([seed, 54, at]))
        twin, rng = Twin(live), np.random.default_rng([seed, 55, at])
        assert tables_now(live) == (live.network, live.offers)
        for step in range(6):
            random_change(live, twin, rng, step)
            offers = sorted(twin.offers.ids)
            if offers:
                live.set_capacity(offers[step % len(offers)], int(rng.integers(0, 3)) * 30)
            assert total_cost(match_anew(live)) == live.objective, f"city {at}, step {step}"


def test_bound_needs_stay_as_planned() -> None:
    """Needs of one visit are held, and so is what serves them; the others may change."""
    together = [attrs.evolve(VISIT, id=f"V{i}", visit="one") for i in range(2)]
    live = live_of(village(needs=[VISIT, *together], offers=[attrs.evolve(VISITOR, quantity=8)]))
    assert live.need_ids() == ("N",)
    assert live.held("V0")
    assert not live.whole
    assert live_of(two_visitors()).whole
    with pytest.raises(ValueError, match="'V0' belongs to a team, visit"):
        live.withdraw("V0")
    live.change_need("N", quantity=480)
    assert live.unserved("N") == 240  # of eight hours the visit takes four
    live.set_capacity("A", 0)
    assert live.unserved("N") == 480
    live.undo(2)
    assert live.objective == total_cost(live.matching)


def test_only_the_plain_objective_is_kept_alive() -> None:
    """A matching under tiers or fairness is refused: its optimum is another one."""
    network = city_of(two_visitors(), PLUGINS)
    plan = wushe.make_plan(network, plugins=PLUGINS, on=ON)
    aim = Objective(tiers=(("emergency",),))
    tiered = match(network, plan.offers, PLUGINS, plan.matching.prepared.context, objective=aim)
    with pytest.raises(ValueError, match="without tiers and fairness"):
        LiveCity(network, plan.offers, PLUGINS, tiered)

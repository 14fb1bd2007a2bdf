"""The live city: after any change it is as good as a plan made anew, and every change can be undone."""

from collections.abc import Callable

import attrs
import numpy as np

import wushe
from cities import ON, Rows, city_of, seeded_rows
from wushe import Need, Offer
from wushe.matching.changes import with_record, with_tables
from wushe.matching.held import total_cost
from wushe.matching.live import LiveCity, go_live
from wushe.matching.records import amount_of
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
    needs, offers = live.need_ids, sorted(twin.offers.ids)
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

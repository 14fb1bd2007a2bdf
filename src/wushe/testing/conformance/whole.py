"""The plugin at work: whole plans, its demo, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np

from wushe.demos import tell
from wushe.io import read
from wushe.matching.prepare import prepare
from wushe.model.declaring import Demo
from wushe.model.terms import Context, Pairs
from wushe.network import LinkageNetwork, build_network
from wushe.plan import check_plan, make_plan
from wushe.plugins.manager import load_plugins
from wushe.report.city import city_report
from wushe.supply import pool_offers
from wushe.testing.cities import made_up_city
from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import RAISED, why
from wushe.testing.conformance.city import ON
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.worlds import Place, Worlds
from wushe.text import LANGS, Text

RELIEF = ("register_policies", "register_parameters", "order_relief_sources")
"""Hooks that show in plans with relief only."""
REPORT = Text("城市报告", "the city's report")
PER_PAIR = ("filter_candidates", "score_candidates")
TIMED = (*PER_PAIR, "prioritise_needs")
PAIRS = 100_000
SLOW_SECONDS = 30.0
_NEEDS, _OFFERS = 400, 300
_FIGURE = Text(
    "每十万对约 {ms} 毫秒（试了 {pairs} 对）",
    "about {ms} ms per 100,000 pairs ({pairs} tried)",
)


# --- plans -------------------------------------------------------------------------------------


def plans(kit: Kit, worlds: Worlds, *, quick: bool = False) -> Iterator[Finding]:
    """Yield why a city cannot be planned or reported on with the plugin, or what the independent checker refutes.

    With `quick` the city in which nothing is known is left out.
    """
    rules = kit.rules
    nothing = build_network({}, rules.categories, rules.target_groups, rules.versions)
    relief = bool(set(RELIEF) & set(kit.hooks))
    places = (worlds.mixed,) if quick else (worlds.mixed, worlds.blank)
    for network in (*(place.city.network for place in places), nothing):
        yield from _plan(kit, network, relief)
    for place in places:
        yield from _report(kit, place)


def _plan(kit: Kit, network: LinkageNetwork, relief: bool) -> Iterator[Finding]:
    try:
        plan = make_plan(network, plugins=kit.rules, on=ON, relief=relief)
    except RAISED as error:
        yield found(signs.NO_PLAN, "make_plan", why=why(error))
        return
    for problem in check_plan(plan)[:1]:
        yield found(signs.PLAN_REFUTED, "check_plan", why=str(problem)[:300])


def _report(kit: Kit, place: Place) -> Iterator[Finding]:
    """Write the city's report as the public may read it, and look for planted words in it."""
    try:
        report = city_report(place.city.network, kit.rules, ON)
        said = "\n".join([*(report.summary(lang) for lang in LANGS), report.to_csv()])
    except RAISED as error:
        yield found(signs.NO_REPORT, "city_report", why=why(error))
        return
    told = place.city.told(said)
    if told:
        yield found(signs.TELLS, "city_report", channel=REPORT, n=len(told))


# --- the demo ----------------------------------------------------------------------------------


def demos(kit: Kit) -> Iterator[Finding]:
    """Yield why a demo of the plugin cannot be read, planned or told."""
    for key in kit.mine("register_demos"):
        yield from _demo(kit, kit.rules.demos[key], f"register_demos · {key}")


def _demo(kit: Kit, demo: Demo, where: str) -> Iterator[Finding]:
    try:
        # The plugin itself and those above it may not be installed under their names.
        rules = load_plugins(*kit.named(demo.plugins))
        if not Path(demo.folder).is_dir():
            yield found(signs.BAD_DEMO, where, why=f"{Path(demo.folder).name}: no such folder")
            return
        plan = make_plan(
            read(demo.folder, plugins=rules), plugins=rules, on=demo.on, relief=demo.relief
        )
        clients = set(plan.clients)
        for client in demo.stories:
            if client not in clients:
                yield found(signs.NO_SUCH_STORY, where, client=client)
        for lang in LANGS:
            if demo.tell is not None and not any(line.strip() for line in tell(demo, lang)):
                yield found(signs.BAD_DEMO, where, why=f"tell({lang!r}): no lines")
    except RAISED as error:
        yield found(signs.BAD_DEMO, where, why=why(error))


# --- speed -------------------------------------------------------------------------------------


@attrs.frozen
class Speed:
    """How long the plugin's filters, scores and priorities take: `seconds` per 100,000 pairs, of `pairs` tried."""

    seconds: float
    pairs: int

    def figure(self) -> Text:
        """Return it in words."""
        params = {"ms": round(self.seconds * 1000), "pairs": self.pairs}
        return Text(_FIGURE.say("zh", **params), _FIGURE.say("en", **params))


def speed(kit: Kit, rng_seed: int, pairs: int = PAIRS) -> Speed | None:
    """Return how fast the plugin's batch rules are on a made-up city, None where it has none.

    A tenth is tried first; the rest only where that was not too slow already.
    """
    if not set(TIMED) & set(kit.hooks):
        return None
    rng = np.random.default_rng(rng_seed)
    city = made_up_city(rng, kit.rules, needs=_NEEDS, offers=_OFFERS)
    context = Context(ON, kit.rules.categories, kit.rules.target_groups)
    prepared = prepare(city, pool_offers(city, kit.rules, context), context)
    sizes = len(prepared.needs), len(prepared.offers)
    began = time.perf_counter()
    if "prioritise_needs" in kit.hooks:
        kit.own.prioritise_needs(prepared.needs, prepared.context)
    once = time.perf_counter() - began
    seconds = once
    for part in (max(pairs // 10, 1), pairs):
        some = Pairs(*(rng.integers(0, size, part).astype(np.int32) for size in sizes))
        began = time.perf_counter()
        for hook in PER_PAIR:
            if hook in kit.hooks:
                getattr(kit.own, hook)(prepared.needs, prepared.offers, some, prepared.context)
        seconds = once + (time.perf_counter() - began) * PAIRS / part
        if seconds > SLOW_SECONDS:
            return Speed(seconds, part)
    return Speed(seconds, pairs)


def too_slow(measured: Speed) -> Iterator[Finding]:
    """Yield a finding where it is wildly slow; anything else is a figure, not a fault."""
    if measured.seconds > SLOW_SECONDS:
        yield found(signs.SLOW, ", ".join(TIMED), seconds=round(measured.seconds))

"""The small town of `simulate_town` once more, as an agent-based model in Mesa 3: what `simulate.py` compares with.

Households in which needs arise and which call after a while, workers who take their reports first come first served,
volunteers who are asked at nine, who tire, leave and come back. All numbers are assumptions of wushe by their ids.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Mapping
from typing import Any

try:
    import mesa
except ImportError:  # then there is no comparison, see INSTALL
    mesa = None
Agent: Any = mesa.Agent if mesa else object
Model: Any = mesa.Model if mesa else object

INSTALL = "pip install 'mesa>=3'"
DAY, WEEK, ASKED_AT, HOUR = 1440.0, 7, 540.0, 60
HIDDEN, KNOWN, LISTED, MET, LAPSED = range(5)


class Need:
    """Something that a household needs: an hour's visit."""

    __slots__ = ("arose", "calls", "closed", "known", "lapses", "listed", "state")

    def __init__(self, town: Town, arose: float) -> None:
        numbers, draw = town.numbers, town.random
        self.arose, self.state = arose, HIDDEN
        tells = draw.random() < numbers["finding.self_share"]
        wait = draw.expovariate(1 / numbers["finding.self_days"]) * DAY
        self.calls = arose + wait if tells else math.inf
        due = town.day + math.ceil(numbers["needs.due_normal"])
        alone = int(arose) / DAY + draw.expovariate(1 / numbers["closing.self_help_days"])
        self.lapses = math.floor(min(alone, due + numbers["closing.grace_days"]))
        self.known = self.listed = self.closed = math.nan


class Household(Agent):
    """A household: needs arise, and it calls the station after a while."""

    def __init__(self, model: Town) -> None:
        super().__init__(model)
        self.hidden: list[Need] = []

    def step(self) -> None:
        """Let today's needs arise, and tell of those whose time has come."""
        town = self.model
        draw = self.random.random()
        if draw < town.some:
            self.arise(draw)
        if self.hidden:
            tonight = town.now + DAY
            for need in [n for n in self.hidden if n.calls < tonight]:
                self.hidden.remove(need)
                town.report(need)

    def arise(self, draw: float) -> None:
        """Add as many needs as a Poisson number by inversion says, at any time of the day."""
        town = self.model
        at_least, left = town.some, math.exp(-town.rate)
        times = 0
        while draw < at_least:
            times += 1
            left *= town.rate / times
            at_least -= left
        for _ in range(times):
            need = Need(town, town.now + DAY * self.random.random())
            self.hidden.append(need)
            town.needs.append(need)


class Worker(Agent):
    """A social worker of the station, who takes one report after the other."""

    def __init__(self, model: Town) -> None:
        super().__init__(model)
        self.free_at = 0.0

    def take(self, need: Need) -> None:
        """Take a report as soon as there is time, and put the need on the list."""
        minutes = self.random.expovariate(1 / self.model.numbers["intake.minutes"])
        self.free_at = max(self.free_at, need.known) + minutes
        need.listed = self.free_at


class Volunteer(Agent):
    """A volunteer: serves some hours a week, tires, rests, leaves, comes back."""

    def __init__(self, model: Town, weekly: int) -> None:
        super().__init__(model)
        spread = model.numbers["parties.keen"]
        self.keen = self.random.lognormvariate(-spread * spread / 2, spread)
        self.weekly, self.done, self.calls, self.tired = weekly * HOUR, 0, 0, 0.0
        self.active, self.back = True, math.inf

    def step(self) -> None:
        """On Mondays look back on the week."""
        town = self.model
        if town.weekday:
            return
        self.done = 0
        if not town.day:
            return
        self.tired = self.tired * town.rested + self.calls * town.numbers["staying.call"]
        self.calls = 0
        if not self.active and self.back <= town.day:
            self.active, self.tired = True, 0.0
        if self.active and self.random.random() < self.leaves():
            self.leave()

    def leaves(self) -> float:
        """Return the chance to leave this week."""
        return -math.expm1(-self.model.leaving * math.exp(self.model.numbers["staying.tired"] * self.tired))  # fmt: skip

    def leave(self) -> None:
        """Leave, for good or for a while."""
        numbers, draw = self.model.numbers, self.random
        self.active, self.back = False, math.inf
        pause = draw.expovariate(1 / numbers["staying.pause"])
        if draw.random() < numbers["staying.returns"]:
            self.back = self.model.day + max(math.ceil(pause), 1)

    def willing(self) -> float:
        """Return the chance to accept a call."""
        numbers = self.model.numbers
        odds = self.model.plain + numbers["helping.keen"] * math.log(max(self.keen, 1e-3))
        return 1 / (1 + math.exp(numbers["helping.tired"] * self.tired - odds))

    def answer(self, need: Need) -> None:
        """Take the need or not; who takes it serves after a while."""
        self.calls += 1
        if self.random.random() >= self.willing():
            return
        numbers, draw = self.model.numbers, self.random
        need.closed = self.model.now + ASKED_AT + draw.expovariate(1 / numbers["helping.decide"])
        need.closed += draw.expovariate(1 / numbers["ordering.lead_normal"])
        need.state = MET
        self.done += HOUR
        self.tired += HOUR / self.weekly


class Town(Model):
    """The town; `how` names the way in which agents are activated: ``shuffle_do``, or ``do`` in fixed order."""

    def __init__(self, job: Mapping[str, Any], seed: int, how: str) -> None:
        super().__init__(seed=seed)
        self.numbers: Mapping[str, float] = job["numbers"]
        self.how, self.first_weekday, self.day = how, job["weekday"], 0
        self.needs: list[Need] = []
        self.reports: list[tuple[float, int, Need]] = []
        self.listing: list[tuple[float, int, Need]] = []
        self.listed: list[Need] = []
        self.rate = self.numbers["needs.per_household_year"] / 365.25
        self.some = -math.expm1(-self.rate)
        accept = self.numbers["helping.accept"]
        self.plain = math.log(accept / (1 - accept))
        self.rested = 0.5 ** (WEEK / self.numbers["staying.rest"])
        self.leaving = -math.log1p(-self.numbers["staying.leave"]) * WEEK / 365.25
        hours = 1 + self.rng.poisson(self.numbers["parties.weekly_hours"] - 1, job["volunteers"])
        Household.create_agents(self, job["households"])
        Volunteer.create_agents(self, job["volunteers"], hours.tolist())
        workers = Worker.create_agents(self, job["workers"])
        self.station = [(0.0, row, worker) for row, worker in enumerate(workers)]

    @property
    def now(self) -> float:
        """The minute at which the day begins."""
        return self.day * DAY

    @property
    def weekday(self) -> int:
        """Day of the week, Monday 0."""
        return int(self.first_weekday + self.day) % WEEK

    def step(self) -> None:
        """One day."""
        getattr(self.agents_by_type[Volunteer], self.how)("step")
        getattr(self.agents_by_type[Household], self.how)("step")
        self.intake()
        self.list_until(self.now + ASKED_AT)
        self.ask()
        self.list_until(self.now + DAY)
        self.lapse()
        self.day += 1

    def report(self, need: Need) -> None:
        """Note that a household called."""
        need.state, need.known = KNOWN, need.calls
        heapq.heappush(self.reports, (need.known, id(need), need))

    def intake(self) -> None:
        """Give today's reports in the order of time to the worker who is free first."""
        while self.reports:
            need = heapq.heappop(self.reports)[2]
            _, row, worker = self.station[0]
            worker.take(need)
            heapq.heapreplace(self.station, (worker.free_at, row, worker))
            heapq.heappush(self.listing, (need.listed, id(need), need))

    def list_until(self, instant: float) -> None:
        """Put on the list what workers finished by then; some lapsed while they waited."""
        while self.listing and self.listing[0][0] <= instant:
            need = heapq.heappop(self.listing)[2]
            if need.state == KNOWN:
                need.state = LISTED
                self.listed.append(need)

    def ask(self) -> None:
        """Ask a volunteer with an hour left for each need on the list, in the order in which they arose."""
        free = self.agents_by_type[Volunteer].select(lambda v: v.active and v.weekly - v.done >= HOUR)  # fmt: skip
        self.listed.sort(key=lambda need: need.arose)
        for need, volunteer in zip(self.listed, self.random.sample(list(free), min(len(free), len(self.listed))), strict=False):  # fmt: skip
            volunteer.answer(need)
        self.listed = [need for need in self.listed if need.state == LISTED]

    def lapse(self) -> None:
        """Close what nobody served in time."""
        for need in self.needs:
            if need.lapses <= self.day and need.state in (HIDDEN, KNOWN, LISTED):
                need.state, need.calls = LAPSED, math.inf
        self.listed = [need for need in self.listed if need.state == LISTED]


def outputs(town: Town) -> dict[str, float]:
    """Return what came out, by the names of `simulate_town.outputs`."""
    needs, volunteers = town.needs, town.agents_by_type[Volunteer]
    known = [n for n in needs if not math.isnan(n.known)]
    listed = [n for n in known if not math.isnan(n.listed) and n.state != KNOWN]
    listed = [n for n in listed if n.listed <= town.now]
    met = [n for n in needs if n.state == MET]
    return {
        "arisen": len(needs),
        "known_share": len(known) / len(needs),
        "met_share": len(met) / len(needs),
        "lapsed_share": sum(n.state == LAPSED for n in needs) / len(needs),
        "intake_hours": sum(n.listed - n.known for n in listed) / len(listed) / 60,
        "met_days": sum(n.closed - n.known for n in met) / len(met) / DAY,
        "active": sum(v.active for v in volunteers) / len(volunteers),
        "tired": sum(v.tired for v in volunteers) / len(volunteers),
    }


def replicate(job: Mapping[str, Any]) -> dict[str, Any]:
    """Run the job's replications; return the outputs of each and the processor's seconds of their days, founding left out."""
    found, seconds = [], []
    for seed in job["seeds"]:
        town = Town(job, seed, job.get("how", "shuffle_do"))
        start = time.process_time()
        for _ in range(job["days"]):
            town.step()
        seconds.append(time.process_time() - start)
        found.append(outputs(town))
    return {"outputs": found, "seconds": seconds, "version": mesa.__version__}

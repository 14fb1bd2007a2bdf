"""The simulator: a district-year by stage, agent-steps a second, the same small model in Mesa, two processes for one.

    python benchmarks/simulate.py [--quick] [--seed N]

A district-year is 50,000 households, 3,000 volunteers and 365 daily rounds of the real `make_plan` (``--quick``: a tenth of the
households); an agent-step is one household, volunteer or worker considered on one day. The comparison needs Mesa and says how
to get it where it is missing: `simulate_town` and `simulate_mesa` are one model, and 30 or more replications of each must agree, by
Welch's test against stated margins, before their times are compared. Each side runs in a process of its own. The last line is one JSON object.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import simulate_mesa

import simulate_town
from wushe.simulate.city import City
from wushe.simulate.dispatch.policies import batch
from wushe.simulate.engine import run, standard_stages
from wushe.simulate.stage import Stage
from wushe.simulate.world import ready

HOUSEHOLDS, PER_VOLUNTEER, PER_WORKER = 50_000, 50 / 3, 1_000
MARGINS: Mapping[str, float] = {
    "arisen": 0.05, "known_share": 0.05, "met_share": 0.05, "lapsed_share": 0.1, "intake_hours": 0.1, "met_days": 0.05,
    "active": 0.05, "tired": 0.1,
}  # fmt: skip
"""By what share of Mesa's mean each output may differ: all of the 90 % interval of the difference must lie within."""


def apart(*calls: tuple[Callable[[Any], Any], Any]) -> list[Any]:
    """Return ``work(job)`` of each (work, job), each in a new process of its own, all at once."""
    context = multiprocessing.get_context("spawn")
    with contextlib.ExitStack() as stack:
        pools = [stack.enter_context(ProcessPoolExecutor(1, mp_context=context)) for _ in calls]
        jobs = [pool.submit(*call) for pool, call in zip(pools, calls, strict=True)]
        return [job.result() for job in jobs]


def peak_mb() -> int:
    """Return the most memory that this process ever held, MB: of this program, not of what started it."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    except (OSError, IndexError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# --- a district-year -----------------------------------------------------------------------------


def district_year(job: tuple[int, int]) -> dict[str, Any]:
    """Simulate a district of so many households for a year; return seconds by stage, agent-steps and memory."""
    households, seed = job
    scenario = ready.district_year()
    if households != HOUSEHOLDS:
        scenario = ready.wuhan_district("江汉区", households=households).but(
            volunteers=round(households / PER_VOLUNTEER)
        )
    seconds: dict[str, float] = {"founding": 0.0}
    agents = 0

    def timed(stage: Stage) -> Stage:
        def step(city: City) -> None:
            start = time.perf_counter()
            stage.step(city)
            seconds[stage.name] = seconds.get(stage.name, 0.0) + time.perf_counter() - start

        return Stage(stage.name, step, stage.begin)

    def count(city: City) -> None:
        nonlocal agents
        agents += len(city.people) + len(city.volunteers) + len(city.workers)

    policy = batch()
    stages = (*map(timed, standard_stages(policy)), Stage("count", count))
    start, processor = time.perf_counter(), time.process_time()
    made = run(scenario, policy, np.random.SeedSequence(seed), stages=stages)
    total, processor = time.perf_counter() - start, time.process_time() - processor
    seconds["founding"] = total - sum(seconds.values())
    lost = sum(int(np.abs(column).sum()) for name, column in made.months.items() if name != "month")
    return {
        "households": households, "seconds": total, "processor": processor, "by_stage": seconds, "agent_steps": agents, "peak_mb": peak_mb(),
        "needs": len(made.city.needs), "orders": len(made.city.orders), "lost": lost,
    }  # fmt: skip


def report_district(quick: bool, seed: int) -> dict[str, Any]:
    """Run a district-year in its own process, print it and return its figures."""
    (found,) = apart((district_year, (HOUSEHOLDS // 10 if quick else HOUSEHOLDS, seed)))
    by_stage = dict(sorted(found["by_stage"].items(), key=lambda item: -item[1]))
    rest = sum(v for name, v in by_stage.items() if name not in ("round", "founding"))
    rate = found["agent_steps"] / rest
    print(
        f"a district-year, {found['households']:,} households, {found['needs']:,} needs, {found['orders']:,} orders: "
        f"{found['seconds']:.1f} s ({found['processor']:.1f} s of the processor), {found['peak_mb']} MB; targets at full size 60 s, 1,024 MB; lost {found['lost']}"
    )
    for name, value in by_stage.items():
        print(f"  {name:10} {value:8.2f} s {1000 * value / 365:8.2f} ms a day")
    print(
        f"{found['agent_steps']:,} agent-steps, {rest:.2f} s without the round: {rate:,.0f} a second; target 1,000,000"
    )
    return {
        "households": found["households"], "district_year_s": round(found["seconds"], 2),
        "district_year_cpu_s": round(found["processor"], 2), "peak_mb": found["peak_mb"],
        "agent_steps": found["agent_steps"], "agent_steps_per_s": round(rate), "lost": found["lost"],
        "seconds_by_stage": {name: round(value, 3) for name, value in by_stage.items()},
    }  # fmt: skip


# --- the same model in Mesa ----------------------------------------------------------------------


def town_job(households: int, days: int, seeds: Sequence[int], how: str) -> dict[str, Any]:
    """Return what both sides are told: sizes, days, seeds and all numbers."""
    return {
        "households": households, "volunteers": round(households / PER_VOLUNTEER),
        "workers": max(1, households // PER_WORKER), "days": days, "seeds": list(seeds), "how": how,
        "numbers": dict(simulate_town.NUMBERS), "weekday": simulate_town.START.weekday(),
    }  # fmt: skip


def agree(ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]]) -> bool:
    """Print both sides' outputs and return whether all agree within `MARGINS`."""
    from scipy import stats  # here, since every process that is started reads this file

    print(
        f"{'output':14}{'wushe':>10}{'Mesa':>10}  90 % interval of the difference   margin  Welch p"
    )
    fine = True
    for name, margin in MARGINS.items():
        a, b = (np.array([run[name] for run in side]) for side in (ours, theirs))
        test = stats.ttest_ind(a, b, equal_var=False)
        low, high = test.confidence_interval(0.9)
        most = margin * abs(b.mean())
        within = -most < low and high < most
        fine &= bool(within)
        print(
            f"{name:14}{a.mean():10.4g}{b.mean():10.4g}  [{low:+10.4g}, {high:+10.4g}]  {'in' if within else 'NOT in'} "
            f"+-{most:.3g} ({margin:.0%})  {test.pvalue:.2f}"
        )
    return fine


def compare_mesa(quick: bool, seed: int) -> dict[str, Any]:
    """Check that both models agree, then time both at one size; without a ratio where Mesa is not installed.

    Each side is one thread of its own process: its seconds are those of the processor, which others on the machine do not share.
    """
    if simulate_mesa.mesa is None:
        print(f"Mesa is not installed: no comparison. To have one: {simulate_mesa.INSTALL}")
        return {"ratio_mesa": None}
    replications = 20 if quick else 40
    few = town_job(5_000, 90 if quick else 120, range(seed, seed + replications), "do")
    # Streams are independent: the two sides share seeds, but no generator.
    ours, theirs = apart((simulate_town.replicate, few), (simulate_mesa.replicate, few))
    print(f"one small model, {replications} replications of {few['households']:,} households, {few['days']} days")  # fmt: skip
    fine = agree(ours["outputs"], theirs["outputs"])
    households, days = HOUSEHOLDS, 22 if quick else 120
    steps = (households + round(households / PER_VOLUNTEER) + households // PER_WORKER) * days
    seeds = range(seed, seed + 3)
    sides = {"wushe": simulate_town, "shuffle_do": simulate_mesa, "do": simulate_mesa}
    rates = {}
    for how, side in sides.items():
        (timed,) = apart((side.replicate, town_job(households, days, seeds, how)))
        rates[how] = steps / min(timed["seconds"])
    ratios = {name: rates["wushe"] / rates[name] for name in ("shuffle_do", "do")}
    print(
        f"{households:,} households, {days} days, agent-steps a second of the processor: wushe {rates['wushe']:,.0f}; Mesa "
        f"{theirs['version']} {rates['shuffle_do']:,.0f} by shuffle_do as its tutorial has it, "
        f"{rates['do']:,.0f} in fixed order\n"
        f"ratio {ratios['shuffle_do']:.1f} and {ratios['do']:.1f}; target 20"
    )
    return {
        "ratio_mesa": round(ratios["shuffle_do"], 1), "ratio_mesa_in_order": round(ratios["do"], 1), "mesa_agrees": fine,
        "mesa_households": households, "mesa_steps_per_s": round(rates["shuffle_do"]),
        "small_steps_per_s": round(rates["wushe"]),
    }  # fmt: skip


# --- two processes -------------------------------------------------------------------------------


def speed_up(quick: bool, seed: int) -> dict[str, Any]:
    """Run the same experiment in one process and in two, and return how much sooner two are done."""
    from wushe.simulate.experiments.experiment import Experiment

    scenario = ready.wuhan_district("江汉区", households=3_000 if quick else 6_000)
    cells = 4 if quick else 8
    scenario = scenario.but(days=100 if quick else 180, warm_up=30)
    experiment = Experiment(scenario, batch(), replications=cells, seed=seed, keep=("runs",))
    Experiment(scenario.but(days=40), batch(), replications=1, seed=seed, keep=("runs",)).run(workers=1)  # fmt: skip
    wall, processor = [], []
    for workers in (1, 2):
        before, start = processors(), time.perf_counter()
        experiment.run(workers=workers, progress=False)
        wall.append(time.perf_counter() - start)
        processor.append(processors() - before)
    ratio, free = wall[0] / wall[1], processor[0] / (processor[1] / 2)
    print(
        f"{cells} runs of {scenario.days} days: one process {wall[0]:.1f} s, two {wall[1]:.1f} s with their start: {ratio:.2f} "
        f"times as fast; {processor[0]:.1f} and {processor[1]:.1f} s of the processors: {free:.2f} times where two are free"
    )
    return {
        "speed_up_cells": cells, "speedup_2": round(ratio, 2), "speedup_2_free_processors": round(free, 2),
    }  # fmt: skip


def processors() -> float:
    """Return the seconds that this process and those that it started and that ended had of processors."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Time it and print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the district")
    parser.add_argument("--seed", type=int, default=20250915)
    options = parser.parse_args()
    figures = report_district(options.quick, options.seed)
    figures |= compare_mesa(options.quick, options.seed)
    figures |= speed_up(options.quick, options.seed)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

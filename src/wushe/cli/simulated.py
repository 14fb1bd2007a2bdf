"""What an experiment found, and what it assumes, as text for people and JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wushe.simulate.assumptions import ASSUMED
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.experiments.metrics import Metric
    from wushe.simulate.experiments.results import Comparison, Results
    from wushe.simulate.experiments.statistics import Interval

_HEAD = Text(
    "{label}：{households} 户，{days} 天，前 {warm_up} 天不计；每种 {n} 遍，种子 {seed}。方括号内是 95% 置信区间",
    "{label}: {households} households, {days} days, the first {warm_up} not counted; {n} runs of each, seed {seed}. "
    "In brackets: 95% confidence intervals",
)
_METRIC = Text("{label}（{unit}{better}）", "{label} ({unit}{better})")
_BETTER = {
    "higher": Text("，越高越好", ", higher is better"),
    "lower": Text("，越低越好", ", lower is better"),
    "neither": Text("", ""),
}
_VERDICT = {
    "better": Text("更好", "better"),
    "worse": Text("更差", "worse"),
    "differs": Text("有差别", "differs"),
    "open": Text("分不出高下", "undecided"),
}
_AGAINST = Text("    与 {base} 成对比较：", "    paired with {base}:")
_WHERE = Text("（{where}）", " ({where})")
_ONE_RUN = Text(
    "只有一遍，没有置信区间；用 -n 多跑几遍",
    "a single run has no confidence interval; use -n to run more",
)
_ASSUMED = Text("假设", "assumed")
_SET = Text("（本次设定，默认 {default}）", " (set here, default {default})")
_COUNT = Text("共 {n} 项", "{n} in all")


def results_text(results: Results, metrics: Sequence[str], lang: str) -> str:
    """Return a block for each metric: the mean of each arm, then what differs."""
    experiment = results.experiment
    base = next(iter(experiment.scenarios.values()))
    lines = [
        _HEAD.say(
            lang, label=base.label, households=base.settlement.households, days=base.days, warm_up=base.warm_up,
            n=experiment.replications, seed=experiment.seed,
        )
    ]  # fmt: skip
    arms = _arms(results)
    names = {arm: _arm_name(results, *arm, lang) for arm in arms}
    width = max(map(_width, names.values()))
    for metric in _chosen(results, metrics):
        lines += ["", _metric_line(metric, lang)]
        for scenario, policy in arms:
            name = names[scenario, policy]
            mean = results.mean(metric.id, policy, scenario)
            lines.append(f"  {_padded(name, width)}  {_shown(mean)}")
        lines += _differences(results, metric.id, lang)
    if experiment.replications == 1:
        lines += ["", _ONE_RUN.say(lang)]
    return "\n".join(lines)


def _differences(results: Results, metric: str, lang: str) -> Iterator[str]:
    """Yield the comparisons of policies and of variants with the first of each."""
    base = ""
    for found in _comparisons(results, metric):
        if found.base != base:
            base = found.base
            yield _AGAINST.say(lang, base=base)
        where = _WHERE.say(lang, where=found.where) if len(_arms(results)) > 2 else ""
        verdict = _VERDICT[found.verdict].say(lang)
        yield f"      {found.other}{where}  {_shown(found.difference.by, signed=True)}  {verdict}"


def _comparisons(results: Results, metric: str) -> list[Comparison]:
    experiment = results.experiment
    found = []
    if len(experiment.policies) > 1:
        found += results.compare(metric, experiment.policies[0].name)
    if len(experiment.scenarios) > 1:
        found += results.compare(metric, next(iter(experiment.scenarios)))
    return found


def results_json(results: Results, metrics: Sequence[str]) -> dict[str, Any]:
    """Return means and comparisons as JSON has them; numbers that there are not are null."""
    experiment = results.experiment
    means, differences = [], []
    for metric in _chosen(results, metrics):
        for scenario, policy in _arms(results):
            mean = results.mean(metric.id, policy, scenario)
            where = {"metric": metric.id, "scenario": scenario, "policy": policy}
            means.append(where | _numbers(mean) | {"n": mean.n})
        differences += [
            {"metric": metric.id, "where": c.where, "base": c.base, "other": c.other, "verdict": c.verdict}
            | _numbers(c.difference.by)
            for c in _comparisons(results, metric.id)
        ]  # fmt: skip
    return {
        "scenarios": {name: s.digest for name, s in experiment.scenarios.items()},
        "policies": [policy.name for policy in experiment.policies],
        "replications": experiment.replications,
        "seed": experiment.seed,
        "means": means,
        "differences": differences,
    }


def assumptions_text(rows: Sequence[Mapping[str, Any]], lang: str) -> str:
    """Return assumptions, a line each: id, value, unit, what it is, where it is from."""
    lines = []
    for row in rows:
        source = _ASSUMED.say(lang) if row["source"] == ASSUMED else row["source"]
        set_here = _SET.say(lang, default=f"{row['default']:g}") if row["set"] else ""
        lines.append(
            f"{row['id']} = {row['value']:g}{set_here}\n    {row[lang]}｜{row['unit']}｜{source}"
        )
    return "\n".join([*lines, _COUNT.say(lang, n=len(rows))])


# --- parts ---------------------------------------------------------------------------------------


def _arms(results: Results) -> list[tuple[str, str]]:
    experiment = results.experiment
    return [(s, p.name) for s in experiment.scenarios for p in experiment.policies]


def _arm_name(results: Results, scenario: str, policy: str, lang: str) -> str:
    experiment = results.experiment
    rule = next(p for p in experiment.policies if p.name == policy)
    name = policy if rule.label is None else f"{rule.label.say(lang)} {policy}"
    return f"{scenario} × {name}" if len(experiment.scenarios) > 1 else name


def _chosen(results: Results, metrics: Sequence[str]) -> list[Metric]:
    return [metric for metric in results.experiment.metrics if metric.id in metrics]


def _metric_line(metric: Metric, lang: str) -> str:
    better = _BETTER[metric.better].say(lang)
    return _METRIC.say(lang, label=metric.label, unit=metric.unit, better=better) + f"  {metric.id}"


def _shown(interval: Interval, *, signed: bool = False) -> str:
    """Return a mean with its interval, four figures each; one that is not bounded by anything has none."""
    sign = "+" if signed else ""
    mean = "–" if math.isnan(interval.mean) else f"{interval.mean:{sign}.4g}"
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return mean
    return f"{mean} [{interval.low:{sign}.4g}, {interval.high:{sign}.4g}]"


def _numbers(interval: Interval) -> dict[str, float | None]:
    values = {"mean": interval.mean, "low": interval.low, "high": interval.high}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

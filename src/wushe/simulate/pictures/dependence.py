"""Pictures of what a result depends on: a metric along a sweep, and global sensitivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wushe.render import Axis, Interval, Picture, Series, intervals, lines
from wushe.simulate.experiments.metrics import metric_named
from wushe.simulate.experiments.statistics import CONFIDENCE
from wushe.simulate.pictures import arms
from wushe.simulate.pictures.drawing import axis_of, bounds_of, filled, headed
from wushe.simulate.world.scenario import Scenario, catalogue
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.experiments.results import Results
    from wushe.simulate.experiments.sensitivity import Effects

_FIELDS = {
    "volunteers": Text("志愿者人数", "volunteers"),
    "grid_workers": Text("移动网格员人数", "mobile grid workers"),
    "workers": Text("社会工作者人数", "social workers"),
    "stations": Text("社工站数", "stations"),
    "organizations": Text("社会组织数", "organizations"),
    "funds": Text("基金数", "funds"),
    "lots": Text("物资批次", "lots of goods"),
}
_SWEEP = Text("{metric}随“{name}”的变化", "{metric}, by {name}")
_SWEEP_NOTE = Text(
    "点：{n}次重复的均值；阴影：{level:.0%}置信区间。",
    "Points: means over {n} replications; bands: {level:.0%} confidence intervals.",
)
_EFFECTS = Text("{metric}取决于什么", "What {metric} depends on")
_FIRST = Text("单独的影响", "Alone (first)")
_TOTAL = Text("全部影响", "With all it has a part in (total)")
_SHARE = Axis(Text("占方差的比例", "Share of the variance"), percent=True, low=0.0)
_SIZE = Text("在取值范围内平均变化多少", "Mean size of change over the range")
_SOBOL_NOTE = Text(
    "Sobol 指数；线：95%置信区间。", "Sobol's indices; lines: 95% confidence intervals."
)
_MORRIS_NOTE = Text(
    "Morris 方法；线：95%置信区间。", "Morris's method; lines: 95% confidence intervals."
)


def sweep_picture(
    results: Results,
    name: str,
    metric: str = "response_hours",
    *,
    confidence: float = CONFIDENCE,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return a metric against `name` (a field or an assumption) that the scenarios of a sweep differ in.

    A line for each policy and for each combination of what else was varied. Raises ValueError where all scenarios
    have one value of `name`, KeyError for an assumption that nobody states.
    """
    experiment = results.experiment
    measure = metric_named(metric, experiment.metrics)
    y, scale = axis_of(measure)
    at = {key: _value(scenario, name) for key, scenario in experiment.scenarios.items()}
    if len(set(at.values())) < 2:
        raise ValueError(f"sweep: all scenarios have one value of {name!r}; expected several")
    made: dict[tuple[str, str], list[str]] = {}
    for policy in experiment.policies:
        for key in sorted(at, key=lambda key: at[key]):
            made.setdefault((policy.name, _rest(key, name)), []).append(key)
    series = []
    for (policy_name, rest), keys in made.items():
        values = np.array([results.values(metric, policy_name, key) for key in keys]).T * scale
        mean, low, high = bounds_of(values, confidence)
        label = _line_label(results, policy_name, rest, several=len(made) > 1)
        series.append(Series(label, [at[key] for key in keys], mean, low, high))
    x = _axis_of(name)
    return lines(
        series, title=filled(_SWEEP, metric=headed(measure.label), name=_label_of(name)), x=x, y=y,
        note=filled(_SWEEP_NOTE, n=experiment.replications, level=confidence), lang=lang, width=width,
    )  # fmt: skip


def effects_picture(
    effects: Effects, results: Results, *, lang: str = "zh", width: int = 800
) -> Picture:
    """Return what a study found: which assumptions a metric depends on, the one that matters most first."""
    measure = metric_named(effects.metric, results.experiment.metrics)
    title = filled(_EFFECTS, metric=measure.label)
    rows = effects.rows()
    if effects.method == "sobol":
        drawn = [
            _interval(row["name"], row[kind], row[f"{kind}_half"], 1.0, group)
            for kind, group in (("total", _TOTAL), ("first", _FIRST))
            for row in rows
        ]
        return intervals(drawn, title=title, x=_SHARE, note=_SOBOL_NOTE, lang=lang, width=width)
    x, scale = axis_of(measure, difference=True)
    drawn = [_interval(row["name"], row["size"], row["size_half"], scale, "") for row in rows]
    axis = Axis(_SIZE, x.unit, low=0.0)
    return intervals(drawn, title=title, x=axis, note=_MORRIS_NOTE, lang=lang, width=width)


def _value(scenario: Scenario, name: str) -> float:
    return scenario[name] if "." in name else float(getattr(scenario, name))


def _rest(key: str, name: str) -> str:
    """Return what else than `name` a sweep's scenario says in its name."""
    return ", ".join(
        part for part in key.split(",") if "=" in part and not part.startswith(f"{name}=")
    )


def _line_label(results: Results, policy: str, rest: str, *, several: bool) -> str | Text:
    if not several:
        return ""
    said = arms.policy_labels(results.experiment)[policy]
    if not rest:
        return said
    return (
        rest
        if len(results.experiment.policies) == 1
        else filled(arms.BOTH, scenario=rest, policy=said)
    )


def _label_of(name: str) -> Text:
    if name in _FIELDS:
        return _FIELDS[name]
    stated = catalogue().get(name)
    return Text(name, name) if stated is None else stated.label


def _axis_of(name: str) -> Axis:
    stated = catalogue().get(name)
    if stated is None:
        return Axis(headed(_label_of(name)))
    if stated.unit == "share":
        return Axis(headed(_label_of(name)), percent=True)
    # Units of assumptions are English words.
    return Axis(headed(_label_of(name)), Text("", stated.unit))


def _interval(name: str, value: float, half: float, scale: float, group: str | Text) -> Interval:
    low, high = (value - half) * scale, (value + half) * scale
    return Interval(headed(_label_of(name)), value * scale, low, high, group)

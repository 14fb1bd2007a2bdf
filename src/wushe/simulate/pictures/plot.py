"""Pictures of an experiment that a paper needs: comparisons, means, courses, waits, stocks, a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wushe.render import (
    Axis,
    Interval,
    Layer,
    Level,
    Panel,
    Period,
    Picture,
    Sample,
    Series,
    Spot,
    boxes,
    intervals,
    line_panels,
    lines,
    place_map,
    shares_up_to,
    stacks,
)
from wushe.simulate.experiments.metrics import metric_named
from wushe.simulate.experiments.statistics import CONFIDENCE
from wushe.simulate.pictures import arms
from wushe.simulate.pictures.arms import Arm
from wushe.simulate.pictures.dependence import sweep_picture
from wushe.simulate.pictures.drawing import axis_of, bounds_of, filled, headed, row_of
from wushe.simulate.pictures.figures import figure_named
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.experiments.results import Comparison, Results

STATES: tuple[tuple[str, Text], ...] = (
    ("ordered", Text("已派单", "Ordered")),
    ("listed", Text("在需求清单上", "On the needs list")),
    ("known", Text("已知晓，待登记", "Known, not yet listed")),
    ("hidden", Text("尚未发现", "Not yet found")),
)
_DATE = Text("日期", "Date")
_DAY = Text("天数", "Day")
_WARM_UP = Text("预热", "Warm-up")
_WAIT = Axis(Text("从知晓到有人接单", "From known to accepted"), Text("天", "days"), low=0.0)
_RATIO_AXIS = Axis(Text("变化", "Change"), percent=True)
_SIDES: Mapping[str, tuple[Text, Text]] = {
    "lower": (Text("更好", "better"), Text("更差", "worse")),
    "higher": (Text("更差", "worse"), Text("更好", "better")),
    "neither": (Text("更少", "less"), Text("更多", "more")),
}
_COMPARE = Text("{label}：与“{base}”相比", "{label}: difference from {base}")
_COMPARE_ALL = Text("与“{base}”相比的变化", "Change from {base}")
_COMPARE_NOTE = Text(
    "点：{n}次重复的平均差，{how}；线：{level:.0%}置信区间。实心：区间不含0；空心：分不出高下。",
    "Dots: mean difference over {n} replications, {how}; lines: {level:.0%} confidence intervals. Filled: the interval "
    "leaves out 0; hollow: undecided.",
)
_PAIRED = Text("同一批随机数，成对比较", "paired, common random numbers")
_WELCH = Text("各自的随机数，Welch 检验", "independent streams, Welch")
_MEANS_NOTE = Text(
    "点：{n}次重复的均值；线：{level:.0%}置信区间。预热期不计。",
    "Dots: means over {n} replications; lines: {level:.0%} confidence intervals. Warm-up is left out.",
)
_SPREAD = Text("{label}：各次重复", "{label}: replications")
_COURSE_NOTE = Text(
    "线：{n}次重复的均值{every}；阴影：{level:.0%}置信区间。",
    "Lines: means over {n} replications{every}; bands: {level:.0%} confidence intervals.",
)
_EVERY = Text("，每{k}天平均", ", averaged over {k} days each")
_STOCKS = Text("未了结的需求：{arm}", "Open needs: {arm}")
_STOCKS_NOTE = Text(
    "每日终了时，{n}次重复的均值。", "At the end of each day, means over {n} replications."
)
_NEEDS = Axis(Text("需求（件）", "Needs"), low=0.0)
_WAITS = Text("多少需求在x天内有人接单", "Share of needs accepted within x days")
_WAITS_NOTE = Text(
    "预热之后、结束前至少{k:g}天知晓的全部需求，{n}次重复合计；没有人接单的也计入分母。",
    "All needs known after the warm-up and at least {k:g} days before the end, {n} replications together; needs that "
    "nobody accepted count too.",
)
_MAP = Text("已知需求的解决率，按社区：{arm}", "Share of known needs met, by community: {arm}")
_MAP_VALUE = Axis(Text("解决率", "Needs met"), percent=True)
_MAP_NOTE = Text(
    "模拟的社区，不是真实地图；预热之后知晓的需求，{n}次重复合计。",
    "Simulated communities, not a real map; needs known after the warm-up, {n} replications together.",
)
_COMMUNITY = Text("模拟社区{n}", "Simulated community {n}")


def plot(results: Results, what: str = "compare", *, lang: str = "zh", **options: Any) -> Picture:
    """Return one of `PICTURES` of an experiment's results; a notebook shows it as it is.

    ``compare(metric, base)``: differences from a base with their intervals; several metrics give changes in per cent.
    ``means(metric)``: each arm's mean. ``spread(metric)``: each arm's replications as a box. ``course(figure, every)``:
    a column of the daily table over time; several figures or ``panels=True`` give small multiples. ``waits(within)``:
    how soon needs were accepted. ``stocks(policy, scenario)``: open needs by state. ``map(policy, scenario)``: needs met
    by community. ``sweep(name, metric)``: a metric against what `wushe.simulate.experiments.sensitivity.sweep` varied. All take `lang` and `width`. Raises ValueError for a picture, metric, figure or arm that there is not.
    """
    if what not in PICTURES:
        raise ValueError(f"picture {what!r} does not exist; expected one of {', '.join(PICTURES)}")
    return PICTURES[what](results, lang=lang, **options)


def compare(
    results: Results,
    metric: str | Sequence[str] = "response_hours",
    base: str | None = None,
    *,
    confidence: float = CONFIDENCE,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return differences from `base` (a policy or a scenario; the first policy where not given) with intervals.

    Several metrics, whose units differ, give changes in per cent of the base, with Fieller's intervals.
    """
    several = not isinstance(metric, str)
    names = [metric] if isinstance(metric, str) else list(metric)
    found = [c for name in names for c in results.compare(name, base, confidence)]
    if not found:
        raise ValueError("nothing to compare: the experiment has one scenario and one policy")
    label = arms.label_of(results.experiment, found[0].base)
    first = found[0].metric
    if several:
        title, x, sides = _COMPARE_ALL, _RATIO_AXIS, _SIDES["neither"]
        rows = [_change(results, c) for c in found]
    else:
        title, (x, scale), sides = _COMPARE, axis_of(first, difference=True), _SIDES[first.better]
        rows = [_difference(results, c, scale) for c in found]
    how = _PAIRED if results.experiment.common else _WELCH
    return intervals(
        rows, title=filled(title, label=headed(first.label), base=label), x=x, reference=0.0, sides=sides,
        note=filled(_COMPARE_NOTE, n=results.experiment.replications, how=how, level=confidence), lang=lang, width=width,
    )  # fmt: skip


def means(
    results: Results,
    metric: str = "response_hours",
    *,
    confidence: float = CONFIDENCE,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return each arm's mean of a metric with its interval."""
    measure = metric_named(metric, results.experiment.metrics)
    x, scale = axis_of(measure)
    rows = [
        row_of(
            a.policy_label,
            results.mean(metric, a.policy, a.scenario, confidence),
            scale,
            a.scenario_label,
        )
        for a in arms.arms(results.experiment)
    ]
    note = filled(_MEANS_NOTE, n=results.experiment.replications, level=confidence)
    return intervals(rows, title=headed(measure.label), x=x, note=note, lang=lang, width=width)


def spread(
    results: Results, metric: str = "response_hours", *, lang: str = "zh", width: int = 800
) -> Picture:
    """Return how a metric spreads over the replications of each arm."""
    measure = metric_named(metric, results.experiment.metrics)
    x, scale = axis_of(measure)
    samples = [
        Sample(
            a.policy_label,
            results.values(metric, a.policy, a.scenario) * scale,
            group=a.scenario_label,
        )
        for a in arms.arms(results.experiment)
    ]
    title = filled(_SPREAD, label=headed(measure.label))
    return boxes(samples, title=title, x=x, lang=lang, width=width)


def course(
    results: Results,
    figure: str | Sequence[str] = "stock_listed",
    *,
    every: int = 7,
    panels: bool = False,
    levels: Sequence[tuple[float, Text]] = (),
    confidence: float = CONFIDENCE,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return a column of the daily table over time, a line for each arm, averaged over `every` days.

    ``participation`` is the share of households that take part. `levels` are values to compare with and their labels.
    `panels` gives each scenario a plot of its own; several figures get a plot each.
    """
    experiment = results.experiment
    names = [figure] if isinstance(figure, str) else list(figure)
    every = min(every, *(s.days for s in experiment.scenarios.values()))
    drawn = {name: _course(results, name, every, confidence) for name in names}
    spec = figure_named(names[0])
    x, periods = _time(results)
    averaged = filled(_EVERY, k=every) if every > 1 else ""
    shown: dict[str, Any] = {
        "x": x, "lang": lang, "width": width, "levels": [Level(v, label) for v, label in levels],
        "note": filled(_COURSE_NOTE, n=experiment.replications, every=averaged, level=confidence),
    }  # fmt: skip
    if len(names) > 1:
        made = [Panel(figure_named(n).heading, tuple(s for _, s in drawn[n])) for n in names]
        columns = 2 if len(names) in (2, 4) else 3
        return line_panels(
            made, title=_DAILY, y=Axis(low=0.0), shared=False, columns=columns, **shown
        )
    y = Axis("", spec.unit, percent=spec.percent, low=0.0)
    if panels:
        by = [
            Panel(label, tuple(attrs.evolve(s, label=a.policy_label) for a, s in drawn[names[0]] if a.scenario == name))
            for name, label in arms.scenario_labels(experiment).items()
        ]  # fmt: skip
        return line_panels(by, title=spec.label, y=y, **shown)
    series = [s for _, s in drawn[names[0]]]
    return lines(series, title=spec.label, y=y, periods=periods, **shown)


def waits(
    results: Results, *, within: float | None = None, lang: str = "zh", width: int = 800
) -> Picture:
    """Return which share of known needs somebody had accepted within so many days, up to `within`."""
    experiment = results.experiment
    shortest = min(s.days - s.warm_up for s in experiment.scenarios.values())
    most = min(30, max(shortest // 3, 1)) if within is None else float(within)
    if not 0 < most < shortest:
        raise ValueError(
            f"within is {within!r}; expected more than 0 and less than {shortest} days"
        )
    pooled = arms.pooled_waits(results, most)
    samples = [Sample(a.label, values, of) for a, (values, of) in pooled]
    note = filled(_WAITS_NOTE, k=most, n=experiment.replications)
    x = attrs.evolve(_WAIT, high=most)
    return shares_up_to(samples, title=_WAITS, x=x, note=note, lang=lang, width=width)


def stocks(
    results: Results,
    policy: str | None = None,
    scenario: str | None = None,
    *,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return the open needs of one arm by state, at the end of each day."""
    arm = arms.one(results.experiment, policy, scenario)
    days, _ = arms.daily(results, arm, "stock_listed")
    layers = [
        Layer(label, arms.daily(results, arm, f"stock_{state}")[1].mean(axis=0))
        for state, label in STATES
    ]
    x, periods = _time(results)
    return stacks(
        days, layers, title=filled(_STOCKS, arm=arm.label), x=x, y=_NEEDS, periods=periods,
        note=filled(_STOCKS_NOTE, n=results.experiment.replications), lang=lang, width=width,
    )  # fmt: skip


def place_picture(
    results: Results,
    policy: str | None = None,
    scenario: str | None = None,
    *,
    lang: str = "zh",
    width: int = 800,
) -> Picture:
    """Return the communities of one arm where the scenario puts them, by the share of known needs that was met."""
    arm = arms.one(results.experiment, policy, scenario)
    lon, lat, households, met = arms.by_community(results, arm)
    spots = [
        Spot(
            filled(_COMMUNITY, n=i + 1),
            float(lon[i]),
            float(lat[i]),
            float(met[i]),
            float(households[i]),
        )
        for i in range(len(lon))
    ]
    note = filled(_MAP_NOTE, n=results.experiment.replications)
    return place_map(
        spots, title=filled(_MAP, arm=arm.label), value=_MAP_VALUE, size=Text("户数", "households"),
        note=note, lang=lang, width=width,
    )  # fmt: skip


PICTURES: Mapping[str, Callable[..., Picture]] = {
    "compare": compare, "means": means, "spread": spread, "course": course, "waits": waits, "stocks": stocks,
    "map": place_picture, "sweep": sweep_picture,
}  # fmt: skip
_DAILY = Text("逐日数字", "Daily figures")


# --- parts ---------------------------------------------------------------------------------------


def _difference(results: Results, c: Comparison, scale: float) -> Interval:
    other = arms.label_of(results.experiment, c.other)
    return row_of(other, c.difference.by, scale, arms.where_label(results.experiment, c.where))


def _change(results: Results, c: Comparison) -> Interval:
    other = arms.label_of(results.experiment, c.other)
    where = arms.where_label(results.experiment, c.where)
    both = (
        filled(Text("{where}：{other}", "{where}: {other}"), where=where, other=other)
        if where
        else other
    )
    # Without rounding, equal arms would differ by a last bit.
    mean, low, high = (round(v - 1, 12) for v in (c.ratio.mean, c.ratio.low, c.ratio.high))
    by = attrs.evolve(c.ratio, mean=mean, low=low, high=high)
    return row_of(both, by, 1.0, headed(c.metric.label))


def _course(
    results: Results, figure: str, every: int, confidence: float
) -> list[tuple[Arm, Series]]:
    """Return the line of each arm: the mean over the replications and its interval, blocks of `every` days."""
    spec, found = figure_named(figure), []
    for arm in arms.arms(results.experiment):
        days, values = arms.daily(results, arm, spec.column)
        if spec.per_household:
            values = values / results.experiment.scenarios[arm.scenario].settlement.households
        values = values * spec.scale
        blocks = len(days) // every
        x = days[: blocks * every].reshape(blocks, every).mean(axis=1)
        means_ = values[:, : blocks * every].reshape(len(values), blocks, every).mean(axis=2)
        mean, low, high = bounds_of(means_, confidence)
        found.append((arm, Series(arm.label, x, mean, low, high)))
    return found


def _time(results: Results) -> tuple[Axis, list[Period]]:
    """Return the axis of days, with dates where all scenarios begin together, and what is marked on it."""
    scenarios = list(results.experiment.scenarios.values())
    starts = {s.start for s in scenarios}
    axis = Axis(_DATE, start=scenarios[0].start) if len(starts) == 1 else Axis(_DAY)
    marked = []
    if len({s.warm_up for s in scenarios}) == 1 and scenarios[0].warm_up:
        marked.append(Period(0, scenarios[0].warm_up, _WARM_UP))
    if all(s.shocks == scenarios[0].shocks for s in scenarios):
        marked += [Period(s.first, s.first + s.days, s.label) for s in scenarios[0].shocks]
    return axis, marked

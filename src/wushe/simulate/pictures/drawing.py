"""Parts that pictures of experiments share: axes of metrics, rows with intervals, labels with their first letter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wushe.model.storage import Array
from wushe.render import Axis, Interval
from wushe.simulate.experiments.metrics import Metric
from wushe.simulate.experiments.statistics import Interval as Bounds
from wushe.simulate.experiments.statistics import mean_interval
from wushe.text import Text

_PP = Text("百分点", "percentage points")


def axis_of(metric: Metric, *, difference: bool = False) -> tuple[Axis, float]:
    """Return the axis of a metric and what its values are multiplied with; shares differ by percentage points."""
    if metric.unit.en != "share":
        return Axis(headed(metric.label), metric.unit), 1.0
    if difference:
        return Axis(headed(metric.label), _PP), 100.0
    return Axis(headed(metric.label), percent=True), 1.0


def row_of(label: str | Text, by: Bounds, scale: float, group: str | Text) -> Interval:
    """Return a row of a picture; an interval without an end is drawn as a point alone."""
    low, high = by.low * scale, by.high * scale
    if not (math.isfinite(low) and math.isfinite(high)):
        low = high = math.nan
    mean = by.mean * scale if math.isfinite(by.mean) else math.nan
    return Interval(label, mean, low, high, group)


def bounds_of(values: Array, confidence: float) -> tuple[Array, Array | None, Array | None]:
    """Return means of columns and their limits, which do not go below 0; none from one replication."""
    found = [mean_interval(column, confidence) for column in values.T]
    mean = np.array([f.mean for f in found])
    if len(values) < 2:
        return mean, None, None
    return mean, np.array([max(f.low, 0.0) for f in found]), np.array([f.high for f in found])


def headed(label: Text) -> Text:
    """Return a label as it begins a title."""
    return Text(label.zh, label.en[:1].upper() + label.en[1:])


def filled(text: Text, **params: Any) -> Text:
    """Return `text` with `params` filled in, in both languages."""
    return Text(text.say("zh", **params), text.say("en", **params))

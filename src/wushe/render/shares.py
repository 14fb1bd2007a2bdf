"""How a quantity is distributed: the share of cases at or below each value (an empirical CDF)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from wushe.model.storage import Array
from wushe.render.axes import Axis
from wushe.render.curves import Level, Series, lines
from wushe.render.estimates import Sample
from wushe.render.picture import Picture
from wushe.text import Text

_SHARE = Text(zh="占比", en="Share of cases")
# More steps than pixels would only make the file large.
_STEPS = 600


def shares_up_to(
    samples: Iterable[Sample],
    *,
    title: Text,
    x: Axis,
    y: Axis | None = None,
    levels: Sequence[Level] = (),
    note: Text | None = None,
    lang: str = "zh",
    width: int = 800,
    height: int = 400,
) -> Picture:
    """Return for each sample the share of its cases (`Sample.of`) that are at or below x.

    A curve that stays below 100 % has cases in which it never came about.
    """
    given = list(samples)
    # Every curve goes on to the greatest value of all, so that their ends compare.
    known = [s.values for s in given if len(s.values)]
    first = min([float(v.min()) for v in known] + ([] if x.low is None else [x.low]), default=0.0)
    last = max([float(v.max()) for v in known] + ([] if x.high is None else [x.high]), default=1.0)
    return lines(
        [_curve(s, first, last) for s in given],
        title=title,
        x=x,
        y=y or Axis(_SHARE, percent=True, low=0.0, high=1.0),
        levels=levels,
        note=note,
        step=True,
        lang=lang,
        width=width,
        height=height,
    )


def _curve(sample: Sample, first: float, last: float) -> Series:
    """Return the steps of one sample from `first` to `last`, thinned to what can be seen."""
    out_of = len(sample.values) if sample.of is None else sample.of
    if not out_of:
        return Series(sample.label, [first], [np.nan])
    values = np.sort(sample.values)
    at = np.unique(np.concatenate(([first], values, [last])))
    if len(at) > _STEPS:
        at = np.unique(np.concatenate(([first], np.linspace(first, last, _STEPS))))
    share: Any = np.searchsorted(values, at, side="right") / out_of
    reached: Array = share
    return Series(sample.label, at, reached)

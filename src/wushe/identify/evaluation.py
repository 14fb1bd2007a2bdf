"""What visitors found against what they expected: whether a city's signals work."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import attrs
import numpy as np

from wushe.model.tables import Table
from wushe.model.visiting import RiskSignal
from wushe.text import Text


@attrs.frozen
class SignalScore:
    """One signal: visits that expected it and found it or not, and that found it unexpected."""

    id: str
    expected_found: int
    expected_not_found: int
    found_unexpected: int
    neither: int

    @property
    def precision(self) -> float | None:
        """The share of expectations that came true; None where it was never expected."""
        expected = self.expected_found + self.expected_not_found
        return self.expected_found / expected if expected else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% Wilson interval of `precision`."""
        return wilson(self.expected_found, self.expected_found + self.expected_not_found)

    @property
    def recall(self) -> float | None:
        """The share of what was found that had been expected; None where it was never found."""
        found = self.expected_found + self.found_unexpected
        return self.expected_found / found if found else None

    @property
    def found_otherwise(self) -> float | None:
        """How often it is found where it was not expected: a useful signal has more precision."""
        others = self.found_unexpected + self.neither
        return self.found_unexpected / others if others else None


@attrs.frozen
class SignalReport:
    """How well the signals do, by id, over the visits that were `judged`.

    A visit is judged where somebody was met and both what was expected and what was found are
    recorded (an empty list is a record); the other `not_judged` say nothing.
    """

    scores: tuple[SignalScore, ...]
    judged: int
    not_judged: int
    labels: Mapping[str, Text] = attrs.field(factory=dict)

    def __getitem__(self, signal: str) -> SignalScore:
        return next(score for score in self.scores if score.id == signal)

    def summary(self, lang: str = "zh") -> str:
        """Return a line for the visits and one for each signal."""
        head = Text(
            zh="{judged}次走访可比较预期与发现，{rest}次缺记录",
            en="{judged} visits compare expectation and finding, {rest} lack a record",
        ).say(lang, judged=self.judged, rest=self.not_judged)
        return "\n".join([head, *(self._line(score, lang) for score in self.scores)])

    def _line(self, score: SignalScore, lang: str) -> str:
        label = self.labels.get(score.id, Text(score.id, score.id)).say(lang)
        counts = {"label": label, "missed": score.found_unexpected}
        if score.precision is None or score.interval is None:
            return Text(
                zh="{label}：没有作过预期；意外发现{missed}次",
                en="{label}: never expected; found unexpected {missed} times",
            ).say(lang, **counts)
        low, high = score.interval
        return Text(
            zh="{label}：预期{expected}次，属实{hits}次（{share:.0%}，95%区间{low:.0%}至{high:.0%}）；意外发现{missed}次",
            en="{label}: expected {expected} times, found {hits} ({share:.0%}, 95% interval {low:.0%} to {high:.0%}); found unexpected {missed} times",
        ).say(
            lang,
            **counts,
            expected=score.expected_found + score.expected_not_found,
            hits=score.expected_found,
            share=score.precision,
            low=low,
            high=high,
        )


def evaluate_signals(
    visits: Table, signals: Mapping[str, RiskSignal] | None = None
) -> SignalReport:
    """Compare what visits expected with what they found, per signal that any of them names.

    `signals` adds the registered signals that no visit names, and the words for all of them.
    """
    judged = (visits["outcome"] == "met") & visits.known("expected") & visits.known("found")
    rows = np.flatnonzero(judged)
    expected = [frozenset(tags) for tags in visits["expected"][rows]]
    found = [frozenset(tags) for tags in visits["found"][rows]]
    with_points = {s.id for s in (signals or {}).values() if s.points}
    names = sorted(with_points.union(*expected, *found))
    scores = []
    for name in names:
        cells = [(name in e, name in f) for e, f in zip(expected, found, strict=True)]
        scores.append(
            SignalScore(
                name,
                cells.count((True, True)),
                cells.count((True, False)),
                cells.count((False, True)),
                cells.count((False, False)),
            )
        )
    labels = {name: signal.label for name, signal in (signals or {}).items()}
    return SignalReport(tuple(scores), len(rows), len(visits) - len(rows), labels)


def wilson(hits: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float] | None:
    """Return the Wilson score interval of a share (E. B. Wilson 1927), None without trials."""
    if trials == 0:
        return None
    share, extra = hits / trials, z * z / trials
    middle = (share + extra / 2) / (1 + extra)
    half = z * sqrt((share * (1 - share) + extra / 4) / trials) / (1 + extra)
    return max(0.0, middle - half), min(1.0, middle + half)

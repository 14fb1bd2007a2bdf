"""What an experiment found: tidy tables, and comparisons with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from wushe.errors import MissingExtraError, WusheError
from wushe.model.storage import Array
from wushe.simulate.experiments import statistics
from wushe.simulate.experiments.metrics import Metric, metric_named
from wushe.simulate.experiments.resume import Cells
from wushe.simulate.experiments.statistics import CONFIDENCE, Difference, Interval
from wushe.simulate.experiments.tables import TABLES, aligned, arrow, with_keys
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.experiments.experiment import Cell, Experiment

_LINE = Text(
    "{label}（{unit}）　{where}：{base} {a}，{other} {b}，相差 {d}（{level:.0%} 区间 {low} 至 {high}，"
    "{n} 次重复，{how}）：{verdict}",
    "{label} ({unit}), {where}: {base} {a}, {other} {b}, difference {d} ({level:.0%} interval {low} to "
    "{high}, {n} replications, {how}): {verdict}",
)
_HEAD = Text("{label}（{unit}）", "{label} ({unit})")
_MEAN = Text("{mean}　[{low}, {high}]", "{mean}  [{low}, {high}]")
_FOOT = Text(
    "[ ] 是 {level:.0%} 置信区间，{n} 次重复",
    "[ ] is the {level:.0%} confidence interval of {n} replications",
)
_BOOKS = ("little_gap", "residual")
"""Measures that check the books; a summary shows them when asked for."""
_HOW = {
    True: Text("同一批随机数，成对比较", "paired, common random numbers"),
    False: Text("各自的随机数，Welch 检验", "independent streams, Welch"),
}
_VERDICT = {
    "better": Text("更好", "better"),
    "worse": Text("更差", "worse"),
    "differs": Text("有差别", "differs"),
    "open": Text("分不出高下", "undecided"),
}


def plainly(value: float) -> str:
    """Return a number to four figures without exponent, thousands separated; ``—`` where there is none."""
    if not np.isfinite(value):
        return "—"
    digits = 3 - math.floor(math.log10(abs(value))) if value else 0
    return f"{round(value, digits):,.{min(max(digits, 0), 6)}f}"


def signed(value: float) -> str:
    """Return a difference as `plainly` says it, with its sign."""
    return f"+{plainly(value)}" if value > 0 and np.isfinite(value) else plainly(value)


@attrs.frozen
class Comparison:
    """One measure of two arms in the same circumstances: `where` is the scenario (or policy) that both share.

    `ratio` is mean(other) / mean(base) with Fieller's interval.
    """

    metric: Metric
    where: str
    base: str
    other: str
    difference: Difference
    ratio: Interval

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``differs`` where the interval leaves out zero, else ``open``."""
        if not self.difference.decided or np.isnan(self.difference.by.mean):
            return "open"
        if self.metric.better == "neither":
            return "differs"
        higher = self.difference.by.mean > 0
        return "better" if higher == (self.metric.better == "higher") else "worse"

    def say(self, lang: str = "zh") -> str:
        """Return one line: both means, the difference, its interval and what it says."""
        by = self.difference.by
        return _LINE.say(
            lang, label=self.metric.label, unit=self.metric.unit, where=self.where, base=self.base, other=self.other,
            a=plainly(self.difference.base.mean), b=plainly(self.difference.other.mean), d=signed(by.mean),
            low=signed(by.low), high=signed(by.high), n=by.n,
            level=by.confidence, how=_HOW[self.difference.paired], verdict=_VERDICT[self.verdict],
        )  # fmt: skip


@attrs.frozen(eq=False, repr=False)
class Results:
    """The tables of all cells, in the order scenario, policy, replication as the experiment lists them.

    Nothing is read before it is asked for; with a folder, one cell at a time is in memory.
    """

    experiment: Experiment
    cells: tuple[Cell, ...] = attrs.field(repr=False)
    keys: tuple[str, ...] = attrs.field(repr=False)
    stored: Cells = attrs.field(repr=False)
    _measured: dict[str, Array] = attrs.field(factory=dict, init=False, repr=False)

    # --- tables ----------------------------------------------------------------------------------

    def parts(self, name: str) -> Iterator[Any]:
        """Yield a table cell by cell, as pyarrow tables of one schema: for what is too large for memory."""
        experiment = self._kept(name)
        schema = self._schema(name)
        policies = [p.name for p in experiment.policies]
        for cell, key in zip(self.cells, self.keys, strict=True):
            table = aligned(self.stored.table(key, name), schema)
            where = (cell.name, cell.policy.name, cell.replication)
            yield with_keys(table, where, tuple(experiment.scenarios), policies)

    def table(self, name: str = "runs") -> Any:
        """Return one of `TABLES` whole, a pyarrow table. Raises ValueError and WusheError."""
        whole: Any = arrow().concat_tables(list(self.parts(name))).unify_dictionaries()
        return whole.combine_chunks()

    def columns(self, name: str = "runs") -> dict[str, Array]:
        """Return one of `TABLES` as numpy columns; names are str, gaps NaN (numbers) or None (names)."""
        pa, table = arrow(), self.table(name)
        return {
            field.name: (
                table[field.name].cast(pa.string())
                if pa.types.is_dictionary(field.type)
                else table[field.name]
            ).to_numpy()
            for field in table.schema
        }

    def to_frame(
        self, name: str = "runs", backend: Literal["pandas", "polars", "pyarrow"] = "pandas"
    ) -> Any:
        """Return one of `TABLES` as a data frame of `backend`. Raises MissingExtraError."""
        table = self.table(name)
        try:
            import narwhals as nw

            return nw.from_arrow(table, backend=backend).to_native()
        except ImportError as error:
            if backend == "polars" and find_spec("narwhals"):
                raise WusheError(
                    'Results.to_frame("polars") needs polars: pip install polars'
                ) from error
            raise MissingExtraError(f"Results.to_frame({backend!r})", "frames") from error

    def to_parquet(self, folder: str | Path, tables: Sequence[str] | None = None) -> list[Path]:
        """Write one Parquet file per table, cell by cell, and return their paths. The same results, the same bytes."""
        from pyarrow import parquet

        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        written = []
        for name in self.experiment.keep if tables is None else tables:
            parts = self.parts(name)
            first = next(parts)
            path = target / f"{name}.parquet"
            with parquet.ParquetWriter(path, first.schema, compression="zstd") as file:
                for part in (first, *parts):
                    file.write_table(part)
            written.append(path)
        return written

    def _kept(self, name: str) -> Experiment:
        if name not in TABLES:
            raise ValueError(f"table {name!r} does not exist; expected one of {', '.join(TABLES)}")
        return self.experiment

    def _schema(self, name: str) -> Any:
        """Return the columns that any cell has, counts that only some know sorted after the first cell's key."""
        pa = arrow()
        schemas = [self.stored.schema(key, name) for key in self.keys]
        if all(schema.equals(schemas[0]) for schema in schemas):
            return schemas[0]
        whole = pa.unify_schemas(schemas)
        if name != "periods":
            return whole
        head = [whole.field("day"), whole.field("date")]
        rest = sorted(set(whole.names) - {"day", "date"})
        return pa.schema([*head, *(whole.field(column) for column in rest)])

    # --- numbers ---------------------------------------------------------------------------------

    def values(self, metric: str, policy: str | None = None, scenario: str | None = None) -> Array:
        """Return a measure of one arm, float (replications,). What there is only one of need not be named.

        Raises ValueError.
        """
        metric_named(metric, self.experiment.metrics)
        arm = (self._one("scenario", scenario), self._one("policy", policy))
        found: Array = self._all(metric)[arm]
        return found

    def mean(
        self,
        metric: str,
        policy: str | None = None,
        scenario: str | None = None,
        confidence: float = CONFIDENCE,
    ) -> Interval:
        """Return the mean of a measure of one arm over the replications. Raises ValueError."""
        return statistics.mean_interval(self.values(metric, policy, scenario), confidence)

    def compare(
        self, metric: str, base: str | None = None, confidence: float = CONFIDENCE
    ) -> list[Comparison]:
        """Compare every other policy (or scenario) with `base`, the first policy where not given.

        `base` names a policy, compared within each scenario, or a scenario, compared under each policy. With
        common random numbers pairs of replications are compared, otherwise Welch's interval is. Raises ValueError.
        """
        experiment = self.experiment
        measure = metric_named(metric, experiment.metrics)
        policies, scenarios = [p.name for p in experiment.policies], list(experiment.scenarios)
        if base is None and len(policies) == 1:
            base = scenarios[0]
        base = policies[0] if base is None else base
        if (base in policies) == (base in scenarios):
            raise ValueError(
                f"base is {base!r}; expected the name of either one policy ({', '.join(policies)}) or one "
                f"scenario ({', '.join(scenarios)})"
            )
        by_policy, values = base in policies, self._all(metric)
        made = []
        for where in scenarios if by_policy else policies:
            for other in policies if by_policy else scenarios:
                if other != base:
                    a, b = (
                        values[(where, name) if by_policy else (name, where)]
                        for name in (base, other)
                    )
                    made.append(self._comparison(measure, where, base, other, a, b, confidence))
        return made

    def summary(self, metrics: Sequence[str] | None = None, lang: str = "zh") -> str:
        """Return the mean of each measure under each arm with its interval; all measures of use where none is named.

        Raises ValueError.
        """
        experiment = self.experiment
        named = [m.id for m in experiment.metrics if m.id not in _BOOKS]
        lines = []
        for metric in (metric_named(name, experiment.metrics) for name in metrics or named):
            lines.append(_HEAD.say(lang, label=metric.label, unit=metric.unit))
            arms = self._all(metric.id)
            names = [self._arm(scenario, policy) for scenario, policy in arms]
            for name, values in zip(names, arms.values(), strict=True):
                mean = statistics.mean_interval(values)
                said = {part: plainly(getattr(mean, part)) for part in ("mean", "low", "high")}
                lines.append(f"  {name:<{max(map(len, names))}}  {_MEAN.say(lang, **said)}")
        lines.append(_FOOT.say(lang, level=CONFIDENCE, n=experiment.replications))
        return "\n".join(lines)

    def __repr__(self) -> str:
        e = self.experiment
        return f"<Results: {len(e.scenarios)} scenarios x {len(e.policies)} policies x {e.replications} replications>"

    def _arm(self, scenario: str, policy: str) -> str:
        several = len(self.experiment.scenarios) > 1
        return f"{scenario} × {policy}" if several else policy

    def plot(self, what: str = "compare", lang: str = "zh", **options: Any) -> Any:
        """Return a picture of the results, see `wushe.simulate.pictures.plot.plot`."""
        from wushe.simulate.pictures.plot import plot

        return plot(self, what, lang=lang, **options)

    def _comparison(
        self, metric: Metric, where: str, base: str, other: str, a: Array, b: Array, level: float
    ) -> Comparison:
        common = self.experiment.common
        test = statistics.paired if common else statistics.independent
        share = statistics.ratio(a, b, level, are_paired=common)
        return Comparison(metric, where, base, other, test(a, b, level), share)

    def _all(self, metric: str) -> dict[tuple[str, str], Array]:
        """Return the values of a metric by (scenario, policy), each (replications,)."""
        if not self._measured:
            runs = self.table("runs")
            for name in (m.id for m in self.experiment.metrics):
                self._measured[name] = runs[name].to_numpy().astype(np.float64)
                self._measured[name].setflags(write=False)
        values, n = self._measured[metric], self.experiment.replications
        arms = [(cell.name, cell.policy.name) for cell in self.cells[::n]]
        return {arm: values[at * n : (at + 1) * n] for at, arm in enumerate(arms)}

    def _one(self, kind: str, name: str | None) -> str:
        names = (
            list(self.experiment.scenarios)
            if kind == "scenario"
            else [p.name for p in self.experiment.policies]
        )
        if name is None and len(names) == 1:
            return names[0]
        if name not in names:
            raise ValueError(f"{kind} is {name!r}; expected one of {', '.join(names)}")
        return str(name)

"""Standards of the plugins, such as the six haves (六有), looked at row by row: what is met, missing, unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.declaring import (
    ReportColumn,
    ReportRow,
    ReportTable,
    Standard,
    StandardItem,
    Unit,
)
from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import Array
from wushe.model.terms import Columns, Context
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.report.contacts import services_of_stations
from wushe.text import Text, check_lang

MET, MISSING, UNKNOWN = 1, 0, -1
_ITEM = Text("要求", "what is asked")
_WHERE = Text("区县", "county")
_ROW = Text("名称", "name")
_NOWHERE = Text("所在区县不明", "county not known")
_TOTAL = Text("合计", "total")
_LACKS = Text("缺：{items}", "lacks: {items}")
_NOT_KNOWN = Text("不清楚：{items}", "not known: {items}")
_NOTHING = Text("无", "nothing")
_ALL_MET = Text("全部达到", "everything is met")


@attrs.frozen
class Shortfall:
    """One thing that a row lacks, or (`unknown`) of which nobody recorded whether it has it."""

    standard: str
    item: str
    label: Text
    unknown: bool = False


@attrs.frozen(eq=False)
class StandardResult:
    """One standard's answers: `answers` int8 (n_rows, n_items), 1 met, 0 not, -1 unknown.

    `ids` are the rows of the standard's table, sorted; `names` what they are called, None where the table
    is of people; `county` int64 (n_rows,) the row of the county's place, -1 unknown. `placed` is whether the
    table says where its rows are at all (projects do not).
    """

    standard: Standard
    ids: Array
    names: Array | None
    county: npt.NDArray[np.int64]
    answers: npt.NDArray[np.int8]
    placed: bool = True

    @property
    def all_met(self) -> npt.NDArray[np.int8]:
        """Whether everything is met, int8 (n_rows,): 0 as soon as one thing is not, else -1 where one is unknown."""
        missing = (self.answers == MISSING).any(axis=1)
        unknown = (self.answers == UNKNOWN).any(axis=1)
        return np.where(missing, MISSING, np.where(unknown, UNKNOWN, MET)).astype(np.int8)

    def shortfalls(self, row: int) -> Iterator[Shortfall]:
        """Yield what row number `row` lacks, then what is unknown of it, in the standard's order."""
        for answer in (MISSING, UNKNOWN):
            for at in np.flatnonzero(self.answers[row] == answer).tolist():
                item = self.standard.items[at]
                yield Shortfall(self.standard.id, item.id, item.label, answer == UNKNOWN)


@attrs.frozen(eq=False)
class StandardsCheck:
    """All standards of the plugins, applied to a city on the day `on`."""

    on: dt.date
    results: tuple[StandardResult, ...]
    counties: tuple[str, ...]

    def result(self, standard: str) -> StandardResult:
        """Return the answers of one standard. Raises KeyError that names those there are."""
        for found in self.results:
            if found.standard.id == standard:
                return found
        known = ", ".join(r.standard.id for r in self.results) or "none"
        raise KeyError(f"standard: {standard!r} is unknown; registered: {known}")

    def missing(self, row: str) -> tuple[Shortfall, ...]:
        """Return what the station (or other row) with id `row` lacks, standard by standard. Raises KeyError."""
        return tuple(s for s in self._shortfalls(row) if not s.unknown)

    def unknown(self, row: str) -> tuple[Shortfall, ...]:
        """Return what nobody recorded of `row`. Raises KeyError for an id that no standard is about."""
        return tuple(s for s in self._shortfalls(row) if s.unknown)

    def _shortfalls(self, row: str) -> list[Shortfall]:
        found: list[Shortfall] = []
        seen = False
        for result in self.results:
            for at in np.flatnonzero(result.ids == row).tolist():
                seen = True
                found += result.shortfalls(at)
        if not seen:
            raise KeyError(f"row: {row!r} is in no table that a standard is about")
        return found

    def explain(self, row: str, lang: str = "zh") -> str:
        """Return what `row` lacks and what is unknown of it, in words."""
        check_lang(lang)
        joint = "；" if lang == "zh" else "; "
        said = _said(self.missing(row)), _said(self.unknown(row))
        parts = [
            text.say(lang, items=items)
            for text, items in zip((_LACKS, _NOT_KNOWN), said, strict=True)
            if items is not None
        ]
        return joint.join(parts) or _ALL_MET.say(lang)

    def tables(self) -> tuple[ReportTable, ...]:
        """Return three tables for each standard: by item, by county, and who lacks what.

        The second is left out where the rows have no place, the last where the standard is about people or
        households.
        """
        return tuple(
            table
            for result in self.results
            for table in (_by_item(result), *self._by_county(result), *_by_row(result))
        )

    def _by_county(self, result: StandardResult) -> Iterator[ReportTable]:
        if not result.placed:
            return
        counts: Unit = "count" if result.names is not None else "people"
        names = [Text(name, name) for name in self.counties]
        rows = [
            ReportRow(names[at], _totals(result.all_met[result.county == at]))
            for at in range(len(names))
            if (result.county == at).any()
        ]
        if (result.county < 0).any():
            rows.append(ReportRow(_NOWHERE, _totals(result.all_met[result.county < 0])))
        label = result.standard.label
        yield ReportTable(
            f"standards.{result.standard.id}.counties",
            Text(f"{label.zh}：分区县", f"{label.en}: by county"),
            _WHERE,
            _columns(Text("总数", "all"), Text("全部达到", "meet all"), Text("有缺项", "lack something"),
                     Text("未缺项但有不清楚的", "lack nothing known, not all known"), unit=counts),
            tuple(rows),
            ReportRow(_TOTAL, _totals(result.all_met)),
        )  # fmt: skip


def check_standards(network: LinkageNetwork, plugins: Plugins, on: dt.date) -> StandardsCheck:
    """Return what each row of the tables that `plugins` set standards for has, lacks, or is not known to have.

    Raises PluginError where a plugin's test fails, KeyError where a standard names no table.
    """
    context = Context(on, network.categories, network.target_groups)
    counties = _counties(network)
    index = {row: at for at, row in enumerate(counties)}
    results = tuple(
        _result(network, standard, context, index) for standard in plugins.standards.values()
    )
    names = network["places"]["name"]
    return StandardsCheck(on, results, tuple(str(names[row]) for row in counties))


def rows_of(network: LinkageNetwork, table: str, on: dt.date) -> Columns:
    """Return the columns of `table` as a standard's tests get them; see `wushe.Standard` for ``stations``."""
    found = network[table]
    arrays = {name: column.copy() for name, column in found.columns.items()}
    if table == "stations":
        staff = found.row_of(network["social_workers"]["station"])
        arrays["workers"] = np.bincount(staff[staff >= 0], minlength=len(found)).astype(np.int64)
        arrays["services"] = services_of_stations(network, on)
        places = network["places"]
        arrays["level"] = places["level"][places.row_of(found["place"])]
    return Columns(len(found), arrays)


def _counties(network: LinkageNetwork) -> list[int]:
    """Return the rows of the places that are counties."""
    return [row for row, level in enumerate(network["places"]["level"]) if level == "county"]


def _result(
    network: LinkageNetwork, standard: Standard, context: Context, counties: dict[int, int]
) -> StandardResult:
    table = network[standard.table]
    rows = rows_of(network, standard.table, context.on)
    answers = np.full((len(rows), len(standard.items)), UNKNOWN, dtype=np.int8)
    for at, item in enumerate(standard.items):
        answers[:, at] = item.test(rows, context)
    place = np.full(len(rows), -1, dtype=np.int64)
    if standard.table == "places":
        place = np.arange(len(rows))
    elif "place" in table.columns:
        place = network["places"].row_of(table["place"])
    county = network.places.at_level(place, "county")
    found = np.array([counties.get(row, -1) for row in county.tolist()], dtype=np.int64)
    named = _names(standard.table)
    names = table[named] if named else None
    placed = standard.table == "places" or "place" in table.columns
    return StandardResult(standard, table.ids, names, found, answers, placed)


def _names(table: str) -> str | None:
    """Return the field that names a row of `table`, None where it would name a person."""
    fields = {field.name: field for field in RECORD_KINDS[table].fields}
    name = fields.get("name")
    return "name" if name is not None and name.sensitive == "none" else None


def _columns(*labels: Text, unit: Unit = "count") -> tuple[ReportColumn, ...]:
    return tuple(ReportColumn(label, unit) for label in labels)


def _totals(met: Array) -> tuple[int, ...]:
    return len(met), *(int((met == answer).sum()) for answer in (MET, MISSING, UNKNOWN))


def _by_item(result: StandardResult) -> ReportTable:
    # Of people the sum stands beside its parts, so that what must be withheld of a row can be told.
    people = result.names is None
    words = Text("达到", "met"), Text("缺", "missing"), Text("不清楚", "not known")
    labels = (Text("总数", "all"), *words) if people else words

    def row(at: int, item: StandardItem) -> ReportRow:
        counts = _totals(result.answers[:, at])
        return ReportRow(item.label, counts if people else counts[1:])

    standard = result.standard
    return ReportTable(
        f"standards.{standard.id}.items",
        Text(f"{standard.label.zh}：分项", f"{standard.label.en}: item by item"),
        _ITEM,
        _columns(*labels, unit="people" if people else "count"),
        tuple(row(at, item) for at, item in enumerate(standard.items)),
        note=Text(f"依据：{standard.source}", f"source: {standard.source}") if standard.source else None,
    )  # fmt: skip


def _by_row(result: StandardResult) -> Iterator[ReportTable]:
    """Yield the table of those that lack something or are not fully known, none where rows are people."""
    names = result.names
    if names is None:
        return
    standard, rows = result.standard, []
    for at in np.flatnonzero(result.all_met != MET).tolist():
        found = tuple(result.shortfalls(at))
        # An empty cell would be read as "not recorded": that nothing is missing is known.
        missing = _said([s for s in found if not s.unknown]) or _NOTHING
        unknown = _said([s for s in found if s.unknown]) or _NOTHING
        rows.append(ReportRow(Text(str(names[at]), str(names[at])), (missing, unknown)))
    yield ReportTable(
        f"standards.{standard.id}.rows",
        Text(f"{standard.label.zh}：谁缺什么", f"{standard.label.en}: who lacks what"),
        _ROW,
        _columns(Text("缺", "missing"), Text("不清楚", "not known"), unit="words"),
        tuple(rows),
    )


def _said(found: Sequence[Shortfall]) -> Text | None:
    """Return the labels of `found` in one text, None without any."""
    if not found:
        return None
    return Text("、".join(s.label.zh for s in found), ", ".join(s.label.en for s in found))

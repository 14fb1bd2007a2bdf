"""Tidy tables of a run, and their file form: one row per run, month, day, need, order and event.

A cell (one run) is kept as bytes: a heading line, a line of JSON that says where each table begins, and each
table as an Arrow stream. The same run gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wushe.errors import MissingExtraError, WusheError
from wushe.model.storage import Array
from wushe.orders.table import STATUSES
from wushe.simulate.city import EVENTS, FOUND_BY, HELPERS, NEED_STATES, NO

if TYPE_CHECKING:
    from wushe.simulate.engine import Run
    from wushe.simulate.experiments.metrics import Metric

TABLES = ("runs", "months", "periods", "needs", "orders", "events")
"""From small to large."""
KEYS = ("scenario", "policy", "replication")
"""Columns that every table begins with; then ``month``, ``day``, ``need``, ``order`` or ``event``."""
_HEADING = b"wushe cell 1\n"
_NEEDS = (
    "household", "amount", "left", "urgency", "arose", "known", "listed", "closed", "due", "lapses", "tries", "by_relief",
)  # fmt: skip
_ORDERS = (
    "need", "provider", "amount", "value", "placed", "due", "accepted", "done", "confirmed", "ended", "round",
    "number",
)  # fmt: skip
_EVENTS = ("at", "need", "order", "helper", "household", "amount")
_NEVER_NO = ("amount", "left", "value")
"""Columns in which -1 would be a number, not a gap."""


def arrow() -> Any:
    """Return pyarrow. Raises MissingExtraError."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingExtraError("every table of an experiment", "simulate") from error
    return pa


def tables_of(
    run: Run, metrics: Sequence[Metric], wanted: Collection[str] = TABLES
) -> dict[str, Any]:
    """Return the `wanted` tables of a run, pyarrow tables without `KEYS`, in the order of `TABLES`.

    Instants are minutes since the first day 00:00, null where they have not come; amounts base units, money fen.
    """
    return {name: _MAKERS[name](run, metrics) for name in TABLES if name in wanted}


def _runs(run: Run, metrics: Sequence[Metric]) -> Any:
    pa = arrow()
    scenario = run.scenario
    found = {m.id: pa.array([float(m.of(run))], pa.float64(), from_pandas=True) for m in metrics}
    days = {"days": scenario.days, "warm_up": scenario.warm_up}
    return pa.table({name: pa.array([n], pa.int32()) for name, n in days.items()} | found)


def _months(run: Run, _: Sequence[Metric]) -> Any:
    return arrow().table({name: np.asarray(column) for name, column in run.months.items()})


def _periods(run: Run, _: Sequence[Metric]) -> Any:
    pa = arrow()
    day = np.asarray(run.periods["day"])
    date = np.datetime64(run.scenario.start, "D") + day
    rest = {name: np.asarray(v) for name, v in run.periods.items() if name != "day"}
    return pa.table({"day": day.astype(np.int32), "date": pa.array(date), **rest})


def _needs(run: Run, _: Sequence[Metric]) -> Any:
    needs, people = run.city.needs, run.city.people
    return _columns(
        "need",
        len(needs),
        {
            "community": people.home[needs["household"]],
            "category": _named(needs["category"], run.city.categories),
            "state": _named(needs["state"], NEED_STATES),
            "found_by": _named(needs["found_by"], FOUND_BY),
            **{name: needs[name] for name in _NEEDS},
        },
    )


def _orders(run: Run, _: Sequence[Metric]) -> Any:
    orders = run.city.orders
    kinds = {
        "helper_kind": _named(orders["kind"], HELPERS),
        "status": _named(orders["status"], tuple(STATUSES)),
    }
    return _columns("order", len(orders), kinds | {name: orders[name] for name in _ORDERS})


def _events(run: Run, _: Sequence[Metric]) -> Any:
    log = run.city.log
    order = np.argsort(log["at"], kind="stable")
    kinds = {
        "kind": _named(log["kind"][order], EVENTS),
        "helper_kind": _named(log["helper_kind"][order], HELPERS),
    }
    return _columns("event", len(log), kinds | {name: log[name][order] for name in _EVENTS})


_MAKERS: Mapping[str, Callable[[Run, Sequence[Metric]], Any]] = {
    "runs": _runs, "months": _months, "periods": _periods, "needs": _needs, "orders": _orders, "events": _events,
}  # fmt: skip


def _columns(key: str, n: int, columns: Mapping[str, Any]) -> Any:
    """Return a table of `n` rows counted from 0 in column `key`; gaps (NaN, `NO`) are null."""
    pa = arrow()
    made = {key: pa.array(np.arange(n, dtype=np.int32))}
    for name, values in columns.items():
        if not isinstance(values, np.ndarray):
            made[name] = values
        elif values.dtype.kind == "f":
            made[name] = pa.array(values, from_pandas=True)
        else:
            gaps = (values == NO) & (name not in _NEVER_NO)
            made[name] = pa.array(values, mask=gaps if gaps.any() else None)
    return pa.table(made)


def _named(codes: Array, names: Sequence[str]) -> Any:
    """Return codes as a column of names, a dictionary of all `names`; `NO` is null."""
    pa = arrow()
    indices = codes.astype(np.int16)
    gaps = indices == NO
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, mask=gaps if gaps.any() else None), pa.array(list(names), pa.string())
    )


# --- bytes ---------------------------------------------------------------------------------------


def encode(tables: Mapping[str, Any]) -> bytes:
    """Return tables as bytes; `stream_of` reads them."""
    pa = arrow()
    options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    parts: dict[str, bytes] = {}
    for name, table in tables.items():
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table)
        parts[name] = sink.getvalue().to_pybytes()
    body = b"".join(parts.values())
    heading = {
        "sizes": {name: len(part) for name, part in parts.items()},
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return _HEADING + json.dumps(heading).encode() + b"\n" + body


def is_whole(blob: bytes) -> bool:
    """Return whether `blob` is what `encode` wrote, all of it and unchanged."""
    if not blob.startswith(_HEADING):
        return False
    line, _, body = blob[len(_HEADING) :].partition(b"\n")
    try:
        said = json.loads(line)["sha256"]
    except (ValueError, KeyError, TypeError):
        return False
    return bool(hashlib.sha256(body).hexdigest() == said)


def stream_of(buffer: Any, name: str) -> Any:
    """Return the Arrow stream of one table in a pyarrow buffer of what `encode` wrote. Raises WusheError."""
    view = memoryview(buffer)
    begin = len(_HEADING)
    end = begin + bytes(view[begin : begin + 4096]).index(b"\n")
    at = end + 1
    for part, size in json.loads(bytes(view[begin:end]))["sizes"].items():
        if part == name:
            return arrow().ipc.open_stream(buffer.slice(at, size))
        at += size
    raise WusheError(f"table {name!r} was not kept; run the experiment with keep=(..., {name!r})")


def aligned(table: Any, schema: Any) -> Any:
    """Return `table` with the columns of `schema`; a count that a run does not know is 0, anything else null."""
    pa = arrow()
    columns = []
    for field in schema:
        if field.name in table.column_names:
            columns.append(table[field.name])
        elif pa.types.is_integer(field.type):
            columns.append(pa.array(np.zeros(table.num_rows, np.int64)).cast(field.type))
        else:
            columns.append(pa.nulls(table.num_rows, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def with_keys(
    table: Any,
    key: tuple[str, str, int],
    scenarios: Sequence[str],
    policies: Sequence[str],
) -> Any:
    """Return `table` with the columns `KEYS` in front, the same in each row."""
    pa = arrow()
    n = table.num_rows
    for at, (name, value, names) in enumerate(
        (("scenario", key[0], scenarios), ("policy", key[1], policies))
    ):
        codes = np.full(n, list(names).index(value), dtype=np.int32)
        column = pa.DictionaryArray.from_arrays(codes, pa.array(list(names), pa.string()))
        table = table.add_column(at, name, column)
    return table.add_column(2, KEYS[2], pa.array(np.full(n, key[2], dtype=np.int32)))

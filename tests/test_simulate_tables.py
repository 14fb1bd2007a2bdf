"""Tables of a run and the files of cells: typed, keyed, and all or nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulate_standin import Town, simulate
from wushe.errors import WusheError
from wushe.simulate.city import EVENTS
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.experiments.metrics import METRICS
from wushe.simulate.experiments.resume import Cells
from wushe.simulate.experiments.tables import (
    TABLES,
    arrow,
    encode,
    is_whole,
    stream_of,
    tables_of,
    with_keys,
)


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    """Return the tables of one run."""
    seed = np.random.SeedSequence(3)
    return tables_of(simulate(Town(), Policy("plan"), seed, replication=0), METRICS)


def test_every_table_is_there_in_its_order(tables: dict[str, Any]) -> None:
    """One row per run, month, day, need, order and event; ids count from 0."""
    assert tuple(tables) == TABLES
    assert tables["runs"].num_rows == 1
    assert tables["months"]["month"].to_pylist() == [202501, 202502]
    assert tables["periods"]["day"].to_pylist() == list(range(40))
    for name, key in (("needs", "need"), ("orders", "order"), ("events", "event")):
        assert tables[name][key].to_pylist() == list(range(tables[name].num_rows))


def test_days_have_dates(tables: dict[str, Any]) -> None:
    """The first day is the scenario's, and months end where the calendar says."""
    dates = [str(date) for date in tables["periods"]["date"].to_pylist()]
    assert dates[:3] == ["2025-01-30", "2025-01-31", "2025-02-01"]


def test_codes_are_said_as_names_and_gaps_are_null(tables: dict[str, Any]) -> None:
    """A need that is open has a state and no instant of closing; an event has a name."""
    rows = tables["needs"].to_pylist()
    assert {row["state"] for row in rows} == {"listed", "met"}
    assert all((row["closed"] is None) == (row["state"] == "listed") for row in rows)
    assert {row["found_by"] for row in rows} == {"neighbour"}
    assert {row["due"] for row in rows} == {None}
    assert set(tables["events"]["kind"].to_pylist()) == {"need_met"}
    assert tables["events"]["kind"].chunk(0).dictionary.to_pylist() == list(EVENTS)
    assert {row["helper_kind"] for row in tables["orders"].to_pylist()} == {"volunteers"}


def test_events_are_sorted_by_instant(tables: dict[str, Any]) -> None:
    """Whatever order they were logged in."""
    at = tables["events"]["at"].to_numpy()
    assert (np.diff(at) >= 0).all()


def test_keys_come_first(tables: dict[str, Any]) -> None:
    """The same three columns in front of every table, with the names of the whole experiment."""
    keyed = with_keys(tables["periods"], ("town", "plan", 4), ("city", "town"), ("plan",))
    assert keyed.column_names[:4] == ["scenario", "policy", "replication", "day"]
    assert keyed.slice(5, 1).to_pylist()[0]["scenario"] == "town"
    assert set(keyed["replication"].to_pylist()) == {4}


# --- bytes and files -----------------------------------------------------------------------------


def test_what_is_encoded_is_read_again(tables: dict[str, Any]) -> None:
    """Every table comes back with its types, each without the others."""
    buffer = arrow().py_buffer(encode(tables))
    for name in reversed(TABLES):
        assert stream_of(buffer, name).read_all().equals(tables[name])


def test_a_table_that_was_not_kept_is_missed(tables: dict[str, Any]) -> None:
    """What to do about it."""
    buffer = arrow().py_buffer(encode({"runs": tables["runs"]}))
    with pytest.raises(
        WusheError, match="table 'needs' was not kept; run the experiment with keep"
    ):
        stream_of(buffer, "needs")


def test_any_damage_shows(tables: dict[str, Any]) -> None:
    """Cut off anywhere, or one byte changed anywhere in the tables: not whole."""
    blob = encode(tables)
    assert is_whole(blob)
    for at in range(0, len(blob), max(1, len(blob) // 50)):
        changed = bytearray(blob)
        changed[at] ^= 1
        assert not is_whole(bytes(changed)) or at < blob.index(b"sha256")
        assert not is_whole(blob[:at])


def test_a_cell_is_kept_whole_or_not_at_all(
    tmp_path: Path, tables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full while a cell is written leaves neither the cell nor a piece of it."""
    cells = Cells(tmp_path / "new" / "folder")
    cells.put("ab", encode(tables))
    assert cells.has("ab")
    assert cells.table("ab", "needs").equals(tables["needs"])
    assert cells.schema("ab", "needs") == tables["needs"].schema

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        cells.put("cd", b"x")
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["ab.cell"]


def test_a_cell_that_is_gone_is_missed(tmp_path: Path) -> None:
    """Somebody deleted the file while results are read: the message says what to do."""
    with pytest.raises(WusheError, match="is gone; run the experiment again"):
        Cells(tmp_path).table("ab", "runs")
    assert not Cells(tmp_path).has("ab")
    assert not Cells().has("ab")

"""Wuhan, February 2020: 3,494 dated statements of need, replayed hour by hour.

``python examples/wuhan_stream.py --data ../shared/data [--at 2020-02-03T12:00:00+08:00]``

Each event says that an institution opened, changed or withdrew its need of one of 23 items. The
example prints what was open at chosen hours, which names may be one institution, and which events
are a spreadsheet going back and forth rather than news. It needs the extra ``identify``.
"""

import argparse
import csv
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from wushe import Text
from wushe.identify.renames import Rename, renames
from wushe.identify.stream import CHINA, NeedEvent, NeedStream, replay
from wushe.model.kinds import say_instant

HISTORY = "wuhan2020/hospital_needs_history.csv"
HOURS = (
    "2020-02-01T01:00:00+08:00",  # before the first event
    "2020-02-01T03:00:00+08:00",
    "2020-02-03T09:00:00+08:00",  # before names were changed, and after
    "2020-02-03T09:40:00+08:00",
    "2020-02-04T10:20:00+08:00",  # while the list of Yichang goes back and forth
    "2020-02-04T10:40:00+08:00",
    "2020-02-05T00:00:00+08:00",
)
WORKER = "example"


def read_events(path: Path) -> list[NeedEvent]:
    """Return the events of the history file.

    The form wrote 1 for "needed, nobody said how much", and some cells hold no number at all: both
    are an unknown amount, never one piece. Raises ValueError naming file, row and field.
    """
    events = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row, line in enumerate(csv.DictReader(file), start=2):
            try:
                amount = int(line["qty"]) if line["qty"] else 1
                event = NeedEvent(
                    at=say_instant(dt.datetime.fromisoformat(line["snapshot_time"])),
                    city=line["city"],
                    name=line["hospital"],
                    item=line["item"],
                    kind=line["event"],  # type: ignore[arg-type]  # checked by NeedEvent
                    quantity=None if amount == 1 else amount,
                )
            except ValueError as error:
                raise ValueError(f"{path.name} row {row}: {error}") from None
            events.append(event)
    return events


def told(stream: NeedStream) -> list[Text]:
    """Return what was replayed, in sentences."""
    kinds = Counter(event.kind for event in stream.events)
    first, last = (local(stream.events[end].at) for end in (0, -1))
    names = len({(event.city, event.name) for event in stream.events})
    ever = len(stream.needs())
    return [
        Text(
            f"{len(stream.events):,} 条事件（提出 {kinds['open']:,}，更改 {kinds['update']:,}，"
            f"撤回 {kinds['withdraw']:,}），{names} 个机构名称，{first} 至 {last}",
            f"{len(stream.events):,} events ({kinds['open']:,} open, {kinds['update']:,} update, "
            f"{kinds['withdraw']:,} withdraw) under {names} names, {first} to {last}",
        ),
        Text(f"先后提出过 {ever:,} 项需求", f"{ever:,} needs were ever asked for"),
    ]


def hour(stream: NeedStream, at: str) -> Text:
    """Return what was open at one instant."""
    needs = stream.state(dt.datetime.fromisoformat(at))
    bodies = len({need.institution for need in needs})
    known = sum(need.quantity is not None for need in needs)
    return Text(
        f"{at}：{bodies} 家机构，{len(needs):,} 项需求，其中数量已知 {known:,} 项",
        f"{at}: {bodies} institutions, {len(needs):,} needs, {known:,} of known amount",
    )


def back_and_forth(stream: NeedStream) -> list[Text]:
    """Return which events only restored an earlier list."""
    found = stream.reverts()
    made = []
    for city in sorted({one.city for one in found}):
        own = [one for one in found if one.city == city]
        days = ", ".join(sorted({local(one.at)[:10] for one in own}))
        events = sum(one.events for one in own)
        made.append(
            Text(
                f"{city}（{days}）：{len(own)} 次恢复为先前的整张表，共 {events:,} 条事件，不是新消息",
                f"{city} ({days}): {len(own)} times an earlier list was restored as a whole, "
                f"{events:,} events that are no news",
            )
        )
    return made


def local(instant: str) -> str:
    """Return a canonical instant in Beijing time, to the minute."""
    return dt.datetime.fromisoformat(instant).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def accepted(stream: NeedStream, found: Sequence[Rename]) -> NeedStream:
    """Return the stream as if a worker had checked and accepted every proposal."""
    return stream.accept(one.merge(WORKER, stream.events[-1].at) for one in found)


def report(stream: NeedStream, hours: Sequence[str]) -> str:
    """Return the story for a terminal, Chinese first."""
    found = renames(stream)
    joined = accepted(stream, found)
    before, after = len(stream.needs()), len(joined.needs())
    texts = [
        Text("武汉及湖北各市，2020年2月：需求事件流", "Hubei, February 2020: a stream of needs"),
        *told(stream),
        Text("各时刻的需求：", "Needs at chosen hours:"),
        *(hour(stream, at) for at in hours),
        Text(
            f"疑似一家机构两个名称，{len(found)} 对：",
            f"May be one institution, {len(found)} pairs:",
        ),
        *(Text(one.explain("zh"), one.explain("en")) for one in found),
        Text(
            f"若全部核实并接受：需求由 {before:,} 项变为 {after:,} 项，"
            "改名不再算作一家关闭、另一家新提；不接受则一切照旧",
            f"If all are checked and accepted: {before:,} needs become {after:,}; a new name is no "
            "longer a closure and a new need. Unless accepted, nothing changes",
        ),
        *(hour(joined, at) for at in hours[-1:]),
        Text("表格来回改动：", "Lists that went back and forth:"),
        *back_and_forth(stream),
    ]
    return "\n".join(f"{text.zh}\n  {text.en}" for text in texts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the history and print the story."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds wuhan2020/")
    parser.add_argument("--at", action="append", help="an instant with its zone; may be repeated")
    options = parser.parse_args(arguments)
    print(report(replay(read_events(options.data / HISTORY)), options.at or HOURS))


if __name__ == "__main__":
    main()

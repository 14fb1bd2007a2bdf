"""What each worker has to do: visits due, planned help, next steps for what is not solved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Protocol

import attrs

from wushe.model.units import say_amount
from wushe.network import LinkageNetwork
from wushe.plan import ClientPlan, Party, Plan
from wushe.plan.items import URGENCY
from wushe.privacy import Audience, check_audience, mask
from wushe.report.paper import Block, Column, Grid, Lines, Printable, Sheet, print_sheets
from wushe.report.sheets import NOBODY, NOTES, due_dates, places_of, said_date, said_party
from wushe.report.xlsx import BookSheet, Value, write_workbook
from wushe.text import Text, check_lang

TaskKind = Literal["visit", "help", "step"]
TASK_KINDS: dict[TaskKind, Text] = {
    "visit": Text("走访", "visit"),
    "help": Text("帮扶", "help"),
    "step": Text("下一步", "next step"),
}
"""In the order in which a list shows them."""
_SUBJECTS = (("households", "household"), ("persons", "person"), ("institutions", "institution"))


class DueVisit(Protocol):
    """A visit that is due: whom to see, who goes, why, and by when."""

    @property
    def subject(self) -> str:
        """Id of a household, person or institution."""

    @property
    def worker(self) -> str | None:
        """Id of the social worker who goes, None where nobody is named."""

    @property
    def reasons(self) -> str:
        """Why, in words; it may say personal things and is shown to the own team only."""

    @property
    def due_on(self) -> dt.date | None:
        """Until when, None where no date is known."""


@attrs.frozen
class Task:
    """One line of a list. `urgency` is 0 (can wait) to 3 (emergency), None for a visit.

    `what` and `amount` say what to do; `who` is the helper of planned help. `private` text goes to
    the own team only.
    """

    kind: TaskKind
    subject: Party
    place: tuple[str, ...]
    what: Text
    amount: Text | None
    who: Party | None
    urgency: int | None
    due_on: dt.date | None
    private: bool = False

    def said(self, lang: str, audience: Audience) -> str:
        """Return what to do, masked where `audience` may not read it."""
        text = self.what.say(lang)
        return mask(text, "free_text") if self.private and audience == "masked" else text

    def subject_label(self, audience: Audience) -> str:
        """Return name and id of whom it is for."""
        name = self.subject.label(audience)
        return name if name == self.subject.id else f"{name} {self.subject.id}"


@attrs.frozen
class TaskList:
    """The tasks of one worker, or of a station or community for whom nobody is named yet."""

    worker: Party | None
    station: Party | None
    tasks: tuple[Task, ...]

    def of(self, kind: TaskKind) -> tuple[Task, ...]:
        """Return the tasks of one kind, in order."""
        return tuple(task for task in self.tasks if task.kind == kind)


@attrs.frozen(eq=False, repr=False)
class TaskLists:
    """All lists on one date: by station, then worker; those without a worker last."""

    on: dt.date
    lists: tuple[TaskList, ...]

    def __repr__(self) -> str:
        return f"<TaskLists on {self.on}: {len(self.lists)} lists, {sum(len(t.tasks) for t in self.lists)} tasks>"

    def printable(self, *, lang: str = "zh", audience: Audience = "masked") -> Printable:
        """Return the lists as paper, each beginning on a new page."""
        check_audience(audience)
        check_lang(lang)
        return print_sheets(
            f"{_TITLE.say(lang)} {self.on}",
            (_sheet(tasks, self.on, lang, audience) for tasks in self.lists),
            lang,
        )

    def to_xlsx(self, path: str | Path, *, lang: str = "zh", audience: Audience = "masked") -> Path:
        """Write all tasks as one sheet to sort and filter, and return the path.

        Raises MissingExtraError without openpyxl.
        """
        check_audience(audience)
        rows = [
            (*_head(tasks, lang, audience), *_cells(task, lang, audience))
            for tasks in self.lists
            for task in tasks.tasks
        ]
        sheet = BookSheet(
            _TITLE.say(lang),
            (f"{_TITLE.say(lang)} {self.on}", NOTES[audience].say(lang)),
            tuple(head.say(lang) for head in _HEADS),
            tuple(rows),
        )
        return write_workbook(path, [sheet], lang)


def task_lists(plan: Plan, visits: Iterable[DueVisit] = ()) -> TaskLists:
    """Return who does what: `visits` due, the plan's items and the next steps of what is not solved.

    The responsible worker of a household has its tasks; where nobody is named, its lead has. Visits
    come first, by date; help and steps by urgency, then date; the undated last, ties by id. Raises
    ValueError where a visit names a subject or a worker that the network does not have.
    """
    due = due_dates(plan)
    found: dict[tuple[str, str], list[Task]] = {}
    heads: dict[tuple[str, str], tuple[Party | None, Party | None]] = {}
    for client in plan:
        station = _station(plan.network, client.worker) if client.worker else client.lead
        tasks = _tasks(client, due)
        if tasks:
            _add(found, heads, client.worker, station, tasks)
    for visit in visits:
        worker = _worker(plan.network, visit)
        station = _station(plan.network, worker) if worker else None
        _add(found, heads, worker, station, [_visit(plan, visit)])
    order = sorted(found, key=lambda key: (not key[1], key))
    return TaskLists(
        plan.on,
        tuple(TaskList(*heads[key], tuple(sorted(found[key], key=_order))) for key in order),
    )


def _add(
    found: dict[tuple[str, str], list[Task]],
    heads: dict[tuple[str, str], tuple[Party | None, Party | None]],
    worker: Party | None,
    station: Party | None,
    tasks: list[Task],
) -> None:
    key = (station.id if station else "", worker.id if worker else "")
    heads[key] = (worker, station)
    found.setdefault(key, []).extend(tasks)


def _order(task: Task) -> tuple[int, int, dt.date, str, str]:
    return (
        list(TASK_KINDS).index(task.kind),
        -(task.urgency or 0),
        task.due_on or dt.date.max,
        task.subject.id,
        task.what.zh,
    )


def _tasks(client: ClientPlan, due: Mapping[str, dt.date | None]) -> list[Task]:
    place = places_of(client)
    helps = [
        Task(
            "help",
            client.client,
            place,
            Text(item.category.zh, item.category.en),
            Text(*(say_amount(item.amount, item.dimension, lang) for lang in ("zh", "en"))),
            item.provider,
            item.urgency,
            due.get(item.need),
        )
        for item in client.items
    ]
    steps = [
        Task(
            "step",
            client.client,
            place,
            Text(
                f"{short.category.zh}：{short.next_step.zh}",
                f"{short.category.en}: {short.next_step.en}",
            ),
            Text(*(say_amount(short.amount, short.dimension, lang) for lang in ("zh", "en"))),
            None,
            short.urgency,
            due.get(short.need),
        )
        for short in client.unserved
    ]
    return [*helps, *steps]


def _visit(plan: Plan, visit: DueVisit) -> Task:
    for table_name, kind in _SUBJECTS:
        table = plan.network.tables[table_name]
        row = int(table.row_of([visit.subject])[0])
        if row >= 0:
            subject = Party(visit.subject, kind, table["name"][row])
            place = _place(plan.network, _home(plan.network, kind, row))
            words = Text(visit.reasons, visit.reasons)
            return Task(
                "visit", subject, place, words, None, None, None, visit.due_on, private=True
            )
    raise ValueError(
        f"visits: {visit.subject!r} is no household, person or institution of this network"
    )


def _home(network: LinkageNetwork, kind: str, row: int) -> str | None:
    """Return the place id of a subject; a person without one lives where the household does."""
    tables = network.tables
    if kind != "person":
        return _text(tables["households" if kind == "household" else "institutions"]["place"][row])
    own = _text(tables["persons"]["place"][row])
    home = int(tables["households"].row_of([tables["persons"]["household"][row]])[0])
    return own or (_text(tables["households"]["place"][home]) if home >= 0 else None)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _place(network: LinkageNetwork, place: str | None) -> tuple[str, ...]:
    """Return the names of street and community of the place with id `place`."""
    row = network.tables["places"].row_of([place])
    if row[0] < 0:
        return ()
    levels = [int(network.places.at_level(row, level)[0]) for level in ("street", "community")]
    return tuple(str(network.tables["places"]["name"][at]) for at in levels if at >= 0)


def _worker(network: LinkageNetwork, visit: DueVisit) -> Party | None:
    if visit.worker is None:
        return None
    table = network.tables["social_workers"]
    row = int(table.row_of([visit.worker])[0])
    if row < 0:
        raise ValueError(f"visits: {visit.worker!r} is no social worker of this network")
    return Party(visit.worker, "social_workers", table["name"][row])


def _station(network: LinkageNetwork, worker: Party) -> Party | None:
    team, stations = network.tables["social_workers"], network.tables["stations"]
    station = team["station"][team.row_of([worker.id])[0]]
    if station is None:
        return None
    return Party(station, "stations", stations["name"][stations.row_of([station])[0]])


# --- what people read ----------------------------------------------------------------------------

_TITLE = Text("社工任务清单", "Task list")
_TITLES: dict[TaskKind, Text] = {
    "visit": Text("一、到期走访", "1. Visits due"),
    "help": Text("二、帮扶安排", "2. Planned help"),
    "step": Text("三、未解决需求的下一步", "3. Next steps for what is not solved"),
}
_NONE: dict[TaskKind, Text] = {
    "visit": Text("没有列入的走访。", "No visit is listed."),
    "help": Text("没有已安排的帮扶。", "No help is planned."),
    "step": Text("没有未解决的需求。", "Nothing is unsolved."),
}
_HOW = Text(
    "走访按期限先后，其余按紧急程度、再按期限；没有期限的排在后面。",
    "Visits by date, the rest by urgency and then date; what has no date comes last.",
)
_HEADS = (
    Text("责任社工", "Worker"),
    Text("社工站或牵头方", "Station or lead"),
    Text("任务", "Task"),
    Text("对象", "For"),
    Text("对象编号", "Number"),
    Text("街道社区", "Place"),
    Text("内容", "What"),
    Text("数量", "Amount"),
    Text("由谁提供", "Who helps"),
    Text("紧急程度", "Urgency"),
    Text("期限", "Due"),
)
_COLUMNS: dict[str, Text] = {
    "done": Text("完成", "Done"),
    "for": Text("对象", "For"),
    "place": Text("街道社区", "Place"),
    "why": Text("原因", "Why"),
    "what": Text("内容", "What"),
    "amount": Text("数量", "Amount"),
    "missing": Text("尚缺", "Missing"),
    "who": Text("由谁提供", "Who helps"),
    "urgency": Text("紧急程度", "Urgency"),
    "due": Text("期限", "Due"),
}
_LAYOUT: dict[TaskKind, tuple[tuple[str, float], ...]] = {
    "visit": (("done", 14), ("for", 34), ("place", 32), ("why", 76), ("due", 24)),
    "help": (("done", 13), ("for", 28), ("place", 24), ("what", 26), ("amount", 18), ("who", 23),
             ("urgency", 24), ("due", 24)),
    "step": (("done", 13), ("for", 28), ("place", 24), ("what", 49), ("missing", 18),
             ("urgency", 24), ("due", 24)),
}  # fmt: skip


def _sheet(tasks: TaskList, on: dt.date, lang: str, audience: Audience) -> Sheet:
    worker = tasks.worker.label(audience) if tasks.worker else NOBODY.say(lang)
    facts = (
        (_HEADS[0].say(lang), worker),
        (Text("日期", "Date").say(lang), on.isoformat()),
        (Text("社工站", "Station").say(lang), said_party(tasks.station, lang, audience)),
        (
            Text("任务", "Tasks").say(lang),
            (" · ").join(f"{TASK_KINDS[k].say(lang)} {len(tasks.of(k))}" for k in TASK_KINDS),
        ),
    )
    blocks: tuple[Block, ...] = (
        *(_grid(tasks, kind, lang, audience) for kind in TASK_KINDS),
        Lines("", (_HOW.say(lang),)),
    )
    code = tasks.worker.id if tasks.worker else tasks.station.id if tasks.station else "–"
    return Sheet(_TITLE.say(lang), code, facts, blocks, NOTES[audience].say(lang))


def _grid(tasks: TaskList, kind: TaskKind, lang: str, audience: Audience) -> Grid:
    def cell(task: Task, name: str) -> str:
        values = {
            "done": "□",
            "for": task.subject_label(audience),
            "place": task.place[-1] if task.place else "",
            "why": task.said(lang, audience),
            "what": task.said(lang, audience),
            "amount": task.amount.say(lang) if task.amount else "",
            "missing": task.amount.say(lang) if task.amount else "",
            "who": task.who.label(audience) if task.who else "",
            "urgency": "" if task.urgency is None else URGENCY[task.urgency].say(lang),
            "due": said_date(task.due_on, lang),
        }
        return values[name]

    columns = tuple(
        Column(
            _COLUMNS[name].say(lang),
            mm,
            "center" if name == "done" else "right" if name in ("amount", "missing") else "left",
        )
        for name, mm in _LAYOUT[kind]
    )
    rows = tuple(tuple(cell(t, name) for name, _ in _LAYOUT[kind]) for t in tasks.of(kind))
    return Grid(_TITLES[kind].say(lang), columns, rows, _NONE[kind].say(lang))


def _head(tasks: TaskList, lang: str, audience: Audience) -> tuple[Value, Value]:
    worker = tasks.worker.label(audience) if tasks.worker else NOBODY.say(lang)
    return worker, tasks.station.label(audience) if tasks.station else None


def _cells(task: Task, lang: str, audience: Audience) -> tuple[Value, ...]:
    return (
        TASK_KINDS[task.kind],
        task.subject.label(audience) if task.subject.name else None,
        task.subject.id,
        " ".join(task.place) or None,
        task.said(lang, audience),
        task.amount,
        task.who.full_label(lang, audience) if task.who else None,
        None if task.urgency is None else URGENCY[task.urgency],
        task.due_on,
    )

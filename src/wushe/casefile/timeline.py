"""一人一档: everything recorded about one household or person, in time order, by role."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from wushe.casefile.consent import UNKNOWN_SUBJECT
from wushe.casefile.stages import Move, moves_of, stage_text
from wushe.casefile.views import minors_among, view_record
from wushe.errors import InputError, Problem
from wushe.model.evidence import Fact
from wushe.model.facts import Conflict, FactColumns, fact_conflicts, field_of, latest_facts
from wushe.model.people import Household, Person
from wushe.model.spec import RECORD_KINDS
from wushe.model.tables import Table, empty_table
from wushe.model.terms import NeedCategory
from wushe.model.units import say_unit
from wushe.network import LinkageNetwork
from wushe.plan import Plan
from wushe.plan.items import ClientPlan
from wushe.plugins.manager import Plugins
from wushe.privacy import DEFAULT_ROLE, ROLES, check_role, shown, shown_to
from wushe.text import Text, check_lang

_TABLES: dict[str, str | None] = {
    "visits": "on", "facts": "on", "needs": "asked_on", "wishes": "shown_from", "services": "served_on",
    "grants": "granted_on", "statuses": "since", "emergencies": "happened_on", "consents": "given_on",
    "case_events": "on", "incomes": "since", "spendings": None, "assets": None, "obligors": None,
}  # fmt: skip
"""What a case file holds: table, and the field that dates a row."""
_KINDS = {
    "visits": "visit", "facts": "fact", "needs": "need", "wishes": "wish", "services": "service",
    "grants": "relief granted", "statuses": "relief status", "emergencies": "emergency",
    "consents": "consent", "case_events": "case step", "incomes": "income", "spendings": "spending",
    "assets": "asset", "obligors": "person with a duty of support",
}  # fmt: skip
_OWNERS = ("household", "person", "subject")
_SEEN_ALREADY = ("id", *_OWNERS)
State = Literal["holds", "superseded", "disputed", "withdrawn"]
_STATES: dict[State, Text] = {
    "holds": Text("现行", "holds"),
    "superseded": Text("已被更新", "superseded"),
    "disputed": Text("有冲突，待核实", "in conflict, to be settled"),
    "withdrawn": Text("撤回同意", "withdrawn"),
}


@attrs.frozen
class CaseItem:
    """One line of a case file: a record, its day (None where not recorded), and for facts its state."""

    on: dt.date | None
    table: str
    record: Any = attrs.field(repr=False)
    minor: bool
    state: State | None = None

    def fields(self, role: str = DEFAULT_ROLE) -> dict[str, str]:
        """Return what `role` sees of the record; nothing at all where only ids would be left."""
        seen = view_record(self.record, role, minor=self.minor)
        if self.table == "facts" and "value" not in seen:
            return {}
        return seen if set(seen) - set(_SEEN_ALREADY) - {"after", "visit"} else {}


@attrs.frozen(eq=False, repr=False)
class CaseFile:
    """Everything about `subject` up to the day `on`, oldest first, what has no date at the end.

    `moves` are the steps through the stages; `worker` and `supervisor` ids of social workers. `questions` and
    `signals` are what the forms of visits and the risk signals call what is recorded by its id.
    """

    subject: str
    on: dt.date
    household: Household | None
    persons: tuple[Person, ...]
    items: tuple[CaseItem, ...]
    moves: tuple[Move, ...]
    conflicts: tuple[Conflict, ...]
    worker: str | None
    supervisor: str | None
    minors: frozenset[str]
    categories: Mapping[str, NeedCategory]
    plan: ClientPlan | None = None
    questions: Mapping[str, Text] = attrs.field(factory=dict)
    signals: Mapping[str, Text] = attrs.field(factory=dict)

    def __repr__(self) -> str:
        return f"<CaseFile {self.subject} on {self.on}: {len(self.items)} items, {self.stage}>"

    @property
    def stage(self) -> str | None:
        """The stage the case is in, None where no case was begun."""
        return self.moves[-1].after if self.moves else None

    @property
    def skips(self) -> tuple[Move, ...]:
        """The steps that left stages out."""
        return tuple(move for move in self.moves if move.kind == "skip")

    def name(self, role: str = DEFAULT_ROLE) -> str | None:
        """Return the household's or person's name as `role` sees it, None where it sees none."""
        known = next((p.name for p in self.persons if p.id == self.subject), None)
        if self.household is not None and self.household.id == self.subject:
            known = self.household.name
        data_class: Literal["minor_name", "name"] = (
            "minor_name" if self.subject in self.minors else "name"
        )
        return None if known is None else shown(known, data_class, role)

    def explain(self, lang: str = "zh", role: str = DEFAULT_ROLE) -> str:
        """Return the file as text for `role`; a role without access is told so, and nothing else."""
        check_lang(lang)
        if shown_to(role, "case") == "none":
            return _CLOSED.say(lang, role=ROLES[check_role(role)])
        nobody = _NOBODY.say(lang)
        lines = [
            _HEAD.say(
                lang,
                name=self.name(role) or "",
                id=self.subject,
                on=self.on.isoformat(),
                stage=stage_text(self.stage) if self.stage else _NO_STAGE,
                worker=self.worker or nobody,
                supervisor=self.supervisor or nobody,
            ),
            *(f"! {move.on} {move.say(lang)}" for move in self.skips),
        ]
        lines += [line for item in self.items if (line := self._line(item, lang, role))]
        # A plan names target groups and helpers: it is for those who may see both.
        if self.plan is not None and shown_to(role, "standing") == "full":
            lines += [_PLAN.say(lang), self.plan.explain(lang, "internal")]
        return "\n".join(lines)

    def _line(self, item: CaseItem, lang: str, role: str) -> str:
        seen = item.fields(role)
        if not seen:
            return ""
        kind = RECORD_KINDS[item.table]
        colon, joint = ("：", "；") if lang == "zh" else (": ", "; ")
        parts = []
        for name, value in seen.items():
            if name in _SEEN_ALREADY:
                continue
            labels = kind.field(name).kind.labels if lang == "zh" else {}
            heading = kind.field(name).zh if lang == "zh" else name
            text = self._said(item.table, name, value, lang)
            parts.append(f"{heading}{colon}{labels.get(text, text)}")
        day = _iso(item.on) or _UNDATED.say(lang)
        title = kind.zh if lang == "zh" else _KINDS[item.table]
        state = f" [{_STATES[item.state].say(lang)}]" if item.state else ""
        return f"{day} {title}{state} {joint.join(parts)}"

    def _said(self, table: str, name: str, value: str, lang: str) -> str:
        """Return a value in words where it is an id that the city's rules have a name for."""
        if name == "category" and value in self.categories:
            return self.categories[value].name(lang)
        if name == "unit":
            return say_unit(value, lang)
        if table == "visits" and name in ("expected", "found"):
            named = (self.signals.get(signal) for signal in value.split(";"))
            said = [t.say(lang) if t else s for t, s in zip(named, value.split(";"), strict=True)]
            return ("、" if lang == "zh" else ", ").join(said)
        if table == "facts" and name == "field":
            asked = self.questions.get(value)
            return _field_name(value, lang) if asked is None else asked.say(lang)
        if table == "facts" and name == "value" and value in _FLAGS:
            return _FLAGS[value].say(lang)
        return value

    def to_json(self, role: str = DEFAULT_ROLE) -> str:
        """Return the file as JSON text for `role`: dates as ISO text, what it does not see left out."""
        if shown_to(role, "case") == "none":
            return json.dumps({"role": role, "closed": True})
        seen = [(item, item.fields(role)) for item in self.items]
        content = {
            "role": role,
            "subject": self.subject,
            "name": self.name(role),
            "on": self.on.isoformat(),
            "stage": self.stage,
            "worker": self.worker,
            "supervisor": self.supervisor,
            "skips": [
                {"on": m.on.isoformat(), "stage": m.after, "missing": m.missing} for m in self.skips
            ],
            "items": [
                {"on": _iso(item.on), "table": item.table, "state": item.state, "fields": fields}
                for item, fields in seen
                if fields
            ],
        }
        return json.dumps(content, ensure_ascii=False)


_HEAD = Text(
    "{name}（{id}）　截至 {on}　阶段：{stage}　责任社工：{worker}　督导：{supervisor}",
    "{name} ({id}), as of {on}; stage: {stage}; worker: {worker}; supervisor: {supervisor}",
)
_CLOSED = Text("个案档案不向{role}开放", "case files are not open to this role: {role}")
_NOBODY = Text("待定", "to be named")
_NO_STAGE = Text("未立案", "no case begun")
_UNDATED = Text("日期未知", "undated")
_PLAN = Text("一户一策：", "Plan:")
_FLAGS = {"yes": Text("是", "yes"), "no": Text("否", "no")}


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


# --- gathering -----------------------------------------------------------------------------------


def _field_name(name: str, lang: str) -> str:
    """Return the heading of the household or person field that a fact fills, or an extra fact's name."""
    field = field_of("households", name) or field_of("persons", name)
    if field is None:
        return name
    return field.zh if lang == "zh" else field.heading


def case_file(
    network: LinkageNetwork,
    subject: str,
    on: dt.date,
    *,
    plan: Plan | None = None,
    facts: Table | None = None,
    plugins: Plugins | None = None,
) -> CaseFile:
    """Return everything about `subject` (a household or person) that is dated up to `on`, or undated.

    A household's file holds its members'; a person's file only the person's own, and the household's
    stage where the person has no case. `facts` replaces the network's facts (a merge of devices). With
    `plugins` what was asked and what was seen is called as the forms and signals call it.
    Raises InputError for an id that is neither.
    """
    household, members = _who(network, subject)
    own = frozenset({subject, *members.ids}) if household else frozenset({subject})
    home = _home(network, subject, household)
    persons = network["persons"]
    family = _rows(persons, persons["household"] == home.ids[0]) if len(home) else members
    minors = minors_among(home, family, on)
    tables = {name: _about(network, name, own, facts, on) for name in _TABLES}
    found = fact_conflicts(tables["facts"])
    items = [i for name, table in tables.items() for i in _items(name, table, minors, on)]
    items = _marked(items, tables["facts"], found)
    steps = list(tables["case_events"].records())
    moves = moves_of(e for e in steps if e.subject == subject)
    if not moves and not household and len(home):
        steps = list(_about(network, "case_events", frozenset(home.ids), None, on).records())
        moves = moves_of(steps)
    worker, supervisor = _responsible(network, home, steps)
    return CaseFile(
        subject, on, home.record(0) if len(home) else None, tuple(members.records()),
        tuple(sorted(items, key=_when)), moves, tuple(found), worker, supervisor, minors,
        network.categories, None if plan is None else plan.clients.get(subject),
        {} if plugins is None else _questions(plugins),
        {} if plugins is None else {key: s.label for key, s in plugins.risk_signals.items()},
    )  # fmt: skip


def _questions(plugins: Plugins) -> dict[str, Text]:
    """Return what the forms ask for facts that are no field of a household or person, by the fact's name."""
    every = (question for form in plugins.visit_forms.values() for question in form.questions)
    found = {question.field or question.id: question.text for question in every}
    fields = {n for n in found if field_of("households", n) or field_of("persons", n)}
    return {name: text for name, text in found.items() if name not in fields}


def _who(network: LinkageNetwork, subject: str) -> tuple[bool, Table]:
    """Return whether `subject` is a household, and the persons whose file this is."""
    persons = network["persons"]
    if network["households"].row_of([subject])[0] >= 0:
        return True, _rows(persons, persons["household"] == subject)
    row = persons.row_of([subject])[0]
    if row < 0:
        raise InputError([Problem(UNKNOWN_SUBJECT, "subject", None, "id", subject[:60])])
    return False, _rows(persons, np.arange(len(persons)) == row)


def _home(network: LinkageNetwork, subject: str, household: bool) -> Table:
    home: Any = subject
    if not household:
        persons = network["persons"]
        home = persons["household"][persons.row_of([subject])[0]]
    households = network["households"]
    return _rows(households, households.ids == home)


def _rows(table: Table, where: Any) -> Table:
    keep = np.flatnonzero(where)
    columns = {name: column[keep] for name, column in table.columns.items()}
    return Table(table.kind, columns, table.rows[keep], table.source)


def _about(
    network: LinkageNetwork, name: str, own: frozenset[str], facts: Table | None, on: dt.date
) -> Table:
    """Return the rows of table `name` that are about one of `own`, and not dated after `on`."""
    table = facts if name == "facts" and facts is not None else network[name]
    if name == "wishes":
        needs = _about(network, "needs", own, None, on)
        mine = _among(table, "need", frozenset(needs.ids))
    else:
        mine = np.zeros(len(table), dtype=bool)
        for owner in _OWNERS:
            if owner in table.columns:
                mine |= _among(table, owner, own)
    dated = _TABLES[name]
    if dated is not None:
        mine &= ~(table[dated] > np.datetime64(on, "D"))
    return _rows(table, mine) if mine.any() else empty_table(name)


def _among(table: Table, field: str, words: frozenset[str]) -> npt.NDArray[np.bool_]:
    column = table[field]
    found = np.zeros(len(table), dtype=bool)
    for word in words:  # a handful of ids against a column that may be long
        found |= column == word
    return found


def _items(name: str, table: Table, minors: frozenset[str], on: dt.date) -> Iterator[CaseItem]:
    dated = _TABLES[name]
    for record in table.records():
        owners = {getattr(record, owner, None) for owner in _OWNERS} - {None}
        # A wish names no owner; it shows nothing but its public text, and counts as about a minor.
        minor = not owners or bool(owners & minors)
        day = getattr(record, dated) if dated else None
        yield CaseItem(day, name, record, minor)
        if name == "consents" and record.withdrawn_on is not None and record.withdrawn_on <= on:
            yield CaseItem(record.withdrawn_on, name, record, minor, "withdrawn")


def _marked(items: list[CaseItem], facts: Table, found: list[Conflict]) -> list[CaseItem]:
    """Return the items with each fact marked as holding, superseded or in conflict."""
    if not len(facts):
        return items
    rows = latest_facts(FactColumns.of(facts)).row
    holds = frozenset(facts.ids[rows[rows >= 0]])
    disputed = frozenset(fact.id for conflict in found for fact in conflict.facts)

    def state(fact: Fact) -> State:
        if fact.id in disputed:
            return "disputed"
        return "holds" if fact.id in holds else "superseded"

    return [
        attrs.evolve(item, state=state(item.record)) if item.table == "facts" else item
        for item in items
    ]


def _when(item: CaseItem) -> tuple[dt.date, str, str, str]:
    """Time order: the day, the instant where one is recorded, then table and id."""
    at = item.record.at if item.table == "facts" else ""
    return item.on or dt.date.max, at, item.table, item.record.id


def _responsible(
    network: LinkageNetwork, home: Table, steps: list[Any]
) -> tuple[str | None, str | None]:
    """Return worker and supervisor: the household's own worker, else the last named in the case."""
    ordered = sorted(steps, key=lambda e: (e.on, e.id))
    worker = home["responsible_worker"][0] if len(home) else None
    worker = worker or next((e.by for e in reversed(ordered) if e.by), None)
    supervisor = next((e.supervisor for e in reversed(ordered) if e.supervisor), None)
    row = int(network["social_workers"].row_of([worker])[0])
    if supervisor is None and row >= 0:
        station = network["social_workers"]["station"][row]
        found = int(network["stations"].row_of([station])[0])
        supervisor = network["stations"]["supervisor"][found] if found >= 0 else None
    return worker, supervisor

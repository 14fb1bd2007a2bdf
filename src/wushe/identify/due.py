"""Who is due for a visit, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import attrs
import numpy as np
import numpy.typing as npt

from wushe.identify.persons import person_columns, subject_rows
from wushe.model.facts import LatestFacts
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.model.terms import Columns, Context
from wushe.model.visiting import RiskSignal
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.text import Text

INTERVAL_DAYS = 90
"""How often anybody on the list is visited where no sign or group says more often (assumed)."""
NEVER = -1
_STEPS = 1000
_FAR = np.iinfo(np.int32).max

_LAST = Text(zh="上次见面走访 {on}，距今{days}天", en="last visited {on}, {days} days ago")
_NEVER_SEEN = Text(zh="没有见面走访的记录", en="never visited on record")
_EVERY = Text(zh="应每{days}天一次：{why}", en="due every {days} days: {why}")
_OVERDUE = Text(zh="已超过{days}天", en="{days} days overdue")
_BASIC = Text(zh="所有在册对象", en="everybody on the list")
_SIGNS = Text(zh="信号：{signs}", en="signals: {signs}")
_UNKNOWN = Text(zh="尚不清楚：{signs}", en="not known: {signs}")
_WHO = Text(zh="家庭 {household}，人员 {person}", en="household {household}, person {person}")
_HOUSE = Text(zh="家庭 {household}", en="household {household}")
_PERSON = Text(zh="人员 {person}", en="person {person}")
_NOBODY = Text(zh="没有责任社工，也没有社工站服务该地", en="no responsible worker and no station")
_BY = Text(zh="责任人 {worker}", en="responsible: {worker}")


@attrs.frozen
class Sign:
    """What a list keeps of a `RiskSignal`: everything but the test, so that it can be stored."""

    id: str
    label: Text
    points: int
    interval_days: int | None


@attrs.frozen(eq=False)
class DueList:
    """Doors to knock on, the most pressing first: priority, then days overdue, then id.

    One row per household, or per person without one; shape (n_rows,). `household` and `person`
    object ids (None: none; `person` is the member who is most pressing, None where the household
    lists nobody); `worker` and `station` object ids of who is responsible (the household's worker,
    else the nearest station that serves the place); `place_row` int32; `priority` float in 0..1;
    `interval_days`, `days_overdue` and `days_since_visit` int32 (-1: never visited on record, which
    counts as longest overdue). `shown` and `unknown`, bool (n_rows, n_signs): which of `signs` any
    member shows, and which nobody shows but somebody may. `total` counts the due doors before
    the limit, `looked_at` all doors of the place.
    """

    on: dt.date
    signs: tuple[Sign, ...]
    household: Array
    person: Array
    worker: Array
    station: Array
    place_row: npt.NDArray[np.int32]
    priority: npt.NDArray[np.float64]
    interval_days: npt.NDArray[np.int32]
    days_overdue: npt.NDArray[np.int32]
    days_since_visit: npt.NDArray[np.int32]
    shown: npt.NDArray[np.bool_]
    unknown: npt.NDArray[np.bool_]
    total: int
    looked_at: int

    def __len__(self) -> int:
        return len(self.household)

    def expected(self, row: int) -> tuple[str, ...]:
        """Return the signals that send the visitor to `row`, as a visit's `expected` records them.

        Signs without points only set an interval: they are no expectation of what will be found.
        """
        return tuple(
            s.id for s, yes in zip(self.signs, self.shown[row], strict=True) if yes and s.points
        )

    def explain(self, row: int, lang: str = "zh") -> str:
        """Return why `row` is due, a line each: who, last visit, interval, signals, what is unknown."""
        lines = [self._who(row, lang), self._when(row, lang), self._interval(row, lang)]
        for text, signs in ((_SIGNS, self.shown[row]), (_UNKNOWN, self.unknown[row])):
            words = self._labels(signs, lang)
            if words:
                lines.append(text.say(lang, signs=_join(words, lang)))
        responsible = self.worker[row] or self.station[row]
        lines.append(_BY.say(lang, worker=responsible) if responsible else _NOBODY.say(lang))
        return "\n".join(lines)

    def _who(self, row: int, lang: str) -> str:
        household, person = self.household[row], self.person[row]
        text = _WHO if household and person else _HOUSE if household else _PERSON
        return text.say(lang, household=household, person=person)

    def _when(self, row: int, lang: str) -> str:
        days = int(self.days_since_visit[row])
        if days == NEVER:
            return _NEVER_SEEN.say(lang)
        last = _LAST.say(lang, on=self.on - dt.timedelta(days=days), days=days)
        late = int(self.days_overdue[row])
        return _join([last, _OVERDUE.say(lang, days=late)], lang) if late else last

    def _interval(self, row: int, lang: str) -> str:
        days = int(self.interval_days[row])
        why = [
            s.label.say(lang)
            for s, yes in zip(self.signs, self.shown[row], strict=True)
            if yes and s.interval_days == days
        ]
        return _EVERY.say(lang, days=days, why=_join(why or [_BASIC.say(lang)], lang))

    def _labels(self, where: Array, lang: str) -> list[str]:
        """Say the signs at `where` that have points; groups alone set intervals."""
        return [
            s.label.say(lang) for s, yes in zip(self.signs, where, strict=True) if yes and s.points
        ]

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def summary(self, lang: str = "zh") -> str:
        """Return one line of counts: doors looked at, due, listed, never visited on record."""
        return Text(
            zh="{on}：在册{looked}户（人），应走访{total}，列出{n}，其中没有见面走访记录{never}",
            en="{on}: {looked} doors, {total} due, {n} listed, {never} of them never visited on record",
        ).say(
            lang,
            on=self.on,
            looked=self.looked_at,
            total=self.total,
            n=len(self),
            never=int((self.days_since_visit == NEVER).sum()),
        )


def due_list(
    network: LinkageNetwork,
    plugins: Plugins,
    on: dt.date,
    *,
    facts: LatestFacts | None = None,
    within: str | None = None,
    limit: int | None = None,
    interval_days: int = INTERVAL_DAYS,
) -> DueList:
    """Return who is due on the day `on` in the place `within` (None: everywhere).

    A door is due where some member was never visited on record, or was last met longer ago than the
    shortest interval of the signals that the member shows (`interval_days` without any). The dead are
    not visited. `facts` as in `person_columns`. Raises KeyError for an unknown place, ValueError for
    a signal whose test does not answer 1, 0 or -1 for each person.
    """
    persons = person_columns(network, on, facts=facts, rows=subject_rows(network, within))
    context = Context(on, network.categories, network.target_groups)
    persons, answers = with_signals(persons, plugins.risk_signals, context)
    signs = [Sign(s.id, s.label, s.points, s.interval_days) for s in plugins.risk_signals.values()]
    interval = np.full(len(persons), interval_days, dtype=np.int32)
    for column, sign in enumerate(signs):
        if sign.interval_days is not None:
            shows = answers[:, column] == 1
            interval[shows] = np.minimum(interval[shows], sign.interval_days)
    priority = np.rint(plugins.prioritise_visits(persons, context) * _STEPS) / _STEPS
    return _listed(network, persons, answers, tuple(signs), interval, priority, on, limit)


def with_signals(
    persons: Columns, signals: Mapping[str, RiskSignal], context: Context
) -> tuple[Columns, npt.NDArray[np.int8]]:
    """Return `persons` with what each signal answers, and the answers as int8 (n_persons, n_signals).

    New columns: ``signal:ID`` int8; `signal_points` and `signal_points_unknown` int32, the points of
    the signals shown and of the unknown ones; `signal_points_most`, those of all signals.
    """
    answers = np.empty((len(persons), len(signals)), dtype=np.int8)
    for column, signal in enumerate(signals.values()):
        answer = np.asarray(signal.test(persons, context))
        if answer.shape != (len(persons),) or not _three_valued(answer):
            raise ValueError(
                f"signal {signal.id}: answered shape {answer.shape}, dtype {answer.dtype}; "
                f"expected 1, 0 or -1 for each of {len(persons)} persons; correct its test"
            )
        answers[:, column] = answer
    points = np.array([signal.points for signal in signals.values()], dtype=np.int32)
    arrays = {
        **persons.arrays,
        **{f"signal:{name}": answers[:, i].copy() for i, name in enumerate(signals)},
        "signal_points": (answers == 1) @ points,
        "signal_points_unknown": (answers == -1) @ points,
        "signal_points_most": np.full(len(persons), points.sum(), dtype=np.int32),
    }
    return Columns(len(persons), arrays), answers


def _three_valued(answer: Array) -> bool:
    return answer.dtype.kind == "i" and bool(((answer >= -1) & (answer <= 1)).all())


def _listed(
    network: LinkageNetwork,
    persons: Columns,
    answers: npt.NDArray[np.int8],
    signs: tuple[Sign, ...],
    interval: npt.NDArray[np.int32],
    priority: Array,
    on: dt.date,
    limit: int | None,
) -> DueList:
    """Join the members of each door and keep the doors that are due."""
    alive = np.flatnonzero(~(persons["died_on"] <= np.datetime64(on, "D")))
    since = persons["days_since_visit"][alive]
    late = np.where(since == NEVER, _FAR, since - interval[alive]).astype(np.int64)
    # Rows are by id, so that of equal members the one with the lower id leads.
    order = np.lexsort((np.arange(len(alive)), -late, -priority[alive], persons["door"][alive]))
    door = persons["door"][alive][order]
    first = np.flatnonzero(np.r_[True, door[1:] != door[:-1]]) if len(door) else order
    lead = alive[order[first]]
    most_late = np.maximum.reduceat(late[order], first) if len(first) else late
    joined = answers[alive[order]]
    shown = _any_at(joined == 1, first)
    unknown = _any_at(joined == -1, first) & ~shown
    never = _any_at((since == NEVER)[order][:, None], first)[:, 0]
    due = np.flatnonzero(most_late >= 0)
    ranked = due[np.lexsort((lead[due], -most_late[due], -priority[lead[due]]))]
    chosen = ranked[:limit]
    rows = lead[chosen]
    worker, station = responsible(
        network, persons["household_row"][rows], persons["place_row"][rows]
    )
    return DueList(
        on=on,
        signs=signs,
        household=_ids(network["households"], persons["household_row"][rows]),
        person=_ids(network["persons"], persons["person_row"][rows]),
        worker=worker,
        station=station,
        place_row=persons["place_row"][rows],
        priority=priority[rows],
        interval_days=_shortest(interval[alive][order], first)[chosen],
        days_overdue=np.where(never[chosen], NEVER, most_late[chosen]).astype(np.int32),
        days_since_visit=np.where(never[chosen], NEVER, persons["days_since_visit"][rows]).astype(
            np.int32
        ),
        shown=shown[chosen],
        unknown=unknown[chosen],
        total=len(due),
        looked_at=len(first),
    )


def _any_at(flags: Array, first: Array) -> npt.NDArray[np.bool_]:
    """Return whether any row of each door has the flag, bool (n_doors, n_flags)."""
    if len(first) == 0:
        return np.zeros((0, flags.shape[1]), dtype=bool)
    return np.asarray(np.logical_or.reduceat(flags, first, axis=0))


def _shortest(interval: npt.NDArray[np.int32], first: Array) -> npt.NDArray[np.int32]:
    return np.asarray(np.minimum.reduceat(interval, first)) if len(first) else interval


def _ids(table: Table, rows: Array) -> Array:
    """Return the id at each row, None where it is -1."""
    found = np.full(len(rows), None, dtype=object)
    found[rows >= 0] = table.ids[rows[rows >= 0]]
    return found


def responsible(network: LinkageNetwork, household: Array, place: Array) -> tuple[Array, Array]:
    """Return the ids of each household's worker and of the nearest station up the place tree.

    `household` and `place` are rows, -1 where there is none; None where nobody is found. Of two
    stations of one place the one with the lower id.
    """
    relation = network.relation("responsible_for", "social_workers", "households")
    worker = np.full(len(network["households"]) + 1, -1, dtype=np.int64)
    worker[relation.target] = relation.source
    serves = network.relation("serves", "stations", "places")
    at = np.full(len(network.places) + 1, -1, dtype=np.int64)
    at[serves.target[::-1]] = serves.source[::-1]
    station = at[place]
    paths = np.full((len(place), network.places.ancestors.shape[1]), -1, dtype=np.int64)
    paths[place >= 0] = network.places.ancestors[place[place >= 0]]
    for level in range(paths.shape[1] - 1, -1, -1):
        station = np.where(station < 0, at[paths[:, level]], station)
    return _ids(network["social_workers"], worker[household]), _ids(network["stations"], station)


def _join(words: list[str], lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(words)

"""Policies x households and persons: possibly eligible, possibly not, or unknown; never a decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import MissingExtraError, WusheError
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins, load_plugins
from wushe.relief.days import day_of
from wushe.rules import intervals as iv
from wushe.rules.columns import Evaluator, Result
from wushe.rules.frame import Frame
from wushe.rules.intervals import NO, YES, Num
from wushe.rules.parameters import ParameterBook, chain_of
from wushe.rules.policy import NATION, PERIODS, Policy, PolicySet
from wushe.rules.vocabulary import in_household
from wushe.rules.vocabulary import members as members_of
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.relief.explain import Explanation

ELIGIBLE, NOT_ELIGIBLE, UNKNOWN = 1, 0, -1
ANSWERS: Mapping[int, Text] = {
    ELIGIBLE: Text("可能符合", "possibly eligible"),
    NOT_ELIGIBLE: Text("可能不符合", "possibly not eligible"),
    UNKNOWN: Text("待补信息", "information missing"),
}
PERIOD_NAMES: Mapping[str, Text] = {
    "once": Text("一次性", "once"),
    "month": Text("每月", "a month"),
    "year": Text("每年", "a year"),
}
COLUMNS = (
    "household",
    "person",
    "policy",
    "name",
    "answer",
    "amount",
    "period",
    "low_fen",
    "high_fen",
)
"""Columns of `Assessments.rows`: one row per amount; fen are None where unknown."""


@attrs.frozen(eq=False)
class Payments:
    """What possibly eligible units may be paid, one row each, sorted by household, policy and unit.

    `policy` int16 positions in `policies`, `household` and `person` int32 rows (-1: none), `lo` and
    `hi` int64 fen (`UNKNOWN_INT` where unknown or without limit), `period` int8 positions in `PERIODS`.
    """

    policies: tuple[str, ...]
    policy: npt.NDArray[np.int16]
    household: npt.NDArray[np.int32]
    person: npt.NDArray[np.int32]
    lo: npt.NDArray[np.int64]
    hi: npt.NDArray[np.int64]
    period: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.policy)


@attrs.frozen(eq=False)
class Assessments:
    """Every policy's answer for every household or person of a network on a day.

    `firm` uses only parameters that may support a no, `trusting` also those that may support a yes.
    """

    network: LinkageNetwork
    on: dt.date
    policies: PolicySet
    book: ParameterBook
    versions: tuple[tuple[str, str], ...]
    frame: Frame
    firm: Mapping[str, Result]
    trusting: Mapping[str, Result]
    asked: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Assessments on {self.on}: {len(self.asked)} policies>"

    def __iter__(self) -> Iterator[Policy]:
        return (self.policies[p] for p in self.asked)

    def units(self, policy: str) -> Array:
        """Return the ids of the households or persons that `policy` is asked for, object (n_units,)."""
        return self.network[self._policy(policy).unit].ids

    def answer(self, policy: str) -> npt.NDArray[np.int8]:
        """Return 1 (possibly eligible), 0 (possibly not) or -1 (unknown) per unit, int8 (n_units,)."""
        self._policy(policy)
        out = np.full(len(self.firm[policy].truth), UNKNOWN, dtype=np.int8)
        out[self.firm[policy].truth == NO] = NOT_ELIGIBLE
        out[self.trusting[policy].truth == YES] = ELIGIBLE
        return out

    def applies(self, policy: str) -> npt.NDArray[np.bool_]:
        """Return where a local policy's place is the unit's or not known, bool (n_units,)."""
        found = self._policy(policy)
        regions = self.frame.regions(found.unit)
        inside = [not c or found.region in (NATION, *c) for c in self.frame.chains]
        return np.array(inside)[regions]

    def amount(
        self, policy: str, amount: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return from and to how many fen `policy` pays per unit, int64 (n_units,) twice.

        `UNKNOWN_INT` where it is unknown. What is paid where the answer is not yes means nothing.
        """
        return ends(self.trusting[policy].amounts[amount], len(self.units(policy)))

    def payments(self) -> Payments:
        """Return what every possibly eligible unit may be paid."""
        parts = [self._payments(i, p) for i, p in enumerate(self) if p.amounts]
        empty = np.zeros(0, dtype=np.int64)
        columns = [np.concatenate([empty, *(part[c] for part in parts)]) for c in range(6)]
        policy, home, person, lo, hi, period = columns
        order = np.lexsort((person, policy, home))
        return Payments(
            self.asked,
            policy[order].astype(np.int16),
            home[order].astype(np.int32),
            person[order].astype(np.int32),
            lo[order].astype(np.int64),
            hi[order].astype(np.int64),
            period[order].astype(np.int8),
        )

    def _payments(self, position: int, policy: Policy) -> tuple[Array, ...]:
        rows = np.flatnonzero(self.answer(policy.id) == ELIGIBLE)
        home, person = self.owners(policy.unit, rows)
        parts = []
        for amount in policy.amounts:
            lo, hi = self.amount(policy.id, amount.id)
            paid = np.flatnonzero(hi[rows] != 0)
            n = len(paid)
            period = np.full(n, PERIODS.index(amount.period))
            parts.append(
                (
                    np.full(n, position),
                    home[paid],
                    person[paid],
                    lo[rows][paid],
                    hi[rows][paid],
                    period,
                )
            )
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def owners(self, unit: str, rows: Array) -> tuple[Array, Array]:
        """Return the household rows and person rows (-1: none) of unit rows, int64 arrays."""
        if unit == "households":
            return rows, np.full(len(rows), -1)
        return self.frame.linked(in_household)[rows], rows

    def explain(self, unit: str, policy: str) -> Explanation:
        """Return why `policy` answers as it does for the household or person with id `unit`.

        Raises WusheError where there is no such unit or policy.
        """
        from wushe.relief.explain import explain

        found = self._policy(policy)
        row = int(self.network[found.unit].row_of([unit])[0])
        if row < 0:
            raise WusheError(f"{policy} is asked for {found.unit}; none has the id {unit!r}")
        return explain(self.frame, self.book, self.policies, self.on, policy, row, self.versions)

    def settled(self, answers: Iterable[tuple[str, str]]) -> Assessments:
        """Return these assessments with the office's answers: (unit id, policy id) that it has dealt with.

        Nothing more is to be expected of these than what is on record (statuses, grants), whether the
        office granted or refused. Raises WusheError for an unknown unit or policy.
        """
        firm, trusting = dict(self.firm), dict(self.trusting)
        for unit, policy in answers:
            row = int(self.network[self._policy(policy).unit].row_of([unit])[0])
            if row < 0:
                raise WusheError(f"{policy}: no unit has the id {unit!r}")
            for results in (firm, trusting):
                truth = results[policy].truth.copy()
                truth[row] = NO
                results[policy] = attrs.evolve(results[policy], truth=truth)
        return attrs.evolve(self, firm=firm, trusting=trusting)

    def of_household(self, household: str) -> list[tuple[str, str, int]]:
        """Return (policy, unit id, answer) of a household and its members, in the order of the ladder.

        Local policies of other places are left out. Raises WusheError for an unknown household.
        """
        home = int(self.network["households"].row_of([household])[0])
        if home < 0:
            raise WusheError(f"no household has the id {household!r}")
        members = self.frame.group(members_of).rows(home)
        found = []
        for policy in self:
            rows = [home] if policy.unit == "households" else members.tolist()
            answers, applies = self.answer(policy.id), self.applies(policy.id)
            ids = self.units(policy.id)
            found += [(policy.id, str(ids[r]), int(answers[r])) for r in rows if applies[r]]
        return found

    def counts(self) -> list[tuple[str, int, int, int]]:
        """Return (policy, possibly eligible, unknown, possibly not) over the units it applies to."""
        found = []
        for policy in self:
            answers = self.answer(policy.id)[self.applies(policy.id)]
            yes, open_, no = (
                int(np.count_nonzero(answers == a)) for a in (ELIGIBLE, UNKNOWN, NOT_ELIGIBLE)
            )
            found.append((policy.id, yes, open_, no))
        return found

    def summary(self, lang: str = "zh") -> str:
        """Return the headline figures as text: per policy how many are possible, open, not."""
        lines = [_TITLE.say(lang, on=self.on.isoformat(), n=len(self.network["households"]))]
        for policy, yes, open_, no in self.counts():
            name = self.policies[policy].name
            lines.append(_LINE.say(lang, name=name, yes=yes, open=open_, no=no))
        lines += [_NOT_A_DECISION.say(lang), _PLUGINS.say(lang, names=_versions(self.versions))]
        return "\n".join(lines)

    def rows(self, *, lang: str = "zh", every: bool = False) -> list[tuple[Any, ...]]:
        """Return one row per unit, policy and amount in the order of `COLUMNS`.

        Only what is possible or open, unless `every`. Ids only: no name leaves the network here.
        """
        found = []
        for policy in self:
            answers, applies = self.answer(policy.id), self.applies(policy.id)
            rows = np.flatnonzero(applies & (every | (answers != NOT_ELIGIBLE)))
            found += [
                r for row in rows for r in self._rows(policy, int(row), int(answers[row]), lang)
            ]
        return sorted(found, key=lambda r: (r[0] or "", r[1] or ""))

    def _rows(self, policy: Policy, row: int, answer: int, lang: str) -> Iterator[tuple[Any, ...]]:
        home, person = (int(a[0]) for a in self.owners(policy.unit, np.array([row])))
        ids = (
            None if home < 0 else str(self.network["households"].ids[home]),
            None if person < 0 else str(self.network["persons"].ids[person]),
        )
        head = (*ids, policy.id, policy.name.say(lang), ANSWERS[answer].say(lang))
        if answer != ELIGIBLE or not policy.amounts:
            yield (*head, None, None, None, None)
            return
        for amount in policy.amounts:
            lo, hi = (int(a[row]) for a in self.amount(policy.id, amount.id))
            fen = tuple(None if a == UNKNOWN_INT else a for a in (lo, hi))
            yield (*head, amount.name.say(lang), PERIOD_NAMES[amount.period].say(lang), *fen)

    def to_frame(self, backend: str = "pandas", *, lang: str = "zh", every: bool = False) -> Any:
        """Return `rows` as a data frame. Raises MissingExtraError where narwhals or the backend is missing."""
        try:
            import narwhals as nw

            columns = list(zip(*self.rows(lang=lang, every=every), strict=True)) or [()] * len(
                COLUMNS
            )
            data = {n: list(c) for n, c in zip(COLUMNS, columns, strict=True)}
            return nw.from_dict(data, backend=backend).to_native()  # type: ignore[arg-type]
        except ImportError as error:
            raise MissingExtraError(f"Assessments.to_frame({backend!r})", "frames") from error

    def to_csv(self, path: str | Path, *, lang: str = "zh", every: bool = False) -> Path:
        """Write the rows for people to read; amounts in yuan. Spreadsheets open it rightly."""
        from wushe.render import to_csv

        said = [
            [*row[:7], *(None if f is None else f"{f / 100:.2f}" for f in row[7:])]
            for row in self.rows(lang=lang, every=every)
        ]
        target = Path(path)
        text = to_csv([h.say(lang) for h in _HEADINGS], said)
        target.write_text(text, encoding="utf-8", newline="")
        return target

    def _policy(self, policy: str) -> Policy:
        if policy not in self.asked:
            raise WusheError(
                f"no policy {policy!r} was assessed; policies: {', '.join(self.asked)}"
            )
        return self.policies[policy]


_TITLE = Text(
    "政策找人　评估日 {on}　家庭 {n} 户", "Policies looking for people, {on}: {n} households"
)
_LINE = Text(
    "{name}：可能符合 {yes}，待补信息 {open}，可能不符合 {no}",
    "{name}: {yes} possibly eligible, {open} with information missing, {no} possibly not",
)
_NOT_A_DECISION = Text(
    "以上均不是认定结论：请到乡镇（街道）申请，由其调查确认。",
    "None of this is a decision: apply at the street office, which surveys and confirms.",
)
_PLUGINS = Text("启用的插件：{names}", "Active plugins: {names}")
_HEADINGS = (
    Text("家庭", "household"),
    Text("人员", "person"),
    Text("政策编号", "policy"),
    Text("政策", "name"),
    Text("结果", "answer"),
    Text("金额项目", "amount"),
    Text("周期", "period"),
    Text("最少(元)", "least (yuan)"),
    Text("最多(元)", "most (yuan)"),
)


def _versions(versions: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions)


def place_codes(network: LinkageNetwork) -> dict[str, str | None]:
    """Return the statistical code by which each place finds its parameters: its own or its nearest ancestor's."""
    ids, parent = network["places"].ids, network.places.parent
    found: dict[str, str | None] = {}
    for row, place in enumerate(ids):
        here = row
        while here >= 0 and not chain_of(str(ids[here])):
            here = int(parent[here])
        found[str(place)] = str(ids[here]) if here >= 0 else None
    return found


def _homes(network: LinkageNetwork) -> npt.NDArray[np.int64]:
    """Return each person's household row, int64 (n_persons,), as the network has resolved it; -1 where none."""
    lives = network.relation("lives_in", "persons", "households")
    homes = np.full(len(network["persons"]), -1, dtype=np.int64)
    homes[lives.source] = lives.target
    return homes


def assess(
    network: LinkageNetwork,
    *,
    on: dt.date | str,
    plugins: Plugins | None = None,
    policies: Iterable[str] | None = None,
) -> Assessments:
    """Return the answers of all policies of the plugins (the defaults if none) on the day `on`.

    With `policies` only these and what they depend on are evaluated. Raises WusheError for a policy that
    is not registered, ValueError for a date that is none.
    """
    plugins = plugins or load_plugins()
    day = day_of(on)
    wanted = tuple(policies) if policies is not None else tuple(plugins.policies.policies)
    for name in wanted:
        if name not in plugins.policies.policies:
            known = ", ".join(plugins.policies.policies)
            raise WusheError(f"policy {name!r} is not registered; policies: {known}")
    ordered = tuple(p for p in plugins.policies.policies if p in wanted)
    frame = Frame(network.tables, place_codes(network), {("persons", "household"): _homes(network)})
    firm, trusting = evaluate(frame, plugins.parameters, plugins.policies, day, ordered)
    return Assessments(
        network,
        day,
        plugins.policies,
        plugins.parameters,
        plugins.versions,
        frame,
        firm,
        trusting,
        ordered,
    )


def evaluate(
    frame: Frame,
    book: ParameterBook,
    policies: PolicySet,
    on: dt.date,
    wanted: Iterable[str],
) -> tuple[Mapping[str, Result], Mapping[str, Result]]:
    """Return the results with firm parameters only, and with those that may support a yes as well."""
    first = Evaluator(frame, book, policies, on)
    firm = dict(first.run(wanted))
    soft = first.soft
    if not soft:
        return firm, firm
    again = set(policies.using(soft))
    kept = {name: result for name, result in firm.items() if name not in again}
    second = Evaluator(frame, book, policies, on, trusting=True, results=kept)
    return firm, dict(second.run(firm))


def ends(value: Num, n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return whole fen as two int64 columns, `UNKNOWN_INT` where there is no end."""
    found = []
    for side in (value.lo, value.hi):
        missing = iv.endless(side)
        column = np.where(missing, UNKNOWN_INT, side).astype(np.int64)
        found.append(np.broadcast_to(column, (n,)))
    return found[0], found[1]

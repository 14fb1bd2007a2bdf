"""The result of the linkage: what is counted on from whom, what waits, what remains for charity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import MissingExtraError, WusheError
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.tables import Table
from wushe.model.terms import Columns
from wushe.model.units import parse_unit, say_amount
from wushe.network import LinkageNetwork, build_network
from wushe.privacy import Audience, check_audience, mask
from wushe.text import Text, check_lang

if TYPE_CHECKING:
    from wushe.relief.open_needs import Needs
    from wushe.relief.pools import PolicyFacts, Standing

SOURCES = ("government", "mutual_aid")
"""What is drawn on, in this order where no plugin says otherwise; what they leave is for charity."""
GOVERNMENT, MUTUAL_AID = range(len(SOURCES))
SOURCE_NAMES: dict[str, Text] = {
    "government": Text("政府救助", "government relief"),
    "mutual_aid": Text("救急难互助社", "mutual-aid society"),
    "charity": Text("慈善帮扶", "charity"),
}
STATUS: dict[str, Text] = {
    "funded": Text("已有着落", "counted on"),
    "held": Text("待答复，暂不募集", "held until the office answers"),
    "waits": Text("待核对政府救助", "waits: government relief not yet checked"),
    "asked": Text("请慈善帮扶", "asked of charity"),
}
COLUMNS = (
    "client", "client_name", "need", "category", "urgency", "status", "source", "policy",
    "provider", "amount", "unit",
)  # fmt: skip
"""Columns of `Linkage.rows` and `to_frame`: one row per allocation, and per part that is not funded."""
URGENCY = (
    Text("可缓", "can wait"),
    Text("一般", "normal"),
    Text("紧急", "urgent"),
    Text("急难", "emergency"),
)
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Which = Literal["possible", "doubts", "granted"]


@attrs.frozen(eq=False)
class Tally:
    """Sums per money need in fen, shape (n_money,).

    ``amount = funded.sum(axis=1) + held + waiting + residual`` wherever the amount is known.
    `funded` int64 (n_money, n_sources); `held` lies between what relief brings at least and at most;
    `waiting` waits for relief not yet checked; `residual` is asked of charity. UNKNOWN_INT where the
    amount is unknown: then in `waiting` where `waits`, else in `residual`. `to_check`: relief for
    what is not funded is not yet checked. `possible` int64 (n_money, 2): what relief may still give at
    least and at most to needs of unknown amount.
    """

    amount: Ints
    funded: Ints
    held: Ints
    waiting: Ints
    residual: Ints
    waits: Flags
    to_check: Flags
    possible: Ints


@attrs.frozen(eq=False, repr=False)
class Linkage:
    """What government relief, mutual aid and charity are asked to give, need by need.

    `needs` are all open needs; `tally` and `order` (n_money, n_sources; positions in `SOURCES`, the
    first drawn on first) have one row per need for money, in the order of ``needs.money``. Columns of
    `allocations`, by need: `need` (position in `needs`), `source` (in `SOURCES`), `policy` (in
    `policies`, -1 none), `payment` (row of the payments), `grant` and `fund` (rows of the tables) of
    which one is not -1, `amount` in fen, `held` bool (not certain, asked of nobody else). `stand` has
    the policies that may cover each need. `unmatched`: ids of grants whose policy is not known. `low`
    bool (n_clients,): the household or a member is possibly in a low-income status, whatever it needs.
    Outputs are masked unless ``audience="internal"``.
    """

    on: dt.date
    months: int
    base: LinkageNetwork
    policies: Mapping[str, PolicyFacts]
    needs: Needs
    tally: Tally
    allocations: Columns
    stand: Standing
    order: Ints
    unmatched: tuple[str, ...]
    low: Flags

    def __repr__(self) -> str:
        return (
            f"<Linkage on {self.on}: {len(self.needs.money)} money needs of {len(self.needs)} open>"
        )

    @property
    def held(self) -> Ints:
        """What is held of each money need, fen, int64 (n_money,)."""
        return self.tally.held

    def position(self, need_id: str) -> int:
        """Return the position of an open need in `needs`. Raises KeyError."""
        found = np.flatnonzero(self.needs.id == need_id)
        if len(found) == 0:
            raise KeyError(f"{need_id!r} is no open need of this linkage")
        return int(found[0])

    def money_position(self, position: int) -> int | None:
        """Return where a need of `needs` stands in `tally`, None where it is not about money."""
        at = int(np.searchsorted(self.needs.money, position))
        return at if at < len(self.needs.money) and self.needs.money[at] == position else None

    def policies_for(self, position: int, which: Which = "possible") -> tuple[PolicyFacts, ...]:
        """Return the policies of one sort (see `Standing`) for a need of `needs`."""
        pairs = getattr(self.stand, which)
        every = list(self.policies.values())
        low, high = np.searchsorted(pairs[:, 0], (position, position + 1))
        return tuple(every[at] for at in pairs[low:high, 1])

    def residual(self) -> Table:
        """Return the needs that remain: same ids, money needs reduced to what charity is asked for.

        Needs fully covered, held or waiting are left out, and so is what comes after one that is held or
        waits; what comes after a covered one waits for nothing more. Needs of unknown amount stay unknown;
        needs that are not about money, and those that were closed before, are as they were.
        """
        table, tally = self.base["needs"], self.tally
        rows = self.needs.row[self.needs.money]
        left_out = tally.residual == 0
        keep = np.ones(len(table), dtype=bool)
        keep[rows[left_out | tally.waits]] = False
        quantity, unit = table["quantity"].copy(), table["unit"].copy()
        reduced = ~left_out & (tally.amount != UNKNOWN_INT) & (tally.residual != tally.amount)
        for at in np.flatnonzero(reduced):
            row, amount = rows[at], int(tally.residual[at])
            written = parse_unit(unit[row])
            whole = written is not None and amount % written.factor == 0
            quantity[row] = amount // written.factor if written is not None and whole else amount
            unit[row] = unit[row] if whole else "fen"
        covered = rows[left_out & ~tally.waits & (tally.held == 0)]
        after = _following(table, keep, covered)
        columns = {**table.columns, "quantity": quantity, "unit": unit, "after": after}
        return _taken(Table(table.kind, columns, table.rows, table.source), keep)

    def network(self) -> LinkageNetwork:
        """Return the network with the residual needs, ready for a plan.

        Wishes of needs that are gone go with them, and what societies' funds gave is off their
        balance: none of it is there to be given again.
        """
        needs = self.residual()
        wishes = self.base["wishes"]
        there = frozenset(needs.ids)
        tables = dict(self.base.tables)
        tables["needs"] = needs
        tables["wishes"] = _taken(wishes, np.array([n in there for n in wishes["need"]], bool))
        funds = self.base["funds"]
        balance = funds["balance_fen"].copy()
        given = np.flatnonzero(self.allocations["fund"] >= 0)
        np.subtract.at(balance, self.allocations["fund"][given], self.allocations["amount"][given])
        columns = {**funds.columns, "balance_fen": balance}
        tables["funds"] = Table(funds.kind, columns, funds.rows, funds.source)
        base = self.base
        return build_network(tables, base.categories, base.target_groups, base.versions)

    def client(self, position: int, audience: Audience = "masked") -> tuple[str, str]:
        """Return id and name (as `audience` may see it) of whom a need of `needs` is for."""
        for kind, rows in (("households", self.needs.household), ("persons", self.needs.person)):
            if rows[position] >= 0:
                row = int(rows[position])
                name = self.base[kind]["name"][row]
                shown = name if audience == "internal" else mask(name, "name")
                return str(self.base[kind].ids[row]), shown or ""
        key = str(self.base["needs"]["institution"][self.needs.row[position]])
        at = int(self.base["institutions"].row_of([key])[0])
        return key, str(self.base["institutions"]["name"][at])

    def rows(self, *, lang: str = "zh", audience: Audience = "masked") -> list[tuple[Any, ...]]:
        """Return one row per allocation and per part not funded, in the order of `COLUMNS`.

        By need; amounts are integer fen, unknown is None. Raises ValueError for an unknown audience.
        """
        check_audience(audience)
        return [
            (*head, *part)
            for at, position in enumerate(self.needs.money)
            for head in [self._head(int(position), lang, audience)]
            for part in self._parts(at, int(position), lang)
        ]

    def to_frame(
        self,
        backend: Literal["pandas", "polars", "pyarrow"] = "pandas",
        *,
        lang: str = "zh",
        audience: Audience = "masked",
    ) -> Any:
        """Return `rows` as a data frame of `backend`.

        Raises MissingExtraError where narwhals or the backend is not installed.
        """
        try:
            import narwhals as nw

            rows = self.rows(lang=lang, audience=audience)
            columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
            data = {name: list(column) for name, column in zip(COLUMNS, columns, strict=True)}
            return nw.from_dict(data, backend=backend).to_native()
        except ImportError as error:
            if backend == "polars" and find_spec("narwhals"):
                raise WusheError(
                    'Linkage.to_frame("polars") needs polars: pip install polars'
                ) from error
            raise MissingExtraError(f"Linkage.to_frame({backend!r})", "frames") from error

    def _head(self, position: int, lang: str, audience: Audience) -> tuple[Any, ...]:
        category = self.base.categories.get(self.needs.category[position])
        name = category.name(lang) if category else self.needs.category[position]
        urgency = URGENCY[int(self.needs.urgency[position])].say(lang)
        return (*self.client(position, audience), self.needs.id[position], name, urgency)

    def _parts(self, at: int, position: int, lang: str) -> Iterator[tuple[Any, ...]]:
        """Yield (status, source, policy, provider, fen, unit) of one money need."""
        for row in self.allocations_of(position):
            status = "held" if self.allocations["held"][row] else "funded"
            source = SOURCES[int(self.allocations["source"][row])]
            policy, provider = self._giver(row)
            amount = int(self.allocations["amount"][row])
            said = SOURCE_NAMES[source].say(lang)
            yield STATUS[status].say(lang), said, policy and policy.id, provider, amount, "fen"
        charity = SOURCE_NAMES["charity"].say(lang)
        for status, column in (("waits", self.tally.waiting), ("asked", self.tally.residual)):
            if column[at] != 0:
                left = None if column[at] == UNKNOWN_INT else int(column[at])
                source = charity if status == "asked" else SOURCE_NAMES["government"].say(lang)
                yield STATUS[status].say(lang), source, None, None, left, "fen"

    def allocations_of(self, position: int) -> Array:
        """Return the rows of `allocations` of a need of `needs`."""
        low, high = np.searchsorted(self.allocations["need"], (position, position + 1))
        return np.arange(low, high)

    def _giver(self, row: int) -> tuple[PolicyFacts | None, str | None]:
        policy, fund = (int(self.allocations[name][row]) for name in ("policy", "fund"))
        found = list(self.policies.values())[policy] if policy >= 0 else None
        return found, str(self.base["funds"].ids[fund]) if fund >= 0 else None

    def explain(self, need_id: str, lang: str = "zh", audience: Audience = "masked") -> str:
        """Return what of one need is covered by whom, what waits and why. Raises KeyError."""
        from wushe.relief.linkage_text import explain_need

        return explain_need(self, need_id, check_lang(lang), check_audience(audience))

    def summary(self, lang: str = "zh") -> str:
        """Return the sums as text: asked, counted on by source, held, waiting, for charity."""
        check_lang(lang)
        tally = self.tally
        known = tally.amount != UNKNOWN_INT
        lines = [
            _TITLE.say(lang, on=self.on.isoformat()),
            _ASKED.say(lang, n=len(known), amount=_sum(tally.amount, lang), unknown=int((~known).sum())),
        ]  # fmt: skip
        lines += [
            _FROM.say(lang, source=SOURCE_NAMES[name], amount=_sum(tally.funded[:, at], lang))
            for at, name in enumerate(SOURCES)
        ]
        lines.append(_HELD.say(lang, amount=_sum(tally.held, lang)))
        lines.append(
            _WAITING.say(lang, amount=_sum(tally.waiting, lang), n=int(tally.to_check.sum()))
        )
        lines.append(_CHARITY.say(lang, amount=_sum(tally.residual, lang), n=int((tally.residual != 0).sum())))  # fmt: skip
        if self.unmatched:
            lines.append(_UNMATCHED.say(lang, n=len(self.unmatched)))
        lines.append(_NO_DECISION.say(lang))
        return "\n".join(lines)


def _following(table: Table, keep: Flags, covered: Ints) -> Array:
    """Return ``after`` without the needs at `covered`; take out of `keep` what comes after others that are gone."""
    after = table["after"].copy()
    after[np.isin(table.row_of(after), covered)] = None
    before = table.row_of(after)
    follows = np.flatnonzero(before >= 0)
    while len(lost := follows[keep[follows] & ~keep[before[follows]]]):
        keep[lost] = False
    return after


def _sum(column: Ints, lang: str) -> str:
    return say_amount(int(column[column != UNKNOWN_INT].sum()), "fen", lang)


def _taken(table: Table, keep: Flags) -> Table:
    columns = {name: column[keep] for name, column in table.columns.items()}
    return Table(table.kind, columns, table.rows[keep], table.source)


_TITLE = Text("救助衔接　日期 {on}", "Relief linkage, {on}")
_ASKED = Text(
    "资金需求 {n} 项，合计 {amount}（另有 {unknown} 项金额未知）",
    "{n} needs for money, {amount} in all ({unknown} of unknown amount)",
)
_FROM = Text("{source}：可计入 {amount}", "{source}: {amount} counted on")
_HELD = Text("待答复、暂不募集：{amount}", "Held until the office answers: {amount}")
_WAITING = Text(
    "政府救助尚待核对的需求 {n} 项，其中暂缓 {amount}",
    "Government relief still to be checked for {n} needs; {amount} waits",
)
_CHARITY = Text("请慈善帮扶 {n} 项，{amount}", "Asked of charity: {n} needs, {amount}")
_UNMATCHED = Text(
    "已获救助中有 {n} 笔没有对应的政策，未计入；请核对政策名称",
    "{n} grants name no policy that is loaded and are not counted; check the names",
)
_NO_DECISION = Text(
    "以上为可能符合的估算，不是认定结果；请向乡镇（街道）申请。",
    "These are possibilities, not decisions; apply at the township or street office.",
)

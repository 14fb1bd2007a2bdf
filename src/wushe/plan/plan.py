"""The plan of a city: what to do for whom, as text, frame, JSON, page and picture."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from wushe.errors import MissingExtraError, WusheError
from wushe.matching.candidates import ORDER
from wushe.matching.result import Matching
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.model.terms import REASONS, Reason
from wushe.model.units import say_amount
from wushe.network import LinkageNetwork
from wushe.plan.items import KINDS, URGENCY, ClientPlan, PlanItem, Unserved
from wushe.privacy import Audience, check_audience
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.relief import Linkage
    from wushe.render import Picture

FORMAT_VERSION = 1
COLUMNS = (
    "client", "client_name", "community", "worker", "need", "category", "urgency", "status",
    "amount", "unit", "provider", "provider_kind", "provider_name", "offer", "reason",
)  # fmt: skip
"""Columns of `Plan.rows`, `to_frame` and `to_csv`: one row per item and per unserved remainder."""


@attrs.frozen(eq=False, repr=False)
class Plan:
    """All plans of a city on one date. Look one up by household or institution id: ``plan["H-0001"]``.

    Immutable: it can be read from many threads and pickled. Outputs are masked unless
    ``audience="internal"``. `linkage`: what relief and mutual aid come before, where the plan was made so.
    """

    on: dt.date
    clients: Mapping[str, ClientPlan]
    network: LinkageNetwork
    offers: Table
    matching: Matching
    versions: tuple[tuple[str, str], ...]
    linkage: Linkage | None = None

    def __getitem__(self, client: str) -> ClientPlan:
        try:
            return self.clients[client]
        except KeyError:
            raise KeyError(
                f"{client!r} has no open need in this plan; ids look like {next(iter(self.clients), 'H-0001')!r}"
            ) from None

    def __iter__(self) -> Iterator[ClientPlan]:
        return iter(self.clients.values())

    def __len__(self) -> int:
        return len(self.clients)

    def __repr__(self) -> str:
        return f"<Plan on {self.on}: {len(self)} clients, {len(self.matching.need)} items, {self.matching.choice.status}>"

    @property
    def items(self) -> tuple[PlanItem, ...]:
        """All items, by client and urgency."""
        return tuple(item for client in self for item in client.items)

    @property
    def unserved(self) -> tuple[Unserved, ...]:
        """Everything that is not or not fully served, by client and urgency."""
        return tuple(short for client in self for short in client.unserved)

    @property
    def _short(self) -> Array:
        """How many parts of each need are not fully served; a team need has a part per role."""
        m = self.matching
        return np.bincount(m.prepared.needs["need_row"], weights=m.unserved > 0).astype(np.int64)

    @property
    def needs(self) -> int:
        """How many open needs were looked at."""
        return len(self._short)

    @property
    def served(self) -> int:
        """How many needs are fully served."""
        return int((self._short == 0).sum())

    @property
    def partly(self) -> int:
        """How many needs are served in part."""
        m = self.matching
        short = (m.unserved > 0) & (m.unserved < m.prepared.needs["quantity"])
        return len(np.unique(m.prepared.needs["need_row"][short]))

    def reasons(self) -> dict[Reason, int]:
        """Return how many needs are not fully served for each reason, most frequent first."""
        m = self.matching
        short = np.flatnonzero(m.unserved)
        _, first = np.unique(m.prepared.needs["need_row"][short], return_index=True)
        codes = np.bincount(m.reason[short[first]], minlength=len(ORDER))
        counts = {reason: n for reason, n in zip(ORDER, codes.tolist(), strict=True) if n}
        return dict(sorted(counts.items(), key=lambda c: (-c[1], c[0])))

    def proof(self, lang: str = "zh") -> str:
        """Return what is proven of the assignment, in words."""
        choice = self.matching.choice
        pairs = _ALL_PAIRS if self.matching.over_all_pairs else _LISTED_PAIRS
        if choice.status == "optimal":
            return _PROVED.say(lang, pairs=pairs, n=f"{len(self.matching.candidates.cost):,}")
        if choice.status == "stepwise":
            return _STEPWISE.say(lang, pairs=pairs)
        if not self.matching.report.objective.plain:
            return _UNREACHED.say(lang, pairs=pairs)
        stopped = _WORK_LIMIT if choice.status == "work_limit" else _BOUNDED
        return stopped.say(lang, gap=f"{choice.gap:.2%}", pairs=pairs)

    def summary(self, lang: str = "zh") -> str:
        """Return the headline figures as text: coverage, reasons, proof, active plugins."""
        whole = fully_served(self)
        lines = [
            _TITLE.say(lang, on=self.on.isoformat()),
            _CLIENTS.say(lang, n=len(self), whole=whole, share=_share(whole, len(self))),
            _NEEDS.say(lang, n=self.needs, served=self.served, partly=self.partly,
                       none=self.needs - self.served - self.partly, share=_share(self.served, self.needs)),
            _ITEMS.say(lang, n=len(self.matching.need), providers=_providers(self), offers=len(self.offers)),
        ]  # fmt: skip
        if self.linkage is not None:
            from wushe.plan.before import before_lines

            lines += [line.say(lang) for line in before_lines(self.linkage)]
        reasons = self.reasons()
        if reasons:
            lines.append(_WHY.say(lang))
            lines += [f"  {n:>5}  {REASONS[r].say(lang)}" for r, n in reasons.items()]
        lines.append(self.proof(lang))
        if not self.matching.report.objective.plain:
            lines.append(self.matching.report.say(lang))
        lines.append(_PLUGINS.say(lang, names=", ".join(f"{n} {v}" for n, v in self.versions)))
        return "\n".join(lines)

    def rows(self, *, lang: str = "zh", audience: Audience = "masked") -> list[tuple[Any, ...]]:
        """Return one row per item and per unserved remainder, in the order of `COLUMNS`.

        Amounts are integers in base units (fen, minutes, pieces, grams); unknown is None.
        """
        check_audience(audience)
        return [row for client in self for row in _client_rows(client, lang, audience)]

    def to_frame(
        self,
        backend: Literal["pandas", "polars", "pyarrow"] = "pandas",
        *,
        lang: str = "zh",
        audience: Audience = "masked",
    ) -> Any:
        """Return `rows` as a data frame of `backend`: ``pandas``, ``polars`` or ``pyarrow``.

        Raises MissingExtraError where narwhals or the backend is not installed.
        """
        try:
            import narwhals as nw

            columns = list(zip(*self.rows(lang=lang, audience=audience), strict=True)) or [
                ()
            ] * len(COLUMNS)
            data = {name: list(column) for name, column in zip(COLUMNS, columns, strict=True)}
            return nw.from_dict(data, backend=backend).to_native()
        except ImportError as error:
            if backend == "polars" and find_spec("narwhals"):
                raise WusheError(
                    'Plan.to_frame("polars") needs polars: pip install polars'
                ) from error
            raise MissingExtraError(f"Plan.to_frame({backend!r})", "frames") from error

    def to_csv(self, path: str | Path, *, lang: str = "zh", audience: Audience = "masked") -> Path:
        """Write the rows for people to read: headings, amounts and reasons said in `lang`.

        Spreadsheets open it rightly (UTF-8 with BOM, no live formulas); `rows` is the form for programs.
        """
        from wushe.render import to_csv

        target = Path(path)
        headings = [_HEADINGS[name].say(lang) for name in COLUMNS if name != "unit"]
        said = [_said(row, lang) for row in self.rows(lang=lang, audience=audience)]
        target.write_text(to_csv(headings, said), encoding="utf-8", newline="")
        return target

    def to_json(self, *, lang: str = "zh", audience: Audience = "masked") -> str:
        """Return the plan as JSON text: figures, active plugins, every household's items and reasons."""
        check_audience(audience)
        return json.dumps(_as_json(self, lang, audience), ensure_ascii=False, indent=1)

    def to_html(
        self, path: str | Path | None = None, *, lang: str = "zh", audience: Audience = "masked"
    ) -> str:
        """Return the plan as one self-contained page, and write it to `path` where given."""
        from wushe.plan.page import plan_page

        html = plan_page(self, lang, check_audience(audience)).html()
        if path is not None:
            Path(path).write_text(html, encoding="utf-8", newline="\n")
        return html

    def plot(self, lang: str = "zh") -> Picture:
        """Return the linkage picture: which party's help goes to which street's households."""
        from wushe.plan.picture import linkage_picture

        return linkage_picture(self, lang)


_TITLE = Text("一户一策帮扶方案　日期 {on}", "One plan per household, {on}")
_CLIENTS = Text(
    "家庭和机构 {n} 个，需求全部解决的 {whole} 个（{share}）",
    "{n} households and institutions, {whole} with every need served ({share})",
)
_NEEDS = Text(
    "需求 {n} 项：解决 {served} 项（{share}），部分解决 {partly} 项，未解决 {none} 项",
    "{n} needs: {served} served ({share}), {partly} partly, {none} not",
)
_ITEMS = Text(
    "安排 {n} 项帮扶，动用 {providers} 个提供方；资源库共 {offers} 条供给",
    "{n} items of help from {providers} providers; {offers} offers in the pool",
)
_WHY = Text("未解决的原因：", "Why needs are not served:")
_PROVED = Text(
    "最优性：已证明最优（{pairs}，候选 {n} 对）",
    "Optimality: proven ({pairs}, {n} candidate pairs)",
)
_WORK_LIMIT = Text(
    "最优性：到计算上限为止，与最优至多相差 {gap}（{pairs}）",
    "Optimality: stopped at the work limit, at most {gap} from the best ({pairs})",
)
_BOUNDED = Text(
    "最优性：未证明最优，与最优至多相差 {gap}（{pairs}）",
    "Optimality: not proven, at most {gap} from the best ({pairs})",
)
_STEPWISE = Text(
    "最优性：捆在一起的需求与其余的分步求解，每步都已证明；合起来未证明最优（{pairs}）",
    "Optimality: what is bound together and the rest solved step by step, each step proven, the whole not ({pairs})",
)
_UNREACHED = Text(
    "最优性：可行，未证明达到所声明的目标（{pairs}）",
    "Optimality: feasible, not proven to reach the declared objective ({pairs})",
)
_ALL_PAIRS = Text("全部合格的供需对", "over all eligible pairs")
_LISTED_PAIRS = Text("仅限列出的供需对", "over the listed pairs only")
_PLUGINS = Text("启用的插件：{names}", "Active plugins: {names}")
_HEADINGS: dict[str, Text] = {
    "client": Text("编号", "client"),
    "client_name": Text("家庭或机构", "name"),
    "community": Text("社区", "community"),
    "worker": Text("责任社工", "responsible worker"),
    "need": Text("需求编号", "need"),
    "category": Text("需求类别", "category"),
    "urgency": Text("紧急程度", "urgency"),
    "status": Text("状态", "status"),
    "amount": Text("数量", "amount"),
    "provider": Text("提供方编号", "provider"),
    "provider_kind": Text("提供方类型", "kind of provider"),
    "provider_name": Text("提供方", "provider's name"),
    "offer": Text("供给编号", "offer"),
    "reason": Text("未解决的原因", "why not served"),
}


def _said(row: tuple[Any, ...], lang: str) -> list[Any]:
    """Return one of `Plan.rows` as people read it: the amount with its unit, kind and reason in words."""
    named = dict(zip(COLUMNS, row, strict=True))
    named["amount"] = say_amount(named["amount"], named.pop("unit"), lang)
    if named["provider_kind"] is not None:
        named["provider_kind"] = KINDS[named["provider_kind"]].say(lang)
    if named["reason"] is not None:
        named["reason"] = REASONS[named["reason"]].say(lang)
    return list(named.values())


STATUS: dict[str, Text] = {
    "served": Text("已解决", "served"),
    "partly": Text("部分解决", "partly served"),
    "unserved": Text("未解决", "not served"),
}


def fully_served(plan: Plan) -> int:
    """Return how many clients have every need served."""
    client = plan.matching.prepared.needs["client_code"]
    return len(np.unique(client)) - len(np.unique(client[plan.matching.unserved > 0]))


def _providers(plan: Plan) -> int:
    """Return how many parties give something."""
    return len(np.unique(plan.matching.prepared.offers["provider_code"][plan.matching.offer]))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _client_rows(client: ClientPlan, lang: str, audience: Audience) -> Iterator[tuple[Any, ...]]:
    worker = client.worker.label(audience) if client.worker else None
    head = (client.client.id, client.client.label(audience), client.community, worker)
    short = {s.need: s for s in client.unserved}
    for item in client.items:
        status = "partly" if item.need in short else "served"
        yield (*head, item.need, item.category.name(lang), URGENCY[item.urgency].say(lang), STATUS[status].say(lang), item.amount, item.dimension,
               item.provider.id, item.provider.kind, item.provider.label(audience), item.offer, None)  # fmt: skip
    for s in client.unserved:
        yield (*head, s.need, s.category.name(lang), URGENCY[s.urgency].say(lang), STATUS["unserved"].say(lang), s.amount,
               s.dimension, None, None, None, None, s.reason)  # fmt: skip


def _as_json(plan: Plan, lang: str, audience: Audience) -> dict[str, Any]:
    choice = plan.matching.choice
    return {
        "wushe_plan": FORMAT_VERSION,
        "on": plan.on.isoformat(),
        "plugins": [{"name": n, "version": v} for n, v in plan.versions],
        "figures": {
            "clients": len(plan),
            "needs": plan.needs,
            "served": plan.served,
            "partly": plan.partly,
            "reasons": plan.reasons(),
        },
        "proof": {
            "status": choice.status,
            "objective": choice.objective,
            "bound": choice.bound,
            "all_pairs": plan.matching.over_all_pairs,
        },
        "objective": _objective_json(plan, lang),
        "relief_first": _relief_json(plan, lang, audience),
        "plans": [_client_json(client, lang, audience) for client in plan],
    }


def _relief_json(plan: Plan, lang: str, audience: Audience) -> list[dict[str, Any]] | None:
    """Return the open needs that are not in the plan, None where relief was not looked at."""
    if plan.linkage is None:
        return None
    from wushe.plan.before import taken_off

    return [
        {
            "need": one.need, "client": one.client, "name": one.name, "category": one.category.say(lang),
            "status": one.status, "fen": one.fen, "sources": list(one.sources),
        }
        for one in taken_off(plan.linkage, audience)
    ]  # fmt: skip


def _objective_json(plan: Plan, lang: str) -> dict[str, Any]:
    report = plan.matching.report
    declared = report.objective
    return {
        "tiers": [list(tier) for tier in declared.tiers],
        "fairness": declared.fairness,
        "between": declared.between,
        "share": str(declared.share),
        "cost": report.cost,
        "price": report.price if report.proven else None,
        "worse_off": report.worse_off,
        "groups": [
            {
                "group": group.group,
                "name": group.name.say(lang),
                "unit": group.dimension,
                "asked": group.asked,
                "served": group.served,
                "plain_served": group.plain_served,
            }
            for group in report.groups
        ],
    }


def _client_json(client: ClientPlan, lang: str, audience: Audience) -> dict[str, Any]:
    return {
        "client": client.client.id,
        "kind": client.client.kind,
        "name": client.client.label(audience),
        "community": client.community,
        "groups": [g.say(lang) for g in client.groups],
        "worker": client.worker and {"id": client.worker.id, "name": client.worker.label(audience)},
        "lead": client.lead and {"id": client.lead.id, "name": client.lead.label(audience)},
        "status": client.status,
        "items": [
            {
                "need": i.need,
                "category": i.category.id,
                "offer": i.offer,
                "provider": i.provider.id,
                "provider_kind": i.provider.kind,
                "provider_name": i.provider.label(audience),
                "amount": i.amount,
                "unit": i.dimension,
                "scores": {p.name: {"points": p.points, "weight": p.weight} for p in i.points},
                "why": i.explain(lang, audience),
            }
            for i in client.items
        ],
        "unserved": [
            {
                "need": s.need,
                "category": s.category.id,
                "amount": s.amount,
                "asked": s.asked,
                "unit": s.dimension,
                "reason": s.reason,
                "rules": [rule.say(lang) for rule in s.rules],
                "refused": dict(s.refused),
                "why": s.explain(lang),
            }
            for s in client.unserved
        ],
    }

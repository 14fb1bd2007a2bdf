"""One case of a plugin's rules, run: the differences between what it expects and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np

from wushe.errors import InputError
from wushe.identify.applied import with_facts
from wushe.identify.due import with_signals
from wushe.identify.persons import person_columns
from wushe.matching.columns import objects
from wushe.matching.prepare import Prepared, prepare
from wushe.model import kinds
from wushe.model.declaring import Cell, ReportTable
from wushe.model.help import URGENCIES
from wushe.model.terms import REASONS, Columns, Context, Pairs, Reason
from wushe.network import LinkageNetwork, build_network_from_records
from wushe.orders.city_guards import city_objections
from wushe.orders.enrol import helpers_of
from wushe.orders.records import Helper, Order
from wushe.plan import Plan, make_plan
from wushe.plugins.manager import Plugins
from wushe.report.standards import check_standards
from wushe.supply import pool_offers
from wushe.testing.case_files import (
    ALLOWED,
    CAPS,
    STEPS,
    CellExpected,
    OrderExpected,
    PairExpected,
    PluginCase,
    SignalExpected,
    StandardExpected,
    network_mistakes,
)
from wushe.testing.case_offers import no_offer
from wushe.text import Text

_ALLOWED = Text("可以", "allowed")
_NOBODY = Text("无", "none")
_NO_PAIR = Text(
    "{pair}：案例里没有这一对（需求：{needs}；供给：{offers}）",
    "{pair}: the case has no such pair (needs: {needs}; offers: {offers})",
)
_NO_OFFER = Text("{pair}：{party} 没有供给：{why}", "{pair}: {party} makes no offer: {why}")
_NOT_SERVED = Text(
    "{pair}：这条供给不做这类需求（它做：{serves}）",
    "{pair}: this offer does not serve the category (it serves: {serves})",
)
_NOT_BY = Text(
    "{what}：应由 {wanted} 拒绝，实由 {came}",
    "{what}: expected to be refused by {wanted}, it is by {came}",
)
_DIFFERS = Text(
    "{what}：应为 {wanted}，得出 {came}", "{what}: expected {wanted}, what came out is {came}"
)
_UNKNOWN = Text("{what}：没有这一项；有：{known}", "{what}: there is none; there are: {known}")
_SIGNS: Final = {1: Text("是", "yes"), 0: Text("否", "no"), -1: Text("不清楚", "unknown")}
_GIFT_COLUMNS: Final = ("id", "fen", "donor", "fund", "project", "at")
_POOL_COLUMNS: Final = (
    "id", "left_fen", "numerator", "denominator", *CAPS, "opens", "closes", "fund", "given",
)  # fmt: skip
_NUMBERS: Final = ("fen", "left_fen", "numerator", "denominator", *CAPS)


def run_case(case: PluginCase, plugins: Plugins) -> tuple[Text, ...]:
    """Return in words where what comes out differs from what the case expects; () where nothing does.

    Raises InputError for rows that do not make a city, PluginError for a failing plugin.
    """
    return tuple(_Run(case, plugins).differences())


class _Run:
    """One case under the rules of `plugins`; what is not asked for is not worked out."""

    def __init__(self, case: PluginCase, plugins: Plugins) -> None:
        self.case, self.plugins = case, plugins
        self.context = Context(case.on, plugins.categories, plugins.target_groups)

    @cached_property
    def network(self) -> LinkageNetwork:
        """The case's rows as a city."""
        rules = self.plugins
        records = [row for rows in self.case.records.values() for row in rows]
        try:
            found = build_network_from_records(
                records, rules.categories, rules.target_groups, rules.versions
            )
        except InputError as error:
            raise network_mistakes(self.case, error) from None
        return with_facts(found, self.case.on)

    @cached_property
    def prepared(self) -> Prepared:
        """The needs and offers as hooks see them."""
        offers = pool_offers(self.network, self.plugins, self.context)
        return prepare(self.network, offers, self.context)

    @cached_property
    def priorities(self) -> Mapping[str, int]:
        """The priority of every need, in thousandths."""
        needs = self.prepared.needs
        found = self.plugins.prioritise_needs(needs, self.prepared.context)
        steps = np.rint(found * STEPS).astype(np.int64).tolist()
        return dict(zip(needs["id"].tolist(), steps, strict=True))

    @cached_property
    def plan(self) -> Plan:
        """The plan of the case's city."""
        return make_plan(self.network, plugins=self.plugins, on=self.case.on)

    def differences(self) -> Iterator[Text]:
        """Yield every difference, in the order of the entries of `expect`."""
        expect = self.case.expect
        for pair in expect.pairs:
            yield from self.pair(pair)
        for need, wanted in expect.priority.items():
            yield from self.priority(need, wanted)
        yield from self.first(expect.first)
        for need, names in expect.plan.items():
            yield from self.planned(need, names)
        for order in expect.orders:
            yield from self.order(order)
        yield from self.gifts(expect.gifts)
        for row in expect.standards:
            yield from self.standard(row)
        for signal in expect.signals:
            yield from self.signal(signal)
        for cell in expect.report:
            yield from self.cell(cell)

    # --- matching ----------------------------------------------------------------------------------

    def pair(self, wanted: PairExpected) -> Iterator[Text]:
        """Yield what filters and scores say otherwise of one pair."""
        needs, offers = self.prepared.needs, self.prepared.offers
        name = f"{wanted.need} × {wanted.offer}"
        need = np.flatnonzero(needs["id"] == wanted.need)
        offer = np.flatnonzero(
            (offers["id"] == wanted.offer) | (offers["provider"] == wanted.offer)
        )
        why = no_offer(self.case.records, wanted.offer) if len(need) and not len(offer) else None
        if why is not None:
            yield _said(_NO_OFFER, pair=name, party=wanted.offer, why=why)
            return
        if not len(need) or not len(offer):
            listed = _list(dict.fromkeys(needs["id"])), _list(dict.fromkeys(offers["provider"]))
            yield _said(_NO_PAIR, pair=name, needs=listed[0], offers=listed[1])
            return
        served = [
            (n, o) for n in need for o in offer if needs["category"][n] in offers["categories"][o]
        ]
        if not served:
            serves = _list(dict.fromkeys(c for o in offer for c in offers["categories"][o]))
            yield _said(_NOT_SERVED, pair=name, serves=serves)
            return
        rows = np.array(served[:1], dtype=np.int32)
        yield from self.judged(name, wanted, Pairs(rows[:, 0].copy(), rows[:, 1].copy()))

    def judged(self, name: str, wanted: PairExpected, pairs: Pairs) -> Iterator[Text]:
        """Yield the differences of one pair that is there."""
        given = self.prepared.needs, self.prepared.offers, pairs, self.prepared.context
        if wanted.answer is not None:
            terms = self.plugins.filter_candidates(*given)
            against = [(by, term) for by, term in terms if not term.allowed[0]]
            yield from _refusals(name, wanted, [(term.reason, by) for by, term in against])
            labels = [
                term.label
                for by, term in against
                if term.reason == wanted.answer and (not wanted.by or by in wanted.by)
            ]
            yield from _unsaid(name, wanted.says, labels)
        if not wanted.scores:
            return
        scores = {s.term.name: int(s.points[0]) for s in self.plugins.score_candidates(*given)}
        for term, steps in wanted.scores.items():
            what = f"{name} {term}"
            if term not in scores:
                yield _said(_UNKNOWN, what=what, known=_list(scores))
            elif scores[term] != steps:
                came_out = _steps(scores[term])
                yield _said(_DIFFERS, what=what, wanted=_steps(steps), came=came_out)

    def priority(self, need: str, wanted: int) -> Iterator[Text]:
        """Yield a priority that is another one."""
        came = self.priorities.get(need)
        if came is None:
            yield _said(_UNKNOWN, what=need, known=_list(self.priorities))
        elif came != wanted:
            what = f"{need} prioritise_needs"
            yield _said(_DIFFERS, what=what, wanted=_steps(wanted), came=_steps(came))

    def first(self, wanted: tuple[str, ...]) -> Iterator[Text]:
        """Yield that the needs do not come in this order; equals are in no order."""
        lost = [need for need in wanted if need not in self.priorities] if wanted else []
        if lost:
            yield _said(_UNKNOWN, what=_list(lost), known=_list(self.priorities))
            return
        came = [self.priorities[need] for need in wanted]
        if any(a <= b for a, b in pairwise(came)):
            shown = (f"{need} {_steps(steps)}" for need, steps in zip(wanted, came, strict=True))
            yield _said(_DIFFERS, what="first", wanted=" > ".join(wanted), came=_list(shown))

    def planned(self, need: str, wanted: tuple[str, ...]) -> Iterator[Text]:
        """Yield that others serve the need, or that it stays unserved for another reason."""
        served = {item.provider.id for item in self.plan.items if item.need == need}
        short = {short.reason for short in self.plan.unserved if short.need == need}
        if not served and not short:
            known = {i.need for i in self.plan.items} | {s.need for s in self.plan.unserved}
            yield _said(_UNKNOWN, what=need, known=_list(sorted(known)))
        elif set(wanted) != served | short:
            came = _list(sorted(served | short))
            yield _said(_DIFFERS, what=f"{need} plan", wanted=_list(wanted), came=came)

    # --- orders, gifts -----------------------------------------------------------------------------

    def order(self, wanted: OrderExpected) -> Iterator[Text]:
        """Yield that other guards object to a helper."""
        needs = self.prepared.needs
        rows = np.flatnonzero(needs["id"] == wanted.need).tolist()
        helpers = {helper.id: helper for helper in helpers_of(self.network)}
        name = f"{wanted.need} → {wanted.helper}"
        if not rows or wanted.helper not in helpers:
            known = _list([*dict.fromkeys(needs["id"]), *helpers])
            yield _said(_UNKNOWN, what=name, known=known)
            return
        came = self.objections(rows[0], helpers[wanted.helper])
        right = not came if wanted.answer == ALLOWED else wanted.answer in came
        if not right:
            said = _ALLOWED if wanted.answer == ALLOWED else wanted.answer
            yield _said(_DIFFERS, what=name, wanted=said, came=_list(came) if came else _ALLOWED)
        rules = self.plugins.order_rules_for(needs["category"][rows[0]])
        minutes = rules.answer_minutes[_urgency(needs["urgency"][rows[0]])]
        for what, count, given in (
            ("minutes", wanted.minutes, minutes),
            ("at_once", wanted.at_once, rules.asked_at_once),
        ):
            if count is not None and count != given:
                yield _said(_DIFFERS, what=f"{name} {what}", wanted=count, came=given)

    def objections(self, row: int, helper: Helper) -> tuple[str, ...]:
        """Return the names of the cities' guards that keep `helper` from the need of row `row`."""
        needs = self.prepared.needs
        day, place = needs["on_day"][row], int(needs["place_row"][row])
        order = Order(
            id=needs["id"][row], source="need", category=needs["category"][row],
            form=needs["form"][row], amount=int(needs["quantity"][row]),
            dimension=needs["dimension"][row], client=needs["client"][row],
            client_kind=needs["client_kind"][row], placed_by="", placed_at="",
            urgency=_urgency(needs["urgency"][row]),
            place=self.network["places"].ids[place] if place >= 0 else None,
            on_day=None if np.isnat(day) else str(day), minor=bool(needs["with_minor"][row] != 0),
        )  # fmt: skip
        guards = self.plugins.order_rules_for(order.category).guards
        partners = needs["partners"][row] or ()
        pairs = [(order, order.slot(-1), helper)]
        [against] = city_objections(guards, pairs, lambda _: partners)
        return tuple(guard.name for guard in against)

    def gifts(self, wanted: Mapping[str, int]) -> Iterator[Text]:
        """Yield what the pools add otherwise to the gifts."""
        if not wanted:
            return
        split = self.plugins.split_gifts(
            _columns(self.case.gifts, _GIFT_COLUMNS),
            _columns(self.case.pools, _POOL_COLUMNS),
            self.context,
        )
        came = dict.fromkeys((gift["id"] for gift in self.case.gifts), 0)
        for gift, _, fen in split:
            came[gift] += fen
        for gift, fen in wanted.items():
            if gift not in came:
                yield _said(_UNKNOWN, what=gift, known=_list(came))
            elif came[gift] != fen:
                said = kinds.MONEY.say(fen), kinds.MONEY.say(came[gift])
                yield _said(_DIFFERS, what=f"{gift} split_gifts", wanted=said[0], came=said[1])

    # --- what is declared --------------------------------------------------------------------------

    def standard(self, wanted: StandardExpected) -> Iterator[Text]:
        """Yield what a row lacks otherwise under a standard."""
        if wanted.standard not in self.plugins.standards:
            known = _list(self.plugins.standards)
            yield _said(_UNKNOWN, what=wanted.standard, known=known)
            return
        result = check_standards(self.network, self.plugins, self.case.on).result(wanted.standard)
        rows = np.flatnonzero(result.ids == wanted.row).tolist()
        if not rows:
            yield _said(_UNKNOWN, what=wanted.row, known=_list(result.ids))
            return
        found = list(result.shortfalls(rows[0]))
        for name, said, unknown in (
            ("missing", wanted.missing, False),
            ("unknown", wanted.unknown, True),
        ):
            came = [s.item for s in found if s.unknown == unknown]
            if said is not None and set(said) != set(came):
                what = f"{wanted.row} {wanted.standard} {name}"
                yield _said(_DIFFERS, what=what, wanted=_list(said), came=_list(came))

    def signal(self, wanted: SignalExpected) -> Iterator[Text]:
        """Yield that a risk signal answers otherwise of a person."""
        signals = self.plugins.risk_signals
        persons = person_columns(self.network, self.case.on)
        rows = np.flatnonzero(persons["id"] == wanted.person).tolist()
        if wanted.signal not in signals or not rows:
            known = _list([*signals, *persons["id"]])
            yield _said(_UNKNOWN, what=f"{wanted.person} {wanted.signal}", known=known)
            return
        seen, _ = with_signals(persons, {wanted.signal: signals[wanted.signal]}, self.context)
        came = int(seen[f"signal:{wanted.signal}"][rows[0]])
        if came != wanted.answer:
            what = f"{wanted.person} {wanted.signal}"
            yield _said(_DIFFERS, what=what, wanted=_SIGNS[wanted.answer], came=_SIGNS[came])

    def cell(self, wanted: CellExpected) -> Iterator[Text]:
        """Yield that one cell of a report's section holds something else, or is not there."""
        sections = self.plugins.report_sections
        if wanted.section not in sections:
            yield _said(_UNKNOWN, what=wanted.section, known=_list(sections))
            return
        tables = sections[wanted.section].make(self.network, self.context)
        found = {
            (row, column): said for table in tables for row, column, said in _cells(table)
        }  # both languages' labels name a cell
        what = f"{wanted.section} {wanted.row} / {wanted.column}"
        key = wanted.row, wanted.column
        if key not in found:
            known = _list(dict.fromkeys(f"{row} / {column}" for row, column in found))
            yield _said(_UNKNOWN, what=what, known=known)
        elif (wanted.value or "unknown") not in found[key]:
            came = Text(found[key][0], found[key][-1])
            yield _said(_DIFFERS, what=what, wanted=wanted.value or "unknown", came=came)


def _cells(table: ReportTable) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield each cell once per language of its labels, with the ways in which a case may write it."""
    for row in table.all_rows():
        for column, cell in zip(table.columns, row.cells, strict=True):
            ways = _ways(cell, column.unit)
            yield row.label.zh, column.label.zh, ways
            yield row.label.en, column.label.en, ways


def _ways(cell: Cell, unit: str) -> tuple[str, ...]:
    if cell is None:
        return ("unknown",)
    if isinstance(cell, Text):
        return cell.zh, cell.en
    if unit == "fen":
        said = kinds.MONEY.say(cell)
        return said, said.removesuffix(".00")
    return (str(cell),)


def _columns(rows: Iterable[Mapping[str, Any]], names: tuple[str, ...]) -> Columns:
    """Return rows of gifts or pools as hooks see them."""
    listed = list(rows)
    make: dict[bool, Callable[[list[Any]], Any]] = {
        True: lambda values: np.array(values, dtype=np.int64),
        False: objects,
    }
    arrays = {name: make[name in _NUMBERS]([row[name] for row in listed]) for name in names}
    return Columns(len(listed), arrays)


def _refusals(
    name: str, wanted: PairExpected, refused: Sequence[tuple[Reason, str]]
) -> Iterator[Text]:
    """Yield that a pair is refused otherwise: for another reason, by other plugins, or not at all."""
    plugins = sorted({by for reason, by in refused if reason == wanted.answer})
    right = bool(plugins) if wanted.answer != ALLOWED else not refused
    if not right:
        said = _ALLOWED if wanted.answer == ALLOWED else wanted.answer
        came = _reasons(refused) if refused else _ALLOWED
        yield _said(_DIFFERS, what=name, wanted=said, came=came)
    elif not set(wanted.by) <= set(plugins):
        what = f"{name} {wanted.answer}"
        yield _said(_NOT_BY, what=what, wanted=_list(wanted.by), came=_list(plugins))


def _unsaid(name: str, words: str, labels: Sequence[Text | None]) -> Iterator[Text]:
    """Yield that no label of those that refuse a pair holds the words, in either language."""
    told = [label for label in labels if label is not None]
    if words and labels and not any(words in label.zh or words in label.en for label in told):
        came = (
            Text("；".join(t.zh for t in told), "; ".join(t.en for t in told)) if told else _NOBODY
        )
        yield _said(_DIFFERS, what=f"{name} says", wanted=words, came=came)


def _urgency(code: int) -> str:
    """Return the word for an urgency as hooks see it, 0 low to 3 emergency."""
    return list(URGENCIES)[len(URGENCIES) - 1 - int(code)]


def _reasons(refused: Iterable[tuple[Reason, str]]) -> Text:
    """Return each reason with what it means and the plugins that refuse, in both languages."""
    by: dict[Reason, list[str]] = {}
    for reason, plugin in sorted(set(refused)):
        by.setdefault(reason, []).append(plugin)
    said = [(reason, REASONS[reason], ", ".join(plugins)) for reason, plugins in by.items()]
    return Text(
        "、".join(f"{reason}（{text.zh}；拒绝的插件：{names}）" for reason, text, names in said),
        ", ".join(f"{reason} ({text.en}; refused by {names})" for reason, text, names in said),
    )


def _steps(steps: int) -> str:
    return f"{steps / STEPS:g}"


def _list(words: Iterable[Any]) -> Text:
    said = [str(word) for word in words]
    return Text("、".join(said), ", ".join(said)) if said else _NOBODY


def _said(text: Text, **params: Any) -> Text:
    return Text(text.say("zh", **params), text.say("en", **params))

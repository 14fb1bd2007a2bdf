"""Facts, questions and changes in words: what to ask next, of whom, and what would turn an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from wushe.model import kinds
from wushe.model.spec import RECORD_KINDS
from wushe.relief.facts import HIDDEN
from wushe.relief.flip import Change
from wushe.rules import expr as ex
from wushe.rules.say import field_label, say_expr, say_number, say_word
from wushe.rules.scalar import PARAMETERS, Case, Ref
from wushe.text import LANGS, Text

YES_NO = {True: Text("是", "yes"), False: Text("否", "no")}
NOTHING = Text("无", "none")
YUAN = Text("{v}元", "{v} yuan")
_WHO = Text("{kind}{id}", "{kind} {id}")
_OF = Text("{who}的{what}", "{what} of {who}")
_ROWS = Text("{who}：{asked}", "{who}: {asked}")
_FLAG = Text("{what}：是还是否？", "{what}: yes or no?")
_MONEY = Text("{what}是多少元？", "How many yuan is the {what}?")
_NUMBER = Text("{what}是多少？", "What is the {what}?")
_DATE = Text("{what}是哪一天？", "On which day is the {what}?")
_WORD = Text("{what}是哪一种：{words}？", "Which is the {what}: {words}?")
_TAGS = Text(
    "{what}有哪些：{words}？没有就答“无”。",
    "Which are the {what}: {words}? If there is none, say none.",
)
_TEXT = Text("{what}是什么？", "What is the {what}?")
_INCOME = Text(
    "{what}（工资、经营、财产、转移等，全家合计）是多少元？",
    "How many yuan is the {what} of the whole family (wages, business, property, transfers and so on)?",
)
_PLACE = Text(
    "住在哪里（属于哪个乡镇、街道、社区）？",
    "Where is home (which township, street office, community)?",
)
_OFFICE = Text("请问乡镇（街道）：{what}？", "Ask the street office: {what}?")
_MORE = Text(
    "除已登记的以外，{what}中还有没有：{test}？",
    "Beside those on file, do any of the {what} fit: {test}?",
)
_SUM = Text(
    "除已登记的以外，{what}还有多少？没有填0。",
    "Beside what is on file, how much more {what} is there? 0 if none.",
)
_LINK = Text("{what}是谁？", "Who is {what}?")
_PARAMETER = Text(
    "请查找{where}在{on}有效的文件：参数{name}{seen}",
    "Look for the document in force on {on} at {where}: parameter {name}{seen}",
)
_NO_PLACE = Text("所在地", "the place")
_SEEN = Text("（见过但不能用：{rows}）", " (seen, but not usable: {rows})")
_ROW = Text("{document}{article} {value}{unit}", "{document}{article} {value}{unit}")
_STALE = Text("（现有值待核实：{rows}）", " (the value on file has to be confirmed: {rows})")
_JOIN = Text("、", ", ")


def both(form: Text, **params: Any) -> Text:
    """Return `form` filled in, in both languages."""
    return Text(*(form.say(lang, **params) for lang in LANGS))


def label(of: str, name: str) -> Text:
    """Return what a field is called."""
    return Text(field_label(of, name, "zh"), field_label(of, name, "en"))


def phrase(expr: ex.Expr) -> Text:
    """Return an expression in words."""
    return Text(say_expr(expr, "zh"), say_expr(expr, "en"))


def who(of: str, ident: str) -> Text:
    """Return a row as people may call it: its kind and id, never a name."""
    return Text(
        _WHO.say("zh", kind=RECORD_KINDS[of].zh, id=ident), _WHO.say("en", kind=_kind(of), id=ident)
    )


def _kind(of: str) -> str:
    """Return a record kind in English, for one row."""
    return RECORD_KINDS[of].cls.__name__.lower()


def whose(unit: tuple[str, str], of: str, ident: str, name: str) -> Text:
    """Return a field with the row it is of, unless that is the unit itself."""
    if (of, ident) == unit:
        return label(of, name)
    return both(_OF, who=who(of, ident), what=label(of, name))


def shown(of: str, name: str, value: Any) -> Text:
    """Return a known value in words, money in yuan, hidden where the field is sensitive."""
    field = RECORD_KINDS[of].field(name)
    if field.sensitive != "none":
        return Text(HIDDEN, HIDDEN)
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, tuple | list):
        return listed([_worded(of, name, word) for word in value]) if value else NOTHING
    if field.kind is kinds.MONEY:
        return both(YUAN, v=say_number(Fraction(value), True))
    return _worded(of, name, value) if isinstance(value, str) else Text(str(value), str(value))


def _worded(of: str, name: str, word: str) -> Text:
    return Text(say_word(of, name, word, "zh"), say_word(of, name, word, "en"))


def listed(items: Sequence[Text]) -> Text:
    """Return several in a row."""
    return Text(*(_JOIN.say(lang).join(i.say(lang) for i in items) for lang in LANGS))


# --- questions -------------------------------------------------------------------------------------


def grouped(
    case: Case, unit: tuple[str, str], refs: Sequence[Ref]
) -> list[tuple[tuple[Ref, ...], Text | None]]:
    """Return `refs` in questions, one for one field of several rows, in their order.

    The words are None where the field says them all (see `ask_field` and `ask_parameter`).
    """
    groups: dict[tuple[str, str, ex.Expr | None, bool], list[Ref]] = {}
    for ref in refs:
        own = (ref.of, _ident(case, ref)) == unit
        groups.setdefault((ref.of, ref.name, ref.node, own), []).append(ref)
    found: list[tuple[tuple[Ref, ...], Text | None]] = []
    for (of, _, node, own), group in groups.items():
        asked = None if node is None or of == PARAMETERS else _for_node(node)
        if asked is not None and not own:
            rows = listed([who(of, _ident(case, r)) for r in group])
            asked = both(_ROWS, who=rows, asked=asked)
        found.append((tuple(group), asked))
    return found


def _ident(case: Case, ref: Ref) -> str:
    return "" if ref.of == PARAMETERS else str(case.frame.tables[ref.of].ids[ref.row])


def ask_field(unit: tuple[str, str], of: str, ids: Sequence[str], name: str) -> Text:
    """Return how to ask for a field of one or several rows."""
    if [(of, i) for i in ids] == [unit]:
        return _for_field(of, name, label(of, name))
    rows = listed([who(of, i) for i in ids])
    return _for_field(of, name, both(_OF, who=rows, what=label(of, name)))


def _for_field(of: str, name: str, what: Text) -> Text:
    if name == "place":
        return _PLACE
    field = RECORD_KINDS[of].field(name)
    if of == "households" and name in ("income_month_fen", "income_year_fen"):
        return both(_INCOME, what=what)
    if field.kind is kinds.MONEY:
        return both(_MONEY, what=what)
    words = listed([_worded(of, name, w) for w in field.kind.labels])
    form = {"flag": _FLAG, "int64": _NUMBER, "date": _DATE}.get(field.kind.storage)
    if form is None:
        form = _TAGS if field.kind.python == (tuple,) else _WORD if field.kind.labels else _TEXT
    return both(form, what=what, words=words)


def _for_node(node: ex.Expr) -> Text:
    if isinstance(node, ex.Ask):
        return both(_OFFICE, what=node.text)
    if isinstance(node, ex.Some):
        return both(_MORE, what=node.relation.label, test=phrase(node.test))
    if isinstance(node, ex.Total):
        return both(_SUM, what=phrase(node))
    assert isinstance(node, ex.Linked)
    return both(_LINK, what=node.link.label)


def ask_parameter(name: str, place: str, on: str, rows: Sequence[Text], *, stale: bool) -> Text:
    """Return which document to look for; `rows` are those seen, `stale`: one is there, past its term."""
    seen = both(_STALE if stale else _SEEN, rows=listed(rows)) if rows else Text("", "")
    where = Text(place, place) if place else _NO_PLACE
    return both(_PARAMETER, where=where, on=on, name=name, seen=seen)


def row_said(document: str, article: str, value: str, unit: str) -> Text:
    """Return a row of parameters in a few words."""
    return both(_ROW, document=document, article=article, value=value, unit=unit)


# --- changes ---------------------------------------------------------------------------------------

_LESS = Text("{what}{every}减少{by}", "{what} lower by {by}{every}")
_GREATER = Text("{what}{every}增加{by}", "{what} higher by {by}{every}")
_EVERY = {"_month": Text("每月", " a month"), "_year": Text("每年", " a year")}
_TOGETHER = Text("且", " and ")
_FROM = Text("自{day}起（{what}，随时间推移）", "from {day} on ({what}, as time passes)")
_FROM_START = Text("自{day}起（政策开始施行）", "from {day} on (the policy begins)")
_BECOMES = Text("{what}为“{to}”", "{what} is {to}")
_UNITS = {
    "_months": Text("{v}个月", "{v} months"),
    "_years": Text("{v}年", "{v} years"),
    "_count": Text("{v}人", "{v} persons"),
}


def said_change(case: Case, unit: tuple[str, str], change: Change) -> Text:
    """Return a change in words: how much, of what, of whom."""
    if not change.refs:
        return both(_FROM_START, day=change.to.isoformat())
    named = [
        whose(unit, ref.of, str(case.frame.tables[ref.of].ids[ref.row]), ref.name)
        for ref in change.refs
    ]
    if change.how == "from":
        assert isinstance(change.to, dt.date)
        return both(_FROM, day=change.to.isoformat(), what=named[0])
    if change.how == "becomes":
        ref = change.refs[0]
        return both(_BECOMES, what=named[0], to=shown(ref.of, ref.name, change.to))
    form = _LESS if change.how == "less" else _GREATER
    what = Text(*(_TOGETHER.say(lang).join(n.say(lang) for n in named) for lang in LANGS))
    ref = change.refs[0]
    money = RECORD_KINDS[ref.of].field(ref.name).kind is kinds.MONEY
    every = [text for word, text in _EVERY.items() if money and word in ref.name]
    return both(form, what=what, by=_moved(ref, change.by), every=(*every, Text("", ""))[0])


def _moved(ref: Ref, by: int) -> Text:
    if RECORD_KINDS[ref.of].field(ref.name).kind is kinds.MONEY:
        yuan = f"{by // 100}.{by % 100:02d}"
        return both(YUAN, v=yuan)
    for end, form in _UNITS.items():
        if ref.name.endswith(end):
            return both(form, v=by)
    return Text(str(by), str(by))

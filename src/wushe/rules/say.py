"""Rules in words: every expression as a short Chinese or English phrase."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from wushe.model import kinds
from wushe.model.spec import RECORD_KINDS
from wushe.rules import expr as ex
from wushe.text import Text

_OPERATORS = {
    "<": Text("低于", "below"),
    "<=": Text("不高于", "at most"),
    ">": Text("高于", "above"),
    ">=": Text("不低于", "at least"),
    "==": Text("等于", "equal to"),
}
_ELAPSED = {
    "years": Text("{item}至评估日满年数", "whole years since {item}"),
    "months": Text("{item}至评估日满月数", "whole months since {item}"),
    "days": Text("{item}至评估日天数", "days since {item}"),
    "working_days": Text("{item}至评估日工作日数", "working days since {item}"),
}
_JOINS = {"and": Text("且", " and "), "or": Text("或", " or ")}


def say_expr(item: ex.Expr, lang: str = "zh") -> str:
    """Return `item` as a phrase in `lang`."""
    return _SAY[type(item)](item, lang)


def field_label(of: str, name: str, lang: str = "zh") -> str:
    """Return a field's heading in `lang`, in English its name in words."""
    field = RECORD_KINDS[of].field(name)
    if lang == "zh":
        return field.zh.replace("(元)", "").replace("(元/月)", "")
    return name.removesuffix("_fen").replace("_", " ")


def say_word(of: str, name: str, word: str, lang: str = "zh") -> str:
    """Return one value of a choice or one tag in `lang`."""
    labels = RECORD_KINDS[of].field(name).kind.labels
    return labels.get(word, word) if lang == "zh" else word


def say_number(value: Fraction, money: bool = False) -> str:
    """Return a number without needless digits; money in yuan."""
    if money:
        yuan, fen = divmod(round(abs(value)), 100)
        sign = "-" if value < 0 else ""
        return f"{sign}{yuan}.{fen:02d}" if fen else f"{sign}{yuan}"
    return f"{int(value)}" if value.denominator == 1 else f"{float(value):g}"


def is_money(item: ex.Expr) -> bool:
    """Return whether `item` is an amount of money, in fen."""
    if isinstance(item, ex.Fact):
        return item.kind == "number" and item.spec.kind is kinds.MONEY
    if isinstance(item, ex.Pays | ex.Rounded):
        return True
    if isinstance(item, ex.Total):
        return is_money(item.value)
    return any(is_money(child) for child in ex.children(item) if child.kind == "number")


def meant(item: ex.Compare) -> ex.Expr | Text | None:
    """Return what an idiom of arithmetic stands for: a condition known in two ways, a published figure.

    ``bit(test) >= 1`` is the test itself, and a parameter that stays below a bound beyond all reason is one
    that has a value. None where the comparison means what it says.
    """
    left = item.left
    while isinstance(left, ex.Meet):
        left = left.left
    one, zero = ex.Const(Fraction(1)), ex.Const(Fraction(0))
    if (
        isinstance(left, ex.Pick)
        and left.values == (one, zero)
        and (item.op, item.right) == (">=", one)
    ):
        return left.tests[0]
    if isinstance(left, ex.Param) and isinstance(item.left, ex.Meet) and item.op == "<":
        return Text(f"当地有参数{left.name}", f"the place has parameter {left.name}")
    return None


def _side(item: ex.Expr, other: ex.Expr, lang: str) -> str:
    if isinstance(item, ex.Const):
        return say_number(item.value, is_money(other))
    return say_expr(item, lang)


def _fact(item: ex.Fact, lang: str) -> str:
    return field_label(item.of, item.name, lang)


def _compare(item: ex.Compare, lang: str) -> str:
    stands_for = meant(item)
    if stands_for is not None:
        return stands_for.say(lang) if isinstance(stands_for, Text) else say_expr(stands_for, lang)
    left, right = _side(item.left, item.right, lang), _side(item.right, item.left, lang)
    if item.op in _OPERATORS:
        word = _OPERATORS[item.op].say(lang)
        return f"{left}{word}{right}" if lang == "zh" else f"{left} {word} {right}"
    return Text("{l}与{r}按参数{op}比较", "{l} against {r} by parameter {op}").say(
        lang, l=left, r=right, op=item.op
    )


def _joined(which: str, item: Any, lang: str) -> str:
    form = Text("（{i}）", "({i})")
    parts = [
        form.say(lang, i=say_expr(i, lang)) if isinstance(i, ex.And | ex.Or) else say_expr(i, lang)
        for i in item.items
    ]
    return _JOINS[which].say(lang).join(parts)


def _listed(name: Text, item: Any, lang: str) -> str:
    return f"{name.say(lang)}({', '.join(say_expr(i, lang) for i in item.items)})"


def _one_of(item: ex.OneOf, lang: str) -> str:
    assert isinstance(item.item, ex.Fact)
    of, name = item.item.of, item.item.name
    words = ("、" if lang == "zh" else ", ").join(say_word(of, name, w, lang) for w in item.words)
    return Text("{f}为{w}", "{f} is {w}").say(lang, f=say_expr(item.item, lang), w=words)


def _has_tag(item: ex.HasTag, lang: str) -> str:
    assert isinstance(item.item, ex.Fact)
    word = say_word(item.item.of, item.item.name, item.tag, lang)
    return Text("{f}有“{w}”", "{f} include {w}").say(lang, f=say_expr(item.item, lang), w=word)


def _times(item: ex.Times, lang: str) -> str:
    if item.left == ex.Const(Fraction(-1)):
        return f"-{say_expr(item.right, lang)}"
    return f"{_factor(item.left, lang)} × {_factor(item.right, lang)}"


def _factor(item: ex.Expr, lang: str) -> str:
    said = say_expr(item, lang)
    if isinstance(item, ex.Pick | ex.Add):
        return f"（{said}）" if lang == "zh" else f"({said})"
    return said


def _pick(item: ex.Pick, lang: str) -> str:
    form = Text("若{t}则{v}", "{v} if {t}")
    cases = [
        form.say(lang, t=say_expr(t, lang), v=say_expr(v, lang))
        for t, v in zip(item.tests, item.values[:-1], strict=True)
    ]
    last = Text("否则{v}", "else {v}").say(lang, v=say_expr(item.values[-1], lang))
    return ("，" if lang == "zh" else ", ").join([*cases, last])


def _in_force(item: ex.InForce, lang: str) -> str:
    first = _day(item.first)
    last = _day(item.last)
    return Text("评估日在{a}至{b}之间", "the day lies from {a} to {b}").say(lang, a=first, b=last)


def _day(day: dt.date | None) -> str:
    return "…" if day is None else day.isoformat()


def _some(item: ex.Some, lang: str) -> str:
    return Text("{r}中有一项：{t}", "some of {r}: {t}").say(
        lang, r=item.relation.label, t=say_expr(item.test, lang)
    )


def _total(item: ex.Total, lang: str) -> str:
    if item.value == ex.Const(Fraction(1)):
        if item.where == ex.Always(True):
            return Text("{r}数", "the number of {r}").say(lang, r=item.relation.label)
        return Text("{r}中{t}的数目", "the number of {r} with {t}").say(
            lang, r=item.relation.label, t=say_expr(item.where, lang)
        )
    return item.label.say(lang)


def _phrase(form: Text, item: Any, lang: str) -> str:
    return form.say(lang, item=say_expr(item.item, lang))


def _linked(item: ex.Linked, lang: str) -> str:
    return Text("{link}：{item}", "{link}: {item}").say(
        lang, link=item.link.label, item=say_expr(item.item, lang)
    )


_SAY: dict[type[ex.Expr], Callable[[Any, str], str]] = {
    ex.Const: lambda i, lang: say_number(i.value),
    ex.Always: lambda i, lang: (Text("是", "yes") if i.value else Text("否", "no")).say(lang),
    ex.Param: lambda i, lang: Text("参数{n}", "parameter {n}").say(lang, n=i.name),
    ex.Fact: _fact,
    ex.InForce: _in_force,
    ex.InRegion: lambda i, lang: Text("所在地属于{c}", "the place lies in {c}").say(
        lang, c=", ".join(i.codes)
    ),
    ex.NotEnded: partial(_phrase, Text("{item}未过", "{item} is not past")),
    ex.Ask: lambda i, lang: i.text.say(lang),
    ex.Not: partial(_phrase, Text("并非（{item}）", "not ({item})")),
    ex.And: partial(_joined, "and"),
    ex.Or: partial(_joined, "or"),
    ex.Compare: _compare,
    ex.OneOf: _one_of,
    ex.HasTag: _has_tag,
    ex.Add: lambda i, lang: " + ".join(say_expr(x, lang) for x in i.items).replace("+ -", "- "),
    ex.Times: _times,
    ex.Most: partial(_listed, Text("取大", "the largest of ")),
    ex.Least: partial(_listed, Text("取小", "the smallest of ")),
    ex.Pick: _pick,
    ex.Between: lambda i, lang: Text("{a}至{b}", "{a} to {b}").say(
        lang, a=say_expr(i.low, lang), b=say_expr(i.high, lang)
    ),
    ex.Meet: lambda i, lang: say_expr(i.left, lang),
    ex.Rounded: partial(_phrase, Text("{item}（取整）", "{item}, rounded")),
    ex.Elapsed: lambda i, lang: _ELAPSED[i.unit].say(lang, item=say_expr(i.item, lang)),
    ex.Some: _some,
    ex.Total: _total,
    ex.Linked: _linked,
    ex.Answer: lambda i, lang: Text("可能符合{p}", "possibly eligible for {p}").say(
        lang, p=i.policy
    ),
    ex.Pays: lambda i, lang: Text("{p}的金额", "the amount of {p}").say(lang, p=i.policy),
}

"""An explanation in words, Chinese first: paragraphs that a worker can read to a household."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from wushe.relief.explanation import Compared, End, Explanation, Finding, Question, Source
from wushe.relief.questions import (
    ask_field,
    ask_parameter,
    listed,
    row_said,
    shown,
    who,
    whose,
)
from wushe.rules.say import say_number
from wushe.text import Text

_MARKS = {"yes": "✓", "no": "✗", "unknown": "？"}
_HEAD = Text("【{name}】{who}，评估日{on}：{answer}", "{name}, {who}, assessed for {on}: {answer}")
_ANSWERS = {
    "possible": Text("可能符合，请到{office}申请。", "possibly eligible; apply at {office}."),
    "not": Text(
        "按已登记的信息可能不符合；情况有变或信息有误，仍可到{office}申请。",
        "possibly not eligible by what is on file; if that changed or is wrong, apply at {office} all the same.",
    ),
    "unknown": Text(
        "信息不足，还不能判断；也可直接到{office}咨询、申请。",
        "not enough is known to say; you may ask or apply at {office} at any time.",
    ),
}
_BASIS = Text(
    "依据：{document}{article}（核对于{checked}，可信度{confidence}）。",
    "By {document}{article} (checked {checked}, confidence {confidence}).",
)
_LINE = Text(
    "{mark} {text}（{document}{article}）{more}", "{mark} {text} ({document}{article}){more}"
)
_COLON = Text("：{said}", ": {said}")
_FACT = Text("{what}{value}", "{what} {value}")
_UNKNOWN = Text("未知", "unknown")
_AND_MORE = Text("等{n}项", "and {n} more")
_COMPARED = Text("{left}（{lv}），{op}{right}（{rv}）", "{left} ({lv}), {op} {right} ({rv})")
_OPS = {
    "<": Text("应低于", "to be below"),
    "<=": Text("应不高于", "to be at most"),
    ">": Text("应高于", "to be above"),
    ">=": Text("应不低于", "to be at least"),
    "==": Text("应等于", "to equal"),
    "": Text("如何比较未知，另一方为", "compared in a way not known with"),
}
_RANGE = Text("{low}至{high}", "{low} to {high}")
_OPEN = Text("不限", "any")
_YUAN = Text("{v}元", "{v} yuan")
_STANDARD = Text(
    "标准：{name}＝{value}{unit}，适用于{region}{area}，{dates}，{document}{article}，核对于{checked}，可信度{confidence}。{warnings}",
    "Standard: {name} = {value} {unit} at {region}{area}, {dates}, {document}{article}, checked {checked}, confidence {confidence}. {warnings}",
)
_MISSING = Text("缺少标准：{name}（{place}）。{seen}", "Standard missing: {name} ({place}). {seen}")
_SEEN = Text(
    "见过但不能用：{document}{article} {value}{unit}（自{start}起，可信度{confidence}）。",
    "Seen, but not usable: {document}{article} {value} {unit} (from {start}, confidence {confidence}).",
)
_DATES = Text("自{a}至{b}", "from {a} to {b}")
_SINCE = Text("自{a}起", "from {a} on")
_EXPIRES = Text("，文件有效期至{day}", ", the document runs to {day}")
_PAYS = Text(
    "金额：{name}{period}{amount}（{document}{article}）。",
    "Amount: {name}, {amount}{period} ({document}{article}).",
)
_PERIODS = {
    "once": Text("一次性", " once"),
    "month": Text("每月", " a month"),
    "year": Text("每年", " a year"),
}
_NEXT = Text("先问：{text}", "Ask first: {text}")
_ALL = Text(
    "问清以下{n}项就能判断，不论答案如何：{items}",
    "These {n} decide it, whatever the answers: {items}",
)
_ONE = Text("问清这一项就能判断，不论答案如何。", "This alone decides it, whatever the answer.")
_CAPPED = Text("（其中个别也许不必问。）", "(One or the other may turn out not to be needed.)")
_STILL = Text("事实查清后仍有待认定：{items}。", "Open even when the facts are known: {items}.")
_FAILED = Text("未满足：{items}。", "Not met: {items}.")
_ALONE = Text(
    "最近的改变：{items}，其他不变，则{after}。",
    "Nearest change: {items}, all else as it is; then {after}.",
)
_SET = Text(
    "单独一项改变不够；同时改变以下各项，则{after}：{items}。",
    "No single change is enough; all of these together, and then {after}: {items}.",
)
_PART = Text(
    "没有找到能改变结果的一组改变；单项条件最近的改变：{items}。",
    "No set of changes was found that turns the answer; the nearest for single conditions: {items}.",
)
_AFTER = {
    "yes": Text("可能符合", "possibly eligible"),
    "unknown": Text("尚需查清其他信息", "other facts remain to be found out"),
}
_NOTICE = Text(
    "这不是认定结论：由乡镇（街道）调查、县级民政部门确认（民发〔2021〕57号第28条）；您有权要求说明，也有权不接受仅由自动化方式作出的决定（个人信息保护法第24条）。",
    "This is no decision: the street office surveys and the county office confirms (民发〔2021〕57号 article 28); you may ask for reasons and refuse a decision made by automatic means alone (个人信息保护法 article 24).",
)
_VERSIONS = Text(
    "规则包：{versions}；规则摘要{digest}。", "Rule pack: {versions}; digest of the rules {digest}."
)
_MOST = 6
"""How many facts of a condition are written out."""
_SEMI = Text("；", "; ")


def paragraphs(of: Explanation, lang: str) -> Iterator[str]:
    """Yield the lines of an explanation in `lang`."""
    answer = Text(*(_ANSWERS[of.answer].say(x, office=of.apply_at) for x in ("zh", "en")))
    yield _HEAD.say(lang, name=of.name, who=who(of.unit, of.id), on=of.on, answer=answer)
    yield _BASIS.say(
        lang,
        document=of.document,
        article=_gap(of.article, lang),
        checked=of.checked,
        confidence=of.confidence,
    )
    for condition in of.conditions:
        yield _condition(of, condition, lang)
    yield from _amounts(of, lang)
    yield from _unknown(of, lang)
    yield from _not(of, lang)
    for source in of.parameters:
        if _matters(of, source):
            yield _source(source, lang)
    versions = ", ".join(f"{name} {version}" for name, version in of.versions) or "—"
    yield _VERSIONS.say(lang, versions=versions, digest=of.digest[:12])
    yield _NOTICE.say(lang)


def brief(of: Explanation, lang: str) -> str:
    """Return one line: the policy, for whom, and what to ask first."""
    said = (
        f"  {of.name.say(lang)}（{of.id}）" if lang == "zh" else f"  {of.name.say(lang)} ({of.id})"
    )
    if of.next is None:
        return said
    asked = _NEXT.say(lang, text=of.ask()[of.next])
    return f"{said}：{asked}" if lang == "zh" else f"{said}: {asked}"


def _matters(of: Explanation, source: Source) -> bool:
    """Return whether a reader needs a parameter: a condition that is shown compares with it.

    Those that are missing are among the questions where they decide; the others stay in the record.
    """
    shown_in = [side for f in of.conditions for c in f.compared for side in (c.left, c.right)]
    return bool(source.value) and any(source.name in side.zh for side in shown_in)


def _gap(text: str, lang: str) -> str:
    return f" {text}" if text and lang == "en" else text


def _condition(of: Explanation, found: Finding, lang: str) -> str:
    said = [_comparison(c, lang) for c in found.compared]
    if not said:
        said = [text.say(lang) for text in _facts(of, found)]
    more = _COLON.say(lang, said=_SEMI.say(lang).join(said)) if said else ""
    return _LINE.say(
        lang,
        mark=_MARKS[found.truth],
        text=found.text,
        document=found.document,
        article=_gap(found.article, lang),
        more=more,
    )


def _facts(of: Explanation, found: Finding) -> Iterator[Text]:
    said = []
    for table, name, ids in found.reads:
        for ident in ids:
            row = of.facts.rows.get(table, {}).get(ident, {})
            value = shown(table, name, row[name]) if name in row else _UNKNOWN
            what = whose((of.unit, of.id), table, ident, name)
            said.append(Text(*(_FACT.say(x, what=what, value=value) for x in ("zh", "en"))))
    yield from said[:_MOST]
    if len(said) > _MOST:
        yield Text(*(_AND_MORE.say(x, n=len(said) - _MOST) for x in ("zh", "en")))


def _comparison(found: Compared, lang: str) -> str:
    return _COMPARED.say(
        lang,
        left=found.left,
        lv=_number(found.low, found.high, found.money, lang),
        op=_OPS[found.op],
        right=found.right,
        rv=_number(found.right_low, found.right_high, found.money, lang),
    )


def _number(low: End, high: End, money: bool, lang: str) -> str:
    def one(value: End) -> str:
        if value is None:
            return _OPEN.say(lang)
        said = say_number(Fraction(value), money)
        return _YUAN.say(lang, v=said) if money else said

    if low is not None and low == high:
        return one(low)
    return _RANGE.say(lang, low=one(low), high=one(high))


def _amounts(of: Explanation, lang: str) -> Iterator[str]:
    for pay in of.amounts if of.answer == "possible" else ():
        ends = [None if v is None else str(v) for v in (pay.low, pay.high)]
        yield _PAYS.say(
            lang,
            name=pay.name,
            period=_PERIODS[pay.period],
            amount=_number(ends[0], ends[1], True, lang),
            document=pay.document,
            article=_gap(pay.article, lang),
        )


def _unknown(of: Explanation, lang: str) -> Iterator[str]:
    if of.questions:
        asked = of.ask()
        texts = [f"{i}. {text.say(lang)}" for i, text in enumerate(asked, start=1)]
        capped = "" if of.minimal else _CAPPED.say(lang)
        if of.next is not None:
            yield _NEXT.say(lang, text=asked[of.next])
        if len(texts) == 1 and of.next is not None:
            yield _ONE.say(lang) + capped
        else:
            yield _ALL.say(lang, n=len(texts), items=" ".join(texts)) + capped
    if of.undecidable:
        yield _STILL.say(lang, items=listed(of.undecidable))


def ask(of: Explanation, question: Question) -> Text:
    """Return how to ask one question of an explanation."""
    if question.said is not None:
        return question.said
    if question.table:
        return ask_field((of.unit, of.id), question.table, question.ids, question.field)
    found = next(p for p in of.parameters if p.name == question.field)
    rows = [row_said(p.document, p.article, p.value, p.unit) for p in found.seen or (found,)]
    stale = bool(found.value)
    return ask_parameter(
        found.name, found.place, of.on, rows if stale or found.seen else (), stale=stale
    )


def _not(of: Explanation, lang: str) -> Iterator[str]:
    if not of.failed:
        return
    texts = {c.id: c.text for c in of.conditions}
    yield _FAILED.say(lang, items=listed([texts[c] for c in of.failed]))
    if of.changes:
        items = listed([c.text for c in of.changes])
        form = _PART if of.after == "no" else _ALONE if of.alone else _SET
        yield form.say(lang, items=items, after=_AFTER.get(of.after, ""))


def _source(found: Source, lang: str) -> str:
    if not found.value:
        seen = " ".join(
            _SEEN.say(
                lang,
                document=s.document,
                article=_gap(s.article, lang),
                value=s.value,
                unit=s.unit,
                start=s.valid_from or "？",
                confidence=s.confidence,
            )
            for s in found.seen
        )
        return _MISSING.say(lang, name=found.name, place=found.place or "—", seen=seen).strip()
    dates = _DATES if found.valid_to else _SINCE
    said = dates.say(lang, a=found.valid_from, b=found.valid_to)
    if found.expires:
        said += _EXPIRES.say(lang, day=found.expires)
    return _STANDARD.say(
        lang,
        name=found.name,
        value=found.value,
        unit=found.unit,
        region=found.region,
        area=_gap(found.area, lang),
        dates=said,
        document=found.document,
        article=_gap(found.article, lang),
        checked=found.checked or "—",
        confidence=found.confidence,
        warnings=listed(found.warnings),
    ).strip()

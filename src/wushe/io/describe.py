"""The data format in words, made from the field specifications so that it cannot differ from them."""

from __future__ import annotations

from collections.abc import Sequence

from wushe.model.spec import RECORD_KINDS, Field, RecordKind
from wushe.text import Text

KIND_WORDS: dict[str, Text] = {
    "identifier": Text("编号", "identifier"),
    "text": Text("文字", "text"),
    "integer": Text("整数", "whole number"),
    "number": Text("数字", "number"),
    "money": Text("金额，单位元", "money in yuan"),
    "date": Text("日期，如 2025-09-15", "date such as 2025-09-15"),
    "instant": Text(
        "带时区的时刻，如 2020-02-01T09:59:21+08:00",
        "instant with its zone, such as 2020-02-01T09:59:21+08:00",
    ),
    "time of day": Text("一天中的时刻，如 09:30", "time of day such as 09:30"),
    "flag": Text("是 / 否", "yes / no"),
    "quantity": Text("数量，大于 0", "quantity above 0"),
    "unit": Text("单位，如 件、箱*20、小时", "unit such as piece, box*20, hour"),
    "tags": Text("多个值，分号隔开", "several values, separated by semicolons"),
    "choice": Text("选择", "choice"),
    "id number": Text("身份证号", "citizen identity number"),
    "credit code": Text("统一社会信用代码", "unified social credit code"),
    "phone": Text("电话", "phone number"),
}
_VOCABULARIES = {
    "categories": Text("需求类别（插件登记）", "need categories (from plugins)"),
    "target_groups": Text("对象类别（插件登记）", "target groups (from plugins)"),
}


def explain(field: Field) -> Text:
    """Return what goes into a cell of `field`, in a few words."""
    need = Text("必填", "required") if field.required else Text("可空", "may be empty")
    parts = [need, KIND_WORDS[field.kind.name]]
    if field.low is not None and field.high is not None:
        parts.append(Text(f"{field.low} 到 {field.high}", f"{field.low} to {field.high}"))
    elif field.low is not None:
        parts.append(Text(f"不小于 {field.low}", f"at least {field.low}"))
    choices = field.kind.labels
    if choices:
        zh = "、".join(choices.values())
        parts.append(Text(f"其中之一：{zh}", f"one of: {', '.join(choices)}"))
    if field.refs:
        zh = "、".join(RECORD_KINDS[name].zh for name in field.refs)
        parts.append(Text(f"{zh}表中的编号", f"id in {', '.join(field.refs)}"))
    if field.vocabulary is not None:
        parts.append(_VOCABULARIES[field.vocabulary])
    return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


def column_comments(kind: RecordKind) -> list[Sequence[str]]:
    """Return comment rows that stand under the Chinese headings of an empty table.

    One with the English headings, one that explains each column in Chinese and one in English.
    """
    words = [explain(field) for field in kind.fields]
    rows = [
        [field.heading for field in kind.fields],
        [word.zh for word in words],
        [word.en for word in words],
    ]
    return [[f"# {row[0]}", *row[1:]] for row in rows]


def describe_format() -> str:
    """Return the field tables of all record kinds in Markdown, Chinese and English."""
    return "\n".join(_section(kind) for kind in RECORD_KINDS.values())


def _section(kind: RecordKind) -> str:
    rows = [
        f"| `{field.heading}` | {field.zh} | {explain(field).zh} | {explain(field).en} | {field.doc} |"
        for field in kind.fields
    ]
    doc = " ".join((kind.cls.__doc__ or "").split())
    head = ["| column | 列 | 内容 | content | 说明 note |", "|---|---|---|---|---|"]
    return "\n".join([f"### {kind.zh} `{kind.name}`", "", doc, "", *head, *rows, ""])

"""Reference pages written by the library itself, so that they cannot differ from it.

A line ``<!-- generated: NAME -->`` in a page is replaced, when the documentation is built, by
what ``PARTS[NAME]()`` returns: Markdown.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import wushe
from wushe.errors import ProblemKind
from wushe.matching.check import RULES
from wushe.model.spec import RECORD_KINDS
from wushe.model.terms import REASONS
from wushe.model.units import DIMENSIONS, parse_unit
from wushe.network import RELATIONS
from wushe.plan.items import NEXT_STEP
from wushe.text import Text

MARK = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)
_CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_CHINESE = "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
_BREAK = re.compile(rf"(?<=[{_CHINESE}])\n(?=[{_CHINESE}])")
UNIT_WORDS = (
    *("piece", "个", "件", "只", "box*20", "箱*20", "盒*10", "包*6", "g", "克", "kg", "千克", "公斤", "斤"),
    *("ml", "毫升", "l", "litre", "升", "minute", "分钟", "hour", "小时", "time", "次", "人次"),
    *("fen", "分", "yuan", "元"),
)  # fmt: skip


def fill(text: str) -> str:
    """Return the page `text` with every mark replaced. Raises KeyError for an unknown name."""
    return MARK.sub(lambda found: PARTS[found[1]](), text)


def join_chinese(text: str) -> str:
    """Return the page `text` without line breaks between Chinese characters, code blocks as they are.

    A browser would show a space there, and Chinese has none.
    """
    parts = _CODE.split(text)
    return "".join(part if at % 2 else _BREAK.sub("", part) for at, part in enumerate(parts))


def problem_kinds() -> dict[str, ProblemKind]:
    """Return every kind of problem that wushe can report, by code, sorted."""
    found: dict[str, ProblemKind] = {}
    for module in _modules():
        for value in vars(module).values():
            for kind in value.values() if isinstance(value, Mapping) else (value,):
                if isinstance(kind, ProblemKind):
                    found.setdefault(kind.code, kind)
    return dict(sorted(found.items()))


def _modules() -> Iterator[Any]:
    for info in pkgutil.walk_packages(wushe.__path__, "wushe."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(heads)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _errors() -> str:
    def said(text: Text) -> str:
        # Braces are the places of parameters; as code they stay what they are.
        return re.sub(r"\{([\w!.]+)\}", r"`{\1}`", f"{text.zh}<br>{text.en}")

    rows = [
        [f"`{code}`", said(kind.what), said(kind.expected), said(kind.todo)]
        for code, kind in problem_kinds().items()
    ]
    return _table(["code", "什么不对 what", "应为 expected", "请 next step"], rows)


def _reasons() -> str:
    rows = [
        [f"`{reason}`", text.zh, text.en, f"{NEXT_STEP[reason].zh}<br>{NEXT_STEP[reason].en}"]
        for reason, text in REASONS.items()
    ]
    return _table(["reason", "原因", "why", "下一步 next"], rows)


def _rules() -> str:
    return _table(
        ["rule", "规则", "what it finds"],
        [[f"`{rule}`", text.zh, text.en] for rule, text in RULES.items()],
    )


def _categories() -> str:
    own = set(wushe.load_plugins().categories)
    rows = [
        [
            f"`{c.id}`",
            f"{c.zh}<br>{c.en}",
            f"{c.form}, {c.dimension}, {c.typical:,}",
            ", ".join(c.skills),
            ", ".join(name for name, on in (("minors", c.minors), ("refers", c.refers)) if on),
            "defaults" if c.id in own else "wuchang",
        ]
        for c in wushe.load_plugins("wuchang").categories.values()
    ]
    heads = ("id", "名称 name", "form, dimension, typical", "skills", "规则 rules", "插件 plugin")
    return _table(heads, rows)


def _groups() -> str:
    groups = wushe.load_plugins("wuchang").target_groups.values()
    return _table(["id", "中文", "English"], [[f"`{g.id}`", g.zh, g.en] for g in groups])


def _units() -> str:
    rows = []
    for word in UNIT_WORDS:
        unit = parse_unit(word)
        assert unit is not None, word
        base = DIMENSIONS[unit.dimension]
        rows.append([f"`{word}`", f"`{unit.dimension}`", f"{unit.factor:,}{base.zh} / {base.en}"])
    return _table(["写法 written", "计量 dimension", "等于 equals"], rows)


def _relations() -> str:
    rows = [[f"`{name}`", text.zh, text.en] for name, text in RELATIONS.items()]
    return _table(["relation", "关系", "reads as"], rows)


def _records() -> str:
    """List the record classes in words: their signatures would repeat every field."""
    rows = [
        [
            f"`{_home(kind.cls)}.{kind.cls.__name__}`",
            f"`{kind.name}`",
            kind.zh,
            " ".join((kind.cls.__doc__ or "").split()),
        ]
        for kind in RECORD_KINDS.values()
    ]
    return _table(["class", "table", "表", "what it is"], rows)


def _home(cls: type) -> str:
    return "wushe" if cls.__name__ in wushe.__all__ else cls.__module__


def _sensitive() -> str:
    shown = {
        "name": Text("留第一个字", "first character kept"),
        "id_number": Text("留省份两位", "two province digits kept"),
        "phone": Text("留前三位", "first three digits kept"),
        "address": Text("全遮", "hidden"),
        "free_text": Text("全遮", "hidden"),
    }
    rows = [
        [
            f"`{kind.name}`",
            f"`{field.name}`",
            field.zh,
            shown[field.sensitive].zh,
            shown[field.sensitive].en,
        ]
        for kind in RECORD_KINDS.values()
        for field in kind.fields
        if field.sensitive != "none"
    ]
    return _table(["table", "field", "列", "脱敏后", "masked"], rows)


PARTS: dict[str, Callable[[], str]] = {
    "categories": _categories,
    "errors": _errors,
    "groups": _groups,
    "reasons": _reasons,
    "records": _records,
    "relations": _relations,
    "rules": _rules,
    "sensitive": _sensitive,
    "units": _units,
}

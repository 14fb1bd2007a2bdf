"""Reference pages written by the library itself, so that they cannot differ from it.

A line ``<!-- generated: NAME -->`` in a page is replaced, when the documentation is built, by
what ``PARTS[NAME]()`` returns: Markdown.
"""

import datetime as dt
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.resources import files
from typing import Any

import wushe
from wushe.errors import ProblemKind
from wushe.journal import Domain
from wushe.matching.check.rules import RULES
from wushe.model.evidence import CONFIDENCES
from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import pack
from wushe.model.terms import REASONS
from wushe.model.units import DIMENSIONS, parse_unit
from wushe.network import RELATIONS
from wushe.plan.items import NEXT_STEP
from wushe.privacy import ROLES, role_table
from wushe.relief.events import EVENTS, MOVES, PHASES
from wushe.relief.procedure import SITUATIONS, STEP_IDS
from wushe.rules import Parameter, Policy, Relation, read_parameters
from wushe.rules.parameters import UNDECIDING
from wushe.simulate import Metric
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
        # Migrations are scripts that alembic runs; they define no names.
        if not info.name.endswith("__main__") and ".migrations" not in info.name:
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


def _package_api(package: str) -> str:
    """List what ``wushe.PACKAGE`` exports, for autodoc to describe."""
    module = importlib.import_module(f"wushe.{package}")
    lines = []
    for name in sorted(dir(module)):  # also of packages that load their names when first used
        thing = getattr(module, name)
        if name.startswith("_") or inspect.ismodule(thing):
            continue
        if inspect.isclass(thing) and issubclass(thing, Exception):
            lines.append(f".. autoexception:: {module.__name__}.{name}")
        elif inspect.isclass(thing):
            lines += [f".. autoclass:: {module.__name__}.{name}", "   :members:"]
        elif inspect.isfunction(thing):
            lines.append(f".. autofunction:: {module.__name__}.{name}")
        else:
            # A constant has the docstring of its type, which says nothing about it.
            lines += [f".. data:: {module.__name__}.{name}", "", f"   {_constant(thing)}", ""]
    return "\n".join(["```{eval-rst}", *lines, "```"])


def _constant(thing: Any) -> str:
    """Describe a constant: keys, kinds of events, what a relation or link leads to, else its fields."""
    if isinstance(thing, Domain):
        return ", ".join(f"``{name}``" for name in thing.events)
    if isinstance(thing, Mapping | tuple):
        return ", ".join(f"``{getattr(key, 'id', key)}``" for key in thing)
    if isinstance(thing, Metric):
        return f"{thing.label.zh} / {thing.label.en}"
    if hasattr(type(thing), "__attrs_attrs__"):
        rows = (
            f"{thing.parent} -> {thing.child}"
            if isinstance(thing, Relation)
            else f"{thing.source} -> {thing.target}"
        )
        return f"{thing.label.zh} / {thing.label.en} (``{rows}``)"
    if "_of" in getattr(thing, "__dict__", {}):
        return f"fields of ``{vars(thing)['_of']}`` as expressions"
    return f"``{thing!r}``"


def _assumptions() -> str:
    """List every assumption of the simulator with its default, unit and source."""
    from wushe.simulate import catalogue

    head = [
        "| 名称 / id | 中文 | English | 默认 / default | 单位 / unit | 来源 / source |",
        "|---|---|---|---|---|---|",
    ]
    rows = [
        f"| `{a.id}` | {a.label.zh} | {a.label.en} | {a.default:g} | {a.unit} | {a.source} |"
        for a in catalogue().values()
    ]
    return "\n".join([*head, *rows])


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


def _person_fields() -> str:
    """List the columns that `person_columns` takes from the fields of persons and households."""
    rows = [
        [f"`{prefix}{field.name}`", str(pack(field.kind.storage, [None]).dtype), "(n,)", field.zh]
        for kind, prefix in (("persons", ""), ("households", "household_"))
        for field in RECORD_KINDS[kind].fields
        if field.sensitive == "none" and field.name != "id"
    ]
    return _table(["column", "dtype", "shape", "列"], rows)


_CLASSES = {
    "open": Text(
        "帮扶种类和数量、组织、资源", "kinds and amounts of help, organizations, resources"
    ),
    "case": Text("有没有个案档案", "that a case file exists at all"),
    "reference": Text("指向某人的编号", "ids that lead to a person"),
    "place": Text("住在哪个社区", "the community where somebody lives"),
    "helper_name": Text("帮的人的姓名", "names of helpers"),
    "name": Text("成年人的姓名", "names of adults"),
    "minor_name": Text("未成年人的姓名，监护人", "names of minors, guardians"),
    "donor_name": Text("个人捐赠人的姓名", "names of private donors"),
    "id_number": Text("身份证号", "ID numbers"),
    "phone": Text("电话", "phones"),
    "address": Text("住址", "addresses"),
    "birth": Text("出生日期", "birth dates"),
    "particulars": Text("其他个人情况", "other particulars of a person"),
    "health": Text("健康", "health"),
    "standing": Text("特定身份、救助身份、从业查询", "specific identity, relief status, vetting"),
    "finance": Text("收入、支出、财产", "income, spending, property"),
    "free_text": Text("自由文字", "free text"),
}
_SHOWN = {"full": "●", "masked": "◐", "none": ""}


def _roles() -> str:
    """List what each role sees of each class of data."""
    rows = [
        [f"{_CLASSES[name].zh}<br>{_CLASSES[name].en}", *(_SHOWN[how] for how in row.values())]
        for name, row in role_table().items()
    ]
    return _table(["", *(f"{role.zh}<br>`{key}`" for key, role in ROLES.items())], rows)


def _confidences() -> str:
    says = {
        "hearsay": "somebody heard it",
        "stated": "the person said it",
        "seen": "the visitor saw it",
        "document": "a document shows it",
    }
    return _table(
        ["confidence", "可信度", ""],
        [[f"`{key}`", zh, says[key]] for key, zh in CONFIDENCES.items()],
    )


# --- relief ---------------------------------------------------------------------------------------

PROVINCES = {
    "000000": "全国 nation",
    "120000": "天津 Tianjin",
    "210000": "辽宁 Liaoning",
    "220000": "吉林 Jilin",
    "230000": "黑龙江 Heilongjiang",
    "320000": "江苏 Jiangsu",
    "340000": "安徽 Anhui",
    "350000": "福建 Fujian",
    "360000": "江西 Jiangxi",
    "370000": "山东 Shandong",
    "410000": "河南 Henan",
    "420000": "湖北 Hubei",
    "430000": "湖南 Hunan",
    "440000": "广东 Guangdong",
    "500000": "重庆 Chongqing",
    "530000": "云南 Yunnan",
    "620000": "甘肃 Gansu",
    "650000": "新疆 Xinjiang",
}
PLACES = {
    "321300": "宿迁", "340100": "合肥", "340300": "蚌埠", "340304": "禹会区", "340400": "淮南", "340722": "枞阳县",
    "341100": "滁州", "341200": "阜阳", "341300": "宿州（含砀山）", "341322": "萧县", "341324": "泗县",
    "341500": "六安", "341522": "霍邱县", "341600": "亳州", "341700": "池州", "341702": "贵池区", "341721": "东至县",
    "341722": "石台县", "341723": "青阳县", "341800": "宣城", "341802": "宣州区", "341881": "宁国", "341882": "广德",
    "350303": "莆田涵江区", "360100": "南昌", "370500": "东营", "371000": "威海", "371300": "临沂", "410300": "洛阳",
    "410922": "清丰县", "420100": "武汉", "420500": "宜昌", "420700": "鄂州", "421000": "荆州", "421381": "广水",
    "422800": "恩施州", "430100": "长沙", "440300": "深圳", "500231": "垫江县", "532300": "楚雄州", "620100": "兰州",
    "620300": "金昌", "620500": "天水", "620800": "平凉", "620802": "崆峒区", "650100": "乌鲁木齐",
    "652300": "昌吉州", "652722": "精河县",
}  # fmt: skip
PERIODS = {"once": "一次 once", "month": "每月 month", "year": "每年 year"}


def _cited(document: str, article: str) -> str:
    return f"{document} {article}".strip()


def _policies() -> str:
    def row(policy: Policy) -> list[str]:
        unit = {"households": "家庭 household", "persons": "人员 person"}[policy.unit]
        force = f"<br>{policy.valid_from or '…'} —" if policy.valid_from or policy.valid_to else ""
        until = f" {policy.valid_to}" if policy.valid_to else ""
        return [
            f"`{policy.id}`<br>{policy.name.zh}<br>{policy.name.en}",
            f"{_cited(policy.document, policy.article)}{force}{until}",
            f"{policy.confidence}<br>{policy.checked}",
            f"{unit}<br>{len(policy.conditions)}",
            "<br>".join(f"{a.name.zh}，{PERIODS[a.period]}" for a in policy.amounts),
        ]

    heads = (
        *("政策<br>policy", "文件、条款、施行<br>document, article, in force"),
        *(
            "可信度、核对<br>confidence, checked",
            "对象、条件数<br>unit, conditions",
            "金额<br>amounts",
        ),
    )
    return _table(heads, (row(policy) for policy in wushe.load_plugins().policies))


def _conditions() -> str:
    parts = []
    for policy in wushe.load_plugins().policies:
        rows = [
            [f"`{c.id}`", f"{c.text.zh}<br>{c.text.en}", _cited(c.document, c.article)]
            for c in policy.conditions
        ]
        table = _table(["条件 condition", "内容 says", "依据 source"], rows)
        note = f"\n\n{policy.note.zh}\n\n{policy.note.en}" if policy.note else ""
        parts.append(f"### `{policy.id}` {policy.name.zh}\n\n{table}{note}")
    return "\n\n".join(parts)


def pack_parameters() -> list[Parameter]:
    """Return the newest row of each name, region and area of the pack, by region, name and area.

    A row that may decide goes before a newer one that never does.
    """
    table = files("wushe.plugins.defaults.relief") / "parameters.csv"
    newest: dict[tuple[str, str, str], Parameter] = {}
    for one in read_parameters(table, "parameters.csv"):
        held = newest.setdefault((one.region, one.name, one.area), one)
        if _rank(one) >= _rank(held):
            newest[one.region, one.name, one.area] = one
    return [newest[key] for key in sorted(newest)]


def _rank(p: Parameter) -> tuple[bool, dt.date]:
    return _decides(p), p.valid_from or dt.date.min


def _decides(p: Parameter) -> bool:
    """Return whether the row may decide anything on some day."""
    return p.valid_from is not None and p.confidence != UNDECIDING and not p.draft and p.placed


def _parameters() -> str:
    parts = []
    rows = pack_parameters()
    for province in sorted({p.region[:2] for p in rows}):
        code = f"{province}0000"
        lines = [_parameter(p) for p in rows if p.region.startswith(province)]
        heads = ("地区 place", "参数 name", "值 value", "文件、起始日 document, from", "可信度")
        parts.append(f"### {PROVINCES.get(code, code)}\n\n{_table(heads, lines)}")
    return "\n\n".join(parts)


def _parameter(p: Parameter) -> list[str]:
    place = "" if p.region.endswith("0000") else f"{p.region} {PLACES.get(p.region, '')}"
    start = p.valid_from.isoformat() if p.valid_from else "未查到 not found"
    end = p.valid_to or p.expires
    mark = p.confidence if _decides(p) else f"{p.confidence} ✗"
    return [
        f"{place} {p.area}".strip(),
        f"`{p.name}`",
        f"{p.value.replace('<', '&lt;')} {p.unit}",
        f"{_cited(p.document, p.article)}<br>{start} —{f' {end}' if end else ''}",
        mark,
    ]


def _step_ids() -> str:
    return _table(["id", "步骤", "step"], [[f"`{k}`", t.zh, t.en] for k, t in STEP_IDS.items()])


def _situations() -> str:
    return _table(["id", "情形", "case"], [[f"`{k}`", t.zh, t.en] for k, t in SITUATIONS.items()])


def _events() -> str:
    rows = [
        [f"`{kind}`", text.zh, text.en, PHASES[to].zh if (to := MOVES[kind][1]) else ""]
        for kind, text in EVENTS.items()
    ]
    return _table(["kind", "事项", "event", "此后 phase"], rows)


PARTS: dict[str, Callable[[], str]] = {
    "casefile_api": partial(_package_api, "casefile"),
    "journal_api": partial(_package_api, "journal"),
    "orders_api": partial(_package_api, "orders"),
    "orders_volunteers_api": partial(_package_api, "orders.volunteers"),
    "orders_projects_api": partial(_package_api, "orders.projects"),
    "ledger_api": partial(_package_api, "ledger"),
    "ledger_money_api": partial(_package_api, "ledger.money"),
    "ledger_goods_api": partial(_package_api, "ledger.goods"),
    "ledger_duties_api": partial(_package_api, "ledger.duties"),
    "store_api": partial(_package_api, "store"),
    "report_disclosure_api": partial(_package_api, "report.disclosure"),
    "assumptions": _assumptions,
    "categories": _categories,
    "conditions": _conditions,
    "confidences": _confidences,
    "errors": _errors,
    "events": _events,
    "groups": _groups,
    "identify_api": partial(_package_api, "identify"),
    "parameters": _parameters,
    "person_fields": _person_fields,
    "policies": _policies,
    "reasons": _reasons,
    "records": _records,
    "relations": _relations,
    "relief_api": partial(_package_api, "relief"),
    "render_api": partial(_package_api, "render"),
    "report_api": partial(_package_api, "report"),
    "roles": _roles,
    "rules": _rules,
    "rules_api": partial(_package_api, "rules"),
    "sensitive": _sensitive,
    "simulate_api": partial(_package_api, "simulate"),
    "situations": _situations,
    "step_ids": _step_ids,
    "testing_api": partial(_package_api, "testing"),
    "units": _units,
}

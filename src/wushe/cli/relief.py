"""relief: which policies may fit whom, why, the pack's own checks, and what a reform would change."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

import click

import wushe
from wushe.cli.common import (
    EXIT_INPUT,
    WRITTEN,
    check_date,
    guarded,
    json_option,
    lang_option,
    on_option,
    plugin_option,
    said_help,
)
from wushe.identify import with_facts
from wushe.relief import (
    Assessments,
    Reform,
    assess,
    compare,
    lint_parameters,
    lint_text,
    policy_package,
    read_cases,
    report_text,
    run_cases,
)
from wushe.rules import Parameter
from wushe.text import Text

_folder = click.argument("folder", type=click.Path(path_type=Path))
_policy = click.option(
    "--policy", "policies", multiple=True, metavar="ID",
    help=said_help("只评估这项政策，可重复", "this policy only, may be repeated"),
)  # fmt: skip
_NO_UNIT = Text(
    "{unit!r} 不是家庭或人员的编号；示例：{example}",
    "{unit!r} is no household or person; ids look like {example}",
)
_NO_POLICY = Text("没有政策 {name!r}；有：{known}", "no policy {name!r}; there are: {known}")
_OPEN_ONES = Text(
    "还缺信息的政策（--policy 看详情）：", "Information is missing (--policy shows more):"
)
_BAD_SET = Text(
    "{given!r} 不合规，应为 参数@地区=值，如 dibao_std_rural_month@341321=760",
    "{given!r}: expected parameter@region=value, such as dibao_std_rural_month@341321=760",
)
_UNKNOWN_PARAMETER = Text(
    "没有参数 {name!r}；wushe relief lint 列出全部", "no parameter {name!r}; see wushe relief lint"
)


@click.group(
    help=said_help(
        "政策找人：评估、说明、规则自检、试算",
        "relief policies: assess, explain, test the rules, what-if",
    )
)
def relief() -> None:
    """Relief policies."""


def _assessed(
    folder: Path, on: str, plugins: tuple[str, ...], policies: tuple[str, ...], lang: str
) -> Assessments:
    rules = wushe.load_plugins(*plugins)
    city = wushe.read(folder, plugins=rules)
    day = check_date(on, lang)
    missing = [name for name in policies if name not in rules.policies.policies]
    if missing:
        known_ids = ", ".join(rules.policies.policies)
        said = _NO_POLICY.say(lang, name=missing[0], known=known_ids)
        raise click.BadParameter(said, param_hint="--policy")
    known = with_facts(city, _day(day))
    return assess(known, on=day, plugins=rules, policies=policies or None)


def _day(on: str) -> dt.date:
    return dt.date.fromisoformat(on)


@relief.command(
    "assess",
    help=said_help(
        "逐户逐项评估：可能符合、待补信息、可能不符合",
        "assess every household: possibly eligible, information missing, possibly not",
    ),
)
@_folder
@on_option
@_policy
@click.option(
    "--csv", "table", type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("写出逐户结果", "write the answers per household"),
)  # fmt: skip
@plugin_option
@lang_option
@json_option
@guarded
def assess_command(
    folder: Path,
    on: str,
    policies: tuple[str, ...],
    table: Path | None,
    plugins: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Print how many may be eligible for what; write the answers where asked."""
    found = _assessed(folder, on, plugins, policies, lang)
    if as_json:
        keys = ("policy", "possibly_eligible", "unknown", "possibly_not")
        rows = [dict(zip(keys, counts, strict=True)) for counts in found.counts()]
        click.echo(json.dumps({"on": on, "policies": rows}, ensure_ascii=False, indent=1))
    else:
        click.echo(found.summary(lang))
    if table is not None:
        found.to_csv(table, lang=lang)
        click.echo(WRITTEN.say(lang, path=table), err=as_json)


@relief.command(
    "explain",
    help=said_help(
        "说明一户（或一人）各项政策的结果、依据和还缺的信息",
        "why each policy answers as it does for a household or person, and what is missing",
    ),
)
@_folder
@click.argument("unit")
@on_option
@_policy
@click.option(
    "--all", "every", is_flag=True,
    help=said_help("也说明可能不符合的政策", "explain policies that possibly do not fit as well"),
)  # fmt: skip
@plugin_option
@lang_option
@json_option
@guarded
def explain_command(
    folder: Path,
    unit: str,
    on: str,
    policies: tuple[str, ...],
    every: bool,
    plugins: tuple[str, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Print the explanations of one household with its members, or of one person."""
    found = _assessed(folder, on, plugins, policies, lang)
    asked = [
        (policy, one)
        for policy, one, answer in _answers(found, unit, lang)
        if every or answer or policies
    ]
    explained = [found.explain(one, policy) for policy, one in asked]
    if as_json:
        said = [json.loads(e.to_json()) for e in explained]
        click.echo(json.dumps({"on": on, "explanations": said}, ensure_ascii=False, indent=1))
        return
    long = [e.say(lang) for e in explained if e.answer != "unknown" or policies or every]
    short = [e.brief(lang) for e in explained if e.answer == "unknown" and not (policies or every)]
    if short:
        long.append("\n".join([_OPEN_ONES.say(lang), *short]))
    click.echo("\n\n".join(long))


def _answers(found: Assessments, unit: str, lang: str) -> list[tuple[str, str, int]]:
    network = found.network
    if network["households"].row_of([unit])[0] >= 0:
        return found.of_household(unit)
    row = int(network["persons"].row_of([unit])[0])
    if row < 0:
        example = next(iter([*network["households"].ids, *network["persons"].ids]), "H-0001")
        said = _NO_UNIT.say(lang, unit=unit, example=example)
        raise click.BadParameter(said, param_hint="UNIT")
    return [
        (p.id, unit, int(found.answer(p.id)[row]))
        for p in found
        if p.unit == "persons" and found.applies(p.id)[row]
    ]


@relief.command(
    "package",
    help=said_help(
        "政策包：一户可以申请什么、材料清单、步骤和期限",
        "what one household may apply for, with papers, steps and dates",
    ),
)
@_folder
@click.argument("household")
@on_option
@click.option(
    "--accepted", metavar="YYYY-MM-DD",
    help=said_help("预计受理日期，默认为评估日", "expected day of acceptance, by default the day itself"),
)  # fmt: skip
@plugin_option
@lang_option
@guarded
def package_command(
    folder: Path,
    household: str,
    on: str,
    accepted: str | None,
    plugins: tuple[str, ...],
    lang: str,
) -> None:
    """Print the policy package of one household."""
    start = _day(check_date(accepted, lang, "--accepted")) if accepted else None
    found = _assessed(folder, on, plugins, (), lang)
    households = found.network["households"]
    if households.row_of([household])[0] < 0:
        said = _NO_UNIT.say(lang, unit=household, example=next(iter(households.ids), "H-0001"))
        raise click.BadParameter(said, param_hint="HOUSEHOLD")
    click.echo(policy_package(found, household, accepted_on=start).say(lang))


@relief.command(
    "test", help=said_help("运行政策的测试用例（YAML）", "run a policy's worked cases (YAML)")
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@plugin_option
@lang_option
@guarded
def test_command(files: tuple[Path, ...], plugins: tuple[str, ...], lang: str) -> None:
    """Run case files; exit with 1 where a case comes out differently."""
    rules = wushe.load_plugins(*plugins)
    cases = [case for file in files for case in read_cases(file)]
    report = run_cases(cases, rules.policies, rules.parameters)
    click.echo(report_text(report, lang))
    if not report.passed:
        sys.exit(EXIT_INPUT)


@relief.command(
    "lint",
    help=said_help(
        "列出过期、无来源、低可信度、未使用的参数",
        "list stale, unsourced, low-confidence and unused parameters",
    ),
)
@on_option
@plugin_option
@lang_option
@guarded
def lint_command(on: str, plugins: tuple[str, ...], lang: str) -> None:
    """Print what is to be mended in the parameters."""
    rules = wushe.load_plugins(*plugins)
    used = {name for p in rules.policies for name in rules.policies.parameters(p.id)}
    findings = lint_parameters(rules.parameters, _day(check_date(on, lang)), used)
    click.echo(lint_text(findings, lang))


@relief.command(
    "compare",
    help=said_help(
        "试算：改动参数后谁新增、谁退出、花费多少",
        "what-if: who gains, who loses and what it costs with other parameters",
    ),
)
@_folder
@on_option
@click.option(
    "--set", "changes", multiple=True, required=True, metavar="NAME@REGION=VALUE",
    help=said_help("改动的参数，值按文件单位", "a changed parameter, in the unit of the pack"),
)  # fmt: skip
@plugin_option
@lang_option
@guarded
def compare_command(
    folder: Path, on: str, changes: tuple[str, ...], plugins: tuple[str, ...], lang: str
) -> None:
    """Print what a reform of parameters would change."""
    found = _assessed(folder, on, plugins, (), lang)
    rows = tuple(_changed(found, text, lang) for text in changes)
    reform = Reform(Text("试算", "what-if"), parameters=rows)
    click.echo(compare(found, reform).summary(lang))


def _changed(found: Assessments, text: str, lang: str) -> Parameter:
    """Return the parameter row that ``name@region=value`` stands for. Raises click's usage error."""
    name, at, rest = text.partition("@")
    region, equals, value = rest.partition("=")
    if not (name and at and region and equals and value):
        raise click.BadParameter(_BAD_SET.say(lang, given=text), param_hint="--set")
    like = next((p for p in found.book.parameters if p.name == name), None)
    if like is None:
        raise click.BadParameter(_UNKNOWN_PARAMETER.say(lang, name=name), param_hint="--set")
    return Parameter(
        name=name,
        region=region,
        value=value,
        unit=like.unit,
        valid_from=found.on,
        valid_to=None,
        expires=None,
        document="试算 what-if",
        article="",
        source="",
        checked=found.on,
        confidence="A",
    )

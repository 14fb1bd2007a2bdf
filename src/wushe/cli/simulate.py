"""simulate: which rule of dispatch works, over many simulated months of a city; and what is assumed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from wushe.cli.common import WRITTEN, guarded, json_option, lang_option, plugin_option, said_help
from wushe.cli.simulated import assumptions_text, results_json, results_text
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.simulate.dispatch.policy import Policy
    from wushe.simulate.experiments.experiment import Experiment
    from wushe.simulate.experiments.results import Results
    from wushe.simulate.world.scenario import Scenario

POLICIES = ("first_come", "batch_1", "batch_7")
METRICS = (
    "response_hours", "found_share", "accepted_share", "met_share", "lapsed_share", "volunteer_hours", "equity_gini",
)  # fmt: skip
PICTURES = ("compare", "means", "spread", "course", "waits", "stocks", "map")
_ALONE = ("means", "course", "waits", "stocks", "map")
"""Pictures that one arm makes too."""
_OF_A_METRIC, _OF_ONE_ARM = ("compare", "means", "spread"), ("stocks", "map")
_NUMBERED = re.compile(r"(batch|classes)_([1-9]\d{0,2})")
_LEARNING = 2**31
"""Stream of the futures that look-ahead learns from: no replication has this number."""
_NO_SCENARIO = Text(
    "没有场景 {name!r}；可用：small、district_year、scarce，或武汉的区：{districts}",
    "there is no scenario {name!r}; expected small, district_year, scarce or a district of Wuhan: {districts}",
)
_NO_POLICY = Text(
    "没有派单办法 {name!r}；可用：first_come、greedy_nearest、batch_天数、classes_天数、look_ahead",
    "there is no policy {name!r}; expected first_come, greedy_nearest, batch_DAYS, classes_DAYS or look_ahead",
)
_NO_METRIC = Text(
    "没有指标 {name!r}；可用：{known}", "there is no metric {name!r}; there are: {known}"
)
_BAD_SETTING = Text(
    "{given!r} 不合规；应为 helping.accept=0.5 或 volunteers=500 这样的“编号=数值”",
    "{given!r} is no setting; expected ID=NUMBER such as helping.accept=0.5 or volunteers=500",
)
_BAD_VARIANT = Text(
    "{given!r} 不合规；应为 doors:visits.doors_per_worker_week=20 这样的“名称:编号=数值”，几项用逗号隔开",
    "{given!r} is no variant; expected NAME:ID=NUMBER such as doors:visits.doors_per_worker_week=20, several with commas",
)
_REFUSED = Text("不合规：{why}", "{why}")
_NO_PICTURE = Text(
    "图 {name!r} 要有两种以上办法或情形才能比较",
    "picture {name!r} compares: it takes two policies or variants",
)
_FIELDS = ("volunteers", "grid_workers", "workers", "funds", "lots", "days", "warm_up")
"""Whole numbers of a scenario that a setting may change."""

_scenario = click.argument("scenario", default="small", metavar="[SCENARIO]")
_settings = click.option(
    "--set", "settings", multiple=True, metavar="ID=NUMBER",
    help=said_help("改一项假设或数量，可重复", "another value of an assumption or a number, may be repeated"),
)  # fmt: skip


@click.group(
    help=said_help(
        "模拟：换一种做法会怎样，先在模拟的城市里试",
        "simulation: try a change of rules on a simulated city first",
    )
)
def simulate() -> None:
    """Try it first."""


@simulate.command(
    "run",
    help=said_help(
        "同一座模拟城市，几种派单办法各跑几遍，比较结果",
        "run several policies on the same simulated city and compare them",
    ),
)
@_scenario
@click.option(
    "--policy", "policies", multiple=True, default=POLICIES, show_default=True, metavar="NAME",
    help=said_help("派单办法，可重复；第一种作比较的基准", "policies, may be repeated; the first is what the others are compared with"),
)  # fmt: skip
@_settings
@click.option(
    "--variant", "variants", multiple=True, metavar="NAME:ID=NUMBER,...",
    help=said_help("再加一种情形来比较，可重复", "a further case to compare, may be repeated"),
)  # fmt: skip
@click.option(
    "--replications", "-n", type=click.IntRange(min=1), default=5, show_default=True,
    help=said_help("每种各跑几遍", "how many runs of each"),
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True,
    help=said_help("随机数种子；同一种子结果相同", "seed; the same one gives the same results"),
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True,
    help=said_help("同时用几个进程", "how many processes"),
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False),
    help=said_help("存放已跑完的部分；中断后用同一文件夹接着跑", "keeps what is done; run again with it to go on"),
)  # fmt: skip
@click.option(
    "--metric", "metrics", multiple=True, default=METRICS, metavar="NAME",
    help=said_help("看哪些指标，可重复", "which metrics to show, may be repeated"),
)  # fmt: skip
@click.option(
    "--parquet", type=click.Path(path_type=Path, file_okay=False),
    help=said_help("把全部明细表写到文件夹", "write all tables to a folder"),
)  # fmt: skip
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False),
    help=said_help("把每遍的指标写成表格", "write the metrics of every run as CSV"),
)  # fmt: skip
@click.option(
    "--pictures", type=click.Path(path_type=Path, file_okay=False),
    help=said_help("把图写到文件夹", "write pictures to a folder"),
)  # fmt: skip
@click.option(
    "--plot", "plots", multiple=True, type=click.Choice(PICTURES),
    help=said_help("写哪些图，可重复；默认都写", "which pictures, may be repeated; all if left out"),
)  # fmt: skip
@click.option(
    "--format", "ending", type=click.Choice(["svg", "png"]), default="svg", show_default=True,
    help=said_help("图的格式", "format of the pictures"),
)  # fmt: skip
@plugin_option
@lang_option
@json_option
@guarded
def run_command(
    scenario: str, policies: tuple[str, ...], settings: tuple[str, ...], variants: tuple[str, ...], replications: int,
    seed: int, workers: int, folder: Path | None, metrics: tuple[str, ...], parquet: Path | None, csv_file: Path | None,
    pictures: Path | None, plots: tuple[str, ...], ending: str, plugins: tuple[str, ...], lang: str, as_json: bool,
) -> None:  # fmt: skip
    """Simulate every policy and variant, and print what came out."""
    from wushe.simulate.experiments.experiment import Experiment

    _check_metrics(metrics, lang)
    base = _changed(_scenario_named(scenario, lang), settings, "--set", lang)
    if plugins:
        base = base.but(plugins=plugins)
    worlds = {base.name: base, **dict(_variant(base, given, lang) for given in variants)}
    rules = [_policy_named(name, base, seed, lang) for name in policies]
    experiment = _usable(
        lambda: Experiment(worlds, rules, replications=replications, seed=seed), "--policy", lang
    )
    shown = _pictures(experiment, plots, lang) if pictures is not None else ()
    results = _simulated(experiment, workers, folder, lang)
    written = _write(results, parquet, csv_file)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        for what in shown:
            picture = results.plot(what, lang=lang, **_drawn(results, what, metrics[0]))
            written.append(picture.save(pictures / f"{what}.{ending}"))
    if as_json:
        found = results_json(results, metrics) | {"written": [str(path) for path in written]}
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    click.echo(results_text(results, metrics, lang))
    for path in written:
        click.echo(WRITTEN.say(lang, path=path))


@simulate.command(
    "assumptions",
    help=said_help(
        "列出每一项假设：数值、单位、来源", "list every assumption: value, unit and source"
    ),
)
@_scenario
@_settings
@click.option(
    "--only", metavar="PREFIX",
    help=said_help("只列编号以此开头的", "only those whose id begins with this"),
)  # fmt: skip
@click.option(
    "--sourced", is_flag=True, help=said_help("只列有出处的", "only those that have a source")
)
@lang_option
@json_option
@guarded
def assumptions_command(
    scenario: str, settings: tuple[str, ...], only: str | None, sourced: bool, lang: str, as_json: bool
) -> None:  # fmt: skip
    """List assumptions."""
    from wushe.simulate.assumptions import ASSUMED

    found = _changed(_scenario_named(scenario, lang), settings, "--set", lang)
    rows = [
        row
        for row in found.assumptions()
        if row["id"].startswith(only or "") and not (sourced and row["source"] == ASSUMED)
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    click.echo(assumptions_text(rows, lang))


# --- what was asked for --------------------------------------------------------------------------


def _usable(make: Callable[[], Any], option: str, lang: str) -> Any:
    """Return what `make` makes; what the library refuses is a usage error of `option`."""
    try:
        return make()
    except (ValueError, TypeError, KeyError) as error:
        why = error.args[0] if isinstance(error, KeyError) else error
        raise click.BadParameter(_REFUSED.say(lang, why=why), param_hint=option) from error


def _scenario_named(name: str, lang: str) -> Scenario:
    """Return a ready scenario, or a year of a district of Wuhan by its name or code."""
    from wushe.simulate.dispatch.scarce import scarce_goods
    from wushe.simulate.world import ready
    from wushe.simulate.world.census import wuhan_districts

    made: dict[str, Callable[[], Scenario]] = {
        "small": ready.small,
        "district_year": ready.district_year,
        "scarce": scarce_goods,
    }
    if name in made:
        return made[name]()
    districts = {d.code: key for key, d in wuhan_districts().items()}
    key = districts.get(name, name)
    if key not in districts.values():
        known = "、".join(districts.values())
        raise click.BadParameter(
            _NO_SCENARIO.say(lang, name=name, districts=known), param_hint="SCENARIO"
        )
    return ready.wuhan_district(key)


def _policy_named(name: str, scenario: Scenario, seed: int, lang: str) -> Policy:
    """Return a ready policy; look-ahead learns from runs of `scenario` that no replication sees."""
    from wushe.simulate.dispatch import policies

    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        maker = {"batch": policies.batch, "classes": policies.urgency_classes}[numbered[1]]
        return maker(int(numbered[2]))
    if name == "look_ahead":
        return _learnt(scenario, seed, lang)
    ready = {"first_come": policies.first_come, "greedy_nearest": policies.greedy_nearest}
    if name not in ready:
        raise click.BadParameter(_NO_POLICY.say(lang, name=name), param_hint="--policy")
    return ready[name]()


def _learnt(scenario: Scenario, seed: int, lang: str) -> Policy:
    import numpy as np

    from wushe.simulate.dispatch.lookahead import look_ahead

    stream = np.random.SeedSequence(seed, spawn_key=(_LEARNING,))
    made: Policy = _usable(lambda: look_ahead(scenario, stream), "--policy", lang)
    return made


def _changed(scenario: Scenario, settings: tuple[str, ...], option: str, lang: str) -> Scenario:
    """Return the scenario with settings such as ``helping.accept=0.5`` or ``volunteers=500``."""
    changes: dict[str, float] = {}
    for given in settings:
        name, _, value = given.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = None
        if number is None or ("." not in name and name not in _FIELDS):
            raise click.BadParameter(_BAD_SETTING.say(lang, given=given), param_hint=option)
        whole = "." not in name and number.is_integer()
        changes[name] = int(number) if whole else number
    made: Scenario = _usable(lambda: scenario.but(**changes), option, lang)
    return made


def _variant(base: Scenario, given: str, lang: str) -> tuple[str, Scenario]:
    """Return the name of a variant and its scenario."""
    name, _, settings = given.partition(":")
    if not settings:
        raise click.BadParameter(_BAD_VARIANT.say(lang, given=given), param_hint="--variant")
    changed = _changed(base, tuple(settings.split(",")), "--variant", lang)
    label = Text(f"{base.label.zh}（{name}）", f"{base.label.en} ({name})")
    made = _usable(lambda: attrs.evolve(changed, name=name, label=label), "--variant", lang)
    return name, made


def _check_metrics(names: tuple[str, ...], lang: str) -> None:
    from wushe.simulate.experiments import metrics

    known = [metric.id for metric in metrics.METRICS]
    for name in names:
        if name not in known:
            message = _NO_METRIC.say(lang, name=name, known=", ".join(known))
            raise click.BadParameter(message, param_hint="--metric")


def _simulated(experiment: Experiment, workers: int, folder: Path | None, lang: str) -> Results:
    """Run the experiment; numbers that only the simulation can judge are a usage error too."""
    try:
        return experiment.run(workers=workers, folder=folder)
    except ValueError as error:
        raise click.BadParameter(_REFUSED.say(lang, why=error), param_hint="--set") from error
    except RuntimeError as error:  # a worker process ended; what to do is said
        raise click.ClickException(str(error)) from error


# --- what is written -----------------------------------------------------------------------------


def _pictures(experiment: Experiment, asked: tuple[str, ...], lang: str) -> tuple[str, ...]:
    """Return the names of the pictures to write; one that compares needs something to compare."""
    arms = len(experiment.policies) * len(experiment.scenarios)
    if arms == 1 and "compare" in asked:
        raise click.BadParameter(_NO_PICTURE.say(lang, name="compare"), param_hint="--plot")
    return asked or (PICTURES if arms > 1 else _ALONE)


def _drawn(results: Results, what: str, metric: str) -> dict[str, str]:
    """Return what a picture shows: the first of the metrics asked for, or the first policy on the city as it is."""
    if what in _OF_A_METRIC:
        return {"metric": metric}
    if what in _OF_ONE_ARM:
        experiment = results.experiment
        return {"policy": experiment.policies[0].name, "scenario": next(iter(experiment.scenarios))}
    return {}


def _write(results: Results, parquet: Path | None, csv_file: Path | None) -> list[Path]:
    """Write the tables that were asked for and return the paths."""
    written = [] if parquet is None else results.to_parquet(parquet)
    if csv_file is not None:
        columns = results.columns("runs")
        with csv_file.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
        written.append(csv_file)
    return written

"""The whole kit: one check after the other, each on what the ones before it left standing."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from wushe.errors import WusheError
from wushe.plugins.loading import Plugin, load_one
from wushe.testing.conformance import careless, signs
from wushe.testing.conformance.answering import (
    Asked,
    ask_all,
    empty,
    in_another_order,
    registers_twice,
    twice,
    untouched,
)
from wushe.testing.conformance.bounds import declarations
from wushe.testing.conformance.declared import dangling, ids, sources, terms_replaced, unlike, words
from wushe.testing.conformance.doubled import people_counted
from wushe.testing.conformance.facts import THREE_VALUED, refused_all, unknown_stays_unknown
from wushe.testing.conformance.figures import parameters
from wushe.testing.conformance.findings import Check, Conformance, Finding, found
from wushe.testing.conformance.fresh import Elsewhere, differs_elsewhere, elsewhere, left_elsewhere
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.loads import loading, not_loaded, of_loading
from wushe.testing.conformance.money import gifts_conserved, offered_once, vouched
from wushe.testing.conformance.patience import NoAnswerError, patience
from wushe.testing.conformance.surroundings import (
    Snapshot,
    clocks,
    environment,
    nobody_types,
    outside,
    privacy,
    random_numbers,
    silence,
    snapshot,
    traces,
)
from wushe.testing.conformance.whole import PAIRS, demos, plans, speed, too_slow
from wushe.testing.conformance.worlds import Worlds, worlds_of
from wushe.text import Text

QUICK_PAIRS = 2000
PATIENCE_AT_LOAD = 60.0
"""Seconds; libraries may have to be imported."""
MOST_NAMES = 4

_WHOLE = ("plan", "demo", "speed")
_LATER = Text("上面的问题改正以后再查", "once what is above is corrected")
_QUICK = Text("快速检查时不查", "left out of the quick check")

TITLES: dict[str, tuple[Text, Text]] = {
    "loads": (
        Text("能载入", "It loads"),
        Text(
            "写错的钩子名和参数名会被忽略，规则就不起作用", "a misspelled hook would never be asked"
        ),
    ),
    "answers": (
        Text("回答合规", "Its answers are usable"),
        Text(
            "事实不全、2 月 29 日也要有长度、类型和范围都对的答案",
            "facts may be unknown and it may be 29 February: length, type and range must be right",
        ),
    ),
    "empty": (
        Text("没有数据、只有一条时不出错", "Nothing is no error, nor is a single row"),
        Text(
            "新的街道一开始没有需求，也没有供给，然后各有一条",
            "a new street begins without needs and offers, and then has one of each",
        ),
    ),
    "repeatable": (
        Text("同样的问题，同样的回答", "The same question, the same answer"),
        Text(
            "计划要能重算，才能复核和申诉",
            "a plan must be computable again to be checked or appealed",
        ),
    ),
    "order": (
        Text("与数据的先后无关", "The order of rows does not matter"),
        Text(
            "谁的名字排在前面，不能决定谁先得到帮助",
            "whose row comes first must not decide who is helped",
        ),
    ),
    "untouched": (
        Text("不改动数据，不记事", "It changes and remembers nothing"),
        Text(
            "一条规则不能偷偷影响另一条", "one rule must not secretly change what another one sees"
        ),
    ),
    "declarations": (
        Text("声明的上限和分类成立", "What it declares holds"),
        Text("最优性的证明靠这些声明", "the proof of the best plan rests on it"),
    ),
    "unknown": (
        Text("未知不当作“否”", "Unknown is not taken for no"),
        Text("没有问到的事，不能成为拒绝的理由", "what nobody asked is no reason to refuse"),
    ),
    "money": (
        Text("钱和物对得上", "Money and goods are conserved"),
        Text(
            "配捐不超过余额、比例和上限，余额不供给两次，供给不替人担保",
            "pools, ratios and caps hold, nothing is offered twice, no offer vouches for anybody",
        ),
    ),
    "clock": (
        Text("不看时钟和环境变量，不抽签", "No clock, no environment, no global random numbers"),
        Text("同一天的计划，明天重算也要一样", "the plan of a day is the same when made tomorrow"),
    ),
    "privacy": (
        Text("不泄露个人信息，不往外送", "It tells nothing personal and sends nothing out"),
        Text("日志、报告和报错会被很多人看到", "many people read logs, reports and errors"),
    ),
    "sources": (
        Text("写明出处", "Sources are named"),
        Text("规则从哪份文件来，要能查到", "everybody can look up where a rule comes from"),
    ),
    "words": (
        Text("中英文齐全", "Words in both languages"),
        Text("计划和报告有两种语言", "plans and reports come in both"),
    ),
    "ids": (
        Text(
            "编号和数字规范、都有着落、不与别人相同",
            "Ids and figures are tidy, known and its own",
        ),
        Text(
            "写错的类别永远匹配不到；编号相同的两个插件不能一起用；数字写错了规则就不起作用",
            "a misspelled category never fits; two plugins with one id cannot be loaded together; a wrong figure makes a rule void",
        ),
    ),
    "traces": (
        Text("不留痕迹", "It leaves no traces"),
        Text(
            "一个城市的插件不能影响另一个城市", "one city's plugin must not change another city's"
        ),
    ),
    "plan": (
        Text("能排出计划、写出报告，复核通过", "Plans and reports can be made and stand"),
        Text("复核用的是另一套代码", "the checker is other code than the solver"),
    ),
    "demo": (
        Text("示例能读、能排、能讲", "The demo can be read, planned and told"),
        Text("别人从示例认识这个插件", "others get to know the plugin by it"),
    ),
    "speed": (
        Text("速度", "Speed"),
        Text("只作参考，慢得离谱才算问题", "a figure; only wildly slow is a finding"),
    ),
}


def check_plugin(
    plugin: str | object,
    *,
    above: Sequence[str | object] = (),
    rng_seed: int = 0,
    quick: bool = False,
) -> Conformance:
    """Return what the conformance kit finds in `plugin`: a name, a ``.py`` file or an object as for `load_plugins`.

    It is loaded with the installed plugins above it, and with those of `above`: what is not installed, such
    as a province's file. Everything is asked on small made-up cities that `rng_seed` draws, also where nothing
    is known and where there is nobody. With `quick` the other process and the demo are left out and the
    speed is a rough one. An object without a name to load it by is not asked in another process. Never
    raises for what the plugin does wrong: that is a finding.
    """
    before, printed = snapshot(), io.StringIO()
    name, version = plugin if isinstance(plugin, str) else type(plugin).__name__, "-"
    given: tuple[Plugin, ...] = ()
    loaded: Plugin | None = None
    with contextlib.redirect_stdout(printed), nobody_types():
        try:
            given = tuple(load_one(one) for one in above)
            with patience(PATIENCE_AT_LOAD):
                loaded = load_one(plugin)
                name, version = loaded.name, loaded.version
                kit = Kit.of(loaded, given)
        except (WusheError, NoAnswerError, SystemExit) as error:
            finding = not_loaded(error) if loaded is None else of_loading(loaded, error, given)
            return Conformance(name, version, (), (_check("loads", [finding]),))
    named = [one for one in (plugin, *above) if isinstance(one, str)]
    there: Elsewhere = ()
    if len(named) == 1 + len(above) and not quick:
        there = elsewhere(named, rng_seed)
    with silence(), nobody_types():
        run = _Run(kit, worlds_of(kit, rng_seed), rng_seed, quick, printed.getvalue())
        checks = run.checks(before, there)
    return Conformance(name, version, kit.hooks, tuple(checks))


def _check(
    key: str, findings: Iterable[Finding], *, used: bool = True, figure: Text | None = None
) -> Check:
    title, reason = TITLES[key]
    return Check(key, title, reason, tuple(dict.fromkeys(findings)), used, figure)


# --- everything else ---------------------------------------------------------------------------


@attrs.frozen(eq=False)
class _Run:
    """One run of the kit over one plugin."""

    kit: Kit
    worlds: Worlds
    rng_seed: int
    quick: bool
    printed: str
    """What was printed while the plugin was loaded."""

    def checks(self, before: Snapshot, there: Elsewhere) -> list[Check]:
        """Return all checks; whole plans are made only where nothing is to be corrected before."""
        kit, worlds = self.kit, self.worlds
        asked = ask_all(kit, (worlds.mixed.world, worlds.blank.world, worlds.leap.world))
        told = privacy(kit, asked, worlds.mixed.city, worlds.mixed.world)
        checks = [
            _check("loads", (*loading(kit, self.printed), *careless.never_asked(kit))),
            _check("answers", (*asked.findings, *refused_all(asked)), used=self._used(asked)),
            _check(
                "empty",
                empty(asked, worlds.nothing, worlds.mixed.world),
                used=bool(asked.working),
            ),
            *self._again(asked, there),
            _check("untouched", untouched(kit, asked, (worlds.mixed.world, worlds.nothing))),
            *self._declared(asked),
            _check(
                "clock",
                (*clocks(kit), *random_numbers(asked, worlds.mixed.world), *environment(kit)),
            ),
            _check(
                "privacy",
                (
                    *told,
                    *people_counted(asked, worlds.mixed.world),
                    *outside(kit, asked, worlds.mixed.world),
                ),
                used=self._used(asked),
            ),
            _check("sources", (*sources(kit), *parameters(kit))),
            _check("words", words(kit, asked.answers)),
            _check(
                "ids",
                (
                    *dangling(kit),
                    *terms_replaced(_answering(kit, asked), worlds.mixed.world),
                    *ids(kit),
                    *unlike(kit),
                    *careless.keywords(kit),
                    *careless.figures(kit),
                ),
            ),
        ]
        left = {*traces(before, snapshot(), kit.modules()), *left_elsewhere(there)}
        checks.append(_check("traces", [_trace(sorted(left))] if left else ()))
        if any(check.outcome == "faults" for check in checks):
            return [*checks, *(_check(key, (), used=False, figure=_LATER) for key in _WHOLE)]
        return [*checks, *self._whole()]

    def _used(self, asked: Asked) -> bool:
        return bool(asked.working or asked.findings)

    def _again(self, asked: Asked, there: Elsewhere) -> Iterable[Check]:
        """Return the checks that ask the same once more: again, elsewhere, in another order."""
        world = self.worlds.mixed.world
        unsteady = (*registers_twice(self.kit), *twice(self.kit, asked, world))
        names = frozenset(finding.where for finding in unsteady)
        other = differs_elsewhere(self.kit, asked, there) if there else ()
        away = tuple(finding for finding in other if finding.where not in names)
        yield _check("repeatable", (*unsteady, *away), used=bool(asked.working))
        rng = np.random.default_rng(self.rng_seed)
        yield _check("order", in_another_order(asked, world, rng, names), used=bool(asked.working))

    def _declared(self, asked: Asked) -> Iterable[Check]:
        """Return the checks of what rules declare, of unknown facts and of money."""
        kit, world = self.kit, self.worlds.mixed.world
        working = {ask.hook for ask in asked.working}
        fine = _answering(kit, asked)
        matching = working & {"filter_candidates", "score_candidates"}
        broken = {
            f: f for place in (world, self.worlds.blank.world) for f in declarations(fine, place)
        }
        yield _check("declarations", broken, used=bool(matching))
        unknown = working & {*THREE_VALUED, "filter_candidates"}
        yield _check("unknown", unknown_stays_unknown(asked, world), used=bool(unknown))
        findings: list[Finding] = []
        if "split_gifts" in working:
            rng = np.random.default_rng(self.rng_seed)
            findings += gifts_conserved(kit, rng, world)
        if "derive_offers" in working and world.unusable is None:
            findings += (*offered_once(kit, world), *vouched(kit, world))
        yield _check("money", findings, used=bool(working & {"split_gifts", "derive_offers"}))

    def _whole(self) -> Iterable[Check]:
        """Return the checks of the plugin at work."""
        kit = self.kit
        yield _check("plan", plans(kit, self.worlds, quick=self.quick))
        if self.quick and kit.mine("register_demos"):
            yield _check("demo", (), used=False, figure=_QUICK)
        else:
            yield _check("demo", demos(kit), used=bool(kit.mine("register_demos")))
        measured = speed(kit, self.rng_seed, QUICK_PAIRS if self.quick else PAIRS)
        if measured is None:
            yield _check("speed", (), used=False)
        else:
            yield _check("speed", too_slow(measured), figure=measured.figure())


def _answering(kit: Kit, asked: Asked) -> Kit:
    """Return the kit with those hooks only that answer at all."""
    working = {ask.hook for ask in asked.working}
    return attrs.evolve(kit, hooks=tuple(hook for hook in kit.hooks if hook in working))


def _trace(names: list[str]) -> Finding:
    return found(signs.TRACE, "load", what=", ".join(names[:MOST_NAMES]))

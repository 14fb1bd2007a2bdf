"""Plugins that are wrong on purpose, each in one way, with what the conformance kit must say of it.

`BROKEN` lists (the plugin, the code of the finding, words that its message must have).
"""

import datetime as dt
import itertools
import logging
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np

import wushe
from wushe import (
    Demo,
    FilterTerm,
    KeywordRule,
    NeedCategory,
    Offer,
    OrderGuard,
    OrderRules,
    PointRule,
    ProjectScore,
    ReportColumn,
    ReportRow,
    ReportSection,
    ReportTable,
    RiskSignal,
    ScoreTerm,
    Standard,
    StandardItem,
    Text,
    hookimpl,
)
from wushe.rules import Amount, Condition, Parameter, Policy, household_is, param

LABEL = Text("青石规则", "a rule of Qingshi")
SOURCE = "虚构，仅供测试"
_log = logging.getLogger("qingshi")


@attrs.frozen
class Broken:
    """One broken plugin: `plugin` makes it; `code`, words of the message and `where` are what the kit must find.

    `quick` is False where only the full check looks.
    """

    plugin: Callable[[], Any]
    code: str
    says: str
    where: str = ""
    quick: bool = True


def broken(name: str, doc: str = "Made up for tests; follows no document.", **hooks: Any) -> Any:
    """Return a plugin object with `hooks`; what is no function becomes a variable of the plugin."""
    held = {
        key: staticmethod(hookimpl(value)) if callable(value) else value
        for key, value in hooks.items()
    }
    return type(name, (), {**held, "name": name, "__version__": "1.0", "__doc__": doc})()


def score(values: Any, name: str = "qingshi_score") -> ScoreTerm:
    """Return a score term of these values."""
    return ScoreTerm(name, 2, np.asarray(values, dtype=float), LABEL)


def allow(pairs: Any) -> np.ndarray[Any, Any]:
    """Return that every pair is allowed."""
    return np.ones(len(pairs), dtype=bool)


def category(
    key: str = "qingshi_letters", zh: str = "代读书信", en: str = "reading letters"
) -> Any:
    """Return a hook that registers one category of service."""
    return lambda: [NeedCategory(key, zh, en, "service", "minute", 30)]


def standard(test: Any, source: str = SOURCE) -> Any:
    """Return a hook that registers a standard of one item."""
    item = StandardItem("venue", Text("有场地", "a venue"), test)
    return lambda: [Standard("qingshi_station", LABEL, (item,), "stations", source)]


def signal(test: Any) -> Any:
    """Return a hook that registers one risk signal."""
    return lambda: [RiskSignal("qingshi_signal", LABEL, test, 5, 30)]


# --- loading -----------------------------------------------------------------------------------


def misspelled_hook() -> Any:
    """The hook's name lacks a letter: it would never be asked."""
    return broken("typo", score_candidate=lambda needs, offers, pairs: score(np.ones(len(pairs))))


def wrong_argument() -> Any:
    """The hook wants an argument that there is not."""
    return broken("argument", score_candidates=lambda pairs, weather: score(np.ones(len(pairs))))


def taken_id() -> Any:
    """A built-in category is registered once more."""
    return broken("taken", register_need_categories=category("visit", "探访", "a visit"))


def nothing_marked() -> Any:
    """No function is marked as an implementation of a hook."""
    return type("Unmarked", (), {"name": "unmarked", "__doc__": SOURCE})()


# --- answers -----------------------------------------------------------------------------------


def fails_when_empty() -> Any:
    """The maximum of nothing."""
    return broken(
        "hungry", prioritise_needs=lambda needs: needs["urgency"] / needs["urgency"].max()
    )


def wrong_length() -> Any:
    """One value for each need instead of each pair."""
    return broken("short", score_candidates=lambda needs, pairs: score(np.ones(len(needs))))


def not_a_number() -> Any:
    """Distances are unknown where coordinates are."""
    return broken("far", score_candidates=_nearness)


def _nearness(needs: Any, offers: Any, pairs: Any) -> ScoreTerm:
    return score(np.exp(-wushe.pair_km(needs, offers, pairs) / 5))


def no_29_february() -> Any:
    """A year before 29 February there is no such day."""
    return broken("leap", prioritise_needs=_asked_within_a_year)


def _asked_within_a_year(needs: Any, context: Any) -> Any:
    before = context.on.replace(year=context.on.year - 1)
    return (needs["asked_on"] >= np.datetime64(before, "D")).astype(float)


def offers_nobody() -> Any:
    """An offer of a party that does not exist."""
    return broken("ghost", derive_offers=_ghost)


def _ghost() -> list[Offer]:
    return [Offer(id="Z", provider="nobody", categories=("food",), quantity=1, unit="件")]


# --- asked again -------------------------------------------------------------------------------


def draws_lots() -> Any:
    """Another generator at every call."""
    return broken("lots", prioritise_needs=lambda needs: np.random.default_rng().random(len(needs)))


def counts_its_calls() -> Any:
    """Every plan makes the next one different."""
    calls: list[int] = []

    def rising(needs: Any) -> Any:
        calls.append(1)
        return np.full(len(needs), min(len(calls) / 1000, 1.0))

    return broken("counter", prioritise_needs=rising)


def first_row_first() -> Any:
    """Whose row is first comes first."""
    return broken("queue", prioritise_needs=lambda needs: 1 / (1 + np.arange(len(needs))))


def ranks_a_batch() -> Any:
    """The best of a batch has full marks, whatever it is worth elsewhere."""
    return broken("ranking", score_candidates=_ranked)


def _ranked(offers: Any, pairs: Any) -> ScoreTerm:
    """Return how much each offer has, against the most in this batch, without the first pair's."""
    capacity = offers["capacity"][pairs.offer].astype(float)
    least = capacity[:2].max(initial=1)
    return score(np.clip(capacity / (capacity + least), 0, 1))


def writes_into_columns() -> Any:
    """It turns a column that it was given upside down."""
    return broken("writer", prioritise_needs=_doubled)


def _doubled(needs: Any) -> Any:
    needs["urgency"][:] = 3
    return needs["urgency"] / 3


def breaks_the_seal() -> Any:
    """It makes a read-only column writable first."""
    return broken("thief", filter_candidates=_unsealed)


def _unsealed(needs: Any, pairs: Any) -> FilterTerm:
    column = needs["urgency"]
    column.flags.writeable = True
    column[:1] = 3 - column[:1]
    column.flags.writeable = False
    return FilterTerm(allow(pairs), "skill")


class Diary:
    """Made up for tests: it writes down what it was asked."""

    name = "diary"
    seen: ClassVar[list[int]] = []

    @hookimpl
    def filter_candidates(self, pairs: Any) -> FilterTerm:
        """Allow all, and remember how many there were."""
        self.seen.append(len(pairs))
        return FilterTerm(allow(pairs), "skill")


# --- what it declares --------------------------------------------------------------------------


def false_bound() -> Any:
    """It says that no value is above a half."""
    return broken("bound", score_candidates=_beyond)


def _beyond(needs: Any, pairs: Any) -> ScoreTerm:
    return score(np.full(len(pairs), 0.9)).bounded(row=np.full(len(needs), 0.5))


def false_classes() -> Any:
    """It says that its answer depends on nothing, and refuses every third need."""
    return broken("classes", filter_candidates=_unclassed)


def _unclassed(needs: Any, offers: Any, pairs: Any) -> FilterTerm:
    allowed = needs["quantity"][pairs.need] % 3 != 0
    zeros = np.zeros(len(needs), dtype=int), np.zeros(len(offers), dtype=int)
    return FilterTerm(allowed, "skill", lambda: zeros)


def unknown_is_no() -> Any:
    """A station of which nobody asked has no venue."""
    return broken(
        "novenue",
        register_standards=standard(lambda rows, _: (rows["has_venue"] == 1).astype(np.int8)),
    )


def unknown_is_zero() -> Any:
    """A household that gave no income has none."""
    return broken("noincome", register_risk_signals=signal(_poor))


def _poor(persons: Any, _: Any) -> Any:
    return (persons["household_income_month_fen"] < 200_000).astype(np.int8)


def refuses_the_undated() -> Any:
    """Who did not say until when is refused."""
    return broken("undated", filter_candidates=_dated)


def _dated(needs: Any, pairs: Any) -> FilterTerm:
    return FilterTerm(~np.isnat(needs["due"])[pairs.need], "window")


# --- money -------------------------------------------------------------------------------------


def _fens(donations: Any) -> list[tuple[str, int]]:
    return list(zip(donations["id"].tolist(), donations["fen"].tolist(), strict=True))


def overdraws_pools() -> Any:
    """Every gift is doubled, whatever is left."""
    return broken("generous", split_gifts=_doubling)


def _doubling(donations: Any, pools: Any) -> list[tuple[str, str, int]]:
    return [(gift, pools["id"][0], fen) for gift, fen in _fens(donations)]


def forgets_caps() -> Any:
    """It never gives more than is left, and asks no sponsor."""
    return broken("capless", split_gifts=_capless)


def _capless(donations: Any, pools: Any) -> list[tuple[str, str, int]]:
    left = pools["left_fen"].tolist()[:1]
    out = []
    for gift, fen in _fens(donations) if left else ():
        out.append((gift, pools["id"][0], min(fen, left[0])))
        left[0] -= out[-1][2]
    return out


def matches_after_closing() -> Any:
    """One fen for everybody, at any hour."""
    return broken("late", split_gifts=_one_fen)


def _one_fen(donations: Any, pools: Any) -> list[tuple[str, str, int]]:
    rich = [p for p, left in zip(pools["id"], pools["left_fen"], strict=True) if left >= 1000]
    return [(gift, pool, 1) for pool in rich for gift in donations["id"].tolist()]


def offers_balances_twice() -> Any:
    """The built-in rules offer a fund's balance already."""
    return broken("twice", derive_offers=_balances)


def _balances(parties: Any) -> list[Offer]:
    return [
        Offer(
            id=f"{fund.id}-again",
            provider=fund.id,
            categories=("living_aid",),
            quantity=fund.balance_fen,
            unit="fen",
        )
        for fund in parties["funds"].records()
        if fund.balance_fen
    ]


# --- clocks, privacy, traces -------------------------------------------------------------------


def reads_the_clock() -> Any:
    """What is overdue depends on when one looks."""
    return broken("clock", prioritise_needs=_overdue)


def _overdue(needs: Any) -> Any:
    now = np.datetime64(dt.date.today(), "D")  # noqa: DTZ011 - the mistake
    return (needs["due"] < now).astype(float)


def measures_time() -> Any:
    """The same, in seconds."""
    return broken("ticker", prioritise_needs=lambda needs: np.full(len(needs), time.time() % 1e-9))


def global_random() -> Any:
    """It throws a die that everybody shares, and does not even use it."""
    return broken("dice", prioritise_needs=_diced)


def _diced(needs: Any) -> Any:
    random.random()
    return np.zeros(len(needs))


def logs_people() -> Any:
    """Whose order changed is written into the log."""
    return broken("chatter", after_orders_changed=_chat)


def _chat(events: Any) -> None:
    for event in events:
        _log.warning("order of %s changed: %s", event.ref, event.words)


def reports_people() -> Any:
    """A report with a row for each household."""
    section = ReportSection("qingshi_list", LABEL, _list_of_names)
    return broken("gossip", register_report_sections=lambda: [section])


def _list_of_names(network: Any, _: Any) -> list[ReportTable]:
    rows = tuple(
        ReportRow(Text(f"户{key}", f"household {key}"), (1,)) for key in network["households"].ids
    )
    column = ReportColumn(Text("户数", "households"))
    return [ReportTable("qingshi_names", LABEL, Text("家庭", "household"), (column,), rows)]


def tells_in_errors() -> Any:
    """An error that names the client."""
    return broken("blurter", prioritise_needs=_blurt)


def _blurt(needs: Any) -> Any:
    for client in needs["client"]:
        raise ValueError(f"no priority for {client}")
    return np.zeros(0)


class Patcher:
    """Made up for tests: it replaces a function of wushe while it is asked."""

    name = "patcher"

    @hookimpl
    def filter_candidates(self, pairs: Any) -> FilterTerm:
        """Allow all, and let everybody else's distances be nothing."""
        from wushe.model import pairing

        pairing.EARTH_KM = 0.0
        return FilterTerm(allow(pairs), "skill")


def writes_files() -> Any:
    """It keeps a list of its own beside the system."""
    return broken("scribe", prioritise_needs=_scribe)


def _scribe(needs: Any) -> Any:
    with Path(os.devnull).open("w", encoding="utf-8") as file:
        file.write(str(len(needs)))
    return np.zeros(len(needs))


# --- sources, words, ids -----------------------------------------------------------------------


def no_docstring() -> Any:
    """Nothing says where its rules come from."""
    return broken("nameless", "", register_need_categories=category())


def no_source() -> Any:
    """A standard of no document."""
    return broken(
        "sourceless",
        register_standards=standard(lambda rows, _: rows["has_venue"].astype(np.int8), source=" "),
    )


def no_english() -> Any:
    """Half of the words are missing."""
    return broken("mute", register_need_categories=category(en=""))


def swapped_languages() -> Any:
    """Chinese and English changed places."""
    return broken("swapped", register_need_categories=category(zh="reading letters", en="代读书信"))


def odd_id() -> Any:
    """An id that nobody can type into a table."""
    return broken("odd", register_need_categories=category("青石 Letters"))


def anothers_id() -> Any:
    """Wuchang has this category already."""
    return broken("rival", register_need_categories=category("micro_wish", "微心愿", "micro-wish"))


def unknown_category() -> Any:
    """Order rules for a category that nobody registers: they never apply."""
    return broken(
        "stray",
        register_order_rules=lambda: [OrderRules("qingshi_rules", categories=("qingshi_leters",))],
    )


# --- at work -----------------------------------------------------------------------------------


def no_demo_folder() -> Any:
    """A demo whose tables were not packed."""
    return broken("hollow", register_demos=lambda: [_demo(Path(__file__).parent / "nowhere")])


def no_such_client() -> Any:
    """The demo's story is about somebody who is not in its tables."""
    folder = Path(wushe.__file__).parent / "demos" / "dangshan"
    return broken("fable", register_demos=lambda: [_demo(folder)])


def _demo(folder: Path) -> Demo:
    return Demo("qingshi_demo", LABEL, ("dangshan",), "2025-08-05", str(folder), ("H-NOBODY",))


def one_table_twice() -> Any:
    """Two tables of a report have one id, so that one would hide the other."""
    column = ReportColumn(Text("户数", "households"))
    table = ReportTable("qingshi_table", LABEL, Text("地区", "place"), (column,), ())
    section = ReportSection("qingshi_twins", LABEL, lambda network, _: [table, table])
    return broken("twins", register_report_sections=lambda: [section])


# --- seen at a second look ---------------------------------------------------------------------


def replaces_nothing() -> Any:
    """It takes the place of a rule of a plugin that is not there."""
    letters = NeedCategory("yun_letters", "代读书信", "letters", "service", "minute", replaces=True)
    return broken("orphan", under="yun", register_need_categories=lambda: [letters])


def misnames_who_is_above() -> Any:
    """Nobody is called so: its rules would never be the more local ones."""
    return broken("stepchild", under="wuchan", register_need_categories=category())


def calls_exit() -> Any:
    """A script's habit: it ends whatever process asks it."""
    return broken("quitter", prioritise_needs=lambda needs: sys.exit("nothing to do"))


def prints() -> Any:
    """A line that was left in: the output of ``--json`` cannot be read any more."""
    return broken("talker", prioritise_needs=_talk)


def _talk(needs: Any) -> Any:
    print(f"{len(needs)} needs")  # noqa: T201 - the mistake
    return np.zeros(len(needs))


def keeps_by_identity() -> Any:
    """It keeps answers by the identity of an array, which the next array may have as well."""
    kept: dict[int, Any] = {}

    def known(needs: Any) -> Any:
        return kept.setdefault(id(needs), needs["urgency"] / 3)

    return broken("hoarder", prioritise_needs=known)


def changes_settings() -> Any:
    """A section of a report that flips a switch for everybody who is asked after it."""
    section = ReportSection("qingshi_switch", LABEL, _switched)
    return broken("switch", register_report_sections=lambda: [section])


def _switched(_: Any, context: Any) -> list[ReportTable]:
    context.settings["winter"] = True
    return []


def reads_the_environment() -> Any:
    """On every machine another weight."""
    return broken("settled", prioritise_needs=_by_environment)


def _by_environment(needs: Any) -> Any:
    return needs["urgency"] / 3 * float(os.environ.get("QINGSHI_SHARE", "1"))


def reads_files() -> Any:
    """It looks something up in a file that is none of its own."""
    return broken("reader", prioritise_needs=_read)


def _read(needs: Any) -> Any:
    words = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    return np.full(len(needs), len(words) % 2)


def guards_a_batch() -> Any:
    """A helper may take what is not above the median of whatever is asked about together."""
    guard = OrderGuard("qingshi_guard", LABEL, lambda orders, _: _below_median(orders["amount"]))
    return broken("median", register_order_rules=lambda: [OrderRules("q_rules", guards=(guard,))])


def _below_median(amount: Any) -> Any:
    return amount <= (np.median(amount) if len(amount) else 0)


def false_where_nothing_is_shared() -> Any:
    """Its bound is too low only where a need and an offer have no place in common."""
    return broken("nowhere", score_candidates=_nowhere)


def _nowhere(needs: Any, offers: Any, pairs: Any) -> ScoreTerm:
    lost = wushe.pair_level(needs, offers, pairs) < 0
    return score(np.where(lost, 0.9, 0.5)).bounded(level=np.array([0.1, *[0.5] * 6]))


def refuses_where_nobody_said_where() -> Any:
    """Who has no known place in common is refused, also where no place is known."""
    return broken("strict", filter_candidates=_known_places)


def _known_places(needs: Any, offers: Any, pairs: Any) -> FilterTerm:
    return FilterTerm(wushe.pair_level(needs, offers, pairs) >= 0, "reach")


def swapped_label() -> Any:
    """What the refused are told is Chinese in English and English in Chinese."""
    return broken("babel", filter_candidates=_labelled)


def _labelled(needs: Any, pairs: Any) -> FilterTerm:
    urgent = needs["urgency"][pairs.need] > 0
    return FilterTerm(urgent, "skill", label=Text("urgent ones first", "先急后缓"))


def replaces_no_term() -> Any:
    """A letter is missing in the name of the term that it means to take the place of."""
    return broken("misser", score_candidates=_missed)


def _missed(pairs: Any) -> ScoreTerm:
    return ScoreTerm("proximty", 2, np.ones(len(pairs)), LABEL, replaces=True)


def refuses_all() -> Any:
    """True and False changed places: whoever has the skill is refused, and here nobody lacks it."""
    return broken("upset", filter_candidates=lambda pairs: FilterTerm(~allow(pairs), "skill"))


def empties_tables() -> Any:
    """A section of a report that takes a table out of the city."""
    section = ReportSection("qingshi_broom", LABEL, _swept)
    return broken("broom", register_report_sections=lambda: [section])


def _swept(network: Any, _: Any) -> list[ReportTable]:
    network.tables["places"] = None
    return []


def numbers_offers_by_phone() -> Any:
    """The phone of a household in the id of an offer, which is printed in plans."""
    return broken("dialler", derive_offers=_by_phone)


def _by_phone(parties: Any) -> list[Offer]:
    giver = parties["organizations"].ids[:1]
    homes = [home for home in parties["households"].records() if home.phone]
    return [
        Offer(id=f"for-{home.phone}", provider=one, categories=("food",), quantity=1, unit="件")
        for one in giver
        for home in homes[:3]
    ]


def vouches_for_all() -> Any:
    """Every volunteer may work with minors, says the plugin; nobody looked them up."""
    return broken("guarantor", derive_offers=_vouched)


def _vouched(parties: Any, context: Any) -> list[Offer]:
    return [
        Offer(
            id=f"{volunteer.id}-minors",
            provider=volunteer.id,
            categories=("tutoring",),
            quantity=60,
            unit="minute",
            vetted_on=context.on,
        )
        for volunteer in parties["volunteers"].records()
    ]


def forgets_the_ratio() -> Any:
    """A pool that adds half of a gift adds all of it."""
    return broken("double", split_gifts=_all_of_it)


def _all_of_it(donations: Any, pools: Any) -> list[tuple[str, str, int]]:
    half = pools["numerator"] < pools["denominator"]
    rich = half & (pools["left_fen"] >= 1)  # the smallest gift is of one fen
    return [(donations["id"][0], pools["id"][j], 1) for j in np.flatnonzero(rich)]


def changes_the_unit() -> Any:
    """What the built-in rules give in pieces becomes money."""
    food = NeedCategory("food", "食品", "food", "money", "fen", 100, replaces=True)
    return broken("unit", register_need_categories=lambda: [food])


def registers_anew() -> Any:
    """Each time its rules are loaded they are others."""
    minutes = itertools.count(30)
    return broken(
        "mover",
        register_need_categories=lambda: [
            NeedCategory("q_letters", "代读", "letters", "service", "minute", next(minutes))
        ],
    )


def counts_people_as_things() -> Any:
    """Households by the default unit: small figures would be told to the public."""
    section = ReportSection("qingshi_homes", LABEL, _homes)
    return broken("census", register_report_sections=lambda: [section])


def _homes(network: Any, _: Any) -> list[ReportTable]:
    row = ReportRow(Text("全市", "the city"), (len(network["households"]),))
    column = ReportColumn(Text("户数", "households"))
    return [ReportTable("qingshi_homes", LABEL, Text("地区", "place"), (column,), (row,))]


def counts_people_in_words() -> Any:
    """A figure in a note is never withheld."""
    section = ReportSection("qingshi_note", LABEL, _noted)
    return broken("footnote", register_report_sections=lambda: [section])


def _noted(network: Any, _: Any) -> list[ReportTable]:
    n = len(network["persons"])
    note = Text(f"共 {n} 人，全部走访", f"all {n} were visited")
    return [ReportTable("qingshi_note", LABEL, LABEL, (), (), note=note)]


def _policy(amount: str, article: str) -> Any:
    """Return a hook that registers a policy which pays what parameter `amount` says."""
    paid = Amount("month", LABEL, param(amount), "month", SOURCE, article)
    test = Condition("dibao", LABEL, household_is("dibao"), SOURCE, "第二条")
    policy = Policy(
        id="qingshi_supplement",
        name=LABEL,
        unit="households",
        kind="living",
        conditions=(test,),
        document=SOURCE,
        confidence="A",
        checked=dt.date(2025, 9, 1),
        amounts=(paid,),
        covers=("living_aid",),
    )
    return lambda: [policy]


def _figure(*valid: tuple[dt.date | None, dt.date | None]) -> Any:
    """Return a hook that registers the parameter ``qingshi_month``, a row for each (first day, last day)."""
    figures = [
        Parameter(
            name="qingshi_month",
            value="120",
            unit="元/户·月",
            article="第三条",
            region="000000",
            valid_from=first,
            valid_to=last,
            expires=None,
            document=SOURCE,
            source=SOURCE,
            checked=dt.date(2025, 9, 1),
            confidence="A",
        )
        for first, last in valid
    ]
    return lambda: figures


def reads_no_parameter() -> Any:
    """A letter is missing in the name of the parameter: the policy can never say how much."""
    begun = _figure((dt.date(2025, 1, 1), None))
    return broken(
        "unpaid",
        register_parameters=begun,
        register_policies=_policy("qingshi_moth", "第三条"),
    )


def parameter_that_never_begins() -> Any:
    """A figure without a first day decides nothing."""
    policy = _policy("qingshi_month", "第三条")
    return broken("undecided", register_parameters=_figure((None, None)), register_policies=policy)


def names_no_article() -> Any:
    """The document is named, and nobody can find the place in it."""
    policy = _policy("qingshi_month", " ")
    begun = _figure((dt.date(2025, 1, 1), None))
    return broken("vague", register_parameters=begun, register_policies=policy)


# --- careless ----------------------------------------------------------------------------------


def ends_overlap() -> Any:
    """The old figure runs to the end of the year, the new one begins in July."""
    old, new = (dt.date(2025, 1, 1), dt.date(2025, 12, 31)), (dt.date(2025, 7, 1), None)
    policy = _policy("qingshi_month", "第三条")
    return broken("both", register_parameters=_figure(old, new), register_policies=policy)


def source_to_be_looked_up() -> Any:
    """The source says that somebody will look it up."""
    hook = standard(lambda rows, _: rows["has_venue"].astype(np.int8), source="待补：查文号")
    return broken("later", register_standards=hook)


def forgets_the_mark() -> Any:
    """A filter without ``@wushe.hookimpl`` looks like one and is never asked."""
    plugin = broken("forgetful", register_need_categories=category())
    type(plugin).filter_candidates = staticmethod(lambda pairs: FilterTerm(allow(pairs), "window"))
    return plugin


def names_a_class() -> Any:
    """The entry point names the class: nobody is there to be ``self``."""
    return Diary


def suggests_meals_to_everybody() -> Any:
    """The pattern was meant to be filled in."""
    rules = [KeywordRule("food", ".*")]
    return broken("eager", register_keyword_rules=lambda: rules)


def caps_below_nothing() -> Any:
    """-1 was meant to say: without a cap."""
    rule = PointRule("qingshi_points", LABEL, per_hour=2, daily_cap=-1)
    return broken("capped", register_point_rules=lambda: [rule])


def goes_round() -> Any:
    """An order that nobody takes goes up to the county, and down again."""
    rules = OrderRules("qingshi_rules", levels=("street", "county", "street"))
    return broken("round", register_order_rules=lambda: [rules])


def forgets_the_comma() -> Any:
    """``("food")`` is a word, not a tuple of one."""
    rules = OrderRules("qingshi_rules", categories=("food"))  # type: ignore[arg-type]
    return broken("comma", register_order_rules=lambda: [rules])


def spreads_from_least_to_most() -> Any:
    """Of one need the most is the least, and the difference nothing to divide by."""
    return broken("spread", prioritise_needs=_spread)


def _spread(needs: Any) -> Any:
    row = needs["need_row"].astype(float)
    if not len(row):
        return row
    with np.errstate(invalid="ignore"):
        return (row - row.min()) / (row.max() - row.min())


def measures_by_the_batch() -> Any:
    """The largest amount of a batch scores 1, whatever else there is."""
    return broken("relative", score_candidates=_relative)


def _relative(needs: Any, pairs: Any) -> ScoreTerm:
    amount = needs["quantity"][pairs.need].astype(float)
    return score(amount / max(amount.max(initial=1), 1))


KEPT: dict[str, float] = {}


def keeps_by_id() -> Any:
    """What was said of a need once is said of whatever has its id, in the next city too."""
    return broken("archive", kept=KEPT, prioritise_needs=_archived)


def _archived(needs: Any) -> Any:
    for key, urgency in zip(needs["id"].tolist(), needs["urgency"].tolist(), strict=True):
        KEPT.setdefault(key, max(urgency, 0) / 3)
    return np.array([KEPT[key] for key in needs["id"].tolist()])


def spoils_distances() -> Any:
    """What all plugins share about a batch is written into."""
    return broken("nowhere", score_candidates=_near_everybody)


def _near_everybody(needs: Any, offers: Any, pairs: Any) -> ScoreTerm:
    wushe.pair_km(needs, offers, pairs)
    km = pairs.memo["km"][2]
    km[np.isnan(km)] = 0
    return score(1 / (1 + km))


def refuses_unstated_amounts() -> Any:
    """Who did not say how much gets nothing."""
    return broken("exact", filter_candidates=_stated)


def _stated(needs: Any, pairs: Any) -> FilterTerm:
    return FilterTerm(needs["quantity_known"][pairs.need], "capacity")


def lists_ends_of_phones() -> Any:
    """The last six digits say whose phone it is."""
    section = ReportSection("qingshi_phones", LABEL, _ends_of_phones)
    return broken("masked", register_report_sections=lambda: [section])


def _ends_of_phones(network: Any, _: Any) -> list[ReportTable]:
    phones = [phone[-6:] for phone in network["households"]["phone"].tolist() if phone]
    rows = tuple(ReportRow(Text(f"尾号{end}", f"ends in {end}"), (1,)) for end in phones)
    return [ReportTable("q", LABEL, LABEL, (ReportColumn(LABEL, "people"),), rows)]


def lists_identity_numbers() -> Any:
    """Even as a table's id."""
    section = ReportSection("qingshi_numbers", LABEL, _by_number)
    return broken("numbered", register_report_sections=lambda: [section])


def _by_number(network: Any, _: Any) -> list[ReportTable]:
    known = [number for number in network["persons"]["id_number"].tolist() if number]
    return [ReportTable(number, LABEL, LABEL, (), ()) for number in known]


def first_row_takes_the_pool() -> Any:
    """Gifts are matched in the order of their rows, not of time."""
    return broken("queue", split_gifts=_by_row)


def _by_row(donations: Any, pools: Any) -> list[tuple[str, str, int]]:
    pool, left, found = pools["id"][0], int(pools["left_fen"][0]), []
    for key, fen in _fens(donations):
        found.append((key, pool, min(fen, left)))
        left -= min(fen, left)
    return found


def divides_by_the_budget() -> Any:
    """A project that has just begun has none."""
    return broken("cost", score_projects=_cheap)


def _cheap(projects: Any) -> ProjectScore:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = projects["spent_fen"] / projects["budget_fen"]
    return ProjectScore("qingshi_cost", 1, np.clip(share, 0, 1), LABEL)


def heads_in_one_language() -> Any:
    """The title of a table is in Chinese for both."""
    table = ReportTable("q", Text("各站情况", "各站情况"), LABEL, (), ())
    section = ReportSection("qingshi_heads", LABEL, lambda network, _: [table])
    return broken("heads", register_report_sections=lambda: [section])


def asks_whoever_runs_it() -> Any:
    """Whoever checks it would wait for ever."""
    return broken("curious", prioritise_needs=lambda needs: np.full(len(needs), float(input())))


def guards_against_everybody() -> Any:
    """True means may."""
    guard = OrderGuard("qingshi_guard", LABEL, lambda orders, _: np.zeros(len(orders), dtype=bool))
    rules = OrderRules("qingshi_rules", guards=(guard,))
    return broken("shut", register_order_rules=lambda: [rules])


def knows_two_sources() -> Any:
    """There may be more kinds of money one day, or only one."""
    turns = lambda needs: np.tile(np.array([1, 0]), (len(needs), 1))  # noqa: E731
    return broken("two", order_relief_sources=turns)


def tells_observed_events() -> Any:
    """An observer writes into what the next one is told."""
    return broken("scribbler", after_orders_changed=_scribbled)


def _scribbled(events: Any) -> None:
    for event in events:
        event.data["paid"] = True


BROKEN: tuple[Broken, ...] = (
    Broken(misspelled_hook, "unknown-hook", "nearest is score_candidates", "score_candidate"),
    Broken(wrong_argument, "unknown-argument", "weather", "score_candidates"),
    Broken(taken_id, "conflict", "'visit'"),
    Broken(nothing_marked, "not-loaded", "no function marked"),
    Broken(fails_when_empty, "fails-when-empty", "length 0", "prioritise_needs"),
    Broken(wrong_length, "bad-answer", "n_pairs", "score_candidates"),
    Broken(not_a_number, "bad-answer", "nan at position", "score_candidates"),
    Broken(no_29_february, "bad-answer", "29 February", "prioritise_needs"),
    Broken(offers_nobody, "bad-answer", "nobody", "derive_offers"),
    Broken(draws_lots, "not-repeatable", "priority", "prioritise_needs"),
    Broken(counts_its_calls, "not-repeatable", "counters", "prioritise_needs"),
    Broken(first_row_first, "order-matters", "never by row", "prioritise_needs"),
    Broken(ranks_a_batch, "order-matters", "qingshi_score", "score_candidates"),
    Broken(writes_into_columns, "changes-what-it-is-given", "read-only", "prioritise_needs"),
    Broken(breaks_the_seal, "changes-what-it-is-given", "needs", "filter_candidates"),
    Broken(Diary, "remembers", "seen", "filter_candidates"),
    Broken(false_bound, "declared-bound-broken", "above its declared bound", "score_candidates"),
    Broken(false_classes, "declared-bound-broken", "same two classes", "filter_candidates"),
    Broken(unknown_is_no, "unknown-decides", "has_venue", "qingshi_station.venue"),
    Broken(unknown_is_zero, "unknown-decides", "income_month_fen", "qingshi_signal"),
    Broken(refuses_the_undated, "unknown-refuses", "due", "filter_candidates"),
    Broken(overdraws_pools, "pool-overdrawn", "more than it has left", "split_gifts"),
    Broken(forgets_caps, "cap-broken", "fen at most", "split_gifts"),
    Broken(matches_after_closing, "pool-closed", "not open", "split_gifts"),
    Broken(offers_balances_twice, "offers-more-than-there-is", "funds-", "derive_offers"),
    Broken(reads_the_clock, "reads-the-clock", "date.today", "_overdue"),
    Broken(measures_time, "reads-the-clock", "time.time"),
    Broken(global_random, "global-random", "random", "prioritise_needs"),
    Broken(logs_people, "tells-personal-values", "logs", "after_orders_changed"),
    Broken(reports_people, "tells-personal-values", "words for people", "qingshi_list"),
    Broken(tells_in_errors, "tells-personal-values", "error messages", "prioritise_needs"),
    Broken(writes_files, "acts-outside", "open null", "prioritise_needs"),
    Broken(Patcher, "leaves-traces", "EARTH_KM"),
    Broken(no_docstring, "no-source-in-docstring", "docstring"),
    Broken(no_source, "no-source", "source", "qingshi_station"),
    Broken(no_english, "no-words", "English", "qingshi_letters"),
    Broken(swapped_languages, "wrong-language", "reading letters", "qingshi_letters"),
    Broken(odd_id, "odd-id", "青石 Letters"),
    Broken(anothers_id, "shared-id", "wuchang", "micro_wish"),
    Broken(unknown_category, "unknown-word", "qingshi_leters", "qingshi_rules"),
    Broken(no_demo_folder, "bad-demo", "nowhere", "qingshi_demo", quick=False),
    Broken(no_such_client, "no-such-story", "H-NOBODY", "qingshi_demo", quick=False),
    Broken(one_table_twice, "no-report", "qingshi_table", "city_report"),
    Broken(replaces_nothing, "replaces-nothing", "not loaded: yun", "register_need_categories"),
    Broken(misnames_who_is_above, "above-missing", "wuchan in", "under"),
    Broken(calls_exit, "bad-answer", "SystemExit", "prioritise_needs"),
    Broken(prints, "prints", "--json", "prioritise_needs"),
    Broken(keeps_by_identity, "remembers", "known.kept", "prioritise_needs"),
    Broken(changes_settings, "changes-what-it-is-given", "context", "qingshi_switch"),
    Broken(reads_the_environment, "reads-environment", "os.environ", "_by_environment"),
    Broken(reads_files, "acts-outside", "open README.md", "prioritise_needs"),
    Broken(guards_a_batch, "batch-matters", "answer", "qingshi_guard"),
    Broken(false_where_nothing_is_shared, "declared-bound-broken", "0.1", "score_candidates"),
    Broken(refuses_where_nobody_said_where, "nowhere-refuses", "a need", "filter_candidates"),
    Broken(swapped_label, "wrong-language", "urgent ones", "filter_candidates"),
    Broken(replaces_no_term, "unknown-word", "proximty", "score_candidates"),
    Broken(refuses_all, "refuses-all", "True means allowed", "filter_candidates"),
    Broken(empties_tables, "changes-what-it-is-given", "item assignment", "qingshi_broom"),
    Broken(numbers_offers_by_phone, "tells-personal-values", "words for people", "derive_offers"),
    Broken(vouches_for_all, "vouches", "not on record", "derive_offers"),
    Broken(forgets_the_ratio, "cap-broken", "numerator/denominator: 0 fen", "split_gifts"),
    Broken(changes_the_unit, "unlike-what-it-replaces", "goods", "food"),
    Broken(registers_anew, "not-repeatable", "register", "register_need_categories"),
    Broken(counts_people_as_things, "people-as-count", "households", "qingshi_homes"),
    Broken(counts_people_in_words, "people-in-words", "40 人", "qingshi_note"),
    Broken(reads_no_parameter, "no-parameter", "nearest is qingshi_month", "register_policies"),
    Broken(parameter_that_never_begins, "weak-parameter", "no start date", "register_parameters"),
    Broken(names_no_article, "no-article", "qingshi_supplement.month", "register_policies"),
    Broken(ends_overlap, "parameters-overlap", "qingshi_month", "register_parameters"),
    Broken(source_to_be_looked_up, "source-still-open", "待补", "qingshi_station"),
    Broken(forgets_the_mark, "not-marked", "never asked", "filter_candidates"),
    Broken(names_a_class, "class-not-object", "RULES = Diary()", "load"),
    Broken(suggests_meals_to_everybody, "fits-any-text", "'.*'", "food"),
    Broken(caps_below_nothing, "odd-value", "daily_cap is -1", "qingshi_points"),
    Broken(goes_round, "odd-value", "street, county, street", "qingshi_rules"),
    Broken(forgets_the_comma, "odd-value", "('food',)", "qingshi_rules"),
    Broken(spreads_from_least_to_most, "fails-with-one-row", "nan", "prioritise_needs"),
    Broken(measures_by_the_batch, "batch-matters", "qingshi_score", "score_candidates"),
    Broken(keeps_by_id, "remembers", "kept", "prioritise_needs"),
    Broken(spoils_distances, "changes-what-it-is-given", "pairs.memo", "score_candidates"),
    Broken(refuses_unstated_amounts, "unknown-refuses", "quantity", "filter_candidates"),
    Broken(lists_ends_of_phones, "tells-personal-values", "words for people", "qingshi_phones"),
    Broken(lists_identity_numbers, "tells-personal-values", "words for people", "qingshi_numbers"),
    Broken(first_row_takes_the_pool, "order-matters", "gifts", "split_gifts"),
    Broken(divides_by_the_budget, "bad-answer", "nan", "score_projects"),
    Broken(heads_in_one_language, "wrong-language", "各站情况", "qingshi_heads"),
    Broken(asks_whoever_runs_it, "bad-answer", "EOFError", "prioritise_needs"),
    Broken(guards_against_everybody, "refuses-all", "guard", "qingshi_guard"),
    Broken(knows_two_sources, "bad-answer", "n_sources", "order_relief_sources"),
    Broken(tells_observed_events, "changes-what-it-is-given", "events", "after_orders_changed"),
)

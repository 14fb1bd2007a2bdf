"""The conformance kit: it finds what is wrong, says so in words, and does not cry wolf."""

import datetime as dt
import json
import logging
import os
import re
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import wushe
from broken_plugins import BROKEN, LABEL, Broken, broken, category, logs_people, score, standard
from conftest import TIER
from wushe import (
    FilterTerm,
    NeedCategory,
    ReportColumn,
    ReportRow,
    ReportSection,
    ReportTable,
    Text,
    load_plugins,
)
from wushe.cli import main
from wushe.model import pairing
from wushe.model.storage import unknown
from wushe.orders.city_guards import helper_columns, order_columns
from wushe.plugins.loading import load_one
from wushe.plugins.manager import available
from wushe.testing.conformance import (
    Conformance,
    check_plugin,
    declared,
    patience,
    signs,
    slips,
    whole,
)
from wushe.testing.conformance.answering import Asked, ask_all
from wushe.testing.conformance.asking import asks_of
from wushe.testing.conformance.careless import never_asked
from wushe.testing.conformance.city import little_city
from wushe.testing.conformance.declared import still_open
from wushe.testing.conformance.findings import Sign
from wushe.testing.conformance.fresh import differs_elsewhere
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.surroundings import clocks, environment, snapshot, traces
from wushe.testing.conformance.whole import SLOW_SECONDS, Speed, too_slow
from wushe.testing.conformance.worlds import worlds_of

CODES = {
    sign.code
    for module in (signs, slips)
    for sign in vars(module).values()
    if isinstance(sign, Sign)
}
TRIED = list({one.code: one for one in reversed(BROKEN)}.values())[::-1][:20]
"""One plugin for each of the first sorts of finding in the tier `tests`, all of them in the others."""
ASKED = ["pingliang", "xinjiang"]
"""Built-in plugins that are checked in the tier `tests`; all of them in the others."""
if TIER != "tests":
    TRIED, ASKED = list(BROKEN), sorted(available())


@pytest.fixture(autouse=True)
def _earth() -> Iterator[None]:
    """Put back what the one plugin that replaces it has replaced."""
    radius = pairing.EARTH_KM
    yield
    pairing.EARTH_KM = radius


def sound(**more: Any) -> Any:
    """Return a plugin that keeps to everything, with more hooks or other ones."""
    hooks: dict[str, Any] = {
        "register_need_categories": category(),
        "prioritise_needs": lambda needs: needs["urgency"] / 3,
        "filter_candidates": _near,
        "score_candidates": lambda needs, pairs: score(needs["urgency"][pairs.need] / 3),
        "register_standards": standard(lambda rows, _: rows["has_venue"].astype(np.int8)),
    }
    return broken("sound", **{**hooks, **more})


def _near(needs: Any, offers: Any, pairs: Any) -> FilterTerm:
    """Volunteers stay in their own street; an unknown place is no reason to refuse."""
    volunteer = (offers["provider_kind"] == "volunteers")[pairs.offer]
    level = wushe.pair_level(needs, offers, pairs)
    placed = (needs["place_row"][pairs.need] >= 0) & (offers["place_row"][pairs.offer] >= 0)
    return FilterTerm(~volunteer | ~placed | (level >= 3), "reach")


@pytest.fixture(scope="module")
def good() -> Conformance:
    """Return the report on the sound plugin."""
    return check_plugin(sound(), quick=True)


# --- what is wrong is found --------------------------------------------------------------------


@pytest.mark.parametrize("wrong", TRIED, ids=lambda one: one.plugin.__name__)
def test_a_broken_plugin_is_found_with_the_right_message(wrong: Broken) -> None:
    """The finding has the code, names the hook or rule, says what is wrong and what to do, in both languages."""
    report = check_plugin(wrong.plugin(), quick=wrong.quick)
    hits = [f for f in report.findings if f.code == wrong.code and wrong.where in f.where]
    assert hits, [f.say("en") for f in report.findings]
    assert wrong.says in hits[0].say("en")
    for lang in ("zh", "en"):
        assert hits[0].what(lang)
        assert hits[0].todo(lang)
        assert "{" not in hits[0].say(lang).replace("{}", "")
    assert report.ok is all(finding.level == "advice" for finding in report.findings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("来源待补充", "待补充"),
        ("todo: ask the bureau", "todo"),
        ("待填", "待填"),
        ("等待补贴的家庭先办", ""),
        ("对等待填表的人", ""),
        ("待补发的津贴", ""),
        ("methodology, mastodon", ""),
    ],
)
def test_words_left_for_later_are_not_those_who_wait(text: str, said: str) -> None:
    """What somebody means to fill in is found; a rule about people who wait for money is a rule."""
    assert still_open(text) == said


def test_every_sort_of_finding_has_a_plugin_that_makes_it() -> None:
    """What no broken plugin shows is tested by itself below."""
    elsewhere = {"differs-between-processes", "no-other-process", "slow", "plan-refuted"}
    elsewhere |= {"blank-decides", "no-plan", "defined-twice", "no-answer"}
    assert CODES - {one.code for one in BROKEN} == elsewhere


def test_every_sort_of_finding_is_in_the_how_to() -> None:
    """Whoever reads a code in a report finds it on the page."""
    page = (Path(__file__).parent.parent / "docs" / "howto" / "plugin-check.md").read_text("utf-8")
    assert {code for code in CODES if f"| `{code}`" not in page} == set()


def test_a_batch_is_no_world_of_its_own() -> None:
    """A term that shares points out among the pairs of a batch answers differently about half of them."""

    def shared(pairs: Any) -> Any:
        return score(np.full(len(pairs), 100 / (100 + len(pairs))))

    report = check_plugin(sound(score_candidates=shared), quick=True)
    assert [finding.code for finding in report.findings] == ["batch-matters"]


def test_an_empty_cell_of_the_books_is_worth_a_look_only() -> None:
    """Whether a station's operator is on record at all may be asked; the kit wants to see it said."""

    def supervised(rows: Any, _: Any) -> Any:
        return (~np.isnat(rows["evaluated_on"])).astype(np.int8)

    report = check_plugin(sound(register_standards=standard(supervised)), quick=True)
    assert [(f.code, f.level) for f in report.findings] == [("blank-decides", "advice")]
    assert report.ok


def test_a_guess_from_other_facts_is_no_mistake() -> None:
    """Where an unknown flag stays unknown for some, and is presumed for others, the rule has reasons of its own."""

    def presumed(rows: Any, _: Any) -> Any:
        staffed = rows["workers"] > 0
        return np.where((rows["has_venue"] < 0) & staffed, 1, rows["has_venue"]).astype(np.int8)

    report = check_plugin(sound(register_standards=standard(presumed)), quick=True)
    assert report.check("unknown").findings == ()


def test_a_plan_that_cannot_be_made_is_told() -> None:
    """A weight that is fine by itself is too much beside the built-in ones."""

    def heavy(pairs: Any) -> wushe.ScoreTerm:
        return wushe.ScoreTerm("qingshi_heavy", 10**6, np.ones(len(pairs)), LABEL)

    report = check_plugin(sound(score_candidates=heavy), quick=True)
    assert {finding.code for finding in report.findings} == {"no-plan"}
    assert "weights" in report.findings[0].say("en")


def test_an_offer_that_is_there_already_is_told() -> None:
    """The id of an offer that the built-in rules derive is taken."""

    def again(parties: Any) -> list[wushe.Offer]:
        funds = parties["funds"].records()
        return [
            wushe.Offer(
                id=f"{f.id}:fund", provider=f.id, categories=("food",), quantity=1, unit="件"
            )
            for f in funds
        ] * 2

    report = check_plugin(sound(derive_offers=again), quick=True)
    assert {finding.where for finding in report.findings} == {"derive_offers"}
    assert "this offer id comes from both" in report.findings[0].say("en")


def test_a_label_in_one_language_is_found() -> None:
    """A plain word instead of a text would fail only when somebody asks for the reasons."""

    def plain(pairs: Any) -> wushe.ScoreTerm:
        return wushe.ScoreTerm("qingshi_plain", 1, np.ones(len(pairs)), "好")  # type: ignore[arg-type]

    report = check_plugin(sound(score_candidates=plain), quick=True)
    assert [finding.code for finding in report.findings] == ["no-words"]


def test_a_plan_that_the_checker_refutes_is_told(
    good: Conformance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the independent checker says is passed on."""
    assert good.ok
    monkeypatch.setattr(whole, "check_plan", lambda plan: ["more than there is"])
    report = check_plugin(sound(), quick=True)
    assert {finding.code for finding in report.findings} == {"plan-refuted"}
    assert "more than there is" in report.findings[0].say("en")


def test_a_process_that_fails_is_a_finding() -> None:
    """The last line of what it said is told."""
    kit, nothing = Kit.of(load_one(sound())), Asked((), {}, (), ())
    [finding] = differs_elsewhere(kit, nothing, [{"error": "ModuleNotFoundError: qingshi"}] * 2)
    assert (finding.code, "qingshi" in finding.say("zh")) == ("no-other-process", True)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs alarms of the system")
def test_a_rule_that_never_returns_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kit waits for a while, names the line, and goes on with what answers."""

    def forever(needs: Any) -> Any:
        while len(needs):
            pass

    monkeypatch.setattr(patience, "SECONDS", 0.05)
    alarm = signal.getsignal(signal.SIGALRM)
    kit = Kit.of(load_one(broken("tireless", prioritise_needs=forever)))
    asked = ask_all(kit, (worlds_of(kit, 0).mixed.world,))
    [finding] = asked.findings
    assert (finding.code, finding.where) == ("no-answer", "prioritise_needs")
    assert "test_testing_conformance.py, line" in finding.what("en")
    assert signal.getsignal(signal.SIGALRM) == alarm


@pytest.mark.parametrize(
    ("seconds", "codes"), [(SLOW_SECONDS + 1, ["slow"]), (SLOW_SECONDS - 1, [])]
)
def test_only_wildly_slow_is_a_finding(seconds: float, codes: list[str]) -> None:
    """Anything below half a minute per 100,000 pairs is a figure in the report."""
    assert [finding.code for finding in too_slow(Speed(seconds, 100))] == codes


# --- no false alarm ----------------------------------------------------------------------------


def test_a_sound_plugin_passes_every_check(good: Conformance) -> None:
    """No finding, not even an advice; what it does not use is not counted as passed."""
    assert [finding.say("en") for finding in good.findings] == []
    unused = {check.id for check in good.checks if check.outcome == "unused"}
    assert unused == {"money", "demo"}


def test_an_unusual_plugin_may_be_sound() -> None:
    """Fewer arguments, other containers, generators, nothing at all, constants worked out late: all of that is fine."""
    late: dict[str, float] = {}

    def constant(needs: Any) -> Any:
        late.setdefault("half", 0.5)
        return np.full(len(needs), late["half"], dtype=np.float32)

    def terms(needs: Any, pairs: Any) -> Iterator[wushe.ScoreTerm]:
        urgency = needs["urgency"] / 3
        yield score(urgency[pairs.need]).bounded(row=urgency)

    def matched(donations: Any, pools: Any) -> Any:
        def share(gift: Any, pools: Any) -> Any:
            return [(pool, pool.may_add(gift)) for pool in sorted(pools, key=lambda pool: pool.id)]

        return wushe.split_in_turn(donations, pools, share)

    plugin = broken(
        "unusual",
        late=late,
        prioritise_needs=constant,
        score_candidates=terms,
        split_gifts=matched,
        filter_candidates=lambda needs: [],
        derive_offers=lambda parties: (),
        register_point_rules=lambda: [wushe.PointRule("q_bank", LABEL, time_bank=True)],
        register_keyword_rules=lambda: [wushe.KeywordRule("food", "送餐|吃.{0,3}饭", "不(需|用)")],
    )
    assert [f.say("en") for f in check_plugin(plugin, quick=True).findings] == []


@pytest.mark.parametrize("name", ASKED)
def test_built_in_plugins_conform(name: str) -> None:
    """What wushe brings keeps to what it asks of others."""
    report = check_plugin(name, quick=True)
    assert [finding.say("en") for finding in report.faults] == []


def test_a_plugin_is_checked_with_those_above_it() -> None:
    """A district's plugin may replace a rule of the city that it is under; that is no clash of ids."""

    def own_wish() -> list[NeedCategory]:
        return [NeedCategory("micro_wish", "微心愿", "micro-wish", "goods", "piece", replaces=True)]

    report = check_plugin(
        broken("street", under="wuchang", register_need_categories=own_wish), quick=True
    )
    assert [finding.say("en") for finding in report.findings] == []


UNDER_A_CITY = '''"""Made up for tests: the rules of a district, which takes the place of one of its city's."""

import wushe

under = "qingzhou"


@wushe.hookimpl
def register_need_categories():
    """45 minutes instead of 30."""
    words = "代读书信", "reading letters", "service", "minute", 45
    return [wushe.NeedCategory("qingzhou_letters", *words, replaces=True)]
'''
THE_CITY = (
    UNDER_A_CITY.replace('under = "qingzhou"', "")
    .replace("45", "30")
    .replace(", replaces=True", "")
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Return the files of a district's plugin and of its city's."""
    district, city = tmp_path / "qingshi.py", tmp_path / "qingzhou.py"
    district.write_text(UNDER_A_CITY, "utf-8")
    city.write_text(THE_CITY, "utf-8")
    return str(district), str(city)


def test_who_is_above_can_be_given_as_a_file(files: tuple[str, str]) -> None:
    """Without it nothing is there to be replaced, and the message says what to do."""
    district, city = files
    [alone] = check_plugin(district, quick=True).findings
    assert (alone.code, alone.level) == ("replaces-nothing", "fault")
    assert "-p" in alone.todo("zh")
    assert "qingzhou" in alone.what("zh")
    report = check_plugin(district, above=(city,), quick=True)
    assert [finding.say("en") for finding in report.findings] == []


def test_who_cannot_be_loaded_above_is_named(files: tuple[str, str]) -> None:
    """The plugin itself gets no blame."""
    [finding] = check_plugin(files[0], above=("qingshi_nowhere",)).findings
    assert (finding.code, finding.where) == ("not-loaded", "qingshi_nowhere")


def test_a_plugin_below_that_replaces_an_id_is_no_clash(
    files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id is the upper plugin's own, also where two districts that are installed replace it."""
    district, city = (load_one(file) for file in files)
    installed = {"qingshi": district, "baishi": district, "qingzhou": city}
    monkeypatch.setattr(declared, "available", lambda: installed)
    monkeypatch.setattr(declared, "load_one", lambda name: installed[name])
    declared._owners.cache_clear()
    try:
        upper = tuple(declared.ids(Kit.of(city)))
        lower = tuple(declared.ids(Kit.of(district, (city,))))
        letters = broken("rival", register_need_categories=category("qingzhou_letters"))
        [rival] = declared.ids(Kit.of(load_one(letters)))
    finally:
        declared._owners.cache_clear()
    assert (upper, lower) == ((), ())
    assert (rival.code, "qingzhou" in rival.what("en")) == ("shared-id", True)


def test_figures_of_places_and_needs_are_no_figures_of_people() -> None:
    """A column of unit `count` may count whatever stays when everybody has a twin."""

    def figures(network: Any, _: Any) -> list[ReportTable]:
        homes = network["households"]
        settled = {place for place in homes["place"].tolist() if place is not None}
        cells = len(settled), len(network["needs"]), len(network["stations"]), len(homes)
        names = ("places", "needs", "stations")
        columns = [ReportColumn(Text("个数", name)) for name in names]
        columns.append(ReportColumn(Text("户数", "households"), "people"))
        row = ReportRow(Text("全市", "the city"), cells)
        return [ReportTable("q", LABEL, Text("地区", "place"), tuple(columns), (row,))]

    section = ReportSection("qingshi_figures", LABEL, figures)
    report = check_plugin(broken("honest", register_report_sections=lambda: [section]), quick=True)
    assert [finding.say("en") for finding in report.findings] == []


def test_an_observer_may_have_to_know_where_to_send_to() -> None:
    """An address from the environment is worth a look there, and no fault."""

    def told(events: Any) -> None:
        os.environ.get("QINGSHI_ADDRESS")

    [finding] = environment(Kit.of(load_one(broken("herald", after_orders_changed=told))))
    assert (finding.code, finding.level) == ("reads-environment", "advice")


def test_files_beside_the_plugin_are_its_own() -> None:
    """What is packed with a plugin may be read late."""

    def weighed(needs: Any) -> Any:
        return np.full(len(needs), len(Path(__file__).read_text("utf-8")) % 2)

    report = check_plugin(broken("packed", prioritise_needs=weighed), quick=True)
    assert report.check("privacy").findings == ()


def test_modules_beside_the_plugin_are_looked_at_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock in a helper's module is a clock; what the plugin does not import is somebody else's."""
    package = tmp_path / "wushe_qingshi"
    package.mkdir()
    clock = "import datetime\n\n\ndef now():\n    return datetime.date.today()\n"
    rules = '"""Made up for tests: {}."""\nimport wushe\n{}\n\n\n@wushe.hookimpl\ndef {}\n'
    hook = "prioritise_needs(needs):\n    return needs['urgency'] / 3"
    written = {
        "__init__": "",
        "helper": clock,
        "one": rules.format("a clock elsewhere", "from wushe_qingshi.helper import now", hook),
        "two": rules.format("nothing of the sort", "", hook),
    }
    for name, source in written.items():
        (package / f"{name}.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with_clock, without = (import_module(f"wushe_qingshi.{name}") for name in ("one", "two"))
    found = [[f.where for f in clocks(Kit.of(load_one(one)))] for one in (with_clock, without)]
    for name in ("wushe_qingshi", *(f"wushe_qingshi.{name}" for name in ("helper", "one", "two"))):
        sys.modules.pop(name)
    assert found == [["helper.py"], []]


RULES = '''"""Made up for tests: 青石的规则，虚构。"""

{}
from wushe import hookimpl
{}


@hookimpl{}
def {}(needs):
    """Count the day in."""
    return {}
'''


def file_with(path: Path, **parts: str) -> Kit:
    """Return the kit for a plugin file of these `parts`."""
    usual = {"first": "", "more": "", "mark": "", "name": "prioritise_needs"}
    usual |= {"answer": "needs['urgency'] / 3"}
    path.write_text(RULES.format(*{**usual, **parts}.values()), "utf-8")
    return Kit.of(load_one(str(path)))


@pytest.mark.parametrize(
    ("first", "answer", "said"),
    [
        ("from datetime import date as D", "D.today()", "date.today"),
        ("import time as t", "t.strftime('%H')", "time.strftime"),
        ("import numpy as n", "n.datetime64('today')", "datetime64('today')"),
        ("import time", "time.monotonic()", "time.monotonic"),
    ],
)
def test_a_clock_by_another_name_is_a_clock(
    tmp_path: Path, first: str, answer: str, said: str
) -> None:
    """What the names of a file stand for is followed to where they were imported from."""
    kit = file_with(tmp_path / "qingshi.py", first=first, answer=answer)
    [finding] = clocks(kit)
    assert said in finding.what("en")


def test_a_day_that_is_given_is_no_clock(tmp_path: Path) -> None:
    """To write a day down is not to ask which one it is."""
    answer = "time.strftime('%Y', needs) and dt.datetime.min"
    kit = file_with(tmp_path / "qingshi.py", first="import time, datetime as dt", answer=answer)
    assert list(clocks(kit)) == []


def test_a_hook_that_is_written_twice_is_found(tmp_path: Path) -> None:
    """Python keeps the last one only, and says nothing."""
    twice = "\n\n@hookimpl\ndef prioritise_needs(needs):\n    return needs['urgency'] / 4"
    kit = file_with(tmp_path / "qingshi.py", more=twice)
    [finding] = never_asked(kit)
    assert (finding.code, finding.where) == ("defined-twice", "prioritise_needs")


def test_a_hook_may_have_a_name_of_its_own(tmp_path: Path) -> None:
    """The mark says which hook it is; it is asked like any other."""
    path = tmp_path / "qingshi.py"
    kit = file_with(path, mark='(specname="prioritise_needs")', name="urgent_first")
    assert (kit.hooks, list(never_asked(kit))) == (("prioritise_needs",), [])
    assert [ask.where for ask in asks_of(kit)] == ["prioritise_needs"]


def test_a_file_in_another_encoding_is_read_as_python_reads_it(tmp_path: Path) -> None:
    """Old editors write Chinese in GBK; the first line says so."""
    path = tmp_path / "qingshi.py"
    file_with(path)
    path.write_bytes(b"# -*- coding: gbk -*-\n" + path.read_text("utf-8").encode("gbk"))
    kit = Kit.of(load_one(str(path)))
    assert (list(clocks(kit)), list(never_asked(kit))) == ([], [])


def test_who_breaks_a_seal_breaks_it_for_himself() -> None:
    """Every city gets tables of its own, however often the kit runs in one process."""
    one, two = (little_city(load_plugins(), 0, unknown=0.3).network["households"] for _ in "ab")
    one["name"].flags.writeable = True
    one["name"][:] = "somebody"
    assert "somebody" not in two["name"].tolist()
    again = little_city(load_plugins(), 0, unknown=0.3).network["households"]
    assert again["name"].tolist() == two["name"].tolist()


def test_identity_numbers_and_birthdays_are_planted() -> None:
    """Most persons have both, they agree, and the number is known by its end."""
    city = little_city(load_plugins(), 0, unknown=0.3)
    persons = list(city.network["persons"].records())
    numbered = [p for p in persons if p.id_number and p.birth]
    assert len(numbered) > len(persons) // 4
    for person in numbered:
        assert f"{person.birth:%Y%m%d}" in person.id_number
        assert city.told(f"*{person.id_number[-6:]}")


def test_checking_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed or logged on the way, and every module and setting is as it was."""
    before = snapshot()
    check_plugin(logs_people(), quick=True)
    assert traces(before, snapshot()) == ()
    assert capsys.readouterr() == ("", "")
    assert logging.lastResort is not None


def test_the_same_plugin_gives_the_same_report(good: Conformance) -> None:
    """But for the speed, which is measured."""
    again = check_plugin(sound(), quick=True)
    assert [c for c in again.checks if c.id != "speed"] == [
        c for c in good.checks if c.id != "speed"
    ]


# --- loading -----------------------------------------------------------------------------------


def test_a_name_that_is_not_installed_is_a_finding() -> None:
    """The kit reports; it does not raise."""
    report = check_plugin("qingshi_nowhere")
    assert [finding.code for finding in report.findings] == ["not-loaded"]
    assert "no plugin of this name" in report.findings[0].say("en")


def test_a_file_that_python_cannot_read_is_a_finding(tmp_path: Path) -> None:
    """The line is named, as Python names it."""
    path = tmp_path / "qingshi.py"
    path.write_text("def (:\n", "utf-8")
    [finding] = check_plugin(str(path)).findings
    assert "SyntaxError" in finding.say("zh")
    assert "qingshi.py" in finding.say("zh")


SET_ORDER = '''"""Made up for tests: the first word of a set decides."""

import numpy as np

from wushe import hookimpl

WORDS = {f"word{i}" for i in range(50)}


@hookimpl
def prioritise_needs(needs):
    """Every process has its own order of the words."""
    return np.full(len(needs), int(next(iter(WORDS))[4:]) / 50)
'''


@pytest.mark.skipif(TIER == "tests", reason="starts another process: tiers ci and soak")
def test_another_process_answers_the_same(tmp_path: Path) -> None:
    """What hangs on the order of a set is the same twice here, and something else elsewhere."""
    path = tmp_path / "qingshi.py"
    path.write_text(SET_ORDER, "utf-8")
    assert [f.code for f in check_plugin(str(path)).faults] == ["differs-between-processes"]
    assert check_plugin(str(path), quick=True).ok
    path.write_text(SET_ORDER.replace("iter(WORDS)", "iter(sorted(WORDS))"), "utf-8")
    assert check_plugin(str(path)).ok


@pytest.mark.skipif(TIER == "tests", reason="starts another process: tiers ci and soak")
def test_files_are_not_looked_for_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies beside the plugin is found by accident where somebody works in its folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("words", "utf-8")
    source = SET_ORDER.replace(
        '{f"word{i}" for i in range(50)}', '["word4", Path("words.txt").read_text()]'
    )
    source = source.replace("import numpy", "from pathlib import Path\n\nimport numpy")
    (tmp_path / "qingshi.py").write_text(source, "utf-8")
    [finding] = check_plugin("qingshi.py").faults
    assert (finding.code, "words.txt" in finding.what("en")) == ("no-other-process", True)


SET_SKILLS = '''"""Made up for tests: the order of a set becomes the order of the skills."""

import wushe


@wushe.hookimpl
def register_need_categories():
    """Every process has its own order of the words."""
    skills = tuple({f"skill{i}" for i in range(50)})
    return [wushe.NeedCategory("q_letters", "代读", "letters", "service", "minute", 30, skills)]
'''


@pytest.mark.skipif(TIER == "tests", reason="starts another process: tiers ci and soak")
def test_another_process_registers_the_same(tmp_path: Path) -> None:
    """What is registered is compared as well as what is answered."""
    path = tmp_path / "qingshi.py"
    path.write_text(SET_SKILLS, "utf-8")
    [finding] = check_plugin(str(path)).faults
    assert (finding.code, finding.where) == (
        "differs-between-processes",
        "register_need_categories",
    )


@pytest.mark.skipif(TIER == "tests", reason="starts another process: tiers ci and soak")
def test_another_process_is_given_who_is_above(files: tuple[str, str]) -> None:
    """The files above the plugin are loaded there too."""
    district, city = files
    done = run(district, "-p", city)
    assert done.exit_code == 0, done.output
    assert "结论：可以使用" in done.output


# --- the little city ---------------------------------------------------------------------------


def test_where_nothing_is_known_only_what_must_be_is() -> None:
    """Every optional fact of the blank city is unknown, but for whom a need is."""
    network = little_city(load_plugins(), 0, unknown=1.0).network
    assert unknown(network["persons"]["birth"]).all()
    assert unknown(network["households"]["place"]).all()
    assert unknown(network["stations"]["has_venue"]).all()
    assert unknown(network["needs"]["due"]).all()
    assert not unknown(network["needs"]["household"]).any()


def test_a_plugins_own_categories_are_asked_for() -> None:
    """Built-in needs alone would never put a city's rules to the test."""
    rules = load_plugins("pingliang")
    asked = set(little_city(rules, 0, unknown=0.3).network["needs"]["category"])
    own = {origin.id for origin in rules.origins() if origin.plugin == "pingliang"}
    assert own & set(rules.categories) <= asked


def test_guards_get_the_columns_that_they_get_at_work() -> None:
    """Whatever is told of orders and helpers is there, of the same type."""
    kit = Kit.of(load_one("tianshui"))
    world = worlds_of(kit, 0).mixed.world
    for given, real in ((world.orders, order_columns([])), (world.helpers, helper_columns([]))):
        assert {k: a.dtype for k, a in given.arrays.items()} == {
            k: a.dtype for k, a in real.arrays.items()
        }


def test_planted_words_are_seen_wherever_they_are_told() -> None:
    """Names, phones, addresses and the ids of households and persons are planted; figures are not."""
    city = little_city(load_plugins(), 0, unknown=0.0)
    household = next(city.network["households"].records())
    for value in (household.id, household.name, household.phone, household.address):
        assert city.told(f"see {value}!")
    assert city.told(f"{household.place} 20 户") == ()
    assert dt.date(2025, 9, 15).isoformat() not in city.secrets


# --- the report --------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "verdict"), [("zh", "可以使用"), ("en", "fit for use")])
def test_the_report_says_what_was_checked_and_the_verdict(
    good: Conformance, lang: str, verdict: str
) -> None:
    """One line for each check, then the count, the verdict and what the kit cannot tell."""
    said = good.say(lang)
    assert verdict in said
    assert sum(line.startswith(("✓", "–")) for line in said.splitlines()) == len(good.checks)
    assert re.search(r"\d+ (?:ms per 100,000 pairs|毫秒)", said)


def test_the_report_as_json_holds_both_languages() -> None:
    """For those who put it beside the plugin in continuous integration."""
    report = check_plugin(broken("mute", register_need_categories=category(en="")), quick=True)
    told = json.loads(report.to_json())
    [check] = [check for check in told["checks"] if check["findings"]]
    assert (told["plugin"], told["ok"], check["id"]) == ("mute", False, "words")
    assert {"zh", "en"} == set(check["findings"][0]["what"])


def test_the_report_as_a_page_is_inert(tmp_path: Path) -> None:
    """A plugin's own words, such as an odd id, are text in the page and nothing else."""
    key = "<script>alert(1)</script>"
    report = check_plugin(broken("script", register_need_categories=category(key)), quick=True)
    page = report.to_html(tmp_path / "report.html")
    assert "编号" in page
    assert key not in page
    assert (tmp_path / "report.html").read_text("utf-8") == page


def test_a_check_that_there_is_not_is_named(good: Conformance) -> None:
    """The error lists the checks."""
    with pytest.raises(KeyError, match="loads, answers"):
        good.check("beauty")


# --- the command -------------------------------------------------------------------------------


def run(*words: str) -> Any:
    """Run ``wushe plugins check``."""
    return CliRunner().invoke(main, ["plugins", "check", *words])


def test_the_command_ends_with_0_where_nothing_is_to_be_corrected() -> None:
    """In Chinese unless asked otherwise."""
    done = run("ezhou", "--quick")
    assert done.exit_code == 0, done.output
    assert "结论：可以使用" in done.output


def test_the_command_ends_with_1_where_something_is(tmp_path: Path) -> None:
    """A file as well as a name; JSON on request; the page besides."""
    path = tmp_path / "qingshi.py"
    path.write_text(
        SET_ORDER.replace('"""Made up for tests: the first word of a set decides."""', ""), "utf-8"
    )
    page = tmp_path / "report.html"
    done = run(str(path), "--quick", "--json", "--lang", "en", "--seed", "3", "--html", str(page))
    assert done.exit_code == 1
    assert json.loads(done.stdout)["ok"] is False
    assert page.exists()


def test_labels_are_in_both_languages() -> None:
    """The label that the tests use is a sound one: what they find is not about it."""
    assert LABEL.zh != LABEL.en

"""The Pingliang story runs as told: teams complete, one mentor per child, a chain that holds or waits."""

import csv
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import wushe
from wushe.demos import demo_path, find_demo

EXAMPLE = Path(__file__).parent.parent / "examples" / "pingliang.py"
FOLDER = demo_path("pingliang")
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".csv", ".json", ".md"))


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    """The example's names."""
    return runpy.run_path(str(EXAMPLE))


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """The city's rules."""
    return wushe.load_plugins("pingliang")


@pytest.fixture(scope="module")
def plan(story: dict[str, Any], rules: wushe.Plugins) -> wushe.Plan:
    """The plan that the story tells of."""
    return wushe.make_plan(story["city"](rules), plugins=rules, on=story["ON"])


def _cells(name: str, heading: str) -> list[str]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row[heading] for row in csv.DictReader(stream)]


# --- the demo's tables -------------------------------------------------------------------------


def test_the_tables_have_no_mistakes(rules: wushe.Plugins) -> None:
    """`check` has nothing to say about them."""
    assert wushe.check(FOLDER, plugins=rules) == ()


def test_the_data_package_describes_the_files_as_they_are() -> None:
    """Every table is listed, and every column of it, in order."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    listed = {r["path"]: [f["name"] for f in r["schema"]["fields"]] for r in package["resources"]}
    found = {}
    for path in FOLDER.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found[path.name] = next(csv.reader(stream))
    assert listed == found


def test_it_says_what_is_made_up_and_what_is_published() -> None:
    """README and data package, in both languages; the three published numbers stand there."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    assert package["wushe:made_up"] is True
    assert package["wushe:planning_date"] == find_demo("pingliang").on
    for text in ((FOLDER / "README.md").read_text("utf-8"), package["description"]):
        for word in ("虚构", "made up", "12", "56", "32"):
            assert word in text, word


@pytest.mark.parametrize(
    ("table", "heading"),
    [("households", "备注"), ("organizations", "名称"), ("institutions", "名称"), ("stations", "名称"), ("volunteer_teams", "名称"), ("communities", "名称")],
)  # fmt: skip
def test_every_record_that_could_be_taken_for_real_is_marked(table: str, heading: str) -> None:
    """虚构, or 示例 where the body exists somewhere but not this one."""
    assert [c for c in _cells(table, heading) if not re.search("虚构|示例", c)] == []


def test_places_below_the_township_are_samples_and_the_others_keep_their_codes() -> None:
    """Real are province, city, counties, and the three streets and townships of the report."""
    names = dict(zip(_cells("places", "编码"), _cells("places", "名称"), strict=True))
    real = {key: name for key, name in names.items() if "-" not in key}
    assert real == {
        "62": "甘肃省", "6208": "平凉市", "620802": "崆峒区", "620802001": "东关街道",
        "620821": "泾川县", "620821105": "窑店镇", "620823": "崇信县", "620823203": "木林乡",
    }  # fmt: skip
    assert all("示例" in name for key, name in names.items() if "-" in key)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_no_number_looks_like_a_person(path: Path) -> None:
    """No ID number, no phone."""
    assert re.findall(r"(?<![\d.])\d{11,}[Xx]?(?![\d.])", path.read_text("utf-8-sig")) == []


# --- the story ---------------------------------------------------------------------------------


def test_teams_are_complete_or_do_not_come(story: dict[str, Any], plan: wushe.Plan) -> None:
    """12 events, 7 classes, and 8 of 9 elders: at 15:00 a third doctor is missing."""
    count = {name: len(story["whole"](plan, name)) for name in ("mixed_event", "craft_class", "elder_health")}  # fmt: skip
    assert count == {"mixed_event": 12, "craft_class": 7, "elder_health": 8}
    (missed,) = story["reasons"](plan)
    assert missed in {"N-E07", "N-E08", "N-E09"}


def test_the_mentors_of_before_go_on(story: dict[str, Any], plan: wushe.Plan) -> None:
    """23 of 32 keep theirs; one lost it with the vetting; eight are new."""
    before, now = story["mentors"](plan)
    assert (len(before), len(now), len(set(now.values()))) == (24, 32, 32)
    assert sum(before.get(child) == mentor for child, mentor in now.items()) == 23
    assert before[story["CHILD_NEW"]] != now[story["CHILD_NEW"]]
    assert before[story["CHILD_KEPT"]] == now[story["CHILD_KEPT"]]


def test_without_one_teacher_two_classes_and_sixteen_women_wait(
    story: dict[str, Any], rules: wushe.Plugins, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody else is sent to a class without a teacher, and the story says why the women wait."""
    network = story["without"](story["city"](rules), story["TEACHER"])
    fewer = wushe.make_plan(network, plugins=rules, on=story["ON"])
    open_ = set(story["whole"](fewer, "craft_class"))
    closed = sorted(set(story["ids_of"](network, "craft_class")) - open_)
    assert (len(open_), len(closed)) == (5, 2)
    assert not any(item.need in closed for item in fewer.items)
    waiting = [
        need for need, why in story["reasons"](fewer).items() if why is wushe.REASONS["waits"]
    ]
    assert len(waiting) == 16
    story["chain"](fewer, int(closed[0][3]), "zh")
    printed = capsys.readouterr().out
    assert printed.count("前置需求尚未解决") == 8
    assert "联络学员：已安排" in printed


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("汉、回联合志愿服务活动：12个小队配齐，共12个", "23名儿童还是原来的导师", "5个小队配齐，共7个", "前置需求尚未解决")),
        ("en", ("12 teams complete of 12", "23 children keep theirs", "5 teams complete of 7", "is not served yet")),
    ],
)  # fmt: skip
def test_the_story_prints_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    """Run as a reader would."""
    run = subprocess.run(
        [sys.executable, str(EXAMPLE), "--lang", lang],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    for word in words:
        assert word in run.stdout, word

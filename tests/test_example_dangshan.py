"""The Dangshan story runs as published: first evening, next day, agent application, charity's part."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import wushe

EXAMPLE = Path(__file__).parent.parent / "examples" / "dangshan.py"


@pytest.fixture(scope="module")
def story():
    """The example's names."""
    return runpy.run_path(str(EXAMPLE))


@pytest.fixture(scope="module")
def rules():
    """The city's rules."""
    return wushe.load_plugins("dangshan")


def test_the_first_evening_shows_dibao_medical_and_education_relief(story, rules):
    """What one conversation tells is enough to see what the family may apply for."""
    found = story["assessed"](rules, story["EVENING"])
    possible = {policy for policy, _, answer in found.of_household("H-QIAN") if answer == 1}
    assert {"dibao", "medical_relief", "edu_compulsory", "temp_emergency"} <= possible
    row = int(found.network["households"].row_of(["H-QIAN"])[0])
    low, high = found.amount("dibao", "gap")
    # Suzhou's urban standard of 757 yuan for four people, less 1,800 yuan of income.
    assert low[row] == high[row] == (757 * 4 - 1800) * 100


def test_700_yuan_of_first_aid_come_at_once_from_the_mutual_aid_society(story, rules):
    """The emergency neither waits for the office nor asks charity."""
    found = story["assessed"](rules, story["EVENING"])
    linkage = wushe.link_relief(found.network, found, plugins=rules, on=story["EVENING"])
    paid = [row for row in linkage.rows() if "N-1" in row and "F-MA" in row]
    assert paid
    assert any(70_000 in row for row in paid)
    assert "N-1" not in set(linkage.residual().ids)


def test_the_agent_hands_in_and_every_date_follows(story, rules, capsys):
    """The worker's list of papers, and an application that goes from opening to payment."""
    application = story["next_day"](rules, "zh")
    printed = capsys.readouterr().out
    assert "材料清单" in printed
    assert [e.kind for e in application.events][:2] == ["opened", "agent_authorised"]
    story["follow"](application, rules, "zh")
    assert "主管部门已确认" in capsys.readouterr().out


def test_what_relief_leaves_goes_to_charity_and_into_a_plan(story, rules, capsys):
    """Nothing is asked of charity before the offices answered; then exactly the rest is."""
    evening = story["assessed"](rules, story["NEXT_DAY"])
    before = wushe.link_relief(evening.network, evening, plugins=rules, on=story["NEXT_DAY"])
    assert "N-2" not in {
        r.need for r in story["referrals"](before, evening.network, before.on).ready
    }
    after = story["charity"](rules, "zh")
    residual = after.residual()
    left = dict(zip(residual.ids, residual["quantity"], strict=True))
    assert left["N-2"] == 55_000 - 26_000
    assert "N-3" not in left  # dibao covers the living costs
    assert "医疗救助金" in capsys.readouterr().out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_story_prints_in_both_languages(lang):
    """Run as a reader would."""
    run = subprocess.run(
        [sys.executable, str(EXAMPLE), "--lang", lang], capture_output=True, text=True, check=True
    )
    assert len(run.stdout.splitlines()) > 40
    assert "H-QIAN" in run.stdout

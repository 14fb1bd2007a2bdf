"""A city's rules in a package of their own, written against the public names of wushe only.

It adds one category and one score, and plans a folder of tables under them.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import wushe


@wushe.hookimpl
def register_need_categories() -> Sequence[wushe.NeedCategory]:
    """Add the reading aloud of letters, counted in times."""
    return [
        wushe.NeedCategory(
            id="outside.letters",
            zh="代读书信",
            en="reading letters",
            form="service",
            dimension="time",
        )
    ]


@wushe.hookimpl
def score_candidates(
    needs: wushe.Columns, offers: wushe.Columns, pairs: wushe.Pairs, context: wushe.Context
) -> wushe.ScoreTerm:
    """Prefer the more urgent need, a little."""
    return wushe.ScoreTerm(name="outside.urgent", weight=1, values=needs["urgency"][pairs.need])


def make_city_plan(folder: Path, on: str) -> wushe.Plan:
    """Plan the tables in `folder` under the defaults and this city's rules."""
    rules = wushe.load_plugins(sys.modules[__name__])
    city = wushe.read(folder, plugins=rules)
    return wushe.make_plan(city, plugins=rules, on=on)


def describe(plan: wushe.Plan, household: str) -> str:
    """Return the plan's summary and one household's reasons, in Chinese."""
    summary: str = plan.summary()
    reasons: str = plan[household].explain(lang="zh")
    return f"{summary}\n{reasons}"


def mistakes_in(folder: Path) -> list[str]:
    """Return every mistake in the tables of `folder`, one line each, in Chinese."""
    try:
        wushe.read(folder)
    except wushe.InputError as error:
        return [problem.say("zh") for problem in error.problems]
    return []

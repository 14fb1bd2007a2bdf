"""Figures of activities: per project, unit (service complex) and period, exact or with honest bounds.

Sums of person-times add up; persons and households do not: who came twice is one person. Where every
participant is on a list they are counted once; where only numbers were stated, the true number lies between the
largest occasion and the sum of all. Unknown parts never count as 0: then a sum says "at least".
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import attrs

from wushe.journal import State
from wushe.orders.projects.records import Activity
from wushe.text import Text

MEASURES: dict[str, Text] = {
    "activities": Text(zh="场次", en="activities"),
    "person_times": Text(zh="人次", en="person-times"),
    "persons": Text(zh="人", en="persons"),
    "households": Text(zh="户", en="households"),
}
_LEAST = Text(zh="至少 {low}", en="at least {low}")
_BETWEEN = Text(zh="{low} 至 {high}", en="{low} to {high}")


@attrs.frozen
class Tally:
    """A number that is known to lie from `at_least` to `at_most`, None where nothing limits it."""

    at_least: int
    at_most: int | None

    @property
    def exact(self) -> int | None:
        """The number itself, None where it is not known exactly."""
        return self.at_least if self.at_least == self.at_most else None

    def say(self, lang: str = "zh") -> str:
        """Return the number, or what is known of it."""
        if self.exact is not None:
            return str(self.exact)
        if self.at_most is None:
            return _LEAST.say(lang, low=self.at_least)
        return _BETWEEN.say(lang, low=self.at_least, high=self.at_most)


@attrs.frozen
class ActivityFigures:
    """What activities came to: `activities` held, and the three figures, each apart."""

    activities: int
    person_times: Tally
    persons: Tally
    households: Tally

    def say(self, lang: str = "zh") -> str:
        """Return the four figures in one line."""
        values = attrs.asdict(self, recurse=False)
        return "，".join(
            f"{values[name].say(lang) if isinstance(values[name], Tally) else values[name]} "
            f"{label.say(lang)}"
            for name, label in MEASURES.items()
        ).replace("，", "，" if lang == "zh" else ", ")


def activity_figures(
    state: State,
    *,
    project: str | None = None,
    unit: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> ActivityFigures:
    """Return the figures of the activities of a project, a unit and a period; of all where none is given."""
    return count_activities(_held(state, project, unit, since, until))


def figures_by(
    state: State,
    by: str,
    *,
    project: str | None = None,
    unit: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Mapping[str, ActivityFigures]:
    """Return the figures by ``project``, ``unit`` or ``month``, sorted; "" stands for those without.

    Persons of two rows may be the same: only a figure over all of them says how many there are.
    Raises ValueError for another `by`.
    """
    if by not in _GROUPS:
        raise ValueError(f"by: {by!r}; expected one of {', '.join(_GROUPS)}")
    groups: dict[str, list[Activity]] = defaultdict(list)
    for activity in _held(state, project, unit, since, until):
        groups[_GROUPS[by](activity)].append(activity)
    return {key: count_activities(groups[key]) for key in sorted(groups)}


_GROUPS: Mapping[str, Callable[[Activity], str]] = {
    "project": lambda activity: activity.project or "",
    "unit": lambda activity: activity.unit or "",
    "month": lambda activity: activity.day[:7],
}
NOT_HELD = ("duplicate", "not_held")


def _held(
    state: State,
    project: str | None,
    unit: str | None,
    since: dt.date | None,
    until: dt.date | None,
) -> list[Activity]:
    keys = {name: key for name, key in (("project", project), ("unit", unit)) if key is not None}
    found: list[Activity] = state.find("activity", **keys)
    low = "" if since is None else since.isoformat()
    high = "9999-12-31" if until is None else until.isoformat()
    return [a for a in found if low <= a.day <= high and a.reason not in NOT_HELD]


def count_activities(activities: Iterable[Activity]) -> ActivityFigures:
    """Return the figures of `activities`, whoever is on several lists counted once."""
    held = tuple(activities)
    times = _person_times(held)
    persons = _persons(held)
    # Each person came at least once. Households are no such bound: who moved belongs to two.
    persons = Tally(persons.at_least, _least(persons.at_most, times.at_most))
    times = Tally(max(times.at_least, persons.at_least), times.at_most)
    return ActivityFigures(len(held), times, persons, _households(held))


def _person_times(held: tuple[Activity, ...]) -> Tally:
    least = sum(_first(a.person_times, a.persons, a.households) or 0 for a in held)
    return Tally(least, _sum(a.person_times for a in held))


def _persons(held: tuple[Activity, ...]) -> Tally:
    """Those on lists once, and the others of each activity, who may be the same each time or new."""
    listed = {person for a in held for person, _, _ in a.attendance}
    least = max((_first(a.persons, a.households) or 0 for a in held), default=0)
    others = _sum(_others(_first(a.persons, a.person_times), len(a.attendance)) for a in held)
    return Tally(max(len(listed), least), None if others is None else len(listed) + others)


def _households(held: tuple[Activity, ...]) -> Tally:
    listed = {home for a in held for _, home, _ in a.attendance if home is not None}
    least, others = 0, []
    for a in held:
        homes = {home for _, home, _ in a.attendance if home is not None}
        least = max(least, _first(a.households, len(homes)) or 0)
        if a.households is not None:
            others.append(_others(a.households, len(homes)))
        else:
            known = sum(home is not None for _, home, _ in a.attendance)
            others.append(_others(_first(a.persons, a.person_times), known))
    more = _sum(others)
    return Tally(max(len(listed), least), None if more is None else len(listed) + more)


def _others(all_of_them: int | None, listed: int) -> int | None:
    return None if all_of_them is None else all_of_them - listed


def _first(*figures: int | None) -> int | None:
    """Return the first figure that is known."""
    return next((figure for figure in figures if figure is not None), None)


def _sum(figures: Iterable[int | None]) -> int | None:
    """Return the sum, None where a part is unknown."""
    total = 0
    for figure in figures:
        if figure is None:
            return None
        total += figure
    return total


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)

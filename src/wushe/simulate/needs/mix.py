"""What sorts of need arise for whom: a table of weights, every one of them assumed.

No published figures say how often which household asks for what; the table says which sorts of need are
more usual for which group, so that groups differ and a study can ask whether its results hang on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.model.terms import NeedCategory
from wushe.plugins.manager import load_plugins
from wushe.simulate.assumptions import Assumption
from wushe.simulate.city import Population
from wushe.text import Text

ANYBODY, HARDSHIP, ELDERS, CHILDREN = "anybody", "hardship", "elders", "children"
OTHER = "mix.other"

WEIGHTS: Mapping[str, Mapping[str, float]] = {
    ANYBODY: {
        "visit": 0.3, "counselling": 0.2, "errand": 0.3, "policy_talk": 0.3, "home_repair": 0.4,
        "safety_check": 0.3, "activity_company": 0.3, "haircut": 0.1, "medical_escort": 0.2, "food": 0.1,
        "daily_goods": 0.1, "job_coaching": 0.2, "medical_aid": 0.05, "emergency_aid": 0.05,
    },
    HARDSHIP: {
        "relief_application": 1.0, "food": 1.5, "daily_goods": 1.0, "clothing": 0.5, "living_aid": 1.0,
        "medical_aid": 0.5, "emergency_aid": 0.3, "job_coaching": 0.5,
    },
    ELDERS: {
        "visit": 1.0, "home_care": 0.5, "medical_escort": 0.8, "errand": 0.6, "meal_delivery": 0.6,
        "haircut": 0.6, "safety_check": 0.4, "assistive_device": 0.2, "care_supplies": 0.2,
    },
    CHILDREN: {"tutoring": 0.6, "child_company": 0.3, "school_supplies": 0.3, "education_aid": 0.1},
    "lone_elder": {"visit": 2.0, "meal_delivery": 1.0, "medical_escort": 0.5, "safety_check": 0.5},
    "empty_nest": {"visit": 1.5, "medical_escort": 0.5, "errand": 0.5},
    "left_behind": {"visit": 1.0, "child_company": 0.5, "tutoring": 0.5},
    "disabled": {"home_care": 1.0, "assistive_device": 0.8, "care_supplies": 0.6, "medical_escort": 0.5},
    "child_in_difficulty": {"tutoring": 1.0, "child_company": 1.0, "school_supplies": 0.6, "education_aid": 0.5},
    "unattended_child": {"child_company": 1.5, "tutoring": 0.8, "counselling": 0.5, "education_aid": 0.5},
    "orphan": {"child_company": 1.0, "tutoring": 0.5, "counselling": 0.5},
    "migrant_child": {"tutoring": 1.0, "child_company": 0.5, "school_supplies": 0.3},
    "mental_illness": {"counselling": 2.0, "visit": 1.0, "home_care": 0.5},
    "serious_illness": {"medical_aid": 1.5, "home_care": 0.8, "medical_escort": 0.8, "care_supplies": 0.6},
    "low_income": {"food": 0.5, "living_aid": 0.5, "relief_application": 0.5},
    "dibao": {"food": 0.5, "daily_goods": 0.5, "living_aid": 0.3},
    "tekun": {"visit": 1.5, "home_care": 1.0, "daily_goods": 0.5},
    "new_employment": {"policy_talk": 0.5, "job_coaching": 0.5, "child_company": 0.3},
    "carer": {"counselling": 1.0, "home_care": 1.0, "activity_company": 0.3},
}  # fmt: skip
"""Weight of each category (columns) for households of each sort (rows); the rows that apply add up."""


def _names() -> dict[str, Text]:
    """Return what rows and columns of the table are called."""
    known = load_plugins()
    categories = {c.id: Text(c.zh, c.en) for c in known.categories.values()}
    groups = {g.id: Text(g.zh, g.en) for g in known.target_groups.values()}
    return (
        categories
        | groups
        | {
            ANYBODY: Text("每一户", "every household"),
            HARDSHIP: Text("困难家庭", "households in hardship"),
            ELDERS: Text("有老人的家庭", "households with elders"),
            CHILDREN: Text("有孩子的家庭", "households with children"),
        }
    )


def _assumed() -> tuple[Assumption, ...]:
    named = _names()
    rows = [
        Assumption(
            f"mix.{who}.{what}", weight, "weight",
            Text(f"{named[who].zh}的“{named[what].zh}”需求的权重", f"weight of {named[what].en}, {named[who].en}"),
        )
        for who, weights in WEIGHTS.items()
        for what, weight in weights.items()
    ]  # fmt: skip
    other = Assumption(
        OTHER, 0.1, "weight", Text("表中没有的需求类别，对每户的权重", "weight of a category that the table lacks, for every household")
    )  # fmt: skip
    return (*rows, other)


ASSUMPTIONS = _assumed()


@attrs.frozen(eq=False)
class Mix:
    """Shares of the categories: `kind` int64 (n_households,), `share` float (n_kinds, n_categories), rows add up to 1."""

    kind: Array
    share: Array


def mixed(
    people: Population,
    categories: tuple[str, ...],
    registered: Mapping[str, NeedCategory],
    value: Callable[[str], float],
) -> Mix:
    """Return the mix of each household: households of the same groups are of one kind.

    `value` gives an assumption's value. Team needs (categories with roles) do not arise: the columns carry
    orders with one helper each, and half a team is none. Work with minors arises only where there are children, or a
    group of children is named. Raises ValueError where no category has a weight for some household.
    """
    traits = np.column_stack([people.hardship, people.elders > 0, people.children > 0])
    bits = people.groups.astype(np.int64) | (traits @ (1 << np.arange(32, 35)))
    kinds, kind = np.unique(bits, return_inverse=True)
    known = (HARDSHIP, ELDERS, CHILDREN)
    weight = np.zeros((len(kinds), len(categories)))
    rows = {who: (kinds >> (32 + i)) & 1 == 1 for i, who in enumerate(known)}
    rows |= {who: (kinds >> i) & 1 == 1 for i, who in enumerate(people.group_ids)}
    rows[ANYBODY] = np.ones(len(kinds), dtype=bool)
    named = {what for weights in WEIGHTS.values() for what in weights}
    for column, category in enumerate(categories):
        if category not in named and not registered[category].roles:
            weight[:, column] = value(OTHER)
        for who in rows:
            if category in WEIGHTS.get(who, {}):
                weight[rows[who], column] += value(f"mix.{who}.{category}")
        if registered[category].minors:
            weight[~rows[CHILDREN], column] *= 0
    total = weight.sum(axis=1, keepdims=True)
    if (total <= 0).any():
        raise ValueError(
            "the mix of needs has weight 0 in every category for some households; give mix.anybody.* a weight"
        )
    return Mix(kind.reshape(-1), weight / total)

"""Ezhou in an emergency: a plugin under ``ezhou`` that is loaded with it while the emergency lasts.

``wushe plan FOLDER -p ezhou -p ezhou_emergency.py``, or ``wushe.load_plugins("ezhou", ezhou_emergency)``.

Published: in emergencies the charity federation receives and passes on gifts on the city leaders' written
instruction (2020: 270 million yuan). Which needs come first and how long anybody has to answer is assumed.
Without this plugin everything is as before: nothing has to be switched back.
"""

import numpy as np

from wushe import Columns, OrderRules, hookimpl

name = "ezhou_emergency"
under = "ezhou"
FIRST = ("disinfectant", "antigen_test", "emergency_aid", "food")
"""What comes before everything else (assumed)."""


@hookimpl
def prioritise_needs(needs: Columns) -> np.ndarray:
    """Protective goods, emergency aid and food before all other needs; the more urgent first within both."""
    first = np.isin(needs["category"].astype(str), FIRST)
    return first * 0.5 + needs["urgency"] / 3 * 0.4


@hookimpl
def register_order_rules() -> list[OrderRules]:
    """A quarter of an hour for an emergency, three asked at once, and from the street straight to the city."""
    return [
        OrderRules(
            "ezhou",
            answer_minutes={"emergency": 15, "urgent": 60, "normal": 480, "low": 1440},
            asked_at_once=3,
            rounds=1,
            levels=("street", "city"),
            replaces=True,
        )
    ]

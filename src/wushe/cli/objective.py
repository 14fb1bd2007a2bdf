"""The options that declare what a plan is to achieve: which needs first, fairness between whom."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from wushe.cli.common import F, said_help
from wushe.matching.fair.fairness import KINDS
from wushe.matching.objective import BETWEEN, Fairness, Objective
from wushe.model.help import URGENCIES
from wushe.text import Text

_OPTIONS = (
    click.option(
        "--first",
        multiple=True,
        type=click.Choice(list(URGENCIES)),
        help=said_help(
            "严格优先的紧急程度，可重复，先写的在前",
            "urgency to serve strictly first; may be repeated, in order",
        ),
    ),
    click.option(
        "--fair",
        type=click.Choice(list(KINDS)),
        default="none",
        show_default=True,
        help=said_help("地区或对象之间的公平", "fairness between places or groups"),
    ),
    click.option(
        "--between",
        type=click.Choice(list(BETWEEN)),
        default="street",
        show_default=True,
        help=said_help("在谁之间公平", "fairness between whom"),
    ),
    click.option(
        "--share",
        default="1/2",
        show_default=True,
        metavar="SHARE",
        help=said_help(
            "--fair floor 的底线比例", "share that --fair floor is to reach, such as 0.6"
        ),
    ),
)
_BAD_SHARE = Text(
    "{share!r} 不是 0 到 1 之间的比例，如 0.6 或 1/2",
    "{share!r} is no share between 0 and 1, such as 0.6 or 1/2",
)
_TWICE = Text("同一紧急程度写了两次：{named}", "the same urgency twice: {named}")


def objective_options(command: F) -> F:
    """Add the options to a command."""
    decorated: Any = command
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    found: F = decorated
    return found


def read_objective(
    first: tuple[str, ...], fair: Fairness, between: str, share: str, lang: str
) -> Objective:
    """Return the declared objective. Raises click's usage error saying what is expected."""
    try:
        floor = Fraction(share)
    except (ValueError, ZeroDivisionError):
        floor = Fraction(-1)
    if not 0 <= floor <= 1:
        raise click.BadParameter(_BAD_SHARE.say(lang, share=share), param_hint="--share")
    if len(set(first)) < len(first):
        raise click.BadParameter(_TWICE.say(lang, named=", ".join(first)), param_hint="--first")
    return Objective(tuple((urgency,) for urgency in first), fair, between, floor)

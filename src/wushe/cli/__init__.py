"""The command line. Chinese by default, ``--lang en`` for English.

Exit codes: 0 done; 1 the input has mistakes (all are listed); 2 the command was called wrongly;
3 a plugin failed or plugins conflict; 4 a file could not be read or written.
"""

from __future__ import annotations

import click

import wushe
from wushe.cli import (
    advice,
    casefile,
    funds,
    funds_books,
    funds_close,
    funds_duties,
    funds_use,
    goods,
    goods_out,
    orders,
    orders_lists,
    orders_work,
    plans,
    plugin_check,
    plugin_explain,
    plugin_new,
    plugins,
    relief,
    report,
    report_city,
    rhythm,
    simulate,
    store,
    visits,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(wushe.__version__, prog_name="wushe")
def main() -> None:
    """五社联动：一户一策。Five-party linkage: one plan per household."""


for command in (
    plans.demo,
    plans.init,
    plans.check,
    plans.plan,
    advice.advise,
    visits.visits,
    casefile.casefile,
    relief.relief,
    orders.orders,
    funds.funds,
    goods.goods,
    store.store,
    report.report,
    simulate.simulate,
    plugins.plugins,
):
    main.add_command(command)

_ADDED = (
    orders_lists,
    orders_work,
    funds_use,
    funds_books,
    funds_close,
    funds_duties,
    goods_out,
    plugin_check,
    plugin_explain,
    plugin_new,
    report_city,
    rhythm,
)
"""Modules that add their commands to a group of another one; importing them is what they are named for here."""

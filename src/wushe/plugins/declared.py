"""Standards and report sections of plugins, checked, with the plugin named in every mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs
import numpy as np

from wushe.errors import PluginError
from wushe.model.declaring import ReportSection, ReportTable, Standard
from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import Array
from wushe.model.terms import Columns, Context
from wushe.plugins.answers import several
from wushe.plugins.loading import Plugin


def tested(plugin: Plugin, standard: Standard) -> Standard:
    """Return `standard` with tests whose mistakes name the plugin and the item.

    Raises PluginError for a table that there is not, no items, and two items of one id.
    """
    _check_standard(plugin, standard)
    items = tuple(
        attrs.evolve(
            item, test=partial(_item_answer, plugin, f"{standard.id}.{item.id}", item.test)
        )
        for item in standard.items
    )
    return attrs.evolve(standard, items=items)


def _check_standard(plugin: Plugin, standard: Standard) -> None:
    ids = [item.id for item in standard.items]
    wrong = None
    if standard.table not in RECORD_KINDS:
        wrong = f"table {standard.table!r} is unknown; expected one of {', '.join(RECORD_KINDS)}"
    elif not ids:
        wrong = "there are no items; expected at least one thing that is asked for"
    elif len(set(ids)) < len(ids):
        twice = sorted({key for key in ids if ids.count(key) > 1})
        wrong = f"two items have the id {twice[0]!r}; rename one of them"
    if wrong is not None:
        where = f"register_standards, standard {standard.id}"
        raise PluginError(plugin.name, plugin.version, where, wrong)


def _item_answer(
    plugin: Plugin, name: str, test: Callable[..., Any], rows: Columns, context: Context
) -> Array:
    where = plugin.name, plugin.version, f"register_standards, item {name}"
    try:
        answer = test(rows, context)
    except Exception as error:
        raise PluginError(*where, f"raised {type(error).__name__}: {error}") from error
    fits = (
        isinstance(answer, np.ndarray) and answer.dtype.kind == "i" and answer.shape == (len(rows),)
    )
    if not fits or not np.isin(answer, (-1, 0, 1)).all():
        raise PluginError(
            *where,
            f"answered {_got(answer, fits)}, expected integers 1, 0 or -1, shape ({len(rows)},)",
        )
    found: Array = answer
    return found


def _got(answer: Any, fits: bool) -> str:
    """Return what was answered: the first odd value where the shape is right, else type and shape."""
    if fits:
        return str(answer[~np.isin(answer, (-1, 0, 1))][0])
    if isinstance(answer, np.ndarray):
        return f"{answer.dtype} {answer.shape}"
    return type(answer).__name__


def made(plugin: Plugin, section: ReportSection) -> ReportSection:
    """Return `section` whose mistakes name the plugin and the section."""
    return attrs.evolve(section, make=partial(_section_answer, plugin, section.id, section.make))


def _section_answer(
    plugin: Plugin, name: str, make: Callable[..., Any], network: Any, context: Context
) -> Sequence[ReportTable]:
    hook = f"register_report_sections, section {name}"
    try:
        answer = make(network, context)
        if isinstance(answer, Iterator):  # a generator fails only while it is read
            answer = list(answer)
    except Exception as error:
        message = f"raised {type(error).__name__}: {error}"
        raise PluginError(plugin.name, plugin.version, hook, message) from error
    return tuple(several(plugin, hook, answer, ReportTable))

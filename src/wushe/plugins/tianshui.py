"""Tianshui: being written."""

from __future__ import annotations

from wushe import NeedCategory, hookimpl


@hookimpl
def register_need_categories() -> list[NeedCategory]:
    """Nothing yet."""
    return []

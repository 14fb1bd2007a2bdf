"""What must not be shown in full, and what is shown instead."""

from __future__ import annotations

from typing import Literal

Sensitivity = Literal["none", "name", "id_number", "phone", "address", "free_text"]
Audience = Literal["masked", "internal"]
"""``masked`` (the default everywhere) hides personal values; ``internal`` is the worker's own view."""


def check_audience(audience: str) -> Audience:
    """Return `audience` if known, else raise ValueError naming the choices."""
    if audience == "masked" or audience == "internal":
        return audience  # type: ignore[return-value,unused-ignore]
    raise ValueError(f"audience: {audience!r} is unknown; expected 'masked' or 'internal'")


def mask(value: str | None, sensitivity: Sensitivity) -> str:
    """Return what may be shown of `value` outside the responsible team.

    A name keeps its first character (李爷爷 -> 李**), an ID number its province digits, a phone its
    first three digits; addresses and free text vanish whole, since any part of them may identify.
    """
    if value is None or value == "":
        return ""
    if sensitivity == "none":
        return value
    if sensitivity == "name":
        return value[0] + "**"
    if sensitivity == "id_number":
        return value[:2] + "*" * 16
    if sensitivity == "phone":
        return value[:3] + "*" * 8
    return "***"

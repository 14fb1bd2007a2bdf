"""The one table of transitions (点单-派单-接单), as data: for commands, simulation and the picture."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from wushe.model.storage import Array
from wushe.text import Text

NEW = "new"
"""No order yet: only placing leads out of it."""
STATUSES: dict[str, Text] = {
    NEW: Text("未点单", "no order yet"),
    "placed": Text("已点单", "placed"),
    "dispatched": Text("已派单", "dispatched"),
    "accepted": Text("已接单", "accepted"),
    "declined": Text("无人接单", "declined"),
    "timed_out": Text("超时未接", "timed out"),
    "escalated": Text("已上报", "escalated"),
    "in_progress": Text("服务中", "in progress"),
    "partly_done": Text("部分完成", "partly done"),
    "done": Text("已完成", "done"),
    "confirmed": Text("已确认", "confirmed"),
    "cancelled": Text("已取消", "cancelled"),
    "failed": Text("未办成", "failed"),
}
ACTIONS: dict[str, Text] = {
    "place": Text("点单", "place"),
    "dispatch": Text("派单", "dispatch"),
    "hold": Text("待齐", "hold for the team"),
    "accept": Text("接单", "accept"),
    "drop_one": Text("其中一方不接", "one of several drops out"),
    "decline": Text("都不接", "decline"),
    "time_out": Text("超时", "time out"),
    "redispatch": Text("改派", "redispatch"),
    "escalate": Text("上报", "escalate"),
    "start": Text("开始", "start"),
    "report_part": Text("报告部分完成", "report a part"),
    "complete": Text("完成", "complete"),
    "confirm": Text("确认", "confirm"),
    "reopen": Text("返工", "reopen"),
    "back_out": Text("退单", "back out"),
    "cancel": Text("取消", "cancel"),
    "fail": Text("办不成", "fail"),
}
"""What may be done. ``hold``: one role of a team is promised while others are not. ``drop_one``: one of
those asked declined or did not answer in time, while others still may."""

_ROWS: tuple[tuple[str, Mapping[str, str]], ...] = (
    (NEW, {"place": "placed"}),
    ("placed", {"dispatch": "dispatched", "escalate": "escalated", "cancel": "cancelled", "fail": "failed"}),
    (
        "dispatched",
        {
            "dispatch": "dispatched", "hold": "dispatched", "drop_one": "dispatched", "accept": "accepted",
            "decline": "declined", "time_out": "timed_out", "escalate": "escalated", "cancel": "cancelled",
            "fail": "failed",
        },
    ),
    ("declined", {"redispatch": "dispatched", "escalate": "escalated", "cancel": "cancelled", "fail": "failed"}),
    ("timed_out", {"redispatch": "dispatched", "escalate": "escalated", "cancel": "cancelled", "fail": "failed"}),
    (
        "escalated",
        {
            "dispatch": "dispatched", "redispatch": "dispatched", "escalate": "escalated",
            "cancel": "cancelled", "fail": "failed",
        },
    ),
    (
        "accepted",
        {
            "start": "in_progress", "report_part": "partly_done", "complete": "done", "back_out": "declined",
            "cancel": "cancelled", "fail": "failed",
        },
    ),
    (
        "in_progress",
        {
            "report_part": "partly_done", "complete": "done", "back_out": "declined", "cancel": "cancelled",
            "fail": "failed",
        },
    ),
    (
        "partly_done",
        {
            "report_part": "partly_done", "complete": "done", "back_out": "declined", "cancel": "cancelled",
            "fail": "failed",
        },
    ),
    ("done", {"confirm": "confirmed", "reopen": "in_progress"}),
    ("confirmed", {}),
    ("cancelled", {}),
    ("failed", {}),
)  # fmt: skip
TRANSITIONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {(status, action): after for status, row in _ROWS for action, after in row.items()}
)
"""(status, action) -> status. What is not here is forbidden."""
FINAL = tuple(status for status, row in _ROWS if not row)
"""Statuses in which nothing more happens to an order."""
WAITING = ("placed", "declined", "timed_out", "escalated")
"""Statuses in which nobody is asked and nobody has accepted."""
UNDER_WAY = ("accepted", "in_progress", "partly_done")
"""Statuses in which somebody has accepted and is not done."""

STATUS_CODES: Mapping[str, int] = MappingProxyType({s: code for code, s in enumerate(STATUSES)})
ACTION_CODES: Mapping[str, int] = MappingProxyType({a: code for code, a in enumerate(ACTIONS)})
FORBIDDEN = -1


def _matrix() -> Array:
    table = np.full((len(STATUSES), len(ACTIONS)), FORBIDDEN, dtype=np.int8)
    for (status, action), after in TRANSITIONS.items():
        table[STATUS_CODES[status], ACTION_CODES[action]] = STATUS_CODES[after]
    table.flags.writeable = False
    return table


MATRIX: Array = _matrix()
"""The table as int8 (n_statuses, n_actions): status codes, `FORBIDDEN` where an action may not be done."""


def next_status(status: Array, action: Array) -> Array:
    """Return the status code after each action, int8 as broadcast, `FORBIDDEN` where it may not be done.

    `status` and `action` are codes of `STATUS_CODES` and `ACTION_CODES`; an order that is forbidden
    something stays so: the code `FORBIDDEN` leads to itself. Raises IndexError for other codes.
    """
    status, action = np.asarray(status), np.asarray(action)
    after: Array = np.where(status == FORBIDDEN, FORBIDDEN, MATRIX[status, action])
    return after.astype(np.int8)

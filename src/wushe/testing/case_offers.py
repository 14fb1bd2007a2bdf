"""Why a party of a case makes no offer, where its row tells: for whoever expected a pair that is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wushe.text import Text

_NEEDED: Final[Mapping[str, Mapping[str, Text]]] = {
    "volunteers": {
        "skills": Text("技能不清楚或没有（skills）", "skills are unknown or none"),
        "weekly_hours": Text(
            "每周小时不清楚或是 0（weekly_hours）", "weekly_hours are unknown or 0"
        ),
    },
    "social_workers": {
        "station": Text("没写社工站（station）", "no station"),
        "skills": Text("技能不清楚或没有（skills）", "skills are unknown or none"),
        "weekly_hours": Text(
            "每周小时不清楚或是 0（weekly_hours）", "weekly_hours are unknown or 0"
        ),
    },
    "resources": {
        "quantity": Text("数量不清楚（quantity）", "quantity is unknown"),
        "categories": Text("没写类别（categories）", "no categories"),
    },
    "funds": {
        "balance_fen": Text("余额不清楚或是 0（balance）", "balance is unknown or 0"),
        "purposes": Text("没写用途（purposes）", "no purposes"),
    },
}
"""What a party must have on record before the built-in rules make an offer of it, and what lacks without."""
_TOO_FEW = Text(
    "技能 {skills} 不够做任何一类服务，见 wushe plugins terms",
    "skills {skills} suffice for no category, see wushe plugins terms",
)
_BY_TABLE = Text(
    "{table} 里的一方没有钟点和数量，把供给写进 offers 表",
    "a row of {table} is no offer by itself; write it into the table of offers",
)
_PROVIDERS: Final = ("organizations", "stations", "communities", "volunteer_teams", "donors")


def no_offer(records: Mapping[str, tuple[Any, ...]], party: str) -> Text | None:
    """Return why the built-in rules make no offer of the case's `party`, None where it is no such row."""
    for table, rows in records.items():
        row = next((row for row in rows if row.id == party), None)
        if row is None:
            continue
        if table in _PROVIDERS:
            return _said(_BY_TABLE, table=table)
        if table in _NEEDED:
            return _lacks(_NEEDED[table], row)
    return None


def _lacks(needed: Mapping[str, Text], row: Any) -> Text | None:
    lacking = [text for name, text in needed.items() if not getattr(row, name)]
    if lacking:
        return Text("、".join(t.zh for t in lacking), ", ".join(t.en for t in lacking))
    skills = getattr(row, "skills", None)
    return _said(_TOO_FEW, skills=", ".join(skills)) if skills else None


def _said(text: Text, **params: str) -> Text:
    return Text(text.say("zh", **params), text.say("en", **params))

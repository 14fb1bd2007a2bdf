"""The stages of a case: where it stands, and whether it got there in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.evidence import STAGES, CaseEvent
from wushe.model.storage import Array
from wushe.network import LinkageNetwork
from wushe.text import Text

STAGE_NAMES = tuple(STAGES)
CLOSED_FROM = STAGE_NAMES.index("closing")
"""From this stage on a case is no longer open."""
MoveKind = Literal["forward", "back", "reopened", "skip"]


@attrs.frozen
class Move:
    """One step of a case: ``skip`` where it left out the stages of `missing`.

    Going back (a new assessment after an evaluation) and reopening a closed case are in order.
    """

    event: str
    on: dt.date
    before: str | None
    after: str
    kind: MoveKind
    missing: tuple[str, ...] = ()

    def say(self, lang: str = "zh") -> str:
        """Return the step in words; a skip names the stages that are missing."""
        joint = "、" if lang == "zh" else ", "
        missing = joint.join(stage_text(stage).say(lang) for stage in self.missing)
        return _MOVES[self.kind].say(lang, after=stage_text(self.after), missing=missing)


_MOVES: dict[MoveKind, Text] = {
    "forward": Text("进入{after}", "entered {after}"),
    "back": Text("回到{after}", "back to {after}"),
    "reopened": Text("重新开案：{after}", "reopened: {after}"),
    "skip": Text("进入{after}，缺少：{missing}", "entered {after} without {missing}"),
}


def stage_text(stage: str) -> Text:
    """Return the name of `stage`."""
    return Text(STAGES[stage], stage)


def moves_of(events: Iterable[CaseEvent]) -> tuple[Move, ...]:
    """Return the steps that `events` of one subject make; events of one day in the order of stages."""
    staged = [(e.on, STAGE_NAMES.index(e.stage), e.id) for e in events if e.stage is not None]
    found: list[Move] = []
    before = -1
    for on, after, event in sorted(staged):
        if after == before:
            continue
        kind: MoveKind = "forward"
        missing = STAGE_NAMES[before + 1 : after]
        if missing:
            kind = "skip"
        elif after < before:
            kind = "reopened" if before >= CLOSED_FROM > after else "back"
        name = STAGE_NAMES[before] if before >= 0 else None
        found.append(Move(event, on, name, STAGE_NAMES[after], kind, missing))
        before = after
    return tuple(found)


@attrs.frozen(eq=False)
class CaseStages:
    """Where the case of every household stands on a day, rows as in the table ``households``.

    `stage` int8 (n,) position in `STAGES`, -1 where there is no case; `since` datetime64[D] (n,) the
    day of the last event of that stage, NaT without a case; `ids` object (n,).
    """

    ids: Array
    stage: npt.NDArray[np.int8]
    since: Array

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """Which cases are open: begun and not closed, bool (n,)."""
        return np.asarray((self.stage >= 0) & (self.stage < CLOSED_FROM))

    def counts(self) -> dict[str, int]:
        """Return how many households stand at each stage, every stage included."""
        return {name: int((self.stage == i).sum()) for i, name in enumerate(STAGE_NAMES)}


def open_cases(network: LinkageNetwork, on: dt.date) -> CaseStages:
    """Return the stage of every household's own case on the day `on`."""
    households, events = network["households"], network["case_events"]
    n = len(households)
    rows = households.row_of(events["subject"])
    use = (rows >= 0) & events.known("stage") & (events["on"] <= np.datetime64(on, "D"))
    picked = np.flatnonzero(use)
    codes = {name: code for code, name in enumerate(STAGE_NAMES)}
    stage = np.array([codes[s] for s in events["stage"][picked]], dtype=np.int8)
    day, row = events["on"][picked], rows[picked]
    order = np.lexsort((stage, day, row))
    found = np.full(n, -1, dtype=np.int8)
    since = np.full(n, np.datetime64("NaT", "D"))
    # Of equal indices the last assignment stays: the latest day, and on it the furthest stage.
    found[row[order]] = stage[order]
    since[row[order]] = day[order]
    return CaseStages(households.ids, found, since)

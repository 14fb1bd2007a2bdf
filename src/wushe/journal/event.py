"""Events and acts: who did what, when and why. Append-only: nothing here is ever changed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wushe.model.kinds import INSTANT, BadValueError

if TYPE_CHECKING:
    from wushe.journal.session import State

_IDENT = re.compile(r"\S{1,128}")
CHINA = dt.timedelta(hours=8)
"""Asia/Shanghai has had no summer time since 1991: calendar dates are those of UTC+8."""


def _instant(text: str) -> str:
    try:
        return str(INSTANT.parse(text))
    except (BadValueError, TypeError):
        raise ValueError(
            f"at: {text!r} is no instant with its zone; expected one such as 2025-09-15T09:00:00+08:00"
        ) from None


def _ident(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or _IDENT.fullmatch(value) is None:
        raise ValueError(
            f"{attribute.name}: is not usable; expected an id of 1 to 128 characters without spaces"
        )


@attrs.frozen
class Act:
    """Who acts, when, and why in their own words. `by` is the id of a helper or office, never a name.

    Raises ValueError for an instant without zone and for an id with spaces.
    """

    at: str = attrs.field(converter=_instant)
    by: str = attrs.field(validator=_ident)
    why: str = attrs.field(default="", repr=False)

    @property
    def day(self) -> dt.date:
        """The calendar date in China."""
        return day_of(self.at)


def day_of(at: str) -> dt.date:
    """Return the calendar date in China of an instant as `Act.at` holds it."""
    return (dt.datetime.fromisoformat(at) + CHINA).date()


@attrs.frozen(slots=True)
class Event:
    """One thing that happened.

    `stream` is what it happened to, such as ``order/O-0001``. `data` is plain JSON (text, whole numbers,
    flags, lists, objects; never a float) and holds no word that tells of a person: ids of helpers, offers, needs and
    amounts only. `ref` is the reference of the person, household or private donor concerned; `words` (free text, the
    reason in `words["why"]`) belong to that one and go when it is erased: then they are None.
    """

    stream: str
    kind: str
    at: str
    by: str
    data: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    ref: str | None = None
    words: Mapping[str, Any] | None = attrs.field(default=None, repr=False, hash=False)


@attrs.frozen
class EventKind:
    """A kind of event, and `apply`: the only code that may change the state because of it.

    `apply` reads `event.data` and `event.ref`, never `event.words`: the state must be the same after an
    erasure. It never refuses; whether something may happen is decided before it is recorded.
    """

    name: str
    apply: Callable[[State, Event], None]


@attrs.frozen
class RecordKind:
    """A kind of record in the state: frozen attrs class with an `id`, plain JSON fields and tuples.

    `keys` (at most four) name text fields that `State.find` may ask for; ids of served people among
    the fields are references, as `Session.ref` gives them.
    """

    name: str
    cls: type
    keys: tuple[str, ...] = ()

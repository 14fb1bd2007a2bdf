"""What the state keeps of volunteers: services, what is still to be stated, points, proofs, training.

TVR are the measures on volunteer service records and proofs (志愿服务记录与证明出具办法（试行）,
民政部令67号, in force 2021-02-01). Days are ISO text; helpers, orders and offices are ids. No name is kept.
"""

from __future__ import annotations

import attrs

from wushe.journal import RecordKind

MAX_MINUTES = 24 * 60
"""Nobody serves longer than a day in a day."""


def joined(*ids: str) -> str:
    """Return one id made of several, no two of them alike: a slash within an id is written ``%2F``."""
    return "/".join(
        key.replace("%", "%25").replace("/", "%2F") if "/" in key or "%" in key else key
        for key in ids
    )


@attrs.frozen
class Service:
    """One service of one volunteer (TVR 7): what kind, on which day, where, how long, for whom it ran.

    `minutes` were actually given. `order` or `activity` says what it was; `organizer` is who ran it, `leader` who was
    in charge, `recorded_by` who recorded it. `due_on` ends the time to record (TVR 11), `provisional` where
    no holiday notice covers it yet; `late` if recorded after it. `insured` on the day, None unknown.
    `reason` is None, or the code of the last correction; a service that was none has 0 minutes and times.
    """

    id: str
    helper: str
    day: str
    category: str
    minutes: int
    organizer: str
    recorded_by: str
    recorded_on: str
    due_on: str
    times: int = 1
    order: str | None = None
    activity: str | None = None
    family: str | None = None
    leader: str | None = None
    place: str | None = None
    provisional: bool = False
    late: bool = False
    minor: bool = False
    guardian_consent: bool | None = None
    insured: bool | None = None
    reason: str | None = None
    version: int = 1

    @property
    def stands(self) -> bool:
        """Whether it was a service at all, after every correction."""
        return self.times > 0


@attrs.frozen
class ServiceDue:
    """Time to be recorded by `due_on`: `helper` (a volunteer, or a team) served in `order` on `day`.

    `minutes` as far as the work itself tells, else None. `open` is "1" until it is recorded, then None.
    """

    id: str
    order: str
    helper: str
    kind: str
    day: str
    due_on: str
    provisional: bool = False
    minutes: int | None = None
    open: str | None = "1"


Lots = tuple[tuple[str | None, int], ...]
"""Points by their last day, the next to lapse first, those that never lapse (None) last."""


@attrs.frozen
class Points:
    """The account of one owner under one rule. Always ``earned == balance + spent + lapsed + taken_back``.

    `owner` is a helper, or a family account. `owed` are points taken back by a correction that had been spent:
    the next ones earned make up for it, so that `balance` is never negative. `minutes` is the time bank, with
    ``minutes_in == minutes + minutes_drawn + minutes_taken_back``. `redemptions` counts what was bought.
    """

    id: str
    rule: str
    owner: str
    balance: int = 0
    lots: Lots = ()
    lapses_on: str | None = None
    earned: int = 0
    spent: int = 0
    lapsed: int = 0
    taken_back: int = 0
    owed: int = 0
    minutes: int = 0
    minutes_in: int = 0
    minutes_drawn: int = 0
    minutes_taken_back: int = 0
    minutes_owed: int = 0
    redemptions: int = 0


@attrs.frozen
class Earning:
    """What one service earned by the rule of its day. `raw` before the daily cap; `last_day` it counts, None always.

    `id` is the service's. The cap is on what an account earns a day, so the points of a service may be fewer.
    `minutes` went into the time bank, None where the rule has none.
    """

    id: str
    account: str
    day: str
    raw: int
    per_hour: int
    per_time: int
    cap: int | None
    last_day: str | None
    minutes: int | None


@attrs.frozen
class Redemption:
    """`count` times `reward` for `points` taken from the lots `takes`. `state` is "given" or "returned"."""

    id: str
    account: str
    day: str
    reward: str
    count: int
    points: int
    takes: Lots
    state: str = "given"
    reason: str | None = None


@attrs.frozen
class Certificate:
    """A proof of service (志愿服务记录证明, TVR 14 to 17), free of charge.

    `id` is its number. `lines` are (service, minutes) as certified; `code` is the digest of everything that it says.
    """

    id: str
    helper: str
    unit: str
    since: str
    until: str
    issued_on: str
    lines: tuple[tuple[str, int], ...]
    minutes: int
    code: str


@attrs.frozen
class CertificateBook:
    """How many proofs a unit has numbered in a year; `id` is ``UNIT-YEAR``."""

    id: str
    count: int


@attrs.frozen
class Training:
    """Training of a volunteer (TVR 8): its topic as a code, minutes learnt, who held it, on which day."""

    id: str
    helper: str
    day: str
    topic: str
    minutes: int
    unit: str


@attrs.frozen
class Honour:
    """An honour of a volunteer (TVR 9): its code, who gave it, on which day."""

    id: str
    helper: str
    day: str
    honour: str
    unit: str


@attrs.frozen
class Evaluation:
    """How well one service was done (TVR 10), 1 to 5 stars; recorded within the time of TVR 11 or `late`."""

    id: str
    helper: str
    day: str
    stars: int
    late: bool = False


SERVICE = RecordKind("service", Service, ("helper", "day", "order", "family"))
SERVICE_DUE = RecordKind("service_due", ServiceDue, ("order", "helper", "open", "due_on"))
POINTS = RecordKind("points", Points, ("owner", "rule", "lapses_on"))
EARNING = RecordKind("earning", Earning, ("account", "day"))
REDEMPTION = RecordKind("redemption", Redemption, ("account", "day"))
CERTIFICATE = RecordKind("certificate", Certificate, ("helper", "unit"))
CERTIFICATE_BOOK = RecordKind("certificate_book", CertificateBook)
TRAINING = RecordKind("training", Training, ("helper", "day"))
HONOUR = RecordKind("honour", Honour, ("helper", "day"))
EVALUATION = RecordKind("evaluation", Evaluation, ("helper", "day"))
RECORDS = (
    SERVICE,
    SERVICE_DUE,
    POINTS,
    EARNING,
    REDEMPTION,
    CERTIFICATE,
    CERTIFICATE_BOOK,
    TRAINING,
    HONOUR,
    EVALUATION,
)

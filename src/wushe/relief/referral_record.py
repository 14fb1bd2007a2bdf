"""Two-way records of referrals: what went out to whom, and what came back.

From the social-work side to a charity (`refer`), and from a charity that meets a household which may
be entitled to the street office (`lead_to_office`). Records never change: an answer makes a new one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from functools import cache
from typing import Literal, get_args

import attrs
from cattrs import Converter
from cattrs.errors import BaseValidationError

from wushe.errors import InputError, Problem, ProblemKind
from wushe.network import LinkageNetwork
from wushe.relief.consent import ConsentBook
from wushe.relief.referral import (
    NO_CONSENT,
    UNKNOWN_BODY,
    Referral,
    check_ready,
    outgoing_data,
)
from wushe.text import Text, check_lang

Direction = Literal["to_charity", "to_office"]
Outcome = Literal["accepted", "served", "returned"]
OUTCOMES: dict[str, Text] = {
    "sent": Text("已发出，待答复", "sent, no answer yet"),
    "accepted": Text("已受理", "accepted"),
    "served": Text("已帮扶", "served"),
    "returned": Text("已退回", "returned"),
}
_MAY_FOLLOW: dict[str, tuple[Outcome, ...]] = {
    "sent": ("accepted", "served", "returned"),
    "accepted": ("served", "returned"),
    "served": ("served", "returned"),  # help in several parts, or what is left is given back
    "returned": (),
}
BAD_ANSWER = ProblemKind(
    "referral-answer",
    Text("转介 {id} 的答复不成立：{why}", "this answer to referral {id} cannot be: {why}"),
    Text("先受理，再帮扶或退回；退回写明原因", "accepted, then served or returned with a reason"),
    Text("改正答复", "correct the answer"),
)
NOT_A_RECORD = ProblemKind(
    "not-a-referral-record",
    Text("不是转介记录：{why}", "not a referral record: {why}"),
    Text("ReferralRecord.to_json 写出的内容", "what ReferralRecord.to_json writes"),
    Text("换用原文件", "use the original file"),
)


@attrs.frozen
class ReferralAnswer:
    """What came back: the outcome on a day, the amount served (base units) or the reason of a return."""

    outcome: Outcome
    on: dt.date
    amount: int | None = None
    reason: str | None = None


@attrs.frozen
class ReferralRecord:
    """One referral as it went out: to whom, by whom, on which day, and every value that was told.

    `sent` are (name, value) pairs; `amount` in base units of the need's category, None where unknown
    or of a lead; `policies` what a lead says the household may be entitled to; `answers` by day.
    """

    id: str
    direction: Direction
    client: str
    need: str | None
    to: str
    by: str
    on: dt.date
    amount: int | None
    sent: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    policies: tuple[str, ...] = ()
    answers: tuple[ReferralAnswer, ...] = ()

    @property
    def state(self) -> str:
        """``sent``, or the outcome of the last answer."""
        return self.answers[-1].outcome if self.answers else "sent"

    @property
    def served(self) -> int:
        """What was served so far, in base units."""
        return sum(answer.amount or 0 for answer in self.answers)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of what was told."""
        return tuple(name for name, _ in self.sent)

    def explain(self, lang: str = "zh") -> str:
        """Return the way out and back as text; names of fields only, no values."""
        check_lang(lang)
        joint = "、" if lang == "zh" else ", "
        words = {"id": self.id, "client": self.client, "to": self.to, "by": self.by}
        lines = [_OUT.say(lang, on=self.on.isoformat(), fields=joint.join(self.fields), **words)]
        for answer in self.answers:
            said = OUTCOMES[answer.outcome].say(lang)
            lines.append(_BACK.say(lang, on=answer.on.isoformat(), said=said))
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return the record as one JSON object, values included: for the parties' own files."""
        return json.dumps(_converter().unstructure(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ReferralRecord:
        """Return the record that `text` holds. Raises InputError."""
        try:
            item = json.loads(text)
            if not isinstance(item, dict):
                raise TypeError
            found: ReferralRecord = _converter().structure(item, cls)
        except (json.JSONDecodeError, BaseValidationError, TypeError, ValueError) as error:
            why = type(error).__name__  # the text may hold personal data: it is not repeated
            problem = Problem(NOT_A_RECORD, "JSON", None, None, None, {"why": why})
            raise InputError([problem]) from None
        return found


_OUT = Text(
    "{on} 转介 {id}：由 {by} 把 {client} 转给 {to}，告知：{fields}",
    "{on} referral {id}: {by} referred {client} to {to}, telling {fields}",
)
_BACK = Text("{on} 答复：{said}", "{on} answer: {said}")


@cache
def _converter() -> Converter:
    made = Converter(forbid_extra_keys=True)
    made.register_unstructure_hook(dt.date, dt.date.isoformat)
    made.register_structure_hook(dt.date, lambda text, _: dt.date.fromisoformat(text))
    return made


def refer(
    referral: Referral, network: LinkageNetwork, *, to: str, by: str, on: dt.date
) -> ReferralRecord:
    """Return the record of `referral` going out to the body `to`, by the worker `by`, on the day `on`.

    Raises InputError where it still waits for the office, where nobody is called `to`, or where there
    is no consent to tell this recipient on that day (a consent given since `referrals` was made is
    good enough, one withdrawn since is not).
    """
    check_ready(referral, network, to, on)
    return ReferralRecord(
        f"{referral.need}>{to}@{on.isoformat()}", "to_charity", referral.client, referral.need,
        to, by, on, referral.amount, outgoing_data(referral, network),
    )  # fmt: skip


def lead_to_office(
    network: LinkageNetwork,
    client: str,
    *,
    to: str,
    by: str,
    on: dt.date,
    policies: Iterable[str] = (),
) -> ReferralRecord:
    """Return the record of a charity `by` telling the office `to` of a household that may be entitled.

    It is no application: the office goes and asks. `client` is the id of a household or person; only
    that and the place are told, and `policies` that may apply. The consent asked for is the one to an
    application for relief. Raises InputError where there is none, or nobody is called `to` or `by`.
    """
    problems = []
    known = {*network["organizations"].ids, *network["stations"].ids}
    for field, body in (("to", to), ("by", by)):
        if body not in known:
            problems.append(Problem(UNKNOWN_BODY, "referrals", None, field, body))
    book = ConsentBook.of(network, on)
    if book.answers([client], to, ("id", "place"), "relief_application")[0] != 1:
        params = {"subject": client, "to": to}
        problems.append(Problem(NO_CONSENT, "consents", None, "subject", None, params))
    if problems:
        raise InputError(problems)
    told = [("id", client)]
    for kind in ("households", "persons"):
        row = int(network[kind].row_of([client])[0])
        place = network[kind]["place"][row] if row >= 0 else None
        told += [("place", place)] if place is not None else []
    return ReferralRecord(
        f"{client}>{to}@{on.isoformat()}", "to_office", client, None, to, by, on, None,
        tuple(told), tuple(policies),
    )  # fmt: skip


def answer(
    record: ReferralRecord,
    outcome: Outcome,
    on: dt.date,
    *,
    amount: int | None = None,
    reason: str | None = None,
) -> ReferralRecord:
    """Return `record` with the answer of the other side.

    ``accepted``, then ``served`` (in parts where need be, `amount` in base units) or ``returned`` with
    a `reason`. Raises InputError where the outcome cannot follow, the day is before the last one, a
    return has no reason, or more would be served than was asked for.
    """
    why = _objection(record, outcome, on, amount, reason)
    if why is not None:
        params = {"id": record.id, "why": why}
        raise InputError([Problem(BAD_ANSWER, "referrals", None, "answer", None, params)])
    back = ReferralAnswer(outcome, on, amount, reason)
    return attrs.evolve(record, answers=(*record.answers, back))


def _objection(
    record: ReferralRecord, outcome: str, on: dt.date, amount: int | None, reason: str | None
) -> Text | None:
    if outcome not in get_args(Outcome) or outcome not in _MAY_FOLLOW[record.state]:
        return Text(f"“{OUTCOMES[record.state].zh}”之后不能是 {outcome}", f"{outcome} cannot follow {record.state}")  # fmt: skip
    if on < (record.answers[-1].on if record.answers else record.on):
        return Text("日期早于上一步", "the day is before the last step")
    if outcome == "returned" and not reason:
        return Text("退回没有写明原因", "a return without a reason")
    if amount is not None and (outcome != "served" or amount <= 0):
        return Text("数量只用于已帮扶，且大于零", "an amount belongs to served help, above zero")
    if amount is not None and record.amount is not None and record.served + amount > record.amount:
        return Text("帮扶超过所需", "more served than was asked for")
    return None

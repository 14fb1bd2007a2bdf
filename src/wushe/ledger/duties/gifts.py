"""Duties about gifts: pledge, receipt, agreed use, feedback, consented change, agreed ratio."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import attrs

from wushe.ledger.duties.lines import DutyLine, Status
from wushe.ledger.duties.look import Look, day
from wushe.text import Text

NO_DONATION = Text(
    "财政或集体投入不是捐赠", "a fiscal or collective contribution is not a donation"
)
_GIVEN = Text("已开具票据", "a receipt was given")
_MOVED = Text("由已登记的捐赠转入，票据在原笔", "moved here from a gift that has the receipt")
_WAIVED = Text("捐赠人匿名或放弃票据，已作记录", "anonymous or given up by the donor, as recorded")
_ANONYMOUS_OPEN = Text(
    "匿名捐赠，本条要求做好记录：已在账",
    "anonymous; article 38 asks for a record, which is the gift's own",
)
_NO_RECEIPT = Text("还没有票据", "no receipt yet")
_NOTHING_USED = Text("还没有使用，无可反馈", "nothing of it was used yet")
_TOLD = Text("使用后已反馈", "told after its last use")
_NOT_TOLD = Text("使用后还没有反馈", "used, and the donor was not told since")
_NOBODY = Text("匿名捐赠，无从反馈", "anonymous: nobody to tell")
_AS_AGREED = Text("使用符合约定", "used as agreed")
_AGAINST = Text("有支出不符合约定：{what}", "spent against what was agreed: {what}")
_CANNOT_TELL = Text(
    "有支出说不清是否符合约定", "some spending cannot be held against what was agreed"
)
_NO_EARMARK = Text("没有约定用途", "no use was agreed")
_CONSENT = Text("捐赠人已同意", "the donor consented")
_FILED = Text("已报备案", "the change was filed")
_NO_FILING = Text("没有备案编号", "no number of a filing")
_OTHER_BASIS = Text("变更依据：{basis}", "on the ground of: {basis}")
_PLEDGE_KEPT = Text("已按承诺交付", "delivered as pledged")
_PLEDGE_OPEN = Text("尚未交付，期限未到", "not delivered yet, there is time left")
_PLEDGE_NO_DAY = Text("尚未交付，没有约定日期", "not delivered, and no day was agreed")
_PLEDGE_LATE = Text("捐赠人逾期未交付；公开承诺，或有书面协议且用于第三条前三项的，可以要求交付",
                    "overdue; may be demanded where promised in public, or in writing for the first three items of article 3")  # fmt: skip
_PLEDGE_ENDED = Text("承诺已解除（{reason}）", "the pledge was released ({reason})")
_WITHIN = Text("在约定之内", "within what was agreed")
_OVER_MANAGEMENT = Text("管理费用超过约定", "more went into management than agreed")
_UNSPENT = Text("约定日期已过，仍有未使用", "the agreed day is over and some of it is not used")
_NONE_AGREED = Text("没有另行约定比例", "no ratio was agreed")

DONATIONS = frozenset({"donation", "matching"})


@attrs.frozen(eq=False)
class Ledger:
    """What the checks need of the money records, fetched once.

    `natures` is fen received by fund and nature, `projects` fen not used yet by project, `surplus` fen that
    went from a finished project to another, `declared` when (party, client) were declared interested.
    """

    funds: Mapping[str, Any]
    gifts: tuple[Any, ...]
    natures: Mapping[str, Mapping[str, int]]
    projects: Mapping[str, int]
    surplus: Mapping[str, int]
    declared: Mapping[tuple[str, str], str]
    uses: Mapping[str, list[Any]]
    payments: Mapping[str, Any]
    changes: Mapping[str, list[Any]]

    @staticmethod
    def of(look: Look) -> Ledger:
        """Return the records as they are now; days after `look.on` are left out by the checks."""
        uses: dict[str, list[Any]] = defaultdict(list)
        changes: dict[str, list[Any]] = defaultdict(list)
        for use in look.all("use"):
            uses[use.gift].append(use)
        surplus: dict[str, int] = defaultdict(int)
        for change in look.all("change"):
            changes[change.gift].append(change)
            if change.basis.startswith("surplus") and change.before.project is not None:
                surplus[change.before.project] += change.fen
        gifts = tuple(g for g in look.all("gift") if day(g.day) <= look.on)
        natures: dict[str, dict[str, int]] = defaultdict(dict)
        projects: dict[str, int] = defaultdict(int)
        for gift in gifts:
            held = natures[gift.fund]
            held[gift.nature] = held.get(gift.nature, 0) + gift.fen
            for project in {gift.project, gift.earmark.project} - {None}:
                projects[project] += gift.free + gift.committed
        return Ledger(
            {f.id: f for f in look.all("fund")},
            gifts,
            natures,
            projects,
            surplus,
            {(i.party, i.client): i.declared_on for i in look.all("charity_interest")},
            uses,
            {p.id: p for p in look.all("payment") if day(p.day) <= look.on},
            changes,
        )

    def spent(self, gift: Any) -> list[tuple[Any, int]]:
        """Return the payments out of a gift with its part, what came back taken off."""
        pairs = ((self.payments.get(use.payment), use) for use in self.uses.get(gift.id, ()))
        return [(p, u.fen - u.returned) for p, u in pairs if p is not None and u.fen > u.returned]


def gift_lines(look: Look, ledger: Ledger) -> Iterator[DutyLine]:
    """Yield the lines of all gifts, pledges and changes; what is in order is one line per fund."""
    found = [line for gift in ledger.gifts for line in _of_gift(look, ledger, gift)]
    yield from _gathered(found, {f"gift/{g.id}": g for g in ledger.gifts})
    for pledge in look.all("pledge"):
        if not pledge.made_on or day(pledge.made_on) <= look.on:
            yield _pledge(look, pledge)
    for gift in ledger.gifts:
        for change in ledger.changes.get(gift.id, ()):
            if day(change.day) <= look.on:
                yield _change(look, ledger, gift, change)


def _of_gift(look: Look, ledger: Ledger, gift: Any) -> Iterator[DutyLine]:
    subject, given = f"gift/{gift.id}", day(gift.day)
    host = ledger.funds[gift.fund].host
    for duty, check in _CHECKS:
        if gift.nature not in DONATIONS:
            yield look.line(duty, subject, "does_not_bind", NO_DONATION, at=given)
            continue
        yield look.bound(duty, subject, host, at=given) or check(look, ledger, gift)


def _receipt(look: Look, _: Ledger, gift: Any) -> DutyLine:
    subject, given = f"gift/{gift.id}", day(gift.day)
    pool = look.get("pool", gift.pool)
    held = look.get("charity_gift", gift.id)
    number = gift.receipt_no or (pool and pool.receipt_no)
    why, status = _NO_RECEIPT, "due"
    if gift.origin is not None:
        why, status = _MOVED, "kept"
    elif number:
        why, status = _GIVEN, "kept"
    elif gift.donor is None:
        why, status = _ANONYMOUS_OPEN, "kept"
    elif held is not None and held.receipt_waived_on is not None:
        why, status = _WAIVED, "kept"
    return look.line("receipt", subject, _status(status), why, at=given)


def _status(text: str) -> Status:
    return text  # type: ignore[return-value]


def _feedback(look: Look, ledger: Ledger, gift: Any) -> DutyLine:
    subject = f"gift/{gift.id}"
    days = [day(p.day) for p, _ in ledger.spent(gift)]
    if gift.donor is None:
        return look.line("feedback", subject, "does_not_bind", _NOBODY)
    if not days:
        return look.line("feedback", subject, "kept", _NOTHING_USED)
    last = max(days)
    told = None if gift.fed_back_on is None else day(gift.fed_back_on)
    if told is not None and last <= told <= look.on:
        return look.line("feedback", subject, "kept", _TOLD)
    figures = [("payments", len(days)), ("days", (look.on - last).days)]
    return look.line("feedback", subject, "due", _NOT_TOLD, at=last, figures=figures)


def _use(look: Look, ledger: Ledger, gift: Any) -> DutyLine:
    subject = f"gift/{gift.id}"
    changes = sorted(ledger.changes.get(gift.id, ()), key=lambda c: (c.day, c.id))
    if not gift.earmark.restricted and not changes:
        return look.line("use", subject, "kept", _NO_EARMARK)
    wrong: dict[str, int] = {}
    open_questions: set[str] = set()
    against = None
    for payment, fen in ledger.spent(gift):
        answers = [_fits(look, mark, payment) for mark in _earmarks(gift, changes, payment.day)]
        if any(not bad and not unsure for bad, unsure in answers):
            continue
        sure = [bad for bad, unsure in answers if bad]
        if len(sure) == len(answers):
            wrong[payment.id] = fen
            against = against or (day(payment.day), sorted(sure[0]))
        else:
            open_questions.update(*(unsure for _, unsure in answers))
    if against is not None:
        figures = [("payments", len(wrong)), ("fen", sum(wrong.values()))]
        what = ", ".join(against[1])
        return look.line(
            "use", subject, "broken", _AGAINST, at=against[0], figures=figures, what=what
        )
    if open_questions:
        return look.line("use", subject, "unknown", _CANNOT_TELL, missing=sorted(open_questions))
    return look.line("use", subject, "kept", _AS_AGREED)


def _earmarks(gift: Any, changes: list[Any], on: str) -> list[Any]:
    """Return what was agreed on a day: on the day of a change itself both are right."""
    before = [c for c in changes if c.day > on]
    same = [c for c in changes if c.day == on]
    current = before[0].before if before else gift.earmark
    return [current, *(c.before for c in same), *(c.after for c in same)]


def _fits(look: Look, mark: Any, payment: Any) -> tuple[set[str], set[str]]:
    """Return which restrictions a payment breaks, and which facts are missing to tell."""
    bad: set[str] = set()
    unsure: set[str] = set()
    groups = _groups(look, payment)
    sides = (
        ("purposes", mark.purposes, None if payment.category is None else {payment.category}),
        ("places", mark.places, _above(look, payment.place)),
        ("groups", mark.groups, groups),
        ("clients", mark.clients, None if payment.client is None else {payment.client}),
        ("project", () if mark.project is None else (mark.project,), {payment.project}),
    )
    for name, allowed, seen in sides:
        if not allowed:
            continue
        if seen is None:
            unsure.add(f"payment.{name}")
        elif not seen & set(allowed):
            bad.add(name)
    return bad, unsure


def _groups(look: Look, payment: Any) -> set[str] | None:
    order = look.get("order", payment.order)
    return None if order is None or not order.groups else set(order.groups)


def _above(look: Look, place: str | None) -> set[str] | None:
    if place is None:
        return None
    area = look.get("area", place)
    if area is None:
        # Statistical codes tell the places above: 420106001002 lies in 420106001, 420106, 4201, 42.
        return {place, *(place[:n] for n in (2, 4, 6, 9) if place.isdigit() and len(place) > n)}
    return {place, *(held for _, held in area.path)}


def _ratio(look: Look, ledger: Ledger, gift: Any) -> DutyLine:
    subject = f"gift/{gift.id}"
    held = look.get("charity_gift", gift.id)
    if held is None or (held.management_bp is None and held.spend_by is None):
        return look.line("agreed_ratio", subject, "does_not_bind", _NONE_AGREED)
    spent = ledger.spent(gift)
    management = sum(fen for p, fen in spent if p.kind == "management")
    figures = [("fen", management)]
    if held.management_bp is not None:
        most = Fraction(held.management_bp * gift.fen, 10_000)
        figures.append(("most_fen", int(most)))
        if management > most:
            return look.line("agreed_ratio", subject, "broken", _OVER_MANAGEMENT, figures=figures)
    if held.spend_by is not None and gift.free + gift.committed:
        by = day(held.spend_by)
        if look.on > by:
            return look.line("agreed_ratio", subject, "broken", _UNSPENT, until=by, figures=figures)
        return look.line("agreed_ratio", subject, "due", _WITHIN, until=by, figures=figures)
    return look.line("agreed_ratio", subject, "kept", _WITHIN, figures=figures)


_CHECKS = (
    ("receipt", _receipt),
    ("feedback", _feedback),
    ("use", _use),
    ("agreed_ratio", _ratio),
)


def _pledge(look: Look, pledge: Any) -> DutyLine:
    subject, made = f"pledge/{pledge.id}", day(pledge.made_on) if pledge.made_on else look.on
    left = [("fen", pledge.fen - pledge.paid)]
    if pledge.status == "kept":
        return look.line("pledge", subject, "kept", _PLEDGE_KEPT, at=made)
    if pledge.status == "released":
        return look.line(
            "pledge", subject, "does_not_bind", _PLEDGE_ENDED, at=made, reason=pledge.reason or "—"
        )
    if pledge.due_on is None:
        return look.line("pledge", subject, "due", _PLEDGE_NO_DAY, at=made, figures=left)
    due = day(pledge.due_on)
    if look.on <= due:
        return look.line("pledge", subject, "due", _PLEDGE_OPEN, at=made, until=due, figures=left)
    late = [*left, ("days_late", (look.on - due).days)]
    return look.line("pledge", subject, "broken", _PLEDGE_LATE, at=made, until=due, figures=late)


def _change(look: Look, ledger: Ledger, gift: Any, change: Any) -> DutyLine:
    subject, on = f"gift/{gift.id}", day(change.day)
    if gift.nature not in DONATIONS:
        return look.line("change", subject, "does_not_bind", NO_DONATION, at=on)
    bound = look.bound("change", subject, ledger.funds[gift.fund].host, at=on)
    if bound is not None:
        return bound
    if "consent" in change.basis:
        return look.line("change", subject, "kept", _CONSENT, at=on)
    if "fil" in change.basis:
        if change.filing is None:
            missing = [f"change/{change.id}.filing"]
            return look.line("change", subject, "unknown", _NO_FILING, at=on, missing=missing)
        return look.line("change", subject, "kept", _FILED, at=on)
    return look.line("change", subject, "kept", _OTHER_BASIS, at=on, basis=change.basis)


_QUIET = frozenset({"kept", "does_not_bind"})


def _gathered(lines: Iterable[DutyLine], gifts: Mapping[str, Any]) -> Iterator[DutyLine]:
    """Yield lines that ask for something as they are, the others as one a fund, law and reason."""
    groups: dict[tuple[Any, ...], list[DutyLine]] = defaultdict(list)
    for line in lines:
        if line.status in _QUIET or (
            line.status == "unknown" and line.missing[0].startswith("host/")
        ):
            key = (line.duty, gifts[line.subject].fund, line.status, line.why, line.article)
            groups[key].append(line)
        else:
            yield line
    for (_, fund, *_), held in groups.items():
        fen = sum(gifts[line.subject].fen for line in held)
        yield attrs.evolve(
            held[0],
            subject=f"fund/{fund}",
            until=None,
            figures=(("gifts", len(held)), ("fen", fen)),
        )

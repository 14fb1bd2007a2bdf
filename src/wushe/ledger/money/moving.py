"""Money given back to donors, moved between funds, or put to another use: its trace and earmarks stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from wushe.journal import Session, command
from wushe.ledger.money.accounts import TRANSFER, free_cash, moved, refunds
from wushe.ledger.money.asking import (
    amount_problems,
    code_problems,
    day_problems,
    done_day_problems,
    earmark_fields,
    known,
    known_only,
    number_problems,
    open_fund_of,
    today,
)
from wushe.ledger.money.earmarks import fund_scope, narrowed
from wushe.ledger.money.events import share_id
from wushe.ledger.money.problems import (
    EARMARK_UNUSABLE,
    MORE_THAN_LEFT,
    NATURE_DIFFERS,
    NO_CONSENT,
    NO_FILING,
    SURPLUS_DIFFERS,
    problem,
    refuse,
    refuse_if,
    yuan,
)
from wushe.ledger.money.receiving import earmark_of
from wushe.ledger.money.records import Earmark, Fund, Gift
from wushe.ledger.money.shares import proportional

REFUND_REASONS = ("donor_asked", "duplicate", "mistake", "purpose_gone", "agreement_void")
TRANSFER_REASONS = ("fund_merged", "same_purpose", "mistake", "host_changed")
SURPLUS_BASES = ("plan", "agreement", "same", "similar")


@command
def refund(
    s: Session,
    *,
    gifts: Sequence[str],
    fen: int | None = None,
    reason: str = "donor_asked",
    day: str | None = None,
) -> dict[str, Any]:
    """Give back `fen` of what is free of these gifts (all of it where None), in proportion to what is free.

    What open pools added to a gift goes back to them in the same proportion of all that was refunded, rounded
    down, as far as it is free, also where the gift is in another fund meanwhile. Returns ``refunds`` ([gift, fen]) and ``to_pools`` ([gift, pool, fen]).
    """
    day, held = today(s, day), [known(s, "gift", key) for key in sorted(set(gifts))]
    held = [gift for gift in held if not _follows(s, gift, gifts)]
    free = sum(gift.free for gift in held)
    fen, stream = free if fen is None else fen, f"gift/{','.join(g.id for g in held)}"
    found = code_problems(stream, "reason", reason, REFUND_REASONS)
    found += amount_problems(stream, "fen", fen) + done_day_problems(s, stream, "day", day)
    if not found and fen > free:
        params = {"fen": yuan(fen), "left": yuan(free)}
        found.append(problem(MORE_THAN_LEFT, stream, "fen", yuan(fen), **params))
    refuse_if(found)
    parts = proportional(fen, [gift.free for gift in held])
    back, to_pools = [], []
    for gift, part in zip(held, parts, strict=True):
        if part:
            to_pools += _back_to_pools(s, gift, part, day)
            _refunded(s, gift, part, reason, day)
            back.append([gift.id, part])
    return {"refunds": back, "to_pools": to_pools}


@command
def transfer(
    s: Session,
    *,
    source: str,
    target: str,
    takes: Sequence[tuple[str, int]],
    reason: str = "same_purpose",
    day: str | None = None,
) -> list[str]:
    """Move (gift, fen) from one fund to another and return the ids of the gifts there.

    They keep donor, nature and earmark, narrowed by what the source fund is for, and lead back to
    the gifts that they come from. Raises RefusedError where the target could never use them.
    """
    fund, into, day = known(s, "fund", source), open_fund_of(s, target), today(s, day)
    stream = f"fund/{source}"
    found = code_problems(stream, "reason", reason, TRANSFER_REASONS)
    found += day_problems(stream, "day", day)
    if source == target:
        found += code_problems(f"fund/{target}", "target", target, (f"!= {source}",))
    if not takes:
        found += amount_problems(stream, "takes", 0)
    marks: dict[str, Earmark] = {}
    sums: dict[str, int] = {}
    for key, fen in takes:
        found += amount_problems(stream, "fen", fen)
        sums[key] = sums.get(key, 0) + fen
    refuse_if(found)
    for key, fen in sums.items():
        gift: Gift = known(s, "gift", key)
        left = gift.free if gift.fund == source else 0
        if fen > left:
            params = {"fen": yuan(fen), "left": yuan(left)}
            found.append(problem(MORE_THAN_LEFT, f"gift/{key}", "fen", yuan(fen), **params))
        if gift.nature != "interest" and into.nature not in ("mixed", _money_of(gift)):
            params = {"nature": _money_of(gift), "fund": into.nature}
            found.append(problem(NATURE_DIFFERS, f"fund/{target}", key, gift.nature, **params))
        mark = narrowed(gift.earmark, fund_scope(fund))
        if mark is None or narrowed(mark, fund_scope(into)) is None:
            allowed = ", ".join((*into.purposes, *into.places, *into.for_groups))
            found.append(problem(EARMARK_UNUSABLE, f"fund/{target}", key, allowed=allowed))
        else:
            marks[key] = mark
    refuse_if(found)
    return [_moved(s, key, fen, fund, target, marks[key], reason, day) for key, fen in sums.items()]


@command
def change_use(
    s: Session,
    *,
    gift: str,
    earmark: Mapping[str, Any],
    consent_by: str | None = None,
    consent_on: str | None = None,
    filing: str | None = None,
    day: str | None = None,
) -> str:
    """Change what the free part of a gift may be used for, and return the id of the change.

    Either the donor agreed (`consent_by` is the donor's id, `consent_on` a day), or the gift came from a
    fundraising campaign and the change was filed (`filing`: its number). Articles 55 and 56.
    """
    held: Gift = known(s, "gift", gift)
    stream, day = f"gift/{gift}", today(s, day)
    refuse_if(earmark_fields(stream, "earmark", earmark) + day_problems(stream, "day", day))
    if filing is not None:
        if held.campaign is None:
            refuse(NO_FILING, stream, "filing")
        refuse_if(number_problems(stream, "filing", filing))
        basis = "filing"
    else:
        basis = "consent"
        if held.donor is None or consent_by is None or s.ref(consent_by) != held.donor:
            refuse(NO_CONSENT, stream, "consent_by")
        refuse_if(day_problems(stream, "consent_on", consent_on))
        if (consent_on or "") > day:
            refuse(NO_CONSENT, stream, "consent_on", consent_on)
    return _changed(s, held, earmark_of(s, earmark), basis, day, filing, consent_on)


@command
def move_surplus(
    s: Session, *, project: str, to_project: str, basis: str = "same", day: str | None = None
) -> list[str]:
    """Put what is free of a finished project's gifts to another project; return the ids of the changes.

    `basis` (article 58): as the fundraising plan or the agreement says, or for the same or a similar
    purpose. All else that the donors restricted stays.
    """
    stream, day = f"project/{project}", today(s, day)
    refuse_if(code_problems(stream, "basis", basis, SURPLUS_BASES))
    if project == to_project:
        refuse(SURPLUS_DIFFERS, stream, "to_project", to_project, allowed="!= " + project)
    gifts: list[Gift] = s.state.find("gift", project=project, open="1")
    return [
        _changed(s, gift, attrs.evolve(gift.earmark, project=to_project), f"surplus_{basis}", day)
        for gift in gifts
    ]


def _money_of(gift: Gift) -> str:
    return "donation" if gift.nature == "matching" else gift.nature


def _refunded(
    s: Session, gift: Gift, fen: int, reason: str, day: str, pool: str | None = None
) -> None:
    counts = []
    if pool is not None and gift.matches is not None:
        matched: Gift = s.state.get("gift", gift.matches)
        keys = (("donor", matched.donor), ("project", gift.project))
        counts = [f"{n}:{value}" for n, value in keys if _counted(s, pool, f"{n}:{value}") >= fen]
    data = {
        "refund": f"{gift.id}-R{_refunds_of(s, gift) + 1}",
        "gift": gift.id,
        "fund": gift.fund,
        "fen": fen,
        "day": day,
        "donor": gift.donor,
        "reason": reason,
        "project": gift.project,
        "pool": pool,
        "lines": moved(fen, credit=free_cash(gift.fund), debit=refunds(gift.fund)),
    }
    data = known_only(data) | ({"counts": counts} if pool is not None else {})
    s.record("gift.refunded", f"gift/{gift.id}", data, ref=gift.donor)


def _counted(s: Session, pool: str, key: str) -> int:
    """Return what counts against a cap of the pool; a gift's project may have changed since."""
    share = s.state.get("pool_share", share_id(pool, key))
    return 0 if share is None else int(share.fen)


def _refunds_of(s: Session, gift: Gift) -> int:
    return len(s.state.find("refund", gift=gift.id)) if gift.refunded else 0


def _follows(s: Session, gift: Gift, refunded: Sequence[str]) -> bool:
    """Say whether a gift goes back to its pool by itself, because the one that it matches is refunded."""
    if gift.pool is None or gift.matches not in refunded:
        return False
    return bool(s.state.get("pool", gift.pool).status == "open")


def _back_to_pools(s: Session, gift: Gift, fen: int, day: str) -> list[list[Any]]:
    """Give pools back their part of a donation that is refunded; return [donation, pool, fen]."""
    found: list[list[Any]] = []
    root = gift
    while root.origin is not None:
        root = s.state.get("gift", root.origin)
    refunded = _refunded_of(s, root) + fen
    for pool in s.state.find("pool", status="open"):
        matched: Gift | None = s.state.get("gift", f"{root.id}+{pool.id}")
        if matched is None:
            continue
        due = matched.fen * refunded // root.fen - matched.refunded
        part = min(max(due, 0), matched.free)
        if part:
            _refunded(s, matched, part, "donor_asked", day, pool.id)
            found.append([gift.id, pool.id, part])
    return found


def _refunded_of(s: Session, gift: Gift) -> int:
    """Return what was refunded of a gift, and of what was moved of it to other funds."""
    moved_to = (s.state.get("gift", key) for key in gift.moved_to)
    return gift.refunded + sum(_refunded_of(s, one) for one in moved_to)


def _moved(
    s: Session,
    key: str,
    fen: int,
    fund: Fund,
    target: str,
    mark: Earmark,
    reason: str,
    day: str,
) -> str:
    gift: Gift = s.state.get("gift", key)
    n = s.state.get("fund", target).gifts + 1
    while s.state.get("gift", f"{target}-G{n}") is not None:
        n += 1
    data = {
        "gift": key,
        "to": f"{target}-G{n}",
        "fund": fund.id,
        "target": target,
        "fen": fen,
        "earmark": mark.to_json(),
        "reason": reason,
        "day": day,
        "project": mark.project,
        "lines": moved(fen, credit=free_cash(fund.id), debit=TRANSFER)
        + moved(fen, credit=TRANSFER, debit=free_cash(target)),
    }
    s.record("gift.moved", f"gift/{key}", known_only(data), ref=gift.donor)
    return f"{target}-G{n}"


def _changed(
    s: Session,
    gift: Gift,
    after: Earmark,
    basis: str,
    day: str,
    filing: str | None = None,
    consent_on: str | None = None,
) -> str:
    scope = fund_scope(s.state.get("fund", gift.fund))
    if narrowed(after, scope) is None:
        allowed = ", ".join((*scope.purposes, *scope.places, *scope.groups))
        refuse(EARMARK_UNUSABLE, f"gift/{gift.id}", "earmark", allowed=allowed)
    key = f"{gift.id}-U{len(s.state.find('change', gift=gift.id)) + 1}"
    data = {
        "change": key,
        "gift": gift.id,
        "fund": gift.fund,
        "fen": gift.free,
        "earmark": after.to_json(),
        "basis": basis,
        "filing": filing,
        "consent_on": consent_on,
        "day": day,
    }
    s.record("use.changed", f"gift/{gift.id}", known_only(data), ref=gift.donor)
    return key

"""The money that government relief may bring: payments and grants as dated sums, and what is unclear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Protocol

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.storage import UNKNOWN_INT, Array, unknown
from wushe.model.terms import NeedCategory
from wushe.network import LinkageNetwork
from wushe.relief.open_needs import Ints, Needs
from wushe.text import Text

ONCE, MONTHLY, YEARLY = 0, 1, 2
NOTED_KINDS = ("care", "service", "rehab")
"""Kinds of policy that are noted on needs that are not about money."""
YEAR = 12
_NEVER = np.datetime64("0001-01-01", "D")
Flags = npt.NDArray[np.bool_]


class PolicyFacts(Protocol):
    """What the linkage reads of a policy."""

    @property
    def id(self) -> str:
        """Identifier."""
        ...

    @property
    def name(self) -> Text:
        """Name for people."""
        ...

    @property
    def unit(self) -> str:
        """``households`` or ``persons``."""
        ...

    @property
    def kind(self) -> str:
        """Sort of relief, such as ``living`` or ``care``."""
        ...

    @property
    def covers(self) -> tuple[str, ...]:
        """Need categories that its payments pay for."""
        ...

    @property
    def amounts(self) -> tuple[object, ...]:
        """What it pays; nothing where no amount is known."""
        ...

    @property
    def excludes(self) -> tuple[str, ...]:
        """Policies of which a unit takes only one."""
        ...

    @property
    def document(self) -> str:
        """Number of the document it is from."""
        ...

    @property
    def article(self) -> str:
        """Article in that document."""
        ...


class PaymentColumns(Protocol):
    """Payments as columns, one row per unit possibly eligible and amount of the policy."""

    @property
    def policies(self) -> tuple[str, ...]:
        """Policy ids that the codes in `policy` stand for."""
        ...

    @property
    def policy(self) -> Array:
        """Codes, int (n,)."""
        ...

    @property
    def household(self) -> Array:
        """Row of the household, -1 none."""
        ...

    @property
    def person(self) -> Array:
        """Row of the person, -1 for the household."""
        ...

    @property
    def lo(self) -> Array:
        """Lower end, fen."""
        ...

    @property
    def hi(self) -> Array:
        """Upper end, fen; UNKNOWN_INT where there is none."""
        ...

    @property
    def period(self) -> Array:
        """0 once, 1 a month, 2 a year."""
        ...


class Assessed(Protocol):
    """What the linkage reads of the assessments; iterates over the policies in evaluation order."""

    @property
    def on(self) -> dt.date:
        """The day assessed."""
        ...

    @property
    def network(self) -> LinkageNetwork:
        """The network assessed."""
        ...

    def __iter__(self) -> Iterator[PolicyFacts]: ...

    def units(self, policy_id: str) -> Array:
        """Return the ids of the units assessed."""
        ...

    def answer(self, policy_id: str) -> Array:
        """Return 1 possibly eligible, 0 possibly not, -1 unknown, per unit."""
        ...

    def payments(self) -> PaymentColumns:
        """Return what those possibly eligible would be paid."""
        ...


@attrs.frozen(eq=False)
class Grants:
    """Grants on record by the day that name a policy: rows of the table, (n,).

    `recent`: within the twelve months up to the day, or undated. `unmatched`: ids of grants whose
    policy no loaded policy is.
    """

    row: Ints
    household: Ints
    policy: Ints
    amount: Ints
    on: Array
    recent: Flags
    unmatched: tuple[str, ...]


@attrs.frozen(eq=False)
class Pools:
    """Sums of money, each to be counted once: shape (n,), and (n, months + 1) for the two matrices.

    Column k of `certain` (lower ends) and `uncertain` (what lies between lower and upper end) is what
    comes by k whole months from the day; both are drawn down in place. `unbounded`: the upper end is
    unknown. `before`: only needs asked before this day may draw (NaT: all). `payment` is the row of
    the payments, `grant` the row of the table ``grants``; -1 where it is the other.
    """

    client: Ints
    person: Ints
    policy: Ints
    certain: Ints
    uncertain: Ints
    unbounded: Flags
    before: Array
    payment: Ints
    grant: Ints
    covers: Flags
    categories: Mapping[str, int]
    running: Ints
    unmatched: tuple[str, ...]


def pools_of(
    network: LinkageNetwork,
    assessed: Assessed,
    categories: Mapping[str, NeedCategory],
    on: dt.date,
    months: int,
) -> Pools:
    """Return grants received, then payments expected, as sums to draw on."""
    policies = list(assessed)
    code = {category: at for at, category in enumerate(categories)}
    covers = np.array([[c in (p.covers or ()) for c in code] for p in policies], dtype=bool)
    covers = covers.reshape(len(policies), len(code))
    grants = _grants(network, policies, on)
    payments, index = assessed.payments(), {p.id: at for at, p in enumerate(policies)}
    policy = np.array([index[name] for name in payments.policies], dtype=np.int64)
    policy = policy[payments.policy.astype(np.int64)] if len(payments.lo) else policy[:0]
    household, person = payments.household.astype(np.int64), payments.person.astype(np.int64)
    key = household * len(policies) + policy
    given_key = grants.household * len(policies) + grants.policy
    certain, uncertain = _expected(payments, key, grants, given_key, months)
    instead = _instead(policies, policy, household, person)
    uncertain[instead] += certain[instead]
    certain[instead] = 0
    use = np.flatnonzero(~np.isnat(grants.on) & (grants.amount > 0))
    received = np.zeros((len(use), months + 1), dtype=np.int64)
    received[:, 0] = grants.amount[use]
    none, zero = np.full(len(use), -1), np.zeros(len(use), dtype=bool)
    client = np.where(household >= 0, household, len(network["households"]) + person)
    return Pools(
        client=np.concatenate([grants.household[use], client]),
        person=np.concatenate([none, person]),
        policy=np.concatenate([grants.policy[use], policy]),
        certain=np.concatenate([received, certain]),
        uncertain=np.concatenate([np.zeros_like(received), uncertain]),
        unbounded=np.concatenate([zero, unknown(payments.hi.astype(np.int64))]),
        before=np.concatenate(
            [grants.on[use], _in_hand_from(key, payments.period, grants, given_key)]
        ),
        payment=np.concatenate([none, np.arange(len(key))]),
        grant=np.concatenate([grants.row[use], np.full(len(key), -1)]),
        covers=covers, categories=code, running=np.unique(given_key[grants.recent]),
        unmatched=grants.unmatched,
    )  # fmt: skip


def _grants(network: LinkageNetwork, policies: list[PolicyFacts], on: dt.date) -> Grants:
    table = network["grants"]
    named: dict[str, int] = {}
    for at, policy in enumerate(policies):
        for word in (policy.id, policy.name.zh, policy.name.en):
            named.setdefault(word, at)
    day = np.datetime64(on, "D")
    code = np.array([named.get(word, -1) for word in table["policy"]], dtype=np.int64)
    given = table["granted_on"]
    past = np.isnat(given) | (given <= day)
    row = np.flatnonzero(past & (code >= 0))
    year_ago = np.datetime64(_year_before(on), "D")
    return Grants(
        row, network["households"].row_of(table["household"][row]), code[row],
        table["amount_fen"][row], given[row], np.isnat(given[row]) | (given[row] > year_ago),
        tuple(table.ids[past & (code < 0)]),
    )  # fmt: skip


def _year_before(on: dt.date) -> dt.date:
    """Return the day a year ago; 29 February becomes 28 February."""
    return on.replace(year=on.year - 1, day=28 if (on.month, on.day) == (2, 29) else on.day)


def _expected(
    payments: PaymentColumns, key: Ints, grants: Grants, given_key: Ints, months: int
) -> tuple[Ints, Ints]:
    """Return what is still to come with certainty and beyond, (n_payments, months + 1) each."""
    lo, hi = payments.lo.astype(np.int64), payments.hi.astype(np.int64)
    lo = np.where(unknown(lo), 0, lo)
    bounded = ~unknown(hi)
    hi = np.where(bounded, hi, lo)
    monthly, yearly = (payments.period == p for p in (MONTHLY, YEARLY))
    low, high = (
        _less_received(np.where(monthly, 0, end), key, grants, given_key) for end in (lo, hi)
    )
    unclear = np.isin(key, given_key[grants.recent & (grants.amount == UNKNOWN_INT)])
    low = np.where(unclear, 0, low)
    high = np.where(bounded, high, low)
    sums = []
    for later, first in ((lo, low), (hi, high)):
        table = np.zeros((len(key), months + 1), dtype=np.int64)
        table[:, 0] = first
        table[:, 1:] = np.where(monthly, later, 0)[:, None]
        table[:, YEAR:months:YEAR] += np.where(yearly, later, 0)[:, None]
        sums.append(table)
    return sums[0], sums[1] - sums[0]


def _instead(policies: list[PolicyFacts], policy: Ints, household: Ints, person: Ints) -> Flags:
    """Return which payments come only instead of another one that is possible for the same people.

    Of policies that exclude each other a unit takes one: the first in evaluation order is counted on,
    what the others would pay is held until the choice is made. Where one is a person's and the other
    the household's (特困 and 低保), the household's or any member's counts.
    """
    instead = np.zeros(len(policy), dtype=bool)
    unit = (household + 1) << 32 | (person + 1)
    home = np.where(household >= 0, household, -1 - np.arange(len(household)))
    for later, one in enumerate(policies):
        for earlier, other in enumerate(policies[:later]):
            if one.id in other.excludes or other.id in one.excludes:
                who = unit if other.unit == one.unit else home
                taken = who[(policy == earlier) & ~instead]
                instead |= (policy == later) & np.isin(who, taken)
    return instead


def _less_received(amount: Ints, key: Ints, grants: Grants, given_key: Ints) -> Ints:
    """Return `amount` less what the same household got of the same policy within the year.

    Several payments of one policy to one household are reduced in row order, the first one first.
    """
    use = grants.recent & (grants.amount != UNKNOWN_INT)
    keys, place = np.unique(given_key[use], return_inverse=True)
    got = np.zeros(len(keys) + 1, dtype=np.int64)
    np.add.at(got, place, grants.amount[use])
    at = np.searchsorted(keys, key)
    found = np.append(keys, -1)[at] == key
    received = np.where(found, got[at], 0)
    by = np.argsort(key, kind="stable")
    total = np.cumsum(amount[by])
    start = np.searchsorted(key[by], key[by])
    before = total - amount[by] - np.append(0, total)[start]
    left = np.clip(before + amount[by] - received[by], 0, amount[by])
    less = np.empty_like(amount)
    less[by] = left
    return less


def _in_hand_from(key: Ints, period: Array, grants: Grants, given_key: Ints) -> Array:
    """Return the day from which relief paid by the month was already running, NaT where it was not."""
    since = np.full(len(key), np.datetime64("NaT", "D"))
    first: dict[int, np.datetime64] = {}
    days = np.where(np.isnat(grants.on), _NEVER, grants.on)[grants.recent]
    for k, day in zip(given_key[grants.recent].tolist(), days, strict=True):
        first[k] = min(first.get(k, day), day)
    for row in np.flatnonzero((period == MONTHLY) & np.isin(key, list(first))):
        since[row] = first[int(key[row])]
    return since


def eligible_pairs(needs: Needs, money: Ints, pools: Pools) -> tuple[Ints, Ints]:
    """Return which money need (position in `money`) may draw on which pool, int64 (n_pairs,) each."""
    client = needs.client[money]
    by = np.argsort(pools.client, kind="stable")
    first, last = (np.searchsorted(pools.client[by], client, side) for side in ("left", "right"))
    count = np.where(client >= 0, last - first, 0)
    need = np.repeat(np.arange(len(money)), count)
    offset = np.arange(len(need)) - np.repeat(np.cumsum(count) - count, count)
    pool = by[first[need] + offset]
    category = np.array([pools.categories[c] for c in needs.category[money]], dtype=np.int64)
    named = needs.person[money]
    fits = (pools.person[pool] < 0) | (named[need] < 0) | (pools.person[pool] == named[need])
    in_time = np.isnat(pools.before[pool]) | (needs.asked[money][need] < pools.before[pool])
    keep = pools.covers[pools.policy[pool], category[need]] & fits & in_time
    return need[keep], pool[keep]


@attrs.frozen(eq=False)
class Standing:
    """Which policies may cover which need, positions in `Needs`: (need, policy) pairs by need.

    `possible`: somebody concerned is possibly eligible; `doubts`: for somebody concerned the answer or
    the amount is unknown, and it is not granted; `granted`: the household got it within twelve months,
    so the office has answered. Needs that are not about money have no doubts, and of the policies
    those of `NOTED_KINDS` only.
    """

    n: int
    possible: Ints
    doubts: Ints
    granted: Ints

    def doubtful(self, at: Ints) -> Flags:
        """Return which needs at `at` have doubts, bool (n_at,)."""
        found = np.zeros(self.n, dtype=bool)
        found[self.doubts[:, 0]] = True
        return found[at]


def standing(network: LinkageNetwork, assessed: Assessed, needs: Needs, pools: Pools) -> Standing:
    """Return for every open need the policies that may cover it, and those still unclear."""
    found: dict[str, list[tuple[int, int]]] = {"possible": [], "doubts": [], "granted": []}
    is_money = np.zeros(len(needs), dtype=bool)
    is_money[needs.money] = True
    policies = list(assessed)
    for at, policy in enumerate(policies):
        asked = np.array([c in (policy.covers or ()) for c in needs.category], dtype=bool)
        asked &= (needs.client >= 0) & (is_money | (policy.kind in NOTED_KINDS))
        if not asked.any():
            continue
        rows = _rows(network, policy.unit, assessed.units(policy.id))
        answer = np.full(len(network[policy.unit]), -2, dtype=np.int8)
        answer[rows] = assessed.answer(policy.id)
        open_ended = np.flatnonzero(pools.unbounded & (pools.policy == at))
        column = pools.client if policy.unit == "households" else pools.person
        unclear = (answer == -1) | ((answer == 1) & (not policy.amounts))
        unclear[column[open_ended]] = True
        yes = asked & _concerns(network, policy.unit, answer == 1, needs)
        open_ = asked & is_money & _concerns(network, policy.unit, unclear, needs)
        granted = asked & np.isin(needs.household * len(policies) + at, pools.running)
        sorts = {"possible": yes, "doubts": open_ & ~granted, "granted": granted}
        for name, flags in sorts.items():
            found[name] += [(need, at) for need in np.flatnonzero(flags).tolist()]
    return Standing(len(needs), **{name: _pairs(pairs) for name, pairs in found.items()})


def _pairs(found: list[tuple[int, int]]) -> Ints:
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _rows(network: LinkageNetwork, unit: str, ids: Array) -> Ints:
    table = network[unit]
    if len(ids) == len(table) and np.array_equal(ids, table.ids):
        return np.arange(len(table))
    return table.row_of(ids)


def _concerns(network: LinkageNetwork, unit: str, flags: Flags, needs: Needs) -> Flags:
    """Return for which needs `flags` holds: of the household, the person named, or else any member."""
    if unit == "households":
        return np.append(flags, False)[needs.household]
    member = np.zeros(len(network["households"]) + 1, dtype=bool)
    home = network["households"].row_of(network["persons"]["household"])
    np.logical_or.at(member, home, flags)  # -1 falls on the spare last place,
    member[-1] = False  # which stands for no household
    named = np.append(flags, False)[needs.person]
    return np.where(needs.person >= 0, named, member[needs.household])

"""An independent auditor of relief linkages: plain Python over rows, no code of the linkage shared.

It is told what was recorded (the network's records), what was assessed (policies, answers and payments
as plain objects) and the order of the sources, and returns every rule that a linkage or its referrals
break as a line of text. An empty list means that it stands.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import attrs

FEN = {"元": 100, "yuan": 100, "fen": 1, "分": 1}
SOURCES = ("government", "mutual_aid")


@attrs.frozen
class Claim:
    """One allocation as a plain row."""

    need: str
    source: str
    policy: str | None
    payment: int | None
    grant: str | None
    fund: str | None
    amount: int
    held: bool


@attrs.frozen
class Sum:
    """What a need got and what is left of it; None is unknown."""

    held: int
    waiting: int | None
    residual: int | None
    waits: bool


@attrs.define
class Books:
    """A linkage as plain rows, so that a test can plant mistakes in it."""

    claims: list[Claim]
    sums: dict[str, Sum]
    residual: dict[str, int | None]
    balances: dict[str, int | None]
    referrals: list[Any]


def books_of(linkage: Any, referrals: Any = ()) -> Books:
    """Copy what `linkage` says into plain rows."""
    base, tally = linkage.base, linkage.tally
    names = list(linkage.policies)
    unknown = -(2**63)
    claims = []
    columns = {name: array.tolist() for name, array in linkage.allocations.arrays.items()}
    for i in range(len(linkage.allocations)):
        policy, payment, grant, fund = (
            columns[c][i] for c in ("policy", "payment", "grant", "fund")
        )
        claims.append(
            Claim(
                linkage.needs.id[columns["need"][i]],
                SOURCES[columns["source"][i]],
                names[policy] if policy >= 0 else None,
                payment if payment >= 0 else None,
                base["grants"].ids[grant] if grant >= 0 else None,
                base["funds"].ids[fund] if fund >= 0 else None,
                columns["amount"][i],
                columns["held"][i],
            )
        )
    sums = {}
    for at, position in enumerate(linkage.needs.money.tolist()):
        waiting, left = int(tally.waiting[at]), int(tally.residual[at])
        sums[linkage.needs.id[position]] = Sum(
            int(tally.held[at]),
            None if waiting == unknown else waiting,
            None if left == unknown else left,
            bool(tally.waits[at]),
        )
    residual = {
        n.id: None if n.quantity is None else n.quantity * FEN.get(n.unit, 1)
        for n in linkage.residual().records()
    }
    balances = {f.id: f.balance_fen for f in linkage.network()["funds"].records()}
    return Books(claims, sums, residual, balances, list(referrals))


@attrs.define(slots=False)
class Audit:
    """What is known of the city, and the wrongs found."""

    network: Any
    assessed: Any
    rules: Any
    on: dt.date
    months: int
    books: Books
    wrongs: list[str] = attrs.field(factory=list)

    def run(self) -> list[str]:
        """Return every rule broken."""
        self.needs = {n.id: n for n in self.network["needs"].records()}
        self.home = {p.id: p.household for p in self.network["persons"].records()}
        self.households = {h.id: h for h in self.network["households"].records()}
        self.grants = {g.id: g for g in self.network["grants"].records()}
        self.funds = {f.id: f for f in self.network["funds"].records()}
        for check in (
            self.amounts,
            self.givers,
            self.payments,
            self.received,
            self.society_funds,
            self.order,
            self.residual_table,
            self.referred,
        ):
            check()
        return self.wrongs

    def wrong(self, *words: object) -> None:
        """Note a broken rule."""
        self.wrongs.append(" ".join(map(str, words)))

    # --- what a need is ---

    def money(self, key: str) -> bool:
        """Whether a need is open and for money."""
        need = self.needs[key]
        open_ = need.status in (None, "open")
        return open_ and self.rules.categories[need.category].form == "money"

    def amount(self, key: str) -> int | None:
        """Fen asked for."""
        need = self.needs[key]
        return None if need.quantity is None else need.quantity * FEN[need.unit]

    def owner(self, key: str) -> tuple[str | None, str | None]:
        """Household and person named."""
        need = self.needs[key]
        return need.household or self.home.get(need.person), need.person

    def horizon(self, key: str) -> int:
        """Whole months until due."""
        due, months = self.needs[key].due, 0
        if due is None:
            return self.months
        year, month = self.on.year, self.on.month
        while months < self.months:
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
            if (due.year, due.month, due.day) < (year, month, self.on.day):
                break
            months += 1
        return months

    def claims(self, key: str, **like: object) -> list[Claim]:
        """Claims for a need."""
        return [
            c
            for c in self.books.claims
            if c.need == key and all(getattr(c, n) == v for n, v in like.items())
        ]

    # --- the rules ---

    def amounts(self) -> None:
        """Every need is accounted for to the fen, never above 100 %."""
        for key in self.needs:
            if not self.money(key):
                if self.claims(key):
                    self.wrong("claim for what is no open money need", key)
            elif key not in self.books.sums:
                self.wrong("money need left out", key)
            else:
                self.parts(key, self.amount(key), self.books.sums[key])

    def parts(self, key: str, asked: int | None, total: Sum) -> None:
        """What is funded, held, waiting and left makes up the need."""
        funded = sum(c.amount for c in self.claims(key, held=False))
        held = sum(c.amount for c in self.claims(key, held=True))
        if any(c.amount <= 0 for c in self.claims(key)):
            self.wrong("claim not above zero", key)
        if held != total.held:
            self.wrong("held differs from its claims", key)
        if asked is None:
            if funded or held or None not in (total.waiting, total.residual):
                self.wrong("unknown amount treated as known", key)
            return
        if total.waiting is None or total.residual is None:
            self.wrong("known amount became unknown", key)
            return
        if funded > asked:
            self.wrong("funded above the need", key, funded, asked)
        rest = total.waiting + total.residual
        if min(total.waiting, total.residual) < 0 or funded + held + rest != asked:
            self.wrong("parts do not add up to the need", key)
        if self.needs[key].urgency == "emergency" and (held or total.waiting):
            self.wrong("an emergency waits", key)

    def givers(self) -> None:
        """Who gives may give: the policy covers the need, the payment is theirs."""
        for c in self.books.claims:
            if c.payment is not None:
                self.payer(c)
            elif c.grant is not None:
                self.granted(c)
            elif c.fund is None:
                self.wrong("money from nowhere", c)

    def payer(self, c: Claim) -> None:
        """A payment goes to those it is paid to, for what it covers."""
        household, person = self.owner(c.need)
        pay = self.assessed.pays[c.payment]
        if pay.policy != c.policy or not self.covers(c.policy, c.need):
            self.wrong("policy does not cover", c)
        theirs = (pay.household == household) if pay.household else (pay.person == person)
        if not theirs or (pay.person and person and pay.person != person):
            self.wrong("payment of somebody else", c)
        if pay.period == 1 and self.in_hand(c.policy, household, self.asked(c.need)):
            self.wrong("relief in hand counted again", c)

    def granted(self, c: Claim) -> None:
        """A grant covers needs of its household that were asked before it came."""
        grant = self.grants[c.grant]
        if grant.household != self.owner(c.need)[0] or not self.covers(self.named(grant), c.need):
            self.wrong("grant of somebody else or for something else", c)
        if grant.granted_on is None or not self.asked(c.need) < grant.granted_on <= self.on:
            self.wrong("grant not made after the need was asked", c)

    def covers(self, policy: str | None, key: str) -> bool:
        """Whether the policy pays for the need's category."""
        return policy is not None and self.needs[key].category in self.assessed.policies[policy].covers  # fmt: skip

    def asked(self, key: str) -> dt.date:
        """Day asked."""
        return self.needs[key].asked_on or self.on

    def named(self, grant: Any) -> str | None:
        """Policy that a grant names."""
        for key, policy in self.assessed.policies.items():
            if grant.policy in (key, policy.name.zh, policy.name.en):
                return key
        return None

    def recent(self, policy: str | None, household: str | None) -> list[Any]:
        """Grants of the last twelve months."""
        year_ago = self.on.replace(year=self.on.year - 1)
        return [
            g
            for g in self.grants.values()
            if g.household == household
            and self.named(g) == policy
            and (g.granted_on is None or year_ago < g.granted_on <= self.on)
        ]

    def in_hand(self, policy: str | None, household: str | None, asked: dt.date) -> bool:
        """Whether relief was already running when the need was stated."""
        return any(
            g.granted_on is None or g.granted_on <= asked for g in self.recent(policy, household)
        )

    def payments(self) -> None:
        """No yuan twice: at any due date no more is claimed than has come by then."""
        by_payment = defaultdict(list)
        for c in self.books.claims:
            if c.payment is not None:
                by_payment[c.payment].append(c)
        for at, claims in by_payment.items():
            for held in (False, True):
                for k in range(self.months + 1):
                    used = sum(c.amount for c in claims if c.held == held and self.horizon(c.need) <= k)  # fmt: skip
                    if used > self.come_by(at, k, held):
                        self.wrong("payment claimed twice", at, held, k)

    def come_by(self, at: int, k: int, held: bool) -> int:
        """What payment `at` brings by k whole months: for certain, or between the ends."""
        pay = self.assessed.pays[at]
        low = self.left(at, pay.lo or 0, "lo")
        lower, upper = pay.lo or 0, pay.lo or 0
        high = low
        if pay.hi is not None:
            upper, high = pay.hi, self.left(at, pay.hi, "hi")
        if pay.period == 1:
            low, high = lower * k, upper * k
        elif pay.period == 2:
            more = sum(1 for month in range(12, self.months, 12) if month <= k)
            low, high = low + lower * more, high + upper * more
        if pay.period != 1 and any(
            g.amount_fen is None for g in self.recent(pay.policy, pay.household) if pay.household
        ):
            unclear = self.left(at, pay.lo or 0, "lo")
            low -= unclear
            if pay.hi is None:
                high -= unclear
        if self.instead(at):
            return high if held else 0
        return high - low if held else low

    def instead(self, at: int) -> bool:
        """Whether a unit would get payment `at` only instead of an earlier policy's that excludes it."""
        pay, names = self.assessed.pays[at], list(self.assessed.policies)
        one = self.assessed.policies[pay.policy]
        for other_at, other in enumerate(self.assessed.pays):
            rival = self.assessed.policies[other.policy]
            same = (other.household, other.person) == (pay.household, pay.person)
            if rival.unit != one.unit:
                same = pay.household is not None and other.household == pay.household
            earlier = names.index(other.policy) < names.index(pay.policy)
            exclude = rival.id in one.excludes or one.id in rival.excludes
            if same and earlier and exclude and not self.instead(other_at):
                return True
        return False

    def left(self, at: int, amount: int, end: str) -> int:
        """What of a one-off payment is left after the grants on record, earlier payments first."""
        pay = self.assessed.pays[at]
        if pay.household is None or pay.period == 1:
            return amount
        got = sum(g.amount_fen or 0 for g in self.recent(pay.policy, pay.household))
        for other in self.assessed.pays[:at]:
            same = other.policy == pay.policy and other.household == pay.household
            if same and other.period != 1:
                value = getattr(other, end)
                if end == "hi" and value is None:
                    value = other.lo
                got = max(0, got - (value or 0))
        return max(0, amount - got)

    def received(self) -> None:
        """A grant covers no more than it was."""
        for key, grant in self.grants.items():
            used = sum(c.amount for c in self.books.claims if c.grant == key)
            if used > (grant.amount_fen or 0):
                self.wrong("grant counted twice", key)

    def society_funds(self) -> None:
        """Societies' funds keep to balance, limit, purposes, groups, and refusals."""
        for key, fund in self.funds.items():
            claims = [c for c in self.books.claims if c.fund == key]
            used = sum(c.amount for c in claims)
            if used > (fund.balance_fen or 0):
                self.wrong("fund overdrawn", key)
            if self.books.balances[key] != (None if fund.balance_fen is None else fund.balance_fen - used):  # fmt: skip
                self.wrong("fund could give the same yuan again", key)
            for c in claims:
                if c.source != "mutual_aid" or not self.admits(fund, c):
                    self.wrong("fund is not for this", c)

    def admits(self, fund: Any, c: Claim) -> bool:
        """Whether a fund's restrictions admit a claim."""
        household, person = self.owner(c.need)
        groups: set[str] = set()
        for kind, key in (("households", household), ("persons", person)):
            row = int(self.network[kind].row_of([key])[0])
            groups |= set(self.network[kind].record(row).target_groups or ()) if row >= 0 else set()
        hosts = {o.id: o for o in self.network["organizations"].records()}
        return (
            hosts[fund.host].kind == "mutual_aid_society"
            and self.needs[c.need].category in (fund.purposes or ())
            and (fund.per_need_fen is None or c.amount <= fund.per_need_fen)
            and (not fund.for_groups or bool(groups & set(fund.for_groups)))
            and (household is None or self.households[household].referral_consent is not False)
        )

    def order(self) -> None:
        """Sources give in the city's order: nobody later while an earlier one still has money."""
        for key in self.needs:
            known = key in self.books.sums and self.amount(key) is not None
            if not self.money(key) or not known:
                continue
            urgent = self.needs[key].urgency == "emergency"
            order = self.rules.urgent if urgent else self.rules.usual
            later = order[order.index("government") + 1 :]
            total = self.books.sums[key]
            asked_later = sum(c.amount for c in self.claims(key) if c.source in later)
            asked_later += total.residual or 0
            if asked_later and self.certain_left(key):
                self.wrong("government relief passed over", key)
            if asked_later and not urgent and self.unclear(key):
                self.wrong("asked before government relief was checked", key)

    def certain_left(self, key: str) -> bool:
        """Whether some payment could still cover a fen of this need."""
        household, person = self.owner(key)
        horizon = self.horizon(key)
        for at, pay in enumerate(self.assessed.pays):
            mine = (pay.household == household) if pay.household else (pay.person == person)
            if not mine or (pay.person and person and pay.person != person):
                continue
            if not self.covers(pay.policy, key):
                continue
            if pay.period == 1 and self.in_hand(pay.policy, household, self.asked(key)):
                continue
            claims = [c for c in self.books.claims if c.payment == at and not c.held]
            if all(
                sum(c.amount for c in claims if self.horizon(c.need) <= k) + 1
                <= self.come_by(at, k, False)
                for k in range(horizon, self.months + 1)
            ):
                return True
        return False

    def unclear(self, key: str) -> bool:
        """Whether some policy that covers the need has no answer or no amount."""
        household, person = self.owner(key)
        for name, policy in self.assessed.policies.items():
            if not self.covers(name, key) or (household and self.recent(name, household)):
                continue
            if policy.unit == "households":
                units = [household]
            else:
                units = [person] if person else [p for p, h in self.home.items() if h == household]
            for unit in filter(None, units):
                pays = [p for p in self.assessed.pays if p.policy == name and unit in (p.household if policy.unit == "households" else p.person,)]  # fmt: skip
                said = self.assessed.said.get((name, unit), 1 if pays else 0)
                if (
                    said == -1
                    or (said == 1 and not policy.amounts)
                    or any(p.hi is None for p in pays)
                ):
                    return True
        return False

    def residual_table(self) -> None:
        """Charity is asked for what remains and nothing more; held money is never asked."""
        for key in self.needs:
            if not self.money(key):
                if key not in self.books.residual:
                    self.wrong("a need that is not about money got lost", key)
                continue
            total = self.books.sums.get(key)
            if total is None:
                continue  # noted by `amounts`
            if total.residual == 0:
                if key in self.books.residual:
                    self.wrong("held, waiting or covered, and asked all the same", key)
            elif key not in self.books.residual:
                self.wrong("residual need left out", key)
            elif self.books.residual[key] != total.residual:
                self.wrong("residual table differs", key)

    # --- referrals ---

    def referred(self) -> None:
        """Whatever is ready has consent on that day, and is not more than what remains."""
        for r in self.books.referrals:
            need = self.needs[r.need]
            if r.ready:
                if need.institution is None and not self.agreed(r):
                    self.wrong("referral without consent", r.need)
                if not self.money(r.need):
                    continue
                total = self.books.sums[r.need]
                limit = total.residual
                if r.recipient is not None:
                    limit = sum(c.amount for c in self.claims(r.need, source="mutual_aid"))
                if limit == 0 or (r.amount or 0) > (limit or 0):
                    self.wrong("more referred than remains", r.need)
                if need.urgency != "emergency" and self.unclear(r.need):
                    self.wrong("referred before government relief was checked", r.need)

    def agreed(self, r: Any) -> bool:
        """Whether the household, or the person named, said yes to this and nobody said no."""
        household, person = self.owner(r.need)
        words = [w for w in (self.word(person, r), self.word(household, r)) if w is not None]
        return "no" not in words and "yes" in words

    def word(self, subject: str | None, r: Any) -> str | None:
        """Return ``yes`` or ``no`` where `subject` said so on record, None where not."""
        if subject is None:
            return None
        kind = "households" if subject in self.households else "persons"
        record = self.network[kind].record(int(self.network[kind].row_of([subject])[0]))
        if record.referral_consent is False:
            return "no"
        ledger = list(self.ledger(subject, r.recipient))
        withdrawn = [c.withdrawn_on for c in ledger if c.withdrawn_on and c.withdrawn_on <= self.on]
        sensitive = "target_groups" in r.fields
        separately = getattr(record, "sensitive_consent", None) is True
        valid = [
            c
            for c in ledger
            if not (c.withdrawn_on and c.withdrawn_on <= self.on)
            and all(c.given_on > w for w in withdrawn)
            and (r.recipient is not None or c.recipients is None)
            and (c.fields is None or set(r.fields) <= set(c.fields))
            and (not sensitive or separately or "target_groups" in (c.fields or ()))
        ]
        flagged = (
            record.referral_consent is True and not withdrawn and (separately or not sensitive)
        )
        guardian = getattr(record, "guardian_consent", None) is True
        child = self.child(self.owner(r.need)[1])
        if child:
            household = self.owner(r.need)[0]
            home = self.households[household] if household else None
            guardian |= home is not None and home.guardian_consent is True
            signed = [
                c
                for who in (subject, *self.owner(r.need))
                for c in self.ledger(who, r.recipient)
                if c.guardian and not (c.withdrawn_on and c.withdrawn_on <= self.on)
            ]
            if not (guardian or signed):
                return "no" if withdrawn else None
        if valid or flagged:
            return "yes"
        return "no" if withdrawn else None

    def ledger(self, subject: str | None, recipient: str | None) -> Iterator[Any]:
        """Consents of a subject to referral that may matter for the recipient, given by the day."""
        for c in self.network["consents"].records():
            mine = c.subject == subject and c.purpose == "referral" and c.given_on <= self.on
            if mine and (recipient is None or c.recipients is None or recipient in c.recipients):
                yield c

    def child(self, person: str | None) -> bool:
        """Whether a person is under 14, or may be."""
        if person is None:
            return False
        row = int(self.network["persons"].row_of([person])[0])
        birth = self.network["persons"].record(row).birth
        return birth is None or birth > self.on.replace(year=self.on.year - 14)


def audit(
    linkage: Any, assessed: Any, rules: Any, referrals: Any = (), books: Books | None = None
) -> list[str]:
    """Return every rule that `linkage` and its `referrals` break; `books` are audited in their stead."""
    found = books_of(linkage, referrals) if books is None else books
    return Audit(linkage.base, assessed, rules, linkage.on, linkage.months, found).run()

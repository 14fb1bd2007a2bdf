"""Referring a household to a charity, and a charity's lead to the street office: both ways on record.

民发〔2023〕46号 links government relief with charity; R1 to R4 are this library's reading of it: a
target group (R1), government relief checked first (R2), consent (R3), only what is needed (R4).
Reporting that a minor is or may be harmed (未成年人保护法 article 11) is not a referral: it is a duty that
asks for nobody's consent and goes to police, civil affairs or education, see
`wushe.casefile.mandatory_report`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import attrs
import numpy as np

from wushe.errors import InputError, Problem, ProblemKind
from wushe.model.people import RELIEF_STATUSES
from wushe.model.storage import UNKNOWN_INT
from wushe.model.terms import NeedCategory
from wushe.model.units import Dimension, parse_unit, say_amount
from wushe.network import LinkageNetwork
from wushe.relief.consent import ConsentBook
from wushe.relief.linkage import SOURCES, URGENCY, Linkage
from wushe.text import Text, check_lang

Predicate = Literal["R1", "R2", "R3", "R4"]
Wait = Literal["consent", "office"]
WAITS: dict[Wait, Text] = {
    "consent": Text("待征得同意", "waits for consent"),
    "office": Text("待政府救助核对", "waits for the office"),
}
NEEDED_FIELDS = ("id", "place")
"""R4: fields of the household or person that a charity needs to answer: a reference, and where. Names
and phones stay with the social worker, who stands between them. A fund restricted to groups also has
to be told of the group: a sensitive field, for which consent must be separate (PIPL 29)."""
EMERGENCY = len(URGENCY) - 1
PIPL = "个人信息保护法"
LINKING = "民发〔2023〕46号"

NOT_READY = ProblemKind(
    "referral-not-ready",
    Text("需求 {need} 还不能转介：{why}", "need {need} cannot be referred yet: {why}"),
    Text("已征得同意，政府救助已核对", "recorded consent, and government relief checked"),
    Text("先补齐再转介", "settle that first"),
)
NO_CONSENT = ProblemKind(
    "referral-without-consent",
    Text(
        "没有同意把 {subject} 的信息提供给 {to} 的记录（个人信息保护法第23条）",
        "no recorded consent to tell {to} about {subject} (PIPL article 23)",
    ),
    Text("当日有效的同意记录", "a consent on record that holds on the day"),
    Text("征求同意并记录后再转介", "ask, record the answer, then refer"),
)
UNKNOWN_BODY = ProblemKind(
    "referral-to-nobody",
    Text("没有这个组织", "there is no such body"),
    Text("organizations 或 stations 中的编号", "an id of organizations or stations"),
    Text("改正编号", "correct the id"),
)


@attrs.frozen
class Ground:
    """What one predicate of the referral says: `holds` 1 yes, 0 no, -1 not known; the source of it."""

    predicate: Predicate
    holds: int
    said: Text
    document: str
    article: str = ""

    def say(self, lang: str = "zh") -> str:
        """Return one line with the source."""
        left, right = ("（", "）") if lang == "zh" else (" (", ")")
        source = " ".join(filter(None, (self.document, self.article)))
        return f"{self.predicate} {self.said.say(lang)}{left}{source}{right}"


@attrs.frozen
class Referral:
    """One need that another party is asked to meet. `amount` in base units of `dimension`.

    `subject` is whose consent counts (None: an institution asks for itself); `source` is
    ``mutual_aid`` or ``charity``; `recipient` the society where it is known already, else None;
    `fields` what of the subject would go out (R4). Ready where nothing is in `waits`.
    """

    need: str
    client: str
    subject: str | None
    category: str
    amount: int | None
    dimension: Dimension
    urgency: int
    source: str
    recipient: str | None
    waits: tuple[Wait, ...]
    grounds: tuple[Ground, ...]
    fields: tuple[str, ...] = NEEDED_FIELDS

    @property
    def ready(self) -> bool:
        """Whether it may go out now."""
        return not self.waits

    @property
    def emergency(self) -> bool:
        """Whether help goes first and papers follow."""
        return self.urgency == EMERGENCY

    def explain(self, lang: str = "zh") -> str:
        """Return state, amount and every ground with its source; ids only, no names."""
        check_lang(lang)
        unknown = Text("数量未知", "amount unknown").say(lang)
        amount = unknown if self.amount is None else say_amount(self.amount, self.dimension, lang)
        joint = "、" if lang == "zh" else ", "
        state = joint.join(WAITS[w].say(lang) for w in self.waits) or _READY.say(lang)
        head = _HEAD.say(lang, need=self.need, client=self.client, amount=amount, state=state)
        return "\n".join([head, *(f"  {ground.say(lang)}" for ground in self.grounds)])


@attrs.frozen
class Referrals:
    """All referrals of a linkage on a day, by need."""

    on: dt.date
    items: tuple[Referral, ...]

    def __iter__(self) -> Iterator[Referral]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def ready(self) -> tuple[Referral, ...]:
        """Those that may go out now."""
        return tuple(item for item in self.items if item.ready)

    def waiting_for(self, what: Wait) -> tuple[Referral, ...]:
        """Return those that wait for ``consent`` or for the ``office``; some wait for both."""
        return tuple(item for item in self.items if what in item.waits)

    def summary(self, lang: str = "zh") -> str:
        """Return how many are ready and how many wait for what."""
        check_lang(lang)
        return _SUMMARY.say(lang, on=self.on.isoformat(), n=len(self), ready=len(self.ready),
                            consent=len(self.waiting_for("consent")),
                            office=len(self.waiting_for("office")))  # fmt: skip


def referrals(
    linkage: Linkage,
    network: LinkageNetwork,
    on: dt.date,
    *,
    applied: Collection[tuple[str, str]] = (),
) -> Referrals:
    """Return what may be referred on the day `on`, what waits, and for what.

    One referral per need and recipient: what societies' funds are counted on for, what charity is
    asked for, and what is held or waits for the office. Needs that are not about money are there
    where serving them hands facts on. R3 is asked of `network` on that very day: consent withdrawn
    since the linkage counts. R2: every policy that covers the need is settled, that is not possible,
    granted, or applied for: by the household's `applied_on`, or in `applied` (household or person id,
    policy id). An emergency does not wait for the office (社会救助暂行办法 article 48); it does ask first.

    Raises ValueError where `network` has other households, persons or funds than the linkage.
    """
    for kind in ("households", "persons", "funds"):
        if not np.array_equal(network[kind].ids, linkage.base[kind].ids):
            raise ValueError(f"network: its {kind} are not those of the linkage")
    book = ConsentBook.of(network, on)
    maker = _Maker(
        linkage, network, on, frozenset(applied), book, listed(network, on), _members(network)
    )
    found: list[Referral] = []
    for position in range(len(linkage.needs)):
        found += maker.of_need(position)
    return Referrals(on, tuple(found))


@attrs.frozen(eq=False)
class _Maker:
    linkage: Linkage
    network: LinkageNetwork
    on: dt.date
    applied: frozenset[tuple[str, str]]
    book: ConsentBook
    listed: Mapping[str, Text]
    members: Mapping[str, list[str]]

    def of_need(self, position: int) -> Iterator[Referral]:
        at = self.linkage.money_position(position)
        category = self.network.categories.get(self.linkage.needs.category[position])
        if category is None or not category.refers:
            return
        if at is None:
            amount = self._quantity(position, category)
            yield self._referral(position, category, amount, "charity", None)
            return
        tally, columns = self.linkage.tally, self.linkage.allocations
        for row in self.linkage.allocations_of(position):
            fund = int(columns["fund"][row])
            if fund >= 0:
                host = str(self.network["funds"]["host"][fund])
                source = SOURCES[int(columns["source"][row])]
                amount = int(columns["amount"][row])
                yield self._referral(position, category, amount, source, (host, fund))
        for column, waits in ((tally.residual, False), (tally.waiting + tally.held, True)):
            if tally.waits[at] and tally.amount[at] == UNKNOWN_INT and waits:
                yield self._referral(position, category, None, "charity", None, office=True)
            elif column[at] != 0:
                amount_left = None if column[at] == UNKNOWN_INT else int(column[at])
                yield self._referral(position, category, amount_left, "charity", None, office=waits)

    def _quantity(self, position: int, category: NeedCategory) -> int | None:
        table, row = self.linkage.base["needs"], int(self.linkage.needs.row[position])
        quantity, word = int(table["quantity"][row]), table["unit"][row]
        unit = parse_unit(word) if word is not None else None
        if quantity == UNKNOWN_INT or unit is None or unit.dimension != category.dimension:
            return None
        return quantity * unit.factor

    def _referral(
        self,
        position: int,
        category: NeedCategory,
        amount: int | None,
        source: str,
        to: tuple[str, int] | None,
        *,
        office: bool = False,
    ) -> Referral:
        needs = self.linkage.needs
        subject = self._subject(position)
        recipient = to[0] if to else None
        restricted = to is not None and self.network["funds"]["for_groups"][to[1]]
        fields = (*NEEDED_FIELDS, "target_groups") if restricted else NEEDED_FIELDS
        urgency = int(needs.urgency[position])
        grounds = (
            self._group(position),
            self._checked(position, office),
            self._consent(subject, recipient, fields),
            _least(fields),
        )
        by_predicate = {ground.predicate: ground.holds for ground in grounds}
        waits: list[Wait] = []
        if by_predicate["R3"] != 1:
            waits.append("consent")
        settled = by_predicate["R1"] == 1 and by_predicate["R2"] == 1
        if office or not (settled or urgency == EMERGENCY):
            waits.append("office")
        client, _ = self.linkage.client(position)
        return Referral(
            str(needs.id[position]), client, subject, category.id, amount, category.dimension,
            urgency, source, recipient, tuple(waits), grounds, fields,
        )  # fmt: skip

    def _subject(self, position: int) -> str | None:
        """The person the need names, else the household: the person's answer includes the household's."""
        needs = self.linkage.needs
        if needs.person[position] >= 0:
            return str(self.network["persons"].ids[needs.person[position]])
        if needs.household[position] >= 0:
            return str(self.network["households"].ids[needs.household[position]])
        return None

    def _group(self, position: int) -> Ground:
        needs = self.linkage.needs
        if needs.client[position] < 0:
            return Ground("R1", 1, _INSTITUTION, LINKING)
        for kind, rows in (("persons", needs.person), ("households", needs.household)):
            if rows[position] >= 0:
                word = self.listed.get(str(self.network[kind].ids[rows[position]]))
                if word is not None:
                    return Ground("R1", 1, _with(_LISTED, word), LINKING)
        if self.linkage.low[needs.client[position]]:
            return Ground("R1", 1, _POSSIBLY_LOW, LINKING)
        return Ground("R1", -1, _NOT_LISTED, LINKING)

    def _checked(self, position: int, office: bool) -> Ground:
        """R2: no policy is unclear, none possible is left unapplied for."""
        at = self.linkage.money_position(position)
        unclear = self.linkage.policies_for(position, "doubts")
        if unclear:
            names = _names([p.name for p in unclear])
            return Ground("R2", -1, _with(_UNCLEAR, names), LINKING)
        settled = {p.id for p in self.linkage.policies_for(position, "granted")}
        left = [
            policy.name
            for policy in self.linkage.policies_for(position)
            if policy.id not in settled and not self._applied(position, policy.id)
        ]
        if left:
            return Ground("R2", 0, _with(_UNAPPLIED, _names(left)), LINKING)
        tally = self.linkage.tally
        if at is not None and tally.amount[at] == UNKNOWN_INT and tally.possible[at].any():
            return Ground("R2", -1, _STATE_AMOUNT, LINKING)
        return Ground("R2", -1 if office else 1, _HELD if office else _CHECKED, LINKING)

    def _applied(self, position: int, policy: str) -> bool:
        """Whether the household, the person named or, where none is, a member has applied."""
        needs, persons = self.linkage.needs, self.network["persons"]
        household, person = int(needs.household[position]), int(needs.person[position])
        asked = [persons.ids[person]] if person >= 0 else []
        if household >= 0:
            home = self.network["households"].ids[household]
            since = self.network["households"]["applied_on"][household]
            if not np.isnat(since) and since <= np.datetime64(self.on, "D"):
                return True
            asked.append(home)
            if person < 0:
                asked += list(self.members.get(home, ()))
        return any((key, policy) in self.applied for key in asked)

    def _consent(self, subject: str | None, to: str | None, fields: tuple[str, ...]) -> Ground:
        if subject is None:
            return Ground("R3", 1, _INSTITUTION, PIPL)
        answer = int(self.book.answers([subject], to, fields)[0])
        said = {1: _AGREED, 0: _REFUSED, -1: _NOT_ASKED}[answer]
        return Ground("R3", answer, said, PIPL, "15" if answer == 0 else "23")


def _members(network: LinkageNetwork) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, home in zip(network["persons"].ids, network["persons"]["household"], strict=True):
        found.setdefault(home, []).append(key)
    return found


LOW_INCOME_GROUPS = ("dibao", "tekun", "orphan", "unattended_child", "low_income")
"""Target groups that 民发〔2023〕46号 is for, by their ids in the built-in registry."""


def listed(network: LinkageNetwork, on: dt.date) -> dict[str, Text]:
    """Return the households and persons recorded as of the target group of R1, with the word for it.

    A recognised status that holds on the day, a status or group in the tables, an orphan or a child
    in fact unattended. A member's status counts for the household.
    """
    found: dict[str, Text] = {}
    for status in network["statuses"].records():
        begun = status.since is None or status.since <= on
        if begun and (status.until is None or status.until >= on):
            for key in filter(None, (status.household, status.person)):
                found.setdefault(key, Text(RELIEF_STATUSES[status.kind], status.kind))
    for kind in ("households", "persons"):
        table = network[kind]
        for at, key in enumerate(table.ids):
            words = [RELIEF_STATUSES[s] for s in table["statuses"][at] or ()]
            groups = [g for g in table["target_groups"][at] or () if g in LOW_INCOME_GROUPS]
            named = [network.target_groups[g].zh for g in groups if g in network.target_groups]
            child = table["child_status"][at] if kind == "persons" else None
            named += ["孤儿、事实无人抚养儿童"] if child in ("orphan", "defacto") else []
            if words or named:
                found.setdefault(key, _word(table["statuses"][at], groups, [*words, *named]))
    for home, members in _members(network).items():
        for key in members:
            if home is not None and key in found:
                found.setdefault(home, found[key])
    return found


def _word(statuses: tuple[str, ...] | None, groups: list[str], zh: list[str]) -> Text:
    english = [*(statuses or ()), *groups] or ["orphan or child in fact unattended"]
    return Text("、".join(zh), ", ".join(word.replace("_", " ") for word in english))


def _least(fields: tuple[str, ...]) -> Ground:
    sensitive = "target_groups" in fields
    return Ground(
        "R4", 1, _GROUP_TOLD if sensitive else _LEAST, PIPL, "6、29" if sensitive else "6"
    )


def _names(texts: list[Text]) -> Text:
    return Text("、".join(t.zh for t in texts), ", ".join(t.en for t in texts))


def _with(words: Text, names: Text) -> Text:
    return Text(words.say("zh", names=names), words.say("en", names=names))


_HEAD = Text("{need}（{client}）{amount}：{state}", "{need} ({client}), {amount}: {state}")
_READY = Text("可以转介", "ready to refer")
_SUMMARY = Text(
    "转介 {n} 项（{on}）：可以转介 {ready}，待征得同意 {consent}，待政府救助核对 {office}",
    "{n} referrals on {on}: {ready} ready, {consent} wait for consent, {office} wait for the office",
)
_INSTITUTION = Text("机构为自己提出", "an institution asks for itself")
_LISTED = Text("属于衔接对象：{names}", "of the target group: {names}")
_POSSIBLY_LOW = Text(
    "可能符合生活类救助，属于低收入对象", "possibly eligible for living relief: low income"
)
_NOT_LISTED = Text(
    "没有低收入身份或监测记录，请乡镇（街道）认定或纳入监测",
    "no low-income status or monitoring on record: ask the street office to recognise or monitor",
)
_UNCLEAR = Text("政府救助尚未核对：{names}", "government relief not yet checked: {names}")
_UNAPPLIED = Text("可能符合、尚未申请：{names}", "possibly eligible, not applied for: {names}")
_STATE_AMOUNT = Text(
    "金额未知，无法先扣除政府救助", "unknown amount: relief cannot be taken off first"
)
_HELD = Text("救助金额待答复", "the amount of relief awaits an answer")
_CHECKED = Text("政府救助已核对", "government relief is checked")
_AGREED = Text("有当日有效的同意记录", "consent is on record and holds on the day")
_REFUSED = Text("已拒绝或撤回同意", "refused, or withdrawn")
_NOT_ASKED = Text("没有同意记录，先征求同意", "no consent on record: ask first")
_LEAST = Text("只提供编号和所在地区", "only a reference and the place go out")
_GROUP_TOLD = Text(
    "基金限定对象，另需告知对象类别（敏感信息，单独同意）",
    "the fund is for groups: the group is told too (sensitive, separate consent)",
)


# --- what goes out -------------------------------------------------------------------------------


def outgoing_data(referral: Referral, network: LinkageNetwork) -> tuple[tuple[str, str], ...]:
    """Return what a recipient is told, (name, value) pairs: the need, and `referral.fields` alone.

    Unknown values are left out; personal ones other than these fields are never there (R4).
    """
    told = {
        "need": referral.need,
        "category": referral.category,
        "urgency": URGENCY[referral.urgency].en,
    }
    if referral.amount is not None:
        told["amount"] = f"{referral.amount} {referral.dimension}"
    for kind in ("households", "persons"):
        row = int(network[kind].row_of([referral.subject])[0])
        if row >= 0:
            record = network[kind].record(row)
            for name in referral.fields:
                value = getattr(record, name)
                if value is not None:
                    told[name] = ";".join(value) if isinstance(value, tuple) else str(value)
    return tuple(sorted(told.items()))


def check_ready(referral: Referral, network: LinkageNetwork, to: str, on: dt.date) -> None:
    """Raise InputError where `referral` may not go to `to` on the day `on`.

    Consent is asked anew for this recipient and these fields, as it stands on that day.
    """
    problems = []
    if "office" in referral.waits:
        why = WAITS["office"]
        problems.append(Problem(NOT_READY, "referrals", None, "need", None, {"need": referral.need, "why": why}))  # fmt: skip
    known = {*network["organizations"].ids, *network["stations"].ids}
    if to not in known:
        problems.append(Problem(UNKNOWN_BODY, "referrals", None, "to", to))
    if referral.subject is not None:
        book = ConsentBook.of(network, on)
        if book.answers([referral.subject], to, referral.fields)[0] != 1:
            params = {"subject": referral.subject, "to": to}
            problems.append(Problem(NO_CONSENT, "consents", None, "subject", None, params))
    if problems:
        raise InputError(problems)

"""Protection of minors: reporting harm, and vetting those who work with children.

未成年人保护法 article 11: whoever, in a body in close contact with minors, finds that a minor is or
may be harmed or in danger reports to police, civil affairs or education at once. That duty asks for
nobody's consent (PIPL 13 (3)), and a report is no need: this module knows neither the consent ledger
nor needs, offers, matching or plans.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal, get_args

import attrs
import numpy as np

from wushe.casefile.views import ADULT_AGE, younger_than
from wushe.model.kinds import INSTANT
from wushe.model.storage import Array
from wushe.network import LinkageNetwork
from wushe.text import Text

Harm = Literal["violence", "sexual", "neglect", "abandonment", "trafficking", "dropout", "other"]
HARMS: dict[Harm, Text] = {
    "violence": Text("遭受或疑似遭受暴力、虐待", "violence or ill-treatment, or a suspicion of it"),
    "sexual": Text("遭受或疑似遭受性侵害、性骚扰", "sexual harm, or a suspicion of it"),
    "neglect": Text("无人照料或监护缺失", "without care or a guardian"),
    "abandonment": Text("遗弃", "abandoned"),
    "trafficking": Text("被拐卖、失踪", "abducted or missing"),
    "dropout": Text("失学、辍学", "out of school in compulsory years"),
    "other": Text("面临其他危险", "another danger"),
}
Body = Literal["police", "civil_affairs", "education"]
BODIES: dict[Body, Text] = {
    "police": Text("公安机关", "police"),
    "civil_affairs": Text("民政部门", "civil affairs"),
    "education": Text("教育行政部门", "education"),
}
DEFAULT_BODIES: tuple[Body, ...] = ("police", "civil_affairs")
VETTING_DAYS = 365
"""A vetting holds this many days: article 62 has everyone checked before taking up the work and every
year; the same span as where helpers are matched."""


@attrs.frozen
class MandatoryReport:
    """What a body needs to find and protect the child, and nothing else. Goes to `bodies` only."""

    person: str
    harm: Harm
    bodies: tuple[Body, ...]
    at: str
    by: str
    name: str | None = attrs.field(repr=False)
    sex: str | None = attrs.field(repr=False)
    birth: dt.date | None = attrs.field(repr=False)
    place: str | None = attrs.field(repr=False)
    address: str | None = attrs.field(repr=False)

    def say(self, lang: str = "zh") -> str:
        """Return the report as it is handed to the bodies: in full, since they must act on it."""
        unknown = Text("未知", "unknown").say(lang)
        joint = "、" if lang == "zh" else ", "
        return _REPORT.say(
            lang,
            bodies=joint.join(BODIES[body].say(lang) for body in self.bodies),
            harm=HARMS[self.harm],
            name=self.name or unknown,
            sex=_SEX.get(self.sex or "", Text("未知", "unknown")),
            birth=self.birth.isoformat() if self.birth else unknown,
            place=" ".join(filter(None, (self.place, self.address))) or unknown,
            by=self.by,
            at=self.at,
        )


_SEX = {"female": Text("女", "female"), "male": Text("男", "male")}
_REPORT = Text(
    "致：{bodies}\n依据《未成年人保护法》第十一条报告：{harm}\n儿童：{name}，{sex}，出生日期 {birth}\n"
    "所在：{place}\n报告人编号：{by}；时间：{at}",
    "To: {bodies}\nReport under article 11 of the minors' protection law: {harm}\n"
    "Child: {name}, {sex}, born {birth}\nWhere: {place}\nReported by {by} at {at}",
)


def mandatory_report(
    network: LinkageNetwork,
    person: str,
    harm: Harm,
    *,
    by: str,
    at: str,
    to: tuple[Body, ...] = DEFAULT_BODIES,
) -> MandatoryReport:
    """Return the report that `person`, a minor, is or may be harmed. Consent is not looked at.

    `by` is the id of whoever found it, `at` the instant. A person of unknown age counts as a minor: a
    report too many is put right, one too few is not. Raises KeyError for an id that is no person,
    ValueError for an adult, an unknown harm or body, or no body at all.
    """
    if harm not in HARMS:
        raise ValueError(f"harm: {harm!r} is unknown; expected one of {', '.join(HARMS)}")
    if not to or set(to) - set(get_args(Body)):
        raise ValueError(f"to: expected at least one of {', '.join(BODIES)}")
    row = int(network["persons"].row_of([person])[0])
    if row < 0:
        raise KeyError(f"{person!r} is no id of persons")
    instant = str(INSTANT.parse(at))
    # The law counts in the country's own days: eight hours ahead of the instant's UTC text.
    day = (dt.datetime.fromisoformat(instant) + dt.timedelta(hours=8)).date()
    if not younger_than(network["persons"], ADULT_AGE, day)[row]:
        raise ValueError("person: is of age; call the police for an adult in danger")
    child = network["persons"].record(row)
    home = int(network["households"].row_of([child.household])[0])
    household = network["households"].record(home) if home >= 0 else None
    return MandatoryReport(
        person=person, harm=harm, bodies=tuple(sorted(set(to))), at=instant, by=by,
        name=child.name, sex=child.sex, birth=child.birth,
        place=child.place or (household.place if household else None),
        address=household.address if household else None,
    )  # fmt: skip


# --- vetting -------------------------------------------------------------------------------------


@attrs.frozen
class VettingDue:
    """Whose vetting is ``missing``, ``expired`` or ``due``; `until` is the last day that it holds."""

    id: str
    table: str
    state: Literal["missing", "expired", "due"]
    until: dt.date | None


def vetting_due(network: LinkageNetwork, on: dt.date, within_days: int) -> list[VettingDue]:
    """Return who works with minors and has no vetting that lasts beyond `within_days` from `on`.

    That is whoever is responsible for, visited or served a household with a minor (or somebody of
    unknown age), gave help of a category for minors, or was vetted for such work before. Missing
    ones first, then by the last day and id. A vetting dated after `on` does not count yet. Raises
    ValueError where `within_days` is negative.
    """
    if within_days < 0:
        raise ValueError(f"within_days: {within_days} is negative; expected 0 or more")
    working = _work_with_minors(network, on)
    found = []
    for table in ("social_workers", "volunteers"):
        helpers = network[table]
        for row in range(len(helpers)):
            vetted = helpers.record(row).vetted_on
            if vetted is None and helpers.ids[row] not in working:
                continue
            due = _due(str(helpers.ids[row]), table, vetted, on, within_days)
            found += [due] if due is not None else []
    return sorted(found, key=lambda d: (d.until or dt.date.min, d.id))


def _due(
    key: str, table: str, vetted: dt.date | None, on: dt.date, within_days: int
) -> VettingDue | None:
    if vetted is None or vetted > on:
        return VettingDue(key, table, "missing", None)
    until = vetted + dt.timedelta(days=VETTING_DAYS)
    if until < on:
        return VettingDue(key, table, "expired", until)
    return VettingDue(key, table, "due", until) if (until - on).days <= within_days else None


def _work_with_minors(network: LinkageNetwork, on: dt.date) -> frozenset[str]:
    persons, households = network["persons"], network["households"]
    minor = younger_than(persons, ADULT_AGE, on)
    homes = frozenset(persons["household"][minor]) - {None}
    children = frozenset(persons.ids[minor])
    visits, services = network["visits"], network["services"]
    for_minors = {c.id for c in network.categories.values() if c.minors}
    seen = _among(visits["household"], homes) | _among(visits["person"], children)
    helped = _among(services["household"], homes) | _among(services["category"], for_minors)
    return frozenset(
        {
            *households["responsible_worker"][_among(households.ids, homes)],
            *visits["visitor"][seen],
            *services["provider"][helped],
        }
        - {None}
    )


def _among(column: Array, words: frozenset[str] | set[str]) -> Array:
    return np.array([word in words for word in column], dtype=bool)

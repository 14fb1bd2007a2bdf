"""What the law asks about that no money record says: hosts, filings, interested parties, publications."""

from __future__ import annotations

import attrs

from wushe.journal import RecordKind


@attrs.frozen
class CharityHost:
    """Who keeps funds, by organization id. None is unknown.

    `kind` is one of `wushe.model.parties.ORGANIZATION_KINDS`; `charity`: registered or recognised as a
    charity organization; `form`: foundation, group (社会团体) or service (社会服务机构); `public`: has the
    certificate for public fundraising, since `public_since`. `asked_on`: the day on which managers and donors
    were last asked who their interested parties are.
    """

    id: str
    kind: str
    charity: bool | None = None
    form: str | None = None
    public: bool | None = None
    public_since: str | None = None
    registered_on: str | None = None
    described_on: str = ""
    asked_on: str | None = None


@attrs.frozen
class CharityYear:
    """One year of a host's accounts as the host states them, in fen; None is not stated.

    `income_fen` is total income adjusted as the rule on spending says; `aid_fen` spending on charitable
    activities, `spent_fen` all spending; `assets_fen` net assets at the end of the year. `explained_on`: the day
    on which missing a ratio was reported to the registrar and explained to the public.
    """

    id: str
    host: str
    year: int
    income_fen: int | None = None
    aid_fen: int | None = None
    spent_fen: int | None = None
    management_fen: int | None = None
    assets_fen: int | None = None
    explained_on: str | None = None


@attrs.frozen
class Filing:
    """A fundraising plan (募捐方案) and when it was filed (备案); `filed_on` None: not filed yet.

    `public`: addressed to the public, else to named circles (定向募捐). `online` with `platform` and whether the
    ministry designated it; `partner` without own certificate, with `agreement` in writing and `partner_named` in
    the plan. `one_person`: raised for one specific person. `response_until` is the end of the
    emergency's response and rescue phase, None while it lasts.
    """

    id: str
    host: str
    fund: str | None
    project: str | None
    starts: str
    ends: str
    filed_on: str | None = None
    public: bool = True
    emergency: bool = False
    response_until: str | None = None
    online: bool | None = None
    platform: str | None = None
    designated: bool | None = None
    partner: str | None = None
    agreement: bool | None = None
    partner_named: bool | None = None
    one_person: bool | None = None


@attrs.frozen
class Interest:
    """`client` (reference) is an interested party (利害关系人) of `party`, a donor or a host's manager.

    `party` is the donor's reference or the host's id. `ended`: why it no longer bars, a key of
    `ENDINGS`, None while it does.
    """

    id: str
    role: str
    party: str
    client: str
    relation: str
    declared_on: str
    ended: str | None = None
    ended_on: str | None = None


@attrs.frozen
class InterestCount:
    """How many declarations there are; where there is none, commitments need not look for any."""

    id: str
    n: int


@attrs.frozen
class GiftDuty:
    """What was agreed and done about one gift, or one lot of goods (``lot/ID``), beside its money.

    Receipt and feedback of gifts of money are with the gift, those of goods are here. `management_bp`: most of the gift that may go into management, in hundredths of a per cent;
    `spend_by`: the day by which all of it is to be used; `agreement`: the number of the document.
    """

    id: str
    receipt_waived_on: str | None = None
    receipt_no: str | None = None
    fed_back_on: str | None = None
    management_bp: int | None = None
    spend_by: str | None = None
    agreement: str | None = None


@attrs.frozen
class Statement:
    """A publication that was made. `about` is a key of `ABOUT`; it covers what happened until `until`."""

    id: str
    about: str
    subject: str
    published_on: str
    until: str
    document: str | None = None


@attrs.frozen
class MajorEvent:
    """A major event of a host (重大事项): a key of `MAJOR`, on a day."""

    id: str
    host: str
    kind: str
    day: str


@attrs.frozen
class CharityProject:
    """A charity project (慈善项目) as the law looks at it: whose, from when, planned and real end."""

    id: str
    host: str
    starts: str
    ends: str | None = None
    ended_on: str | None = None


ROLES = ("donor", "manager")
RELATIONS = ("relative", "controls", "employed", "business", "other")
"""How somebody is an interested party; the words stay out of the record."""
ENDINGS = ("mistake", "no_longer", "open_procedure")
"""Declared by mistake; over; or chosen openly and fairly under published criteria, without those concerned."""
ABOUT = (
    "emergency",
    "campaign",
    "campaign_final",
    "project",
    "project_final",
    "surplus",
    "annual",
    "major",
)
"""What a publication is about; its subject is a campaign, a project, a host and year, or an event."""
MAJOR = ("asset", "investment", "transaction", "related_party", "trust")

RECORDS = (
    RecordKind("charity_host", CharityHost),
    RecordKind("charity_year", CharityYear, ("host",)),
    RecordKind("charity_filing", Filing, ("host", "fund", "project")),
    RecordKind("charity_interest", Interest, ("party", "client")),
    RecordKind("charity_interests", InterestCount),
    RecordKind("charity_gift", GiftDuty),
    RecordKind("charity_statement", Statement, ("subject", "about")),
    RecordKind("charity_event", MajorEvent, ("host",)),
    RecordKind("charity_project", CharityProject, ("host",)),
)

"""Role views: what of a record, a table or a publicity list a role may read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.evidence import SUBJECTS
from wushe.model.facts import field_of
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.storage import UNKNOWN_INT
from wushe.model.tables import Table
from wushe.network import LinkageNetwork
from wushe.privacy import DEFAULT_ROLE, DataClass, check_role, shown
from wushe.text import Text

ADULT_AGE, CONSENT_AGE = 18, 14
Flags = npt.NDArray[np.bool_]

_PARTIES = (
    "places", "communities", "organizations", "stations", "volunteer_teams", "funds", "institutions",
    "projects", "activities", "resources", "offers", "social_workers", "volunteers", "donors",
)  # fmt: skip
_HELP = ("needs", "wishes", "services")
_FINANCE = ("incomes", "spendings", "assets", "grants")
_BY_TABLE: dict[str, DataClass] = {
    **dict.fromkeys((*_PARTIES, *_HELP), "open"),
    **dict.fromkeys(_FINANCE, "finance"),
    **dict.fromkeys(("statuses", "obligors"), "standing"),
}
"""Class of the fields that `_BY_FIELD` does not name; of tables not named here: ``particulars``.
A field that is added to a table about people is therefore closed until somebody decides otherwise."""
_REFERENCES = (
    "id", "household", "person", "institution", "subject", "need", "visit", "after", "father", "mother",
    "responsible_worker", "visitor", "recorder", "by", "supervisor", "asked_by", "provider",
    "for_clients", "donor",
)  # fmt: skip
_PERSON_HEALTH = (
    "disability_cert", "disability_type", "disability_level", "major_illness", "illness",
    "selfcare_unable", "civil_capacity", "nursing_fee_fen", "longterm_care", "autism",
)  # fmt: skip
_PERSON_FINANCE = ("base_pension_fen", "preferential_fen", "income_month_fen", "property_ok")
_BY_FIELD: dict[tuple[str, str], DataClass] = {
    **{("persons", name): "health" for name in _PERSON_HEALTH},
    **{
        ("persons", name): "standing"
        for name in (
            *("target_groups", "custody", "custody_from", "custody_months", "declared_missing_on"),
            *("contact_lost_on", "guardianship_revoked", "deported", "religious_years"),
            *("care_mode", "child_status", "statuses", "parents_untraceable"),
            *("no_shelter", "kin_support", "on_street"),
        )
    },
    **{("persons", name): "finance" for name in _PERSON_FINANCE},
    ("wishes", "id"): "open",  # by which a giver claims the wish
    ("persons", "birth"): "birth",
    ("obligors", "birth"): "birth",
    ("obligors", "disability_type"): "health",
    ("obligors", "disability_level"): "health",
    ("households", "target_groups"): "standing",
    ("households", "income_month_fen"): "finance",
    ("households", "income_year_fen"): "finance",
    **{("households", name): "finance" for name in ("property_ok", "sudden_spending")},
    **{("households", name): "standing" for name in ("statuses", "dibao_tier", "survey_refused")},
    ("households", "hukou_place"): "place",
    **{("visits", name): "case" for name in ("kind", "on", "form", "outcome", "willing")},
    ("visits", "expected"): "health",
    ("visits", "found"): "health",
    **{("facts", name): "case" for name in ("field", "on", "at", "source", "confidence")},
    **{("consents", n): "case" for n in ("purpose", "given_on", "withdrawn_on", "fields", "recipients")},
    # Whoever knows the guardian knows the child.
    ("consents", "guardian"): "minor_name",
    **{("case_events", name): "case" for name in ("on", "stage", "referral", "body")},
    ("social_workers", "name"): "helper_name",
    ("volunteers", "name"): "helper_name",
    **{(kind, "vetted_on"): "standing" for kind in ("social_workers", "volunteers", "offers")},
    ("volunteers", "minor"): "standing",
    ("volunteers", "guardian_consent"): "standing",
}  # fmt: skip
_NOT_PERSONAL = frozenset(_PARTIES) - {
    "social_workers",
    "volunteers",
    "donors",
    "offers",
    "resources",
}
_LIVE_SOMEWHERE = ("households", "persons", "needs", "volunteers", "emergencies")


def class_of(table: str, field: Field) -> DataClass:
    """Return the class of data that `field` of `table` holds, a person being of age."""
    named = _BY_FIELD.get((table, field.name))
    if named is not None:
        return named
    if field.sensitive != "none":
        if table == "donors":
            return "donor_name"
        return field.sensitive
    if field.name in _REFERENCES:
        return "open" if table in _NOT_PERSONAL and field.name != "for_clients" else "reference"
    if field.name == "place" and table in _LIVE_SOMEWHERE:
        return "place"
    return _BY_TABLE.get(table, "particulars")


def class_of_fact(name: str) -> DataClass:
    """Return the class of the value of a fact of field `name`: that of the field it fills."""
    for table in ("persons", "households"):
        field = field_of(table, name)
        if field is not None:
            return class_of(table, field)
    return "free_text"


def view_record(record: Any, role: str = DEFAULT_ROLE, *, minor: bool = True) -> dict[str, str]:
    """Return the fields of `record` that `role` may see as text, by field name.

    What is unknown is left out, like what the role does not carry. `minor` says whether the record is
    about a minor, or by one; who does not know leaves it True. Raises ValueError for an unknown role.
    """
    kind = next(kind for kind in RECORD_KINDS.values() if kind.cls is type(record))
    values = {field.name: getattr(record, field.name) for field in kind.fields}
    return _view(kind.name, kind.fields, values, role, minor)


def view_table(
    table: Table, role: str = DEFAULT_ROLE, *, minor: Flags | None = None
) -> list[dict[str, str]]:
    """Return `view_record` of every row, in row order.

    `minor` is bool (n,), see `about_minors`; without it every row counts as about a minor.
    """
    check_role(role)
    flags = np.ones(len(table), dtype=bool) if minor is None else minor
    return [
        view_record(record, role, minor=bool(flag))
        for record, flag in zip(table.records(), flags, strict=True)
    ]


def _view(
    table: str, fields: Sequence[Field], values: Mapping[str, Any], role: str, minor: bool
) -> dict[str, str]:
    seen = {}
    check_role(role)
    for field in fields:
        if values[field.name] is None:
            continue
        data_class = _class_here(table, field, values)
        if minor and data_class in ("name", "helper_name"):
            data_class = "minor_name"
        text = shown(field.kind.say(values[field.name]), data_class, role)
        if text is not None:
            seen[field.name] = text
    if table == "facts" and "value" not in seen:
        seen.pop("field", None)  # that an illness is recorded is news of health already
    return seen


def _class_here(table: str, field: Field, values: Mapping[str, Any]) -> DataClass:
    """Return the class of `field`, which of a donor or a fact hangs on the row's other fields."""
    if (table, field.name) == ("donors", "name") and values["kind"] == "organization":
        return "open"
    if (table, field.name) == ("facts", "value"):
        return class_of_fact(values["field"])
    return class_of(table, field)


# --- minors ------------------------------------------------------------------------------------


def years_before(on: dt.date, years: int) -> dt.date:
    """Return the same day `years` ago; 29 February becomes 28 February."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, day=28)


def younger_than(persons: Table, age: int, on: dt.date) -> Flags:
    """Return who is younger than `age` on the day `on`, or of unknown age, bool (n_persons,)."""
    birth = persons["birth"]
    return np.asarray(np.isnat(birth) | (birth > np.datetime64(years_before(on, age), "D")))


def minors_among(households: Table, persons: Table, on: dt.date) -> frozenset[str]:
    """Return the ids of persons, and of households by their named head, not known to be of age.

    `persons` must hold every member of `households`.
    """
    minor = younger_than(persons, ADULT_AGE, on)
    names = dict(zip(households.ids, households["name"], strict=True))
    grown, young = set(), set()
    for row in np.flatnonzero(persons.known("household")):
        home, name = persons["household"][row], persons["name"][row]
        same = name is not None and name == names.get(home)
        if minor[row]:
            young |= {home} if same or persons["relation"][row] == "head" else set()
        elif same or persons["relation"][row] == "head":
            grown.add(home)
    heads = {home for home in households.ids if home in young or home not in grown}
    return frozenset(persons.ids[minor]) | heads


def about_minors(network: LinkageNetwork, table: str, on: dt.date) -> Flags:
    """Return which rows of `table` are about, or by, somebody not known to be of age, bool (n,)."""
    found = network[table]
    if table == "volunteers":
        return np.asarray(found["minor"] != 0)  # only a recorded no is a no
    if table in _PARTIES:
        return np.zeros(len(found), dtype=bool)
    minors = minors_among(network["households"], network["persons"], on)
    if table in SUBJECTS:
        return np.array([key in minors for key in found.ids], dtype=bool)
    owners = [name for name in ("person", "subject", "household") if name in found.columns]
    flags = np.zeros(len(found), dtype=bool)
    for name in owners:
        flags |= np.array([key in minors for key in found[name]], dtype=bool)
    return flags


# --- statutory publicity -------------------------------------------------------------------------


@attrs.frozen
class PublicityRow:
    """What 公示 shows of one household and no more: the applicant, family size, amount a month."""

    name: str = attrs.field(repr=False)
    members: int
    amount_fen: int


@attrs.frozen
class Publicity:
    """A publicity list; `withheld` pairs each household that is not on it with the reason."""

    rows: tuple[PublicityRow, ...]
    withheld: tuple[tuple[str, Text], ...]


_UNATTENDED = Text(
    "有孤儿或事实无人抚养儿童，不公示", "an orphan or a child in fact unattended: never published"
)
_CHILD_UNKNOWN = Text(
    "未记录未成年成员的儿童身份，核实并填写后再公示",
    "the status of a minor member is not recorded: record it first",
)
_MEMBERS_UNKNOWN = Text(
    "成员未登记完整，补齐后再公示", "not all members are recorded: record them first"
)
_MINOR_APPLICANT = Text(
    "申请人不能确认为成年人，不公示姓名", "the applicant is not known to be of age"
)
_INCOMPLETE = Text("缺少姓名或家庭人口", "name or family size is not known")


def publicity(network: LinkageNetwork, amounts_fen: Mapping[str, int], on: dt.date) -> Publicity:
    """Return the list that 最低生活保障审核确认办法 (民发〔2021〕57号) article 24 has published.

    The named exception to PIPL 25 (a statutory duty, PIPL 13 (3)): applicant's name, family size and
    amount. `amounts_fen` is the amount by household id. Never a household with a child in fact
    unattended (民发〔2019〕62号) or an orphan; where that is not known the household is withheld, with
    what to do. Raises KeyError for an id that is no household.
    """
    households = network["households"]
    row_of = dict(zip(households.ids, range(len(households)), strict=True))
    minors = minors_among(network["households"], network["persons"], on)
    members: dict[str, list[int]] = {key: [] for key in amounts_fen}
    for row, home in enumerate(network["persons"]["household"]):
        if home in members:
            members[home].append(row)
    rows, withheld = [], []
    for home in sorted(amounts_fen):
        size = int(households["members_count"][row_of[home]])
        why = _why_withheld(network, home, row_of[home], members[home], minors)
        if why is not None:
            withheld.append((home, why))
        else:
            name = str(households["name"][row_of[home]])
            rows.append(PublicityRow(name=name, members=size, amount_fen=amounts_fen[home]))
    return Publicity(tuple(rows), tuple(withheld))


def _why_withheld(
    network: LinkageNetwork, home: str, row: int, members: list[int], minors: frozenset[str]
) -> Text | None:
    persons, households = network["persons"], network["households"]
    status = persons["child_status"]
    if any(status[m] in ("orphan", "defacto") for m in members):
        return _UNATTENDED
    if any(persons.ids[m] in minors and status[m] is None for m in members):
        return _CHILD_UNKNOWN
    size = households["members_count"][row]
    if households["name"][row] is None or size == UNKNOWN_INT:
        return _INCOMPLETE
    if len(members) < size:
        return _MEMBERS_UNKNOWN
    return _MINOR_APPLICANT if home in minors else None

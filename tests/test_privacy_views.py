"""Privacy: over every view, log line, error and repr, nobody reads what the role does not carry."""

import datetime as dt
import itertools
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

import wushe
from wushe.casefile import (
    Event,
    EventLog,
    about_minors,
    case_file,
    consents_of,
    mandatory_report,
    publicity,
    vetting_due,
    view_record,
    view_table,
)
from wushe.casefile.views import class_of
from wushe.errors import WusheError
from wushe.model import RECORD_KINDS, CaseEvent, Consent, Fact, Visit
from wushe.network import LinkageNetwork, build_network_from_records
from wushe.privacy import DEFAULT_ROLE, ROLES, SMALL_CELL, mask, role_table, shown, suppress_small

PLUGINS = wushe.load_plugins("wuchang")
ON = dt.date(2025, 9, 15)
AT = "2025-09-01T00:00:00.000000Z"
CATEGORY = next(iter(PLUGINS.categories))
TEAM = ("official", "social_worker", "grid_worker")
CARRIES = {
    "id_number": ("official",),
    "child_id_number": ("official",),
    "phone": TEAM,
    "child_phone": TEAM,
    "address": TEAM,
    "adult": TEAM,
    "minor": TEAM[:2],
    "guardian": TEAM[:2],
    "donor": ("official",),
    "helper": TEAM,
    "illness": TEAM[:2],
    "note": ("social_worker",),
}
"""Who may read what in full, written down apart from the table of the code."""


@attrs.frozen
class Planted:
    """Values that are found again wherever they turn up."""

    id_number: str
    child_id_number: str
    phone: str
    child_phone: str
    address: str
    adult: str
    minor: str
    guardian: str
    donor: str
    helper: str
    illness: str
    note: str


def number_of(birth: str, serial: int) -> str:
    """Return a valid identity number."""
    body = f"420106{birth}{serial:03d}"
    return body + str(ric.calc_check_digit(body + "0"))  # it ignores the last digit


@st.composite
def plants(draw: st.DrawFn) -> Planted:
    """Draw values no two of which contain each other: a different rare character stands in each."""
    marks = iter("鑫焱淼犇骉羴麤晶磊垚")

    def word(low: int = 2, high: int = 6) -> str:
        letters = st.text("甲乙丙丁戊己庚辛壬癸<&=", min_size=low, max_size=high)
        return next(marks) + draw(letters) + "末"

    serial = draw(st.integers(0, 498))
    digits = draw(st.integers(0, 9_999_998))
    return Planted(
        number_of("19500101", serial),
        number_of("20150101", serial + 500),
        f"139{digits:08d}",
        f"158{digits + 1:08d}",
        *(word() for _ in range(8)),
    )


def city_of(planted: Planted) -> LinkageNetwork:
    """Return a city in which every table that can hold a planted value holds it."""
    p = planted
    facts = {
        "H-1": {"name": p.adult, "phone": p.phone, "address": p.address, "note": p.note},
        "P-1": {"id_number": p.id_number, "illness": p.illness, "own_words": p.note},
        "P-2": {"name": p.minor, "phone": p.child_phone, "id_number": p.child_id_number},
    }
    told = [(s, f, v) for s, fields in facts.items() for f, v in fields.items()]
    records = [
        wushe.Place(id="42", name="某省", level="province"),
        wushe.Household(
            id="H-1", name=p.adult, phone=p.phone, address=p.address, note=p.note, place="42"
        ),
        wushe.Household(id="H-2", name=p.minor, phone=p.child_phone),  # headed by the child
        wushe.Person(
            id="P-1", household="H-1", name=p.adult, id_number=p.id_number, phone=p.phone,
            birth=dt.date(1950, 1, 1), illness=p.illness, relation="head",
        ),
        wushe.Person(
            id="P-2", household="H-1", name=p.minor, id_number=p.child_id_number,
            phone=p.child_phone, birth=dt.date(2015, 1, 1), child_status="defacto",
        ),
        wushe.Person(id="P-3", household="H-2", name=p.minor),  # of unknown age
        wushe.SocialWorker(id="SW-1", name=p.helper, phone=p.phone),
        wushe.Volunteer(id="VO-1", name=p.helper, place="42", phone=p.phone, minor=False),
        wushe.Volunteer(
            id="VO-2", name=p.minor, place="42", phone=p.child_phone, minor=True, guardian_consent=True
        ),
        wushe.Donor(id="D-1", name=p.donor, kind="person"),
        wushe.Donor(id="D-2", name=p.donor, kind="anonymous"),
        wushe.CharityResource(
            id="CR-1", name="大米", categories=(CATEGORY,), donor="D-1", for_clients=("H-1",)
        ),
        wushe.Income(id="I-1", household="H-1", kind="wage", payer=p.note),
        wushe.ReliefGrant(id="G-1", household="H-1", policy="临时救助", cause=p.note),
        wushe.Need(id="N-1", category=CATEGORY, household="H-1", note=p.note),
        wushe.Wish(id="W-1", need="N-1", public_text="一本书"),
        Visit(id="V-1", kind="door", on=ON, household="H-1", note=p.note, found=("ill",)),
        Consent(id="C-1", subject="P-2", purpose="referral", given_on=ON, guardian=p.guardian),
        CaseEvent(id="E-1", subject="H-1", on=ON, stage="intake", by="SW-1", note=p.note),
        *(
            Fact(id=f"F-{n}", subject=s, field=f, value=v, on=ON, at=AT)
            for n, (s, f, v) in enumerate(told)
        ),
    ]  # fmt: skip
    return build_network_from_records(records, PLUGINS.categories, PLUGINS.target_groups)


def views(network: LinkageNetwork, role: str) -> Iterator[str]:
    """Yield every text that `role` is given: tables, records, case files in both languages, JSON."""
    plan = wushe.make_plan(network, plugins=PLUGINS, on=ON)
    for name, table in network.tables.items():
        minor = about_minors(network, name, ON)
        yield json.dumps(view_table(table, role, minor=minor), ensure_ascii=False)
        yield json.dumps(view_table(table, role), ensure_ascii=False)
        for record, flag in zip(table.records(), minor, strict=True):
            yield str(view_record(record, role, minor=bool(flag)))
    for subject in ("H-1", "H-2", "P-1", "P-2", "P-3"):
        file = case_file(network, subject, ON, plan=plan)
        yield file.to_json(role)
        yield from (file.explain(lang, role) for lang in ("zh", "en"))
        yield str(file.name(role))


def unasked(network: LinkageNetwork, folder: Path) -> Iterator[str]:
    """Yield what is written without a role: reprs, and the messages of refusals."""
    file = case_file(network, "H-1", ON)
    report = mandatory_report(network, "P-2", "neglect", by="SW-1", at=AT)
    listed = publicity(network, {"H-1": 100, "H-2": 100}, ON)
    own = [network, file, *file.items, *file.persons, *file.moves, *file.conflicts, report, listed]
    own += [
        *consents_of(network, "P-2", ON),
        *vetting_due(network, ON, 30),
        *network.tables.values(),
    ]
    yield from map(repr, own)
    yield from (repr(r) for t in network.tables.values() for r in t.records())
    person = network["persons"].record(0)
    log = EventLog(folder)
    payload = {
        f.name: getattr(person, f.name)
        for f in RECORD_KINDS["persons"].fields
        if f.sensitive != "none"
    }
    event = Event("e-1", "visit", "P-1", AT, "SW-1", str(person.name), payload)
    log.append([event])
    yield from map(repr, [log, event, *log.entries(), log.verify(), log.head])
    clash = attrs.evolve(event, payload={"name": network["persons"]["name"][1]})
    bad: list[Any] = [
        lambda: log.append([clash]),
        lambda: log.erase("P-9", by=str(person.name) + " x", at=AT, why="withdrawn"),
        lambda: log.erase("P-1", by="SW-1", at=AT, why=str(person.name)),
        lambda: attrs.evolve(event, payload={"x": {str(person.name)}}),
        lambda: attrs.evolve(event, at=str(person.phone)),
        lambda: attrs.evolve(event, kind=str(person.name)),
        lambda: wushe.Person(id="P-7", id_number=person.id_number[:-2] + "??"),
        lambda: wushe.Person(id="P-7", id_number=person.id_number, birth=dt.date(1951, 1, 1)),
        lambda: wushe.Person(id="P-7", name=str(person.name) + "\x00"),
        lambda: wushe.Household(id="H-7", phone="电话" + str(person.phone)),
        lambda: wushe.Household(id="H-7", address=network["households"]["address"][0] * 1000),
        lambda: Fact(
            id="F", subject="P-1", field="x", value=str(person.name) + "\x00", on=ON, at=AT
        ),
    ]
    for attempt in bad:
        with pytest.raises((WusheError, ValueError)) as caught:
            attempt()
        yield from (str(caught.value), repr(caught.value))
        if isinstance(caught.value, wushe.InputError):
            yield caught.value.say("zh")


def found_in(texts: list[str], value: str) -> list[str]:
    """Return the texts that hold `value`, plain or escaped as JSON or HTML."""
    forms = (value, json.dumps(value)[1:-1], value.replace("&", "&amp;").replace("<", "&lt;"))
    return [text[:300] for text in texts if any(form in text for form in forms)]


@pytest.mark.parametrize("role", ROLES)
@given(planted=plants())
@settings(max_examples=15)
def test_no_role_view_shows_what_the_role_does_not_carry(role: str, planted: Planted) -> None:
    """Every table, record and case file: a planted value is there exactly where the role carries it."""
    texts = list(views(city_of(planted), role))
    for what, value in attrs.asdict(planted).items():
        assert bool(found_in(texts, value)) == (role in CARRIES[what]), what


@given(planted=plants())
@settings(max_examples=15)
def test_what_is_written_without_a_role_shows_nothing(
    tmp_path_factory: pytest.TempPathFactory, planted: Planted
) -> None:
    """No repr, error message or log line holds a planted value, whoever may read it."""
    folder = tmp_path_factory.mktemp("log")
    lines: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        network = city_of(planted)
        texts = [*unasked(network, folder), *lines]
        for role in ROLES:
            list(views(network, role))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    for what, value in attrs.asdict(planted).items():
        assert not found_in([*texts, *lines], value), what


@pytest.mark.parametrize("role", ["volunteer", "donor", "public"])
@given(planted=plants())
@settings(max_examples=3)
def test_outside_the_team_no_id_leads_to_a_person(role: str, planted: Planted) -> None:
    """Two lists given to somebody outside the team cannot be joined: ids of those served are left out."""
    texts = list(views(city_of(planted), role))
    for key in ("H-1", "H-2", "P-1", "P-2", "D-1", "N-1", "VO-1"):
        assert not found_in(texts, f'"{key}"')
        assert not found_in(texts, f"'{key}'")


@given(planted=plants())
@settings(max_examples=5)
def test_the_default_view_is_the_publics(planted: Planted) -> None:
    """Without a role, and without knowing who is a minor, no planted value is shown at all."""
    network = city_of(planted)
    texts = [str(view_table(table)) for table in network.tables.values()]
    texts += [str(view_record(r)) for t in network.tables.values() for r in t.records()]
    texts += [case_file(network, "H-1", ON).explain(), case_file(network, "P-2", ON).to_json()]
    for value in attrs.asdict(planted).values():
        assert not found_in(texts, value)
    assert view_table(network["persons"]) == [{}, {}, {}]
    assert view_table(network["households"]) == [{}, {}]


# --- the table of roles ---------------------------------------------------------------------------


def test_the_default_role_sees_least() -> None:
    """For every class of data no role sees less than the default one."""
    rank = {"none": 0, "masked": 1, "full": 2}
    assert list(next(iter(role_table().values()))) == list(ROLES)
    for data_class, row in role_table().items():
        assert all(rank[row[DEFAULT_ROLE]] <= rank[how] for how in row.values()), data_class


def test_a_minors_or_private_donors_name_is_never_shown_more_widely_than_a_name() -> None:
    """The special classes only ever take away."""
    rank = {"none": 0, "masked": 1, "full": 2}
    table = role_table()
    for role in ROLES:
        for special in ("minor_name", "donor_name"):
            assert rank[table[special][role]] <= rank[table["name"][role]]


def test_every_sensitive_field_is_closed_and_new_fields_about_people_are_too() -> None:
    """No field marked sensitive is open; an unnamed field of a table about people is not open either."""
    for name, kind in RECORD_KINDS.items():
        for field in kind.fields:
            if field.sensitive != "none":
                assert class_of(name, field) != "open", (name, field.name)
    new = attrs.evolve(RECORD_KINDS["persons"].field("employed"), name="shoe_size")
    for table in ("persons", "households", "visits", "case_events", "a_table_of_tomorrow"):
        assert class_of(table, new) == "particulars"


def test_an_unknown_role_is_refused() -> None:
    """A misspelled role is an error that lists the roles, also where there is nothing to show."""
    with pytest.raises(ValueError, match="grid_worker"):
        view_table(wushe.table_of("persons", []), "officer")
    with pytest.raises(ValueError, match="grid_worker"):
        shown("x", "open", "officer")


def test_masks_keep_little() -> None:
    """What a masked value shows: surname, province, prefix, year; else nothing."""
    assert shown("李爷爷", "name", "volunteer") == "李**"
    assert shown("1950-01-01", "birth", "grid_worker") == "1950"
    assert shown("420106195001011234", "id_number", "social_worker") == "42" + "*" * 16
    assert shown("whatever", "free_text", "official") == "***"
    assert shown("李小孙", "minor_name", "volunteer") is None
    assert mask("13900001111", "phone") == "139********"


def test_an_organizations_gift_is_no_secret() -> None:
    """A donor that is an organization is named to everybody; a private one to the official only."""
    firm = wushe.Donor(id="D", name="某某公司", kind="organization")
    assert view_record(firm, "public")["name"] == "某某公司"
    assert "name" not in view_record(
        wushe.Donor(id="D", name="某某", kind="person"), "social_worker"
    )


def test_a_household_is_a_minors_unless_an_adult_heads_it() -> None:
    """The grid worker sees the head's name only where the head is known to be of age."""
    people = [
        wushe.Household(id="H-adult", name="甲"), wushe.Person(id="P-1", household="H-adult", name="甲", birth=dt.date(1960, 1, 1)),
        wushe.Household(id="H-child", name="乙"), wushe.Person(id="P-2", household="H-child", name="乙", birth=dt.date(2010, 1, 1)),
        wushe.Person(id="P-3", household="H-child", name="丙", birth=dt.date(1960, 1, 1)),
        wushe.Household(id="H-nobody", name="丁"),
        wushe.Household(id="H-turns", name="戊"), wushe.Person(id="P-4", household="H-turns", name="戊", birth=dt.date(2007, 9, 15)),
    ]  # fmt: skip
    city = build_network_from_records(people, PLUGINS.categories, PLUGINS.target_groups)
    assert about_minors(city, "households", ON).tolist() == [False, True, True, False]
    assert about_minors(city, "households", ON - dt.timedelta(days=1)).tolist()[-1]


def test_a_hidden_fact_does_not_tell_its_field() -> None:
    """That an illness is recorded is news of health: value and field go together."""
    fact = Fact(id="F", subject="P", field="illness", value="x", on=ON, at=AT)
    assert "field" not in view_record(fact, "grid_worker", minor=False)
    assert view_record(fact, "social_worker", minor=False)["field"] == "illness"


# --- publicity and small cells --------------------------------------------------------------------


def family(size: int = 2, **child: Any) -> LinkageNetwork:
    """Return household H-1 of the adult 李大爷 and a child with the given fields."""
    child = {"birth": dt.date(2015, 1, 1), "child_status": "none", **child}
    people = [
        wushe.Household(id="H-1", name="李大爷", members_count=size, address="某路1号", phone="13900001111"),
        wushe.Person(id="P-1", household="H-1", name="李大爷", birth=dt.date(1950, 1, 1), illness="病"),
        wushe.Person(id="P-2", household="H-1", name="李小孙", **child),
    ]  # fmt: skip
    return build_network_from_records(people, PLUGINS.categories, PLUGINS.target_groups)


def test_publicity_shows_name_size_and_amount_only() -> None:
    """民发〔2021〕57号 article 24: nothing but these three."""
    listed = publicity(family(), {"H-1": 72_000}, ON)
    assert [attrs.astuple(row) for row in listed.rows] == [("李大爷", 2, 72_000)]
    assert listed.withheld == ()


@pytest.mark.parametrize(
    ("city", "why"),
    [
        (family(child_status="defacto"), "unattended"),
        (family(child_status="orphan"), "unattended"),
        (family(child_status="defacto", birth=None), "unattended"),
        (family(child_status=None), "status of a minor"),  # unknown is not no
        (family(size=3), "not all members"),
    ],
)
def test_publicity_withholds_children_in_fact_unattended(city: LinkageNetwork, why: str) -> None:
    """Such a household is never published; where it cannot be known, not yet. The reason is given."""
    listed = publicity(city, {"H-1": 100}, ON)
    assert listed.rows == ()
    assert [home for home, _ in listed.withheld] == ["H-1"]
    assert why in listed.withheld[0][1].en


def test_publicity_never_names_a_child_as_applicant() -> None:
    """A household headed by a minor is withheld."""
    people = [
        wushe.Household(id="H-1", name="李小孙", members_count=1),
        wushe.Person(
            id="P-2", household="H-1", name="李小孙", birth=dt.date(2010, 1, 1), child_status="none"
        ),
    ]
    city = build_network_from_records(people, PLUGINS.categories, PLUGINS.target_groups)
    assert publicity(city, {"H-1": 100}, ON).rows == ()
    with pytest.raises(KeyError):
        publicity(city, {"H-404": 100}, ON)


def test_small_cells() -> None:
    """Small counts go, and a second one with them where the total would give the first away."""
    assert suppress_small([10, 20, 0]).counts == (10, 20, 0)
    assert suppress_small([3, 10, 20]).counts == (None, None, 20)
    assert suppress_small([3, 10, 20]).total == 33
    assert suppress_small([2, 3, 20]).counts == (None, None, 20)
    assert suppress_small([1, 1, 20]).counts == (None, None, None)  # two that add up to two
    assert (
        suppress_small([1, 1, 1, 1, 1, 9, 20]).counts[5] is None
    )  # five that add up to 5 are all 1
    assert suppress_small([1, 1, 1, 1, 1]).total is None
    assert (
        suppress_small([4, 4, 4, 4, 4, 4, 9, 20]).counts[6] is None
    )  # six that add up to 24, all 4
    assert suppress_small([3]) == suppress_small([4])  # alone: the total goes as well
    with pytest.raises(ValueError, match="negative"):
        suppress_small([-1])


@given(st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_no_small_cell_can_be_computed(counts: list[int]) -> None:
    """Whoever knows the published cells and total has at least two tables left for every small cell."""
    seen = suppress_small(counts)
    small = [i for i, n in enumerate(counts) if 0 < n < SMALL_CELL]
    assert all(seen.counts[i] is None for i in small)
    hidden = [i for i, n in enumerate(seen.counts) if n is None]
    possible: dict[int, set[int]] = {i: set() for i in hidden}
    for guess in itertools.product(range(1, 25), repeat=len(hidden)):
        table = [n if n is not None else 0 for n in seen.counts]
        for i, n in zip(hidden, guess, strict=True):
            table[i] = n
        if seen.total is None or sum(table) == seen.total:
            for i, n in zip(hidden, guess, strict=True):
                possible[i].add(n)
        if all(len(p) > 1 for p in possible.values()):
            break
    assert all(len(p) > 1 for p in possible.values())
    assert np.array_equal(
        [n for n in seen.counts if n is not None],
        [counts[i] for i in range(len(counts)) if i not in hidden],
    )

"""Consent, what goes out, and the protection of minors."""

import ast
import datetime as dt
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe.casefile import allowed, consents_of, mandatory_report, outgoing, protection, vetting_due
from wushe.errors import InputError
from wushe.model import Consent, Fact, Visit
from wushe.network import LinkageNetwork, build_network_from_records

PLUGINS = wushe.load_plugins("wuchang")
ON = dt.date(2025, 9, 15)
BEFORE = dt.date(2025, 9, 1)
DAY = dt.timedelta(days=1)


def city_of(*records: Any, **household: Any) -> LinkageNetwork:
    """Return household H-1 of one grown-up P-1 and one child P-2, and a lone person P-3."""
    return build_network_from_records(
        [
            wushe.Household(id="H-1", name="李大爷", phone="13900001111", **household),
            wushe.Household(id="H-2"),
            wushe.Person(id="P-1", household="H-1", birth=dt.date(1950, 1, 1), name="李大爷"),
            wushe.Person(id="P-2", household="H-1", birth=dt.date(2015, 1, 1), name="李小孙"),
            wushe.Person(id="P-3", birth=dt.date(1960, 1, 1)),
            *records,
        ],
        PLUGINS.categories,
        PLUGINS.target_groups,
    )


def consent(key: str = "C-1", subject: str = "H-1", **given_as: Any) -> Consent:
    """Return a consent to referral, given before `ON`."""
    return Consent(
        **{"id": key, "subject": subject, "purpose": "referral", "given_on": BEFORE, **given_as}
    )


def answer(
    city: LinkageNetwork,
    subject: str = "H-1",
    *fields: str,
    purpose: str = "referral",
    to: str | None = "O-1",
    on: dt.date = ON,
) -> int:
    """Return the one answer for `subject`."""
    return int(allowed(city, [subject], purpose, to, fields or ("phone",), on)[0])


@pytest.mark.parametrize(
    ("records", "household", "expected"),
    [
        ((), {}, -1),  # nobody asked
        ((), {"referral_consent": True}, 1),  # the flag in the table
        ((), {"referral_consent": False}, 0),
        ((consent(),), {}, 1),
        ((consent(),), {"referral_consent": False}, 0),  # only a yes without a no is a yes
        ((consent(given_on=ON + DAY),), {}, -1),  # not given yet
        ((consent(given_on=ON),), {}, 1),
        ((consent(recipients=("O-1",)),), {}, 1),
        ((consent(recipients=("O-2",)),), {}, -1),  # passed on to nobody else (23)
        ((consent(fields=("phone",)),), {}, 1),
        ((consent(fields=("name",)),), {}, -1),
        ((consent("C-1", fields=("name",)), consent("C-2", fields=("phone",))), {}, 1),
        ((consent(purpose="research"),), {}, -1),  # another purpose
        ((consent(withdrawn_on=ON),), {}, 0),  # from the day itself
        ((consent(withdrawn_on=ON + DAY),), {}, 1),
        ((consent(withdrawn_on=ON),), {"referral_consent": True}, 0),  # later than the flag
        ((consent("C-1", withdrawn_on=ON - DAY), consent("C-2", given_on=BEFORE + DAY)), {}, 0),
        ((consent("C-1", withdrawn_on=ON - DAY), consent("C-2", given_on=ON)), {}, 1),  # given anew
        ((consent("C-1", withdrawn_on=ON, recipients=("O-2",)), consent("C-2")), {}, 1),
        ((consent("C-1", withdrawn_on=ON, fields=("name",)), consent("C-2")), {}, 1),
    ],
)
def test_what_counts_as_a_yes(
    records: tuple[Any, ...], household: dict[str, Any], expected: int
) -> None:
    """1 a recorded yes, 0 a recorded no, -1 not known."""
    assert answer(city_of(*records, **household)) == expected


def test_sensitive_fields_need_separate_consent() -> None:
    """PIPL 29: a blanket consent does not cover health; naming the field does, or the flag."""
    blanket = city_of(consent())
    assert answer(blanket, "H-1", "disability_type") == -1
    assert answer(blanket, "H-1", "phone", "disability_type") == -1
    assert answer(blanket, "H-1", "a_fact_no_table_knows") == -1
    assert answer(city_of(consent(fields=("disability_type",))), "H-1", "disability_type") == 1
    assert answer(city_of(consent(), sensitive_consent=True), "H-1", "disability_type") == 1
    assert answer(city_of(referral_consent=True), "H-1", "incomes") == -1


def test_passing_on_for_another_purpose_needs_a_named_recipient() -> None:
    """PIPL 23: consent to our own service is none to hand the facts to somebody else."""
    served = city_of(consent(purpose="service"))
    assert answer(served, purpose="service", to=None) == 1
    assert answer(served, purpose="service", to="O-1") == -1
    named = city_of(consent(purpose="service", recipients=("O-1",)))
    assert answer(named, purpose="service", to="O-1") == 1


@pytest.mark.parametrize(
    ("records", "household", "expected"),
    [
        ((consent(),), {}, -1),  # the household agreed, no guardian for the child
        ((consent(guardian="李母"),), {}, 1),
        ((consent(),), {"guardian_consent": True}, 1),
        ((consent(subject="P-2"),), {}, -1),  # the child's own word is none
        ((consent(subject="P-2", guardian="李母"),), {}, 1),
        ((consent(subject="P-2", guardian="李母", withdrawn_on=ON),), {}, 0),
        (
            (consent(guardian="李母", withdrawn_on=ON), consent("C-2", "P-2", guardian="李母")),
            {},
            0,
        ),
    ],
)
def test_a_child_under_14_needs_a_guardian(
    records: tuple[Any, ...], household: dict[str, Any], expected: int
) -> None:
    """PIPL 31. The household's no is the child's no as well."""
    assert answer(city_of(*records, **household), "P-2") == expected


def test_a_guardian_is_needed_up_to_the_14th_birthday() -> None:
    """On the birthday itself the own word counts; of unknown age counts as under 14."""
    born = wushe.Person(id="P-9", birth=dt.date(2011, 9, 15))
    unknown = wushe.Person(id="P-8")
    city = city_of(born, unknown, consent(subject="P-9"), consent("C-2", "P-8"))
    assert answer(city, "P-9", on=ON - DAY) == -1
    assert answer(city, "P-9", on=ON) == 1
    assert answer(city, "P-8") == -1


def test_a_batch_answers_in_the_order_asked() -> None:
    """One int8 per subject, households and persons mixed."""
    city = city_of(consent(), consent("C-2", "P-3", withdrawn_on=ON))
    found = allowed(city, ["P-3", "H-1", "H-2", "P-1"], "referral", "O-1", ("phone",), ON)
    assert found.tolist() == [0, 1, -1, 1]
    assert found.dtype == "int8"
    assert allowed(city, [], "referral", None, (), ON).tolist() == []


def test_wrong_questions_are_refused() -> None:
    """An unknown id or purpose is an error, not a no."""
    with pytest.raises(InputError, match="H-404"):
        allowed(city_of(), ["H-404"], "referral", None, (), ON)
    with pytest.raises(ValueError, match="relief_application"):
        allowed(city_of(), ["H-1"], "sale", None, (), ON)
    with pytest.raises(ValueError, match="shoe_size"):
        outgoing(city_of(), "referral", None, ("shoe_size",), ON)


def test_the_ledger_of_one_household() -> None:
    """Every consent with its state on the day, by date."""
    city = city_of(consent("C-2", withdrawn_on=ON), consent("C-1", purpose="research", given_on=ON))
    assert [(c.purpose.zh, c.state) for c in consents_of(city, "H-1", ON)] == [
        ("转介慈善", "withdrawn"),
        ("统计研究", "holds"),
    ]
    assert [c.state for c in consents_of(city, "H-1", ON - DAY)] == ["holds"]


# --- what goes out --------------------------------------------------------------------------------

CATEGORY = next(iter(PLUGINS.categories))
ABOUT_H1 = (
    wushe.Need(id="N-1", category=CATEGORY, household="H-1", note="plantednote"),
    wushe.Wish(id="W-1", need="N-1", public_text="一本书"),
    wushe.Income(id="I-1", household="H-1", kind="wage"),
    wushe.Volunteer(id="VO-1", name="周志愿", place="42", person="P-1"),
    wushe.Place(id="42", name="某省", level="province"),
    Visit(id="V-1", kind="door", on=BEFORE, household="H-1", note="plantednote"),
    Fact(
        id="F-1", subject="P-1", field="phone", value="13900002222", on=BEFORE,
        at="2025-09-01T00:00:00.000000Z", visit="V-1",
    ),
    Fact(
        id="F-2", subject="P-1", field="illness", value="plantedillness", on=BEFORE,
        at="2025-09-01T00:00:00.000000Z",
    ),
)  # fmt: skip


def test_only_consented_fields_of_those_who_agreed_go_out() -> None:
    """The view has the household, its grown-up and the fields asked for; no child, note or helper."""
    sent = outgoing(city_of(consent(), *ABOUT_H1), "referral", "O-1", ("phone",), ON)
    assert list(sent["households"].ids) == ["H-1"]
    assert sent["households"].record(0).phone == "13900001111"
    assert sent["households"].record(0).name is None
    assert list(sent["persons"].ids) == ["P-1"]
    assert [f.id for f in sent["facts"].records()] == ["F-1"]
    assert (list(sent["needs"].ids), list(sent["wishes"].ids)) == (["N-1"], ["W-1"])
    assert sent["needs"].record(0).note is None
    assert [len(sent[t]) for t in ("incomes", "visits", "volunteers", "consents")] == [0, 0, 0, 0]


def test_a_sensitive_table_goes_out_only_when_named() -> None:
    """Incomes are asked for by name, and consented to by name."""
    city = city_of(consent(fields=("incomes", "phone")), *ABOUT_H1)
    assert list(outgoing(city, "referral", "O-1", ("incomes",), ON)["incomes"].ids) == ["I-1"]
    refused = outgoing(city_of(consent(), *ABOUT_H1), "referral", "O-1", ("incomes",), ON)
    assert len(refused["households"]) == len(refused["incomes"]) == 0


@given(
    withdrawn=st.dates(BEFORE, BEFORE + 60 * DAY),
    days=st.integers(-30, 60),
    flag=st.sampled_from([None, True]),
    again=st.booleans(),
)
def test_withdrawal_takes_the_household_out_of_every_later_view(
    withdrawn: dt.date, days: int, flag: bool | None, again: bool
) -> None:
    """From the day of withdrawal on no row of any outgoing table is about the household."""
    first = consent(withdrawn_on=withdrawn)
    others = [consent("C-2", given_on=BEFORE)] if again else []
    city = city_of(first, *others, *ABOUT_H1, referral_consent=flag)
    on = withdrawn + days * DAY
    sent = outgoing(city, "referral", "O-1", ("phone",), on)
    there = list(sent["households"].ids) == ["H-1"]
    assert there == (on < withdrawn and (on >= BEFORE or bool(flag)))
    if not there:
        told = [str(v) for t in sent.tables.values() for c in t.columns.values() for v in c]
        assert not {"H-1", "P-1", "P-2", "N-1", "F-1", "I-1", "W-1"} & set(told)


# --- minors --------------------------------------------------------------------------------------


def test_harm_to_a_child_is_reported_without_consent() -> None:
    """Article 11: withdrawn, refused or missing consent makes no difference; the fields are minimal."""
    place = wushe.Place(id="42", name="某省", level="province")
    refused = city_of(
        consent(withdrawn_on=BEFORE), place, referral_consent=False, address="某路1号", place="42"
    )
    report = mandatory_report(refused, "P-2", "violence", by="SW-1", at="2025-09-15T09:00:00+08:00")
    assert report.bodies == ("civil_affairs", "police")
    said = report.say("zh")
    assert all(part in said for part in ("第十一条", "李小孙", "某路1号", "公安机关", "暴力"))
    assert "13900001111" not in said
    assert "李小孙" not in repr(report)
    assert "某路1号" not in repr(report)
    assert report.say("en").startswith("To: civil affairs, police")


def test_the_report_goes_past_consent_and_matching() -> None:
    """The module that reports harm imports neither the ledger nor anything that matches or plans."""
    tree = ast.parse(inspect.getsource(protection))
    imported = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    barred = ("consent", "outgoing", "matching", "plan", "supply", "help")
    assert not [m for m in imported if any(part in m.split(".") for part in barred)]


@pytest.mark.parametrize(
    ("person", "change", "error"),
    [
        ("P-1", {}, ValueError),  # of age
        ("P-404", {}, KeyError),
        ("P-2", {"harm": "rain"}, ValueError),
        ("P-2", {"to": ()}, ValueError),
        ("P-2", {"to": ("press",)}, ValueError),
    ],
)
def test_a_report_that_cannot_be_made(
    person: str, change: dict[str, Any], error: type[Exception]
) -> None:
    """It says what is wrong instead of going nowhere."""
    given_as = {"harm": "neglect", "by": "SW-1", "at": "2025-09-15T09:00:00+08:00", **change}
    with pytest.raises(error):
        mandatory_report(city_of(), person, **given_as)


def test_a_report_counts_days_in_beijing() -> None:
    """The 18th birthday begins at midnight in Beijing, sixteen hours UTC of the day before."""
    born = wushe.Person(id="P-9", birth=dt.date(2007, 9, 15))
    city = city_of(born)
    mandatory_report(city, "P-9", "other", by="SW-1", at="2025-09-14T15:59:59Z")
    with pytest.raises(ValueError, match="of age"):
        mandatory_report(city, "P-9", "other", by="SW-1", at="2025-09-14T16:00:00Z")


def worker(key: str, days_ago: int | None) -> wushe.SocialWorker:
    """Return a worker vetted so many days before `ON`."""
    vetted = None if days_ago is None else ON - days_ago * DAY
    return wushe.SocialWorker(id=key, name="某社工", vetted_on=vetted)


def test_vetting_is_due_a_year_after() -> None:
    """Article 62: missing, expired or due within the days asked for; unconcerned helpers left out."""
    workers = [
        worker("SW-ok", 300), worker("SW-soon", 350), worker("SW-last", 365), worker("SW-late", 366),
        worker("SW-none", None), worker("SW-future", -1), worker("SW-elsewhere", None),
    ]  # fmt: skip
    visit = Visit(id="V-1", kind="door", on=BEFORE, person="P-2", visitor="SW-none")
    found = vetting_due(city_of(*workers, visit), ON, 30)
    assert [(d.id, d.state) for d in found] == [
        ("SW-future", "missing"),
        ("SW-none", "missing"),
        ("SW-late", "expired"),
        ("SW-last", "due"),
        ("SW-soon", "due"),
    ]
    assert [d.id for d in vetting_due(city_of(*workers, visit), ON, 0)][-1] == "SW-last"
    with pytest.raises(ValueError, match="negative"):
        vetting_due(city_of(), ON, -1)


@pytest.mark.parametrize(
    "work",
    [
        wushe.ServiceRecord(id="S-1", provider="SW-none", household="H-1"),  # a child lives there
        wushe.ServiceRecord(
            id="S-1", provider="SW-none", household="H-2",
            category=next(c.id for c in PLUGINS.categories.values() if c.minors),
        ),
        Visit(id="V-1", kind="door", on=BEFORE, household="H-1", visitor="SW-none"),
    ],
)  # fmt: skip
def test_who_works_with_minors(work: Any) -> None:
    """By service, category or visit; the responsible worker is one as well."""
    assert [d.id for d in vetting_due(city_of(worker("SW-none", None), work), ON, 0)] == ["SW-none"]
    assert vetting_due(city_of(worker("SW-none", None)), ON, 0) == []
    responsible = city_of(worker("SW-none", None), responsible_worker="SW-none")
    assert [d.id for d in vetting_due(responsible, ON, 0)] == ["SW-none"]

"""Records: frozen, checked when made, silent about what is sensitive, to JSON and back without loss."""

import datetime as dt
import json
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import wushe
from cities import id_number
from strategies import values_of
from wushe import InputError
from wushe.model import RECORD_KINDS, from_json, to_json
from wushe.model.serial import from_objects
from wushe.model.spec import RecordKind

DAY = dt.date(2025, 9, 15)
BEFORE = DAY - dt.timedelta(days=1)
CREDIT = "51420000500000000X"

# record, field that the problem names, code of the problem
BAD: list[tuple[Callable[[], Any], str, str]] = [
    # --- required
    (lambda: wushe.Place(id="P", name=None, level="city"), "name", "missing-value"),  # type: ignore[arg-type]
    (lambda: wushe.Offer(id="A", provider="O", categories=None, quantity=1, unit="piece"), "categories", "missing-value"),  # type: ignore[arg-type]
    # --- of the wrong type
    (lambda: wushe.Household(id=7), "id", "wrong-type"),  # type: ignore[arg-type]
    (lambda: wushe.Household(id="H", members_count=True), "members_count", "wrong-type"),
    (lambda: wushe.Household(id="H", members_count=2.0), "members_count", "wrong-type"),  # type: ignore[arg-type]
    (lambda: wushe.Household(id="H", referral_consent="yes"), "referral_consent", "wrong-type"),  # type: ignore[arg-type]
    (lambda: wushe.Household(id="H", referral_consent=1), "referral_consent", "wrong-type"),  # type: ignore[arg-type]
    (lambda: wushe.Household(id="H", applied_on="2025-09-15"), "applied_on", "wrong-type"),  # type: ignore[arg-type]
    (lambda: wushe.Household(id="H", applied_on=dt.datetime(2025, 9, 15)), "applied_on", "wrong-type"),  # noqa: DTZ001
    (lambda: wushe.Household(id="H", target_groups=["a"]), "target_groups", "wrong-type"),  # type: ignore[arg-type]
    (lambda: wushe.Household(id="H", target_groups=("b", "a")), "target_groups", "wrong-type"),  # unsorted
    (lambda: wushe.Household(id="H", target_groups=("a", "a")), "target_groups", "wrong-type"),
    (lambda: wushe.Household(id="H", target_groups=("a;b",)), "target_groups", "wrong-type"),
    (lambda: wushe.Household(id="H", target_groups=(1, 2)), "target_groups", "wrong-type"),  # type: ignore[arg-type]
    # --- out of range
    (lambda: wushe.Place(id="P", name="n", level="city", lon=181), "lon", "out-of-range"),
    (lambda: wushe.Place(id="P", name="n", level="city", lat=-90.5), "lat", "out-of-range"),
    (lambda: wushe.Volunteer(id="V", name="n", place="P", weekly_hours=169), "weekly_hours", "out-of-range"),
    (lambda: wushe.Volunteer(id="V", name="n", place="P", weekly_hours=-1), "weekly_hours", "out-of-range"),
    (lambda: wushe.Household(id="H", members_count=0), "members_count", "out-of-range"),
    (lambda: wushe.Fund(id="F", name="n", host="O", balance_fen=-1), "balance_yuan", "negative-value"),
    (lambda: wushe.Household(id="H", income_month_fen=2**62), "income_month_yuan", "out-of-range"),
    (lambda: wushe.Need(id="N", category="c", household="H", quantity=0, unit="piece"), "quantity", "bad-quantity"),
    # --- of its kind
    (lambda: wushe.Household(id="a b"), "id", "bad-identifier"),
    (lambda: wushe.Household(id="1.1E+17"), "id", "spreadsheet-number"),
    (lambda: wushe.Place(id="P", name="n", level="galaxy"), "level", "unknown-choice"),
    (lambda: wushe.Place(id="P", name="n", level="街道乡镇"), "level", "wrong-type"),  # a label is no value
    (lambda: wushe.Need(id="N", category="c", household="H", quantity=1, unit="bushel"), "unit", "unknown-unit"),
    (lambda: wushe.Person(id="P", id_number="420106195001021230"), "id_number", "bad-id-number"),
    (lambda: wushe.Person(id="P", phone="none"), "phone", "bad-phone"),
    # --- rules across fields
    (lambda: wushe.Need(id="N", category="c"), "household", "need-for-nobody"),
    (lambda: wushe.Need(id="N", category="c", household="H", quantity=1), "quantity", "quantity-without-unit"),
    (lambda: wushe.Need(id="N", category="c", household="H", asked_on=DAY, due=BEFORE), "asked_on", "window-reversed"),
    (lambda: wushe.Offer(id="A", provider="O", categories=("c",), quantity=1, unit="piece", available_from=DAY, available_to=BEFORE), "available_from", "window-reversed"),
    (lambda: wushe.Need(id="N", category="c", household="H", on_day=DAY, starts="11:00", ends="10:00"), "starts", "times-reversed"),
    (lambda: wushe.Need(id="N", category="c", household="H", starts="10:00", ends="10:00"), "starts", "times-reversed"),
    (lambda: wushe.Offer(id="A", provider="O", categories=("c",), quantity=1, unit="piece", starts="10:00", ends="09:00"), "starts", "times-reversed"),
    (lambda: wushe.Volunteer(id="V", name="n", place="P", starts="10:00", ends="09:00"), "starts", "times-reversed"),
    (lambda: wushe.SocialWorker(id="W", name="n", starts="10:00", ends="09:00"), "starts", "times-reversed"),
    (lambda: wushe.Organization(id="O", name="n", kind="firm", registration="registered"), "registration", "credit-code-needed"),
    (lambda: wushe.Volunteer(id="V", name="n", place="P", minor=True), "minor", "guardian-consent-needed"),
    (lambda: wushe.Volunteer(id="V", name="n", place="P", minor=True, guardian_consent=False), "minor", "guardian-consent-needed"),
    (lambda: wushe.Person(id="P", birth=DAY, died_on=BEFORE), "birth", "died-before-birth"),
    (lambda: wushe.Person(id="P", id_number=id_number("42010619500102123"), birth=DAY), "id_number", "birth-differs-from-id"),
    # --- amounts too large to add up exactly, and a number that is none
    (lambda: wushe.Offer(id="A", provider="O", categories=("c",), quantity=10**18, unit="kg"), "quantity", "*"),
    (lambda: wushe.Place(id="P", name="n", level="city", lon=float("nan")), "lon", "*"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "field", "code"), BAD, ids=[f"{f}-{c}" for _, f, c in BAD])
def test_a_bad_record_names_field_and_mistake(
    make: Callable[[], Any], field: str, code: str
) -> None:
    """Each row: this record is refused, for this field, with this code, and says what to do."""
    with pytest.raises(InputError) as error:
        make()
    found = [(p.field, p.code) for p in error.value.problems]
    assert any(f in (field, field.replace("_yuan", "_fen")) for f, _ in found)
    assert code == "*" or code in [c for _, c in found]
    for problem in error.value.problems:
        for lang in ("zh", "en"):
            assert "{" not in problem.say(lang)
        assert "Next: " in problem.say("en")


# what stands although it looks like the above
GOOD: list[Callable[[], Any]] = [
    lambda: wushe.Organization(id="O", name="n", kind="firm"),  # registration unknown
    lambda: wushe.Organization(id="O", name="n", kind="firm", registration="filed"),  # no code asked
    lambda: wushe.Organization(id="O", name="n", kind="firm", registration="none"),
    lambda: wushe.Volunteer(id="V", name="n", place="P", minor=True, guardian_consent=True),
    lambda: wushe.Volunteer(id="V", name="n", place="P"),  # age unknown
    lambda: wushe.Need(id="N", category="c", person="P"),  # for a person alone, amount unknown
    lambda: wushe.Need(id="N", category="c", institution="I", asked_on=DAY, due=DAY),
    lambda: wushe.Person(id="P", birth=DAY, died_on=DAY),
    lambda: wushe.Person(id="P"),  # a rough sleeper of whom nothing is known
    lambda: wushe.Household(id="H", income_month_fen=-5_000),  # a business may lose
    lambda: wushe.Household(id="H", target_groups=()),  # known to be in no group
    lambda: wushe.Place(id="P", name="n", level="city", lon=114, lat=30.5),
]  # fmt: skip


@pytest.mark.parametrize("make", GOOD)
def test_unknown_facts_are_no_mistakes(make: Callable[[], Any]) -> None:
    """Unknown is neither zero nor no, and what is allowed is allowed."""
    assert make() == make()


def test_all_problems_come_at_once() -> None:
    """Four mistakes, four problems."""
    with pytest.raises(InputError) as error:
        wushe.Volunteer(id="a b", name="n" * 3000, place="P", weekly_hours=999, phone="x")
    assert [p.field for p in error.value.problems] == ["id", "name", "weekly_hours", "phone"]
    assert len(str(error.value).splitlines()) == 4


def test_a_record_is_named_by_class_and_id() -> None:
    """There is no file: the message says which record it was."""
    with pytest.raises(InputError, match=r"Household\(H-7\), members_count"):
        wushe.Household(id="H-7", members_count=0)


def test_records_are_frozen_and_changed_by_copy() -> None:
    """A change is a new record, checked again."""
    household = wushe.Household(id="H", members_count=3)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        household.members_count = 4  # type: ignore[misc]
    assert attrs.evolve(household, members_count=4).members_count == 4
    with pytest.raises(InputError):
        attrs.evolve(household, members_count=0)


def test_repr_shows_what_is_known_and_not_sensitive() -> None:
    """Names and numbers are starred, unknown facts left out."""
    shown = repr(wushe.Household(id="H", name="李爷爷", phone="13912345678", members_count=2))
    assert shown == "Household(id='H', name=***, phone=***, members_count=2)"


# --- JSON --------------------------------------------------------------------------------------


def records_of(kind: RecordKind) -> st.SearchStrategy[Any]:
    """Return records of `kind` with any facts known or unknown; references may lead nowhere."""

    @st.composite
    def draw_one(draw: st.DrawFn) -> Any:
        values = {
            f.name: draw(values_of(f)) for f in kind.fields if f.required or draw(st.booleans())
        }
        try:
            return kind.cls(**values)
        except InputError:
            # A rule across fields: leave out the optional facts that rules join, but a need, a
            # visit and the like must be for somebody.
            joined = {f for r in kind.rules for f in r.fields if not kind.field(f).required}
            kept = {k: v for k, v in values.items() if k not in joined}
            someone = {"household": "H"} if "household" in joined else {}
            try:
                return kind.cls(**kept, **someone)
            except InputError:
                reject()

    return draw_one()


@pytest.mark.parametrize("kind", RECORD_KINDS.values(), ids=lambda k: k.name)
def test_every_record_survives_json_and_pickling(kind: RecordKind) -> None:
    """To JSON and back, and through a process border, without loss."""

    @settings(max_examples=25)
    @given(records_of(kind))
    def check(record: Any) -> None:
        text = to_json(record)
        assert from_json(kind.name, text) == record
        assert pickle.loads(pickle.dumps(record)) == record
        assert not [v for v in json.loads(text).values() if v is None]

    check()


def test_json_is_readable() -> None:
    """Dates as ISO text, Chinese as it is, unknown facts left out."""
    record = wushe.Need(id="N", category="visit", household="李家", due=DAY)
    assert json.loads(to_json(record)) == {
        "id": "N", "category": "visit", "household": "李家", "due": "2025-09-15"
    }  # fmt: skip
    assert "李家" in to_json(record)


# what is no record of a household
NOT_RECORDS = [
    "{",  # not JSON
    "7",
    "[]",
    '"H"',
    "{}",  # no id
    '{"id": "H", "colour": "red"}',  # a field that does not exist
    '{"id": "H", "applied_on": "someday"}',
    '{"id": "H", "members_count": "many"}',
    '{"id": "H", "members_count": 2.5}',  # not to be rounded
    '{"id": "H", "members_count": "2"}',  # not to be guessed
    '{"id": "H", "referral_consent": "no"}',  # a word is not a yes
    '{"id": "H", "referral_consent": 0}',
    '{"id": 7}',
    '{"id": "H", "target_groups": "disabled"}',  # not to be spelled out
    '{"id": "H", "members_count": 0}',
]


@pytest.mark.parametrize("text", NOT_RECORDS)
def test_what_is_no_record_is_refused_not_guessed(text: str) -> None:
    """Anything but the right fields with the right types is an InputError."""
    with pytest.raises(InputError):
        from_json("households", text)


def test_all_bad_objects_are_reported_together() -> None:
    """Row by row, with the good ones passed over."""
    objects = [{"id": "H1"}, {"id": "H2", "members_count": 0}, {"id": "H3", "colour": "red"}]
    with pytest.raises(InputError) as error:
        from_objects("households", objects, "city.json")
    assert len(error.value.problems) == 2

"""Case files: everything about one household in time order, its stage, and who is responsible."""

import datetime as dt
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe.casefile import case_file, open_cases
from wushe.casefile.stages import STAGE_NAMES, moves_of
from wushe.errors import InputError
from wushe.model import CaseEvent, Consent, Fact, Visit, table_of
from wushe.network import LinkageNetwork, build_network_from_records

ON = dt.date(2025, 9, 15)
PLUGINS = wushe.load_plugins("wuchang")


def network_of(*records: Any) -> LinkageNetwork:
    """Return the network of `records`."""
    return build_network_from_records(records, PLUGINS.categories, PLUGINS.target_groups)


def day(month: int, number: int = 1) -> dt.date:
    """Return a day of 2025."""
    return dt.date(2025, month, number)


def at(month: int, number: int = 1) -> str:
    """Return nine o'clock UTC of a day of 2025."""
    return f"2025-{month:02d}-{number:02d}T09:00:00.000000Z"


CATEGORY = next(iter(PLUGINS.categories))
CITY: tuple[Any, ...] = (
    wushe.Organization(id="O-1", name="某组织", kind="foundation"),
    wushe.Place(id="42", name="某省", level="province"),
    wushe.Station(id="ST", name="某站", place="42", supervisor="SW-2"),
    wushe.SocialWorker(id="SW-1", name="钱社工", station="ST"),
    wushe.SocialWorker(id="SW-2", name="孙督导"),
    wushe.Household(id="H-1", name="李大爷", responsible_worker="SW-1"),
    wushe.Household(id="H-2", name="别家人"),
    wushe.Person(id="P-1", household="H-1", name="李大爷", relation="head", birth=dt.date(1940, 1, 1)),
    wushe.Person(id="P-2", household="H-1", name="李小孙", birth=dt.date(2015, 1, 1)),
    wushe.Person(id="P-3", name="无家人"),
    Visit(id="V-1", kind="door", on=day(3), household="H-1", visitor="SW-1"),
    Visit(id="V-9", kind="door", on=day(3), household="H-2"),
    Visit(id="V-2", kind="regular", on=day(12), person="P-2"),  # after the day asked for
    Fact(id="F-1", subject="P-1", field="illness", value="高血压", on=day(3), at=at(3), confidence="stated"),
    Fact(id="F-2", subject="P-1", field="illness", value="糖尿病", on=day(4), at=at(4), confidence="document"),
    Fact(id="F-3", subject="H-1", field="members_count", value="2", on=day(4), at=at(4), after=()),
    Fact(id="F-4", subject="H-1", field="members_count", value="3", on=day(4), at=at(5), after=()),
    wushe.Need(id="N-1", category=CATEGORY, household="H-1", asked_on=day(4)),
    wushe.Wish(id="W-1", need="N-1", public_text="想要一副老花镜", shown_from=day(5)),
    wushe.ServiceRecord(id="S-1", provider="SW-1", household="H-1", served_on=day(6)),
    wushe.ReliefGrant(id="G-1", household="H-1", policy="临时救助", granted_on=day(6), amount_fen=100),
    wushe.ReliefStatus(id="R-1", household="H-1", kind="dibao", since=day(1)),
    wushe.Spending(id="X-1", household="H-1", kind="medical", amount_fen=100),
    Consent(id="C-1", subject="H-1", purpose="referral", given_on=day(3), withdrawn_on=day(8)),
    CaseEvent(id="E-1", subject="H-1", on=day(3), stage="intake", by="SW-1"),
    CaseEvent(id="E-2", subject="H-1", on=day(5), stage="plan", by="SW-1"),
    CaseEvent(id="E-3", subject="H-1", on=day(6), referral="to", body="O-1"),
    CaseEvent(id="E-4", subject="H-1", on=day(11), stage="closing"),
)  # fmt: skip


def test_a_case_file_holds_everything_in_time_order() -> None:
    """Facts, visits, needs, wishes, services, grants, consents and steps of the household, by day."""
    file = case_file(network_of(*CITY), "H-1", ON)
    ids = [item.record.id for item in file.items]
    assert ids == [
        "R-1",
        "E-1",
        "C-1",
        "V-1",
        "F-1",
        "N-1",
        "F-2",
        "F-3",
        "F-4",
        "E-2",
        "W-1",
        "E-3",
        "G-1",
        "S-1",
        "C-1",
        "X-1",
    ]
    days = [item.on for item in file.items if item.on is not None]
    assert days == sorted(days)
    assert file.items[-1].record.id == "X-1"  # undated, at the end
    assert file.conflicts[0].field == "members_count"
    assert [p.id for p in file.persons] == ["P-1", "P-2"]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "zh",
            {"字段：是否独居；值：是", "走访前信号：单独居住的老人、seen_elsewhere", "单位：分钟"},
        ),
        ("en", {"field: lives alone; value: yes", "unit: minute"}),
    ],
)
def test_what_the_rules_have_a_name_for_is_called_by_it(lang: str, said: set[str]) -> None:
    """Questions, signals, answers and units are in the reader's language; an id that nobody names stays."""
    rules = wushe.load_plugins()
    label = rules.risk_signals["alone_and_old"].label.zh
    rows = (
        wushe.Household(id="H"),
        wushe.Visit(id="V", kind="door", on=ON, household="H", expected=("alone_and_old", "seen_elsewhere")),
        Fact(id="F", subject="H", field="lives_alone", value="yes", on=ON, at=f"{ON}T01:00:00.000000Z"),
        wushe.Need(id="N", category="visit", household="H", quantity=30, unit="分钟" if lang == "en" else "minute"),
    )  # fmt: skip
    file = case_file(network_of(*rows), "H", ON, plugins=rules)
    told = file.explain(lang, "social_worker")
    assert [one for one in said if one.replace("单独居住的老人", label) not in told] == []
    assert "lives_alone" in case_file(network_of(*rows), "H", ON).explain(lang, "social_worker")


def test_facts_say_whether_they_hold() -> None:
    """A later fact supersedes; facts in conflict are marked so that they get settled."""
    file = case_file(network_of(*CITY), "H-1", ON)
    states = {i.record.id: i.state for i in file.items if i.table == "facts"}
    assert states == {"F-1": "superseded", "F-2": "holds", "F-3": "disputed", "F-4": "disputed"}


def test_the_file_is_as_of_a_day() -> None:
    """What was not yet recorded is not yet in the file: the stage moves on with the day."""
    city = network_of(*CITY)
    assert case_file(city, "H-1", day(2)).stage is None
    assert case_file(city, "H-1", day(4)).stage == "intake"
    assert case_file(city, "H-1", ON).stage == "plan"
    assert case_file(city, "H-1", day(12)).stage == "closing"
    held = case_file(city, "H-1", day(3))
    assert [i.state for i in held.items if i.table == "facts"] == ["holds"]


def test_skipped_stages_are_flagged() -> None:
    """Intake to plan leaves out the assessment; the file says so in both languages."""
    file = case_file(network_of(*CITY), "H-1", ON)
    assert [(m.event, m.missing) for m in file.skips] == [("E-2", ("assessment",))]
    assert "缺少：预估" in file.explain("zh", "social_worker")
    assert "without assessment" in file.explain("en", "social_worker")


def test_responsible_worker_and_supervisor() -> None:
    """The household's own worker, and the supervisor of that worker's station."""
    file = case_file(network_of(*CITY), "H-1", ON)
    assert (file.worker, file.supervisor) == ("SW-1", "SW-2")
    named = CaseEvent(
        id="E-9", subject="P-3", on=day(3), stage="intake", by="SW-2", supervisor="SW-1"
    )
    lone = case_file(network_of(*CITY, named), "P-3", ON)
    assert (lone.worker, lone.supervisor, lone.stage) == ("SW-2", "SW-1", "intake")


def test_a_member_has_a_file_and_the_households_stage() -> None:
    """A person's file holds the person's own rows; without an own case the household's stage counts."""
    file = case_file(network_of(*CITY), "P-1", ON)
    assert [i.record.id for i in file.items] == ["F-1", "F-2"]
    assert file.stage == "plan"
    assert file.worker == "SW-1"


def test_facts_of_a_merge_can_be_given() -> None:
    """The facts of two devices, merged but not yet stored, are shown in place of the stored ones."""
    more = table_of(
        "facts", [Fact(id="F-8", subject="P-1", field="sex", value="male", on=day(5), at=at(5))]
    )
    file = case_file(network_of(*CITY), "H-1", ON, facts=more)
    assert [i.record.id for i in file.items if i.table == "facts"] == ["F-8"]


def test_a_plan_is_part_of_the_workers_view_only() -> None:
    """一户一策 is shown below the file to the social worker, not to the grid worker."""
    city = network_of(*CITY)
    plan = wushe.make_plan(city, plugins=PLUGINS, on=ON)
    file = case_file(city, "H-1", ON, plan=plan)
    assert "一户一策" in file.explain("zh", "social_worker")
    assert "一户一策" not in file.explain("zh", "grid_worker")


def test_the_default_role_sees_no_case_file() -> None:
    """Who does not say who is looking is told that the file is closed, and nothing else."""
    file = case_file(network_of(*CITY), "H-1", ON)
    assert file.explain("en") == "case files are not open to this role: public"
    assert json.loads(file.to_json()) == {"role": "public", "closed": True}
    assert "李" not in repr(file) + repr(file.items) + repr(file.persons)


def test_json_tells_the_same_as_the_file() -> None:
    """Every item that the social worker sees is in the JSON, in the same order."""
    file = case_file(network_of(*CITY), "H-1", ON)
    told = json.loads(file.to_json("social_worker"))
    assert [i["fields"]["id"] for i in told["items"]] == [i.record.id for i in file.items]
    assert told["name"] == "李大爷"
    assert told["stage"] == "plan"


def test_an_unknown_subject_is_an_input_error() -> None:
    """The message names the id and where to look."""
    with pytest.raises(InputError, match="H-404"):
        case_file(network_of(*CITY), "H-404", ON)


# --- stages --------------------------------------------------------------------------------------


def steps(*stages: str) -> list[CaseEvent]:
    """Return one event a month for `stages`."""
    return [
        CaseEvent(id=f"E-{n}", subject="H-1", on=day(n), stage=stage)
        for n, stage in enumerate(stages, start=1)
    ]


@pytest.mark.parametrize(
    ("stages", "kinds"),
    [
        (STAGE_NAMES, ["forward"] * 7),
        (("intake", "intake", "assessment"), ["forward", "forward"]),  # the same again is no move
        (("plan",), ["skip"]),  # never taken in
        (("intake", "closing"), ["forward", "skip"]),  # closed at once
        (("intake", "assessment", "intake"), ["forward", "forward", "back"]),
        ((*STAGE_NAMES, "intake"), ["forward"] * 7 + ["reopened"]),
        ((*STAGE_NAMES[:6], "assessment", "plan"), ["forward"] * 6 + ["reopened", "forward"]),
        ((*STAGE_NAMES, "closing"), ["forward"] * 7 + ["back"]),  # revisit to closing: still closed
    ],
)
def test_moves(stages: tuple[str, ...], kinds: list[str]) -> None:
    """Only leaving stages out is flagged: going back and reopening are in order."""
    assert [m.kind for m in moves_of(steps(*stages))] == kinds


def test_steps_of_one_day_are_taken_in_the_order_of_stages() -> None:
    """Intake and assessment at one visit, recorded in any order, are no skip."""
    events = [
        CaseEvent(id="E-1", subject="H-1", on=day(1), stage="assessment"),
        CaseEvent(id="E-2", subject="H-1", on=day(1), stage="intake"),
    ]
    assert [(m.after, m.kind) for m in moves_of(events)] == [
        ("intake", "forward"),
        ("assessment", "forward"),
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["H-1", "H-2", "P-1"]),
            st.integers(1, 12),
            st.sampled_from([*STAGE_NAMES, None]),
        ),
        max_size=12,
    )
)
def test_the_batch_agrees_with_each_file(drawn: list[tuple[str, int, str | None]]) -> None:
    """`open_cases` gives every household the stage that its own case file shows, at any day."""
    events = [
        CaseEvent(id=f"E-{n}", subject=subject, on=day(month), stage=stage)
        for n, (subject, month, stage) in enumerate(drawn)
    ]
    city = network_of(*(r for r in CITY if not isinstance(r, CaseEvent)), *events)
    for on in (day(1), day(6, 15), day(12)):
        cases = open_cases(city, on)
        for row, home in enumerate(cases.ids):
            stage = case_file(city, home, on).stage
            assert (stage or "-") == (
                STAGE_NAMES[cases.stage[row]] if cases.stage[row] >= 0 else "-"
            )
            assert np.isnat(cases.since[row]) == (stage is None)
            assert cases.open[row] == (stage not in (None, "closing", "revisit"))
        assert sum(cases.counts().values()) == int((cases.stage >= 0).sum())

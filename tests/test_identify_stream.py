"""Dated need events: replayed in any order, asked at any instant, renames told from closures."""

import csv
import datetime as dt
import importlib.util
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe import MissingExtraError
from wushe.identify.merging import Merge, Unmerge
from wushe.identify.renames import Rename, likeness, renames
from wushe.identify.stream import (
    NeedEvent,
    NeedStream,
    StreamNeed,
    institution_id,
    need_tables,
    replay,
)
from wushe.model.kinds import say_instant

SCRIPT = Path(__file__).parent.parent / "examples" / "wuhan_stream.py"
CHINA = dt.timezone(dt.timedelta(hours=8))
START = dt.datetime(2020, 2, 1, 8, tzinfo=CHINA)
AT = say_instant(START)
OLD, NEW = "鄂东医养集团黄石市第四医院", "黄石市第四医院"
ITEMS = ("口罩", "防护服", "护目镜", "手套", "酒精")
Shown = set[tuple[str, str, str, int | None]]


def load() -> ModuleType:
    """Import the example from its file: examples are scripts, not a package."""
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[SCRIPT.stem] = module
    spec.loader.exec_module(module)
    return module


wuhan: Any = load()


def hour(n: float) -> dt.datetime:
    """Return `n` hours after the start."""
    return START + dt.timedelta(hours=n)


def event(
    n: float, kind: Any, item: str = "口罩", *, name: str = OLD, city: str = "黄石市", **known: Any
) -> NeedEvent:
    """Return an event `n` hours after the start."""
    return NeedEvent(say_instant(hour(n)), city, name, item, kind, **known)


def listed(
    n: float, kind: Any, name: str, items: Iterable[str] = ITEMS, **known: Any
) -> list[NeedEvent]:
    """Return the events of a whole list at once."""
    return [event(n, kind, item, name=name, **known) for item in items]


def shown(needs: Iterable[StreamNeed]) -> Shown:
    """Return open needs as (city, name, item, quantity), where nothing was joined."""
    return {(need.city, name, need.item, need.quantity) for need in needs for name in need.names}


# --- events ----------------------------------------------------------------------------------


def test_the_key_of_an_event_is_its_content() -> None:
    """The same statement has the same key wherever it is read; any other has another."""
    one = event(0, "open", quantity=5)
    assert one.id == event(0, "open", quantity=5).id
    others = [
        event(1, "open", quantity=5),
        event(0, "update", quantity=5),
        event(0, "open", quantity=6),
        event(0, "open"),
        event(0, "open", "酒精", quantity=5),
        event(0, "open", name=NEW, quantity=5),
        event(0, "open", city="宜昌市", quantity=5),
    ]
    assert len({one.id, *(other.id for other in others)}) == 8


@pytest.mark.parametrize(
    ("known", "field"),
    [
        ({"kind": "close"}, "kind"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -3}, "quantity"),
        ({"at": "2020-02-01T08:00:00"}, "at"),  # which zone?
        ({"at": "2020-02-01T08:00:00+08:00"}, "at"),  # not canonical: would not sort
    ],
)
def test_a_bad_event_is_refused(known: dict[str, Any], field: str) -> None:
    """What would sort wrongly or mean nothing is named at once."""
    with pytest.raises(ValueError, match=f"^{field}: "):
        attrs.evolve(event(0, "open"), **known)


# --- replay ----------------------------------------------------------------------------------


def test_a_need_is_open_between_its_events() -> None:
    """Opened, changed, withdrawn, opened again: one need with one id and all its evidence."""
    told = [
        event(1, "open"),
        event(2, "update", quantity=500),
        event(3, "withdraw", quantity=500),
        event(5, "open", quantity=80),
    ]
    stream = replay(told)
    seen = [(n, [(need.quantity, need.since) for need in stream.state(hour(n))]) for n in range(7)]
    first, again = say_instant(hour(1)), say_instant(hour(5))
    assert seen == [
        (0, []),
        (1, [(None, first)]),  # asked for, amount unknown
        (2, [(500, first)]),
        (3, []),
        (4, []),
        (5, [(80, again)]),
        (6, [(80, again)]),
    ]
    (need,) = stream.needs()
    assert need.first_asked == first
    assert need.events == tuple(one.id for one in told)
    (closed,) = stream.needs(hour(4))
    assert (closed.id, closed.open, closed.since) == (need.id, False, None)


def test_an_instant_counts_as_a_whole() -> None:
    """Withdrawn and opened at one instant is open, whichever of the two arrives first."""
    told = [event(1, "open"), event(2, "open", quantity=9), event(2, "withdraw")]
    (need,) = replay(told).state(hour(2))
    assert (need.quantity, need.since) == (9, say_instant(hour(1)))
    assert replay(told[::-1]) == replay(told)


def test_an_update_of_what_was_never_opened_opens_it() -> None:
    """A lost first event does not lose the need."""
    (need,) = replay([event(1, "update", quantity=3)]).state(hour(1))
    assert need.quantity == 3


def test_instants_need_a_zone() -> None:
    """Eight hours decide which list is shown: no zone, no answer."""
    with pytest.raises(ValueError, match="no time zone"):
        replay([event(1, "open")]).state(dt.datetime(2020, 2, 1, 9))  # noqa: DTZ001


EVENT = st.builds(
    lambda n, kind, item, name, quantity: event(n, kind, item, name=name, quantity=quantity),
    st.integers(0, 6),
    st.sampled_from(["open", "update", "withdraw"]),
    st.sampled_from(ITEMS[:2]),
    st.sampled_from([OLD, NEW, "大冶市人民医院"]),
    st.sampled_from([None, 2, 3]),
)


def by_hand(events: Iterable[NeedEvent], at: dt.datetime) -> Shown:
    """Return what is open at `at`: for each item of each name, what the last word on it says."""
    last: dict[tuple[str, str, str], NeedEvent] = {}
    for one in events:
        key = (one.city, one.name, one.item)
        if one.at <= say_instant(at) and (key not in last or one.order > last[key].order):
            last[key] = one
    return {(*key, one.quantity) for key, one in last.items() if one.kind != "withdraw"}


@given(st.lists(EVENT, max_size=25), st.data())
def test_order_and_repetition_make_no_difference(
    events: list[NeedEvent], data: st.DataObject
) -> None:
    """Shuffled, doubled, in two deliveries: the same stream and the same needs at every hour."""
    stream = replay(events)
    shuffled = data.draw(st.permutations([*events, *events[:5]]))
    cut = data.draw(st.integers(0, len(shuffled)))
    assert replay(shuffled[cut:], onto=replay(shuffled[:cut])) == stream
    assert replay(stream.events, onto=stream) == stream
    for n in range(-1, 8):
        assert shown(stream.state(hour(n))) == by_hand(events, hour(n))
    kept = {one for need in stream.needs() for one in need.events}
    assert kept == {one.id for one in events}


@given(st.lists(EVENT, max_size=25), st.integers(0, 6))
def test_the_past_does_not_change(events: list[NeedEvent], n: int) -> None:
    """What was open at an hour is the same whether or not later events are known."""
    known = [one for one in events if one.at <= say_instant(hour(n))]
    assert replay(known).state(hour(n)) == replay(events).state(hour(n))


@given(st.lists(EVENT, max_size=25), st.data())
def test_joining_names_never_adds_or_loses_an_item(
    events: list[NeedEvent], data: st.DataObject
) -> None:
    """Joined, an institution asks for what its names asked for, each item once; undone, as before."""
    stream = replay(events)
    first, second = institution_id("黄石市", OLD), institution_id("黄石市", NEW)
    joined = stream.accept([Merge(first, second, "W1", AT)])
    for n in range(7):
        apart, one = stream.state(hour(n)), joined.state(hour(n))
        pair = {need.item for need in apart if need.institution in (first, second)}
        assert {need.item for need in one if need.institution == first} == pair
        assert len([need for need in one if need.institution == first]) == len(pair)
        assert shown_items(one) == shown_items(apart)
    undone = joined.accept([Unmerge(first, second, "W2", say_instant(hour(1)))])
    assert undone.needs() == stream.needs()
    assert undone.events == stream.events


def shown_items(needs: Iterable[StreamNeed]) -> set[tuple[str, str]]:
    """Return (name, item) of open needs."""
    return {(name, need.item) for need in needs for name in need.names}


# --- renames ---------------------------------------------------------------------------------

RENAMED = [
    *listed(0, "open", OLD, quantity=7),
    *listed(5, "withdraw", OLD, quantity=7),
    *listed(5, "open", NEW, quantity=7),
]


def test_a_rename_is_proposed_with_its_evidence() -> None:
    """One instant, one city, one list, names alike: said in both languages, joined by nobody yet."""
    stream = replay(RENAMED)
    (found,) = renames(stream)
    assert (found.names, found.kind) == ((OLD, NEW), "renamed")
    assert (found.a, found.b) == (institution_id("黄石市", OLD), institution_id("黄石市", NEW))
    assert found.evidence == (
        ("instant", say_instant(hour(5)), 1.0),
        ("city", "黄石市", 1.0),
        ("items", "5/5", 1.0),
        ("name", "100%", 1.0),
    )
    assert "同一时刻一撤一提（北京时间2020-02-01 13:00）" in found.explain("zh")
    assert "5/5 items in common" in found.explain("en")
    assert len(stream.needs()) == 10  # without a decision: five closed, five new


def test_an_accepted_rename_carries_the_needs_on() -> None:
    """The same needs as before the new name, with all their evidence; their number does not double."""
    stream = replay(RENAMED)
    before = {need.item: need for need in stream.state(hour(4))}
    (found,) = renames(stream)
    joined = stream.accept([found.merge("W1", say_instant(hour(9)))])
    after = joined.state(hour(6))
    assert len(joined.needs()) == len(after) == 5
    for need in after:
        old = before[need.item]
        assert (need.id, need.institution) == (old.id, old.institution)
        assert need.names == (NEW,)
        assert need.since == old.since == say_instant(hour(0))
        assert need.events[: len(old.events)] == old.events
        assert len(need.events) == 3
    assert joined.decisions[0].evidence == found.evidence  # type: ignore[union-attr]
    assert renames(joined) == ()


def test_a_rejected_rename_is_not_proposed_again() -> None:
    """Somebody looked and said no: that is a decision too."""
    stream = replay(RENAMED)
    (found,) = renames(stream)
    no = Unmerge(found.a, found.b, "W1", AT, "两家医院")
    assert renames(stream.accept([no])) == ()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("黄石市第五医院", "黄石市第四医院", "different numbers are different hospitals"),
        ("黄石市第一医院", "黄石市第四医院", "the same"),
        ("宜昌市中医医院", "宜昌市夷陵医院", "names not alike enough"),
    ],
)
def test_unlike_names_are_not_joined(old: str, new: str, why: str) -> None:
    """An equal list alone is no evidence: half of the form's lists are equal."""
    later = [attrs.evolve(e, name=new) for e in listed(5, "open", old)]
    stream = replay([*listed(0, "open", old), *listed(5, "withdraw", old), *later])
    assert renames(stream) == ()


def test_a_short_name_alone_is_no_alias() -> None:
    """Every county has a 红十字会: used side by side, it is not another name of the city's."""
    short = listed(0, "open", "红十字会")
    assert renames(replay([*short, *listed(0, "open", "随州市红十字会")])) == ()
    handed_over = [*listed(5, "withdraw", "红十字会"), *listed(5, "open", "随州市红十字会")]
    assert [one.kind for one in renames(replay([*short, *handed_over]))] == ["renamed"]


@pytest.mark.parametrize(
    ("begun", "what"),
    [
        (listed(6, "open", "鄂州市中医医院"), "another instant"),
        (listed(5, "open", "鄂州市中医医院", ("口罩", "床罩", "84消毒液")), "another list"),
        (
            [attrs.evolve(e, city="宜昌市") for e in listed(5, "open", "鄂州市中医医院")],
            "another city",
        ),
    ],
)
def test_a_real_closure_stays_a_closure(begun: list[NeedEvent], what: str) -> None:
    """One hospital is served while a similar one asks: no rename without all of the evidence."""
    name = "鄂州市中医院"
    stream = replay([*listed(0, "open", name), *listed(5, "withdraw", name), *begun])
    assert renames(stream) == ()


def test_a_partly_kept_list_is_no_rename() -> None:
    """A name that still asks for something has not ended."""
    stream = replay(
        [
            *listed(0, "open", "鄂州市中医院"),
            *listed(5, "withdraw", "鄂州市中医院", ITEMS[1:]),
            *listed(5, "open", "鄂州市中医医院"),
        ]
    )
    assert renames(stream) == ()


def test_two_names_side_by_side_are_one_need_at_the_larger_known_amount() -> None:
    """One notice under two names is not asked for twice, and known beats unknown."""
    long, short = "宜昌市仁和医院(三峡大学附属仁和医院)", "三峡大学附属仁和医院"
    both = [
        *listed(0, "open", long),
        event(1, "open", "口罩", name=short, quantity=20),
        event(2, "open", "酒精", name=short),
    ]
    stream = replay(both)
    (found,) = renames(stream)
    assert (found.kind, found.names) == ("alias", (long, short))
    joined = stream.accept([found.merge("W1", AT)])
    amounts = {need.item: (need.quantity, need.names) for need in joined.state(hour(3))}
    assert amounts["口罩"] == (20, (short, long))
    assert amounts["酒精"] == (None, (short, long))
    assert amounts["手套"] == (None, (long,))
    # One of the names withdraws: the institution still asks.
    closed = replay([event(4, "withdraw", "口罩", name=short)], onto=joined)
    need = next(n for n in closed.state(hour(4)) if n.item == "口罩")
    assert (need.names, need.since) == ((long,), say_instant(hour(0)))


def test_alike() -> None:
    """Containment is full likeness, another number none."""
    assert likeness(OLD, NEW) == 1.0
    assert likeness("黄石市第五医院", "黄石市第四医院") == 0.0
    assert 0.9 < likeness("鄂州市中医院", "鄂州市中医医院") < 1.0


def test_without_the_extra_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Replaying needs no library, comparing names does."""
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    stream = replay(RENAMED)
    with pytest.raises(MissingExtraError, match=r"wushe\[identify\]"):
        renames(stream)


def test_a_list_that_goes_back_is_told_from_news() -> None:
    """Two versions of a sheet that take turns are edits of edits; a repeated list is nothing."""
    turns = [
        *listed(0, "open", "甲医院", quantity=5),
        event(1, "update", "口罩", name="甲医院", quantity=9),
        event(2, "update", "口罩", name="甲医院", quantity=5),
        event(3, "update", "口罩", name="甲医院", quantity=5),  # says nothing new
        event(4, "update", "口罩", name="甲医院", quantity=6),  # news
    ]
    found = replay(turns).reverts()
    assert [(one.at, one.to, one.events) for one in found] == [
        (say_instant(hour(2)), say_instant(hour(0)), 1)
    ]


def test_needs_become_tables() -> None:
    """The stream feeds the plan: institutions and needs, unknown amounts unknown, dates of Beijing."""
    late = dt.datetime(2020, 2, 1, 1, 59, tzinfo=CHINA)  # still January in UTC
    told = [
        NeedEvent(say_instant(late), "黄石市", OLD, "口罩", "open"),
        event(1, "open", "防护服", quantity=30),
        event(2, "withdraw", "防护服", quantity=30),
    ]
    units = {"口罩": ("surgical_mask", "piece"), "防护服": ("coverall", "piece")}
    institutions, needs = need_tables(replay(told).needs(), units)
    (body,) = institutions.records()
    assert (body.id, body.name) == (institution_id("黄石市", OLD), OLD)
    rows = {need.category: need for need in needs.records()}
    masks, suits = rows["surgical_mask"], rows["coverall"]
    assert (masks.quantity, masks.unit, masks.status) == (None, None, "open")
    assert masks.asked_on == dt.date(2020, 2, 1)
    assert suits.status == "withdrawn"
    assert {need.institution for need in rows.values()} == {body.id}
    with pytest.raises(ValueError, match="手套"):
        need_tables(replay([event(1, "open", "手套")]).needs(), units)


def test_nothing_is_a_stream_too() -> None:
    """No events: no needs, no renames, no reverts."""
    empty = replay([])
    assert empty == NeedStream()
    assert (empty.needs(), empty.state(START), empty.reverts(), renames(empty)) == ((), (), (), ())


# --- the real stream -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def history(data_dir: Path) -> Path:
    """Return the file of real events, or skip."""
    path = data_dir / wuhan.HISTORY
    if not path.is_file():
        pytest.skip(f"no {path}")
    return path


@pytest.fixture(scope="module")
def real(history: Path) -> NeedStream:
    """Return the real stream."""
    return replay(wuhan.read_events(history))


FEBRUARY_3 = {
    ("鄂东医养集团黄石市第四医院", "黄石市第四医院"),
    ("湖北省黄石市阳新县洋港镇卫生院", "阳新县洋港镇卫生院"),
    ("黄石市阳新县疾控中心", "阳新县疾控中心"),
    ("十堰市竹山县人民医院", "竹山县人民医院"),
    ("鄂州市中医院", "鄂州市中医医院"),
}
FEBRUARY_4 = {  # closed and opened by the hour under one name while the other stands
    ("宜昌市仁和医院(三峡大学附属仁和医院)", "三峡大学附属仁和医院"),
    ("葛洲坝中心医院", "国药葛洲坝中心医院"),
}
MORNING = dt.datetime(2020, 2, 4, 10, 0, tzinfo=CHINA)
BESIDE = {("鄂东医养集团黄石市第五医院", "黄石市第五医院")}


def test_every_real_event_is_read_once(real: NeedStream, history: Path) -> None:
    """All 3,494 are there; read again, doubled or backwards, nothing changes."""
    assert len(real.events) == len({one.id for one in real.events}) == 3494
    again = wuhan.read_events(history)
    assert replay(again, onto=real) == real
    assert replay([*again[::-1], *again[::7]]) == real


def test_one_means_an_unknown_amount(real: NeedStream) -> None:
    """The form's 1 is "needed": no need of one piece is made of it."""
    assert min(one.quantity for one in real.events if one.quantity is not None) > 1
    assert sum(one.quantity is None for one in real.events) == 2139 + 402


def test_any_past_hour_is_as_the_file_says(real: NeedStream, history: Path) -> None:
    """Through the five days, against a plain reading of the file's rows."""
    rows = list(csv.DictReader(history.open(encoding="utf-8-sig", newline="")))
    for n in range(0, 110, 6):
        at = dt.datetime(2020, 1, 31, 22, 30, tzinfo=CHINA) + dt.timedelta(hours=n)
        open_: dict[tuple[str, str, str], int | None] = {}
        for row in rows:  # the file is in order
            if dt.datetime.fromisoformat(row["snapshot_time"]) > at:
                break
            key = (row["city"], row["hospital"], row["item"])
            if row["event"] == "withdraw":
                del open_[key]
            else:
                open_[key] = None if row["qty"] in ("", "1") else int(row["qty"])
        assert shown(real.state(at)) == {(*key, amount) for key, amount in open_.items()}


def test_renames_are_proposed_and_nothing_else(
    real: NeedStream, evidence: Callable[..., None]
) -> None:
    """Eight pairs of names, each one institution; no pair of the many similar hospitals."""
    found = renames(real)
    assert {one.names for one in found if one.kind == "renamed"} == FEBRUARY_3
    assert {one.names for one in found if one.kind == "alias"} == FEBRUARY_4 | BESIDE
    joined = real.accept(one.merge("W1", AT) for one in found)
    evidence(
        "wuhan_need_stream",
        events=len(real.events),
        names=len({(one.city, one.name) for one in real.events}),
        renames=len(found),
        needs_ever=len(real.needs()),
        needs_ever_joined=len(joined.needs()),
        reverts=len(real.reverts()),
    )
    assert renames(joined) == ()
    assert len(joined.needs()) < len(real.needs())


def test_a_new_name_of_3_february_is_no_closure(real: NeedStream) -> None:
    """Accepted, the needs of the five stay open since 1 February, under the same ids."""
    found = [one for one in renames(real) if one.names in FEBRUARY_3]
    joined = real.accept(one.merge("W1", AT) for one in found)
    before = dt.datetime(2020, 2, 3, 9, 30, tzinfo=CHINA)
    after = dt.datetime(2020, 2, 3, 9, 40, tzinfo=CHINA)
    ids = {one.a for one in found}
    was = {need.id: need for need in real.state(before) if need.institution in ids}
    now = {need.id: need for need in joined.state(after) if need.institution in ids}
    assert was.keys() == now.keys()
    assert len(was) == 42
    assert all(now[key].since == was[key].since for key in was)
    # Without the decisions the same hour shows 42 closed and 42 new needs.
    closed = {need.id for need in real.needs(after) if not need.open}
    assert was.keys() <= closed
    assert len(joined.needs()) == len(real.needs()) - 42


def test_names_that_came_and_went_on_4_february_are_one_institution(real: NeedStream) -> None:
    """A name withdrawn at 10:16 closes no institution that stands open under its other name."""
    found = [one for one in renames(real) if one.names in FEBRUARY_4]
    joined = real.accept(one.merge("W1", AT) for one in found)
    instants = sorted({one.at for one in real.events if one.at > say_instant(MORNING)})
    assert len(instants) == 12
    for instant in instants:
        state = joined.state(dt.datetime.fromisoformat(instant))
        for one in found:
            needs = [need for need in state if need.institution == one.a]
            items = [need.item for need in needs]
            assert items
            assert len(items) == len(set(items))  # asked for once, not under either name


def test_what_came_back_on_4_february_is_the_same_need(real: NeedStream) -> None:
    """1,236 events of that day are twelve times the same 103: no need is new at the end of it."""
    night = dt.datetime(2020, 2, 5, tzinfo=CHINA)
    day = [one for one in real.events if one.at > say_instant(MORNING)]
    assert len(day) == 12 * 103
    assert {one.city for one in day} == {"宜昌市"}
    ids = [{need.id: need.quantity for need in real.state(at)} for at in (MORNING, night)]
    assert ids[0] == ids[1]
    back = real.reverts()
    assert {one.city for one in back} == {"宜昌市"}
    assert sum(one.events for one in back) == 11 * 103


def test_the_example_tells_the_story(
    history: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Chinese first, English below, with the figures that the library gives."""
    wuhan.main(["--data", str(data_dir)])
    said = capsys.readouterr().out.splitlines()
    assert said[2].startswith("3,494 条事件")
    assert said[3].startswith("  3,494 events")
    assert all(line.startswith("  ") for line in said[1::2])
    assert not any(line.startswith("  ") for line in said[0::2])
    assert sum("可能是同一机构" in line for line in said) == 8


def test_the_example_names_the_row_that_it_cannot_read(tmp_path: Path) -> None:
    """A mistake in the file is told with its place."""
    path = tmp_path / "events.csv"
    head = "snapshot_time,city,hospital,item,event,qty\n"
    path.write_text(head + "2020-02-01T01:59:21+08:00,武汉市,甲,口罩,closed,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"events\.csv row 2: kind: 'closed'"):
        wuhan.read_events(path)


def test_the_order_of_proposals_is_decided(real: NeedStream) -> None:
    """The most certain first; the same list on every run."""
    found = renames(real)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(isinstance(one, Rename) and one.a != one.b for one in found)

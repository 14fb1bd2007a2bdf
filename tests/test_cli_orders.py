"""`wushe orders`: from a placed order to a confirmed one on the command line, and what it refuses."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import wushe
from rules_once import share_rules
from wushe.cli import main
from wushe.demos import demo_path
from wushe.store import open_store

CITY = demo_path("wuchang")
AT = "2025-09-15T09:00:00+08:00"


def run(*args: str, code: int = 0) -> Result:
    """Run the command and hold it to its exit code, without a traceback either way."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output + result.stderr
    assert "Traceback" not in result.output + result.stderr
    return result


def act(*args: str, by: str = "W-01", at: str = AT, code: int = 0) -> Result:
    """Run a command of one who acts."""
    return run(*args, "--by", by, "--at", at, code=code)


def log(path: Path) -> list[wushe.Event]:
    """Return all events of a store."""
    with open_store(path, read_only=True) as store:
        return [event for _, event in store.events()]


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the many commands would load the same rules."""
    share_rules(monkeypatch)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the demo's helpers are enrolled, and two orders placed directly."""
    path = tmp_path_factory.mktemp("store") / "begun.db"
    store = ("--store", str(path))
    run("store", "create", *store)
    act("orders", "enroll", str(CITY), "-p", "wuchang", *store)
    for client in ("H-0001", "H-0002"):
        act(
            "orders", "place", "--client", client, "--category", "visit", "--amount", "1小时",
            "--place", "420106008", *store, "--key", client,
        )  # fmt: skip
    return path


@pytest.fixture
def store(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, found by WUSHE_STORE; the working folder is empty."""
    path = tmp_path / "street.db"
    shutil.copy(begun, path)
    monkeypatch.setenv("WUSHE_STORE", str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def orders(store: Path) -> list[str]:
    """The ids of the two orders."""
    return [row["id"] for row in json.loads(run("orders", "list", "--json").output)]


@pytest.fixture(scope="module")
def city() -> wushe.LinkageNetwork:
    """The demo's tables."""
    return wushe.read(CITY, plugins=wushe.load_plugins("wuchang"))


@pytest.fixture(scope="module")
def visitors(city: wushe.LinkageNetwork) -> list[str]:
    """Two volunteers of the demo who may visit on any day."""
    people = [v for v in city["volunteers"].records() if "visiting" in (v.skills or ())]
    return [v.id for v in people if not (v.minor or v.available_from or v.available_to)][:2]


def status(order: str) -> str:
    """Return an order's status."""
    return str(json.loads(run("orders", "show", order, "--json").output)["status"])


# --- the way of an order -----------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_order_goes_its_way(
    lang: str, store: Path, orders: list[str], visitors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dispatched, declined, asked again, accepted, begun, done, confirmed: each step is one event kind."""
    monkeypatch.setenv("WUSHE_LANG", lang)
    order, (first, second) = orders[0], visitors
    act("orders", "dispatch", order, "--to", first)
    act("orders", "decline", order, first, "--reason", "busy", "--stay", by=first)
    act("orders", "redispatch", order, "--to", second)
    act("orders", "accept", order, second, by=second)
    act("orders", "start", order, by=second)
    act("orders", "part", order, "30分钟", by=second)
    act("orders", "done", order, "--amount", "60minute", by=second)
    act("orders", "confirm", order, "--rating", "4")
    kinds = [event.kind for event in log(store) if event.stream == f"order/{order}"]
    assert kinds == [
        "order.placed", "order.dispatched", "order.declined", "order.redispatched", "order.accepted",
        "order.started", "order.partly_done", "order.done", "order.confirmed",
    ]  # fmt: skip
    assert status(order) == "confirmed"
    assert order in run("orders", "hours", second).output


def test_after_a_no_it_goes_on_by_itself(
    store: Path, orders: list[str], visitors: list[str]
) -> None:
    """Without --stay somebody else is asked, or it goes up; it never lies there."""
    act("orders", "dispatch", orders[0], "--to", visitors[0])
    act("orders", "decline", orders[0], visitors[0], "--reason", "busy", by=visitors[0])
    assert status(orders[0]) in ("dispatched", "escalated")


def test_exactly_one_accepts(store: Path, orders: list[str], visitors: list[str]) -> None:
    """The second one is told that the order is taken, also as JSON with a code; nothing is recorded."""
    for helper in visitors:
        act("orders", "dispatch", orders[0], "--to", helper)
    act("orders", "accept", orders[0], visitors[0], by=visitors[0])
    before = len(log(store))
    refused = act("orders", "accept", orders[0], visitors[1], "--json", by=visitors[1], code=1)
    (problem,) = json.loads(refused.output)["problems"]
    assert problem["code"] == "order-taken"
    assert len(log(store)) == before


def test_an_order_that_changed_is_left_alone(
    store: Path, orders: list[str], visitors: list[str]
) -> None:
    """Whoever read version 1 does not cancel version 2."""
    act("orders", "dispatch", orders[0], "--to", visitors[0])
    args = ("orders", "cancel", orders[0], "--reason", "not_needed", "--version")
    assert act(*args, "1", code=1).stderr
    assert status(orders[0]) == "dispatched"
    act(*args, "2")
    assert status(orders[0]) == "cancelled"


def test_silence_is_acted_on(store: Path, orders: list[str], visitors: list[str]) -> None:
    """After the time to answer the order goes on; before it nothing happens."""
    act("orders", "dispatch", orders[0], "--to", visitors[0])
    act("orders", "timeout", at="2025-09-15T10:00:00+08:00")
    assert status(orders[0]) == "dispatched"
    said = act("orders", "timeout", at="2025-09-17T10:00:00+08:00").output
    assert orders[0] in said


@pytest.mark.parametrize(
    ("command", "reason", "after"),
    [("cancel", "not_needed", "cancelled"), ("fail", "nobody_left", "failed")],
)
def test_an_order_ends_for_a_reason(
    command: str, reason: str, after: str, store: Path, orders: list[str]
) -> None:
    """Taken back, or come to nothing; a second end is refused, an unknown reason is a wrong call."""
    act("orders", command, orders[0], "--reason", "whim", code=2)
    act("orders", command, orders[0], "--reason", reason)
    assert status(orders[0]) == after
    act("orders", command, orders[0], "--reason", reason, code=1)


def test_an_order_goes_up(store: Path, orders: list[str]) -> None:
    """To the first level above, said in words."""
    assert "社区" in act("orders", "escalate", orders[0]).output
    assert status(orders[0]) == "escalated"


def test_work_is_reopened_and_helpers_back_out(
    store: Path, orders: list[str], visitors: list[str]
) -> None:
    """What was reported as done may not be; then the helper leaves and somebody else is sought."""
    order, helper = orders[0], visitors[0]
    act("orders", "dispatch", order, "--to", helper)
    act("orders", "accept", order, helper, by=helper)
    act("orders", "done", order, by=helper)
    act("orders", "reopen", order, "--reason", "not_finished", "--amount", "20分钟")
    assert status(order) == "in_progress"
    act("orders", "back-out", order, helper, "--reason", "ill", by=helper)
    assert status(order) in ("dispatched", "declined", "escalated")


# --- keys, units, wrong calls ------------------------------------------------------------------


def test_a_request_sent_twice_is_done_once(store: Path, orders: list[str]) -> None:
    """The same key again answers the same and records nothing; another request under it is refused."""
    args = ("orders", "place", "--client", "H-0003", "--category", "visit", "--key", "k-1")
    first = json.loads(act(*args, "--json").output)
    again = json.loads(act(*args, "--json", at="2025-09-15T09:00:30+08:00").output)
    assert (again["answer"], again["again"], first["again"]) == (first["answer"], True, False)
    act("orders", "place", "--client", "H-0004", "--category", "visit", "--key", "k-1", code=1)
    assert len(json.loads(run("orders", "list", "--json").output)) == 3


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("done", "ORDER", "--amount", "3件"), "分钟"),
        (("done", "ORDER", "--amount", "much"), "90分钟"),
        (("place", "--client", "H-0003", "--category", "visit", "--amount", "3件"), "分钟"),
        (("place", "--client", "H-0003"), "--category"),
        (("place", str(CITY)), "--need"),
        (("place", str(CITY), "--need", "N-0001", "--wishes"), "--wishes"),
        (("record-hours", "ORDER", "V-01", "--served", "V-01", "3件"), "90分钟"),
    ],
    ids=["unit", "no-amount", "category-unit", "half", "nothing", "both", "hours"],
)
def test_a_wrong_call_says_what_was_expected(
    args: tuple[str, ...], expected: str, store: Path, orders: list[str]
) -> None:
    """Exit code 2, and nothing is recorded."""
    before = len(log(store))
    call = [orders[0] if arg == "ORDER" else arg for arg in args]
    assert expected in act("orders", *call, code=2).stderr
    assert len(log(store)) == before


@pytest.mark.parametrize(
    ("by", "at", "expected"),
    [
        ("W-01", "2025-09-15T09:00", "+08:00"),
        ("W-01", "today", "+08:00"),
        ("张 三", AT, "身份证号"),
    ],
    ids=["no-zone", "no-instant", "a-name"],
)
def test_who_and_when_are_checked(
    by: str, at: str, expected: str, store: Path, orders: list[str]
) -> None:
    """An instant has its zone, and who acts is an id: a value with a space is not repeated."""
    said = act("orders", "start", orders[0], by=by, at=at, code=2).stderr
    assert expected in said
    assert "张 三" not in said


def test_without_a_store_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong path is said; no store springs up there."""
    monkeypatch.chdir(tmp_path)
    act("orders", "start", "O-1", "--store", "no.db", code=1)
    run("orders", "list", "--store", "no.db", code=1)
    assert list(tmp_path.iterdir()) == []
    run("orders", "list", code=2)


def test_an_unknown_order_is_said(store: Path) -> None:
    """By looking: a wrong call. By acting: refused, with the code."""
    assert "O-none" in run("orders", "show", "O-none", code=2).stderr
    refused = act("orders", "start", "O-none", "--json", code=1)
    assert json.loads(refused.output)["problems"][0]["code"] == "order-unknown"


# --- who may see what --------------------------------------------------------------------------


def test_lists_do_not_say_whom_an_order_is_for(
    store: Path, orders: list[str], visitors: list[str]
) -> None:
    """Neither id nor reference of the household, in text and in JSON; nor the words of a reason."""
    act("orders", "dispatch", orders[0], "--to", visitors[0], "--why", "石爷爷摔了一跤")
    client = next(e.ref or "" for e in log(store) if e.stream == f"order/{orders[0]}")
    for args in (
        ("list",),
        ("list", "--helper", visitors[0]),
        ("list", "--status", "dispatched"),
        ("show", orders[0]),
        ("figures",),
        ("wall", "--on", "2025-09-15"),
    ):
        for form in ((), ("--json",)):
            said = run("orders", *args, *form).output
            assert not any(word in said for word in ("H-0001", "石爷爷", client))


def test_the_slip_comes_after_acceptance_and_is_noted(
    store: Path, orders: list[str], visitors: list[str]
) -> None:
    """Before: refused, and no name is said. After: name and address, and one more event each time."""
    order, helper = orders[0], visitors[0]
    args = ("orders", "slip", order, helper, "--city", str(CITY), "-p", "wuchang")
    act("orders", "dispatch", order, "--to", helper)
    refused = act(*args, by=helper, code=1)
    assert "石爷爷" not in refused.output + refused.stderr
    act("orders", "accept", order, helper, by=helper)
    assert "石爷爷" in act(*args, by=helper).output
    assert "石爷爷" in json.loads(act(*args, "--json", by=helper).output).values()
    assert [e.by for e in log(store) if e.kind == "slip.read"] == [helper, helper]
    assert not any("石爷爷" in str(e) for e in log(store))


def test_wishes_are_placed_once_and_shown(store: Path, city: wushe.LinkageNetwork) -> None:
    """The wishes that may be shown become orders; the same wish is not placed twice, and the wall names nobody."""
    args = ("orders", "place", str(CITY), "--wishes", "-p", "wuchang")
    placed = json.loads(act(*args, "--json").output)["answer"]
    assert placed
    assert json.loads(act(*args, "--json").output)["answer"] == []
    wall = json.loads(run("orders", "wall", "--on", "2025-09-15", "--json").output)
    assert {row["order"] for row in wall} == set(placed)
    names = [name for name in city["households"]["name"] if name]
    assert not any(name in row["text"] for row in wall for name in names)


def test_wishes_that_are_left_out_are_named_with_the_reason(store: Path, tmp_path: Path) -> None:
    """Without its household's consent a wish stays off the wall and is told; other wishes are placed."""
    town = tmp_path / "town"
    shutil.copytree(demo_path("hefei"), town)
    homes = (town / "households.csv").read_text("utf-8-sig")
    assert "W-1,是,," in homes.splitlines()[1]
    (town / "households.csv").write_text(homes.replace("W-1,是,,", "W-1,,,", 1), "utf-8")
    said = act("orders", "place", str(town), "--wishes", "-p", "hefei")
    held = [line for line in said.stderr.splitlines() if "没有同意转介的记录" in line]
    assert [line.split("，")[0] for line in held] == ["wishes X-01", "wishes X-02", "wishes X-03"]
    assert "O-X-04" in said.output
    one = act(
        "orders",
        "place",
        str(town),
        "--wish",
        "X-04",
        "-p",
        "hefei",
        at="2025-09-15T09:30:00+08:00",
    )
    assert "X-01" not in one.output + one.stderr
    named = act("orders", "place", str(town), "--wish", "X-01", "-p", "hefei", code=1)
    assert "没有同意转介的记录" in named.stderr


def test_the_plan_of_a_city_is_dispatched_once(store: Path) -> None:
    """Every planned need has an order; again, and there is nothing to do."""
    args = ("orders", "dispatch", str(CITY), "--on", "2025-09-15", "-p", "wuchang", "--json")
    first = json.loads(act(*args).output)["answer"]
    assert len(first["placed"]) > 100
    assert {key for name in ("dispatched", "waiting", "nobody") for key in first[name]} == set(
        first["placed"]
    )
    again = json.loads(act(*args, at="2025-09-15T09:30:00+08:00").output)["answer"]
    assert again["placed"] == []


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("list", "--helper", "V-none"), "V-none"),
        (("hours", "V-none"), "V-none"),
        (("figures", "--since", "2025-02-01", "--until", "2025-01-01"), "2025-01-01"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_not_known_is_not_nothing(
    args: tuple[str, ...], expected: str, lang: str, store: Path
) -> None:
    """An unknown helper and a period that ends before it begins are mistakes, no empty lists."""
    assert expected in run("orders", *args, "--lang", lang, code=2).stderr


def test_groups_of_an_order_exist(store: Path) -> None:
    """A slip in a group would let a guard of that group pass."""
    args = ("orders", "place", "--client", "H-1", "--category", "visit", "--groups", "childs")
    assert "childs" in act(*args, code=2).stderr


@pytest.mark.parametrize(("lang", "expected"), [("zh", "没有存储"), ("en", "there is no store")])
def test_a_missing_store_is_said_in_the_chosen_language(
    lang: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with the command that makes one."""
    monkeypatch.chdir(tmp_path)
    said = run("orders", "list", "--store", "no.db", "--lang", lang, code=1).stderr
    assert expected in said
    assert "wushe store create --store no.db" in said


def test_a_proof_that_cannot_be_written_is_not_issued(store: Path) -> None:
    """Its number would be gone: the folder is looked for first."""
    before = len(log(store))
    period = ("--since", "2025-09-01", "--until", "2025-09-14")
    args = ("orders", "certificate", "V-001", "--unit", "O-1", *period, "--out", "none/p.html")
    assert "none/p.html" in act(*args, code=4).stderr
    assert len(log(store)) == before

"""The wish wall and the dispatch slip: who sees what, and that each reading is known."""

import datetime as dt
from typing import Any

import attrs
import pytest

import wushe
from cities import city_of, village
from order_town import MORNING, VOLUNTEERS, order, states
from wushe import Need, Wish
from wushe.errors import ConflictError, RefusedError
from wushe.journal import Act, MemoryStore
from wushe.network import LinkageNetwork
from wushe.orders import (
    DOMAIN,
    Helper,
    accept,
    areas_of,
    cancel,
    claim,
    complete,
    confirm,
    decline,
    dispatch,
    enroll,
    notice,
    place_need,
    place_wishes,
    slip,
    wish_wall,
    withheld_wishes,
)

PLUGINS = wushe.load_plugins("wuchang")
ON = "2025-09-15"
SECRETS = ("李爷爷", "13812345678", "东一社区3栋2单元", "小明", "<b>")


def network(**changes: Any) -> LinkageNetwork:
    """Return a household of an elder and a child with a worker, four needs and three wishes."""
    household = wushe.Household(
        id="H", name="李爷爷", place="420106001001", referral_consent=True, phone="13812345678",
        address="东一社区3栋2单元<b>", responsible_worker="W1",
    )  # fmt: skip
    rows = village(
        households=[attrs.evolve(household, **changes)],
        persons=[wushe.Person(id="P", household="H", name="小明", birth=dt.date(2016, 5, 1))],
        social_workers=[wushe.SocialWorker(id="W1", name="张社工", phone="13900000001")],
        needs=[
            Need(id="N1", category="micro_wish", household="H", quantity=1, unit="件"),
            Need(id="N2", category="visit", household="H", quantity=1, unit="hour", on_day=dt.date(2025, 9, 20),
                 starts="09:00", ends="10:00"),
            Need(id="N3", category="tutoring", person="P", quantity=1, unit="hour"),
            Need(id="N4", category="living_aid", household="H", quantity=500, unit="yuan"),
        ],
        wishes=[
            Wish(id="S1", need="N1", public_text="想要一台收音机", shown_from=dt.date(2025, 9, 1)),
            Wish(id="S2", need="N2", public_text="李爷爷想有人聊天", shown_from=dt.date(2025, 9, 1)),
            Wish(id="S3", need="N3", public_text="想要一套文具", shown_from=dt.date(2025, 10, 1)),
        ],
    )  # fmt: skip
    return city_of(rows, PLUGINS)


@pytest.fixture
def city() -> LinkageNetwork:
    """Return the network."""
    return network()


@pytest.fixture
def store(city: LinkageNetwork) -> MemoryStore:
    """Return a store with volunteers, vetted ones and places enrolled."""
    helpers = [
        attrs.evolve(v, vetted_on="2025-03-01", skills=("tutoring", "visiting")) for v in VOLUNTEERS
    ]
    found = MemoryStore(DOMAIN, PLUGINS)
    found.run(MORNING, enroll, helpers=helpers, areas=areas_of(city))
    return found


# --- the wall --------------------------------------------------------------------------------------


def test_only_wishes_fit_for_the_public_are_placed(
    store: MemoryStore, city: LinkageNetwork
) -> None:
    """S2 names somebody and S3 is not to be shown yet: neither becomes an order, named or not."""
    assert store.run(MORNING, place_wishes, network=city).answer == ["O-S1"]
    assert store.run(MORNING, place_wishes, network=city).answer == []
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, place_wishes, network=city, wishes=["S2", "S3"])
    assert [p.code for p in caught.value.problems] == ["wish-names-somebody", "not-on-the-wall"]


@pytest.mark.parametrize("consent", [None, False])
def test_a_wish_that_hands_somebody_on_needs_their_consent(
    store: MemoryStore, consent: bool | None
) -> None:
    """Anybody may claim it, and would learn who it is: without a recorded yes it stays off the wall, and says why."""
    city = with_needs(network(referral_consent=consent), category="visit", unit="hour")
    assert store.run(MORNING, place_wishes, network=city).answer == []
    assert [(p.code, p.file) for p in withheld_wishes(city, dt.date(2025, 9, 15))] == [
        ("wish-names-somebody", "wishes S2"),
        ("no-consent", "wishes S1"),
    ]
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, place_wishes, network=city, wishes=["S1"])
    assert [p.code for p in caught.value.problems] == ["no-consent"]


def test_the_wall_shows_text_and_street_only(store: MemoryStore, city: LinkageNetwork) -> None:
    """Nothing on the wall leads to those who wish: no reference, no need, no community, no name."""
    store.run(MORNING, place_wishes, network=city)
    (wish,) = wish_wall(store.state, on=ON)
    assert attrs.asdict(wish) == {
        "order": "O-S1", "text": "想要一台收音机", "category": "micro_wish", "amount": 1, "dimension": "piece",
        "place": "东街", "shown_from": "2025-09-01",
    }  # fmt: skip
    assert order(store, "O-S1").client == "H"
    assert not any(secret in repr(wish) for secret in (*SECRETS, "N1", "东一"))
    assert wish_wall(store.state, on="2025-08-31") == []


def test_other_orders_are_not_on_the_wall(store: MemoryStore, city: LinkageNetwork) -> None:
    """An order without public text is nobody's to claim."""
    store.run(MORNING, place_need, network=city, need="N2")
    assert wish_wall(store.state, on=ON) == []
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, claim, order="O-N2", helper="V1")
    assert [p.code for p in caught.value.problems] == ["not-on-the-wall"]


def test_whoever_claims_first_has_the_wish(store: MemoryStore, city: LinkageNetwork) -> None:
    """V1 claims and has it at once; V2 is told that it is taken; the wall is empty."""
    store.run(MORNING, place_wishes, network=city)
    assert store.run(Act(MORNING.at, "V1"), claim, order="O-S1", helper="V1").answer == "O-S1#1"
    assert (order(store, "O-S1").status, states(store, "O-S1")) == ("accepted", {"V1": "accepted"})
    assert wish_wall(store.state, on=ON) == []
    with pytest.raises(ConflictError) as caught:
        store.run(MORNING, claim, order="O-S1", helper="V2")
    assert [p.code for p in caught.value.problems] == ["order-taken"]


def test_a_declined_wish_can_be_claimed_again(store: MemoryStore, city: LinkageNetwork) -> None:
    """While somebody is asked the wish is off the wall; after a no it is back and can be claimed."""
    store.run(MORNING, place_wishes, network=city)
    store.run(MORNING, dispatch, order="O-S1", to=["V1"])
    assert wish_wall(store.state, on=ON) == []
    store.run(MORNING, decline, order="O-S1", helper="V1", reason="no_stock", onward=False)
    assert [w.order for w in wish_wall(store.state, on=ON)] == ["O-S1"]
    store.run(MORNING, claim, order="O-S1", helper="V2")
    assert states(store, "O-S1") == {"V1": "declined", "V2": "accepted"}


def test_guards_hold_for_claims(store: MemoryStore, city: LinkageNetwork) -> None:
    """An under-age volunteer without the guardian's consent may not claim; how often V1 was asked does not matter."""
    minor = attrs.evolve(VOLUNTEERS[0], id="M", minor=True)
    store.run(MORNING, enroll, helpers=[minor])
    store.run(MORNING, place_wishes, network=city)
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, claim, order="O-S1", helper="M")
    assert [p.code for p in caught.value.problems] == ["guard-guardian"]
    _asked_often(store, "V1")
    store.run(MORNING, claim, order="O-S1", helper="V1")


def _asked_often(store: MemoryStore, helper: str) -> None:
    from order_town import visit

    plugins, store.plugins = store.plugins, None
    for n in range(5):
        store.run(MORNING, dispatch, order=visit(store, client=f"H{n}"), to=[helper])
    store.plugins = plugins


# --- the slip --------------------------------------------------------------------------------------


def accepted(store: MemoryStore, city: LinkageNetwork, need: str, helper: str = "V1") -> str:
    """Return an order for `need` that `helper` has accepted."""
    key = str(store.run(MORNING, place_need, network=city, need=need).answer)
    store.run(MORNING, dispatch, order=key, to=[helper])
    store.run(MORNING, accept, order=key, helper=helper)
    return key


def test_the_slip_has_what_a_visitor_needs(store: MemoryStore, city: LinkageNetwork) -> None:
    """Name, address and phone with what, when and which order, in the language asked for."""
    key = accepted(store, city, "N2")
    found = store.run(MORNING, slip, order=key, helper="V1", network=city).answer
    assert dict(found.lines("en")) == {
        "order": "O-N2", "what": "home visit, 1 h", "when": "2025-09-20 09:00–10:00", "name": "李爷爷",
        "address": "东一社区3栋2单元<b>", "phone": "13812345678",
    }  # fmt: skip
    assert "姓名：李爷爷" in found.say("zh")


def test_the_slip_is_inert_in_html_and_silent_in_its_repr(
    store: MemoryStore, city: LinkageNetwork
) -> None:
    """What stands in the tables is escaped; a slip in a log line tells nothing."""
    key = accepted(store, city, "N2")
    found = store.run(MORNING, slip, order=key, helper="V1", network=city).answer
    assert "&lt;b&gt;" in found.html()
    assert "<b>" not in found.html()
    assert not any(secret in repr(found) for secret in SECRETS)


def test_each_reading_is_recorded(store: MemoryStore, city: LinkageNetwork) -> None:
    """Two readings are two events with who, when and of whom, and are counted with the call."""
    key = accepted(store, city, "N2")
    for at in ("2025-09-19T08:00:00+08:00", "2025-09-20T08:00:00+08:00"):
        store.run(Act(at, "V1"), slip, order=key, helper="V1", network=city)
    read = [e for e in store.log if e.kind == "slip.read"]
    assert [(e.by, e.ref, dict(e.data)) for e in read] == [
        ("V1", "H", {"call": f"{key}#1", "helper": "V1"})
    ] * 2
    assert store.state.get("call", f"{key}#1").slips == 2
    assert not any(secret in repr(e) for secret in SECRETS for e in store.log)


def test_no_slip_before_acceptance_nor_after_the_work(
    store: MemoryStore, city: LinkageNetwork
) -> None:
    """Who is only asked, who is somebody else, and who is done gets none; nothing is recorded."""
    key = str(store.run(MORNING, place_need, network=city, need="N2").answer)
    store.run(MORNING, dispatch, order=key, to=["V1", "V2"])

    def refused(helper: str) -> bool:
        codes, events = [], len(store.log)
        try:
            store.run(MORNING, slip, order=key, helper=helper, network=city)
        except RefusedError as error:
            codes = [p.code for p in error.problems]
        assert codes in ([], ["no-slip"])
        assert len(store.log) == events + (not codes)
        return bool(codes)

    assert refused("V1")
    store.run(MORNING, accept, order=key, helper="V1")
    assert (refused("V1"), refused("V2")) == (False, True)
    store.run(MORNING, complete, order=key)
    assert refused("V1")
    store.run(Act("2025-09-21T08:00:00+08:00", "W1"), confirm, order=key)
    assert refused("V1")


def test_before_acceptance_only_the_notice(store: MemoryStore, city: LinkageNetwork) -> None:
    """Whoever is asked reads what, how much, when and which community; nothing of the household."""
    key = str(store.run(MORNING, place_need, network=city, need="N2").answer)
    said = store.run(MORNING, notice, order=key, lang="en").answer
    assert said.splitlines() == [
        "O-N2: home visit, 1 h, normal, placed", "2025-09-20", "09:00–10:00", "东一",
    ]  # fmt: skip
    assert not any(secret in said for secret in SECRETS)


def test_work_with_a_minor_goes_through_the_worker(
    store: MemoryStore, city: LinkageNetwork
) -> None:
    """The tutor gets the worker's name and phone and the community: no child, no home, no family's phone."""
    key = accepted(store, city, "N3")
    found = store.run(MORNING, slip, order=key, helper="V1", network=city).answer
    said = found.say("en")
    assert not any(secret in said for secret in SECRETS)
    assert dict(found.lines("en"))["worker to contact"] == "张社工"
    assert dict(found.lines("en"))["worker's phone"] == "13900000001"
    assert dict(found.lines("en"))["community"] == "东一"


def test_a_fund_learns_the_name_only(store: MemoryStore, city: LinkageNetwork) -> None:
    """Money needs no door and no phone."""
    store.run(MORNING, enroll, helpers=[Helper("F", "funds")])
    key = accepted(store, city, "N4", "F")
    found = store.run(MORNING, slip, order=key, helper="F", network=city).answer
    assert [what for what, _ in found.lines("en")] == ["order", "what", "name"]


@pytest.mark.parametrize("consent", [None, False])
def test_without_consent_nobody_outside_learns_who_it_is(
    store: MemoryStore, consent: bool | None
) -> None:
    """Serving a visit hands the household on, so the slip waits for the consent; nothing is read or recorded."""
    city = network(referral_consent=consent)
    key, events = accepted(store, city, "N2"), len(store.log)
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, slip, order=key, helper="V1", network=city)
    assert [p.code for p in caught.value.problems] == ["no-consent"]
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert len(store.log) == events
    asked = network()  # the worker asked, and recorded a yes
    assert "李爷爷" in store.run(MORNING, slip, order=key, helper="V1", network=asked).answer.say()


def test_the_own_worker_needs_no_consent(store: MemoryStore) -> None:
    """The social worker keeps the file: nothing goes to another party."""
    city = network(referral_consent=None)
    store.run(MORNING, enroll, helpers=[Helper("W1", "social_workers", skills=("visiting",))])
    key = accepted(store, city, "N2", "W1")
    assert "李爷爷" in store.run(MORNING, slip, order=key, helper="W1", network=city).answer.say()


def test_what_hands_nobody_on_goes_through_the_worker(store: MemoryStore) -> None:
    """A micro-wish can be granted without knowing whose it is: the slip names the worker and the community."""
    city = network(referral_consent=None)
    key = accepted(store, city, "N1")
    found = store.run(MORNING, slip, order=key, helper="V1", network=city).answer
    assert not any(secret in found.say() for secret in SECRETS)
    assert dict(found.lines("en"))["worker to contact"] == "张社工"
    assert "consent" in dict(found.lines("en"))["note"]


@pytest.mark.parametrize(("consent", "told"), [(None, True), (False, False)])
def test_an_emergency_waits_for_no_answer_and_overrides_none(
    store: MemoryStore, consent: bool | None, told: bool
) -> None:
    """Whoever was never asked is helped at once; who said no is not named even then."""
    city = with_needs(network(referral_consent=consent), urgency="emergency")
    key = accepted(store, city, "N2")
    try:
        said = store.run(MORNING, slip, order=key, helper="V1", network=city).answer.say()
    except RefusedError as error:
        said = str(error)
    assert ("李爷爷" in said) is told


def with_needs(city: LinkageNetwork, **changes: Any) -> LinkageNetwork:
    """Return the city with every need changed so."""
    needs = [attrs.evolve(need, **changes) for need in city["needs"].records()]
    tables = {**city.tables, "needs": wushe.table_of("needs", needs)}
    return wushe.build_network(tables, city.categories, city.target_groups)


def test_unknown_contact_is_said_to_be_unknown(store: MemoryStore) -> None:
    """A household without a recorded phone gets no made-up one."""
    city = network(phone=None)
    key = accepted(store, city, "N2")
    found = store.run(MORNING, slip, order=key, helper="V1", network=city).answer
    assert dict(found.lines("en"))["phone"] == "not recorded; ask the station that dispatched it"


def test_no_slip_of_the_erased(store: MemoryStore, city: LinkageNetwork, monkeypatch: Any) -> None:
    """Once the reference leads nowhere there is nothing to tell; the order can still be taken back."""
    key = accepted(store, city, "N2")
    monkeypatch.setattr(store.state, "subject", lambda ref: None)
    with pytest.raises(RefusedError) as caught:
        store.run(MORNING, slip, order=key, helper="V1", network=city)
    assert [p.code for p in caught.value.problems] == ["client-erased"]
    store.run(MORNING, cancel, order=key, reason="consent_withdrawn")

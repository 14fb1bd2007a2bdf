"""Five-party reach, stations that much hangs on, bridging organizations and degrees: by hand and
against slow, plain computations on networkx."""

import pickle
import random
from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.model import (
    Activity,
    CharityResource,
    Community,
    Donor,
    Fund,
    Household,
    NeedCategory,
    Organization,
    Place,
    Project,
    ServiceRecord,
    SocialWorker,
    Station,
    Volunteer,
    VolunteerTeam,
)
from wushe.network import PARTIES, LinkageNetwork, build_network_from_records
from wushe.network.hops import SOCIAL_ORGANIZATIONS

MEAL = NeedCategory("meal", "送餐", "meals", "service", "time")
A, A1, A2 = "420106001", "420106001001", "420106001002"
B, B1 = "420106002", "420106002001"
PLACES = (
    Place(id="420106", name="武昌区", level="county"),
    Place(id=A, name="甲街", level="street"),
    Place(id=A1, name="甲一", level="community"),
    Place(id=A2, name="甲二", level="community"),
    Place(id=B, name="乙街", level="street"),
    Place(id=B1, name="乙一", level="community"),
)


def build(*records: Any) -> LinkageNetwork:
    """Return the network of `records` and the places above."""
    return build_network_from_records((*PLACES, *records), {"meal": MEAL}, {})


def organization(
    key: str, place: str | None = None, kind: str = "social_organization"
) -> Organization:
    """Return an organization."""
    return Organization(id=key, name=key, kind=kind, place=place)


def reached(network: LinkageNetwork, k: int) -> dict[str, str]:
    """Return the initials of the parties that each household reaches (R stands for resource)."""
    initials = np.array(["C", "O", "W", "V", "R"])
    rows = network.five_party_reach(k).reached
    ids = network["households"].ids
    return {key: "".join(initials[row]) for key, row in zip(ids, rows, strict=True)}


# --- five-party reach: by hand -----------------------------------------------------------------


def test_parties_have_one_order() -> None:
    """Columns of the reach are in the order in which the five parties are named everywhere."""
    assert PARTIES == ("community", "organization", "worker", "volunteer", "resource")


def test_a_chain_is_walked_hop_by_hop() -> None:
    """Household - station - operator - fund: each party appears when its hop is taken."""
    network = build(
        Household(id="H1", place=A1),
        Station(id="S1", name="s", place=A, operator="O1"),
        SocialWorker(id="W1", name="w", station="S1"),
        organization("O1"),
        Fund(id="F1", name="f", host="O1"),
    )
    assert [reached(network, k)["H1"] for k in (1, 2, 3)] == ["", "OW", "OWR"]


def test_a_community_knows_whoever_is_located_in_it() -> None:
    """Household - community - the volunteer and the goods there; not those next door."""
    network = build(
        Household(id="H1", place=A1),
        Community(id="C1", name="c", place=A1),
        Volunteer(id="V1", name="v", place=A2),
        CharityResource(id="R1", name="r", categories=("meal",), place=A1),
    )
    assert [reached(network, k)["H1"] for k in (1, 2, 3)] == ["C", "CR", "CR"]


def test_reach_covers_places_and_undeclared_reach_covers_none() -> None:
    """A volunteer for the street reaches both communities; one who did not say reaches nobody."""
    network = build(
        Household(id="H1", place=A2),
        Household(id="H2", place=B1),
        Volunteer(id="V1", name="v", place=A1, reach="street"),
        Volunteer(id="V2", name="v", place=B1),
    )
    assert reached(network, 3) == {"H1": "V", "H2": ""}


def test_nationwide_reach_covers_even_households_without_a_place() -> None:
    """A fund for the whole country needs no place on either side."""
    network = build(
        Household(id="H1"), organization("O1"), Fund(id="F1", name="f", host="O1", reach="nation")
    )
    assert [reached(network, k)["H1"] for k in (1, 2)] == ["R", "OR"]


def test_reach_above_ones_own_place_covers_nothing() -> None:
    """A fund placed at the county cannot reach "its street": it has none."""
    network = build(
        Household(id="H1", place=A1),
        organization("O1"),
        Fund(id="F1", name="f", host="O1", place="420106", reach="street"),
    )
    assert reached(network, 1)["H1"] == ""


def test_casework_and_past_help_are_hops() -> None:
    """The responsible worker and a past helper are one hop away, their teams two."""
    network = build(
        Household(id="H1", responsible_worker="W1"),
        Household(id="H2"),
        SocialWorker(id="W1", name="w"),
        VolunteerTeam(id="T1", name="t", leader="W1"),
        organization("O1"),
        ServiceRecord(id="E1", provider="O1", household="H2"),
    )
    assert reached(network, 1) == {"H1": "W", "H2": "O"}
    assert reached(network, 2) == {"H1": "WV", "H2": "O"}


def test_paths_do_not_run_through_other_homes() -> None:
    """That my worker is also hers does not bring me her volunteer."""
    network = build(
        Household(id="H1", responsible_worker="W1"),
        Household(id="H2", responsible_worker="W1"),
        SocialWorker(id="W1", name="w"),
        Volunteer(id="V1", name="v", place=B1),
        ServiceRecord(id="E1", provider="V1", household="H2"),
    )
    assert reached(network, 5) == {"H1": "W", "H2": "WV"}


def test_two_places_are_not_joined_by_their_county() -> None:
    """Living in one county is no linkage."""
    network = build(Household(id="H1", place=A1), Community(id="C1", name="c", place=B1))
    assert reached(network, 5) == {"H1": ""}


def test_a_firm_is_no_social_organization_but_leads_on() -> None:
    """Only social organizations are the second party; others still pass help along."""
    network = build(
        Household(id="H1"),
        organization("O1", kind="firm"),
        organization("O2", kind="foundation"),
        Fund(id="F1", name="f", host="O1", reach="nation"),
        Donor(id="D1", name="d", kind="organization", organization="O1"),
        CharityResource(id="R1", name="r", categories=("meal",), holder="O2", donor="D1"),
    )
    # Fund 1, firm 2, donor 3, goods 4, foundation 5.
    assert [reached(network, k)["H1"] for k in (1, 4, 5)] == ["R", "R", "OR"]


def test_projects_join_their_organization_and_fund() -> None:
    """Household - fund - project - organization."""
    network = build(
        Household(id="H1"),
        organization("O1", kind="firm"),
        organization("O2"),
        Fund(id="F1", name="f", host="O1", reach="nation"),
        Project(id="J1", name="j", organization="O2", fund="F1"),
    )
    assert [reached(network, k)["H1"] for k in (2, 3)] == ["R", "OR"]


def five(place: str) -> Iterator[Any]:
    """Yield one member of each party in the community `place`, all known to its committee."""
    yield Community(id=f"C{place}", name="c", place=place)
    yield organization(f"O{place}", place)
    yield VolunteerTeam(id=f"T{place}", name="t", place=place, leader=f"W{place}")
    yield SocialWorker(id=f"W{place}", name="w", employer=f"O{place}")
    yield CharityResource(id=f"R{place}", name="r", categories=("meal",), place=place)


def test_shares_by_place() -> None:
    """Two of three households in street A reach all five, none in B; one lives nowhere."""
    network = build(
        *five(A1),
        *(Household(id=f"H{i}", place=place) for i, place in enumerate([A1, A1, A2, B1])),
        Household(id="H9"),
    )
    result = network.five_party_reach(3)
    assert result.all_five.tolist() == [True, True, False, False, False]
    assert result.share == pytest.approx(0.4)
    assert result.by_party == dict.fromkeys(PARTIES, 2)
    streets = result.by_place("street")
    ids = [network["places"].ids[row] if row >= 0 else None for row in streets.rows]
    assert ids == [None, A, B]
    assert streets.households.tolist() == [1, 3, 1]
    assert streets.all_five.tolist() == [0, 2, 0]
    assert streets.share.tolist() == pytest.approx([0, 2 / 3, 0])


def test_nobody_to_reach_and_nobody_to_be_reached() -> None:
    """Empty tables give empty answers: no share of no household, no party for an isolated one."""
    nobody = build_network_from_records([], {}, {}).five_party_reach()
    assert nobody.reached.shape == (0, 5)
    assert nobody.share is None
    assert len(nobody.by_place("street").rows) == 0
    alone = build_network_from_records([Household(id="H1")], {}, {}).five_party_reach()
    assert alone.reached.tolist() == [[False] * 5]
    assert alone.share == 0


@pytest.mark.parametrize("k", [0, -1])
def test_less_than_one_hop_is_refused(k: int) -> None:
    """Within no hop nobody is reached: such a question is a mistake."""
    with pytest.raises(ValueError, match="expected 1 or more"):
        build().five_party_reach(k)
    with pytest.raises(ValueError, match="expected 1 or more"):
        build().stations_by_cut_off(k)


def test_a_reach_pickles_and_is_read_only() -> None:
    """Results travel between processes."""
    result = pickle.loads(
        pickle.dumps(build(*five(A1), Household(id="H1", place=A1)).five_party_reach())
    )
    assert result.share == 1
    with pytest.raises(ValueError, match="read-only"):
        result.reached[0, 0] = False


# --- stations: by hand -------------------------------------------------------------------------


def test_stations_rank_by_those_left_without_a_worker() -> None:
    """S2 is the only way to a worker for two households; S1's three have another worker."""
    network = build(
        *(Household(id=f"H{i}", place=A1, responsible_worker="W9") for i in range(3)),
        *(Household(id=f"K{i}", place=B1) for i in range(2)),
        Station(id="S1", name="s", place=A),
        Station(id="S2", name="s", place=B, operator="O1"),
        Station(id="S3", name="s", place="420106"),
        SocialWorker(id="W1", name="w", station="S1"),
        SocialWorker(id="W2", name="w", station="S2"),
        SocialWorker(id="W9", name="w"),
        organization("O1"),
    )
    loss = network.stations_by_cut_off(k=2)
    assert network["stations"].ids[loss.rows].tolist() == ["S2", "S1", "S3"]
    assert loss.without_worker.tolist() == [2, 0, 0]
    assert loss.fewer_parties.tolist() == [2, 0, 0]
    assert loss.in_area.tolist() == [2, 3, 5]


def test_workers_posted_at_a_lost_station_are_lost_with_it() -> None:
    """Their responsible households lose them; a worker of the operator's own stays."""
    network = build(
        Household(id="H1", responsible_worker="W1"),
        Household(id="H2", responsible_worker="W2"),
        Station(id="S1", name="s", place=A, operator="O1"),
        SocialWorker(id="W1", name="w", station="S1", employer="O1"),
        SocialWorker(id="W2", name="w", employer="O1"),
        organization("O1"),
    )
    loss = network.stations_by_cut_off(k=2)
    assert loss.without_worker.tolist() == [1]
    assert loss.fewer_parties.tolist() == [1]


def test_a_household_may_keep_its_worker_and_lose_another_party() -> None:
    """H1 keeps its own worker, but the fund was known to the station's operator only."""
    network = build(
        Household(id="H1", place=A1, responsible_worker="W9"),
        Station(id="S1", name="s", place=A, operator="O1"),
        SocialWorker(id="W9", name="w"),
        organization("O1"),
        Fund(id="F1", name="f", host="O1"),
    )
    loss = network.stations_by_cut_off(k=3)
    assert (loss.without_worker.tolist(), loss.fewer_parties.tolist()) == ([0], [1])


def test_no_stations() -> None:
    """Nothing can be lost where there is none."""
    assert build(Household(id="H1", place=A1)).stations_by_cut_off().rows.tolist() == []


# --- bridges: by hand --------------------------------------------------------------------------


def test_organizations_that_alone_join_communities() -> None:
    """O1 joins three communities, one pair of which O2 joins as well; O3 sits in one."""
    network = build(
        organization("O1", A1),
        VolunteerTeam(id="T1", name="t", place=A2, organization="O1"),
        CharityResource(id="R1", name="r", categories=("meal",), place=B1, holder="O1"),
        organization("O2", A1),
        Activity(id="X1", name="x", place=A2, organization="O2"),
        organization("O3", A1),
    )
    bridges = network.bridging_organizations()
    assert network["organizations"].ids[bridges.rows].tolist() == ["O1", "O2", "O3"]
    assert bridges.connects.tolist() == [3, 2, 1]
    # A1-B1 and A2-B1 hang on O1; A1-A2 has two.
    assert bridges.only_through.tolist() == [2, 0, 0]
    # Without O1, B1 is on its own.
    assert bridges.parts.tolist() == [1, 0, 0]


def test_stations_bring_presence_in_every_community_they_serve() -> None:
    """Operating, pairing and posting workers count; where an organization merely has its office
    in the county, it is present in no community."""
    network = build(
        organization("O1"),
        organization("O2"),
        organization("O3"),
        organization("O4", "420106"),
        Station(id="S1", name="s", place=A, operator="O1", pairs=("O2",)),
        Station(id="S2", name="s", place="420106"),
        SocialWorker(id="W1", name="w", station="S2", employer="O3"),
    )
    bridges = network.bridging_organizations()
    by_id = dict(zip(network["organizations"].ids[bridges.rows], bridges.connects, strict=True))
    assert by_id == {"O1": 2, "O2": 2, "O3": 3, "O4": 0}
    streets = network.bridging_organizations("street")
    by_id = dict(zip(network["organizations"].ids[streets.rows], streets.connects, strict=True))
    assert by_id == {"O1": 1, "O2": 1, "O3": 2, "O4": 0}


def test_households_served_bring_presence() -> None:
    """By the organization itself and by the workers it employs."""
    network = build(
        organization("O1"),
        SocialWorker(id="W1", name="w", employer="O1"),
        Household(id="H1", place=A1, responsible_worker="W1"),
        Household(id="H2", place=A2),
        Household(id="H3", place=B1),
        ServiceRecord(id="E1", provider="O1", household="H2"),
        ServiceRecord(id="E2", provider="W1", household="H3"),
    )
    bridges = network.bridging_organizations()
    assert (bridges.connects.tolist(), bridges.only_through.tolist()) == ([3], [3])
    assert bridges.parts.tolist() == [2]


def test_no_organizations_and_unknown_levels() -> None:
    """Nobody bridges nothing; a level that does not exist is a KeyError."""
    assert build_network_from_records([], {}, {}).bridging_organizations().rows.tolist() == []
    with pytest.raises(KeyError):
        build().bridging_organizations("planet")


# --- degrees: by hand --------------------------------------------------------------------------


def test_degrees_count_distinct_partners() -> None:
    """O1 employs and posts W1 through its station: three partners; O2 has none."""
    network = build(
        organization("O1"),
        organization("O2"),
        organization("O9", kind="firm"),
        Station(id="S1", name="s", place=A, operator="O1", pairs=("O1",)),
        SocialWorker(id="W1", name="w", station="S1", employer="O1"),
        Fund(id="F1", name="f", host="O1"),
        Household(id="H1", responsible_worker="W1"),
        Household(id="H2", responsible_worker="W1"),
        ServiceRecord(id="E1", provider="W1", household="H1"),
    )
    degrees = {degree.party: degree for degree in network.party_degrees()}
    assert tuple(degrees) == PARTIES
    social = degrees["organization"]
    # O1: the station (operates and pairs with: one partner), W1, F1. O9 is a firm: not counted.
    assert (social.members, social.partners_mean, social.partners_most, social.alone) == (
        2,
        1.5,
        3,
        1,
    )
    worker = degrees["worker"]
    assert (worker.partners_mean, worker.households_mean) == (2.0, 2.0)
    empty = degrees["community"]
    assert (empty.members, empty.partners_mean, empty.partners_most) == (0, None, 0)


def test_being_located_together_is_a_link_but_no_partner_on_record() -> None:
    """C1 knows the volunteer in its place; C2 has nobody, not even itself; the station at the
    same place as C3 keeps it company."""
    network = build(
        *(
            Community(id=key, name="c", place=place)
            for key, place in (("C1", A1), ("C2", A2), ("C3", B))
        ),
        Volunteer(id="V1", name="v", place=A1),
        Volunteer(id="V2", name="v", place="420106"),
        Station(id="S1", name="s", place=B),
    )
    degrees = {degree.party: degree for degree in network.party_degrees()}
    community, volunteer = degrees["community"], degrees["volunteer"]
    assert (community.partners_most, community.alone) == (0, 1)
    assert (volunteer.partners_most, volunteer.alone) == (0, 1)


# --- against plain computations ----------------------------------------------------------------


@st.composite
def cities(draw: st.DrawFn) -> list[Any]:
    """Draw the records of a small city with any references, in the order of drawing."""

    def ids(letter: str, most: int) -> list[str]:
        return [f"{letter}{i}" for i in range(draw(st.integers(0, most)))]

    def some(values: list[str]) -> str | None:
        return draw(st.sampled_from([None, *values]))

    places = [p.id for p in PLACES]
    rank = st.sampled_from(["community", "street", "county", "nation", None])
    kinds = st.sampled_from(["social_organization", "foundation", "firm", "hospital"])
    organizations, stations, workers = ids("O", 4), ids("S", 3), ids("W", 3)
    teams, donors, funds = ids("T", 2), ids("D", 2), ids("F", 2) if organizations else []
    households, volunteers, resources = ids("H", 5), ids("V", 3), ids("R", 2)
    made: list[Any] = [
        Community(id=key, name="c", place=draw(st.sampled_from(places))) for key in ids("C", 2)
    ]
    made += [
        Organization(id=k, name="o", kind=draw(kinds), place=some(places)) for k in organizations
    ]
    for key in stations:
        area, paired = draw(st.sampled_from(places)), some(organizations)
        pairs = (paired,) if paired else None
        made.append(
            Station(
                id=key,
                name="s",
                place=area,
                operator=some(organizations),
                supervisor=some(workers),
                pairs=pairs,
            )
        )
    made += [
        SocialWorker(id=k, name="w", station=some(stations), employer=some(organizations))
        for k in workers
    ]
    made += [
        VolunteerTeam(
            id=k,
            name="t",
            place=some(places),
            leader=some(workers),
            organization=some(organizations),
        )
        for k in teams
    ]
    for key in volunteers:
        team, place = some(teams), draw(st.sampled_from(places))
        made.append(
            Volunteer(
                id=key, name="v", place=place, teams=(team,) if team else None, reach=draw(rank)
            )
        )
    made += [
        Donor(id=k, name="d", kind="organization", organization=some(organizations)) for k in donors
    ]
    made += [
        Fund(
            id=k,
            name="f",
            host=draw(st.sampled_from(organizations)),
            place=some(places),
            reach=draw(rank),
        )
        for k in funds
    ]
    made += [
        CharityResource(
            id=k,
            name="r",
            categories=("meal",),
            holder=some(organizations),
            donor=some(donors),
            place=some(places),
            reach=draw(rank),
        )
        for k in resources
    ]
    made += [
        Project(id=k, name="j", organization=some(organizations), fund=some(funds))
        for k in ids("J", 2)
    ]
    made += [
        Household(id=k, place=some(places), responsible_worker=some(workers)) for k in households
    ]
    helpers = [*organizations, *stations, *workers, *teams, *volunteers, *funds, *resources]
    if helpers and households:
        made += [
            ServiceRecord(
                id=k,
                provider=draw(st.sampled_from(helpers)),
                household=draw(st.sampled_from(households)),
            )
            for k in ids("E", 3)
        ]
    return made


UP = {A1: A, A2: A, B1: B, A: "420106", B: "420106"}
RANK = {"county": 6, "street": 9, "community": 12}


def lies_in(place: str | None, root: str | None) -> bool:
    """Return whether `place` is `root` or below it."""
    return place is not None and root is not None and place.startswith(root)


def plain_graph(records: list[Any]) -> "nx.Graph[str]":
    """Return the linkage graph with households as leaves, read off the records one by one."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(r.id for r in records if not isinstance(r, ServiceRecord))
    fields = (
        *("operator", "supervisor", "station", "employer", "leader", "organization", "host"),
        *("holder", "donor", "fund", "responsible_worker"),
    )
    for record in records:
        if isinstance(record, ServiceRecord):
            graph.add_edge(record.provider, record.household)
            continue
        named = [getattr(record, field, None) for field in fields]
        named += [*(getattr(record, "pairs", None) or ()), *(getattr(record, "teams", None) or ())]
        graph.add_edges_from((record.id, other) for other in named if other)
    for keeper in records:
        if isinstance(keeper, (Community, Station)):
            graph.add_edges_from(
                (keeper.id, r.id)
                for r in records
                if r is not keeper and lies_in(getattr(r, "place", None), keeper.place)
            )
    for helper in records:
        reach = getattr(helper, "reach", None)
        for home in records:
            if reach is None or not isinstance(home, Household):
                continue
            here = getattr(helper, "place", None)
            wide = RANK.get(reach, 0)
            root = here[:wide] if here and len(here) >= wide else None
            if reach == "nation" or lies_in(home.place, root):
                graph.add_edge(helper.id, home.id)
    return graph


def plain_reach(graph: "nx.Graph[str]", records: list[Any], k: int) -> dict[str, list[bool]]:
    """Return the parties within `k` hops of each household, by breadth-first search from each."""
    homes = {r.id for r in records if isinstance(r, Household)}
    party: dict[str, int] = {}
    for record in records:
        if isinstance(record, Organization) and record.kind not in SOCIAL_ORGANIZATIONS:
            continue
        for column, classes in enumerate(
            (
                (Community,),
                (Organization,),
                (SocialWorker,),
                (Volunteer, VolunteerTeam),
                (CharityResource, Fund),
            )
        ):
            if isinstance(record, classes):
                party[record.id] = column
    found = {}
    for home in sorted(homes):
        view = graph.subgraph([node for node in graph if node == home or node not in homes])
        near = nx.single_source_shortest_path_length(view, home, cutoff=k)
        found[home] = [any(party.get(node) == column for node in near) for column in range(5)]
    return found


@given(cities(), st.integers(1, 4))
def test_reach_agrees_with_breadth_first_search(records: list[Any], k: int) -> None:
    """The array walk finds what a search from each household finds."""
    network = build(*records)
    rows = network.five_party_reach(k).reached.tolist()
    assert dict(zip(network["households"].ids, rows, strict=True)) == plain_reach(
        plain_graph(records), records, k
    )


@given(cities(), st.integers(1, 4))
def test_cut_off_agrees_with_removing_each_station(records: list[Any], k: int) -> None:
    """Counts are those of searching again in the graph without the station and its workers."""
    network = build(*records)
    graph = plain_graph(records)
    before = plain_reach(graph, records, k)
    expected = {}
    for station in (r.id for r in records if isinstance(r, Station)):
        left = graph.copy()
        posted = [r.id for r in records if isinstance(r, SocialWorker) and r.station == station]
        left.remove_nodes_from([station, *posted])
        after = plain_reach(left, records, k)
        expected[station] = (
            sum(before[home][2] and not after[home][2] for home in before),
            sum(sum(before[home]) > sum(after[home]) for home in before),
        )
    loss = network.stations_by_cut_off(k)
    ids = network["stations"].ids[loss.rows]
    figures = zip(loss.without_worker.tolist(), loss.fewer_parties.tolist(), strict=True)
    assert dict(zip(ids, figures, strict=True)) == expected
    ranked = sorted(expected, key=lambda key: (-expected[key][0], -expected[key][1], key))
    assert ids.tolist() == ranked


def plain_presence(records: list[Any]) -> dict[str, set[str]]:  # noqa: C901 (one case a kind)
    """Return the communities where each organization is present, read off the records."""
    communities = [p.id for p in PLACES if p.level == "community"]
    homes = {r.id: r.place for r in records if isinstance(r, Household)}
    workers = {r.id: r for r in records if isinstance(r, SocialWorker)}
    stations = {r.id: r for r in records if isinstance(r, Station)}
    where: dict[str, set[str]] = {r.id: set() for r in records if isinstance(r, Organization)}

    def point(who: str | None, place: str | None) -> None:
        where.get(who or "", set()).update(c for c in communities if c == place)

    def area(who: str | None, place: str) -> None:
        where.get(who or "", set()).update(c for c in communities if c.startswith(place))

    for r in records:
        match r:
            case Organization():
                point(r.id, r.place)
            case VolunteerTeam():
                point(r.organization, r.place)
            case Fund():
                point(r.host, r.place)
            case CharityResource():
                point(r.holder, r.place)
            case Station():
                area(r.operator, r.place)
                area((r.pairs or (None,))[0], r.place)
            case SocialWorker(station=str()):
                area(r.employer, stations[r.station].place)
            case Household(responsible_worker=str()):
                point(workers[r.responsible_worker].employer, r.place)
            case ServiceRecord():
                worker = workers.get(r.provider)
                point(worker.employer if worker else r.provider, homes[r.household or ""])
    return where


@given(cities())
def test_those_alone_have_no_neighbour(records: list[Any]) -> None:
    """Members without a hop to another are those without an edge that leads to no home."""
    graph = plain_graph(records)
    homes = {r.id for r in records if isinstance(r, Household)}
    alone = {node for node in graph if node not in homes and set(graph[node]) <= homes}
    counts = {degree.party: degree.alone for degree in build(*records).party_degrees()}
    assert counts["community"] == sum(node[0] == "C" for node in alone)
    assert counts["worker"] == sum(node[0] == "W" for node in alone)
    assert counts["volunteer"] == sum(node[0] in "VT" for node in alone)
    assert counts["resource"] == sum(node[0] in "RF" for node in alone)


@given(cities())
def test_bridges_agree_with_counting_pairs(records: list[Any]) -> None:
    """Pairs joined by one organization only, and parts of the graph without it, one by one."""
    network = build(*records)
    where = plain_presence(records)
    expected = {}
    graph: nx.Graph[str] = nx.Graph(
        [(who, place) for who, places in where.items() for place in places]
    )
    for who, places in where.items():
        others = [theirs for other, theirs in where.items() if other != who]
        alone = [
            (a, b)
            for a in places
            for b in places
            if a < b and not any({a, b} <= theirs for theirs in others)
        ]
        parts = 0
        if places:
            left = graph.copy()
            left.remove_node(who)
            parts = nx.number_connected_components(left) - nx.number_connected_components(graph)
        expected[who] = (len(places), len(alone), parts)
    bridges = network.bridging_organizations()
    ids = network["organizations"].ids[bridges.rows]
    figures = zip(
        bridges.connects.tolist(),
        bridges.only_through.tolist(),
        bridges.parts.tolist(),
        strict=True,
    )
    assert dict(zip(ids, figures, strict=True)) == expected


@given(cities(), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_makes_no_difference_to_any_measure(
    records: list[Any], seed: int
) -> None:
    """The same records in another order give the same answers in the same order."""
    shuffled = list(records)
    random.Random(seed).shuffle(shuffled)
    one, other = build(*records), build(*shuffled)
    assert one.five_party_reach().reached.tolist() == other.five_party_reach().reached.tolist()
    assert one.stations_by_cut_off().rows.tolist() == other.stations_by_cut_off().rows.tolist()
    assert (
        one.bridging_organizations().rows.tolist() == other.bridging_organizations().rows.tolist()
    )
    assert one.party_degrees() == other.party_degrees()

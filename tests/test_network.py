"""Building the network: relations, references that lead nowhere, and the ways out of it."""

import pickle
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from wushe.errors import InputError
from wushe.model import (
    RECORD_KINDS,
    CharityResource,
    Community,
    Donor,
    Fund,
    Household,
    Institution,
    Need,
    NeedCategory,
    Organization,
    Person,
    Place,
    Project,
    ServiceRecord,
    SocialWorker,
    Station,
    TargetGroup,
    Volunteer,
    VolunteerTeam,
    make_table,
    table_of,
)
from wushe.network import RELATIONS, LinkageNetwork, build_network, build_network_from_records

MEAL = NeedCategory("meal", "送餐", "meals", "service", "time")
LONE = TargetGroup("lone_elder", "独居老人", "lone elder")
STREET, NORTH, SOUTH = "420106001", "420106001001", "420106001002"

RECORDS: tuple[Any, ...] = (
    Place(id=STREET, name="水果湖街道", level="street"),
    Place(id=NORTH, name="北社区", level="community"),
    Place(id=SOUTH, name="南社区", level="community"),
    Community(id="C1", name="北社区居委会", place=NORTH),
    Organization(id="O1", name="邻里社会工作服务中心", kind="social_organization", place=NORTH),
    Organization(id="O2", name="江城慈善总会", kind="charity_federation"),
    Station(
        id="S1", name="水果湖社工站", place=STREET, operator="O1", supervisor="W2", pairs=("O2",)
    ),
    SocialWorker(id="W1", name="张敏", station="S1", employer="O1", phone="13800000000"),
    SocialWorker(id="W2", name="周岚"),
    VolunteerTeam(id="T1", name="红马甲", place=NORTH, leader="W1", organization="O1"),
    Volunteer(id="V1", name="赵强", place=SOUTH, teams=("T1",), reach="street", person="P2"),
    Donor(id="D1", name="孙先生", kind="person"),
    Donor(id="D2", name="总会", kind="organization", organization="O2"),
    Fund(id="F1", name="帮困基金", host="O2", reach="nation"),
    CharityResource(
        id="R1",
        name="棉被",
        categories=("meal",),
        holder="O2",
        donor="D1",
        for_places=(NORTH,),
        for_clients=("H1", "I1"),
    ),
    Household(
        id="H1", name="李爷爷", place=NORTH, responsible_worker="W1", target_groups=("lone_elder",)
    ),
    Household(id="H2", name="钱奶奶", place=SOUTH),
    Household(id="H3"),
    Person(id="P1", household="H1", name="李爷爷"),
    Person(id="P2", household="H2", name="赵强"),
    Institution(id="I1", name="福利院", place=SOUTH, responsible_worker="W2"),
    Project(id="J1", name="暖冬", organization="O1", fund="F1"),
    Need(id="N1", category="meal", household="H1"),
    ServiceRecord(id="E1", provider="V1", household="H2"),
    ServiceRecord(id="E2", provider="V1", household="H2"),
    ServiceRecord(id="E3", provider="O1", institution="I1"),
)


def build(*records: Any) -> LinkageNetwork:
    """Return the network of `records` under the two registries of this file."""
    return build_network_from_records(
        records, {"meal": MEAL}, {"lone_elder": LONE}, (("own", "1"),)
    )


def pairs(network: LinkageNetwork, name: str, source: str, target: str) -> list[tuple[str, str]]:
    """Return a relation as pairs of ids."""
    relation = network.relation(name, source, target)
    return list(
        zip(
            network[source].ids[relation.source].tolist(),
            network[target].ids[relation.target].tolist(),
            strict=True,
        )
    )


# --- tables ------------------------------------------------------------------------------------


def test_every_record_kind_has_a_table() -> None:
    """Kinds that nobody gave are empty tables, so that no stage has to ask whether they exist."""
    network = build()
    assert list(network.tables) == list(RECORD_KINDS)
    assert {len(table) for table in network.tables.values()} == {0}
    assert network.table("needs") is network["needs"]
    with pytest.raises(KeyError):
        network.table("no such table")


def test_a_table_under_another_name_is_refused() -> None:
    """A table of persons given as households would be nonsense throughout."""
    with pytest.raises(KeyError, match="persons"):
        build_network({"households": table_of("persons", [Person(id="P1")])}, {}, {})


def test_what_is_no_record_is_refused() -> None:
    """The builder names the type that it cannot place."""
    with pytest.raises(TypeError, match="dict is no record kind"):
        build({"id": "H1"})


# --- relations ---------------------------------------------------------------------------------

EXPECTED = (
    ("part_of", "places", "places", [(NORTH, STREET), (SOUTH, STREET)]),  # found from the codes
    ("located_in", "households", "places", [("H1", NORTH), ("H2", SOUTH)]),  # H3: unknown
    ("located_in", "organizations", "places", [("O1", NORTH)]),
    ("serves", "stations", "places", [("S1", STREET)]),
    ("serves", "communities", "places", [("C1", NORTH)]),
    ("lives_in", "persons", "households", [("P1", "H1"), ("P2", "H2")]),
    ("employs", "organizations", "social_workers", [("O1", "W1")]),
    ("employs", "stations", "social_workers", [("S1", "W1")]),
    ("operates", "organizations", "stations", [("O1", "S1")]),
    ("supervises", "social_workers", "stations", [("W2", "S1")]),
    ("pairs_with", "organizations", "stations", [("O2", "S1")]),
    ("leads", "social_workers", "volunteer_teams", [("W1", "T1")]),
    ("organizes", "organizations", "volunteer_teams", [("O1", "T1")]),
    ("member_of", "volunteers", "volunteer_teams", [("V1", "T1")]),
    ("hosts", "organizations", "funds", [("O2", "F1")]),
    ("holds", "organizations", "resources", [("O2", "R1")]),
    ("donated_by", "resources", "donors", [("R1", "D1")]),
    ("restricted_to", "resources", "places", [("R1", NORTH)]),
    ("restricted_to", "resources", "households", [("R1", "H1")]),  # one field, two tables
    ("restricted_to", "resources", "institutions", [("R1", "I1")]),
    ("funds", "funds", "projects", [("F1", "J1")]),
    ("carries_out", "organizations", "projects", [("O1", "J1")]),
    ("same_as", "donors", "organizations", [("D2", "O2")]),
    ("same_as", "volunteers", "persons", [("V1", "P2")]),
    ("responsible_for", "social_workers", "households", [("W1", "H1")]),
    ("responsible_for", "social_workers", "institutions", [("W2", "I1")]),
    ("helped_before", "volunteers", "households", [("V1", "H2")]),  # twice, one pair
    ("helped_before", "organizations", "institutions", [("O1", "I1")]),
    ("helped_before", "organizations", "households", []),
)


@pytest.mark.parametrize(("name", "source", "target", "expected"), EXPECTED)
def test_relations(name: str, source: str, target: str, expected: list[tuple[str, str]]) -> None:
    """Each relation reads "source ... target" and holds each pair once."""
    assert pairs(build(*RECORDS), name, source, target) == expected


def test_relations_are_arrays_with_words() -> None:
    """Rows are int32 and read-only, each relation has a name in both languages."""
    network = build(*RECORDS)
    for relation in network.relations:
        assert relation.source.dtype == relation.target.dtype == np.int32
        assert not relation.source.flags.writeable
        assert RELATIONS[relation.name].zh
    assert {relation.name for relation in network.relations} == set(RELATIONS)


def test_an_unknown_relation_is_a_key_error() -> None:
    """A misspelt relation is not an empty one."""
    with pytest.raises(KeyError, match="no relation stations adores places"):
        build().relation("adores", "stations", "places")


def test_the_order_of_rows_makes_no_difference() -> None:
    """The same records in another order are the same network."""
    shuffled = list(RECORDS)
    random.Random(5).shuffle(shuffled)
    one, other = build(*RECORDS), build(*shuffled)
    for a, b in zip(one.relations, other.relations, strict=True):
        assert (a.name, a.source_kind, a.target_kind) == (b.name, b.source_kind, b.target_kind)
        assert a.source.tolist() == b.source.tolist()
        assert a.target.tolist() == b.target.tolist()
    assert one.places.parent.tolist() == other.places.parent.tolist()
    assert one.summary() == other.summary()
    assert one.plot().svg == other.plot().svg


# --- references --------------------------------------------------------------------------------


def test_all_dangling_references_are_reported_together() -> None:
    """Single ids, tags, and fields that may name several tables; each says where and what next."""
    with pytest.raises(InputError) as caught:
        build(
            Household(id="H1", place="nowhere", responsible_worker="W9"),
            Volunteer(id="V1", name="赵强", place="nowhere", teams=("T1", "T2")),
            VolunteerTeam(id="T1", name="t"),
            ServiceRecord(id="E1", provider="X1", household="H1"),
        )
    found = [(p.code, p.file, p.field, p.value) for p in caught.value.problems]
    assert sorted(found) == [
        ("unknown-reference", "Household(H1)", "place", "nowhere"),
        ("unknown-reference", "Household(H1)", "responsible_worker", "W9"),
        ("unknown-reference", "ServiceRecord(E1)", "provider", "X1"),
        ("unknown-reference", "Volunteer(V1)", "place", "nowhere"),
        ("unknown-reference", "Volunteer(V1)", "teams", "T2"),
    ]
    assert "an id that exists in social_workers" in str(caught.value)
    assert "volunteer_teams" in caught.value.say("zh")


@pytest.mark.parametrize(
    "twins",
    [
        (Organization(id="X1", name="o", kind="firm"), Fund(id="X1", name="f", host="X1")),
        (Household(id="X1"), Person(id="X1")),
        (Household(id="X1"), Institution(id="X1", name="i")),
    ],
    ids=["two helpers", "household and person", "household and institution"],
)
def test_helpers_share_one_name_space_and_those_served_another(twins: tuple[Any, Any]) -> None:
    """A service by X1, or a fact about X1, must mean one of them."""
    with pytest.raises(InputError) as caught:
        build(*twins)
    assert [p.code for p in caught.value.problems] == ["shared-id"]
    build(Household(id="X1"), Organization(id="X1", name="o", kind="firm"))


def test_an_id_used_twice_is_reported() -> None:
    """Two households with one id would be one row too many."""
    with pytest.raises(InputError) as caught:
        build(Household(id="H1"), Household(id="H1"), Household(id="H2"))
    assert [(p.code, p.value) for p in caught.value.problems] == [("duplicate-id", "H1")]


def test_terms_must_be_registered() -> None:
    """Categories and target groups that no plugin brought are mistakes, reported with the rest."""
    with pytest.raises(InputError) as caught:
        build(
            Household(id="H1", target_groups=("elf", "lone_elder")),
            Need(id="N1", category="magic", household="H7"),
        )
    found = {(p.code, p.field, p.value) for p in caught.value.problems}
    assert found == {
        ("unknown-target-group", "target_groups", "elf"),
        ("unknown-category", "category", "magic"),
        ("unknown-reference", "household", "H7"),
    }
    assert "meal" in str(caught.value)
    assert "没有这个需求类别" in caught.value.say("zh")


def test_rows_of_files_are_named_as_the_spreadsheet_counts() -> None:
    """A table that came from a file is reported with its file and row."""
    table = make_table("households", {"id": ["H1"], "place": ["nowhere"]})
    read = type(table)(table.kind, table.columns, np.array([12]), "households.csv")
    with pytest.raises(InputError) as caught:
        build_network({"households": read}, {}, {})
    assert str(caught.value).startswith("households.csv row 12, place: no record has this id")


# --- out of it ---------------------------------------------------------------------------------


def test_a_network_pickles() -> None:
    """Workers get the same network, as read-only as before."""
    network = build(*RECORDS)
    copy = pickle.loads(pickle.dumps(network))
    assert copy.summary() == network.summary()
    assert copy.versions == (("own", "1"),)
    assert copy.categories == {"meal": MEAL}
    assert [len(r) for r in copy.relations] == [len(r) for r in network.relations]
    with pytest.raises(ValueError, match="read-only"):
        copy.relations[0].source[:] = 0


def test_networkx_is_masked_unless_asked() -> None:
    """Names of people keep their first character; organizations keep their names."""
    network = build(*RECORDS)
    graph = network.to_networkx()
    assert graph.nodes["households", "H1"] == {"kind": "households", "label": "李**"}
    assert graph.nodes["donors", "D1"]["label"] == "孙**"
    assert graph.nodes["organizations", "O1"]["label"] == "邻里社会工作服务中心"
    assert graph.nodes["households", "H3"]["label"] == ""
    assert network.to_networkx(audience="internal").nodes["households", "H1"]["label"] == "李爷爷"
    with pytest.raises(ValueError, match="audience"):
        network.to_networkx(audience="everyone")


def test_networkx_has_every_relation() -> None:
    """One edge for each related pair, named; two relations of one pair are two edges."""
    network = build(*RECORDS)
    graph = network.to_networkx()
    assert graph.number_of_edges() == sum(len(relation) for relation in network.relations)
    between = graph.get_edge_data(("stations", "S1"), ("places", STREET))
    assert sorted(edge["relation"] for edge in between.values()) == ["located_in", "serves"]
    assert graph.number_of_nodes() == sum(
        len(network[kind]) for kind in {kind for kind, _ in graph.nodes}
    )


def test_networkx_and_the_picture_are_loaded_on_request() -> None:
    """Building a network imports no graph library and no solver."""
    code = (
        "import sys; from wushe.network import build_network; build_network({}, {}, {}); "
        "print(*sorted({'networkx', 'jinja2', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_summary_tells_counts_and_gaps() -> None:
    """A reader sees who is there, who reaches all five parties, and which party is missing."""
    text = build(*RECORDS).summary()
    assert "家庭 3 户、人员 2 人、机构 1 家" in text
    assert "社会组织 2" in text
    # H1 and H2 are served by the station. H3 has no place: the nationwide fund, its host and
    # what that holds, pairs with and pays for are all that three hops bring.
    assert "3 步之内能找到全部五方的家庭：2 / 3（67%）" in text
    assert "找不到社区的家庭：1 户" in text
    assert "找不到社会组织" not in text
    english = build(*RECORDS).summary("en")
    assert "Households that reach all five parties within 3 hops: 2 of 3 (67%)" in english
    assert "Linked with no other party" not in english
    more = build(
        *RECORDS, SocialWorker(id="W9", name="x"), Community(id="C9", name="x", place=SOUTH)
    )
    assert more.summary().endswith("与其他各方没有任何联系：社会工作者 1")
    assert more.summary("en").endswith("Linked with no other party: 1 of social worker")


def test_the_summary_of_nothing() -> None:
    """An empty city has a summary, and no shares of nothing."""
    assert "家庭 0 户" in build().summary()
    assert "%" not in build().summary()


def test_the_picture_shows_places_and_parties_and_no_private_name() -> None:
    """Groups are labelled by places, kinds and stations; nobody's own name appears."""
    picture = build(*RECORDS).plot()
    for word in ("水果湖街道", "未写明街道乡镇", "慈善总会", "水果湖社工站", "送餐", "慈善基金"):
        assert word in picture.svg
    for name in ("李爷爷", "张敏", "赵强", "孙先生"):
        assert name not in picture.svg
    # Both households of the street are the station's, though it posts only W1, who knows H1.
    assert "水果湖社工站 — 水果湖街道：2" in picture.svg
    assert "no street or town given" in build(*RECORDS).plot(lang="en").svg
    assert build().plot().svg


def test_names_in_the_picture_are_inert() -> None:
    """A place called like a script stays text."""
    network = build(
        Place(id=STREET, name="<script>alert(1)</script>", level="street"),
        Household(id="H1", place=STREET),
    )
    assert "<script" not in network.plot().svg

"""The network for people and for other tools: a few lines, a picture, a networkx graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.parties import LEVELS, ORGANIZATION_KINDS
from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import Array
from wushe.network.hops import PARTY_KINDS, SOCIAL_ORGANIZATIONS, Hops, Party, hops_of, place_of
from wushe.network.places import Rows
from wushe.network.reach import PARTIES, five_party_reach
from wushe.privacy import check_audience, mask
from wushe.render.canvas import number, percent
from wushe.render.flows import LinkEdge, LinkNode, linkage
from wushe.text import Text, check_lang

if TYPE_CHECKING:
    import networkx as nx

    from wushe.network.linkage import LinkageNetwork
    from wushe.render.picture import Picture

PARTY_NAMES: dict[Party, Text] = {
    "community": Text(zh="社区", en="community"),
    "organization": Text(zh="社会组织", en="social organization"),
    "worker": Text(zh="社会工作者", en="social worker"),
    "volunteer": Text(zh="社区志愿者", en="volunteer"),
    "resource": Text(zh="社会慈善资源", en="charity resource"),
}
_GRAPH_KINDS = (
    *("places", "communities", "organizations", "stations", "social_workers", "volunteer_teams"),
    *("volunteers", "donors", "funds", "resources", "households", "persons", "institutions"),
    *("projects", "activities"),
)
_HEAD = Text(zh="五社联动网络", en="Five-party linkage network")
_SERVED = Text(
    zh="服务对象：家庭 {households} 户、人员 {persons} 人、机构 {institutions} 家",
    en="Served: {households} households, {persons} persons, {institutions} institutions",
)
_FIVE = Text(
    zh="五方：社区 {communities}、社会组织 {organizations}、社工 {social_workers}（社工站 {stations}）、"
    "志愿者 {volunteers}（服务队 {volunteer_teams}）、慈善资源 {resources}（基金 {funds}）",
    en="Parties: {communities} communities, {organizations} social organizations, {social_workers} "
    "social workers ({stations} stations), {volunteers} volunteers ({volunteer_teams} teams), "
    "{resources} charity resources ({funds} funds)",
)
_ASKED = Text(
    zh="需求 {needs} 条，另行登记的供给 {offers} 条，以往服务 {services} 次",
    en="{needs} needs, {offers} offers listed apart, {services} past services",
)
_REACH = Text(
    zh="{k} 步之内能找到全部五方的家庭：{found} / {all}（{share}）",
    en="Households that reach all five parties within {k} hops: {found} of {all} ({share})",
)
_LACK = Text(zh="找不到{party}的家庭：{n} 户", en="Households that reach no {party}: {n}")
_ALONE = Text(zh="与其他各方没有任何联系：{parties}", en="Linked with no other party: {parties}")
_ALONE_ONE = Text(zh="{party} {n}", en="{n} of {party}")
_HOPS = 3

_TITLE = Text(zh="五社联动图", en="The five parties and those they serve")
_NO_LEVEL = Text(zh="未写明{level}", en="no {level} given")
_LEVEL_WORDS = {
    "province": "province",
    "city": "city",
    "county": "district or county",
    "street": "street or town",
    "community": "community or village",
    "grid": "grid",
}
_ORGANIZATION_WORDS = {
    "social_organization": "Social organizations",
    "foundation": "Foundations",
    "charity_federation": "Charity federations",
    "mutual_aid_society": "Mutual-aid societies",
}
_NO_STATION = Text(zh="不驻站社工", en="not at a station")
_NO_CATEGORY = Text(zh="未注明类别", en="no category given")
_FUNDS = Text(zh="慈善基金", en="Charity funds")


def summary_text(network: LinkageNetwork, lang: str) -> str:
    """Return what `LinkageNetwork.summary` promises."""
    check_lang(lang)
    counts = {name: len(table) for name, table in network.tables.items()}
    counts["organizations"] = int(_is_social(network).sum())
    shown = {name: number(count) for name, count in counts.items()}
    lines = [_HEAD.say(lang), *(line.say(lang, **shown) for line in (_SERVED, _FIVE, _ASKED))]
    if counts["households"]:
        lines.extend(_reach_lines(network, lang))
    alone = [
        _ALONE_ONE.say(lang, party=PARTY_NAMES[degree.party], n=number(degree.alone))
        for degree in network.party_degrees()
        if degree.alone
    ]
    if alone:
        lines.append(_ALONE.say(lang, parties=("、" if lang == "zh" else ", ").join(alone)))
    return "\n".join(lines)


def _reach_lines(network: LinkageNetwork, lang: str) -> Iterator[str]:
    reach = five_party_reach(network, _HOPS)
    found, everyone = int(reach.all_five.sum()), len(reach.reached)
    shown = {"found": number(found), "all": number(everyone), "share": percent(found, everyone)}
    yield _REACH.say(lang, k=_HOPS, **shown)
    for party, reached in reach.by_party.items():
        if reached < everyone:
            yield _LACK.say(lang, party=PARTY_NAMES[party], n=number(everyone - reached))


def _is_social(network: LinkageNetwork) -> npt.NDArray[np.bool_]:
    return np.isin(network["organizations"]["kind"].astype(str), SOCIAL_ORGANIZATIONS)


# --- networkx ----------------------------------------------------------------------------------


def to_networkx(network: LinkageNetwork, audience: str) -> nx.MultiDiGraph[tuple[str, str]]:
    """Return what `LinkageNetwork.to_networkx` promises. Raises ValueError for the audience."""
    import networkx as nx

    plain = check_audience(audience) == "internal"
    graph: nx.MultiDiGraph[tuple[str, str]] = nx.MultiDiGraph()
    for kind in _GRAPH_KINDS:
        table = network[kind]
        sensitivity = RECORD_KINDS[kind].field("name").sensitive
        for key, name in zip(table.ids, table["name"], strict=True):
            label = (name or "") if plain else mask(name, sensitivity)
            graph.add_node((kind, key), kind=kind, label=label)
    for relation in network.relations:
        sources = network[relation.source_kind].ids[relation.source]
        targets = network[relation.target_kind].ids[relation.target]
        graph.add_edges_from(
            ((relation.source_kind, a), (relation.target_kind, b), {"relation": relation.name})
            for a, b in zip(sources, targets, strict=True)
        )
    return graph


# --- the picture -------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class _Group:
    """Members of one party that the picture shows as one: `nodes` of the linkage graph.

    `through`: further nodes whose households are theirs as well, as a station's are its workers'.
    """

    key: str
    label: Text
    party: Party
    nodes: Rows
    through: tuple[int, ...] = ()


def plot(network: LinkageNetwork, lang: str, level: str) -> Picture:
    """Return what `LinkageNetwork.plot` promises. Raises KeyError for an unknown level.

    A ribbon to households is as wide as the households are many that are one hop from a member of
    the group; a ribbon between two groups counts the relations on record.
    """
    check_lang(lang)
    hops = hops_of(network)
    groups = list(_groups(network, hops, level))
    homes, home_names = _by_place(network, hops.home, level)
    nodes = [LinkNode(g.key, g.label, g.party, len(g.nodes)) for g in groups]
    sizes = np.bincount(homes, minlength=len(home_names))
    nodes.extend(
        LinkNode(f"home {i}", name, "household", int(sizes[i])) for i, name in enumerate(home_names)
    )
    edges = [*_to_homes(hops, groups, homes, len(home_names)), *_between(hops, groups)]
    return linkage(nodes, edges, title=_TITLE, lang=lang)


def _groups(network: LinkageNetwork, hops: Hops, level: str) -> Iterator[_Group]:
    for kind, party in (("communities", "community"), ("volunteers", "volunteer")):
        yield from _place_groups(network, hops, kind, party, level)  # type: ignore[arg-type]
    kinds = network["organizations"]["kind"]
    for kind in SOCIAL_ORGANIZATIONS:
        label = Text(zh=ORGANIZATION_KINDS[kind], en=_ORGANIZATION_WORDS[kind])
        rows = np.flatnonzero(kinds == kind)
        yield from _group(hops, "organizations", kind, label, "organization", rows)
    names, at = network["stations"]["name"], _station_of(network)
    for row in _none_last(np.unique(at)):
        label = Text(str(names[row]), str(names[row])) if row >= 0 else _NO_STATION
        rows = np.flatnonzero(at == row)
        for group in _group(hops, "social_workers", str(row), label, "worker", rows):
            station = (int(row) + hops.start["stations"],) if row >= 0 else ()
            yield attrs.evolve(group, through=station)
    yield from _resource_groups(network, hops)


def _group(
    hops: Hops, kind: str, key: str, label: Text, party: Party, rows: npt.NDArray[np.intp]
) -> Iterator[_Group]:
    if len(rows):
        yield _Group(f"{kind} {key}", label, party, (rows + hops.start[kind]).astype(np.int32))


def _place_groups(
    network: LinkageNetwork, hops: Hops, kind: str, party: Party, level: str
) -> Iterator[_Group]:
    group, names = _by_place(network, place_of(network, kind), level)
    for i, name in enumerate(names):
        yield from _group(hops, kind, str(i), name, party, np.flatnonzero(group == i))


def _resource_groups(network: LinkageNetwork, hops: Hops) -> Iterator[_Group]:
    """Group resources by the first category they can meet; funds are one group."""
    first = np.array(
        [tags[0] if tags else "" for tags in network["resources"]["categories"]], dtype=object
    )
    for category in sorted(set(first)):
        found = network.categories.get(category)
        label = Text(found.zh, found.en) if found else Text(category, category)
        label = label if category else _NO_CATEGORY
        rows = np.flatnonzero(first == category)
        yield from _group(hops, "resources", category, label, "resource", rows)
    yield from _group(hops, "funds", "all", _FUNDS, "resource", np.arange(len(network["funds"])))


def _station_of(network: LinkageNetwork) -> Rows:
    at = np.full(len(network["social_workers"]), -1, dtype=np.int32)
    posts = network.relation("employs", "stations", "social_workers")
    at[posts.target] = posts.source
    return at


def _by_place(network: LinkageNetwork, place: Rows, level: str) -> tuple[Array, list[Text]]:
    """Return the group number of each row of `place`, and the name of each group."""
    at = network.places.at_level(place, level)
    order = _none_last(np.unique(at))
    group = np.zeros(len(at), dtype=np.int64)
    for i, row in enumerate(order):
        group[at == row] = i
    names = network["places"]["name"]
    unknown = Text(
        _NO_LEVEL.say("zh", level=LEVELS[level]), _NO_LEVEL.say("en", level=_LEVEL_WORDS[level])
    )
    said = [str(names[row]) if row >= 0 else "" for row in order]
    return group, [Text(name, name) if name else unknown for name in said]


def _none_last(rows: Array) -> Array:
    """Return sorted `rows` with -1, where it is among them, moved to the end."""
    return np.concatenate((rows[rows >= 0], rows[rows < 0]))


def _to_homes(hops: Hops, groups: list[_Group], homes: Array, n_homes: int) -> Iterator[LinkEdge]:
    for group in groups:
        start = np.zeros((hops.n_nodes, 1), dtype=bool)
        start[[*group.nodes, *group.through]] = True
        linked = hops.of_households(start)[:, 0]
        weights = np.bincount(homes[linked], minlength=n_homes)
        for i in np.flatnonzero(weights):
            yield LinkEdge(group.key, f"home {i}", float(weights[i]))


def _between(hops: Hops, groups: list[_Group]) -> Iterator[LinkEdge]:
    owner = np.full(hops.n_nodes, -1, dtype=np.int64)
    for number_, group in enumerate(groups):
        owner[group.nodes] = number_
    links = hops.links.tocoo()
    a, b = owner[links.row], owner[links.col]
    pairs = (a >= 0) & (a < b)
    both, counts = np.unique(a[pairs] * len(groups) + b[pairs], return_counts=True)
    for pair, count in zip(both.tolist(), counts.tolist(), strict=True):
        first, second = divmod(pair, len(groups))
        yield LinkEdge(groups[first].key, groups[second].key, float(count))


assert tuple(PARTY_NAMES) == PARTIES == tuple(PARTY_KINDS)

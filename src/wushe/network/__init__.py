"""The five-party graph as typed relation arrays, its place tree, and the measures asked first."""

from wushe.network.bridges import Bridges as Bridges
from wushe.network.counting import count_by_place as count_by_place
from wushe.network.hops import PartyDegree as PartyDegree
from wushe.network.linkage import LinkageNetwork as LinkageNetwork
from wushe.network.linkage import build_network as build_network
from wushe.network.linkage import build_network_from_records as build_network_from_records
from wushe.network.places import PlaceTree as PlaceTree
from wushe.network.reach import PARTIES as PARTIES
from wushe.network.reach import FiveParty as FiveParty
from wushe.network.reach import PlaceShares as PlaceShares
from wushe.network.reach import StationLoss as StationLoss
from wushe.network.relations import RELATIONS as RELATIONS
from wushe.network.relations import Relation as Relation

"""The five-party graph as typed relation arrays, its place tree, and the measures asked first."""

from wushe.network.linkage import LinkageNetwork as LinkageNetwork
from wushe.network.linkage import build_network as build_network
from wushe.network.linkage import build_network_from_records as build_network_from_records
from wushe.network.places import PlaceTree as PlaceTree
from wushe.network.relations import RELATIONS as RELATIONS
from wushe.network.relations import Relation as Relation

"""In-kind goods by warehouse: lots that come in, are inspected, set aside, given out, counted and recalled."""

from wushe.journal import Domain as _Domain
from wushe.ledger.goods.arrivals import Arrival as Arrival
from wushe.ledger.goods.arrivals import inspect as inspect
from wushe.ledger.goods.arrivals import open_warehouse as open_warehouse
from wushe.ledger.goods.arrivals import receive as receive
from wushe.ledger.goods.arrivals import value as value
from wushe.ledger.goods.check import check_goods as check_goods
from wushe.ledger.goods.events import EVENTS as _EVENTS
from wushe.ledger.goods.keeping import count as count
from wushe.ledger.goods.keeping import expiring as expiring
from wushe.ledger.goods.keeping import recall as recall
from wushe.ledger.goods.keeping import transfer as transfer
from wushe.ledger.goods.keeping import who_got as who_got
from wushe.ledger.goods.keeping import write_off as write_off
from wushe.ledger.goods.outgoing import bring_back as bring_back
from wushe.ledger.goods.outgoing import issue as issue
from wushe.ledger.goods.outgoing import release as release
from wushe.ledger.goods.outgoing import reserve as reserve
from wushe.ledger.goods.outgoing import sign as sign
from wushe.ledger.goods.reactions import REACTIONS as _REACTIONS
from wushe.ledger.goods.records import RECORDS as _RECORDS
from wushe.ledger.goods.records import Issue as Issue
from wushe.ledger.goods.records import Lot as Lot
from wushe.ledger.goods.records import Reservation as Reservation
from wushe.ledger.goods.records import Warehouse as Warehouse
from wushe.ledger.goods.resources import receive_resources as receive_resources
from wushe.ledger.goods.views import movements as movements
from wushe.ledger.goods.views import stock as stock

DOMAIN = _Domain.of(_EVENTS, _RECORDS, _REACTIONS)

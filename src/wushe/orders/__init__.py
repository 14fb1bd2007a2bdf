"""点单-派单-接单: from a need, a wish or a plan to help that is given and confirmed."""

from wushe.journal import Domain as _Domain
from wushe.orders.answers import accept as accept
from wushe.orders.answers import decline as decline
from wushe.orders.answers import time_out as time_out
from wushe.orders.dispatching import dispatch as dispatch
from wushe.orders.dispatching import escalate as escalate
from wushe.orders.dispatching import redispatch as redispatch
from wushe.orders.enrol import areas_of as areas_of
from wushe.orders.enrol import enroll as enroll
from wushe.orders.enrol import helpers_of as helpers_of
from wushe.orders.events import EVENTS as _EVENTS
from wushe.orders.history import history as history
from wushe.orders.needs import place_need as place_need
from wushe.orders.needs import place_wishes as place_wishes
from wushe.orders.needs import withheld_wishes as withheld_wishes
from wushe.orders.placing import place as place
from wushe.orders.planned import dispatch_plan as dispatch_plan
from wushe.orders.planned import place_plan as place_plan
from wushe.orders.projects import DOMAIN as _PROJECTS
from wushe.orders.records import RECORDS as _RECORDS
from wushe.orders.records import Call as Call
from wushe.orders.records import Candidate as Candidate
from wushe.orders.records import Helper as Helper
from wushe.orders.records import Order as Order
from wushe.orders.records import Slot as Slot
from wushe.orders.slip import Slip as Slip
from wushe.orders.slip import notice as notice
from wushe.orders.slip import slip as slip
from wushe.orders.volunteers import DOMAIN as _VOLUNTEERS
from wushe.orders.wall import OpenWish as OpenWish
from wushe.orders.wall import claim as claim
from wushe.orders.wall import wish_wall as wish_wall
from wushe.orders.working import back_out as back_out
from wushe.orders.working import cancel as cancel
from wushe.orders.working import complete as complete
from wushe.orders.working import confirm as confirm
from wushe.orders.working import fail as fail
from wushe.orders.working import reopen as reopen
from wushe.orders.working import report_part as report_part
from wushe.orders.working import start as start

_WORKFLOW = _Domain.of(_EVENTS, _RECORDS)
DOMAIN = _WORKFLOW + _VOLUNTEERS + _PROJECTS
"""Everything that happens to orders, volunteers' accounts and projects, for a store."""

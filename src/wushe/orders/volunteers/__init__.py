"""Volunteers' account: hours from confirmed orders, points by a city's rule, proofs, and what to look after."""

from wushe.journal import Domain as _Domain
from wushe.orders.volunteers import certificates, hours, points, profile
from wushe.orders.volunteers.certificates import CertificateCheck as CertificateCheck
from wushe.orders.volunteers.certificates import check_certificate as check_certificate
from wushe.orders.volunteers.certificates import issue_certificate as issue_certificate
from wushe.orders.volunteers.hours import correct_service as correct_service
from wushe.orders.volunteers.hours import open_services as open_services
from wushe.orders.volunteers.hours import record_activity_service as record_activity_service
from wushe.orders.volunteers.hours import record_order_service as record_order_service
from wushe.orders.volunteers.hours import services_of as services_of
from wushe.orders.volunteers.paper import certificate_page as certificate_page
from wushe.orders.volunteers.paper import certificate_text as certificate_text
from wushe.orders.volunteers.points import Balance as Balance
from wushe.orders.volunteers.points import draw_minutes as draw_minutes
from wushe.orders.volunteers.points import lapse_points as lapse_points
from wushe.orders.volunteers.points import points_balance as points_balance
from wushe.orders.volunteers.points import redeem_points as redeem_points
from wushe.orders.volunteers.points import return_redemption as return_redemption
from wushe.orders.volunteers.profile import Profile as Profile
from wushe.orders.volunteers.profile import evaluate_service as evaluate_service
from wushe.orders.volunteers.profile import profile_of as profile_of
from wushe.orders.volunteers.profile import record_honour as record_honour
from wushe.orders.volunteers.profile import record_training as record_training
from wushe.orders.volunteers.records import RECORDS as _RECORDS
from wushe.orders.volunteers.records import Certificate as Certificate
from wushe.orders.volunteers.records import Points as Points
from wushe.orders.volunteers.records import Service as Service
from wushe.orders.volunteers.watch import Flag as Flag
from wushe.orders.volunteers.watch import RequestCount as RequestCount
from wushe.orders.volunteers.watch import VolunteerTotals as VolunteerTotals
from wushe.orders.volunteers.watch import WeekLoad as WeekLoad
from wushe.orders.volunteers.watch import insurance_due as insurance_due
from wushe.orders.volunteers.watch import request_counts as request_counts
from wushe.orders.volunteers.watch import request_rows as request_rows
from wushe.orders.volunteers.watch import volunteer_flags as volunteer_flags
from wushe.orders.volunteers.watch import volunteer_totals as volunteer_totals
from wushe.orders.volunteers.watch import week_load as week_load

DOMAIN = _Domain.of(
    (*hours.EVENTS, *points.EVENTS, *profile.EVENTS, *certificates.EVENTS),
    _RECORDS,
    (*hours.REACTIONS, *points.REACTIONS),
)

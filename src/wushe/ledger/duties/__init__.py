"""Duties of the Charity Law: what the money records do not say, checks with their article, guards."""

from wushe.journal import Domain as _Domain
from wushe.ledger.duties.check import check_duties as check_duties
from wushe.ledger.duties.commands import agree_ratio as agree_ratio
from wushe.ledger.duties.commands import ask_interests as ask_interests
from wushe.ledger.duties.commands import declare_interest as declare_interest
from wushe.ledger.duties.commands import describe_host as describe_host
from wushe.ledger.duties.commands import describe_project as describe_project
from wushe.ledger.duties.commands import end_interest as end_interest
from wushe.ledger.duties.commands import end_project as end_project
from wushe.ledger.duties.commands import end_response as end_response
from wushe.ledger.duties.commands import explain_ratio as explain_ratio
from wushe.ledger.duties.commands import file_campaign as file_campaign
from wushe.ledger.duties.commands import give_receipt as give_receipt
from wushe.ledger.duties.commands import plan_campaign as plan_campaign
from wushe.ledger.duties.commands import publish_statement as publish_statement
from wushe.ledger.duties.commands import record_feedback as record_feedback
from wushe.ledger.duties.commands import state_year as state_year
from wushe.ledger.duties.commands import tell_event as tell_event
from wushe.ledger.duties.commands import waive_receipt as waive_receipt
from wushe.ledger.duties.events import EVENTS as _EVENTS
from wushe.ledger.duties.guard import REACTIONS as _REACTIONS
from wushe.ledger.duties.guard import interested as interested
from wushe.ledger.duties.guard import interested_in_goods as interested_in_goods
from wushe.ledger.duties.guard import refuse_interested as refuse_interested
from wushe.ledger.duties.law import DUTIES as DUTIES
from wushe.ledger.duties.law import Duty as Duty
from wushe.ledger.duties.lines import DutyLine as DutyLine
from wushe.ledger.duties.lines import DutyReport as DutyReport
from wushe.ledger.duties.records import RECORDS as _RECORDS

DOMAIN = _Domain.of(_EVENTS, _RECORDS, _REACTIONS)
"""Its events and records, and the refusal of commitments for interested parties."""

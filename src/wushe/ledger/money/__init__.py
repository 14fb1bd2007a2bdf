"""Funds in double entry: gifts and their earmarks, commitments, payments, matching, refunds."""

from wushe.journal import Domain as _Domain
from wushe.ledger.money.accounts import account_part as account_part
from wushe.ledger.money.checking import check_ledger as check_ledger
from wushe.ledger.money.events import EVENTS as _EVENTS
from wushe.ledger.money.funds import close_fund as close_fund
from wushe.ledger.money.funds import co_finance as co_finance
from wushe.ledger.money.funds import open_fund as open_fund
from wushe.ledger.money.funds import start_up as start_up
from wushe.ledger.money.moving import change_use as change_use
from wushe.ledger.money.moving import move_surplus as move_surplus
from wushe.ledger.money.moving import refund as refund
from wushe.ledger.money.moving import transfer as transfer
from wushe.ledger.money.pledges import make_pledge as make_pledge
from wushe.ledger.money.pledges import overdue_pledges as overdue_pledges
from wushe.ledger.money.pledges import release_pledge as release_pledge
from wushe.ledger.money.pools import close_pool as close_pool
from wushe.ledger.money.pools import open_pool as open_pool
from wushe.ledger.money.reactions import REACTIONS as _REACTIONS
from wushe.ledger.money.reading import balances as balances
from wushe.ledger.money.reading import entries as entries
from wushe.ledger.money.reading import trace as trace
from wushe.ledger.money.reading import trial_balance as trial_balance
from wushe.ledger.money.reading import uses as uses
from wushe.ledger.money.receiving import feed_back as feed_back
from wushe.ledger.money.receiving import receive as receive
from wushe.ledger.money.records import RECORDS as _RECORDS
from wushe.ledger.money.records import Commitment as Commitment
from wushe.ledger.money.records import Earmark as Earmark
from wushe.ledger.money.records import Fund as Fund
from wushe.ledger.money.records import Gift as Gift
from wushe.ledger.money.records import Payment as Payment
from wushe.ledger.money.records import Pledge as Pledge
from wushe.ledger.money.records import Pool as Pool
from wushe.ledger.money.spending import commit as commit
from wushe.ledger.money.spending import pay as pay
from wushe.ledger.money.spending import release as release
from wushe.ledger.money.spending import spend as spend
from wushe.ledger.money.spending import take_back as take_back
from wushe.ledger.money.statements import statement_data as statement_data

DOMAIN = _Domain.of(_EVENTS, _RECORDS, _REACTIONS)

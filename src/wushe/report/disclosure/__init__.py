"""Public statements of funds and goods: every fen told, nobody told of."""

from wushe.report.disclosure.audit import Recoverable as Recoverable
from wushe.report.disclosure.audit import audit_table as audit_table
from wushe.report.disclosure.audit import audit_tables as audit_tables
from wushe.report.disclosure.beancount import to_beancount as to_beancount
from wushe.report.disclosure.beancount import write_beancount as write_beancount
from wushe.report.disclosure.gifts import DonorTrace as DonorTrace
from wushe.report.disclosure.gifts import GiftRow as GiftRow
from wushe.report.disclosure.gifts import TraceRow as TraceRow
from wushe.report.disclosure.gifts import donor_trace as donor_trace
from wushe.report.disclosure.goods import GoodsRow as GoodsRow
from wushe.report.disclosure.statement import FundStatement as FundStatement
from wushe.report.disclosure.statement import Line as Line
from wushe.report.disclosure.statement import ProjectLine as ProjectLine
from wushe.report.disclosure.statement import Statement as Statement
from wushe.report.disclosure.statement import statement as statement
from wushe.report.disclosure.tables import Cell as Cell
from wushe.report.disclosure.tables import Help as Help
from wushe.report.disclosure.tables import Table as Table
from wushe.report.disclosure.tables import count as count
from wushe.report.disclosure.withhold import withhold as withhold

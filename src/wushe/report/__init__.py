"""What a worker holds on day one: printed plans, task lists, the month's figures, workbooks."""

from wushe.report.books import plan_workbook as plan_workbook
from wushe.report.month import Cell as Cell
from wushe.report.month import Figure as Figure
from wushe.report.month import MonthFigures as MonthFigures
from wushe.report.month import MonthRow as MonthRow
from wushe.report.month import month_figures as month_figures
from wushe.report.paper import Printable as Printable
from wushe.report.sheets import household_sheets as household_sheets
from wushe.report.tasks import DueVisit as DueVisit
from wushe.report.tasks import Task as Task
from wushe.report.tasks import TaskList as TaskList
from wushe.report.tasks import TaskLists as TaskLists
from wushe.report.tasks import task_lists as task_lists

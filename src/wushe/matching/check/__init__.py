"""The independent checker: it shares no code with the solvers or the filters."""

from wushe.matching.check.certificate import check_certificate as check_certificate
from wushe.matching.check.certificate import check_choice as check_choice
from wushe.matching.check.items import Allocation as Allocation
from wushe.matching.check.items import check as check
from wushe.matching.check.rules import RULES as RULES
from wushe.matching.check.rules import Rule as Rule
from wushe.matching.check.rules import Violation as Violation

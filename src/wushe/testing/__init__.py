"""For tests, benchmarks and trials: made-up cities of any size, and the conformance kit for plugins."""

from wushe.testing.cases import CaseOutcome as CaseOutcome
from wushe.testing.cases import CasesReport as CasesReport
from wushe.testing.cases import run_cases as run_cases
from wushe.testing.cities import made_up_city as made_up_city
from wushe.testing.conformance import Conformance as Conformance
from wushe.testing.conformance import check_plugin as check_plugin
from wushe.testing.scaffold import new_plugin as new_plugin

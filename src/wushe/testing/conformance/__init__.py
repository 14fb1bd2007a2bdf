"""The conformance kit: what every plugin must keep to, checked on made-up cities, told so that officials can read it."""

from wushe.testing.conformance.findings import Check as Check
from wushe.testing.conformance.findings import Conformance as Conformance
from wushe.testing.conformance.findings import Finding as Finding
from wushe.testing.conformance.run import check_plugin as check_plugin

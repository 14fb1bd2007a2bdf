"""For tests, benchmarks and trials: made-up cities of any size, and the conformance kit for plugins."""

from wushe.testing.cities import made_up_city as made_up_city

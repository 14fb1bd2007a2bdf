"""Matching under all-or-none teams, visits, windows and packs: where the polynomial world ends."""

from wushe.matching.combined.problem import Combined as Combined
from wushe.matching.combined.problem import CombinedSolution as CombinedSolution
from wushe.matching.combined.solve import solve as solve

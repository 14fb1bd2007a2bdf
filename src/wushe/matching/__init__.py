"""Needs x offers: filter, score, assign, check."""

from wushe.matching.result import Matching as Matching
from wushe.matching.result import match as match

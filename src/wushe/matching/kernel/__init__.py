"""The exact kernel: arrays in, arrays out. It knows nothing of needs, offers or anything else of wushe."""

from wushe.matching.kernel.compile import Notify as Notify
from wushe.matching.kernel.exact import SMALL as SMALL
from wushe.matching.kernel.exact import solve as solve
from wushe.matching.kernel.live import LiveMatching as LiveMatching
from wushe.matching.kernel.problem import Problem as Problem
from wushe.matching.kernel.problem import Solution as Solution
from wushe.matching.kernel.problem import Status as Status
from wushe.matching.kernel.warm import carry as carry

"""A matching kept at its optimum through changes, and what that tells: what would help, whom to ask next."""

from wushe.matching.live.advice import Advice as Advice
from wushe.matching.live.advice import advise as advise
from wushe.matching.live.city import LiveCity as LiveCity
from wushe.matching.live.city import NextBest as NextBest
from wushe.matching.live.city import go_live as go_live
from wushe.matching.live.relax import Relaxation as Relaxation
from wushe.matching.live.relax import relaxation as relaxation
from wushe.matching.live.runnerup import RunnerUp as RunnerUp
from wushe.matching.live.runnerup import runner_up as runner_up

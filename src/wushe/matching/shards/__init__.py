"""One large problem in pieces: counties apart, a shared pool coordinated by prices."""

from wushe.matching.shards.sharded import ShardedSolution as ShardedSolution
from wushe.matching.shards.sharded import solve_sharded as solve_sharded

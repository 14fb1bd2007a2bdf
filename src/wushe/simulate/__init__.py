"""The city through time: seeded needs, visits, answers and gifts, dispatched by the library itself.

    from wushe.simulate import Experiment, batch, first_come, small

    results = Experiment(small(), [first_come(), batch()], replications=5, seed=1).run()

The public names are those of ``__init__.pyi``; a module is imported when its first name is used.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)

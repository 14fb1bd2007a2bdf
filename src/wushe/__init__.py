"""wushe (五社): five-party linkage, so that a household in difficulty gets the help there is.

    rules = wushe.load_plugins("wuchang")
    city = wushe.read("wuchang/", plugins=rules)
    plan = wushe.make_plan(city, plugins=rules, on="2025-09-15")

The public API is the list of names in ``__init__.pyi``; a module is imported when its first name is used.
"""

import lazy_loader as _lazy

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)

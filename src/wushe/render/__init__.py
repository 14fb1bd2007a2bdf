"""Low-level pictures and pages: SVG charts, self-contained pages, safe spreadsheets.

The names are those of ``__init__.pyi``; a module is imported when its first name is used, so that
a page needs no numpy.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)

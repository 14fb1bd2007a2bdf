"""Double-entry money and goods, and the duties that come with them: nothing lost, nothing counted twice."""

from wushe.ledger.duties import DOMAIN as _DUTIES
from wushe.ledger.goods import DOMAIN as _GOODS
from wushe.ledger.money import DOMAIN as _MONEY

DOMAIN = _MONEY + _GOODS + _DUTIES

"""青石区的五社联动规则；规则写在 qingshi.py / the rules are in qingshi.py."""

"""Gifts with matching pools, goods that expire, and government relief."""

"""Dispatch policies, what hindsight would have reached, and the classics of online matching."""

"""Strict tiers, fairness between groups, stable pairing: arrays in, arrays out."""

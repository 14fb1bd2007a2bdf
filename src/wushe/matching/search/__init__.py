"""Candidate pairs without listing them all: spatial search, prices, and the proof that none is missing."""

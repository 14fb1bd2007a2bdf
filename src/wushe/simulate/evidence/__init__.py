"""Published figures held against the simulator: what was fitted to them, what is predicted, and how far it is off."""

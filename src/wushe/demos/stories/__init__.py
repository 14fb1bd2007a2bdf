"""What each city's demo tells, one module a city: users' code, written against the public API."""

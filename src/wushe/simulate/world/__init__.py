"""Who lives there and who helps: scenarios, and a population drawn as the census counted it."""

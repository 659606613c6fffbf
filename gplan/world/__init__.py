"""A generated world: people, trips, requests, and the expert that plans for them."""

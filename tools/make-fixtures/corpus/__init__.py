"""Makes the fixtures; one module per concern."""

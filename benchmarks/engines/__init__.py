"""What is measured with each engine; each module is imported in its engine's environment only."""

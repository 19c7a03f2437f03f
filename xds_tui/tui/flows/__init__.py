"""Interactions of several steps, separate from the screens that start them."""

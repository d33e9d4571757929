"""Generates what repeats in the bindings."""

"""The shop's rules. They take a Session, never commit, and never import reflex."""

"""CloudScale Commerce: an online store that watches, scales and heals itself."""

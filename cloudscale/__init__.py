"""CloudScale Commerce: an online store that watches itself."""

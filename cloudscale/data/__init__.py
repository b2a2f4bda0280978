"""The demo catalogue and other data that ships with the package."""

"""Parts of the live dashboard."""

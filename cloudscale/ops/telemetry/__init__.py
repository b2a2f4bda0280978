"""Measuring: histograms, what was served, samples and their history, the hub that shows them."""

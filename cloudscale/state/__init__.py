"""Thin Reflex states, one a page: they copy inputs, call one service, show the result."""

"""Reusable parts of pages. They show; they hold no rule."""

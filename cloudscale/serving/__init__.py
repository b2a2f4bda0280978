"""From a bare clone to a served store, and stopping everything that was started.

settings --> port reserved --> database --> schema, demo data --> web server --> /health answers
"""

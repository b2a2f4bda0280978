"""The load lab: bounded virtual shoppers against this very server, so that anyone can see it work.

Plan (pure) --Errand--> Crew (an adapter, a process of its own) --Figures--> LoadLab --> load_run
"""

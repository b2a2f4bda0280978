"""Virtual shoppers as a process of their own, that makes real HTTP requests to this very server.

    Process (in the server) --Errand, a line--> stdin  [python -m cloudscale.adapters.load_lab]
                            <--Figures, a line a second-- stdout
    stdin closed: the end, however it came to be closed

A process of its own, so that what is measured is not the wait for an event loop that it keeps busy
itself, and so that the kernel ends it: its stdin closes when the server's process dies.
"""

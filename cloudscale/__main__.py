"""`python -m cloudscale …`."""

if __name__ == "__main__":  # a spawned worker imports this module too, and needs no command line
    from cloudscale.cli import app

    app()

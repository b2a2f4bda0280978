"""`python -m cloudscale …`."""

from cloudscale.cli import app

if __name__ == "__main__":
    app()

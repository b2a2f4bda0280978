"""The least that could answer a list of products: one Starlette route, the same SQL, the same JSON.

The statements are those that the store sent for the same list, with their values, run through the
same driver and pool in a thread. Nothing is checked, named, limited or cached.
"""

import asyncio
import json
import os
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from pydantic_core import to_json
from sqlalchemy import create_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATEMENTS = json.loads(os.environ.get("BENCH_STATEMENTS", "[]"))
ORIGIN = os.environ.get("BENCH_ORIGIN", "")
engine = create_engine(os.environ["BENCH_DATABASE"]) if "BENCH_DATABASE" in os.environ else None


def _products() -> list[dict[str, Any]]:
    assert engine is not None
    with engine.connect() as connection:
        for statement, values in STATEMENTS:
            rows = connection.exec_driver_sql(statement, values).all()
    return [
        {
            "id": row.id,
            "name": row.name,
            "description": row.description,
            "price": f"{row.price_cents // 100}.{row.price_cents % 100:02d}",
            "category": row.category_slug,
            "imageUrl": f"{ORIGIN}/products/{row.picture}",
            "inStock": row.stock > 0,
            "stockCount": row.stock,
            "tagline": row.tagline,
        }
        for row in rows[:24]
    ]


async def products(request: Request) -> Response:
    """24 products."""
    found = await asyncio.to_thread(_products)
    return Response(to_json(found), media_type="application/json")


app = Starlette(routes=[Route("/bare", products)])


if __name__ == "__main__":
    port = int(os.environ["BENCH_PORT"])
    Granian(
        "tests.bench._bare:app",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
    ).serve()

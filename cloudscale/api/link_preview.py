"""The picture that a shared link shows: networks take PNG at 1200 x 630, and no SVG.

product --> its picture on the tint of its category --resvg, in a thread of its own--> PNG
"""

import asyncio
import base64
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cloudscale import routes
from cloudscale.api import paint
from cloudscale.api.caching import A_DAY, conditional
from cloudscale.api.product_page import find_product
from cloudscale.settings import ROOT
from cloudscale.theme import LIGHT

PICTURES = ROOT / "assets" / "products"
HERO = ROOT / "assets" / "hero.svg"
WIDTH, HEIGHT = 1200, 630
# Products share pictures in a synthetic catalogue; the demo has some 130 files of about 30 kB.
KEPT = 256

CANVAS = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">
<rect width="100%" height="100%" fill="{tint}"/>
<image x="0" y="30" width="{width}" height="570" href="data:image/svg+xml;base64,{picture}"/>
</svg>"""

PAINT = (sys.executable, paint.__file__)
# One at a time: a rush of crawlers must not take the processor from the shoppers.
_painter = ThreadPoolExecutor(1, thread_name_prefix="link-preview")


@lru_cache(maxsize=KEPT)
def painted(picture: Path, tint: str) -> bytes:
    """A picture of ours as a link preview. Blocking: call it off the event loop.

    Args:
        picture: An SVG file of ours.
        tint: CSS colour of the ground.

    Returns:
        A PNG, 1200 x 630.

    Raises:
        FileNotFoundError: There is no such picture.
        subprocess.CalledProcessError: It is no SVG.
    """
    data = base64.b64encode(picture.read_bytes()).decode()
    canvas = CANVAS.format(width=WIDTH, height=HEIGHT, tint=tint, picture=data)
    done = subprocess.run(PAINT, input=canvas.encode(), capture_output=True, check=True, timeout=30)
    return done.stdout


def _file(name: str) -> Path | None:
    """The picture of that name, unless the name leads out of the folder."""
    file = (PICTURES / name).resolve()
    return file if file.is_file() and file.parent == PICTURES else None


async def product_preview(request: Request) -> Response:
    """Answers `/og/product/{product_id}.png`."""
    product = await find_product(request.path_params["product_id"])
    file = _file(product.card.picture or routes.NO_PICTURE) if product else None
    if product is None or file is None:
        return PlainTextResponse("We could not find that picture.", 404)
    tint = LIGHT.get(f"tint-{product.card.category_slug}", LIGHT["sunken"])
    return await _picture(request, file, tint)


async def store_preview(request: Request) -> Response:
    """Answers `/og/store.png`."""
    return await _picture(request, HERO, LIGHT["paper"])


async def _picture(request: Request, file: Path, tint: str) -> Response:
    png = await asyncio.get_running_loop().run_in_executor(_painter, painted, file, tint)
    answer = Response(png, headers={"cache-control": A_DAY}, media_type="image/png")
    return conditional(request, answer)

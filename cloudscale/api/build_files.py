"""Scripts and styles of other versions of the store, which pages of theirs ask this instance for.

/assets/NAME, not of this build --> build_file --> the file, as its own instance would answer
"""

import gzip
import mimetypes
import re

from starlette.requests import Request
from starlette.responses import Response

from cloudscale.api.caching import HASHED, cache_control
from cloudscale.db import in_transaction
from cloudscale.services import build_files

# As the builder names what it hashes: a stem, eight characters of the digest, a suffix.
NAME = re.compile(r"[\w.$-]{1,150}-[\w-]{8}\.[a-z0-9]{1,8}", re.ASCII)


async def other_build(request: Request) -> Response | None:
    """Answer with a file of another build; `None` where no build has it.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database does not answer.
    """
    path = request.url.path
    name = path.removeprefix(HASHED)
    if request.method not in ("GET", "HEAD") or not NAME.fullmatch(name):
        return None
    content = await in_transaction(build_files.find, name)
    if content is None:
        return None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"cache-control": cache_control(path, kind), "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return Response(content, headers=headers, media_type=kind)

"""Text that a browser sent, on its way back to one. Pure.

Reflex looks for its own `<reflex.Var>` tags in every text that it makes a script, a redirect or an
event argument of, and never comes back from one that it did not write. So such text goes into a
script through `literal` and into a URL through `urlencode`, and into neither as it is.
"""

import json


def encodable(text: str) -> str:
    """Text without halves of characters, which neither a URL nor a websocket can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def literal(text: str) -> str:
    """Text as a JavaScript string: it can end neither the string nor the script, nor hold a tag."""
    return json.dumps(text).replace("<", "\\u003c")

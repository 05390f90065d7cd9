"""Pictures that somebody else made, before a browser shows them: small enough, and PNG, JPEG or GIF by their bytes."""

import io
from dataclasses import dataclass

from sagelab.errors import SagelabError

__all__ = ["MOST_BYTES", "MOST_PIXELS", "Picture", "open_picture"]

MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000
SIGNS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}


@dataclass(frozen=True)
class Picture:
    """A picture's bytes, its media type, and its size in pixels as its file stores it."""

    data: bytes
    type: str
    width: int
    height: int


def open_picture(data: bytes, name: str) -> Picture:
    """Look at a picture's first bytes and its size; raises SagelabError for anything else than a small picture.

    Of an animated GIF the first frame remains, as a PNG: a label belongs to a picture that stands still.
    """
    kind = next((kind for sign, kind in SIGNS.items() if data.startswith(sign)), None)
    if kind is None:
        raise SagelabError(f"{name} is no PNG, JPEG or GIF, so it is not shown.")
    if len(data) > MOST_BYTES:
        raise SagelabError(f"{name} is larger than {MOST_BYTES // 1_000_000} MB, so it is not shown.")
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=[kind.upper()]) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise SagelabError(
                    f"{name} has more than {MOST_PIXELS // 1_000_000} megapixels, so it is not shown."
                )
            if getattr(image, "n_frames", 1) > 1:
                still = io.BytesIO()
                image.convert("RGBA").save(still, "PNG")
                data, kind = still.getvalue(), "png"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise SagelabError(f"{name} is damaged, so it is not shown.") from None
    return Picture(data, f"image/{kind}", width, height)

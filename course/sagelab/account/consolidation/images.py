"""The size of an image in S3, as its file tells it."""

import io
from typing import Any
from urllib.parse import urlsplit


def size(client: Any, uri: str) -> dict[str, int]:
    """Width, height and depth in AWS's form; OSError or ClientError where there is no image."""
    from PIL import Image

    where = urlsplit(uri)
    body = client.get_object(Bucket=where.netloc, Key=where.path.lstrip("/"))["Body"].read()
    with Image.open(io.BytesIO(body)) as image:
        return {"width": image.width, "height": image.height, "depth": len(image.getbands())}

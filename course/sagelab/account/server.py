"""The account's process: `python -m sagelab.account.server HOME`."""

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from .app import Application


def serve(home: Path) -> None:
    """Serve the account of a home folder until it is stopped."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Application(home)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    app.stop_serving = server.shutdown
    app.plane.url = os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.port}"
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    note = home / "server.json"
    note.with_suffix(".new").write_text(json.dumps({"url": app.plane.url, "pid": os.getpid()}))
    note.with_suffix(".new").replace(note)
    app.plane.background(app.start)
    try:
        server.serve_forever()
    finally:
        app.close()
        note.unlink(missing_ok=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))

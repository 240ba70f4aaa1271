"""A webhook that logs what Alertmanager and Grafana tell it: `python -m monitoring.alert_receiver`.

The neutral default of `docker-compose.yml`, so that alerts arrive somewhere before an operator has
said where. Both send the same JSON, as far as it is read here:
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_log = logging.getLogger(__name__)

_MAX_BODY_BYTES = 4 * 2**20
_READING_SECONDS = 10.0


class AlertReceiver(ThreadingHTTPServer):
    """Takes notifications by POST on every path, and logs one line for each of their alerts.

    GET of any path answers 200: a health check.

    Args:
        host, port: where it listens; port 0 leaves the choice to the system.

    Raises:
        OSError: the address cannot be had.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), _Notification)


class _Notification(BaseHTTPRequestHandler):
    timeout = _READING_SECONDS

    def do_POST(self) -> None:
        try:
            lines = list(_lines(json.loads(self._body())))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            _log.warning("%s: no notification: %r", self.path, error)
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        for line in lines:
            _log.info("%s %s", self.path, line)
        self._answer(HTTPStatus.OK)

    def do_GET(self) -> None:
        self._answer(HTTPStatus.OK)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Log no access: alerts are what is wanted."""

    def _body(self) -> bytes:
        size_bytes = int(self.headers.get("Content-Length", ""))
        if not 0 <= size_bytes <= _MAX_BODY_BYTES:
            raise ValueError(f"a body of {size_bytes} bytes")
        return self.rfile.read(size_bytes)

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _lines(notification: dict[str, Any]) -> Iterator[str]:
    for alert in notification["alerts"]:
        labels, annotations = alert["labels"], alert["annotations"]
        told = annotations.get("description") or annotations.get("summary", "")
        # What others sent must not forge a line.
        yield " ".join(f"{alert['status']} {labels.get('alertname')}: {told}".split())


def main() -> None:
    """Serve on every address until the process is ended; `PORT` is 8080 by default."""
    logging.basicConfig(
        stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    with AlertReceiver("", int(os.environ.get("PORT", "8080"))) as receiver:
        receiver.serve_forever()


if __name__ == "__main__":
    main()

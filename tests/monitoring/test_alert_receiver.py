"""Whatever a notification tells is in the log of the neutral webhook, one line for each alert."""

import http.client
import json
import logging
import threading

import pytest

from monitoring.alert_receiver import AlertReceiver


@pytest.fixture
def receiver():
    """A receiver that listens."""
    with AlertReceiver("127.0.0.1", 0) as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


def ask(receiver, method, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", receiver.server_port, timeout=10)
    connection.request(method, "/critical", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def alert(status, name, **annotations):
    return {"status": status, "labels": {"alertname": name}, "annotations": annotations}


def test_each_alert_is_one_line(receiver, caplog):
    caplog.set_level(logging.INFO)
    alerts = [
        alert("firing", "GenerationErrors", summary="Fails", description="100%\n  of all fail."),
        alert("resolved", "NanoBananaDown", summary="It is back"),
    ]
    assert ask(receiver, "POST", json.dumps({"alerts": alerts})) == 200
    assert caplog.messages == [
        "/critical firing GenerationErrors: 100% of all fail.",
        "/critical resolved NanoBananaDown: It is back",
    ]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"alerts": [{}]}', '{"alerts": 1}', "\xff"])
def test_what_is_no_notification_is_refused(receiver, caplog, body):
    assert ask(receiver, "POST", body.encode("latin-1")) == 400
    assert "no notification" in caplog.text


@pytest.mark.parametrize("length", ["-1", "many", str(2**40)])
def test_a_body_without_a_sensible_length_is_not_read(receiver, length):
    assert ask(receiver, "POST", **{"Content-Length": length}) == 400


def test_it_says_that_it_is_there(receiver):
    assert ask(receiver, "GET") == 200

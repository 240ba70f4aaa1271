"""An envelope comes back as it was packed, or not at all: every byte of it is checked."""

from __future__ import annotations

import math
import pickle
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.tiers.envelope import (
    MAX_HEADER_BYTES,
    CorruptEnvelope,
    Envelope,
    pack,
    unpack,
    unpack_header,
)

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
TIMES = st.floats(0, 1e12)
ENVELOPES = st.builds(
    lambda asset_type, key, created, lifetime, cost, body: Envelope(
        asset_type, key, created, created + lifetime, cost, body
    ),
    NAMES,
    NAMES,
    TIMES,
    TIMES | st.just(math.inf),
    st.floats(0, 1e6),
    st.binary(max_size=200),
)
ENVELOPE = Envelope("enso", "k" * 64, 1000.0, 4600.0, 0.25, b"picture" * 9)
EXPIRES_AT = 8 + 2 + 1 + 1 + 8  # where it starts: behind magic, version, lengths and created


def test_a_header_has_the_documented_layout():
    data = pack(Envelope("enso", "key", 1000.0, 1060.0, 0.5, b"body"))
    fields = struct.pack(">8sHBBdddQ", b"\x89NBE\r\n\x1a\n", 1, 4, 3, 1000.0, 1060.0, 0.5, 4)
    assert data[: len(fields)] == fields
    assert data[len(fields) + 32 :] == b"ensokeybody"


@given(ENVELOPES)
def test_what_was_packed_is_unpacked(envelope):
    assert unpack(pack(envelope), envelope.asset_type, envelope.key) == envelope


@given(ENVELOPES)
def test_a_header_is_read_without_its_body(envelope):
    data = pack(envelope)
    header = unpack_header(data[:MAX_HEADER_BYTES])
    assert (header.asset_type, header.key) == (envelope.asset_type, envelope.key)
    assert (header.created_at, header.expires_at) == (envelope.created_at, envelope.expires_at)
    assert header.size_bytes + header.body_bytes == len(data)
    assert data[header.size_bytes :] == envelope.body


def test_any_flipped_bit_is_found():
    data = pack(ENVELOPE)
    for position in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            with pytest.raises(CorruptEnvelope):
                unpack(bytes(damaged), ENVELOPE.asset_type, ENVELOPE.key)


def test_any_cut_is_found():
    data = pack(ENVELOPE)
    for size in range(len(data)):
        with pytest.raises(CorruptEnvelope):
            unpack(data[:size], ENVELOPE.asset_type, ENVELOPE.key)


def test_trailing_bytes_are_found():
    with pytest.raises(CorruptEnvelope, match=r"63 bytes of body are announced, 64 are there"):
        unpack(pack(ENVELOPE) + b"!", ENVELOPE.asset_type, ENVELOPE.key)


@pytest.mark.parametrize(("asset_type", "key"), [("sigil", ENVELOPE.key), ("enso", "another")])
def test_another_type_or_key_is_not_unpacked(asset_type, key):
    with pytest.raises(CorruptEnvelope, match="another type or key"):
        unpack(pack(ENVELOPE), asset_type, key)


@given(st.binary(max_size=400))
def test_foreign_bytes_are_not_unpacked(data):
    with pytest.raises(CorruptEnvelope):
        unpack(data, "enso", "key")


def test_a_pickle_is_not_unpacked():
    with pytest.raises(CorruptEnvelope, match="magic"):
        unpack(pickle.dumps(ENVELOPE), ENVELOPE.asset_type, ENVELOPE.key)


@pytest.mark.parametrize("expires_at", [math.nan, 0.0, -math.inf])
def test_a_header_with_times_that_make_no_sense_is_told(expires_at):
    data = pack(ENVELOPE)
    data = data[:EXPIRES_AT] + struct.pack(">d", expires_at) + data[EXPIRES_AT + 8 :]
    with pytest.raises(CorruptEnvelope, match="expires_at"):
        unpack_header(data)


@pytest.mark.parametrize(
    "changed",
    [
        {"asset_type": ""},
        {"key": "k" * 256},
        {"key": "é" * 128},
        {"created_at": math.nan},
        {"created_at": math.inf},
        {"expires_at": 999.0},
        {"expires_at": math.nan},
        {"cost_seconds": -1.0},
        {"cost_seconds": math.inf},
    ],
)
def test_an_envelope_that_makes_no_sense_is_not_made(changed):
    fields = {name: getattr(ENVELOPE, name) for name in Envelope.__slots__}
    with pytest.raises(ValueError, match=next(iter(changed))):
        Envelope(**{**fields, **changed})

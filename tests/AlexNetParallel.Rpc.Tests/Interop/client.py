"""A gRPC client on the C core (Debian's python3-grpcio) that checks our server. Prints "ok NAME" or "FAIL NAME: ..." for each check.

Usage: client.py TARGET DESCRIPTORS [FOLDER-OF-CERTIFICATES NAME]
"""

import sys
import threading
import time
import traceback

import grpc

from common import EXCHANGE, SCRIPT, UNLIMITED, Protos

target, protos = sys.argv[1], Protos(sys.argv[2])
if len(sys.argv) > 3:
    read = lambda name: open(f"{sys.argv[3]}/{name}", "rb").read()
    name = sys.argv[4]
    credentials = grpc.ssl_channel_credentials(read("ca.crt"), read(f"{name}.key"), read(f"{name}.crt"))
    channel = grpc.secure_channel(target, credentials, UNLIMITED)
else:
    channel = grpc.insecure_channel(target, UNLIMITED)

Note = protos.message("alexnet.tests.Note")
Tensor = protos.message("alexnet.exchange.TensorMessage")
failures = 0

# A tensor stream needs a connection of its own.
streams = UNLIMITED + [("grpc.use_local_subchannel_pool", 1)]
exchange = grpc.secure_channel(target, credentials, streams) if len(sys.argv) > 3 else grpc.insecure_channel(target, streams)


def stub(service, name, on=channel):
    path, request, response, client_streams, server_streams = protos.method(service, name)
    make = {
        (False, False): on.unary_unary,
        (False, True): on.unary_stream,
        (True, False): on.stream_unary,
        (True, True): on.stream_stream,
    }[client_streams, server_streams]
    return make(path, request_serializer=request.SerializeToString, response_deserializer=response.FromString)


unary = stub(SCRIPT, "Unary")


def check(function):
    global failures
    try:
        function()
        print(f"ok {function.__name__}")
    except Exception:
        failures += 1
        print(f"FAIL {function.__name__}: {traceback.format_exc()}")


def fails(call, code):
    try:
        call()
    except grpc.RpcError as e:
        assert e.code() == code, f"{e.code()} {e.details()}, expected {code}"
        return e
    raise AssertionError(f"no error, expected {code}")


def unary_echo():
    note = Note(id=5, text="h\u00e9", shape=[1, -2], data=b"\0\xff")
    assert unary(note) == note
    assert unary(Note()) == Note()


def metadata_both_ways():
    _, call = unary.with_call(Note(text="metadata"), metadata=[("x-text", "v1"), ("x-data-bin", b"\1\2\xff")])
    ahead, trailers = dict(call.initial_metadata()), dict(call.trailing_metadata())
    assert ahead["h-text"] == "ahead" and ahead["h-bytes-bin"] == b"\0\xff\7", ahead
    assert trailers["x-text"] == "v1" and trailers["x-data-bin"] == b"\1\2\xff", trailers


def error_with_details_and_trailers():
    e = fails(lambda: unary(Note(text="fail")), grpc.StatusCode.FAILED_PRECONDITION)
    assert e.details() == "bad \u2713 100%", e.details()
    trailers = dict(e.trailing_metadata())
    assert trailers["why"] == "because" and trailers["why-bin"] == b"\1\2\xff", trailers
    fails(lambda: unary(Note(text="status")), grpc.StatusCode.OUT_OF_RANGE)


def deadline():
    begin = time.monotonic()
    fails(lambda: unary(Note(text="sleep"), timeout=0.3), grpc.StatusCode.DEADLINE_EXCEEDED)
    assert 0.25 < time.monotonic() - begin < 10


def cancellation():
    call = stub(SCRIPT, "ServerStream")(Note(text="forever", count=1))
    assert next(call).id == 0
    call.cancel()
    fails(lambda: next(call), grpc.StatusCode.CANCELLED)


def server_streaming():
    got = list(stub(SCRIPT, "ServerStream")(Note(count=200, data=b"x" * 5000)))
    assert [n.id for n in got] == list(range(200)) and all(n.data == b"x" * 5000 for n in got)


def error_after_data():
    call = stub(SCRIPT, "ServerStream")(Note(count=2, text="fail"))
    assert [next(call).id, next(call).id] == [0, 1]
    e = fails(lambda: next(call), grpc.StatusCode.ABORTED)
    assert dict(e.trailing_metadata())["at"] == "2"


def client_streaming():
    assert stub(SCRIPT, "ClientStream")(Note(id=i, data=b"y" * 1000) for i in range(1, 101)).id == 5050


def server_ends_client_stream():
    def notes():
        yield Note(text="enough")
        for _ in range(1000):
            yield Note(data=b"z" * 1000)

    fails(lambda: stub(SCRIPT, "ClientStream")(notes()), grpc.StatusCode.RESOURCE_EXHAUSTED)


def duplex():
    echoed = threading.Semaphore(1)

    def notes():
        for i in range(100):
            echoed.acquire()
            yield Note(id=i, data=bytes([i]) * (i * i))

    for i, note in enumerate(stub(SCRIPT, "Duplex")(notes())):
        assert note.id == i and note.data == bytes([i]) * (i * i)
        echoed.release()
    assert i == 99


def unimplemented():
    method = channel.unary_unary("/alexnet.tests.Script/Nope", request_serializer=bytes, response_deserializer=bytes)
    fails(lambda: method(b""), grpc.StatusCode.UNIMPLEMENTED)


def too_long_for_the_server():
    fails(lambda: unary(Note(data=bytes(5 << 20))), grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert unary(Note(id=1)).id == 1


def gzip_is_refused():
    fails(lambda: unary(Note(data=bytes(10000)), compression=grpc.Compression.Gzip), grpc.StatusCode.UNIMPLEMENTED)
    assert unary(Note(id=1)).id == 1


def health():
    check_health = stub("grpc.health.v1.Health", "Check")
    Request = protos.message("grpc.health.v1.HealthCheckRequest")
    assert check_health(Request(service=SCRIPT)).status == 1
    fails(lambda: check_health(Request(service="no.Such")), grpc.StatusCode.NOT_FOUND)


def reflection():
    info = stub("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo")
    Request = protos.message("grpc.reflection.v1.ServerReflectionRequest")
    listed, file = info(iter([Request(list_services="*"), Request(file_containing_symbol=SCRIPT)]))
    assert SCRIPT in [s.name for s in listed.list_services_response.service]
    assert len(file.file_descriptor_response.file_descriptor_proto) == 1


def tensor_of_44_mb():
    payload = bytes(range(256)) * (44_000_000 // 256)
    tensors = [Tensor(slab=3, tick=7, payload=payload), Tensor(slab=4, tick=1 << 40), Tensor(payload=b"abcd")]
    assert list(stub(EXCHANGE, "Open", exchange)(iter(tensors))) == tensors


def wrong_tensor():
    raw = exchange.stream_stream(f"/{EXCHANGE}/Open", request_serializer=bytes, response_deserializer=bytes)
    fails(lambda: list(raw(iter([b"\x7a\x05\x01"]))), grpc.StatusCode.INTERNAL)


for each in (
    unary_echo, metadata_both_ways, error_with_details_and_trailers, deadline, cancellation, server_streaming, error_after_data, client_streaming,
    server_ends_client_stream, duplex, unimplemented, too_long_for_the_server, gzip_is_refused, health, reflection, tensor_of_44_mb, wrong_tensor,
):
    check(each)
channel.close()
exchange.close()
sys.exit(1 if failures else 0)

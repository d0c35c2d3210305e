"""A gRPC server on the C core (Debian's python3-grpcio) for our client to check. Prints the address that it listens on, and ends when its input ends.

Usage: server.py ADDRESS DESCRIPTORS
"""

import sys
import time
from concurrent import futures

import grpc

from common import EXCHANGE, SCRIPT, UNLIMITED, Protos

address, protos = sys.argv[1], Protos(sys.argv[2])
Note = protos.message("alexnet.tests.Note")


def unary(request, context):
    if request.text == "metadata":
        context.set_trailing_metadata([(k, v) for k, v in context.invocation_metadata() if k.startswith("x-")])
        context.send_initial_metadata([("h-text", "ahead"), ("h-bytes-bin", b"\0\xff\7")])
    elif request.text == "fail":
        context.set_trailing_metadata([("why", "because"), ("why-bin", b"\1\2\xff")])
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "bad \u2713 100%")
    elif request.text == "throw":
        raise ValueError("something broke")
    elif request.text == "sleep":
        while context.is_active():
            time.sleep(0.02)
    return request


def server_stream(request, context):
    for i in range(request.count):
        yield Note(id=i, data=request.data)
    if request.text == "fail":
        context.set_trailing_metadata([("at", str(request.count))])
        context.abort(grpc.StatusCode.ABORTED, "after data")
    while request.text == "forever" and context.is_active():
        time.sleep(0.02)


def client_stream(requests, context):
    total = 0
    for note in requests:
        total += note.id
        if note.text == "enough":
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")
    return Note(id=total)


def echo(requests, context):
    for message in requests:
        if getattr(message, "text", "") == "fail":
            context.abort(grpc.StatusCode.DATA_LOSS, "as asked")
        yield message


def handler(service, name, behaviour):
    _, request, response, client_streams, server_streams = protos.method(service, name)
    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[client_streams, server_streams]
    return make(behaviour, request_deserializer=request.FromString, response_serializer=response.SerializeToString)


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=UNLIMITED)
script = {"Unary": unary, "ServerStream": server_stream, "ClientStream": client_stream, "Duplex": echo}
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler(SCRIPT, {name: handler(SCRIPT, name, f) for name, f in script.items()}),
    grpc.method_handlers_generic_handler(EXCHANGE, {"Open": handler(EXCHANGE, "Open", echo)}),
))
port = server.add_insecure_port(address)
server.start()
print(address if address.startswith("unix:") else f"127.0.0.1:{port}", flush=True)
sys.stdin.read()
server.stop(0).wait()

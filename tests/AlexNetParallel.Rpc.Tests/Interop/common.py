"""What the Python client and server of the interop tests share: message classes out of a FileDescriptorSet, and the shapes of the services' methods."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


class Protos:
    """Message classes by full name, and the methods of services."""

    def __init__(self, path):
        self._pool = descriptor_pool.DescriptorPool()
        files = descriptor_pb2.FileDescriptorSet()
        with open(path, "rb") as f:
            files.ParseFromString(f.read())
        for file in files.file:
            self._pool.Add(file)
        self._factory = message_factory.MessageFactory(self._pool)

    def message(self, name):
        descriptor = self._pool.FindMessageTypeByName(name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return self._factory.GetPrototype(descriptor)

    def method(self, service, name):
        """(path, request class, response class, client streams, server streams)"""
        method = self._pool.FindServiceByName(service).methods_by_name[name]
        as_proto = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(as_proto)
        return (
            f"/{service}/{name}",
            self.message(method.input_type.full_name),
            self.message(method.output_type.full_name),
            as_proto.client_streaming,
            as_proto.server_streaming,
        )


SCRIPT = "alexnet.tests.Script"
EXCHANGE = "alexnet.exchange.Exchange"
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

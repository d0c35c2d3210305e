using AlexNetParallel.Rpc.Protos.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Services;

/// <summary>
/// The standard reflection service (doc/server-reflection.md of grpc/grpc), by which tools such as grpcurl learn what a server offers. Versions v1
/// and v1alpha differ in nothing but their name.
/// </summary>
internal sealed class ReflectionService
{
    private readonly SortedSet<string> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _files = [];
    private readonly Dictionary<string, FileDescriptor> _symbols = [];

    /// <param name="services">The services of the server.</param>
    public ReflectionService(IEnumerable<ServiceDescriptor> services)
    {
        foreach (var service in services.Append(ReflectionReflection.Descriptor.Services[0]))
        {
            _services.Add(service.FullName);
            AddFile(service.File);
        }
    }

    /// <summary>The service under its two names.</summary>
    public IEnumerable<ServerServiceDefinition> Definitions()
    {
        var requests = MarshallerOf(ServerReflectionRequest.Parser);
        var responses = MarshallerOf(ServerReflectionResponse.Parser);
        foreach (var version in new[] { "v1", "v1alpha" })
        {
            var method = new Method<ServerReflectionRequest, ServerReflectionResponse>(
                MethodType.DuplexStreaming, $"grpc.reflection.{version}.ServerReflection", "ServerReflectionInfo", requests, responses);
            yield return ServerServiceDefinition.CreateBuilder().AddMethod(method, AnswerAsync).Build();
        }
    }

    private async Task AnswerAsync(
        IAsyncStreamReader<ServerReflectionRequest> requests, IServerStreamWriter<ServerReflectionResponse> responses, ServerCallContext context)
    {
        while (await requests.MoveNext(CancellationToken.None).ConfigureAwait(false)) await responses.WriteAsync(Answer(requests.Current)).ConfigureAwait(false);
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new ListServiceResponse { Service = { _services.Select(name => new ServiceResponse { Name = name }) } };
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename when _files.TryGetValue(request.FileByFilename, out var file):
                response.FileDescriptorResponse = WithImports(file);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol when _symbols.TryGetValue(request.FileContainingSymbol, out var file):
                response.FileDescriptorResponse = WithImports(file);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType when _symbols.ContainsKey(request.AllExtensionNumbersOfType):
                response.AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType }; // our messages have none
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.None:
                response.ErrorResponse = Error(StatusCode.InvalidArgument, "The request asks for nothing.");
                break;
            default:
                response.ErrorResponse = Error(StatusCode.NotFound, $"Not known here: {request}");
                break;
        }

        return response;
    }

    private static ErrorResponse Error(StatusCode code, string message) => new() { ErrorCode = (int)code, ErrorMessage = message };

    private static FileDescriptorResponse WithImports(FileDescriptor file)
    {
        var response = new FileDescriptorResponse();
        var seen = new HashSet<string>();
        var open = new Stack<FileDescriptor>([file]);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next.Name)) continue;
            response.FileDescriptorProto.Add(next.SerializedData);
            foreach (var import in next.Dependencies) open.Push(import);
        }

        return response;
    }

    private void AddFile(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file)) return;
        foreach (var import in file.Dependencies) AddFile(import);
        foreach (var service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (var method in service.Methods) _symbols[method.FullName] = file;
        }

        foreach (var message in file.MessageTypes) AddMessage(message, file);
        foreach (var type in file.EnumTypes) AddEnum(type, file);
    }

    private void AddMessage(MessageDescriptor message, FileDescriptor file)
    {
        _symbols[message.FullName] = file;
        foreach (var field in message.Fields.InDeclarationOrder()) _symbols[field.FullName] = file;
        foreach (var oneof in message.Oneofs) _symbols[oneof.FullName] = file;
        foreach (var nested in message.NestedTypes) AddMessage(nested, file);
        foreach (var type in message.EnumTypes) AddEnum(type, file);
    }

    private void AddEnum(EnumDescriptor type, FileDescriptor file)
    {
        _symbols[type.FullName] = file;
        foreach (var value in type.Values) _symbols[value.FullName] = file;
    }

    private static Marshaller<T> MarshallerOf<T>(MessageParser<T> parser) where T : class, IMessage<T> => Marshallers.Create(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}

using System.Reflection;
using AlexNetParallel.Rpc.Tensors;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace AlexNetParallel.Rpc;

/// <summary>Gathers the services of a server.</summary>
public sealed class RpcServices
{
    private readonly List<ServerServiceDefinition> _definitions = [];
    private readonly List<ServiceDescriptor> _descriptors = [];

    internal RpcServices()
    {
    }

    /// <summary>The services' methods with their handlers.</summary>
    internal IEnumerable<ServerServiceDefinition> Definitions => _definitions;

    /// <summary>The services' descriptions.</summary>
    internal IReadOnlyList<ServiceDescriptor> Descriptors => _descriptors;

    /// <summary>Adds a service: an object of a class that derives from a generated base class. It serves all calls, on any thread.</summary>
    /// <exception cref="ArgumentException">The class has no such base class, or the same service was added before.</exception>
    public RpcServices Add<TService>(TService service) where TService : class
    {
        ArgumentNullException.ThrowIfNull(service);
        for (var type = service.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } attribute) continue;
            const BindingFlags Static = BindingFlags.Public | BindingFlags.Static;
            var bind = attribute.BindType.GetMethod(attribute.BindMethodName, Static, [type])
                ?? throw new ArgumentException($"{attribute.BindType} has no method {attribute.BindMethodName}({type.Name}).");
            var descriptor = attribute.BindType.GetProperty("Descriptor", Static)?.GetValue(null) as ServiceDescriptor
                ?? throw new ArgumentException($"{attribute.BindType} has no Descriptor.");
            if (_descriptors.Any(other => other.FullName == descriptor.FullName)) throw new ArgumentException($"The service {descriptor.FullName} was added before.");
            _descriptors.Add(descriptor);
            Add((ServerServiceDefinition)bind.Invoke(null, [service])!);
            return this;
        }

        throw new ArgumentException($"{service.GetType()} does not derive from the base class of a generated service.");
    }

    /// <summary>Adds the service of tensor streams. Clients open each of them on a connection of its own.</summary>
    /// <exception cref="ArgumentException">It was added before.</exception>
    public RpcServices AddTensors(TensorExchangeBase service)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (Tensors is not null) throw new ArgumentException($"The service {TensorExchange.Descriptor.FullName} was added before.");
        Tensors = service;
        _descriptors.Add(TensorExchange.Descriptor);
        return this;
    }

    /// <summary>What serves tensor streams; null if nothing does.</summary>
    internal TensorExchangeBase? Tensors { get; private set; }

    internal void Add(ServerServiceDefinition definition) => _definitions.Add(definition);
}

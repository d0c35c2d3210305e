using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AlexNetParallel.Rpc;

/// <summary>Gathers the services of a server.</summary>
public sealed class RpcServices
{
    private readonly List<Action<IServiceCollection>> _register = [];
    private readonly List<Action<WebApplication>> _map = [];

    internal RpcServices()
    {
    }

    /// <summary>Adds a service: an object of a class that derives from a generated base class. It serves all calls, on any thread.</summary>
    /// <exception cref="ArgumentException">The class has no such base class.</exception>
    public RpcServices Add<TService>(TService service) where TService : class
    {
        ArgumentNullException.ThrowIfNull(service);
        _register.Add(services => services.AddSingleton(service));
        _map.Add(application => RpcAdapter.MapService(application, service));
        return this;
    }

    internal void Register(IServiceCollection services)
    {
        foreach (var register in _register) register(services);
    }

    internal void Map(WebApplication application)
    {
        foreach (var map in _map) map(application);
    }
}

using System.CommandLine;
using AlexNetParallel.Rpc;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>An option that takes an address: host:port, [ipv6]:port or unix:path.</summary>
internal sealed class AddressOption : Option<RpcAddress?>
{
    public AddressOption(string name, string description) : base(name)
    {
        Description = description;
        HelpName = "ADDRESS";
        CustomParser = result =>
        {
            try
            {
                return RpcAddress.Parse(result.Tokens.Count > 0 ? result.Tokens[^1].Value : "");
            }
            catch (FormatException e)
            {
                result.AddError($"{name}: {e.Message}");
                return null;
            }
        };
    }
}

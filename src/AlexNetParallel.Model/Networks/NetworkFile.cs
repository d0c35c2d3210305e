using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Model.Networks;

/// <summary>Networks as YAML files; docs/recipes.md has the format.</summary>
public static class NetworkFile
{
    /// <summary>Loads a network.</summary>
    /// <param name="nameOrPath">Its name ("alexnet-2012"), or the path of a file.</param>
    /// <param name="dialect">"paper" or "source" for a network that has several; null for its first.</param>
    /// <param name="neuron">Stands for every neuron of the file that is not none; null leaves them as they are.</param>
    /// <exception cref="RecipeException">There is no such file, or it is wrong.</exception>
    public static Network Load(string nameOrPath, string? dialect = null, Neuron? neuron = null)
    {
        var path = RecipeFolder.Network(nameOrPath);
        return Parse(YamlText.ReadFile(path), path, dialect, neuron);
    }

    /// <summary>Reads a network from text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">What to call the text in messages; the network's name where the text has none.</param>
    /// <param name="dialect">See <see cref="Load"/>.</param>
    /// <param name="neuron">See <see cref="Load"/>.</param>
    /// <exception cref="RecipeException">It is wrong.</exception>
    public static Network Parse(string text, string file, string? dialect = null, Neuron? neuron = null) =>
        NetworkReader.Read(YamlText.Parse(file, text, "network"), Path.GetFileNameWithoutExtension(file), dialect, neuron);

    /// <summary>A network as text, its dialect chosen and every default written out; <see cref="Parse"/> gives an equal one.</summary>
    public static string Write(Network network) => YamlText.Write(NetworkWriter.Write(network));
}

using AlexNetParallel.Model.Files;

namespace AlexNetParallel.Model.Recipes;

/// <summary>Recipes as YAML files; docs/recipes.md has the format.</summary>
public static class RecipeFile
{
    /// <summary>Loads a recipe with the files that it names.</summary>
    /// <param name="nameOrPath">Its name ("quickstart"), or the path of a file.</param>
    /// <param name="overrides">What the user says in place of the file's values.</param>
    /// <exception cref="RecipeException">There is no such file, or it, or one that it names, is wrong.</exception>
    public static Recipe Load(string nameOrPath, RecipeOverrides? overrides = null)
    {
        var path = RecipeFolder.Recipe(nameOrPath);
        return Parse(YamlText.ReadFile(path), path, overrides);
    }

    /// <summary>Reads a recipe from text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">What to call the text in messages. Relative paths in the text begin in its folder; the recipe's name where the text has none.</param>
    /// <param name="overrides">What the user says in place of the text's values.</param>
    /// <exception cref="RecipeException">It, or a file that it names, is wrong.</exception>
    public static Recipe Parse(string text, string file, RecipeOverrides? overrides = null) =>
        new RecipeReader(YamlText.Parse(file, text, "recipe"), overrides ?? new RecipeOverrides()).Read();

    /// <summary>
    /// A recipe as text, with its network, its partition and every default written out: the same recipe gives the same text, and <see cref="Parse"/> gives an
    /// equal recipe.
    /// </summary>
    public static string Write(Recipe recipe) => YamlText.Write(RecipeWriter.Write(recipe));
}

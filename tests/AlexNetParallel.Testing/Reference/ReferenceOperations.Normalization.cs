using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Testing.Reference;

public static partial class ReferenceOperations
{
    /// <summary>y_i = x_i · D_i^−β with D_i = k + α · sum of x_j² over the neighbours j of i.</summary>
    public static HostTensor NormalizationForward(NormalizationShape shape, HostTensor x)
    {
        var d = Denominators(shape, x);
        var y = x.Empty();
        for (var i = 0; i < y.Values.Length; i++) y.Values[i] = x.Values[i] * Math.Pow(d.Values[i], -shape.Beta);
        return y;
    }

    /// <summary>dx_i = dy_i · D_i^−β − 2αβ · x_i · sum of dy_j · x_j · D_j^(−β−1) over the j that have i as a neighbour.</summary>
    public static HostTensor NormalizationInputGradient(NormalizationShape shape, HostTensor x, HostTensor dy)
    {
        var d = Denominators(shape, x);
        var dx = x.Empty();
        ForEachUnit(x, (n, c, py, px) =>
        {
            var i = x.Index(n, c, py, px);
            var sum = 0.0;
            foreach (var j in Neighbours(shape, x, n, c, py, px)) sum += dy.Values[j] * x.Values[j] * Math.Pow(d.Values[j], -shape.Beta - 1.0);
            dx.Values[i] = dy.Values[i] * Math.Pow(d.Values[i], -shape.Beta) - 2.0 * shape.Alpha * shape.Beta * x.Values[i] * sum;
        });
        return dx;
    }

    private static HostTensor Denominators(NormalizationShape shape, HostTensor x)
    {
        var d = x.Empty();
        ForEachUnit(x, (n, c, py, px) =>
            d[n, c, py, px] = shape.K + shape.Alpha * Neighbours(shape, x, n, c, py, px).Sum(j => x.Values[j] * x.Values[j]));
        return d;
    }

    /// <summary>The window round a unit, cut at the ends; it is symmetric, so these are also the units that have it as a neighbour.</summary>
    private static IEnumerable<int> Neighbours(NormalizationShape shape, HostTensor x, int n, int c, int py, int px)
    {
        var half = shape.Size / 2;
        if (shape.Kind == NormalizationKind.AcrossMaps)
        {
            for (var j = Math.Max(0, c - half); j <= Math.Min(shape.Channels - 1, c + half); j++) yield return x.Index(n, j, py, px);
            yield break;
        }
        for (var qy = Math.Max(0, py - half); qy <= Math.Min(shape.Height - 1, py + half); qy++)
            for (var qx = Math.Max(0, px - half); qx <= Math.Min(shape.Width - 1, px + half); qx++)
                yield return x.Index(n, c, qy, qx);
    }

    private static void ForEachUnit(HostTensor x, Action<int, int, int, int> action)
    {
        for (var n = 0; n < x.Cases; n++)
            for (var c = 0; c < x.Channels; c++)
                for (var y = 0; y < x.Height; y++)
                    for (var px = 0; px < x.Width; px++)
                        action(n, c, y, px);
    }
}

namespace AlexNetParallel.Data.Preparing;

/// <summary>Eigenvalues and eigenvectors of a symmetric 3×3 matrix, by Jacobi's rotations.</summary>
internal static class SymmetricEigen
{
    /// <summary>Eigenvalues, largest first, and eigenvectors as columns, each with its component of the largest magnitude positive.</summary>
    public static (double[] Values, double[,] Vectors) Solve(double[,] matrix)
    {
        var a = (double[,])matrix.Clone();
        var v = new double[,] { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
        for (var sweep = 0; sweep < 50 && a[0, 1] * a[0, 1] + a[0, 2] * a[0, 2] + a[1, 2] * a[1, 2] > 0; sweep++)
        {
            Rotate(a, v, 0, 1);
            Rotate(a, v, 0, 2);
            Rotate(a, v, 1, 2);
        }
        var order = new[] { 0, 1, 2 }.OrderByDescending(i => a[i, i]).ToArray();
        var vectors = new double[3, 3];
        for (var i = 0; i < 3; i++)
        {
            var from = order[i];
            var largest = Enumerable.Range(0, 3).MaxBy(row => Math.Abs(v[row, from]));
            for (var row = 0; row < 3; row++) vectors[row, i] = v[largest, from] < 0 ? -v[row, from] : v[row, from];
        }
        return ([.. order.Select(i => Math.Max(0, a[i, i]))], vectors);
    }

    /// <summary>Turns the plane (p, q) so that a[p, q] becomes 0.</summary>
    private static void Rotate(double[,] a, double[,] v, int p, int q)
    {
        if (a[p, q] == 0) return;
        var theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        var t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        for (var k = 0; k < 3; k++) (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]);
        for (var k = 0; k < 3; k++) (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]);
        for (var k = 0; k < 3; k++) (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]);
        a[p, q] = a[q, p] = 0;
    }
}

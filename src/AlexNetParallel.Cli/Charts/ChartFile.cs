using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace AlexNetParallel.Cli.Charts;

/// <summary>What all charts have in common, and the SVG file that they become.</summary>
internal static class ChartFile
{
    /// <summary>Colours of series, that differ in brightness too.</summary>
    public static IReadOnlyList<OxyColor> Colours { get; } =
        [OxyColor.FromRgb(0x33, 0x66, 0xa8), OxyColor.FromRgb(0xe0, 0x8a, 0x1e), OxyColor.FromRgb(0x3b, 0x9a, 0x62), OxyColor.FromRgb(0xb0, 0x30, 0x40), OxyColor.FromRgb(0x7a, 0x5a, 0xa8), OxyColor.FromRgb(0x60, 0x60, 0x60)];

    /// <summary>An empty chart with its legend below.</summary>
    public static PlotModel Empty(string title)
    {
        var model = new PlotModel { Title = title, TitleFontSize = 14, TitleFontWeight = FontWeights.Bold, DefaultFont = "Arial, Helvetica, sans-serif", DefaultFontSize = 12, Padding = new OxyThickness(10), Background = OxyColors.White, PlotAreaBorderColor = OxyColors.Gray, TitleHorizontalAlignment = TitleHorizontalAlignment.CenteredWithinView };
        model.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomCenter, LegendPlacement = LegendPlacement.Outside, LegendOrientation = LegendOrientation.Horizontal, LegendItemSpacing = 14, LegendColumnSpacing = 14 });
        return model;
    }

    /// <summary>Names from top to bottom, at the left of bars.</summary>
    public static CategoryAxis Categories(string key, IEnumerable<string> names, bool visible = true) =>
        new() { Key = key, Position = AxisPosition.Left, StartPosition = 1, EndPosition = 0, ItemsSource = names.ToList(), GapWidth = 0.35, IsAxisVisible = visible, MajorTickSize = 0, AxisTickToLabelDistance = 8 };

    /// <summary>An axis of values from 0, below bars; it takes a part of the width.</summary>
    public static LinearAxis Values(string key, string title, double start = 0, double end = 1) => new()
    {
        Key = key,
        Title = title,
        Position = AxisPosition.Bottom,
        StartPosition = start,
        EndPosition = end,
        Minimum = 0,
        MinimumPadding = 0,
        MaximumPadding = 0.2,
        MinorTickSize = 0,
        MajorTickSize = 0,
        AxisTickToLabelDistance = 8,
        AxisTitleDistance = 8,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColor.FromRgb(0xe4, 0xe4, 0xe4),
    };

    /// <summary>Bars of one series.</summary>
    public static BarSeries Bars(string? title, OxyColor colour, string categories, string values, IEnumerable<double> numbers, bool stacked = false, string? label = "{0:G3}")
    {
        var bars = new BarSeries
        {
            Title = title,
            FillColor = colour,
            YAxisKey = categories,
            XAxisKey = values,
            IsStacked = stacked,
            LabelFormatString = label,
            LabelPlacement = LabelPlacement.Outside,
            LabelMargin = 5,
            FontSize = 10,
            RenderInLegend = title is not null,
        };
        bars.Items.AddRange(numbers.Select((n, i) => new BarItem(n, i)));
        return bars;
    }

    /// <summary>Writes it.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string file, PlotModel model, int width, int height)
    {
        using var stream = File.Create(file);
        new SvgExporter { Width = width, Height = height, TextMeasurer = new WideText(), UseVerticalTextAlignmentWorkaround = true }.Export(model, stream);
    }

    /// <summary>OxyPlot measures text as Arial; where that is missing it is drawn in a font that may be a third wider.</summary>
    private sealed class WideText() : PdfRenderContext(1, 1, OxyColors.White)
    {
        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
        {
            var size = base.MeasureText(text, fontFamily, fontSize, fontWeight);
            return new OxySize(1.4 * size.Width, 1.2 * size.Height);
        }
    }
}

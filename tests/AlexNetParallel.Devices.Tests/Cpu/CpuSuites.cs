using AlexNetParallel.Devices.Tests.Suites;

namespace AlexNetParallel.Devices.Tests.Cpu;

/// <summary>The suites on the CPU.</summary>
public sealed class CpuPoolingTests : PoolingSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuNormalizationTests : NormalizationSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuElementwiseTests : ElementwiseSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuDropoutTests : DropoutSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuLossTests : LossSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuUpdateTests : UpdateSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuSteadyStateTests : SteadyStateSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuConvolutionTests : ConvolutionSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuFullyConnectedTests : FullyConnectedSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuConvolutionSteadyStateTests : ConvolutionSteadyStateSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuBatchTests : BatchSuite<CpuVariants>;

/// <inheritdoc cref="CpuPoolingTests"/>
public sealed class CpuRealShapeTests(Xunit.Abstractions.ITestOutputHelper output) : RealShapeSuite<CpuVariants>(output);

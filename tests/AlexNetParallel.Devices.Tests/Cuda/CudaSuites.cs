using AlexNetParallel.Devices.Tests.Suites;

namespace AlexNetParallel.Devices.Tests.Cuda;

/// <summary>The suites on a CUDA device: the same tests as on the CPU.</summary>
public sealed class CudaPoolingTests : PoolingSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaNormalizationTests : NormalizationSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaElementwiseTests : ElementwiseSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaDropoutTests : DropoutSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaLossTests : LossSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaUpdateTests : UpdateSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaSteadyStateTests : SteadyStateSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaConvolutionTests : ConvolutionSuite<CudaVariants>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaFullyConnectedTests : FullyConnectedSuite<CudaProducts>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CublasFullyConnectedTests : FullyConnectedSuite<CudaWithCublas>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaConvolutionSteadyStateTests : ConvolutionSteadyStateSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaBatchTests : BatchSuite<CudaPlain>;

/// <inheritdoc cref="CudaPoolingTests"/>
public sealed class CudaRealShapeTests(Xunit.Abstractions.ITestOutputHelper output) : RealShapeSuite<CudaPlain>(output);

#include "cases.h"
#include <cmath>
#include <cstring>
#include <random>

namespace prove {

namespace {

std::mt19937 random_(7);

std::vector<float> floats(size_t n, float low = -1, float high = 1) {
    std::uniform_real_distribution<float> u(low, high);
    std::vector<float> v(n);
    for (float& x : v) x = u(random_);
    return v;
}

template <class T> std::vector<char> bytesOf(const std::vector<T>& v) {
    std::vector<char> b(v.size() * sizeof(T));
    memcpy(b.data(), v.data(), b.size());
    return b;
}

/// A dense tensor of some blocks, perhaps with a border on all sides.
struct Tensor {
    int channels, height, width, blocks, border;
    int data, table; // buffers
    int rowStride() const { return (width + 2 * border) * 32; }
    int channelStride() const { return (height + 2 * border) * rowStride(); }
    long long blockStride() const { return (long long)channels * channelStride(); }
    long origin() const { return 4l * (border * rowStride() + border * 32); }
};

/// Builds a case argument by argument.
class Builder {
public:
    Builder(const char* file, const char* kernel) { made.file = file; made.kernel = kernel; }

    int buffer(const char* name, std::vector<char> bytes, bool output = false, bool chosen = true) {
        made.buffers.push_back({name, std::move(bytes), output, chosen});
        return (int)made.buffers.size() - 1;
    }
    int numbers(const char* name, size_t n, bool output = false, float low = -1, float high = 1) { return buffer(name, bytesOf(floats(n, low, high)), output); }
    int table(const char* name, const std::vector<int>& values) { return buffer(name, bytesOf(values)); }

    Tensor tensor(const char* name, int channels, int height, int width, int blocks, bool output = false, int border = 0, float low = -1) {
        Tensor t{channels, height, width, blocks, border, 0, 0};
        t.data = numbers(name, (size_t)(blocks * t.blockStride()), output, low);
        std::vector<int> offsets;
        for (int c = 0; c < channels; c++) offsets.push_back(c * t.channelStride());
        t.table = table((std::string(name) + ".channels").c_str(), offsets);
        return t;
    }

    template <class T> Builder& value(T v) {
        Argument a;
        a.bytes.resize(sizeof v);
        memcpy(a.bytes.data(), &v, sizeof v);
        made.arguments.push_back(a);
        return *this;
    }
    Builder& ints(std::initializer_list<int> values) { for (int v : values) value(v); return *this; }
    Builder& pointer(int buffer, long offset = 0) {
        Argument a;
        a.bytes.resize(8);
        a.pointers.push_back({0, buffer, offset});
        made.arguments.push_back(a);
        return *this;
    }
    Builder& null() { return value(0ull); }
    static Argument viewOf(const Tensor& t) {
        Argument a;
        a.bytes.resize(32);
        const long long blockStride = t.blockStride();
        const int rowStride = t.rowStride();
        memcpy(a.bytes.data() + 16, &blockStride, 8);
        memcpy(a.bytes.data() + 24, &rowStride, 4);
        a.pointers = {{0, t.data, t.origin()}, {8, t.table, 0}};
        return a;
    }
    Builder& view(const Tensor& t) { made.arguments.push_back(viewOf(t)); return *this; }

    Case launch(unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by = 1) {
        const unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, 1};
        memcpy(made.grid, grid, sizeof grid);
        memcpy(made.block, block, sizeof block);
        return made;
    }
    Case units(int units, int blocks) { return launch((unsigned)(units * 8 + 255) / 256, 1, (unsigned)blocks, 256); }

private:
    Case made;
};

constexpr int Blocks = 2;

/// 3 x 3, stride 1, border 1; as many pixels as fill some tiles, the last in part.
Case convTaps(const char* kernel, int M, unsigned BM, unsigned threads, bool places) {
    const int C = 3, H = 3, W = 3, K = C * 9;
    Builder b("conv_taps.cu", kernel);
    const Tensor x = b.tensor("input", C, H, W, Blocks, false, 1), y = b.tensor("output", M, H, W, Blocks, true);
    std::vector<int> taps, where;
    for (int c = 0; c < C; c++)
        for (int ky = 0; ky < 3; ky++)
            for (int kx = 0; kx < 3; kx++) {
                taps.push_back(c * x.channelStride() + ky * x.rowStride() + kx * 32);
                where.push_back((ky - 1) << 16 | ((kx - 1) & 0xffff));
            }
    // With places the border is not read: the input's end is not needed then.
    b.pointer(x.data).value(x.blockStride()).ints({x.rowStride(), 32}).pointer(b.table("taps", taps));
    if (places) b.pointer(b.table("places", where)); else b.null();
    b.ints({H, W, K}).pointer(b.numbers("weights", (size_t)K * M)).pointer(b.numbers("bias", (size_t)M));
    b.pointer(y.data).value(y.blockStride()).pointer(y.table).ints({y.rowStride(), 32, M, H, W, 1});
    Case c = b.launch((H * W + 3) / 4, ((unsigned)M + BM - 1) / BM, Blocks, threads);
    if (places) c.buffers[(size_t)x.data].chosen = false;
    c.buffers[(size_t)x.table].chosen = false; // the taps' table has the channels' offsets in it
    return c;
}

Case convWeightGradient(const char* kernel, int M, unsigned BN) {
    const int C = 3, H = 3, W = 3, K = C * 9, parts = 2;
    Builder b("conv_weight_gradient.cu", kernel);
    const Tensor x = b.tensor("input", C, H, W, Blocks, false, 1), dy = b.tensor("dy", M, H, W, Blocks);
    std::vector<int> taps;
    for (int c = 0; c < C; c++)
        for (int k = 0; k < 9; k++) taps.push_back(c * x.channelStride() + k / 3 * x.rowStride() + k % 3 * 32);
    b.pointer(x.data).value(x.blockStride()).ints({x.rowStride(), 32}).pointer(b.table("taps", taps)).ints({K});
    b.pointer(dy.data).value(dy.blockStride()).pointer(dy.table).ints({dy.rowStride(), M, H, W, parts});
    b.pointer(b.numbers("partials", (size_t)Blocks * parts * K * M, true));
    Case c = b.launch(1, ((unsigned)M + BN - 1) / BN, Blocks * parts, BN * 2);
    c.buffers[(size_t)x.table].chosen = false;
    return c;
}

Case gemm(const char* kernel, bool turnedA, bool turnedB, int M, int N, int K, int parts) {
    Builder b("gemm.cu", kernel);
    b.ints({M, N, K}).pointer(b.numbers("A", (size_t)M * K)).ints({turnedA ? K : M}).pointer(b.numbers("B", (size_t)N * K)).ints({turnedB ? K : N});
    b.pointer(b.numbers("C", (size_t)M * N * parts, true)).ints({N, parts}).value((long long)M * N);
    return b.launch((unsigned)(M + 63) / 64, (unsigned)(N + 127) / 128, (unsigned)parts, 128);
}

void addMatrixKernels(std::vector<Case>& cases) {
    cases.push_back(convTaps("conv_taps_128x128", 132, 128, 256, false));
    cases.push_back(convTaps("conv_taps_64x128", 68, 64, 128, false));
    cases.push_back(convTaps("conv_taps_48x128", 48, 48, 96, false));
    cases.push_back(convTaps("conv_taps_32x128", 36, 32, 64, false));
    cases.push_back(convTaps("conv_taps_any", 7, 64, 128, false));
    cases.push_back(convTaps("conv_taps_any", 7, 64, 128, true));
    cases.push_back(convWeightGradient("conv_weight_gradient_128x128", 130, 128));
    cases.push_back(convWeightGradient("conv_weight_gradient_128x64", 66, 64));
    cases.push_back(convWeightGradient("conv_weight_gradient_128x48", 49, 48));
    cases.push_back(convWeightGradient("conv_weight_gradient_128x32", 7, 32));
    cases.push_back(gemm("sgemm_tn_64x128", false, false, 68, 160, 40, 2));
    cases.push_back(gemm("sgemm_tn_any", false, false, 7, 32, 19, 1));
    cases.push_back(gemm("sgemm_nn_64x128", true, false, 68, 160, 40, 2));
    cases.push_back(gemm("sgemm_nn_any", true, false, 7, 32, 19, 1));
    cases.push_back(gemm("sgemm_nt_64x128", true, true, 67, 130, 32, 1));
    for (int outputs : {132, 7}) {
        Builder b("gemm.cu", "fc_update_64x128");
        const int inputs = 67, cases_ = 32;
        b.ints({inputs, outputs, cases_}).pointer(b.numbers("X", (size_t)inputs * cases_)).ints({cases_}).pointer(b.numbers("dY", (size_t)outputs * cases_)).ints({cases_});
        b.pointer(b.numbers("weights", (size_t)inputs * outputs, true)).pointer(b.numbers("momentum", (size_t)inputs * outputs, true)).value(0.9f).value(0.01f).value(0.001f);
        cases.push_back(b.launch(2, (unsigned)(outputs + 127) / 128, 1, 128));
    }
}

void addConvolutionHelpers(std::vector<Case>& cases) {
    {
        Builder b("conv_weight_gradient.cu", "conv_weight_gradient_sum");
        b.pointer(b.numbers("partials", Blocks * 3 * 300)).ints({3, Blocks}).value(300ll).pointer(b.numbers("gradient", 300, true)).ints({0});
        cases.push_back(b.launch(2, 1, 1, 256));
    }
    {
        Builder b("conv_pack.cu", "pack_gradient_weights");
        const int C = 35, kernels = 33;
        b.pointer(b.numbers("weights", (size_t)C * 4 * kernels)).pointer(b.table("phaseTaps", {1, 3})).ints({2, 4, C, kernels}).pointer(b.numbers("packed", (size_t)kernels * 2 * C, true));
        cases.push_back(b.launch(2, 2, 2, 32, 8));
    }
    {
        Builder b("conv_pack.cu", "clear_phase");
        const Tensor y = b.tensor("output", 3, 2, 2, Blocks, true);
        b.pointer(y.data).value(y.blockStride()).pointer(y.table).ints({y.rowStride(), 32, 3, 2, 2});
        cases.push_back(b.units(12, Blocks));
    }
    {
        Builder b("bias_gradient.cu", "bias_gradient");
        const Tensor dy = b.tensor("dy", 3, 7, 5, Blocks);
        b.view(dy).ints({7, 5, Blocks}).pointer(b.numbers("gradient", 3, true)).ints({0});
        cases.push_back(b.launch(3, 1, 1, 256));
    }
}

void addPointwise(std::vector<Case>& cases) {
    const int C = 3, H = 3, W = 5, units = C * H * W;
    {
        Builder b("matrix.cu", "flatten");
        const Tensor x = b.tensor("x", C, H, W, Blocks);
        b.view(x).ints({C, H, W}).pointer(b.numbers("matrix", (size_t)units * Blocks * 32, true)).ints({Blocks * 32});
        cases.push_back(b.units(units, Blocks));
    }
    {
        Builder b("matrix.cu", "finish_matrix");
        const int n = units * Blocks * 32;
        b.pointer(b.numbers("matrix", (size_t)n * 2)).ints({Blocks * 32, 2}).value((long long)n).pointer(b.numbers("bias", C));
        const Tensor y = b.tensor("y", C, H, W, Blocks, true);
        b.view(y).ints({C, H, W, 2});
        cases.push_back(b.units(units, Blocks));
    }
    {
        Builder b("neuron.cu", "neuron_gradient");
        const Tensor y = b.tensor("y", C, H, W, Blocks), dy = b.tensor("dy", C, H, W, Blocks, true);
        b.view(y).view(dy).ints({C, H, W, 1});
        cases.push_back(b.units(units, Blocks));
    }
    {
        Builder b("dropout.cu", "dropout_mask");
        const Tensor x = b.tensor("x", C, H, W, Blocks), y = b.tensor("y", C, H, W, Blocks, true);
        b.view(x).view(y).ints({C, H, W, 11, 1}).value(5u).value(6u).value(7u).value(8u).value(1u << 23);
        cases.push_back(b.units(units, Blocks));
    }
    {
        Builder b("dropout.cu", "dropout_scale");
        const Tensor x = b.tensor("x", C, H, W, Blocks), y = b.tensor("y", C, H, W, Blocks, true);
        b.view(x).view(y).ints({C, H, W}).value(0.5f);
        cases.push_back(b.units(units, Blocks));
    }
    {
        Builder b("sum.cu", "sum_views");
        const Tensor y = b.tensor("destination", C, H, W, Blocks, true), p = b.tensor("first", C, H, W, Blocks), q = b.tensor("second", C, H, W, Blocks);
        const int sources = b.buffer("sources", std::vector<char>(64), false, false);
        b.view(y).pointer(sources).ints({2, C, H, W});
        Case c = b.units(units, Blocks);
        // The sources' addresses are known when the buffers are: the runner writes them.
        Argument list;
        list.bytes.resize(64);
        for (int i = 0; i < 2; i++) {
            const Argument one = Builder::viewOf(i == 0 ? p : q);
            memcpy(list.bytes.data() + 32 * i, one.bytes.data(), 32);
            for (auto pointer : one.pointers) list.pointers.push_back({pointer.at + 32 * (size_t)i, pointer.buffer, pointer.offset});
        }
        list.pointers.push_back({(size_t)-1, sources, 0});
        c.arguments.push_back(list);
        cases.push_back(c);
    }
    {
        Builder b("sum.cu", "sum_buffers");
        const int p = b.numbers("first", 300), q = b.numbers("second", 300), sources = b.buffer("sources", std::vector<char>(16), false, false);
        b.pointer(b.numbers("destination", 300, true)).pointer(sources).ints({2}).value(300ll);
        Case c = b.launch(2, 1, 1, 256);
        Argument list;
        list.bytes.resize(16);
        list.pointers = {{0, p, 0}, {8, q, 0}, {(size_t)-1, sources, 0}};
        c.arguments.push_back(list);
        cases.push_back(c);
    }
    {
        Builder b("update.cu", "update");
        b.pointer(b.numbers("weights", 300, true)).pointer(b.numbers("momentum", 300, true)).pointer(b.numbers("gradient", 300)).value(300ll).value(0.9f).value(0.01f).value(0.001f);
        cases.push_back(b.launch(1, 1, 1, 256));
    }
    struct Box { long long offset; int planes, rows, length, reserved; long long planeStride, rowStride; };
    for (const char* kernel : {"copy_box", "copy_box4", "add_box", "add_box4"}) {
        Builder b("copy_box.cu", kernel);
        const Box from{8, 2, 3, 16, 0, 100, 20}, to{0, 1, 1, 96, 0, 0, 0};
        b.pointer(b.numbers("source", 8 + 100 + 2 * 20 + 16)).value(from).pointer(b.numbers("destination", 96, true)).value(to).value(96ll);
        cases.push_back(b.launch(1, 1, 1, 256));
    }
    {
        Builder b("softmax.cu", "softmax_log_loss");
        const int classes = 19;
        const Tensor x = b.tensor("logits", classes, 1, 1, Blocks), p = b.tensor("probabilities", classes, 1, 1, Blocks, true), g = b.tensor("gradient", classes, 1, 1, Blocks, true);
        std::vector<int> labels;
        for (int i = 0; i < Blocks * 32; i++) labels.push_back(i * 7 % classes);
        b.view(x).view(p).view(g).ints({1, classes}).pointer(b.table("labels", labels)).ints({Blocks * 32}).pointer(b.buffer("results", std::vector<char>(Blocks * 32 * 24), true));
        cases.push_back(b.launch(Blocks, 1, 1, 256));
    }
    {
        Builder b("input.cu", "input_stage");
        const int H_ = 2, W_ = 37, images = Blocks * 32;
        const Tensor x = b.tensor("x", 3, H_, W_, Blocks, true);
        std::vector<char> pixels((size_t)3 * H_ * W_);
        for (char& c : pixels) c = (char)random_();
        const int image = b.buffer("pixels", pixels), mean = b.numbers("mean", pixels.size(), false, 0, 255);
        const int cases_ = b.buffer("cases", std::vector<char>((size_t)images * 32), false, false);
        b.view(x).pointer(cases_).ints({images, H_, W_, H_, W_}).value(0.5f);
        Case c = b.launch(2, 3 * H_, Blocks, 32, 8);
        Argument list;
        list.bytes.resize((size_t)images * 32);
        for (int i = 0; i < images; i++) {
            const float shift[3] = {1, 2, 3};
            memcpy(list.bytes.data() + 32 * i + 16, shift, 12);
            list.bytes[32 * (size_t)i + 28] = (char)(i % 2);
            list.pointers.push_back({32 * (size_t)i, image, 0});
            list.pointers.push_back({32 * (size_t)i + 8, mean, 0});
        }
        list.pointers.push_back({(size_t)-1, cases_, 0});
        c.arguments.push_back(list);
        cases.push_back(c);
    }
}

void addWindows(std::vector<Case>& cases) {
    const int C = 19, H = 5, W = 5, units = C * H * W;
    for (int first : {0, 1}) {
        Builder b("pooling.cu", "max_pool_input_gradient");
        const Tensor x = b.tensor("x", 3, H, W, Blocks), y = b.tensor("y", 3, 2, 2, Blocks), dy = b.tensor("dy", 3, 2, 2, Blocks), dx = b.tensor("dx", 3, H, W, Blocks, true);
        b.view(x).view(y).view(dy).view(dx).ints({3, H, W, 3, 2, 0, 2, 2, first, 0});
        Case c = b.units(3 * H * W, Blocks);
        // Maxima must be equal for a gradient to pass: one number everywhere.
        for (const Tensor& t : {x, y}) c.buffers[(size_t)t.data].bytes = bytesOf(std::vector<float>((size_t)(Blocks * t.blockStride()), 0.5f));
        // A shift by a float reads another 0.5: the vectors' alignment shows it.
        cases.push_back(c);
    }
    {
        Builder b("pooling.cu", "max_pool_forward");
        const Tensor x = b.tensor("x", 3, H, W, Blocks), y = b.tensor("y", 3, 2, 2, Blocks, true);
        b.view(x).view(y).ints({3, H, W, 3, 2, 0, 2, 2, 1});
        cases.push_back(b.units(12, Blocks));
    }
    {
        Builder b("normalization5.cu", "normalize_across5");
        const Tensor x = b.tensor("x", C, H, W, Blocks), y = b.tensor("y", C, H, W, Blocks, true);
        b.view(x).view(y).ints({C, H, W}).value(1.0f).value(0.5f).value(0.75f);
        cases.push_back(b.launch(1, 2, Blocks, 256));
    }
    {
        Builder b("normalization5.cu", "normalize_across5_gradient");
        const Tensor x = b.tensor("x", C, H, W, Blocks), dy = b.tensor("dy", C, H, W, Blocks), dx = b.tensor("dx", C, H, W, Blocks, true);
        b.view(x).view(dy).view(dx).ints({C, H, W}).value(1.0f).value(0.5f).value(0.75f);
        cases.push_back(b.launch(1, 2, Blocks, 256));
    }
    for (const char* kernel : {"normalize_across", "normalize_same"}) {
        Builder b("normalization.cu", kernel);
        const Tensor x = b.tensor("x", C, H, W, Blocks), y = b.tensor("y", C, H, W, Blocks, true);
        b.view(x).view(y).ints({C, H, W, 3}).value(1.0f).value(0.5f).value(0.75f);
        cases.push_back(b.units(units, Blocks));
    }
    for (const char* kernel : {"normalize_across_terms", "normalize_same_terms"}) {
        Builder b("normalization.cu", kernel);
        const Tensor x = b.tensor("x", C, H, W, Blocks), dy = b.tensor("dy", C, H, W, Blocks), dx = b.tensor("dx", C, H, W, Blocks, true);
        b.view(x).view(dy).view(dx).pointer(b.numbers("terms", (size_t)units * Blocks * 32, true)).ints({C, H, W, 3}).value(1.0f).value(0.5f).value(0.75f);
        cases.push_back(b.units(units, Blocks));
    }
    for (const char* kernel : {"normalize_across_finish", "normalize_same_finish"}) {
        Builder b("normalization.cu", kernel);
        const Tensor x = b.tensor("x", C, H, W, Blocks), dx = b.tensor("dx", C, H, W, Blocks, true);
        b.view(x).view(dx).pointer(b.numbers("terms", (size_t)units * Blocks * 32)).ints({C, H, W, 3}).value(0.5f).value(0.75f);
        cases.push_back(b.units(units, Blocks));
    }
}

} // namespace

std::vector<Case> allCases() {
    std::vector<Case> cases;
    addMatrixKernels(cases);
    addConvolutionHelpers(cases);
    addPointwise(cases);
    addWindows(cases);
    return cases;
}

Outcome run(const Case& what, const std::string& ptx, Change change) {
    Session session;
    std::vector<Address> addresses;
    for (size_t i = 0; i < what.buffers.size(); i++)
        addresses.push_back(session.upload(what.buffers[i].bytes, what.buffers[i].bytes.size() - (change.buffer == (int)i ? (size_t)change.shorten : 0)));
    auto resolve = [&](Argument a) {
        for (const auto& p : a.pointers) {
            if (p.at == (size_t)-1) continue;
            const Address at = addresses[(size_t)p.buffer] + (Address)p.offset + (change.buffer == p.buffer ? (Address)change.shift : 0);
            memcpy(a.bytes.data() + p.at, &at, 8);
        }
        return a.bytes;
    };
    std::vector<std::vector<char>> arguments;
    for (const Argument& a : what.arguments) {
        if (a.pointers.empty() || a.pointers.back().at != (size_t)-1) { arguments.push_back(resolve(a)); continue; }
        // A list of addresses in device memory: written now, in place of the buffer that was to hold it.
        const int buffer = a.pointers.back().buffer;
        addresses[(size_t)buffer] = session.upload(resolve(a), a.bytes.size());
        for (size_t i = 0; i < arguments.size(); i++) if (!what.arguments[i].pointers.empty()) arguments[i] = resolve(what.arguments[i]);
    }
    Outcome outcome;
    outcome.fault = session.launch(ptx, what.kernel, what.grid, what.block, arguments);
    if (!outcome.fault.empty()) return outcome;
    for (size_t i = 0; i < what.buffers.size(); i++)
        if (what.buffers[i].output) outcome.outputs.push_back(session.download(addresses[i], what.buffers[i].bytes.size() - (change.buffer == (int)i ? (size_t)change.shorten : 0)));
    return outcome;
}

bool differs(const Outcome& good, const Outcome& changed) {
    if (!changed.fault.empty()) return true;
    for (size_t o = 0; o < good.outputs.size(); o++) {
        const auto& a = good.outputs[o];
        const auto& b = changed.outputs[o];
        float largest = 0;
        for (size_t i = 0; i + 4 <= a.size(); i += 4) { float x; memcpy(&x, &a[i], 4); if (std::fabs(x) > largest && std::isfinite(x)) largest = std::fabs(x); }
        for (size_t i = 0; i + 4 <= std::min(a.size(), b.size()); i += 4) {
            float x, y;
            memcpy(&x, &a[i], 4);
            memcpy(&y, &b[i], 4);
            if (!(std::fabs(x - y) <= 1e-3f * largest) && memcmp(&x, &y, 4) != 0) return true;
        }
    }
    return false;
}

} // namespace prove

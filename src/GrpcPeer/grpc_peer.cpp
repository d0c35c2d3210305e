// C++ gRPC doing what the grpc transport does: a long-lived duplex stream of the messages of proto/exchange.proto, from memory to memory. For `alexnet bench comm`, which
// sets it beside our own.
//
//   grpc_peer tcp|unix BYTES ONE|BOTH REPEATS    prints the median seconds until all payloads lie in their places
//   grpc_peer tcp|unix BYTES ECHO REPEATS        prints the median seconds until the answer of the same size is there
//
// The payload is never made a protobuf object: it goes out as a slice of the caller's memory and comes in as slices of what was received (grpc::ByteBuffer), which are copied to their
// place; the fields before it are written by hand. So nothing is measured but gRPC.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/method_handler.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

const char *const kMethod = "/alexnet.exchange.Exchange/Open";

// A message of slab 1, tick 1 with the payload as it lies.
grpc::ByteBuffer Message(const char *payload, size_t bytes) {
    std::string head = {0x08, 1, 0x10, 1, 0x7a};
    for (size_t rest = bytes;; rest >>= 7) {
        if (rest < 0x80) {
            head += static_cast<char>(rest);
            break;
        }
        head += static_cast<char>(rest | 0x80);
    }
    grpc::Slice slices[2] = {grpc::Slice(head), grpc::Slice(payload, bytes, grpc::Slice::STATIC_SLICE)};
    return grpc::ByteBuffer(slices, 2);
}

// Copies the payload, which is the last of the message, to its place.
void Place(grpc::ByteBuffer &message, char *to, size_t bytes) {
    std::vector<grpc::Slice> slices;
    if (!message.Dump(&slices).ok()) std::abort();
    size_t skip = message.Length() - bytes;
    for (const grpc::Slice &slice : slices) {
        const size_t drop = std::min(skip, slice.size());
        skip -= drop;
        std::memcpy(to, slice.begin() + drop, slice.size() - drop);
        to += slice.size() - drop;
    }
}

// One after another: threads that wait for their next turn.
class Turn {
public:
    void Give() {
        std::lock_guard<std::mutex> hold(gate_);
        ++given_;
        changed_.notify_one();
    }

    void Wait() {
        std::unique_lock<std::mutex> hold(gate_);
        changed_.wait(hold, [this] { return given_ > taken_; });
        ++taken_;
    }

private:
    std::mutex gate_;
    std::condition_variable changed_;
    long given_ = 0, taken_ = 0;
};

struct Game {
    size_t bytes;
    bool both, echo;
    int turns;
    std::vector<char> to_server, at_server, to_client, at_client;
    Turn client_sends, server_sends, done;
};

template <class Stream> void SendAll(Stream &stream, Game &game, Turn &turn, const std::vector<char> &from) {
    for (int i = 0; i < game.turns; ++i) {
        turn.Wait();
        if (!stream.Write(Message(from.data(), game.bytes))) std::abort();
    }
}

template <class Stream, class Then> void ReceiveAll(Stream &stream, Game &game, std::vector<char> &to, Then then) {
    grpc::ByteBuffer message;
    for (int i = 0; i < game.turns; ++i) {
        if (!stream.Read(&message)) std::abort();
        Place(message, to.data(), game.bytes);
        then();
    }
}

class Exchange final : public grpc::Service {
public:
    explicit Exchange(Game &game) : game_(game) {
        using Handler = grpc::internal::BidiStreamingHandler<Exchange, grpc::ByteBuffer, grpc::ByteBuffer>;
        AddMethod(new grpc::internal::RpcServiceMethod(
            kMethod, grpc::internal::RpcMethod::BIDI_STREAMING,
            new Handler([](Exchange *self, grpc::ServerContext *, grpc::ServerReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> *stream) { return self->Open(*stream); }, this)));
    }

private:
    grpc::Status Open(grpc::ServerReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> &stream) {
        std::thread sender;
        if (game_.both || game_.echo) sender = std::thread([&] { SendAll(stream, game_, game_.server_sends, game_.to_client); });
        ReceiveAll(stream, game_, game_.at_server, [&] { (game_.echo ? game_.server_sends : game_.done).Give(); });
        if (sender.joinable()) sender.join();
        return grpc::Status::OK;
    }

    Game &game_;
};

} // namespace

int main(int argc, char **argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: grpc_peer tcp|unix BYTES ONE|BOTH|ECHO REPEATS\n");
        return 2;
    }
    const int warm_up = 5, repeats = std::atoi(argv[4]);
    Game game;
    game.bytes = std::strtoull(argv[2], nullptr, 10);
    game.both = std::string(argv[3]) == "BOTH";
    game.echo = std::string(argv[3]) == "ECHO";
    game.turns = warm_up + repeats;
    for (auto *memory : {&game.to_server, &game.at_server, &game.to_client, &game.at_client}) memory->assign(game.bytes, 1);

    char folder[] = "/tmp/alexnet-grpc-XXXXXX";
    const bool local = std::string(argv[1]) == "unix";
    if (local && mkdtemp(folder) == nullptr) return 1;
    std::string address = local ? "unix:" + std::string(folder) + "/s" : "127.0.0.1:0";
    // As few frames, and as seldom a wait for a window, as the library can be told.
    const int largest_frame = (1 << 24) - 1, window = 1 << 26;
    Exchange service(game);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    builder.SetMaxReceiveMessageSize(-1);
    builder.SetMaxSendMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, largest_frame);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, window);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, 1 << 20);
    std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (server == nullptr) return 1;
    if (!local) address = "127.0.0.1:" + std::to_string(port);

    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetMaxSendMessageSize(-1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, largest_frame);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, window);
    arguments.SetInt(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, 1 << 20);
    auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    grpc::ClientContext context;
    const grpc::internal::RpcMethod method(kMethod, grpc::internal::RpcMethod::BIDI_STREAMING, channel);
    std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(channel.get(), method, &context));

    std::thread sender([&] { SendAll(*stream, game, game.client_sends, game.to_server); });
    std::thread receiver;
    if (game.both || game.echo) receiver = std::thread([&] { ReceiveAll(*stream, game, game.at_client, [&] { game.done.Give(); }); });
    std::vector<double> times;
    for (int i = 0; i < game.turns; ++i) {
        const auto began = std::chrono::steady_clock::now();
        game.client_sends.Give();
        if (game.both) game.server_sends.Give();
        game.done.Wait();
        if (game.both) game.done.Wait();
        if (i >= warm_up) times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    }
    sender.join();
    if (receiver.joinable()) receiver.join();
    stream->WritesDone();
    const bool ok = stream->Finish().ok();
    server->Shutdown();
    if (local) {
        unlink((std::string(folder) + "/s").c_str());
        rmdir(folder);
    }
    std::sort(times.begin(), times.end());
    std::printf("%.9f\n", times[times.size() / 2]);
    return ok ? 0 : 1;
}

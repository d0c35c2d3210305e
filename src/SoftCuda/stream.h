// Streams: a thread each, that does what was asked in order. Contexts, which own them. Events.
#pragma once
#include "runner.h"
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <map>
#include <thread>

namespace soft {

class Context;

class Stream {
public:
    using Task = std::function<void(Runner&)>;

    Stream(Context& context, bool blocking);
    ~Stream(); // does what was asked first
    Context& context() const { return owner; }
    bool blocking() const { return blocks; }

    /// Appends work; it waits for everything before it. Returns its number.
    uint64_t enqueue(Task task);
    /// Number of the last piece of work.
    uint64_t last();
    void wait(uint64_t number);
    void wait() { wait(last()); }
    bool idle();

private:
    Context& owner;
    bool blocks;
    std::mutex lock;
    std::condition_variable changed;
    std::deque<Task> queue;
    uint64_t asked = 0, done = 0;
    bool ending = false;
    std::thread thread; // last: starts when all else is there

    void work();
};

/// One record of an event.
struct Completion {
    std::mutex lock;
    std::condition_variable changed;
    bool done = false;
    std::chrono::steady_clock::time_point time;
    void complete();
    void wait();
    bool isDone();
};
struct Event {
    std::mutex lock;
    std::shared_ptr<Completion> record; // the last; null before
    bool timed = true;
};

class Context {
public:
    explicit Context(int device) : device(device) {}
    const int device;
    std::atomic<unsigned> peers{0}; // bit set of devices whose memory it may reach
    unsigned references = 0;

    /// The first fault; all work after it is dropped, all calls return it.
    void fail(const Fault& fault);
    int error() const { return code.load(); }
    unsigned reachable() const { return peers.load() | 1u << device; }

    Stream* addStream(bool blocking);
    void removeStream(Stream* stream);
    bool owns(Stream* stream);
    /// Appends to a stream; null is the default stream, which all blocking streams wait for and which waits for them.
    /// After a fault only what is marked always is done: others wait for it.
    void enqueue(Stream* stream, Stream::Task task, bool always = false);
    /// Waits for a stream, null: the default one.
    void synchronize(Stream* stream);
    bool idle(Stream* stream);
    /// Waits for all streams.
    void synchronize();

private:
    std::atomic<int> code{0};
    std::mutex lock;
    std::map<Stream*, std::shared_ptr<Stream>> streams;
    std::shared_ptr<Stream> standard;
    std::shared_ptr<Stream> resolve(Stream* stream);
};

/// The text of the last fault of any context, for cuGetErrorString.
std::string lastFault();

} // namespace soft

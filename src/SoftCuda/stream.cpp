#include "stream.h"
#include "settings.h"

namespace soft {

namespace {
std::mutex faultLock;
std::string faultText;
}

std::string lastFault() {
    std::lock_guard guard(faultLock);
    return faultText;
}

Stream::Stream(Context& context, bool blocking) : owner(context), blocks(blocking), thread([this] { work(); }) {}

Stream::~Stream() {
    {
        std::lock_guard guard(lock);
        ending = true;
    }
    changed.notify_all();
    thread.join();
}

uint64_t Stream::enqueue(Task task) {
    std::lock_guard guard(lock);
    queue.push_back(std::move(task));
    changed.notify_all();
    return ++asked;
}

uint64_t Stream::last() {
    std::lock_guard guard(lock);
    return asked;
}

void Stream::wait(uint64_t number) {
    std::unique_lock guard(lock);
    changed.wait(guard, [&] { return done >= number; });
}

bool Stream::idle() {
    std::lock_guard guard(lock);
    return done == asked;
}

void Stream::work() {
    // Signals that the host's runtime expects on its own threads are not for this one.
    sigset_t all;
    sigfillset(&all);
    for (int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&all, s);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    const Settings& settings = Settings::get();
    static std::atomic<unsigned> number{0};
    std::mt19937 random(settings.seed + number++);
    Runner runner;
    std::unique_lock guard(lock);
    for (;;) {
        changed.wait(guard, [&] { return !queue.empty() || ending; });
        if (queue.empty()) return;
        Task task = std::move(queue.front());
        queue.pop_front();
        guard.unlock();
        if (settings.delay) std::this_thread::sleep_for(std::chrono::microseconds(random() % (settings.delay + 1)));
        task(runner);
        task = nullptr; // what it holds is released before it counts as done
        guard.lock();
        done++;
        changed.notify_all();
    }
}

void Completion::complete() {
    std::lock_guard guard(lock);
    time = std::chrono::steady_clock::now();
    done = true;
    changed.notify_all();
}

void Completion::wait() {
    std::unique_lock guard(lock);
    changed.wait(guard, [&] { return done; });
}

bool Completion::isDone() {
    std::lock_guard guard(lock);
    return done;
}

void Context::fail(const Fault& fault) {
    int none = 0;
    if (!code.compare_exchange_strong(none, fault.code)) return;
    std::lock_guard guard(faultLock);
    faultText = fault.text;
}

Stream* Context::addStream(bool blocking) {
    auto stream = std::make_shared<Stream>(*this, blocking);
    std::lock_guard guard(lock);
    return (streams[stream.get()] = stream).get();
}

void Context::removeStream(Stream* stream) {
    std::shared_ptr<Stream> last; // work in the default stream may still hold another reference
    {
        std::lock_guard guard(lock);
        auto found = streams.find(stream);
        if (found == streams.end()) return;
        last = std::move(found->second);
        streams.erase(found);
    }
    last->wait();
}

bool Context::owns(Stream* stream) {
    std::lock_guard guard(lock);
    return stream == nullptr || streams.count(stream);
}

std::shared_ptr<Stream> Context::resolve(Stream* stream) {
    if (stream) return streams.at(stream);
    if (!standard) standard = std::make_shared<Stream>(*this, true);
    return standard;
}

void Context::enqueue(Stream* which, Stream::Task task, bool always) {
    std::lock_guard guard(lock);
    const std::shared_ptr<Stream> stream = resolve(which);
    std::vector<std::pair<std::shared_ptr<Stream>, uint64_t>> before;
    if (stream == standard) {
        for (auto& [other, held] : streams) if (other->blocking()) before.emplace_back(held, other->last());
    } else if (stream->blocking() && standard) {
        before.emplace_back(standard, standard->last());
    }
    stream->enqueue([this, always, before = std::move(before), task = std::move(task)](Runner& runner) {
        for (auto& [other, number] : before) other->wait(number);
        if (always || error() == 0) task(runner);
    });
}

void Context::synchronize(Stream* which) {
    std::shared_ptr<Stream> stream;
    {
        std::lock_guard guard(lock);
        stream = resolve(which);
    }
    stream->wait();
}

bool Context::idle(Stream* which) {
    std::lock_guard guard(lock);
    return resolve(which)->idle();
}

void Context::synchronize() {
    std::vector<std::shared_ptr<Stream>> all;
    {
        std::lock_guard guard(lock);
        for (auto& [stream, held] : streams) all.push_back(held);
        if (standard) all.push_back(standard);
    }
    for (auto& s : all) s->wait();
}

} // namespace soft

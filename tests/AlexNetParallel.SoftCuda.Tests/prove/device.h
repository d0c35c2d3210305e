// The software device as the proofs use it: through the driver API's functions, like any program.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace prove {

using Address = unsigned long long;

/// Loads libcuda.so.1 from a folder. Throws std::runtime_error.
void openDriver(const std::string& folder);

/// A function of the driver by name. Throws std::runtime_error.
void* driverFunction(const char* name);

/// Calls it.
template <class... A> int call(const char* name, A... arguments) { return ((int (*)(A...))driverFunction(name))(arguments...); }

/// "700 an illegal memory access was encountered (...)".
std::string describe(int code);

/// A context, with its memory; after a fault a new one is needed.
class Session {
public:
    Session();
    ~Session();
    Session(const Session&) = delete;
    Address upload(const std::vector<char>& bytes, size_t size); // the first size bytes, at the end of an allocation of that size
    std::vector<char> download(Address from, size_t bytes);
    /// Empty, or what the driver said.
    std::string launch(const std::string& ptx, const std::string& kernel, const unsigned (&grid)[3], const unsigned (&block)[3], const std::vector<std::vector<char>>& arguments);

private:
    void* context = nullptr;
    std::vector<Address> owned;
    bool failed = false;
};

} // namespace prove

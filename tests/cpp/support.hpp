/* What the C++ tests share: the servers as child processes, and what is left when a test ends. */
#ifndef MATRIX_CAPI_TESTS_SUPPORT_HPP
#define MATRIX_CAPI_TESTS_SUPPORT_HPP

#include <matrix_capi.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

using json = nlohmann::json;

/// A file or folder of the project.
std::string in_project(std::string_view path);

/// The value of an environment variable that tests/cpp/test.sh sets.
std::string environment(const char* name);

/// Asks every few milliseconds; false after that time.
template <class Condition>
bool within(std::chrono::milliseconds time, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

/// A child process with pipes; destroying it closes its input and waits for its end.
class Child {
public:
    explicit Child(const std::vector<std::string>& command,
                   const std::vector<std::string>& variables = {});
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    void write(std::string_view text);
    /// The next line of what it prints, without the line end; empty at the end.
    std::string read_line();
    json read_json() { return json::parse(read_line()); }
    /// Closes its input, reads what it still prints, and gives its exit code.
    int finish(std::string& printed);

private:
    pid_t pid_ = -1;
    FILE* input_ = nullptr;
    FILE* output_ = nullptr;
};

/// A script of the scripted server under a name of its own; destroying it ends its open requests.
class Script {
public:
    template <class... Replies>
    explicit Script(const Replies&... replies) : Script(Whole(), json::array({replies...})) {}

    struct Whole {};
    Script(Whole, const json& replies);

    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script();

    const std::string& url() const { return url_; }
    /// {"requests": [...], "open", "closed_early"}
    json state() const;
    bool wait_for_requests(std::size_t count) const;
    void replace(const json& replies) const;

private:
    std::string name_;
    std::string url_;
};

/// The reply with that body.
inline json answer(const json& body) {
    return {{"json", body}};
}

/// A loopback port that is taken and on which nobody listens.
class RefusedPort {
public:
    RefusedPort();
    RefusedPort(const RefusedPort&) = delete;
    RefusedPort& operator=(const RefusedPort&) = delete;
    ~RefusedPort();

    std::string url() const;

private:
    int socket_ = -1;
    int port_ = 0;
};

/// A test that must give back everything that the library handed out.
struct NothingLeft {
    ~NothingLeft() { CHECK(matrix::debug_live_objects() == 0); }
};

namespace doctest {
template <>
struct StringMaker<matrix::Status> {
    static String convert(matrix::Status status) { return matrix::name(status).data(); }
};
template <>
struct StringMaker<std::optional<std::string_view>> {
    static String convert(const std::optional<std::string_view>& text) {
        return std::string(text.value_or("nothing")).c_str();
    }
};
} // namespace doctest

#endif

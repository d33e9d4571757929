/* Runs the contract table of tests/contract through the C++ header, by callable and by future. */
#include "support.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <list>

namespace {

using Complaints = std::vector<std::string>;

/// Most cases only wait; this many do so at the same time.
constexpr int at_once = 8;

std::string text(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// A member that may be absent; it is then null, which has no elements.
const json& member(const json& object, const char* name) {
    static const json absent;
    const auto found = object.find(name);
    return found == object.end() ? absent : *found;
}

matrix::ClientOptions options_of(const json& given) {
    const auto ms = [](const json& value) { return std::chrono::milliseconds(value.get<int>()); };
    matrix::ClientOptions options;
    for (const auto& [name, value] : given.items()) {
        if (name == "max_retries") {
            options.max_retries = value;
        } else if (name == "retry_delay_ms") {
            options.retry_delay = ms(value);
        } else if (name == "timeout_ms") {
            options.timeout = ms(value);
        } else if (name == "max_rate_limit_wait_ms") {
            options.max_rate_limit_wait = ms(value);
        } else if (name == "max_response_bytes") {
            options.max_response_bytes = value;
        } else if (name == "access_token") {
            options.access_token = value;
        } else if (name == "user_agent") {
            options.user_agent = value;
        } else {
            throw std::runtime_error("the table has a new option: " + name);
        }
    }
    return options;
}

template <class Value>
json optional(const std::optional<Value>& value) {
    return value ? json(*value) : json();
}

/// The header refuses what is no pointer, where C finds nothing.
std::optional<std::string_view> found(const matrix::Result& result, const std::string& pointer) {
    try {
        return result.string(pointer);
    } catch (const matrix::Refused&) {
        return std::nullopt;
    }
}

void check_result(const matrix::Result& result, const json& expect, Complaints& complaints) {
    const auto body = result.body();
    const auto retry_after = result.retry_after();
    const json actual = {
        {"status", matrix::name(result.status())},
        {"http_status", result.http_status()},
        {"errcode", optional(result.errcode())},
        {"retry_after_ms", retry_after ? json(retry_after->count()) : json()},
        {"json", optional(body)},
    };
    for (const auto& [name, is] : actual.items()) {
        if (!expect.contains(name)) {
            continue;
        }
        const json& expected = expect[name];
        bool holds = is == expected;
        if (expected == "present") {
            holds = name == "json" ? body.has_value()
                                   : retry_after && *retry_after > std::chrono::milliseconds(0);
        }
        if (!holds) {
            complaints.push_back(name + " is " + text(is) + ", not " + text(expected) + " (" +
                                 std::string(result.message()) + ")");
        }
    }
    for (const auto& [pointer, expected] : member(expect, "strings").items()) {
        if (optional(found(result, pointer)) != expected) {
            complaints.push_back(pointer + " is not " + text(expected));
        }
    }
    const std::string message(result.message());
    for (const std::string part : member(expect, "message_contains")) {
        if (message.find(part) == std::string::npos) {
            complaints.push_back("the message lacks " + part + ": " + message);
        }
    }
    for (const std::string part : member(expect, "message_lacks")) {
        if (message.find(part) != std::string::npos) {
            complaints.push_back("the message contains " + part + ": " + message);
        }
    }
}

json header(const json& request, const std::string& name) {
    for (const json& pair : request.at("headers")) {
        std::string lower = pair[0];
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (lower == name) {
            return pair[1];
        }
    }
    return {};
}

bool is_as_expected(const json& request, const std::string& member, const json& expected) {
    if (member == "headers") {
        const auto items = expected.items();
        return std::all_of(items.begin(), items.end(), [&](const auto& one) {
            return header(request, one.key()) == one.value();
        });
    }
    if (member == "no_headers") {
        return std::all_of(expected.begin(), expected.end(),
                           [&](const json& name) { return header(request, name).is_null(); });
    }
    if (member == "json") {
        return json::parse(request.at("body").get<std::string>(), nullptr, false) == expected;
    }
    return request.at(member) == expected;
}

void check_requests(const json& requests, const json& expect, Complaints& complaints) {
    if (expect.contains("requests") && expect["requests"] != requests.size()) {
        complaints.push_back("requests: " + std::to_string(requests.size()) + ", not " +
                             text(expect["requests"]));
    }
    for (const auto& [member, expected] : member(expect, "request").items()) {
        for (const json& request : requests) {
            if (!is_as_expected(request, member, expected)) {
                complaints.push_back(member + " of the request must be " + text(expected) + ": " +
                                     text(request));
            }
        }
    }
}

/// How the results of one case come.
class Delivery {
public:
    explicit Delivery(bool by_callable) : by_callable_(by_callable) {}

    matrix::Op call(matrix::Client& client, const json& call) {
        const std::string operation = call.at("operation");
        const std::string params =
            call.contains("params_text") ? call["params_text"].get<std::string>()
                                         : call.at("params").dump();
        if (by_callable_) {
            return client.call(operation, params, [this](matrix::Result result) {
                const std::lock_guard<std::mutex> lock(mutex_);
                results_.push_back(std::move(result));
            });
        }
        future_.emplace(client.call(operation, params));
        return *future_;
    }

    /// The first result; empty if none came.
    const matrix::Result* first() {
        if (future_) {
            if (future_->wait_for(std::chrono::seconds(60)) == std::future_status::ready) {
                results_.push_back(future_->get());
            }
        } else {
            within(std::chrono::seconds(60), [this] { return count() > 0; });
        }
        const std::lock_guard<std::mutex> lock(mutex_);
        return results_.empty() ? nullptr : &results_.front();
    }

    std::size_t count() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return results_.size();
    }

private:
    bool by_callable_;
    std::optional<matrix::Call> future_;
    std::mutex mutex_;
    std::list<matrix::Result> results_;
};

void run(const json& given, bool by_callable, Complaints& complaints) {
    const json& expect = given.at("expect");
    const bool refused = given.at("server") == "refused";
    std::optional<RefusedPort> port;
    std::optional<Script> script;
    std::string url = refused ? port.emplace().url() : script.emplace(Script::Whole(), given["server"]).url();
    url += given.value("base_path", "");

    Delivery delivery(by_callable);
    matrix::Client client(url, options_of(member(given, "options")));
    const matrix::Op op = delivery.call(client, given.at("call"));
    if (given.contains("cancel_after_ms")) {
        if (script && expect.contains("requests")) {
            script->wait_for_requests(expect["requests"]);
        }
        std::this_thread::sleep_for(
            std::chrono::milliseconds(given["cancel_after_ms"].get<int>()));
        op.cancel();
    }
    const matrix::Result* first = delivery.first();
    if (first == nullptr) {
        complaints.push_back("no result within 60 s");
        return;
    }
    if (first->op() != op.id()) {
        complaints.push_back("it is the result of another call");
    }
    check_result(*first, expect, complaints);
    if (script && expect.contains("closed_early")) {
        if (!within(std::chrono::seconds(10), [&] {
                return script->state().at("closed_early") == expect["closed_early"];
            })) {
            complaints.push_back("closed_early is not " + text(expect["closed_early"]));
        }
    }
    client.close();
    if (delivery.count() != expect.value("completions", 1U)) {
        complaints.push_back("completions: " + std::to_string(delivery.count()));
    }
    if (script) {
        check_requests(script->state().at("requests"), expect, complaints);
    }
}

std::vector<json> cases() {
    std::vector<json> all;
    for (const auto& file : std::filesystem::directory_iterator(in_project("tests/contract"))) {
        if (file.path().extension() == ".json") {
            const json table = json::parse(std::ifstream(file.path()));
            all.insert(all.end(), table.begin(), table.end());
        }
    }
    return all;
}

void run_all(bool by_callable) {
    const std::vector<json> all = cases();
    REQUIRE(all.size() > 100);
    std::vector<Complaints> complaints(all.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < all.size(); i = next++) {
            try {
                run(all[i], by_callable, complaints[i]);
            } catch (const std::exception& error) {
                complaints[i].push_back(error.what());
            }
        }
    };
    std::vector<std::future<void>> workers;
    for (int i = 0; i < at_once; ++i) {
        workers.push_back(std::async(std::launch::async, work));
    }
    for (std::future<void>& worker : workers) {
        worker.get();
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string name = all[i].at("name");
        for (const std::string& complaint : complaints[i]) {
            FAIL_CHECK(name, ": ", complaint);
        }
    }
    MESSAGE(all.size(), " cases of the contract");
}

} // namespace

TEST_CASE_FIXTURE(NothingLeft, "every case of the contract holds with a callable") {
    run_all(true);
}

TEST_CASE_FIXTURE(NothingLeft, "every case of the contract holds with a future") {
    run_all(false);
}

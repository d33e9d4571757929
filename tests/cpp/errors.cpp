/* What is refused, what fails, and what they say. */
#include "every_operation.hpp"
#include "support.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using matrix::Status;

const json versions = answer({{"versions", json::array({"v1.11"})}});
const json limited = {{"status", 429},
                      {"json",
                       {{"errcode", "M_LIMIT_EXCEEDED"},
                        {"error", "Too many requests"},
                        {"retry_after_ms", 60000}}}};

/// The refusal that a call must throw.
template <class Run>
matrix::Refused refusal(Run run) {
    try {
        static_cast<void>(run());
    } catch (const matrix::Refused& refused) {
        return refused;
    }
    throw std::runtime_error("it was not refused");
}

bool contains(const char* text, std::string_view part) {
    return std::string_view(text).find(part) != std::string_view::npos;
}

std::string_view with_nul() { return std::string_view("a\0b", 3); }

/// Keeps what the typed methods would call.
struct Recorder : matrix::Operations<Recorder> {
    std::string operation;
    std::string params;

    template <class Then>
    matrix::Op call(std::string_view id, std::string_view json, Then) {
        operation = id;
        params = json;
        return matrix::Op(nullptr, 0);
    }
};

} // namespace

TEST_CASE_FIXTURE(NothingLeft, "a failure has errcode, HTTP status, delay, message and body") {
    Script script(limited);
    matrix::Client client(script.url());
    const matrix::Result result =
        client.request_token_to_reset_password_email("secret", "a@example.test", 1).get();
    CHECK_FALSE(result.ok());
    CHECK(result.status() == Status::matrix);
    CHECK(result.errcode() == "M_LIMIT_EXCEEDED");
    CHECK(result.http_status() == 429);
    CHECK(result.retry_after() == 60s);
    CHECK(result.string("/error") == "Too many requests");
    CHECK(json::parse(*result.body()) == limited["json"]);
    CHECK(contains(result.message().data(), "M_LIMIT_EXCEEDED"));
}

TEST_CASE_FIXTURE(NothingLeft, "a failure can be thrown, copied, and has the whole result") {
    Script script(limited, versions);
    matrix::Client client(script.url());
    std::optional<matrix::Failure> kept;
    try {
        const matrix::Result never = client.get_versions().get().or_throw();
        FAIL("it was not thrown");
    } catch (const matrix::Failure& failure) {
        kept = failure;
    }
    REQUIRE(kept);
    CHECK(kept->status() == Status::matrix);
    CHECK(kept->errcode() == "M_LIMIT_EXCEEDED");
    CHECK(kept->http_status() == 429);
    CHECK(kept->retry_after() == 60s);
    CHECK(kept->result().string("/error") == "Too many requests");
    CHECK(contains(kept->what(), "MX_ERR_MATRIX: "));
    CHECK(client.get_versions().get().or_throw().string("/versions/0") == "v1.11");
}

TEST_CASE_FIXTURE(NothingLeft, "a client that cannot be made says why") {
    const auto url = refusal([] { matrix::Client("not a URL"); });
    CHECK(url.status() == Status::invalid_argument);
    CHECK(contains(url.what(), "homeserver_url"));

    matrix::ClientOptions options;
    options.timeout = 0s;
    CHECK(contains(refusal([&] { matrix::Client("http://localhost", options); }).what(),
                   "timeout_ms"));
    options.timeout = 10000h;
    CHECK(contains(refusal([&] { matrix::Client("http://localhost", options); }).what(),
                   "timeout: "));
    options.timeout = -1s;
    CHECK(contains(refusal([&] { matrix::Client::for_discovery(options); }).what(), "timeout: "));
    options = {};
    options.root_pems = {"no certificate"};
    CHECK(refusal([&] { matrix::Client("http://localhost", options); }).status() ==
          Status::invalid_argument);
}

TEST_CASE_FIXTURE(NothingLeft, "every option reaches the library") {
    matrix::ClientOptions options;
    options.timeout = 5s;
    options.connect_timeout = 4s;
    options.user_agent = "an agent";
    options.access_token = "token";
    options.proxy = "http://127.0.0.1:1";
    options.bundled_roots = true;
    options.max_retries = 0;
    options.retry_delay = 1ms;
    options.max_rate_limit_wait = 1ms;
    options.max_response_bytes = 1000;
    options.max_idle_connections = 1;
    options.idle_timeout = 1s;
    options.malloc_trim = true;
    CHECK(contains(refusal([&] { matrix::Client("http://a.test", options); }).what(), "http"));
    options.allow_plain_http = true;
    matrix::Client client("http://a.test", options);
    // The proxy is a port on which nobody listens, and is named as what cannot be reached.
    const matrix::Result result = client.get_versions().get();
    CHECK(result.status() == Status::connect);

    const auto refused = [&](auto change) {
        matrix::ClientOptions wrong;
        change(wrong);
        return refusal([&] { matrix::Client("https://a.test", wrong); });
    };
    using Options = matrix::ClientOptions;
    CHECK(contains(refused([](Options& o) { o.connect_timeout = 0s; }).what(), "connect_timeout"));
    CHECK(contains(refused([](Options& o) { o.user_agent = "\n"; }).what(), "user_agent"));
    CHECK(contains(refused([](Options& o) { o.access_token = "a\nb"; }).what(), "access_token"));
    CHECK(contains(refused([](Options& o) { o.proxy = "ftp://a"; }).what(), "proxy"));
    CHECK(contains(refused([](Options& o) { o.max_response_bytes = 0; }).what(), "max_response"));
    CHECK(contains(refused([](Options& o) { o.idle_timeout = 0s; }).what(), "idle_timeout"));
    CHECK(contains(refused([](Options& o) { o.retry_delay = -1ms; }).what(), "retry_delay"));
    CHECK(contains(refused([](Options& o) { o.max_rate_limit_wait = -1ms; }).what(), "rate_limit"));
}

TEST_CASE_FIXTURE(NothingLeft, "text with U+0000 is refused wherever it is given") {
    matrix::Client client("http://127.0.0.1:1");
    matrix::PasswordReset reset(client, "a@example.test");
    matrix::ClientOptions agent;
    agent.user_agent = std::string(with_nul());
    matrix::LoginOptions login;
    login.password = std::string(with_nul());
    const std::vector<std::pair<std::string_view, std::function<void()>>> calls = {
        {"homeserver_url", [] { matrix::Client{with_nul()}; }},
        {"user_agent", [&] { matrix::Client("http://localhost", agent); }},
        {"access_token", [&] { client.set_access_token(with_nul()); }},
        {"operation_id", [&] { client.call(with_nul(), "{}", [](matrix::Result) {}); }},
        {"params", [&] { client.call("getVersions", with_nul(), [](matrix::Result) {}); }},
        {"server", [&] { client.discover(with_nul(), [](matrix::Result) {}); }},
        {"token", [&] { client.submit_token("u", "s", "c", with_nul(), [](matrix::Result) {}); }},
        {"password", [&] { client.login("t", login, [](matrix::Result) {}); }},
        {"username",
         [&] { client.check_username_availability(with_nul(), [](matrix::Result) {}); }},
        {"email", [&] { matrix::PasswordReset(client, with_nul()); }},
        {"next_link", [&] { matrix::PasswordReset(client, "a@example.test", with_nul()); }},
        {"saved", [&] { matrix::PasswordReset::restore(client, with_nul()); }},
        {"token", [&] { reset.submit_token(with_nul(), [](matrix::Result) {}); }},
        {"new_password", [&] { reset.finish(with_nul(), true, 0s, [](matrix::Result) {}); }},
    };
    for (const auto& [parameter, call] : calls) {
        const auto refused = refusal(call);
        CHECK(refused.status() == Status::invalid_argument);
        CHECK(std::string(refused.what()) == std::string(parameter) + ": it holds U+0000");
    }
}

TEST_CASE_FIXTURE(NothingLeft, "text that is not UTF-8 is refused with the library's words") {
    matrix::Client client("http://127.0.0.1:1");
    CHECK(refusal([&] { return client.call("\xff"); }).status() == Status::invalid_utf8);
    CHECK(refusal([&] { return client.check_username_availability("\xff"); }).status() ==
          Status::invalid_utf8);
    CHECK(contains(refusal([&] { return client.discover("\xff"); }).what(), "server"));
}

TEST_CASE_FIXTURE(NothingLeft, "a value that the spec does not allow is the result's status") {
    matrix::Client client("http://127.0.0.1:1");
    const matrix::Result result =
        client.request_token_to_reset_password_email("not/a/secret", "a@example.test", 1).get();
    CHECK(result.status() == Status::invalid_argument);
    CHECK(contains(result.message().data(), "client_secret"));
    CHECK(client.call("noSuchOperation").get().status() == Status::invalid_argument);
}

TEST_CASE_FIXTURE(NothingLeft, "JSON that would reach beyond its member is refused") {
    matrix::Client client("http://127.0.0.1:1");
    for (const std::string_view json :
         {R"({}, "erase": true)", "{}}", "{", "\"a", R"("\")", "]", "1,2"}) {
        matrix::DeactivateAccountOptions options;
        options.auth = matrix::Json(json);
        CHECK(contains(refusal([&] { return client.deactivate_account(options); }).what(),
                       "auth: it is not one JSON value"));
    }
}

TEST_CASE_FIXTURE(NothingLeft, "a closed or moved client refuses calls") {
    matrix::Client client("http://127.0.0.1:1");
    matrix::PasswordReset reset(client, "a@example.test");
    client.close();
    client.close();
    CHECK(refusal([&] { return client.get_versions(); }).status() == Status::closed);
    CHECK(refusal([&] { client.set_access_token("token"); }).status() == Status::closed);
    CHECK(refusal([&] { return reset.send(); }).status() == Status::closed);
    CHECK(refusal([&] { matrix::PasswordReset(client, "a@example.test"); }).status() ==
          Status::closed);
    matrix::Client other("http://127.0.0.1:1");
    matrix::Client taken(std::move(other));
    CHECK(refusal([&] { return other.get_versions(); }).status() == Status::closed);
    matrix::PasswordReset moved(std::move(reset));
    CHECK(refusal([&] { return reset.send(); }).status() == Status::null_argument);
}

TEST_CASE_FIXTURE(NothingLeft, "a forked child is refused with the library's words") {
    matrix::Client client("http://127.0.0.1:1");
    const pid_t child = fork();
    if (child == 0) {
        int code = 1;
        try {
            client.get_versions([](matrix::Result) {});
        } catch (const matrix::Refused& refused) {
            code = refused.status() == Status::forked && contains(refused.what(), "fork") ? 0 : 2;
        }
        _exit(code);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(client.get_versions().get().status() == Status::connect);
}

TEST_CASE("every operation's method gives each field under its name and with its type") {
    Recorder recorder;
    int calls = 0;
    call_every_operation(recorder, [&](std::string_view operation, std::string_view params) {
        ++calls;
        CHECK(recorder.operation == operation);
        CHECK(json::parse(recorder.params) == json::parse(params));
    });
    const json table = json::parse(matrix::operations());
    CHECK(static_cast<std::size_t>(calls) >= table.size());
}

TEST_CASE_FIXTURE(NothingLeft, "the log goes to the last sink, and the one before is destroyed") {
    const auto first = std::make_shared<int>(0);
    std::mutex mutex;
    std::vector<std::string> lines;
    matrix::set_log(matrix::LogLevel::error, [first](matrix::LogLevel, std::string_view) {});
    CHECK(first.use_count() == 2);
    matrix::set_log(matrix::LogLevel::info, [&](matrix::LogLevel level, std::string_view line) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (level == matrix::LogLevel::info) {
            lines.emplace_back(line);
        }
    });
    CHECK(first.use_count() == 1);
    Script script(versions);
    CHECK(matrix::Client(script.url()).get_versions().get().ok());
    matrix::clear_log();
    const std::size_t count = lines.size();
    REQUIRE(count > 0);
    CHECK(lines.front().find("getVersions") != std::string::npos);
    CHECK(matrix::Client(script.url()).get_versions().get().ok());
    CHECK(lines.size() == count);
}

TEST_CASE("the library has the version of its package") {
    CHECK(matrix::version() == PACKAGE_VERSION);
    CHECK(matrix::generate_client_secret().size() == MX_CLIENT_SECRET_SIZE - 1);
    CHECK(matrix::generate_client_secret() != matrix::generate_client_secret());
}

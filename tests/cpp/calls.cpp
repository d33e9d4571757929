/* How results come, how calls end, and that nothing is left of them. */
#include "support.hpp"

#include <atomic>
#include <fstream>
#include <functional>
#include <memory>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;

const json versions = answer({{"versions", json::array({"v1.11"})}});
const json never = {{"hang", true}};

long resident_kib() {
    long pages = 0;
    long resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

std::promise<matrix::Status> told;
void tell(matrix::Result result) { told.set_value(result.status()); }

} // namespace

TEST_CASE_FIXTURE(NothingLeft, "a result comes by future") {
    Script script(versions);
    matrix::Client client(script.url());
    std::future<matrix::Result> future = client.get_versions();
    const matrix::Result result = future.get();
    CHECK(result.status() == matrix::Status::ok);
    CHECK(result.ok());
    CHECK(static_cast<bool>(result));
    CHECK(result.http_status() == 200);
    CHECK(result.string("/versions/0") == "v1.11");
    CHECK(json::parse(*result.body()) == versions["json"]);
    CHECK_FALSE(result.errcode());
}

TEST_CASE_FIXTURE(NothingLeft, "a callable that can only be moved gets the result, on another thread") {
    Script script(versions);
    std::promise<std::thread::id> promise;
    std::future<std::thread::id> thread = promise.get_future();
    matrix::Client client(script.url());
    client.get_versions([promise = std::move(promise)](matrix::Result result) mutable {
        CHECK(result.ok());
        promise.set_value(std::this_thread::get_id());
    });
    CHECK(thread.get() != std::this_thread::get_id());
}

TEST_CASE_FIXTURE(NothingLeft, "a function, a std::function and a lambda kept elsewhere get results") {
    Script script(versions);
    matrix::Client client(script.url());
    client.get_versions(tell);
    CHECK(told.get_future().get() == matrix::Status::ok);

    std::atomic<int> count{0};
    const auto kept = [&](const matrix::Result& result) { count += result.ok() ? 1 : 100; };
    const std::function<void(matrix::Result)> function = kept;
    client.get_versions(kept);
    client.call("getVersions", "{}", function);
    CHECK(within(10s, [&] { return count == 2; }));
}

TEST_CASE_FIXTURE(NothingLeft, "integers and booleans of the answer are found by pointer") {
    Script script(answer({{"capabilities", {{"m.a/b", true}, {"n", -7}, {"s", "x"}}}}));
    matrix::Client client(script.url(), [] {
        matrix::ClientOptions options;
        options.access_token = "token";
        return options;
    }());
    const matrix::Result result = client.get_capabilities().get();
    CHECK(result.boolean("/capabilities/m.a~1b") == true);
    CHECK(result.integer("/capabilities/n") == -7);
    CHECK_FALSE(result.integer("/capabilities/s"));
    CHECK_FALSE(result.boolean("/capabilities/n"));
    CHECK_FALSE(result.string("/capabilities/n"));
    CHECK_THROWS_AS(static_cast<void>(result.string(std::string_view("/a\0b", 4))),
                    matrix::Refused);
}

TEST_CASE_FIXTURE(NothingLeft, "cancelling a call ends the request") {
    Script script(never);
    matrix::Client client(script.url());
    matrix::Call call = client.get_versions();
    REQUIRE(script.wait_for_requests(1));
    CHECK(call.cancel());
    REQUIRE(call.wait_for(1s) == std::future_status::ready);
    CHECK(call.get().status() == matrix::Status::cancelled);
    CHECK(within(10s, [&] { return script.state().at("closed_early") == 1; }));
    CHECK_FALSE(call.cancel());
}

TEST_CASE_FIXTURE(NothingLeft, "a call with a callable is cancelled from another thread") {
    Script script(never);
    std::promise<matrix::Status> status;
    matrix::Client client(script.url());
    const matrix::Op op = client.get_versions(
        [&](matrix::Result result) { status.set_value(result.status()); });
    REQUIRE(script.wait_for_requests(1));
    std::thread([op] { op.cancel(); }).join();
    CHECK(status.get_future().get() == matrix::Status::cancelled);
}

TEST_CASE_FIXTURE(NothingLeft, "a dropped future neither waits nor cancels") {
    Script script(versions);
    matrix::Client client(script.url());
    { const matrix::Call dropped = client.get_versions(); }
    CHECK(script.wait_for_requests(1));
    CHECK(client.get_versions().get().ok());
    CHECK(script.state().at("closed_early") == 0);
}

TEST_CASE_FIXTURE(NothingLeft, "destroying a client completes all of its calls") {
    Script script(never);
    std::atomic<int> cancelled{0};
    std::vector<matrix::Call> calls;
    {
        matrix::Client client(script.url());
        for (int i = 0; i < 100; ++i) {
            client.get_versions([&](matrix::Result result) {
                cancelled += result.status() == matrix::Status::cancelled ? 1 : 0;
            });
            calls.push_back(client.get_versions());
        }
        REQUIRE(script.wait_for_requests(1));
    }
    CHECK(cancelled == 100);
    for (matrix::Call& call : calls) {
        REQUIRE(call.wait_for(0s) == std::future_status::ready);
        CHECK(call.get().status() == matrix::Status::cancelled);
        CHECK_FALSE(call.cancel());
    }
}

TEST_CASE_FIXTURE(NothingLeft, "a callable may start calls, and destroy its own client") {
    Script script(versions);
    std::promise<matrix::Status> last;
    auto client = std::make_unique<matrix::Client>(script.url());
    matrix::Client& first = *client;
    first.get_versions([&](matrix::Result) {
        client->get_versions([&](matrix::Result result) {
            client.reset();
            last.set_value(result.status());
        });
    });
    CHECK(last.get_future().get() == matrix::Status::ok);
    // The client is gone when the callable has returned.
    CHECK(within(10s, [] { return matrix::debug_live_objects() == 0; }));
}

TEST_CASE_FIXTURE(NothingLeft, "a moved client goes on, and assigning to one closes the one before") {
    Script script(versions);
    matrix::Client first(script.url());
    matrix::Client second(std::move(first));
    CHECK(second.get_versions().get().ok());
    first = matrix::Client(script.url());
    CHECK(first.get_versions().get().ok());
    Script slow(never);
    matrix::Client third(slow.url());
    matrix::Call call = third.get_versions();
    third = std::move(second);
    REQUIRE(call.wait_for(0s) == std::future_status::ready);
    CHECK(call.get().status() == matrix::Status::cancelled);
    CHECK(third.get_versions().get().ok());
}

TEST_CASE_FIXTURE(NothingLeft, "1,000 concurrent calls complete, each with its own answer") {
    Script script(json{{"echo", true}, {"shuffle_ms", 50}});
    matrix::Client client(script.url());
    const std::string secret = matrix::generate_client_secret();
    std::vector<matrix::Call> calls;
    for (int i = 0; i < 1000; ++i) {
        calls.push_back(client.request_token_to_reset_password_email(secret, "a@example.test", i));
    }
    int right = 0;
    for (int i = 0; i < 1000; ++i) {
        const matrix::Result result = calls[static_cast<std::size_t>(i)].get();
        right += result.string("/sid") == std::to_string(i) ? 1 : 0;
    }
    CHECK(right == 1000);
}

TEST_CASE_FIXTURE(NothingLeft, "10,000 sequential calls leave the memory as it was") {
    Script script(versions);
    matrix::Client client(script.url());
    int ok = 0;
    const auto call = [&](int times) {
        for (int i = 0; i < times; ++i) {
            ok += client.get_versions().get().ok() ? 1 : 0;
        }
    };
    call(2000);
    const long before = resident_kib();
    call(10000);
    const long grown = resident_kib() - before;
    CHECK(ok == 12000);
    CHECK_MESSAGE(grown < 5 * 1024, grown, " KiB more");
}

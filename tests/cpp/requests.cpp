/* Requests: what travels where, what is refused, and endpoints of the application's own. */
#include "support.hpp"

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using matrix::Request;
using matrix::Status;

const json nothing = answer(json::object());
const json never = {{"hang", true}};

json only_request(const Script& script) {
    const json requests = script.state().at("requests");
    REQUIRE(requests.size() == 1);
    return requests[0];
}

json body_of(const json& request) {
    return json::parse(request.at("body").get<std::string>());
}

/// What a refusal says.
template <class Run>
std::string refusal(Run run) {
    try {
        static_cast<void>(run());
    } catch (const matrix::Refused& refused) {
        CHECK(refused.status() == Status::invalid_argument);
        return refused.what();
    }
    return "it was not refused";
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE_FIXTURE(NothingLeft, "an operation's fields travel with their types") {
    Script script(answer({{"user_id", "@alice:hs"}, {"access_token", "t"}, {"device_id", "D"}}));
    matrix::Client client(script.url());
    const std::string password = "pass\"w\\ord";
    const std::optional<std::string> device = "D";
    const matrix::Result result =
        client.send(Request("login")
                        .set("type", "m.login.password")
                        .set_json("identifier", R"({"type": "m.id.user", "user": "alice"})")
                        .set("password", password)
                        .set("device_id", device)
                        .set("token", std::optional<std::string>())
                        .set("refresh_token", true)
                        .set("org.example.text", std::string_view("é"))
                        .set("org.example.int", 7)
                        .set("org.example.long", std::uint64_t(9223372036854775807U))
                        .set("org.example.double", 0.5)
                        .set("org.example.float", 2.5F)
                        .set("org.example.null", nullptr)
                        .set("org.example.json", matrix::Json("[1, {}]")))
            .get();
    CHECK(result.ok());
    const json request = only_request(script);
    CHECK(request.at("path") == "/_matrix/client/v3/login");
    CHECK(body_of(request) == json{{"type", "m.login.password"},
                                   {"identifier", {{"type", "m.id.user"}, {"user", "alice"}}},
                                   {"password", password},
                                   {"device_id", "D"},
                                   {"refresh_token", true},
                                   {"org.example.text", "é"},
                                   {"org.example.int", 7},
                                   {"org.example.long", 9223372036854775807},
                                   {"org.example.double", 0.5},
                                   {"org.example.float", 2.5},
                                   {"org.example.null", nullptr},
                                   {"org.example.json", {1, json::object()}}});
}

TEST_CASE_FIXTURE(NothingLeft, "a path of the application's own has fields in path and query") {
    Script script(json{{"body", "no JSON at all"}, {"status", 202}});
    matrix::ClientOptions options;
    options.access_token = "token";
    matrix::Client client(script.url(), options);
    const matrix::Result result =
        client.send(Request::custom(
                        "GET", "/_matrix/client/unstable/org.example/{roomId}/x?dir={dir}")
                        .set("roomId", "!a/b:hs")
                        .set("dir", "b")
                        .set_json("via", R"(["one", "two&three"])")
                        .set("limit", 10)
                        .set("org.matrix.msc4222.use_state_after", true))
            .get();
    CHECK(result.ok());
    CHECK(result.http_status() == 202);
    CHECK(result.body() == "no JSON at all");
    const json request = only_request(script);
    CHECK(request.at("method") == "GET");
    CHECK(request.at("path") == "/_matrix/client/unstable/org.example/%21a%2Fb%3Ahs/x");
    CHECK(request.at("query") == "dir=b&via=one&via=two%26three&limit=10"
                                 "&org.matrix.msc4222.use_state_after=true");
    CHECK(request.at("headers").dump().find("Bearer token") != std::string::npos);
}

TEST_CASE_FIXTURE(NothingLeft, "the field body is the whole body") {
    Script script(nothing);
    matrix::Client client(script.url());
    Request request = Request::custom("PUT", "/_matrix/client/v3/x/{txnId}").set("txnId", "1");
    request.set_json("body", "[1, 2.50]");
    CHECK(client.send(request).get().ok());
    CHECK(only_request(script).at("body") == "[1, 2.50]");
    request.set("other", 1);
    const matrix::Result beside = client.send(request).get();
    CHECK(beside.status() == Status::invalid_argument);
    CHECK(contains(std::string(beside.message()), "other has no place beside body"));
}

TEST_CASE_FIXTURE(NothingLeft, "a field of an operation with a dot in its name goes into its query") {
    Script script(answer({{"versions", json::array()}}));
    matrix::Client client(script.url());
    CHECK(client.send(Request("getVersions").set("org.example.x", "a b")).get().ok());
    CHECK(only_request(script).at("query") == "org.example.x=a%20b");
}

TEST_CASE_FIXTURE(NothingLeft, "a request is sent again, changed, and destroyed while its calls run") {
    Script script(json{{"json", json::object()}, {"delay_ms", 200}});
    matrix::Client client(script.url());
    std::vector<matrix::Call> calls;
    {
        Request request = Request::custom("POST", "/_matrix/client/v3/x");
        request.set("number", 1).set("gone", "later");
        calls.push_back(client.send(request));
        request.set("number", 2).unset("gone");
        calls.push_back(client.send(request));
        calls.push_back(client.send(request));
        const Request moved = std::move(request);
        calls.push_back(client.send(moved));
    }
    for (matrix::Call& call : calls) {
        CHECK(call.get().ok());
    }
    std::vector<json> bodies;
    const json requests = script.state().at("requests");
    for (const json& request : requests) {
        bodies.push_back(body_of(request));
    }
    const json first = {{"number", 1}, {"gone", "later"}};
    const json others = {{"number", 2}};
    CHECK(std::count(bodies.begin(), bodies.end(), first) == 1);
    CHECK(std::count(bodies.begin(), bodies.end(), others) == 3);
}

TEST_CASE_FIXTURE(NothingLeft, "a request's result comes to a callable, too, and can be cancelled") {
    Script script(never);
    std::promise<Status> status;
    matrix::Client client(script.url());
    const matrix::Op op = client.send(Request("getVersions"), [&](matrix::Result result) {
        status.set_value(result.status());
    });
    REQUIRE(script.wait_for_requests(1));
    CHECK(op.cancel());
    CHECK(status.get_future().get() == Status::cancelled);
}

TEST_CASE_FIXTURE(NothingLeft, "a request's own timeout ends it, and only it") {
    Script script(never);
    matrix::Client client(script.url());
    Request request("getVersions");
    request.timeout(100ms);
    const auto begin = std::chrono::steady_clock::now();
    const matrix::Result late = client.send(request).get();
    CHECK(late.status() == Status::deadline);
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
    matrix::Call other = client.send(request.timeout(std::nullopt));
    CHECK(other.wait_for(500ms) == std::future_status::timeout);
    other.cancel();
    CHECK(other.get().status() == Status::cancelled);
}

TEST_CASE_FIXTURE(NothingLeft, "what an operation does not allow is refused at once, in clear words") {
    Request login("login");
    CHECK(contains(refusal([&] { return &login.set("pasword", "x"); }),
                   "login: there is no parameter pasword; there are type, identifier, password"));
    CHECK(contains(refusal([&] { return &login.set("password", 7); }),
                   "login: password must be of type string, not integer"));
    CHECK(contains(refusal([&] { return &login.set_json("identifier", "{\"a\":}"); }),
                   "login: identifier is not JSON: "));
    CHECK(contains(refusal([&] { return &login.set_json("identifier", R"({"a": 1, "a": 2})"); }),
                   "login: identifier gives a member twice, at line 1"));
    CHECK(contains(refusal([&] { return &login.set("org.a", std::uint64_t(1) << 63); }),
                   "org.a: it is above 9223372036854775807"));
    CHECK(contains(refusal([&] { return &login.set("org.a", 1.0 / 0.0); }),
                   "org.a must be a finite number"));
    CHECK(contains(refusal([&] { return &login.set("password", std::string("a\0b", 3)); }),
                   "password: it holds U+0000"));
    CHECK(contains(refusal([&] { return &login.timeout(0ms); }), "timeout: it is not from 1"));
    CHECK(contains(refusal([&] { return &login.timeout(10000h); }), "timeout: it is not from 1"));
    CHECK(contains(refusal([] { return Request("noSuchOperation"); }), "noSuchOperation"));
    CHECK(contains(refusal([] { return Request::custom("PATCH", "/_matrix/x"); }),
                   "method must be GET, POST, PUT or DELETE"));
    CHECK(contains(refusal([] { return Request::custom("GET", "/x"); }),
                   "path must begin with /_matrix/"));
    Request custom = Request::custom("GET", "/_matrix/{id}");
    CHECK(contains(refusal([&] { return &custom.set("id", ".."); }), "id must not be"));
    CHECK(contains(refusal([&] { return &custom.set("q", nullptr); }), "q must not be of type null"));
}

TEST_CASE_FIXTURE(NothingLeft, "what is missing is the result's status") {
    matrix::Client client("http://127.0.0.1:1");
    const matrix::Result login = client.send(Request("login")).get();
    CHECK(login.status() == Status::invalid_argument);
    CHECK(login.message() == "login: type is missing");
    const matrix::Result custom =
        client.send(Request::custom("GET", "/_matrix/{id}")).get();
    CHECK(contains(std::string(custom.message()), "id is missing"));
}

TEST_CASE_FIXTURE(NothingLeft, "the URL of a request is for a browser, and nothing is sent") {
    Script script(nothing);
    matrix::Client client(script.url());
    const Request redirect =
        Request::custom("GET", "/_matrix/client/v3/login/sso/redirect/{idpId}")
            .set("idpId", "a/b")
            .set("redirectUrl", "app://done?x=1");
    CHECK(redirect.url(client) == script.url() +
                                      "/_matrix/client/v3/login/sso/redirect/a%2Fb"
                                      "?redirectUrl=app%3A%2F%2Fdone%3Fx%3D1");
    CHECK(contains(refusal([&] { return Request("login").url(client); }),
                   "a browser can open only a GET that needs no access token"));
    CHECK(script.state().at("requests").empty());
    client.close();
    CHECK_THROWS_AS(static_cast<void>(redirect.url(client)), matrix::Refused);
}

TEST_CASE_FIXTURE(NothingLeft, "a closed client and a request that was moved away are refused") {
    matrix::Client client("http://127.0.0.1:1");
    Request request("getVersions");
    Request taken = std::move(request);
    CHECK_THROWS_AS(static_cast<void>(client.send(request)), matrix::Refused);
    CHECK_THROWS_AS(request.set("org.a", 1), matrix::Refused);
    client.close();
    CHECK_THROWS_AS(static_cast<void>(client.send(taken)), matrix::Refused);
}

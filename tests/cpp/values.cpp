/* Answers read in place, in any depth. */
#include "support.hpp"

#include <algorithm>
#include <functional>
#include <type_traits>

namespace {

using matrix::Type;
using matrix::Value;

/// The result of a call that is answered with that body.
matrix::Result answered(const std::string& body) {
    Script script(json{{"body", body}});
    matrix::Client client(script.url());
    return client.send(matrix::Request::custom("GET", "/_matrix/client/x")).get();
}

template <class R, class = void>
constexpr bool lends_values = false;
template <class R>
constexpr bool lends_values<R, std::void_t<decltype(std::declval<R>().value())>> = true;

static_assert(lends_values<matrix::Result&> && lends_values<const matrix::Result&>);
static_assert(!lends_values<matrix::Result> && !lends_values<const matrix::Result>,
              "a value would outlive the result");
static_assert(std::is_same_v<decltype(std::declval<matrix::Result>().string("")),
                             std::optional<std::string>>);
static_assert(std::is_same_v<decltype(std::declval<matrix::Result>().body()),
                             std::optional<std::string>>);
static_assert(std::is_same_v<decltype(std::declval<matrix::Result>().message()), std::string>);

} // namespace

TEST_CASE_FIXTURE(NothingLeft, "a value has the type of its JSON, and one getter that answers") {
    const matrix::Result result = answered(
        R"({"null": null, "bool": false, "int": -7, "double": 1.5, "huge": 1e400, "text": "\u00e9",
            "array": [], "object": {}})");
    const Value all = result.value();
    REQUIRE(all.type() == Type::object);
    CHECK(all.size() == 8);
    const std::vector<std::pair<std::string_view, Type>> expected = {
        {"null", Type::null},     {"bool", Type::boolean}, {"int", Type::integer},
        {"double", Type::number}, {"huge", Type::number},  {"text", Type::string},
        {"array", Type::array},   {"object", Type::object}};
    for (const auto& [name, type] : expected) {
        const Value value = all[name];
        CHECK(value);
        CHECK(value.type() == type);
        CHECK(value.name() == name);
        CHECK(value.is_null() == (type == Type::null));
        CHECK(value.boolean().has_value() == (type == Type::boolean));
        CHECK(value.integer().has_value() == (type == Type::integer));
        CHECK(value.string().has_value() == (type == Type::string));
        CHECK(value.number().has_value() == (name == "int" || name == "double"));
        CHECK(value.empty());
    }
    CHECK(all["bool"].boolean() == false);
    CHECK(all["int"].integer() == -7);
    CHECK(all["int"].number() == -7.0);
    CHECK(all["double"].number() == 1.5);
    CHECK(all["text"].string() == "é");
    CHECK(all["huge"].json() == "1e400");
    CHECK(all["text"].json() == R"("\u00e9")");
    CHECK(all.json() == result.body());
}

TEST_CASE_FIXTURE(NothingLeft, "values are walked in depth, and outlive a move of their result") {
    std::optional<matrix::Result> result = answered(
        R"({"rooms": {"join": {
            "!a:hs": {"state": {"events": [{"type": "m.room.name", "content": {"name": "A"}}]}},
            "!b:hs": {"state": {"events": [{}, {"n": [1, [2, [3]]]}]}}}}})");
    std::string walked;
    const Value rooms = result->value("/rooms/join");
    const matrix::Result moved = std::move(*result);
    result.reset();
    for (const Value room : rooms) {
        walked += std::string(room.name()) + ":";
        for (const Value event : room["state"]["events"]) {
            walked += event.name();
            walked += event["content"]["name"].string().value_or("?");
        }
    }
    CHECK(walked == "!a:hs:A!b:hs:??");
    CHECK(rooms["!b:hs"].get("/state/events/1/n/1/1/0").integer() == 3);
    CHECK(rooms["!b:hs"]["state"]["events"][1]["n"][0].integer() == 1);
    CHECK(moved.integer("/rooms/join/!b:hs/state/events/1/n/0") == 1);

    const Value events = rooms["!b:hs"]["state"]["events"];
    const std::vector<Value> kept(events.begin(), events.end());
    REQUIRE(kept.size() == 2);
    CHECK(kept[1]["n"].size() == 2);
    CHECK(std::count_if(rooms.begin(), rooms.end(), [](Value room) {
              return room.name() == "!a:hs";
          }) == 1);
    auto second = rooms.begin();
    CHECK(second++->name() == "!a:hs");
    CHECK(second->name() == "!b:hs");
    CHECK(++second == rooms.end());
}

TEST_CASE_FIXTURE(NothingLeft, "a name is taken as it is, and a pointer by its rules") {
    const matrix::Result result = answered(
        R"({"m.a/b": 1, "c~d": 2, "": 3, "0": 4, "a\u0000b": 5, "a": 6, "list": [7], "text": "x\u0000y",
            "twice": 8, "twice": 9})");
    const Value all = result.value();
    CHECK(all["m.a/b"].integer() == 1);
    CHECK(all["c~d"].integer() == 2);
    CHECK(all[""].integer() == 3);
    CHECK(all["0"].integer() == 4);
    CHECK(all[std::string_view("a\0b", 3)].integer() == 5);
    CHECK_FALSE(all[std::string_view("a\0c", 3)]);
    CHECK(all["twice"].integer() == 9);
    CHECK(all["list"][0].integer() == 7);
    CHECK_FALSE(all["list"][1]);
    CHECK_FALSE(all["list"]["0"]);
    CHECK_FALSE(all[0]);
    CHECK(all.get("/m.a~1b").integer() == 1);
    CHECK(all.get("/c~0d").integer() == 2);
    CHECK(all.get("/list/0").integer() == 7);
    CHECK(all.get("").size() == all.size());
    CHECK(all["text"].string() == std::string_view("x\0y", 3));
    CHECK_FALSE(result.string("/text"));
}

TEST_CASE_FIXTURE(NothingLeft, "what is not there gives nothing, however deep it is asked for") {
    const matrix::Result result = answered(R"({"a": 1})");
    for (const Value none : {Value(), result.value("/b"), result.value()["b"]["c"][7].get("/d")}) {
        CHECK_FALSE(none);
        CHECK(none.type() == Type::none);
        CHECK_FALSE(none.is_null());
        CHECK_FALSE(none.string());
        CHECK_FALSE(none.integer());
        CHECK_FALSE(none.number());
        CHECK_FALSE(none.boolean());
        CHECK(none.name().empty());
        CHECK(none.json().empty());
        CHECK(none.empty());
        CHECK(none.begin() == none.end());
    }
    const matrix::Result page = answered("<html>");
    CHECK(page.ok());
    CHECK_FALSE(page.value());
    CHECK(page.body() == "<html>");
}

TEST_CASE_FIXTURE(NothingLeft, "a pointer without its slash is refused instead of finding nothing") {
    const matrix::Result result = answered(R"({"sid": "1"})");
    const std::vector<std::function<void()>> reads = {
        [&] { static_cast<void>(result.string("sid")); },
        [&] { static_cast<void>(result.integer("sid")); },
        [&] { static_cast<void>(result.boolean("sid")); },
        [&] { static_cast<void>(result.value("sid")); },
        [&] { static_cast<void>(result.value().get("sid")); },
    };
    for (const auto& read : reads) {
        CHECK_THROWS_WITH_AS(
            read(), R"(json_pointer: it must be "" or begin with "/", as "/sid" does)",
            matrix::Refused);
    }
}

TEST_CASE_FIXTURE(NothingLeft, "the headers that are kept are found in any case") {
    Script script(json{{"body", "x"},
                       {"headers",
                        {{"Content-Type", "image/png"},
                         {"ETag", "\"1\""},
                         {"X-Other", "kept by nobody"}}}});
    matrix::Client client(script.url());
    const matrix::Request request = matrix::Request::custom("GET", "/_matrix/client/x");
    const matrix::Result result = client.send(request).get();
    CHECK(result.header("content-type") == "image/png");
    CHECK(result.header("CONTENT-TYPE") == "image/png");
    CHECK(result.header("etag") == "\"1\"");
    CHECK_FALSE(result.header("location"));
    CHECK_FALSE(result.header("x-other"));
    CHECK(client.send(request).get().header("etag") == "\"1\"");
}

TEST_CASE_FIXTURE(NothingLeft, "a result that nobody keeps gives copies") {
    Script script(json{{"status", 403},
                       {"json", {{"errcode", "M_FORBIDDEN"}, {"error", "No"}}}});
    matrix::Client client(script.url());
    CHECK(client.get_versions().get().errcode() == "M_FORBIDDEN");
    CHECK(client.get_versions().get().string("/error") == "No");
    CHECK(json::parse(client.get_versions().get().body().value()).at("error") == "No");
    CHECK(client.get_versions().get().message().find("M_FORBIDDEN") != std::string::npos);
}

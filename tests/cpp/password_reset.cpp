/* The reset with answers that no Synapse gives; tests/cpp/homeserver.cpp has the real one. */
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using matrix::Stage;
using matrix::Status;

const json no_oauth = {{"status", 404}, {"json", {{"errcode", "M_UNRECOGNIZED"}, {"error", ""}}}};
const json sid = answer({{"sid", "a.sid"}});
const json no_session = {{"status", 401},
                         {"json", {{"errcode", "M_MISSING_TOKEN"}, {"error", ""}}}};
const json lost = {{"accept", "reset"}};
const json never = {{"hang", true}};
const json empty = answer(json::object());

} // namespace

TEST_CASE_FIXTURE(NothingLeft, "a reset where accounts live on the web says so, with the page") {
    const json metadata = {{"issuer", "https://auth.example/"},
                           {"account_management_uri", "https://auth.example/account"}};
    Script script(answer(metadata));
    matrix::Client client(script.url());
    const matrix::Result result = matrix::PasswordReset(client, "a@example.test").send().get();
    CHECK(result.status() == Status::web_required);
    CHECK(result.string("/account_management_uri") == "https://auth.example/account");
}

TEST_CASE_FIXTURE(NothingLeft, "a reset whose last answer is lost says that nobody can know") {
    Script script(no_oauth, sid, no_session, lost);
    matrix::Client client(script.url());
    matrix::PasswordReset reset(client, "a@example.test");
    CHECK(reset.send().get().ok());
    const matrix::Result result = reset.finish("a new passw0rd", true).get();
    CHECK(result.status() == Status::unknown_outcome);
    CHECK(reset.stage() == Stage::awaits_link);
}

TEST_CASE_FIXTURE(NothingLeft, "a token that is typed is handed in, before and after a wrong one") {
    Script script(never);
    const json submit = {{"sid", "a.sid"}, {"submit_url", script.url() + "/submit"}};
    script.replace({no_oauth, answer(submit), answer({{"success", false}}),
                    answer({{"success", true}}), no_session, empty});
    matrix::Client client(script.url());
    matrix::PasswordReset reset(client, "a@example.test", "https://app.example/done");
    CHECK(reset.stage() == Stage::new_);
    CHECK(reset.send().get().ok());
    CHECK(reset.stage() == Stage::awaits_token);
    CHECK(reset.submit_token("1").get().status() == Status::matrix);
    CHECK(reset.submit_token("2").get().ok());
    CHECK(reset.stage() == Stage::confirmed);
    CHECK(reset.finish("a new passw0rd", true).get().ok());
    CHECK(reset.stage() == Stage::done);
    const json requests = script.state().at("requests");
    const json sent = json::parse(requests[1].at("body").get<std::string>());
    CHECK(sent.at("next_link") == "https://app.example/done");
    const json typed = json::parse(requests[3].at("body").get<std::string>());
    CHECK(typed == json{{"sid", "a.sid"}, {"client_secret", sent["client_secret"]}, {"token", "2"}});
    const json changed = json::parse(requests[5].at("body").get<std::string>());
    CHECK(changed.at("new_password") == "a new passw0rd");
    CHECK(changed.at("logout_devices") == true);
}

TEST_CASE_FIXTURE(NothingLeft, "a token is handed in without a reset, too") {
    Script script(answer({{"success", true}}));
    matrix::Client client(script.url());
    CHECK(client.submit_token(script.url() + "/submit", "a.sid", "secret", "123").get().ok());
    const json request = script.state().at("requests")[0];
    CHECK(request.at("path") == "/submit");
    CHECK(json::parse(request.at("body").get<std::string>()) ==
          json{{"sid", "a.sid"}, {"client_secret", "secret"}, {"token", "123"}});
}

TEST_CASE_FIXTURE(NothingLeft, "a step out of turn is refused, and one that runs can be cancelled") {
    Script script(never);
    matrix::Client client(script.url());
    matrix::PasswordReset reset(client, "a@example.test");
    CHECK_THROWS_AS(static_cast<void>(reset.finish("a new passw0rd", true)), matrix::Refused);
    matrix::Call call = reset.send();
    REQUIRE(script.wait_for_requests(1));
    try {
        static_cast<void>(reset.send());
        FAIL("a second step was taken");
    } catch (const matrix::Refused& refused) {
        CHECK(refused.status() == Status::misuse);
    }
    CHECK(call.cancel());
    REQUIRE(call.wait_for(1s) == std::future_status::ready);
    CHECK(call.get().status() == Status::cancelled);
    CHECK(within(10s, [&] { return script.state().at("closed_early") == 1; }));
}

TEST_CASE_FIXTURE(NothingLeft, "a step goes on when its reset is destroyed, and ends with the client") {
    Script script(never);
    std::optional<matrix::Call> call;
    {
        matrix::Client client(script.url());
        {
            matrix::PasswordReset reset(client, "a@example.test");
            call.emplace(reset.send());
        }
        CHECK(script.wait_for_requests(1));
        CHECK(call->wait_for(0s) == std::future_status::timeout);
    }
    CHECK(call->get().status() == Status::cancelled);
}

TEST_CASE_FIXTURE(NothingLeft, "a saved reset is restored, and other text is refused") {
    Script script(no_oauth, sid);
    matrix::Client client(script.url());
    matrix::PasswordReset reset(client, "a@example.test");
    CHECK(reset.send().get().ok());
    const std::string saved = reset.save();
    const matrix::PasswordReset restored = matrix::PasswordReset::restore(client, saved);
    CHECK(restored.stage() == Stage::awaits_link);
    CHECK(json::parse(restored.save()) == json::parse(saved));
    for (const std::string_view text : {"", "{}", "nonsense"}) {
        CHECK_THROWS_AS(matrix::PasswordReset::restore(client, text), matrix::Refused);
    }
    CHECK_THROWS_AS(matrix::PasswordReset(client, "no address"), matrix::Refused);
}

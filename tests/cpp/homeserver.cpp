/* The whole way back into an account of a real homeserver, by the header, the examples and README. */
#include "support.hpp"

#include <filesystem>

namespace {

using namespace std::chrono_literals;
using matrix::Stage;
using matrix::Status;

/// A real Synapse with a mailbox, started by the first test that wants it.
class Homeserver {
public:
    static Homeserver& instance() {
        static Homeserver homeserver;
        return homeserver;
    }

    json ask(const json& command) {
        child_.write(command.dump() + "\n");
        return child_.read_json();
    }

    const std::string& url() const { return url_; }

private:
    Homeserver()
        : child_({environment("MATRIX_CAPI_PYTHON"),
                  in_project("tests/homeserver/homeserver.py"), "run"}),
          url_(child_.read_json().at("base_url")) {}

    Child child_;
    std::string url_;
};

/// An account made for one test.
struct Person {
    Person() {
        static int count = 0;
        localpart = "person" + std::to_string(++count);
        email = localpart + "@example.test";
        const json made = homeserver.ask({{"cmd", "register"},
                                          {"localpart", localpart},
                                          {"password", old_password},
                                          {"email", email}});
        REQUIRE(made.at("ok") == true);
    }

    void confirm() const {
        const json mails = homeserver.ask({{"cmd", "wait_mail"}, {"to", email}});
        REQUIRE(mails.at("ok") == true);
        const json link = mails.at("mails").back().at("links").at(0);
        const json page = homeserver.ask({{"cmd", "confirm"}, {"link", link}});
        REQUIRE(page.at("status") == 200);
    }

    bool can_log_in(const std::string& password) const {
        return homeserver.ask({{"cmd", "login"}, {"user", localpart}, {"password", password}})
            .at("ok");
    }

    void check_that_the_password_is(const std::string& password) const {
        CHECK(can_log_in(password));
        CHECK_FALSE(can_log_in(old_password));
    }

    Homeserver& homeserver = Homeserver::instance();
    std::string localpart;
    std::string email;
    std::string old_password = "Old-passw0rd";
};

/// A program that tests/cpp/test.sh has built, as its users run it.
struct Program : Child {
    Program(const std::string& name, const Person& person,
            const std::vector<std::string>& arguments = {}, std::vector<std::string> more = {})
        : Child(words(name, arguments), variables(person, std::move(more))) {}

    static std::vector<std::string> variables(const Person& person,
                                              std::vector<std::string> more) {
        more.insert(more.end(), {"HOMESERVER=" + person.homeserver.url(), "EMAIL=" + person.email});
        return more;
    }

    static std::vector<std::string> words(const std::string& name,
                                          const std::vector<std::string>& arguments) {
        std::vector<std::string> all{environment("MATRIX_CAPI_PROGRAMS") + "/" + name};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return all;
    }
};

} // namespace

TEST_CASE_FIXTURE(NothingLeft, "a password is reset on a real homeserver, over a restart of the app") {
    const Person person;
    std::string saved;
    {
        matrix::Client client(person.homeserver.url());
        matrix::PasswordReset reset(client, person.email);
        CHECK(reset.send().get().ok());
        CHECK(reset.stage() == Stage::awaits_link);
        const matrix::Result pending = reset.finish("New-passw0rd", true).get();
        CHECK(pending.status() == Status::pending);
        saved = reset.save();
    }
    matrix::Client client(person.homeserver.url());
    matrix::PasswordReset reset = matrix::PasswordReset::restore(client, saved);
    matrix::Call waiting = reset.finish("New-passw0rd", true, 1min);
    person.confirm();
    CHECK(waiting.get().ok());
    CHECK(reset.stage() == Stage::done);
    person.check_that_the_password_is("New-passw0rd");

    matrix::LoginOptions options;
    options.identifier = matrix::Json(
        json{{"type", "m.id.user"}, {"user", person.localpart}}.dump());
    options.password = "New-passw0rd";
    const matrix::Result login = client.login("m.login.password", options).get();
    REQUIRE(login.ok());
    CHECK(client.get_token_owner().get().status() == Status::invalid_argument);
    client.set_access_token(login.string("/access_token"));
    CHECK(client.get_token_owner().get().string("/user_id") == login.string("/user_id"));
    CHECK(client.logout().get().ok());
    CHECK(client.get_token_owner().get().errcode() == "M_UNKNOWN_TOKEN");
    client.set_access_token(std::nullopt);
    CHECK(client.get_token_owner().get().status() == Status::invalid_argument);
}

TEST_CASE_FIXTURE(NothingLeft, "waiting for a real confirmation can be cancelled, and goes on later") {
    const Person person;
    matrix::Client client(person.homeserver.url());
    matrix::PasswordReset reset(client, person.email);
    CHECK(reset.send().get().ok());
    matrix::Call waiting = reset.finish("New-passw0rd", false, 1h);
    CHECK(waiting.wait_for(100ms) == std::future_status::timeout);
    CHECK(waiting.cancel());
    REQUIRE(waiting.wait_for(1s) == std::future_status::ready);
    CHECK(waiting.get().status() == Status::cancelled);
    person.confirm();
    CHECK(reset.finish("New-passw0rd", false).get().ok());
    person.check_that_the_password_is("New-passw0rd");
}

TEST_CASE_FIXTURE(NothingLeft, "a real homeserver is discovered by its URL") {
    const Person person;
    matrix::Client client = matrix::Client::for_discovery();
    const matrix::Result found = client.discover(person.homeserver.url()).get();
    CHECK(found.ok());
    CHECK(found.string("/reset") == "email");
}

TEST_CASE("the five lines of README.md work, by find_package and by FetchContent") {
    const Person person;
    for (const char* name : {"readme-1", "readme-fetched"}) {
        std::string printed;
        CHECK(Program(name, person).finish(printed) == 0);
        CHECK(printed.find("r0.") == 0);
    }
}

TEST_CASE("the reset of README.md changes the password") {
    const Person person;
    Program program("readme-2", person);
    CHECK(program.read_line().find("a mail is on its way") != std::string::npos);
    program.write("New-passw0rd\n");
    person.confirm();
    std::string printed;
    CHECK(program.finish(printed) == 0);
    CHECK(printed.find("Your password has been changed.") != std::string::npos);
    person.check_that_the_password_is("New-passw0rd");
}

TEST_CASE("the errors and the cancellation of README.md come as it says") {
    const Person person;
    std::string printed;
    CHECK(Program("readme-3", person).finish(printed) == 0);
    CHECK(printed.find("MX_ERR_INVALID_ARGUMENT") != std::string::npos);
    CHECK(printed.find("M_FORBIDDEN") != std::string::npos);
    CHECK(printed.find("MX_ERR_CANCELLED") != std::string::npos);
}

TEST_CASE("the requests of README.md make a room and list it by its name") {
    const Person person;
    matrix::Client client(person.homeserver.url());
    const matrix::Result login =
        client.send(matrix::Request("login")
                        .set("type", "m.login.password")
                        .set_json("identifier",
                                  json{{"type", "m.id.user"}, {"user", person.localpart}}.dump())
                        .set("password", person.old_password))
            .get();
    const std::string token(login.string("/access_token").value_or(""));
    std::string printed;
    CHECK(Program("readme-4", person, {}, {"ACCESS_TOKEN=" + token}).finish(printed) == 0);
    CHECK(printed.find("made !") == 0);
    CHECK(printed.find(": A room of one's own\n") != std::string::npos);
}

TEST_CASE("examples/cpp/reset_password takes a person the whole way, over a restart") {
    const Person person;
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("matrix-capi-" + person.localpart + "-" +
                                                  matrix::generate_client_secret());
    std::string printed;
    {
        Program program("reset_password", person,
                        {"--save", file, person.homeserver.url(), person.email});
        CHECK(program.finish(printed) == 1); // nobody confirmed
    }
    REQUIRE(std::filesystem::exists(file));
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);
    person.confirm();
    Program resumed("reset_password", person, {"--save", file, person.homeserver.url()});
    resumed.write("\nNew-passw0rd\nno\n");
    CHECK(resumed.finish(printed) == 0);
    CHECK(printed.find("Your password has been changed.") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(file));
    person.check_that_the_password_is("New-passw0rd");
}

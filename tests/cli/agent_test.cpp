#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/cli/assay_process.h"

/// The agent as a process: how it is started, what it says, what it may, and how it ends.
namespace assay::test {
namespace {

/// A key and an agent with it on a free port of 127.0.0.1.
class AgentProcess {
  public:
    explicit AgentProcess(const std::vector<std::string>& more = {}) {
        EXPECT_EQ(run_assay({"keygen", "-o", key()}).status, 0);
        std::vector<std::string> words{"agent", "--key", key(), "--listen", "127.0.0.1:0"};
        words.insert(words.end(), more.begin(), more.end());
        process_.emplace(assay(words));
        EXPECT_TRUE(process_->wait_for_error_text("TCP and UDP\n"));
    }
    Process& process() { return *process_; }
    std::string key() const { return folder_.file("key"); }
    /// "127.0.0.1:PORT", from its first line.
    std::string address() {
        static constexpr std::string_view kBefore = "listening on ";
        const std::string text = process_->error_text();
        const std::size_t begin = text.find(kBefore) + kBefore.size();
        return text.substr(begin, text.find(',', begin) - begin);
    }
    std::string status(const std::string& name) {
        const std::string text = content_of("/proc/" + std::to_string(process_->pid()) + "/status");
        const std::size_t begin = text.find('\n' + name + ':');
        return text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
    }
    Outcome doctor(const std::string& key_file) {
        return run_assay(
            {"doctor", "--path", folder_.path(), "--peer", address(), "--key", key_file});
    }
    const TempFolder& folder() const { return folder_; }

  private:
    TempFolder folder_;
    std::optional<Process> process_;
};

TEST(Keygen, makes_a_file_for_its_owner_only_and_never_replaces_one) {
    const TempFolder folder;
    EXPECT_EQ(run_assay({"keygen", "-o", folder.file("key")}).status, 0);
    struct stat facts {};
    ASSERT_EQ(::stat(folder.file("key").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0600u);
    const std::string first = content_of(folder.file("key"));
    const Outcome again = run_assay({"keygen", "-o", folder.file("key")});
    EXPECT_EQ(again.status, 73);
    EXPECT_TRUE(is_one_sentence(again.err)) << again.err;
    EXPECT_EQ(content_of(folder.file("key")), first);
    EXPECT_EQ(run_assay({"keygen", "-o", folder.file("other")}).status, 0);
    EXPECT_NE(content_of(folder.file("other")), first);
}

TEST(Agent, refuses_keys_that_are_no_secret_or_no_keys) {
    const TempFolder folder;
    ASSERT_EQ(run_assay({"keygen", "-o", folder.file("key")}).status, 0);
    ASSERT_EQ(::chmod(folder.file("key").c_str(), 0640), 0);
    const auto status_with = [&](const std::string& key) {
        const Outcome outcome = run_assay({"agent", "--listen", "127.0.0.1:0", "--key", key});
        EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
        return outcome.status;
    };
    EXPECT_EQ(status_with(folder.file("key")), 77);
    EXPECT_EQ(status_with(folder.file("none")), 69);
    folder.write("password", "correct horse battery staple\n");
    ASSERT_EQ(::chmod(folder.file("password").c_str(), 0600), 0);
    EXPECT_EQ(status_with(folder.file("password")), 65);
    EXPECT_EQ(run_assay({"agent", "--listen", "127.0.0.1:0"}).status, 64) << "no credentials";
}

TEST(Agent, is_found_by_doctor_and_ends_with_status_0_on_sigterm) {
    AgentProcess agent;
    const Outcome doctor = agent.doctor(agent.key());
    EXPECT_NE(doctor.out.find("answers: assay"), std::string::npos) << doctor.out;
    EXPECT_NE(doctor.out.find("it runs on this very host"), std::string::npos) << doctor.out;
    EXPECT_NE(doctor.out.find("UDP path: datagrams get through, there and back"), std::string::npos)
        << doctor.out;
    agent.process().signal(SIGTERM);
    const Outcome ended = agent.process().finish();
    EXPECT_EQ(ended.status, 0);
    EXPECT_NE(ended.err.find("assay agent: ended\n"), std::string::npos) << ended.err;
}

TEST(Agent, another_key_is_blocked_with_a_sentence) {
    AgentProcess agent;
    ASSERT_EQ(run_assay({"keygen", "-o", agent.folder().file("wrong")}).status, 0);
    const Outcome doctor = agent.doctor(agent.folder().file("wrong"));
    EXPECT_NE(doctor.status, 0) << doctor.out;
    EXPECT_NE(doctor.out.find("do not accept each other's credentials"), std::string::npos)
        << doctor.out;
    EXPECT_NE(agent.doctor(agent.key()).out.find("answers: assay"), std::string::npos)
        << "and it stays up";
}

TEST(Agent, takes_little_memory_also_after_tests) {
    AgentProcess agent;
    for (int round = 0; round < 3; ++round)
        EXPECT_NE(agent.doctor(agent.key()).out.find("UDP path"), std::string::npos);
    const std::string line = agent.status("VmHWM");
    ASSERT_NE(line.find("kB"), std::string::npos);
    const long most_kib = std::stol(line.substr(line.find(':') + 1));
    std::printf("agent: %ld KiB resident at most\n", most_kib);
    if (std::string(ASSAY_BINARY).find("/release/") != std::string::npos) {
        EXPECT_LE(most_kib, 16 * 1024);
    }
}

TEST(Agent, gives_its_privileges_up_for_good_and_still_opens_udp_flows) {
    if (!is_root())
        GTEST_SKIP() << "only root has privileges to give up";
    AgentProcess agent({"--user", "nobody"});
    EXPECT_NE(agent.status("Uid").find("65534\t65534\t65534\t65534"), std::string::npos);
    EXPECT_EQ(agent.status("Groups"), "Groups:\t ");
    EXPECT_EQ(agent.status("CapEff"), "CapEff:\t0000000000000000");
    EXPECT_EQ(agent.status("CapPrm"), "CapPrm:\t0000000000000000");
    EXPECT_EQ(agent.status("NoNewPrivs"), "NoNewPrivs:\t1");
    const Outcome doctor = agent.doctor(agent.key());
    EXPECT_NE(doctor.out.find("UDP path: datagrams get through"), std::string::npos) << doctor.out;
}

TEST(Agent, two_on_one_port_are_told_apart_at_the_start) {
    AgentProcess agent;
    const Outcome second = run_assay({"agent", "--key", agent.key(), "--listen", agent.address()});
    EXPECT_EQ(second.status, 69);
    EXPECT_TRUE(is_one_sentence(second.err)) << second.err;
}

}  // namespace
}  // namespace assay::test

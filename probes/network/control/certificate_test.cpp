#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "probes/network/control/agent.h"
#include "probes/network/control/peer.h"
#include "tests/support/echo_role.h"
#include "tests/support/file_tree.h"
#include "tests/support/program.h"
#include "tests/support/running_agent.h"

/// The control connection with mutual certificates instead of a key.
namespace assay::network::control {
namespace {

using test::within;

/// Certificate authorities in a folder, and what they sign.
class Authorities {
  public:
    explicit Authorities(const test::FileTree& folder) : folder_(folder) {}

    Expected<void> found(const std::string& authority) const {
        return test::run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                  "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                                  "/CN=" + authority, "-keyout", file(authority + ".key"), "-out",
                                  file(authority + ".pem")});
    }
    /// `names` is a subjectAltName: "IP:127.0.0.1".
    Expected<void> sign(const std::string& authority, const std::string& who,
                        const std::string& names) const {
        folder_.write(who + ".ext", "subjectAltName=" + names + "\n");
        ASSAY_TRY_VOID(
            test::run_program({"openssl", "req", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + who,
                               "-keyout", file(who + ".key"), "-out", file(who + ".csr")}));
        return test::run_program({"openssl", "x509", "-req", "-days", "2", "-in",
                                  file(who + ".csr"), "-CA", file(authority + ".pem"), "-CAkey",
                                  file(authority + ".key"), "-CAcreateserial", "-extfile",
                                  file(who + ".ext"), "-out", file(who + ".pem")});
    }
    Credentials credentials(const std::string& who, const std::string& authority) const {
        return {.key = std::nullopt,
                .certificates = CertificateFiles{.certificate = file(who + ".pem"),
                                                 .private_key = file(who + ".key"),
                                                 .authority = file(authority + ".pem")}};
    }

  private:
    std::string file(const std::string& name) const { return (folder_.root() / name).string(); }
    const test::FileTree& folder_;
};

class Certificates : public testing::Test {
  protected:
    void SetUp() override {
        if (const auto made = prepare(); !made)
            GTEST_SKIP() << "no openssl to make certificates with: " << made.error().message;
    }
    Expected<void> prepare() {
        ASSAY_TRY_VOID(authorities_.found("ours"));
        ASSAY_TRY_VOID(authorities_.found("theirs"));
        ASSAY_TRY_VOID(authorities_.sign("ours", "agent", "IP:127.0.0.1"));
        ASSAY_TRY_VOID(authorities_.sign("ours", "elsewhere", "IP:192.0.2.1"));
        ASSAY_TRY_VOID(authorities_.sign("ours", "prober", "DNS:prober"));
        return authorities_.sign("theirs", "stranger", "IP:127.0.0.1");
    }
    /// A prober with these credentials tries an agent with those.
    Expected<std::shared_ptr<LivePeer>> attempt(const Credentials& agent_has,
                                                const Credentials& prober_has) {
        AgentSettings settings;
        settings.credentials = agent_has;
        agent_.emplace(settings);
        EXPECT_EQ(agent_->trouble(), "");
        PeerAddress address = agent_->address();
        address.credentials = prober_has;
        return connect_to_peer(test::this_host(), address, within());
    }
    Credentials ours(const std::string& who) const { return authorities_.credentials(who, "ours"); }

    test::FileTree folder_;
    Authorities authorities_{folder_};
    std::optional<test::RunningAgent> agent_;
};

TEST_F(Certificates, of_one_authority_open_a_session_that_measures) {
    const auto peer = attempt(ours("agent"), ours("prober"));
    ASSERT_TRUE(peer) << peer.error().message << agent_->told();
    const auto test = (*peer)->begin("test.echo", test::EchoWishes{}.encode(), within());
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_TRUE((*test)->door().tcp_stream(0, within()));
}

TEST_F(Certificates, of_a_prober_of_another_authority_are_refused) {
    Credentials stranger = authorities_.credentials("stranger", "ours");
    const auto peer = attempt(ours("agent"), stranger);
    ASSERT_FALSE(peer);
    EXPECT_EQ(peer.error().kind, ErrorKind::permission) << peer.error().message;
    EXPECT_TRUE(agent_->has_told("refused 127.0.0.1")) << agent_->told();
}

TEST_F(Certificates, of_an_agent_of_another_authority_or_of_another_host_are_refused) {
    for (const auto& agent : {authorities_.credentials("stranger", "ours"), ours("elsewhere")}) {
        const auto peer = attempt(agent, ours("prober"));
        ASSERT_FALSE(peer);
        EXPECT_EQ(peer.error().kind, ErrorKind::permission) << peer.error().message;
        EXPECT_NE(peer.error().message.find("certificate"), std::string::npos);
    }
}

TEST_F(Certificates, and_keys_do_not_mix) {
    const Credentials key{.key = *make_key(), .certificates = std::nullopt};
    EXPECT_FALSE(attempt(ours("agent"), key));
    EXPECT_FALSE(attempt(key, ours("prober")));
}

TEST_F(Certificates, that_are_missing_or_of_another_key_are_named) {
    CertificateFiles files = *ours("agent").certificates;
    files.private_key = ours("prober").certificates->private_key;
    AgentSettings settings;
    settings.credentials.certificates.emplace(files);
    EXPECT_NE(test::RunningAgent(settings).trouble().find(files.private_key), std::string::npos);
    files.certificate = "/nowhere.pem";
    settings.credentials.certificates.emplace(files);
    EXPECT_NE(test::RunningAgent(settings).trouble().find("/nowhere.pem"), std::string::npos);
}

}  // namespace
}  // namespace assay::network::control

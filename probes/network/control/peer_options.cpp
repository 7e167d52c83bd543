#include "probes/network/control/peer_options.h"

#include <string>
#include <utility>

namespace assay::network::control {

Expected<Credentials> credentials_of(const Request& request) {
    const std::string* key = request.find("key");
    const std::string* certificate = request.find("cert");
    const std::string* private_key = request.find("cert-key");
    const std::string* authority = request.find("ca");
    const bool any_certificate = certificate || private_key || authority;
    if (key != nullptr && any_certificate)
        return failure(ErrorKind::usage,
                       "give either --key, or --cert, --cert-key and --ca; not both");
    Credentials credentials;
    if (key != nullptr) {
        ASSAY_TRY(credentials.key, read_key_file(*key));
        return credentials;
    }
    if (certificate && private_key && authority) {
        credentials.certificates = CertificateFiles{
            .certificate = *certificate, .private_key = *private_key, .authority = *authority};
        return credentials;
    }
    if (any_certificate)
        return failure(ErrorKind::usage, "--cert, --cert-key and --ca are given together");
    return failure(ErrorKind::usage,
                   "--key FILE is needed, the same on both ends ('assay keygen -o FILE' makes "
                   "one), or --cert, --cert-key and --ca");
}

Expected<std::optional<PeerAddress>> peer_address_of(const Request& request) {
    const std::string* peer = request.find("peer");
    if (peer == nullptr)
        return std::optional<PeerAddress>();
    PeerAddress address;
    ASSAY_TRY(address.where, parse_host_port(*peer));
    ASSAY_TRY(address.credentials, credentials_of(request));
    return std::optional(std::move(address));
}

CheckLine check_peer(const Request& request) {
    const auto address = peer_address_of(request);
    if (!address)
        return {.level = CheckLevel::block,
                .subject = "network peer",
                .message = address.error().message,
                .advice =
                    "Run 'assay agent --key FILE' on the peer, and give --peer HOST:PORT "
                    "and a copy of that key file here.",
                .kind = address.error().kind};
    if (!*address)
        return {
            .level = CheckLevel::ok,
            .subject = "network peer",
            .message = "no --peer was given, so this is a SELF-TEST over loopback, never scored",
            .advice = ""};
    return {.level = CheckLevel::ok,
            .subject = "network peer",
            .message = "the agent at " + (*address)->where.host + ", port " +
                       std::to_string((*address)->where.port) + ", with the credentials given",
            .advice = ""};
}

}  // namespace assay::network::control

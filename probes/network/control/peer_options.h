#pragma once

#include <array>
#include <vector>

#include "engine/probe.h"
#include "probes/network/control/peer.h"

/// The options by which every network probe names its peer.
namespace assay::network::control {

inline constexpr Option kPeerOption{
    .name = "peer",
    .kind = OptionKind::text,
    .default_text = "",
    .choices = "",
    .help = "HOST:PORT of an 'assay agent'; without it a SELF-TEST over loopback is measured"};
inline constexpr Option kKeyOption{.name = "key",
                                   .kind = OptionKind::text,
                                   .default_text = "",
                                   .choices = "",
                                   .help = "FILE with the agent's key, made by 'assay keygen'"};
inline constexpr Option kCertOption{.name = "cert",
                                    .kind = OptionKind::text,
                                    .default_text = "",
                                    .choices = "",
                                    .help = "instead of --key: FILE with our certificate (PEM)"};
inline constexpr Option kCertKeyOption{.name = "cert-key",
                                       .kind = OptionKind::text,
                                       .default_text = "",
                                       .choices = "",
                                       .help = "FILE with the certificate's private key (PEM)"};
inline constexpr Option kAuthorityOption{
    .name = "ca",
    .kind = OptionKind::text,
    .default_text = "",
    .choices = "",
    .help = "FILE with the authority that the agent's certificate must come from (PEM)"};
/// All of them, for a probe's table of options and for the commands that pass them on.
inline constexpr std::array kPeerOptions{kPeerOption, kKeyOption, kCertOption, kCertKeyOption,
                                         kAuthorityOption};

/// Which of --key and --cert, --cert-key, --ca were given, read and checked. Errors: usage, and
/// those of the files.
Expected<Credentials> credentials_of(const Request& request);

/// nullopt without --peer: SELF-TEST. Errors: usage (also --key without --peer), and those of the
/// files.
Expected<std::optional<PeerAddress>> peer_address_of(const Request& request);

/// What Probe::check says of the peer, without a connection: the options and the key file. One
/// line.
CheckLine check_peer(const Request& request);

}  // namespace assay::network::control

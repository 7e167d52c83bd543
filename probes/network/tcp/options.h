#pragma once

#include <array>

#include "engine/probe.h"

namespace assay::network::tcp {

inline constexpr std::array kTcpOptions{
    Option{.name = "streams",
           .kind = OptionKind::count,
           .default_text = "1 and 4",
           .choices = "",
           .help = "measure this many parallel TCP streams only, 1 to 512 in each direction"},
    Option{.name = "direction",
           .kind = OptionKind::choice,
           .default_text = "",
           .choices = "up|down|both",
           .help = "up: this host sends; both: at once. Without it up and down in turn; in a "
                   "SELF-TEST up only"},
    Option{.name = "mode",
           .kind = OptionKind::choice,
           .default_text = "goodput",
           .choices = "goodput|path",
           .help = "goodput: each byte is copied as an application would; path: no copies "
                   "(sendfile, MSG_TRUNC)"},
    Option{.name = "congestion",
           .kind = OptionKind::text,
           .default_text = "",
           .choices = "",
           .help = "TCP congestion control of the sending host, such as cubic or bbr; without it "
                   "that host's own"},
    Option{.name = "dscp",
           .kind = OptionKind::count,
           .default_text = "",
           .choices = "",
           .help = "mark the streams with this differentiated services code point, 1 to 63"},
    Option{.name = "peer",
           .kind = OptionKind::text,
           .default_text = "",
           .choices = "",
           .help = "HOST:PORT of an agent; without it a SELF-TEST over loopback is measured"},
    Option{.name = "key",
           .kind = OptionKind::text,
           .default_text = "",
           .choices = "",
           .help = "file with the key that the agent has too (assay keygen)"},
};

}  // namespace assay::network::tcp

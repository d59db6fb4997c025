// iSCSI names (RFC 7143 clause 4.2.7), as far as a configuration needs to tell right from wrong.
#pragma once

#include <string_view>

namespace tidemark::mgmt {

/// "iqn.2026-11.dev.tidemark:main", "eui.02004567A425678D", "naa.52004567BA64678D".
bool is_iscsi_name(std::string_view name);
/// A name, or "*" for all, or the beginning of iqn. names and "*": "iqn.2026-11.com.example:*".
bool is_initiator_pattern(std::string_view text);

}  // namespace tidemark::mgmt

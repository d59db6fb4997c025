// Figures as people read them: three digits and a unit.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::mgmt::cli {

std::string bytes_text(double bytes);      // "1.50 GiB"
std::string rate_text(double bytes);       // "312 MiB/s"
std::string micros_text(double us);        // "840 us", "12.3 ms"
std::string seconds_text(double seconds);  // "4 s", "3 min 20 s", "2 h 5 min"
/// Of `whole`, "45.2 %"; "100 %" only if it is all of it.
std::string percent_text(uint64_t part, uint64_t whole);

}  // namespace tidemark::mgmt::cli

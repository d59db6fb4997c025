#include "mgmt/daemon/copy_records.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/log.h"
#include "mgmt/daemon/atomic_file.h"
#include "mgmt/http/copy_codec.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {

namespace fs = std::filesystem;
using copyengine::CopyState;
using copyengine::CopyStatus;

namespace {

constexpr std::string_view kSuffix = ".json";

std::optional<uint64_t> id_of(const std::string& file) {
  if (!file.ends_with(kSuffix)) return std::nullopt;
  uint64_t id = 0;
  const char* const end = file.data() + file.size() - kSuffix.size();
  const auto [rest, error] = std::from_chars(file.data(), end, id);
  if (error != std::errc{} || rest != end || id == 0) return std::nullopt;
  return id;
}

}  // namespace

std::string CopyRecords::path_of(uint64_t id) const {
  return directory_ + "/" + std::to_string(id) + std::string(kSuffix);
}

Result<void> CopyRecords::write(const CopyStatus& status) {
  return write_file_atomically(path_of(status.id), json_text(encode_copy(status)) + "\n");
}

CopyStatus CopyRecords::read(uint64_t id) const {
  std::ifstream stream(path_of(id), std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  Result<CopyStatus> decoded = decode_copy(text.str());
  if (decoded && decoded.value().id == id) return std::move(decoded).value();
  const std::string why = decoded ? "it names another id" : decoded.error().message;
  log_warning("the record of copy {} cannot be read: {}", id, why);
  CopyStatus status;
  status.id = id;
  status.state = CopyState::broken;
  status.error = storage::Errc::gone;
  status.error_party = "engine";
  status.error_text = "its record cannot be read: " + why;
  status.ended_unix_ns = unix_now_ns();
  return status;
}

Result<std::vector<CopyStatus>> CopyRecords::read_all() {
  std::vector<uint64_t> ids;
  std::error_code error;
  for (fs::directory_iterator at(directory_, error), end; !error && at != end; at.increment(error))
    if (const auto id = id_of(at->path().filename().string())) ids.push_back(*id);
  if (error) return Error{ErrorKind::io, "cannot read " + directory_ + ": " + error.message(), {}};
  std::sort(ids.begin(), ids.end());

  std::vector<CopyStatus> known;
  for (size_t i = 0; i < ids.size(); ++i) {
    CopyStatus status = read(ids[i]);
    if (i + kKept < ids.size() && copyengine::ended(status.state)) {
      std::error_code ignored;
      fs::remove(path_of(ids[i]), ignored);
      continue;
    }
    known.push_back(std::move(status));
  }
  return known;
}

}  // namespace tidemark::mgmt

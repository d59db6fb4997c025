#include "mgmt/http/object_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "mgmt/http/size_text.h"

namespace tidemark::mgmt {

using nlohmann::json;

void Faults::add(std::string path, std::string reason) {
  if (!first_) first_ = Error{ErrorKind::invalid, std::move(reason), std::move(path)};
}

ObjectReader::ObjectReader(const json& value, std::string path,
                           std::span<const std::string_view> known, Faults& faults)
    : value_(value), path_(std::move(path)), faults_(faults) {
  if (!value_.is_object()) {
    faults_.add(path_, "must be an object");
    return;
  }
  for (const auto& [key, ignored] : value_.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string names;
    for (const std::string_view name : known)
      names += (names.empty() ? "" : ", ") + std::string(name);
    faults_.add(path_of(key), "is not known here (known: " + names + ")");
  }
}

std::string ObjectReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const json* ObjectReader::find(std::string_view key, Need need) {
  if (!value_.is_object()) return nullptr;
  const auto at = value_.find(key);
  if (at != value_.end()) return &*at;
  if (need == Need::required) faults_.add(path_of(key), "is missing");
  return nullptr;
}

const std::string* ObjectReader::text_at(std::string_view key) {
  const json* at = find(key, Need::optional);
  if (at == nullptr) return nullptr;
  if (at->is_string()) return at->get_ptr<const std::string*>();
  faults_.add(path_of(key), "must be a string");
  return nullptr;
}

bool ObjectReader::text(std::string_view key, Need need, std::string& to) {
  notes_.text(key, need == Need::required);
  if (find(key, need) == nullptr) return false;
  const std::string* text = text_at(key);
  if (text == nullptr) return false;
  to = *text;
  return true;
}

bool ObjectReader::has(std::string_view key) const {
  return value_.is_object() && value_.contains(key);
}

bool ObjectReader::flag(std::string_view key, bool& to) {
  notes_.flag(key);
  const json* at = find(key, Need::optional);
  if (at == nullptr) return false;
  if (!at->is_boolean()) return faults_.add(path_of(key), "must be true or false"), false;
  to = at->get<bool>();
  return true;
}

bool ObjectReader::number(std::string_view key, Need need, uint64_t min, uint64_t max,
                          uint64_t& to) {
  notes_.number(key, need == Need::required, min, max);
  const json* at = find(key, need);
  if (at == nullptr) return false;
  if (!at->is_number_unsigned() || at->get<uint64_t>() < min || at->get<uint64_t>() > max) {
    faults_.add(path_of(key), "must be a whole number from " + std::to_string(min) + " to " +
                                  std::to_string(max));
    return false;
  }
  to = at->get<uint64_t>();
  return true;
}

bool ObjectReader::size(std::string_view key, Need need, uint64_t& to) {
  notes_.size(key, need == Need::required);
  const json* at = find(key, need);
  if (at == nullptr) return false;
  if (at->is_number_unsigned()) return to = at->get<uint64_t>(), true;
  const Result<uint64_t> parsed = parse_size(at->is_string() ? at->get<std::string>() : "");
  if (!parsed) return faults_.add(path_of(key), parsed.error().message), false;
  to = parsed.value();
  return true;
}

void ObjectReader::object(std::string_view key,
                          const std::function<void(const json&, const std::string&)>& read) {
  notes_.object(key, [&](const json& none) { read(none, path_of(key)); });
  if (const json* at = find(key, Need::optional)) read(*at, path_of(key));
}

bool ObjectReader::each(std::string_view key, Need need,
                        const std::function<void(const json&, const std::string&)>& read) {
  notes_.list(key, need == Need::required, [&](const json& none) { read(none, path_of(key)); });
  const json* at = find(key, need);
  if (at == nullptr) return false;
  if (!at->is_array()) return faults_.add(path_of(key), "must be a list"), false;
  for (size_t i = 0; i < at->size(); ++i)
    read((*at)[i], path_of(key) + "[" + std::to_string(i) + "]");
  return true;
}

}  // namespace tidemark::mgmt

// ObjectReader: takes a JSON object apart, key by key, and refuses what it does not understand:
// unknown keys, wrong types, values out of range. The first fault is kept, with the path of its key
// and a reason that says what would be right. Used for configuration and for request bodies alike.
// What it is asked for also makes the schema of such an object (object_schema.h).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mgmt/http/object_schema.h"

namespace tidemark::mgmt {

/// The first fault of a document; later ones usually follow from it.
class Faults {
 public:
  void add(std::string path, std::string reason);
  bool any() const { return first_.has_value(); }
  const Error& first() const { return *first_; }

 private:
  std::optional<Error> first_;
};

enum class Need { optional, required };

/// A word of the JSON side and what it stands for.
template <class T>
struct Word {
  std::string_view text;
  T value;
};
template <class T>
Word(const char*, T) -> Word<T>;  // clang does not deduce aggregates yet

class ObjectReader {
 public:
  /// `value` and `faults` outlive the reader. `path` is empty for the document itself.
  ObjectReader(const nlohmann::json& value, std::string path,
               std::span<const std::string_view> known, Faults& faults);
  ObjectReader(const nlohmann::json& value, std::string path,
               std::initializer_list<std::string_view> known, Faults& faults)
      : ObjectReader(value, std::move(path), std::span(known.begin(), known.size()), faults) {}

  bool has(std::string_view key) const;
  /// Each leaves `to` alone when the key is absent or wrong. True if it was set.
  bool text(std::string_view key, Need need, std::string& to);
  bool flag(std::string_view key, bool& to);
  bool number(std::string_view key, Need need, uint64_t min, uint64_t max, uint64_t& to);
  /// A number of bytes, or a string as size_text.h has it.
  bool size(std::string_view key, Need need, uint64_t& to);
  template <class T>
  bool word(std::string_view key, std::span<const Word<T>> words, T& to);
  void object(std::string_view key,
              const std::function<void(const nlohmann::json&, const std::string& path)>& read);
  /// True if there is such a list, be it empty.
  bool each(std::string_view key, Need need,
            const std::function<void(const nlohmann::json&, const std::string& path)>& read);

  std::string path_of(std::string_view key) const;

 private:
  const nlohmann::json* find(std::string_view key, Need need);
  const std::string* text_at(std::string_view key);

  const nlohmann::json& value_;
  std::string path_;
  Faults& faults_;
  SchemaNotes notes_;
};

template <class T>
bool ObjectReader::word(std::string_view key, std::span<const Word<T>> words, T& to) {
  if (notes_.described()) {
    std::vector<std::string> texts;
    for (const Word<T>& word : words) texts.emplace_back(word.text);
    notes_.word(key, texts);
  }
  const std::string* text = text_at(key);
  if (text == nullptr) return false;
  std::string known;
  for (const Word<T>& word : words) {
    if (word.text == *text) return to = word.value, true;
    known += (known.empty() ? "" : ", ") + std::string(word.text);
  }
  faults_.add(path_of(key), "must be one of: " + known);
  return false;
}

}  // namespace tidemark::mgmt
